//! How everything stands at one moment, read in one go.

use std::sync::Arc;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;

use super::Handle;
use crate::{
    daemon::Shown,
    fleet::{Loaded, Selection, Survey, status},
    report::StatusLine,
    state::{PushRow, StateError},
    sync::{Facts, Look, OutletState, chain},
};

/// How many pushes of an outlet are shown (our choice).
const MOST_PUSHES: u32 = 20;

/// The outlets and the daemon.
pub(super) struct Snapshot {
    pub(super) now: Timestamp,
    pub(super) shown: Shown,
    pub(super) loaded: Arc<Loaded>,
    pub(super) survey: Arc<Survey>,
    pub(super) lines: Vec<StatusLine>,
}

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unavailable {
    #[error("the daemon is still starting")]
    Starting,
    #[error("cannot read the stored state")]
    State(#[from] StateError),
}

impl IntoResponse for Unavailable {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Starting => StatusCode::SERVICE_UNAVAILABLE,
            Self::State(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, format!("{}\n", chain(&self))).into_response()
    }
}

impl Snapshot {
    /// Reads everything. A state that cannot be read leaves what the daemon knows itself.
    pub(super) async fn take(shared: &Handle) -> Result<Self, Unavailable> {
        let site = &shared.site;
        let (now, shown) = (site.clock.now(), site.view.shown());
        let (loaded, survey) = shown.files.clone().ok_or(Unavailable::Starting)?;
        let settings = loaded.settings.as_ref().ok_or(Unavailable::Starting)?;
        let mut unreadable = None;
        let overview = match site.reader.overview(now).await {
            Ok(overview) => Some(overview),
            Err(error) if shown.unstored.is_empty() => return Err(error.into()),
            Err(error) => {
                unreadable = Some(format!("the state cannot be read: {}", chain(&error)));
                None
            }
        };
        let mut lines = status(settings, &survey, overview.as_ref(), &Selection::default(), now);
        if let Some(error) = unreadable {
            // Nothing is known of those that no pass has ended for since.
            let facts = Facts { valid: true, paused: false, pending: None, look: Look::Failed };
            for line in &mut lines {
                OutletState::of(&facts).as_str().clone_into(&mut line.state);
                line.error = Some(error.clone());
            }
        }
        shown.overlay(&mut lines);
        Ok(Self { now, shown, loaded, survey, lines })
    }

    /// An outlet.
    pub(super) fn line(&self, id: &str) -> Option<&StatusLine> {
        self.lines.iter().find(|line| line.outlet == id)
    }
}

/// The newest pushes to an outlet, newest first.
pub(super) async fn pushes(shared: &Handle, id: String) -> Result<Vec<PushRow>, Unavailable> {
    Ok(shared.site.reader.pushes(Some(&id), MOST_PUSHES).await?)
}
