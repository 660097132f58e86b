//! Values, and every way of writing them down.

use menusync::document::{Node, Value};
use proptest::{collection, prelude::*, test_runner::TestRng};

/// A value as both readers should see it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Doc {
    /// The text, and whether it is written without quotes.
    Scalar(String, bool),
    List(Vec<Doc>),
    /// No key twice.
    Mapping(Vec<(String, Doc)>),
}

impl Doc {
    /// What our tree says.
    pub(crate) fn of(node: &Node) -> Self {
        match &node.value {
            Value::Scalar(scalar) => Self::Scalar(scalar.text.to_string(), scalar.plain),
            Value::Sequence(nodes) => Self::List(nodes.iter().map(Self::of).collect()),
            Value::Mapping(entries) => {
                Self::Mapping(entries.iter().map(|(key, node)| (key.text.to_string(), Self::of(node))).collect())
            }
        }
    }
}

/// A value and a text that says it.
pub(crate) fn document() -> impl Strategy<Value = (Doc, String)> {
    let doc = mapping_or_list(any_doc().boxed());
    (doc, any::<u64>()).prop_perturb(|(doc, _), rng| {
        let mut writer = Writer { rng, text: String::new(), step: 2 };
        writer.step = writer.pick(3) + 1;
        if writer.pick(4) == 0 {
            writer.text.push_str("# words\n---\n");
        }
        writer.block(&doc, 0);
        if writer.pick(6) == 0 {
            writer.text = writer.text.replace('\n', "\r\n");
        }
        (doc, writer.text)
    })
}

fn any_doc() -> impl Strategy<Value = Doc> {
    scalar().prop_recursive(4, 24, 4, mapping_or_list)
}

fn mapping_or_list(inner: impl Strategy<Value = Doc> + Clone + 'static) -> BoxedStrategy<Doc> {
    let keys = "[a-z][a-z0-9_]{0,5}|[A-Z]{2}-[0-9]{2}|[0-9]{1,3}|true|é😀|a b";
    prop_oneof![
        collection::vec(inner.clone(), 0..4).prop_map(Doc::List),
        collection::btree_map(keys, inner, 1..4).prop_map(|map| Doc::Mapping(map.into_iter().collect())),
    ]
    .boxed()
}

fn scalar() -> impl Strategy<Value = Doc> {
    let plain = "[0-9]{1,6}|0[0-7]{1,3}|25\\.000|1_000|0x1F|2e4|true|no|~|null|08:00|[A-Za-z][A-Za-z0-9 .é-]{0,12}[a-z]|-1|\\.inf|=";
    let quoted = prop_oneof!["[ -~]{0,16}", "\\PC{0,8}", "[a-z \n]{0,12}", "[0-9]{1,4}|true|null|~||<<|- x|a: b|#"];
    prop_oneof![plain.prop_map(|text| Doc::Scalar(text, true)), quoted.prop_map(|text| Doc::Scalar(text, false)),]
}

struct Writer {
    rng: TestRng,
    text: String,
    /// Spaces of each level.
    step: usize,
}

impl Writer {
    fn pick(&mut self, below: u32) -> usize {
        usize::try_from(self.rng.next_u32() % below).unwrap()
    }

    fn indent(&mut self, depth: usize) {
        self.text.push_str(&" ".repeat(depth));
    }

    /// A comment, sometimes.
    fn end_line(&mut self) {
        let end = ["\n", "\n", "\n", " # words: here\n", "   \n", "\n\n", "\n# [words\n"][self.pick(7)];
        self.text.push_str(end);
    }

    /// A value that begins on a line of its own, indented by `depth`, and ends its last line.
    fn block(&mut self, doc: &Doc, depth: usize) {
        match doc {
            Doc::List(docs) if !docs.is_empty() && self.pick(4) > 0 => {
                for doc in docs {
                    self.indent(depth);
                    self.text.push('-');
                    self.after_indicator(doc, depth);
                }
            }
            Doc::Mapping(entries) if self.pick(4) > 0 => {
                for (key, doc) in entries {
                    self.indent(depth);
                    if self.pick(10) == 0 {
                        self.text.push_str("? ");
                        self.key(key);
                        self.end_line();
                        self.indent(depth);
                    } else {
                        self.key(key);
                    }
                    self.text.push(':');
                    self.after_indicator(doc, depth);
                }
            }
            _ => {
                self.indent(depth);
                self.flow(doc, depth);
                self.end_line();
            }
        }
    }

    /// What follows `-` or `key:` in a block at `depth`.
    fn after_indicator(&mut self, doc: &Doc, depth: usize) {
        match doc {
            Doc::Scalar(text, false) if self.pick(3) == 0 && fits_a_block(text) => self.literal(text, depth),
            Doc::Scalar(text, true) if text == "~" && self.pick(2) == 0 => {
                // What is not written at all is null, too; our tree says so by an empty text.
                self.text.push_str(" ~");
                self.end_line();
            }
            Doc::Scalar(..) => {
                let space = ["  ", " "][self.pick(2)];
                self.text.push_str(space);
                self.flow(doc, depth);
                self.end_line();
            }
            _ if self.pick(4) == 0 => {
                self.text.push(' ');
                self.flow(doc, depth);
                self.end_line();
            }
            _ => {
                self.end_line();
                self.block(doc, depth + self.step);
            }
        }
    }

    fn literal(&mut self, text: &str, depth: usize) {
        let body = text.trim_end_matches('\n');
        let chomping = match text.len() - body.len() {
            0 => "-",
            1 => "",
            _ => "+",
        };
        let start = format!(" |{chomping}\n");
        self.text.push_str(&start);
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            if !line.is_empty() {
                self.indent(depth + self.step);
            }
            self.text.push_str(line);
            self.text.push('\n');
        }
    }

    fn key(&mut self, key: &str) {
        match self.pick(4) {
            0 => self.text.push_str(&format!("'{key}'")),
            1 => self.text.push_str(&format!("\"{key}\"")),
            _ => self.text.push_str(key),
        }
    }

    /// On one line, or on several within brackets.
    fn flow(&mut self, doc: &Doc, depth: usize) {
        match doc {
            Doc::Scalar(text, true) => self.text.push_str(text),
            Doc::Scalar(text, false) if self.pick(2) == 0 && fits_single_quotes(text) => {
                self.text.push_str(&format!("'{}'", text.replace('\'', "''")));
            }
            Doc::Scalar(text, false) => self.double_quoted(text),
            Doc::List(docs) => {
                self.text.push('[');
                for (at, doc) in docs.iter().enumerate() {
                    self.separate(at, depth);
                    self.flow(doc, depth);
                }
                self.close(']', docs.len());
            }
            Doc::Mapping(entries) => {
                self.text.push('{');
                for (at, (key, doc)) in entries.iter().enumerate() {
                    self.separate(at, depth);
                    self.key(key);
                    self.text.push_str(": ");
                    self.flow(doc, depth);
                }
                self.close('}', entries.len());
            }
        }
    }

    fn separate(&mut self, at: usize, depth: usize) {
        if at > 0 {
            self.text.push(',');
        }
        match self.pick(6) {
            0 => {
                self.text.push('\n');
                self.indent(depth + self.step);
            }
            1 if at == 0 => {}
            _ => self.text.push(' '),
        }
    }

    fn close(&mut self, bracket: char, entries: usize) {
        if entries > 0 && self.pick(6) == 0 {
            self.text.push(',');
        }
        if self.pick(3) == 0 {
            self.text.push(' ');
        }
        self.text.push(bracket);
    }

    fn double_quoted(&mut self, text: &str) {
        self.text.push('"');
        for c in text.chars() {
            match c {
                '"' | '\\' => self.text.extend(['\\', c]),
                '\n' => self.text.push_str("\\n"),
                c if needs_escape(c) || self.pick(12) == 0 => {
                    let code = u32::from(c);
                    let escape = if code > 0xffff { format!("\\U{code:08x}") } else { format!("\\u{code:04X}") };
                    self.text.push_str(&escape);
                }
                c => self.text.push(c),
            }
        }
        self.text.push('"');
    }
}

fn needs_escape(c: char) -> bool {
    c.is_control() || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
}

fn fits_single_quotes(text: &str) -> bool {
    !text.contains(|c| c == '\n' || needs_escape(c))
}

fn fits_a_block(text: &str) -> bool {
    let lines_fit = text.split('\n').all(|line| !line.starts_with([' ', '\t']) && line.trim_end() == line);
    !text.is_empty() && !text.starts_with('\n') && lines_fit && !text.contains(|c| c != '\n' && needs_escape(c))
}
