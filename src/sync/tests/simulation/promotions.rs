//! Promotions of one outlet of the simulation: what files declare, what the app makes and ends, what becomes of the calls, and
//! the judge. That none of ours is there twice and that each has a price of the files the platform sees to.

use jiff::{Span, civil::DateTime};

use super::super::{
    platform::{Promo, PromoFault},
    promoting::{NAMES_ANOTHER, detail, names_another, wanted},
    *,
};
use crate::{
    catalog::{Path, PromoDetail, WantedPromotion},
    plan::{OutletPlan, PromotionOp},
};

/// Dishes that never leave the files, and what a promotion of them costs at least: less than they ever cost.
const PROMOTED: [(&str, i64); 3] = [("NG", 18_000), ("D1", 5_000), ("N1", 12_000)];

pub(super) struct Promotions {
    /// Another one than the outlet draws from, so that all else is as it is without promotions.
    random: fastrand::Rng,
    /// Those of others as they were when the pass began.
    theirs: Vec<Promo>,
}

impl Promotions {
    pub(super) fn new(bench: &mut Bench, seed: u64) -> Self {
        // The dishes of the other lives cost what they cost: only who owns what is judged here.
        bench.wanted.policy.guards.promotion_depth = 100.0;
        bench.platform.with(|world| world.promo_clock = Some(bench.context.clock));
        Self { random: fastrand::Rng::with_seed(seed ^ 0x9704), theirs: Vec::new() }
    }

    fn now(bench: &Bench) -> DateTime {
        bench.context.clock.now().to_zoned(bench.wanted.policy.timezone.clone()).datetime()
    }

    /// Files, app and faults; in words.
    pub(super) fn disturb(&mut self, bench: &mut Bench) -> String {
        let mut told = Vec::new();
        for _ in 0..self.random.u8(..3) {
            told.push(self.edit_files(bench));
        }
        match self.random.u8(..5) {
            0 => {
                let one = self.some_detail(bench);
                // Never the very same as one of ours: nobody could tell them apart.
                let one = PromoDetail { selling_price: Price(one.selling_price.0 + 50), ..one };
                told.push(format!("app: a promotion on {}", one.external_menu_id));
                bench.platform.with(|world| world.promote(one));
            }
            1 => {
                let at = self.random.usize(..3);
                told.push(format!("app: ends promotion {at} of ours"));
                bench.platform.with(|world| {
                    let mut open = world.promos.iter_mut().filter(|promo| !promo.is_foreign && !promo.is_ended);
                    open.nth(at).into_iter().for_each(|promo| promo.is_ended = true);
                });
            }
            2 => {
                bench.platform.with(|world| {
                    let open = world.promos.iter_mut().find(|promo| promo.is_foreign && !promo.is_ended);
                    open.into_iter().for_each(|promo| promo.is_ended = true);
                });
                told.push("app: ends one of its own".to_owned());
            }
            _ => {}
        }
        use PromoFault::{
            Fine, HangsAfterwards, HangsBefore, Lost, LostAfterwards, NamesAnother, NoRight, Silent, Status,
        };
        let faults = [
            Fine,
            Fine,
            Fine,
            Fine,
            Lost,
            LostAfterwards,
            HangsBefore,
            HangsAfterwards,
            Silent,
            Status(503),
            NoRight,
            NamesAnother,
        ];
        let count = if self.random.bool() { self.random.usize(..8) } else { 0 };
        let faults: Vec<PromoFault> = (0..count).map(|_| faults[self.random.usize(..faults.len())]).collect();
        told.push(format!("promotions: {faults:?}"));
        bench.platform.with(|world| world.promo_faults = faults.into());
        told.join("; ")
    }

    fn edit_files(&mut self, bench: &mut Bench) -> String {
        let one = self.some_detail(bench);
        let (item, price) = (one.external_menu_id.clone(), one.selling_price.0);
        let mut all = bench.wanted.catalog.promotions.clone();
        let had = all.len();
        all.retain(|known| known.detail.external_menu_id != item);
        let told = if had == all.len() || self.random.bool() {
            let name = ["gajian", "murah"][self.random.usize(..2)];
            bench.platform.with(|world| world.promo_prices.insert(price));
            let told = format!("file: “{name}” on {item} for {price}, {}", one.when());
            all.push(wanted(name, one));
            told
        } else {
            format!("file: no promotion on {item}")
        };
        all.sort_by_key(key);
        bench.declare(all);
        told
    }

    /// Some days from about now on.
    fn some_detail(&mut self, bench: &Bench) -> PromoDetail {
        let (item, price) = PROMOTED[self.random.usize(..PROMOTED.len())];
        let today = Self::now(bench).date();
        let start_date = today.checked_add(Span::new().days(self.random.i64(-1..3))).unwrap();
        let end_date = start_date.checked_add(Span::new().days(self.random.i64(1..6))).unwrap();
        let price = price + self.random.i64(0..5) * 100;
        PromoDetail { start_date, end_date, ..detail(item, price) }
    }

    /// The files are composed anew: what is over is not wanted any more.
    pub(super) fn begin_pass(&mut self, bench: &mut Bench) {
        let now = Self::now(bench);
        for one in &mut bench.wanted.catalog.promotions {
            one.is_over = one.detail.end() <= now;
        }
        self.theirs = theirs(bench);
    }

    /// What the pass did, and what is wrong with that.
    pub(super) fn end_pass(&self, bench: &Bench, may_act: bool) -> (String, String) {
        let calls = bench.platform.with(|world| {
            world.promo_faults.clear();
            std::mem::take(&mut world.promo_log)
        });
        let acts = calls.iter().any(|call| call.starts_with("CREATE") || call.starts_with("END"));
        let wrong = match () {
            () if acts && !may_act => "promotions were made or ended although the plan was shown as held, or declined",
            () if theirs(bench) != self.theirs => "a promotion of others has changed",
            () => "",
        };
        (format!("promotions: {calls:?}"), wrong.to_owned())
    }

    /// What is not as the files say in the end; empty: nothing.
    pub(super) fn judge_rest(&self, bench: &Bench, plan: Option<&OutletPlan>) -> String {
        let Some(plan) = plan else { return "nothing was planned".to_owned() };
        // What somebody has ended is told; what costs more than its dish does by now waits for that.
        let told = |one: &WantedPromotion| {
            let steps = plan.promotions.steps.iter().filter(|step| step.path() == path(one));
            steps
                .into_iter()
                .any(|step| matches!(step.op, PromotionOp::Drift | PromotionOp::Waiting) || names_another(step))
        };
        let all = bench.wanted.catalog.promotions.iter();
        let mut wanted: Vec<PromoDetail> =
            all.filter(|one| !one.is_over && !told(one)).map(|one| one.detail.clone()).collect();
        let mut ours: Vec<PromoDetail> =
            bench.platform.with(|world| world.our_promos().into_iter().map(|promo| promo.detail.clone()).collect());
        ours.sort_by_key(|detail| (detail.external_menu_id.clone(), detail.selling_price));
        wanted.sort_by_key(|detail| (detail.external_menu_id.clone(), detail.selling_price));
        let troubles = plan.promotions.troubles().filter(|words| !words.contains(NAMES_ANOTHER));
        let troubles: Vec<String> = troubles.collect();
        match ours == wanted && troubles.is_empty() {
            true => String::new(),
            false => format!("in the end {ours:?} run, and the files say {wanted:?}; {troubles:?}"),
        }
    }
}

fn theirs(bench: &Bench) -> Vec<Promo> {
    bench.platform.with(|world| world.promos.iter().filter(|promo| promo.is_foreign).cloned().collect())
}

fn path(one: &WantedPromotion) -> Path {
    Path::Promotion(one.name.clone(), one.detail.external_menu_id.clone())
}

fn key(one: &WantedPromotion) -> (String, crate::catalog::ExternalId) {
    (one.name.clone(), one.detail.external_menu_id.clone())
}
