//! Edits that are looked at before they are written.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rayon::prelude::*;

use super::{
    Loaded, decode,
    judge::{Judged, SharedDiagnostics},
    local_images,
};
use crate::{
    catalog::{ExternalId, OutletId, Price},
    definition::Outlet,
    document::PackedFile,
    source::{Doing, Revision, Texts},
};

/// What an outlet is, wherever in the files that stands: for telling whether an edit changes it.
#[derive(PartialEq)]
struct Meaning {
    catalog: String,
    policy: String,
    wrong: Vec<String>,
}

impl Loaded {
    /// The same root with other texts in some of its files. Images and other files are as they were.
    #[must_use]
    pub fn with_texts(&self, texts: &Texts) -> Self {
        self.edited(texts, self, &Doing::default())
    }

    /// The same, where `before` is what the last edit came to: what is as it was there is not worked out again.
    #[must_use]
    pub fn edited(&self, texts: &Texts, before: &Self, doing: &Doing) -> Self {
        let revision = Revision { commit: self.revision.clone(), author: self.author.clone(), ..Revision::default() };
        let files = self.files.with_texts(texts);
        let photos = (local_images::Place::OnDisk, Some(&*self.photos));
        decode(&self.root, files, photos, revision, doing.clone(), Some(before))
    }

    /// All files that were read: settings, definitions and approvals. Those of the operator are not of the root.
    pub fn sources(&self) -> impl Iterator<Item = PackedFile> {
        let others = self.files.settings.iter().chain(&self.files.approvals);
        self.files.catalogs.iter().cloned().chain(others.map(PackedFile::from))
    }

    /// The outlets that a file has a part in, sorted by id.
    pub fn outlets_made_of<'f>(&'f self, file: &'f str) -> impl Iterator<Item = &'f Outlet> {
        self.definitions.outlets().filter(move |outlet| outlet.chain.iter().any(|known| **known == *file))
    }

    /// The outlet of this id.
    pub fn outlet(&self, id: &OutletId) -> Option<&Outlet> {
        self.definitions.outlet(id)
    }

    /// What an item costs at the outlets that sell it, by their names, as far as they have been judged.
    pub fn item_prices(&self, item: &ExternalId) -> Vec<(String, Price)> {
        let price_at = |judged: &Judged| {
            let (_, price) = judged.prices.iter().find(|(known, _)| known == item)?;
            Some((judged.outlet.name.clone(), *price))
        };
        let mut prices: Vec<_> = self.verdicts.all().values().filter_map(|judged| price_at(judged)).collect();
        prices.sort();
        prices
    }

    /// What the outlets are at `at` that these files have a part in.
    fn meanings(&self, files: &Texts, at: Timestamp) -> BTreeMap<OutletId, Meaning> {
        let is_made_of = |outlet: &&Outlet| outlet.chain.iter().any(|file| files.contains_key(file));
        let outlets: Vec<&Outlet> = self.definitions.outlets().filter(is_made_of).collect();
        let shared = SharedDiagnostics::default();
        let meaning = |outlet: &&Outlet| {
            let composed = self.compose(&outlet.id, at);
            let wrong = &self.judged(&outlet.id, at, &shared).diagnostics;
            // Places move, which is what formatting does.
            let mut wrong: Vec<String> =
                wrong.iter().map(|wrong| format!("{} {}", wrong.code, wrong.message)).collect();
            wrong.sort();
            let catalog = serde_json::to_string(&composed.catalog).unwrap_or_default();
            (outlet.id.clone(), Meaning { catalog, policy: format!("{:?}", composed.policy), wrong })
        };
        outlets.par_iter().map(meaning).collect()
    }

    /// `at`, and the moments after it at which dated layers of an outlet begin or end, as far as they are looked at.
    pub fn moments(&self, id: &OutletId, at: Timestamp) -> Vec<Timestamp> {
        [at].into_iter().chain(self.edges_ahead(id, at).moments).collect()
    }

    /// Whether other texts in some files leave all outlets that these make as they are.
    pub fn means_the_same_with(&self, texts: &Texts, at: Timestamp) -> bool {
        self.with_texts(texts).meanings(texts, at) == self.meanings(texts, at)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test fails by panicking
mod tests {
    use std::fs;

    use super::{super::load_uncommitted, *};

    /// The repository would choose what the operator reserves.
    #[test]
    fn what_is_refused_of_the_operator_stays_refused_in_an_edit() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("catalogs")).unwrap();
        fs::write(root.path().join("menusync.yaml"), "target: sandbox\n").unwrap();
        let text = "outlet: G1\nmenus: []\n";
        fs::write(root.path().join("catalogs/a.yaml"), text).unwrap();
        let missing = root.path().join("operator.yaml");
        let loaded = load_uncommitted(root.path(), Some(&missing), &Doing::default(), None).unwrap();
        let edited = loaded.with_texts(&Texts::from([("catalogs/a.yaml".into(), text.into())]));
        let of_operator = |wrong: &&crate::diagnostic::Diagnostic| wrong.message.contains("operator.yaml");
        for loaded in [&loaded, &edited] {
            assert!(loaded.settings.is_none());
            assert_eq!(loaded.diagnostics.iter().filter(of_operator).count(), 1, "{:?}", loaded.diagnostics);
        }
        let named = load_uncommitted(root.path(), None, &Doing::default(), None).unwrap();
        assert!(named.with_texts(&Texts::default()).settings.is_some());
    }
}
