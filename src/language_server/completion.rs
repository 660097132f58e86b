//! What may be written where the cursor is: keys and words of the schema, and the names of things in all files.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Value, json};

use super::{
    index::Index,
    protocol::{About, Answer},
    question::{Here, Question},
    view::View,
};
use crate::{
    definition::relative,
    report::untrusted::printable,
    source::{Kind, kind_of},
    symbols::{self, Cursor, Proposal, Role, Segment, Thing},
};

/// More are not proposed at once (our choice); the editor asks again as the word grows.
const MOST: usize = 500;

/// Kinds of the protocol.
const FIELD: u8 = 5;
const ENUM_MEMBER: u8 = 20;
const REFERENCE: u8 = 18;
const FILE: u8 = 17;

/// One proposal.
struct Entry {
    label: String,
    kind: u8,
    detail: Option<String>,
    documentation: Option<String>,
    name: String,
    /// How its name is written where no quotes are.
    text: String,
    /// What follows it.
    end: &'static str,
    /// What comes first in the list.
    rank: u8,
}

pub(super) fn answer(question: &Question, about: &About) -> Answer {
    let (Some(here), Some(position)) = (question.here(&about.text_document.uri, about.position), about.position) else {
        return Ok(Value::Null);
    };
    let Some(schema) = question.schema(&here.path) else { return Ok(Value::Null) };
    let text = &here.document.text;
    let offset = here.document.lines().offset(position.line, position.character);
    let (word, cursors) = symbols::cursors(&here.path, text, offset);
    let mut entries: Vec<Entry> = Vec::new();
    for cursor in &cursors {
        let new = match cursor.is_key {
            true => keys(question, schema, &here, cursor, &text[offset..]),
            false => values(question, schema, &here, cursor),
        };
        entries.extend(new.into_iter().filter(|new| !cursor.siblings.contains(&new.label)));
    }
    let typed = &text[word.start..offset];
    let is_whole = entries.len() <= MOST;
    if !is_whole {
        let wanted = typed.to_lowercase();
        entries.retain(|entry| entry.label.to_lowercase().contains(&wanted));
        entries.truncate(MOST);
    }
    let line_rest = text[offset..].split(['\n', '\r']).next().unwrap_or_default();
    let quotes = word.quote.map(|quote| (quote, line_rest.contains(quote)));
    let units = u32::try_from(typed.encode_utf16().count()).unwrap_or(u32::MAX);
    let range = json!({
        "start": {"line": position.line, "character": position.character.saturating_sub(units)},
        "end": {"line": position.line, "character": position.character},
    });
    let items: Vec<Value> = entries.iter().map(|entry| entry.to_json(&range, quotes)).collect();
    Ok(json!({"isIncomplete": !is_whole, "items": items}))
}

fn keys(question: &Question, schema: &Value, here: &Here<'_>, cursor: &Cursor, rest: &str) -> Vec<Entry> {
    let has_colon = rest.split(['\n', '\r']).next().is_some_and(|rest| rest.contains(':'));
    let end = |is_block: bool| match (has_colon, is_block) {
        (true, _) => "",
        (false, true) => ":",
        (false, false) => ": ",
    };
    let of_schema = symbols::keys(schema, &cursor.path).into_iter().map(|key| {
        let (text, end) = (symbols::scalar(&here.path, &key.text), end(key.is_block));
        Entry { end, ..Entry::of_schema(FIELD, key, text) }
    });
    let mut path = cursor.path.clone();
    path.push(Segment::Key(String::new()));
    let named = names_at(question, here, &path, true);
    let named = named.into_iter().map(|entry| Entry { end: end(true), ..entry });
    named.chain(of_schema).collect()
}

fn values(question: &Question, schema: &Value, here: &Here<'_>, cursor: &Cursor) -> Vec<Entry> {
    let of_schema = symbols::values(schema, &cursor.path).into_iter().map(|word| {
        // In YAML every word of ours is a text without quotes too.
        let text = if word.is_text && here.path.ends_with(".json") {
            symbols::scalar(&here.path, &word.text)
        } else {
            word.text.clone()
        };
        Entry::of_schema(ENUM_MEMBER, word, text)
    });
    names_at(question, here, &cursor.path, false).into_iter().chain(of_schema).collect()
}

/// The names that may stand at a place. A new id is nobody's yet.
fn names_at(question: &Question, here: &Here<'_>, path: &[Segment], is_key: bool) -> Vec<Entry> {
    let named = symbols::named_at(path, is_key).filter(|(_, role)| *role != Role::Definition);
    named.map(|(thing, _)| names(question, here, thing)).unwrap_or_default()
}

/// The names of things of a kind, those of the outlets that this file makes first.
fn names(question: &Question, here: &Here<'_>, thing: Thing) -> Vec<Entry> {
    // What is typed here makes no other names elsewhere, so the last view will do.
    let Some(view) = &question.view else { return Vec::new() };
    match thing {
        Thing::Layer => layers(view, &here.path),
        Thing::Rule => Vec::new(), // the schema has them, with what they say
        thing => of_index(&view.index, thing, &view.related_files(&here.path), &here.path),
    }
}

fn of_index(index: &Index, thing: Thing, nearer: &BTreeSet<Arc<str>>, path: &str) -> Vec<Entry> {
    let entry = |(name, label, is_near): (String, Option<String>, bool)| Entry {
        label: printable(&name).into_owned(),
        kind: REFERENCE,
        detail: Some(label.map_or_else(|| thing.noun().to_owned(), |label| printable(&label).into_owned())),
        documentation: None,
        text: symbols::scalar(path, &name),
        name,
        end: "",
        rank: u8::from(!is_near) * 2,
    };
    index.names(thing, nearer).into_iter().map(entry).collect()
}

fn layers(view: &View, from: &str) -> Vec<Entry> {
    let is_outlet = |file: &str| view.loaded.outlets_made_of(file).any(|outlet| *outlet.file == *file);
    let others = view.loaded.catalogs().iter().map(|file| &file.path).filter(|file| ***file != *from);
    let others = others.filter(|file| kind_of(file) == Some(Kind::Definition) && !is_outlet(file));
    let entry = |file: &Arc<str>| {
        let written = relative(from, file);
        let text = symbols::scalar(from, &written);
        let label = printable(&written).into_owned();
        Entry { label, kind: FILE, detail: None, documentation: None, name: written, text, end: "", rank: 0 }
    };
    others.map(entry).collect()
}

impl Entry {
    fn of_schema(kind: u8, Proposal { text: name, description, .. }: Proposal, text: String) -> Self {
        Self { label: name.clone(), kind, detail: None, documentation: description, name, text, end: "", rank: 1 }
    }

    /// `quotes`: the one that the cursor stands behind, and whether there is one that ends it.
    fn to_json(&self, range: &Value, quotes: Option<(char, bool)>) -> Value {
        let Self { label, kind, detail, documentation, name, text, end, rank } = self;
        let text = match quotes {
            None => format!("{text}{end}"),
            Some((quote, true)) => symbols::between_quotes(quote, name),
            Some((quote, false)) => format!("{}{quote}{end}", symbols::between_quotes(quote, name)),
        };
        let mut entry = json!({
            "label": label,
            "kind": kind,
            "sortText": format!("{rank}{label}"),
            "textEdit": {"range": range, "newText": text},
        });
        if let Some(detail) = detail {
            entry["detail"] = detail.as_str().into();
        }
        if let Some(documentation) = documentation {
            entry["documentation"] = documentation.as_str().into();
        }
        entry
    }
}
