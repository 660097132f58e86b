//! What is pushed, and that nothing is sent without a reason.

use insta::assert_snapshot;

use crate::support::{KUTA, Stage};

#[test]
fn the_first_push_fills_an_empty_menu() {
    let stage = Stage::new();
    assert_snapshot!("first_validate", stage.run(&["validate"]).transcript());
    assert_snapshot!("first_plan", stage.run(&["plan"]).transcript());
    assert_snapshot!("first_apply", stage.run(&["apply", "--yes"]).transcript());
    assert_eq!(stage.puts().len(), 1);
    assert_eq!(stage.live_item(KUTA, "NG")["price"], 25000);
}
