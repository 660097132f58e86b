//! One account: as whom we come, and what it was granted. The pace of an account is its own, within the pace of all calls.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use secrecy::ExposeSecret;
use tokio::task::JoinHandle;

use super::{
    Lane, Login, LoginOf,
    call::Key,
    gate::{Gate, Sharers},
    token::Tokens,
};

/// How long the files of a credential may take to be read (our choice).
const READ_WITHIN: Duration = Duration::from_secs(10);

/// All accounts that were needed so far.
pub(super) struct Accounts {
    login_of: LoginOf,
    sharers: Sharers,
    known: Mutex<BTreeMap<Option<String>, Arc<Account>>>,
}

/// One login; a failure of it concerns nobody else.
pub(super) struct Account {
    name: Option<Arc<str>>,
    login_of: LoginOf,
    opened: Mutex<Option<Arc<Opened>>>,
    sharers: Sharers,
    /// A look at its files that has not ended: a mount that hangs takes one thread and no more.
    reading: tokio::sync::Mutex<Option<JoinHandle<Result<Login, String>>>>,
    /// The token of each set of scopes that was needed so far.
    tokens: Mutex<BTreeMap<String, Arc<Tokens>>>,
}

/// As whom we come, once that is known.
pub(super) struct Opened {
    pub(super) key: Key,
    pace: Option<Gate>,
}

impl Accounts {
    pub(super) fn new(login_of: LoginOf, sharers: &Sharers) -> Self {
        Self { login_of, sharers: sharers.clone(), known: Mutex::default() }
    }

    /// The account of this name; nothing is read yet.
    pub(super) fn get(&self, name: Option<&str>) -> Arc<Account> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let account = || Account {
            name: name.map(Arc::from),
            login_of: Arc::clone(&self.login_of),
            sharers: self.sharers.clone(),
            opened: Mutex::default(),
            reading: tokio::sync::Mutex::default(),
            tokens: Mutex::default(),
        };
        Arc::clone(known.entry(name.map(str::to_owned)).or_insert_with(|| Arc::new(account())))
    }
}

impl Account {
    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The tokens for these scopes (separated by spaces) and no other.
    pub(super) fn tokens(&self, scopes: &str) -> Arc<Tokens> {
        let mut known = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(scopes.to_owned()).or_insert_with(|| Arc::new(Tokens::new(scopes))))
    }

    /// As whom it comes, or why that is not known.
    pub(super) async fn login(&self) -> Result<Arc<Opened>, String> {
        if let Some(opened) = self.known() {
            return Ok(opened);
        }
        // One at a time; who waited finds what the other has read.
        let mut under_way = self.reading.lock().await;
        if let Some(opened) = self.known() {
            return Ok(opened);
        }
        let (login_of, name) = (Arc::clone(&self.login_of), self.name.clone());
        let reading = under_way.get_or_insert_with(|| tokio::task::spawn_blocking(move || login_of(name.as_deref())));
        let read = match tokio::time::timeout(READ_WITHIN, &mut *reading).await {
            Ok(read) => {
                *under_way = None;
                read.unwrap_or_else(|_| {
                    Err("reading the credentials broke off by a fault in menusync itself".to_owned())
                })
            }
            Err(_) => Err(format!("the credentials could not be read within {} s", READ_WITHIN.as_secs())),
        };
        match (read, self.name()) {
            (Ok(login), _) => {
                let opened = Arc::new(Opened::of(&login, &self.sharers));
                *self.opened() = Some(Arc::clone(&opened));
                Ok(opened)
            }
            (Err(why), Some(name)) => Err(format!("account `{name}`: {why}")),
            (Err(why), None) => Err(why),
        }
    }

    /// It was refused: whoever wants it next reads it anew, as the secret may have been changed.
    pub(super) fn forget_login(&self, refused: &Arc<Opened>) {
        self.opened().take_if(|opened| Arc::ptr_eq(opened, refused));
    }

    fn opened(&self) -> MutexGuard<'_, Option<Arc<Opened>>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> Option<Arc<Opened>> {
        self.opened().clone()
    }

    /// Waits for a turn of this account; gives back how long that took.
    pub(super) async fn pass(&self, lane: Lane) -> Duration {
        let opened = self.known();
        match opened.as_ref().and_then(|opened| opened.pace.as_ref()) {
            Some(pace) => pace.pass(lane).await,
            None => Duration::ZERO,
        }
    }
}

impl Opened {
    fn of(login: &Login, sharers: &Sharers) -> Self {
        let secret = login.client_secret.expose_secret();
        let credential = BASE64_STANDARD.encode(format!("{}:{secret}", login.client_id));
        let key = Key::new("Basic", &credential, secret).expect("Base64 has only characters that a header can carry");
        let pace = login
            .requests_per_second
            .filter(|rate| rate.is_finite() && *rate > 0.0)
            .map(|rate| Gate::new(rate, sharers));
        Self { key, pace }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_account_has_a_pace_of_its_own_and_what_cannot_be_read_is_tried_again() {
        let asked = Arc::new(Mutex::new(0));
        let count = Arc::clone(&asked);
        let login_of = move |name: Option<&str>| {
            *count.lock().unwrap() += 1;
            match *count.lock().unwrap() {
                1 => Err("cannot read it".to_owned()),
                _ => Ok(Login {
                    client_id: "id".to_owned(),
                    client_secret: "secret".into(),
                    requests_per_second: name.map(|_| 1.0),
                }),
            }
        };
        let accounts = Accounts::new(Arc::new(login_of), &Sharers::default());
        let (sari, main) = (accounts.get(Some("sari")), accounts.get(None));
        assert_eq!(sari.login().await.err().unwrap(), "account `sari`: cannot read it");
        sari.login().await.unwrap();
        main.login().await.unwrap();
        assert!(Arc::ptr_eq(&sari, &accounts.get(Some("sari"))));
        let began = Instant::now();
        for _ in 0..4 {
            sari.pass(Lane::Pass).await;
            main.pass(Lane::Pass).await;
        }
        assert_eq!(began.elapsed().as_secs(), 3);
        assert_eq!(*asked.lock().unwrap(), 3);
        // What was refused is read anew, once.
        let (old, other) = (sari.login().await.unwrap(), main.login().await.unwrap());
        sari.forget_login(&other);
        sari.login().await.unwrap();
        assert_eq!(*asked.lock().unwrap(), 3);
        sari.forget_login(&old);
        sari.login().await.unwrap();
        sari.login().await.unwrap();
        assert_eq!(*asked.lock().unwrap(), 4);
    }
}
