//! Every path that live does not show as it was sent.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashSet;

use super::PushVerification;
use crate::{
    catalog::{
        ExternalId, Field, FieldValue, OutletId, Path, VariantField,
        live::{LiveCatalog, LiveItem},
    },
    definition::Recurring,
    plan::{Base, Inputs, Kind, Past, compare::compare, matching::match_live},
    policy::Policy,
};

/// One path that live does not show as it was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Mismatch {
    /// What.
    pub path: Path,
    /// What was sent.
    pub sent: Option<FieldValue>,
    /// What live shows.
    pub live: Option<FieldValue>,
}

impl PushVerification {
    /// Every path that live does not show as it was sent.
    pub fn mismatches(&self, live: &LiveCatalog) -> Vec<Mismatch> {
        let live = &*self.promoted.hidden(live);
        let mut mismatches = self.stock_mismatches(live);
        if !self.stock_calls.is_empty() {
            return mismatches;
        }
        // What is expected says no image; without a base the rest is compared as it stands.
        let policy = Policy::default();
        let known = Base { uuids: self.uuids.clone(), ..Base::default() };
        let inputs = Inputs {
            outlet: &OutletId::default(),
            desired: &self.expected,
            base: Some(&known),
            live,
            policy: &policy,
            revert: false,
            released: &BTreeSet::new(),
            peers: &BTreeMap::new(),
            ended: &BTreeSet::new(),
            recurring: &Recurring::default(),
            low_prices: &BTreeSet::new(),
            past: Past::unknown(),
            places: &|_| Vec::new(),
            stock_by_put: false,
        };
        let matched = match_live(live, &self.expected, Some(&known));
        let differs = compare(&inputs, &matched)
            .changes
            .into_iter()
            .filter(|change| change.kind != Kind::Remove && !change.is_stock())
            // What cannot be read says neither that it arrived nor that it did not.
            .filter(|change| !matched.extras.is_unread(&change.path));
        mismatches.extend(differs.map(|change| Mismatch { path: change.path, sent: change.to, live: change.from }));
        mismatches.extend(self.still_present(live));
        let kept = if self.left_categories.is_empty() { Vec::new() } else { self.not_left(live) };
        let mut known: HashSet<Path> = mismatches.iter().map(|mismatch| mismatch.path.clone()).collect();
        mismatches.extend(kept.into_iter().filter(|mismatch| known.insert(mismatch.path.clone())));
        mismatches
    }

    /// Variants that still show in a category that they were to leave.
    fn not_left(&self, live: &LiveCatalog) -> Vec<Mismatch> {
        let matched = self.matched(live);
        let mut kept: BTreeMap<&ExternalId, Vec<String>> = BTreeMap::new();
        for (category, variant) in matched.catalog.variants() {
            let own = matched.rekeyed.get(&Path::variant(&variant.external_id)).unwrap_or(&variant.external_id);
            if let Some((id, left)) = self.left_categories.get_key_value(own)
                && left.contains(&category.external_id)
            {
                kept.entry(id).or_default().push(category.external_id.0.clone());
            }
        }
        let mismatch = |(id, kept): (&ExternalId, Vec<String>)| {
            let here = self.expected.variants().filter(|(_, variant)| variant.external_id == *id);
            let sent: Vec<String> = here.map(|(category, _)| category.external_id.0.clone()).collect();
            let mut live = [sent.clone(), kept].concat();
            live.sort();
            let [sent, live] = [sent, live].map(|names| Some(FieldValue::Names(names).flatten_name()));
            Mismatch { path: Path::variant_field(id, VariantField::Category), sent, live }
        };
        kept.into_iter().map(mismatch).collect()
    }

    /// Things that were removed and still show.
    fn still_present(&self, live: &LiveCatalog) -> Vec<Mismatch> {
        let is =
            |gone: &BTreeSet<ExternalId>, external_id: &Field<ExternalId>, uuid: &str, known: Option<&ExternalId>| {
                let by = [external_id.value(), known, Some(&ExternalId::from(uuid))]
                    .map(|id| id.filter(|id| gone.contains(*id)).cloned());
                by.into_iter().flatten().next()
            };
        let is_ours = |menu: &str| !self.next_base.catalog.is_platform_menu(menu);
        let is_at_more_places = |ours: &ExternalId, item: &LiveItem| {
            let sent = self.expected.items().filter(|(_, sent)| sent.external_id == *ours).count();
            live.items().filter(|(menu, other)| is_ours(menu) && other.uuid == item.uuid).count() > sent
        };
        let items = live.items().filter(|(menu, _)| is_ours(menu)).filter_map(|(_, item)| {
            let known = self.uuids.items.get(&item.uuid);
            let id = is(&self.gone_items, &item.external_id, &item.uuid, known)?;
            // A further place of a dish goes by the platform's id, and the dish itself, which has it as well, stays.
            if id.as_str() == item.uuid && known.is_some_and(|known| *known != id && !is_at_more_places(known, item)) {
                return None;
            }
            Some(Mismatch { path: Path::item(&id), sent: None, live: Some(FieldValue::Text(item.name.clone())) })
        });
        let variants = live.variants().filter_map(|(_, variant)| {
            let known = self.uuids.variants.get(&variant.uuid);
            let id = is(&self.gone_variants, &variant.external_id, &variant.uuid, known)?;
            Some(Mismatch { path: Path::variant(&id), sent: None, live: Some(FieldValue::Text(variant.name.clone())) })
        });
        items.chain(variants).collect()
    }
}
