//! Stock belongs to the kitchen. The files may take a dish off sale (`in_stock: false`), and when they stop saying so only
//! what *we* took off is put back. Everything else is carried over from live, so that no push puts a sold-out dish back on
//! sale.

use crate::catalog::{ExternalId, Field, ItemField, Path, StockChange, StockKind, VariantField};

use super::{Change, Class, StockCalls, field::Stance, matching::Matched};

/// What follows for the stock of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StockDecision {
    pub(super) class: Option<Class>,
    pub(super) push: bool,
    pub(super) send: bool,
    pub(super) next_base: Field<bool>,
    pub(super) next_taken_off: bool,
}

/// Decides on the stock of something that is live.
///
/// `taken_off`: whether the last change to "sold out" was ours and nobody has put it back since.
pub(super) fn decide(
    stance: Stance,
    desired: &Field<bool>,
    base: &Field<bool>,
    taken_off: bool,
    live: bool,
) -> StockDecision {
    let nothing =
        |next_base, next_taken_off| StockDecision { class: None, push: false, send: live, next_base, next_taken_off };
    let off_in_base = *base == Field::Set(false);
    if *desired == Field::Set(false) {
        if !live {
            return nothing(Field::Set(false), taken_off);
        }
        // Somebody put back what the files keep off sale: from now on, a "sold out" there is no longer ours.
        if off_in_base && !stance.revert {
            let class = Some(Class::Drift);
            return StockDecision {
                class,
                push: false,
                send: true,
                next_base: Field::Set(false),
                next_taken_off: false,
            };
        }
        let class = if off_in_base { Class::Drift } else { edit_or_adopt(stance) };
        return StockDecision {
            class: Some(class),
            push: true,
            send: false,
            next_base: Field::Set(false),
            next_taken_off: true,
        };
    }
    if off_in_base && taken_off && !live {
        let class = Some(Class::Edit);
        return StockDecision { class, push: true, send: true, next_base: Field::Unsaid, next_taken_off: false };
    }
    nothing(Field::Unsaid, false)
}

fn edit_or_adopt(stance: Stance) -> Class {
    if stance.has_base { Class::Edit } else { Class::Adopt }
}

/// The PATCHes that carry the stock changes among `changes`.
pub(super) fn calls(changes: &[Change], matched: &Matched) -> StockCalls {
    let mut items = Vec::new();
    let mut variants = Vec::new();
    for change in changes.iter().filter(|change| change.pushed) {
        let in_stock = change.to == serde_json::Value::Bool(true);
        let line = |id: &ExternalId, uuid: Option<&str>| StockChange {
            external_id: id.clone(),
            uuid: uuid.unwrap_or_default().to_owned(),
            in_stock,
        };
        match &change.path {
            Path::Item(id, Some(ItemField::InStock)) => items.push(line(id, matched.uuids.item(id))),
            Path::Variant(id, Some(VariantField::InStock)) => variants.push(line(id, matched.uuids.variant(id))),
            _ => {}
        }
    }
    let calls = [(StockKind::Items, items), (StockKind::Variants, variants)];
    calls.into_iter().filter(|(_, lines)| !lines.is_empty()).collect()
}
