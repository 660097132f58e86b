//! The examples of the rule table as files: what stands in them, and what a line says about a file that cannot stand there.
//!
//! A part begins with a line `# PATH` or `# PATH: NOTE`; without such a line all of it is one file. A note says how the file
//! differs from the text below the line ([`Part::bytes`]), or what a server answers; a note that is not known is a mistake.

#![allow(dead_code, unreachable_pub)] // each test target uses a part

/// One part of an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// A path below the root, an address, or what is no file at all.
    pub path: String,
    /// What is said about it.
    pub note: Option<String>,
    /// The text below the line.
    pub text: String,
}

/// The parts of an example.
pub fn parts(example: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for line in example.split_inclusive('\n') {
        match (head(line.trim_end()), parts.last_mut()) {
            (Some((path, note)), _) => parts.push(Part { path, note, text: String::new() }),
            (None, Some(part)) => part.text.push_str(line),
            (None, None) => {
                parts.push(Part { path: "catalogs/example.yaml".into(), note: None, text: line.to_owned() });
            }
        }
    }
    parts
}

/// The path and the note of a line that begins a part.
fn head(line: &str) -> Option<(String, Option<String>)> {
    let line = line.strip_prefix("# ")?;
    let begins = ["catalogs/", "approvals/", "photos/", "menusync.yaml", "https://", "asked for"];
    begins.iter().find(|begin| line.starts_with(**begin))?;
    Some(match line.rsplit_once(": ") {
        Some((path, note)) => (path.to_owned(), Some(note.to_owned())),
        None => (line.to_owned(), None),
    })
}

impl Part {
    /// The bytes of the file.
    pub fn bytes(&self) -> Vec<u8> {
        let text = &self.text;
        match self.note.as_deref() {
            None => text.clone().into_bytes(),
            Some("saved as Windows-1252") => text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect(),
            Some("9 MiB of comments follow") => {
                [text.as_bytes(), "# more\n".repeat(9 * 1024 * 1024 / 7).as_bytes()].concat()
            }
            Some("10,001 such items") => {
                let (begin, last) = text.trim_end().rsplit_once('\n').unwrap();
                format!("{begin}\n{}", format!("{last}\n").repeat(10_001)).into_bytes()
            }
            Some(picture) => picture_of(picture).unwrap_or_else(|| panic!("no such note: {picture}")),
        }
    }
}

/// A PNG of which it is said: `400 × 400 pixels`, and perhaps `, 2 MB`, or `, cut off`.
pub fn picture_of(note: &str) -> Option<Vec<u8>> {
    let (size, more) = note.split_once(" pixels")?;
    let (width, height) = size.split_once(" × ")?;
    let mut png = png(width.parse().ok()?, height.parse().ok()?);
    match more {
        "" => {}
        ", 2 MB" => png.resize(2_000_000, 0),
        ", cut off" => png.truncate(png.len() / 2),
        _ => return None,
    }
    Some(png)
}

/// A PNG that says it has this size.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut png = include_bytes!("../images/good.png").to_vec();
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    png
}
