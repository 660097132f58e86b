//! The variants that one cell lists: `Keju +5.000; Jumbo (Rp 3rb); Pedas`.

use super::{
    grid::{Cell, one_line, quoted},
    price::{Likeness, likeness},
};
use crate::catalog::text::same_text;

/// The most variants of one choice (our choice).
pub(super) const MOST_VARIANTS: usize = 100;

/// What is wrong with a list, and what to write.
pub(super) type Fault = (String, &'static str);

/// A variant as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Typed {
    pub(super) name: String,
    /// What stands there as its price; without one it adds nothing.
    pub(super) price: Option<String>,
}

const SEPARATE: &str = "separate variants with `;`, as in `Keju +5000; Susu +3000`";
const WRITE_PRICE: &str = "write a price as `Keju +5000`; if it is a part of the name, put a word behind it";

/// Signs that may stand before a price.
const SIGNS: [char; 8] = ['+', '=', ':', '@', '-', '–', '−', '—'];

/// The variants of a cell, in their order.
pub(super) fn listed(cell: &Cell) -> Result<Vec<Typed>, Fault> {
    if matches!(cell, Cell::Number(_)) {
        return Err(("a number alone names no variants".to_owned(), SEPARATE));
    }
    let text = cell.text();
    if ["-", "–", "—"].contains(&text.as_str()) {
        return Ok(Vec::new());
    }
    let is_clear = text.contains([';', '\n', '\r']);
    let parts = parts(&text, is_clear)?;
    if parts.len() > MOST_VARIANTS {
        return Err((format!("it lists more than {MOST_VARIANTS} variants"), "list fewer"));
    }
    let variants = parts.into_iter().map(variant).collect::<Result<Vec<_>, _>>()?;
    for (at, variant) in variants.iter().enumerate() {
        let name = &variant.name;
        if !is_clear && has_comma_in_number(name) {
            return Err((format!("the comma in {} may separate variants or digits", quoted(name)), SEPARATE));
        }
        if variants[..at].iter().any(|other| same_text(&other.name, name)) {
            return Err((format!("the variant {} stands there twice", quoted(name)), "give each a name of its own"));
        }
    }
    Ok(variants)
}

/// Where lines or semicolons separate, no comma does; a comma within brackets or between digits never does.
pub(super) fn parts(text: &str, is_clear: bool) -> Result<Vec<&str>, Fault> {
    let tidy = |part: &'_ str| !part.is_empty();
    if !is_clear {
        return Ok(by_commas(text).into_iter().filter(|part| tidy(part)).collect());
    }
    let parts: Vec<&str> = text
        .split([';', '\n', '\r'])
        .map(|part| part.trim().trim_end_matches(',').trim())
        .filter(|part| tidy(part))
        .collect();
    match parts.iter().find(|part| by_commas(part).len() > 1) {
        Some(part) => {
            Err((format!("in {} a comma separates, and elsewhere a `;` or a line end", quoted(part)), SEPARATE))
        }
        None => Ok(parts),
    }
}

fn by_commas(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let (mut before, mut from, mut parts) = (' ', 0, Vec::new());
    for (at, c) in text.char_indices() {
        let behind = text[at + c.len_utf8()..].chars().next();
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 && !(before.is_ascii_digit() && behind.is_some_and(|c| c.is_ascii_digit())) => {
                parts.push(text[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
        before = c;
    }
    parts.push(text[from..].trim());
    parts
}

fn has_comma_in_number(name: &str) -> bool {
    let mut parts = name.split(',').peekable();
    while let Some(part) = parts.next() {
        let is_number = |next: &&str| next.starts_with(|c: char| c.is_ascii_digit());
        if part.ends_with(|c: char| c.is_ascii_digit()) && parts.peek().is_some_and(is_number) {
            return true;
        }
    }
    false
}

fn variant(text: &str) -> Result<Typed, Fault> {
    let (name, price) = match in_brackets(text)? {
        Some(found) => found,
        None => match behind_sign(text)? {
            Some(found) => found,
            None => match at_end(text)? {
                Some(found) => found,
                None => return Ok(Typed { name: one_line(text), price: None }),
            },
        },
    };
    let name = one_line(name.trim_end_matches(|c: char| SIGNS.contains(&c) || c.is_whitespace()));
    if name.is_empty() {
        return Err((format!("{} is a price without a variant", quoted(text)), "write the variant's name before it"));
    }
    Ok(Typed { name, price: Some(price.to_owned()) })
}

/// A name and its price.
type Pair<'t> = Option<(&'t str, &'t str)>;

/// `Jumbo (Rp 3rb)`
fn in_brackets(text: &str) -> Result<Pair<'_>, Fault> {
    let Some((name, inner)) = text.strip_suffix(')').and_then(|text| text.rsplit_once('(')) else { return Ok(None) };
    Ok(price_of(text, inner)?.map(|price| (name, price)))
}

/// `Keju +5.000`, `Keju = Rp 5.000`
fn behind_sign(text: &str) -> Result<Pair<'_>, Fault> {
    let Some(at) = text.rfind(['+', '=', ':', '@']) else { return Ok(None) };
    let (name, behind) = text.split_at(at);
    Ok(price_of(text, behind)?.map(|price| (name, price)))
}

/// `Keju Rp 5.000`. Without a currency it may be a part of the name.
fn at_end(text: &str) -> Result<Pair<'_>, Fault> {
    let starts = text.char_indices().filter(|(at, _)| *at == 0 || text[..*at].ends_with(char::is_whitespace));
    let starts: Vec<usize> = starts.map(|(at, _)| at).collect();
    let ends: Vec<(&str, &str)> = starts.into_iter().rev().take(3).map(|at| text.split_at(at)).collect();
    let is_price = |(_, end): &&(&str, &str)| likeness(end.trim_start_matches(SIGNS).trim()) == Likeness::Price;
    if let Some(found) = ends.iter().filter(is_price).find(|(_, end)| names_currency(end)) {
        return Ok(Some(*found));
    }
    match ends.iter().find(is_price) {
        Some(_) => Err((format!("the end of {} may be a price or a part of the name", quoted(text)), WRITE_PRICE)),
        None => Ok(None),
    }
}

/// What stands in brackets or behind a sign: the price, if it is one.
fn price_of<'t>(text: &str, inner: &'t str) -> Result<Option<&'t str>, Fault> {
    let is_added = inner.trim_start().starts_with('+');
    let price = inner.trim_start().trim_start_matches(['+', '=', ':', '@']).trim();
    let is_zero = !price.is_empty() && price.chars().all(|c| c == '0');
    match likeness(price) {
        Likeness::Price => Ok(Some(price)),
        Likeness::Number if is_added || is_zero => Ok(Some(price)),
        Likeness::Number => {
            Err((format!("{} in {} may be a price or a part of the name", quoted(price), quoted(text)), WRITE_PRICE))
        }
        Likeness::Other => {
            let unsigned = price.trim_start_matches(['-', '–', '−', '—']).trim_start();
            let is_less = unsigned.len() < price.len() && unsigned.starts_with(|c: char| c.is_ascii_digit());
            if is_less || (is_added && price.starts_with(|c: char| c.is_ascii_digit())) || names_currency(price) {
                return Err((format!("{} in {} cannot be read as a price", quoted(price), quoted(text)), WRITE_PRICE));
            }
            Ok(None)
        }
    }
}

/// Whether it begins with a currency and a digit.
fn names_currency(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    let behind = lower.strip_prefix("rp").or_else(|| lower.strip_prefix("idr"));
    behind.is_some_and(|amount| amount.trim_start_matches(['.', ' ', '-']).starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_only_in_one_way() {
        let cells = [
            "Keju +5.000; Jumbo (Rp 3rb); Pedas",
            "Keju+5000, Susu (+3,000), Madu = Rp 2.500",
            "Keju +5,000,Susu\t+ 2,5rb",
            "Tidak pedas (0)\nLevel 1,\r\n Level  2 \n",
            "Nasi (putih, merah); Ketan : 2rb",
            "Cola 330 ml, Aqua 600, 250 (ml)",
            "Keju Rp 5.000; Susu - Rp. 3000; Madu @2rb; Gula idr 1500; Es Rp 5 ribu",
            "Keju+Telur; Nasi + Es Teh",
            "2,5 cm;",
            "-",
            " ; ,",
            "1,2,3",
            "Ukuran 2,5 cm",
            "Pedas, Manis; Asin",
            "Keju 5.000",
            "Keju 5rb, Susu",
            "Keju 5 ribu",
            "Susu 5000",
            "Keju (3)",
            "Keju: 3",
            "Keju +5.000/porsi",
            "Keju (+5.00)",
            "Keju +-500; Es",
            "Keju (-5.000)",
            "Keju -5.000",
            "Keju Rp 5,00,0",
            "+5000",
            "(Rp 5rb)",
            "Rp 5.000",
            "Keju; Susu; keju; Keju +2rb",
        ];
        let shown = cells.map(|cell| {
            let variants = listed(&Cell::Text(cell.to_owned())).map(|variants| {
                let shown =
                    |typed: Typed| typed.price.map_or(typed.name.clone(), |price| format!("{} + {price}", typed.name));
                variants.into_iter().map(shown).collect::<Vec<_>>().join(" | ")
            });
            format!("{cell:?}\n  {}", variants.unwrap_or_else(|(why, help)| format!("[{why}: {help}]")))
        });
        insta::assert_snapshot!(shown.join("\n"));
        assert!(listed(&Cell::Number(3.0)).is_err());
        let many = |count: usize| Cell::Text((0..count).map(|at| format!("v{at}")).collect::<Vec<_>>().join(";"));
        assert_eq!(listed(&many(MOST_VARIANTS)).unwrap().len(), MOST_VARIANTS);
        assert!(listed(&many(MOST_VARIANTS + 1)).is_err());
    }
}
