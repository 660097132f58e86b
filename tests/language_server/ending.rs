//! How it ends: when it is asked to, when the editor is gone, and when what comes is no message.

use std::{
    fs::{self, Permissions},
    io::{Read as _, Write as _},
    os::unix::fs::PermissionsExt as _,
};

use serde_json::{Value, json};

use crate::{
    FILES,
    editor::{Editor, command},
};

#[test]
fn it_ends_when_it_is_asked_to_and_answers_nothing_after_that() {
    let mut editor = Editor::open(&FILES);
    editor.ask("shutdown", Value::Null);
    let place = editor.at("catalogs/kuta.yaml", 0, 0);
    assert!(editor.refused("textDocument/hover", place).contains("after `shutdown`"));
    editor.tell("exit", Value::Null);
    assert_eq!(editor.exit_code(), 0);
    let mut hasty = Editor::open(&FILES);
    hasty.tell("exit", Value::Null);
    assert_eq!(hasty.exit_code(), 1);
}

#[test]
fn an_editor_that_is_gone_ends_it() {
    assert_eq!(Editor::open(&FILES).die(), 1);
}

/// Another program of the machine that hangs keeps nobody waiting: none is started.
#[test]
fn no_git_is_asked() {
    let git = ("bin/git", "#!/bin/sh\necho asked > asked\nexec sleep 1000\n");
    let files: Vec<_> = FILES.iter().copied().chain([git]).collect();
    let mut editor = Editor::open(&files);
    let git = editor.root.path().join("bin/git");
    fs::set_permissions(&git, Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(editor.root.path().join(".git")).unwrap();
    editor.tell("workspace/didChangeWatchedFiles", json!({"changes": []}));
    editor.did_open("catalogs/kuta.yaml", Some("outlet: G1\nextends: [bas.yaml]\n"));
    editor.wait_for("catalogs/kuta.yaml", &["unknown-layer 1:10-1:18"]);
    assert!(!editor.root.path().join("asked").exists());
    assert_eq!(editor.end(), 0);
}

#[test]
fn what_is_no_question_of_ours_is_refused_and_it_goes_on() {
    let mut editor = Editor::open(&FILES);
    assert!(editor.refused("workspace/executeCommand", json!({"command": "rm"})).contains("does not answer"));
    assert!(editor.refused("textDocument/hover", json!({"position": 3})).contains("textDocument/hover"));
    editor.tell("textDocument/didChange", json!({"nothing": []}));
    editor.tell("$/setTrace", json!({"value": "off"}));
    editor.send(&json!([1, "a", null]));
    // Outside of the root nothing is answered, and nothing is kept.
    editor.tell(
        "textDocument/didOpen",
        json!({"textDocument": {"uri": "file:///etc/passwd", "version": 1, "text": "a: ["}}),
    );
    let elsewhere = json!({"textDocument": {"uri": "file:///etc/passwd"}, "position": {"line": 0, "character": 0}});
    assert_eq!(editor.ask("textDocument/hover", elsewhere), Value::Null);
    assert_eq!(editor.end(), 0);
}

#[test]
fn garbage_ends_it_with_words_and_no_panic() {
    let root = tempfile::tempdir().unwrap();
    let garbage = [
        "hello\r\n\r\n",
        "Content-Length: 99999999999999999\r\n\r\n{}",
        "\u{0}\u{1}\u{2}\n",
        "Content-Length: 2\n\n{}",
    ];
    for garbage in garbage {
        let mut child = command(root.path()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(garbage.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{garbage}: {errors}");
        assert!(
            errors.starts_with("error: what came on stdin is no message of the Language Server Protocol"),
            "{errors}"
        );
    }
}

#[test]
fn a_body_that_is_no_json_is_answered() {
    let root = tempfile::tempdir().unwrap();
    let mut child = command(root.path()).spawn().unwrap();
    let nested = "[".repeat(100_000);
    let mut input = child.stdin.take().unwrap();
    for body in ["{", &nested] {
        input.write_all(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).unwrap();
    }
    drop(input);
    let mut answers = String::new();
    child.stdout.take().unwrap().read_to_string(&mut answers).unwrap();
    child.wait().unwrap();
    assert_eq!(answers.matches("this is no JSON").count(), 2, "{answers}");
}
