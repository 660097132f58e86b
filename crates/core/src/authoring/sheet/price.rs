//! Prices as people type them. A text is judged beside the other prices of its column: `25.000` is twenty-five thousand
//! where all of them are written so, and nothing where one of them has its decimals behind the same sign.

use super::grid::Cell;
use crate::rules::MIN_LIKELY_PRICE;

/// A price that could be read, or what is wrong with the cell and what to write.
pub(super) type Reading = Result<i64, (String, &'static str)>;

const WRITE_DIGITS: &str = "write whole rupiah in digits, such as 25000";

/// What one cell says by itself.
#[derive(Debug, Clone, PartialEq)]
struct Amount {
    rupiah: i64,
    /// It names its currency or its unit, so that a small price is meant as it stands.
    is_stated: bool,
    /// What stands between its groups of three digits.
    groups: Option<char>,
    /// What stands before its decimals.
    decimals: Option<char>,
}

/// The prices of a column, cell by cell. `says_rupiah`: its header does.
pub(super) fn read_prices(cells: &[&Cell], says_rupiah: bool) -> Vec<Reading> {
    let said: Vec<Result<Amount, (String, &'static str)>> = cells.iter().map(|cell| read_cell(cell)).collect();
    let known = || said.iter().flatten();
    let groups = |sign: char| known().any(|said| said.groups == Some(sign));
    let decimals = |sign: char| known().any(|said| said.decimals == Some(sign));
    let judge = |said: &Result<Amount, (String, &'static str)>| -> Reading {
        let said = said.clone()?;
        if let Some(sign) = said.groups {
            let other = if sign == '.' { ',' } else { '.' };
            if groups(other) || decimals(sign) {
                let why = format!("other cells of the column use `{sign}` and `{other}` in another way");
                return Err((format!("this price may be read in two ways: {why}"), WRITE_DIGITS));
            }
        }
        if said.rupiah > 0 && said.rupiah < MIN_LIKELY_PRICE.0 && !(said.is_stated || says_rupiah) {
            let help = "write whole rupiah, such as 25000 for 25 thousand; where so little is meant, write `Rp 500`";
            return Err((format!("{} rupiah are hardly meant", said.rupiah), help));
        }
        Ok(said.rupiah)
    };
    said.iter().map(judge).collect()
}

/// What a text is that may be a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// It has a currency, a unit or groups of digits, or is as much as a dish costs.
    Price,
    /// So few that they may count anything.
    Number,
    /// It cannot be read as a price.
    Other,
}

/// Whether a text would be read as a price, and as hardly anything else.
pub(super) fn likeness(text: &str) -> Likeness {
    match of_text(text) {
        Some(amount) if amount.is_stated || amount.groups.is_some() || amount.rupiah >= MIN_LIKELY_PRICE.0 => {
            Likeness::Price
        }
        Some(_) => Likeness::Number,
        None => Likeness::Other,
    }
}

fn read_cell(cell: &Cell) -> Result<Amount, (String, &'static str)> {
    match cell {
        cell if cell.is_empty() => Err(("there is no price".to_owned(), "write one, or delete the row")),
        Cell::Wrong(why) => Err((why.clone(), WRITE_DIGITS)),
        Cell::Number(number) => of_number(*number),
        cell => of_text(&cell.text()).ok_or_else(|| ("this cannot be read as a price".to_owned(), WRITE_DIGITS)),
    }
}

fn of_number(number: f64) -> Result<Amount, (String, &'static str)> {
    if !(0.0..=1e12).contains(&number) {
        return Err(("this number is no price".to_owned(), WRITE_DIGITS));
    }
    if number.fract() != 0.0 {
        return Err((format!("the number {number} has decimals, and prices are whole rupiah"), WRITE_DIGITS));
    }
    Ok(Amount { rupiah: number as i64, is_stated: false, groups: None, decimals: None })
}

fn of_text(text: &str) -> Option<Amount> {
    let lower = text.to_lowercase();
    let mut rest = lower.trim();
    let mut is_stated = false;
    for currency in ["rp.", "rp", "idr"] {
        if let Some(amount) = rest.strip_prefix(currency) {
            (rest, is_stated) = (amount.trim(), true);
            break;
        }
    }
    for ending in [",-", ".-", "rupiah"] {
        if let Some(amount) = rest.strip_suffix(ending) {
            (rest, is_stated) = (amount.trim(), true);
            break;
        }
    }
    let units = [("ribu", 1_000), ("rb", 1_000), ("k", 1_000), ("juta", 1_000_000), ("jt", 1_000_000)];
    let unit = units.into_iter().find_map(|(word, factor)| Some((rest.strip_suffix(word)?.trim(), factor)));
    if let Some((amount, factor)) = unit {
        let (rupiah, decimals) = in_unit(amount, factor)?;
        return Some(Amount { rupiah, is_stated: true, groups: None, decimals });
    }
    let (rupiah, groups, decimals) = amount(rest)?;
    Some(Amount { rupiah, is_stated, groups, decimals })
}

/// `25` or `2,5` before a unit. Three digits behind a sign may be decimals or thousands.
fn in_unit(text: &str, factor: i64) -> Option<(i64, Option<char>)> {
    let Some(at) = text.find(['.', ',']) else { return Some((digits(text)?.checked_mul(factor)?, None)) };
    let (whole, behind) = (&text[..at], &text[at + 1..]);
    let sign = text[at..].chars().next();
    let scale = match behind.len() {
        1 => 10,
        2 => 100,
        _ => return None,
    };
    let part = digits(behind)?.checked_mul(factor / scale)?;
    Some((digits(whole)?.checked_mul(factor)?.checked_add(part)?, sign))
}

/// Digits, in groups of three or not, with no rupiah behind a decimal sign.
fn amount(text: &str) -> Option<(i64, Option<char>, Option<char>)> {
    let (body, decimals) = match text.rfind(['.', ',']) {
        Some(at) if matches!(&text[at + 1..], "0" | "00") => (&text[..at], text[at..].chars().next()),
        _ => (text, None),
    };
    let Some(sign) = body.chars().find(|c| matches!(c, '.' | ',')) else {
        return Some((digits(body)?, None, decimals));
    };
    let groups: Vec<&str> = body.split(sign).collect();
    let (first, others) = groups.split_first()?;
    let is_grouped = (1..=3).contains(&first.len())
        && !first.starts_with('0')
        && others.iter().all(|group| group.len() == 3)
        && decimals != Some(sign);
    is_grouped.then_some(())?;
    Some((digits(&groups.concat())?, Some(sign), decimals))
}

fn digits(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.len() <= 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a | b` as a column: what becomes of each cell. `#25` is a number, all else text.
    fn column(cells: &str, says_rupiah: bool) -> String {
        let cells: Vec<Cell> = cells
            .split(" | ")
            .map(|cell| match cell.strip_prefix('#') {
                Some(number) => Cell::Number(number.parse().unwrap()),
                None => Cell::Text(cell.to_owned()),
            })
            .collect();
        let prices = read_prices(&cells.iter().collect::<Vec<_>>(), says_rupiah);
        let shown = prices.into_iter().map(|price| price.map_or_else(|(why, _)| format!("[{why}]"), |p| p.to_string()));
        shown.collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn a_price_is_read_only_in_one_way() {
        let columns = [
            "25000 | #25000 | 25000.0 | 25000,00 | Rp25000 | IDR 25000",
            "25.000 | 18.000 | 1.250.000 | 500.000",
            "Rp 25.000,- | Rp. 25.000 | rp25.000,00 | 25.000 rupiah | #25000",
            "25,000.00 | 25,000 | 1,250,000",
            "25rb | 25 ribu | 25K | 2,5k | 1.5jt | Rp 25 rb",
            "25.000 | 18,000",
            "25.000 | 25000.00",
            "25.000 | 2.5rb",
            "#25 | #18000",
            "25 | 0 | Rp 500 | 0,5rb",
            "25.5 | 2.500rb | 25.00.000 | 1,25 | 0.250 | 025.000",
            "#25.5 | #-1 | #1e15 | NaN | 9999999999999",
            "gratis | - | 25000/35000 | 25-30rb | =1+1 | Rp | 25 000 | ２５０００",
        ];
        let shown = columns.map(|cells| format!("{cells}\n  {}", column(cells, false)));
        insta::assert_snapshot!(shown.join("\n"));
        assert_eq!(column("#500 | 750", true), "500 | 750");
    }

    #[test]
    fn every_way_of_writing_a_price_is_read_back() {
        for price in (1_000..2_000_000).step_by(4_357) {
            let digits = price.to_string();
            let grouped = |sign: &str| {
                let groups: Vec<&str> =
                    digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).unwrap()).collect();
                groups.join(sign)
            };
            let ways = [
                digits.clone(),
                grouped("."),
                grouped(","),
                format!("Rp {},-", grouped(".")),
                format!("{}.00", grouped(",")),
            ];
            for way in ways {
                assert_eq!(column(&way, false), digits, "{way}");
            }
        }
    }
}
