//! SARIF 2.1.0: what code scanning services read.

use serde_json::{Value, json};

use super::level;
use crate::{
    diagnostic::{Diagnostic, Place},
    rules,
};

/// One run with all diagnostics and the rules they come from, indented, with a line break at the end.
pub fn diagnostics_sarif(diagnostics: &[Diagnostic]) -> String {
    let mut codes: Vec<&str> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "menusync",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|code| rule(code)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": diagnostics.iter().map(|diagnostic| result(diagnostic, &codes)).collect::<Vec<_>>(),
        }],
    });
    format!("{log:#}\n")
}

fn rule(code: &str) -> Value {
    match rules::rule(code) {
        Some(rule) => json!({
            "id": code,
            "shortDescription": {"text": rule.summary},
            "fullDescription": {"text": rule.why},
            "defaultConfiguration": {"level": level(rule.severity)},
        }),
        None => json!({"id": code}),
    }
}

fn result(diagnostic: &Diagnostic, codes: &[&str]) -> Value {
    let text = match &diagnostic.help {
        Some(help) => format!("{}\nhelp: {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let mut result = json!({
        "ruleId": diagnostic.code,
        "level": level(diagnostic.severity),
        "message": {"text": text},
        "locations": diagnostic.place.iter().map(|place| json!({"physicalLocation": location(place)})).collect::<Vec<_>>(),
    });
    if let Ok(index) = codes.binary_search(&diagnostic.code) {
        result["ruleIndex"] = index.into();
    }
    if !diagnostic.related.is_empty() {
        let related = diagnostic.related.iter();
        result["relatedLocations"] =
            related.map(|r| json!({"physicalLocation": location(&r.place), "message": {"text": r.message}})).collect();
    }
    result
}

fn location(place: &Place) -> Value {
    json!({
        "artifactLocation": {"uri": uri(&place.file), "uriBaseId": "%SRCROOT%"},
        "region": {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
        },
    })
}

/// A relative path as a URI reference.
fn uri(path: &str) -> String {
    path.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
