//! How long a pass over all outlets takes: from what it calls, and how often that may be.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use super::{Loaded, Survey};
use crate::{
    schedule::{Cron, RoundLoad, shortest_interval},
    settings::Gobiz,
};

impl Loaded {
    /// How long a pass over all outlets of `survey` takes at least, if nothing has changed: a look at each, and a list of its
    /// promotions where the settings want those to be watched. Outlets that their files pause are left alone.
    pub fn round_load(&self, gobiz: &Gobiz, schedule: &Cron, survey: &Survey, now: Timestamp) -> RoundLoad {
        let each = 1 + usize::from(self.defaults.promotions.watches());
        let mut calls: BTreeMap<Option<Arc<str>>, usize> = BTreeMap::new();
        let looked_at = survey.members.iter().filter(|member| !member.paused);
        let outlets = looked_at.map(|member| *calls.entry(member.account.clone()).or_default() += each).count();
        let rate_of = |account: &str| gobiz.accounts.get(account)?.requests_per_second;
        let interval = shortest_interval(schedule, now, &self.timezone());
        RoundLoad::new(outlets, &calls, gobiz.requests_per_second, rate_of, interval)
    }
}
