//! Foreign words made fit to show: one line, no control or direction-changing characters, a readable length, no secrets.
//!
//! Knows nothing of calls or catalogs.

/// Where a message is cut (our choice: a few lines on a terminal).
pub(super) const MAX_CHARS: usize = 500;

/// What stands in place of a secret that a server repeated.
const HIDDEN: &str = "[hidden]";

/// Shorter secrets would garble ordinary words, and nobody has one.
const MIN_SECRET: usize = 4;

/// One line of at most `max` characters: control characters become spaces, invisible and direction-changing characters
/// go, runs of white space become one space.
pub(super) fn clean(text: &str, max: usize) -> String {
    // A long text is cut before it is worked on; what goes is a small part of any text worth reading.
    let visible: String = text
        .chars()
        .take(max.saturating_mul(8))
        .filter(|c| !is_invisible(*c))
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect();
    let mut line = String::new();
    for word in visible.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    cut(line, max)
}

/// Escape, bidirectional controls, zero-width space, byte-order mark: they change how the rest of a line looks.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{1b}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The first `max` characters, with `…` if that is not all.
fn cut(mut line: String, max: usize) -> String {
    if let Some((end, _)) = line.char_indices().nth(max) {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// `text` without any of the `secrets`.
pub(super) fn redact(text: &str, secrets: &[&str]) -> String {
    secrets
        .iter()
        .filter(|secret| secret.len() >= MIN_SECRET)
        .fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN))
}

/// The title of an HTML page, if it has one.
pub(super) fn html_title(page: &str) -> Option<String> {
    let lower = page.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let start = open + lower[open..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    let title = clean(&entities(&page[start..end]), 120);
    (!title.is_empty()).then_some(title)
}

/// The five entities that occur in titles.
fn entities(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&")
}

/// An error and its causes on one line, each thing said once: `connection refused`, not `error sending request:
/// client error (Connect): tcp connect error: Connection refused (os error 111)`.
pub(super) fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut causes: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        let words = plain(&cause.to_string());
        if !words.is_empty() && !causes.iter().any(|earlier| earlier.contains(&words)) {
            causes.push(words);
        }
        next = cause.source();
    }
    if causes.is_empty() { "no cause was given".to_owned() } else { causes.join(": ") }
}

/// One cause in people's words; empty if it says nothing of its own.
fn plain(cause: &str) -> String {
    const EMPTY: [&str; 6] = [
        "error sending request",
        "client error",
        "tcp connect error",
        "request or response body error",
        "error decoding response body",
        "builder error",
    ];
    const WORDS: [(&str, &str); 7] = [
        ("connection closed before message completed", "connection closed before an answer"),
        ("end of file before message length reached", "the answer was cut off"),
        ("unexpected EOF during chunk size line", "the answer was cut off"),
        ("error reading a body from connection", ""),
        ("Connection refused", "connection refused"),
        ("Connection reset by peer", "connection reset by the other side"),
        ("dns error", "the host name was not found"),
    ];
    if EMPTY.iter().any(|empty| cause.starts_with(empty)) {
        return String::new();
    }
    if let Some((_, words)) = WORDS.iter().find(|(theirs, _)| cause.starts_with(theirs)) {
        return (*words).to_owned();
    }
    let cause = cause.find(" (os error").map_or(cause, |end| &cause[..end]);
    clean(cause, MAX_CHARS)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;

    #[test]
    fn foreign_words_become_one_clean_line() {
        assert_eq!(clean("a\u{1b}[31m b\r\n\tc \u{202e}d\u{0}e", 50), "a[31m b c d e");
        assert_eq!(clean(&"é".repeat(600), 500), format!("{}…", "é".repeat(500)));
        assert_eq!(clean("  \n ", 5), "");
    }

    #[test]
    fn a_secret_is_replaced_wherever_it_stands() {
        assert_eq!(redact("bad s3cr3t, s3cr3t!", &["s3cr3t", "", "b"]), "bad [hidden], [hidden]!");
    }

    #[test]
    fn the_title_of_a_page_is_found() {
        assert_eq!(
            html_title("<HTML><TITLE lang=en>502\n Bad &amp; Gateway</TITLE>").as_deref(),
            Some("502 Bad & Gateway")
        );
        assert_eq!(html_title("<html><title></title>"), None);
        assert_eq!(html_title("<title>never ends"), None);
    }

    #[test]
    fn causes_are_told_once_and_plainly() {
        let refused = std::io::Error::from_raw_os_error(111);
        assert_eq!(causes(&refused), "connection refused");
        let outer = std::io::Error::other("one");
        assert_eq!(causes(&outer), "one");
    }
}
