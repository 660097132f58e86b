//! Asking the system for events (inotify on Linux), and telling apart those that may mean something.
//!
//! The root is watched recursively; the directories above it that hold its name, or the name of a link on the way to it,
//! are watched for these names only, because a root that is replaced or a link that is turned gives no event inside.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    path::{Path, PathBuf},
    sync::Arc,
};

use notify::{
    Config, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{AccessKind, AccessMode},
};

use super::signal::Signal;
use crate::platform::paths::canonicalize;

/// How a subscription is opened.
pub(super) type Open = Box<dyn FnMut(&Path, Arc<Signal>) -> notify::Result<Subscription> + Send>;

/// An open subscription; ends when dropped.
#[derive(Debug)]
pub(super) struct Subscription {
    _watcher: RecommendedWatcher,
}

impl Subscription {
    /// Subscribes `signal` to what happens in and to `root`, an absolute path.
    pub(super) fn open(root: &Path, signal: Arc<Signal>) -> notify::Result<Self> {
        let filter = Filter { root: canonicalize(root)?, names: names_above(root) };
        let (real, names) = (filter.root.clone(), filter.names.clone());
        // Links are not followed: one to `/` would watch the whole machine.
        let config = Config::default().with_follow_symlinks(false);
        let mut watcher = RecommendedWatcher::new(move |event| filter.tell(event, &signal), config)?;
        watcher.watch(&real, RecursiveMode::Recursive)?;
        for above in names.iter().filter_map(|name| name.parent()).collect::<BTreeSet<_>>() {
            if let Err(error) = watcher.watch(above, RecursiveMode::NonRecursive) {
                tracing::debug!(directory = %above.display(), %error, "cannot watch above the root");
            }
        }
        Ok(Self { _watcher: watcher })
    }
}

/// The names whose turning makes `root` another directory, each with its directory resolved.
fn names_above(root: &Path) -> BTreeSet<PathBuf> {
    let given = root.ancestors().filter(|path| *path == root || path.is_symlink()).map(Path::to_owned);
    given.chain(canonicalize(root)).filter_map(|path| resolve_parent(&path)).collect()
}

fn resolve_parent(path: &Path) -> Option<PathBuf> {
    Some(canonicalize(path.parent()?).ok()?.join(path.file_name()?))
}

struct Filter {
    root: PathBuf,
    names: BTreeSet<PathBuf>,
}

impl Filter {
    fn tell(&self, event: notify::Result<Event>, signal: &Signal) {
        match event {
            Ok(event) if event.need_rescan() => signal.lost(),
            Ok(event) if self.matters(&event) => signal.event(),
            Ok(_) => {}
            Err(error) => {
                tracing::debug!(%error, "watching files");
                signal.lost();
            }
        }
    }

    fn matters(&self, event: &Event) -> bool {
        let kind = match event.kind {
            // Reading our own files must not wake us for ever.
            EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
            _ => true,
        };
        kind && (event.paths.is_empty() || event.paths.iter().any(|path| self.concerns(path)))
    }

    fn concerns(&self, path: &Path) -> bool {
        let inside = path.strip_prefix(&self.root).is_ok_and(|path| path.iter().all(is_visible));
        inside || self.names.contains(path)
    }
}

/// Dot-names (`.git`, swap files) are noise, but for those with two dots: mounted config maps are turned by `..data`.
fn is_visible(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    !name.starts_with(b".") || name.starts_with(b"..")
}
