//! What comes when for the outlets: windows that open and close, dated layers that begin and end.

use jiff::Timestamp;

use super::{Loaded, Member, windows_of};
use crate::{
    report::{Agenda, Event, EventKind},
    schedule::{gate, gate_changes},
};

impl Loaded {
    /// What comes for an outlet after `now`: the next `count` changes of its windows, and as many of its dated layers.
    pub fn agenda(&self, member: &Member, now: Timestamp, count: usize) -> Agenda {
        let policy = self.policy(&member.id, now);
        let outlet = self.definitions.outlet(&member.id);
        let windows = || outlet.into_iter().flat_map(|outlet| windows_of(&policy, outlet));
        let changes = gate_changes(windows(), now, &policy.timezone, count).into_iter().map(|(at, is_open)| {
            let kind = if is_open { EventKind::Opens } else { EventKind::Closes };
            Event { at, kind }
        });
        let edges = self.definitions.next_edges(&member.id, now, count, &self.defaults);
        let layers = edges.into_iter().flat_map(|edge| edge.layers.into_iter().map(move |layer| (edge.at, layer)));
        let dated = layers.take(count).map(|(at, (file, begins))| {
            let kind = if begins { EventKind::Begins(file) } else { EventKind::Ends(file) };
            Event { at, kind }
        });
        let mut events: Vec<Event> = changes.chain(dated).collect();
        events.sort();
        Agenda {
            outlet: member.id.to_string(),
            name: member.name.clone(),
            open: gate(windows(), now, &policy.timezone).is_open(),
            zone: policy.timezone,
            events,
        }
    }
}
