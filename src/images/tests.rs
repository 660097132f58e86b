//! What counts as public, what the bytes of pictures say, and names that lead where they must not.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::*;
use crate::settings::Images;

const GOOD_PNG: &[u8] = include_bytes!("../../tests/images/good.png");

fn codes(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.code).collect()
}

fn judged(bytes: &[u8]) -> Vec<&'static str> {
    codes(&judge(bytes, None))
}

#[test]
fn only_public_addresses_are_public() {
    let public = [
        "1.1.1.1",
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "198.17.0.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2001:4860::8888",
        "2001:200::1",
        "64:ff9b::8.8.8.8",
        "::ffff:8.8.8.8",
    ];
    let private = [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.9.9.9",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "4000::1",
    ];
    for address in public {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
    for address in private {
        assert!(!is_public(address.parse().unwrap()), "{address}");
    }
}

/// A PNG without pixels of this size.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut png = GOOD_PNG.to_vec();
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    png
}

/// A JPEG of segments: an application segment with this content, a frame, a scan, and what comes after.
fn jpeg(application: &[u8], width: u16, height: u16, after: &[u8]) -> Vec<u8> {
    let mut jpeg = vec![0xff, 0xd8, 0xff, 0xe1];
    jpeg.extend(u16::try_from(application.len() + 2).unwrap().to_be_bytes());
    jpeg.extend(application);
    jpeg.extend([0xff, 0xff, 0xc2, 0, 11, 8]);
    jpeg.extend(height.to_be_bytes());
    jpeg.extend(width.to_be_bytes());
    jpeg.extend([1, 1, 0x11, 0]);
    jpeg.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x12, 0xff, 0x00, 0x34]);
    jpeg.extend(after);
    jpeg
}

#[test]
fn good_pictures_give_nothing() {
    assert_eq!(judged(GOOD_PNG), [] as [&str; 0]);
    assert_eq!(judged(&jpeg(b"Exif", 800, 800, &[0xff, 0xd9])), [] as [&str; 0]);
    assert_eq!(judged(&jpeg(b"Exif", 800, 793, b"\xff\xd9 and what a phone appends")), [] as [&str; 0]);
}

#[test]
fn the_bytes_decide_what_a_picture_is() {
    let others: [&[u8]; 9] = [
        b"",
        b"RIFF....WEBPVP8 ",
        b"GIF89a",
        b"BM......",
        b"II*\0",
        b"....ftypavif",
        b"....ftypheic",
        b"\n <!DOCTYPE html>",
        b"%PDF",
    ];
    for other in others {
        assert_eq!(judged(other), ["image-type"], "{other:?}");
    }
    let html = judge(b"<html>", Some("text/html\r\n"));
    assert!(html[0].message.contains("is a web page or an SVG (its server says `text/html`)"), "{}", html[0].message);
}

#[test]
fn a_picture_that_breaks_off_is_found_wherever_it_does() {
    let whole = jpeg(b"Exif thumbnail \xff\xd8 \xff\xd9", 800, 800, &[0xff, 0xd9]);
    for end in 3..whole.len() {
        assert_eq!(judged(&whole[..end]), ["image-truncated"], "after {end} bytes");
    }
    for end in 8..GOOD_PNG.len() {
        assert_eq!(judged(&GOOD_PNG[..end]), ["image-truncated"], "after {end} bytes");
    }
}

#[test]
fn headers_that_make_no_sense_are_no_picture() {
    assert_eq!(judged(&png(0, 400)), ["image-type"]);
    assert_eq!(judged(&jpeg(b"", 0, 400, &[0xff, 0xd9])), ["image-type"]);
    assert_eq!(judged(b"\xff\xd8\xff\xe0\0\x02junk"), ["image-type"]);
    assert_eq!(judged(b"\xff\xd8\xff\xe0\0\0\xff\xda\0\x02\xff\xd9"), ["image-type"]);
}

#[test]
fn form_and_size_are_judged_at_their_limits() {
    assert_eq!(judged(&png(400, 400)), [] as [&str; 0]);
    assert_eq!(judged(&png(399, 399)), ["image-too-small"]);
    assert_eq!(judged(&png(1000, 990)), [] as [&str; 0]);
    assert_eq!(judged(&png(1000, 989)), ["image-ratio"]);
    assert_eq!(judged(&png(u32::MAX, 1)), ["image-ratio", "image-too-small"]);
    let of_size = |size: usize| {
        let mut bytes = GOOD_PNG.to_vec();
        bytes.resize(size, 0);
        judge(&bytes, None).into_iter().map(|finding| finding.severity).collect::<Vec<_>>()
    };
    use crate::diagnostic::Severity::{Error, Warning};
    assert_eq!((of_size(1_000_000), of_size(1_000_001)), (vec![], vec![Warning]));
    assert_eq!((of_size(1_048_576), of_size(1_048_577)), (vec![Warning], vec![Error]));
}

#[test]
fn the_declared_type_has_to_be_that_of_the_bytes() {
    let declared = |declared: &str| codes(&judge(GOOD_PNG, Some(declared)));
    assert_eq!((declared("image/png"), declared("Image/PNG; charset=utf-8")), (vec![], vec![]));
    for wrong in ["image/jpeg", "application/octet-stream", "text/html", ""] {
        assert_eq!(declared(wrong), ["image-content-type"], "{wrong}");
    }
}

#[test]
fn findings_are_remembered_word_for_word_and_unknown_ones_not_at_all() {
    let findings = judge(&png(10, 20), Some("text/plain"));
    assert_eq!(Finding::from_json(&Finding::to_json(&findings)), Some(findings));
    assert_eq!(Finding::from_json(r#"[{"code":"no-rule","severity":"error","message":"","help":""}]"#), None);
    assert_eq!(Finding::from_json("{"), None);
}

/// What a name with these addresses gives, and how often it was looked up.
fn with_addresses(addresses: &[&str], allow_private_hosts: bool) -> (Vec<Finding>, usize) {
    let addresses: Vec<IpAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
    let asked = Arc::new(AtomicUsize::new(0));
    let lookup: Lookup = {
        let asked = Arc::clone(&asked);
        Arc::new(move |_| {
            asked.fetch_add(1, Ordering::SeqCst);
            let addresses = addresses.clone();
            Box::pin(async move { Ok(addresses) })
        })
    };
    let settings = Images { allow_private_hosts, timeout: std::time::Duration::from_secs(2), ..Images::default() };
    let url = "http://img.example.com:1/a.png".to_owned();
    let remembered = Remembered { state: None, now: jiff::Timestamp::UNIX_EPOCH };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let urls = BTreeSet::from([url.clone()]);
    let mut checked: BTreeMap<_, _> = runtime.block_on(check(urls, &settings, lookup, &remembered, &mut |_, _| {}));
    (checked.remove(&url).unwrap(), asked.load(Ordering::SeqCst))
}

#[test]
fn a_name_that_resolves_into_a_private_network_is_refused() {
    for addresses in
        [&["127.0.0.1"][..], &["10.1.2.3"], &["::1"], &["::ffff:192.168.0.1"], &["8.8.8.8", "169.254.169.254"]]
    {
        let (findings, asked) = with_addresses(addresses, false);
        assert_eq!((codes(&findings), asked), (vec!["image-private-host"], 1), "{addresses:?}");
        assert!(findings[0].message.contains("img.example.com"), "{}", findings[0].message);
    }
}

#[test]
fn a_private_name_is_asked_where_that_is_allowed() {
    // Nobody listens on port 1, so being asked shows as a refused connection.
    let (findings, _) = with_addresses(&["127.0.0.1"], true);
    assert_eq!(codes(&findings), ["image-unchecked"]);
    assert!(findings[0].message.contains("cannot be reached"), "{}", findings[0].message);
}
