//! What is different from a later moment on, at which dated layers begin or end.

use std::collections::BTreeSet;

use jiff::civil;

use super::PlanReport;

/// What is said of a moment of a layer with `when`, which is shown once.
pub(in crate::report) const AGAIN: &str = ", and again as `when` says";

/// The changes of a later moment that no earlier one shows.
pub struct LaterChanges {
    /// When, in the time of each outlet.
    pub at: civil::DateTime,
    /// The time zones of these outlets, abbreviated.
    pub zones: BTreeSet<String>,
    /// The layers that begin (`true`) or end then.
    pub layers: BTreeSet<(String, bool)>,
    /// One of them has `when`: the same comes again.
    pub repeats: bool,
    /// The outlets with such changes.
    pub report: PlanReport,
}

impl LaterChanges {
    /// Whether nothing changes then that is not shown elsewhere.
    pub fn is_empty(&self) -> bool {
        self.report.outlets.is_empty()
    }

    /// `Mon 2027-02-08 00:00 WIB, WITA`
    pub(super) fn moment(&self) -> String {
        let zones: Vec<&str> = self.zones.iter().map(String::as_str).collect();
        format!("{} {}", self.at.strftime("%a %Y-%m-%d %H:%M"), zones.join(", "))
    }

    /// `From Mon 2027-02-08 00:00 WIB, WITA (catalogs/ramadan.yaml begins)`; the names are as files have them.
    pub(in crate::report) fn heading(&self) -> String {
        let verb = |begins: &bool| if *begins { "begins" } else { "ends" };
        let layers: Vec<String> = self.layers.iter().map(|(file, begins)| format!("{file} {}", verb(begins))).collect();
        let again = if self.repeats { AGAIN } else { "" };
        format!("From {} ({}{again})", self.moment(), layers.join(", "))
    }
}

impl PlanReport {
    /// The first later moment with changes of its own.
    pub(super) fn first_later(&self) -> Option<&LaterChanges> {
        self.later.iter().find(|later| !later.is_empty())
    }

    /// What to say of a moment that shows nothing of its own.
    pub(super) fn nothing_later(&self, is_silent_now: bool) -> &'static str {
        if is_silent_now && self.first_later().is_none() { "no changes" } else { "no other changes" }
    }
}
