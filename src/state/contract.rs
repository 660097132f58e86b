//! What any implementation of [`State`] has to keep, whatever it stores things in. A new backend adds a line at the end.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

mod rollouts;

use self::rollouts::{
    a_rollout_belongs_to_one_platform_and_one_root, a_rollout_goes_on_for_others_and_after_reopening,
    a_stopped_rollout_of_which_nobody_is_left_has_ended,
    a_stopped_rollout_stays_so_unless_newer_files_change_all_that_it_holds,
    a_wave_of_which_nobody_can_be_sent_is_told_once, an_order_that_is_not_recognised_stops_a_rollout_where_it_was_sent,
    commits_one_after_the_other_supersede_a_stopped_rollout_together,
    newer_files_take_over_who_had_no_turn_and_are_still_there, who_begins_the_same_rollout_later_changes_nothing,
    who_is_forgotten_is_waited_for_by_nobody,
};
use super::{
    postgres::testing::Database,
    testing::{CALL, at, base, push, status},
    *,
};

/// An empty place to store things in; each opening is another process's view of it.
struct Place {
    open: Box<dyn Fn(&Scope) -> SharedState>,
}

impl Place {
    fn state(&self) -> SharedState {
        (self.open)(&scope("https://api.example"))
    }
}

fn scope(platform: &str) -> Scope {
    Scope { platform: platform.to_owned(), root: "/srv/menus".to_owned() }
}

fn ended(outcome: PushOutcome) -> PushStep {
    PushStep { end: Some((outcome, None)), ..PushStep::default() }
}

async fn numbers(state: &SharedState) -> Vec<i64> {
    state.history("G1").await.unwrap().iter().map(|(row, _)| row.number).collect()
}

async fn in_threes(state: &SharedState) -> [PushId; 3] {
    let mut ids = Vec::new();
    for outlet in ["G1", "G2", "G1"] {
        if let Some(earlier) = state.pending_push(outlet).await.unwrap() {
            state.record_push_step(earlier.id, ended(PushOutcome::Failed), at(1)).await.unwrap();
        }
        ids.push(state.begin_push(push(outlet)).await.unwrap());
    }
    ids.try_into().unwrap()
}

async fn what_was_stored_is_there_for_others_and_after_reopening(place: &Place) {
    let state = place.state();
    state.update_outlet("G1", base(r#"{"items":{}}"#), at(1)).await.unwrap();
    let id = state.begin_push(push("G1")).await.unwrap();
    state.record_push_step(id, PushStep { sent_at: Some(at(2)), ..PushStep::default() }, at(2)).await.unwrap();
    let other = place.state();
    assert_eq!(other.outlet("G1").await.unwrap(), state.outlet("G1").await.unwrap());
    let pushes = other.pushes(None, 9).await.unwrap();
    assert_eq!(pushes, state.pushes(None, 9).await.unwrap());
    assert_eq!(pushes[0].sent_at, Some(at(2)));
    other.update_outlet("G1", base("2"), at(3)).await.unwrap();
    assert_eq!(state.outlet("G1").await.unwrap().unwrap().base.as_deref(), Some("2"));
    state.check_writable().await.unwrap();
}

async fn since_moves_only_when_the_state_becomes_another(place: &Place) {
    let state = place.state();
    let mut since = Vec::new();
    for (word, second) in [("in_sync", 1), ("in_sync", 2), ("drifted", 3), ("in_sync", 4)] {
        state.update_outlet("G1", status(word), at(second)).await.unwrap();
        since.push(state.outlet("G1").await.unwrap().unwrap().since);
    }
    assert_eq!(since, [1, 1, 3, 4].map(|second| Some(at(second))));
}

async fn a_status_keeps_what_it_does_not_know_and_clears_what_is_over(place: &Place) {
    let state = place.state();
    let some = |text: &str| Some(text.to_owned());
    let first = StatusUpdate {
        state: "drifted".to_owned(),
        name: some("Kuta"),
        file: some("catalogs/kuta.yaml"),
        error: some("e"),
        held: some("[1]"),
        drift: some("[2]"),
        last_verified: Some(at(7)),
        revision: some("abc"),
    };
    let update = OutletUpdate { status: Some(first), ..base("{}") };
    state.update_outlet("G1", update, at(2)).await.unwrap();
    state.update_outlet("G1", status("in_sync"), at(3)).await.unwrap();
    let row = state.outlet("G1").await.unwrap().unwrap();
    assert_eq!((row.name.as_deref(), row.file.as_deref()), (Some("Kuta"), Some("catalogs/kuta.yaml")));
    assert_eq!((row.last_verified, row.revision.as_deref()), (Some(at(7)), Some("abc")));
    assert_eq!((row.error, row.held, row.drift), (None, None, None));
    assert_eq!((row.base.as_deref(), row.base_updated_at), (Some("{}"), Some(at(2))));
    assert_eq!(row.root.as_deref(), Some("/srv/menus"));
}

async fn a_base_before_any_status_has_no_state(place: &Place) {
    let state = place.state();
    let moment: Timestamp = "2026-06-01T00:00:00.123456789Z".parse().unwrap();
    state.update_outlet("G1", base("{}"), moment).await.unwrap();
    let row = state.outlet("G1").await.unwrap().unwrap();
    assert_eq!((row.state, row.since, row.base_updated_at), (None, None, Some(moment)));
}

async fn a_push_is_recorded_step_by_step(place: &Place) {
    let state = place.state();
    let new = push("G1");
    let id = state.begin_push(NewPush { outlet_update: status("pushing"), ..new.clone() }).await.unwrap();
    assert_eq!(state.outlet("G1").await.unwrap().unwrap().state.as_deref(), Some("pushing"));
    let row = state.pending_push("G1").await.unwrap().unwrap();
    assert_eq!((row.request_id, row.kind, row.sent_at, row.outcome), (new.request_id, PushKind::Put, None, None));
    let step = |step: PushStep, second| state.record_push_step(id, step, at(second));
    step(PushStep { sent_at: Some(at(1)), ..PushStep::default() }, 1).await.unwrap();
    let answered = PushStep {
        answered_at: Some(at(2)),
        plan: Some("{2}".to_owned()),
        record: Some("{3}".to_owned()),
        outlet_update: status("verifying"),
        ..PushStep::default()
    };
    step(answered, 2).await.unwrap();
    let memory = state.recall("G1", at(2)).await.unwrap();
    assert_eq!(memory.pending.unwrap().plan, "{2}");
    assert_eq!(memory.pending_record.as_deref(), Some("{3}"));
    let end = Some((PushOutcome::Rejected, Some("no such outlet".to_owned())));
    step(PushStep { end, outlet_update: base("{}"), ..PushStep::default() }, 3).await.unwrap();
    assert_eq!(state.pending_push("G1").await.unwrap(), None);
    let row = state.pushes(Some("G1"), 1).await.unwrap().pop().unwrap();
    assert_eq!((row.sent_at, row.answered_at, row.finished_at), (Some(at(1)), Some(at(2)), Some(at(3))));
    assert_eq!((row.outcome, row.error.as_deref()), (Some(PushOutcome::Rejected), Some("no such outlet")));
    assert_eq!(row.plan, "", "what was needed to see it arrive is not needed any more");
    let outlet = state.outlet("G1").await.unwrap().unwrap();
    assert_eq!((outlet.base.as_deref(), outlet.state.as_deref()), (Some("{}"), Some("verifying")));
}

async fn a_push_knows_its_wave(place: &Place) {
    let state = place.state();
    let wave = Some(crate::rollout::WaveOf { wave: 2, waves: 3 });
    state.begin_push(NewPush { wave, ..push("G1") }).await.unwrap();
    assert_eq!(state.pending_push("G1").await.unwrap().unwrap().wave, wave);
    assert_eq!(state.history("G1").await.unwrap()[0].0.wave, wave);
    assert_eq!(state.pushes(None, 1).await.unwrap()[0].wave, wave);
    assert_eq!(state.overview(at(1)).await.unwrap().last_pushes[0].wave, wave);
}

async fn a_push_is_finished_once_and_its_request_id_used_once(place: &Place) {
    let state = place.state();
    let new = push("G1");
    let id = state.begin_push(new.clone()).await.unwrap();
    state.begin_push(new).await.unwrap_err();
    state.record_push_step(id, ended(PushOutcome::Published), at(1)).await.unwrap();
    let again = PushStep { outlet_update: base("[9]"), ..ended(PushOutcome::Lost) };
    let again = state.record_push_step(id, again, at(2)).await.unwrap_err();
    assert!(matches!(again, StateError::NoSuchPush(_)));
    assert_eq!(state.outlet("G1").await.unwrap(), None, "nothing of the step is stored");
    let unknown = state.record_push_step(PushId(99), PushStep::default(), at(1)).await.unwrap_err();
    assert!(matches!(unknown, StateError::NoSuchPush(PushId(99))));
    assert_eq!(state.pushes(None, 1).await.unwrap()[0].outcome, Some(PushOutcome::Published));
}

async fn pushes_come_newest_first_are_limited_and_numbered_per_outlet(place: &Place) {
    let state = place.state();
    let [one, two, three] = in_threes(&state).await;
    let ids =
        async |outlet, limit| state.pushes(outlet, limit).await.unwrap().iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(ids(None, 10).await, [three, two, one]);
    assert_eq!(ids(None, 2).await, [three, two]);
    assert_eq!(ids(Some("G1"), 10).await, [three, one]);
    assert_eq!(numbers(&state).await, [2, 1]);
    assert_eq!(state.record(three).await.unwrap().as_deref(), Some("{}"));
    let long = format!("[{}]", "1,".repeat(10_000));
    let step = PushStep { record: Some(long.clone()), ..PushStep::default() };
    state.record_push_step(three, step, at(1)).await.unwrap();
    assert_eq!(state.record(three).await.unwrap(), Some(long));
    assert_eq!(state.history("G1").await.unwrap()[0].1.as_deref(), Some("[]"));
    let newest = state.pushes(Some("G1"), 1).await.unwrap()[0].id;
    assert_eq!(state.changes(vec![newest, PushId(i64::MAX)]).await.unwrap(), [(newest, "[]".to_owned())].into());
    let last: Vec<PushId> = state.overview(at(1)).await.unwrap().last_pushes.iter().map(|row| row.id).collect();
    assert_eq!(last, [three, two]);
}

async fn old_pushes_go_but_never_the_newest_nor_what_is_live(place: &Place) {
    let state = place.state();
    let finished = async |day: i64, outcome| {
        let moment = Timestamp::from_second(1_780_272_000 + day * 86_400).unwrap();
        let id = state.begin_push(NewPush { prepared_at: moment, ..push("G1") }).await.unwrap();
        state.record_push_step(id, ended(outcome), moment).await.unwrap();
        state.pushes(Some("G1"), 1).await.unwrap()[0].number
    };
    finished(0, PushOutcome::Published).await;
    for _ in 0..KEEP_LAST {
        finished(1, PushOutcome::Failed).await;
    }
    assert_eq!(numbers(&state).await.len(), KEEP_LAST as usize + 1, "young ones stay");
    let last = finished(200, PushOutcome::Failed).await;
    let newest: Vec<i64> = (0..i64::from(KEEP_LAST)).map(|n| last - n).chain([1]).collect();
    assert_eq!(numbers(&state).await, newest, "1 is live");
    assert_eq!(finished(201, PushOutcome::Published).await, last + 1, "numbers go on");
    assert!(!numbers(&state).await.contains(&1), "another is live");
    for _ in 0..KEEP_AT_MOST {
        finished(201, PushOutcome::Failed).await;
    }
    assert_eq!(numbers(&state).await.len(), KEEP_AT_MOST as usize + 1, "with the live one");
}

async fn pushes_that_were_accepted_and_lost_are_told_until_one_was_not(place: &Place) {
    let state = place.state();
    let make = async |digest: &str, kind, answered: bool, outcome| {
        let new = NewPush { digest: digest.to_owned(), kind, sent_at: Some(at(1)), ..push("G1") };
        let id = state.begin_push(new).await.unwrap();
        let step = PushStep { answered_at: answered.then(|| at(2)), ..ended(outcome) };
        state.record_push_step(id, step, at(3)).await.unwrap();
        state.recall("G1", at(9)).await.unwrap().lost_puts
    };
    assert_eq!(make("a", PushKind::Put, true, PushOutcome::Published).await, Vec::<String>::new());
    assert_eq!(make("b", PushKind::Put, true, PushOutcome::Lost).await, ["b"]);
    assert_eq!(make("s", PushKind::Stock, true, PushOutcome::Lost).await, ["b"], "stock does not count");
    assert_eq!(make("c", PushKind::Put, true, PushOutcome::Lost).await, ["c", "b"]);
    assert_eq!(make("d", PushKind::Put, false, PushOutcome::Lost).await, Vec::<String>::new(), "nobody accepted it");
}

async fn forgetting_drops_one_outlet_and_reuses_no_number(place: &Place) {
    let state = place.state();
    let [_, two, three] = in_threes(&state).await;
    state.update_outlet("G1", base("{}"), at(1)).await.unwrap();
    assert!(state.forget("G1").await.unwrap());
    assert!(!state.forget("G1").await.unwrap());
    assert_eq!(state.outlet("G1").await.unwrap(), None);
    assert_eq!(state.pushes(None, 9).await.unwrap().iter().map(|row| row.id).collect::<Vec<_>>(), [two]);
    assert!(state.begin_push(push("G1")).await.unwrap() > three);
    state.set_pause("G3", Some(Pause { since: at(1), until: None })).await.unwrap();
    assert!(state.forget("G3").await.unwrap(), "a pause alone is something");
    assert!(!state.forget("G3").await.unwrap());
}

async fn pins_come_with_their_push_and_go_with_their_outlet(place: &Place) {
    let state = place.state();
    let pins = |pins: Option<&str>| OutletUpdate { pins: Some(pins.map(str::to_owned)), ..OutletUpdate::default() };
    let stored = async || state.recall("G1", at(2)).await.unwrap().pins;
    let new = NewPush { outlet_update: pins(Some("[1]")), back_to: Some(1), ..push("G1") };
    let begin = async |new| {
        let id = state.begin_push(new).await.unwrap();
        state.record_push_step(id, ended(PushOutcome::Published), at(1)).await.unwrap();
    };
    begin(new).await;
    assert_eq!(stored().await.as_deref(), Some("[1]"));
    assert_eq!(state.pushes(None, 1).await.unwrap()[0].back_to, Some(1));
    begin(push("G1")).await;
    let all = state.overview(at(2)).await.unwrap().pins;
    assert_eq!(all, [("G1".to_owned(), "[1]".to_owned())], "other pushes leave them");
    begin(NewPush { outlet_update: pins(None), ..push("G1") }).await;
    assert_eq!(stored().await, None);
    state.update_outlet("G1", pins(Some("[2]")), at(1)).await.unwrap();
    state.forget("G1").await.unwrap();
    assert_eq!(stored().await, None);
}

async fn promotions_are_kept_by_their_key_and_go_with_their_outlet(place: &Place) {
    let state = place.state();
    let some = |key: &str, json: &str| (key.to_owned(), Some(json.to_owned()));
    let update = |promotions| OutletUpdate { promotions, ..OutletUpdate::default() };
    let known = async |state: &SharedState, outlet| -> Vec<String> {
        let stored = state.recall(outlet, at(9)).await.unwrap().promotions;
        stored.into_iter().map(|(key, promotion)| format!("{key}: {promotion}")).collect()
    };
    state.update_outlet("G1", update(vec![some("b", "2"), some("a", "1")]), at(1)).await.unwrap();
    state.update_outlet("G2", update(vec![some("a", "3")]), at(1)).await.unwrap();
    assert_eq!(known(&place.state(), "G1").await, ["a: 1", "b: 2"]);
    state.update_outlet("G1", update(vec![some("b", "4"), ("a".to_owned(), None)]), at(2)).await.unwrap();
    assert_eq!(known(&state, "G1").await, ["b: 4"]);
    state.update_outlet("G1", status("in_sync"), at(3)).await.unwrap();
    assert_eq!(known(&state, "G1").await, ["b: 4"], "left alone where nothing is said of it");
    let elsewhere = (place.open)(&scope("https://other.example"));
    assert_eq!(known(&elsewhere, "G1").await, [""; 0]);
    assert_eq!((state.platform(), elsewhere.platform()), ("https://api.example", "https://other.example"));
    let happened = async |outlet: Option<&str>| -> Vec<(String, Timestamp, String)> {
        let rows = state.promotion_events(outlet, 2).await.unwrap();
        rows.into_iter().map(|row| (row.outlet, row.at, row.event)).collect()
    };
    let events = |events: &[&str]| {
        let promotion_events = events.iter().map(|event| (*event).to_owned()).collect();
        OutletUpdate { promotion_events, ..OutletUpdate::default() }
    };
    state.update_outlet("G1", events(&["made", "ended"]), at(4)).await.unwrap();
    state.update_outlet("G2", events(&["refused"]), at(5)).await.unwrap();
    let (g1, g2) = ("G1".to_owned(), "G2".to_owned());
    assert_eq!(
        happened(Some("G1")).await,
        [(g1.clone(), at(4), "ended".to_owned()), (g1.clone(), at(4), "made".to_owned())]
    );
    assert_eq!(happened(None).await, [(g2, at(5), "refused".to_owned()), (g1, at(4), "ended".to_owned())]);
    assert_eq!(elsewhere.promotion_events(None, 9).await.unwrap(), []);
    assert_eq!(state.overview(at(6)).await.unwrap().promotions.len(), 2);
    assert!(state.forget("G1").await.unwrap());
    assert!(happened(Some("G1")).await.is_empty());
    assert_eq!((known(&state, "G1").await, known(&state, "G2").await), (vec![], vec!["a: 3".to_owned()]));
}

async fn switches_are_kept_by_their_key_are_bounded_and_go_with_their_outlet(place: &Place) {
    let state = place.state();
    let switch = |key: &str, until: Option<i64>| {
        (key.to_owned(), Some(SwitchRow { until: until.map(at), switch: format!("{{\"{key}\":0}}") }))
    };
    let update = |switches| OutletUpdate { switches, ..OutletUpdate::default() };
    let known = async |state: &SharedState| {
        let stored = state.recall("G1", at(9)).await.unwrap().switches;
        stored.into_iter().map(|(key, _)| key).collect::<Vec<_>>()
    };
    let both = update(vec![switch("items/NG", Some(70)), switch("items/TEH", None)]);
    state.update_outlet("G1", both, at(1)).await.unwrap();
    state.update_outlet("G2", update(vec![switch("items/NG", Some(90))]), at(1)).await.unwrap();
    state.update_outlet("G3", update(vec![switch("items/NG", None)]), at(1)).await.unwrap();
    assert_eq!(known(&state).await, ["items/NG", "items/TEH"]);
    let ends = async || {
        let ends = state.switch_ends().await.unwrap();
        ends.into_iter().map(|end| (end.outlet, end.key, end.until)).collect::<Vec<_>>()
    };
    let end = |outlet: &str, until| (outlet.to_owned(), "items/NG".to_owned(), at(until));
    assert_eq!(ends().await, [end("G1", 70), end("G2", 90)]);
    assert_eq!(state.overview(at(9)).await.unwrap().switches.len(), 4);
    let moved = update(vec![switch("items/NG", Some(80)), ("items/TEH".to_owned(), None)]);
    state.update_outlet("G1", moved, at(2)).await.unwrap();
    assert_eq!((known(&state).await, ends().await[0].clone()), (vec!["items/NG".to_owned()], end("G1", 80)));

    let events = |from: usize| (from..from + 400).map(|n| format!("{{\"n\":{n}}}")).collect();
    for from in [0, 400] {
        let update = OutletUpdate { switch_events: events(from), ..OutletUpdate::default() };
        state.update_outlet("G1", update, at(3)).await.unwrap();
    }
    let rows = state.switch_events(Some("G1"), 1000).await.unwrap();
    assert_eq!((rows.len(), rows[0].event.as_str(), rows[0].at), (500, "{\"n\":799}", at(3)));
    assert_eq!(state.promotion_events(None, 9).await.unwrap(), []);

    let elsewhere = (place.open)(&scope("https://other.example"));
    assert_eq!((known(&elsewhere).await.len(), elsewhere.switch_ends().await.unwrap().len()), (0, 0));
    assert_eq!(elsewhere.switch_events(None, 9).await.unwrap(), []);
    state.forget("G1").await.unwrap();
    assert_eq!((known(&state).await.len(), state.switch_events(Some("G1"), 9).await.unwrap().len()), (0, 0));
}

async fn a_pause_ends_by_itself_or_by_order(place: &Place) {
    let state = place.state();
    let (short, open) = (Pause { since: at(1), until: Some(at(5)) }, Pause { since: at(1), until: None });
    state.set_pause("G1", Some(open)).await.unwrap();
    state.set_pause("G1", Some(short)).await.unwrap();
    state.set_pause("G2", Some(open)).await.unwrap();
    assert_eq!(state.pause("G1", at(4)).await.unwrap(), Some(short));
    assert_eq!(state.recall("G1", at(4)).await.unwrap().pause, Some(short));
    assert_eq!(state.pause("G1", at(5)).await.unwrap(), None);
    assert_eq!(state.overview(at(6)).await.unwrap().pauses, [("G2".to_owned(), open)]);
    state.set_pause("G2", None).await.unwrap();
    assert_eq!(state.pause("G2", at(6)).await.unwrap(), None);
}

async fn an_event_is_known_again_by_any_of_its_marks(place: &Place) {
    let state = place.state();
    let take = async |marks: [&str; 2], minute: i64| {
        let marks = marks.map(str::to_owned).to_vec();
        state.take_event(marks, None, at(60 * minute)).await.unwrap()
    };
    assert!(take(["key-1", "id-1"], 0).await);
    assert!(!take(["key-1", "id-2"], 1).await);
    assert!(!take(["key-2", "id-1"], 1).await);
    assert!(take(["key-3", "id-3"], 1).await);
    assert!(take(["key-1", "id-1"], 8 * 24 * 60).await, "a week later");
}

async fn an_alarm_holds_until_a_later_push_of_the_menu_is_seen_to_arrive(place: &Place) {
    let state = place.state();
    let raise = async |mark: &str, minute: i64, what: &str, taken: i64| {
        let alarm = Alarm { outlet: "G1".to_owned(), raised_at: at(60 * minute), what: what.to_owned() };
        state.take_event(vec![mark.to_owned()], Some(alarm), at(60 * taken)).await.unwrap()
    };
    let alarm = async |minute: i64| state.recall("G1", at(60 * minute)).await.unwrap().alarm;
    assert!(raise("1", 10, "new", 11).await);
    assert!(raise("2", 5, "old, and late", 12).await);
    assert!(!raise("2", 50, "again", 50).await);
    assert_eq!(alarm(60).await.unwrap().what, "new");
    assert_eq!(state.recall("G2", at(3600)).await.unwrap().alarm, None);
    let push = async |kind, minute: i64, outcome| {
        let new = NewPush { kind, sent_at: Some(at(60 * minute)), ..push("G1") };
        let id = state.begin_push(new).await.unwrap();
        state.record_push_step(id, ended(outcome), at(60 * minute + 60)).await.unwrap();
        alarm(60).await.is_some()
    };
    assert!(push(PushKind::Put, 9, PushOutcome::Published).await, "sent before it happened");
    assert!(push(PushKind::Stock, 20, PushOutcome::Published).await, "stock brings no ids back");
    assert!(push(PushKind::Put, 21, PushOutcome::Rejected).await);
    assert!(!push(PushKind::Put, 22, PushOutcome::Published).await);
    raise("3", 30, "again", 31).await;
    assert!(alarm(60).await.is_some());
    assert_eq!(alarm(30 + 8 * 24 * 60).await, None, "a week later");
    assert_eq!(state.published_since(at(60 * 15)).await.unwrap(), 2);
}

async fn notices_and_images_are_kept_until_they_are_replaced(place: &Place) {
    let state = place.state();
    let notice = NoticeRow { occasion: "held".to_owned(), since: at(1), told_at: at(2) };
    let held = ("G1".to_owned(), Some(notice.clone()));
    let claim = async |notices: Vec<(String, Option<NoticeRow>)>, told_before| {
        state.claim_notices(notices, told_before).await.unwrap()
    };
    assert_eq!(claim(vec![held, ("G2".to_owned(), None)], at(0)).await, ["G1"]);
    // Whoever comes later with the same has nothing to tell, until it is time to remind.
    let later = NoticeRow { told_at: at(3), ..notice.clone() };
    assert_eq!(claim(vec![("G1".to_owned(), Some(later.clone()))], at(1)).await, [""; 0]);
    assert_eq!(state.notices().await.unwrap(), [("G1".to_owned(), notice)]);
    assert_eq!(claim(vec![("G1".to_owned(), Some(later.clone()))], at(3)).await, ["G1"]);
    let other = NoticeRow { occasion: "failed".to_owned(), ..later };
    assert_eq!(claim(vec![("G1".to_owned(), Some(other))], at(0)).await, ["G1"]);
    assert_eq!(claim(vec![("G1".to_owned(), None)], at(0)).await, ["G1"]);
    assert_eq!(claim(vec![("G1".to_owned(), None)], at(0)).await, [""; 0]);
    assert_eq!(state.notices().await.unwrap(), []);
    let image = ImageRow {
        url: "https://img.example.com/a.png".to_owned(),
        etag: Some("\"1\"".to_owned()),
        last_modified: None,
        checked_at: at(1),
        judgement: 1,
        findings: "[]".to_owned(),
    };
    state.set_image(ImageRow { findings: "[1]".to_owned(), ..image.clone() }).await.unwrap();
    state.set_image(image.clone()).await.unwrap();
    assert_eq!(state.image(&image.url).await.unwrap(), Some(image));
    assert_eq!(state.image("https://img.example.com/b.png").await.unwrap(), None);
}

/// What was learnt on one platform is not there for another, whatever it is.
async fn another_platform_knows_nothing(place: &Place) {
    let (one, two) = (place.state(), (place.open)(&scope("https://other.example")));
    let full = OutletUpdate {
        memory: Some("{}".to_owned()),
        pins: Some(Some("[1]".to_owned())),
        ..OutletUpdate { base: Some("{}".to_owned()), ..status("in_sync") }
    };
    one.update_outlet("G1", full.clone(), at(1)).await.unwrap();
    one.set_pause("G1", Some(Pause { since: at(1), until: None })).await.unwrap();
    let id = one.begin_push(NewPush { sent_at: Some(at(1)), ..push("G1") }).await.unwrap();
    let alarm = Alarm { outlet: "G1".to_owned(), raised_at: at(2), what: "lost".to_owned() };
    one.take_event(vec!["1".to_owned()], Some(alarm), at(3)).await.unwrap();
    let notice = NoticeRow { occasion: "held".to_owned(), since: at(1), told_at: at(2) };
    one.claim_notices(vec![("G1".to_owned(), Some(notice))], at(0)).await.unwrap();

    assert_eq!(two.recall("G1", at(4)).await.unwrap(), OutletMemory::default());
    assert_eq!(two.outlet("G1").await.unwrap(), None);
    assert_eq!(two.history("G1").await.unwrap(), []);
    assert_eq!(two.pushes(None, 9).await.unwrap(), []);
    assert_eq!(two.pause("G1", at(4)).await.unwrap(), None);
    assert_eq!(two.notices().await.unwrap(), []);
    let overview = two.overview(at(4)).await.unwrap();
    assert!(overview.outlets.is_empty() && overview.pauses.is_empty() && overview.pins.is_empty());
    let foreign = two.record_push_step(id, ended(PushOutcome::Published), at(5)).await.unwrap_err();
    assert!(matches!(foreign, StateError::NoSuchPush(_)), "nobody finishes a push to another platform");
    assert!(!two.forget("G1").await.unwrap());
    let number = async |state: &SharedState| {
        if let Some(earlier) = state.pending_push("G1").await.unwrap() {
            state.record_push_step(earlier.id, ended(PushOutcome::Failed), at(5)).await.unwrap();
        }
        state.begin_push(push("G1")).await.unwrap();
        state.pushes(None, 1).await.unwrap()[0].number
    };
    assert_eq!((number(&one).await, number(&two).await), (2, 1));
    two.update_outlet("G1", full, at(1)).await.unwrap();
    let counts = [("https://api.example".to_owned(), 1), ("https://other.example".to_owned(), 1)];
    assert_eq!(two.platforms().await.unwrap(), counts);
}

/// Two roots with one state: what one defined is no missing outlet of the other; who passes over an outlet claims it.
async fn another_roots_outlets_are_not_missing_here(place: &Place) {
    let one = place.state();
    let two = (place.open)(&Scope { root: "/srv/other".to_owned(), ..scope("https://api.example") });
    one.update_outlet("G1", status("in_sync"), at(1)).await.unwrap();
    two.update_outlet("G2", status("in_sync"), at(1)).await.unwrap();
    let missing = async |state: &SharedState| {
        let overview = state.overview(at(2)).await.unwrap();
        overview.of_root().map(|row| row.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!((missing(&one).await, missing(&two).await), (vec!["G1".to_owned()], vec!["G2".to_owned()]));
    two.update_outlet("G1", status("drifted"), at(3)).await.unwrap();
    assert_eq!((missing(&one).await.len(), missing(&two).await.len()), (0, 2));
    let known = one.overview(at(4)).await.unwrap();
    assert_eq!(known.outlets.len(), 2, "the memory of an outlet is one, whoever's files define it");
}

async fn a_second_push_waits_for_the_end_of_the_first(place: &Place) {
    let state = place.state();
    let first = state.begin_push(push("G1")).await.unwrap();
    let refused = state.begin_push(push("G1")).await.unwrap_err();
    assert!(matches!(&refused, StateError::Unfinished { outlet } if outlet == "G1"), "{refused:?}");
    assert_eq!(state.pushes(None, 9).await.unwrap().len(), 1);
    state.begin_push(push("G2")).await.unwrap();
    state.record_push_step(first, ended(PushOutcome::Lost), at(2)).await.unwrap();
    state.begin_push(push("G1")).await.unwrap();
}

async fn an_outlet_is_held_by_one_at_a_time(place: &Place) {
    let (one, two) = (place.state(), place.state());
    let held = one.hold("G1").await.unwrap();
    for other in [&one, &two] {
        assert!(other.hold("G1").await.err().unwrap().is_held());
    }
    let _others = two.hold("G2").await.unwrap();
    one.update_outlet("G1", base("{}"), at(1)).await.unwrap();
    one.before_call("G1", CALL).await.unwrap();
    one.call_ended("G1");
    drop(held);
    let held = two.hold("G1").await.unwrap();
    two.before_call("G1", CALL).await.unwrap();
    two.call_ended("G1");
    drop(held);
    drop(one.hold("G1").await.unwrap());
}

async fn many_use_it_at_once(place: &Place) {
    let state = place.state();
    let mut tasks = tokio::task::JoinSet::new();
    for outlet in 0..20 {
        let state = SharedState::clone(&state);
        tasks.spawn(async move { state.update_outlet(&format!("G{outlet}"), base("{}"), at(1)).await.unwrap() });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(state.overview(at(1) + SignedDuration::from_secs(1)).await.unwrap().outlets.len(), 20);
}

/// Each law on an empty place of its own, for each backend; `None`: it is not to be had here.
macro_rules! laws_in {
    ($($backend:ident: $place:path;)+) => {
        $(mod $backend {
            all_laws! { $place }
        })+
    };
}

macro_rules! all_laws {
    ($place:path) => {
        all_laws! { $place:
            what_was_stored_is_there_for_others_and_after_reopening,
            since_moves_only_when_the_state_becomes_another,
            a_status_keeps_what_it_does_not_know_and_clears_what_is_over,
            a_base_before_any_status_has_no_state,
            a_push_is_recorded_step_by_step,
            a_push_is_finished_once_and_its_request_id_used_once,
            pushes_come_newest_first_are_limited_and_numbered_per_outlet,
            old_pushes_go_but_never_the_newest_nor_what_is_live,
            pushes_that_were_accepted_and_lost_are_told_until_one_was_not,
            forgetting_drops_one_outlet_and_reuses_no_number,
            pins_come_with_their_push_and_go_with_their_outlet,
            promotions_are_kept_by_their_key_and_go_with_their_outlet,
            switches_are_kept_by_their_key_are_bounded_and_go_with_their_outlet,
            a_pause_ends_by_itself_or_by_order,
            an_event_is_known_again_by_any_of_its_marks,
            an_alarm_holds_until_a_later_push_of_the_menu_is_seen_to_arrive,
            notices_and_images_are_kept_until_they_are_replaced,
            another_platform_knows_nothing,
            another_roots_outlets_are_not_missing_here,
            many_use_it_at_once,
            a_push_knows_its_wave,
            a_second_push_waits_for_the_end_of_the_first,
            an_outlet_is_held_by_one_at_a_time,
            a_rollout_goes_on_for_others_and_after_reopening,
            a_rollout_belongs_to_one_platform_and_one_root,
            a_stopped_rollout_stays_so_unless_newer_files_change_all_that_it_holds,
            commits_one_after_the_other_supersede_a_stopped_rollout_together,
            who_begins_the_same_rollout_later_changes_nothing,
            a_stopped_rollout_of_which_nobody_is_left_has_ended,
            a_wave_of_which_nobody_can_be_sent_is_told_once,
            newer_files_take_over_who_had_no_turn_and_are_still_there,
            an_order_that_is_not_recognised_stops_a_rollout_where_it_was_sent,
            who_is_forgotten_is_waited_for_by_nobody,
        }
    };
    ($place:path: $($law:ident),+ $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $law() {
                if let Some((_directory, place)) = $place() {
                    super::$law(&place).await;
                }
            }
        )+
    };
}

laws_in! {
    in_sqlite: crate::state::contract::sqlite;
    in_postgres: crate::state::contract::postgres;
    behind_pgbouncer: crate::state::contract::pgbouncer;
}

fn directory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn sqlite() -> Option<(tempfile::TempDir, Place)> {
    let directory = directory();
    let path = directory.path().to_owned();
    Some((directory, Place { open: Box::new(move |scope| SqliteState::open(&path, scope).unwrap()) }))
}

fn postgres() -> Option<(tempfile::TempDir, Place)> {
    Some(in_database(&Database::create()?.url()))
}

fn pgbouncer() -> Option<(tempfile::TempDir, Place)> {
    Some(in_database(&Database::create()?.pooled_url()?))
}

fn in_database(url: &str) -> (tempfile::TempDir, Place) {
    let directory = directory();
    let (url, path) = (SecretString::from(url), directory.path().to_owned());
    (directory, Place { open: Box::new(move |scope| PostgresState::open(&url, scope, &path).unwrap()) })
}
