//! What is wrong, as it is typed.

use std::fs;

use serde_json::json;

use crate::{BASE, FILES, KEMANG, KUTA, SETTINGS, editor::Editor, stretch};

#[test]
fn an_error_is_told_as_it_is_typed_and_cleared_as_it_is_mended() {
    let mut editor = Editor::open(&FILES);
    editor.did_open(KUTA.0, None);
    editor.did_change(KUTA.0, 2, stretch(4, 2, 4, "NX"));
    editor.wait_for(KUTA.0, &["unknown-patch-target 4:2-4:4"]);
    let told = &editor.diagnostics(KUTA.0)[0];
    assert_eq!((&told["severity"], &told["source"]), (&json!(1), &json!("menusync")));
    let message = "no layer defines the item `NX`\nhelp: did you mean `NG`?";
    assert_eq!(told["message"], message);
    // Nothing of it is on disk, and no other file is touched by it.
    assert_eq!(fs::read_to_string(editor.root.path().join(KUTA.0)).unwrap(), KUTA.1);
    editor.did_change(KUTA.0, 3, stretch(4, 2, 4, "NG"));
    editor.wait_for(KUTA.0, &[]);
    assert_eq!(editor.end(), 0);
}

#[test]
fn an_edit_of_a_layer_is_told_in_the_files_that_it_breaks() {
    let mut editor = Editor::open(&FILES);
    editor.did_open(BASE.0, None);
    editor.did_change(BASE.0, 2, stretch(3, 21, 23, "NASI"));
    editor.wait_for(KUTA.0, &["unknown-patch-target 4:2-4:4"]);
    // Closed without being saved: the files are again what they are on disk.
    let document = json!({"textDocument": {"uri": editor.uri(BASE.0)}});
    editor.tell("textDocument/didClose", document);
    editor.wait_for(KUTA.0, &[]);
    assert_eq!(editor.end(), 0);
}

#[test]
fn places_are_counted_in_utf16_units_with_windows_lines_and_a_byte_order_mark() {
    let mut editor = Editor::open(&FILES);
    let text = "\u{feff}outlet: G1\r\nnamee: 🍛🍛\r\nextends: [base.yaml]\r\nitems:\r\n  NG: {name: '🍳🍳', price: 25.000}\r\n";
    editor.did_open(KUTA.0, Some(text));
    editor.wait_for(KUTA.0, &["unknown-key 1:0-1:5", "number-format 4:28-4:34"]);
    // On the first line the mark is one unit before everything.
    editor.did_change(KUTA.0, 2, stretch(0, 1, 7, "outlat"));
    editor.did_change(KUTA.0, 3, stretch(1, 0, 5, "name"));
    editor.did_change(KUTA.0, 4, stretch(4, 28, 34, "25000"));
    editor.wait_for(KUTA.0, &["unknown-key 0:1-0:7", "unknown-key 1:0-1:4"]);
    assert_eq!(editor.end(), 0);
}

#[test]
fn settings_and_approvals_are_told_as_well() {
    let approval = ("approvals/a.yaml", "guard: delets\nreason: x\nexpires: 2027-01-01T00:00:00Z\noutlets: {}\n");
    let mut editor = Editor::open(&[SETTINGS, BASE, KUTA, approval]);
    editor.wait_for(approval.0, &["unknown-value 0:7-0:13", "missing-key 3:9-3:11"]);
    editor.did_open(SETTINGS.0, Some("target: sandbox\nschedulee: x\n"));
    editor.wait_for(SETTINGS.0, &["unknown-key 1:0-1:9"]);
    assert_eq!(editor.end(), 0);
}

#[test]
fn a_file_that_is_not_saved_yet_and_one_that_comes_from_elsewhere_count() {
    let mut editor = Editor::open(&[SETTINGS, BASE, KUTA]);
    editor.did_open("catalogs/kemang.yaml", Some("outlet: G1\nextends: [base.yaml]\n"));
    editor.wait_for("catalogs/kuta.yaml", &["duplicate-outlet 0:8-0:10"]);
    editor.did_change("catalogs/kemang.yaml", 2, json!([{"text": "outlet: G2\nextends: [bse.yaml]\n"}]));
    editor.wait_for("catalogs/kuta.yaml", &[]);
    editor.wait_for("catalogs/kemang.yaml", &["unknown-layer 1:10-1:18"]);
    // The editor tells that `git pull` has brought a file.
    fs::write(editor.root.path().join("catalogs/bse.yaml"), "{}\n").unwrap();
    editor.tell("workspace/didChangeWatchedFiles", json!({"changes": []}));
    editor.wait_for("catalogs/kemang.yaml", &["no-menus 0:0-0:0"]);
    assert_eq!(editor.end(), 0);
}

#[test]
fn a_file_that_is_closed_is_told_of_by_its_own_address() {
    let mut editor = Editor::open(&FILES);
    let own = editor.uri(KUTA.0);
    let other = own.replace("kuta", "k%75ta");
    let wrong = "outlet: G1\nextends: [base.yaml]\nitemz: 1\n";
    fs::write(editor.root.path().join(KUTA.0), wrong).unwrap();
    editor.tell("textDocument/didOpen", json!({"textDocument": {"uri": other, "version": 1, "text": wrong}}));
    editor.wait_at(&other, true);
    editor.tell("textDocument/didClose", json!({"textDocument": {"uri": other}}));
    // In the order of addresses.
    editor.wait_at(&other, false);
    editor.wait_at(&own, true);
    assert_eq!(editor.end(), 0);
}

#[test]
fn a_photo_is_read_again_when_the_editor_tells_that_it_has_changed() {
    let settings = "target: sandbox\nimages: {base_url: https://img.example.com/}\nrules: {description-missing: off}\n";
    let base = "menus:\n  - {name: N, menu_items: [{external_id: NG, name: N, price: 25000, image: photos/ng.png}]}\n";
    let mut editor = Editor::open(&[(SETTINGS.0, settings), (BASE.0, base), KEMANG]);
    editor.wait_for(BASE.0, &["image-file 1:75-1:88"]);
    let photo = include_bytes!("../images/good.png");
    fs::create_dir(editor.root.path().join("photos")).unwrap();
    fs::write(editor.root.path().join("photos/ng.png"), photo).unwrap();
    editor.tell("workspace/didChangeWatchedFiles", json!({"changes": []}));
    editor.wait_for(BASE.0, &[]);
    assert_eq!(editor.end(), 0);
}

#[test]
fn a_folder_without_menus_is_said_and_later_found_to_have_some() {
    let mut editor = Editor::open(&[SETTINGS]);
    editor.wait_shown("has no directory `catalogs`");
    // Nobody waits for an answer that there is not.
    assert_eq!(editor.ask("textDocument/hover", editor.at(KEMANG.0, 0, 0)), json!(null));
    fs::create_dir(editor.root.path().join("catalogs")).unwrap();
    for (path, text) in [BASE, KEMANG] {
        fs::write(editor.root.path().join(path), text).unwrap();
    }
    editor.did_open(KEMANG.0, Some("outlet: G2\nextends: [basse.yaml]\n"));
    editor.tell("workspace/didChangeWatchedFiles", json!({"changes": []}));
    editor.wait_for(KEMANG.0, &["unknown-layer 1:10-1:20"]);
    assert_eq!(editor.end(), 0);
}
