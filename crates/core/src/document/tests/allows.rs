//! Comments that excuse what stands beside them.

use super::*;

/// `codes line-last_line: reason` of every such comment.
fn allows(text: &str) -> Vec<String> {
    let brief = read(text).allows.into_iter().map(|allow| {
        let codes: Vec<_> = allow.codes.iter().map(|code| format!("{}@{}", code.value, code.place.column)).collect();
        format!("{} {}-{}: {}", codes.join(" "), allow.place.line, allow.last_line, allow.reason)
    });
    brief.collect()
}

#[test]
fn a_comment_beside_a_value_speaks_for_its_line() {
    assert_eq!(allows("a: 1 # menusync: allow(x-y) because\nb: 2\n"), ["x-y@24 1-1: because"]);
    assert_eq!(allows("a: [1, # menusync: allow(x) why\n 2]\n"), ["x@26 1-1: why"]);
}

#[test]
fn a_comment_alone_on_its_line_speaks_for_the_next_line_that_is_no_comment() {
    assert_eq!(allows("a: 1\n# menusync: allow(x) why\nb: 2\n"), ["x@19 2-3: why"]);
    let stacked = "# menusync: allow(x) one\n# and\n  # menusync: allow(y) two\nb: 2\n";
    assert_eq!(allows(stacked), ["x@19 1-4: one", "y@21 3-4: two"]);
}

#[test]
fn a_blank_line_ends_what_a_comment_speaks_for() {
    assert_eq!(allows("# menusync: allow(x) why\n\nb: 2\n"), ["x@19 1-2: why"]);
}

#[test]
fn several_codes_share_a_reason() {
    assert_eq!(allows("a: 1 #menusync: allow( x , y-z ): seen by Sari\n"), ["x@24 y-z@28 1-1: seen by Sari"]);
}

#[test]
fn a_text_is_never_taken_for_a_comment() {
    for text in [
        "a: 'x # menusync: allow(x) why'\n",
        "a: \"x # menusync: allow(x) why\"\n",
        "a: x#menusync: allow(x) why\n",
        "a: |\n  # menusync: allow(x) why\n",
        "a: >\n  x # menusync: allow(x) why\n",
    ] {
        assert_eq!(allows(text), [] as [&str; 0], "{text}");
    }
}

#[test]
fn a_comment_that_is_not_understood_is_told() {
    for comment in ["allow", "alow(x) y", "allow() y", "allow(x y", "allow(x y) z", "off(x) y", "allow(x,) y"] {
        let text = format!("a: 1 # menusync: {comment}\n");
        assert_eq!((errors(&text), allows(&text).len()), (vec!["allow-format 1:6".to_owned()], 0), "{comment}");
    }
    assert_eq!(errors("# menusync is the tool that reads this\na: 1\n"), [] as [&str; 0]);
}

#[test]
fn thousands_of_comments_are_no_trouble() {
    let text = format!("a:\n{}  - 1 # menusync: allow(x) why\n", "  # nothing\n".repeat(5000));
    assert_eq!(allows(&text), ["x@25 5002-5002: why"]);
    let stacked = format!("{}a: 1\n", "# menusync: allow(x) why\n".repeat(3000));
    assert_eq!(read(&stacked).allows.len(), 3000);
}

#[test]
fn json_has_no_such_comments() {
    let file = SourceFile { path: "catalogs/x.json".into(), text: "{\"a\": 1} # menusync: allow(x) why".into() };
    assert!(parse(&file).allows.is_empty());
}
