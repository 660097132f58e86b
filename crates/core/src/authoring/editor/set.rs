//! Values set under keys: where they stand, or in a new entry where people would look for it.

use super::{EditError, PatchValue, Step, YamlEditor, entry, place::within};
use crate::{
    authoring::{
        Context,
        json::quoted,
        order::{Below, Kind},
        scalar::text,
    },
    document::{Key, Node, Value},
};

impl YamlEditor {
    /// Sets the value under `path`, seen from the mapping that `steps` lead to (`at` says of what kind it is). What is
    /// missing on the way is made.
    pub(in crate::authoring) fn set(
        &mut self,
        steps: &[Step<'_>],
        at: Below,
        path: &[&str],
        value: &PatchValue,
    ) -> Result<(), EditError> {
        let (mut steps, mut at, mut rest) = (steps.to_vec(), at, path);
        while let [key, deeper @ ..] = rest
            && !deeper.is_empty()
        {
            let mut further = steps.clone();
            further.push(Step::Key(key));
            if !matches!(self.find(&further)?, Some(Node { value: Value::Mapping(_), .. })) {
                break;
            }
            (steps, at, rest) = (further, at.under(key), deeper);
        }
        match rest {
            [] => Ok(()),
            [key] => self.set_entry(&steps, at, key, value),
            [section, first, deeper @ ..] if steps.is_empty() && self.takes_section(section) => {
                let first = text(first, Context::Flow);
                self.new_section(section, &[format!("{first}: {}", wrapped(deeper, &value.flow))])
            }
            [key, deeper @ ..] => self.set_entry(&steps, at, key, &PatchValue::new(wrapped(deeper, &value.flow))),
        }
    }

    /// Whether the file, written in blocks, has no such key yet.
    pub(super) fn takes_section(&self, key: &str) -> bool {
        entry(&self.root, key).is_none() && !self.is_flow(&self.root)
    }

    pub(super) fn set_entry(
        &mut self,
        steps: &[Step<'_>],
        at: Below,
        key: &str,
        value: &PatchValue,
    ) -> Result<(), EditError> {
        let Some(mapping) = self.find(steps)? else {
            return Err(EditError(format!("there is no mapping for `{key}`")));
        };
        let in_style = if self.is_flow(mapping) { self.flow(&value.flow)? } else { value.block.clone() };
        match entry(mapping, key).cloned() {
            Some((written, old)) => {
                self.owned_value(mapping, &written, &old)?;
                if !self.replace_block(&written, &old, value)? {
                    self.replace_value(&written, &old, &in_style)?;
                }
                Ok(())
            }
            None => self.insert_entry(steps, at, key, &in_style),
        }
    }

    fn replace_value(&mut self, key: &Key, old: &Node, value: &str) -> Result<(), EditError> {
        let (start, end) = (self.offset(key.span.end), self.end_of(old, key));
        let stretch = &self.text[start..end];
        let Some(colon) = stretch.find(':') else { return Err(self.shared(&key.text, key.span.start)) };
        // In a text of several lines `#` is a part of it.
        let is_scalar = matches!(old.value, Value::Scalar(_));
        let may_comment = if is_scalar { self.between(key.span.end, old.span.start) } else { stretch };
        if stretch.contains('\n') && may_comment.contains('#') {
            return Err(EditError(format!(
                "{}:{}: a comment inside of the value of `{}` would be lost (move it above the key)",
                self.path, key.span.start.line, key.text
            )));
        }
        self.splice(start + colon + 1, end, &format!(" {value}"))
    }

    fn insert_entry(&mut self, steps: &[Step<'_>], at: Below, key: &str, value: &str) -> Result<(), EditError> {
        let Some(mapping) = self.find(steps)? else { return Ok(()) };
        let Value::Mapping(entries) = &mapping.value else { return Err(EditError(format!("`{key}` needs a mapping"))) };
        let own: Vec<&(Key, Node)> = entries.iter().filter(|(key, _)| within(key.span, mapping.span)).collect();
        let rank = at.rank(key).unwrap_or(usize::MAX);
        let is_before = |entry: &&&(Key, Node)| at.rank(&entry.0.text).is_none_or(|other| other < rank);
        let before = own.iter().rev().find(is_before).copied();
        let key = if self.is_json { quoted(key) } else { text(key, Context::Flow) };
        if self.is_flow(mapping) {
            let open = self.offset(mapping.span.start) + 1;
            let gap = self.gap(mapping, own.first().map(|(key, _)| key.span));
            return match (before, own.first()) {
                (Some((key_before, value_before)), _) => {
                    let at = self.end_of(value_before, key_before);
                    self.splice(at, at, &format!(",{gap}{key}: {value}"))
                }
                (None, None) => self.splice(open, open, &format!("{key}: {value}")),
                (None, Some((first, _))) => {
                    let at = self.offset(first.span.start);
                    self.splice(at, at, &format!("{key}: {value},{gap}"))
                }
            };
        }
        let Some((first, _)) = own.first() else { return Err(self.shared(&key, mapping.span.start)) };
        let indentation = " ".repeat(first.span.start.column as usize - 1);
        match before {
            Some((key_before, value_before)) => {
                let end = self.end_of(value_before, key_before);
                self.insert_lines_after(end, &[format!("{indentation}{key}: {value}")])
            }
            None => {
                let at = self.offset(first.span.start);
                let line = format!("{key}: {value}{}{indentation}", self.newline);
                self.splice(at, at, &line)
            }
        }
    }

    /// A new key of the file with a block below it, where people would look for it.
    pub(super) fn new_section(&mut self, key: &str, lines: &[String]) -> Result<(), EditError> {
        let Value::Mapping(entries) = &self.root.value else {
            return Err(EditError("the file is not a mapping".into()));
        };
        let rank = Kind::File.rank(key).unwrap_or(usize::MAX);
        let before =
            entries.iter().rev().find(|(other, _)| Kind::File.rank(&other.text).is_none_or(|other| other < rank));
        let Some((key_before, value_before)) = before.or(entries.last()) else {
            return Err(EditError("the file says nothing".into()));
        };
        let end = self.end_of(value_before, key_before);
        let mut block = vec![String::new(), format!("{key}:")];
        block.extend(lines.iter().map(|line| format!("  {line}")));
        self.insert_lines_after(end, &block)
    }
}

/// `{a: {b: value}}` for `[a, b]`.
fn wrapped(path: &[&str], value: &str) -> String {
    path.iter().rev().fold(value.to_owned(), |value, key| format!("{{{}: {value}}}", text(key, Context::Flow)))
}
