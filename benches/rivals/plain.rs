//! The plainest reading of a request, of a state and of a line: what is there is
//! kept, and nothing is asked.

use presync::SyncRequest;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Plain {
    action: Option<String>,
    version: Option<String>,
    region: Option<String>,
    image_ids: Vec<String>,
    destination_regions: Vec<String>,
    dry_run: Option<bool>,
    image_name: Option<String>,
    image_set_required: Option<bool>,
    encrypt: Option<bool>,
    kms_key_id: Option<String>,
}

pub(crate) fn of_json(body: &[u8]) -> Plain {
    serde_json::from_slice(body).expect("a request")
}

pub(crate) fn of_query(query: &[u8]) -> Plain {
    let mut plain = Plain::default();
    for (name, value) in form_urlencoded::parse(query) {
        match &*name {
            "Action" => plain.action = Some(value.into_owned()),
            "Version" => plain.version = Some(value.into_owned()),
            "Region" => plain.region = Some(value.into_owned()),
            "DryRun" => plain.dry_run = Some(value == "true"),
            "ImageName" => plain.image_name = Some(value.into_owned()),
            "ImageSetRequired" => plain.image_set_required = Some(value == "true"),
            "Encrypt" => plain.encrypt = Some(value == "true"),
            "KmsKeyId" => plain.kms_key_id = Some(value.into_owned()),
            name if name.starts_with("ImageIds.") => plain.image_ids.push(value.into_owned()),
            name if name.starts_with("DestinationRegions.") => {
                plain.destination_regions.push(value.into_owned())
            }
            _ => {}
        }
    }
    plain
}

impl Plain {
    pub(crate) fn into_request(self) -> SyncRequest {
        let mut request = SyncRequest::default();
        request.version = self.version;
        request.region = self.region;
        request.image_ids = self.image_ids;
        request.destination_regions = self.destination_regions;
        request.dry_run = self.dry_run;
        request.image_name = self.image_name;
        request.image_set_required = self.image_set_required;
        request.encrypt = self.encrypt;
        request.kms_key_id = self.kms_key_id;
        assert!(self.action.is_none_or(|action| action == "SyncImages"));
        request
    }
}

/// No more than what the states here say.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PlainState {
    regions: Vec<Region>,
    images: Vec<Image>,
    account_quota: AccountQuota,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Region {
    region: String,
    region_state: Option<String>,
    image_sync: Option<bool>,
    images_complete: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Image {
    region: String,
    image_id: String,
    image_type: Option<String>,
    image_state: Option<String>,
    image_size: Option<u64>,
    image_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AccountQuota {
    image_num_quota: Option<u64>,
    regions: Vec<RegionQuota>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RegionQuota {
    region: String,
    in_flight: Option<u64>,
}

pub(crate) fn state_of_json(state: &[u8]) -> PlainState {
    serde_json::from_slice(state).expect("a state")
}

/// Reads a line and writes it again.
pub(crate) fn rewrite<T: Serialize + DeserializeOwned>(line: &[u8], out: &mut Vec<u8>) {
    match serde_json::from_slice::<T>(line) {
        Ok(value) => serde_json::to_writer(&mut *out, &value).expect("a `Vec` takes everything"),
        Err(error) => out.extend_from_slice(format!("{{\"error\":\"{error}\"}}").as_bytes()),
    }
    out.push(b'\n');
}
