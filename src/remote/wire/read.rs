//! What `GET v2/catalog` answers (documentation; the sample is known to be incomplete) → [`LiveCatalog`].
//!
//! Tolerant of what the documentation leaves open: unknown keys, nulls, missing optional keys, and values in another form
//! that can mean one thing only (`"25000"`, `22:00:00`, an id that is a number). Strict in what must not be mistaken:
//! nothing but an object that says `success` and has a list `data.menus` is a menu, and no value is guessed. One value that
//! cannot be read is noted beside its thing ([`Extra`]); everything else of the outlet is read all the same.

use serde_json::{Map, Value};

use super::super::{json::Unique, text::clean};
use crate::catalog::{
    CategoryField, Day, ExternalId, Field, Hours, ItemField, Price, TimeRange,
    live::{Extra, LiveCatalog, LiveCategory, LiveItem, LiveMenu, LiveVariant},
    parse_clock,
};

/// How much is told of what cannot be read, and of a key that is not known (our choice).
const LONGEST_FOUND: usize = 80;
const LONGEST_KEY: usize = 60;

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
    let Unique(answer) = serde_json::from_slice(body).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => Unreadable::Shape(format!("the answer is not a catalog: {error}")),
        _ => Unreadable::NotJson(format!("the answer is not JSON or was cut off: {error}")),
    })?;
    catalog(answer).map_err(Unreadable::Shape)
}

fn catalog(answer: Value) -> Result<LiveCatalog, String> {
    const NOT_EMPTY: &str = "this is not taken for an empty menu";
    let Value::Object(mut answer) = answer else {
        return Err(format!("the answer is {}, expected an object: {NOT_EMPTY}", shape(&answer)));
    };
    if answer.get("success").and_then(flag) != Some(true) {
        return Err("the answer does not say `success: true`".to_owned());
    }
    let mut data = match answer.remove("data") {
        Some(Value::Object(data)) => data,
        None | Some(Value::Null) => return Err(format!("the answer has no `data`: {NOT_EMPTY}")),
        Some(other) => return Err(format!("`data` is {}, expected an object: {NOT_EMPTY}", shape(&other))),
    };
    let menus = match data.remove("menus") {
        Some(Value::Array(menus)) => menus,
        None | Some(Value::Null) => return Err(format!("the answer has no list `data.menus`: {NOT_EMPTY}")),
        Some(other) => return Err(format!("`data.menus` is {}, expected a list: {NOT_EMPTY}", shape(&other))),
    };
    let categories = match data.remove("variant_categories") {
        Some(Value::Array(categories)) => categories,
        None | Some(Value::Null) => Vec::new(),
        Some(other) => return Err(format!("`data.variant_categories` is {}, expected a list", shape(&other))),
    };
    Ok(LiveCatalog {
        menus: each(menus, "data.menus", menu)?,
        variant_categories: each(categories, "data.variant_categories", category)?,
        extra: Thing::new("answer", data, &|| "data".to_owned()).finish(&["id", "outlet_id", "request_id", "active"]),
    })
}

/// What a value is, where it is of a wrong kind.
fn shape(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Reads every member of a list. `place` is where it stands in the answer.
fn each<T>(
    list: Vec<Value>,
    place: &str,
    read: impl Fn(Map<String, Value>, &dyn Fn() -> String) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let one = |(index, value)| {
        let place = || format!("{place}[{index}]");
        match value {
            Value::Object(keys) => read(keys, &place),
            other => Err(format!("`{}` is {}, expected an object", place(), shape(&other))),
        }
    };
    list.into_iter().enumerate().map(one).collect()
}

fn menu(keys: Map<String, Value>, place: &dyn Fn() -> String) -> Result<LiveMenu, String> {
    let mut menu = Thing::new("menu", keys, place);
    let (name, items) = (menu.name(), menu.list("menu_items")?);
    // Its items are known by it: a menu without a readable name is none.
    if let Some(found) = menu.extra.unread.get("name") {
        return Err(format!("a menu ({}): name is {found}, expected a text", place()));
    }
    let menu_items = each(items, &format!("{}.menu_items", place()), item)?;
    Ok(LiveMenu { name, menu_items, extra: menu.finish(&["id", "active"]) })
}

fn item(keys: Map<String, Value>, place: &dyn Fn() -> String) -> Result<LiveItem, String> {
    let mut item = Thing::new("item", keys, place);
    Ok(LiveItem {
        uuid: item.uuid(),
        external_id: item.id("external_id").map(ExternalId),
        internal_name: item.text("internal_name"),
        description: item.text("description"),
        in_stock: item.flag("in_stock"),
        price: item.price(),
        image: item.image(),
        operational_hours: item.hours(),
        variant_category_uuids: item.choices(),
        name: item.name(),
        // What was written may be shown as well.
        extra: item.finish(&["active", "variant_category_external_ids"]),
    })
}

fn category(keys: Map<String, Value>, place: &dyn Fn() -> String) -> Result<LiveCategory, String> {
    let mut category = Thing::new("variant category", keys, place);
    let variants = category.list("variants")?;
    let [min_quantity, max_quantity] = category.quantities();
    Ok(LiveCategory {
        uuid: category.uuid(),
        external_id: category.id("external_id").map(ExternalId),
        internal_name: category.text("internal_name"),
        min_quantity,
        max_quantity,
        variants: each(variants, &format!("{}.variants", place()), variant)?,
        name: category.name(),
        extra: category.finish(&["active"]),
    })
}

fn variant(keys: Map<String, Value>, place: &dyn Fn() -> String) -> Result<LiveVariant, String> {
    let mut variant = Thing::new("variant", keys, place);
    Ok(LiveVariant {
        uuid: variant.uuid(),
        external_id: variant.id("external_id").map(ExternalId),
        price: variant.price(),
        in_stock: variant.flag("in_stock"),
        name: variant.name(),
        extra: variant.finish(&["active"]),
    })
}

/// A thing that is being read: the keys that nobody has asked for yet, and what was wrong with the others.
struct Thing<'a> {
    kind: &'static str,
    name: Option<String>,
    keys: Map<String, Value>,
    extra: Extra,
    place: &'a dyn Fn() -> String,
}

impl<'a> Thing<'a> {
    /// Named by the first of name, our id and their id that is a text.
    fn new(kind: &'static str, keys: Map<String, Value>, place: &'a dyn Fn() -> String) -> Self {
        let said = |key: &&str| keys.get(*key).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
        let name = ["name", "external_id", "id"].into_iter().find(said).and_then(|key| keys[key].as_str());
        Self { kind, name: name.map(str::to_owned), keys, extra: Extra::default(), place }
    }

    /// What is left. `known` are documented keys that mean nothing here; `active` says whether it can be seen at all.
    fn finish(mut self, known: &[&str]) -> Extra {
        self.extra.switched_off = self.keys.get("active").and_then(flag) == Some(false);
        let keys = std::mem::take(&mut self.keys);
        keys.into_iter().filter(|(key, _)| !known.contains(&key.as_str())).for_each(|(key, value)| {
            self.note_unknown(&key, &value);
        });
        self.extra
    }

    /// Notes a key that we do not know. Where it holds nothing, nothing can be lost with it.
    fn note_unknown(&mut self, key: &str, value: &Value) {
        let is_empty = match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            Value::Object(keys) => keys.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        if !is_empty {
            self.extra.unknown.insert(clean(key, LONGEST_KEY));
        }
    }

    fn take(&mut self, key: &str) -> Field<Value> {
        take(&mut self.keys, key)
    }

    /// `null` and a missing list are the same: empty. Anything else is an error: what is in it cannot be known.
    fn list(&mut self, key: &str) -> Result<Vec<Value>, String> {
        match self.take(key) {
            Field::Set(Value::Array(list)) => Ok(list),
            Field::Set(other) => {
                let name = self.name.as_ref().map(|name| format!(" “{}”", clean(name, LONGEST_FOUND)));
                let found = clean(&other.to_string(), LONGEST_FOUND);
                let (kind, name, place) = (self.kind, name.unwrap_or_default(), (self.place)());
                Err(format!("{kind}{name} ({place}): {key} is {found}, expected a list"))
            }
            Field::Unsaid | Field::Null => Ok(Vec::new()),
        }
    }

    /// A value as ours. One that cannot be read says nothing, and is noted under the key of our field.
    fn convert<T>(&mut self, key: &str, field: Field<Value>, convert: impl Fn(&Value) -> Option<T>) -> Field<T> {
        match field {
            Field::Unsaid => Field::Unsaid,
            Field::Null => Field::Null,
            Field::Set(value) => match convert(&value) {
                Some(value) => Field::Set(value),
                None => {
                    self.extra.unread.insert(key.to_owned(), clean(&value.to_string(), LONGEST_FOUND));
                    Field::Unsaid
                }
            },
        }
    }

    /// A text; an empty one is none.
    fn text(&mut self, key: &str) -> Field<String> {
        let field = self.take(key);
        self.said_text(key, field)
    }

    fn said_text(&mut self, key: &str, field: Field<Value>) -> Field<String> {
        let text = self.convert(key, field, |value| value.as_str().map(str::to_owned));
        if text.value().is_some_and(String::is_empty) { Field::Null } else { text }
    }

    /// A name; none is empty.
    fn name(&mut self) -> String {
        self.text("name").value().cloned().unwrap_or_default()
    }

    /// An id; one that is a number counts as its digits.
    fn id(&mut self, key: &str) -> Field<String> {
        let field = self.take(key);
        let id = self.convert(key, field, id);
        if id.value().is_some_and(String::is_empty) { Field::Null } else { id }
    }

    /// The platform's id; empty if there is none.
    fn uuid(&mut self) -> String {
        self.id("id").value().cloned().unwrap_or_default()
    }

    /// UUIDs of variant categories. They are unread under the name of the field that they tell of.
    fn choices(&mut self) -> Vec<String> {
        let field = self.take("variant_category_ids");
        let ids = |value: &Value| value.as_array()?.iter().map(id).collect::<Option<Vec<_>>>();
        self.convert(ItemField::VariantCategories.key(), field, ids).value().cloned().unwrap_or_default()
    }

    fn flag(&mut self, key: &str) -> Field<bool> {
        let field = self.take(key);
        self.convert(key, field, flag)
    }

    fn price(&mut self) -> Field<Price> {
        let field = self.take("price");
        self.convert("price", field, |value| whole(value).map(Price))
    }

    /// An address, or an object that has it as `url`.
    fn image(&mut self) -> Field<String> {
        let field = match self.take("image") {
            Field::Set(Value::Object(mut image)) if image.contains_key("url") => {
                let url = take(&mut image, "url");
                image.iter().for_each(|(key, value)| self.note_unknown(&format!("image.{key}"), value));
                url
            }
            field => field,
        };
        self.said_text("image", field)
    }

    /// Days and ranges as the platform writes them; a missing day is closed, the order of ranges means nothing.
    fn hours(&mut self) -> Field<Hours> {
        let field = self.take("operational_hours");
        for (day, ranges) in field.value().and_then(Value::as_object).into_iter().flatten() {
            if known_day(day).is_none() {
                self.note_unknown(&format!("operational_hours.{day}"), ranges);
            }
        }
        self.convert("operational_hours", field, hours)
    }

    /// `rules.selection.{min,max}_quantity`; what stands above a missing key speaks for it.
    fn quantities(&mut self) -> [Field<u32>; 2] {
        const KEYS: [CategoryField; 2] = [CategoryField::MinQuantity, CategoryField::MaxQuantity];
        let count = |value: &Value| u32::try_from(whole(value)?).ok();
        let mut found = self.take("rules");
        for (place, within) in [("rules", Some("selection")), ("rules.selection", None)] {
            found = match (found, within) {
                (Field::Set(Value::Object(mut keys)), Some(within)) => {
                    let within = take(&mut keys, within);
                    keys.iter().for_each(|(key, value)| self.note_unknown(&format!("{place}.{key}"), value));
                    within
                }
                (Field::Set(Value::Object(mut keys)), None) => {
                    let counts = KEYS.map(|field| {
                        let said = take(&mut keys, field.key());
                        self.convert(field.key(), said, count)
                    });
                    keys.iter().for_each(|(key, value)| self.note_unknown(&format!("{place}.{key}"), value));
                    return counts;
                }
                (other, _) => return KEYS.map(|field| self.convert(field.key(), other.clone(), count_nowhere)),
            };
        }
        [Field::Unsaid, Field::Unsaid]
    }
}

/// No number stands where an object is expected.
fn count_nowhere(_: &Value) -> Option<u32> {
    None
}

/// A key of an object; `null` is said.
fn take(keys: &mut Map<String, Value>, key: &str) -> Field<Value> {
    match keys.remove(key) {
        None => Field::Unsaid,
        Some(Value::Null) => Field::Null,
        Some(value) => Field::Set(value),
    }
}

/// What a text means that stands for a value of another kind.
fn digits(value: &Value) -> Option<i64> {
    let text = value.as_str()?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    // No dot and no comma: `25.000` is 25 thousand to people, and 25 to programs.
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// A whole number, also when written as a float (`25000.0`, as some JSON writers know no other numbers) or as a text.
fn whole(value: &Value) -> Option<i64> {
    // Up to here every whole number has a float of its own.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    value.as_i64().or_else(|| digits(value)).or_else(|| {
        let float = value.as_f64().filter(|f| value.is_f64() && f.fract() == 0.0 && f.abs() <= EXACT)?;
        Some(float as i64)
    })
}

/// Yes or no, also as a number or a text.
fn flag(value: &Value) -> Option<bool> {
    match (value.as_bool(), value.as_i64(), value.as_str()) {
        (Some(flag), ..) => Some(flag),
        (_, Some(1), _) | (.., Some("true" | "1")) => Some(true),
        (_, Some(0), _) | (.., Some("false" | "0")) => Some(false),
        _ => None,
    }
}

/// An id, a text or a number.
fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}

/// Hours, if every day that is known can be read. A day that is not known says nothing of the others (`holiday`), but if there
/// is no other, nothing is known at all.
fn hours(value: &Value) -> Option<Hours> {
    let days = value.as_object()?;
    let mut hours = Hours::default();
    let mut known = 0;
    for (key, ranges) in days {
        let Some(day) = known_day(key) else { continue };
        known += 1;
        let ranges = match ranges {
            Value::Null => &[],
            ranges => ranges.as_array()?.as_slice(),
        };
        for range in ranges {
            let time = |key| range.as_object()?.get(key)?.as_str();
            hours.day_mut(day).push(TimeRange { start: start(time("start")?)?, end: end(time("end")?)? });
        }
    }
    hours.sort();
    (known > 0 || days.is_empty()).then_some(hours)
}

fn known_day(key: &str) -> Option<Day> {
    Day::ALL.into_iter().find(|day| day.key().eq_ignore_ascii_case(key))
}

/// `10:00`, `10:00:00`
fn start(text: &str) -> Option<u16> {
    let minutes = match text.match_indices(':').nth(1) {
        Some((end, _)) if text[end..] == *":00" => &text[..end],
        Some(_) => return None,
        None => text,
    };
    parse_clock(minutes).filter(|minute| *minute < 24 * 60)
}

/// The same; the end of the day in any writing is 23:59, by which the platform means midnight.
fn end(text: &str) -> Option<u16> {
    match text {
        "24:00" | "24:00:00" | "23:59:59" => Some(TimeRange::ALL_DAY.end),
        text => start(text),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;

    fn item(fields: &str) -> Result<LiveItem, Unreadable> {
        let body = format!(
            r#"{{"success":true,"data":{{"menus":[{{"name":"M","menu_items":[{{"name":"Soto",{fields}}}]}}]}}}}"#
        );
        read(body.as_bytes()).map(|mut live| live.menus.remove(0).menu_items.remove(0))
    }

    /// What of the item's fields cannot be read, with what was found.
    fn unread(fields: &str) -> Vec<String> {
        let extra = item(fields).unwrap().extra;
        extra.unread.iter().map(|(key, found)| format!("{key} {found}")).collect()
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
            extra: Extra { unknown: ["new_key".to_owned()].into(), ..Extra::default() },
        };
        assert_eq!(live.menus, [LiveMenu { name: "Nasi".into(), menu_items: vec![item], ..LiveMenu::default() }]);
        let variant = LiveVariant {
            uuid: "v1".into(),
            external_id: Field::Set("V".into()),
            name: "Sedang".into(),
            price: Field::Set(Price(0)),
            in_stock: Field::Set(true),
            ..LiveVariant::default()
        };
        let category = LiveCategory {
            uuid: "c1".into(),
            external_id: Field::Unsaid,
            name: "Pedas".into(),
            internal_name: Field::Set("P".into()),
            min_quantity: Field::Set(1),
            max_quantity: Field::Set(2),
            variants: vec![variant],
            ..LiveCategory::default()
        };
        assert_eq!(live.variant_categories, [category]);
    }

    #[test]
    fn keys_beside_the_menus_are_noted() {
        let body = r#"{"success":true,"data":{"menus":[],"id":"m","request_id":"r","outlet_id":"G1","currency":"IDR","x":[]}}"#;
        assert_eq!(read(body.as_bytes()).unwrap().extra.unknown, ["currency".to_owned()].into());
    }

    #[test]
    fn missing_keys_are_unsaid_and_nulls_are_none() {
        let bare = item(r#""x":null"#).unwrap();
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
    fn prices_are_whole_numbers_in_any_writing_that_can_mean_one_thing_only() {
        for (text, price) in [
            ("25000", 25000),
            ("25000.0", 25000),
            ("2.5e4", 25000),
            ("-500", -500),
            ("0", 0),
            (r#""25000""#, 25000),
            (r#""-500""#, -500),
        ] {
            assert_eq!(item(&format!(r#""price":{text}"#)).unwrap().price, Field::Set(Price(price)), "{text}");
        }
        for text in [
            "25000.5",
            "1e+300",
            "18446744073709551615",
            "true",
            "[]",
            r#""25.000""#,
            r#""25000.0""#,
            r#""+1""#,
            r#""""#,
        ] {
            assert_eq!(unread(&format!(r#""price":{text}"#)), [format!("price {text}")]);
            assert!(item(&format!(r#""price":{text}"#)).unwrap().price.is_unsaid());
        }
    }

    #[test]
    fn stock_is_read_in_any_writing_of_yes_and_no() {
        for (text, stock) in
            [("1", true), ("0", false), (r#""true""#, true), (r#""false""#, false), (r#""1""#, true), (r#""0""#, false)]
        {
            assert_eq!(item(&format!(r#""in_stock":{text}"#)).unwrap().in_stock, Field::Set(stock), "{text}");
        }
        for text in ["2", "-1", "1.0", r#""yes""#, r#""""#, "[]", "{}"] {
            assert_eq!(unread(&format!(r#""in_stock":{text}"#)), [format!("in_stock {text}")]);
            assert!(item(&format!(r#""in_stock":{text}"#)).unwrap().in_stock.is_unsaid());
        }
    }

    #[test]
    fn ids_may_be_numbers_and_an_image_an_object() {
        let read = item(r#""id":7,"external_id":123,"variant_category_ids":[9,"c"],"image":{"url":"https://x","w":1}"#);
        let read = read.unwrap();
        assert_eq!((read.uuid.as_str(), read.external_id), ("7", Field::Set("123".into())));
        assert_eq!(read.extra.unknown, ["image.w".to_owned()].into());
        assert_eq!(read.variant_category_uuids, ["9", "c"]);
        assert_eq!(read.image, Field::Set("https://x".into()));
        assert_eq!(item(r#""image":{"url":null}"#).unwrap().image, Field::Null);
        for wrong in [r#""id":7.5"#, r#""external_id":true"#, r#""variant_category_ids":"c""#, r#""image":{"w":1}"#] {
            assert_eq!(unread(wrong).len(), 1, "{wrong}");
        }
        assert_eq!(unread(r#""variant_category_ids":[{"id":"c"}]"#), [r#"variant_category_external_ids [{"id":"c"}]"#]);
    }

    #[test]
    fn every_other_form_is_taken_in_categories_and_variants_too() {
        let body = r#"{"success":"true","data":{"menus":[],"variant_categories":[{"id":1,"external_id":2,"name":"Pedas",
            "rules":{"selection":{"min_quantity":"0","max_quantity":2.0}},
            "variants":[{"id":3,"external_id":4,"name":"Sedang","price":"1000","in_stock":0}]}]}}"#;
        let category = read(body.as_bytes()).unwrap().variant_categories.remove(0);
        assert_eq!((category.uuid.as_str(), &category.external_id), ("1", &Field::Set("2".into())));
        assert_eq!((category.min_quantity, category.max_quantity), (Field::Set(0), Field::Set(2)));
        let expected = LiveVariant {
            uuid: "3".into(),
            external_id: Field::Set("4".into()),
            name: "Sedang".into(),
            price: Field::Set(Price(1000)),
            in_stock: Field::Set(false),
            ..LiveVariant::default()
        };
        assert_eq!(category.variants, [expected]);
    }

    /// `None`: they cannot be read.
    fn monday(hours: &str) -> Option<Vec<TimeRange>> {
        let item = item(&format!(r#""operational_hours":{hours}"#)).unwrap();
        assert_eq!(item.operational_hours.is_unsaid(), item.extra.unread.contains_key("operational_hours"));
        item.operational_hours.value().map(|hours| hours.day(Day::Monday).to_vec())
    }

    #[test]
    fn times_may_have_seconds_and_a_day_ends_by_any_name_of_midnight() {
        for (start, end) in [("10:00", "22:00"), ("10:00:00", "22:00:00"), ("10:00", "22:00:00")] {
            let range = monday(&format!(r#"{{"monday":[{{"start":"{start}","end":"{end}"}}]}}"#)).unwrap();
            assert_eq!(range, [TimeRange { start: 600, end: 1320 }], "{start} {end}");
        }
        for end in ["23:59", "24:00", "24:00:00", "23:59:59"] {
            let range = monday(&format!(r#"{{"monday":[{{"start":"00:00","end":"{end}"}}]}}"#)).unwrap();
            assert_eq!(range, [TimeRange::ALL_DAY], "{end}");
        }
        for wrong in ["22:00:30", "25:00", "24:01", "22", "22:00:0", "22:00:00:00", "22.00", ""] {
            assert!(monday(&format!(r#"{{"monday":[{{"start":"10:00","end":"{wrong}"}}]}}"#)).is_none(), "{wrong}");
        }
        assert!(monday(r#"{"monday":[{"start":"24:00","end":"24:00"}]}"#).is_none());
    }

    #[test]
    fn a_day_that_is_not_known_says_nothing_and_one_that_is_null_is_closed() {
        let hours = r#"{"Monday":[{"start":"10:00","end":"22:00"}],"friday":null,"holiday":[{"start":"x"}]}"#;
        assert_eq!(monday(hours).unwrap(), [TimeRange { start: 600, end: 1320 }]);
        assert_eq!(monday(r#"{"friday":null,"tuesday":[]}"#).unwrap(), []);
        let told = item(&format!(r#""operational_hours":{hours}"#)).unwrap().extra.unknown;
        assert_eq!(told, ["operational_hours.holiday".to_owned()].into());
    }

    #[test]
    fn hours_of_another_shape_are_unread() {
        for hours in [
            r#"{"senin":[]}"#,
            "[]",
            r#""always""#,
            r#"{"monday":[{"end":"12:00","start":"10.00"}]}"#,
            r#"{"monday":"10:00-12:00"}"#,
            r#"{"monday":[["10:00","12:00"]]}"#,
            r#"{"monday":[{"start":"10:00"}]}"#,
        ] {
            assert_eq!(unread(&format!(r#""operational_hours":{hours}"#)), [format!("operational_hours {hours}")]);
        }
        assert_eq!(item(r#""operational_hours":{}"#).unwrap().operational_hours, Field::Set(Hours::default()));
    }

    #[test]
    fn keys_that_are_not_known_are_noted_where_they_hold_something() {
        let body = r#"{"success":true,"data":{"menus":[{"id":"m","name":"A","active":false,"sort":0,"menu_items":[
                {"name":"Soto","active":0,"tax_rate":11,"badge":"new","promotion":null,"tags":[],"note":"","meta":{},
                 "variant_category_external_ids":["C"]}]}],
            "variant_categories":[{"name":"Pedas","kind":"x","rules":{"selection":{"max_quantity":1,"step":1},"free":2},
                "variants":[{"name":"Sedang","sku":"S-1","active":true}]}]}}"#;
        let live = read(body.as_bytes()).unwrap();
        let unknown = |extra: &Extra| extra.unknown.iter().cloned().collect::<Vec<_>>().join(" ");
        let (menu, category) = (&live.menus[0], &live.variant_categories[0]);
        assert_eq!((unknown(&menu.extra).as_str(), menu.extra.switched_off), ("sort", true));
        let extra = &menu.menu_items[0].extra;
        assert_eq!((unknown(extra).as_str(), extra.switched_off), ("badge tax_rate", true));
        assert_eq!(unknown(&category.extra), "kind rules.free rules.selection.step");
        let extra = &category.variants[0].extra;
        assert_eq!((unknown(extra).as_str(), extra.switched_off), ("sku", false));
    }

    #[test]
    fn what_cannot_be_read_in_one_thing_leaves_the_rest_as_it_is() {
        let body = r#"{"success":true,"data":{"menus":[{"name":"A","menu_items":[
                {"id":[],"external_id":{},"name":3,"internal_name":[1],"description":false,"price":"mahal","in_stock":"ya"},
                {"name":"Rawon","price":1}]}],
            "variant_categories":[{"name":"Pedas","rules":"many","variants":[{"name":"Sedang","price":[]}]},
                {"name":"Manis","rules":{"selection":{"min_quantity":-1,"max_quantity":"2"}}}]}}"#;
        let live = read(body.as_bytes()).unwrap();
        let keys = |extra: &Extra| extra.unread.keys().cloned().collect::<Vec<_>>().join(" ");
        let items = &live.menus[0].menu_items;
        assert_eq!(keys(&items[0].extra), "description external_id id in_stock internal_name name price");
        assert_eq!((items[1].name.as_str(), items[1].extra.is_empty()), ("Rawon", true));
        let [pedas, manis] = live.variant_categories.as_slice() else { panic!() };
        assert_eq!(
            (keys(&pedas.extra).as_str(), keys(&pedas.variants[0].extra).as_str()),
            ("max_quantity min_quantity", "price")
        );
        assert_eq!((keys(&manis.extra).as_str(), &manis.max_quantity), ("min_quantity", &Field::Set(2)));
        insta::assert_snapshot!(shape(r#"{"success":true,"data":{"menus":[{"name":7}]}}"#), @"a menu (data.menus[0]): name is 7, expected a text");
    }

    #[test]
    fn an_answer_without_menus_is_never_an_empty_menu() {
        insta::assert_snapshot!(shape(r#"{"success":true,"data":{"menus":null}}"#), @"the answer has no list `data.menus`: this is not taken for an empty menu");
        insta::assert_snapshot!(shape(r#"{"success":true}"#), @"the answer has no `data`: this is not taken for an empty menu");
        insta::assert_snapshot!(shape(r#"{"data":{"menus":[]}}"#), @"the answer does not say `success: true`");
        insta::assert_snapshot!(shape(r#"{"success":false,"data":{"menus":[]}}"#), @"the answer does not say `success: true`");
        insta::assert_snapshot!(shape(r#"{"success":true,"data":{"menus":{}}}"#), @"`data.menus` is an object, expected a list: this is not taken for an empty menu");
        insta::assert_snapshot!(shape(r#"[true,[[],[]]]"#), @"the answer is a list, expected an object: this is not taken for an empty menu");
        insta::assert_snapshot!(shape(r#"{"success":true,"data":[[],[]]}"#), @"`data` is a list, expected an object: this is not taken for an empty menu");
        insta::assert_snapshot!(shape(r#"{"success":true,"data":{"menus":[["Nasi",[]]]}}"#), @"`data.menus[0]` is a list, expected an object");
        insta::assert_snapshot!(shape(r#"{"success":true,"data":{"menus":[{"name":"A","menu_items":[null]}]}}"#), @"`data.menus[0].menu_items[0]` is null, expected an object");
        insta::assert_snapshot!(shape(r#"{"success":true,"data":{"menus":[],"variant_categories":[{"name":"A","variants":{}}]}}"#), @"variant category “A” (data.variant_categories[0]): variants is {}, expected a list");
        insta::assert_snapshot!(shape(r#"{"success":true,"data":{"menus":[{"name":"A"}],"menus":[]}}"#), @r#"the answer is not a catalog: an object has the key "menus" twice at line 1 column 58"#);
        shape("[]");
        shape("null");
        shape("true");
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
