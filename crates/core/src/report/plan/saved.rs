//! A plan that was written as `menusync.plan/1`, read back. It is what was agreed to, not what is pushed: a push is planned
//! anew, and a saved plan can only refuse it. So nothing in it is trusted, and nothing in it is ever sent.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::Deserialize;
use serde_json::Value;

use super::{PlanTarget, json::SCHEMA};
use crate::{
    catalog::{OutletId, Path, ReadAt},
    plan::{Action, Change, Class, Digest, Kind, Subject, Verdict, approvable, digest_of},
    policy::Guard,
    report::minute,
};

/// For how long a saved plan counts.
pub const PLAN_COUNTS_FOR: SignedDuration = SignedDuration::from_hours(24);

/// How far the clocks of who plans and of who applies may be apart (our choice).
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(5);

/// A plan whose contents hash to the digest that it names.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedPlan {
    /// When it was made.
    pub generated_at: Timestamp,
    /// Where a push of it goes to.
    pub target: PlanTarget,
    /// The hash over all effects.
    pub digest: Digest,
    /// Its outlets.
    pub outlets: Vec<SavedOutlet>,
}

/// One outlet of a saved plan.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedOutlet {
    /// The outlet.
    pub outlet: OutletId,
    /// Its name; empty if it has none.
    pub name: String,
    /// Its changes.
    pub changes: Vec<Change>,
    action: Action,
    /// The guards that held it, each with the ids of the promotions that it named.
    held: BTreeMap<Guard, Vec<String>>,
}

/// Why a text is not a plan that counts. The sentence goes on after the file's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SavedPlanError {
    /// No JSON, or of another shape.
    #[error("is no plan: {0}")]
    Malformed(String),
    /// Of another kind or version.
    #[error("is `{0}`, not a plan that this version reads (`{SCHEMA}`)")]
    OtherSchema(String),
    /// Written by `diff` or `drift`, which push nothing.
    #[error("is not a plan of a push: let `menusync plan --out FILE` write one")]
    NotOfAPush,
    /// Somebody changed it, or it was cut short.
    #[error("was changed after it was made: {0} does not hash to the digest that it names")]
    Tampered(String),
    /// For another server.
    #[error("is a plan for {theirs}, and these settings are for {ours}")]
    Foreign {
        /// The plan's server.
        theirs: PlanTarget,
        /// The server of the settings.
        ours: PlanTarget,
    },
    /// Too old.
    #[error("was made at {0} and counts for 24 hours: make a new one")]
    Stale(String),
    /// From the future.
    #[error("was made at {0}, which has not come yet: are the clocks right?")]
    Early(String),
}

/// As it stands in the file. Keys that do not matter here are passed over.
#[derive(Deserialize)]
struct File {
    generated_at: Timestamp,
    target: Option<PlanTarget>,
    digest: Digest,
    outlets: Vec<FileOutlet>,
}

#[derive(Deserialize)]
struct FileOutlet {
    outlet: OutletId,
    name: String,
    digest: Digest,
    action: Action,
    changes: Vec<FileChange>,
    guards: Vec<FileGuard>,
}

#[derive(Deserialize)]
struct FileChange {
    kind: Kind,
    class: Class,
    path: String,
    from: Value,
    to: Value,
    base: Value,
    pushed: bool,
}

#[derive(Deserialize)]
struct FileGuard {
    guard: Guard,
    verdict: Verdict,
    #[serde(default)]
    promotions: Vec<String>,
}

impl SavedPlan {
    /// Reads `menusync.plan/1` as `plan` writes it.
    pub fn parse(text: &str) -> Result<Self, SavedPlanError> {
        let malformed = |error: serde_json::Error| SavedPlanError::Malformed(error.to_string());
        let value: Value = serde_json::from_str(text).map_err(malformed)?;
        let schema = value.get("schema").and_then(Value::as_str).unwrap_or_default();
        if schema != SCHEMA {
            return Err(match schema {
                "" => SavedPlanError::Malformed("it has no `schema`".to_owned()),
                other => SavedPlanError::OtherSchema(other.chars().take(60).collect()),
            });
        }
        let File { generated_at, target, digest, outlets } = serde_json::from_value(value).map_err(malformed)?;
        let target = target.ok_or(SavedPlanError::NotOfAPush)?;
        let outlets = outlets.into_iter().map(FileOutlet::checked).collect::<Result<Vec<_>, _>>()?;
        let plan = Self { generated_at, target, digest, outlets };
        plan.check_digest()?;
        Ok(plan)
    }

    fn check_digest(&self) -> Result<(), SavedPlanError> {
        let mut seen = BTreeSet::new();
        if let Some(twice) = self.outlets.iter().find(|outlet| !seen.insert(&outlet.outlet)) {
            return Err(SavedPlanError::Malformed(format!("it has the outlet {} twice", twice.outlet)));
        }
        let hash = digest_of(self.outlets.iter().map(|outlet| (&outlet.outlet, outlet.changes.as_slice())));
        if hash == self.digest { Ok(()) } else { Err(SavedPlanError::Tampered("the plan".to_owned())) }
    }

    /// Whether it may be used at `now` with settings for `ours`; times are told in `zone`.
    pub fn check(&self, ours: &PlanTarget, now: Timestamp, zone: &TimeZone) -> Result<(), SavedPlanError> {
        let age = now.duration_since(self.generated_at);
        if self.target != *ours {
            return Err(SavedPlanError::Foreign { theirs: self.target.clone(), ours: ours.clone() });
        }
        match age {
            age if age > PLAN_COUNTS_FOR => Err(SavedPlanError::Stale(minute(self.generated_at, zone))),
            age if age < -CLOCKS_APART => Err(SavedPlanError::Early(minute(self.generated_at, zone))),
            _ => Ok(()),
        }
    }
}

impl SavedOutlet {
    /// Whether the guard held it.
    pub fn is_held_by(&self, guard: Guard) -> bool {
        self.held.contains_key(&guard)
    }

    /// The guards that held it.
    pub fn held(&self) -> impl Iterator<Item = Guard> {
        self.held.keys().copied()
    }

    /// The digest that an approval of the guard has to name.
    pub fn approvable(&self, guard: Guard) -> Digest {
        let promotions = self.held.get(&guard).map(Vec::as_slice).unwrap_or_default();
        approvable(guard, &self.outlet, self.action, &self.changes, promotions)
    }
}

impl FileOutlet {
    fn checked(self) -> Result<SavedOutlet, SavedPlanError> {
        let Self { outlet, name, digest, action, changes, guards } = self;
        let changes = changes.into_iter().map(|change| change.read(&outlet)).collect::<Result<Vec<_>, _>>()?;
        if digest_of([(&outlet, changes.as_slice())]) != digest {
            return Err(SavedPlanError::Tampered(format!("outlet {outlet}")));
        }
        let held = guards.into_iter().filter(|guard| guard.verdict == Verdict::Held);
        let held = held.map(|guard| (guard.guard, guard.promotions));
        Ok(SavedOutlet { outlet, name, changes, action, held: held.collect() })
    }
}

impl FileChange {
    fn read(self, outlet: &OutletId) -> Result<Change, SavedPlanError> {
        let Self { kind, class, path, from, to, base, pushed } = self;
        let unknown = || SavedPlanError::Malformed(format!("`{path:.60}` is no path"));
        let path: Path = path.parse().map_err(|()| unknown())?;
        // No plan of ours has a value of another kind there.
        let tampered = || SavedPlanError::Tampered(format!("outlet {outlet}"));
        let read = |value| Option::read_at(&path, value).ok_or_else(tampered);
        let (from, to, base) = (read(from)?, read(to)?, read(base)?);
        let (only_with_put, contested, since, subject, sources) = (false, false, None, Subject::default(), Vec::new());
        Ok(Change { path, kind, class, from, to, base, pushed, only_with_put, contested, since, subject, sources })
    }
}
