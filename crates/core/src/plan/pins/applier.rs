//! Laying pins over what the files say: what is wanted, and which pins still hold.
//!
//! What becomes a pin is decided in the parent.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Pin, Pins, field_of, is_same, order::arranged, whole};
use crate::catalog::{Catalog, Field, FieldValue, Fields, FlatCatalog, ItemField, ListPath, Path, VariantField, names};

impl Pins {
    /// Lays the pins over what the files say: what is wanted, and the pins that hold at `now`. Without pins that is what the
    /// files say.
    pub fn apply_to(&self, files: &Catalog, now: Timestamp) -> (Catalog, Self) {
        if self.is_empty() {
            return (files.clone(), Self::default());
        }
        let parts = FlatCatalog::of(files);
        let mut applier = PinApplier { now, parts: parts.clone(), files: parts, held: self.emptied() };
        applier.bring_back(self);
        applier.set_fields(self);
        applier.take_away(self);
        applier.arrange(self);
        if applier.held.is_empty() {
            return (files.clone(), Self::default());
        }
        (applier.parts.assemble(), applier.held)
    }
}

/// Pins being laid over the files.
struct PinApplier {
    now: Timestamp,
    /// What the files say.
    files: FlatCatalog,
    /// What is wanted so far.
    parts: FlatCatalog,
    /// The pins that hold.
    held: Pins,
}

impl PinApplier {
    fn hold(&mut self, path: &Path, pin: &Pin) {
        self.held.values.insert(path.clone(), pin.clone());
    }

    /// Things that the files do not have: categories first, as variants and items need them.
    fn bring_back(&mut self, pins: &Pins) {
        let kinds: [fn(&Path) -> bool; 3] = [
            |path| matches!(path, Path::Category(..)),
            |path| matches!(path, Path::Variant(..)),
            |path| matches!(path, Path::Item(..)),
        ];
        for is_kind in kinds {
            for (path, pin) in pins.values.iter().filter(|(path, _)| is_kind(path) && path.field_key().is_none()) {
                let Field::Set(FieldValue::Thing(fields)) = &pin.value else { continue };
                let is_due = pin.until.is_none_or(|until| self.now < until);
                if is_due && !self.files.things.contains_key(path) && self.needs_are_met(fields) {
                    self.parts.things.insert(path.clone(), fields.clone());
                    self.hold(path, pin);
                }
            }
        }
    }

    /// Whether the categories are there that a thing stands in or refers to.
    fn needs_are_met(&self, fields: &Fields) -> bool {
        needs(fields).all(|id| self.parts.things.contains_key(&Path::category(&id.into())))
    }

    /// Fields of things that the files have.
    fn set_fields(&mut self, pins: &Pins) {
        for (path, pin) in &pins.values {
            let Some(key) = path.field_key() else { continue };
            let Some(file) = self.files.things.get(&path.owner()) else { continue };
            let only_this: Fields = pin.value.value().map(|value| (key, Some(value.clone()))).into_iter().collect();
            if !is_same(&field_of(file, key), &pin.file) || !self.needs_are_met(&only_this) {
                continue;
            }
            if let Some(fields) = self.parts.things.get_mut(&path.owner()) {
                match &pin.value {
                    Field::Unsaid => drop(fields.remove(key)),
                    Field::Null => drop(fields.insert(key, None)),
                    Field::Set(value) => drop(fields.insert(key, Some(value.clone()))),
                }
                self.hold(path, pin);
            }
        }
    }

    /// Things that came after the push: items, then variants, then categories that nothing needs any more.
    fn take_away(&mut self, pins: &Pins) {
        let gone: Vec<(&Path, &Pin)> = pins.values.iter().filter(|(_, pin)| pin.value.is_unsaid()).collect();
        let is_category = |path: &Path| matches!(path, Path::Category(..));
        for (path, pin) in gone.iter().filter(|(path, _)| !is_category(path)) {
            if self.files.things.get(path).is_some_and(|file| is_same(&whole(path, file), &pin.file)) {
                self.parts.things.remove(path);
                self.hold(path, pin);
            }
        }
        for (path, pin) in gone.iter().filter(|(path, _)| is_category(path)) {
            let Path::Category(id, _) = path else { continue };
            let is_needed = self.parts.things.values().any(|fields| needs(fields).any(|need| need == id.as_str()));
            if !is_needed && self.files.things.get(path).is_some_and(|file| is_same(&whole(path, file), &pin.file)) {
                self.parts.things.remove(path);
                self.hold(path, pin);
            }
        }
    }

    /// Puts everything into order.
    fn arrange(&mut self, pins: &Pins) {
        let mut members = self.parts.memberships();
        // The menus are those of the items, and those that the files leave empty.
        let is_empty =
            |name: &&String| self.files.lists.get(&ListPath::Of(Path::Menu((*name).clone()))).is_none_or(Vec::is_empty);
        let known = self.files.lists.get(&ListPath::Menus).into_iter().flatten();
        let mut menus: BTreeSet<String> = known.filter(is_empty).cloned().collect();
        let of_items = self.parts.things.iter().filter(|(path, _)| matches!(path, Path::Item(..)));
        menus.extend(of_items.flat_map(|(_, fields)| names(fields, ItemField::Menu.key()).map(str::to_owned)));
        members.insert(ListPath::Menus, menus.into_iter().collect());
        let mut lists = BTreeMap::new();
        for (list, members) in members {
            let now = self.files.lists.get(&list).map(Vec::as_slice).unwrap_or_default();
            let order = pins.orders.get(&list).map(|order| order.at(now));
            lists.insert(list.clone(), arranged(now, &members, order.as_ref()));
            self.held.orders.extend(order.map(|order| (list, order)));
        }
        self.parts.lists = lists;
    }
}

/// The categories that a thing stands in or refers to.
fn needs(fields: &Fields) -> impl Iterator<Item = &str> {
    let keys = [ItemField::VariantCategories.key(), VariantField::Category.key()];
    keys.into_iter().flat_map(|key| names(fields, key))
}
