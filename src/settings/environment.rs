//! The environment variables that menusync knows, and who wins: flags over environment over file over default.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::{Listen, Settings, SettingsError};
use crate::platform::{
    paths::{OPERATOR_FILE, STATE_HOMES, canonicalize},
    rights::is_ours,
};

/// Every variable that is read; nothing else in the environment has any effect but on colours, which `cli` leaves to
/// `anstream`.
const NAMES: [&str; 21] = [
    "MENUSYNC_ROOT",
    "MENUSYNC_OPERATOR",
    "MENUSYNC_STATE_DIR",
    "MENUSYNC_DATABASE_URL",
    "MENUSYNC_LISTEN",
    "MENUSYNC_CLIENT_ID",
    "MENUSYNC_CLIENT_SECRET",
    "CREDENTIALS_DIRECTORY",
    "STATE_DIRECTORY",
    "XDG_STATE_HOME",
    "HOME",
    "LOCALAPPDATA",
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "WATCHDOG_PID",
    "JOURNAL_STREAM",
    "TERM",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
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

    /// Whether the terminal can take nothing back that was written to it.
    pub fn has_dumb_terminal(&self) -> bool {
        self.get("TERM").is_some_and(|term| term == "dumb")
    }

    pub(super) fn get(&self, name: &str) -> Option<&OsString> {
        self.0.get(name)
    }

    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from)
    }
}

/// The root that is named: by `--root`, else by `MENUSYNC_ROOT`.
pub fn named_root(flag: Option<&Path>, environment: &Environment) -> Option<PathBuf> {
    flag.map(Path::to_owned).or_else(|| environment.path("MENUSYNC_ROOT"))
}

/// The settings of the operator: by `--operator`, else by `MENUSYNC_OPERATOR`, else those of this machine, if it has some.
pub fn operator(flag: Option<&Path>, environment: &Environment) -> Option<PathBuf> {
    let is_there =
        |path: &&Path| path.symlink_metadata().map_or_else(|error| error.kind() != ErrorKind::NotFound, |_| true);
    let of_machine = || OPERATOR_FILE.map(Path::new).filter(is_there).map(Path::to_owned);
    let named = flag.map(Path::to_owned).or_else(|| environment.path("MENUSYNC_OPERATOR"));
    let named = named.map(|path| std::path::absolute(&path).unwrap_or(path));
    named.or_else(of_machine)
}

/// The root: the one that is named, else the working directory, or the nearest one above it that holds settings.
pub fn root(flag: Option<&Path>, environment: &Environment) -> PathBuf {
    root_of(Path::new("."), flag, environment)
}

/// The same for another directory than the working directory.
pub fn root_of(folder: &Path, flag: Option<&Path>, environment: &Environment) -> PathBuf {
    let named = named_root(flag, environment);
    named.or_else(|| root_above(folder)).unwrap_or_else(|| folder.to_owned())
}

/// The root that a directory lies in. Whoever may write above chooses the settings, and with them where secrets are
/// sent: as `git` does, only what belongs to this user, or to root, is taken.
fn root_above(folder: &Path) -> Option<PathBuf> {
    let here = canonicalize(folder).ok()?;
    if here.join(super::FILE).symlink_metadata().is_ok() || here.join("catalogs").symlink_metadata().is_ok() {
        return None;
    }
    let above = here.ancestors().skip(1).find(|above| above.join(super::FILE).symlink_metadata().is_ok())?;
    is_our_root(above).then(|| above.to_owned())
}

/// Refuses a root that nobody has named and whose settings another user could have written: in a directory that all may write
/// to, such as `/tmp`, they would choose where secrets are sent.
pub fn check_owner(root: &Path, flag: Option<&Path>, environment: &Environment) -> Result<(), SettingsError> {
    let has_settings = root.join(super::FILE).symlink_metadata().is_ok();
    if named_root(flag, environment).is_none() && has_settings && !is_our_root(root) {
        return Err(SettingsError::ForeignRoot { root: root.to_owned() });
    }
    Ok(())
}

/// Whether nobody but this user and root could have written the settings of a directory.
pub fn is_our_root(root: &Path) -> bool {
    is_ours(root) && is_ours(&root.join(super::FILE))
}

/// Where the state is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateDir {
    /// The directory.
    pub dir: PathBuf,
    /// Where releases up to 0.1 kept the state of all roots of a user, if `dir` is the default.
    pub shared: Option<PathBuf>,
    /// The file of the repository names it: whoever may write there chooses which file is opened.
    pub is_of_repository: bool,
    /// Only this process was told of it: a command that is typed elsewhere has to be told, too.
    pub is_told: bool,
}

/// The state directory: `--state-dir`, else `MENUSYNC_STATE_DIR`, else `state_dir` of the file (relative to `root`),
/// else `$STATE_DIRECTORY` (systemd), else one of this root's own in `$XDG_STATE_HOME/menusync` or
/// `~/.local/state/menusync` (Windows: `%LOCALAPPDATA%\menusync`): its name and a hash of its absolute path.
pub fn state_dir(
    flag: Option<&Path>,
    environment: &Environment,
    settings: &Settings,
    root: &Path,
) -> Result<StateDir, SettingsError> {
    let told = |dir: PathBuf| StateDir { dir, shared: None, is_of_repository: false, is_told: true };
    let of_settings = |dir: &PathBuf| StateDir {
        is_of_repository: !settings.state_dir_is_operators,
        is_told: false,
        ..told(root.join(dir))
    };
    let given = flag
        .map(|dir| told(dir.to_owned()))
        .or_else(|| environment.path("MENUSYNC_STATE_DIR").map(told))
        .or_else(|| settings.state_dir.as_ref().map(of_settings))
        .or_else(|| environment.path("STATE_DIRECTORY").map(|dirs| told(first_of_list(&dirs))));
    if let Some(given) = given {
        return Ok(given);
    }
    // The XDG specification has relative paths ignored.
    let home = |(name, below): (&str, &str)| Some(environment.path(name).filter(|dir| dir.is_absolute())?.join(below));
    let shared = STATE_HOMES.into_iter().find_map(home).ok_or(SettingsError::NoStateDir)?;
    let dir = shared.join(own_name(root));
    Ok(StateDir { dir, shared: Some(shared), is_of_repository: false, is_told: false })
}

/// `menus-1a2b3c4d5e6f`: to recognise it by, and to tell apart roots of the same name.
fn own_name(root: &Path) -> String {
    let path = PathBuf::from(root_name(root));
    let name = path.file_name().map_or_else(|| "root".into(), |name| name.to_string_lossy());
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let name: String = name.chars().take(40).map(plain).collect();
    let hash = Sha256::digest(path.as_os_str().as_encoded_bytes());
    format!("{name}-{}", hash[..6].iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// The root's name for whoever asks whose the state is: as given, else where the working directory is, with the directory it
/// lies in resolved. Its own name stays: a link that every release points elsewhere means the same root.
pub fn root_name(root: &Path) -> String {
    let absolute = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
    let is_link = || absolute.symlink_metadata().map_or(true, |known| known.is_symlink());
    let resolved = match (absolute.parent(), absolute.file_name()) {
        (Some(parent), Some(name)) if is_link() => canonicalize(parent).map(|parent| parent.join(name)),
        // Also `..` at the end, the root directory, and a name in other letters than the disk has, where these are the same.
        _ => canonicalize(&absolute),
    };
    resolved.unwrap_or(absolute).components().collect::<PathBuf>().display().to_string()
}

/// systemd separates several state directories by colons, as `PATH` is.
fn first_of_list(dirs: &Path) -> PathBuf {
    std::env::split_paths(dirs).next().unwrap_or_else(|| dirs.to_owned())
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
