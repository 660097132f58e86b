//! The menu as HTML, alone or before and after.

use maud::{Markup, html};

use super::{
    Choice, ChoiceOption, Dish, MenuSides,
    compare::{Fate, MenuRows, Row, compare},
};
use crate::{
    catalog::Catalog,
    report::{
        Lang,
        html::{PhotoAlbum, ShownPhoto, shown},
    },
};

/// How deep the headings of menus stand in their page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Level {
    Two,
    Three,
    Four,
}

impl Level {
    fn heading(self, content: Markup) -> Markup {
        match self {
            Self::Two => html! { h2.menu-name { (content) } },
            Self::Three => html! { h3.menu-name { (content) } },
            Self::Four => html! { h4.menu-name { (content) } },
        }
    }
}

/// What is shown of two menus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Detail {
    /// All dishes; those without a change in a line each.
    Whole,
    /// Only the dishes with changes.
    Changes,
}

/// A whole menu.
pub fn menu_html(catalog: &Catalog, photos: &mut PhotoAlbum<'_>, level: Level, lang: Lang) -> Markup {
    let menus: Vec<Markup> = catalog
        .menus
        .iter()
        .map(|menu| {
            let dishes = menu.menu_items.iter().map(|item| {
                let dish = dish(&Dish::of(item, catalog, lang), None, photos, lang);
                html! { li { (dish) } }
            });
            let dishes: Vec<Markup> = dishes.collect();
            html! {
                section.menu {
                    (level.heading(html! { (shown(&menu.name)) }))
                    @if dishes.is_empty() { p.quiet { (lang.nothing_sold_here()) } }
                    @else { ul.dishes { @for dish in &dishes { (dish) } } }
                }
            }
        })
        .collect();
    html! { @if menus.is_empty() { p.quiet { (lang.nothing_sold()) } } @for menu in &menus { (menu) } }
}

/// A menu before and after, dish by dish.
pub(in crate::report) fn sides_html(
    sides: &MenuSides,
    show: Detail,
    photos: &mut PhotoAlbum<'_>,
    level: Level,
    lang: Lang,
) -> Markup {
    let menus: Vec<Markup> =
        compare(sides, lang).iter().filter_map(|menu| rows(menu, show, photos, level, lang)).collect();
    html! { @for menu in &menus { (menu) } }
}

fn rows(menu: &MenuRows, show: Detail, photos: &mut PhotoAlbum<'_>, level: Level, lang: Lang) -> Option<Markup> {
    let is_same = |row: &&Row| matches!(row, Row::Same(_));
    let same = menu.rows.iter().filter(is_same).count();
    if show == Detail::Changes && menu.fate == Fate::Stays && same == menu.rows.len() {
        return None;
    }
    let shown_rows: Vec<Markup> = menu
        .rows
        .iter()
        .filter(|row| show == Detail::Whole || !is_same(row))
        .map(|change| row(change, photos, lang))
        .collect();
    let mark = match menu.fate {
        Fate::Stays => None,
        Fate::Comes => Some(("new", lang.mark_new())),
        Fate::Goes => Some(("gone", lang.mark_removed())),
    };
    Some(html! {
        section.menu {
            (level.heading(html! {
                (shown(&menu.name))
                @if let Some((class, word)) = mark { " " span class={ "mark " (class) } { (word) } }
            }))
            ul.rows { @for row in &shown_rows { (row) } }
            @if show == Detail::Changes && same > 0 { p.quiet { (lang.dishes_as_before(same)) } }
        }
    })
}

fn row(row: &Row, photos: &mut PhotoAlbum<'_>, lang: Lang) -> Markup {
    let absent = |words: &str| html! { p.quiet { (words) } };
    match row {
        Row::Same(same) => html! {
            li.same { span.name { (shown(&same.name)) } " " span.price { (same.price) } @if same.sold_out { " " (sold_out(lang)) } }
        },
        Row::Changed { before, after, moved } => {
            let mark = html! {
                span.mark.changed { (lang.mark_changed()) }
                @if let Some(moved) = moved { " " span.mark.changed { (shown(moved)) } }
            };
            let before_it = dish(before, Some((after, Edge::Old)), photos, lang);
            pair(mark, before_it, dish(after, Some((before, Edge::New)), photos, lang), lang)
        }
        Row::Added(new) => {
            let mark = html! { span.mark.new { (lang.mark_new()) } };
            pair(mark, absent(lang.not_on_the_menu()), dish(new, None, photos, lang), lang)
        }
        Row::Removed(old) => {
            let mark = html! { span.mark.gone { (lang.mark_removed()) } };
            pair(mark, dish(old, None, photos, lang), absent(lang.no_longer_on_the_menu()), lang)
        }
    }
}

fn pair(mark: Markup, before: Markup, after: Markup, lang: Lang) -> Markup {
    html! {
        li.pair {
            p.marks { (mark) }
            div.side { p.when { (lang.before()) } (before) }
            div.side { p.when { (lang.after()) } (after) }
        }
    }
}

/// Which side of a change is shown.
#[derive(Clone, Copy)]
enum Edge {
    Old,
    New,
}

/// What is not the same on the other side is marked.
fn dish(dish: &Dish, other: Option<(&Dish, Edge)>, photos: &mut PhotoAlbum<'_>, lang: Lang) -> Markup {
    let marked = |differs: fn(&Dish, &Dish) -> bool, content: Markup| match other {
        Some((other, Edge::Old)) if differs(dish, other) => html! { del { (content) } },
        Some((other, Edge::New)) if differs(dish, other) => html! { ins { (content) } },
        _ => content,
    };
    let photo = dish.photo.as_deref().map(|url| photo(&photos.show(url), &dish.name, lang));
    html! {
        div.dish {
            @if let Some(photo) = photo { (marked(|a, b| a.photo != b.photo, photo)) }
            p.title {
                span.name { (marked(|a, b| a.name != b.name, html! { (shown(&dish.name)) })) } " "
                span.price { (marked(|a, b| a.price != b.price, html! { (dish.price) })) }
            }
            @if dish.sold_out { p { (marked(|a, b| a.sold_out != b.sold_out, sold_out(lang))) } }
            @if let Some(text) = &dish.description {
                p.description { (marked(|a, b| a.description != b.description, html! { (shown(text)) })) }
            }
            @if let Some(hours) = &dish.hours {
                p.hours { (lang.sold_when()) " " (marked(|a, b| a.hours != b.hours, html! { (hours) })) }
            }
            @for known in &dish.choices {
                p.choice { @match other {
                    Some((other, edge)) if !other.choices.contains(known) => (choice(known, Some((other, edge)), lang)),
                    _ => (choice(known, None, lang)),
                } }
            }
        }
    }
}

/// `Level pedas (choose 1): Tidak pedas · Pedas gila +Rp 2.000`
fn choice(choice: &Choice, other: Option<(&Dish, Edge)>, lang: Lang) -> Markup {
    let known = other.and_then(|(other, _)| other.choices.iter().find(|known| known.name == choice.name));
    let marked = |differs: bool, content: Markup| match other {
        Some((_, Edge::Old)) if differs => html! { del { (content) } },
        Some((_, Edge::New)) if differs => html! { ins { (content) } },
        _ => content,
    };
    html! {
        span.choice-name { (marked(known.is_none(), html! { (shown(&choice.name)) })) }
        " (" (marked(known.is_none_or(|known| known.rule != choice.rule), html! { (choice.rule) })) ")"
        @if !choice.options.is_empty() { ": " }
        @for (at, option) in choice.options.iter().enumerate() {
            @if at > 0 { " · " }
            (marked(known.is_none_or(|known| !known.options.contains(option)), option_words(option, lang)))
        }
    }
}

fn option_words(option: &ChoiceOption, lang: Lang) -> Markup {
    html! {
        (shown(&option.name))
        @if !option.price.is_empty() { " " (option.price) }
        @if option.sold_out { " " (sold_out(lang)) }
    }
}

fn sold_out(lang: Lang) -> Markup {
    html! { span.sold-out { (lang.sold_out()) } }
}

fn photo(photo: &ShownPhoto, name: &str, lang: Lang) -> Markup {
    match photo {
        ShownPhoto::Embedded(class) => {
            html! { span class={ "photo " (class) } role="img" aria-label=(lang.photo_of(&shown(name))) {} }
        }
        ShownPhoto::Linked { url, host } => html! {
            span.photo.none { a href=(url) rel="noreferrer noopener external" { (lang.photo()) } " " (lang.at_server(&shown(host))) }
        },
        ShownPhoto::TooLarge(kilobytes) => html! { span.photo.none { (lang.photo_too_large(*kilobytes)) } },
        ShownPhoto::Unknown => html! { span.photo.none { (lang.photo()) } },
    }
}
