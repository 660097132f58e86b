//! Which pass begins when more outlets wait than there are slots.

use super::*;

/// Takes a second with a slot and some time without, as while a push is waited for; notes what began when.
#[derive(Clone, Default)]
struct Steady {
    began: Arc<Mutex<Vec<(String, Duration)>>>,
    with_slot: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    without_slot: Duration,
    start: Option<Instant>,
}

impl Steady {
    fn new(without_slot: Duration) -> Self {
        Self { without_slot, start: Some(Instant::now()), ..Self::default() }
    }

    /// The outlets whose passes have begun, in order.
    fn order(&self) -> Vec<String> {
        self.began.lock().unwrap().iter().map(|(outlet, _)| outlet.clone()).collect()
    }
}

impl Worker for Steady {
    fn pushes(&self) -> bool {
        true
    }

    async fn visit(
        &self,
        _: &Context,
        slot: Slot,
        _: &Arc<Loaded>,
        member: &Member,
        _: channel::Receiver<bool>,
    ) -> Outcome {
        let at = self.start.unwrap().elapsed();
        self.began.lock().unwrap().push((member.id.to_string(), at));
        self.most.fetch_max(self.with_slot.fetch_add(1, Relaxed) + 1, Relaxed);
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.with_slot.fetch_sub(1, Relaxed);
        drop(slot);
        tokio::time::sleep(self.without_slot).await;
        let (result, state) = (PassResult::Unchanged, crate::sync::OutletState::InSync);
        Outcome { result, state, error: None, again: None, ..Outcome::failed(&member.target(), String::new()) }
    }
}

/// Lets time pass until something is so.
async fn passing(is_so: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("waited in vain");
}

/// Begins what may begin, and waits for the end of a pass.
async fn turn(daemon: &mut Daemon<Steady>) {
    daemon.begin_waiting();
    let ended = daemon.tasks.join_next_with_id().await.unwrap();
    daemon.ended(ended).unwrap();
    daemon.begin_waiting();
    tokio::task::yield_now().await;
}

#[tokio::test(start_paused = true)]
async fn an_edit_begins_with_the_next_free_slot_and_the_round_over_all_gets_on() {
    let worker = Steady::new(Duration::ZERO);
    let (_directory, _sender, parts) = parts_of(worker.clone(), 40, 2);
    let mut daemon = Daemon::new(parts);
    daemon.begin_all(Cause::Schedule);
    turn(&mut daemon).await;
    assert!(!worker.order().contains(&"G9".to_owned()), "G9 is the last of them");
    assert!(daemon.tasks.len() <= 4, "what waits is no task");
    daemon.begin_round(Cause::Files, ["G9".into()]);
    turn(&mut daemon).await;
    turn(&mut daemon).await;
    assert!(worker.order().iter().take(6).any(|outlet| outlet == "G9"), "{:?}", worker.order());
    // An edit each turn from now on.
    for number in 0..180 {
        daemon.begin_round(Cause::Files, [format!("G{}", number % 3 + 1).as_str().into()]);
        turn(&mut daemon).await;
    }
    for number in 4..=40 {
        let passes = worker.order().iter().filter(|outlet| **outlet == format!("G{number}")).count();
        assert_eq!(passes, 1, "G{number}");
    }
    assert_eq!(worker.most.load(Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn the_next_round_begins_with_those_that_were_looked_at_longest_ago() {
    let worker = Steady::new(Duration::ZERO);
    let (_directory, _sender, parts) = parts_of(worker.clone(), 6, 1);
    let mut daemon = Daemon::new(parts);
    daemon.begin_round(Cause::Event, ["G1".into()]);
    turn(&mut daemon).await;
    daemon.begin_round(Cause::Event, ["G2".into()]);
    turn(&mut daemon).await;
    daemon.begin_all(Cause::Schedule);
    while daemon.queue.len() > 0 || !daemon.tasks.is_empty() {
        turn(&mut daemon).await;
    }
    // By turns the one that has waited longest goes: they came in order of their ids.
    assert_eq!(worker.order(), ["G1", "G2", "G3", "G1", "G4", "G5", "G6", "G2"]);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_publication_lets_the_next_one_begin() {
    let worker = Steady::new(Duration::from_secs(300));
    let (_directory, _sender, parts) = parts_of(worker.clone(), 20, 4);
    let began = Instant::now();
    assert_eq!(once(parts).await.len(), 20);
    assert_eq!(began.elapsed().as_secs(), 20 / 4 + 300);
    assert_eq!(worker.most.load(Relaxed), 4);
}

#[tokio::test(start_paused = true)]
async fn an_event_is_looked_at_before_the_rest_of_a_round_of_the_running_daemon() {
    let worker = Steady::new(Duration::ZERO);
    let (_directory, sender, parts) = parts_of(worker.clone(), 60, 2);
    let (hints, view) = (Arc::clone(&parts.hints), Arc::clone(&parts.view));
    let daemon = tokio::spawn(run(parts));
    passing(|| worker.order().len() >= 4).await;
    assert!(view.read(|shown| shown.waiting) > 40);
    hints.give(&"G9".into(), Hint::Alarm);
    passing(|| worker.order().contains(&"G9".to_owned())).await;
    let place = worker.order().iter().position(|outlet| outlet == "G9").unwrap();
    assert!(place < 10, "{place} of 60");
    sender.send(Order::Stop).await.unwrap();
    daemon.await.unwrap().unwrap();
    assert!(worker.order().len() < 60, "none begins once it stops");
    assert_eq!(view.read(|shown| shown.waiting), 0);
}

#[tokio::test(start_paused = true)]
async fn a_round_that_takes_longer_than_the_schedule_leaves_it_is_measured_and_shown() {
    let worker = Steady::new(Duration::ZERO);
    let (_directory, _sender, mut parts) = parts_of(worker.clone(), 80, 1);
    parts.clock = Clock::starting_at("2027-01-04T03:01:00Z".parse().unwrap());
    parts.settings.schedule = crate::schedule::Cron::parse("* * * * *").unwrap();
    let mut daemon = Daemon::new(parts);
    let shown = |daemon: &mut Daemon<Steady>| {
        daemon.show_round_load();
        daemon.view.read(|shown| shown.round_load.clone()).unwrap()
    };
    let load = shown(&mut daemon);
    assert_eq!((load.least.as_secs(), load.measured, load.too_short()), (80 / 5, None, None));
    daemon.begin_all(Cause::Schedule);
    for _ in 0..70 {
        turn(&mut daemon).await;
    }
    let minute = Duration::from_secs(60);
    let load = shown(&mut daemon);
    assert_eq!((load.measured.unwrap().as_secs(), load.too_short()), (70, Some(minute)), "it is not through yet");
    // The next one comes meanwhile, and the edit of an outlet.
    daemon.begin_all(Cause::Schedule);
    daemon.begin_round(Cause::Files, ["G1".into()]);
    while !daemon.tasks.is_empty() {
        turn(&mut daemon).await;
    }
    let of_second = daemon.rounds.measured(daemon.now()).unwrap().as_secs();
    assert_eq!(of_second, 80);
    let begun = worker.order();
    assert_eq!(begun.len(), 80 + 71, "nine waited still, and do so once");
}

#[tokio::test(start_paused = true)]
async fn what_waits_is_dropped_with_the_root_and_begins_with_the_newest_files() {
    let worker = Steady::new(Duration::ZERO);
    let (_directory, _sender, parts) = parts_of(worker.clone(), 6, 1);
    let mut daemon = Daemon::new(parts);
    daemon.begin_all(Cause::Start);
    turn(&mut daemon).await;
    let mut survey = Survey::clone(&daemon.survey);
    survey.members.retain(|member| member.id.as_str() != "G3");
    daemon.survey = Arc::new(survey);
    for _ in 0..2 {
        turn(&mut daemon).await;
    }
    assert!(!worker.order().contains(&"G3".to_owned()), "no file defines it any more");
    let reasons = Reasons { schedule: true, ..Reasons::default() };
    daemon.take(reasons, loader::Found::Unreadable("gone".to_owned())).unwrap();
    let begun = worker.order().len();
    turn(&mut daemon).await;
    assert_eq!((daemon.queue.len(), daemon.tasks.len(), worker.order().len()), (0, 0, begun));
}
