//! All outlets of a root as the files give them at one moment.
//!
//! Files are read and decoded once ([`load`]); an outlet's catalog is composed when it is needed and dropped after, so
//! that no more of them are held than there are cores. What is done with an outlet is `sync`'s.

mod agenda;
mod ahead;
mod compare;
mod edits;
mod history;
mod images;
mod invalid_from;
mod judge;
mod line_notes;
mod load;
mod local_images;
mod member;
mod menus;
mod new_images;
mod photo_uses;
mod rollout;
mod select;
mod shadows;
mod status;
mod survey;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

pub use compare::{Comparison, Step, look_ahead};
pub use history::{history, promotion_lines, push_lines, switch_lines};
pub use images::{ImageUse, ImageUses};
use jiff::{Timestamp, tz::TimeZone};
use judge::{Judged, Verdicts};
pub use line_notes::{MOST_LINES, line_notes};
use local_images::LocalImages;
pub use member::Member;
pub use photo_uses::{PhotoPlace, PhotoUses};
use rayon::prelude::*;
pub use rollout::{NamedWaves, rollout_note};
pub use select::{Selection, SelectionError};
pub use status::status;
pub use survey::{Former, Survey};

use crate::{
    approval::{self, ApprovalFile, EffectCounts, Stale},
    catalog::{Catalog, OutletId},
    definition::{
        self, Composed, Definitions, ImageFile, Outlet,
        policy::{PolicyPatch, take_policy},
    },
    diagnostic::{self, Diagnostic},
    document::{self, Decoder, PackedFile, SourceFile, Spanned, closest},
    plan::OutletPlan,
    policy::Policy,
    report::html::Photo,
    rules::{self, Allows},
    schedule::Window,
    settings::{self, Settings},
    source::{self, Commit, Doing, Files, Revision, RevisionError, SourceError},
    sync::{Basis, Desired, PlacesOf},
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
    /// What comes before a commit in the address of its page at the forge.
    pub commit_pages: Option<String>,
    /// Why neither is known, where git should have said it and did not.
    pub revision_unknown: Option<String>,
    files: Files,
    definitions: Definitions,
    /// The settings that hold where no layer says otherwise. Of settings that are wrong elsewhere, what they say about rules
    /// and the like: one mistake there does not bring back every warning that they switch off, and nothing is pushed without
    /// settings.
    defaults: Policy,
    allows: Allows,
    approvals: Vec<ApprovalFile>,
    photos: Arc<LocalImages>,
    verdicts: Verdicts,
    /// The definition file that was opened last: many diagnostics are about the same one.
    opened: Mutex<Option<SourceFile>>,
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
    load_under(root, None, &Doing::default(), None)
}

/// The same below the settings of the operator, noting what is waited for, also in later looks at the outlets. What is as in
/// `before` is not worked out again.
pub fn load_under(
    root: &Path,
    operator: Option<&Path>,
    doing: &Doing,
    before: Option<&Loaded>,
) -> Result<Loaded, SourceError> {
    load_with(root, operator, doing, before, &|files| {
        doing.set("git");
        source::revision(root, files)
    })
}

fn load_with(
    root: &Path,
    operator: Option<&Path>,
    doing: &Doing,
    before: Option<&Loaded>,
    revision: &dyn Fn(&Files) -> Revision,
) -> Result<Loaded, SourceError> {
    let mut files = source::load_noting(root, doing)?;
    doing.set("the settings of the operator");
    match operator.map(source::operator_settings).transpose() {
        Ok(operator) => files.operator = operator,
        Err(refused) => files.operator_refused = Some(*refused),
    }
    let revision = revision(&files);
    Ok(decode(root, files, (local_images::Place::OnDisk, None), revision, doing.clone(), before))
}

/// The same without a look at what git says of the files.
pub fn load_uncommitted(
    root: &Path,
    operator: Option<&Path>,
    doing: &Doing,
    before: Option<&Loaded>,
) -> Result<Loaded, SourceError> {
    load_with(root, operator, doing, before, &|_| Revision::default())
}

/// The same where nobody is there to see what the files are in the middle of.
pub fn load_settled(
    root: &Path,
    operator: Option<&Path>,
    doing: &Doing,
    before: Option<&Loaded>,
) -> Result<Loaded, SourceError> {
    source::check_settled(root)?;
    let loaded = load_under(root, operator, doing, before)?;
    // A merge writes the files first and says so last.
    source::check_settled(root)?;
    Ok(loaded)
}

/// Reads a root as it was at `revision` of the git repository that holds it, without checking it out.
pub fn load_revision(root: &Path, revision: &str) -> Result<Loaded, RevisionError> {
    let commit = Commit::find(root, revision)?;
    let files = commit.load(revision)?;
    let revision = Revision { commit: Some(commit.hash.clone()), author: commit.author(), ..Revision::default() };
    Ok(decode(root, files, (local_images::Place::Committed(commit), None), revision, Doing::default(), None))
}

fn decode(
    root: &Path,
    files: Files,
    (photos, seen): (local_images::Place, Option<&LocalImages>),
    revision: Revision,
    doing: Doing,
    before: Option<&Loaded>,
) -> Loaded {
    let (settings, mut diagnostics) = match &files.settings {
        Some(file) => settings::decode_under(file, files.operator.as_ref()),
        None => (None, missing_settings(&files)),
    };
    let salvaged = || files.settings.as_ref().and_then(salvaged_policy).unwrap_or_default();
    let policy = settings.as_ref().map_or_else(salvaged, |settings| settings.policy.clone());
    let accounts = settings.as_ref().map(|settings| settings.gobiz.accounts.clone());
    let mut unknown = unknown_rules(policy.rule_codes());
    unknown.extend(unknown_accounts(policy.account.iter(), accounts.as_ref()));
    // A rule that is meant to hold would not hold: that is as bad as an unknown key.
    let settings = settings.filter(|_| unknown.is_empty());
    diagnostics.extend(unknown);
    let mut defaults = Policy::default();
    policy.apply(&mut defaults);
    let base_url = settings.as_ref().and_then(|settings| settings.images.base_url.clone());
    let photos = Arc::new(LocalImages::new(root.to_owned(), photos, base_url, doing, seen));

    // Side by side. A definition that has the text that it had is the one from `before`.
    let known = |file: &PackedFile| {
        let before = before?;
        let at = before.files.catalogs.binary_search_by(|known| known.path.cmp(&file.path)).ok()?;
        let is_same = before.files.catalogs[at] == *file;
        before.definitions.file(&file.path).filter(|_| is_same).cloned()
    };
    let decode = |file: &PackedFile| match known(file) {
        Some(known) => (known, None),
        None => judge::decode(file, &defaults, &photos),
    };
    let (decoded, judged): (Vec<_>, Vec<_>) = files.catalogs.par_iter().map(decode).unzip();
    let definitions = definition::connect(decoded);

    let allows = Allows::new(definitions.allows());
    diagnostics.extend(allows.wrong());
    diagnostics.extend(files.diagnostics.iter().cloned());
    diagnostics.extend(unknown_rules(definitions.rule_codes()));
    diagnostics.extend(unknown_accounts(definitions.accounts(), accounts.as_ref()));
    let (approvals, wrong) = approval::parse(&files.approvals);
    diagnostics.extend(wrong);
    diagnostics.extend(files.operator_refused.clone());
    let loaded = Loaded {
        root: root.to_owned(),
        // What is reserved is not known, so nothing of the repository's settings can be used.
        settings: settings.filter(|_| files.operator_refused.is_none()),
        diagnostics,
        revision: revision.commit,
        author: revision.author,
        commit_pages: revision.commit_pages,
        revision_unknown: revision.unknown,
        files,
        definitions,
        defaults,
        allows,
        approvals,
        photos,
        verdicts: Verdicts::default(),
        opened: Mutex::default(),
    };
    before.into_iter().for_each(|before| loaded.reuse_verdicts(before));
    loaded.adopt(judged.into_iter().flatten().map(Arc::new));
    loaded
}

/// How long a menu may take to be composed (our choice: it takes milliseconds; an image on a dead mount takes for ever).
const COMPOSE_WITHIN: Duration = Duration::from_secs(60);

/// The files did not answer.
#[derive(Debug, thiserror::Error)]
#[error("its files, or an image of theirs, could not be read within {} s", COMPOSE_WITHIN.as_secs())]
pub struct Hung;

/// [`Loaded::desired`] where nothing may block: it takes a while for a large menu, and may read an image that is new with a
/// dated layer.
pub async fn desired(
    loaded: &Arc<Loaded>,
    id: &OutletId,
    at: Timestamp,
) -> Result<Result<Desired, Vec<Diagnostic>>, Hung> {
    let (loaded, id) = (Arc::clone(loaded), id.clone());
    beside(COMPOSE_WITHIN, move || loaded.desired(&id, at)).await.ok_or(Hung)
}

/// What composes menus or reads photos, where nobody else waits for it. `None`: it takes longer than `within`, and goes on.
pub async fn beside<T: Send + 'static>(within: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    match tokio::time::timeout(within, tokio::task::spawn_blocking(work)).await {
        Ok(Ok(done)) => Some(done),
        Ok(Err(fault)) => std::panic::resume_unwind(fault.into_panic()),
        Err(_) => None,
    }
}

/// What is wrong with one file by itself, with the settings of `root` if there is one. An outlet that extends nothing is
/// composed and judged as well.
pub fn of_one_file(file: &SourceFile, root: Option<&Loaded>, at: Timestamp) -> Vec<Diagnostic> {
    let defaults = root.map(|root| root.defaults.clone()).unwrap_or_default();
    let decoded = Arc::new(definition::decode_file(file));
    let whole = decoded.whole_outlet().cloned();
    let mut diagnostics = decoded.diagnostics().to_vec();
    let definitions = definition::connect(vec![decoded]);
    if let Some(outlet) = whole {
        // Whether an image is there cannot be said without the place of the file.
        let found = |path: &str| ImageFile::Found { url: format!("https://example.com/{path}") };
        let composed = definitions.compose(&outlet, at, &defaults, &found);
        diagnostics = composed.diagnostics;
        if !diagnostics.iter().any(Diagnostic::is_error) {
            diagnostics.extend(rules::check(&composed.catalog, &|path| composed.origins.written_place(path)));
        }
    }
    diagnostics.extend(unknown_rules(definitions.rule_codes()));
    let accounts = root.and_then(|root| root.settings.as_ref()).map(|settings| &settings.gobiz.accounts);
    diagnostics.extend(unknown_accounts(definitions.accounts(), accounts));
    let allows = Allows::new(definitions.allows());
    diagnostics.extend(allows.wrong());
    allows.apply(&mut diagnostics, &mut Default::default());
    let policy = definitions.outlets().next().map(|outlet| definitions.policy(&outlet.id, at, &defaults));
    rules::adjust(&mut diagnostics, &policy.unwrap_or(defaults).rules);
    diagnostic::sort(&mut diagnostics);
    diagnostics.dedup();
    diagnostics
}

/// Names of accounts that the settings do not have. Of settings that cannot be read nothing is known.
fn unknown_accounts<'a>(
    named: impl Iterator<Item = &'a Spanned<String>>,
    known: Option<&BTreeMap<String, settings::Account>>,
) -> Vec<Diagnostic> {
    let Some(known) = known else { return Vec::new() };
    let unknown = named.filter(|name| !known.contains_key(&name.value));
    let tell = |Spanned { value, place, .. }: &Spanned<String>| {
        let message = format!("there is no account `{value}` in `gobiz.accounts`");
        let wrong = Diagnostic::error("unknown-account", place.clone(), message);
        match closest(value, known.keys().map(String::as_str)) {
            Some(close) => wrong.did_you_mean(close),
            None if known.is_empty() => {
                wrong.help(format!("add it to {}: `gobiz: {{accounts: {{{value}: …}}}}`", settings::FILE))
            }
            None => {
                let names: Vec<&str> = known.keys().map(String::as_str).collect();
                wrong.help(format!("write one of: {}", names.join(", ")))
            }
        }
    };
    unknown.map(tell).collect()
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

fn unknown_rules<'p>(codes: impl Iterator<Item = &'p Spanned<String>>) -> Vec<Diagnostic> {
    codes.filter_map(|code| rules::unknown_rule(&code.value, code.place.clone())).collect()
}

impl Loaded {
    /// The text of a file, for showing a line of it.
    pub fn text(&self, file: &str) -> Option<Arc<str>> {
        let Ok(at) = self.files.catalogs.binary_search_by(|known| (*known.path).cmp(file)) else {
            let mut others = self.files.settings.iter().chain(&self.files.operator).chain(&self.files.approvals);
            return others.find(|known| &*known.path == file).map(|known| Arc::clone(&known.text));
        };
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.as_ref().is_none_or(|opened| &*opened.path != file) {
            *opened = Some(self.files.catalogs[at].open());
        }
        opened.as_ref().map(|opened| Arc::clone(&opened.text))
    }

    /// The files and directories in `catalogs` of which nothing could be read or decoded: outlets that are not there may be in
    /// them.
    pub fn unread_files(&self) -> impl Iterator<Item = &Arc<str>> {
        let errors = self.files.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
        let files = errors.filter_map(|error| error.place.as_ref()).map(|place| &place.file);
        files.filter(|file| file.starts_with("catalogs")).chain(self.definitions.broken_files())
    }

    /// The image files of the root that the looks so far have asked for, relative to it, and whether each could be read.
    pub fn image_files(&self) -> BTreeMap<String, bool> {
        self.photos.asked()
    }

    /// A photo of a menu, by the address that the menu has. Blocks: it may read a file.
    pub fn photo(&self, url: &str) -> Photo {
        self.photos.bytes(url).map_or(Photo::Elsewhere, Photo::Local)
    }

    /// The definition files, sorted by path.
    pub fn catalogs(&self) -> &[PackedFile] {
        &self.files.catalogs
    }

    /// The settings file.
    pub fn settings_file(&self) -> Option<&SourceFile> {
        self.files.settings.as_ref()
    }

    /// The approvals that can be read.
    pub fn approvals(&self) -> &[ApprovalFile] {
        &self.approvals
    }

    /// The approvals that let nothing through in these plans, as far as that can be said.
    pub fn stale_approvals<'p>(&self, plans: impl IntoIterator<Item = &'p OutletPlan>, at: Timestamp) -> Vec<Stale> {
        let plans: BTreeMap<&OutletId, &OutletPlan> = plans.into_iter().map(|plan| (&plan.outlet, plan)).collect();
        let stale = |approval: &ApprovalFile| {
            let mut effects = EffectCounts::default();
            for id in approval.outlets.keys() {
                if let (Some(plan), Some(approval)) = (plans.get(id), approval.at(id)) {
                    effects.note(approval.effect(plan, at), None);
                }
            }
            approval.stale(&effects, at, &self.defaults.timezone)
        };
        self.approvals.iter().filter_map(stale).collect()
    }

    /// The ids and names of the outlets that could be decoded.
    pub fn outlet_names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.definitions.outlets().map(|outlet| (outlet.id.as_str(), outlet.name.as_str()))
    }

    /// The number of outlets that could be decoded.
    pub fn outlets(&self) -> usize {
        self.definitions.outlets().count()
    }

    /// What [`Self::desired`] comes from at `at`, if that is valid and no approval has a word in it.
    pub fn basis(&self, id: &OutletId, at: Timestamp) -> Option<Basis> {
        let judged = self.verdicts.at(id, at).filter(|judged| judged.is_valid() && !judged.outlet.paused)?;
        self.approvals.iter().all(|approval| approval.at(id).is_none()).then_some(judged.basis)
    }

    /// What the files want of one outlet at `at`; `Err`: what is wrong with it (nothing, if there is no such outlet).
    pub fn desired(&self, id: &OutletId, at: Timestamp) -> Result<Desired, Vec<Diagnostic>> {
        if self.definitions.outlet(id).is_none() {
            return Err(Vec::new());
        }
        let judged = self.verdicts.at(id, at).filter(|judged| judged.is_valid());
        if let Some(desired) = judged.as_ref().and_then(|judged| self.desired_whole(judged, at)) {
            return Ok(desired);
        }
        let composed = match &judged {
            // What is wrong with it has been judged, by severities that a look at its layers alone does not know.
            Some(_) => self.compose_unjudged(id, at),
            None => {
                let composed = self.compose(id, at);
                if composed.diagnostics.iter().any(Diagnostic::is_error) {
                    return Err(composed.diagnostics);
                }
                composed
            }
        };
        let known = judged.iter().flat_map(|judged| &judged.diagnostics).map(AsRef::as_ref);
        let low_prices = judge::low_prices(&composed, known.chain(&composed.diagnostics));
        let Composed { outlet, catalog, origins, policy, ended, recurring, .. } = composed;
        let places: PlacesOf = Arc::new(move |path: &crate::catalog::Path| origins.places(path));
        Ok(Desired { ended, recurring, ..self.desired_of(&outlet, catalog, policy, low_prices, places) })
    }

    /// The same of an outlet whose catalog is known. Its file is decoded again if it is asked where something stands.
    fn desired_whole(&self, judged: &Judged, at: Timestamp) -> Option<Desired> {
        let (whole, outlet) = (judged.whole.as_ref()?, &judged.outlet);
        let catalog = whole.catalog()?;
        let policy = self.definitions.policy(&outlet.id, at, &self.defaults);
        let (files, id) = (judged.files.clone(), outlet.id.clone());
        let (defaults, photos) = (self.defaults.clone(), Arc::clone(&self.photos));
        let origins = OnceLock::new();
        let decode = move || definition::connect(files.clone()).compose(&id, at, &defaults, &|path| photos.file(path));
        let places: PlacesOf =
            Arc::new(move |path: &crate::catalog::Path| origins.get_or_init(|| decode().origins).places(path));
        Some(self.desired_of(outlet, catalog, policy, whole.low_prices.clone(), places))
    }

    fn desired_of(
        &self,
        outlet: &Outlet,
        catalog: Catalog,
        policy: Policy,
        low_prices: BTreeSet<crate::catalog::Path>,
        places: PlacesOf,
    ) -> Desired {
        let windows = windows_of(&policy, outlet).cloned().collect();
        let approvals = self.approvals.iter().filter_map(|approval| approval.at(&outlet.id)).collect();
        let paused = outlet.paused;
        Desired { windows, low_prices, paused, approvals, places, ..Desired::of_catalog(catalog, policy) }
    }

    /// The time zone of everything that no layer gives another one.
    pub fn timezone(&self) -> TimeZone {
        self.defaults.timezone.clone()
    }

    /// The settings that hold for an outlet at `at`.
    pub fn policy(&self, id: &OutletId, at: Timestamp) -> Policy {
        self.definitions.policy(id, at, &self.defaults)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_hangs_while_a_menu_is_composed_is_waited_for_a_minute() {
        let (let_go, gate) = std::sync::mpsc::channel::<()>();
        let composing = tokio::spawn(beside(COMPOSE_WITHIN, move || gate.recv()));
        tokio::task::yield_now().await;
        tokio::time::advance(COMPOSE_WITHIN - Duration::from_secs(1)).await;
        tokio::task::yield_now().await;
        assert!(!composing.is_finished());
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(composing.await.unwrap().is_none());
        assert_eq!(Hung.to_string(), "its files, or an image of theirs, could not be read within 60 s");
        drop(let_go);
    }
}
