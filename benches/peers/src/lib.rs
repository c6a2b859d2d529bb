//! The rules of the 2017-03 page in other people's libraries, to be timed beside presync.
//!
//! A peer is a file of this crate: what it is given, how it is asked, and what it cannot say.
//! `tests/verdicts.rs` holds all of them to the same verdicts as presync, `src/main.rs` times them.

#[cfg(feature = "cedar")]
pub mod cedar;
#[cfg(feature = "cel")]
pub mod cel;
pub mod documents;
#[cfg(feature = "garde")]
pub mod garde;
pub mod inputs;
#[cfg(feature = "jsonschema")]
pub mod jsonschema;
pub mod lines;
pub mod presync;
#[cfg(feature = "regorus")]
pub mod regorus;
#[cfg(any(feature = "garde", feature = "validator", feature = "jsonschema"))]
pub mod rust_rules;
pub mod timing;
#[cfg(feature = "validator")]
pub mod validator;
#[cfg(feature = "zen")]
pub mod zen;

use std::io::{self, BufRead, Write};

use ::presync::{State, SyncRequest};

/// What a peer says: the id of a rule and the parameter that breaks it.
pub type Finding = (String, String);

/// Something that a peer does not say as presync does.
#[derive(Clone, Copy, Debug)]
pub enum Gap {
    /// The peer does not have this rule.
    Rule(&'static str, &'static str),
    /// The peer has the rules, and yet says something else of this one of the test's inputs.
    Input(&'static str, &'static str),
}

/// What a peer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// presync itself.
    Presync,
    /// A validation library, in which rules are functions in Rust.
    Validator,
    /// An engine, in which rules are a policy in a language of its own.
    Engine,
}

/// A library that is asked the same questions.
pub trait Peer: Sized {
    const NAME: &'static str;
    const KIND: Kind;
    const GAPS: &'static [Gap];

    /// A request as the peer takes it. Making it is not timed.
    type Request;
    /// What the peer answers, as it answers it. Making it and dropping it is
    /// timed, reading it is not.
    type Answer<'a>
    where
        Self: 'a;

    /// Everything that can be done before a request is there: state is loaded, policy is compiled.
    fn prepare(state: &State) -> Self;
    fn request(&self, request: &SyncRequest) -> Self::Request;
    fn check<'a>(&'a mut self, request: &'a Self::Request) -> Self::Answer<'a>;
    fn findings(answer: &Self::Answer<'_>) -> Vec<Finding>;
}

/// A peer without its types.
#[derive(Clone, Copy)]
pub struct Entry {
    pub name: &'static str,
    pub kind: Kind,
    pub gaps: &'static [Gap],
    /// What it says of a request.
    pub verdict: fn(&State, &SyncRequest) -> Vec<Finding>,
    /// How many nanoseconds it takes for one, as a median.
    pub time: fn(&State, &SyncRequest) -> f64,
    /// Answers lines of requests.
    pub lines: fn(&State, &mut dyn BufRead, &mut dyn Write) -> io::Result<lines::Counts>,
}

impl Entry {
    const fn of<P: Peer>() -> Self {
        Self {
            name: P::NAME,
            kind: P::KIND,
            gaps: P::GAPS,
            verdict: |state, request| {
                let mut peer = P::prepare(state);
                let request = peer.request(request);
                let answer = peer.check(&request);
                P::findings(&answer)
            },
            time: timing::time::<P>,
            lines: lines::answer::<P>,
        }
    }

    /// The rules that it does not have.
    pub fn missing(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.gaps.iter().filter_map(|gap| match gap {
            Gap::Rule(rule, _) => Some(*rule),
            Gap::Input(..) => None,
        })
    }
}

/// Every peer that is built, presync first.
pub const PEERS: &[Entry] = &[
    Entry::of::<presync::Check>(),
    Entry::of::<presync::ValidateSync>(),
    #[cfg(feature = "garde")]
    Entry::of::<garde::Garde>(),
    #[cfg(feature = "validator")]
    Entry::of::<validator::Validator>(),
    #[cfg(feature = "jsonschema")]
    Entry::of::<jsonschema::Keywords>(),
    #[cfg(feature = "jsonschema")]
    Entry::of::<jsonschema::Shape>(),
    #[cfg(feature = "jsonschema")]
    Entry::of::<jsonschema::Built>(),
    #[cfg(feature = "regorus")]
    Entry::of::<regorus::Vm>(),
    #[cfg(feature = "regorus")]
    Entry::of::<regorus::Engine>(),
    #[cfg(feature = "zen")]
    Entry::of::<zen::Zen>(),
    #[cfg(feature = "cel")]
    Entry::of::<cel::Cel>(),
    #[cfg(feature = "cedar")]
    Entry::of::<cedar::Cedar>(),
];
