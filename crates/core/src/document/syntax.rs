//! Syntax errors in words for people who do not know how a YAML parser works.

use std::sync::Arc;

use granit_parser::{ErrorKind as Kind, ScanError};

use super::{
    Pos, Span,
    indentation::{self, Slip},
    limits::{Fatal, MAX_DEPTH},
};
use crate::diagnostic::Diagnostic;

/// The diagnostic for what the parser stumbled over; `bracket` is the `[` or `{` that was not closed yet, if any.
pub(super) fn explain(file: &Arc<str>, text: &str, error: &ScanError, bracket: Option<Span>) -> Fatal {
    let start = Pos::of(error.marker());
    let (code, message, help) = match is_about_lines(error.kind(), bracket) && begins_with_tab(text, start.line) {
        true => (TAB_INDENTATION.0, Some(TAB_INDENTATION.1.to_owned()), TAB_INDENTATION.2),
        false => words(error.kind()),
    };
    let start = if code == TAB_INDENTATION.0 { tab_at_or_after(text, start).unwrap_or(start) } else { start };
    if let Some(Slip { span, message, help }) =
        indentation::find(text, start).filter(|_| is_about_lines(error.kind(), bracket) && code != TAB_INDENTATION.0)
    {
        return Box::new(Diagnostic::error("syntax", span.in_file(file), message).help(help));
    }
    let span = Span { start, end: Pos { column: start.column.saturating_add(1), ..start } };
    let message = message.unwrap_or_else(|| format!("cannot be read: {}", error.kind()));
    let diagnostic = Diagnostic::error(code, span.in_file(file), message).help(help);
    Box::new(match bracket {
        Some(bracket) => diagnostic.related(bracket.in_file(file), "inside of what opens here"),
        None => diagnostic,
    })
}

/// Whether the parser stumbles over where a line begins or over the space that it wants there.
fn is_about_lines(kind: &Kind, bracket: Option<Span>) -> bool {
    bracket.is_none()
        && matches!(
            kind,
            Kind::MappingValueNotAllowed
                | Kind::ExpectedBlockMappingKey
                | Kind::ExpectedBlockSequenceEntry
                | Kind::BlockSequenceEntryNotAllowed
                | Kind::SimpleKeyExpected
                | Kind::InvalidSimpleKey
        )
}

/// Whether a tab is what a line begins with, after spaces: to the parser that is white space like any other there.
fn begins_with_tab(text: &str, line: u32) -> bool {
    let at = usize::try_from(line).ok().and_then(|line| line.checked_sub(1));
    at.and_then(|at| text.lines().nth(at)).is_some_and(|line| line.trim_start_matches(' ').starts_with('\t'))
}

/// The first tab that indents a line. Where it continues a plain text, the parser points to where that text began.
fn tab_at_or_after(text: &str, start: Pos) -> Option<Pos> {
    let lines = (1..).zip(text.lines()).skip_while(|(line, _)| *line < start.line);
    lines.into_iter().find_map(|(line, text)| {
        let spaces = text.chars().take_while(|c| *c == ' ').count();
        let column = u32::try_from(spaces).ok()?.saturating_add(1);
        let is_new = line > start.line || column >= start.column;
        (text[spaces..].starts_with('\t') && is_new).then_some(Pos { line, column })
    })
}

/// Code, message (the parser's own if there is no better one), help.
fn words(kind: &Kind) -> (&'static str, Option<String>, &'static str) {
    tabs_and_limits(kind).or_else(|| brackets_and_quotes(kind)).or_else(|| block_structure(kind)).unwrap_or((
        "syntax",
        None,
        "check the quotes, colons and indentation on this line and the one above",
    ))
}

type Words = (&'static str, Option<String>, &'static str);

fn syntax(message: &str, help: &'static str) -> Option<Words> {
    Some(("syntax", Some(message.to_owned()), help))
}

fn tabs_and_limits(kind: &Kind) -> Option<Words> {
    match kind {
        Kind::TabNotAllowed
        | Kind::TabInBlockIndentation
        | Kind::TabAtBlockScalarStart
        | Kind::TabInIndentation
        | Kind::TabInPlainScalar => {
            Some(TAB_INDENTATION).map(|(code, message, help)| (code, Some(message.into()), help))
        }
        Kind::RecursionLimitExceeded => Some((
            "too-deep",
            Some(format!("lists and mappings are nested more than {MAX_DEPTH} deep here")),
            "remove levels",
        )),
        Kind::BomInsideDocument => {
            syntax("a byte order mark in the middle of the text", "remove the invisible character")
        }
        Kind::UnsupportedYamlMajorVersion => syntax("only YAML 1.2 is read", "remove the `%YAML` line"),
        _ => None,
    }
}

/// Code, message and help for a tab where YAML wants spaces.
pub(super) const TAB_INDENTATION: (&str, &str, &str) =
    ("tab-indentation", "a tab is used for indentation", "indent with spaces");

fn brackets_and_quotes(kind: &Kind) -> Option<Words> {
    match kind {
        Kind::UnclosedFlowCollection { open } | Kind::MismatchedFlowCollectionEnd { open, .. } => {
            let close = if *open == '[' { ']' } else { '}' };
            let help = if close == ']' { "close it with `]`" } else { "close it with `}`" };
            Some(("syntax", Some(format!("`{open}` is not closed with `{close}`")), help))
        }
        Kind::MisplacedFlowCollectionEnd => syntax("a closing bracket that nothing opens", "remove it"),
        Kind::ExpectedFlowMappingSeparator => {
            syntax("expected `,` or `}` here", "put a comma between entries and close the mapping with `}`")
        }
        Kind::ExpectedFlowSequenceSeparator | Kind::InvalidColonPlacement => {
            syntax("expected `,` or `]` here", "put a comma between values and close the list with `]`")
        }
        Kind::UnexpectedEofImplicitFlowMapping => {
            syntax("expected a value or a closing bracket here", "remove the extra comma, or close the bracket")
        }
        Kind::UnclosedQuotedScalar => syntax("a quoted text is not closed", "close it with the quote it begins with"),
        Kind::InvalidQuotedScalarIndent | Kind::DocumentIndicatorInQuotedScalar => syntax(
            "the quoted text that begins above is not closed",
            "close it with the quote it begins with, or indent its lines deeper than its key",
        ),
        Kind::InvalidTrailingSingleQuotedScalar | Kind::InvalidTrailingDoubleQuotedScalar => syntax(
            "something follows the closing quote",
            "quote the whole text; inside of it write '' for ' in single quotes, \\\" for \" in double quotes",
        ),
        Kind::UnknownQuotedScalarEscape => syntax(
            "an unknown escape sequence in a double-quoted text",
            "write \\\\ for a backslash, or use single quotes, where a backslash is itself",
        ),
        Kind::UnexpectedCharacter { character } => Some((
            "syntax",
            Some(format!("a text cannot begin with `{}`", character.escape_default())),
            "put quotes around the text",
        )),
        Kind::MissingAnchorOrAliasName => {
            syntax("a name must follow `&` and `*`", "put quotes around a text that begins with one of them")
        }
        _ => None,
    }
}

fn block_structure(kind: &Kind) -> Option<Words> {
    match kind {
        Kind::MappingValueNotAllowed => syntax(
            "a `key: value` is not possible here",
            "put quotes around a text that holds `: `; else give this key the same indentation as its neighbours",
        ),
        Kind::ExpectedBlockMappingKey => syntax(
            "expected a `key: value` here",
            "give this line the indentation of the keys above it, or put quotes around the text before it",
        ),
        Kind::ExpectedBlockSequenceEntry => syntax(
            "expected `- ` here, as in the lines of the list above",
            "indent this line as far as the text after the `- ` that it belongs to, or less than the `- ` to end the list",
        ),
        Kind::SimpleKeyExpected | Kind::InvalidSimpleKey => syntax(
            "expected `key: value` here",
            "write a colon and a space after the key; a list entry is `- ` with a space",
        ),
        Kind::BlockSequenceEntryNotAllowed => {
            syntax("a list cannot begin on the line of its key", "begin it on the next line, or write `[a, b]`")
        }
        Kind::CommentInterceptedScalar => {
            syntax("a comment stands in the middle of a text", "move the comment, or indent the next line as a new key")
        }
        _ => None,
    }
}
