//! Which dishes have which photo of the root, whether the photo can be used or not.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::Loaded;
use crate::{
    catalog::{ItemField, OutletId, Path},
    definition::{Composed, ImageFile},
    diagnostic::{Diagnostic, Place},
    images::Finding,
    rules,
};

/// A place of a file that gives a photo to dishes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PhotoPlace {
    /// Where.
    pub place: Place,
    /// The path as it stands there.
    pub path: String,
}

/// The photos of the root that dishes have.
#[derive(Debug, Clone, Default)]
pub struct PhotoUses {
    /// Where they are named, each with the names of the dishes.
    pub places: BTreeMap<PhotoPlace, BTreeSet<String>>,
    /// Not all is known: files have errors, or nobody has looked at all dates of their layers.
    pub is_incomplete: bool,
}

/// What no file can say: before the path of a photo.
const MARK: char = '\0';

impl Loaded {
    /// The photos that outlets use at `at` or later, by dated layers. No photo is read.
    pub fn photo_uses(&self, at: Timestamp) -> PhotoUses {
        let has_errors = self.definitions.diagnostics.iter().chain(&self.diagnostics).any(Diagnostic::is_error);
        let is_incomplete = has_errors || self.unread_files().next().is_some();
        let mut uses = PhotoUses { is_incomplete, ..PhotoUses::default() };
        for outlet in self.definitions.outlets() {
            self.add_photos_of(&outlet.id, at, &mut uses);
        }
        uses
    }

    fn add_photos_of(&self, outlet: &OutletId, at: Timestamp, uses: &mut PhotoUses) {
        let as_written = |path: &str| ImageFile::Found { url: format!("{MARK}{path}") };
        let edges = self.edges_ahead(outlet, at);
        for moment in [at].into_iter().chain(edges.moments) {
            let composed = self.definitions.compose(outlet, moment, &self.defaults, &as_written);
            uses.is_incomplete |= composed.diagnostics.iter().any(Diagnostic::is_error);
            uses.add(&composed);
        }
        uses.is_incomplete |= !edges.is_all;
    }

    /// What is said of a photo, with the severities that the settings give.
    pub fn photo_findings(&self, findings: &[Finding]) -> Vec<Diagnostic> {
        let mut diagnostics = findings.iter().map(|finding| finding.at(None)).collect();
        rules::adjust(&mut diagnostics, &self.defaults.rules);
        diagnostics
    }
}

impl PhotoUses {
    fn add(&mut self, composed: &Composed) {
        for (_, item) in composed.catalog.items() {
            let path = item.image.value().and_then(|image| image.strip_prefix(MARK));
            let image = Path::item_field(&item.external_id, ItemField::Image);
            let (Some(path), Some(place)) = (path, composed.origins.written_place(&image)) else { continue };
            let name = item.name.value().map_or_else(|| item.external_id.to_string(), Clone::clone);
            self.places.entry(PhotoPlace { place, path: path.to_owned() }).or_default().insert(name);
        }
    }
}
