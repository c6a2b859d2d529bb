//! The destinations that a request names, and what the state lists of them.

use super::context::Context;
use super::{Facts, Slot, may_be_unlisted};
use crate::model::{Parameter, PartialRequest, QuotaLimit, Region, RegionIndex, State, Summary, Truth};
use crate::report::{Fact, Finding};
use crate::rule::cause::Cause;
use crate::text::clean;

/// A destination that the request names, and what the state lists of it.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a, 'f> {
    /// The name as sent.
    pub name: &'a str,
    /// Its subscript in `DestinationRegions`.
    pub subscript: usize,
    /// The subscript of the first destination of the same name; `None` for that one itself.
    pub duplicate_of: Option<usize>,
    region: Option<RegionIndex>,
    facts: &'f Facts<'a>,
}

/// The quota of custom images of one destination before the request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Quota {
    /// Custom images at least, a count.
    pub used_at_least: u64,
    /// Custom images at most, a count; `None` when that is not known.
    pub used_at_most: Option<u64>,
    /// Copies in flight, a count.
    pub in_flight: u64,
    /// Copies that may be in flight beside these, a count: earlier requests
    /// of a plan may make them.
    pub possible_in_flight: u64,
    /// The most custom images, a count: the region's number, else the account's, else the
    /// documented one; `None` when it is not known.
    pub limit: Option<u64>,
}

impl Quota {
    pub(super) fn of(region: RegionIndex, summary: &Summary, state: &State, context: &Context<'_>) -> Self {
        let limit = Self::limit(summary, context);
        Self {
            used_at_least: summary.used_at_least,
            used_at_most: summary.used_at_most,
            in_flight: summary.in_flight,
            possible_in_flight: state.possible_copies(region).0,
            limit,
        }
    }

    /// Adds what is known of the custom images and of the copies in flight to a finding, as facts.
    pub(crate) fn add_to(&self, finding: Finding) -> Finding {
        let finding = finding.fact(Fact::Used, self.used_at_least);
        let finding = match self.used_at_most == Some(self.used_at_least) {
            true => finding,
            false => finding.fact(Fact::MoreUsed, true),
        };
        finding.fact(Fact::InFlight, self.in_flight)
    }

    /// Returns the least number of custom images and copies in flight.
    #[must_use]
    pub fn taken_at_least(&self) -> u64 {
        self.used_at_least.saturating_add(self.in_flight)
    }

    /// Returns the greatest number of custom images and copies in flight;
    /// `None` when it is not known.
    #[must_use]
    pub fn taken_at_most(&self) -> Option<u64> {
        let in_flight = self.in_flight.saturating_add(self.possible_in_flight);
        Some(self.used_at_most?.saturating_add(in_flight))
    }

    fn limit(summary: &Summary, context: &Context<'_>) -> Option<u64> {
        match summary.limit {
            QuotaLimit::Default => Some(context.image_num_quota),
            QuotaLimit::Count(count) => Some(count),
            QuotaLimit::Unknown => None,
        }
    }

    /// True if the region takes images from anywhere and one more copy fits, however many custom
    /// images there may be. Copies that earlier requests of a plan may make are not counted.
    pub(super) fn has_room_surely(summary: &Summary, context: &Context<'_>) -> bool {
        Self::limit(summary, context).is_some_and(|limit| summary.taken_where_open < limit)
    }
}

impl<'a> Facts<'a> {
    /// Returns every destination that the request names, in order, duplicates too. A destination
    /// that is not known is not among them.
    pub fn destinations(&self) -> impl Iterator<Item = Destination<'a, '_>> {
        let slots = self.destinations.as_slice();
        let destinations = self.request.destination_regions.iter().zip(slots).enumerate();
        let subscript = |index| self.partial.map_or(index, |partial| partial.destination_subscript(index));
        destinations.map(move |(index, (name, Slot { region, duplicate_of }))| Destination {
            name,
            subscript: subscript(index),
            duplicate_of: duplicate_of.map(subscript),
            region: *region,
            facts: self,
        })
    }

    /// Returns the number of destinations, known or not.
    #[must_use]
    pub fn destination_count(&self) -> usize {
        self.partial.map_or(self.request.destination_regions.len(), PartialRequest::destination_count)
    }

    /// Returns the copies that the request adds to each destination, a count: one for each image
    /// that it names, known or not. There may be more where the list of images is not known.
    #[must_use]
    pub fn copies_at_least(&self) -> u64 {
        u64::try_from(self.image_count().max(1)).unwrap_or(u64::MAX)
    }

    /// True if a rule of the set speaks alone of several images in one request.
    pub(crate) fn are_several_images_refused(&self) -> bool {
        self.context.causes.contains(Cause::ImagesSeveral)
    }

    /// Returns the destinations that are no duplicates: another rule speaks of those alone.
    pub(crate) fn distinct_destinations(&self) -> impl Iterator<Item = Destination<'a, '_>> {
        let is_suppressed = self.context.causes.contains(Cause::DestinationDuplicate);
        self.destinations().filter(move |destination| !(destination.is_duplicate() && is_suppressed))
    }

    /// Returns each destination once. A duplicate names the same region again: no copy
    /// more goes there, no more of the quota is used and no other name is taken, whatever
    /// rule speaks of duplicates.
    pub fn each_destination(&self) -> impl Iterator<Item = Destination<'a, '_>> {
        self.destinations().filter(|destination| !destination.is_duplicate())
    }

    /// Returns the destinations that a check of names looks at: duplicates and names that no region
    /// has are left out where a rule of the set speaks of them alone. A name that a region may
    /// have, for the state does not list every one, is looked at.
    pub fn judged_destinations(&self) -> impl Iterator<Item = Destination<'a, '_>> {
        let is_suppressed = self.context.causes.contains(Cause::DestinationUnknown);
        self.distinct_destinations().filter(move |destination| {
            destination.region.is_some() || !is_suppressed || may_be_unlisted(self.state, destination.name)
        })
    }

    /// True if each of the known destinations is sent. A client such as Packer leaves the source
    /// region out, which may not be known.
    #[must_use]
    pub fn are_destinations_sent(&self) -> bool {
        self.partial.is_none_or(|partial| partial.needs_for_left_out().is_none())
    }

    /// Returns what would settle which destinations there are, and `None` if all of them are known
    /// and sent.
    #[must_use]
    pub fn needed_for_destinations(&self) -> Option<&'a str> {
        let partial = self.partial?;
        partial.needs_in(&Parameter::DESTINATION_REGIONS).or(partial.needs_for_left_out())
    }

    /// True if no destination is ever the source region.
    pub(crate) fn leaves_out_source(&self) -> bool {
        self.partial.is_some_and(PartialRequest::leaves_out_source)
    }
}

impl<'a, 'f> Destination<'a, 'f> {
    /// Returns the parameter: `DestinationRegions.0`.
    #[must_use]
    pub fn parameter(&self) -> Parameter {
        Parameter::DESTINATION_REGIONS.element(self.subscript)
    }

    /// True if an earlier destination has the same name.
    #[must_use]
    pub fn is_duplicate(&self) -> bool {
        self.duplicate_of.is_some()
    }

    /// Returns the region's record, where the state has one.
    #[must_use]
    pub fn region(&self) -> Option<&'a Region> {
        self.facts.state.region_at(self.region?)
    }

    /// Returns whether there is a region of this name. It is not known where the state does not
    /// list it and does not list every region.
    #[must_use]
    pub fn exists(&self) -> Truth<'f> {
        match self.region {
            Some(_) => Truth::Yes,
            None => self.facts.is_unlisted_region(self.name),
        }
    }

    /// Returns whether it is the source region. A name that no region has is not.
    #[must_use]
    pub fn is_source(&self) -> Truth<'f> {
        if self.facts.leaves_out_source() {
            return Truth::No;
        }
        match self.region {
            Some(region) => self.facts.source.is(region),
            None => self.exists().and(self.facts.source.is_unlisted(self.name)),
        }
    }

    /// Returns whether it is another region than the source region. A name
    /// that no region has is not.
    #[must_use]
    pub fn is_other_than_source(&self) -> Truth<'f> {
        match self.region {
            Some(region) => self.facts.source.is_other_than(region),
            None => self.exists().and(self.facts.source.is_other_than_unlisted(self.name)),
        }
    }

    /// Returns whether the route from the source region is blocked. That to a name
    /// that no region has is not.
    #[must_use]
    pub fn is_blocked(&self) -> Truth<'f> {
        let facts = self.facts;
        match self.region {
            Some(region) => facts.source.is_blocked_to(region, facts.state),
            None => self.exists(),
        }
    }

    /// Returns the quota; `None` for a region that the state does not list.
    #[must_use]
    pub fn quota(&self) -> Option<Quota> {
        let Facts { state, context, .. } = self.facts;
        let region = self.region?;
        Some(Quota::of(region, state.summary(region)?, state, context))
    }

    /// Returns whether so many custom images and copies in flight, a count, are within the
    /// quota: yes if `is_within` holds of the greatest number there may be, no if it does not
    /// even hold of the least one. A name that no region has is within every quota. The second
    /// argument is the region's limit. Where the limit is not known, the answer is unknown and
    /// `is_within` is not called.
    #[must_use]
    pub fn judge_quota(&self, is_within: impl Fn(u64, u64) -> bool) -> Truth<'f> {
        let Some(quota) = self.quota() else { return !self.exists() };
        let Some(limit) = quota.limit else {
            let name = clean(self.name);
            return Truth::unknown(format!("the state's `ImageNumQuota` of `{name}` or of the account"));
        };
        self.judge_count(quota, |taken| is_within(taken, limit))
    }

    /// Returns whether so many custom images and copies in flight, a count, are
    /// within a limit of one's own.
    #[must_use]
    pub fn judge_used(&self, is_within: impl Fn(u64) -> bool) -> Truth<'f> {
        let Some(quota) = self.quota() else { return !self.exists() };
        self.judge_count(quota, is_within)
    }

    /// Returns whether each custom image there, each copy in flight and each copy of the request
    /// together are within the quota, as [`judge_quota`](Self::judge_quota) does. Where it is not
    /// known how many images the request names, a yes is unknown. The numbers are so wide that sums
    /// of them do not overflow.
    ///
    /// ```
    /// use presync::{Edition, ErrorCode, Finding, Image, Region, Ruleset, State, SyncRequest, Used, check_fn};
    /// use presync::{AccountQuota, RegionQuota};
    ///
    /// const FULL: ErrorCode = ErrorCode::own("Acme.Full").unwrap();
    /// // One image stays free, for emergencies.
    /// let reserve = check_fn("acme/reserve", FULL, |facts, findings| {
    ///     for destination in facts.each_destination() {
    ///         let has_reserve = destination.judge_quota_after(|after, limit| after + 1 <= limit);
    ///         findings.require(destination.parameter(), has_reserve, |parameter| Finding::new(parameter, "no reserve"));
    ///     }
    /// });
    /// let rules = Ruleset::empty(Edition::FIRST).with_check(reserve)?;
    /// let said = |used| {
    ///     let quota = [RegionQuota::new("ap-shanghai").with_used(used).with_image_num_quota(10)];
    ///     let quota = AccountQuota::default().with_regions(quota);
    ///     let image = Image::new("ap-guangzhou", "img-o3ycss2p");
    ///     let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
    ///     let state = State::from_records(regions, [image], quota, [])?;
    ///     let report = rules.check(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]), &state);
    ///     Ok::<_, presync::StateError>((report.violations().len(), report.unverified().len()))
    /// };
    /// // 8 and the copy are 9, which leaves one free; 9 and the copy leave none.
    /// assert_eq!(said(Used::Count(8))?, (0, 0));
    /// assert_eq!(said(Used::Count(9))?, (1, 0));
    /// assert_eq!(said(Used::Unknown)?, (0, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn judge_quota_after(&self, is_within: impl Fn(u128, u128) -> bool) -> Truth<'f> {
        self.with_more_copies(self.judge_quota(|taken, limit| is_within(self.after(taken), limit.into())))
    }

    /// Returns whether each custom image there, each copy in flight and each copy of the request
    /// together are within a limit of one's own, as [`judge_used`](Self::judge_used) does. Where it
    /// is not known how many images the request names, a yes is unknown.
    #[must_use]
    pub fn judge_used_after(&self, is_within: impl Fn(u128) -> bool) -> Truth<'f> {
        self.with_more_copies(self.judge_used(|taken| is_within(self.after(taken))))
    }

    /// Returns the custom images and copies after the request, if so many are there before it.
    fn after(&self, taken: u64) -> u128 {
        u128::from(taken) + u128::from(self.facts.copies_at_least())
    }

    /// Leaves a yes unknown where there may be more copies than those of the images that are known.
    fn with_more_copies(&self, is_within: Truth<'f>) -> Truth<'f> {
        match (is_within, self.facts.unknown(&Parameter::IMAGE_IDS)) {
            (Truth::Yes, Some(needs)) if self.region.is_some() => Truth::unknown(needs),
            (is_within, _) => is_within,
        }
    }

    fn judge_count(&self, quota: Quota, is_within: impl Fn(u64) -> bool) -> Truth<'f> {
        if !is_within(quota.taken_at_least()) {
            return Truth::No;
        }
        if quota.taken_at_most().is_some_and(&is_within) {
            return Truth::Yes;
        }
        let certain = quota.used_at_most.map(|used| used.saturating_add(quota.in_flight));
        let possible = self.region.and_then(|region| self.facts.state.possible_copies(region).1);
        match possible {
            // Without the earlier requests of the plan it would be within.
            Some(needs) if certain.is_some_and(is_within) => Truth::unknown(needs.to_owned()),
            _ => {
                let name = clean(self.name);
                Truth::unknown(format!("the number of custom images in `{name}` (`Used` in the state)"))
            }
        }
    }

    /// Returns whether a custom image of the region, or a copy in flight to it, has this name. An
    /// unknown without words needs the name of every custom image there.
    #[must_use]
    pub fn is_name_taken(&self, name: &str) -> Truth<'f> {
        match self.region {
            Some(region) => self.facts.state.is_name_taken(region, name),
            None => self.exists(),
        }
    }

    /// Returns the keys of the state that would settle whether it has an image of this name.
    pub(crate) fn needed_for_name(&self, name: &str) -> impl Iterator<Item = &'static str> + use<> {
        let keys = self.region.map(|region| self.facts.state.needed_for_name(region, name));
        keys.into_iter().flatten().filter(|(_, is_needed)| *is_needed).map(|(key, _)| key)
    }
}
