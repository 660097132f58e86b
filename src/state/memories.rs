//! What is remembered of an outlet's last days, beside its base: one JSON that belongs to the caller.

use rusqlite::{OptionalExtension, params};

use super::{StateError, Store};

impl Store {
    /// What is remembered of the last days of the outlet `id`.
    pub fn memory(&self, id: &str) -> Result<Option<String>, StateError> {
        self.read("read what is remembered of an outlet", |connection| {
            let sql = "SELECT memory FROM memories WHERE outlet = ?1";
            connection.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()
        })
    }

    /// Remembers `memory` (JSON) of the outlet `id`.
    pub fn set_memory(&mut self, id: &str, memory: &str) -> Result<(), StateError> {
        self.write("remember something of an outlet", |connection| {
            let sql = "
                INSERT INTO memories (outlet, memory) VALUES (?1, ?2)
                ON CONFLICT (outlet) DO UPDATE SET memory = excluded.memory";
            connection.prepare_cached(sql)?.execute(params![id, memory]).map(drop)
        })
    }
}
