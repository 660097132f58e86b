//! Makes text from menus, files and the platform harmless where it is shown: it can neither steer a terminal nor format,
//! link or mention in Markdown. What is compared or sent is never changed.

use std::{borrow::Cow, fmt::Write};

/// Whether a character steers a terminal, turns the direction of writing, or cannot be seen.
pub(super) fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' // zero width, direction marks
            | '\u{2028}'..='\u{202e}' // line separators, direction controls
            | '\u{2060}'..='\u{206f}' // word joiner, invisible operators, isolates
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}' // invisible tags
        )
}

/// `text` on one line, with every harmful character written as `\u{1b}`.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_harmful(c) {
            write_escape(&mut out, c);
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

fn write_escape(out: &mut String, c: char) {
    // Writing into a String cannot fail.
    let _ = write!(out, "\\u{{{:x}}}", c as u32);
}

/// `text` as inline Markdown that shows it and does nothing else: no formatting, HTML, links, mentions or references, no
/// end of a table cell. An address is broken by an invisible character, because GitHub links even what is escaped.
pub fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut previous = '\0';
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '@' | '#' => {
                out.push(c);
                out.push_str("&#8203;");
            }
            '/' if previous == ':' => out.push_str("&#8203;/"),
            '.' if previous.eq_ignore_ascii_case(&'w') => out.push_str("&#8203;."),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '!' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c if is_harmful(c) => {
                out.push('\\');
                write_escape(&mut out, c);
            }
            c => out.push(c),
        }
        previous = c;
    }
    out
}

/// `text` inside an HTML element of a Markdown page, where Markdown's own escapes would be shown.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '@' | '#' => {
                out.push(c);
                out.push_str("&#8203;");
            }
            c if is_harmful(c) => write_escape(&mut out, c),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_text_stays_as_it_is() {
        assert!(matches!(printable("Café 辣 ❤️ \u{1f35c}"), Cow::Borrowed("Café 辣 ❤️ \u{1f35c}")));
        assert_eq!(markdown("Nasi Goreng (pedas), Rp 25.000"), "Nasi Goreng (pedas), Rp 25.000");
    }

    #[test]
    fn what_steers_a_terminal_or_hides_is_written_out() {
        assert_eq!(printable("a\u{1b}[31mb\nc\u{9b}"), r"a\u{1b}[31mb\u{a}c\u{9b}");
        assert_eq!(printable("x\u{202e}y\u{200b}z\u{2066}\u{feff}"), r"x\u{202e}y\u{200b}z\u{2066}\u{feff}");
    }

    #[test]
    fn hostile_menu_text_is_only_text_in_markdown() {
        assert_eq!(markdown("a|b\n# c"), r"a\|b\\u{a}#&#8203; c");
        assert_eq!(markdown("<img src=x> &lt;"), "&lt;img src=x&gt; &amp;lt;");
        assert_eq!(markdown("![x](http://e.id) *b* _i_ `c` \\"), r"\!\[x\](http:&#8203;//e.id) \*b\* \_i\_ \`c\` \\");
        assert_eq!(markdown("@sari #12 www.e.id"), "@&#8203;sari #&#8203;12 www&#8203;.e.id");
    }

    #[test]
    fn hostile_menu_text_is_only_text_in_html() {
        assert_eq!(html("<b>&*@sari\n"), r"&lt;b&gt;&amp;*@&#8203;sari\u{a}");
    }

    proptest! {
        #[test]
        fn printable_text_never_contains_anything_harmful(text in any::<String>()) {
            prop_assert!(!printable(&text).contains(is_harmful));
            prop_assert!(!markdown(&text).contains(is_harmful));
        }
    }
}
