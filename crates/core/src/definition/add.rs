//! What a layer adds: menus, items, variant categories and variants. Also the changes that stand under `menus`.

use super::{
    compose::Composer,
    draft::{DraftItem, DraftMenu, ValueSource, write_category, write_variant},
    hours::Level,
    kind::Kind,
    layer::{CategoryEntry, ItemEntry, MenuEntry, VariantEntry},
    order::placing_order,
};
use crate::{
    catalog::{ExternalId, Item, Path, Variant, VariantCategory},
    diagnostic::{Diagnostic, Place},
    document::Spanned,
};

impl<'d> Composer<'d> {
    pub(super) fn add_menus(&mut self, entries: &'d [MenuEntry]) {
        let mut seen: Vec<&'d Spanned<String>> = Vec::new();
        let mut placements = Vec::new();
        for entry in entries {
            match seen.iter().find(|name| name.value == entry.name.value) {
                Some(first) => self.named_twice(&entry.name, &first.place),
                None => seen.push(&entry.name),
            }
            self.menu_entry(entry);
            if let Some(before) = &entry.before {
                placements.push((entry.rename.as_ref().unwrap_or(&entry.name), before));
            }
        }
        self.place_menus(&placements);
    }

    fn named_twice(&mut self, name: &Spanned<String>, first: &Place) {
        if self.duplicate_menu.is_none() {
            return;
        }
        let message = format!("the menu `{}` stands twice in this file", name.value);
        let wrong = Diagnostic::error("duplicate-menu", name.place.clone(), message)
            .help("put the items of both into one")
            .related(first.clone(), "first here");
        self.report(wrong);
    }

    fn menu_entry(&mut self, entry: &'d MenuEntry) {
        let name = &entry.name;
        if let Some(platform) = &entry.platform {
            self.platform_menu(&name.value, platform);
            let is_all = entry.remove.is_none() && entry.items.is_none() && entry.hours.is_none();
            if platform.value || (is_all && entry.rename.is_none() && entry.before.is_none()) {
                return;
            }
        }
        match (self.draft.menu(&name.value), &entry.remove) {
            (Some(menu), Some(place)) => self.draft.remove_menu(menu, place),
            (Some(menu), None) => {
                if entry.items.is_none() && entry.rename.is_none() && entry.before.is_none() && entry.hours.is_none() {
                    self.without_effect(&format!("the menu entry `{}`", name.value), &name.place);
                }
                self.fill_menu(menu, entry);
            }
            (None, Some(_)) => self.absent_subject(Kind::Menu, &name.value, &name.place),
            (None, None) if entry.items.is_none() => self.absent_subject(Kind::Menu, &name.value, &name.place),
            (None, None) => self.new_menu(entry),
        }
    }

    /// Notes that a menu is the platform's own, or that it is not as an earlier layer has it.
    fn platform_menu(&mut self, name: &'d str, platform: &'d Spanned<bool>) {
        let known = &mut self.draft.platform_menus;
        let before = if platform.value { known.insert(name, &platform.place) } else { known.remove(name) };
        if before.is_some() == platform.value {
            self.without_effect(&format!("`platform` of the menu `{name}`"), &platform.place);
        }
    }

    fn new_menu(&mut self, entry: &'d MenuEntry) {
        let name = &entry.name;
        if entry.rename.is_some() {
            self.absent_target(Kind::Menu, &name.value, &name.place);
        }
        self.draft.menus.push(DraftMenu { name: &name.value, hours: Level::default(), items: Vec::new() });
        self.draft.origins.record(Path::Menu(name.value.clone()), &name.place);
        self.fill_menu(self.draft.menus.len() - 1, entry);
    }

    fn fill_menu(&mut self, menu: usize, entry: &'d MenuEntry) {
        self.draft.menus[menu].hours.lay(&entry.hours);
        for item in entry.items.iter().flatten() {
            self.add_item(menu, item);
        }
        if let Some(rename) = &entry.rename {
            self.rename_menu(menu, rename);
        }
    }

    fn rename_menu(&mut self, menu: usize, rename: &'d Spanned<String>) {
        let old = self.draft.menus[menu].name;
        if old == rename.value {
            return self.without_effect("this rename", &rename.place);
        }
        if self.draft.menu(&rename.value).is_some() {
            let message = format!("there is already a menu `{}`", rename.value);
            let mut wrong = Diagnostic::error("menu-exists", rename.place.clone(), message)
                .help("choose another name, or move the items with `menu:` under `items`");
            if let Some(place) = self.draft.origins.own_place(&Path::Menu(rename.value.clone())) {
                wrong = wrong.related(place.clone(), "first here");
            }
            return self.report(wrong);
        }
        self.draft.menus[menu].name = &rename.value;
        self.draft.gone.menus.insert(old, &rename.place);
        let (old, new) = (Path::Menu(old.to_owned()), Path::Menu(rename.value.clone()));
        self.draft.origins.rename(&old, new, &rename.place);
    }

    fn place_menus(&mut self, placements: &[(&'d Spanned<String>, &'d Spanned<String>)]) {
        let moves: Vec<_> =
            placements.iter().map(|(menu, before)| (menu.value.as_str(), before.value.as_str())).collect();
        let order = placing_order(&moves);
        for circle in order.circles {
            self.placed_in_a_circle(circle.iter().map(|at| &placements[*at].1.place));
        }
        for at in order.sorted {
            let (name, before) = placements[at];
            let Some(menu) = self.draft.menu(&name.value) else { continue };
            if self.draft.menu(&before.value).is_none() {
                self.absent_target(Kind::Menu, &before.value, &before.place);
                continue;
            }
            let menu = self.draft.menus.remove(menu);
            let target = self.draft.menu(&before.value).unwrap_or(self.draft.menus.len());
            self.draft.menus.insert(target, menu);
        }
    }

    /// Reports things that are each to stand before the next, and the last before the first.
    pub(super) fn placed_in_a_circle<'p>(&mut self, mut places: impl Iterator<Item = &'p Place>) {
        let Some(place) = places.next() else { return };
        let wrong = Diagnostic::error("wrong-place", place.clone(), "`before` goes round in a circle")
            .help("remove one `before` of the circle");
        let wrong = places.fold(wrong, |wrong, place| wrong.related(place.clone(), "this is part of the circle"));
        self.report(wrong);
    }

    fn add_item(&mut self, menu: usize, entry: &'d ItemEntry) {
        let item = Item { external_id: entry.id.value.clone(), ..Item::default() };
        let mut new = DraftItem { item, ..DraftItem::default() };
        let path = Path::item(&entry.id.value);
        if let Some(&known) = self.draft.item_index.get(entry.id.value.as_str()) {
            new.write(&entry.fields, ValueSource::Definition, self.current, &mut super::Origins::default());
            return self.item_again(menu, known, &new, &entry.id);
        }
        self.draft.origins.record(path, &entry.id.place);
        new.write(&entry.fields, ValueSource::Definition, self.current, &mut self.draft.origins);
        let at = self.draft.items.len();
        self.draft.items.push(new);
        self.draft.item_index.insert(entry.id.value.as_str(), at);
        self.draft.menus[menu].items.push(at);
    }

    /// An id that is there: only in another menu of the same file, and only with the rule switched off, is it welcome.
    fn item_again(&mut self, menu: usize, known: usize, again: &DraftItem<'_>, id: &Spanned<ExternalId>) {
        let first = self.draft.origins.own_place(&Path::item(&id.value)).cloned();
        let same_file = first.as_ref().is_some_and(|first| first.file == id.place.file);
        if self.draft.menus[menu].items.contains(&known) {
            return self.defined_again(Kind::Item, id, first);
        }
        // Also where it is an error: a menu that is empty without it is not worth a second diagnostic.
        self.draft.menus[menu].items.push(known);
        self.draft.items[known].disputed |= !same_file;
        if !same_file {
            return self.defined_again(Kind::Item, id, first);
        }
        let related = first.unwrap_or_else(|| id.place.clone());
        // Whatever becomes of the rule: a comment may excuse it later, but never that only one of two prices counts.
        if !same_but_for_places(&self.draft.items[known], again) {
            self.draft.items[known].disputed = true;
            let message = format!("the item `{}` stands in two menus with different values", id.value);
            let wrong = Diagnostic::error("duplicate-id", id.place.clone(), message)
                .help("remove it from one of the two menus, or give it another external_id");
            return self.report(wrong.related(related, "first here"));
        }
        if self.item_in_two_menus.is_some() {
            self.report(in_two_menus(id).related(related, "first here"));
        }
    }

    pub(super) fn add_variant_categories(&mut self, entries: &'d [CategoryEntry]) {
        for entry in entries {
            let path = Path::category(&entry.id.value);
            if self.draft.category_index.contains_key(entry.id.value.as_str()) {
                let first = self.draft.origins.own_place(&path).cloned();
                self.defined_again(Kind::Category, &entry.id, first);
                continue;
            }
            let mut new = VariantCategory { external_id: entry.id.value.clone(), ..VariantCategory::default() };
            self.draft.origins.record(path, &entry.id.place);
            write_category(&mut new, &entry.fields, ValueSource::Definition, &mut self.draft.origins);
            let at = self.draft.categories.len();
            self.draft.categories.push(Some(new));
            self.draft.category_index.insert(entry.id.value.as_str(), at);
            self.add_variants(at, entry.fields.variants.iter().flatten());
        }
    }

    /// Adds variants at the end of a category.
    pub(super) fn add_variants(&mut self, category: usize, entries: impl Iterator<Item = &'d VariantEntry>) {
        for entry in entries {
            let mut new = Variant { external_id: entry.id.value.clone(), ..Variant::default() };
            if self.draft.variant_index.contains_key(entry.id.value.as_str()) {
                write_variant(&mut new, &entry.fields, ValueSource::Definition, &mut super::Origins::default());
                self.variant_again(category, new, &entry.id);
                continue;
            }
            self.draft.origins.record(Path::variant(&entry.id.value), &entry.id.place);
            write_variant(&mut new, &entry.fields, ValueSource::Definition, &mut self.draft.origins);
            self.place_variant(category, &entry.id, new);
        }
    }

    /// An id that is there: only in another category, with the same values, and only with the rule switched off, is it welcome.
    /// In which layer does not matter: a layer that gives a category another list has to repeat what it shares.
    fn variant_again(&mut self, category: usize, again: Variant, id: &'d Spanned<ExternalId>) {
        let first = self.draft.origins.own_place(&Path::variant(&id.value)).cloned();
        if self.draft.variant_index.get(id.value.as_str()).is_some_and(|places| places.contains(&category)) {
            return self.defined_again(Kind::Variant, id, first);
        }
        let is_same = self.draft.variant(&id.value) == Some(&again);
        if !is_same && first.as_ref().is_some_and(|first| first.file != id.place.file) {
            return self.defined_again(Kind::Variant, id, first);
        }
        let related = first.unwrap_or_else(|| id.place.clone());
        // Whatever becomes of the rule: a comment may excuse it later, but never that only one of two prices counts.
        if !is_same {
            let message = format!("the variant `{}` stands in two variant categories with different values", id.value);
            let wrong = Diagnostic::error("duplicate-id", id.place.clone(), message)
                .help("write the same values at both places, or give it another external_id");
            return self.report(wrong.related(related, "first here"));
        }
        // Also where it is an error: a category that is empty without it is not worth a second diagnostic.
        self.place_variant(category, id, again);
        if self.variant_in_two_categories.is_some() {
            self.report(in_two_categories(id).related(related, "first here"));
        }
    }

    fn place_variant(&mut self, category: usize, id: &'d Spanned<ExternalId>, variant: Variant) {
        self.draft.variant_index.entry(id.value.as_str()).or_default().push(category);
        if let Some(category) = &mut self.draft.categories[category] {
            category.variants.push(variant);
        }
    }
}

/// The severity is the rule's own: settings are applied to it later.
fn in_two_categories(id: &Spanned<ExternalId>) -> Diagnostic {
    let message = format!("the variant `{}` stands in two variant categories", id.value);
    let help = "give it another external_id in one of the two, or set the rule `variant-in-two-categories` to `off` if \
                GoFood accepts that";
    Diagnostic::error("variant-in-two-categories", id.place.clone(), message).help(help)
}

/// The severity is the rule's own: settings are applied to it later.
fn in_two_menus(id: &Spanned<ExternalId>) -> Diagnostic {
    let message = format!("the item `{}` stands in two menus", id.value);
    let help = "remove it from one of the two menus, or give it another external_id";
    Diagnostic::error("item-in-two-menus", id.place.clone(), message).help(help)
}

/// Whether two definitions say the same, wherever they stand.
fn same_but_for_places(a: &DraftItem<'_>, b: &DraftItem<'_>) -> bool {
    a.item == b.item && a.hours.says_the_same(&b.hours)
}
