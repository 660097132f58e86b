//! What is due when. Holds moments only; knows no outlets' states and reads no clock.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::{catalog::OutletId, policy::Policy, schedule::Cron, settings::Settings};

/// The first retry of a failed outlet (documented behaviour of this program); each further one waits twice as long.
const FIRST_RETRY: SignedDuration = SignedDuration::from_secs(15);

/// The longest wait for a retry if the schedule is rarer (our choice).
const LONGEST_RETRY: SignedDuration = SignedDuration::from_hours(1);

/// The next moment of each kind.
pub(super) struct Due {
    cron: Cron,
    zone: TimeZone,
    jitter: Duration,
    schedule: Option<Timestamp>,
    layers: Option<Timestamp>,
    outlets: BTreeMap<OutletId, Timestamp>,
    failures: BTreeMap<OutletId, u32>,
}

impl Due {
    pub(super) fn new(settings: &Settings, layers: Option<Timestamp>, now: Timestamp) -> Self {
        let mut due = Self {
            cron: settings.schedule.clone(),
            zone: zone(settings),
            jitter: settings.jitter,
            schedule: None,
            layers,
            outlets: BTreeMap::new(),
            failures: BTreeMap::new(),
        };
        due.plan_schedule(now);
        due
    }

    pub(super) fn set_schedule(&mut self, settings: &Settings, now: Timestamp) {
        let zone = zone(settings);
        if (&self.cron, &self.zone, self.jitter) != (&settings.schedule, &zone, settings.jitter) {
            (self.cron, self.zone, self.jitter) = (settings.schedule.clone(), zone, settings.jitter);
            self.plan_schedule(now);
        }
    }

    pub(super) fn set_layers(&mut self, next: Option<Timestamp>) {
        self.layers = next;
    }

    /// The next tick of the schedule, a random part of the jitter later so that many daemons do not come at once.
    fn plan_schedule(&mut self, now: Timestamp) {
        let jitter = self.jitter.mul_f64(fastrand::f64());
        let tick = self.cron.next_after(now, &self.zone);
        self.schedule = tick.map(|tick| tick.saturating_add(jitter).unwrap_or(tick));
    }

    /// When the schedule comes next.
    pub(super) fn scheduled(&self) -> Option<Timestamp> {
        self.schedule
    }

    /// The outlets that want a pass, and when.
    pub(super) fn outlets(&self) -> &BTreeMap<OutletId, Timestamp> {
        &self.outlets
    }

    /// The first moment at which anything is due.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.schedule.into_iter().chain(self.layers).chain(self.outlets.values().copied()).min()
    }

    /// Whether the schedule is due. However many ticks have passed meanwhile, they count as one.
    pub(super) fn take_schedule(&mut self, now: Timestamp) -> bool {
        let due = self.schedule.is_some_and(|due| due <= now);
        if due {
            self.plan_schedule(now);
        }
        due
    }

    pub(super) fn take_layers(&mut self, now: Timestamp) -> bool {
        self.layers.take_if(|due| *due <= now).is_some()
    }

    pub(super) fn take_outlets(&mut self, now: Timestamp) -> Vec<OutletId> {
        let due: Vec<OutletId> =
            self.outlets.iter().filter(|(_, due)| **due <= now).map(|(outlet, _)| outlet.clone()).collect();
        self.outlets.retain(|_, at| *at > now);
        due
    }

    /// An outlet wants a pass at `at`.
    pub(super) fn at(&mut self, outlet: &OutletId, at: Timestamp) {
        self.outlets.insert(outlet.clone(), at);
    }

    /// An outlet failed: 15 s, then twice as long every time, up to an hour; the schedule comes besides.
    pub(super) fn retry(&mut self, outlet: &OutletId, now: Timestamp) {
        let failures = self.failures.entry(outlet.clone()).or_default();
        let wait = FIRST_RETRY.saturating_mul(2i32.saturating_pow(*failures)).min(LONGEST_RETRY);
        *failures += 1;
        self.at(outlet, now.saturating_add(wait).unwrap_or(Timestamp::MAX));
    }

    /// An outlet is fine.
    pub(super) fn settle(&mut self, outlet: &OutletId) {
        self.failures.remove(outlet);
    }

    /// A pass begins: what was due for the outlet is being done.
    pub(super) fn forget(&mut self, outlet: &OutletId) {
        self.outlets.remove(outlet);
    }
}

fn zone(settings: &Settings) -> TimeZone {
    let mut policy = Policy::default();
    settings.policy.apply(&mut policy);
    policy.timezone
}
