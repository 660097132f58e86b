//! Which live dish is which of our items, decided for all of them at once and never by the order of the answer.
//!
//! Places under one UUID are one dish. An item of ours is the dish with its external id, and of several the one that was
//! recorded under it, that stands where ours stands, that has its name; else the dish that was recorded under it; else one
//! without an external id, or with that of another, that has its name in its menu. Where that leaves a choice, the UUID decides.

use std::{cmp::Reverse, collections::BTreeMap};

use hashbrown::{HashMap, HashSet};

use super::{Uuids, json, normal, put_first};
use crate::catalog::{
    Catalog, ExternalId, Field,
    live::{LiveCatalog, LiveItem},
};

/// One place at which a dish shows.
#[derive(Clone, Copy)]
pub(super) struct Place<'l> {
    /// Positions of the menu in the answer and of the item in the menu.
    pub(super) at: (usize, usize),
    pub(super) menu: &'l str,
    pub(super) item: &'l LiveItem,
    /// Whether its menu is a section of the platform.
    is_in_section: bool,
}

/// A live dish, with the places at which it shows: those outside of the platform's sections first, then by menu.
pub(super) struct Dish<'l>(Vec<Place<'l>>);

impl<'l> Dish<'l> {
    /// The place by which it is known where none is ours.
    pub(super) fn first(&self) -> Place<'l> {
        self.0[0]
    }

    /// Whether the platform alone shows it: such a dish is nobody's, and says no more than that it is sold out.
    fn is_of_platform(&self) -> bool {
        self.first().is_in_section
    }

    /// The places but for one.
    pub(super) fn other_places(&self, but: Place<'l>) -> impl Iterator<Item = Place<'l>> {
        self.0.iter().copied().filter(move |place| place.at != but.at)
    }

    fn uuid(&self) -> &'l str {
        &self.first().item.uuid
    }

    fn external_id(&self) -> Option<&'l ExternalId> {
        self.0.iter().find_map(|place| place.item.external_id.value())
    }

    fn is_in(&self, menus: &[String]) -> bool {
        self.0.iter().any(|place| menus.contains(&normal(place.menu)))
    }

    fn is_off(&self) -> bool {
        self.0.iter().any(|place| place.item.in_stock == Field::Set(false))
    }
}

/// All dishes, in an order that depends on nothing but themselves.
pub(super) fn dishes<'l>(live: &'l LiveCatalog, sections: &HashSet<usize>) -> Vec<Dish<'l>> {
    let mut by_uuid: BTreeMap<&str, Vec<Place<'l>>> = BTreeMap::new();
    let mut dishes = Vec::new();
    for (position, menu) in live.menus.iter().enumerate() {
        for (index, item) in menu.menu_items.iter().enumerate() {
            let (at, is_in_section) = ((position, index), sections.contains(&position));
            let place = Place { at, menu: &menu.name, item, is_in_section };
            match item.uuid.as_str() {
                "" => dishes.push(Dish(vec![place])),
                uuid => by_uuid.entry(uuid).or_default().push(place),
            }
        }
    }
    dishes.sort_by_cached_key(|dish| (dish.first().menu, json(dish.first().item)));
    dishes.extend(by_uuid.into_values().map(|mut places| {
        places.sort_by_cached_key(|place| (place.is_in_section, place.menu, json(place.item)));
        Dish(places)
    }));
    dishes
}

/// What was found.
#[derive(Default)]
pub(super) struct Found<'l> {
    /// Our id for each place that counts.
    pub(super) places: HashMap<(usize, usize), ExternalId>,
    /// Dishes that are none of ours, and further places of those that are: a push would lose both.
    pub(super) strangers: Vec<Place<'l>>,
    /// Further places of dishes that are none of ours. They are nothing by themselves, but say what a push would lose.
    pub(super) further: Vec<Place<'l>>,
    /// Items of ours of which a copy is sold out.
    pub(super) off: HashSet<ExternalId>,
    /// Dishes that the platform alone shows, and which of ours they may be.
    pub(super) declared: Vec<(Place<'l>, Option<ExternalId>)>,
}

/// Our items, and what leads to them.
pub(super) struct KnownItems<'a> {
    /// The menus of each, by normalised name: those of the last push, else those of the files.
    menus: BTreeMap<&'a ExternalId, Vec<String>>,
    /// By normalised menu and name: the one that had the name at the last push first, then the one that the files give it.
    names: HashMap<(String, String), Vec<&'a ExternalId>>,
    uuids: Option<&'a Uuids>,
}

impl<'a> KnownItems<'a> {
    pub(super) fn new(desired: &'a Catalog, base: Option<&'a Catalog>, uuids: Option<&'a Uuids>) -> Self {
        let mut known = Self { menus: BTreeMap::new(), names: HashMap::new(), uuids };
        // The base last: what was live under a name is better evidence than what shall be.
        for catalog in [Some(desired), base].into_iter().flatten() {
            let mut menus: BTreeMap<&ExternalId, Vec<String>> = BTreeMap::new();
            for (menu, item) in catalog.items() {
                let menu = normal(&menu.name);
                if let Field::Set(name) = &item.name {
                    put_first(known.names.entry((menu.clone(), normal(name))).or_default(), &item.external_id);
                }
                menus.entry(&item.external_id).or_default().push(menu);
            }
            known.menus.extend(menus);
        }
        known
    }

    /// Finds our items among the dishes.
    pub(super) fn find<'l>(&self, dishes: &[Dish<'l>]) -> Found<'l> {
        let mut ids: Vec<Option<&ExternalId>> = vec![None; dishes.len()];
        let mut taken: HashSet<&ExternalId> = HashSet::new();
        let mut take = |dish: usize, id, ids: &mut Vec<Option<_>>| {
            if ids[dish].is_none() && taken.insert(id) {
                ids[dish] = Some(id);
            }
        };
        let mut with_id: BTreeMap<&ExternalId, Vec<usize>> = BTreeMap::new();
        let all = || dishes.iter().enumerate().filter(|(_, dish)| !dish.is_of_platform());
        for (number, dish) in all() {
            if let Some(id) = dish.external_id() {
                with_id.entry(id).or_default().push(number);
            }
        }
        let mut copies: Vec<(usize, &ExternalId)> = Vec::new();
        for (id, menus) in &self.menus {
            let Some(same) = with_id.get(id) else { continue };
            let best = |among: &mut dyn Iterator<Item = &usize>| {
                among.copied().max_by_key(|number| (self.likeness(&dishes[*number], id), Reverse(*number)))
            };
            // An item that ours has in several menus may be several dishes.
            if menus.len() > 1 {
                let in_each = menus.iter().filter_map(|menu| {
                    best(&mut same.iter().filter(|number| dishes[**number].is_in(std::slice::from_ref(menu))))
                });
                copies.extend(in_each.map(|number| (number, *id)));
            }
            if let Some(number) = best(&mut same.iter()) {
                take(number, id, &mut ids);
            }
        }
        for (number, id) in copies {
            ids[number] = Some(id);
        }
        for (number, dish) in all() {
            let recorded = self.uuids.and_then(|uuids| uuids.items.get(dish.uuid()));
            if let Some((id, _)) = recorded.and_then(|id| self.menus.get_key_value(id)) {
                take(number, *id, &mut ids);
            }
        }
        // By name only where the dish has no external id, or one that another dish of ours has as well: any other id means
        // another dish.
        let taken: HashSet<&ExternalId> = ids.iter().flatten().copied().collect();
        let is_taken = |id: &ExternalId| taken.contains(id);
        let nameless: Vec<bool> = dishes.iter().map(|dish| dish.external_id().is_none_or(is_taken)).collect();
        for (number, dish) in all().filter(|(number, _)| nameless[*number]) {
            for place in &dish.0 {
                for id in self.named(place) {
                    take(number, *id, &mut ids);
                }
            }
        }
        self.places(dishes, &ids, &with_id)
    }

    /// Items of ours that a dish may be: by its external id and by what was recorded.
    fn claimed<'s>(&'s self, dish: &'s Dish<'_>) -> impl Iterator<Item = &'a ExternalId> + 's {
        let recorded = self.uuids.and_then(|uuids| uuids.items.get(dish.uuid()));
        let ids = dish.external_id().into_iter().chain(recorded);
        ids.filter_map(|id| self.menus.get_key_value(id).map(|(id, _)| *id))
    }

    /// Items of ours that have the name of a dish, in whatever menu; none if the dish has an external id.
    fn namesakes<'s>(&'s self, dish: &Dish<'_>) -> impl Iterator<Item = &'a ExternalId> + 's {
        let name = normal(&dish.first().item.name);
        let is_nameless = dish.external_id().is_none();
        let same = self.names.iter().filter(move |((_, known), _)| is_nameless && *known == name);
        same.flat_map(|(_, ids)| ids).copied()
    }

    /// The place at which a file lists a dish: in a menu in which ours stands, else the first.
    pub(super) fn home<'l>(&self, dish: &Dish<'l>) -> Place<'l> {
        let recorded = self.uuids.and_then(|uuids| uuids.items.get(dish.uuid()));
        let menus = recorded.or_else(|| dish.external_id()).and_then(|id| self.menus.get(id));
        let is_in_ours = |place: &&Place<'_>| menus.is_some_and(|menus| menus.contains(&normal(place.menu)));
        dish.0.iter().find(is_in_ours).copied().unwrap_or_else(|| dish.first())
    }

    /// Our items that have the name of what shows at a place, in its menu.
    fn named(&self, place: &Place<'_>) -> &[&'a ExternalId] {
        self.names.get(&(normal(place.menu), normal(&place.item.name))).map_or(&[], Vec::as_slice)
    }

    /// How much speaks for a dish with this external id.
    fn likeness(&self, dish: &Dish<'_>, id: &ExternalId) -> (bool, bool, bool) {
        let is_recorded = self.uuids.is_some_and(|uuids| uuids.items.get(dish.uuid()) == Some(id));
        let has_name = |place: &Place<'_>| self.named(place).contains(&id);
        (is_recorded, dish.is_in(&self.menus[id]), dish.0.iter().any(has_name))
    }

    /// The places that count: those in menus in which ours has the item, else one.
    fn places<'l>(
        &self,
        dishes: &[Dish<'l>],
        ids: &[Option<&ExternalId>],
        with_id: &BTreeMap<&ExternalId, Vec<usize>>,
    ) -> Found<'l> {
        let mut found = Found::default();
        let mut filled: HashSet<(&ExternalId, String)> = HashSet::new();
        let taken: HashSet<&ExternalId> = ids.iter().flatten().copied().collect();
        for (number, dish) in dishes.iter().enumerate() {
            if dish.is_of_platform() {
                let ours = self.claimed(dish).find(|id| !taken.contains(id));
                found.declared.push((dish.first(), ours.cloned()));
                if dish.is_off() {
                    found.off.extend(self.claimed(dish).chain(self.namesakes(dish)).cloned());
                }
                continue;
            }
            let Some(id) = ids[number] else {
                found.strangers.push(dish.first());
                found.further.extend(dish.other_places(dish.first()).filter(|place| !place.is_in_section));
                continue;
            };
            let is_in_ours = |place: &Place<'_>| self.menus[id].contains(&normal(place.menu));
            let has_ours = dish.0.iter().any(is_in_ours);
            for (index, place) in dish.0.iter().enumerate() {
                let counts = if has_ours { is_in_ours(place) } else { index == 0 };
                if counts && filled.insert((id, normal(place.menu))) {
                    found.places.insert(place.at, id.clone());
                } else if !place.is_in_section {
                    found.strangers.push(*place);
                }
            }
            let copies = with_id.get(id).into_iter().flatten().map(|number| &dishes[*number]);
            if dish.is_off() || copies.into_iter().any(Dish::is_off) {
                found.off.insert(id.clone());
            }
        }
        found
    }
}
