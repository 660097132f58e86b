//! Mistakes that people make, each with the one diagnostic it gives: code, place, and the help that mends it.

use super::harness::Root;

const SETTINGS: &str = "target: sandbox\nrules: {image-missing: off, description-missing: off}\n";
const OUTLET: &str = "outlet: G1\nextends: [base.yaml]\n";
const BASE: &str = "menus:
  - name: Nasi
    menu_items:
      - {external_id: NG, name: Nasi Goreng, price: 25000, variant_category_external_ids: [VC]}
      - {external_id: NU, name: Nasi Uduk, price: 20000}
  - name: Minuman
    menu_items:
      - {external_id: ET, name: Es Teh, price: 5000}
variant_categories:
  - external_id: VC
    name: Level pedas
    rules: {selection: {min_quantity: 1, max_quantity: 1}}
    variants:
      - {external_id: L0, name: Biasa, price: 0}
      - {external_id: L1, name: Pedas, price: 2000}
";

/// `code file:line:column help` of everything that is wrong with a base, an outlet on it and settings.
fn said(base: &str, outlet: &str, settings: &str) -> Vec<String> {
    let root = Root::new(&[("catalogs/base.yaml", base), ("catalogs/own.yaml", outlet), ("menusync.yaml", settings)]);
    let brief = root.diagnostics().into_iter().map(|d| {
        let place = d.place.map(|place| place.to_string().replace("catalogs/", "").replace(".yaml", ""));
        format!("{} {}: {}", d.code, place.unwrap_or_default(), d.help.unwrap_or_default())
    });
    brief.collect()
}

#[test]
fn a_base_without_mistakes_gives_nothing() {
    assert_eq!(said(BASE, OUTLET, SETTINGS), [] as [&str; 0]);
}

/// What stands in the base, what it becomes by a mistake, and what is said.
#[test]
fn a_mistake_in_a_definition_is_told_once() {
    for (good, bad, expected) in [
        ("price: 25000", "price: Rp 25.000", "number-format base:4:53: write 25000"),
        (
            "price: 25000",
            "price: 25,000",
            "unknown-key base:4:56: a comma ends a value inside `{}`: write numbers without separators, such as 25000",
        ),
        (
            "price: 25000",
            "price: *harga",
            "unknown-alias base:4:53: define it first, as `&harga` before the value; put quotes around a text that begins with `*`",
        ),
        (
            "menu_items:\n      - {external_id: ET",
            "items:\n      - {external_id: ET",
            "unknown-key base:7:5: did you mean `menu_items`?",
        ),
        (
            "    menu_items:\n      - {external_id: ET, name: Es Teh, price: 5000}",
            "    menu_items:\n      external_id: ET\n      name: Es Teh",
            "wrong-type base:8:7: begin each entry with `- `, and indent its other keys below the first",
        ),
        ("ids: [VC]", "ids: VC", "wrong-type base:4:91: write `[VC]`"),
        ("ids: [VC]", "ids: [Level pedas]", "unknown-variant-category base:4:91: write its external_id, `VC`"),
        ("ids: [VC]", "ids: [VC-1]", "unknown-variant-category base:4:91: did you mean `VC`?"),
        (
            "{selection: {min_quantity: 1, max_quantity: 1}}",
            "{min_quantity: 1, max_quantity: 1}",
            "missing-key base:12:12: write `rules: {selection: {min_quantity: …, max_quantity: …}}`",
        ),
        (
            "price: 20000}",
            "price: 20000, operational_hours: {daily: [{start: '17:00', end: '02:00'}]}}",
            "hours-order base:5:77: write it as `\"17:00-02:00\"` if it ends after midnight: it is split over both days; else swap them",
        ),
        (
            "price: 20000}",
            "price: 20000, operational_hours: {daily: ['10:00-15:00', '14:00-20:00']}}",
            "hours-overlap base:5:77: write one range, `10:00-20:00`; a short range over midnight also fills the beginning of the next day",
        ),
        ("price: 20000}", "price: 20000, operational_hours: {daily: tutup}}", "hours-format base:5:85: write closed"),
        (
            "price: 20000}",
            "price: 20000, operational_hours: {daily: 10-22}}",
            "hours-format base:5:85: write \"10:00-22:00\"",
        ),
        (
            "price: 20000}",
            "price: 20000, operational_hours: {daily: 24 jam}}",
            "hours-format base:5:85: write \"00:00-23:59\", which is the whole day",
        ),
        (
            "price: 20000}",
            "price: 20000, operational_hours: {daily: closed, senin: 10:00-22:00}}",
            "unknown-key base:5:93: write `monday`",
        ),
        (
            "price: 20000}",
            "price: 20000, operational_hours: {daily: closed, mon: 10:00-22:00}}",
            "unknown-key base:5:93: did you mean `monday`?",
        ),
        (
            "price: 20000}",
            "price: 20000, image: img.example.com/a.jpg}",
            "image-file base:5:65: write `https://img.example.com/a.jpg` if this is an address, else the path of a JPEG or PNG under the root",
        ),
        (
            "price: 0}",
            "price: -25000}",
            "price-with-choices base:4:53: raise its price by Rp 1 or more, or the prices of those variants",
        ),
        (
            "menus:\n",
            "<<<<<<< HEAD\nmenus:\n>>>>>>> main\n",
            "syntax base:1:1: keep the lines of one version, and remove those that begin with <<<<<<<, ======= and >>>>>>>",
        ),
    ] {
        assert!(BASE.contains(good), "{good}");
        assert_eq!(said(&BASE.replacen(good, bad, 1), OUTLET, SETTINGS), [expected], "{bad}");
    }
}

#[test]
fn a_mistake_in_an_outlet_is_told_once() {
    for (added, expected) in [
        ("items:\n  ng: {price: 27000}\n", "unknown-patch-target own:4:3: did you mean `NG`?"),
        ("items:\n  NG: {remove:true}\n", "unknown-key own:4:8: put a space after the colon: `remove: true`"),
        (
            "items:\n  NG: {price: *harga}\n",
            "unknown-alias own:4:15: define it first, as `&harga` before the value; put quotes around a text that begins with `*`",
        ),
        (
            "items:\n  NG: {<<: *harga, price: 27000}\n",
            "unknown-alias own:4:12: define it first, as `&harga` before the value; put quotes around a text that begins with `*`",
        ),
        (
            "items:\n  NG: {<<: [1, 2], price: 27000}\n",
            "wrong-type own:4:13: name a mapping (`<<: *anchor`) or a list of mappings; put quotes around a key that is called `<<`",
        ),
        (
            "items:\n  ET: {remove: true}\n",
            "empty-menu base:6:11: add items to it, or remove it: `menus: [{name: Minuman, remove: true}]`",
        ),
        ("menus: [{name: Minuman, rename: Es}]\nitems: {NU: {menu: Minuman}}\n", "unknown-menu own:4:20: write `Es`"),
        (
            "menus: [{name: Minumn, menu_items: [{external_id: EJ, name: Es Jeruk, price: 8000}]}]\n",
            "menu-name-close own:3:16: write \"Minuman\" if that is the one meant, else choose a name that differs more",
        ),
        ("pricing: [{markup: 10 persen}]\n", "wrong-type own:3:20: write `10%`"),
        (
            "operational_hours: {monday: 10:00-22:00}\n",
            "hours-missing-day own:3:20: add `daily: closed`, which is for all days that are not mentioned, or the hours of each",
        ),
        ("rules: {image-missing: warn}\n", "unknown-value own:3:24: did you mean `warning`?"),
        ("outlet: G2\n", "duplicate-key own:3:1: keep one of them"),
    ] {
        assert_eq!(said(BASE, &format!("{OUTLET}{added}"), SETTINGS), [expected], "{added}");
    }
    for (outlet, expected) in [
        ("outlet: 916309315\nextends: [base.yaml]\n", "outlet-id own:1:9: write G916309315"),
        ("outlet:\nextends: [base.yaml]\n", "wrong-type own:1:7: write a value, or remove the key"),
        ("outlet: G1\nextends: base.yaml\n", "wrong-type own:2:10: write `[base.yaml]`"),
        ("outlet: G1\nextends: [base]\n", "unknown-layer own:2:11: did you mean `base.yaml`?"),
        ("outlet: G1\nextends: [../base.yaml]\n", "outside-root own:2:11: did you mean `base.yaml`?"),
    ] {
        assert_eq!(said(BASE, outlet, SETTINGS), [expected], "{outlet}");
    }
}

#[test]
fn a_mistake_in_the_settings_is_told_once() {
    let quiet = SETTINGS.strip_prefix("target: sandbox\n").unwrap();
    for (settings, expected) in [
        (quiet.to_owned(), "missing-key menusync:1:1: add `target: sandbox` or `target: production`"),
        (format!("target: sanbox\n{quiet}"), "unknown-value menusync:1:9: did you mean `sandbox`?"),
        (format!("{SETTINGS}guards: {{price-change: 50}}\n"), "wrong-type menusync:3:24: add the percent sign: `50%`"),
        (
            format!("{SETTINGS}verify: {{timeout: 10}}\n"),
            "wrong-type menusync:3:19: add a unit: `10s` is seconds, `10m` minutes, `10h` hours",
        ),
        (
            format!("{SETTINGS}gobiz: {{client_secret: x}}\n"),
            "unknown-key menusync:3:9: write it into a file outside of version control, and name that under \
             `client_secret_file`; have GoBiz replace a secret that was committed",
        ),
    ] {
        assert_eq!(said(BASE, OUTLET, &settings), [expected], "{settings}");
    }
}

#[test]
fn what_one_file_says_wrong_for_many_outlets_is_told_once() {
    let mut root = Root::new(&[("catalogs/base.yaml", &BASE.replacen("25000", "0", 1)), ("menusync.yaml", SETTINGS)]);
    for outlet in 1..=30 {
        root = root.with(&format!("catalogs/{outlet}.yaml"), format!("outlet: G{outlet}\nextends: [base.yaml]\n"));
    }
    assert_eq!(root.codes(), ["price-not-positive"]);
}

#[test]
fn a_window_that_means_nobody_is_told_wherever_it_stands() {
    let window = |outlet: &str| {
        format!("windows: [{{kind: deny, schedule: '0 11 * * *', duration: 3h, outlets: [G1, {outlet}]}}]\n")
    };
    let all = "correct the id, name or file, or remove it; `*` means all outlets";
    let wrong = format!("{SETTINGS}{}", window("Kuto"));
    assert_eq!(said(BASE, OUTLET, &wrong), [format!("window-outlets menusync:3:76: {all}")]);
    let wrong = format!("{OUTLET}{}", window("sanur.yaml"));
    let told = said(BASE, &wrong, SETTINGS);
    assert!(told.len() == 1 && told[0].starts_with("window-outlets ") && told[0].ends_with(all), "{told:?}");
    for right in ["base.yaml", "'*'", "catalogs/base.yaml"] {
        assert_eq!(said(BASE, OUTLET, &format!("{SETTINGS}{}", window(right))), [] as [&str; 0], "{right}");
    }
    let off = format!("{SETTINGS}{}", window("Kuto")).replacen("rules: {", "rules: {window-outlets: off, ", 1);
    assert_eq!(said(BASE, OUTLET, &off), [] as [&str; 0]);
}

#[test]
fn a_setting_of_the_root_in_a_layer_is_told_whither() {
    let told = said(BASE, &format!("{OUTLET}schedule: '* * * * *'\n"), SETTINGS);
    assert!(told.len() == 1 && told[0].ends_with(": write it into menusync.yaml"), "{told:?}");
}
