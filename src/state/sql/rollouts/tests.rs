//! Lives of rollouts, at random, against the judge who knows what was sent.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};

use crate::{
    rollout::{Gate, Member, MemberState, PassEnd, PushEnd, Rest, Rollout, WaveSize, gate},
    state::{NewRollout, RolloutOutlet, RolloutStep, SharedState, testing::inline},
};

/// What an outlet will come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It has nothing to send.
    Same,
    Taken,
    Slow,
    Refused,
    /// A guard holds it, always.
    Held,
    /// Its looks fail at first.
    FailsFirst,
}

struct Life {
    state: SharedState,
    settings: Arc<Rollout>,
    fates: BTreeMap<String, Fate>,
    now: Timestamp,
    /// In which order outlets were sent, and which were seen.
    sent: Vec<String>,
    seen: BTreeSet<String>,
    on_its_way: BTreeSet<String>,
    failed: BTreeSet<String>,
}

impl Life {
    async fn begin(&self) {
        let outlet = |outlet: &String| RolloutOutlet { outlet: outlet.clone(), named: None, wants: String::new() };
        let outlets = self.fates.keys().map(outlet).collect();
        let awaited = Member { wave: None, state: MemberState::Awaited, known: false };
        let members = self.fates.keys().map(|outlet| (outlet.clone(), awaited)).collect();
        let (settings, at) = (Arc::clone(&self.settings), self.now);
        let (were_looked_at, anew) = (false, false);
        let files = "f".into();
        let new = NewRollout { files, revision: None, at, outlets, members, settings, were_looked_at, anew };
        self.state.begin_rollout(new).await.unwrap();
    }

    async fn step(&self, pass: Option<(String, PassEnd, String)>) {
        let settings = Arc::clone(&self.settings);
        let step = RolloutStep { files: "f".into(), pass, settings, at: self.now };
        self.state.step_rollout(step).await.unwrap();
    }

    /// A pass as `sync` makes it.
    async fn pass(&mut self, outlet: &str) {
        self.step(None).await;
        let (row, member) = self.state.rollout_of(outlet).await.unwrap().unwrap();
        let fate = self.fates[outlet];
        let is_new = self.failed.insert(outlet.to_owned());
        let end = |push, rest| PassEnd { push, rest };
        let end = match (fate, gate(row.head(), member)) {
            (Fate::FailsFirst, _) if is_new => end(None, Rest::Unknown),
            (Fate::Same, _) => end(None, Rest::Nothing),
            _ if self.seen.contains(outlet) => end(None, Rest::Nothing),
            _ if self.on_its_way.remove(outlet) => {
                self.seen.insert(outlet.to_owned());
                end(Some(PushEnd::Seen), Rest::Nothing)
            }
            (_, Gate::Closed(..) | Gate::Stopped) | (Fate::Held, Gate::Open) => end(None, Rest::Something),
            (fate, Gate::Open) => {
                self.judge(outlet, row.ended.is_some(), member);
                self.sent.push(outlet.to_owned());
                match fate {
                    Fate::Refused => end(Some(PushEnd::Bad), Rest::Unknown),
                    Fate::Slow => {
                        self.on_its_way.insert(outlet.to_owned());
                        end(Some(PushEnd::OnItsWay), Rest::Unknown)
                    }
                    _ => {
                        self.seen.insert(outlet.to_owned());
                        end(Some(PushEnd::Seen), Rest::Nothing)
                    }
                }
            }
        };
        self.step(Some((outlet.to_owned(), end, format!("outlet {outlet}: refused")))).await;
    }

    /// No outlet of a later wave is sent before somebody of an earlier one was seen.
    fn judge(&self, outlet: &str, is_over: bool, member: Option<Member>) {
        let wave = member.and_then(|member| member.wave);
        assert!(is_over || wave.is_some(), "{outlet} was sent before waves were made");
        if wave.is_some_and(|wave| wave > 1) && !is_over {
            assert!(!self.seen.is_empty(), "{outlet} of wave {wave:?} was sent, and nobody was seen");
        }
        // Whatever the waves are: before anybody was seen, no more are tried than the first one takes.
        if self.seen.is_empty() && !is_over {
            let tried: BTreeSet<&String> = self.sent.iter().filter(|sent| *sent != outlet).collect();
            let first = match self.settings.waves[0] {
                WaveSize::Count(count) => count,
                _ => unreachable!("the lives begin with a number"),
            };
            assert!(tried.len() < first, "{outlet} was sent after {tried:?}, of whom nobody was seen");
        }
    }
}

async fn live(seed: u64) -> &'static str {
    let mut rng = Rng::with_seed(seed);
    let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let waves = vec![WaveSize::Count(rng.usize(1..3)), WaveSize::Percent(f64::from(rng.u32(20..90)))];
    let bake = Duration::from_secs(if rng.bool() { 0 } else { 600 });
    let fates = [Fate::Same, Fate::Taken, Fate::Taken, Fate::Slow, Fate::Held, Fate::FailsFirst, Fate::Refused];
    let of_them = if rng.u32(0..3) == 0 { 7 } else { 6 };
    let fates = (0..rng.usize(1..10)).map(|number| (format!("G{number}"), fates[rng.usize(0..of_them)])).collect();
    let mut life = Life {
        state: inline(dir.path()),
        settings: Arc::new(Rollout { waves, bake }),
        fates,
        now: "2027-01-04T03:00:00Z".parse().unwrap(),
        sent: Vec::new(),
        seen: BTreeSet::new(),
        on_its_way: BTreeSet::new(),
        failed: BTreeSet::new(),
    };
    life.begin().await;
    let names: Vec<String> = life.fates.keys().cloned().collect();
    for _ in 0..names.len() * 14 {
        life.now += SignedDuration::from_secs(rng.i64(0..400));
        if rng.u32(0..40) == 0 {
            let before = life.sent.len();
            life.state.stop_rollout(Some("paused".into()), life.now).await.unwrap();
            for outlet in &names {
                life.pass(outlet).await;
            }
            let row = life.state.rollout().await.unwrap().unwrap();
            assert!(row.ended.is_some() || life.sent.len() == before, "seed {seed}: sent while it was stopped");
            life.state.stop_rollout(None, life.now).await.unwrap();
        }
        let outlet = &names[rng.usize(0..names.len())];
        life.pass(outlet).await;
    }
    // Then everybody has a few turns, as by the schedule.
    for _ in 0..8 {
        life.now += SignedDuration::from_mins(15);
        for outlet in &names {
            life.pass(outlet).await;
        }
    }
    let row = life.state.rollout().await.unwrap().unwrap();
    match () {
        () if row.ended.is_some() => {
            let is_done = |(outlet, fate): (&String, &Fate)| {
                matches!(fate, Fate::Same | Fate::Held | Fate::Refused) || life.seen.contains(outlet)
            };
            assert!(life.fates.iter().all(is_done), "seed {seed}: it has ended without {:?}", life.fates);
            "ended"
        }
        () if row.stopped.is_some() => {
            assert!(
                row.why.is_some() && life.sent.iter().any(|outlet| life.fates[outlet] == Fate::Refused),
                "seed {seed}"
            );
            "stopped"
        }
        () => {
            // It says why not: whoever is in the open wave was not sent.
            let counts = life.state.rollout_counts().await.unwrap();
            let open: Vec<_> = counts.iter().filter(|count| count.wave == Some(row.wave)).collect();
            assert!(
                row.wave > 0 && open.iter().all(|count| count.state == MemberState::Missed),
                "seed {seed}: {row:?} {counts:?}"
            );
            "waits"
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_sent_before_the_evidence_and_every_rollout_ends_or_says_why_not() {
    let mut ends = BTreeMap::new();
    for seed in 0..150 {
        *ends.entry(live(seed).await).or_insert(0) += 1;
    }
    assert!(["ended", "stopped", "waits"].iter().all(|end| ends.contains_key(end)), "{ends:?}");
}
