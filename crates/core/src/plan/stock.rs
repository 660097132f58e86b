//! Stock belongs to the kitchen. The files may take a dish off sale (`in_stock: false`), and when they stop saying so only
//! what *we* took off is put back. Everything else is carried over from live, so that no push puts a sold-out dish back on
//! sale.

use hashbrown::HashSet;

use crate::catalog::{Catalog, ExternalId, Field, FieldValue, ItemField, Path, StockChange, StockKind, VariantField};

use super::{Change, Class, StockCalls, field::Stance, matching::Matched};

/// What follows for the stock of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StockDecision {
    pub(super) class: Option<Class>,
    pub(super) push: bool,
    pub(super) send: bool,
    /// Whether the base says that it is off sale.
    pub(super) next_off: bool,
    pub(super) next_taken_off: bool,
}

/// Decides on the stock of something that is live.
///
/// `off` and `off_in_base`: whether the files take it off sale, and did. `taken_off`: whether the last change to "sold out"
/// was ours and nobody has put it back since.
pub(super) fn decide(stance: Stance, off: bool, off_in_base: bool, taken_off: bool, live: bool) -> StockDecision {
    let decision = |class, push, send, next_off, next_taken_off| StockDecision {
        class: Some(class),
        push,
        send,
        next_off,
        next_taken_off,
    };
    let nothing =
        |next_off, next_taken_off| StockDecision { class: None, push: false, send: live, next_off, next_taken_off };
    match off {
        true if !live => nothing(true, taken_off),
        // Somebody put back what the files keep off sale: from now on, a "sold out" there is no longer ours.
        true if off_in_base && !stance.revert => decision(Class::Drift, false, true, true, false),
        true => decision(if off_in_base { Class::Drift } else { edit_or_adopt(stance) }, true, false, true, true),
        false if off_in_base && taken_off && !live => decision(Class::Edit, true, true, false, false),
        false => nothing(false, false),
    }
}

fn edit_or_adopt(stance: Stance) -> Class {
    if stance.has_base { Class::Edit } else { Class::Adopt }
}

/// What was last pushed, with what the files take off sale by now: for an outlet whose other changes have to wait. `None`: they
/// take nothing off that was not off.
pub fn off_sale_only(pushed: &Catalog, desired: &Catalog) -> Option<Catalog> {
    const OFF: Field<bool> = Field::Set(false);
    let items: HashSet<&ExternalId> =
        desired.items().filter(|(_, item)| item.in_stock == OFF).map(|(_, item)| &item.external_id).collect();
    let variants: HashSet<&ExternalId> =
        desired.variants().filter(|(_, variant)| variant.in_stock == OFF).map(|(_, it)| &it.external_id).collect();
    let mut catalog = pushed.clone();
    let stock_of_items = catalog.menus.iter_mut().flat_map(|menu| &mut menu.menu_items);
    let stock_of_items = stock_of_items.filter(|item| items.contains(&item.external_id)).map(|item| &mut item.in_stock);
    let stock_of_variants = catalog.variant_categories.iter_mut().flat_map(|category| &mut category.variants);
    let stock_of_variants =
        stock_of_variants.filter(|it| variants.contains(&it.external_id)).map(|it| &mut it.in_stock);
    let mut is_more = false;
    for stock in stock_of_items.chain(stock_of_variants) {
        is_more |= std::mem::replace(stock, OFF) != OFF;
    }
    is_more.then_some(catalog)
}

/// The PATCHes that carry the stock changes among `changes`.
pub(super) fn calls(changes: &[Change], matched: &Matched) -> StockCalls {
    let uuids = matched.uuids.by_id();
    let mut items = Vec::new();
    let mut variants = Vec::new();
    for change in changes.iter().filter(|change| change.pushed) {
        let in_stock = change.to == Some(FieldValue::Flag(true));
        let line =
            |id: &ExternalId, uuid: &str| StockChange { external_id: id.clone(), uuid: uuid.to_owned(), in_stock };
        match &change.path {
            Path::Item(id, Some(ItemField::InStock)) => items.push(line(id, uuids.item(id))),
            Path::Variant(id, Some(VariantField::InStock)) => {
                variants.extend(uuids.variants_of(id).iter().map(|uuid| line(id, uuid)));
            }
            _ => {}
        }
    }
    calls_of([(StockKind::Items, items), (StockKind::Variants, variants)])
}

/// One call of each kind.
pub fn calls_of(changes: impl IntoIterator<Item = (StockKind, Vec<StockChange>)>) -> StockCalls {
    let (mut items, mut variants) = (Vec::new(), Vec::new());
    for (kind, changes) in changes {
        match kind {
            StockKind::Items => items.extend(changes),
            StockKind::Variants => variants.extend(changes),
        }
    }
    let calls = [(StockKind::Items, items), (StockKind::Variants, variants)];
    calls.into_iter().filter(|(_, changes)| !changes.is_empty()).collect()
}
