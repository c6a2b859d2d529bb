//! ZEN: all rules, one expression for each, in a decision of one node.
//!
//! An expression gives the parameters that break its rule; those without a dash in their name are
//! what several rules need. The decision is compiled once and the state converted once; a request
//! lends it to the decision.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use presync::{State, SyncRequest};
use serde_json::json;
use zen_engine::model::DecisionContent;
use zen_engine::{Decision, DecisionEngine, Variable};

use crate::{Finding, Gap, Kind, Peer, documents};

const EXPRESSIONS: &[(&str, &str)] = &[
    // `matches` compiles its pattern on every call. To go through the characters is faster.
    (
        "formed",
        "filter(keys(request.ImageIds) as i, startsWith(request.ImageIds[i], 'img-')
            and len(request.ImageIds[i]) >= 12
            and all(split(request.ImageIds[i][4:], ''), contains('0123456789abcdefghijklmnopqrstuvwxyz', #)))",
    ),
    // The subscripts of the images that are there.
    (
        "there",
        "filter($.formed as i, images[request.ImageIds[i]] != null
            and (request.Region == null or images[request.ImageIds[i]].Region == request.Region))",
    ),
    // Where they are copied from: the region that was sent, else every region
    // in which one of them is.
    (
        "sources",
        "request.Region != null
            ? (regions[request.Region] != null ? [request.Region] : [])
            : map($.there as i, images[request.ImageIds[i]].Region)",
    ),
    // The subscripts of the destinations that are not named before.
    (
        "first",
        "filter(keys(request.DestinationRegions) as i,
            not some([0..i) as j, request.DestinationRegions[j] == request.DestinationRegions[i]))",
    ),
    // Of these the ones that are known.
    ("known", "filter($.first as i, regions[request.DestinationRegions[i]] != null)"),
    ("version-required", "request.Version == null ? ['Version'] : []"),
    ("version-supported", "request.Version != null and request.Version != '2017-03-12' ? ['Version'] : []"),
    ("source-region-supported", "request.Region != null and regions[request.Region] == null ? ['Region'] : []"),
    ("parameter-known", "filter(keys(request), # not in ['Version', 'Region', 'ImageIds', 'DestinationRegions'])"),
    ("image-required", "len(request.ImageIds) == 0 ? ['ImageIds'] : []"),
    ("image-single", "len(request.ImageIds) > 1 ? ['ImageIds'] : []"),
    ("image-id-format", "map(filter(keys(request.ImageIds), # not in $.formed), `ImageIds.${#}`)"),
    (
        "image-exists",
        "request.Region != null and regions[request.Region] == null
            ? []
            : map(filter($.formed, # not in $.there), `ImageIds.${#}`)",
    ),
    (
        "image-custom",
        "map(filter($.there as i, images[request.ImageIds[i]].ImageType != 'PRIVATE_IMAGE'), `ImageIds.${#}`)",
    ),
    (
        "image-state-normal",
        "map(filter($.there as i, images[request.ImageIds[i]].ImageState != 'NORMAL'), `ImageIds.${#}`)",
    ),
    ("image-size", "map(filter($.there as i, images[request.ImageIds[i]].ImageSize >= 50), `ImageIds.${#}`)"),
    ("destination-required", "len(request.DestinationRegions) == 0 ? ['DestinationRegions'] : []"),
    ("destination-exists", "map(filter($.first, # not in $.known), `DestinationRegions.${#}`)"),
    (
        "destination-available",
        "map(filter($.known as i, regions[request.DestinationRegions[i]].RegionState != 'AVAILABLE'
            or not regions[request.DestinationRegions[i]].ImageSync
            or (len($.sources) > 0
                and all($.sources as source, regions[request.DestinationRegions[i]].BlockedFrom[source] == true))),
            `DestinationRegions.${#}`)",
    ),
    (
        "destination-not-source",
        "map(filter($.known as i,
            len($.sources) > 0 and all($.sources as source, source == request.DestinationRegions[i])),
            `DestinationRegions.${#}`)",
    ),
    (
        "destination-unique",
        "map(filter(keys(request.DestinationRegions), # not in $.first), `DestinationRegions.${#}`)",
    ),
    (
        "image-quota",
        "map(filter($.known as i, regions[request.DestinationRegions[i]].Used
            + regions[request.DestinationRegions[i]].InFlight
            >= regions[request.DestinationRegions[i]].Quota),
            `DestinationRegions.${#}`)",
    ),
];

pub struct Zen {
    decision: Decision,
    regions: Variable,
    images: Variable,
}

impl Peer for Zen {
    const NAME: &'static str = "zen";
    const KIND: Kind = Kind::Engine;
    const GAPS: &'static [Gap] = &[];

    type Request = Variable;
    type Answer<'a> = Variable;

    fn prepare(state: &State) -> Self {
        let expressions: Vec<_> =
            EXPRESSIONS.iter().map(|(key, value)| json!({"id": key, "key": key, "value": value})).collect();
        let content: DecisionContent = serde_json::from_value(json!({
            "nodes": [
                {"id": "in", "name": "in", "type": "inputNode", "content": {}},
                {"id": "rules", "name": "rules", "type": "expressionNode", "content": {"expressions": expressions}},
                {"id": "out", "name": "out", "type": "outputNode", "content": {}},
            ],
            "edges": [
                {"id": "to-rules", "type": "edge", "sourceId": "in", "targetId": "rules"},
                {"id": "to-out", "type": "edge", "sourceId": "rules", "targetId": "out"},
            ],
        }))
        .expect("the decision is well-formed");
        let mut decision =
            DecisionEngine::default().create_decision(content.into()).expect("the decision is a graph");
        decision.compile();
        let mut state = documents::of_state(state);
        Self { decision, regions: state["regions"].take().into(), images: state["images"].take().into() }
    }

    /// What is copied of the state are two references.
    fn request(&self, request: &SyncRequest) -> Variable {
        let context: Variable = json!({ "request": documents::of_request(request) }).into();
        context.dot_insert("regions", self.regions.clone());
        context.dot_insert("images", self.images.clone());
        context
    }

    fn check<'a>(&'a mut self, context: &'a Variable) -> Variable {
        // Nothing in this decision waits for anything, so there is no need for an executor.
        let evaluation = pin!(self.decision.evaluate(context.clone()));
        match evaluation.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(response) => response.expect("the decision has a result").result,
            Poll::Pending => panic!("the decision waits"),
        }
    }

    fn findings(answer: &Variable) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (rule, _) in EXPRESSIONS.iter().filter(|(key, _)| key.contains('-')) {
            let parameters =
                answer.dot(rule).and_then(|found| found.as_array()).expect("a list for each rule");
            for parameter in parameters.borrow().iter() {
                findings.push(((*rule).to_owned(), parameter.as_str().expect("a text").to_owned()));
            }
        }
        findings
    }
}
