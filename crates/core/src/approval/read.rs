//! Text to [`ApprovalFile`], with every error at its place. An approval with any error lets nothing through.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use super::ApprovalFile;
use crate::{
    catalog::OutletId,
    diagnostic::{Diagnostic, Place},
    document::{self, Decoder, Fields, Key, Node, SourceFile, Spanned},
    plan::Digest,
    policy::Guard,
};

const WHAT: &str = "an approval";

/// Reads all files; what is wrong with one does not keep the others from counting.
pub fn parse(files: &[SourceFile]) -> (Vec<ApprovalFile>, Vec<Diagnostic>) {
    let (mut approvals, mut diagnostics) = (Vec::new(), Vec::new());
    for file in files {
        let (approval, wrong) = parse_one(file);
        approvals.extend(approval);
        diagnostics.extend(wrong);
    }
    (approvals, diagnostics)
}

fn parse_one(file: &SourceFile) -> (Option<ApprovalFile>, Vec<Diagnostic>) {
    let parsed = document::parse(file);
    let is_readable = parsed.diagnostics.is_empty();
    let mut decoder = Decoder::new(Arc::clone(&file.path));
    for diagnostic in parsed.diagnostics {
        decoder.report(diagnostic);
    }
    let approval = match &parsed.root {
        Some(root) => approval(&mut decoder, root),
        None if is_readable => {
            let empty = Diagnostic::error("empty-file", Place::start_of(&file.path), "this approval is empty");
            decoder.report(empty).help("remove it, or let `menusync approve` write one");
            None
        }
        None => None,
    };
    (approval.filter(|_| !decoder.has_errors()), decoder.into_diagnostics())
}

fn approval(decoder: &mut Decoder, root: &Node) -> Option<ApprovalFile> {
    let mut fields = decoder.mapping(root, WHAT)?;
    let guard = required(decoder, &mut fields, "guard", guard);
    let reason = required(decoder, &mut fields, "reason", reason);
    let expires = required(decoder, &mut fields, "expires", instant);
    let outlets = required(decoder, &mut fields, "outlets", outlets);
    decoder.finish(fields, WHAT);
    let file = Arc::clone(decoder.file());
    Some(ApprovalFile { file, guard: guard?, reason: reason?, expires: expires?, outlets: outlets? })
}

fn required<T>(
    decoder: &mut Decoder,
    fields: &mut Fields<'_>,
    key: &'static str,
    read: fn(&mut Decoder, &Node) -> Option<T>,
) -> Option<T> {
    let node = decoder.require(fields, key, WHAT)?;
    read(decoder, node)
}

fn guard(decoder: &mut Decoder, node: &Node) -> Option<Guard> {
    let guards: Vec<(&str, Guard)> = Guard::approvable().map(|guard| (guard.name(), guard)).collect();
    decoder.choice(node, "guard", &guards).map(|guard| guard.value)
}

fn reason(decoder: &mut Decoder, node: &Node) -> Option<Arc<str>> {
    let reason = decoder.text(node, "reason")?.value;
    if reason.trim().is_empty() {
        decoder
            .error("approval-reason", &node.span, "the reason is blank")
            .help("write why this is right, for whoever reviews it and whoever looks later");
        return None;
    }
    Some(reason.into())
}

fn instant(decoder: &mut Decoder, node: &Node) -> Option<Spanned<Timestamp>> {
    let Spanned { value, place } = decoder.text(node, "expires")?;
    match value.parse() {
        Ok(value) => Some(Spanned { value, place }),
        Err(_) => {
            decoder
                .error("approval-expires", &node.span, "`expires` must be a date, a time and its offset")
                .help("write it as in 2027-02-08T17:00:00Z or 2027-02-08T17:00:00+07:00");
            None
        }
    }
}

fn outlets(decoder: &mut Decoder, node: &Node) -> Option<BTreeMap<OutletId, (Digest, Place)>> {
    let mut fields = decoder.mapping(node, "outlets")?;
    let entries: Vec<(&Key, &Node)> = fields.entries().collect();
    if entries.is_empty() {
        decoder
            .error("missing-key", &node.span, "this approval names no outlet")
            .help("write `G916309315: sha256:…` for each, with the digest of its plan");
    }
    let read = entries.into_iter().filter_map(|(key, node)| {
        let outlet = outlet(decoder, key);
        let digest = digest(decoder, node);
        Some((outlet?, (digest?, decoder.place(&key.span))))
    });
    Some(read.collect())
}

fn outlet(decoder: &mut Decoder, key: &Key) -> Option<OutletId> {
    let id = OutletId::from(&*key.text);
    if id.is_well_formed() {
        return Some(id);
    }
    decoder
        .error("outlet-id", &key.span, format!("`{}` is no outlet's id", &*key.text))
        .help("write the id as in G916309315: an approval names outlets one by one, by id");
    None
}

fn digest(decoder: &mut Decoder, node: &Node) -> Option<Digest> {
    let text = decoder.text(node, "digest")?.value;
    let hex = text.strip_prefix("sha256:").unwrap_or_default();
    if hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
        return Some(Digest(text));
    }
    decoder
        .error("approval-digest", &node.span, "this is no digest")
        .help("write `sha256:` and 64 hexadecimal digits, as `menusync approve` does");
    None
}
