//! `approvals/*.yaml`: reviewed exceptions to guards, as people read, review and commit them.
//!
//! A file says which guard is let through, why, until when, and for which plan of which outlet. Whether a plan is that plan
//! is `plan`'s to say, in the pass that is about to push it; nothing here releases anything.

mod read;
mod stale;
#[cfg(test)]
mod tests;
mod write;

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
pub use read::parse;
pub use stale::{EffectCounts, Stale, Why};
pub use write::file_text;

use crate::{
    catalog::OutletId,
    diagnostic::{Diagnostic, Place},
    document::Spanned,
    plan::{Approval, ApprovalEffect, Digest, Reviewed, of_time},
    policy::Guard,
};

/// One file under `approvals/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalFile {
    /// The file, relative to the root.
    pub file: Arc<str>,
    /// The guard that is let through.
    pub guard: Guard,
    /// Why. Not blank.
    pub reason: Arc<str>,
    /// From when on it no longer counts.
    pub expires: Spanned<Timestamp>,
    /// The outlets it is for, each with the digest of what was approved, and where its id stands.
    pub outlets: BTreeMap<OutletId, (Digest, Place)>,
}

impl ApprovalFile {
    /// What it lets through at one outlet.
    pub fn at(&self, outlet: &OutletId) -> Option<Approval> {
        let (digest, _) = self.outlets.get(outlet)?;
        let Self { file, guard, reason, expires, outlets: _ } = self;
        let reviewed = Reviewed { file: Arc::clone(file), reason: Arc::clone(reason), expires: expires.value };
        Some(Approval { guard: *guard, digest: digest.clone(), reviewed })
    }

    /// What is wrong with it at `now`: a time beyond what an approval may reach, outlets that nobody defines.
    pub fn judge(&self, is_outlet: &dyn Fn(&OutletId) -> bool, now: Timestamp) -> Vec<Diagnostic> {
        let Self { expires, outlets, .. } = self;
        let out_of_time = match of_time(expires.value, now) {
            Some(ApprovalEffect::TooLong) => Some(
                Diagnostic::error(
                    "approval-expires",
                    expires.place.clone(),
                    "an approval counts for at most 7 days, this one reaches further",
                )
                .help("write a time within the next 7 days, or let `menusync approve` write the file"),
            ),
            Some(_) => Some(
                Diagnostic::warning("approval-expired", expires.place.clone(), "this approval has expired")
                    .help("remove the file; if a guard still holds, approve the plan as it is now"),
            ),
            None => None,
        };
        let unknown = outlets.iter().filter(|(outlet, _)| !is_outlet(outlet)).map(|(outlet, (_, place))| {
            Diagnostic::warning("approval-outlet", place.clone(), format!("no file defines the outlet `{outlet}`"))
                .help("remove the line, or put its id right")
        });
        out_of_time.into_iter().chain(unknown).collect()
    }
}
