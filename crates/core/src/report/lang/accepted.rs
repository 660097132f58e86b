//! The languages that a browser asks for.

use super::Lang;

/// What `Accept-Language` likes best of what there is (RFC 9110, section 12.5.4); `None` if it names none of it. Of equal
/// weights the first counts. `in` is what Indonesian was called before 1989, and what old telephones still say.
pub fn accepted_language(header: &str) -> Option<Lang> {
    let mut best: Option<(Lang, u16)> = None;
    for entry in header.split(',') {
        let mut parts = entry.split(';').map(str::trim);
        let Some(lang) = parts.next().and_then(language) else { continue };
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let Some(weight) = weight.map_or(Some(1000), thousandths) else { continue };
        if weight > best.map_or(0, |(_, known)| known) {
            best = Some((lang, weight));
        }
    }
    best.map(|(lang, _)| lang)
}

/// `id`, `id-ID`, `EN-gb`.
fn language(range: &str) -> Option<Lang> {
    let primary = range.split('-').next().unwrap_or_default();
    let is = |tag: &str| primary.eq_ignore_ascii_case(tag);
    match () {
        () if is("en") => Some(Lang::En),
        () if is("id") || is("in") => Some(Lang::Id),
        () => None,
    }
}

/// A weight from 0 to 1 with at most three digits after the point.
fn thousandths(weight: &str) -> Option<u16> {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let is_digits = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let fraction: u16 = format!("{fraction:0<3}").parse().ok().filter(|_| is_digits)?;
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_that_a_browser_likes_best_is_taken() {
        for (header, expected) in [
            ("id", Some(Lang::Id)),
            ("id-ID,id;q=0.9,en-US;q=0.8,en;q=0.7", Some(Lang::Id)),
            ("en-US,en;q=0.9,id;q=0.8", Some(Lang::En)),
            ("in-ID, en;q=0.5", Some(Lang::Id)),
            ("de, id;q=0.2, en;q=0.1", Some(Lang::Id)),
            ("en;q=0.1, ID ; q=0.2", Some(Lang::Id)),
            ("id;q=0.5, en;q=0.500", Some(Lang::Id)),
            ("id;q=0, en;q=0.001", Some(Lang::En)),
            ("id;q=1.000, en", Some(Lang::Id)),
            // What is no weight is no wish.
            ("id;q=1.5, en;q=0.1", Some(Lang::En)),
            ("id;q=much, en;q=0.1", Some(Lang::En)),
            ("id;q=0.1234", None),
            // A language that begins like one of ours is another.
            ("ind, idx, eng", None),
            ("jv, su;q=0.9, *;q=0.5", None),
            ("id;q=0", None),
            ("", None),
            (",;q=1,,-", None),
        ] {
            assert_eq!(accepted_language(header), expected, "{header:?}");
        }
    }
}
