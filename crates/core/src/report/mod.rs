//! The only place that words things for people and for other programs: text, JSON, Markdown, GitHub, SARIF, HTML.
//!
//! Everything here is a function from values to a `String`; printing is `cli`'s. What comes from menus or from the
//! platform is made harmless on the way, see [`untrusted`].

mod apply;
mod clock;
mod diagnostics;
mod doctor;
mod explain;
mod history;
mod horizon;
pub mod html;
mod invocation;
mod lang;
mod menu;
mod outlets;
mod pages;
mod photos;
mod plan;
mod preview;
mod promotions;
mod release;
mod rollout;
mod schedule;
mod shell;
mod status;
mod stock;
mod style;
mod subscriptions;
pub mod untrusted;
mod week;

pub use apply::{ApplyLine, PromotionResult, apply_json, apply_markdown, apply_text};
pub use clock::minute;
pub use diagnostics::{diagnostics_github, diagnostics_json, diagnostics_sarif, diagnostics_text, errors_brief};
pub use doctor::{Finding, Health, doctor_json, doctor_text};
pub use explain::{Explained, Origin, explain, explain_json, explain_text};
pub use history::{
    FieldHistory, FieldPush, ItemHistory, OutletHistory, PromotionEventLine, PushLine, SwitchEventLine,
    changes_summary, history_json, history_text, item_history_json, item_history_text, push_changes,
};
pub use horizon::{Moment, horizon_json, horizon_markdown, horizon_text};
pub use invocation::{PlanInvocation, command_flags};
pub use lang::{Lang, accepted_language};
pub use menu::{Level, MenuSides, menu_html};
pub use outlets::{OutletLine, outlets_json, outlets_text};
pub use pages::plan_html;
pub use photos::{
    FitCopy, KnownUses, PhotoLine, PhotoState, PhotoUse, PhotosReport, photos_html, photos_json, photos_text,
};
pub use plan::{
    InvalidFrom, LaterChanges, LineNote, Look, NO_LONGER_DEFINED, OutletReport, PLAN_COUNTS_FOR, PauseNote, PlanReport,
    PlanTarget, SavedOutlet, SavedPlan, SavedPlanError, View, WHOLE_FILE, WindowNote, changes_html, counts_for_push,
    held_names, held_places, plan_difference, plan_json, plan_markdown, plan_text, some_in, value_json,
};
pub use preview::{MenuPreview, MenuStage, preview_article, preview_html, preview_text};
pub use promotions::{OutletPromotions, PromotionLine, promotions_json, promotions_text};
pub use release::{PlanFile, Push, ReleaseHints};
pub use rollout::{PlannedWaves, RolloutNote, RolloutPhase, WaveCount, off_sale_first, rollout_wait};
pub use schedule::{Agenda, Event, EventKind, Rounds, schedule_json, schedule_text};
pub use shell::{is_plain_word, shell_word};
pub use status::{
    DriftNote, HeldNote, LastPush, PinNote, PromotionCounts, StatusLine, WORST_FIRST, known_notes, release_html,
    state_rank, status_json, status_text,
};
pub use stock::{
    StockLine, StockOutlet, SwitchNote, SwitchesOf, held_words, stock_json, stock_plan_text, stock_text, switches_json,
    switches_text, unread_switch,
};
pub use subscriptions::{SubscriptionLine, SubscriptionResult, subscriptions_json, subscriptions_text};

/// `1 item`, `3 items`
pub fn counted(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}
