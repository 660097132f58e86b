//! Outlets that were there once and are in no file now: said, never emptied.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Daemon, Worker, sharing::Rule};
use crate::{
    fleet::Survey,
    notify::{Detail, Health, Notices, Seen},
    report::Lang,
    settings::NotificationKind,
    state::{OutletUpdate, SharedState, StateError, StatusUpdate},
    sync::OutletState,
};

impl<W: Worker> Daemon<W> {
    /// Says which outlets this root defined once and does no more. It may wait for the state, so the main loop does not
    /// wait for it.
    pub(super) fn tell_missing(&self) -> impl Future<Output = ()> + Send + 'static {
        let missing = Missing {
            survey: Arc::clone(&self.survey),
            state: SharedState::clone(&self.context.state),
            notices: self.notices.clone(),
            now: self.now(),
            rule: if self.only.is_all() { self.sharing.rule() } else { Rule::Members(None) },
        };
        async move {
            if let Err(error) = missing.tell().await {
                tracing::error!(error = %crate::sync::chain(&error), "cannot store which outlets are missing");
            }
        }
    }
}

struct Missing {
    survey: Arc<Survey>,
    state: SharedState,
    notices: Notices,
    now: Timestamp,
    rule: Rule,
}

impl Missing {
    async fn tell(&self) -> Result<(), StateError> {
        let overview = self.state.overview(self.now).await?;
        for row in overview.of_root().filter(|row| self.survey.is_missing(*row) && self.rule.is_ours(&row.id)) {
            let id = &row.id;
            self.notices.report(Seen {
                outlet: id.as_str().into(),
                name: row.name.clone().unwrap_or_else(|| id.clone()),
                health: Health::Bad(NotificationKind::Missing),
                published: false,
                detail: Some(Detail::LiveMenuLeft),
                switches: Vec::new(),
                stuck: None,
            });
            if row.state.as_deref() == Some(OutletState::Missing.as_str()) {
                continue;
            }
            tracing::warn!(outlet = id, "no file defines this outlet any more; its live menu is left as it is");
            let error = Lang::En.why_missing(id);
            let state = OutletState::Missing.as_str().to_owned();
            let status = Some(StatusUpdate { state, error: Some(error), ..StatusUpdate::default() });
            self.state.update_outlet(id, OutletUpdate { status, ..OutletUpdate::default() }, self.now).await?;
        }
        Ok(())
    }
}
