//! When two texts are the same text.
//!
//! A platform may show a text escaped for HTML, trimmed, with collapsed spaces, or in another Unicode normal form. This is the
//! only place that decides which of that counts: everything that compares or matches texts with live does it by
//! [`normalise_text`].

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// The longest entity that is looked for, without its `&` and `;` (our choice).
const LONGEST_ENTITY: usize = 10;

/// A text in the form that is compared: in NFC, HTML entities resolved however often they were escaped, runs of white space as
/// one space, trimmed. It is for comparing only; what is sent is the text as its file has it.
pub fn normalise_text(text: &str) -> Cow<'_, str> {
    if is_normal(text) {
        return Cow::Borrowed(text);
    }
    let mut normal = normalise_once(text);
    // Composing may make a `;` or a decoded sign may compose with the one before: rare, and over after a round or two.
    loop {
        let next = normalise_once(&normal);
        if next == normal {
            return Cow::Owned(normal);
        }
        normal = next;
    }
}

/// Whether two texts are the same text.
pub fn same_text(a: &str, b: &str) -> bool {
    a == b || normalise_text(a) == normalise_text(b)
}

/// One level of HTML escaping taken away, and nothing else: `&amp;amp;` is `&amp;`.
pub fn unescape_once(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        let (before, entity) = rest.split_at(start);
        plain.push_str(before);
        let end = entity.char_indices().take(LONGEST_ENTITY + 2).find(|(_, c)| *c == ';').map(|(end, _)| end);
        match end.and_then(|end| Some((end, decoded(&entity[1..end])?))) {
            Some((end, c)) => {
                plain.push(c);
                rest = &entity[end + 1..];
            }
            None => {
                plain.push('&');
                rest = &entity[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// Whether two texts are the same but for how they are escaped for HTML.
pub fn is_escaped_otherwise(a: &str, b: &str) -> bool {
    same_text(a, b) && spelling(a) != spelling(b)
}

/// A text in NFC with single spaces, its entities as they are.
pub fn spelling(text: &str) -> String {
    text.nfc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a text has an ampersand that is not the beginning of an entity.
pub fn has_bare_ampersand(text: &str) -> bool {
    without_entities(text).contains('&')
}

fn without_entities(text: &str) -> String {
    let mut rest = String::with_capacity(text.len());
    for part in text.split_inclusive(';') {
        let start =
            part.rfind('&').filter(|start| part.ends_with(';') && decoded(&part[start + 1..part.len() - 1]).is_some());
        rest.push_str(start.map_or(part, |start| &part[..start]));
    }
    rest
}

fn is_normal(text: &str) -> bool {
    // As if a space stood before it: one at the beginning is spare.
    let mut before = ' ';
    for c in text.chars() {
        if c.is_whitespace() && (c != ' ' || before == ' ') {
            return false;
        }
        before = c;
    }
    let ends_with_space = before == ' ' && !text.is_empty();
    !(ends_with_space || text.contains('&') && text.contains(';')) && (text.is_ascii() || is_nfc(text))
}

fn normalise_once(text: &str) -> String {
    let mut normal = Unescaping { text: String::with_capacity(text.len()) };
    let mut space = false;
    for c in text.nfc() {
        match c.is_whitespace() {
            true => space = true,
            false => {
                if std::mem::take(&mut space) && !normal.text.is_empty() {
                    normal.push(' ');
                }
                normal.push(c);
            }
        }
    }
    normal.text.nfc().collect()
}

/// A text in which no entity is left, whatever is added: `&amp;amp;` becomes `&`, in one go.
struct Unescaping {
    text: String,
}

impl Unescaping {
    fn push(&mut self, c: char) {
        let mut next = Some(c);
        while let Some(c) = next.take() {
            let start = if c == ';' { self.open_entity() } else { None };
            match start.and_then(|start| Some((start, decoded(&self.text[start + 1..])?))) {
                Some((start, decoded)) => {
                    self.text.truncate(start);
                    next = Some(decoded);
                }
                None => self.text.push(c),
            }
        }
    }

    /// Where an entity begins that a `;` would end now.
    fn open_entity(&self) -> Option<usize> {
        let near = self.text.char_indices().rev().take(LONGEST_ENTITY + 1);
        near.into_iter().find(|(_, c)| *c == '&').map(|(start, _)| start)
    }
}

/// The sign that an entity stands for: those that escaping for HTML makes, and any by its number.
fn decoded(entity: &str) -> Option<char> {
    let number = |digits: &str, radix| {
        let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
        is_number.then(|| u32::from_str_radix(digits, radix).ok()).flatten().and_then(char::from_u32)
    };
    match entity {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => {
            let entity = entity.strip_prefix('#')?;
            match entity.strip_prefix(['x', 'X']) {
                Some(digits) => number(digits, 16),
                None => number(entity, 10),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_platform_makes_of_a_text_is_the_same_text() {
        for (ours, shown) in [
            ("Ayam & Telur", "Ayam &amp; Telur"),
            ("Ayam & Telur", "Ayam &amp;amp; Telur"),
            ("<3 \"pedas\" 'gila'", "&lt;3 &quot;pedas&quot; &#39;gila&#x27;"),
            ("Es  Teh ", "Es Teh"),
            ("Es Teh", "Es\u{a0}Teh"),
            ("Es Teh", " Es&nbsp;Teh"),
            ("Es\nTeh", "Es Teh"),
            ("Café", "Cafe\u{301}"),
            ("Café", "Caf&#233;"),
            ("Café", "Cafe&#x301;"),
        ] {
            assert!(same_text(ours, shown), "{ours} {shown}");
        }
    }

    #[test]
    fn another_text_is_another_text() {
        for (ours, shown) in [
            ("Ayam & Telur", "Ayam amp; Telur"),
            ("Es Teh", "EsTeh"),
            ("Es Teh", "es teh"),
            ("&foo;", "foo"),
            ("A&B", "A B"),
        ] {
            assert!(!same_text(ours, shown), "{ours} {shown}");
        }
    }

    #[test]
    fn one_level_of_escaping_is_taken_away_at_a_time() {
        assert_eq!(unescape_once("a &amp;amp; b &lt; c & d &x; &#39;"), "a &amp; b < c & d &x; '");
    }

    #[test]
    fn a_bare_ampersand_is_told_from_an_entity() {
        for (text, bare, entity) in [
            ("Ayam & Telur", true, false),
            ("Ayam &amp; Telur", false, true),
            ("Ayam &amp; Telur & Nasi", true, true),
            ("R&amp;B; Nasi", false, true),
            ("& &amp;", true, true),
            ("1 < 2", false, false),
            ("Nasi", false, false),
            ("a; b &foo;", true, false),
        ] {
            assert_eq!((has_bare_ampersand(text), unescape_once(text) != text), (bare, entity), "{text}");
        }
    }

    #[test]
    fn a_text_that_is_escaped_a_hundred_thousand_times_takes_no_time() {
        let text = format!("&{};", "amp;".repeat(100_000).trim_end_matches(';'));
        assert_eq!(normalise_text(&text), "&");
    }

    fn escaped(text: &str) -> String {
        text.chars()
            .map(|c| match c {
                '&' => "&amp;".to_owned(),
                '<' => "&lt;".to_owned(),
                '>' => "&gt;".to_owned(),
                '"' => "&quot;".to_owned(),
                '\'' => "&#x27;".to_owned(),
                '\u{a0}' => "&nbsp;".to_owned(),
                c => c.to_string(),
            })
            .collect()
    }

    /// Texts full of what matters here.
    fn texts() -> impl Strategy<Value = String> {
        let parts = prop_oneof![
            Just("&".to_owned()),
            Just(";".to_owned()),
            Just("amp".to_owned()),
            Just("amp;".to_owned()),
            Just("&lt;".to_owned()),
            Just("&#x301;".to_owned()),
            Just("&#59;".to_owned()),
            Just("\u{37e}".to_owned()),
            Just("&nbsp;".to_owned()),
            Just("e".to_owned()),
            Just("\u{301}".to_owned()),
            Just(" ".to_owned()),
            Just("\u{a0}".to_owned()),
            Just("\n".to_owned()),
            Just("&#894;".to_owned()),
            Just("'".to_owned()),
            ".{0,3}",
        ];
        prop::collection::vec(parts, 0..8).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn a_normal_text_is_its_own_normal_form(text in texts()) {
            let normal = normalise_text(&text).into_owned();
            prop_assert_eq!(normalise_text(&normal), normal.as_str());
        }

        #[test]
        fn sameness_is_reflexive_and_symmetric(a in texts(), b in texts()) {
            prop_assert!(same_text(&a, &a));
            prop_assert_eq!(same_text(&a, &b), same_text(&b, &a));
        }

        #[test]
        fn what_is_shown_escaped_trimmed_collapsed_or_decomposed_is_the_same(text in texts()) {
            let collapsed = text.split_whitespace().collect::<Vec<_>>().join(" ");
            for shown in [escaped(&text), collapsed, text.nfd().collect(), text.nfc().collect(), escaped(&escaped(&text))] {
                prop_assert!(same_text(&text, &shown), "{text:?} {shown:?}");
            }
        }

        #[test]
        fn unescaping_takes_back_what_escaping_did(text in texts()) {
            prop_assert_eq!(unescape_once(&escaped(&text)), text);
        }

        #[test]
        fn an_escaped_text_has_no_bare_ampersand(text in texts()) {
            prop_assert!(!has_bare_ampersand(&escaped(&text)));
        }
    }
}
