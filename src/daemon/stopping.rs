//! The end: nothing more is sent, and what is under way gets a while to come to its own end.

use std::time::Duration;

use super::{Daemon, Order, Worker};
use crate::{
    fleet::Member,
    sync::{Outcome, Target, chain, ended_by_stop},
};

/// How long passes get to end after the signal to stop. Only the answer to a push in flight takes long; one that does not
/// come in this time is looked for after the next start, like any other that was lost. With this the process is gone
/// within 20 s.
pub const STOP_WITHIN: Duration = Duration::from_secs(19);

/// How long the others are waited for at the end (our choice).
const LEFT_WITHIN: Duration = Duration::from_secs(1);

impl<W: Worker> Daemon<W> {
    /// Which outlets waited for a pass that will not begin.
    pub(super) fn stop(&mut self) -> Vec<Target> {
        self.context.in_flight.close();
        self.stop.send_replace(true);
        self.withdraw_all();
        let waited = self.drop_waiting();
        waited.iter().filter_map(|outlet| self.survey.member(outlet.as_str())).map(Member::target).collect()
    }

    /// How the passes under way end that are not waited for any more.
    pub(super) fn break_off(&self) -> Vec<Outcome> {
        let busy = self.busy.values();
        busy.map(|busy| ended_by_stop(busy.target(), &self.context.in_flight)).collect()
    }

    /// Nothing is sent from now on; calls that are under way are waited for until [`STOP_WITHIN`] is over or the
    /// signal comes again.
    pub(super) async fn finish(mut self) {
        self.notifier.stopping("waiting for pushes under way");
        self.view.update(|shown| shown.stopping = true);
        self.stop();
        let patience = tokio::time::sleep(STOP_WITHIN);
        tokio::pin!(patience);
        while !self.tasks.is_empty() {
            tokio::select! {
                Some(ended) = self.tasks.join_next_with_id() => drop(self.ended(ended)),
                () = told_to_stop(&mut self.orders) => break,
                () = &mut patience => break,
            }
        }
        if !self.tasks.is_empty() {
            tracing::warn!("passes under way were broken off; what they sent is looked for after the next start");
        }
        // Others need not wait to see that this one is gone.
        let left = tokio::time::timeout(LEFT_WITHIN, self.context.state.leave()).await;
        if let Ok(Err(error)) = left {
            tracing::debug!(error = chain(&error), "the others are not told that this daemon ends");
        }
        tracing::info!("stopped");
    }
}

/// Waits for the order to stop; others have no meaning here.
pub(super) async fn told_to_stop(orders: &mut tokio::sync::mpsc::Receiver<Order>) {
    loop {
        match orders.recv().await {
            Some(Order::Stop) => return,
            Some(Order::Reload(_) | Order::Pass) => {}
            None => std::future::pending().await,
        }
    }
}
