//! Rules on single prices. How far a price may move is a guard's business.

use hashbrown::{HashMap, HashSet};

use super::{Findings, finding::Subject};
use crate::catalog::{Catalog, ExternalId, Item, ItemField, Menu, Price, Variant, VariantCategory, VariantField};

/// Above this GoFood may refuse (one weak source).
const MAX_PRICE: Price = Price(2_000_000);
/// Below this an item's price is most likely a slip, such as thousands left out (our choice).
pub const MIN_LIKELY_PRICE: Price = Price(1_000);

/// Below this a price is most likely meant in thousands: more would be a dish for Rp 200.000 (our choice).
const LIKELY_THOUSANDS: Price = Price(200);

/// Every item that has a price.
fn item_prices(catalog: &Catalog) -> impl Iterator<Item = (Subject<'_>, Price)> {
    catalog.items().filter_map(|(_, i)| Some((Subject::Item(i, Some(ItemField::Price)), *i.price.value()?)))
}

/// Every variant that has a price.
fn variant_prices(catalog: &Catalog) -> impl Iterator<Item = (Subject<'_>, Price)> {
    catalog.variants().filter_map(|(_, v)| Some((Subject::Variant(v, Some(VariantField::Price)), *v.price.value()?)))
}

pub(super) fn check_price_not_positive(catalog: &Catalog, findings: &mut Findings<'_>) {
    for (subject, price) in item_prices(catalog).filter(|(_, price)| price.0 <= 0) {
        findings.add(
            subject,
            format!("price is {price}, at least Rp 1 is required"),
            "write what customers pay in whole rupiah; to take it off sale write `in_stock: false`",
        );
    }
}

pub(super) fn check_price_too_low(catalog: &Catalog, findings: &mut Findings<'_>) {
    let items = catalog.items().filter_map(|(_, item)| Some((item, *item.price.value()?)));
    for (item, price) in items.filter(|(_, price)| price.0 > 0 && *price < MIN_LIKELY_PRICE) {
        let written = catalog.written_price(item).unwrap_or(price);
        let before = if written == price { String::new() } else { format!(" ({written} before markups)") };
        findings.add(
            Subject::Item(item, Some(ItemField::Price)),
            format!("price is {price}{before}, less than {MIN_LIKELY_PRICE}"),
            if written < LIKELY_THOUSANDS {
                format!("if thousands are meant write `price: {}000`", written.0)
            } else {
                "write what customers pay in whole rupiah, or beside it why it is so cheap: `# menusync: \
                     allow(price-too-low) reason`"
                    .to_owned()
            },
        );
    }
}

pub(super) fn check_price_too_high(catalog: &Catalog, findings: &mut Findings<'_>) {
    for (subject, price) in item_prices(catalog).chain(variant_prices(catalog)).filter(|(_, p)| *p > MAX_PRICE) {
        findings.add(
            subject,
            format!("price is {price}, GoFood may refuse more than {MAX_PRICE}"),
            match price.0 % 100 {
                0 => format!("if zeros were typed too many write `price: {}`", price.0 / 100),
                _ => "write what customers pay, in whole rupiah".to_owned(),
            },
        );
    }
}

pub(super) fn check_variant_price_negative(catalog: &Catalog, findings: &mut Findings<'_>) {
    // What makes an item free is the worse rule's.
    let reported: HashSet<_> = free_items(catalog).into_iter().map(|(_, _, category)| category).collect();
    for (_, variant) in catalog.variants().filter(|(category, _)| !reported.contains(&category.external_id)) {
        let Some(price) = variant.price.value().filter(|price| price.0 < 0) else { continue };
        findings.add(
            Subject::Variant(variant, Some(VariantField::Price)),
            format!("price is {price}, GoFood may refuse a reduction"),
            "lower the item's price and let the other variants add to it",
        );
    }
}

pub(super) fn check_variant_price_high(catalog: &Catalog, findings: &mut Findings<'_>) {
    let dearest = dearest_items(catalog);
    for (category, variant) in catalog.variants() {
        let Some((item, base)) = dearest.get(&category.external_id) else { continue };
        let Some(price) = variant.price.value().filter(|price| price.0 > base.0.saturating_mul(2)) else {
            continue;
        };
        findings.add_related(
            Subject::Variant(variant, Some(VariantField::Price)),
            format!("adds {price} to items that cost {base} at most"),
            "write what is added to the item's price, not the price of both together",
            (Subject::Item(item, Some(ItemField::Price)), "the dearest item that uses it"),
        );
    }
}

/// The item with the highest price among those that use a variant category.
fn dearest_items(catalog: &Catalog) -> HashMap<&ExternalId, (&Item, Price)> {
    let mut dearest: HashMap<&ExternalId, (&Item, Price)> = HashMap::new();
    for (_, item) in catalog.items() {
        let Some(price) = item.price.value().filter(|price| price.0 > 0) else { continue };
        for id in item.variant_category_external_ids.value().into_iter().flatten() {
            let known = dearest.entry(id).or_insert((item, *price));
            if *price > known.1 {
                *known = (item, *price);
            }
        }
    }
    dearest
}

pub(super) fn check_price_with_choices(catalog: &Catalog, findings: &mut Findings<'_>) {
    let cheapest: HashMap<&ExternalId, &Variant> = catalog
        .variant_categories
        .iter()
        .filter_map(|category| Some((&category.external_id, category.variants.iter().min_by_key(|v| v.price.value())?)))
        .collect();
    for (item, total, category) in free_items(catalog) {
        let subject = Subject::Item(item, Some(ItemField::Price));
        let what = format!("costs {total} with its cheapest mandatory choices, at least Rp 1 is required");
        let missing = Price(1_i64.saturating_sub(total.0));
        let help = format!("raise its price by {missing} or more, or the prices of those variants");
        match cheapest.get(category) {
            Some(variant) => {
                let other = Subject::Variant(variant, Some(VariantField::Price));
                findings.add_related(subject, what, help, (other, "this makes it cheaper"));
            }
            None => findings.add(subject, what, help),
        }
    }
}

/// The items that cost nothing or less with their cheapest mandatory choices, what they cost then, and the choice that
/// takes off most.
fn free_items<'c>(catalog: &'c Catalog) -> Vec<(&'c Item, Price, &'c ExternalId)> {
    let least: HashMap<&ExternalId, i64> =
        catalog.variant_categories.iter().map(|category| (&category.external_id, least_surcharge(category))).collect();
    let free = |(_, item): (&Menu, &'c Item)| {
        let price = item.price.value().filter(|price| price.0 > 0)?;
        let total = Price(mandatory(item, &least).map(|(_, add)| add).fold(price.0, i64::saturating_add));
        let (category, _) = mandatory(item, &least).min_by_key(|(_, add)| *add).filter(|_| total.0 <= 0)?;
        Some((item, total, category))
    };
    catalog.items().filter_map(free).collect()
}

/// What the mandatory choices of an item add at least.
pub(super) fn least_choices(catalog: &Catalog, item: &Item) -> i64 {
    let categories = catalog.variant_categories.iter();
    let least = categories.map(|category| (&category.external_id, least_surcharge(category))).collect();
    mandatory(item, &least).map(|(_, add)| add).fold(0, i64::saturating_add)
}

/// What each distinct variant category of an item adds at least.
fn mandatory<'c, 'l>(
    item: &'c Item,
    least: &'l HashMap<&ExternalId, i64>,
) -> impl Iterator<Item = (&'c ExternalId, i64)> + use<'c, 'l> {
    let ids = item.variant_category_external_ids.value().map_or(&[][..], Vec::as_slice);
    let mut seen = HashSet::new();
    ids.iter().filter(move |id| seen.insert(*id)).filter_map(|id| Some((id, *least.get(id)?)))
}

/// The sum of as many of the cheapest variants as must be picked.
fn least_surcharge(category: &VariantCategory) -> i64 {
    let mut prices: Vec<i64> = category.variants.iter().filter_map(|v| Some(v.price.value()?.0)).collect();
    prices.sort_unstable();
    let count = category.min_quantity.value().map_or(0, |min| usize::try_from(*min).unwrap_or(usize::MAX));
    prices.into_iter().take(count).fold(0, i64::saturating_add)
}
