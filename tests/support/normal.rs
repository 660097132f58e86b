//! Replaces what differs from run to run by a word, so that whole outputs can be compared.
//!
//! Only what cannot be fixed beforehand: addresses, temporary paths, UUIDs, digests, moments.

use std::path::Path;

/// Shapes: `#` a hexadecimal digit, `%` a decimal one, anything else itself.
const SHAPES: [(&str, &str); 7] = [
    ("########-####-####-####-############", "UUID"),
    ("sha256:################################################################", "sha256:DIGEST"),
    ("%%%%-%%-%%T%%:%%:%%", "TIME"),
    ("%%%%-%%-%% %%:%%", "MINUTE"),
    ("not visible after % s", "not visible after N s"),
    ("seconds=%", "seconds=N"),
    ("not visible after %% s", "not visible after N s"),
];

/// `text` with the server's address, the stage's directory and all [`SHAPES`] replaced.
pub(super) fn normal(text: &str, server: &str, directory: &Path) -> String {
    let directory = directory.to_string_lossy();
    let text =
        text.replace(&*directory, "STAGE").replace(server, "SERVER").replace(env!("CARGO_PKG_VERSION"), "VERSION");
    let mut rest = text.as_str();
    let mut normal = String::new();
    while let Some(next) = rest.chars().next() {
        if let Some((shape, word)) = SHAPES.iter().find(|(shape, _)| begins_with(rest, shape)) {
            normal.push_str(word);
            rest = &rest[shape.len()..];
            if *word == "TIME" {
                rest = without_fraction(rest);
            }
            if *word == "seconds=N" {
                rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
            }
        } else {
            normal.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    normal
}

fn begins_with(text: &str, shape: &str) -> bool {
    let fits = |(found, wanted): (u8, u8)| match wanted {
        b'#' => found.is_ascii_hexdigit(),
        b'%' => found.is_ascii_digit(),
        _ => found == wanted,
    };
    text.len() >= shape.len() && text.bytes().zip(shape.bytes()).all(fits)
}

/// What follows the seconds of a moment, without `.123456` and `Z`.
fn without_fraction(text: &str) -> &str {
    let rest = text.strip_prefix('.').map_or(text, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    rest.strip_prefix('Z').unwrap_or(rest)
}
