//! Rules on characters that are not what they look like: invisible ones, and letters of another script inside a word.

use super::{
    Findings,
    finding::short,
    texts::{Text, texts},
};
use crate::catalog::Catalog;

/// The texts that are more than ASCII: nothing in that is what these rules look for.
fn beyond_ascii(catalog: &Catalog) -> impl Iterator<Item = Text<'_>> {
    texts(catalog).filter(|text| !text.text.is_ascii())
}

pub(super) fn check_text_invisible_characters(catalog: &Catalog, findings: &mut Findings<'_>) {
    for Text { subject, key, text } in beyond_ascii(catalog) {
        let Some((c, what)) = invisible(text) else { continue };
        let tidy: String = text.chars().filter(|c| kind(*c).is_none()).collect();
        let help = match tidy.contains(['"', '\\']) || tidy.chars().any(char::is_control) {
            true => "remove it; most editors do not show it, so type the words anew".to_owned(),
            false => format!("write \"{}\", typed anew", short(&tidy)),
        };
        findings.add(subject, format!("{key} contains {what} (U+{:04X}), which cannot be seen", c as u32), help);
    }
}

/// The first character of a text that cannot be seen and has no business there.
fn invisible(text: &str) -> Option<(char, &'static str)> {
    let mut previous = None;
    text.chars().find_map(|c| {
        let before = previous.replace(c);
        kind(c).filter(|_| !joins(c, before)).map(|kind| (c, kind))
    })
}

/// What an invisible character is called (Unicode: `Default_Ignorable_Code_Point` as far as it is not a variation selector,
/// and `Bidi_Control`).
fn kind(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{ad}' => "a soft hyphen",
        '\u{200b}' => "a zero width space",
        '\u{200c}' | '\u{200d}' => "a zero width joiner",
        '\u{200e}' | '\u{200f}' | '\u{61c}' => "a direction mark",
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => "a direction control",
        '\u{2060}' => "a word joiner",
        '\u{feff}' => "a byte order mark",
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' => "a filler",
        '\u{2061}'..='\u{2065}' | '\u{206a}'..='\u{206f}' => "an invisible operator",
        '\u{3164}' | '\u{ffa0}' | '\u{2800}' => "a blank letter",
        '\u{fff9}'..='\u{fffb}' => "an annotation mark",
        '\u{e0000}'..='\u{e007f}' => "an invisible tag",
        _ => return None,
    })
}

/// Whether this belongs to what stands before it: joiners to emoji and to scripts that shape their letters, tags to flags.
fn joins(c: char, before: Option<char>) -> bool {
    let Some(before) = before else { return false };
    match c {
        '\u{200c}' | '\u{200d}' => !is_alphabet(before) && !before.is_whitespace() && !before.is_ascii(),
        '\u{e0020}'..='\u{e007f}' => before == '\u{1f3f4}' || ('\u{e0020}'..='\u{e007e}').contains(&before),
        _ => false,
    }
}

/// Whether a letter is of a script whose letters stand for themselves: Latin, Greek, Cyrillic.
fn is_alphabet(c: char) -> bool {
    c < '\u{530}' && c.is_alphabetic()
}

pub(super) fn check_text_mixed_scripts(catalog: &Catalog, findings: &mut Findings<'_>) {
    for Text { subject, key, text } in beyond_ascii(catalog) {
        let Some((word, found)) = text.split(|c: char| !c.is_alphanumeric()).find_map(|w| Some((w, mixed(w)?))) else {
            continue;
        };
        let script = if found.foreign < '\u{400}' { "Greek" } else { "Cyrillic" };
        let what = format!(
            "{key} has the {script} letter `{}` (U+{:04X}) in \"{word}\", which looks like the Latin `{}`",
            found.foreign, found.foreign as u32, found.latin,
        );
        findings.add(subject, what, format!("write \"{}\", typed anew", latin(word)));
    }
}

/// A letter and what it looks like.
struct LookAlike {
    foreign: char,
    latin: char,
}

/// The first look-alike of a word that is Latin otherwise: nothing but Latin letters and look-alikes, and both of them.
fn mixed(word: &str) -> Option<LookAlike> {
    let is_latin = |c: char| c < '\u{250}' || ('\u{1e00}'..='\u{1eff}').contains(&c);
    let letters = || word.chars().filter(|c| c.is_alphabetic());
    let first = letters().find_map(|foreign| Some(LookAlike { foreign, latin: look_alike(foreign)? }))?;
    let only_latin_otherwise = letters().all(|c| is_latin(c) || look_alike(c).is_some());
    (only_latin_otherwise && letters().any(is_latin)).then_some(first)
}

/// A word with Latin letters for those that look like them.
fn latin(word: &str) -> String {
    word.chars().map(|c| look_alike(c).unwrap_or(c)).collect()
}

/// The Latin letter that a Cyrillic or Greek one looks like.
fn look_alike(c: char) -> Option<char> {
    let at = LOOK_ALIKES.binary_search_by_key(&c, |(foreign, _)| *foreign).ok()?;
    LOOK_ALIKES.get(at).map(|(_, latin)| *latin)
}

/// Greek (U+0391 and on) and Cyrillic (U+0405 and on) letters with the Latin ones they look like, sorted: a part of Unicode's
/// confusables.txt (UTS #39).
const LOOK_ALIKES: [(char, char); 53] = [
    ('\u{391}', 'A'),
    ('\u{392}', 'B'),
    ('\u{395}', 'E'),
    ('\u{396}', 'Z'),
    ('\u{397}', 'H'),
    ('\u{399}', 'I'),
    ('\u{39a}', 'K'),
    ('\u{39c}', 'M'),
    ('\u{39d}', 'N'),
    ('\u{39f}', 'O'),
    ('\u{3a1}', 'P'),
    ('\u{3a4}', 'T'),
    ('\u{3a5}', 'Y'),
    ('\u{3a7}', 'X'),
    ('\u{3b1}', 'a'),
    ('\u{3b9}', 'i'),
    ('\u{3ba}', 'k'),
    ('\u{3bd}', 'v'),
    ('\u{3bf}', 'o'),
    ('\u{3c1}', 'p'),
    ('\u{3c5}', 'u'),
    ('\u{405}', 'S'),
    ('\u{406}', 'I'),
    ('\u{408}', 'J'),
    ('\u{410}', 'A'),
    ('\u{412}', 'B'),
    ('\u{415}', 'E'),
    ('\u{41a}', 'K'),
    ('\u{41c}', 'M'),
    ('\u{41d}', 'H'),
    ('\u{41e}', 'O'),
    ('\u{420}', 'P'),
    ('\u{421}', 'C'),
    ('\u{422}', 'T'),
    ('\u{423}', 'Y'),
    ('\u{425}', 'X'),
    ('\u{430}', 'a'),
    ('\u{435}', 'e'),
    ('\u{43e}', 'o'),
    ('\u{440}', 'p'),
    ('\u{441}', 'c'),
    ('\u{443}', 'y'),
    ('\u{445}', 'x'),
    ('\u{455}', 's'),
    ('\u{456}', 'i'),
    ('\u{458}', 'j'),
    ('\u{4ae}', 'Y'),
    ('\u{4bb}', 'h'),
    ('\u{501}', 'd'),
    ('\u{51a}', 'Q'),
    ('\u{51b}', 'q'),
    ('\u{51c}', 'W'),
    ('\u{51d}', 'w'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_joins_emoji_and_letters_that_need_it_is_fine() {
        for text in [
            "\u{1f468}\u{200d}\u{1f373} Chef",
            "Pedas \u{2764}\u{fe0f}\u{200d}\u{1f525}",
            "\u{995}\u{9cd}\u{200d}\u{9b7}",
        ] {
            assert!(invisible(text).is_none(), "{text}");
        }
        for text in
            ["Nasi\u{200d}Goreng", "\u{200d}Nasi", "Nasi \u{200c}Uduk", "\u{202e}Nasi", "Na\u{ad}si", "\u{feff}Nasi"]
        {
            assert!(invisible(text).is_some(), "{text:?}");
        }
    }

    #[test]
    fn only_a_word_that_is_latin_but_for_look_alikes_is_mixed() {
        assert_eq!(latin("N\u{430}si"), "Nasi");
        for word in ["N\u{430}si", "\u{421}ola", "\u{39f}range", "Caf\u{e9}\u{455}"] {
            assert!(mixed(word).is_some(), "{word}");
        }
        for word in ["Nasi", "\u{441}\u{443}\u{43f}", "\u{431}orscht", "Caf\u{e9}", "\u{3b2}", "\u{8fa3}a", ""] {
            assert!(mixed(word).is_none(), "{word}");
        }
    }

    #[test]
    fn the_table_of_look_alikes_is_sorted() {
        assert!(LOOK_ALIKES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
