//! `fmt`: one way to write a file, without touching what it means or what it says in comments.
//!
//! Indentation, quotes, space between brackets and the order of known keys are made the same everywhere; comments go with
//! what they stand beside. Blocks stay blocks and brackets stay brackets: which of the two reads better is the author's call.
//! A file with something that cannot be moved about safely (anchors, tags, several documents) is left as it is.

mod flow;
mod print;
mod scan;

use super::order::Kind;
use crate::{
    diagnostic::Diagnostic,
    document::{Node, SourceFile, Value, parse},
};

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Formatted {
    /// It is as it should be.
    Same,
    /// It should be this.
    New(String),
    /// It cannot be formatted safely; why, as a clause.
    Left(&'static str),
}

/// What kind of file is formatted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A layer or an outlet: its keys have an order.
    Definition,
    /// Settings: as the author orders them.
    Settings,
}

/// Formats a file. Its line ends stay what the first one is. `Err` says what is wrong with it as YAML.
pub fn format(file: &SourceFile, kind: FileKind) -> Result<Formatted, Vec<Diagnostic>> {
    let text = file.text.replace("\r\n", "\n");
    let source = SourceFile { path: file.path.clone(), text: text.as_str().into() };
    let parsed = parse(&source);
    if parsed.diagnostics.iter().any(Diagnostic::is_error) {
        return Err(parsed.diagnostics);
    }
    let Some(root) = parsed.root else { return Ok(Formatted::Left("it says nothing")) };
    let new = match written(&text, &root, kind) {
        Ok(new) => new,
        Err(why) => return Ok(Formatted::Left(why)),
    };
    let has_windows_lines = file.text.lines().next().is_some_and(|first| file.text[first.len()..].starts_with("\r\n"));
    let with_its_lines = |new: String| if has_windows_lines { new.replace('\n', "\r\n") } else { new };
    if with_its_lines(new.clone()) == *file.text {
        return Ok(Formatted::Same);
    }
    // Whatever this room gets wrong must not reach a file.
    let again = parse(&SourceFile { path: file.path.clone(), text: new.as_str().into() });
    let Some(again_root) = again.root.filter(|_| again.diagnostics.is_empty()) else {
        return Ok(Formatted::Left("what would become of it could not be read"));
    };
    if !means_the_same(&root, &again_root, kind) || comments(&text, &root) != comments(&new, &again_root) {
        return Ok(Formatted::Left("something would be lost"));
    }
    Ok(match written(&new, &again_root, kind) {
        Ok(twice) if twice == new => Formatted::New(with_its_lines(new)),
        _ => Formatted::Left("it would come out differently the second time"),
    })
}

fn written(text: &str, root: &Node, kind: FileKind) -> Result<String, &'static str> {
    let kind = match kind {
        FileKind::Definition => Kind::File,
        FileKind::Settings => Kind::Other,
    };
    print::print(text, root, kind)
}

/// The comments of a text, sorted.
fn comments(text: &str, root: &Node) -> Vec<String> {
    let scan = scan::scan(text, root);
    let mut comments: Vec<String> =
        scan.map(|scan| scan.comments.into_iter().map(|c| c.text).collect()).unwrap_or_default();
    comments.sort();
    comments
}

/// The same values under the same keys. In definitions a text may gain or lose its quotes; what that means there is known.
fn means_the_same(a: &Node, b: &Node, kind: FileKind) -> bool {
    match (&a.value, &b.value) {
        (Value::Scalar(a), Value::Scalar(b)) => {
            let quotes = a.plain == b.plain || kind == FileKind::Definition;
            (a.is_null() && b.is_null()) || (a.text == b.text && a.is_null() == b.is_null() && quotes)
        }
        (Value::Sequence(a), Value::Sequence(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| means_the_same(a, b, kind))
        }
        (Value::Mapping(entries), Value::Mapping(others)) => {
            entries.len() == others.len()
                && entries
                    .iter()
                    .all(|(key, value)| b.get(&key.text).is_some_and(|there| means_the_same(value, there, kind)))
        }
        _ => false,
    }
}
