//! Our catalogs → the bodies of `PUT v1/catalog` and of the two stock PATCHes (documentation).
//!
//! Borrows all the way and writes straight to the serialiser: no tree is built in between. The PUT replaces the whole
//! menu, so what is cleared or never said is simply not there.

use std::collections::HashSet;

use serde::{Serialize, Serializer, ser::SerializeMap};
use uuid::Uuid;

use super::super::StockChange;
use crate::catalog::{Catalog, ExternalId, Field, Item, Menu, Variant, VariantCategory};
use crate::settings::StockKey;

/// The body of `PUT v1/catalog`. What is not set is left out, stock too: `render` shows catalogs that do not know it.
/// What is sent to the platform has passed `incomplete` before.
pub fn put_body(catalog: &Catalog, request_id: Option<Uuid>) -> impl Serialize + '_ {
    PutBody { catalog, request_id }
}

/// The first thing in `catalog` that lacks what a PUT must say. Stock above all: a PUT without it puts sold-out dishes
/// back on sale.
pub(crate) fn incomplete(catalog: &Catalog) -> Option<String> {
    let lacks =
        |kind: &str, id: &ExternalId, key: &str, is_set: bool| (!is_set).then(|| format!("{kind} {id} has no {key}"));
    let item = catalog.items().find_map(|(_, item)| {
        lacks("item", &item.external_id, "name", item.name.value().is_some())
            .or_else(|| lacks("item", &item.external_id, "price", item.price.value().is_some()))
            .or_else(|| lacks("item", &item.external_id, "in_stock", item.in_stock.value().is_some()))
    });
    item.or_else(|| {
        catalog.variants().find_map(|(_, variant)| {
            lacks("variant", &variant.external_id, "name", variant.name.value().is_some())
                .or_else(|| lacks("variant", &variant.external_id, "price", variant.price.value().is_some()))
                .or_else(|| lacks("variant", &variant.external_id, "in_stock", variant.in_stock.value().is_some()))
        })
    })
}

/// The body of a stock PATCH: a bare array. With [`StockKey::Id`] everything must have been seen live; if something was
/// not, its id is given back.
pub(crate) fn stock_body(changes: &[StockChange], key: StockKey) -> Result<impl Serialize + '_, &ExternalId> {
    if key == StockKey::Id
        && let Some(unseen) = changes.iter().find(|change| change.uuid.is_empty())
    {
        return Err(&unseen.external_id);
    }
    Ok(StockBody { changes, key })
}

struct StockBody<'a> {
    changes: &'a [StockChange],
    key: StockKey,
}

impl Serialize for StockBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A variant that has a UUID in each of its categories has one external id.
        let mut named = HashSet::new();
        let lines = self.changes.iter().filter(|line| self.key == StockKey::Id || named.insert(&line.external_id));
        serializer.collect_seq(lines.map(|change| StockLine { change, key: self.key }))
    }
}

struct StockLine<'a> {
    change: &'a StockChange,
    key: StockKey,
}

impl Serialize for StockLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        match self.key {
            StockKey::ExternalId => map.serialize_entry("external_id", &self.change.external_id)?,
            StockKey::Id => map.serialize_entry("id", &self.change.uuid)?,
        }
        map.serialize_entry("in_stock", &self.change.in_stock)?;
        map.end()
    }
}

struct PutBody<'a> {
    catalog: &'a Catalog,
    request_id: Option<Uuid>,
}

impl Serialize for PutBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Catalog { menus, variant_categories, platform_menus: _, promotions: _, price_steps: _, menu_files: _ } =
            self.catalog;
        let mut map = serializer.serialize_map(None)?;
        if let Some(id) = self.request_id {
            map.serialize_entry("request_id", &id)?;
        }
        map.serialize_entry("menus", &List(menus))?;
        map.serialize_entry("variant_categories", &List(variant_categories))?;
        map.end()
    }
}

/// A thing in the platform's write shape.
struct Wire<'a, T>(&'a T);

/// A list of such.
struct List<'a, T>(&'a [T]);

impl<'a, T> Serialize for List<'a, T>
where
    Wire<'a, T>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Wire))
    }
}

/// Writes `key` if `field` has a value.
fn entry<M: SerializeMap, T: Serialize>(map: &mut M, key: &'static str, field: &Field<T>) -> Result<(), M::Error> {
    field.value().map_or(Ok(()), |value| map.serialize_entry(key, value))
}

impl Serialize for Wire<'_, Menu> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Menu { name, menu_items } = self.0;
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("name", name)?;
        map.serialize_entry("menu_items", &List(menu_items))?;
        map.end()
    }
}

impl Serialize for Wire<'_, Item> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Taken apart in full, so that a new field cannot be forgotten here.
        let Item {
            external_id,
            name,
            internal_name,
            description,
            in_stock,
            price,
            image,
            operational_hours,
            variant_category_external_ids,
        } = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("external_id", external_id)?;
        entry(&mut map, "name", name)?;
        entry(&mut map, "internal_name", internal_name)?;
        entry(&mut map, "description", description)?;
        entry(&mut map, "in_stock", in_stock)?;
        entry(&mut map, "price", price)?;
        entry(&mut map, "image", image)?;
        entry(&mut map, "operational_hours", operational_hours)?;
        // Whoever has no choices and had none says nothing of them; who had some and has none any more says so.
        if !variant_category_external_ids.is_unsaid() {
            let categories = variant_category_external_ids.value().map(Vec::as_slice).unwrap_or_default();
            map.serialize_entry("variant_category_external_ids", categories)?;
        }
        map.end()
    }
}

impl Serialize for Wire<'_, VariantCategory> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let VariantCategory { external_id, name, internal_name, min_quantity, max_quantity, variants } = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("external_id", external_id)?;
        entry(&mut map, "name", name)?;
        entry(&mut map, "internal_name", internal_name)?;
        if min_quantity.value().is_some() || max_quantity.value().is_some() {
            map.serialize_entry("rules", &Rules { selection: Selection { min_quantity, max_quantity } })?;
        }
        map.serialize_entry("variants", &List(variants))?;
        map.end()
    }
}

#[derive(Serialize)]
struct Rules<'a> {
    selection: Selection<'a>,
}

struct Selection<'a> {
    min_quantity: &'a Field<u32>,
    max_quantity: &'a Field<u32>,
}

impl Serialize for Selection<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        entry(&mut map, "min_quantity", self.min_quantity)?;
        entry(&mut map, "max_quantity", self.max_quantity)?;
        map.end()
    }
}

impl Serialize for Wire<'_, Variant> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Variant { external_id, name, price, in_stock } = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("external_id", external_id)?;
        entry(&mut map, "name", name)?;
        entry(&mut map, "price", price)?;
        entry(&mut map, "in_stock", in_stock)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;
    use crate::catalog::{Hours, Price};

    fn full() -> Catalog {
        let item = Item {
            external_id: "S".into(),
            name: Field::Set("Soto".into()),
            internal_name: Field::Set("So".into()),
            description: Field::Set("Kuah".into()),
            in_stock: Field::Set(false),
            price: Field::Set(Price(25000)),
            image: Field::Set("https://x/y.png".into()),
            operational_hours: Field::Set(Hours::default()),
            variant_category_external_ids: Field::Set(vec!["C".into()]),
        };
        let variant = Variant {
            external_id: "V".into(),
            name: Field::Set("Pedas".into()),
            price: Field::Set(Price(-500)),
            in_stock: Field::Set(true),
        };
        let category = VariantCategory {
            external_id: "C".into(),
            name: Field::Set("Level".into()),
            internal_name: Field::Null,
            min_quantity: Field::Set(0),
            max_quantity: Field::Unsaid,
            variants: vec![variant],
        };
        Catalog {
            menus: vec![Menu { name: "M".into(), menu_items: vec![item] }],
            variant_categories: vec![category],
            ..Catalog::default()
        }
    }

    fn json(body: impl Serialize) -> String {
        serde_json::to_string(&body).unwrap()
    }

    #[test]
    fn everything_said_is_sent_in_the_documented_keys() {
        insta::assert_snapshot!(json(put_body(&full(), Some(Uuid::nil()))), @r#"{"request_id":"00000000-0000-0000-0000-000000000000","menus":[{"name":"M","menu_items":[{"external_id":"S","name":"Soto","internal_name":"So","description":"Kuah","in_stock":false,"price":25000,"image":"https://x/y.png","operational_hours":{"sunday":[],"monday":[],"tuesday":[],"wednesday":[],"thursday":[],"friday":[],"saturday":[]},"variant_category_external_ids":["C"]}]}],"variant_categories":[{"external_id":"C","name":"Level","rules":{"selection":{"min_quantity":0}},"variants":[{"external_id":"V","name":"Pedas","price":-500,"in_stock":true}]}]}"#);
    }

    #[test]
    fn what_is_cleared_or_unsaid_is_left_out() {
        let item = Item { external_id: "S".into(), description: Field::Null, ..Item::default() };
        let no_choices = Item { variant_category_external_ids: Field::Null, ..item.clone() };
        let category = VariantCategory { external_id: "C".into(), ..VariantCategory::default() };
        let catalog = Catalog {
            menus: vec![Menu { name: "M".into(), menu_items: vec![item, no_choices] }],
            variant_categories: vec![category],
            ..Catalog::default()
        };
        insta::assert_snapshot!(json(put_body(&catalog, None)), @r#"{"menus":[{"name":"M","menu_items":[{"external_id":"S"},{"external_id":"S","variant_category_external_ids":[]}]}],"variant_categories":[{"external_id":"C","variants":[]}]}"#);
    }

    #[test]
    fn a_catalog_without_stock_name_or_price_is_incomplete() {
        assert_eq!(incomplete(&full()), None);
        let mut catalog = full();
        catalog.variant_categories[0].variants[0].in_stock = Field::Unsaid;
        assert_eq!(incomplete(&catalog).as_deref(), Some("variant V has no in_stock"));
        catalog.menus[0].menu_items[0].price = Field::Null;
        assert_eq!(incomplete(&catalog).as_deref(), Some("item S has no price"));
    }

    #[test]
    fn stock_is_named_by_the_chosen_key() {
        let mut changes = vec![StockChange { external_id: "S".into(), uuid: "u".into(), in_stock: false }];
        assert_eq!(
            json(stock_body(&changes, StockKey::ExternalId).unwrap()),
            r#"[{"external_id":"S","in_stock":false}]"#
        );
        assert_eq!(json(stock_body(&changes, StockKey::Id).unwrap()), r#"[{"id":"u","in_stock":false}]"#);
        let copy = StockChange { uuid: "w".into(), ..changes[0].clone() };
        let both = [changes[0].clone(), copy];
        assert_eq!(json(stock_body(&both, StockKey::ExternalId).unwrap()), r#"[{"external_id":"S","in_stock":false}]"#);
        assert_eq!(
            json(stock_body(&both, StockKey::Id).unwrap()),
            r#"[{"id":"u","in_stock":false},{"id":"w","in_stock":false}]"#
        );
        changes[0].uuid.clear();
        assert!(stock_body(&changes, StockKey::ExternalId).is_ok());
        assert_eq!(stock_body(&changes, StockKey::Id).err(), Some(&"S".into()));
    }
}
