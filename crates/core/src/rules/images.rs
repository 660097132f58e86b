//! Rules on the address of an image, judged by its form alone. Nobody fetches anything here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{
    Findings,
    finding::{Subject, short},
    ids::described,
};
use crate::catalog::{Catalog, ItemField};

/// Endings of files that GoFood does not take (seen live for WebP; the others are not JPEG or PNG either).
const REFUSED_EXTENSIONS: [&str; 9] = ["webp", "gif", "svg", "avif", "heic", "heif", "bmp", "tif", "tiff"];

/// Endings of files that GoFood takes.
const TAKEN_EXTENSIONS: [&str; 4] = ["jpg", "jpeg", "jfif", "png"];

/// Whether a name is that of a picture, by its ending.
pub fn has_picture_ending(name: &str) -> bool {
    let Some((_, ending)) = name.rsplit_once('.') else { return false };
    TAKEN_EXTENSIONS.iter().chain(&REFUSED_EXTENSIONS).any(|known| ending.eq_ignore_ascii_case(known))
}

/// Hosts that give links to pages, with what they are called.
const SHARE_PAGES: [(&str, &str); 12] = [
    ("drive.google.com", "Google Drive"),
    ("docs.google.com", "Google Drive"),
    ("photos.google.com", "Google Photos"),
    ("photos.app.goo.gl", "Google Photos"),
    ("instagram.com", "Instagram"),
    ("facebook.com", "Facebook"),
    ("dropbox.com", "Dropbox"),
    ("onedrive.live.com", "OneDrive"),
    ("1drv.ms", "OneDrive"),
    ("imgur.com", "Imgur"),
    ("pinterest.com", "Pinterest"),
    ("canva.com", "Canva"),
];

/// The parts of an http(s) address that rules look at.
struct Url<'a> {
    https: bool,
    credentials: bool,
    /// Without port; IPv6 without brackets.
    host: &'a str,
    path: &'a str,
    query: &'a str,
}

impl<'a> Url<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let https = scheme.eq_ignore_ascii_case("https");
        if !https && !scheme.eq_ignore_ascii_case("http") {
            return None;
        }
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (credentials, server) = match authority.rsplit_once('@') {
            Some((_, server)) => (true, server),
            None => (false, authority),
        };
        let host = match server.strip_prefix('[') {
            Some(inside) => inside.split(']').next().unwrap_or_default(),
            None => server.split(':').next().unwrap_or_default(),
        };
        let (path, rest) = path.split_at(path.find(['?', '#']).unwrap_or(path.len()));
        let query = rest.strip_prefix('?').and_then(|rest| rest.split('#').next()).unwrap_or_default();
        (!host.is_empty()).then_some(Self { https, credentials, host, path, query })
    }

    /// The ending of the file's name in lower case.
    fn extension(&self) -> Option<String> {
        let name = self.path.rsplit('/').next()?;
        name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase())
    }
}

/// Every image that is given, whatever it looks like.
fn images(catalog: &Catalog) -> impl Iterator<Item = (Subject<'_>, &str)> {
    catalog
        .items()
        .filter_map(|(_, item)| Some((Subject::Item(item, Some(ItemField::Image)), item.image.value()?.as_str())))
}

/// Every image whose address has the form of one.
fn urls(catalog: &Catalog) -> impl Iterator<Item = (Subject<'_>, Url<'_>)> {
    images(catalog).filter_map(|(subject, image)| Some((subject, Url::parse(image)?)))
}

pub(super) fn check_image_missing(catalog: &Catalog, findings: &mut Findings<'_>) {
    for (_, item) in catalog.items().filter(|(_, item)| item.image.value().is_none()) {
        findings.add(
            Subject::Item(item, Some(ItemField::Image)),
            "has no image",
            "write `image:` with the address of a JPEG or PNG, or set `rules: {image-missing: off}`",
        );
    }
}

pub(super) fn check_image_url(catalog: &Catalog, findings: &mut Findings<'_>) {
    for (subject, image) in images(catalog) {
        if let Some(c) = image.chars().find(|c| c.is_whitespace() || c.is_control()) {
            let help = if c == ' ' { "write `%20` instead, or rename the file" } else { "remove it" };
            findings.add(subject, format!("image contains {}", described(c)), help);
        } else if Url::parse(image).is_none() {
            let what = format!("image `{}` is not an http(s) address", short(image));
            findings.add(subject, what, "write a whole address, such as `https://img.example.com/nasi-goreng.jpg`");
        }
    }
}

pub(super) fn check_image_not_https(catalog: &Catalog, findings: &mut Findings<'_>) {
    for (subject, _) in urls(catalog).filter(|(_, url)| !url.https) {
        findings.add(subject, "image is fetched without encryption", "write `https://` instead of `http://`");
    }
}

pub(super) fn check_image_type(catalog: &Catalog, findings: &mut Findings<'_>) {
    for (subject, url) in urls(catalog) {
        let refused = url.extension().and_then(|found| REFUSED_EXTENSIONS.into_iter().find(|known| *known == found));
        if let Some(extension) = refused {
            findings.add(
                subject,
                format!("image ends with .{extension}, GoFood takes JPEG and PNG only"),
                "convert it to JPEG or PNG and write the new address",
            );
        }
    }
}

pub(super) fn check_image_credentials(catalog: &Catalog, findings: &mut Findings<'_>) {
    for (subject, _) in urls(catalog).filter(|(_, url)| url.credentials) {
        findings.add(
            subject,
            "image's address contains credentials",
            "put the image where it is public and leave out everything between `//` and `@`",
        );
    }
}

pub(super) fn check_image_private_host(catalog: &Catalog, findings: &mut Findings<'_>) {
    for (subject, url) in urls(catalog).filter(|(_, url)| is_private(url.host)) {
        findings.add(
            subject,
            format!("image's host `{}` cannot be reached from the internet", short(url.host)),
            "put the image on a public host and write that address",
        );
    }
}

pub(super) fn check_image_share_page(catalog: &Catalog, findings: &mut Findings<'_>) {
    for (subject, url) in urls(catalog) {
        let Some(service) = share_page(&url) else { continue };
        let help = match service {
            "Dropbox" => "write `raw=1` instead of `dl=0` at the end of the address",
            _ => {
                "download the photo and put it on a host that gives the file itself, or into the root: `image: \
                     photos/nasi-goreng.jpg`"
            }
        };
        findings.add(subject, format!("image is a link to a page of {service}, not to a photo"), help);
    }
}

/// The service whose page an address leads to.
fn share_page(url: &Url<'_>) -> Option<&'static str> {
    let host = url.host.to_ascii_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    let (_, service) = SHARE_PAGES.into_iter().find(|(known, _)| *known == host)?;
    let gives = |option: &str| url.query.split('&').any(|given| given == option);
    let is_file = match service {
        "Dropbox" => gives("raw=1") || gives("dl=1"),
        "Google Drive" => matches!(url.path, "/uc" | "/thumbnail"),
        _ => false,
    };
    (!is_file).then_some(service)
}

/// Whether a host is this machine or only known in its own network.
fn is_private(host: &str) -> bool {
    if let Ok(address) = host.parse::<IpAddr>() {
        return match address.to_canonical() {
            IpAddr::V4(v4) => is_private_v4(v4),
            IpAddr::V6(v6) => is_private_v6(v6),
        };
    }
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    !host.contains('.')
        || [".localhost", ".local", ".internal", ".lan", ".home.arpa"].iter().any(|ending| host.ends_with(ending))
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    let carrier_grade = a == 100 && (64..128).contains(&b);
    a == 0
        || carrier_grade
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_multicast()
        || address.is_documentation()
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || address.is_unique_local()
        || address.is_unicast_link_local()
}
