//! Lines that begin at the wrong column, and characters that look like a space: the help, followed literally, mends the file.

use insta::assert_snapshot;

use super::*;

/// A menu as it should be; what is broken is one of its lines.
const MENU: &str = "\
outlet: G1
menus:
  - name: Nasi
    menu_items:
      - external_id: NG
        name: Nasi Goreng
        price: 25000
      - external_id: RW
        name: Rawon
        price: 30000
  - name: Minuman
    menu_items:
      - external_id: ET
        name: Es Teh
        price: 5000
";

fn number(words: &str) -> usize {
    words.split(' ').find_map(|word| word.parse().ok()).unwrap_or(1)
}

/// Does what a help says: `move this line and the 2 lines below 1 space to the left`, and the others.
fn apply(text: &str, wrong: &Diagnostic) -> String {
    let place = wrong.place.as_ref().unwrap();
    let help = wrong.help.as_ref().unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let at = place.line as usize - 1;
    if let Some(rest) = help.strip_prefix("replace the character in column ") {
        let column = number(rest);
        let new = if rest.contains("a colon and a space") { ": " } else { " " };
        lines[at] = lines[at]
            .chars()
            .enumerate()
            .map(|(n, c)| if n + 1 == column { new.to_owned() } else { c.into() })
            .collect();
    } else if let Some(rest) = help.strip_prefix("write `- ") {
        lines[at] = lines[at].replacen('-', "- ", 1);
        if let Some((_, moved)) = rest.split_once("move the ") {
            let count = if moved.starts_with("line") { 1 } else { number(moved) };
            lines[at + 1..=at + count].iter_mut().for_each(|line| line.insert(0, ' '));
        }
    } else {
        let (moved, how) = match help.split_once(" and the ") {
            Some((_, rest)) => {
                let (moved, how) = rest.split_once("below ").unwrap_or_else(|| panic!("{help}"));
                (if moved.starts_with("line") { 1 } else { number(moved) }, how)
            }
            None => (0, help.strip_prefix("move this line ").unwrap_or_else(|| panic!("no slip: {wrong:#?}\n{text}"))),
        };
        let spaces = number(how);
        for line in &mut lines[at..=at + moved] {
            if how.ends_with("left") {
                line.drain(..spaces.min(line.len()));
            } else {
                line.insert_str(0, &" ".repeat(spaces));
            }
        }
    }
    lines.join("\n") + "\n"
}

/// Follows the help until nothing is wrong, and says each step.
fn mend(text: &str) -> (String, String) {
    let (mut text, mut told) = (text.to_owned(), String::new());
    for _ in 0..6 {
        let Parsed { diagnostics, .. } = read(&text);
        let Some(wrong) = diagnostics.first() else { break };
        let place = wrong.place.as_ref().unwrap();
        told += &format!("{}:{} {}; {}\n", place.line, place.column, wrong.message, wrong.help.as_ref().unwrap());
        text = apply(&text, wrong);
    }
    (text, told)
}

/// The same menu with some lines moved: `(first, last, by)`, counted from 1.
fn moved(first: usize, last: usize, by: isize) -> String {
    let line = |(n, line): (usize, &str)| match by {
        _ if !(first..=last).contains(&(n + 1)) => format!("{line}\n"),
        by if by < 0 => format!("{}\n", &line[by.unsigned_abs()..]),
        by => format!("{}{line}\n", " ".repeat(by.unsigned_abs())),
    };
    MENU.lines().enumerate().map(line).collect()
}

#[test]
fn following_the_help_mends_a_line_that_begins_too_far_left_or_right() {
    let slips = [
        ("an entry two too deep", moved(8, 10, 2)),
        ("an entry two too shallow", moved(8, 10, -2)),
        ("the dash alone two too deep", moved(8, 8, 2)),
        ("the dash alone one too shallow", moved(8, 8, -1)),
        ("a price one too deep", moved(7, 7, 1)),
        ("a price one too shallow", moved(7, 7, -1)),
        ("a name and a price one too deep", moved(9, 10, 1)),
        ("a list one too deep", moved(12, 15, 1)),
        ("no space after the dash", MENU.replace("- external_id: RW", "-external_id: RW")),
        (
            "no space, keys aligned",
            MENU.replace(
                "      - external_id: RW\n        name: Rawon\n        price",
                "      -external_id: RW\n       name: Rawon\n       price",
            ),
        ),
        ("a no-break space after the colon", MENU.replace("price: 30000", "price:\u{a0}30000")),
        ("the same in the middle", MENU.replace("name: Rawon", "name:\u{a0}Rawon")),
        ("a no-break space after the dash", MENU.replace("- external_id: RW", "-\u{a0}external_id: RW")),
        ("a wide colon", MENU.replace("name: Rawon", "name：Rawon")),
    ];
    let mut all = String::new();
    for (name, broken) in slips {
        assert_ne!(broken, MENU, "{name}");
        let (mended, told) = mend(&broken);
        assert_eq!(mended, MENU, "{name}:\n{told}");
        all += &format!("{name}:\n{told}\n");
    }
    assert_snapshot!(all);
}

#[test]
fn a_key_with_a_character_that_looks_like_a_space_is_told_by_name() {
    let Parsed { diagnostics, .. } = read("outlet: G1\n\u{a0}\u{a0}name: Kuta\n");
    assert_eq!(brief(&diagnostics), ["wrong-key 2:1"]);
    assert!(diagnostics[0].message.contains("U+00A0"), "{diagnostics:?}");
    assert_eq!(errors("'\u{a0}x': 1\n"), [""; 0]);
}

/// Whether a help says how far to move which lines, which character to replace, or where a space belongs.
fn is_slip(wrong: &Diagnostic) -> bool {
    let help = wrong.help.as_deref().unwrap_or_default();
    ["move ", "replace the character", "write `- "].iter().any(|begin| help.starts_with(begin))
}

/// Any run of lines moved by a few columns: where the first help is about that, following it ends the error that it is about.
/// One line alone, moved by no more than a level, is right again in the end.
#[test]
fn whatever_lines_are_moved_following_the_help_ends_the_error() {
    let number = MENU.lines().count();
    let mut followed = 0;
    for first in 3..=number {
        for last in first..=number.min(first + 3) {
            for by in [-3_isize, -2, -1, 1, 2, 3] {
                let fits = |line: &str| by > 0 || line.len() - line.trim_start().len() >= by.unsigned_abs();
                if !MENU.lines().skip(first - 1).take(last - first + 1).all(fits) {
                    continue;
                }
                let broken = moved(first, last, by);
                let Parsed { diagnostics, .. } = read(&broken);
                let Some(wrong) = diagnostics.first().filter(|wrong| is_slip(wrong)) else { continue };
                let line = |diagnostic: &Diagnostic| diagnostic.place.as_ref().map(|place| place.line);
                let left = read(&apply(&broken, wrong)).diagnostics;
                let is_told_again = left.iter().any(|l| l.message == wrong.message && line(l) == line(wrong));
                assert!(!is_told_again, "{first}-{last} by {by}: {wrong:#?}\n{broken}");
                if first == last && by.abs() <= 2 {
                    let (text, told) = mend(&broken);
                    assert!(read(&text).diagnostics.is_empty(), "{first} by {by}:\n{broken}\n{told}\n{text}");
                }
                followed += 1;
            }
        }
    }
    assert!(followed > 200, "{followed}");
}
