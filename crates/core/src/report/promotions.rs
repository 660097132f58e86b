//! Which promotions run and wait at each outlet (`menusync.promotions/1`).

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::json;

use super::{counted, plan::SourceEntry, untrusted::printable};
use crate::{
    catalog::{Promotion, PromotionPhase},
    diagnostic::Place,
};

/// The promotions of one outlet.
#[derive(Debug, Clone, Serialize)]
pub struct OutletPromotions {
    /// GoFood's id.
    pub outlet: String,
    /// Its name.
    pub name: String,
    /// Those that run, then those that wait; empty where they could not be listed.
    pub promotions: Vec<PromotionLine>,
    /// What is stored of ours cannot be read, so that one which is not known as ours may be ours all the same.
    #[serde(skip)]
    pub has_unread: bool,
    /// Why they could not be listed.
    pub error: Option<String>,
}

/// One promotion.
#[derive(Debug, Clone, Serialize)]
pub struct PromotionLine {
    /// Whether it runs or waits, by our clock.
    pub phase: PromotionPhase,
    /// The name of its dish in the files.
    pub item_name: Option<String>,
    /// Our name for it, if we made it; `null`: it was made elsewhere, or nobody knows any more that it was us.
    pub ours: Option<String>,
    /// Where the files declare it.
    #[serde(serialize_with = "source_entry")]
    pub source: Option<Place>,
    /// What the platform says of it.
    #[serde(flatten)]
    pub promotion: Promotion,
}

fn source_entry<S: Serializer>(place: &Option<Place>, serializer: S) -> Result<S::Ok, S::Error> {
    place.as_ref().map(SourceEntry::from).serialize(serializer)
}

impl PromotionLine {
    fn words(&self, has_unread: bool) -> String {
        let id = self.promotion.external_menu_id.as_ref();
        let dish = match (&self.item_name, id) {
            (Some(name), Some(id)) => format!("{name} ({id})"),
            (None, Some(id)) => format!("{id} (in no file)"),
            _ => "no dish is named".to_owned(),
        };
        let whose = match (&self.ours, &self.source) {
            (None, _) if has_unread => "whose is not known: what is stored cannot be read".to_owned(),
            (None, _) => "made elsewhere".to_owned(),
            (Some(name), Some(place)) => format!("ours, “{name}” ({place})"),
            (Some(name), None) => format!("ours, “{name}”, which no file declares any more"),
        };
        let words = format!("{:<5}  {dish}: {}; {whose}", self.phase.as_str(), self.promotion.words());
        printable(&words).into_owned()
    }
}

/// For people.
pub fn promotions_text(outlets: &[OutletPromotions]) -> String {
    let mut text = String::new();
    for outlet in outlets {
        let label = format!("{} ({})", outlet.name, outlet.outlet);
        let what = match &outlet.error {
            Some(error) => format!("cannot be listed: {error}"),
            None if outlet.promotions.is_empty() => "no promotion runs or waits".to_owned(),
            None => counted(outlet.promotions.len(), "promotion"),
        };
        let _ = writeln!(text, "{}: {}", printable(&label), printable(&what));
        for line in &outlet.promotions {
            let _ = writeln!(text, "  {}", line.words(outlet.has_unread));
        }
    }
    text
}

/// `menusync.promotions/1`. `platform`: the origin of `gobiz.api_url`.
pub fn promotions_json(platform: &str, at: Timestamp, outlets: &[OutletPromotions]) -> String {
    let document = json!({
        "schema": "menusync.promotions/1",
        "tool": env!("CARGO_PKG_VERSION"),
        "platform": platform,
        "at": at,
        "outlets": outlets,
    });
    format!("{document:#}\n")
}
