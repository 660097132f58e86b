//! The extension for VS Code.

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};

use crate::tools;

#[test]
fn a_repository_does_not_choose_the_program() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("editors/vscode");
    let package: Value = serde_json::from_str(&fs::read_to_string(folder.join("package.json")).unwrap()).unwrap();
    let settings = &package["contributes"]["configuration"]["properties"];
    assert_eq!(
        (&settings["menusync.path"]["scope"], &settings["menusync.path"]["default"]),
        (&json!("machine"), &json!("menusync"))
    );
    assert_eq!(package["capabilities"]["untrustedWorkspaces"]["supported"], false);
    assert_eq!(package["version"], env!("CARGO_PKG_VERSION"));
    let read_me = fs::read_to_string(folder.join("README.md")).unwrap();
    assert!(read_me.contains(&format!("menusync-{}.vsix", env!("CARGO_PKG_VERSION"))));
}

/// Opens folders in the extension: what it started before and after all but the first were closed, and what people were shown.
fn opened(root: &Path, folders: &[&str], missing: &str) -> String {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut node = Command::new("node");
    node.arg(here.join("tests/deploy/vscode.js")).arg(here.join("editors/vscode/extension.js")).arg(missing);
    let output = node.args(folders.iter().map(|folder| root.join(folder))).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    serde_json::to_string_pretty(&told).unwrap().replace(root.to_str().unwrap(), "ROOT")
}

#[test]
fn it_starts_one_language_server_for_each_root_and_ends_them_all() {
    if !tools::are_here(&["node"]) {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    for dir in ["sari [1]/catalogs/bali", "both/tebet", "both/docs", "gone", "none"] {
        fs::create_dir_all(root.path().join(dir)).unwrap();
    }
    for dir in ["sari [1]", "both/tebet", "gone"] {
        fs::write(root.path().join(dir).join("menusync.yaml"), "target: sandbox\n").unwrap();
    }
    insta::assert_snapshot!(opened(root.path(), &["sari [1]/catalogs", "sari [1]", "both", "gone", "none"], "gone"));
}
