//! YAML layers become one desired catalog for every outlet, with the place where each value was written.
//!
//! Every file is decoded by itself ([`decode_file`]), all are connected ([`connect`]), and the layers of an outlet are laid
//! one over the other in the order of `extends` ([`Definitions::compose`]). In each file first come additions (`menus`,
//! `variant_categories`), then patches by id (`items`, `variants`, `categories`), then markups (`pricing`). Nothing is
//! matched by its position in a list. Whether the outcome is a good menu is judged by `rules`; this room knows no files,
//! network or clock.

mod add;
mod attach;
mod compose;
mod dated;
mod decode;
mod draft;
mod draft_promotions;
mod graph;
mod hours;
mod kind;
mod layer;
mod order;
mod origins;
mod over_time;
mod patch;
pub mod policy;
mod pricing;
mod promotions;
mod recurrence;
#[cfg(test)]
mod tests;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use compose::Composer;
pub use dated::{Edge, just_before};
pub use decode::decode_file;
use graph::Graph;
pub use graph::{join, relative};
use hashbrown::{HashMap, HashSet};
use layer::{Content, Head};
pub use layer::{DecodedFile, Markup, Round};
pub use origins::{Origins, Shadowed};
use over_time::OverTime;
pub use pricing::marked_up;
pub use recurrence::cron;

use crate::{
    catalog::{Catalog, ExternalId, OutletId, Path},
    diagnostic::{self, Diagnostic, Place, Severity},
    document::{Allow, SourceFile, Spanned},
    policy::{Policy, PromotionPolicy},
};

/// What a file says about one field: nothing, `null` (only patches can say that), or a value.
type Declared<T> = Option<Spanned<Option<T>>>;

/// All definition files, decoded and connected.
#[derive(Debug)]
pub struct Definitions {
    /// What is wrong with the files, whatever outlet they serve; sorted. What is wrong between the layers of one outlet
    /// is said by [`Self::compose`].
    pub diagnostics: Vec<Diagnostic>,
    /// Sorted by path.
    files: Vec<Arc<DecodedFile>>,
    /// What is wrong between a file and others, by the number of the file.
    between: HashMap<usize, Vec<Diagnostic>>,
    outlets: BTreeMap<OutletId, Known>,
    broken: Vec<BrokenOutlet>,
}

/// An outlet and the numbers of its layers.
#[derive(Debug)]
struct Known {
    outlet: Outlet,
    chain: Vec<usize>,
}

/// A file that says whose menu it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlet {
    /// As GoFood names it.
    pub id: OutletId,
    /// As people name it; the id if the file does not say.
    pub name: String,
    /// Its file.
    pub file: Arc<str>,
    /// The files of its layers in the order in which they are laid, its own last.
    pub chain: Vec<Arc<str>>,
    /// `state: paused`: its menu is left alone.
    pub paused: bool,
    /// Where its id is written.
    pub place: Place,
}

/// An outlet whose file cannot be read as a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenOutlet {
    /// The outlet that the text of the file seems to be for.
    pub id: OutletId,
    /// The file.
    pub file: Arc<str>,
}

/// What an image path under the root turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageFile {
    /// It is there and has been checked.
    Found {
        /// The address under which it is published.
        url: String,
    },
    /// It cannot be used; the message says why.
    Missing(String),
}

impl ImageFile {
    /// Where no image is a file of the root.
    pub fn no_address(path: &str) -> Self {
        Self::Missing(format!("`{path}` is no address"))
    }
}

/// What comes and goes at an outlet by layers with `when`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recurring {
    /// These layers.
    pub files: BTreeSet<Arc<str>>,
    /// Items that those define that do not count now, and which of them.
    pub resting: BTreeMap<ExternalId, BTreeSet<Arc<str>>>,
    /// Dishes and choices that are not in the menu now and come back by those.
    pub away: BTreeSet<Path>,
}

/// What one outlet should be at one time.
#[derive(Debug, Clone)]
pub struct Composed {
    /// The outlet.
    pub outlet: Outlet,
    /// What it should sell.
    pub catalog: Catalog,
    /// Where every value was written.
    pub origins: Origins,
    /// The settings that hold for it.
    pub policy: Policy,
    /// Items of its dated layers that have ended: what a season brought, it takes away.
    pub ended: BTreeSet<ExternalId>,
    /// What comes back by `when`.
    pub recurring: Recurring,
    /// What is wrong with its files and between them; sorted, severities as the rules have them by default. If one is an
    /// error the catalog is not to be used.
    pub diagnostics: Vec<Diagnostic>,
    /// The next moment at which one of its dated layers begins or ceases to count.
    pub next_change: Option<jiff::Timestamp>,
    /// The next moment at which one of its promotions begins or is over, so that something else is to be said of it.
    pub next_promotion: Option<jiff::Timestamp>,
}

/// Decodes all definition files and connects them.
pub fn parse(files: &[SourceFile]) -> Definitions {
    connect(files.iter().map(|file| Arc::new(decode_file(file))).collect())
}

/// Finds out which layers make which outlet.
pub fn connect(mut files: Vec<Arc<DecodedFile>>) -> Definitions {
    let broken = files.iter().filter_map(|file| file.broken_outlet.clone()).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));

    let mut wrong = Vec::new();
    let graph = Graph::new(&files, &mut wrong);
    let linked = wrong.is_empty() && !files.iter().any(|file| file.is_broken());
    let outlets = outlets(&files, &graph, &mut wrong);
    let mut diagnostics: Vec<Diagnostic> = files.iter().flat_map(|file| &file.diagnostics).cloned().collect();
    let mut between: HashMap<usize, Vec<Diagnostic>> = HashMap::new();
    for (concerned, diagnostic) in wrong {
        for file in concerned {
            between.entry(file).or_default().push(diagnostic.clone());
        }
        diagnostics.push(diagnostic);
    }
    // A link that cannot be followed explains why a layer is not reached.
    if linked {
        diagnostics.extend(unused_layers(&files, &outlets));
    }
    diagnostic::sort(&mut diagnostics);
    Definitions { diagnostics, files, between, outlets, broken }
}

impl Definitions {
    /// The file of that path.
    pub fn file(&self, path: &str) -> Option<&Arc<DecodedFile>> {
        let at = self.files.binary_search_by(|known| (*known.path).cmp(path)).ok()?;
        self.files.get(at)
    }

    /// The files, sorted by path.
    pub fn into_files(self) -> Vec<Arc<DecodedFile>> {
        self.files
    }

    /// All outlets whose files could be decoded, sorted by id.
    pub fn outlets(&self) -> impl Iterator<Item = &Outlet> {
        self.outlets.values().map(|known| &known.outlet)
    }

    /// The outlet of that id.
    pub fn outlet(&self, id: &OutletId) -> Option<&Outlet> {
        self.outlets.get(id).map(|known| &known.outlet)
    }

    /// The files of the layers of an outlet in the order in which they are laid, its own last.
    pub fn files_of(&self, id: &OutletId) -> Vec<Arc<DecodedFile>> {
        let chain = self.outlets.get(id).map(|known| &known.chain);
        chain.into_iter().flatten().map(|file| Arc::clone(&self.files[*file])).collect()
    }

    /// Whether something is wrong between the files of an outlet and others.
    pub fn has_wrong_links(&self, id: &OutletId) -> bool {
        let chain = self.outlets.get(id).map(|known| &known.chain);
        chain.into_iter().flatten().any(|file| self.between.contains_key(file))
    }

    /// Outlets whose files cannot be decoded, by what their text says.
    pub fn broken_outlets(&self) -> &[BrokenOutlet] {
        &self.broken
    }

    /// Files of which nothing could be decoded: whether they are layers or outlets is not known.
    pub fn broken_files(&self) -> impl Iterator<Item = &Arc<str>> {
        self.files.iter().filter(|file| file.layer.is_none()).map(|file| &file.path)
    }

    /// The codes that files name under `rules`, for a check that there are such rules.
    pub fn rule_codes(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.files.iter().filter_map(|file| file.head()).flat_map(|head| head.policy.rule_codes())
    }

    /// The accounts that files name, for a check that there are such accounts.
    pub fn accounts(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.files.iter().filter_map(|file| file.head()).filter_map(|head| head.policy.account.as_ref())
    }

    /// The patterns that windows of files name outlets by, for a check that they mean somebody.
    pub fn window_outlets(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.files.iter().filter_map(|file| file.head()).flat_map(|head| &head.policy.window_outlets)
    }

    /// What a file itself says about the severity of a rule; the outer `None` = nothing.
    pub fn severity(&self, file: &str, code: &str) -> Option<Option<Severity>> {
        let head = self.file(file)?.head()?;
        head.policy.rules.iter().find(|(named, _)| named.value == code).map(|(_, severity)| *severity)
    }

    /// The comments that excuse something.
    pub fn allows(&self) -> impl Iterator<Item = &Allow> {
        self.files.iter().flat_map(|file| &file.allows)
    }

    /// Whether a file is a dated layer that counts no longer at `at`, in `zone`.
    pub fn is_over(&self, file: &str, at: jiff::Timestamp, zone: &jiff::tz::TimeZone) -> bool {
        self.file(file).and_then(|known| known.head()).is_some_and(|head| dated::has_ended(head, at, zone))
    }

    /// Whether a layer of `outlet` counts only at some times.
    pub fn is_dated(&self, outlet: &OutletId) -> bool {
        self.heads_of(outlet).any(Head::is_dated)
    }

    /// What says how the files of an outlet are to be used, in the order in which they are laid.
    fn heads_of(&self, outlet: &OutletId) -> impl DoubleEndedIterator<Item = &Head> {
        let chain = self.outlets.get(outlet).map(|known| known.chain.as_slice()).unwrap_or_default();
        chain.iter().filter_map(|file| self.files[*file].head())
    }

    /// The settings that hold for `outlet` at `at`, where those of the root are `defaults`.
    pub fn policy(&self, outlet: &OutletId, at: jiff::Timestamp, defaults: &Policy) -> Policy {
        self.policy_in(outlet, at, &zone(self.heads_of(outlet), defaults), defaults)
    }

    fn policy_in(
        &self,
        outlet: &OutletId,
        at: jiff::Timestamp,
        zone: &jiff::tz::TimeZone,
        defaults: &Policy,
    ) -> Policy {
        let mut policy = defaults.clone();
        let active: Vec<&Head> = self.heads_of(outlet).filter(|head| dated::is_active(head, at, zone)).collect();
        active.iter().for_each(|head| head.policy.apply(&mut policy));
        // A file that declares promotions wants them, unless a file says otherwise.
        let is_said = active.iter().any(|head| head.policy.promotions.is_some());
        if !is_said && active.iter().any(|head| head.policy.declares_promotions) {
            policy.promotions = PromotionPolicy::Manage;
        }
        policy
    }

    /// The dated layers of `outlet`.
    fn timeline(&self, outlet: &OutletId, defaults: &Policy) -> dated::Timeline<'_> {
        let chain = self.outlets.get(outlet).map(|known| known.chain.as_slice()).unwrap_or_default();
        let layers = chain.iter().filter_map(|file| Some((&self.files[*file].path, self.files[*file].head()?)));
        dated::Timeline::new(layers, zone(self.heads_of(outlet), defaults))
    }

    /// The next `most` moments after `at` at which dated layers of `outlet` begin or cease to count.
    pub fn next_edges(&self, outlet: &OutletId, at: jiff::Timestamp, most: usize, defaults: &Policy) -> Vec<Edge> {
        let timeline = self.timeline(outlet, defaults);
        timeline.all(at).take(most).map(|at| timeline.edge(at)).collect()
    }

    /// The moments after `at` and not after `last` at which dated layers of `outlet` begin or cease to count. What comes back
    /// by `when` is there once: the first time that it begins, and the first time that it ends.
    pub fn telling_edges(
        &self,
        outlet: &OutletId,
        (at, last): (jiff::Timestamp, jiff::Timestamp),
        defaults: &Policy,
    ) -> Vec<Edge> {
        self.timeline(outlet, defaults).telling(at, last)
    }

    /// Whether a layer of `outlet` counts at times that come back.
    pub fn recurs(&self, outlet: &OutletId) -> bool {
        self.heads_of(outlet).any(|head| head.when.is_some())
    }

    /// Lays the layers of `outlet` as they count at `at`. `defaults` are the settings of the whole root; `images` answers
    /// for image paths under the root.
    ///
    /// The time zone that judges dates is the nearest one that stands in a layer without dates.
    pub fn compose(
        &self,
        outlet: &OutletId,
        at: jiff::Timestamp,
        defaults: &Policy,
        images: &dyn Fn(&str) -> ImageFile,
    ) -> Composed {
        let timeline = self.timeline(outlet, defaults);
        let zone = timeline.zone();
        let policy = self.policy_in(outlet, at, zone, defaults);
        let Some(Known { outlet, chain }) = self.outlets.get(outlet) else {
            return Composed::unknown(outlet, policy);
        };
        let mut composed = Composed::empty(outlet.clone(), policy);
        let files: Vec<&DecodedFile> = chain.iter().map(|file| &*self.files[*file]).collect();
        let between = || chain.iter().filter_map(|file| self.between.get(file)).flatten();
        let layers: Vec<(&Head, Arc<Content>)> = files
            .iter()
            .filter_map(|file| file.layer.as_ref())
            .map(|layer| (&layer.head, layer.content(&decode_file)))
            .collect();
        composed.next_change = timeline.next(at);
        let (active, dormant): (Vec<_>, Vec<_>) = layers.iter().partition(|(head, _)| dated::is_active(head, at, zone));

        let ended = dormant.iter().filter(|(head, _)| head.when.is_none() && dated::has_ended(head, at, zone));
        let ids = |content: &Content| content.new_items().map(|item| item.id.value.clone()).collect::<Vec<_>>();
        composed.ended = ended.flat_map(|(_, content)| ids(content)).collect();
        composed.recurring.files = timeline.recurring().cloned().collect();
        let paths = files.iter().filter(|file| file.layer.is_some()).map(|file| &file.path);
        for (path, (_, content)) in paths.zip(&layers).filter(|(_, (head, _))| dated::is_resting(head, at, zone)) {
            for id in ids(content) {
                composed.recurring.resting.entry(id).or_default().insert(Arc::clone(path));
            }
        }
        let incomplete = files.iter().any(|file| file.is_broken()) || between().any(Diagnostic::is_error);
        // What such a layer brings when it counts again, and what one may take away that counts now.
        let coming = dormant.iter().filter(|(head, _)| head.when.is_some() && !dated::has_ended(head, at, zone));
        let mut away: BTreeSet<Path> = coming.flat_map(|(_, content)| content.new_things()).collect();
        if active.iter().any(|(head, content)| head.when.is_some() && content.may_take_away()) {
            away.extend(active.iter().flat_map(|(_, content)| content.new_things()));
        }
        let dormant = dormant.into_iter().map(|(_, content)| &**content).collect();
        let mut composer = Composer::new(&composed.policy, dormant, incomplete);
        active.into_iter().for_each(|(head, content)| composer.lay(content, head.is_dated()));
        let promotions = composer.finish(images, &mut composed);
        if !away.is_empty() {
            let items = composed.catalog.items().map(|(_, item)| Path::item(&item.external_id));
            for thing in items.chain(composed.catalog.variants().map(|(_, one)| Path::variant(&one.external_id))) {
                away.remove(&thing);
            }
        }
        composed.recurring.away = away;
        if !promotions.is_empty() {
            let over_time = OverTime {
                layers: &layers,
                timeline: &timeline,
                outlet: composed.outlet.clone(),
                policy: composed.policy.clone(),
                at,
                known: RefCell::default(),
            };
            promotions::finish(promotions, &mut composed, &over_time);
        }
        composed.diagnostics.extend(files.iter().flat_map(|file| &file.diagnostics).chain(between()).cloned());
        diagnostic::sort(&mut composed.diagnostics);
        composed
    }
}

impl Composed {
    fn empty(outlet: Outlet, policy: Policy) -> Self {
        Self {
            outlet,
            catalog: Catalog::default(),
            origins: Origins::default(),
            policy,
            ended: BTreeSet::new(),
            recurring: Recurring::default(),
            diagnostics: Vec::new(),
            next_change: None,
            next_promotion: None,
        }
    }

    /// For an id that no file has: an error rather than an empty menu.
    fn unknown(id: &OutletId, policy: Policy) -> Self {
        let file: Arc<str> = Arc::from("");
        let place = Place::start_of(&file);
        let name = id.to_string();
        let outlet = Outlet { id: id.clone(), name, file, chain: Vec::new(), paused: false, place };
        let mut composed = Self::empty(outlet, policy);
        let wrong = Diagnostic::error("unknown-outlet", None, format!("no file defines the outlet `{id}`"));
        composed.diagnostics.push(wrong.help("write a file with this id under `outlet`"));
        composed
    }
}

/// The zone in which dates are read: dated layers have no say in when they count.
fn zone<'h>(heads: impl DoubleEndedIterator<Item = &'h Head>, defaults: &Policy) -> jiff::tz::TimeZone {
    let said = heads.rev().filter(|head| !head.is_dated()).find_map(|head| head.policy.timezone.as_ref());
    said.unwrap_or(&defaults.timezone).clone()
}

fn outlets(files: &[Arc<DecodedFile>], graph: &Graph, wrong: &mut Vec<graph::Wrong>) -> BTreeMap<OutletId, Known> {
    let mut by_id: BTreeMap<OutletId, Vec<(usize, Outlet)>> = BTreeMap::new();
    for (at, file) in files.iter().enumerate() {
        let Some(head) = file.head().and_then(|head| head.outlet.as_ref()) else { continue };
        let outlet = Outlet {
            id: head.id.value.clone(),
            name: head.name.clone().unwrap_or_else(|| head.id.value.to_string()),
            file: Arc::clone(&file.path),
            chain: Vec::new(),
            paused: head.paused,
            place: head.id.place.clone(),
        };
        by_id.entry(outlet.id.clone()).or_default().push((at, outlet));
    }
    for outlets in by_id.values().filter(|outlets| outlets.len() > 1) {
        let concerned: Vec<usize> = outlets.iter().map(|(file, _)| *file).collect();
        wrong.extend((1..outlets.len()).map(|at| (concerned.clone(), claimed_twice(outlets, at))));
    }
    let first = |outlets: Vec<(usize, Outlet)>| outlets.into_iter().next();
    let known = by_id.into_iter().filter_map(|(id, outlets)| {
        let (file, mut outlet) = first(outlets)?;
        let chain = graph.chain(file);
        outlet.chain = graph::paths(files, &chain);
        Some((id, Known { outlet, chain }))
    });
    known.collect()
}

fn claimed_twice(outlets: &[(usize, Outlet)], at: usize) -> Diagnostic {
    let (first, again) = (&outlets[0].1, &outlets[at].1);
    let message = format!("the outlet `{}` has a file already", again.id);
    Diagnostic::error("duplicate-outlet", again.place.clone(), message)
        .help("keep one of the two; what outlets share belongs into a layer that they extend")
        .related(first.place.clone(), "first here")
}

fn unused_layers(files: &[Arc<DecodedFile>], outlets: &BTreeMap<OutletId, Known>) -> Vec<Diagnostic> {
    let reached: HashSet<&Arc<str>> = outlets.values().flat_map(|known| &known.outlet.chain).collect();
    let is_outlet = |file: &Arc<DecodedFile>| file.head().is_some_and(|head| head.outlet.is_some());
    let unused = files.iter().filter(|file| !is_outlet(file) && !file.is_broken() && !reached.contains(&file.path));
    let warning = |file: &Arc<DecodedFile>| {
        let message = "no outlet extends this layer, so it changes nothing";
        Diagnostic::warning("unused-layer", Place::start_of(&file.path), message)
            .help("name it under `extends` of an outlet or of a layer, or delete it")
    };
    unused.map(warning).collect()
}
