//! Taking the files into use: what changed, what is refused, and which outlets that touches. Reading them is `fleet`'s.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use super::{Daemon, Refused, Reloaded, Worker, rounds::Cause};
use crate::{
    catalog::OutletId,
    diagnostic::Diagnostic,
    fleet::{self, Loaded, Member, Survey},
    report,
    settings::{self, Settings, webhook_secrets},
    watch::Changed,
};

/// What of new settings is not in use.
#[derive(Default)]
pub(super) struct Unused {
    /// Whether something waits for a restart.
    after_restart: bool,
    /// What stays as it was because a file with a secret cannot be read, each in a sentence.
    old_hold: Vec<String>,
}

/// How many diagnostics a person is told of; the JSON has all (our choice).
const MOST_DIAGNOSTICS: usize = 50;

impl<W: Worker> Daemon<W> {
    pub(super) fn files_changed(&mut self, changed: &Changed) {
        let before = self.survey.clone();
        if self.reload(&changed.paths).is_err() {
            return;
        }
        let everything = changed.paths.iter().any(|path| path == settings::FILE || path.starts_with("approvals/"));
        let members = self.survey.members.iter().chain(&before.members);
        let touched: BTreeSet<OutletId> = members
            .filter(|member| everything || member.layers.iter().any(|layer| changed.paths.contains(&**layer)))
            .chain(with_other_images(&before, &self.survey))
            .map(|member| member.id.clone())
            .collect();
        touched.iter().for_each(|outlet| self.withdraw(outlet));
        self.begin_round(Cause::Files, touched);
    }

    pub(super) fn reload_on_request(&mut self) -> Reloaded {
        tracing::info!("reading the files again, as asked");
        self.notifier.reloading();
        self.worker.clear_rate_limits();
        let how = match self.reload(&BTreeSet::new()) {
            Ok(unused) => {
                self.withdraw_all();
                self.how_taken(unused)
            }
            Err(refused) => refused,
        };
        self.notifier.ready(&self.summary());
        self.begin_all(Cause::Reload);
        how
    }

    /// What a reload that took the files says of them: errors keep only the outlets they concern from being used.
    fn how_taken(&self, unused: Unused) -> Reloaded {
        let invalid = self.survey.members.iter().filter(|member| !member.valid).count();
        let outlets = self.survey.members.len();
        let mut words = unused.old_hold;
        if self.survey.diagnostics.iter().any(Diagnostic::is_error) {
            words.push(format!(
                "{invalid} of {outlets} outlets are left out because of errors; their menus stay as they are"
            ));
        }
        if words.is_empty() {
            return Reloaded::Taken { outlets, after_restart: unused.after_restart };
        }
        refused(words.join("; "), &self.loaded, &self.survey.diagnostics)
    }

    /// Reads the files again. What cannot be read, or has bad settings, leaves everything as it was.
    pub(super) fn reload(&mut self, changed: &BTreeSet<String>) -> Result<Unused, Reloaded> {
        if !changed.is_empty() {
            let files: Vec<&str> = changed.iter().map(String::as_str).collect();
            tracing::info!(files = files.join(", "), "files changed");
        }
        let loaded = match fleet::load(&self.loaded.root) {
            Ok(loaded) => loaded,
            Err(error) => {
                let error = crate::sync::chain(&error);
                self.lose_root(error.clone());
                return Err(Reloaded::Unreadable { error });
            }
        };
        if self.unreadable.take().is_some() {
            tracing::info!("the files can be read again");
        }
        let Some(settings) = &loaded.settings else {
            for diagnostic in loaded.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()) {
                tracing::error!(place = ?diagnostic.place.as_ref().map(ToString::to_string), "{}", diagnostic.message);
            }
            tracing::error!("the new settings are not used; the old ones still hold");
            self.view.refuse(Refused::Settings(first_error(&loaded)), self.now());
            let words =
                "the settings are wrong; the old ones, and the definitions read with them, still hold".to_owned();
            return Err(refused(words, &loaded, &loaded.diagnostics));
        };
        let unused = self.unused(settings, &loaded.root);
        self.context.verify_timeout = settings.verify.timeout;
        self.context.verify_interval = settings.verify.interval;
        self.context.revision.clone_from(&loaded.revision);
        self.context.author.clone_from(&loaded.author);
        self.due.set_schedule(settings, self.context.clock.now());
        self.loaded = Arc::new(loaded);
        self.forget_approvals();
        self.take_survey();
        self.view.take(self.now());
        Ok(unused)
    }

    /// What of new settings cannot be used while the process lives. Sinks are taken into use, or stay.
    fn unused(&self, settings: &Settings, root: &Path) -> Unused {
        let used = self.settings();
        let hook = |settings: &Settings| settings.webhook.as_ref().map(|webhook| webhook.listen);
        let after_restart = (&settings.gobiz, settings.target, settings.listen, hook(settings))
            != (&used.gobiz, used.target, used.listen, hook(used));
        if after_restart {
            tracing::warn!(
                "`target`, `gobiz`, `listen` or `webhook.listen` has changed; they are used after a restart"
            );
        }
        let secrets = settings.webhook.as_ref().map(|webhook| webhook_secrets(webhook, root).map(drop));
        let tried = [
            ("notifications go where they went before", self.notices.use_settings(settings, root)),
            ("the old webhook secrets still hold", secrets.unwrap_or(Ok(()))),
        ];
        let mut old_hold = Vec::new();
        for (words, error) in tried.into_iter().filter_map(|(words, tried)| Some((words, tried.err()?))) {
            let error = crate::sync::chain(&error);
            tracing::error!(%error, "{words}");
            old_hold.push(format!("{words}: {error}"));
        }
        Unused { after_restart, old_hold }
    }

    /// Nothing is known of what the files want, so what was read before is not pushed either.
    fn lose_root(&mut self, error: String) {
        self.withdraw_all();
        self.view.refuse(Refused::Unreadable(error.clone()), self.now());
        if self.unreadable.as_ref() != Some(&error) {
            tracing::error!(%error, "nothing is pushed: the files cannot be read");
            self.unreadable = Some(error);
        }
    }

    pub(super) fn take_survey(&mut self) {
        self.survey = Arc::new(self.loaded.survey(self.now()));
        self.view.update(|shown| shown.files = Some((Arc::clone(&self.loaded), Arc::clone(&self.survey))));
        self.others.set(self.loaded.image_files());
        self.context.peers = Arc::clone(&self.survey.peers);
        self.due.set_layers(self.survey.next_change);
        let invalid = self.survey.members.iter().filter(|member| !member.valid).count();
        if invalid > 0 {
            let errors = self.survey.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
            tracing::error!(
                invalid,
                errors,
                "outlets are left out because of errors in their files: run `menusync validate`"
            );
        }
        self.missing_is_due = true;
    }
}

/// The outlets whose images are others than before, by address or by content.
fn with_other_images<'s>(before: &'s Survey, after: &'s Survey) -> impl Iterator<Item = &'s Member> {
    let images: BTreeMap<&OutletId, u64> = before.members.iter().map(|member| (&member.id, member.images)).collect();
    after.members.iter().filter(move |member| images.get(&member.id).is_some_and(|images| *images != member.images))
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
