//! Words of commands that people copy into a shell.

/// A word of a command line, in quotes if a shell would read it otherwise.
pub fn shell_word(text: &str) -> String {
    match text {
        _ if is_plain_word(text) => text.to_owned(),
        // The shells of Windows and of Unix agree on these quotes alone.
        _ if is_windows_path(text) => format!("\"{text}\""),
        _ => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// A path such as `C:\My menus`, in which no backslash means anything between double quotes.
fn is_windows_path(text: &str) -> bool {
    let parts = || text.split('\\');
    parts().count() > 1 && parts().all(|part| is_plain_word(&part.replace(' ', "_")) && !part.contains('%'))
}

/// Whether every shell reads a text as one word, and as it is.
pub fn is_plain_word(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+%@".contains(c);
    !text.is_empty() && text.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_where_a_shell_would_read_it_otherwise() {
        for (text, written) in [
            ("plan.json", "plan.json"),
            ("origin/main", "origin/main"),
            ("", "''"),
            ("my plan.json", "'my plan.json'"),
            ("Ku*", "'Ku*'"),
            ("it's; rm -rf", r"'it'\''s; rm -rf'"),
            ("$(x)", "'$(x)'"),
            (r"C:\Users\Sari\My menus", r#""C:\Users\Sari\My menus""#),
            (r"C:\%PATH%", r"'C:\%PATH%'"),
            (r"C:\a\", r"'C:\a\'"),
            (r"\\server\a", r"'\\server\a'"),
            (r"C:\$(x)", r"'C:\$(x)'"),
        ] {
            assert_eq!(shell_word(text), written);
        }
    }

    #[test]
    fn an_id_is_one_word_of_a_command_whatever_is_in_it() {
        assert_eq!(shell_word("G916309315"), "G916309315");
        assert_eq!(shell_word("a'; rm -rf /"), r"'a'\''; rm -rf /'");
    }
}
