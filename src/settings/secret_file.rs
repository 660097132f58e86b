//! A file that holds a secret: small, regular, and never shown.

use std::{fs::File, io::Read as _, path::Path};

use super::SettingsError;

/// No file with secrets is larger (our choice; a credential has some dozens of characters).
const MAX_BYTES: u64 = 4096;

/// The text of the file; `what` is for the error.
pub(super) fn read(what: &'static str, path: &Path) -> Result<String, SettingsError> {
    let unusable = |problem| bad(what, path, problem);
    let unreadable = |source| SettingsError::CredentialFile { what, path: path.to_owned(), source };
    // A pipe would be waited for.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(unusable("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(unusable("the file is larger than 4096 bytes"));
    }
    let text = String::from_utf8(bytes).map_err(|_| unusable("it is not UTF-8"))?;
    // Some editors begin a file with a byte order mark, which would be a part of the secret.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// A file that can be read and does not hold what it should.
pub(super) fn bad(what: &'static str, path: &Path, problem: &'static str) -> SettingsError {
    SettingsError::BadCredential { what, origin: path.display().to_string(), problem }
}
