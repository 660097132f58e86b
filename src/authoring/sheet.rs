//! One file under edit: single values set, entries added, elements removed, everything else left as it is, comments
//! included. What is JSON stays JSON.
//!
//! Edits are made in the text, at the places that the reader's tree knows. What came through an alias or a merge key, or has
//! an anchor, stands for more than the one thing that is edited and is not touched.

use std::sync::Arc;

use super::{
    json::{json_text, quoted},
    order::{Below, Kind},
};
use crate::{
    document::{Key, Node, Pos, Span, Value, parse},
    source::SourceFile,
};

/// Why an edit cannot be made in place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Stuck(pub String);

/// One step from a node to a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// The value of a key.
    Key(&'a str),
    /// The element of a list that has this value under this key.
    Named(&'a str, &'a str),
    /// The element of a list that holds, in the list under this key, a thing with this external id.
    Holding(&'a str, &'a str),
}

/// A value in both styles: alone after its key, and between brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) block: String,
    pub(super) flow: String,
}

impl Said {
    /// The same in both styles.
    pub(super) fn new(flow: impl Into<String>) -> Self {
        let flow = flow.into();
        Self { block: flow.clone(), flow }
    }
}

/// A new element of a list: its lines without indentation or dash, and the same between brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) lines: Vec<String>,
    pub(super) flow: String,
}

/// The file.
#[derive(Debug)]
pub(super) struct Sheet {
    path: Arc<str>,
    text: String,
    newline: &'static str,
    is_json: bool,
    root: Node,
}

impl Sheet {
    pub(super) fn new(path: &Arc<str>, text: &str) -> Result<Self, Stuck> {
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let is_json = path.ends_with(".json");
        Ok(Self { path: Arc::clone(path), text: text.to_owned(), newline, is_json, root: read(path, text)? })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The node that `steps` lead to, if it is there and nowhere else. `Err` if it is there but shared.
    pub(super) fn find(&self, steps: &[Step<'_>]) -> Result<Option<&Node>, Stuck> {
        let mut node = &self.root;
        for step in steps {
            let next = match *step {
                Step::Key(key) => match entry(node, key) {
                    Some((key, value)) => self.owned_value(node, key, value)?,
                    None => None,
                },
                Step::Named(key, is) => self.element(node, is, &|node| has(node, key, is))?,
                Step::Holding(key, id) => self.element(node, id, &|node| holds(node, key, id))?,
            };
            let Some(next) = next else { return Ok(None) };
            node = next;
        }
        Ok(Some(node))
    }

    /// The keys of the mapping under `section` of the file whose values say `is` under `key`.
    pub(super) fn entries_with(&self, section: &str, key: &str, is: &str) -> Vec<String> {
        match entry(&self.root, section).map(|(_, node)| &node.value) {
            Some(Value::Mapping(entries)) => {
                entries.iter().filter(|(_, node)| has(node, key, is)).map(|(key, _)| key.text.to_string()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The value of a key if it is written there; `None` for null.
    fn owned_value<'n>(&self, parent: &Node, key: &Key, value: &'n Node) -> Result<Option<&'n Node>, Stuck> {
        let here = within(key.span, parent.span) && value.span.start >= key.span.end;
        if !here || without_comments(self.between(key.span.end, value_start(self, value))).trim() != ":" {
            return Err(self.shared(&key.text, key.span.start));
        }
        Ok((!value.is_null()).then_some(value))
    }

    fn element<'n>(&self, list: &'n Node, is: &str, is_it: &dyn Fn(&Node) -> bool) -> Result<Option<&'n Node>, Stuck> {
        let Value::Sequence(nodes) = &list.value else { return Ok(None) };
        let Some(at) = nodes.iter().position(is_it) else { return Ok(None) };
        let node = &nodes[at];
        let before = at.checked_sub(1).map_or(list.span.start, |before| nodes[before].span.end);
        let gap = without_comments(self.between(before, node.span.start));
        let is_own = within(node.span, list.span) && gap.chars().all(|c| c.is_whitespace() || "-,[".contains(c));
        if is_own { Ok(Some(node)) } else { Err(self.shared(is, node.span.start)) }
    }

    fn shared(&self, what: &str, at: Pos) -> Stuck {
        Stuck(format!(
            "{}:{}:{}: `{what}` is shared through an anchor, an alias or a merge key",
            self.path, at.line, at.column
        ))
    }

    // ── setting ──

    /// Sets the value under `path`, seen from the mapping that `steps` lead to (`at` says of what kind it is). What is
    /// missing on the way is made.
    pub(super) fn set(&mut self, steps: &[Step<'_>], at: Below, path: &[&str], value: &Said) -> Result<(), Stuck> {
        let (mut steps, mut at, mut rest) = (steps.to_vec(), at, path);
        while let [key, deeper @ ..] = rest
            && !deeper.is_empty()
        {
            let mut further = steps.clone();
            further.push(Step::Key(key));
            if !matches!(self.find(&further)?, Some(Node { value: Value::Mapping(_), .. })) {
                break;
            }
            (steps, at, rest) = (further, at.under(key), deeper);
        }
        match rest {
            [] => Ok(()),
            [key] => self.set_entry(&steps, at, key, value),
            [section, first, deeper @ ..] if steps.is_empty() && self.takes_section(section) => {
                let first = super::scalar::text(first, super::Context::Flow);
                self.new_section(section, &[format!("{first}: {}", wrapped(deeper, &value.flow))])
            }
            [key, deeper @ ..] => self.set_entry(&steps, at, key, &Said::new(wrapped(deeper, &value.flow))),
        }
    }

    /// Whether the file, written in blocks, has no such key yet.
    fn takes_section(&self, key: &str) -> bool {
        entry(&self.root, key).is_none() && !self.is_flow(&self.root)
    }

    fn set_entry(&mut self, steps: &[Step<'_>], at: Below, key: &str, value: &Said) -> Result<(), Stuck> {
        let Some(mapping) = self.find(steps)? else { return Err(Stuck(format!("there is no mapping for `{key}`"))) };
        let flow = self.is_flow(mapping);
        let value = if flow { self.flow(&value.flow)? } else { value.block.clone() };
        match entry(mapping, key) {
            Some((written, old)) => {
                self.owned_value(mapping, written, old)?;
                let (start, end) = (self.offset(written.span.end), self.end_of(old, written));
                let stretch = &self.text[start..end];
                let Some(colon) = stretch.find(':') else { return Err(self.shared(key, written.span.start)) };
                if stretch.contains('\n') && stretch.contains('#') {
                    return Err(Stuck(format!(
                        "{}:{}: a comment inside of the value of `{key}` would be lost (move it above the key)",
                        self.path, written.span.start.line
                    )));
                }
                self.splice(start + colon + 1, end, &format!(" {value}"))
            }
            None => self.insert_entry(steps, at, key, &value),
        }
    }

    fn insert_entry(&mut self, steps: &[Step<'_>], at: Below, key: &str, value: &str) -> Result<(), Stuck> {
        let Some(mapping) = self.find(steps)? else { return Ok(()) };
        let Value::Mapping(entries) = &mapping.value else { return Err(Stuck(format!("`{key}` needs a mapping"))) };
        let own: Vec<&(Key, Node)> = entries.iter().filter(|(key, _)| within(key.span, mapping.span)).collect();
        let rank = at.rank(key).unwrap_or(usize::MAX);
        let is_before = |entry: &&&(Key, Node)| at.rank(&entry.0.text).is_none_or(|other| other < rank);
        let before = own.iter().rev().find(is_before).copied();
        let key = if self.is_json { quoted(key) } else { super::scalar::text(key, super::Context::Flow) };
        if self.is_flow(mapping) {
            let open = self.offset(mapping.span.start) + 1;
            let gap = self.gap(mapping, own.first().map(|(key, _)| key.span));
            return match (before, own.first()) {
                (Some((key_before, value_before)), _) => {
                    let at = self.end_of(value_before, key_before);
                    self.splice(at, at, &format!(",{gap}{key}: {value}"))
                }
                (None, None) => self.splice(open, open, &format!("{key}: {value}")),
                (None, Some((first, _))) => {
                    let at = self.offset(first.span.start);
                    self.splice(at, at, &format!("{key}: {value},{gap}"))
                }
            };
        }
        let Some((first, _)) = own.first() else { return Err(self.shared(&key, mapping.span.start)) };
        let indentation = " ".repeat(first.span.start.column as usize - 1);
        match before {
            Some((key_before, value_before)) => {
                let end = self.end_of(value_before, key_before);
                self.insert_lines_after(end, &[format!("{indentation}{key}: {value}")])
            }
            None => {
                let at = self.offset(first.span.start);
                let line = format!("{key}: {value}{}{indentation}", self.newline);
                self.splice(at, at, &line)
            }
        }
    }

    /// A new key of the file with a block below it, where people would look for it.
    pub(super) fn new_section(&mut self, key: &str, lines: &[String]) -> Result<(), Stuck> {
        let Value::Mapping(entries) = &self.root.value else { return Err(Stuck("the file is not a mapping".into())) };
        let rank = Kind::File.rank(key).unwrap_or(usize::MAX);
        let before =
            entries.iter().rev().find(|(other, _)| Kind::File.rank(&other.text).is_none_or(|other| other < rank));
        let Some((key_before, value_before)) = before.or(entries.last()) else {
            return Err(Stuck("the file says nothing".into()));
        };
        let end = self.end_of(value_before, key_before);
        let mut block = vec![String::new(), format!("{key}:")];
        block.extend(lines.iter().map(|line| format!("  {line}")));
        self.insert_lines_after(end, &block)
    }

    // ── lists ──

    /// Adds an element at the end of the list under `key` of the mapping that `steps` lead to.
    pub(super) fn add(&mut self, steps: &[Step<'_>], at: Below, key: &str, element: &Element) -> Result<(), Stuck> {
        let mut to_list = steps.to_vec();
        to_list.push(Step::Key(key));
        let Some(list) = self.find(&to_list)? else {
            if steps.is_empty() && self.takes_section(key) {
                return self.new_section(key, &dashed(&element.lines));
            }
            return self.set_entry(steps, at, key, &Said::new(format!("[{}]", element.flow)));
        };
        let Value::Sequence(nodes) = &list.value else { return Err(Stuck(format!("`{key}` is not a list"))) };
        let Some(last) = nodes.last() else {
            return self.set_entry(steps, at, key, &Said::new(format!("[{}]", element.flow)));
        };
        if self.is_flow(list) {
            let at = self.offset(last.span.end);
            let gap = self.gap(list, nodes.first().map(|first| first.span));
            return self.splice(at, at, &format!(",{gap}{}", self.flow(&element.flow)?));
        }
        if !within(last.span, list.span) {
            return Err(self.shared(key, list.span.start));
        }
        let indentation = self.dash_before(&nodes[0])?;
        let lines: Vec<String> = dashed(&element.lines).iter().map(|line| format!("{indentation}{line}")).collect();
        self.insert_lines_after(self.offset(last.span.end), &lines)
    }

    /// Removes an element of a block list that has others; the comments around it stay.
    pub(super) fn remove(&mut self, to_list: &[Step<'_>], key: &str, is: &str) -> Result<(), Stuck> {
        let mut steps = to_list.to_vec();
        steps.push(Step::Named(key, is));
        let (Some(list), Some(node)) = (self.find(to_list)?, self.find(&steps)?) else {
            return Err(Stuck(format!("`{is}` is not in the list")));
        };
        let alone = matches!(&list.value, Value::Sequence(nodes) if nodes.len() < 2);
        if alone || self.is_flow(list) {
            return Err(Stuck(format!("`{is}` cannot be taken out of its list alone")));
        }
        self.dash_before(node)?;
        let start = self.line_start(self.offset(node.span.start));
        let end = self.line_end(self.content_end(self.offset(node.span.end)));
        self.splice(start, end, "")
    }

    /// The indentation of the dash of a block element.
    fn dash_before(&self, element: &Node) -> Result<String, Stuck> {
        let at = self.offset(element.span.start);
        let before = self.text[self.line_start(at)..at].trim_end();
        match before.strip_suffix('-') {
            Some(indentation) if indentation.trim().is_empty() => Ok(indentation.to_owned()),
            _ => Err(Stuck("a list element does not begin on the line of its dash".into())),
        }
    }

    // ── text ──

    /// A value between brackets, in the language of the file.
    fn flow(&self, value: &str) -> Result<String, Stuck> {
        if !self.is_json {
            return Ok(value.to_owned());
        }
        // Alone, null would be a file that says nothing.
        let list = json_text(&read(&self.path, &format!("[{value}]"))?);
        Ok(list[1..list.len() - 1].to_owned())
    }

    /// What separates the parts of a collection between brackets whose first part is `first`: JSON is often one part a line.
    fn gap(&self, collection: &Node, first: Option<Span>) -> String {
        match first.filter(|first| self.is_json && first.start.line > collection.span.start.line) {
            Some(first) => format!("{}{}", self.newline, " ".repeat(first.start.column as usize - 1)),
            None => " ".to_owned(),
        }
    }

    /// Whether a collection is written between brackets.
    fn is_flow(&self, node: &Node) -> bool {
        is_flow(node, &self.text[self.offset(node.span.start)..])
    }

    /// After the value of a key; an alias ends with its line.
    fn end_of(&self, value: &Node, key: &Key) -> usize {
        if value.span.start < key.span.end {
            return self.content_end(self.line_end(self.offset(key.span.end)));
        }
        let end = self.content_end(self.offset(value.span.end));
        // Nothing at all: after the colon.
        if value.span.start == value.span.end && value.is_null() {
            let colon = self.text[end..].find(':').map_or(0, |colon| colon + 1);
            return end + colon;
        }
        end
    }

    /// Back over white space: a block ends where the next thing begins.
    fn content_end(&self, at: usize) -> usize {
        self.text[..at].trim_end().len()
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// After the line break.
    fn line_end(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |newline| at + newline + 1)
    }

    fn between(&self, start: Pos, end: Pos) -> &str {
        self.text.get(self.offset(start)..self.offset(end)).unwrap_or_default()
    }

    fn offset(&self, pos: Pos) -> usize {
        offset(&self.text, pos)
    }

    fn insert_lines_after(&mut self, end: usize, lines: &[String]) -> Result<(), Stuck> {
        let at = self.line_end(end);
        let mut block = String::new();
        if at > 0 && !self.text[..at].ends_with('\n') {
            block.push_str(self.newline);
        }
        for line in lines {
            block.push_str(line);
            block.push_str(self.newline);
        }
        self.splice(at, at, &block)
    }

    /// Replaces a stretch and reads the text again.
    fn splice(&mut self, start: usize, end: usize, with: &str) -> Result<(), Stuck> {
        let mut text = self.text.clone();
        text.replace_range(start..end, with);
        self.root = read(&self.path, &text)?;
        self.text = text;
        Ok(())
    }
}

fn read(path: &Arc<str>, text: &str) -> Result<Node, Stuck> {
    let parsed = parse(&SourceFile { path: Arc::clone(path), text: text.into() });
    match (parsed.root, parsed.diagnostics.first()) {
        (Some(root), None) => Ok(root),
        (_, Some(wrong)) => {
            let place = wrong.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
            Err(Stuck(format!("{place}{}", wrong.message)))
        }
        (None, None) => Err(Stuck(format!("{path} says nothing"))),
    }
}

/// The byte at a position of `text`.
pub(super) fn offset(text: &str, pos: Pos) -> usize {
    let mut start = 0;
    for _ in 1..pos.line {
        match text[start..].find('\n') {
            Some(newline) => start += newline + 1,
            None => return text.len(),
        }
    }
    let line = &text[start..];
    line.char_indices().nth(pos.column as usize - 1).map_or(text.len(), |(at, _)| start + at)
}

/// Whether a collection whose text begins so is written between brackets. A block list begins with its first element, which
/// may itself stand between brackets.
pub(super) fn is_flow(node: &Node, text: &str) -> bool {
    match &node.value {
        Value::Scalar(_) => false,
        Value::Mapping(_) => text.starts_with('{'),
        Value::Sequence(nodes) => {
            text.starts_with('[') && nodes.first().is_none_or(|first| first.span.start != node.span.start)
        }
    }
}

fn entry<'n>(node: &'n Node, key: &str) -> Option<&'n (Key, Node)> {
    match &node.value {
        Value::Mapping(entries) => entries.iter().find(|(known, _)| &*known.text == key),
        Value::Scalar(_) | Value::Sequence(_) => None,
    }
}

fn has(node: &Node, key: &str, is: &str) -> bool {
    node.get(key).and_then(Node::scalar).is_some_and(|scalar| &*scalar.text == is)
}

fn holds(node: &Node, key: &str, id: &str) -> bool {
    match node.get(key).map(|list| &list.value) {
        Some(Value::Sequence(nodes)) => nodes.iter().any(|node| has(node, "external_id", id)),
        _ => false,
    }
}

/// Where a value begins: an empty one stands before its own colon.
fn value_start(sheet: &Sheet, value: &Node) -> Pos {
    if value.is_null() && value.span.start == value.span.end {
        let at = sheet.offset(value.span.start);
        if sheet.text[at..].starts_with(':') {
            return Pos { column: value.span.start.column + 1, ..value.span.start };
        }
    }
    value.span.start
}

fn within(inner: Span, outer: Span) -> bool {
    inner.start >= outer.start && inner.end <= outer.end
}

fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split('#').next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// `{a: {b: value}}` for `[a, b]`.
fn wrapped(path: &[&str], value: &str) -> String {
    path.iter()
        .rev()
        .fold(value.to_owned(), |value, key| format!("{{{}: {value}}}", super::scalar::text(key, super::Context::Flow)))
}

fn dashed(lines: &[String]) -> Vec<String> {
    let line = |(at, line): (usize, &String)| format!("{}{line}", if at == 0 { "- " } else { "  " });
    lines.iter().enumerate().map(line).collect()
}
