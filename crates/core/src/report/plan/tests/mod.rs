//! Whole outputs over real plans: a small menu in sync, one side disturbed, and what people and programs read.

mod hostile;
mod html;
mod json;
mod markdown;
mod new_field;
mod stories;
mod text;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::{
    catalog::{
        Catalog, Day, Field, Hours, Item, Menu, Path, Price, TimeRange, Variant, VariantCategory,
        live::{LiveCatalog, LiveItem},
    },
    definition::Recurring,
    diagnostic::Place,
    plan::{Base, Inputs, as_published, plan},
    policy::{Guard, Policy},
    report::release::{PlanFile, Push},
};

fn set(text: &str) -> Field<String> {
    Field::Set(text.to_owned())
}

fn item(id: &str, name: &str, price: i64) -> Item {
    Item { external_id: id.into(), name: set(name), price: Field::Set(Price(price)), ..Item::default() }
}

fn variant(id: &str, name: &str, price: i64) -> Variant {
    Variant { external_id: id.into(), name: set(name), price: Field::Set(Price(price)), in_stock: Field::Unsaid }
}

fn daily(start: u16, end: u16) -> Hours {
    Hours::new(std::array::from_fn(|_| vec![TimeRange { start: start * 60, end: end * 60 }]))
}

/// Two menus of four items, one choice.
fn warung() -> Catalog {
    let mut nasi = item("NG", "Nasi Goreng Kampung", 25_000);
    nasi.description = set("Nasi goreng terasi dengan telur mata sapi dan kerupuk");
    nasi.operational_hours = Field::Set(daily(10, 22));
    nasi.variant_category_external_ids = Field::Set(vec!["VC".into()]);
    let rice = vec![nasi, item("NU", "Nasi Uduk", 12_000), item("NK", "Nasi Kuning", 14_000)];
    let rice = rice.into_iter().chain([item("NL", "Nasi Liwet", 16_000)]).collect();
    let drinks = (1..5).map(|n| item(&format!("D{n}"), &format!("Es {n}"), 8_000)).collect();
    let menu = |name: &str, menu_items| Menu { name: name.to_owned(), menu_items };
    Catalog {
        menus: vec![menu("Nasi", rice), menu("Minuman", drinks)],
        variant_categories: vec![VariantCategory {
            external_id: "VC".into(),
            name: set("Level pedas"),
            internal_name: Field::Unsaid,
            min_quantity: Field::Set(1),
            max_quantity: Field::Set(1),
            variants: vec![variant("LV0", "Tidak pedas", 0), variant("LV3", "Pedas gila", 2_000)],
        }],
        ..Catalog::default()
    }
}

struct Story {
    desired: Catalog,
    base: Option<Base>,
    live: LiveCatalog,
    revert: bool,
    released: BTreeSet<Guard>,
}

impl Story {
    fn in_sync() -> Self {
        Self::of(warung())
    }

    fn of(catalog: Catalog) -> Self {
        let base = Base { catalog: catalog.clone(), ..Base::default() };
        let live = as_published(&catalog);
        Self { desired: catalog, base: Some(base), live, revert: false, released: BTreeSet::new() }
    }

    fn item(&mut self, id: &str) -> &mut Item {
        let items = self.desired.menus.iter_mut().flat_map(|menu| &mut menu.menu_items);
        items.into_iter().find(|item| item.external_id.as_str() == id).unwrap()
    }

    fn live_item(&mut self, id: &str) -> &mut LiveItem {
        let items = self.live.menus.iter_mut().flat_map(|menu| &mut menu.menu_items);
        items.into_iter().find(|item| item.uuid == id).unwrap()
    }

    fn remove(&mut self, id: &str) -> Item {
        let item = self.item(id).clone();
        self.desired.menus.iter_mut().for_each(|menu| menu.menu_items.retain(|known| known.external_id.as_str() != id));
        item
    }

    fn plan(&self, outlet: &str) -> OutletPlan {
        let place = |path: &Path| {
            let file = "catalogs/kuta.yaml".into();
            let place = Place { file, line: 6, column: 23, end_line: 6, end_column: 28 };
            path.field_key().map(|_| place).into_iter().collect()
        };
        plan(&Inputs {
            outlet: &outlet.into(),
            desired: &self.desired,
            base: self.base.as_ref(),
            live: &self.live,
            policy: &Policy::default(),
            revert: self.revert,
            released: &self.released,
            peers: &BTreeMap::new(),
            ended: &BTreeSet::new(),
            recurring: &Recurring::default(),
            low_prices: &BTreeSet::new(),
            past: &Default::default(),
            places: &place,
            stock_by_put: false,
        })
    }

    fn outlet(&self, id: &str, name: &str) -> OutletReport {
        let plan = self.plan(id);
        let state = match plan.action {
            _ if plan.is_held() => "held",
            crate::plan::Action::None if plan.unpushed_drift().next().is_some() => "drifted",
            crate::plan::Action::None => "in_sync",
            _ => "pending",
        };
        let (diagnostics, error) = (Vec::new(), None);
        OutletReport {
            outlet: id.into(),
            name: name.to_owned(),
            state,
            plan: Some(plan),
            diagnostics,
            error,
            pause: None,
            window: None,
            invalid_from: None,
            menus: None,
            at: None,
        }
    }
}

fn report(outlets: Vec<OutletReport>) -> PlanReport {
    PlanReport {
        view: View::Plan,
        revision: Some("4a1b2c3".to_owned()),
        generated_at: jiff::Timestamp::UNIX_EPOCH,
        at: None,
        zone: jiff::tz::TimeZone::UTC,
        target: None,
        stale_approvals: Vec::new(),
        line_origins: Default::default(),
        hints: ReleaseHints {
            push: Some(Push::Command("menusync apply".to_owned())),
            plan: Some(PlanFile::By("menusync plan --out plan.json".to_owned())),
            ..ReleaseHints::default()
        },
        state_dir: Some("/var/lib/menusync".to_owned()),
        outlets,
        later: Vec::new(),
        waves: None,
        rollout: None,
    }
}

fn text_of(story: &Story) -> String {
    plan_text(&report(vec![story.outlet("G1", "Kuta")]), false)
}

/// An edit of nearly everything.
fn busy() -> Story {
    let mut story = Story::in_sync();
    let moved = story.remove("NU");
    story.remove("D2");
    story.desired.menus.push(Menu { name: "Takjil".to_owned(), menu_items: vec![moved] });
    story.desired.menus[2].menu_items.push(item("KOLAK", "Kolak Pisang", 12_000));
    let drinks = &mut story.desired.menus[1].menu_items;
    drinks.rotate_right(1);
    let nasi = story.item("NG");
    nasi.price = Field::Set(Price(27_000));
    nasi.description = set("Nasi goreng terasi dengan telur dadar dan kerupuk");
    nasi.name = set("Nasi Goreng");
    nasi.image = set("https://img.example.com/ng.png");
    nasi.variant_category_external_ids = Field::Null;
    let mut hours = daily(10, 22);
    for day in [Day::Monday, Day::Tuesday, Day::Wednesday] {
        *hours.day_mut(day) = vec![TimeRange { start: 11 * 60, end: 21 * 60 + 30 }];
    }
    hours.day_mut(Day::Sunday).clear();
    nasi.operational_hours = Field::Set(hours);
    story.item("NK").in_stock = Field::Set(false);
    let category = &mut story.desired.variant_categories[0];
    category.min_quantity = Field::Set(0);
    category.max_quantity = Field::Set(2);
    category.variants[1].price = Field::Set(Price(-500));
    category.variants[0].price = Field::Set(Price(1_000));
    story
}

/// Edits made elsewhere of every kind.
fn drifted() -> Story {
    let mut story = Story::in_sync();
    story.live_item("NG").price = Field::Set(Price(26_000));
    story.live_item("NU").price = Field::Set(Price(11_000));
    story.item("NU").price = Field::Set(Price(13_000));
    story.live_item("NK").external_id = Field::Null;
    story.live.menus[1].menu_items.remove(0);
    let extra = LiveItem { uuid: "u-9".to_owned(), name: "Es Kopi".to_owned(), ..LiveItem::default() };
    story.live.menus[1].menu_items.push(LiveItem { price: Field::Set(Price(15_000)), ..extra });
    story
}

const HOSTILE: &str = "\u{1b}[2J|a`b` @everyone <img src=x>\n# **x** \u{202e}";

fn hostile() -> PlanReport {
    let mut story = Story::in_sync();
    story.item("NG").name = set(HOSTILE);
    story.item("NU").description = set(HOSTILE);
    story.live_item("NK").name = HOSTILE.to_owned();
    story.live.menus[0].menu_items[3].name = HOSTILE.to_owned();
    story.desired.menus.push(Menu { name: HOSTILE.to_owned(), menu_items: vec![item("X", HOSTILE, 1)] });
    let mut outlet = story.outlet("G1", HOSTILE);
    outlet.error = Some(HOSTILE.to_owned());
    report(vec![outlet])
}

/// Four outlets with one edit, one that failed, one that is paused.
fn fleet() -> PlanReport {
    let mut story = Story::in_sync();
    story.item("NU").price = Field::Set(Price(12_500));
    let mut outlets: Vec<OutletReport> = ["Kuta", "Sanur", "Ubud", "Canggu"]
        .iter()
        .zip(1..)
        .map(|(name, n)| story.outlet(&format!("G{n}"), name))
        .collect();
    outlets.push(OutletReport { plan: None, state: "failed", ..story.outlet("G9", "") });
    outlets[4].error = Some("GoFood did not answer within 90 s".to_owned());
    outlets.push(OutletReport { plan: None, state: "paused", ..story.outlet("G10", "Bangli") });
    report(outlets)
}
