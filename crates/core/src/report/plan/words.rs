//! Values in words: one field of one change, as a person would say it. Nothing here is made harmless yet: the renderers do
//! that piece by piece.

use similar::{ChangeTag, TextDiff};

use super::{Side, hours::hours_words, json::value_json};
use crate::{
    catalog::{ExternalId, FieldKind, FieldValue, Path, Price},
    report::Lang,
};

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
    match (path.info(), path) {
        (Some(info), _) => info.label,
        (None, Path::Menu(_)) => "menu",
        (None, Path::Item(..)) => "item",
        (None, Path::Category(..)) => "choice",
        (None, Path::Variant(..)) => "variant",
        (None, Path::Promotion(..)) => "promo",
    }
}

fn kind(path: &Path) -> Option<FieldKind> {
    path.info().map(|info| info.kind)
}

/// A field that goes from one value to another. `choice` names a variant category by its id.
pub(super) fn set_words(path: &Path, from: &Side, to: &Side, choice: &dyn Fn(&str) -> String, lang: Lang) -> Words {
    match kind(path) {
        Some(FieldKind::Least) => plain(least_words(from, to, lang)),
        Some(FieldKind::Most) => plain(most_words(from, to, lang)),
        Some(FieldKind::Price) => plain(price_words(from, to, lang)),
        Some(FieldKind::Stock) => plain(stock_word(to, lang)),
        Some(FieldKind::Hours) => plain(hours_words(from, to, lang)),
        Some(FieldKind::Choices) => plain(choices_words(from, to, choice, lang)),
        Some(FieldKind::Address) => plain(image_words(from, to, lang)),
        Some(FieldKind::Text) => text_words(from, to, lang),
        Some(FieldKind::Id | FieldKind::Holder | FieldKind::Number) | None => plain(arrow(path, from, to, lang)),
    }
}

/// From one menu (or category) to another: `moved from Nasi to Takjil`.
pub(super) fn move_words(from: &Side, to: &Side, lang: Lang) -> Words {
    let name = |value: &Side| match value {
        Some(FieldValue::Text(name)) => clipped(name, lang),
        Some(FieldValue::Names(names)) => list(names, lang),
        _ => lang.no_value().to_owned(),
    };
    plain(lang.moved_between(&name(from), &name(to)))
}

/// One value of a field.
pub(super) fn value_word(path: &Path, value: &Side, lang: Lang) -> String {
    let Some(known) = value else { return lang.no_value().to_owned() };
    match known {
        FieldValue::Price(_) => price(value, lang),
        FieldValue::Flag(_) => stock_word(value, lang).to_owned(),
        FieldValue::Hours(_) => crate::report::week::week_words(value, lang),
        FieldValue::Text(text) if kind(path) == Some(FieldKind::Text) => format!("“{}”", clipped(text, lang)),
        FieldValue::Text(text) => clipped(text, lang),
        FieldValue::Number(number) => number.to_string(),
        FieldValue::Names(names) => list(names, lang),
        FieldValue::Ids(ids) => list(&ids.iter().map(ExternalId::to_string).collect::<Vec<_>>(), lang),
        FieldValue::Promotion(detail) => format!("{}, {}", detail.selling_price, lang.promotion_days(detail)),
        FieldValue::Thing(_) | FieldValue::Things(_) | FieldValue::After(_) => clipped(&value_json(value), lang),
    }
}

fn arrow(path: &Path, from: &Side, to: &Side, lang: Lang) -> String {
    match to {
        None => lang.cleared(&value_word(path, from, lang)),
        to => format!("{} → {}", value_word(path, from, lang), value_word(path, to, lang)),
    }
}

fn clipped(text: &str, lang: Lang) -> String {
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}… {}", &text[..end], lang.characters(text.chars().count())),
    }
}

fn list(names: &[String], lang: Lang) -> String {
    if names.is_empty() { lang.no_value().to_owned() } else { clipped(&names.join(", "), lang) }
}

fn text_of(value: &Side) -> Option<&str> {
    value.as_ref().and_then(FieldValue::as_text)
}

// ── prices ──

fn rupiah(value: &Side) -> Option<i64> {
    value.as_ref().and_then(FieldValue::as_rupiah)
}

/// `Rp 25.000`, or `(none)`.
fn price(value: &Side, lang: Lang) -> String {
    rupiah(value).map_or_else(|| lang.no_value().to_owned(), |rupiah| Price(rupiah).to_string())
}

/// The price of a thing that comes or goes, if it has one.
pub(super) fn price_of(thing: &Side) -> Option<Price> {
    thing.as_ref()?.as_thing()?.values().find_map(rupiah).map(Price)
}

fn price_words(from: &Side, to: &Side, lang: Lang) -> String {
    let percent = rupiah(from).zip(rupiah(to)).and_then(|(from, to)| percent(from, to));
    format!(
        "{} → {}{}",
        price(from, lang),
        price(to, lang),
        percent.map(|percent| format!(" ({percent})")).unwrap_or_default()
    )
}

/// `+8 %`; nothing where there is nothing to measure by, or nothing to see after rounding.
fn percent(from: i64, to: i64) -> Option<String> {
    percent_of(from, to).filter(|percent| *percent != 0.0).map(|percent| format!("{percent:+.0} %"))
}

/// By how many percent a price differs from what it was, rounded; never a negative zero.
pub(super) fn percent_of(from: i64, to: i64) -> Option<f64> {
    let percent = || ((to as f64 - from as f64) * 100.0 / (from as f64).abs()).round() + 0.0;
    (from != 0).then(percent)
}

// ── stock, choices, numbers ──

fn stock_word(to: &Side, lang: Lang) -> &'static str {
    if *to == Some(FieldValue::Flag(false)) { lang.sold_out_aloud() } else { lang.back_on_sale() }
}

fn number(value: &Side) -> Option<u32> {
    value.as_ref().and_then(FieldValue::as_number)
}

/// How many variants a customer has to pick.
fn least_words(from: &Side, to: &Side, lang: Lang) -> String {
    match (number(from).unwrap_or(0), number(to).unwrap_or(0)) {
        (0, 0) => lang.stays_optional().to_owned(),
        (0, 1) => lang.becomes_mandatory().to_owned(),
        (0, least) => lang.becomes_mandatory_at_least(least),
        (_, 0) => lang.becomes_optional().to_owned(),
        (from, to) => lang.at_least_was(to, from),
    }
}

/// How many variants a customer may pick.
fn most_words(from: &Side, to: &Side, lang: Lang) -> String {
    match (number(from), number(to)) {
        (Some(from), Some(to)) => lang.up_to_was(to, from),
        (None, Some(to)) => lang.up_to_had_none(to),
        (Some(from), None) => lang.no_limit_was(from),
        (None, None) => lang.no_limit().to_owned(),
    }
}

/// Choices that come and go; if none does, their order changed.
fn choices_words(from: &Side, to: &Side, choice: &dyn Fn(&str) -> String, lang: Lang) -> String {
    let ids = |value: &'_ Side| value.as_ref().and_then(FieldValue::as_ids).unwrap_or_default().to_vec();
    let (old, new) = (ids(from), ids(to));
    let names = |ids: &[&ExternalId]| ids.iter().map(|id| choice(id.as_str())).collect::<Vec<_>>().join(", ");
    let gone: Vec<&ExternalId> = old.iter().filter(|id| !new.contains(id)).collect();
    let come: Vec<&ExternalId> = new.iter().filter(|id| !old.contains(id)).collect();
    match (gone.is_empty(), come.is_empty()) {
        (true, true) => lang.in_another_order(&names(&new.iter().collect::<Vec<_>>())),
        (true, false) => lang.now_with(&names(&come)),
        (false, true) => lang.no_longer_with(&names(&gone)),
        (false, false) => format!("{}, {}", lang.no_longer_with(&names(&gone)), lang.now_with(&names(&come))),
    }
}

fn image_words(from: &Side, to: &Side, lang: Lang) -> String {
    let shown = |text: &str| clipped(text, lang);
    match (text_of(from).map(shown), text_of(to).map(shown)) {
        (None, Some(to)) => lang.new_value(&to),
        (Some(from), None) => lang.cleared(&from),
        (Some(from), Some(to)) => lang.changed_value(&from, &to),
        (None, None) => lang.no_value().to_owned(),
    }
}

// ── lists and numbers ──

/// `Nasi, Mie and 3 more`: all of them if they are at most one more than `most`.
pub(super) fn some_of(names: &[String], most: usize) -> String {
    some_in(names, most, Lang::En)
}

/// The same in a language.
pub fn some_in(names: &[String], most: usize, lang: Lang) -> String {
    if names.len() <= most + 1 {
        return names.join(", ");
    }
    lang.some_and_more(&names[..most].join(", "), names.len() - most)
}

// ── texts ──

fn text_words(from: &Side, to: &Side, lang: Lang) -> Words {
    let (Some(old), Some(new)) = (text_of(from), text_of(to)) else {
        return plain(match to {
            None => lang.cleared(&quoted(from, lang)),
            to => format!("{} → {}", quoted(from, lang), quoted(to, lang)),
        });
    };
    let length = old.chars().count().max(new.chars().count());
    if (LONG + 1..=COMPARABLE).contains(&length) {
        let diff = TextDiff::from_words(old, new);
        if diff.ratio() >= ALIKE {
            return word_diff(&diff);
        }
    }
    plain(format!("{} → {}", quoted(from, lang), quoted(to, lang)))
}

fn quoted(value: &Side, lang: Lang) -> String {
    text_of(value).map_or_else(|| lang.no_value().to_owned(), |text| format!("“{}”", clipped(text, lang)))
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
