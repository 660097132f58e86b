//! Every fault of the stand-in at every step of a push: how the pass ends, what it has sent by then, and that the next pass,
//! without a fault, finds or brings about what the files say.

use std::{collections::BTreeMap, sync::Mutex, thread};

use insta::assert_snapshot;
use menusync::sandbox::{Endpoint, Fault, FaultKind};

use crate::support::{KUTA, KUTA_FILE, Stage};

/// A step, its call, and how many such calls come before it.
const STEPS: [(&str, Endpoint, u32); 5] = [
    ("token", Endpoint::Token, 0),
    ("look", Endpoint::Get, 0),
    ("put", Endpoint::Put, 0),
    ("verify", Endpoint::Get, 1),
    ("stock", Endpoint::Stock, 0),
];

/// As many rows at a time: most of their time they wait for a pause to end.
const AT_A_TIME: usize = 6;

fn faults() -> Vec<(&'static str, Fault)> {
    let kind = |kind| Fault::new(Endpoint::Any, kind);
    let status = |status| Fault::status(Endpoint::Any, status);
    let soon = BTreeMap::from([("Retry-After".to_owned(), "0".to_owned())]);
    vec![
        ("not heard in time", Fault { delay_ms: 8_000, ..kind(FaultKind::Delay) }),
        ("answered too late", Fault { delay_answer_ms: 8_000, ..kind(FaultKind::Delay) }),
        ("400", status(400)),
        ("401", status(401)),
        ("404", status(404)),
        ("408", status(408)),
        ("422", status(422)),
        ("429", Fault { headers: soon, ..status(429) }),
        ("503", status(503)),
        ("503 though done", Fault { commit: Some(true), ..status(503) }),
        ("cut", kind(FaultKind::Cut)),
        ("cut though done", kind(FaultKind::CutAfterCommit)),
        ("page of a gateway", kind(FaultKind::Html)),
        ("empty", kind(FaultKind::Empty)),
        ("half", kind(FaultKind::Truncated)),
        ("too large", Fault { bytes: 33 << 20, ..kind(FaultKind::Oversized) }),
    ]
}

/// One line: how the pass with the fault ended and what it sent; how the next one ended, and what it had still to send.
fn row(step: (&str, Endpoint, u32), name: &str, fault: Fault) -> String {
    let (step, on, after) = step;
    let stage = Stage::new().in_sync();
    let settings = stage.read("menusync.yaml").replace("timeout: 5s", "timeout: 3s");
    stage.write("menusync.yaml", &settings);
    stage.kitchen(KUTA, "PECEL", false);
    let claim = if on == Endpoint::Stock { "TEH: {in_stock: false}" } else { "NG: {price: 27000}" };
    stage.append(KUTA_FILE, &format!("items: {{{claim}}}\n"));
    stage.server().inject(Fault { on, after, ..fault });
    let first = pass(&stage);
    assert!(stage.server().faults().is_empty(), "{step}, {name}: no such call");
    let ids: Vec<_> = stage.puts().into_iter().map(|put| put.request_id).collect();
    assert!(ids.windows(2).all(|two| two[0] == two[1]), "{step}, {name}: a push keeps its request_id");
    assert!(stage.puts().iter().all(|put| !put.replaced_pending), "{step}, {name}");
    stage.clear_log();
    let second = pass(&stage);
    match on {
        Endpoint::Stock => assert_eq!(stage.live_item(KUTA, "TEH")["in_stock"], false, "{step}, {name}"),
        _ => assert_eq!(stage.live_item(KUTA, "NG")["price"], 27_000, "{step}, {name}"),
    }
    assert_eq!(stage.live_item(KUTA, "PECEL")["in_stock"], false, "{step}, {name}");
    let status = stage.run(&["status", "--output", "json"]).json();
    assert_eq!(status["outlets"][0]["state"], "in_sync", "{step}, {name}: {status}");
    format!("{step:6}  {name:17}  {first}  then  {second}")
}

fn pass(stage: &Stage) -> String {
    let output = stage.run(&["run", "--once", "--output", "json"]);
    let outlet = &output.json()["outlets"][0];
    let [result, state] = ["result", "state"].map(|key| outlet[key].as_str().unwrap().to_owned());
    let (puts, patches) = (stage.puts().len(), stage.patches().len());
    format!("exit {} {:18} {puts} PUT {patches} PATCH", output.code, format!("{result}/{state}"))
}

#[test]
fn any_fault_at_any_step_of_a_push_ends_in_what_the_files_say() {
    let rows = STEPS.into_iter().flat_map(|step| faults().into_iter().map(move |(name, fault)| (step, name, fault)));
    let rows: Vec<_> = rows.enumerate().collect();
    let (waiting, told) = (Mutex::new(rows.into_iter()), Mutex::new(BTreeMap::new()));
    let work = || {
        let next = || waiting.lock().unwrap().next();
        while let Some((number, (step, name, fault))) = next() {
            let line = row(step, name, fault);
            told.lock().unwrap().insert(number, line);
        }
    };
    thread::scope(|scope| (0..AT_A_TIME).for_each(|_| drop(scope.spawn(work))));
    let told: Vec<String> = told.into_inner().unwrap().into_values().collect();
    assert_snapshot!(told.join("\n"));
}
