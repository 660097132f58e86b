//! Rollouts: whose they are, what moves them, and what stops them.

use std::{sync::Arc, time::Duration};

use super::{
    super::{testing::at, *},
    Place, scope,
};
use crate::rollout::{Advance, Member, MemberState, PassEnd, PushEnd, Rest, Rollout, WaveSize};

fn settings(bake: u64) -> Arc<Rollout> {
    Arc::new(Rollout { waves: vec![WaveSize::Count(1)], bake: Duration::from_secs(bake) })
}

fn member(state: MemberState) -> Member {
    Member { wave: None, state, known: true }
}

fn new(files: &str, outlets: &[&str], state: MemberState, second: i64) -> NewRollout {
    NewRollout {
        files: files.to_owned(),
        revision: Some("abc".to_owned()),
        at: at(second),
        outlets: outlets.iter().map(|outlet| wanting(outlet, files)).collect(),
        members: outlets.iter().map(|outlet| ((*outlet).to_owned(), member(state))).collect(),
        settings: settings(60),
        were_looked_at: false,
        anew: false,
    }
}

fn wanting(outlet: &str, wants: &str) -> RolloutOutlet {
    RolloutOutlet { outlet: outlet.to_owned(), named: None, wants: wants.to_owned() }
}

fn step(files: &str, pass: Option<(&str, PassEnd)>, second: i64) -> RolloutStep {
    let pass = pass.map(|(outlet, end)| (outlet.to_owned(), end, format!("outlet {outlet}: why")));
    RolloutStep { files: files.to_owned(), pass, settings: settings(60), at: at(second) }
}

const SEEN: PassEnd = PassEnd { push: Some(PushEnd::Seen), rest: Rest::Nothing };
const LEFT: PassEnd = PassEnd { push: None, rest: Rest::Something };

/// The outlet of the first wave, and one of the second.
async fn canary(state: &SharedState, outlets: &[&str]) -> (String, String) {
    let (mut first, mut second) = (String::new(), String::new());
    for outlet in outlets {
        let (_, member) = state.rollout_of(outlet).await.unwrap().unwrap();
        match member.unwrap().wave {
            Some(1) => first = (*outlet).to_owned(),
            _ => second = (*outlet).to_owned(),
        }
    }
    (first, second)
}

pub(super) async fn a_rollout_goes_on_for_others_and_after_reopening(place: &Place) {
    let (state, all) = (place.state(), ["G1", "G2", "G3"]);
    let begun = state.begin_rollout(new("a", &all, MemberState::Awaited, 1)).await.unwrap();
    assert_eq!((begun.opened.len(), begun.row.unwrap().waves), (0, 0), "all are looked at first");
    for outlet in ["G1", "G2"] {
        assert_eq!(state.step_rollout(step("a", Some((outlet, LEFT)), 2)).await.unwrap().opened, [""; 0]);
    }
    let opened = place.state().step_rollout(step("a", Some(("G3", LEFT)), 3)).await.unwrap();
    let (first, second) = canary(&state, &all).await;
    assert_eq!((opened.opened, opened.advances), (vec![first.clone()], vec![Advance::MakeWaves]));
    let baking = place.state().step_rollout(step("a", Some((&first, SEEN)), 10)).await.unwrap();
    assert_eq!(baking.next.unwrap().1, at(70), "who comes back then");
    assert_eq!(state.rollout().await.unwrap().unwrap().baking_until, Some(at(70)));
    assert_eq!(state.step_rollout(step("a", Some((&second, LEFT)), 69)).await.unwrap().opened, [""; 0]);
    assert_eq!(state.step_rollout(step("b", None, 71)).await.unwrap(), RolloutMoved::default(), "other files");
    assert_eq!(state.step_rollout(step("a", None, 71)).await.unwrap().opened.len(), 2);
    let counts = state.rollout_counts().await.unwrap();
    let seen = RolloutCount { wave: Some(1), state: MemberState::Seen, outlets: 1 };
    assert_eq!(counts, [seen, RolloutCount { wave: Some(2), state: MemberState::Waiting, outlets: 2 }]);
}

pub(super) async fn a_rollout_belongs_to_one_platform_and_one_root(place: &Place) {
    let (state, all) = (place.state(), ["G1", "G2"]);
    state.begin_rollout(new("a", &all, MemberState::Waiting, 1)).await.unwrap();
    let others =
        [scope("https://other.example"), Scope { root: "/srv/other".to_owned(), ..scope("https://api.example") }];
    for other in others.map(|scope| (place.open)(&scope)) {
        assert_eq!(other.rollout().await.unwrap(), None);
        assert_eq!(other.rollout_of("G1").await.unwrap(), None);
        assert_eq!(other.step_rollout(step("a", Some(("G1", SEEN)), 2)).await.unwrap(), RolloutMoved::default());
        assert_eq!(other.stop_rollout(Some("why".to_owned()), at(2)).await.unwrap(), None);
        other.begin_rollout(new("b", &["G1", "G2", "G3"], MemberState::Waiting, 3)).await.unwrap();
    }
    let row = state.rollout().await.unwrap().unwrap();
    assert_eq!((row.files.as_str(), row.wave, row.waves, row.stopped), ("a", 1, 2, None));
    assert_eq!(state.rollout_of("G3").await.unwrap().unwrap().1, None);
}

pub(super) async fn newer_files_take_over_who_had_no_turn_and_are_still_there(place: &Place) {
    let (state, all) = (place.state(), ["G1", "G2", "G3", "G4"]);
    state.begin_rollout(new("a", &all, MemberState::Waiting, 1)).await.unwrap();
    let (first, second) = canary(&state, &all).await;
    state.step_rollout(step("a", Some((&first, SEEN)), 2)).await.unwrap();
    state.stop_rollout(Some("why".to_owned()), at(3)).await.unwrap();
    // The newer files concern one that was seen, and define one less.
    let left: Vec<&str> = all.into_iter().filter(|outlet| *outlet != second).collect();
    let one = vec![(first.clone(), member(MemberState::Awaited))];
    let newer = NewRollout { members: one, ..new("b", &left, MemberState::Awaited, 4) };
    let mut moved = state.begin_rollout(newer).await.unwrap();
    moved.opened.sort();
    let others: Vec<&str> = left.into_iter().filter(|outlet| *outlet != first).collect();
    assert_eq!(moved.opened, others, "nobody else would look at them");
    let row = moved.row.unwrap();
    assert_eq!((row.stopped, row.why, row.wave, row.began), (None, None, 0, at(1)));
    assert_eq!(state.rollout_of(&second).await.unwrap().unwrap().1, None);
    for outlet in [&*first, others[0], others[1]] {
        let (_, member) = state.rollout_of(outlet).await.unwrap().unwrap();
        assert_eq!(member.unwrap().state, MemberState::Awaited, "{outlet}");
    }
    // A change of one outlet is none for waves; those of an ended one are taken over by nobody.
    let few = state.begin_rollout(new("c", &["G1"], MemberState::Awaited, 5)).await.unwrap();
    assert_eq!(few.row.unwrap().ended, Some(at(5)));
    assert_eq!(state.rollout_counts().await.unwrap(), []);
}

pub(super) async fn a_stopped_rollout_stays_so_unless_newer_files_change_all_that_it_holds(place: &Place) {
    let (state, all) = (place.state(), ["G1", "G2", "G3"]);
    state.begin_rollout(new("a", &all, MemberState::Waiting, 1)).await.unwrap();
    let (first, _) = canary(&state, &all).await;
    let bad = PassEnd { push: Some(PushEnd::Bad), rest: Rest::Unknown };
    state.step_rollout(step("a", Some((&first, bad)), 2)).await.unwrap();
    // A commit that changes nothing, or one of them, or adds one; and one after which it is not known what changed.
    let fourth = NewRollout { members: Vec::new(), ..new("b", &all, MemberState::Awaited, 3) };
    let unchanged = all.map(|outlet| wanting(outlet, "a")).to_vec();
    let but_one = [wanting("G1", "c"), wanting("G2", "a"), wanting("G3", "a"), wanting("G4", "c")].to_vec();
    for (files, outlets, members) in [
        ("b", unchanged.clone(), fourth.members.clone()),
        ("c", but_one.clone(), vec![("G4".to_owned(), member(MemberState::Awaited))]),
        ("d", but_one, new("d", &all, MemberState::Awaited, 4).members),
        ("e", unchanged[..1].to_vec(), Vec::new()),
    ] {
        let newer = NewRollout { files: files.to_owned(), outlets, members, at: at(4), ..fourth.clone() };
        let row = state.begin_rollout(newer).await.unwrap().row.unwrap();
        assert_eq!((row.stopped, row.ended, row.began), (Some(at(2)), None, at(1)), "{files}");
        assert!(row.why.unwrap().contains("why"), "{files}");
        for outlet in ["G1", "G2", "G3"] {
            state.step_rollout(step(files, Some((outlet, LEFT)), 5)).await.unwrap();
        }
        assert_eq!(state.rollout().await.unwrap().unwrap().wave, 0, "{files}: nobody is sent");
    }
    let corrected = new("f", &["G1"], MemberState::Awaited, 6);
    let row = state.begin_rollout(corrected).await.unwrap().row.unwrap();
    assert_eq!((row.stopped, row.why), (None, None), "it says something else of all that were held");
}

pub(super) async fn commits_one_after_the_other_supersede_a_stopped_rollout_together(place: &Place) {
    let (state, all) = (place.state(), ["G1", "G2"]);
    state.begin_rollout(new("a", &all, MemberState::Waiting, 1)).await.unwrap();
    state.stop_rollout(Some("why".to_owned()), at(2)).await.unwrap();
    for (files, wants, is_stopped) in
        [("b", ["b", "a"], true), ("c", ["a", "c"], true), ("d", ["b", "a"], true), ("e", ["b", "c"], false)]
    {
        let outlets = [wanting("G1", wants[0]), wanting("G2", wants[1])].to_vec();
        let newer = NewRollout { outlets, ..new(files, &all, MemberState::Awaited, 3) };
        let row = state.begin_rollout(newer).await.unwrap().row.unwrap();
        assert_eq!(row.stopped.is_some(), is_stopped, "{files}");
    }
}

pub(super) async fn who_begins_the_same_rollout_later_changes_nothing(place: &Place) {
    let (state, all) = (place.state(), ["G1", "G2", "G3"]);
    state.begin_rollout(new("a", &all, MemberState::Waiting, 1)).await.unwrap();
    let (first, _) = canary(&state, &all).await;
    state.step_rollout(step("a", Some((&first, SEEN)), 2)).await.unwrap();
    state.stop_rollout(Some("why".to_owned()), at(3)).await.unwrap();
    let before = state.rollout().await.unwrap().unwrap();
    let again = place.state().begin_rollout(new("a", &all, MemberState::Awaited, 4)).await.unwrap();
    assert_eq!(again, RolloutMoved { row: Some(before.clone()), ..RolloutMoved::default() });
    assert_eq!(state.rollout_of(&first).await.unwrap().unwrap().1.unwrap().state, MemberState::Seen);
    // Other photos are another change, of which the digest of the texts says nothing.
    let anew = NewRollout { anew: true, ..new("a", &all, MemberState::Awaited, 4) };
    state.begin_rollout(anew).await.unwrap();
    let row = state.rollout().await.unwrap().unwrap();
    assert_eq!((row.waves, row.stopped), (0, before.stopped), "the files say the same of those that are held");
}

pub(super) async fn a_stopped_rollout_of_which_nobody_is_left_has_ended(place: &Place) {
    let (state, all) = (place.state(), ["G1", "G2"]);
    state.begin_rollout(new("a", &all, MemberState::Waiting, 1)).await.unwrap();
    state.stop_rollout(Some("why".to_owned()), at(2)).await.unwrap();
    for (outlet, has_ended) in [("G1", false), ("G2", true)] {
        let row = state.step_rollout(step("a", Some((outlet, SEEN)), 3)).await.unwrap().row.unwrap();
        assert_eq!(row.ended.is_some(), has_ended, "{outlet}");
    }
}

pub(super) async fn a_wave_of_which_nobody_can_be_sent_is_told_once(place: &Place) {
    let (state, all) = (place.state(), ["G1", "G2"]);
    state.begin_rollout(new("a", &all, MemberState::Waiting, 1)).await.unwrap();
    let (first, second) = canary(&state, &all).await;
    let stuck = async |outlet: &str, end| state.step_rollout(step("a", Some((outlet, end)), 2)).await.unwrap().stuck;
    assert_eq!(stuck(&second, LEFT).await, None);
    assert_eq!(stuck(&first, LEFT).await, Some(first.clone()), "it is held, for instance");
    assert_eq!(stuck(&first, LEFT).await, None);
    assert_eq!(stuck(&first, PassEnd { push: Some(PushEnd::OnItsWay), ..LEFT }).await, None);
    assert_eq!(stuck(&first, LEFT).await, Some(first.clone()));
    assert_eq!(stuck(&first, SEEN).await, None);
}

pub(super) async fn an_order_that_is_not_recognised_stops_a_rollout_where_it_was_sent(place: &Place) {
    let (state, all) = (place.state(), ["G1", "G2", "G3", "G4"]);
    let alarm = async |outlet: &str, second| {
        let raised = Alarm { outlet: outlet.to_owned(), raised_at: at(second), what: "orders are lost".to_owned() };
        state.take_event(vec![format!("{outlet}{second}")], Some(raised), at(second)).await.unwrap()
    };
    state.begin_rollout(new("a", &all, MemberState::Waiting, 10)).await.unwrap();
    let (first, second) = canary(&state, &all).await;
    alarm(&first, 5).await;
    alarm(&second, 20).await;
    let moved = state.step_rollout(step("a", Some((&first, SEEN)), 30)).await.unwrap();
    assert_eq!(moved.stopped, None, "it was so before, and the other was not sent");
    alarm(&first, 40).await;
    let moved = state.step_rollout(step("a", None, 95)).await.unwrap();
    assert_eq!(moved.stopped.as_deref(), Some(&*format!("outlet {first}: orders are lost")), "no wave opens over it");
    assert_eq!((moved.opened.len(), moved.row.unwrap().wave), (0, 1));
    // A person who has looked lets it go on, once the alarm is answered.
    assert!(state.stop_rollout(None, at(96)).await.unwrap().unwrap().stopped.is_some());
    assert_eq!(state.rollout().await.unwrap().unwrap().stopped, None);
    // It is the same change where newer files take the rest over: an alarm of whom it was sent to counts from its beginning.
    let others: Vec<&str> = all.into_iter().filter(|outlet| ![&*first, &*second].contains(outlet)).collect();
    let members = NewRollout {
        outlets: [&*first, others[0], others[1]].map(|outlet| wanting(outlet, "b")).to_vec(),
        ..new("b", &others, MemberState::Waiting, 97)
    };
    assert_eq!(state.begin_rollout(members).await.unwrap().row.unwrap().waves, 2, "but one is sent first");
    let (next, _) = canary(&state, &others).await;
    let baking = state.step_rollout(step("b", Some((&next, SEEN)), 98)).await.unwrap();
    assert_eq!((baking.stopped, baking.opened.len()), (None, 0));
    let moved = state.step_rollout(step("b", None, 158)).await.unwrap();
    assert_eq!(moved.stopped.as_deref(), Some(&*format!("outlet {first}: orders are lost")));
    assert_eq!(moved.opened.len(), 0);
}

pub(super) async fn who_is_forgotten_is_waited_for_by_nobody(place: &Place) {
    let state = place.state();
    state.begin_rollout(new("a", &["G1", "G2", "G3"], MemberState::Awaited, 1)).await.unwrap();
    state.step_rollout(step("a", Some(("G1", LEFT)), 2)).await.unwrap();
    state.step_rollout(step("a", Some(("G2", LEFT)), 2)).await.unwrap();
    assert!(state.forget("G3").await.unwrap());
    assert_eq!(state.step_rollout(step("a", None, 3)).await.unwrap().opened.len(), 1);
}
