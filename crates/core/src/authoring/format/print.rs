//! The tree written out again, with every comment where it belongs.

use super::{
    super::{
        editor::is_flow,
        order::{Below, Kind},
        scalar::Context,
    },
    flow::{self, Role},
    scan::{Comment, Scan, scan},
};
use crate::document::{Key, Node, Value};

/// Why a file is left alone.
type Left = &'static str;

/// The formatted text.
pub(super) fn print(text: &str, root: &Node, kind: Kind) -> Result<String, Left> {
    let scan = scan(text, root)?;
    let mut printer = Printer { text, scan, next: 0, last_line: None };
    if printer.is_flow(root) {
        return Err("it is written between brackets as a whole");
    }
    let (head, parted) = printer.head(root);
    let mut chunks = match &root.value {
        Value::Mapping(entries) => printer.mapping(entries, Below::This(kind), None)?,
        _ => return Err("it is not a mapping"),
    };
    chunks.extend(printer.rest());
    if let Some(first) = chunks.first_mut() {
        first.blank = parted;
    }
    let mut lines = head;
    chunks.into_iter().for_each(|chunk| chunk.write(&mut lines));
    Ok(lines.join("\n") + "\n")
}

/// An entry or an element with the comments above it. Lines are relative to the collection it belongs to.
struct Chunk {
    /// An empty line stands before it.
    blank: bool,
    above: Vec<String>,
    lines: Vec<String>,
}

impl Chunk {
    fn write(self, lines: &mut Vec<String>) {
        if self.blank {
            lines.push(String::new());
        }
        lines.extend(self.above);
        lines.extend(self.lines);
    }
}

struct Printer<'t> {
    text: &'t str,
    scan: Scan,
    /// The next comment that has not been written.
    next: usize,
    /// The last line of the source that has been written.
    last_line: Option<usize>,
}

impl Printer<'_> {
    // ── comments ──

    fn peek(&self) -> Option<&Comment> {
        self.scan.comments.get(self.next)
    }

    /// The comment at the top of the file, which stays there, and whether an empty line comes after it.
    fn head(&mut self, root: &Node) -> (Vec<String>, bool) {
        let first = self.scan.offset(self.text, root.span.start);
        let above = self.scan.comments.iter().take_while(|comment| comment.at < first).count();
        let lines: Vec<usize> = self.scan.comments[..above].iter().map(|comment| self.scan.line(comment.at)).collect();
        let after = |at: usize| lines.get(at + 1).copied().unwrap_or_else(|| self.scan.line(first));
        let parted = (0..above).rev().find(|at| after(*at) > lines[*at] + 1);
        // A comment in the first line is about the file, whatever key comes next.
        let end = parted.map(|at| at + 1).or_else(|| (above > 0).then_some(above)).unwrap_or(0);
        let mut head = Vec::new();
        for at in 0..end {
            if at > 0 && lines[at] > lines[at - 1] + 1 {
                head.push(String::new());
            }
            head.push(self.scan.comments[at].text.clone());
        }
        self.next = end;
        self.last_line = lines.get(end.wrapping_sub(1)).copied();
        (head, parted.is_some())
    }

    /// Comments on lines of their own before `end`, that `keep` wants; whether an empty line stands before the first.
    fn above(&mut self, end: usize, keep: impl Fn(&Comment) -> bool) -> Result<(bool, Vec<String>), Left> {
        let mut found = Vec::new();
        let mut blank = false;
        while let Some(comment) = self.peek().filter(|comment| comment.at < end && keep(comment)).cloned() {
            if !comment.alone {
                return Err("a comment stands where it cannot be moved");
            }
            let is_parted = self.is_parted(comment.at);
            match found.is_empty() {
                true => blank = is_parted,
                false if is_parted => found.push(String::new()),
                false => {}
            }
            found.push(comment.text);
            self.last_line = Some(self.scan.line(comment.at));
            self.next += 1;
        }
        Ok((blank, found))
    }

    /// Whether an empty line stands before this place.
    fn is_parted(&self, at: usize) -> bool {
        self.last_line.is_some_and(|last| self.scan.line(at) > last + 1)
    }

    /// The comment behind what ends at `end`, with the spaces before it.
    fn behind(&mut self, end: usize) -> String {
        self.last_line = Some(self.scan.line(end.saturating_sub(1)).max(self.last_line.unwrap_or(0)));
        let line = self.scan.line(end);
        let here = self.peek().filter(|comment| !comment.alone && self.scan.line(comment.at) == line);
        let Some(comment) = here.map(|comment| comment.text.clone()) else { return String::new() };
        self.next += 1;
        format!(" {comment}")
    }

    /// What stands at the end of the file.
    fn rest(&mut self) -> Option<Chunk> {
        let (blank, above) = self.above(usize::MAX, |_| true).unwrap_or_default();
        (!above.is_empty()).then_some(Chunk { blank, above, lines: Vec::new() })
    }

    /// Comments that belong to the end of a collection: further in than what it stands in, before the next value.
    fn tail(&mut self, node_end: usize, column: usize, outer: Option<usize>) -> Result<Option<Chunk>, Left> {
        let next = self.next_value(node_end);
        let is_inside =
            |comment: &Comment| comment.column >= column && outer.is_some_and(|outer| comment.column > outer);
        let (blank, above) = self.above(next, is_inside)?;
        Ok((!above.is_empty()).then_some(Chunk { blank, above, lines: Vec::new() }))
    }

    /// Where the next line begins that is neither empty nor a comment.
    fn next_value(&self, from: usize) -> usize {
        let mut at = from;
        loop {
            let rest = &self.text[at..];
            let begins = rest.trim_start();
            at += rest.len() - begins.len();
            if !begins.starts_with('#') {
                return at;
            }
            match begins.find('\n') {
                Some(newline) => at += newline,
                None => return self.text.len(),
            }
        }
    }

    // ── collections ──

    /// The entries of a block mapping. `outer` is the column of what it stands in.
    fn mapping(&mut self, entries: &[(Key, Node)], mapping: Below, outer: Option<usize>) -> Result<Vec<Chunk>, Left> {
        let mut chunks: Vec<Option<Chunk>> = Vec::new();
        for (key, value) in entries {
            let start = self.scan.offset(self.text, key.span.start);
            let parted_key = |printer: &Self| printer.is_parted(start);
            let (mut blank, mut above) = self.above(start, |_| true)?;
            match (above.is_empty(), parted_key(self)) {
                (true, parted) => blank = parted,
                (false, true) => above.push(String::new()),
                (false, false) => {}
            }
            let lines = self.entry(key, value, mapping)?;
            chunks.push(Some(Chunk { blank, above, lines }));
        }
        let order = flow::order(entries, mapping);
        let mut sorted: Vec<Chunk> = order.into_iter().filter_map(|at| chunks[at].take()).collect();
        if let (Some((key, _)), Some((last_key, last))) = (entries.first(), entries.last()) {
            let end = self.scan.offset(self.text, last.span.end.max(last_key.span.end));
            sorted.extend(self.tail(end, key.span.start.column as usize - 1, outer)?);
        }
        Ok(sorted)
    }

    fn entry(&mut self, key: &Key, value: &Node, mapping: Below) -> Result<Vec<String>, Left> {
        let role = Role::of(mapping, &key.text);
        let head = format!("{}:", flow::key(key, mapping, &self.source_of(key)));
        let column = key.span.start.column as usize - 1;
        let key_end = self.scan.offset(self.text, key.span.end);
        match &value.value {
            Value::Scalar(scalar) if scalar.is_null() => {
                let end = self.scan.offset(self.text, value.span.end).max(key_end);
                let is_empty = value.span.start == value.span.end;
                let null = if is_empty { String::new() } else { format!(" {}", scalar.text) };
                Ok(vec![format!("{head}{null}{}", self.behind(end))])
            }
            Value::Scalar(_) => self.scalar(head, key_end, value, role),
            _ if self.is_flow(value) => self.brackets(head, value, role, column),
            Value::Sequence(nodes) => {
                let first = format!("{head}{}", self.behind(key_end));
                let chunks = self.sequence(nodes, role, column)?;
                Ok(nested(first, chunks))
            }
            Value::Mapping(entries) => {
                let first = format!("{head}{}", self.behind(key_end));
                let chunks = self.mapping(entries, role.below, Some(column))?;
                Ok(nested(first, chunks))
            }
        }
    }

    fn sequence(&mut self, nodes: &[Node], role: Role, outer: usize) -> Result<Vec<Chunk>, Left> {
        let role = role.of_element();
        let mut chunks = Vec::new();
        let mut dash_column = 0;
        for node in nodes {
            let start = self.scan.offset(self.text, node.span.start);
            let dash = self.dash(start)?;
            dash_column = dash;
            let (mut blank, mut above) = self.above(start, |_| true)?;
            match (above.is_empty(), self.is_parted(start)) {
                (true, parted) => blank = parted,
                (false, true) => above.push(String::new()),
                (false, false) => {}
            }
            let lines = match &node.value {
                Value::Scalar(scalar) if scalar.is_null() => return Err("a list has an empty element"),
                Value::Scalar(_) => self.scalar(String::new(), start, node, role)?,
                _ if self.is_flow(node) => self.brackets(String::new(), node, role, dash + 2)?,
                Value::Sequence(_) => return Err("a list stands directly in a list"),
                Value::Mapping(entries) => {
                    let mut entries = self.mapping(entries, role.below, Some(dash))?;
                    // What stood above a key that comes first now, stands above the dash.
                    if let Some(first) = entries.first_mut() {
                        above.append(&mut first.above);
                        first.blank = false;
                    }
                    let mut lines = Vec::new();
                    entries.into_iter().for_each(|entry| entry.write(&mut lines));
                    lines
                }
            };
            chunks.push(Chunk { blank, above, lines: dashed(lines) });
        }
        if let Some(last) = nodes.last() {
            let end = self.scan.offset(self.text, last.span.end);
            chunks.extend(self.tail(end, dash_column, Some(outer))?);
        }
        Ok(chunks)
    }

    /// The column of the dash of an element.
    fn dash(&self, start: usize) -> Result<usize, Left> {
        let line = self.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        match self.text[line..start].trim_end().strip_suffix('-') {
            Some(indentation) if indentation.trim().is_empty() => Ok(indentation.len()),
            _ => Err("a list element does not begin on the line of its dash"),
        }
    }

    // ── values ──

    /// A scalar after `head`; `from` is where the head ends in the source.
    fn scalar(&mut self, head: String, from: usize, node: &Node, role: Role) -> Result<Vec<String>, Left> {
        let (start, end) = (self.scan.offset(self.text, node.span.start), self.scan.offset(self.text, node.span.end));
        let Value::Scalar(scalar) = &node.value else { return Err("a value is no scalar") };
        let gap = self.text[from..start].trim_start_matches([':', ' ']);
        if gap.starts_with(['|', '>']) {
            return self.block_scalar(&head, gap, start, end);
        }
        if gap.contains('\n') {
            return Err("a value begins on another line than its key");
        }
        let space = if head.is_empty() { "" } else { " " };
        if !self.text[start..end].contains('\n') {
            let value = flow::scalar(scalar, role, Context::Block);
            return Ok(vec![format!("{head}{space}{value}{}", self.behind(end))]);
        }
        let mut lines: Vec<String> = Vec::new();
        for (at, line) in self.text[start..end].lines().enumerate() {
            lines.push(if at == 0 { format!("{head}{space}{}", line.trim_end()) } else { indented(line.trim()) });
        }
        let behind = self.behind(end);
        if let Some(last) = lines.last_mut() {
            last.push_str(&behind);
        }
        Ok(lines)
    }

    /// `|` and `>`: the lines as they are, at the new indentation.
    fn block_scalar(&mut self, head: &str, gap: &str, start: usize, end: usize) -> Result<Vec<String>, Left> {
        let (header, before) = gap.split_once('\n').ok_or("a block of text is written in an unusual way")?;
        let header = header.trim_end();
        if !matches!(header, "|" | ">" | "|-" | ">-") || !before.chars().all(|c| c == ' ') || head.is_empty() {
            return Err("a block of text is written in an unusual way");
        }
        let body = self.text[start..end].trim_end();
        let mut lines = vec![format!("{head} {header}")];
        for (at, line) in body.lines().enumerate() {
            let line = if at == 0 { line } else { line.strip_prefix(before).unwrap_or(line.trim_start()) };
            lines.push(indented(line.trim_end()));
        }
        self.last_line = Some(self.scan.line(start + body.len()));
        Ok(lines)
    }

    /// A value between brackets: in one line if it is, else line by line as it is.
    fn brackets(&mut self, head: String, node: &Node, role: Role, column: usize) -> Result<Vec<String>, Left> {
        let (start, end) = (self.scan.offset(self.text, node.span.start), self.scan.offset(self.text, node.span.end));
        let space = if head.is_empty() { "" } else { " " };
        let source = &self.text[start..end];
        if !source.contains('\n') {
            if has_bare_pair(node, self) {
                return Err("a list has a pair without brackets");
            }
            let line = flow::line(node, role, &|key| self.source_of(key));
            return Ok(vec![format!("{head}{space}{line}{}", self.behind(end))]);
        }
        let old = " ".repeat(column);
        let mut lines: Vec<String> = Vec::new();
        for (at, line) in source.lines().enumerate() {
            let line = line.trim_end();
            let line = if at == 0 { line } else { line.strip_prefix(&old).unwrap_or(line.trim_start()) };
            lines.push(if at == 0 { format!("{head}{space}{line}") } else { line.to_owned() });
        }
        while self.peek().is_some_and(|comment| comment.at < end) {
            self.next += 1;
        }
        let behind = self.behind(end);
        if let Some(last) = lines.last_mut() {
            last.push_str(&behind);
        }
        Ok(lines)
    }

    fn is_flow(&self, node: &Node) -> bool {
        is_flow(node, &self.text[self.scan.offset(self.text, node.span.start)..])
    }

    fn source_of(&self, key: &Key) -> String {
        let (start, end) = (self.scan.offset(self.text, key.span.start), self.scan.offset(self.text, key.span.end));
        self.text[start..end].to_owned()
    }
}

/// `[a: b]`: a mapping without brackets of its own.
fn has_bare_pair(node: &Node, printer: &Printer<'_>) -> bool {
    match &node.value {
        Value::Scalar(_) => false,
        _ if !printer.is_flow(node) => true,
        Value::Sequence(nodes) => nodes.iter().any(|node| has_bare_pair(node, printer)),
        Value::Mapping(entries) => entries.iter().any(|(_, node)| has_bare_pair(node, printer)),
    }
}

fn nested(first: String, mut chunks: Vec<Chunk>) -> Vec<String> {
    if let Some(chunk) = chunks.first_mut() {
        chunk.blank = false;
    }
    let mut lines = Vec::new();
    chunks.into_iter().for_each(|chunk| chunk.write(&mut lines));
    std::iter::once(first).chain(lines.iter().map(|line| indented(line))).collect()
}

fn dashed(lines: Vec<String>) -> Vec<String> {
    let dash = |(at, line): (usize, &String)| if at == 0 { format!("- {line}") } else { indented(line) };
    lines.iter().enumerate().map(dash).collect()
}

fn indented(line: &str) -> String {
    if line.is_empty() { String::new() } else { format!("  {line}") }
}
