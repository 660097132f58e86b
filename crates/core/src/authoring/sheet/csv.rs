//! CSV as people save it: with the delimiter and the encoding of their program, which nothing in the file names.

use csv_core::{ReadRecordResult, ReaderBuilder};

use super::{
    columns::{ColumnMap, find_header},
    grid::{Cell, MOST_COLUMNS, MOST_ROWS, Row, Worksheet},
};
use crate::diagnostic::Diagnostic;

/// Delimiters, and what they are called.
const DELIMITERS: [(u8, &str); 4] = [(b',', "commas"), (b';', "semicolons"), (b'\t', "tabs"), (b'|', "bars")];

/// What windows-1252 has in place of the control characters from 0x80 to 0x9f; a space is what it does not define.
const WINDOWS_1252: &str = "€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ";

/// Reads a CSV file. The delimiter is the one by which a row becomes headers that are known or named in `maps`.
pub fn read_csv(file: &str, bytes: &[u8], maps: &[ColumnMap]) -> Result<Worksheet, Vec<Diagnostic>> {
    let sheet = Worksheet { file: file.to_owned(), ..Worksheet::default() };
    let (text, encoding) = decode(bytes).map_err(|why| {
        vec![sheet.error(None, why, "save it as CSV UTF-8, or as .xlsx, in your spreadsheet program")]
    })?;
    // A second mark of its beginning belongs to no cell.
    let (hint, text) = delimiter_hint(text.trim_start_matches('\u{feff}'));
    let candidates = DELIMITERS.iter().filter(|(delimiter, _)| hint.is_none_or(|hint| hint == char::from(*delimiter)));
    let tried: Vec<_> = candidates
        .map(|(delimiter, name)| {
            let mut rows = Vec::new();
            let fault = split(text, *delimiter, &mut rows).err();
            let known = find_header(&rows, maps).map_or(0, |header| header.known());
            (*name, rows, fault, known)
        })
        .collect();
    // Of several that fit equally the first one, which is the one that the format is named after.
    let most = tried.iter().map(|(.., known)| *known).max().unwrap_or_default();
    let Some((name, rows, fault, _)) = tried.into_iter().find(|(.., known)| *known == most) else {
        return Err(vec![sheet.error(None, "its first line names no delimiter that is known", "use , ; tab or |")]);
    };
    if let Some(Fault { column, row, what, help }) = fault {
        return Err(vec![sheet.error(Some((column, row)), what, help)]);
    }
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

/// Adds the rows of `text` up to a fault. A row is a record: line ends between quotes belong to the cell. Empty lines are
/// counted here, as the parser passes over them and a spreadsheet does not.
fn split(text: &str, delimiter: u8, rows: &mut Vec<Row>) -> Result<(), Fault> {
    // With a line end behind the last record, input runs out within an open quote only.
    let text = format!("{text}\n");
    let mut reader = ReaderBuilder::new().delimiter(delimiter).build();
    let (mut unquoted, mut ends) = (vec![0; text.len()], [0; MOST_COLUMNS + 1]);
    let (mut row, mut rest) = (1, text.as_str());
    loop {
        while let Some(more) = after_line_end(rest) {
            (row, rest) = (row + 1, more);
        }
        if rest.is_empty() {
            return Ok(());
        }
        if row > MOST_ROWS + 1 {
            return Err(Fault {
                column: 0,
                row,
                what: "there are more than 20000 rows",
                help: "keep the rows of the menu only",
            });
        }
        let (result, length, _, count) = reader.read_record(rest.as_bytes(), &mut unquoted, &mut ends);
        let too_many = count > MOST_COLUMNS;
        match result {
            ReadRecordResult::Record if !too_many => {}
            ReadRecordResult::Record | ReadRecordResult::OutputEndsFull => {
                let (what, help) = ("there are more than 200 columns", "keep the columns of the menu only");
                return Err(Fault { column: MOST_COLUMNS, row, what, help });
            }
            _ => {
                let (what, help) = ("the quote that opens this cell is never closed", "close it, or write it twice");
                return Err(Fault { column: count, row, what, help });
            }
        }
        let (record, more) = rest.split_at_checked(length).unwrap_or((rest, ""));
        let starts = std::iter::once(0).chain(ends);
        let cells: Vec<String> = starts
            .zip(&ends[..count])
            .map(|(start, end)| String::from_utf8_lossy(unquoted.get(start..*end).unwrap_or_default()).into_owned())
            .collect();
        if let Some(column) = differing_cell(record.trim_end_matches(['\r', '\n']), &cells, char::from(delimiter)) {
            let what = "there is text after the closing quote of the cell";
            return Err(Fault { column, row, what, help: "write a quote within a cell twice: `\"\"`" });
        }
        if cells.iter().any(|cell| !cell.is_empty()) {
            rows.push(Row { number: row, hidden: false, cells: cells.into_iter().map(Cell::Text).collect() });
        }
        let ends_half = record.ends_with('\r');
        (row, rest) = (row + 1, if ends_half { more.strip_prefix('\n').unwrap_or(more) } else { more });
    }
}

/// What stands behind the line end that `text` begins with.
fn after_line_end(text: &str) -> Option<&str> {
    text.strip_prefix("\r\n").or_else(|| text.strip_prefix(['\n', '\r']))
}

/// The first cell that is not as `record` writes it. The parser takes what stands behind a closing quote as a part of the cell.
fn differing_cell(record: &str, cells: &[String], delimiter: char) -> Option<usize> {
    let mut rest = Some(record);
    cells.iter().position(|cell| {
        let Some(from) = rest else { return true };
        let behind = match from.strip_prefix('"') {
            Some(quoted) => quoted.strip_prefix(&cell.replace('"', "\"\"")).and_then(|end| end.strip_prefix('"')),
            None => from.strip_prefix(cell.as_str()),
        };
        rest = behind.and_then(|behind| behind.strip_prefix(delimiter));
        !behind.is_some_and(|behind| behind.is_empty() || rest.is_some())
    })
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
        let tried: [&[u8]; 19] = [
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
            b"\n\nNama,Harga\r\rMie,9000\r\n\r\n\"\",\nTeh\r,",
            b"Nama;Harga\n\"a\r\n\r\nb\";1\n;\"\"\n\"c\" ;2",
            b"Nama,Harga\n\"\"\"a\"\"\",b\"c\"\nMie,\"",
            b"\xef\xbb\xbf\xef\xbb\xbfNama,Harga",
            format!("Nama,Harga\n{}", ",".repeat(200)).leak().as_bytes(),
            "\nNama,Harga".repeat(20_001).leak().as_bytes(),
        ];
        insta::assert_snapshot!(tried.map(cells).join("\n"));
    }

    #[test]
    fn cells_are_read_as_they_were_written() {
        let parts = ["a", ",", ";", "\"", "\n", "\r\n", " ", "é"];
        for seed in 0..300 {
            let mut random = fastrand::Rng::with_seed(seed);
            let end = ["\n", "\r\n", "\r"][random.usize(0..3)];
            let (mut text, mut wanted) = (format!("Nama,Harga{end}"), Vec::new());
            for number in 2..8 {
                let mut cell = || -> String { (0..random.usize(0..4)).map(|_| parts[random.usize(0..8)]).collect() };
                let cells = [cell(), cell()];
                let quoted =
                    cells.each_ref().map(|cell| match cell.contains([',', '"', '\n', '\r']) || random.bool() {
                        true => format!("\"{}\"", cell.replace('"', "\"\"")),
                        false => cell.clone(),
                    });
                text.push_str(&format!("{}{end}", quoted.join(",")));
                if cells != ["", ""] {
                    wanted.push(Row { number, hidden: false, cells: cells.map(Cell::Text).to_vec() });
                }
            }
            let sheet = read_csv("menu.csv", text.as_bytes(), &[]).unwrap();
            assert_eq!(sheet.rows[1..], wanted, "{text:?}");
        }
    }
}
