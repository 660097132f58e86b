//! What was pushed when, and by which commit: `history` for people and programs (`menusync.history/1`).

use std::fmt::Write as _;

use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::{
    Lang, minute,
    plan::{change_words, field_words},
    untrusted::printable,
};
use crate::{
    catalog::{FieldValue, ItemField, Path},
    plan::{PastChange, PromotionEvent, PromotionHappening, SwitchEvent},
    rollout::WaveOf,
};

/// One push.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PushLine {
    /// Its number among those to its outlet.
    pub number: i64,
    /// Its id at GoFood.
    pub request_id: String,
    /// `put` or `stock`.
    pub kind: &'static str,
    /// When it was prepared.
    pub prepared_at: Timestamp,
    /// When it was sent; `null` = never.
    pub sent_at: Option<Timestamp>,
    /// When its outcome was known; of a published push: when it was seen to be live.
    pub finished_at: Option<Timestamp>,
    /// The commit of the files.
    pub revision: Option<String>,
    /// Who wrote that commit.
    pub author: Option<String>,
    /// Hash of what it was to change.
    pub digest: String,
    /// How it ended; `null` = it is still looked for.
    pub outcome: Option<&'static str>,
    /// What went wrong.
    pub error: Option<String>,
    /// The number of the push that it went back to, if it was a rollback.
    pub back_to: Option<i64>,
    /// The wave in which it went out, if a rollout concerned it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wave: Option<WaveOf>,
    /// Whether it is the newest that was published.
    pub live: bool,
    /// What it changed; `null` = that was not recorded.
    pub changes: Option<Vec<PastChange>>,
}

/// What became of a promotion of ours.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PromotionEventLine {
    /// When that was learnt.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub event: PromotionEvent,
}

/// What became of a switch of stock.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SwitchEventLine {
    /// When that was learnt.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub event: SwitchEvent,
}

/// The pushes to one outlet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutletHistory {
    /// The outlet.
    pub outlet: String,
    /// Its name.
    pub name: String,
    /// Newest first.
    pub pushes: Vec<PushLine>,
    /// What became of its promotions, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub promotions: Vec<PromotionEventLine>,
    /// What became of switches of stock, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub switches: Vec<SwitchEventLine>,
}

/// What pushes did to one item of one outlet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ItemHistory {
    /// The outlet.
    pub outlet: String,
    /// Its name.
    pub name: String,
    /// The item's id.
    pub item: String,
    /// Its fields that were changed by pushes that are remembered: the price first.
    pub fields: Vec<FieldHistory>,
}

/// What pushes did to one field.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldHistory {
    /// The field.
    pub path: Path,
    /// Newest first.
    pub pushes: Vec<FieldPush>,
}

/// One push that changed a field.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldPush {
    /// The push's number.
    pub number: i64,
    /// What was live before.
    pub from: Option<FieldValue>,
    /// What was sent.
    pub to: Option<FieldValue>,
    /// The commit of the files.
    pub revision: Option<String>,
    /// Who wrote that commit.
    pub author: Option<String>,
    /// The number of the push that it went back to, if it was a rollback.
    pub back_to: Option<i64>,
    /// When it was prepared.
    pub prepared_at: Timestamp,
    /// When it was seen to be live; `null` = it never was.
    pub published_at: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<&'static str>,
}

impl OutletHistory {
    /// What its pushes did to one item.
    pub fn of_item(&self, id: &str) -> ItemHistory {
        let mut fields: Vec<FieldHistory> = Vec::new();
        for push in &self.pushes {
            for (field, from, to) in push.changes.iter().flatten().flat_map(|change| change.of_item(id)) {
                let path = Path::item_field(&id.into(), field);
                let field_push = FieldPush {
                    number: push.number,
                    from,
                    to,
                    revision: push.revision.clone(),
                    author: push.author.clone(),
                    back_to: push.back_to,
                    prepared_at: push.prepared_at,
                    published_at: push.finished_at.filter(|_| push.outcome == Some("published")),
                    outcome: push.outcome,
                };
                match fields.iter_mut().find(|known| known.path == path) {
                    Some(known) => known.pushes.push(field_push),
                    None => fields.push(FieldHistory { path, pushes: vec![field_push] }),
                }
            }
        }
        let price = Path::item_field(&id.into(), ItemField::Price);
        fields.sort_by_key(|field| (field.path != price, field.path.clone()));
        ItemHistory { outlet: self.outlet.clone(), name: self.name.clone(), item: id.to_owned(), fields }
    }
}

#[derive(Serialize)]
struct Document<'a, T> {
    schema: &'static str,
    tool: &'static str,
    outlets: &'a [T],
}

fn json<T: Serialize>(outlets: &[T]) -> String {
    let document = Document { schema: "menusync.history/1", tool: env!("CARGO_PKG_VERSION"), outlets };
    serde_json::to_string_pretty(&document).expect("strings, numbers and lists always serialise")
}

/// `menusync.history/1`, with `pushes` for each outlet.
pub fn history_json(outlets: &[OutletHistory]) -> String {
    json(outlets)
}

/// `menusync.history/1`, with `item` and `fields` for each outlet.
pub fn item_history_json(outlets: &[ItemHistory]) -> String {
    json(outlets)
}

/// The outlets one after the other, a line for each push.
pub fn history_text(outlets: &[OutletHistory], zone: &TimeZone) -> String {
    let mut text = String::new();
    for outlet in outlets {
        let _ = writeln!(text, "{}", heading(&outlet.name, &outlet.outlet));
        if outlet.pushes.is_empty() {
            text += "  no push is stored\n";
        }
        let widest = outlet.pushes.iter().map(|push| number(push).len()).max().unwrap_or(0);
        let mut others = others(outlet, widest, zone).into_iter().peekable();
        for push in &outlet.pushes {
            while let Some((_, lines)) = others.next_if(|(at, _)| *at >= push.prepared_at) {
                text += &lines;
            }
            let outcome = push.outcome.unwrap_or("under way");
            let _ = writeln!(
                text,
                "  {:<widest$}  {}  {outcome:<13}  {}  {}",
                number(push),
                minute(push.prepared_at, zone),
                commit(push.revision.as_deref(), push.author.as_deref()),
                short(&push.digest),
            );
            let _ = writeln!(text, "  {:widest$}  {}", "", summary(push));
            if let Some(error) = &push.error {
                let _ = writeln!(text, "  {:widest$}  {}", "", printable(error));
            }
        }
        text.extend(others.map(|(_, lines)| lines));
    }
    text
}

/// What happened beside pushes, newest first.
fn others(outlet: &OutletHistory, widest: usize, zone: &TimeZone) -> Vec<(Timestamp, String)> {
    let promotions = outlet.promotions.iter().map(|line| (line.at, promotion_lines(line, widest, zone)));
    let switches = outlet.switches.iter().map(|line| (line.at, switch_lines(line, widest, zone)));
    let mut all: Vec<(Timestamp, String)> = promotions.chain(switches).collect();
    all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    all
}

/// What became of a switch of stock, in two lines as a push has them.
fn switch_lines(SwitchEventLine { at, event }: &SwitchEventLine, widest: usize, zone: &TimeZone) -> String {
    let result = Lang::En.switch_result(event.result);
    let words = Lang::En.switch_event(event, Some(zone));
    format!("  {:widest$}  {}  {result}\n  {:widest$}  {}\n", "", minute(*at, zone), "", printable(&words))
}

/// What became of a promotion, in two lines as a push has them.
fn promotion_lines(PromotionEventLine { at, event }: &PromotionEventLine, widest: usize, zone: &TimeZone) -> String {
    let who = commit(event.revision.as_deref(), event.author.as_deref());
    let who = if event.result == PromotionHappening::EndedElsewhere { String::new() } else { format!("  {who}") };
    let result = event.result.as_str();
    let first = format!("  {:widest$}  {}  {result:<13}{who}", "", minute(*at, zone));
    format!("{}\n  {:widest$}  {}\n", first.trim_end(), "", printable(&Lang::En.promotion_event(event)))
}

/// `* 12` if it is live, `  11` otherwise.
fn number(push: &PushLine) -> String {
    format!("{} {}", if push.live { "*" } else { " " }, push.number)
}

/// What a push changed in one line: the first change, and how many more.
fn summary(push: &PushLine) -> String {
    let back = push.back_to.map(|to| format!("rollback to {to}: ")).unwrap_or_default();
    let wave = push.wave.map(|of| format!("wave {} of {}: ", of.wave, of.waves)).unwrap_or_default();
    let changes = match push.changes.as_deref() {
        None => "what it changed was not recorded".to_owned(),
        Some([]) => "no change".to_owned(),
        Some(changes) => {
            // A menu comes and goes with its items, and those say more.
            let first = telling(changes).next().unwrap_or(&changes[0]);
            let more = changes.len() - 1;
            let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
            format!("{}{more}", printable(&change_words(first, Lang::En)))
        }
    };
    format!("{wave}{back}{changes}")
}

/// What says more than that its menu comes or goes.
fn telling(changes: &[PastChange]) -> impl Iterator<Item = &PastChange> {
    changes.iter().filter(|change| !matches!(change.path, Path::Menu(_)))
}

/// What a push changed, a line for each change; `None`: that was not recorded. A menu comes and goes with its items.
pub fn push_changes(push: &PushLine, lang: Lang) -> Option<Vec<String>> {
    Some(telling(push.changes.as_deref()?).map(|change| change_words(change, lang)).collect())
}

/// So many changes of a push are told in a row among others (our choice).
const TOLD: usize = 2;

/// `3 changes: ~ Nasi › Nasi Goreng: price Rp 25.000 → Rp 27.000 (+8 %); … and 1 more`
pub fn changes_summary(changes: &[PastChange], lang: Lang) -> String {
    let words: Vec<String> = telling(changes).take(TOLD).map(|change| change_words(change, lang)).collect();
    match telling(changes).count() {
        0 => lang.no_changes().to_owned(),
        count if count <= TOLD => lang.some_changes(count, &words.join("; ")),
        count => lang.many_changes(count, &words.join("; "), count - TOLD),
    }
}

/// The outlets one after the other, and in each the fields of the item.
pub fn item_history_text(outlets: &[ItemHistory], zone: &TimeZone) -> String {
    let mut text = String::new();
    for outlet in outlets {
        let _ = writeln!(text, "{}: {}", heading(&outlet.name, &outlet.outlet), printable(&outlet.item));
        if outlet.fields.is_empty() {
            text += "  no stored push changed it\n";
        }
        for FieldHistory { path, pushes } in &outlet.fields {
            let _ = writeln!(text, "  {}", path.field_key().unwrap_or_default());
            let steps: Vec<String> = pushes
                .iter()
                .map(|push| printable(&field_words(path, &push.from, &push.to, Lang::En)).into_owned())
                .collect();
            let widest = steps.iter().map(|steps| steps.width()).max().unwrap_or(0).min(60);
            for (push, steps) in pushes.iter().zip(&steps) {
                let gap = " ".repeat(widest.saturating_sub(steps.width()));
                let _ = writeln!(text, "    {steps}{gap}   {}", went_live(push, zone));
            }
        }
    }
    text
}

/// `published 2027-01-04 10:00 UTC by push 3, commit c0ffee by Dewi`
fn went_live(push: &FieldPush, zone: &TimeZone) -> String {
    let how = match (push.published_at, push.outcome) {
        (Some(at), _) => format!("published {}", minute(at, zone)),
        (None, Some(outcome)) => format!("{outcome}, prepared {}", minute(push.prepared_at, zone)),
        (None, None) => format!("under way since {}", minute(push.prepared_at, zone)),
    };
    let (number, revision, author) = (push.number, push.revision.as_deref(), push.author.as_deref());
    match push.back_to {
        // Whoever wrote the commit did not ask for what it went back to.
        Some(to) => format!("{how} by push {number} (rollback to {to}; the files were at {})", commit(revision, None)),
        None => format!("{how} by push {number}, {}", commit(revision, author)),
    }
}

fn heading(name: &str, outlet: &str) -> String {
    if name.trim().is_empty() || name == outlet {
        return printable(outlet).into_owned();
    }
    format!("{} ({})", printable(name), printable(outlet))
}

fn commit(revision: Option<&str>, author: Option<&str>) -> String {
    match (revision, author) {
        (None, _) => "no commit".to_owned(),
        (Some(revision), None) => format!("commit {:.10}", printable(revision)),
        (Some(revision), Some(author)) => format!("commit {:.10} by {}", printable(revision), printable(author)),
    }
}

/// `sha256:` and the first digits.
fn short(digest: &str) -> String {
    digest.chars().take("sha256:".len() + 12).collect()
}
