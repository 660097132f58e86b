//! What was pushed, by which commit, and the way back.

use std::process::Command;

use insta::assert_snapshot;
use menusync::sandbox::{Endpoint, Fault};
use serde_json::{Value, json};

use crate::support::{KEMANG, KUTA, KUTA_FILE, LAYER, Stage};

/// Puts `catalogs/` under version control as it stands; moments are fixed, so that commits have fixed names.
pub(crate) fn commit(stage: &Stage, author: &str) {
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.arg("-C").arg(stage.root()).args(["-c", "user.email=w@example.com"]);
        git.args(["-c", &format!("user.name={author}"), "-c", "commit.gpgsign=false"]).args(arguments);
        git.env("GIT_AUTHOR_DATE", "2027-01-04T10:00:00+07:00").env("GIT_COMMITTER_DATE", "2027-01-04T10:00:00+07:00");
        let done = git.env_remove("GIT_DIR").output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    if !stage.root().join(".git").exists() {
        git(&["init", "-q", "-b", "main"]);
    }
    git(&["add", "catalogs"]);
    git(&["commit", "-q", "-m", "menu"]);
}

fn price(stage: &Stage, from: &str, to: &str) {
    stage.edit(LAYER, &format!("price: {from}"), &format!("price: {to}"));
}

/// Three pushes: the whole menu by Dewi, a price by Budi, then the dish PECEL gone and KOPI come by Dewi.
fn three_pushes() -> Stage {
    let stage = Stage::new();
    commit(&stage, "Dewi");
    stage.run(&["apply", "--yes"]).expect(0);
    price(&stage, "25000", "27000");
    commit(&stage, "Budi");
    stage.run(&["apply", "--yes"]).expect(0);
    stage.append(
        KUTA_FILE,
        "items: {PECEL: {remove: true}, RAWON: {price: 37000}}\n\
         menus: [{name: Minuman, menu_items: [{external_id: KOPI, name: Kopi Tubruk, price: 9000}]}]\n",
    );
    commit(&stage, "Dewi");
    stage.run(&["apply", "--yes"]).expect(0);
    stage.clear_log();
    stage
}

fn order(stage: &Stage, menu: usize) -> Vec<String> {
    let live = stage.live(KUTA);
    let items = live["menus"][menu]["menu_items"].as_array().unwrap().clone();
    items.iter().map(|item| item["external_id"].as_str().unwrap().to_owned()).collect()
}

fn prices(stage: &Stage, ids: &[&str]) -> Vec<Value> {
    ids.iter().map(|id| stage.live_item(KUTA, id)["price"].clone()).collect()
}

#[test]
fn every_push_is_listed_with_its_commit() {
    let stage = three_pushes();
    assert_snapshot!(stage.run(&["history"]).expect(0).transcript());
    let history = stage.run(&["history", "--output", "json"]).expect(0).json();
    let pushes = history["outlets"][0]["pushes"].as_array().unwrap();
    let numbers: Vec<_> = pushes.iter().map(|push| (&push["number"], &push["author"], &push["live"])).collect();
    assert_eq!(json!(numbers), json!([[3, "Dewi", true], [2, "Budi", false], [1, "Dewi", false]]));
    assert!(stage.log().is_empty(), "nothing is asked of GoFood");
}

#[test]
fn which_commit_set_a_price_and_when_it_went_live() {
    let stage = three_pushes();
    assert_snapshot!(stage.run(&["history", "--item", "NG"]).expect(0).transcript());
    let history = stage.run(&["history", "--item", "NG", "--output", "json"]).expect(0).json();
    let price = &history["outlets"][0]["fields"][0];
    assert_eq!(price["path"], "items/NG/price");
    let told: Vec<_> =
        price["pushes"].as_array().unwrap().iter().map(|p| (&p["number"], &p["from"], &p["to"])).collect();
    assert_eq!(json!(told), json!([[2, 25000, 27000], [1, null, 25000]]));
    assert!(price["pushes"][0]["published_at"].is_string());
    let gone = stage.run(&["history", "--item", "PECEL"]).expect(0);
    assert!(gone.stdout.contains("Rp 21.000 → (none)"), "{}", gone.transcript());
}

#[test]
fn what_was_not_committed_is_of_no_commit() {
    let stage = three_pushes();
    price(&stage, "27000", "28000");
    stage.run(&["apply", "--yes"]).expect(0);
    let history = stage.run(&["history", "--output", "json"]).expect(0).json();
    let push = &history["outlets"][0]["pushes"][0];
    assert_eq!((&push["number"], &push["revision"], &push["author"]), (&json!(4), &Value::Null, &Value::Null));
    let status = stage.run(&["status", "--output", "json"]).expect(0).json();
    assert_eq!(status["outlets"][0]["revision"], Value::Null, "the commit of push 3 is not what is live");
    commit(&stage, "Dewi");
    stage.run(&["apply", "--yes"]).expect(0);
    let status = stage.run(&["status", "--output", "json"]).expect(0).json();
    assert!(status["outlets"][0]["revision"].is_string(), "{status}");
}

#[test]
fn what_is_not_known_is_said() {
    let stage = three_pushes();
    assert_snapshot!(stage.run(&["history", "--item", "RAWN"]).expect(64).transcript());
    assert_snapshot!(stage.run(&["history", "--outlet", "Ubud"]).expect(64).transcript());
    assert_snapshot!(Stage::new().run(&["history"]).expect(0).transcript());
}

#[test]
fn a_rollback_sends_what_the_earlier_push_sent_and_is_held_against_the_files() {
    let stage = three_pushes();
    let rolled = stage.run(&["rollback", "--outlet", "Kuta", "--to", "1", "--yes"]).expect(0);
    assert_snapshot!(rolled.transcript());
    assert_eq!(
        prices(&stage, &["NG", "RAWON", "PECEL", "KOPI"]),
        [json!(25000), json!(36000), json!(21000), Value::Null]
    );
    assert_eq!(order(&stage, 0), ["NG", "RAWON", "GUDEG", "PECEL"]);
    assert_eq!(order(&stage, 1), ["TEH", "JERUK"]);
    stage.clear_log();
    for command in [["run", "--once"].as_slice(), &["apply", "--yes"]] {
        stage.run(command).expect(0);
        stage.assert_nothing_written();
    }
    assert_snapshot!(stage.run(&["plan", "--detailed-exitcode"]).expect(0).transcript());
    assert_snapshot!(stage.run(&["status"]).expect(0).transcript());
    assert_snapshot!(stage.run(&["history"]).expect(0).transcript());
    assert_snapshot!(stage.run(&["plan", "--output", "markdown"]).expect(0).transcript());
}

#[test]
fn a_pin_ends_with_the_next_edit_of_its_path_and_no_other_pin_does() {
    let stage = three_pushes();
    stage.run(&["rollback", "--outlet", KUTA, "--to", "1", "--yes"]).expect(0);
    price(&stage, "27000", "26000");
    stage.run(&["run", "--once"]).expect(0);
    assert_eq!(prices(&stage, &["NG", "RAWON", "PECEL"]), [json!(26000), json!(36000), json!(21000)]);
    // Once over, it is over: the value it was made against does not bring it back.
    price(&stage, "26000", "27000");
    stage.run(&["run", "--once"]).expect(0);
    assert_eq!(prices(&stage, &["NG", "RAWON"]), [json!(27000), json!(36000)]);
    // What the files do not define any more does not come back by a pin of its fields.
    stage.edit(KUTA_FILE, "RAWON: {price: 37000}", "RAWON: {remove: true}");
    stage.run(&["apply", "--yes", "--allow", "deletes"]).expect(0);
    assert_eq!(prices(&stage, &["RAWON", "PECEL"]), [Value::Null, json!(21000)]);
    // Going to the push that sent what the files say lets go of everything else.
    stage.run(&["rollback", "--outlet", KUTA, "--to", "3", "--yes", "--allow", "deletes"]).expect(0);
    stage.edit(KUTA_FILE, "RAWON: {remove: true}", "RAWON: {price: 37000}");
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(prices(&stage, &["RAWON", "PECEL", "KOPI"]), [json!(37000), Value::Null, json!(9000)]);
    assert_eq!(stage.run(&["status", "--output", "json"]).expect(0).json()["outlets"][0]["pins"], Value::Null);
}

#[test]
fn stock_is_that_of_now_and_never_that_of_then() {
    let stage = three_pushes();
    stage.kitchen(KUTA, "NG", false);
    stage.run(&["rollback", "--outlet", KUTA, "--to", "2", "--yes"]).expect(0);
    assert_eq!(stage.live_item(KUTA, "NG")["in_stock"], false);
    // A dish that was sold out when it left comes back sold out, and is the kitchen's to put back.
    stage.kitchen(KUTA, "PECEL", false);
    stage.run(&["rollback", "--outlet", KUTA, "--to", "3", "--yes"]).expect(0);
    assert_eq!(stage.live_item(KUTA, "PECEL"), Value::Null);
    stage.run(&["rollback", "--outlet", KUTA, "--to", "2", "--yes"]).expect(0);
    assert_eq!(stage.live_item(KUTA, "PECEL")["in_stock"], false);
    stage.edit(KUTA_FILE, "PECEL: {remove: true}, ", "");
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(stage.live_item(KUTA, "PECEL")["in_stock"], false, "nobody but the kitchen puts it back");
    stage.kitchen(KUTA, "PECEL", true);
    assert_eq!(stage.run(&["drift"]).expect(0).code, 0, "and that is no drift");
}

#[test]
fn what_was_live_at_a_moment_is_found_and_guards_hold_a_rollback() {
    let stage = three_pushes();
    let history = stage.run(&["history", "--output", "json"]).expect(0).json();
    let first = history["outlets"][0]["pushes"][2]["finished_at"].as_str().unwrap().to_owned();
    stage.settings("guards: {price-change: 5%}");
    let held = stage.run(&["rollback", "--outlet", KUTA, "--to", &first, "--yes"]).expect(4);
    assert!(held.stdout.contains("price-change"), "{}", held.transcript());
    stage.assert_nothing_written();
    let status = stage.run(&["status", "--output", "json"]).json();
    assert_eq!(status["outlets"][0]["pins"], Value::Null, "nothing is pinned");
    assert_eq!(status["outlets"][0]["state"], "in_sync", "no rollback waits for anybody");
    let allowed = ["rollback", "--outlet", KUTA, "--to", &first, "--yes", "--allow", "price-change"];
    stage.run(&allowed).expect(0);
    assert_eq!(prices(&stage, &["NG"]), [json!(25000)]);
    assert_snapshot!(
        stage
            .run(&["rollback", "--outlet", KUTA, "--to", "2001-01-01T00:00:00Z"])
            .expect(4)
            .stderr
            .split_once("; the oldest")
            .unwrap()
            .0
    );
}

#[test]
fn where_there_is_no_way_back_nothing_is_pushed() {
    let stage = three_pushes();
    assert_snapshot!(stage.run(&["rollback", "--outlet", KUTA, "--to", "9", "--yes"]).expect(64).transcript());
    assert_snapshot!(stage.run(&["rollback", "--outlet", KUTA, "--to", "soon", "--yes"]).expect(64).transcript());
    assert_snapshot!(stage.run(&["rollback", "--outlet", "Ubud", "--to", "1", "--yes"]).expect(64).transcript());
    stage.run(&["pause", "--outlet", KUTA]).expect(0);
    let paused = stage.run(&["rollback", "--outlet", KUTA, "--to", "1", "--yes"]).expect(4);
    assert!(paused.stderr.contains("menusync resume"), "{}", paused.transcript());
    stage.run(&["resume", "--outlet", KUTA]).expect(0);
    stage.append(KUTA_FILE, "nonsense: 1\n");
    stage.run(&["rollback", "--outlet", KUTA, "--to", "1", "--yes"]).expect(3);
    stage.assert_nothing_written();
}

#[test]
fn fields_that_nobody_owns_are_left_alone() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes"]).expect(0);
    stage.edit(LAYER, "        description: Nasi goreng terasi, telur mata sapi\n", "");
    price(&stage, "25000", "27000");
    stage.run(&["apply", "--yes"]).expect(0);
    stage.edit_in_app(KUTA, "NG", json!({"description": "dari aplikasi"}));
    stage.edit_in_app(KUTA, "TEH", json!({"description": "dari aplikasi"}));
    let rolled = stage.run(&["rollback", "--outlet", KUTA, "--to", "1", "--yes"]).expect(0);
    assert!(rolled.stderr.contains("items/NG/description is left as it is live"), "{}", rolled.transcript());
    let ng = stage.live_item(KUTA, "NG");
    assert_eq!((&ng["price"], &ng["description"]), (&json!(25000), &json!("dari aplikasi")));
    assert_eq!(stage.live_item(KUTA, "TEH")["description"], "dari aplikasi");
    // Where nobody has set it since, it comes back.
    stage.run(&["rollback", "--outlet", KUTA, "--to", "2", "--yes"]).expect(0);
    stage.edit_in_app(KUTA, "NG", json!({"description": ""}));
    stage.run(&["rollback", "--outlet", KUTA, "--to", "1", "--yes"]).expect(0);
    assert_eq!(stage.live_item(KUTA, "NG")["description"], "Nasi goreng terasi, telur mata sapi");
}

#[test]
fn a_rollback_that_the_platform_refuses_has_not_happened() {
    let stage = three_pushes();
    stage.server().inject(Fault::status(Endpoint::Put, 422));
    stage.run(&["rollback", "--outlet", KUTA, "--to", "1", "--yes"]).expect(1);
    stage.clear_log();
    stage.run(&["run", "--once"]).expect(0);
    stage.assert_nothing_written();
    let refused = stage.run(&["rollback", "--outlet", KUTA, "--to", "4", "--yes"]).expect(4);
    assert!(refused.stderr.contains("push 4 was not published (rejected)"), "{}", refused.transcript());
    assert!(refused.stderr.contains("published is 3"), "{}", refused.transcript());
}

#[test]
fn a_rollback_of_many_outlets_goes_back_at_each() {
    let stage = Stage::new().with_kemang().in_sync();
    price(&stage, "25000", "27000");
    stage.run(&["apply", "--yes"]).expect(0);
    stage.run(&["rollback", "--outlet", "K*", "--to", "1"]).expect(64);
    stage.run(&["rollback", "--outlet", "K*", "--to", "1", "--yes", "--expect-digest", "sha256:0"]).expect(4);
    stage.run(&["rollback", "--outlet", "K*", "--to", "1", "--yes"]).expect(0);
    assert_eq!(prices(&stage, &["NG"]), [json!(25000)]);
    assert_eq!(stage.live_item(KEMANG, "NG")["price"], 25000);
    stage.run(&["forget", "--outlet", KUTA]).expect(0);
    assert!(stage.run(&["plan", "--outlet", KUTA]).stdout.contains("Rp 25.000 → Rp 27.000"), "forgotten, pins and all");
}

#[test]
fn forgetting_drops_whatever_is_remembered_and_says_what_that_means() {
    let stage = Stage::new().with_kemang();
    stage.run(&["apply", "--yes", "--outlet", KUTA]).expect(0);
    stage
        .run(&["forget", "--outlet", KEMANG])
        .expect(64)
        .says(&["no state is stored for an outlet with the id `G1002`"]);
    stage.run(&["pause", "--outlet", KEMANG]).expect(0);
    stage
        .run(&["forget", "--outlet", KEMANG])
        .expect(0)
        .says(&["Deleted the stored state of outlet G1002", "not paused any more"]);
    stage.run(&["forget", "--outlet", KEMANG]).expect(64);
    assert_snapshot!(stage.run(&["forget", "--outlet", KUTA]).expect(0).transcript());
    stage.clear_log();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage.run(&["apply", "--yes", "--outlet", KUTA]).expect(4).says(&["first-contact"]);
    stage.assert_nothing_written();
}

#[test]
fn a_paused_outlet_is_left_alone_until_it_is_resumed() {
    let stage = Stage::new().with_kemang().in_sync();
    price(&stage, "25000", "27000");
    let paused = stage.run(&["pause", "--outlet", "Kuta", "--for", "3h"]).expect(0);
    assert_snapshot!(paused.transcript());
    stage.edit_in_app(KUTA, "TEH", json!({"price": 7500}));
    assert_snapshot!(stage.run(&["plan", "--outlet", KUTA]).expect(0).transcript());
    assert_snapshot!(stage.run(&["apply", "--yes"]).expect(0).transcript());
    stage.run(&["run", "--once"]).expect(0);
    assert_eq!(stage.puts().len(), 1, "Kemang alone");
    assert_eq!(prices(&stage, &["NG"]), [json!(25000)]);
    assert_snapshot!(stage.run(&["status"]).expect(2).transcript());
    let drift = stage.run(&["drift", "--outlet", KUTA]).expect(2);
    assert!(drift.stdout.contains("Es Teh Manis"), "drift is still watched: {}", drift.transcript());
    let drift = stage.run(&["drift", "--outlet", KUTA, "--output", "json"]).expect(2).json();
    assert!(drift["outlets"][0]["pause"]["until"].is_string(), "{drift:#}");
    let resumed = stage.run(&["resume", "--outlet", "K*"]).expect(0);
    assert_snapshot!(resumed.transcript());
    stage.run(&["run", "--once"]).expect(0);
    assert_eq!(prices(&stage, &["NG"]), [json!(27000)]);
    stage.run(&["pause", "--outlet", "Ubud"]).expect(64);
    stage.run(&["pause"]).expect(64);
    stage.append(KUTA_FILE, "state: paused\n");
    let by_file = stage.run(&["resume", "--outlet", KUTA, "--output", "json"]).expect(0).json();
    assert_eq!(by_file["outlets"][0]["paused"], true);
    assert!(stage.run(&["resume", "--outlet", KUTA]).stdout.contains("remove `state: paused` from catalogs/kuta.yaml"));
}
