//! What other programs get.

use super::*;

#[test]
fn programs_get_the_whole_plan() {
    let mut story = Story::in_sync();
    story.item("NU").price = Field::Set(Price(13_000));
    story.live_item("NG").price = Field::Set(Price(26_000));
    insta::assert_snapshot!(plan_json(&report(vec![story.outlet("G1", "Kuta")])), @r#"
    {
      "schema": "menusync.plan/1",
      "tool": "0.1.0",
      "revision": "4a1b2c3",
      "generated_at": "1970-01-01T00:00:00Z",
      "target": null,
      "digest": "sha256:ac79a12c6e06e2b83cfb9489cb7412d6a68fba17ed1f4598736cce423998afb0",
      "summary": {
        "outlets": 1,
        "changed": 1,
        "unchanged": 0,
        "held": 0,
        "failed": 0,
        "add": 0,
        "remove": 0,
        "set": 1,
        "move": 0,
        "drift": 1,
        "conflict": 0
      },
      "outlets": [
        {
          "outlet": "G1",
          "name": "Kuta",
          "state": "pending",
          "digest": "sha256:ac79a12c6e06e2b83cfb9489cb7412d6a68fba17ed1f4598736cce423998afb0",
          "action": "put",
          "changes": [
            {
              "kind": "set",
              "class": "drift",
              "path": "items/NG/price",
              "from": 26000,
              "to": 25000,
              "base": 25000,
              "pushed": false,
              "source": {
                "file": "catalogs/kuta.yaml",
                "line": 6,
                "column": 23
              }
            },
            {
              "kind": "set",
              "class": "edit",
              "path": "items/NU/price",
              "from": 12000,
              "to": 13000,
              "base": 12000,
              "pushed": true,
              "source": {
                "file": "catalogs/kuta.yaml",
                "line": 6,
                "column": 23
              }
            }
          ],
          "guards": [
            {
              "guard": "price-change",
              "limit": 50.0,
              "actual": 8.3,
              "verdict": "pass",
              "items": []
            }
          ],
          "diagnostics": [],
          "error": null
        }
      ],
      "stale_approvals": []
    }
    "#);
}
