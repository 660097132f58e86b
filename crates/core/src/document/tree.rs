//! Builds the tree from a stream of nodes: aliases within their budget, merge keys, duplicate keys, depth.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::{
    Allow, Collected, Key, Node, Scalar, Span, Value,
    limits::{Fatal, MAX_DEPTH, MAX_EXPANSION, MAX_NODES},
};
use crate::diagnostic::Diagnostic;

/// What a text turned out to be.
#[derive(Debug, Clone, Default)]
pub struct Parsed {
    /// The tree; `None` for an empty file and after an error that leaves nothing to go on with.
    pub root: Option<Node>,
    /// What is wrong with the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The comments that excuse what stands beside them; none where there is no tree.
    pub allows: Vec<Allow>,
}

/// A tree under construction.
pub(super) struct Tree<'f> {
    file: &'f Arc<str>,
    diagnostics: Collected,
    open: Vec<Frame>,
    anchors: HashMap<usize, Finished>,
    root: Option<Node>,
    documents: usize,
    unknown_aliases: HashSet<Box<str>>,
    /// How much text aliases may still stand for.
    budget: usize,
    /// Keys and values so far, aliases included.
    nodes: usize,
}

/// A finished node with what an alias to it costs.
#[derive(Clone)]
struct Finished {
    node: Node,
    /// About how many bytes of text it would take to write it out.
    weight: usize,
    /// Collections nested in it, itself included.
    height: usize,
}

/// A collection whose end has not come yet.
struct Frame {
    span: Span,
    block: bool,
    anchor: usize,
    weight: usize,
    height: usize,
    content: Content,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, key: NextKey },
}

struct Entry {
    key: Key,
    node: Node,
    /// `<<`, unquoted.
    merge: bool,
}

/// What stands before the colon of the entry being read.
enum NextKey {
    Awaited,
    Read {
        key: Key,
        merge: bool,
    },
    /// Reported; the value is read and dropped.
    Unusable,
}

/// What `- x` costs besides the `x`; keeps the budget meaningful for empty nodes.
const NODE_WEIGHT: usize = 4;

impl<'f> Tree<'f> {
    pub(super) fn new(file: &'f Arc<str>, bytes: usize) -> Self {
        Self {
            file,
            diagnostics: Collected::default(),
            open: Vec::new(),
            anchors: HashMap::new(),
            root: None,
            documents: 0,
            unknown_aliases: HashSet::new(),
            budget: bytes.saturating_mul(MAX_EXPANSION),
            nodes: 0,
        }
    }

    pub(super) fn file(&self) -> &'f Arc<str> {
        self.file
    }

    /// Where the innermost open collection begins, if that is a `[` or a `{`.
    pub(super) fn open_bracket(&self) -> Option<Span> {
        self.open.last().filter(|frame| !frame.block).map(|frame| frame.span)
    }

    /// The whole result. A document that is nothing but null is an empty one.
    pub(super) fn finish(self) -> Parsed {
        let root = self.root.filter(|node| !node.is_null());
        Parsed { root, diagnostics: self.diagnostics.into_vec(), ..Parsed::default() }
    }

    /// The result after an error that leaves no tree.
    pub(super) fn give_up(self, fatal: Diagnostic) -> Parsed {
        let mut diagnostics = self.diagnostics.into_vec();
        diagnostics.push(fatal);
        Parsed { diagnostics, ..Parsed::default() }
    }

    pub(super) fn error(&mut self, code: &'static str, span: &Span, message: String, help: &str) {
        self.diagnostics.push(Diagnostic::error(code, span.in_file(self.file), message).help(help));
    }

    pub(super) fn warning(&mut self, code: &'static str, span: &Span, message: String, help: &str) {
        self.diagnostics.push(Diagnostic::warning(code, span.in_file(self.file), message).help(help));
    }

    pub(super) fn start_document(&mut self, span: &Span) -> Result<(), Fatal> {
        self.documents += 1;
        if self.documents == 1 {
            return Ok(());
        }
        Err(self.fatal(
            "multiple-documents",
            span,
            "a second document begins here".into(),
            "write one document a file: remove the `---` line, or move what follows it into a file of its own",
        ))
    }

    pub(super) fn scalar(&mut self, text: &str, plain: bool, span: Span, anchor: usize) -> Result<(), Fatal> {
        let node = Node { span, value: Value::Scalar(Scalar { text: text.into(), plain }) };
        self.add(Finished { node, weight: text.len() + NODE_WEIGHT, height: 0 }, anchor)
    }

    pub(super) fn open_sequence(&mut self, span: Span, block: bool, anchor: usize) -> Result<(), Fatal> {
        self.open(span, block, anchor, Content::Sequence(Vec::new()))
    }

    pub(super) fn open_mapping(&mut self, span: Span, block: bool, anchor: usize) -> Result<(), Fatal> {
        self.open(span, block, anchor, Content::Mapping { entries: Vec::new(), key: NextKey::Awaited })
    }

    fn open(&mut self, span: Span, block: bool, anchor: usize, content: Content) -> Result<(), Fatal> {
        if self.open.len() >= MAX_DEPTH {
            return Err(self.too_deep(&span));
        }
        self.open.push(Frame { span, block, anchor, weight: NODE_WEIGHT, height: 0, content });
        Ok(())
    }

    /// The end of the collection opened last.
    pub(super) fn close(&mut self, end: Span) -> Result<(), Fatal> {
        let Some(Frame { mut span, block, anchor, weight, height, content }) = self.open.pop() else { return Ok(()) };
        let last = match &content {
            Content::Sequence(nodes) => nodes.last().map(|node| node.span.end),
            Content::Mapping { entries, .. } => entries.last().map(|e| e.node.span.end.max(e.key.span.end)),
        };
        // The parser sees the end of a block where the next thing begins, which may be lines below.
        let end = if block { last.unwrap_or(span.end) } else { end.end };
        span.end = end.max(span.start);
        let value = match content {
            Content::Sequence(nodes) => Value::Sequence(nodes.into()),
            Content::Mapping { entries, .. } => Value::Mapping(self.entries(entries).into()),
        };
        self.add(Finished { node: Node { span, value }, weight, height: height + 1 }, anchor)
    }

    pub(super) fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Fatal> {
        let Some(target) = self.anchors.get(&anchor).cloned() else {
            return Err(self.fatal(
                "alias-expansion",
                &span,
                "this alias stands inside of what it refers to".into(),
                "write the value out instead of the alias",
            ));
        };
        if self.open.len() + target.height > MAX_DEPTH {
            return Err(self.too_deep(&span));
        }
        let Some(budget) = self.budget.checked_sub(target.weight) else {
            return Err(self.fatal(
                "alias-expansion",
                &span,
                format!("aliases make this file more than {MAX_EXPANSION} times as long as it is"),
                "write values out, or move what is shared into a layer that the others extend",
            ));
        };
        self.budget = budget;
        self.add(target, 0)
    }

    /// Reports the name, at its first use, and puts null in its place.
    pub(super) fn unknown_alias(&mut self, name: &str, span: Span) -> Result<(), Fatal> {
        if self.unknown_aliases.insert(name.into()) {
            let message = format!("no anchor `&{name}` stands before this alias");
            let help = format!(
                "define it first, as `&{name}` before the value; put quotes around a text that begins with `*`"
            );
            self.error("unknown-alias", &span, message, &help);
        }
        self.scalar("", true, span, 0)
    }

    /// Puts a finished node where it belongs.
    fn add(&mut self, finished: Finished, anchor: usize) -> Result<(), Fatal> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let message = format!("this file has more than {MAX_NODES} keys and values");
            return Err(self.fatal("file-too-large", &finished.node.span, message, "split it into layers"));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, finished.clone());
        }
        let Finished { node, weight, height } = finished;
        let Some(frame) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        frame.weight = frame.weight.saturating_add(weight);
        frame.height = frame.height.max(height);
        let (entries, key) = match &mut frame.content {
            Content::Sequence(nodes) => {
                nodes.push(node);
                return Ok(());
            }
            Content::Mapping { entries, key } => (entries, key),
        };
        match std::mem::replace(key, NextKey::Awaited) {
            NextKey::Read { key, merge } => entries.push(Entry { key, node, merge }),
            NextKey::Unusable => {}
            NextKey::Awaited => *key = next_key(node, self.file, &mut self.diagnostics),
        }
        Ok(())
    }

    /// The entries of a mapping, each key once, merge keys replaced by what they bring.
    fn entries(&mut self, entries: Vec<Entry>) -> Vec<(Key, Node)> {
        let entries = self.without_duplicates(entries);
        if entries.iter().all(|entry| !entry.merge) {
            return entries.into_iter().map(|Entry { key, node, .. }| (key, node)).collect();
        }
        let mut known: HashSet<Box<str>> = entries.iter().filter(|e| !e.merge).map(|e| e.key.text.clone()).collect();
        let mut merged = Vec::new();
        for Entry { key, node, merge } in entries {
            if !merge {
                merged.push((key, node));
                continue;
            }
            for mapping in self.merge_sources(&node) {
                merged.extend(mapping.iter().filter(|(key, _)| known.insert(key.text.clone())).cloned());
            }
        }
        merged
    }

    fn without_duplicates(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        // Nearly all mappings are small: comparing each with each is quicker than a map of them.
        let is_new = |(at, entry): (usize, &Entry)| entries[..at].iter().all(|e| e.key.text != entry.key.text);
        if entries.len() <= 16 && entries.iter().enumerate().all(is_new) {
            return entries;
        }
        let mut first = HashMap::with_capacity(entries.len());
        let mut unique = vec![true; entries.len()];
        for (i, Entry { key, .. }) in entries.iter().enumerate() {
            let Some(earlier) = first.insert(&*key.text, key.span) else { continue };
            first.insert(&*key.text, earlier);
            unique[i] = false;
            let message = format!("the key `{}` is given twice", key.text);
            let duplicate = Diagnostic::error("duplicate-key", key.span.in_file(self.file), message)
                .help("keep one of them")
                .related(earlier.in_file(self.file), "first defined here");
            self.diagnostics.push(duplicate);
        }
        drop(first);
        entries.into_iter().zip(unique).filter_map(|(entry, unique)| unique.then_some(entry)).collect()
    }

    /// The mappings that the value of a `<<` names; the first one wins.
    fn merge_sources(&mut self, node: &Node) -> Vec<Arc<[(Key, Node)]>> {
        let nodes = match &node.value {
            Value::Sequence(nodes) => nodes,
            _ => std::slice::from_ref(node),
        };
        let mut sources = Vec::with_capacity(nodes.len());
        for node in nodes {
            match &node.value {
                Value::Mapping(entries) => sources.push(Arc::clone(entries)),
                // What an unknown alias stands for; that is told already.
                _ if node.is_null() && !self.unknown_aliases.is_empty() => {}
                _ => {
                    self.error(
                        "wrong-type",
                        &node.span,
                        "`<<` merges mappings, and this is none".into(),
                        "name a mapping (`<<: *anchor`) or a list of mappings; put quotes around a key that is called `<<`",
                    );
                    break;
                }
            }
        }
        sources
    }

    fn too_deep(&self, span: &Span) -> Fatal {
        let message = format!("lists and mappings are nested more than {MAX_DEPTH} deep here");
        self.fatal("too-deep", span, message, "remove levels")
    }

    fn fatal(&self, code: &'static str, span: &Span, message: String, help: &str) -> Fatal {
        Box::new(Diagnostic::error(code, span.in_file(self.file), message).help(help))
    }
}

/// The key that `node` is; what cannot be one is reported.
fn next_key(node: Node, file: &Arc<str>, diagnostics: &mut Collected) -> NextKey {
    let (message, help) = match node.value {
        Value::Scalar(Scalar { text, plain }) if !(plain && text.is_empty()) => {
            let merge = plain && &*text == "<<";
            let is_edge = |c: &char| plain && (text.starts_with(*c) || text.ends_with(*c));
            if let Some((c, (name, _))) =
                text.chars().filter(is_edge).find_map(|c| Some((c, super::indentation::look_alike(c)?)))
            {
                let message =
                    format!("{name} (U+{:04X}) stands beside this key and counts as a part of it", u32::from(c));
                let wrong = Diagnostic::error("wrong-key", node.span.in_file(file), message);
                diagnostics.push(wrong.help("replace it by a space, or put quotes around the key if it belongs to it"));
                return NextKey::Unusable;
            }
            return NextKey::Read { key: Key { span: node.span, text }, merge };
        }
        Value::Scalar(_) => ("there is no key before this colon", "write a key before it"),
        Value::Sequence(_) | Value::Mapping(_) => {
            ("a key must be a text, not a list or a mapping", "write a text before the colon")
        }
    };
    diagnostics.push(Diagnostic::error("wrong-key", node.span.in_file(file), message).help(help));
    NextKey::Unusable
}
