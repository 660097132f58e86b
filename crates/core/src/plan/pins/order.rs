//! Pinned display orders: how a list is arranged whose members come and go.
//!
//! Which list has a pinned order is decided in the parent.

use serde::{Deserialize, Serialize};

use crate::catalog::{ListPath, ReadAt};

/// A pinned display order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Order {
    /// That of the files; `None`: they have another by now, and `value` only says where to put what is brought back.
    pub(super) file: Option<Vec<String>>,
    pub(super) value: Vec<String>,
}

impl ReadAt<ListPath> for Order {
    fn read_at(_list: &ListPath, json: serde_json::Value) -> Option<Self> {
        serde_json::from_value(json).ok()
    }
}

impl Order {
    /// Whether it is another than that of the files, in what both have.
    pub(super) fn is_told(&self) -> bool {
        self.file.as_ref().is_some_and(|file| common(file, &self.value) != common(&self.value, file))
    }

    /// What is left of it where the files give the order `now`.
    pub(super) fn at(&self, now: &[String]) -> Self {
        let unchanged = |file: &&Vec<String>| common(now, file) == common(file, now);
        Self { file: self.file.as_ref().filter(unchanged).cloned(), value: self.value.clone() }
    }
}

/// What of `these` is in `those` too, in the order of `these`.
fn common<'a>(these: &'a [String], those: &[String]) -> Vec<&'a String> {
    these.iter().filter(|id| those.contains(id)).collect()
}

/// `members` in the order that the files give, but for what is pinned; what the files do not have stands behind what it stood
/// behind.
pub(super) fn arranged(now: &[String], members: &[String], order: Option<&Order>) -> Vec<String> {
    let mut list: Vec<String> = now.iter().filter(|id| members.contains(id)).cloned().collect();
    if let Some(order) = order {
        if order.is_told() {
            let slots = (0..list.len()).filter(|slot| order.value.contains(&list[*slot])).collect::<Vec<_>>();
            let pinned: Vec<String> = common(&order.value, &list).into_iter().cloned().collect();
            slots.into_iter().zip(pinned).for_each(|(slot, id)| list[slot] = id);
        }
        for (place, id) in order.value.iter().enumerate() {
            if members.contains(id) && !list.contains(id) {
                let front = order.value[..place].iter().rev().find_map(|front| list.iter().position(|k| k == front));
                list.insert(front.map_or(0, |front| front + 1), id.clone());
            }
        }
    }
    let rest: Vec<String> = members.iter().filter(|id| !list.contains(id)).cloned().collect();
    list.extend(rest);
    list
}
