//! What a rollback holds against the files, path by path: pinned values.
//!
//! A pin remembers the value that the files gave when it was made. While they give that same value, what is wanted there is
//! the pinned one; once they give another, the pin is over, for good. Stock is never pinned.
//!
//! What a thing that the files do not have any more is brought back by is over after [`BROUGHT_BACK_FOR`] at the latest: the
//! files cannot say "gone" twice, and nothing that is gone from them may stay for ever.

mod laying;
mod order;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use order::Order;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Kind, OutletPlan, Record,
    compare::without_ignored,
    parts::{Fields, Parts},
};
use crate::{
    catalog::{Catalog, Field, ItemField, Path},
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
        let added = |path: &Path| self.changes.iter().any(|c| c.kind == Kind::Add && c.path == *path);
        let was_sold_out = |path: &Path| pins.values.get(path).is_some_and(|pin| pin.sold_out);
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
