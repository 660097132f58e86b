//! Whether bytes were signed with one of our secrets.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Whether `signature` is the hex HMAC-SHA256 of `body` under one of the secrets (documentation: lower case). The
/// comparison takes the same time wherever it fails.
pub(super) fn is_genuine(signature: Option<&[u8]>, body: &[u8], secrets: &[SecretString]) -> bool {
    let Some(signature) = signature.and_then(bytes) else { return false };
    secrets.iter().any(|secret| {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).expect("HMAC takes keys of any length");
        mac.update(body);
        mac.verify_slice(&signature).is_ok()
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
        let secrets = |texts: &[&str]| texts.iter().map(|text| SecretString::from(*text)).collect::<Vec<_>>();
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
