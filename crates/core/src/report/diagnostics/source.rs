//! The lines that diagnostics stand in, found quickly and made safe to show.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    ops::Range,
    rc::Rc,
    sync::Arc,
};

use crate::{diagnostic::Place, report::untrusted::is_harmful};

/// What begins after this column is not shown: a whole menu in one line of JSON would only be noise.
const MAX_COLUMN: usize = 2000;
/// So much of a line is shown at most; the renderer cuts it to the width of the terminal around what is marked.
const MAX_SHOWN: usize = MAX_COLUMN + 500;

/// Gives the text of a file.
pub(super) type Sources<'a> = &'a dyn Fn(&str) -> Option<Arc<str>>;

/// A text that knows where its lines begin.
pub(super) struct Lines {
    text: Arc<str>,
    /// Byte offset of every line's first character.
    starts: Vec<usize>,
}

impl Lines {
    fn new(text: Arc<str>) -> Self {
        let bytes = text.as_bytes();
        // YAML's line breaks: LF, CR LF and CR alone.
        let ends_line = |i: usize| bytes[i] == b'\n' || (bytes[i] == b'\r' && bytes.get(i + 1) != Some(&b'\n'));
        let starts = std::iter::once(0).chain((0..bytes.len()).filter(|i| ends_line(*i)).map(|i| i + 1)).collect();
        Self { text, starts }
    }

    /// The line with this number (from 1) as it can be shown: every harmful character is replaced by one harmless one,
    /// so that columns still count.
    pub(super) fn line(&self, number: u32) -> Option<String> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        let start = *self.starts.get(index)?;
        let end = self.starts.get(index + 1).copied().unwrap_or(self.text.len());
        let line = self.text.get(start..end)?.trim_end_matches(['\n', '\r']);
        let shown = line.chars().take(MAX_SHOWN).map(visible).collect();
        Some(without_passwords(shown))
    }
}

/// Covers what stands between `://` and `@` in an address: a password that was written where many can read it shall not be in
/// a log as well. Every character by one, so that columns still count.
fn without_passwords(line: String) -> String {
    if !line.contains("://") || !line.contains('@') {
        return line;
    }
    let mut shown = String::with_capacity(line.len());
    let mut rest = line.as_str();
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        shown.push_str(before);
        let end = after.find(|c: char| c.is_whitespace() || "/?#\"'`,".contains(c)).unwrap_or(after.len());
        let user = after[..end].rfind('@').unwrap_or(0);
        shown.extend(after[..user].chars().map(|_| '*'));
        rest = &after[user..];
    }
    shown.push_str(rest);
    shown
}

/// A character of the same width of one column that shows what is there. Tabs are the renderer's.
fn visible(c: char) -> char {
    match c {
        '\t' => c,
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        c if is_harmful(c) => '\u{fffd}',
        c => c,
    }
}

/// The texts of files, each asked for and indexed once.
pub(super) struct Files<'a> {
    sources: Sources<'a>,
    known: RefCell<HashMap<Arc<str>, Option<Rc<Lines>>>>,
}

impl<'a> Files<'a> {
    pub(super) fn new(sources: Sources<'a>) -> Self {
        Self { sources, known: RefCell::new(HashMap::new()) }
    }

    /// The lines of a file, if its text is at hand.
    pub(super) fn get(&self, file: &Arc<str>) -> Option<Rc<Lines>> {
        let mut known = self.known.borrow_mut();
        let lines = || (self.sources)(file).map(|text| Rc::new(Lines::new(text)));
        known.entry(Arc::clone(file)).or_insert_with(lines).clone()
    }
}

/// Whether a line gives a value to a key that sounds like a secret: somebody wrote it where it does not belong, and what is told
/// of that ends in the log of a pull request.
fn may_hold_secret(line: &str) -> bool {
    let word_before = |text: &str| {
        let end = text.trim_end().trim_end_matches(['"', '\'']);
        let word = end.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').next();
        word.unwrap_or_default().to_ascii_lowercase()
    };
    let mut keys = line.match_indices(':').map(|(at, _)| word_before(&line[..at]));
    keys.any(|key| {
        let sounds = ["secret", "password", "token", "client_id"].iter().any(|word| key.contains(word)) || key == "url";
        sounds && !key.ends_with("_file")
    })
}

/// Some consecutive lines of one file.
pub(super) struct Window {
    /// Number of the first line.
    pub(super) first: u32,
    /// The lines, with `\n` between them.
    pub(super) text: String,
    /// Byte offset and text of every line.
    lines: BTreeMap<u32, (usize, String)>,
}

impl Window {
    /// The lines from `first` to `last`; `None` if the file has no such lines, or one that may hold a secret.
    pub(super) fn new(lines: &Lines, first: u32, last: u32) -> Option<Self> {
        let mut window = Self { first, text: String::new(), lines: BTreeMap::new() };
        for number in first..=last {
            let line = lines.line(number).filter(|line| !may_hold_secret(line))?;
            if number > first {
                window.text.push('\n');
            }
            let offset = window.text.len();
            window.text.push_str(&line);
            window.lines.insert(number, (offset, line));
        }
        Some(window)
    }

    /// The bytes of the window that a place covers, never outside it. What goes over several lines is marked on its
    /// first; what is empty is widened to one character. `None` if the place is not in the window.
    pub(super) fn span(&self, place: &Place) -> Option<Range<usize>> {
        let (offset, line) = self.lines.get(&place.line)?;
        let start = usize::try_from(place.column).ok()?.checked_sub(1).filter(|start| *start <= MAX_COLUMN)?;
        let length = line.chars().count();
        let start = start.min(length);
        let end = if place.end_line > place.line {
            line.trim_end().chars().count()
        } else {
            usize::try_from(place.end_column).ok()?.saturating_sub(1)
        };
        let end = end.max(start + 1).min(length);
        Some(offset + byte_of(line, start)..offset + byte_of(line, end))
    }
}

/// Byte offset of the character with this index; the end of the line if there is none.
fn byte_of(line: &str, index: usize) -> usize {
    line.char_indices().nth(index).map_or(line.len(), |(byte, _)| byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_an_address_is_covered() {
        for (line, shown) in [
            ("proxy: http://me:pw@h.id:1/", "proxy: http://*****@h.id:1/"),
            ("a: [https://u:p@x@h, 'http://k@h']", "a: [https://*****@h, 'http://*@h']"),
            ("see https://h.id/@me and a@b://", "see https://h.id/@me and a@b://"),
            ("menu: 10 @ 2", "menu: 10 @ 2"),
        ] {
            assert_eq!(without_passwords(line.to_owned()), shown);
        }
    }
}
