//! `--merge`: what was done elsewhere, taken into existing files.
//!
//! An edit is believed only when it has been read back: the outlet's catalog must have changed in what was merged and in
//! nothing else, no other outlet's at all, and the plan must have lost just these differences. Where that fails for all
//! differences together, they are tried one by one: each that fails is named with its reason, and the rest is written.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;
use serde_json::json;

use super::{
    super::{
        Exit, atomic,
        command_error::CommandError,
        output::{Format, note},
        session::{Session, errors_of},
    },
    fetch::Fetched,
    shown,
};
use crate::{
    authoring::{EditStyle, Filter, Imported, MergePlan, MergeStep, import, merge, plan_merge},
    catalog::{Catalog, FieldKind, OutletId, Path},
    diagnostic::Diagnostic,
    document::SourceFile,
    fleet::{Loaded, Member, Survey},
    plan::{OutletPlan, as_published},
    policy::Policy,
    report::counted,
    sync::Recalled,
};

/// Refuses outlets that no file defines or whose files have errors.
pub(super) fn check(survey: &Survey, outlets: &[OutletId]) -> Result<(), CommandError> {
    for outlet in outlets {
        match survey.member(outlet.as_str()) {
            None => {
                let message =
                    format!("no file defines the outlet {outlet}; without --merge a new file is written for it");
                return Err(CommandError::Usage(message));
            }
            Some(member) if !member.valid => return Err(CommandError::Invalid(errors_of(survey, &[member]))),
            Some(_) => {}
        }
    }
    Ok(())
}

/// What one outlet came to.
struct Merged<'a> {
    member: &'a Member,
    /// How many differences are in the file now.
    count: usize,
    /// Differences that do not belong into a file, with the reason.
    left: Vec<(Path, &'static str)>,
    /// Differences that the file cannot take, with the reason.
    refused: Vec<(Path, String)>,
    /// How many differences `plan` still shows.
    remaining: usize,
}

impl Merged<'_> {
    fn exit(&self) -> Exit {
        if self.refused.is_empty() { Exit::Done } else { Exit::Failed }
    }
}

/// Merges the differences of all outlets into their files. What cannot be merged does not hold up the rest.
pub(super) fn run(
    session: &Session,
    survey: &Survey,
    fetched: &[Fetched],
    filter: Option<&Filter>,
) -> Result<Exit, CommandError> {
    let loaded = session.loaded()?;
    let mut texts: BTreeMap<Arc<str>, Arc<str>> = BTreeMap::new();
    let mut merged = Vec::new();
    for fetched in fetched {
        let Some(member) = survey.member(fetched.outlet.as_str()) else { continue };
        let before = loaded.with_texts(&texts);
        let look = Look::new(&before, fetched)?;
        let MergePlan { steps, left } = plan_merge(&look.plan, &look.catalog, &look.imported, filter);
        let remaining = look.plan.changes.len();
        let mut outcome = Merged { member, count: 0, left, refused: Vec::new(), remaining };
        if !steps.is_empty() {
            let text = before.text(&member.file).unwrap_or_default();
            let file = SourceFile { path: Arc::clone(&member.file), text };
            let edited = Trial { before: &before, look: &look, member, survey, file }.edit(&steps);
            outcome.count = edited.merged.len();
            outcome.refused = edited.refused.into_iter().map(|(step, why)| (step.subject(), why)).collect();
            if let Some((text, remaining)) = edited.text {
                texts.insert(Arc::clone(&member.file), text);
                outcome.remaining = remaining;
            }
        }
        merged.push(outcome);
    }
    if let (Some(filter), true) = (filter, merged.iter().all(|merged| merged.count == 0 && merged.refused.is_empty())) {
        return Err(CommandError::Usage(nothing_there(filter, &merged)));
    }
    let old = |file: &Arc<str>| loaded.text(file).unwrap_or_default();
    for (file, text) in &texts {
        atomic::replace(&session.root().join(&**file), &old(file), text)?;
    }
    let files: Vec<String> = texts.keys().map(|file| shown(&session.root().join(&**file))).collect();
    session.outputs.emit(|format, _| match format {
        Format::Json => merge_json(&merged, &files),
        _ => files.join("\n"),
    })?;
    merged.iter().for_each(tell);
    Ok(Exit::of_outlets(merged.iter().map(Merged::exit)))
}

fn nothing_there(filter: &Filter, merged: &[Merged<'_>]) -> String {
    let field = filter.field.as_ref().map(|field| format!("the field `{field}` of ")).unwrap_or_default();
    let why = merged.iter().flat_map(|merged| &merged.left).next();
    let why = why.map(|(path, why)| format!(" ({path}: {why})")).unwrap_or_default();
    format!("there is no difference in {field}`{}` to merge{why}", filter.id)
}

/// An outlet as its files, our memory and GoFood have it.
struct Look<'a> {
    fetched: &'a Fetched,
    catalog: Catalog,
    policy: Policy,
    plan: OutletPlan,
    imported: Imported,
}

impl<'a> Look<'a> {
    fn new(loaded: &Loaded, fetched: &'a Fetched) -> Result<Self, CommandError> {
        let composed = loaded.compose(&fetched.outlet, Timestamp::now());
        let errors: Vec<Diagnostic> = composed.diagnostics.into_iter().filter(Diagnostic::is_error).collect();
        if !errors.is_empty() {
            return Err(CommandError::Invalid(errors));
        }
        let plan = fetched.plan(&composed.catalog, &composed.policy);
        let imported =
            import(&fetched.live, &plan.next_base.uuids, &composed.catalog, composed.policy.shares_variants());
        Ok(Self { fetched, catalog: composed.catalog, policy: composed.policy, plan, imported })
    }
}

/// What an edit of an outlet's own file came to.
struct Edited {
    /// The new text, and how many differences it leaves; `None` = nothing could be merged.
    text: Option<(Arc<str>, usize)>,
    /// What the text has.
    merged: Vec<MergeStep>,
    /// What it cannot have, with the reason.
    refused: Vec<(MergeStep, String)>,
}

/// An outlet's own file, to be tried with some of the steps.
struct Trial<'a> {
    before: &'a Loaded,
    look: &'a Look<'a>,
    member: &'a Member,
    survey: &'a Survey,
    file: SourceFile,
}

impl Trial<'_> {
    /// Merges all steps, or those that can be merged where some cannot.
    fn edit(&self, steps: &[MergeStep]) -> Edited {
        let [in_place, patches] =
            [EditStyle::InPlace, EditStyle::Patches].map(|style| (style, self.try_steps(steps, style)));
        let done = [&in_place, &patches].into_iter().find_map(|(_, tried)| tried.as_ref().ok());
        if let Some(text) = done {
            return Edited { text: Some(text.clone()), merged: steps.to_vec(), refused: Vec::new() };
        }
        // The first style is the one that people would have used.
        let mut one_by_one = [EditStyle::InPlace, EditStyle::Patches].map(|style| self.edit_one_by_one(steps, style));
        let best = usize::from(one_by_one[1].refused.len() < one_by_one[0].refused.len());
        std::mem::replace(&mut one_by_one[best], Edited { text: None, merged: Vec::new(), refused: Vec::new() })
    }

    /// Adds step after step, as long as the outcome is right; again for what needed a later one.
    fn edit_one_by_one(&self, steps: &[MergeStep], style: EditStyle) -> Edited {
        let mut edited = Edited { text: None, merged: Vec::new(), refused: Vec::new() };
        let mut waiting: Vec<MergeStep> = steps.to_vec();
        loop {
            edited.refused.clear();
            let before = edited.merged.len();
            for step in std::mem::take(&mut waiting) {
                // In the order of the plan, whichever of them could be added first.
                let is_in = |known: &&MergeStep| edited.merged.contains(known) || **known == step;
                let tried: Vec<MergeStep> = steps.iter().filter(is_in).cloned().collect();
                match self.try_steps(&tried, style) {
                    Ok(text) => (edited.text, edited.merged) = (Some(text), tried),
                    Err(why) => edited.refused.push((step, why)),
                }
            }
            if edited.refused.is_empty() || edited.merged.len() == before {
                return edited;
            }
            waiting = edited.refused.iter().map(|(step, _)| step.clone()).collect();
        }
    }

    fn try_steps(&self, steps: &[MergeStep], style: EditStyle) -> Result<(Arc<str>, usize), String> {
        let Self { before, look, member, survey, file } = self;
        let text = merge(file, steps, &look.catalog, &look.imported, style).map_err(|error| error.to_string())?;
        let text: Arc<str> = text.into();
        let after = before.with_texts(&BTreeMap::from([(Arc::clone(&member.file), Arc::clone(&text))]));
        judge(before, &after, look, member, survey, steps).map(|left| (text, left))
    }
}

/// Whether an edit did what it should; how many differences are left.
fn judge(
    before: &Loaded,
    after: &Loaded,
    look: &Look<'_>,
    member: &Member,
    survey: &Survey,
    steps: &[MergeStep],
) -> Result<usize, String> {
    let now = Timestamp::now();
    let composed = after.compose(&member.id, now);
    if let Some(error) = composed.diagnostics.iter().find(|diagnostic| diagnostic.is_error()) {
        return Err(format!("the file would have an error: {}", error.message));
    }
    let others = survey.members.iter().filter(|other| other.id != member.id && other.layers.contains(&member.file));
    for other in others {
        let sold = |loaded: &Loaded| loaded.compose(&other.id, now).catalog.without_makings();
        if sold(before) != sold(after) {
            return Err(format!("it would change the outlet {} as well, which extends this file", other.id));
        }
    }
    let published =
        Fetched { outlet: member.id.clone(), live: as_published(&look.catalog), recalled: Recalled::default() };
    let changed = published.plan(&composed.catalog, &Policy::default());
    if let Some(change) = changed.changes.iter().find(|change| !is_covered(&change.path, steps)) {
        return Err(format!("it would change {} as well", change.path));
    }
    let left = look.fetched.plan(&composed.catalog, &look.policy);
    let known: BTreeSet<&Path> = look.plan.changes.iter().map(|change| &change.path).collect();
    let done: BTreeSet<&Path> = steps.iter().filter_map(MergeStep::path).collect();
    // An id that was proposed is not at GoFood yet.
    let stays = |path: &&Path| {
        path.info().is_none_or(|info| info.kind != FieldKind::Id) && (done.contains(*path) || !known.contains(*path))
    };
    match left.changes.iter().map(|change| &change.path).find(stays) {
        Some(path) => Err(format!("{path} would still differ")),
        None => Ok(left.changes.len()),
    }
}

/// Whether a difference between the files before and after is one that was to be made.
fn is_covered(path: &Path, takes: &[MergeStep]) -> bool {
    takes.iter().any(|take| match (take, path) {
        (_, Path::Menu(_)) => true,
        (MergeStep::Set(taken), _) => taken == path,
        (MergeStep::Remove(Path::Menu(_)), Path::Item(_, None)) => true,
        (MergeStep::Remove(Path::Category(..)), Path::Variant(_, None)) => true,
        (MergeStep::Remove(taken), _) => *taken == path.owner(),
        (MergeStep::RenameMenu(..), Path::Item(_, field)) => field.is_some_and(|field| field.key() == "menu"),
        (MergeStep::Move(id, _) | MergeStep::AddItem(id, _), Path::Item(item, _)) => id == item,
        (MergeStep::AddCategory(id), Path::Category(category, _)) => id == category,
        (MergeStep::AddCategory(_), Path::Variant(..)) => true,
        (MergeStep::AddVariant(_, id), Path::Variant(variant, _)) => id == variant,
        _ => false,
    })
}

// ── telling ──

fn tell(merged: &Merged<'_>) {
    let Merged { member, count, left, refused, remaining } = merged;
    note(&format!("{}: {} merged into {}", member.id, counted(*count, "difference"), member.file));
    let left = left.iter().map(|(path, why)| ("left", *why, path));
    let refused_too = refused.iter().map(|(path, why)| ("not merged", why.as_str(), path));
    let mut reasons: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for (what, why, path) in left.chain(refused_too) {
        reasons.entry((what, why)).or_default().push(path.to_string());
    }
    for ((what, why), paths) in reasons {
        let shown = paths.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        let more = if paths.len() > 3 { format!(" and {} more", paths.len() - 3) } else { String::new() };
        note(&format!("  {what}: {shown}{more}: {why}"));
    }
    match refused.len() {
        0 => {}
        1 => note("  make this change by hand, then look at `menusync plan`"),
        _ => note("  make these changes by hand, then look at `menusync plan`"),
    }
    match remaining {
        0 => note("  `menusync plan` is empty"),
        1 => note("  `menusync plan` shows 1 change"),
        remaining => note(&format!("  `menusync plan` shows {remaining} changes")),
    }
}

fn merge_json(merged: &[Merged<'_>], files: &[String]) -> String {
    let outlets = merged.iter().map(|Merged { member, count, left, refused, remaining }| {
        let left: Vec<_> = left.iter().map(|(path, why)| json!({"path": path, "why": why})).collect();
        let refused: Vec<_> = refused.iter().map(|(path, why)| json!({"path": path, "why": why})).collect();
        json!({"outlet": member.id, "taken": count, "left": left, "refused": refused, "changes": remaining})
    });
    json!({"schema": "menusync.import/1", "files": files, "outlets": outlets.collect::<Vec<_>>()}).to_string()
}
