//! Several accounts: each outlet goes by its own, a dead one stops nobody else, and a change of account is a first contact.

use std::fs;

use menusync::sandbox::OtherClient;
use serde_json::json;

use crate::support::{KEMANG, KEMANG_FILE, KUTA, LAYER, Stage};

const SARI: &str = "s4ri-secret-Hx81Qp";

/// Kemang is reached by the account `sari` alone, and its file does not say so yet.
fn stage() -> Stage {
    let stage = Stage::new().with_kemang();
    let client = OtherClient { secret: SARI.to_owned(), outlets: vec![KEMANG.to_owned()] };
    stage.server().change_settings(|settings| _ = settings.clients.insert("sari-id".to_owned(), client));
    stage.edit(
        "menusync.yaml",
        "requests_per_second: 1000,",
        "requests_per_second: 1000, accounts: {sari: {client_id_file: ../sari-id, client_secret_file: ../sari-secret}},",
    );
    fs::write(stage.root().join("../sari-id"), "sari-id\n").unwrap();
    fs::write(stage.root().join("../sari-secret"), SARI).unwrap();
    stage
}

fn by_sari(stage: &Stage) {
    stage.append(KEMANG_FILE, "account: sari\n");
}

/// Kemang was pushed by the account without a name, and its file now says `sari`.
fn handed_over() -> Stage {
    let stage = stage();
    let reached = |outlets: &[&str]| {
        let outlets = outlets.iter().map(|&id| id.to_owned()).collect();
        stage.server().change_settings(|settings| settings.clients.get_mut("sari-id").unwrap().outlets = outlets);
    };
    reached(&[]);
    stage.run(&["apply", "--yes"]).expect(0);
    reached(&[KEMANG]);
    by_sari(&stage);
    stage
}

#[test]
fn each_outlet_goes_by_its_own_account() {
    let stage = stage();
    // Without its account GoBiz does not know the outlet for us: the other one is pushed.
    stage.run(&["apply", "--yes"]).expect(5).says(&["not yet registered for integration"]);
    by_sari(&stage);
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(stage.live_item(KEMANG, "NG")["price"], 25000);
    for command in ["plan", "drift", "promotions"] {
        stage.run(&[command]).expect(0);
    }
    // The nearest wins: a layer names it for all that extend it.
    stage.edit(KEMANG_FILE, "account: sari\n", "");
    stage.write("catalogs/sari.yaml", "extends: [warung.yaml]\naccount: sari\n");
    stage.edit(KEMANG_FILE, "[warung.yaml]", "[sari.yaml]");
    stage.run(&["plan", "--detailed-exitcode"]).expect(0);
}

#[test]
fn a_dead_credential_stops_its_outlets_only_and_heals() {
    let stage = stage();
    by_sari(&stage);
    fs::remove_file(stage.root().join("../sari-secret")).unwrap();
    let output = stage.run(&["apply", "--yes"]).expect(5).says(&["account `sari`: cannot read the client secret from"]);
    assert_eq!(stage.puts().len(), 1, "{}", output.transcript());
    fs::write(stage.root().join("../sari-secret"), "wrong").unwrap();
    let output = stage.run(&["plan"]).expect(5).says(&["Client authentication failed"]);
    assert!(!output.transcript().contains("wrong"), "{}", output.transcript());
    fs::write(stage.root().join("../sari-secret"), SARI).unwrap();
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(stage.puts().len(), 2);
}

#[test]
fn an_account_that_there_is_not_is_told_where_it_is_named() {
    let stage = stage();
    stage.append(KEMANG_FILE, "account: sary\n");
    insta::assert_snapshot!(stage.run(&["validate"]).expect(3).transcript());
    stage.edit(KEMANG_FILE, "sary", "sari");
    stage.run(&["validate"]).expect(0);
    stage.append("menusync.yaml", "account: nobody\n");
    stage.run(&["validate"]).expect(3).says(&["menusync.yaml:", "there is no account `nobody`"]);
}

#[test]
fn another_account_than_at_the_last_push_is_a_first_contact() {
    let stage = handed_over();
    // What is as wanted needs nobody, and is ours from then on.
    stage.edit(LAYER, "price: 36000", "price: 36500");
    stage.clear_log();
    let output = stage.run(&["apply", "--yes"]).expect(5);
    output.says(&["the account without a name pushed last, and this push would be by the account `sari`"]);
    assert_eq!(stage.puts().len(), 1, "Kuta alone");
    stage.edit(LAYER, "price: 36500", "price: 36000");
    stage.run(&["apply", "--yes", "--outlet", KEMANG]).expect(0).says(&["unchanged"]);
    stage.edit(LAYER, "price: 36000", "price: 36500");
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(stage.live_item(KEMANG, "RAWON")["price"], 36500);
}

#[test]
fn drift_alone_does_not_let_another_account_in() {
    let stage = handed_over();
    stage.edit_in_app(KEMANG, "RAWON", json!({"price": 99000}));
    // A pass that has nothing to push, as what differs was changed elsewhere.
    stage.run(&["apply", "--yes"]).expect(0);
    stage.edit(LAYER, "price: 29000", "price: 29500");
    stage.run(&["apply", "--yes", "--outlet", KEMANG]).expect(4).says(&["first-contact", "pushed last"]);
}

#[test]
fn an_outlet_whose_layer_is_broken_is_looked_at_by_who_pushed_it() {
    let stage = stage();
    stage.edit(KEMANG_FILE, "[warung.yaml]", "[sari.yaml]");
    stage.write("catalogs/sari.yaml", "extends: [warung.yaml]\naccount: sari\n");
    stage.run(&["apply", "--yes"]).expect(0);
    stage.write("catalogs/sari.yaml", "extends: [warung.yaml]\naccount: 'sari\n");
    stage.edit_in_app(KEMANG, "RAWON", json!({"price": 99000}));
    stage.clear_log();
    stage.run(&["run", "--once", "--read-only"]);
    let looked: Vec<_> = stage.gets().into_iter().filter(|get| get.outlet.as_deref() == Some(KEMANG)).collect();
    assert!(!looked.is_empty() && looked.iter().all(|get| get.status == Some(200)), "{looked:?}");
}

#[test]
fn a_dated_layer_names_no_account() {
    let stage = stage();
    stage.write("catalogs/ramadan.yaml", "from: 2027-02-08\naccount: sari\n");
    stage.run(&["validate"]).expect(3).says(&["a dated layer cannot name an `account`"]);
}

#[test]
fn doctor_and_outlets_look_at_each_account() {
    let stage = stage();
    by_sari(&stage);
    stage.server().change_settings(|settings| settings.facilitator = true);
    let listed = stage.run(&["outlets", "--output", "json"]).expect(0).json();
    let of = |id: &str| listed["outlets"].as_array().unwrap().iter().find(|line| line["outlet"] == id).unwrap().clone();
    assert_eq!((of(KUTA)["linked"].clone(), of(KUTA).get("account").cloned()), (json!(true), None));
    assert_eq!((of(KEMANG)["linked"].clone(), of(KEMANG)["account"].clone()), (json!(true), json!("sari")));
    stage.edit(KEMANG_FILE, "account: sari\n", "");
    stage.run(&["outlets"]).expect(0).says(&["the account sari reaches it: write `account: sari`"]);
    by_sari(&stage);
    let output = stage.run_beside_a_writer(&["doctor"]);
    let text = output.stdout;
    for line in ["credentials       ", "credentials sari  ", "token sari        ", "api sari          Kemang"] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains(SARI));
}

#[test]
fn a_new_outlet_is_imported_as_an_account() {
    let stage = stage();
    by_sari(&stage);
    stage.run(&["apply", "--yes"]).expect(0);
    stage.remove(KEMANG_FILE);
    stage.run(&["import", "--outlet", KEMANG, "--account", "nobody"]).expect(64);
    stage.run(&["import", "--outlet", KEMANG]).expect(1).says(&["not yet registered"]);
    stage.run(&["import", "--outlet", KEMANG, "--account", "sari"]).expect(0);
    assert!(stage.read("catalogs/G1002.yaml").contains("outlet: G1002\naccount: sari\n"));
    stage.run(&["plan", "--outlet", KEMANG]).expect(0);
}
