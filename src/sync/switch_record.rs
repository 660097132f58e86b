//! What is stored of switches of stock, and the log of them.

use std::borrow::Cow;

use jiff::Timestamp;

use super::{Desired, PassError, Recalled, Target, memory::json};
use crate::{
    catalog::{Path, StockChange, live::LiveCatalog},
    plan::{
        Base, Memory, StockSwitch, SwitchEvent, SwitchHappening, SwitchReturns, SwitchStage, SwitchVerdict,
        behind_until, is_overruled, judge_switch,
    },
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

/// Live has shown a switch. One without an end is known until no copy is behind it any more.
pub(super) fn seen(update: &mut OutletUpdate, target: &Target, switch: &StockSwitch) -> Result<(), PassError> {
    keep(update, target, &StockSwitch { stage: SwitchStage::Set, ..switch.clone() })?;
    happened(update, target, &switch.event(SwitchHappening::Switched, None))
}

/// A switch has ended. One that live has shown to be switched back is known until no copy is behind that any more.
pub(super) fn end(
    update: &mut OutletUpdate,
    target: &Target,
    switch: &StockSwitch,
    event: &SwitchEvent,
    now: Timestamp,
) -> Result<(), PassError> {
    match event.result {
        SwitchHappening::SwitchedBack => keep(update, target, &switch.returned(now))?,
        _ => keep_as(update, switch, None),
    }
    happened(update, target, event)
}

/// Where the files take something off sale.
pub(super) fn off_in_files(desired: &Desired, path: &Path) -> Option<String> {
    let is_off = match path {
        Path::Item(id, _) => desired.catalog.item(id).is_some_and(|item| item.in_stock.value() == Some(&false)),
        Path::Variant(id, _) => {
            let mut variants = desired.catalog.variants().filter(|(_, variant)| variant.external_id == *id);
            variants.any(|(_, variant)| variant.in_stock.value() == Some(&false))
        }
        _ => false,
    };
    let place = || desired.place(path).or_else(|| desired.place(&path.owner()));
    is_off.then(|| place().map_or_else(|| "`in_stock: false`".to_owned(), |place| place.to_string()))
}

/// A look at an outlet, for its switches. Where one seemed to be undone just after it was made, other copies were asked as well.
pub(super) struct SwitchesSeen<'a> {
    pub(super) live: &'a LiveCatalog,
    pub(super) now: Timestamp,
    /// `None`: nothing may be switched back.
    pub(super) returns: Option<SwitchReturns<'a>>,
}

/// What ends of switches change of what is known of an outlet.
pub(super) struct Learnt<'r> {
    memory: Cow<'r, Memory>,
    base: Cow<'r, Option<Base>>,
}

impl<'r> Learnt<'r> {
    pub(super) fn new(recalled: &'r Recalled) -> Self {
        Self { memory: Cow::Borrowed(&recalled.memory), base: Cow::Borrowed(&recalled.base) }
    }

    /// Stores what one end changes.
    fn note_end(
        &mut self,
        update: &mut OutletUpdate,
        target: &Target,
        switch: &StockSwitch,
        event: &SwitchEvent,
        now: Timestamp,
    ) -> Result<(), PassError> {
        match event.result {
            SwitchHappening::EndedAway => {
                self.memory.to_mut().note_ended_away(switch.thing(), !switch.in_stock, now);
                update.memory = Some(json(&*self.memory, &target.id)?);
            }
            // It was sold out before: no end of an `in_stock: false` puts it back.
            SwitchHappening::SwitchedBack if switch.in_stock => {
                if let Some(base) = self.base.to_mut()
                    && base.leave_to_kitchen(switch.kind, &switch.id)
                {
                    update.base = Some(json(base, &target.id)?);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// A switch that is to be switched back now.
#[derive(Debug)]
pub(super) struct DueSwitch {
    pub(super) switch: StockSwitch,
    pub(super) changes: Vec<StockChange>,
}

/// What a look has taught of switches.
#[derive(Debug, Default)]
pub(super) struct JudgedSwitches {
    pub(super) events: Vec<SwitchEvent>,
    pub(super) due: Vec<DueSwitch>,
}

/// Judges switches by a look, and stores what it has taught.
pub(super) fn judge_switches<'s>(
    update: &mut OutletUpdate,
    learnt: &mut Learnt<'_>,
    target: &Target,
    switches: impl IntoIterator<Item = &'s StockSwitch>,
    seen_now: &SwitchesSeen<'_>,
) -> Result<JudgedSwitches, PassError> {
    let SwitchesSeen { live, now, returns } = seen_now;
    let mut judged = JudgedSwitches::default();
    for switch in switches {
        let may_be_behind = behind_until(switch, live, *now).is_some();
        match judge_switch(switch, live, &learnt.memory, *now, returns.as_ref()) {
            SwitchVerdict::Wait => {}
            SwitchVerdict::Seen => seen(update, target, switch)?,
            SwitchVerdict::Forget => keep_as(update, switch, None),
            SwitchVerdict::Hold => keep(update, target, &StockSwitch { held_at: Some(*now), ..switch.clone() })?,
            SwitchVerdict::Back(changes) => judged.due.push(DueSwitch { switch: switch.clone(), changes }),
            SwitchVerdict::End(result) => {
                let event = switch.event(result, None);
                end(update, target, switch, &event, *now)?;
                learnt.note_end(update, target, switch, &event, *now)?;
                // It does not go back; and until it is certain what is live, nothing is pushed over it.
                if may_be_behind && result != SwitchHappening::NotSeen {
                    keep(update, target, &StockSwitch { until: None, ..switch.clone() })?;
                }
                judged.events.push(event);
            }
        }
    }
    Ok(judged)
}

/// What any look of a pass shows: somebody has put on sale what a switch took off, and is not overruled at its end. Where that
/// is in doubt, and of all else that may have become of switches, who looks for the sake of them judges and tells. The switches
/// as they are known from now on.
pub(super) fn note_overruled(
    update: &mut OutletUpdate,
    target: &Target,
    switches: &[StockSwitch],
    live: &LiveCatalog,
    now: Timestamp,
) -> Result<Vec<StockSwitch>, PassError> {
    let nothing = Memory::default();
    let mut known = Vec::with_capacity(switches.len());
    for switch in switches {
        let mut switch = switch.clone();
        if is_overruled(&switch, live) {
            if judge_switch(&switch, live, &nothing, now, None) == SwitchVerdict::End(SwitchHappening::ChangedElsewhere)
            {
                end(update, target, &switch, &switch.event(SwitchHappening::ChangedElsewhere, None), now)?;
                continue;
            }
            if !std::mem::replace(&mut switch.is_doubted, true) {
                keep(update, target, &switch)?;
            }
        }
        known.push(switch);
    }
    Ok(known)
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
