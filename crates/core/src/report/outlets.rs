//! Which outlets the credential reaches, and which of them files define (`menusync.outlets/1`).

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::json;
use unicode_width::UnicodeWidthStr;

use super::{counted, untrusted::printable};

/// An outlet that is linked to the credential, or that a file defines, or both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutletLine {
    /// GoFood's id.
    pub outlet: String,
    /// Whether the credential that it goes by reaches it; where no file defines it: whether any does.
    pub linked: bool,
    /// Which of `gobiz.accounts` reaches it, if that is not the one without a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The id that the facilitator gave it.
    pub external_outlet_id: Option<String>,
    /// Its name in the files; `None`: no file defines it.
    pub name: Option<String>,
    /// The file that defines it.
    pub file: Option<String>,
}

impl OutletLine {
    fn what(&self) -> String {
        let account = self.account.as_ref();
        match (&self.name, &self.file) {
            (Some(name), Some(file)) => {
                let account = match account {
                    Some(account) if self.linked => format!("  account {account}"),
                    Some(account) => format!("  the account {account} reaches it: write `account: {account}`"),
                    None => String::new(),
                };
                format!("{}  {}{account}", printable(name), printable(file))
            }
            _ => {
                let pos = self.external_outlet_id.as_ref().map(|id| format!("{}  ", printable(id))).unwrap_or_default();
                let account = account.map(|account| format!(" --account {account}")).unwrap_or_default();
                let id = printable(&self.outlet);
                format!("{pos}in no file: `menusync import --outlet {id}{account}` writes one")
            }
        }
    }
}

/// For people.
pub fn outlets_text(lines: &[OutletLine]) -> String {
    let width = lines.iter().map(|line| line.outlet.width()).max().unwrap_or(0);
    let (linked, others): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line.linked);
    let mut text = format!("linked to this credential: {}\n", counted(linked.len(), "outlet"));
    let list = |text: &mut String, lines: &[&OutletLine]| {
        for line in lines {
            let gap = " ".repeat(width.saturating_sub(line.outlet.width()));
            let _ = writeln!(text, "  {}{gap}  {}", printable(&line.outlet), line.what());
        }
    };
    list(&mut text, &linked);
    if !others.is_empty() {
        let _ =
            writeln!(text, "defined in files, but not linked to this credential: {}", counted(others.len(), "outlet"));
        list(&mut text, &others);
    }
    text
}

/// `menusync.outlets/1`. `platform`: the origin of `gobiz.api_url`.
pub fn outlets_json(platform: &str, lines: &[OutletLine]) -> String {
    let count = |wanted: fn(&&OutletLine) -> bool| lines.iter().filter(wanted).count();
    let document = json!({
        "schema": "menusync.outlets/1",
        "tool": env!("CARGO_PKG_VERSION"),
        "platform": platform,
        "summary": {
            "linked": count(|line| line.linked),
            "without_file": count(|line| line.linked && line.file.is_none()),
            "not_linked": count(|line| !line.linked),
        },
        "outlets": lines,
    });
    format!("{document:#}\n")
}
