//! Changes that do not arrive: nothing is said of a text that the editor does not have any more.

use serde_json::{Value, json};

use crate::{BASE, FILES, KUTA, editor::Editor, stretch};

const UNFORMATTED: &str = "outlet: G1\nname:   Kuta\nextends: [base.yaml]\n";

fn format(editor: &mut Editor, path: &str) -> Value {
    let question = editor.formatting(path);
    editor.ask("textDocument/formatting", question)
}

/// Why a rename of `NG`, which both files name, is refused; asked where the base has it.
fn rename(editor: &mut Editor) -> String {
    let mut question = editor.at(BASE.0, 3, 22);
    question["newName"] = "NASI".into();
    editor.refused("textDocument/rename", question)
}

#[test]
fn a_change_without_a_version_is_one() {
    let mut editor = Editor::open(&FILES);
    editor.did_open(KUTA.0, None);
    let document = json!({"uri": editor.uri(KUTA.0), "version": null});
    let changes = stretch(4, 2, 4, "NX");
    editor.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": changes}));
    editor.wait_for(KUTA.0, &["unknown-patch-target 4:2-4:4"]);
    assert_eq!(editor.shown, [""; 0]);
    assert_eq!(editor.end(), 0);
}

#[test]
fn a_change_that_cannot_be_read_has_its_document_forgotten() {
    let mut editor = Editor::open(&FILES);
    editor.did_open(BASE.0, None);
    editor.did_open(KUTA.0, Some(&format!("{UNFORMATTED}items: {{NG: {{price: 1000}}}}\n")));
    for _ in 0..2 {
        editor.did_change(KUTA.0, 2, json!([{"range": {"start": {"line": -1, "character": 0}}, "text": "x"}]));
        // What comes after it is about a text that is not known.
        editor.did_change(KUTA.0, 3, stretch(0, 0, 0, "x"));
        assert_eq!(format(&mut editor, KUTA.0), Value::Null);
    }
    let lost = "menusync: a message of the editor was lost, so what stands in `catalogs/kuta.yaml` is not known: \
                what is on disk counts; close and open again what you edit";
    assert_eq!(editor.shown, [lost]);
    let why = rename(&mut editor);
    assert!(why.contains("what stands in catalogs/kuta.yaml in the editor is not known"), "{why}");
    editor.did_open(KUTA.0, Some(UNFORMATTED));
    assert_ne!(format(&mut editor, KUTA.0), Value::Null);
    assert_eq!(editor.end(), 0);
}

/// Half of a character of two halves, as JavaScript cuts it.
#[test]
fn a_message_that_is_no_json_may_have_been_a_change_of_any_document() {
    let mut editor = Editor::open(&FILES);
    editor.did_open(KUTA.0, Some(UNFORMATTED));
    assert_ne!(format(&mut editor, KUTA.0), Value::Null);
    let cut = r#"{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"text":"\ud83c"}}"#;
    editor.send_body(cut);
    editor.send_body(cut);
    assert_eq!(format(&mut editor, KUTA.0), Value::Null);
    let [shown] = &editor.shown[..] else { panic!("{:?}", editor.shown) };
    assert!(shown.contains("what stands in the open files is not known"), "{shown}");
    // Another file may be open, and what it was opened with lost.
    editor.did_open(BASE.0, None);
    let why = rename(&mut editor);
    assert!(why.contains("what stands in catalogs/kuta.yaml in the editor is not known"), "{why}");
    editor.did_open(KUTA.0, Some(KUTA.1));
    let mut question = editor.at(BASE.0, 3, 22);
    question["newName"] = "NASI".into();
    assert_ne!(editor.ask("textDocument/rename", question), Value::Null);
    assert_eq!(editor.end(), 0);
}
