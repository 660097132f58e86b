//! Which live variant category and which variant is which of ours, decided for all of them at once and never by the order of
//! the answer.
//!
//! A variant that ours has in several categories is looked for in each of them, and elsewhere only if it is in none.
//!
//! A category is found by its external id, else by the UUID recorded at the last verified push, else by the variants that it
//! holds, else by its names; a variant by its external id (of several, the one that was recorded, that stands in our category,
//! that has our name), else by the recorded UUID, else by its name in its category. Where that leaves a choice, the UUID
//! decides.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    hash::Hash,
};

use hashbrown::{HashMap, HashSet};

use super::{Uuids, json, normal, put_first};
use crate::catalog::{
    Catalog, ExternalId, Field,
    live::{LiveCatalog, LiveCategory, LiveVariant},
};

/// What was found.
#[derive(Default)]
pub(super) struct Choices {
    /// The id of each category, in the order of the answer, and whether it is ours.
    pub(super) categories: Vec<(ExternalId, bool)>,
    /// The id of each variant, in the order of the answer, and whether it is ours.
    pub(super) variants: Vec<Vec<(ExternalId, bool)>>,
    /// Variants of ours of which a copy is sold out.
    pub(super) off: HashSet<ExternalId>,
}

/// Our categories and variants, and what leads to them.
pub(super) struct KnownChoices<'a> {
    categories: HashSet<&'a ExternalId>,
    /// The categories of each variant.
    variants: BTreeMap<&'a ExternalId, BTreeSet<&'a ExternalId>>,
    /// By name and cashier's name; `None` where several share them.
    category_names: HashMap<(String, String), Option<&'a ExternalId>>,
    /// By category and name: the one that had the name at the last push first, then the one that the files give it.
    variant_names: HashMap<(&'a ExternalId, String), Vec<&'a ExternalId>>,
    uuids: Option<&'a Uuids>,
}

impl<'a> KnownChoices<'a> {
    pub(super) fn new(desired: &'a Catalog, base: Option<&'a Catalog>, uuids: Option<&'a Uuids>) -> Self {
        let mut known = Self {
            categories: HashSet::new(),
            variants: BTreeMap::new(),
            category_names: HashMap::new(),
            variant_names: HashMap::new(),
            uuids,
        };
        // The base last: what was live under a name is better evidence than what shall be.
        for category in [Some(desired), base].into_iter().flatten().flat_map(|catalog| &catalog.variant_categories) {
            known.categories.insert(&category.external_id);
            let names = names(category.name.value(), category.internal_name.value());
            let same = known.category_names.entry(names).or_insert(Some(&category.external_id));
            if *same != Some(&category.external_id) {
                *same = None;
            }
            for variant in &category.variants {
                if let Field::Set(name) = &variant.name {
                    let key = (&category.external_id, normal(name));
                    put_first(known.variant_names.entry(key).or_default(), &variant.external_id);
                }
            }
        }
        for catalog in [Some(desired), base].into_iter().flatten() {
            for (id, places) in places(catalog) {
                let known = known.variants.entry(id).or_default();
                // All places count of what stands in several, before or after a push; else the one of the last push.
                match known.len().max(places.len()) > 1 {
                    true => known.extend(places),
                    false => *known = places,
                }
            }
        }
        known
    }

    pub(super) fn find(&self, live: &LiveCatalog) -> Choices {
        let live = live.variant_categories.as_slice();
        let ours = self.categories(live);
        let ids: Vec<Stranger<'_>> = live.iter().map(|known| (known.external_id.value(), &*known.uuid)).collect();
        let categories =
            with_strangers(&ids, &ours, |a, b| ordered((&live[a].uuid, &live[a]), (&live[b].uuid, &live[b])));
        let categories = categories.into_iter().zip(ours.iter().map(Option::is_some)).collect();
        let mut found = Choices { categories, ..Choices::default() };
        let all: Vec<(usize, &LiveVariant)> = live
            .iter()
            .enumerate()
            .flat_map(|(number, category)| category.variants.iter().map(move |variant| (number, variant)))
            .collect();
        // Copies may be the same in all but their category.
        let category = |number: usize| (&*live[number].uuid, &live[number]);
        let order = |a: usize, b: usize| {
            let [(in_a, a), (in_b, b)] = [all[a], all[b]];
            ordered((&a.uuid, a), (&b.uuid, b)).then_with(|| ordered(category(in_a), category(in_b)))
        };
        let ours = self.variants(&all, &found.categories, order);
        let taken: HashSet<&ExternalId> = ours.iter().flatten().copied().collect();
        for ((_, variant), id) in
            all.iter().zip(&ours).filter(|((_, variant), _)| variant.in_stock == Field::Set(false))
        {
            let copied = variant.external_id.value().filter(|id| taken.contains(id));
            found.off.extend(id.iter().copied().chain(copied).cloned());
        }
        let ids: Vec<Stranger<'_>> = all.iter().map(|(_, known)| (known.external_id.value(), &*known.uuid)).collect();
        let named = with_strangers(&ids, &ours, order);
        let mut named = named.into_iter().zip(ours.iter().map(Option::is_some));
        found.variants = live.iter().map(|category| named.by_ref().take(category.variants.len()).collect()).collect();
        found
    }

    /// Our category for each live one.
    fn categories(&self, live: &[LiveCategory]) -> Vec<Option<&'a ExternalId>> {
        let mut pairs: Vec<(usize, &ExternalId, Evidence)> = Vec::new();
        for (number, category) in live.iter().enumerate() {
            let votes = self.votes(category);
            let (by_id, by_uuid) = (self.category_by_id(category), self.category_by_uuid(category));
            let by_name = self.category_by_name(category);
            let candidates: HashSet<&ExternalId> =
                votes.keys().copied().chain(by_id).chain(by_uuid).chain(by_name).collect();
            pairs.extend(candidates.into_iter().map(|id| {
                let votes = votes.get(id).copied().unwrap_or_default();
                let [id_says, uuid_says, name_says] = [by_id, by_uuid, by_name].map(|found| found == Some(id));
                (number, id, Evidence { id_says, uuid_says, votes, name_says: usize::from(name_says) })
            }));
        }
        best(pairs, live.len(), |a, b| ordered((&live[a].uuid, &live[a]), (&live[b].uuid, &live[b])))
    }

    fn category_by_id(&self, category: &LiveCategory) -> Option<&'a ExternalId> {
        category.external_id.value().and_then(|id| self.categories.get(id)).copied()
    }

    fn category_by_uuid(&self, category: &LiveCategory) -> Option<&'a ExternalId> {
        self.uuids?.categories.get(&category.uuid).and_then(|id| self.categories.get(id)).copied()
    }

    fn category_by_name(&self, category: &LiveCategory) -> Option<&'a ExternalId> {
        let names = names(Some(&category.name), category.internal_name.value());
        self.category_names.get(&names).copied().flatten()
    }

    /// The categories that its variants stand in in ours, with how many do.
    fn votes(&self, category: &LiveCategory) -> BTreeMap<&'a ExternalId, usize> {
        let mut votes = BTreeMap::new();
        for variant in &category.variants {
            let places = variant.external_id.value().and_then(|id| self.variants.get(id));
            for id in places.into_iter().flatten() {
                *votes.entry(*id).or_default() += 1;
            }
        }
        votes
    }

    /// Our variant for each live one.
    fn variants(
        &self,
        live: &[(usize, &LiveVariant)],
        categories: &[(ExternalId, bool)],
        order: impl Fn(usize, usize) -> Ordering,
    ) -> Vec<Option<&'a ExternalId>> {
        let mut pairs: Vec<(usize, Slot<'_>, Evidence)> = Vec::new();
        // Of what ours has in several categories, copies in other ones.
        let mut elsewhere: Vec<(usize, &ExternalId, Evidence)> = Vec::new();
        for (number, (category, variant)) in live.iter().enumerate() {
            let key = |id: &ExternalId| self.variants.get_key_value(id).map(|(id, _)| *id);
            let by_id = variant.external_id.value().and_then(key);
            let by_uuid = self.uuids.and_then(|uuids| uuids.variants.get(&variant.uuid)).and_then(key);
            let named = self.variant_names.get(&(&categories[*category].0, normal(&variant.name)));
            // Another id means another variant, unless several have it.
            let is_shared = |own| live.iter().filter(|(_, other)| other.external_id.value() == Some(own)).count() > 1;
            let may_be = |id: &&ExternalId| variant.external_id.value().is_none_or(|own| own == *id || is_shared(own));
            let by_name: Vec<&ExternalId> = named.into_iter().flatten().copied().filter(may_be).collect();
            let candidates: HashSet<&ExternalId> =
                by_id.into_iter().chain(by_uuid).chain(by_name.iter().copied()).collect();
            for id in candidates {
                let places = &self.variants[id];
                let place = places.get(&categories[*category].0).copied();
                let votes = usize::from(place.is_some());
                let [id_says, uuid_says] = [by_id, by_uuid].map(|found| found == Some(id));
                let name_says = by_name.iter().rev().position(|named| *named == id).map_or(0, |at| at + 1);
                let evidence = Evidence { id_says, uuid_says, votes, name_says };
                match (places.len() > 1, place) {
                    (false, _) => pairs.push((number, (id, None), evidence)),
                    (true, Some(_)) => pairs.push((number, (id, place), evidence)),
                    (true, None) => elsewhere.push((number, id, evidence)),
                }
            }
        }
        let mut found: Vec<Option<&ExternalId>> =
            best(pairs, live.len(), &order).into_iter().map(|slot| slot.map(|(id, _)| id)).collect();
        let taken: HashSet<&ExternalId> = found.iter().flatten().copied().collect();
        elsewhere.retain(|(number, id, _)| found[*number].is_none() && !taken.contains(id));
        drop(taken);
        for (found, moved) in found.iter_mut().zip(best(elsewhere, live.len(), &order)) {
            *found = found.or(moved);
        }
        found
    }
}

/// The categories of each variant of a catalog.
fn places(catalog: &Catalog) -> BTreeMap<&ExternalId, BTreeSet<&ExternalId>> {
    let mut places: BTreeMap<&ExternalId, BTreeSet<&ExternalId>> = BTreeMap::new();
    for (category, variant) in catalog.variants() {
        places.entry(&variant.external_id).or_default().insert(&category.external_id);
    }
    places
}

/// A variant of ours, and in which category if it has several.
type Slot<'a> = (&'a ExternalId, Option<&'a ExternalId>);

/// What speaks for a live thing being one of ours; what comes first decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Evidence {
    /// It has our id.
    id_says: bool,
    /// It was recorded under our id.
    uuid_says: bool,
    /// How many variants of a category are ours; whether a variant stands in a category of ours that has it.
    votes: usize,
    /// Whether it has our name; more where ours had it at the last push and another one has it in the files.
    name_says: usize,
}

/// The best pairs for all at once: the strongest first, each thing in one pair. `order` is that of live things among equals.
fn best<K: Copy + Ord + Hash>(
    mut pairs: Vec<(usize, K, Evidence)>,
    live: usize,
    order: impl Fn(usize, usize) -> Ordering,
) -> Vec<Option<K>> {
    pairs.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| order(a.0, b.0)).then_with(|| a.1.cmp(&b.1)));
    let mut found = vec![None; live];
    let mut taken = HashSet::new();
    for (number, id, _) in pairs {
        if found[number].is_none() && taken.insert(id) {
            found[number] = Some(id);
        }
    }
    found
}

/// A live thing, for giving it an id: its own id and the platform's.
type Stranger<'l> = (Option<&'l ExternalId>, &'l str);

/// The ids under which things are copied into a PUT: ours; else their own, else the platform's UUID if another has that.
fn with_strangers(
    live: &[Stranger<'_>],
    ours: &[Option<&ExternalId>],
    order: impl Fn(usize, usize) -> Ordering,
) -> Vec<ExternalId> {
    let mut taken: HashSet<ExternalId> = ours.iter().flatten().map(|id| (*id).clone()).collect();
    let mut ids: Vec<ExternalId> = ours.iter().map(|id| id.cloned().unwrap_or_default()).collect();
    let mut strangers: Vec<usize> = (0..live.len()).filter(|number| ours[*number].is_none()).collect();
    strangers.sort_by(|a, b| order(*a, *b));
    for number in strangers {
        let (own, uuid) = live[number];
        let numbered = |n: usize| ExternalId(format!("{}-{n}", own.map_or("", ExternalId::as_str)));
        let wanted = own.cloned().into_iter().chain((!uuid.is_empty()).then(|| ExternalId(uuid.to_owned())));
        let id = wanted.chain((2..).map(numbered)).find(|id| !taken.contains(id)).unwrap_or_default();
        taken.insert(id.clone());
        ids[number] = id;
    }
    ids
}

/// By UUID; by all that is said of them where that does not tell them apart.
fn ordered<T: serde::Serialize>((a, this): (&str, &T), (b, other): (&str, &T)) -> Ordering {
    let is_same = std::ptr::eq(this, other);
    a.cmp(b).then_with(|| if is_same { Ordering::Equal } else { json(this).cmp(&json(other)) })
}

/// Name and cashier's name, the latter equal to the former where it is absent.
fn names(name: Option<&String>, internal_name: Option<&String>) -> (String, String) {
    let name = name.map(|name| normal(name)).unwrap_or_default();
    let internal_name = internal_name.filter(|text| !text.is_empty()).map_or_else(|| name.clone(), |text| normal(text));
    (name, internal_name)
}
