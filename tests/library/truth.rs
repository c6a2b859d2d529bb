//! Answers of three values: every pair of them.

use presync::Truth;

fn yes() -> Truth<'static> {
    Truth::Yes
}

fn no() -> Truth<'static> {
    Truth::No
}

fn unknown(needs: &'static str) -> Truth<'static> {
    Truth::unknown(needs)
}

/// Left, right, what both are, and what one of them is. The first unknown says what it needs.
fn table() -> [(Truth<'static>, Truth<'static>, Truth<'static>, Truth<'static>); 9] {
    [
        (yes(), yes(), yes(), yes()),
        (yes(), no(), no(), yes()),
        (yes(), unknown("b"), unknown("b"), yes()),
        (no(), yes(), no(), yes()),
        (no(), no(), no(), no()),
        (no(), unknown("b"), no(), unknown("b")),
        (unknown("a"), yes(), unknown("a"), yes()),
        (unknown("a"), no(), no(), unknown("a")),
        (unknown("a"), unknown("b"), unknown("a"), unknown("a")),
    ]
}

#[test]
fn and_or_and_not_of_every_pair() {
    for (left, right, both, one) in table() {
        assert_eq!(left.clone().and(right.clone()), both, "{left:?} and {right:?}");
        assert_eq!(left.clone().or(right.clone()), one, "{left:?} or {right:?}");
        // Not both is the same as one of them not, and the other way round.
        assert_eq!(!left.clone().and(right.clone()), (!left.clone()).or(!right.clone()));
        assert_eq!(!left.clone().or(right.clone()), (!left).and(!right));
    }
    assert_eq!([!yes(), !no(), !unknown("a")], [no(), yes(), unknown("a")]);
}

#[test]
fn an_answer_says_what_it_is() {
    for (truth, is_yes, is_no, needs) in
        [(yes(), true, false, None), (no(), false, true, None), (unknown("a"), false, false, Some("a"))]
    {
        assert_eq!((truth.is_yes(), truth.is_no(), truth.needs()), (is_yes, is_no, needs));
        assert_eq!(truth.borrowed(), truth);
    }
    assert_eq!([Truth::from(true), Truth::from(false)], [yes(), no()]);
    assert_eq!(unknown("a"), Truth::unknown("a".to_owned()), "a text of its own is the same");
}
