//! The JSON Schemas that `menusync schema` prints, against the reader: what a schema accepts the reader accepts in shape, what
//! people copy validates, typical mistakes are marked, and the committed copies are current.
//!
//! How editors use a schema is not tested here.

#![allow(clippy::unwrap_used)]

mod examples;
mod generate;
mod named;

use std::{fs, path::Path};

use assert_cmd::Command;
use boon::{Compiler, SchemaIndex, Schemas};
use menusync::{
    approval, definition,
    diagnostic::Diagnostic,
    document::{self, SourceFile},
    settings,
};
use proptest::{
    prop_assert,
    strategy::{Strategy as _, ValueTree as _},
    test_runner::{Config, TestCaseError, TestRunner},
};
use serde_json::{Value, json};

/// What people write.
const KINDS: [&str; 3] = ["settings", "layer", "approval"];
/// What programs read; that outputs have these shapes is tested where outputs are made, in `tests/cli`.
const SHAPES: [&str; 11] = [
    "plan",
    "diagnostics",
    "apply",
    "status",
    "history",
    "schedule",
    "horizon",
    "outlets",
    "promotions",
    "photos",
    "stock",
];

/// What the binary prints.
fn printed(kind: &str) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_menusync")).args(["schema", kind]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

fn schema(kind: &str) -> Value {
    serde_json::from_slice(&printed(kind)).unwrap()
}

struct Validator {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Validator {
    fn new(schema: Value) -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("schema.json", schema).unwrap();
        let index = compiler.compile("schema.json", &mut schemas).unwrap_or_else(|error| panic!("{error:#}"));
        Self { schemas, index }
    }

    fn of(kind: &str) -> Self {
        Self::new(schema(kind))
    }

    /// Why the value is refused.
    fn complaint(&self, value: &Value) -> Option<String> {
        self.schemas.validate(value, self.index).err().map(|error| error.to_string())
    }

    fn accepts(&self, value: &Value) -> bool {
        self.complaint(value).is_none()
    }
}

fn source(text: &str) -> SourceFile {
    SourceFile { path: "catalogs/a.yaml".into(), text: text.into() }
}

/// What the reader says about a file of that kind.
fn read(kind: &str, text: &str) -> Vec<Diagnostic> {
    match kind {
        "settings" => settings::decode(&source(text)).1,
        "approval" => approval::parse(&[source(text)]).1,
        _ => definition::parse(&[source(text)]).diagnostics,
    }
}

/// What no schema of shapes can say: which names exist, and how two values must go together.
fn is_about_meaning(diagnostic: &Diagnostic) -> bool {
    let says = |words: &str| diagnostic.message.contains(words);
    match diagnostic.code {
        "timezone" | "cron" | "glob" | "outside-root" | "unknown-layer" | "extends-loop" | "unused-layer"
        | "wrong-url" => true,
        // Which days a month has.
        "approval-expires" | "promotion-dates" => true,
        // Keys that are ignored are no outlets.
        "missing-key" => says("names no outlet"),
        // Which days a month has, and what comes first.
        "date-format" => says("is not a date") || says("must be after"),
        // Which wave takes somebody after which.
        "out-of-range" if says("wave") && !says("cannot be") => true,
        "out-of-range" => {
            says("`interval` must be more than 0 and at most `timeout`") || says("`webhook.listen` and `listen`")
        }
        // The abbreviations of IPv6.
        "wrong-type" => says("is no address to listen on") && says("["),
        _ => false,
    }
}

/// Runs `check` on documents that the schema accepts.
fn for_generated(kind: &str, cases: u32, check: impl Fn(&Value) -> Result<(), TestCaseError>) {
    let (schema, validator) = (schema(kind), Validator::of(kind));
    let accepted = generate::document(&schema).prop_filter("the schema refuses it", |value| validator.accepts(value));
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let ran = runner.run(&accepted, |value| check(&value));
    ran.unwrap_or_else(|error| panic!("{error}"));
}

/// As JSON; characters that no file may hold as such are escaped.
fn escaped(value: &Value) -> String {
    let escape = |c: char| if c.is_control() { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    value.to_string().chars().map(escape).collect()
}

fn accepts_in_shape(kind: &str) {
    for_generated(kind, 400, |value| {
        let mut wrong = read(kind, &escaped(value));
        wrong.retain(|diagnostic| !is_about_meaning(diagnostic));
        prop_assert!(wrong.is_empty(), "{value}\n{wrong:#?}");
        Ok(())
    });
}

#[test]
fn what_the_settings_schema_accepts_the_reader_accepts_in_shape() {
    accepts_in_shape("settings");
}

#[test]
fn what_the_layer_schema_accepts_the_reader_accepts_in_shape() {
    accepts_in_shape("layer");
}

#[test]
fn what_the_approval_schema_accepts_the_reader_accepts_in_shape() {
    accepts_in_shape("approval");
}

#[test]
fn the_generated_documents_use_every_key_of_the_schemas() {
    for kind in KINDS {
        let schema = schema(kind);
        let mut runner = TestRunner::deterministic();
        let document = generate::document(&schema);
        let mut unseen = generate::keys(&schema);
        for _ in 0..500 {
            let tree = document.new_tree(&mut runner).unwrap();
            generate::forget_keys_of(&tree.current(), &mut unseen);
        }
        assert!(unseen.is_empty(), "{kind}: {unseen:?}");
    }
}

#[test]
fn every_file_that_people_copy_validates() {
    let validators: Vec<_> = KINDS.iter().map(|kind| (*kind, Validator::of(kind))).collect();
    let all = examples::all();
    assert!(all.len() > 15, "{} examples", all.len());
    for (kind, name, text) in all {
        let (_, validator) = validators.iter().find(|(known, _)| *known == kind).unwrap();
        let parsed = document::parse(&source(&text));
        assert_eq!(parsed.diagnostics, [], "{name}");
        if let Some(root) = &parsed.root {
            let complaint = validator.complaint(&examples::as_editors_read(root));
            assert!(complaint.is_none(), "{name}: {}", complaint.unwrap_or_default());
        }
    }
}

#[test]
fn an_approval_validates_and_wrong_ones_do_not() {
    let validator = Validator::of("approval");
    let good = json!({
        "guard": "deletes", "reason": "winter menu", "expires": "2027-02-08T17:00:00+07:00",
        "outlets": {"G916309315": format!("sha256:{}", "0".repeat(64))}
    });
    assert_eq!(validator.complaint(&good), None);
    for (key, wrong) in [
        ("guard", json!("delete")),
        ("reason", json!(" ")),
        ("expires", json!("7d")),
        ("expires", json!("2027-02-08")),
        ("outlets", json!({})),
        ("outlets", json!({"Kuta": format!("sha256:{}", "0".repeat(64))})),
        ("outlets", json!({"G916309315": "0".repeat(64)})),
        ("resaon", json!("x")),
    ] {
        let mut value = good.clone();
        value[key] = wrong;
        assert!(!validator.accepts(&value), "{value}");
        let mut without = good.clone();
        without.as_object_mut().unwrap().remove(key);
        assert_eq!(validator.accepts(&without), key == "resaon", "without {key}");
    }
}

#[test]
fn typical_mistakes_are_refused_by_the_schema_and_by_the_reader() {
    for (kind, mistakes) in [("settings", examples::WRONG_SETTINGS), ("layer", examples::WRONG_LAYERS)] {
        let validator = Validator::of(kind);
        for text in mistakes {
            let parsed = document::parse(&source(text));
            assert_eq!(parsed.diagnostics, [], "{text}");
            let value = examples::as_editors_read(&parsed.root.unwrap());
            assert!(!validator.accepts(&value), "the {kind} schema accepts {value}");
            assert!(read(kind, text).iter().any(Diagnostic::is_error), "the reader accepts {text}");
        }
    }
}

/// What is cheap is not marked: only what comes of a thousands separator, at dishes.
#[test]
fn prices_that_may_be_meant_are_accepted() {
    let validator = Validator::of("layer");
    let accepts = |text: &str| {
        let value = examples::as_editors_read(&document::parse(&source(text)).root.unwrap());
        validator.accepts(&value)
    };
    for text in [
        "items: {SAMBAL: {price: 500}}",
        "items: {SAMBAL: {price: 1250}}",
        "variants: {LV-3: {price: 2}}",
        "promotions: {happy: {items: {TEH: 925}}}",
    ] {
        assert!(accepts(text), "{text}");
    }
    assert!(!accepts("items: {SAMBAL: {price: 925}}"));
}

#[test]
fn the_committed_copies_are_what_the_binary_prints() {
    for kind in KINDS.into_iter().chain(SHAPES) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/schema/{kind}.json"));
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            fs::write(&file, printed(kind)).unwrap();
            continue;
        }
        let committed: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let is_current = committed == schema(kind);
        assert!(is_current, "docs/schema/{kind}.json is not current: `.ci/bless schemas` writes it");
    }
}

#[test]
fn without_a_kind_all_are_printed() {
    let output = Command::new(env!("CARGO_BIN_EXE_menusync")).arg("schema").output().unwrap();
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    for kind in KINDS.into_iter().chain(SHAPES) {
        assert_eq!(all[kind], schema(kind));
    }
}

/// What an editor shows on hover.
#[test]
fn every_key_has_a_description_or_is_explained_by_its_neighbours() {
    const PLAIN: [&str; 11] = [
        "sunday",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "start",
        "end",
        "rules",
        "selection",
    ];
    for kind in KINDS.into_iter().chain(SHAPES) {
        let schema = schema(kind);
        let bare = generate::keys_without_description(&schema);
        let bare: Vec<_> = bare.iter().filter(|key| !PLAIN.contains(&key.as_str())).collect();
        assert!(bare.is_empty(), "{kind}: {bare:?}");
    }
}
