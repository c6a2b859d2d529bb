//! What was probably meant. It is named only where that would be right: it exists, and a slip that
//! people make leads from there to what was sent.

use std::borrow::Cow;

#[cfg(feature = "wire")]
use crate::model::Row;
use crate::model::{Region, State};
use crate::report::fact::MOST;
use crate::report::{Fact, Finding, Slip};
#[cfg(any(feature = "wire", test))]
use crate::text::nearest;
use crate::text::{ascii_like, is_other_dash};

/// Region codes of the API before this one, and the regions that they stood for.
const SHORT_CODES: [(&str, &str); 15] = [
    ("gz", "ap-guangzhou"),
    ("sh", "ap-shanghai"),
    ("bj", "ap-beijing"),
    ("hk", "ap-hongkong"),
    ("ca", "na-toronto"),
    ("sg", "ap-singapore"),
    ("usw", "na-siliconvalley"),
    ("use", "na-ashburn"),
    ("cd", "ap-chengdu"),
    ("cq", "ap-chongqing"),
    ("de", "eu-frankfurt"),
    ("kr", "ap-seoul"),
    ("jp", "ap-tokyo"),
    ("th", "ap-bangkok"),
    ("in", "ap-mumbai"),
];

/// The most names of one request that are compared with every region letter by letter, so that a
/// long list of wrong names costs no more than its length.
pub(crate) const NEAR_MISSES: usize = 64;
/// The most regions that a name is compared with letter by letter.
const NEAR_REGIONS: usize = 256;

/// The value that was meant by another one, or the values.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meant {
    One {
        value: String,
        slips: Vec<Slip>,
        /// The text in which a zone, a code or a display name is read.
        read_as: Option<String>,
    },
    /// Several values stand in one element.
    Elements(Vec<String>),
}

impl Meant {
    /// Adds it to a finding, as facts.
    pub(crate) fn add_to(meant: Option<Self>, finding: Finding) -> Finding {
        match meant {
            None => finding,
            Some(Self::Elements(elements)) => finding.fact(Fact::Elements, elements),
            Some(Self::One { value, slips, read_as }) => {
                let finding = match slips.contains(&Slip::Zone) {
                    true => finding.fact(Fact::ZoneOf, value.clone()),
                    false => finding,
                };
                let finding = match read_as {
                    Some(text) => finding.fact(Fact::ReadAs, text),
                    None => finding,
                };
                let slips: Vec<String> = slips.iter().map(|slip| slip.as_str().to_owned()).collect();
                finding.fact(Fact::Meant, value).fact(Fact::Slips, slips)
            }
        }
    }
}

/// Returns the region that was meant by a name that no region has. Only with `near` does a region
/// count that is a letter or two away, or whose display name or city was sent.
pub(crate) fn region(name: &str, state: &State, near: bool) -> Option<Meant> {
    list(name, |part| state.find_region(part).is_some())
        .or_else(|| region_meant(name, state, near && state.regions().len() <= NEAR_REGIONS))
}

/// True if a region was meant by another name, whatever other regions there are.
#[cfg(feature = "wire")]
pub(crate) fn is_region(name: &str, region: &str) -> bool {
    let only = State::new([Region::new(region)], []);
    let meant = only.ok().and_then(|only| region_meant(name, &only, false));
    meant.is_some_and(|meant| matches!(meant, Meant::One { .. }))
}

/// Returns the region that was meant, and the slips by which its name became `name`.
fn region_meant(name: &str, state: &State, near: bool) -> Option<Meant> {
    let known = |name: &str| state.region(name).map(|region| region.region.clone());
    let (tidy, mut slips) = tidied(name)?;
    let tidied = slips.len();
    if tidied > 0 {
        if let Some(value) = known(&tidy) {
            return Some(Meant::One { value, slips, read_as: None });
        }
    }
    let text = lower_case(&tidy);
    if text != tidy {
        slips.push(Slip::Case);
        if let Some(value) = known(&text) {
            return Some(Meant::One { value, slips, read_as: None });
        }
    }
    if let Some(value) = zone_region(&text).and_then(known) {
        slips.push(Slip::Zone);
        return Some(Meant::One { value, slips, read_as: Some(text.into_owned()) });
    }
    if let Some(value) = spelled_out(&text).and_then(known) {
        slips.push(Slip::ShortCode);
        return Some(Meant::One { value, slips, read_as: Some(text.into_owned()) });
    }
    if !near {
        return None;
    }
    if let Some(region) = state.nearest_region(&text) {
        slips.push(Slip::Spelling);
        return Some(Meant::One { value: region.to_owned(), slips, read_as: None });
    }
    // A display name has letters of either case.
    slips.truncate(tidied);
    // A display name can have other letters than those of ASCII, and here there are none any more.
    if slips.contains(&Slip::Letter) {
        return None;
    }
    let (region, slip) = shown_as(&tidy, state)?;
    slips.push(slip);
    Some(Meant::One { value: region.to_owned(), slips, read_as: Some(tidy.into_owned()) })
}

/// Returns the region that a code of an older API stood for.
fn spelled_out(code: &str) -> Option<&'static str> {
    const LONGEST: usize = 3;
    let codes = if code.len() > LONGEST { &[] } else { SHORT_CODES.as_slice() };
    codes.iter().find(|(known, _)| *known == code).map(|(_, region)| *region)
}

/// Returns the text in lower case, without a copy of one that is.
fn lower_case(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.to_lowercase())
    }
}

/// The most bytes of a `RegionName` that is looked at: each wrong name is
/// compared with each of them.
const LONGEST_SHOWN: usize = 128;

/// Returns the one region that people call by this name, and the slip: its `RegionName` or a
/// part of that, what stands in its brackets or before them; or the region's own name without
/// the part before its first `-`.
fn shown_as<'s>(name: &str, state: &'s State) -> Option<(&'s str, Slip)> {
    // Only a name without a dash can be a part of a region's name.
    if name.contains('-') && state.regions().iter().all(|region| region.region_name.is_none()) {
        return None;
    }
    let meant: String = letters(name).collect();
    if meant.is_empty() {
        return None;
    }
    let is_meant = |text: &str| letters(text).eq(meant.chars());
    let is_shown_so = |region: &Region| {
        let Some(shown) = region.region_name.as_deref().filter(|shown| shown.len() <= LONGEST_SHOWN) else {
            return false;
        };
        // A part such as `China` is that of many: in Latin letters it must be
        // in the region's name too.
        let is_own = || !meant.is_ascii() || letters(&region.region).collect::<String>().contains(&meant);
        let is_part = |part: &str| is_meant(part) && is_own();
        is_meant(shown) || shown.split(['(', ')', '（', '）', ',', '，', '、']).any(is_part)
    };
    let is_city = |region: &Region| region.region.split_once('-').is_some_and(|(_, city)| is_meant(city));
    let only = |is_it: &dyn Fn(&Region) -> bool| {
        let mut found = state.regions().iter().filter(|region| is_it(region));
        let first = found.next()?;
        found.next().is_none().then_some(&*first.region)
    };
    let part = || if name.contains('-') { None } else { only(&is_city) };
    only(&is_shown_so)
        .map(|region| (region, Slip::DisplayName))
        .or_else(|| part().map(|region| (region, Slip::PartOfName)))
}

/// Returns the letters and digits of a name, in lower case.
fn letters(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase)
}

/// Returns the region of a zone, which is a region and a number: `ap-shanghai-2`.
fn zone_region(name: &str) -> Option<&str> {
    let without_digits = name.trim_end_matches(|character: char| character.is_ascii_digit());
    without_digits.strip_suffix('-').filter(|_| without_digits.len() < name.len())
}

/// Returns the text without surrounding spaces, quotes and brackets, and with dashes and letters of
/// ASCII, and the slips that are mended in it; `None` for a text that is too long to be a name.
fn tidied(text: &str) -> Option<(Cow<'_, str>, Vec<Slip>)> {
    const LONGEST: usize = 256;
    if text.len() > LONGEST {
        return None;
    }
    let mut slips = Vec::new();
    if is_word(text) {
        return Some((Cow::Borrowed(text), slips));
    }
    let trimmed = text.trim();
    if trimmed != text {
        slips.push(Slip::Spaces);
    }
    let mut tidy = Cow::Borrowed(unquoted(trimmed));
    if tidy != trimmed {
        slips.push(Slip::Quotes);
    }
    if tidy.contains(is_other_dash) {
        slips.push(Slip::Dash);
        let dashed = |character| if is_other_dash(character) { '-' } else { character };
        tidy = tidy.chars().map(dashed).collect();
    }
    if tidy.contains(|character| ascii_like(character).is_some()) {
        slips.push(Slip::Letter);
        tidy = tidy.chars().map(|character| ascii_like(character).unwrap_or(character)).collect();
    }
    Some((tidy, slips))
}

/// Returns a text without quotes and brackets around it.
fn unquoted(text: &str) -> &str {
    text.trim_matches(|character| "\"'`[]".contains(character))
}

/// True for a text of ASCII letters, digits, dashes and the like: no space, no other
/// dash, no quote, no bracket and no separator is in it. Most texts are told so, and need
/// not be looked at further.
fn is_word(text: &str) -> bool {
    let is_mended = |byte| matches!(byte, b';' | b'[' | b']' | b'`');
    // Every byte is looked at, without a branch for each.
    text.bytes().fold(true, |so_far, byte| so_far & matches!(byte, b'-'..=b'z') & !is_mended(byte))
}

/// The most elements that a hint names.
pub(crate) const MOST_ELEMENTS: usize = MOST;

/// True for the characters that people write between the elements of a list.
fn is_separator(character: char) -> bool {
    character.is_whitespace() || matches!(character, ',' | ';' | '|' | '、' | '，' | '；' | '｜' | '﹐' | '､')
}

/// Returns the elements that stand in one text, at most one more than a hint names.
fn elements(text: &str) -> Vec<&str> {
    text.split(is_separator).filter(|part| !part.is_empty()).take(MOST_ELEMENTS + 1).collect()
}

/// Returns the values that stand in one element, if each of them is right.
fn list(text: &str, is_right: impl Fn(&str) -> bool) -> Option<Meant> {
    if is_word(text) {
        return None;
    }
    let parts: Vec<&str> = elements(text).into_iter().map(unquoted).collect();
    if !(2..=MOST_ELEMENTS).contains(&parts.len()) || !parts.iter().all(|part| is_right(part)) {
        return None;
    }
    Some(Meant::Elements(parts.into_iter().map(str::to_owned).collect()))
}

/// Returns the image id that was meant by a text that is none.
pub(crate) fn image_id(text: &str, is_image_id: impl Fn(&str) -> bool) -> Option<Meant> {
    list(text, &is_image_id).or_else(|| {
        let (value, mut slips) = tidied(text)?;
        let mut value = value.into_owned();
        if !is_image_id(&value) {
            value = value.to_lowercase();
            slips.push(Slip::Case);
        }
        is_image_id(&value).then_some(Meant::One { value, slips, read_as: None })
    })
}

/// Returns the right value where a text is one but for surrounding spaces, quotes and brackets, and
/// for dashes and letters that only look like those of ASCII.
pub(crate) fn tidy(text: &str, is_right: impl Fn(&str) -> bool) -> Option<Meant> {
    let (value, slips) = tidied(text)?;
    is_right(&value).then(|| Meant::One { value: value.into_owned(), slips, read_as: None })
}

/// Returns the flag that was meant by a text in a query.
#[cfg(feature = "wire")]
pub(crate) fn flag(text: &str) -> Option<Meant> {
    let (tidy, mut slips) = tidied(text)?;
    let value = tidy.to_ascii_lowercase();
    if tidy != value {
        slips.push(Slip::Case);
    }
    matches!(&*value, "true" | "false").then_some(Meant::One { value, slips, read_as: None })
}

/// Returns the one element that a text stands for where a list was expected, if it is plainly one.
#[cfg(feature = "wire")]
pub(crate) fn one_element(text: &str) -> Option<&str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (!text.is_empty() && text.len() <= 32 && text.bytes().all(is_plain)).then_some(text)
}

/// Returns the elements that a text stands for where a list was expected, if they are plainly that.
#[cfg(feature = "wire")]
pub(crate) fn plain_elements(text: &str) -> Option<Vec<String>> {
    let parts = elements(text);
    if !(1..=MOST_ELEMENTS).contains(&parts.len()) {
        return None;
    }
    parts.into_iter().map(|part| one_element(part).map(str::to_owned)).collect()
}

/// Returns the digits of a number in JSON, if they are few enough to be shown.
#[cfg(feature = "wire")]
pub(crate) fn number(text: &str) -> Option<&str> {
    let is_part = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
    let is_number = text.starts_with(|first: char| first.is_ascii_digit() || first == '-');
    (is_number && text.len() <= 32 && text.bytes().all(is_part)).then_some(text)
}

/// Returns the parameter that was meant by a name which none has, in a JSON body.
#[cfg(feature = "wire")]
pub(crate) fn parameter(name: &str) -> Option<&'static str> {
    Some(parameter_meant(name)?.0.name)
}

/// Returns the parameter that was meant by a name which no parameter has, and the number of the
/// element in it: `ImageId.1`, `ImageIds[1]`, `ImageIds_1`, `ImageIds[]`.
#[cfg(feature = "wire")]
pub(crate) fn parameter_meant(name: &str) -> Option<(&'static Row, Option<usize>)> {
    let known = || Row::all().iter().map(|row| row.name);
    let row = |stem: &str| Row::named(nearest(stem.trim(), known())?);
    let inner = name.trim_end_matches(|character: char| {
        character.is_whitespace() || matches!(character, ']' | ')' | '}' | '.')
    });
    let without_digits = inner.trim_end_matches(|character: char| character.is_ascii_digit());
    let digits = inner.strip_prefix(without_digits).unwrap_or_default();
    let is_joint = |character: char| {
        character.is_whitespace() || matches!(character, '.' | '[' | '(' | '{' | '_' | '-' | ':' | '/' | '+')
    };
    let mut stem = without_digits.trim_end_matches(is_joint);
    for word in [".member", ".item", ".N", ".n"] {
        stem = stem.strip_suffix(word).unwrap_or(stem);
    }
    Some((row(stem)?, digits.parse().ok()))
}

/// Returns the parameter that is named by a part of a query without a `=`, or was meant by it:
/// `dryrun`, `DryRun:true`.
#[cfg(feature = "wire")]
pub(crate) fn bare_parameter(part: &str) -> Option<&'static str> {
    let name = entity(part).and_then(|entity| part.strip_prefix(entity)).unwrap_or(part);
    let name = name.split([':', '=']).next().unwrap_or_default();
    let same = Row::all().iter().find(|row| letters(row.name).eq(letters(name)));
    same.map(|row| row.name).or_else(|| parameter(name))
}

/// True if a name was plainly meant for one of the lists, whatever its subscript and its case. This
/// does not depend on the feature `hints`, since a text without any parameter is no request.
#[cfg(feature = "wire")]
pub(crate) fn is_nearly_a_list(name: &str) -> bool {
    const LONGEST: usize = 128;
    if name.len() > LONGEST {
        return false;
    }
    let letters: String = letters(name).collect();
    ["imageid", "destinationreg", "destreg"].iter().any(|part| letters.contains(part))
}

/// The rests of an `&` as HTML writes it, behind an `&` of their own.
const ENTITIES: [&str; 6] = ["amp;", "AMP;", "#38;", "#038;", "#x26;", "#X26;"];

/// Returns the rest of an `&` as HTML writes it with which a name starts.
pub(crate) fn entity(name: &str) -> Option<&'static str> {
    ENTITIES.into_iter().find(|entity| name.starts_with(entity))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        let names = [
            "ap-guangzhou",
            "ap-shanghai",
            "ap-beijing",
            "ap-hongkong",
            "eu-frankfurt",
            "na-toronto",
            "chongqing",
        ];
        State::new(names.map(Region::new), []).unwrap()
    }

    fn meant(name: &str) -> Option<String> {
        match region(name, &state(), true)? {
            Meant::One { value, .. } => Some(value),
            Meant::Elements(_) => None,
        }
    }

    fn one(value: &str, slips: &[Slip], read_as: Option<&str>) -> Meant {
        Meant::One { value: value.to_owned(), slips: slips.to_vec(), read_as: read_as.map(str::to_owned) }
    }

    fn elements_of(elements: &[&str]) -> Meant {
        Meant::Elements(elements.iter().map(|element| (*element).to_owned()).collect())
    }

    #[test]
    fn slips_lead_to_the_region_that_was_meant() {
        let cases = [
            ("ap-shanghai-2", "ap-shanghai"),
            ("ap-shanghai-12", "ap-shanghai"),
            ("chongqing-1", "chongqing"),
            ("sh", "ap-shanghai"),
            ("gz", "ap-guangzhou"),
            ("hk", "ap-hongkong"),
            ("HK", "ap-hongkong"),
            ("ca", "na-toronto"),
            ("AP-Shanghai", "ap-shanghai"),
            (" ap-shanghai", "ap-shanghai"),
            ("ap-shanghai\n", "ap-shanghai"),
            ("ap\u{2013}shanghai", "ap-shanghai"),
            ("ap\u{2011}shanghai\u{2011}2", "ap-shanghai"),
            (" AP\u{2013}SHANGHAI ", "ap-shanghai"),
            ("ap_shanghai", "ap-shanghai"),
            ("apshanghai", "ap-shanghai"),
            #[cfg(feature = "hints")]
            ("ap-shanghia", "ap-shanghai"),
            #[cfg(feature = "hints")]
            ("ap-shangai", "ap-shanghai"),
            // Two letters that are missing.
            #[cfg(feature = "hints")]
            ("ap-shangh", "ap-shanghai"),
            #[cfg(feature = "hints")]
            ("ap-guangzou", "ap-guangzhou"),
            #[cfg(feature = "hints")]
            ("eu-frankfrut", "eu-frankfurt"),
        ];
        for (name, region) in cases {
            assert_eq!(meant(name).as_deref(), Some(region), "{name:?}");
        }
    }

    #[test]
    fn each_code_of_the_older_api_stands_for_its_region() {
        for (code, name) in [
            ("gz", "ap-guangzhou"),
            ("sh", "ap-shanghai"),
            ("bj", "ap-beijing"),
            ("hk", "ap-hongkong"),
            ("ca", "na-toronto"),
            ("sg", "ap-singapore"),
            ("usw", "na-siliconvalley"),
            ("use", "na-ashburn"),
            ("cd", "ap-chengdu"),
            ("cq", "ap-chongqing"),
            ("de", "eu-frankfurt"),
            ("kr", "ap-seoul"),
            ("jp", "ap-tokyo"),
            ("th", "ap-bangkok"),
            ("in", "ap-mumbai"),
        ] {
            let only = State::new([Region::new(name)], []).unwrap();
            assert_eq!(region(code, &only, false), Some(one(name, &[Slip::ShortCode], Some(code))), "{code}");
        }
    }

    #[test]
    fn what_is_no_slip_gets_no_hint() {
        let names = [
            "",
            " ",
            "-",
            "unknown",
            "ap-",
            "ap-hangzhou",
            "ap-nanjing",
            "ap-seoul",
            "sg",
            "ap-seoul-1",
            "shanghai-x",
            "ap-shanghai-x",
            "ap-shang",
            "a,b",
            ",",
        ];
        for name in names.map(str::to_owned).into_iter().chain(["ap-shanghai".repeat(100)]) {
            assert_eq!(region(&name, &state(), true), None, "{name:?}");
        }
    }

    #[test]
    #[cfg(feature = "hints")]
    fn letters_are_compared_with_few_regions_and_only_when_asked() {
        let regions = |count: usize| {
            State::new((0..count).map(|n| Region::new(format!("region-{n:03}x"))), []).unwrap()
        };
        let hint = |count, near| region("rigion-001x", &regions(count), near);
        assert!(hint(256, true).is_some());
        assert_eq!(hint(257, true), None);
        assert_eq!(hint(256, false), None);
        assert!(region("region-001x-2", &regions(257), false).is_some(), "other slips cost nothing");
    }

    #[test]
    fn each_slip_is_named() {
        let meant = |name| region(name, &state(), true).unwrap();
        assert_eq!(meant("ap-shanghai-2"), one("ap-shanghai", &[Slip::Zone], Some("ap-shanghai-2")));
        assert_eq!(meant("gz"), one("ap-guangzhou", &[Slip::ShortCode], Some("gz")));
        assert_eq!(meant("AP-shanghai"), one("ap-shanghai", &[Slip::Case], None));
        assert_eq!(meant("ap\u{2013}shanghai "), one("ap-shanghai", &[Slip::Spaces, Slip::Dash], None));
        assert_eq!(meant("ap-beijing, ap-shanghai"), elements_of(&["ap-beijing", "ap-shanghai"]));
        assert_eq!(meant("\"ap-shanghai\""), one("ap-shanghai", &[Slip::Quotes], None));
        assert_eq!(meant("[\"ap-shanghai\"]"), one("ap-shanghai", &[Slip::Quotes], None));
        assert_eq!(meant("[ap-shanghai]"), one("ap-shanghai", &[Slip::Quotes], None));
        assert_eq!(meant("`gz`"), one("ap-guangzhou", &[Slip::Quotes, Slip::ShortCode], Some("gz")));
        assert_eq!(meant("ap-shanghai]"), one("ap-shanghai", &[Slip::Quotes], None));
        assert_eq!(meant("[\"ap-beijing\", 'ap-shanghai']"), elements_of(&["ap-beijing", "ap-shanghai"]));
        assert_eq!(meant("\u{430}p-shanghai"), one("ap-shanghai", &[Slip::Letter], None));
        let wide = "\u{ff41}\u{ff50}\u{ff0d}shanghai";
        assert_eq!(meant(wide), one("ap-shanghai", &[Slip::Dash, Slip::Letter], None));
        for (slip, spelling) in Slip::ALL {
            assert_eq!((slip.as_str(), spelling.parse()), (spelling, Ok(slip)));
        }
    }

    #[test]
    fn a_city_is_told_by_its_name_also_where_no_region_has_a_name_that_people_are_shown() {
        assert_eq!(
            region("Shanghai", &state(), true),
            Some(one("ap-shanghai", &[Slip::PartOfName], Some("Shanghai")))
        );
    }

    #[test]
    #[cfg(feature = "wire")]
    fn a_flag_is_one_in_another_case_or_with_spaces() {
        for (text, meant) in [
            ("True", Some(one("true", &[Slip::Case], None))),
            (" false", Some(one("false", &[Slip::Spaces], None))),
            ("TRUE ", Some(one("true", &[Slip::Spaces, Slip::Case], None))),
            ("yes", None),
            ("Truth", None),
        ] {
            assert_eq!(flag(text), meant, "{text}");
        }
    }

    #[test]
    #[cfg(feature = "wire")]
    fn a_number_is_one_of_few_digits() {
        let (longest, longer) = ("1".repeat(32), "1".repeat(33));
        for (text, is_one) in [
            ("20", true),
            ("-1.5e+3", true),
            (&*longest, true),
            (&*longer, false),
            ("e5", false),
            ("1x", false),
            ("", false),
        ] {
            assert_eq!(number(text), is_one.then_some(text), "{text}");
        }
    }

    #[test]
    #[cfg(feature = "wire")]
    fn a_name_of_128_bytes_may_be_meant_for_a_list() {
        let name = |length: usize| format!("{:x>length$}", "ImageId");
        for (length, is_nearly) in [(7, true), (127, true), (128, true), (129, false), (200, false)] {
            assert_eq!(is_nearly_a_list(&name(length)), is_nearly, "{length}");
        }
    }

    #[test]
    fn hints_end_where_their_limits_are() {
        // A name of 256 bytes is looked at, a longer one is not.
        let blanks = |count: usize| format!("{}ap-shanghai", " ".repeat(count));
        assert!(region(&blanks(245), &state(), true).is_some());
        assert_eq!(region(&blanks(246), &state(), true), None);
        // Sixteen elements in one, and no more.
        let list = |count: usize| vec!["ap-shanghai"; count].join(",");
        assert!(region(&list(16), &state(), true).is_some());
        assert_eq!(region(&list(17), &state(), true), None);
        // Eight bytes of a difference may be dashes, nine are not looked at.
        assert_eq!(nearest("regions--------", ["regions"]), Some("regions"));
        assert_eq!(nearest("regions---------", ["regions"]), None);
        assert_eq!(zone_region("ap-shanghai-"), None);
        assert_eq!(zone_region("ap-shanghai-2x"), None);
    }

    #[test]
    fn an_image_id_is_hinted_at_only_where_one_comes_out() {
        let is_image_id = |id: &str| {
            id.strip_prefix("img-").is_some_and(|rest| rest.len() == 8 && !rest.contains(char::is_uppercase))
        };
        let meant = |text| image_id(text, is_image_id);
        assert_eq!(meant("IMG-A1B2C3D4"), Some(one("img-a1b2c3d4", &[Slip::Case], None)));
        assert_eq!(meant(" img-a1b2c3d4"), Some(one("img-a1b2c3d4", &[Slip::Spaces], None)));
        assert_eq!(meant("[img-a1b2c3d4]"), Some(one("img-a1b2c3d4", &[Slip::Quotes], None)));
        assert_eq!(meant("`img-a1b2c3d4`"), Some(one("img-a1b2c3d4", &[Slip::Quotes], None)));
        assert_eq!(meant("img\u{2014}a1b2c3d4"), Some(one("img-a1b2c3d4", &[Slip::Dash], None)));
        assert_eq!(meant("img-a1b2\u{441}3d4"), Some(one("img-a1b2c3d4", &[Slip::Letter], None)));
        assert_eq!(
            meant("img-\u{ff21}1b2c3d4"),
            Some(one("img-a1b2c3d4", &[Slip::Letter, Slip::Case], None))
        );
        assert_eq!(meant("img-a1b2c3d4,img-b1b2c3d4"), Some(elements_of(&["img-a1b2c3d4", "img-b1b2c3d4"])));
        for text in ["", "img-", "img-xxxxxx", "ami-a1b2c3d4", "String"] {
            assert_eq!(meant(text), None, "{text}");
        }
    }
}
