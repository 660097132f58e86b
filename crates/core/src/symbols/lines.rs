//! Positions in the units of an editor and in ours. Editors count lines and UTF-16 units from 0 (Language Server Protocol),
//! we count lines and characters from 1. Both take `\n`, `\r\n` and `\r` for the end of a line.

use crate::document::{Pos, Span};

/// The lines of a text.
#[derive(Debug)]
pub struct Lines<'t> {
    text: &'t str,
    /// Where each begins, in bytes.
    starts: Vec<usize>,
    /// A byte order mark stands before the text in the editor, and is no part of ours.
    has_mark: bool,
}

impl<'t> Lines<'t> {
    /// The lines of a text without byte order mark; `has_mark`: the editor has one before it.
    pub fn new(text: &'t str, has_mark: bool) -> Self {
        let bytes = text.as_bytes();
        let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        });
        let starts = [0].into_iter().chain(ends.map(|(at, _)| at + 1)).collect();
        Self { text, starts, has_mark }
    }

    /// A line by its number from 0, without its end; nothing behind the last one.
    pub fn line(&self, number: usize) -> &'t str {
        let Some(start) = self.starts.get(number) else { return "" };
        let end = self.starts.get(number + 1).copied().unwrap_or(self.text.len());
        self.text[*start..end].trim_end_matches(['\r', '\n'])
    }

    /// Where a position of ours is: line and UTF-16 unit, from 0. One behind the end of a line is at its end.
    pub fn units(&self, pos: Pos) -> (u32, u32) {
        let line = pos.line.max(1) - 1;
        let characters = usize::try_from(pos.column.max(1) - 1).unwrap_or(usize::MAX);
        let units = self.line(index(line)).chars().take(characters).map(char::len_utf16).sum::<usize>();
        (line, u32::try_from(units).unwrap_or(u32::MAX).saturating_add(self.mark(line)))
    }

    /// The position of ours that an editor means.
    pub fn pos(&self, line: u32, unit: u32) -> Pos {
        let line = line.min(u32::try_from(self.starts.len() - 1).unwrap_or(u32::MAX));
        let before = &self.line(index(line))[..self.offset_in_line(line, unit)];
        let column = u32::try_from(before.chars().count()).unwrap_or(u32::MAX).saturating_add(1);
        Pos { line: line.saturating_add(1), column }
    }

    /// Where that is in the text, in bytes. Behind the last line: at the end.
    pub fn offset(&self, line: u32, unit: u32) -> usize {
        match self.starts.get(index(line)) {
            Some(start) => start + self.offset_in_line(line, unit),
            None => self.text.len(),
        }
    }

    /// Where a position of ours is in the text, in bytes.
    pub fn offset_of(&self, pos: Pos) -> usize {
        let (line, unit) = self.units(pos);
        self.offset(line, unit)
    }

    /// What stands at a span.
    pub fn slice(&self, span: Span) -> &'t str {
        let (start, end) = (self.offset_of(span.start), self.offset_of(span.end));
        self.text.get(start..end).unwrap_or_default()
    }

    /// Where the text ends.
    pub fn end(&self) -> (u32, u32) {
        let last = self.starts.len() - 1;
        let units = self.line(last).chars().map(char::len_utf16).sum::<usize>();
        let last = u32::try_from(last).unwrap_or(u32::MAX);
        (last, u32::try_from(units).unwrap_or(u32::MAX).saturating_add(self.mark(last)))
    }

    /// A unit in the middle of a character means its beginning, one behind the end of the line its end.
    fn offset_in_line(&self, line: u32, unit: u32) -> usize {
        let wanted = index(unit.saturating_sub(self.mark(line)));
        let (mut units, text) = (0, self.line(index(line)));
        for (at, c) in text.char_indices() {
            if units + c.len_utf16() > wanted {
                return at;
            }
            units += c.len_utf16();
        }
        text.len()
    }

    fn mark(&self, line: u32) -> u32 {
        u32::from(self.has_mark && line == 0)
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
