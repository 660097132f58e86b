//! What happens at an outlet and is sent to subscribers, in the platform's words.
//! How an event travels is `delivery`'s.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    settings::EventKey,
    written::{Catalog, Item, Variant},
};

/// A PUT has been mapped and is live (seen live, once).
const MAPPING_UPDATED: &str = "gofood.catalog.menu_mapping_updated";
/// Something was ordered that carries no partner's id (documentation).
const WEBHOOK_ERROR: &str = "gofood.order.webhook_error";
/// An order whose things are all known (documentation).
const ORDER_CREATED: &str = "gofood.order.created";

/// The only service whose orders come here (documentation).
const SERVICE: &str = "gofood";

/// What has happened.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) outlet: String,
    pub(super) name: &'static str,
    body: Value,
}

/// What a simulated order came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderReceipt {
    /// Its number.
    pub order: String,
    /// The event that announces it.
    pub event: String,
    /// Names of ordered items and variants that carry no external id.
    pub unmapped: Vec<String>,
}

impl Event {
    /// A menu is live.
    pub(super) fn from_publication(outlet: &str, live: &Catalog) -> Self {
        // What was not mapped is not in it.
        let mapped = live.items().filter(|item| item.external_id.is_some());
        let menus: Vec<Value> =
            mapped.map(|item| json!({"id": item.id, "external_menu_id": item.external_id})).collect();
        let body = json!({"request_id": live.request_id, "outlet": encode_outlet(outlet), "menus": menus});
        Self { outlet: outlet.into(), name: MAPPING_UPDATED, body }
    }

    /// Somebody has ordered these things of the live menu, named by external id or name.
    pub(super) fn from_order(outlet: &str, live: &Catalog, wanted: &[String]) -> Result<(Self, OrderReceipt), String> {
        let (items, variants) = find_ordered(live, wanted)?;
        let number = format!("F-{}", fastrand::u32(100_000_000..));
        let unmapped_items: Vec<_> = items.iter().filter(|item| item.external_id.is_none()).map(|i| &i.name).collect();
        let unmapped_variants: Vec<_> =
            variants.iter().filter(|variant| variant.external_id.is_none()).map(|v| &v.name).collect();
        let unmapped: Vec<String> =
            unmapped_items.iter().chain(&unmapped_variants).filter_map(|name| (*name).clone()).collect();
        let (name, body) = if unmapped.is_empty() {
            (ORDER_CREATED, encode_order(outlet, &number, &items, &variants))
        } else {
            let lost = json!({
                "items": encode_names(&unmapped_items), "variants": encode_names(&unmapped_variants),
            });
            let body = json!({
                "error_type": "mapping_not_found", "mapping_not_found": lost, "order": { "number": number },
                "outlet": encode_outlet(outlet), "service_type": SERVICE,
            });
            (WEBHOOK_ERROR, body)
        };
        let receipt = OrderReceipt { order: number, event: name.into(), unmapped };
        Ok((Self { outlet: outlet.into(), name, body }, receipt))
    }

    /// What is sent; the id is another one for every event and the same for all its copies.
    pub(super) fn encode(&self, key: EventKey) -> Vec<u8> {
        let key = match key {
            EventKey::EventName => "event_name",
            EventKey::EventType => "event_type",
        };
        let header = json!({
            key: self.name,
            "event_id": Uuid::new_v4(),
            "version": 1,
            "timestamp": jiff::Timestamp::now().to_string(),
        });
        json!({"header": header, "body": self.body}).to_string().into_bytes()
    }
}

fn encode_outlet(outlet: &str) -> Value {
    json!({"id": outlet, "external_outlet_id": null})
}

/// An order as the documentation shows it; which dish a variant was chosen for is not simulated, so the first has them all.
fn encode_order(outlet: &str, number: &str, items: &[&Item], variants: &[&Variant]) -> Value {
    let chosen: Vec<Value> = (variants.iter())
        .map(|variant| json!({ "id": variant.id, "name": variant.name, "external_id": variant.external_id }))
        .collect();
    let total: i64 = items.iter().filter_map(|item| item.price).chain(variants.iter().filter_map(|v| v.price)).sum();
    let lines: Vec<Value> = (items.iter().enumerate())
        .map(|(index, item)| {
            json!({
                "id": item.id, "external_id": item.external_id, "name": item.name, "quantity": 1, "notes": "",
                "price": item.price, "variants": if index == 0 { chosen.clone() } else { Vec::new() },
            })
        })
        .collect();
    json!({
        "service_type": SERVICE,
        "customer": { "id": "536D5047", "name": "GoFood Customer" },
        "driver": { "name": "GoFood Driver" },
        "outlet": encode_outlet(outlet),
        "order": {
            "order_number": number, "status": "CREATED", "pin": "1234", "order_total": total, "currency": "IDR",
            "takeaway_charges": 0, "cutlery_requested": true, "created_at": jiff::Timestamp::now().to_string(),
            "order_items": lines,
        },
    })
}

fn encode_names(names: &[&Option<String>]) -> Vec<Value> {
    names.iter().map(|name| json!({ "name": name })).collect()
}

/// The items and variants that are meant; an error for what is not sold.
fn find_ordered<'a>(live: &'a Catalog, wanted: &[String]) -> Result<(Vec<&'a Item>, Vec<&'a Variant>), String> {
    let (mut items, mut variants) = (Vec::new(), Vec::new());
    for wanted in wanted {
        let is = |id: &Option<String>, name: &Option<String>| {
            id.as_ref() == Some(wanted) || (id.is_none() && name.as_ref() == Some(wanted))
        };
        let item = live.items().find(|item| is(&item.external_id, &item.name));
        let variant = live.variants().find(|variant| is(&variant.external_id, &variant.name));
        match (item, variant) {
            (Some(item), _) => items.push(item),
            (None, Some(variant)) => variants.push(variant),
            (None, None) => return Err(format!("{wanted} is not on the live menu")),
        }
    }
    if wanted.is_empty() { Err("an order needs something that is ordered".into()) } else { Ok((items, variants)) }
}
