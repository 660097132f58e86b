//! A look over all outlets of a root: which there are, and everything that is wrong anywhere.
//!
//! What is wrong with one outlet is `judge`'s.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;

use rayon::prelude::*;

use super::{
    Loaded, Member, Selection,
    judge::{Judged, SharedDiagnostics},
    shadows::Shadows,
};
use crate::{
    catalog::OutletId,
    definition::{BrokenOutlet, Outlet},
    diagnostic::{self, Diagnostic, Place},
    document::Spanned,
    plan::PeerPrices,
    policy::Policy,
    rules::{self, UsedAllows},
    state::OutletRow,
};

/// Rules that compare a promotion with today.
const OF_A_DAY: [&str; 2] = ["promotion-over", "promotion-starts-today"];

/// What a look over all outlets finds.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// All outlets, by id. One whose file cannot be decoded is here if its text says which it is, or once
    /// [`Survey::add_former`] has said so.
    pub members: Vec<Member>,
    /// Everything that is wrong anywhere, sorted, each thing once.
    pub diagnostics: Vec<Diagnostic>,
    /// Prices over the fleet.
    pub peers: Arc<PeerPrices>,
    /// The next moment at which a dated layer begins or ends.
    pub next_change: Option<Timestamp>,
    /// Files and directories of which nothing is known: they may define outlets that are not among the members.
    unread: BTreeSet<Arc<str>>,
    /// The comments that excused something.
    used: UsedAllows,
    /// What became of patches.
    shadows: Shadows,
}

/// An outlet that the files of the root have defined before.
#[derive(Debug, Clone, Copy)]
pub struct Former<'f> {
    /// Its id.
    pub id: &'f str,
    /// Its name, if it is known.
    pub name: Option<&'f str>,
    /// The file that defined it, if it is known.
    pub file: Option<&'f str>,
}

impl<'f> From<&'f Member> for Former<'f> {
    fn from(member: &'f Member) -> Self {
        Self { id: member.id.as_str(), name: Some(&member.name), file: Some(&member.file) }
    }
}

impl<'f> From<&'f BrokenOutlet> for Former<'f> {
    fn from(broken: &'f BrokenOutlet) -> Self {
        Self { id: broken.id.as_str(), name: None, file: Some(&broken.file) }
    }
}

impl<'f> From<&'f OutletRow> for Former<'f> {
    fn from(row: &'f OutletRow) -> Self {
        Self { id: &row.id, name: row.name.as_deref(), file: row.file.as_deref() }
    }
}

impl Survey {
    /// Whether anything is wrong with any file.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Whether nothing is known of a file or a directory with definitions.
    pub fn has_unread_files(&self) -> bool {
        !self.unread.is_empty()
    }

    /// How many outlets have invalid files.
    pub fn invalid(&self) -> usize {
        self.members.iter().filter(|member| !member.valid).count()
    }

    /// The outlet of this id.
    pub fn member(&self, id: &str) -> Option<&Member> {
        self.position(id).ok().map(|at| &self.members[at])
    }

    /// Whether no file defines an outlet any more: that is said, its menu never emptied.
    pub fn is_missing<'f>(&self, former: impl Into<Former<'f>>) -> bool {
        let former = former.into();
        self.position(former.id).is_err() && self.why_absent(&former).is_empty()
    }

    /// Adds those of `before` that no file defines because a file cannot be read or decoded: they are invalid, not missing.
    pub fn add_former<'f>(&mut self, before: impl IntoIterator<Item = impl Into<Former<'f>>>) {
        for former in before.into_iter().map(Into::into) {
            let Err(at) = self.position(former.id) else { continue };
            let diagnostics = self.why_absent(&former);
            if let Some(first) = diagnostics.first().and_then(|first| first.place.as_ref()) {
                let member = Member {
                    id: OutletId(former.id.to_owned()),
                    name: former.name.unwrap_or(former.id).to_owned(),
                    file: former.file.map_or_else(|| Arc::clone(&first.file), Arc::from),
                    layers: vec![Arc::clone(&first.file)],
                    account: None,
                    zone: None,
                    paused: false,
                    images: 0,
                    valid: false,
                    diagnostics,
                    invalid_from: None,
                };
                self.members.insert(at, member);
            }
        }
    }

    /// Where an outlet is among the members; `Err`: where it would be.
    fn position(&self, id: &str) -> Result<usize, usize> {
        self.members.binary_search_by(|member| member.id.as_str().cmp(id))
    }

    /// What keeps an outlet that is not there from being known: errors in its file or in a directory of it, else a file that
    /// might define it now.
    fn why_absent(&self, former: &Former<'_>) -> Vec<Arc<Diagnostic>> {
        let concerns = |place: &Place| {
            let rest = former.file.and_then(|file| file.strip_prefix(&*place.file));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let errors = self.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
        let of_file = errors.filter(|error| error.place.as_ref().is_some_and(concerns));
        let of_file: Vec<_> = of_file.cloned().map(Arc::new).collect();
        let elsewhere = self.unread.first().filter(|_| of_file.is_empty()).map(|unread| {
            let message =
                format!("no file defines the outlet `{}`, unless `{unread}` does, which cannot be read", former.id);
            let wrong = Diagnostic::error("file-unreadable", Place::start_of(unread), message);
            Arc::new(wrong.help("correct that file; until then the menu of the outlet is left as it is"))
        });
        of_file.into_iter().chain(elsewhere).collect()
    }
}

impl Loaded {
    /// Looks at every outlet as it is now and, for what is wrong only, as it will be when its dated layers begin and end.
    pub fn survey_ahead(&self, at: Timestamp) -> Survey {
        let mut survey = self.survey_with(at, true);
        let shared = SharedDiagnostics::default();
        let outlets: Vec<&Outlet> = self.definitions.outlets().collect();
        let later: Vec<_> = outlets.par_iter().map(|outlet| self.look_ahead(&outlet.id, at, &shared)).collect();
        // What is said of a day is said on that day.
        survey.diagnostics.extend(shared.into_all().filter(|later| !OF_A_DAY.contains(&later.code)));
        let mut is_whole = true;
        for (used, shadows, is_all) in later {
            survey.used.extend(used);
            survey.shadows.extend(shadows);
            is_whole &= is_all;
        }
        // Only if all outlets could be judged, at all times, is it known what comes to nothing.
        if is_whole && !survey.diagnostics.iter().any(Diagnostic::is_error) {
            let mut shadowed = survey.shadows.diagnostics();
            self.allows.apply(&mut shadowed, &mut survey.used);
            survey.diagnostics.extend(shadowed);
            self.tell_patterns_of_nobody(&mut survey);
        }
        self.tell_unused_allows(&mut survey, at);
        diagnostic::sort(&mut survey.diagnostics);
        drop_repeated(&mut survey.diagnostics);
        survey
    }

    /// Judges an outlet as it will be when its dated layers begin and end. Keeps no verdict: those of now are in use.
    fn look_ahead(&self, id: &OutletId, at: Timestamp, shared: &SharedDiagnostics) -> (UsedAllows, Shadows, bool) {
        let edges = self.edges_ahead(id, at);
        let (mut used, mut shadows) = (UsedAllows::default(), Shadows::default());
        for edge in edges.moments {
            let (judged, composed) = self.judge().judged(id, edge, shared);
            used.extend(judged.used);
            shadows.extend(Shadows::of(&composed));
        }
        (used, shadows, edges.is_all)
    }

    /// Tells patterns of windows and waves that mean no outlet: what should wait for them would not.
    fn tell_patterns_of_nobody(&self, survey: &mut Survey) {
        let windows = self.settings.iter().flat_map(|settings| &settings.policy.window_outlets);
        let windows = windows.chain(self.definitions.window_outlets());
        let windows = windows.map(|glob| (glob, "window-outlets", "this window holds nobody back"));
        let waves = self.settings.iter().flat_map(|settings| &settings.wave_outlets);
        let waves = waves.map(|glob| (glob, "rollout-outlets", "this wave has nobody by it"));
        let means_nobody = |(glob, ..): &(&Spanned<String>, _, _)| {
            let selection = Selection::new(std::slice::from_ref(&glob.value));
            selection.is_ok_and(|selection| !survey.members.iter().any(|member| selection.matches(member)))
        };
        let mut wrong: Vec<Diagnostic> = windows
            .chain(waves)
            .filter(means_nobody)
            .map(|(glob, code, so)| {
                let message = format!("no outlet matches `{}`, so {so}", glob.value);
                Diagnostic::warning(code, glob.place.clone(), message)
                    .help("correct the id, name or file, or remove it; `*` means all outlets")
            })
            .collect();
        self.adjust_by_file(&mut wrong, &self.defaults);
        self.allows.apply(&mut wrong, &mut survey.used);
        survey.diagnostics.extend(wrong);
    }

    /// Looks at every outlet and every approval as it is at `at`.
    pub fn survey(&self, at: Timestamp) -> Survey {
        let mut survey = self.survey_with(at, false);
        let shared = SharedDiagnostics::default();
        survey.members.par_iter_mut().filter(|member| member.valid).for_each(|member| {
            member.invalid_from = self.invalid_from(&self.judged(&member.id, at, &shared));
        });
        survey
    }

    fn survey_with(&self, at: Timestamp, with_patches: bool) -> Survey {
        let mut survey = self.look(at, with_patches);
        let is_outlet = |id: &OutletId| survey.members.binary_search_by(|member| member.id.cmp(id)).is_ok();
        let mut wrong = self.approvals.iter().flat_map(|approval| approval.judge(&is_outlet, at)).collect();
        self.adjust(&mut wrong, &self.defaults, &mut survey.used);
        survey.diagnostics.append(&mut wrong);
        diagnostic::sort(&mut survey.diagnostics);
        survey
    }

    /// Looks at every outlet as it is at `at`; if asked, also at what became of patches.
    fn look(&self, at: Timestamp, with_patches: bool) -> Survey {
        let mut survey = Survey { unread: self.unread_files().cloned().collect(), ..Survey::default() };
        let shared = SharedDiagnostics::default();
        let mut peers = PeerPrices::new();
        let mut of_files: Vec<Diagnostic> =
            self.diagnostics.iter().chain(&self.definitions.diagnostics).cloned().collect();
        self.adjust_by_file(&mut of_files, &self.defaults);
        self.allows.apply(&mut of_files, &mut survey.used);
        let outlets: Vec<&Outlet> = self.definitions.outlets().collect();
        let judge = |outlet: &&Outlet| {
            if !with_patches {
                return (self.judged(&outlet.id, at, &shared), None);
            }
            if self.verdicts.at(&outlet.id, at).is_some_and(|judged| judged.whole.is_some()) {
                let judged = self.judged(&outlet.id, at, &shared);
                let shadows = judged.whole.as_ref().map(|whole| whole.shadows.clone());
                return (judged, shadows);
            }
            let (judged, composed) = self.judge_anew(&outlet.id, at, &shared);
            (judged, Some(Shadows::of(&composed)))
        };
        let judged: Vec<_> = outlets.par_iter().map(judge).collect();
        for (judged, shadows) in judged {
            for (item, price) in &judged.prices {
                *peers.entry(item.clone()).or_default().entry(*price).or_default() += 1;
            }
            shadows.into_iter().for_each(|shadows| survey.shadows.extend(shadows));
            survey.used.extend(judged.used.iter().cloned());
            survey.next_change = [survey.next_change, judged.next_change].into_iter().flatten().min();
            survey.members.push(member(&judged));
        }
        survey.diagnostics.extend(shared.into_all());
        survey.members.sort_by(|a, b| a.id.cmp(&b.id));
        survey.diagnostics.extend(of_files);
        diagnostic::sort(&mut survey.diagnostics);
        drop_repeated(&mut survey.diagnostics);
        survey.add_former(self.definitions.broken_outlets());
        survey.peers = Arc::new(peers);
        survey
    }

    /// Severities of what is about a file and about no outlet: as the file itself wants them, else as the settings do.
    fn adjust_by_file(&self, diagnostics: &mut Vec<Diagnostic>, defaults: &Policy) {
        rules::adjust_each(diagnostics, &|diagnostic| {
            let file = diagnostic.place.as_ref().map(|place| &*place.file);
            let said = file.and_then(|file| self.definitions.severity(file, diagnostic.code));
            said.or_else(|| defaults.rules.get(diagnostic.code).copied())
        });
    }

    /// Tells the comments that excuse nothing at any time from `at` on, if every outlet could be judged.
    fn tell_unused_allows(&self, survey: &mut Survey, at: Timestamp) {
        if survey.diagnostics.iter().any(Diagnostic::is_error) {
            return;
        }
        let mut unused = self.allows.unused(&survey.used);
        let is_over = |place: &Place| self.definitions.is_over(&place.file, at, &self.defaults.timezone);
        unused.retain(|diagnostic| !diagnostic.place.as_ref().is_some_and(is_over));
        self.adjust_by_file(&mut unused, &self.defaults);
        survey.diagnostics.extend(unused);
    }
}

pub(super) fn member(judged: &Judged) -> Member {
    let Outlet { id, name, file, chain, paused, place: _ } = judged.outlet.clone();
    let (images, valid, diagnostics) = (judged.images, judged.is_valid(), judged.diagnostics.clone());
    let (account, zone) = (judged.account.clone(), Some(judged.zone.clone()));
    Member { id, name, file, layers: chain, account, zone, paused, images, valid, diagnostics, invalid_from: None }
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
