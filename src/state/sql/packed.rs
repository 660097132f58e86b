//! Long texts, compressed: a menu takes a tenth of its JSON or less.

use std::io::{Read as _, Write as _};

use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};

use super::value::{BadValue, Parameter};

/// No text is longer when unpacked; more is damage.
const MOST_BYTES: u64 = 1 << 28;

/// What is stored of a text.
pub(in crate::state) fn pack(text: &str) -> std::io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes())?;
    encoder.finish()
}

/// The same for a statement.
pub(super) fn packed(text: &str) -> Result<Parameter<'static>, BadValue> {
    let packed = pack(text);
    packed
        .map(Parameter::from)
        .map_err(|error| BadValue { column: "a long text".to_owned(), problem: error.to_string() })
}

/// The text of which that was stored.
pub(super) fn unpack(bytes: &[u8]) -> Result<String, String> {
    let mut text = String::new();
    let read = ZlibDecoder::new(bytes).take(MOST_BYTES + 1).read_to_string(&mut text);
    match read.map_err(|error| error.to_string())? as u64 {
        0..=MOST_BYTES => Ok(text),
        _ => Err(format!("a text of more than {MOST_BYTES} bytes")),
    }
}
