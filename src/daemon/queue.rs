//! The outlets whose passes have not begun, in the order in which they will: by reason, then those first that were looked at
//! longest ago. An edit never stands behind a schedule over thousands; what waits costs a few words of memory and no task.
//!
//! Two things keep this from starving anybody. Every few turns the one goes that has waited longest, whatever its reason. And
//! where several accounts wait, none takes more than its share of the slots: one whose pace is slow, or whose calls hang,
//! holds up only its own.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Weak},
};

use super::rounds::Urgency;
use crate::{catalog::OutletId, sync::Slot};

/// So often the one that has waited longest goes (our choice).
const LONGEST_WAIT_EVERY: u64 = 4;

type Account = Option<Arc<str>>;

/// How a pass stands among others: see [`Queue`].
type Rank = (Urgency, u64, OutletId);

#[derive(Default)]
pub(super) struct Queue {
    waiting: BTreeMap<OutletId, Entry>,
    by_rank: Ranked<Rank>,
    by_wait: Ranked<(u64, OutletId)>,
    /// The slots that passes hold which began here, and whose outlets they are for.
    held: Vec<(Account, Weak<()>)>,
    /// When each outlet was last looked at: looks are counted, as clocks leap.
    looked: BTreeMap<OutletId, u64>,
    looks: u64,
    came: u64,
    begun: u64,
}

struct Entry {
    round: u64,
    urgency: Urgency,
    account: Account,
    looked: u64,
    came: u64,
}

impl Entry {
    fn rank(&self, outlet: &OutletId) -> Rank {
        (self.urgency, self.looked, outlet.clone())
    }
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// An outlet waits for a pass of `round`. One that waits already has one pass for both; the round that it does not belong
    /// to is given back.
    pub(super) fn add(&mut self, outlet: &OutletId, account: &Account, urgency: Urgency, round: u64) -> Option<u64> {
        let earlier = self.remove(outlet);
        // A round of the schedule keeps its outlets until it is through: how long it takes is measured.
        let is_ahead = earlier.as_ref().is_none_or(|earlier| match earlier.urgency {
            Urgency::Schedule => urgency < earlier.urgency,
            _ => urgency <= earlier.urgency,
        });
        self.came += 1;
        let came = earlier.as_ref().map_or(self.came, |earlier| earlier.came);
        let (joined, left) = match earlier {
            None => ((round, urgency), None),
            Some(earlier) if is_ahead => ((round, urgency), Some(earlier.round)),
            Some(earlier) => ((earlier.round, earlier.urgency), Some(round)),
        };
        let looked = self.looked.get(outlet).copied().unwrap_or_default();
        let entry = Entry { round: joined.0, urgency: joined.1, account: account.clone(), looked, came };
        self.by_rank.insert(account, entry.rank(outlet));
        self.by_wait.insert(account, (came, outlet.clone()));
        self.waiting.insert(outlet.clone(), entry);
        left
    }

    /// Who is next, where there are `slots` in all.
    pub(super) fn next(&mut self, slots: usize) -> Option<OutletId> {
        self.held.retain(|(_, held)| held.strong_count() > 0);
        let mut by_account = BTreeMap::<&Account, usize>::new();
        self.held.iter().for_each(|(account, _)| *by_account.entry(account).or_default() += 1);
        let idle = by_account.keys().filter(|account| !self.by_rank.has(account)).count();
        let share = slots.div_ceil((self.by_rank.accounts() + idle).max(1));
        let may = |account: &Account| by_account.get(account).is_none_or(|held| *held < share);
        match (self.begun + 1) % LONGEST_WAIT_EVERY {
            0 => self.by_wait.first(may).map(|(_, outlet)| outlet.clone()),
            _ => self.by_rank.first(may).map(|(.., outlet)| outlet.clone()),
        }
    }

    /// Its pass begins with this slot; the round that it belongs to.
    pub(super) fn begin(&mut self, outlet: &OutletId, slot: &Slot) -> Option<u64> {
        let entry = self.remove(outlet)?;
        self.begun += 1;
        self.held.push((entry.account, slot.held()));
        Some(entry.round)
    }

    /// An outlet was looked at.
    pub(super) fn note_look(&mut self, outlet: &OutletId) {
        self.looks += 1;
        self.looked.insert(outlet.clone(), self.looks);
    }

    /// Nobody waits any more; who did, and for which round.
    pub(super) fn clear(&mut self) -> Vec<(OutletId, u64)> {
        (self.by_rank, self.by_wait) = Default::default();
        std::mem::take(&mut self.waiting).into_iter().map(|(outlet, entry)| (outlet, entry.round)).collect()
    }

    fn remove(&mut self, outlet: &OutletId) -> Option<Entry> {
        let entry = self.waiting.remove(outlet)?;
        self.by_rank.remove(&entry.account, &entry.rank(outlet));
        self.by_wait.remove(&entry.account, &(entry.came, outlet.clone()));
        Some(entry)
    }
}

/// Lists of several accounts in one order. The first one of those accounts that may is found without a walk over a list.
struct Ranked<K> {
    lists: BTreeMap<Account, BTreeSet<K>>,
    firsts: BTreeSet<(K, Account)>,
}

impl<K> Default for Ranked<K> {
    fn default() -> Self {
        Self { lists: BTreeMap::new(), firsts: BTreeSet::new() }
    }
}

impl<K: Ord + Clone> Ranked<K> {
    fn has(&self, account: &Account) -> bool {
        self.lists.contains_key(account)
    }

    fn accounts(&self) -> usize {
        self.lists.len()
    }

    fn insert(&mut self, account: &Account, key: K) {
        self.change(account, |list| _ = list.insert(key));
    }

    fn remove(&mut self, account: &Account, key: &K) {
        self.change(account, |list| _ = list.remove(key));
    }

    fn change(&mut self, account: &Account, change: impl FnOnce(&mut BTreeSet<K>)) {
        let list = self.lists.entry(account.clone()).or_default();
        if let Some(first) = list.first() {
            self.firsts.remove(&(first.clone(), account.clone()));
        }
        change(list);
        match list.first() {
            Some(first) => _ = self.firsts.insert((first.clone(), account.clone())),
            None => _ = self.lists.remove(account),
        }
    }

    /// At most as many may not as there are slots.
    fn first(&self, may: impl Fn(&Account) -> bool) -> Option<&K> {
        self.firsts.iter().find(|(_, account)| may(account)).map(|(key, _)| key)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;
    use crate::{
        daemon::counting::{Counted, compared},
        sync::Slots,
    };

    fn id(number: usize) -> OutletId {
        OutletId(format!("G{number:04}"))
    }

    fn account(name: &str) -> Account {
        Some(name.into())
    }

    /// Begins one that keeps its slot.
    fn begin(queue: &mut Queue, slots: &Slots) -> Option<(OutletId, u64, Slot)> {
        let outlet = queue.next(slots.all())?;
        let slot = slots.try_acquire()?;
        let round = queue.begin(&outlet, &slot)?;
        Some((outlet, round, slot))
    }

    /// Begins and ends some.
    fn pass(queue: &mut Queue, slots: &Slots, times: usize) -> Vec<OutletId> {
        let one = |_| {
            let (outlet, ..) = begin(queue, slots)?;
            queue.note_look(&outlet);
            Some(outlet)
        };
        (0..times).map_while(one).collect()
    }

    #[test]
    fn the_more_urgent_go_first_and_within_a_reason_who_was_looked_at_longest_ago() {
        let (mut queue, slots) = (Queue::default(), Slots::new(1));
        queue.note_look(&id(2));
        queue.note_look(&id(1));
        (1..=3).for_each(|number| _ = queue.add(&id(number), &None, Urgency::Schedule, 1));
        queue.add(&id(9), &None, Urgency::Asked, 2);
        queue.add(&id(8), &None, Urgency::Files, 3);
        queue.add(&id(7), &None, Urgency::Event, 4);
        // The fourth is the one that has waited longest.
        assert_eq!(pass(&mut queue, &slots, 9), [7, 8, 9, 1, 3, 2].map(id));
    }

    #[test]
    fn however_many_edits_come_a_schedule_gets_on() {
        let (mut queue, slots) = (Queue::default(), Slots::new(1));
        (0..100).for_each(|number| _ = queue.add(&id(number), &None, Urgency::Schedule, 1));
        let mut passed = 0;
        for turn in 0..400 {
            queue.add(&id(1_000 + turn % 3), &None, Urgency::Files, 2);
            queue.add(&id(1_003 + turn % 3), &None, Urgency::Event, 3);
            passed += pass(&mut queue, &slots, 1).iter().filter(|outlet| **outlet < id(1_000)).count();
        }
        assert!((95..=100).contains(&passed), "{passed} of 100 in 400 turns");
    }

    #[test]
    fn one_pass_does_for_two_rounds_and_belongs_to_the_more_urgent_one() {
        let mut queue = Queue::default();
        let mut add = |urgency, round| queue.add(&id(1), &None, urgency, round);
        assert_eq!(add(Urgency::Schedule, 1), None);
        assert_eq!(add(Urgency::Schedule, 2), Some(2), "a round of the schedule is measured to its end");
        assert_eq!(add(Urgency::Files, 3), Some(1));
        assert_eq!(add(Urgency::Files, 4), Some(3), "of two that are as urgent the later one tells");
        assert_eq!(add(Urgency::Schedule, 5), Some(5));
        assert_eq!(queue.clear(), [(id(1), 4)]);
        assert_eq!((queue.len(), queue.next(1)), (0, None));
    }

    #[test]
    fn an_account_whose_passes_do_not_end_holds_up_its_own_outlets_only() {
        let (mut queue, slots) = (Queue::default(), Slots::new(4));
        let (slow, quick) = (account("slow"), account("quick"));
        (0..50).for_each(|number| _ = queue.add(&id(number), &slow, Urgency::Files, 1));
        (50..60).for_each(|number| _ = queue.add(&id(number), &quick, Urgency::Schedule, 2));
        let first = [begin(&mut queue, &slots).unwrap(), begin(&mut queue, &slots).unwrap()];
        assert_eq!(first.each_ref().map(|(outlet, ..)| outlet.clone()), [id(0), id(1)], "its share of the slots");
        assert_eq!(pass(&mut queue, &slots, 10), (50..60).map(id).collect::<Vec<_>>());
        let more = [begin(&mut queue, &slots), begin(&mut queue, &slots)];
        assert!(more.iter().all(Option::is_some), "nobody else wants them");
        assert!(begin(&mut queue, &slots).is_none());
        queue.add(&id(99), &quick, Urgency::Schedule, 3);
        drop(more);
        assert_eq!(pass(&mut queue, &slots, 1), [id(99)]);
    }

    #[test]
    fn the_next_one_is_found_without_a_walk_over_those_that_wait() {
        let mut ranked = Ranked::default();
        let accounts: Vec<Account> = (0..10).map(|number| account(&number.to_string())).collect();
        for number in 0..5_000 {
            ranked.insert(&accounts[number as usize % 10], Counted(number));
        }
        let each = [
            compared(|| assert_eq!(ranked.first(|name| *name == accounts[9]), Some(&Counted(9)))),
            compared(|| ranked.insert(&accounts[3], Counted(9_000))),
            compared(|| ranked.remove(&accounts[0], &Counted(0))),
        ];
        assert!(each.iter().all(|comparisons| *comparisons < 200), "{each:?}");
    }
}
