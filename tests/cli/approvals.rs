//! Approvals: an approval releases its guard for the plan that was looked at, and for nothing else, wherever a push begins.

use insta::assert_snapshot;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::support::{KEMANG, KEMANG_FILE, KUTA, KUTA_FILE, LAYER, Stage};

pub(crate) const REMOVALS: &str = "items: {GUDEG: {remove: true}, PECEL: {remove: true}}\n";

/// Writes an approval of `guard` at Kuta for `digest` that expires in so many hours.
fn approve(stage: &Stage, guard: &str, digest: &str, hours: i64) {
    let expires = Timestamp::now() + SignedDuration::from_hours(hours);
    let text = format!("guard: {guard}\nreason: Musim hujan\nexpires: {expires}\noutlets: {{{KUTA}: '{digest}'}}\n");
    stage.write("approvals/hujan.yaml", &text);
}

fn digest(stage: &Stage) -> String {
    let plan = stage.run(&["plan", "--output", "json"]).json();
    plan["outlets"][0]["digest"].as_str().unwrap().to_owned()
}

#[test]
fn an_approval_releases_its_guard_for_the_plan_that_was_looked_at() {
    let stage = Stage::new().in_sync();
    stage.append(KUTA_FILE, REMOVALS);
    approve(&stage, "deletes", &digest(&stage), 48);
    assert_snapshot!(stage.run(&["plan", "--fail-on-guard"]).expect(0).transcript());
    assert_snapshot!(stage.run(&["plan", "--output", "markdown"]).expect(0).transcript());
    let told = stage.run(&["plan", "--output", "json"]).json();
    let guard = &told["outlets"][0]["guards"][0];
    assert_eq!((&guard["verdict"], &guard["approval"]["file"]), (&json!("released"), &json!("approvals/hujan.yaml")));
    stage.run(&["apply", "--yes"]).expect(0);
    assert!(stage.live_item(KUTA, "GUDEG").is_null());
}

#[test]
fn a_pass_of_the_daemon_obeys_approvals_too() {
    let stage = Stage::new().in_sync();
    stage.append(KUTA_FILE, REMOVALS);
    stage.run(&["run", "--once"]).expect(4);
    approve(&stage, "deletes", &digest(&stage), 48);
    stage.run(&["run", "--once"]).expect(0);
    assert!(stage.live_item(KUTA, "GUDEG").is_null());
}

#[test]
fn an_approval_releases_no_other_plan_no_other_guard_and_no_other_outlet() {
    let stage = Stage::new().with_kemang().in_sync();
    stage.append(KUTA_FILE, REMOVALS);
    let held = |stage: &Stage, code| {
        stage.clear_log();
        stage.run(&["apply", "--yes", "--outlet", "Ku*"]).expect(code);
        stage.assert_nothing_written();
    };
    let of_kuta = digest(&stage);
    approve(&stage, "unmanaged", &of_kuta, 48);
    held(&stage, 4);
    approve(&stage, "deletes", &of_kuta, 48);
    // One more change than was looked at.
    stage.edit(LAYER, "price: 36000", "price: 37000");
    held(&stage, 4);
    stage.edit(LAYER, "price: 37000", "price: 36000");
    stage.append(KEMANG_FILE, REMOVALS);
    stage.clear_log();
    stage.run(&["apply", "--yes"]).expect(5);
    assert!(stage.live_item(KUTA, "GUDEG").is_null() && !stage.live_item(KEMANG, "GUDEG").is_null());
}

#[test]
fn an_approval_counts_until_it_expires_and_for_a_week_at_most() {
    let stage = Stage::new().in_sync();
    stage.append(KUTA_FILE, REMOVALS);
    let digest = digest(&stage);
    approve(&stage, "deletes", &digest, -1);
    stage.run(&["validate"]).expect(0).says(&["approval-expired"]);
    stage.run(&["apply", "--yes"]).expect(4);
    approve(&stage, "deletes", &digest, 8 * 24);
    stage.run(&["validate"]).expect(3).says(&["approval-expires"]);
    stage.run(&["apply", "--yes"]).expect(3);
    stage.run(&["run", "--once"]).expect(3);
    stage.assert_nothing_written();
}

#[test]
fn a_stock_change_is_approved_for_these_dishes_only_although_digests_leave_stock_out() {
    let stage = Stage::new().in_sync();
    let off = |ids: &[&str]| {
        let lines: Vec<_> = ids.iter().map(|id| format!("{id}: {{in_stock: false}}")).collect();
        stage.write(
            KUTA_FILE,
            &format!("outlet: G1001\nname: Kuta\nextends: [warung.yaml]\nitems: {{{}}}\n", lines.join(", ")),
        );
    };
    off(&["NG", "RAWON", "GUDEG", "PECEL"]);
    let plans = stage.run(&["plan", "--output", "json"]).json();
    approve(&stage, "sold-out", plans["outlets"][0]["digest"].as_str().unwrap(), 48);
    stage.run(&["apply", "--yes"]).expect(4);
    stage.assert_nothing_written();
}

#[test]
fn mistakes_in_approvals_are_told_by_validate_and_nothing_is_pushed() {
    let stage = Stage::new().in_sync();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage.write("approvals/a.yaml", "gaurd: deletes\nreason: ''\nexpires: 7d\noutlets: {G1001: abc, Kuta: x}\n");
    assert_snapshot!(stage.run(&["validate"]).expect(3).transcript());
    stage.run(&["apply", "--yes"]).expect(3);
    stage.assert_nothing_written();
}

/// Whatever is wrong with the one file that would let the plan through: it is told, with its place where it has one, and
/// nothing goes out, neither by a person nor by a daemon.
#[test]
fn an_approval_that_is_wrong_in_any_way_lets_nothing_through() {
    let stage = Stage::new().in_sync();
    stage.append(KUTA_FILE, REMOVALS);
    approve(&stage, "deletes", &digest(&stage), 48);
    stage.run(&["plan", "--fail-on-guard"]).expect(0);
    let good = stage.read("approvals/hujan.yaml");
    for (from, to, code, line) in [
        ("guard: deletes", "guard: delete", "unknown-value", 1),
        ("guard: deletes", "guard: [deletes]", "wrong-type", 1),
        ("reason: Musim hujan\n", "", "missing-key", 1),
        ("Musim hujan", "''", "approval-reason", 2),
        ("expires: ", "expires: in ", "approval-expires", 3),
        ("G1001", "Kuta", "outlet-id", 4),
        ("sha256:", "sha1:", "approval-digest", 4),
        ("outlets: {", "outlets: [", "syntax", 4),
        ("outlets", "\toutlets", "tab-indentation", 4),
        ("reason", "guard: deletes\nreason", "duplicate-key", 2),
    ] {
        assert_eq!(good.matches(from).count(), 1, "{from}");
        stage.write("approvals/hujan.yaml", &good.replace(from, to));
        let told = stage.run(&["validate", "--output", "json"]).expect(3).json();
        let wrong = &told["diagnostics"][0];
        assert_eq!((&wrong["code"], &wrong["line"]), (&json!(code), &json!(line)), "{told:#}");
        assert_eq!(wrong["file"], "approvals/hujan.yaml");
        assert!(wrong["column"].as_u64() > Some(0), "{told:#}");
        stage.run(&["apply", "--yes"]).expect(3).says(&["approvals/hujan.yaml:"]);
        stage.run(&["run", "--once"]).says(&["held"]);
    }
    stage.assert_nothing_written();
}

#[test]
fn approvals_that_cannot_be_read_let_nothing_through_and_keep_nothing_else_from_being_said() {
    let stage = Stage::new().in_sync();
    stage.append(KUTA_FILE, REMOVALS);
    approve(&stage, "deletes", &digest(&stage), 48);
    let (root, aside) = (stage.root(), stage.root().join("../aside"));
    std::fs::rename(root.join("approvals"), &aside).unwrap();
    let refused = |says: &str| {
        let plan = stage.run(&["plan"]).expect(3);
        assert!(plan.stdout.contains("HELD by deletes"), "{}", plan.transcript());
        stage.run(&["validate"]).expect(3).says(&[says]);
        stage.run(&["apply", "--yes"]).expect(3).says(&[says]);
        stage.run(&["run", "--once"]).says(&["held"]);
        stage.assert_nothing_written();
    };
    let link = |to: &str| std::os::unix::fs::symlink(to, root.join("approvals")).unwrap();
    link("../aside");
    refused("leads out of the root");
    stage.remove("approvals");
    link("nowhere");
    refused("what it leads to does not exist");
    stage.remove("approvals");
    stage.write("approvals", "guard: deletes\n");
    refused("Not a directory");
    stage.remove("approvals");
    std::fs::create_dir(root.join("approvals")).unwrap();
    std::os::unix::fs::symlink("../../aside/hujan.yaml", root.join("approvals/hujan.yaml")).unwrap();
    refused("leads out of the root");
    stage.remove("approvals/hujan.yaml");
    std::fs::rename(aside.join("hujan.yaml"), root.join("approvals/hujan.yml")).unwrap();
    stage.run(&["validate"]).expect(0).says(&["file-ignored", "rename it to `approvals/hujan.yaml`"]);
    stage.run(&["apply", "--yes"]).expect(4);
    stage.assert_nothing_written();
    std::fs::rename(root.join("approvals/hujan.yml"), root.join("approvals/hujan.yaml")).unwrap();
    stage.run(&["apply", "--yes"]).expect(0);
}

/// Files are judged each for itself: what one no longer lets through, another may, and what only both let through needs both.
#[test]
fn several_approvals_of_one_outlet() {
    let stage = Stage::new().in_sync();
    stage.append(KUTA_FILE, REMOVALS);
    approve(&stage, "deletes", &digest(&stage), 48);
    std::fs::rename(stage.root().join("approvals/hujan.yaml"), stage.root().join("approvals/old.yaml")).unwrap();
    stage.edit(LAYER, "price: 25000", "price: 45000");
    let now = digest(&stage);
    approve(&stage, "deletes", &now, -1);
    std::fs::rename(stage.root().join("approvals/hujan.yaml"), stage.root().join("approvals/late.yaml")).unwrap();
    approve(&stage, "deletes", &now, 48);
    let plan = stage.run(&["plan", "--output", "json"]).expect(0).json();
    let guards = plan["outlets"][0]["guards"].as_array().unwrap();
    let verdicts: Vec<_> = guards.iter().map(|told| (told["guard"].as_str().unwrap(), &told["verdict"])).collect();
    assert_eq!(verdicts, [("deletes", &json!("released")), ("price-change", &json!("held"))]);
    assert_eq!(guards[0]["approval"]["file"], "approvals/hujan.yaml");
    let stale: Vec<_> = plan["stale_approvals"].as_array().unwrap().iter().map(|told| &told["file"]).collect();
    assert_eq!(stale, ["approvals/late.yaml", "approvals/old.yaml"]);
    stage.run(&["apply", "--yes"]).expect(4);
    stage.assert_nothing_written();
    let both = stage.read("approvals/hujan.yaml").replace("deletes", "price-change");
    stage.write("approvals/price.yaml", &both);
    stage.run(&["apply", "--yes"]).expect(0);
    assert!(stage.live_item(KUTA, "GUDEG").is_null());
}

/// What lets nothing through is named as such, with the reason, by everybody who would have used it.
#[test]
fn approvals_without_effect_are_said_to_be() {
    let stage = Stage::new().in_sync();
    stage.append(KUTA_FILE, REMOVALS);
    let right = digest(&stage);
    let of_another = format!("sha256:{}", "0".repeat(64));
    for (guard, digest, hours, why) in [
        ("unmanaged", &*right, 48, "the guard holds none of its outlets"),
        ("deletes", &of_another, 48, "what would be pushed is not what was approved"),
        ("deletes", &right, -1, "it expired at"),
    ] {
        approve(&stage, guard, digest, hours);
        for command in [&["plan"][..], &["apply", "--yes"], &["run", "--once"]] {
            stage.run(command).says(&["approvals/hujan.yaml", "lets nothing through", why]);
        }
    }
    approve(&stage, "deletes", &right, 48);
    stage.edit("approvals/hujan.yaml", "G1001", "G9");
    stage.run(&["validate"]).expect(0).says(&["approval-outlet", "no file defines the outlet `G9`"]);
    stage.run(&["apply", "--yes"]).expect(4);
    stage.assert_nothing_written();
}
