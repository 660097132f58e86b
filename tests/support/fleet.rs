//! A fleet of six outlets on one layer, whose changes go out in waves.

use menusync::{
    catalog::OutletId,
    rollout::{Candidate, Rollout, WaveSize},
    sandbox::Entry,
};
use serde_json::Value;

use super::{LAYER, Stage};

pub const OUTLETS: [&str; 6] = ["G2001", "G2002", "G2003", "G2004", "G2005", "G2006"];

/// All of them in sync, and from now on `rollout` with one outlet first, then half of them.
pub fn fleet(bake: &str) -> Stage {
    let stage = Stage::with_outlets(OUTLETS.map(str::to_owned).to_vec());
    stage.write(LAYER, include_str!("warung.yaml"));
    for outlet in OUTLETS {
        stage.write(&file_of(outlet), &format!("outlet: {outlet}\nname: Warung {outlet}\nextends: [warung.yaml]\n"));
    }
    let stage = stage.in_sync();
    stage.settings(&rollout(bake));
    // The settings are other ones since: their own rollout ends at the first look.
    stage.run(&["run", "--once"]).expect(0);
    stage.assert_nothing_written();
    stage.clear_log();
    stage
}

pub fn rollout(bake: &str) -> String {
    format!("rollout: {{waves: [1, 50%], bake: {bake}}}\n")
}

pub fn file_of(outlet: &str) -> String {
    format!("catalogs/{outlet}.yaml")
}

/// The waves of a change that concerns all of them.
pub fn waves() -> [Vec<String>; 3] {
    let rollout = Rollout { waves: vec![WaveSize::Count(1), WaveSize::Percent(50.0)], bake: Default::default() };
    let candidate = |outlet: &str| Candidate { outlet: OutletId::from(outlet), named: None, known: true };
    let waves = rollout.assign(OUTLETS.map(candidate).to_vec());
    let waves: Vec<Vec<String>> = waves.iter().map(|wave| wave.iter().map(ToString::to_string).collect()).collect();
    waves.try_into().unwrap()
}

/// A change of all of them: the price of a dish.
pub fn change(stage: &Stage, price: i64) {
    let text = stage.read(LAYER);
    let (before, rest) = text.split_once("telur mata sapi\n        price: ").unwrap();
    let after = rest.split_once('\n').unwrap().1;
    stage.write(LAYER, &format!("{before}telur mata sapi\n        price: {price}\n{after}"));
}

/// The outlets that were sent a menu, sorted.
pub fn sent_to(stage: &Stage) -> Vec<String> {
    let outlet = |entry: &Entry| OUTLETS.into_iter().find(|outlet| entry.path.contains(outlet)).unwrap().to_owned();
    let mut outlets: Vec<String> = stage.puts().iter().map(outlet).collect();
    outlets.sort();
    outlets
}

/// These, sorted.
pub fn sorted(waves: &[Vec<String>]) -> Vec<String> {
    let mut outlets = waves.concat();
    outlets.sort();
    outlets
}

/// How far the rollout is, by the command.
pub fn rollout_of(stage: &Stage) -> Value {
    let output = stage.run_beside_a_writer(&["status", "--output", "json"]);
    serde_json::from_str::<Value>(&output.stdout).unwrap_or_default()["rollout"].clone()
}
