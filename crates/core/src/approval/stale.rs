//! Approvals that let nothing through any more: they are said to be, so that somebody removes them.

use std::{fmt, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};
use serde::{Serialize, Serializer};

use super::ApprovalFile;
use crate::{
    plan::{ApprovalEffect, of_time},
    policy::Guard,
};

/// An approval without effect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Stale {
    /// The file.
    pub file: Arc<str>,
    /// Its guard.
    pub guard: Guard,
    /// Why it has none.
    pub why: Why,
}

/// Why an approval has no effect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Its time is over.
    Expired(String),
    /// What would be pushed is something else than what was approved.
    OtherPlan,
    /// Its guard has nothing against what would be pushed.
    NotHeld,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired(at) => write!(f, "it expired at {at}"),
            Self::OtherPlan => f.write_str("what would be pushed is not what was approved"),
            Self::NotHeld => f.write_str("the guard holds none of its outlets"),
        }
    }
}

impl Serialize for Why {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `approvals/x.yaml (deletes) lets nothing through and can be removed: it expired at 2027-02-08 10:00 UTC`
impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}) lets nothing through and can be removed: {}", self.file, self.guard, self.why)
    }
}

impl ApprovalFile {
    /// Whether it has no effect at `now`, as far as that is known: unless it has expired, only if all of its outlets were
    /// looked at. `effects`: what it does at those that were. Times are told in `zone`.
    pub fn stale(&self, effects: &EffectCounts, now: Timestamp, zone: &TimeZone) -> Option<Stale> {
        let told = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string();
        let stale = |why| Some(Stale { file: Arc::clone(&self.file), guard: self.guard, why });
        match of_time(self.expires.value, now) {
            Some(ApprovalEffect::Expired) => return stale(Why::Expired(told(self.expires.value))),
            // That is an error, and told as one.
            Some(_) => return None,
            None => {}
        }
        match *effects {
            _ if effects.releases + effects.other_plan + effects.without < self.outlets.len() => None,
            EffectCounts { releases: 1.., .. } => None,
            EffectCounts { other_plan: 1.., .. } => stale(Why::OtherPlan),
            _ => stale(Why::NotHeld),
        }
    }
}

/// What an approval does at how many outlets: one may name a whole fleet, and is judged again after each pass.
#[derive(Debug, Clone, Copy, Default)]
pub struct EffectCounts {
    releases: usize,
    other_plan: usize,
    without: usize,
}

impl EffectCounts {
    /// Its effect at one more outlet; `before`: what that was so far.
    pub fn note(&mut self, effect: ApprovalEffect, before: Option<ApprovalEffect>) {
        if let Some(before) = before {
            *self.of(before) -= 1;
        }
        *self.of(effect) += 1;
    }

    fn of(&mut self, effect: ApprovalEffect) -> &mut usize {
        match effect {
            ApprovalEffect::Releases => &mut self.releases,
            ApprovalEffect::OtherPlan => &mut self.other_plan,
            ApprovalEffect::NotHeld | ApprovalEffect::Expired | ApprovalEffect::TooLong => &mut self.without,
        }
    }
}
