//! Which column is what: by its header, in English and Indonesian, or as `--map` says.

use std::str::FromStr;

use super::{
    SheetError,
    grid::{Cell, Row, Worksheet, column_name, column_of, quoted},
};

/// How many rows may stand before the headers (our choice).
const MOST_TITLES: usize = 30;

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
    /// What customers choose: told and not taken.
    Choices,
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
        SheetField::Choices,
        &[
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
            Self::Choices => "choices",
            Self::Ignored => "ignore",
        }
    }

    pub(super) fn is_taken(self) -> bool {
        !matches!(self, Self::Stock | Self::Choices | Self::Ignored)
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
        let fields = "name, price, menu, description, image, external_id, ignore";
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

    /// A line for each column: what it is taken for.
    pub(super) fn lines(&self) -> Vec<String> {
        let said = |column: &Column| match column.field {
            Some(SheetField::Stock) => {
                "not taken: stock is the kitchen's; `in_stock: false` in the file takes a dish off sale".to_owned()
            }
            Some(SheetField::Choices) => {
                "not taken: write choices into the file, under `variant_categories`".to_owned()
            }
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
    let row = sheet.rows[header.row].number;
    for (field, _) in HEADERS.iter().filter(|(field, _)| field.is_taken()) {
        let same: Vec<&Column> = header.columns.iter().filter(|column| column.field == Some(*field)).collect();
        if let [first, second, ..] = same[..] {
            let [one, other] =
                [first, second].map(|column| format!("{} {}", column_name(column.at), quoted(&column.title)));
            let message = format!("the columns {one} and {other} could both be the {}", field.word());
            let help = format!("say which: --map {}={}", column_name(second.at), field.word());
            return Err(SheetError::Invalid(vec![sheet.error(Some((second.at, row)), &message, &help)]));
        }
    }
    Ok(header)
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
            let recognised = recognise(title).filter(|field| !is_given(*field));
            let field = map.map(|map| map.field).or(recognised);
            says_rupiah |= field == Some(SheetField::Price) && has_word(title, &CURRENCY);
            Column { at: *column, title: title.clone(), field }
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

fn has_word(title: &str, words: &[&str]) -> bool {
    plain(title).split(' ').any(|word| words.contains(&word))
}

/// What a header says by itself. `Harga (Rp)` and `Harga GoFood` are prices, `Harga (ribu)` is not: nothing says what its
/// numbers are.
fn recognise(title: &str) -> Option<SheetField> {
    let plain = plain(title);
    let words = plain.split(' ').filter(|word| !CURRENCY.contains(word) && *word != "gofood");
    let essence = words.collect::<Vec<_>>().join(" ");
    HEADERS.iter().find(|(_, headers)| headers.contains(&essence.as_str())).map(|(field, _)| *field)
}

/// In lower case, signs as spaces, spaces once.
fn plain(title: &str) -> String {
    let letters: String = title.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    letters.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}
