//! The environment variables that menusync knows, and who wins: flags over environment over file over default.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::{Listen, Settings, SettingsError};

/// Every variable that is read; nothing else in the environment has any effect.
const NAMES: [&str; 14] = [
    "MENUSYNC_ROOT",
    "MENUSYNC_STATE_DIR",
    "MENUSYNC_LISTEN",
    "MENUSYNC_CLIENT_ID",
    "MENUSYNC_CLIENT_SECRET",
    "NO_COLOR",
    "CREDENTIALS_DIRECTORY",
    "STATE_DIRECTORY",
    "XDG_STATE_HOME",
    "HOME",
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "WATCHDOG_PID",
    "JOURNAL_STREAM",
];

/// The environment, taken once. A variable that is set to nothing counts as not set.
///
/// It holds secrets, so it does not implement `Debug` in full.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<&'static str, OsString>);

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        Self::from_lookup(|name| std::env::var_os(name))
    }

    /// An environment of exactly these variables; unknown names are left out.
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let variables: BTreeMap<_, _> = variables.into_iter().collect();
        Self::from_lookup(|name| variables.get(name).map(OsString::from))
    }

    fn from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = NAMES.into_iter().filter_map(|name| Some((name, lookup(name)?)));
        Self(set.filter(|(_, value)| !value.is_empty()).collect())
    }

    /// Whether colours are unwanted (`NO_COLOR`).
    pub fn no_color(&self) -> bool {
        self.0.contains_key("NO_COLOR")
    }

    /// What a service manager has set: `NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID`.
    pub fn service_manager(&self) -> (Option<OsString>, Option<String>, Option<String>) {
        let text = |name| self.get(name).map(|value| value.to_string_lossy().into_owned());
        (self.get("NOTIFY_SOCKET").cloned(), text("WATCHDOG_USEC"), text("WATCHDOG_PID"))
    }

    /// Device and inode of the stream that goes to systemd's journal (`JOURNAL_STREAM`).
    pub fn journal_stream(&self) -> Option<(u64, u64)> {
        let (device, inode) = self.get("JOURNAL_STREAM")?.to_str()?.split_once(':')?;
        Some((device.parse().ok()?, inode.parse().ok()?))
    }

    pub(super) fn get(&self, name: &str) -> Option<&OsString> {
        self.0.get(name)
    }

    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from)
    }
}

/// The root: `--root`, else `MENUSYNC_ROOT`, else the working directory.
pub fn root(flag: Option<&Path>, environment: &Environment) -> PathBuf {
    flag.map(Path::to_owned).or_else(|| environment.path("MENUSYNC_ROOT")).unwrap_or_else(|| PathBuf::from("."))
}

/// The state directory: `--state-dir`, else `MENUSYNC_STATE_DIR`, else `state_dir` of the file (relative to `root`),
/// else `$STATE_DIRECTORY` (systemd), else `$XDG_STATE_HOME/menusync`, else `~/.local/state/menusync`.
pub fn state_dir(
    flag: Option<&Path>,
    environment: &Environment,
    settings: &Settings,
    root: &Path,
) -> Result<PathBuf, SettingsError> {
    flag.map(Path::to_owned)
        .or_else(|| environment.path("MENUSYNC_STATE_DIR"))
        .or_else(|| settings.state_dir.as_ref().map(|dir| root.join(dir)))
        .or_else(|| environment.path("STATE_DIRECTORY").map(|dirs| first_of_list(&dirs)))
        // The XDG specification has relative paths ignored.
        .or_else(|| environment.path("XDG_STATE_HOME").filter(|dir| dir.is_absolute()).map(|dir| dir.join("menusync")))
        .or_else(|| environment.path("HOME").map(|home| home.join(".local/state/menusync")))
        .ok_or(SettingsError::NoStateDir)
}

/// systemd separates several state directories by colons.
fn first_of_list(dirs: &Path) -> PathBuf {
    dirs.to_str().and_then(|dirs| dirs.split(':').next()).map_or_else(|| dirs.to_owned(), PathBuf::from)
}

/// Where the status page is: `--listen`, else `MENUSYNC_LISTEN`, else `listen` of the file.
pub fn listen(flag: Option<&str>, environment: &Environment, settings: &Settings) -> Result<Listen, SettingsError> {
    let variable = environment.get("MENUSYNC_LISTEN").map(|value| value.to_string_lossy().into_owned());
    let (origin, text) = match (flag, variable) {
        (Some(flag), _) => ("--listen", flag.to_owned()),
        (None, Some(variable)) => ("MENUSYNC_LISTEN", variable),
        (None, None) => return Ok(settings.listen),
    };
    Listen::parse(&text).map_err(|help| SettingsError::Listen { origin, text, help })
}
