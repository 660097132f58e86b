//! What is remembered of a push for later: what it changed, and what it sent as a whole. `state` stores both as JSON and
//! does not look inside.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::Value;

use super::{
    Change, Inputs, Kind, OutletPlan, Subject,
    compare::without_ignored,
    matching::{Matched, match_live},
};
use crate::catalog::{Catalog, Field, FieldValue, Item, ItemField, Path, ReadAt, Variant, VariantField, known_entries};

/// One change that a push carried.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PastChange {
    /// What it was about.
    pub path: Path,
    /// Add, remove, set or move.
    pub kind: Kind,
    /// What was live before; `None` = absent.
    pub from: Option<FieldValue>,
    /// What was sent; `None` = absent.
    pub to: Option<FieldValue>,
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
    #[serde(default, deserialize_with = "known_entries")]
    pub stock: BTreeMap<Path, bool>,
}

impl Record {
    /// What a plan is about to send.
    pub fn new(plan: &OutletPlan, inputs: &Inputs<'_>) -> Self {
        let Matched { catalog: live, extras, .. } = match_live(inputs.live, inputs.desired, inputs.base);
        // What cannot be read comes back sold out.
        let on_sale = |stock: &Field<bool>, path| stock.value() != Some(&false) && !extras.is_unread(&path);
        let items = live.items().map(|(_, Item { external_id: id, in_stock, .. })| {
            (Path::item(id), on_sale(in_stock, Path::item_field(id, ItemField::InStock)))
        });
        let variants = live.variants().map(|(_, Variant { external_id: id, in_stock, .. })| {
            (Path::variant(id), on_sale(in_stock, Path::variant_field(id, VariantField::InStock)))
        });
        Self {
            sent: plan.payload.clone(),
            files: without_ignored(inputs.desired, &inputs.policy.ignore),
            stock: items.chain(variants).collect(),
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
        self.pushed().filter(|change| !change.is_promotion()).map(past).collect()
    }
}

impl<'de> Deserialize<'de> for PastChange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Stored {
            path: Path,
            kind: Kind,
            from: Value,
            to: Value,
            subject: Subject,
        }
        let Stored { path, kind, from, to, subject } = Stored::deserialize(deserializer)?;
        let read = |value| {
            Option::read_at(&path, value).ok_or_else(|| D::Error::custom(format!("{path} has a value of another kind")))
        };
        let (from, to) = (read(from)?, read(to)?);
        Ok(Self { path, kind, from, to, subject })
    }
}

impl PastChange {
    /// What it says of the fields of one item, by field: from which value to which. A whole item that comes or goes says
    /// it of all its fields.
    pub fn of_item(&self, id: &str) -> Vec<(ItemField, Option<FieldValue>, Option<FieldValue>)> {
        let Path::Item(item, field) = &self.path else { return Vec::new() };
        if item.as_str() != id {
            return Vec::new();
        }
        match (field, self.kind) {
            (Some(field), _) => vec![(*field, self.from.clone(), self.to.clone())],
            (None, Kind::Add | Kind::Remove) => {
                let side = |side: &Option<FieldValue>, key: &str| side.as_ref()?.field(key).cloned();
                let fields = ItemField::ALL.iter();
                let fields = fields.map(|field| (*field, side(&self.from, field.key()), side(&self.to, field.key())));
                fields.filter(|(_, from, to)| from != to).collect()
            }
            (None, _) => Vec::new(),
        }
    }
}
