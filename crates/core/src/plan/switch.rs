//! Stock that a person switches by command: what is stored of it, what live shows of it, and what became of it.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::catalog::{ExternalId, Field, ItemField, Path, StockChange, StockKind, VariantField, live::LiveCatalog};

/// One dish or choice that was switched, stored while its call is under way and until its end. Of one with an end, live has
/// shown it the other way round before, else nothing of it would be switched back. Without an end it is known for a while, so
/// that copies that are behind it are told; so is the end of an earlier one ([`StockSwitch::returned`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockSwitch {
    /// A dish or a choice.
    pub kind: StockKind,
    /// Its id.
    pub id: ExternalId,
    /// Its name on the live menu.
    pub name: String,
    /// What it was switched to.
    pub in_stock: bool,
    /// When.
    pub at: Timestamp,
    /// When it is switched back; `None`: never.
    pub until: Option<Timestamp>,
    /// Which of `gobiz.accounts` switched it; `None`: the one without a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Arc<str>>,
    /// How far it is.
    pub stage: SwitchStage,
    /// When a look after its end has last shown it as it was left, while it could not be switched back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_at: Option<Timestamp>,
    /// Whether a look at a push just after it has shown it undone: by a copy that is behind, or by the kitchen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_doubted: bool,
    /// Whether it is the end of an earlier one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_returned: bool,
}

/// How far a switch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SwitchStage {
    /// Its call may have been made.
    Sending,
    /// Live has shown it.
    Set,
    /// The call that switches it back may have been made from this moment on.
    Returning(Timestamp),
    /// GoFood took that call at this moment, and did not show it.
    Returned(Timestamp),
}

impl StockSwitch {
    /// The dish or choice.
    pub fn thing(&self) -> Path {
        thing(self.kind, &self.id)
    }

    /// Its stock.
    pub fn path(&self) -> Path {
        match self.kind {
            StockKind::Items => Path::item_field(&self.id, ItemField::InStock),
            StockKind::Variants => Path::variant_field(&self.id, VariantField::InStock),
        }
    }

    /// Whether it is under way or has an end: others are known for the sake of copies that are behind.
    pub fn is_open(&self) -> bool {
        self.until.is_some() || self.stage == SwitchStage::Sending
    }

    /// What is known of it once live has shown that it was switched back: for a while a copy may be behind that as well.
    pub fn returned(&self, now: Timestamp) -> Self {
        let in_stock = !self.in_stock;
        Self {
            in_stock,
            at: now,
            until: None,
            stage: SwitchStage::Set,
            held_at: None,
            is_doubted: false,
            is_returned: true,
            ..self.clone()
        }
    }

    /// Whether what is known of it is its end: that it was switched back, or is being.
    pub fn is_end(&self) -> bool {
        self.is_returned || matches!(self.stage, SwitchStage::Returning(_) | SwitchStage::Returned(_))
    }

    /// That this happened to it.
    pub fn event(&self, result: SwitchHappening, error: Option<String>) -> SwitchEvent {
        let Self { kind, ref id, ref name, in_stock, until, .. } = *self;
        SwitchEvent { result, kind, id: id.clone(), name: name.clone(), in_stock, until, error }
    }
}

/// The path of a dish or a choice.
pub fn thing(kind: StockKind, id: &ExternalId) -> Path {
    match kind {
        StockKind::Items => Path::item(id),
        StockKind::Variants => Path::variant(id),
    }
}

/// What happened to a switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SwitchHappening {
    /// Live shows it.
    Switched,
    /// Live shows that it was switched back.
    SwitchedBack,
    /// Somebody else switched it before its end.
    ChangedElsewhere,
    /// GoFood refused to switch it back.
    Refused,
    /// Its call broke off, and live never showed it.
    NotSeen,
    /// Nobody looked at its end, or the call that switches it back was not seen to arrive: the kitchen may have sold it out
    /// since.
    Doubtful,
    /// It was not on the live menu at its end.
    Gone,
    /// A push of ours had taken it off the menu at its end, and it comes back by a layer with `when`: as it was before the
    /// switch.
    EndedAway,
    /// Another account reaches the outlet by now.
    OtherAccount,
}

impl SwitchHappening {
    /// Whether a person expects something else. To switch before the end is the kitchen's right.
    pub fn is_trouble(self) -> bool {
        !matches!(self, Self::Switched | Self::SwitchedBack | Self::ChangedElsewhere | Self::EndedAway)
    }
}

/// One thing that happened to a switch. Stored between runs and releases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchEvent {
    /// What.
    pub result: SwitchHappening,
    /// A dish or a choice.
    pub kind: StockKind,
    /// Its id.
    pub id: ExternalId,
    /// Its name on the live menu.
    pub name: String,
    /// What it was switched to.
    pub in_stock: bool,
    /// When it was to be switched back.
    pub until: Option<Timestamp>,
    /// More about it: the platform's words, or the line of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What live shows under one id: an item in two menus, or a variant of several categories, is shown more than once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveStock {
    /// Its name.
    pub name: String,
    /// The platform's ids.
    uuids: Vec<String>,
    shown: Vec<Field<bool>>,
}

type Shown<'l> = (&'l Field<ExternalId>, &'l str, &'l str, &'l Field<bool>);

/// All dishes or choices that live shows: id, name, UUID and stock.
pub(super) fn shown(live: &LiveCatalog, kind: StockKind) -> Vec<Shown<'_>> {
    match kind {
        StockKind::Items => {
            live.items().map(|(_, one)| (&one.external_id, &*one.name, &*one.uuid, &one.in_stock)).collect()
        }
        StockKind::Variants => {
            live.variants().map(|(_, one)| (&one.external_id, &*one.name, &*one.uuid, &one.in_stock)).collect()
        }
    }
}

impl LiveStock {
    /// What live shows under `id`; `None`: nothing.
    pub fn of(live: &LiveCatalog, kind: StockKind, id: &ExternalId) -> Option<Self> {
        let mut found: Option<Self> = None;
        for (_, name, uuid, in_stock) in shown(live, kind).into_iter().filter(|(known, ..)| known.value() == Some(id)) {
            let found = found.get_or_insert_with(|| Self { name: name.to_owned(), uuids: vec![], shown: vec![] });
            if !found.uuids.iter().any(|known| known == uuid) {
                found.uuids.push(uuid.to_owned());
            }
            found.shown.push(in_stock.clone());
        }
        found
    }

    /// Whether all of it is so. Where it cannot be read, or differs, it is neither on sale nor sold out.
    pub fn shows(&self, in_stock: bool) -> bool {
        self.shown.iter().all(|shown| *shown == Field::Set(in_stock))
    }

    /// What sets it.
    pub fn changes(&self, id: &ExternalId, in_stock: bool) -> Vec<StockChange> {
        let line = |uuid: &String| StockChange { external_id: id.clone(), uuid: uuid.clone(), in_stock };
        self.uuids.iter().map(line).collect()
    }
}
