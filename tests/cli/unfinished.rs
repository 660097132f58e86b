//! The first push of an outlet was taken, and its process killed: what comes next finishes it, and judges what the files say
//! since by what it will have done.

use std::{
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use menusync::sandbox::{Endpoint, Fault, FaultKind};
use serde_json::{Value, json};

use crate::{
    support::{KUTA, LAYER, Stage},
    terminal::apply_at_a_terminal,
};

/// The first `apply` died while the platform answered it; its menu shows after so long.
fn killed_after_its_first_put(publish_after: Duration) -> Stage {
    let stage = Stage::new();
    stage.publish_after(publish_after);
    stage.server().inject(Fault { delay_answer_ms: 20_000, ..Fault::new(Endpoint::Put, FaultKind::Delay) });
    let mut apply = stage.command(&["apply", "--yes"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let outlet = || stage.server().outlet(KUTA).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while outlet().pending.is_none() && outlet().publications == 0 {
        assert!(Instant::now() < deadline);
        thread::sleep(Duration::from_millis(10));
    }
    apply.kill().unwrap();
    apply.wait().unwrap();
    assert_eq!(stage.puts().len(), 1);
    stage
}

fn plan(stage: &Stage) -> Value {
    stage.run(&["plan", "--output", "json"]).expect(0).json()["outlets"][0].clone()
}

fn held_by(plan: &Value) -> Vec<&str> {
    let guards = plan["guards"].as_array().unwrap().iter();
    guards.filter(|guard| guard["verdict"] == "held").map(|guard| guard["guard"].as_str().unwrap()).collect()
}

const SHOWN: [Duration; 2] = [Duration::ZERO, Duration::from_secs(4)];

#[test]
fn our_own_first_push_is_no_first_contact() {
    for publish_after in SHOWN {
        let stage = killed_after_its_first_put(publish_after);
        stage.edit(LAYER, "price: 25000", "price: 27000");
        let told = plan(&stage);
        assert_eq!(held_by(&told), [""; 0], "{told:#}");
        let changes: Vec<_> = told["changes"].as_array().unwrap().iter().map(|c| (&c["path"], &c["from"])).collect();
        assert_eq!(changes, [(&json!("items/NG/price"), &json!(25_000))], "{told:#}");
        let plan = stage.run(&["plan"]).expect(0);
        assert!(plan.stderr.contains("has not been seen to arrive"), "{}", plan.transcript());
        stage.run(&["apply", "--yes"]).expect(0);
        assert_eq!(stage.live_item(KUTA, "NG")["price"], 27_000);
        assert_eq!(stage.puts().len(), 2);
    }
}

#[test]
fn what_another_guard_holds_stays_unsent_and_only_the_first_push_is_finished() {
    for publish_after in SHOWN {
        let stage = killed_after_its_first_put(publish_after);
        stage.edit(LAYER, "price: 25000", "price: 40000");
        assert_eq!(held_by(&plan(&stage)), ["price-change"]);
        let before = stage.writes().len();
        let applied = stage.run(&["apply", "--yes", "--output", "json"]).expect(4);
        let json = applied.json();
        assert_eq!(json["outlets"][0]["result"], "held", "{}", applied.transcript());
        assert_eq!(json["outlets"][0]["state"], "held", "{}", applied.transcript());
        assert_eq!(stage.writes().len(), before, "{:?}", stage.writes());
        assert_eq!(stage.live_item(KUTA, "NG")["price"], 25_000);
        let history = stage.run(&["history", "--output", "json"]).expect(0).json();
        assert_eq!(history["outlets"][0]["pushes"][0]["outcome"], "published", "{history:#}");
    }
}

#[test]
fn who_leaves_a_held_outlet_on_the_terminal_sends_nothing() {
    for publish_after in SHOWN {
        let stage = killed_after_its_first_put(publish_after);
        stage.edit(LAYER, "price: 25000", "price: 40000");
        let (code, shown) = apply_at_a_terminal(&stage, "\n");
        assert_eq!(code, 4, "{shown}");
        assert!(shown.contains("price-change") && !shown.contains("first-contact"), "{shown}");
        assert_eq!(stage.puts().len(), 1);
        assert_eq!(stage.live_item(KUTA, "NG")["price"], 25_000);
    }
}

#[test]
fn an_outlet_whose_push_may_still_show_is_not_forgotten() {
    let stage = killed_after_its_first_put(Duration::from_secs(600));
    let refused = stage.run(&["forget", "--outlet", KUTA]).expect(4);
    refused.says(&["a push to outlet G1001 was sent and GoFood has not shown it yet; run this again in 30 min"]);
    let told = plan(&stage);
    assert_eq!(told["state"], "unknown", "{told:#}");
}
