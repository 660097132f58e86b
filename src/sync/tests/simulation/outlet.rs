//! One outlet of the simulation on one platform: who interferes with it, who works on it, and the judge.

use std::{cell::RefCell, collections::BTreeSet, rc::Rc};

use super::{
    super::{
        disk::{FULL, WatchedState},
        platform::{self, Disk, Pace, Permission, facts},
        *,
    },
    promotions::Promotions,
    switches::Switches,
};
use crate::{
    plan::{Action, as_published},
    state::SharedState,
};

/// Dishes whose stock the files speak of.
const CLAIMED: [&str; 3] = ["D1", "N1", "LV0"];
const EVERYTHING: [&str; 12] = ["NG", "N1", "N2", "N3", "N4", "N5", "D1", "D2", "D3", "D4", "LV0", "LV3"];
const PRICED: [&str; 4] = ["NG", "N2", "D1", "D2"];
const COMES_AND_GOES: [&str; 4] = ["N4", "N5", "D3", "D4"];

/// What a pass may take beyond its waiting for a push (our choice): looks, tries, turns.
const PASS_SLACK: Duration = Duration::from_secs(5 * 60);

/// What happened, shared by all outlets of a life.
pub(super) type Log = Rc<RefCell<Vec<String>>>;

/// What the outlet shows at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// What the files say, pushed by us.
    InSync,
    /// Nothing, and we know nothing.
    Empty,
    /// A menu that somebody else has made.
    Foreign,
}

/// A pass that is about to be made.
pub(super) struct Prepared {
    has_pending: bool,
    has_base: bool,
}

pub(super) struct SimulatedOutlet {
    pub(super) bench: Bench,
    random: fastrand::Rng,
    log: Log,
    /// What the files say at first, and in the end.
    files: Catalog,
    /// What we may have taken off and not put back yet.
    ours: BTreeSet<String>,
    /// Of these, those that the kitchen touched unseen: whoever took them off last cannot be told.
    unclear: BTreeSet<String>,
    /// Its promotions, in some lives.
    promotions: Option<Promotions>,
    /// What people switch by command, in some lives.
    switches: Option<Switches>,
}

impl SimulatedOutlet {
    /// `bench` has its state; its platform is as it was made.
    pub(super) async fn new(mut bench: Bench, seed: u64, start: Start, pace: Option<Arc<Pace>>, log: Log) -> Self {
        bench.wanted.catalog = signs();
        bench.platform.with(|world| world.pace = pace);
        match start {
            Start::InSync => assert_eq!(bench.pass().await.result, PassResult::Published),
            Start::Foreign => bench.platform.with(|world| world.fill(&foreign(seed))),
            Start::Empty => {}
        }
        bench.platform.with(|world| {
            world.signs_images = seed % 2 == 1;
            world.shuffles = seed % 4 > 1;
            world.spelling =
                [Spelling::AsStored, Spelling::Escaped, Spelling::Decomposed, Spelling::Spaced][seed as usize / 2 % 4];
        });
        if seed % 3 == 2 {
            bench.wanted.policy.drift = crate::policy::DriftPolicy::Revert;
            bench.platform.with(|world| world.reverts = true);
        }
        Self {
            bench,
            files: signs(),
            random: fastrand::Rng::with_seed(seed),
            log,
            ours: BTreeSet::new(),
            unclear: BTreeSet::new(),
            promotions: None,
            switches: None,
        }
    }

    /// The same where promotions are declared, made, ended and refused as well.
    pub(super) fn with_promotions(mut self, seed: u64) -> Self {
        self.promotions = Some(Promotions::new(&mut self.bench, seed));
        self
    }

    /// The same where people switch stock, and a layer with `when` begins and ends.
    pub(super) fn with_switches(mut self, seed: u64) -> Self {
        self.switches = Some(Switches::new(&mut self.bench, seed));
        self
    }

    /// A person may switch stock beside the daemon.
    pub(super) async fn order_stock(&mut self) {
        let Some(switches) = &mut self.switches else { return };
        let ordered = Box::pin(switches.order(&self.bench)).await;
        self.tell(ordered.clone().unwrap_or_default());
        self.assert(ordered.is_ok(), &ordered.err().unwrap_or_default());
    }

    /// What the dish costs that a layer with `when` makes cheaper.
    fn usual_price(&self) -> i64 {
        self.files.item(&"N1".into()).and_then(|item| item.price.value()).map_or(0, |price| price.0)
    }

    /// A new process has opened the state.
    pub(super) fn restart(&mut self, state: &SharedState) {
        let Bench { dir, platform, target, context, .. } = &mut self.bench;
        WatchedState::watch(context, Arc::clone(state), dir.path(), platform, target.id.as_str());
        (context.in_flight, context.poll_waker) = (InFlight::default(), PollWaker::default());
        platform.with(platform::World::restart);
    }

    pub(super) fn has_base(&self) -> bool {
        self.bench.platform.with(|world| world.ledger.as_ref().unwrap().has_base)
    }

    fn tell(&mut self, what: String) {
        let id = &self.bench.target.id;
        self.log.borrow_mut().push(format!("{id} {what}"));
    }

    fn one_of<const N: usize>(&mut self, ids: [&'static str; N]) -> &'static str {
        ids[self.random.usize(..N)]
    }

    fn edit_files(&mut self) {
        match self.random.u8(..14) {
            0..4 => {
                let (id, percent) = (self.one_of(PRICED), self.random.i64(85..=118));
                let usual = self.files.item(&id.into()).unwrap().price.value().unwrap().0;
                // In a first menu nobody can tell.
                let slip = if self.random.u8(..8) == 0 && self.has_base() { 10 } else { 1 };
                self.tell(format!("file: {id} costs {}", usual * percent * slip / 100));
                self.bench.price_in_file(id, usual * percent * slip / 100);
            }
            4..6 => {
                let (id, off) = (self.one_of(CLAIMED), self.random.bool());
                self.tell(format!("file: {id} {}", if off { "off" } else { "unsaid" }));
                let stock = if off { Field::Set(false) } else { Field::Unsaid };
                match id {
                    "LV0" => self.bench.file_variant(id).in_stock = stock,
                    _ => self.bench.file_item(id).in_stock = stock,
                }
            }
            6..9 => {
                // A few letters more may be cut to what is there.
                let more =
                    self.random.bool().then(|| self.bench.file_item("N3").description.value().cloned()).flatten();
                let sign = ["", " & ", "é \""][self.random.usize(..3)];
                let text = more.unwrap_or_else(|| format!("{:05x}{sign}", self.random.u32(..0x10_0000)));
                let text = format!("{text}{}", "x".repeat(self.random.usize(..5)));
                self.tell(format!("file: description {text}"));
                self.bench.file_item("N3").description = Field::Set(text.chars().take(100).collect());
            }
            9 => {
                let image = format!("https://img.example.com/{}.png", self.random.u8(..));
                self.tell(format!("file: {image}"));
                self.bench.file_item("NG").image = Field::Set(image);
            }
            10 => {
                self.tell("file: another order".to_owned());
                self.bench.wanted.catalog.menus[0].menu_items.rotate_left(1);
            }
            11 => {
                let price = self.random.i64(1_700..2_300);
                self.tell(format!("file: LV3 costs {price}"));
                self.bench.file_variant("LV3").price = Field::Set(Price(price));
            }
            _ => self.come_or_go(),
        }
    }

    fn come_or_go(&mut self) {
        let id = self.one_of(COMES_AND_GOES);
        let all = self.files.clone();
        let (menu, item) = all.items().find(|(_, item)| item.external_id.as_str() == id).unwrap();
        self.tell(format!("file: {id} comes or goes"));
        let menus = &mut self.bench.wanted.catalog.menus;
        let menu = menus.iter_mut().find(|known| known.name == menu.name).unwrap();
        match menu.menu_items.iter().position(|known| known.external_id == item.external_id) {
            Some(position) => drop(menu.menu_items.remove(position)),
            None => menu.menu_items.push(item.clone()),
        }
    }

    /// The kitchen or the app does something, now or just before the `number`th call.
    fn interfere(&mut self, number: Option<usize>) {
        let (id, percent) = (self.one_of(EVERYTHING), self.random.i64(85..=118));
        let (app, text) = (self.random.u8(..4) == 0, self.random.bool());
        let also = number.filter(|_| self.random.u8(..4) == 0).map(|number| number + self.random.usize(1..3));
        let who = if app { "app" } else { "kitchen" };
        self.tell(format!("{who}: {id} at {number:?} {}", also.map_or(String::new(), |also| format!("and {also}"))));
        let act = move |world: &mut platform::World| {
            let Some(in_stock) = world.stock(id) else { return };
            match world.prices().get(id) {
                Some(_) if app && text => world.app_text(id, &format!("app & \"é\" {percent}")),
                Some(price) if app => world.app_price(id, price * percent / 100 + 7),
                _ if app => {}
                _ if world.pending.is_none() || !CLAIMED.contains(&id) || in_stock => world.kitchen(id, !in_stock),
                _ => {}
            }
        };
        for number in [number, also].into_iter().flatten() {
            self.bench.platform.before(number, act);
        }
        if number.is_none() {
            self.bench.platform.with(act);
        }
    }

    fn plan_trouble(&mut self) {
        let faults = [Fault::Fine, Fault::Fine, Fault::Lost, Fault::LostAfterwards, Fault::Status(503), Fault::Busy(3)];
        let mut faults = |most: usize| {
            let count = self.random.usize(..=most);
            (0..count).map(|_| faults[self.random.usize(..faults.len())]).collect::<std::collections::VecDeque<_>>()
        };
        let (mut writes, reads) = (faults(6), faults(3));
        if self.random.u8(..8) == 0 {
            writes.push_front(Fault::Status(422));
        }
        let delay = [0, 5, 20, 90, 300, 700, 1_500, 2_400][self.random.usize(..8)];
        let rewriting = match self.random.u8(..12) {
            0..3 => Rewriting::Cut(5),
            3 => Rewriting::Capitals,
            4 => Rewriting::Stars,
            _ => Rewriting::AsSent,
        };
        let time = |random: &mut fastrand::Rng| seconds(random.u64(1..590));
        let stale = match self.random.u8(..8) {
            0 => Some(Stale::All(time(&mut self.random))),
            1 | 2 => Some(Stale::EverySecond(time(&mut self.random))),
            _ => None,
        };
        let part = (self.random.u8(..8) == 0).then(|| seconds(self.random.u64(1..50)));
        let again = (self.random.u8(..8) == 0).then(|| seconds(self.random.u64(1..300)));
        let refused = (self.random.u8(..8) == 0).then(|| self.one_of(COMES_AND_GOES).to_owned());
        let down = (self.random.u8(..12) == 0).then(|| minutes(self.random.u64(1..90)));
        let disk = self.disk_trouble();
        self.tell(format!(
            "trouble: writes {writes:?}, reads {reads:?}, delay {delay} s, {rewriting:?}, without {refused:?}, {stale:?}, \
             first menu first {part:?}, twice {again:?}, down for {down:?}, {disk:?}"
        ));
        self.bench.platform.with(|world| {
            (world.write_faults, world.read_faults, world.delay) = (writes, reads, seconds(delay));
            (world.rewriting, world.refuses) = (rewriting, refused.into_iter().collect());
            (world.stale, world.rest_after, world.again_after) = (stale, part, again);
            world.down_until = down.map(|down| tokio::time::Instant::now() + down);
            world.disk = disk;
        });
    }

    fn disk_trouble(&mut self) -> Disk {
        match self.random.u8(..12) {
            0 => Disk { writes: (0..20).map(|_| self.random.u8(..4) == 0).collect(), ..Disk::default() },
            1 => Disk { outage: Some((self.random.u32(..12), self.random.u32(1..12))), ..Disk::default() },
            _ => Disk::default(),
        }
    }

    /// What happens before and during the next pass.
    pub(super) fn disturb(&mut self) {
        self.bench.calls();
        self.bench.platform.behave();
        for _ in 0..self.random.u8(..3) {
            self.edit_files();
        }
        if self.random.bool() {
            self.interfere(None);
        }
        if self.random.bool() {
            self.plan_trouble();
        }
        if let Some(promotions) = &mut self.promotions {
            let told = promotions.disturb(&mut self.bench);
            self.tell(told);
        }
        let usual = self.usual_price();
        if let Some(switches) = &mut self.switches {
            let told = switches.disturb(&mut self.bench, usual);
            self.tell(told);
        }
        for _ in 0..self.random.u8(..3) {
            let number = self.random.usize(2..12);
            self.interfere(Some(number));
        }
    }

    /// Chooses who makes the next pass: the daemon, or a person who was shown a plan before.
    pub(super) async fn prepare(&mut self, crash: Option<Crash>) -> Prepared {
        for id in CLAIMED {
            if self.says_off(id) {
                self.ours.insert(id.to_owned());
            }
        }
        self.bench.options = PassOptions::default();
        if self.random.u8(..4) == 0 {
            self.show_plan().await;
        }
        let released = self.random.u8(..4) == 0;
        if released {
            self.bench.options.released.insert(Guard::FirstContact);
        }
        if let Some(promotions) = &mut self.promotions {
            promotions.begin_pass(&mut self.bench);
        }
        let has_pending = self.has_pending();
        let permission = match &self.bench.options.consent {
            Consent::Standing => Permission::AsGuardsSay,
            Consent::Agreed(digest) => Permission::Only(digest.0.clone()),
            Consent::ShowOnly(_) | Consent::OffSaleOnly(_) => Permission::Nothing,
        };
        let told = format!("{permission:?}{}", if released { ", first contact let through" } else { "" });
        self.tell(told);
        let off = self.off_in_files();
        let has_base = self.bench.platform.with(|world| {
            world.off_in_files = off;
            world.crash = crash;
            world.disk.failed = 0;
            let ledger = world.ledger.as_mut().unwrap();
            (ledger.permission, ledger.may_adopt, ledger.begun) = (permission, released, 0);
            ledger.has_base
        });
        Prepared { has_pending, has_base }
    }

    /// What `apply` does before its passes: it shows a plan and asks, while the files stay as they were read. Then much may
    /// happen.
    async fn show_plan(&mut self) {
        let released = BTreeSet::new();
        let (now, peers) = (self.bench.context.clock.now(), Arc::clone(&self.bench.context.peers));
        let moment =
            Moment { now, peers: &peers, revert: false, released: &released, rollback: None, stock_by_put: false };
        let Bench { context, platform, target, wanted, .. } = &self.bench;
        let recalled = match recall(&context.state, &target.id, now).await {
            Ok(recalled) => recalled,
            Err(_) => return,
        };
        // Without a plan that was shown there is no pass of a person. What goes wrong with promotions is for the pass.
        let faults = platform.with(|world| std::mem::take(&mut world.promo_faults));
        let shown = examine(&**platform, recalled, target, wanted, moment).await;
        platform.with(|world| world.promo_faults = faults);
        // Who only looks stores nothing, so this is no look that a push could go by.
        platform.with(platform::World::forget_last_call);
        let Ok((_, shown)) = shown else { return };
        let plan = &shown.plan;
        let may_push = plan.action != Action::None && !plan.is_held();
        let agrees = may_push && self.random.u8(..4) != 0;
        let digest = plan.digest.clone();
        self.bench.options.consent = if agrees { Consent::Agreed(digest) } else { Consent::ShowOnly(digest) };
        self.tell(format!("shown: {:?} {:?}, held: {}, agreed: {agrees}", plan.action, plan.digest, plan.is_held()));
        if self.random.bool() {
            self.interfere(None);
        }
        if self.random.u8(..4) == 0 {
            // A dated layer begins.
            self.edit_files();
            for id in CLAIMED {
                if self.says_off(id) {
                    self.ours.insert(id.to_owned());
                }
            }
        }
        tokio::time::sleep(seconds(self.random.u64(..1_200))).await;
    }

    /// Whether a push has no outcome yet, whatever the disk does to others.
    fn has_pending(&self) -> bool {
        let disk = self.bench.platform.with(|world| std::mem::take(&mut world.disk));
        let pending = done(self.bench.context.state.pending_push(self.bench.target.id.as_str())).unwrap();
        self.bench.platform.with(|world| world.disk = disk);
        pending.is_some()
    }

    /// Judges what a pass did, and how it says that it ended; `None`: its process died.
    pub(super) fn check_pass(&mut self, prepared: &Prepared, outcome: Option<&Outcome>, took: Duration) {
        let described = outcome.map(|outcome| {
            let changes = outcome.plan.iter().flat_map(|plan| &plan.changes).map(|c| {
                format!("{} {} → {}", c.path, crate::report::value_json(&c.from), crate::report::value_json(&c.to))
            });
            (outcome.result, outcome.state, outcome.error.clone(), changes.collect::<Vec<_>>())
        });
        let calls = self.bench.platform.take_log();
        self.tell(format!("pass: {calls:?} {described:?}"));
        let (begun, failed, live_is_empty) = self.bench.platform.with(|world| {
            let failed = std::mem::take(&mut world.disk).failed;
            (world.ledger.as_ref().unwrap().begun, failed, world.live.is_empty())
        });
        if let Some(promotions) = &mut self.promotions {
            let may_act = !matches!(self.bench.options.consent, Consent::ShowOnly(_));
            let (told, wrong) = promotions.end_pass(&self.bench, may_act);
            self.tell(told);
            self.assert(wrong.is_empty(), &wrong);
        }
        let Some(outcome) = outcome else { return };
        // It sees at most one earlier push through, and one of its own; a menu that carries the stock of a refused call is
        // another one, which a guard may hold.
        let says_instead = outcome.error.as_deref().is_some_and(|why| why.contains("a push of the whole menu instead"));
        let patch = calls.iter().position(|call| call.starts_with("PATCH"));
        let sends_instead = patch.is_some_and(|patch| calls[patch..].iter().any(|call| call.starts_with("PUT")));
        let may_be_two = u32::from(says_instead || sends_instead);
        let pushes = u32::from(prepared.has_pending) + begun.min(1 + may_be_two);
        // Promotions that end before it and those that come after it are looked for as long as a push.
        let waits = pushes.max(1) + if self.promotions.is_some() { 2 } else { 0 } + u32::from(self.switches.is_some());
        let most = platform::VERIFY_TIMEOUT * waits + PASS_SLACK;
        self.assert(took <= most, &format!("a pass took {took:?} instead of at most {most:?}"));
        self.assert(begun <= 1 + may_be_two, &format!("one pass began {begun} pushes"));
        self.assert(!says_instead || patch.is_some(), "no stock call was refused");
        let is_held = matches!(outcome.result, PassResult::Held | PassResult::Queued);
        let most_held = u32::from(says_instead);
        self.assert(!is_held || begun == most_held, "a push began in a pass that says that it was held");
        let may_begin = !matches!(self.bench.options.consent, Consent::ShowOnly(_));
        self.assert(may_begin || begun == 0, "a push began although its plan was shown as held, or declined");
        if failed > 0 {
            let says = [&outcome.error, &outcome.unstored].into_iter().flatten().any(|why| why.contains(FULL));
            // Where a switch could not be stored as switched back, the menu goes on as it does.
            let is_failed = outcome.state == OutletState::Failed || self.switches.is_some();
            self.assert(is_failed && says, "a state that fails is not said");
        }
        let is_first_contact = !prepared.has_base && !prepared.has_pending && !live_is_empty && begun == 0;
        let is_examined = outcome.plan.as_ref().is_some_and(|plan| plan.action != Action::None);
        if is_first_contact && is_examined && failed == 0 && self.bench.options.released.is_empty() {
            let held = outcome.plan.iter().flat_map(|plan| plan.held()).any(|held| held.guard == Guard::FirstContact);
            self.assert(held && outcome.result == PassResult::Held, "a first contact is not held");
        }
    }

    fn off_in_files(&mut self) -> BTreeSet<String> {
        CLAIMED.iter().filter(|id| self.says_off(id)).map(|id| (*id).to_owned()).collect()
    }

    fn says_off(&mut self, id: &str) -> bool {
        let stock = match id {
            "LV0" => &self.bench.file_variant(id).in_stock,
            _ => &self.bench.file_item(id).in_stock,
        };
        *stock == Field::Set(false)
    }

    /// Judges what is live.
    pub(super) fn check(&mut self, outcome: Option<Outcome>) {
        let violations = self.bench.platform.with(|world| std::mem::take(&mut world.violations));
        self.assert(violations.is_empty(), &format!("{violations:?}"));
        let at_rest = outcome.is_some_and(|outcome| {
            use PassResult::{Nonconvergent, Published, Unchanged};
            let open = done(self.bench.context.state.pending_push(self.bench.target.id.as_str())).unwrap();
            let done = matches!(outcome.result, Unchanged | Published | Nonconvergent);
            if outcome.result == Nonconvergent {
                // What live settled on is our base now, whoever made it.
                self.bench.platform.with(|world| world.app_edits.clear());
            }
            open.is_none() && done && self.bench.platform.with(|world| world.pending.is_none())
        });
        if !at_rest {
            return;
        }
        let (stock, excused) = self.bench.platform.with(|w| (w.all_stock(), std::mem::take(&mut w.excused)));
        self.unclear.extend(excused.intersection(&self.ours).cloned());
        let excused = excused.union(&self.unclear);
        for id in excused.filter(|id| stock.contains_key(*id)) {
            self.bench.platform.with(|world| world.intent.insert(id.clone(), stock[id]));
        }
        let pushes = done(self.bench.context.state.pushes(Some(self.bench.target.id.as_str()), 100)).unwrap();
        let lost = pushes.iter().any(|push| push.outcome == Some(PushOutcome::Lost));
        self.bench.platform.with(|world| world.may_forget_what_left |= lost);
        // Nobody looks for a push that counts as lost.
        let late = self.bench.platform.with(|world| std::mem::take(&mut world.late));
        let ours = |id: &String| !stock[id] && self.ours.contains(id);
        for id in late.into_iter().filter(|id| lost && stock.contains_key(id) && !ours(id)) {
            self.bench.platform.with(|world| world.intent.insert(id.clone(), stock[&id]));
        }
        let intent = self.bench.platform.with(|world| world.intent.clone());
        // In doubt something is off: never on.
        let in_doubt = self.bench.platform.with(|world| {
            world.sold_out.retain(|id| stock.get(id) == Some(&false));
            world.sold_out.clone()
        });
        for (id, in_stock) in stock {
            let may_be_off = self.ours.contains(&id) || in_doubt.contains(&id);
            self.assert(intent[&id] == in_stock || !in_stock && may_be_off, &format!("{id} is {in_stock} live"));
        }
        // A push that counted as lost may have taken something off all the same. That stays off: better too little on sale.
        for id in CLAIMED {
            if !self.says_off(id) && !lost {
                self.ours.remove(id);
                self.unclear.remove(id);
            }
        }
        self.forget_settled_edits();
    }

    /// Where files and live agree, an edit in the app is no drift any more.
    fn forget_settled_edits(&mut self) {
        let files = facts(&as_published(&self.bench.wanted.catalog));
        self.bench.platform.with(|world| {
            let live = facts(&world.live);
            world.app_edits.retain(|fact, _| live.get(fact) != files.get(fact));
        });
    }

    pub(super) async fn come_to_rest(&mut self) {
        self.bench.platform.behave();
        let promotions = std::mem::take(&mut self.bench.wanted.catalog.promotions);
        self.bench.wanted.catalog = Catalog { promotions, ..self.files.clone() };
        for _ in 0..6 {
            let (outcome, calls) = self.pass_at_rest().await;
            tokio::time::sleep(minutes(40)).await;
            self.tell(format!("rest: {calls:?} {:?} {:?} {:?}", outcome.result, outcome.state, outcome.error));
            self.check(Some(outcome));
        }
        let (outcome, calls) = self.pass_at_rest().await;
        // A platform that goes on cutting texts is left alone, and that is told.
        if self.switches.is_some() {
            let wrong = Switches::judge_rest(&self.bench);
            self.assert(wrong.is_empty(), &wrong);
        }
        let rests = matches!(outcome.result, PassResult::Unchanged | PassResult::Nonconvergent);
        // Nor are promotions touched behind a push that GoFood never shows.
        let is_never_shown = outcome.error.as_deref().is_some_and(|why| why.contains("never showed it"));
        if let Some(promotions) = self.promotions.as_ref().filter(|_| !is_never_shown) {
            let wrong = promotions.judge_rest(&self.bench, outcome.plan.as_deref());
            self.assert(wrong.is_empty(), &wrong);
        }
        // After the list of promotions, what would be pushed is looked at again.
        let may_look_twice = self.promotions.is_some() && calls == ["GET", "GET"];
        self.assert(rests && (calls == ["GET"] || may_look_twice), &format!("no rest: {outcome:?}"));
        let live = self.bench.platform.with(|world| world.prices());
        let files = self.files.clone();
        let plan = outcome.plan.unwrap();
        let told: BTreeSet<String> = plan.changes.iter().map(|change| change.path.to_string()).collect();
        for (_, item) in files.items() {
            let id = item.external_id.as_str();
            let as_wanted = live.get(id).copied() == item.price.value().map(|price| price.0);
            let path = if live.contains_key(id) { format!("items/{id}/price") } else { format!("items/{id}") };
            self.assert(as_wanted || told.contains(&path), &format!("{id} costs {:?}", live.get(id)));
        }
        if self.switches.is_some() {
            let usual = self.usual_price();
            let wrong = Switches::judge_edges(&mut self.bench, usual).await;
            self.assert(wrong.is_empty(), &wrong);
        }
    }

    /// A pass of the daemon in peace. A person lets through what nobody knows.
    async fn pass_at_rest(&mut self) -> (Outcome, Vec<String>) {
        self.bench.options = PassOptions::default();
        self.bench.options.released.insert(Guard::FirstContact);
        if let Some(promotions) = &mut self.promotions {
            promotions.begin_pass(&mut self.bench);
        }
        let off = self.off_in_files();
        self.bench.platform.with(|world| {
            world.off_in_files = off;
            let ledger = world.ledger.as_mut().unwrap();
            (ledger.permission, ledger.may_adopt) = (Permission::AsGuardsSay, true);
        });
        let outcome = self.bench.pass().await;
        (outcome, self.bench.calls())
    }

    #[track_caller]
    fn assert(&self, holds: bool, what: &str) {
        assert!(holds, "{}: {what}, after\n{}", self.bench.target.id, self.log.borrow().join("\n"));
    }
}

/// The dishes of the other tests, with signs in their names that platforms escape.
fn signs() -> Catalog {
    let mut catalog = warung();
    catalog.menus[1].name = "Minuman & Es".to_owned();
    catalog.menus[0].menu_items[2].name = text("Nasi \"2\" é");
    catalog.variant_categories[0].name = text("Level & pedas");
    catalog
}

/// The same dishes as somebody else has put them in: other prices, texts and stock.
fn foreign(seed: u64) -> Catalog {
    let (mut catalog, random) = (signs(), fastrand::Rng::with_seed(seed));
    for item in catalog.menus.iter_mut().flat_map(|menu| &mut menu.menu_items) {
        let random = &mut random.clone();
        item.price = item.price.clone().map(|price| Price(price.0 * random.i64(90..112) / 100));
        item.in_stock = Field::Set(random.u8(..6) != 0);
    }
    catalog.menus[0].menu_items[0].price = Field::Set(Price(24_000));
    catalog.menus[0].menu_items[3].description = text("Dari aplikasi");
    catalog
}
