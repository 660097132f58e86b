//! Who is in which wave, when the next one opens, and who may send.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::{collections::BTreeSet, time::Duration};

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::catalog::OutletId;

fn settings(waves: &[WaveSize]) -> Rollout {
    Rollout { waves: waves.to_vec(), bake: Duration::from_secs(900) }
}

fn usual() -> Rollout {
    settings(&[WaveSize::Count(1), WaveSize::Percent(10.0), WaveSize::Percent(100.0)])
}

fn candidate(outlet: &str) -> Candidate {
    Candidate { outlet: outlet.into(), named: None, known: true }
}

fn outlets(count: usize) -> Vec<Candidate> {
    (0..count).map(|number| candidate(&format!("G{number}"))).collect()
}

fn sizes(settings: &Rollout, candidates: Vec<Candidate>) -> Vec<usize> {
    settings.assign(candidates).iter().map(Vec::len).collect()
}

#[test]
fn a_wave_counts_those_before_it_and_the_last_one_takes_the_rest() {
    assert_eq!(sizes(&usual(), outlets(300)), [1, 29, 270]);
    assert_eq!(sizes(&usual(), outlets(30)), [1, 2, 27]);
    assert_eq!(sizes(&usual(), outlets(10)), [1, 9], "10 % of ten is the canary");
    assert_eq!(sizes(&usual(), outlets(2)), [1, 1]);
    assert_eq!(sizes(&usual(), outlets(1)), [1]);
    assert_eq!(sizes(&usual(), outlets(0)), [0; 0]);
    assert_eq!(sizes(&settings(&[WaveSize::Count(3)]), outlets(8)), [3, 5], "all, whether said or not");
    assert_eq!(sizes(&settings(&[WaveSize::Percent(33.3)]), outlets(10)), [4, 6], "a share is rounded up");
    assert!(!usual().concerns(outlets(1)) && usual().concerns(outlets(2)));
}

#[test]
fn named_canaries_go_first_and_where_none_is_concerned_another_outlet_stands_in() {
    let named = settings(&[WaveSize::Named(vec!["G5".into()]), WaveSize::Percent(50.0)]);
    let mut all = outlets(10);
    all[5].named = Some(0);
    let waves = named.assign(all);
    assert_eq!(waves[0], [OutletId::from("G5")]);
    assert_eq!(waves.iter().map(Vec::len).collect::<Vec<_>>(), [1, 4, 5]);
    assert_eq!(sizes(&named, outlets(10)), [1, 4, 5], "a change of many outlets has a canary in any case");
}

#[test]
fn those_of_which_nothing_is_known_come_last() {
    let mut all = outlets(10);
    all[..9].iter_mut().for_each(|one| one.known = false);
    let waves = usual().assign(all);
    assert_eq!(waves[0], [OutletId::from("G9")]);
}

proptest! {
    #[test]
    fn waves_share_out_all_outlets_in_an_order_that_only_ids_decide(
        ids in prop::collection::btree_set("[A-Z0-9]{1,12}", 0..40),
        counts in prop::collection::btree_set(1..40_usize, 0..3),
        shares in prop::collection::btree_set(1..100_u32, 0..3),
        known in any::<u64>(),
    ) {
        let counts = counts.into_iter().map(WaveSize::Count);
        let shares = shares.into_iter().map(|share| WaveSize::Percent(f64::from(share)));
        let settings = settings(&counts.chain(shares).collect::<Vec<_>>());
        let all: Vec<Candidate> = ids.iter().enumerate()
            .map(|(at, id)| Candidate { known: known >> (at % 64) & 1 == 1, ..candidate(id) }).collect();
        let waves = settings.assign(all.clone());
        let shared: BTreeSet<&str> = waves.iter().flatten().map(OutletId::as_str).collect();
        prop_assert_eq!(shared.len(), waves.iter().map(Vec::len).sum::<usize>());
        prop_assert_eq!(shared, ids.iter().map(String::as_str).collect());
        prop_assert!(waves.iter().all(|wave| !wave.is_empty()));
        let backwards: Vec<Candidate> = all.into_iter().rev().collect();
        prop_assert_eq!(waves, settings.assign(backwards));
    }
}

const OPEN: Head = Head { wave: 1, waves: 3, baking_until: None, stopped: false, ended: false };

fn at(minute: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
}

fn next(head: Head, evidence: Evidence) -> Option<Advance> {
    advance(head, evidence, Duration::from_secs(900), at(0))
}

#[test]
fn nothing_opens_a_wave_but_somebody_who_was_seen() {
    let left = Evidence { left: true, ..Evidence::default() };
    let seen = Evidence { seen: true, any_seen: true, ..left };
    assert_eq!(next(OPEN, seen), Some(Advance::Bake(at(15))));
    assert_eq!(next(OPEN, Evidence { under_way: true, ..seen }), None, "the others are waited for");
    assert_eq!(
        next(OPEN, Evidence { missed: true, ..seen }),
        Some(Advance::Bake(at(15))),
        "those that are held are not"
    );
    assert_eq!(next(OPEN, Evidence { missed: true, ..left }), None, "nobody was seen");
    assert_eq!(next(OPEN, left), Some(Advance::MakeWaves), "nobody was tried");
    assert_eq!(next(Head { wave: 2, ..OPEN }, Evidence { any_seen: true, ..left }), Some(Advance::Bake(at(15))));
    let stopped = Head { stopped: true, ..OPEN };
    assert_eq!(next(stopped, Evidence { unseen: true, ..seen }), None);
    assert_eq!(next(stopped, Evidence { left: false, ..seen }), Some(Advance::End), "nobody is held any more");
    assert_eq!(next(Head { wave: 3, ..OPEN }, Evidence { missed: true, ..Evidence::default() }), Some(Advance::End));
    assert_eq!(advance(OPEN, seen, Duration::ZERO, at(0)), Some(Advance::Open(2)));
}

#[test]
fn a_wave_is_stuck_once_nobody_of_it_could_be_sent_and_others_wait() {
    let missed = Evidence { missed: true, left: true, ..Evidence::default() };
    assert!(is_stuck(OPEN, missed));
    for (head, evidence) in [
        (OPEN, Evidence { under_way: true, ..missed }),
        (OPEN, Evidence { seen: true, ..missed }),
        (OPEN, Evidence { left: false, ..missed }),
        (OPEN, Evidence { missed: false, ..missed }),
        (Head { stopped: true, ..OPEN }, missed),
        (Head { ended: true, ..OPEN }, missed),
        (Head { wave: 0, waves: 0, ..OPEN }, missed),
        (Head { wave: 3, ..OPEN }, missed),
    ] {
        assert!(!is_stuck(head, evidence), "{head:?} {evidence:?}");
    }
}

#[test]
fn waves_are_made_once_all_were_looked_at() {
    let new = Head { wave: 0, waves: 0, ..OPEN };
    assert_eq!(next(new, Evidence { awaited: true, ..Evidence::default() }), None);
    assert_eq!(next(new, Evidence::default()), Some(Advance::MakeWaves));
}

#[test]
fn a_wave_opens_after_its_pause_whatever_the_clock_said_before() {
    let baking = |minute| Head { baking_until: Some(at(minute)), ..OPEN };
    assert_eq!(next(baking(1), Evidence::default()), None);
    assert_eq!(next(baking(0), Evidence::default()), Some(Advance::Open(2)));
    assert_eq!(next(baking(600_000), Evidence::default()), Some(Advance::Bake(at(15))), "the clock was a year ahead");
    assert_eq!(baking(0).at(at(0)), Head { wave: 2, ..OPEN });
    assert_eq!(Head { stopped: true, ..baking(0) }.at(at(0)).wave, 1);
}

#[test]
fn only_who_is_in_an_open_wave_may_send() {
    let member = |wave, state| Some(Member { wave, state, known: true });
    use MemberState::{Awaited, Missed, Seen, Waiting};
    assert_eq!(gate(OPEN, None), Gate::Open, "the change does not concern it");
    assert_eq!(gate(OPEN, member(Some(1), Waiting)), Gate::Open);
    assert_eq!(gate(OPEN, member(Some(1), Missed)), Gate::Open);
    assert_eq!(gate(OPEN, member(Some(2), Waiting)), Gate::Closed(Wait::Wave(2), None));
    assert_eq!(gate(OPEN, member(None, Awaited)), Gate::Closed(Wait::FirstLook, None));
    let baking = Head { baking_until: Some(at(15)), ..OPEN };
    assert_eq!(gate(baking, member(Some(2), Waiting)), Gate::Closed(Wait::Wave(2), Some(at(15))));
    assert_eq!(gate(baking, member(Some(3), Waiting)), Gate::Closed(Wait::Wave(3), None));
    let stopped = Head { stopped: true, ..OPEN };
    assert_eq!(gate(stopped, member(Some(1), Missed)), Gate::Stopped);
    assert_eq!(gate(stopped, member(None, Awaited)), Gate::Stopped);
    assert_eq!(gate(stopped, member(Some(1), Seen)), Gate::Open, "it has what the files say");
    assert_eq!(gate(Head { ended: true, ..OPEN }, member(Some(2), Waiting)), Gate::Open);
}

#[test]
fn a_pass_says_what_becomes_of_its_outlet() {
    use MemberState::{Awaited, Missed, OnItsWay, Seen, Waiting};
    let member = |wave, state| Member { wave, state, known: true };
    let end = |push, rest| PassEnd { push, rest };
    let after = |member: Member, end| after_pass(member, OPEN, end);
    let (first, open, later) = (member(None, Awaited), member(Some(1), Waiting), member(Some(2), Waiting));
    let look = |rest| end(None, rest);
    assert_eq!(after(first, look(Rest::Nothing)), MemberChange::Leave);
    assert_eq!(after(first, look(Rest::Something)), MemberChange::Set(member(None, Waiting)));
    assert_eq!(after(first, look(Rest::Unknown)), MemberChange::Set(Member { known: false, ..member(None, Waiting) }));
    let pushed = |push| end(Some(push), Rest::Unknown);
    assert_eq!(after(open, pushed(PushEnd::Seen)), MemberChange::Set(member(Some(1), Seen)));
    let older = end(Some(PushEnd::Seen), Rest::Something);
    assert_eq!(after(open, older), MemberChange::Set(open), "what arrived were older files");
    assert_eq!(after(first, older), MemberChange::Set(member(None, Waiting)));
    assert_eq!(after(open, pushed(PushEnd::OnItsWay)), MemberChange::Set(member(Some(1), OnItsWay)));
    assert_eq!(after(open, pushed(PushEnd::Bad)), MemberChange::Stop(member(Some(1), Missed)));
    assert_eq!(after(member(Some(1), OnItsWay), pushed(PushEnd::Bad)), MemberChange::Stop(member(Some(1), Missed)));
    assert_eq!(after(open, look(Rest::Something)), MemberChange::Set(member(Some(1), Missed)), "held, or no window");
    assert_eq!(after(open, look(Rest::Unknown)), MemberChange::Set(member(Some(1), Missed)), "it failed");
    assert_eq!(after(open, look(Rest::Nothing)), MemberChange::Set(member(Some(1), Seen)), "somebody else sent it");
    let unknown = Member { known: false, ..open };
    assert_eq!(after(unknown, look(Rest::Nothing)), MemberChange::Leave, "nothing was tried with it");
    assert_eq!(after(open, pushed(PushEnd::RolledBack)), MemberChange::Stop(member(Some(1), Missed)));
    assert_eq!(after(later, pushed(PushEnd::Bad)), MemberChange::Keep);
    assert_eq!(after(later, look(Rest::Unknown)), MemberChange::Keep);
}

#[test]
fn bad_news_of_what_was_sent_counts_however_late_it_comes() {
    use MemberState::{Missed, OnItsWay, Seen, Waiting};
    let member = |wave, state| Member { wave, state, known: true };
    let after = |member: Member, push, rest| after_pass(member, OPEN, PassEnd { push, rest });
    let stopped = MemberChange::Stop(member(Some(1), Missed));
    for state in [OnItsWay, Seen] {
        for push in [PushEnd::Bad, PushEnd::Vanished, PushEnd::RolledBack] {
            assert_eq!(after(member(Some(1), state), Some(push), Rest::Unknown), stopped, "{state:?} {push:?}");
        }
    }
    // Of an outlet that an earlier rollout has sent the same to, too.
    let before = member(None, Seen);
    assert_eq!(after(before, Some(PushEnd::Bad), Rest::Unknown), MemberChange::Stop(before));
    assert_eq!(after(before, None, Rest::Something), MemberChange::Keep);
    // A menu that was empty before anything was sent says nothing about what was sent.
    let missed = MemberChange::Set(member(Some(1), Missed));
    assert_eq!(after(member(Some(1), Waiting), Some(PushEnd::Vanished), Rest::Unknown), missed);
    assert_eq!(after(member(Some(2), Waiting), Some(PushEnd::Vanished), Rest::Unknown), MemberChange::Keep);
}

#[test]
fn what_is_kept_as_it_is_elsewhere_is_no_evidence_and_what_is_not_known_changes_nothing() {
    use MemberState::{Awaited, Missed, OnItsWay, Waiting};
    let member = |wave, state| Member { wave, state, known: true };
    let after = |member: Member, rest| after_pass(member, OPEN, PassEnd { push: None, rest });
    let waiting = Member { known: false, ..member(None, Waiting) };
    assert_eq!(after(member(None, Awaited), Rest::Kept), MemberChange::Set(waiting));
    let missed = MemberChange::Set(member(Some(1), Missed));
    assert_eq!(after(member(Some(1), Waiting), Rest::Kept), missed, "its edit was overtaken by a drift");
    assert_eq!(after(member(Some(1), OnItsWay), Rest::Unknown), MemberChange::Keep, "it is still looked for");
    assert_eq!(after(member(Some(1), OnItsWay), Rest::Something), MemberChange::Set(member(Some(1), Missed)));
}

/// What is kept for now may be sent at any moment, so its turn has not come and gone.
#[test]
fn who_has_something_kept_stays_behind_its_gate() {
    let head = Head { wave: 1, waves: 2, baking_until: None, stopped: false, ended: false };
    let kept = PassEnd { push: None, rest: Rest::Kept };
    let waiting = Member { wave: Some(2), state: MemberState::Waiting, known: true };
    for member in [waiting, Member { wave: None, state: MemberState::Awaited, known: false }] {
        let MemberChange::Set(after) = after_pass(member, head, kept) else { panic!("{member:?} has left") };
        assert_eq!(after.state, MemberState::Waiting);
        assert_ne!(gate(head, Some(after)), Gate::Open);
        assert_eq!(gate(Head { stopped: true, ..head }, Some(after)), Gate::Stopped);
    }
}

/// A text that GoFood has cut for months is no news of this change; that the push which was on its way came out cut is.
#[test]
fn what_was_not_as_it_was_sent_long_before_stops_no_rollout() {
    let head = Head { wave: 1, waves: 2, baking_until: None, stopped: false, ended: false };
    let still = PassEnd { push: Some(PushEnd::StillBad), rest: Rest::Kept };
    let member = |state| Member { wave: Some(1), state, known: true };
    for state in [MemberState::Seen, MemberState::Waiting] {
        let change = after_pass(member(state), head, still);
        assert!(!matches!(change, MemberChange::Stop(_)), "{state:?}: {change:?}");
    }
    assert!(matches!(after_pass(member(MemberState::OnItsWay), head, still), MemberChange::Stop(_)));
}
