//! `apply --allow`: which guard is let through, for whom, and what is no such thing.

use insta::assert_snapshot;

use crate::support::{KEMANG, KEMANG_FILE, KUTA, KUTA_FILE, Stage};

const REMOVALS: &str = "items: {GUDEG: {remove: true}, PECEL: {remove: true}}\n";

#[test]
fn a_guard_is_released_for_one_outlet_only() {
    let stage = Stage::new().with_kemang().in_sync();
    stage.append(KUTA_FILE, REMOVALS);
    stage.append(KEMANG_FILE, REMOVALS);
    assert_snapshot!(stage.run(&["apply", "--yes", "--allow", &format!("deletes:{KUTA}")]).transcript());
    assert!(stage.live_item(KUTA, "GUDEG").is_null());
    assert!(!stage.live_item(KEMANG, "GUDEG").is_null());
}

#[test]
fn releasing_one_guard_does_not_release_another() {
    let stage = Stage::new().in_sync();
    stage.append(KUTA_FILE, "items: {GUDEG: {remove: true}, PECEL: {remove: true}, NG: {price: 250000}}\n");
    assert_snapshot!(
        stage.run(&["apply", "--yes", "--allow", "deletes", "--allow", "price-change"]).expect(4).transcript()
    );
    stage.assert_nothing_written();
}

#[test]
fn a_guard_that_does_not_exist_is_wrong_usage() {
    let stage = Stage::new();
    assert_snapshot!(stage.run(&["apply", "--yes", "--allow", "delete"]).expect(64).transcript());
    assert!(stage.log().is_empty());
}

#[test]
fn an_outlet_that_does_not_exist_is_wrong_usage() {
    let stage = Stage::new();
    assert_snapshot!(stage.run(&["apply", "--yes", "--allow", "deletes:G9"]).expect(64).transcript());
    assert!(stage.log().is_empty());
}
