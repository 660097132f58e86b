//! Menus as they are sold, from live to files and back: what is imported is valid, plans nothing, and renders as what is live.

use serde_json::{Map, Value, json};

use crate::harness::{OUTLET, World};

const DAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/// Where GoFood keeps the copies of images: an address that reads back as it is.
const CDN: &str = "https://gofood-cdn.sandbox.invalid/images";

fn dish(id: &str, name: &str, price: i64) -> Value {
    json!({"external_id": id, "name": name, "price": price, "in_stock": true})
}

fn with(mut thing: Value, more: Value) -> Value {
    let (Value::Object(thing_keys), Value::Object(more)) = (&mut thing, more) else { unreachable!() };
    thing_keys.extend(more);
    thing
}

fn choices(ids: &[&str]) -> Value {
    json!({"variant_category_external_ids": ids})
}

fn menu(name: &str, dishes: Vec<Value>) -> Value {
    json!({"name": name, "menu_items": dishes})
}

/// Variants as `(id, name, price)`.
fn choice(id: &str, name: &str, [least, most]: [usize; 2], variants: &[(&str, &str, i64)]) -> Value {
    let variants = variants.iter().map(|(id, name, price)| dish(id, name, *price));
    json!({
        "external_id": id, "name": name, "rules": {"selection": {"min_quantity": least, "max_quantity": most}},
        "variants": variants.collect::<Value>(),
    })
}

fn all_days(ranges: &[(&str, &str)]) -> Value {
    let ranges: Value = ranges.iter().map(|(start, end)| json!({"start": start, "end": end})).collect();
    DAYS.iter().map(|day| ((*day).to_owned(), ranges.clone())).collect::<Map<String, Value>>().into()
}

/// 560 dishes in 14 menus, with a choice for each menu and one that all have.
fn large() -> Value {
    const KINDS: [&str; 14] = [
        "Nasi Goreng",
        "Mie",
        "Bihun",
        "Kwetiau",
        "Capcay",
        "Ayam",
        "Bebek",
        "Sapi",
        "Udang",
        "Cumi",
        "Gurame",
        "Sayur",
        "Kopi",
        "Jus",
    ];
    const WAYS: [&str; 40] = [
        "Spesial",
        "Kampung",
        "Jawa",
        "Seafood",
        "Ikan Asin",
        "Sosis",
        "Bakso",
        "Pete",
        "Telur",
        "Kornet",
        "Rendang",
        "Teri",
        "Tomyam",
        "Lada Hitam",
        "Saus Tiram",
        "Asam Manis",
        "Mentega",
        "Rica",
        "Bali",
        "Padang",
        "Bakar",
        "Goreng",
        "Kuah",
        "Tumis",
        "Penyet",
        "Geprek",
        "Balado",
        "Woku",
        "Kecap",
        "Cabai Hijau",
        "Kemangi",
        "Jahe",
        "Bawang Putih",
        "Gulai",
        "Opor",
        "Semur",
        "Pindang",
        "Bacem",
        "Ungkep",
        "Krispi",
    ];
    let menus = KINDS.iter().enumerate().map(|(kind, name)| {
        let own = format!("VC-{kind}");
        let dishes = WAYS.iter().enumerate().map(|(way, words)| {
            let dish = dish(&format!("D-{kind}-{way}"), &format!("{name} {words}"), 12_000 + 500 * (kind + way) as i64);
            let described =
                json!({"description": format!("{name} {words}, untuk satu orang"), "in_stock": way % 9 != 4});
            with(with(dish, described), choices(&["VC-PEDAS", &own]))
        });
        menu(name, dishes.collect())
    });
    let sizes = (0..KINDS.len()).map(|kind| {
        let [small, big] = ["S", "L"].map(|size| format!("UK-{kind}-{size}"));
        choice(
            &format!("VC-{kind}"),
            &format!("Ukuran {}", KINDS[kind]),
            [0, 1],
            &[(&small, "Kecil", 0), (&big, "Besar", 6_000)],
        )
    });
    let spicy = choice(
        "VC-PEDAS",
        "Level pedas",
        [1, 1],
        &[("LV-0", "Tidak pedas", 0), ("LV-1", "Pedas", 0), ("LV-9", "Gila", 1_000)],
    );
    json!({"menus": menus.collect::<Value>(), "variant_categories": std::iter::once(spicy).chain(sizes).collect::<Value>()})
}

fn thai() -> Value {
    let soup = with(
        dish("TH-1", "ต้มยำกุ้ง (Tom Yum Goong)", 58_000),
        json!({"description": "กุ้งสด เห็ด ตะไคร้ ใบมะกรูด พริกสด", "internal_name": "Tomyam udang"}),
    );
    json!({
        "menus": [
            menu("อาหารจานหลัก", vec![
                with(soup, choices(&["TH-PHET"])),
                with(dish("TH-2", "ผัดไทยกุ้งสด", 52_000), choices(&["TH-PHET"])),
                with(dish("TH-3", "แกงเขียวหวานไก่", 54_000), json!({"in_stock": false})),
            ]),
            menu("ของหวาน", vec![with(dish("TH-4", "ข้าวเหนียวมะม่วง", 35_000), json!({"image": format!("{CDN}/mango.jpg")}))]),
        ],
        "variant_categories": [choice("TH-PHET", "ความเผ็ด", [1, 1], &[("TH-P0", "ไม่เผ็ด", 0), ("TH-P1", "เผ็ดน้อย", 0), ("TH-P2", "เผ็ดมาก", 2_000)])],
    })
}

fn arabic() -> Value {
    json!({
        "menus": [
            menu("الأطباق الرئيسية", vec![
                with(dish("AR-1", "كبسة دجاج", 65_000), json!({"description": "أرز بسمتي مع دجاج، لوز وزبيب", "internal_name": "Kabsah ayam"})),
                with(dish("AR-2", "مندي لحم", 89_000), choices(&["AR-HAJM"])),
                dish("AR-3", "شاورما (Shawarma) لحم", 38_000),
            ]),
            menu("مشروبات", vec![dish("AR-4", "شاي بالنعناع", 15_000), dish("AR-5", "قهوة عربية ١٠٠٪", 20_000)]),
        ],
        "variant_categories": [choice("AR-HAJM", "الحجم", [1, 1], &[("AR-H1", "نفر", 0), ("AR-H2", "نفرين", 75_000)])],
    })
}

fn aksara() -> Value {
    json!({
        "menus": [
            menu("ꦢꦲꦂꦫꦤ꧀", vec![
                with(dish("JW-1", "ꦱꦼꦒꦒꦸꦝꦼꦒ꧀", 22_000), json!({"description": "ꦒꦸꦝꦼꦒ꧀ꦏꦫꦺꦴꦥꦶꦠꦶꦏ꧀ꦏꦫꦺꦴꦏꦿꦺꦕꦺꦏ꧀", "internal_name": "Sega gudheg"})),
                with(dish("JW-2", "ꦱꦠꦺꦏꦼꦫꦺ", 18_000), choices(&["JW-BUMBU"])),
            ]),
            menu("ꦈꦤ꧀ꦗꦸꦏꦤ꧀", vec![dish("JW-3", "ꦮꦺꦢꦁꦗꦲꦺ", 8_000), dish("JW-4", "ꦮꦺꦢꦁꦈꦮꦸꦃ", 9_000)]),
        ],
        "variant_categories": [choice("JW-BUMBU", "ꦧꦸꦩ꧀ꦧꦸ", [0, 2], &[("JW-B1", "ꦏꦕꦁ", 0), ("JW-B2", "ꦏꦺꦕꦥ꧀", 500)])],
    })
}

fn emoji() -> Value {
    json!({
        "menus": [
            menu("🔥 Best Seller 🔥", vec![
                with(dish("EM-1", "Ayam Geprek 🌶️🌶️🌶️", 19_000), json!({"description": "Level 1–5 🥵 + nasi 🍚 + lalapan 🥒", "in_stock": false})),
                dish("EM-2", "Paket Hemat 💸 (2 orang)", 42_000),
            ]),
            menu("Minuman 🧊", vec![with(dish("EM-3", "Es Teh 🍵 – jumbo", 6_000), choices(&["EM-ES"]))]),
        ],
        "variant_categories": [choice("EM-ES", "Es 🧊", [1, 1], &[("EM-E1", "Normal 👍", 0), ("EM-E2", "Sedikit 🤏", 0)])],
    })
}

fn html() -> Value {
    json!({
        "menus": [menu("Roti & Kue", vec![
            with(dish("HT-1", "Roti <b>Bakar</b>", 18_000), json!({"description": "Cokelat &amp; keju, <i>manis</i> < 10 g gula; \"enak\""})),
            with(dish("HT-2", "Kue Ulang Tahun 'Ria'", 145_000), json!({"description": "&lt;Tulis nama&gt; &#39;di catatan&#39;"})),
            with(dish("HT-3", "Fish & Chips", 48_000), json!({"description": "- # : {a: b} | > %"})),
        ])],
        "variant_categories": [],
    })
}

/// A bakso stall whose dishes share their choices in different orders.
fn shared() -> Value {
    json!({
        "menus": [
            menu("Bakso", vec![
                with(dish("BK-1", "Bakso Urat", 20_000), choices(&["BK-MIE", "BK-TAMBAH"])),
                with(dish("BK-2", "Bakso Telur", 20_000), choices(&["BK-TAMBAH", "BK-MIE"])),
                with(dish("BK-3", "Bakso Beranak", 45_000), choices(&["BK-TAMBAH"])),
            ]),
            menu("Mie", vec![with(dish("BK-4", "Mie Ayam", 15_000), choices(&["BK-TAMBAH"])), dish("BK-5", "Mie Ayam Bakso", 20_000)]),
        ],
        "variant_categories": [
            choice("BK-MIE", "Isi mangkuk", [1, 1], &[("BK-M1", "Mie kuning", 0), ("BK-M2", "Bihun", 0), ("BK-M3", "Campur", 0)]),
            with(choice("BK-TAMBAH", "Tambahan", [0, 3], &[("BK-T1", "Pangsit", 3_000), ("BK-T2", "Ceker", 5_000), ("BK-T3", "Tetelan", 7_000)]), json!({"internal_name": "Tambahan (semua)"})),
        ],
    })
}

/// Few dishes, and a choice of everything that stands in the window.
fn padang() -> Value {
    const SIDES: [&str; 9] = [
        "Rendang",
        "Gulai Ayam",
        "Dendeng Balado",
        "Ayam Pop",
        "Gulai Tunjang",
        "Ikan Bakar",
        "Telur Dadar",
        "Gulai Cubadak",
        "Perkedel",
    ];
    let sides: Vec<(String, String, i64)> = (0..72)
        .map(|n| {
            (
                format!("PD-L{n}"),
                format!(
                    "{} {}",
                    SIDES[n % 9],
                    [
                        "potong kecil",
                        "biasa",
                        "besar",
                        "tanpa kuah",
                        "kuah pisah",
                        "pedas",
                        "tidak pedas",
                        "dua potong"
                    ][n / 9]
                ),
                4_000 + 500 * n as i64,
            )
        })
        .collect();
    let sides: Vec<(&str, &str, i64)> = sides.iter().map(|(id, name, price)| (&**id, &**name, *price)).collect();
    json!({
        "menus": [menu("Nasi Padang", vec![
            with(dish("PD-1", "Nasi Padang Komplit", 28_000), choices(&["PD-LAUK", "PD-SAMBAL"])),
            with(dish("PD-2", "Nasi Bungkus", 20_000), choices(&["PD-LAUK"])),
        ])],
        "variant_categories": [
            choice("PD-LAUK", "Lauk", [1, 10], &sides),
            choice("PD-SAMBAL", "Sambal", [0, 2], &[("PD-S1", "Sambal ijo", 0), ("PD-S2", "Sambal merah", 0), ("PD-S3", "Potongan harga tanpa sambal", -1_000)]),
        ],
    })
}

fn coffee() -> Value {
    let ids = ["KP-UKURAN", "KP-GULA", "KP-SUSU", "KP-EKSTRA"];
    let coffee = |id: &str, name: &str, price| {
        with(
            with(dish(id, name, price), choices(&ids)),
            json!({"image": format!("{CDN}/{id}.jpg"), "operational_hours": all_days(&[("06:30", "21:30")])}),
        )
    };
    json!({
        "menus": [
            menu("Kopi Susu", vec![coffee("KP-1", "Es Kopi Susu Gula Aren", 18_000), coffee("KP-2", "Es Kopi Susu Pandan", 20_000), coffee("KP-3", "Cappuccino", 24_000)]),
            menu("Espresso", vec![coffee("KP-4", "Americano", 17_000), coffee("KP-5", "Piccolo", 22_000)]),
            menu("1 Liter", vec![with(dish("KP-6", "Kopi Susu 1L", 85_000), json!({"description": "Tahan 3 hari di kulkas", "operational_hours": {"friday": [{"start": "08:00", "end": "12:00"}]}}))]),
        ],
        "variant_categories": [
            choice(ids[0], "Ukuran", [1, 1], &[("KP-U1", "Regular", 0), ("KP-U2", "Large", 5_000)]),
            choice(ids[1], "Gula", [1, 1], &[("KP-G1", "Normal", 0), ("KP-G2", "Less sugar", 0), ("KP-G3", "No sugar", 0)]),
            choice(ids[2], "Susu", [0, 1], &[("KP-S1", "Oat milk", 8_000), ("KP-S2", "Soya", 6_000)]),
            choice(ids[3], "Ekstra", [0, 2], &[("KP-E1", "Espresso shot", 6_000), ("KP-E2", "Whipped cream", 5_000)]),
        ],
    })
}

/// A breakfast stall that turns into a night stall, and what looks like something else in YAML.
fn night() -> Value {
    let late = json!({"operational_hours": all_days(&[("00:00", "02:00"), ("17:00", "23:59")])});
    json!({
        "menus": [
            menu("no", vec![with(dish("007", "1e3", 15_000), json!({"operational_hours": all_days(&[("05:30", "10:00")])}))]),
            menu("2027-01-01", vec![with(dish("ON", "~", 12_000), late.clone()), with(dish("08", "Wedang: jahe #1", 9_000), late)]),
        ],
        "variant_categories": [],
    })
}

/// A menu as both sides say it: without the kitchen's stock, with what is the same as unsaid left out.
fn normal(mut body: Value) -> Value {
    let open = all_days(&[("00:00", "23:59")]);
    let is_nothing = |value: &Value| value.is_null() || *value == json!("") || *value == json!([]);
    let keep = |thing: &mut Value| {
        let Value::Object(keys) = thing else { panic!("{thing}") };
        keys.remove("in_stock");
        keys.retain(|_, value| !is_nothing(value));
    };
    body.as_object_mut().unwrap().remove("request_id");
    for item in
        body["menus"].as_array_mut().unwrap().iter_mut().flat_map(|menu| menu["menu_items"].as_array_mut().unwrap())
    {
        keep(item);
        if let Some(hours) = item.get_mut("operational_hours") {
            DAYS.iter()
                .filter(|day| hours.get(day).is_none())
                .cloned()
                .collect::<Vec<_>>()
                .into_iter()
                .for_each(|day| hours[day] = json!([]));
        }
        if item.get("operational_hours") == Some(&open) {
            item.as_object_mut().unwrap().remove("operational_hours");
        }
    }
    let categories = body["variant_categories"].as_array_mut().unwrap();
    for category in categories.iter_mut() {
        if category.get("internal_name") == category.get("name") {
            category.as_object_mut().unwrap().remove("internal_name");
        }
        keep(category);
        category["variants"].as_array_mut().unwrap().iter_mut().for_each(keep);
    }
    categories.sort_by_key(|category| category["external_id"].to_string());
    body
}

/// How many dishes and variants it has that are sold out.
fn sold_out(body: &Value) -> usize {
    body.to_string().matches("\"in_stock\":false").count()
}

fn goes_round(name: &str, body: Value) {
    let world = World::new();
    world.control().change_settings(|settings| settings.return_category_external_id = true);
    world.seed(OUTLET, body);
    let live = json!(world.published(OUTLET));
    world.ok(&["import", "--outlet", OUTLET]);
    let validated = world.ok(&["validate"]);
    assert!(!validated.stdout.contains("error["), "{name}: {validated:?}");
    assert_eq!(world.planned(), [] as [&str; 0], "{name}");
    let rendered = world.ok(&["render", "--outlet", OUTLET, "--output", "json"]);
    let rendered: Value = serde_json::from_str(&rendered.stdout).unwrap();
    assert_eq!(normal(rendered), normal(live.clone()), "{name}");
    world.ok(&["apply", "--yes"]);
    assert_eq!(world.puts(), 0, "{name}: what is equal is adopted without a push");
    // The first push changes nothing but what was edited, and puts nothing on sale.
    let file = format!("catalogs/{OUTLET}.yaml");
    let text = world.read(&file);
    let first = live["menus"][0]["menu_items"][0].clone();
    world.write(
        &file,
        &format!("{text}items: {{{}: {{price: {}}}}}\n", first["external_id"], first["price"].as_i64().unwrap() + 500),
    );
    world.ok(&["apply", "--yes"]);
    assert_eq!(world.puts(), 1, "{name}");
    let mut expected = live.clone();
    expected["menus"][0]["menu_items"][0]["price"] = json!(first["price"].as_i64().unwrap() + 500);
    let pushed = json!(world.published(OUTLET));
    assert_eq!(sold_out(&pushed), sold_out(&live), "{name}");
    assert_eq!(normal(pushed), normal(expected), "{name}");
}

macro_rules! round_trips {
    ($($name:ident)*) => { $(#[test] fn $name() { goes_round(stringify!($name), super::$name()); })* };
}

/// One test each.
mod goes_round_as_it_is {
    use super::goes_round;

    round_trips! { large thai arabic aksara emoji html shared padang coffee night }
}
