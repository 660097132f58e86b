//! What layers with `when` do again and again: a step that was let through once and arrived is no other one on the next day.
//!
//! Remembered is what such a layer has made of a price, by its file: the last step only, so that a corrected price does not
//! leave the wrong one behind as known.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use hashbrown::HashSet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Change, Class, Inputs, Kind, OutletPlan, prices};
use crate::{
    catalog::{Catalog, ExternalId, FieldValue, ItemField, Path, ReadAt, StockKind},
    definition::Recurring,
    diagnostic::Place,
};

/// What a layer with `when` made of a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecurringStep {
    /// Whole rupiah; `None`: the layer brought the dish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// Whole rupiah.
    pub to: i64,
    /// The layer.
    pub file: String,
}

impl ReadAt for RecurringStep {
    fn read_at(_path: &Path, json: serde_json::Value) -> Option<Self> {
        serde_json::from_value(json).ok()
    }
}

/// Such a step of a push that has arrived.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnownStep {
    #[serde(flatten)]
    pub(super) step: RecurringStep,
    /// When that was last so.
    pub(super) at: Timestamp,
    /// Live is still what it made of it: what follows is its end.
    #[serde(default)]
    pub(super) stands: bool,
    /// Several pushes have made it, each within the limits: the way back is known, and the whole step is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) joined: bool,
}

impl ReadAt for KnownStep {
    fn read_at(_path: &Path, json: serde_json::Value) -> Option<Self> {
        serde_json::from_value(json).ok()
    }
}

impl KnownStep {
    pub(super) fn new(step: RecurringStep, at: Timestamp) -> Self {
        Self { step, at, stands: true, joined: false }
    }

    /// Adds a step that has arrived to those of the same price.
    pub(super) fn add(known: &mut Vec<Self>, step: &RecurringStep, at: Timestamp) {
        let mut new = Self::new(step.clone(), at);
        // An edit while the layer counts goes on from where the layer began.
        let goes_on =
            |before: &&Self| before.stands && before.step.file == step.file && step.from == Some(before.step.to);
        if let Some(before) = known.iter().find(goes_on) {
            (new.step.from, new.joined) = (before.step.from, true);
        }
        // Another price of the file replaces what was known; the same one may be made of several, as by other layers.
        known.retain(|known| {
            let is_same = known.step == new.step || known.joined || known.step.to != step.to;
            known.step.file != step.file || !is_same
        });
        known.iter_mut().for_each(|known| known.stands = false);
        known.push(new);
    }

    /// Notes what a look has shown: the price of ours that is live, the files with `when` that say it now, and whether a change
    /// of it is planned. `false`: the step is none of its layer any more.
    pub(super) fn note(
        &mut self,
        shown: Option<i64>,
        files: Option<&BTreeSet<String>>,
        changes: bool,
        at: Timestamp,
    ) -> bool {
        let Some(shown) = shown else { return true };
        let is_said = files.is_some_and(|files| files.contains(&self.step.file));
        let is_elsewhere = files.is_some() && !is_said && !changes;
        self.stands &= shown == self.step.to && !is_elsewhere;
        if is_said && (self.stands || self.step.from.is_none()) {
            self.at = at;
        }
        // Of a dish that has moved to another file.
        self.step.from.is_some() || files.is_none_or(|files| !files.is_empty())
    }
}

/// The files with `when` that say a price of which steps are known, as far as files say it at all.
pub(super) fn files_of_steps(inputs: &Inputs<'_>) -> BTreeMap<Path, BTreeSet<String>> {
    let Inputs { recurring, past, places, .. } = inputs;
    if past.recurring.is_empty() {
        return BTreeMap::new();
    }
    let desired = prices(inputs.desired);
    let files = |path: &Path| {
        let places = places(path).into_iter().chain(places(&path.owner()));
        places
            .map(|place| place.file)
            .filter(|file| recurring.files.contains(file))
            .map(|file| file.to_string())
            .collect()
    };
    past.recurring.keys().filter(|path| desired.contains_key(path)).map(|path| (path.clone(), files(path))).collect()
}

impl RecurringStep {
    /// The path of the price, and what a layer with `when` makes of it by this change. What undoes an edit made elsewhere is
    /// none: nobody has reviewed what it starts from.
    pub(super) fn of(change: &Change, recurring: &Recurring) -> Option<(Path, Self)> {
        let file = change.sources.iter().rev().map(|place| &place.file).find(|file| recurring.files.contains(*file))?;
        if !matches!(change.class, Class::Edit | Class::Adopt) {
            return None;
        }
        let rupiah = |side: &Option<FieldValue>| side.as_ref().and_then(FieldValue::as_rupiah);
        let file = file.to_string();
        match (&change.path, change.kind) {
            (Path::Item(id, None), Kind::Add) => {
                let to = change.to.as_ref()?.field(ItemField::Price.key())?.as_rupiah()?;
                Some((Path::item_field(id, ItemField::Price), Self { from: None, to, file }))
            }
            (path, Kind::Set) if change.is_price() => {
                Some((path.clone(), Self { from: Some(rupiah(&change.from)?), to: rupiah(&change.to)?, file }))
            }
            _ => None,
        }
    }
}

/// Items whose leaving is no deletion: those of dated layers that have ended, and those of layers with `when` that rest, if
/// such a layer has brought them. What stood in the menu before it was given a `when` leaves past the guards.
pub(super) fn gone_with_their_layer<'i>(inputs: &Inputs<'i>) -> Cow<'i, BTreeSet<ExternalId>> {
    let resting = inputs.recurring.resting.iter();
    let brought: Vec<_> =
        resting.filter(|(id, files)| inputs.past.was_brought(id, files)).map(|(id, _)| id.clone()).collect();
    match brought.is_empty() {
        true => Cow::Borrowed(inputs.ended),
        false => Cow::Owned(inputs.ended.iter().cloned().chain(brought).collect()),
    }
}

/// What would be remembered if `before` had been pushed, its layers with `when` as they count in it. `after` is what the same
/// files give next: where prices go back to, they have come from.
pub fn assumed_steps(
    (before, recurring): (&Catalog, &Recurring),
    places: &dyn Fn(&Path) -> Vec<Place>,
    after: Option<&Catalog>,
) -> Vec<(Path, RecurringStep)> {
    if recurring.files.is_empty() {
        return Vec::new();
    }
    let file = |path: &Path| {
        let places = places(path);
        places
            .iter()
            .rev()
            .map(|place| &place.file)
            .find(|file| recurring.files.contains(*file))
            .map(ToString::to_string)
    };
    let next = after.map(prices).unwrap_or_default();
    let step = |(path, to): (Path, i64)| {
        let brought = file(&path.owner()).filter(|_| matches!(path, Path::Item(..)));
        let (file, from) = match brought {
            Some(file) => (file, None),
            None => (file(&path)?, Some(*next.get(&path)?)),
        };
        Some((path, RecurringStep { from, to, file }))
    };
    prices(before).into_iter().filter_map(step).collect()
}

/// What leaves and may come back by a layer with `when`, whichever file defines it: also what such a layer removes returns.
/// What a file took off sale is left out: it is on sale as soon as no file says otherwise.
pub(super) fn leaving(plan: &OutletPlan, inputs: &Inputs<'_>) -> BTreeSet<Path> {
    if inputs.recurring.files.is_empty() {
        return BTreeSet::new();
    }
    let ours = |kind, id: &ExternalId| inputs.base.is_some_and(|base| base.taken_off(kind).contains(id));
    let items = plan.live.items().map(|(_, item)| &item.external_id);
    let items = items.filter(|id| plan.payload.item(id).is_none() && !ours(StockKind::Items, id));
    let staying: HashSet<&ExternalId> = plan.payload.variants().map(|(_, variant)| &variant.external_id).collect();
    let variants = plan.live.variants().map(|(_, variant)| &variant.external_id);
    let variants = variants.filter(|id| !staying.contains(id) && !ours(StockKind::Variants, id));
    items.map(Path::item).chain(variants.map(Path::variant)).collect()
}
