//! What a rollback holds against the files, path by path: pinned values.
//!
//! A pin remembers the value that the files gave when it was made. While they give that same value, what is wanted there is
//! the pinned one; once they give another, the pin is over, for good. Stock is never pinned.
//!
//! What a thing that the files do not have any more is brought back by is over after [`BROUGHT_BACK_FOR`] at the latest: the
//! files cannot say "gone" twice, and nothing that is gone from them may stay for ever.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Kind, OutletPlan, Record,
    compare::without_ignored,
    parts::{Fields, MENUS, Parts, names},
};
use crate::{
    catalog::{Catalog, Field, ItemField, Path, VariantField},
    policy::Ignorable,
};

/// How long a rollback keeps what the files do not have any more (our choice: as long as an approval).
pub const BROUGHT_BACK_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// All pins of an outlet. Stored between runs and releases.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Pins {
    /// The number of the push that was gone back to.
    pub to: i64,
    /// When that push was made.
    pub of: Timestamp,
    /// When the rollback was made.
    pub since: Timestamp,
    values: BTreeMap<Path, Pin>,
    /// Display orders, by list.
    orders: BTreeMap<String, Order>,
    /// What rules say against the pushed menu itself: that is no reason to hold it.
    #[serde(default)]
    pub excused: BTreeSet<String>,
}

/// One pinned path: a field, or a whole thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Pin {
    /// What the files gave.
    #[serde(default, skip_serializing_if = "Field::is_unsaid")]
    file: Field<Value>,
    /// What is wanted instead; unsaid for a whole thing: that it is not there.
    #[serde(default, skip_serializing_if = "Field::is_unsaid")]
    value: Field<Value>,
    /// When it is over whatever the files say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    /// It was sold out when it left, and comes back so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    sold_out: bool,
}

/// A pinned display order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Order {
    /// That of the files; `None`: they have another by now, and `value` only says where to put what is brought back.
    file: Option<Vec<String>>,
    value: Vec<String>,
}

/// A pin for people and programs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PinnedPath {
    /// The path; of a display order: of the menu or category, or `menus`.
    pub path: String,
    /// The pinned value; `null`: that there is none.
    pub value: Value,
    /// What the files say.
    pub file: Value,
    /// When it is over whatever the files say.
    pub until: Option<Timestamp>,
}

/// Which rollback, and what it is told.
pub struct Goal<'a> {
    /// The number of the push to go back to.
    pub to: i64,
    /// When that push was made.
    pub of: Timestamp,
    /// Now.
    pub now: Timestamp,
    /// Fields that are never set.
    pub ignore: &'a BTreeSet<Ignorable>,
    /// Whether a thing that is gone was sold out when it left.
    pub was_sold_out: &'a dyn Fn(&Path) -> bool,
}

impl Pins {
    /// What has to be pinned for `files` to mean the menu that `record` sent, in what the files own now or owned then.
    pub fn between(goal: &Goal<'_>, files: &Catalog, record: &Record) -> Self {
        let sent = without_ignored(&record.sent, goal.ignore);
        let [files, sent, owned] = [&without_ignored(files, goal.ignore), &sent, &record.files].map(Parts::of);
        let mut pins = Self { to: goal.to, of: goal.of, since: goal.now, ..Self::default() };
        for path in files.things.keys().chain(owned.things.keys()).collect::<BTreeSet<_>>() {
            match (files.things.get(path), sent.things.get(path), owned.things.get(path)) {
                (Some(file), Some(sent), owned) => pins.pin_fields(path, file, sent, owned),
                (Some(file), None, _) => {
                    let pin = Pin { file: whole(file), value: Field::Unsaid, until: None, sold_out: false };
                    pins.values.insert(path.clone(), pin);
                }
                (None, Some(sent), Some(owned)) => {
                    let until = goal.now.saturating_add(BROUGHT_BACK_FOR).ok();
                    let (value, sold_out) = (whole(&with_own_image(sent, owned)), (goal.was_sold_out)(path));
                    pins.values.insert(path.clone(), Pin { file: Field::Unsaid, value, until, sold_out });
                }
                (None, _, _) => {}
            }
        }
        for (list, value) in &sent.lists {
            let file = files.lists.get(list).cloned().unwrap_or_default();
            if file != *value {
                pins.orders.insert(list.clone(), Order { file: Some(file), value: value.clone() });
            }
        }
        pins
    }

    fn pin_fields(&mut self, path: &Path, file: &Fields, sent: &Fields, owned: Option<&Fields>) {
        let said_then = |key: &str| owned.is_some_and(|owned| owned.contains_key(key));
        let keys: BTreeSet<&String> = file.keys().chain(owned.into_iter().flat_map(Fields::keys)).collect();
        for key in keys.into_iter().filter(|key| *key != ItemField::InStock.key()) {
            // What was copied from live may be an address that leads nowhere by now.
            let is_foreign_image = key == ItemField::Image.key() && !said_then(key);
            let Some(field) = field_of(path, key).filter(|_| !is_foreign_image) else { continue };
            let (file, value) = (said(file, key), Field::said(sent.get(key).filter(|v| !v.is_null()).cloned()));
            if !is_same(&file, &value) {
                self.values.insert(field, Pin { file, value, until: None, sold_out: false });
            }
        }
    }

    /// Whether nothing is pinned.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && !self.orders.values().any(Order::is_told)
    }

    /// Lays the pins over what the files say: what is wanted, and the pins that hold at `now`. Without pins that is what the
    /// files say. An error means that the pins are not what this program writes.
    pub fn lay_over(&self, files: &Catalog, now: Timestamp) -> Result<(Catalog, Self), serde_json::Error> {
        if self.is_empty() {
            return Ok((files.clone(), Self::default()));
        }
        let parts = Parts::of(files);
        let mut laying = Laying { now, parts: parts.clone(), files: parts, held: self.emptied() };
        laying.bring_back(self);
        laying.set_fields(self);
        laying.take_away(self);
        laying.arrange(self);
        if laying.held.is_empty() {
            return Ok((files.clone(), Self::default()));
        }
        Ok((laying.parts.assemble()?, laying.held))
    }

    /// The same rollback with nothing to pin.
    #[must_use]
    pub fn emptied(&self) -> Self {
        Self { values: BTreeMap::new(), orders: BTreeMap::new(), ..self.clone() }
    }

    /// Drops what is pinned at these paths.
    pub fn release(&mut self, paths: &BTreeSet<Path>) {
        self.values.retain(|path, _| !paths.contains(path));
    }

    /// Whether a path (or the thing it belongs to) is pinned.
    pub fn covers(&self, path: &Path) -> bool {
        self.values.contains_key(path) || self.values.contains_key(&path.owner())
    }

    /// Whether a field is pinned about which the files say nothing.
    pub fn is_unsaid(&self, path: &Path) -> bool {
        path.field_key().is_some() && self.values.get(path).is_some_and(|pin| pin.file.is_unsaid())
    }

    /// Whether there is any such field.
    pub fn claims_fields(&self) -> bool {
        self.values.keys().any(|path| self.is_unsaid(path))
    }

    /// All pins, by path.
    pub fn told(&self) -> Vec<PinnedPath> {
        let json = |field: &Field<Value>| field.value().cloned().unwrap_or(Value::Null);
        let values = self.values.iter().map(|(path, pin)| PinnedPath {
            path: path.to_string(),
            value: json(&pin.value),
            file: json(&pin.file),
            until: pin.until,
        });
        let orders = self.orders.iter().filter(|(_, order)| order.is_told()).map(|(list, order)| PinnedPath {
            path: list.clone(),
            value: order.value.clone().into(),
            file: order.file.clone().into(),
            until: None,
        });
        values.chain(orders).collect()
    }
}

impl OutletPlan {
    /// What comes back by a pin and was sold out when it left is sent sold out. Nobody claims its stock by that: it is the
    /// kitchen's to put back.
    pub fn keep_sold_out(&mut self, pins: &Pins) {
        let comes = |path: &Path| {
            let added = |change: &super::Change| change.pushed && change.kind == Kind::Add && change.path == *path;
            pins.values.get(path).is_some_and(|pin| pin.sold_out) && self.changes.iter().any(added)
        };
        for item in self.payload.menus.iter_mut().flat_map(|menu| &mut menu.menu_items) {
            if comes(&Path::item(&item.external_id)) {
                item.in_stock = Field::Set(false);
            }
        }
        for variant in self.payload.variant_categories.iter_mut().flat_map(|category| &mut category.variants) {
            if comes(&Path::variant(&variant.external_id)) {
                variant.in_stock = Field::Set(false);
            }
        }
    }
}

/// Pins being laid over the files.
struct Laying {
    now: Timestamp,
    /// What the files say.
    files: Parts,
    /// What is wanted so far.
    parts: Parts,
    /// The pins that hold.
    held: Pins,
}

impl Laying {
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
                let Field::Set(Value::Object(fields)) = &pin.value else { continue };
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
            let alone: Fields = pin.value.value().map(|value| (key.to_owned(), value.clone())).into_iter().collect();
            if !is_same(&said(file, key), &pin.file) || !self.needs_are_met(&alone) {
                continue;
            }
            if let Some(fields) = self.parts.things.get_mut(&path.owner()) {
                match &pin.value {
                    Field::Unsaid => drop(fields.remove(key)),
                    Field::Null => drop(fields.insert(key.to_owned(), Value::Null)),
                    Field::Set(value) => drop(fields.insert(key.to_owned(), value.clone())),
                }
                self.hold(path, pin);
            }
        }
    }

    /// Things that came after the push: items, then variants, then categories that nothing needs any more.
    fn take_away(&mut self, pins: &Pins) {
        let gone: Vec<(&Path, &Pin)> =
            pins.values.iter().filter(|(path, pin)| path.field_key().is_none() && pin.value.is_unsaid()).collect();
        let is_category = |path: &Path| matches!(path, Path::Category(..));
        for (path, pin) in gone.iter().filter(|(path, _)| !is_category(path)) {
            if self.files.things.get(path).is_some_and(|file| is_same(&whole(file), &pin.file)) {
                self.parts.things.remove(path);
                self.hold(path, pin);
            }
        }
        for (path, pin) in gone.iter().filter(|(path, _)| is_category(path)) {
            let Path::Category(id, _) = path else { continue };
            let is_needed = self.parts.things.values().any(|fields| needs(fields).any(|need| need == id.as_str()));
            if !is_needed && self.files.things.get(path).is_some_and(|file| is_same(&whole(file), &pin.file)) {
                self.parts.things.remove(path);
                self.hold(path, pin);
            }
        }
    }

    /// Puts everything into order.
    fn arrange(&mut self, pins: &Pins) {
        let mut members = self.parts.memberships();
        let emptied = |list: &str| self.files.lists.get(list).is_some_and(|ids| !ids.is_empty());
        let in_use = |name: &&String| {
            let list = Path::Menu((*name).clone()).to_string();
            members.contains_key(&list) || !emptied(&list)
        };
        let known = [&self.files.lists, &self.parts.lists].into_iter().flat_map(|lists| lists.get(MENUS)).flatten();
        let mut menus: BTreeSet<String> = known.filter(in_use).cloned().collect();
        let of_items = self.parts.things.iter().filter(|(path, _)| matches!(path, Path::Item(..)));
        menus.extend(of_items.flat_map(|(_, fields)| names(fields, ItemField::Menu.key()).map(str::to_owned)));
        members.insert(MENUS.to_owned(), menus.into_iter().collect());
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

impl Order {
    /// Whether it is another than that of the files, in what both have.
    fn is_told(&self) -> bool {
        self.file.as_ref().is_some_and(|file| common(file, &self.value) != common(&self.value, file))
    }

    /// What is left of it where the files give the order `now`.
    fn at(&self, now: &[String]) -> Self {
        let unchanged = |file: &&Vec<String>| common(now, file) == common(file, now);
        Self { file: self.file.as_ref().filter(unchanged).cloned(), value: self.value.clone() }
    }
}

/// What of `these` is in `those` too, in the order of `these`.
fn common<'a>(these: &'a [String], those: &[String]) -> Vec<&'a String> {
    these.iter().filter(|id| those.contains(id)).collect()
}

/// `members` in the order that the files give, but for what is pinned; what the files do not have stands behind what it stood
/// behind.
fn arranged(now: &[String], members: &[String], order: Option<&Order>) -> Vec<String> {
    let mut list: Vec<String> = now.iter().filter(|id| members.contains(id)).cloned().collect();
    if let Some(order) = order {
        if order.is_told() {
            let slots = (0..list.len()).filter(|slot| order.value.contains(&list[*slot])).collect::<Vec<_>>();
            let pinned: Vec<String> = common(&order.value, &list).into_iter().cloned().collect();
            slots.into_iter().zip(pinned).for_each(|(slot, id)| list[slot] = id);
        }
        for (place, id) in order.value.iter().enumerate() {
            if members.contains(id) && !list.contains(id) {
                let front = order.value[..place].iter().rev().find_map(|front| list.iter().position(|k| k == front));
                list.insert(front.map_or(0, |front| front + 1), id.clone());
            }
        }
    }
    let rest: Vec<String> = members.iter().filter(|id| !list.contains(id)).cloned().collect();
    list.extend(rest);
    list
}

/// The categories that a thing stands in or refers to.
fn needs(fields: &Fields) -> impl Iterator<Item = &str> {
    let keys = [ItemField::VariantCategories.key(), VariantField::Category.key()];
    keys.into_iter().flat_map(|key| names(fields, key))
}

/// A whole thing but for its stock.
fn whole(fields: &Fields) -> Field<Value> {
    let mut fields = fields.clone();
    fields.remove(ItemField::InStock.key());
    Field::Set(Value::Object(fields))
}

/// What was sent, but an image only if the files named it.
fn with_own_image(sent: &Fields, owned: &Fields) -> Fields {
    let mut fields = sent.clone();
    if !owned.contains_key(ItemField::Image.key()) {
        fields.remove(ItemField::Image.key());
    }
    fields
}

fn said(fields: &Fields, key: &str) -> Field<Value> {
    match fields.get(key) {
        None => Field::Unsaid,
        Some(Value::Null) => Field::Null,
        Some(value) => Field::Set(value.clone()),
    }
}

/// Whether two sides say the same: nothing said, said to be absent, and empty are one.
fn is_same(a: &Field<Value>, b: &Field<Value>) -> bool {
    let value = |field: &Field<Value>| {
        let value =
            field.value().filter(|value| value.as_str() != Some("") && value.as_array().is_none_or(|l| !l.is_empty()));
        value.cloned()
    };
    value(a) == value(b)
}

/// The path of a field of a thing.
fn field_of(thing: &Path, key: &str) -> Option<Path> {
    format!("{thing}/{key}").parse().ok()
}

#[cfg(test)]
mod tests;
