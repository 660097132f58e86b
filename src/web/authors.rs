//! Who wrote the lines that guards hold: git is asked once for as long as the files stay as they are.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use super::{
    Handle,
    snapshot::{Snapshot, compose},
};
use crate::{
    fleet::{Loaded, MOST_LINES, line_notes},
    report::{LineNote, WHOLE_FILE},
};

/// What git answered, by place; `None` = it does not know.
type Answers = BTreeMap<String, Option<LineNote>>;

/// What git answered about these files.
#[derive(Default)]
pub(super) struct Authors(Mutex<(Weak<Loaded>, Answers)>);

impl Authors {
    fn answers(&self, loaded: &Arc<Loaded>) -> Answers {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0.as_ptr() == Arc::as_ptr(loaded) { kept.1.clone() } else { Answers::new() }
    }

    fn keep(&self, loaded: &Arc<Loaded>, answers: Answers) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (Arc::downgrade(loaded), answers);
    }
}

/// Who wrote the lines that come most often among these places, by place. What git does not answer in time is left out.
pub(super) async fn authors<'l>(
    shared: &Handle,
    snapshot: &Snapshot,
    places: impl Iterator<Item = &'l String>,
) -> BTreeMap<String, LineNote> {
    let mut answers = shared.authors.answers(&snapshot.loaded);
    let mut places = most_common(places);
    places.retain(|place| !answers.contains_key(*place));
    if !places.is_empty() {
        let loaded = Arc::clone(&snapshot.loaded);
        let asked: Vec<(String, u32)> = places.iter().map(|place| split(place)).collect();
        let (lines, zone) = (asked.clone(), loaded.timezone());
        if let Ok(mut notes) = compose(&shared.composing, move || line_notes(&loaded.root, &lines, &zone)).await {
            for (place, (file, line)) in places.into_iter().zip(asked) {
                answers.insert(place.to_owned(), notes.remove(&format!("{file}:{line}")));
            }
            shared.authors.keep(&snapshot.loaded, answers.clone());
        }
    }
    answers.into_iter().filter_map(|(place, note)| Some((place, note?))).collect()
}

fn most_common<'l>(places: impl Iterator<Item = &'l String>) -> Vec<&'l str> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for place in places {
        *counts.entry(place).or_default() += 1;
    }
    let mut places: Vec<(&str, usize)> = counts.into_iter().collect();
    places.sort_by_key(|(place, count)| (std::cmp::Reverse(*count), *place));
    places.into_iter().take(MOST_LINES).map(|(place, _)| place).collect()
}

/// `catalogs/base.yaml:10`, with a column behind that or none, or a file as a whole.
fn split(place: &str) -> (String, u32) {
    let parts: Vec<&str> = place.split(':').collect();
    let line = match parts.as_slice() {
        [file, line] | [file, line, _] => line.parse().ok().map(|line| ((*file).to_owned(), line)),
        _ => None,
    };
    line.unwrap_or_else(|| (place.to_owned(), WHOLE_FILE))
}
