//! Outlets that were there once and are in no file now: said, never emptied.

use super::{Daemon, Worker};
use crate::{
    notify::{Seen, Standing},
    settings::Occasion,
    state::{StateError, StatusUpdate},
    sync::OutletState,
};

impl<W: Worker> Daemon<W> {
    pub(super) fn told_missing(&self) {
        if let Err(error) = self.tell_missing() {
            tracing::error!(error = %crate::sync::chain(&error), "cannot remember which outlets are missing");
        }
    }

    fn tell_missing(&self) -> Result<(), StateError> {
        if !self.loaded.is_complete() {
            return Ok(());
        }
        let known = self.context.store.with(|store| store.outlets())?;
        let here = |id: &str| self.survey.members.iter().any(|member| member.id.as_str() == id);
        for row in known.iter().filter(|row| !here(&row.id)) {
            let id = &row.id;
            self.notices.saw(Seen {
                outlet: id.as_str().into(),
                name: row.name.clone().unwrap_or_else(|| id.clone()),
                standing: Standing::Wrong(Occasion::Missing),
                published: false,
                detail: Some("its live menu is left as it is".to_owned()),
            });
            if row.state.as_deref() == Some("missing") {
                continue;
            }
            tracing::warn!(outlet = id, "no file defines this outlet any more; its live menu is left as it is");
            let error = format!(
                "no file defines this outlet any more; its menu is left as it is. `menusync forget --outlet {id}` drops what is remembered"
            );
            let status =
                StatusUpdate { state: OutletState::Missing.as_str(), error: Some(&error), ..StatusUpdate::default() };
            self.context.store.with(|store| store.set_status(id, &status, self.now()))?;
        }
        Ok(())
    }
}
