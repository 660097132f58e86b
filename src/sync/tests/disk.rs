//! A state whose calls fail when a test says so, and that tells the platform what was recorded, so that it can judge the
//! calls that follow.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Context,
    platform::{Ledger, Permission, Platform},
};
use crate::{
    plan::StockSwitch,
    rollout::Member,
    state::{
        Alarm, EventRow, Hold, ImageRow, LockError, Members, NewPush, NewRollout, NoticeRow, OutletMemory, OutletRow,
        OutletUpdate, Overview, Pause, PushId, PushRow, PushStep, RolloutCount, RolloutMoved, RolloutRow, RolloutStep,
        SharedState, State, StateError,
        testing::{done, is_locked},
    },
};

/// The words of a disk that fails.
pub(super) const FULL: &str = "no space left on the disk of the tests";

/// The state of one outlet, watched.
pub(super) struct WatchedState {
    inner: SharedState,
    platform: Arc<Platform>,
    /// Where the locks are.
    dir: PathBuf,
}

impl WatchedState {
    /// From now on `context` stores into `inner` what the judge of `platform` hears of, as far as it is of `outlet`.
    pub(super) fn watch(context: &mut Context, inner: SharedState, dir: &Path, platform: &Arc<Platform>, outlet: &str) {
        let has_base = done(inner.outlet(outlet)).unwrap().is_some_and(|row| row.base.is_some());
        let is_open = done(inner.pending_push(outlet)).unwrap().is_some();
        platform.with(|world| {
            let (recorded, switches) =
                world.ledger.take().map(|ledger| (ledger.recorded, ledger.switches)).unwrap_or_default();
            let permission = Permission::AsGuardsSay;
            let (may_adopt, is_ordering) = (false, false);
            world.ledger =
                Some(Ledger { recorded, is_open, has_base, may_adopt, permission, begun: 0, switches, is_ordering });
        });
        let dir = dir.to_owned();
        context.state = Arc::new(Self { inner, platform: Arc::clone(platform), dir });
    }

    fn call(&self, is_write: bool) -> Result<(), StateError> {
        self.platform.with(|world| {
            if !world.disk.fails(is_write) {
                return Ok(());
            }
            // What was done cannot be told to anybody, as if the process had died.
            world.forget_last_call();
            Err(StateError::Failed { doing: "test", place: "of a test".to_owned(), source: FULL.into() })
        })
    }

    fn note(&self, note: impl FnOnce(&mut Ledger)) {
        self.platform.with(|world| world.ledger.as_mut().map(note));
    }

    /// Who says how an outlet stands has its lock until that is stored: else an older word could cover a newer one.
    fn judge_status(&self, outlet: &str, update: &OutletUpdate) {
        if update.status.is_some() && !is_locked(&self.dir, outlet) {
            let found = format!("a status of {outlet} was stored without its lock");
            self.platform.with(|world| world.violations.push(found));
        }
    }

    /// What is known of switches. No end of one is forgotten in silence, but by who orders another.
    fn note_switches(&self, update: &OutletUpdate) {
        if update.switches.is_empty() && update.switch_events.is_empty() {
            return;
        }
        self.platform.with(|world| {
            for event in &update.switch_events {
                world.note_switch_event(&serde_json::from_str(event).unwrap());
            }
            let Some(ledger) = &mut world.ledger else { return };
            let has_end = |switch: Option<&StockSwitch>| switch.is_some_and(|switch| switch.until.is_some());
            let before = ledger.switches.clone();
            for (key, row) in &update.switches {
                match row {
                    Some(row) => drop(ledger.switches.insert(key.clone(), serde_json::from_str(&row.switch).unwrap())),
                    None => drop(ledger.switches.remove(key)),
                }
            }
            let is_lost = |key: &&String| has_end(before.get(*key)) && !has_end(ledger.switches.get(*key));
            let lost = before.keys().filter(is_lost).count();
            if lost > update.switch_events.len() && !ledger.is_ordering {
                world.violations.push(format!("the end of a switch was forgotten in silence: {update:?}"));
            }
        });
    }

    fn note_base(&self, update: &OutletUpdate) {
        if update.base.is_some() {
            self.note(|ledger| ledger.has_base = true);
        }
    }
}

#[async_trait]
impl State for WatchedState {
    fn platform(&self) -> &str {
        self.inner.platform()
    }

    async fn recall(&self, outlet: &str, now: Timestamp) -> Result<OutletMemory, StateError> {
        self.call(false)?;
        self.inner.recall(outlet, now).await
    }

    async fn outlet(&self, outlet: &str) -> Result<Option<OutletRow>, StateError> {
        self.call(false)?;
        self.inner.outlet(outlet).await
    }

    async fn overview(&self, now: Timestamp) -> Result<Overview, StateError> {
        self.inner.overview(now).await
    }

    async fn pause(&self, outlet: &str, now: Timestamp) -> Result<Option<Pause>, StateError> {
        self.inner.pause(outlet, now).await
    }

    fn is_shared(&self) -> bool {
        self.inner.is_shared()
    }

    async fn meet(&self, files: &str) -> Result<Option<Members>, StateError> {
        self.inner.meet(files).await
    }

    async fn pass_on(&self, outlet: &str, hint: &str, request_id: Option<Uuid>) -> Result<(), StateError> {
        self.inner.pass_on(outlet, hint, request_id).await
    }

    async fn leave(&self) -> Result<(), StateError> {
        self.inner.leave().await
    }

    async fn hold(&self, outlet: &str) -> Result<Hold, LockError> {
        self.inner.hold(outlet).await
    }

    async fn before_call(&self, outlet: &str, lasts: Duration) -> Result<(), StateError> {
        self.inner.before_call(outlet, lasts).await
    }

    fn call_ended(&self, outlet: &str) {
        self.inner.call_ended(outlet);
    }

    async fn update_outlet(&self, outlet: &str, update: OutletUpdate, at: Timestamp) -> Result<(), StateError> {
        self.call(true)?;
        self.judge_status(outlet, &update);
        self.note_base(&update);
        self.note_switches(&update);
        self.inner.update_outlet(outlet, update, at).await
    }

    async fn set_pause(&self, outlet: &str, pause: Option<Pause>) -> Result<(), StateError> {
        self.inner.set_pause(outlet, pause).await
    }

    async fn forget(&self, outlet: &str) -> Result<bool, StateError> {
        self.inner.forget(outlet).await
    }

    async fn begin_push(&self, push: NewPush) -> Result<PushId, StateError> {
        self.call(true)?;
        self.note_base(&push.outlet_update);
        self.platform.with(|world| {
            let Some(ledger) = &mut world.ledger else { return };
            let mut found = Vec::new();
            if ledger.is_open {
                found.push("a push was recorded while another one had no outcome".to_owned());
            }
            match &ledger.permission {
                Permission::Nothing => {
                    found.push("a push began although its plan was shown as held, or declined".to_owned());
                }
                Permission::Only(agreed) if push.digest != *agreed => {
                    found.push(format!("a push began of the plan {} instead of the agreed {agreed}", push.digest));
                }
                _ => {}
            }
            ledger.recorded.insert(push.request_id, push.digest.clone());
            ledger.is_open = true;
            ledger.begun += 1;
            world.violations.extend(found);
        });
        self.inner.begin_push(push).await
    }

    async fn record_push_step(&self, push: PushId, step: PushStep, at: Timestamp) -> Result<(), StateError> {
        self.call(true)?;
        self.note_base(&step.outlet_update);
        if step.end.is_some() {
            self.note(|ledger| ledger.is_open = false);
        }
        self.inner.record_push_step(push, step, at).await
    }

    async fn pending_push(&self, outlet: &str) -> Result<Option<PushRow>, StateError> {
        self.call(false)?;
        self.inner.pending_push(outlet).await
    }

    async fn pushes(&self, outlet: Option<&str>, limit: u32) -> Result<Vec<PushRow>, StateError> {
        self.call(false)?;
        self.inner.pushes(outlet, limit).await
    }

    async fn history(&self, outlet: &str) -> Result<Vec<(PushRow, Option<String>)>, StateError> {
        self.inner.history(outlet).await
    }

    async fn changes(&self, pushes: Vec<PushId>) -> Result<BTreeMap<PushId, String>, StateError> {
        self.inner.changes(pushes).await
    }

    async fn promotion_events(&self, outlet: Option<&str>, limit: u32) -> Result<Vec<EventRow>, StateError> {
        self.inner.promotion_events(outlet, limit).await
    }

    async fn switch_events(&self, outlet: Option<&str>, limit: u32) -> Result<Vec<EventRow>, StateError> {
        self.inner.switch_events(outlet, limit).await
    }

    async fn switch_ends(&self) -> Result<Vec<crate::state::SwitchEnd>, StateError> {
        self.inner.switch_ends().await
    }

    async fn record(&self, push: PushId) -> Result<Option<String>, StateError> {
        self.inner.record(push).await
    }

    async fn published_since(&self, since: Timestamp) -> Result<u64, StateError> {
        self.inner.published_since(since).await
    }

    async fn take_event(&self, marks: Vec<String>, alarm: Option<Alarm>, at: Timestamp) -> Result<bool, StateError> {
        self.inner.take_event(marks, alarm, at).await
    }

    async fn image(&self, url: &str) -> Result<Option<ImageRow>, StateError> {
        self.inner.image(url).await
    }

    async fn set_image(&self, image: ImageRow) -> Result<(), StateError> {
        self.inner.set_image(image).await
    }

    async fn notices(&self) -> Result<Vec<(String, NoticeRow)>, StateError> {
        self.inner.notices().await
    }

    async fn claim_notices(
        &self,
        notices: Vec<(String, Option<NoticeRow>)>,
        told_before: Timestamp,
    ) -> Result<Vec<String>, StateError> {
        self.inner.claim_notices(notices, told_before).await
    }

    async fn platforms(&self) -> Result<Vec<(String, u64)>, StateError> {
        self.inner.platforms().await
    }

    async fn rollout(&self) -> Result<Option<RolloutRow>, StateError> {
        self.inner.rollout().await
    }

    async fn rollout_of(&self, outlet: &str) -> Result<Option<(RolloutRow, Option<Member>)>, StateError> {
        self.inner.rollout_of(outlet).await
    }

    async fn rollout_counts(&self) -> Result<Vec<RolloutCount>, StateError> {
        self.inner.rollout_counts().await
    }

    async fn begin_rollout(&self, new: NewRollout) -> Result<RolloutMoved, StateError> {
        self.inner.begin_rollout(new).await
    }

    async fn step_rollout(&self, step: RolloutStep) -> Result<RolloutMoved, StateError> {
        self.call(true)?;
        self.inner.step_rollout(step).await
    }

    async fn stop_rollout(&self, why: Option<String>, at: Timestamp) -> Result<Option<RolloutRow>, StateError> {
        self.inner.stop_rollout(why, at).await
    }

    async fn check_writable(&self) -> Result<(), StateError> {
        self.call(true)?;
        self.inner.check_writable().await
    }
}
