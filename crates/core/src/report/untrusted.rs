//! Makes text from menus, files and the platform harmless where it is shown: it can neither steer a terminal nor format,
//! link or mention in Markdown. What is compared or sent is never changed.

use std::{borrow::Cow, fmt::Write};

/// Whether a character steers a terminal, turns the direction of writing, or cannot be seen.
pub(super) fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180e}'
            | '\u{200b}'..='\u{200f}' // zero width, direction marks
            | '\u{2028}'..='\u{202e}' // line separators, direction controls
            | '\u{2060}'..='\u{206f}' // word joiner, invisible operators, isolates
            | '\u{3164}' | '\u{ffa0}' // letters without a shape
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}' // invisible tags and variants
        )
}

/// `text` on one line, with every harmful character written as `\u{1b}`. What a forge's runner would take for an order to it
/// (`##[add-mask]` and `##vso[…]` anywhere, `::add-mask::` at the beginning of a line) is broken up the same way.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_harmful) && !may_give_order(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let is_at_start = text.trim_start().starts_with("::");
    let mut before = None;
    for c in text.chars() {
        let is_order = c == '#' && before == Some('#') || c == ':' && is_at_start && out.trim().is_empty();
        before = Some(c);
        if is_harmful(c) || is_order {
            write_escape(&mut out, c);
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

fn may_give_order(text: &str) -> bool {
    text.contains("##") || text.trim_start().starts_with("::")
}

/// JSON that a runner may read line by line: the same values, in which no text is an order to it.
pub fn json_without_orders(json: String) -> String {
    // Two of them stand inside of texts alone.
    if json.contains("##") { json.replace("##", "#\\u0023") } else { json }
}

/// A text of ours on its lines, each of them printable. Whoever puts foreign text into it sees to it that this has no line
/// ends of its own.
pub fn printable_lines(text: &str) -> String {
    text.split('\n').map(printable).collect::<Vec<_>>().join("\n")
}

/// `text` as one part of an address.
pub fn url_part(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_~".contains(byte);
    text.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn write_escape(out: &mut String, c: char) {
    // Writing into a String cannot fail.
    let _ = write!(out, "\\u{{{:x}}}", c as u32);
}

/// What is put where a forge would see more than text: invisible, and not a part of any name, number or address.
const BREAK: &str = "&#8203;";

/// `text` as inline Markdown that shows it and does nothing else: no formatting, HTML, links, mentions or references, no
/// end of a table cell. Forges look for mentions, references and addresses after Markdown has been read, so an escape
/// does not keep them away: an invisible character does.
pub fn markdown(text: &str) -> String {
    harmless(text, |out, c| match c {
        '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '{' | '}' | '!' | '~' | '$' => {
            out.push('\\');
            out.push(c);
        }
        c if is_harmful(c) => {
            out.push('\\');
            write_escape(out, c);
        }
        c => out.push(c),
    })
}

/// `text` inside an HTML element of a Markdown page, where Markdown's own escapes would be shown.
pub fn html(text: &str) -> String {
    harmless(text, |out, c| match c {
        '|' | '`' | '*' | '_' | '[' | ']' | '{' | '}' | '~' => {
            // Writing into a String cannot fail.
            let _ = write!(out, "&#{};", c as u32);
        }
        c if is_harmful(c) => write_escape(out, c),
        c => out.push(c),
    })
}

fn harmless(text: &str, put: impl Fn(&mut String, char)) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len() + 16);
    for (at, c) in chars.iter().enumerate() {
        if is_break(&chars, at) {
            out.push_str(BREAK);
        }
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c => put(&mut out, *c),
        }
    }
    if matches!(chars.last(), Some('@' | '#')) {
        out.push_str(BREAK);
    }
    out
}

/// Whether GitHub or GitLab could see a mention, a reference, an address or a mark that reaches over this place: before the
/// character `at`.
fn is_break(chars: &[char], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|at| chars[at]) else { return false };
    let c = chars[at];
    let begins_name = c.is_alphanumeric() || matches!(c, '_' | '"' | '{');
    match before {
        // @team, #12, owner/name#12
        '@' | '#' => true,
        // GitLab's !12 ~label %milestone &12 $12 ^alert *iteration
        '!' | '~' | '%' | '&' | '$' | '^' | '*' => begins_name,
        // GitLab's [issue:12], [[_TOC_]], {+ +}, [- -]
        '[' | '{' => begins_name || matches!(c, '[' | '{' | '+' | '-'),
        // https://
        ':' if c == '/' => true,
        // :tada:
        ':' => is_emoji_code(&chars[at..]),
        // GH-12, and whatever a repository has made a link of
        '-' => c.is_ascii_digit() && at >= 2 && chars[at - 2].is_ascii_alphabetic(),
        'w' | 'W' if c == '.' => at >= 3 && chars[at - 3..at].iter().all(|c| c.eq_ignore_ascii_case(&'w')),
        _ => is_inside_commit(chars, at),
    }
}

fn is_emoji_code(rest: &[char]) -> bool {
    let length = rest.iter().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-')).count();
    length > 0 && rest.get(length) == Some(&':')
}

/// Whether this is the fourth character of what could be the name of a commit: 7 to 64 hexadecimal digits.
fn is_inside_commit(chars: &[char], at: usize) -> bool {
    let is_word = |c: &char| c.is_alphanumeric() || *c == '_';
    let Some(start) = at.checked_sub(3) else { return false };
    if start.checked_sub(1).is_some_and(|before| is_word(&chars[before])) {
        return false;
    }
    let word: Vec<&char> = chars[start..].iter().take_while(|c| is_word(c)).take(65).collect();
    (7..=64).contains(&word.len()) && word.iter().all(|c| c.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_text_is_an_order_to_a_runner() {
        for (text, shown) in [
            ("##[add-mask]a", r"#\u{23}[add-mask]a"),
            ("Nasi ##vso[task.setvariable variable=a]b", r"Nasi #\u{23}vso[task.setvariable variable=a]b"),
            ("::stop-commands::x", r"\u{3a}:stop-commands::x"),
            (" ::error::x", r" \u{3a}:error::x"),
            ("a::b #1", "a::b #1"),
        ] {
            assert_eq!(printable(text), shown);
            assert!(!markdown(text).contains("##"), "{}", markdown(text));
        }
        let json = json_without_orders(serde_json::json!({"name": "##[add-mask]###a"}).to_string());
        assert!(!json.contains("##"), "{json}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap()["name"], "##[add-mask]###a");
    }

    #[test]
    fn an_id_is_one_part_of_an_address_whatever_is_in_it() {
        assert_eq!(url_part("G916309315"), "G916309315");
        assert_eq!(url_part("../a?b#é"), "%2E%2E%2Fa%3Fb%23%C3%A9");
    }

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
        assert_eq!(markdown("<img src=x> &lt;"), "&lt;img src=x&gt; &amp;&#8203;lt;");
        assert_eq!(
            markdown("![x](http://e.id) *b* _i_ `c` \\"),
            r"\!\[&#8203;x\](http:&#8203;//e.id) \*&#8203;b\* \_i\_ \`c\` \\"
        );
        assert_eq!(markdown("@sari #12 www.e.id"), "@&#8203;sari #&#8203;12 www&#8203;.e.id");
    }

    #[test]
    fn what_forges_look_for_after_markdown_was_read_is_broken_up() {
        for (text, shown) in [
            ("a@b.id", "a@&#8203;b.id"),
            ("o/r#1", "o/r#&#8203;1"),
            ("!12", r"\!&#8203;12"),
            ("~label ~\"two words\"", "\\~&#8203;label \\~&#8203;\"two words\""),
            ("%v1 50% off (+8 %)", "%&#8203;v1 50% off (+8 %)"),
            ("&12 Ayam & Nasi", "&amp;&#8203;12 Ayam &amp; Nasi"),
            ("$12 $x$", r"\$&#8203;12 \$&#8203;x\$"),
            ("*iteration:1", r"\*&#8203;iteration:1"),
            ("[issue:1] [[_TOC_]]", r"\[&#8203;issue:1\] \[&#8203;\[&#8203;\_TOC\_\]\]"),
            ("{+x+} [-y-]", r"\{&#8203;+x+\} \[&#8203;-y-\]"),
            ("WWW.E.ID new.id", "WWW&#8203;.E.ID new.id"),
            ("ftp://x", "ftp:&#8203;//x"),
            (":tada: 10:00–22:00", ":&#8203;tada: 10:00–22:00"),
            ("GH-12 NG-KAMPUNG", "GH-&#8203;12 NG-KAMPUNG"),
            ("1a2b3c4d5e", "1a2&#8203;b3c4d5e"),
            ("o/r@deadbeef", "o/r@&#8203;dea&#8203;dbeef"),
            ("G916309315 Rp 1.250.000 abc1234x", "G916309315 Rp 1.250.000 abc1234x"),
            ("/merge", "/merge"),
        ] {
            assert_eq!(markdown(text), shown, "{text}");
        }
        assert_eq!(html("!12 deadbeef https://x"), "!&#8203;12 dea&#8203;dbeef https:&#8203;//x");
    }

    #[test]
    fn hostile_menu_text_is_only_text_in_html() {
        assert_eq!(html("<b>&*@sari\n"), r"&lt;b&gt;&amp;&#42;@&#8203;sari\u{a}");
    }

    proptest! {
        #[test]
        fn printable_text_never_contains_anything_harmful(text in any::<String>()) {
            prop_assert!(!printable(&text).contains(is_harmful));
            prop_assert!(!markdown(&text).contains(is_harmful));
        }
    }
}
