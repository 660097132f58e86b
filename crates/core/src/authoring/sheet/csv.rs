//! CSV as people save it: with the delimiter and the encoding of their program, which nothing in the file names.

use super::{
    columns::{ColumnMap, find_header},
    grid::{Cell, MOST_COLUMNS, MOST_ROWS, Row, Worksheet},
};
use crate::diagnostic::Diagnostic;

/// Delimiters, and what they are called.
const DELIMITERS: [(char, &str); 4] = [(',', "commas"), (';', "semicolons"), ('\t', "tabs"), ('|', "bars")];

/// What windows-1252 has in place of the control characters from 0x80 to 0x9f; a space is what it does not define.
const WINDOWS_1252: &str = "€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ";

/// Reads a CSV file. The delimiter is the one by which a row becomes headers that are known or named in `maps`.
pub fn read_csv(file: &str, bytes: &[u8], maps: &[ColumnMap]) -> Result<Worksheet, Vec<Diagnostic>> {
    let sheet = Worksheet { file: file.to_owned(), ..Worksheet::default() };
    let (text, encoding) = decode(bytes).map_err(|why| {
        vec![sheet.error(None, why, "save it as CSV UTF-8, or as .xlsx, in your spreadsheet program")]
    })?;
    let (hint, text) = delimiter_hint(&text);
    let candidates = DELIMITERS.iter().filter(|(delimiter, _)| hint.is_none_or(|hint| hint == *delimiter));
    let tried: Vec<_> = candidates
        .map(|(delimiter, name)| {
            let rows = split(text, *delimiter);
            let known = rows.as_ref().map_or(0, |rows| find_header(rows, maps).map_or(0, |header| header.known()));
            (*name, rows, known)
        })
        .collect();
    // Of several that fit equally the first one, which is the one that the format is named after.
    let most = tried.iter().map(|(.., known)| *known).max().unwrap_or_default();
    let Some((name, rows, _)) = tried.into_iter().find(|(.., known)| *known == most) else {
        return Err(vec![sheet.error(None, "its first line names no delimiter that is known", "use , ; tab or |")]);
    };
    let rows = rows.map_err(|Fault { column, row, what, help }| vec![sheet.error(Some((column, row)), what, help)])?;
    let remarks = vec![format!("read as {encoding}, with {name} between the columns")];
    Ok(Worksheet { rows, remarks, ..sheet })
}

/// Excel's line `sep=;` before everything else.
fn delimiter_hint(text: &str) -> (Option<char>, &str) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let hint = first.trim_end_matches('\r').strip_prefix("sep=").filter(|hint| hint.chars().count() == 1);
    hint.and_then(|hint| hint.chars().next()).map_or((None, text), |hint| (Some(hint), rest))
}

/// The text of a file and the name of its encoding.
fn decode(bytes: &[u8]) -> Result<(String, &'static str), &'static str> {
    if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        let text = std::str::from_utf8(rest).map_err(|_| "it says that it is UTF-8, and is not")?;
        return Ok((text.to_owned(), "UTF-8"));
    }
    for (mark, name, read) in [
        (b"\xff\xfe", "UTF-16", u16::from_le_bytes as fn([u8; 2]) -> u16),
        (b"\xfe\xff", "UTF-16", u16::from_be_bytes as fn([u8; 2]) -> u16),
    ] {
        if let Some(rest) = bytes.strip_prefix(mark) {
            let (pairs, odd) = rest.as_chunks::<2>();
            let text: Result<String, _> = char::decode_utf16(pairs.iter().map(|pair| read(*pair))).collect();
            let text = text.ok().filter(|_| odd.is_empty()).ok_or("it says that it is UTF-16, and is not")?;
            return Ok((text, name));
        }
    }
    if bytes.contains(&0) {
        return Err("it is no text");
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok((text.to_owned(), "UTF-8"));
    }
    let special: Vec<char> = WINDOWS_1252.chars().collect();
    let text = bytes.iter().map(|byte| match byte {
        0x80..=0x9f => special.get(usize::from(byte - 0x80)).copied().filter(|c| *c != ' '),
        _ => Some(char::from(*byte)),
    });
    let text: Option<String> = text.collect();
    Ok((text.ok_or("it is neither UTF-8 nor windows-1252")?, "windows-1252, because it is not UTF-8"))
}

/// What makes a file no CSV.
struct Fault {
    column: usize,
    row: usize,
    what: &'static str,
    help: &'static str,
}

/// The rows of `text`. A row is a record: line ends between quotes belong to the cell.
fn split(text: &str, delimiter: char) -> Result<Vec<Row>, Fault> {
    let mut rows = Vec::new();
    let mut row = Row { number: 1, ..Row::default() };
    let mut cell = String::new();
    let mut chars = text.chars().peekable();
    let too_much = |row: &Row, what, help| Fault { column: row.cells.len(), row: row.number, what, help };
    loop {
        let is_start = cell.is_empty();
        match chars.next() {
            Some('"') if is_start => {
                quoted_cell(&mut chars, &mut cell, &row)?;
                if chars.peek().is_some_and(|c| ![delimiter, '\n', '\r'].contains(c)) {
                    let what = "there is text after the closing quote of the cell";
                    return Err(too_much(&row, what, "write a quote within a cell twice: `\"\"`"));
                }
                // An empty quoted cell is as empty as another.
                if cell.is_empty() {
                    continue;
                }
            }
            Some('\r') if chars.peek() == Some(&'\n') => {}
            Some(c) if c == delimiter => {
                row.cells.push(Cell::Text(std::mem::take(&mut cell)));
                if row.cells.len() >= MOST_COLUMNS {
                    return Err(too_much(&row, "there are more than 200 columns", "keep the columns of the menu only"));
                }
            }
            end @ (Some('\n' | '\r') | None) => {
                row.cells.push(Cell::Text(std::mem::take(&mut cell)));
                let number = row.number + 1;
                if row.cells.iter().any(|cell| !cell.is_empty()) {
                    rows.push(row);
                }
                if end.is_none() {
                    return Ok(rows);
                }
                row = Row { number, ..Row::default() };
                if number > MOST_ROWS + 1 {
                    return Err(too_much(&row, "there are more than 20000 rows", "keep the rows of the menu only"));
                }
            }
            Some(c) => cell.push(c),
        }
    }
}

/// The rest of a cell after its opening quote.
fn quoted_cell(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    cell: &mut String,
    row: &Row,
) -> Result<(), Fault> {
    loop {
        match chars.next() {
            Some('"') if chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            Some('"') => return Ok(()),
            Some(c) => cell.push(c),
            None => {
                let (what, help) = ("the quote that opens this cell is never closed", "close it, or write it twice");
                return Err(Fault { column: row.cells.len(), row: row.number, what, help });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authoring::sheet::cell_name;

    fn cells(bytes: &[u8]) -> String {
        match read_csv("menu.csv", bytes, &[]) {
            Ok(sheet) => {
                let cells = sheet.rows.iter().flat_map(|row| {
                    let cell = |(at, cell): (usize, &Cell)| format!("{}={}", cell_name(at, row.number), cell.text());
                    row.cells.iter().enumerate().map(cell).collect::<Vec<_>>()
                });
                format!("{} | {}", sheet.remarks.join(" "), cells.collect::<Vec<_>>().join(" "))
            }
            Err(errors) => errors[0].message.clone(),
        }
    }

    #[test]
    fn delimiters_and_encodings_are_found_out_and_told() {
        let utf16: Vec<u8> = "\u{feff}Nama\tHarga\nKopi Café\t9000".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let tried: [&[u8]; 13] = [
            b"Nama,Harga\nMie,9000",
            b"\xef\xbb\xbfNama;Harga\r\nMie, kuah;9000\r\n\r\nEs;5000\r\n",
            b"Nama|Harga\nMie; kuah, pedas|9000",
            &utf16,
            b"Nama;Harga\nCaf\xe9 \x80;9000",
            b"sep=;\nNama;Harga\nMie;9000",
            b"Daftar menu, Januari\n\nNama;Harga\n\"Mie; \"\"enak\"\"\nsekali\";9000\nEs;5000",
            b"Nama,Harga\n\"Mie,9000",
            b"Nama,Harga\n\"Mie\" goreng,9000",
            b"Nama,Harga\n\0\0",
            b"Nama,Harga\nCaf\x81,9000",
            b"\xef\xbb\xbfNama,Harga\n\xff",
            b"",
        ];
        insta::assert_snapshot!(tried.map(cells).join("\n"));
    }
}
