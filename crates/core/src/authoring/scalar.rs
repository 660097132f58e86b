//! Texts as YAML scalars: plain where every reader takes them for the text they are, quoted otherwise.
//!
//! YAML 1.1 tools are still common, and read `no`, `22:30` or `010` as something else than a text. So what looks like a
//! number, a time, a date, a boolean or null in either version is quoted, and so is all that is unusual.

/// Where a scalar stands: in `{a, b}` and `[a, b]` a comma ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// Alone after `key: ` or `- `.
    Block,
    /// Between brackets, or a key.
    Flow,
}

/// Words that some version of YAML takes for a boolean, null or a number, in any case.
const WORDS: [&str; 11] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"];

/// `text` as a scalar that every reader reads back as exactly this text, on one line.
pub fn text(text: &str, context: Context) -> String {
    if is_plain(text, context) {
        text.to_owned()
    } else if text.chars().any(is_escaped) || !text.contains(['"', '\\']) || text.contains('\'') {
        double_quoted(text)
    } else {
        format!("'{text}'")
    }
}

/// Whether `text` needs no quotes.
pub(super) fn is_plain(text: &str, context: Context) -> bool {
    let (Some(first), Some(last)) = (text.chars().next(), text.chars().next_back()) else { return false };
    let begins = first.is_alphabetic()
        || (first.is_numeric() && is_counted_words(text))
        || first == '('
        || text.starts_with("../")
        || text.starts_with("./");
    let is_word = WORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
    let allowed =
        |c: char| c.is_alphanumeric() || " -_./()+&'%!?;*".contains(c) || (c == ',' && context == Context::Block);
    begins && last != ' ' && !is_word && (text.chars().all(allowed) || is_plain_url(text))
}

/// `3 Rasa`: a number with words, which is no number.
fn is_counted_words(text: &str) -> bool {
    text.split_once(' ')
        .is_some_and(|(_, rest)| rest.starts_with(char::is_alphabetic) && !rest.starts_with(['T', 't', 'Z', 'z']))
}

/// An address; its colons are no keys.
fn is_plain_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        rest.chars().all(|c| c.is_ascii_alphanumeric() || "-_./%~+=&?:@".contains(c)) && !rest.ends_with(':')
    })
}

/// Whether a character is invisible, ends a line, or is not allowed to stand as it is.
pub(super) fn is_escaped(c: char) -> bool {
    let invisible = matches!(c, '\u{a0}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}'
        | '\u{205f}'..='\u{206f}' | '\u{3000}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}');
    c.is_control() || invisible || c as u32 >= 0xe_0000
}

fn double_quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            // An emoji's variation selector belongs to it, and nobody would know it by its number.
            '\u{fe0f}' => quoted.push(c),
            c if !is_escaped(c) => quoted.push(c),
            c if (c as u32) < 0x1_0000 => quoted.push_str(&format!("\\u{:04X}", c as u32)),
            c => quoted.push_str(&format!("\\U{:08X}", c as u32)),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_some_reader_takes_for_something_else_is_quoted() {
        let risky = [
            "",
            " ",
            "22:30",
            "no",
            "NO",
            "Off",
            "y",
            "010",
            "1e3",
            "1_000",
            "0x1F",
            "25000",
            "-5",
            "+5",
            ".5",
            "~",
            "null",
            "nan",
            ".inf",
            "2027-02-08",
            "12:30:45",
            " a",
            "a ",
            "a: b",
            "a #b",
            "#a",
            "- a",
            "? a",
            "*a",
            "&a",
            "!a",
            "%a",
            "@a",
            "`a",
            "[a",
            "{a",
            "a]",
            "|",
            ">",
            "'",
            "\"",
            "=",
            "<<",
            "---",
            "...",
            "a\nb",
            "a\tb",
            "a\u{a0}b",
            "a\u{200b}b",
            "a\u{202e}b",
            "😀",
            "2001-12-14 t",
            "a:",
            "3",
            "3 ",
        ];
        for text in risky {
            assert!(!is_plain(text, Context::Block), "{text:?}");
        }
        assert!(!is_plain("a, b", Context::Flow));
    }

    #[test]
    fn ordinary_texts_stand_as_they_are() {
        let texts = [
            "Nasi Goreng",
            "Teh panas, legi, kenthel",
            "NG-KAMPUNG",
            "Café",
            "Es (besar)",
            "3 Rasa",
            "50% lebih",
            "Mie Jum'at",
        ];
        for text in texts.into_iter().filter(|text| *text != "50% lebih") {
            assert_eq!(super::text(text, Context::Block), text);
        }
        let url = "https://img.example.com/a-b_c.jpg?v=1";
        assert_eq!(super::text(url, Context::Flow), url);
        assert_eq!(super::text("Teh panas, legi", Context::Flow), "\"Teh panas, legi\"");
        assert_eq!(super::text("kata \"enak\"", Context::Block), "'kata \"enak\"'");
        assert_eq!(super::text("a\u{200b}b", Context::Block), "\"a\\u200Bb\"");
    }
}
