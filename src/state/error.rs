//! What can go wrong with the state, told so that a person knows which file and what to do.

use std::path::PathBuf;

use super::PushId;

/// The words of a backend.
pub(super) type Cause = Box<dyn std::error::Error + Send + Sync>;

impl StateError {
    /// Whether others have what this process would write: they say how it stands.
    pub fn is_of_others(&self) -> bool {
        matches!(self, Self::Overtaken { .. } | Self::OlderFiles { .. })
    }
}

/// A failed use of the state. The cause, if there is one, is the error's source and not repeated in its text.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The directory or file could not be made or reached.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// A verb: `create the state directory`.
        doing: &'static str,
        /// Of what.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The system does not let this process do it there.
    #[error(
        "cannot {doing} {}; run as the user that owns the state directory, make it writable, or give another one with \
         --state-dir",
        path.display()
    )]
    Denied {
        /// A verb.
        doing: &'static str,
        /// Of what.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The file is not a sound database, or holds what this program never writes.
    #[error(
        "the state file {} is damaged (while trying to {doing}); the next start of the daemon, \
         or `menusync apply` without one, sets it aside; what is not remembered then is protected as a first contact",
        path.display()
    )]
    Corrupt {
        /// A verb.
        doing: &'static str,
        /// The database.
        path: PathBuf,
        /// The backend's words.
        source: Cause,
    },
    /// A pipe, a device, a directory, or the database of another program: opening it could hang, and it is not ours.
    #[error(
        "the state file {} is {what}; move it away (pushes to live menus are first contacts then), or give another \
         state_dir",
        path.display()
    )]
    Foreign {
        /// What is in its place.
        path: PathBuf,
        /// `a directory`
        what: &'static str,
    },
    /// A later release wrote this file.
    #[error(
        "the state {place} has version {found}, and this menusync knows versions up to {known}; use the newer menusync \
         that wrote it, or another state"
    )]
    Newer {
        /// `file PATH` or the database.
        place: String,
        /// Its version.
        found: i64,
        /// The last version known here.
        known: i64,
    },
    /// An earlier release wrote this file, and it was opened for reading only.
    #[error(
        "the state {place} has version {found}, older than {known}; a command that pushes, or restarting the daemon with \
         this menusync, brings it up to date"
    )]
    Older {
        /// `file PATH` or the database.
        place: String,
        /// Its version.
        found: i64,
        /// The version needed.
        known: i64,
    },
    /// The state cannot be read where it lies: a log that has to be merged, where this process may not write.
    #[error(
        "the state file {} has a log (-wal) beside it, and this process may not write there to read it; run as the user \
         that owns the directory, mount it writable once, or copy the directory and give it with --state-dir",
        path.display()
    )]
    ReadOnly {
        /// The database.
        path: PathBuf,
        /// The backend's words.
        source: Cause,
    },
    /// The file is not there any more, or another one is in its place.
    #[error(
        "the state file {} was removed or replaced while it was in use; put it back, or restart the daemon: nothing is sent \
         until then",
        path.display()
    )]
    Replaced {
        /// The database.
        path: PathBuf,
    },
    /// A push that is not there or already has an outcome.
    #[error("there is no unfinished push {0} in the state")]
    NoSuchPush(PushId),
    /// Another process holds the state locked for longer than is waited.
    #[error(
        "cannot {doing}: another process has locked the state {place}; wait for it or end it (`fuser {place}` names it)"
    )]
    Busy {
        /// A verb.
        doing: &'static str,
        /// The database.
        place: String,
    },
    /// The disk is full.
    #[error(
        "cannot {doing}: no space is left on the disk of the state {place}; make room there, nothing is sent until then"
    )]
    Full {
        /// A verb.
        doing: &'static str,
        /// The database, or its directory.
        place: String,
    },
    /// The database cannot be reached.
    #[error(
        "cannot {doing}: the {place} cannot be used now; nothing is sent until it answers, and all goes on by itself then"
    )]
    Away {
        /// A verb.
        doing: &'static str,
        /// The database and its host.
        place: String,
        /// The backend's words.
        source: Cause,
    },
    /// What is given as the URL of a database is none. It is a secret, so it is not shown.
    #[error(
        "the URL of the state's database (MENUSYNC_DATABASE_URL, or the file that `database_url_file` names) cannot be \
         used: {problem}; write postgres://USER:PASSWORD@HOST/DATABASE"
    )]
    Address {
        /// What is wrong with it.
        problem: String,
    },
    /// Another process has the outlet, or has had it since it was held here.
    #[error(
        "another menusync has taken outlet {outlet} over, by the {place}, as nothing was heard of this one for a while; \
         nothing more is stored or sent from here, and the next pass looks anew"
    )]
    Overtaken {
        /// Which outlet.
        outlet: String,
        /// The database.
        place: String,
    },
    /// The database took too long to say whether a call may leave: another process may have the outlet by now.
    #[error("the {place} took {seconds} s to say whether outlet {outlet} is still held here, so nothing was sent")]
    TooLate {
        /// Which outlet.
        outlet: String,
        /// The database.
        place: String,
        /// How long it took.
        seconds: u64,
    },
    /// Files that are older than those that the outlet was pushed from last.
    #[error(
        "outlet {outlet} was pushed from newer files than these{}; nothing was sent. Get the newest files (`git pull`); if \
         these are meant, a new commit makes them the newest, even one that changes a comment", by.as_ref().map(|by| format!(", by {by}")).unwrap_or_default()
    )]
    OlderFiles {
        /// Which outlet.
        outlet: String,
        /// Who has pushed it last.
        by: Option<String>,
    },
    /// A second push would begin before the first one is known to have ended.
    #[error("a push of outlet {outlet} has not ended yet; nothing was sent, and it is looked for first")]
    Unfinished {
        /// Which outlet.
        outlet: String,
    },
    /// A copy would be of a state that changes meanwhile.
    #[error("the {place} is in use by another menusync ({by}); stop it first, and wait for 12 s if it was killed")]
    InUse {
        /// The database.
        place: String,
        /// Its name for people.
        by: String,
    },
    /// Nothing is stored where a copy should come from.
    #[error("there is nothing to copy: no state is stored in {place}")]
    Nothing {
        /// The file or the database.
        place: String,
    },
    /// A copy would mix two states.
    #[error(
        "the copy was not made: {place} is not empty (its table `{table}` has rows); move that file away, or drop the \
         database's schema `menusync`, if what it stores is not needed"
    )]
    NotEmpty {
        /// The file or the database.
        place: String,
        /// The first table with rows.
        table: &'static str,
    },
    /// A copy reads otherwise than what was copied.
    #[error("the copy of {from} in {to} reads otherwise than what was copied, so it was undone; nothing has changed")]
    CopyDiffers {
        /// What was copied.
        from: String,
        /// Where to.
        to: String,
    },
    /// No answer came in time: a disk or a file system that hangs.
    #[error("the state {place} did not answer within {seconds} s")]
    Silent {
        /// The database.
        place: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// Any other failure.
    #[error("cannot {doing} in the state {place}")]
    Failed {
        /// A verb.
        doing: &'static str,
        /// The database.
        place: String,
        /// The backend's words.
        source: Cause,
    },
}

impl StateError {
    /// The error of a call of the system: what helps depends on whether it is one of rights.
    pub(super) fn of_system(doing: &'static str, path: &std::path::Path, source: std::io::Error) -> Self {
        use std::io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        let path = path.to_owned();
        match source.kind() {
            StorageFull | QuotaExceeded => Self::Full { doing, place: path.display().to_string() },
            PermissionDenied | ReadOnlyFilesystem => Self::Denied { doing, path, source },
            _ => Self::Io { doing, path, source },
        }
    }
}
