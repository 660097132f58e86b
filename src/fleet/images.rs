//! Which images the outlets use and where files say so: from findings about addresses to diagnostics in files.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;

use super::{Loaded, judge::Judge};
use crate::{
    catalog::{ItemField, OutletId, Path},
    definition::Composed,
    diagnostic::{self, Diagnostic, Place, Severity},
    images::Finding,
    policy::{Ignorable, Policy},
    report::counted,
    rules::{self, Allows, UsedAllows},
};

/// Severities that differ from the rule table, as settings give them.
type Severities = BTreeMap<String, Option<Severity>>;

/// An image that is named at one place, and the rules that hold there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageUse {
    /// Where.
    pub place: Place,
    pub(super) severities: Arc<Severities>,
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
        for moment in [at].into_iter().chain(self.edges_ahead(outlet, at).moments) {
            let composed = self.compose(outlet, moment);
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

    /// What was found as diagnostics, as settings and comments want them; sorted.
    pub fn image_diagnostics(&self, uses: &ImageUses, checked: &BTreeMap<String, Vec<Finding>>) -> Vec<Diagnostic> {
        let mut used = UsedAllows::default();
        let mut diagnostics: Vec<Diagnostic> = Vec::new();
        // A host that does not answer is one thing to say, whatever number of images it has.
        let mut unchecked: BTreeMap<(&str, Severity, String), Vec<Diagnostic>> = BTreeMap::new();
        for (url, findings) in checked {
            let Some(uses) = uses.get(url) else { continue };
            for diagnostic in diagnostics_of(findings, uses, &self.allows, &mut used) {
                if diagnostic.code == "image-unchecked" {
                    // The first try says why; the others only that the host was not asked again.
                    let message = diagnostic.message.split(" cannot be reached").next().unwrap_or_default().to_owned();
                    let cause = (host(url), diagnostic.severity, message);
                    unchecked.entry(cause).or_default().push(diagnostic);
                } else {
                    diagnostics.push(diagnostic);
                }
            }
        }
        diagnostics.extend(unchecked.into_iter().filter_map(|((host, ..), all)| of_host(host, all)));
        diagnostic::sort(&mut diagnostics);
        diagnostics
    }
}

impl Judge<'_> {
    /// What is wrong with the image files of the root that an outlet uses. Notes in `used` which comments excused something.
    pub(super) fn photo_diagnostics(&self, composed: &Composed, used: &mut UsedAllows) -> Vec<Diagnostic> {
        if ignores_images(&composed.policy) {
            return Vec::new();
        }
        let severities = Arc::new(composed.policy.rules.clone());
        let mut uses: BTreeMap<&str, BTreeSet<ImageUse>> = BTreeMap::new();
        for (url, place) in images(composed) {
            uses.entry(url).or_default().insert(ImageUse { place, severities: Arc::clone(&severities) });
        }
        let found = uses.into_iter().filter_map(|(url, uses)| Some((self.photos.findings(url)?, uses)));
        let diagnostics = found.flat_map(|(findings, uses)| diagnostics_of(&findings, &uses, self.allows, used));
        diagnostics.collect()
    }
}

/// One diagnostic for each finding: at the first place where it counts, the others beside it. Where outlets differ in
/// what they make of a rule, the strictest counts.
fn diagnostics_of(
    findings: &[Finding],
    uses: &BTreeSet<ImageUse>,
    allows: &Allows,
    used: &mut UsedAllows,
) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for finding in findings {
        let mut counting: BTreeMap<&Place, Diagnostic> = BTreeMap::new();
        for ImageUse { place, severities } in uses {
            let mut judged = vec![finding.at(Some(place.clone()))];
            rules::adjust(&mut judged, severities);
            allows.apply(&mut judged, used);
            for diagnostic in judged {
                let known = counting.entry(place).or_insert_with(|| diagnostic.clone());
                known.severity = known.severity.min(diagnostic.severity);
            }
        }
        let strictest = counting.values().map(|diagnostic| diagnostic.severity).min();
        let mut counting = counting.into_iter();
        let (Some((_, first)), Some(severity)) = (counting.next(), strictest) else { continue };
        let others = counting.map(|(place, _)| place);
        let first = others.fold(first, |first, place| first.related(place.clone(), "also used here"));
        diagnostics.push(Diagnostic { severity, ..first });
    }
    diagnostics
}

/// The host of an address, with its port.
fn host(url: &str) -> &str {
    url.split('/').nth(2).unwrap_or(url)
}

/// What is said of all images of a host for the same reason: at the first place.
fn of_host(host: &str, mut all: Vec<Diagnostic>) -> Option<Diagnostic> {
    diagnostic::sort(&mut all);
    let why = all.iter().map(|diagnostic| diagnostic.message.clone()).max_by_key(String::len)?;
    let (others, first) = (all.len().saturating_sub(1), all.into_iter().next()?);
    if others == 0 {
        return Some(first);
    }
    let message = format!("{why}; the same for {} of {host}", counted(others, "other image"));
    Some(Diagnostic { message, related: Vec::new(), ..first })
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
