//! The key to the API: OAuth 2.0 client credentials, one token for one set of rights.
//!
//! However many calls need a token, one request is made and all wait for it. A token is renewed a minute before it ends
//! (integrators do) and once after a 401; the documentation knows no refresh tokens.

use std::{future::Future, sync::Arc, time::Duration};

use serde::Deserialize;
use serde_json::Value;
use tokio::{sync::Mutex, time::Instant};

use super::{
    RemoteError, Retry,
    answer::Answer,
    call::{Call, Key},
    json::Object,
};

/// Rights to look at catalogs (documentation).
pub(super) const READ: &str = "gofood:catalog:read";
/// Rights to look at and change catalogs (documentation).
pub(super) const READ_AND_WRITE: &str = "gofood:catalog:read gofood:catalog:write";

/// Rights to look at orders: subscriptions to events about orders need it (documentation).
pub(super) const READ_ORDERS: &str = "gofood:order:read";
/// Rights to list linked outlets: for the credentials of a facilitator (documentation).
pub(super) const READ_OUTLETS: &str = "partner:outlet:read";

/// Rights to look at promotions: for the credentials of a direct integration (documentation).
pub(super) const READ_PROMOTIONS: &str = "promo:food_promo:read";
/// Rights to look at, make and end promotions (documentation).
pub(super) const WRITE_PROMOTIONS: &str = "promo:food_promo:read promo:food_promo:write";

/// A token is renewed this long before its end, or at half of a life that is shorter than twice this.
const EARLY: Duration = Duration::from_secs(60);
/// Life of a token whose answer does not tell (the documentation says it always does; our choice).
const UNTOLD_LIFE: Duration = Duration::from_secs(300);
/// After a refusal nobody asks again for this long, so that many outlets do not lock the credential out (our choice).
const REFUSAL_HOLDS: Duration = Duration::from_secs(10);
/// After a failed renewal a token that still lives is used this long before the next try (our choice).
const RENEW_AGAIN: Duration = Duration::from_secs(5);

/// A token as granted, and how long it lives from the moment it was asked for.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) key: Key,
    pub(super) life: Duration,
}

/// The token of one set of rights, shared by all who need it.
pub(super) struct Tokens {
    /// Space separated, as asked for. A right that the credential lacks fails the whole request (seen live): no more
    /// than needed.
    pub(super) scope: String,
    slot: Mutex<Slot>,
}

#[derive(Default)]
struct Slot {
    token: Option<Token>,
    /// The last failure and until when it is the answer for everybody.
    failure: Option<(RemoteError, Instant)>,
}

struct Token {
    key: Arc<Key>,
    renew_at: Instant,
    ends_at: Instant,
}

impl Tokens {
    pub(super) fn new(scope: &str) -> Self {
        Self { scope: scope.to_owned(), slot: Mutex::default() }
    }

    /// The token, asked for with `ask` if there is none that lives long enough. Who waits while another asks gets what
    /// the other gets, be it a failure.
    pub(super) async fn get(
        &self,
        ask: impl Future<Output = Result<Grant, RemoteError>> + Send,
    ) -> Result<Arc<Key>, RemoteError> {
        let came = Instant::now();
        let mut slot = self.slot.lock().await;
        let now = Instant::now();
        if let Some(token) = slot.token.as_ref().filter(|token| now < token.renew_at) {
            return Ok(Arc::clone(&token.key));
        }
        if let Some((error, _)) = slot.failure.as_ref().filter(|(_, until)| *until > came) {
            return Err(error.clone());
        }
        match ask.await {
            Ok(grant) => Ok(slot.keep(grant, now)),
            Err(error) => slot.fail(error),
        }
    }

    /// Drops the token that the API refused, unless somebody has renewed it already.
    pub(super) async fn forget(&self, refused: &Arc<Key>) {
        let mut slot = self.slot.lock().await;
        slot.token.take_if(|token| Arc::ptr_eq(&token.key, refused));
    }
}

impl Slot {
    fn keep(&mut self, grant: Grant, asked: Instant) -> Arc<Key> {
        let Grant { key, life } = grant;
        let used = if life >= EARLY * 2 { life - EARLY } else { life / 2 };
        let key = Arc::new(key);
        self.token = Some(Token { key: Arc::clone(&key), renew_at: asked + used, ends_at: asked + life });
        self.failure = None;
        key
    }

    /// A failed renewal does no harm while the old token lives.
    fn fail(&mut self, error: RemoteError) -> Result<Arc<Key>, RemoteError> {
        let now = Instant::now();
        if let Some(token) = self.token.as_mut().filter(|token| now < token.ends_at) {
            tracing::warn!(%error, "cannot renew the access token; the old one still lives");
            token.renew_at = now + RENEW_AGAIN;
            return Ok(Arc::clone(&token.key));
        }
        let holds = if error.is_final() { REFUSAL_HOLDS } else { Duration::ZERO };
        self.failure = Some((error.clone(), now + holds));
        Err(error)
    }
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: Option<Value>,
    token_type: Option<String>,
    scope: Option<Value>,
}

/// Reads the answer of the token endpoint.
pub(super) fn grant(answer: &Answer, call: &Call<'_>) -> Result<Grant, RemoteError> {
    if !answer.status.is_success() {
        return Err(answer.failure(call));
    }
    let wrong = |what: &str| {
        let host = call.url.host_str().unwrap_or_default();
        let what = format!("{what}; is {host} the right host ({}, or `target`)?", call.setting);
        answer.failed(call, &what, Retry::After(answer.retry_after))
    };
    // The parser's words are not shown: they could quote a token.
    let Object::<Granted>(granted) = serde_json::from_slice(&answer.body)
        .map_err(|_| wrong(answer.without_json(call).as_deref().unwrap_or("the answer holds no access_token")))?;
    if granted.token_type.as_deref().is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err(wrong("the token is not of the type Bearer"));
    }
    let token = granted.access_token.trim();
    let key = Key::new("Bearer", token, token).filter(|_| !token.is_empty());
    let key = key.ok_or_else(|| wrong("the access_token is empty or has characters that cannot be sent"))?;
    let key = key.without(missing(call.scopes, granted.scope.as_ref()));
    Ok(Grant { key, life: life(granted.expires_in.as_ref()) })
}

/// What was asked for and not granted. An answer without `scope` has granted what was asked for (RFC 6749, section 5.1).
fn missing(asked: &str, granted: Option<&Value>) -> Vec<String> {
    let granted: Vec<&str> = match granted {
        Some(Value::String(text)) => text.split([' ', ',']).collect(),
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ => return Vec::new(),
    };
    asked.split_whitespace().filter(|scope| !granted.contains(scope)).map(str::to_owned).collect()
}

/// `expires_in` in seconds, as a number or a text.
fn life(expires_in: Option<&Value>) -> Duration {
    // A day: longer lives are renewed daily, which keeps clock arithmetic in bounds.
    const MOST: f64 = 86_400.0;
    let seconds = expires_in.and_then(|value| value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()));
    seconds.filter(|s| s.is_finite()).map_or(UNTOLD_LIFE, |s| Duration::from_secs_f64(s.clamp(0.0, MOST)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::time::sleep;

    use super::*;

    /// A token endpoint that takes a second and counts.
    #[derive(Default)]
    struct Counter(AtomicU32);

    impl Counter {
        async fn grant(&self, life: u64) -> Result<Grant, RemoteError> {
            sleep(Duration::from_secs(1)).await;
            let n = self.0.fetch_add(1, Ordering::SeqCst) + 1;
            let token = format!("token-{n}");
            Ok(Grant { key: Key::new("Bearer", &token, &token).unwrap(), life: Duration::from_secs(life) })
        }

        async fn fail(&self, retry: Retry) -> Result<Grant, RemoteError> {
            sleep(Duration::from_secs(1)).await;
            self.0.fetch_add(1, Ordering::SeqCst);
            Err(RemoteError {
                method: "POST",
                url: "u".into(),
                status: None,
                what: "no".into(),
                retry,
                request_id: None,
                lacks_scope: false,
            })
        }

        fn asked(&self) -> u32 {
            self.0.load(Ordering::SeqCst)
        }
    }

    async fn name(tokens: &Tokens, counter: &Counter, life: u64) -> String {
        tokens.get(counter.grant(life)).await.unwrap().secrets()[0].to_owned()
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_renewed_a_minute_before_its_end() {
        let (tokens, counter) = (Tokens::new(READ), Counter::default());
        assert_eq!(name(&tokens, &counter, 3600).await, "token-1");
        sleep(Duration::from_secs(3530)).await;
        assert_eq!(name(&tokens, &counter, 3600).await, "token-1");
        sleep(Duration::from_secs(15)).await;
        assert_eq!(name(&tokens, &counter, 3600).await, "token-2");
    }

    #[tokio::test(start_paused = true)]
    async fn a_short_life_is_used_by_half() {
        let (tokens, counter) = (Tokens::new(READ), Counter::default());
        assert_eq!(name(&tokens, &counter, 20).await, "token-1");
        sleep(Duration::from_secs(8)).await;
        assert_eq!(name(&tokens, &counter, 20).await, "token-1");
        sleep(Duration::from_secs(2)).await;
        assert_eq!(name(&tokens, &counter, 0).await, "token-2");
        assert_eq!(name(&tokens, &counter, 0).await, "token-3");
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_refused_token_is_forgotten() {
        let (tokens, counter) = (Tokens::new(READ), Counter::default());
        let old = tokens.get(counter.grant(3600)).await.unwrap();
        tokens.forget(&old).await;
        assert_eq!(name(&tokens, &counter, 3600).await, "token-2");
        tokens.forget(&old).await;
        assert_eq!(name(&tokens, &counter, 3600).await, "token-2");
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_shares_the_failure_and_who_comes_later_asks_anew() {
        let (tokens, counter) = (Tokens::new(READ), Counter::default());
        let ask = || tokens.get(counter.fail(Retry::After(None)));
        let (a, b, c) = tokio::join!(ask(), ask(), ask());
        assert!(a.is_err() && b.is_err() && c.is_err());
        assert_eq!(counter.asked(), 1);
        sleep(Duration::from_millis(1)).await;
        assert!(ask().await.is_err());
        assert_eq!(counter.asked(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_holds_for_a_while() {
        let (tokens, counter) = (Tokens::new(READ), Counter::default());
        assert!(tokens.get(counter.fail(Retry::Never)).await.is_err());
        sleep(REFUSAL_HOLDS - Duration::from_secs(1)).await;
        assert!(tokens.get(counter.grant(3600)).await.is_err());
        sleep(Duration::from_secs(2)).await;
        assert!(tokens.get(counter.grant(3600)).await.is_ok());
        assert_eq!(counter.asked(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_renewal_does_no_harm_while_the_old_token_lives() {
        let (tokens, counter) = (Tokens::new(READ), Counter::default());
        assert_eq!(name(&tokens, &counter, 3600).await, "token-1");
        sleep(Duration::from_secs(3541)).await;
        assert!(tokens.get(counter.fail(Retry::After(None))).await.is_ok());
        assert!(tokens.get(counter.fail(Retry::After(None))).await.is_ok());
        assert_eq!(counter.asked(), 2, "asked again at once");
        sleep(Duration::from_secs(60)).await;
        assert!(tokens.get(counter.fail(Retry::After(None))).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_while_asking_leaves_the_others_a_way() {
        let (tokens, counter) = (Tokens::new(READ), Counter::default());
        let gone = tokio::time::timeout(Duration::from_millis(10), tokens.get(counter.grant(3600))).await;
        assert!(gone.is_err());
        assert_eq!(name(&tokens, &counter, 3600).await, "token-1");
    }

    #[test]
    fn what_was_asked_for_and_not_granted_is_missing() {
        let missing_of =
            |granted: &str| missing(READ_AND_WRITE, serde_json::from_str::<Option<Value>>(granted).unwrap().as_ref());
        for whole in [
            "null",
            "7",
            r#""gofood:catalog:write  gofood:catalog:read extra""#,
            r#"["gofood:catalog:read","gofood:catalog:write"]"#,
        ] {
            assert!(missing_of(whole).is_empty(), "{whole}");
        }
        assert_eq!(missing_of(r#""gofood:catalog:read""#), ["gofood:catalog:write"]);
        assert_eq!(missing_of(r#""""#).len(), 2);
    }

    #[test]
    fn the_life_is_read_in_every_form() {
        let read = |json: &str| life(serde_json::from_str::<Option<Value>>(json).unwrap().as_ref()).as_secs();
        assert_eq!(read("3599"), 3599);
        assert_eq!(read("3599.0"), 3599);
        assert_eq!(read(r#""3600""#), 3600);
        assert_eq!(read("-5"), 0);
        assert_eq!(read("1e300"), 86_400);
        assert_eq!(read("null"), 300);
        assert_eq!(read(r#""soon""#), 300);
    }
}
