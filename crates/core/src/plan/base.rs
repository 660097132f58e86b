//! What we remember of an outlet's last verified push. `state` stores it as JSON and does not look inside.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use hashbrown::{HashMap, HashSet};
use serde::{Deserialize, Serialize};

use crate::catalog::{
    Catalog, ExternalId, Field, FieldValue, Path, StockChange, StockKind, known_entries, live::LiveCatalog,
};

/// The stock PATCHes of a plan, at most one of each kind.
pub type StockCalls = Vec<(StockKind, Vec<StockChange>)>;

/// The base of a three-way comparison. Stored between runs and releases: unknown fields are passed over, missing ones are
/// empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Base {
    /// What the files gave and we saw arrive. A field is said here exactly if we own it; order is what we last sent.
    pub catalog: Catalog,
    /// The platform's ids of everything that was live then.
    #[serde(default)]
    pub uuids: Uuids,
    /// Items that *we* took off sale: only these may we put back.
    #[serde(default)]
    pub items_taken_off: BTreeSet<ExternalId>,
    /// The same for variants.
    #[serde(default)]
    pub variants_taken_off: BTreeSet<ExternalId>,
    /// What the platform accepted but shows otherwise: path → the value that we sent. Not sent again until the files
    /// give that path another value.
    #[serde(default, alias = "stuck", deserialize_with = "known_entries")]
    pub rejected_values: BTreeMap<Path, Option<FieldValue>>,
    /// Which of `gobiz.accounts` pushed it; `None`: the one without a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Arc<str>>,
    /// Keys that we do not know and that live had after a PUT of ours was published (`items/tax_rate`): no push loses them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub platform_keys: BTreeSet<String>,
}

impl Base {
    /// What *we* took off sale of one kind.
    pub(super) fn taken_off(&self, kind: StockKind) -> &BTreeSet<ExternalId> {
        match kind {
            StockKind::Items => &self.items_taken_off,
            StockKind::Variants => &self.variants_taken_off,
        }
    }

    /// The same, to change.
    pub(super) fn taken_off_mut(&mut self, kind: StockKind) -> &mut BTreeSet<ExternalId> {
        match kind {
            StockKind::Items => &mut self.items_taken_off,
            StockKind::Variants => &mut self.variants_taken_off,
        }
    }

    /// A person has switched it off by a command: what we took off is the kitchen's from now on. Whether it was ours.
    pub fn leave_to_kitchen(&mut self, kind: StockKind, id: &ExternalId) -> bool {
        self.taken_off_mut(kind).remove(id)
    }

    /// Whether we have taken this off sale, and nobody has put it back.
    pub fn has_taken_off(&self, kind: StockKind, id: &ExternalId) -> bool {
        self.taken_off(kind).contains(id)
    }

    /// What `live` shows on sale was put back by somebody, so a later "sold out" is not ours to undo. Whether anything was. Of
    /// several things under one id all must be on sale.
    pub fn release_stock(&mut self, live: &LiveCatalog) -> bool {
        let count = |base: &Self| base.items_taken_off.len() + base.variants_taken_off.len();
        let before = count(self);
        let items = on_sale(live.items().map(|(_, item)| (&item.external_id, &item.in_stock)));
        let variants = on_sale(live.variants().map(|(_, variant)| (&variant.external_id, &variant.in_stock)));
        self.items_taken_off.retain(|id| !items.contains(id));
        self.variants_taken_off.retain(|id| !variants.contains(id));
        count(self) != before
    }

    /// Remembers stock calls that were carried out although the push as a whole was not.
    pub fn remember_stock(&mut self, calls: &StockCalls) {
        let stock = |off: bool| if off { Field::Set(false) } else { Field::Unsaid };
        for (kind, change) in calls.iter().flat_map(|(kind, changes)| changes.iter().map(move |change| (*kind, change)))
        {
            let StockChange { external_id: id, uuid: _, in_stock } = change;
            match kind {
                StockKind::Items => {
                    let items = self.catalog.menus.iter_mut().flat_map(|menu| &mut menu.menu_items);
                    items.filter(|item| item.external_id == *id).for_each(|item| item.in_stock = stock(!in_stock));
                }
                StockKind::Variants => {
                    let categories = self.catalog.variant_categories.iter_mut();
                    let variants = categories.flat_map(|category| &mut category.variants);
                    variants.filter(|v| v.external_id == *id).for_each(|v| v.in_stock = stock(!in_stock));
                }
            }
            let taken_off = self.taken_off_mut(kind);
            if *in_stock {
                taken_off.remove(id);
            } else {
                taken_off.insert(id.clone());
            }
        }
    }
}

/// The ids under which everything is said to be on sale.
fn on_sale<'l>(things: impl Iterator<Item = (&'l Field<ExternalId>, &'l Field<bool>)>) -> HashSet<&'l ExternalId> {
    let mut all: HashMap<&ExternalId, bool> = HashMap::new();
    for (id, stock) in things {
        if let Field::Set(id) = id {
            *all.entry(id).or_insert(true) &= *stock == Field::Set(true);
        }
    }
    all.into_iter().filter_map(|(id, is_on)| is_on.then_some(id)).collect()
}

/// The platform's UUIDs and the ids we know those things by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uuids {
    /// Items.
    pub items: BTreeMap<String, ExternalId>,
    /// Variant categories.
    pub categories: BTreeMap<String, ExternalId>,
    /// Variants.
    pub variants: BTreeMap<String, ExternalId>,
}

impl Uuids {
    /// The same by id.
    pub fn by_id(&self) -> UuidsById<'_> {
        let turned = |map| {
            let mut turned: HashMap<&ExternalId, Vec<&str>> = HashMap::new();
            let entries: &BTreeMap<String, ExternalId> = map;
            entries.iter().for_each(|(uuid, id)| turned.entry(id).or_default().push(uuid));
            turned
        };
        UuidsById { items: turned(&self.items), categories: turned(&self.categories), variants: turned(&self.variants) }
    }
}

/// UUIDs by the ids we know their things by.
pub struct UuidsById<'u> {
    items: HashMap<&'u ExternalId, Vec<&'u str>>,
    categories: HashMap<&'u ExternalId, Vec<&'u str>>,
    variants: HashMap<&'u ExternalId, Vec<&'u str>>,
}

impl UuidsById<'_> {
    /// The UUIDs of the thing at a path: of a variant one for each of its categories.
    pub fn of(&self, thing: &Path) -> &[&str] {
        let known = match thing {
            Path::Menu(_) | Path::Promotion(..) => None,
            Path::Item(id, _) => self.items.get(id),
            Path::Category(id, _) => self.categories.get(id),
            Path::Variant(id, _) => self.variants.get(id),
        };
        known.map_or(&[], Vec::as_slice)
    }

    /// The UUID of an item; an empty one if none is known.
    pub(super) fn item(&self, id: &ExternalId) -> &str {
        self.of(&Path::item(id)).first().copied().unwrap_or_default()
    }

    /// The UUIDs of a variant; an empty one if none is known.
    pub(super) fn variants_of(&self, id: &ExternalId) -> &[&str] {
        let known = self.of(&Path::variant(id));
        if known.is_empty() { &[""] } else { known }
    }
}
