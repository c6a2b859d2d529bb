//! Both sides of every limit: how an ordinary pair is put on the last value that is accepted, and
//! on the first one that is not.

use super::pools;
use crate::model::{
    Edition, Image, ImageState, ImageType, QuotaLimit, Records, Region, RegionQuota, SyncRequest, Used,
};
use crate::rule::Rule;
use crate::rules::{
    IMAGE_NUM_QUOTA, common, destination_regions, encryption, image_ids, image_name, image_quota,
};

/// Puts an ordinary pair on one side of a limit: beyond it, or on the last value that is accepted.
type Place = fn(&mut SyncRequest, &mut Records, bool, Edition) -> Option<()>;

/// A limit: the rule that it belongs to, what is on both sides, and how a pair gets there.
pub(crate) struct Boundary {
    pub(crate) rule: &'static Rule,
    pub(crate) name: &'static str,
    pub(crate) place: Place,
}

const fn at(rule: &'static Rule, name: &'static str, place: Place) -> Boundary {
    Boundary { rule, name, place }
}

/// Every limit, in the order of the rules.
pub(crate) static BOUNDARIES: &[Boundary] = &[
    at(&common::VERSION_SUPPORTED, "version 2017-03-12 or 2017-03-13", |request, _, is_beyond, _| {
        request.version = Some(if is_beyond { "2017-03-13" } else { "2017-03-12" }.to_owned());
        Some(())
    }),
    at(&common::REGION_REQUIRED, "Region sent or not", |request, _, is_beyond, _| {
        if is_beyond {
            (request.region, request.has_no_region) = (None, true);
        }
        Some(())
    }),
    at(&image_ids::IMAGE_REQUIRED, "1 image or 0", |request, _, is_beyond, _| {
        request.image_ids.truncate(usize::from(!is_beyond));
        Some(())
    }),
    at(&image_ids::IMAGE_SINGLE, "1 image or 2", |request, records, is_beyond, _| {
        let mut second = records.images.first()?.clone();
        second.image_id = "img-00000001".to_owned();
        if is_beyond {
            request.image_ids.push(second.image_id.clone());
        }
        records.images.push(second);
        Some(())
    }),
    at(&image_ids::IMAGE_ID_FORMAT, "8 characters after img- or 7", |request, records, is_beyond, _| {
        let id = if is_beyond { "img-a1b2c3d" } else { "img-a1b2c3d4" };
        records.images.first_mut()?.image_id = id.to_owned();
        request.image_ids = vec![id.to_owned()];
        Some(())
    }),
    at(
        &image_ids::IMAGE_EXISTS,
        "the image in the source region or in another",
        |_, records, is_beyond, _| {
            if is_beyond {
                let other = records.regions.get(1)?.region.clone();
                records.images.first_mut()?.region = other;
            }
            Some(())
        },
    ),
    at(&image_ids::IMAGE_CUSTOM, "a custom image or a public one", |_, records, is_beyond, _| {
        let public = is_beyond.then_some(ImageType::PUBLIC_IMAGE);
        records.images.first_mut()?.image_type = Some(public.unwrap_or(ImageType::PRIVATE_IMAGE));
        Some(())
    }),
    at(&image_ids::IMAGE_STATE_NORMAL, "NORMAL or SYNCING", |_, records, is_beyond, _| {
        let state = if is_beyond { ImageState::SYNCING } else { ImageState::NORMAL };
        records.images.first_mut()?.image_state = Some(state);
        Some(())
    }),
    at(&image_ids::IMAGE_SIZE, "49 GiB or 50", |_, records, is_beyond, _| {
        records.images.first_mut()?.image_size = Some(if is_beyond { 50 } else { 49 });
        Some(())
    }),
    at(&destination_regions::DESTINATION_REQUIRED, "1 destination or 0", |request, _, is_beyond, _| {
        request.destination_regions.truncate(usize::from(!is_beyond));
        Some(())
    }),
    at(
        &destination_regions::DESTINATION_EXISTS,
        "a region or its name in upper case",
        |request, _, is_beyond, _| {
            if is_beyond {
                request.destination_regions.first_mut()?.make_ascii_uppercase();
            }
            Some(())
        },
    ),
    at(
        &destination_regions::DESTINATION_NOT_SOURCE,
        "another region or the source",
        |request, records, is_beyond, _| {
            if is_beyond {
                request.destination_regions = vec![records.images.first()?.region.clone()];
            }
            Some(())
        },
    ),
    at(
        &destination_regions::DESTINATION_SOURCE_ONLY,
        "a shared image to its own region or to another",
        |request, records, is_beyond, _| {
            let image = records.images.first_mut()?;
            image.image_type = Some(ImageType::SHARED_IMAGE);
            if !is_beyond {
                request.destination_regions = vec![image.region.clone()];
            }
            Some(())
        },
    ),
    at(
        &destination_regions::DESTINATION_UNIQUE,
        "two regions or one twice",
        |request, records, is_beyond, _| {
            records.regions.push(Region::new("ap-beijing"));
            let first = request.destination_regions.first()?.clone();
            request.destination_regions.push(if is_beyond { first } else { "ap-beijing".to_owned() });
            Some(())
        },
    ),
    at(
        &image_quota::IMAGE_QUOTA,
        "the last slot of the documented quota or none",
        |request, records, is_beyond, edition| {
            let limit = IMAGE_NUM_QUOTA.at(edition);
            records.account_quota.regions.push(quota(request, limit - u64::from(!is_beyond), 0)?);
            Some(())
        },
    ),
    at(
        &image_quota::IMAGE_QUOTA,
        "the last slot or none, copies in flight counted",
        |request, records, is_beyond, edition| {
            let limit = IMAGE_NUM_QUOTA.at(edition);
            records.account_quota.regions.push(quota(request, limit - 3, 2 + u64::from(is_beyond))?);
            Some(())
        },
    ),
    at(
        &image_quota::IMAGE_QUOTA,
        "the last slot of the region's own quota or none",
        |request, records, is_beyond, _| {
            let own = RegionQuota {
                image_num_quota: QuotaLimit::Count(3),
                ..quota(request, 1, 1 + u64::from(is_beyond))?
            };
            records.account_quota.image_num_quota = QuotaLimit::Count(1);
            records.account_quota.regions.push(own);
            Some(())
        },
    ),
    at(
        &image_quota::IMAGE_QUOTA,
        "the last slot of the account's quota or none",
        |request, records, is_beyond, _| {
            records.account_quota.image_num_quota = QuotaLimit::Count(3);
            records.account_quota.regions.push(quota(request, 2 + u64::from(is_beyond), 0)?);
            Some(())
        },
    ),
    at(
        &image_quota::IMAGE_QUOTA,
        "the last slot or none, by the images that are listed",
        |request, records, is_beyond, _| {
            let to = request.destination_regions.first()?;
            // An image that is not a custom one does not count.
            let public = Image::new(to, "img-public00").with_image_type(ImageType::PUBLIC_IMAGE);
            let ids = ["img-custom00", "img-custom01"];
            let custom = ids.into_iter().take(1 + usize::from(is_beyond)).map(|id| Image::new(to, id));
            records.images.extend(custom.chain([public]));
            records.account_quota.image_num_quota = QuotaLimit::Count(2);
            Some(())
        },
    ),
    at(&image_quota::IMAGE_QUOTA, "a quota of 1 or of 0", |request, records, is_beyond, _| {
        let limit = QuotaLimit::Count(u64::from(!is_beyond));
        records.account_quota.regions.push(RegionQuota { image_num_quota: limit, ..quota(request, 0, 0)? });
        Some(())
    }),
    at(&image_name::IMAGE_NAME_LENGTH, "60 characters or 61", |request, _, is_beyond, _| {
        request.image_name = Some("a".repeat(60 + usize::from(is_beyond)));
        Some(())
    }),
    at(&image_name::IMAGE_NAME_LENGTH, "60 characters of 3 bytes or 61", |request, _, is_beyond, _| {
        request.image_name = Some("\u{50cf}".repeat(60 + usize::from(is_beyond)));
        Some(())
    }),
    at(
        &image_name::IMAGE_NAME_UNIQUE,
        "the name taken in another region or in a destination",
        |request, records, is_beyond, _| {
            request.image_name = Some("base".to_owned());
            let (source, to) = (records.images.first()?.region.clone(), request.destination_regions.first()?);
            let region = if is_beyond { to } else { &source };
            records.images.push(Image::new(region, "img-namesake").with_image_name("base"));
            Some(())
        },
    ),
    at(
        &image_name::IMAGE_NAME_UNIQUE,
        "another name or the same in flight",
        |request, records, is_beyond, _| {
            request.image_name = Some("base".to_owned());
            let name = if is_beyond { "base" } else { "base-v2" };
            records
                .account_quota
                .regions
                .push(quota(request, 0, 1)?.with_in_flight_names([Some(name.to_owned())]));
            Some(())
        },
    ),
    at(&encryption::IMAGE_ENCRYPTED, "not encrypted or encrypted", |_, records, is_beyond, _| {
        records.images.first_mut()?.encrypted = Some(is_beyond);
        Some(())
    }),
    at(&encryption::KMS_KEY_FORMAT, "12 digits in the last group or 11", |request, records, is_beyond, _| {
        let mut key = (*pools::KMS_KEY_IDS.first()?).to_owned();
        if is_beyond {
            key.pop();
        }
        request.destination_regions = vec![records.images.first()?.region.clone()];
        (request.encrypt, request.kms_key_id) = (Some(true), Some(key));
        Some(())
    }),
];

/// The quota of the first destination.
fn quota(request: &SyncRequest, used: u64, in_flight: u64) -> Option<RegionQuota> {
    let region = request.destination_regions.first()?;
    Some(RegionQuota::new(region).with_used(Used::Count(used)).with_in_flight(in_flight))
}
