//! As one would write it in an afternoon: the standard hash map, owned strings,
//! a message for each fault.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use presync::{State, SyncRequest, Used};
use regex::Regex;

static IMAGE_ID: LazyLock<Regex> = LazyLock::new(|| Regex::new("^img-[0-9a-z]{8,}$").expect("a pattern"));

pub(crate) struct World {
    regions: HashMap<String, Region>,
    /// By region and id.
    images: HashMap<(String, String), Image>,
    /// The regions in which an id is listed.
    regions_of: HashMap<String, Vec<String>>,
    blocked: HashSet<(String, String)>,
}

struct Region {
    available: bool,
    image_sync: bool,
    used: u64,
    quota: u64,
}

struct Image {
    image_type: String,
    state: String,
    size: u64,
}

pub(crate) struct Fault {
    rule: String,
    code: String,
    parameter: String,
    message: String,
}

impl World {
    pub(crate) fn of(state: &State) -> Self {
        let mut world = Self {
            regions: HashMap::new(),
            images: HashMap::new(),
            regions_of: HashMap::new(),
            blocked: HashSet::new(),
        };
        for region in state.regions() {
            let quota = state.account_quota().regions.iter().find(|quota| quota.region == region.region);
            let listed = state.images().iter().filter(|image| image.region == region.region).count();
            let used = match quota.map(|quota| quota.used) {
                Some(Used::Count(count)) => count,
                _ => u64::try_from(listed).expect("a count"),
            };
            world.regions.insert(
                region.region.clone(),
                Region {
                    available: region
                        .region_state
                        .as_ref()
                        .is_some_and(|state| state.as_str() == "AVAILABLE"),
                    image_sync: region.image_sync == Some(true),
                    used: used + quota.map_or(0, |quota| quota.in_flight),
                    quota: super::limit(state, quota),
                },
            );
        }
        for image in state.images() {
            world.regions_of.entry(image.image_id.clone()).or_default().push(image.region.clone());
            world.images.insert(
                (image.region.clone(), image.image_id.clone()),
                Image {
                    image_type: image.image_type.as_ref().map_or(String::new(), ToString::to_string),
                    state: image.image_state.as_ref().map_or(String::new(), ToString::to_string),
                    size: image.image_size.unwrap_or_default(),
                },
            );
        }
        for route in state.blocked_routes() {
            world.blocked.insert((route.from.clone(), route.to.clone()));
        }
        world
    }

    pub(crate) fn check(&self, request: &SyncRequest) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |rule: &str, code: &str, parameter: String, message: String| {
            faults.push(Fault { rule: rule.to_owned(), code: code.to_owned(), parameter, message });
        };
        match &request.version {
            None => {
                fault("version-required", "MissingParameter", "Version".into(), "no version is sent".into())
            }
            Some(version) if version != "2017-03-12" => {
                fault(
                    "version-supported",
                    "NoSuchVersion",
                    "Version".into(),
                    format!("no version `{version}`"),
                );
            }
            Some(_) => {}
        }
        let region_is_wrong =
            request.region.as_ref().is_some_and(|region| !self.regions.contains_key(region));
        if region_is_wrong {
            fault(
                "source-region-supported",
                "UnsupportedRegion",
                "Region".into(),
                "not a known region".into(),
            );
        }
        let later = [
            ("DryRun", request.dry_run.is_some()),
            ("ImageName", request.image_name.is_some()),
            ("ImageSetRequired", request.image_set_required.is_some()),
            ("Encrypt", request.encrypt.is_some()),
            ("KmsKeyId", request.kms_key_id.is_some()),
        ];
        for (name, is_sent) in later {
            if is_sent {
                fault("parameter-known", "UnknownParameter", name.into(), format!("`{name}` came later"));
            }
        }
        if request.image_ids.is_empty() {
            fault("image-required", "MissingParameter", "ImageIds".into(), "no image is named".into());
        }
        if request.image_ids.len() > 1 {
            fault("image-single", "InvalidParameterValue", "ImageIds".into(), "more than one image".into());
        }
        let is_well_formed: Vec<bool> = request.image_ids.iter().map(|id| IMAGE_ID.is_match(id)).collect();
        for (n, id) in request.image_ids.iter().enumerate() {
            if !is_well_formed[n] {
                fault(
                    "image-id-format",
                    "InvalidImageId.Malformed",
                    format!("ImageIds.{n}"),
                    format!("`{id}` is no id"),
                );
            }
        }
        let mut images = Vec::new();
        let mut source = if region_is_wrong { None } else { request.region.clone() };
        for (n, id) in request.image_ids.iter().enumerate() {
            if !is_well_formed[n] || region_is_wrong {
                continue;
            }
            let region = match &request.region {
                Some(region) => Some(region.clone()),
                None => self.regions_of.get(id).and_then(|regions| regions.first().cloned()),
            };
            let image = region.clone().and_then(|region| self.images.get(&(region, id.clone())));
            match image {
                None => fault(
                    "image-exists",
                    "InvalidImageId.NotFound",
                    format!("ImageIds.{n}"),
                    format!("no image `{id}`"),
                ),
                Some(image) => {
                    source = region;
                    images.push((n, id, image));
                }
            }
        }
        for (n, id, image) in &images {
            if image.image_type != "PRIVATE_IMAGE" {
                fault(
                    "image-custom",
                    "InvalidParameterValue",
                    format!("ImageIds.{n}"),
                    format!("`{id}` is not custom"),
                );
            }
        }
        for (n, id, image) in &images {
            if image.state != "NORMAL" {
                let message = format!("`{id}` is in the state `{}`", image.state);
                fault(
                    "image-state-normal",
                    "InvalidImageId.IncorrectState",
                    format!("ImageIds.{n}"),
                    message,
                );
            }
        }
        for (n, id, image) in &images {
            if image.size >= 50 {
                let message = format!("`{id}` has {} GiB", image.size);
                fault("image-size", "InvalidImageId.TooLarge", format!("ImageIds.{n}"), message);
            }
        }
        if request.destination_regions.is_empty() {
            fault(
                "destination-required",
                "MissingParameter",
                "DestinationRegions".into(),
                "no destination".into(),
            );
        }
        let mut seen = HashSet::new();
        let mut repeated = Vec::new();
        let mut known = Vec::new();
        for (n, name) in request.destination_regions.iter().enumerate() {
            if !seen.insert(name.clone()) {
                repeated.push((n, name));
            } else if let Some(region) = self.regions.get(name) {
                known.push((n, name, region));
            } else {
                let message = format!("`{name}` is not a known region");
                fault(
                    "destination-exists",
                    "InvalidRegion.NotFound",
                    format!("DestinationRegions.{n}"),
                    message,
                );
            }
        }
        for (n, name, region) in &known {
            let is_blocked =
                source.as_ref().is_some_and(|from| self.blocked.contains(&(from.clone(), (*name).clone())));
            if !region.available || !region.image_sync || is_blocked {
                let message = format!("`{name}` is not available");
                fault(
                    "destination-available",
                    "InvalidRegion.Unavailable",
                    format!("DestinationRegions.{n}"),
                    message,
                );
            }
        }
        for (n, name, _) in &known {
            if source.as_ref() == Some(*name) {
                let message = format!("`{name}` is the source region");
                fault(
                    "destination-not-source",
                    "InvalidRegion.Unavailable",
                    format!("DestinationRegions.{n}"),
                    message,
                );
            }
        }
        for (n, name) in repeated {
            let message = format!("`{name}` is named before");
            fault("destination-unique", "InvalidParameterValue", format!("DestinationRegions.{n}"), message);
        }
        for (n, name, region) in &known {
            if region.used >= region.quota {
                let message = format!("`{name}` has {} images of {}", region.used, region.quota);
                fault("image-quota", "LimitExceeded", format!("DestinationRegions.{n}"), message);
            }
        }
        faults
    }
}

pub(crate) fn verdict(faults: &[Fault]) -> super::Verdict {
    let fault = |fault: &Fault| {
        assert!(!fault.code.is_empty() && !fault.message.is_empty());
        (fault.rule.clone(), fault.parameter.clone())
    };
    faults.iter().map(fault).collect()
}
