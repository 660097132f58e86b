//! One choice for many dishes: added at the end of the choices that they have.

use super::{
    compose::Composer,
    kind::Kind,
    layer::{Attach, AttachTo},
};
use crate::{
    catalog::{ExternalId, Field, ItemField, Path},
    diagnostic::Diagnostic,
    document::Spanned,
};

impl<'d> Composer<'d> {
    /// Runs the entries of one layer in order.
    pub(super) fn attach(&mut self, entries: &'d [Attach]) {
        for Attach { category, to } in entries {
            if !self.draft.category_index.contains_key(category.value.as_str()) {
                self.no_choice(category);
                continue;
            }
            let (mut found, mut changed) = (false, false);
            for target in to {
                let items = self.meant(target);
                found |= !items.is_empty();
                for item in items {
                    changed |= self.attach_to(item, &category.value, target);
                }
            }
            if found && !changed {
                self.without_effect(&format!("attaching `{}`", category.value), &category.place);
            }
        }
    }

    fn no_choice(&mut self, named: &Spanned<ExternalId>) {
        let id = &named.value;
        if !self.draft.item_index.contains_key(id.as_str()) {
            return self.absent_subject(Kind::Category, id.as_str(), &named.place);
        }
        let wrong =
            Diagnostic::error("unknown-patch-target", named.place.clone(), format!("`{id}` is a dish, not a choice"));
        self.report(wrong.help(format!("write the choice first: `attach: {{CHOICE: [{id}]}}`")));
    }

    /// The items that are meant, in display order; what names none is told.
    fn meant(&mut self, target: &'d Spanned<AttachTo>) -> Vec<usize> {
        let place = &target.place;
        match &target.value {
            AttachTo::Menu(name) => self.items_of_menu(name, place).unwrap_or_default(),
            AttachTo::Items(id, _) if self.draft.item_index.contains_key(id.as_str()) => {
                vec![self.draft.item_index[id.as_str()]]
            }
            AttachTo::Items(pattern, matcher) if pattern.contains(['*', '?', '[', '{']) => {
                let index = &self.draft.item_index;
                let mut items: Vec<usize> =
                    index.iter().filter(|(id, _)| matcher.is_match(id)).map(|(_, item)| *item).collect();
                items.sort_unstable();
                let may_come =
                    || self.is_incomplete() || self.dormant().any(|layer| layer.new_items().next().is_some());
                if items.is_empty() && !may_come() {
                    let message = format!("no item has an id that matches `{pattern}`");
                    let wrong = Diagnostic::error("unknown-patch-target", place.clone(), message);
                    self.report(wrong.help("correct the pattern; it is compared with external ids"));
                }
                items
            }
            AttachTo::Items(id, _) => {
                self.absent_subject(Kind::Item, id, place);
                Vec::new()
            }
        }
    }

    /// Returns whether the item got the choice by this.
    fn attach_to(&mut self, item: usize, category: &ExternalId, target: &'d Spanned<AttachTo>) -> bool {
        let item = &mut self.draft.items[item].item;
        let mut choices = item.variant_category_external_ids.value().cloned().unwrap_or_default();
        if choices.contains(category) {
            return false;
        }
        choices.push(category.clone());
        item.variant_category_external_ids = Field::Set(choices);
        let path = Path::item_field(&item.external_id, ItemField::VariantCategories);
        self.draft.origins.record(path, &target.place);
        true
    }
}
