//! Taking the files into use: what changed, what is refused, and which outlets that touches. Reading them is `loader`'s.

use std::sync::Arc;

use tokio::time::Instant;

use super::{
    Daemon, DaemonError, LONGEST_SLEEP, Refused, Reloaded, Reply, Worker,
    loader::{Beside, Files, Found, Job, Reasons},
    rounds::Cause,
    waves::touched,
};
use crate::{
    diagnostic::Diagnostic,
    fleet::{Loaded, Survey},
    report,
    settings::Settings,
    state::SharedState,
    watch::Changed,
};

/// What of new settings is not in use.
#[derive(Default)]
pub(super) struct Unused {
    /// What waits for a restart, in a sentence.
    after_restart: Option<String>,
    /// What stays as it was because a file with a secret cannot be read, each in a sentence.
    old_hold: Vec<String>,
}

/// How many diagnostics a person is told of; the JSON has all (our choice).
const MOST_DIAGNOSTICS: usize = 50;

impl<W: Worker> Daemon<W> {
    /// Has the files read for these reasons, beside the main loop.
    pub(super) fn read_files(&mut self, reasons: Reasons) {
        self.loader.want(reasons);
        self.begin_load();
    }

    fn begin_load(&mut self) {
        let Self { loader, load, root, loaded, others, context, started_with, survey, worker, .. } = self;
        loader.begin(|| Job {
            load: Arc::clone(load),
            root: root.clone(),
            loaded: Arc::clone(loaded),
            others: others.clone(),
            state: SharedState::clone(&context.state),
            clock: context.clock,
            started_with: started_with.clone(),
            survey: Arc::clone(survey),
            rollout: context.rollout.clone(),
            pushes: worker.pushes(),
        });
    }

    pub(super) fn files_changed(&mut self, changed: Changed) {
        let files: Vec<&str> = changed.paths.iter().map(String::as_str).collect();
        tracing::info!(files = files.join(", "), "files changed");
        self.read_files(Reasons { changed: changed.paths, ..Reasons::default() });
    }

    pub(super) fn reload_asked(&mut self, reply: Reply) {
        tracing::info!("reading the files again, as asked");
        self.notifier.reloading();
        self.worker.clear_rate_limits();
        self.read_files(Reasons { requests: vec![reply], ..Reasons::default() });
    }

    /// Goes on from what was read: takes it into use, or leaves all as it was, and passes over the outlets that this
    /// concerns.
    pub(super) fn take(&mut self, reasons: Reasons, found: Found) -> Result<(), DaemonError> {
        let before = Arc::clone(&self.survey);
        let taken = match found {
            Found::Unreadable(error) => Err(self.lose_root(error)),
            Found::Survey(survey) => {
                self.take_survey(Arc::new(survey));
                Ok(None)
            }
            Found::Files(files) => self.take_files(*files, reasons.start, !reasons.requests.is_empty())?,
        };
        let how = match taken {
            Ok(unused) => {
                let touched = touched(&before, &self.survey, &reasons.changed);
                if reasons.layer || !reasons.requests.is_empty() {
                    self.withdraw_all();
                } else {
                    touched.iter().for_each(|outlet| self.withdraw(outlet));
                }
                if reasons.only_changed() {
                    self.begin_round(Cause::Files, touched);
                }
                self.how_taken(unused.unwrap_or_default())
            }
            Err(refused) => refused,
        };
        if reasons.start || !reasons.requests.is_empty() {
            self.notifier.ready(&self.summary());
        }
        let cause_of_all = reasons.cause_of_all();
        if let Some(cause) = cause_of_all {
            self.begin_all(cause);
        }
        self.follow_begun_rollout(cause_of_all.is_some());
        if reasons.start {
            self.view.update(|shown| shown.passing = true);
        }
        reasons.requests.into_iter().for_each(|reply| reply.say(how.clone()));
        self.begin_load();
        Ok(())
    }

    /// What a reload that took the files says of them: errors keep only the outlets they concern from being used.
    fn how_taken(&self, unused: Unused) -> Reloaded {
        let (invalid, outlets) = (self.invalid, self.survey.members.len());
        let mut words = unused.old_hold;
        if self.survey.diagnostics.iter().any(Diagnostic::is_error) {
            words.push(format!(
                "{invalid} of {outlets} outlets are left out because of errors; their menus stay as they are"
            ));
        }
        if words.is_empty() {
            return Reloaded::Taken { outlets, after_restart: unused.after_restart };
        }
        words.extend(unused.after_restart);
        refused(words.join("; "), &self.loaded, &self.survey.diagnostics)
    }

    /// Takes files into use. Bad settings leave everything as it was; at the start they are an error.
    fn take_files(
        &mut self,
        files: Files,
        is_start: bool,
        is_asked: bool,
    ) -> Result<Result<Option<Unused>, Reloaded>, DaemonError> {
        let Files { loaded, survey, beside, rollout, digest } = files;
        if self.unreadable.take().is_some() {
            tracing::info!("the files can be read again");
        }
        let Some(beside) = beside else {
            if is_start {
                return Err(DaemonError::Settings(loaded));
            }
            for diagnostic in loaded.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()) {
                let place = diagnostic.place.as_ref().map(ToString::to_string).unwrap_or_default();
                tracing::error!(place, "{}", diagnostic.message);
            }
            tracing::error!("the new settings are not used; the old ones still hold");
            self.view.refuse(Refused::Settings(first_error(&loaded)), self.now());
            let words =
                "the settings are wrong; the old ones, and the definitions read with them, still hold".to_owned();
            return Ok(Err(refused(words, &loaded, &loaded.diagnostics)));
        };
        if let Some(why) =
            loaded.revision_unknown.as_ref().filter(|why| self.loaded.revision_unknown.as_ref() != Some(why))
        {
            tracing::warn!("the commit of the files is not known: {why}");
        }
        let (settings, unused) = self.unused(beside);
        let is_news = self.view.read(|shown| shown.after_restart != unused.after_restart);
        if let Some(words) = unused.after_restart.as_ref().filter(|_| is_news || is_asked) {
            tracing::warn!("{words}");
        }
        self.view.update(|shown| shown.after_restart.clone_from(&unused.after_restart));
        self.context.verify_timeout = settings.verify.timeout;
        self.context.verify_interval = settings.verify.interval;
        self.context.rollout = rollout;
        self.sharing.use_files(digest.as_ref());
        self.context.files = digest;
        self.context.revision.clone_from(&loaded.revision);
        self.context.author.clone_from(&loaded.author);
        self.due.set_schedule(&settings, self.context.clock.now());
        self.settings = settings;
        self.loaded = loaded;
        self.forget_approvals();
        self.take_survey(Arc::new(survey));
        self.view.take(self.now());
        Ok(Ok(Some(unused)))
    }

    /// What of new settings cannot be used while the process lives. Sinks are taken into use, or stay.
    fn unused(&self, beside: Beside) -> (Settings, Unused) {
        let Beside { settings, recipients, webhook_secrets } = beside;
        let after_restart = after_restart(&settings, &self.started_with);
        let recipients = recipients.map(|recipients| self.notices.use_recipients(recipients));
        let tried = [
            ("notifications go where they went before", recipients),
            ("the old webhook secrets still hold", webhook_secrets),
        ];
        let mut old_hold = Vec::new();
        for (words, error) in tried.into_iter().filter_map(|(words, tried)| Some((words, tried.err()?))) {
            let error = crate::sync::chain(&error);
            tracing::error!(%error, "{words}");
            old_hold.push(format!("{words}: {error}"));
        }
        (settings, Unused { after_restart, old_hold })
    }

    /// Nothing is known of what the files want, so what was read before is not pushed either.
    fn lose_root(&mut self, error: String) -> Reloaded {
        self.withdraw_all();
        self.drop_waiting();
        self.view.refuse(Refused::Unreadable(error.clone()), self.now());
        if self.unreadable.as_ref().is_none_or(|(known, _)| *known != error) {
            tracing::error!(%error, "nothing is pushed: the files cannot be read");
        }
        self.unreadable = Some((error.clone(), Instant::now() + LONGEST_SLEEP));
        Reloaded::Unreadable { error }
    }

    fn take_survey(&mut self, survey: Arc<Survey>) {
        let before = self.view.files().map(|(_, before)| before);
        super::note::tell_invalid_soon(&survey, before.as_deref());
        self.survey = survey;
        self.invalid = self.survey.invalid();
        self.view.update(|shown| shown.files = Some((Arc::clone(&self.loaded), Arc::clone(&self.survey))));
        self.others.set(self.loaded.image_files());
        self.context.peers = Arc::clone(&self.survey.peers);
        self.due.set_layers(self.survey.next_change);
        let invalid = self.invalid;
        if invalid > 0 {
            let errors = self.survey.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
            tracing::error!(
                invalid,
                errors,
                "outlets are left out because of errors in their files: run `menusync validate`"
            );
        }
        self.missing_is_due = true;
        self.renew_round_load();
    }
}

/// Which settings are others than those that the process was started with, and are read by nobody since.
fn after_restart(settings: &Settings, used: &Settings) -> Option<String> {
    let hook = |settings: &Settings| settings.webhook.as_ref().map(|webhook| webhook.listen);
    let changed = [
        ("`target`", settings.target != used.target),
        ("`gobiz`", settings.gobiz != used.gobiz),
        ("`listen`", settings.listen != used.listen),
        ("`webhook.listen`", hook(settings) != hook(used)),
        ("`notify` (a command)", settings.without_new_commands(used).notify != settings.notify),
    ];
    let changed: Vec<&str> = changed.into_iter().filter_map(|(key, is_changed)| is_changed.then_some(key)).collect();
    let (first, is_one) = (changed.first()?, changed.len() == 1);
    let keys = if is_one { (*first).to_owned() } else { changed.join(", ") };
    let (has, it) = if is_one { ("has", "its old value") } else { ("have", "their old values") };
    Some(format!("{keys} {has} changed in the settings; the daemon uses {it} until it is restarted"))
}

/// The errors among `diagnostics`, for people and programs.
fn refused(words: String, loaded: &Loaded, diagnostics: &[Diagnostic]) -> Reloaded {
    let errors: Vec<Diagnostic> = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).cloned().collect();
    let text = report::diagnostics_text(&errors, &|file: &str| loaded.text(file), false, MOST_DIAGNOSTICS);
    let json = report::diagnostics_json(&errors);
    Reloaded::Refused { words, text, diagnostics: serde_json::from_str(&json).unwrap_or_default() }
}

/// The first thing that is wrong with the settings, with its place.
fn first_error(loaded: &Loaded) -> String {
    let first = loaded.diagnostics.iter().find(|diagnostic| diagnostic.is_error());
    first.map_or_else(String::new, |error| match &error.place {
        Some(place) => format!("{place}: {}", error.message),
        None => error.message.clone(),
    })
}
