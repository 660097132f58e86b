//! An event as it is sent: only what is needed of it, and nothing trusted. What has another shape than expected counts as
//! missing, as new fields may appear at any time (documentation).

use std::fmt;

use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
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
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    header: Header,
    body: Body,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Header {
    event_name: Text,
    event_type: Text,
    event_id: Text,
    timestamp: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body {
    request_id: Text,
    outlet: Outlet,
    mapping_not_found: Lost,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Outlet {
    id: Text,
    external_outlet_id: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Lost {
    items: Vec<Named>,
    variants: Vec<Named>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    name: Text,
}

/// A text, or anything else, which counts as none.
#[derive(Debug, Default)]
struct Text(Option<String>);

impl Event {
    /// Reads one. Valid JSON of another shape is an event of which nothing is known.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        match serde_json::from_slice(bytes) {
            Err(error) if error.is_data() => serde_json::from_slice::<IgnoredAny>(bytes).map(|_| Self::default()),
            read => read,
        }
    }

    pub(super) fn kind(&self) -> Kind {
        let Header { event_name, event_type, .. } = &self.header;
        match event_name.0.as_deref().or(event_type.0.as_deref()) {
            Some(MAPPING_UPDATED) => Kind::MappingUpdated,
            Some(WEBHOOK_ERROR) => Kind::WebhookError,
            _ => Kind::Other,
        }
    }

    /// Its id, the same for all its copies.
    pub(super) fn id(&self) -> Option<&str> {
        self.header.event_id.0.as_deref().filter(|id| !id.is_empty())
    }

    /// When it happened, if that is told.
    pub(super) fn happened(&self) -> Option<Timestamp> {
        self.header.timestamp.0.as_ref()?.parse().ok()
    }

    /// The push that it is about.
    pub(super) fn request_id(&self) -> Option<Uuid> {
        self.body.request_id.0.as_deref()?.parse().ok()
    }

    /// What may be the outlet's id: theirs, else ours.
    pub(super) fn outlet(&self) -> impl Iterator<Item = &str> {
        let Outlet { id, external_outlet_id } = &self.body.outlet;
        [id, external_outlet_id].into_iter().filter_map(|text| text.0.as_deref())
    }

    /// What is wrong, for people.
    pub(super) fn trouble(&self) -> String {
        let Lost { items, variants } = &self.body.mapping_not_found;
        let names: Vec<String> =
            items.iter().chain(variants).filter_map(|named| named.name.0.as_deref()).map(shown).collect();
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

fn shown(name: &str) -> String {
    let mut short: String = name.chars().take(LONGEST_NAME).collect();
    if short.len() < name.len() {
        short.push('…');
    }
    format!("“{}”", untrusted::printable(&short))
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text(Some(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Text, E> {
        Ok(Text(None))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Text, E> {
        Ok(Text(None))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Text, E> {
        Ok(Text(Some(number.to_string())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Text, E> {
        Ok(Text(Some(number.to_string())))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Text, E> {
        Ok(Text(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Text, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text(None))
    }
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
        for json in
            ["3", "[]", "null", r#"{"header": []}"#, r#"{"header": {"event_name": {"a": [1, 2.5]}}, "body": 7}"#]
        {
            let read = event(json);
            assert_eq!((read.kind(), read.id(), read.outlet().count()), (Kind::Other, None, 0), "{json}");
        }
        for no_json in ["", "{", "nonsense", "{} {}", "\u{0}"] {
            assert!(Event::read(no_json.as_bytes()).is_err(), "{no_json}");
        }
        assert!(Event::read(&"[".repeat(100_000).into_bytes()).is_err(), "deep nesting");
    }
}
