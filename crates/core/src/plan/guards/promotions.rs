//! The guards on the prices of promotions.

use super::{GuardVerdict, Limit, Verdict, is_decimal_slip, percent_change};
use crate::{
    plan::{PromotionInputs, PromotionOp, PromotionPlan, PromotionStep},
    policy::Guard,
};

/// A guard, its limit, and the promotions that trip it: by how much, and in which words.
type PriceFinding<'a> = (Guard, Option<f64>, Vec<(f64, &'a PromotionStep, String)>);

/// Asks the guards about what is to be made.
pub(in crate::plan) fn judge_prices(plan: &PromotionPlan, inputs: &PromotionInputs<'_>) -> Vec<GuardVerdict> {
    let made = plan.steps.iter().filter(|step| match step.op {
        PromotionOp::Add | PromotionOp::Replace => true,
        // It was judged when it was made; another price of the dish is another discount.
        PromotionOp::Renew => step.coming_price != step.live_price,
        _ => false,
    });
    let (mut deep, mut slips, mut moves) = (Vec::new(), Vec::new(), Vec::new());
    for step in made {
        let Some(selling) = step.create.as_ref().map(|detail| detail.selling_price) else { continue };
        let old = step.record.as_ref().filter(|_| step.op == PromotionOp::Replace).map(|old| old.detail.selling_price);
        // Whatever it costs while the push arrives, the promotion may not take off too much of it.
        if let Some(live) = step.live_price.max(step.coming_price).filter(|live| live.0 > 0) {
            let below = (live.0 - selling.0) as f64 * 100.0 / live.0 as f64;
            let words = format!("{} ({selling} instead of {live}, {below:.0} % less)", step.label());
            deep.push((below, step, words));
        }
        let coming = step.coming_price.filter(|_| step.coming_price != step.live_price);
        for (from, what) in [(step.live_price, "the dish costs"), (coming, "the dish will cost"), (old, "it was")] {
            if let Some(from) = from.filter(|from| is_decimal_slip(from.0, selling.0)) {
                slips.push((0.0, step, format!("{} would be {selling}, {what} {from}", step.label())));
            }
        }
        if let Some(old) = old {
            let percent = percent_change(old.0, selling.0);
            moves.push((percent, step, format!("{} moves by {percent:.0} % ({old} → {selling})", step.label())));
        }
    }
    let (depth, change) = (inputs.limits.promotion_depth, inputs.limits.price_change);
    let over = |found: Vec<(f64, _, _)>, limit: f64| found.into_iter().filter(|one| one.0 > limit).collect();
    let found: [PriceFinding<'_>; 3] = [
        (Guard::PriceChange, Some(change), over(moves, change)),
        (Guard::DecimalSlip, None, slips),
        (Guard::PromotionDepth, Some(depth), over(deep, depth)),
    ];
    let verdict = |(guard, limit, steps): PriceFinding<'_>| {
        let (worst, _, words) = steps.iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
        let more = if steps.len() > 1 { format!(", and {} more", steps.len() - 1) } else { String::new() };
        let message = match limit {
            Some(limit) => format!("the promotion {words}{more}; the limit is {limit} %"),
            None => format!("a factor of 10, 100 or 1000 looks like a slipped decimal: the promotion {words}{more}"),
        };
        Some(GuardVerdict {
            guard,
            limit: limit.map(Limit::Percent),
            actual: Some(if limit.is_some() { (worst * 10.0).round() / 10.0 } else { steps.len() as f64 }),
            verdict: if inputs.released.contains(&guard) { Verdict::Released } else { Verdict::Held },
            items: steps.iter().map(|(_, step, _)| step.path()).collect(),
            promotions: Vec::new(),
            message,
            approval: None,
        })
    };
    found.into_iter().filter_map(verdict).collect()
}
