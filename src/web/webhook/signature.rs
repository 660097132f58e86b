//! Whether bytes were signed with one of our secrets.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use sha2::Sha256;

use crate::settings::EventSecret;

/// Those of the secrets under which `signature` is the hex HMAC-SHA256 of `body` (documentation: lower case). The
/// comparison takes the same time wherever it fails.
pub(super) fn signed_by<'s>(
    signature: Option<&[u8]>,
    body: &[u8],
    secrets: &'s [EventSecret],
) -> impl Iterator<Item = &'s EventSecret> {
    let signature = signature.and_then(bytes);
    secrets.iter().filter(move |EventSecret { secret, .. }| {
        let (Some(signature), Ok(secret)) = (&signature, secret) else { return false };
        let mut mac =
            Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).expect("HMAC takes keys of any length");
        mac.update(body);
        mac.verify_slice(signature).is_ok()
    })
}

/// 64 hex digits as bytes.
fn bytes(hex: &[u8]) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let (pairs, rest) = hex.as_chunks::<2>();
    if pairs.len() != bytes.len() || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

fn digit(hex: u8) -> Option<u8> {
    char::from(hex).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    const SIGNED: &[u8] = b"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";

    #[test]
    fn a_signature_holds_for_these_bytes_and_this_secret_only() {
        let body = b"what do ya want for nothing?";
        let secrets = |texts: &[&'static str]| -> Vec<EventSecret> {
            let secret =
                |text: &&'static str| EventSecret { account: Some((*text).into()), secret: Ok((*text).into()) };
            texts.iter().map(secret).collect()
        };
        let is_genuine = |signature: Option<&[u8]>, body: &[u8], secrets: &[EventSecret]| {
            let by: Vec<_> = signed_by(signature, body, secrets).filter_map(|secret| secret.account.clone()).collect();
            assert!(by.is_empty() || by == ["Jefe".into()], "{by:?}");
            !by.is_empty()
        };
        assert!(is_genuine(Some(SIGNED), body, &secrets(&["Jefe"])));
        assert!(is_genuine(Some(SIGNED), body, &secrets(&["new", "Jefe"])), "the old one still holds");
        assert!(!is_genuine(Some(SIGNED), body, &secrets(&["new"])));
        assert!(!is_genuine(Some(SIGNED), body, &[]));
        assert!(!is_genuine(Some(SIGNED), b"what do ya want for nothing!", &secrets(&["Jefe"])));
        assert!(!is_genuine(None, body, &secrets(&["Jefe"])));
        for broken in [&b""[..], &SIGNED[..63], &SIGNED[..62], &[SIGNED, b"0"].concat(), &[b'z'; 64], &[0xff; 64]] {
            assert!(!is_genuine(Some(broken), body, &secrets(&["Jefe"])));
        }
    }
}
