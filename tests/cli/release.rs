//! What reports say can be done about what guards hold: every command is run as it stands there, and does what is said.

use crate::{
    approvals::REMOVALS,
    support::{KUTA, KUTA_FILE, LAYER, Output, Stage},
};

/// The commands that stand between backticks, without those for people who would have to answer.
fn commands(text: &str) -> Vec<Vec<String>> {
    let parts = text.split('`').skip(1).step_by(2);
    let commands = parts.filter_map(|part| part.strip_prefix("menusync "));
    commands.map(|command| command.split(' ').map(|word| word.trim_matches('\'').to_owned()).collect()).collect()
}

#[track_caller]
fn run(stage: &Stage, command: &[String], more: &[&str]) -> Output {
    let words: Vec<&str> = command.iter().map(String::as_str).chain(more.iter().copied()).collect();
    stage.run(&words)
}

/// The commands of a report: the one that pushes at once, then those of a review.
#[track_caller]
fn does_as_it_says(make: impl Fn() -> Stage, report: impl Fn(&Stage) -> String, expected: [&str; 2]) {
    let stage = make();
    let told = commands(&report(&stage));
    let (now, review) = told.split_first().unwrap();
    assert_eq!([now.join(" "), review.last().unwrap().join(" ")], expected);
    run(&stage, now, &["--yes"]).expect(0);
    assert!(stage.live_item(KUTA, "GUDEG").is_null());

    let stage = make();
    let told = commands(&report(&stage));
    for command in &told[1..] {
        run(&stage, command, &[]).expect(0);
    }
    stage.run(&["apply", "--yes"]).expect(0);
    assert!(stage.live_item(KUTA, "GUDEG").is_null());
}

fn held() -> Stage {
    let stage = Stage::new().in_sync();
    stage.append(KUTA_FILE, REMOVALS);
    stage
}

#[test]
fn the_commands_below_a_plan_let_it_through() {
    does_as_it_says(
        held,
        |stage| stage.run(&["plan", "--outlet", "Ku*"]).expect(0).stdout,
        ["apply --outlet Ku* --allow deletes", "approve plan.json --guard deletes --reason TEXT"],
    );
}

#[test]
fn the_commands_in_a_comment_do_so_too() {
    does_as_it_says(
        held,
        |stage| {
            let page = stage.run(&["plan", "--output", "markdown"]).expect(0).stdout;
            page.lines().filter(|line| line.starts_with("- ")).collect()
        },
        ["apply --allow deletes", "approve plan.json --guard deletes --reason TEXT"],
    );
}

#[test]
fn a_plan_that_was_written_is_named() {
    does_as_it_says(
        held,
        |stage| stage.run(&["plan", "--out", "kuta.json"]).expect(0).stdout,
        ["apply kuta.json --allow deletes", "approve kuta.json --guard deletes --reason TEXT"],
    );
}

#[test]
fn a_plan_that_undoes_drift_is_pushed_and_approved_as_one() {
    let told = commands(&held().run(&["plan", "--revert"]).stdout);
    let told: Vec<String> = told.iter().take(2).map(|command| command.join(" ")).collect();
    assert_eq!(told, ["apply --revert --allow deletes", "plan --revert --out plan.json"]);
}

#[test]
fn status_says_what_a_pass_of_the_daemon_has_left_to_a_person() {
    does_as_it_says(
        || {
            let stage = held();
            stage.run(&["run", "--once"]).expect(4).says(&["`menusync apply --allow deletes`"]);
            stage
        },
        |stage| stage.run(&["status"]).expect(2).stdout,
        ["apply --allow deletes", "approve plan.json --guard deletes --reason TEXT"],
    );
}

/// The shown plan and the result come together, so one of them says it.
#[test]
fn a_push_that_is_refused_says_it_once_and_a_rollback_names_no_plan() {
    let stage = held();
    let refused = stage.run(&["apply", "--yes"]).expect(4);
    assert!(refused.stdout.contains("the same command with `--allow deletes`"), "{}", refused.transcript());
    assert!(!refused.stderr.contains("--allow"), "{}", refused.transcript());
    let stage = Stage::new().in_sync();
    stage.edit(LAYER, "price: 25000", "price: 30000");
    stage.run(&["apply", "--yes"]).expect(0);
    stage.settings("guards: {price-change: 5%}");
    let refused = stage.run(&["rollback", "--outlet", KUTA, "--to", "1", "--yes"]).expect(4);
    assert!(refused.stdout.contains("the same command with `--allow price-change`"), "{}", refused.transcript());
    assert!(!refused.stdout.contains("approve"), "{}", refused.transcript());
}
