//! The programs that the scripts need, and that a machine with a Rust toolchain may not have.

use std::io::Write as _;

/// Whether all of them are there. Where a test must not be left out (`ALL_TOOLS`, which `.ci/run` sets), one that is missing
/// fails it.
pub(crate) fn are_here(tools: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap();
    let is_here = |tool: &&&str| std::env::split_paths(&path).any(|room| room.join(tool).is_file());
    let missing: Vec<&&str> = tools.iter().filter(|tool| !is_here(tool)).collect();
    assert!(missing.is_empty() || std::env::var_os("ALL_TOOLS").is_none(), "there is no {missing:?}");
    if !missing.is_empty() {
        let _ = writeln!(std::io::stderr(), "left out: there is no {missing:?}");
    }
    missing.is_empty()
}
