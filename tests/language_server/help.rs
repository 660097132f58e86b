//! Completion, hover, definitions and references, formatting and quick fixes.

use menusync::{
    settings,
    state::{OutletUpdate, Scope, SqliteState, StatusUpdate},
};
use serde_json::{Value, json};

use crate::{BASE, FILES, KEMANG, KUTA, editor::Editor, stretch};

/// What is proposed where `|` stands in a text.
fn proposed(editor: &mut Editor, path: &str, text: &str) -> Vec<Value> {
    let offset = text.find('|').unwrap();
    let (line, column) =
        (text[..offset].matches('\n').count(), text[..offset].rsplit('\n').next().unwrap().encode_utf16().count());
    editor.did_open(path, Some(&text.replacen('|', "", 1)));
    let at = editor.at(path, u32::try_from(line).unwrap(), u32::try_from(column).unwrap());
    editor.ask("textDocument/completion", at)["items"].as_array().unwrap().clone()
}

fn labels(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["label"].as_str().unwrap()).collect()
}

#[test]
fn ids_of_all_files_and_keys_of_the_schema_are_proposed_by_place() {
    let mut editor = Editor::open(&FILES);
    editor.did_open(KEMANG.0, None);
    let head = "outlet: G2\nextends: [base.yaml]\n";
    let items = proposed(&mut editor, KEMANG.0, &format!("{head}items:\n  N|\n"));
    assert_eq!(labels(&items), ["ES-JERUK", "ES-TEH", "NG"]);
    assert_eq!(items[2]["detail"], "Nasi Goreng 🍳");
    assert_eq!(items[2]["textEdit"]["newText"], "NG:");
    let edited = crate::editor::range(&items[2]["textEdit"]["range"]);
    assert_eq!(edited, "3:2-3:3");
    let items = proposed(&mut editor, KEMANG.0, &format!("{head}items:\n  NG:\n    pri|\n    name: x\n"));
    assert!(labels(&items).contains(&"price") && !labels(&items).contains(&"name"), "{items:?}");
    assert!(labels(&items).iter().all(|label| *label != "external_id"), "{items:?}");
    for (text, expected) in [
        ("outlet: G2\nextends: [|", vec!["base.yaml"]),
        ("attach: {VC|", vec!["VC-PEDAS"]),
        ("attach: {VC-PEDAS: [E|]}", vec!["menu", "ES-JERUK", "ES-TEH", "NG"]),
        ("items: {NG: {before: |}}", vec!["ES-JERUK", "ES-TEH", "NG"]),
        ("items: {NG: {menu: \"|\"}}", vec!["Minuman", "Nasi 🍛"]),
        ("items: {NG: {variant_category_external_ids: [|]}}", vec!["VC-PEDAS"]),
        ("variants: {|}", vec!["LV-1"]),
        ("drift: |", vec!["report", "revert"]),
        ("rules: {price-too-low: |}", vec!["error", "warning", "off"]),
    ] {
        let items = proposed(&mut editor, KEMANG.0, text);
        assert_eq!(labels(&items), expected, "{text}");
    }
    // What is written is what the place needs: quotes that end, that are there, or that JSON has.
    let json_file = "catalogs/k.json";
    for (path, text, label, written) in [
        (KEMANG.0, "items: {NG: {menu: \"|\"}}", "Nasi 🍛", "Nasi 🍛"),
        (KEMANG.0, "items: {NG: {menu: '|", "Nasi 🍛", "Nasi 🍛'"),
        (json_file, r#"{"items": {"NG": {"before": |}}}"#, "ES-TEH", "\"ES-TEH\""),
        (json_file, r#"{"items": {"NG": {"be|"}}}"#, "before", "before"),
        (json_file, r#"{"items": {"NG": {"be|"#, "before", "before\": "),
        (json_file, r#"{"drift": |}"#, "revert", "\"revert\""),
        (json_file, r#"{"drift": "|"}"#, "revert", "revert"),
    ] {
        let items = proposed(&mut editor, path, text);
        let entry = items.iter().find(|item| item["label"] == label).unwrap_or_else(|| panic!("{text}: {items:?}"));
        assert_eq!(entry["textEdit"]["newText"], written, "{text}");
    }
    let rules = proposed(&mut editor, KEMANG.0, "rules:\n  price-|\n");
    assert!(labels(&rules).contains(&"price-too-low"), "{rules:?}");
    let settings = proposed(&mut editor, "menusync.yaml", "target: sandbox\n|\n");
    assert!(labels(&settings).contains(&"schedule") && !labels(&settings).contains(&"target"), "{settings:?}");
    assert_eq!(editor.end(), 0);
}

#[test]
fn an_id_tells_its_name_its_prices_and_the_layers_that_make_it() {
    let mut editor = Editor::open(&FILES);
    editor.did_open(KUTA.0, Some(&KUTA.1.replace("27000}", "27000, pric: 1}")));
    editor.wait_for(KUTA.0, &["unknown-key 4:21-4:25"]);
    editor.did_change(KUTA.0, 2, json!([{"text": KUTA.1}]));
    editor.wait_for(KUTA.0, &[]);
    let hover = editor.ask("textDocument/hover", editor.at(KUTA.0, 4, 3));
    insta::assert_snapshot!("hover_of_an_item", hover["contents"]["value"].as_str().unwrap());
    let hover = editor.ask("textDocument/hover", editor.at(KUTA.0, 4, 8));
    assert_eq!(hover["contents"]["value"], "Whole rupiah, tax included, digits only: 25000.");
    editor.did_open(BASE.0, None);
    let hover = editor.ask("textDocument/hover", editor.at(BASE.0, 12, 20));
    insta::assert_snapshot!("hover_of_a_category", hover["contents"]["value"].as_str().unwrap());
    assert_eq!(editor.end(), 0);
}

/// What a hover over an item says of what is live, with a state of this platform and account, which the command line names or
/// the repository.
fn told_of_live(platform: &str, account: Option<&str>, state_dir: &[&str]) -> Option<String> {
    let settings = ("menusync.yaml", "target: sandbox\nstate_dir: .state\nrules: {image-missing: off}\n");
    let mut editor = Editor::start(&[settings, FILES[1], FILES[2]], json!({}), &|command| command.args(state_dir));
    let scope = Scope { platform: platform.to_owned(), root: settings::root_name(editor.root.path()) };
    let item = json!({"external_id": "NG", "name": "Nasi <b>", "price": 26000});
    let base = json!({"catalog": {"menus": [{"name": "Nasi", "menu_items": [item]}]}, "account": account});
    let status = StatusUpdate { state: "drifted".to_owned(), ..StatusUpdate::default() };
    let update = OutletUpdate { base: Some(base.to_string()), status: Some(status), ..OutletUpdate::default() };
    let state = SqliteState::open(&editor.root.path().join(".state"), &scope).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(state.update_outlet("G1", update, jiff::Timestamp::now())).unwrap();
    drop(state);
    let before = editor.root.path().join(".state").read_dir().unwrap().count();
    editor.did_open(KUTA.0, None);
    let hover = editor.ask("textDocument/hover", editor.at(KUTA.0, 4, 3));
    let told = hover["contents"]["value"].as_str().unwrap().to_owned();
    let beside = editor.root.path().join(".state").read_dir().unwrap().count();
    assert!(!state_dir.is_empty() || beside == before, "{beside} files");
    assert_eq!(editor.end(), 0);
    told.lines().find_map(|line| line.strip_prefix("Last pushed: ")).map(str::to_owned)
}

#[test]
fn what_was_pushed_last_is_told_of_this_platform_and_account_alone() {
    const SANDBOX: &str = "https://api.partner-sandbox.gobiz.co.id";
    const NAMED: &[&str] = &["--state-dir", ".state"];
    let told = told_of_live(SANDBOX, None, NAMED);
    assert_eq!(told.as_deref(), Some("Nasi &lt;b&gt;, 26000 (the outlet is drifted)"));
    assert_eq!(told_of_live(SANDBOX, Some("sari"), NAMED), None);
    assert_eq!(told_of_live("https://api.gobiz.co.id", None, NAMED), None);
}

/// Whoever can write there would choose which file is opened.
#[test]
fn a_state_that_the_repository_names_is_not_opened() {
    assert_eq!(told_of_live("https://api.partner-sandbox.gobiz.co.id", None, &[]), None);
}

#[test]
fn definitions_and_references_are_found_in_all_files() {
    let mut editor = Editor::open(&FILES);
    editor.did_open(KUTA.0, None);
    let found = editor.ask("textDocument/definition", editor.at(KUTA.0, 4, 2));
    assert_eq!(editor.places(&found), ["catalogs/base.yaml 3:21-3:23"]);
    let found = editor.ask("textDocument/definition", editor.at(KUTA.0, 2, 12));
    assert_eq!(editor.places(&found), ["catalogs/base.yaml 0:0-0:0"]);
    let mut all = editor.at(KUTA.0, 4, 2);
    all["context"] = json!({"includeDeclaration": true});
    let found = editor.ask("textDocument/references", all);
    assert_eq!(editor.places(&found), ["catalogs/base.yaml 3:21-3:23", "catalogs/kuta.yaml 4:2-4:4"]);
    // A pattern is all that it means.
    editor.did_change(KUTA.0, 2, json!([{"text": "outlet: G1\nextends: [base.yaml]\nattach: {VC-PEDAS: ['ES-*']}\n"}]));
    let found = editor.ask("textDocument/definition", editor.at(KUTA.0, 2, 23));
    assert_eq!(editor.places(&found), ["catalogs/base.yaml 9:22-9:28", "catalogs/base.yaml 10:22-10:30"]);
    let nothing = editor.ask("textDocument/definition", editor.at(KUTA.0, 0, 2));
    assert_eq!(editor.places(&nothing), [""; 0]);
    assert_eq!(editor.end(), 0);
}

#[test]
fn a_text_is_formatted_as_fmt_does_it() {
    let mut editor = Editor::open(&FILES);
    let text = "outlet: G1\nname:   Kuta 🍛\nextends: [base.yaml]\nitems:\n      NG: {price: 27000} # 🍳\n";
    editor.did_open(KUTA.0, Some(text));
    let options = editor.formatting(KUTA.0);
    let edits = editor.ask("textDocument/formatting", options.clone());
    assert_eq!(crate::editor::range(&edits[0]["range"]), "0:0-5:0");
    let formatted = "outlet: G1\nname: \"Kuta 🍛\"\nextends: [base.yaml]\nitems:\n  NG: {price: 27000} # 🍳\n";
    assert_eq!(edits[0]["newText"], formatted);
    editor.did_change(KUTA.0, 2, json!([{"text": formatted}]));
    assert_eq!(editor.ask("textDocument/formatting", options.clone()), Value::Null);
    editor.did_change(KUTA.0, 3, json!([{"text": "outlet: [\n"}]));
    assert_eq!(editor.ask("textDocument/formatting", options), Value::Null);
    assert_eq!(editor.end(), 0);
}

/// Nothing could say whether it changes what an outlet sells.
#[test]
fn nothing_is_formatted_where_the_files_cannot_be_read() {
    let mut editor = Editor::open(&FILES[..1]);
    editor.wait_shown("has no directory `catalogs`");
    editor.did_open(KUTA.0, Some("outlet: G1\nname:   Kuta\n"));
    let options = editor.formatting(KUTA.0);
    assert!(editor.refused("textDocument/formatting", options).contains("the files of the root cannot be read"));
    assert_eq!(editor.end(), 0);
}

#[test]
fn what_a_message_proposes_is_a_quick_fix() {
    let mut editor = Editor::open(&FILES);
    let text = "outlet: G1\nextends: [bas.yaml]\nitems:\n  NG: {price: 25.000, in_stok: no}\n";
    editor.did_open(KUTA.0, Some(text));
    editor.wait_for(KUTA.0, &["unknown-layer 1:10-1:18", "number-format 3:14-3:20", "unknown-key 3:22-3:29"]);
    let all = editor.all_fixes(KUTA.0);
    let fixes = editor.ask("textDocument/codeAction", all.clone());
    let title = |fix: &Value| fix["title"].as_str().unwrap().to_owned();
    let titles: Vec<String> = fixes.as_array().unwrap().iter().map(title).collect();
    assert_eq!(titles, ["Write `base.yaml`", "Write `25000`", "Write `in_stock`"]);
    let edit = &fixes[1]["edit"]["changes"][editor.uri(KUTA.0)][0];
    assert_eq!((crate::editor::range(&edit["range"]), &edit["newText"]), ("3:14-3:20".to_owned(), &json!("25000")));
    assert_eq!(fixes[1]["diagnostics"][0]["code"], "number-format");
    // A place that was found in another text is none any more.
    editor.did_change(KUTA.0, 2, stretch(0, 0, 0, "# new\n"));
    assert_eq!(editor.ask("textDocument/codeAction", all), json!([]));
    assert_eq!(editor.end(), 0);
}

/// A stretch that runs into the next line would take the price with it, and an anchor is more than the place that is wrong.
#[test]
fn no_quick_fix_changes_more_than_the_wrong_word() {
    let mut editor = Editor::open(&FILES);
    let head = "outlet: G1\nextends: [base.yaml]\n";
    let block = format!("{head}items:\n  NG:\n    before: >-\n      ES-THE\n    price: 25000\n");
    let alias = format!("{head}x-n: &n ES-THE\nitems:\n  NG: {{before: *n}}\n");
    for (text, wrong) in [(block, "unknown-menu 5:6-6:4"), (alias, "unknown-menu 2:8-2:14")] {
        editor.did_open(KUTA.0, Some(&text));
        editor.wait_for(KUTA.0, &[wrong]);
        assert!(editor.diagnostics(KUTA.0)[0]["message"].as_str().unwrap().contains("did you mean `ES-TEH`"));
        let all = editor.all_fixes(KUTA.0);
        assert_eq!(editor.ask("textDocument/codeAction", all), json!([]), "{text}");
    }
    assert_eq!(editor.end(), 0);
}
