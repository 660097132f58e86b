//! What stands between the values of a text: comments, and whether all the rest is plain punctuation.

use crate::document::{Node, Pos, Span, Value};

/// A comment with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Comment {
    /// From `#` to the end of the line.
    pub(super) text: String,
    /// Byte of the `#`.
    pub(super) at: usize,
    /// Column of the `#`, from 0.
    pub(super) column: usize,
    /// Nothing but white space stands before it on its line.
    pub(super) alone: bool,
}

/// A text that can be formatted.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) comments: Vec<Comment>,
    lines: Vec<usize>,
}

const UNSAFE: &str = "it has anchors, aliases, tags or other things that bind its lines together";

/// Finds the comments of a text, or why it is better left alone.
pub(super) fn scan(text: &str, root: &Node) -> Result<Scan, &'static str> {
    let mut lines = vec![0];
    lines.extend(text.match_indices('\n').map(|(at, _)| at + 1));
    let mut scan = Scan { comments: Vec::new(), lines };
    if text.contains('\r') {
        return Err("it has carriage returns inside of lines");
    }
    let mut tokens = Vec::new();
    collect(root, &mut tokens);
    let mut end = 0;
    for span in tokens {
        let (start, after) = (scan.offset(text, span.start), scan.offset(text, span.end));
        if start < end {
            return Err(UNSAFE);
        }
        scan.gap(text, end, start)?;
        end = after;
    }
    scan.gap(text, end, text.len())?;
    Ok(scan)
}

/// The places of all keys and scalars, in the order of the tree.
fn collect(node: &Node, tokens: &mut Vec<Span>) {
    match &node.value {
        // Nothing is written there.
        Value::Scalar(_) if node.span.start == node.span.end => {}
        Value::Scalar(_) => tokens.push(node.span),
        Value::Sequence(nodes) => nodes.iter().for_each(|node| collect(node, tokens)),
        Value::Mapping(entries) => {
            for (key, node) in entries.iter() {
                tokens.push(key.span);
                collect(node, tokens);
            }
        }
    }
}

impl Scan {
    /// The byte at a position.
    pub(super) fn offset(&self, text: &str, pos: Pos) -> usize {
        let Some(start) = self.lines.get(pos.line as usize - 1) else { return text.len() };
        let line = &text[*start..];
        line.char_indices().nth(pos.column as usize - 1).map_or(text.len(), |(at, _)| start + at)
    }

    /// The line of a byte, from 0.
    pub(super) fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at) - 1
    }

    /// Takes the comments out of what stands between two values; what is left must be punctuation.
    fn gap(&mut self, text: &str, start: usize, end: usize) -> Result<(), &'static str> {
        let mut at = start;
        while at < end {
            let rest = &text[at..end];
            let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
            let line_start = self.lines[self.line(at)];
            let mut code = line;
            if let Some(hash) = line.find('#') {
                let before = &text[line_start..at + hash];
                if !before.is_empty() && !before.ends_with([' ', '\t']) {
                    return Err(UNSAFE);
                }
                self.comments.push(Comment {
                    text: line[hash..].trim_end().to_owned(),
                    at: at + hash,
                    column: before.chars().count(),
                    alone: before.trim().is_empty(),
                });
                code = &line[..hash];
            }
            let trimmed = code.trim();
            if at == line_start && (trimmed.starts_with("---") || trimmed.starts_with("...")) {
                return Err("it has document markers");
            }
            if !code.chars().all(|c| " \t:-,{}[]|>".contains(c)) {
                return Err(UNSAFE);
            }
            at += line.len() + 1;
        }
        Ok(())
    }
}
