//! What `GET v2/catalog` answers (documentation; the sample is known to be incomplete) → [`LiveCatalog`].
//!
//! Tolerant of what the documentation leaves open: unknown keys, nulls and missing optional keys. Strict in what must
//! not be mistaken: no success and no list of menus is an error and never an empty menu; a price is a whole number.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::catalog::{
    ExternalId, Field, Hours, Price,
    live::{LiveCatalog, LiveCategory, LiveItem, LiveMenu, LiveVariant},
};

/// Why an answer is no catalog.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// Not JSON, or cut off: a gateway's or a line's fault.
    NotJson(String),
    /// JSON of another shape than documented.
    Shape(String),
}

/// Reads the body of a successful answer.
pub(crate) fn read(body: &[u8]) -> Result<LiveCatalog, Unreadable> {
    let answer: Answer = serde_json::from_slice(body).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => Unreadable::Shape(format!("the answer is not a catalog: {error}")),
        _ => Unreadable::NotJson(format!("the answer is not JSON or was cut off: {error}")),
    })?;
    answer.catalog().map_err(Unreadable::Shape)
}

/// Whether a `success` value says yes.
fn is_yes(value: &Value) -> bool {
    matches!(value, Value::Bool(true)) || value.as_i64() == Some(1) || value.as_str() == Some("true")
}

/// `null` and a missing list are the same: empty.
fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[derive(Deserialize)]
struct Answer {
    success: Option<Value>,
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    menus: Option<Vec<WireMenu>>,
    #[serde(default, deserialize_with = "list")]
    variant_categories: Vec<WireCategory>,
}

#[derive(Deserialize)]
struct WireMenu {
    #[serde(default)]
    name: Field<Value>,
    #[serde(default, deserialize_with = "list")]
    menu_items: Vec<WireItem>,
}

#[derive(Deserialize)]
struct WireItem {
    #[serde(default)]
    id: Field<Value>,
    #[serde(default)]
    external_id: Field<Value>,
    #[serde(default)]
    name: Field<Value>,
    #[serde(default)]
    internal_name: Field<Value>,
    #[serde(default)]
    description: Field<Value>,
    #[serde(default)]
    in_stock: Field<Value>,
    #[serde(default)]
    price: Field<Value>,
    #[serde(default)]
    image: Field<Value>,
    #[serde(default)]
    operational_hours: Field<Value>,
    #[serde(default, deserialize_with = "list")]
    variant_category_ids: Vec<String>,
}

#[derive(Deserialize)]
struct WireCategory {
    #[serde(default)]
    id: Field<Value>,
    #[serde(default)]
    external_id: Field<Value>,
    #[serde(default)]
    name: Field<Value>,
    #[serde(default)]
    internal_name: Field<Value>,
    #[serde(default)]
    rules: Field<Rules>,
    #[serde(default, deserialize_with = "list")]
    variants: Vec<WireVariant>,
}

#[derive(Deserialize)]
struct Rules {
    #[serde(default)]
    selection: Field<Selection>,
}

#[derive(Deserialize)]
struct Selection {
    #[serde(default)]
    min_quantity: Field<Value>,
    #[serde(default)]
    max_quantity: Field<Value>,
}

#[derive(Deserialize)]
struct WireVariant {
    #[serde(default)]
    id: Field<Value>,
    #[serde(default)]
    external_id: Field<Value>,
    #[serde(default)]
    name: Field<Value>,
    #[serde(default)]
    price: Field<Value>,
    #[serde(default)]
    in_stock: Field<Value>,
}

impl Answer {
    fn catalog(self) -> Result<LiveCatalog, String> {
        if !self.success.as_ref().is_some_and(is_yes) {
            return Err("the answer does not say `success: true`".to_owned());
        }
        let data = self.data.ok_or("the answer has no `data`: this is not taken for an empty menu")?;
        let menus = data.menus.ok_or("the answer has no list `data.menus`: this is not taken for an empty menu")?;
        Ok(LiveCatalog {
            menus: menus.into_iter().map(WireMenu::live).collect::<Result<_, _>>()?,
            variant_categories: data
                .variant_categories
                .into_iter()
                .map(WireCategory::live)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl WireMenu {
    fn live(self) -> Result<LiveMenu, String> {
        let name = Thing { kind: "menu", name: None }.name(self.name)?;
        Ok(LiveMenu { name, menu_items: self.menu_items.into_iter().map(WireItem::live).collect::<Result<_, _>>()? })
    }
}

impl WireItem {
    fn live(self) -> Result<LiveItem, String> {
        let thing = Thing::new("item", &self.name, &self.external_id, &self.id);
        Ok(LiveItem {
            uuid: thing.text("id", self.id)?.value().cloned().unwrap_or_default(),
            external_id: thing.text("external_id", self.external_id)?.map(ExternalId),
            internal_name: thing.text("internal_name", self.internal_name)?,
            description: thing.text("description", self.description)?,
            in_stock: thing.flag("in_stock", self.in_stock)?,
            price: thing.price(self.price)?,
            image: thing.text("image", self.image)?,
            operational_hours: thing.hours(self.operational_hours)?,
            variant_category_uuids: self.variant_category_ids,
            name: thing.name(self.name)?,
        })
    }
}

impl WireCategory {
    fn live(self) -> Result<LiveCategory, String> {
        let thing = Thing::new("variant category", &self.name, &self.external_id, &self.id);
        let (min, max) = bounds(self.rules);
        Ok(LiveCategory {
            uuid: thing.text("id", self.id)?.value().cloned().unwrap_or_default(),
            external_id: thing.text("external_id", self.external_id)?.map(ExternalId),
            internal_name: thing.text("internal_name", self.internal_name)?,
            min_quantity: thing.count("min_quantity", min)?,
            max_quantity: thing.count("max_quantity", max)?,
            variants: self.variants.into_iter().map(WireVariant::live).collect::<Result<_, _>>()?,
            name: thing.name(self.name)?,
        })
    }
}

impl WireVariant {
    fn live(self) -> Result<LiveVariant, String> {
        let thing = Thing::new("variant", &self.name, &self.external_id, &self.id);
        Ok(LiveVariant {
            uuid: thing.text("id", self.id)?.value().cloned().unwrap_or_default(),
            external_id: thing.text("external_id", self.external_id)?.map(ExternalId),
            price: thing.price(self.price)?,
            in_stock: thing.flag("in_stock", self.in_stock)?,
            name: thing.name(self.name)?,
        })
    }
}

/// `rules.selection.{min,max}_quantity`; what stands above a missing key speaks for it.
fn bounds(rules: Field<Rules>) -> (Field<Value>, Field<Value>) {
    match rules {
        Field::Unsaid | Field::Set(Rules { selection: Field::Unsaid }) => (Field::Unsaid, Field::Unsaid),
        Field::Null | Field::Set(Rules { selection: Field::Null }) => (Field::Null, Field::Null),
        Field::Set(Rules { selection: Field::Set(selection) }) => (selection.min_quantity, selection.max_quantity),
    }
}

/// What a value belongs to, for messages.
struct Thing {
    kind: &'static str,
    name: Option<String>,
}

impl Thing {
    /// Named by the first of name, our id and their id that is a text.
    fn new(kind: &'static str, name: &Field<Value>, external_id: &Field<Value>, id: &Field<Value>) -> Self {
        let name =
            [name, external_id, id].into_iter().find_map(|field| field.value()?.as_str().filter(|t| !t.is_empty()));
        Self { kind, name: name.map(str::to_owned) }
    }

    /// `item “Nasi Goreng”: price is "x", expected a whole number`
    fn wrong(&self, key: &str, found: &Value, expected: &str) -> String {
        let found = super::super::text::clean(&found.to_string(), 80);
        match &self.name {
            Some(name) => format!("{} “{name}”: {key} is {found}, expected {expected}", self.kind),
            None => format!("a {} without a name: {key} is {found}, expected {expected}", self.kind),
        }
    }

    /// A text; an empty one is none.
    fn text(&self, key: &str, field: Field<Value>) -> Result<Field<String>, String> {
        match field {
            Field::Unsaid => Ok(Field::Unsaid),
            Field::Null => Ok(Field::Null),
            Field::Set(Value::String(text)) if text.is_empty() => Ok(Field::Null),
            Field::Set(Value::String(text)) => Ok(Field::Set(text)),
            Field::Set(other) => Err(self.wrong(key, &other, "a text")),
        }
    }

    /// A name; none is empty.
    fn name(&self, field: Field<Value>) -> Result<String, String> {
        Ok(match self.text("name", field)? {
            Field::Set(name) => name,
            Field::Unsaid | Field::Null => String::new(),
        })
    }

    fn flag(&self, key: &str, field: Field<Value>) -> Result<Field<bool>, String> {
        self.convert(key, field, "true or false", Value::as_bool)
    }

    fn price(&self, field: Field<Value>) -> Result<Field<Price>, String> {
        self.convert("price", field, "a whole number of rupiah", |value| whole(value).map(Price))
    }

    fn count(&self, key: &str, field: Field<Value>) -> Result<Field<u32>, String> {
        self.convert(key, field, "a whole number from 0", |value| whole(value)?.try_into().ok())
    }

    /// Days and ranges as the platform writes them; a missing day is closed, the order of ranges means nothing.
    fn hours(&self, field: Field<Value>) -> Result<Field<Hours>, String> {
        const EXPECTED: &str = "days with ranges like {\"monday\": [{\"start\": \"10:00\", \"end\": \"22:00\"}]}";
        self.convert("operational_hours", field, EXPECTED, |value| Hours::deserialize(value).ok())
    }

    fn convert<T>(
        &self,
        key: &str,
        field: Field<Value>,
        expected: &str,
        convert: impl Fn(&Value) -> Option<T>,
    ) -> Result<Field<T>, String> {
        match field {
            Field::Unsaid => Ok(Field::Unsaid),
            Field::Null => Ok(Field::Null),
            Field::Set(value) => convert(&value).map(Field::Set).ok_or_else(|| self.wrong(key, &value, expected)),
        }
    }
}

/// A whole number, also when written as a float (`25000.0`): some JSON writers know no other numbers.
fn whole(value: &Value) -> Option<i64> {
    // Up to here every whole number has a float of its own.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    value.as_i64().or_else(|| {
        let float = value.as_f64().filter(|f| value.is_f64() && f.fract() == 0.0 && f.abs() <= EXACT)?;
        Some(float as i64)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;
    use crate::catalog::{Day, TimeRange};

    fn item(fields: &str) -> Result<LiveItem, Unreadable> {
        let body = format!(
            r#"{{"success":true,"data":{{"menus":[{{"name":"M","menu_items":[{{"name":"Soto",{fields}}}]}}]}}}}"#
        );
        read(body.as_bytes()).map(|mut live| live.menus.remove(0).menu_items.remove(0))
    }

    fn shape(body: &str) -> String {
        match read(body.as_bytes()) {
            Err(Unreadable::Shape(what)) => what,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_documented_shape_is_read() {
        let body = r#"{"success":true,"data":{"menus":[{"name":"Nasi","id":"m","menu_items":[
            {"id":"u1","name":"Soto","price":25000,"external_id":"S","internal_name":"","description":null,"in_stock":false,
             "image":"https://cdn/x","variant_category_ids":["c1"],"new_key":{"a":[1]},
             "operational_hours":{"monday":[{"start":"18:00","end":"22:00"},{"start":"10:00","end":"12:00"}]}}]}],
            "variant_categories":[{"id":"c1","name":"Pedas","internal_name":"P","rules":{"selection":{"min_quantity":1,"max_quantity":2.0}},
             "variants":[{"id":"v1","external_id":"V","name":"Sedang","price":0,"in_stock":true}]}]}}"#;
        let live = read(body.as_bytes()).unwrap();
        let mut hours = Hours::default();
        *hours.day_mut(Day::Monday) = vec![TimeRange { start: 600, end: 720 }, TimeRange { start: 1080, end: 1320 }];
        let item = LiveItem {
            uuid: "u1".into(),
            external_id: Field::Set("S".into()),
            name: "Soto".into(),
            internal_name: Field::Null,
            description: Field::Null,
            in_stock: Field::Set(false),
            price: Field::Set(Price(25000)),
            image: Field::Set("https://cdn/x".into()),
            operational_hours: Field::Set(hours),
            variant_category_uuids: vec!["c1".into()],
        };
        assert_eq!(live.menus, [LiveMenu { name: "Nasi".into(), menu_items: vec![item] }]);
        let variant = LiveVariant {
            uuid: "v1".into(),
            external_id: Field::Set("V".into()),
            name: "Sedang".into(),
            price: Field::Set(Price(0)),
            in_stock: Field::Set(true),
        };
        let category = LiveCategory {
            uuid: "c1".into(),
            external_id: Field::Unsaid,
            name: "Pedas".into(),
            internal_name: Field::Set("P".into()),
            min_quantity: Field::Set(1),
            max_quantity: Field::Set(2),
            variants: vec![variant],
        };
        assert_eq!(live.variant_categories, [category]);
    }

    #[test]
    fn missing_keys_are_unsaid_and_nulls_are_none() {
        let bare = item(r#""x":1"#).unwrap();
        assert_eq!(bare, LiveItem { name: "Soto".into(), ..LiveItem::default() });
        let nulls = item(r#""id":null,"external_id":null,"price":null,"in_stock":null,"image":"","operational_hours":null,"variant_category_ids":null"#).unwrap();
        let expected = LiveItem {
            name: "Soto".into(),
            external_id: Field::Null,
            price: Field::Null,
            in_stock: Field::Null,
            image: Field::Null,
            operational_hours: Field::Null,
            ..LiveItem::default()
        };
        assert_eq!(nulls, expected);
        let empty = r#"{"success":true,"data":{"menus":[{"name":null,"menu_items":null}],"variant_categories":null}}"#;
        assert_eq!(read(empty.as_bytes()).unwrap().menus, [LiveMenu::default()]);
        for rules in ["", r#","rules":null"#, r#","rules":{}"#, r#","rules":{"selection":null}"#] {
            let body =
                format!(r#"{{"success":true,"data":{{"menus":[],"variant_categories":[{{"id":"c"{rules}}}]}}}}"#);
            assert_eq!(read(body.as_bytes()).unwrap().variant_categories[0].min_quantity.value(), None);
        }
    }

    #[test]
    fn prices_are_whole_numbers_in_either_writing() {
        for (text, price) in [("25000", 25000), ("25000.0", 25000), ("2.5e4", 25000), ("-500", -500), ("0", 0)] {
            assert_eq!(item(&format!(r#""price":{text}"#)).unwrap().price, Field::Set(Price(price)), "{text}");
        }
        for text in ["25000.5", "1e300", "18446744073709551615", "true", r#""25000""#, "[]"] {
            let Err(Unreadable::Shape(what)) = item(&format!(r#""price":{text}"#)) else { panic!("{text}") };
            assert!(
                what.starts_with("item “Soto”: price is ") && what.ends_with(", expected a whole number of rupiah"),
                "{what}"
            );
        }
    }

    #[test]
    fn hours_of_another_shape_are_an_error_that_names_the_item() {
        let Err(Unreadable::Shape(what)) = item(r#""operational_hours":{"senin":[]}"#) else { panic!() };
        insta::assert_snapshot!(what, @r#"item “Soto”: operational_hours is {"senin":[]}, expected days with ranges like {"monday": [{"start": "10:00", "end": "22:00"}]}"#);
        for hours in
            ["[]", r#""always""#, r#"{"monday":[{"start":"10.00","end":"12:00"}]}"#, r#"{"monday":"10:00-12:00"}"#]
        {
            assert!(item(&format!(r#""operational_hours":{hours}"#)).is_err(), "{hours}");
        }
        assert_eq!(item(r#""operational_hours":{}"#).unwrap().operational_hours, Field::Set(Hours::default()));
    }

    #[test]
    fn an_answer_without_menus_is_never_an_empty_menu() {
        insta::assert_snapshot!(shape(r#"{"success":true,"data":{"menus":null}}"#), @"the answer has no list `data.menus`: this is not taken for an empty menu");
        insta::assert_snapshot!(shape(r#"{"success":true}"#), @"the answer has no `data`: this is not taken for an empty menu");
        insta::assert_snapshot!(shape(r#"{"data":{"menus":[]}}"#), @"the answer does not say `success: true`");
        insta::assert_snapshot!(shape(r#"{"success":false,"data":{"menus":[]}}"#), @"the answer does not say `success: true`");
        insta::assert_snapshot!(shape(r#"{"success":true,"data":{"menus":{}}}"#), @"the answer is not a catalog: invalid type: map, expected a sequence at line 1 column 32");
        shape(r#"{"success":true,"data":{"menus":[null]}}"#);
        shape("[]");
        shape("null");
        assert!(read(br#"{"success":true,"data":{"menus":[]}}"#).unwrap().is_empty());
    }

    #[test]
    fn what_is_cut_off_or_too_deep_is_no_json() {
        let whole = r#"{"success":true,"data":{"menus":[{"name":"é","menu_items":[{"price":1}]}]}}"#;
        for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
            assert!(matches!(read(&whole.as_bytes()[..end]), Err(Unreadable::NotJson(_))), "{}", &whole[..end]);
        }
        let deep = format!(r#"{{"success":{}"#, "[".repeat(100_000));
        assert!(matches!(read(deep.as_bytes()), Err(Unreadable::NotJson(_))));
        assert!(matches!(read(b"\xff\xfe"), Err(Unreadable::NotJson(_))));
    }
}
