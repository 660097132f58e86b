//! How images looked when they were last fetched.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::{StateError, Store, store::At};

/// All that is remembered of one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRow {
    /// Its address.
    pub url: String,
    /// The server's name for this version of it.
    pub etag: Option<String>,
    /// When the server says that it was changed last, in the server's words.
    pub last_modified: Option<String>,
    /// When it was looked at, or the server last said that it had not changed.
    pub checked_at: Timestamp,
    /// By which version of the checks.
    pub judgement: i64,
    /// JSON: what is wrong with it.
    pub findings: String,
}

impl Store {
    /// What is remembered of the image at `url`.
    pub fn image(&self, url: &str) -> Result<Option<ImageRow>, StateError> {
        self.read("read what is known of an image", |connection| {
            let mut statement = connection.prepare_cached("SELECT * FROM images WHERE url = ?1")?;
            let row = statement.query_row([url], |row| {
                Ok(ImageRow {
                    url: row.get("url")?,
                    etag: row.get("etag")?,
                    last_modified: row.get("last_modified")?,
                    checked_at: row.get::<_, At>("checked_at")?.0,
                    judgement: row.get("judgement")?,
                    findings: row.get("findings")?,
                })
            });
            row.optional()
        })
    }

    /// Remembers how an image looked, instead of what was known of it.
    pub fn set_image(&mut self, image: &ImageRow) -> Result<(), StateError> {
        let ImageRow { url, etag, last_modified, checked_at, judgement, findings } = image;
        self.write("record how an image looked", |connection| {
            let sql = "INSERT OR REPLACE INTO images (url, etag, last_modified, checked_at, judgement, findings)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let values = params![url, etag, last_modified, At(*checked_at), judgement, findings];
            connection.prepare_cached(sql)?.execute(values).map(drop)
        })
    }
}
