//! A contact sheet: all photos on one page, small, with what is wrong with them.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{FitCopy, PhotoLine, PhotoState, PhotosReport, measures};
use crate::{
    diagnostic::Diagnostic,
    report::{
        Lang,
        html::{Document, Photo, PhotoAlbum, ShownPhoto, shown, with_code},
    },
    rules,
};

/// One file.
pub fn photos_html(report: &PhotosReport, lang: Lang) -> String {
    let thumbnails: BTreeMap<&str, &Vec<u8>> =
        report.photos.iter().filter_map(|photo| Some((photo.file.as_str(), photo.thumbnail.as_ref()?))).collect();
    let find = |file: &str| thumbnails.get(file).map_or(Photo::Elsewhere, |bytes| Photo::Local(bytes.to_vec()));
    let mut album = PhotoAlbum::new(&find);
    let photos: Vec<Markup> = report.photos.iter().map(|photo| one(report, photo, &mut album, lang)).collect();
    let title = lang.photos_in(&shown(&report.directory));
    let body = html! {
        header { h1 { (title) } p.quiet { (lang.photos_counted(photos.len())) } }
        main {
            @if report.left_out > 0 { p.trouble { (lang.photos_left_out(report.left_out)) } }
            ul.dishes { @for photo in &photos { li { (photo) } } }
        }
    };
    Document { lang, title, body }.into_file(&album)
}

fn one(report: &PhotosReport, photo: &PhotoLine, album: &mut PhotoAlbum<'_>, lang: Lang) -> Markup {
    let (class, word) = match report.state(photo) {
        PhotoState::Good => ("mark new", lang.photo_good()),
        PhotoState::Refused => ("mark gone", lang.photo_refused()),
        PhotoState::Replaced => ("mark changed", lang.photo_replaced()),
        PhotoState::Unreadable => ("mark gone", lang.photo_unreadable()),
    };
    let name = shown(&photo.file);
    let picture = photo.thumbnail.is_some().then(|| album.show(&photo.file));
    html! {
        div.dish {
            @match picture {
                Some(ShownPhoto::Embedded(picture)) => {
                    span class={ "photo whole " (picture) } role="img" aria-label=(lang.photo_of(&name)) {}
                }
                Some(ShownPhoto::TooLarge(kilobytes)) => span.photo.none { (lang.photo_too_large(kilobytes)) },
                _ => span.photo.none { (lang.photo_not_shown()) },
            }
            p.name { (name) }
            p {
                span class=(class) { (word) }
                @if photo.error.is_none() { " " span.quiet { (measures(photo.size, photo.bytes)) } }
            }
            (findings(&photo.findings, lang))
            @for why in photo.error.iter().chain(&photo.no_copy) { p.description lang="en" { (shown(why)) } }
            @if let Some(FitCopy { file, .. }) = &photo.copy { p.description { (lang.photo_copy()) " " code { (shown(file)) } } }
            @for used in &photo.uses {
                p.description {
                    (shown(&used.dishes.join(", "))) " " small { (shown(&used.place.to_string())) }
                    @if let Some(line) = used.line() { br; (lang.photo_write()) " " code { (shown(&line)) } }
                }
            }
            @if report.is_unused(photo) { p.quiet { (lang.photo_unused()) } }
        }
    }
}

/// In English, as they come; owners who do not read it get what the rule says.
fn findings(findings: &[Diagnostic], lang: Lang) -> Markup {
    let explained = |found: &Diagnostic| rules::rule(found.code).filter(|_| lang == Lang::Id);
    html! {
        @for found in findings {
            p.description lang="en" { (with_code(&found.message)) }
            @if let Some(rule) = explained(found) { p.quiet { (with_code(&rule.indonesian)) } }
        }
    }
}
