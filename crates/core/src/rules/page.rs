//! Reads the page of a rule. Every page has the same form, line by line, so that a slip is found where it is.

use std::fmt;

use super::{Check, FoundIn, Rule};
use crate::diagnostic::Severity;

/// `pages/CODE.md`, and the check of this code.
pub(super) struct Page {
    pub(super) code: &'static str,
    pub(super) text: &'static str,
    pub(super) check: Option<Check>,
}

/// The first line of a page that breaks the form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    line: usize,
    expected: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}", self.line, self.expected)
    }
}

impl Page {
    /// The rule that this page describes.
    pub(super) fn parse(&self) -> Result<Rule, Malformed> {
        use {FoundIn::*, Severity::*};
        let mut lines = Lines { rest: self.text, number: 0 };
        lines.expect("---")?;
        let severity = lines.choose("severity", &[("error", Error), ("warning", Warning)])?;
        let adjustable = lines.choose("adjustable", &[("true", true), ("false", false)])?;
        let found_in = match self.check {
            Some(_) => lines.choose("found-in", &[("catalog", Catalog)])?,
            None => lines.choose("found-in", &[("file", File), ("image", Image)])?,
        };
        lines.expect("---")?;
        lines.expect("")?;
        let summary = lines.take("'# ' and a summary", |line| line.strip_prefix("# "))?;
        lines.expect("")?;
        let why = lines.paragraph("the reason")?;
        lines.expect("## Indonesian")?;
        lines.expect("")?;
        let indonesian = lines.paragraph("what is wrong and what to do, in Indonesian")?;
        let bad = lines.example("## Wrong")?;
        lines.expect("")?;
        let good = lines.example("## Right")?;
        match lines.next() {
            None => Ok(Rule {
                code: self.code,
                severity,
                adjustable,
                found_in,
                summary,
                why,
                indonesian,
                bad,
                good,
                check: self.check,
            }),
            Some(_) => Err(lines.malformed("the end of the page")),
        }
    }
}

struct Lines {
    rest: &'static str,
    /// Of the line that was read last, from 1.
    number: usize,
}

impl Lines {
    fn next(&mut self) -> Option<&'static str> {
        self.number += 1;
        let (line, rest) = self.rest.split_once('\n')?;
        self.rest = rest;
        Some(line)
    }

    fn malformed(&self, expected: impl Into<String>) -> Malformed {
        Malformed { line: self.number, expected: expected.into() }
    }

    /// The next line, if `read` understands it.
    fn take<T>(&mut self, expected: &str, read: impl FnOnce(&'static str) -> Option<T>) -> Result<T, Malformed> {
        self.next().and_then(read).ok_or_else(|| self.malformed(expected))
    }

    fn expect(&mut self, text: &str) -> Result<(), Malformed> {
        let expected = if text.is_empty() { "an empty line".to_owned() } else { format!("'{text}'") };
        self.take(&expected, |line| (line == text).then_some(()))
    }

    /// A line `KEY: VALUE` with one of these values.
    fn choose<T: Copy>(&mut self, key: &str, values: &[(&str, T)]) -> Result<T, Malformed> {
        let all: Vec<String> = values.iter().map(|(value, _)| format!("'{key}: {value}'")).collect();
        self.take(&all.join(" or "), |line| {
            let value = line.strip_prefix(key)?.strip_prefix(": ")?;
            values.iter().find(|(name, _)| *name == value).map(|(_, meaning)| *meaning)
        })
    }

    /// Lines up to an empty one, as one line.
    fn paragraph(&mut self, expected: &str) -> Result<String, Malformed> {
        let mut text = self.take(expected, |line| (!line.is_empty()).then_some(line))?.to_owned();
        loop {
            match self.take("an empty line", Some)? {
                "" => return Ok(text),
                line => text.extend([" ", line]),
            }
        }
    }

    /// A heading and a block of YAML. The sign ␇ stands for the control character of this name, which editors hide.
    fn example(&mut self, heading: &str) -> Result<String, Malformed> {
        self.expect(heading)?;
        self.expect("")?;
        self.expect("```yaml")?;
        let mut text = String::new();
        loop {
            match self.take("'```'", Some)? {
                "```" => return Ok(text.replace('␇', "\u{7}")),
                line => text.extend([line, "\n"]),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "---\nseverity: error\nadjustable: true\nfound-in: file\n---\n\n# A menu is one\n\nOur choice: two\n\
                        lines.\n\n## Indonesian\n\nMenu.\n\n## Wrong\n\n```yaml\noutlet: ␇\n```\n\n## Right\n\n```yaml\noutlet: G1\n```\n";

    fn parse(text: String, check: Option<Check>) -> Result<Rule, Malformed> {
        Page { code: "one", text: text.leak(), check }.parse()
    }

    #[test]
    fn a_page_gives_all_of_a_rule() {
        let rule = parse(GOOD.to_owned(), None).unwrap();
        assert_eq!((rule.severity, rule.adjustable, rule.found_in), (Severity::Error, true, FoundIn::File));
        assert_eq!((rule.code, rule.summary, rule.why.as_str()), ("one", "A menu is one", "Our choice: two lines."));
        assert_eq!(rule.indonesian, "Menu.");
        assert_eq!((rule.bad.as_str(), rule.good.as_str()), ("outlet: \u{7}\n", "outlet: G1\n"));
    }

    #[test]
    fn a_slip_is_named_with_its_line() {
        for (from, to, message) in [
            ("---\nseverity", "severity", "1: expected '---'"),
            ("error", "eror", "2: expected 'severity: error' or 'severity: warning'"),
            ("true", "yes", "3: expected 'adjustable: true' or 'adjustable: false'"),
            ("found-in: file\n", "", "4: expected 'found-in: file' or 'found-in: image'"),
            ("file", "catalog", "4: expected 'found-in: file' or 'found-in: image'"),
            ("# A menu", "A menu", "7: expected '# ' and a summary"),
            ("Our choice: two\nlines.", "", "9: expected the reason"),
            ("## Indonesian\n\nMenu.\n\n", "", "12: expected '## Indonesian'"),
            ("Menu.", "", "14: expected what is wrong and what to do, in Indonesian"),
            ("## Wrong", "## Bad", "16: expected '## Wrong'"),
            ("```yaml\noutlet: ␇", "outlet: ␇", "18: expected '```yaml'"),
            ("## Right", "Right", "22: expected '## Right'"),
            ("outlet: G1\n```\n", "outlet: G1\n", "26: expected '```'"),
            ("outlet: G1\n```\n", "outlet: G1\n```\n\n", "27: expected the end of the page"),
        ] {
            let page = GOOD.replacen(from, to, 1);
            assert_eq!(parse(page, None).unwrap_err().to_string(), message, "{from:?}");
        }
        let with_check = parse(GOOD.to_owned(), Some(|_, _| {})).unwrap_err();
        assert_eq!(with_check.to_string(), "4: expected 'found-in: catalog'");
    }
}
