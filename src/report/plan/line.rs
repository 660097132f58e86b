//! One change as one line: what happens, to what, and the values in words.

use serde_json::Value;

use super::words::{self, Words, plain, value_word};
use crate::{
    catalog::{ExternalId, Path},
    plan::{Change, Class, Kind, OutletPlan},
};

/// What a line tells, as the sign in front of it. Sorts as lines do: what goes comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    Remove,
    Add,
    Set,
    Move,
}

impl Mark {
    /// The sign.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Remove => "-",
            Self::Add => "+",
            Self::Set => "~",
            Self::Move => "→",
        }
    }
}

/// A change in words. Texts are as the menu has them: renderers make them harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) mark: Mark,
    /// Menu and item, category and variant, or one name.
    pub(super) subject: Vec<String>,
    pub(super) label: &'static str,
    pub(super) words: Words,
}

fn line(change: &Change, mark: Mark, label: &'static str, words: Words) -> Line {
    let subject = change.subject.within.iter().chain([&change.subject.name]).cloned().collect();
    Line { mark, subject, label, words }
}

/// What a push would do: from live to the files.
pub(super) fn pushed(change: &Change, plan: &OutletPlan, is_unmanaged: bool) -> Line {
    let label = words::label(&change.path);
    match (change.kind, change.path.field_key()) {
        (Kind::Add, _) => line(change, Mark::Add, label, plain(format!("new{}", details(&change.path, &change.to)))),
        (Kind::Remove, _) => {
            let price = change.from.get("price").filter(|price| !price.is_null()).map(words::price);
            let was = price.map(|price| format!(", was {price}")).unwrap_or_default();
            let why = if is_unmanaged { " (no file knows it)" } else { "" };
            line(change, Mark::Remove, label, plain(format!("removed{was}{why}")))
        }
        (Kind::Move, None) => line(change, Mark::Move, "order", plain(place_words(change, plan))),
        (kind, _) => {
            let mark = if kind == Kind::Move { Mark::Move } else { Mark::Set };
            line(change, mark, label, words::set_words(&change.path, &change.from, &change.to))
        }
    }
}

/// What somebody else did: from our last push to live; with what the files say too if they moved as well.
pub(super) fn foreign(change: &Change) -> Line {
    let label = words::label(&change.path);
    let both = change.class == Class::Conflict;
    match (change.kind, change.path.field_key()) {
        (Kind::Add, None) => {
            let told = if both { "removed elsewhere, but changed in the files" } else { "removed elsewhere" };
            line(change, Mark::Remove, label, plain(told))
        }
        (Kind::Remove, None) => {
            let told = if both { "removed in the files, but changed elsewhere" } else { "made elsewhere" };
            line(change, Mark::Add, label, plain(format!("{told}{}", details(&change.path, &change.from))))
        }
        (kind, _) => {
            let mark = if kind == Kind::Move { Mark::Move } else { Mark::Set };
            let told =
                if both { both_words(change) } else { words::set_words(&change.path, &change.base, &change.from) };
            line(change, mark, label, told)
        }
    }
}

/// An external id that is gone, or another.
pub(super) fn lost_id(change: &Change) -> Line {
    let told = match &change.from {
        Value::String(id) => format!("is now {id}, ours is {}", value_word(&change.path, &change.to)),
        _ => format!("{} is gone", value_word(&change.path, &change.to)),
    };
    line(change, Mark::Set, words::label(&change.path), plain(told))
}

fn both_words(change: &Change) -> Words {
    let [live, files, base] = [&change.from, &change.to, &change.base].map(|value| value_word(&change.path, value));
    plain(format!("live {live}, files {files}, last push {base}"))
}

/// What to know of a thing that comes as a whole.
fn details(path: &Path, thing: &Value) -> String {
    match path {
        Path::Item(..) | Path::Variant(..) => match thing.get("price").filter(|price| !price.is_null()) {
            Some(price) => format!(", {}", words::price(price)),
            None => String::new(),
        },
        Path::Category(..) => {
            let variants = thing.get("variants").and_then(Value::as_array).map_or(0, Vec::len);
            let number = |key: &str| thing.get(key).and_then(Value::as_u64).unwrap_or(0);
            let need = if number("min_quantity") > 0 { "mandatory" } else { "optional" };
            format!(", {need}, {variants} variants")
        }
        Path::Menu(_) => String::new(),
    }
}

/// `first`, or `after Nasi Goreng`.
fn place_words(change: &Change, plan: &OutletPlan) -> String {
    let front = change.to.get("after").and_then(Value::as_str);
    front.map_or_else(|| "first".to_owned(), |id| format!("after {}", name_of(&change.path, id, plan)))
}

/// The name of a neighbour of the same kind, else its id.
fn name_of(path: &Path, id: &str, plan: &OutletPlan) -> String {
    let name = match path {
        Path::Item(..) => plan.payload.item(&ExternalId::from(id)).and_then(|item| item.name.value()),
        Path::Variant(..) => {
            let mut variants = plan.payload.variants().map(|(_, variant)| variant);
            variants.find(|variant| variant.external_id.as_str() == id).and_then(|variant| variant.name.value())
        }
        Path::Menu(_) | Path::Category(..) => None,
    };
    name.map_or_else(|| id.to_owned(), Clone::clone)
}
