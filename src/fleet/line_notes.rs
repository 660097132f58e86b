//! Who wrote the lines that guards hold.

use std::{collections::BTreeMap, path::Path};

use jiff::tz::TimeZone;

use crate::{
    report::LineNote,
    source::{LineOrigin, line_origins},
};

/// At most so many lines are asked for (our choice): each is a call of git.
pub const MOST_LINES: usize = 12;

/// Who wrote these lines, by `file:line`, with days in a zone; waits for git. Nothing of those that it does not know.
pub fn line_notes(root: &Path, lines: &[(String, u32)], zone: &TimeZone) -> BTreeMap<String, LineNote> {
    let lines = &lines[..lines.len().min(MOST_LINES)];
    if lines.is_empty() {
        return BTreeMap::new();
    }
    let found = line_origins(root, lines);
    let note = |LineOrigin { commit, author, at }| LineNote {
        commit: commit.map(|commit| commit.chars().take(8).collect()),
        author,
        date: at.to_zoned(zone.clone()).strftime("%Y-%m-%d").to_string(),
    };
    let pairs = lines.iter().zip(found);
    pairs.filter_map(|((file, line), origin)| Some((format!("{file}:{line}"), note(origin?)))).collect()
}
