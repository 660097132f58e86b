//! Why outlets need somebody, told once for all outlets with the same reason.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::{
    remote::without_request_ids,
    report::StatusLine,
    web::state_help::{self, Urgency},
};

/// A reason in words that are the same at every outlet that has it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Cause {
    pub(super) words: String,
}

impl Cause {
    pub(super) fn of(line: &StatusLine) -> Option<Self> {
        let guards: Vec<&str> =
            line.held.as_array().into_iter().flatten().filter_map(|guard| guard["guard"].as_str()).collect();
        let drift = line.drift.as_array().map_or(0, Vec::len);
        let words = if !guards.is_empty() {
            format!("held by {}", guards.join(", "))
        } else if let Some(pause) = &line.pause {
            pause.words.clone()
        } else if let Some(error) = &line.error {
            without_request_ids(error).replace(&line.outlet, "ID")
        } else if drift > 0 {
            "changed elsewhere".to_owned()
        } else {
            line.invalid_from.as_ref()?.to_string()
        };
        Some(Self { words })
    }
}

/// The outlets in one state for one reason.
pub(super) struct Group<'a> {
    pub(super) state: &'a str,
    pub(super) cause: Cause,
    pub(super) first: &'a StatusLine,
    pub(super) count: usize,
    /// Since when the first of them stands so.
    pub(super) since: Option<Timestamp>,
}

/// The groups of all outlets that want a look, the worst first, then the largest.
pub(super) fn groups<'a>(lines: &[&'a StatusLine]) -> Vec<Group<'a>> {
    let mut places: HashMap<(&str, Cause), usize> = HashMap::new();
    let mut groups: Vec<Group<'a>> = Vec::new();
    for line in lines {
        if state_help::of(&line.state).1.urgency > Urgency::Look {
            continue;
        }
        let Some(cause) = Cause::of(line) else { continue };
        let place = *places.entry((&line.state, cause.clone())).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => {
                group.count += 1;
                group.since = [group.since, line.since].into_iter().flatten().min();
            }
            None => groups.push(Group { state: &line.state, cause, first: line, count: 1, since: line.since }),
        }
    }
    groups.sort_by_key(|group| (state_help::of(group.state).0, std::cmp::Reverse(group.count)));
    groups
}
