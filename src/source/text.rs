//! One file of the root: where it really is, what kind of thing it is, its bytes as text.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    diagnostic::{Diagnostic, Place},
    document::{MAX_FILE_BYTES, SourceFile},
    platform::paths::canonicalize,
};

/// The bytes are no text.
const ENCODING: &str = "file-encoding";
/// The text has a character that no text has.
const CONTROL_CHARACTER: &str = "control-character";

/// Why a file was not read; boxed, because it is the rare case.
pub(super) type Refusal = Box<Diagnostic>;

/// Where `path` really is. Links are followed as long as they stay in `root`, which must be without links itself.
pub(super) fn resolve(root: &Path, path: &Path) -> io::Result<Resolved> {
    let real = canonicalize(path)?;
    Ok(if real.starts_with(root) { Resolved::Inside(real) } else { Resolved::Outside(real) })
}

/// An existing path without links.
pub(super) enum Resolved {
    Inside(PathBuf),
    Outside(PathBuf),
}

/// Reads the text file `path` (relative: `name`), which must exist.
pub(super) fn read(root: &Path, path: &Path, name: &Arc<str>) -> Result<SourceFile, Refusal> {
    let real = match resolve(root, path) {
        Ok(Resolved::Inside(real)) => real,
        Ok(Resolved::Outside(real)) => return Err(outside(name, &real)),
        Err(error) => return Err(unreadable(name, &error)),
    };
    let metadata = real.metadata().map_err(|error| unreadable(name, &error))?;
    // Opening a pipe or a device could wait for ever.
    if !metadata.is_file() {
        return Err(not_a_file(name, metadata.is_dir()));
    }
    if metadata.len() > MAX_FILE_BYTES as u64 {
        return Err(too_large(name, metadata.len()));
    }
    let bytes = read_at_most(&real, MAX_FILE_BYTES as u64).map_err(|error| unreadable(name, &error))?;
    if bytes.len() > MAX_FILE_BYTES {
        return Err(too_large(name, bytes.len() as u64));
    }
    decoded(&bytes, name)
}

/// The file's bytes, one more than `limit` if it is longer.
pub(super) fn read_at_most(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The file `name` whose content is `bytes`.
pub(super) fn decoded(bytes: &[u8], name: &Arc<str>) -> Result<SourceFile, Refusal> {
    Ok(SourceFile { path: Arc::clone(name), text: text(bytes, name)?.into() })
}

fn text<'b>(bytes: &'b [u8], name: &Arc<str>) -> Result<&'b str, Refusal> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(encoding(Place::start_of(name), "this file is UTF-16".into()));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let good = |end| std::str::from_utf8(&bytes[..end]).unwrap_or_default();
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        encoding(place_after(good(at), name), format!("byte 0x{:02X} is not UTF-8", bytes[at]))
    })?;
    let Some(at) = text.find('\0') else { return Ok(text) };
    let nul = Diagnostic::error(CONTROL_CHARACTER, place_after(&text[..at], name), "a NUL character in the text");
    Err(Box::new(nul.help("remove it; a file with many of them is no text file")))
}

/// Whether another text in its place mends why a file was refused.
pub(super) fn can_be_mended(refused: &Diagnostic) -> bool {
    [ENCODING, CONTROL_CHARACTER].contains(&refused.code)
}

/// The place of the character that follows `before`.
fn place_after(before: &str, name: &Arc<str>) -> Place {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let line = count(before.matches('\n').count() + 1);
    let column = count(before.rsplit('\n').next().unwrap_or_default().chars().count() + 1);
    Place { file: Arc::clone(name), line, column, end_line: line, end_column: column.saturating_add(1) }
}

fn encoding(place: Place, message: String) -> Refusal {
    Box::new(Diagnostic::error(ENCODING, place, message).help("save the file as UTF-8"))
}

pub(super) fn unreadable(name: &Arc<str>, error: &io::Error) -> Refusal {
    let help = match error.kind() {
        io::ErrorKind::PermissionDenied => "let the user that menusync runs as read it",
        io::ErrorKind::NotFound => "mend or remove the link: what it leads to does not exist",
        _ => "mend or remove it; what it held stays live until then",
    };
    Box::new(
        Diagnostic::error("file-unreadable", Place::start_of(name), format!("cannot read `{name}`: {error}"))
            .help(help),
    )
}

pub(super) fn outside(name: &Arc<str>, real: &Path) -> Refusal {
    let message = format!("`{name}` is a link that leads out of the root, to {}", real.display());
    Box::new(Diagnostic::error("outside-root", Place::start_of(name), message).help("put the file itself here"))
}

fn not_a_file(name: &Arc<str>, directory: bool) -> Refusal {
    let (message, help) = if directory {
        ("is a directory with the name of a file", "rename it, without the ending")
    } else {
        ("is not a regular file", "remove it, or put a regular file here")
    };
    Box::new(Diagnostic::error("file-unreadable", Place::start_of(name), format!("`{name}` {message}")).help(help))
}

pub(super) fn too_large(name: &Arc<str>, bytes: u64) -> Refusal {
    let message = format!("`{name}` has {bytes} bytes, at most {MAX_FILE_BYTES} are read");
    Box::new(Diagnostic::error("file-too-large", Place::start_of(name), message).help("split it into layers"))
}
