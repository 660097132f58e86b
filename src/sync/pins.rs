//! What is wanted of an outlet where a rollback has pinned something. What a pin is, is `plan`'s.

use std::{borrow::Cow, collections::BTreeSet, sync::Arc};

use jiff::Timestamp;

use super::{PassError, Wanted};
use crate::{
    catalog::{Catalog, OutletId, Path},
    plan::Pins,
    policy::Policy,
    rules,
    state::SharedStore,
};

/// How many findings of rules are told.
const TOLD: usize = 3;

/// What is pinned at an outlet.
pub fn pins_of(store: &SharedStore, outlet: &OutletId) -> Result<Pins, PassError> {
    let Some(pins) = store.with(|store| store.pins(outlet.as_str()))? else { return Ok(Pins::default()) };
    serde_json::from_str(&pins).map_err(|source| PassError::Memory { outlet: outlet.clone(), source })
}

/// Remembers what is pinned at an outlet; with nothing pinned, nothing.
pub(super) fn keep_pins(store: &SharedStore, outlet: &OutletId, pins: &Pins) -> Result<(), PassError> {
    let json = as_json(outlet, pins)?;
    Ok(store.with(|store| store.set_pins(outlet.as_str(), json.as_deref()))?)
}

/// Pins for the store.
pub(super) fn as_json(outlet: &OutletId, pins: &Pins) -> Result<Option<String>, PassError> {
    let json = (!pins.is_empty()).then(|| super::push::json(pins, outlet));
    json.transpose()
}

/// What is wanted at `now` with `pins` laid over what the files say; its `pins` are those that hold. A menu that rules refuse
/// although they have nothing to say about either side is a [`PassError::Misfit`].
pub fn pinned<'w>(wanted: &'w Wanted, pins: &Pins, now: Timestamp) -> Result<Cow<'w, Wanted>, PassError> {
    if pins.is_empty() {
        return Ok(Cow::Borrowed(wanted));
    }
    let outlet = &wanted.outlet;
    let laid = pins.lay_over(&wanted.catalog, now);
    let (catalog, held) = laid.map_err(|source| PassError::Memory { outlet: outlet.clone(), source })?;
    if held.is_empty() {
        return Ok(Cow::Borrowed(wanted));
    }
    let errors = errors(&catalog, &wanted.policy);
    let known = errors_of_files(wanted, &held);
    let why: Vec<&str> = errors.difference(&known).take(TOLD).map(String::as_str).collect();
    if !why.is_empty() {
        return Err(PassError::Misfit { outlet: outlet.clone(), to: held.to, why: why.join("; ") });
    }
    let (files, covering) = (Arc::clone(&wanted.place), held.clone());
    let place = move |path: &Path| (!covering.covers(path)).then(|| files(path)).flatten();
    Ok(Cow::Owned(Wanted { catalog, pins: held, place: Arc::new(place), ..wanted.clone() }))
}

/// What rules say against a menu, for [`Pins::excused`].
pub fn excuses(catalog: &Catalog, policy: &Policy) -> BTreeSet<String> {
    errors(catalog, policy)
}

/// What comments in the files excuse, and what the menu that was gone back to was pushed with.
fn errors_of_files(wanted: &Wanted, pins: &Pins) -> BTreeSet<String> {
    errors(&wanted.catalog, &wanted.policy).into_iter().chain(pins.excused.iter().cloned()).collect()
}

fn errors(catalog: &Catalog, policy: &Policy) -> BTreeSet<String> {
    let mut found = rules::check(catalog, &|_| None);
    rules::adjust(&mut found, &policy.rules);
    found.into_iter().filter(|finding| finding.is_error()).map(|e| format!("{}: {}", e.code, e.message)).collect()
}
