//! What became of a push to each outlet, for people and for other programs (`menusync.apply/1`).

use anstyle::AnsiColor;
use serde::{Serialize, Serializer, ser::SerializeMap};
use unicode_width::UnicodeWidthStr;
use uuid::Uuid;

use super::{
    counted,
    plan::{stale_markdown, stale_text},
    release::{Held, ReleaseHints},
    style::Paint,
    untrusted::{markdown, printable},
};
use crate::{approval::Stale, catalog::OutletId, policy::Guard};

/// Every result, in the order in which they are counted.
const RESULTS: [&str; 8] =
    ["unchanged", "published", "nonconvergent", "rejected", "timeout", "held", "queued", "failed"];

/// How it ended for one outlet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApplyLine {
    /// The outlet.
    pub outlet: OutletId,
    /// Its name; empty if it has none.
    pub name: String,
    /// What became of the push: `unchanged`, `published`, `nonconvergent`, `rejected`, `timeout`, `held`, `queued` or
    /// `failed`.
    pub result: &'static str,
    /// How the outlet stands now, in one word.
    pub state: &'static str,
    /// The push's id, if one was sent.
    pub request_id: Option<Uuid>,
    /// What went wrong or is waited for, in a sentence.
    pub error: Option<String>,
    /// What became of each promotion that was to be made or ended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub promotions: Vec<PromotionResult>,
    /// The guards that hold it.
    #[serde(skip)]
    pub held: Vec<Guard>,
}

/// What became of one promotion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PromotionResult {
    /// Our name.
    pub name: String,
    /// The dish.
    pub item: String,
    /// `created`, `ended`, `replaced`, `refused`, `unverified` or `failed`.
    pub result: &'static str,
    /// The platform's id, if there is one.
    pub promotion_id: Option<String>,
    /// What went wrong, in a sentence.
    pub error: Option<String>,
}

impl ApplyLine {
    fn label(&self) -> String {
        match self.name.trim() {
            "" => self.outlet.to_string(),
            name => format!("{name} ({})", self.outlet),
        }
    }

    /// How the outlet stands, where the result alone does not say it; then the error, else the id to quote to the platform's
    /// support. `harmless` is applied to the error, `id` to the id.
    fn note(&self, harmless: impl Fn(&str) -> String, id: impl Fn(&Uuid) -> String) -> String {
        let detail = match (&self.error, &self.request_id) {
            (Some(error), _) => Some(harmless(error)),
            (None, Some(request)) => Some(format!("request {}", id(request))),
            (None, None) => None,
        };
        let why = match self.state {
            "drifted" => Some("keeps what was changed elsewhere: see `menusync drift`".to_owned()),
            "paused" if self.error.is_none() => Some("paused by its file".to_owned()),
            _ => None,
        };
        let words = detail.into_iter().chain(why).collect::<Vec<_>>().join("; ");
        let state = self.state.replace('_', " ");
        match words.as_str() {
            "" if self.result_says_state() => String::new(),
            "" => state,
            _ if self.result_says_state() || words.starts_with(&state) => words,
            _ => format!("{state}: {words}"),
        }
    }

    fn result_says_state(&self) -> bool {
        match self.result {
            "unchanged" | "published" => self.state == "in_sync",
            "rejected" => self.state == "failed",
            result => self.state == result,
        }
    }
}

/// How many lines have each result.
struct Summary<'a>(&'a [ApplyLine]);

impl Summary<'_> {
    fn count(&self, result: &str) -> usize {
        self.0.iter().filter(|line| line.result == result).count()
    }

    /// `Result: 3 outlets, 2 published, 1 held.`
    fn sentence(&self) -> String {
        let counts = RESULTS.into_iter().map(|result| (self.count(result), result)).filter(|(number, _)| *number > 0);
        let counts: String = counts.map(|(number, result)| format!(", {number} {result}")).collect();
        format!("Result: {}{counts}.", counted(self.0.len(), "outlet"))
    }
}

/// `{"outlets": 2, "unchanged": 1, …}` with every result.
impl Serialize for Summary<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(RESULTS.len() + 1))?;
        map.serialize_entry("outlets", &self.0.len())?;
        for result in RESULTS {
            map.serialize_entry(result, &self.count(result))?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    tool: &'static str,
    revision: Option<&'a str>,
    outlets: &'a [ApplyLine],
    summary: Summary<'a>,
    stale_approvals: &'a [Stale],
}

/// The lines as `menusync.apply/1`, indented, with a line break at the end. `revision`: the files' git commit.
pub fn apply_json(lines: &[ApplyLine], stale: &[Stale], revision: Option<&str>) -> String {
    let tool = env!("CARGO_PKG_VERSION");
    let (outlets, summary, stale_approvals) = (lines, Summary(lines), stale);
    let report = Report { schema: "menusync.apply/1", tool, revision, outlets, summary, stale_approvals };
    let mut json = serde_json::to_string_pretty(&report).expect("texts and numbers are always JSON");
    json.push('\n');
    json
}

/// One line for each outlet, one that counts them, and what can be done about what is held.
pub fn apply_text(lines: &[ApplyLine], stale: &[Stale], hints: &ReleaseHints, color: bool) -> String {
    let paint = Paint(color);
    let labels: Vec<String> = lines.iter().map(|line| printable(&line.label()).into_owned()).collect();
    let widest = labels.iter().map(|label| label.width()).max().unwrap_or(0);
    let column = lines.iter().map(|line| line.result.len()).max().unwrap_or(0);
    let mut out = String::new();
    for (line, label) in lines.iter().zip(&labels) {
        let gap = " ".repeat(widest.saturating_sub(label.width()));
        let result = paint.in_color(line.result, color_of(line.result));
        let rest = " ".repeat(column.saturating_sub(line.result.len()));
        let note = line.note(|error| printable(error).into_owned(), Uuid::to_string);
        let row = format!("{label}{gap}   {result}{rest}   {note}");
        out += row.trim_end();
        out.push('\n');
        for promotion in &line.promotions {
            let PromotionResult { name, item, result, error, .. } = promotion;
            let is_told = |error: &&String| line.error.as_ref().is_some_and(|told| told.contains(error.as_str()));
            let error = error.as_ref().filter(|error| !is_told(error));
            let error = error.map(|error| format!(": {error}")).unwrap_or_default();
            out += &format!("  promotion {}\n", printable(&format!("“{name}” of {item} {result}{error}")));
        }
    }
    out += &paint.bold(&Summary(lines).sentence());
    out.push('\n');
    out + &held(lines).text(hints) + &stale_text(stale)
}

fn held(lines: &[ApplyLine]) -> Held {
    lines.iter().flat_map(|line| line.held.iter().map(|guard| (*guard, line.outlet.clone()))).collect()
}

fn color_of(result: &str) -> AnsiColor {
    match result {
        "published" | "unchanged" => AnsiColor::Green,
        "held" | "queued" => AnsiColor::Yellow,
        _ => AnsiColor::Red,
    }
}

/// The same as a Markdown table.
pub fn apply_markdown(lines: &[ApplyLine], stale: &[Stale], hints: &ReleaseHints) -> String {
    let row = |line: &ApplyLine| {
        let note = line.note(markdown, |id| format!("`{id}`"));
        let promotion = |promotion: &PromotionResult| {
            let PromotionResult { name, item, result, error, .. } = promotion;
            let error = error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
            let words = markdown(&format!("promotion “{name}” of {item}"));
            format!("| {} | {result} | {words}{} |\n", markdown(&line.label()), markdown(&error))
        };
        let promotions: String = line.promotions.iter().map(promotion).collect();
        format!("| {} | {} | {note} |\n{promotions}", markdown(&line.label()), line.result)
    };
    let rows: String = lines.iter().map(row).collect();
    let table = format!("**{}**\n\n| Outlet | Result | |\n|---|---|---|\n{rows}", Summary(lines).sentence());
    table + &held(lines).markdown(hints) + &stale_markdown(stale)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Vec<ApplyLine> {
        let line = |outlet: &str, name: &str, result, state| ApplyLine {
            outlet: outlet.into(),
            name: name.to_owned(),
            result,
            state,
            request_id: None,
            error: None,
            promotions: Vec::new(),
            held: Vec::new(),
        };
        vec![
            ApplyLine { request_id: Some(Uuid::from_u128(7)), ..line("G1", "Kuta", "published", "in_sync") },
            line("G22", "", "unchanged", "in_sync"),
            ApplyLine {
                error: Some("held by deletes:\n\u{1b}[2J | @all".to_owned()),
                held: vec![Guard::Deletes],
                ..line("G3", "Sanur", "held", "held")
            },
        ]
    }

    fn hints() -> ReleaseHints {
        ReleaseHints { push: Some(crate::report::Push::Again), plan: None, ..ReleaseHints::default() }
    }

    #[test]
    fn each_outlet_has_a_line_and_the_last_line_counts() {
        insta::assert_snapshot!(apply_text(&lines(), &[], &hints(), false), @r#"
        Kuta (G1)    published   request 00000000-0000-0000-0000-000000000007
        G22          unchanged
        Sanur (G3)   held        held by deletes:\u{a}\u{1b}[2J | @all
        Result: 3 outlets, 1 unchanged, 1 published, 1 held.
        To let through what is held: the same command with `--allow deletes`, or type `deletes` when it asks.
        "#);
        assert!(apply_text(&lines(), &[], &hints(), true).contains("\u{1b}[32mpublished\u{1b}[0m   request"));
    }

    #[test]
    fn programs_get_every_result_counted() {
        insta::assert_snapshot!(apply_json(&lines(), &[], Some("abc")), @r#"
        {
          "schema": "menusync.apply/1",
          "tool": "0.1.0",
          "revision": "abc",
          "outlets": [
            {
              "outlet": "G1",
              "name": "Kuta",
              "result": "published",
              "state": "in_sync",
              "request_id": "00000000-0000-0000-0000-000000000007",
              "error": null
            },
            {
              "outlet": "G22",
              "name": "",
              "result": "unchanged",
              "state": "in_sync",
              "request_id": null,
              "error": null
            },
            {
              "outlet": "G3",
              "name": "Sanur",
              "result": "held",
              "state": "held",
              "request_id": null,
              "error": "held by deletes:\n\u001b[2J | @all"
            }
          ],
          "summary": {
            "outlets": 3,
            "unchanged": 1,
            "published": 1,
            "nonconvergent": 0,
            "rejected": 0,
            "timeout": 0,
            "held": 1,
            "queued": 0,
            "failed": 0
          },
          "stale_approvals": []
        }
        "#);
    }

    #[test]
    fn an_error_in_markdown_cannot_leave_its_cell() {
        insta::assert_snapshot!(apply_markdown(&lines(), &[], &hints()), @r#"
        **Result: 3 outlets, 1 unchanged, 1 published, 1 held.**

        | Outlet | Result | |
        |---|---|---|
        | Kuta (G1) | published | request `00000000-0000-0000-0000-000000000007` |
        | G22 | unchanged |  |
        | Sanur (G3) | held | held by deletes:\\u{a}\\u{1b}\[&#8203;2J \| @&#8203;all |

        - To let through what is held: the same command with `--allow deletes`, or type `deletes` when it asks.
        "#);
    }
}
