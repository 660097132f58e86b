//! Texts in lines below their key, after `>` or `|`: where they end, and a new text in the same manner.

use super::{EditError, PatchValue, YamlEditor};
use crate::{
    authoring::scalar::is_escaped,
    document::{Key, Node},
};

/// New lines may be this wide, or as wide as the old ones.
const WIDTH: usize = 80;

/// Whether this announces a text in lines.
pub(super) fn is_block_mark(mark: &str) -> bool {
    mark.strip_prefix(['>', '|']).is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '+' || c == '-'))
}

impl YamlEditor {
    /// Replaces the text in lines under `key`, if it is one: by lines under the same mark where it drops the last line break
    /// and the new value can be said so, else by the value beside the key. Whether it is one.
    pub(super) fn replace_block(&mut self, key: &Key, old: &Node, value: &PatchValue) -> Result<bool, EditError> {
        let start = self.offset(key.span.end);
        let header_end = self.text[..self.line_end(start)].trim_end().len();
        let (header, comment) = match self.text[start..header_end].split_once('#') {
            Some((header, _)) => (header, true),
            None => (&self.text[start..header_end], false),
        };
        let Some(mark) = header.trim().strip_prefix(':').map(str::trim).filter(|mark| is_block_mark(mark)) else {
            return Ok(false);
        };
        let (body, end) = (self.line_end(start), self.block_end(old));
        let widest = self.text[body..end.max(body)].lines().map(|line| line.chars().count()).max().unwrap_or(0);
        let indentation = " ".repeat(old.span.start.column as usize - 1);
        let new = value.text.as_deref().and_then(|text| lines(text, mark, widest.max(WIDTH), &indentation));
        if let Some(lines) = new {
            let lines = lines.join(self.newline);
            self.splice(body, end, &lines)?;
        } else if comment {
            return Err(EditError(format!(
                "{}:{}: a comment beside the mark of `{}` would be lost (move it above the key)",
                self.path, key.span.start.line, key.text
            )));
        } else {
            let colon = start + self.text[start..].find(':').unwrap_or(0);
            self.splice(colon + 1, end, &format!(" {}", value.block))?;
        }
        Ok(true)
    }

    /// After the last line of a text in lines, which may be followed by comments.
    fn block_end(&self, text: &Node) -> usize {
        let mut end = self.offset(text.span.start);
        let least = text.span.start.column as usize - 1;
        let mut at = self.line_start(end);
        while at < self.text.len() {
            let next = self.line_end(at);
            let line = self.text[at..next].trim_end();
            match line.trim_start() {
                "" => {}
                text if line.len() - text.len() < least => break,
                _ => end = at + line.len(),
            }
            at = next;
        }
        end
    }
}

/// `text` in lines under `mark`, if it reads as the same there.
fn lines(text: &str, mark: &str, width: usize, indentation: &str) -> Option<Vec<String>> {
    let can = !text.is_empty() && text.trim() == text && !text.chars().any(is_escaped);
    let words: Vec<&str> = match mark {
        // Lines are joined by one space.
        ">-" if !text.contains("  ") => text.split(' ').collect(),
        ">-" | "|-" => vec![text],
        _ => return None,
    };
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{indentation}{word}")),
        }
    }
    can.then_some(lines)
}
