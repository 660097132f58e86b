//! One notification: what happened, to which outlets. Everything in it is bounded and does nothing where it is shown.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    report::{Lang, untrusted},
    settings::NotificationKind,
};

/// The most outlets that are listed; the others are counted (our choice).
const MOST_OUTLETS: usize = 50;
/// The longest detail and the longest name, in characters (our choice).
const LONGEST_DETAIL: usize = 300;
const LONGEST_NAME: usize = 80;

/// `menusync.notification/1`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Notification {
    schema: &'static str,
    tool: &'static str,
    /// The language of its texts.
    #[serde(skip)]
    pub lang: Lang,
    /// Another one for every notification; the same for all sinks and tries.
    pub id: Uuid,
    /// What happened.
    pub event: NotificationKind,
    /// When this was written.
    pub at: Timestamp,
    /// In one line.
    pub summary: String,
    /// How many outlets it is about.
    pub total: usize,
    /// The first of them.
    pub outlets: Vec<Line>,
    /// What to do next, where a person has to decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Where to look: the page of the one outlet, or of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Of a digest: how many outlets stand how.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub states: Option<BTreeMap<String, usize>>,
    /// Of a digest: pushes seen to arrive since the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<u64>,
}

/// One outlet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Line {
    /// GoFood's id.
    pub outlet: String,
    /// Its name.
    pub name: String,
    /// Of a digest: how it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Since when it is so.
    pub since: Option<Timestamp>,
    /// Whether it was told before and still lasts.
    pub repeated: bool,
    /// What is wrong, in a sentence.
    pub detail: Option<String>,
}

impl Line {
    /// An outlet, its texts shortened and made harmless.
    pub(super) fn new(outlet: &str, name: &str, since: Option<Timestamp>, detail: Option<&str>) -> Self {
        Self {
            outlet: short(outlet, LONGEST_NAME),
            name: short(name, LONGEST_NAME),
            state: None,
            since,
            repeated: false,
            detail: detail.map(|detail| short(detail, LONGEST_DETAIL)),
        }
    }
}

/// At most `most` characters on one line, none of which steers anything.
fn short(text: &str, most: usize) -> String {
    let mut cut: String = text.chars().take(most).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    untrusted::printable(&cut).into_owned()
}

impl Notification {
    /// About these outlets, of which there is at least one.
    pub(super) fn of_outlets(event: NotificationKind, at: Timestamp, outlets: Vec<Line>, lang: Lang) -> Self {
        let summary = match outlets.as_slice() {
            [one] => lang.one_outlet(&one.name, &one.outlet, &words(event, one.repeated, false, lang)),
            all => {
                let repeated = all.iter().all(|line| line.repeated);
                lang.many_outlets(all.len(), &words(event, repeated, true, lang))
            }
        };
        let help = help(event, &outlets, lang);
        Self { help, ..Self::new(event, at, summary, outlets, lang) }
    }

    /// How everything stands: all outlets by state, and those that are not in sync.
    pub(super) fn digest(
        at: Timestamp,
        states: BTreeMap<String, usize>,
        published: u64,
        troubled: Vec<Line>,
        lang: Lang,
    ) -> Self {
        let total: usize = states.values().sum();
        let counts: Vec<String> =
            states.iter().map(|(state, count)| format!("{count} {}", lang.state(state))).collect();
        let summary = lang.outlets_by_state(total, &counts.join(", "), published);
        Self {
            states: Some(states),
            published: Some(published),
            ..Self::new(NotificationKind::Digest, at, summary, troubled, lang)
        }
    }

    fn new(event: NotificationKind, at: Timestamp, summary: String, mut outlets: Vec<Line>, lang: Lang) -> Self {
        let total = outlets.len();
        outlets.truncate(MOST_OUTLETS);
        Self {
            schema: "menusync.notification/1",
            tool: env!("CARGO_PKG_VERSION"),
            lang,
            id: Uuid::new_v4(),
            event,
            at,
            summary,
            total,
            outlets,
            help: None,
            url: None,
            states: None,
            published: None,
        }
    }

    /// With the page to look at, where the status page is reached at `external_url`.
    pub(super) fn with_link(self, external_url: Option<&str>) -> Self {
        let url = external_url.map(|page| match self.outlets.as_slice() {
            [one] if self.event != NotificationKind::Digest => {
                format!("{page}outlets/{}", untrusted::url_part(&one.outlet))
            }
            _ => page.to_owned(),
        });
        Self { url, ..self }
    }

    /// As JSON.
    pub(super) fn json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings, numbers and lists always serialise")
    }
}

/// `failed`, `still have errors in their files`, …
fn words(event: NotificationKind, repeated: bool, many: bool, lang: Lang) -> String {
    let either = |one: &'static str, more: &'static str| if many { more } else { one };
    let words = match event {
        NotificationKind::Held => either(lang.held_one(), lang.held_many()),
        NotificationKind::Failed => either(lang.failed_one(), lang.failed_many()),
        NotificationKind::Drift => either(lang.drift_one(), lang.drift_many()),
        NotificationKind::Contested => either(lang.contested_one(), lang.contested_many()),
        NotificationKind::Nonconvergent => either(lang.nonconvergent_one(), lang.nonconvergent_many()),
        NotificationKind::Invalid => either(lang.invalid_one(), lang.invalid_many()),
        NotificationKind::InvalidSoon => either(lang.invalid_soon_one(), lang.invalid_soon_many()),
        NotificationKind::Missing => either(lang.missing_one(), lang.missing_many()),
        NotificationKind::Recovered => either(lang.recovered_one(), lang.recovered_many()),
        NotificationKind::Published => either(lang.published_one(), lang.published_many()),
        NotificationKind::Stock => either(lang.stock_one(), lang.stock_many()),
        NotificationKind::Rollout => either(lang.stuck_one(), lang.stuck_many()),
        NotificationKind::Digest => "",
    };
    if repeated { lang.still_so(words) } else { words.to_owned() }
}

/// A held outlet waits for a person, and a plan says what for.
fn help(event: NotificationKind, outlets: &[Line], lang: Lang) -> Option<String> {
    let outlet = match outlets {
        [one] => format!(" --outlet {}", one.outlet),
        _ => String::new(),
    };
    (event == NotificationKind::Held).then(|| lang.what_held_would_do(&outlet))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_is_bounded_and_harmless() {
        let at = Timestamp::UNIX_EPOCH;
        let line =
            |n: usize| Line::new(&format!("G{n}"), &"é\u{202e}".repeat(200), None, Some(&"x\u{1b}".repeat(10_000)));
        let notification =
            Notification::of_outlets(NotificationKind::Failed, at, (0..300).map(line).collect(), Lang::En);
        assert_eq!((notification.total, notification.outlets.len()), (300, 50));
        assert_eq!(notification.summary, "300 outlets have failed");
        let json = String::from_utf8_lossy(&notification.json()).into_owned();
        assert!(json.len() < 100_000, "{}", json.len());
        assert!(!json.contains('\u{202e}') && !json.contains('\u{1b}') && !json.contains("\\u001b"), "{json}");
    }

    #[test]
    fn a_notification_links_the_page_of_its_outlet_or_of_all() {
        let line = |id: &str| Line::new(id, "Kuta", None, None);
        let of = |lines| Notification::of_outlets(NotificationKind::Failed, Timestamp::UNIX_EPOCH, lines, Lang::En);
        let link = |lines, page| of(lines).with_link(page).url;
        let page = Some("https://menus.example.com/");
        assert_eq!(link(vec![line("G1/<b>")], page).as_deref(), Some("https://menus.example.com/outlets/G1%2F%3Cb%3E"));
        assert_eq!(link(vec![line("G1"), line("G2")], page).as_deref(), page);
        assert_eq!(link(vec![line("G1")], None), None);
    }
}
