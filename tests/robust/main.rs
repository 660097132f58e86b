//! Input that nobody should write: the corpus of the fuzz targets, replayed, and roots that are too large, too deep or no files
//! at all, through the real binary.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // the name of the entry that fails

#[path = "../../fuzz/checks.rs"]
mod checks;
#[cfg(unix)]
mod roots;
#[path = "../../fuzz/shell_checks.rs"]
mod shell_checks;

use std::{fs, path::Path};

/// Runs a target on every entry of its corpus.
fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let entries: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(entries.len() >= 5, "{} has {} entries", folder.display(), entries.len());
    for entry in entries {
        println!("{}", entry.display());
        check(&fs::read(&entry).unwrap());
    }
}

#[test]
fn the_corpus_of_the_yaml_reader_holds() {
    replay("yaml_reader", checks::yaml_reader);
}

/// Settings are YAML too.
#[test]
fn the_corpus_of_the_yaml_reader_holds_for_settings() {
    replay("yaml_reader", shell_checks::settings);
}

#[test]
fn the_corpus_of_the_definitions_holds() {
    replay("definitions", checks::definitions);
}

#[test]
fn the_corpus_of_the_sheets_holds() {
    replay("sheet", checks::sheet);
}

#[test]
fn the_corpus_of_the_wire_holds() {
    replay("wire", shell_checks::wire);
}

#[test]
fn the_corpus_of_the_photos_holds() {
    replay("photo", shell_checks::photo);
}
