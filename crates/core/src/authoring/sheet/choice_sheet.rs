//! A second sheet with the choices: a row for each variant. The sheet of the dishes then names choices.

use std::collections::{BTreeSet, HashMap};

use super::{
    choices::{Choice, MOST_CHOICES, Own, OwnVariant},
    columns::{Header, Limits, MOST_TITLES, essence, plain, says_rupiah},
    grid::{Cell, Row, Worksheet, column_name, one_line, quoted, rows_named},
    lists::ListedVariant,
    price::read_prices,
    read::Dish,
    variants::{MOST_VARIANTS, parts},
};
use crate::{
    catalog::text::{normalise_text, same_text},
    diagnostic::Diagnostic,
};

/// How many choices a message names.
const MOST_NAMED: usize = 8;

/// What a column is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Choice,
    Variant,
    Price,
    Min,
    Max,
    ChoiceId,
    VariantId,
}

/// The headers that are known, in lower case and without signs.
const HEADERS: [(Part, &[&str]); 7] = [
    (
        Part::Choice,
        &[
            "choice",
            "choice name",
            "pilihan",
            "nama pilihan",
            "grup",
            "nama grup",
            "group",
            "kelompok",
            "grup pilihan",
            "grup varian",
            "kategori varian",
            "variant category",
            "variant group",
            "option group",
            "modifier group",
        ],
    ),
    (
        Part::Variant,
        &["variant", "variant name", "varian", "nama varian", "option", "option name", "opsi", "nama opsi", "modifier"],
    ),
    (Part::Price, &["price", "harga", "harga tambahan", "tambahan harga", "extra price", "additional price"]),
    (Part::Min, &["min", "minimal", "minimum", "min pilih", "min quantity"]),
    (Part::Max, &["max", "maks", "maksimal", "maximum", "maks pilih", "max quantity"]),
    (Part::ChoiceId, &["choice id", "id pilihan", "kode pilihan", "id grup", "kode grup", "group id"]),
    (Part::VariantId, &["variant id", "id varian", "kode varian", "id opsi", "kode opsi", "option id"]),
];

impl Part {
    fn word(self) -> &'static str {
        match self {
            Self::Choice => "choice",
            Self::Variant => "variant",
            Self::Price => "price",
            Self::Min => "least to be chosen",
            Self::Max => "most to be chosen",
            Self::ChoiceId => "external_id of the choice",
            Self::VariantId => "external_id of the variant",
        }
    }
}

/// The headers of a sheet of choices.
struct Columns {
    row: usize,
    titles: Vec<(usize, String, Option<Part>)>,
}

impl Columns {
    fn of(sheet: &Worksheet) -> Option<Self> {
        let rows = sheet.rows.iter().enumerate().take(MOST_TITLES).filter(|(_, row)| !row.hidden);
        let mut rows = rows.map(|(at, row)| {
            let titles = row.filled().into_iter().map(|column| {
                let title = row.cell(column).text();
                let part = HEADERS.iter().find(|(_, headers)| headers.contains(&essence(&title).as_str()));
                (column, title, part.map(|(part, _)| *part))
            });
            Self { row: at, titles: titles.collect() }
        });
        rows.find(|columns| [Part::Choice, Part::Variant].iter().all(|part| columns.at(*part).is_some()))
    }

    fn at(&self, part: Part) -> Option<usize> {
        self.titles.iter().find(|(.., known)| *known == Some(part)).map(|(at, ..)| *at)
    }

    fn text(&self, row: &Row, part: Part) -> String {
        self.at(part).map(|at| one_line(&row.cell(at).text())).unwrap_or_default()
    }

    /// A line for each column: what it is taken for.
    fn lines(&self) -> Vec<String> {
        let line = |(at, title, part): &(usize, String, Option<Part>)| {
            let what = part.map_or("not taken: an unknown header", Part::word);
            format!("{} {} → {what}", column_name(*at), quoted(title))
        };
        self.titles.iter().map(line).collect()
    }

    /// A field that two columns could be.
    fn check(&self, sheet: &Worksheet) -> Result<(), Vec<Diagnostic>> {
        for (at, title, part) in &self.titles {
            let Some(part) = *part else { continue };
            if self.at(part) != Some(*at) {
                let what = format!("two columns could be the {}: {} is the second", part.word(), quoted(title));
                let help = "give each column a header of its own";
                return Err(vec![sheet.error(Some((*at, sheet.rows[self.row].number)), &what, help)]);
            }
        }
        Ok(())
    }

    fn is_repeated_by(&self, row: &Row) -> bool {
        self.titles.iter().all(|(at, title, _)| plain(&row.cell(*at).text()) == plain(title))
    }
}

/// Whether a sheet has headers for choices and variants.
pub fn has_choice_headers(sheet: &Worksheet) -> bool {
    Columns::of(sheet).is_some()
}

/// The choices of a sheet, and lines about its columns and about what was not taken as it stands.
#[derive(Debug, Default)]
pub(super) struct ChoiceSheet {
    pub(super) choices: Vec<Choice>,
    pub(super) lines: Vec<String>,
}

/// The choices of a sheet; or all that cannot be read.
pub(super) fn read_choices(sheet: &Worksheet) -> Result<ChoiceSheet, Vec<Diagnostic>> {
    let Some(columns) = Columns::of(sheet) else {
        let help = "name two columns `Pilihan` and `Varian` (or `Choice` and `Variant`)";
        return Err(vec![sheet.error(None, "no row has a header for choices and one for variants", help)]);
    };
    columns.check(sheet)?;
    let mut reader = Reader { sheet, columns, read: Read::default(), errors: Vec::new() };
    for row in sheet.rows.iter().skip(reader.columns.row + 1) {
        reader.row(row);
    }
    reader.prices();
    let Reader { columns, read, mut errors, .. } = reader;
    if read.choices.len() > MOST_CHOICES {
        errors.push(sheet.error(None, &format!("there are more than {MOST_CHOICES} choices"), "keep fewer"));
    }
    if let Some(choice) = read.choices.iter().find(|choice| choice.variants.len() > MOST_VARIANTS) {
        let what = format!("{} has more than {MOST_VARIANTS} variants", quoted(&choice.name));
        errors.push(sheet.error(Some(choice.cell), &what, "keep fewer"));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let header = format!("{}: row {} has the headers", sheet.title(), sheet.rows[columns.row].number);
    let lines = [vec![header], columns.lines(), sheet.remarks.clone(), read.lines()].concat();
    Ok(ChoiceSheet { choices: read.choices, lines })
}

#[derive(Default)]
struct Read {
    choices: Vec<Choice>,
    /// The position of each name.
    by_name: HashMap<String, usize>,
    ids: BTreeSet<String>,
    /// Prices that are not empty: of which choice and variant, and in which row.
    prices: Vec<(usize, usize, Cell, usize)>,
    /// The choice of the row above.
    last: Option<usize>,
    hidden: Vec<usize>,
    repeated: Vec<usize>,
    inherited: Vec<usize>,
    notes: Vec<usize>,
}

impl Read {
    fn lines(&self) -> Vec<String> {
        [
            ("without a choice of their own, so in that of the row above", &self.inherited),
            ("not taken, as these are notes", &self.notes),
            ("not taken, as it only repeats the headers", &self.repeated),
            ("not taken, because it is hidden", &self.hidden),
        ]
        .into_iter()
        .filter(|(_, rows)| !rows.is_empty())
        .map(|(what, rows)| format!("{what}: {}", rows_named(rows)))
        .collect()
    }
}

struct Reader<'s> {
    sheet: &'s Worksheet,
    columns: Columns,
    read: Read,
    errors: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn error(&mut self, part: Part, row: &Row, what: &str, help: &str) {
        let at = self.columns.at(part).map(|at| (at, row.number));
        self.errors.push(self.sheet.error(at, what, help));
    }

    fn row(&mut self, row: &Row) {
        let filled = row.filled();
        if filled.is_empty() {
            return;
        }
        if row.hidden {
            return self.read.hidden.push(row.number);
        }
        if self.columns.is_repeated_by(row) {
            return self.read.repeated.push(row.number);
        }
        let known: Vec<usize> =
            self.columns.titles.iter().filter(|(.., part)| part.is_some()).map(|(at, ..)| *at).collect();
        if !filled.iter().any(|at| known.contains(at)) {
            return self.read.notes.push(row.number);
        }
        for at in known {
            if let (Cell::Wrong(why), true) = (row.cell(at), Some(at) != self.columns.at(Part::Price)) {
                self.errors.push(self.sheet.error(Some((at, row.number)), why, "write the value itself"));
            }
        }
        let name = self.columns.text(row, Part::Variant);
        if name.is_empty() {
            return self.error(Part::Variant, row, "there is no variant", "write its name, or delete the row");
        }
        let Some(at) = self.choice(row) else {
            let help = "write the choice that the variant belongs to";
            return self.error(Part::Choice, row, "there is no choice, and none above", help);
        };
        self.read.last = Some(at);
        self.limits(at, row);
        self.add(at, name, row);
    }

    /// The choice of a row, else that of the row above.
    fn choice(&mut self, row: &Row) -> Option<usize> {
        let name = self.columns.text(row, Part::Choice);
        if name.is_empty() {
            self.read.inherited.push(row.number);
            return self.read.last;
        }
        let cell = (self.columns.at(Part::Choice)?, row.number);
        let read = &mut self.read;
        let at = *read.by_name.entry(normalise_text(&name).into_owned()).or_insert_with(|| {
            read.choices.push(Choice {
                name,
                limits: None,
                variants: Vec::new(),
                dishes: Vec::new(),
                cell,
                own: Some(Own::default()),
            });
            read.choices.len() - 1
        });
        let id = self.columns.text(row, Part::ChoiceId);
        let own = self.read.choices[at].own.get_or_insert_default();
        if id.is_empty() || own.id.as_ref() == Some(&id) {
            return Some(at);
        }
        if let Some(other) = own.id.clone() {
            let what = format!("the id {} differs from {} in another row of this choice", quoted(&id), quoted(&other));
            self.error(Part::ChoiceId, row, &what, "give each choice one id");
        } else if !self.read.ids.insert(id.clone()) {
            let what = format!("the id {} stands there twice", quoted(&id));
            self.error(Part::ChoiceId, row, &what, "give each choice an id of its own");
        } else {
            own.id = Some(id);
        }
        Some(at)
    }

    fn limits(&mut self, at: usize, row: &Row) {
        for part in [Part::Min, Part::Max] {
            let text = self.columns.text(row, part);
            if text.is_empty() {
                continue;
            }
            let Some(number) = text.parse::<u32>().ok().filter(|_| text.len() <= 3) else {
                let what = format!("{} is no number of variants", quoted(&text));
                self.error(part, row, &what, "write a whole number, such as 1");
                continue;
            };
            let own = self.read.choices[at].own.get_or_insert_default();
            let limit = if part == Part::Min { &mut own.min } else { &mut own.max };
            if limit.is_some_and(|other| other != number) {
                self.error(part, row, "another row of this choice has another number", "write it in one row only");
                continue;
            }
            *limit = Some(number);
            let (min, max) = (own.min, own.max);
            self.read.choices[at].limits = Some(Limits { min: min.unwrap_or(0), max });
        }
    }

    fn add(&mut self, at: usize, name: String, row: &Row) {
        let id = Some(self.columns.text(row, Part::VariantId)).filter(|id| !id.is_empty());
        if let Some(id) = &id
            && !self.read.ids.insert(id.clone())
        {
            let what = format!("the id {} stands there twice", quoted(id));
            return self.error(Part::VariantId, row, &what, "give each variant an id of its own");
        }
        let choice = &mut self.read.choices[at];
        if choice.variants.len() > MOST_VARIANTS {
            return;
        }
        if choice.variants.iter().any(|other| same_text(&other.name, &name)) {
            let what = format!("{} has the variant {} twice", quoted(&choice.name), quoted(&name));
            return self.error(Part::Variant, row, &what, "give each a name of its own");
        }
        let cell = (self.columns.at(Part::Variant).unwrap_or_default(), row.number);
        choice.variants.push(ListedVariant { name, price: 0 });
        choice.own.get_or_insert_default().variants.push(OwnVariant { id, cell });
        if let Some(price) = self.columns.at(Part::Price).map(|at| row.cell(at)).filter(|cell| !cell.is_empty()) {
            self.read.prices.push((at, choice.variants.len() - 1, price.clone(), row.number));
        }
    }

    /// Reads the prices beside each other. A variant without one costs nothing more.
    fn prices(&mut self) {
        let Some(column) = self.columns.titles.iter().find(|(.., part)| *part == Some(Part::Price)) else { return };
        let prices = std::mem::take(&mut self.read.prices);
        let cells: Vec<&Cell> = prices.iter().map(|(_, _, cell, _)| cell).collect();
        for (price, (choice, variant, cell, row)) in
            read_prices(&cells, says_rupiah(&column.1)).into_iter().zip(&prices)
        {
            match price {
                Ok(price) => self.read.choices[*choice].variants[*variant].price = price,
                Err((why, help)) => {
                    let what = format!("{}: {why}", quoted(&cell.text()));
                    self.errors.push(self.sheet.error(Some((column.0, *row)), &what, help));
                }
            }
        }
    }
}

/// Gives the dishes the choices that their cells name.
pub(super) fn assign(
    sheet: &Worksheet,
    header: &Header,
    dishes: &[Dish],
    of: &Worksheet,
    choices: &mut [Choice],
) -> Result<(), Vec<Diagnostic>> {
    let by_name: HashMap<String, usize> =
        choices.iter().enumerate().map(|(at, choice)| (normalise_text(&choice.name).into_owned(), at)).collect();
    let find = |name: &str| by_name.get(normalise_text(&one_line(name)).as_ref()).copied();
    let mut errors = Vec::new();
    for column in header.choices().filter(|column| column.choice().1.is_some()) {
        let what = "limits in this header are not taken, as choices have a sheet of their own";
        let help = "write them into the columns `Min` and `Max` of that sheet";
        errors.push(sheet.error(Some((column.at, sheet.rows[header.row].number)), what, help));
    }
    for (position, dish) in dishes.iter().enumerate() {
        let row = sheet.rows.binary_search_by_key(&dish.row, |row| row.number).ok().map(|at| &sheet.rows[at]);
        let cells = header.choices().filter_map(|column| Some((column.at, row?.cell(column.at).text())));
        for (column, text) in cells.filter(|(_, text)| !["", "-", "–", "—"].contains(&text.as_str())) {
            let names = match find(&text) {
                Some(_) => Ok(vec![text.as_str()]),
                None => parts(&text, text.contains([';', '\n', '\r'])),
            };
            let mut fault = |what: &str, help: &str| errors.push(sheet.error(Some((column, dish.row)), what, help));
            match names {
                Err((why, _)) => fault(&why, "separate the names of choices with `;`"),
                Ok(names) => names.into_iter().for_each(|name| match find(name) {
                    None => fault(&format!("{} is no choice of {}", quoted(name), of.title()), &known(choices)),
                    Some(at) if choices[at].dishes.last() == Some(&position) => {}
                    Some(at) => choices[at].dishes.push(position),
                }),
            }
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn known(choices: &[Choice]) -> String {
    let more = choices.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let names: Vec<String> = choices.iter().take(MOST_NAMED).map(|choice| quoted(&choice.name)).collect();
    format!("write names of its choices, which are {}{more}, or add it to that sheet", names.join(", "))
}
