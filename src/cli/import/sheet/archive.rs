//! The files within a workbook, which is a zip archive. How large they are is not believed but counted.

use std::io::{Cursor, Read};

use quick_xml::{
    Reader, XmlVersion,
    events::{BytesRef, BytesStart, Event},
};
use zip::ZipArchive;

/// How much may be unpacked in all (our choice): many times a menu of 20,000 dishes.
const MOST_UNPACKED: u64 = 100 << 20;

/// A workbook that is being read.
pub(super) struct Archive<'b> {
    zip: ZipArchive<Cursor<&'b [u8]>>,
    left: u64,
}

impl<'b> Archive<'b> {
    pub(super) fn open(bytes: &'b [u8]) -> Result<Self, String> {
        if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
            return Err("it has a password, or is in the format of Excel before 2007".to_owned());
        }
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| format!("it is no workbook: {error}"))?;
        Ok(Self { zip, left: MOST_UNPACKED })
    }

    /// A file of it as text; `None` if it is not there.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, String> {
        if self.zip.index_for_name(name).is_none() {
            return Ok(None);
        }
        let file = self.zip.by_name(name).map_err(|error| format!("its part {name} cannot be read: {error}"))?;
        let too_much = || "it unpacks to more than 100 MB".to_owned();
        if file.size() > self.left {
            return Err(too_much());
        }
        let mut bytes = Vec::new();
        let read = file.take(self.left + 1).read_to_end(&mut bytes);
        let size = read.map_err(|error| format!("its part {name} cannot be unpacked: {error}"))? as u64;
        if size > self.left {
            return Err(too_much());
        }
        self.left -= size;
        let text = String::from_utf8(bytes).map_err(|_| format!("its part {name} is not UTF-8"))?;
        Ok(Some(text))
    }
}

/// What XML says, one piece after the other.
pub(super) enum Piece<'x> {
    Start(BytesStart<'x>),
    End(String),
    Text(String),
}

/// The pieces of an XML text. A document type could define entities that grow without end, so there may be none.
pub(super) struct Xml<'x> {
    reader: Reader<&'x [u8]>,
    /// How many elements are open.
    depth: usize,
}

impl<'x> Xml<'x> {
    pub(super) fn new(text: &'x str) -> Self {
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        Self { reader, depth: 0 }
    }

    pub(super) fn next(&mut self) -> Result<Option<Piece<'x>>, String> {
        loop {
            let piece = match self.reader.read_event().map_err(|error| format!("its XML cannot be read: {error}"))? {
                Event::Start(start) => {
                    self.depth += 1;
                    Piece::Start(start)
                }
                Event::End(end) => {
                    self.depth = self.depth.saturating_sub(1);
                    Piece::End(end.local_name().into_inner().to_owned())
                }
                Event::Text(text) => Piece::Text(text.xml10_content().into_owned()),
                Event::CData(text) => Piece::Text(text.to_string()),
                Event::GeneralRef(reference) => Piece::Text(resolved(&reference)?),
                Event::DocType(_) => return Err("its XML has a document type".to_owned()),
                Event::Eof if self.depth > 0 => return Err("its XML ends too early".to_owned()),
                Event::Eof => return Ok(None),
                Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => continue,
            };
            return Ok(Some(piece));
        }
    }
}

fn resolved(reference: &BytesRef<'_>) -> Result<String, String> {
    let unknown = || format!("its XML has an unknown entity `{}`", &**reference);
    if let Some(c) = reference.resolve_char_ref().map_err(|_| unknown())? {
        return Ok(c.to_string());
    }
    let known = [("amp", "&"), ("lt", "<"), ("gt", ">"), ("quot", "\""), ("apos", "'")];
    let known = known.into_iter().find(|(name, _)| *name == &**reference);
    known.map(|(_, text)| text.to_owned()).ok_or_else(unknown)
}

/// An attribute by its name without prefix.
pub(super) fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = start.attributes();
    let found = attributes.with_checks(false).flatten().find(|found| found.key.local_name().into_inner() == name);
    let value = found?.normalized_value(XmlVersion::Implicit1_0).ok()?;
    Some(value.into_owned())
}

/// The name of an element without prefix.
pub(super) fn name_of<'s>(start: &'s BytesStart<'_>) -> &'s str {
    start.local_name().into_inner()
}
