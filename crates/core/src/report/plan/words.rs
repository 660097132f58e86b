//! Values in words: one field of one change, as a person would say it. Nothing here is made harmless yet: the renderers do
//! that piece by piece.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::hours::hours_words;
use crate::catalog::{CategoryField, ItemField, Path, Price, VariantField};

/// Texts longer than this are told as word diffs (our choice: two of them no longer fit on a line).
const LONG: usize = 40;
/// Longer texts are not compared word by word.
const COMPARABLE: usize = 1000;
/// How much of a value is shown. Valid texts are shorter; a live catalog may hold anything.
const SHOWN: usize = 300;
/// Texts that have less in common than this are told one after the other.
const ALIKE: f32 = 0.3;

/// A stretch of a wording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Said plainly.
    Plain(String),
    /// A part of a text that goes.
    Old(String),
    /// A part of a text that comes.
    New(String),
}

/// A wording.
pub(super) type Words = Vec<Piece>;

pub(super) fn plain(text: impl Into<String>) -> Words {
    vec![Piece::Plain(text.into())]
}

/// What a field is called.
pub(super) fn label(path: &Path) -> &'static str {
    match path {
        Path::Menu(_) => "menu",
        Path::Item(_, None) => "item",
        Path::Category(_, None) => "choice",
        Path::Variant(_, None) => "variant",
        Path::Item(_, Some(ItemField::InStock)) | Path::Variant(_, Some(VariantField::InStock)) => "stock",
        Path::Item(_, Some(ItemField::OperationalHours)) => "hours",
        Path::Item(_, Some(ItemField::VariantCategories)) => "choices",
        Path::Item(_, Some(ItemField::ExternalId)) | Path::Variant(_, Some(VariantField::ExternalId)) => "external id",
        Path::Item(_, Some(ItemField::InternalName)) | Path::Category(_, Some(CategoryField::InternalName)) => {
            "internal name"
        }
        Path::Category(_, Some(CategoryField::MinQuantity | CategoryField::MaxQuantity)) => "choice",
        Path::Item(_, Some(field)) => field.key(),
        Path::Category(_, Some(field)) => field.key(),
        Path::Variant(_, Some(field)) => field.key(),
    }
}

/// A field that goes from one value to another; `null` = absent. `choice` names a variant category by its id.
pub(super) fn set_words(path: &Path, from: &Value, to: &Value, choice: &dyn Fn(&str) -> String) -> Words {
    match label(path) {
        "choice" if path.field_key() == Some("min_quantity") => plain(least_words(from, to)),
        "choice" => plain(most_words(from, to)),
        "price" => plain(price_words(from, to)),
        "stock" => plain(stock_word(to)),
        "hours" => plain(hours_words(from, to)),
        "choices" => plain(choices_words(from, to, choice)),
        "image" => plain(image_words(from, to)),
        "name" | "internal name" | "description" => text_words(from, to),
        _ => plain(arrow(path, from, to)),
    }
}

/// From one menu (or category) to another: `moved from Nasi to Takjil`.
pub(super) fn move_words(from: &Value, to: &Value) -> Words {
    let name = |value: &Value| match value {
        Value::String(name) => clipped(name),
        Value::Array(names) => list(names),
        _ => "(none)".to_owned(),
    };
    plain(format!("moved from {} to {}", name(from), name(to)))
}

/// One value of a field.
pub(super) fn value_word(path: &Path, value: &Value) -> String {
    match (label(path), value) {
        (_, Value::Null) => "(none)".to_owned(),
        ("price", value) => price(value),
        ("stock", value) => stock_word(value).to_owned(),
        ("hours", value) => super::hours::week_words(value),
        ("name" | "internal name" | "description", Value::String(text)) => format!("“{}”", clipped(text)),
        (_, Value::String(text)) => clipped(text),
        (_, Value::Array(values)) => list(values),
        (_, value) => clipped(&value.to_string()),
    }
}

fn arrow(path: &Path, from: &Value, to: &Value) -> String {
    match to {
        Value::Null => format!("cleared, was {}", value_word(path, from)),
        to => format!("{} → {}", value_word(path, from), value_word(path, to)),
    }
}

fn clipped(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()),
    }
}

fn list(values: &[Value]) -> String {
    let words: Vec<String> =
        values.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect();
    if words.is_empty() { "(none)".to_owned() } else { clipped(&words.join(", ")) }
}

// ── prices ──

/// `Rp 25.000`, or `(none)`.
pub(super) fn price(value: &Value) -> String {
    value.as_i64().map_or_else(|| "(none)".to_owned(), |rupiah| Price(rupiah).to_string())
}

fn price_words(from: &Value, to: &Value) -> String {
    let percent = from.as_i64().zip(to.as_i64()).and_then(|(from, to)| percent(from, to));
    format!("{} → {}{}", price(from), price(to), percent.map(|percent| format!(" ({percent})")).unwrap_or_default())
}

/// `+8 %`; nothing where there is nothing to measure by, or nothing to see after rounding.
fn percent(from: i64, to: i64) -> Option<String> {
    let percent = ((to as f64 - from as f64) * 100.0 / (from as f64).abs()).round();
    (from != 0 && percent != 0.0).then(|| format!("{percent:+.0} %"))
}

// ── stock, choices, numbers ──

fn stock_word(to: &Value) -> &'static str {
    if *to == Value::Bool(false) { "SOLD OUT" } else { "back on sale" }
}

/// How many variants a customer has to pick.
fn least_words(from: &Value, to: &Value) -> String {
    let number = |value: &Value| value.as_u64().unwrap_or(0);
    match (number(from), number(to)) {
        (0, 0) => "stays optional".to_owned(),
        (0, 1) => "becomes mandatory".to_owned(),
        (0, least) => format!("becomes mandatory, at least {least}"),
        (_, 0) => "becomes optional".to_owned(),
        (from, to) => format!("at least {to}, was {from}"),
    }
}

/// How many variants a customer may pick.
fn most_words(from: &Value, to: &Value) -> String {
    match (from.as_u64(), to.as_u64()) {
        (Some(from), Some(to)) => format!("up to {to}, was {from}"),
        (None, Some(to)) => format!("up to {to}, had no limit"),
        (Some(from), None) => format!("no limit, was {from}"),
        (None, None) => "no limit".to_owned(),
    }
}

/// Choices that come and go; if none does, their order changed.
fn choices_words(from: &Value, to: &Value, choice: &dyn Fn(&str) -> String) -> String {
    fn ids(value: &Value) -> Vec<&str> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }
    let (old, new) = (ids(from), ids(to));
    let told = |ids: &[&str]| ids.iter().map(|id| choice(id)).collect::<Vec<_>>().join(", ");
    let gone: Vec<&str> = old.iter().filter(|id| !new.contains(id)).copied().collect();
    let come: Vec<&str> = new.iter().filter(|id| !old.contains(id)).copied().collect();
    match (gone.is_empty(), come.is_empty()) {
        (true, true) => format!("in another order: {}", told(&new)),
        (true, false) => format!("now with {}", told(&come)),
        (false, true) => format!("no longer with {}", told(&gone)),
        (false, false) => format!("no longer with {}, now with {}", told(&gone), told(&come)),
    }
}

fn image_words(from: &Value, to: &Value) -> String {
    let address = |value: &Value| value.as_str().map(clipped);
    match (address(from), address(to)) {
        (None, Some(to)) => format!("new: {to}"),
        (Some(from), None) => format!("cleared, was {from}"),
        (Some(from), Some(to)) => format!("changed: {from} → {to}"),
        (None, None) => "(none)".to_owned(),
    }
}

// ── lists and numbers ──

/// `Nasi, Mie and 3 more`: all of them if they are at most one more than `most`.
pub(super) fn some_of(names: &[String], most: usize) -> String {
    if names.len() <= most + 1 {
        return names.join(", ");
    }
    format!("{} and {} more", names[..most].join(", "), names.len() - most)
}

// ── texts ──

fn text_words(from: &Value, to: &Value) -> Words {
    let (Some(old), Some(new)) = (from.as_str(), to.as_str()) else {
        return plain(match to {
            Value::Null => format!("cleared, was {}", quoted(from)),
            to => format!("{} → {}", quoted(from), quoted(to)),
        });
    };
    let length = old.chars().count().max(new.chars().count());
    if (LONG + 1..=COMPARABLE).contains(&length) {
        let diff = TextDiff::from_words(old, new);
        if diff.ratio() >= ALIKE {
            return word_diff(&diff);
        }
    }
    plain(format!("{} → {}", quoted(from), quoted(to)))
}

fn quoted(value: &Value) -> String {
    value.as_str().map_or_else(|| "(none)".to_owned(), |text| format!("“{}”", clipped(text)))
}

fn word_diff(diff: &TextDiff<'_, '_, str>) -> Words {
    let mut words: Words = Vec::new();
    for change in diff.iter_all_changes() {
        let text = change.value();
        match (words.last_mut(), change.tag()) {
            (Some(Piece::Plain(last)), ChangeTag::Equal)
            | (Some(Piece::Old(last)), ChangeTag::Delete)
            | (Some(Piece::New(last)), ChangeTag::Insert) => last.push_str(text),
            (_, ChangeTag::Equal) => words.push(Piece::Plain(text.to_owned())),
            (_, ChangeTag::Delete) => words.push(Piece::Old(text.to_owned())),
            (_, ChangeTag::Insert) => words.push(Piece::New(text.to_owned())),
        }
    }
    words
}
