//! CEL: all rules, one expression for each, as Kubernetes has them: variables
//! first, then what must hold.
//!
//! An expression gives the parameters that break its rule. `matches` compiles its pattern on every
//! call, so the form of an id is a function of the host's, with the pattern compiled once.
//! Expressions are compiled and the state is converted once; the request is a value of CEL's.

use std::sync::{Arc, LazyLock};

use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::{Context, Env, Program, Value};
use presync::{State, SyncRequest};
use regex::Regex;

use crate::{Finding, Gap, Kind, Peer, documents};

/// What several rules need. Each may use those before it.
const VARIABLES: &[(&str, &str)] = &[
    // The subscripts of the images that are there.
    (
        "there",
        "lists.range(size(request.ImageIds)).filter(i, is_image_id(request.ImageIds[i])
            && request.ImageIds[i] in images
            && (!has(request.Region) || images[request.ImageIds[i]].Region == request.Region))",
    ),
    // Where they are copied from: the region that was sent, else every region
    // in which one of them is.
    (
        "sources",
        "has(request.Region)
            ? (request.Region in regions ? [request.Region] : [])
            : there.map(i, images[request.ImageIds[i]].Region)",
    ),
    // The subscripts of the destinations that are not named before.
    (
        "first",
        "lists.range(size(request.DestinationRegions)).filter(i,
            !(request.DestinationRegions[i] in request.DestinationRegions.slice(0, i)))",
    ),
    // Of these the ones that are known.
    ("known", "first.filter(i, request.DestinationRegions[i] in regions)"),
];

const RULES: &[(&str, &str)] = &[
    ("version-required", "has(request.Version) ? [] : ['Version']"),
    ("version-supported", "has(request.Version) && request.Version != '2017-03-12' ? ['Version'] : []"),
    ("source-region-supported", "has(request.Region) && !(request.Region in regions) ? ['Region'] : []"),
    (
        "parameter-known",
        "request.filter(name, !(name in ['Version', 'Region', 'ImageIds', 'DestinationRegions']))",
    ),
    ("image-required", "size(request.ImageIds) == 0 ? ['ImageIds'] : []"),
    ("image-single", "size(request.ImageIds) > 1 ? ['ImageIds'] : []"),
    (
        "image-id-format",
        "lists.range(size(request.ImageIds)).map(i, !is_image_id(request.ImageIds[i]), 'ImageIds.' + string(i))",
    ),
    (
        "image-exists",
        "has(request.Region) && !(request.Region in regions)
            ? []
            : lists.range(size(request.ImageIds)).map(i,
                !(i in there) && is_image_id(request.ImageIds[i]), 'ImageIds.' + string(i))",
    ),
    (
        "image-custom",
        "there.map(i, images[request.ImageIds[i]].ImageType != 'PRIVATE_IMAGE', 'ImageIds.' + string(i))",
    ),
    (
        "image-state-normal",
        "there.map(i, images[request.ImageIds[i]].ImageState != 'NORMAL', 'ImageIds.' + string(i))",
    ),
    ("image-size", "there.map(i, images[request.ImageIds[i]].ImageSize >= 50u, 'ImageIds.' + string(i))"),
    ("destination-required", "size(request.DestinationRegions) == 0 ? ['DestinationRegions'] : []"),
    (
        "destination-exists",
        "first.map(i, !(request.DestinationRegions[i] in regions), 'DestinationRegions.' + string(i))",
    ),
    (
        "destination-available",
        "known.map(i, regions[request.DestinationRegions[i]].RegionState != 'AVAILABLE'
            || !regions[request.DestinationRegions[i]].ImageSync
            || (size(sources) > 0
                && sources.all(source, source in regions[request.DestinationRegions[i]].BlockedFrom)),
            'DestinationRegions.' + string(i))",
    ),
    (
        "destination-not-source",
        "known.map(i, size(sources) > 0 && sources.all(source, source == request.DestinationRegions[i]),
            'DestinationRegions.' + string(i))",
    ),
    (
        "destination-unique",
        "lists.range(size(request.DestinationRegions)).map(i, !(i in first), 'DestinationRegions.' + string(i))",
    ),
    (
        "image-quota",
        "known.map(i, regions[request.DestinationRegions[i]].Used
            + regions[request.DestinationRegions[i]].InFlight
            >= regions[request.DestinationRegions[i]].Quota,
            'DestinationRegions.' + string(i))",
    ),
];

pub struct Cel {
    context: Context<'static, 'static>,
    variables: Vec<(&'static str, Program)>,
    rules: Vec<(&'static str, Program)>,
}

/// A request is lent to the expressions, not copied.
pub struct Request(Box<dyn Val>);

impl VariableResolver for Request {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        (variable == "request").then(|| CowVal::Borrowed(&*self.0))
    }
}

fn is_image_id(id: &str) -> bool {
    static PATTERN: LazyLock<Regex> =
        LazyLock::new(|| Regex::new("^img-[0-9a-z]{8,}$").expect("the pattern is well-formed"));
    PATTERN.is_match(id)
}

fn value(document: &serde_json::Value) -> Value {
    cel::to_value(document).expect("a JSON document is a value")
}

impl Peer for Cel {
    const NAME: &'static str = "cel";
    const KIND: Kind = Kind::Engine;
    const GAPS: &'static [Gap] = &[];

    type Request = Request;
    type Answer<'a> = Vec<(&'static str, Value)>;

    fn prepare(state: &State) -> Self {
        let mut env = Env::stdlib();
        env.add_extension(cel::extensions::lists).expect("no function is there twice");
        let env = Arc::new(env);
        let compile = |expressions: &[(&'static str, &str)]| {
            let program = |text: &str| env.compile(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            expressions.iter().map(|(name, text)| (*name, program(text))).collect()
        };
        let (variables, rules) = (compile(VARIABLES), compile(RULES));
        let mut context = Context::with_env(env);
        context
            .add_function("is_image_id", |id: Arc<String>| is_image_id(&id))
            .expect("no function is there twice");
        let state = documents::of_state(state);
        for name in ["regions", "images"] {
            context.add_variable_from_value(name, value(&state[name]));
        }
        Self { context, variables, rules }
    }

    fn request(&self, request: &SyncRequest) -> Request {
        Request(value(&documents::of_request(request)).try_into().expect("a value of the standard types"))
    }

    fn check<'a>(&'a mut self, request: &'a Request) -> Self::Answer<'a> {
        let mut context: Context<'_, 'a> = self.context.new_inner_scope();
        context.set_variable_resolver(request);
        for (name, variable) in &self.variables {
            let value = variable.execute(&context).expect("the expression has a value");
            context.add_variable_from_value(*name, value);
        }
        let rules = self.rules.iter();
        rules
            .map(|(rule, broken)| (*rule, broken.execute(&context).expect("the expression has a value")))
            .collect()
    }

    fn findings(answer: &Self::Answer<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (rule, parameters) in answer {
            let Value::List(parameters) = parameters else { panic!("{rule}: {parameters:?} is not a list") };
            for parameter in parameters.iter() {
                let Value::String(parameter) = parameter else {
                    panic!("{rule}: {parameter:?} is not a text")
                };
                findings.push(((*rule).to_owned(), parameter.to_string()));
            }
        }
        findings
    }
}
