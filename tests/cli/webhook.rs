//! Subscriptions are made to fit the settings: what is right stays, what is missing is made, what is foreign is left alone.

use menusync::sandbox::Endpoint;

use crate::support::{KUTA, Output, Stage};

const URL: &str = "http://127.0.0.1:9/gobiz";

fn stage() -> Stage {
    let stage = Stage::new();
    set(&stage, URL);
    stage
}

fn set(stage: &Stage, url: &str) {
    stage.settings(&format!("webhook: {{signature: monitor, public_url: \"{url}\"}}"));
}

fn webhook(stage: &Stage, action: &str) -> Output {
    stage.run_beside_a_writer(&["webhook", action])
}

/// Methods of the calls about subscriptions since the log was cleared.
fn calls(stage: &Stage) -> Vec<String> {
    let calls = stage.log().into_iter().filter(|entry| entry.endpoint == Endpoint::Subscription);
    let methods = calls.map(|entry| entry.method).collect();
    stage.clear_log();
    methods
}

#[test]
fn subscribing_twice_changes_nothing_the_second_time() {
    let stage = stage();
    insta::assert_snapshot!(webhook(&stage, "subscribe").expect(0).stdout, @r"
    http://127.0.0.1:9/gobiz
      gofood.catalog.menu_mapping_updated  created
      gofood.order.webhook_error           created
    ");
    calls(&stage);
    let again = webhook(&stage, "subscribe").expect(0);
    assert_eq!(again.stdout.matches("  active\n").count(), 2, "{}", again.stdout);
    assert!(calls(&stage).iter().all(|method| method == "GET"));
    let list = stage.run(&["webhook", "list", "--output", "json"]).expect(0).json();
    assert_eq!((&list["schema"], &list["public_url"]), (&"menusync.webhook/1".into(), &URL.into()));
    assert!(
        list["subscriptions"]
            .as_array()
            .unwrap()
            .iter()
            .all(|line| line["active"] == true && line["result"] == "unchanged")
    );
}

#[test]
fn what_is_not_active_is_activated_and_what_is_foreign_left_alone() {
    let stage = stage();
    webhook(&stage, "subscribe").expect(0);
    stage.server().deactivate_subscriptions();
    set(&stage, "http://127.0.0.1:9/other");
    webhook(&stage, "subscribe").expect(0);
    set(&stage, URL);
    insta::assert_snapshot!(webhook(&stage, "list").expect(0).stdout, @r"
    http://127.0.0.1:9/gobiz
      gofood.catalog.menu_mapping_updated  not active: `menusync webhook subscribe` activates it
      gofood.order.webhook_error           not active: `menusync webhook subscribe` activates it
    left alone, as not ours:
      gofood.catalog.menu_mapping_updated  http://127.0.0.1:9/other
      gofood.order.webhook_error           http://127.0.0.1:9/other
    ");
    calls(&stage);
    assert_eq!(webhook(&stage, "subscribe").expect(0).stdout.matches("  activated\n").count(), 2);
    assert_eq!(calls(&stage), ["GET", "PUT", "GET", "GET", "PUT", "GET"]);
    let ended = webhook(&stage, "unsubscribe").expect(0).stdout;
    assert_eq!((ended.matches("  removed\n").count(), ended.matches("/other").count()), (2, 2), "{ended}");
    assert_eq!(webhook(&stage, "unsubscribe").expect(0).stdout.matches("  not subscribed\n").count(), 2);
    assert_eq!(calls(&stage), ["GET", "DELETE", "GET", "DELETE", "GET", "GET"]);
}

#[test]
fn a_command_without_an_address_or_a_right_says_so() {
    let stage = stage();
    stage.settings("");
    let output = webhook(&stage, "subscribe").expect(3);
    assert!(output.stderr.contains("`webhook.public_url`"), "{}", output.stderr);
    set(&stage, URL);
    stage.server().inject(menusync::sandbox::Fault::status(Endpoint::Subscription, 403));
    let output = webhook(&stage, "subscribe").expect(1);
    assert!(output.stdout.contains("`--scope` asks for another one"), "{}", output.stdout);
    assert_eq!(output.stdout.matches("  created\n").count(), 1, "the other one is tried: {}", output.stdout);
    stage.clear_log();
    stage.run_beside_a_writer(&["webhook", "list", "--scope", "gofood:outlet:write"]).expect(0);
    let scopes: Vec<_> = stage.log().into_iter().filter_map(|entry| entry.scope).collect();
    assert_eq!(scopes, ["gofood:outlet:write"]);
    assert!(stage.writes().iter().all(|entry| entry.outlet.as_deref() != Some(KUTA)));
}

#[test]
fn an_event_whose_scope_is_lacking_is_told_and_the_other_is_subscribed_to() {
    let stage = stage();
    stage.server().change_settings(|settings| settings.granted_scopes = Some(vec!["gofood:catalog:read".into()]));
    let output = webhook(&stage, "subscribe").expect(1);
    let stdout = &output.stdout;
    assert!(stdout.contains("  gofood.catalog.menu_mapping_updated  created\n"), "{stdout}");
    assert!(stdout.contains("  gofood.order.webhook_error           FAILED: POST "), "{stdout}");
    assert!(stdout.contains("was granted without the scope gofood:order:read"), "{stdout}");
    let json = stage.run_beside_a_writer(&["webhook", "subscribe", "--output", "json"]).expect(1).json();
    let results: Vec<_> = json["subscriptions"].as_array().unwrap().iter().map(|line| &line["result"]).collect();
    assert_eq!(results, ["unchanged", "failed"]);
    assert!(json["subscriptions"][1]["error"].as_str().unwrap().contains("gofood:order:read"), "{json:#}");
}

#[test]
fn each_list_shows_its_own_events_and_none_is_an_empty_one() {
    use menusync::sandbox::EmptyList;
    for empty in [EmptyList::Null, EmptyList::Absent] {
        let stage = stage();
        stage.server().change_settings(|settings| (settings.empty_list, settings.list_by_scope) = (empty, true));
        assert_eq!(webhook(&stage, "list").expect(0).stdout.matches("  not subscribed\n").count(), 2);
        assert_eq!(webhook(&stage, "subscribe").expect(0).stdout.matches("  created\n").count(), 2);
        assert_eq!(webhook(&stage, "subscribe").expect(0).stdout.matches("  active\n").count(), 2);
    }
}
