//! `diff A B` and `plan --base A` at B speak of the same effects.

use menusync::sandbox::{self, Options, Sandbox};
use tokio::runtime::Runtime;

use crate::harness::{Repository, brand, layer, outlet};

/// A stand-in that shows what the committed files say.
fn in_sync(repository: &Repository) -> (Runtime, Sandbox) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let options =
        Options { register_unknown_outlets: true, publish_delay: std::time::Duration::ZERO, ..Options::default() };
    let server = runtime.block_on(sandbox::start(options)).unwrap();
    let (api, oauth) = (server.url(), server.oauth_url());
    repository.write(
        "menusync.yaml",
        format!(
            "target: custom\nrules: {{image-missing: off}}\nverify: {{interval: 50ms, timeout: 20s}}\n\
             gobiz: {{api_url: '{api}', oauth_url: '{oauth}', requests_per_second: 1000}}\n"
        ),
    );
    repository.commit();
    let applied = repository.run(&["apply", "--yes"]);
    assert_eq!(applied.code, 0, "{}{}", applied.out, applied.err);
    (runtime, server)
}

fn disturb(repository: &Repository) {
    let changed = layer(27000)
        .replace("name: Gila", "name: Pedas gila")
        .replace("        in_stock: false\n", "")
        .replace("        description: Enak\n", "");
    let takjil =
        "  - name: Takjil\n    menu_items: [{external_id: KOLAK, name: Kolak, price: 12000}]\nvariant_categories:";
    repository.write("catalogs/layer.yaml", changed.replace("variant_categories:\n", &format!("{takjil}\n")));
    let more = "items: {NU: {menu: Takjil, before: KOLAK}}\nvariants: {LV-1: {remove: true}}\n";
    repository.write("catalogs/outlets/2.yaml", outlet("G2", "Ubud", more));
    repository.write("catalogs/outlets/3.yaml", outlet("G3", "Sanur", "state: paused\n"));
    repository.write("catalogs/outlets/7.yaml", outlet("G7", "Canggu", ""));
    std::fs::remove_file(repository.root().join("catalogs/outlets/1.yaml")).unwrap();
}

#[test]
fn the_digest_of_a_diff_is_that_of_the_plan_from_the_same_base() {
    let repository = brand();
    let (_runtime, server) = in_sync(&repository);
    disturb(&repository);
    let diff = repository.run(&["diff", "HEAD", "--output", "json"]).json();
    std::fs::remove_dir_all(repository.path().join(".git/menusync-state")).unwrap();
    server.control().clear_log();
    let plan = repository.run(&["plan", "--base", "HEAD", "--output", "json"]);
    assert_eq!(plan.code, 0, "{}", plan.err);
    let plan = plan.json();
    assert_eq!(diff["digest"], plan["digest"]);
    let outlet = |report: &serde_json::Value, id: &str| -> Vec<String> {
        let known = report["outlets"].as_array().unwrap().iter().find(|outlet| outlet["outlet"] == id).unwrap().clone();
        let changes = known["changes"].as_array().unwrap().iter();
        changes.map(|change| format!("{} {} {}", change["kind"], change["path"], change["to"])).collect()
    };
    for id in ["G0", "G2", "G7"] {
        assert_eq!(outlet(&diff, id), outlet(&plan, id), "{id}");
    }
    assert!(outlet(&diff, "G2").len() > 5);
    assert!(server.control().log().iter().all(|entry| entry.method == "GET" || entry.path.contains("oauth")));
}

#[test]
fn promotions_are_in_a_diff_and_in_its_digest() {
    let repository = brand();
    let (_runtime, _server) = in_sync(&repository);
    let with = |price: u32| {
        format!(
            "{}promotions:\n  gajian: {{external_menu_id: NG, selling_price: {price}, start_date: 2098-02-25, end_date: \
             2098-02-28}}\n",
            layer(25000)
        )
    };
    let before = repository.git(&["rev-parse", "HEAD"]);
    repository.write("catalogs/layer.yaml", with(19000));
    let declared = repository.commit();
    let made = repository.run(&["diff", &before, &declared]);
    for told in ["“gajian”: Rp 19.000 instead of Rp 25.000 (−24 %), 25–28 Feb 2098", "5 promotions to create"] {
        assert!(made.out.contains(told), "{}", made.out);
    }
    let digest = |arguments: &[&str]| repository.run(arguments).json()["digest"].clone();
    let shown = digest(&["diff", &before, &declared, "--output", "json"]);
    assert_eq!(shown, digest(&["plan", "--base", &before, "--output", "json"]), "so that an approval of it counts");
    assert_eq!(shown, digest(&["plan", "--output", "json"]));
    repository.write("catalogs/layer.yaml", with(18000));
    let changed = repository.run(&["diff", "HEAD"]);
    assert!(changed.out.contains("“gajian”: Rp 19.000 → Rp 18.000"), "{}", changed.out);
    assert_ne!(shown, digest(&["diff", &before, "--output", "json"]));
}

#[test]
fn drift_is_told_from_edits_by_the_base_of_a_revision() {
    let repository = brand();
    let (_runtime, server) = in_sync(&repository);
    std::fs::remove_dir_all(repository.path().join(".git/menusync-state")).unwrap();
    let held = repository.run(&["plan", "--output", "json"]).json();
    assert_eq!(held["summary"]["changed"], 0);
    let edit = serde_json::json!({"edit": "item", "item": "NG", "set": {"price": 99000}});
    server.control().edit("G0", serde_json::from_value(edit).unwrap()).unwrap();
    let plan = repository.run(&["plan", "--base", "HEAD", "--outlet", "Kemang", "--output", "json"]).json();
    assert_eq!(plan["outlets"][0]["changes"][0]["class"], "drift");
    let without = repository.run(&["plan", "--outlet", "Kemang", "--output", "json"]).json();
    assert_eq!(without["outlets"][0]["changes"][0]["class"], "adopt");
}

#[test]
fn an_outlet_whose_base_is_invalid_is_not_planned_and_why_is_said() {
    let repository = brand();
    let (_runtime, _server) = in_sync(&repository);
    let good = outlet("G0", "Kemang", "");
    repository.write("catalogs/outlets/0.yaml", format!("{good}items: {{NG: {{price: cheap}}}}\n"));
    repository.commit();
    repository.write("catalogs/outlets/0.yaml", good);
    let ran = repository.run(&["plan", "--base", "HEAD", "--outlet", "Kemang", "--output", "json"]);
    let plan = ran.json();
    let told = &plan["outlets"][0];
    assert_eq!((ran.code, &told["state"]), (3, &"invalid".into()), "{plan:#}");
    assert!(told["error"].as_str().unwrap().contains("outlets/0.yaml"), "{plan:#}");
}

#[test]
fn a_base_that_does_not_exist_is_wrong_usage() {
    let repository = brand();
    let (_runtime, _server) = in_sync(&repository);
    assert_eq!(repository.run(&["plan", "--base", "nowhere"]).code, 64);
}

#[test]
fn a_plan_stays_the_same_when_its_branch_is_merged_or_squashed_and_a_saved_one_is_still_good() {
    let repository = brand();
    let (_runtime, _server) = in_sync(&repository);
    let main = repository.git(&["rev-parse", "HEAD"]);
    repository.git(&["checkout", "-q", "-b", "change"]);
    repository.write("catalogs/layer.yaml", layer(26000));
    repository.commit();
    disturb(&repository);
    repository.commit();
    let digest = |arguments: &[&str]| {
        let ran = repository.run(&[arguments, &["--output", "json"]].concat());
        ran.json()["digest"].as_str().unwrap().to_owned()
    };
    let planned = digest(&["plan", "--out", ".git/plan.json"]);
    assert_eq!(digest(&["diff", &main, "HEAD"]), planned);
    assert_eq!(digest(&["plan", "--base", &main]), planned);
    repository.git(&["checkout", "-q", "main"]);
    assert_ne!(digest(&["plan"]), planned);
    repository.git(&["merge", "-q", "--squash", "change"]);
    repository.commit();
    assert_eq!(digest(&["plan"]), planned);
    repository.git(&["reset", "-q", "--hard", &main]);
    repository.git(&["merge", "-q", "--no-ff", "-m", "merged", "change"]);
    assert_eq!(digest(&["plan"]), planned);
    assert_eq!(digest(&["diff", "HEAD~1", "HEAD"]), planned);
    let applied = repository.run(&["apply", ".git/plan.json", "--yes", "--allow", "deletes"]);
    assert_eq!(applied.code, 0, "{}{}", applied.out, applied.err);
    let nothing = digest(&["plan"]);
    assert_eq!(digest(&["diff", "HEAD"]), nothing);
    let late = repository.run(&["apply", ".git/plan.json", "--yes"]);
    assert!(late.code == 4 && late.err.contains("gone:"), "{}", late.err);
}
