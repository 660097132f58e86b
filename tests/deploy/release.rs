//! What releases are made with: the workflow, the formula and the flake that a script fills, the files that the crates have.

use std::{fs, path::Path};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    tools::are_here,
    workflow::{parse, shell},
    world::project_file,
};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const TARGETS: [&str; 4] =
    ["aarch64-apple-darwin", "aarch64-unknown-linux-musl", "x86_64-apple-darwin", "x86_64-unknown-linux-musl"];

/// `deploy/release/finish.sh` over files of these names; exit code and log.
fn finish(out: &TempDir, names: &[String], repository: &str) -> (i32, String) {
    for name in names {
        fs::write(out.path().join(name), name).unwrap();
    }
    let environment = [
        ("PATH".to_owned(), std::env::var("PATH").unwrap()),
        ("MENUSYNC_OUT".to_owned(), out.path().display().to_string()),
        ("SOURCE_DATE_EPOCH".to_owned(), "0".to_owned()),
    ];
    let script = format!("bash deploy/release/finish.sh '{repository}'");
    shell(&script, Path::new(env!("CARGO_MANIFEST_DIR")), &environment.into())
}

fn archives() -> Vec<String> {
    TARGETS.iter().map(|target| format!("menusync-{VERSION}-{target}.tar.gz")).collect()
}

#[test]
fn formula_and_flake_name_every_archive_with_its_checksum() {
    if !are_here(&["bash", "sed", "awk", "sha256sum"]) {
        return;
    }
    let out = TempDir::new().unwrap();
    fs::write(out.path().join("menusync-0.0.9-x86_64-unknown-linux-musl.tar.gz"), "old").unwrap();
    let (code, log) = finish(&out, &archives(), "https://forge.example/sari/menusync");
    assert_eq!(code, 0, "{log}");
    let sums = fs::read_to_string(out.path().join("SHA256SUMS")).unwrap();
    assert_eq!(sums.lines().count(), TARGETS.len(), "{sums}");
    for name in ["menusync.rb", "flake.nix"] {
        let text = fs::read_to_string(out.path().join(name)).unwrap();
        assert!(!text.contains('@'), "{name} has something that is not filled:\n{text}");
        assert!(text.contains("https://forge.example/sari/menusync/releases/download/v"), "{text}");
        for (line, target) in sums.lines().zip(TARGETS) {
            let (sum, file) = line.split_once("  ").unwrap();
            assert_eq!(file, format!("menusync-{VERSION}-{target}.tar.gz"));
            let after = text.split(target).nth(1).unwrap_or_else(|| panic!("{name} lacks {target}"));
            let next = after.split("sha256").nth(1).unwrap();
            assert_eq!(next.split('"').nth(1), Some(sum), "{name}: {target}");
        }
    }
}

#[test]
fn a_formula_that_lacks_a_machine_is_not_written() {
    if !are_here(&["bash", "sed", "awk", "sha256sum"]) {
        return;
    }
    let out = TempDir::new().unwrap();
    fs::write(out.path().join("menusync.rb"), "of an earlier run").unwrap();
    let (code, log) = finish(&out, &archives()[1..], "https://forge.example/sari/menusync");
    assert!(code == 0 && log.contains("no menusync.rb: there is no archive for aarch64-apple-darwin"), "{log}");
    assert!(!out.path().join("menusync.rb").exists() && !out.path().join("flake.nix").exists());

    let out = TempDir::new().unwrap();
    for (names, repository) in [
        (vec![], "https://forge.example/menusync"),
        (archives(), "https://x.example/\"; system \"id"),
        (archives(), ""),
    ] {
        let (code, log) = finish(&out, &names, repository);
        assert_eq!(code, 1, "{log}");
        assert!(!out.path().join("menusync.rb").exists(), "{log}");
    }
}

fn jobs(workflow: &Value) -> impl Iterator<Item = (&String, &Value)> {
    workflow["jobs"].as_object().unwrap().iter()
}

#[test]
fn only_the_last_job_of_a_release_may_write_and_no_action_may_change() {
    let workflow = parse(&project_file(".github/workflows/release.yml"));
    assert_eq!(workflow["permissions"].as_object().unwrap().len(), 0);
    let mut scripts = 0;
    for (name, job) in jobs(&workflow) {
        let rights: Vec<&str> = job["permissions"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, how)| *how == "write")
            .map(|(what, _)| &**what)
            .collect();
        let expected: &[&str] = if name == "release" { &["attestations", "contents", "id-token"] } else { &[] };
        assert_eq!(rights, expected, "{name}");
        assert!(job["timeout-minutes"].as_u64().unwrap() <= 120);
        for step in job["steps"].as_array().unwrap() {
            if let Some(uses) = step["uses"].as_str() {
                let commit = uses.split_once('@').unwrap().1;
                assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{uses}");
            }
            let run = step["run"].as_str().unwrap_or_default();
            assert!(!run.contains("${{"), "{run}");
            for word in run.split_whitespace().filter(|word| word.starts_with("deploy/")) {
                assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(word).exists(), "{word}");
                scripts += 1;
            }
        }
    }
    assert!(scripts >= 7, "{scripts}");
    assert_eq!(
        workflow["jobs"]["release"]["needs"],
        serde_json::json!(["linux", "mac"]),
        "nothing is handed out untried"
    );
}

/// The paths of packages are in `Cargo.toml`, what lies there is laid by a script: one must not name what the other lacks.
#[test]
fn packages_have_what_the_script_lays_out() {
    let manifest = project_file("Cargo.toml");
    let script = project_file("deploy/release/packages.sh");
    let of = |section: &str| -> Vec<String> {
        let (_, rest) = manifest.split_once(&format!("[package.metadata.{section}]")).unwrap();
        let assets = rest.split_once("assets = [").unwrap().1.split_once("\n]").unwrap().0;
        let paths = assets.split("target/release-files/root/").skip(1);
        paths.map(|path| path.split('"').next().unwrap().to_owned()).collect()
    };
    let (deb, rpm) = (of("deb"), of("generate-rpm"));
    assert_eq!(deb, rpm);
    assert!(deb.len() >= 10, "{deb:?}");
    for path in &deb {
        let directory = path.split("/*").next().unwrap().trim_end_matches("/deploy/");
        assert!(script.contains(directory), "packages.sh puts nothing into {directory}");
    }
    let laid: Vec<&str> = script
        .lines()
        .filter_map(|line| line.trim().strip_prefix("put "))
        .filter_map(|rest| rest.split_whitespace().nth(2))
        .map(|path| path.trim_matches('"'))
        .collect();
    assert!(laid.len() >= 10, "{laid:?}");
    for path in laid {
        let (directory, _) = path.split_once("/$").or_else(|| path.rsplit_once('/')).unwrap();
        assert!(deb.iter().any(|known| known.starts_with(directory)), "no package takes {path}");
    }
}

#[test]
fn every_crate_says_what_a_registry_asks_for() {
    for manifest in ["Cargo.toml", "crates/core/Cargo.toml", "crates/sandbox/Cargo.toml"] {
        let text = project_file(manifest);
        let package = text.split_once("[package]\n").unwrap().1.split("\n[").next().unwrap();
        for key in
            ["description = ", "readme = ", "license.workspace = true\n", "keywords.workspace", "categories.workspace"]
        {
            assert!(package.contains(key), "{manifest} lacks {key}: {package}");
        }
        // `deploy/release/publish.sh` writes the address after the licence.
        assert!(!text.contains("\nrepository"), "{manifest}");
    }
}
