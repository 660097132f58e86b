//! A pass over an outlet whose wave is not open: what goes out all the same, and what others decide while it is at work.

use super::*;
use crate::{
    plan::Class,
    policy::Guard,
    rollout::{Member, MemberState, PassEnd, PushEnd, Rest, Rollout, WaveSize},
    schedule::{Cron, Recurrence, Window, WindowKind},
    state::{NewRollout, Pause, RolloutOutlet, RolloutStep},
};

const START: &str = "2027-01-04T03:00:00Z";

/// `G1` is in sync, and in a rollout of two outlets of which `first` goes first.
async fn in_rollout(mut bench: Bench, first: &str) -> Bench {
    let settings = Rollout { waves: vec![WaveSize::Named(vec![first.to_owned()])], bake: Duration::ZERO };
    let order = RolloutOrder::new("files", settings);
    let outlet =
        |id: &str| RolloutOutlet { outlet: id.to_owned(), named: (id == first).then_some(0), wants: String::new() };
    let waiting = Member { wave: None, state: MemberState::Waiting, known: true };
    let new = NewRollout {
        files: "files".to_owned(),
        revision: None,
        at: START.parse().unwrap(),
        outlets: ["G1", "G2"].map(outlet).to_vec(),
        members: ["G1", "G2"].map(|id| (id.to_owned(), waiting)).to_vec(),
        settings: Arc::clone(&order.settings),
        were_looked_at: true,
        anew: false,
    };
    begin_rollout(&bench.context.state, &order, new).await.unwrap();
    bench.context.rollout = Some(order);
    bench
}

/// Its wave is the second one; the files have another price, and take a dish and a choice off sale.
async fn waiting() -> Bench {
    let mut bench = in_rollout(Bench::in_sync().await, "G2").await;
    bench.price_in_file("NG", 27_000);
    bench.file_item("D1").in_stock = Field::Set(false);
    bench.file_variant("LV3").in_stock = Field::Set(false);
    bench
}

async fn open_next_wave(bench: &Bench) {
    let order = bench.context.rollout.as_ref().unwrap();
    let seen = PassEnd { push: Some(PushEnd::Seen), rest: Rest::Nothing };
    let step = RolloutStep {
        files: "files".to_owned(),
        pass: Some(("G2".to_owned(), seen, String::new())),
        settings: Arc::clone(&order.settings),
        at: bench.context.clock.now(),
    };
    assert_eq!(bench.context.state.step_rollout(step).await.unwrap().opened, ["G1"]);
}

#[tokio::test(start_paused = true)]
async fn only_what_files_take_off_sale_goes_out_before_the_wave_and_once() {
    let mut bench = waiting().await;
    bench.file_item("D2").description = text("Baru");
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Queued, OutletState::Queued));
    let why = outcome.error.unwrap();
    assert_eq!(why, "waits for wave 2 of 2 of the rollout; what the files take off sale does not wait");
    assert_eq!(bench.calls(), ["GET", "PATCH D1=off", "PATCH LV3=off", "GET"]);
    let base = bench.base().unwrap();
    assert_eq!(bench.base_price("NG"), Some(25_000), "nothing else was sent, so nothing else is remembered");
    assert!(base.items_taken_off.contains("D1") && base.variants_taken_off.contains("LV3"));
    assert_eq!(bench.pass().await.error.as_deref(), Some("waits for wave 2 of 2 of the rollout"));
    assert_eq!(bench.calls(), ["GET"]);
    // The kitchen's word holds against it.
    bench.platform.with(|world| world.kitchen("D1", true));
    assert_eq!(bench.pass().await.result, PassResult::Queued);
    assert_eq!(bench.calls(), ["GET"]);
    // What files put on sale again waits with the rest, and goes on sale with it.
    bench.file_variant("LV3").in_stock = Field::Unsaid;
    assert_eq!(bench.pass().await.result, PassResult::Queued);
    assert_eq!(bench.calls(), ["GET"]);
    open_next_wave(&bench).await;
    let outcome = bench.pass().await;
    assert_eq!(outcome.result, PassResult::Published, "{:?}", outcome.error);
    assert_eq!((bench.live_price("NG"), bench.stock("D1")), (Some(27_000), true));
    assert!(bench.calls().contains(&"PUT".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn what_holds_stock_elsewhere_holds_it_here_too() {
    type Hold = fn(&mut Bench);
    let holds: [(&str, Hold, OutletState); 5] = [
        (
            "a window",
            |bench| {
                let times = Recurrence { schedule: Cron::parse("0 10 * * *").unwrap(), duration: minutes(60) };
                bench.wanted.windows = vec![Window { kind: WindowKind::Deny, times, outlets: Vec::new() }];
            },
            OutletState::Queued,
        ),
        (
            "a pause",
            |bench| {
                let since = bench.context.clock.now();
                done(bench.context.state.set_pause("G1", Some(Pause { since, until: None }))).unwrap();
            },
            OutletState::Paused,
        ),
        ("another guard", |bench| bench.price_in_file("NG", 2_700), OutletState::Held),
        (
            "a person who has not agreed",
            |bench| {
                let digest = done(bench.shown_digest());
                bench.calls();
                bench.options.consent = Consent::ShowOnly(digest);
            },
            OutletState::Queued,
        ),
        (
            "files that are out of date",
            |bench| {
                let (withdraw, withdrawn) = watch::channel(false);
                bench.options.withdrawn = Some(withdrawn);
                bench.platform.before(1, move |_| _ = withdraw.send_replace(true));
            },
            OutletState::Pending,
        ),
    ];
    for (what, hold, state) in holds {
        let mut bench = waiting().await;
        hold(&mut bench);
        assert_eq!(bench.pass().await.state, state, "{what}");
        assert!(bench.calls().iter().all(|call| call == "GET"), "{what}");
        assert!(bench.stock("D1"), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_has_agreed_has_agreed_to_that_and_a_stopped_rollout_keeps_nothing_on_sale() {
    let mut bench = waiting().await;
    bench.options.consent = Consent::OffSaleOnly(bench.shown_digest().await);
    bench.context.state.stop_rollout(Some("why".to_owned()), START.parse().unwrap()).await.unwrap();
    bench.calls();
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Held, OutletState::Held));
    assert_eq!(bench.calls(), ["GET", "PATCH D1=off", "PATCH LV3=off", "GET"]);
    // Of another plan than the one that was shown.
    bench.file_item("D2").in_stock = Field::Set(false);
    bench.price_in_file("NG", 26_000);
    let outcome = bench.pass().await;
    assert!(outcome.error.unwrap().contains("the plan changed after it was shown"));
    assert_eq!(bench.calls(), ["GET"]);
}

#[tokio::test(start_paused = true)]
async fn stock_that_gofood_refuses_is_told_with_what_the_rest_waits_for_and_stops_no_rollout() {
    let bench = waiting().await;
    bench.faults(&[&[Fault::Fine][..], &[Fault::Status(404); 30]].concat());
    let outcome = bench.pass().await;
    note_rollout(&bench.context, false, &outcome).await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Rejected, OutletState::Failed));
    let why = outcome.error.unwrap();
    assert!(why.starts_with("what the files take off sale was not seen to go off sale: "), "{why}");
    assert!(why.contains("; the rest waits for wave 2 of 2"), "{why}");
    assert!(!bench.calls().contains(&"PUT".to_owned()));
    assert_eq!(bench.context.state.rollout().await.unwrap().unwrap().stopped, None);
}

#[tokio::test(start_paused = true)]
async fn what_gofood_would_not_show_is_not_asked_for_again_after_stock_went_ahead() {
    let mut bench = Bench::in_sync().await;
    bench.file_item("NG").description = text("Telur mata sapi dan kerupuk");
    bench.platform.with(|world| world.rewriting = Rewriting::Cut(20));
    assert_eq!(bench.pass().await.result, PassResult::Nonconvergent);
    let mut bench = in_rollout(bench, "G2").await;
    bench.price_in_file("NG", 27_000);
    bench.file_item("D1").in_stock = Field::Set(false);
    let before = bench.base().unwrap().rejected_values;
    assert!(!before.is_empty());
    assert_eq!(bench.pass().await.result, PassResult::Queued);
    assert!(!bench.stock("D1"));
    assert_eq!(bench.base().unwrap().rejected_values, before);
    let plan = bench.examined().await.plan;
    assert!(plan.changes.iter().any(|change| change.class == Class::Edit && !change.pushed), "{:?}", plan.changes);
}

#[tokio::test(start_paused = true)]
async fn a_push_of_stock_alone_is_no_evidence() {
    let mut bench = in_rollout(Bench::in_sync().await, "G1").await;
    bench.file_item("D1").in_stock = Field::Set(false);
    let member = async |bench: &Bench| bench.context.state.rollout_of("G1").await.unwrap().unwrap().1;
    // Its first look had failed: that it has nothing else to send is known since.
    let unknown = PassEnd { push: None, rest: Rest::Unknown };
    let order = bench.context.rollout.clone().unwrap();
    let (settings, at) = (Arc::clone(&order.settings), bench.context.clock.now());
    let pass = Some(("G1".to_owned(), unknown, String::new()));
    bench.context.state.step_rollout(RolloutStep { files: "files".into(), pass, settings, at }).await.unwrap();
    let outcome = bench.pass().await;
    assert_eq!(outcome.result, PassResult::Published);
    let request_id = outcome.request_id;
    note_rollout(&bench.context, false, &Outcome { state: OutletState::Drifted, ..outcome }).await;
    assert!(request_id.is_some());
    let state = member(&bench).await.map(|member| member.state);
    assert_eq!(state, Some(MemberState::Missed), "the change was not tried there");
}

#[tokio::test(start_paused = true)]
async fn a_rollout_that_is_stopped_while_a_promotion_ends_keeps_the_push_back() {
    let mut bench = in_rollout(Bench::promoted().await, "G1").await;
    bench.wanted.catalog.menus[0].name = "Aneka Nasi".to_owned();
    bench.options.released.insert(Guard::Promotion);
    let state = SharedState::clone(&bench.context.state);
    bench.platform.with(|world| {
        world.delay = Duration::ZERO;
        world.while_ending = Some(Box::new(move |_| {
            done(state.stop_rollout(Some("why".to_owned()), START.parse().unwrap())).unwrap();
        }));
    });
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Held, OutletState::Held), "{:?}", outcome.error);
    assert!(outcome.error.unwrap().contains("the rollout is stopped: why"));
    assert!(!bench.calls().contains(&"PUT".to_owned()));
    bench.context.state.stop_rollout(None, START.parse().unwrap()).await.unwrap();
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!(bench.last_push().wave.map(|wave| (wave.wave, wave.waves)), Some((1, 2)));
}
