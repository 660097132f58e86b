//! What a copy of a photo says of itself, in a comment of the JPEG: which bytes it was made of, and what it held when it was
//! written. So a copy is known again, and one that somebody has edited since is not taken for it.

use sha2::{Digest as _, Sha256};

use super::fit::Squaring;

/// Counts up when the same photo becomes another copy.
const VERSION: &str = "1";
const NAME: &str = "menusync-photos";

/// What an unchanged copy was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// [`source_hash`] of the original.
    pub source: String,
    /// How it became a square; `None`: by another release, which may have done it otherwise.
    pub squaring: Option<Squaring>,
}

/// The hash by which an original is known.
pub fn source_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The copy `jpeg` with a mark; `None` if it does not begin as the encoder begins.
pub fn mark(jpeg: &[u8], source: &str, squaring: Squaring) -> Option<Vec<u8>> {
    let (head, rest) = jpeg.split_at_checked(head_length(jpeg)?)?;
    let text = format!("{NAME} {VERSION} {} {source} {}", squaring.word(), source_hash(jpeg));
    let length = u16::try_from(text.len() + 2).ok()?.to_be_bytes();
    Some([head, &[0xff, 0xfe], &length, text.as_bytes(), rest].concat())
}

/// The mark of a copy that is as it was written.
pub fn read_mark(bytes: &[u8]) -> Option<Mark> {
    let (head, rest) = bytes.split_at_checked(head_length(bytes)?)?;
    let [0xff, 0xfe, high, low, rest @ ..] = rest else { return None };
    let length = usize::from(u16::from_be_bytes([*high, *low])).checked_sub(2)?;
    let (text, rest) = rest.split_at_checked(length)?;
    let words: Vec<&str> = std::str::from_utf8(text).ok()?.split(' ').collect();
    let [NAME, version, squaring, source, content] = words[..] else { return None };
    if content != source_hash(&[head, rest].concat()) {
        return None;
    }
    let squaring = Squaring::ALL.into_iter().find(|known| known.word() == squaring && version == VERSION);
    Some(Mark { source: source.to_owned(), squaring })
}

/// Up to the end of the first segment: JFIF wants its own to come first.
fn head_length(jpeg: &[u8]) -> Option<usize> {
    let [0xff, 0xd8, 0xff, 0xe0, high, low, ..] = jpeg else { return None };
    Some(4 + usize::from(u16::from_be_bytes([*high, *low])))
}
