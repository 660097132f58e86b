//! Which images the outlets use and where files say so: from findings about addresses to diagnostics in files.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;

use super::{Loaded, MOST_EDGES};
use crate::{
    catalog::{ItemField, OutletId, Path},
    definition::Composed,
    diagnostic::{self, Diagnostic, Place, Severity},
    images::Finding,
    policy::{Ignorable, Policy},
    rules,
};

/// Severities that differ from the rule table, as settings give them.
type Severities = BTreeMap<String, Option<Severity>>;

/// An image that is named at one place, and the rules that hold there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageUse {
    /// Where.
    pub place: Place,
    severities: Arc<Severities>,
}

/// The addresses of images, each with its uses.
pub type ImageUses = BTreeMap<String, BTreeSet<ImageUse>>;

impl Loaded {
    /// All addresses of images that valid outlets use at `at` or later, by dated layers. Files of the root are left out: they
    /// are looked at where they are, and may be published only after this.
    pub fn image_uses(&self, at: Timestamp) -> ImageUses {
        let mut uses = ImageUses::new();
        for outlet in self.definitions.outlets() {
            self.uses_of(&outlet.id, at, &mut uses);
        }
        uses
    }

    fn uses_of(&self, outlet: &OutletId, at: Timestamp, uses: &mut ImageUses) {
        let mut next = Some(at);
        for _ in 0..MOST_EDGES {
            let Some(moment) = next else { break };
            let composed = self.compose(outlet, moment);
            next = composed.next_change;
            if !composed.diagnostics.iter().any(Diagnostic::is_error) && !ignores_images(&composed.policy) {
                self.collect(&composed, uses);
            }
        }
    }

    fn collect(&self, composed: &Composed, uses: &mut ImageUses) {
        let severities = Arc::new(composed.policy.rules.clone());
        for (url, place) in images(composed).filter(|(url, _)| self.photos.findings(url).is_none()) {
            let used = ImageUse { place, severities: Arc::clone(&severities) };
            uses.entry(url.to_owned()).or_default().insert(used);
        }
    }

    /// What is wrong with the image files of the root that an outlet uses.
    pub(super) fn photo_diagnostics(&self, composed: &Composed) -> Vec<Diagnostic> {
        if ignores_images(&composed.policy) {
            return Vec::new();
        }
        let mut places: BTreeMap<&str, BTreeSet<Place>> = BTreeMap::new();
        for (url, place) in images(composed) {
            places.entry(url).or_default().insert(place);
        }
        let found = places.into_iter().filter_map(|(url, places)| Some((self.photos.findings(url)?, places)));
        found.flat_map(|(findings, places)| told(&findings, places.iter())).collect()
    }
}

fn ignores_images(policy: &Policy) -> bool {
    policy.ignore.contains(&Ignorable::Image)
}

/// The images of an outlet with the places where they are named.
fn images(composed: &Composed) -> impl Iterator<Item = (&str, Place)> {
    composed.catalog.items().filter_map(|(_, item)| {
        let path = Path::item_field(&item.external_id, ItemField::Image);
        Some((item.image.value()?.as_str(), composed.origins.place(&path)?))
    })
}

/// What was found as diagnostics, one for each finding: at the first place, the others beside it. Where outlets differ in
/// what they make of a rule, the strictest counts.
pub fn image_diagnostics(uses: &ImageUses, checked: &BTreeMap<String, Vec<Finding>>) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for (url, findings) in checked {
        let Some(uses) = uses.get(url) else { continue };
        let policies: BTreeSet<&Severities> = uses.iter().map(|used| &*used.severities).collect();
        let places: BTreeSet<&Place> = uses.iter().map(|used| &used.place).collect();
        for diagnostic in told(findings, places.into_iter()) {
            let judged = policies.iter().flat_map(|severities| {
                let mut judged = vec![diagnostic.clone()];
                rules::adjust(&mut judged, severities);
                judged
            });
            diagnostics.extend(judged.min_by_key(|diagnostic| diagnostic.severity));
        }
    }
    diagnostic::sort(&mut diagnostics);
    diagnostics
}

fn told<'a>(findings: &[Finding], mut places: impl Iterator<Item = &'a Place>) -> Vec<Diagnostic> {
    let first = places.next();
    let others: Vec<&Place> = places.collect();
    let diagnostic = |finding: &Finding| {
        let at = finding.at(first.cloned());
        others.iter().fold(at, |at, place| at.related((*place).clone(), "also used here"))
    };
    findings.iter().map(diagnostic).collect()
}
