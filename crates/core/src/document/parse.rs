//! Text to tree: what may be read at all, and the walk over the parser's events.

use granit_parser::{Event, Parser, StructureStyle};

use super::{
    Pos, SourceFile, Span, allow,
    limits::{Fatal, MAX_DEPTH, MAX_FILE_BYTES},
    node::saturate,
    syntax,
    tree::{Parsed, Tree},
};
use crate::diagnostic::Diagnostic;

/// Reads `file`. A tree may come together with errors (a duplicate key); it is then good for finding more of them.
pub fn parse(file: &SourceFile) -> Parsed {
    if let Err(refused) = check_text(file) {
        return Parsed { diagnostics: vec![*refused], ..Parsed::default() };
    }
    let mut tree = Tree::new(&file.path, file.text.len());
    match walk(&file.text, &mut tree) {
        Ok(()) => {
            let (allows, wrong) = allow::allows(file);
            let mut parsed = tree.finish();
            parsed.diagnostics.extend(wrong);
            Parsed { allows, ..parsed }
        }
        Err(fatal) => tree.give_up(*conflict_marker(file).unwrap_or(fatal)),
    }
}

/// Size, and characters that no YAML file may hold (the parser would take NUL for the end of the file).
fn check_text(file: &SourceFile) -> Result<(), Fatal> {
    if file.text.len() > MAX_FILE_BYTES {
        let message = format!("this file has {} bytes, at most {MAX_FILE_BYTES} are read", file.text.len());
        return Err(Box::new(
            Diagnostic::error("file-too-large", crate::diagnostic::Place::start_of(&file.path), message)
                .help("split it into layers"),
        ));
    }
    let Some((at, control)) = first_control(&file.text) else { return Ok(()) };
    let before = &file.text[..at];
    let line = before.rsplit('\n').next().unwrap_or_default();
    let start = Pos { line: saturate(before.matches('\n').count()) + 1, column: saturate(line.chars().count()) + 1 };
    let span = Span { start, end: Pos { column: start.column + 1, ..start } };
    let message = format!("control character U+{:04X} in the text", u32::from(control));
    let place = span.in_file(&file.path);
    Err(Box::new(
        Diagnostic::error("control-character", place, message).help("remove it (it is invisible in most editors)"),
    ))
}

/// What is left of a merge that was not finished, if there is such a thing: whatever else is wrong comes from it.
fn conflict_marker(file: &SourceFile) -> Option<Fatal> {
    let begins = |mark| move |line: &&str| line.strip_prefix(mark).is_some_and(|rest: &str| rest.starts_with(' '));
    let (at, line) = file.text.lines().enumerate().find(|(_, line)| begins("<<<<<<<")(line))?;
    file.text.lines().skip(at).find(begins(">>>>>>>"))?;
    let start = Pos { line: saturate(at) + 1, column: 1 };
    let span = Span { start, end: Pos { column: saturate(line.chars().count()) + 1, ..start } };
    let message = "a merge of two versions was not finished here";
    let help = "keep the lines of one version, and remove those that begin with <<<<<<<, ======= and >>>>>>>";
    Some(Box::new(Diagnostic::error("syntax", span.in_file(&file.path), message).help(help)))
}

/// The first character that is not printable in the sense of YAML 1.2: controls of ASCII and Latin-1, but tab and line ends
/// (of which U+0085 is one).
fn first_control(text: &str) -> Option<(usize, char)> {
    let bytes = text.as_bytes();
    // In UTF-8 those above ASCII are C2 80 to C2 9F.
    let may_begin = |(at, b): (usize, &u8)| match *b {
        b'\t' | b'\n' | b'\r' => false,
        0xc2 => bytes.get(at + 1).is_some_and(|next| *next < 0xa0 && *next != 0x85),
        b => b < 0x20 || b == 0x7f,
    };
    let at = bytes.iter().enumerate().position(may_begin)?;
    text[at..].chars().next().map(|control| (at, control))
}

fn walk(source: &str, tree: &mut Tree<'_>) -> Result<(), Fatal> {
    // The parser looks ahead, so its own limits must hold as well; it counts brackets and blocks apart, `Tree` together.
    let options = granit_parser::options! {
        emit_unresolved_aliases: true,
        emit_comments: false,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    for event in Parser::new_from_str_with_options(source, options) {
        let (event, span) = event.map_err(|error| syntax::explain(tree.file(), source, &error, tree.open_bracket()))?;
        if is_indented_with_tab(source, &event, &span) {
            let (code, message, help) = syntax::TAB_INDENTATION;
            tree.error(code, &Span::of(&span), message.into(), help);
        }
        let start = span.start.byte_offset();
        let tag_span = span.tag_span().map(|span| Span::of(&span));
        let span = Span::of(&span);
        match event {
            Event::DocumentStart(..) => tree.start_document(&span)?,
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == granit_parser::ScalarStyle::Plain;
                // The parser says `~` where nothing is written.
                let text = if plain && span.start == span.end { "" } else { &*text };
                let is_text = check_tag(tree, tag.as_deref(), tag_span.unwrap_or(span), &SCALAR_TAGS);
                if let Some(comment) = start.filter(|_| plain).and_then(|start| cut_off(source, start, text)) {
                    tell_cut(tree, text, comment, &span);
                }
                tree.scalar(text, plain && !is_text, span, anchor)?;
            }
            Event::SequenceStart(style, anchor, tag) => {
                check_tag(tree, tag.as_deref(), tag_span.unwrap_or(span), &["seq"]);
                tree.open_sequence(span, style == StructureStyle::Block, anchor)?;
            }
            Event::MappingStart(style, anchor, tag) => {
                check_tag(tree, tag.as_deref(), tag_span.unwrap_or(span), &["map"]);
                tree.open_mapping(span, style == StructureStyle::Block, anchor)?;
            }
            Event::SequenceEnd | Event::MappingEnd => tree.close(span)?,
            Event::Alias(anchor) => tree.alias(anchor, span)?,
            Event::UnresolvedAlias(name) => tree.unknown_alias(&name, span)?,
            // The start and end of things, and comments: all that makes nodes is above.
            _ => {}
        }
    }
    Ok(())
}

/// The comment that follows a text on its line and looks like a part of it: `#1` of `name: Rames #1`.
fn cut_off<'t>(source: &'t str, start: usize, text: &str) -> Option<&'t str> {
    let is_word = text.contains(char::is_alphabetic) && !matches!(text, "true" | "false" | "null");
    // A text of several lines is not as it stands there.
    let rest = source.get(start..)?.strip_prefix(text).filter(|_| is_word)?;
    let comment = rest.lines().next()?.strip_prefix(' ')?.trim_start_matches(' ');
    let is_glued = |c: char| c.is_alphanumeric();
    comment.strip_prefix('#')?.starts_with(is_glued).then_some(comment)
}

fn tell_cut(tree: &mut Tree<'_>, text: &str, comment: &str, span: &Span) {
    let shown = |text: &str| text.chars().take(40).collect::<String>();
    let (text, comment) = (shown(text), shown(comment));
    let message = format!("`{comment}` is a comment and no part of `{text}`");
    let help = format!("put quotes around all of it (`'{text} {comment}'`), or a space after the `#` of a comment");
    tree.warning("text-cut", span, message, &help);
}

/// The parser itself sees a tab only where the indentation decides something; at the top it does not, to it.
fn is_indented_with_tab(text: &str, event: &Event<'_>, span: &granit_parser::Span) -> bool {
    let begins_block = matches!(
        event,
        Event::MappingStart(StructureStyle::Block, ..) | Event::SequenceStart(StructureStyle::Block, ..)
    );
    let before = span.start.byte_offset().and_then(|at| text.get(..at)).filter(|_| begins_block);
    let indentation = before.map(|before| before.rsplit('\n').next().unwrap_or_default());
    indentation.is_some_and(|line| line.contains('\t') && line.trim().is_empty())
}

const SCALAR_TAGS: [&str; 5] = ["str", "int", "float", "bool", "null"];

/// Reports a tag that is not one of the core tags `allowed`; returns whether it makes the scalar a text.
fn check_tag(tree: &mut Tree<'_>, tag: Option<&granit_parser::Tag>, span: Span, allowed: &[&str]) -> bool {
    let Some(tag) = tag else { return false };
    let core = tag.core_suffix();
    if tag.original() != "!" && !core.is_some_and(|suffix| allowed.contains(&suffix)) {
        tree.error("unknown-tag", &span, format!("the tag `{}` means nothing here", tag.original()), "remove the tag");
    }
    tag.original() == "!" || core == Some("str")
}
