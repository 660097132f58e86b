//! The menu as text, for a terminal.

use unicode_width::UnicodeWidthStr;

use super::{Choice, Dish};
use crate::{
    catalog::Catalog,
    report::{Lang, style::Paint, untrusted::printable},
};

/// Prices of names wider than this stand right behind them (our choice).
const WIDEST: usize = 60;

/// All menus, one line for each fact; ends with a line break unless nothing is sold.
pub(in crate::report) fn menu_text(catalog: &Catalog, color: bool, lang: Lang) -> String {
    let paint = Paint(color);
    let dishes: Vec<(&str, Vec<Dish>)> = catalog
        .menus
        .iter()
        .map(|menu| (menu.name.as_str(), menu.menu_items.iter().map(|item| Dish::of(item, catalog, lang)).collect()))
        .collect();
    let widths = dishes.iter().flat_map(|(_, dishes)| dishes).map(|dish| printable(&dish.name).width());
    let width = widths.filter(|width| *width <= WIDEST).max().unwrap_or(0);
    let price_width = dishes.iter().flat_map(|(_, dishes)| dishes).map(|dish| dish.price.width()).max().unwrap_or(0);
    let mut out = String::new();
    for (name, dishes) in &dishes {
        out += &format!("  {}\n", paint.bold(&printable(name)));
        for dish in dishes {
            out += &dish_text(dish, width, price_width, paint, lang);
        }
    }
    out
}

fn dish_text(dish: &Dish, width: usize, price_width: usize, paint: Paint, lang: Lang) -> String {
    let name = printable(&dish.name);
    let gap = |text: &str, width: usize| " ".repeat(width.saturating_sub(text.width()));
    let sold_out = if dish.sold_out {
        format!("  {}", paint.in_color(lang.sold_out_aloud(), anstyle::AnsiColor::Red))
    } else {
        String::new()
    };
    let mut out =
        format!("    {name}{}  {}{}{sold_out}\n", gap(&name, width), gap(&dish.price, price_width), dish.price);
    let description = dish.description.as_deref().map(|text| printable(text).into_owned());
    let hours = dish.hours.as_ref().map(|hours| lang.sold_hours(hours));
    let photo = dish.photo.as_deref().map(|url| lang.photo_at_address(&printable(url)));
    let choices = dish.choices.iter().map(|choice| choice_text(choice, lang));
    for line in description.into_iter().chain(hours).chain(choices).chain(photo) {
        out += &format!("      {line}\n");
    }
    out
}

fn choice_text(choice: &Choice, lang: Lang) -> String {
    let option = |option: &super::ChoiceOption| {
        let price = if option.price.is_empty() { String::new() } else { format!(" {}", option.price) };
        let sold_out = if option.sold_out { format!(" ({})", lang.sold_out_aloud()) } else { String::new() };
        format!("{}{price}{sold_out}", printable(&option.name))
    };
    let options: Vec<String> = choice.options.iter().map(option).collect();
    format!("{} ({}): {}", printable(&choice.name), choice.rule, options.join(", "))
}
