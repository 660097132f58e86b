//! What is remembered of an outlet besides its base, so that guards and the drift policy can look back: what our
//! pushes added and removed, which prices were stable, what was changed elsewhere. Every moment is given; `state` stores this as JSON and
//! does not look inside. What follows from it for a plan is [`Past`].

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Action, Change, Effects, KnownStep, OutletPlan, Past, PromotedPrices, PushVerification, RecurringStep,
    effects::is_foreign, fingerprint::Fingerprint,
};
use crate::catalog::{ExternalId, FieldValue, Path, ReadAt, known_entries, live::LiveCatalog};

/// The window of `deletes`, of drift that comes again, and how long a price has to stand.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How long a price is remembered after it was last seen. The hour more is for the time that the pushes at both ends of a
/// season of thirty days take.
const PRICES_FOR: SignedDuration = SignedDuration::from_hours(30 * 24 + 1);

/// A price that goes on standing is noted this often (our choice: not every look is worth a write).
const NOTED_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// What left sold out comes back so for longer than a yearly layer pauses (our choice), whatever the clock did meanwhile.
const LEFT_FOR: SignedDuration = SignedDuration::from_hours(400 * 24);

/// For so long after a push was seen to arrive, the menu from before may still be read from a copy that is behind (our
/// choice).
const STALE_FOR: SignedDuration = SignedDuration::from_mins(10);

/// As often as this within a day, what was changed elsewhere is undone; then it is left alone.
const UNDONE_AT_MOST: usize = 3;

/// Stored between runs and releases: unknown fields are passed over, missing ones are empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// Items that our pushes added, and when.
    #[serde(rename = "came")]
    added: BTreeMap<ExternalId, Timestamp>,
    /// Items that our pushes removed, and when.
    #[serde(rename = "left")]
    removed: BTreeMap<ExternalId, Timestamp>,
    /// Path of a price → what it was, oldest first.
    #[serde(deserialize_with = "known_entries")]
    prices: BTreeMap<Path, Vec<StablePrice>>,
    /// Path of a price → what layers with `when` have made of it, one step for each file.
    #[serde(deserialize_with = "known_entries", skip_serializing_if = "BTreeMap::is_empty")]
    recurring: BTreeMap<Path, Vec<KnownStep>>,
    /// What a push took away sold out where such layers are, or what a switch of stock left sold out when it ended while that
    /// was away, and when.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "known_entries")]
    left_sold_out: BTreeMap<Path, Timestamp>,
    /// What a push took away on sale there, and when.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "known_entries")]
    left_on_sale: BTreeMap<Path, Timestamp>,
    /// Path → what somebody else did there.
    #[serde(deserialize_with = "known_entries")]
    drift: BTreeMap<Path, Foreign>,
    /// The last push that is noted here, and when it was sent.
    noted: Option<(Timestamp, Effects)>,
    /// Menus that pushes replaced lately.
    replaced: Vec<Replaced>,
    /// What the last look has shown beyond what is understood, in words. The state reads it by this name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

/// A menu that is not live any more since a push was seen to arrive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Replaced {
    menu: Fingerprint,
    at: Timestamp,
    /// What promotions of ours may show of it.
    #[serde(default, skip_serializing_if = "PromotedPrices::is_empty")]
    promoted: PromotedPrices,
}

/// A price that live showed as our base had it, at every look of a stretch of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct StablePrice {
    price: i64,
    since: Timestamp,
    until: Timestamp,
    /// Whether the last look still showed it.
    open: bool,
}

impl ReadAt for Timestamp {
    fn read_at(_path: &Path, json: serde_json::Value) -> Option<Self> {
        serde_json::from_value(json).ok()
    }
}

impl KnownStep {
    fn is_recent(&self, now: Timestamp) -> bool {
        was_lately(self.at, now)
    }
}

/// Edits made elsewhere of one path.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Foreign<V = Option<FieldValue>> {
    /// When the one that shows now was first seen.
    since: Option<Timestamp>,
    /// When such edits were undone.
    undone: BTreeSet<Timestamp>,
    /// What the files said then.
    wanted: V,
    /// Since when it is left alone.
    contested: Option<Timestamp>,
    /// Since when live is nevertheless as the files say.
    agreed: Option<Timestamp>,
}

impl ReadAt for Foreign {
    fn read_at(path: &Path, json: serde_json::Value) -> Option<Self> {
        let Foreign::<serde_json::Value> { since, undone, wanted, contested, agreed } =
            serde_json::from_value(json).ok()?;
        Some(Self { since, undone, wanted: Option::read_at(path, wanted)?, contested, agreed })
    }
}

impl ReadAt for StablePrice {
    fn read_at(_path: &Path, json: serde_json::Value) -> Option<Self> {
        serde_json::from_value(json).ok()
    }
}

impl Memory {
    /// Of an outlet of which nothing else is known.
    pub fn of_steps(steps: impl IntoIterator<Item = (Path, RecurringStep)>, at: Timestamp) -> Self {
        let mut memory = Self::default();
        for (path, step) in steps {
            memory.recurring.entry(path).or_default().push(KnownStep::new(step, at));
        }
        memory
    }

    /// Notes that a push has arrived. `at` is when it was sent, so that noting it twice is noting it once.
    pub fn arrived(&mut self, effects: &Effects, at: Timestamp) {
        let push = Some((at, effects.clone()));
        if self.noted == push {
            return;
        }
        self.noted = push;
        let Effects { coming, leaving, undoes, recurring, leaves_sold_out, leaves_on_sale } = effects;
        for id in coming {
            if self.removed.remove(id).is_none() {
                self.added.insert(id.clone(), at);
            }
        }
        for id in leaving {
            // What was added and removed within a day was not in the menu of the day before.
            if self.added.remove(id).is_none() {
                self.removed.insert(id.clone(), at);
            }
        }
        for (path, step) in recurring {
            KnownStep::add(self.recurring.entry(path.clone()).or_default(), step, at);
        }
        self.left_sold_out.extend(leaves_sold_out.iter().map(|path| (path.clone(), at)));
        // In doubt it has left sold out.
        let on_sale = leaves_on_sale.iter().filter(|path| !leaves_sold_out.contains(*path));
        self.left_on_sale.extend(on_sale.map(|path| (path.clone(), at)));
        for (path, wanted) in undoes {
            let foreign = self.drift.entry(path.clone()).or_default();
            if foreign.wanted != *wanted {
                *foreign = Foreign { since: foreign.since, wanted: wanted.clone(), ..Foreign::default() };
            }
            foreign.undone.insert(at);
        }
    }

    /// Notes that what was done elsewhere to a promotion was undone.
    pub fn note_undone(&mut self, promotion: Path, wanted: Option<FieldValue>, at: Timestamp) {
        let foreign = self.drift.entry(promotion).or_default();
        if foreign.wanted != wanted {
            *foreign = Foreign { since: foreign.since, wanted, ..Foreign::default() };
        }
        foreign.undone.insert(at);
    }

    /// Notes that a push counts as lost. It may be published all the same, hours later: what it takes away counts for a day.
    pub fn note_lost(&mut self, effects: &Effects, now: Timestamp) {
        for id in effects.leaving.iter().filter(|id| !self.added.contains_key(*id)) {
            self.removed.entry(id.clone()).or_insert(now);
        }
    }

    /// Notes that `live` shows what became of a push, so that the menu from before is not live any more.
    pub fn note_replaced(&mut self, push: &PushVerification, live: &LiveCatalog, now: Timestamp) {
        let shown = Fingerprint::of(&push.promoted().passed_over(live));
        // What shows now may have been live before, too.
        self.replaced.retain(|replaced| replaced.is_recent(now) && replaced.menu != shown);
        let before = push.before().filter(|before| **before != shown);
        let promoted = push.promoted().clone();
        self.replaced.extend(before.map(|menu| Replaced { menu: menu.clone(), at: now, promoted }));
    }

    /// Until when nothing may be concluded from `live`, as it equals a menu that a push replaced a few minutes ago: it may come
    /// from a copy that is behind. (It may also be that somebody has put everything back. Nothing tells the two apart but time:
    /// from a copy, what the kitchen and the app did since would be undone.)
    ///
    /// A menu that reads empty is no such case: `empty-live` holds whatever would follow from it.
    pub fn stale_until(&self, live: &LiveCatalog, now: Timestamp) -> Option<Timestamp> {
        if live.is_empty() {
            return None;
        }
        let mut recent = self.replaced.iter().filter(|replaced| replaced.is_recent(now)).peekable();
        recent.peek()?;
        let shown = Fingerprint::of(live);
        let is_it = |replaced: &&Replaced| match replaced.promoted.is_empty() {
            true => replaced.menu == shown,
            false => replaced.menu == Fingerprint::of(&replaced.promoted.passed_over(live)),
        };
        let stale = recent.filter(is_it);
        // A clock that was set back since makes nobody wait for longer than that.
        stale.map(|replaced| replaced.at.min(now).saturating_add(STALE_FOR).unwrap_or(Timestamp::MAX)).max()
    }

    /// When it left so, where layers with `when` are; `None`: it did not, or it has been live again.
    pub fn left_at(&self, thing: &Path, in_stock: bool) -> Option<Timestamp> {
        let left = if in_stock { &self.left_on_sale } else { &self.left_sold_out };
        left.get(thing).copied()
    }

    /// Notes that a person's switch of this has ended while it was off the menu: so it comes back.
    pub fn note_ended_away(&mut self, thing: Path, in_stock: bool, now: Timestamp) {
        match in_stock {
            true => drop(self.left_sold_out.remove(&thing)),
            false => drop(self.left_sold_out.insert(thing, now)),
        }
    }

    /// Notes what a look has shown, and forgets what is too old to matter.
    pub fn note(&mut self, plan: &OutletPlan, now: Timestamp) {
        self.added.retain(|_, at| is_recent(*at, now));
        self.removed.retain(|_, at| is_recent(*at, now));
        self.replaced.retain(|replaced| replaced.is_recent(now));
        self.note_prices(&plan.verified_prices, plan.action != Action::None, now);
        self.note_recurring(plan, now);
        self.note_drift(&plan.changes, now);
        self.notes = plan.extras.words();
    }

    /// `exactly`: a push may follow, so that this may be the last look at these prices.
    fn note_prices(&mut self, verified: &BTreeMap<Path, i64>, exactly: bool, now: Timestamp) {
        for (path, price) in verified {
            let prices = self.prices.entry(path.clone()).or_default();
            match prices.last_mut().filter(|last| last.open && last.price == *price) {
                Some(last) if exactly || now.duration_since(last.until).abs() >= NOTED_EVERY => last.until = now,
                Some(_) => {}
                None => {
                    prices.iter_mut().for_each(|price| price.open = false);
                    prices.push(StablePrice { price: *price, since: now, until: now, open: true });
                }
            }
        }
        for (path, prices) in &mut self.prices {
            if !verified.contains_key(path) {
                prices.iter_mut().for_each(|price| price.open = false);
            }
            prices.retain(|price| price.open || (price.is_proven() && price.is_recent(now)));
        }
        self.prices.retain(|_, prices| !prices.is_empty());
    }

    /// What goes on standing is no older than now, and what is live again is the kitchen's.
    fn note_recurring(&mut self, plan: &OutletPlan, now: Timestamp) {
        let changing: BTreeSet<&Path> = plan.changes.iter().map(|change| &change.path).collect();
        for (path, steps) in &mut self.recurring {
            let (shown, files) = (plan.verified_prices.get(path).copied(), plan.files_of_steps.get(path));
            steps.retain_mut(|known| {
                // Not every look is worth a write.
                let at = if now.duration_since(known.at).abs() >= NOTED_EVERY { now } else { known.at };
                known.note(shown, files, changing.contains(path), at) && known.is_recent(now)
            });
        }
        self.recurring.retain(|_, steps| !steps.is_empty());
        for left in [&mut self.left_sold_out, &mut self.left_on_sale] {
            left.retain(|path, at| now.duration_since(*at) < LEFT_FOR && !plan.live.has(path));
        }
    }

    fn note_drift(&mut self, changes: &[Change], now: Timestamp) {
        let foreign: BTreeMap<&Path, &Change> =
            changes.iter().filter(|change| is_foreign(change)).map(|change| (&change.path, change)).collect();
        for (path, change) in &foreign {
            let known = self.drift.entry((*path).clone()).or_default();
            known.since.get_or_insert(now);
            known.agreed = None;
            if change.contested {
                known.contested.get_or_insert(now);
            } else if known.wanted != change.to {
                // The files say something else by now.
                *known = Foreign { since: known.since, ..Foreign::default() };
            }
        }
        for (_, known) in self.drift.iter_mut().filter(|(path, _)| !foreign.contains_key(path)) {
            known.since = None;
            let agreed = *known.agreed.get_or_insert(now);
            if now.duration_since(agreed) >= DAY {
                known.contested = None;
            }
        }
        for known in self.drift.values_mut() {
            known.undone.retain(|at| is_recent(*at, now));
        }
        self.drift.retain(|_, known| known.since.is_some() || known.contested.is_some() || !known.undone.is_empty());
    }

    /// What follows from all this at a moment.
    pub fn at(&self, now: Timestamp) -> Past {
        let ids = |of: &BTreeMap<ExternalId, Timestamp>| -> BTreeSet<ExternalId> {
            of.iter().filter(|(_, at)| is_recent(**at, now)).map(|(id, _)| id.clone()).collect()
        };
        let stable = self.prices.iter().map(|(path, prices)| {
            let proven = prices.iter().filter(|price| price.is_proven() && price.is_recent(now));
            (path.clone(), proven.map(|stable| stable.price).collect())
        });
        let is_contested = |known: &Foreign| {
            known.contested.is_some() || known.undone.iter().filter(|at| is_recent(**at, now)).count() >= UNDONE_AT_MOST
        };
        let contested = self.drift.iter().filter(|(_, known)| is_contested(known));
        Past {
            at: Some(now),
            added: ids(&self.added),
            removed: ids(&self.removed),
            recurring: self
                .recurring
                .iter()
                .map(|(path, steps)| (path.clone(), steps.iter().filter(|known| known.is_recent(now))))
                .map(|(path, steps)| (path, steps.cloned().collect()))
                .collect(),
            left_sold_out: self.left_sold_out.keys().cloned().collect(),
            stable_prices: stable.filter(|(_, prices): &(_, BTreeSet<i64>)| !prices.is_empty()).collect(),
            since: self.drift.iter().filter_map(|(path, known)| Some((path.clone(), known.since?))).collect(),
            contested: contested.map(|(path, known)| (path.clone(), known.wanted.clone())).collect(),
        }
    }
}

/// Within a day, on either side: a clock that was far ahead must not hold anything for as long as it was, and one that was
/// set back a little must not make anything forgotten.
fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(at).abs() < DAY
}

/// Within the time for which prices are remembered.
fn was_lately(at: Timestamp, now: Timestamp) -> bool {
    // What was seen later than now was seen by a clock that was wrong.
    (-NOTED_EVERY..=PRICES_FOR).contains(&now.duration_since(at))
}

impl Replaced {
    fn is_recent(&self, now: Timestamp) -> bool {
        now.duration_since(self.at).abs() < STALE_FOR
    }
}

impl StablePrice {
    fn is_proven(&self) -> bool {
        self.until.duration_since(self.since) >= DAY
    }

    fn is_recent(&self, now: Timestamp) -> bool {
        was_lately(self.until, now)
    }
}
