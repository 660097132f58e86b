//! Variant categories, and variants over all of them.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use hashbrown::{HashMap, HashSet};

use super::{
    super::{Change, Class, Kind, Subject},
    Index, Placed, Walk,
    things::{Three, Ties},
};
use crate::catalog::{
    Catalog, CategoryField, ExternalId, Field, FieldValue, Path, Variant, VariantCategory, VariantField,
    text::{normalise_text, same_text},
};

impl Walk<'_> {
    pub(super) fn categories(&mut self, desired: &Catalog, base: &Catalog, payload: &mut Catalog, next: &mut Catalog) {
        let (wanted, known, live) =
            (index_categories(desired), index_categories(base), index_categories(&self.matched.catalog));
        let needed: HashSet<ExternalId> = payload
            .items()
            .flat_map(|(_, item)| item.variant_category_external_ids.value().into_iter().flatten().cloned())
            .collect();
        let mut seen = HashSet::new();
        let catalogs = [desired, base, &self.matched.catalog];
        let ids = catalogs.into_iter().flat_map(|c| c.variant_categories.iter().map(|c| &c.external_id));
        for id in ids.filter(|id| seen.insert(*id)).collect::<Vec<_>>() {
            // What an item in the payload refers to has to be in it.
            let is_needed = needed.contains(id);
            let sides = Three { desired: wanted.get(id), base: known.get(id), live: live.get(id) };
            let (send, base) = self.compare_thing(id, &sides, Ties { comes: is_needed, stays: is_needed });
            payload.variant_categories.extend(send.map(|placed| placed.thing));
            next.variant_categories.extend(base.map(|placed| placed.thing));
        }
        self.variants(desired, base, payload, next);
    }

    fn variants(&mut self, desired: &Catalog, base: &Catalog, payload: &mut Catalog, next: &mut Catalog) {
        let (wanted, known, mut live) =
            (index_variants(desired), index_variants(base), index_variants(&self.matched.catalog));
        // The order of the answer means nothing.
        live.values_mut().for_each(|live| live.within.sort());
        let mut sent: HashMap<ExternalId, Placed<Variant>> = HashMap::new();
        let mut next_base: HashMap<ExternalId, Placed<Variant>> = HashMap::new();
        let ids: BTreeSet<&ExternalId> = wanted.keys().chain(known.keys()).chain(live.keys()).copied().collect();
        let whole_categories: HashSet<String> = self.changes.iter().filter_map(whole_category).collect();
        let shown: HashSet<&ExternalId> =
            self.matched.catalog.variant_categories.iter().map(|category| &category.external_id).collect();
        let restored: HashSet<String> = payload
            .variant_categories
            .iter()
            .filter(|sent| !shown.contains(&sent.external_id))
            .map(|category| category.external_id.0.clone())
            .collect();
        // A category that the files drop and that stays as somebody edited it stays with its variants.
        let remaining: HashSet<String> =
            self.changes.iter().filter(|c| !c.pushed).filter_map(dropped_category).collect();
        for id in ids {
            let mark = self.changes.len();
            let following = follow_categories(wanted.get(id), live.get(id), &remaining, &restored);
            let (here, there) = match &following {
                Some((here, there)) => (Some(here), Some(there)),
                None => (wanted.get(id), live.get(id)),
            };
            let sides = Three { desired: here, base: known.get(id), live: there };
            let is_in = |side: Option<&Placed<&Variant>>, categories: &HashSet<String>| {
                side.is_some_and(|side| side.within.iter().any(|category| categories.contains(category)))
            };
            // A category that goes out anew takes all its variants along.
            let ties = Ties { comes: is_in(sides.desired, &restored), stays: is_in(sides.live, &remaining) };
            let (send, base) = self.compare_thing(id, &sides, ties);
            // Where a whole category comes or goes, its variants go without saying.
            let within: &[String] = live.get(id).map_or(&[], |live| &live.within);
            let mut found = self.changes.split_off(mark);
            found.retain(|change| !goes_without_saying(change, &whole_categories, within));
            self.changes.append(&mut found);
            sent.extend(send.map(|placed| (id.clone(), placed)));
            next_base.extend(base.map(|placed| (id.clone(), placed)));
        }
        let extras = &self.matched.extras;
        let is_off = |id: &ExternalId, variant: &Variant| {
            variant.in_stock == Field::Set(false) || extras.is_unread(&Path::variant_field(id, VariantField::InStock))
        };
        keep_sold_out(&mut sent, &live, &is_off, [desired, &self.matched.catalog]);
        fill(&mut payload.variant_categories, &sent, [desired, &self.matched.catalog]);
        fill(&mut next.variant_categories, &next_base, [desired, base]);
        for category in &desired.variant_categories {
            self.variant_order(category, base, payload);
        }
    }

    /// What is copied and cannot keep the id that it has, as something else in the payload has it too.
    pub(super) fn new_ids(&mut self, payload: &Catalog) -> Vec<Change> {
        let class = if self.stance.has_base { Class::Drift } else { Class::Adopt };
        let mark = self.changes.len();
        let of_category = |category: &VariantCategory| {
            let id = &category.external_id;
            (Path::category_field(id, CategoryField::ExternalId), id.clone(), None, category.name.value().cloned())
        };
        let of_variant = |(category, variant): (&VariantCategory, &Variant)| {
            let (id, within) = (&variant.external_id, category.name.value().cloned());
            (Path::variant_field(id, VariantField::ExternalId), id.clone(), within, variant.name.value().cloned())
        };
        let categories = payload.variant_categories.iter().map(of_category);
        for (path, id, within, name) in categories.chain(payload.variants().map(of_variant)) {
            let Some(own) = self.matched.rekeyed.get(&path.owner()) else { continue };
            let [from, to] = [own, &id].map(|id| Some(FieldValue::Text(id.0.clone())));
            let subject = Subject { within, name: name.unwrap_or(id.0) };
            self.tell(path, Kind::Set, class, [from.clone(), to, from], true, &subject);
        }
        self.changes.split_off(mark)
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
}

fn index_categories(catalog: &Catalog) -> Index<'_, VariantCategory> {
    catalog.variant_categories.iter().map(|c| (&c.external_id, Placed::new(c, Vec::new()))).collect()
}

fn index_variants(catalog: &Catalog) -> Index<'_, Variant> {
    let mut index: Index<'_, Variant> = BTreeMap::new();
    for (category, variant) in catalog.variants() {
        let holder = &category.external_id.0;
        match index.entry(&variant.external_id) {
            Entry::Vacant(entry) => _ = entry.insert(Placed::new(variant, vec![holder.clone()])),
            Entry::Occupied(entry) => {
                let placed = entry.into_mut();
                if let [first] = placed.within.as_slice() {
                    placed.copies.insert(first.clone(), placed.thing);
                }
                placed.copies.insert(holder.clone(), variant);
                placed.within.push(holder.clone());
                // Which one speaks for all depends on no order.
                placed.thing = placed.copies.values().next().copied().unwrap_or(variant);
            }
        }
    }
    index
}

/// A variant of several categories follows each of them: it stays in one that the files drop and that stays, and comes with
/// one that goes out anew, which says so by itself. `None` for one that stands in one category at most.
fn follow_categories<'a>(
    desired: Option<&Placed<&'a Variant>>,
    live: Option<&Placed<&'a Variant>>,
    remaining: &HashSet<String>,
    restored: &HashSet<String>,
) -> Option<(Placed<&'a Variant>, Placed<&'a Variant>)> {
    let (desired, live) = (desired?, live?);
    if desired.within.len().max(live.within.len()) < 2 {
        return None;
    }
    let missing = |from: &[String], other: &[String], which: &HashSet<String>| -> Vec<String> {
        from.iter().filter(|id| which.contains(*id) && !other.contains(id)).cloned().collect()
    };
    let stays = missing(&live.within, &desired.within, remaining);
    let comes = missing(&desired.within, &live.within, restored);
    let (mut here, mut there) = (desired.clone(), live.clone());
    here.within.extend(stays);
    there.within.extend(comes);
    there.within.sort();
    Some((here, there))
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
fn goes_without_saying(change: &Change, whole_categories: &HashSet<String>, live: &[String]) -> bool {
    let thing = matches!(change.path, Path::Variant(_, None));
    let mut sides = change.to.iter().chain(&change.base);
    let within = sides.find_map(|side| match side.field(VariantField::Category.key())? {
        FieldValue::Text(name) => Some(std::slice::from_ref(name)),
        FieldValue::Names(names) => Some(names.as_slice()),
        _ => None,
    });
    let within = within.unwrap_or(live);
    thing && !within.is_empty() && within.iter().all(|id| whole_categories.contains(id))
}

/// A variant that comes under another id in the place of a sold-out one comes sold out: to customers it is the same. Nobody
/// claims its stock by that; it is the kitchen's to put back.
fn keep_sold_out(
    sent: &mut HashMap<ExternalId, Placed<Variant>>,
    live: &Index<'_, Variant>,
    is_off: &dyn Fn(&ExternalId, &Variant) -> bool,
    [desired, shown]: [&Catalog; 2],
) {
    let name = |catalog: &Catalog, within: &[String]| {
        let mut all = catalog.variant_categories.iter();
        let category = all.find(|category| within.contains(&category.external_id.0))?;
        category.name.value().map(|name| normalise_text(name).into_owned())
    };
    let has_left = |id: &ExternalId, was: &Placed<&Variant>, place: &String| match sent.get(id) {
        None => true,
        Some(sent) => was.within.len() > 1 && !sent.within.contains(place),
    };
    let off = live.iter().filter(|(id, was)| is_off(id, was.thing));
    let places = off.flat_map(|(id, was)| was.within.iter().map(move |place| (*id, was, place)));
    let gone: Vec<(Field<String>, String, Option<String>)> = places
        .filter(|(id, was, place)| has_left(id, was, place))
        .map(|(_, was, place)| (was.at(place).name.clone(), place.clone(), name(shown, std::slice::from_ref(place))))
        .collect();
    if gone.is_empty() {
        return;
    }
    for (id, new) in sent.iter_mut() {
        let old = live.get(id);
        let is_new = |place: &&String| match old {
            None => true,
            Some(old) => new.within.len() > 1 && !old.within.contains(place),
        };
        let replaces = |place: &String| {
            let category = name(desired, std::slice::from_ref(place));
            gone.iter().any(|(was, within, called)| {
                is_same_name(was, &new.thing.name) && (within == place || (category.is_some() && *called == category))
            })
        };
        let sold_out: Vec<String> = new.within.iter().filter(is_new).filter(|place| replaces(place)).cloned().collect();
        for place in sold_out {
            let copy = Variant { in_stock: Field::Set(false), ..new.thing.clone() };
            new.copies.insert(place, copy);
        }
    }
}

fn is_same_name(a: &Field<String>, b: &Field<String>) -> bool {
    let [a, b] = [a, b].map(|name| name.value().map_or("", String::as_str));
    same_text(a, b)
}

/// Puts variants into their categories, in the order of the first catalog, then of the second: first what stands in a category
/// there, then what comes from others.
fn fill(categories: &mut [VariantCategory], variants: &HashMap<ExternalId, Placed<Variant>>, orders: [&Catalog; 2]) {
    let mut order: HashMap<&str, Vec<&ExternalId>> = HashMap::new();
    for (category, variant) in orders.iter().flat_map(|catalog| catalog.variants()) {
        order.entry(category.external_id.as_str()).or_default().push(&variant.external_id);
    }
    for (_, variant) in orders.iter().flat_map(|catalog| catalog.variants()) {
        let within = variants.get(&variant.external_id).into_iter().flat_map(|placed| &placed.within);
        for holder in within {
            order.entry(holder).or_default().push(&variant.external_id);
        }
    }
    for category in categories {
        let holder = &category.external_id.0;
        let mut seen = HashSet::new();
        let here = order.get(holder.as_str()).into_iter().flatten().filter(|id| seen.insert(**id));
        let placed = here.filter_map(|id| variants.get(*id)).filter(|placed| placed.within.contains(holder));
        category.variants.extend(placed.map(|placed| placed.at(holder).clone()));
    }
}
