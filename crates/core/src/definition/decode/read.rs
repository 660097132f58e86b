//! Reading one key of a mapping: present, missing or null, required or not.

use crate::{
    catalog::{ExternalId, Price},
    definition::Declared,
    document::{Decoder, Fields, Node, Span, Spanned, Value, closest},
};

/// What a missing key and null mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// In a definition null is the same as missing, and required keys are required.
    Definition,
    /// In a patch a missing key leaves the field alone and null clears it.
    Patch,
}

/// A thing that is being read: its mapping, what messages call it, and where to point when something is missing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner<'n> {
    pub(super) node: &'n Node,
    pub(super) what: &'static str,
    pub(super) at: Span,
    pub(super) presence: Presence,
}

/// An optional key.
pub(super) fn declared<T>(
    fields: &mut Fields<'_>,
    key: &'static str,
    decoder: &mut Decoder,
    presence: Presence,
    read: impl FnOnce(&mut Decoder, &Node) -> Option<Spanned<T>>,
) -> Declared<T> {
    let node = fields.take(key)?;
    match (node.is_null(), presence) {
        (false, _) => read(decoder, node).map(|value| value.map(Some)),
        (true, Presence::Definition) => None,
        (true, Presence::Patch) => Some(Spanned { value: None, place: decoder.place(&node.span) }),
    }
}

/// An optional text.
pub(super) fn said_text(
    decoder: &mut Decoder,
    fields: &mut Fields<'_>,
    key: &'static str,
    presence: Presence,
) -> Declared<String> {
    declared(fields, key, decoder, presence, |decoder, node| decoder.text(node, key))
}

/// A key that a definition must have and that a patch cannot clear.
pub(super) fn required<T>(
    decoder: &mut Decoder,
    fields: &mut Fields<'_>,
    key: &'static str,
    owner: &Owner<'_>,
    read: impl FnOnce(&mut Decoder, &Node) -> Option<Spanned<T>>,
) -> Option<Spanned<T>> {
    let node = fields.take(key);
    match (node, owner.presence) {
        (Some(node), _) if !node.is_null() => read(decoder, node),
        (Some(node), Presence::Patch) => {
            let message = format!("`{key}` of {} cannot be cleared", owner.what);
            decoder
                .error("missing-key", &node.span, message)
                .help("write a value, or remove the line to leave it as it is");
            None
        }
        (None, Presence::Patch) => None,
        (_, Presence::Definition) => {
            let at = node.map_or(owner.at, |node| node.span);
            missing(decoder, key, owner, &at);
            None
        }
    }
}

/// All keys that something requires: one of them is never a mistyped other (`min_quantity` is near `max_quantity`).
const REQUIRED: [&str; 9] =
    ["external_id", "name", "price", "rules", "selection", "min_quantity", "max_quantity", "variants", "markup"];

/// Reports a missing key, unless it is there with a typing mistake: that is reported as an unknown key.
fn missing(decoder: &mut Decoder, key: &'static str, owner: &Owner<'_>, at: &Span) {
    let is_typo = |written: &str| !REQUIRED.contains(&written) && closest(written, [key]).is_some();
    if let Value::Mapping(entries) = &owner.node.value
        && entries.iter().any(|(written, _)| is_typo(&written.text))
    {
        return;
    }
    let message = format!("{} has no `{key}`", owner.what);
    let help = match owner.what {
        "a new item" => format!("add `{key}`, or change an item of another layer under `items`"),
        "a new variant" => format!("add `{key}`, or change a variant of another layer under `variants`"),
        "a new variant category" => format!("add `{key}`, or change a category of another layer under `categories`"),
        _ => format!("add `{key}`"),
    };
    decoder.error("missing-key", at, message).help(help);
}

/// The same as a [`Declared`] that is never null.
pub(super) fn required_said<T>(
    decoder: &mut Decoder,
    fields: &mut Fields<'_>,
    key: &'static str,
    owner: &Owner<'_>,
    read: impl FnOnce(&mut Decoder, &Node) -> Option<Spanned<T>>,
) -> Declared<T> {
    required(decoder, fields, key, owner, read).map(|value| value.map(Some))
}

/// The id of a thing in a list.
pub(super) fn external_id(
    decoder: &mut Decoder,
    fields: &mut Fields<'_>,
    owner: &Owner<'_>,
) -> Option<Spanned<ExternalId>> {
    required(decoder, fields, "external_id", owner, |decoder, node| id(decoder, node, "external_id"))
}

/// An id.
pub(super) fn id(decoder: &mut Decoder, node: &Node, what: &str) -> Option<Spanned<ExternalId>> {
    decoder.text(node, what).map(|text| text.map(ExternalId))
}

/// Whole rupiah.
pub(super) fn price(decoder: &mut Decoder, node: &Node) -> Option<Spanned<Price>> {
    decoder.integer(node, "price").map(|number| number.map(Price))
}

/// How many variants may be picked.
pub(super) fn quantity(decoder: &mut Decoder, node: &Node, what: &str) -> Option<Spanned<u32>> {
    let number = decoder.integer(node, what)?;
    match u32::try_from(number.value) {
        Ok(value) => Some(Spanned { value, place: number.place }),
        Err(_) => {
            let message = format!("`{what}` is {}, which is no number of variants", number.value);
            decoder.error("out-of-range", &node.span, message).help("write 0 or a small whole number");
            None
        }
    }
}

/// A list of ids. All are read before giving up, so that every wrong one is reported.
pub(super) fn ids(decoder: &mut Decoder, node: &Node, what: &str) -> Option<Vec<Spanned<ExternalId>>> {
    let nodes = decoder.list(node, what)?;
    let ids: Vec<_> = nodes.iter().map(|node| id(decoder, node, "an external_id")).collect();
    ids.into_iter().collect()
}

/// `remove: true`, and where that stands. Reports keys beside it, for they would be lost.
pub(super) fn removal(decoder: &mut Decoder, fields: &mut Fields<'_>, what: &str) -> Option<crate::diagnostic::Place> {
    let removed = lone_flag(decoder, fields, "remove", what, "keep one of the two")?;
    removed.value.then_some(removed.place)
}

/// A flag that, if it is true, stands alone.
pub(super) fn lone_flag(
    decoder: &mut Decoder,
    fields: &mut Fields<'_>,
    flag: &'static str,
    what: &str,
    help: &str,
) -> Option<Spanned<bool>> {
    let node = fields.take(flag).filter(|node| !node.is_null())?;
    let said = decoder.boolean(node, flag)?;
    for (key, _) in fields.entries().filter(|_| said.value) {
        let message = format!("`{}` stands beside `{flag}: true` in {what}", key.text);
        decoder.error("conflicting-keys", &key.span, message).help(help);
    }
    Some(said)
}
