//! Copies beside their originals: which names they may have, and that nothing else is ever overwritten.

use std::path::{Path, PathBuf};

use crate::{
    cli::{atomic, command_error::CommandError},
    images::{Mark, read_mark},
    source::read_photo_copy,
};

/// How many names are tried (our choice).
const MOST_NAMES: u32 = 9;

/// A copy that an earlier run made of the same bytes, and that nobody has edited since.
pub(super) struct Known {
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
    pub(super) mark: Mark,
}

/// What stands beside an original.
#[derive(Default)]
pub(super) struct Beside {
    pub(super) known: Option<Known>,
    /// The first name that nothing has.
    free: Option<PathBuf>,
}

impl Beside {
    /// Looks beside `original`, whose bytes have the hash `source`.
    pub(super) fn look(original: &Path, source: &str) -> Self {
        let mut beside = Self::default();
        for path in names(original) {
            if path.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
                beside.free.get_or_insert(path);
            } else if let Some((bytes, mark)) = read(&path, source) {
                beside.known = Some(Known { path, bytes, mark });
                break;
            }
        }
        beside
    }

    /// Writes a copy, in the place of the known one if there is one, and says where.
    pub(super) fn write(self, source: &str, copy: &[u8]) -> Result<PathBuf, CommandError> {
        let is_ours = |now: &[u8]| read_mark(now).is_some_and(|mark| mark.source == source);
        match (self.known, self.free) {
            (Some(Known { path, .. }), _) => atomic::replace_if(&path, is_ours, copy).map(|()| path),
            (None, Some(path)) => atomic::create(&path, copy).map(|()| path),
            (None, None) => Err(CommandError::Refused("every name that a copy may have is taken".to_owned())),
        }
    }
}

fn read(path: &Path, source: &str) -> Option<(Vec<u8>, Mark)> {
    let bytes = read_photo_copy(path)?;
    let mark = read_mark(&bytes).filter(|mark| mark.source == source)?;
    Some((bytes, mark))
}

/// `ng.jpg`, `ng-fit.jpg`, `ng-fit-2.jpg`, … but not the original's own, which some file systems have in any case.
fn names(original: &Path) -> impl Iterator<Item = PathBuf> {
    let own = original.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = original.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let ends =
        ["".to_owned(), "-fit".to_owned()].into_iter().chain((2..MOST_NAMES).map(|number| format!("-fit-{number}")));
    let names = ends.map(move |end| format!("{stem}{end}.jpg"));
    names.filter(move |name| !name.eq_ignore_ascii_case(&own)).map(|name| original.with_file_name(name))
}
