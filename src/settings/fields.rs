//! Keys that several sections have.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use crate::document::{Decoder, Fields, Node};

/// Settings are in version control, where a secret is one no longer: whoever writes one there is told where it belongs.
pub(super) fn refuse_secret(decoder: &mut Decoder, fields: &mut Fields<'_>, key: &'static str, instead: &str) {
    if !fields.has(key) {
        return;
    }
    if let Some((at, _)) = fields.take_entry(key) {
        decoder
            .error("unknown-key", &at.span, format!("`{key}` has no place in settings, which many can read"))
            .help(format!(
                "write it into a file outside of version control, and name that under `{instead}`; have GoBiz replace a \
                 secret that was committed"
            ));
    }
}

/// A path that says something. In settings outside of the root it is one from their directory.
pub(super) fn decode_path(decoder: &mut Decoder, fields: &mut Fields<'_>, key: &'static str) -> Option<PathBuf> {
    let node = fields.take(key)?;
    let text = decoder.text(node, key)?.value;
    if text.trim().is_empty() {
        decoder
            .error("wrong-type", &node.span, format!("`{key}` is blank"))
            .help(format!("write a path or remove `{key}`"));
        return None;
    }
    if text == "~" || text.starts_with("~/") {
        decoder
            .error("wrong-type", &node.span, format!("`{key}`: `~` is no directory here, as no shell reads this"))
            .help("write the whole path, or one relative to the root");
        return None;
    }
    let of_operator = Path::new(&**decoder.file()).parent().filter(|directory| directory.is_absolute());
    Some(of_operator.map_or_else(|| PathBuf::from(&text), |directory| directory.join(&text)))
}

/// An IP address and a port.
pub(super) fn decode_socket_address(decoder: &mut Decoder, node: &Node) -> Option<SocketAddr> {
    let text = decoder.text(node, "listen")?.value;
    let address = text.trim().parse().ok();
    if address.is_none() {
        decoder
            .error("wrong-type", &node.span, format!("`{text}` is no address to listen on"))
            .help("write an IP address and a port, such as `127.0.0.1:8718`");
    }
    address
}
