//! Rollouts of a daemon: one begins when files that change many outlets are taken, and a wave that opens is begun at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;

use super::{Daemon, Worker, notices, rounds::Cause};
use crate::{
    catalog::OutletId,
    fleet::{Loaded, Member as Outlet, Survey},
    rollout::{Member, MemberState, WaveOf},
    settings,
    state::{NewRollout, RolloutMoved, RolloutOutlet, SharedState, StateError},
    sync::{Outcome, RolloutOrder, begin_rollout, chain, note_rollout},
};

/// Files that were read, and what they are to be compared with.
pub(super) struct Change<'a> {
    pub(super) order: &'a RolloutOrder,
    pub(super) loaded: &'a Arc<Loaded>,
    pub(super) survey: &'a Survey,
    /// What is in use so far.
    pub(super) before: Option<&'a RolloutOrder>,
    /// The files that are in use so far, and their outlets: what differs is what the change concerns, whatever the events say
    /// that came of it. `None`: they are not known.
    pub(super) in_use: Option<(&'a Arc<Loaded>, &'a Arc<Survey>)>,
    /// Whether images of theirs are others: no text says so.
    pub(super) has_other_images: bool,
}

impl Change<'_> {
    /// Begins a rollout, unless the one that is stored is of these very files.
    pub(super) async fn begin(self, state: &SharedState, now: Timestamp) -> Result<(), StateError> {
        let Self { order, loaded, survey, before, in_use, has_other_images } = self;
        let stored = state.rollout().await?.map(|row| row.files);
        if stored.as_deref() == Some(&*order.files) && !has_other_images {
            return Ok(());
        }
        // What the change concerns is only known from the files that the stored one was of.
        let in_use = in_use.filter(|_| before.is_some_and(|before| stored.as_deref() == Some(&*before.files)));
        let others = match in_use {
            Some((files, outlets)) => others_of(loaded, survey, files, outlets).await,
            None => None,
        };
        let is_touched = |id: &OutletId| others.as_ref().is_none_or(|others| others.contains(id));
        let awaited = Member { wave: None, state: MemberState::Awaited, known: false };
        let concerned = survey.members.iter().filter(|outlet| outlet.valid && is_touched(&outlet.id));
        let new = NewRollout {
            files: order.files.to_string(),
            revision: loaded.revision.clone(),
            at: now,
            outlets: outlets_of(loaded, survey, order).await,
            members: concerned.map(|outlet| (outlet.id.to_string(), awaited)).collect(),
            settings: Arc::clone(&order.settings),
            were_looked_at: false,
            anew: has_other_images,
        };
        begin_rollout(state, order, new).await
    }
}

/// Compares all texts, beside the tasks that must not block.
async fn others_of(
    loaded: &Arc<Loaded>,
    survey: &Survey,
    in_use: &Arc<Loaded>,
    outlets: &Arc<Survey>,
) -> Option<BTreeSet<OutletId>> {
    let (loaded, survey) = (Arc::clone(loaded), survey.clone());
    let (in_use, outlets) = (Arc::clone(in_use), Arc::clone(outlets));
    let others = tokio::task::spawn_blocking(move || loaded.other_outlets(&survey, (&in_use, &outlets))).await;
    others.unwrap_or_else(|fault| std::panic::resume_unwind(fault.into_panic()))
}

/// Reads all texts, beside the tasks that must not block.
async fn outlets_of(loaded: &Arc<Loaded>, survey: &Survey, order: &RolloutOrder) -> Vec<RolloutOutlet> {
    let (loaded, survey, settings) = (Arc::clone(loaded), survey.clone(), Arc::clone(&order.settings));
    let outlets = tokio::task::spawn_blocking(move || loaded.rollout_outlets(&survey, &settings)).await;
    outlets.unwrap_or_else(|fault| std::panic::resume_unwind(fault.into_panic()))
}

impl<W: Worker> Daemon<W> {
    /// For who passes once: the files are those that were read at the start.
    pub(super) async fn begin_rollout_of_start(&mut self) {
        if !self.worker.pushes() {
            return;
        }
        let loaded = Arc::clone(&self.loaded);
        let order = match tokio::task::spawn_blocking(move || loaded.rollout_order()).await {
            Ok(Some(order)) => order,
            Ok(None) => return,
            // Without it everything would go out at once.
            Err(fault) => std::panic::resume_unwind(fault.into_panic()),
        };
        let (loaded, survey) = (&self.loaded, &*self.survey);
        let change = Change { order: &order, loaded, survey, before: None, in_use: None, has_other_images: false };
        if let Err(error) = change.begin(&self.context.state, self.now()).await {
            tell_not_begun(&error);
        }
        self.context.rollout = Some(order);
    }

    /// Goes on where a pass that has just ended has opened a wave, or knows when one opens.
    pub(super) fn follow_rollout(&mut self, outcome: &Outcome) {
        let Some(order) = &self.context.rollout else { return };
        if outcome.unstored.is_some() && outcome.plan.is_none() {
            // It broke off, and could not say so itself.
            let (context, outcome) = (self.context.clone(), outcome.clone());
            tokio::spawn(async move { note_rollout(&context, false, &outcome).await });
        }
        let moved = order.take_moved();
        self.follow(moved, false);
    }

    /// Looks at outlets that an earlier rollout has left to the one that has just begun, and goes on where a pass has opened a
    /// wave meanwhile; `all`: they are looked at anyway.
    pub(super) fn follow_begun_rollout(&mut self, all: bool) {
        let moved = self.context.rollout.as_ref().map(RolloutOrder::take_moved).unwrap_or_default();
        self.follow(moved, all);
    }

    fn follow(&mut self, moved: Vec<RolloutMoved>, all: bool) {
        for moved in moved {
            if let Some((outlet, at)) = moved.next {
                self.due.at(&OutletId(outlet), at);
            }
            if let (Some(outlet), Some(row)) = (&moved.stuck, &moved.row) {
                let name = self.survey.member(outlet).map_or(outlet, |member| &member.name);
                self.notices.report(notices::stuck(outlet, name, WaveOf { wave: row.wave, waves: row.waves }));
            }
            if !all && !moved.opened.is_empty() && !*self.stop.borrow() {
                self.begin_round(Cause::Wave, moved.opened.into_iter().map(OutletId));
            }
        }
    }
}

/// Nothing is sent before it has begun: the next look at the files tries again.
pub(super) fn tell_not_begun(error: &StateError) {
    tracing::error!(error = %chain(error), "the rollout of these files cannot be stored, so nothing is sent; the next pass tries again");
}

/// The outlets that changed files concern.
pub(super) fn touched(before: &Survey, after: &Survey, changed: &BTreeSet<String>) -> BTreeSet<OutletId> {
    let everything = changed.iter().any(|path| path == settings::FILE || path.starts_with("approvals/"));
    let members = after.members.iter().chain(&before.members);
    members
        .filter(|member| everything || member.layers.iter().any(|layer| changed.contains(&**layer)))
        .chain(with_other_images(before, after))
        .map(|member| member.id.clone())
        .collect()
}

/// The outlets whose images are others than before, by address or by content.
pub(super) fn with_other_images<'s>(before: &'s Survey, after: &'s Survey) -> impl Iterator<Item = &'s Outlet> {
    let images: BTreeMap<&OutletId, u64> = before.members.iter().map(|member| (&member.id, member.images)).collect();
    after.members.iter().filter(move |member| images.get(&member.id).is_some_and(|images| *images != member.images))
}
