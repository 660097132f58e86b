//! Whether what was sent has arrived, and what follows for stock and base.
//!
//! GoFood shows a new menu minutes after it accepted it and announces no failure, so a push ends with looking. A
//! [`Waiting`] holds all that looking needs; `state` keeps it, so that a restart goes on where a crash left off.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{
    Action, Base, Change, Effects, Inputs, Kind, OutletPlan, Past, Uuids,
    compare::compare,
    expected::expected,
    matching::{Matched, match_live},
    settle::take_from,
    stock::StockCalls,
};
use crate::{
    catalog::{
        Catalog, ExternalId, Field, ItemField, OutletId, Path, StockChange, StockKind, VariantField, live::LiveCatalog,
    },
    policy::{Ignorable, Policy},
};

/// One path that live does not show as it was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Unlanded {
    /// What.
    pub path: Path,
    /// What was sent.
    pub sent: Value,
    /// What live shows.
    pub live: Value,
}

/// A push that has been sent, or is about to be, and has not been seen yet.
///
/// Stored between runs and releases: unknown fields are passed over, missing ones are empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Waiting {
    /// What live must show: the payload in the fields that the files own.
    expected: Catalog,
    /// Items and variants that live must not show any more.
    gone_items: BTreeSet<ExternalId>,
    gone_variants: BTreeSet<ExternalId>,
    /// Stock that PATCHes set; empty for a PUT.
    stock_calls: StockCalls,
    /// The platform's ids before the push.
    uuids: Uuids,
    /// The base once everything has arrived.
    next_base: Base,
    /// What is worth remembering of it then.
    effects: Effects,
    /// Live before the push, stock aside.
    before: String,
    /// What live showed, before the push, where it has to show something else. Empty if only an image or an order was
    /// changed, which reads back as nothing.
    old_values: BTreeMap<String, Value>,
    /// Whether its publication may read back as the old menu.
    traceless: bool,
    /// Paths among these that have been seen as sent.
    landed: BTreeSet<String>,
    /// Whether a publication has been seen, as sent or not.
    published: bool,
    /// What live has changed into, if that is neither the old menu nor the new one, and since when.
    other: Option<(String, jiff::Timestamp)>,
    /// Stock when the payload was made; none once the publication has been seen and put right; several if it was sent again and an earlier one may have been carried out.
    sent: Vec<Stocks>,
    /// The last stock seen while the old menu still showed.
    last: Stocks,
}

/// Stock by id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Stocks {
    items: BTreeMap<ExternalId, bool>,
    variants: BTreeMap<ExternalId, bool>,
}

/// What one look at live says about a push.
#[derive(Debug, Clone, PartialEq)]
pub enum Look {
    /// Live is what it was before the push.
    Old,
    /// Live shows what was sent.
    Arrived,
    /// Live shows what was sent, but it did so before: whether the push arrived cannot be told yet.
    Unreadable,
    /// Live has changed into something else: the push has been published, though not as it was sent.
    Other(Vec<Unlanded>),
    /// Live has changed into something else, and nothing tells whether that is what became of the push or an edit of the old
    /// menu.
    Doubtful(Vec<Unlanded>),
}

impl Waiting {
    /// What to wait for after the plan has been pushed.
    pub fn new(plan: &OutletPlan, inputs: &Inputs<'_>) -> Self {
        let matched = match_live(inputs.live, inputs.desired, inputs.base);
        let stocks = Stocks::of(&matched.catalog);
        let gone = |change: &&Change| change.kind == Kind::Remove;
        let mut waiting = Self {
            expected: if plan.action == Action::Put { expected(plan) } else { Catalog::default() },
            gone_items: BTreeSet::new(),
            gone_variants: BTreeSet::new(),
            stock_calls: plan.stock.clone(),
            uuids: matched.uuids,
            next_base: plan.next_base.clone(),
            effects: Effects::of(plan, inputs.ended, inputs.live.is_empty()),
            before: fingerprint(inputs.live),
            old_values: BTreeMap::new(),
            traceless: false,
            landed: BTreeSet::new(),
            published: false,
            other: None,
            sent: vec![stocks.clone()],
            last: stocks,
        };
        for change in plan.pushed().filter(gone) {
            match &change.path {
                Path::Item(id, None) => drop(waiting.gone_items.insert(id.clone())),
                Path::Variant(id, None) => drop(waiting.gone_variants.insert(id.clone())),
                _ => {}
            }
        }
        let unlanded = waiting.unlanded(inputs.live);
        waiting.traceless = unlanded.iter().all(|unlanded| is_made_of(&unlanded.live, &unlanded.sent));
        waiting.old_values = unlanded.into_iter().map(|unlanded| (unlanded.path.to_string(), unlanded.live)).collect();
        waiting
    }

    /// Judges one look at live.
    pub fn look(&self, live: &LiveCatalog) -> Look {
        let changed = self.is_touched(live);
        let mut unlanded = self.unlanded(live);
        // What has landed is published, whatever somebody has edited since.
        let old = !self.is_published() && (!changed || self.is_old(&unlanded));
        if !unlanded.is_empty() && old {
            return Look::Old;
        }
        let edited = !unlanded.is_empty();
        unlanded.retain(|unlanded| self.is_new(&unlanded.path));
        match unlanded.is_empty() {
            true if !self.old_values.is_empty() => Look::Arrived,
            // It may be the edit alone that has changed live.
            true if changed && !edited => Look::Arrived,
            true => Look::Unreadable,
            false if self.is_published() || self.is_trace(&unlanded) => Look::Other(unlanded),
            false => Look::Doubtful(unlanded),
        }
    }

    /// Whether the old menu may also be what the platform makes of this push: nothing in it but texts that may be cut to what
    /// they were.
    pub fn is_traceless(&self) -> bool {
        self.traceless
    }

    /// Whether an earlier look has shown some of this push.
    fn is_published(&self) -> bool {
        self.published || !self.landed.is_empty()
    }

    /// Whether what shows comes from this push, although this is missing: some of it landed, or a new thing did with something
    /// else in it, or a text shows as the platform made it of ours.
    fn is_trace(&self, unlanded: &[Unlanded]) -> bool {
        self.old_values.iter().any(|(new, old)| {
            let mut missing = unlanded.iter().filter(|unlanded| concerns(new, &unlanded.path.to_string())).peekable();
            missing.peek().is_none()
                || missing.all(|unlanded| match unlanded.path.to_string() == *new {
                    true => is_rewritten(old, unlanded),
                    false => old.is_null() && is_part(&unlanded.path.to_string(), new),
                })
        })
    }

    /// Whether the push changes this, or a part of it, or what it is a part of. Where the old menu already showed what was
    /// sent, another value now is an edit made elsewhere since: drift, and no failure of the push.
    fn is_new(&self, path: &Path) -> bool {
        let category = match path {
            Path::Variant(id, _) => self.expected.variants().find(|(_, variant)| variant.external_id == *id),
            _ => None,
        };
        let category = category.map(|(category, _)| Path::category(&category.external_id).to_string());
        let path = path.to_string();
        let new = self.old_values.keys().filter(|new| !self.landed.contains(*new));
        new.into_iter().any(|new| concerns(new, &path) || category.as_ref() == Some(new))
    }

    /// Notes what landed while something else has not: if it changes again, somebody has edited it since.
    pub fn note_landed(&mut self, unlanded: &[Unlanded]) {
        let missing: Vec<String> = unlanded.iter().map(|unlanded| unlanded.path.to_string()).collect();
        let landed = self.old_values.keys().filter(|new| !missing.iter().any(|path| concerns(new, path)));
        self.landed.extend(landed.cloned());
    }

    /// Whether the new menu does not show yet, even if somebody has edited something meanwhile: nothing of what is to come
    /// is there, and some of it shows its old value. (A menu is published as a whole.)
    fn is_old(&self, unlanded: &[Unlanded]) -> bool {
        let now: BTreeMap<String, &Value> = unlanded.iter().map(|u| (u.path.to_string(), &u.live)).collect();
        let (mut some_old, mut all_missing) = (false, true);
        for (path, old) in &self.old_values {
            some_old |= now.get(path) == Some(&old);
            all_missing &= now.contains_key(path);
        }
        some_old && all_missing
    }

    /// Whether anything but stock is not as it was when the payload was made, so that sending it again would overwrite
    /// what somebody has edited since.
    pub fn is_touched(&self, live: &LiveCatalog) -> bool {
        fingerprint(live) != self.before
    }

    /// For how long live has shown this same something else, as far as it was looked at.
    pub fn settled_for(&mut self, live: &LiveCatalog, now: jiff::Timestamp) -> jiff::SignedDuration {
        let shown = fingerprint(live);
        match &self.other {
            Some((known, since)) if *known == shown => now.duration_since(*since),
            _ => {
                self.other = Some((shown, now));
                jiff::SignedDuration::ZERO
            }
        }
    }

    /// Brings the stock of a payload that is about to be sent again up to what was remembered last.
    pub fn refresh_stock(&mut self, plan: &mut OutletPlan) {
        let now = &self.last;
        let ours: BTreeSet<Path> = plan.pushed().filter(|change| change.is_stock()).map(|c| c.path.clone()).collect();
        for item in plan.payload.menus.iter_mut().flat_map(|menu| &mut menu.menu_items) {
            let path = Path::item_field(&item.external_id, ItemField::InStock);
            if let Some(stock) = now.items.get(&item.external_id).filter(|_| !ours.contains(&path)) {
                item.in_stock = Field::Set(*stock);
            }
        }
        for variant in plan.payload.variant_categories.iter_mut().flat_map(|category| &mut category.variants) {
            let path = Path::variant_field(&variant.external_id, VariantField::InStock);
            if let Some(stock) = now.variants.get(&variant.external_id).filter(|_| !ours.contains(&path)) {
                variant.in_stock = Field::Set(*stock);
            }
        }
        self.sent.push(now.clone());
    }

    /// Notes that nothing of what `live` shows was done by us, but for calls noted by [`Self::stock_was_set`]: what is off by
    /// now was taken off by the kitchen.
    pub fn note_kitchens(&mut self, live: &LiveCatalog) {
        self.remember_stock(live);
        self.next_base = self.without_kitchens(self.next_base.clone());
        self.sent.clear();
    }

    /// Remembers the stock of a menu of which nobody knows whether it is still the old one. What was sold out stays so if a
    /// publication may have put it on sale.
    pub fn remember_doubtful_stock(&mut self, live: &LiveCatalog) {
        let sold_out = self.doubtful_stock(live);
        self.remember_stock(live);
        for (kind, lines) in sold_out {
            let last = if kind == StockKind::Items { &mut self.last.items } else { &mut self.last.variants };
            last.extend(lines.into_iter().map(|line| (line.external_id, line.in_stock)));
        }
    }

    /// Remembers the stock of a menu that is still the old one. What was off when the payload was made and is on sale now was
    /// put back by the kitchen, so that a later “sold out” is not ours.
    pub fn remember_stock(&mut self, live: &LiveCatalog) {
        self.last = Stocks::of(&self.matched(live).catalog);
        let put_back = |of: fn(&Stocks) -> &BTreeMap<ExternalId, bool>, id: &ExternalId| {
            let was_off = self.sent.last().is_some_and(|sent| of(sent).get(id) == Some(&false));
            was_off && of(&self.last).get(id) == Some(&true)
        };
        self.next_base.items_taken_off.retain(|id| !put_back(|stocks| &stocks.items, id));
        self.next_base.variants_taken_off.retain(|id| !put_back(|stocks| &stocks.variants, id));
    }

    /// What the kitchen took off sale after the payload was made, and what shows on sale where nothing tells whether the kitchen
    /// or a publication put it back. In doubt it is sold out: a dish too few on sale is a nuisance, one that is not there
    /// is an order that fails.
    pub fn doubtful_stock(&self, live: &LiveCatalog) -> StockCalls {
        let mut calls = self.overwritten_stock(live);
        calls.iter_mut().for_each(|(_, lines)| lines.retain(|line| !line.in_stock));
        calls.retain(|(_, lines)| !lines.is_empty());
        calls
    }

    /// Stock that the kitchen changed after the payload was made and that the publication has overwritten.
    pub fn overwritten_stock(&self, live: &LiveCatalog) -> StockCalls {
        if !self.stock_calls.is_empty() {
            return Vec::new();
        }
        let matched = self.matched(live);
        let now = Stocks::of(&matched.catalog);
        let lines = |of: fn(&Stocks) -> &BTreeMap<ExternalId, bool>| {
            let toggled = of(&self.last).iter().filter(|(id, stock)| {
                self.sent.iter().any(|sent| of(sent).get(*id).is_some_and(|then| then != *stock))
            });
            let lost = toggled.filter(|(id, stock)| of(&now).get(*id).is_some_and(|now| now != *stock));
            lost.map(|(id, stock)| (id.clone(), *stock)).collect::<Vec<_>>()
        };
        let change = |uuid: Option<&str>, external_id: ExternalId, in_stock| StockChange {
            uuid: uuid.unwrap_or_default().to_owned(),
            external_id,
            in_stock,
        };
        let items = lines(|stocks| &stocks.items)
            .into_iter()
            .map(|(id, stock)| change(matched.uuids.item(&id), id.clone(), stock))
            .collect::<Vec<_>>();
        let variants = lines(|stocks| &stocks.variants)
            .into_iter()
            .map(|(id, stock)| change(matched.uuids.variant(&id), id.clone(), stock))
            .collect::<Vec<_>>();
        let calls = [(StockKind::Items, items), (StockKind::Variants, variants)];
        calls.into_iter().filter(|(_, lines)| !lines.is_empty()).collect()
    }

    /// Notes that `live` shows the publication. Who took what off is settled by now; of what was overwritten, only that is
    /// still to be set again which this look shows as overwritten: whatever changes from now on, the kitchen changes.
    pub fn note_publication(&mut self, live: &LiveCatalog) {
        self.published = true;
        self.next_base = self.next_base();
        let overwritten = self.overwritten_stock(live);
        let is_lost = |kind, id: &ExternalId| {
            let lines = overwritten.iter().filter(|(of, _)| *of == kind).flat_map(|(_, lines)| lines);
            lines.into_iter().any(|line| line.external_id == *id)
        };
        for sent in &mut self.sent {
            sent.items.retain(|id, _| is_lost(StockKind::Items, id));
            sent.variants.retain(|id, _| is_lost(StockKind::Variants, id));
        }
    }

    /// Notes that we have set this stock: what changes it from now on is the kitchen.
    pub fn stock_was_set(&mut self, kind: StockKind, changes: &[StockChange]) {
        for sent in &mut self.sent {
            let stock = if kind == StockKind::Items { &mut sent.items } else { &mut sent.variants };
            changes.iter().for_each(|change| {
                stock.remove(&change.external_id);
            });
        }
    }

    /// The base after `live` has shown what was sent.
    pub fn arrived(&self, live: &LiveCatalog) -> Base {
        Base { uuids: self.matched(live).uuids, ..self.next_base() }
    }

    /// The next base without what the kitchen took off sale itself before our menu could: that is not ours to put back.
    fn next_base(&self) -> Base {
        let base = self.next_base.clone();
        // Stock calls take effect at once: what shows was set by us.
        if self.is_stock() { base } else { self.without_kitchens(base) }
    }

    fn without_kitchens(&self, mut base: Base) -> Base {
        let kitchens = |of: fn(&Stocks) -> &BTreeMap<ExternalId, bool>, id: &ExternalId| {
            of(&self.last).get(id) == Some(&false) && self.sent.iter().any(|sent| of(sent).get(id) == Some(&true))
        };
        base.items_taken_off.retain(|id| !kitchens(|stocks| &stocks.items, id));
        base.variants_taken_off.retain(|id| !kitchens(|stocks| &stocks.variants, id));
        base
    }

    /// What is worth remembering of this push, but for what has not landed.
    pub fn effects(&self, unlanded: &[Unlanded]) -> Effects {
        self.effects.clone().without(unlanded.iter().map(|unlanded| &unlanded.path))
    }

    /// The base after live has settled on something else: what landed enters it, the rest is remembered as stuck.
    pub fn settled(&self, live: &LiveCatalog, old: Option<&Base>, unlanded: &[Unlanded]) -> Base {
        let matched = self.matched(live);
        let mut base = Base { uuids: matched.uuids.clone(), ..self.next_base() };
        for Unlanded { path, sent, live: _ } in unlanded {
            match path {
                // Somebody set it again since, so that it is not ours to put back.
                Path::Item(id, Some(ItemField::InStock)) => drop(base.items_taken_off.remove(id)),
                Path::Variant(id, Some(VariantField::InStock)) => drop(base.variants_taken_off.remove(id)),
                _ => {}
            }
            base.stuck.insert(path.to_string(), sent.clone());
            take_from(&mut base.catalog, path, &matched.catalog, old.map(|old| &old.catalog));
        }
        base
    }

    fn matched(&self, live: &LiveCatalog) -> Matched {
        match_live(live, &self.next_base.catalog, Some(&self.known()))
    }

    /// What is known for matching: everything that was sent, and the platform's ids from before.
    fn known(&self) -> Base {
        Base { catalog: self.expected.clone(), uuids: self.uuids.clone(), ..Base::default() }
    }

    /// Whether stock calls are waited for, which take effect at once.
    pub fn is_stock(&self) -> bool {
        !self.stock_calls.is_empty()
    }

    /// The stock calls of this push that live shows as carried out, without what the kitchen took off itself. They are made
    /// one after the other, each as a whole.
    pub fn stock_shown(&self, live: &LiveCatalog) -> StockCalls {
        let now = Stocks::of(&self.matched(live).catalog);
        let shown = |(kind, lines): &&(StockKind, Vec<StockChange>)| {
            let stock = if *kind == StockKind::Items { &now.items } else { &now.variants };
            lines.iter().all(|line| stock.get(&line.external_id) == Some(&line.in_stock))
        };
        let ours = |kind, line: &StockChange| {
            let base = &self.next_base;
            let off = if kind == StockKind::Items { &base.items_taken_off } else { &base.variants_taken_off };
            line.in_stock || off.contains(&line.external_id)
        };
        let done = self.stock_calls.iter().take_while(shown);
        done.map(|(kind, lines)| (*kind, lines.iter().filter(|line| ours(*kind, line)).cloned().collect())).collect()
    }

    /// Every path that live does not show as it was sent.
    pub fn unlanded(&self, live: &LiveCatalog) -> Vec<Unlanded> {
        let mut unlanded = self.unlanded_stock(live);
        if !self.stock_calls.is_empty() {
            return unlanded;
        }
        // An image is never compared with what reads back; without a base the rest is compared as it stands.
        let policy = Policy { ignore: BTreeSet::from([Ignorable::Image]), ..Policy::default() };
        let known = Base { catalog: Catalog::default(), uuids: self.uuids.clone(), ..Base::default() };
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
            past: Past::unknown(),
            place: &|_| None,
        };
        let matched = match_live(live, &self.expected, Some(&known));
        let differs = compare(&inputs, &matched)
            .changes
            .into_iter()
            .filter(|change| change.kind != Kind::Remove && !change.is_stock());
        unlanded.extend(differs.map(|change| Unlanded { path: change.path, sent: change.to, live: change.from }));
        unlanded.extend(self.lingering(live));
        unlanded
    }

    fn unlanded_stock(&self, live: &LiveCatalog) -> Vec<Unlanded> {
        let now = Stocks::of(&self.matched(live).catalog);
        let lines = self.stock_calls.iter().flat_map(|(kind, lines)| lines.iter().map(move |line| (*kind, line)));
        lines
            .filter_map(|(kind, line)| {
                let (stock, path) = match kind {
                    StockKind::Items => (&now.items, Path::item_field(&line.external_id, ItemField::InStock)),
                    StockKind::Variants => {
                        (&now.variants, Path::variant_field(&line.external_id, VariantField::InStock))
                    }
                };
                let live = stock.get(&line.external_id).copied();
                (live != Some(line.in_stock)).then(|| Unlanded {
                    path,
                    sent: Value::Bool(line.in_stock),
                    live: live.map_or(Value::Null, Value::Bool),
                })
            })
            .collect()
    }

    /// Things that were removed and still show.
    fn lingering(&self, live: &LiveCatalog) -> Vec<Unlanded> {
        let is =
            |gone: &BTreeSet<ExternalId>, external_id: &Field<ExternalId>, uuid: &str, known: Option<&ExternalId>| {
                let by = [external_id.value(), known, Some(&ExternalId::from(uuid))]
                    .map(|id| id.filter(|id| gone.contains(*id)).cloned());
                by.into_iter().flatten().next()
            };
        let items = live.items().filter_map(|(_, item)| {
            let id = is(&self.gone_items, &item.external_id, &item.uuid, self.uuids.items.get(&item.uuid))?;
            Some(Unlanded { path: Path::item(&id), sent: Value::Null, live: Value::String(item.name.clone()) })
        });
        let variants = live.variants().filter_map(|(_, variant)| {
            let known = self.uuids.variants.get(&variant.uuid);
            let id = is(&self.gone_variants, &variant.external_id, &variant.uuid, known)?;
            Some(Unlanded { path: Path::variant(&id), sent: Value::Null, live: Value::String(variant.name.clone()) })
        });
        items.chain(variants).collect()
    }
}

impl Stocks {
    fn of(catalog: &Catalog) -> Self {
        let said = |stock: &Field<bool>| stock.value().copied();
        Self {
            items: catalog.items().filter_map(|(_, i)| Some((i.external_id.clone(), said(&i.in_stock)?))).collect(),
            variants: catalog
                .variants()
                .filter_map(|(_, v)| Some((v.external_id.clone(), said(&v.in_stock)?)))
                .collect(),
        }
    }
}

/// Whether two paths are the same, or one is a part of the other.
fn concerns(a: &str, b: &str) -> bool {
    a == b || is_part(a, b) || is_part(b, a)
}

fn is_part(part: &str, whole: &str) -> bool {
    part.strip_prefix(whole).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether a text shows as the platform may have made it of what was sent. Nobody who edits the old text types that.
/// (Anything else may be an edit: that is found out by waiting.)
fn is_rewritten(old: &Value, unlanded: &Unlanded) -> bool {
    !unlanded.live.is_null() && is_made_of(&unlanded.live, &unlanded.sent) && !is_made_of(&unlanded.live, old)
}

/// Whether a text is what is left of another one that was cut, or lost some of its signs, spaces and capitals.
fn is_made_of(text: &Value, whole: &Value) -> bool {
    let letters = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>()
    };
    whole.is_string() && (text.is_string() || text.is_null()) && letters(whole).starts_with(&letters(text))
}

/// Hash of what was fetched, stock and meaningless order aside.
fn fingerprint(live: &LiveCatalog) -> String {
    let mut live = live.clone();
    for item in live.menus.iter_mut().flat_map(|menu| &mut menu.menu_items) {
        item.in_stock = Field::Unsaid;
        item.variant_category_uuids.sort();
    }
    live.variant_categories.sort_by(|a, b| (&a.uuid, &a.name).cmp(&(&b.uuid, &b.name)));
    live.variant_categories.iter_mut().flat_map(|c| &mut c.variants).for_each(|v| v.in_stock = Field::Unsaid);
    let bytes = serde_json::to_vec(&live).unwrap_or_default();
    Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
