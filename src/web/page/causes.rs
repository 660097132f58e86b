//! Why outlets need somebody, told once for all outlets with the same reason.

use std::collections::HashMap;

use jiff::Timestamp;
use maud::{Markup, html};

use super::{english, invalid_words, pause_words};
use crate::{
    remote::without_request_ids,
    report::{Lang, StatusLine, html::shown},
    sync::OutletState,
    web::{
        snapshot::Snapshot,
        state_help::{self, Urgency},
    },
};

/// A reason in words that are the same at every outlet that has it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Cause {
    pub(super) words: String,
    /// Whether they are English in every language.
    is_english: bool,
}

impl Cause {
    pub(super) fn of(line: &StatusLine, snapshot: &Snapshot, lang: Lang) -> Option<Self> {
        let guards: Vec<&str> =
            line.held.as_array().into_iter().flatten().filter_map(|guard| guard["guard"].as_str()).collect();
        let drift = line.drift.as_array().map_or(0, Vec::len);
        let mut is_english = false;
        let words = if !guards.is_empty() {
            lang.held_by_guards(&guards.join(", "))
        } else if let Some(pause) = &line.pause {
            pause_words(pause, line, snapshot, lang)
        } else if lang == Lang::Id && line.state == OutletState::Missing.as_str() {
            lang.why_missing("ID")
        } else if let Some(error) = &line.error {
            is_english = true;
            without_request_ids(error).replace(&line.outlet, "ID")
        } else if drift > 0 {
            lang.changed_elsewhere().to_owned()
        } else {
            invalid_words(line.invalid_from.as_ref()?, line, snapshot, lang)
        };
        Some(Self { words, is_english })
    }

    pub(super) fn html(&self, lang: Lang) -> Markup {
        if self.is_english {
            english(&self.words, lang)
        } else {
            html! { (shown(&self.words)) }
        }
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
pub(super) fn groups<'a>(lines: &[&'a StatusLine], snapshot: &Snapshot, lang: Lang) -> Vec<Group<'a>> {
    let mut places: HashMap<(&str, Cause), usize> = HashMap::new();
    let mut groups: Vec<Group<'a>> = Vec::new();
    for line in lines {
        if state_help::of(&line.state).1.urgency > Urgency::Look {
            continue;
        }
        let Some(cause) = Cause::of(line, snapshot, lang) else { continue };
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
