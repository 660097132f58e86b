//! Approvals: an approval releases its guard for the plan that was looked at, and for nothing else, wherever a push begins.

use insta::assert_snapshot;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::support::{KEMANG, KEMANG_FILE, KUTA, KUTA_FILE, LAYER, Stage};

pub(crate) const REMOVALS: &str = "items: {GUDEG: {remove: true}, PECEL: {remove: true}}\n";

/// Writes an approval of `guard` at Kuta for `digest` that expires in so many hours.
fn approve(stage: &Stage, guard: &str, digest: &str, hours: i64) {
    let expires = Timestamp::now() + SignedDuration::from_hours(hours);
    let text = format!("guard: {guard}\nreason: Musim hujan\nexpires: {expires}\noutlets: {{{KUTA}: '{digest}'}}\n");
    stage.write("approvals/hujan.yaml", &text);
}

fn digest(stage: &Stage) -> String {
    let plan = stage.run(&["plan", "--output", "json"]).json();
    plan["outlets"][0]["digest"].as_str().unwrap().to_owned()
}

#[test]
fn an_approval_releases_its_guard_for_the_plan_that_was_looked_at() {
    let stage = Stage::new().in_sync();
    stage.append(KUTA_FILE, REMOVALS);
    approve(&stage, "deletes", &digest(&stage), 48);
    assert_snapshot!(stage.run(&["plan", "--fail-on-guard"]).expect(0).transcript());
    assert_snapshot!(stage.run(&["plan", "--output", "markdown"]).expect(0).transcript());
    let told = stage.run(&["plan", "--output", "json"]).json();
    let guard = &told["outlets"][0]["guards"][0];
    assert_eq!((&guard["verdict"], &guard["approval"]["file"]), (&json!("released"), &json!("approvals/hujan.yaml")));
    stage.run(&["apply", "--yes"]).expect(0);
    assert!(stage.live_item(KUTA, "GUDEG").is_null());
}

#[test]
fn a_pass_of_the_daemon_obeys_approvals_too() {
    let stage = Stage::new().in_sync();
    stage.append(KUTA_FILE, REMOVALS);
    stage.run(&["run", "--once"]).expect(4);
    approve(&stage, "deletes", &digest(&stage), 48);
    stage.run(&["run", "--once"]).expect(0);
    assert!(stage.live_item(KUTA, "GUDEG").is_null());
}

#[test]
fn an_approval_releases_no_other_plan_no_other_guard_and_no_other_outlet() {
    let stage = Stage::new().with_kemang().in_sync();
    stage.append(KUTA_FILE, REMOVALS);
    let held = |stage: &Stage, code| {
        stage.clear_log();
        stage.run(&["apply", "--yes", "--outlet", "Ku*"]).expect(code);
        stage.assert_nothing_written();
    };
    let of_kuta = digest(&stage);
    approve(&stage, "unmanaged", &of_kuta, 48);
    held(&stage, 4);
    approve(&stage, "deletes", &of_kuta, 48);
    // One more change than was looked at.
    stage.edit(LAYER, "price: 36000", "price: 37000");
    held(&stage, 4);
    stage.edit(LAYER, "price: 37000", "price: 36000");
    stage.append(KEMANG_FILE, REMOVALS);
    stage.clear_log();
    stage.run(&["apply", "--yes"]).expect(5);
    assert!(stage.live_item(KUTA, "GUDEG").is_null() && !stage.live_item(KEMANG, "GUDEG").is_null());
}

#[test]
fn an_approval_counts_until_it_expires_and_for_a_week_at_most() {
    let stage = Stage::new().in_sync();
    stage.append(KUTA_FILE, REMOVALS);
    let digest = digest(&stage);
    approve(&stage, "deletes", &digest, -1);
    stage.run(&["validate"]).expect(0).says(&["approval-expired"]);
    stage.run(&["apply", "--yes"]).expect(4);
    approve(&stage, "deletes", &digest, 8 * 24);
    stage.run(&["validate"]).expect(3).says(&["approval-expires"]);
    stage.run(&["apply", "--yes"]).expect(3);
    stage.run(&["run", "--once"]).expect(3);
    stage.assert_nothing_written();
}

#[test]
fn a_stock_change_is_approved_for_these_dishes_only_although_digests_leave_stock_out() {
    let stage = Stage::new().in_sync();
    let off = |ids: &[&str]| {
        let lines: Vec<_> = ids.iter().map(|id| format!("{id}: {{in_stock: false}}")).collect();
        stage.write(
            KUTA_FILE,
            &format!("outlet: G1001\nname: Kuta\nextends: [warung.yaml]\nitems: {{{}}}\n", lines.join(", ")),
        );
    };
    off(&["NG", "RAWON", "GUDEG", "PECEL"]);
    let plans = stage.run(&["plan", "--output", "json"]).json();
    approve(&stage, "sold-out", plans["outlets"][0]["digest"].as_str().unwrap(), 48);
    stage.run(&["apply", "--yes"]).expect(4);
    stage.assert_nothing_written();
}

#[test]
fn mistakes_in_approvals_are_told_by_validate_and_nothing_is_pushed() {
    let stage = Stage::new().in_sync();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage.write("approvals/a.yaml", "gaurd: deletes\nreason: ''\nexpires: 7d\noutlets: {G1001: abc, Kuta: x}\n");
    assert_snapshot!(stage.run(&["validate"]).expect(3).transcript());
    stage.run(&["apply", "--yes"]).expect(3);
    stage.assert_nothing_written();
}
