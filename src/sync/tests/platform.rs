//! A GoFood in memory: one outlet, delayed publication, scripted failures and outages, and people who interfere.
//!
//! It shows catalogs as the platform is known to: its own UUIDs, no external id on categories, images rewritten. It knows
//! nothing of how a pass works; tests say what goes wrong at which call.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    future::Future,
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{SignedDuration, civil::Date};
use sha2::{Digest, Sha256};
use tokio::{sync::Notify, time::Instant};
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use crate::{
    catalog::{
        Catalog, Field, OutletId, Price, PromoDetail, Promotion, StockChange, StockKind,
        live::{LiveCatalog, LiveItem},
        text::spelling,
    },
    plan::{StockSwitch, SwitchEvent, SwitchHappening, SwitchStage, as_published},
    remote::{AnswerDigest, Fetched, Lane, PromotionAnswer, Read, RemoteError, Retry, Write},
    sync::Clock,
};

/// What the bench waits.
pub(super) const VERIFY_TIMEOUT: Duration = Duration::from_secs(600);

/// After this long a push that was not seen counts as lost.
const LOST_AFTER: Duration = Duration::from_secs(30 * 60);

/// How one call goes wrong.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    /// It does not.
    Fine,
    /// The connection breaks before the call is carried out.
    Lost,
    /// The connection breaks after the call was carried out.
    LostAfterwards,
    /// An answer with this status; the call is not carried out.
    Status(u16),
    /// 422 with these words; the call is not carried out.
    Refused(&'static str),
    /// 429 with this `Retry-After`, in seconds.
    Busy(u64),
    /// Not sent, as the host rests for so many seconds.
    Resting(u64),
}

/// One call that came in.
#[derive(Debug, Clone)]
pub(super) enum Call {
    Get,
    Put(Uuid, Box<Catalog>),
    Patch(Vec<StockChange>),
}

/// A promotion of the platform.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Promo {
    pub(super) id: String,
    pub(super) detail: PromoDetail,
    /// Nobody has asked us for it.
    pub(super) is_foreign: bool,
    pub(super) is_ended: bool,
}

/// What becomes of a call for promotions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PromoFault {
    Fine,
    /// Nobody hears it.
    Lost,
    /// It is carried out, and nobody hears the answer.
    LostAfterwards,
    /// It is never answered: whoever waits for it is killed before it was heard.
    HangsBefore,
    /// The same after it was carried out.
    HangsAfterwards,
    Status(u16),
    /// The answer names nothing.
    Silent,
    /// The platform has something against it.
    Refused,
    /// The answer names the open promotion that was on the dish first, and none is made. As [`Self::Fine`] where there is none.
    NamesAnother,
    NoRight,
}

type Hook = Box<dyn FnOnce(&mut World) + Send>;

/// What publications make of descriptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rewriting {
    AsSent,
    /// Cut after so many letters.
    Cut(usize),
    Capitals,
    /// Nothing is left that tells what was sent.
    Stars,
}

impl Rewriting {
    fn apply(self, text: &str) -> String {
        match self {
            Self::AsSent => text.to_owned(),
            Self::Cut(longest) => text.chars().take(longest).collect(),
            Self::Capitals => text.to_uppercase(),
            Self::Stars => "*".repeat(text.len().min(3)),
        }
    }
}

/// How texts are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    AsStored,
    Escaped,
    Decomposed,
    Spaced,
}

impl Spelling {
    fn apply(self, text: &mut String) {
        *text = match self {
            Self::AsStored => return,
            Self::Escaped => text.replace('&', "&amp;").replace('"', "&quot;").replace('\'', "&#39;"),
            Self::Decomposed => text.nfd().collect(),
            Self::Spaced => text.replace(' ', "\u{a0}"),
        };
    }
}

/// Which reads after a publication are answered by a copy from before it, for some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stale {
    /// All of them.
    All(Duration),
    /// The first one, and then every second.
    EverySecond(Duration),
}

/// When a call's caller dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crash {
    Before(usize),
    After(usize),
}

/// What a pass may send, as whoever began it would say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Permission {
    /// What guards let through.
    AsGuardsSay,
    /// The plan with this digest.
    Only(String),
    /// Nothing but stock that a publication of an earlier push overwrote: the plan was shown as held, or declined.
    Nothing,
}

/// Which calls of the state fail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Disk {
    /// Writes, one after the other: whether each fails. After the last one, none does.
    pub(super) writes: VecDeque<bool>,
    /// After so many calls, so many fail, reads too.
    pub(super) outage: Option<(u32, u32)>,
    /// How many have failed.
    pub(super) failed: u32,
}

impl Disk {
    /// Whether the call fails that is made now.
    pub(super) fn fails(&mut self, is_write: bool) -> bool {
        let out = match &mut self.outage {
            Some((0, 0)) | None => false,
            Some((0, calls)) => {
                *calls -= 1;
                true
            }
            Some((until, _)) => {
                *until -= 1;
                false
            }
        };
        let fails = out || is_write && self.writes.pop_front().unwrap_or_default();
        self.failed += u32::from(fails);
        fails
    }
}

/// What the state holds of this outlet, as far as a judge of calls has to know it; see `disk`.
pub(super) struct Ledger {
    /// Digests of the pushes that were recorded, by request id.
    pub(super) recorded: BTreeMap<Uuid, String>,
    /// Whether a push is recorded that has no outcome.
    pub(super) is_open: bool,
    /// Whether there is a base.
    pub(super) has_base: bool,
    /// Whether a person let the first contact through.
    pub(super) may_adopt: bool,
    pub(super) permission: Permission,
    /// Pushes that were recorded since this was last taken.
    pub(super) begun: u32,
    /// Switches of stock, by what they switch.
    pub(super) switches: BTreeMap<String, StockSwitch>,
    /// Whether a person orders one.
    pub(super) is_ordering: bool,
}

/// When a PUT was sent first, and for how long it is looked for.
#[derive(Debug, Clone, Copy)]
struct SentPut {
    at: Instant,
    patience: Duration,
    /// Whether nothing of it reads back, so that it counts as published when its time is up.
    is_unreadable: bool,
    /// By how much the sender's wall clock was off.
    leap: i64,
}

/// A limit of requests that several outlets share: calls go out one after the other, each after this long.
pub(super) struct Pace {
    each: Duration,
    next: Mutex<Instant>,
}

impl Pace {
    pub(super) fn new(each: Duration) -> Self {
        Self { each, next: Mutex::new(Instant::now()) }
    }

    async fn turn(&self) {
        let turn = {
            let mut next = self.next.lock().unwrap();
            *next = (*next).max(Instant::now()) + self.each;
            *next
        };
        tokio::time::sleep_until(turn).await;
    }
}

/// Everything there is behind the calls.
pub(super) struct World {
    /// What is done here while promotions are listed.
    pub(super) while_listing: Option<Hook>,
    /// The same while one ends.
    pub(super) while_ending: Option<Hook>,
    /// The promotions, whoever made them.
    pub(super) promos: Vec<Promo>,
    /// What was answered to each key.
    promo_answers: BTreeMap<String, (PromoDetail, PromotionAnswer)>,
    /// By which a promotion is over once its last moment has passed, in Jakarta; else only who ends it ends it.
    pub(super) promo_clock: Option<Clock>,
    /// Whether no key is known again.
    pub(super) forgets_keys: bool,
    /// Whether no look shows a promotion, as if all copies were behind.
    pub(super) hides_promos: bool,
    /// Whether lists show what has ended as if it were on; single looks do not.
    pub(super) lists_ended: bool,
    /// The last day that ours are shown with, whatever was sent.
    pub(super) promos_end: Option<Date>,
    /// Whether a dish shows the price of its promotion, whenever that is on.
    pub(super) shows_promo_prices: bool,
    /// How long each call for promotions takes.
    pub(super) promo_delay: Duration,
    /// What becomes of the next calls for promotions.
    pub(super) promo_faults: VecDeque<PromoFault>,
    /// The calls for promotions.
    pub(super) promo_log: Vec<String>,
    /// The prices that files have ever said for a promotion; empty: not judged.
    pub(super) promo_prices: BTreeSet<i64>,
    pub(super) live: LiveCatalog,
    /// Accepted, not published yet.
    pub(super) pending: Option<(Instant, Catalog)>,
    /// Whose that is.
    in_flight: Option<Uuid>,
    sent: Option<SentPut>,
    /// Which PUT was asked for last.
    asked: Option<Uuid>,
    /// What that is to change: what its sender saw before, and what it sent.
    awaited: BTreeMap<String, [Option<String>; 2]>,
    /// Whether the last look showed neither the one nor the other.
    doubtful: bool,
    /// What the kitchen touched since then.
    touched: BTreeSet<String>,
    /// What was off or was taken off where it could not be told what the kitchen had done and what a publication.
    pub(super) sold_out: BTreeSet<String>,
    /// What the sender has put on sale since it sent its last menu.
    put_on_sale: BTreeSet<String>,
    /// What is published next is the second step of a publication.
    is_second_step: bool,
    /// Stock that was overwritten by a publication that came when its push counted as lost.
    pub(super) late: BTreeSet<String>,
    /// What PUTs took away, and when.
    departed: BTreeMap<String, Instant>,
    /// What PUTs brought, and when.
    arrived: BTreeMap<String, Instant>,
    /// What came back about a day after it had left, and when: new to one clock, and not to another.
    back: BTreeMap<String, Instant>,
    /// Whether edits made in the app may be undone.
    pub(super) reverts: bool,
    /// From a PUT to its publication.
    pub(super) delay: Duration,
    /// What came in since the last [`Platform::take_log`], and when.
    pub(super) log: Vec<(Instant, Call)>,
    pub(super) write_faults: VecDeque<Fault>,
    /// So many stock calls are answered as if they had been carried out, and are not.
    pub(super) ignored_patches: u32,
    pub(super) read_faults: VecDeque<Fault>,
    /// Until when no call gets through.
    pub(super) down_until: Option<Instant>,
    pub(super) crash: Option<Crash>,
    /// What callers share.
    pub(super) pace: Option<Arc<Pace>>,
    /// What the judge knows of the state; without it, it judges nothing that depends on that.
    pub(super) ledger: Option<Ledger>,
    /// Which calls of the state fail; see `disk`.
    pub(super) disk: Disk,
    /// By how many seconds the sender's wall clock is off.
    pub(super) leap: i64,
    /// Within how many hours of a day ago the sender may be right either way; none: its clock leaps by days.
    pub(super) day_slack: Option<u64>,
    pub(super) rewriting: Rewriting,
    /// Items that publications leave out.
    pub(super) refuses: BTreeSet<String>,
    /// Whether every publication gives everything new UUIDs.
    pub(super) renews_uuids: bool,
    /// Whether every read signs the addresses of images anew.
    pub(super) signs_images: bool,
    /// Whether every read has another order.
    pub(super) shuffles: bool,
    pub(super) spelling: Spelling,
    pub(super) stale: Option<Stale>,
    /// What the last publication replaced, and when.
    replaced: Option<(Instant, LiveCatalog)>,
    reads_since: u32,
    /// After this long a publication that showed its first menu only shows as a whole.
    pub(super) rest_after: Option<Duration>,
    /// Whether what is pending is the rest of such a publication, and its first menu showed all that was to come.
    is_silent_rest: bool,
    /// After this long a menu is published once more.
    pub(super) again_after: Option<Duration>,
    /// What is published once more, and when.
    again: Option<(Instant, Catalog)>,
    reads: u64,
    /// Whether the address of an image that reads back says anything about the one that was sent.
    pub(super) images_tell: bool,
    publications: u32,
    hooks: Vec<(usize, Hook)>,
    /// What the kitchen touched where nobody could know better: between the last look at an old menu and the first look at
    /// the new one.
    pub(super) excused: BTreeSet<String>,
    since_look: BTreeSet<String>,
    /// What the last look showed first.
    just_shown: BTreeSet<String>,
    unseen: bool,
    /// By which switches of stock end; none: nobody orders any.
    pub(super) switch_clock: Option<Clock>,
    /// What files take off sale.
    pub(super) off_in_files: BTreeSet<String>,
    /// What was switched and was seen otherwise since.
    pub(super) seen_otherwise: BTreeSet<String>,
    /// How many looks in a row have shown it so.
    undone_looks: BTreeMap<String, u32>,
    /// Those of them that the last look has shown so.
    pub(super) just_seen_otherwise: BTreeSet<String>,
    /// Of what left where it may come back: what the kitchen last said of it.
    pub(super) left_intent: BTreeMap<String, bool>,
    /// Whether a push was not seen to arrive that took something away.
    pub(super) may_forget_what_left: bool,
    /// What the kitchen last said of everything that is live.
    pub(super) intent: BTreeMap<String, bool>,
    /// What was edited in the app and is still live, with what it was before.
    pub(super) app_edits: BTreeMap<String, [Option<String>; 2]>,
    /// What a PUT did that it must not do.
    pub(super) violations: Vec<String>,
    /// What the last GET answered.
    pub(super) seen: LiveCatalog,
}

impl World {
    fn publish_if_due(&mut self) {
        if self.again.as_ref().is_some_and(|(due, _)| *due <= Instant::now()) {
            let (_, catalog) = self.again.take().expect("it was just there");
            let before = self.all_stock();
            self.publish(&catalog);
            // Whose push was seen to arrive does not look again.
            let now = self.all_stock();
            self.excused.extend(before.into_iter().filter(|(id, stock)| now.get(id) != Some(stock)).map(|(id, _)| id));
        }
        if self.pending.as_ref().is_some_and(|(due, _)| *due <= Instant::now()) {
            let (due, catalog) = self.pending.take().expect("it was just there");
            let before = self.all_stock();
            self.replaced = Some((due, self.live.clone()));
            self.reads_since = 0;
            let is_second_step = std::mem::take(&mut self.is_second_step);
            match self.rest_after.take() {
                Some(rest) if self.live.menus.len() > 1 => self.publish_first_menu(&catalog, due + rest),
                _ => self.publish(&catalog),
            }
            if is_second_step {
                // It may be the kitchen who takes off again what was put on sale after the first step.
                let now = self.all_stock();
                self.sold_out.extend(self.put_on_sale.iter().filter(|id| now.get(*id) == Some(&false)).cloned());
            }
            if std::mem::take(&mut self.is_silent_rest) {
                // All that was to come had come before, so nobody looks any more.
                let now = self.all_stock();
                let overwritten = before.iter().filter(|(id, stock)| now.get(*id) != Some(stock));
                self.excused.extend(overwritten.map(|(id, _)| id.clone()));
            }
            let shown = facts(&self.live);
            let is_seen = self.awaited.iter().all(|(fact, [_, new])| shown.get(fact) == new.as_ref());
            self.is_silent_rest = self.pending.is_some() && is_seen;
            let is_unseen = self.awaited.iter().all(|(fact, [old, _])| shown.get(fact) == old.as_ref());
            if self.pending.is_some() && is_unseen && !self.awaited.is_empty() {
                // The first menu showed nothing of what was to come, so it reads as the old one.
                let now = self.all_stock();
                let overwritten = before.iter().filter(|(id, stock)| now.get(*id) != Some(stock));
                self.excused.extend(overwritten.map(|(id, _)| id.clone()));
            }
            self.again = self.again_after.take().filter(|_| self.pending.is_none()).map(|after| (due + after, catalog));
            if let Some(sent) = self.sent.filter(|sent| due - sent.at >= sent.patience) {
                let now = self.all_stock();
                let overwritten = before.into_iter().filter(|(id, stock)| now.get(id) != Some(stock)).map(|(id, _)| id);
                if sent.is_unreadable { &mut self.excused } else { &mut self.late }.extend(overwritten);
            }
        }
    }

    /// Publishes a menu in two steps.
    fn publish_first_menu(&mut self, catalog: &Catalog, rest: Instant) {
        let old = self.live.clone();
        self.publish(catalog);
        let first = &catalog.menus[0];
        let is_old = |name: &str| name != first.name;
        let kept: Vec<_> = old.menus.into_iter().filter(|menu| is_old(&menu.name)).collect();
        let shown: BTreeSet<&Field<_>> =
            kept.iter().flat_map(|menu| &menu.menu_items).map(|item| &item.external_id).collect();
        self.live.menus.retain(|menu| !is_old(&menu.name));
        self.live.menus.iter_mut().for_each(|menu| menu.menu_items.retain(|item| !shown.contains(&item.external_id)));
        self.live.menus.extend(kept);
        self.pending = Some((rest, catalog.clone()));
        self.is_second_step = true;
    }

    fn publish(&mut self, catalog: &Catalog) {
        self.publications += 1;
        let generation = if self.renews_uuids { self.publications } else { 0 };
        let renew =
            |uuid: &str| format!("u{generation}-{}", uuid.trim_start_matches(|c| c != '-').trim_start_matches('-'));
        let renew = |uuid: &mut String| *uuid = renew(&format!("-{uuid}"));
        let mut live = as_published(catalog);
        for menu in &mut live.menus {
            menu.menu_items.retain(|item| !self.refuses.contains(&item.uuid));
        }
        live.menus.retain(|menu| !menu.menu_items.is_empty());
        for item in live.menus.iter_mut().flat_map(|menu| &mut menu.menu_items) {
            renew(&mut item.uuid);
            item.variant_category_uuids.iter_mut().for_each(renew);
            let rewriting = self.rewriting;
            item.description = item.description.clone().map(|text| rewriting.apply(&text));
            let told = self.images_tell;
            item.image = item.image.clone().map(|url| match url.starts_with("https://cdn.") {
                true => url,
                false => format!("https://cdn.example.net/{}", if told { url.as_str() } else { "image" }),
            });
        }
        for category in &mut live.variant_categories {
            renew(&mut category.uuid);
            category.external_id = Field::Unsaid;
            category.variants.iter_mut().for_each(|variant| renew(&mut variant.uuid));
        }
        self.live = live;
        self.excused.append(&mut self.since_look);
        self.unseen = true;
        let (facts, stock) = (facts(&self.live), self.all_stock());
        self.app_edits.retain(|fact, [edited, _]| facts.get(fact) == edited.as_ref());
        self.note_left(catalog, &stock);
        for (id, in_stock) in stock {
            // What left sold out comes back so. In doubt it is sold out.
            let left = self.left_intent.remove(&id);
            let said = left.is_none_or(|said| in_stock && (said || self.may_forget_what_left));
            self.intent.entry(id).or_insert(said);
        }
    }

    /// What is not there any more may come back where there are switches: then there are layers with `when`, too.
    fn note_left(&mut self, sent: &Catalog, stock: &BTreeMap<String, bool>) {
        for (id, said) in self.intent.extract_if(.., |id, _| !stock.contains_key(id)) {
            // What a publication leaves out was taken away by nobody.
            if self.switch_clock.is_some() && sent.item(&id.as_str().into()).is_none() {
                let said = said || self.excused.contains(&id);
                self.left_intent.insert(id, said);
            }
        }
    }

    pub(super) fn prices(&self) -> BTreeMap<String, i64> {
        prices_of(&self.live)
    }

    /// The stock of everything that has an external id.
    pub(super) fn all_stock(&self) -> BTreeMap<String, bool> {
        let items = self.live.items().map(|(_, item)| (&item.external_id, &item.in_stock));
        let all = items.chain(self.live.variants().map(|(_, variant)| (&variant.external_id, &variant.in_stock)));
        all.filter_map(|(id, stock)| Some((id.value()?.0.clone(), *stock.value()?))).collect()
    }

    /// Notes what a PUT is to change, whether it gets here or not.
    fn expect(&mut self, request_id: Uuid, sent: &Catalog) {
        if self.asked.replace(request_id) == Some(request_id) {
            return;
        }
        let (shown, new) = (facts(&self.seen), facts(&as_published(sent)));
        let all: BTreeSet<&String> = shown.keys().chain(new.keys()).collect();
        let both = all.into_iter().map(|fact| (fact.clone(), [shown.get(fact).cloned(), new.get(fact).cloned()]));
        self.awaited = both.filter(|(_, [old, new])| old != new).collect();
        self.touched.clear();
    }

    /// Judges whether this PUT (`None`: a PATCH) may be sent at all.
    fn check_permission(&mut self, put: Option<Uuid>) {
        let Some(ledger) = &self.ledger else { return };
        let mut found = Vec::new();
        let digest = put.and_then(|id| ledger.recorded.get(&id));
        if put.is_some() && digest.is_none() || !ledger.is_open {
            found.push(format!("{} was sent that was not recorded before", call_of(put)));
        }
        match &ledger.permission {
            Permission::Nothing if put.is_some() => {
                found.push("a PUT went out although its plan was shown as held, or declined".to_owned());
            }
            Permission::Only(agreed) if digest.is_some_and(|digest| digest != agreed) => {
                found.push(format!("a PUT went out of the plan {digest:?} instead of the agreed {agreed}"));
            }
            _ => {}
        }
        if put.is_some() && !ledger.has_base && !ledger.may_adopt && !facts(&self.seen).is_empty() {
            found.push("a PUT replaced a menu at first contact, and nobody had let that through".to_owned());
        }
        self.violations.extend(found);
    }

    /// The sender is a new process, or its clock was set before it looked: all that it knows of how long ago it sent
    /// something is what the wall clock says.
    pub(super) fn restart(&mut self) {
        let leap = self.leap;
        if let Some(sent) = &mut self.sent {
            let ahead = Duration::from_secs(u64::try_from(leap - sent.leap).unwrap_or_default());
            (sent.patience, sent.leap) = (sent.patience.saturating_sub(ahead), leap);
        }
    }

    /// What was carried out or shown last is nothing that the sender knows of, as it died or could not store it.
    pub(super) fn forget_last_call(&mut self) {
        let seen = std::mem::take(&mut self.just_seen_otherwise);
        self.seen_otherwise.retain(|id| !seen.contains(id));
        self.unseen = true;
        self.since_look.append(&mut self.just_shown);
        self.excused.extend(self.since_look.iter().cloned());
    }

    /// A menu that somebody else has made.
    pub(super) fn fill(&mut self, catalog: &Catalog) {
        self.publish(catalog);
        self.unseen = false;
    }

    /// Judges a PUT by what its sender last saw: guards at their default limits, and what was edited in the app.
    fn audit(&mut self, sent: &Catalog, again: bool) {
        let (shown, new) = (facts(&self.seen), facts(&as_published(sent)));
        // What the files say for the first time is adopted, so that what is there is overwritten.
        let adopts = self.ledger.as_ref().is_some_and(|ledger| !ledger.has_base);
        let owned = |fact: &str| fact != "N3/description" && !adopts;
        for (fact, [edited, _]) in self.app_edits.iter().filter(|(fact, _)| !self.reverts && owned(fact)) {
            let stays = new.contains_key(fact.split('/').next().unwrap());
            if stays && shown.get(fact) == edited.as_ref() && new.get(fact) != edited.as_ref() {
                self.violations
                    .push(format!("{fact}: {edited:?} from the app is overwritten with {:?}", new.get(fact)));
            }
        }
        let seen = prices_of(&self.seen);
        let sent: BTreeMap<String, i64> =
            sent.items().filter_map(|(_, item)| Some((item.external_id.0.clone(), item.price.value()?.0))).collect();
        let leaving = seen.keys().filter(|id| !sent.contains_key(*id)).count();
        if leaving > 5 || leaving * 5 > seen.len() {
            self.violations.push(format!("{leaving} of {} items leave", seen.len()));
        }
        if !again && !seen.is_empty() {
            self.audit_day(&seen, &sent);
        }
        for (id, old) in &seen {
            let Some(new) = sent.get(id) else { continue };
            if (new - old).abs() * 2 > *old {
                self.violations.push(format!("{id}: {old} → {new}"));
            }
        }
    }

    /// The same limits for what is missing of the menu of a day ago. A little less than a day, because a sender counts from
    /// when it began to send, by a clock that may be off.
    fn audit_day(&mut self, seen: &BTreeMap<String, i64>, sent: &BTreeMap<String, i64>) {
        let Some(slack) = self.day_slack else { return };
        let (short, long) = (24 - slack, 24 + slack);
        let now = Instant::now();
        let within = |hours: u64, at: &Instant| now.duration_since(*at) < Duration::from_secs(hours * 3600);
        // What comes back is nothing new; who forgets it a little earlier or later is right, too.
        self.departed.retain(|id, at| within(long, at) && !seen.contains_key(id));
        self.arrived.retain(|_, at| within(short, at));
        self.back.retain(|_, at| within(long, at));
        let departed = self.departed.iter().filter(|(_, at)| within(short, at)).map(|(id, _)| id);
        let old: BTreeSet<&String> = seen.keys().chain(departed).filter(|id| !self.arrived.contains_key(*id)).collect();
        let missing = old.iter().filter(|id| !sent.contains_key(**id) && !self.back.contains_key(**id)).count();
        let leaves = seen.keys().any(|id| !sent.contains_key(id));
        if leaves && (missing > 5 || missing * 5 > old.len()) {
            self.violations.push(format!("{missing} of the {} items of a day ago are gone", old.len()));
        }
        let gone: Vec<String> = seen.keys().filter(|id| !sent.contains_key(*id)).cloned().collect();
        let new: Vec<String> = sent.keys().filter(|id| !seen.contains_key(*id)).cloned().collect();
        for id in new {
            match self.departed.remove(&id) {
                None => drop(self.arrived.insert(id, now)),
                Some(left) if !within(short, &left) => drop(self.back.insert(id, now)),
                Some(_) => {}
            }
        }
        for id in gone {
            if self.arrived.remove(&id).is_none() && self.back.remove(&id).is_none() {
                self.departed.insert(id, now);
            }
        }
    }

    /// The live item of this external id.
    pub(super) fn item(&mut self, id: &str) -> &mut LiveItem {
        let items = self.live.menus.iter_mut().flat_map(|menu| &mut menu.menu_items);
        items.into_iter().find(|item| item.external_id.value().is_some_and(|known| known.as_str() == id)).unwrap()
    }

    /// The kitchen says whether there is any of this left.
    pub(super) fn kitchen(&mut self, id: &str, in_stock: bool) {
        self.set_stock(id, in_stock);
        self.intent.insert(id.to_owned(), in_stock);
        self.touched.insert(id.to_owned());
        self.sold_out.remove(id);
        // Twice between two looks is as good as never.
        if !self.since_look.insert(id.to_owned()) || self.unseen {
            self.excused.insert(id.to_owned());
        }
    }

    /// Somebody edits a price in the app.
    pub(super) fn app_price(&mut self, id: &str, price: i64) {
        self.app_edit(&format!("{id}/price"), |item| item.price = Field::Set(Price(price)));
    }

    /// Somebody edits a description in the app.
    pub(super) fn app_text(&mut self, id: &str, text: &str) {
        self.app_edit(&format!("{id}/description"), |item| item.description = Field::Set(text.to_owned()));
    }

    fn app_edit(&mut self, fact: &str, edit: impl FnOnce(&mut LiveItem)) {
        let old = facts(&self.live).remove(fact);
        edit(self.item(fact.split('/').next().unwrap()));
        if self.unseen {
            // Nobody can tell this from what was published.
            self.app_edits.remove(fact);
            return;
        }
        let before = self.app_edits.get(fact).map_or(old, |[_, before]| before.clone());
        self.app_edits.insert(fact.to_owned(), [facts(&self.live).remove(fact), before]);
        self.app_edits.retain(|_, [edited, before]| edited != before);
    }

    pub(super) fn stock(&self, id: &str) -> Option<bool> {
        let ours = |known: &Field<crate::catalog::ExternalId>| known.value().is_some_and(|known| known.as_str() == id);
        let items = self.live.items().filter(|(_, item)| ours(&item.external_id)).map(|(_, item)| &item.in_stock);
        let variants = self.live.variants().filter(|(_, v)| ours(&v.external_id)).map(|(_, v)| &v.in_stock);
        items.chain(variants).next().and_then(|stock| stock.value().copied())
    }

    fn set_stock(&mut self, id: &str, in_stock: bool) {
        let ours = |known: &Field<crate::catalog::ExternalId>| known.value().is_some_and(|known| known.as_str() == id);
        for item in self.live.menus.iter_mut().flat_map(|menu| &mut menu.menu_items).filter(|i| ours(&i.external_id)) {
            item.in_stock = Field::Set(in_stock);
        }
        let variants = self.live.variant_categories.iter_mut().flat_map(|category| &mut category.variants);
        variants.filter(|v| ours(&v.external_id)).for_each(|variant| variant.in_stock = Field::Set(in_stock));
    }

    fn carry_out(&mut self, call: &Call) {
        match call {
            Call::Get => {}
            Call::Put(request_id, catalog) => {
                let counts = self.sent.is_some_and(|sent| sent.at.elapsed() < sent.patience);
                if self.pending.is_some()
                    && !self.is_silent_rest
                    && counts
                    && self.in_flight.is_some_and(|other| other != *request_id)
                {
                    self.violations.push("a push was sent while another was in flight".to_owned());
                }
                let again = self.in_flight.replace(*request_id) == Some(*request_id);
                if !again {
                    // What reads back as nothing counts as published when its time is up.
                    let is_unreadable = self.awaited.is_empty();
                    let patience = if is_unreadable { VERIFY_TIMEOUT } else { LOST_AFTER };
                    self.sent = Some(SentPut { at: Instant::now(), patience, is_unreadable, leap: self.leap });
                }
                self.check_permission(Some(*request_id));
                self.audit(catalog, again);
                self.excused.extend(self.since_look.iter().cloned());
                self.pending = Some((Instant::now() + self.delay, (**catalog).clone()));
                (self.again, self.is_silent_rest, self.is_second_step) = (None, false, false);
                self.put_on_sale.clear();
                self.publish_if_due();
            }
            Call::Patch(_) if self.ignored_patches > 0 => self.ignored_patches -= 1,
            Call::Patch(changes) if self.is_of_switches(changes) => self.switch(changes),
            Call::Patch(changes) => {
                self.check_permission(None);
                self.excused.extend(self.since_look.iter().cloned());
                for StockChange { external_id: id, in_stock, .. } in changes {
                    self.set_stock(id.as_str(), *in_stock);
                    if *in_stock {
                        self.put_on_sale.insert(id.0.clone());
                    }
                    if !in_stock && self.doubtful && self.touched.contains(id.as_str()) {
                        self.sold_out.insert(id.0.clone());
                    }
                }
            }
        }
    }

    fn fault_of(&mut self, call: &Call) -> Fault {
        let faults = if matches!(call, Call::Get) { &mut self.read_faults } else { &mut self.write_faults };
        match self.down_until.is_some_and(|until| Instant::now() < until) {
            true => Fault::Lost,
            false => faults.pop_front().unwrap_or(Fault::Fine),
        }
    }

    fn look(&mut self) -> LiveCatalog {
        self.reads += 1;
        if let Some(copy) = self.stale_copy() {
            // It shows nothing of what happened since, so it is no look at the menu.
            return self.shown(copy);
        }
        self.note_switches_seen();
        self.just_shown = std::mem::take(&mut self.since_look);
        self.unseen = false;
        self.seen = self.live.clone();
        let shown = facts(&self.live);
        self.doubtful = self.awaited.iter().all(|(fact, [old, new])| {
            let shown = shown.get(fact);
            // A text may have been cut to what it was.
            shown != new.as_ref() && (shown != old.as_ref() || fact.ends_with("/description"))
        });
        let is = |index: usize| self.awaited.iter().any(|(fact, sides)| shown.get(fact) == sides[index].as_ref());
        // The one part is published, and the other may come yet.
        self.doubtful |= is(0) && is(1);
        if self.doubtful {
            // A publication may have done that, or the kitchen.
            self.sold_out.extend(self.all_stock().into_iter().filter(|(_, in_stock)| !in_stock).map(|(id, _)| id));
        }
        self.shown(self.live.clone())
    }

    /// What a copy from before the last publication shows, if that answers.
    fn stale_copy(&mut self) -> Option<LiveCatalog> {
        let (published, copy) = self.replaced.as_ref()?;
        let (Stale::All(lasts) | Stale::EverySecond(lasts)) = self.stale?;
        self.reads_since += 1;
        let answers =
            published.elapsed() < lasts && (matches!(self.stale, Some(Stale::All(_))) || self.reads_since % 2 == 1);
        answers.then(|| copy.clone())
    }

    /// How a menu reads.
    fn shown(&self, mut live: LiveCatalog) -> LiveCatalog {
        for promo in self.promos.iter().filter(|promo| self.shows_promo_prices && !promo.is_ended) {
            let items = live.menus.iter_mut().flat_map(|menu| &mut menu.menu_items);
            items
                .filter(|item| item.external_id.value() == Some(&promo.detail.external_menu_id))
                .for_each(|item| item.price = Field::Set(promo.detail.selling_price));
        }
        let (signs, spelling) = (self.signs_images, self.spelling);
        let random = fastrand::Rng::with_seed(self.reads);
        let spell = |text: &mut Field<String>| {
            if let Field::Set(text) = text {
                spelling.apply(text);
            }
        };
        for menu in &mut live.menus {
            spelling.apply(&mut menu.name);
            for item in &mut menu.menu_items {
                spelling.apply(&mut item.name);
                spell(&mut item.description);
                if let Field::Set(url) = &mut item.image
                    && signs
                {
                    url.push_str(&format!("?signed={}", self.reads));
                }
            }
            self.shuffle(&random, &mut menu.menu_items);
        }
        self.shuffle(&random, &mut live.menus);
        for category in &mut live.variant_categories {
            spelling.apply(&mut category.name);
            category.variants.iter_mut().for_each(|variant| spelling.apply(&mut variant.name));
            self.shuffle(&random, &mut category.variants);
        }
        self.shuffle(&random, &mut live.variant_categories);
        live
    }

    fn shuffle<T>(&self, random: &fastrand::Rng, things: &mut [T]) {
        if self.shuffles {
            random.clone().shuffle(things);
        }
    }
}

/// Switches of stock.
impl World {
    fn known_switch(&self, change: &StockChange) -> Option<&StockSwitch> {
        let switches = &self.ledger.as_ref()?.switches;
        switches.values().find(|switch| switch.id == change.external_id)
    }

    /// Whether a stock call is one of switches, each of which was recorded before as being under way.
    fn is_of_switches(&self, changes: &[StockChange]) -> bool {
        let Some(clock) = self.switch_clock else { return false };
        let is_it = |change: &StockChange| {
            self.known_switch(change).is_some_and(|switch| match switch.stage {
                SwitchStage::Sending => switch.in_stock == change.in_stock,
                SwitchStage::Returning(_) => {
                    switch.in_stock != change.in_stock && switch.until.is_some_and(|until| until <= clock.now())
                }
                SwitchStage::Set | SwitchStage::Returned(_) => false,
            })
        };
        changes.iter().all(is_it)
    }

    /// Carries out a call of switches, and judges what goes back.
    fn switch(&mut self, changes: &[StockChange]) {
        let permission = self.ledger.as_ref().map(|ledger| ledger.permission.clone());
        for change in changes {
            let Some(switch) = self.known_switch(change) else { continue };
            let (id, in_stock, goes_back) =
                (change.external_id.0.clone(), change.in_stock, switch.stage != SwitchStage::Sending);
            let mut wrong = Vec::new();
            if goes_back && permission.as_ref().is_some_and(|permission| *permission != Permission::AsGuardsSay) {
                wrong.push("by who was shown a plan");
            }
            if goes_back && in_stock && self.off_in_files.contains(&id) {
                wrong.push("although a file takes it off sale");
            }
            if goes_back && in_stock && self.seen_otherwise.contains(&id) {
                wrong.push("although it was seen on sale since, so that somebody has sold it out again");
            }
            self.violations.extend(wrong.iter().map(|why| format!("{id} was switched back {why}")));
            self.kitchen(&id, in_stock);
            self.seen_otherwise.remove(&id);
        }
    }

    /// A look shows what is not as it was switched.
    fn note_switches_seen(&mut self) {
        let Some(ledger) = &self.ledger else { return };
        let is_undone = |switch: &&StockSwitch| {
            switch.until.is_some()
                && switch.stage == SwitchStage::Set
                && self.stock(switch.id.as_str()) == Some(!switch.in_stock)
        };
        let shown: BTreeMap<String, bool> = ledger
            .switches
            .values()
            .filter(is_undone)
            .map(|switch| {
                let is_new = |clock: Clock| clock.now().duration_since(switch.at) <= SignedDuration::from_mins(10);
                (switch.id.0.clone(), self.switch_clock.is_none_or(is_new))
            })
            .collect();
        self.undone_looks.retain(|id, _| shown.contains_key(id));
        let mut undone = Vec::new();
        for (id, is_new) in shown {
            // So soon after a switch it may be an old copy, if another look shows something else within seconds.
            let looks = self.undone_looks.entry(id.clone()).or_default();
            *looks += 1;
            undone.extend(Some(id).filter(|_| !is_new || *looks > 2));
        }
        self.just_seen_otherwise = undone.into_iter().filter(|id| self.seen_otherwise.insert(id.clone())).collect();
    }

    /// What a switch ends with while it is away is what the kitchen has said of it.
    pub(super) fn note_switch_event(&mut self, event: &SwitchEvent) {
        if event.result == SwitchHappening::EndedAway {
            self.left_intent.insert(event.id.0.clone(), !event.in_stock);
        }
    }
}

/// The remote of the tests.
pub(super) struct Platform {
    world: Mutex<World>,
    crashed: Notify,
}

impl Platform {
    /// An outlet without any menu.
    pub(super) fn new() -> Self {
        let world = World {
            live: LiveCatalog::default(),
            pending: None,
            in_flight: None,
            sent: None,
            asked: None,
            awaited: BTreeMap::new(),
            doubtful: false,
            touched: BTreeSet::new(),
            sold_out: BTreeSet::new(),
            put_on_sale: BTreeSet::new(),
            is_second_step: false,
            late: BTreeSet::new(),
            departed: BTreeMap::new(),
            arrived: BTreeMap::new(),
            back: BTreeMap::new(),
            reverts: false,
            delay: Duration::ZERO,
            log: Vec::new(),
            write_faults: VecDeque::new(),
            ignored_patches: 0,
            read_faults: VecDeque::new(),
            down_until: None,
            crash: None,
            pace: None,
            ledger: None,
            disk: Disk::default(),
            leap: 0,
            day_slack: Some(1),
            rewriting: Rewriting::AsSent,
            refuses: BTreeSet::new(),
            renews_uuids: false,
            signs_images: false,
            shuffles: false,
            spelling: Spelling::AsStored,
            stale: None,
            replaced: None,
            reads_since: 0,
            rest_after: None,
            is_silent_rest: false,
            again_after: None,
            again: None,
            reads: 0,
            images_tell: true,
            publications: 0,
            hooks: Vec::new(),
            while_listing: None,
            while_ending: None,
            promos: Vec::new(),
            promo_answers: BTreeMap::new(),
            forgets_keys: false,
            promo_clock: None,
            hides_promos: false,
            lists_ended: false,
            promos_end: None,
            promo_delay: Duration::ZERO,
            shows_promo_prices: false,
            promo_faults: VecDeque::new(),
            promo_log: Vec::new(),
            promo_prices: BTreeSet::new(),
            excused: BTreeSet::new(),
            since_look: BTreeSet::new(),
            just_shown: BTreeSet::new(),
            unseen: false,
            intent: BTreeMap::new(),
            app_edits: BTreeMap::new(),
            switch_clock: None,
            off_in_files: BTreeSet::new(),
            seen_otherwise: BTreeSet::new(),
            undone_looks: BTreeMap::new(),
            just_seen_otherwise: BTreeSet::new(),
            left_intent: BTreeMap::new(),
            may_forget_what_left: false,
            violations: Vec::new(),
            seen: LiveCatalog::default(),
        };
        Self { world: Mutex::new(world), crashed: Notify::new() }
    }

    /// Looks behind the calls, or interferes.
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world.lock().unwrap();
        world.publish_if_due();
        act(&mut world)
    }

    /// Interferes just before the `number`th call from the last [`Platform::take_log`] on, counted from 1.
    pub(super) fn before(&self, number: usize, act: impl FnOnce(&mut World) + Send + 'static) {
        self.with(|world| world.hooks.push((number, Box::new(act))));
    }

    /// Takes back all that was planned to go wrong.
    pub(super) fn behave(&self) {
        self.with(|world| {
            world.hooks.clear();
            world.write_faults.clear();
            world.ignored_patches = 0;
            world.read_faults.clear();
            world.promo_faults.clear();
            (world.crash, world.down_until, world.disk) = (None, None, Disk::default());
            world.refuses.clear();
            world.delay = Duration::ZERO;
            (world.rest_after, world.again_after, world.again, world.stale) = (None, None, None, None);
        });
    }

    /// The calls since the last time, in words.
    pub(super) fn take_log(&self) -> Vec<String> {
        self.take_calls().iter().map(|(_, call)| call_word(call)).collect()
    }

    /// The calls since the last time, with their moments.
    pub(super) fn take_calls(&self) -> Vec<(Instant, Call)> {
        self.with(|world| std::mem::take(&mut world.log))
    }

    /// Ends when a call comes at which the caller shall die.
    pub(super) async fn crashed(&self) {
        self.crashed.notified().await;
    }

    async fn serve(&self, call: Call) -> Result<LiveCatalog, RemoteError> {
        if let Some(pace) = self.with(|world| world.pace.clone()) {
            pace.turn().await;
        }
        let number = self.with(|world| {
            let number = world.log.len() + 1;
            while let Some(position) = world.hooks.iter().position(|(at, _)| *at == number) {
                let (_, act) = world.hooks.swap_remove(position);
                act(world);
            }
            world.log.push((Instant::now(), call.clone()));
            if let Call::Put(request_id, catalog) = &call {
                world.expect(*request_id, catalog);
            }
            number
        });
        self.die_at(Crash::Before(number)).await;
        let answer = self.with(|world| {
            let fault = world.fault_of(&call);
            if matches!(fault, Fault::Fine | Fault::LostAfterwards) {
                world.carry_out(&call);
            }
            match (fault, &call) {
                (Fault::Fine, Call::Get) => Ok(world.look()),
                (Fault::Fine, _) => Ok(LiveCatalog::default()),
                (fault, _) => {
                    world.unseen |= matches!(call, Call::Patch(..));
                    if let (Fault::Status(..500), Call::Patch(changes)) = (fault, &call) {
                        // Refused for good: the sender can only tell.
                        world.excused.extend(changes.iter().map(|change| change.external_id.0.clone()));
                    }
                    Err(error(&call, fault))
                }
            }
        });
        self.die_at(Crash::After(number)).await;
        answer
    }

    async fn die_at(&self, crash: Crash) {
        if self.with(|world| world.crash.take_if(|planned| *planned == crash)).is_some() {
            self.die().await
        }
    }

    /// Never ends; who watches ends the caller.
    async fn die<T>(&self) -> T {
        self.with(World::forget_last_call);
        self.crashed.notify_one();
        std::future::pending().await
    }
}

fn prices_of(live: &LiveCatalog) -> BTreeMap<String, i64> {
    let said = |item: &LiveItem| Some((item.external_id.value()?.0.clone(), item.price.value()?.0));
    live.items().filter_map(|(_, item)| said(item)).collect()
}

/// What is there and what is said of it, stock aside.
pub(super) fn facts(live: &LiveCatalog) -> BTreeMap<String, String> {
    let mut facts = BTreeMap::new();
    let mut note = |id: &Field<crate::catalog::ExternalId>, price: &Field<Price>, text: Option<&Field<String>>| {
        let Some(id) = id.value() else { return };
        facts.insert(id.0.clone(), "here".to_owned());
        price.value().map(|price| facts.insert(format!("{id}/price"), price.0.to_string()));
        let text = text.and_then(Field::value);
        text.map(|text| facts.insert(format!("{id}/description"), spelling(text)));
    };
    live.items().for_each(|(_, item)| note(&item.external_id, &item.price, Some(&item.description)));
    live.variants().for_each(|(_, variant)| note(&variant.external_id, &variant.price, None));
    facts
}

fn call_of(put: Option<Uuid>) -> &'static str {
    if put.is_some() { "a PUT" } else { "stock" }
}

fn call_word(call: &Call) -> String {
    match call {
        Call::Get => "GET".to_owned(),
        Call::Put(..) => "PUT".to_owned(),
        Call::Patch(changes) => {
            let lines = changes.iter().map(|c| format!("{}={}", c.external_id, if c.in_stock { "on" } else { "off" }));
            format!("PATCH {}", lines.collect::<Vec<_>>().join(","))
        }
    }
}

fn error(call: &Call, fault: Fault) -> RemoteError {
    let (status, what, retry) = match fault {
        Fault::Fine | Fault::Lost | Fault::LostAfterwards => (None, "connection reset".to_owned(), Retry::After(None)),
        Fault::Busy(seconds) => (Some(429), "slow down".to_owned(), Retry::After(Some(Duration::from_secs(seconds)))),
        Fault::Resting(seconds) => (None, "not sent".to_owned(), Retry::NotBefore(Duration::from_secs(seconds))),
        Fault::Status(status @ 500..) => (Some(status), "unavailable".to_owned(), Retry::After(None)),
        Fault::Status(status) => (Some(status), "invalid image type".to_owned(), Retry::Never),
        Fault::Refused(words) => (Some(422), words.to_owned(), Retry::Never),
    };
    let method = match call {
        Call::Get => "GET",
        Call::Put(..) => "PUT",
        Call::Patch(..) => "PATCH",
    };
    RemoteError {
        method,
        url: "https://gobiz.test/catalog".to_owned(),
        status,
        what,
        retry,
        request_id: None,
        lacks_scope: false,
    }
}

impl Read for Platform {
    fn of_account(&self, _: Option<&str>) -> Option<Self> {
        None
    }

    async fn fetch(&self, _outlet: &OutletId) -> Result<LiveCatalog, RemoteError> {
        self.serve(Call::Get).await
    }

    async fn fetch_in(&self, outlet: &OutletId, _lane: Lane) -> Result<Fetched, RemoteError> {
        let live = self.fetch(outlet).await?;
        let answer = Sha256::digest(format!("{live:?}"));
        Ok(Fetched { live, answer: Some(AnswerDigest(answer.into())) })
    }

    async fn promotions(&self, _outlet: &OutletId) -> Result<Vec<Promotion>, RemoteError> {
        if let Some(act) = self.with(|world| world.while_listing.take()) {
            self.with(act);
        }
        let list = |world: &mut World| {
            let behind = |promo: &Promo| Promo { is_ended: promo.is_ended && !world.lists_ended, ..promo.clone() };
            world.shown_promos().map(|promo| behind(promo).shown(world)).collect()
        };
        self.promo("LIST".to_owned(), list).await
    }

    async fn promotion(&self, _outlet: &OutletId, id: &str) -> Result<Option<Promotion>, RemoteError> {
        let find =
            |world: &mut World| world.shown_promos().find(|promo| promo.id == id).map(|promo| promo.shown(world));
        self.promo("LOOK".to_owned(), find).await
    }
}

impl Promo {
    fn shown(&self, world: &World) -> Promotion {
        let shown = self.detail.published(self.id.clone());
        let status = match () {
            () if self.is_ended => Some("deactivated".to_owned()),
            () if world.is_over(self) => Some("ended".to_owned()),
            () => shown.status,
        };
        let end_date = world.promos_end.filter(|_| !self.is_foreign).or(shown.end_date);
        Promotion { status, end_date, ..shown }
    }
}

impl World {
    /// Somebody makes a promotion in the app.
    pub(super) fn promote(&mut self, detail: PromoDetail) {
        let id = format!("foreign-{}", self.promos.len());
        self.promos.push(Promo { id, detail, is_foreign: true, is_ended: false });
    }

    fn shown_promos(&self) -> impl Iterator<Item = &Promo> {
        self.promos.iter().filter(|_| !self.hides_promos)
    }

    /// Ours that are open.
    pub(super) fn our_promos(&self) -> Vec<&Promo> {
        self.promos.iter().filter(|promo| !promo.is_foreign && !self.is_over(promo)).collect()
    }

    fn is_over(&self, promo: &Promo) -> bool {
        let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(7));
        let now = self.promo_clock.as_ref().map(|clock| clock.now().to_zoned(zone).datetime());
        promo.is_ended || now.is_some_and(|now| promo.detail.end() <= now)
    }

    fn create_promo(&mut self, key: &str, detail: &PromoDetail) -> PromotionAnswer {
        if let Some((sent, answer)) = self.promo_answers.get(key).filter(|_| !self.forgets_keys) {
            if sent != detail {
                self.violations.push(format!("the key {key} was sent with another promotion"));
            }
            return answer.clone();
        }
        let same = |promo: &&Promo| promo.detail.external_menu_id == detail.external_menu_id;
        if let Some(other) = self.our_promos().into_iter().find(|promo| same(promo) && promo.detail.meets(detail)) {
            self.violations.push(format!("two promotions on {} at a time: {}", detail.external_menu_id, other.id));
        }
        let price = detail.selling_price.0;
        if !self.promo_prices.is_empty() && !self.promo_prices.contains(&price) {
            self.violations.push(format!("no file ever said a promotion for {price}"));
        }
        let is_live = self.live.items().any(|(_, item)| item.external_id.value() == Some(&detail.external_menu_id));
        let answer = if is_live {
            let id = format!("ours-{}", self.promos.len());
            self.promos.push(Promo { id: id.clone(), detail: detail.clone(), is_foreign: false, is_ended: false });
            PromotionAnswer::Made(id)
        } else {
            PromotionAnswer::Refused("Item is not active".to_owned())
        };
        self.promo_answers.insert(key.to_owned(), (detail.clone(), answer.clone()));
        answer
    }

    fn another_promo(&mut self, key: &str, detail: &PromoDetail) -> PromotionAnswer {
        let same = |promo: &&Promo| promo.detail.external_menu_id == detail.external_menu_id && !self.is_over(promo);
        match self.promos.iter().find(same) {
            Some(other) => PromotionAnswer::Made(other.id.clone()),
            None => self.create_promo(key, detail),
        }
    }

    fn end_promo(&mut self, id: &str) {
        let Some(promo) = self.promos.iter_mut().find(|promo| promo.id == id) else { return };
        promo.is_ended = true;
        if promo.is_foreign {
            let words = format!("the foreign promotion {id} was ended");
            self.violations.push(words);
        }
    }
}

impl Platform {
    /// One call for promotions.
    async fn promo<T>(&self, call: String, act: impl FnOnce(&mut World) -> T) -> Result<T, RemoteError> {
        tokio::time::sleep(self.with(|world| world.promo_delay)).await;
        let fault = self.with(|world| {
            world.publish_if_due();
            world.promo_log.push(call.clone());
            world.promo_faults.pop_front().unwrap_or(PromoFault::Fine)
        });
        let method = match call.split(' ').next() {
            Some("CREATE") => "POST",
            Some("END") => "PUT",
            _ => "GET",
        };
        let error = |status, what: &str, retry| RemoteError {
            method,
            url: "https://gobiz.test/food-promos".to_owned(),
            status,
            what: what.to_owned(),
            retry,
            request_id: None,
            lacks_scope: false,
        };
        match fault {
            PromoFault::Fine | PromoFault::Silent | PromoFault::Refused | PromoFault::NamesAnother => {
                Ok(self.with(act))
            }
            PromoFault::Lost => Err(error(None, "connection reset", Retry::After(None))),
            PromoFault::LostAfterwards => {
                self.with(act);
                Err(error(None, "connection reset", Retry::After(None)))
            }
            PromoFault::HangsBefore => self.die().await,
            PromoFault::HangsAfterwards => {
                self.with(act);
                self.die().await
            }
            PromoFault::Status(status @ 500..) => Err(error(Some(status), "unavailable", Retry::After(None))),
            PromoFault::Status(status) => Err(error(Some(status), "no", Retry::Never)),
            PromoFault::NoRight => {
                let refused = error(Some(403), "invalid_scope", Retry::Never);
                Err(RemoteError { lacks_scope: true, ..refused })
            }
        }
    }
}

impl Write for Platform {
    async fn create_promotion(
        &self,
        _outlet: &OutletId,
        key: &str,
        detail: &PromoDetail,
    ) -> Result<PromotionAnswer, RemoteError> {
        let next = self.with(|world| world.promo_faults.front().copied());
        let made = self.promo(format!("CREATE {key}"), |world| match next {
            Some(PromoFault::Refused) => PromotionAnswer::Refused("Discount is below the minimum".to_owned()),
            Some(PromoFault::NamesAnother) => world.another_promo(key, detail),
            _ => world.create_promo(key, detail),
        });
        let made = made.await?;
        Ok(if next == Some(PromoFault::Silent) { PromotionAnswer::Silent } else { made })
    }

    async fn end_promotion(&self, _outlet: &OutletId, id: &str, _has_begun: bool) -> Result<(), RemoteError> {
        if let Some(act) = self.with(|world| world.while_ending.take()) {
            self.with(act);
        }
        self.promo(format!("END {id}"), |world| world.end_promo(id)).await
    }

    fn put_catalog(
        &self,
        _outlet: &OutletId,
        request_id: Uuid,
        catalog: &Catalog,
    ) -> impl Future<Output = Result<(), RemoteError>> + Send {
        let call = Call::Put(request_id, Box::new(catalog.clone()));
        async { self.serve(call).await.map(drop) }
    }

    fn patch_stock(
        &self,
        _outlet: &OutletId,
        _kind: StockKind,
        changes: &[StockChange],
    ) -> impl Future<Output = Result<(), RemoteError>> + Send {
        let call = Call::Patch(changes.to_vec());
        async { self.serve(call).await.map(drop) }
    }
}
