//! Promotions in the making: what the layers laid so far say of each.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};

use super::layer::{Action, PromotionFields, Selling};
use crate::{
    catalog::{Day, ExternalId},
    diagnostic::Place,
    document::Spanned,
};

/// A promotion in the making.
#[derive(Debug)]
pub(super) struct DraftPromotion<'d> {
    /// Everything that was said of it, the winner last.
    pub(super) mentions: Vec<&'d Place>,
    /// A dated layer declares it.
    pub(super) is_dated: bool,
    pub(super) item: Option<&'d Spanned<ExternalId>>,
    pub(super) selling: Option<&'d Spanned<Selling>>,
    pub(super) items: BTreeMap<&'d str, (&'d Spanned<ExternalId>, Selling)>,
    pub(super) start_date: Option<Date>,
    pub(super) end_date: Option<Date>,
    pub(super) start_time: Option<Time>,
    pub(super) end_time: Option<Time>,
    pub(super) days: Vec<Day>,
    pub(super) where_sold: bool,
}

/// What the layers so far declare, by name.
pub(super) type Drafts<'d> = BTreeMap<&'d str, DraftPromotion<'d>>;

impl<'d> DraftPromotion<'d> {
    pub(super) fn new(is_dated: bool) -> Self {
        Self {
            mentions: Vec::new(),
            is_dated,
            item: None,
            selling: None,
            items: BTreeMap::new(),
            start_date: None,
            end_date: None,
            start_time: None,
            end_time: None,
            days: Vec::new(),
            where_sold: false,
        }
    }

    /// Lays what a later layer says over this. Returns the dishes that it would take away and that are not there.
    pub(super) fn lay(&mut self, fields: &'d PromotionFields) -> Vec<(&'d ExternalId, &'d Place)> {
        let PromotionFields { item, selling, items, start_date, end_date, start_time, end_time, days, where_sold } =
            fields;
        self.item = item.as_ref().or(self.item);
        self.selling = selling.as_ref().or(self.selling);
        let said = |said: &Option<Spanned<Date>>, before| said.as_ref().map_or(before, |said| Some(said.value));
        self.start_date = said(start_date, self.start_date);
        self.end_date = said(end_date, self.end_date);
        let clock = |said: &Option<Spanned<Option<Time>>>, before| said.as_ref().map_or(before, |said| said.value);
        self.start_time = clock(start_time, self.start_time);
        self.end_time = clock(end_time, self.end_time);
        if let Some(days) = days {
            self.days = days.value.clone().unwrap_or_default();
        }
        self.where_sold = where_sold.as_ref().map_or(self.where_sold, |said| said.value);
        let mut unknown = Vec::new();
        for (id, action) in items.iter().flat_map(|items| &items.value) {
            match action {
                Action::Change(selling) => drop(self.items.insert(id.value.as_str(), (id, *selling))),
                Action::Remove(place) => {
                    if self.items.remove(id.value.as_str()).is_none() {
                        unknown.push((&id.value, place));
                    }
                }
            }
        }
        unknown
    }

    /// The first key that is needed and was never said.
    pub(super) fn missing(&self) -> Option<&'static str> {
        match self {
            _ if self.items.is_empty() && self.item.is_none() => Some("external_menu_id"),
            _ if self.items.is_empty() && self.selling.is_none() => Some("selling_price"),
            _ if self.start_date.is_none() => Some("start_date"),
            _ if self.end_date.is_none() => Some("end_date"),
            _ => None,
        }
    }

    pub(super) fn dishes(&self) -> impl Iterator<Item = (&'d Spanned<ExternalId>, Selling)> + '_ {
        let single = self.item.zip(self.selling).map(|(item, selling)| (item, selling.value));
        self.items.values().copied().chain(single)
    }
}
