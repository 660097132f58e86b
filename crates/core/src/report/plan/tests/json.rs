//! What other programs get.

use super::*;

#[test]
fn programs_get_the_whole_plan() {
    let mut story = Story::in_sync();
    story.item("NU").price = Field::Set(Price(13_000));
    story.live_item("NG").price = Field::Set(Price(26_000));
    insta::assert_snapshot!(plan_json(&report(vec![story.outlet("G1", "Kuta")])));
}
