//! Notification subscriptions: who wants which events. Events are sent by `delivery`.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, Uri},
    response::Response,
};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{
    answer::{Refusal, success},
    gobiz::{check_accept, decode},
    linked_outlets::list_data,
    oauth,
    state::{Shared, State as Memory, Subscription},
};

/// The body of a call that makes or changes a subscription.
#[derive(Debug, Deserialize)]
struct Fields {
    event: Option<String>,
    url: Option<String>,
    active: Option<bool>,
}

/// Outlet and id of a path; either may be missing.
#[derive(Debug, Deserialize)]
pub(super) struct Target {
    outlet: Option<String>,
    id: Option<String>,
}

/// `POST …/notification-subscriptions`
pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    Path(target): Path<Target>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let mut state = shared.state();
    authorize(&mut state, &headers, &target)?;
    let fields: Fields = decode(&headers, &body)?;
    oauth::authorize(&state, &headers, fields.event.as_deref().map(scope_of))?;
    let subscription = Subscription {
        id: Uuid::new_v4(),
        outlet: target.outlet,
        event: fields.event.unwrap_or_default(),
        url: fields.url.unwrap_or_default(),
        active: fields.active.unwrap_or(true),
        created_at: jiff::Timestamp::now().to_string(),
    };
    check(&state, &subscription)?;
    state.subscriptions.push(subscription.clone());
    Ok(success(StatusCode::CREATED, &json!({ "subscription": subscription })))
}

/// `GET …/notification-subscriptions`
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Path(target): Path<Target>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let mut state = shared.state();
    authorize(&mut state, &headers, &target)?;
    let is_shown = |known: &Subscription| {
        !state.settings.list_by_scope || oauth::has_scope(&state, &headers, scope_of(&known.event))
    };
    let found = state.subscriptions.iter().filter(|known| known.outlet == target.outlet && is_shown(known));
    let found = found.map(|known| json!(known)).collect();
    Ok(success(StatusCode::OK, &list_data("subscriptions", found, state.settings.empty_list)))
}

/// `GET …/notification-subscriptions/{id}`
pub(super) async fn get(
    State(shared): State<Arc<Shared>>,
    Path(target): Path<Target>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let mut state = shared.state();
    authorize(&mut state, &headers, &target)?;
    let index = find(&state, &target)?;
    let event = state.subscriptions[index].event.clone();
    oauth::authorize(&state, &headers, Some(scope_of(&event)))?;
    Ok(success(StatusCode::OK, &json!({ "subscription": state.subscriptions[index] })))
}

/// `PUT …/notification-subscriptions/{id}`
pub(super) async fn update(
    State(shared): State<Arc<Shared>>,
    Path(target): Path<Target>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let mut state = shared.state();
    authorize(&mut state, &headers, &target)?;
    let index = find(&state, &target)?;
    let event = state.subscriptions[index].event.clone();
    oauth::authorize(&state, &headers, Some(scope_of(&event)))?;
    let fields: Fields = decode(&headers, &body)?;
    let old = state.subscriptions[index].clone();
    let new = Subscription {
        event: fields.event.unwrap_or(old.event),
        url: fields.url.unwrap_or(old.url),
        active: fields.active.unwrap_or(old.active),
        ..old
    };
    check(&state, &new)?;
    state.subscriptions[index] = new.clone();
    Ok(success(StatusCode::OK, &json!({ "subscription": new })))
}

/// `DELETE …/notification-subscriptions/{id}`
pub(super) async fn delete(
    State(shared): State<Arc<Shared>>,
    Path(target): Path<Target>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let mut state = shared.state();
    authorize(&mut state, &headers, &target)?;
    let index = find(&state, &target)?;
    let event = state.subscriptions[index].event.clone();
    oauth::authorize(&state, &headers, Some(scope_of(&event)))?;
    let gone = state.subscriptions.remove(index);
    Ok(success(StatusCode::OK, &json!({ "subscription": gone })))
}

/// An event needs the scope of the API that it is about (documentation); which one a list needs is not documented where we
/// can see it: any valid token does.
fn authorize(state: &mut Memory, headers: &HeaderMap, target: &Target) -> Result<(), Refusal> {
    check_accept(headers, &state.settings)?;
    oauth::authorize(state, headers, None)?;
    match target.outlet.as_deref().is_none_or(|outlet| state.outlet(outlet).is_some()) {
        true => Ok(()),
        false => Err(Refusal::not_linked()),
    }
}

fn scope_of(event: &str) -> &'static str {
    if event.starts_with("gofood.order.") { "gofood:order:read" } else { "gofood:catalog:read" }
}

fn find(state: &Memory, target: &Target) -> Result<usize, Refusal> {
    let is = |known: &Subscription| known.outlet == target.outlet && Some(known.id.to_string()) == target.id;
    state.subscriptions.iter().position(is).ok_or_else(|| not_found("subscription not found"))
}

fn not_found(message: &str) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "Not found", message)
}

fn check(state: &Memory, wanted: &Subscription) -> Result<(), Refusal> {
    let taken = |known: &Subscription| {
        known.id != wanted.id && known.outlet == wanted.outlet && known.event == wanted.event && known.url == wanted.url
    };
    let complaint = if wanted.event.is_empty() {
        "event can't be blank"
    } else if !is_allowed(&wanted.url) {
        "url is invalid"
    } else if state.subscriptions.iter().any(taken) {
        "url has already been taken"
    } else {
        return Ok(());
    };
    Err(Refusal::invalid(vec![complaint.into()]))
}

/// Ports 80 and 443 only (documentation); on this machine any, because a rehearsal has nowhere else to listen.
fn is_allowed(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let known_scheme = matches!(uri.scheme_str(), Some("http" | "https"));
    let host = uri.host().unwrap_or_default();
    let is_local = host == "localhost" || host == "[::1]" || host.starts_with("127.");
    known_scheme && !host.is_empty() && (is_local || matches!(uri.port_u16(), None | Some(80 | 443)))
}
