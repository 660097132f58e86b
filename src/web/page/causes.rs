//! Why outlets need somebody, told once for all outlets with the same reason.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use maud::{Markup, html};

use super::{english, invalid_words, pause_words, place};
use crate::{
    catalog::Path,
    remote::without_request_ids,
    report::{HeldNote, Lang, LineNote, StatusLine, html::shown},
    sync::OutletState,
    web::{
        snapshot::Snapshot,
        state_help::{self, Urgency},
    },
};

/// A reason in words that are the same at every outlet that has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Cause {
    words: String,
    /// What follows, in English in every language.
    english: String,
    /// The line that is held, as the words end with it.
    place: Option<String>,
}

impl Cause {
    pub(super) fn of(line: &StatusLine, snapshot: &Snapshot, lang: Lang) -> Option<Self> {
        if !line.held.is_empty() {
            return Some(Self::of_guards(&line.held, line, lang));
        }
        let words = if let Some(pause) = &line.pause {
            pause_words(pause, line, snapshot, lang)
        } else if lang == Lang::Id && line.state == OutletState::Missing.as_str() {
            lang.why_missing("ID")
        } else if let Some(error) = &line.error {
            return Some(Self { english: without_request_ids(error).replace(&line.outlet, "ID"), ..Self::default() });
        } else if !line.drift.is_empty() {
            lang.changed_elsewhere().to_owned()
        } else {
            invalid_words(line.invalid_from.as_ref()?, line, snapshot, lang)
        };
        Some(Self { words, ..Self::default() })
    }

    /// What is held and where the files say it, whatever the amounts are at each outlet.
    fn of_guards(guards: &[HeldNote], line: &StatusLine, lang: Lang) -> Self {
        let kinds: Vec<&str> = guards.iter().map(|held| held.guard.name()).collect();
        let words = lang.held_by_guards(&kinds.join(", "));
        let names = distinct(guards.iter().flat_map(|guard| &guard.names));
        let place = guards.iter().flat_map(|guard| &guard.places).next().cloned();
        if names.is_empty() {
            let english = guards[0].message.replace(&line.outlet, "ID");
            return Self { words: words + ": ", english, place };
        }
        let things: HashSet<Path> = guards.iter().flat_map(|held| &held.items).map(Path::owner).collect();
        let more = things.len().saturating_sub(names.len());
        let names = names.iter().map(|name| format!("“{name}”")).collect::<Vec<_>>().join(", ");
        let names = if more > 0 { lang.some_and_more(&names, more) } else { names };
        Self { words: format!("{words}: {names}"), english: String::new(), place }
    }

    /// All of it, as an address names it.
    pub(super) fn text(&self) -> String {
        let place = self.place.iter().map(|place| format!(", {place}"));
        [self.words.clone(), self.english.clone()].into_iter().chain(place).collect()
    }

    pub(super) fn html(&self, snapshot: &Snapshot, authors: &BTreeMap<String, LineNote>, lang: Lang) -> Markup {
        html! {
            (shown(&self.words))
            @if !self.english.is_empty() { (english(&self.english, lang)) }
            @if let Some(line) = &self.place { ", " (place(line, snapshot, authors, lang)) }
        }
    }
}

/// Each once, in their order.
fn distinct<'l>(names: impl Iterator<Item = &'l String>) -> Vec<&'l String> {
    let mut known = HashSet::new();
    names.filter(|name| known.insert(*name)).collect()
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
