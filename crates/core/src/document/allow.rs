//! `# menusync: allow(code) reason`: comments that excuse what stands beside them. Which codes there are, and which of them
//! may be excused, is for `rules` to say.
//!
//! The parser says what is a comment, so a `#` inside a text is never taken for one. JSON has no comments.

use granit_parser::{Event, Parser};

use super::{Pos, SourceFile, Span, Spanned};
use crate::diagnostic::{Diagnostic, Place};

/// How a comment for this tool begins, after the `#`.
const MARK: &str = "menusync:";
/// What one has to look like.
const FORM: &str = "write `# menusync: allow(code) reason`, or `allow(code, code) reason`";

/// A comment that excuses what stands on its line, or on the next one if it stands alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// The codes, as written.
    pub codes: Vec<Spanned<String>>,
    /// What follows the closing bracket, trimmed; may be empty.
    pub reason: String,
    /// The whole comment.
    pub place: Place,
    /// The last line that it speaks for; the first is its own.
    pub last_line: u32,
}

/// All such comments of a text that the parser can read, and what is wrong with their form.
pub(super) fn allows(file: &SourceFile) -> (Vec<Allow>, Vec<Diagnostic>) {
    let (mut allows, mut wrong) = (Vec::new(), Vec::new());
    // Comments cost the parser buffers that all other files need not pay for.
    if !file.text.contains(MARK) || file.path.ends_with(".json") {
        return (allows, wrong);
    }
    let comments = comments(&file.text);
    let lines: Vec<&str> = file.text.lines().collect();
    let last_lines = last_lines(&comments, &lines);
    for ((text, span), last_line) in comments.iter().zip(last_lines) {
        let Some(rest) = text.trim_start().strip_prefix(MARK) else { continue };
        let place = span.in_file(&file.path);
        match split(rest) {
            Some((codes, reason)) => {
                allows.push(Allow { codes: spanned(codes, text, &place), reason: reason.to_owned(), last_line, place })
            }
            None => wrong.push(
                Diagnostic::warning("allow-format", place, "this comment is not understood, so it excuses nothing")
                    .help(FORM),
            ),
        }
    }
    (allows, wrong)
}

/// Every comment with its text after the `#`.
fn comments(text: &str) -> Vec<(String, Span)> {
    let options = granit_parser::options! {
        emit_unresolved_aliases: true,
        emit_comments: true,
        max_buffered_comment_events: usize::MAX,
    };
    let events = Parser::new_from_str_with_options(text, options).map_while(Result::ok);
    let comments = events.filter_map(|(event, span)| match event {
        Event::Comment(text, _) => Some((text.into_owned(), Span::of(&span))),
        _ => None,
    });
    comments.collect()
}

/// What stands inside the brackets and what follows them.
fn split(rest: &str) -> Option<(&str, &str)> {
    let inside = rest.trim_start().strip_prefix("allow")?.trim_start().strip_prefix('(')?;
    let (codes, reason) = inside.split_once(')')?;
    let is_code = |code: &str| {
        let code = code.trim();
        !code.is_empty() && code.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    };
    codes.split(',').all(is_code).then(|| (codes, reason.trim_start_matches([':', '-', ' ', '\t']).trim_end()))
}

/// The codes, each where it stands. `codes` is a part of `comment`, which begins after the `#` at `place`.
fn spanned(codes: &str, comment: &str, place: &Place) -> Vec<Spanned<String>> {
    let before = comment.split_once('(').map_or(0, |(before, _)| before.chars().count() + 1);
    let mut column = place.column + 1 + u32::try_from(before).unwrap_or(0);
    let mut found = Vec::new();
    for code in codes.split(',') {
        // All is ASCII here, so bytes are columns.
        let width = |text: &str| u32::try_from(text.len()).unwrap_or(0);
        let start = column + width(code) - width(code.trim_start());
        let end = start + width(code.trim());
        let place = Place { column: start, end_line: place.line, end_column: end, ..place.clone() };
        found.push(Spanned { value: code.trim().to_owned(), place });
        column += width(code) + 1;
    }
    found
}

/// The last line that each comment speaks for. One that is alone on its line speaks for the next line that is not a comment
/// as well. From the end, so that a long run of comments is walked once.
fn last_lines(comments: &[(String, Span)], lines: &[&str]) -> Vec<u32> {
    let mut last: Vec<u32> = Vec::with_capacity(comments.len());
    // The first line of the run of comments met last, and the line after that run.
    let (mut begin, mut after) = (0, 0);
    for (_, span) in comments.iter().rev() {
        let Pos { line, column } = span.start;
        if !is_alone(lines, line, column) {
            last.push(line);
            continue;
        }
        let next = line.saturating_add(1);
        after = if next == begin { after } else { next };
        begin = line;
        last.push(after);
    }
    last.reverse();
    last
}

/// Whether there are only spaces before this column.
fn is_alone(lines: &[&str], line: u32, column: u32) -> bool {
    let text = usize::try_from(line).ok().and_then(|line| lines.get(line.checked_sub(1)?));
    let before = usize::try_from(column).unwrap_or(usize::MAX).saturating_sub(1);
    text.is_some_and(|text| text.chars().take(before).all(|c| c.is_whitespace() || c == '\u{feff}'))
}
