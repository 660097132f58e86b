//! Files and outlets: order of layers, and what is wrong with files as files.

use super::*;

const OWN: &str = "outlet: G1\nmenus: [{name: M, menu_items: [{external_id: A, name: A, price: 1}]}]\n";

fn chain(files: &[(&str, &str)]) -> Vec<String> {
    let definitions = definitions(files);
    definitions.outlet(&"G1".into()).unwrap().chain.iter().map(ToString::to_string).collect()
}

#[test]
fn layers_are_laid_in_order_each_after_what_it_extends_and_once() {
    let files = [
        ("catalogs/a.yaml", "extends: [c.yaml]"),
        ("catalogs/b.yaml", "extends: [c.yaml, x/d.yaml]"),
        ("catalogs/c.yaml", "{}"),
        ("catalogs/x/d.yaml", "{}"),
        ("catalogs/bali/own.yaml", "outlet: G1\nextends: [../b.yaml, ../a.yaml, ./../c.yaml]"),
    ];
    let expected =
        ["catalogs/c.yaml", "catalogs/x/d.yaml", "catalogs/b.yaml", "catalogs/a.yaml", "catalogs/bali/own.yaml"];
    assert_eq!(chain(&files), expected);
    assert_eq!(declared(&definitions(&files).diagnostics), Vec::<String>::new());
}

#[test]
fn a_loop_is_an_error_that_names_it_and_makes_its_outlets_invalid() {
    let files = [
        ("catalogs/a.yaml", "extends: [b.yaml]"),
        ("catalogs/b.yaml", "extends: [a.yaml]"),
        ("catalogs/own.yaml", "outlet: G1\nextends: [a.yaml]"),
    ];
    let definitions = definitions(&files);
    assert_eq!(declared(&definitions.diagnostics), ["extends-loop b:1:11"]);
    assert!(definitions.diagnostics[0].message.contains("catalogs/a.yaml → catalogs/b.yaml → catalogs/a.yaml"));
    assert!(compose(&files).diagnostics.iter().any(Diagnostic::is_error));
    let itself = [("catalogs/own.yaml", "outlet: G1\nextends: [own.yaml]")];
    assert_eq!(declared(&compose(&itself).diagnostics), ["extends-loop own:2:11"]);
}

#[test]
fn a_missing_layer_is_an_error_with_the_likely_path() {
    let files =
        [("catalogs/bali/own.yaml", "outlet: G1\nextends: [../brnd.yaml, brand.yaml]"), ("catalogs/brand.yaml", "{}")];
    let definitions = definitions(&files);
    assert_eq!(declared(&definitions.diagnostics), ["unknown-layer bali/own:2:11", "unknown-layer bali/own:2:25"]);
    for diagnostic in &definitions.diagnostics {
        assert_eq!(diagnostic.help.as_deref(), Some("did you mean `../brand.yaml`?"));
    }
}

/// git for Windows writes these line ends, and the files that a server reads have the others.
#[test]
fn line_ends_of_windows_mean_the_same() {
    let text = "# a\noutlet: G1\nmenus:\n  - name: M\n    menu_items:\n      - external_id: A\n        name: >-\n          Nasi\n          \
                Goreng\n        price: 25000 # b\n        description: |\n          Pedas\n\n          Sekali\n      - external_id: \
                B\n        name: \"Es\n          Teh\"\n        price: 5000\n        description: 'satu\n\n          dua'\n        image: \
                a/b.jpg\n";
    let composed = |text: &str| compose(&[("catalogs/own.yaml", text)]);
    let (unix, windows) = (composed(text), composed(&text.replace('\n', "\r\n")));
    assert_eq!(declared(&unix.diagnostics), Vec::<String>::new());
    assert_eq!(declared(&windows.diagnostics), Vec::<String>::new());
    assert_eq!(unix.catalog, windows.catalog);
    let description = |id| item(&unix.catalog, id).description.value().cloned().unwrap();
    assert_eq!((description("A").as_str(), description("B").as_str()), ("Pedas\n\nSekali\n", "satu\ndua"));
}

#[test]
fn folders_are_separated_by_slashes_on_every_system() {
    let files =
        [("catalogs/bali/own.yaml", "outlet: G1\nextends: ['..\\x\\brand.yaml']"), ("catalogs/x/brand.yaml", "{}")];
    let wrong = definitions(&files).diagnostics;
    assert_eq!(declared(&wrong), ["unknown-layer bali/own:2:11"]);
    assert_eq!(wrong[0].help.as_deref(), Some("did you mean `../x/brand.yaml`?"));
    // Of a file with this name an image would be found on one system, and not on another.
    let own = OWN.replace("price: 1", "price: 1, image: 'photos\\a.jpg'");
    let composed = compose(&[("catalogs/own.yaml", &own)]);
    assert_eq!(declared(&composed.diagnostics), ["image-file own:2:75"]);
    assert_eq!(composed.diagnostics[0].help.as_deref(), Some("write `photos/a.jpg`"));
}

#[test]
fn extends_cannot_leave_the_definitions() {
    let files = [("catalogs/own.yaml", "outlet: G1\nextends: [../menusync.yaml, ../../x.yaml, /etc/passwd]")];
    let expected = ["outside-root own:2:11", "outside-root own:2:29", "outside-root own:2:43"];
    assert_eq!(declared(&definitions(&files).diagnostics), expected);
}

#[test]
fn two_files_with_one_outlet_are_one_error_that_names_both() {
    let files =
        [("catalogs/a.yaml", "outlet: G1"), ("catalogs/b.yaml", "outlet: G1"), ("catalogs/c.yaml", "outlet: G2")];
    let definitions = definitions(&files);
    assert_eq!(declared(&definitions.diagnostics), ["duplicate-outlet b:1:9"]);
    assert_eq!(definitions.diagnostics[0].related[0].place.to_string(), "catalogs/a.yaml:1:9");
    assert_eq!(declared(&compose(&files).diagnostics), ["duplicate-outlet b:1:9"]);
    assert_eq!(definitions.outlets().map(|outlet| outlet.id.as_str()).collect::<Vec<_>>(), ["G1", "G2"]);
}

#[test]
fn a_layer_that_no_outlet_reaches_is_a_warning() {
    let files = [("catalogs/own.yaml", OWN), ("catalogs/a.yaml", "extends: [b.yaml]"), ("catalogs/b.yaml", "{}")];
    let definitions = definitions(&files);
    assert_eq!(declared(&definitions.diagnostics), ["unused-layer a:1:1", "unused-layer b:1:1"]);
    assert!(definitions.diagnostics.iter().all(|diagnostic| !diagnostic.is_error()));
}

#[test]
fn an_outlet_has_a_name_a_state_and_settings() {
    let text = format!("{OWN}name: Kuta\nstate: paused\ntimezone: Asia/Makassar\nunmanaged: delete\n");
    let composed = compose(&[("catalogs/own.yaml", &text)]);
    assert_eq!(declared(&composed.diagnostics), Vec::<String>::new());
    assert_eq!((composed.outlet.name.as_str(), composed.outlet.paused), ("Kuta", true));
    assert_eq!(composed.policy.timezone.iana_name(), Some("Asia/Makassar"));
    assert_eq!(composed.policy.unmanaged, crate::policy::UnmanagedPolicy::Delete);
    let plain = compose(&[("catalogs/own.yaml", OWN)]).outlet;
    assert_eq!(
        (plain.name.as_str(), plain.paused, plain.place.to_string().as_str()),
        ("G1", false, "catalogs/own.yaml:1:9")
    );
}

#[test]
fn the_nearest_setting_wins() {
    let composed = layered(&["drift: revert\nunmanaged: delete", "drift: report"]);
    assert_eq!(composed.policy.drift, crate::policy::DriftPolicy::Report);
    assert_eq!(composed.policy.unmanaged, crate::policy::UnmanagedPolicy::Delete);
}

#[test]
fn keys_of_outlets_are_errors_in_layers() {
    let composed = layered(&["name: Brand\nstate: paused", "state: off"]);
    assert_eq!(declared(&composed.diagnostics), ["unknown-key l1:1:1", "unknown-key l1:2:1", "unknown-value own:1:8"]);
}

#[test]
fn an_answer_of_the_platform_in_place_of_a_definition_is_one_error() {
    let answer = r#"{"success": true, "data": {"variant_categories": [], "menus": [{"name": "A", "menu_items": []}]}}"#;
    for (text, place) in [(answer, "1:2"), (&answer.replace("\"success\": true, ", ""), "1:2")] {
        let found = definitions(&[("catalogs/own.json", text)]).diagnostics;
        let found: Vec<String> =
            found.iter().map(|d| format!("{} {}: {}", d.code, d.place.as_ref().unwrap(), d.message)).collect();
        assert_eq!(
            found,
            [format!("unknown-key catalogs/own.json:{place}: this is an answer of GoFood, not a definition")]
        );
    }
    // With an outlet somebody has begun to write a definition.
    let found = definitions(&[("catalogs/own.yaml", "outlet: G1\nsuccess: true\ndata: {menus: []}\n")]);
    assert!(found.diagnostics.iter().all(|d| d.message.starts_with("unknown key")));
}

#[test]
fn an_outlet_id_has_the_documented_form() {
    for wrong in ["916309315", "g1", "G", "G1AB", "\"\""] {
        let definitions = definitions(&[("catalogs/own.yaml", &format!("outlet: {wrong}"))]);
        assert_eq!(declared(&definitions.diagnostics), ["outlet-id own:1:9"], "{wrong}");
    }
    assert!(definitions(&[("catalogs/own.yaml", "outlet: G1898453S")]).diagnostics.is_empty());
}

#[test]
fn an_unreadable_file_is_said_once_and_does_not_cascade() {
    let files = [
        ("catalogs/brand.yaml", "menus: [{name: Nasi, menu_items: ["),
        ("catalogs/other.yaml", "{}"),
        (
            "catalogs/own.yaml",
            "outlet: G1\nextends: [brand.yaml]\nitems: {NG: {price: 1}}\npricing: [{markup: 1, menu: Nasi}]",
        ),
    ];
    let composed = compose(&files);
    assert!(composed.diagnostics.iter().all(|d| &*d.place.as_ref().unwrap().file == "catalogs/brand.yaml"));
    assert!(composed.diagnostics.iter().any(Diagnostic::is_error));
    assert!(definitions(&files).diagnostics.iter().all(|d| d.is_error()));
}

#[test]
fn an_entry_that_cannot_be_read_does_not_cascade() {
    let composed = layered(&[
        "menus: [{name: Nasi, menu_items: [{external_id: [A], name: A, price: 1}]}]",
        "items: {A: {price: 2}}",
    ]);
    assert_eq!(declared(&composed.diagnostics), ["wrong-type l1:1:49"]);
}

#[test]
fn an_unknown_alias_is_said_once() {
    let text = "outlet: G1\nmenus: [{name: M, menu_items: [{external_id: A, name: A, price: *harga}]}]";
    let composed = compose(&[("catalogs/own.yaml", text)]);
    assert_eq!(declared(&composed.diagnostics), ["unknown-alias own:2:65"]);
}

#[test]
fn an_empty_file_is_an_error_but_a_layer_may_say_nothing() {
    for text in ["", "# only a note\n", "~"] {
        let composed = compose(&[("catalogs/own.yaml", "outlet: G1\nextends: [a.yaml]"), ("catalogs/a.yaml", text)]);
        assert_eq!(declared(&composed.diagnostics), ["empty-file a:1:1"], "{text:?}");
    }
    assert_eq!(shape(&catalog(&["{}", "{}"])), "Nasi: NG NU | Minuman: ES");
}

#[test]
fn an_outlet_is_known_even_if_its_file_cannot_be_read() {
    let files = [
        ("catalogs/a.yaml", "outlet: G7   # Kuta\nmenus: [\n"),
        ("catalogs/b.json", "{\n  \"outlet\": \"G8\",\n  \"menus\": [\n"),
        ("catalogs/c.yaml", "menus:\n  outlet: G9\n  - [\n"),
    ];
    let definitions = definitions(&files);
    let broken: Vec<_> =
        definitions.broken_outlets().iter().map(|broken| (broken.id.as_str(), &*broken.file)).collect();
    assert_eq!(broken, [("G7", "catalogs/a.yaml"), ("G8", "catalogs/b.json")]);
    assert_eq!(definitions.outlets().count(), 0);
}

#[test]
fn all_errors_of_all_files_come_at_once() {
    let files = [
        ("catalogs/a.yaml", "menuss: []\nitems: {A: {prise: 1}}"),
        ("catalogs/b.yaml", "pricing: {}"),
        ("catalogs/own.yaml", "outlet: X\nextends: [a.yaml, b.yaml]"),
    ];
    let expected = ["unknown-key a:1:1", "unknown-key a:2:13", "wrong-type b:1:10", "outlet-id own:1:9"];
    assert_eq!(declared(&definitions(&files).diagnostics), expected);
}

#[test]
fn an_outlet_that_no_file_has_is_an_error_and_not_an_empty_menu() {
    let composed = compose(&[("catalogs/own.yaml", "outlet: G2")]);
    assert_eq!(composed.diagnostics[0].code, "unknown-outlet");
    assert!(composed.diagnostics[0].is_error());
}

#[test]
fn codes_under_rules_are_handed_out_with_their_places() {
    let definitions = definitions(&[("catalogs/own.yaml", "outlet: G1\nrules: {image-missing: off}")]);
    let codes: Vec<_> = definitions.rule_codes().map(|code| (code.value.as_str(), code.place.line)).collect();
    assert_eq!(codes, [("image-missing", 2)]);
}
