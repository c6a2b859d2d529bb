//! Every set of edits of a small request, by brute force: what a suggestion is held to.
//!
//! The edits are: an element of a list is left out, or is what it was meant for; the images are
//! sent one by one; `Region` is what it was meant for, or, where the report has a violation of the
//! source, a region in which an image is listed; the one version; the name, the key and an
//! `Encrypt` of `false` are left out. No name is made shorter, no key and no region is made up, and
//! an encrypted copy stays one. Whether the requests that come out are accepted is what the library
//! says: that this is right is held elsewhere, to the oracle.

use std::collections::BTreeSet;

use presync::check::Suggestion;
use presync::check::plan::{self, Plan};
use presync::report::{Confidence, Edit, Fact};
use presync::{Parameter, PartialRequest, Report, Ruleset, State, SyncRequest, Violation};

/// An element that is not known. It stays as it is.
pub(crate) const NOT_KNOWN: &str = "?";

/// The number of edits, of what is given up, and of edits that are only likely.
pub(crate) type Cost = (usize, usize, usize);

/// A set of edits: the images and the destinations, the source region, the version, and what is
/// left out of the name, the key and the encryption.
type Set<'s> = (&'s Vec<String>, &'s Vec<String>, &'s Option<String>, &'s Option<String>, (bool, bool, bool));

/// The regions and the ids that are meant by others.
pub(crate) struct Meant<'m> {
    pub(crate) regions: &'m dyn Fn(&str) -> Vec<String>,
    pub(crate) ids: &'m dyn Fn(&str) -> Vec<String>,
}

/// Every way to change the elements of a list: the values that remain, and the cost.
fn ways(meant: &dyn Fn(&str) -> Vec<String>, sent: &[String]) -> Vec<(Vec<String>, Cost)> {
    let mut ways = vec![(Vec::new(), (0, 0, 0))];
    for text in sent {
        let mut options: Vec<(Vec<String>, Cost)> =
            vec![(vec![text.clone()], (0, 0, 0)), (Vec::new(), (1, 1, 0))];
        if text == NOT_KNOWN {
            options.pop();
        }
        match meant(text).as_slice() {
            [] => {}
            [one] => options.push((vec![one.clone()], (1, 0, 0))),
            [a, b] => {
                options.push((vec![a.clone(), b.clone()], (1, 0, 0)));
                options.push((vec![a.clone()], (1, 1, 0)));
                options.push((vec![b.clone()], (1, 1, 0)));
                options[1].1 = (1, 2, 0);
            }
            more => panic!("{more:?}"),
        }
        ways = ways
            .iter()
            .flat_map(|(values, cost)| {
                options.iter().map(move |(more, added)| {
                    let sum = (cost.0 + added.0, cost.1 + added.1, cost.2 + added.2);
                    ([values.clone(), more.clone()].concat(), sum)
                })
            })
            .collect();
    }
    ways
}

/// A request with what is not known of its destinations.
pub(crate) fn partial(request: &SyncRequest) -> PartialRequest {
    let mut known = request.clone();
    let mut unknown = Vec::new();
    for (subscript, name) in known.destination_regions.iter_mut().enumerate() {
        if name == NOT_KNOWN {
            name.clear();
            unknown.push(Parameter::DESTINATION_REGIONS.element(subscript));
        }
    }
    unknown
        .into_iter()
        .fold(PartialRequest::new(known), |partial, parameter| partial.unknown(parameter, "a variable"))
}

/// True if nothing is known to be wrong with requests in a row.
fn are_partly_accepted(rules: &Ruleset, requests: &[SyncRequest], state: &State) -> bool {
    let mut plan = Plan::new(rules, state.clone());
    requests.iter().all(|request| plan.check_partial(&partial(request)).violations().is_empty())
}

pub(crate) fn are_accepted(rules: &Ruleset, requests: &[SyncRequest], state: &State) -> bool {
    match requests {
        [one] => rules.check(one, state).violations().is_empty(),
        several => plan::check(rules, several, state).iter().all(|report| report.violations().is_empty()),
    }
}

impl Meant<'_> {
    /// The least cost of any set of edits that leads to requests that are accepted.
    fn least(
        &self,
        report: &Report,
        request: &SyncRequest,
        state: &State,
        are_accepted: impl Fn(&[SyncRequest]) -> bool,
    ) -> Option<Cost> {
        let ids = request.image_ids.iter().flat_map(|id| [vec![id.clone()], (self.ids)(id)].concat());
        let ids: BTreeSet<String> = ids.collect();
        let is_listed = |region: &str| {
            state.images().iter().any(|image| image.region == region && ids.contains(&image.image_id))
        };
        let mut regions: Vec<(Option<String>, Cost)> = vec![(request.region.clone(), (0, 0, 0))];
        if let Some(sent) = &request.region
            && let [one] = (self.regions)(sent).as_slice()
        {
            regions.push((Some(one.clone()), (1, 0, 0)));
        }
        // The source region may be another one where it or an image is what is wrong.
        let is_of_source = |violation: &Violation| {
            let parameter = violation.parameter();
            let is_elsewhere = !violation.facts().texts(Fact::FoundIn).is_empty();
            *parameter == Parameter::REGION || parameter.name() == "ImageIds" || is_elsewhere
        };
        if report.violations().iter().any(is_of_source) {
            for region in state.regions().iter().map(|region| &region.region) {
                let is_new = regions.iter().all(|(known, _)| known.as_ref() != Some(region));
                if is_listed(region) && is_new {
                    regions.push((Some(region.clone()), (1, 0, 1)));
                }
            }
        }
        let mut versions = vec![(request.version.clone(), (0, 0, 0))];
        if request.version.as_deref() != Some("2017-03-12") {
            versions.push((Some("2017-03-12".to_owned()), (1, 0, usize::from(request.version.is_some()))));
        }
        // A dry run stays one, and an encrypted copy stays encrypted.
        let may_go = |is_sent: bool| if is_sent { &[false, true][..] } else { &[false][..] };
        let names = may_go(request.image_name.is_some());
        let keys = may_go(request.kms_key_id.is_some());
        // What asks for what happens anyway says the same when it is left out.
        let idle = may_go(request.encrypt == Some(false));
        let mut sets = Vec::new();
        let images = ways(self.ids, &request.image_ids);
        let destinations = ways(self.regions, &request.destination_regions);
        for (ids, of_images) in &images {
            let distinct: BTreeSet<&String> = ids.iter().collect();
            if ids.is_empty() || distinct.len() < ids.len() {
                continue;
            }
            let lost_images = self.lost(&request.image_ids, ids);
            let is_split = usize::from(ids.len() > 1);
            for (destinations, of_destinations) in
                destinations.iter().filter(|(values, _)| !values.is_empty())
            {
                let lost = lost_images + self.lost_regions(&request.destination_regions, destinations);
                for (region, of_region) in &regions {
                    for (version, of_version) in &versions {
                        let drops = names.iter().flat_map(|name| {
                            keys.iter().flat_map(move |key| idle.iter().map(move |idle| (*name, *key, *idle)))
                        });
                        for drops in drops {
                            let given_up = usize::from(drops.0) + usize::from(drops.1);
                            let edits = of_images.0 + of_destinations.0 + of_region.0 + of_version.0;
                            let cost = (
                                edits + given_up + is_split + usize::from(drops.2),
                                lost + given_up,
                                of_region.2 + of_version.2,
                            );
                            sets.push((cost, (ids, destinations, region, version, drops)));
                        }
                    }
                }
            }
        }
        sets.sort_by_key(|(cost, _)| *cost);
        let is_accepted = |(ids, destinations, region, version, drops): Set<'_>| {
            let mut changed = request.clone();
            changed.image_name.take_if(|_| drops.0);
            changed.kms_key_id.take_if(|_| drops.1);
            changed.encrypt.take_if(|_| drops.2);
            changed.region.clone_from(region);
            changed.version.clone_from(version);
            changed.destination_regions.clone_from(destinations);
            let one = |id: &String| changed.clone().with_image_ids([id.as_str()]);
            are_accepted(&ids.iter().map(one).collect::<Vec<_>>())
        };
        sets.into_iter().find(|(_, set)| is_accepted(*set)).map(|(cost, _)| cost)
    }

    /// The number of images that are named and not kept. Of one that is named twice, one is kept.
    fn lost(&self, sent: &[String], kept: &[String]) -> usize {
        let id = |text: &String| (self.ids)(text).first().unwrap_or(text).clone();
        let kept: BTreeSet<String> = kept.iter().map(id).collect();
        sent.iter().map(id).collect::<BTreeSet<String>>().difference(&kept).count()
    }

    /// The number of regions that are named and not kept, each once.
    fn lost_regions(&self, sent: &[String], kept: &[String]) -> usize {
        let regions = |text: &String| {
            let meant = (self.regions)(text);
            if meant.is_empty() { vec![text.clone()] } else { meant }
        };
        let kept: BTreeSet<String> = kept.iter().flat_map(regions).collect();
        let sent: BTreeSet<String> =
            sent.iter().filter(|text| *text != NOT_KNOWN).flat_map(regions).collect();
        sent.difference(&kept).count()
    }

    /// What a suggestion costs.
    pub(crate) fn cost(&self, suggestion: &Suggestion, request: &SyncRequest) -> Cost {
        let edits = suggestion.edits();
        let given_up = || edits.iter().filter(|edit| edit.confidence() == Confidence::GivesUp);
        let is_region = |edit: &&Edit| edit.parameter().name() == "DestinationRegions";
        let others = given_up().filter(|edit| !is_region(edit)).map(|edit| 1 - edit.values().len());
        let first = suggestion.requests().next().map(|first| first.destination_regions.as_slice());
        let lost = self.lost_regions(&request.destination_regions, first.unwrap_or_default());
        // Each edit that gives a region up says so, and no other.
        assert_eq!(given_up().any(|edit| is_region(&edit)), lost > 0, "{suggestion:?}");
        assert!(given_up().filter(is_region).count() <= lost, "{suggestion:?}");
        let likely = edits.iter().filter(|edit| edit.confidence() == Confidence::Likely).count();
        (edits.len(), others.sum::<usize>() + lost, likely)
    }

    /// Asserts that no set of edits is smaller than that of the suggestion, and none gives up less,
    /// and that the suggestion is accepted. Returns the least cost; none where no set of edits
    /// leads to an accepted request.
    pub(crate) fn hold(&self, rules: &Ruleset, request: &SyncRequest, state: &State) -> Option<Cost> {
        let suggestion = rules.suggest(request, state);
        let report = rules.check(request, state);
        let least = self.least(&report, request, state, |requests| are_accepted(rules, requests, state));
        let requests: Vec<SyncRequest> = suggestion.requests().cloned().collect();
        let context = || {
            let words = suggestion.edits().iter().map(|edit| format!("{edit} ({})", edit.confidence()));
            let words: Vec<String> = words.collect();
            let request = serde_json::to_string(request).unwrap();
            let state = serde_json::to_string(state).unwrap();
            format!("{request}\n{state}\n{:?}\n{words:?}", rules.edition())
        };
        match least {
            None => assert!(requests.is_empty() && suggestion.edits().is_empty(), "{}", context()),
            Some(least) => {
                assert!(!requests.is_empty(), "{least:?}: {}", context());
                assert!(are_accepted(rules, &requests, state), "{}", context());
                assert_eq!(self.cost(&suggestion, request), least, "{}", context());
                every_violation_goes(rules, request, state, &suggestion);
            }
        }
        least
    }

    /// Asserts the same of a request with a destination that is not known: nothing
    /// is known to be wrong then.
    pub(crate) fn hold_partly(&self, rules: &Ruleset, request: &SyncRequest, state: &State) -> Option<Cost> {
        let sent = partial(request);
        let (suggestion, report) = (rules.suggest_partial(&sent, state), rules.check_partial(&sent, state));
        let least =
            self.least(&report, request, state, |requests| are_partly_accepted(rules, requests, state));
        let context = || format!("{request:?}\n{}\n{suggestion:?}", serde_json::to_string(state).unwrap());
        let found = (!suggestion.partial_requests().is_empty()).then(|| self.cost(&suggestion, request));
        assert_eq!(found, least, "{}", context());
        let mut plan = Plan::new(rules, state.clone());
        for suggested in suggestion.partial_requests() {
            assert_eq!(suggested.unknowns().count(), 1, "{}", context());
            assert!(plan.check_partial(suggested).violations().is_empty(), "{}", context());
        }
        least
    }
}

/// Each violation goes with an edit, and each edit takes one with it.
pub(crate) fn every_violation_goes(
    rules: &Ruleset,
    request: &SyncRequest,
    state: &State,
    suggestion: &Suggestion,
) {
    let report = rules.check(request, state);
    let pair = |rule: &str, parameter: &Parameter| (rule.to_owned(), parameter.clone());
    let violations: BTreeSet<_> =
        report.violations().iter().map(|violation| pair(violation.rule(), violation.parameter())).collect();
    let removed = suggestion.edits().iter().flat_map(Edit::removes);
    let removed: BTreeSet<_> = removed.map(|(rule, parameter)| pair(rule, parameter)).collect();
    assert_eq!(violations, removed);
}
