//! The ways of writing a number that people and YAML read differently.

use super::*;

/// The number, or `code: help`.
fn integer(text: &str) -> Result<i64, String> {
    let (number, diagnostics) =
        decode(&format!("price: {text}\n"), |decoder, node| decoder.integer(node.get("price").unwrap(), "price"));
    match number {
        Some(number) => {
            assert_eq!(diagnostics, []);
            Ok(number.value)
        }
        None => {
            assert_eq!(diagnostics.len(), 1);
            Err(format!("{}: {}", diagnostics[0].code, diagnostics[0].help.as_deref().unwrap_or_default()))
        }
    }
}

#[test]
fn digits_are_a_number() {
    for (text, number) in [("25000", 25000), ("0", 0), ("-500", -500), ("9223372036854775807", i64::MAX)] {
        assert_eq!(integer(text), Ok(number));
    }
}

#[test]
fn every_trap_says_what_to_write() {
    let traps = [
        ("25.000", "write 25000"),
        ("1.250.000", "write 1250000"),
        ("-1.500", "write -1500"),
        ("25,000", "write 25000"),
        ("25_000", "write 25000"),
        ("025000", "write 25000"),
        ("00", "write 0"),
        ("2e4", "write 20000"),
        ("2.5e4", "write 25000"),
        ("0x61A8", "write 25000"),
        ("0o60650", "write 25000"),
        ("+25000", "write 25000"),
        ("25000.00", "write 25000"),
        ("25 000", "write 25000"),
        ("25k", "write 25000"),
        ("25K", "write 25000"),
        ("25 k", "write 25000"),
        ("12,5rb", "write 12500"),
        ("25rb", "write 25000"),
        ("25 Ribu", "write 25000"),
        ("Rp 25.000,-", "write 25000"),
        ("rp.25.000,-", "write 25000"),
        ("Rp\u{a0}25.000", "write 25000"),
        ("25.000,00", "write 25000"),
        ("25,000.00", "write 25000"),
        ("Rp 25.000", "write 25000"),
        ("Rp25000", "write 25000"),
        ("'25000'", "write 25000, without quotes"),
        ("\"25.000\"", "write 25000, without quotes"),
    ];
    for (text, help) in traps {
        assert_eq!(integer(text), Err(format!("number-format: {help}")), "{text}");
    }
}

#[test]
fn messages_tell_the_two_readings_apart() {
    let (_, diagnostics) = decode("25.000", |decoder, node| decoder.integer(node, "price"));
    assert_eq!(diagnostics[0].message, "`price` must be a whole number: `25.000` is 25 to YAML, 25000 to people");
    let (_, diagnostics) = decode("1.000.000", |decoder, node| decoder.integer(node, "price"));
    assert_eq!(
        diagnostics[0].message,
        "`price` must be a whole number: `1.000.000` is a text to YAML, 1000000 to people"
    );
    let (_, diagnostics) = decode("-1.500", |decoder, node| decoder.integer(node, "price"));
    assert_eq!(diagnostics[0].message, "`price` must be a whole number: `-1.500` is -1.5 to YAML, -1500 to people");
}

#[test]
fn fractions_are_no_whole_rupiah() {
    for text in ["1.5", "0.1", "25,5"] {
        assert!(integer(text).unwrap_err().contains("whole rupiah"), "{text}");
    }
}

#[test]
fn what_is_no_number_is_of_the_wrong_type() {
    for text in [
        "mahal", "true", ".inf", ".nan", "--", "1:30", "''", "٢٥", "~", "", "[1]", "{a: 1}", "0x", "e4", "1e", "1..2",
        "k",
    ] {
        assert!(integer(text).unwrap_err().starts_with("wrong-type"), "{text}");
    }
}

#[test]
fn numbers_beyond_64_bits_are_too_large_and_never_wrap() {
    assert_eq!(
        integer("9223372036854775808"),
        Err("number-format: write a number of at most 9223372036854775807".into())
    );
    assert!(integer("99999999999999999999999999999999.000").is_err());
    assert!(integer("1e999999999999").is_err());
    assert!(integer("0xFFFFFFFFFFFFFFFF").is_err());
}

#[test]
fn a_comma_inside_of_braces_is_explained() {
    let ((), diagnostics) = decode("{price: 25,000}", |decoder, node| {
        let mut fields = decoder.mapping(node, "an item").unwrap();
        fields.take("price");
        decoder.finish(fields, "an item");
    });
    assert_eq!(diagnostics[0].code, "unknown-key");
    assert!(diagnostics[0].help.as_ref().unwrap().contains("without separators"));
}
