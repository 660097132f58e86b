//! `outlets`: what the credential reaches, against what files define.

use crate::support::{KUTA, Stage};

fn facilitator() -> Stage {
    let stage = Stage::new();
    stage.server().change_settings(|settings| settings.facilitator = true);
    stage.server().seed("G1003", menusync::sandbox::written::Catalog::default());
    stage.write("catalogs/elsewhere.yaml", "outlet: G2001\nname: Elsewhere\nextends: [warung.yaml]\n");
    stage
}

#[test]
fn linked_and_defined_outlets_are_told_apart() {
    let stage = facilitator();
    insta::assert_snapshot!(stage.run(&["outlets"]).expect(0).transcript());
    let json = stage.run(&["outlets", "--output", "json"]).expect(0).json();
    assert_eq!(json["schema"], "menusync.outlets/1");
    assert_eq!(json["summary"], serde_json::json!({"linked": 3, "without_file": 2, "not_linked": 1}));
    assert_eq!(json["outlets"][0]["outlet"], KUTA);
    assert_eq!(json["outlets"][3]["linked"], false);
    let scopes: Vec<_> = stage.log().into_iter().filter_map(|entry| entry.scope).collect();
    assert!(scopes.iter().all(|scope| scope == "partner:outlet:read"), "{scopes:?}");
}

#[test]
fn many_outlets_come_page_by_page() {
    let stage = facilitator();
    for number in 0..250 {
        stage.server().seed(&format!("G3{number:03}"), menusync::sandbox::written::Catalog::default());
    }
    let json = stage.run(&["outlets", "--output", "json"]).expect(0).json();
    assert_eq!(json["summary"]["linked"], 253);
}

#[test]
fn a_direct_integration_cannot_list_them_and_is_told_what_to_do() {
    let stage = Stage::new();
    insta::assert_snapshot!(stage.run(&["outlets"]).expect(1).transcript());
    let json = stage.run(&["outlets", "--output", "json"]).expect(1).json();
    assert_eq!(json["schema"], "menusync.diagnostics/1");
    stage.server().change_settings(|settings| {
        (settings.facilitator, settings.granted_scopes) = (true, Some(Vec::new()));
    });
    stage.run(&["outlets"]).expect(1).says(&["without the scope partner:outlet:read", "With a direct integration"]);
}
