//! Lines that do not begin where their neighbours do, and characters that look like the space that YAML wants: said with
//! columns, so that the help mends the file when it is followed literally.

use super::{Pos, Span, node::saturate};

/// What is wrong with the place where a line begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Slip {
    pub(super) span: Span,
    pub(super) message: String,
    pub(super) help: String,
}

/// The slip that makes the parser stumble at `at`, if it is one of these.
pub(super) fn find(text: &str, at: Pos) -> Option<Slip> {
    let lines: Vec<&str> = text.lines().collect();
    let index = usize::try_from(at.line).ok()?.checked_sub(1)?;
    lines.get(index)?;
    let before = (0..index).rev().find(|line| !is_empty(lines[*line]));
    let near = || std::iter::once(index).chain(before);
    near()
        .find_map(|line| odd_space(&lines, line))
        .or_else(|| near().find_map(|line| no_space_after_dash(&lines, line)))
        .or_else(|| misplaced(&lines, index, at))
}

fn is_empty(line: &str) -> bool {
    let text = line.trim_start();
    text.is_empty() || text.starts_with('#')
}

fn span(line: usize, column: usize, width: usize) -> Span {
    let start = Pos { line: saturate(line) + 1, column: saturate(column) + 1 };
    Span { start, end: Pos { column: start.column.saturating_add(saturate(width)), ..start } }
}

/// A character that people take for a space or a colon: how it is called, and what to write instead.
pub(super) fn look_alike(c: char) -> Option<(&'static str, &'static str)> {
    Some(match c {
        '\u{a0}' => ("a no-break space", "a space"),
        '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' => ("a space of special width", "a space"),
        '\u{200b}' | '\u{2060}' | '\u{feff}' => ("an invisible character", "a space"),
        '\u{3000}' => ("a wide space", "a space"),
        '\u{ff1a}' => ("a wide colon", "a colon and a space"),
        _ => return None,
    })
}

/// One in the indentation, or after the colon or the dash that wants a space.
fn odd_space(lines: &[&str], line: usize) -> Option<Slip> {
    let text: Vec<char> = lines[line].chars().collect();
    let blank = text.iter().take_while(|c| **c == ' ' || look_alike(**c).is_some_and(|(_, with)| with == "a space"));
    let indentation = blank.count();
    let dash = if text.get(indentation) == Some(&'-') { Some(indentation + 1) } else { None };
    let colon = text.iter().position(|c| *c == ':').map(|colon| colon + 1);
    let wide = text.iter().position(|c| *c == '\u{ff1a}').filter(|_| colon.is_none());
    let candidates = (0..indentation).chain(dash).chain(colon).chain(wide);
    let (column, (name, instead)) = candidates.filter_map(|at| Some((at, look_alike(*text.get(at)?)?))).next()?;
    Some(Slip {
        span: span(line, column, 1),
        message: format!("{name} (U+{:04X}) stands in column {}", u32::from(text[column]), column + 1),
        help: format!("replace the character in column {} by {instead}", column + 1),
    })
}

fn no_space_after_dash(lines: &[&str], line: usize) -> Option<Slip> {
    let (dash, text) = indented(lines[line]);
    let rest = text.strip_prefix('-').filter(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))?;
    let key = key_of(rest)?;
    // Keys that stand below the text after the dash stand one column too far to the left once there is a space.
    let below = lines[line + 1..].iter().take_while(|below| indented(below).0 > dash || is_empty(below));
    let aligned = below.take_while(|below| indented(below).0 == dash + 1 || is_empty(below)).count();
    let along = if aligned > 0 {
        format!(", and move the {} 1 space to the right", lines_below(aligned))
    } else {
        String::new()
    };
    Some(Slip {
        span: span(line, dash, 1),
        message: format!("there is no space after the `-` of `-{key}`"),
        help: format!("write `- {key}`{along}"),
    })
}

fn lines_below(number: usize) -> String {
    if number == 1 { "line below".to_owned() } else { format!("{number} lines below") }
}

fn spaces(number: usize) -> String {
    if number == 1 { "1 space".to_owned() } else { format!("{number} spaces") }
}

/// How far a line is indented, and the rest of it.
fn indented(line: &str) -> (usize, &str) {
    let text = line.trim_start_matches(' ');
    (line.len() - text.len(), text)
}

/// The key of a line, if it has one.
fn key_of(text: &str) -> Option<&str> {
    if text.starts_with(['"', '\'', '[', '{', '#', '&', '*', '!', '|', '>', '%', '@']) {
        return None;
    }
    let colon = text
        .char_indices()
        .find(|(at, c)| *c == ':' && text[at + 1..].chars().next().is_none_or(|next| next == ' ' || next == '\r'));
    colon.map(|(at, _)| text[..at].trim_end()).filter(|key| !key.is_empty())
}

/// What begins at a column: entries of a list, or keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Column<'a> {
    at: usize,
    is_entry: bool,
    /// The first key of the entry, or the last key.
    key: Option<&'a str>,
}

/// The columns of the blocks that are open after these lines, the innermost last; `None` where a tab decides.
fn open_columns<'a>(lines: &[&'a str]) -> Option<Vec<Column<'a>>> {
    let mut open: Vec<Column<'a>> = Vec::new();
    // The column of the key or entry whose text block is being read.
    let mut block_text: Option<usize> = None;
    for line in lines.iter().filter(|line| !is_empty(line)) {
        let (mut at, mut text) = indented(line);
        if block_text.is_some_and(|column| at > column) {
            continue;
        }
        block_text = None;
        if text.starts_with('\t') {
            return None;
        }
        let begin = at;
        loop {
            open.retain(|column| column.at <= at);
            let Some(rest) = text.strip_prefix('-').filter(|rest| rest.is_empty() || rest.starts_with(' ')) else {
                break;
            };
            let gap = 1 + rest.len() - rest.trim_start_matches(' ').len();
            put(&mut open, Column { at, is_entry: true, key: key_of(rest.trim_start_matches(' ')) });
            (at, text) = (at + gap, rest.trim_start_matches(' '));
        }
        if let Some(key) = key_of(text) {
            put(&mut open, Column { at, is_entry: false, key: Some(key) });
        }
        let ends = text.trim_end().trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'));
        if ends.ends_with([' ', ':']) || ends.ends_with(" |") || ends.ends_with(" >") {
            block_text = (ends.ends_with('|') || ends.ends_with('>')).then_some(begin);
        }
    }
    Some(open)
}

fn put<'a>(open: &mut Vec<Column<'a>>, column: Column<'a>) {
    match open.iter_mut().find(|known| known.at == column.at && known.is_entry == column.is_entry) {
        Some(known) => *known = column,
        None => open.push(column),
    }
}

/// A key or an entry that begins where no other does.
fn misplaced(lines: &[&str], line: usize, at: Pos) -> Option<Slip> {
    let (column, text) = indented(lines[line]);
    let entry = text.strip_prefix("- ").map(str::trim_start);
    let key = key_of(entry.unwrap_or(text));
    let found = usize::try_from(at.column).ok()?.checked_sub(1)?;
    // The parser stumbles over the beginning of the line, over what follows its dash, or over the colon of its first key.
    let colon = key.map(|key| text.len() - entry.unwrap_or(text).len() + column + key.chars().count());
    let content = column + text.len() - entry.unwrap_or(text).len();
    if found != column && found != content && Some(found) != colon {
        return None;
    }
    let open = open_columns(&lines[..line])?;
    let neighbours: Vec<Column<'_>> = open.into_iter().filter(|open| open.is_entry == entry.is_some()).collect();
    if neighbours.iter().any(|neighbour| neighbour.at == column) {
        return None;
    }
    let same_key = |neighbour: &&Column<'_>| entry.is_some() && key.is_some() && neighbour.key == key;
    let nearest =
        || neighbours.iter().min_by_key(|neighbour| (neighbour.at.abs_diff(column), std::cmp::Reverse(neighbour.at)));
    let target = neighbours.iter().rev().find(same_key).or_else(nearest)?.at;
    let name = match (entry.is_some(), key) {
        (true, Some(key)) => format!("- {key}"),
        (true, None) => "- ".to_owned(),
        (false, key) => key?.to_owned(),
    };
    let along = along(lines, line, column, target);
    let what = if along == 0 { "this line".to_owned() } else { format!("this line and the {}", lines_below(along)) };
    let side = if target < column { "left" } else { "right" };
    Some(Slip {
        span: span(line, column, name.trim_end().chars().count()),
        message: format!("`{name}` begins {} in, its neighbours {target}", spaces(column)),
        help: format!("move {what} {} to the {side}", spaces(target.abs_diff(column))),
    })
}

/// How many lines below a misplaced one were written to fit to it, and have to go along.
fn along(lines: &[&str], line: usize, column: usize, target: usize) -> usize {
    let is_entry = |text: &str| text.starts_with("- ") || text == "-";
    let (_, own) = indented(lines[line]);
    let opens = own.trim_end().ends_with(':');
    let below: Vec<(usize, &str)> = lines[line + 1..].iter().map(|below| indented(below)).collect();
    let fits = |(at, text): &(usize, &str)| match (is_entry(own), is_entry(text)) {
        _ if is_empty(text) => true,
        // Keys of this entry; another entry at the right column is none of it.
        (true, false) => *at >= column + 2,
        (true, true) => *at == column || *at > column && *at != target,
        (false, false) => *at == column || opens && *at > column,
        (false, true) => opens && *at > column,
    };
    let first_key = below.iter().find(|(_, text)| !is_empty(text));
    let is_own_key_right = |(at, text): &(usize, &str)| is_entry(own) && !is_entry(text) && *at == target + 2;
    if first_key.is_some_and(is_own_key_right) && target != column {
        return 0;
    }
    let mut number = below.iter().take_while(|below| fits(below)).count();
    while number > 0 && is_empty(below[number - 1].1) {
        number -= 1;
    }
    number
}
