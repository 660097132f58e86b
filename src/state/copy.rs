//! A state that moves from a file into a database, or back. The copy is one transaction in the place that it goes to: it is
//! there as a whole, read back and found to be the same, or not at all.

use std::path::Path;

use secrecy::SecretString;

use super::{
    DaemonLock, StateError,
    postgres::with_database,
    sql::{self, Copied},
    sqlite::with_file,
};

/// From where to where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the file in the state directory into the database.
    IntoDatabase,
    /// From the database into a file in the state directory.
    IntoFile,
}

/// Copies all that is stored, of all platforms. Refused where the other place is not empty, or another machine pushes by the
/// database. `root_of` gives the name by which a root is known in the other place. Blocks.
pub fn copy(
    direction: Direction,
    dir: &Path,
    url: &SecretString,
    root_of: impl Fn(&str) -> String,
    _lock: &DaemonLock,
) -> Result<Copied, StateError> {
    let is_into_file = direction == Direction::IntoFile;
    with_file(dir, is_into_file, |file| {
        with_database(url, dir, !is_into_file, async |database| match direction {
            Direction::IntoDatabase => sql::copy(file, database, &root_of).await,
            Direction::IntoFile => sql::copy(database, file, &root_of).await,
        })
    })
}
