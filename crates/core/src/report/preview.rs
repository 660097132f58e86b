//! The menu that the files give, as customers will see it: now, and at each date on which dated layers change it.

use jiff::Zoned;
use maud::{Markup, html};

use super::{
    horizon::moment,
    html::{Document, PhotoAlbum, shown},
    menu::{Detail, Level, MenuSides, menu_html, menu_text, sides_html},
    pages::dates,
    style::Paint,
    untrusted::printable,
};
use crate::catalog::{Catalog, WantedPromotion};

/// Later dates are named in the text up to this number (our choice).
const DATES: usize = 6;

/// The menu of some outlets that have the same.
pub struct MenuPreview {
    /// Their ids and names.
    pub outlets: Vec<(String, String)>,
    /// At first, and at each date on which it changes.
    pub stages: Vec<MenuStage>,
}

/// The menu from one moment on.
#[derive(Debug, Clone, PartialEq)]
pub struct MenuStage {
    /// When, in the outlet's zone.
    pub from: Zoned,
    /// The menu; `None` if the files have errors then.
    pub catalog: Option<Catalog>,
}

impl MenuPreview {
    /// `Kuta (G1)`, or `38 outlets: Kuta (G1), Sanur (G2), …`
    fn title(&self) -> String {
        let names: Vec<String> = self.outlets.iter().map(|(id, name)| named(id, name)).collect();
        match names.as_slice() {
            [name] => name.clone(),
            names => format!("{} outlets: {}", names.len(), names.join(", ")),
        }
    }
}

fn named(id: &str, name: &str) -> String {
    if name.trim().is_empty() || name == id { id.to_owned() } else { format!("{name} ({id})") }
}

/// For a terminal.
pub fn preview_text(previews: &[MenuPreview], color: bool) -> String {
    let paint = Paint(color);
    let mut out = String::new();
    for preview in previews {
        if !out.is_empty() {
            out.push('\n');
        }
        let Some((first, later)) = preview.stages.split_first() else { continue };
        out += &format!("{}, {}\n", paint.bold(&printable(&preview.title())), moment(&first.from));
        let menu = first.catalog.as_ref().map(|catalog| menu_text(catalog, color)).unwrap_or_default();
        out += if menu.is_empty() { "  Nothing is sold.\n" } else { &menu };
        for words in first.catalog.iter().flat_map(promotions) {
            out += &format!("  Promotion: {}\n", printable(&words));
        }
        for stage in later.iter().take(DATES) {
            let what = if stage.catalog.is_some() { "another menu" } else { "the files have errors" };
            out += &format!("  From {}: {what} (--at {})\n", moment(&stage.from), stage.from.strftime("%FT%T%:z"));
        }
        if later.len() > DATES {
            out += &format!("  … and {} more dates\n", later.len() - DATES);
        }
    }
    out
}

/// As one file.
pub fn preview_html(previews: &[MenuPreview], photos: &mut PhotoAlbum<'_>) -> String {
    let articles: Vec<Markup> =
        previews.iter().enumerate().map(|(number, preview)| article(number + 1, preview, photos)).collect();
    let title = match previews {
        [only] if only.outlets.len() == 1 => format!("Menu of {}", only.title()),
        _ => format!("Menus of {} outlets", previews.iter().map(|preview| preview.outlets.len()).sum::<usize>()),
    };
    let body = html! {
        header { h1 { (shown(&title)) } p.quiet { "As the files give it, before stock and other changes of the kitchen." } }
        @if previews.len() > 1 {
            nav.dates aria-label="Outlets" { @for (preview, number) in previews.iter().zip(1..) {
                a href={ "#menu-" (number) } { (shown(&preview.short_title())) }
            } }
        }
        main { @for article in &articles { (article) } }
    };
    Document { title, body }.into_file(photos)
}

impl MenuPreview {
    fn short_title(&self) -> String {
        match self.outlets.as_slice() {
            [(id, name), others @ ..] if !others.is_empty() => format!("{} and {} more", named(id, name), others.len()),
            _ => self.title(),
        }
    }
}

/// The menus of one preview, for a page that has a heading of its own.
pub fn preview_article(preview: &MenuPreview, photos: &mut PhotoAlbum<'_>) -> Markup {
    article(1, preview, photos)
}

/// `Nasi Goreng: Rp 19.000 instead of Rp 25.000, 25–28 Feb 2027`, each that is not over.
fn promotions(catalog: &Catalog) -> Vec<String> {
    let words = |one: &WantedPromotion| {
        let (detail, before) = (&one.detail, one.prices.first()?);
        let name = catalog.item(&detail.external_menu_id)?.name.value()?;
        Some(format!("{name}: {} instead of {before}, {}", detail.selling_price, detail.when()))
    };
    catalog.promotions.iter().filter(|one| !one.is_over).filter_map(words).collect()
}

fn article(number: usize, preview: &MenuPreview, photos: &mut PhotoAlbum<'_>) -> Markup {
    let anchor = |stage: usize| if stage == 0 { format!("menu-{number}") } else { format!("menu-{number}-{stage}") };
    let headings: Vec<(String, String)> =
        preview.stages.iter().enumerate().map(|(at, stage)| (anchor(at), moment(&stage.from))).collect();
    let links: Vec<(&str, &str)> = headings.iter().map(|(anchor, words)| (anchor.as_str(), words.as_str())).collect();
    let mut known: Option<&Catalog> = None;
    let stages: Vec<Markup> = preview
        .stages
        .iter()
        .map(|stage| {
            let before = known;
            known = stage.catalog.as_ref().or(known);
            match (before, &stage.catalog) {
                (None, Some(catalog)) => menu_html(catalog, photos, Level::Three),
                (Some(before), Some(after)) => {
                    let sides = MenuSides { before: before.clone(), after: after.clone(), touched: None };
                    sides_html(&sides, Detail::Whole, photos, Level::Three)
                }
                (_, None) => {
                    html! { p.trouble { "The files have errors from then on; the live menu would stay as it is." } }
                }
            }
        })
        .collect();
    let first = preview.stages.first().map(|stage| moment(&stage.from)).unwrap_or_default();
    html! {
        article {
            section id=(anchor(0)) {
                h2 { (shown(&preview.short_title())) ", " (first) }
                @if preview.outlets.len() > 1 { details { summary { "Which outlets" } p { (shown(&preview.title())) } } }
                (dates(&links))
                @if let Some(stage) = stages.first() { (stage) }
                @let promotions: Vec<String> = preview.stages.first().and_then(|stage| stage.catalog.as_ref()).iter().flat_map(|catalog| promotions(catalog)).collect();
                @if !promotions.is_empty() {
                    h3 { "Promotions" }
                    ul { @for words in &promotions { li { (shown(words)) } } }
                }
            }
            @for (at, stage) in stages.iter().enumerate().skip(1) {
                section id=(anchor(at)) {
                    h2 { "From " (links[at].1) ": what is different then" }
                    (dates(&links))
                    (stage)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
