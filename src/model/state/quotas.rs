//! The quotas of a state, and the copies in flight.

use std::collections::BTreeMap;

use super::changes::Possible;
use super::error::StateError;
use super::lookup::{Index as _, QuotaIndex, RegionIndex};
use super::regions::Regions;
use crate::model::quota::{AccountQuota, RegionQuota};
use crate::text::clean;

/// The quotas of a state, and the copies in flight.
#[derive(Clone, Debug, Default)]
pub(super) struct Quotas {
    pub(super) account: AccountQuota,
    /// For each region, its record, if there is one.
    records: Vec<Option<QuotaIndex>>,
    /// For each region, the names of the copies in flight.
    names: Vec<Names>,
    /// What earlier requests of a plan may leave behind: in a region, or in any one.
    pub(super) possible: BTreeMap<Option<RegionIndex>, Possible>,
}

/// The names of the copies in flight to one region, each with how many copies have it.
#[derive(Clone, Debug, Default)]
struct Names {
    known: BTreeMap<String, usize>,
    /// The number of copies whose name is not known.
    unknown: usize,
}

impl Names {
    fn of(names: &[Option<String>]) -> Self {
        let mut counted = Self::default();
        counted.add(names);
        counted
    }

    fn add(&mut self, names: &[Option<String>]) {
        for name in names {
            match name {
                Some(name) => *self.known.entry(name.clone()).or_default() += 1,
                None => self.unknown += 1,
            }
        }
    }

    /// True if all have the same name, or all have a name that is not known.
    fn is_one(&self) -> bool {
        self.known.len() + usize::from(self.unknown > 0) == 1
    }

    fn remove(&mut self, name: Option<&str>) {
        let Some(name) = name else {
            self.unknown = self.unknown.saturating_sub(1);
            return;
        };
        if let Some(count) = self.known.get_mut(name) {
            *count -= 1;
            if *count == 0 {
                self.known.remove(name);
            }
        }
    }
}

impl Quotas {
    /// Validates the quotas and indexes them.
    pub(super) fn of(account: AccountQuota, regions: &Regions) -> Result<Self, StateError> {
        let count = regions.records.len();
        let (mut records, mut names) = (vec![None; count], vec![Names::default(); count]);
        for (index, quota) in account.regions.iter().enumerate() {
            let path = || format!("AccountQuota.Regions[{index}].Region");
            let region = regions.listed(&quota.region, path)?;
            let (Some(record), Some(names)) = (region.of_mut(&mut records), region.of_mut(&mut names)) else {
                continue;
            };
            if record.replace(QuotaIndex::new(index)).is_some() {
                return Err(StateError::DuplicateRegion { path: path(), region: clean(&quota.region) });
            }
            let (given, in_flight) = (quota.in_flight_names.len(), quota.in_flight);
            if u64::try_from(given).unwrap_or(u64::MAX) > in_flight {
                let path = format!("AccountQuota.Regions[{index}].InFlightNames");
                return Err(StateError::MoreNames { path, names: given, in_flight });
            }
            *names = Names::of(&quota.in_flight_names);
        }
        Ok(Self { account, records, names, possible: BTreeMap::new() })
    }

    /// Returns the record of a region, if there is one.
    pub(super) fn of_region(&self, region: RegionIndex) -> Option<&RegionQuota> {
        (*region.of(&self.records)?)?.of(&self.account.regions)
    }

    /// Returns the record of a region, which is made where there is none. Whoever changes the names
    /// in it changes the names beside it too.
    pub(super) fn of_region_mut(
        &mut self,
        region: RegionIndex,
        regions: &Regions,
    ) -> Option<&mut RegionQuota> {
        let quotas = &mut self.account.regions;
        let record = region.of(&regions.records)?;
        let index = *region.of_mut(&mut self.records)?.get_or_insert_with(|| {
            quotas.push(RegionQuota::new(&*record.region));
            QuotaIndex::new(quotas.len() - 1)
        });
        index.of_mut(quotas)
    }

    /// Adds copies in flight to a region, with these names.
    pub(super) fn take_off(
        &mut self,
        region: RegionIndex,
        regions: &Regions,
        copies: u64,
        names: &[Option<String>],
    ) {
        let Some(quota) = self.of_region_mut(region, regions) else { return };
        quota.in_flight = quota.in_flight.saturating_add(copies);
        quota.in_flight_names.extend_from_slice(names);
        if let Some(in_flight) = region.of_mut(&mut self.names) {
            in_flight.add(names);
        }
    }

    /// Takes a copy of this name out of those in flight to a region, or else out of those that may
    /// be; `None` stands for a name that is not known. False if there is no such copy.
    pub(super) fn land(&mut self, region: RegionIndex, name: Option<&str>) -> bool {
        self.land_sure(region, name) || self.land_possible(region, name)
    }

    /// Takes a copy out of those that earlier requests of a plan may have made. What these may have
    /// made in any region stays: they may have made it in each.
    fn land_possible(&mut self, region: RegionIndex, name: Option<&str>) -> bool {
        let Some(possible) = self.possible.get_mut(&Some(region)) else { return false };
        if !possible.end(name) {
            self.possible.remove(&Some(region));
        }
        true
    }

    fn land_sure(&mut self, region: RegionIndex, name: Option<&str>) -> bool {
        let record = region.of(&self.records).copied().flatten();
        let quota = record.and_then(|index| index.of_mut(&mut self.account.regions));
        let (Some(quota), Some(known)) = (quota, region.of_mut(&mut self.names)) else { return false };
        let RegionQuota { in_flight, in_flight_names: names, .. } = quota;
        // Copies without a name are not among the names.
        let has_nameless = *in_flight > u64::try_from(names.len()).unwrap_or(u64::MAX);
        let is_listed = |name: &str| known.known.contains_key(name);
        let ended = match name {
            Some("") if has_nameless => None,
            Some(name) if is_listed(name) => Some(Some(name.to_owned())),
            Some(_) if known.unknown > 0 => Some(None),
            Some(_) => None,
            None if has_nameless => None,
            None if known.is_one() => names.first().cloned(),
            None => None,
        };
        match ended {
            Some(ended) => {
                if let Some(at) = names.iter().position(|name| *name == ended) {
                    names.remove(at);
                }
                known.remove(ended.as_deref());
            }
            // It may be any of them.
            None if name.is_none() && !names.is_empty() => {
                names.iter_mut().for_each(|name| *name = None);
                names.truncate(usize::try_from(in_flight.saturating_sub(1)).unwrap_or(usize::MAX));
                *known = Names::of(names);
            }
            None if !has_nameless => return false,
            None => {}
        }
        *in_flight = in_flight.saturating_sub(1);
        true
    }

    /// True if a copy in flight to a region has this name.
    pub(super) fn has_name(&self, region: RegionIndex, name: &str) -> bool {
        region.of(&self.names).is_some_and(|names| names.known.contains_key(name))
    }

    /// True if the name of a copy in flight to a region is not known.
    pub(super) fn may_have_any_name(&self, region: RegionIndex) -> bool {
        region.of(&self.names).is_some_and(|names| names.unknown > 0)
    }
}
