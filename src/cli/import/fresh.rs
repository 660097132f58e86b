//! New files: one for every outlet, and a layer for those that sell exactly the same.

use std::{collections::BTreeMap, path::Path};

use serde_json::json;

use super::{
    super::{
        Exit, atomic,
        command_error::CommandError,
        output::{Format, note},
        session::{MOST_DIAGNOSTICS, Session},
    },
    absolute,
    fetch::Fetched,
    shown,
};
use crate::{
    authoring::{Head, Imported, file_name, file_text, import, is_same_menu, layers},
    catalog::{Catalog, FieldKind, OutletId, live::LiveCatalog},
    definition::{self, Composed, ImageFile},
    diagnostic::{self, Diagnostic},
    document::SourceFile,
    fleet::Survey,
    plan::{OutletPlan, Uuids},
    policy::Policy,
    report, rules,
};

/// Refuses what would overwrite a file or define an outlet a second time; before anything is fetched.
pub(super) fn check(session: &Session, survey: &Survey, outlets: &[OutletId], out: &Path) -> Result<(), CommandError> {
    let inside = is_inside(session, out);
    for outlet in outlets {
        let known = survey.member(outlet.as_str()).filter(|_| inside);
        if let Some(member) = known {
            return Err(CommandError::Usage(format!(
                "the outlet {outlet} is already defined by {}; merge the live menu into it with --merge, or write elsewhere with --out",
                member.file
            )));
        }
        let path = out.join(file_name(outlet));
        if path.symlink_metadata().is_ok() {
            return Err(CommandError::Usage(format!("{} already exists, and is not overwritten", path.display())));
        }
    }
    Ok(())
}

/// Whether what is written there are definitions of the root.
fn is_inside(session: &Session, out: &Path) -> bool {
    absolute(out).starts_with(absolute(&session.root().join("catalogs")))
}

/// A file to be written.
struct NewFile {
    name: String,
    text: String,
}

/// An outlet of new files, and how it will stand.
struct Written {
    fetched: Fetched,
    imported: Imported,
    /// `None` where the files have errors.
    plan: Option<OutletPlan>,
}

/// Writes the files of all outlets and tells how they stand; `layered` says whether what outlets share becomes layers, and
/// `account` what each outlet's file names.
pub(super) fn write(
    session: &Session,
    fetched: Vec<Fetched>,
    out: &Path,
    layered: bool,
    account: Option<&str>,
) -> Result<Exit, CommandError> {
    let (fetched, empty): (Vec<Fetched>, Vec<Fetched>) = fetched.into_iter().partition(|fetched| sells(&fetched.live));
    let mut policy = Policy::default();
    session.settings()?.policy.apply(&mut policy);
    let imported: Vec<(Fetched, Imported)> = fetched
        .into_iter()
        .map(|fetched| {
            let base = fetched.recalled.base.as_ref().map(|base| base.catalog.clone()).unwrap_or_default();
            let imported = import(&fetched.live, &remembered_ids(&fetched), &base, policy.shares_variants());
            (fetched, Imported { account: account.map(str::to_owned), ..imported })
        })
        .collect();
    let (files, separate) = match layered {
        true => layered_files(&imported, out),
        false => (files(&imported, out), BTreeMap::new()),
    };
    let (results, diagnostics) = judge(imported, &files, &policy)?;
    for file in &files {
        atomic::create(&out.join(&file.name), &file.text)?;
    }
    let paths: Vec<String> = files.iter().map(|file| shown(&out.join(&file.name))).collect();
    session.outputs.emit(|format, _| match format {
        Format::Json => import_json(&results, &empty, &paths, &separate),
        _ => paths.join("\n"),
    })?;
    let inside = is_inside(session, out);
    if layered {
        tell_layers(&results, &files, &separate);
    }
    // Of a chain, only what is not as everywhere else.
    let is_told = |result: &&Written| !layered || result.plan.as_ref().is_none_or(|plan| !plan.changes.is_empty());
    results.iter().filter(is_told).for_each(|result| tell(result, inside));
    empty.iter().for_each(tell_empty);
    if !results.is_empty() {
        note("Promotions are not imported: `menusync promotions` lists those that run or wait");
    }
    if diagnostics.is_empty() {
        return Ok(Exit::Done);
    }
    let texts = |name: &str| files.iter().find(|file| file.name == name).map(|file| file.text.as_str().into());
    note(&report::diagnostics_text(&diagnostics, &texts, false, MOST_DIAGNOSTICS));
    note("The live menu breaks these rules. The files repeat it as it is, and cannot be pushed until that is fixed.");
    Ok(Exit::Invalid)
}

/// Whether there is anything to write down. A file without an item would be an error, and in the way of a later import.
fn sells(live: &LiveCatalog) -> bool {
    live.menus.iter().any(|menu| !menu.menu_items.is_empty())
}

/// The ids that we know live things by, from the last verified push.
fn remembered_ids(fetched: &Fetched) -> Uuids {
    let nothing = Catalog::default();
    fetched.plan(&nothing, &Policy::default()).next_base.uuids
}

/// Outlets that sell exactly the same share a layer.
fn files(imported: &[(Fetched, Imported)], out: &Path) -> Vec<NewFile> {
    let mut groups: Vec<(&Imported, Vec<&OutletId>)> = Vec::new();
    for (fetched, imported) in imported {
        match groups.iter_mut().find(|(known, _)| known.says_the_same(imported)) {
            Some((_, outlets)) => outlets.push(&fetched.outlet),
            None => groups.push((imported, vec![&fetched.outlet])),
        }
    }
    let mut files = Vec::new();
    let mut layers = layer_names(out);
    for (imported, outlets) in groups {
        let outlet = |id: &OutletId, extends, imported: &Imported| NewFile {
            name: file_name(id),
            text: file_text(&Head::Outlet { id: id.clone(), extends }, imported),
        };
        let layer = layers.next().filter(|_| outlets.len() > 1 && !imported.catalog.menus.is_empty());
        let Some(layer) = layer else {
            files.extend(outlets.into_iter().map(|id| outlet(id, Vec::new(), imported)));
            continue;
        };
        let of_layer = Imported { account: imported.account.clone(), ..Imported::default() };
        files.push(NewFile { name: layer.clone(), text: file_text(&Head::Layer, imported) });
        files.extend(outlets.into_iter().map(|id| outlet(id, vec![layer.clone()], &of_layer)));
    }
    files
}

/// Layers for what outlets share, in a directory of their own, and the reasons why some outlets have none.
fn layered_files(imported: &[(Fetched, Imported)], out: &Path) -> (Vec<NewFile>, BTreeMap<OutletId, &'static str>) {
    let outlets = imported.iter().map(|(fetched, imported)| (fetched.outlet.clone(), imported.clone())).collect();
    let names = std::iter::once("layers".to_owned()).chain((2_u64..).map(|number| format!("layers-{number}")));
    let directory = names.into_iter().find(|name| out.join(name).symlink_metadata().is_err()).unwrap_or_default();
    let layered = layers(&outlets, &directory);
    let files = layered.files.into_iter().map(|(name, text)| NewFile { name, text }).collect();
    (files, layered.separate)
}

/// Names for layers that no file has.
fn layer_names(out: &Path) -> impl Iterator<Item = String> + use<> {
    let out = out.to_owned();
    let names =
        std::iter::once("shared.yaml".to_owned()).chain((2_u64..).map(|number| format!("shared-{number}.yaml")));
    names.filter(move |name| out.join(name).symlink_metadata().is_err())
}

/// Reads the files back before they are written: they must say what was imported. Returns the errors that the live menus
/// themselves have.
fn judge(
    imported: Vec<(Fetched, Imported)>,
    files: &[NewFile],
    policy: &Policy,
) -> Result<(Vec<Written>, Vec<Diagnostic>), CommandError> {
    let sources: Vec<SourceFile> = files
        .iter()
        .map(|file| SourceFile { path: file.name.as_str().into(), text: file.text.as_str().into() })
        .collect();
    let definitions = definition::parse(&sources);
    let (mut results, mut diagnostics) = (Vec::new(), Vec::new());
    for (fetched, imported) in imported {
        let composed = definitions.compose(&fetched.outlet, jiff::Timestamp::now(), policy, &ImageFile::no_address);
        let errors = errors(&composed);
        let plan = errors.is_empty().then(|| fetched.plan(&composed.catalog, &composed.policy));
        let is_same = is_same_menu(&composed.catalog, &imported.catalog)
            && (imported.account.is_none() || composed.policy.account.as_deref() == imported.account.as_deref());
        if plan.is_some() && !is_same {
            let message = format!(
                "the YAML made for outlet {} does not match the live menu; nothing was written",
                fetched.outlet
            );
            return Err(CommandError::Failed(anyhow::anyhow!(
                "{message} (this is a mistake of menusync: please report it)"
            )));
        }
        diagnostics.extend(errors);
        results.push(Written { fetched, imported, plan });
    }
    diagnostic::sort(&mut diagnostics);
    Ok((results, diagnostics))
}

fn errors(composed: &Composed) -> Vec<Diagnostic> {
    let mut found = composed.diagnostics.clone();
    if !found.iter().any(Diagnostic::is_error) {
        found.extend(rules::check(&composed.catalog, &|path| composed.origins.place(path)));
    }
    rules::adjust(&mut found, &composed.policy.rules);
    found.retain(Diagnostic::is_error);
    found
}

// ── telling ──

/// How many files a chain became, and which outlets share nothing.
fn tell_layers(results: &[Written], files: &[NewFile], separate: &BTreeMap<OutletId, &'static str>) {
    let (outlets, layers) = (report::counted(results.len(), "outlet"), files.len().saturating_sub(results.len()));
    note(&format!("{outlets}: {}, and a file for each outlet", report::counted(layers, "layer")));
    for (outlet, why) in separate {
        note(&format!("  {outlet} has a complete file of its own: {why}"));
    }
    let is_as_live = |result: &&Written| result.plan.as_ref().is_some_and(|plan| plan.changes.is_empty());
    let empty = results.iter().filter(is_as_live).count();
    note(&format!("  `menusync plan` is empty for {}", report::counted(empty, "outlet")));
}

/// What an outlet has, for people: on stderr, because the result are the files.
fn tell(result: &Written, inside: bool) {
    let Written { fetched, imported, plan } = result;
    let outlet = &fetched.outlet;
    let items = imported.catalog.items().count();
    let (menus, categories) = (imported.catalog.menus.len(), imported.catalog.variant_categories.len());
    let [menus, items] = [(menus, "menu"), (items, "item")].map(|(count, what)| report::counted(count, what));
    let categories =
        if categories == 1 { "1 variant category".into() } else { format!("{categories} variant categories") };
    note(&format!("{outlet}: {menus}, {items}, {categories}"));
    let proposed = imported.proposed.len();
    if proposed > 0 {
        note(&format!(
            "  {proposed} of their ids are proposed, as GoFood shows none: look for TODO in the file; the next push sets them"
        ));
    }
    let uuid_ids = imported.uuid_ids.len();
    if uuid_ids > 0 {
        note(&format!("  {uuid_ids} of their ids are UUIDs of GoFood's own: they are kept, so no push changes them"));
    }
    let refused = imported.refused_images.len();
    if refused > 0 {
        note(&format!("  {refused} images are not claimed, because GoFood would refuse them if they were sent anew"));
    }
    let Some(plan) = plan else { return };
    let once = if inside { "" } else { "once it is below catalogs/, " };
    match plan.changes.len() {
        0 => note(&format!("  {once}`menusync plan` is empty")),
        changes => {
            note(&format!("  {once}`menusync plan` shows {}: {}", report::counted(changes, "change"), why(plan)));
        }
    }
    for guard in plan.held() {
        note(&format!(
            "  the first push is held by the guard {0} until you have looked at it: menusync apply --outlet {outlet} --allow {0}",
            guard.guard
        ));
    }
}

fn tell_empty(Fetched { outlet, .. }: &Fetched) {
    note(&format!("{outlet}: nothing is live, so there is nothing to import and no file is written"));
    note(&format!("  write its menu in a file of catalogs/ that begins with `outlet: {outlet}`"));
}

/// Why a plan after an import is not empty, with the number of each.
fn why(plan: &OutletPlan) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for change in &plan.changes {
        let kind = match change.path.info() {
            Some(info) if info.kind == FieldKind::Id => "ids that GoFood does not have yet",
            Some(_) => "fields that GoFood does not show as they are needed",
            None => "things that come or go",
        };
        *kinds.entry(kind).or_default() += 1;
    }
    kinds.into_iter().map(|(kind, count)| format!("{count} × {kind}")).collect::<Vec<_>>().join(", ")
}

fn import_json(
    results: &[Written],
    empty: &[Fetched],
    files: &[String],
    separate: &BTreeMap<OutletId, &'static str>,
) -> String {
    let outlets = results.iter().map(|Written { fetched, imported, plan }| {
        let held: Vec<_> = plan.iter().flat_map(OutletPlan::held).map(|guard| guard.guard).collect();
        json!({
            "outlet": fetched.outlet, "items": imported.catalog.items().count(),
            "proposed": imported.proposed, "uuid_ids": imported.uuid_ids, "todo": imported.todo.keys().collect::<Vec<_>>(),
            "changes": plan.as_ref().map(|plan| plan.changes.len()), "held": held,
        })
    });
    let empty = empty.iter().map(|fetched| json!({"outlet": fetched.outlet, "items": 0}));
    let outlets: Vec<_> = outlets.chain(empty).collect();
    let mut json = json!({"schema": "menusync.import/1", "files": files, "outlets": outlets});
    if !separate.is_empty() {
        json["separate"] = json!(separate);
    }
    json.to_string()
}
