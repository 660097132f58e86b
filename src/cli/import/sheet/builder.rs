//! Cells put into a sheet one by one, within limits: a workbook may claim a million rows, or repeat one cell without end.

use std::{collections::BTreeMap, ops::RangeInclusive};

use crate::authoring::sheet::{Cell, MOST_COLUMNS, MOST_ROWS, Row, Worksheet, column_name};

/// How much text the cells of a workbook may have, in bytes (our choice).
const MOST_TEXT: usize = 50 << 20;

/// The most sheets that are read (our choice).
const MOST_SHEETS: usize = 50;

/// The most cells of all sheets (our choice).
const MOST_CELLS: usize = 2_000_000;

/// How many merged cells or hidden columns are named.
const MOST_NAMED: usize = 5;

/// The sheets of a workbook. Each is within its limits, and here so that many of them are not much.
#[derive(Default)]
pub(super) struct Sheets {
    sheets: Vec<Worksheet>,
    cells: usize,
    text: usize,
}

impl Sheets {
    pub(super) fn add(&mut self, sheet: Builder, file: &str, name: String, remark: Option<&str>) -> Result<(), String> {
        self.text += sheet.text;
        self.cells += sheet.cells;
        if self.sheets.len() >= MOST_SHEETS || self.cells > MOST_CELLS || self.text > MOST_TEXT {
            return Err("it has too many sheets".to_owned());
        }
        self.sheets.push(sheet.finish(file, name, remark));
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Vec<Worksheet>, String> {
        if self.sheets.is_empty() { Err("it has no sheets".to_owned()) } else { Ok(self.sheets) }
    }
}

/// What a cell has whose formula nobody has computed.
pub(super) fn without_value() -> Cell {
    Cell::Wrong("the formula has no stored value: open the file in a spreadsheet program and save it there".to_owned())
}

/// A sheet in the making.
#[derive(Default)]
pub(super) struct Builder {
    rows: BTreeMap<usize, Row>,
    cells: usize,
    text: usize,
    formulas: usize,
    merged: Vec<String>,
    /// Ranges of columns, as many as a sheet may have of them.
    hidden_columns: Vec<RangeInclusive<usize>>,
}

impl Builder {
    /// Puts a cell; rows count from 1, columns from 0.
    pub(super) fn put(&mut self, row: usize, column: usize, hidden: bool, cell: Cell) -> Result<(), String> {
        if cell.is_empty() {
            return Ok(());
        }
        if row > MOST_ROWS {
            return Err(format!("a sheet has more than {MOST_ROWS} rows"));
        }
        if column >= MOST_COLUMNS {
            return Err(format!("a sheet has more than {MOST_COLUMNS} columns"));
        }
        if let Cell::Text(text) | Cell::Wrong(text) = &cell {
            self.text += text.len();
        }
        if self.text > MOST_TEXT {
            return Err("its cells have more than 50 MB of text".to_owned());
        }
        let known = self.rows.entry(row).or_insert_with(|| Row { number: row, hidden, cells: Vec::new() });
        if known.cells.len() <= column {
            self.cells += column + 1 - known.cells.len();
            known.cells.resize(column + 1, Cell::Empty);
        }
        if self.cells > MOST_CELLS {
            return Err(format!("a sheet has more than {MOST_CELLS} cells"));
        }
        known.cells[column] = cell;
        Ok(())
    }

    /// One more cell has a formula.
    pub(super) fn count_formula(&mut self) {
        self.formulas += 1;
    }

    /// These cells are merged: `A2:A5`.
    pub(super) fn add_merged(&mut self, cells: String) {
        self.merged.push(cells);
    }

    /// These columns, from 0, are hidden.
    pub(super) fn hide_columns(&mut self, columns: RangeInclusive<usize>) {
        if *columns.start() < MOST_COLUMNS && self.hidden_columns.len() < MOST_COLUMNS {
            self.hidden_columns.push(columns);
        }
    }

    /// What is said of columns that are hidden and have cells: unlike rows they are read, as a price may be among them.
    fn hidden_remark(&self) -> Option<String> {
        let is_hidden = |column: &usize| self.hidden_columns.iter().any(|columns| columns.contains(column));
        let is_used =
            |column: &usize| self.rows.values().any(|row| row.cells.get(*column).is_some_and(|cell| !cell.is_empty()));
        let named: Vec<String> = (0..MOST_COLUMNS).filter(is_hidden).filter(is_used).map(column_name).collect();
        let (first, what) =
            (named.first()?, if named.len() == 1 { "a hidden column is" } else { "hidden columns are" });
        Some(format!("{what} read as the others: {}; `--map {first}=ignore` leaves one out", first_of(&named)))
    }

    fn finish(self, file: &str, name: String, remark: Option<&str>) -> Worksheet {
        let mut remarks: Vec<String> = remark.map(str::to_owned).into_iter().chain(self.hidden_remark()).collect();
        match self.formulas {
            0 => {}
            1 => remarks.push("1 cell is a formula: its stored value was taken".to_owned()),
            count => remarks.push(format!("{count} cells are formulas: their stored values were taken")),
        }
        if !self.merged.is_empty() {
            remarks.push(format!("of merged cells only the first has the value: {}", first_of(&self.merged)));
        }
        Worksheet { file: file.to_owned(), name: Some(name), rows: self.rows.into_values().collect(), remarks }
    }
}

/// The first of these, and how many more there are.
fn first_of(names: &[String]) -> String {
    let more = names.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    names.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join(", ") + &more
}
