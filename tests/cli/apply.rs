//! `apply`: what must be agreed to before anything is sent.

use insta::assert_snapshot;

use crate::support::{LAYER, Stage};

#[test]
fn without_a_terminal_and_without_yes_nothing_is_pushed() {
    let stage = Stage::new();
    assert_snapshot!(stage.run(&["apply"]).expect(64).transcript());
    stage.assert_nothing_written();
}

#[test]
fn without_anything_to_push_no_yes_is_needed() {
    let stage = Stage::new().in_sync();
    stage.run(&["apply"]).expect(0);
    stage.assert_nothing_written();
}

#[test]
fn the_expected_digest_is_pushed_and_another_refused() {
    let stage = Stage::new().in_sync();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    let digest = stage.run(&["plan", "--output", "json"]).json()["digest"].as_str().unwrap().to_owned();
    stage.edit(LAYER, "price: 36000", "price: 37000");
    assert_snapshot!(stage.run(&["apply", "--yes", "--expect-digest", &digest]).expect(4).transcript());
    stage.assert_nothing_written();
    stage.edit(LAYER, "price: 37000", "price: 36000");
    stage.run(&["apply", "--yes", "--expect-digest", &digest]).expect(0);
    assert_eq!(stage.puts().len(), 1);
}
