//! All outlets of a root as the files give them at one moment.
//!
//! Files are read and decoded once ([`load`]); an outlet's catalog is composed when it is needed and dropped after, so
//! that three hundred outlets need the memory of one. What is done with an outlet is `sync`'s.

mod agenda;
mod approvals;
mod compare;
mod edited;
mod history;
mod images;
mod new_images;
mod photos;
mod select;
mod shadows;
mod status;

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    sync::Arc,
};

pub use compare::{Comparison, Step};
pub use history::history;
pub use images::{ImageUse, ImageUses};
use jiff::{Timestamp, tz::TimeZone};
use photos::Photos;
pub use select::{Selection, SelectionError};
use shadows::Shadows;
pub use status::status;

use crate::{
    approval::{self, ApprovalFile},
    catalog::OutletId,
    definition::{
        self, Composed, Definitions, ImageFile, Outlet,
        policy::{PolicyPatch, take_policy},
    },
    diagnostic::{self, Diagnostic, Place},
    document::{self, Decoder},
    plan::{PeerPrices, Pins},
    policy::{Ignorable, Policy},
    rules::{self, Allows, UsedAllows},
    schedule::Window,
    settings::{self, Settings},
    source::{self, Commit, Files, RevisionError, SourceError, SourceFile},
    sync::{PlaceOf, Wanted},
};

/// A root, read and decoded.
pub struct Loaded {
    /// Where.
    pub root: PathBuf,
    /// Its settings; `None` if they are missing or wrong (the diagnostics say how).
    pub settings: Option<Settings>,
    /// What is wrong with the settings and with files as such.
    pub diagnostics: Vec<Diagnostic>,
    /// The commit of the files.
    pub revision: Option<String>,
    /// Who wrote that commit.
    pub author: Option<String>,
    files: Files,
    definitions: Definitions,
    /// What settings that are wrong elsewhere say about rules and the like, so that one mistake there does not bring back
    /// every warning that they switch off. Nothing is pushed without settings.
    salvaged: PolicyPatch,
    allows: Allows,
    approvals: Vec<ApprovalFile>,
    photos: Photos,
}

/// How many beginnings and ends of dated layers a look ahead follows (our choice: years of holidays).
const MOST_EDGES: usize = 100;

/// One outlet, without its catalog.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its id.
    pub id: OutletId,
    /// Its name.
    pub name: String,
    /// Its file.
    pub file: Arc<str>,
    /// Its layers in the order in which they are laid, its own file last.
    pub layers: Vec<Arc<str>>,
    /// `state: paused`
    pub paused: bool,
    /// The images of its catalog, in one number: it differs when they do, as an image file is published under an address
    /// that has its content's hash. Equal numbers say something within one process only.
    pub images: u64,
    /// Whether it may be pushed: no error among its diagnostics.
    pub valid: bool,
    /// What is wrong with its files and its catalog, warnings included. Shared between outlets: a layer with thousands of
    /// mistakes may serve hundreds of them.
    pub diagnostics: Vec<Arc<Diagnostic>>,
}

/// What a look over all outlets finds.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// All outlets, by id. One whose file cannot be decoded is here if its text says which it is.
    pub members: Vec<Member>,
    /// Everything that is wrong anywhere, sorted, each thing once.
    pub diagnostics: Vec<Diagnostic>,
    /// Prices over the fleet.
    pub peers: Arc<PeerPrices>,
    /// The next moment at which a dated layer begins or ends.
    pub next_change: Option<Timestamp>,
    /// The comments that excused something.
    used: UsedAllows,
    /// What became of patches.
    shadows: Shadows,
}

/// The windows that concern an outlet.
fn windows_of<'p>(policy: &'p Policy, outlet: &Outlet) -> impl Iterator<Item = &'p Window> {
    policy.windows.iter().filter(|window| {
        window.outlets.is_empty()
            || Selection::new(&window.outlets).is_ok_and(|selection| selection.matches_outlet(outlet))
    })
}

/// Reads a root. The error is about the root as a whole and says nothing about any outlet.
pub fn load(root: &Path) -> Result<Loaded, SourceError> {
    let files = source::load(root)?;
    let revision = source::revision(root, &files);
    Ok(decode(root, files, photos::Place::OnDisk, revision))
}

/// Reads a root as it was at `revision` of the git repository that holds it, without checking it out.
pub fn load_revision(root: &Path, revision: &str) -> Result<Loaded, RevisionError> {
    let commit = Commit::find(root, revision)?;
    let (files, hash) = (commit.load(revision)?, commit.hash.clone());
    Ok(decode(root, files, photos::Place::Committed(commit), Some(hash)))
}

fn decode(root: &Path, files: Files, photos: photos::Place, revision: Option<String>) -> Loaded {
    let (settings, mut diagnostics) = match &files.settings {
        Some(file) => settings::decode(file),
        None => (None, missing_settings(&files)),
    };
    let salvaged = match &settings {
        Some(_) => PolicyPatch::default(),
        None => files.settings.as_ref().and_then(salvaged_policy).unwrap_or_default(),
    };
    let definitions = definition::parse(&files.catalogs);
    let allows = Allows::new(definitions.allows());
    diagnostics.extend(allows.wrong());
    diagnostics.extend(files.diagnostics.iter().cloned());
    diagnostics.extend(unknown_rules(settings.as_ref(), &definitions));
    let (approvals, wrong) = approval::parse(&files.approvals);
    diagnostics.extend(wrong);
    Loaded {
        root: root.to_owned(),
        settings,
        diagnostics,
        author: revision.as_deref().and_then(|commit| source::author(root, commit)),
        revision,
        files,
        definitions,
        salvaged,
        allows,
        approvals,
        photos: Photos::new(photos),
    }
}

fn missing_settings(files: &Files) -> Vec<Diagnostic> {
    if files.diagnostics.iter().any(|d| d.place.as_ref().is_some_and(|place| &*place.file == settings::FILE)) {
        return Vec::new();
    }
    let message = format!("there is no `{}` in the root", settings::FILE);
    vec![
        Diagnostic::error("settings-missing", None, message)
            .help("write one; its one required line is `target: sandbox`"),
    ]
}

fn salvaged_policy(file: &SourceFile) -> Option<PolicyPatch> {
    let parsed = document::parse(file);
    // What is wrong with them has been said.
    let mut decoder = Decoder::new(Arc::clone(&file.path));
    let mut fields = decoder.mapping(parsed.root.as_ref()?, "the settings")?;
    Some(take_policy(&mut decoder, &mut fields))
}

fn unknown_rules(settings: Option<&Settings>, definitions: &Definitions) -> Vec<Diagnostic> {
    let named = settings.into_iter().flat_map(|settings| settings.policy.rule_codes());
    let named = named.chain(definitions.rule_codes());
    named.filter_map(|code| rules::unknown_rule(&code.value, code.place.clone())).collect()
}

impl Loaded {
    /// The text of a file, for showing a line of it.
    pub fn text(&self, file: &str) -> Option<Arc<str>> {
        let mut all = self.files.settings.iter().chain(&self.files.catalogs).chain(&self.files.approvals);
        all.find(|known| &*known.path == file).map(|known| Arc::clone(&known.text))
    }

    /// Whether every file could be read, so that an outlet that is not there is really missing.
    pub fn is_complete(&self) -> bool {
        self.files.unreadable.is_empty()
    }

    /// The image files of the root that the looks so far have asked for, relative to it, whether they are there or not.
    pub fn image_files(&self) -> BTreeSet<String> {
        self.photos.asked()
    }

    /// The number of outlets that could be decoded.
    pub fn outlets(&self) -> usize {
        self.definitions.outlets().count()
    }

    /// Looks at every outlet as it is now and, for what is wrong only, as it will be when its dated layers begin and end.
    pub fn survey_ahead(&self, at: Timestamp) -> Survey {
        let mut survey = self.survey(at);
        let mut next = survey.next_change;
        for _ in 0..MOST_EDGES {
            let Some(edge) = next else { break };
            let later = self.look(edge);
            survey.diagnostics.extend(later.diagnostics);
            survey.used.extend(later.used);
            survey.shadows.extend(later.shadows);
            next = later.next_change;
        }
        // Only if all outlets could be judged, at all times, is it known what comes to nothing.
        if next.is_none() && !survey.diagnostics.iter().any(Diagnostic::is_error) {
            let mut shadowed = survey.shadows.diagnostics();
            self.allows.apply(&mut shadowed, &mut survey.used);
            survey.diagnostics.extend(shadowed);
        }
        self.tell_unused_allows(&mut survey, at);
        diagnostic::sort(&mut survey.diagnostics);
        drop_repeated(&mut survey.diagnostics);
        survey
    }

    /// Looks at every outlet and every approval as it is at `at`.
    pub fn survey(&self, at: Timestamp) -> Survey {
        let mut survey = self.look(at);
        let is_outlet = |id: &OutletId| survey.members.iter().any(|member| member.id == *id);
        let mut wrong = self.approvals.iter().flat_map(|approval| approval.judge(&is_outlet, at)).collect();
        self.adjust(&mut wrong, &self.defaults(), &mut survey.used);
        survey.diagnostics.append(&mut wrong);
        diagnostic::sort(&mut survey.diagnostics);
        survey
    }

    /// Looks at every outlet as it is at `at`.
    fn look(&self, at: Timestamp) -> Survey {
        let mut survey = Survey::default();
        let mut told = Told::default();
        let mut peers = PeerPrices::new();
        let defaults = self.defaults();
        let mut of_files: Vec<Diagnostic> =
            self.diagnostics.iter().chain(&self.definitions.diagnostics).cloned().collect();
        self.adjust(&mut of_files, &defaults, &mut survey.used);
        for outlet in self.definitions.outlets() {
            let composed = self.judge(&outlet.id, at, &mut survey.used);
            for (_, item) in composed.catalog.items() {
                if let Some(price) = item.price.value() {
                    *peers.entry(item.external_id.clone()).or_default().entry(*price).or_default() += 1;
                }
            }
            survey.shadows.note(&composed);
            survey.next_change = [survey.next_change, composed.next_change].into_iter().flatten().min();
            survey.members.push(member(composed, &mut told));
        }
        survey.diagnostics.extend(told.all());
        survey.members.extend(self.broken_members(&of_files, &survey.members));
        survey.members.sort_by(|a, b| a.id.cmp(&b.id));
        survey.diagnostics.extend(of_files);
        diagnostic::sort(&mut survey.diagnostics);
        drop_repeated(&mut survey.diagnostics);
        survey.peers = Arc::new(peers);
        survey
    }

    /// What the files want of one outlet at `at`; `None` if there is no such outlet or it is invalid.
    pub fn wanted(&self, id: &OutletId, at: Timestamp) -> Option<Wanted> {
        self.definitions.outlet(id)?;
        let composed = self.compose(id, at);
        if composed.diagnostics.iter().any(Diagnostic::is_error) {
            return None;
        }
        let Composed { outlet, catalog, origins, policy, ended, diagnostics: _, next_change: _ } = composed;
        let windows = windows_of(&policy, &outlet).cloned().collect();
        let place: PlaceOf = Arc::new(move |path: &crate::catalog::Path| origins.place(path));
        let Outlet { id, name, file, chain: _, paused, place: _ } = outlet;
        let approvals = self.approvals.iter().filter_map(|approval| approval.at(&id)).collect();
        let pins = Pins::default();
        Some(Wanted { outlet: id, name, file, catalog, pins, policy, windows, ended, paused, approvals, place })
    }

    /// One outlet as it is at `at`, judged by the rules.
    pub fn compose(&self, id: &OutletId, at: Timestamp) -> Composed {
        self.judge(id, at, &mut UsedAllows::default())
    }

    /// The same, noting which comments excused something.
    fn judge(&self, id: &OutletId, at: Timestamp, used: &mut UsedAllows) -> Composed {
        let mut composed = self.definitions.compose(id, at, &self.defaults(), &|path| self.image(path));
        // First what layering says: what is no error any more must not keep the rules from looking at the catalog.
        self.adjust(&mut composed.diagnostics, &composed.policy, used);
        if !composed.diagnostics.iter().any(Diagnostic::is_error) {
            let mut judged = rules::check(&composed.catalog, &|path| composed.origins.place(path));
            judged.retain(|diagnostic| !is_ignored(diagnostic.code, &composed.policy));
            for diagnostic in &mut judged {
                diagnostic.place.get_or_insert_with(|| Place::start_of(&composed.outlet.file));
            }
            self.adjust(&mut judged, &composed.policy, used);
            judged.extend(self.photo_diagnostics(&composed, used));
            composed.diagnostics.extend(judged);
        }
        diagnostic::sort(&mut composed.diagnostics);
        composed
    }

    /// Severities as settings and comments want them.
    fn adjust(&self, diagnostics: &mut Vec<Diagnostic>, policy: &Policy, used: &mut UsedAllows) {
        rules::adjust(diagnostics, &policy.rules);
        self.allows.apply(diagnostics, used);
    }

    /// Tells the comments that excuse nothing at any time from `at` on, if every outlet could be judged.
    fn tell_unused_allows(&self, survey: &mut Survey, at: Timestamp) {
        if survey.diagnostics.iter().any(Diagnostic::is_error) {
            return;
        }
        let defaults = self.defaults();
        let mut unused = self.allows.unused(&survey.used);
        let is_over = |place: &Place| self.definitions.is_over(&place.file, at, &defaults.timezone);
        unused.retain(|diagnostic| !diagnostic.place.as_ref().is_some_and(is_over));
        rules::adjust(&mut unused, &defaults.rules);
        survey.diagnostics.extend(unused);
    }

    /// The time zone of everything that no layer gives another one.
    pub fn timezone(&self) -> TimeZone {
        self.defaults().timezone
    }

    /// The settings that hold where no layer says otherwise.
    fn defaults(&self) -> Policy {
        let mut policy = Policy::default();
        self.settings.as_ref().map_or(&self.salvaged, |settings| &settings.policy).apply(&mut policy);
        policy
    }

    fn broken_members(&self, of_files: &[Diagnostic], known: &[Member]) -> Vec<Member> {
        let broken = self.definitions.broken_outlets().iter();
        let unknown = broken.filter(|broken| known.iter().all(|member| member.id != broken.id));
        let in_file = |file: &Arc<str>| {
            let here = of_files.iter().filter(|d| d.place.as_ref().is_some_and(|place| place.file == *file));
            here.cloned().map(Arc::new).collect()
        };
        unknown
            .map(|broken| Member {
                id: broken.id.clone(),
                name: broken.id.0.clone(),
                file: Arc::clone(&broken.file),
                layers: vec![Arc::clone(&broken.file)],
                paused: false,
                images: 0,
                valid: false,
                diagnostics: in_file(&broken.file),
            })
            .collect()
    }

    /// The address under which an image file of the root is published.
    fn image(&self, path: &str) -> ImageFile {
        let base_url = self.settings.as_ref().and_then(|settings| settings.images.base_url.as_deref());
        self.photos.file(&self.root, base_url, path)
    }
}

/// Rules about a field that is never set have nothing to say.
fn is_ignored(code: &str, policy: &Policy) -> bool {
    let about = [("image-missing", Ignorable::Image), ("description-missing", Ignorable::Description)];
    about.into_iter().any(|(rule, field)| rule == code && policy.ignore.contains(&field))
}

/// What is said about some outlets, each thing kept once.
#[derive(Default)]
struct Told(HashSet<Arc<Diagnostic>>);

impl Told {
    fn share(&mut self, diagnostic: Diagnostic) -> Arc<Diagnostic> {
        if let Some(known) = self.0.get(&diagnostic) {
            return Arc::clone(known);
        }
        let new = Arc::new(diagnostic);
        self.0.insert(Arc::clone(&new));
        new
    }

    fn all(&self) -> impl Iterator<Item = Diagnostic> {
        self.0.iter().map(|diagnostic| Diagnostic::clone(diagnostic))
    }
}

fn member(composed: Composed, told: &mut Told) -> Member {
    let Outlet { id, name, file, chain, paused, place: _ } = composed.outlet;
    let valid = !composed.diagnostics.iter().any(Diagnostic::is_error);
    let mut images = DefaultHasher::new();
    composed.catalog.items().filter_map(|(_, item)| item.image.value()).for_each(|url| url.hash(&mut images));
    let images = images.finish();
    let mut diagnostics: Vec<_> = composed.diagnostics.into_iter().map(|diagnostic| told.share(diagnostic)).collect();
    // They were collected into the room that they had before, which is many times what they need.
    diagnostics.shrink_to_fit();
    Member { id, name, file, layers: chain, paused, images, valid, diagnostics }
}

/// A file's diagnostic comes once for the file and once for every outlet that uses it; settings of an outlet may have
/// changed its severity, then the outlet's word is the better one.
fn drop_repeated(diagnostics: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<(Option<Place>, &'static str, String), usize> = BTreeMap::new();
    let mut kept: Vec<Diagnostic> = Vec::with_capacity(diagnostics.len());
    for diagnostic in diagnostics.drain(..) {
        let key = (diagnostic.place.clone(), diagnostic.code, diagnostic.message.clone());
        match seen.get(&key) {
            Some(index) => kept[*index].severity = kept[*index].severity.min(diagnostic.severity),
            None => {
                seen.insert(key, kept.len());
                kept.push(diagnostic);
            }
        }
    }
    *diagnostics = kept;
}
