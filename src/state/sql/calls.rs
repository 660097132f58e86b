//! How the calls of [`crate::state::State`] become statements, for all backends.

/// Implements [`crate::state::State`] for a backend, which says what a call is:
///
/// - `$call!(self, KIND, doing, (link, scope) => future)`, KIND being `read`, `write`, or, for what is written of an outlet,
///   `write of OUTLET` or `write of_push PUSH`: refused once another process has it; `write of OUTLET from FILES`, a push, and
///   `write rollout of FILES`: refused if the last one was of newer files;
/// - `self.recall_with_orphans(outlet, now)` and `self.overview_with_orphans(now)`;
/// - `self.is_shared_here()`, `self.meet_here(files)`, `self.pass_on_here(…)`, `self.leave_here()`,
///   `self.hold_here(outlet)`,
///   `self.before_call_here(outlet, lasts)` and `self.call_ended_here(outlet)`.
macro_rules! state_calls {
    ($backend:ty, $call:ident) => {
        #[async_trait::async_trait]
        impl $crate::state::State for $backend {
            fn platform(&self) -> &str {
                &self.platform
            }

            async fn recall(&self, outlet: &str, now: Timestamp) -> Result<OutletMemory, StateError> {
                self.recall_with_orphans(outlet.to_owned(), now).await
            }

            async fn outlet(&self, outlet: &str) -> Result<Option<OutletRow>, StateError> {
                let outlet = outlet.to_owned();
                $call!(self, read, "read an outlet", (link, scope) => sql::outlet(link, scope, &outlet))
            }

            async fn overview(&self, now: Timestamp) -> Result<Overview, StateError> {
                self.overview_with_orphans(now).await
            }

            async fn pause(&self, outlet: &str, now: Timestamp) -> Result<Option<Pause>, StateError> {
                let outlet = outlet.to_owned();
                let doing = "read whether an outlet is paused";
                $call!(self, read, doing, (link, scope) => sql::pause(link, scope, &outlet, now))
            }

            fn is_shared(&self) -> bool {
                self.is_shared_here()
            }

            async fn meet(&self, files: &str) -> Result<Option<Members>, StateError> {
                self.meet_here(files.to_owned()).await
            }

            async fn pass_on(&self, outlet: &str, hint: &str, request_id: Option<Uuid>) -> Result<(), StateError> {
                self.pass_on_here(outlet.to_owned(), hint.to_owned(), request_id).await
            }

            async fn leave(&self) -> Result<(), StateError> {
                self.leave_here().await
            }

            async fn hold(&self, outlet: &str) -> Result<Hold, LockError> {
                self.hold_here(outlet.to_owned()).await
            }

            async fn before_call(&self, outlet: &str, lasts: Duration) -> Result<(), StateError> {
                self.before_call_here(outlet.to_owned(), lasts).await
            }

            fn call_ended(&self, outlet: &str) {
                self.call_ended_here(outlet);
            }

            async fn update_outlet(&self, outlet: &str, update: OutletUpdate, at: Timestamp) -> Result<(), StateError> {
                let outlet = outlet.to_owned();
                let doing = "record how an outlet stands";
                $call!(self, write of outlet, doing, (link, scope) => sql::update_outlet(link, scope, &outlet, &update, at))
            }

            async fn set_pause(&self, outlet: &str, pause: Option<Pause>) -> Result<(), StateError> {
                let outlet = outlet.to_owned();
                let doing = "pause or resume an outlet";
                $call!(self, write, doing, (link, scope) => sql::set_pause(link, scope, &outlet, pause))
            }

            async fn forget(&self, outlet: &str) -> Result<bool, StateError> {
                let outlet = outlet.to_owned();
                $call!(self, write of outlet, "forget an outlet", (link, scope) => sql::forget(link, scope, &outlet))
            }

            async fn begin_push(&self, push: NewPush) -> Result<PushId, StateError> {
                let (outlet, files, sent) = (push.outlet.clone(), push.files.clone(), push.clone());
                let id: Result<Option<PushId>, StateError> =
                    $call!(self, write of outlet from files, "record a push", (link, scope) => sql::begin_push(link, scope, &sent));
                id?.ok_or(StateError::Unfinished { outlet: push.outlet })
            }

            async fn record_push_step(&self, push: PushId, step: PushStep, at: Timestamp) -> Result<(), StateError> {
                let doing = "record the progress of a push";
                let is_unfinished: Result<bool, StateError> =
                    $call!(self, write of_push push, doing, (link, scope) => sql::record_push_step(link, scope, push, &step, at));
                if is_unfinished? { Ok(()) } else { Err(StateError::NoSuchPush(push)) }
            }

            async fn pending_push(&self, outlet: &str) -> Result<Option<PushRow>, StateError> {
                let outlet = outlet.to_owned();
                $call!(self, read, "read a push", (link, scope) => sql::pending_push(link, scope, &outlet))
            }

            async fn pushes(&self, outlet: Option<&str>, limit: u32) -> Result<Vec<PushRow>, StateError> {
                let outlet = outlet.map(str::to_owned);
                let doing = "read the pushes";
                $call!(self, read, doing, (link, scope) => sql::pushes(link, scope, outlet.as_deref(), limit))
            }

            async fn history(&self, outlet: &str) -> Result<Vec<(PushRow, Option<String>)>, StateError> {
                let outlet = outlet.to_owned();
                $call!(self, read, "read the history", (link, scope) => sql::history(link, scope, &outlet))
            }

            async fn changes(&self, pushes: Vec<PushId>) -> Result<BTreeMap<PushId, String>, StateError> {
                $call!(self, read, "read what pushes changed", (link, scope) => sql::changes(link, scope, &pushes))
            }

            async fn promotion_events(&self, outlet: Option<&str>, limit: u32) -> Result<Vec<EventRow>, StateError> {
                let outlet = outlet.map(str::to_owned);
                let doing = "read what became of promotions";
                $call!(self, read, doing, (link, scope) => sql::promotion_events(link, scope, outlet.as_deref(), limit))
            }

            async fn switch_events(&self, outlet: Option<&str>, limit: u32) -> Result<Vec<EventRow>, StateError> {
                let outlet = outlet.map(str::to_owned);
                let doing = "read what became of switches of stock";
                $call!(self, read, doing, (link, scope) => sql::switch_events(link, scope, outlet.as_deref(), limit))
            }

            async fn switch_ends(&self) -> Result<Vec<SwitchEnd>, StateError> {
                let doing = "read when switches of stock end";
                $call!(self, read, doing, (link, scope) => sql::switch_ends(link, scope))
            }

            async fn record(&self, push: PushId) -> Result<Option<String>, StateError> {
                $call!(self, read, "read what a push sent", (link, scope) => sql::record(link, scope, push))
            }

            async fn published_since(&self, since: Timestamp) -> Result<u64, StateError> {
                $call!(self, read, "count pushes", (link, scope) => sql::published_since(link, scope, since))
            }

            async fn take_event(
                &self,
                marks: Vec<String>,
                alarm: Option<Alarm>,
                at: Timestamp,
            ) -> Result<bool, StateError> {
                let doing = "record an event";
                $call!(self, write, doing, (link, scope) => sql::take_event(link, scope, &marks, alarm.as_ref(), at))
            }

            async fn image(&self, url: &str) -> Result<Option<ImageRow>, StateError> {
                let url = url.to_owned();
                $call!(self, read, "read what is known of an image", (link, scope) => sql::image(link, scope, &url))
            }

            async fn set_image(&self, image: ImageRow) -> Result<(), StateError> {
                $call!(self, write, "record how an image looked", (link, scope) => sql::set_image(link, scope, &image))
            }

            async fn notices(&self) -> Result<Vec<(String, NoticeRow)>, StateError> {
                let doing = "read which notifications were sent";
                $call!(self, read, doing, (link, scope) => sql::notices(link, scope))
            }

            async fn claim_notices(
                &self,
                notices: Vec<(String, Option<NoticeRow>)>,
                told_before: Timestamp,
            ) -> Result<Vec<String>, StateError> {
                let doing = "record which notifications are sent";
                $call!(self, write, doing, (link, scope) => sql::claim_notices(link, scope, &notices, told_before))
            }

            async fn platforms(&self) -> Result<Vec<(String, u64)>, StateError> {
                $call!(self, read, "read the platforms", (link, scope) => sql::platforms(link, scope))
            }

            async fn check_writable(&self) -> Result<(), StateError> {
                $call!(self, write, "write", (link, scope) => sql::check_writable(link, scope))
            }

            async fn rollout(&self) -> Result<Option<RolloutRow>, StateError> {
                $call!(self, read, "read the rollout", (link, scope) => sql::rollout(link, scope))
            }

            async fn rollout_of(&self, outlet: &str) -> Result<Option<(RolloutRow, Option<rollout::Member>)>, StateError> {
                let outlet = outlet.to_owned();
                let doing = "read the rollout of an outlet";
                $call!(self, read, doing, (link, scope) => sql::rollout_of(link, scope, &outlet))
            }

            async fn rollout_counts(&self) -> Result<Vec<RolloutCount>, StateError> {
                let doing = "count the outlets of the rollout";
                $call!(self, read, doing, (link, scope) => sql::rollout_counts(link, scope))
            }

            async fn begin_rollout(&self, new: NewRollout) -> Result<RolloutMoved, StateError> {
                let files = new.files.clone();
                $call!(self, write rollout of files, "begin a rollout", (link, scope) => sql::begin_rollout(link, scope, &new))
            }

            async fn step_rollout(&self, step: RolloutStep) -> Result<RolloutMoved, StateError> {
                $call!(self, write, "move the rollout on", (link, scope) => sql::step_rollout(link, scope, &step))
            }

            async fn stop_rollout(&self, why: Option<String>, at: Timestamp) -> Result<Option<RolloutRow>, StateError> {
                let doing = "stop or resume the rollout";
                $call!(self, write, doing, (link, scope) => sql::stop_rollout(link, scope, why.as_deref(), at))
            }
        }
    };
}
pub(in crate::state) use state_calls;
