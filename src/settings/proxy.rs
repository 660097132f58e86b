//! Through which proxy other machines are reached: `gobiz.proxy`, else `HTTPS_PROXY` and `NO_PROXY`. Never this machine.

use std::sync::OnceLock;

use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    Environment, SettingsError,
    address::{self, Refused},
};
use crate::document::{Decoder, Fields};

/// `gobiz.proxy`
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProxySetting {
    /// None, whatever the environment says.
    Off,
    /// This one, without a password: settings are in version control.
    At(String),
}

/// A proxy as it is used.
#[derive(Debug, Clone)]
pub struct Proxy {
    /// Its address, with a password if the environment has one.
    address: SecretString,
    /// Hosts that are reached without it, separated by commas, as in `NO_PROXY`.
    pub except: String,
    /// Whether it is for encrypted connections only, as `HTTPS_PROXY` says.
    pub only_https: bool,
    /// What names it.
    pub named_by: &'static str,
}

impl PartialEq for Proxy {
    fn eq(&self, other: &Self) -> bool {
        (self.address(), &self.except, self.only_https) == (other.address(), &other.except, other.only_https)
    }
}

impl Proxy {
    /// With its password; never to be shown.
    pub fn address(&self) -> &str {
        self.address.expose_secret()
    }

    /// The address to show.
    pub fn shown(&self) -> String {
        let Ok(mut url) = Url::parse(self.address()) else { return String::new() };
        // An address that has passed has a host, so that both can be set.
        let _ = (url.set_username(""), url.set_password(None));
        url.as_str().trim_end_matches('/').to_owned()
    }

    /// Whether addresses of this scheme go through it, but for hosts that are reached without it.
    pub fn may_carry(&self, scheme: &str) -> bool {
        scheme == "https" || !self.only_https
    }

    /// Its host.
    pub fn host(&self) -> Option<String> {
        Url::parse(self.address()).ok()?.host_str().map(str::to_owned)
    }
}

/// What the environment of this process says: taken once, at its start.
static OF_PROCESS: OnceLock<Result<Option<Proxy>, &'static str>> = OnceLock::new();

/// Takes `HTTPS_PROXY` and `NO_PROXY` (the lower-case spelling wins, as with curl) for this process.
pub fn take_proxy_of(environment: &Environment) {
    let _ = OF_PROCESS.set(of_environment(environment));
}

/// `Err`: the variable that names none that can be used.
fn of_environment(environment: &Environment) -> Result<Option<Proxy>, &'static str> {
    let text = |names: [&'static str; 2]| {
        names.into_iter().find_map(|name| Some((name, environment.get(name)?.to_string_lossy().into_owned())))
    };
    let Some((named_by, address)) = text(["https_proxy", "HTTPS_PROXY"]) else { return Ok(None) };
    let usable = Url::parse(&address).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if usable.is_none() {
        return Err(named_by);
    }
    let except = text(["no_proxy", "NO_PROXY"]).map(|(_, hosts)| hosts).unwrap_or_default();
    Ok(Some(Proxy { address: address.into(), except, only_https: true, named_by }))
}

/// The proxy that holds; `Err`: the environment names one that cannot be used.
pub fn proxy(setting: Option<&ProxySetting>) -> Result<Option<Proxy>, SettingsError> {
    match setting {
        Some(ProxySetting::Off) => Ok(None),
        Some(ProxySetting::At(address)) => Ok(Some(Proxy {
            address: address.as_str().into(),
            except: String::new(),
            only_https: false,
            named_by: "gobiz.proxy",
        })),
        None => OF_PROCESS.get().cloned().unwrap_or(Ok(None)).map_err(SettingsError::Proxy),
    }
}

/// Reads `off` or an address.
pub(super) fn decode(decoder: &mut Decoder, fields: &mut Fields<'_>) -> Option<ProxySetting> {
    let node = fields.take("proxy")?;
    let text = decoder.text(node, "proxy")?.value;
    if text == "off" {
        return Some(ProxySetting::Off);
    }
    match address::http_url(&text) {
        Ok(url) => Some(ProxySetting::At(url.into())),
        Err(Refused { code, problem, help }) => {
            let help = match text.contains('@') {
                true => "remove what stands before the `@`; a password of a proxy goes into HTTPS_PROXY instead",
                false => help,
            };
            decoder.error(code, &node.span, format!("`proxy`: {problem}")).help(help);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;

    #[test]
    fn the_environment_is_read_as_others_read_it_and_passwords_are_never_shown() {
        let of = |variables: &[(&str, &str)]| of_environment(&Environment::of(variables.iter().copied()));
        assert_eq!(of(&[("NO_PROXY", "*")]), Ok(None));
        let proxy = of(&[("HTTPS_PROXY", "http://me:hunter2@proxy.example:3128"), ("NO_PROXY", "a.id,.b.id")]);
        let proxy = proxy.unwrap().unwrap();
        assert_eq!(proxy.shown(), "http://proxy.example:3128");
        assert_eq!((proxy.except.as_str(), proxy.only_https), ("a.id,.b.id", true));
        assert!(!format!("{proxy:?}").contains("hunter2"));
        let both = of(&[("HTTPS_PROXY", "http://upper:1"), ("https_proxy", "http://lower:1")]).unwrap().unwrap();
        assert_eq!(both.shown(), "http://lower:1");
        for bad in ["proxy.example:3128", "socks5://h:1", "http://", "hunter2"] {
            assert_eq!(of(&[("HTTPS_PROXY", bad)]), Err("HTTPS_PROXY"), "{bad}");
        }
    }
}
