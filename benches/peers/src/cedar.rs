//! Cedar: what can be said without a pattern and without looking from one
//! element of a list to another.
//!
//! A request of Cedar's is about one principal and one resource, and its answer names the
//! policies that forbid it. So a call is one request for the call, one for each image and one for
//! each destination, which is how subscripts are known. The requests are made outside the timing,
//! the state is a set of entities, and policies are sorted by their action beforehand, so that
//! none is looked at for nothing.

use std::collections::HashMap;
use std::str::FromStr;

use cedar_policy::{
    ActionConstraint, Authorizer, Context, Entities, EntityId, EntityTypeName, EntityUid, PolicyId,
    PolicySet, Request, Response, RestrictedExpression,
};
use presync::{State, SyncRequest};
use serde_json::{Value, json};

use crate::{Finding, Gap, Kind, Peer, documents};

const POLICY: &str = include_str!("../policies/sync.cedar");

pub struct Cedar {
    authorizer: Authorizer,
    entities: Entities,
    policies: Policies,
}

/// Policies by what they are about.
struct Policies {
    call: PolicySet,
    image: PolicySet,
    destination: PolicySet,
}

pub struct Requests {
    call: Request,
    images: Vec<Request>,
    destinations: Vec<Request>,
}

pub struct Responses {
    call: Response,
    images: Vec<Response>,
    destinations: Vec<Response>,
}

fn uid(kind: &str, id: &str) -> EntityUid {
    let kind = EntityTypeName::from_str(kind).expect("a type of the policy's");
    EntityUid::from_type_name_and_id(kind, EntityId::new(id))
}

fn policies(action: &str) -> PolicySet {
    let all = PolicySet::from_str(POLICY).expect("the policy is well-formed");
    let action = uid("Action", action);
    let policies =
        all.policies().filter(|policy| policy.action_constraint() == ActionConstraint::Eq(action.clone()));
    // An answer names policies by their id.
    let named =
        policies.map(|policy| policy.new_id(PolicyId::new(policy.annotation("id").expect("it has one"))));
    PolicySet::from_policies(named).expect("no id is there twice")
}

fn entities(state: &State) -> Entities {
    let document = documents::of_state(state);
    let of_kind = |kind: &'static str, key: &str| {
        let records = document[key].as_object().expect("records by name");
        let entity = move |(id, attrs): (&String, &Value)| {
            let reference = |name: &str| json!({"__entity": {"type": "Region", "id": name}});
            let mut attrs = attrs.clone();
            if let Some(region) = attrs["Region"].as_str() {
                attrs["Region"] = reference(region);
            }
            if let Some(from) = attrs["BlockedFrom"].as_object() {
                attrs["BlockedFrom"] = from.keys().map(|name| reference(name)).collect();
            }
            if let Some(attrs) = attrs.as_object_mut() {
                attrs.retain(|_, value| !value.is_null());
            }
            json!({"uid": {"type": kind, "id": id}, "attrs": attrs, "parents": []})
        };
        records.iter().map(entity).collect::<Vec<_>>()
    };
    let entities: Value = [of_kind("Region", "regions"), of_kind("Image", "images")].concat().into();
    Entities::from_json_value(entities, None).expect("the entities are well-formed")
}

impl Peer for Cedar {
    const NAME: &'static str = "cedar";
    const KIND: Kind = Kind::Engine;
    const GAPS: &'static [Gap] = &[
        Gap::Rule(
            "image-id-format",
            "`like` knows the wildcard `*` only: neither classes of characters nor a length",
        ),
        Gap::Rule("destination-unique", "a set forgets what is in it twice, and its elements have no place"),
        Gap::Input("two images of two regions, without a region", SETS),
        Gap::Input("an image that is nowhere before one that is there, without a region", SETS),
    ];

    type Request = Requests;
    type Answer<'a> = Responses;

    fn prepare(state: &State) -> Self {
        Self {
            authorizer: Authorizer::new(),
            entities: entities(state),
            policies: Policies {
                call: policies("call"),
                image: policies("image"),
                destination: policies("destination"),
            },
        }
    }

    fn request(&self, request: &SyncRequest) -> Requests {
        let text = |value: &String| RestrictedExpression::new_string(value.clone());
        let count = |list: &[String]| RestrictedExpression::new_long(list.len() as i64);
        let region =
            request.region.as_ref().map(|name| RestrictedExpression::new_entity_uid(uid("Region", name)));
        let of_call = [
            ("Version", request.version.as_ref().map(text)),
            ("Region", region.clone()),
            ("DryRun", request.dry_run.map(RestrictedExpression::new_bool)),
            ("ImageName", request.image_name.as_ref().map(text)),
            ("ImageSetRequired", request.image_set_required.map(RestrictedExpression::new_bool)),
            ("Encrypt", request.encrypt.map(RestrictedExpression::new_bool)),
            ("KmsKeyId", request.kms_key_id.as_ref().map(text)),
            ("ImageCount", Some(count(&request.image_ids))),
            ("DestinationCount", Some(count(&request.destination_regions))),
        ];
        let context = |pairs: &[(&str, Option<RestrictedExpression>)]| {
            let sent = pairs.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?)));
            Context::from_pairs(sent).expect("no name is there twice")
        };
        let new = |action: &str, image: &str, region: &str, context: Context| {
            let (image, region) = (uid("Image", image), uid("Region", region));
            Request::new(image, uid("Action", action), region, context, None)
                .expect("there is no schema to break")
        };
        let of_element = context(&[("Region", region)]);
        let first = request.image_ids.first().map_or("", String::as_str);
        let images = request.image_ids.iter().map(|id| new("image", id, "", of_element.clone()));
        let destinations = request
            .destination_regions
            .iter()
            .map(|name| new("destination", first, name, of_element.clone()));
        Requests {
            call: new("call", first, "", context(&of_call)),
            images: images.collect(),
            destinations: destinations.collect(),
        }
    }

    fn check<'a>(&'a mut self, requests: &'a Requests) -> Responses {
        let ask = |request, policies| self.authorizer.is_authorized(request, policies, &self.entities);
        Responses {
            call: ask(&requests.call, &self.policies.call),
            images: requests.images.iter().map(|request| ask(request, &self.policies.image)).collect(),
            destinations: requests
                .destinations
                .iter()
                .map(|request| ask(request, &self.policies.destination))
                .collect(),
        }
    }

    fn findings(responses: &Responses) -> Vec<Finding> {
        let parameters: HashMap<PolicyId, String> = policies("call")
            .policies()
            .filter_map(|policy| Some((policy.id().clone(), policy.annotation("parameter")?.to_owned())))
            .collect();
        let mut findings = Vec::new();
        let mut read = |response: &Response, parameter: &dyn Fn(&PolicyId) -> String| {
            assert_eq!(response.diagnostics().errors().count(), 0, "{response:?}");
            if response.decision() == cedar_policy::Decision::Allow {
                return;
            }
            for id in response.diagnostics().reason() {
                let name: &str = id.as_ref();
                let rule = name.split('/').next().unwrap_or(name);
                findings.push((rule.to_owned(), parameter(id)));
            }
        };
        read(&responses.call, &|id| parameters[id].clone());
        for (subscript, response) in responses.images.iter().enumerate() {
            read(response, &|_| format!("ImageIds.{subscript}"));
        }
        for (subscript, response) in responses.destinations.iter().enumerate() {
            read(response, &|_| format!("DestinationRegions.{subscript}"));
        }
        findings
    }
}

const SETS: &str =
    "a set cannot be gone through: where `Region` was not sent, the source is where the first image is";
