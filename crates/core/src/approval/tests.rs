//! What a file may say, and that what is written is what is read.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::{ApprovalFile, EffectCounts, file_text, parse};
use crate::{
    diagnostic::Diagnostic,
    document::SourceFile,
    plan::{ApprovalEffect, Digest},
    policy::Guard,
};

const GOOD: &str = "guard: deletes\nreason: winter menu\nexpires: 2027-02-08T17:00:00+07:00\noutlets:\n  G1: sha256:0000000000000000000000000000000000000000000000000000000000000001\n";

fn read(text: &str) -> (Option<ApprovalFile>, Vec<Diagnostic>) {
    let (files, wrong) = parse(&[SourceFile { path: "approvals/a.yaml".into(), text: text.into() }]);
    (files.into_iter().next(), wrong)
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn a_file_names_guard_reason_time_and_plans() {
    let (file, wrong) = read(GOOD);
    assert_eq!(wrong, []);
    let file = file.unwrap();
    assert_eq!((file.guard, &*file.reason), (Guard::Deletes, "winter menu"));
    let approval = file.at(&"G1".into()).unwrap();
    assert_eq!(approval.reviewed.expires, at("2027-02-08T10:00:00Z"));
    assert!(approval.digest.0.ends_with("01"));
    assert_eq!(file.at(&"G2".into()), None);
}

#[test]
fn a_mistake_is_told_where_it_stands_and_lets_nothing_through() {
    for (from, to, code, line) in [
        ("guard: deletes", "guard: delets", "unknown-value", 1),
        ("guard: deletes\n", "", "missing-key", 1),
        ("reason: winter menu", "reason: ' '", "approval-reason", 2),
        ("reason: winter menu", "reason: [a]", "wrong-type", 2),
        ("2027-02-08T17:00:00+07:00", "7d", "approval-expires", 3),
        ("2027-02-08T17:00:00+07:00", "2027-02-08", "approval-expires", 3),
        ("  G1:", "  Kuta:", "outlet-id", 5),
        ("  G1:", "  '*':", "outlet-id", 5),
        ("  G1:", "  x-G1:", "missing-key", 5),
        ("sha256:0000", "0000", "approval-digest", 5),
        ("sha256:0000", "sha256:00G0", "approval-digest", 5),
        ("outlets:", "force: true\noutlets:", "unknown-key", 4),
        ("  G1:", "  # G1:", "wrong-type", 4),
    ] {
        assert_eq!(GOOD.matches(from).count(), 1, "{from}");
        let (file, wrong) = read(&GOOD.replace(from, to));
        assert!(file.is_none(), "{to}");
        let told: Vec<_> = wrong.iter().map(|d| (d.code, d.place.as_ref().unwrap().line)).collect();
        assert_eq!(told, [(code, line)], "{to}: {wrong:?}");
    }
    assert_eq!(read("").1[0].code, "empty-file");
}

#[test]
fn a_time_that_is_over_or_too_far_is_told_and_so_is_an_outlet_that_nobody_defines() {
    let file = read(GOOD).0.unwrap();
    let expires = at("2027-02-08T10:00:00Z");
    let told = |now, known: bool| -> Vec<_> {
        let wrong = file.judge(&|_| known, now);
        wrong.into_iter().map(|d| (d.code, d.is_error())).collect()
    };
    let before = |hours| expires - SignedDuration::from_hours(hours);
    assert_eq!(told(before(24), true), []);
    assert_eq!(told(before(7 * 24), true), []);
    assert_eq!(told(before(7 * 24 + 1), true), [("approval-expires", true)]);
    assert_eq!(told(expires, true), [("approval-expired", false)]);
    assert_eq!(told(before(1), false), [("approval-outlet", false)]);
}

#[test]
fn it_is_of_no_use_once_it_is_over_or_lets_nothing_through_anywhere() {
    let two = GOOD.replace("  G1:", &format!("  G2: sha256:{}\n  G1:", "0".repeat(64)));
    let file = read(&two).0.unwrap();
    let expires = at("2027-02-08T10:00:00Z");
    let now = expires - SignedDuration::from_hours(1);
    let stale = |first: Option<ApprovalEffect>, second: Option<ApprovalEffect>, now| {
        let mut effects = EffectCounts::default();
        first.into_iter().chain(second).for_each(|effect| effects.note(effect, None));
        file.stale(&effects, now, &jiff::tz::TimeZone::UTC).map(|stale| stale.to_string())
    };
    let told = |why: &str| Some(format!("approvals/a.yaml (deletes) lets nothing through and can be removed: {why}"));
    let (releases, not_held, other) =
        (Some(ApprovalEffect::Releases), Some(ApprovalEffect::NotHeld), Some(ApprovalEffect::OtherPlan));
    assert_eq!(stale(releases, releases, now), None);
    assert_eq!(stale(releases, other, now), None);
    assert_eq!(stale(not_held, releases, now), None);
    assert_eq!(stale(not_held, not_held, now), told("the guard holds none of its outlets"));
    assert_eq!(stale(not_held, other, now), told("what would be pushed is not what was approved"));
    assert_eq!(stale(None, other, now), None, "one was not looked at");
    assert_eq!(stale(None, releases, expires), told("it expired at 2027-02-08 10:00 UTC"));
    assert_eq!(
        stale(other, other, now - SignedDuration::from_hours(8 * 24)),
        None,
        "too far ahead is an error instead"
    );
}

#[test]
fn what_cannot_be_read_at_all_is_told_once() {
    let (file, wrong) = read("guard: [deletes\n");
    assert!(file.is_none());
    assert!(wrong.iter().all(|diagnostic| diagnostic.code != "empty-file"), "{wrong:?}");
    assert_eq!(wrong.len(), 1, "{wrong:?}");
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_whatever_the_reason_says(reason in "\\PC*|[ -~\\n\\t:#'\"\\\\{}\\[\\]-]*|guard: x\\noutlets: \\{\\}") {
        prop_assume!(!reason.trim().is_empty());
        let digest = Digest(format!("sha256:{}", "ab".repeat(32)));
        let outlets = BTreeMap::from([("G1".into(), digest.clone()), ("G2A".into(), digest)]);
        let text = file_text(Guard::ReKey, &reason, at("2027-02-08T10:00:00Z"), &outlets);
        let (file, wrong) = read(&text);
        prop_assert!(wrong.is_empty(), "{text}\n{wrong:?}");
        let file = file.unwrap();
        prop_assert_eq!((file.guard, &*file.reason), (Guard::ReKey, reason.as_str()));
        prop_assert_eq!(file.outlets.len(), 2);
    }
}
