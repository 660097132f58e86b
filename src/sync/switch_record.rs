//! What is stored of switches of stock, and the log of them.

use super::{PassError, Target, memory::json};
use crate::{
    plan::{StockSwitch, SwitchEvent, SwitchHappening, SwitchStage},
    report::{Lang, untrusted::printable},
    state::{OutletUpdate, SwitchRow},
};

/// Stores a switch.
pub(super) fn keep(update: &mut OutletUpdate, target: &Target, switch: &StockSwitch) -> Result<(), PassError> {
    let row = SwitchRow { until: switch.until, switch: json(switch, &target.id)? };
    keep_as(update, switch, Some(row));
    Ok(())
}

/// Stores this of a switch; `None`: nothing any more.
pub(super) fn keep_as(update: &mut OutletUpdate, switch: &StockSwitch, row: Option<SwitchRow>) {
    update.switches.push((switch.thing().to_string(), row));
}

/// Live has shown a switch: one without an end is over.
pub(super) fn seen(update: &mut OutletUpdate, target: &Target, switch: &StockSwitch) -> Result<(), PassError> {
    match switch.until {
        Some(_) => keep(update, target, &StockSwitch { stage: SwitchStage::Set, ..switch.clone() })?,
        None => keep_as(update, switch, None),
    }
    happened(update, target, &switch.event(SwitchHappening::Switched, None))
}

/// A switch has ended.
pub(super) fn end(
    update: &mut OutletUpdate,
    target: &Target,
    switch: &StockSwitch,
    event: &SwitchEvent,
) -> Result<(), PassError> {
    keep_as(update, switch, None);
    happened(update, target, event)
}

fn happened(update: &mut OutletUpdate, target: &Target, event: &SwitchEvent) -> Result<(), PassError> {
    update.switch_events.push(json(event, &target.id)?);
    let words = Lang::En.switch_event(event, None);
    let words = printable(&words);
    match event.result.is_trouble() {
        true => tracing::warn!(outlet = %target.id, "{words}"),
        false => tracing::info!(outlet = %target.id, "{words}"),
    }
    Ok(())
}
