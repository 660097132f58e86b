//! Nodes to values. Every wrong node becomes a diagnostic and decoding goes on, so that all errors come at once.

use std::{sync::Arc, time::Duration};

use super::{
    Collected, Key, Node, Scalar, Span, Spanned, Value, closest,
    number::{NotANumber, whole_number},
    suggest::{list_of, translated},
    units,
};
use crate::diagnostic::{Diagnostic, Place, Replacement};

/// Decodes the nodes of one file and collects what is wrong with them.
#[derive(Debug)]
pub struct Decoder {
    file: Arc<str>,
    diagnostics: Collected,
}

/// The entries of a mapping while they are being taken by name.
#[derive(Debug)]
pub struct Fields<'n> {
    /// Where the mapping stands.
    pub span: Span,
    entries: &'n [(Key, Node)],
    taken: Vec<bool>,
    known: Vec<&'static str>,
}

/// A diagnostic that was just reported, to add to.
#[derive(Debug)]
pub struct Note<'d> {
    diagnostic: &'d mut Diagnostic,
    file: &'d Arc<str>,
}

impl Note<'_> {
    /// What to do, in the imperative.
    pub fn help(self, help: impl Into<String>) -> Self {
        self.diagnostic.help = Some(help.into());
        self
    }

    /// Another text was meant.
    pub fn did_you_mean(self, meant: &str) -> Self {
        self.propose(Replacement::Text(meant.to_owned()), format!("did you mean `{meant}`?"))
    }

    /// What to write at the place of the diagnostic.
    pub fn propose(self, replacement: Replacement, help: impl Into<String>) -> Self {
        self.diagnostic.propose(replacement, help);
        self
    }

    /// Another place in the same file.
    pub fn related(self, span: &Span, message: impl Into<String>) -> Self {
        let place = span.in_file(self.file);
        self.related_place(place, message)
    }

    /// Another place in any file.
    pub fn related_place(self, place: Place, message: impl Into<String>) -> Self {
        self.diagnostic.related.push(crate::diagnostic::Related { place, message: message.into() });
        self
    }
}

impl<'n> Fields<'n> {
    /// The value of `key`, null included. A key that was asked for is a known one.
    pub fn take(&mut self, key: &'static str) -> Option<&'n Node> {
        self.take_entry(key).map(|(_, node)| node)
    }

    /// The same with the key.
    pub fn take_entry(&mut self, key: &'static str) -> Option<(&'n Key, &'n Node)> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        let at = self.entries.iter().position(|(k, _)| &*k.text == key)?;
        self.taken[at] = true;
        Some((&self.entries[at].0, &self.entries[at].1))
    }

    /// The value of `key`, without taking it.
    pub fn peek(&self, key: &str) -> Option<&'n Node> {
        self.entries.iter().find(|(k, _)| &*k.text == key).map(|(_, node)| node)
    }

    /// All entries that were not taken yet, for mappings whose keys are free (ids); `x-…` keys are left out.
    pub fn entries(&mut self) -> impl Iterator<Item = (&'n Key, &'n Node)> + use<'n> {
        let taken = std::mem::replace(&mut self.taken, vec![true; self.entries.len()]);
        let entries = self.entries.iter().zip(taken).filter(|((key, _), taken)| !taken && !key.is_ignored());
        entries.map(|((key, node), _)| (key, node))
    }

    /// Whether `key` is there, without taking it.
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(k, _)| &*k.text == key)
    }
}

impl Decoder {
    /// A decoder for nodes of `file`.
    pub fn new(file: Arc<str>) -> Self {
        Self { file, diagnostics: Collected::default() }
    }

    /// The nodes from now on are those of `file`.
    pub fn go_on_in(&mut self, file: &Arc<str>) {
        self.file = Arc::clone(file);
    }

    /// Where `span` is.
    pub fn place(&self, span: &Span) -> Place {
        span.in_file(&self.file)
    }

    /// The file whose nodes are decoded.
    pub fn file(&self) -> &Arc<str> {
        &self.file
    }

    /// Reports an error.
    pub fn error(&mut self, code: &'static str, span: &Span, message: impl Into<String>) -> Note<'_> {
        self.report(Diagnostic::error(code, span.in_file(&self.file), message))
    }

    /// Reports a warning.
    pub fn warning(&mut self, code: &'static str, span: &Span, message: impl Into<String>) -> Note<'_> {
        self.report(Diagnostic::warning(code, span.in_file(&self.file), message))
    }

    /// Reports a diagnostic that was made elsewhere.
    pub fn report(&mut self, diagnostic: Diagnostic) -> Note<'_> {
        let diagnostic = self.diagnostics.push(diagnostic);
        Note { diagnostic, file: &self.file }
    }

    /// Whether an error was reported so far.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.has_errors()
    }

    /// Everything that was reported, in the order of reporting, up to [`super::MAX_DIAGNOSTICS`].
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics.into_vec()
    }

    /// The fields of a mapping. Give them to [`Self::finish`] when all known keys are taken.
    pub fn mapping<'n>(&mut self, node: &'n Node, what: &str) -> Option<Fields<'n>> {
        let Value::Mapping(entries) = &node.value else {
            self.wrong_type(node, what, "a mapping").help("write `key: value` lines, indented below it");
            return None;
        };
        Some(Fields { span: node.span, entries, taken: vec![false; entries.len()], known: Vec::new() })
    }

    /// The value of a key that must be there; its absence is reported at the mapping. Null is returned like any value.
    pub fn require<'n>(&mut self, fields: &mut Fields<'n>, key: &'static str, what: &str) -> Option<&'n Node> {
        let node = fields.take(key);
        if node.is_none() {
            let start = Span { end: fields.span.start, ..fields.span };
            self.error("missing-key", &start, format!("{} has no `{key}`", quoted(what)))
                .help(format!("add `{key}: …`"));
        }
        node
    }

    /// Reports the keys that were not taken.
    pub fn finish(&mut self, fields: Fields<'_>, what: &str) {
        let left = fields.entries.iter().zip(&fields.taken).filter(|((key, _), taken)| !**taken && !key.is_ignored());
        for ((key, node), _) in left {
            // Looking for what was meant takes longer than reading the key did.
            let meant = (!self.diagnostics.is_full()).then(|| unknown_key_help(key, node, &fields.known));
            let wrong =
                self.error("unknown-key", &key.span, format!("unknown key `{}` in {}", shown(&key.text), quoted(what)));
            match meant {
                Some((help, Some(word))) => wrong.propose(Replacement::Text(word.to_owned()), help),
                meant => wrong.help(meant.unwrap_or_default().0),
            };
        }
    }

    /// The nodes of a list.
    pub fn list<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Node]> {
        let Value::Sequence(nodes) = &node.value else {
            let help = match &node.value {
                Value::Scalar(scalar) if !scalar.is_null() && scalar.text.len() <= 60 => {
                    format!("write `[{}]`", shown(&scalar.text))
                }
                Value::Mapping(_) => "begin each entry with `- `, and indent its other keys below the first".to_owned(),
                _ => "write one `- value` line for each, or `[a, b]`".to_owned(),
            };
            self.wrong_type(node, what, "a list").help(help);
            return None;
        };
        Some(nodes)
    }

    /// A text; unquoted scalars are taken as written (`007`, `no` and `08:00` are texts), null is an error.
    pub fn text(&mut self, node: &Node, what: &str) -> Option<Spanned<String>> {
        let scalar = self.scalar(node, what, "text")?;
        Some(self.spanned(node, scalar.text.to_string()))
    }

    /// A whole number. Other ways to write one are errors that say what to write.
    pub fn integer(&mut self, node: &Node, what: &str) -> Option<Spanned<i64>> {
        let scalar = self.scalar(node, what, "a whole number")?;
        match whole_number(scalar) {
            Ok(number) => Some(self.spanned(node, number)),
            Err(NotANumber { code, reason, help, meant }) => {
                let message = format!("{} must be a whole number: {reason}", quoted(what));
                let wrong = self.error(code, &node.span, message);
                match meant {
                    Some(meant) => wrong.propose(Replacement::Literal(meant), help),
                    None => wrong.help(help),
                };
                None
            }
        }
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, node: &Node, what: &str) -> Option<Spanned<bool>> {
        let scalar = self.scalar(node, what, "`true` or `false`")?;
        let written = scalar.text.to_ascii_lowercase();
        let value = match &*scalar.text {
            "true" | "True" | "TRUE" if scalar.plain => return Some(self.spanned(node, true)),
            "false" | "False" | "FALSE" if scalar.plain => return Some(self.spanned(node, false)),
            _ => match &*written {
                "true" | "yes" | "on" | "y" | "1" => Some(true),
                "false" | "no" | "off" | "n" | "0" => Some(false),
                _ => None,
            },
        };
        let help = match value {
            Some(value) if scalar.plain => format!("write {value}"),
            Some(value) => format!("write {value}, without quotes"),
            None => "write true or false".into(),
        };
        let message = format!("{} must be true or false, found the text `{}`", quoted(what), shown(&scalar.text));
        let wrong = self.error("wrong-type", &node.span, message);
        match value {
            Some(value) => wrong.propose(Replacement::Literal(value.to_string()), help),
            None => wrong.help(help),
        };
        None
    }

    /// A duration: `200ms`, `30s`, `10m`, `3h`, `7d`; at most ten years.
    pub fn duration(&mut self, node: &Node, what: &str) -> Option<Spanned<Duration>> {
        self.unit(node, what, "a duration", units::duration)
    }

    /// A percentage, `20%` as 20.0; may be negative.
    pub fn percent(&mut self, node: &Node, what: &str) -> Option<Spanned<f64>> {
        self.unit(node, what, "a percentage", units::percent)
    }

    /// A number that may have decimals: `5`, `0.5`.
    pub fn decimal(&mut self, node: &Node, what: &str) -> Option<Spanned<f64>> {
        self.unit(node, what, "a number", units::decimal)
    }

    /// One of some words, each with its value.
    pub fn choice<T: Clone>(&mut self, node: &Node, what: &str, words: &[(&str, T)]) -> Option<Spanned<T>> {
        let scalar = self.scalar(node, what, &list_of(words.iter().map(|(word, _)| *word)))?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == &*scalar.text) {
            return Some(self.spanned(node, value.clone()));
        }
        let known = list_of(words.iter().map(|(word, _)| *word));
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let near = closest(&scalar.text, words.iter().copied()).or_else(|| part_of(&scalar.text, &words));
        let message = format!("{} must be {known}, found `{}`", quoted(what), shown(&scalar.text));
        let wrong = self.error("unknown-value", &node.span, message);
        match near {
            Some(word) => wrong.did_you_mean(word),
            None => wrong.help(format!("write {known}")),
        };
        None
    }

    fn unit<T>(
        &mut self,
        node: &Node,
        what: &str,
        expected: &str,
        read: fn(&str) -> Result<T, String>,
    ) -> Option<Spanned<T>> {
        let scalar = self.scalar(node, what, expected)?;
        match read(&scalar.text) {
            Ok(value) => Some(self.spanned(node, value)),
            Err(help) => {
                let message = format!("{} must be {expected}, found `{}`", quoted(what), shown(&scalar.text));
                self.error("wrong-type", &node.span, message).help(help);
                None
            }
        }
    }

    fn scalar<'n>(&mut self, node: &'n Node, what: &str, expected: &str) -> Option<&'n Scalar> {
        match node.scalar() {
            Some(scalar) if !scalar.is_null() => Some(scalar),
            _ => {
                let help = match &node.value {
                    Value::Scalar(_) => "write a value, or remove the key".to_owned(),
                    Value::Sequence(_) | Value::Mapping(_) => format!("write {expected} here"),
                };
                self.wrong_type(node, what, expected).help(help);
                None
            }
        }
    }

    fn wrong_type(&mut self, node: &Node, what: &str, expected: &str) -> Note<'_> {
        let found = match &node.value {
            Value::Sequence(_) => "a list".to_owned(),
            Value::Mapping(_) => "a mapping".to_owned(),
            Value::Scalar(scalar) if scalar.is_null() => "nothing".to_owned(),
            Value::Scalar(scalar) => format!("`{}`", shown(&scalar.text)),
        };
        self.error("wrong-type", &node.span, format!("expected {expected} for {}, found {found}", quoted(what)))
    }

    fn spanned<T>(&self, node: &Node, value: T) -> Spanned<T> {
        Spanned { value, place: self.place(&node.span) }
    }
}

/// `price` is a key and gets backticks, `an item` is a phrase and does not.
fn quoted(what: &str) -> String {
    if what.contains(' ') { what.to_owned() } else { format!("`{what}`") }
}

/// The beginning of a text, on one line, for a message.
fn shown(text: &str) -> String {
    let line: String = text.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(60).is_some() { format!("{line}…") } else { line }
}

/// The help, and the key that was meant if that can be said.
fn unknown_key_help(key: &Key, node: &Node, known: &[&'static str]) -> (String, Option<&'static str>) {
    // `{price: 25,000}` is a price of 25 and a key 000 without a value.
    if node.is_null() && key.text.bytes().all(|b| b.is_ascii_digit()) {
        return ("a comma ends a value inside `{}`: write numbers without separators, such as 25000".into(), None);
    }
    // `{remove:true}` is a key without a value.
    if let Some((word, value)) = key.text.split_once(':').filter(|(word, _)| node.is_null() && known.contains(word)) {
        return (format!("put a space after the colon: `{word}: {value}`"), None);
    }
    if let Some(word) = translated(&key.text, known) {
        return (format!("write `{word}`"), Some(word));
    }
    match closest(&key.text, known.iter().copied()).or_else(|| part_of(&key.text, known)) {
        Some(word) => (format!("did you mean `{word}`?"), Some(word)),
        None if known.is_empty() => ("remove it".into(), None),
        None => (format!("use {}, or begin it with `x-` to have it ignored", list_of(known.iter().copied())), None),
    }
}

/// The one known key that an unknown one is a part of: `items` of `menu_items`, `hours` of `operational_hours`, `mon` of
/// `monday`.
fn part_of<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let word = word.to_lowercase();
    let is_part =
        |key: &&&'k str| key.split('_').any(|part| part == word) || (word.len() >= 3 && key.starts_with(&word));
    let mut found = known.iter().filter(is_part);
    match (found.next(), found.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}
