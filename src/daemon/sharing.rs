//! Daemons that share a state share its outlets: which of them this one passes over. Where there can be no others, it is all.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;

use super::{Cause, Daemon, Hint, Worker, loader::Reasons, view::Share};
use crate::{
    catalog::OutletId,
    state::{Members, RolloutRow, SharedState, StateError},
    sync::{Context, chain, open_due_wave},
};

/// How often the others are met (our choice; who is not met for 12 s counts as dead).
const MEET_EVERY: Duration = Duration::from_secs(3);

/// Which outlets this daemon passes over.
#[derive(Clone)]
pub(super) enum Rule {
    All,
    /// `None`: the others have not been met yet.
    Members(Option<Members>),
}

impl Rule {
    pub(super) fn is_ours(&self, outlet: &str) -> bool {
        match self {
            Self::All => true,
            Self::Members(members) => {
                members.as_ref().is_some_and(|members| members.are_fresh() && members.is_ours(outlet))
            }
        }
    }
}

/// How long a start waits for the others to be met (our choice: what is shared later is looked at then).
const MET_WITHIN: Duration = Duration::from_secs(10);

/// What is learnt when the others are met.
#[derive(Clone)]
struct Met {
    members: Members,
    /// How far the rollout is, whoever moves it.
    rollout: Option<RolloutRow>,
}

/// What this daemon knows of the others.
pub(super) struct Sharing {
    /// Digest of the files in use.
    files: watch::Sender<Arc<str>>,
    /// As they were met last.
    met: watch::Receiver<Option<Met>>,
    /// As the outlets are shared; `None`: there are no others, or they have not been met yet.
    known: Option<Members>,
    /// The wave that was open when they were met last, and of which files.
    wave: Option<(String, usize)>,
    is_shared: bool,
}

impl Sharing {
    /// All outlets are this process's.
    pub(super) fn of_all() -> Self {
        let (files, met) = (watch::channel("".into()).0, watch::channel(None).1);
        Self { files, met, known: None, wave: None, is_shared: false }
    }

    /// Begins to meet the others, until `stop` becomes true.
    fn begin(context: &Context) -> Self {
        let (files, of_files) = watch::channel(context.files.clone().unwrap_or_else(|| "".into()));
        let (meet, met) = watch::channel(None);
        tokio::spawn(meet_others(SharedState::clone(&context.state), of_files, meet, context.stop.clone()));
        Self { files, met, known: None, wave: None, is_shared: true }
    }

    /// Whose the outlets are, as far as that is known now.
    pub(super) fn rule(&self) -> Rule {
        if self.is_shared { Rule::Members(self.known.clone()) } else { Rule::All }
    }

    /// Other files are in use.
    pub(super) fn use_files(&self, files: Option<&Arc<str>>) {
        if let Some(files) = files {
            self.files.send_replace(Arc::clone(files));
        }
    }

    /// Whether this daemon passes over an outlet now.
    pub(super) fn is_ours(&self, outlet: &str) -> bool {
        !self.is_shared || self.known.as_ref().is_some_and(|members| members.are_fresh() && members.is_ours(outlet))
    }

    /// Once the others have been met again. May be dropped while waiting: nothing is lost.
    pub(super) async fn met(&mut self) {
        if self.met.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Meets the others again and again, and at once where the files are others.
async fn meet_others(
    state: SharedState,
    mut files: watch::Receiver<Arc<str>>,
    meet: watch::Sender<Option<Met>>,
    mut stop: watch::Receiver<bool>,
) {
    let mut is_told = false;
    loop {
        let own = files.borrow_and_update().to_string();
        let met = async {
            let Some(members) = state.meet(&own).await? else { return Ok(None) };
            Ok::<_, StateError>(Some(Met { members, rollout: state.rollout().await? }))
        };
        match met.await {
            Ok(met) => {
                if std::mem::take(&mut is_told) {
                    tracing::info!("the other daemons are met again");
                }
                meet.send_replace(met);
            }
            Err(error) if is_told => tracing::debug!(error = chain(&error), "the other daemons cannot be met"),
            Err(error) => {
                is_told = true;
                tracing::error!(error = chain(&error), "the other daemons cannot be met, and take the outlets over");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(MEET_EVERY) => {}
            Ok(()) = files.changed() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

impl<W: Worker> Daemon<W> {
    /// Shares the outlets with others from now on, if there can be any; they are waited for a while.
    pub(super) async fn share_outlets(&mut self) {
        self.note_files().await;
        if !self.context.state.is_shared() || !self.only.is_all() {
            return;
        }
        self.sharing = Sharing::begin(&self.context);
        if tokio::time::timeout(MET_WITHIN, self.sharing.met()).await.is_ok() {
            self.take_members();
        }
    }

    /// Knows which files are pushed, where others share the state.
    pub(super) async fn note_files(&mut self) {
        if self.context.state.is_shared() {
            let loaded = Arc::clone(&self.loaded);
            let digest = tokio::task::spawn_blocking(move || loaded.digest_of_change()).await;
            let digest = digest.unwrap_or_else(|fault| std::panic::resume_unwind(fault.into_panic()));
            self.context.files = Some(digest.into());
        }
    }

    /// Whether this daemon passes over an outlet now.
    pub(super) fn is_ours(&self, outlet: &OutletId) -> bool {
        let is_meant = || self.survey.member(outlet.as_str()).is_some_and(|member| self.only.matches(member));
        self.sharing.is_ours(outlet.as_str()) && (self.only.is_all() || is_meant())
    }

    /// Of these, the outlets that this daemon passes over.
    pub(super) fn ours(&self, outlets: impl IntoIterator<Item = OutletId>) -> Vec<OutletId> {
        outlets.into_iter().filter(|outlet| self.is_ours(outlet)).collect()
    }

    /// Takes in who the others are, and looks at the outlets that this daemon has from now on.
    pub(super) fn take_members(&mut self) {
        let Some(Met { members, rollout }) = self.sharing.met.borrow_and_update().clone() else { return };
        for hint in &members.hints {
            let outlet = OutletId(hint.outlet.clone());
            if let (Some(id), true) = (hint.request_id, self.survey.member(outlet.as_str()).is_some()) {
                self.hints.announce(&outlet, id);
            }
            if let (Some(hint), true) = (Hint::parse(&hint.hint), members.is_ours(outlet.as_str())) {
                self.hints.give(&outlet, hint);
            }
        }
        let before = self.sharing.known.take();
        let has_slept = before.as_ref().is_some_and(|before| !before.are_fresh());
        let is_same = before.as_ref().is_some_and(|before| before.share_as(&members));
        if has_slept {
            // Others have had the outlets meanwhile, and the files may be others: they are read before anything is sent.
            tracing::warn!(
                "this daemon stood still, or could not reach the database, for so long that others took over"
            );
            self.sharing.known = Some(members);
            self.withdraw_all();
            self.tell_share(before.as_ref());
            self.notices.read_again();
            self.read_files(Reasons { schedule: true, ..Reasons::default() });
            return;
        }
        self.sharing.known = Some(members);
        let has_opened = self.take_rollout(rollout);
        if is_same {
            if has_opened {
                self.begin_all(Cause::Wave);
            }
            return;
        }
        self.tell_share(before.as_ref());
        self.missing_is_due = true;
        let was_ours = |outlet: &str| before.as_ref().is_some_and(|before| before.is_ours(outlet));
        let all = self.survey.members.iter().map(|member| member.id.clone());
        let (now_ours, others): (Vec<_>, Vec<_>) = all.partition(|outlet| self.sharing.is_ours(outlet.as_str()));
        for outlet in others.iter().filter(|outlet| was_ours(outlet.as_str())) {
            self.withdraw(outlet);
            self.due.settle(outlet);
        }
        let gained: Vec<_> = now_ours.into_iter().filter(|outlet| !was_ours(outlet.as_str())).collect();
        self.notices.read_again();
        if !gained.is_empty() && self.view.shown().passing {
            self.begin_round(Cause::Members, gained);
        }
    }

    /// Takes in how far others have moved the rollout: whether a wave has opened since. Whoever sees that the next one is due
    /// opens it.
    fn take_rollout(&mut self, row: Option<RolloutRow>) -> bool {
        let Some(order) = &self.context.rollout else { return false };
        let Some(row) = row.filter(|row| *row.files == *order.files && row.stopped.is_none() && row.ended.is_none())
        else {
            return false;
        };
        let now = self.now();
        if row.baking_until.is_some_and(|until| until <= now) {
            let (state, order) = (SharedState::clone(&self.context.state), order.clone());
            tokio::spawn(async move {
                if let Err(error) = open_due_wave(&state, &order, now).await {
                    tracing::error!(error = chain(&error), "the next wave cannot be opened yet");
                }
            });
        }
        let open = Some((row.files, row.wave));
        let before = std::mem::replace(&mut self.sharing.wave, open.clone());
        row.wave > 0 && before != open
    }

    /// Something has happened at an outlet of another daemon.
    pub(super) fn pass_on(&self, outlet: &OutletId, hint: Hint) {
        // When switches end each daemon sees for itself.
        if hint == Hint::SwitchEnds {
            return;
        }
        let (state, outlet, request_id) = (self.context.state.clone(), outlet.clone(), self.hints.announced(outlet));
        tokio::spawn(async move {
            if let Err(error) = state.pass_on(outlet.as_str(), hint.as_str(), request_id).await {
                tracing::debug!(%outlet, error = chain(&error), "the daemon of an outlet is not told of an event there");
            }
        });
    }

    fn tell_share(&self, before: Option<&Members>) {
        let Some(members) = &self.sharing.known else { return };
        let (all, outlets) = (members.live.len(), self.survey.members.len());
        let ours = self.survey.members.iter().filter(|member| self.sharing.is_ours(member.id.as_str())).count();
        self.worker.share_pace(members.count().max(1));
        let daemons = members.live.iter().map(|member| (member.name.clone(), member.is_current)).collect();
        self.view.update(|shown| shown.share = Some(Share { ours, daemons }));
        match members.are_we_current() {
            true => tracing::info!(daemons = all, ours, outlets, "the outlets are shared anew"),
            false if before.is_none_or(Members::are_we_current) => tracing::warn!(
                daemons = all,
                "others have newer files than this daemon, which passes over nothing until it has them: is its checkout pulled?"
            ),
            false => {}
        }
    }
}
