//! What is wrong with one outlet at one time; judged once, and again only when something that it came from is different.

use std::{
    cell::Cell,
    collections::{BTreeSet, HashMap, HashSet},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use jiff::{Timestamp, tz::TimeZone};
use sha2::{Digest as _, Sha256};

use super::{Loaded, local_images::LocalImages, shadows::Shadows};
use crate::{
    catalog::{Catalog, ExternalId, Item, ItemField, OutletId, Path, Price},
    definition::{self, Composed, DecodedFile, Definitions, Outlet},
    diagnostic::{self, Diagnostic, Place},
    document::{PackedFile, PackedText},
    policy::{Ignorable, Policy},
    report::InvalidFrom,
    rules::{self, Allows, PRICE_TOO_LOW, UsedAllows},
    sync::Basis,
};

/// Of the next verdict.
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// What was found of one outlet.
#[derive(Debug)]
pub(super) struct Judged {
    /// No other verdict of this process has it.
    pub(super) basis: Basis,
    pub(super) outlet: Outlet,
    /// Which of `gobiz.accounts` reaches it.
    pub(super) account: Option<Arc<str>>,
    pub(super) zone: TimeZone,
    /// Everything that is wrong with its files and its catalog, sorted.
    pub(super) diagnostics: Vec<Arc<Diagnostic>>,
    /// The comments that excused something of it.
    pub(super) used: UsedAllows,
    /// What its items cost.
    pub(super) prices: Vec<(ExternalId, Price)>,
    /// A number that differs when the images of its catalog do, in any process.
    pub(super) images: u64,
    /// When one of its dated layers begins or ceases to count.
    pub(super) next_change: Option<Timestamp>,
    /// When one of its promotions begins or is over.
    pub(super) next_promotion: Option<Timestamp>,
    /// When it turns invalid by itself, once somebody has asked.
    pub(super) invalid_from: OnceLock<Option<Arc<InvalidFrom>>>,
    /// The first moment that it is known to hold for.
    since: Timestamp,
    /// What it was made of.
    pub(super) files: Vec<Arc<DecodedFile>>,
    /// Images that are files of the root were looked at. They may be others under the same name.
    has_photos: bool,
    /// What came out, if it is valid and nothing but its own file makes it.
    pub(super) whole: Option<Whole>,
}

/// An outlet that one file makes. The content of such a file is not held (a fleet may have thousands of them); what it comes
/// to is, compressed, so that the file has to be decoded again only to say where something stands.
#[derive(Debug)]
pub(super) struct Whole {
    catalog: PackedText,
    /// What of it a rule calls too cheap.
    pub(super) low_prices: BTreeSet<Path>,
    pub(super) shadows: Shadows,
}

impl Whole {
    fn of(composed: &Composed, diagnostics: &[Arc<Diagnostic>]) -> Option<Self> {
        let catalog = PackedText::of(&serde_json::to_string(&composed.catalog).ok()?);
        let low_prices = low_prices(composed, diagnostics.iter().map(AsRef::as_ref));
        Some(Self { catalog, low_prices, shadows: Shadows::of(composed) })
    }

    pub(super) fn catalog(&self) -> Option<Catalog> {
        serde_json::from_str(&self.catalog.open()).ok()
    }
}

impl Judged {
    pub(super) fn is_valid(&self) -> bool {
        !self.diagnostics.iter().any(|diagnostic| diagnostic.is_error())
    }

    /// The next moment at which something is different.
    pub(super) fn next_edge(&self) -> Option<Timestamp> {
        [self.next_change, self.next_promotion].into_iter().flatten().min()
    }

    /// Whether nothing that depends on the time is different at `at`.
    fn holds_at(&self, at: Timestamp) -> bool {
        at >= self.since && self.next_edge().is_none_or(|next| at < next)
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
    pub(super) fn all(&self) -> std::sync::MutexGuard<'_, HashMap<OutletId, Arc<Judged>>> {
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

/// What outlets are judged by.
pub(super) struct Judge<'l> {
    pub(super) definitions: &'l Definitions,
    pub(super) allows: &'l Allows,
    /// What is wrong with the settings and with files as such.
    pub(super) diagnostics: &'l [Diagnostic],
    /// The settings of the root.
    pub(super) defaults: &'l Policy,
    pub(super) photos: &'l LocalImages,
}

/// Decodes a file. If it is all that makes an outlet, the outlet is judged as well and the content dropped: the verdict
/// counts as long as nothing is wrong between this file and others ([`Loaded::adopt`]).
pub(super) fn decode(file: &PackedFile, defaults: &Policy, photos: &LocalImages) -> (Arc<DecodedFile>, Option<Judged>) {
    let decoded = definition::decode_file(&file.open());
    let Some(id) = decoded.whole_outlet().cloned() else { return (Arc::new(decoded), None) };
    let definitions = definition::connect(vec![Arc::new(decoded)]);
    let allows = Allows::new(definitions.allows());
    let judge = Judge { definitions: &definitions, allows: &allows, diagnostics: &[], defaults, photos };
    let mut judged = judge.judged(&id, Timestamp::MIN, &SharedDiagnostics::default()).0;
    judged.files.clear();
    let decoded = definitions.into_files().into_iter().next().and_then(Arc::into_inner);
    let Some(decoded) = decoded else { unreachable!("nobody else has the file that was just decoded") };
    let decoded = Arc::new(decoded.without_content(file.clone()));
    judged.files.push(Arc::clone(&decoded));
    (decoded, Some(judged))
}

impl Loaded {
    pub(super) fn judge(&self) -> Judge<'_> {
        Judge {
            definitions: &self.definitions,
            allows: &self.allows,
            diagnostics: &self.diagnostics,
            defaults: &self.defaults,
            photos: &self.photos,
        }
    }

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
        let (judged, composed) = self.judge().judged(id, at, shared);
        let judged = Arc::new(judged);
        self.verdicts.all().insert(id.clone(), Arc::clone(&judged));
        (judged, composed)
    }

    /// Takes over what is known of outlets that are made of the same things, judged by the same settings.
    pub(super) fn adopt(&self, known: impl IntoIterator<Item = Arc<Judged>>) {
        let is_same = |judged: &Judged| {
            let files = self.definitions.files_of(&judged.outlet.id);
            let same = files.len() == judged.files.len()
                && files.iter().zip(&judged.files).all(|(file, before)| Arc::ptr_eq(file, before));
            same && self.has_no_other_errors(&judged.outlet)
        };
        let same = known.into_iter().filter(|judged| is_same(judged));
        self.verdicts.all().extend(same.map(|judged| (judged.outlet.id.clone(), judged)));
    }

    /// Whether nothing beside what the files of an outlet define has a part in the verdict on it.
    fn has_no_other_errors(&self, outlet: &Outlet) -> bool {
        !self.definitions.has_wrong_links(&outlet.id) && self.judge().errors_beside(outlet).next().is_none()
    }

    /// Takes over what `before` knows of outlets that are made of the same things. Decoded files are the same only if
    /// this was loaded knowing `before`.
    pub(super) fn reuse_verdicts(&self, before: &Self) {
        let text = |loaded: &Self| {
            [&loaded.files.settings, &loaded.files.operator]
                .map(|file| file.as_ref().map(|file| Arc::clone(&file.text)))
        };
        if text(self) != text(before) {
            return;
        }
        let known: Vec<_> = before.verdicts.all().values().cloned().collect();
        // Who looks ahead may have met photos that do not count yet.
        let (are_same, were_asked) = (self.photos.shares(&before.photos), !before.photos.asked().is_empty());
        let sees_photos =
            |judged: &Judged| !are_same && (judged.has_photos || judged.next_change.is_some() && were_asked);
        let reusable =
            known.into_iter().filter(|judged| !sees_photos(judged) && before.has_no_other_errors(&judged.outlet));
        self.adopt(reusable);
    }

    /// One outlet as it is at `at`, judged by the rules.
    pub fn compose(&self, id: &OutletId, at: Timestamp) -> Composed {
        self.judge().judge(id, at, &mut UsedAllows::default()).0
    }

    /// Lays the layers of an outlet, without a look at what comes out.
    pub(super) fn compose_unjudged(&self, id: &OutletId, at: Timestamp) -> Composed {
        self.judge().compose(id, at).0
    }

    /// Severities as settings and comments want them.
    pub(super) fn adjust(&self, diagnostics: &mut Vec<Diagnostic>, policy: &Policy, used: &mut UsedAllows) {
        self.judge().adjust(diagnostics, policy, used);
    }
}

impl Judge<'_> {
    pub(super) fn judged(&self, id: &OutletId, at: Timestamp, shared: &SharedDiagnostics) -> (Judged, Composed) {
        let mut used = UsedAllows::default();
        let (mut composed, has_photos) = self.judge(id, at, &mut used);
        let urls = composed.catalog.items().filter_map(|(_, item)| item.image.value());
        let images = urls.fold(Sha256::new(), |images, url| images.chain_update(url).chain_update([0])).finalize();
        let price = |(_, item): (_, &Item)| Some((item.external_id.clone(), composed.catalog.written_price(item)?));
        let files = self.definitions.files_of(id);
        let diagnostics = shared.share(std::mem::take(&mut composed.diagnostics).into_iter().map(Arc::new));
        let is_whole = files.iter().all(|file| file.whole_outlet().is_some());
        let mut judged = Judged {
            basis: Basis(NUMBER.fetch_add(1, Ordering::Relaxed)),
            outlet: composed.outlet.clone(),
            account: composed.policy.account.clone(),
            zone: composed.policy.timezone.clone(),
            diagnostics,
            used,
            prices: composed.catalog.items().filter_map(price).collect(),
            images: u64::from_le_bytes(std::array::from_fn(|at| images[at])),
            next_change: composed.next_change,
            next_promotion: composed.next_promotion,
            invalid_from: OnceLock::new(),
            since: if self.definitions.is_dated(id) || !composed.catalog.promotions.is_empty() {
                at
            } else {
                Timestamp::MIN
            },
            files,
            has_photos,
            whole: None,
        };
        if is_whole && judged.is_valid() {
            judged.whole = Whole::of(&composed, &judged.diagnostics);
        }
        (judged, composed)
    }

    /// Lays the layers of an outlet; and whether images are files of the root.
    fn compose(&self, id: &OutletId, at: Timestamp) -> (Composed, bool) {
        let has_photos = Cell::new(false);
        let image = |path: &str| {
            has_photos.set(true);
            self.photos.file(path)
        };
        let composed = self.definitions.compose(id, at, self.defaults, &image);
        (composed, has_photos.get())
    }

    /// One outlet as it is at `at`, judged by the rules; notes which comments excused something. Also tells whether images
    /// are files of the root.
    fn judge(&self, id: &OutletId, at: Timestamp, used: &mut UsedAllows) -> (Composed, bool) {
        let (mut composed, has_photos) = self.compose(id, at);
        // First what layering says: what is no error any more must not keep the rules from looking at the catalog.
        self.adjust(&mut composed.diagnostics, &composed.policy, used);
        if !composed.diagnostics.iter().any(Diagnostic::is_error) {
            let mut judged = rules::check(&composed.catalog, &|path| composed.origins.written_place(path));
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
    fn adjust(&self, diagnostics: &mut Vec<Diagnostic>, policy: &Policy, used: &mut UsedAllows) {
        rules::adjust(diagnostics, &policy.rules);
        self.allows.apply(diagnostics, used);
    }
}

/// The items whose price a rule calls too low. A comment that excuses one, or `rules: {price-too-low: off}`, has taken it off
/// the `diagnostics`.
pub(super) fn low_prices<'d>(composed: &Composed, diagnostics: impl Iterator<Item = &'d Diagnostic>) -> BTreeSet<Path> {
    let places: BTreeSet<&Place> = diagnostics
        .filter(|diagnostic| diagnostic.code == PRICE_TOO_LOW)
        .filter_map(|low| low.place.as_ref())
        .collect();
    if places.is_empty() {
        return BTreeSet::new();
    }
    let is_low = |item: &&Item| {
        let price = composed.origins.written_place(&Path::item_field(&item.external_id, ItemField::Price));
        price.is_some_and(|place| places.contains(&place))
    };
    let items = composed.catalog.items().map(|(_, item)| item).filter(is_low);
    items.map(|item| Path::item(&item.external_id)).collect()
}

/// Rules about a field that is never set have nothing to say.
fn is_ignored(code: &str, policy: &Policy) -> bool {
    let about = [("image-missing", Ignorable::Image), ("description-missing", Ignorable::Description)];
    about.into_iter().any(|(rule, field)| rule == code && policy.ignore.contains(&field))
}
