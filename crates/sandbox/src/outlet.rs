//! One outlet: the menu that customers see, the one that waits to be published, and what publication does to it.

use std::{collections::HashMap, time::Duration};

/// A menu that takes longer never shows (our choice: instants end somewhere).
const LONGEST_DELAY: Duration = Duration::from_secs(10 * 365 * 86_400);

use sha2::{Digest, Sha256};
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    events::Event,
    promotions::Promotions,
    settings::Settings,
    written::{Catalog, Item},
};

/// A menu that was accepted and is not live yet.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) catalog: Catalog,
    pub(super) due: Instant,
}

/// Publication happens when it is due or when someone looks: [`Outlet::publish_due`] is called before every use.
#[derive(Debug)]
pub(super) struct Outlet {
    id: String,
    pub(super) published: Catalog,
    pub(super) pending: Option<Pending>,
    /// How many PUTs went live.
    pub(super) publications: u64,
    /// How many GETs were answered: reads differ in what is arbitrary.
    pub(super) reads: u64,
    /// Counts up when UUIDs are renewed.
    generation: u64,
    /// What has happened and was not announced yet.
    pub(super) events: Vec<Event>,
    pub(super) promotions: Promotions,
}

impl Outlet {
    pub(super) fn new(id: &str) -> Self {
        Self {
            id: id.into(),
            published: Catalog::default(),
            pending: None,
            publications: 0,
            reads: 0,
            generation: 0,
            events: Vec::new(),
            promotions: Promotions::default(),
        }
    }

    /// Replaces the live menu and forgets one that waits; a seed, not a PUT.
    pub(super) fn seed(&mut self, catalog: Catalog, settings: &Settings) {
        self.pending = None;
        self.show(catalog, settings);
    }

    /// Accepts a PUT; `true` if another one was still waiting and is now lost.
    pub(super) fn accept(&mut self, catalog: Catalog, settings: &Settings) -> bool {
        let delay = Duration::from_millis(settings.publish_delay_ms).min(LONGEST_DELAY);
        let due = Instant::now() + delay;
        let replaced = self.pending.replace(Pending { catalog, due }).is_some();
        self.publish_due(settings);
        replaced
    }

    /// Publishes what is due.
    pub(super) fn publish_due(&mut self, settings: &Settings) {
        let due = self.pending.as_ref().is_some_and(|pending| pending.due <= Instant::now());
        if due && !settings.hold_publication {
            self.publish(settings);
        }
    }

    /// Publishes what waits, due or not; `false` if nothing does.
    pub(super) fn publish(&mut self, settings: &Settings) -> bool {
        let Some(pending) = self.pending.take() else { return false };
        let mut landed = pending.catalog;
        keep_prices(&mut landed, &self.published, &settings.ignore_price_changes);
        landed.items_mut().for_each(|item| change_texts(item, settings));
        keep_switches(&mut landed, &self.published);
        unmap(&mut landed, &settings.unmapped_ids);
        self.generation += u64::from(settings.renew_uuids);
        self.publications += 1;
        self.show(landed, settings);
        self.events.push(Event::from_publication(&self.id, &self.published));
        true
    }

    /// Makes this the live menu, with all that this does to ids and promotions.
    pub(super) fn show(&mut self, catalog: Catalog, settings: &Settings) {
        self.published = catalog;
        self.assign_ids(settings);
        self.promotions.deactivate_without_item(&self.published, settings);
    }

    /// Gives an id to everything that has none: always the same one to the same external id (or, without one, name).
    fn assign_ids(&mut self, settings: &Settings) {
        let Self { id: outlet, generation, published, .. } = self;
        let mut seen = HashMap::new();
        let mut make = |kind: &str, external_id: Option<&String>, name: Option<&String>| {
            let mut key =
                external_id.map_or_else(|| format!("name:{}", name.map_or("", |n| n)), |id| format!("id:{id}"));
            let count: &mut usize = seen.entry((kind.to_owned(), key.clone())).or_default();
            *count += 1;
            if settings.distinct_duplicates && *count > 1 {
                key += &format!("#{count}");
            }
            derive_uuid(&[outlet, kind, &key, &generation.to_string()])
        };
        for menu in &mut published.menus {
            fill_id(&mut menu.id, || make("menu", None, menu.name.as_ref()));
            for item in &mut menu.menu_items {
                fill_id(&mut item.id, || make("item", item.external_id.as_ref(), item.name.as_ref()));
            }
        }
        for category in &mut published.variant_categories {
            fill_id(&mut category.id, || make("category", category.external_id.as_ref(), category.name.as_ref()));
            for variant in &mut category.variants {
                fill_id(&mut variant.id, || make("variant", variant.external_id.as_ref(), variant.name.as_ref()));
            }
        }
    }
}

fn fill_id(id: &mut Uuid, make: impl FnOnce() -> Uuid) {
    if id.is_nil() {
        *id = make();
    }
}

/// A UUID that is the same for the same parts.
fn derive_uuid(parts: &[&str]) -> Uuid {
    let digest = Sha256::digest(parts.join("\n"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// What the platform does to the prices of some: nothing.
fn keep_prices(landed: &mut Catalog, before: &Catalog, ids: &[String]) {
    let old_items: HashMap<_, _> = before.items().map(|item| (&item.external_id, item.price)).collect();
    let old_variants: HashMap<_, _> = before.variants().map(|variant| (&variant.external_id, variant.price)).collect();
    let chosen = |id: &Option<String>| id.as_ref().is_some_and(|id| ids.contains(id));
    for item in landed.items_mut().filter(|item| chosen(&item.external_id)) {
        item.price = old_items.get(&item.external_id).copied().unwrap_or(item.price);
    }
    for variant in landed.variants_mut().filter(|variant| chosen(&variant.external_id)) {
        variant.price = old_variants.get(&variant.external_id).copied().unwrap_or(variant.price);
    }
}

/// The app's switch outlives a PUT, which does not carry it.
fn keep_switches(landed: &mut Catalog, before: &Catalog) {
    let old: HashMap<_, _> = before.items().map(|item| (&item.external_id, item.active)).collect();
    for item in landed.items_mut() {
        item.active = old.get(&item.external_id).copied().flatten();
    }
}

/// Takes the external ids away that the platform did not map.
fn unmap(landed: &mut Catalog, ids: &[String]) {
    let is_lost = |id: &Option<String>| id.as_ref().is_some_and(|id| ids.contains(id));
    landed.items_mut().filter(|item| is_lost(&item.external_id)).for_each(|item| item.external_id = None);
    landed
        .variants_mut()
        .filter(|variant| is_lost(&variant.external_id))
        .for_each(|variant| variant.external_id = None);
}

/// What the platform does to texts, if it is told to.
fn change_texts(item: &mut Item, settings: &Settings) {
    if settings.collapse_whitespace {
        for text in [&mut item.name, &mut item.internal_name, &mut item.description].into_iter().flatten() {
            *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        }
    }
    if let (Some(limit), Some(text)) = (settings.truncate_descriptions, &mut item.description) {
        *text = text.chars().take(limit).collect();
    }
}
