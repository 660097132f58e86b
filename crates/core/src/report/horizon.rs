//! What dated layers will change, moment by moment: one report of differences for each.

use jiff::{Timestamp, Zoned};
use serde_json::{Value, json};

use super::{
    Lang,
    plan::{AGAIN, Look, MOST, PlanReport, pages_within, plan_json, plan_markdown_within, plan_text},
};

/// A moment at which dated layers begin or end.
pub struct Moment {
    /// When, in the zone in which it is shown.
    pub at: Zoned,
    /// A layer with `when` begins or ends: the same comes again.
    pub repeats: bool,
    /// What changes then.
    pub report: PlanReport,
}

impl Moment {
    /// `Mon 2027-02-08 00:00 WIB`
    pub(super) fn heading(&self) -> String {
        moment(&self.at) + if self.repeats { AGAIN } else { "" }
    }
}

/// `Mon 2027-02-08 00:00 WIB`
pub(super) fn moment(at: &Zoned) -> String {
    Lang::En.moment(at)
}

/// Kept for what stands between the moments.
const RESERVE: usize = 1_000;
const SILENCE: &str = "No dated layer begins or ends within this time.\n";

/// For a terminal.
pub fn horizon_text(moments: &[Moment], look: impl Into<Look>) -> String {
    if moments.is_empty() {
        return SILENCE.to_owned();
    }
    let look = look.into();
    let pages =
        moments.iter().map(|moment| format!("── {} ──\n\n{}", moment.heading(), plan_text(&moment.report, look)));
    pages.collect::<Vec<_>>().join("\n")
}

/// For a pull request: at most 60,000 characters, of which every moment gets its share.
pub fn horizon_markdown(moments: &[Moment]) -> String {
    if moments.is_empty() {
        return SILENCE.to_owned();
    }
    let page = |moment: &Moment, share: usize| {
        format!("## {}\n\n{}", moment.heading(), plan_markdown_within(&moment.report, share))
    };
    pages_within(moments, MOST - RESERVE, "moments", page).join("\n")
}

/// For other programs: `menusync.horizon/1`, whose steps hold a `menusync.plan/1` each.
pub fn horizon_json(moments: &[Moment], from: Timestamp, until: Timestamp) -> String {
    let plan = |report: &PlanReport| serde_json::from_str::<Value>(&plan_json(report)).unwrap_or(Value::Null);
    let step = |moment: &Moment| json!({"at": moment.at.timestamp().to_string(), "repeats": moment.repeats, "plan": plan(&moment.report)});
    let steps: Vec<Value> = moments.iter().map(step).collect();
    let all = json!({
        "schema": "menusync.horizon/1",
        "from": from.to_string(),
        "until": until.to_string(),
        "steps": steps,
    });
    format!("{all:#}\n")
}
