//! As lean as it can be without unsafe code: a loop for the id, a fast hash, messages that are
//! constants, an output that is used again. It says which rule and where, and not why.

use presync::{State, SyncRequest, Used};
use rustc_hash::FxHashMap;

pub(crate) struct World {
    regions: FxHashMap<String, Region>,
    /// By id: for each region that lists it.
    images: FxHashMap<String, Vec<Image>>,
    /// Pairs of places, sorted.
    blocked: Vec<(u32, u32)>,
}

struct Region {
    place: u32,
    is_open: bool,
    is_full: bool,
}

struct Image {
    region: u32,
    is_custom: bool,
    is_normal: bool,
    is_small: bool,
}

pub(crate) struct Fault {
    rule: &'static str,
    code: &'static str,
    parameter: &'static str,
    subscript: Option<u32>,
    message: &'static str,
}

impl World {
    pub(crate) fn of(state: &State) -> Self {
        let mut world =
            Self { regions: FxHashMap::default(), images: FxHashMap::default(), blocked: Vec::new() };
        for (place, region) in state.regions().iter().enumerate() {
            let quota = state.account_quota().regions.iter().find(|quota| quota.region == region.region);
            let listed = state.images().iter().filter(|image| image.region == region.region).count();
            let used = match quota.map(|quota| quota.used) {
                Some(Used::Count(count)) => count,
                _ => u64::try_from(listed).expect("a count"),
            };
            let limit = super::limit(state, quota);
            let is_available =
                region.region_state.as_ref().is_some_and(|state| state.as_str() == "AVAILABLE");
            world.regions.insert(
                region.region.clone(),
                Region {
                    place: u32::try_from(place).expect("few regions"),
                    is_open: is_available && region.image_sync == Some(true),
                    is_full: used + quota.map_or(0, |quota| quota.in_flight) >= limit,
                },
            );
        }
        for image in state.images() {
            world.images.entry(image.image_id.clone()).or_default().push(Image {
                region: world.regions[&image.region].place,
                is_custom: image.image_type.as_ref().is_some_and(|word| word.as_str() == "PRIVATE_IMAGE"),
                is_normal: image.image_state.as_ref().is_some_and(|word| word.as_str() == "NORMAL"),
                is_small: image.image_size.is_some_and(|size| size < 50),
            });
        }
        for route in state.blocked_routes() {
            world.blocked.push((world.regions[&route.from].place, world.regions[&route.to].place));
        }
        world.blocked.sort_unstable();
        world
    }

    pub(crate) fn check(&self, request: &SyncRequest, out: &mut Vec<Fault>) {
        let mut fault = |rule, code, parameter, subscript: Option<usize>, message| {
            let subscript = subscript.map(|subscript| u32::try_from(subscript).unwrap_or(u32::MAX));
            out.push(Fault { rule, code, parameter, subscript, message });
        };
        match request.version.as_deref() {
            Some("2017-03-12") => {}
            None => fault("version-required", "MissingParameter", "Version", None, "no version is sent"),
            Some(_) => fault("version-supported", "NoSuchVersion", "Version", None, "no such version"),
        }
        let region = request.region.as_ref().map(|region| self.regions.get(region));
        if let Some(None) = region {
            fault("source-region-supported", "UnsupportedRegion", "Region", None, "not a known region");
        }
        for (name, is_sent) in [
            ("DryRun", request.dry_run.is_some()),
            ("ImageName", request.image_name.is_some()),
            ("ImageSetRequired", request.image_set_required.is_some()),
            ("Encrypt", request.encrypt.is_some()),
            ("KmsKeyId", request.kms_key_id.is_some()),
        ] {
            if is_sent {
                fault("parameter-known", "UnknownParameter", name, None, "it came later");
            }
        }
        let mut source = region.flatten().map(|region| region.place);
        let find = |id: &str, source: Option<u32>| {
            let listed = self.images.get(id)?;
            match (region, source) {
                (Some(_), source) => listed.iter().find(|image| Some(image.region) == source),
                (None, _) => listed.first(),
            }
        };
        let region_is_wrong = matches!(region, Some(None));
        match request.image_ids.as_slice() {
            [] => fault("image-required", "MissingParameter", "ImageIds", None, "no image is named"),
            // The usual case in one pass.
            [id] if is_id(id) && !region_is_wrong => match find(id, source) {
                None => {
                    fault("image-exists", "InvalidImageId.NotFound", "ImageIds", Some(0), "no such image")
                }
                Some(image) => {
                    source = Some(image.region);
                    if !image.is_custom {
                        fault(
                            "image-custom",
                            "InvalidParameterValue",
                            "ImageIds",
                            Some(0),
                            "not a custom image",
                        );
                    }
                    if !image.is_normal {
                        fault(
                            "image-state-normal",
                            "InvalidImageId.IncorrectState",
                            "ImageIds",
                            Some(0),
                            "not normal",
                        );
                    }
                    if !image.is_small {
                        fault("image-size", "InvalidImageId.TooLarge", "ImageIds", Some(0), "too large");
                    }
                }
            },
            ids => {
                if ids.len() > 1 {
                    fault("image-single", "InvalidParameterValue", "ImageIds", None, "more than one image");
                }
                for (n, id) in ids.iter().enumerate() {
                    if !is_id(id) {
                        fault(
                            "image-id-format",
                            "InvalidImageId.Malformed",
                            "ImageIds",
                            Some(n),
                            "not an id",
                        );
                    }
                }
                let images: Vec<_> = ids
                    .iter()
                    .enumerate()
                    .filter(|(_, id)| is_id(id) && !region_is_wrong)
                    .map(|(n, id)| (n, find(id, source)))
                    .collect();
                for (n, image) in &images {
                    match image {
                        None => fault(
                            "image-exists",
                            "InvalidImageId.NotFound",
                            "ImageIds",
                            Some(*n),
                            "no such image",
                        ),
                        Some(image) => source = Some(image.region),
                    }
                }
                for (n, image) in &images {
                    if image.is_some_and(|image| !image.is_custom) {
                        fault(
                            "image-custom",
                            "InvalidParameterValue",
                            "ImageIds",
                            Some(*n),
                            "not a custom image",
                        );
                    }
                }
                for (n, image) in &images {
                    if image.is_some_and(|image| !image.is_normal) {
                        fault(
                            "image-state-normal",
                            "InvalidImageId.IncorrectState",
                            "ImageIds",
                            Some(*n),
                            "not normal",
                        );
                    }
                }
                for (n, image) in &images {
                    if image.is_some_and(|image| !image.is_small) {
                        fault("image-size", "InvalidImageId.TooLarge", "ImageIds", Some(*n), "too large");
                    }
                }
            }
        }
        let names = &request.destination_regions;
        if names.is_empty() {
            fault("destination-required", "MissingParameter", "DestinationRegions", None, "no destination");
        }
        // A few destinations; more than that is not what this is for.
        let mut few = [None; 16];
        let many: Vec<Option<&Region>>;
        let known: &[Option<&Region>] = if names.len() <= few.len() {
            for (slot, name) in few.iter_mut().zip(names) {
                *slot = self.regions.get(name);
            }
            &few[..names.len()]
        } else {
            many = names.iter().map(|name| self.regions.get(name)).collect();
            &many
        };
        let is_repeated = |n: usize| match known[n] {
            Some(region) => known[..n].iter().flatten().any(|earlier| earlier.place == region.place),
            None => names[..n].contains(&names[n]),
        };
        for (n, region) in known.iter().enumerate() {
            if region.is_none() && !is_repeated(n) {
                fault(
                    "destination-exists",
                    "InvalidRegion.NotFound",
                    "DestinationRegions",
                    Some(n),
                    "not a known region",
                );
            }
        }
        for (n, region) in known.iter().enumerate() {
            let Some(region) = region else { continue };
            let is_blocked = !self.blocked.is_empty()
                && source.is_some_and(|source| self.blocked.binary_search(&(source, region.place)).is_ok());
            if (!region.is_open || is_blocked) && !is_repeated(n) {
                fault(
                    "destination-available",
                    "InvalidRegion.Unavailable",
                    "DestinationRegions",
                    Some(n),
                    "not available",
                );
            }
        }
        for (n, region) in known.iter().enumerate() {
            if region.is_some_and(|region| Some(region.place) == source) && !is_repeated(n) {
                fault(
                    "destination-not-source",
                    "InvalidRegion.Unavailable",
                    "DestinationRegions",
                    Some(n),
                    "the source",
                );
            }
        }
        for n in 0..known.len() {
            if is_repeated(n) {
                fault(
                    "destination-unique",
                    "InvalidParameterValue",
                    "DestinationRegions",
                    Some(n),
                    "named before",
                );
            }
        }
        for (n, region) in known.iter().enumerate() {
            if region.is_some_and(|region| region.is_full) && !is_repeated(n) {
                fault("image-quota", "LimitExceeded", "DestinationRegions", Some(n), "the quota is used up");
            }
        }
    }
}

fn is_id(id: &str) -> bool {
    match id.as_bytes() {
        [b'i', b'm', b'g', b'-', rest @ ..] => {
            rest.len() >= 8 && rest.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'z'))
        }
        _ => false,
    }
}

pub(crate) fn verdict(faults: &[Fault]) -> super::Verdict {
    let fault = |fault: &Fault| {
        assert!(!fault.code.is_empty() && !fault.message.is_empty());
        let subscript = fault.subscript.map_or(String::new(), |subscript| format!(".{subscript}"));
        (fault.rule.to_owned(), format!("{}{subscript}", fault.parameter))
    };
    faults.iter().map(fault).collect()
}
