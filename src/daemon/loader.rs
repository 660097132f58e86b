//! Reading the files beside the main loop, which must hear signals while a file, git or a mount hangs: at most one load at a
//! time, and whatever asks for one meanwhile gets the next, together.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};

use tokio::{
    task::{JoinError, JoinHandle},
    time::Instant,
};

use jiff::Timestamp;

use super::{
    LoadFn,
    parts::Reply,
    rounds::Cause,
    waves::{Change, tell_not_begun, with_other_images},
};
use crate::{
    fleet::{Loaded, Survey},
    notify::Recipients,
    settings::{Settings, SettingsError, webhook_secrets},
    source::Doing,
    state::SharedState,
    sync::{Clock, RolloutOrder, chain},
    watch::{self, Others, WatchError, Watcher},
};

/// A load that takes longer is said (our choice: one takes well under a second, and git gets 10 s).
pub(super) const SLOW: Duration = Duration::from_secs(30);

/// What is said of a load that panicked.
pub(super) const PANICKED: &str = "reading them broke off by a fault in menusync itself";

/// Why files are read. Reasons that come together are served by one load.
#[derive(Debug, Default)]
pub(super) struct Reasons {
    /// The daemon starts, and begins to watch.
    pub(super) start: bool,
    /// Files that changed.
    pub(super) changed: BTreeSet<String>,
    /// Somebody asked for it.
    pub(super) requests: Vec<Reply>,
    /// It is time to.
    pub(super) schedule: bool,
    /// A dated layer begins or ends: if nothing else is a reason, the files need not be read for that.
    pub(super) layer: bool,
}

impl Reasons {
    fn is_empty(&self) -> bool {
        !(self.layer || self.needs_files())
    }

    fn needs_files(&self) -> bool {
        self.start || self.schedule || !self.changed.is_empty() || !self.requests.is_empty()
    }

    /// Why all outlets are passed over; `None`: only those that changed files concern.
    pub(super) fn cause_of_all(&self) -> Option<Cause> {
        let causes = [
            (self.start, Cause::Start),
            (!self.requests.is_empty(), Cause::Reload),
            (self.layer, Cause::Layer),
            (self.schedule, Cause::Schedule),
        ];
        causes.into_iter().find_map(|(is_so, cause)| is_so.then_some(cause))
    }

    pub(super) fn only_changed(&self) -> bool {
        self.cause_of_all().is_none()
    }

    fn add(&mut self, other: Self) {
        let Self { start, changed, requests, schedule, layer } = other;
        self.start |= start;
        self.changed.extend(changed);
        self.requests.extend(requests);
        self.schedule |= schedule;
        self.layer |= layer;
    }
}

/// What was read.
pub(super) struct Read {
    /// The watcher, which begins before the first load.
    pub(super) watcher: Option<Result<Watcher, WatchError>>,
    pub(super) files: Found,
}

pub(super) enum Found {
    /// The root cannot be read.
    Unreadable(String),
    Files(Box<Files>),
    /// The files were not read; these are the outlets as they are now.
    Survey(Survey),
}

impl Found {
    fn survey(&mut self) -> Option<&mut Survey> {
        match self {
            Self::Unreadable(_) => None,
            Self::Files(files) => Some(&mut files.survey),
            Self::Survey(survey) => Some(survey),
        }
    }
}

/// Files that were read, and what belongs to them.
pub(super) struct Files {
    pub(super) loaded: Arc<Loaded>,
    pub(super) survey: Survey,
    /// Whether everything that valid settings name can be used.
    pub(super) beside: Option<Beside>,
    /// What goes out in waves.
    pub(super) rollout: Option<RolloutOrder>,
    /// Digest of them, where others share the state.
    pub(super) digest: Option<Arc<str>>,
}

/// What the settings name outside of the root.
pub(super) struct Beside {
    pub(super) settings: Settings,
    pub(super) recipients: Result<Recipients, SettingsError>,
    pub(super) webhook_secrets: Result<(), SettingsError>,
}

/// What a load works with.
pub(super) struct Job {
    pub(super) load: LoadFn,
    pub(super) root: PathBuf,
    /// The files in use.
    pub(super) loaded: Arc<Loaded>,
    pub(super) others: Others,
    pub(super) state: SharedState,
    pub(super) clock: Clock,
    pub(super) started_with: Settings,
    /// The outlets in use.
    pub(super) survey: Arc<Survey>,
    /// What goes out in waves so far.
    pub(super) rollout: Option<RolloutOrder>,
    /// Whether anything is sent at all.
    pub(super) pushes: bool,
}

impl Job {
    /// Does it, beside the tasks that must not block.
    async fn run(mut self, start: bool, files: bool, doing: Doing) -> Result<Read, JoinError> {
        let (state, now, noted) = (SharedState::clone(&self.state), self.clock.now(), doing.clone());
        let (before, in_use) = ((Arc::clone(&self.loaded), Arc::clone(&self.survey)), self.rollout.take());
        let mut read = tokio::task::spawn_blocking(move || self.read(start, files, &noted)).await?;
        if let Some(survey) = read.files.survey().filter(|survey| survey.has_errors()) {
            doing.set("the state");
            match state.overview(now).await {
                Ok(overview) => survey.add_former(overview.of_root()),
                Err(error) => {
                    let error = chain(&error);
                    tracing::error!(%error, "not known which outlets the files with errors were for");
                }
            }
        }
        if let Found::Files(files) = &mut read.files {
            files.rollout = files.rollout.take().map(|order| match &in_use {
                Some(before) => order.with_news_of(before),
                None => order,
            });
            doing.set("the state");
            begin_rollout(files, (&before.0, &before.1), in_use.as_ref(), &state, now).await;
        }
        Ok(read)
    }

    /// Reads. May take for ever.
    fn read(self, start: bool, files: bool, doing: &Doing) -> Read {
        // Watching begins before the files are looked at, so that no change falls between.
        let watcher = start.then(|| {
            doing.set("the directories to watch");
            Watcher::start(self.root.clone(), self.others.clone(), watch::QUIET, watch::AT_MOST)
        });
        let files = if files { self.files(doing) } else { Found::Survey(self.loaded.survey(self.clock.now())) };
        Read { watcher, files }
    }

    fn files(self, doing: &Doing) -> Found {
        let loaded = match (self.load)(&self.root, doing, Some(&self.loaded)) {
            Ok(loaded) => Arc::new(loaded),
            Err(error) => return Found::Unreadable(chain(&error)),
        };
        let survey = loaded.survey(self.clock.now());
        let beside = loaded.settings.as_ref().map(|settings| {
            doing.set("the files with secrets");
            let secrets = webhook_secrets(settings, &loaded.root).map(drop);
            let known = settings.without_new_commands(&self.started_with);
            Beside {
                settings: settings.clone(),
                recipients: Recipients::read(&known, &loaded.root),
                webhook_secrets: secrets,
            }
        });
        let rollout = if self.pushes { loaded.rollout_order() } else { None };
        let digest = self.state.is_shared().then(|| loaded.digest_of_change().into());
        Found::Files(Box::new(Files { loaded, survey, beside, rollout, digest }))
    }
}

/// Begins a rollout of files that are about to be taken into use.
async fn begin_rollout(
    files: &Files,
    in_use: (&Arc<Loaded>, &Arc<Survey>),
    before: Option<&RolloutOrder>,
    state: &SharedState,
    now: Timestamp,
) {
    let Some(order) = &files.rollout else { return };
    let has_other_images = with_other_images(in_use.1, &files.survey).next().is_some();
    let Files { loaded, survey, .. } = files;
    let change = Change { order, loaded, survey, before, in_use: Some(in_use), has_other_images };
    if let Err(error) = change.begin(state, now).await {
        tell_not_begun(&error);
    }
}

/// The load under way, and what waits for the next one.
#[derive(Default)]
pub(super) struct Loader {
    running: Option<Running>,
    waiting: Reasons,
}

struct Running {
    task: JoinHandle<Result<Read, JoinError>>,
    reasons: Reasons,
    began: Instant,
    doing: Doing,
    is_logged: bool,
}

impl Loader {
    /// Files shall be read for these reasons.
    pub(super) fn want(&mut self, reasons: Reasons) {
        self.waiting.add(reasons);
    }

    pub(super) fn is_idle(&self) -> bool {
        self.running.is_none() && self.waiting.is_empty()
    }

    /// Begins the next load if there is a reason and none is under way.
    pub(super) fn begin(&mut self, job: impl FnOnce() -> Job) {
        if self.running.is_some() || self.waiting.is_empty() {
            return;
        }
        let reasons = std::mem::take(&mut self.waiting);
        let (job, doing) = (job(), Doing::default());
        let (start, files, noted) = (reasons.start, reasons.needs_files(), doing.clone());
        let task = tokio::spawn(job.run(start, files, noted));
        self.running = Some(Running { task, reasons, began: Instant::now(), doing, is_logged: false });
    }

    /// The end of the load under way, and the reasons for it; for ever if there is none. May be dropped while waiting:
    /// nothing is lost.
    pub(super) async fn ended(&mut self) -> (Reasons, Read) {
        let Some(running) = &mut self.running else { return std::future::pending().await };
        let read = (&mut running.task).await;
        let read =
            read.flatten().unwrap_or_else(|_| Read { watcher: None, files: Found::Unreadable(PANICKED.to_owned()) });
        let Some(Running { reasons, began, is_logged, .. }) = self.running.take() else {
            return std::future::pending().await;
        };
        if is_logged {
            tracing::info!(seconds = began.elapsed().as_secs(), "the files have been read after all");
        }
        (reasons, read)
    }

    /// When the load under way will have taken too long.
    pub(super) fn slow_at(&self) -> Option<Instant> {
        self.running.as_ref().filter(|running| !running.is_logged).map(|running| running.began + SLOW)
    }

    /// What is to be said of a load that takes too long; it is logged once.
    pub(super) fn slow(&mut self) -> Option<String> {
        let running = self.running.as_mut().filter(|running| running.began.elapsed() >= SLOW)?;
        let words = format!(
            "reading the files takes longer than {} s; waiting for {}; what was read before still holds",
            SLOW.as_secs(),
            running.doing.get()
        );
        if !std::mem::replace(&mut running.is_logged, true) {
            tracing::warn!("{words}");
        }
        Some(words)
    }
}
