//! `.ods`: one part with all sheets, in which cells and rows that are equal may stand once with a number.

use quick_xml::events::BytesStart;

use super::{
    archive::{Archive, Piece, Xml, attribute, name_of},
    builder::{Builder, Sheets, without_value},
};
use crate::authoring::sheet::{Cell, MOST_COLUMNS, MOST_ROWS, Worksheet, cell_name};

pub(super) fn read(file: &str, bytes: &[u8]) -> Result<Vec<Worksheet>, String> {
    let mut archive = Archive::open(bytes)?;
    let content = archive.text("content.xml")?.ok_or("it is no .ods workbook")?;
    let mut xml = Xml::new(&content);
    let mut sheets = Sheets::default();
    let mut reader = Reader::default();
    while let Some(piece) = xml.next()? {
        match piece {
            Piece::Start(start) => reader.start(&start),
            Piece::Text(text) => reader.text(&text),
            Piece::End(name) => {
                if let Some(builder) = reader.end(&name)? {
                    sheets.add(builder, file, std::mem::take(&mut reader.name), None)?;
                }
            }
        }
    }
    sheets.finish()
}

/// A cell in the making.
#[derive(Default)]
struct Draft {
    repeated: usize,
    kind: String,
    value: Option<String>,
    has_formula: bool,
    merged: Option<(usize, usize)>,
    paragraphs: Vec<String>,
}

#[derive(Default)]
struct Reader {
    name: String,
    builder: Builder,
    row: usize,
    row_repeated: usize,
    hidden: bool,
    column: usize,
    /// The cells of a row, which may stand for several.
    cells: Vec<(usize, Cell)>,
    draft: Option<Draft>,
    /// Notes on a cell are no part of it.
    in_note: bool,
    in_paragraph: bool,
}

impl Reader {
    fn start(&mut self, start: &BytesStart<'_>) {
        let count = |name| attribute(start, name).and_then(|count| count.parse::<usize>().ok()).unwrap_or(1).max(1);
        match name_of(start) {
            "table" => {
                self.name = attribute(start, "name").unwrap_or_default();
                (self.row, self.column, self.builder) = (0, 0, Builder::default());
            }
            "table-column" => {
                let first = self.column;
                self.column = first.saturating_add(count("number-columns-repeated"));
                if is_hidden(start) {
                    self.builder.hide_columns(first..=self.column - 1);
                }
            }
            "table-row" => {
                self.row_repeated = count("number-rows-repeated");
                self.hidden = is_hidden(start);
                self.column = 0;
                self.cells.clear();
            }
            "table-cell" | "covered-table-cell" => {
                let spans = (count("number-columns-spanned"), count("number-rows-spanned"));
                self.draft = Some(Draft {
                    repeated: count("number-columns-repeated"),
                    kind: attribute(start, "value-type").unwrap_or_default(),
                    value: attribute(start, "value").or_else(|| attribute(start, "boolean-value")),
                    has_formula: attribute(start, "formula").is_some(),
                    merged: (spans != (1, 1)).then_some(spans),
                    paragraphs: Vec::new(),
                });
            }
            "annotation" => self.in_note = true,
            "p" if !self.in_note => {
                self.in_paragraph = true;
                self.draft.iter_mut().for_each(|draft| draft.paragraphs.push(String::new()));
            }
            "s" => self.text(&" ".repeat(count("c").min(100))),
            "tab" => self.text(" "),
            "line-break" => self.text("\n"),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if self.in_paragraph
            && !self.in_note
            && let Some(paragraph) = self.draft.as_mut().and_then(|draft| draft.paragraphs.last_mut())
        {
            paragraph.push_str(text);
        }
    }

    /// The sheet that ends here.
    fn end(&mut self, name: &str) -> Result<Option<Builder>, String> {
        match name {
            "p" => self.in_paragraph = false,
            "annotation" => self.in_note = false,
            "table-cell" | "covered-table-cell" => {
                if let Some(draft) = self.draft.take() {
                    self.put(draft)?;
                }
            }
            "table-row" => {
                let cells = std::mem::take(&mut self.cells);
                if !cells.is_empty() {
                    if self.row.saturating_add(self.row_repeated) > MOST_ROWS {
                        return Err(format!("the sheet `{}` has more than {MOST_ROWS} rows", self.name));
                    }
                    for row in self.row..self.row + self.row_repeated {
                        for (column, cell) in &cells {
                            self.builder.put(row + 1, *column, self.hidden, cell.clone())?;
                        }
                    }
                }
                self.row = self.row.saturating_add(self.row_repeated);
            }
            "table" => return Ok(Some(std::mem::take(&mut self.builder))),
            _ => {}
        }
        Ok(None)
    }

    fn put(&mut self, draft: Draft) -> Result<(), String> {
        let column = self.column;
        self.column = self.column.saturating_add(draft.repeated);
        if draft.has_formula {
            self.builder.count_formula();
        }
        if let Some((columns, rows)) = draft.merged {
            let row = self.row + 1;
            let [last_column, last_row] =
                [(column, columns), (row, rows)].map(|(at, count)| at.saturating_add(count - 1));
            self.builder.add_merged(format!("{}:{}", cell_name(column, row), cell_name(last_column, last_row)));
        }
        let cell = cell(draft);
        if cell.is_empty() {
            return Ok(());
        }
        if self.column > MOST_COLUMNS {
            return Err(format!("the sheet `{}` has more than {MOST_COLUMNS} columns", self.name));
        }
        self.cells.extend((column..self.column).map(|column| (column, cell.clone())));
        Ok(())
    }
}

fn is_hidden(start: &BytesStart<'_>) -> bool {
    attribute(start, "visibility").is_some_and(|visibility| visibility != "visible")
}

fn cell(draft: Draft) -> Cell {
    let text = draft.paragraphs.join("\n");
    match (draft.kind.as_str(), draft.value) {
        ("float" | "currency" | "percentage", Some(value)) => {
            value.parse().map_or_else(|_| Cell::Text(text), Cell::Number)
        }
        ("boolean", Some(value)) => Cell::Text(value),
        _ if draft.has_formula && text.starts_with(['#', '*']) || text.starts_with("Err:") => {
            Cell::Wrong(format!("the cell has the error {text}"))
        }
        _ if draft.has_formula && text.is_empty() && draft.kind.is_empty() => without_value(),
        _ => Cell::Text(text),
    }
}
