//! `--from`: a layer from a spreadsheet, and the changes of a sheet in the layer that was made from it.
//!
//! What a cell means is decided in `authoring::sheet`. What was written is read back before it counts: it must say what the
//! sheet says, and change nothing that the sheet says nothing about.

mod archive;
mod builder;
mod ods;
mod xlsx;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::json;

use super::{
    super::{
        Exit, atomic,
        command_error::CommandError,
        output::{Format, note},
        session::{MOST_DIAGNOSTICS, Session},
    },
    absolute, shown,
};
use crate::{
    authoring::{
        Context, EditStyle, Imported, merge,
        sheet::{
            ColumnMap, MOST_BYTES, SheetChanges, SheetError, SheetMenu, Worksheet, has_choice_headers, has_headers,
            read_csv, read_sheet, sheet_changes, unlike_sheet,
        },
        text,
    },
    catalog::{Catalog, ExternalId, Field, OutletId},
    definition::{self, Composed, ImageFile},
    diagnostic::Diagnostic,
    document::SourceFile,
    platform::paths::with_slashes,
    policy::Policy,
    report::{counted, untrusted::printable},
    rules,
};

/// The outlet that looks at the layer; it is nowhere but in memory.
const READER: &str = "G0";

/// The most changes times dishes and variants of a file that is edited (our choice): the file is read anew for each change.
const MOST_WORK: usize = 2_000_000;

/// What the command line says about a sheet.
pub(super) struct Request<'a> {
    pub(super) file: &'a Path,
    pub(super) sheet: Option<&'a str>,
    pub(super) maps: &'a [ColumnMap],
    pub(super) out: Option<&'a Path>,
}

/// Writes the layer, or changes the one that is there.
pub(super) fn run(session: &Session, request: &Request<'_>) -> Result<Exit, CommandError> {
    let (sheet, choices) = pick(read(request)?, request)?;
    let layer = Layer::new(session, target(session, request)?)?;
    let menu = read_sheet(&sheet, choices.as_ref(), request.maps, &layer.catalog).map_err(|error| match error {
        SheetError::Usage(message) => CommandError::Usage(printable(&message).into_owned()),
        SheetError::Invalid(errors) => CommandError::Invalid(errors),
    })?;
    layer.check_origin(&menu)?;
    tell(&format!("{}: row {} has the headers", sheet.title(), menu.header_row));
    let of_choices = menu.choice_sheet.iter().flat_map(|(_, lines)| lines);
    menu.mapping.iter().chain(of_choices).chain(&menu.told).for_each(|line| tell(&format!("  {line}")));
    let changes = layer.text.is_some().then(|| sheet_changes(&layer.catalog, &menu));
    let new = match (&layer.text, &changes) {
        (Some(_), Some(changes)) if changes.steps.is_empty() => None,
        (Some(old), Some(changes)) => Some(layer.edited(old, &sheet, &menu, changes)?),
        _ => Some(layer.checked(menu.layer_text(&sheet), &sheet, &menu)?),
    };
    match (&new, &layer.text) {
        (Some(new), Some(old)) => atomic::replace(&layer.path, old, new)?,
        (Some(new), None) => atomic::create(&layer.path, new)?,
        (None, _) => {}
    }
    let file = shown(&layer.path);
    session.outputs.emit(|format, _| match format {
        Format::Json => sheet_json(&sheet, &menu, new.is_some().then_some(&file), changes.as_ref()),
        _ if new.is_some() => file.clone(),
        _ => String::new(),
    })?;
    match &changes {
        Some(changes) => tell_changes(&file, changes),
        None => tell_new(&layer.path, &menu),
    }
    Ok(Exit::Done)
}

// ── reading ──

/// All sheets of the file.
fn read(request: &Request<'_>) -> Result<Vec<Worksheet>, CommandError> {
    let path = request.file;
    // Without its directories, which nobody else has: it will stand in the layer.
    let name = file_name(path);
    let failed = |error| CommandError::failed(format!("cannot read {}", path.display()), error);
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(invalid(&name, "it is larger than 20 MB", "keep the sheet of the menu only, without pictures"));
    }
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    let workbook = |sheets: Result<Vec<Worksheet>, String>| {
        sheets.map_err(|why| {
            invalid(
                &name,
                &why,
                "open it in a spreadsheet program, and save the sheet of the menu as .xlsx or CSV UTF-8",
            )
        })
    };
    match ending.as_str() {
        "csv" | "tsv" | "txt" => Ok(vec![read_csv(&name, &bytes, request.maps).map_err(CommandError::Invalid)?]),
        "xlsx" | "xlsm" => workbook(xlsx::read(&name, &bytes)),
        "ods" => workbook(ods::read(&name, &bytes)),
        _ => {
            let message = format!("{name} is no spreadsheet that can be read: save it as .xlsx, .ods or .csv");
            Err(CommandError::Usage(message))
        }
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn invalid(file: &str, why: &str, help: &str) -> CommandError {
    CommandError::Invalid(vec![Diagnostic::error("sheet", None, format!("{file}: {why}")).help(help)])
}

/// The sheet that is meant: the one that is named, else the only one with headers; and the sheet of choices beside it.
fn pick(mut sheets: Vec<Worksheet>, request: &Request<'_>) -> Result<(Worksheet, Option<Worksheet>), CommandError> {
    let names = |sheets: &mut dyn Iterator<Item = &Worksheet>| -> String {
        let names = sheets.filter_map(|sheet| sheet.name.as_ref()).map(|name| format!("`{}`", printable(name)));
        names.collect::<Vec<_>>().join(", ")
    };
    let file = file_name(request.file);
    let meant: Vec<usize> = match request.sheet {
        Some(_) if sheets.iter().all(|sheet| sheet.name.is_none()) => {
            return Err(CommandError::Usage(format!("{file} has no sheets with names: leave --sheet out")));
        }
        Some(wanted) => {
            let is_named = |sheet: &Worksheet| sheet.name.as_ref().is_some_and(|name| name.trim() == wanted.trim());
            (0..sheets.len()).filter(|at| is_named(&sheets[*at])).collect()
        }
        None if sheets.len() == 1 => vec![0],
        None => (0..sheets.len()).filter(|at| has_headers(&sheets[*at], request.maps)).collect(),
    };
    let all = names(&mut sheets.iter());
    match (&meant[..], request.sheet) {
        ([at], _) => {
            let mut sheet = sheets.remove(*at);
            let is_of_choices = |other: &Worksheet| has_choice_headers(other) && !has_headers(other, request.maps);
            let of_choices: Vec<usize> = (0..sheets.len()).filter(|at| is_of_choices(&sheets[*at])).collect();
            let choices = match of_choices[..] {
                [] => None,
                [at] => Some(sheets.remove(at)),
                _ => {
                    let several = names(&mut of_choices.iter().map(|at| &sheets[*at]));
                    let what = format!("several sheets look like lists of choices: {several}");
                    return Err(invalid(
                        &file,
                        &what,
                        "keep them in one sheet, with the columns `Pilihan` and `Varian`",
                    ));
                }
            };
            if !sheets.is_empty() {
                sheet.remarks.push(format!("not read, as they are other sheets: {}", names(&mut sheets.iter())));
            }
            Ok((sheet, choices))
        }
        ([], Some(wanted)) => {
            Err(CommandError::Usage(format!("{file} has no sheet `{}`; its sheets are {all}", printable(wanted))))
        }
        ([], None) => {
            let help = "name the columns `Nama` and `Harga` (or `Name` and `Price`), or choose a sheet with --sheet and say with --map what its columns are";
            Err(invalid(&file, &format!("no sheet has headers for names and prices; its sheets are {all}"), help))
        }
        (several, _) => {
            let several = names(&mut several.iter().map(|at| &sheets[*at]));
            Err(CommandError::Usage(format!(
                "{file} has several sheets that look like a menu: {several}; choose one with --sheet"
            )))
        }
    }
}

/// The file of the layer: `--out`, else beside the other definitions under the name of the sheet's file.
fn target(session: &Session, request: &Request<'_>) -> Result<PathBuf, CommandError> {
    let is_file = |path: &Path| path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    if let Some(out) = request.out.filter(|out| is_file(out)) {
        return Ok(out.to_owned());
    }
    let stem = request.file.file_stem().and_then(|stem| stem.to_str()).filter(|stem| !stem.starts_with('.'));
    let Some(stem) = stem else {
        let message = "the file's name cannot be that of a layer: name one with --out FILE.yaml";
        return Err(CommandError::Usage(message.to_owned()));
    };
    let directory = request.out.map_or_else(|| session.root().join("catalogs"), Path::to_owned);
    Ok(directory.join(format!("{stem}.yaml")))
}

// ── writing ──

/// The layer as it is, and what is needed to look at it with another text.
struct Layer {
    path: PathBuf,
    /// As definitions know it.
    name: Arc<str>,
    /// `None`: it is not there yet.
    text: Option<String>,
    /// Files that it extends, if it does.
    others: Vec<SourceFile>,
    policy: Policy,
    catalog: Catalog,
    /// What is wrong with it already.
    errors: BTreeSet<String>,
}

impl Layer {
    fn new(session: &Session, path: PathBuf) -> Result<Self, CommandError> {
        let mut policy = Policy::default();
        session.settings()?.policy.apply(&mut policy);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => Some(text.trim_start_matches('\u{feff}').to_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(CommandError::failed(format!("cannot read {}", path.display()), error)),
        };
        let full = absolute(&path);
        let inside = full.strip_prefix(absolute(&session.root())).ok().filter(|inside| inside.to_str().is_some());
        let inside = inside.map(with_slashes);
        let name: Arc<str> =
            inside.as_deref().or(full.file_name().and_then(|name| name.to_str())).unwrap_or("layer.yaml").into();
        let extends = text.as_ref().is_some_and(|text| text.contains("extends"));
        let others = match inside {
            Some(_) if extends => {
                let files = session.loaded()?.catalogs().iter().filter(|file| file.path != name);
                files.map(|file| file.open()).collect()
            }
            _ => Vec::new(),
        };
        let (catalog, errors) = (Catalog::default(), BTreeSet::new());
        let mut layer = Self { path, name, text: None, others, policy, catalog, errors };
        if let Some(text) = text {
            let file = SourceFile { path: Arc::clone(&layer.name), text: text.as_str().into() };
            if definition::parse(&[file]).outlets().next().is_some() {
                let shown = shown(&layer.path);
                let message = format!(
                    "{shown} defines an outlet, and a sheet becomes a layer: name another file with --out FILE.yaml"
                );
                return Err(CommandError::Usage(message));
            }
            let composed = layer.composed(&text);
            let unread: Vec<Diagnostic> =
                composed.diagnostics.iter().filter(|found| found.is_error()).cloned().collect();
            if !unread.is_empty() {
                return Err(CommandError::Invalid(unread));
            }
            layer.errors =
                layer.found(&composed, &SheetMenu::default()).into_iter().map(|found| found.message).collect();
            (layer.catalog, layer.text) = (composed.catalog, Some(text));
        }
        Ok(layer)
    }

    /// Refuses a layer that has nothing to do with the sheet: it only happens to have its name.
    fn check_origin(&self, menu: &SheetMenu) -> Result<(), CommandError> {
        let ids: BTreeSet<&ExternalId> = menu.catalog.items().map(|(_, item)| &item.external_id).collect();
        let mut known = self.catalog.items();
        let is_other = self.text.is_some() && known.all(|(_, item)| !ids.contains(&item.external_id));
        if !is_other {
            return Ok(());
        }
        let shown = shown(&self.path);
        let message =
            format!("{shown} is there already and has none of these dishes: name another file with --out FILE.yaml");
        Err(CommandError::Usage(message))
    }

    /// The menu of an outlet that says nothing itself and extends the layer with this text.
    fn composed(&self, layer: &str) -> Composed {
        let file = self.name.rsplit('/').next().unwrap_or_default();
        let reader = format!("outlet: {READER}\nextends: [{}]\n", text(file, Context::Flow));
        let mut files = self.others.clone();
        files.push(SourceFile { path: Arc::clone(&self.name), text: layer.into() });
        files.push(SourceFile { path: format!("{}.reader.yaml", self.name).into(), text: reader.into() });
        let outlet = OutletId(READER.to_owned());
        definition::parse(&files).compose(&outlet, jiff::Timestamp::now(), &self.policy, &ImageFile::no_address)
    }

    /// The errors that rules find, at the places of the sheet.
    fn found(&self, composed: &Composed, menu: &SheetMenu) -> Vec<Diagnostic> {
        let mut found = rules::check(&composed.catalog, &|path| menu.place(path));
        rules::adjust(&mut found, &composed.policy.rules);
        found.retain(Diagnostic::is_error);
        found
    }

    /// A text that says what the sheet says, keeps the rules and changes nothing else; why not, otherwise.
    fn checked(&self, new: String, sheet: &Worksheet, menu: &SheetMenu) -> Result<String, CommandError> {
        let composed = self.composed(&new);
        let mut errors: Vec<Diagnostic> =
            composed.diagnostics.iter().filter(|found| found.is_error()).cloned().collect();
        for error in &mut errors {
            // The place is one of a file that is not written.
            error.message = format!("{}: the layer would have an error: {}", sheet.title(), error.message);
            error.place = None;
            error.related.clear();
        }
        let found = self.found(&composed, menu).into_iter().filter(|found| !self.errors.contains(&found.message));
        errors.extend(found.map(|found| menu.in_cells(sheet, found)));
        if !errors.is_empty() {
            return Err(CommandError::Invalid(errors));
        }
        match unlike_sheet(&composed.catalog, &self.catalog, menu) {
            None => Ok(new),
            Some(why) => Err(CommandError::Failed(anyhow::anyhow!(
                "the layer that was made does not say what {} says: {why}; nothing was written",
                sheet.title()
            ))),
        }
    }

    /// `old` with the changes: where the values stand, or as patches where that would change more.
    fn edited(
        &self,
        old: &str,
        sheet: &Worksheet,
        menu: &SheetMenu,
        changes: &SheetChanges,
    ) -> Result<String, CommandError> {
        let (count, things) = (changes.steps.len(), self.catalog.items().count() + self.catalog.variants().count());
        if count.saturating_mul(things) > MOST_WORK {
            let path = shown(&self.path);
            let message = format!(
                "{count} changes in {path}, which has {things} dishes and variants, are too many at once: remove the file to make it anew, or import the sheet in parts"
            );
            return Err(CommandError::Usage(message));
        }
        let file = SourceFile { path: Arc::clone(&self.name), text: old.into() };
        // A new dish takes the hours of its file and menu as they are: they are no reason for hours of its own.
        let mut known = self.catalog.clone();
        for item in known.menus.iter_mut().flat_map(|menu| &mut menu.menu_items) {
            item.operational_hours = Field::Unsaid;
        }
        let imported = Imported { catalog: menu.catalog.clone(), ..Imported::default() };
        let with_style = |style: EditStyle| {
            let edited = merge(&file, &changes.steps, &known, &imported, style).map_err(|error| {
                let doing = format!("cannot write the changes into {}; nothing was written", self.path.display());
                CommandError::failed(doing, error)
            });
            self.checked(edited?, sheet, menu)
        };
        match with_style(EditStyle::InPlace) {
            Err(CommandError::Failed(why)) => with_style(EditStyle::Patches).map_err(|_| CommandError::Failed(why)),
            ended => ended,
        }
    }
}

// ── telling ──

/// A line about cells, which may hold anything.
fn tell(line: &str) {
    note(&printable(line));
}

fn tell_new(path: &Path, menu: &SheetMenu) {
    let (dishes, menus) = (menu.catalog.items().count(), menu.catalog.menus.len());
    let dishes = if dishes == 1 { "1 dish".to_owned() } else { format!("{dishes} dishes") };
    let (choices, variants) = (menu.catalog.variant_categories.len(), menu.catalog.variants().count());
    let choices = match choices {
        0 => String::new(),
        _ => format!(", {} of {}", counted(choices, "choice"), counted(variants, "variant")),
    };
    tell(&format!("{dishes} in {}{choices}", counted(menus, "menu")));
    if !menu.proposed.is_empty() {
        tell(&format!(
            "  {} of their ids were made from the names: keep them, or write your own before the first push",
            menu.proposed.len()
        ));
    }
    tell(&format!(
        "  it is a layer: an outlet sells it once its file says `extends: [{}]`",
        text(&file_name(path), Context::Flow)
    ));
}

fn tell_changes(file: &str, changes: &SheetChanges) {
    match changes.steps.len() {
        0 => tell(&format!("{file} says all of it already: nothing was changed")),
        count => tell(&format!("{} in {file}:", counted(count, "change"))),
    }
    for (lines, what) in [(&changes.lines, "changes"), (&changes.left, "of these")] {
        lines.iter().take(MOST_DIAGNOSTICS).for_each(|line| tell(&format!("  {line}")));
        if lines.len() > MOST_DIAGNOSTICS {
            tell(&format!("  and {} more {what}", lines.len() - MOST_DIAGNOSTICS));
        }
    }
}

fn sheet_json(sheet: &Worksheet, menu: &SheetMenu, file: Option<&String>, changes: Option<&SheetChanges>) -> String {
    let proposed: Vec<_> = menu.proposed.iter().collect();
    let items: BTreeMap<&str, usize> =
        menu.catalog.menus.iter().map(|menu| (menu.name.as_str(), menu.menu_items.len())).collect();
    let choices: BTreeMap<&ExternalId, usize> = menu
        .catalog
        .variant_categories
        .iter()
        .map(|category| (&category.external_id, category.variants.len()))
        .collect();
    let mut about = json!({
        "file": sheet.file, "sheet": sheet.name, "header_row": menu.header_row, "columns": menu.mapping,
        "remarks": menu.told, "items": items, "choices": choices, "proposed": proposed,
    });
    if let Some((title, lines)) = &menu.choice_sheet {
        about["choice_sheet"] = json!({"title": title, "remarks": lines});
    }
    if let Some(changes) = changes {
        about["changes"] = json!(changes.lines);
        about["left"] = json!(changes.left);
    }
    let files: Vec<&String> = file.into_iter().collect();
    json!({"schema": "menusync.import/1", "files": files, "from": about}).to_string()
}
