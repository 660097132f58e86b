//! A copy of a picture that GoFood takes: a square JPEG, small enough, upright, with nothing in it but the picture. What is
//! unpacked is foreign, so its size is looked at before memory is taken for it.

use std::{io::Cursor, panic::catch_unwind};

use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageFormat, ImageReader, Limits, Rgb, RgbImage, RgbaImage,
    codecs::jpeg::JpegEncoder,
    guess_format,
    imageops::{self, FilterType},
    metadata::Orientation,
};

use super::content::SURE_BYTES;

/// The most pixels that are unpacked (our choice: cameras of today; up to half a gigabyte of memory while it lasts).
const MOST_PIXELS: u64 = 50_000_000;
/// The most bytes that an unpacked picture may take.
const MOST_UNPACKED: u64 = 256 * 1024 * 1024;
/// The largest side of a copy (our choice: sharp on the phones of today).
pub const MOST_SIDE: u32 = 1200;
/// Tried one after the other until the copy is small enough (our choice).
const QUALITIES: [u8; 5] = [88, 80, 70, 60, 50];
/// Less than GoFood's limit, so that the mark has room.
const MOST_BYTES: usize = SURE_BYTES - 1000;
/// Of a thumbnail (our choice).
const THUMBNAIL: (u32, u8) = (240, 70);
const WHITE: Rgb<u8> = Rgb([255; 3]);

/// How a picture becomes a square.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Squaring {
    /// What is left and right, or above and below, of its middle goes.
    Crop,
    /// White is put beside it.
    Pad,
}

impl Squaring {
    pub(super) const ALL: [Self; 2] = [Self::Crop, Self::Pad];

    /// The word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Crop => "crop",
            Self::Pad => "pad",
        }
    }
}

/// Why there is no copy.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FitError {
    /// Not one of the formats that are unpacked.
    #[error("menusync unpacks JPEG, PNG and WebP only: save it as one of these")]
    Format,
    /// So large that it may be meant to exhaust memory.
    #[error("it has {0} × {1} pixels, of which at most {most} million are unpacked: save it smaller", most = MOST_PIXELS / 1_000_000)]
    TooLarge(u32, u32),
    /// It ends, or makes no sense, somewhere.
    #[error("it is broken ({0}): save it again, or take the original")]
    Broken(String),
}

/// Whether bytes begin as a format that is unpacked.
pub fn can_unpack(bytes: &[u8]) -> bool {
    format_of(bytes).is_some()
}

/// A square JPEG of at most 1 MB and `most_side` pixels. A smaller picture is not blown up.
pub fn fit(bytes: &[u8], squaring: Squaring, most_side: u32) -> Result<Vec<u8>, FitError> {
    let (picture, orientation) = unpack(bytes)?;
    let square = match squaring {
        Squaring::Crop => crop(picture, most_side),
        Squaring::Pad => pad(opaque(picture), most_side),
    };
    compress_to(upright(square, orientation), MOST_BYTES)
}

/// A small JPEG of the whole picture.
pub fn thumbnail(bytes: &[u8]) -> Result<Vec<u8>, FitError> {
    let (picture, orientation) = unpack(bytes)?;
    let (side, quality) = THUMBNAIL;
    let small = if picture.width().max(picture.height()) > side { picture.thumbnail(side, side) } else { picture };
    encode(&upright(opaque(small), orientation), quality)
}

// ── unpacking ──

fn format_of(bytes: &[u8]) -> Option<ImageFormat> {
    let known = |format: &ImageFormat| matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP);
    guess_format(bytes).ok().filter(known)
}

/// The first picture of an animation. A decoder that panics has met a broken file: the others go on.
fn unpack(bytes: &[u8]) -> Result<(DynamicImage, Orientation), FitError> {
    catch_unwind(|| unpack_unguarded(bytes)).unwrap_or_else(|_| Err(FitError::Broken("it cannot be understood".into())))
}

fn unpack_unguarded(bytes: &[u8]) -> Result<(DynamicImage, Orientation), FitError> {
    let format = format_of(bytes).ok_or(FitError::Format)?;
    let bytes = if format == ImageFormat::WebP { checked_webp(bytes)? } else { bytes };
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_UNPACKED);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    if decoder.total_bytes() > MOST_UNPACKED {
        return Err(FitError::TooLarge(width, height));
    }
    // What cannot be read of the orientation is as if it were not there.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    Ok((DynamicImage::from_decoder(decoder).map_err(broken)?, orientation))
}

fn broken(error: image::ImageError) -> FitError {
    FitError::Broken(error.to_string().chars().filter(|c| !c.is_control()).take(120).collect())
}

fn check_size(width: u32, height: u32) -> Result<(), FitError> {
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(FitError::TooLarge(width, height));
    }
    Ok(())
}

/// Without what follows the end that the header gives: it is no part of the picture.
fn checked_webp(bytes: &[u8]) -> Result<&[u8], FitError> {
    let breaks_off = || FitError::Broken("it breaks off".to_owned());
    let [_, _, _, _, a, b, c, d, ..] = bytes else { return Err(breaks_off()) };
    let end = usize::try_from(u32::from_le_bytes([*a, *b, *c, *d])).unwrap_or(usize::MAX).saturating_add(8);
    let bytes = &bytes[..end.min(bytes.len())];
    check_chunks(bytes.get(12..).ok_or_else(breaks_off)?)?;
    Ok(bytes)
}

/// The decoder takes memory for as many bytes as a chunk claims to have, and for as many pixels as a frame claims, whatever
/// the header of the file says.
fn check_chunks(mut chunks: &[u8]) -> Result<(), FitError> {
    while let [a, b, c, d, size @ ..] = chunks.get(..8).unwrap_or_default() {
        let length = size.try_into().map(u32::from_le_bytes).map_or(usize::MAX, |size| size as usize);
        let rest = &chunks[8..];
        let Some(content) = rest.get(..length) else { return Err(FitError::Broken("it breaks off".to_owned())) };
        match (&[*a, *b, *c, *d], content) {
            (b"ANMF", frame) => check_chunks(frame.get(16..).unwrap_or_default())?,
            (b"VP8 ", [_, _, _, _, _, _, w1, w2, h1, h2, ..]) => {
                let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
                check_size(side(*w1, *w2), side(*h1, *h2))?;
            }
            (b"VP8L", [_, s1, s2, s3, s4, ..]) => {
                let sides = u32::from_le_bytes([*s1, *s2, *s3, *s4]);
                check_size((sides & 0x3fff) + 1, ((sides >> 14) & 0x3fff) + 1)?;
            }
            _ => {}
        }
        chunks = rest.get(length + length % 2..).unwrap_or_default();
    }
    Ok(())
}

// ── form ──

/// On white, as JPEG knows no transparency.
fn opaque(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let picture: RgbaImage = picture.into_rgba8();
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [red, green, blue, alpha] = picture.get_pixel(x, y).0.map(u32::from);
        let on_white = |part: u32| u8::try_from((part * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX);
        Rgb([on_white(red), on_white(green), on_white(blue)])
    })
}

fn crop(picture: DynamicImage, most_side: u32) -> RgbImage {
    let (width, height) = (picture.width(), picture.height());
    let side = width.min(height);
    let square = if width == height {
        opaque(picture)
    } else {
        opaque(picture.crop_imm((width - side) / 2, (height - side) / 2, side, side))
    };
    scale(square, most_side)
}

fn pad(picture: RgbImage, most_side: u32) -> RgbImage {
    let small = scale(picture, most_side);
    let side = small.width().max(small.height());
    if small.width() == small.height() {
        return small;
    }
    let mut square = RgbImage::from_pixel(side, side, WHITE);
    let (left, above) = ((side - small.width()) / 2, (side - small.height()) / 2);
    imageops::replace(&mut square, &small, left.into(), above.into());
    square
}

/// So that no side has more than `most`.
fn scale(picture: RgbImage, most: u32) -> RgbImage {
    let longest = picture.width().max(picture.height());
    if longest <= most {
        return picture;
    }
    let scaled =
        |side: u32| u32::try_from(u64::from(side) * u64::from(most) / u64::from(longest)).unwrap_or(most).max(1);
    imageops::resize(&picture, scaled(picture.width()), scaled(picture.height()), FilterType::Lanczos3)
}

/// As the camera was held.
fn upright(picture: RgbImage, orientation: Orientation) -> RgbImage {
    let mut picture = DynamicImage::ImageRgb8(picture);
    picture.apply_orientation(orientation);
    picture.into_rgb8()
}

// ── packing ──

/// As good as it can be; what no quality makes small enough (noise) gets fewer pixels.
fn compress_to(mut picture: RgbImage, most: usize) -> Result<Vec<u8>, FitError> {
    loop {
        for quality in QUALITIES {
            let jpeg = encode(&picture, quality)?;
            if jpeg.len() <= most {
                return Ok(jpeg);
            }
        }
        let most_side = picture.width() * 3 / 4;
        picture = scale(picture, most_side);
    }
}

fn encode(picture: &RgbImage, quality: u8) -> Result<Vec<u8>, FitError> {
    let mut jpeg = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, quality);
    encoder.encode(picture, picture.width(), picture.height(), ExtendedColorType::Rgb8).map_err(broken)?;
    Ok(jpeg)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
