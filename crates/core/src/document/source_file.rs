use std::{
    io::{Read as _, Write as _},
    sync::Arc,
};

use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};

/// One text file of the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Relative to the root, `/` between its parts.
    pub path: Arc<str>,
    /// Its text: valid UTF-8 without a byte order mark.
    pub text: Arc<str>,
}

/// One text file of the root, compressed: a fleet has thousands, and a menu takes a tenth of its text or less. Two are equal
/// if their texts are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedFile {
    /// Relative to the root, `/` between its parts.
    pub path: Arc<str>,
    text: PackedText,
}

impl PackedFile {
    /// The file with its text.
    pub fn open(&self) -> SourceFile {
        SourceFile { path: Arc::clone(&self.path), text: self.text.open().into() }
    }
}

impl From<&SourceFile> for PackedFile {
    fn from(file: &SourceFile) -> Self {
        Self { path: Arc::clone(&file.path), text: PackedText::of(&file.text) }
    }
}

/// A text, compressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedText(Arc<[u8]>);

impl PackedText {
    /// Compresses a text: quickly rather than well, as it is not stored.
    pub fn of(text: &str) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        let packed = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
        Self(packed.expect("writing into memory does not fail").into())
    }

    /// The text.
    ///
    /// # Panics
    ///
    /// If the memory was damaged: then nothing that is known of the files can be believed.
    pub fn open(&self) -> String {
        let mut text = String::new();
        DeflateDecoder::new(&*self.0).read_to_string(&mut text).expect("what was packed here can be unpacked");
        text
    }
}
