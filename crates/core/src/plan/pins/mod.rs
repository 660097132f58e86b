//! What a rollback holds against the files, path by path: pinned values.
//!
//! A pin remembers the value that the files gave when it was made. While they give that same value, what is wanted there is
//! the pinned one; once they give another, the pin is over, for good. Stock is never pinned.
//!
//! What a thing that the files do not have any more is brought back by is over after [`BROUGHT_BACK_FOR`] at the latest: the
//! files cannot say "gone" twice, and nothing that is gone from them may stay for ever.

mod applier;
mod order;

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashSet;
use jiff::{SignedDuration, Timestamp};
use order::Order;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{Kind, OutletPlan, Record, compare::without_ignored};
use crate::{
    catalog::{
        Catalog, Field, FieldInfo, FieldKind, FieldValue, Fields, FlatCatalog, ListPath, Path, ReadAt, ReadBack,
        known_entries,
    },
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
    #[serde(deserialize_with = "known_entries")]
    values: BTreeMap<Path, Pin>,
    /// Display orders, by list.
    #[serde(deserialize_with = "known_entries")]
    orders: BTreeMap<ListPath, Order>,
    /// What rules say against the pushed menu itself: that is no reason to hold it.
    #[serde(default)]
    pub excused: BTreeSet<String>,
}

/// One pinned path: a field, or a whole thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "V: Deserialize<'de>"))]
struct Pin<V = FieldValue> {
    /// What the files gave.
    #[serde(default, skip_serializing_if = "Field::is_unsaid")]
    file: Field<V>,
    /// What is wanted instead; unsaid for a whole thing: that it is not there.
    #[serde(default, skip_serializing_if = "Field::is_unsaid")]
    value: Field<V>,
    /// When it is over whatever the files say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    /// It was sold out when it left, and comes back so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    sold_out: bool,
}

impl ReadAt for Pin {
    fn read_at(path: &Path, json: Value) -> Option<Self> {
        let Pin::<Value> { file, value, until, sold_out } = serde_json::from_value(json).ok()?;
        let read = |side| match side {
            Field::Unsaid => Some(Field::Unsaid),
            Field::Null => Some(Field::Null),
            Field::Set(json) => Option::read_at(path, json).map(Field::set_or_null),
        };
        Some(Self { file: read(file)?, value: read(value)?, until, sold_out })
    }
}

/// A pin for people and programs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PinnedPath {
    /// The path; of a display order: of the menu or category, or `menus`.
    pub path: ListPath,
    /// The pinned value; `None`: that there is none.
    pub value: Option<FieldValue>,
    /// What the files say.
    pub file: Option<FieldValue>,
    /// When it is over whatever the files say.
    pub until: Option<Timestamp>,
}

impl<'de> Deserialize<'de> for PinnedPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Stored {
            path: ListPath,
            value: Value,
            file: Value,
            until: Option<Timestamp>,
        }
        let Stored { path, value, file, until } = Stored::deserialize(deserializer)?;
        let read = |json: Value| match &path {
            ListPath::Of(path) if path.info().is_some() || !json.is_array() => Option::read_at(path, json).flatten(),
            _ => serde_json::from_value(json).ok().map(FieldValue::Names),
        };
        let (value, file) = (read(value), read(file));
        Ok(Self { path, value, file, until })
    }
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
        let [files, sent, owned] = [&without_ignored(files, goal.ignore), &sent, &record.files].map(FlatCatalog::of);
        let mut pins = Self { to: goal.to, of: goal.of, since: goal.now, ..Self::default() };
        for path in files.things.keys().chain(owned.things.keys()).collect::<BTreeSet<_>>() {
            match (files.things.get(path), sent.things.get(path), owned.things.get(path)) {
                (Some(file), Some(sent), owned) => pins.pin_fields(path, file, sent, owned),
                (Some(file), None, _) => {
                    let pin = Pin { file: whole(path, file), value: Field::Unsaid, until: None, sold_out: false };
                    pins.values.insert(path.clone(), pin);
                }
                (None, Some(sent), Some(owned)) => {
                    let until = goal.now.saturating_add(BROUGHT_BACK_FOR).ok();
                    let (value, sold_out) =
                        (whole(path, &with_own_image(path, sent, owned)), (goal.was_sold_out)(path));
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
        let keys: BTreeSet<&&str> = file.keys().chain(owned.into_iter().flat_map(Fields::keys)).collect();
        for key in keys {
            let Some(field) = path.field(key) else { continue };
            let is_own = owned.is_some_and(|owned| owned.contains_key(key));
            if field.info().is_none_or(|info| info.kind == FieldKind::Stock || (is_foreign(info) && !is_own)) {
                continue;
            }
            let (file, value) = (field_of(file, key), Field::set_or_null(sent.get(key).cloned().flatten()));
            if !is_same(&file, &value) {
                self.values.insert(field, Pin { file, value, until: None, sold_out: false });
            }
        }
    }

    /// Whether nothing is pinned.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && !self.orders.values().any(Order::is_told)
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
    pub fn pinned_paths(&self) -> Vec<PinnedPath> {
        let values = self.values.iter().map(|(path, pin)| PinnedPath {
            path: ListPath::Of(path.clone()),
            value: pin.value.value().cloned(),
            file: pin.file.value().cloned(),
            until: pin.until,
        });
        let names = |names: &Vec<String>| FieldValue::Names(names.clone());
        let mut orders: Vec<_> = self.orders.iter().filter(|(_, order)| order.is_told()).collect();
        orders.sort_by_cached_key(|(list, _)| list.to_string());
        let orders = orders.into_iter().map(|(list, order)| PinnedPath {
            path: list.clone(),
            value: Some(names(&order.value)),
            file: order.file.as_ref().map(names),
            until: None,
        });
        values.chain(orders).collect()
    }
}

impl OutletPlan {
    /// What comes back by a pin and was sold out when it left is sent sold out. Nobody claims its stock by that: it is the
    /// kitchen's to put back.
    pub fn keep_sold_out(&mut self, pins: &Pins) {
        if pins.values.values().any(|pin| pin.sold_out) {
            self.send_sold_out(&|path| pins.values.get(path).is_some_and(|pin| pin.sold_out));
        }
    }

    /// The same for whatever comes back.
    pub(super) fn send_sold_out(&mut self, was_sold_out: &dyn Fn(&Path) -> bool) {
        let added: HashSet<&Path> =
            self.changes.iter().filter(|change| change.kind == Kind::Add).map(|change| &change.path).collect();
        let added = |path: &Path| added.contains(path);
        for item in self.payload.menus.iter_mut().flat_map(|menu| &mut menu.menu_items) {
            let path = Path::item(&item.external_id);
            if was_sold_out(&path) && added(&path) {
                item.in_stock = Field::Set(false);
            }
        }
        for category in &mut self.payload.variant_categories {
            // What comes with its category is not told apart.
            let with_category = added(&Path::category(&category.external_id));
            for variant in &mut category.variants {
                let path = Path::variant(&variant.external_id);
                if was_sold_out(&path) && (with_category || added(&path)) {
                    variant.in_stock = Field::Set(false);
                }
            }
        }
    }
}

/// A whole thing but for its stock.
fn whole(thing: &Path, fields: &Fields) -> Field<FieldValue> {
    Field::Set(FieldValue::Thing(without(thing, fields, |info| info.kind == FieldKind::Stock)))
}

/// What was sent, but an image only if the files named it.
fn with_own_image(thing: &Path, sent: &Fields, owned: &Fields) -> Fields {
    without(thing, sent, |info| is_foreign(info) && !owned.contains_key(info.key))
}

fn without(thing: &Path, fields: &Fields, leave_out: impl Fn(&FieldInfo) -> bool) -> Fields {
    let is_left_out = |key: &str| thing.field(key).and_then(|field| field.info()).is_some_and(&leave_out);
    fields.iter().filter(|(key, _)| !is_left_out(key)).map(|(key, value)| (*key, value.clone())).collect()
}

/// Whether what was copied from live may not be sent again: an address that leads nowhere by now.
fn is_foreign(info: &FieldInfo) -> bool {
    info.reads == ReadBack::Never
}

fn field_of(fields: &Fields, key: &str) -> Field<FieldValue> {
    fields.get(key).map_or(Field::Unsaid, |value| Field::set_or_null(value.clone()))
}

/// Whether two sides say the same: nothing said, said to be absent, and empty are one.
fn is_same(a: &Field<FieldValue>, b: &Field<FieldValue>) -> bool {
    let [a, b] = [a, b].map(|side| side.value().filter(|value| !value.is_empty()));
    a == b
}

#[cfg(test)]
mod tests;
