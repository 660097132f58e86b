//! What a terminal shows.

use super::*;

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
    insta::assert_snapshot!(text_of(&busy()), @r#"
    Kuta (G1): held
      - Kuta › Minuman › Es 2              item          removed, was Rp 8.000
      + Kuta › Takjil                      menu          new
      + Kuta › Takjil › Kolak Pisang       item          new, Rp 12.000
      ~ Kuta › Nasi › Nasi Goreng          name          “Nasi Goreng Kampung” → “Nasi Goreng”
      ~ Kuta › Nasi › Nasi Goreng          description   Nasi goreng terasi dengan telur [-mata sapi-]{+dadar+} dan kerupuk
      ~ Kuta › Nasi › Nasi Goreng          price         Rp 25.000 → Rp 27.000 (+8 %)
      ~ Kuta › Nasi › Nasi Goreng          image         (none) → https://img.example.com/ng.png
      ~ Kuta › Nasi › Nasi Goreng          hours         Mon–Wed 10:00–22:00 → 11:00–21:30; Sun 10:00–22:00 → closed
      ~ Kuta › Nasi › Nasi Goreng          choices       cleared, was VC
      ~ Kuta › Nasi › Nasi Kuning          stock         SOLD OUT
      ~ Kuta › Level pedas                 min quantity  becomes optional
      ~ Kuta › Level pedas                 max quantity  1 → 2
      ~ Kuta › Level pedas › Tidak pedas   price         Rp 0 → Rp 1.000
      ~ Kuta › Level pedas › Pedas gila    price         Rp 2.000 → -Rp 500 (-125 %)
      → Kuta › Minuman › Es 4              order         first
      → Kuta › Takjil › Nasi Uduk          menu          Nasi → Takjil
      HELD by price-change: “Tidak pedas” was free and is not any more (Rp 0 → Rp 1.000); the limit is 50 %, and 1 more beyond it
        to let it through: --allow price-change:G1, or type “price-change” when apply asks

    Plan: 1 outlet, 0 to push, 1 held.
    Digest: sha256:d240a1738bc6b0e60199d22826ce9376917ad2fa26659c635b25cb785fbd4ff0
    "#);
}

#[test]
fn what_was_changed_elsewhere_is_told_with_what_to_do() {
    insta::assert_snapshot!(text_of(&drifted()), @r#"
    Kuta (G1): drifted
      changed elsewhere, kept as it is (undo: `menusync apply --revert`; keep: change the file, or `menusync import --merge`):
      - Kuta › Minuman › Es 1               item         removed elsewhere
      ~ Kuta › Nasi › Nasi Goreng Kampung   price        Rp 25.000 → Rp 26.000 (+4 %)
      changed both in the files and elsewhere, kept as it is live (undo: `menusync apply --revert`; keep: change the file, or `menusync import --merge`):
      ~ Kuta › Nasi › Nasi Uduk             price        live Rp 11.000, files Rp 13.000, last push Rp 12.000
      without their external id (orders for these will not be recognised until the next push):
      ~ Kuta › Nasi › Nasi Kuning           external id  NK is gone
      live, but no file knows them (a push of the menu would lose them; keep: `menusync import --merge`):
      + Kuta › Minuman › Es Kopi            item         made elsewhere, Rp 15.000

    Plan: 1 outlet, 0 to push; 1 drifted.
    "#);
}

#[test]
fn drift_alone_leaves_out_the_edits() {
    let mut story = drifted();
    story.item("D3").price = Field::Set(Price(9_000));
    let report = PlanReport { view: View::Drift, ..report(vec![story.outlet("G1", "Kuta")]) };
    insta::assert_snapshot!(plan_text(&report, false), @r#"
    Kuta (G1): held
      changed elsewhere, kept as it is (undo: `menusync apply --revert`; keep: change the file, or `menusync import --merge`):
      - Kuta › Minuman › Es 1               item         removed elsewhere
      ~ Kuta › Nasi › Nasi Goreng Kampung   price        Rp 25.000 → Rp 26.000 (+4 %)
      changed both in the files and elsewhere, kept as it is live (undo: `menusync apply --revert`; keep: change the file, or `menusync import --merge`):
      ~ Kuta › Nasi › Nasi Uduk             price        live Rp 11.000, files Rp 13.000, last push Rp 12.000
      without their external id (orders for these will not be recognised until the next push):
      ~ Kuta › Nasi › Nasi Kuning           external id  NK is gone
      live, but no file knows them (a push of the menu would lose them; keep: `menusync import --merge`):
      + Kuta › Minuman › Es Kopi            item         made elsewhere, Rp 15.000

    Drift: 1 outlet, 1 drifted (5 changed elsewhere, 1 of them in the files too).
    "#);
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
    insta::assert_snapshot!(plan_text(&report, false), @r#"
    Kuta (G1): held
      - Kuta › Minuman › Es 1       item  removed, was Rp 8.000
      - Kuta › Nasi › Nasi Kuning   item  removed, was Rp 14.000
      - Kuta › Nasi › Nasi Uduk     item  removed, was Rp 12.000
      HELD by deletes: 3 of 8 live items would leave the menu (38 %); the limit is 5 items or 20 %
        to let it through: --allow deletes:G1, or type “deletes” when apply asks

    Sanur (G2): pending
      - Sanur › Minuman › Es 1       item  removed, was Rp 8.000
      - Sanur › Nasi › Nasi Kuning   item  removed, was Rp 14.000
      - Sanur › Nasi › Nasi Uduk     item  removed, was Rp 12.000
      released by you: deletes: 3 of 8 live items would leave the menu (38 %); the limit is 5 items or 20 %

    Plan: 2 outlets, 1 to push (0 to change, 0 to add, 3 to remove), 1 held.
    Digest: sha256:5b57b0b2b6f4c375423a7be7279fb125d3f116b4b419c605dbd29533c1604b5e
    "#);
}

#[test]
fn a_first_contact_names_the_state_directory() {
    let mut story = Story::in_sync();
    story.base = None;
    story.item("NG").price = Field::Set(Price(25_500));
    insta::assert_snapshot!(text_of(&story), @r#"
    Kuta (G1): held
      ~ Kuta › Nasi › Nasi Goreng Kampung   price  Rp 25.000 → Rp 25.500 (+2 %)
      HELD by first-contact: nothing is remembered of this outlet, and its live menu (8 items) is neither empty nor what the files say
        the state directory is /var/lib/menusync: if the outlet was pushed with another one, use that; to begin with what is live, use import
        to let it through: --allow first-contact:G1, or type “first-contact” when apply asks

    Plan: 1 outlet, 0 to push, 1 held.
    Digest: sha256:debcf3e554c289bad87bce74910caa3760d21ebabfda69dac6f4c4e6495a8b0a
    "#);
}

#[test]
fn the_same_changes_at_many_outlets_are_told_once() {
    insta::assert_snapshot!(plan_text(&fleet(), false), @r#"
    4 outlets, pending: Kuta (G1), Sanur (G2), Ubud (G3), Canggu (G4)
      ~ 4 outlets › Nasi › Nasi Uduk   price  Rp 12.000 → Rp 12.500 (+4 %)

    G9: failed
      error: GoFood did not answer within 90 s

    Bangli (G10): paused

    Plan: 6 outlets, 4 to push (4 to change, 0 to add, 0 to remove), 1 failed.
    Digest: sha256:b3e59b7eccb5f4e5ae399ef6c98095f80ef00b527b6fe2c23964832e7337cbb5
    "#);
}

#[test]
fn colours_are_added_only_where_wanted() {
    let report = report(vec![busy().outlet("G1", "Kuta")]);
    let colored = plan_text(&report, true);
    assert!(colored.contains("\u{1b}[33m~\u{1b}[0m Kuta › Nasi › Nasi Goreng"), "{colored}");
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
    let diff = |outlets| PlanReport { view: View::Diff, ..report(outlets) };
    insta::assert_snapshot!(plan_text(&diff(vec![story.outlet("G1", "Kuta")]), false), @r#"
    Kuta (G1): different
      ~ Kuta › Nasi › Nasi Goreng Kampung   price  Rp 25.000 → Rp 250.000 (+900 %)
      would be HELD by price-change: the price of “Nasi Goreng Kampung” moves by 900 % (Rp 25.000 → Rp 250.000); the limit is 50 %
      would be HELD by decimal-slip: a factor of 10, 100 or 1000 looks like a slipped decimal: “Nasi Goreng Kampung” Rp 25.000 → Rp 250.000

    Diff: 1 outlet, 1 different (1 to change, 0 to add, 0 to remove), 1 would be held.
    Digest: sha256:284e66d00dd48122fb5edfb850c91f53edb2aefc1b50572e1cbd17a48fe5a22e
    "#);
    let same = Story::in_sync().outlet("G1", "Kuta");
    assert_eq!(plan_text(&diff(vec![same]), false), "No differences.\n");
}

#[test]
fn what_a_push_does_to_foreign_items_and_lost_ids_is_told_as_part_of_it() {
    let mut story = drifted();
    story.item("D3").price = Field::Set(Price(9_000));
    story.released = Guard::ALL.into_iter().collect();
    insta::assert_snapshot!(text_of(&story), @r#"
    Kuta (G1): pending
      - Kuta › Minuman › Es Kopi            item         removed, was Rp 15.000 (no file knows it)
      ~ Kuta › Minuman › Es 3               price        Rp 8.000 → Rp 9.000 (+13 %)
      ~ Kuta › Nasi › Nasi Kuning           external id  (none) → NK
      changed elsewhere, kept as it is (undo: `menusync apply --revert`; keep: change the file, or `menusync import --merge`):
      - Kuta › Minuman › Es 1               item         removed elsewhere
      ~ Kuta › Nasi › Nasi Goreng Kampung   price        Rp 25.000 → Rp 26.000 (+4 %)
      changed both in the files and elsewhere, kept as it is live (undo: `menusync apply --revert`; keep: change the file, or `menusync import --merge`):
      ~ Kuta › Nasi › Nasi Uduk             price        live Rp 11.000, files Rp 13.000, last push Rp 12.000
      released by you: unmanaged: 1 live item that no file knows would be lost: “Es Kopi”

    Plan: 1 outlet, 1 to push (2 to change, 0 to add, 1 to remove); 1 drifted.
    Digest: sha256:074398b9201a2d607714ccf782e1ef64f3f0d6c5e14c9d109146c2676f038df8
    "#);
}

#[test]
fn what_the_platform_would_not_show_is_named() {
    let mut story = Story::in_sync();
    story.item("NU").name = set("Nasi Uduk Betawi");
    let base = story.base.as_mut().unwrap();
    base.stuck.insert("items/NU/name".to_owned(), "Nasi Uduk Betawi".into());
    let told = plan_text(&report(vec![OutletReport { state: "nonconvergent", ..story.outlet("G1", "Kuta") }]), false);
    insta::assert_snapshot!(told, @r#"
    Kuta (G1): nonconvergent
      accepted by GoFood, but shown otherwise (not sent again until the files say something else there):
      ~ Kuta › Nasi › Nasi Uduk Betawi   name  “Nasi Uduk” → “Nasi Uduk Betawi”

    Plan: 1 outlet, 0 to push.
    "#);
}
