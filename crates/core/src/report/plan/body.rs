//! What there is to say about one outlet: its changes sorted into sections, its guards, its troubles. Outlets about which
//! the same is to be said are folded into one block, so that an edit of a shared layer is read once.

use std::collections::{HashMap, HashSet};

use jiff::tz::TimeZone;

use super::{
    NO_LONGER_DEFINED, OutletReport, PlanReport, View, compact, is_foreign,
    line::{Line, Mark, Telling},
    pins::pin_lines,
    prices::PriceRound,
    words::{Piece, plain},
};
use crate::{
    catalog::{FieldKind, Path},
    plan::{
        Change, Class, GuardVerdict, Kind, OutletPlan, PromotionOp, PromotionPlan, PromotionStep, Reviewed, Verdict,
    },
    policy::Guard,
    report::{Lang, counted, minute, release::ReleaseHints},
};

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
    /// Undone so often that it is left alone.
    Contested,
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
    const ALL: [Self; 8] = [
        Self::Push,
        Self::Undone,
        Self::Drift,
        Self::Contested,
        Self::Conflict,
        Self::LostId,
        Self::Unmanaged,
        Self::Stuck,
    ];

    /// The section's heading and what can be done, both without untrusted text; the first section has none.
    pub(super) fn heading(self, hints: &ReleaseHints) -> Option<(&'static str, String)> {
        let outlets = &hints.outlets;
        let keep_or_undo = format!(
            "undo: `menusync apply{outlets} --revert`; keep: change the file, or `menusync import{outlets} --merge`"
        );
        let (heading, advice) = match self {
            Self::Push => return None,
            Self::Undone => ("changed elsewhere", "the next push undoes it".to_owned()),
            Self::Drift if hints.stands_in => (
                "shown otherwise than the files said before",
                "held and not pushed yet, or changed in the GoBiz app: `menusync status` says which".to_owned(),
            ),
            Self::Drift => ("changed elsewhere, kept as it is", keep_or_undo),
            Self::Contested => (
                "changed elsewhere again and again, kept as it is",
                "left alone until the files give it another value".to_owned(),
            ),
            Self::Conflict => ("changed both in the files and elsewhere, kept as it is live", keep_or_undo),
            Self::LostId => {
                ("without their external id", "orders for these will not be recognised until the next push".to_owned())
            }
            Self::Unmanaged => (
                "live, but no file knows them",
                format!("a push of the menu would lose them; keep: `menusync import{outlets} --merge`"),
            ),
            Self::Stuck => (
                "accepted by GoFood, but shown otherwise",
                "not sent again until the files say something else there".to_owned(),
            ),
        };
        Some((heading, advice))
    }

    fn of(change: &Change, view: View, is_unmanaged: bool) -> Option<Self> {
        let lost_id = change.path.info().is_some_and(|info| info.kind == FieldKind::Id);
        let drift = view == View::Drift;
        match change.class {
            _ if drift && !is_foreign(change) => None,
            _ if change.pushed && !drift => Some(Self::Push),
            _ if lost_id => Some(Self::LostId),
            _ if is_unmanaged => Some(Self::Unmanaged),
            _ if change.pushed => Some(Self::Undone),
            _ if change.contested => Some(Self::Contested),
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

/// All there is to say about an outlet, but for its name and the numbers of its guards.
#[derive(Debug, PartialEq)]
pub(super) struct Body<'a> {
    pub(super) state: &'static str,
    pub(super) sections: Vec<Section>,
    /// Held and released guards, and who released them.
    guards: Vec<(Guard, Verdict, Option<&'a Reviewed>)>,
    /// Errors, one a line.
    pub(super) problems: Vec<String>,
    /// What live says beyond what is understood, one a line.
    pub(super) extras: Vec<String>,
    /// What a rollback holds against the files, one a line.
    pub(super) pins: Vec<String>,
    /// Why it is left alone for now, beginning with its state: a pause that a person has ordered, a window that is closed.
    pub(super) rest: Option<String>,
}

impl<'a> Body<'a> {
    fn new(outlet: &'a OutletReport, view: View, zone: &TimeZone) -> Self {
        Self {
            state: state(outlet.state, view),
            sections: outlet.plan.as_ref().map(|plan| sections(plan, view, zone, Lang::En)).unwrap_or_default(),
            guards: shown_guards(outlet, view)
                .map(|guard| (guard.guard, guard.verdict, guard.approval.as_ref()))
                .collect(),
            problems: problems(outlet),
            extras: outlet
                .plan
                .as_ref()
                .map(|plan| match view {
                    View::Plan => {
                        let error = outlet.error.as_deref().unwrap_or_default();
                        let notes = promotion_notes(plan).into_iter().filter(|note| !error.contains(note.as_str()));
                        plan.extras.words().into_iter().chain(notes).collect()
                    }
                    View::Diff => plan.promotions.events.clone(),
                    View::Drift => Vec::new(),
                })
                .unwrap_or_default(),
            pins: outlet
                .plan
                .as_ref()
                .filter(|_| view == View::Plan)
                .map(|plan| pin_lines(&plan.pins, zone))
                .unwrap_or_default(),
            rest: rest(outlet),
        }
    }

    /// Whether nothing is worth a word. How an outlet stands is, unless only drift is asked for.
    fn is_silent(&self, view: View) -> bool {
        let Self { state, sections, guards, problems, extras, pins, rest: _ } = self;
        let said =
            sections.is_empty() && guards.is_empty() && problems.is_empty() && extras.is_empty() && pins.is_empty();
        (view == View::Drift || *state == "in_sync") && said
    }

    pub(super) fn line_count(&self) -> usize {
        self.sections.iter().map(|section| section.lines.len()).sum()
    }
}

/// Guards of an outlet that hold it, or would.
fn shown_guards(outlet: &OutletReport, view: View) -> impl Iterator<Item = &GuardVerdict> {
    let guards = outlet.plan.iter().flat_map(|plan| &plan.guards);
    guards.filter(move |guard| view != View::Drift && guard.verdict != Verdict::Pass)
}

/// What is said of promotions beside what is done with them.
fn promotion_notes(plan: &OutletPlan) -> Vec<String> {
    let PromotionPlan { steps, foreign, unread, shown_prices, .. } = &plan.promotions;
    let told = steps.iter().filter(|step| !step.op.is_sent() && step.op != PromotionOp::Drift);
    let unread = unread.iter().map(|why| format!("promotions are neither made nor ended: {why}"));
    let elsewhere = match foreign {
        0 => None,
        number => Some(format!("{} made elsewhere, left alone", counted(*number, "promotion"))),
    };
    unread.chain(told.map(PromotionStep::words)).chain(elsewhere).chain(shown_prices.iter().cloned()).collect()
}

/// How an outlet stands, in the words of a view: between two states of the files nothing waits to be pushed.
fn state(state: &'static str, view: View) -> &'static str {
    match (view, state) {
        (View::Diff, "pending" | "held") => "different",
        (_, "missing") => NO_LONGER_DEFINED,
        _ => state,
    }
}

/// Why an outlet is left alone for now.
fn rest(outlet: &OutletReport) -> Option<String> {
    let queued = || outlet.window.as_ref().map(|window| format!("{}, {}", outlet.state, window.words));
    let paused = outlet.pause.as_ref().map(|pause| match outlet.state {
        "paused" => pause.words.clone(),
        // A push on its way says more than that no other will follow.
        state => format!("{state}, {}", pause.words),
    });
    paused.or_else(queued)
}

pub(super) fn sections(plan: &OutletPlan, view: View, zone: &TimeZone, lang: Lang) -> Vec<Section> {
    let unmanaged: HashSet<Path> = plan.unmanaged.iter().map(|item| Path::item(&item.id)).collect();
    let is_unmanaged = |change: &Change| change.kind == Kind::Remove && unmanaged.contains(&change.path);
    let changes_by_topic: Vec<(Topic, &Change)> = plan
        .changes
        .iter()
        .filter_map(|change| Some((Topic::of(change, view, is_unmanaged(change))?, change)))
        .collect();
    let telling = Telling::of(plan, lang);
    let section = |topic: Topic| {
        let changes: Vec<&Change> = changes_by_topic
            .iter()
            .filter(|(changes_by_topic, _)| *changes_by_topic == topic)
            .map(|(_, change)| *change)
            .collect();
        let of_each = |say: &dyn Fn(&Change) -> Line| changes.iter().map(|change| (*change, say(change))).collect();
        let mut lines: Vec<(&Change, Line)> = match topic {
            Topic::Push => {
                let has_own_words = |change: &Change| {
                    let is_ended = matches!(&change.path, Path::Item(id, _) if plan.ended.contains(id));
                    is_unmanaged(change) || is_ended
                };
                let folded = compact::fold(&changes, has_own_words).into_iter();
                folded.map(|(first, folded)| (first, compact::line(&folded, &telling, is_unmanaged))).collect()
            }
            Topic::Stuck => of_each(&|change| telling.pushed(change, is_unmanaged(change))),
            Topic::LostId => of_each(&|change| dated(telling.lost_id(change), change, view, zone)),
            Topic::Undone | Topic::Drift | Topic::Contested | Topic::Conflict | Topic::Unmanaged => {
                of_each(&|change| dated(telling.foreign(change), change, view, zone))
            }
        };
        lines.sort_by_key(|(change, line)| (line.rank(), telling.place(change)));
        Section { topic, lines: lines.into_iter().map(|(_, line)| line).collect() }
    };
    Topic::ALL.into_iter().map(section).filter(|section| !section.lines.is_empty()).collect()
}

/// Where only drift is asked for, each line says since when it is known.
fn dated(mut line: Line, change: &Change, view: View, zone: &TimeZone) -> Line {
    if let Some(since) = change.since.filter(|_| view == View::Drift) {
        line.words.push(Piece::Plain(format!(", since {}", minute(since, zone))));
    }
    line
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
    /// That it tells only in what it differs from the block before it.
    pub(super) like: Option<Like>,
}

/// What is told of outlets that differ little from others, with how many those are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Like {
    /// The few lines that differ.
    ButForThis(usize),
    /// The same things get other prices: in numbers, where there is no room for all of them.
    OtherPrices(usize),
}

impl Like {
    /// What stands behind the state, or the names, of the outlets.
    pub(super) fn words(self) -> String {
        match self {
            Self::ButForThis(number) => format!(", as the {number} outlets above but for this"),
            Self::OtherPrices(number) => format!(", as the {number} outlets above, other prices"),
        }
    }
}

/// One guard's word on the outlets of a block.
pub(super) struct ShownGuard<'a> {
    /// The first outlet's.
    pub(super) verdict: &'a GuardVerdict,
    /// The first outlet's plan, for names.
    pub(super) plan: Option<&'a OutletPlan>,
    /// The finding, with its numbers.
    pub(super) message: String,
}

impl<'a> Block<'a> {
    /// What stands in front of each line: the outlet's name, or how many they are.
    pub(super) fn label(&self) -> String {
        match self.outlets.as_slice() {
            [outlet] => outlet.label().to_owned(),
            outlets => format!("{} outlets", outlets.len()),
        }
    }

    /// The prices that a push changes, in a few words.
    pub(super) fn prices(&self, view: View) -> Option<String> {
        let plan = self.outlets.first().and_then(|outlet| outlet.plan.as_ref()).filter(|_| view != View::Drift)?;
        PriceRound::of(plan).map(|round| round.words())
    }

    /// Whether its prices alone are told, and in a few words.
    pub(super) fn is_folded(&self) -> bool {
        matches!(self.like, Some(Like::OtherPrices(_)))
    }

    /// The guards, each once; where the numbers are not the same everywhere, those of the first outlet.
    pub(super) fn guards(&self, view: View) -> Vec<ShownGuard<'a>> {
        let Some((first, others)) = self.outlets.split_first() else { return Vec::new() };
        let guards = shown_guards(first, view).enumerate().map(|(index, verdict)| {
            let message_of = |outlet: &&'a OutletReport| shown_guards(outlet, view).nth(index).map(|g| &g.message);
            let alike = others.iter().all(|outlet| message_of(outlet) == Some(&verdict.message));
            let more = if alike {
                String::new()
            } else {
                format!(" (at {}; with other numbers at the other {})", first.label(), others.len())
            };
            ShownGuard { verdict, plan: first.plan.as_ref(), message: format!("{}{more}", verdict.message) }
        });
        guards.collect()
    }
}

/// The blocks of a report, without the outlets that are silent.
pub(super) fn blocks(report: &PlanReport) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    for outlet in &report.outlets {
        let body = Body::new(outlet, report.view, &report.zone);
        if body.is_silent(report.view) {
            continue;
        }
        match blocks.iter_mut().find(|block| block.body == body) {
            Some(block) => block.outlets.push(outlet),
            None => blocks.push(Block { outlets: vec![outlet], body, like: None }),
        }
    }
    let mut blocks = tell_exceptions(blocks, report.view);
    blocks.iter_mut().for_each(tell_how_many);
    blocks
}

/// `SOLD OUT at 38 outlets`: a word that must not be read alone.
fn tell_how_many(block: &mut Block<'_>) {
    let number = block.outlets.len();
    let lines = block.body.sections.iter_mut().flat_map(|section| &mut section.lines);
    for line in lines.filter(|line| line.kind == Some(FieldKind::Stock) && number > 1) {
        line.words.extend(plain(format!(" at {number} outlets")));
    }
}

/// Puts the blocks that differ little from the largest one behind it, with what differs alone.
fn tell_exceptions(mut blocks: Vec<Block<'_>>, view: View) -> Vec<Block<'_>> {
    let largest = (0..blocks.len()).max_by_key(|index| (blocks[*index].outlets.len(), std::cmp::Reverse(*index)));
    let Some(main) = largest.map(|index| blocks.remove(index)) else { return blocks };
    if main.outlets.len() < 2 {
        blocks.insert(largest.unwrap_or(0), main);
        return blocks;
    }
    let (mut like, mut others) = (Vec::new(), Vec::new());
    for mut block in blocks {
        let number = main.outlets.len();
        if let Some(sections) = exceptions(&block.body.sections, &main.body.sections) {
            block.body.sections = sections;
            block.like = Some(Like::ButForThis(number));
            like.push(block);
        } else if block.prices(view).is_some() && has_other_prices(&block.body.sections, &main.body.sections) {
            block.like = Some(Like::OtherPrices(number));
            like.push(block);
        } else {
            others.push(block);
        }
    }
    let at = largest.unwrap_or(0).min(others.len());
    others.splice(at..at, std::iter::once(main).chain(like));
    others
}

/// Fewer prices than this are told one by one (our choice).
const ROUND: usize = 4;

/// Whether the same is told as of others, but for the values of many prices that a push carries. Those of edits made
/// elsewhere are in no sum of prices, and somebody has to decide each.
fn has_other_prices(own: &[Section], main: &[Section]) -> bool {
    let lines = |sections: &'_ [Section]| -> Vec<(Topic, Line)> {
        let of_section = |section: &Section| section.lines.iter().map(|line| (section.topic, line.clone())).collect();
        sections.iter().flat_map(|section| -> Vec<_> { of_section(section) }).collect()
    };
    let (own, main) = (lines(own), lines(main));
    let without_words = |line: &Line| Line { words: Vec::new(), ..line.clone() };
    let is_price = |line: &Line| line.kind == Some(FieldKind::Price) && line.mark == Mark::Set;
    let differ = own.iter().zip(&main).filter(|(a, b)| a != b);
    let is_alike = |((topic, a), (other, b)): (&(Topic, Line), &(Topic, Line))| {
        *topic == Topic::Push && topic == other && is_price(a) && without_words(a) == without_words(b)
    };
    own.len() == main.len() && differ.clone().count() >= ROUND && differ.into_iter().all(is_alike)
}

/// The lines in which an outlet differs from what others are told of, if it has more in common with them than that.
fn exceptions(own: &[Section], main: &[Section]) -> Option<Vec<Section>> {
    let of = |sections: &'_ [Section], topic: Topic| -> Vec<Line> {
        sections.iter().filter(|section| section.topic == topic).flat_map(|section| section.lines.clone()).collect()
    };
    let (mut shared, mut exceptions) = (0, Vec::new());
    for topic in Topic::ALL {
        let (mut lines, theirs) = (of(own, topic), of(main, topic));
        let number = lines.len();
        let known: HashSet<String> = lines.iter().map(|line| line.about.clone()).collect();
        let common: HashMap<&str, &Line> = theirs.iter().map(|line| (line.about.as_str(), line)).collect();
        lines.retain(|line| common.get(line.about.as_str()) != Some(&line));
        shared += number - lines.len();
        let absent = theirs.iter().filter(|line| !known.contains(&line.about));
        lines.extend(absent.map(|line| Line { mark: Mark::Same, words: plain("not here"), ..line.clone() }));
        exceptions.push(Section { topic, lines });
    }
    exceptions.retain(|section| !section.lines.is_empty());
    let differing: usize = exceptions.iter().map(|section| section.lines.len()).sum();
    (shared > differing).then_some(exceptions)
}
