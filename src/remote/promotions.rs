//! Promotions of an outlet, whoever made them. Paths and the names of the fields of `promo_detail` are documented; the form of
//! the list and its paging are not, so every form that makes sense is read, and what makes none is an error.

use std::collections::HashSet;

use reqwest::Method;
use serde::Serialize;
use serde_json::Value;

use super::{
    PromotionAnswer, RemoteError,
    answer::{Answer, envelope},
    call::{Body, Call},
    client::{Order, Session, check_outlet, unsent},
    text::{clean, redact},
    token,
};
use crate::catalog::{ExternalId, OutletId, Price, PromoDetail, Promotion};

/// A list with more pages is given up: what is on them would not be watched (our choice).
const MOST_PAGES: usize = 50;
/// Promotions that the list shows without their dish are asked for by themselves, so many of them (our choice).
const MOST_DETAILS: usize = 50;
/// Characters of a word of the platform's.
const MAX_CHARS: usize = 100;
/// Characters of a refusal (our choice).
const MAX_WORDS: usize = 400;
/// The documented type.
const SKU_PROMO: &str = "sku_promo";

/// One page of the list.
struct Page {
    promotions: Vec<Promotion>,
    /// How many there are on all pages.
    total_count: Option<usize>,
    /// How many a page has.
    limit: Option<usize>,
}

/// The body of the call that makes a promotion (documentation).
pub fn promotion_body(detail: &PromoDetail) -> impl Serialize + '_ {
    #[derive(Serialize)]
    struct Creation<'a> {
        promo_type: &'static str,
        promo_detail: &'a PromoDetail,
    }
    Creation { promo_type: SKU_PROMO, promo_detail: detail }
}

impl Session {
    /// All promotions of an outlet, in the order of the platform.
    pub(super) async fn promotions(&self, outlet: &OutletId) -> Result<Vec<Promotion>, RemoteError> {
        let session = self.with_scopes(token::READ_PROMOTIONS);
        let mut promotions = session.list_promotions(outlet).await?;
        let hidden = promotions.iter_mut().filter(|one| one.hides_its_dish() && !one.says_over());
        for promotion in hidden.filter(|one| !one.promotion_id.is_empty()).take(MOST_DETAILS) {
            match session.promotion(outlet, &promotion.promotion_id).await {
                Ok(detail) => *promotion = Promotion { promotion_id: promotion.promotion_id.clone(), ..detail },
                // It stays as the list shows it, which tells less.
                Err(error) if error.status == Some(404) => {}
                // The others would fail as well, and a pass waits for this.
                Err(_) => break,
            }
        }
        Ok(promotions)
    }

    /// One promotion; `None` if there is none of this id.
    pub(super) async fn find_promotion(&self, outlet: &OutletId, id: &str) -> Result<Option<Promotion>, RemoteError> {
        let session = self.with_scopes(token::READ_PROMOTIONS);
        match session.read(&session.order_promotions(outlet, Some(id))?, read_one).await {
            Ok(detail) => Ok(Some(Promotion { promotion_id: id.to_owned(), ..detail })),
            Err(error) if error.status == Some(404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks for a promotion, once. Only what the files say is sent.
    pub(super) async fn create_promotion(
        &self,
        outlet: &OutletId,
        key: &str,
        detail: &PromoDetail,
    ) -> Result<PromotionAnswer, RemoteError> {
        let session = self.with_scopes(token::WRITE_PROMOTIONS);
        let order = session.order_promotions(outlet, None)?;
        let body = serde_json::to_vec(&promotion_body(detail)).map_err(|error| order.unreadable(&error.to_string()))?;
        let order = Order {
            method: Method::POST,
            body: Body::Json(&body),
            idempotency_key: Some(key.to_owned()),
            changes: Some(outlet),
            ..order
        };
        let Created { success, failure } = session.write_and_read_once(&order, read_created).await?;
        let is_ours = |one: &&Entry| one.item.as_ref().is_none_or(|item| *item == detail.external_menu_id.0);
        // Exactly one was asked for: what names no dish is about it.
        if let Some(refused) = failure.iter().find(is_ours) {
            let words = refused.words.clone().unwrap_or_else(|| "refused without a reason".to_owned());
            return Ok(PromotionAnswer::Refused(words));
        }
        let id = success.iter().find(is_ours).and_then(|made| made.id.clone());
        Ok(id.map_or(PromotionAnswer::Silent, PromotionAnswer::Made))
    }

    /// Ends a promotion: deleted before it begins, deactivated while it runs. The platform's clock decides which it takes, so
    /// where one is refused the other is tried.
    pub(super) async fn end_promotion(&self, outlet: &OutletId, id: &str, has_begun: bool) -> Result<(), RemoteError> {
        let session = self.with_scopes(token::WRITE_PROMOTIONS);
        let Err(first) = session.end_once(outlet, id, has_begun).await else { return Ok(()) };
        if !matches!(first.status, Some(400 | 404 | 409 | 422)) {
            return Err(first);
        }
        match session.end_once(outlet, id, !has_begun).await {
            Ok(()) => Ok(()),
            Err(second) if (first.status, second.status) == (Some(404), Some(404)) => Ok(()),
            Err(second) if second.is_final() => Err(first),
            Err(second) => Err(second),
        }
    }

    async fn end_once(&self, outlet: &OutletId, id: &str, has_begun: bool) -> Result<(), RemoteError> {
        let mut order = Order { changes: Some(outlet), ..self.order_promotions(outlet, Some(id))? };
        if !has_begun {
            return self.write_once(&Order { method: Method::DELETE, ..order }).await;
        }
        if let Ok(mut path) = order.url.path_segments_mut() {
            path.push("deactivate");
        }
        let order = Order { method: Method::PUT, ..order };
        match self.write_once(&order).await {
            // Some gateways want a body with every PUT.
            Err(error) if matches!(error.status, Some(400 | 415)) => {
                self.write_once(&Order { body: Body::Json(b"{}"), ..order }).await
            }
            done => done,
        }
    }

    async fn list_promotions(&self, outlet: &OutletId) -> Result<Vec<Promotion>, RemoteError> {
        let (mut promotions, mut known) = (Vec::new(), HashSet::new());
        for number in 1..=MOST_PAGES {
            let mut order = self.order_promotions(outlet, None)?;
            order.url.query_pairs_mut().append_pair("page", &number.to_string());
            let Page { promotions: page, total_count, limit } = self.read(&order, read_list).await?;
            let (is_empty, before) = (page.is_empty(), promotions.len());
            let is_new = |one: &Promotion| one.promotion_id.is_empty() || known.insert(one.promotion_id.clone());
            promotions.extend(page.into_iter().filter(is_new));
            if total_count.is_some_and(|total| promotions.len() >= total) {
                return Ok(promotions);
            }
            if is_empty || promotions.len() == before {
                // Nothing more comes: all there is, unless the platform counts more than these pages can have.
                let room = limit.map_or(promotions.len(), |limit| limit.saturating_mul(number));
                return match total_count.filter(|total| *total > room) {
                    None => Ok(promotions),
                    Some(total) => Err(order.unreadable(&format!(
                        "the pages of the list of promotions end or repeat after {before} of {total}"
                    ))),
                };
            }
        }
        let order = self.order_promotions(outlet, None)?;
        Err(order.unreadable(&format!("the list of promotions has more than {MOST_PAGES} pages")))
    }

    /// One promotion, asked for once.
    async fn promotion(&self, outlet: &OutletId, id: &str) -> Result<Promotion, RemoteError> {
        self.read_once(&self.order_promotions(outlet, Some(id))?, read_one).await
    }

    /// `/integrations/promo/outlets/{outlet_id}/v1/food-promos[/{promotion_id}]` (documentation)
    fn order_promotions<'a>(&self, outlet: &OutletId, id: Option<&str>) -> Result<Order<'a>, RemoteError> {
        let mut path = vec!["integrations", "promo", "outlets", outlet.as_str(), "v1", "food-promos"];
        path.extend(id);
        let order = self.order(Method::GET, &path, Body::None);
        check_outlet(outlet, &Method::GET, &order.url)?;
        if let Some(id @ ("" | "." | "..")) = id {
            return Err(unsent(&order.method, &order.url, &format!("“{id}” is no id of a promotion")));
        }
        Ok(order)
    }
}

fn read_list(answer: &Answer, call: &Call<'_>) -> Result<Page, RemoteError> {
    let data = answer.data(call)?;
    let total_count = find_number(&data, "total_count");
    let unreadable = || answer.unexpected(call, "no list of promotions can be read from the answer");
    let list = match find_list(&data) {
        Some(list) => list,
        None if total_count.is_none_or(|total| total == 0) && !holds_anything(&data) => &[],
        None => return Err(unreadable()),
    };
    let promotions: Option<Vec<Promotion>> = list.iter().map(decode).collect();
    Ok(Page { promotions: promotions.ok_or_else(unreadable)?, total_count, limit: find_number(&data, "limit") })
}

/// What an answer to a creation says, on both sides.
struct Created {
    success: Vec<Entry>,
    failure: Vec<Entry>,
}

/// What is said of one promotion.
struct Entry {
    item: Option<String>,
    id: Option<String>,
    words: Option<String>,
}

/// Success and failure come inside of a 200, each as a list, an object or nothing (documentation; our guess). Of what cannot
/// be understood, nothing is said: it was taken.
fn read_created(answer: &Answer, call: &Call<'_>) -> Result<Created, RemoteError> {
    let data = answer.data_if_any(call)?;
    let secrets = call.key.secrets();
    let said = |value: &Value| {
        let detail = value.get("promo_detail");
        let find = |key: &str| value.get(key).or_else(|| detail.and_then(|detail| detail.get(key)));
        let words = envelope(value).or_else(|| value.as_str().map(str::to_owned));
        Entry {
            item: find("external_menu_id").and_then(raw_word),
            id: ["promotion_id", "id"].into_iter().find_map(|key| find(key).and_then(word)).filter(|id| !id.is_empty()),
            words: words.map(|words| clean(&redact(&words, &secrets), MAX_WORDS)),
        }
    };
    let side = |key: &str| -> Vec<Entry> {
        match data.get(key) {
            Some(Value::Array(list)) => list.iter().map(said).collect(),
            Some(one @ (Value::Object(_) | Value::String(_))) if !is_blank(one) => vec![said(one)],
            _ => Vec::new(),
        }
    };
    Ok(Created { success: side("success"), failure: side("failure") })
}

fn is_blank(value: &Value) -> bool {
    value.as_object().is_some_and(serde_json::Map::is_empty)
        || value.as_str().is_some_and(|text| text.trim().is_empty())
}

fn read_one(answer: &Answer, call: &Call<'_>) -> Result<Promotion, RemoteError> {
    let data = answer.data(call)?;
    let promotion = ["promotion", "food_promo"].iter().find_map(|key| data.get(key)).unwrap_or(&data);
    decode(promotion).ok_or_else(|| answer.unexpected(call, "no promotion can be read from the answer"))
}

/// The list itself, or the one list in an object.
fn find_list(data: &Value) -> Option<&[Value]> {
    match data {
        Value::Array(list) => Some(list),
        Value::Object(keys) => {
            let mut lists = keys.values().filter_map(Value::as_array);
            let first = lists.next()?;
            lists.next().is_none().then_some(first.as_slice())
        }
        _ => None,
    }
}

/// Whether there is more than numbers and `null`, as an empty list may be `null` or missing.
fn holds_anything(data: &Value) -> bool {
    match data {
        Value::Null | Value::Number(_) => false,
        Value::Object(keys) => keys.values().any(holds_anything),
        _ => true,
    }
}

/// A number of this name in an object, or in one that is in it.
fn find_number(data: &Value, key: &str) -> Option<usize> {
    let read = |value: &Value| usize::try_from(integer(value)?).ok();
    let keys = data.as_object()?;
    keys.get(key).and_then(read).or_else(|| keys.values().find_map(|inner| inner.get(key).and_then(read)))
}

/// `None` for what is no object.
fn decode(value: &Value) -> Option<Promotion> {
    let whole = value.as_object()?;
    let detail = match whole.get("promo_detail") {
        Some(Value::Array(list)) if list.len() == 1 => list[0].as_object(),
        detail => detail.and_then(Value::as_object),
    };
    let find =
        |key: &str| detail.and_then(|detail| detail.get(key)).or_else(|| whole.get(key)).filter(|v| !v.is_null());
    let words = |key: &str| find(key).and_then(word);
    Some(Promotion {
        promotion_id: words("promotion_id").or_else(|| words("id")).unwrap_or_default(),
        promo_type: words("promo_type"),
        status: words("status"),
        // As it is, so that it is found in the menu; what is no id hides its dish.
        external_menu_id: find("external_menu_id").and_then(raw_word).map(ExternalId),
        selling_price: find("selling_price").and_then(integer).map(Price),
        start_date: words("start_date").and_then(|text| text.parse().ok()),
        end_date: words("end_date").and_then(|text| text.parse().ok()),
        start_time: words("start_time").and_then(|text| text.parse().ok()),
        end_time: words("end_time").and_then(|text| text.parse().ok()),
        applicable_days: find("applicable_days")
            .and_then(Value::as_array)
            .map(|days| days.iter().filter_map(word).collect())
            .unwrap_or_default(),
    })
}

/// A text or a number as a text; `None` for an empty one.
fn raw_word(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}

/// The same, fit to be shown.
fn word(value: &Value) -> Option<String> {
    raw_word(value).map(|text| clean(&text, MAX_CHARS))
}

fn integer(value: &Value) -> Option<i64> {
    let whole = |number: f64| (number.fract() == 0.0 && number.abs() < 1e15).then_some(number as i64);
    value.as_i64().or_else(|| value.as_f64().and_then(whole)).or_else(|| value.as_str()?.trim().parse().ok())
}
