//! Which column is what: by its header, in English and Indonesian, or as `--map` says.

use std::str::FromStr;

use super::{
    SheetError,
    grid::{Cell, Row, Worksheet, column_name, column_of, quoted},
};

/// How many rows may stand before the headers (our choice).
pub(super) const MOST_TITLES: usize = 30;

/// What a column of a sheet is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SheetField {
    /// The dish's name.
    Name,
    /// Its price.
    Price,
    /// The heading that it stands under.
    Menu,
    /// Its description.
    Description,
    /// The address of its photo.
    Image,
    /// Its id.
    Id,
    /// Whether it is on sale: told and not taken.
    Stock,
    /// What customers choose with it; the one field that several columns may be about.
    Choice,
    /// Not to be taken, by `--map`.
    Ignored,
}

/// The headers that are known, in lower case and without signs.
const HEADERS: [(SheetField, &[&str]); 8] = [
    (
        SheetField::Name,
        &[
            "name",
            "nama",
            "nama menu",
            "nama item",
            "nama produk",
            "nama makanan",
            "nama masakan",
            "nama hidangan",
            "item",
            "item name",
            "dish",
            "dish name",
            "product",
            "product name",
            "produk",
            "menu item",
            "hidangan",
            "masakan",
        ],
    ),
    (
        SheetField::Price,
        &["price", "harga", "harga jual", "harga satuan", "harga menu", "selling price", "unit price", "item price"],
    ),
    (
        SheetField::Menu,
        &[
            "menu",
            "category",
            "category name",
            "kategori",
            "nama kategori",
            "kategori menu",
            "kelompok",
            "jenis",
            "section",
            "menu section",
            "group",
        ],
    ),
    (
        SheetField::Description,
        &["description", "deskripsi", "keterangan", "deskripsi menu", "penjelasan", "item description"],
    ),
    (
        SheetField::Image,
        &[
            "image",
            "image url",
            "image link",
            "photo",
            "photo url",
            "picture",
            "foto",
            "gambar",
            "foto url",
            "url foto",
            "link foto",
            "url gambar",
            "link gambar",
        ],
    ),
    (
        SheetField::Id,
        &[
            "external id",
            "id",
            "sku",
            "kode",
            "code",
            "plu",
            "kode menu",
            "kode item",
            "kode produk",
            "item code",
            "item id",
        ],
    ),
    (
        SheetField::Stock,
        &["stock", "in stock", "stok", "tersedia", "ketersediaan", "available", "availability", "status"],
    ),
    (
        SheetField::Choice,
        &[
            "choice",
            "choices",
            "variant",
            "variants",
            "varian",
            "pilihan",
            "opsi",
            "option",
            "options",
            "topping",
            "toppings",
            "modifier",
            "modifiers",
            "add on",
            "add ons",
            "level",
            "level pedas",
            "tingkat pedas",
            "ukuran",
            "size",
            "sizes",
            "tambahan",
            "extra",
            "extras",
        ],
    ),
];

impl SheetField {
    /// The word for it in files and in `--map`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Price => "price",
            Self::Menu => "menu",
            Self::Description => "description",
            Self::Image => "image",
            Self::Id => "external_id",
            Self::Stock => "stock",
            Self::Choice => "choice",
            Self::Ignored => "ignore",
        }
    }

    pub(super) fn is_taken(self) -> bool {
        !matches!(self, Self::Stock | Self::Ignored)
    }
}

/// `COLUMN=FIELD` of `--map`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnMap {
    /// A header, or the letters of a column.
    pub column: String,
    /// What it is.
    pub field: SheetField,
}

impl FromStr for ColumnMap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fields = "name, price, menu, description, image, external_id, choice, ignore";
        let Some((column, field)) = text.rsplit_once('=').filter(|(column, _)| !column.trim().is_empty()) else {
            return Err(format!("write COLUMN=FIELD, such as `Harga GoFood=price`; fields are {fields}"));
        };
        let field = field.trim().to_lowercase();
        let known = HEADERS.iter().map(|(field, _)| *field).chain([SheetField::Ignored]);
        let field = known.into_iter().find(|known| known.word() == field && (known.is_taken() || field == "ignore"));
        let field = field.ok_or_else(|| format!("fields are {fields}"))?;
        Ok(Self { column: column.trim().to_owned(), field })
    }
}

impl ColumnMap {
    /// Whether it names this column by its header.
    fn is_by_header(&self, title: &str) -> bool {
        plain(&self.column) == plain(title) && !plain(title).is_empty()
    }
}

/// One column that has a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) at: usize,
    pub(super) title: String,
    pub(super) field: Option<SheetField>,
}

/// How many variants a customer picks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) min: u32,
    /// `None`: all of them.
    pub(super) max: Option<u32>,
}

impl Column {
    /// Whether its header says that its numbers are rupiah.
    pub(super) fn says_rupiah(&self) -> bool {
        says_rupiah(&self.title)
    }

    /// The name of the choice that its header is, and the limits that stand behind it: `Topping (0-3)`.
    pub(super) fn choice(&self) -> (String, Option<Limits>) {
        let (title, limits) = without_limits(&self.title);
        let is_name = |word: &&str| !is_no_name(&plain(word));
        let name = title.split_whitespace().filter(is_name).collect::<Vec<_>>().join(" ");
        (if name.is_empty() { title.to_owned() } else { name }, limits)
    }

    /// What a column of choices is taken for.
    fn choice_line(&self) -> String {
        let (name, limits) = self.choice();
        let limits = match limits {
            None => format!(
                "from none to all to be chosen of a new one; `{name} (1)` or `{name} (0-3)` in the header says how many"
            ),
            Some(Limits { min, max: Some(max) }) if min == max => format!("{min} to be chosen"),
            Some(Limits { min, max: Some(max) }) => format!("{min} to {max} to be chosen"),
            Some(Limits { min, max: None }) => format!("{min} or more to be chosen"),
        };
        format!("choice {}, {limits}", quoted(&name))
    }
}

/// The row of headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// Its position among the rows.
    pub(super) row: usize,
    pub(super) columns: Vec<Column>,
    /// Whether the header of the price says rupiah.
    pub(super) says_rupiah: bool,
}

impl Header {
    /// How many columns are known.
    pub(super) fn known(&self) -> usize {
        self.columns.iter().filter(|column| column.field.is_some()).count()
    }

    /// The column of a field.
    pub(super) fn column(&self, field: SheetField) -> Option<usize> {
        self.columns.iter().find(|column| column.field == Some(field)).map(|column| column.at)
    }

    /// The columns of choices.
    pub(super) fn choices(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.field == Some(SheetField::Choice))
    }

    /// A line for each column: what it is taken for. `names_choices`: choices have a sheet of their own.
    pub(super) fn lines(&self, names_choices: bool) -> Vec<String> {
        let said = |column: &Column| match column.field {
            Some(SheetField::Stock) => {
                "not taken: stock is the kitchen's; `in_stock: false` in the file takes a dish off sale".to_owned()
            }
            Some(SheetField::Choice) if names_choices => "names of choices, which have a sheet of their own".to_owned(),
            Some(SheetField::Choice) => column.choice_line(),
            Some(SheetField::Ignored) => "not taken, as --map says".to_owned(),
            Some(field) => field.word().to_owned(),
            None => format!("not taken: an unknown header; `--map {}=FIELD` says what it is", column_name(column.at)),
        };
        let line = |column: &Column| format!("{} {} → {}", column_name(column.at), quoted(&column.title), said(column));
        self.columns.iter().map(line).collect()
    }

    /// Whether a later row repeats the headers, as at the top of a printed page.
    pub(super) fn is_repeated_by(&self, row: &Row) -> bool {
        let is_same = |column: &Column| plain(&row.cell(column.at).text()) == plain(&column.title);
        self.columns.iter().all(is_same)
    }
}

/// The headers of a sheet, each field once.
pub(super) fn columns(sheet: &Worksheet, maps: &[ColumnMap]) -> Result<Header, SheetError> {
    let Some(header) = find_header(&sheet.rows, maps) else {
        let shown: Vec<String> = sheet
            .rows
            .iter()
            .take(3)
            .filter_map(|row| row.cells.iter().find(|c| !c.is_empty()))
            .map(|cell| quoted(&cell.text()))
            .collect();
        let begins =
            if shown.is_empty() { "it is empty".to_owned() } else { format!("it begins with {}", shown.join(", ")) };
        let message = format!("no row has a header for the name of a dish and one for its price; {begins}");
        let help = "name these columns `Nama` and `Harga` (or `Name` and `Price`), or say which they are: --map B=name --map C=price";
        return Err(SheetError::Invalid(vec![sheet.error(None, &message, help)]));
    };
    for map in maps {
        if !header.columns.iter().any(|column| map.is_by_header(&column.title))
            && column_of(&map.column).is_none_or(|at| !header.columns.iter().any(|column| column.at == at))
        {
            let known: Vec<String> = header.columns.iter().map(|column| quoted(&column.title)).collect();
            return Err(SheetError::Usage(format!(
                "--map names a column {} that {} does not have; its columns are {}",
                quoted(&map.column),
                sheet.title(),
                known.join(", ")
            )));
        }
    }
    check_unique(sheet, &header)?;
    Ok(header)
}

/// Refuses two columns for one field, and two choices of one name.
fn check_unique(sheet: &Worksheet, header: &Header) -> Result<(), SheetError> {
    let row = sheet.rows[header.row].number;
    let mut first: Vec<((SheetField, String), &Column)> = Vec::new();
    for column in &header.columns {
        let Some(field) = column.field.filter(|field| field.is_taken()) else { continue };
        let name = if field == SheetField::Choice { plain(&column.choice().0) } else { String::new() };
        let key = (field, name);
        let Some((_, other)) = first.iter().find(|(known, _)| *known == key) else {
            first.push((key, column));
            continue;
        };
        let [one, two] = [other, column].map(|column| format!("{} {}", column_name(column.at), quoted(&column.title)));
        let message = format!("the columns {one} and {two} could both be the {}", field.word());
        let help = match field {
            SheetField::Choice => {
                format!("give each a name of its own, or leave one out: --map {}=ignore", column_name(column.at))
            }
            _ => format!("say which: --map {}={}", column_name(column.at), field.word()),
        };
        return Err(SheetError::Invalid(vec![sheet.error(Some((column.at, row)), &message, &help)]));
    }
    Ok(())
}

/// The first row that has a column for names and one for prices.
pub(super) fn find_header(rows: &[Row], maps: &[ColumnMap]) -> Option<Header> {
    let headers = rows.iter().enumerate().take(MOST_TITLES).filter(|(_, row)| !row.hidden);
    let mut headers = headers.map(|(at, row)| header_of(at, row, maps));
    headers.find(|header| [SheetField::Name, SheetField::Price].iter().all(|field| header.column(*field).is_some()))
}

fn header_of(at: usize, row: &Row, maps: &[ColumnMap]) -> Header {
    let titles: Vec<(usize, String)> = row
        .filled()
        .into_iter()
        .filter(|column| matches!(row.cell(*column), Cell::Text(_)))
        .map(|column| (column, row.cell(column).text()))
        .collect();
    let by_header = |map: &&ColumnMap| titles.iter().any(|(_, title)| map.is_by_header(title));
    let mapped = |column: usize, title: &str| {
        let by_title = maps.iter().find(|map| map.is_by_header(title));
        by_title.or_else(|| maps.iter().find(|map| !by_header(map) && column_of(&map.column) == Some(column)))
    };
    let is_given =
        |field: SheetField| titles.iter().any(|(at, title)| mapped(*at, title).is_some_and(|map| map.field == field));
    let mut says_rupiah = false;
    let mut columns: Vec<Column> = titles
        .iter()
        .map(|(column, title)| {
            let map = mapped(*column, title);
            let recognised = recognise(title).filter(|field| *field == SheetField::Choice || !is_given(*field));
            let field = map.map(|map| map.field).or(recognised);
            let column = Column { at: *column, title: title.clone(), field };
            says_rupiah |= field == Some(SheetField::Price) && column.says_rupiah();
            column
        })
        .collect();
    // `Menu, Harga` is how many write it: the menu is the dish.
    let has_name = columns.iter().any(|column| column.field == Some(SheetField::Name));
    let is_mapped = |column: &Column| mapped(column.at, &column.title).is_some();
    let menu = columns.iter_mut().find(|column| plain(&column.title) == "menu" && !is_mapped(column));
    if let (false, Some(menu)) = (has_name, menu) {
        menu.field = Some(SheetField::Name);
    }
    Header { row: at, columns, says_rupiah }
}

const CURRENCY: [&str; 3] = ["rp", "idr", "rupiah"];

/// Whether a header says that its numbers are rupiah.
pub(super) fn says_rupiah(title: &str) -> bool {
    plain(title).split(' ').any(|word| CURRENCY.contains(&word))
}

/// What a header says by itself. `Harga (Rp)` and `Harga GoFood` are prices, `Harga (ribu)` is not: nothing says what its
/// numbers are.
fn recognise(title: &str) -> Option<SheetField> {
    let (name, limits) = without_limits(title);
    let essence = essence(name);
    let known = HEADERS.iter().find(|(_, headers)| headers.contains(&essence.as_str())).map(|(field, _)| *field);
    known.filter(|field| limits.is_none() || *field == SheetField::Choice)
}

/// What a header is about, in lower case and without signs.
pub(super) fn essence(title: &str) -> String {
    let plain = plain(title);
    plain.split(' ').filter(|word| !is_no_name(word)).collect::<Vec<_>>().join(" ")
}

/// Whether a word of a header says where its values hold, and not what they are.
fn is_no_name(word: &str) -> bool {
    CURRENCY.contains(&word) || word == "gofood"
}

/// A header and the limits in brackets behind it: `(1)`, `(0-3)`, `(pilih 1)`, `(max 2)`, `(min 1)`.
fn without_limits(title: &str) -> (&str, Option<Limits>) {
    let title = title.trim();
    let inner = title.strip_suffix(')').and_then(|title| title.rsplit_once('('));
    let limits = inner.and_then(|(name, limits)| Some((name.trim(), limits_of(limits)?)));
    limits.filter(|(name, _)| !name.is_empty()).map_or((title, None), |(name, limits)| (name, Some(limits)))
}

fn limits_of(text: &str) -> Option<Limits> {
    let text = text.trim().to_lowercase();
    let number = |text: &str| text.trim().parse::<u32>().ok().filter(|_| text.trim().len() <= 3);
    if let Some((min, max)) = text.split_once(['-', '–']) {
        return Some(Limits { min: number(min)?, max: Some(number(max)?) });
    }
    let words = text.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches([' ', '.', ':']);
    let count = number(text.strip_prefix(words)?.trim_start_matches([' ', '.', ':']))?;
    match words {
        "" | "pilih" | "pick" | "choose" | "select" => Some(Limits { min: count, max: Some(count) }),
        "max" | "maks" | "maksimal" | "maximum" | "pilih maks" | "up to" => Some(Limits { min: 0, max: Some(count) }),
        "min" | "minimal" | "minimum" | "pilih min" | "at least" => Some(Limits { min: count, max: None }),
        _ => None,
    }
}

/// In lower case, signs as spaces, spaces once.
pub(super) fn plain(title: &str) -> String {
    let letters: String = title.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    letters.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}
