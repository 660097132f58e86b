//! An outlet's memory between passes: read, changed and kept in one step. What is in it is `plan`'s.

use crate::{
    catalog::OutletId,
    plan::Memory,
    state::{SharedStore, Store},
};

use super::{Context, PassError, push::json};

/// What is remembered of an outlet's last days.
pub fn memory_of(store: &SharedStore, outlet: &OutletId) -> Result<Memory, PassError> {
    store.with(|store| read(store, outlet))
}

fn read(store: &Store, outlet: &OutletId) -> Result<Memory, PassError> {
    let Some(memory) = store.memory(outlet.as_str())? else { return Ok(Memory::default()) };
    serde_json::from_str(&memory).map_err(|source| PassError::Memory { outlet: outlet.clone(), source })
}

/// Changes what is remembered of an outlet's last days, and writes it if that changed anything.
pub(super) fn remember_days(
    context: &Context,
    outlet: &OutletId,
    change: impl FnOnce(&mut Memory),
) -> Result<Memory, PassError> {
    context.store.with(|store| {
        let old = read(store, outlet)?;
        let mut new = old.clone();
        change(&mut new);
        if new != old {
            store.set_memory(outlet.as_str(), &json(&new, outlet)?)?;
        }
        Ok(new)
    })
}
