//! Documents of others, as tests make them and as they lie in `tests/data`.
#![allow(dead_code, reason = "several programs share this file and none uses all of it")]

/// Answers of the API.
pub(crate) mod answers {
    use std::fs;
    use std::path::{Path, PathBuf};

    use presync::State;
    use presync::sources::describe::{DescribeError, Responses};

    pub(crate) const GUANGZHOU: &str = "ap-guangzhou";

    pub(crate) fn path(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/answers").join(name)
    }

    /// An answer of the tests.
    pub(crate) fn answer(name: &str) -> Vec<u8> {
        fs::read(path(name)).unwrap()
    }

    /// What the pages of one region come to.
    pub(crate) fn imported<B: AsRef<[u8]>>(
        pages: impl IntoIterator<Item = B>,
    ) -> Result<State, DescribeError> {
        let import = pages
            .into_iter()
            .try_fold(Responses::default(), |import, page| import.images(GUANGZHOU, page.as_ref()));
        import.and_then(Responses::state)
    }

    /// The state of the answers of four calls, with everything said beside them that can be said.
    pub(crate) fn full() -> State {
        let import = Responses::default().regions(&answer("regions.json")).unwrap();
        let import = import.images(GUANGZHOU, &answer("images-page1.json")).unwrap();
        let import = import.images("ap-shanghai", &answer("images-body.json")).unwrap();
        let import = import.images("ap-beijing", &answer("images-none.json")).unwrap();
        let import = import.quota(None, &answer("quota.json")).unwrap();
        let import = import.quota(Some("ap-seoul"), &answer("quota-body.json")).unwrap();
        let import = import.used("ap-shanghai", 19).unwrap().no_sync("ap-seoul").unwrap();
        import.sync("ap-shanghai").unwrap().block("ap-beijing", "na-toronto").unwrap().state().unwrap()
    }
}

/// Plans of Terraform.
pub(crate) mod terraform {
    use std::fs;

    use serde_json::{Value, json};

    pub(crate) const PLAN: &str = "tests/data/terraform/plan.json";

    pub(crate) fn plan() -> Vec<u8> {
        fs::read(PLAN).unwrap()
    }

    pub(crate) fn bytes(plan: &Value) -> Vec<u8> {
        plan.to_string().into_bytes()
    }

    /// A plan with these resources, without a configuration.
    pub(crate) fn plan_of(resources: Vec<Value>) -> Vec<u8> {
        bytes(&json!({"format_version": "1.2", "resource_changes": resources}))
    }

    /// A copy that is created.
    pub(crate) fn resource(address: &str, after: Value, after_unknown: Value) -> Value {
        resource_with(address, json!(["create"]), after, after_unknown)
    }

    pub(crate) fn resource_with(address: &str, actions: Value, after: Value, after_unknown: Value) -> Value {
        json!({
            "address": address,
            "mode": "managed",
            "type": "tencentcloud_cvm_sync_image",
            "name": "x",
            "change": {"actions": actions, "before": null, "after": after, "after_unknown": after_unknown},
        })
    }

    pub(crate) fn known() -> Value {
        json!({"image_id": "img-o3ycss2p", "destination_regions": ["ap-shanghai"]})
    }
}

/// Templates of Packer.
pub(crate) mod packer {
    use serde_json::{Value, json};

    pub(crate) fn data(name: &str) -> Vec<u8> {
        std::fs::read(format!("tests/data/packer/{name}")).unwrap()
    }

    pub(crate) fn template(builders: Value) -> Vec<u8> {
        json!({"builders": builders}).to_string().into_bytes()
    }
}
