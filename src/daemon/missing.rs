//! Outlets that were there once and are in no file now: said, never emptied.

use super::{Daemon, Worker};
use crate::{
    notify::{Seen, Standing},
    settings::Occasion,
    state::{OutletUpdate, StateError, StatusUpdate},
    sync::OutletState,
};

impl<W: Worker> Daemon<W> {
    /// Says which outlets this root defined once and does no more.
    pub(super) async fn tell_missing(&mut self) {
        if let Err(error) = self.find_missing().await {
            tracing::error!(error = %crate::sync::chain(&error), "cannot store which outlets are missing");
        }
    }

    async fn find_missing(&self) -> Result<(), StateError> {
        if !self.loaded.is_complete() {
            return Ok(());
        }
        let now = self.now();
        let overview = self.context.state.overview(now).await?;
        let here = |id: &str| self.survey.members.iter().any(|member| member.id.as_str() == id);
        for row in overview.missing(&here) {
            let id = &row.id;
            self.notices.saw(Seen {
                outlet: id.as_str().into(),
                name: row.name.clone().unwrap_or_else(|| id.clone()),
                standing: Standing::Wrong(Occasion::Missing),
                published: false,
                detail: Some("its live menu is left as it is".to_owned()),
            });
            if row.state.as_deref() == Some(OutletState::Missing.as_str()) {
                continue;
            }
            tracing::warn!(outlet = id, "no file defines this outlet any more; its live menu is left as it is");
            let error = format!(
                "no file defines this outlet any more; its menu is left as it is. `menusync forget --outlet {id}` drops what is remembered"
            );
            let state = OutletState::Missing.as_str().to_owned();
            let status = Some(StatusUpdate { state, error: Some(error), ..StatusUpdate::default() });
            self.context.state.update_outlet(id, OutletUpdate { status, ..OutletUpdate::default() }, now).await?;
        }
        Ok(())
    }
}
