//! The five calls of promotions. What they mean is `promotions`'.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    answer::{Refusal, success},
    gobiz::{authorize_outlet, decode},
    outlet::Outlet,
    promotions::{Phase, PromotionDetail, Promotions, SKU_PROMO, check_form, now_in_zone},
    settings::{PromoAnswer, Settings},
    state::Shared,
};

const READ: &str = "promo:food_promo:read";
const WRITE: &str = "promo:food_promo:write";

/// The body of a POST.
#[derive(Debug, Deserialize)]
struct Creation {
    promo_type: Option<String>,
    promo_detail: Option<PromotionDetail>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Page {
    page: Option<usize>,
}

/// `POST /integrations/promo/outlets/{outlet}/v1/food-promos`
pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    Path(outlet): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let mut state = shared.state();
    let (outlet, settings) = authorize_outlet(&mut state, &headers, &outlet, WRITE)?;
    let key = read_key(&headers, settings)?;
    let sent: Value = decode(&headers, &body)?;
    match outlet.promotions.answered.get(&key) {
        Some((earlier, answer)) if *earlier == sent => return Ok(success(StatusCode::OK, answer)),
        Some(_) => {
            let message = "X-Idempotency-Key was used for another request";
            return Err(Refusal::new(StatusCode::CONFLICT, "Conflict", message));
        }
        None => {}
    }
    let creation: Creation = decode(&headers, &body)?;
    let detail = creation.check()?;
    let item = detail.external_menu_id.clone();
    let answer = match outlet.promotions.create(detail, &outlet.published, settings) {
        Ok(id) => settings.promo_answer.encode(Some(json!({ "external_menu_id": item, "promotion_id": id })), None),
        Err(message) => {
            settings.promo_answer.encode(None, Some(json!({ "external_menu_id": item, "message": message })))
        }
    };
    outlet.promotions.answered.insert(key, (sent, answer.clone()));
    Ok(success(StatusCode::OK, &answer))
}

/// `GET /integrations/promo/outlets/{outlet}/v1/food-promos`
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Path(outlet): Path<String>,
    Query(Page { page }): Query<Page>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let mut state = shared.state();
    let (outlet, settings) = authorize_outlet(&mut state, &headers, &outlet, READ)?;
    let now = now_in_zone(settings);
    let (limit, page) = (settings.promo_page_size.max(1), page.unwrap_or(1).max(1));
    let shown = outlet.promotions.list.iter().skip(limit.saturating_mul(page - 1)).take(limit);
    let promotions: Vec<Value> = shown.map(|promotion| promotion.show(now, settings.promo_detail)).collect();
    let total_count = outlet.promotions.list.len();
    let data = json!({ "promotions": promotions, "page": page, "limit": limit, "total_count": total_count });
    Ok(success(StatusCode::OK, &data))
}

/// `GET …/food-promos/{promotion_id}`
pub(super) async fn get(
    State(shared): State<Arc<Shared>>,
    Path((outlet, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let mut state = shared.state();
    let (outlet, settings) = authorize_outlet(&mut state, &headers, &outlet, READ)?;
    let position = find(outlet, &id)?;
    Ok(success(StatusCode::OK, &outlet.promotions.list[position].show(now_in_zone(settings), settings.promo_detail)))
}

/// `DELETE …/food-promos/{promotion_id}`: before it begins.
pub(super) async fn delete(
    State(shared): State<Arc<Shared>>,
    Path((outlet, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let message = "only a promotion that has not begun can be deleted";
    end(&shared, &headers, (&outlet, &id), (Phase::Created, message), |promotions, position| {
        promotions.list.remove(position);
    })
}

/// `PUT …/food-promos/{promotion_id}/deactivate`: while it runs.
pub(super) async fn deactivate(
    State(shared): State<Arc<Shared>>,
    Path((outlet, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let message = "only an active promotion can be deactivated";
    end(&shared, &headers, (&outlet, &id), (Phase::Active, message), |promotions, position| {
        promotions.list[position].is_deactivated = true;
    })
}

/// Ends a promotion that is in this phase; any other one is refused with the message.
fn end(
    shared: &Shared,
    headers: &HeaderMap,
    (outlet, id): (&str, &str),
    (phase, message): (Phase, &str),
    act: impl FnOnce(&mut Promotions, usize),
) -> Result<Response, Refusal> {
    let mut state = shared.state();
    let (outlet, settings) = authorize_outlet(&mut state, headers, outlet, WRITE)?;
    let position = find(outlet, id)?;
    if outlet.promotions.list[position].phase(now_in_zone(settings)) != phase {
        return Err(Refusal::invalid(vec![message.into()]));
    }
    act(&mut outlet.promotions, position);
    Ok(success(StatusCode::OK, &json!({})))
}

fn find(outlet: &Outlet, id: &str) -> Result<usize, Refusal> {
    let position = outlet.promotions.find(id);
    position.ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "Not found", "promotion not found"))
}

/// Required, and short (documentation).
fn read_key(headers: &HeaderMap, settings: &Settings) -> Result<String, Refusal> {
    let key = headers.get("x-idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
    match key.len() {
        0 => Err(Refusal::malformed("X-Idempotency-Key: missing required header")),
        length if length > settings.promo_key_max => Err(Refusal::malformed(format!(
            "X-Idempotency-Key: is too long (maximum is {} characters)",
            settings.promo_key_max
        ))),
        _ => Ok(key.into()),
    }
}

impl Creation {
    fn check(self) -> Result<PromotionDetail, Refusal> {
        if self.promo_type.as_deref() != Some(SKU_PROMO) {
            return Err(Refusal::invalid(vec!["promo_type: must be sku_promo".into()]));
        }
        let detail =
            self.promo_detail.ok_or_else(|| Refusal::invalid(vec!["promo_detail: missing required field".into()]))?;
        let complaints = check_form(&detail);
        if complaints.is_empty() { Ok(detail) } else { Err(Refusal::invalid(complaints)) }
    }
}

impl PromoAnswer {
    /// `data` of a POST.
    fn encode(self, success: Option<Value>, failure: Option<Value>) -> Value {
        match self {
            Self::List => json!({ "success": Vec::from_iter(success), "failure": Vec::from_iter(failure) }),
            Self::Object => {
                let sides =
                    [("success", success), ("failure", failure)].map(|(key, side)| (key.to_owned(), side.into()));
                Value::Object(Map::from_iter(sides))
            }
        }
    }
}
