//! How everything stands at one moment, read in one go.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    http::{
        StatusCode,
        header::{CONTENT_LANGUAGE, VARY},
    },
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use tokio::{sync::Semaphore, time::timeout};

use super::Handle;
use crate::{
    daemon::Shown,
    fleet::{Loaded, Selection, Survey, beside, promotion_lines, push_lines, rollout_note, status, switch_lines},
    plan::{Base, PastChange},
    report::{Lang, OutletHistory, PromotionEventLine, RolloutNote, StatusLine, SwitchEventLine},
    state::{PushId, PushRow, StateError},
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
    /// How far a change is that goes out in waves.
    pub(super) rollout: Option<RolloutNote>,
    /// Of what the daemon shows, at most as new as the rest.
    pub(super) version: u64,
    /// See [`super::Site::flags`].
    pub(super) flags: String,
}

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unavailable {
    #[error("{}", Lang::En.starting())]
    Starting,
    #[error("{}", Lang::En.files_unread())]
    Hung,
    #[error("{}", Lang::En.busy())]
    Busy,
    #[error("{}", Lang::En.state_unread())]
    State(#[from] StateError),
}

impl Unavailable {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Starting | Self::Hung | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::State(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Instead of a page.
    pub(super) fn answer(&self, lang: Lang) -> Response {
        let words = match self {
            Self::Starting => lang.starting().to_owned(),
            Self::Hung => lang.files_unread().to_owned(),
            Self::Busy => lang.busy().to_owned(),
            Self::State(error) => format!("{}: {}", lang.state_unread(), chain(error)),
        };
        let headers = [(CONTENT_LANGUAGE, lang.tag()), (VARY, "accept-language")];
        (self.status(), headers, format!("{words}\n")).into_response()
    }
}

impl Snapshot {
    /// Reads everything. A state that cannot be read leaves what the daemon knows itself.
    pub(super) async fn take(shared: &Handle) -> Result<Self, Unavailable> {
        let site = &shared.site;
        let version = *site.view.version().borrow();
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
        let rollout = match &unreadable {
            None if settings.rollout.is_some() => {
                let (row, counts) = (site.reader.rollout().await?, site.reader.rollout_counts().await?);
                rollout_note(settings, row, &counts)
            }
            _ => None,
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
        Ok(Self { now, shown, loaded, survey, lines, rollout, version, flags: site.flags.clone() })
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

/// The newest pushes to all outlets, newest first.
pub(super) async fn pushes_to_all(shared: &Handle, most: u32) -> Result<Vec<PushRow>, Unavailable> {
    Ok(shared.site.reader.pushes(None, most).await?)
}

/// What pushes changed, as far as that was recorded.
pub(super) async fn changes(
    shared: &Handle,
    pushes: Vec<PushId>,
) -> Result<BTreeMap<PushId, Vec<PastChange>>, Unavailable> {
    let stored = shared.site.reader.changes(pushes).await?;
    Ok(stored.into_iter().filter_map(|(id, changes)| Some((id, serde_json::from_str(&changes).ok()?))).collect())
}

/// What became of promotions, at an outlet or all, newest first.
pub(super) async fn promotions(
    shared: &Handle,
    id: Option<&str>,
    most: u32,
) -> Result<Vec<(String, PromotionEventLine)>, Unavailable> {
    Ok(promotion_lines(shared.site.reader.promotion_events(id, most).await?))
}

/// What became of switches of stock, at an outlet or all, newest first.
pub(super) async fn switches(
    shared: &Handle,
    id: Option<&str>,
    most: u32,
) -> Result<Vec<(String, SwitchEventLine)>, Unavailable> {
    Ok(switch_lines(shared.site.reader.switch_events(id, most).await?))
}

/// The newest pushes to an outlet with what they changed, newest first, and what was last seen to arrive.
pub(super) async fn history(shared: &Handle, id: &str) -> Result<(OutletHistory, Option<Base>), Unavailable> {
    let mut pushes = push_lines(shared.site.reader.history(id).await?);
    pushes.truncate(MOST_PUSHES as usize);
    let promotions = promotions(shared, Some(id), MOST_PUSHES).await?.into_iter().map(|(_, line)| line).collect();
    let switches = switches(shared, Some(id), MOST_PUSHES).await?.into_iter().map(|(_, line)| line).collect();
    let history = OutletHistory { outlet: id.to_owned(), name: String::new(), pushes, promotions, switches };
    let base = shared.site.reader.outlet(id).await?.and_then(|row| row.base);
    Ok((history, base.and_then(|base| serde_json::from_str(&base).ok())))
}

/// How long a menu may take to be composed while somebody waits for a page (our choice: it takes milliseconds), and how long
/// others may be composed before it.
const COMPOSE_WITHIN: Duration = Duration::from_secs(10);
const QUEUE_WITHIN: Duration = Duration::from_secs(5);
/// So many are composed at a time (our choice): what hangs takes no more threads, and passes keep most of the machine.
pub(super) const COMPOSED_AT_ONCE: usize = 2;

/// Runs what composes menus and reads photos where nobody else waits for it. What is given up keeps its place until it ends.
pub(super) async fn compose<T: Send + 'static>(
    places: &Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Unavailable> {
    let place = timeout(QUEUE_WITHIN, Arc::clone(places).acquire_owned()).await;
    let place = place.ok().and_then(Result::ok).ok_or(Unavailable::Busy)?;
    let done = beside(COMPOSE_WITHIN, move || {
        let done = work();
        drop(place);
        done
    });
    done.await.ok_or(Unavailable::Hung)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use std::sync::mpsc;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_hangs_takes_no_more_than_its_places() {
        let places = Arc::new(Semaphore::new(COMPOSED_AT_ONCE));
        let hang = || {
            let (let_go, gate) = mpsc::channel::<()>();
            let places = Arc::clone(&places);
            (let_go, tokio::spawn(async move { compose(&places, move || gate.recv().is_err()).await }))
        };
        let hanging = [hang(), hang()];
        tokio::task::yield_now().await;
        let (none, third) = hang();
        drop(none);
        tokio::task::yield_now().await;
        tokio::time::advance(QUEUE_WITHIN).await;
        let refused = third.await.unwrap().unwrap_err();
        assert_eq!(refused.to_string(), "other menus are being composed; ask again in a few seconds");
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        tokio::time::advance(COMPOSE_WITHIN).await;
        for (let_go, given_up) in hanging {
            assert!(matches!(given_up.await.unwrap(), Err(Unavailable::Hung)));
            assert!(places.available_permits() < COMPOSED_AT_ONCE, "what was given up still keeps its place");
            drop(let_go);
        }
        let (none, last) = hang();
        drop(none);
        assert!(last.await.unwrap().unwrap());
    }
}
