//! What a layer changes by id: `items`, `variants` and `categories`.

use super::{
    compose::Composer,
    draft::{ValueSource, write_category, write_variant},
    kind::Kind,
    layer::{Action, CategoryFields, ItemChange, Patch, VariantEntry, VariantFields},
    order::placing_order,
};
use crate::{
    catalog::{ExternalId, ItemField, Path},
    diagnostic::Diagnostic,
    document::Spanned,
};

/// A patched item that is also to be placed.
struct Placement<'d> {
    item: usize,
    before: &'d Spanned<ExternalId>,
    target: usize,
}

impl<'d> Composer<'d> {
    pub(super) fn patch_items(&mut self, patches: &'d [Patch<ItemChange>]) {
        // Items are placed when all have moved to their menus, so that the order of writing does not matter.
        let mut placements = Vec::new();
        let mut unchanged = Vec::new();
        for patch in patches {
            let id = &patch.id;
            let Some(&item) = self.draft.item_index.get(id.value.as_str()) else {
                self.absent_subject(Kind::Item, id.value.as_str(), &id.place);
                continue;
            };
            match &patch.action {
                Action::Remove(place) => self.draft.remove_item(item, place),
                Action::Change(change) => {
                    let drafted = &mut self.draft.items[item];
                    let mut changed =
                        drafted.write(&change.fields, ValueSource::Patch, self.current, &mut self.draft.origins);
                    let moved = self.move_item(item, change);
                    changed |= moved.unwrap_or(true);
                    if let (Some(_), Some(before)) = (moved, &change.before) {
                        placements.push((item, before));
                    }
                    if !changed {
                        unchanged.push((item, id));
                    }
                }
            }
        }
        let placed = self.place_items(&placements);
        for (item, id) in unchanged.into_iter().filter(|(item, _)| !placed.contains(item)) {
            if self.draft.item_index.get(id.value.as_str()) == Some(&item) {
                self.patch_without_effect(Kind::Item, id);
            }
        }
    }

    /// Moves an item to the end of the menu that a patch names. `None` if there is no such menu.
    fn move_item(&mut self, item: usize, change: &'d ItemChange) -> Option<bool> {
        let Some(name) = &change.menu else { return Some(false) };
        let Some(menu) = self.draft.menu(&name.value) else {
            self.absent_target(Kind::Menu, &name.value, &name.place);
            return None;
        };
        let path = Path::item_field(&self.draft.items[item].item.external_id, ItemField::Menu);
        self.draft.origins.record(path, &name.place);
        if self.draft.menus_of(item).eq([menu]) {
            return Some(false);
        }
        for menu in &mut self.draft.menus {
            menu.items.retain(|at| *at != item);
        }
        self.draft.menus[menu].items.push(item);
        Some(true)
    }

    /// Returns the items about which there is nothing more to say.
    fn place_items(&mut self, placements: &[(usize, &'d Spanned<ExternalId>)]) -> Vec<usize> {
        let mut settled = Vec::new();
        let mut known = Vec::new();
        for (item, before) in placements {
            match self.draft.item_index.get(before.value.as_str()) {
                Some(&target) => known.push(Placement { item: *item, before, target }),
                None => {
                    self.absent_target(Kind::Item, before.value.as_str(), &before.place);
                    settled.push(*item);
                }
            }
        }
        let moves: Vec<_> = known.iter().map(|placement| (placement.item, placement.target)).collect();
        let order = placing_order(&moves);
        for circle in order.circles {
            self.placed_in_a_circle(circle.iter().map(|at| &known[*at].before.place));
            settled.extend(circle.iter().map(|at| known[*at].item));
        }
        settled.extend(order.sorted.into_iter().filter(|at| self.place_item(&known[*at])).map(|at| known[at].item));
        settled
    }

    /// Places an item before another one of its menu. Returns whether that changed or reported anything.
    fn place_item(&mut self, placement: &Placement<'d>) -> bool {
        let Placement { item, before, target } = placement;
        let mut both =
            self.draft.menus.iter_mut().filter(|menu| menu.items.contains(item) && menu.items.contains(target));
        let Some(menu) = both.next() else {
            self.stands_elsewhere(*target, before);
            return true;
        };
        let old = menu.items.clone();
        menu.items.retain(|at| at != item);
        let to = menu.items.iter().position(|at| at == target).unwrap_or(menu.items.len());
        menu.items.insert(to, *item);
        menu.items != old
    }

    fn stands_elsewhere(&mut self, target: usize, before: &Spanned<ExternalId>) {
        let menu = self.draft.menus_of(target).next().map_or("", |menu| self.draft.menus[menu].name);
        let message = format!("`{}` stands in another menu, `{menu}`", before.value);
        let help = format!("add `menu: {menu}`, or name an item of the same menu");
        self.report(Diagnostic::error("wrong-place", before.place.clone(), message).help(help));
    }

    pub(super) fn patch_categories(&mut self, patches: &'d [Patch<CategoryFields>]) {
        for patch in patches {
            let id = &patch.id;
            let Some(&category) = self.draft.category_index.get(id.value.as_str()) else {
                self.absent_subject(Kind::Category, id.value.as_str(), &id.place);
                continue;
            };
            let fields = match &patch.action {
                Action::Remove(place) => {
                    self.draft.remove_category(category, place);
                    continue;
                }
                Action::Change(fields) => fields,
            };
            let Some(drafted) = &mut self.draft.categories[category] else { continue };
            let mut changed = write_category(drafted, fields, ValueSource::Patch, &mut self.draft.origins);
            if let Some(variants) = &fields.variants {
                changed |= self.replace_variants(category, variants, id);
            }
            if !changed {
                self.patch_without_effect(Kind::Category, id);
            }
        }
    }

    /// Gives a category another list of variants. Returns whether that changed anything.
    fn replace_variants(&mut self, category: usize, variants: &'d [VariantEntry], id: &'d Spanned<ExternalId>) -> bool {
        let old = self.draft.clear_variants(category, &id.place);
        self.add_variants(category, variants.iter());
        let changed = self.draft.categories[category].as_ref().is_some_and(|category| category.variants != old);
        let origins = &mut self.draft.origins;
        match self.draft.patched_lists.insert(category, &id.place) {
            Some(list) if changed => origins.shadow(&Path::category(&id.value), "variants", list, &id.place),
            Some(list) => origins.keep(list),
            None => {}
        }
        changed
    }

    pub(super) fn patch_variants(&mut self, patches: &'d [Patch<VariantFields>]) {
        for patch in patches {
            let id = &patch.id;
            let Some(mut variant) = self.draft.variant(&id.value).cloned() else {
                self.absent_subject(Kind::Variant, id.value.as_str(), &id.place);
                continue;
            };
            let fields = match &patch.action {
                Action::Remove(place) => {
                    self.draft.remove_variant(&id.value, place);
                    continue;
                }
                Action::Change(fields) => fields,
            };
            if !write_variant(&mut variant, fields, ValueSource::Patch, &mut self.draft.origins) {
                self.patch_without_effect(Kind::Variant, id);
            }
            self.draft.set_variant(&variant);
        }
    }
}
