//! `import`: YAML from live catalogs, or from a spreadsheet.
//!
//! Looks and never writes to GoFood. Files that exist are touched only with `--merge`, and only if what was written reads
//! back as what was meant.

mod fetch;
mod fresh;
mod merge;
mod sheet;

use std::{
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;

use super::{
    Exit,
    command_error::CommandError,
    init::untouched_example,
    output::{Format, note},
    session::{Session, block_on},
};
use crate::{
    authoring::{Filter, sheet::ColumnMap},
    catalog::{ExternalId, OutletId},
    fleet::{Selection, Survey},
    platform::paths::{canonicalize, with_slashes},
    settings,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Outlets whose id, name, file or layer matches, or the id of an outlet that no file defines yet (repeatable)
    #[arg(long, value_name = "GLOB", required_unless_present = "from")]
    outlet: Vec<String>,
    /// Write new files here [default: catalogs/ of the root]; with --from also the name of a file that ends with .yaml
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Read new outlets as this one of `gobiz.accounts`, and write that into their files
    #[arg(long, value_name = "NAME", conflicts_with = "merge")]
    account: Option<String>,
    /// Write what the outlets share as layers: dishes, price levels, hours; each outlet's file has the rest
    #[arg(long, conflicts_with = "merge")]
    layers: bool,
    /// Merge what was changed outside the files into the existing files, and keep the rest of them as it is
    #[arg(long, conflicts_with = "out")]
    merge: bool,
    /// With --merge: only this item, variant or variant category
    #[arg(long, value_name = "ID", requires = "merge")]
    item: Option<String>,
    /// With --item: only this field, such as price
    #[arg(long, value_name = "FIELD", requires = "item")]
    field: Option<String>,
    /// Make a layer of a spreadsheet (.xlsx, .ods or .csv), or change the layer that was made of it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["outlet", "account", "layers", "merge", "item", "field"])]
    from: Option<PathBuf>,
    /// With --from: this sheet of the workbook
    #[arg(long, value_name = "SHEET", requires = "from", conflicts_with = "outlet")]
    sheet: Option<String>,
    /// With --from: what a column is, by its header or letters: name, price, menu, description, image, external_id, choice or ignore (repeatable)
    #[arg(long, value_name = "COLUMN=FIELD", requires = "from", conflicts_with = "outlet")]
    map: Vec<ColumnMap>,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Json])?;
    make_room(session)?;
    if let Some(file) = &args.from {
        let (sheet, maps, out) = (args.sheet.as_deref(), &*args.map, args.out.as_deref());
        return sheet::run(session, &sheet::Request { file, sheet, maps, out });
    }
    let accounts = &session.settings()?.gobiz.accounts;
    if let Some(name) = args.account.as_ref().filter(|name| !accounts.contains_key(*name)) {
        return Err(CommandError::Usage(format!(
            "there is no account `{name}` in `gobiz.accounts` of {}",
            settings::FILE
        )));
    }
    let mut survey = session.survey(Timestamp::now())?;
    // What a file that is gone has defined may be imported anew.
    survey.members.retain(|member| session.root().join(&*member.file).exists());
    let outlets = targets(&args.outlet, &survey)?;
    if args.merge {
        let filter = args.item.map(|id| Filter { id: ExternalId(id), field: args.field });
        merge::check(&survey, &outlets)?;
        let account_of = |id: &OutletId| survey.member(id.as_str()).and_then(|member| member.account.clone());
        let fetched = block_on(fetch::all(session, &outlets, &account_of))??;
        return merge::run(session, &survey, &fetched, filter.as_ref());
    }
    let out = args.out.unwrap_or_else(|| session.root().join("catalogs"));
    fresh::check(session, &survey, &outlets, &out)?;
    let account: Option<Arc<str>> = args.account.as_deref().or(session.default_account()?).map(Arc::from);
    let fetched = block_on(fetch::all(session, &outlets, &|_| account.clone()))??;
    let exit = fresh::write(session, fetched, &out, args.layers, args.account.as_deref())?;
    if let Some(example) = untouched_example(&session.root()) {
        note(&format!(
            "the example of `menusync init` is still there: {example}; delete it, or every plan shows its outlet"
        ));
    }
    Ok(exit)
}

/// A path as people write it: without a `.` on the way.
fn shown(path: &Path) -> String {
    with_slashes(&path.components().filter(|part| *part != Component::CurDir).collect::<PathBuf>())
}

/// Without links, as far as it exists.
fn absolute(path: &Path) -> PathBuf {
    let existing = path.ancestors().find_map(|part| Some((part, canonicalize(part).ok()?)));
    match existing {
        Some((part, real)) => real.join(path.strip_prefix(part).unwrap_or(Path::new(""))),
        None => std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
    }
}

/// A root that has settings and no definitions yet is what import is for.
fn make_room(session: &Session) -> Result<(), CommandError> {
    let root = session.root();
    let catalogs = root.join("catalogs");
    if root.join(settings::FILE).is_file() && catalogs.symlink_metadata().is_err() {
        std::fs::create_dir(&catalogs)
            .map_err(|error| CommandError::failed(format!("cannot make {}", catalogs.display()), error))?;
    }
    Ok(())
}

/// The outlets that are meant: those of the files, and ids as such.
fn targets(globs: &[String], survey: &Survey) -> Result<Vec<OutletId>, CommandError> {
    let mut outlets: Vec<OutletId> = Vec::new();
    for glob in globs {
        let selection =
            Selection::new(std::slice::from_ref(glob)).map_err(|error| CommandError::Usage(error.to_string()))?;
        let known = survey.members.iter().filter(|member| selection.matches(member)).map(|member| member.id.clone());
        let before = outlets.len();
        outlets.extend(known);
        let id = OutletId(glob.clone());
        if outlets.len() == before {
            if !id.is_well_formed() {
                let message = format!(
                    "no outlet matches `{glob}`, and it is not an outlet id; write the id as the GoBiz portal shows it: `G` and digits"
                );
                return Err(CommandError::Usage(message));
            }
            outlets.push(id);
        }
    }
    outlets.sort();
    outlets.dedup();
    Ok(outlets)
}
