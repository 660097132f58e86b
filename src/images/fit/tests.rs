//! Pictures that the tests write, and those of the fuzzer's corpus that no encoder of ours can write.

use std::{fs, path::Path};

use image::{DynamicImage, ImageEncoder as _, Rgba, codecs::webp::WebPEncoder, load_from_memory};

use super::*;
use crate::images::{Mark, judge, mark, read_mark, size, source_hash};

fn corpus(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/photo").join(name)).unwrap()
}

/// Red on the left or above, blue on the right or below.
fn halves(width: u32, height: u32) -> RgbImage {
    let is_first = |x, y| if width > height { x < width / 2 } else { y < height / 2 };
    RgbImage::from_fn(width, height, |x, y| if is_first(x, y) { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) })
}

fn png(picture: impl Into<DynamicImage>) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn webp(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    WebPEncoder::new_lossless(&mut bytes)
        .encode(picture, picture.width(), picture.height(), ExtendedColorType::Rgb8)
        .unwrap();
    bytes
}

fn fitted(bytes: &[u8], squaring: Squaring) -> RgbImage {
    let copy = fit(bytes, squaring, MOST_SIDE).unwrap();
    assert_eq!(judge(&copy, None).iter().filter(|finding| finding.code != "image-too-small").count(), 0);
    load_from_memory(&copy).unwrap().into_rgb8()
}

/// Red, blue, white or something else, which JPEG blurs.
fn color(picture: &RgbImage, x: u32, y: u32) -> &'static str {
    match picture.get_pixel(x, y).0 {
        [200..=255, 0..60, 0..60] => "red",
        [0..60, 0..60, 200..=255] => "blue",
        [240..=255, 240..=255, 240..=255] => "white",
        _ => "other",
    }
}

#[test]
fn a_crop_keeps_the_middle_and_a_pad_keeps_all() {
    let cropped = fitted(&webp(&halves(64, 32)), Squaring::Crop);
    assert_eq!(cropped.dimensions(), (32, 32));
    assert_eq!([color(&cropped, 2, 16), color(&cropped, 29, 16)], ["red", "blue"]);
    let padded = fitted(&webp(&halves(64, 32)), Squaring::Pad);
    assert_eq!(padded.dimensions(), (64, 64));
    let spots = [(2, 32), (61, 32), (32, 2), (32, 61)].map(|(x, y)| color(&padded, x, y));
    assert_eq!(spots, ["red", "blue", "white", "white"]);
}

#[test]
fn a_large_picture_is_scaled_down_and_a_small_one_is_left() {
    let side = |squaring, most| size(&fit(&png(halves(40, 60)), squaring, most).unwrap()).unwrap();
    assert_eq!([side(Squaring::Crop, 30), side(Squaring::Pad, 30)], [(30, 30), (30, 30)]);
    assert_eq!([side(Squaring::Crop, 100), side(Squaring::Pad, 100)], [(40, 40), (60, 60)]);
    // A strip of one pixel does not vanish.
    assert_eq!(size(&fit(&png(halves(400, 1)), Squaring::Pad, 20).unwrap()), Some((20, 20)));
}

#[test]
fn a_copy_is_upright_and_says_nothing_of_the_camera() {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 90);
    // Little endian, one entry: orientation 6, to be turned clockwise.
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    exif.extend_from_slice(b"GPS secret place");
    encoder.set_exif_metadata(exif).unwrap();
    let picture = halves(64, 32);
    encoder.encode(&picture, 64, 32, ExtendedColorType::Rgb8).unwrap();
    let copy = fit(&bytes, Squaring::Pad, MOST_SIDE).unwrap();
    assert!(bytes.windows(10).any(|part| part == b"GPS secret") && !copy.windows(10).any(|part| part == b"GPS secret"));
    let copy = load_from_memory(&copy).unwrap().into_rgb8();
    let spots = [(32, 2), (32, 61), (2, 32), (61, 32)].map(|(x, y)| color(&copy, x, y));
    assert_eq!(spots, ["red", "blue", "white", "white"]);
    let small = load_from_memory(&thumbnail(&bytes).unwrap()).unwrap();
    assert_eq!((small.width(), small.height()), (32, 64));
    let turned = load_from_memory(&thumbnail(&corpus("turned.webp")).unwrap()).unwrap();
    assert_eq!((turned.width(), turned.height()), (24, 16));
}

#[test]
fn what_is_transparent_becomes_white() {
    let clear = RgbaImage::from_fn(32, 32, |x, _| if x < 16 { Rgba([0, 0, 255, 255]) } else { Rgba([0, 0, 0, 0]) });
    let copy = fitted(&png(clear), Squaring::Crop);
    assert_eq!([color(&copy, 3, 16), color(&copy, 28, 16)], ["blue", "white"]);
}

#[test]
fn pictures_of_every_kind_become_copies() {
    for (name, side) in [
        ("cmyk.jpg", 16),
        ("progressive.jpg", 16),
        ("grey.jpg", 16),
        ("palette.png", 16),
        ("16_bit.png", 16),
        ("lossy.webp", 20),
        ("lossy_alpha.webp", 16),
    ] {
        assert_eq!(fitted(&corpus(name), Squaring::Crop).dimensions(), (side, side), "{name}");
    }
    let [red, _, blue] = fitted(&corpus("cmyk.jpg"), Squaring::Crop).get_pixel(1, 1).0;
    assert!(red < 100 && blue > 90, "colours are not those of a negative");
    // The first picture of an animation.
    for name in ["animated.webp", "animated.png"] {
        assert_eq!(color(&fitted(&corpus(name), Squaring::Crop), 8, 8), "red", "{name}");
    }
}

#[test]
fn what_a_file_claims_to_need_is_not_taken() {
    let large = |width, height| Err(FitError::TooLarge(width, height));
    assert_eq!(fit(&corpus("bomb.png"), Squaring::Crop, MOST_SIDE), large(60_000, 60_000));
    assert_eq!(fit(&corpus("bomb.webp"), Squaring::Crop, MOST_SIDE), large(0x3fff, 0x3fff));
    let mut jpeg = fit(&png(halves(32, 32)), Squaring::Crop, MOST_SIDE).unwrap();
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].fill(0xff);
    assert_eq!(fit(&jpeg, Squaring::Crop, MOST_SIDE), large(65_535, 65_535));
}

#[test]
fn broken_and_foreign_files_are_told_apart() {
    for name in ["cut.webp", "exif_bomb.webp"] {
        let told = fit(&corpus(name), Squaring::Crop, MOST_SIDE).unwrap_err();
        assert!(matches!(&told, FitError::Broken(_)), "{name}: {told}");
    }
    let whole = png(halves(32, 32));
    assert!(matches!(fit(&whole[..whole.len() / 2], Squaring::Crop, MOST_SIDE), Err(FitError::Broken(_))));
    for bytes in [&b""[..], b"GIF89a", b"<svg/>", b"\0\0\0\x18ftypheic"] {
        assert_eq!((fit(bytes, Squaring::Crop, MOST_SIDE), can_unpack(bytes)), (Err(FitError::Format), false));
    }
}

#[test]
fn noise_gets_a_lower_quality_and_then_fewer_pixels() {
    let mut random = fastrand::Rng::with_seed(1);
    let noise = RgbImage::from_fn(80, 80, |_, _| Rgb([random.u8(..), random.u8(..), random.u8(..)]));
    let worst = encode(&noise, 50).unwrap().len();
    assert!(worst < encode(&noise, 88).unwrap().len());
    let copy = |most| compress_to(noise.clone(), most).unwrap();
    assert_eq!([size(&copy(worst)), size(&copy(worst - 1))], [Some((80, 80)), Some((60, 60))]);
    assert!(copy(worst).len() <= worst && copy(worst - 1).len() < worst);
}

#[test]
fn a_copy_is_known_until_somebody_edits_it() {
    let copy = fit(&png(halves(32, 32)), Squaring::Pad, MOST_SIDE).unwrap();
    let marked = mark(&copy, "abc", Squaring::Pad).unwrap();
    assert_eq!(read_mark(&marked), Some(Mark { source: "abc".into(), squaring: Some(Squaring::Pad) }));
    assert_eq!((judge(&marked, None).len(), size(&marked)), (1, size(&copy)));
    assert_eq!(load_from_memory(&marked).unwrap(), load_from_memory(&copy).unwrap());
    assert_eq!(read_mark(&copy), None);
    for at in [30, marked.len() / 2, marked.len() - 3] {
        let mut edited = marked.clone();
        edited[at] ^= 1;
        assert!(read_mark(&edited).is_none_or(|known| known.source != "abc"), "{at}");
    }
    let text = format!("menusync-photos 0 crop abc {}", source_hash(&copy));
    let length = [0, u8::try_from(text.len() + 2).unwrap()];
    let older = [&copy[..20], &[0xff, 0xfe], &length, text.as_bytes(), &copy[20..]].concat();
    assert_eq!(read_mark(&older), Some(Mark { source: "abc".into(), squaring: None }));
}
