//! What the columns of choices list for each dish.

use super::{
    columns::{Column, Header},
    grid::{Cell, Row, Worksheet, quoted},
    price::read_prices,
    variants::{Typed, listed},
};
use crate::{catalog::text::normalise_text, diagnostic::Diagnostic};

/// A variant with its price.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ListedVariant {
    pub(super) name: String,
    pub(super) price: i64,
}

/// What one cell lists.
pub(super) type VariantList = Vec<ListedVariant>;

/// What the columns of choices list for each of `rows`, column by column; what cannot be read is added to `errors`.
pub(super) fn read_lists(
    sheet: &Worksheet,
    header: &Header,
    rows: &[&Row],
    errors: &mut Vec<Diagnostic>,
) -> Vec<Vec<VariantList>> {
    let mut lists = vec![Vec::new(); rows.len()];
    for column in header.choices() {
        for (of_row, list) in lists.iter_mut().zip(read_column(sheet, column, rows, errors)) {
            of_row.push(list);
        }
    }
    lists
}

/// The lists of one column, whose prices are read beside each other.
fn read_column(sheet: &Worksheet, column: &Column, rows: &[&Row], errors: &mut Vec<Diagnostic>) -> Vec<VariantList> {
    let mut typed: Vec<Vec<Typed>> = Vec::new();
    for row in rows {
        typed.push(listed(row.cell(column.at)).unwrap_or_else(|(why, help)| {
            errors.push(sheet.error(Some((column.at, row.number)), &why, help));
            Vec::new()
        }));
    }
    let prices: Vec<Cell> = typed.iter().flatten().filter_map(|typed| typed.price.clone()).map(Cell::Text).collect();
    let mut prices = read_prices(&prices.iter().collect::<Vec<_>>(), column.says_rupiah()).into_iter();
    let mut lists = Vec::new();
    for (row, typed) in rows.iter().zip(typed) {
        let mut list = VariantList::new();
        for Typed { name, price } in typed {
            let read = price.as_ref().and_then(|_| prices.next()).unwrap_or(Ok(0));
            match read {
                Ok(price) => list.push(ListedVariant { name, price }),
                Err((why, help)) => {
                    let what = format!("{} of {}: {why}", quoted(&price.unwrap_or_default()), quoted(&name));
                    errors.push(sheet.error(Some((column.at, row.number)), &what, help));
                }
            }
        }
        lists.push(list);
    }
    lists
}

/// The same for lists that customers see as the same.
pub(super) fn comparable(list: &[ListedVariant]) -> VariantList {
    let plain = |variant: &ListedVariant| ListedVariant {
        name: normalise_text(&variant.name).into_owned(),
        price: variant.price,
    };
    list.iter().map(plain).collect()
}
