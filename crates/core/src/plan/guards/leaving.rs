//! Guards on what would leave the menu: `deletes`, `emptied-menu`, `unmanaged`, `re-key`.

use hashbrown::{HashMap, HashSet};

use super::{
    super::{Change, Kind, Unmanaged, matching::item_ids},
    Finding, Judge, Limit, counted, quoted, share,
};
use crate::{
    catalog::{Catalog, ExternalId, Field, FieldKind, FieldValue, Path, text::normalise_text},
    policy::UnmanagedPolicy,
};

impl Judge<'_> {
    /// Items that are live and not in the payload, unmanaged ones included. What a dated layer brought leaves with it.
    fn leaving(&self) -> Vec<ExternalId> {
        let staying = item_ids(&self.compared.payload);
        let ours = item_ids(&self.matched.catalog);
        let gone = ours
            .difference(&staying)
            .filter(|id| !self.inputs.ended.contains::<ExternalId>(id))
            .map(|id| (*id).clone());
        gone.chain(self.matched.unmanaged.iter().map(|item| item.id.clone())).collect()
    }

    /// Two measures, and the worse one counts: what this call takes from the live menu, and what is missing after it from
    /// the menu of 24 hours ago, so that many small pushes cannot do what one large push may not.
    pub(super) fn deletes(&self) -> Option<Finding> {
        let leaving = self.leaving();
        if leaving.is_empty() {
            return None;
        }
        let limit = self.inputs.policy.guards.deletes;
        let over = |(gone, of): (usize, usize)| gone > limit.count as usize || share(gone, of) > limit.percent;
        let (now, missing) = ((leaving.len(), self.live_items()), self.missing_since_yesterday(&leaving));
        let day = (missing.len(), self.items_of_yesterday());
        let earlier = if day.0 > now.0 {
            format!("; with what left in the last 24 hours {} of {} ({:.0} %)", day.0, day.1, share(day.0, day.1))
        } else {
            String::new()
        };
        let message = format!(
            "{} of {} would leave the menu ({:.0} %){earlier}; the limit is {} or {} %",
            now.0,
            counted(now.1, "live item"),
            share(now.0, now.1),
            counted(limit.count as usize, "item"),
            limit.percent
        );
        let counts = if earlier.is_empty() { &leaving } else { &missing };
        Some(Finding {
            limit: Some(Limit::CountOrPercent(limit.count, limit.percent)),
            actual: Some(counts.len() as f64),
            trips: over(now) || over(day),
            items: counts.iter().map(Path::item).collect(),
            message,
        })
    }

    /// Items of the menu of 24 hours ago that are not there any more once this call has been made.
    fn missing_since_yesterday(&self, leaving: &[ExternalId]) -> Vec<ExternalId> {
        let old = leaving.iter().filter(|id| !self.inputs.past.added.contains(*id)).cloned();
        old.chain(self.taken_away()).collect()
    }

    /// How many items there were 24 hours ago.
    fn items_of_yesterday(&self) -> usize {
        let ours = self.matched.catalog.items().map(|(_, item)| &item.external_id);
        let added = ours.filter(|id| self.inputs.past.added.contains(*id)).count();
        self.live_items().saturating_sub(added) + self.taken_away().count()
    }

    /// What our pushes took away within 24 hours and is still away.
    fn taken_away(&self) -> impl Iterator<Item = ExternalId> {
        let live = item_ids(&self.matched.catalog);
        self.inputs.past.removed.iter().filter(move |id| !live.contains(*id)).cloned()
    }

    pub(super) fn emptied_menu(&self) -> Option<Finding> {
        let leaving: HashSet<ExternalId> = self.leaving().into_iter().collect();
        let staying = item_ids(&self.compared.payload);
        let mut menus: Vec<(&str, bool)> = Vec::new();
        let ours = self.matched.catalog.items().map(|(menu, item)| (menu.name.as_str(), &item.external_id));
        let foreign: Vec<(String, ExternalId)> =
            self.matched.unmanaged.iter().map(|item| (item.menu.clone(), item.id.clone())).collect();
        let foreign = foreign.iter().map(|(menu, id)| (menu.as_str(), id));
        for (menu, id) in ours.chain(foreign) {
            // What a dated layer takes away neither empties a menu nor keeps it from being emptied.
            if self.inputs.ended.contains(id) && !staying.contains(id) {
                continue;
            }
            let gone = leaving.contains(id);
            match menus.iter_mut().find(|(name, _)| *name == menu) {
                Some((_, all_gone)) => *all_gone &= gone,
                None => menus.push((menu, gone)),
            }
        }
        let emptied: Vec<&str> = menus.into_iter().filter(|(_, all_gone)| *all_gone).map(|(name, _)| name).collect();
        if emptied.is_empty() {
            return None;
        }
        Some(Finding {
            limit: None,
            actual: Some(emptied.len() as f64),
            trips: true,
            items: emptied.iter().map(|name| Path::Menu((*name).to_owned())).collect(),
            message: format!("every item of {} would leave the catalog", quoted(&emptied)),
        })
    }

    pub(super) fn unmanaged(&self) -> Option<Finding> {
        let staying = item_ids(&self.compared.payload);
        let unknown: Vec<&Unmanaged> = self.matched.unmanaged.iter().collect();
        let declared = self.matched.only_declared.iter().filter(|item| !staying.contains(&item.id));
        let declared: Vec<&Unmanaged> = declared.collect();
        let lost: Vec<&Unmanaged> = unknown.iter().chain(&declared).copied().collect();
        if lost.is_empty() || self.inputs.policy.unmanaged != UnmanagedPolicy::Hold {
            return None;
        }
        let words = |items: &[&Unmanaged], what: &str| {
            let names: Vec<&str> = items.iter().map(|item| item.name.as_str()).collect();
            (!items.is_empty()).then(|| format!("{} {what}: {}", counted(items.len(), "live item"), quoted(&names)))
        };
        let messages = [
            words(&unknown, "that no file knows would be lost"),
            words(&declared, "only in a menu with `platform: true`, lost unless GoFood fills it in again"),
        ];
        Some(Finding {
            limit: None,
            actual: Some(lost.len() as f64),
            trips: true,
            items: lost.iter().map(|item| Path::item(&item.id)).collect(),
            message: messages.into_iter().flatten().collect::<Vec<_>>().join("; "),
        })
    }

    /// A dish that comes back under another id, and an id that a push changes: orders and stock are known by ids.
    pub(super) fn re_key(&self) -> Option<Finding> {
        let (twice, other) = (self.added_again(), self.other_ids());
        let messages: Vec<String> =
            [self.about_added_again(&twice), about_other_ids(&other)].into_iter().flatten().collect();
        if messages.is_empty() {
            return None;
        }
        Some(Finding {
            limit: None,
            actual: Some((twice.len() + other.len()) as f64),
            trips: true,
            items: twice.iter().map(|(gone, _)| *gone).chain(other).map(|change| change.path.owner()).collect(),
            message: messages.join("; "),
        })
    }

    /// Items that go, each with one of the same name that comes.
    fn added_again(&self) -> Vec<(&Change, &Change)> {
        let fold = |name: &str| normalise_text(name).to_lowercase();
        let whole = |kind| {
            self.pushed().filter(move |change| change.kind == kind && matches!(change.path, Path::Item(_, None)))
        };
        let added: HashMap<String, &Change> = whole(Kind::Add).map(|c| (fold(&c.subject.name), c)).collect();
        whole(Kind::Remove).filter_map(|gone| Some((gone, *added.get(&fold(&gone.subject.name))?))).collect()
    }

    fn about_added_again(&self, twice: &[(&Change, &Change)]) -> Option<String> {
        let (gone, new) = twice.first()?;
        let more = if twice.len() > 1 { format!(", and {} more", twice.len() - 1) } else { String::new() };
        let (live, sent) = (&self.matched.catalog, &self.compared.payload);
        let off = twice.iter().filter(|(gone, new)| !is_on_sale(live, gone) && is_on_sale(sent, new));
        let off: Vec<&str> = off.map(|(gone, _)| gone.subject.name.as_str()).collect();
        let off =
            if off.is_empty() { String::new() } else { format!("; sold out now, on sale then: {}", quoted(&off)) };
        Some(format!(
            "“{}” would be removed as {} and added again as {}{more}: its orders and stock would not be carried over{off}",
            gone.subject.name, gone.path, new.path
        ))
    }

    /// Changes of an id that is there into another one.
    fn other_ids(&self) -> Vec<&Change> {
        let is_id = |change: &&Change| change.path.info().is_some_and(|info| info.kind == FieldKind::Id);
        self.pushed().filter(|change| is_id(change) && change.from.is_some()).collect()
    }
}

fn about_other_ids(changes: &[&Change]) -> Option<String> {
    let first = changes.first()?;
    let id = |side: &Option<FieldValue>| side.as_ref().and_then(FieldValue::as_text).unwrap_or_default().to_owned();
    let more = if changes.len() > 1 { format!(", and {} more", changes.len() - 1) } else { String::new() };
    Some(format!(
        "“{}” would get the external id {} instead of {}{more}: whoever knows it by the old one, such as a cashier's \
         system, would not find it",
        first.subject.name,
        id(&first.to),
        id(&first.from)
    ))
}

/// Whether a catalog has the item of a change on sale.
fn is_on_sale(catalog: &Catalog, change: &Change) -> bool {
    let Path::Item(id, _) = &change.path else { return false };
    catalog.item(id).is_some_and(|item| item.in_stock != Field::Set(false))
}
