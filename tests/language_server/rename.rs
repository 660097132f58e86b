//! Another name for a thing, in all files.

use std::{collections::BTreeMap, fs};

use serde_json::{Value, json};

use crate::{BASE, FILES, KUTA, SETTINGS, editor::Editor};

fn rename(editor: &Editor, path: &str, (line, character): (u32, u32), new: &str) -> Value {
    let mut params = editor.at(path, line, character);
    params["newName"] = new.into();
    params
}

/// The edits of each file, by its address.
fn edits(edit: &Value) -> BTreeMap<String, Vec<String>> {
    let all = edit["documentChanges"].as_array().unwrap();
    let of = |change: &Value| {
        let told = change["edits"].as_array().unwrap().iter();
        let told =
            told.map(|edit| format!("{} {}", crate::editor::range(&edit["range"]), edit["newText"].as_str().unwrap()));
        let uri = change["textDocument"]["uri"].as_str().unwrap();
        (uri.rsplit('/').next().unwrap().to_owned(), told.collect())
    };
    all.iter().map(of).collect()
}

#[test]
fn an_id_is_renamed_in_all_files_once_a_person_has_read_what_that_means() {
    let mut editor = Editor::open(&FILES);
    // What is not saved counts: here it is quoted, and named once more.
    let text = "outlet: G1\nname: 🍛 # NG\nextends: [base.yaml]\nitems:\n  'NG': {price: 27000}\npricing: [{markup: 10%, ids: [NG]}]\n";
    editor.did_open(KUTA.0, Some(text));
    let place = editor.ask("textDocument/prepareRename", editor.at(KUTA.0, 4, 4));
    assert_eq!((crate::editor::range(&place["range"]), &place["placeholder"]), ("4:2-4:6".to_owned(), &json!("NG")));
    let edit = editor.ask("textDocument/rename", rename(&editor, KUTA.0, (4, 4), "NASI-GORENG"));
    let expected = BTreeMap::from([
        ("base.yaml".to_owned(), vec!["3:21-3:23 NASI-GORENG".to_owned()]),
        ("kuta.yaml".to_owned(), vec!["4:2-4:6 'NASI-GORENG'".to_owned(), "5:30-5:32 NASI-GORENG".to_owned()]),
    ]);
    assert_eq!(edits(&edit), expected);
    let note = &edit["changeAnnotations"]["rename"];
    assert_eq!(note["needsConfirmation"], true);
    assert!(note["description"].as_str().unwrap().contains("another item"), "{note}");
    let versions: Vec<&Value> =
        edit["documentChanges"].as_array().unwrap().iter().map(|change| &change["textDocument"]["version"]).collect();
    assert_eq!(versions, [&Value::Null, &json!(1)]);
    // The server itself has written nothing.
    assert_eq!(fs::read_to_string(editor.root.path().join(BASE.0)).unwrap(), BASE.1);
    let menu = editor.ask("textDocument/rename", rename(&editor, KUTA.0, (5, 31), "ES-CAMPUR"));
    assert_eq!(edits(&menu).len(), 2);
    assert_eq!(editor.end(), 0);
}

#[test]
fn an_editor_that_knows_less_gets_plain_edits_and_is_shown_the_warning() {
    let mut editor = Editor::open_with(&FILES, json!({}));
    editor.did_open(BASE.0, None);
    let edit = editor.ask("textDocument/rename", rename(&editor, BASE.0, (12, 20), "VC-LEVEL"));
    let changes = &edit["changes"][editor.uri(BASE.0)];
    let told: Vec<String> =
        changes.as_array().unwrap().iter().map(|edit| crate::editor::range(&edit["range"])).collect();
    assert_eq!(told, ["6:40-6:48", "12:17-12:25"]);
    editor.wait_shown("another variant category");
    assert_eq!(editor.end(), 0);
}

#[test]
fn what_is_no_id_or_would_change_more_than_a_name_is_refused() {
    let pattern = ("catalogs/kemang.yaml", "outlet: G2\nextends: [base.yaml]\nattach: {VC-PEDAS: ['ES-*']}\n");
    let mut editor = Editor::open(&[SETTINGS, BASE, KUTA, pattern]);
    for path in [BASE.0, KUTA.0, pattern.0] {
        editor.did_open(path, None);
    }
    let mut refused = |path: &str, at, new: &str| {
        let params = rename(&editor, path, at, new);
        editor.refused("textDocument/rename", params)
    };
    assert!(refused(KUTA.0, (1, 2), "x").contains("no id"));
    assert!(refused(KUTA.0, (0, 9), "G7").contains("GoFood's"));
    assert!(refused(BASE.0, (3, 22), "ES-TEH").contains("the name of another item: catalogs/base.yaml:10"));
    assert!(refused(BASE.0, (3, 22), "").contains("empty"));
    assert!(refused(BASE.0, (3, 22), "A B").contains("the files would be wrong"));
    let other = refused(BASE.0, (9, 24), "TEH");
    assert!(other.contains("the menu of outlet G2 would be another one"), "{other}");
    assert!(refused(pattern.0, (2, 23), "X").contains("pattern"));
    let place = editor.at(KUTA.0, 1, 2);
    assert!(editor.refused("textDocument/prepareRename", place).contains("no id or name here"));
    // A file that cannot be read may name it too.
    editor.did_change(pattern.0, 2, json!([{"text": "outlet: G2\nextends: [\n"}]));
    let params = rename(&editor, BASE.0, (3, 22), "NASI");
    assert!(editor.refused("textDocument/rename", params).contains("mend catalogs/kemang.yaml first"));
    assert_eq!(editor.end(), 0);
}

/// A layer of a season does not count today, but it will.
#[test]
fn a_rename_that_would_change_a_menu_later_is_refused() {
    let season = ("catalogs/season.yaml", "from: 2127-01-01\nattach: {VC-PEDAS: ['ES-*']}\n");
    let kuta = ("catalogs/kuta.yaml", "outlet: G1\nextends: [base.yaml, season.yaml]\n");
    let mut editor = Editor::open(&[SETTINGS, BASE, kuta, season]);
    editor.did_open(BASE.0, None);
    let params = rename(&editor, BASE.0, (9, 24), "TEH");
    let refused = editor.refused("textDocument/rename", params);
    assert!(refused.contains("the menu of outlet G1 would be another one"), "{refused}");
    let params = rename(&editor, BASE.0, (9, 24), "ES-MANIS");
    assert_eq!(edits(&editor.ask("textDocument/rename", params)).len(), 1);
    assert_eq!(editor.end(), 0);
}
