//! `.xlsx`: a part for the list of sheets, one for the texts that cells share, and one for each sheet.

use std::collections::HashMap;

use quick_xml::events::BytesStart;

use super::{
    archive::{Archive, Piece, Xml, attribute, name_of},
    builder::{Builder, Sheets, without_value},
};
use crate::authoring::sheet::{Cell, Worksheet, column_of};

pub(super) fn read(file: &str, bytes: &[u8]) -> Result<Vec<Worksheet>, String> {
    let mut archive = Archive::open(bytes)?;
    let workbook = archive.text("xl/workbook.xml")?.ok_or("it is no .xlsx workbook")?;
    let relations = archive.text("xl/_rels/workbook.xml.rels")?.unwrap_or_default();
    let targets = targets(&relations)?;
    let shared =
        targets.iter().find(|(_, (kind, _))| kind.ends_with("/sharedStrings")).map(|(_, (_, part))| part.clone());
    let shared = match shared {
        Some(part) => shared_texts(&archive.text(&part)?.unwrap_or_default())?,
        None => Vec::new(),
    };
    let mut sheets = Sheets::default();
    for (name, relation, hidden) in sheet_list(&workbook)? {
        let Some((kind, part)) = targets.get(&relation) else { continue };
        if !kind.ends_with("/worksheet") {
            continue;
        }
        let part = archive.text(part)?.ok_or_else(|| format!("its sheet `{name}` is missing"))?;
        let remark = hidden.then_some("the sheet is hidden");
        sheets.add(sheet(&part, &shared)?, file, name, remark)?;
    }
    sheets.finish()
}

/// Name, relation and whether it is hidden, of each sheet.
fn sheet_list(workbook: &str) -> Result<Vec<(String, String, bool)>, String> {
    let mut xml = Xml::new(workbook);
    let mut sheets = Vec::new();
    while let Some(piece) = xml.next()? {
        if let Piece::Start(start) = piece
            && name_of(&start) == "sheet"
        {
            let name = attribute(&start, "name").unwrap_or_default();
            let hidden = attribute(&start, "state").is_some_and(|state| state != "visible");
            // `r:id`, beside a `sheetId` of another meaning.
            sheets.push((name, attribute(&start, "id").unwrap_or_default(), hidden));
        }
    }
    Ok(sheets)
}

/// The kind and the part of every relation. What is outside of the workbook is never opened.
fn targets(relations: &str) -> Result<HashMap<String, (String, String)>, String> {
    let mut xml = Xml::new(relations);
    let mut targets = HashMap::new();
    while let Some(piece) = xml.next()? {
        let Piece::Start(start) = piece else { continue };
        if name_of(&start) != "Relationship" || attribute(&start, "TargetMode").is_some_and(|mode| mode == "External") {
            continue;
        }
        let [id, kind, target] = ["Id", "Type", "Target"].map(|name| attribute(&start, name).unwrap_or_default());
        let part = match target.strip_prefix('/') {
            Some(absolute) => absolute.to_owned(),
            None => format!("xl/{target}"),
        };
        targets.insert(id, (kind, part));
    }
    Ok(targets)
}

/// Texts that cells name by number. How each reads aloud is no part of it.
fn shared_texts(part: &str) -> Result<Vec<String>, String> {
    let mut xml = Xml::new(part);
    let (mut texts, mut text, mut in_text, mut aloud) = (Vec::new(), String::new(), false, false);
    while let Some(piece) = xml.next()? {
        match piece {
            Piece::Start(start) => match name_of(&start) {
                "si" => text.clear(),
                "t" => in_text = !aloud,
                "rPh" => aloud = true,
                _ => {}
            },
            Piece::Text(more) if in_text => text.push_str(&more),
            Piece::Text(_) => {}
            Piece::End(name) => match name.as_str() {
                "si" => texts.push(unescaped(&text)),
                "t" => in_text = false,
                "rPh" => aloud = false,
                _ => {}
            },
        }
    }
    Ok(texts)
}

/// Excel writes a carriage return as `_x000D_`.
fn unescaped(text: &str) -> String {
    text.replace("_x000D_", "")
}

/// A cell in the making.
#[derive(Default)]
struct Draft {
    column: usize,
    kind: String,
    value: String,
    has_formula: bool,
}

fn sheet(part: &str, shared: &[String]) -> Result<Builder, String> {
    let mut xml = Xml::new(part);
    let mut builder = Builder::default();
    let (mut row, mut hidden, mut next_column) = (0, false, 0);
    let (mut draft, mut in_value, mut aloud) = (Draft::default(), false, false);
    while let Some(piece) = xml.next()? {
        match piece {
            Piece::Start(start) => match name_of(&start) {
                "row" => {
                    row = attribute(&start, "r").and_then(|row| row.parse().ok()).unwrap_or(row + 1);
                    hidden = is_set(&start, "hidden");
                    next_column = 0;
                }
                "c" => {
                    draft = draft_of(&start, next_column);
                    next_column = draft.column + 1;
                }
                "f" => draft.has_formula = true,
                "rPh" => aloud = true,
                "v" | "t" => in_value = !aloud,
                "col" if is_set(&start, "hidden") => {
                    let at = |name| attribute(&start, name)?.parse::<usize>().ok()?.checked_sub(1);
                    if let (Some(first), Some(last)) = (at("min"), at("max")) {
                        builder.hide_columns(first..=last);
                    }
                }
                "mergeCell" => builder.add_merged(attribute(&start, "ref").unwrap_or_default()),
                _ => {}
            },
            Piece::Text(more) if in_value => draft.value.push_str(&more),
            Piece::Text(_) => {}
            Piece::End(name) => match name.as_str() {
                "v" | "t" => in_value = false,
                "rPh" => aloud = false,
                "c" => {
                    let draft = std::mem::take(&mut draft);
                    if draft.has_formula {
                        builder.count_formula();
                    }
                    builder.put(row, draft.column, hidden, cell(&draft, shared)?)?;
                }
                _ => {}
            },
        }
    }
    Ok(builder)
}

fn is_set(start: &BytesStart<'_>, name: &str) -> bool {
    attribute(start, name).is_some_and(|value| value == "1" || value == "true")
}

fn draft_of(start: &BytesStart<'_>, next: usize) -> Draft {
    let reference = attribute(start, "r").unwrap_or_default();
    let letters: String = reference.chars().take_while(char::is_ascii_alphabetic).collect();
    let kind = attribute(start, "t").unwrap_or_default();
    Draft { column: column_of(&letters).unwrap_or(next), kind, ..Draft::default() }
}

fn cell(draft: &Draft, shared: &[String]) -> Result<Cell, String> {
    let value = &draft.value;
    Ok(match draft.kind.as_str() {
        _ if value.is_empty() && draft.has_formula && draft.kind != "str" => without_value(),
        _ if value.is_empty() => Cell::Empty,
        "s" => {
            let text = value.trim().parse::<usize>().ok().and_then(|at| shared.get(at));
            Cell::Text(text.ok_or("a cell has a text that the workbook does not have")?.clone())
        }
        "b" => Cell::Text(if value.trim() == "1" { "TRUE" } else { "FALSE" }.to_owned()),
        "e" => Cell::Wrong(format!("the cell has the error {value}")),
        "str" | "inlineStr" | "d" => Cell::Text(unescaped(value)),
        _ => value.trim().parse().map_or_else(|_| Cell::Text(value.clone()), Cell::Number),
    })
}
