//! A sheet as cells, whatever file it came from.

use crate::diagnostic::Diagnostic;

/// The largest file that is read, in bytes (our choice).
pub const MOST_BYTES: u64 = 20 << 20;
/// The most rows of a sheet (our choice).
pub const MOST_ROWS: usize = 20_000;
/// The most columns of a sheet (our choice).
pub const MOST_COLUMNS: usize = 200;

/// How much of a cell is quoted in a message.
const LONGEST_QUOTE: usize = 40;
/// How many rows a message names.
const MOST_NAMED: usize = 8;

/// What is in a cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Cell {
    /// Nothing.
    #[default]
    Empty,
    /// A text, with the spaces that were typed.
    Text(String),
    /// A number, as the spreadsheet stores it.
    Number(f64),
    /// No value, and why.
    Wrong(String),
}

/// One row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// As the spreadsheet counts it, from 1.
    pub number: usize,
    /// Whether the spreadsheet does not show it.
    pub hidden: bool,
    /// From column A; short rows end early.
    pub cells: Vec<Cell>,
}

/// One sheet of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Worksheet {
    /// The file, as it is named to people.
    pub file: String,
    /// Its name; a CSV file has none.
    pub name: Option<String>,
    /// The rows that have cells, in their order.
    pub rows: Vec<Row>,
    /// What reading it made of the file: for people.
    pub remarks: Vec<String>,
}

impl Cell {
    /// Whether there is nothing to read, not even a mistake.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty) || matches!(self, Self::Text(text) if text.trim().is_empty())
    }

    /// Its text without the space around it; of a number the shortest one.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Empty | Self::Wrong(_) => String::new(),
            Self::Text(text) => text.trim().to_owned(),
            Self::Number(number) => number.to_string(),
        }
    }
}

impl Row {
    pub(super) fn cell(&self, column: usize) -> &Cell {
        self.cells.get(column).unwrap_or(&Cell::Empty)
    }

    /// The columns that are not empty.
    pub(super) fn filled(&self) -> Vec<usize> {
        (0..self.cells.len()).filter(|column| !self.cells[*column].is_empty()).collect()
    }
}

impl Worksheet {
    /// `menu.xlsx, sheet Menu`
    pub fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("{}, sheet {}", self.file, quoted(name)),
            None => self.file.clone(),
        }
    }

    /// An error in a cell, or in the sheet as a whole.
    pub(super) fn error(&self, at: Option<(usize, usize)>, message: &str, help: &str) -> Diagnostic {
        let place = at.map(|(column, row)| format!(", cell {}", cell_name(column, row))).unwrap_or_default();
        Diagnostic::error("sheet", None, format!("{}{place}: {message}", self.title())).help(help)
    }
}

/// `B7` for column 1 and row 7.
pub fn cell_name(column: usize, row: usize) -> String {
    format!("{}{row}", column_name(column))
}

/// `A` for column 0, `AA` for column 26.
pub fn column_name(column: usize) -> String {
    let last = char::from(b'A' + u8::try_from(column % 26).unwrap_or_default());
    match column / 26 {
        0 => last.to_string(),
        before => format!("{}{last}", column_name(before - 1)),
    }
}

/// The column of `AA`, if these are its letters and it is one that is read.
pub fn column_of(name: &str) -> Option<usize> {
    if name.is_empty() || name.len() > 3 || !name.chars().all(|c| c.is_ascii_alphabetic()) {
        return None;
    }
    let digits = name.bytes().map(|letter| usize::from(letter.to_ascii_uppercase() - b'A') + 1);
    Some(digits.fold(0, |column, digit| column * 26 + digit) - 1)
}

/// The beginning of a text on one line and between backticks.
pub(super) fn quoted(text: &str) -> String {
    let whole = one_line(text);
    let mut short: String = whole.chars().take(LONGEST_QUOTE).collect();
    if short.len() < whole.len() {
        short.push('…');
    }
    format!("`{short}`")
}

/// `row 4`, `rows 4, 7 and 12`, `rows 4, 5, 6 … and 30 more`.
pub(super) fn rows_named(rows: &[usize]) -> String {
    let named: Vec<String> = rows.iter().take(MOST_NAMED).map(ToString::to_string).collect();
    match (rows.len().saturating_sub(MOST_NAMED), &named[..]) {
        (0, [one]) => format!("row {one}"),
        (0, [first @ .., last]) => format!("rows {} and {last}", first.join(", ")),
        (more, _) => format!("rows {} and {more} more", named.join(", ")),
    }
}

/// Line ends and double spaces of a cell are how it looked.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
