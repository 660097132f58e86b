//! Rows as dishes. A row that is none is named with what it was taken for.

use super::{
    columns::{Header, SheetField},
    grid::{Cell, Row, Worksheet, one_line, quoted, rows_named},
    lists::{VariantList, read_lists},
    price::read_prices,
};
use crate::diagnostic::Diagnostic;

/// The menu of dishes where nothing in the sheet names one.
pub(super) const ONLY_MENU: &str = "Menu";

/// First words of a row of sums.
const SUMS: [&str; 7] = ["total", "jumlah", "subtotal", "sub total", "grand total", "total harga", "jumlah total"];

/// A dish, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Dish {
    pub(super) row: usize,
    pub(super) menu: String,
    pub(super) name: String,
    pub(super) price: i64,
    pub(super) description: Option<String>,
    pub(super) image: Option<String>,
    pub(super) id: Option<String>,
    /// What its cells list, for each column of choices.
    pub(super) lists: Vec<VariantList>,
}

/// What rows are for people: which were taken for what.
#[derive(Default)]
struct Rows {
    hidden: Vec<usize>,
    repeated: Vec<usize>,
    sums: Vec<usize>,
    without_menu: Vec<usize>,
    pictures: Vec<usize>,
    sold_out: Vec<usize>,
    headings: Vec<String>,
    notes: Vec<String>,
}

/// The dishes of a sheet, and lines about what is none; or all that cannot be read.
/// `names_choices`: cells of choices name them, and list no variants.
pub(super) fn read_dishes(
    sheet: &Worksheet,
    header: &Header,
    names_choices: bool,
) -> Result<(Vec<Dish>, Vec<String>), Vec<Diagnostic>> {
    let taken = taken_columns(header);
    let mut reader =
        Reader { sheet, header, taken, rows: Rows::default(), menu: None, pending: None, errors: Vec::new() };
    let dishes: Vec<(&Row, Dish)> =
        sheet.rows.iter().skip(header.row + 1).filter_map(|row| Some((row, reader.row(row)?))).collect();
    reader.drop_pending();
    let column = header.column(SheetField::Price).unwrap_or_default();
    let cells: Vec<&Cell> = dishes.iter().map(|(row, _)| row.cell(column)).collect();
    let mut told = Vec::new();
    let mut read = Vec::new();
    let rows: Vec<&Row> = dishes.iter().map(|(row, _)| *row).collect();
    let lists = match names_choices {
        true => vec![Vec::new(); rows.len()],
        false => read_lists(sheet, header, &rows, &mut reader.errors),
    };
    let prices = read_prices(&cells, header.says_rupiah);
    for (((row, dish), lists), price) in dishes.into_iter().zip(lists).zip(prices) {
        match price {
            Ok(price) => {
                if let Cell::Text(text) = row.cell(column)
                    && text.trim() != price.to_string()
                {
                    told.push((text.trim().to_owned(), price));
                }
                read.push(Dish { price, lists, ..dish });
            }
            Err((why, help)) => {
                let text = row.cell(column).text();
                let shown = if text.is_empty() { String::new() } else { format!("{}: ", quoted(&text)) };
                reader.errors.push(sheet.error(Some((column, row.number)), &format!("{shown}{why}"), help));
            }
        }
    }
    let mut lines = reader.rows.lines(sheet, header);
    if let Some((text, price)) = told.first() {
        let more =
            if told.len() > 1 { format!(" ({} prices are written in such ways)", told.len()) } else { String::new() };
        lines.push(format!("the price {} was read as {price} rupiah{more}", quoted(text)));
    }
    if read.is_empty() && reader.errors.is_empty() {
        let help = "write a dish in each row below the headers";
        reader.errors.push(sheet.error(None, "there is no dish below the headers", help));
    }
    if reader.errors.is_empty() { Ok((read, lines)) } else { Err(reader.errors) }
}

struct Reader<'s> {
    sheet: &'s Worksheet,
    header: &'s Header,
    /// The columns whose cells are taken.
    taken: Vec<usize>,
    rows: Rows,
    /// The menu that the rows above named.
    menu: Option<String>,
    /// A text alone in its row: a heading if a dish follows, else a note.
    pending: Option<(usize, String)>,
    errors: Vec<Diagnostic>,
}

impl Reader<'_> {
    /// The dish of a row, without its price.
    fn row(&mut self, row: &Row) -> Option<Dish> {
        let filled = row.filled();
        let first = row.cell(*filled.first()?).text();
        if row.hidden {
            self.rows.hidden.push(row.number);
            return None;
        }
        if self.header.is_repeated_by(row) {
            self.rows.repeated.push(row.number);
            return None;
        }
        if SUMS.contains(&first.trim_end_matches([':', '=', ' ']).to_lowercase().as_str()) {
            self.rows.sums.push(row.number);
            return None;
        }
        if filled.iter().all(|at| self.header.choices().any(|column| column.at == *at)) {
            let help = "list all variants of a dish in one cell of its row, separated with `;`";
            let place = filled.first().map(|at| (*at, row.number));
            self.errors.push(self.sheet.error(place, "there are variants in a row without a dish", help));
            return None;
        }
        let column = |field| self.header.column(field);
        let (name, menu) = (column(SheetField::Name).unwrap_or_default(), column(SheetField::Menu));
        if let [only] = filled[..]
            && matches!(row.cell(only), Cell::Text(_))
            && first.contains(char::is_alphabetic)
        {
            match menu {
                None => {
                    self.drop_pending();
                    self.pending = Some((row.number, one_line(&first)));
                    return None;
                }
                Some(menu) if only == menu => {
                    self.rows.headings.push(format!("row {} {}", row.number, quoted(&first)));
                    self.menu = Some(one_line(&first));
                    return None;
                }
                Some(_) if only != name => {
                    self.rows.notes.push(format!("row {} {}", row.number, quoted(&first)));
                    return None;
                }
                Some(_) => {}
            }
        }
        if !self.taken.iter().any(|at| filled.contains(at)) {
            self.rows.notes.push(format!("row {} {}", row.number, quoted(&first)));
            return None;
        }
        for at in &self.taken {
            if let (Cell::Wrong(why), true) = (row.cell(*at), Some(*at) != column(SheetField::Price)) {
                self.errors.push(self.sheet.error(Some((*at, row.number)), why, "write the value itself"));
            }
        }
        if row.cell(name).is_empty() {
            let help = "write the name of the dish, or delete the row";
            self.errors.push(self.sheet.error(Some((name, row.number)), "there is no name", help));
            return None;
        }
        self.take_heading();
        let menu = self.menu_of(row, menu)?;
        let text = |field| column(field).map(|at| row.cell(at).text()).filter(|text| !text.is_empty());
        let image = text(SheetField::Image);
        let is_address = |image: &String| image.starts_with("https://") || image.starts_with("http://");
        if image.as_ref().is_some_and(|image| !is_address(image)) {
            self.rows.pictures.push(row.number);
        }
        if text(SheetField::Stock).is_some_and(|stock| is_sold_out(&stock)) {
            self.rows.sold_out.push(row.number);
        }
        Some(Dish {
            row: row.number,
            menu,
            name: one_line(&row.cell(name).text()),
            price: 0,
            description: text(SheetField::Description).map(|text| text.replace("\r\n", "\n").replace('\r', "\n")),
            image: image.filter(is_address),
            id: text(SheetField::Id),
            lists: Vec::new(),
        })
    }

    /// The menu that a dish names, else that of the rows above.
    fn menu_of(&mut self, row: &Row, column: Option<usize>) -> Option<String> {
        let Some(column) = column else {
            return Some(self.menu.clone().unwrap_or_else(|| ONLY_MENU.to_owned()));
        };
        let own = one_line(&row.cell(column).text());
        if !own.is_empty() {
            self.menu = Some(own);
        } else if self.menu.is_some() {
            self.rows.without_menu.push(row.number);
        } else {
            let help = "write the menu in which the dish stands";
            self.errors.push(self.sheet.error(Some((column, row.number)), "there is no menu, and none above", help));
        }
        self.menu.clone()
    }

    fn take_heading(&mut self) {
        if let Some((row, text)) = self.pending.take() {
            self.rows.headings.push(format!("row {row} {}", quoted(&text)));
            self.menu = Some(text);
        }
    }

    fn drop_pending(&mut self) {
        if let Some((row, text)) = self.pending.take() {
            self.rows.notes.push(format!("row {row} {}", quoted(&text)));
        }
    }
}

fn taken_columns(header: &Header) -> Vec<usize> {
    let is_taken = |field: Option<SheetField>| field.is_some_and(SheetField::is_taken);
    header.columns.iter().filter(|column| is_taken(column.field)).map(|column| column.at).collect()
}

impl Rows {
    fn lines(&self, sheet: &Worksheet, header: &Header) -> Vec<String> {
        let titles =
            sheet.rows.iter().take(header.row).filter_map(|row| {
                Some(format!("row {} {}", row.number, quoted(&row.cell(*row.filled().first()?).text())))
            });
        let of_texts = |what: &str, texts: &[String]| {
            let more = texts.len().saturating_sub(5);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let shown = texts.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
            (!texts.is_empty()).then(|| format!("{what}: {shown}{more}"))
        };
        let of_rows = |what: &str, rows: &[usize]| (!rows.is_empty()).then(|| format!("{what}: {}", rows_named(rows)));
        let no_menu = header.column(SheetField::Menu).is_none() && self.headings.is_empty();
        [
            of_texts("not taken, above the headers", &titles.collect::<Vec<_>>()),
            of_texts("taken as the heading of the dishes below", &self.headings),
            no_menu.then(|| format!("there is no column for the menu: all dishes go into the menu `{ONLY_MENU}`")),
            of_rows("without a menu of their own, so in that of the row above", &self.without_menu),
            of_texts("not taken, as these are notes", &self.notes),
            of_rows("not taken, as it only repeats the headers", &self.repeated),
            of_rows("not taken, as it is a sum", &self.sums),
            of_rows("not taken, because it is hidden", &self.hidden),
            of_rows("the photo is not taken, as it is no address (https://…)", &self.pictures),
            of_rows("sold out in the sheet, which the file does not say", &self.sold_out),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn is_sold_out(stock: &str) -> bool {
    ["0", "no", "n", "false", "tidak", "habis", "kosong", "off", "sold out", "out of stock"]
        .contains(&stock.to_lowercase().as_str())
}
