//! Which URLs may stand in settings: encrypted unless they stay on this machine, and without credentials in them.

use std::net::IpAddr;

use reqwest::Url;

/// Why a URL is refused and what to do.
pub(super) struct Refused {
    pub(super) code: &'static str,
    pub(super) problem: &'static str,
    pub(super) help: &'static str,
}

/// Reads the address of a server that gets our credentials: https, or http on a loopback host.
pub(super) fn server(text: &str) -> Result<Url, Refused> {
    let url = http_url(text)?;
    if url.scheme() == "https" || is_loopback(&url) {
        return Ok(url);
    }
    refuse(
        "insecure-url",
        "credentials would travel unencrypted",
        "use https:// (http:// is for localhost, 127.0.0.1 and [::1])",
    )
}

/// Reads the address of somebody who is told things: encrypted unless it stays on this machine. It may be a secret, so what
/// is wrong is said without it.
pub(super) fn sink(text: &str) -> Result<Url, &'static str> {
    const NONE: &str = "it does not hold one whole address";
    // The reader of addresses would join two lines.
    let url = Some(text).filter(|text| !text.contains(char::is_whitespace)).and_then(|text| Url::parse(text).ok());
    let Some(url) = url else { return Err(NONE) };
    match url.scheme() {
        _ if url.host_str().is_none_or(str::is_empty) => Err(NONE),
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        _ => Err("the address must begin with https:// (http:// is for localhost, 127.0.0.1 and [::1])"),
    }
}

/// Reads the address under which GoBiz reaches us: https on a port that it calls (documentation: 80 and 443). Where the
/// platform is `custom`, anything on this machine will do.
pub(super) fn public(text: &str, custom: bool) -> Result<Url, Refused> {
    let url = http_url(text)?;
    if url.path() == "/" {
        return refuse(
            "wrong-url",
            "this is not the whole address",
            "add the path that leads to the daemon's /gobiz, such as https://hooks.example.com/gobiz",
        );
    }
    match (is_loopback(&url), custom) {
        (true, true) => return Ok(url),
        (true, false) => {
            return refuse("wrong-url", "GoBiz cannot reach this machine by that name", "write its public name");
        }
        (false, _) => {}
    }
    if url.scheme() != "https" {
        return refuse("insecure-url", "events would travel unencrypted", "use https://");
    }
    match url.port() {
        None | Some(80 | 443) => Ok(url),
        Some(_) => refuse("wrong-url", "GoBiz calls the ports 80 and 443 only", "remove the port"),
    }
}

/// Reads the address of the status page. Its links begin at the root of a server.
pub(super) fn page(text: &str) -> Result<Url, Refused> {
    let url = http_url(text)?;
    if url.path() != "/" {
        return refuse(
            "wrong-url",
            "an address of the status page must not have a path: links on the page begin at the root of its server",
            "write the server alone, such as https://menus.example.com/, and give the page a name or a port of its own there",
        );
    }
    Ok(url)
}

/// Reads an `http://` or `https://` URL without user, query and fragment.
pub(super) fn http_url(text: &str) -> Result<Url, Refused> {
    const EXAMPLE: &str = "write a whole address, such as https://example.com/";
    let Ok(url) = Url::parse(text) else { return refuse("wrong-url", "this is no address", EXAMPLE) };
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return refuse("wrong-url", "this is no https:// address", EXAMPLE);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("wrong-url", "an address must not hold a user or password", "remove what stands before the `@`");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse(
            "wrong-url",
            "an address must not have a query or fragment",
            "remove what follows the `?` or `#`",
        );
    }
    Ok(url)
}

fn refuse<T>(code: &'static str, problem: &'static str, help: &'static str) -> Result<T, Refused> {
    Err(Refused { code, problem, help })
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}
