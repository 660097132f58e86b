//! An event as it is sent: only what is needed of it, and nothing trusted. What has another shape than expected counts as
//! missing, as new fields may appear at any time (documentation).

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::report::untrusted;

const MAPPING_UPDATED: &str = "gofood.catalog.menu_mapping_updated";
const WEBHOOK_ERROR: &str = "gofood.order.webhook_error";

/// How many names of what was ordered are told, and how long they may be (our choice).
const MOST_NAMES: usize = 3;
const LONGEST_NAME: usize = 60;

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A menu was mapped: it is live.
    MappingUpdated,
    /// Something was ordered that the platform cannot name to us.
    WebhookError,
    /// None of our business.
    Other,
}

impl Kind {
    /// The word for it in metrics.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::MappingUpdated => "menu_mapping_updated",
            Self::WebhookError => "webhook_error",
            Self::Other => "other",
        }
    }
}

/// An event.
#[derive(Debug, Default)]
pub(super) struct Event {
    name: Option<String>,
    id: Option<String>,
    happened: Option<String>,
    request_id: Option<String>,
    /// What may be the outlet's id: theirs, else ours.
    outlet: [Option<String>; 2],
    /// Names of what was ordered and not found.
    not_found: Vec<String>,
}

impl Event {
    /// Reads one. Valid JSON of another shape is an event of which nothing is known.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        // By way of a value: derived structs would take lists for objects, and one odd member would hide all others.
        let event: Value = serde_json::from_slice(bytes)?;
        let (header, body) = (&event["header"], &event["body"]);
        let lists = ["items", "variants"].into_iter().filter_map(|list| body["mapping_not_found"][list].as_array());
        Ok(Self {
            name: text(&header["event_name"]).or_else(|| text(&header["event_type"])),
            id: text(&header["event_id"]).filter(|id| !id.is_empty()),
            happened: text(&header["timestamp"]),
            request_id: text(&body["request_id"]),
            outlet: ["id", "external_outlet_id"].map(|key| text(&body["outlet"][key])),
            not_found: lists.flatten().filter_map(|named| text(&named["name"])).collect(),
        })
    }

    pub(super) fn kind(&self) -> Kind {
        match self.name.as_deref() {
            Some(MAPPING_UPDATED) => Kind::MappingUpdated,
            Some(WEBHOOK_ERROR) => Kind::WebhookError,
            _ => Kind::Other,
        }
    }

    /// Its id, the same for all its copies.
    pub(super) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// When it happened, if that is told.
    pub(super) fn happened(&self) -> Option<Timestamp> {
        self.happened.as_ref()?.parse().ok()
    }

    /// The push that it is about.
    pub(super) fn request_id(&self) -> Option<Uuid> {
        self.request_id.as_deref()?.parse().ok()
    }

    /// What may be the outlet's id: theirs, else ours.
    pub(super) fn outlet(&self) -> impl Iterator<Item = &str> {
        self.outlet.iter().flatten().map(String::as_str)
    }

    /// What is wrong, for people.
    pub(super) fn trouble(&self) -> String {
        let names: Vec<String> = self.not_found.iter().map(|name| shown(name)).collect();
        match names.as_slice() {
            [] => "orders cannot be recognised: something that was sold has no external id at GoFood".to_owned(),
            names => {
                let more = names.len().saturating_sub(MOST_NAMES);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let first = names[..names.len().min(MOST_NAMES)].join(", ");
                format!("orders for {first}{more} cannot be recognised: no external id at GoFood")
            }
        }
    }
}

/// A text, or a whole number as one; anything else counts as missing.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}

fn shown(name: &str) -> String {
    let mut short: String = name.chars().take(LONGEST_NAME).collect();
    if short.len() < name.len() {
        short.push('…');
    }
    format!("“{}”", untrusted::printable(&short))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;

    fn event(json: &str) -> Event {
        Event::read(json.as_bytes()).unwrap()
    }

    #[test]
    fn the_name_may_stand_under_either_key() {
        for key in ["event_name", "event_type"] {
            let read =
                event(&format!(r#"{{"header": {{"{key}": "gofood.catalog.menu_mapping_updated", "new": [1]}}}}"#));
            assert_eq!(read.kind(), Kind::MappingUpdated, "{key}");
        }
        assert_eq!(event(r#"{"header": {"event_name": "gofood.order.created"}}"#).kind(), Kind::Other);
    }

    #[test]
    fn the_push_that_went_live_is_named_if_it_is() {
        let id = "6f1c1f6e-4c3b-4f0e-9d53-3c1d0e6f2a11";
        assert_eq!(event(&format!(r#"{{"body": {{"request_id": "{id}"}}}}"#)).request_id(), Some(id.parse().unwrap()));
        for other in [r#"{"body": {"request_id": "x"}}"#, r#"{"body": {"request_id": 7}}"#, r#"{"body": {}}"#] {
            assert_eq!(event(other).request_id(), None, "{other}");
        }
    }

    #[test]
    fn what_was_ordered_is_named_shortly_and_does_nothing_else() {
        let names: Vec<String> =
            ["Nasi Goreng", "a\u{1b}[31m", &"é".repeat(70), "x"].map(|name| format!("{{\"name\": {name:?}}}")).to_vec();
        let body = names.join(", ").replace("\\u{1b}", "\\u001b");
        let read = event(&format!(
            r#"{{"header": {{"event_name": "gofood.order.webhook_error", "event_id": 7, "timestamp": "2027-01-04T03:00:00Z"}},
                "body": {{"mapping_not_found": {{"items": [{body}], "variants": [{{}}]}}, "outlet": {{"id": null, "external_outlet_id": "G1"}}}}}}"#
        ));
        assert_eq!((read.kind(), read.id()), (Kind::WebhookError, Some("7")));
        assert_eq!(read.happened().unwrap().to_string(), "2027-01-04T03:00:00Z");
        assert_eq!(read.outlet().collect::<Vec<_>>(), ["G1"]);
        let long = "é".repeat(60);
        assert_eq!(
            read.trouble(),
            format!(
                "orders for “Nasi Goreng”, “a\\u{{1b}}[31m”, “{long}…” and 1 more cannot be recognised: no external id at GoFood"
            )
        );
    }

    #[test]
    fn json_of_any_other_shape_is_an_event_of_which_nothing_is_known() {
        for json in [
            "3",
            "[]",
            "null",
            r#"{"header": []}"#,
            r#"{"header": {"event_name": {"a": [1, 2.5]}}, "body": 7}"#,
            r#"[["gofood.catalog.menu_mapping_updated", "", "7"], ["", ["G1"]]]"#,
            r#"{"header": ["gofood.catalog.menu_mapping_updated", "", "7"], "body": {"outlet": ["G1", "G2"]}}"#,
        ] {
            let read = event(json);
            assert_eq!((read.kind(), read.id(), read.outlet().count()), (Kind::Other, None, 0), "{json}");
        }
        let odd = r#"{"header": {"event_name": "gofood.catalog.menu_mapping_updated", "event_id": 7}, "body": []}"#;
        assert_eq!(
            (event(odd).kind(), event(odd).id()),
            (Kind::MappingUpdated, Some("7")),
            "one odd member hides no other"
        );
        for no_json in ["", "{", "nonsense", "{} {}", "\u{0}"] {
            assert!(Event::read(no_json.as_bytes()).is_err(), "{no_json}");
        }
        assert!(Event::read(&"[".repeat(100_000).into_bytes()).is_err(), "deep nesting");
    }
}
