//! What the URL of a database says. It is a secret: nothing of it but host, port and database is ever shown.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use url::{Host, Url};

/// How long a connection may take (our choice: half of what a call may).
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// A dead connection is noticed within this time (our choice).
const UNANSWERED_FOR: Duration = Duration::from_secs(8);

const NO_HOST: &str = "it names no host (a socket is named by its directory: @%2Frun%2Fpostgresql/)";

/// Where the database is, and as whom it is used.
pub(super) struct Address {
    pub(super) config: tokio_postgres::Config,
    /// `database menus on db.example:5432`, for people.
    pub(super) place: String,
    /// Whether everything is encrypted, and the server's certificate checked.
    pub(super) is_encrypted: bool,
    /// The authorities that the certificate is checked by, instead of those of the system.
    pub(super) authorities: Option<PathBuf>,
}

impl Address {
    /// Reads a URL; `Err` says what is wrong with it without showing it.
    pub(super) fn parse(url: &SecretString) -> Result<Self, String> {
        let url = Url::parse(url.expose_secret()).map_err(|error| match error {
            url::ParseError::EmptyHost => NO_HOST.to_owned(),
            error => error.to_string(),
        })?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err("it does not begin with postgres://".to_owned());
        }
        let options = Options::parse(&url)?;
        let user = decoded(url.username()).filter(|user| !user.is_empty()).ok_or("it names no user")?;
        let database = match url.path().trim_start_matches('/') {
            "" => user.clone(),
            path => decoded(path).ok_or("the name of its database is not UTF-8")?,
        };
        let host = host(&url).ok_or(NO_HOST)?;
        let port = url.port().unwrap_or(5432);
        let mut config = tokio_postgres::Config::new();
        config.user(&user).dbname(&database).host(&host).port(port).application_name("menusync");
        // A copy that is behind must not be taken for what is stored.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        config.connect_timeout(CONNECT_WITHIN).tcp_user_timeout(UNANSWERED_FOR);
        if let Some(password) = url.password() {
            config.password(decoded(password).ok_or("its password is not UTF-8")?);
        }
        let is_encrypted = options.is_encrypted.unwrap_or(!is_this_machine(&host));
        config.ssl_mode(if is_encrypted { SslMode::Require } else { SslMode::Disable });
        let at = if host.starts_with('/') || port == 5432 { host } else { format!("{host}:{port}") };
        let place = format!("database {} on {}", database.escape_debug(), at.escape_debug());
        Ok(Self { config, place, is_encrypted, authorities: options.authorities })
    }
}

#[derive(Default)]
struct Options {
    is_encrypted: Option<bool>,
    authorities: Option<PathBuf>,
}

impl Options {
    fn parse(url: &Url) -> Result<Self, String> {
        let mut options = Self::default();
        for (key, value) in url.query_pairs() {
            match (&*key, &*value) {
                ("sslmode", "disable") => options.is_encrypted = Some(false),
                ("sslmode", "prefer" | "allow") => {}
                // Encryption for whoever answers is none.
                ("sslmode", "require" | "verify-ca" | "verify-full") => options.is_encrypted = Some(true),
                ("sslmode", _) => return Err("`sslmode` is none of disable, prefer, require, verify-full".to_owned()),
                ("sslrootcert", "system") => {}
                ("sslrootcert", file) => options.authorities = Some(file.into()),
                // Not shown: what stands there may be the rest of a password with a `?` in it.
                _ => {
                    return Err("it has an option that menusync does not know; of options it takes `sslmode` and \
                                `sslrootcert`, and a `?` in a password is written %3F"
                        .to_owned());
                }
            }
        }
        Ok(options)
    }
}

/// The host of the URL, or the directory of a socket.
fn host(url: &Url) -> Option<String> {
    match url.host()? {
        // The scheme is none of the Web's, so a host stands as it was written.
        Host::Domain(name) => decoded(name).filter(|name| !name.is_empty()),
        Host::Ipv4(address) => Some(address.to_string()),
        Host::Ipv6(address) => Some(address.to_string()),
    }
}

fn is_this_machine(host: &str) -> bool {
    host.starts_with('/') || host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digit = |digit: Option<u8>| char::from(digit?).to_digit(16);
        match byte {
            b'%' => bytes.push(u8::try_from(digit(rest.next())? * 16 + digit(rest.next())?).ok()?),
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn parse(url: &str) -> Result<Address, String> {
        Address::parse(&SecretString::from(url))
    }

    #[test]
    fn a_url_says_where_and_as_whom_and_shows_no_secret() {
        let address = parse("postgres://menu%40sync:p%2Fw%20d@db.example:6432/menus?sslmode=verify-full").unwrap();
        assert_eq!(address.place, "database menus on db.example:6432");
        assert_eq!(
            (address.config.get_user(), address.config.get_password()),
            (Some("menu@sync"), Some(&b"p/w d"[..]))
        );
        assert!(address.is_encrypted);
        for (url, place) in [
            ("postgresql://menusync@db.example", "database menusync on db.example"),
            ("postgres://menusync@[::1]:1/menus", "database menus on ::1:1"),
            ("postgres://menusync@%2Frun%2Fpostgresql/menus", "database menus on /run/postgresql"),
        ] {
            assert_eq!(parse(url).unwrap().place, place);
        }
    }

    #[test]
    fn what_goes_over_a_network_is_encrypted_unless_the_url_says_otherwise() {
        let is_encrypted = |url: &str| parse(url).unwrap().is_encrypted;
        for host in ["db.example", "10.0.0.7", "localhost.example"] {
            assert!(is_encrypted(&format!("postgres://m@{host}/menus")), "{host}");
            assert!(is_encrypted(&format!("postgres://m@{host}/menus?sslmode=prefer")), "{host}");
            assert!(!is_encrypted(&format!("postgres://m@{host}/menus?sslmode=disable")), "{host}");
        }
        for host in ["localhost", "127.0.0.1", "[::1]"] {
            assert!(!is_encrypted(&format!("postgres://m@{host}/menus")), "{host}");
            assert!(is_encrypted(&format!("postgres://m@{host}/menus?sslmode=require")), "{host}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_url_is_said_without_its_secrets() {
        for url in [
            "mysql://menusync:hunter2@db.example/menus",
            "postgres://:hunter2@db.example/menus",
            "postgres://menusync:hunter2@/menus",
            "postgres://menusync:hunter2@db.example/menus?sslmode=hunter2",
            "postgres://menusync:hunter2@db.example/menus?sslkey=hunter2",
            "postgres://menusync:hunter2@db.example/menus?host=/run/postgresql",
            "postgres://menusync:hunter2%GG@db.example/menus",
            "postgres://menusync:hunter2@db.example:port/menus",
            "postgres://menusync:12?hunter2@db.example/menus",
            "hunter2",
        ] {
            let Err(problem) = parse(url) else { panic!("{url} is taken") };
            assert!(!problem.contains("hunter2"), "{problem}");
        }
    }
}
