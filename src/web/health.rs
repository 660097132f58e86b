//! Health for supervisors. `/livez`: shall the process be restarted? `/readyz`: is it at work?
//!
//! That GoFood does not answer, or that a file is wrong, is no reason for either: a restart would not help, and the
//! outlets' states say it.

use std::{fmt, sync::Arc, time::Duration};

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use tokio::{sync::Mutex, time::Instant};

use super::{Handle, Shared};
use crate::{
    daemon::{Refused, Shown},
    platform::files,
    remote::HostState,
    report::{Lang, counted},
    state::daemon_lock_holder,
    sync::chain,
};

/// The main loop goes round at least every 20 s; after three missed rounds it hangs.
const HANGS_AFTER: Duration = Duration::from_secs(60);

/// How long an answer to "can the state be written" is good (our choice): asking costs a write to disk.
const WRITABLE_FOR: Duration = Duration::from_secs(5);

/// How long the lock file may take to be read (our choice).
const LOCK_WITHIN: Duration = Duration::from_secs(5);

/// Less free space than this fails the check of the state (our choice: a push of a large menu is stored in it).
const LEAST_SPACE: u64 = 1 << 20;

/// What is not asked anew for every request.
#[derive(Default)]
pub(super) struct Memory {
    writable: Mutex<Option<(Instant, Result<(), String>)>>,
}

/// 200 while the main loop goes round, 503 if it hangs. While the daemon stops it waits, for a limited time, for pushes
/// under way: that is alive.
pub(super) async fn live(State(shared): State<Handle>) -> (StatusCode, String) {
    let (turned, stopping) = shared.site.view.read(|shown| (shown.turned, shown.stopping));
    let silent = turned.elapsed();
    if silent > HANGS_AFTER && !stopping {
        let words = format!("the main loop has not gone round for {} s\n", silent.as_secs());
        return (StatusCode::SERVICE_UNAVAILABLE, words);
    }
    (StatusCode::OK, "ok\n".to_owned())
}

/// 200 once passes have begun, as long as files can be read and the state can be written; with `?verbose` line by line.
pub(super) async fn ready(State(shared): State<Handle>, RawQuery(query): RawQuery) -> Response {
    let checks = checks(&shared).await;
    let is_ready = checks.iter().all(|check| check.verdict != Verdict::Fail);
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let is_verbose = query.is_some_and(|query| query.split('&').any(|part| part.split('=').next() == Some("verbose")));
    let shown = checks.iter().filter(|check| is_verbose || check.verdict == Verdict::Fail);
    let mut words: String = shown.map(Check::to_string).collect();
    if is_ready && !is_verbose {
        words = "ok\n".to_owned();
    }
    (status, words).into_response()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Ok,
    /// Worth knowing; the daemon is at work all the same.
    Warn,
    Fail,
}

/// One line of the answer.
struct Check {
    name: &'static str,
    verdict: Verdict,
    why: String,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Ok => "ok",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
        };
        // One line, whatever a file name or the platform put into it.
        let why = crate::report::untrusted::printable(&self.why);
        writeln!(f, "{verdict:<4} {}: {why}", self.name)
    }
}

async fn checks(shared: &Handle) -> [Check; 6] {
    let (passes, (files, settings)) = shared.site.view.read(|shown| (passes(shown), files_and_settings(shown)));
    [passes, files, settings, state(shared).await, lock(shared).await, api(shared)]
}

fn passes(shown: &Shown) -> Check {
    let (verdict, why) = match (shown.stopping, shown.passing) {
        (true, _) => (Verdict::Fail, "the daemon is stopping"),
        (false, false) => (Verdict::Fail, "the first pass over all outlets has not begun"),
        (false, true) => (Verdict::Ok, "begun"),
    };
    Check { name: "passes", verdict, why: why.to_owned() }
}

fn files_and_settings(shown: &Shown) -> (Check, Check) {
    let refused = shown.refused.as_ref().map(|(why, _)| why);
    let files = match (refused, &shown.files) {
        (Some(Refused::Unreadable(error)), _) => (Verdict::Fail, error.clone()),
        (_, None) => (Verdict::Fail, shown.slow_load.clone().unwrap_or_else(|| "not read yet".to_owned())),
        _ if shown.slow_load.is_some() => (Verdict::Warn, shown.slow_load.clone().unwrap_or_default()),
        (_, Some((_, survey))) if survey.has_unread_files() => {
            (Verdict::Warn, "some cannot be read; what they concern is not pushed".to_owned())
        }
        (_, Some((_, survey))) => (Verdict::Ok, format!("read; {}", counted(survey.members.len(), "outlet"))),
    };
    let settings = match refused {
        Some(Refused::Settings(error)) => {
            (Verdict::Warn, format!("the new ones are refused, the old ones hold: {error}"))
        }
        _ => match &shown.after_restart {
            Some(words) => (Verdict::Warn, words.clone()),
            None => (Verdict::Ok, "valid".to_owned()),
        },
    };
    (
        Check { name: "files", verdict: files.0, why: files.1 },
        Check { name: "settings", verdict: settings.0, why: settings.1 },
    )
}

/// One look at a time: who comes meanwhile waits for its answer.
async fn state(shared: &Handle) -> Check {
    let mut known = shared.health.writable.lock().await;
    let fresh = known.take().filter(|(at, _)| at.elapsed() < WRITABLE_FOR);
    let (at, result) = match fresh {
        Some(fresh) => fresh,
        None => (Instant::now(), shared.site.state.check_writable().await.map_err(|error| chain(&error))),
    };
    // A small write finds room in the file that there is, when the next push does not.
    let looking = Arc::clone(shared);
    let look = tokio::task::spawn_blocking(move || files::free_bytes(&looking.site.state_dir));
    let free = tokio::time::timeout(LOCK_WITHIN, look).await.ok().and_then(Result::ok).flatten();
    let (verdict, why) = match (&result, free) {
        (Ok(()), Some(free)) if free < LEAST_SPACE => (
            Verdict::Fail,
            format!("{} KiB are free on its disk; make room there, pushes cannot be stored", free >> 10),
        ),
        (Ok(()), _) => (Verdict::Ok, "can be written".to_owned()),
        (Err(error), _) => (Verdict::Fail, error.clone()),
    };
    *known = Some((at, result));
    Check { name: "state", verdict, why }
}

async fn lock(shared: &Handle) -> Check {
    let own = std::process::id();
    let looking = Arc::clone(shared);
    let look = tokio::task::spawn_blocking(move || daemon_lock_holder(&looking.site.state_dir));
    let (verdict, why) = match tokio::time::timeout(LOCK_WITHIN, look).await {
        Ok(Ok(Some(pid))) if pid == own => (Verdict::Ok, format!("held by this process, {pid}")),
        Ok(Ok(Some(pid))) => (Verdict::Fail, format!("process {pid} has it: two daemons share the state directory")),
        Ok(Ok(None)) => {
            (Verdict::Fail, "its file is gone from the state directory: another daemon could start".to_owned())
        }
        Ok(Err(_)) | Err(_) => (Verdict::Fail, "the state directory does not answer".to_owned()),
    };
    Check { name: "lock", verdict, why }
}

fn api(shared: &Shared) -> Check {
    let now = shared.site.clock.now();
    let hosts = shared.site.metrics.hosts();
    let closed: Vec<String> = hosts.iter().filter_map(|(host, state)| why_closed(host, state)).collect();
    let (verdict, why) = match shared.site.metrics.last_api_success() {
        _ if !closed.is_empty() => (Verdict::Warn, closed.join(", and ")),
        Some(at) => (Verdict::Ok, format!("last answered well {}", Lang::En.ago(at, now))),
        None => (Verdict::Warn, "has not answered well yet".to_owned()),
    };
    Check { name: "api", verdict, why }
}

/// Why a host gets no calls.
fn why_closed(host: &str, state: &HostState) -> Option<String> {
    let why = match (state.circuit_open, state.rate_limited_until) {
        (Some(open), _) => format!("circuit breaker open for {host} after {} failures", open.failures),
        (None, Some(until)) if until > Instant::now() => format!("rate-limited by {host} (Retry-After)"),
        (None, _) => return None,
    };
    Some(format!("{why}; next try in {} s", state.next_try().as_secs()))
}
