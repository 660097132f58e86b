//! Nodes to values.

use std::time::Duration;

use super::*;

fn messages(diagnostics: &[Diagnostic]) -> Vec<String> {
    let text = |d: &Diagnostic| format!("{}: {} ({})", d.code, d.message, d.help.as_deref().unwrap_or("-"));
    diagnostics.iter().map(text).collect()
}

#[test]
fn unknown_keys_are_told_with_the_one_that_was_meant() {
    let ((), diagnostics) = decode("pirce: 1\nName: x\nzzzzzz: 2\nx-note: fine\n", |decoder, node| {
        let mut fields = decoder.mapping(node, "an item").unwrap();
        assert!(fields.take("price").is_none() && fields.take("name").is_none());
        decoder.finish(fields, "an item");
    });
    assert_eq!(
        messages(&diagnostics),
        [
            "unknown-key: unknown key `pirce` in an item (did you mean `price`?)",
            "unknown-key: unknown key `Name` in an item (did you mean `name`?)",
            "unknown-key: unknown key `zzzzzz` in an item (use `price` or `name`, or begin it with `x-` to have it ignored)",
        ]
    );
    assert_eq!(diagnostics[0].place.as_ref().unwrap().to_string(), "catalogs/x.yaml:1:1");
}

#[test]
fn free_keys_are_given_in_order_without_the_taken_and_the_ignored() {
    let (keys, diagnostics) = decode("b: 1\nx-y: 2\na: 3\nknown: 4\n", |decoder, node| {
        let mut fields = decoder.mapping(node, "items").unwrap();
        fields.take("known");
        let keys: Vec<String> = fields.entries().map(|(key, _)| key.text.to_string()).collect();
        decoder.finish(fields, "items");
        keys
    });
    assert_eq!((keys, diagnostics), (vec!["b".to_owned(), "a".to_owned()], vec![]));
}

#[test]
fn wrong_types_name_what_was_expected_and_found() {
    let ((), diagnostics) = decode("[1]", |decoder, node| {
        assert!(decoder.mapping(node, "items").is_none());
        assert!(decoder.text(node, "name").is_none());
    });
    assert_eq!(diagnostics[0].message, "expected a mapping for `items`, found a list");
    assert_eq!(diagnostics[1].message, "expected text for `name`, found a list");
    let (_, diagnostics) = decode("{a: }", |decoder, node| decoder.text(node.get("a").unwrap(), "a name").is_none());
    assert_eq!(diagnostics[0].message, "expected text for a name, found nothing");
    let (_, diagnostics) = decode("x", |decoder, node| decoder.list(node, "menus").is_none());
    assert_eq!(diagnostics[0].message, "expected a list for `menus`, found `x`");
}

#[test]
fn texts_are_taken_as_written() {
    for (written, text) in
        [("007", "007"), ("no", "no"), ("08:00", "08:00"), ("'~'", "~"), ("1e3", "1e3"), ("true", "true")]
    {
        let (value, diagnostics) = decode(written, |decoder, node| decoder.text(node, "name"));
        assert_eq!((value.unwrap().value.as_str(), diagnostics.len()), (text, 0));
    }
}

#[test]
fn booleans_are_true_and_false_and_nothing_else() {
    for (text, value) in [("true", true), ("False", false)] {
        assert_eq!(decode(text, |decoder, node| decoder.boolean(node, "in_stock")).0.unwrap().value, value);
    }
    for (text, help) in [
        ("yes", "write true"),
        ("off", "write false"),
        ("'true'", "write true, without quotes"),
        ("0", "write false"),
        ("maybe", "write true or false"),
    ] {
        let (value, diagnostics) = decode(text, |decoder, node| decoder.boolean(node, "in_stock"));
        assert_eq!(
            (value, diagnostics[0].code, diagnostics[0].help.as_deref()),
            (None, "wrong-type", Some(help)),
            "{text}"
        );
    }
}

#[test]
fn durations_have_a_unit() {
    let duration = |text: &str| decode(text, |decoder, node| decoder.duration(node, "timeout"));
    let good = [("200ms", 200), ("30s", 30_000), ("10m", 600_000), ("3h", 10_800_000), ("7d", 604_800_000), ("0s", 0)];
    for (text, millis) in good {
        assert_eq!(duration(text).0.unwrap().value, Duration::from_millis(millis));
    }
    for text in [
        "30",
        "1.5h",
        "3 h",
        "-1s",
        "+1s",
        "h",
        "3w",
        "99999999999999999999d",
        "18446744073709551615d",
        "4000d",
        "''",
        "1h30m",
        "3H",
    ] {
        let (value, diagnostics) = duration(text);
        assert!(value.is_none() && diagnostics[0].help.is_some(), "{text}");
    }
    assert!(duration("30").1[0].help.as_ref().unwrap().contains("`30s`"));
}

#[test]
fn percentages_have_a_sign() {
    let percent = |text: &str| decode(text, |decoder, node| decoder.percent(node, "markup"));
    for (text, value) in [("20%", 20.0), ("12.5%", 12.5), ("-10%", -10.0), ("'5 %'", 5.0)] {
        assert!((percent(text).0.unwrap().value - value).abs() < f64::EPSILON, "{text}");
    }
    assert_eq!(percent("20").1[0].help.as_deref(), Some("add the percent sign: `20%`"));
    for text in ["abc%", "1e3%", "inf%", "nan%", "--1%", "1.%", ".5%", "1,5%", "'%'"] {
        assert!(percent(text).0.is_none(), "{text}");
    }
}

#[test]
fn choices_suggest_the_word_that_was_meant() {
    let (value, diagnostics) = decode("revret", |d, node| d.choice(node, "drift", &[("report", 1), ("revert", 2)]));
    assert!(value.is_none());
    assert_eq!(
        messages(&diagnostics),
        ["unknown-value: `drift` must be `report` or `revert`, found `revret` (did you mean `revert`?)"]
    );
}

#[test]
fn a_missing_key_is_told_at_its_mapping() {
    let (node, diagnostics) = decode("a: {b: 1}", |decoder, node| {
        let mut fields = decoder.mapping(node.get("a").unwrap(), "a").unwrap();
        decoder.require(&mut fields, "name", "a").is_none()
    });
    assert!(node);
    assert_eq!(brief(&diagnostics), ["missing-key 1:4"]);
}

#[test]
fn long_and_many_lined_values_are_shown_short() {
    let text = format!("|\n  line one\n  {}\n", "x".repeat(500));
    let (_, diagnostics) = decode(&text, |decoder, node| decoder.boolean(node, "check").is_none());
    assert!(!diagnostics[0].message.contains('\n') && diagnostics[0].message.chars().count() < 130);
}

#[test]
fn far_words_are_not_suggested() {
    assert_eq!(closest("operational_hour", ["name", "operational_hours"]), Some("operational_hours"));
    assert_eq!(closest("operational-hours", ["name", "operational_hours"]), Some("operational_hours"));
    assert_eq!(closest("xyz", ["name", "operational_hours"]), None);
    assert_eq!(closest(&"x".repeat(1_000_000), ["name"]), None);
}

#[test]
fn errors_beyond_the_limit_of_warnings_are_still_errors() {
    let mut decoder = Decoder::new("a.yaml".into());
    let node = tree("x");
    for _ in 0..=MAX_DIAGNOSTICS {
        decoder.warning("number-format", &node.span, "odd");
    }
    assert!(!decoder.has_errors());
    decoder.error("wrong-type", &node.span, "wrong").help("write it right");
    decoder.warning("number-format", &node.span, "odd");
    assert!(decoder.has_errors());
    let diagnostics = decoder.into_diagnostics();
    let last = diagnostics.last().unwrap();
    assert_eq!(
        (diagnostics.len(), last.is_error(), &*last.message),
        (10_001, true, "3 more are not shown, errors among them")
    );
}
