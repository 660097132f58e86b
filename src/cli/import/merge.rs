//! `--merge`: what was done elsewhere, taken into existing files.
//!
//! An edit is believed only when it has been read back: the outlet's catalog must have changed in what was taken and in
//! nothing else, no other outlet's at all, and the plan must have lost just these differences. Else nothing is written.

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
    catalog::{Catalog, ExternalId, FieldKind, OutletId, Path},
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
        match survey.members.iter().find(|member| member.id == *outlet) {
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
    taken: MergePlan,
    /// How many differences are left to be told by `plan`.
    remaining: usize,
}

/// Takes the differences of all outlets into their files; all or nothing.
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
        let Some(member) = survey.members.iter().find(|member| member.id == fetched.outlet) else { continue };
        let before = loaded.with_texts(&texts);
        let look = Look::new(&before, fetched)?;
        let taken = plan_merge(&look.plan, &look.catalog, &look.imported, filter);
        let mut remaining = look.plan.changes.len();
        if !taken.steps.is_empty() {
            let (text, left) = edit(&before, &look, member, survey, &taken)?;
            texts.insert(Arc::clone(&member.file), text);
            remaining = left;
        }
        merged.push(Merged { member, taken, remaining });
    }
    if let (Some(filter), true) = (filter, texts.is_empty()) {
        return Err(CommandError::Usage(nothing_there(filter, &merged)));
    }
    let old = |file: &Arc<str>| loaded.text(file).unwrap_or_default();
    for (file, text) in &texts {
        atomic::replace(&session.root().join(&**file), &old(file), text)?;
    }
    let files: Vec<String> = texts.keys().map(|file| shown(&session.root().join(&**file))).collect();
    session.outputs.emit(|format, _| match format {
        Format::Json => told_json(&merged, &files),
        _ => files.join("\n"),
    })?;
    merged.iter().for_each(tell);
    Ok(Exit::Done)
}

fn nothing_there(filter: &Filter, merged: &[Merged<'_>]) -> String {
    let field = filter.field.as_ref().map(|field| format!("the field `{field}` of ")).unwrap_or_default();
    let why = merged.iter().flat_map(|merged| &merged.taken.left).next();
    let why = why.map(|(path, why)| format!(" ({path}: {why})")).unwrap_or_default();
    format!("there is no difference in {field}`{}` to take{why}", filter.id)
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
        let imported = import(&fetched.live, &plan.next_base.uuids, &ids_of(&composed.catalog));
        Ok(Self { fetched, catalog: composed.catalog, policy: composed.policy, plan, imported })
    }
}

fn ids_of(catalog: &Catalog) -> BTreeSet<ExternalId> {
    let items = catalog.items().map(|(_, item)| &item.external_id);
    let categories = catalog.variant_categories.iter().map(|category| &category.external_id);
    let variants = catalog.variants().map(|(_, variant)| &variant.external_id);
    items.chain(categories).chain(variants).cloned().collect()
}

/// The new text of an outlet's own file, and how many differences it leaves.
fn edit(
    before: &Loaded,
    look: &Look<'_>,
    member: &Member,
    survey: &Survey,
    taken: &MergePlan,
) -> Result<(Arc<str>, usize), CommandError> {
    let text = before.text(&member.file).unwrap_or_default();
    let file = SourceFile { path: Arc::clone(&member.file), text };
    let mut why: Option<String> = None;
    for style in [EditStyle::InPlace, EditStyle::Patches] {
        let tried = merge(&file, taken, &look.catalog, &look.imported, style).map_err(|error| error.to_string());
        let judged = tried.and_then(|text| {
            let text: Arc<str> = text.into();
            let after = before.with_texts(&BTreeMap::from([(Arc::clone(&member.file), Arc::clone(&text))]));
            judge(before, &after, look, member, survey, taken).map(|left| (text, left))
        });
        match judged {
            Ok(done) => return Ok(done),
            // The first way is the one that people would have gone.
            Err(message) => drop(why.get_or_insert(message)),
        }
    }
    let why = why.unwrap_or_default();
    let further = match taken.steps.len() {
        1 => "make this change by hand, then look at `menusync plan`",
        _ => "make this change by hand and import again, or take others alone with --item",
    };
    let message = format!("cannot take what is live into {}: {why}; nothing was written: {further}", member.file);
    Err(CommandError::Failed(anyhow::anyhow!(message)))
}

/// Whether an edit did what it should; how many differences are left.
fn judge(
    before: &Loaded,
    after: &Loaded,
    look: &Look<'_>,
    member: &Member,
    survey: &Survey,
    taken: &MergePlan,
) -> Result<usize, String> {
    let now = Timestamp::now();
    let composed = after.compose(&member.id, now);
    if let Some(error) = composed.diagnostics.iter().find(|diagnostic| diagnostic.is_error()) {
        return Err(format!("the file would have an error: {}", error.message));
    }
    let others = survey.members.iter().filter(|other| other.id != member.id && other.layers.contains(&member.file));
    for other in others {
        if before.compose(&other.id, now).catalog != after.compose(&other.id, now).catalog {
            return Err(format!("it would change the outlet {} as well, which extends this file", other.id));
        }
    }
    let published =
        Fetched { outlet: member.id.clone(), live: as_published(&look.catalog), recalled: Recalled::default() };
    let changed = published.plan(&composed.catalog, &Policy::default());
    if let Some(change) = changed.changes.iter().find(|change| !is_covered(&change.path, &taken.steps)) {
        return Err(format!("it would change {} as well", change.path));
    }
    let left = look.fetched.plan(&composed.catalog, &look.policy);
    let known: BTreeSet<&Path> = look.plan.changes.iter().map(|change| &change.path).collect();
    let done: BTreeSet<&Path> = taken.steps.iter().filter_map(MergeStep::path).collect();
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
    let Merged { member, taken, remaining } = merged;
    let taken_up = counted(taken.steps.len(), "difference");
    note(&format!("{}: {taken_up} taken into {}", member.id, member.file));
    let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (path, why) in &taken.left {
        reasons.entry(why).or_default().push(path.to_string());
    }
    for (why, paths) in reasons {
        let shown = paths.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        let more = if paths.len() > 3 { format!(" and {} more", paths.len() - 3) } else { String::new() };
        note(&format!("  left: {shown}{more}: {why}"));
    }
    match remaining {
        0 => note("  `menusync plan` is empty"),
        1 => note("  `menusync plan` shows 1 change"),
        remaining => note(&format!("  `menusync plan` shows {remaining} changes")),
    }
}

fn told_json(merged: &[Merged<'_>], files: &[String]) -> String {
    let outlets = merged.iter().map(|Merged { member, taken, remaining }| {
        let left: Vec<_> = taken.left.iter().map(|(path, why)| json!({"path": path, "why": why})).collect();
        json!({"outlet": member.id, "taken": taken.steps.len(), "left": left, "changes": remaining})
    });
    json!({"schema": "menusync.import/1", "files": files, "outlets": outlets.collect::<Vec<_>>()}).to_string()
}
