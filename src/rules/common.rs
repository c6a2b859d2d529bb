//! Rules on the parameters that all actions have, and on which parameters this one has.

use std::borrow::Cow;

use super::rule;
use crate::model::{DOCUMENTED_VERSION, Dated, ErrorCode, Parameter, Row, Truth, history};
use crate::report::{Fact, Finding, Said, Words};
use crate::rule::hint::{self, Meant};
use crate::rule::{Cause, Evidence, Facts, Findings, Input, Rule, Run, Unknown};

/// The rules of this file, in order.
pub(super) static RULES: &[&Rule] =
    &[&VERSION_REQUIRED, &VERSION_SUPPORTED, &REGION_REQUIRED, &SOURCE_REGION_SUPPORTED, &PARAMETER_KNOWN];

rule! {
    /// Every request says which version of the API it means. In a query or a form it is the
    /// parameter `Version`; beside a JSON body it is the header `X-TC-Version`. A JSON body that is
    /// checked without its headers stands for a request of the documented version.
    ///
    /// # Why
    ///
    /// Without a version the service cannot tell which parameters to expect.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": "ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-shanghai",
    ///  "state": {"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}],
    ///            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageSize": 20}]}}
    /// ```
    ///
    /// # Cure
    ///
    /// Send `Version=2017-03-12`.
    pub(crate) static VERSION_REQUIRED: Rule = Rule {
        id: "version-required",
        parameter: "Version",
        requirement: Dated::always("the version of the API is sent"),
        limit: None,
        citation: "2, Version",
        code: Dated::always((ErrorCode::MissingParameter, Evidence::Common)),
        first_seen: history::FIRST,
        withdrawn: None,
        unknown: Unknown::Any,
        suppresses: None,
        takes: None,
        reads: &[&[Input::Version]],
        can_plain_break: false,
        run: Run::Check(version_required),
        facts: &[Fact::Expected, Fact::Damage],
        words: |said| Words::new("no version is sent").allowed(said.word(Fact::Expected)),
    };
}

fn version_required(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    if facts.request().version.is_none() {
        findings.violation(no_version());
    }
}

/// Returns the finding on a request without a version.
pub(crate) fn no_version() -> Finding {
    Finding::on(Parameter::VERSION).fact(Fact::Expected, Cow::Borrowed(DOCUMENTED_VERSION))
}

rule! {
    /// The API has one version, `2017-03-12`.
    ///
    /// # Why
    ///
    /// Other services of the same cloud have other versions, and a copied request often keeps the
    /// other one.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": {"Version": "2017-03-21", "ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"]},
    ///  "state": {"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}],
    ///            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageSize": 20}]}}
    /// ```
    ///
    /// # Cure
    ///
    /// Send `2017-03-12`.
    pub(crate) static VERSION_SUPPORTED: Rule = Rule {
        id: "version-supported",
        parameter: "Version",
        requirement: Dated::always("the version is one that the API has"),
        limit: None,
        citation: "2, Version",
        code: Dated::always((ErrorCode::NoSuchVersion, Evidence::Common)),
        first_seen: history::FIRST,
        withdrawn: None,
        unknown: Unknown::Any,
        suppresses: None,
        takes: None,
        reads: &[&[Input::Version]],
        can_plain_break: false,
        run: Run::Check(version_supported),
        facts: &[Fact::Expected, Fact::Meant, Fact::Slips],
        words: |said| {
            Words::new(format!("the API has no version `{}`", said.value)).allowed(said.word(Fact::Expected))
        },
    };
}

fn version_supported(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    let Some(version) = facts.request().version.as_deref() else { return };
    if version != DOCUMENTED_VERSION {
        let finding = Finding::on(Parameter::VERSION)
            .value(version)
            .fact(Fact::Expected, Cow::Borrowed(DOCUMENTED_VERSION));
        findings.violation(Meant::add_to(hint::tidy(version, |tidy| tidy == DOCUMENTED_VERSION), finding));
    }
}

rule! {
    /// Since API 3.0 every request says in which region it is made: the source region. It is sent
    /// in the header `X-TC-Region`, or as the parameter `Region`. A body alone does not say whether
    /// a header has it; then the rule is unverified.
    ///
    /// # Why
    ///
    /// The pages of API 3.0 list `Region` as required, and requests of other actions without
    /// it were refused for that.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"headers": {"version": "2017-03-12"},
    ///  "request": {"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"]},
    ///  "state": {"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}],
    ///            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageSize": 20}]}}
    /// ```
    ///
    /// # Cure
    ///
    /// Send the region that the image is in.
    pub(crate) static REGION_REQUIRED: Rule = Rule {
        id: "region-required",
        parameter: "Region",
        requirement: Dated::since(history::REGION_REQUIRED, "the source region is sent"),
        limit: None,
        citation: "common parameters",
        code: Dated::since(history::REGION_REQUIRED, (ErrorCode::MissingParameter, Evidence::Common)),
        first_seen: history::REGION_REQUIRED,
        withdrawn: None,
        unknown: Unknown::When(|facts, _| !facts.is_region_sent()),
        suppresses: None,
        takes: None,
        reads: &[&[Input::Region, Input::NoRegion]],
        can_plain_break: false,
        run: Run::Check(region_required),
        facts: &[],
        words: |_| Words::new("no region is sent"),
    };
}

fn region_required(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    let request = facts.request();
    if request.region.is_some() || facts.unknown(&Parameter::REGION).is_some() {
        return;
    }
    let is_sent = if request.has_no_region {
        Truth::No
    } else {
        // A line is one of `presync batch`, which has keys where other subcommands have options.
        Truth::unknown(
            "the header `X-TC-Region`, which `--region` or `--header` gives, or `region` or `headers` in a line",
        )
    };
    findings.require(Parameter::REGION, is_sent, Finding::on);
}

rule! {
    /// The common parameter `Region`, when it is sent, is a region that the state lists. It is the
    /// source region: the one in which the image is looked up. While it is wrong, the image is not
    /// looked up.
    ///
    /// # Why
    ///
    /// A request that is sent to no region reaches nobody. Zones (`ap-shanghai-2`) and the short
    /// codes of an older API (`sh`) are the usual slips.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": {"Region": "gz", "ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"]},
    ///  "state": {"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}],
    ///            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageSize": 20}]}}
    /// ```
    ///
    /// # Cure
    ///
    /// Send the region's full name, in lower case. If the region is new, add it to the state.
    pub(crate) static SOURCE_REGION_SUPPORTED: Rule = Rule {
        id: "source-region-supported",
        parameter: "Region",
        requirement: Dated::always("the source region, when it is sent, is a known region"),
        limit: None,
        citation: "common parameters",
        code: Dated::always((ErrorCode::UnsupportedRegion, Evidence::Common)),
        first_seen: history::FIRST,
        withdrawn: None,
        unknown: Unknown::Any,
        suppresses: Some(Cause::SourceUnknown),
        takes: None,
        reads: &[&[Input::Region, Input::SourceListed, Input::RegionsComplete]],
        can_plain_break: false,
        run: Run::Check(source_region_supported),
        facts: &[Fact::Meant, Fact::ZoneOf, Fact::Slips, Fact::ReadAs, Fact::Elements],
        words: |said| Words::new(format!("`{}` is not a known region", said.value)),
    };
}

fn source_region_supported(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    let Some(region) = facts.request().region.as_deref() else { return };
    // Nearly every one was found already.
    if facts.source_region().is_some() {
        return;
    }
    findings.require(Parameter::REGION, facts.is_region(region), |parameter| {
        Meant::add_to(hint::region(region, facts.state(), true), Finding::on(parameter).value(region))
    });
}

rule! {
    /// Every parameter that is sent is one that the page of this edition has. A parameter that came
    /// later is refused under an earlier edition. A name that no edition has is refused while the
    /// request is decoded, as is everything else that is wrong with the shape of the request; rules
    /// on its values are not checked then.
    ///
    /// # Why
    ///
    /// A misspelt parameter is a parameter that was not sent. And a service that stayed at an
    /// earlier page does not know the later parameters: a `DryRun` that it ignored would be a real
    /// copy.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": {"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"], "DryRun": true},
    ///  "state": {"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}],
    ///            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageSize": 20}]}}
    /// ```
    ///
    /// # Cure
    ///
    /// Mend the spelling, or leave the parameter out.
    pub(crate) static PARAMETER_KNOWN: Rule = Rule {
        id: "parameter-known",
        parameter: "any",
        requirement: Dated::always("every parameter is one that the page of this edition has"),
        limit: None,
        citation: "2",
        code: Dated::always((ErrorCode::UnknownParameter, Evidence::Common)),
        first_seen: history::FIRST,
        withdrawn: None,
        unknown: Unknown::Any,
        suppresses: None,
        takes: None,
        reads: &[&[Input::DryRun, Input::ImageName, Input::ImageSetRequired, Input::Encrypt, Input::KmsKeyId]],
        can_plain_break: false,
        run: Run::Check(parameter_known),
        facts: &[Fact::FirstSeen, Fact::Edition, Fact::Damage, Fact::Meant, Fact::Elements],
        words: parameter_known_words,
    };
}

fn parameter_known(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    // Nearly every request.
    if facts.is_whole() && !facts.request().has_later_parameter() {
        return;
    }
    let edition = facts.edition();
    for row in Row::later().filter(|row| edition < row.first_seen) {
        let parameter = row.parameter();
        // It is not known either whether it is sent at all.
        if let Some(needs) = facts.unknown(&parameter) {
            findings.unverified(parameter.clone(), needs);
        }
        let Some(value) = row.sent(facts.request()) else { continue };
        findings.violation(
            Finding::on(parameter)
                .value(&value)
                .fact(Fact::FirstSeen, row.first_seen.to_string())
                .fact(Fact::Edition, edition.to_string()),
        );
    }
}

fn parameter_known_words(said: &Said<'_>) -> Words {
    let parameter = said.parameter;
    match said.facts.text(Fact::FirstSeen) {
        Some(first_seen) => {
            let edition = said.text(Fact::Edition);
            Words::new(format!(
                "`{parameter}` is first seen in {first_seen}: the {edition} page does not have it"
            ))
        }
        None => Words::new(format!("SyncImages has no parameter `{parameter}`")).hint(
            hint::entity(&parameter.to_string())
                .filter(|_| said.facts.text(Fact::Damage).is_some())
                .map(|entity| format!("`&{entity}` is `&`, as HTML writes it").into()),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ruleset;
    use crate::model::{Edition, State, SyncRequest};

    #[test]
    fn a_parameter_is_known_from_the_month_on_in_which_it_was_first_seen() {
        let request = SyncRequest::default().with_dry_run(true);
        let is_known = |year, month| {
            let report = Ruleset::documented(Edition::of(year, month)).check(&request, &State::default());
            !report.violations().iter().any(|violation| violation.rule() == PARAMETER_KNOWN.id())
        };
        assert_eq!([is_known(2022, 3), is_known(2022, 4), is_known(2022, 5)], [false, true, true]);
    }
}
