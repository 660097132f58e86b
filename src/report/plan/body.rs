//! What there is to say about one outlet: its changes sorted into sections, its guards, its troubles. Outlets about which
//! the same is to be said are folded into one block, so that an edit of a shared layer is read once.

use std::collections::HashSet;

use super::{
    OutletReport, PlanReport, View, is_foreign,
    line::{self, Line},
};
use crate::{
    catalog::{ItemField, Path, VariantField},
    plan::{Change, Class, GuardVerdict, Kind, OutletPlan, Verdict},
};

/// Up to this many outlets with the same changes are shown one by one (our choice).
const SHOWN_ONE_BY_ONE: usize = 3;

/// How many errors in the files of an outlet are shown; `validate` is for the others (our choice).
const MOST_PROBLEMS: usize = 20;

/// Why a change is shown. In the order of the sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Topic {
    /// A push carries it.
    Push,
    /// Changed elsewhere, and the next push undoes it.
    Undone,
    /// Changed elsewhere and kept.
    Drift,
    /// Changed on both sides and kept as it is live.
    Conflict,
    /// Its external id is gone.
    LostId,
    /// No file knows it.
    Unmanaged,
    /// The platform would not show it.
    Stuck,
}

impl Topic {
    const ALL: [Self; 7] =
        [Self::Push, Self::Undone, Self::Drift, Self::Conflict, Self::LostId, Self::Unmanaged, Self::Stuck];

    /// The section's heading and what can be done, both without untrusted text; the first section has none.
    pub(super) fn heading(self) -> Option<(&'static str, &'static str)> {
        let keep_or_undo = "undo: `menusync apply --revert`; keep: change the file, or `menusync import --merge`";
        match self {
            Self::Push => None,
            Self::Undone => Some(("changed elsewhere", "the next push undoes it")),
            Self::Drift => Some(("changed elsewhere, kept as it is", keep_or_undo)),
            Self::Conflict => Some(("changed both in the files and elsewhere, kept as it is live", keep_or_undo)),
            Self::LostId => {
                Some(("without their external id", "orders for these will not be recognised until the next push"))
            }
            Self::Unmanaged => {
                let advice = "a push of the menu would lose them; keep: `menusync import --merge`";
                Some(("live, but no file knows them", advice))
            }
            Self::Stuck => Some((
                "accepted by GoFood, but shown otherwise",
                "not sent again until the files say something else there",
            )),
        }
    }

    fn of(change: &Change, view: View, is_unmanaged: bool) -> Option<Self> {
        let lost_id = matches!(
            change.path,
            Path::Item(_, Some(ItemField::ExternalId)) | Path::Variant(_, Some(VariantField::ExternalId))
        );
        let drift = view == View::Drift;
        match change.class {
            _ if drift && !is_foreign(change) => None,
            _ if change.pushed && !drift => Some(Self::Push),
            _ if lost_id => Some(Self::LostId),
            _ if is_unmanaged => Some(Self::Unmanaged),
            _ if change.pushed => Some(Self::Undone),
            Class::Drift => Some(Self::Drift),
            Class::Conflict => Some(Self::Conflict),
            // A menu comes and goes with its items, and those are told.
            Class::Edit | Class::Adopt if matches!(change.path, Path::Menu(_)) => None,
            Class::Edit | Class::Adopt => Some(Self::Stuck),
        }
    }
}

/// The changes of one topic.
#[derive(Debug, PartialEq)]
pub(super) struct Section {
    pub(super) topic: Topic,
    pub(super) lines: Vec<Line>,
}

/// All there is to say about an outlet, but for its name.
#[derive(Debug, PartialEq)]
pub(super) struct Body<'a> {
    pub(super) state: &'static str,
    pub(super) sections: Vec<Section>,
    /// Held and released guards.
    pub(super) guards: Vec<&'a GuardVerdict>,
    /// Errors, one a line.
    pub(super) problems: Vec<String>,
}

impl<'a> Body<'a> {
    fn new(outlet: &'a OutletReport, view: View) -> Self {
        let plan = outlet.plan.as_ref();
        let guards = plan.into_iter().flat_map(|plan| &plan.guards);
        Self {
            state: state(outlet.state, view),
            sections: plan.map(|plan| sections(plan, view)).unwrap_or_default(),
            guards: guards.filter(|guard| view != View::Drift && guard.verdict != Verdict::Pass).collect(),
            problems: problems(outlet),
        }
    }

    /// Whether nothing is worth a word. How an outlet stands is, unless only drift is asked for.
    fn is_silent(&self, view: View) -> bool {
        let Self { state, sections, guards, problems } = self;
        (view == View::Drift || *state == "in_sync") && sections.is_empty() && guards.is_empty() && problems.is_empty()
    }
}

/// How an outlet stands, in the words of a view: between two states of the files nothing waits to be pushed.
fn state(state: &'static str, view: View) -> &'static str {
    match (view, state) {
        (View::Diff, "pending" | "held") => "different",
        (View::Diff, "missing") => "no longer defined, its live menu stays as it is",
        _ => state,
    }
}

fn sections(plan: &OutletPlan, view: View) -> Vec<Section> {
    let unmanaged: HashSet<Path> = plan.unmanaged.iter().map(|item| Path::item(&item.id())).collect();
    let is_unmanaged = |change: &Change| change.kind == Kind::Remove && unmanaged.contains(&change.path);
    let told: Vec<(Topic, &Change)> = plan
        .changes
        .iter()
        .filter_map(|change| Some((Topic::of(change, view, is_unmanaged(change))?, change)))
        .collect();
    let section = |topic: Topic| {
        let changes = told.iter().filter(|(told, _)| *told == topic).map(|(_, change)| *change);
        let mut lines: Vec<Line> = changes
            .map(|change| match topic {
                Topic::Push | Topic::Stuck => line::pushed(change, plan, is_unmanaged(change)),
                Topic::LostId => line::lost_id(change),
                Topic::Undone | Topic::Drift | Topic::Conflict | Topic::Unmanaged => line::foreign(change),
            })
            .collect();
        lines.sort_by_key(|line| line.mark);
        Section { topic, lines }
    };
    Topic::ALL.into_iter().map(section).filter(|section| !section.lines.is_empty()).collect()
}

fn problems(outlet: &OutletReport) -> Vec<String> {
    let errors = outlet.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    let count = errors.clone().count();
    let mut problems: Vec<String> = errors
        .take(MOST_PROBLEMS)
        .map(|error| {
            let place = error.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
            format!("{}{place}", error.message)
        })
        .collect();
    if count > MOST_PROBLEMS {
        problems.push(format!("{} more errors: see `menusync validate`", count - MOST_PROBLEMS));
    }
    problems.extend(outlet.error.clone());
    problems
}

/// Outlets of which the same is said.
pub(super) struct Block<'a> {
    pub(super) outlets: Vec<&'a OutletReport>,
    pub(super) body: Body<'a>,
}

impl Block<'_> {
    /// What stands in front of each line: the outlet's name, or how many they are.
    pub(super) fn label(&self) -> String {
        match self.outlets.as_slice() {
            [outlet] => outlet.label().to_owned(),
            outlets => format!("{} outlets", outlets.len()),
        }
    }

    /// What releases a guard here.
    pub(super) fn release(&self, guard: &GuardVerdict) -> String {
        match self.outlets.as_slice() {
            [outlet] => format!("--allow {}:{}", guard.guard, outlet.outlet),
            _ => format!("--allow {}:OUTLET for each of them", guard.guard),
        }
    }
}

/// The blocks of a report, without the outlets that are silent.
pub(super) fn blocks(report: &PlanReport) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    for outlet in &report.outlets {
        let body = Body::new(outlet, report.view);
        if body.is_silent(report.view) {
            continue;
        }
        match blocks.iter_mut().find(|block| block.body == body) {
            Some(block) => block.outlets.push(outlet),
            None => blocks.push(Block { outlets: vec![outlet], body }),
        }
    }
    blocks.into_iter().flat_map(|block| unfold(block, report.view)).collect()
}

/// A block of a few outlets becomes one block each.
fn unfold(block: Block<'_>, view: View) -> Vec<Block<'_>> {
    if block.outlets.len() > SHOWN_ONE_BY_ONE {
        return vec![block];
    }
    block.outlets.into_iter().map(|outlet| Block { outlets: vec![outlet], body: Body::new(outlet, view) }).collect()
}
