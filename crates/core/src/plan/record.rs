//! What is remembered of a push for later: what it changed, and what it sent as a whole. `state` stores both as JSON and
//! does not look inside.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Change, Inputs, Kind, OutletPlan, Subject, compare::without_ignored, matching::match_live};
use crate::catalog::{Catalog, Field, ItemField, Path};

/// One change that a push carried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastChange {
    /// What it was about.
    pub path: Path,
    /// Add, remove, set or move.
    pub kind: Kind,
    /// What was live before; `null` = absent.
    pub from: Value,
    /// What was sent; `null` = absent.
    pub to: Value,
    /// For people: which menu or category, and the thing's name.
    pub subject: Subject,
}

/// A push as a whole. Unknown fields are passed over.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The menu that was sent; for a push of stock alone: the menu that stood then.
    pub sent: Catalog,
    /// What the files said then (with what was pinned): whose fields are said here was ours. Ignored fields are left out.
    pub files: Catalog,
    /// What of the live menu was on sale right before: path of an item or a variant → stock.
    #[serde(default)]
    pub stock: BTreeMap<String, bool>,
}

impl Record {
    /// What a plan is about to send.
    pub fn new(plan: &OutletPlan, inputs: &Inputs<'_>) -> Self {
        let live = match_live(inputs.live, inputs.desired, inputs.base).catalog;
        let on_sale = |stock: &Field<bool>| stock.value() != Some(&false);
        let items = live.items().map(|(_, item)| (Path::item(&item.external_id), on_sale(&item.in_stock)));
        let variants =
            live.variants().map(|(_, variant)| (Path::variant(&variant.external_id), on_sale(&variant.in_stock)));
        Self {
            sent: plan.payload.clone(),
            files: without_ignored(inputs.desired, &inputs.policy.ignore),
            stock: items.chain(variants).map(|(path, stock)| (path.to_string(), stock)).collect(),
        }
    }
}

impl OutletPlan {
    /// The changes that a push of this plan carries.
    pub fn carried(&self) -> Vec<PastChange> {
        let past = |change: &Change| {
            let Change { path, kind, from, to, subject, .. } = change.clone();
            PastChange { path, kind, from, to, subject }
        };
        self.pushed().map(past).collect()
    }
}

impl PastChange {
    /// What it says of the fields of one item, by field: from which value to which. A whole item that comes or goes says
    /// it of all its fields.
    pub fn of_item(&self, id: &str) -> Vec<(&'static str, Value, Value)> {
        let Path::Item(item, field) = &self.path else { return Vec::new() };
        if item.as_str() != id {
            return Vec::new();
        }
        match (field, self.kind) {
            (Some(field), _) => vec![(field.key(), self.from.clone(), self.to.clone())],
            (None, Kind::Add | Kind::Remove) => {
                let side = |side: &Value, key: &str| side.get(key).cloned().unwrap_or(Value::Null);
                let fields = ItemField::ALL.iter().map(|field| field.key());
                let fields = fields.map(|key| (key, side(&self.from, key), side(&self.to, key)));
                fields.filter(|(_, from, to)| from != to).collect()
            }
            (None, _) => Vec::new(),
        }
    }
}
