//! What a push would do to one outlet, and why: desired, base and live compared field by field.
//!
//! ```text
//! live ──matching──▶ live in our ids ┐
//! desired (files) ───────────────────┼─compare─▶ changes, payload, next base ─guards─▶ verdicts
//! base (last verified push) ─────────┘
//! ```
//!
//! GoFood's write replaces the whole menu, so the changes are evidence for people and guards, and the payload is what is
//! sent: what the files own, plus everything else copied from live. Both come out of one walk (`compare`), so they
//! cannot disagree. Nothing here reads files, clocks or networks, and nothing here can write.

mod agreed;
mod approval;
mod base;
mod change;
mod compare;
mod effects;
mod escaping;
mod expected;
mod extras;
mod field;
mod fingerprint;
mod guards;
mod matching;
mod memory;
mod order;
mod past;
mod pins;
mod promoted;
mod promoting;
mod promotion_event;
mod promotion_record;
mod promotion_step;
mod promotions;
mod record;
mod recurring;
mod refusal;
mod risk;
mod settle;
mod stock;
mod switch;
mod switching;
mod verify;

use std::collections::{BTreeMap, BTreeSet};

pub use approval::{Approval, ApprovalEffect, LONGEST_APPROVAL, approvable, of_time};
pub use base::{Base, StockCalls, Uuids, UuidsById};
pub use change::{Change, Class, Digest, Kind, Subject, digest_of};
pub use effects::Effects;
pub use extras::{Extras, ExtrasEntry, Unread};
pub use guards::{GuardVerdict, Limit, Reviewed, Verdict};
pub use matching::{Listing, RepeatedDish, Unmanaged, as_published, list_once};
pub use memory::Memory;
pub(crate) use order::longest_increasing;
pub use past::Past;
pub use pins::{BROUGHT_BACK_FOR, Goal, PinnedPath, Pins};
pub use promoted::PromotedPrices;
pub use promoting::is_before_midnight;
pub use promotion_event::{PromotionEvent, PromotionHappening};
pub use promotion_record::{
    FoundPromotion, MAY_BE_THERE, PromotionKey, PromotionRecord, PromotionStage, STILL_LISTED, idempotency_key,
};
pub use promotion_step::{LiveDish, PromotionInputs, PromotionOp, PromotionPlan, PromotionStep, is_made_elsewhere};
pub use promotions::{KnownPromotions, Touch, TouchedItem};
pub use record::{PastChange, Record};
pub use recurring::{KnownStep, RecurringStep, assumed_steps};
pub use refusal::named_in;
pub use risk::{Risk, Step, risk};
pub use stock::{calls_of, off_sale_only};
pub use switch::{LiveStock, StockSwitch, SwitchEvent, SwitchHappening, SwitchStage, thing};
pub use switching::{
    END_LEFT_OUT, OffInFiles, PlannedSwitch, SwitchOrder, SwitchPlan, SwitchReturns, SwitchStep, SwitchVerdict,
    behind_until, is_overruled, judge_switch, label, live_ids, plan_switches, shows_all,
};
pub use verify::{Look, Mismatch, PushVerification};

use crate::{
    catalog::{
        Catalog, ExternalId, Field, FieldKind, FieldValue, HasPath, Item, OutletId, Path, Price, live::LiveCatalog,
    },
    definition::Recurring,
    diagnostic::Place,
    policy::{Guard, Policy},
};

/// What a plan is made of. All of it is given; a plan asks nobody.
pub struct Inputs<'a> {
    /// The outlet.
    pub outlet: &'a OutletId,
    /// What the files say. Rules have passed it.
    pub desired: &'a Catalog,
    /// What we last pushed and saw arrive; `None` = never.
    pub base: Option<&'a Base>,
    /// What was fetched just now.
    pub live: &'a LiveCatalog,
    /// The outlet's settings.
    pub policy: &'a Policy,
    /// The files win over drift and conflicts, whatever the policy says.
    pub revert: bool,
    /// Guards that a person released.
    pub released: &'a BTreeSet<Guard>,
    /// What other outlets' files ask for the same item ids, to recognise a slipped decimal in a new item's price.
    pub peers: &'a PeerPrices,
    /// Items that a dated layer brought and takes away: their leaving is no deletion to be guarded.
    pub ended: &'a BTreeSet<ExternalId>,
    /// What comes and goes by layers with `when`.
    pub recurring: &'a Recurring,
    /// Items whose price the rules call too low, unless the files say why it is not.
    pub low_prices: &'a BTreeSet<Path>,
    /// What earlier days mean for this one.
    pub past: &'a Past,
    /// Where the files say a thing: the places that made it, see [`crate::definition::Origins::places`].
    pub places: &'a (dyn Fn(&Path) -> Vec<Place> + Sync),
    /// Stock goes with the whole menu: the platform has refused the call for stock alone.
    pub stock_by_put: bool,
}

/// Prices of item ids over the whole fleet, each with the number of outlets that ask it.
pub type PeerPrices = BTreeMap<ExternalId, BTreeMap<Price, usize>>;

/// What would be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Nothing.
    None,
    /// The whole menu.
    Put,
    /// Only stock, at once.
    Stock,
}

/// The plan of one outlet.
#[derive(Debug, Clone)]
pub struct OutletPlan {
    /// The outlet.
    pub outlet: OutletId,
    /// All differences, sorted: what would be pushed and what is only reported.
    pub changes: Vec<Change>,
    /// What would be sent.
    pub action: Action,
    /// Hash of the effects.
    pub digest: Digest,
    /// The complete menu that a PUT would carry; an outline of it for who only reports ([`OutletPlan::for_report`]), and nothing
    /// in the outcome of a pass.
    pub payload: Catalog,
    /// The live menu, in our ids.
    pub live: Catalog,
    /// What was last pushed, where live was changed elsewhere since.
    pub last_push: Option<Catalog>,
    /// Items that had choices, live or when they were last pushed.
    pub had_choices: BTreeSet<ExternalId>,
    /// Stock that would be set, if `action` is `Stock`.
    pub stock: StockCalls,
    /// The base once everything has arrived.
    pub next_base: Base,
    /// Guards with something to say.
    pub guards: Vec<GuardVerdict>,
    /// Live dishes that a promotion would not outlive this push on, see [`OutletPlan::judge_promotions`].
    pub touched: BTreeSet<TouchedItem>,
    /// Why nobody knows which promotions this push would end, where it goes out all the same.
    pub unwatched: Option<String>,
    /// The promotions that the files declare, see [`OutletPlan::plan_promotions`].
    pub promotions: PromotionPlan,
    /// Live items that match nothing of ours.
    pub unmanaged: Vec<Unmanaged>,
    /// What live says beyond what is understood, and is worth a word.
    pub extras: Extras,
    /// What a rollback holds against the files; filled in by who lays pins over them.
    pub pins: Pins,
    /// Items that a dated layer brought and takes away, for now or for good.
    pub ended: BTreeSet<ExternalId>,
    /// Files that gave what would be removed, and do not give it any more, where no line of a file says that it shall go.
    pub lost_from: BTreeSet<String>,
    /// Path of a price → whole rupiah, for all prices that live shows as we pushed them.
    pub verified_prices: BTreeMap<Path, i64>,
    /// Files with `when` that say a price of which steps are known.
    pub files_of_steps: BTreeMap<Path, BTreeSet<String>>,
}

impl OutletPlan {
    /// The guards that hold this plan.
    pub fn held(&self) -> impl Iterator<Item = &GuardVerdict> {
        self.guards.iter().filter(|guard| guard.verdict == Verdict::Held)
    }

    /// Whether a guard holds this plan.
    pub fn is_held(&self) -> bool {
        self.held().next().is_some()
    }

    /// Whether anything would be sent: the menu, stock, or calls for promotions.
    pub fn is_to_send(&self) -> bool {
        self.action != Action::None || self.promotions.sends()
    }

    /// Whether more than stock would be sent. Stock alone is urgent: it waits for no other outlet.
    pub fn is_more_than_stock(&self) -> bool {
        let is_more = |change: &Change| change.pushed && !change.only_with_put && !change.is_stock();
        self.promotions.sends() || self.action == Action::Put && self.changes.iter().any(is_more)
    }

    /// Whether it would take something off sale.
    pub fn takes_off_sale(&self) -> bool {
        let is_off = |change: &Change| change.is_stock() && change.to == Some(FieldValue::Flag(false));
        self.pushed().any(is_off)
    }

    /// Changes that would be pushed.
    pub fn pushed(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.pushed)
    }

    /// Without what only a push needs: for reports, which hold the plans of a whole fleet. Where there are changes to put into
    /// words, an outline of the payload stays.
    #[must_use]
    pub fn for_report(self) -> Self {
        let payload = if self.changes.is_empty() { Catalog::default() } else { self.payload.outline() };
        let (live, last_push, next_base, stock, verified_prices, had_choices, touched) = Default::default();
        let files_of_steps = BTreeMap::new();
        Self {
            payload,
            live,
            last_push,
            next_base,
            stock,
            verified_prices,
            files_of_steps,
            had_choices,
            touched,
            ..self
        }
    }

    /// The payload as it is sent: an empty list of choices only for items that had some. The documentation's items without
    /// choices have no such list.
    pub fn body(&self) -> Catalog {
        let mut body = self.payload.clone();
        for item in body.menus.iter_mut().flat_map(|menu| &mut menu.menu_items) {
            let choices = item.variant_category_external_ids.value();
            if choices.is_none_or(Vec::is_empty) && !self.had_choices.contains(&item.external_id) {
                item.variant_category_external_ids = Field::Unsaid;
            }
        }
        body
    }

    /// What was changed elsewhere and is kept as it is live.
    pub fn unpushed_drift(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| !change.pushed && matches!(change.class, Class::Drift | Class::Conflict))
    }
}

/// Makes the plan of one outlet.
pub fn plan(inputs: &Inputs<'_>) -> OutletPlan {
    let ended = recurring::gone_with_their_layer(inputs);
    let inputs = &Inputs { ended: &ended, ..*inputs };
    let matched = matching::match_live(inputs.live, inputs.desired, inputs.base);
    let mut compared = compare::compare(inputs, &matched);
    let action = match action_of(&compared.changes) {
        Action::Stock if inputs.stock_by_put => Action::Put,
        action => action,
    };
    mark_only_with_put(&mut compared.changes, action);
    if action == Action::Put {
        compared.changes.append(&mut compared.new_ids);
    }
    compared.changes.sort();
    // Live is not what the files say, and nobody has let the new account in yet: it stays the other one's.
    if let Some(base) = inputs.base
        && base.account != inputs.policy.account
        && action == Action::None
        && !compared.changes.is_empty()
    {
        compared.next_base.account.clone_from(&base.account);
    }
    let guards = guards::judge(inputs, &matched, &compared, action);
    let touched = promotions::touched(inputs, &matched, &compared, action);
    let lost_from = lost_from(inputs, &compared.changes);
    let is_foreign = |change: &Change| matches!(change.class, Class::Drift | Class::Conflict);
    let was_changed = compared.changes.iter().any(is_foreign);
    let mut plan = OutletPlan {
        outlet: inputs.outlet.clone(),
        digest: digest_of([(inputs.outlet, compared.changes.as_slice())]),
        action,
        stock: if action == Action::Stock { stock::calls(&compared.changes, &matched) } else { Vec::new() },
        changes: compared.changes,
        payload: compared.payload,
        had_choices: with_choices([&matched.catalog].into_iter().chain(inputs.base.map(|base| &base.catalog))),
        next_base: compared.next_base,
        guards,
        touched,
        unwatched: None,
        promotions: PromotionPlan::default(),
        verified_prices: verified_prices(inputs.base, &matched.catalog),
        files_of_steps: recurring::files_of_steps(inputs),
        unmanaged: matched.unmanaged,
        extras: matched.extras.but_for(inputs.base),
        live: matched.catalog,
        last_push: inputs.base.filter(|_| was_changed).map(|base| base.catalog.clone()),
        pins: Pins::default(),
        ended: inputs.ended.clone(),
        lost_from,
    };
    // As it would be if it had stayed on the menu.
    if !inputs.past.left_sold_out.is_empty() {
        plan.send_sold_out(&|path| inputs.past.left_sold_out.contains(path));
    }
    plan
}

fn lost_from(inputs: &Inputs<'_>, changes: &[Change]) -> BTreeSet<String> {
    let gone =
        changes.iter().filter(|change| change.pushed && change.kind == Kind::Remove && change.sources.is_empty());
    let menus: BTreeSet<&str> = gone
        .filter_map(|change| match &change.path {
            Path::Menu(name) if !ends_with_its_layer(inputs, name) => Some(name.as_str()),
            Path::Item(id, None) if !inputs.ended.contains(id) => change.subject.within.as_deref(),
            _ => None,
        })
        .collect();
    let files = |catalog: &Catalog, menu: &str| catalog.menu_files.get(menu).cloned().unwrap_or_default();
    let of_menu = |menu: &str| {
        let before = inputs.base.map(|base| files(&base.catalog, menu)).unwrap_or_default();
        let lost = &before - &files(inputs.desired, menu);
        // A file that still gives others of its dishes can only be named where there is no other.
        if lost.is_empty() && before.len() == 1 { before } else { lost }
    };
    menus.into_iter().flat_map(of_menu).collect()
}

/// Whether all dishes of a menu were those of dated layers that have ended: nobody has lost it.
fn ends_with_its_layer(inputs: &Inputs<'_>, menu: &str) -> bool {
    let base = inputs.base.map(|base| &base.catalog);
    let known = base.and_then(|base| base.menus.iter().find(|known| known.name == menu));
    let items = known.map(|known| known.menu_items.as_slice()).unwrap_or_default();
    !items.is_empty() && items.iter().all(|item| inputs.ended.contains(&item.external_id))
}

fn with_choices<'a>(catalogs: impl Iterator<Item = &'a Catalog>) -> BTreeSet<ExternalId> {
    let has_some = |item: &&Item| item.variant_category_external_ids.value().is_some_and(|ids| !ids.is_empty());
    catalogs.flat_map(Catalog::items).map(|(_, item)| item).filter(has_some).map(|i| i.external_id.clone()).collect()
}

/// Path of a price → whole rupiah.
fn prices(catalog: &Catalog) -> BTreeMap<Path, i64> {
    fn of<T: HasPath>(thing: &T) -> impl Iterator<Item = (Path, i64)> {
        let prices = T::members().filter(|(spec, _)| spec.info.kind == FieldKind::Price);
        prices.filter_map(|(spec, member)| {
            Some((T::path(thing.id(), Some(spec.field)), (member.get)(thing).value()?.as_rupiah()?))
        })
    }
    let items = catalog.items().flat_map(|(_, item)| of(item));
    items.chain(catalog.variants().flat_map(|(_, variant)| of(variant))).collect()
}

fn verified_prices(base: Option<&Base>, live: &Catalog) -> BTreeMap<Path, i64> {
    let Some(base) = base else { return BTreeMap::new() };
    let (live, mut known) = (prices(live), prices(&base.catalog));
    // What shows instead of a price that was sent is nobody's wish.
    known.retain(|path, price| live.get(path) == Some(price) && !base.rejected_values.contains_key(path));
    known
}

fn action_of(changes: &[Change]) -> Action {
    let reasons: Vec<&Change> = changes.iter().filter(|change| change.pushed && !change.only_with_put).collect();
    match reasons.iter().all(|change| change.is_stock()) {
        _ if reasons.is_empty() => Action::None,
        true => Action::Stock,
        false => Action::Put,
    }
}

/// Some differences are no reason to push but leave with any PUT that goes out: a lost external id is restored, and an
/// unmanaged item is lost (its guard judges that).
fn mark_only_with_put(changes: &mut [Change], action: Action) {
    for change in changes.iter_mut().filter(|change| change.only_with_put) {
        change.pushed = action == Action::Put;
    }
}

#[cfg(test)]
mod tests;
