use super::{grid::column_name, *};
use crate::{
    authoring::{EditStyle, merge},
    catalog::{OutletId, Variant, VariantCategory},
    definition::{self, ImageFile},
    document::SourceFile,
    policy::Policy,
};

/// What is made of a CSV, as people and files get it.
fn shown(csv: &str, maps: &[&str]) -> String {
    shown_beside(csv, maps, &Catalog::default())
}

fn shown_beside(csv: &str, maps: &[&str], known: &Catalog) -> String {
    let maps: Vec<ColumnMap> = maps.iter().map(|map| map.parse().unwrap()).collect();
    let read = read_csv("menu.csv", csv.as_bytes(), &maps).map_err(SheetError::Invalid);
    match read.and_then(|sheet| Ok((read_sheet(&sheet, None, &maps, known)?, sheet))) {
        Ok((menu, sheet)) => {
            let lines = [&menu.mapping[..], &menu.told].concat();
            format!("{}\n---\n{}", lines.join("\n"), menu.layer_text(&sheet))
        }
        Err(SheetError::Usage(message)) => format!("usage: {message}"),
        Err(SheetError::Invalid(errors)) => {
            let line =
                |error: &Diagnostic| format!("{}\n  {}", error.message, error.help.as_deref().unwrap_or_default());
            errors.iter().map(line).collect::<Vec<_>>().join("\n")
        }
    }
}

#[test]
fn a_sheet_becomes_a_layer_and_says_what_was_taken_for_what() {
    let csv = "Daftar Menu Warung;;;;;;\n;;;;;;\nNo;Nama Menu;Kategori;Harga (Rp);Keterangan;Stok;HPP\n\
               1;Nasi Goreng;Makanan;25.000;\"Pedas, dengan telur\";ada;9.000\n2;Mie Goreng;;Rp 22rb;;habis;8.000\n\
               No;Nama Menu;Kategori;Harga (Rp);Keterangan;Stok;HPP\n;;Minuman;;;;\n3;Es  Teh;;5000;=cmd|' /C calc'!A0;ada;1.000\n\
               4;Es Teh;Makanan;6000;\"#a: {b}\u{1b}[31m\";ada;\nTotal;;;58.000;;;\n;;;;;;\n* harga termasuk pajak;;;;;;\n";
    insta::assert_snapshot!(shown(csv, &[]));
}

#[test]
fn headings_between_dishes_are_menus() {
    insta::assert_snapshot!(shown(
        "MENU,HARGA,FOTO\nMAKANAN\nSoto,18000,https://a.example/soto.jpg\nMINUMAN\nKopi,9000,kopi.jpg\nTerima kasih\n",
        &[]
    ));
}

#[test]
fn columns_are_named_by_map() {
    let csv = "Hidangan apa,Harga dine-in,Harga,GoFood,Kode\nSoto,18000,19000,21000,S1\nKopi,9000,9500,11000,\n";
    let told = [
        shown(csv, &[]),
        shown(csv, &["A=name", "GoFood=price"]),
        shown(csv, &["Hidangan apa=name"]),
        shown(csv, &["Z=name", "B=price"]),
        shown("Nama,Harga,Harga GoFood\nSoto,1,2\n", &[]),
        format!("{:?}", "Harga=cost".parse::<ColumnMap>()),
        format!("{:?}", "Harga".parse::<ColumnMap>()),
    ];
    insta::assert_snapshot!(told.join("\n\n"));
}

#[test]
fn what_cannot_be_read_is_named_with_its_cell() {
    let tried = [
        "",
        "Nama,Harga\n",
        "Soto,18000\nKopi,9000\n",
        "Nama,Harga (ribu)\nSoto,18\n",
        "Nama,Harga,Kategori\nSoto,25.000,\nKopi,\"9,000\",Minuman\n,8000,Minuman\nTeh,,Minuman\nRoti,18,Makanan\nSusu,7000,Minuman",
        "Kode,Nama,Harga\nA,Soto,18000\nA,Kopi,9000\n",
    ];
    insta::assert_snapshot!(tried.map(|csv| shown(csv, &[])).join("\n\n"));
}

/// The menu of a CSV beside what is known.
fn menu_of(csv: &str, known: &Catalog) -> SheetMenu {
    read_sheet(&read_csv("menu.csv", csv.as_bytes(), &[]).unwrap(), None, &[], known).unwrap()
}

#[test]
fn ids_stay_when_the_sheet_is_imported_again() {
    let first = menu_of("Kategori,Nama,Harga\nMakanan,Soto,18000\nMinuman,Teh,5000\n", &Catalog::default());
    let again = menu_of("Kategori,Nama,Harga\nEs,Teh,6000\nMinuman,Teh,5500\nMinuman,Kopi,9000\n", &first.catalog);
    let ids: Vec<&str> = again.catalog.items().map(|(_, item)| item.external_id.as_str()).collect();
    assert_eq!(ids, ["ES-TEH", "TEH", "KOPI"]);
    let changes = sheet_changes(&first.catalog, &again);
    insta::assert_snapshot!([changes.lines, changes.left].concat().join("\n"));
    assert!(sheet_changes(&first.catalog, &first).steps.is_empty());
    let moved = menu_of("Nama,Harga\nEs\nTeh,5000\nLain\nSoto,18000\nSoto,9000\n", &first.catalog);
    let ids: Vec<&str> = moved.catalog.items().map(|(_, item)| item.external_id.as_str()).collect();
    assert_eq!(ids, ["TEH", "LAIN-SOTO", "LAIN-SOTO-2"], "one of two is not guessed");
    insta::assert_snapshot!(sheet_changes(&first.catalog, &moved).lines.join("\n"));
    assert_eq!(unlike_sheet(&first.catalog, &Catalog::default(), &first), None);
    assert_eq!(unlike_sheet(&first.catalog, &first.catalog, &again).as_deref(), Some("ES-TEH would be missing"));
}

#[test]
fn columns_of_choices_become_choices() {
    let shared = "Nama;Harga;Level (1);Topping (0-3);Ukuran (Rp)\n\
                  Bakso;18000;Tidak pedas, Pedas +1.000;Keju +5.000, Telur (Rp 4rb);\n\
                  Mie;15000;Tidak pedas, Pedas +1.000;Telur (Rp 4rb);Biasa, Jumbo +500\nTeh;5000;-;;\n";
    let tried = [
        shown(shared, &[]),
        shown("Nama,Harga,Apa saja (max 2),Isi\nRoti,9000,\"Keju +5000, Susu\",3\n", &["Apa saja (max 2)=choice"]),
        shown("Nama,Harga,Topping,Topping GoFood\nRoti,9000,Keju,Susu\n", &[]),
        shown(
            "Nama,Harga,Topping\nRoti,9000,\"Keju +5.000\nSusu +5,000\"\nKue,8000,Susu 3rb\n,,Madu\n,,\nTeh,5000,Es +500\n",
            &[],
        ),
        shown("Nama,Harga,Varian 素\nRoti,9000,素;菜\nBakso,9000,菜\n", &["C=choice"]),
    ];
    insta::assert_snapshot!(tried.join("\n\n"));
}

/// One sheet of a workbook.
fn sheet_of(name: &str, rows: &str) -> Worksheet {
    let sheet = read_csv("buku.xlsx", format!("sep=;\n{rows}").as_bytes(), &[]).unwrap();
    Worksheet { name: Some(name.to_owned()), remarks: Vec::new(), ..sheet }
}

/// What is made of a sheet of dishes and one of choices.
fn book(dishes: &str, choices: &str, known: &Catalog) -> Result<SheetMenu, String> {
    let (dishes, choices) = (sheet_of("Menu", dishes), sheet_of("Pilihan", choices));
    read_sheet(&dishes, Some(&choices), &[], known).map_err(|error| match error {
        SheetError::Usage(message) => message,
        SheetError::Invalid(errors) => {
            let errors =
                errors.iter().map(|error| format!("{}\n  {}", error.message, error.help.clone().unwrap_or_default()));
            errors.collect::<Vec<_>>().join("\n")
        }
    })
}

const DISHES: &str = "Nama;Harga;Pilihan\nBakso;18000;Level, Topping\nRoti;9000;Topping; \nTeh;5000;-\n";

#[test]
fn a_sheet_of_choices_gives_dishes_the_choices_that_they_name() {
    let choices = "Pilihan kami\nPilihan;Varian;Harga tambahan;Min;Maks;Kode varian;Catatan\n\
                   Level;Tidak pedas;;1;1;LV-0;x\n;Pedas;Rp 1.000;;;LV-1;\nTopping;Keju;5.000;;2;;\n\
                   Pilihan;Varian;Harga tambahan;Min;Maks;Kode varian;Catatan\n;Susu;0;;;;\nTopping;Madu;3rb;0;;;\n;;;;;;akhir\n";
    let menu = book(DISHES, choices, &Catalog::default()).unwrap();
    let (title, lines) = menu.choice_sheet.clone().unwrap();
    let lines = [vec![title], lines, menu.mapping.clone(), menu.told.clone()].concat().join("\n");
    let text = menu.layer_text(&sheet_of("Menu", DISHES));
    insta::assert_snapshot!(format!("{lines}\n---\n{text}"));
    let layer = read_back(&text);
    assert_eq!(unlike_sheet(&layer, &Catalog::default(), &menu), None);
    assert!(sheet_changes(&layer, &book(DISHES, choices, &layer).unwrap()).steps.is_empty());

    let changed =
        choices.replace("Rp 1.000", "Rp 2.000").replace("Tidak pedas", "Aman").replace(";Susu;0;", ";Kacang;0;");
    let changes = sheet_changes(&layer, &book(DISHES, &changed, &layer).unwrap());
    insta::assert_snapshot!("sheet_of_choices_changed", [changes.lines, changes.left].concat().join("\n"));
    let rekeyed = book(DISHES, &choices.replace("LV-0", "LV-9"), &layer).unwrap_err();
    assert!(rekeyed.contains("cell B3: `Tidak pedas` has the id LV-9, and LV-0 in the file"), "{rekeyed}");
}

#[test]
fn what_a_sheet_of_choices_gets_wrong_is_named_with_its_cell() {
    let choices = "Pilihan;Varian;Harga;Min;Max;Kode pilihan;Kode varian\n";
    let wrong = "Level;Pedas;1.000;x;1;L;A\nLevel;Pedas;1,000;;2;K;B\nLevel;;;;;;\nTopping;Keju;18;;;L;A\n\
                 Saus;Manis;18;0;;;\nSaus;Asin;1.000;1;;;\nSaus;Asam;1,000;-1;;;\n";
    let many: String = (0..101).map(|at| format!("Level;V{at};;;;;\n")).collect();
    let tried = [
        book(DISHES, &format!("{choices};Keju;;;;;\n"), &Catalog::default()),
        book(DISHES, &format!("{choices}{wrong}"), &Catalog::default()),
        book(DISHES, &format!("{choices}Level;Pedas;;;;;\n"), &Catalog::default()),
        book("Nama;Harga;Topping (1)\nRoti;9000;Level\n", &format!("{choices}Level;Pedas;;;;;\n"), &Catalog::default()),
        book(DISHES, &format!("{choices}{many}"), &Catalog::default()),
        book(DISHES, "Pilihan;Varian;Opsi\nLevel;Pedas;\n", &Catalog::default()),
        book(DISHES, "Nama;Harga\nRoti;9000\n", &Catalog::default()),
        Err(shown("Pilihan,Varian,Harga\nTopping,Keju,5000\n", &[])),
    ];
    insta::assert_snapshot!(
        tried.map(|tried| tried.map(|menu| format!("{:?}", menu.told)).unwrap_or_else(|why| why)).join("\n\n")
    );
}

#[test]
fn too_many_choices_are_refused() {
    let rows: String = (0..501).map(|row| format!("Roti {row},9000,V{row}\n")).collect();
    assert!(shown(&format!("Nama,Harga,Topping\n{rows}"), &[]).contains("more than 500 different lists"));
}

#[test]
fn choices_keep_their_ids_and_what_was_written_by_hand() {
    let first =
        menu_of("Nama;Harga;Topping\nRoti;9000;Keju +5000, Susu\nKue;8000;Keju +5000, Susu\n", &Catalog::default());
    let mut layer = first.catalog.clone();
    assert!(
        sheet_changes(
            &layer,
            &menu_of("Nama;Harga;Topping\nKue;8000;Keju +5000, Susu\nRoti;9000;Keju +5000, Susu\n", &layer)
        )
        .steps
        .is_empty()
    );
    let by_hand =
        VariantCategory { external_id: "OWN".into(), name: Field::Set("Gula".into()), ..VariantCategory::default() };
    layer.variant_categories.push(by_hand);
    layer.variant_categories[0].variants[1].in_stock = Field::Set(false);
    let item = &mut layer.menus[0].menu_items[0];
    item.variant_category_external_ids = Field::Set(vec!["OWN".into(), "VC-TOPPING".into()]);
    let mut other = layer.menus[0].menu_items[1].clone();
    other.external_id = "TART".into();
    layer.menus[0].menu_items.push(other);
    let told = |csv: &str| {
        let menu = menu_of(csv, &layer);
        let changes = sheet_changes(&layer, &menu);
        format!("{}\n  {:?}\n", [changes.lines, changes.left].concat().join("\n"), changes.steps)
    };
    insta::assert_snapshot!(
        [
            told("Nama;Harga;Topping\nRoti;9000;Keju +6000, Madu\nKue;8000;Keju +6000, Madu\n"),
            told("Nama;Harga;Topping (1)\nRoti;9000;Keju +5000, Madu\nKue;8000;Keju +5000, Susu\n"),
            told("Nama;Harga;Topping\nRoti;9000;Keju +5000, Susu\nLapis;8000;Susu +1000\n"),
            told("Nama;Harga;Topping\nRoti;9000;\nKue;8000;Susu\n"),
            told("Nama;Harga\nRoti;9000\nKue;8000\n"),
        ]
        .join("\n")
    );
}

#[test]
fn names_of_columns_are_those_of_spreadsheets() {
    for (at, name) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")] {
        assert_eq!((column_name(at).as_str(), column_of(name)), (name, Some(at)));
    }
    assert_eq!([column_of("A1"), column_of(""), column_of("ABCD")], [None; 3]);
}

/// What a layer of this text gives to an outlet that extends it.
fn read_back(layer: &str) -> Catalog {
    let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
    let files = [file("a.yaml", layer), file("b.yaml", "outlet: G1\nextends: [a.yaml]\n")];
    let outlet = OutletId("G1".to_owned());
    let at = jiff::Timestamp::UNIX_EPOCH;
    let composed = definition::parse(&files).compose(&outlet, at, &Policy::default(), &ImageFile::no_address);
    assert_eq!(composed.diagnostics, [], "{layer}");
    composed.catalog
}

#[test]
fn whatever_the_cells_say_the_layer_says_it() {
    let texts = [
        "Nasi",
        "no",
        "1e3",
        "=cmd|'/C calc'!A0",
        "a: b #c",
        "- x",
        "{{x}}",
        "'\"",
        "é\u{301}\u{202e}",
        "\u{1b}[31m",
        "😀",
        "&amp;",
        "*a",
        "…",
    ];
    for seed in 0..300 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut text = |lines: bool| {
            let words: Vec<&str> = (0..random.usize(1..4)).map(|_| texts[random.usize(0..texts.len())]).collect();
            words.join(if lines { "\n" } else { " " })
        };
        let cell = |text: String| Cell::Text(text);
        let mut rows = vec![Row {
            number: 1,
            hidden: false,
            cells: ["Nama", "Harga", "Kategori", "Deskripsi", "Topping", "Saus=x (1-2)"]
                .map(|t| cell(t.to_owned()))
                .to_vec(),
        }];
        let mut dice = fastrand::Rng::with_seed(seed + 1_000);
        let maps = ["Saus=x (1-2)=choice".parse().unwrap()];
        let mut wanted = Vec::new();
        for number in 2..8 {
            let (name, menu, description) = (text(false), text(false), text(true));
            let price = 1_000 + i64::try_from(number).unwrap() * 500;
            // Without what separates, and what may be a price.
            let lists = ["no", "1e3", "Nasi", "é\u{301}", "&lt", "*a"];
            let mut choices = || -> Vec<(String, i64)> {
                let mut names: Vec<String> = (0..dice.usize(0..3))
                    .map(|at| format!("{} {}", lists[dice.usize(0..6)], ["x", "y", "z"][at]))
                    .collect();
                names.dedup();
                names.into_iter().map(|name| (name, [0, 500, 2_000][dice.usize(0..3)])).collect()
            };
            let choices = [choices(), choices()];
            wanted.push((menu.clone(), name.clone(), price, description.clone(), choices.clone()));
            let listed = |list: &Vec<(String, i64)>| {
                let shown = |(name, price): &(String, i64)| match price {
                    0 => name.clone(),
                    price => format!("{name} +Rp {price}"),
                };
                cell(list.iter().map(shown).collect::<Vec<_>>().join("\n"))
            };
            rows.push(Row {
                number,
                hidden: false,
                cells: vec![
                    cell(name),
                    Cell::Number(price as f64),
                    cell(menu),
                    cell(description),
                    listed(&choices[0]),
                    listed(&choices[1]),
                ],
            });
        }
        let sheet = Worksheet { file: "a.xlsx".into(), name: Some("S\u{85}\n".into()), rows, remarks: Vec::new() };
        let menu = read_sheet(&sheet, None, &maps, &Catalog::default()).unwrap();
        let catalog = read_back(&menu.layer_text(&sheet));
        assert_eq!(unlike_sheet(&catalog, &Catalog::default(), &menu), None);
        let found: Vec<(&str, &Item)> = catalog.items().map(|(menu, item)| (menu.name.as_str(), item)).collect();
        assert_eq!(found.len(), wanted.len());
        for (of, name, price, description, choices) in wanted {
            let is_it = |(menu, item): &&(&str, &Item)| {
                choices_of(&catalog, item)
                    == choices.iter().filter(|list| !list.is_empty()).cloned().collect::<Vec<_>>()
                    && same_text(menu, &of)
                    && item.name.value() == Some(&name)
                    && item.price.value() == Some(&Price(price))
                    && item.description.value() == Some(&description)
            };
            assert!(found.iter().any(|found| is_it(&found)), "{seed}: {of} {name}");
        }
        assert!(
            sheet_changes(&catalog, &read_sheet(&sheet, None, &maps, &catalog).unwrap()).steps.is_empty(),
            "{seed}"
        );
    }
}

/// A few dishes with choices, in columns or by their names, and a sheet of choices.
fn random_book(dice: &mut fastrand::Rng) -> (Worksheet, Worksheet) {
    let mut list = |between: &str| -> String {
        let variants = ["Keju", "Susu", "Madu", "Gula"].iter().filter_map(|name| match dice.usize(0..5) {
            0 | 1 => None,
            2 => Some((*name).to_owned()),
            price => Some(format!("{name} +{}", price * 1_000)),
        });
        variants.collect::<Vec<_>>().join(between)
    };
    let lists: Vec<[String; 2]> = (0..5).map(|_| [list(", "), list("\n")]).collect();
    let mut columns = "Nama;Harga;Topping;Tambahan (0-2)\n".to_owned();
    let mut names = "Nama;Harga;Pilihan\n".to_owned();
    for dish in ["Roti", "Kue", "Donat", "Lapis", "Tart"] {
        if dish != "Tart" && dice.usize(0..4) == 0 {
            continue;
        }
        let [topping, extra] = [&lists[dice.usize(0..3)][0], &lists[dice.usize(0..5)][1]];
        columns.push_str(&format!("{dish};9000;{topping};\"{extra}\"\n"));
        names.push_str(&format!("{dish};9000;{}\n", ["", "Level", "Topping, Level", "Topping"][dice.usize(0..4)]));
    }
    let mut choices = "Pilihan;Varian;Harga;Maks\nLevel;Aman\nTopping;Es;0\n".to_owned();
    for variant in ["Pedas", "Gila", "Keju"] {
        let (of, price) = (["Level", "Topping"][dice.usize(0..2)], dice.usize(0..4) * 1_000);
        choices.push_str(&format!("{of};{variant};{price};{}\n", ["", "1"][dice.usize(0..2)]));
    }
    let dishes = if dice.bool() { columns } else { names };
    (sheet_of("Menu", &dishes), sheet_of("Pilihan", &choices))
}

#[test]
fn whatever_changes_the_layer_says_the_new_sheet_and_keeps_the_rest() {
    for seed in 0..60 {
        let mut dice = fastrand::Rng::with_seed(seed);
        let (mut text, mut layer) = (String::new(), Catalog::default());
        for round in 0..4 {
            let (dishes, choices) = random_book(&mut dice);
            let names_choices = dishes.rows[0].cells.len() == 3;
            let menu = read_sheet(&dishes, names_choices.then_some(&choices), &[], &layer).unwrap();
            let changes = sheet_changes(&layer, &menu);
            let comments = text.matches("# by hand").count();
            text = match round {
                0 => menu.layer_text(&dishes).replace("\n    variants:", "\n    variants: # by hand"),
                _ => {
                    let imported = Imported { catalog: menu.catalog.clone(), ..Imported::default() };
                    let file = SourceFile { path: "a.yaml".into(), text: text.as_str().into() };
                    merge(&file, &changes.steps, &layer, &imported, EditStyle::InPlace).unwrap()
                }
            };
            assert!(text.matches("# by hand").count() >= comments, "{seed}: a comment is gone");
            let written = read_back(&text);
            assert_eq!(unlike_sheet(&written, &layer, &menu), None, "{seed}, {round}: {text}");
            if !names_choices {
                dishes.rows[1..].iter().for_each(|row| assert_sold_with_its_choices(&written, row));
            }
            for (_, item) in layer.items() {
                assert!(written.item(&item.external_id).is_some(), "{seed}: a dish is gone");
            }
            for (_, variant) in layer.variants() {
                let is_it = |(_, other): (&VariantCategory, &Variant)| other.external_id == variant.external_id;
                assert!(written.variants().any(is_it), "{seed}: a variant is gone");
            }
            let again = read_sheet(&dishes, names_choices.then_some(&choices), &[], &written).unwrap();
            assert!(sheet_changes(&written, &again).steps.is_empty(), "{seed}, {round}: not settled");
            layer = written;
        }
    }
}

/// Whether customers of a dish find what its row lists, and for its price.
fn assert_sold_with_its_choices(catalog: &Catalog, row: &Row) {
    let name = row.cell(0).text();
    let (_, item) = catalog.items().find(|(_, item)| item.name.value() == Some(&name)).unwrap();
    let found: Vec<(String, i64)> = choices_of(catalog, item).into_iter().flatten().collect();
    for listed in [2, 3].map(|at| row.cell(at).text()).iter().flat_map(|list| list.split([',', '\n'])) {
        let (name, price) = listed.split_once('+').unwrap_or((listed, "0"));
        let wanted = (name.trim().to_owned(), price.parse().unwrap());
        assert!(wanted.0.is_empty() || found.contains(&wanted), "{wanted:?} is not in {found:?}");
    }
}

/// What customers choose from with a dish.
fn choices_of(catalog: &Catalog, item: &Item) -> Vec<Vec<(String, i64)>> {
    let links = item.variant_category_external_ids.value().into_iter().flatten();
    let categories = links.map(|id| catalog.variant_categories.iter().find(|c| c.external_id == *id).unwrap());
    let listed = |v: &Variant| (v.name.value().unwrap().clone(), v.price.value().unwrap().0);
    categories.map(|category| category.variants.iter().map(listed).collect()).collect()
}

#[test]
fn no_file_makes_the_reader_panic() {
    let parts = [
        "Nama", "Harga", "+", "(", ")", ",", ";", "\n", "\r", "\"", "25.000", "Rp", "k", "Total", "\u{feff}", " ", "-",
        "é", "\t",
    ];
    for seed in 0..2_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let rest: String = (0..random.usize(0..40)).map(|_| parts[random.usize(0..parts.len())]).collect();
        let mut bytes = format!("Nama,Harga,Topping (1)\n{rest}").into_bytes();
        if seed % 4 == 0 {
            let at = random.usize(0..bytes.len());
            bytes[at] = random.u8(..);
        }
        if let Ok(sheet) = read_csv("a.csv", &bytes, &[]) {
            let _ = read_sheet(&sheet, None, &[], &Catalog::default());
            let choices =
                sheet_of("Pilihan", &format!("Pilihan;Varian;Harga;Min\nRoti;9000;A\n{}", rest.replace('"', "")));
            let _ = read_sheet(&sheet, Some(&choices), &[], &Catalog::default());
        }
    }
}
