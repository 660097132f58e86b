//! Menus that the files call GoFood's own.

use crate::support::{KUTA, KUTA_FILE, LAYER, Stage};

const PROMO: &str = "menus: [{name: Promo, platform: true}]\n";

#[test]
fn a_menu_that_the_files_call_gofoods_own_is_told_and_left_alone() {
    let stage = Stage::new().in_sync();
    stage.add_in_app(KUTA, "Promo", "Paket Promo", 1_000);
    stage.edit(LAYER, "price: 25000", "price: 27000");
    let held = stage.run(&["plan"]);
    assert!(held.stdout.contains("unmanaged"), "{}", held.transcript());
    stage.append(KUTA_FILE, PROMO);
    stage.run(&["validate"]).expect(0);
    // Nobody has seen yet that GoFood fills it in again.
    let plan = stage.run(&["plan"]);
    let transcript = plan.transcript();
    let held = "1 live item only in a menu with `platform: true`, lost unless GoFood fills it in again: “Paket Promo”";
    assert!(transcript.contains(held), "{transcript}");
    stage.run(&["apply", "--yes"]).expect(4);
    assert_eq!(
        transcript.matches("GoFood's own by the files, left alone and in no push: “Promo”").count(),
        1,
        "{transcript}"
    );
    let render = stage.run(&["render", "--outlet", KUTA]).expect(0);
    assert!(!render.stdout.contains("Promo"), "{}", render.transcript());
    let formatted = stage.run(&["fmt", "--check"]);
    assert!(!formatted.stdout.contains("kuta.yaml"), "{}", formatted.transcript());
    stage.run(&["apply", "--yes", "--allow", "unmanaged"]).expect(0);
    let body = stage.puts().pop().unwrap().body.unwrap().to_string();
    assert!(body.contains("27000") && !body.contains("Promo"), "{body}");
    // GoFood fills it again.
    stage.add_in_app(KUTA, "Promo", "Paket Promo", 1_000);
    stage.clear_log();
    stage.run(&["apply", "--yes", "--revert"]).expect(0);
    stage.assert_nothing_written();
    stage.edit(LAYER, "price: 27000", "price: 28000");
    stage.run(&["apply", "--yes"]).expect(0);
}
