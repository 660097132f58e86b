//! What is wrong with an image, before it is known where a file says so.

use serde::{Deserialize, Serialize};

use crate::{
    diagnostic::{Diagnostic, Place, Severity},
    rules,
};

/// Whether a copy of an image, in another form or of another size, would not break this rule.
pub fn is_of_form(code: &str) -> bool {
    matches!(code, "image-type" | "image-ratio" | "image-too-large")
}

/// One thing that is wrong with an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub code: &'static str,
    /// How bad, unless settings say otherwise.
    pub severity: Severity,
    /// What is wrong, with the number found and the number allowed.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// How findings are remembered.
#[derive(Serialize, Deserialize)]
struct Stored {
    code: String,
    severity: Severity,
    message: String,
    help: String,
}

impl Finding {
    /// With the severity of the rule.
    pub(super) fn new(code: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        let severity = rules::rule(code).map_or(Severity::Error, |rule| rule.severity);
        Self { code, severity, message: message.into(), help: help.into() }
    }

    /// That it could not be looked at: nothing is known against the image.
    pub(super) fn unchecked(why: &str) -> Self {
        let help = "look at the address in a browser, or try again when the network is there";
        Self::new("image-unchecked", format!("the image could not be looked at: {why}"), help)
    }

    /// At the place where a file names the image.
    pub fn at(&self, place: Option<Place>) -> Diagnostic {
        let Self { code, severity, message, help } = self;
        Diagnostic {
            code,
            severity: *severity,
            message: message.clone(),
            help: Some(help.clone()),
            place,
            related: Vec::new(),
            replacement: None,
        }
    }

    /// As JSON, to be remembered.
    pub(super) fn to_json(findings: &[Self]) -> String {
        let stored = |finding: &Self| {
            let Self { code, severity, message, help } = finding.clone();
            Stored { code: code.to_owned(), severity, message, help }
        };
        let stored: Vec<Stored> = findings.iter().map(stored).collect();
        serde_json::to_string(&stored).expect("texts are always JSON")
    }

    /// What was remembered; `None` if another release remembered it otherwise.
    pub(super) fn from_json(json: &str) -> Option<Vec<Self>> {
        let stored: Vec<Stored> = serde_json::from_str(json).ok()?;
        let finding = |stored: Stored| {
            let Stored { code, severity, message, help } = stored;
            Some(Self { code: rules::rule(&code)?.code, severity, message, help })
        };
        stored.into_iter().map(finding).collect()
    }
}
