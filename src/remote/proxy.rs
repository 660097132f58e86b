//! Clients that go through a proxy, or directly.

use reqwest::{ClientBuilder, NoProxy};

use crate::settings::Proxy;

/// What never goes through a proxy.
const THIS_MACHINE: &str = "localhost,127.0.0.0/8,::1";

/// The client through this proxy, or without any.
pub fn proxied(builder: ClientBuilder, proxy: Option<&Proxy>) -> Result<ClientBuilder, String> {
    let builder = builder.no_proxy();
    let Some(proxy) = proxy else { return Ok(builder) };
    let made = match proxy.only_https {
        true => reqwest::Proxy::https(proxy.address()),
        false => reqwest::Proxy::all(proxy.address()),
    };
    let except = NoProxy::from_string(&format!("{THIS_MACHINE},{}", proxy.except));
    let made = made.map_err(|_| format!("{} is no address of a proxy", proxy.named_by))?;
    Ok(builder.proxy(made.no_proxy(except)))
}
