//! What a switch of stock does, and when it is switched back. Stock is the kitchen's: nothing goes on sale that was off
//! before the switch, that the files take off sale, or that anybody else has switched since.

use std::{collections::BTreeSet, sync::Arc};

use jiff::{SignedDuration, Timestamp};

use super::{
    GuardVerdict, LiveStock, Memory, StockCalls, StockSwitch, SwitchHappening, SwitchStage, calls_of,
    guards::judge_sold_out, switch::shown, thing,
};
use crate::{
    catalog::{ExternalId, Path, StockChange, StockKind, live::LiveCatalog},
    policy::Guard,
};

/// A call that broke off may still be carried out for this long: the longest timeout and the time for tries (our choice).
const MAY_STILL_COME: SignedDuration = SignedDuration::from_secs(150);

/// A dish that a broken-off call was to put on sale goes on sale within this time or not at all: later, the kitchen may have
/// sold it out again (our choice).
const MAY_BE_REPEATED: SignedDuration = SignedDuration::from_mins(10);

/// A dish goes back on sale so long after its end at most, or after a look that had to leave it as it was: in a longer time
/// nobody looked at, the kitchen may have put it on sale and sold it out again (our choice; `run --once` may be hourly).
const MAY_BE_LATE: SignedDuration = SignedDuration::from_hours(2);

/// For so long after a switch a copy that is behind may show it the other way round (our choice).
const MAY_BE_BEHIND: SignedDuration = SignedDuration::from_mins(10);

/// Where the files take something off sale; `None`: they do not.
pub type OffInFiles<'a> = dyn Fn(&Path) -> Option<String> + Sync + 'a;

/// What a person asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchOrder {
    /// Dishes and choices, each once.
    pub things: Vec<(StockKind, ExternalId)>,
    /// On sale, or sold out.
    pub in_stock: bool,
    /// When they are switched back; `None`: never.
    pub until: Option<Timestamp>,
    /// Now.
    pub at: Timestamp,
    /// Which of `gobiz.accounts` does it.
    pub account: Option<Arc<str>>,
}

/// What becomes of one dish or choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SwitchStep {
    /// It is switched, by these.
    Set(Vec<StockChange>),
    /// It is so by an earlier switch with an end, which becomes another.
    Extend,
    /// It is so already, and not by a switch of ours: it is not switched back.
    Already,
    /// The live menu has none of this id.
    Absent,
    /// It is not switched, in words.
    Refused(String),
}

/// One dish or choice, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedSwitch {
    /// As it is stored while its call is under way.
    pub switch: StockSwitch,
    /// The earlier switch of the same thing.
    pub earlier: Option<StockSwitch>,
    /// What becomes of it.
    pub step: SwitchStep,
    /// Whether the end that was asked for is left out ([`END_LEFT_OUT`]).
    pub loses_end: bool,
}

/// Why something is not put back on sale at the end of what was ordered.
pub const END_LEFT_OUT: &str = "GoFood shows it sold out already, which may be a copy from before it went on sale, or the kitchen: it is not put \
                                back on sale at the end";

/// What an order does to one outlet.
#[derive(Debug, Clone, PartialEq)]
pub struct SwitchPlan {
    /// In the order in which they were asked for.
    pub switches: Vec<PlannedSwitch>,
    /// What `sold-out` has to say.
    pub guard: Option<GuardVerdict>,
}

/// What becomes of what is ordered, by what is live now. `known`: earlier switches.
pub fn plan_switches(
    order: &SwitchOrder,
    live: &LiveCatalog,
    known: &[StockSwitch],
    off_in_files: &OffInFiles<'_>,
    limit: f64,
    released: &BTreeSet<Guard>,
) -> SwitchPlan {
    let switches: Vec<PlannedSwitch> = order
        .things
        .iter()
        .map(|(kind, id)| {
            let stock = LiveStock::of(live, *kind, id);
            let earlier = known.iter().find(|known| (known.kind, &known.id) == (*kind, id)).cloned();
            let is_in_doubt = !order.in_stock
                && stock.as_ref().is_some_and(|stock| !stock.shows(true))
                && earlier.as_ref().is_some_and(|one| may_have_gone_on_sale(one, order.at));
            let switch = StockSwitch {
                kind: *kind,
                id: id.clone(),
                name: stock.as_ref().map(|stock| stock.name.clone()).unwrap_or_default(),
                in_stock: order.in_stock,
                at: order.at,
                until: order.until.filter(|_| !is_in_doubt),
                account: order.account.clone(),
                stage: SwitchStage::Sending,
                held_at: None,
                is_doubted: false,
                is_returned: false,
            };
            let step = match stock {
                None => SwitchStep::Absent,
                // What is to be sold out is sent all the same.
                Some(stock) if is_in_doubt => SwitchStep::Set(stock.changes(id, false)),
                Some(stock) => step(&switch, &stock, earlier.as_ref(), off_in_files),
            };
            PlannedSwitch { switch, earlier, step, loses_end: is_in_doubt && order.until.is_some() }
        })
        .collect();
    let goes_off = |planned: &&PlannedSwitch| {
        matches!(planned.step, SwitchStep::Set(_)) && !order.in_stock && planned.switch.kind == StockKind::Items
    };
    let off: Vec<Path> = switches.iter().filter(goes_off).map(|planned| planned.switch.path()).collect();
    let guard = judge_sold_out(off, dishes(live), limit, released.contains(&Guard::SoldOut));
    SwitchPlan { switches, guard }
}

/// A dish that is shown twice is one.
fn dishes(live: &LiveCatalog) -> usize {
    let mut known = BTreeSet::new();
    live.items().filter(|(_, item)| item.uuid.is_empty() || known.insert(item.uuid.as_str())).count()
}

/// Whether a switch, or the end of one, has put something on sale so lately that a copy that is behind shows it sold out.
fn may_have_gone_on_sale(switch: &StockSwitch, now: Timestamp) -> bool {
    match switch.stage {
        SwitchStage::Sending | SwitchStage::Set => switch.in_stock && is_recent(switch.at, now),
        SwitchStage::Returning(_) | SwitchStage::Returned(_) => !switch.in_stock,
    }
}

fn step(
    switch: &StockSwitch,
    stock: &LiveStock,
    earlier: Option<&StockSwitch>,
    off_in_files: &OffInFiles<'_>,
) -> SwitchStep {
    if stock.shows(switch.in_stock) {
        let is_ours =
            earlier.is_some_and(|one| one.in_stock == switch.in_stock && one.until.is_some() && !one.is_doubted);
        return if is_ours { SwitchStep::Extend } else { SwitchStep::Already };
    }
    if !stock.shows(!switch.in_stock) && (switch.in_stock || switch.until.is_some()) {
        let why = "GoFood shows it more than once, in stock and sold out, or its stock cannot be read; \
                   `off` without an end is possible";
        return SwitchStep::Refused(why.to_owned());
    }
    if let (true, Some(place)) = (switch.in_stock, off_in_files(&switch.path())) {
        return SwitchStep::Refused(format!(
            "the files take it off sale ({place}): remove `in_stock: false` there, and `menusync apply` puts back what it \
             took off"
        ));
    }
    SwitchStep::Set(stock.changes(&switch.id, switch.in_stock))
}

impl SwitchPlan {
    /// Whether the guard holds it.
    pub fn held(&self) -> Option<&GuardVerdict> {
        self.guard.as_ref().filter(|guard| guard.verdict == super::Verdict::Held)
    }

    /// Whether anything is to be sent.
    pub fn is_to_send(&self) -> bool {
        self.switches.iter().any(|planned| matches!(planned.step, SwitchStep::Set(_)))
    }

    /// The calls that switch them, at most one of each kind.
    pub fn calls(&self) -> StockCalls {
        let sent = self.switches.iter().filter_map(|planned| match &planned.step {
            SwitchStep::Set(changes) => Some((planned.switch.kind, changes.clone())),
            _ => None,
        });
        calls_of(sent)
    }
}

/// Whether live shows all that a call has set.
pub fn shows_all(live: &LiveCatalog, kind: StockKind, changes: &[StockChange]) -> bool {
    let shows = |change: &StockChange| {
        LiveStock::of(live, kind, &change.external_id).is_some_and(|stock| stock.shows(change.in_stock))
    };
    changes.iter().all(shows)
}

/// What is to be done about a switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SwitchVerdict {
    /// Nothing yet.
    Wait,
    /// Live shows it: its call was carried out.
    Seen,
    /// It has ended like this.
    End(SwitchHappening),
    /// It has no end, and no copy is behind it any more.
    Forget,
    /// Its end has come, it is as it was left, and it may not be switched back yet.
    Hold,
    /// It is to be switched back now, by these.
    Back(Vec<StockChange>),
}

/// Who switches back what has reached its end.
pub struct SwitchReturns<'a> {
    /// Which of `gobiz.accounts` reaches the outlet.
    pub account: Option<&'a str>,
    /// Where the files take something off sale.
    pub off_in_files: &'a OffInFiles<'a>,
    /// Whether a push of ours has taken something off sale for the files, and nobody has put it back.
    pub taken_off: &'a (dyn Fn(&StockSwitch) -> bool + Sync),
    /// Whether the files have something on the menu, now or when a layer with `when` counts.
    pub comes_back: &'a (dyn Fn(&Path) -> bool + Sync),
}

/// What is to be done about a switch, by what is live now. Without `returns` nothing may be switched back.
pub fn judge_switch(
    switch: &StockSwitch,
    live: &LiveCatalog,
    memory: &Memory,
    now: Timestamp,
    returns: Option<&SwitchReturns<'_>>,
) -> SwitchVerdict {
    use SwitchHappening::{Doubtful, Gone, NotSeen, SwitchedBack};
    let is_due = switch.until.is_some_and(|until| until <= now);
    let is_sending = switch.stage == SwitchStage::Sending;
    let is_late = now.duration_since(switch.at).abs() > MAY_STILL_COME;
    if !switch.is_open() {
        return if is_recent(switch.at, now) { SwitchVerdict::Wait } else { SwitchVerdict::Forget };
    }
    let Some(stock) = LiveStock::of(live, switch.kind, &switch.id) else {
        return match () {
            // A menu that reads empty teaches nothing.
            () if live.is_empty() => SwitchVerdict::Wait,
            () if is_due => judge_away(switch, memory, returns),
            () if is_sending && is_late => SwitchVerdict::End(Gone),
            () => SwitchVerdict::Wait,
        };
    };
    let goes_on_sale = !switch.in_stock;
    match switch.stage {
        SwitchStage::Sending if stock.shows(switch.in_stock) => return SwitchVerdict::Seen,
        SwitchStage::Sending if is_late => return SwitchVerdict::End(NotSeen),
        SwitchStage::Sending => return SwitchVerdict::Wait,
        SwitchStage::Returning(_) | SwitchStage::Returned(_) if stock.shows(!switch.in_stock) => {
            return SwitchVerdict::End(SwitchedBack);
        }
        SwitchStage::Returning(at) if goes_on_sale && now.duration_since(at).abs() > MAY_BE_REPEATED => {
            return SwitchVerdict::End(Doubtful);
        }
        // What was carried out is not repeated: if it does not show, the kitchen has sold it out since.
        SwitchStage::Returned(at) if goes_on_sale => {
            let is_over = now.duration_since(at).abs() > MAY_STILL_COME;
            return if is_over { SwitchVerdict::End(Doubtful) } else { SwitchVerdict::Wait };
        }
        _ if !stock.shows(switch.in_stock) => return judge_undone(switch, live, now, returns),
        // The kitchen may have sold it out again since.
        _ if switch.is_doubted && goes_on_sale => return SwitchVerdict::End(Doubtful),
        _ => {}
    }
    let looked_at = switch
        .until
        .filter(|_| is_due)
        .map(|until| switch.held_at.filter(|held| *held <= now).map_or(until, |held| held.max(until)));
    let Some(looked_at) = looked_at else { return SwitchVerdict::Wait };
    if goes_on_sale && now.duration_since(looked_at) > MAY_BE_LATE {
        return SwitchVerdict::End(Doubtful);
    }
    let Some(returns) = returns else { return SwitchVerdict::Hold };
    if switch.account.as_deref() != returns.account {
        return SwitchVerdict::End(SwitchHappening::OtherAccount);
    }
    if goes_on_sale && (returns.off_in_files)(&switch.path()).is_some() {
        return SwitchVerdict::Hold;
    }
    SwitchVerdict::Back(stock.changes(&switch.id, !switch.in_stock))
}

/// What is to be done about a switch that live shows undone. Just after it that may be a copy that is behind, or the kitchen,
/// which may sell out again what it has put on sale: that does not go on sale at the end. To go off at the end is safe.
fn judge_undone(
    switch: &StockSwitch,
    live: &LiveCatalog,
    now: Timestamp,
    returns: Option<&SwitchReturns<'_>>,
) -> SwitchVerdict {
    use SwitchHappening::{ChangedElsewhere, Doubtful, OtherAccount, SwitchedBack};
    let may_be_behind = behind_until(switch, live, now).is_some();
    if !switch.in_stock {
        return SwitchVerdict::End(if may_be_behind { Doubtful } else { ChangedElsewhere });
    }
    // It may be a push of ours that took it off for the files.
    let is_ours =
        |returns: &SwitchReturns<'_>| (returns.off_in_files)(&switch.path()).is_some() || (returns.taken_off)(switch);
    match returns {
        None => SwitchVerdict::Wait,
        Some(returns) if !is_ours(returns) => match may_be_behind {
            true => SwitchVerdict::Wait,
            false => SwitchVerdict::End(ChangedElsewhere),
        },
        Some(_) if switch.until.is_none_or(|until| now < until) => SwitchVerdict::Wait,
        Some(returns) if switch.account.as_deref() != returns.account => SwitchVerdict::End(OtherAccount),
        Some(_) => SwitchVerdict::End(SwitchedBack),
    }
}

/// Whether live shows that somebody has put on sale what a switch with an end took off.
pub fn is_overruled(switch: &StockSwitch, live: &LiveCatalog) -> bool {
    let is_taken_off = switch.stage == SwitchStage::Set && switch.until.is_some() && !switch.in_stock;
    is_taken_off && LiveStock::of(live, switch.kind, &switch.id).is_some_and(|stock| !stock.shows(false))
}

/// What is to be done at the end of what is not on the menu. What a push of ours has taken away as it was left comes back as it
/// would be if it had stayed: nobody can have switched it since.
fn judge_away(switch: &StockSwitch, memory: &Memory, returns: Option<&SwitchReturns<'_>>) -> SwitchVerdict {
    let has_left = |in_stock| memory.left_at(&switch.thing(), in_stock).is_some_and(|at| at >= switch.at);
    // What was sold out before a switch never comes back on sale by being away.
    let is_ours_to_end = match switch.in_stock {
        true => has_left(true) || has_left(false),
        false => switch.stage == SwitchStage::Set && !switch.is_doubted && has_left(false),
    };
    if !is_ours_to_end {
        return SwitchVerdict::End(SwitchHappening::Gone);
    }
    match returns {
        None => SwitchVerdict::Wait,
        Some(returns) if switch.account.as_deref() != returns.account => {
            SwitchVerdict::End(SwitchHappening::OtherAccount)
        }
        Some(returns) if !(returns.comes_back)(&switch.thing()) => SwitchVerdict::End(SwitchHappening::Gone),
        Some(_) => SwitchVerdict::End(SwitchHappening::EndedAway),
    }
}

/// Whether a copy may still be behind what was done `at` a moment. A clock that was set back makes nothing last longer.
fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(at).abs() <= MAY_BE_BEHIND
}

/// Where live reads as if a switch had not been made, so soon after it that the copy may be behind: until when. The same of
/// the call that takes something off sale at its end; what is to go on sale then is left off by who does not see it.
pub fn behind_until(switch: &StockSwitch, live: &LiveCatalog, now: Timestamp) -> Option<Timestamp> {
    let (at, in_stock) = match switch.stage {
        SwitchStage::Sending | SwitchStage::Set => (switch.at, switch.in_stock),
        SwitchStage::Returning(at) | SwitchStage::Returned(at) if switch.in_stock => (at, false),
        SwitchStage::Returning(_) | SwitchStage::Returned(_) => return None,
    };
    let is_undone = || LiveStock::of(live, switch.kind, &switch.id).is_some_and(|stock| !stock.shows(in_stock));
    let until = at.min(now).saturating_add(MAY_BE_BEHIND).unwrap_or(Timestamp::MAX);
    (is_recent(at, now) && is_undone()).then_some(until)
}

/// The ids of one kind on a live menu, for who has written another one.
pub fn live_ids(live: &LiveCatalog, kind: StockKind) -> BTreeSet<&str> {
    shown(live, kind).into_iter().filter_map(|(id, ..)| id.value()).map(ExternalId::as_str).collect()
}

/// The label of a dish or choice: `Nasi Goreng (items/NG)`, without a name its path.
pub fn label(kind: StockKind, id: &ExternalId, name: &str) -> String {
    let path = thing(kind, id);
    if name.trim().is_empty() { path.to_string() } else { format!("{name} ({path})") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;
    use crate::catalog::{
        Field,
        live::{LiveCatalog, LiveItem, LiveMenu},
    };

    /// Items by UUID, id and stock.
    fn live(items: &[(&str, &str, Field<bool>)]) -> LiveCatalog {
        let item = |(uuid, id, in_stock): &(&str, &str, Field<bool>)| LiveItem {
            uuid: (*uuid).to_owned(),
            external_id: Field::Set((*id).into()),
            name: format!("Nasi {id}"),
            in_stock: in_stock.clone(),
            ..LiveItem::default()
        };
        let menu = LiveMenu { menu_items: items.iter().map(item).collect(), ..LiveMenu::default() };
        LiveCatalog { menus: vec![menu], ..LiveCatalog::default() }
    }

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 60 * minute).unwrap()
    }

    fn plan_of(live: &LiveCatalog, in_stock: bool, until: Option<Timestamp>, known: &[StockSwitch]) -> SwitchPlan {
        let things = vec![(StockKind::Items, "NG".into())];
        let order = SwitchOrder { things, in_stock, until, at: at(0), account: None };
        plan_switches(&order, live, known, &|_| None, 50.0, &BTreeSet::new())
    }

    #[test]
    fn copies_that_differ_or_cannot_be_read_go_off_without_an_end_and_nothing_else() {
        for second in [Field::Set(false), Field::Unsaid, Field::Null] {
            let live =
                live(&[("1", "NG", Field::Set(true)), ("2", "NG", second.clone()), ("3", "TEH", Field::Set(true))]);
            let step = |in_stock, until| plan_of(&live, in_stock, until, &[]).switches.remove(0).step;
            assert!(matches!(step(true, None), SwitchStep::Refused(_)), "{second:?}");
            assert!(matches!(step(false, Some(at(60))), SwitchStep::Refused(_)), "{second:?}");
            let SwitchStep::Set(changes) = step(false, None) else { panic!("{second:?}") };
            assert_eq!(changes.iter().map(|change| change.uuid.as_str()).collect::<Vec<_>>(), ["1", "2"]);
        }
    }

    #[test]
    fn a_dish_that_is_shown_twice_counts_once_and_its_call_names_it_once() {
        let on = Field::Set(true);
        let live = live(&[("1", "NG", on.clone()), ("1", "NG", on.clone()), ("2", "TEH", on)]);
        let plan = plan_of(&live, false, None, &[]);
        assert_eq!(plan.calls()[0].1.len(), 1);
        assert_eq!(plan.guard.as_ref().unwrap().actual, Some(50.0));
        assert!(plan.held().is_none() && plan.is_to_send());
    }

    /// Of `NG`, made at minute 0 until minute 60.
    fn switch(stage: SwitchStage, in_stock: bool) -> StockSwitch {
        StockSwitch {
            held_at: None,
            is_doubted: false,
            is_returned: false,
            kind: StockKind::Items,
            id: "NG".into(),
            name: String::new(),
            in_stock,
            at: at(0),
            until: Some(at(60)),
            account: None,
            stage,
        }
    }

    #[test]
    fn what_is_to_be_sold_out_is_sent_although_an_old_copy_shows_it_so() {
        let live = live(&[("1", "NG", Field::Set(false))]);
        let switch = |in_stock, minute, stage| StockSwitch { at: at(minute), until: None, ..switch(stage, in_stock) };
        let plan = |earlier: StockSwitch| plan_of(&live, false, Some(at(60)), &[earlier]).switches.remove(0);
        let back =
            [SwitchStage::Returning(at(-1)), SwitchStage::Returned(at(-1))].map(|stage| switch(false, -60, stage));
        for earlier in back.into_iter().chain([switch(true, -1, SwitchStage::Set)]) {
            let planned = plan(earlier.clone());
            assert!(matches!(planned.step, SwitchStep::Set(_)), "{earlier:?}");
            assert_eq!((planned.switch.until, planned.loses_end), (None, true), "the kitchen may have sold it out");
        }
        assert_eq!(plan(switch(true, -11, SwitchStage::Set)).step, SwitchStep::Already);
    }

    #[test]
    fn an_end_is_judged_by_what_is_live_then() {
        use SwitchHappening::*;
        let shows = |in_stock| live(&[("1", "NG", Field::Set(in_stock))]);
        let judge = |switch: &StockSwitch, live: &LiveCatalog, minute, account| {
            let returns =
                SwitchReturns { account, off_in_files: &|_| None, taken_off: &|_| false, comes_back: &|_| false };
            judge_switch(switch, live, &Memory::default(), at(minute), Some(&returns))
        };
        let (sending, set, returning) = (SwitchStage::Sending, SwitchStage::Set, SwitchStage::Returning(at(60)));
        let returned = SwitchStage::Returned(at(60));
        let end = SwitchVerdict::End;
        let back = |in_stock| {
            SwitchVerdict::Back(vec![StockChange { external_id: "NG".into(), uuid: "1".to_owned(), in_stock }])
        };
        for (stage, is_on, minute, verdict) in [
            (sending, true, 2, SwitchVerdict::Wait),
            (sending, true, 3, end(NotSeen)),
            (sending, false, 90, SwitchVerdict::Seen),
            (set, false, 59, SwitchVerdict::Wait),
            (set, false, 60, back(true)),
            (set, true, 5, end(Doubtful)),
            (set, true, 11, end(ChangedElsewhere)),
            (set, true, 61, end(ChangedElsewhere)),
            (returning, true, 61, end(SwitchedBack)),
            (returning, false, 70, back(true)),
            (returning, false, 71, end(Doubtful)),
            (returned, true, 90, end(SwitchedBack)),
            (returned, false, 61, SwitchVerdict::Wait),
            (returned, false, 63, end(Doubtful)),
            (set, false, 180, back(true)),
            (set, false, 181, end(Doubtful)),
        ] {
            assert_eq!(
                judge(&switch(stage, false), &shows(is_on), minute, None),
                verdict,
                "{stage:?} {is_on} {minute}"
            );
        }
        // To go off is safe at any time, and no copy that is behind keeps it from that.
        assert_eq!(judge(&switch(set, true), &shows(false), 5, None), SwitchVerdict::Wait);
        assert_eq!(judge(&switch(set, true), &shows(false), 11, None), end(ChangedElsewhere));
        for stage in [set, returning, returned] {
            assert_eq!(judge(&switch(stage, true), &shows(true), 600, None), back(false), "{stage:?}");
        }
        assert_eq!(judge(&switch(set, false), &shows(false), 60, Some("other")), end(OtherAccount));
        let nothing = LiveCatalog::default();
        assert_eq!(judge(&switch(set, false), &nothing, 60, None), SwitchVerdict::Wait, "a menu that reads empty");
        let others = live(&[("2", "TEH", Field::Set(true))]);
        assert_eq!(judge(&switch(set, false), &others, 59, None), SwitchVerdict::Wait, "it may come back");
        assert_eq!(judge(&switch(set, false), &others, 60, None), end(Gone));
    }

    #[test]
    fn an_end_that_has_to_wait_holds_as_long_as_somebody_looks() {
        let live = live(&[("1", "NG", Field::Set(false))]);
        let plan = plan_of(&live, false, Some(at(60)), &[]);
        let switch = StockSwitch { stage: SwitchStage::Set, ..plan.switches[0].switch.clone() };
        let judge = |held_at, minute, returns: Option<&SwitchReturns<'_>>| {
            judge_switch(&StockSwitch { held_at, ..switch.clone() }, &live, &Memory::default(), at(minute), returns)
        };
        let on =
            SwitchReturns { account: None, off_in_files: &|_| None, taken_off: &|_| false, comes_back: &|_| false };
        let off = SwitchReturns { off_in_files: &|_| Some("kuta.yaml:3".to_owned()), ..on };
        let other = SwitchReturns { account: Some("sari"), ..on };
        for (returns, is_held) in [(None, true), (Some(&off), true), (Some(&other), false), (Some(&on), false)] {
            assert_eq!(judge(None, 59, returns), SwitchVerdict::Wait);
            assert_eq!(judge(None, 61, returns) == SwitchVerdict::Hold, is_held);
            assert_eq!(judge(Some(at(600)), 720, returns) == SwitchVerdict::Hold, is_held);
            assert_eq!(judge(Some(at(600)), 721, returns), SwitchVerdict::End(SwitchHappening::Doubtful));
        }
        assert!(matches!(judge(Some(at(600)), 720, Some(&on)), SwitchVerdict::Back(_)));
    }

    #[test]
    fn a_switch_without_an_end_is_known_for_as_long_as_copies_may_be_behind() {
        let live = live(&[("1", "NG", Field::Set(true))]);
        let switch =
            StockSwitch { stage: SwitchStage::Set, ..plan_of(&live, false, None, &[]).switches[0].switch.clone() };
        for (minute, is_known) in [(0, true), (10, true), (11, false)] {
            let verdict = if is_known { SwitchVerdict::Wait } else { SwitchVerdict::Forget };
            assert_eq!(judge_switch(&switch, &live, &Memory::default(), at(minute), None), verdict, "{minute}");
            assert_eq!(behind_until(&switch, &live, at(minute)), is_known.then(|| at(10)), "{minute}");
        }
        assert_eq!(plan_of(&live, true, Some(at(60)), &[switch]).switches[0].step, SwitchStep::Already);
    }
}
