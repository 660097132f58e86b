//! What the bytes of an image say: its type, whether it is whole, its size and form. Only headers are read; a picture is
//! never unpacked, so a small file cannot ask for much memory.

use super::Finding;
use crate::{diagnostic::Severity, source::MAX_IMAGE_BYTES};

/// Above this an image is too large, whatever GoFood means by 1 MB.
pub(super) const MAX_BYTES: usize = MAX_IMAGE_BYTES as usize;
/// Above this it may be too large.
pub(super) const SURE_BYTES: usize = 1_000_000;
/// The least width and height (our choice: smaller pictures look blurred on today's phones).
const LEAST_PIXELS: u32 = 400;
/// How much width and height may differ and still count as a square (our choice: scaling rounds).
const TOLERANCE_PERCENT: u64 = 1;

/// What a file was found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Picture {
    /// A whole picture of this width and height in pixels.
    Whole(u32, u32),
    /// It ends before its end marker.
    Truncated,
    /// It begins as a picture, but its headers make no sense.
    Broken,
}

/// What a JPEG or PNG was found to be, with its name; `None`: it is neither.
fn picture(bytes: &[u8]) -> Option<(&'static str, Picture)> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', rest @ ..] => Some(("PNG", png(rest))),
        [0xff, 0xd8, 0xff, ..] => Some(("JPEG", jpeg(&bytes[2..]))),
        _ => None,
    }
}

/// Width and height of a whole JPEG or PNG, in pixels.
pub fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    match picture(bytes)? {
        (_, Picture::Whole(width, height)) => Some((width, height)),
        _ => None,
    }
}

/// Everything that is wrong with an image. `declared` is the content type that its server gives, if it was fetched.
pub fn judge(bytes: &[u8], declared: Option<&str>) -> Vec<Finding> {
    let Some((name, picture)) = picture(bytes) else { return vec![wrong_type(bytes, declared)] };
    let mut findings: Vec<Finding> = too_large(bytes.len()).into_iter().collect();
    findings.extend(declared.and_then(|declared| wrongly_declared(name, declared)));
    match picture {
        Picture::Whole(width, height) => findings.extend(wrong_form(width, height)),
        Picture::Truncated => findings.push(Finding::new(
            "image-truncated",
            format!("the {name} breaks off before its end, after {} bytes", bytes.len()),
            "upload the whole file again",
        )),
        Picture::Broken => findings.push(Finding::new(
            "image-type",
            format!("the file begins like a {name}, but is none"),
            "save the picture again as JPEG or PNG",
        )),
    }
    findings
}

/// The finding on an image of so many bytes, or of more than [`MAX_BYTES`] if it was not read to its end.
pub(super) fn too_large(bytes: usize) -> Option<Finding> {
    let finding = |message: String| {
        Finding::new("image-too-large", message, "save it smaller: fewer pixels, or stronger JPEG compression")
    };
    if bytes > MAX_BYTES {
        return Some(finding("the image is larger than 1 MB, which GoFood refuses".to_owned()));
    }
    (bytes > SURE_BYTES).then(|| {
        let finding = finding(format!("the image has {bytes} bytes; GoFood's limit of 1 MB may mean {SURE_BYTES}"));
        Finding { severity: Severity::Warning, ..finding }
    })
}

fn wrong_type(bytes: &[u8], declared: Option<&str>) -> Finding {
    // What git shows where the picture itself was not fetched (specification of Git LFS).
    if bytes.starts_with(b"version https://git-lfs.github.com/spec/") {
        let message = "the file is a pointer of Git LFS, not the picture itself".to_owned();
        return Finding::new("image-type", message, "run `git lfs pull` where menusync reads the files");
    }
    let found = match bytes {
        [] => "is empty",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "is a WebP",
        [b'G', b'I', b'F', b'8', ..] => "is a GIF",
        [b'B', b'M', ..] => "is a BMP",
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => "is a TIFF",
        [_, _, _, _, b'f', b't', b'y', b'p', b'a', b'v', b'i', ..] => "is an AVIF",
        [_, _, _, _, b'f', b't', b'y', b'p', b'h' | b'm', ..] => "is a HEIC",
        text if is_markup(text) => "is a web page or an SVG",
        _ => "is no picture that is known here",
    };
    let declared = declared.map(|declared| format!(" (its server says `{}`)", short(declared))).unwrap_or_default();
    let message = format!("the file {found}{declared}; GoFood takes JPEG and PNG only");
    Finding::new("image-type", message, "give the address of the JPEG or PNG itself, or convert it to one")
}

fn is_markup(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}

fn wrongly_declared(name: &str, declared: &str) -> Option<Finding> {
    let essence = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let right = match name {
        "PNG" => essence == "image/png",
        _ => essence == "image/jpeg" || essence == "image/jpg",
    };
    let wanted = if name == "PNG" { "image/png" } else { "image/jpeg" };
    (!right).then(|| {
        let message = format!("the server calls this {name} `{}`", short(declared));
        Finding::new("image-content-type", message, format!("make the server send `Content-Type: {wanted}`"))
    })
}

fn wrong_form(width: u32, height: u32) -> Vec<Finding> {
    let (least, most) = (width.min(height), width.max(height));
    let mut findings = Vec::new();
    if u64::from(most - least) * 100 > u64::from(most) * TOLERANCE_PERCENT {
        let message = format!("the image has {width} × {height} pixels; GoFood wants a square");
        findings.push(Finding::new("image-ratio", message, format!("crop it, for example to {least} × {least}")));
    }
    if least < LEAST_PIXELS {
        let message =
            format!("the image has {width} × {height} pixels; at least {LEAST_PIXELS} × {LEAST_PIXELS} look sharp");
        findings.push(Finding::new(
            "image-too-small",
            message,
            "take a larger picture; scaling this one up does not help",
        ));
    }
    findings
}

/// At most 60 characters of what a server says.
fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}

// ── PNG ──

/// After the signature: the first chunk is `IHDR`, the last is `IEND` (PNG specification).
fn png(bytes: &[u8]) -> Picture {
    const END: &[u8] = b"IEND\xae\x42\x60\x82";
    let Some(header) = bytes.get(..16) else { return Picture::Truncated };
    let number = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let (width, height) = (number(8), number(12));
    if &header[4..8] != b"IHDR" || width == 0 || height == 0 {
        return Picture::Broken;
    }
    // Some programs append data of their own after the end.
    let whole = bytes.windows(END.len()).rev().any(|window| window == END);
    if whole { Picture::Whole(width, height) } else { Picture::Truncated }
}

// ── JPEG ──

/// After the start marker: segments with lengths, among them the frame with the size; then the scan, in which `FF D9` is
/// nothing but the end (JPEG specification). A thumbnail inside of a segment has an end marker too: that one is stepped
/// over.
fn jpeg(mut bytes: &[u8]) -> Picture {
    let mut size = None;
    loop {
        let (marker, rest) = match bytes {
            // Markers may be padded.
            [0xff, 0xff, ..] => {
                bytes = &bytes[1..];
                continue;
            }
            [0xff, marker, rest @ ..] => (*marker, rest),
            [] | [0xff] => return Picture::Truncated,
            _ => return Picture::Broken,
        };
        let [high, low, ..] = rest else { return Picture::Truncated };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let Some(segment) = rest.get(2..length.max(2)) else { return Picture::Truncated };
        if is_frame(marker) {
            size = frame(segment);
        }
        if marker == 0xda {
            let whole = rest[length.max(2)..].windows(2).rev().any(|window| window == [0xff, 0xd9]);
            return match size {
                None => Picture::Broken,
                Some(_) if !whole => Picture::Truncated,
                Some((width, height)) => Picture::Whole(width, height),
            };
        }
        bytes = &rest[length.max(2)..];
    }
}

/// The start-of-frame markers of all codings; C4, C8 and CC are other things.
fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}

/// Precision, height, width.
fn frame(segment: &[u8]) -> Option<(u32, u32)> {
    let [_, h1, h2, w1, w2, ..] = segment else { return None };
    let (height, width) = (u16::from_be_bytes([*h1, *h2]), u16::from_be_bytes([*w1, *w2]));
    (height > 0 && width > 0).then(|| (u32::from(width), u32::from(height)))
}
