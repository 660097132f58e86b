//! What is wrong with one outlet at one time; judged once, and again only when something that it came from is different.

use std::{
    cell::Cell,
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use jiff::Timestamp;

use super::Loaded;
use crate::{
    catalog::{ExternalId, OutletId, Price},
    definition::{Composed, DecodedFile, Outlet},
    diagnostic::{self, Diagnostic, Place},
    policy::{Ignorable, Policy},
    report::InvalidFrom,
    rules::{self, UsedAllows},
};

/// What was found of one outlet.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) outlet: Outlet,
    /// Everything that is wrong with its files and its catalog, sorted.
    pub(super) diagnostics: Vec<Arc<Diagnostic>>,
    /// The comments that excused something of it.
    pub(super) used: UsedAllows,
    /// What its items cost.
    pub(super) prices: Vec<(ExternalId, Price)>,
    /// A number that differs when the images of its catalog do, within one process.
    pub(super) images: u64,
    /// When one of its dated layers begins or ceases to count.
    pub(super) next_change: Option<Timestamp>,
    /// When it turns invalid by itself, once somebody has asked.
    pub(super) invalid_from: OnceLock<Option<Arc<InvalidFrom>>>,
    /// The moment that it was judged for.
    at: Timestamp,
    /// What it was made of.
    files: Vec<Arc<DecodedFile>>,
    /// Images that are files of the root were looked at. They may be others under the same name.
    has_photos: bool,
}

impl Judged {
    pub(super) fn is_valid(&self) -> bool {
        !self.diagnostics.iter().any(|diagnostic| diagnostic.is_error())
    }

    /// Whether nothing that depends on the time is different at `at`.
    fn holds_at(&self, at: Timestamp) -> bool {
        at >= self.at && self.next_change.is_none_or(|next| at < next)
    }
}

/// What is known of outlets.
///
/// An entry holds for its own [`Loaded`] as long as no dated layer begins or ends. Another one takes it over
/// ([`Loaded::reuse_verdicts`]) if the settings are the same text and the outlet is made of the same decoded files, none of
/// them with a mistake towards other files, and without photos.
#[derive(Debug, Default)]
pub(super) struct Verdicts(Mutex<HashMap<OutletId, Arc<Judged>>>);

impl Verdicts {
    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<OutletId, Arc<Judged>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn at(&self, id: &OutletId, at: Timestamp) -> Option<Arc<Judged>> {
        self.all().get(id).filter(|judged| judged.holds_at(at)).cloned()
    }
}

/// What is said about some outlets, each thing kept once.
#[derive(Debug, Default)]
pub(super) struct SharedDiagnostics(Mutex<HashSet<Arc<Diagnostic>>>);

impl SharedDiagnostics {
    fn share(&self, diagnostics: impl IntoIterator<Item = Arc<Diagnostic>>) -> Vec<Arc<Diagnostic>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let share = |new: Arc<Diagnostic>| match known.get(&new) {
            Some(known) => Arc::clone(known),
            None => {
                known.insert(Arc::clone(&new));
                new
            }
        };
        let mut all: Vec<_> = diagnostics.into_iter().map(share).collect();
        all.shrink_to_fit();
        all
    }

    pub(super) fn into_all(self) -> impl Iterator<Item = Diagnostic> {
        let all = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        all.into_iter().map(|diagnostic| Diagnostic::clone(&diagnostic))
    }
}

impl Loaded {
    /// What is wrong with an outlet at `at`: as it is known, or judged now.
    pub(super) fn judged(&self, id: &OutletId, at: Timestamp, shared: &SharedDiagnostics) -> Arc<Judged> {
        match self.verdicts.at(id, at) {
            Some(judged) => {
                shared.share(judged.diagnostics.iter().cloned());
                judged
            }
            None => self.judge_anew(id, at, shared).0,
        }
    }

    /// Composes an outlet, judges it and keeps the verdict. What is wrong with the catalog is in the verdict alone.
    pub(super) fn judge_anew(
        &self,
        id: &OutletId,
        at: Timestamp,
        shared: &SharedDiagnostics,
    ) -> (Arc<Judged>, Composed) {
        let mut used = UsedAllows::default();
        let (mut composed, has_photos) = self.judge(id, at, &mut used);
        let mut images = DefaultHasher::new();
        composed.catalog.items().filter_map(|(_, item)| item.image.value()).for_each(|url| url.hash(&mut images));
        let price = |(_, item): (_, &crate::catalog::Item)| Some((item.external_id.clone(), *item.price.value()?));
        let judged = Arc::new(Judged {
            outlet: composed.outlet.clone(),
            diagnostics: shared.share(std::mem::take(&mut composed.diagnostics).into_iter().map(Arc::new)),
            used,
            prices: composed.catalog.items().filter_map(price).collect(),
            images: images.finish(),
            next_change: composed.next_change,
            invalid_from: OnceLock::new(),
            at,
            files: self.definitions.files_of(id),
            has_photos,
        });
        self.verdicts.all().insert(id.clone(), Arc::clone(&judged));
        (judged, composed)
    }

    /// Takes over what `before` knows of outlets that are made of the same things. Decoded files are the same only if
    /// this was loaded knowing `before`.
    pub(super) fn reuse_verdicts(&self, before: &Self) {
        let text = |loaded: &Self| loaded.files.settings.as_ref().map(|file| Arc::clone(&file.text));
        if text(self) != text(before) {
            return;
        }
        let is_same = |id: &OutletId, judged: &Judged| {
            let files = self.definitions.files_of(id);
            let same = files.len() == judged.files.len()
                && files.iter().zip(&judged.files).all(|(file, before)| Arc::ptr_eq(file, before));
            let has_no_other_errors = |loaded: &Self| {
                !loaded.definitions.has_wrong_links(id) && loaded.errors_beside(&judged.outlet).next().is_none()
            };
            same && !judged.has_photos && has_no_other_errors(self) && has_no_other_errors(before)
        };
        let known = before.verdicts.all();
        let same = known.iter().filter(|(id, judged)| is_same(id, judged));
        self.verdicts.all().extend(same.map(|(id, judged)| (id.clone(), Arc::clone(judged))));
    }

    /// One outlet as it is at `at`, judged by the rules.
    pub fn compose(&self, id: &OutletId, at: Timestamp) -> Composed {
        self.judge(id, at, &mut UsedAllows::default()).0
    }

    /// Lays the layers of an outlet, without a look at what comes out; and whether images are files of the root.
    pub(super) fn compose_unjudged(&self, id: &OutletId, at: Timestamp) -> (Composed, bool) {
        let has_photos = Cell::new(false);
        let image = |path: &str| {
            has_photos.set(true);
            self.image(path)
        };
        let composed = self.definitions.compose(id, at, &self.defaults(), &image);
        (composed, has_photos.get())
    }

    /// One outlet as it is at `at`, judged by the rules; notes which comments excused something. Also tells whether images
    /// are files of the root.
    fn judge(&self, id: &OutletId, at: Timestamp, used: &mut UsedAllows) -> (Composed, bool) {
        let (mut composed, has_photos) = self.compose_unjudged(id, at);
        // First what layering says: what is no error any more must not keep the rules from looking at the catalog.
        self.adjust(&mut composed.diagnostics, &composed.policy, used);
        if !composed.diagnostics.iter().any(Diagnostic::is_error) {
            let mut judged = rules::check(&composed.catalog, &|path| composed.origins.place(path));
            judged.retain(|diagnostic| !is_ignored(diagnostic.code, &composed.policy));
            for diagnostic in &mut judged {
                diagnostic.place.get_or_insert_with(|| Place::start_of(&composed.outlet.file));
            }
            self.adjust(&mut judged, &composed.policy, used);
            if has_photos {
                judged.extend(self.photo_diagnostics(&composed, used));
            }
            composed.diagnostics.extend(judged);
        }
        composed.diagnostics.extend(self.errors_beside(&composed.outlet).cloned());
        diagnostic::sort(&mut composed.diagnostics);
        (composed, has_photos)
    }

    /// What is wrong in the files of an outlet beside what they define: codes of rules that there are not.
    fn errors_beside<'s>(&'s self, outlet: &'s Outlet) -> impl Iterator<Item = &'s Diagnostic> {
        let in_its_files = |place: &Place| place.file == outlet.file || outlet.chain.contains(&place.file);
        let errors = self.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
        errors.filter(move |diagnostic| diagnostic.place.as_ref().is_some_and(in_its_files))
    }

    /// Severities as settings and comments want them.
    pub(super) fn adjust(&self, diagnostics: &mut Vec<Diagnostic>, policy: &Policy, used: &mut UsedAllows) {
        rules::adjust(diagnostics, &policy.rules);
        self.allows.apply(diagnostics, used);
    }
}

/// Rules about a field that is never set have nothing to say.
fn is_ignored(code: &str, policy: &Policy) -> bool {
    let about = [("image-missing", Ignorable::Image), ("description-missing", Ignorable::Description)];
    about.into_iter().any(|(rule, field)| rule == code && policy.ignore.contains(&field))
}
