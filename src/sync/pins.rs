//! What is wanted of an outlet where a rollback has pinned something. What a pin is, is `plan`'s.

use std::{borrow::Cow, collections::BTreeSet, sync::Arc};

use jiff::Timestamp;

use super::{Desired, PassError, Target};
use crate::{
    catalog::{Catalog, ItemField, Path},
    plan::Pins,
    policy::Policy,
    rules::{self, PRICE_TOO_LOW},
};

/// How many findings of rules are told.
const TOLD: usize = 3;

/// What is wanted at `now` with `pins` laid over what the files say; its `pins` are those that hold. A menu that rules refuse
/// although they have nothing to say about either side is a [`PassError::PinConflict`].
pub fn apply_pins<'d>(
    target: &Target,
    desired: &'d Desired,
    pins: &Pins,
    now: Timestamp,
) -> Result<Cow<'d, Desired>, PassError> {
    if pins.is_empty() {
        return Ok(Cow::Borrowed(desired));
    }
    let outlet = &target.id;
    let (catalog, held) = pins.apply_to(&desired.catalog, now);
    if held.is_empty() {
        return Ok(Cow::Borrowed(desired));
    }
    let errors = rule_errors(&catalog, &desired.policy);
    let known = errors_of_files(desired, &held);
    let why: Vec<&str> = errors.difference(&known).take(TOLD).map(String::as_str).collect();
    if !why.is_empty() {
        return Err(PassError::PinConflict { outlet: outlet.clone(), to: held.to, why: why.join("; ") });
    }
    let (files, covering) = (Arc::clone(&desired.places), held.clone());
    let places = move |path: &Path| if covering.covers(path) { Vec::new() } else { files(path) };
    let low_prices =
        desired.low_prices.iter().cloned().chain(doubtful_prices(&catalog, &held, &desired.policy)).collect();
    Ok(Cow::Owned(Desired { catalog, pins: held, low_prices, places: Arc::new(places), ..desired.clone() }))
}

/// The items whose price is pinned: nobody answers for it in the files, so that its guard asks if it is low.
fn doubtful_prices(catalog: &Catalog, pins: &Pins, policy: &Policy) -> Vec<Path> {
    if policy.rules.get(PRICE_TOO_LOW) == Some(&None) {
        return Vec::new();
    }
    let items = catalog.items().map(|(_, item)| &item.external_id);
    let pinned = items.filter(|id| pins.covers(&Path::item_field(id, ItemField::Price)));
    pinned.map(Path::item).collect()
}

/// What comments in the files excuse, and what the menu that was gone back to was pushed with.
fn errors_of_files(desired: &Desired, pins: &Pins) -> BTreeSet<String> {
    rule_errors(&desired.catalog, &desired.policy).into_iter().chain(pins.excused.iter().cloned()).collect()
}

/// What rules say against a menu, also for [`Pins::excused`].
pub fn rule_errors(catalog: &Catalog, policy: &Policy) -> BTreeSet<String> {
    let mut found = rules::check(catalog, &|_| None);
    rules::adjust(&mut found, &policy.rules);
    found.into_iter().filter(|finding| finding.is_error()).map(|e| format!("{}: {}", e.code, e.message)).collect()
}
