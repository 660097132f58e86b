//! A spreadsheet as a layer. Nothing is guessed: what a column was taken for and which rows are no dishes is told, and what
//! may be read in two ways is an error that names its cell.
//!
//! Cells come from whoever opened the file ([`Worksheet`]); here they get their meaning.

mod changes;
mod choice_changes;
mod choice_ids;
mod choice_links;
mod choice_sheet;
mod choices;
mod columns;
mod csv;
mod grid;
mod lists;
mod price;
mod read;
mod variants;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

pub use changes::{sheet_changes, unlike_sheet};
pub use choice_sheet::has_choice_headers;
pub use columns::{ColumnMap, SheetField};
pub use csv::read_csv;
pub use grid::{Cell, MOST_BYTES, MOST_COLUMNS, MOST_ROWS, Row, Worksheet, cell_name, column_name, column_of};

use self::{
    choice_ids::settle,
    choice_links::{Replaced, link},
    choice_sheet::{ChoiceSheet, assign, read_choices},
    choices::{Choice, MOST_CHOICES, gather},
    columns::{Header, columns, find_header},
    grid::quoted,
    read::{Dish, ONLY_MENU, read_dishes},
};
use super::{
    Head, Imported, MergeStep,
    emit::file_text,
    ids::{Nameless, propose},
};
use crate::{
    catalog::{
        Catalog, CategoryField, ExternalId, Field, Item, ItemField, Menu, Path, Price,
        text::{normalise_text, same_text},
    },
    diagnostic::{Diagnostic, Place},
};

/// What places call the sheet of choices.
const CHOICES: &str = "choices";

/// What a sheet says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SheetMenu {
    /// Its dishes under their ids.
    pub catalog: Catalog,
    /// The row of the headers.
    pub header_row: usize,
    /// A line for each column: what it was taken for.
    pub mapping: Vec<String>,
    /// Lines about what was not taken as it stands.
    pub told: Vec<String>,
    /// Dishes, choices and variants whose id was made from their name.
    pub proposed: BTreeSet<ExternalId>,
    /// Fields that the sheet has columns for.
    fields: BTreeSet<SheetField>,
    cells: BTreeMap<Path, Spot>,
    /// The title of the sheet of choices, and lines about it.
    pub choice_sheet: Option<(String, Vec<String>)>,
    /// The names of choices that have a column.
    choices: Vec<String>,
    /// Choices that come in the place of others for some dishes, each with the other one.
    replaced: Vec<(ExternalId, ExternalId)>,
}

/// A cell: its column and row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Spot {
    cell: (usize, usize),
    /// Of the sheet of choices.
    in_choices: bool,
}

/// What a sheet changes in a layer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SheetChanges {
    /// In the order in which they are written.
    pub steps: Vec<MergeStep>,
    /// A line for each change.
    pub lines: Vec<String>,
    /// Lines about what stays although the sheet has it no more.
    pub left: Vec<String>,
}

/// Why a sheet is no menu.
#[derive(Debug, Clone, PartialEq)]
pub enum SheetError {
    /// The command line is wrong.
    Usage(String),
    /// Cells are.
    Invalid(Vec<Diagnostic>),
}

/// Whether a sheet has headers, for finding the sheet that is meant.
pub fn has_headers(sheet: &Worksheet, maps: &[ColumnMap]) -> bool {
    find_header(&sheet.rows, maps).is_some()
}

/// Reads a sheet as a menu, with a sheet of choices if there is one. `known` is what the layer has: a dish that stands there in the same menu under the same name keeps
/// its id, and one that is the only one of its name wherever it stands.
pub fn read_sheet(
    sheet: &Worksheet,
    choice_sheet: Option<&Worksheet>,
    maps: &[ColumnMap],
    known: &Catalog,
) -> Result<SheetMenu, SheetError> {
    if !has_headers(sheet, maps) && has_choice_headers(sheet) {
        let help = "put it into a workbook (.xlsx, .ods) beside the sheet of the dishes; in a CSV file list variants in a column of the dishes, such as `Topping`";
        return Err(SheetError::Invalid(vec![sheet.error(None, "it lists choices and no dishes", help)]));
    }
    let header = columns(sheet, maps)?;
    let (dishes, told) = read_dishes(sheet, &header, choice_sheet.is_some()).map_err(SheetError::Invalid)?;
    let id_column = header.column(SheetField::Id).unwrap_or_default();
    check_ids(sheet, &dishes, id_column).map_err(SheetError::Invalid)?;
    let (ids, proposed) = ids(&dishes, known);
    let (choices, of_choices) = choices_of(sheet, choice_sheet, &header, &dishes).map_err(SheetError::Invalid)?;
    // Headings between the dishes are as good as a column.
    let names_menus = dishes.iter().any(|dish| dish.menu != ONLY_MENU).then_some(SheetField::Menu);
    let mut menu = SheetMenu {
        header_row: sheet.rows[header.row].number,
        mapping: header.lines(choice_sheet.is_some()),
        choice_sheet: choice_sheet.map(|sheet| (sheet.title(), of_choices)),
        told: [sheet.remarks.clone(), told].concat(),
        choices: match choice_sheet {
            Some(_) => choices.iter().map(|choice| choice.name.clone()).collect(),
            None => header.choices().map(|column| column.choice().0).collect(),
        },
        proposed,
        fields: header
            .columns
            .iter()
            .filter_map(|column| column.field)
            .chain(names_menus)
            .chain(choice_sheet.map(|_| SheetField::Choice))
            .collect(),
        ..SheetMenu::default()
    };
    let links = menu.add_choices(choice_sheet.unwrap_or(sheet), &choices, &ids, known)?;
    let mut menus: HashMap<String, usize> = HashMap::new();
    for ((dish, id), links) in dishes.into_iter().zip(ids).zip(links) {
        for (path, field) in [
            (Path::item(&id), SheetField::Id),
            (Path::item_field(&id, ItemField::Name), SheetField::Name),
            (Path::item_field(&id, ItemField::Price), SheetField::Price),
            (Path::item_field(&id, ItemField::Description), SheetField::Description),
            (Path::item_field(&id, ItemField::Image), SheetField::Image),
            (Path::item_field(&id, ItemField::Menu), SheetField::Menu),
            (Path::item_field(&id, ItemField::VariantCategories), SheetField::Choice),
        ] {
            let column = header.column(field).or(header.column(SheetField::Name)).unwrap_or_default();
            menu.cells.insert(path, Spot { cell: (column, dish.row), in_choices: false });
        }
        menu.cells.entry(Path::Menu(dish.menu.clone())).or_insert_with(|| {
            let column = header.column(SheetField::Menu).or(header.column(SheetField::Name));
            Spot { cell: (column.unwrap_or_default(), dish.row), in_choices: false }
        });
        let item = Item {
            external_id: id,
            name: Field::Set(dish.name),
            price: Field::Set(Price(dish.price)),
            description: Field::set_or_unsaid(dish.description),
            image: Field::set_or_unsaid(dish.image),
            variant_category_external_ids: Field::set_or_unsaid(links),
            ..Item::default()
        };
        let at = *menus.entry(normalise_text(&dish.menu).into_owned()).or_insert_with(|| {
            // As the layer spells it, so that it is not another menu.
            let spelled = known.menus.iter().find(|known| same_text(&known.name, &dish.menu));
            let name = spelled.map_or(dish.menu, |known| known.name.clone());
            menu.catalog.menus.push(Menu { name, menu_items: Vec::new() });
            menu.catalog.menus.len() - 1
        });
        menu.catalog.menus[at].menu_items.push(item);
    }
    Ok(menu)
}

/// The choices of the dishes, and lines about the sheet that they have of their own.
fn choices_of(
    sheet: &Worksheet,
    choice_sheet: Option<&Worksheet>,
    header: &Header,
    dishes: &[Dish],
) -> Result<(Vec<Choice>, Vec<String>), Vec<Diagnostic>> {
    if let Some(of) = choice_sheet {
        let ChoiceSheet { mut choices, mut lines } = read_choices(of)?;
        assign(sheet, header, dishes, of, &mut choices)?;
        if header.choices().next().is_none() {
            lines.push("no dish has a choice: add a column `Pilihan` to the dishes that names them".to_owned());
        }
        return Ok((choices, lines));
    }
    let choices = gather(header, dishes);
    if choices.len() > MOST_CHOICES {
        let what = format!("there are more than {MOST_CHOICES} different lists of variants");
        let help = "leave the columns of choices out (--map COLUMN=ignore), or import the sheet in parts";
        return Err(vec![sheet.error(None, &what, help)]);
    }
    Ok((choices, Vec::new()))
}

/// Refuses an id that two dishes have.
fn check_ids(sheet: &Worksheet, dishes: &[Dish], column: usize) -> Result<(), Vec<Diagnostic>> {
    let mut first: BTreeMap<&str, &Dish> = BTreeMap::new();
    let mut errors = Vec::new();
    for dish in dishes {
        let Some(id) = &dish.id else { continue };
        if let Some(other) = first.insert(id, dish) {
            let message =
                format!("the id {} is that of {} in row {} as well", quoted(id), quoted(&other.name), other.row);
            errors.push(sheet.error(Some((column, dish.row)), &message, "give each dish an id of its own"));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// The ids of dishes: that of the sheet, else the one that the layer has, else one made from the name.
fn ids(dishes: &[Dish], known: &Catalog) -> (Vec<ExternalId>, BTreeSet<ExternalId>) {
    let key = |menu: &str, name: &str| (normalise_text(menu).into_owned(), normalise_text(name).into_owned());
    let mut taken: BTreeSet<String> = dishes.iter().filter_map(|dish| dish.id.clone()).collect();
    let mut remembered: HashMap<(String, String), VecDeque<&ExternalId>> = HashMap::new();
    for (menu, item) in known.items().filter(|(_, item)| !taken.contains(item.external_id.as_str())) {
        let name = item.name.value().map_or("", String::as_str);
        remembered.entry(key(&menu.name, name)).or_default().push_back(&item.external_id);
    }
    let mut of_layer =
        |dish: &Dish| remembered.get_mut(&key(&dish.menu, &dish.name))?.pop_front().map(|id| id.0.clone());
    let mut ids: Vec<Option<String>> = dishes.iter().map(|dish| dish.id.clone().or_else(|| of_layer(dish))).collect();
    // A dish that went into another menu, where its name leaves no doubt which one it is.
    let mut unclaimed: HashMap<String, Vec<&ExternalId>> = HashMap::new();
    for ((_, name), of_name) in remembered {
        unclaimed.entry(name).or_default().extend(of_name);
    }
    let mut nameless: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, dish) in dishes.iter().enumerate().filter(|(at, _)| ids[*at].is_none()) {
        nameless.entry(normalise_text(&dish.name).into_owned()).or_default().push(at);
    }
    for (name, at) in nameless {
        if let ([at], Some([id])) = (&at[..], unclaimed.get(&name).map(Vec::as_slice)) {
            ids[*at] = Some(id.0.clone());
        }
    }
    taken.extend(known.items().map(|(_, item)| item.external_id.0.clone()));
    let nameless = |dish: &Dish| Nameless {
        kind: "ITEM",
        within: dish.menu.clone(),
        name: dish.name.clone(),
        uuid: String::new(),
    };
    let wanting: Vec<Nameless> =
        dishes.iter().zip(&ids).filter(|(_, id)| id.is_none()).map(|(dish, _)| nameless(dish)).collect();
    let mut made = propose(&wanting, &taken).into_iter();
    let mut proposed = BTreeSet::new();
    let complete = ids.into_iter().map(|id| {
        ExternalId(id.unwrap_or_else(|| {
            let id = made.next().unwrap_or_default();
            proposed.insert(ExternalId(id.clone()));
            id
        }))
    });
    (complete.collect(), proposed)
}

impl SheetMenu {
    /// Takes the choices in, and gives those of each dish.
    fn add_choices(
        &mut self,
        sheet: &Worksheet,
        choices: &[Choice],
        ids: &[ExternalId],
        known: &Catalog,
    ) -> Result<Vec<Option<Vec<ExternalId>>>, SheetError> {
        let settled = settle(choices, ids, known);
        let help = "an id that changes is a new variant to GoFood: write the one of the file";
        let mut errors: Vec<Diagnostic> =
            settled.conflicts.iter().map(|(cell, what)| sheet.error(Some(*cell), what, help)).collect();
        for ((choice, category), listed) in choices.iter().zip(&settled.categories).zip(&settled.listed) {
            let own = choice.own.as_ref().map(|own| own.variants.as_slice()).unwrap_or_default();
            let spot = |cell| Spot { cell, in_choices: choice.own.is_some() };
            self.cells.insert(Path::category(&category.external_id), spot(choice.cell));
            if choice.limits.is_some() {
                let path = Path::category_field(&category.external_id, CategoryField::MaxQuantity);
                self.cells.insert(path, spot(choice.cell));
            }
            for (position, at) in listed.iter().enumerate() {
                let cell = own.get(position).map_or(choice.cell, |own| own.cell);
                let id = &category.variants[*at].external_id;
                self.cells.insert(Path::variant(id), spot(cell));
            }
        }
        let links = link(choices, &settled.categories, ids, known);
        for Replaced { new, old, on_sale } in links.replaced {
            if let Some(what) = on_sale {
                let help = "list the same variants for all dishes that share a choice, or take `in_stock: false` out of the file first";
                let cell = self.cells.get(&Path::category(&new)).map(|spot| spot.cell);
                errors.push(sheet.error(cell, &what, help));
            }
            self.replaced.push((new, old));
        }
        if !errors.is_empty() {
            return Err(SheetError::Invalid(errors));
        }
        self.told.extend(choices::lines(choices, &settled.categories));
        self.proposed.extend(settled.proposed);
        self.catalog.variant_categories = settled.categories;
        Ok(links.of_dishes)
    }

    /// The text of a new layer.
    pub fn layer_text(&self, sheet: &Worksheet) -> String {
        file_text(&Head::Worksheet(sheet.title()), &Imported { catalog: self.catalog.clone(), ..Imported::default() })
    }

    /// Where the sheet says something, for rules: `line` and `column` are those of the cell.
    pub fn place(&self, path: &Path) -> Option<Place> {
        let spot = self.cells.get(path).or_else(|| self.cells.get(&path.owner()))?;
        let (column, row) = spot.cell;
        let [line, column] = [row, column + 1].map(|number| u32::try_from(number).unwrap_or_default());
        let file = if spot.in_choices { CHOICES } else { "sheet" };
        Some(Place { file: file.into(), line, column, end_line: line, end_column: column })
    }

    /// What a rule found, with the cell in place of a line.
    pub fn in_cells(&self, sheet: &Worksheet, found: Diagnostic) -> Diagnostic {
        let cell = |place: &Place| cell_name(place.column.saturating_sub(1) as usize, place.line as usize);
        let at = found.place.as_ref().map(|place| format!(", cell {}", cell(place))).unwrap_or_default();
        let title = |place: &Place| {
            self.choice_sheet.as_ref().map(|(title, _)| title.clone()).filter(|_| &*place.file == CHOICES)
        };
        let others = found.related.iter().map(|related| match title(&related.place) {
            Some(title) => format!("{title}, cell {}", cell(&related.place)),
            None => cell(&related.place),
        });
        let others: Vec<String> = others.collect();
        let others = if others.is_empty() { String::new() } else { format!(" (see {})", others.join(", ")) };
        let title = found.place.as_ref().and_then(title).unwrap_or_else(|| sheet.title());
        let message = format!("{title}{at}: {}{others}", found.message);
        Diagnostic { message, place: None, related: Vec::new(), ..found }
    }
}

#[cfg(test)]
mod tests;
