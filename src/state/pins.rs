//! What rollbacks hold against the files, per outlet. The JSON is opaque here.

use rusqlite::{Connection, OptionalExtension, params};

use super::{StateError, Store};

impl Store {
    /// The pins of an outlet (JSON), if it has any.
    pub fn pins(&self, outlet: &str) -> Result<Option<String>, StateError> {
        self.read("read the pins of an outlet", |connection| {
            let mut statement = connection.prepare_cached("SELECT pins FROM pins WHERE outlet = ?1")?;
            statement.query_row([outlet], |row| row.get(0)).optional()
        })
    }

    /// The pins of all outlets that have any, by outlet.
    pub fn all_pins(&self) -> Result<Vec<(String, String)>, StateError> {
        self.read("read the pins", |connection| {
            let mut statement = connection.prepare_cached("SELECT outlet, pins FROM pins ORDER BY outlet")?;
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })
    }

    /// Remembers the pins of an outlet (JSON); `None` drops them.
    pub fn set_pins(&mut self, outlet: &str, pins: Option<&str>) -> Result<(), StateError> {
        self.write("record the pins of an outlet", |connection| set_pins(connection, outlet, pins))
    }
}

/// Also used when a push is recorded, in its transaction.
pub(super) fn set_pins(connection: &Connection, outlet: &str, pins: Option<&str>) -> rusqlite::Result<()> {
    match pins {
        Some(pins) => {
            let sql = "INSERT OR REPLACE INTO pins (outlet, pins) VALUES (?1, ?2)";
            connection.prepare_cached(sql)?.execute(params![outlet, pins]).map(drop)
        }
        None => connection.prepare_cached("DELETE FROM pins WHERE outlet = ?1")?.execute([outlet]).map(drop),
    }
}
