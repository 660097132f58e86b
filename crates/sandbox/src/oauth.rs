//! OAuth 2.0 client credentials: the token endpoint, and whether a token allows a call.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Json,
    body::Bytes,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    answer::Refusal,
    log::Note,
    settings::{NOT_FOR_FACILITATORS, OUTLET_READ},
    state::{Grant, Shared, State as Memory},
};

type Form = BTreeMap<String, String>;

/// `POST /oauth2/token`
pub(super) async fn post_token(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let form = parse_form(&headers, &body);
    let scope = form.as_ref().and_then(|form| form.get("scope").cloned()).unwrap_or_default();
    let mut response = match form {
        None => refuse(StatusCode::BAD_REQUEST, "invalid_request", "the body must be a form"),
        Some(form) => grant_token(&shared, &headers, &form, &scope),
    };
    response.extensions_mut().insert(Note { scope: Some(scope), ..Note::default() });
    response
}

fn grant_token(shared: &Shared, headers: &HeaderMap, form: &Form, scope: &str) -> Response {
    let credential =
        parse_basic(headers).or_else(|| Some((form.get("client_id")?.clone(), form.get("client_secret")?.clone())));
    let is_first =
        credential.as_ref().is_some_and(|(id, secret)| *id == shared.client_id && *secret == shared.client_secret);
    let is_known = |(id, secret): &(String, String)| {
        shared.state().settings.clients.get(id).is_some_and(|client| client.secret == *secret)
    };
    let client = credential.filter(|credential| !is_first && is_known(credential)).map(|(id, _)| id);
    if !is_first && client.is_none() {
        return refuse(StatusCode::UNAUTHORIZED, "invalid_client", "Client authentication failed");
    }
    if form.get("grant_type").map(String::as_str) != Some("client_credentials") {
        return refuse(StatusCode::BAD_REQUEST, "unsupported_grant_type", "grant_type must be client_credentials");
    }
    // One scope too many fails the whole request (seen live); none asked for is none granted (documentation).
    let mut state = shared.state();
    if let Some(lacking) = scope.split_whitespace().find(|scope| !may_be_granted(shared, &state, scope)) {
        let description = format!("The OAuth 2.0 Client is not allowed to request scope '{lacking}'.");
        return refuse(StatusCode::BAD_REQUEST, "invalid_scope", &description);
    }
    let granted = match &state.settings.granted_scopes {
        None => scope.to_owned(),
        Some(only) => scope.split_whitespace().filter(|s| only.iter().any(|o| o == s)).collect::<Vec<_>>().join(" "),
    };
    issue_token(&mut state, client, &granted)
}

fn may_be_granted(shared: &Shared, state: &Memory, scope: &str) -> bool {
    let is_own = shared.scopes.iter().any(|granted| granted == scope);
    match state.settings.facilitator {
        true => scope == OUTLET_READ || (is_own && !NOT_FOR_FACILITATORS.contains(&scope)),
        false => is_own,
    }
}

fn issue_token(state: &mut Memory, client: Option<String>, scope: &str) -> Response {
    let lifetime = state.settings.token_lifetime_s;
    let now = Instant::now();
    state.tokens.retain(|_, grant| grant.expires > now);
    let token = Uuid::new_v4().simple().to_string();
    // A lifetime beyond what the clock can count is as good as a century.
    let expires = now + Duration::from_secs(lifetime.min(100 * 365 * 86_400));
    let scopes = scope.split_whitespace().map(String::from).collect();
    state.tokens.insert(token.clone(), Grant { client, scopes, expires });
    let answer = json!({ "access_token": token, "expires_in": lifetime, "scope": scope, "token_type": "Bearer" });
    ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

/// OAuth's own error shape, not the GoBiz envelope.
fn refuse(status: StatusCode, error: &str, description: &str) -> Response {
    (status, Json(json!({ "error": error, "error_description": description }))).into_response()
}

/// Id and secret of `Authorization: Basic …`.
fn parse_basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    let decoded = BASE64_STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((id.into(), secret.into()))
}

/// A form has the syntax of a query, so it is read as one.
fn parse_form(headers: &HeaderMap, body: &[u8]) -> Option<Form> {
    let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let uri: Uri = format!("/?{}", std::str::from_utf8(body).ok()?).parse().ok()?;
    let form = Query::try_from_uri(&uri).ok()?.0;
    content_type.starts_with("application/x-www-form-urlencoded").then_some(form)
}

/// Whether the bearer token allows a call that needs `scope` (`None` = any token does).
pub(super) fn authorize(state: &Memory, headers: &HeaderMap, scope: Option<&str>) -> Result<(), Refusal> {
    let grant = grant(state, headers);
    let grant = grant.filter(|grant| grant.expires > Instant::now()).ok_or_else(Refusal::session_expired)?;
    match scope.filter(|scope| !grant.scopes.iter().any(|granted| granted == scope)) {
        None => Ok(()),
        Some(_) if state.settings.unauthorized_without_scope => Err(Refusal::session_expired()),
        Some(scope) => Err(Refusal::new(StatusCode::FORBIDDEN, "Forbidden", format!("the token lacks scope {scope}"))),
    }
}

fn grant<'s>(state: &'s Memory, headers: &HeaderMap) -> Option<&'s Grant> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.strip_prefix("Bearer ").and_then(|token| state.tokens.get(token))
}

/// Whether the credential of the bearer token reaches an outlet.
pub(super) fn reaches(state: &Memory, headers: &HeaderMap, outlet: &str) -> bool {
    let mut clients = state.settings.clients.iter();
    let owner = clients.find(|(_, client)| client.outlets.iter().any(|known| known == outlet)).map(|(id, _)| id);
    grant(state, headers).is_some_and(|grant| grant.client.as_ref() == owner)
}

/// Whether the bearer token was granted this scope.
pub(super) fn has_scope(state: &Memory, headers: &HeaderMap, scope: &str) -> bool {
    authorize(state, headers, Some(scope)).is_ok()
}
