//! Approvals: for one guard, one plan and a time, and for nothing beside.

use jiff::{SignedDuration, Timestamp};

use super::*;

fn now() -> Timestamp {
    "2027-02-08T10:00:00Z".parse().unwrap()
}

fn approval(guard: Guard, digest: Digest, ahead: SignedDuration) -> Approval {
    let reviewed = Reviewed { file: "approvals/a.yaml".into(), reason: "winter menu".into(), expires: now() + ahead };
    Approval { guard, digest, reviewed }
}

fn for_an_hour(guard: Guard, plan: &OutletPlan) -> Approval {
    approval(guard, plan.approvable(guard), SignedDuration::from_hours(1))
}

/// Two guards hold it: `price-change` and `decimal-slip`.
fn slipped() -> Story {
    let mut story = Story::in_sync(warung());
    story.desired_item("NG").price = Field::Set(Price(250_000));
    story
}

fn verdicts(plan: &OutletPlan) -> Vec<(Guard, Verdict, bool)> {
    plan.guards.iter().map(|guard| (guard.guard, guard.verdict, guard.approval.is_some())).collect()
}

#[test]
fn it_releases_its_guard_and_no_other() {
    let mut plan = slipped().plan();
    let slip = for_an_hour(Guard::DecimalSlip, &plan);
    let deletes = for_an_hour(Guard::Deletes, &plan);
    assert_eq!(slip.effect(&plan, now()), ApprovalEffect::Releases);
    assert_eq!(deletes.effect(&plan, now()), ApprovalEffect::NotHeld);
    plan.release(&[deletes, slip.clone()], now());
    assert_eq!(
        verdicts(&plan),
        [(Guard::PriceChange, Verdict::Held, false), (Guard::DecimalSlip, Verdict::Released, true)]
    );
    assert_eq!(plan.guards[1].approval.as_ref(), Some(&slip.reviewed));
    assert_eq!(slip.effect(&plan, now()), ApprovalEffect::Releases, "what it has released it goes on releasing");
    let price = for_an_hour(Guard::PriceChange, &plan);
    plan.release(std::slice::from_ref(&price), now());
    assert!(!plan.is_held());
    // Once it is sent, the plan has its changes no more; that it was this that let them through stands.
    plan.changes.clear();
    assert_eq!(price.effect(&plan, now()), ApprovalEffect::Releases);
}

#[test]
fn a_guard_within_its_limit_needs_none() {
    let mut story = Story::in_sync(warung());
    story.desired_item("NG").price = Field::Set(Price(26_000));
    let mut plan = story.plan();
    let price = for_an_hour(Guard::PriceChange, &plan);
    assert_eq!(price.effect(&plan, now()), ApprovalEffect::NotHeld);
    plan.release(&[price], now());
    assert_eq!(verdicts(&plan), [(Guard::PriceChange, Verdict::Pass, false)]);
}

#[test]
fn it_is_for_the_plan_that_was_looked_at() {
    let mut story = slipped();
    let approved = for_an_hour(Guard::DecimalSlip, &story.plan());
    story.desired_item("D1").price = Field::Set(Price(8_600));
    let mut plan = story.plan();
    assert_eq!(approved.effect(&plan, now()), ApprovalEffect::OtherPlan);
    plan.release(std::slice::from_ref(&approved), now());
    assert_eq!(held(&plan), ["price-change", "decimal-slip"]);
    // A second file for the same guard is looked at as well.
    let second = for_an_hour(Guard::DecimalSlip, &plan);
    plan.release(&[approved, second], now());
    assert_eq!(held(&plan), ["price-change"]);
}

#[test]
fn it_counts_until_it_expires_and_reaches_seven_days_ahead() {
    let plan = slipped().plan();
    let effect = |ahead: SignedDuration| {
        approval(Guard::DecimalSlip, plan.approvable(Guard::DecimalSlip), ahead).effect(&plan, now())
    };
    let (second, week) = (SignedDuration::from_secs(1), SignedDuration::from_hours(7 * 24));
    let apart = SignedDuration::from_mins(5);
    for (ahead, expected) in [
        (-second, ApprovalEffect::Expired),
        (SignedDuration::ZERO, ApprovalEffect::Expired),
        (second, ApprovalEffect::Releases),
        (week, ApprovalEffect::Releases),
        // The clock of who approved may be a little ahead.
        (week + apart, ApprovalEffect::Releases),
        (week + apart + second, ApprovalEffect::TooLong),
    ] {
        assert_eq!(effect(ahead), expected, "{ahead}");
    }
    assert_eq!(LONGEST_APPROVAL, week);
}

#[test]
fn stock_counts_where_stock_is_what_is_let_through() {
    let mut story = Story::in_sync(warung());
    story.desired.menus[0].menu_items.iter_mut().for_each(|item| item.in_stock = Field::Set(false));
    let (sold_out, price) = (story.plan().approvable(Guard::SoldOut), story.plan().approvable(Guard::PriceChange));
    assert_eq!(story.plan().action, Action::Stock);
    assert_eq!(sold_out, price, "nothing but stock is sent");
    assert_ne!(sold_out, story.plan().digest, "of which a plan's own digest says nothing");
    story.desired_item("D1").in_stock = Field::Set(false);
    assert_ne!(
        (story.plan().approvable(Guard::SoldOut), story.plan().approvable(Guard::PriceChange)),
        (sold_out, price)
    );
    // A whole menu is sent: stock counts for its guard alone.
    story.desired_item("D2").price = Field::Set(Price(9_100));
    let (sold_out, price) = (story.plan().approvable(Guard::SoldOut), story.plan().approvable(Guard::PriceChange));
    assert_eq!((price.to_string(), price.0.len()), (story.plan().digest.0, 7 + 64));
    assert_ne!(sold_out, price);
    story.desired_item("D3").in_stock = Field::Set(false);
    assert_ne!(story.plan().approvable(Guard::SoldOut), sold_out);
    assert_eq!(story.plan().approvable(Guard::PriceChange), price);
    // What is kept as it is live is let through by nobody: it is not sent.
    let before = story.plan().approvable(Guard::SoldOut);
    story.live_item("D4").price = Field::Set(Price(9_900));
    assert_eq!(story.plan().approvable(Guard::SoldOut), before);
}
