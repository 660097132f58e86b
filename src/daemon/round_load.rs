//! That a pass over all outlets cannot end before the next one is due: logged when it becomes so, and shown as long as it is.

use super::{Daemon, Worker};
use crate::report::Lang;

impl<W: Worker> Daemon<W> {
    /// Takes other files or settings into account.
    pub(super) fn renew_round_load(&mut self) {
        // The schedule is taken from new settings at once, the limits of calls are not.
        let (gobiz, schedule) = (&self.started_with.gobiz, &self.settings.schedule);
        self.round_load = self.loaded.round_load(gobiz, schedule, &self.survey, self.now());
        self.show_round_load();
    }

    pub(super) fn show_round_load(&mut self) {
        let measured = self.rounds.measured(self.now());
        let load = self.round_load.clone().with_measured(measured);
        let was_too_long =
            self.view.read(|shown| shown.round_load.as_ref().is_some_and(|load| load.too_short().is_some()));
        if let Some(words) = Lang::En.round_too_long(&load).filter(|_| !was_too_long) {
            tracing::warn!("{words}; {}", Lang::En.round_fix());
        }
        self.view.renew(|shown| {
            let is_different = shown.round_load.as_ref() != Some(&load);
            shown.round_load = Some(load);
            is_different
        });
    }
}
