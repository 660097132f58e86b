//! Variant categories, without their variants.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::{
    super::{
        Class, Subject,
        field::{normal_text, same},
    },
    Presence, Sides, Walk, differs, json_of,
    variants::is_any_edited,
};
use crate::catalog::{Catalog, CategoryField, ExternalId, Field, Path, VariantCategory};

impl Walk<'_> {
    pub(super) fn categories(&mut self, desired: &Catalog, base: &Catalog, payload: &mut Catalog, next: &mut Catalog) {
        let index = |catalog: &Catalog| -> HashMap<ExternalId, VariantCategory> {
            catalog.variant_categories.iter().map(|c| (c.external_id.clone(), c.clone())).collect()
        };
        let (wanted, known, live) = (index(desired), index(base), index(&self.matched.catalog));
        let needed: HashSet<ExternalId> = payload
            .items()
            .flat_map(|(_, item)| item.variant_category_external_ids.value().into_iter().flatten().cloned())
            .collect();
        let mut seen = HashSet::new();
        let catalogs = [desired, base, &self.matched.catalog];
        let ids = catalogs.into_iter().flat_map(|c| c.variant_categories.iter().map(|c| c.external_id.clone()));
        for id in ids.filter(|id| seen.insert(id.clone())).collect::<Vec<_>>() {
            let sides = CategorySides { desired: wanted.get(&id), base: known.get(&id), live: live.get(&id) };
            let (send, base) = self.category(&id, &sides, needed.contains(&id));
            payload.variant_categories.extend(send);
            next.variant_categories.extend(base);
        }
        self.variants(desired, base, payload, next);
    }

    /// One category without its variants.
    fn category(
        &mut self,
        id: &ExternalId,
        sides: &CategorySides<'_>,
        needed: bool,
    ) -> (Option<VariantCategory>, Option<VariantCategory>) {
        let bare = |category: &VariantCategory| VariantCategory { variants: Vec::new(), ..category.clone() };
        let path = Path::category(id);
        match (sides.desired, sides.base, sides.live) {
            (Some(desired), base, Some(live)) => {
                let (send, next) = self.category_fields(id, desired, base, live);
                (Some(send), Some(next))
            }
            (Some(desired), base, None) => {
                let class = match base {
                    None => self.added(),
                    Some(base) if same_category(desired, base) => Class::Drift,
                    Some(_) => Class::Conflict,
                };
                let to = category_json(desired);
                let sides = [Value::Null, to, base.map_or(Value::Null, category_json)];
                let subject = subject_of_category(desired);
                // What an item in the payload refers to has to be in it.
                let present = self.presence(path, Presence::Wanted, class, &subject, sides) || needed;
                if let Some(change) = self.changes.last_mut() {
                    change.pushed = present;
                }
                if present {
                    return (Some(bare(desired)), Some(bare(desired)));
                }
                self.keep_rejected_parts(&Path::category(id));
                (None, base.map(bare))
            }
            (None, Some(base), Some(live)) => {
                if needed {
                    return (Some(bare(live)), Some(bare(base)));
                }
                let subject = subject_of_category(live);
                let sides = [json!({"name": live.name}), Value::Null, category_json(base)];
                let edited = is_edited(base, live) || is_any_edited(base, live);
                let class = if edited { Class::Conflict } else { Class::Edit };
                let present = self.presence(path, Presence::Left, class, &subject, sides);
                if present { (Some(bare(live)), Some(bare(base))) } else { (None, None) }
            }
            (None, None, Some(live)) => {
                let known = self.known_uuids().is_none_or(|uuids| uuids.categories.values().any(|known| known == id));
                let subject = subject_of_category(live);
                let sides = [json!({"name": live.name}), Value::Null, Value::Null];
                let present = known || needed || self.presence(path, Presence::Left, Class::Drift, &subject, sides);
                (present.then(|| bare(live)), None)
            }
            (None, _, None) => (None, None),
        }
    }

    fn category_fields(
        &mut self,
        id: &ExternalId,
        desired: &VariantCategory,
        base: Option<&VariantCategory>,
        live: &VariantCategory,
    ) -> (VariantCategory, VariantCategory) {
        let unsaid = VariantCategory::default();
        let b = base.unwrap_or(&unsaid);
        let VariantCategory { external_id: _, name, internal_name: _, min_quantity, max_quantity, variants: _ } =
            desired;
        let subject = subject_of_category(desired);
        let at = |field| Path::category_field(id, field);
        let [d_internal, b_internal, l_internal] = [desired, b, live].map(internal_name_of);
        let internal = Sides { desired: &d_internal, base: &b_internal, live: &l_internal };
        let name =
            self.field(at(CategoryField::Name), &subject, Sides { desired: name, base: &b.name, live: &live.name });
        let internal_name = self.field(at(CategoryField::InternalName), &subject, internal);
        let min = Sides { desired: min_quantity, base: &b.min_quantity, live: &live.min_quantity };
        let min = self.field(at(CategoryField::MinQuantity), &subject, min);
        let max = Sides { desired: max_quantity, base: &b.max_quantity, live: &live.max_quantity };
        let max = self.field(at(CategoryField::MaxQuantity), &subject, max);
        let made = |name, internal_name, min_quantity, max_quantity| VariantCategory {
            external_id: id.clone(),
            name,
            internal_name,
            min_quantity,
            max_quantity,
            variants: Vec::new(),
        };
        (made(name.0, internal_name.0, min.0, max.0), made(name.1, internal_name.1, min.1, max.1))
    }
}

struct CategorySides<'a> {
    desired: Option<&'a VariantCategory>,
    base: Option<&'a VariantCategory>,
    live: Option<&'a VariantCategory>,
}

/// Whether somebody changed a category elsewhere in what the files own.
fn is_edited(base: &VariantCategory, live: &VariantCategory) -> bool {
    let VariantCategory { external_id: _, name, internal_name: _, min_quantity, max_quantity, variants: _ } = base;
    differs(name, &live.name)
        || differs(&internal_name_of(base), &internal_name_of(live))
        || differs(min_quantity, &live.min_quantity)
        || differs(max_quantity, &live.max_quantity)
}

/// A category's cashier's name that equals its name reads back where none was sent, so it counts as absent.
fn internal_name_of(category: &VariantCategory) -> Field<String> {
    let same = category.internal_name.value().is_some() && same(&category.internal_name, &category.name);
    if same { Field::Null } else { category.internal_name.clone() }
}

/// Whether two categories say the same, however their texts are spelled.
fn same_category(a: &VariantCategory, b: &VariantCategory) -> bool {
    let normal = |category: &VariantCategory| {
        let mut category = category.clone();
        category.name = normal_text(category.name);
        category.internal_name = normal_text(category.internal_name);
        category.variants.iter_mut().for_each(|variant| variant.name = normal_text(std::mem::take(&mut variant.name)));
        category
    };
    normal(a) == normal(b)
}

fn category_json(category: &VariantCategory) -> Value {
    let mut category = category.clone();
    category.variants.iter_mut().for_each(|variant| variant.in_stock = Field::Unsaid);
    let mut value = json_of(&category);
    if let Value::Object(map) = &mut value {
        map.remove("external_id");
    }
    value
}

fn subject_of_category(category: &VariantCategory) -> Subject {
    let name = category.name.value().cloned().unwrap_or_else(|| category.external_id.0.clone());
    Subject { within: None, name }
}
