//! Two states of a menu, dish by dish, in the order of the newer one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Dish, Lang};
use crate::{
    catalog::{Catalog, ExternalId, FieldValue, Item, ItemField, Menu, Path, Thing as _},
    plan::{Change, Class, Kind, OutletPlan},
};

/// The menu of an outlet before and after what a report tells of it.
#[derive(Debug, Clone)]
pub struct MenuSides {
    /// Before.
    pub before: Catalog,
    /// After.
    pub after: Catalog,
    /// What the report says is different; `None`: whatever is.
    pub touched: Option<Touched>,
}

impl MenuSides {
    /// What a push would make of the live menu.
    pub fn of_push(plan: &OutletPlan) -> Self {
        Self::new(&plan.live, &plan.payload, plan, |change| change.pushed, true)
    }

    /// What was done to the menu elsewhere since the last push.
    pub fn of_drift(plan: &OutletPlan) -> Self {
        let is_foreign = |change: &Change| matches!(change.class, Class::Drift | Class::Conflict);
        Self::new(plan.last_push.as_ref().unwrap_or(&plan.live), &plan.live, plan, is_foreign, false)
    }

    fn new(before: &Catalog, after: &Catalog, plan: &OutletPlan, is_told: fn(&Change) -> bool, by_push: bool) -> Self {
        let changes = || plan.changes.iter().filter(|change| is_told(change));
        let touched = Some(Touched::by(changes(), [before, after]));
        let (mut before, mut after) = (before.clone(), after.clone());
        // What no file knows is in no menu of ours.
        let live = if by_push { &mut before } else { &mut after };
        changes().filter(|change| change.kind == Kind::Remove).for_each(|gone| add(live, gone));
        Self { before, after, touched }
    }
}

/// Puts a live dish into a menu that lacks it.
fn add(catalog: &mut Catalog, change: &Change) {
    let (Path::Item(id, None), Some(fields)) = (&change.path, change.from.as_ref().and_then(FieldValue::as_thing))
    else {
        return;
    };
    if catalog.item(id).is_some() {
        return;
    }
    let (item, name) = (Item::from_fields(id, fields), change.subject.within.clone().unwrap_or_default());
    match catalog.menus.iter_mut().find(|menu| menu.name == name) {
        Some(menu) => menu.menu_items.push(item),
        None => catalog.menus.push(Menu { name, menu_items: vec![item] }),
    }
}

/// Which dishes changes are about, and which of their fields. A live menu differs from what was sent in ways that are no
/// change (addresses of photos, empty lists), so what is different is for the plan to say.
#[derive(Debug, Clone, Default)]
pub struct Touched {
    fields: BTreeMap<ExternalId, BTreeSet<&'static str>>,
    moved: BTreeSet<ExternalId>,
}

impl Touched {
    fn by<'c>(changes: impl Iterator<Item = &'c Change>, sides: [&Catalog; 2]) -> Self {
        let mut touched = Self::default();
        let (mut categories, mut variants) = (BTreeSet::new(), BTreeSet::new());
        for change in changes {
            match &change.path {
                Path::Item(id, field) => {
                    let fields = touched.fields.entry(id.clone()).or_default();
                    fields.extend(field.map(ItemField::key));
                    if change.kind == Kind::Move && field.is_none() {
                        touched.moved.insert(id.clone());
                    }
                }
                Path::Category(id, _) => drop(categories.insert(id)),
                Path::Variant(id, _) => drop(variants.insert(id)),
                Path::Promotion(_, id) => drop(touched.fields.entry(id.clone()).or_default()),
                Path::Menu(_) => {}
            }
        }
        // A choice is seen on the dishes that have it.
        for side in sides {
            let is_touched = |id: &&ExternalId| {
                let category = super::category(side, id);
                let has = |category: &crate::catalog::VariantCategory| {
                    category.variants.iter().any(|variant| variants.contains(&variant.external_id))
                };
                categories.contains(*id) || category.is_some_and(has)
            };
            for (_, item) in side.items() {
                let ids = item.variant_category_external_ids.value().into_iter().flatten();
                if ids.into_iter().any(|id| is_touched(&id)) {
                    let fields = touched.fields.entry(item.external_id.clone()).or_default();
                    fields.insert(ItemField::VariantCategories.key());
                }
            }
        }
        touched
    }
}

/// One dish of two menus.
pub(super) enum Row {
    Same(Dish),
    Changed {
        before: Box<Dish>,
        after: Box<Dish>,
        /// `moved from Nasi`
        moved: Option<String>,
    },
    Added(Dish),
    Removed(Dish),
}

/// What becomes of a menu as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Stays,
    Comes,
    Goes,
}

/// The dishes of a menu.
pub(super) struct MenuRows {
    pub(super) name: String,
    pub(super) fate: Fate,
    pub(super) rows: Vec<Row>,
}

/// All menus, in the order of the newer state; what goes stands where it stood.
pub(super) fn compare(sides: &MenuSides, lang: Lang) -> Vec<MenuRows> {
    let MenuSides { before, after, touched } = sides;
    let mut old: HashMap<&ExternalId, Vec<(&Menu, &Item)>> = HashMap::new();
    for (menu, item) in before.items() {
        old.entry(&item.external_id).or_default().push((menu, item));
    }
    let new: BTreeSet<&ExternalId> = after.items().map(|(_, item)| &item.external_id).collect();
    let row = |menu: &Menu, item: &Item| {
        let known = old.get(&item.external_id).map(Vec::as_slice).unwrap_or_default();
        let at_home = known.iter().find(|(known, _)| known.name == menu.name);
        let shown = Dish::of(item, after, lang);
        let Some((was_in, was)) = at_home.or(known.first()) else { return Row::Added(shown) };
        let mut old_dish = Dish::of(was, before, lang);
        let mut moved = (was_in.name != menu.name).then(|| lang.moved_from(&was_in.name));
        if let Some(touched) = touched {
            let fields = touched.fields.get(&item.external_id);
            moved = moved.filter(|_| fields.is_some());
            keep_untouched(&mut old_dish, &shown, &|key| fields.is_some_and(|fields| fields.contains(key)));
            if moved.is_none() && touched.moved.contains(&item.external_id) {
                moved = Some(lang.mark_moved().to_owned());
            }
        }
        match old_dish == shown && moved.is_none() {
            true => Row::Same(shown),
            false => Row::Changed { before: Box::new(old_dish), after: Box::new(shown), moved },
        }
    };
    let is_known = |name: &str, menus: &[Menu]| menus.iter().any(|menu| menu.name == name);
    let mut all: Vec<MenuRows> = Vec::new();
    for menu in &after.menus {
        let fate = if is_known(&menu.name, &before.menus) { Fate::Stays } else { Fate::Comes };
        let mut rows: Vec<(Option<&ExternalId>, Row)> =
            menu.menu_items.iter().map(|item| (Some(&item.external_id), row(menu, item))).collect();
        if let Some(old_menu) = before.menus.iter().find(|old| old.name == menu.name) {
            let mut place = 0;
            for item in &old_menu.menu_items {
                match rows.iter().position(|(id, _)| *id == Some(&item.external_id)) {
                    Some(known) => place = known + 1,
                    None if !new.contains(&item.external_id) => {
                        rows.insert(place, (None, Row::Removed(Dish::of(item, before, lang))));
                        place += 1;
                    }
                    None => {}
                }
            }
        }
        all.push(MenuRows { name: menu.name.clone(), fate, rows: rows.into_iter().map(|(_, row)| row).collect() });
    }
    for menu in before.menus.iter().filter(|menu| !is_known(&menu.name, &after.menus)) {
        let gone = menu.menu_items.iter().filter(|item| !new.contains(&item.external_id));
        let rows = gone.map(|item| Row::Removed(Dish::of(item, before, lang))).collect();
        all.push(MenuRows { name: menu.name.clone(), fate: Fate::Goes, rows });
    }
    all
}

/// Gives the older dish the newer value wherever no change is told.
fn keep_untouched(old: &mut Dish, new: &Dish, is_touched: &dyn Fn(&str) -> bool) {
    let untouched = |field: ItemField| !is_touched(field.key());
    if untouched(ItemField::Name) {
        old.name.clone_from(&new.name);
    }
    if untouched(ItemField::Price) {
        old.price.clone_from(&new.price);
    }
    if untouched(ItemField::Description) {
        old.description.clone_from(&new.description);
    }
    if untouched(ItemField::InStock) {
        old.sold_out = new.sold_out;
    }
    if untouched(ItemField::OperationalHours) {
        old.hours.clone_from(&new.hours);
    }
    if untouched(ItemField::Image) {
        old.photo.clone_from(&new.photo);
    }
    if untouched(ItemField::VariantCategories) {
        old.choices.clone_from(&new.choices);
    }
}
