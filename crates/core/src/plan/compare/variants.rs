//! Variants, over all categories.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::{Value, json};

use super::{
    super::{Change, Class, Kind, Subject, field::same},
    Index, Placed, Presence, Sides, Walk, differs,
};
use crate::catalog::{Catalog, ExternalId, Field, Path, Variant, VariantCategory, VariantField, text::normalise_text};

impl Walk<'_> {
    pub(super) fn variants(&mut self, desired: &Catalog, base: &Catalog, payload: &mut Catalog, next: &mut Catalog) {
        let (wanted, known, live) =
            (index_variants(desired), index_variants(base), index_variants(&self.matched.catalog));
        let mut sent: HashMap<ExternalId, Placed<Variant>> = HashMap::new();
        let mut kept: HashMap<ExternalId, Placed<Variant>> = HashMap::new();
        let ids: BTreeSet<&ExternalId> = wanted.keys().chain(known.keys()).chain(live.keys()).copied().collect();
        let told: HashSet<String> = self.changes.iter().filter_map(whole_category).collect();
        let restored: HashSet<String> = payload
            .variant_categories
            .iter()
            .filter(|sent| !self.matched.catalog.variant_categories.iter().any(|c| c.external_id == sent.external_id))
            .map(|category| category.external_id.0.clone())
            .collect();
        // A category that the files drop and that stays as somebody edited it stays with its variants.
        let left: HashSet<String> = self.changes.iter().filter(|c| !c.pushed).filter_map(dropped_category).collect();
        for id in ids {
            let mark = self.changes.len();
            let stays = live.get(id).is_some_and(|live| live.within.iter().any(|category| left.contains(category)));
            let (send, base) = match (wanted.get(id), known.get(id), live.get(id)) {
                (None, Some(base), Some(live)) if stays => (Some(complete_variant(owned(live))), Some(owned(base))),
                (wanted, known, live) => self.variant(id, wanted, known, live, &restored),
            };
            // Where a whole category comes or goes, its variants go without saying.
            let mut index = 0;
            self.changes.retain(|change| {
                index += 1;
                index <= mark || !goes_without_saying(change, &told, live.get(id).map_or(&[], |live| &live.within))
            });
            sent.extend(send.map(|placed| (id.clone(), placed)));
            kept.extend(base.map(|placed| (id.clone(), placed)));
        }
        keep_sold_out(&mut sent, &live, [desired, &self.matched.catalog]);
        fill(&mut payload.variant_categories, &sent, [desired, &self.matched.catalog]);
        fill(&mut next.variant_categories, &kept, [desired, base]);
        for category in &desired.variant_categories {
            self.variant_order(category, base, payload);
        }
    }

    fn variant_order(&mut self, category: &VariantCategory, base: &Catalog, payload: &Catalog) {
        let find = |catalog: &Catalog| {
            let found = catalog.variant_categories.iter().find(|known| known.external_id == category.external_id);
            found.map(|c| c.variants.iter().map(|v| v.external_id.0.clone()).collect::<Vec<_>>())
        };
        let (Some(before), Some(sent)) = (find(base), find(payload)) else { return };
        let wanted = category.variants.iter().map(|v| v.external_id.0.clone());
        let after: Vec<String> = wanted.filter(|id| sent.contains(id)).collect();
        let within = category.name.value().cloned();
        self.reordered(&before, &after, |id| {
            let variant = category.variants.iter().find(|variant| variant.external_id.as_str() == id);
            let name = variant.and_then(|v| v.name.value().cloned()).unwrap_or_else(|| id.to_owned());
            (Path::variant(&ExternalId::from(id)), Subject { within: within.clone(), name })
        });
    }

    fn variant(
        &mut self,
        id: &ExternalId,
        desired: Option<&Placed<&Variant>>,
        base: Option<&Placed<&Variant>>,
        live: Option<&Placed<&Variant>>,
        restored: &HashSet<String>,
    ) -> (Option<Placed<Variant>>, Option<Placed<Variant>>) {
        let path = Path::variant(id);
        match (desired, base, live) {
            (Some(desired), base, Some(live)) => {
                let (send, next) = self.variant_fields(id, desired, base, live);
                (Some(send), Some(next))
            }
            (Some(desired), base, None) => {
                let class = match base {
                    None => self.added(),
                    Some(base) if same_variant(desired, base) => Class::Drift,
                    Some(_) => Class::Conflict,
                };
                let sides = [Value::Null, variant_json(desired), base.map_or(Value::Null, variant_json)];
                let subject = self.subject_of_variant(desired);
                // A category that goes out anew takes all its variants along.
                let restored = desired.within.iter().any(|category| restored.contains(category));
                if self.presence(path, Presence::Wanted, class, &subject, sides) || restored {
                    let (send, next) = self.new_variant(owned(desired));
                    (Some(send), Some(next))
                } else {
                    self.keep_rejected_parts(&Path::variant(id));
                    (None, base.map(owned))
                }
            }
            (None, Some(base), Some(live)) => {
                let sides = [variant_summary(live), Value::Null, variant_json(base)];
                let subject = self.subject_of_variant(live);
                let class = if is_edited(base, live) { Class::Conflict } else { Class::Edit };
                if self.presence(path, Presence::Left, class, &subject, sides) {
                    (Some(complete_variant(owned(live))), Some(owned(base)))
                } else {
                    (None, None)
                }
            }
            (None, None, Some(live)) => {
                let known = self.known_uuids().is_none_or(|uuids| uuids.variants.values().any(|known| known == id));
                let sides = [variant_summary(live), Value::Null, Value::Null];
                let subject = self.subject_of_variant(live);
                let present = known || self.presence(path, Presence::Left, Class::Drift, &subject, sides);
                (present.then(|| complete_variant(owned(live))), None)
            }
            (None, _, None) => (None, None),
        }
    }

    fn new_variant(&mut self, desired: Placed<Variant>) -> (Placed<Variant>, Placed<Variant>) {
        let off = desired.thing.in_stock == Field::Set(false);
        let mut next = desired.clone();
        next.thing.in_stock = if off { Field::Set(false) } else { Field::Unsaid };
        if off {
            self.next.variants_taken_off.insert(desired.thing.external_id.clone());
        }
        let mut send = desired;
        send.thing.in_stock = Field::Set(!off);
        (send, next)
    }

    fn variant_fields(
        &mut self,
        id: &ExternalId,
        desired: &Placed<&Variant>,
        base: Option<&Placed<&Variant>>,
        live: &Placed<&Variant>,
    ) -> (Placed<Variant>, Placed<Variant>) {
        let unsaid = Variant::default();
        let b = base.map_or(&unsaid, |base| base.thing);
        let l = live.thing;
        let Variant { external_id: _, name, price, in_stock } = desired.thing;
        let subject = self.subject_of_variant(desired);
        let at = |field| Path::variant_field(id, field);
        self.lost_id(at(VariantField::ExternalId), id, base.is_some(), &subject);
        let category = Sides {
            desired: &Field::Set(desired.within.clone()),
            base: &Field::maybe(base.map(|base| base.within.clone())),
            live: &Field::Set(live.within.clone()),
        };
        let (within, next_within) = self.field(at(VariantField::Category), &subject, category);
        let name = self.field(at(VariantField::Name), &subject, Sides { desired: name, base: &b.name, live: &l.name });
        let price =
            self.field(at(VariantField::Price), &subject, Sides { desired: price, base: &b.price, live: &l.price });
        let taken_off = self.inputs.base.is_some_and(|base| base.variants_taken_off.contains(id));
        let sides = Sides { desired: in_stock, base: &b.in_stock, live: &l.in_stock };
        let (stock, next_stock, next_taken_off) = self.stock(at(VariantField::InStock), &subject, sides, taken_off);
        if next_taken_off {
            self.next.variants_taken_off.insert(id.clone());
        }
        let made = |name, price, in_stock, within: Field<Vec<String>>| Placed {
            thing: Variant { external_id: id.clone(), name, price, in_stock },
            within: within.value().cloned().unwrap_or_default(),
        };
        (made(name.0, price.0, Field::Set(stock), within), made(name.1, price.1, next_stock, next_within))
    }

    fn subject_of_variant(&self, variant: &Placed<&Variant>) -> Subject {
        let category = variant.within.first().and_then(|id| {
            let catalogs = [self.inputs.desired, &self.matched.catalog];
            let mut all = catalogs.into_iter().flat_map(|catalog| &catalog.variant_categories);
            all.find(|category| category.external_id.as_str() == id).and_then(|category| category.name.value().cloned())
        });
        let id = &variant.thing.external_id;
        Subject { within: category, name: variant.thing.name.value().cloned().unwrap_or_else(|| id.0.clone()) }
    }
}

fn index_variants(catalog: &Catalog) -> Index<'_, Variant> {
    let mut index: Index<'_, Variant> = BTreeMap::new();
    for (category, variant) in catalog.variants() {
        let within = vec![category.external_id.0.clone()];
        index.entry(&variant.external_id).or_insert(Placed { thing: variant, within });
    }
    index
}

/// Whether somebody changed a variant elsewhere in what the files own.
fn is_edited(base: &Placed<&Variant>, live: &Placed<&Variant>) -> bool {
    let Variant { external_id: _, name, price, in_stock: _ } = base.thing;
    base.within != live.within || differs(name, &live.thing.name) || differs(price, &live.thing.price)
}

/// Whether somebody changed a variant of a category elsewhere in what the files own.
pub(super) fn is_any_edited(base: &VariantCategory, live: &VariantCategory) -> bool {
    let placed = |thing| Placed { thing, within: Vec::new() };
    base.variants.iter().any(|known| {
        let shown = live.variants.iter().find(|shown| shown.external_id == known.external_id);
        shown.is_some_and(|shown| is_edited(&placed(known), &placed(shown)))
    })
}

fn same_variant(a: &Placed<&Variant>, b: &Placed<&Variant>) -> bool {
    let Variant { external_id: _, name, price, in_stock: _ } = a.thing;
    a.within == b.within && same(name, &b.thing.name) && *price == b.thing.price
}

fn variant_json(variant: &Placed<&Variant>) -> Value {
    json!({"category": variant.within.first(), "name": variant.thing.name, "price": variant.thing.price})
}

fn variant_summary(variant: &Placed<&Variant>) -> Value {
    json!({"name": variant.thing.name, "price": variant.thing.price})
}

fn owned(placed: &Placed<&Variant>) -> Placed<Variant> {
    Placed { thing: placed.thing.clone(), within: placed.within.clone() }
}

fn complete_variant(mut variant: Placed<Variant>) -> Placed<Variant> {
    variant.thing.in_stock = Field::Set(variant.thing.in_stock.value().copied().unwrap_or(true));
    variant
}

/// The id of a category that comes or goes as a whole.
fn whole_category(change: &Change) -> Option<String> {
    match (&change.path, change.kind) {
        (Path::Category(id, None), Kind::Add | Kind::Remove) => Some(id.0.clone()),
        _ => None,
    }
}

/// The id of a category that the files drop.
fn dropped_category(change: &Change) -> Option<String> {
    whole_category(change).filter(|_| change.kind == Kind::Remove)
}

/// Whether a change, made by the comparison of one variant, is that variant's coming or going with its category.
fn goes_without_saying(change: &Change, told: &HashSet<String>, live: &[String]) -> bool {
    let thing = matches!(change.path, Path::Variant(_, None));
    let within = [&change.to, &change.base].into_iter().find_map(|value| value.get("category").and_then(Value::as_str));
    thing && within.or(live.first().map(String::as_str)).is_some_and(|id| told.contains(id))
}

/// A variant that comes under another id in the place of a sold-out one comes sold out: to customers it is the same. Nobody
/// claims its stock by that; it is the kitchen's to put back.
fn keep_sold_out(
    sent: &mut HashMap<ExternalId, Placed<Variant>>,
    live: &Index<'_, Variant>,
    [desired, shown]: [&Catalog; 2],
) {
    let name = |catalog: &Catalog, within: &[String]| {
        let mut all = catalog.variant_categories.iter();
        let category = all.find(|category| within.contains(&category.external_id.0))?;
        category.name.value().map(|name| normalise_text(name).into_owned())
    };
    let gone: Vec<_> = live
        .iter()
        .filter(|(id, was)| !sent.contains_key(**id) && was.thing.in_stock == Field::Set(false))
        .map(|(_, was)| (was, name(shown, &was.within)))
        .collect();
    for (_, new) in sent.iter_mut().filter(|(id, _)| !live.contains_key(id)) {
        let category = name(desired, &new.within);
        let is_it = |(was, within): &(&Placed<&Variant>, Option<String>)| {
            same(&was.thing.name, &new.thing.name)
                && (was.within == new.within || (category.is_some() && *within == category))
        };
        if gone.iter().any(is_it) {
            new.thing.in_stock = Field::Set(false);
        }
    }
}

/// Puts variants into their categories, in the order of the first catalog, then of the second.
fn fill(categories: &mut [VariantCategory], variants: &HashMap<ExternalId, Placed<Variant>>, orders: [&Catalog; 2]) {
    let mut order: Vec<&ExternalId> = Vec::new();
    let mut seen = HashSet::new();
    for (_, variant) in orders.iter().flat_map(|catalog| catalog.variants()) {
        if seen.insert(&variant.external_id) {
            order.push(&variant.external_id);
        }
    }
    let mut position: HashMap<String, usize> = HashMap::new();
    for (index, category) in categories.iter().enumerate() {
        position.insert(category.external_id.0.clone(), index);
    }
    for placed in order.into_iter().filter_map(|id| variants.get(id)) {
        if let Some(index) = placed.within.first().and_then(|id| position.get(id)) {
            categories[*index].variants.push(placed.thing.clone());
        }
    }
}
