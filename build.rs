//! Tells `--version` which commit a release is of. Debug builds are not told: each commit would build them anew.

use std::{fs, path::Path, process::Command};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let of = if release { packaged().or_else(checked_out) } else { Some("debug build".to_owned()) };
    let version = env!("CARGO_PKG_VERSION");
    println!("cargo::rustc-env=MENUSYNC_VERSION={version}{}", of.map_or(String::new(), |of| format!(" ({of})")));
}

/// The commit that `cargo package` wrote beside the manifest; it knows no date.
fn packaged() -> Option<String> {
    let text = fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let (_, rest) = text.split_once("\"sha1\": \"")?;
    rest.get(..12).filter(|hash| hash.bytes().all(|b| b.is_ascii_hexdigit())).map(str::to_owned)
}

/// The commit of the checkout and its date, such as `1f3a9c04b2d1 2026-11-29`; with `, changed` if tracked files are not as
/// it has them.
fn checked_out() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
    };
    // A checkout around an unpacked archive is another project's.
    let here = Path::new(&git(&["rev-parse", "--show-toplevel"])?).canonicalize().ok()?;
    if here != Path::new(env!("CARGO_MANIFEST_DIR")).canonicalize().ok()? {
        return None;
    }
    for watched in ["HEAD", "logs/HEAD", "index"] {
        println!("cargo::rerun-if-changed={}", git(&["rev-parse", "--git-path", watched])?);
    }
    let commit = git(&["log", "-1", "--abbrev=12", "--format=%h %cs"])?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no"])?;
    Some(if changed.is_empty() { commit } else { format!("{commit}, changed") })
}
