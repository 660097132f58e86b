//! Elements added to lists and removed from them.

use super::{EditError, Element, PatchValue, Step, YamlEditor, place::within};
use crate::{
    authoring::order::Below,
    document::{Node, Value},
};

impl YamlEditor {
    /// Adds an element at the end of the list under `key` of the mapping that `steps` lead to.
    pub(in crate::authoring) fn add(
        &mut self,
        steps: &[Step<'_>],
        at: Below,
        key: &str,
        element: &Element,
    ) -> Result<(), EditError> {
        let mut to_list = steps.to_vec();
        to_list.push(Step::Key(key));
        let Some(list) = self.find(&to_list)? else {
            if steps.is_empty() && self.takes_section(key) {
                return self.new_section(key, &dashed(&element.lines));
            }
            return self.set_entry(steps, at, key, &PatchValue::new(format!("[{}]", element.flow)));
        };
        let Value::Sequence(nodes) = &list.value else { return Err(EditError(format!("`{key}` is not a list"))) };
        let Some(last) = nodes.last() else {
            return self.set_entry(steps, at, key, &PatchValue::new(format!("[{}]", element.flow)));
        };
        if self.is_flow(list) {
            let at = self.offset(last.span.end);
            let gap = self.gap(list, nodes.first().map(|first| first.span));
            return self.splice(at, at, &format!(",{gap}{}", self.flow(&element.flow)?));
        }
        if !within(last.span, list.span) {
            return Err(self.shared(key, list.span.start));
        }
        let indentation = self.dash_before(&nodes[0])?;
        let lines: Vec<String> = dashed(&element.lines).iter().map(|line| format!("{indentation}{line}")).collect();
        self.insert_lines_after(self.offset(last.span.end), &lines)
    }

    /// Removes an element of a block list that has others; the comments around it stay.
    pub(in crate::authoring) fn remove(&mut self, to_list: &[Step<'_>], key: &str, is: &str) -> Result<(), EditError> {
        let mut steps = to_list.to_vec();
        steps.push(Step::Named(key, is));
        let (Some(list), Some(node)) = (self.find(to_list)?, self.find(&steps)?) else {
            return Err(EditError(format!("`{is}` is not in the list")));
        };
        let is_only_element = matches!(&list.value, Value::Sequence(nodes) if nodes.len() < 2);
        if is_only_element || self.is_flow(list) {
            return Err(EditError(format!("`{is}` cannot be taken out of its list alone")));
        }
        self.dash_before(node)?;
        let start = self.line_start(self.offset(node.span.start));
        let end = self.line_end(self.content_end(self.offset(node.span.end)));
        self.splice(start, end, "")
    }

    /// The indentation of the dash of a block element.
    fn dash_before(&self, element: &Node) -> Result<String, EditError> {
        let at = self.offset(element.span.start);
        let before = self.text[self.line_start(at)..at].trim_end();
        match before.strip_suffix('-') {
            Some(indentation) if indentation.trim().is_empty() => Ok(indentation.to_owned()),
            _ => Err(EditError("a list element does not begin on the line of its dash".into())),
        }
    }
}

fn dashed(lines: &[String]) -> Vec<String> {
    let line = |(at, line): (usize, &String)| format!("{}{line}", if at == 0 { "- " } else { "  " });
    lines.iter().enumerate().map(line).collect()
}
