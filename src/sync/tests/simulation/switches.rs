//! Switches of stock in one outlet of the simulation: what people order, with ends and without, what becomes of the calls, a
//! layer with `when` by which a dish and a price come and go, and the judge. Most of it is judged call by call.

use super::super::*;

/// What people switch.
const SWITCHED: [&str; 8] = ["NG", "N1", "N3", "N4", "D1", "D4", "LV0", "LV3"];

/// The dish that costs less while the layer counts, and what it costs then.
const HAPPY: (&str, i64) = ("N1", 17_500);

/// What an order may take beside its calls and their tries (our choice).
const ORDER_TAKES: Duration = Duration::from_secs(10 * 60);

pub(super) struct Switches {
    /// Another one than the outlet draws from, so that all else is as it is without switches.
    random: fastrand::Rng,
}

impl Switches {
    pub(super) fn new(bench: &mut Bench, seed: u64) -> Self {
        bench.wanted.recurring.files.insert("catalogs/happy-hour.yaml".into());
        bench.platform.with(|world| world.switch_clock = Some(bench.context.clock));
        Self { random: fastrand::Rng::with_seed(seed ^ 0x571c) }
    }

    /// The layer begins or ends.
    pub(super) fn disturb(&mut self, bench: &mut Bench, usual: i64) -> String {
        let price = if self.random.bool() { HAPPY.1 } else { usual };
        bench.price_in_file(HAPPY.0, price);
        format!("layer: {} costs {price}", HAPPY.0)
    }

    /// A person orders something beside the daemon; in words. `Err`: what is wrong with that.
    pub(super) async fn order(&mut self, bench: &Bench) -> Result<String, String> {
        if self.random.bool() {
            return Ok("nobody orders anything".to_owned());
        }
        let mut ids: Vec<&str> = (0..self.random.usize(1..4)).map(|_| SWITCHED[self.random.usize(..8)]).collect();
        ids.sort_unstable();
        ids.dedup();
        let in_stock = self.random.u8(..3) == 0;
        let time = (self.random.u8(..4) != 0).then(|| minutes(self.random.u64(1..120)));
        let order = bench.order(&ids, in_stock, time);
        let crash = self.random.usize(..8);
        bench.platform.with(|world| {
            world.ledger.as_mut().unwrap().is_ordering = true;
            // Whoever was sold out for whatever reason stays so by this.
            world.sold_out.extend(ids.iter().filter(|_| !in_stock).map(|id| (*id).to_owned()));
            world.crash = (crash < 2).then_some(if crash == 0 { Crash::Before(2) } else { Crash::After(2) });
        });
        let began = tokio::time::Instant::now();
        let outcome = tokio::select! {
            outcome = bench.carry_out(&order, &[]) => Some(outcome),
            () = bench.platform.crashed() => None,
        };
        let took = began.elapsed();
        bench.platform.with(|world| {
            world.crash = None;
            world.ledger.as_mut().unwrap().is_ordering = false;
            // What is off already is so by this person from now on.
            for line in outcome.iter().flat_map(|outcome| &outcome.switches) {
                let is_off = !in_stock && world.stock(line.id.as_str()) == Some(false);
                if is_off && ["unchanged", "extended"].contains(&line.result) {
                    world.intent.insert(line.id.0.clone(), false);
                }
                if line.result == "extended" {
                    world.seen_otherwise.remove(line.id.as_str());
                }
            }
        });
        let told = format!("order {ids:?} on: {in_stock}, for {time:?}: {:?} {outcome:?}", bench.calls());
        if took > ORDER_TAKES { Err(format!("{told} took {took:?}")) } else { Ok(told) }
    }

    /// What is wrong in the end; empty: nothing.
    pub(super) fn judge_rest(bench: &Bench) -> String {
        let open = bench.open_switches();
        if open.is_empty() { String::new() } else { format!("switches without an end: {open:?}") }
    }

    /// The layer begins and ends at rest: each edge is one push at most, and one if its price is as the files had it.
    pub(super) async fn judge_edges(bench: &mut Bench, usual: i64) -> String {
        for price in [HAPPY.1, usual] {
            let before = bench.live_price(HAPPY.0);
            bench.price_in_file(HAPPY.0, price);
            let mut puts = 0;
            for _ in 0..2 {
                bench.pass().await;
                tokio::time::sleep(minutes(40)).await;
                puts += bench.calls().iter().filter(|call| *call == "PUT").count();
            }
            let is_as_wanted = before.is_some_and(|before| [HAPPY.1, usual].contains(&before) && before != price);
            if puts > 1 || is_as_wanted && (puts, bench.live_price(HAPPY.0)) != (1, Some(price)) {
                return format!("an edge from {before:?} to {price} took {puts} pushes");
            }
        }
        String::new()
    }
}
