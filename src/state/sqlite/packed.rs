//! Long texts, compressed: a menu takes a tenth of its JSON or less.

use std::io::{Read as _, Write as _};

use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use rusqlite::{
    Connection,
    functions::FunctionFlags,
    types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef},
};

/// No text is longer when unpacked; more is damage.
const MOST_BYTES: u64 = 1 << 28;

/// A text that is to be stored compressed.
pub(super) struct Packed<'t>(pub(super) &'t str);

/// A text that was stored so.
pub(super) struct Unpacked(pub(super) String);

impl ToSql for Packed<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        packed(self.0).map(Into::into)
    }
}

fn packed(text: &str) -> rusqlite::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let done = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
    done.map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

impl FromSql for Unpacked {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let mut text = String::new();
        let read = ZlibDecoder::new(value.as_blob()?).take(MOST_BYTES + 1).read_to_string(&mut text);
        match read.map_err(FromSqlError::other)? as u64 {
            0..=MOST_BYTES => Ok(Self(text)),
            _ => Err(FromSqlError::Other(format!("a text of more than {MOST_BYTES} bytes").into())),
        }
    }
}

/// Lets the steps of a migration say `packed(column)`.
pub(super) fn register_functions(connection: &Connection) -> rusqlite::Result<()> {
    connection.create_scalar_function("packed", 1, FunctionFlags::SQLITE_UTF8, |arguments| {
        let text: Option<String> = arguments.get(0)?;
        text.map(|text| packed(&text)).transpose()
    })
}
