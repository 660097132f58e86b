use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::{
    definition,
    diagnostic::{Diagnostic, Replacement},
    document::{Pos, SourceFile, Span, parse},
    policy::Policy,
};

fn pos(line: u32, column: u32) -> Pos {
    Pos { line, column }
}

#[test]
fn an_editor_counts_utf16_units_and_we_count_characters() {
    let text = "name: Nasi 🍛 Goreng\r\nprice: 1\rid: 𝒳y\n\nlast";
    let lines = Lines::new(text, false);
    // 🍛 is two units and one character.
    assert_eq!(lines.units(pos(1, 14)), (0, 14));
    assert_eq!(lines.pos(0, 14), pos(1, 14));
    assert_eq!(lines.units(pos(1, 13)), (0, 13));
    assert_eq!(lines.pos(0, 12), pos(1, 12), "the middle of a character is its beginning");
    assert_eq!(&text[lines.offset(0, 13)..][..7], " Goreng");
    // Each of the three ends of a line is one, and none is a part of it.
    assert_eq!([0, 1, 2, 3, 4].map(|n| lines.line(n)), ["name: Nasi 🍛 Goreng", "price: 1", "id: 𝒳y", "", "last"]);
    assert_eq!(lines.units(pos(3, 6)), (2, 6));
    assert_eq!(lines.offset(1, 99), lines.offset(1, 8), "behind the end of a line is its end");
    assert_eq!(lines.offset(99, 0), text.len());
    assert_eq!(lines.pos(99, 0), pos(5, 1));
    assert_eq!(lines.end(), (4, 4));
    for (line, unit) in [(0, 0), (0, 13), (0, 20), (1, 3), (2, 4), (4, 4)] {
        assert_eq!(lines.units(lines.pos(line, unit)), (line, unit));
    }
}

#[test]
fn a_byte_order_mark_is_one_unit_of_the_first_line() {
    let lines = Lines::new("outlet: G1\nname: A", true);
    assert_eq!(lines.units(pos(1, 1)), (0, 1));
    assert_eq!(lines.pos(0, 0), pos(1, 1));
    assert_eq!(lines.pos(0, 9), pos(1, 9));
    assert_eq!(lines.units(pos(2, 1)), (1, 0));
}

const FILE: &str = "\
outlet: G1
extends: [../base.yaml]
menus:
  - name: Nasi
    menu_items:
      - external_id: NG
        name: Nasi Goreng
        price: 25000
        variant_category_external_ids: ['VC-1']
  - {name: Es, before: Nasi}
variant_categories:
  - {external_id: VC-1, name: Pedas, variants: [{external_id: V1, name: Sedang, price: 0}]}
items:
  NG: {before: ES, menu: Es}
promotions:
  policy: manage
  hemat: {external_menu_id: NG, start_date: 2027-01-01}
pricing:
  - {markup: 10%, ids: [NG]}
attach: {VC-1: [\"ES-*\", {menu: Es}]}
rules: {price-too-low: off}
";

fn source(text: &str) -> SourceFile {
    SourceFile { path: "catalogs/a.yaml".into(), text: text.into() }
}

#[test]
fn everything_that_a_file_names_is_found_with_its_place() {
    let root = parse(&source(FILE)).root.unwrap();
    let found = occurrences(&root);
    let shown: Vec<String> = found
        .iter()
        .map(|o| format!("{}:{} {:?} {:?} {}", o.span.start.line, o.span.start.column, o.role, o.thing, o.name))
        .collect();
    assert_eq!(
        shown,
        [
            "1:9 Definition Outlet G1",
            "2:11 Reference Layer ../base.yaml",
            "4:11 Definition Menu Nasi",
            "6:22 Definition Item NG",
            "9:41 Reference Category VC-1",
            "10:12 Reference Menu Es",
            "10:24 Reference Menu Nasi",
            "12:19 Definition Category VC-1",
            "12:63 Definition Variant V1",
            "14:3 Reference Item NG",
            "14:16 Reference Item ES",
            "14:26 Reference Menu Es",
            "17:3 Definition Promotion hemat",
            "17:29 Reference Item NG",
            "19:25 Reference Item NG",
            "20:10 Reference Category VC-1",
            "20:17 Pattern Item ES-*",
            "20:32 Reference Menu Es",
            "21:9 Reference Rule price-too-low",
        ]
    );
    assert_eq!(found[3].label.as_deref(), Some("Nasi Goreng"));
}

#[test]
fn what_comes_through_an_alias_is_found_once() {
    let text = "x-id: &a NG\nitems:\n  NG: &p {before: ES}\n  OTHER: *p\npricing: [{markup: 1%, ids: [*a, *a]}]\n";
    let names: Vec<_> =
        occurrences(&parse(&source(text)).root.unwrap()).into_iter().map(|o| o.span.start.line).collect();
    assert_eq!(names, [1, 3, 3, 4]);
}

/// Where the cursor, `|` in the text, may be.
fn at(text: &str) -> Vec<String> {
    let offset = text.find('|').unwrap();
    let text = text.replacen('|', "", 1);
    let (Word { start, .. }, found) = cursors(&Arc::from("catalogs/a.yaml"), &text, offset);
    let step = |segment: &Segment| match segment {
        Segment::Key(key) => format!("/{key}"),
        Segment::Entry => "/-".to_owned(),
    };
    let shown = found.iter().map(|cursor| {
        let kind = if cursor.is_key { "key of " } else { "value of " };
        format!("{kind}{} `{}`", cursor.path.iter().map(step).collect::<String>(), &text[start..offset])
    });
    shown.collect()
}

#[test]
fn a_cursor_is_found_in_a_text_that_is_being_typed() {
    assert_eq!(at("items:\n  N|\n"), ["key of /items `N`", "value of /items `N`"]);
    assert_eq!(
        at("menus:\n  - name: A\n    menu_items:\n      - |"),
        ["key of /menus/-/menu_items/- ``", "value of /menus/-/menu_items/- ``",]
    );
    let item = "menus:\n  - name: A\n    menu_items:\n      - external_id: A\n        pri|\n      - external_id: B\n";
    assert_eq!(at(item)[0], "key of /menus/-/menu_items/- `pri`");
    assert!(at("pricing:\n  - {markup: 10%, ids: [NG, E|").contains(&"value of /pricing/-/ids/- `E`".to_owned()));
    assert_eq!(at("items:\n  NG: {before: |}\nname: x"), ["value of /items/NG/before ``"]);
    assert_eq!(at("items:\n  NG:\n    menu: \"Nasi G|\"\n"), ["value of /items/NG/menu `Nasi G`"]);
    assert_eq!(at("extends:\n  - ../b|\noutlet: G1\n")[1], "value of /extends/- `../b`");
    // Between quotes, commas and other quotes are letters; in a word, quotes are.
    assert_eq!(at("items: {NG: {menu: \"Nasi, G|\", name: x}}"), ["value of /items/NG/menu `Nasi, G`"]);
    assert_eq!(at("items: {NG: {menu: 'Bu Sari''s: G|'}}"), ["value of /items/NG/menu `Bu Sari''s: G`"]);
    assert_eq!(at("items:\n  NG:\n    menu: Bu Sari's G|\n"), ["value of /items/NG/menu `Bu Sari's G`"]);
    // JSON.
    assert_eq!(at("{\"items\":{\"NG\":{\"be|\"}}}")[0], "key of /items/NG `be`");
    assert_eq!(at("{\"items\":{\"NG\":{\"pri|\": 1}}}"), ["key of /items/NG `pri`"]);
    assert!(at("{\"items\":{\"NG\":{\"before\":|}}}").contains(&"value of /items/NG/before ``".to_owned()));
    assert!(at("{\"items\":{\"NG\":{\"before\":\"E|\"}}}").contains(&"value of /items/NG/before `E`".to_owned()));
    // What stands below, and cannot be read, does not matter.
    assert_eq!(at("items:\n  NG: {before: E|\nmenus: ]["), ["value of /items/NG/before `E`"]);
}

#[test]
fn the_schema_says_what_may_stand_at_a_place() {
    let schema = json!({
        "properties": {
            "a": {"description": "An a.", "anyOf": [{"$ref": "#/$defs/b"}, {"type": "null"}]},
            "flag": {"type": ["boolean", "null"]},
        },
        "$defs": {"b": {"type": "object", "properties": {"word": {"enum": ["off", null]}, "a": {"$ref": "#/properties/a"}},
                        "additionalProperties": {"type": "array", "items": {"const": "x"}}}},
    });
    let key = |key: &str| Segment::Key(key.to_owned());
    let texts = |found: Vec<Proposal>| found.into_iter().map(|proposal| proposal.text).collect::<Vec<_>>();
    assert_eq!(texts(keys(&schema, &[])), ["a", "flag"]);
    assert!(keys(&schema, &[])[0].is_block);
    assert_eq!(texts(keys(&schema, &[key("a"), key("a"), key("a")])), ["a", "word"]);
    assert_eq!(texts(values(&schema, &[key("a"), key("word")])), ["off"]);
    assert_eq!(texts(values(&schema, &[key("flag")])), ["true", "false"]);
    assert_eq!(texts(values(&schema, &[key("a"), key("other"), Segment::Entry])), ["x"]);
    assert_eq!(description(&schema, &[key("a")]).as_deref(), Some("An a."));
    assert_eq!(description(&schema, &[key("nothing")]), None);
}

#[test]
fn a_schema_that_goes_in_circles_ends() {
    let schema = json!({"$ref": "#", "anyOf": [{"$ref": "#"}, {"$ref": "#"}], "properties": {"a": {"$ref": "#"}}});
    assert_eq!(keys(&schema, &[Segment::Key("a".into())]).len(), 1);
}

#[test]
fn a_renamed_id_keeps_its_quotes_and_gets_those_that_it_needs() {
    let rewritten = |text: &str, new: &str| {
        let file = source(text);
        let found = occurrences(&parse(&file).root.unwrap());
        super::rewritten(&file.path, &Lines::new(text, false), &found[0], new).map_err(|error| error.to_string())
    };
    assert_eq!(rewritten("items:\n  NG: {price: 1}", "NG-2"), Ok("NG-2".into()));
    assert_eq!(rewritten("items:\n  'NG': {price: 1}", "NG-2"), Ok("'NG-2'".into()));
    assert_eq!(rewritten("items:\n  NG: {price: 1}", "25000"), Ok("\"25000\"".into()));
    assert_eq!(rewritten("items:\n  \"NG\": {price: 1}", "a\"b"), Ok(r#""a\"b""#.into()));
    assert_eq!(rewritten("items:\n  'NG': {price: 1}", "a'b"), Ok("'a''b'".into()));
    assert_eq!(rewritten("pricing: [{markup: 1%, ids: [🍛]}]", "a, b"), Ok("\"a, b\"".into()));
    let block = rewritten("pricing:\n - markup: 1%\n   menu: >-\n     Nasi\n", "Mie");
    assert!(block.as_ref().is_err_and(|error| error.contains("line")), "{block:?}");
}

#[test]
fn only_what_is_ours_is_renamed() {
    for thing in [Thing::Item, Thing::Category, Thing::Variant, Thing::Menu] {
        assert_eq!(check_ours(thing), Ok(()));
    }
    assert!(check_ours(Thing::Outlet).unwrap_err().to_string().contains("GoFood's"));
    assert!(check_ours(Thing::Rule).is_err());
}

/// What a help proposes, written where it says, mends just that.
#[test]
fn what_a_help_proposes_mends_what_is_wrong() {
    let base = source_at(
        "catalogs/base.yaml",
        "menus:\n  - name: Es\n    menu_items: [{external_id: TEH, name: 🍵, price: 5000}]\n",
    );
    let wrong = [
        "outlet: G1\nextends: [base.yaml]\nitems:\n  TEH: {pricee: 1}\n",
        "outlet: G1\nextends: [base.yaml]\nitems:\n  TEH: {harga: 1}\n",
        "outlet: G1\nextends: [base.yaml]\nitems:\n  TEH: {name: 🍵🍵, price: 25.000}\n",
        "outlet: G1\nextends: [base.yaml]\nitems:\n  TEH: {price: 'Rp 25.000'}\n",
        "outlet: G1\nextends: [base.yaml]\nitems:\n  TEH: {in_stock: no}\n",
        "outlet: G1\nextends: [base.yaml]\nitems:\n  THE: {price: 1}\n",
        "outlet: G1\nextends: ['bas.yaml']\n",
        "outlet: G1\nextends: [base.yml]\n",
        "outlet: G1\nextends: [../base.yaml]\n",
        "outlet: G1\nextends: [base.yaml]\ndrift: \"revret\"\n",
        "outlet: G1\nextends: [base.yaml]\ntimezone: Asia/Jakata\n",
        "outlet: G1\nextends: [base.yaml]\ntimezone: WITA\n",
        "outlet: G1\nextends: [base.yaml]\nguards: {sold-uot: 50%}\n",
    ];
    for text in wrong {
        let found = found_in(&base, text);
        let [fault] = &found[..] else { panic!("{text}: {found:#?}") };
        let written = match fault.replacement.as_ref().unwrap_or_else(|| panic!("{text}: {fault:#?}")) {
            Replacement::Text(text) => scalar("catalogs/a.yaml", text),
            Replacement::Literal(text) => text.clone(),
        };
        assert!(fault.help.as_ref().unwrap().contains(written.trim_matches('"')), "{fault:#?}");
        let (lines, span) = (Lines::new(text, false), Span::of_place(fault.place.as_ref().unwrap()));
        let mended = format!("{}{written}{}", &text[..lines.offset_of(span.start)], &text[lines.offset_of(span.end)..]);
        assert_eq!(found_in(&base, &mended), [], "{mended}");
        assert!(changes_only_word(&source(text), span, &written), "{text}");
    }
}

/// Replaces `old` (its last place in the text) as if it were the whole stretch of a diagnostic.
fn changes_only(text: &str, old: &str, new: &str) -> bool {
    let lines = Lines::new(text, false);
    let at = text.rfind(old).unwrap();
    let pos_at = |offset: usize| {
        let before = &text[..offset];
        let line = u32::try_from(before.matches('\n').count()).unwrap();
        let units = before.rsplit('\n').next().unwrap().encode_utf16().count();
        lines.pos(line, u32::try_from(units).unwrap())
    };
    let span = Span { start: pos_at(at), end: pos_at(at + old.len()) };
    changes_only_word(&source(text), span, new)
}

#[test]
fn a_word_is_replaced_only_where_nothing_else_changes() {
    for (text, old) in [
        ("items: {NG: {before: ES-THE, price: 1}}", "ES-THE"),
        ("items: {NG: {before: 'ES-THE'}}", "'ES-THE'"),
        ("items:\n  ES-THE: {price: 1}\n", "ES-THE"),
        ("items: {NG: {before: &n ES-THE}}", "ES-THE"),
        ("# menusync: allow ES-THE\nitems: {}\n", "ES-THE"),
    ] {
        assert!(changes_only(text, old, "ES-TEH"), "{text}");
    }
    for (text, old) in [
        // The stretch of a block scalar runs into the next line.
        ("items:\n  NG:\n    before: >-\n      ES-THE\n    price: 25000\n", ">-\n      ES-THE\n    "),
        ("items:\n  NG:\n    before: >-\n      ES-THE\n    price: 25000\n", ">-\n      ES-THE\n"),
        ("items:\n  NG:\n    before: >-\n      ES-THE\n    price: 25000\n", "ES-THE"),
        // Every alias would be changed.
        ("x-n: &n ES-THE\nitems: {NG: {before: *n}}\n", "ES-THE"),
        ("x-n: &n ES-THE\nitems: {NG: {before: *n}}\n", "*n"),
        ("items: {NG: {before: !!str ES-THE}}", "!!str ES-THE"),
        ("items: {NG: {before: ES-THE}}", "ES-THE}}"),
        ("items: {NG: {before: ES-THE}}", "before: ES-THE"),
        ("items: {NG: {before: ES-THE}}", "THE"),
        // It would be there twice.
        ("items: {ES-TEH: {price: 1}, ES-THE: {price: 1}}", "ES-THE"),
    ] {
        assert!(!changes_only(text, old, "ES-TEH"), "{text}: {old}");
    }
    assert!(!changes_only("items: {NG: {before: ES-THE}}", "ES-THE", "ES, TEH"));
    assert!(!changes_only("items: {NG: {before: ES-THE}}", "ES-THE", "ES #"));
}

fn source_at(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.into(), text: text.into() }
}

/// What is wrong with an outlet that extends `base`.
fn found_in(base: &SourceFile, text: &str) -> Vec<Diagnostic> {
    let definitions = definition::parse(&[base.clone(), source(text)]);
    let no_image = |path: &str| definition::ImageFile::no_address(path);
    definitions.compose(&"G1".into(), jiff::Timestamp::UNIX_EPOCH, &Policy::default(), &no_image).diagnostics
}
