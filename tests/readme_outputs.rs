//! What `README.md` shows of the commands is what they print: the README is played with the real binary against the
//! stand-in server. `.ci/bless readme` rewrites the blocks.

#![allow(clippy::unwrap_used)]

#[path = "support/clock.rs"]
mod clock;

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use clock::clock_variables;
use menusync::sandbox::{self, Options};

/// What `init` writes, and where `menusync sandbox` listens.
const ADDRESS: &str = "127.0.0.1:8719";

/// A fenced block after a mark in a comment: a file, the output of a command, or (without a block) a file as it was at first.
struct Block<'a> {
    mark: &'a str,
    /// Where its text stands in the README.
    range: std::ops::Range<usize>,
}

fn blocks(readme: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    for (at, _) in readme.match_indices("<!-- ") {
        let mark = readme[at + 5..].split(" -->").next().unwrap();
        if mark.starts_with("again: ") {
            blocks.push(Block { mark, range: at..at });
            continue;
        }
        if !mark.starts_with("file: ") && !mark.starts_with("output: ") {
            continue;
        }
        let fence = at + readme[at..].find("```").unwrap();
        let start = fence + readme[fence..].find('\n').unwrap() + 1;
        let end = start + readme[start..].find("```").unwrap();
        blocks.push(Block { mark, range: start..end });
    }
    blocks
}

/// Replaces every UUID by one that is always the same.
fn steady(text: &str) -> String {
    let is_uuid = |word: &str| word.len() == 36 && word.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    let words = text.split_inclusive([' ', '\n']).map(|word| match word.trim_end() {
        bare if is_uuid(bare) => word.replace(bare, "5ce0f5e4-6a2e-4d6f-9e5b-0f4b4a7d3c11"),
        _ => word.to_owned(),
    });
    words.collect()
}

#[test]
fn the_commands_print_what_the_readme_shows() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let options = Options { register_unknown_outlets: true, ..Options::default() };
    let server = runtime.block_on(sandbox::start(options)).unwrap();
    let real = server.address().to_string();

    let begun = Command::new(env!("CARGO_BIN_EXE_menusync")).arg("init").arg(&root).output().unwrap();
    assert!(begun.status.success(), "{begun:?}");

    // Of each file that is shown, what it was at first: what `init` writes.
    let mut first: BTreeMap<&str, String> = BTreeMap::new();
    let mut shown = readme.clone();
    let mut shift = 0isize;
    for Block { mark, range } in blocks(&readme) {
        if let Some(file) = mark.strip_prefix("file: ") {
            let text = &readme[range];
            first.entry(file).or_insert_with(|| {
                let written = fs::read_to_string(root.join(file)).unwrap();
                assert!(written.contains(text), "{file} of `init`:\n{written}");
                written
            });
            fs::write(root.join(file), text.replace(ADDRESS, &real)).unwrap();
            continue;
        }
        if let Some(file) = mark.strip_prefix("again: ") {
            fs::write(root.join(file), &first[file]).unwrap();
            continue;
        }
        let command = mark.strip_prefix("output: menusync ").unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_menusync"))
            .args(command.split(' '))
            .current_dir(&root)
            .env_clear()
            .envs(clock_variables())
            .env("MENUSYNC_STATE_DIR", directory.path().join("state"))
            .env("MENUSYNC_CLIENT_ID", "sandbox")
            .env("MENUSYNC_CLIENT_SECRET", "sandbox")
            .output()
            .unwrap();
        // `apply` shows its plan there; otherwise nothing is odd.
        assert!(output.stderr.is_empty() || command.starts_with("apply"), "{command}: {output:?}");
        let printed = steady(&String::from_utf8(output.stdout).unwrap()).replace(&real, ADDRESS);
        let there = |at: usize| at.checked_add_signed(shift).unwrap();
        shown.replace_range(there(range.start)..there(range.end), &printed);
        shift += printed.len() as isize - range.len() as isize;
    }
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(&path, &shown).unwrap();
        return;
    }
    assert_same(&readme, &shown);
}

/// Shows the first line that differs instead of two whole files.
fn assert_same(readme: &str, shown: &str) {
    for (number, (written, printed)) in readme.lines().zip(shown.lines()).enumerate() {
        assert_eq!(written, printed, "README.md line {}: `.ci/bless readme` rewrites what commands print", number + 1);
    }
    assert_eq!(readme, shown, "`.ci/bless readme` rewrites what commands print");
}
