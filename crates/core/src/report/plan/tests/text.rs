//! What a terminal shows.

use super::*;
use crate::catalog::FieldValue;

#[test]
fn nothing_to_do_is_one_sentence() {
    let in_sync = || report(vec![Story::in_sync().outlet("G1", "Kuta")]);
    assert_eq!(plan_text(&in_sync(), true), "No changes. GoFood shows what the files say.\n");
    assert_eq!(plan_markdown(&in_sync()), "**No changes. GoFood shows what the files say.**\n");
    let drift = PlanReport { view: View::Drift, ..in_sync() };
    assert_eq!(plan_text(&drift, true), "No drift. Nothing was changed elsewhere since the last verified push.\n");
    assert_eq!(plan_text(&report(Vec::new()), true), "No outlets.\n");
}

#[test]
fn an_edit_is_told_in_columns_removals_first() {
    insta::assert_snapshot!(text_of(&busy()));
}

#[test]
fn what_was_changed_elsewhere_is_told_with_what_to_do() {
    insta::assert_snapshot!(text_of(&drifted()));
}

#[test]
fn drift_alone_leaves_out_the_edits() {
    let mut story = drifted();
    story.item("D3").price = Field::Set(Price(9_000));
    let outlets = vec![story.outlet("G1", "Kuta")];
    let report = PlanReport { view: View::Drift, hints: ReleaseHints::default(), ..report(outlets) };
    insta::assert_snapshot!(plan_text(&report, false));
    assert!(!plan_json(&report).contains("items/D3/price"));
    story.revert = true;
    let report = PlanReport { outlets: vec![story.outlet("G1", "Kuta")], ..report };
    assert!(plan_text(&report, false).contains("changed elsewhere (the next push undoes it):"));
}

#[test]
fn a_held_guard_says_how_to_release_it_and_a_released_one_is_told() {
    let mut story = Story::in_sync();
    for id in ["NU", "NK", "D1"] {
        story.remove(id);
    }
    let held = story.outlet("G1", "Kuta");
    story.released.insert(Guard::Deletes);
    let report = report(vec![held, story.outlet("G2", "Sanur")]);
    insta::assert_snapshot!(plan_text(&report, false));
}

#[test]
fn a_first_contact_names_the_state_directory() {
    let mut story = Story::in_sync();
    story.base = None;
    story.item("NG").price = Field::Set(Price(25_500));
    insta::assert_snapshot!(text_of(&story));
}

#[test]
fn the_same_changes_at_many_outlets_are_told_once() {
    insta::assert_snapshot!(plan_text(&fleet(), false));
}

#[test]
fn colours_are_added_only_where_wanted() {
    let report = report(vec![busy().outlet("G1", "Kuta")]);
    let colored = plan_text(&report, true);
    assert!(
        colored.contains("\u{1b}[33m~\u{1b}[0m \u{1b}[33mmoney\u{1b}[0m    Kuta › Nasi › Nasi Goreng"),
        "{colored}"
    );
    assert!(colored.contains("telur \u{1b}[31m[-mata sapi-]\u{1b}[0m"), "{colored}");
    assert!(!plan_text(&report, false).contains('\u{1b}'));
}

#[test]
fn hostile_names_do_not_steer_a_terminal() {
    let text = plan_text(&hostile(), false);
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    assert!(text.contains(r"\u{1b}[2J|a`b` @everyone <img src=x>\u{a}# **x** \u{202e}"));
}

#[test]
fn the_difference_between_two_states_of_the_files_asks_for_nothing() {
    let mut story = Story::in_sync();
    story.item("NG").price = Field::Set(Price(250_000));
    let hints = ReleaseHints {
        push: None,
        plan: Some(PlanFile::By("menusync plan --base main --out plan.json".to_owned())),
        ..ReleaseHints::default()
    };
    let diff = |outlets| PlanReport { view: View::Diff, hints: hints.clone(), ..report(outlets) };
    insta::assert_snapshot!(plan_text(&diff(vec![story.outlet("G1", "Kuta")]), false));
    let same = Story::in_sync().outlet("G1", "Kuta");
    assert_eq!(plan_text(&diff(vec![same]), false), "No differences.\n");
}

#[test]
fn what_a_push_does_to_foreign_items_and_lost_ids_is_told_as_part_of_it() {
    let mut story = drifted();
    story.item("D3").price = Field::Set(Price(9_000));
    story.released = Guard::ALL.into_iter().collect();
    insta::assert_snapshot!(text_of(&story));
}

#[test]
fn what_the_platform_would_not_show_is_named() {
    let mut story = Story::in_sync();
    story.item("NU").name = set("Nasi Uduk Betawi");
    let base = story.base.as_mut().unwrap();
    let name = FieldValue::Text("Nasi Uduk Betawi".to_owned());
    base.rejected_values.insert("items/NU/name".parse().unwrap(), Some(name));
    let told = plan_text(&report(vec![OutletReport { state: "nonconvergent", ..story.outlet("G1", "Kuta") }]), false);
    insta::assert_snapshot!(told);
}
