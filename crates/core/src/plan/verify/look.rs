//! What one look at live says of a push: the old menu, the new one, what became of it, or nothing that can be told apart.

use std::collections::BTreeMap;

use super::{Mismatch, PushVerification};
use crate::{
    catalog::{
        ExternalId, FieldValue, Path,
        live::{LiveCatalog, LiveCategory},
        text::normalise_text,
    },
    plan::Extras,
};

/// What one look at live says about a push.
#[derive(Debug, Clone, PartialEq)]
pub enum Look {
    /// Live is what it was before the push.
    Old,
    /// Live shows what was sent.
    Arrived,
    /// Live shows what was sent, but it did so before, as nothing was sent that can be read back: whether the push arrived
    /// cannot be told by looking.
    Unreadable,
    /// Live has changed into something else: the push has been published, though not as it was sent.
    Other(Vec<Mismatch>),
    /// Live has changed into something else, and nothing tells whether that is what became of the push or an edit of the old
    /// menu.
    Ambiguous(Vec<Mismatch>),
}

impl PushVerification {
    /// Judges one look at live.
    pub fn look(&self, live: &LiveCatalog) -> Look {
        let live = &*self.promoted.hidden(live);
        let mut mismatches = self.mismatches(live);
        let extras = self.matched(live).extras;
        // What has landed is published, whatever somebody has edited since.
        let old = !self.is_published() && (self.before == self.fingerprint(live) || self.is_old(&mismatches, &extras));
        if !mismatches.is_empty() && old {
            return Look::Old;
        }
        mismatches.retain(|mismatch| self.is_new(&mismatch.path));
        let shows_something = self.old_values.keys().any(|path| !extras.is_unread(path));
        match mismatches.is_empty() {
            true if shows_something || self.has_category_left(live) => Look::Arrived,
            // Whatever else has changed live, it was not this push.
            true => Look::Unreadable,
            false if self.is_published() || self.is_trace(&mismatches, &extras) => Look::Other(mismatches),
            false => Look::Ambiguous(mismatches),
        }
    }

    /// Whether the old menu may also be what the platform makes of this push: nothing in it but texts that may be cut to what
    /// they were.
    pub fn is_indistinguishable(&self) -> bool {
        self.indistinguishable
    }

    /// Notes that the platform announced this push as published: what cannot be read back counts as arrived from then on, if
    /// everything else shows as it was sent.
    pub fn note_event(&mut self) {
        self.announced = true;
    }

    /// Whether the platform has announced this push as published.
    pub fn is_announced(&self) -> bool {
        self.announced
    }

    /// Whether a category shows no more that the push takes away. That one stays is no failure: nobody sees it.
    fn has_category_left(&self, live: &LiveCatalog) -> bool {
        let is_gone = |id: Option<&ExternalId>| id.is_some_and(|id| self.gone_categories.contains(id));
        let stays = |category: &LiveCategory| {
            is_gone(category.external_id.value()) || is_gone(self.uuids.categories.get(&category.uuid))
        };
        !self.gone_categories.is_empty() && !live.variant_categories.iter().any(stays)
    }

    /// Whether some of what is missing still shows what it showed before: the rest of the push may be published yet.
    pub fn is_partly_old(&self, mismatches: &[Mismatch]) -> bool {
        !self.is_stock()
            && mismatches.iter().any(|mismatch| self.old_values.get(&mismatch.path) == Some(&mismatch.live))
    }

    /// Whether `live` is the menu from before although the publication has been seen: it may come from a copy that is behind,
    /// and says nothing of what is live.
    pub fn is_stale_look(&self, live: &LiveCatalog) -> bool {
        // Stock is in no fingerprint.
        self.published && !self.is_stock() && !self.old_values.is_empty() && self.before == self.fingerprint(live)
    }

    /// Whether an earlier look has shown some of this push.
    fn is_published(&self) -> bool {
        self.published || !self.landed.is_empty()
    }

    /// Whether what shows comes from this push, although this is missing: some of it landed, or a new thing did with something
    /// else in it, or a text shows as the platform made it of ours.
    fn is_trace(&self, mismatches: &[Mismatch], extras: &Extras) -> bool {
        self.old_values.iter().filter(|(new, _)| !extras.is_unread(new)).any(|(new, old)| {
            let mut missing = mismatches.iter().filter(|mismatch| concerns(new, &mismatch.path)).peekable();
            missing.peek().is_none()
                || missing.all(|mismatch| match mismatch.path == *new {
                    true => is_rewritten(old, mismatch),
                    false => old.is_none() && mismatch.path.is_field_of(new),
                })
        })
    }

    /// Whether the push changes this, or a part of it, or what it is a part of. Where the old menu already showed what was
    /// sent, another value now is an edit made elsewhere since: drift, and no failure of the push.
    fn is_new(&self, path: &Path) -> bool {
        let categories: Vec<Path> = match path {
            Path::Variant(id, _) => {
                let places = self.expected.variants().filter(|(_, variant)| variant.external_id == *id);
                places.map(|(category, _)| Path::category(&category.external_id)).collect()
            }
            _ => Vec::new(),
        };
        let mut new = self.old_values.keys().filter(|new| !self.landed.contains(*new));
        new.any(|new| concerns(new, path) || categories.contains(new))
    }

    /// Notes what landed while something else has not: if it changes again, somebody has edited it since. What cannot be read
    /// may still be what it was.
    pub fn note_landed(&mut self, live: &LiveCatalog, mismatches: &[Mismatch]) {
        let extras = self.matched(&self.promoted.hidden(live)).extras;
        let is_missing = |new: &Path| mismatches.iter().any(|mismatch| concerns(new, &mismatch.path));
        let landed = self.old_values.keys().filter(|new| !is_missing(new) && !extras.is_unread(new));
        self.landed.extend(landed.cloned());
    }

    /// Notes what shows instead of what was sent. A publication shows one thing, once: a value that is neither the old nor the
    /// new one and gives way to a third one was set by somebody, be it before or after the publication.
    pub fn note_shown(&mut self, mismatches: &[Mismatch]) {
        for Mismatch { path, sent, live } in mismatches {
            if self.is_stock() || path.info().is_none() || self.old_values.get(path) == Some(live) {
                continue;
            }
            let before = self.shown.insert(path.clone(), live.clone());
            if before.is_some_and(|before| before != *live) {
                // The edit may have come first, and then what was made of our text.
                match is_made_of(live, sent) {
                    true => self.overtaken.remove(path),
                    false => self.overtaken.insert(path.clone()),
                };
            }
        }
    }

    /// Whether what shows there has been set by somebody while the push was looked for.
    pub fn is_overtaken(&self, mismatch: &Mismatch) -> bool {
        self.overtaken.contains(&mismatch.path) && self.shown.get(&mismatch.path) == Some(&mismatch.live)
    }

    /// Whether the new menu does not show yet, even if somebody has edited something meanwhile: nothing of what is to come
    /// is there, and some of it shows its old value. (A menu is published as a whole.)
    fn is_old(&self, mismatches: &[Mismatch], extras: &Extras) -> bool {
        let now: BTreeMap<&Path, &Option<FieldValue>> = mismatches.iter().map(|m| (&m.path, &m.live)).collect();
        let (mut some_old, mut all_missing) = (false, true);
        for (path, old) in self.old_values.iter().filter(|(path, _)| !extras.is_unread(path)) {
            some_old |= now.get(path) == Some(&old);
            all_missing &= now.contains_key(path);
        }
        some_old && all_missing
    }

    /// Whether anything but stock is not as it was when the payload was made, so that sending it again would overwrite
    /// what somebody has edited since.
    pub fn is_touched(&self, live: &LiveCatalog) -> bool {
        self.before != self.fingerprint(live)
    }

    /// For how long live has shown this same something else, as far as it was looked at. What was first seen later than now,
    /// by a clock that was set back since, counts from now on.
    pub fn settled_for(&mut self, live: &LiveCatalog, now: jiff::Timestamp) -> jiff::SignedDuration {
        let shown = self.fingerprint(live);
        match &self.other {
            Some((known, since)) if *known == shown && *since <= now => now.duration_since(*since),
            _ => {
                self.other = Some((shown, now));
                jiff::SignedDuration::ZERO
            }
        }
    }
}

/// Whether two paths are the same, or one is a part of the other.
fn concerns(a: &Path, b: &Path) -> bool {
    a == b || a.is_field_of(b) || b.is_field_of(a)
}

/// Whether a text shows as the platform may have made it of what was sent. Nobody who edits the old text types that.
/// (Anything else may be an edit: that is found out by waiting.)
fn is_rewritten(old: &Option<FieldValue>, mismatch: &Mismatch) -> bool {
    mismatch.live.is_some() && is_made_of(&mismatch.live, &mismatch.sent) && !is_made_of(&mismatch.live, old)
}

/// Whether a text is what is left of another one that was cut, or lost some of its signs, spaces and capitals.
pub(super) fn is_made_of(text: &Option<FieldValue>, whole: &Option<FieldValue>) -> bool {
    let letters = |text: &str| {
        let text = normalise_text(text);
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>()
    };
    let Some(FieldValue::Text(whole)) = whole else { return false };
    match text {
        None => true,
        Some(FieldValue::Text(text)) => letters(whole).starts_with(&letters(text)),
        Some(_) => false,
    }
}
