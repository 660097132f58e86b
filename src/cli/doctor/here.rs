//! What can be seen without asking anybody: files, git, zones, the state, the addresses that the daemon listens on, and
//! the files with secrets.

use std::{
    collections::BTreeSet,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
};

use crate::{
    fleet::Survey,
    notify,
    platform::{files::free_bytes, rights::is_open_to_all},
    report::{Finding, Lang, counted},
    settings::{self, Listen, Settings, Signature},
    source,
    state::{Overview, Running, SqliteState, StateError, check_writable, is_damaged, running_daemon},
    sync::chain,
};

use super::super::{
    command_error::CommandError,
    session::{Session, block_on, moment, other_platforms},
    store::Store,
};

/// Less free space than this is worth a word (our choice: thousands of records).
const LITTLE_SPACE: u64 = 100 * 1024 * 1024;

/// Settings and definitions.
pub(super) fn files(session: &Session) -> Result<Vec<Finding>, CommandError> {
    let loaded = session.loaded()?;
    let root = session.root().display().to_string();
    let Some(settings) = &loaded.settings else {
        let first = loaded.diagnostics.iter().find(|diagnostic| diagnostic.is_error());
        let seen = first.map_or_else(
            || "they are wrong".to_owned(),
            |error| match &error.place {
                Some(place) => format!("{place}: {}", error.message),
                None => format!("{} ({root})", error.message),
            },
        );
        return Ok(vec![Finding::fail("settings", seen, "`menusync validate` shows every error with its line")]);
    };
    let survey = session.survey(moment(None))?;
    let invalid = survey.members.iter().filter(|member| !member.valid).count();
    let errors = survey.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let outlets = survey.members.len();
    let definitions = match (errors, outlets) {
        (0, 0) => Finding::warn(
            "definitions",
            "there are no outlets",
            "`menusync init` or `menusync import` creates the first",
        ),
        (0, _) => Finding::ok("definitions", format!("outlets: {outlets}")),
        _ => Finding::fail(
            "definitions",
            format!("{errors} errors; {invalid} of {outlets} outlets are left out"),
            "`menusync validate` shows every error with its line",
        ),
    };
    Ok(vec![Finding::ok("settings", format!("{root}, target {}", settings.target.name())), definitions])
}

/// Whether plans can name the commit they come from.
pub(super) fn git(session: &Session) -> Finding {
    match source::why_no_revision(&session.root()) {
        Ok(hash) => Finding::ok("git", format!("commit {hash:.10}")),
        Err(error) => {
            let words = error.to_string();
            let fix = if words.contains("dubious ownership") {
                "the work tree belongs to another user: run as that user, or `git config --global --add safe.directory DIR`"
            } else {
                "without git, the commit is missing in status, history and plans, and `diff` cannot compare revisions"
            };
            Finding::warn("git", format!("no commit can be read: {words}"), fix)
        }
    }
}

/// The clocks that dates and windows are read on.
pub(super) fn zones(session: &Session, survey: &Survey) -> Finding {
    let Ok(loaded) = session.loaded() else { return Finding::ok("zones", "none") };
    let now = moment(None);
    let zones = survey.members.iter().map(|member| loaded.policy(&member.id, now).timezone);
    let shown_zones: BTreeSet<String> = zones
        .chain([loaded.timezone()])
        .map(|zone| {
            let local = now.to_zoned(zone.clone());
            format!("{} ({})", zone.iana_name().unwrap_or("UTC"), local.strftime("%H:%M %Z"))
        })
        .collect();
    Finding::ok("zones", shown_zones.into_iter().collect::<Vec<_>>().join(", "))
}

/// Whether a pass over all outlets can end before the next one is due; `None`: it can.
pub(super) fn schedule(session: &Session, settings: &Settings, survey: &Survey) -> Option<Finding> {
    let load = session.loaded().ok()?.round_load(&settings.gobiz, &settings.schedule, survey, moment(None));
    Some(Finding::warn("schedule", Lang::En.round_too_long(&load)?, Lang::En.round_fix()))
}

/// The database, its directory, and who is at work with it.
pub(super) fn state(session: &Session) -> Result<Vec<Finding>, CommandError> {
    let (dir, store) = (session.state_dir()?, session.store()?);
    if store.is_database() {
        return Ok(vec![of_database(session, store)?, running(&dir)]);
    }
    let shown = dir.display();
    if !dir.is_dir() {
        return Ok(vec![Finding::ok(
            "state",
            format!("{shown} will be created by the first push; no state is stored yet"),
        )]);
    }
    let scope = session.scope()?;
    let mut findings = vec![match (is_damaged(&dir), SqliteState::open_read_only(&dir, &scope)) {
        (Ok(true), _) => Finding::fail(
            "state",
            format!("the file in {shown} is damaged"),
            "the next start of the daemon, or `menusync apply` without one, sets it aside; pushes are first contacts then. \
             A copy from a backup brings back what was known",
        ),
        (Err(error), _) | (_, Err(error)) => Finding::fail("state", chain(&error), "the message says what to do"),
        (Ok(false), Ok(None)) => Finding::ok("state", format!("{shown}; no state is stored yet")),
        (Ok(false), Ok(Some(state))) => {
            let known = block_on(async { Ok((state.overview(moment(None)).await?, state.platforms().await?)) })?;
            match known {
                Ok((overview, platforms)) => {
                    state_finding(&dir.display().to_string(), &overview, &scope.platform, &platforms)
                }
                Err::<_, StateError>(error) => Finding::fail("state", chain(&error), "the message says what to do"),
            }
        }
    }];
    findings.push(match (check_writable(&dir), free_bytes(&dir)) {
        (Err(error), _) => Finding::fail(
            "disk",
            chain(&error),
            "free some space, or make the user who runs menusync the owner of the directory; until then nothing is pushed",
        ),
        (Ok(()), Some(free)) if free < LITTLE_SPACE => {
            Finding::warn("disk", format!("{} MiB free", free >> 20), "free some space: without it nothing is pushed")
        }
        (Ok(()), free) => {
            Finding::ok("disk", free.map_or("can be written".to_owned(), |free| format!("{} MiB free", free >> 20)))
        }
    });
    findings.push(running(&dir));
    Ok(findings)
}

/// A database, and whether it can be written.
fn of_database(session: &Session, store: &Store) -> Result<Finding, CommandError> {
    let place = store.place()?;
    let fail = |error: &StateError| Finding::fail("state", chain(error), "the message says what to do");
    let known = match store.open_to_read() {
        Err(error) => return Ok(fail(&error)),
        Ok(None) => {
            return Ok(Finding::ok(
                "state",
                format!("{place}; no state is stored yet, tables are made by the first push"),
            ));
        }
        Ok(Some(state)) => block_on(async {
            state.check_writable().await?;
            Ok((state.overview(moment(None)).await?, state.platforms().await?))
        })?,
    };
    Ok(match known {
        Ok((overview, platforms)) => state_finding(&place, &overview, &session.scope()?.platform, &platforms),
        Err(error) => fail(&error),
    })
}

/// Whether a daemon is at work here.
fn running(dir: &Path) -> Finding {
    match running_daemon(dir) {
        Running::No => Finding::warn("daemon", "none is running with this state", "`menusync run`, as a service"),
        Running::Yes(pid) => {
            Finding::ok("daemon", pid.map_or("running".to_owned(), |pid| format!("running, process {pid}")))
        }
    }
}

fn state_finding(dir: &str, overview: &Overview, own: &str, platforms: &[(String, u64)]) -> Finding {
    let seen = format!("{dir}; outlets stored: {}", overview.outlets.len());
    if platforms.is_empty() || platforms.iter().any(|(platform, _)| platform == own) {
        return Finding::ok("state", seen);
    }
    let fix = "every live menu there is a first contact; if the settings name the wrong platform, correct `target` or \
               `gobiz.api_url`";
    Finding::warn("state", format!("{seen}; {}", other_platforms(own, platforms)), fix)
}

/// The settings outside of the root, where there are some.
pub(super) fn operator(session: &Session, settings: &Settings) -> Option<Finding> {
    let path = session.operator.as_ref()?.display();
    let reserved = settings.reserved.join(", ");
    let reserves = if reserved.is_empty() { "nothing is reserved".to_owned() } else { format!("reserves {reserved}") };
    Some(Finding::ok("operator", format!("{path}; {reserves}")))
}

/// Whether the status page has its address.
pub(super) fn listen(session: &Session, settings: &Settings) -> Finding {
    let address = match settings::listen(None, &session.environment, settings) {
        Ok(Listen::On(address)) => address,
        Ok(Listen::Off) => return Finding::ok("listen", "off"),
        Err(error) => return Finding::fail("listen", chain(&error), "the message says what to write"),
    };
    match address_of("listen", address, session) {
        Ok(finding) | Err(finding) => finding,
    }
}

/// Whether events can be received: the address, and the secrets that they are signed with.
pub(super) fn webhook(session: &Session, settings: &Settings) -> Option<Finding> {
    let webhook = settings.webhook.as_ref()?;
    let address = match address_of("webhook", webhook.listen, session) {
        Ok(finding) => finding,
        Err(finding) => return Some(finding),
    };
    Some(match settings::webhook_secrets(settings, &session.root()) {
        Err(error) => {
            Finding::fail("webhook", chain(&error), "write the Relay Secret of the GoBiz portal into that file")
        }
        Ok(secrets) => match secrets.into_iter().find_map(|known| known.secret.err()) {
            Some(why) => Finding::fail("webhook", why, "write the secret that signs its events into that file"),
            None if webhook.signature == Signature::Monitor => Finding::warn(
                "webhook",
                format!("{}; events without a valid signature are not refused", address.seen),
                "remove `signature: monitor` once the log has no wrong signatures",
            ),
            None => address,
        },
    })
}

/// Whether everybody can be told; never where.
pub(super) fn notify(session: &Session, settings: &Settings) -> Option<Finding> {
    let sinks = settings.notify.first().map(|_| notify::check(&settings.notify, &session.root()))?;
    Some(match sinks {
        Ok(()) => Finding::ok("notify", counted(settings.notify.len(), "sink")),
        Err(error) => Finding::fail("notify", chain(&error), "write the address or secret into that file"),
    })
}

/// Whether the daemon has `address`, or can have it; `Err`: look no further.
fn address_of(name: &'static str, address: SocketAddr, session: &Session) -> Result<Finding, Finding> {
    let running = session.state_dir().is_ok_and(|dir| running_daemon(&dir) != Running::No);
    match TcpListener::bind(address) {
        Ok(_) if running && address.port() != 0 => Err(Finding::warn(
            name,
            format!("nothing listens on {address}"),
            format!("restart the daemon if {} was changed", setting(name)),
        )),
        Ok(_) => Ok(Finding::ok(name, format!("{address} is free"))),
        Err(_) if running => Ok(Finding::ok(name, format!("{address} is in use by the running daemon"))),
        Err(error) => Err(Finding::fail(
            name,
            format!("{address}: {error}"),
            format!("another program has it; choose another {}", setting(name)),
        )),
    }
}

fn setting(name: &str) -> &'static str {
    if name == "webhook" { "`webhook.listen`" } else { "`listen`, or `off`" }
}

/// Whether there are credentials; never what they are.
pub(super) fn credentials(session: &Session, settings: &Settings, account: Option<&str>) -> Finding {
    let (environment, root) = (&session.environment, session.root());
    let named = account.and_then(|name| Some((name, settings.gobiz.accounts.get(name)?)));
    match settings::credentials(settings, named, environment, &root) {
        Ok(_) => Finding::ok("credentials", "client id and secret found"),
        Err(error) => Finding::fail("credentials", chain(&error), "the message says where they are looked for"),
    }
}

/// Whether only those who should can read the files with secrets; `None` if settings name none.
pub(super) fn secrets(session: &Session, settings: &Settings) -> Option<Finding> {
    let root = session.root();
    let files: BTreeSet<PathBuf> = settings.secret_files().into_iter().map(|file| root.join(file)).collect();
    if files.is_empty() {
        return None;
    }
    let known = files.iter().map(|file| is_open_to_all(file).map(|is_open| (file, is_open)));
    let Some(known) = known.collect::<Option<Vec<_>>>() else {
        return Some(Finding::ok(
            "secrets",
            format!("{}; who may read them was not checked", counted(files.len(), "file")),
        ));
    };
    let open: Vec<_> =
        known.iter().filter(|(_, is_open)| *is_open).map(|(file, _)| file.display().to_string()).collect();
    Some(match open.is_empty() {
        true => Finding::ok("secrets", format!("{} not readable by every user", counted(files.len(), "file"))),
        false => Finding::warn(
            "secrets",
            format!("every user of this machine can read {}", open.join(", ")),
            "`chmod o= FILE`, and make the user who runs menusync its owner",
        ),
    })
}
