//! `import --from`: spreadsheets as layers.

use std::{fs, io::Write, path::PathBuf};

use insta::assert_snapshot;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::support::{KUTA, KUTA_FILE, LAYER, Output, Stage};

/// Imports a file of these bytes.
fn import(stage: &Stage, file: &str, bytes: impl AsRef<[u8]>, more: &[&str]) -> Output {
    let path: PathBuf = stage.root().join(file);
    fs::write(&path, bytes).unwrap();
    stage.run(&[&["import", "--from", path.to_str().unwrap()], more].concat())
}

#[test]
fn a_sheet_becomes_a_layer_and_changes_it_later() {
    let stage = Stage::new();
    let first = "Nama;Kategori;Harga;Keterangan\nSoto;Makanan;Rp 18.000;\"Kuah: kuning #1\"\nKopi;Minuman;9rb;\n";
    assert_snapshot!("new", import(&stage, "daftar.csv", first, &[]).expect(0).transcript());
    assert_snapshot!("layer", stage.read("catalogs/daftar.yaml"));
    stage.edit("catalogs/daftar.yaml", "        price: 9000\n", "        price: 9000 # since May\n");
    stage.append("catalogs/daftar.yaml", "      - {external_id: X, name: Air, price: 4000}\n");
    let second = "Nama;Kategori;Harga;Keterangan\nKopi;Minuman;9500;Hitam\nSoto;Makanan;18000;\nTeh;Minuman;5000;\n";
    assert_snapshot!("changed", import(&stage, "daftar.csv", second, &[]).expect(0).transcript());
    assert_snapshot!("layer_changed", stage.read("catalogs/daftar.yaml"));
    let again = import(&stage, "daftar.csv", second, &["--output", "json"]).expect(0).json();
    assert_eq!((again["files"].to_string(), again["from"]["changes"].to_string()), ("[]".into(), "[]".into()));
    let moved = "Nama,Kategori,Harga\nTeh,Es,5000\nEs Jeruk,Es,7000\n";
    import(&stage, "daftar.csv", second.replace("Teh;Minuman", "Teh;Es") + "Es Jeruk;Es;7000;\n", &[]).expect(0);
    let told = import(&stage, "daftar.csv", moved, &[]).expect(0);
    assert!(told.stderr.contains("says all of it already"), "{}", told.transcript());

    stage.write(KUTA_FILE, "outlet: G1001\nextends: [daftar.yaml]\n");
    let body = stage.run(&["render", "--outlet", KUTA, "--output", "json"]).expect(0).json();
    let prices = |menu: usize| -> Vec<String> {
        let items = body["menus"][menu]["menu_items"].as_array().unwrap();
        items.iter().map(|item| format!("{} {}", item["name"], item["price"])).collect()
    };
    let all = [prices(0), prices(1), prices(2)].concat();
    assert_eq!(all, ["\"Soto\" 18000", "\"Kopi\" 9500", "\"Air\" 4000", "\"Es Jeruk\" 7000", "\"Teh\" 5000"]);
    assert!(stage.log().is_empty(), "nothing is asked of GoFood");
}

#[test]
fn choices_of_a_sheet_go_into_the_layer_and_change_with_it() {
    let stage = Stage::new();
    let first = "Nama;Harga;Topping (0-2);Level (1)\nRoti;9000;Keju +5.000, Susu (Rp 3rb);\n\
                 Kue;8000;Keju +5.000, Susu (Rp 3rb);\nBakso;18000;;Tidak pedas; Pedas\n";
    let first = first.replace("Tidak pedas; Pedas", "\"Tidak pedas; Pedas\"");
    assert_snapshot!("choices_new", import(&stage, "roti.csv", &first, &[]).expect(0).transcript());
    assert_snapshot!("choices_layer", stage.read("catalogs/roti.yaml"));

    stage.edit("catalogs/roti.yaml", "name: Keju, price: 5000}", "name: Keju, price: 5000} # from Bandung");
    stage.edit("catalogs/roti.yaml", "name: Susu, price: 3000", "name: Susu, price: 3000, in_stock: false");
    let second =
        first.replace("Keju +5.000, Susu (Rp 3rb)", "Keju +6.000, Susu (Rp 3rb), Madu").replace("Level (1)", "Level");
    let second = second + "Donat;7000;Keju +6.000;\n";
    assert_snapshot!("choices_changed", import(&stage, "roti.csv", &second, &[]).expect(0).transcript());
    let layer = stage.read("catalogs/roti.yaml");
    assert_snapshot!("choices_layer_changed", layer);
    let again = import(&stage, "roti.csv", &second, &["--output", "json"]).expect(0).json();
    assert_eq!((again["files"].to_string(), again["from"]["changes"].to_string()), ("[]".into(), "[]".into()));
    assert_eq!(again["from"]["choices"].to_string(), r#"{"VC-LEVEL":2,"VC-TOPPING":3,"VC-TOPPING-2":1}"#);

    // A list of its own would be new to GoFood, and so on sale.
    let apart = second.replace("Kue;8000;Keju +6.000, Susu (Rp 3rb), Madu", "Kue;8000;Susu");
    assert_snapshot!("choices_refused", import(&stage, "roti.csv", apart, &[]).expect(3).transcript());
    assert_snapshot!(
        "choices_rule",
        import(&stage, "lain.csv", "Nama,Harga,Level (3)\nRoti,9000,A\n", &[]).expect(3).transcript()
    );
    assert_eq!(stage.read("catalogs/roti.yaml"), layer);
    assert!(!stage.root().join("catalogs/lain.yaml").exists());

    stage.write(KUTA_FILE, "outlet: G1001\nextends: [roti.yaml]\n");
    let body = stage.run(&["render", "--outlet", KUTA, "--output", "json"]).expect(0).json();
    let topping = &body["variant_categories"][0];
    assert_eq!(topping["variants"][1]["in_stock"].to_string(), "false");
    assert_eq!(body["menus"][0]["menu_items"][0]["variant_category_external_ids"].to_string(), r#"["VC-TOPPING"]"#);
}

#[test]
fn what_is_no_menu_is_refused_and_nothing_is_written() {
    let stage = Stage::new();
    let long = format!("Nama,Harga\nSoto,18000\n{},9000\nTeh,25\n", "x".repeat(200));
    let sheet = "Nama,Harga\nSoto,18000\n";
    let told = [
        import(&stage, "a.csv", "Nama,Harga\nSoto,18\nKopi,gratis\n", &[]).expect(3),
        import(&stage, "a.csv", long.replace("25", "5000"), &[]).expect(3),
        import(&stage, "a.csv", sheet, &["--sheet", "Menu"]).expect(64),
        import(&stage, "a.csv", sheet, &["--map", "Biaya=price"]).expect(64),
        import(&stage, "a.csv", sheet, &["--map", "Harga=cost"]).expect(64),
        import(&stage, "a.csv", sheet, &["--outlet", KUTA]).expect(64),
        import(&stage, "a.csv", sheet, &["--out", stage.root().join(KUTA_FILE).to_str().unwrap()]).expect(64),
        import(&stage, "a.csv", sheet, &["--out", stage.root().join(LAYER).to_str().unwrap()]).expect(64),
        import(&stage, "a.xls", sheet, &[]).expect(64),
        stage.run(&["import", "--from", "/nowhere/menu.csv"]).expect(1),
        stage.run(&["import", "--outlet", KUTA, "--map", "A=name"]).expect(64),
    ];
    assert_snapshot!(told.map(|told| told.transcript()).join("\n"));
    assert!(!stage.root().join("catalogs/a.yaml").exists());
}

// ── workbooks ──

/// An archive of these parts.
fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in parts {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        zip.start_file(*name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A workbook with a sheet of these rows, and one of notes.
fn xlsx(sheet: &str) -> Vec<u8> {
    let kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let workbook = "<workbook xmlns:r='r'><sheets><sheet name='Menu' sheetId='1' r:id='rId1'/>\
                    <sheet name='Catatan' sheetId='2' r:id='rId2' state='hidden'/></sheets></workbook>";
    let relations = format!(
        "<Relationships><Relationship Id='rId1' Type='{kind}/worksheet' Target='worksheets/sheet1.xml'/>\
         <Relationship Id='rId2' Type='{kind}/worksheet' Target='/xl/worksheets/sheet2.xml'/>\
         <Relationship Id='rId3' Type='{kind}/sharedStrings' Target='sharedStrings.xml'/>\
         <Relationship Id='rId4' Type='{kind}/externalLink' Target='file:///etc/passwd' TargetMode='External'/></Relationships>"
    );
    let shared = "<sst><si><t>Nama</t></si><si><r><t>Ha</t></r><r><t xml:space='preserve'>rga</t></r></si>\
                  <si><t>Soto &amp; nasi</t><rPh><t>no</t></rPh></si><si><t>Kategori</t></si></sst>";
    archive(&[
        ("xl/workbook.xml", workbook),
        ("xl/_rels/workbook.xml.rels", &relations),
        ("xl/sharedStrings.xml", shared),
        ("xl/worksheets/sheet1.xml", sheet),
        (
            "xl/worksheets/sheet2.xml",
            "<worksheet><sheetData><row><c t='inlineStr'><is><t>x</t></is></c></row></sheetData></worksheet>",
        ),
    ])
}

fn sheet(rows: &str, more: &str) -> String {
    let header =
        "<row r='3'><c r='A3' t='s'><v>3</v></c><c r='B3' t='s'><v>0</v></c><c r='C3' t='s'><v>1</v></c></row>";
    format!("<worksheet><sheetData>{header}{rows}</sheetData>{more}</worksheet>")
}

#[test]
fn workbooks_are_read_and_what_is_odd_is_told() {
    let stage = Stage::new();
    let rows = "<row r='4'><c r='A4' t='inlineStr'><is><t>Makanan</t></is></c><c r='B4' t='s'><v>2</v></c><c r='C4'><v>18000</v></c></row>\
                <row r='5'><c r='B5' t='str'><f>[1]Lain!A1</f><v>Kopi</v></c><c r='C5'><f>C4/2</f><v>9000.0</v></c></row>\
                <row r='6' hidden='1'><c r='B6' t='inlineStr'><is><t>Rahasia</t></is></c><c r='C6'><v>1</v></c></row>\
                <row r='7'><c r='A7' t='inlineStr'><is><t>Total</t></is></c><c r='C7'><f>SUM(C4:C5)</f><v>27000</v></c></row>\
                <row r='1048576'><c r='XFD1048576' s='1'/></row>";
    let more = "<cols><col min='1' max='1' hidden='1'/><col min='4' max='16384' hidden='1'/></cols>\
                <mergeCells count='1'><mergeCell ref='A4:A5'/></mergeCells>";
    assert_snapshot!("xlsx", import(&stage, "buku.xlsx", xlsx(&sheet(rows, more)), &[]).expect(0).transcript());
    let layer = stage.read("catalogs/buku.yaml");
    assert_snapshot!("xlsx_layer", layer);

    let cell =
        |text: &str| format!("<table:table-cell office:value-type='string'><text:p>{text}</text:p></table:table-cell>");
    let number = |value: &str| {
        format!(
            "<table:table-cell office:value-type='float' office:value='{value}'><text:p>x</text:p></table:table-cell>"
        )
    };
    let row = |cells: &str| format!("<table:table-row>{cells}</table:table-row>");
    let content = format!(
        "<office:document-content><table:table table:name='Menu'><table:table-column/>\
         <table:table-column table:number-columns-repeated='2' table:visibility='collapse'/><table:table-row table:number-rows-repeated='2'><table:table-cell/></table:table-row>{}{}{}\
         <table:table-row table:visibility='filter'>{}</table:table-row>\
         <table:table-row table:number-rows-repeated='1048000'><table:table-cell table:number-columns-repeated='16384'/></table:table-row>\
         </table:table></office:document-content>",
        row(&[cell("Kategori"), cell("Nama"), cell("Harga")].concat()),
        row(&[
            "<table:table-cell table:number-rows-spanned='2'><text:p>Makanan</text:p></table:table-cell>".to_owned(),
            cell("Soto &amp;<text:s/>nasi<office:annotation><text:p>note</text:p></office:annotation>"),
            number("18000")
        ]
        .concat()),
        row(&["<table:covered-table-cell/>".to_owned(), cell("Kopi"), number("9000")].concat()),
        [cell("Rahasia"), number("1")].concat(),
    );
    let ods = import(&stage, "lembar.ods", archive(&[("content.xml", &content)]), &[]).expect(0);
    assert_snapshot!("ods", ods.transcript());
    assert_eq!(stage.read("catalogs/lembar.yaml").replace("lembar.ods", "buku.xlsx"), layer);
}

/// A workbook of these sheets, whose cells are texts with `;` between them.
fn book(sheets: &[(&str, &str)]) -> Vec<u8> {
    let names = sheets.iter().enumerate().map(|(at, (name, _))| format!("<sheet name='{name}' r:id='r{at}'/>"));
    let workbook = format!("<workbook xmlns:r='r'><sheets>{}</sheets></workbook>", names.collect::<String>());
    let relation =
        |at: usize| format!("<Relationship Id='r{at}' Type='x/worksheet' Target='worksheets/sheet{at}.xml'/>");
    let relations = format!("<Relationships>{}</Relationships>", (0..sheets.len()).map(relation).collect::<String>());
    let cell = |text: &str| format!("<c t='inlineStr'><is><t>{text}</t></is></c>");
    let row = |row: &str| format!("<row>{}</row>", row.split(';').map(cell).collect::<String>());
    let parts = sheets.iter().enumerate().map(|(at, (_, rows))| {
        let rows: String = rows.lines().map(row).collect();
        (format!("xl/worksheets/sheet{at}.xml"), format!("<worksheet><sheetData>{rows}</sheetData></worksheet>"))
    });
    let parts: Vec<(String, String)> =
        [("xl/workbook.xml".to_owned(), workbook), ("xl/_rels/workbook.xml.rels".to_owned(), relations)]
            .into_iter()
            .chain(parts)
            .collect();
    archive(&parts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect::<Vec<_>>())
}

#[test]
fn choices_have_a_sheet_of_their_own_in_a_workbook() {
    let stage = Stage::new();
    let dishes = "Nama;Harga;Pilihan\nBakso;18000;Level, Topping\nRoti;9000;Topping";
    let choices =
        "Pilihan;Varian;Harga;Min;Maks\nLevel;Tidak pedas;;1;1\n;Pedas;Rp 1.000\nTopping;Keju;5.000;;2\n;Susu;3.000";
    let read = |choices: &str, more: &[&str]| {
        let sheets = [("Catatan", "halo"), ("Menu", dishes), ("Daftar pilihan", choices)];
        import(&stage, "buku.xlsx", book(&sheets), more)
    };
    assert_snapshot!("book_new", read(choices, &[]).expect(0).transcript());
    assert_snapshot!("book_layer", stage.read("catalogs/buku.yaml"));
    stage.edit("catalogs/buku.yaml", "name: Pedas, price: 1000}", "name: Pedas, price: 1000} # cabe");
    let changed = choices.replace("Rp 1.000", "Rp 1.500").replace("Susu;3.000", "Susu;3.000\n;Madu;2.000");
    assert_snapshot!("book_changed", read(&changed, &[]).expect(0).transcript());
    let layer = stage.read("catalogs/buku.yaml");
    assert!(layer.contains("name: Pedas, price: 1500} # cabe") && layer.contains("name: Madu, price: 2000"), "{layer}");
    let again = read(&changed, &["--output", "json"]).expect(0).json();
    assert_eq!(again["from"]["changes"].to_string(), "[]");
    assert_eq!(again["from"]["choice_sheet"]["title"], "buku.xlsx, sheet `Daftar pilihan`");

    let told = [
        read(&choices.replace(";1;1", ";3;3"), &[]).expect(3),
        read(&choices.replace("Topping;", "Saus;"), &[]).expect(3),
        import(&stage, "buku.xlsx", book(&[("Menu", dishes), ("A", choices), ("B", choices)]), &[]).expect(3),
    ];
    assert_snapshot!("book_refused", told.map(|told| told.transcript()).join("\n"));
    assert_eq!(stage.read("catalogs/buku.yaml"), layer);
}

#[test]
fn hostile_workbooks_are_refused() {
    let stage = Stage::new();
    let row = |at: &str| format!("<row><c r='{at}'><v>1</v></c></row>");
    let rows = format!("<row r='1048576'>{}</row>", "<c r='A1048576'><v>1</v></c>");
    let mut bomb = xlsx(&sheet("", ""));
    // The directory of the archive says how much each part unpacks to.
    let at = bomb.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    bomb[at + 24..at + 28].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
    let entity = "<!DOCTYPE x [<!ENTITY a 'aaaa'>]><office:document-content>&a;</office:document-content>";
    let repeated = "<x><table:table table:name='M'><table:table-row table:number-rows-repeated='1000000000'><table:table-cell \
                    table:number-columns-repeated='100' office:value-type='string'><text:p>x</text:p></table:table-cell>\
                    </table:table-row></table:table></x>";
    let many = "<x><table:table table:name='M'><table:table-row table:number-rows-repeated='15000'><table:table-cell \
                table:number-columns-repeated='200' office:value-type='float' office:value='1'/></table:table-row></table:table></x>";
    let told = [
        import(&stage, "a.xlsx", &bomb, &[]),
        import(&stage, "a.xlsx", xlsx(&sheet(&rows, "")), &[]),
        import(&stage, "a.xlsx", xlsx(&sheet(&row("XFD4"), "")), &[]),
        import(&stage, "a.xlsx", xlsx(&sheet("<row><c r='C4' t='s'><v>99</v></c></row>", "")), &[]),
        import(
            &stage,
            "a.xlsx",
            xlsx(&sheet("<row r='4'><c r='A4'><v>1</v></c><c r='B4'><v>7</v></c><c r='C4'><f>A1</f></c></row>", "")),
            &[],
        ),
        import(&stage, "a.xlsx", xlsx("<worksheet><row>"), &[]),
        import(&stage, "a.xlsx", "no zip", &[]),
        import(&stage, "a.xlsx", b"\xd0\xcf\x11\xe0 with a password", &[]),
        import(&stage, "a.ods", archive(&[("content.xml", entity)]), &[]),
        import(&stage, "a.ods", archive(&[("content.xml", repeated)]), &[]),
        import(&stage, "a.ods", archive(&[("x", "")]), &[]),
        import(&stage, "a.ods", archive(&[("content.xml", many)]), &[]),
    ];
    assert_snapshot!(told.map(|told| told.expect(3).transcript()).join("\n"));
    assert!(!stage.root().join("catalogs/a.yaml").exists());
}
