//! What holds for every answer: who may ask, and what a browser may do with it.
//!
//! A web page elsewhere can point a name of its own at this machine and have a visitor's browser read from it (DNS
//! rebinding). While the server listens for this machine only, a request therefore has to call it by a number or by
//! `localhost`.

use std::{
    net::{IpAddr, SocketAddr},
    sync::LazyLock,
};

use axum::{
    extract::Request,
    http::{
        HeaderName, HeaderValue, StatusCode, Version,
        header::{CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, HOST, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
        uri::Authority,
    },
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::page::{content_policy, style};

/// For what is no page; a page brings one that knows its style sheet.
static CONTENT_POLICY: LazyLock<HeaderValue> =
    LazyLock::new(|| HeaderValue::try_from(content_policy(&style())).expect("Base64 and ASCII words make a header"));

pub(super) async fn protect(address: SocketAddr, request: Request, next: Next) -> Response {
    let mut response =
        if is_allowed(address, &request) { next.run(request).await } else { misdirected().into_response() };
    let headers = response.headers_mut();
    headers.entry(CONTENT_SECURITY_POLICY).or_insert_with(|| CONTENT_POLICY.clone());
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (CONNECTION, "close"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn misdirected() -> impl IntoResponse {
    let words = "This server answers to localhost or to an IP address only. To reach it by another name, let it listen on an \
                 address of the network (`listen`).\n";
    (StatusCode::MISDIRECTED_REQUEST, words)
}

/// Whether the request calls the server by a name that only its own machine has. Open to a network, it goes by any name.
fn is_allowed(address: SocketAddr, request: &Request) -> bool {
    if !address.ip().to_canonical().is_loopback() {
        return true;
    }
    let in_line = request.uri().host().is_none_or(is_of_machine);
    let header = request.headers().get(HOST).map(|host| host.to_str().ok().and_then(|host| host.parse().ok()));
    in_line
        && match header {
            Some(host) => host.is_some_and(|host: Authority| is_of_machine(host.host())),
            // The probes of load balancers. No browser speaks so old a version, or leaves out the name.
            None => request.version() <= Version::HTTP_10,
        }
}

fn is_of_machine(host: &str) -> bool {
    let number = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || number.parse::<IpAddr>().is_ok()
}
