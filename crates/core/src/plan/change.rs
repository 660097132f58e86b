//! One difference, and the hash over many of them.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    catalog::{FieldKind, FieldValue, OutletId, Path},
    diagnostic::Place,
};

/// What happens to a thing or a field, seen from live to the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Kind {
    Remove,
    Add,
    Set,
    Move,
}

/// Who moved away from the last verified push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// The files did.
    Edit,
    /// Live did: somebody edited elsewhere.
    Drift,
    /// Both did, to different values.
    Conflict,
    /// Nobody knows: there is no base.
    Adopt,
}

/// One difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What it is about.
    pub path: Path,
    /// Add, remove, set or move.
    pub kind: Kind,
    /// Who moved.
    pub class: Class,
    /// The live value; `None` = absent.
    pub from: Option<FieldValue>,
    /// The files' value; `None` = absent.
    pub to: Option<FieldValue>,
    /// What we last pushed; `None` = nothing.
    pub base: Option<FieldValue>,
    /// Whether the call about to be made carries it.
    pub pushed: bool,
    /// Since when it is known, if somebody else made it.
    pub since: Option<jiff::Timestamp>,
    /// It was undone so often that it is left alone now, though the files win over such edits otherwise.
    pub contested: bool,
    /// No reason for a call of its own, but carried by any PUT that goes out.
    pub only_with_put: bool,
    /// For people: which menu or category, and the thing's name.
    pub subject: Subject,
    /// Where the files say it. Several places for a price that several of its lines have moved.
    pub sources: Vec<Place>,
}

/// The thing a change is about, as people know it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// The menu of an item, the category of a variant.
    pub within: Option<String>,
    /// Its name.
    pub name: String,
}

impl Eq for Change {}

impl PartialOrd for Change {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Paths are unique but for an item that is moved and set; the rest decides nothing that a person would notice.
impl Ord for Change {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (&self.path, self.kind, self.class)
            .cmp(&(&other.path, other.kind, other.class))
            .then_with(|| json_of(&self.to).cmp(&json_of(&other.to)))
    }
}

impl Change {
    /// Whether this is about `thing`, or about a field of it.
    pub fn is_of(&self, thing: &Path) -> bool {
        self.path == *thing || self.path.owner() == *thing
    }

    /// Whether this is about stock, which a digest leaves out: it is the kitchen's and changes by the minute.
    pub fn is_stock(&self) -> bool {
        self.path.info().is_some_and(|info| info.kind == FieldKind::Stock)
    }

    /// Whether this is a price.
    pub fn is_price(&self) -> bool {
        self.path.info().is_some_and(|info| info.kind == FieldKind::Price)
    }

    /// Whether this is about a promotion of ours, which calls of their own make and end.
    pub fn is_promotion(&self) -> bool {
        matches!(self.path, Path::Promotion(..))
    }

    /// Whether the digest covers this: an effect of the push on the menu.
    pub fn is_effect(&self) -> bool {
        self.pushed && !self.is_stock()
    }
}

fn json_of(value: &Option<FieldValue>) -> String {
    serde_json::to_string(value).expect("field values always serialise")
}

/// SHA-256 over the sorted effects (outlet, path, from, to). The same effects have the same digest, whatever the commit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(pub String);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The digest of the changes of some outlets, in whatever order they are given.
pub fn digest_of<'a>(outlets: impl IntoIterator<Item = (&'a OutletId, &'a [Change])>) -> Digest {
    digest_with(outlets, &Change::is_effect, &[])
}

/// The same over the changes that `counts` names, and over whatever else was looked at.
pub(super) fn digest_with<'a>(
    outlets: impl IntoIterator<Item = (&'a OutletId, &'a [Change])>,
    counts: &dyn Fn(&Change) -> bool,
    more: &[String],
) -> Digest {
    let mut lines: Vec<String> = outlets
        .into_iter()
        .flat_map(|(outlet, changes)| {
            changes.iter().filter(|change| counts(change)).map(move |change| {
                let line = (outlet.as_str(), change.path.to_string(), &change.from, &change.to);
                serde_json::to_string(&line).expect("texts and field values always serialise")
            })
        })
        .chain(more.iter().map(|text| serde_json::to_string(text).expect("texts always serialise")))
        .collect();
    lines.sort();
    let mut hasher = Sha256::new();
    for line in &lines {
        hasher.update(line.as_bytes());
        hasher.update(b"\n");
    }
    let hex: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Digest(format!("sha256:{hex}"))
}
