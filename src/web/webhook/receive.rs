//! One event: taken, refused or known already. The answer says no more than its status.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use http_body_util::BodyExt as _;
use sha2::{Digest, Sha256};

use super::{
    Receiver,
    event::{Event, Kind},
    keys::Keys,
    signature::signed_by,
};
use crate::{
    catalog::OutletId,
    daemon::Hint,
    settings::{EventSecret, Signature},
    state::{Alarm, StateError},
    sync::chain,
    web::verdict::Verdict,
};

/// The largest event (our choice): a menu of ten thousand items.
const LARGEST: usize = 1 << 20;

/// So much of one that is too large is read and dropped, so that its sender hears the answer.
const READ_AT_MOST: usize = 4 << 20;

/// How long secret files may take to be read; an event has to be answered soon (our choice).
const KEYS_WITHIN: Duration = Duration::from_millis(500);

/// How long remembering an event may take; then it shall come again.
const REMEMBER_WITHIN: Duration = Duration::from_millis(700);

/// `POST /gobiz`
pub(super) async fn receive(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Body) -> StatusCode {
    let (kind, verdict) = receiver.take(&headers, body).await;
    let kind = kind.map_or("none", Kind::as_str);
    receiver.inbox.metrics.event(kind, verdict);
    tracing::debug!(kind, ?verdict, "an event came");
    verdict.status()
}

impl Receiver {
    async fn take(self: &Arc<Self>, headers: &HeaderMap, body: Body) -> (Option<Kind>, Verdict) {
        let Some(bytes) = read(body).await else { return (None, Verdict::TooLarge) };
        let header = |name: &str| headers.get(name).map(axum::http::HeaderValue::as_bytes);
        let keys = self.keys().await;
        let signers: Vec<_> = signed_by(header("x-go-signature"), &bytes, &keys.secrets).collect();
        if signers.is_empty() && keys.signature == Signature::Enforce {
            if let Some(unsaid) = self.refused.ask() {
                tracing::warn!(
                    unsaid,
                    "an event without a right signature is refused; if GoBiz sent it, `webhook.secret_file` is not its Relay Secret (said once an hour)"
                );
            }
            return (None, Verdict::Refused);
        }
        let Ok(event) = Event::read(&bytes) else { return (None, Verdict::Malformed) };
        let kind = event.kind();
        let Some((_, survey)) = self.inbox.view.files() else { return (Some(kind), Verdict::Unavailable) };
        let hint = match kind {
            Kind::MappingUpdated => Hint::WentLive,
            Kind::WebhookError => Hint::Alarm,
            Kind::Other => return (Some(kind), Verdict::Ignored),
        };
        let Some(member) = event.outlet().find_map(|id| survey.member(id)) else {
            return (Some(kind), Verdict::Ignored);
        };
        // Who knows the secret of one account can say nothing of the outlets of another one.
        let has_own = |secret: &EventSecret| secret.account.is_some() && secret.account == member.account;
        let owner = member.account.as_ref().filter(|_| keys.secrets.iter().any(has_own));
        // Files with errors may not say whose an outlet is: then a look is made, and nothing is remembered.
        let is_known = member.valid || keys.secrets.iter().all(|secret| secret.account.is_none());
        let is_genuine = is_known && signers.iter().any(|secret| secret.account.as_ref() == owner);
        if !is_genuine && is_known && keys.signature == Signature::Enforce {
            if let Some(unsaid) = self.refused.ask() {
                let outlet = &member.id;
                tracing::warn!(%outlet, unsaid, "an event is refused: it is signed by another account than the outlet's (said once an hour)");
            }
            return (Some(kind), Verdict::Refused);
        }
        let outlet = member.id.clone();
        if !is_genuine {
            // A look does no harm; but nothing is remembered that anybody could have written.
            if let Some(unsaid) = self.unsigned.ask() {
                tracing::warn!(%outlet, kind = kind.as_str(), unsaid, "an event without a right signature: it hastens a look and is not remembered (said once an hour)");
            }
            self.inbox.hints.give(&outlet, hint);
            return (Some(kind), Verdict::Unsigned);
        }
        let verdict = self.remember(&event, &outlet, marks(header("x-go-idempotency-key"), &event, &bytes)).await;
        if verdict != Verdict::Duplicate {
            if let Some(request_id) = event.request_id().filter(|_| kind == Kind::MappingUpdated) {
                self.inbox.hints.announce(&outlet, request_id);
            }
            self.inbox.hints.give(&outlet, hint);
        }
        (Some(kind), verdict)
    }

    /// The keys that hold, read again if the files were. While their files hang, the old ones hold.
    async fn keys(self: &Arc<Self>) -> Keys {
        let files = self.inbox.view.files();
        let follow = |receiver: &Self| {
            let mut keys = receiver.keys.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some((loaded, _)) = files {
                keys.follow(&loaded, &receiver.inbox.root);
            }
            *receiver.keys.lock().unwrap_or_else(PoisonError::into_inner) = keys.clone();
            keys
        };
        let receiver = Arc::clone(self);
        let reading = tokio::task::spawn_blocking(move || follow(&receiver));
        match tokio::time::timeout(KEYS_WITHIN, reading).await {
            Ok(Ok(keys)) => keys,
            Ok(Err(_)) | Err(_) => self.keys.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    async fn remember(self: &Arc<Self>, event: &Event, outlet: &OutletId, marks: Vec<String>) -> Verdict {
        let now = self.inbox.clock.now();
        let alarm = (event.kind() == Kind::WebhookError).then(|| Alarm {
            outlet: outlet.as_str().to_owned(),
            raised_at: event.happened().filter(|at| *at <= now).unwrap_or(now),
            what: event.trouble(),
        });
        match tokio::time::timeout(REMEMBER_WITHIN, self.inbox.state.take_event(marks, alarm, now)).await {
            Ok(Ok(true)) => Verdict::Accepted,
            Ok(Ok(false)) => Verdict::Duplicate,
            Ok(Err(error)) => unremembered(outlet, &error),
            Err(_) => Verdict::Unavailable,
        }
    }
}

fn unremembered(outlet: &OutletId, error: &StateError) -> Verdict {
    tracing::error!(%outlet, error = %chain(error), "cannot remember an event");
    Verdict::Unavailable
}

/// The whole body; `None` if it is too large or breaks off.
async fn read(mut body: Body) -> Option<Vec<u8>> {
    let (mut bytes, mut length) = (Vec::new(), 0_usize);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        length = length.saturating_add(data.len());
        if length <= LARGEST {
            bytes.extend_from_slice(&data);
        } else if length > READ_AT_MOST {
            break;
        }
    }
    (length <= LARGEST).then_some(bytes)
}

/// By what an event is known again: the key of its delivery, and its own id or, without one, its bytes. As hashes, because
/// others choose how long these are.
fn marks(key: Option<&[u8]>, event: &Event, bytes: &[u8]) -> Vec<String> {
    let hash = |kind: &str, data: &[u8]| {
        let digest = Sha256::new().chain_update(kind).chain_update(data).finalize();
        digest.iter().fold(format!("{kind}:"), |hex, byte| hex + &format!("{byte:02x}"))
    };
    let own = event.id().map_or_else(|| hash("body", bytes), |id| hash("id", id.as_bytes()));
    key.map(|key| hash("key", key)).into_iter().chain([own]).collect()
}
