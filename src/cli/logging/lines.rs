//! Writing lines: for people, as JSON, or for the journal: with fields if it listens, else with the priority (`<3>`) first and
//! no time, as the journal knows it.

use std::{
    fmt::Write as _,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use serde_json::Value;
use tracing::{
    Event, Level, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use super::{
    LogFormat,
    fields::Fields,
    folding::Folding,
    journal::Journal,
    queue::{self, Entry},
};
use crate::report::untrusted::printable;

pub(super) struct Lines {
    format: LogFormat,
    color: bool,
    journal: Option<Journal>,
    folding: Mutex<Folding>,
}

impl Lines {
    pub(super) fn new(format: LogFormat, color: bool, journal: Option<Journal>) -> Self {
        Self { format, color, journal, folding: Mutex::default() }
    }

    pub(super) fn entry(&self, level: Level, fields: &Fields) -> Entry {
        let line = match self.format {
            LogFormat::Journal => {
                let (priority, message) = (priority(level), format!("{level:>5} {}", text(fields)));
                let record = self.journal.as_ref().map(|journal| journal.record(priority, &message, fields));
                return Entry { line: format!("<{priority}>{message}\n"), record };
            }
            LogFormat::Text => {
                let (dim, strong) = if self.color { (Style::new().dimmed(), color(level)) } else { Default::default() };
                format!("{dim}{}{dim:#} {strong}{level:>5}{strong:#} {}\n", now(), text(fields))
            }
            LogFormat::Json => json(level, fields),
        };
        line.into()
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(of_span) = span.extensions().get::<Fields>() {
                fields.add_missing(of_span);
            }
        }
        let (level, target) = (*event.metadata().level(), event.metadata().target());
        let mut folding = self.folding.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(repeated) = folding.meet(level, target, fields.fingerprint(), Instant::now()) else { return };
        drop(folding);
        if repeated > 0 {
            fields.set("repeated", repeated.into());
        }
        queue::write(self.entry(level, &fields));
    }
}

fn now() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// The message, then `name=value`; values are quoted where a space would tear them apart.
fn text(fields: &Fields) -> String {
    let mut line = printable(&fields.message).into_owned();
    for (name, value) in &fields.values {
        let shown = match value {
            Value::String(text) => quoted(&printable(text)),
            other => other.to_string(),
        };
        // Writing into a String cannot fail.
        let _ = write!(line, " {name}={shown}");
    }
    line
}

fn quoted(text: &str) -> String {
    let is_plain = !text.is_empty() && !text.contains([' ', '"', '=']);
    if is_plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\\\"")) }
}

fn json(level: Level, fields: &Fields) -> String {
    let head =
        [("timestamp", now().into()), ("level", level.as_str().into()), ("message", fields.message.as_str().into())];
    let all = head.iter().chain(&fields.values);
    let pairs: Vec<String> =
        all.map(|(name, value): &(&str, Value)| format!("{}:{value}", Value::from(*name))).collect();
    format!("{{{}}}\n", pairs.join(","))
}

/// As syslog numbers them (sd-daemon(3)).
fn priority(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        _ => 7,
    }
}

fn color(level: Level) -> Style {
    let color = match level {
        Level::ERROR => AnsiColor::Red,
        Level::WARN => AnsiColor::Yellow,
        Level::INFO => AnsiColor::Green,
        _ => AnsiColor::Blue,
    };
    color.on_default()
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::{super::journal::tests::FakeJournald, *};

    #[test]
    fn a_line_keeps_foreign_text_in_its_place() {
        let mut fields = Fields { message: "held".to_owned(), values: Vec::new() };
        fields.set("outlet", "G1".into());
        fields.set("name", "Warung \"Sari\"\n\u{1b}[31m".into());
        fields.set("repeated", 3_u64.into());
        assert_eq!(text(&fields), r#"held outlet=G1 name="Warung \"Sari\"\u{a}\u{1b}[31m" repeated=3"#);
        let parsed: Value = serde_json::from_str(&json(Level::WARN, &fields)).unwrap_or_default();
        assert_eq!(parsed["level"], "WARN");
        assert_eq!(parsed["name"], "Warung \"Sari\"\n\u{1b}[31m");
    }

    #[test]
    fn the_journal_gets_the_values_of_a_line_and_of_its_pass_as_fields() {
        let journald = FakeJournald::start();
        let lines = Lines::new(LogFormat::Journal, false, Some(journald.connect()));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
            let _pass = tracing::info_span!("pass", outlet = "G1", pass = 3).entered();
            tracing::warn!(error = "no answer", "cannot fetch");
        });
        let fields = journald.receive().unwrap_or_default();
        let got = ["PRIORITY", "MESSAGE", "OUTLET", "PASS", "ERROR"].map(|name| fields[name].as_str());
        let message = " WARN cannot fetch error=\"no answer\" outlet=G1 pass=3";
        assert_eq!(got, ["4", message, "G1", "3", "no answer"]);
        assert!(journald.receive().is_none());
    }
}
