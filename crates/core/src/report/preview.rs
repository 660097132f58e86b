//! The menu that the files give, as customers will see it: now, and at each date on which dated layers change it.

use jiff::Zoned;
use maud::{Markup, html};

use super::{
    Lang,
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
    /// A layer with `when` begins or ends: the same comes again.
    pub repeats: bool,
    /// A layer with dates alone begins or ends: that comes once.
    pub is_dated: bool,
    /// The menu; `None` if the files have errors then.
    pub catalog: Option<Catalog>,
}

impl MenuPreview {
    /// `Kuta (G1)`, or `38 outlets: Kuta (G1), Sanur (G2), …`
    fn title(&self, lang: Lang) -> String {
        let names: Vec<String> = self.outlets.iter().map(|(id, name)| named(id, name)).collect();
        match names.as_slice() {
            [name] => name.clone(),
            names => lang.outlets_named(names.len(), &names.join(", ")),
        }
    }
}

impl MenuStage {
    /// `Fri 2027-02-12 16:00 WIB, and again`
    fn moment(&self, lang: Lang) -> String {
        let moment = lang.moment(&self.from);
        if self.repeats { lang.and_again(&moment) } else { moment }
    }
}

fn named(id: &str, name: &str) -> String {
    if name.trim().is_empty() || name == id { id.to_owned() } else { format!("{name} ({id})") }
}

/// For a terminal.
pub fn preview_text(previews: &[MenuPreview], color: bool, lang: Lang) -> String {
    let paint = Paint(color);
    let mut out = String::new();
    for preview in previews {
        if !out.is_empty() {
            out.push('\n');
        }
        let Some((first, later)) = preview.stages.split_first() else { continue };
        out += &format!("{}, {}\n", paint.bold(&printable(&preview.title(lang))), lang.moment(&first.from));
        let menu = first.catalog.as_ref().map(|catalog| menu_text(catalog, color, lang)).unwrap_or_default();
        if menu.is_empty() {
            out += &format!("  {}\n", lang.nothing_sold());
        } else {
            out += &menu;
        }
        for words in first.catalog.iter().flat_map(|catalog| promotions(catalog, lang)) {
            out += &format!("  {}\n", printable(&lang.promotion_of(&words)));
        }
        for stage in dates_to_name(later) {
            let what = if stage.catalog.is_some() { lang.another_menu() } else { lang.files_have_errors() };
            let then = lang.from_then(&stage.moment(lang));
            out += &format!("  {then}: {what} (--at {})\n", stage.from.strftime("%FT%T%:z"));
        }
        if later.len() > DATES {
            out += &format!("  {}\n", lang.more_dates(later.len() - DATES));
        }
    }
    out
}

/// What comes once before what comes again, if there is too much of it; in the order of time.
fn dates_to_name(later: &[MenuStage]) -> Vec<&MenuStage> {
    let mut stages: Vec<&MenuStage> = later.iter().collect();
    stages.sort_by_key(|stage| !stage.is_dated);
    stages.truncate(DATES);
    stages.sort_by(|a, b| a.from.cmp(&b.from));
    stages
}

/// As one file.
pub fn preview_html(previews: &[MenuPreview], photos: &mut PhotoAlbum<'_>, lang: Lang) -> String {
    let articles: Vec<Markup> =
        previews.iter().enumerate().map(|(number, preview)| article(number + 1, preview, photos, lang)).collect();
    let title = match previews {
        [only] if only.outlets.len() == 1 => lang.menu_of(&only.title(lang)),
        _ => lang.menus_of_outlets(previews.iter().map(|preview| preview.outlets.len()).sum()),
    };
    let body = html! {
        header { h1 { (shown(&title)) } p.quiet { (lang.as_the_files_give_it()) } }
        @if previews.len() > 1 {
            nav.dates aria-label=(lang.outlets()) { @for (preview, number) in previews.iter().zip(1..) {
                a href={ "#menu-" (number) } { (shown(&preview.short_title(lang))) }
            } }
        }
        main { @for article in &articles { (article) } }
    };
    Document { lang, title, body }.into_file(photos)
}

impl MenuPreview {
    fn short_title(&self, lang: Lang) -> String {
        match self.outlets.as_slice() {
            [(id, name), others @ ..] if !others.is_empty() => lang.some_and_more(&named(id, name), others.len()),
            _ => self.title(lang),
        }
    }
}

/// The menus of one preview, for a page that has a heading of its own.
pub fn preview_article(preview: &MenuPreview, photos: &mut PhotoAlbum<'_>, lang: Lang) -> Markup {
    article(1, preview, photos, lang)
}

/// `Nasi Goreng: Rp 19.000 instead of Rp 25.000, 25–28 Feb 2027`, each that is not over.
fn promotions(catalog: &Catalog, lang: Lang) -> Vec<String> {
    let words = |one: &WantedPromotion| {
        let (detail, before) = (&one.detail, one.prices.first()?);
        let name = catalog.item(&detail.external_menu_id)?.name.value()?;
        let (price, before) = (detail.selling_price.to_string(), before.to_string());
        Some(lang.promoted(name, &price, &before, &lang.promotion_days(detail)))
    };
    catalog.promotions.iter().filter(|one| !one.is_over).filter_map(words).collect()
}

fn article(number: usize, preview: &MenuPreview, photos: &mut PhotoAlbum<'_>, lang: Lang) -> Markup {
    let anchor = |stage: usize| if stage == 0 { format!("menu-{number}") } else { format!("menu-{number}-{stage}") };
    let headings: Vec<(String, String)> =
        preview.stages.iter().enumerate().map(|(at, stage)| (anchor(at), stage.moment(lang))).collect();
    let links: Vec<(&str, &str)> = headings.iter().map(|(anchor, words)| (anchor.as_str(), words.as_str())).collect();
    let mut known: Option<&Catalog> = None;
    let stages: Vec<Markup> = preview
        .stages
        .iter()
        .map(|stage| {
            let before = known;
            known = stage.catalog.as_ref().or(known);
            match (before, &stage.catalog) {
                (None, Some(catalog)) => menu_html(catalog, photos, Level::Three, lang),
                (Some(before), Some(after)) => {
                    let sides = MenuSides { before: before.clone(), after: after.clone(), touched: None };
                    sides_html(&sides, Detail::Whole, photos, Level::Three, lang)
                }
                (_, None) => html! { p.trouble { (lang.files_have_errors_then()) } },
            }
        })
        .collect();
    let first = preview.stages.first().map(|stage| lang.moment(&stage.from)).unwrap_or_default();
    html! {
        article {
            section id=(anchor(0)) {
                h2 { (shown(&preview.short_title(lang))) ", " (first) }
                @if preview.outlets.len() > 1 { details { summary { (lang.which_outlets()) } p { (shown(&preview.title(lang))) } } }
                (dates(&links, lang))
                @if let Some(stage) = stages.first() { (stage) }
                @let promotions: Vec<String> = preview.stages.first().and_then(|stage| stage.catalog.as_ref()).iter().flat_map(|catalog| promotions(catalog, lang)).collect();
                @if !promotions.is_empty() {
                    h3 { (lang.promotions()) }
                    ul { @for words in &promotions { li { (shown(words)) } } }
                }
            }
            @for (at, stage) in stages.iter().enumerate().skip(1) {
                section id=(anchor(at)) {
                    h2 { (lang.different_then(links[at].1)) }
                    (dates(&links, lang))
                    (stage)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
