//! Text to tree.

use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn an_empty_file_has_no_root_and_no_error() {
    for text in ["", "\n\n", "# only a comment\n", "---\n", "~", "--- null\n...\n"] {
        let parsed = read(text);
        assert!(parsed.root.is_none() && parsed.diagnostics.is_empty(), "{text:?}: {parsed:?}");
    }
}

#[test]
fn scalars_stay_as_written() {
    let node = tree("a: 007\nb: no\nc: 08:00\nd: ~\ne:\nf: 1e3\ng: '~'\nh: |\n  two\n  lines\n");
    assert_eq!(
        plain(&node),
        json!({"a": "007", "b": "no", "c": "08:00", "d": null, "e": null, "f": "1e3", "g": "~", "h": "two\nlines\n"})
    );
}

#[test]
fn json_is_accepted_indented_with_spaces_or_tabs() {
    let value = json!({"menus": [{"name": "Nasi", "price": 25000, "in_stock": true, "image": null, "x": []}], "a": {}});
    let text = serde_json::to_string_pretty(&value).unwrap();
    let expected =
        json!({"menus": [{"name": "Nasi", "price": "25000", "in_stock": "true", "image": null, "x": []}], "a": {}});
    assert_eq!(plain(&tree(&text)), expected);
    assert_eq!(plain(&tree(&text.replace("  ", "\t"))), expected);
}

#[test]
fn columns_count_characters_and_lines_may_end_in_crlf() {
    let node = tree("é: x\r\n\"ñ😀\": [\"日本\", 5]\r\n");
    let list = node.get("ñ😀").unwrap();
    assert_eq!(list.span, span(2, 7, 2, 16));
    let Value::Sequence(nodes) = &list.value else { panic!("a list") };
    assert_eq!(nodes[0].span, span(2, 8, 2, 12));
    assert_eq!(nodes[1].span, span(2, 14, 2, 15));
    let Value::Mapping(entries) = &node.value else { panic!("a mapping") };
    assert_eq!(entries[1].0.span, span(2, 1, 2, 5));
}

#[test]
fn a_block_ends_where_its_last_value_ends() {
    let node = tree("a:\n  b: 1\n  c: two\n\n# comment\nd: 2\n");
    assert_eq!(node.get("a").unwrap().span, span(2, 3, 3, 9));
}

#[test]
fn a_null_that_is_not_written_has_a_place_on_the_line_of_its_key() {
    assert_eq!(tree("a: 1\nb:\nc: 3\n").get("b").unwrap().span.start.line, 2);
}

#[test]
fn keys_are_texts_whatever_they_look_like() {
    assert_eq!(plain(&tree("1: a\ntrue: b\n'<<': c\n? d\n: e\n")), json!({"1": "a", "true": "b", "<<": "c", "d": "e"}));
}

#[test]
fn a_key_given_twice_is_an_error_that_names_the_first() {
    let parsed = read("a: 1\nb: 2\n'a': 3\na: 4\n");
    assert_eq!(brief(&parsed.diagnostics), ["duplicate-key 3:1", "duplicate-key 4:1"]);
    for diagnostic in &parsed.diagnostics {
        assert_eq!(diagnostic.related[0].place.line, 1);
        assert_eq!(diagnostic.related[0].message, "first defined here");
    }
    assert_eq!(plain(&parsed.root.unwrap()), json!({"a": "1", "b": "2"}));
}

#[test]
fn after_the_most_mistakes_the_rest_is_counted() {
    let parsed = read(&"a: 1\n".repeat(MAX_DIAGNOSTICS + 1));
    assert_eq!(parsed.diagnostics.len(), MAX_DIAGNOSTICS);
    let parsed = read(&"a: 1\n".repeat(MAX_DIAGNOSTICS + 6));
    assert_eq!(parsed.diagnostics.len(), MAX_DIAGNOSTICS + 1);
    let last = parsed.diagnostics.last().unwrap();
    assert_eq!(brief(std::slice::from_ref(last)), ["too-many-diagnostics 10001:1"]);
    assert_eq!(last.message, "5 more are not shown, errors among them");
}

#[test]
fn what_ends_the_reading_is_told_after_the_most_mistakes_too() {
    let parsed = read(&format!("{}b: [", "a: 1\n".repeat(MAX_DIAGNOSTICS + 6)));
    assert!(parsed.root.is_none());
    assert_eq!(parsed.diagnostics.last().unwrap().code, "syntax");
}

#[test]
fn a_hundred_thousand_keys_are_read() {
    let text: String = (0..100_000).map(|i| format!("k{i}: {i}\n")).collect();
    let Value::Mapping(entries) = tree(&text).value else { panic!("a mapping") };
    assert_eq!(entries.len(), 100_000);
}

#[test]
fn aliases_stand_for_what_they_name_and_point_there() {
    let node = tree("x-hours: &h\n  monday: closed\na: *h\nb: [*h]\n");
    assert_eq!(node.get("a"), node.get("x-hours"));
    assert_eq!(node.get("a").unwrap().span.start, Pos { line: 2, column: 3 });
}

#[test]
fn merge_keys_merge_and_explicit_keys_win() {
    let text = "x-a: &a {p: 1, q: 1}\nx-b: &b {q: 2, r: 2}\none: {<<: *a, p: 9}\nmany: {p: 9, <<: [*a, *b]}\n";
    let node = tree(text);
    assert_eq!(plain(node.get("one").unwrap()), json!({"p": "9", "q": "1"}));
    assert_eq!(plain(node.get("many").unwrap()), json!({"p": "9", "q": "1", "r": "2"}));
}

#[test]
fn merging_what_is_no_mapping_is_an_error() {
    assert_eq!(errors("a: {<<: 1}\nb: {<<: [{c: 1}, x]}\n"), ["wrong-type 1:9", "wrong-type 2:18"]);
}

#[test]
fn every_unknown_alias_is_told_once_and_reading_goes_on() {
    assert_eq!(
        errors("a: *one\nb: [*two, *one]\na: 3\n"),
        ["unknown-alias 1:4", "unknown-alias 2:5", "duplicate-key 3:1"]
    );
}

#[test]
fn an_alias_inside_of_its_own_anchor_is_refused() {
    assert_eq!(errors("a: &a [1, *a]\n"), ["alias-expansion 1:11"]);
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for i in 1..12 {
        let aliases = vec![format!("*a{}", i - 1); 9].join(", ");
        text.push_str(&format!("a{i}: &a{i} [{aliases}]\n"));
    }
    let parsed = read(&text);
    assert_eq!(parsed.diagnostics.len(), 1);
    assert_eq!(parsed.diagnostics[0].code, "alias-expansion");
    assert!(parsed.root.is_none());
}

#[test]
fn a_long_text_repeated_by_aliases_is_refused_at_ten_times_the_file() {
    let text = |aliases| format!("a: &a {}\nb: [{}]\n", "x".repeat(1000), vec!["*a"; aliases].join(","));
    assert_eq!(errors(&text(10)), Vec::<String>::new());
    assert_eq!(errors(&text(20)).len(), 1);
}

#[test]
fn hours_shared_by_every_item_are_within_the_budget() {
    let day = "[{start: '10:00', end: '22:00'}]";
    let hours = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    let hours: Vec<String> = hours.iter().map(|d| format!("{d}: {day}")).collect();
    let mut text = format!("x-h: &h {{{}}}\nmenu_items:\n", hours.join(", "));
    for i in 0..500 {
        text.push_str(&format!("- {{external_id: ITEM-{i}, name: Nasi {i}, price: 25000, operational_hours: *h}}\n"));
    }
    tree(&text);
}

#[test]
fn nesting_is_read_to_64_levels_and_refused_beyond() {
    let flow = |n| format!("{}{}", "[".repeat(n), "]".repeat(n));
    tree(&flow(MAX_DEPTH));
    assert_eq!(errors(&flow(MAX_DEPTH + 1)), ["too-deep 1:65"]);
    assert_eq!(errors(&flow(100_000)), ["too-deep 1:65"]);
    let block: String = (0..100).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    assert_eq!(errors(&block), ["too-deep 65:65"]);
    let through_alias = format!("- &a {}\n- {}*a{}\n", flow(40), "[".repeat(40), "]".repeat(40));
    assert_eq!(errors(&through_alias), ["too-deep 2:43"]);
}

#[test]
fn a_file_over_8_mib_is_refused() {
    let text = format!("a: {}\n", "x".repeat(MAX_FILE_BYTES));
    assert_eq!(errors(&text), ["file-too-large 1:1"]);
}

#[test]
fn a_second_document_is_an_error() {
    assert_eq!(errors("a: 1\n---\nb: 2\n"), ["multiple-documents 2:1"]);
    tree("---\na: 1\n...\n");
}

#[test]
fn tabs_for_indentation_are_an_error() {
    assert_eq!(errors("a:\n\tb: 1\n"), ["tab-indentation 2:2"]);
    assert_eq!(errors("\ta: 1\n"), ["tab-indentation 1:2"]);
    assert_eq!(errors("a: 1\nb: [w]\n\tc: {}\n"), ["tab-indentation 3:2"]);
    assert_eq!(errors("a:\n  - b: 1\n\t  c: 2\n").len(), 1);
    tree("a:\t1\t# tabs between things are fine\n");
}

#[test]
fn tags_other_than_the_core_ones_are_errors() {
    assert_eq!(
        errors("a: !rupiah 1\nb: !!set {x, y}\nc: !!binary aGk=\nd: !x 'y'\n"),
        ["unknown-tag 1:4", "unknown-tag 2:4", "unknown-tag 3:4", "unknown-tag 4:4"]
    );
    assert!(!tree("a: !!str 007\n").get("a").unwrap().scalar().unwrap().plain);
    tree("a: !!int 7\nb: !!map {x: 1}\nc: !!seq [1]\n");
}

#[test]
fn keys_that_are_no_texts_are_errors() {
    assert_eq!(
        errors("? [a, b]\n: 1\n? {c: d}\n: 2\n: 3\ne: 4\n"),
        ["wrong-key 1:3", "wrong-key 3:3", "wrong-key 5:1"]
    );
}

#[test]
fn control_characters_are_errors_and_never_end_a_file() {
    assert_eq!(errors("a: 1\né: x\0y\nb: 2\n"), ["control-character 2:5"]);
    assert_eq!(errors("a: \u{1b}[31m\n"), ["control-character 1:4"]);
    assert_eq!(errors("a: b\u{86}\n"), ["control-character 1:5"]);
    assert_eq!(plain(&tree(r#"{"a": "x\u0007y"}"#)), json!({"a": "x\u{7}y"}));
}

#[test]
fn syntax_errors_come_alone_with_a_place_and_a_help() {
    let texts = [
        ("name: Soto: Ayam\n", "1:11"),
        ("a: 'x", "1:4"),
        ("a: 'x\n", "2:1"),
        ("a: [1, 2\nb: 3\n", "2:2"),
        ("a: {b: 1\n", "1:4"),
        ("a: 1]\nb: }\n", "2:4"),
        ("- a\nb: 1\n", "2:1"),
        ("a: 1\n- b\n", "2:3"),
        ("menus:\n  - name: a\n   price: 3\n", "3:4"),
        ("a: @x\n", "1:4"),
        ("a: \"C:\\qq\"\n", "1:4"),
        ("a: 'it's'\n", "1:8"),
    ];
    for (text, place) in texts {
        let parsed = read(text);
        assert_eq!(brief(&parsed.diagnostics), [format!("syntax {place}")], "{text:?}");
        assert!(!parsed.diagnostics[0].help.as_ref().unwrap().is_empty());
        assert!(parsed.root.is_none());
    }
}

#[test]
fn a_syntax_error_inside_of_brackets_names_where_they_open() {
    let parsed = read("a: 1\nb: [1, 2\nc: 3\n");
    assert_eq!((parsed.diagnostics[0].related[0].place.line, parsed.diagnostics[0].related[0].place.column), (2, 4));
}

fn span(line: u32, column: u32, end_line: u32, end_column: u32) -> Span {
    Span { start: Pos { line, column }, end: Pos { line: end_line, column: end_column } }
}

/// Every place must be one that an editor can go to.
fn check_places(text: &str, parsed: &Parsed) {
    let lines = u32::try_from(text.split(['\n', '\r']).count()).unwrap();
    for place in parsed.diagnostics.iter().filter_map(|d| d.place.as_ref()) {
        assert!(place.line >= 1 && place.column >= 1 && place.line <= lines + 1, "{text:?}: {place:?}");
        assert!((place.end_line, place.end_column) >= (place.line, place.column), "{text:?}: {place:?}");
    }
}

fn json_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|b| json!(b)),
        any::<i64>().prop_map(|n| json!(n)),
        "\\PC{0,12}".prop_map(|s| json!(s))
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(|v| json!(v)),
            prop::collection::btree_map("[a-z<é ]{1,6}", inner, 0..6).prop_map(|m| json!(m)),
        ]
    })
}

/// JSON as [`plain`] shows it.
fn as_texts(value: &serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Bool(_) | serde_json::Value::Number(_) => json!(value.to_string()),
        serde_json::Value::Array(values) => values.iter().map(as_texts).collect(),
        serde_json::Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), as_texts(v))).collect(),
        _ => value.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,80}") {
        check_places(&text, &read(&text));
    }

    #[test]
    fn no_text_that_looks_like_yaml_makes_it_panic(parts in prop::collection::vec(prop::sample::select(vec![
        "a", "b: ", "- ", "? ", ": ", "\n", "\n  ", "\n    ", "\t", "[", "]", "{", "}", ",", "&x ", "*x", "<<: ", "'", "\"",
        "!!str ", "!t ", "|\n", ">-\n", "# c", "---\n", "...\n", "%YAML 1.2\n", "~", "25.000", "é", "😀", "\r\n", "\r", "\\", "\0",
        "\u{feff}", "\u{85}", "\u{2028}",
    ]), 0..40)) {
        let text = parts.concat();
        let parsed = read(&text);
        check_places(&text, &parsed);
        if let Some(root) = &parsed.root {
            let mut decoder = Decoder::new("x.yaml".into());
            decoder.text(root, "x");
            decoder.integer(root, "x");
            decoder.duration(root, "x");
            if let Some(fields) = decoder.mapping(root, "x") {
                decoder.finish(fields, "x");
            }
        }
    }

    #[test]
    fn json_is_read_as_a_json_reader_reads_it(value in json_value()) {
        let text = serde_json::to_string(&value).unwrap();
        let parsed = read(&text);
        prop_assert!(parsed.diagnostics.is_empty(), "{text}: {:?}", parsed.diagnostics);
        prop_assert_eq!(parsed.root.as_ref().map_or(json!(null), plain), as_texts(&value));
    }
}
