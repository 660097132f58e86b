//! Rehearsed against one platform, then pointed at another: nothing that was learnt there counts here, and it is there again
//! when the settings go back.

use serde_json::json;

use crate::support::{KUTA, KUTA_FILE, Stage};

/// The settings of `stage`, with the platform of `other`.
fn point_at(stage: &Stage, other: &Stage) {
    stage.write("menusync.yaml", &stage.read("menusync.yaml").replace(&stage.url(), &other.url()));
}

#[test]
fn what_was_learnt_on_one_platform_is_not_acted_on_at_another() {
    let rehearsal = Stage::new().in_sync();
    // The same outlet in production: all prices higher, one dish more.
    let production = Stage::new();
    let mut menu = rehearsal.live(KUTA);
    for menu in menu["menus"].as_array_mut().unwrap() {
        for item in menu["menu_items"].as_array_mut().unwrap() {
            item["price"] = json!(item["price"].as_i64().unwrap() + 5_000);
        }
    }
    let more = json!({"external_id": "SOTO", "name": "Soto Betawi", "price": 45_000, "in_stock": true});
    menu["menus"][0]["menu_items"].as_array_mut().unwrap().push(more);
    production.seed(KUTA, menu);
    let before = production.live(KUTA);

    let here = rehearsal.read("menusync.yaml");
    point_at(&rehearsal, &production);
    rehearsal
        .append(KUTA_FILE, "menus: [{name: Camilan, menu_items: [{external_id: TAHU, name: Tahu, price: 9000}]}]\n");
    let line = "is not used here";
    rehearsal.run(&["plan"]).expect(0).says(&["HELD by first-contact", line]);
    rehearsal.run(&["apply", "--yes"]).expect(4).says(&["first-contact", line]);
    rehearsal.run(&["run", "--once"]).expect(4).says(&["first-contact"]);
    for command in ["status", "history", "doctor", "drift"] {
        let told = rehearsal.run(&[command]);
        assert!(format!("{}{}", told.stdout, told.stderr).contains(line), "{command}: {}", told.transcript());
    }
    let history = rehearsal.run(&["history", "--output", "json"]).expect(0).json();
    assert_eq!(history["outlets"][0]["pushes"], json!([]), "{history:#}");
    let refused = rehearsal.run(&["rollback", "--outlet", KUTA, "--to", "1", "--yes"]).expect(4);
    assert!(refused.stderr.contains("nothing"), "{}", refused.transcript());
    for command in [&["drift"][..], &["apply", "--yes", "--revert"]] {
        rehearsal.run(command);
    }
    assert_eq!(production.live(KUTA), before);
    production.assert_nothing_written();

    rehearsal.write("menusync.yaml", &here);
    rehearsal.edit(
        KUTA_FILE,
        "menus: [{name: Camilan, menu_items: [{external_id: TAHU, name: Tahu, price: 9000}]}]\n",
        "",
    );
    rehearsal.run(&["plan", "--detailed-exitcode"]).expect(0).says(&["No changes."]);
    let history = rehearsal.run(&["history", "--output", "json"]).expect(0).json();
    assert_eq!(history["outlets"][0]["pushes"].as_array().map(Vec::len), Some(1), "{history:#}");
}
