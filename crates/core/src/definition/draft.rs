//! A catalog in the making: what the layers laid so far add up to, quick to look things up in.
//!
//! Things keep their number while they are moved about, so that a change costs the same in a menu of five and of five
//! hundred. Which changes are allowed is decided by those who make them.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use super::{
    Declared,
    draft_promotions::Drafts,
    hours::Level,
    kind::Kind,
    layer::{CategoryFields, ItemFields, VariantFields},
    origins::Origins,
};
use crate::{
    catalog::{
        CategoryField, ExternalId, Field, Item, ItemField, Path, PriceSteps, Variant, VariantCategory, VariantField,
        text::same_text,
    },
    diagnostic::{Diagnostic, Place},
    document::Spanned,
};

/// Everything the layers so far define.
#[derive(Debug, Default)]
pub(super) struct Draft<'d> {
    /// In display order.
    pub(super) menus: Vec<DraftMenu<'d>>,
    /// By number; removed ones stay, but no menu and no index leads to them.
    pub(super) items: Vec<DraftItem<'d>>,
    pub(super) item_index: HashMap<&'d str, usize>,
    /// By number, in display order; `None` = removed.
    pub(super) categories: Vec<Option<VariantCategory>>,
    pub(super) category_index: HashMap<&'d str, usize>,
    /// Where patches gave categories the lists of variants that they have.
    pub(super) patched_lists: HashMap<usize, &'d Place>,
    /// From a variant to the numbers of its categories.
    pub(super) variant_index: HashMap<&'d str, Vec<usize>>,
    /// Menus that are the platform's own, and where that is said.
    pub(super) platform_menus: BTreeMap<&'d str, &'d Place>,
    /// Hours that hold for all items.
    pub(super) hours: Level<'d>,
    /// Promotions by name.
    pub(super) promotions: Drafts<'d>,
    pub(super) origins: Origins,
    pub(super) gone: Gone<'d>,
}

/// What earlier layers took away, and where they said so.
#[derive(Debug, Default)]
pub(super) struct Gone<'d> {
    pub(super) menus: HashMap<&'d str, &'d Place>,
    pub(super) items: HashMap<&'d str, &'d Place>,
    pub(super) categories: HashMap<&'d str, &'d Place>,
    pub(super) variants: HashMap<&'d str, &'d Place>,
}

#[derive(Debug)]
pub(super) struct DraftMenu<'d> {
    pub(super) name: &'d str,
    pub(super) hours: Level<'d>,
    /// Numbers of items.
    pub(super) items: Vec<usize>,
}

#[derive(Debug, Default, PartialEq)]
pub(super) struct DraftItem<'d> {
    /// Without hours.
    pub(super) item: Item,
    pub(super) hours: Level<'d>,
    /// The number of the layer that last set the price.
    pub(super) priced_by: usize,
    /// How markups made the price, if any did.
    pub(super) steps: Option<PriceSteps>,
    /// It is defined more than once, and that is reported.
    pub(super) disputed: bool,
}

/// What says the fields of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueSource {
    Definition,
    Patch,
}

impl<'d> Draft<'d> {
    /// How many there are of a kind.
    pub(super) fn count(&self, kind: Kind) -> usize {
        match kind {
            Kind::Menu => self.menus.len(),
            Kind::Item => self.item_index.len(),
            Kind::Category => self.category_index.len(),
            Kind::Variant => self.variant_index.len(),
        }
    }

    /// The names of all that there is of a kind, sorted.
    pub(super) fn names(&self, kind: Kind) -> Vec<&'d str> {
        let mut names: Vec<&str> = match kind {
            Kind::Menu => self.menus.iter().map(|menu| menu.name).collect(),
            Kind::Item => self.item_index.keys().copied().collect(),
            Kind::Category => self.category_index.keys().copied().collect(),
            Kind::Variant => self.variant_index.keys().copied().collect(),
        };
        names.sort_unstable();
        names
    }

    pub(super) fn menu(&self, name: &str) -> Option<usize> {
        self.menus.iter().position(|menu| menu.name == name)
    }

    /// The menus that an item stands in.
    pub(super) fn menus_of(&self, item: usize) -> impl Iterator<Item = usize> {
        let holds = move |menu: &DraftMenu<'_>| menu.items.contains(&item);
        self.menus.iter().enumerate().filter(move |(_, menu)| holds(menu)).map(|(at, _)| at)
    }

    /// Takes an item out of everything.
    pub(super) fn remove_item(&mut self, item: usize, place: &'d Place) {
        for menu in &mut self.menus {
            menu.items.retain(|at| *at != item);
        }
        let id = self.items[item].item.external_id.clone();
        if let Some((key, _)) = self.item_index.remove_entry(id.as_str()) {
            self.gone.items.insert(key, place);
        }
        let fields = ItemField::ALL.iter().map(|field| Path::item_field(&id, *field));
        self.origins.remove(Path::item(&id), fields, place);
        let hours = Path::item_field(&id, ItemField::OperationalHours);
        for patch in self.items[item].hours.patches() {
            self.origins.shadow_removed(&hours, ItemField::OperationalHours.key(), patch, place);
        }
    }

    /// Takes a menu away with the items that stand nowhere else.
    pub(super) fn remove_menu(&mut self, menu: usize, place: &'d Place) {
        let DraftMenu { name, items, .. } = self.menus.remove(menu);
        self.gone.menus.insert(name, place);
        self.origins.record(Path::Menu(name.to_owned()), place);
        for item in items {
            if self.menus_of(item).next().is_none() {
                self.remove_item(item, place);
            }
        }
    }

    /// Takes a category away with its variants.
    pub(super) fn remove_category(&mut self, category: usize, place: &'d Place) {
        self.clear_variants(category, place);
        let Some(removed) = self.categories[category].take() else { return };
        let id = removed.external_id;
        if let Some((key, _)) = self.category_index.remove_entry(id.as_str()) {
            self.gone.categories.insert(key, place);
        }
        let fields = CategoryField::ALL.iter().map(|field| Path::category_field(&id, *field));
        self.origins.remove(Path::category(&id), fields, place);
        if let Some(list) = self.patched_lists.remove(&category) {
            self.origins.shadow_removed(&Path::category(&id), "variants", list, place);
        }
    }

    /// Takes all variants of a category away and returns them. Those that other categories have stay there.
    pub(super) fn clear_variants(&mut self, category: usize, place: &'d Place) -> Vec<Variant> {
        let Some(drafted) = &mut self.categories[category] else { return Vec::new() };
        let variants = std::mem::take(&mut drafted.variants);
        for variant in &variants {
            let Some(places) = self.variant_index.get_mut(variant.external_id.as_str()) else { continue };
            places.retain(|known| *known != category);
            if places.is_empty() {
                self.forget_variant(&variant.external_id, place);
            }
        }
        variants
    }

    /// Takes one variant out of all its categories.
    pub(super) fn remove_variant(&mut self, id: &ExternalId, place: &'d Place) {
        self.places_of(id, |category| category.variants.retain(|variant| variant.external_id != *id));
        self.forget_variant(id, place);
    }

    /// A variant as each of its categories has it.
    pub(super) fn variant(&self, id: &ExternalId) -> Option<&Variant> {
        let category = self.categories[*self.variant_index.get(id.as_str())?.first()?].as_ref()?;
        category.variants.iter().find(|variant| variant.external_id == *id)
    }

    /// Gives a variant the same values in all its categories.
    pub(super) fn set_variant(&mut self, new: &Variant) {
        self.places_of(&new.external_id, |category| {
            let same = category.variants.iter_mut().filter(|variant| variant.external_id == new.external_id);
            same.for_each(|variant| *variant = new.clone());
        });
    }

    fn places_of(&mut self, variant: &ExternalId, mut change: impl FnMut(&mut VariantCategory)) {
        for at in self.variant_index.get(variant.as_str()).into_iter().flatten() {
            self.categories[*at].iter_mut().for_each(&mut change);
        }
    }

    /// Notes of all patches that have the last word, and that no trace tells, that they came to something.
    pub(super) fn keep_what_stands(&mut self) {
        let Self { items, item_index, patched_lists, origins, .. } = self;
        for item in item_index.values().map(|item| &items[*item]) {
            item.hours.patches().for_each(|place| origins.keep(place));
        }
        patched_lists.values().for_each(|place| origins.keep(place));
    }

    /// The files that give each menu and its items.
    pub(super) fn menu_files(&self) -> BTreeMap<String, BTreeSet<String>> {
        let files = |menu: &DraftMenu<'_>| {
            let items = menu.items.iter().map(|item| Path::item(&self.items[*item].item.external_id));
            let paths = items.chain([Path::Menu(menu.name.to_owned())]);
            // Most often it is one file, whose name need not be copied for each dish.
            let mut files: BTreeSet<String> = BTreeSet::new();
            for path in paths {
                match self.origins.own_place(&path) {
                    Some(place) if !files.contains(&*place.file) => files.insert(place.file.to_string()),
                    _ => false,
                };
            }
            (menu.name.to_owned(), files)
        };
        self.menus.iter().map(files).collect()
    }

    /// Reports menus that are said to be the platform's own and hold items of ours.
    pub(super) fn menus_of_two(&self) -> Vec<Diagnostic> {
        let holds = |name: &str| self.menus.iter().find(|menu| same_text(menu.name, name));
        let both = self.platform_menus.iter().filter_map(|(name, place)| Some((name, place, holds(name)?)));
        let wrong = both.map(|(name, place, menu)| {
            let message = format!("the menu `{name}` is said to be GoFood's own, and is defined here as well");
            let wrong = Diagnostic::error("conflicting-keys", (*place).clone(), message)
                .help("remove `platform: true`, or move the dishes to a menu of another name");
            let own = self.origins.own_place(&Path::Menu(menu.name.to_owned()));
            own.into_iter().fold(wrong, |wrong, own| wrong.related(own.clone(), "defined here"))
        });
        wrong.collect()
    }

    fn forget_variant(&mut self, id: &ExternalId, place: &'d Place) {
        if let Some((key, _)) = self.variant_index.remove_entry(id.as_str()) {
            self.gone.variants.insert(key, place);
        }
        let fields = VariantField::ALL.iter().map(|field| Path::variant_field(id, *field));
        self.origins.remove(Path::variant(id), fields, place);
    }
}

impl<'d> DraftItem<'d> {
    /// Sets what `fields` say. Returns whether anything changed.
    pub(super) fn write(
        &mut self,
        fields: &'d ItemFields,
        voice: ValueSource,
        layer: usize,
        origins: &mut Origins,
    ) -> bool {
        let ItemFields { name, internal_name, description, in_stock, price, image, hours, categories } = fields;
        let item = &mut self.item;
        let id = item.external_id.clone();
        let mut writer = FieldWriter { origins, voice, changed: false, path: |field| Path::item_field(&id, field) };
        writer.write(&mut item.name, name, ItemField::Name);
        writer.write(&mut item.internal_name, internal_name, ItemField::InternalName);
        writer.write(&mut item.description, description, ItemField::Description);
        writer.write_stock(&mut item.in_stock, in_stock, ItemField::InStock);
        writer.write(&mut item.price, price, ItemField::Price);
        writer.write(&mut item.image, image, ItemField::Image);
        writer.write(&mut item.variant_category_external_ids, categories, ItemField::VariantCategories);
        let mut changed = writer.changed;
        changed |= match voice {
            ValueSource::Definition => self.hours.lay(hours),
            ValueSource::Patch => self.hours.patch(hours, &id, origins),
        };
        if price.is_some() {
            self.priced_by = layer;
            self.steps = None;
        }
        changed
    }
}

/// Sets what `fields` say about a category, but for its variants. Returns whether anything changed.
pub(super) fn write_category(
    category: &mut VariantCategory,
    fields: &CategoryFields,
    voice: ValueSource,
    origins: &mut Origins,
) -> bool {
    let CategoryFields { name, internal_name, min_quantity, max_quantity, variants: _ } = fields;
    let id = category.external_id.clone();
    let mut writer = FieldWriter { origins, voice, changed: false, path: |field| Path::category_field(&id, field) };
    writer.write(&mut category.name, name, CategoryField::Name);
    writer.write(&mut category.internal_name, internal_name, CategoryField::InternalName);
    writer.write(&mut category.min_quantity, min_quantity, CategoryField::MinQuantity);
    writer.write(&mut category.max_quantity, max_quantity, CategoryField::MaxQuantity);
    writer.changed
}

/// Sets what `fields` say about a variant. Returns whether anything changed.
pub(super) fn write_variant(
    variant: &mut Variant,
    fields: &VariantFields,
    voice: ValueSource,
    origins: &mut Origins,
) -> bool {
    let VariantFields { name, price, in_stock } = fields;
    let id = variant.external_id.clone();
    let mut writer = FieldWriter { origins, voice, changed: false, path: |field| Path::variant_field(&id, field) };
    writer.write(&mut variant.name, name, VariantField::Name);
    writer.write(&mut variant.price, price, VariantField::Price);
    writer.write_stock(&mut variant.in_stock, in_stock, VariantField::InStock);
    writer.changed
}

/// Writes fields of one thing and notes where each value came from.
struct FieldWriter<'o, P> {
    origins: &'o mut Origins,
    voice: ValueSource,
    changed: bool,
    path: P,
}

impl<P> FieldWriter<'_, P> {
    fn write<T: Clone + PartialEq, F>(&mut self, field: &mut Field<T>, said: &Declared<T>, name: F)
    where
        P: Fn(F) -> Path,
    {
        let Some(Spanned { value, place }) = said else { return };
        let new = Field::set_or_null(value.clone());
        let changed = *field != new;
        self.changed |= changed;
        *field = new;
        match self.voice {
            ValueSource::Definition => self.origins.record((self.path)(name), place),
            ValueSource::Patch => self.origins.patch((self.path)(name), place, changed),
        }
    }

    /// Stock is never absent: null withdraws the claim. `true` claims nothing, so to say it first is no change.
    fn write_stock<F>(&mut self, field: &mut Field<bool>, said: &Declared<bool>, name: F)
    where
        P: Fn(F) -> Path,
    {
        let claims = |field: &Field<bool>| field.value() == Some(&false);
        let (claimed, changed) = (claims(field), self.changed);
        self.write(field, said, name);
        if *field == Field::Null {
            *field = Field::Unsaid;
        }
        self.changed = changed || claimed != claims(field);
    }
}
