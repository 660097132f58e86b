//! `promotions`: declared by name, and changed by it in later layers.

use jiff::civil::{Date, Time};

use super::{
    super::{
        hours::INDONESIAN_DAYS,
        layer::{Action, PromotedDish, PromotionEntry, PromotionFields, Selling},
        policy::{LEAST_DISCOUNT, PROMOTION_POLICY},
    },
    patches::{basis_points, rounding},
    read::{Presence, declared, id, removal},
};
use crate::{
    catalog::{Day, ExternalId, Price},
    document::{Decoder, Fields, Node, Spanned, Value, closest},
};

/// Longest name of a promotion (our choice: it stands in paths and messages).
const MAX_NAME: usize = 64;

const WHAT: &str = "a promotion";

pub(super) fn promotions(decoder: &mut Decoder, fields: &mut Fields<'_>) -> Vec<PromotionEntry> {
    // What is no mapping is a policy, and has been read as one.
    let node = fields.take("promotions").filter(|node| matches!(node.value, Value::Mapping(_)));
    let Some(mut by_name) = node.and_then(|node| decoder.mapping(node, "promotions")) else { return Vec::new() };
    by_name.take(PROMOTION_POLICY);
    by_name.take(LEAST_DISCOUNT);
    let mut entries = Vec::new();
    for (key, node) in by_name.entries() {
        let is_fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if key.text.is_empty() || key.text.len() > MAX_NAME || !key.text.chars().all(is_fit) {
            let message = "the name of a promotion has letters, digits, `-` and `_` only, at most 64";
            decoder.error("out-of-range", &key.span, message).help("choose another name; GoFood never sees it");
            continue;
        }
        let Some(mut fields) = decoder.mapping(node, WHAT) else { continue };
        let action = match removal(decoder, &mut fields, WHAT) {
            Some(place) => Action::Remove(place),
            None => Action::Change(promotion(decoder, &mut fields)),
        };
        pasted_body(decoder, &mut fields, "write the keys of `promo_detail` right below the name");
        decoder.finish(fields, WHAT);
        let name = Spanned { value: key.text.to_string(), place: decoder.place(&key.span) };
        entries.push(PromotionEntry { name, action });
    }
    entries
}

/// The body of a POST that was pasted as it is.
pub(super) fn pasted_body(decoder: &mut Decoder, fields: &mut Fields<'_>, help: &str) {
    let [detail, kind] = ["promo_detail", "promo_type"].map(|key| {
        // Asked for only where it stands, or help would offer it.
        if fields.has(key) { fields.take_entry(key) } else { None }
    });
    if let Some((key, _)) = detail.or(kind) {
        decoder
            .error("unknown-key", &key.span, format!("`{}` is a part of a call that makes a promotion", key.text))
            .help(help);
    }
}

fn promotion(decoder: &mut Decoder, fields: &mut Fields<'_>) -> PromotionFields {
    PromotionFields {
        item: said(decoder, fields, "external_menu_id", |decoder, node| id(decoder, node, "external_menu_id")),
        selling: selling(decoder, fields),
        items: said(decoder, fields, "items", items),
        start_date: said(decoder, fields, "start_date", date),
        end_date: said(decoder, fields, "end_date", date),
        start_time: declared(fields, "start_time", decoder, Presence::Patch, time),
        end_time: declared(fields, "end_time", decoder, Presence::Patch, time),
        days: declared(fields, "applicable_days", decoder, Presence::Patch, days),
        where_sold: said(decoder, fields, "where-sold", |decoder, node| decoder.boolean(node, "where-sold")),
    }
}

/// A key that can be left out, but not cleared.
fn said<T>(
    decoder: &mut Decoder,
    fields: &mut Fields<'_>,
    key: &'static str,
    read: impl FnOnce(&mut Decoder, &Node) -> Option<Spanned<T>>,
) -> Option<Spanned<T>> {
    let node = fields.take(key)?;
    if node.is_null() {
        decoder
            .error("missing-key", &node.span, format!("`{key}` of a promotion cannot be cleared"))
            .help("write a value, or remove the line to leave it as it is");
        return None;
    }
    read(decoder, node)
}

/// `selling_price`, or `discount` with `round_to` and `round`.
fn selling(decoder: &mut Decoder, fields: &mut Fields<'_>) -> Option<Spanned<Selling>> {
    let mut taken = |key| fields.take_entry(key).filter(|(_, node)| !node.is_null());
    let (price, discount) = (taken("selling_price"), taken("discount"));
    let rounding_key =
        ["round_to", "round"].into_iter().find(|key| fields.peek(key).is_some_and(|node| !node.is_null()));
    let (round_to, round) = rounding(decoder, fields);
    match (price, discount) {
        (Some((price, _)), Some((discount, _))) => {
            decoder
                .error("conflicting-keys", &discount.span, "a promotion has both `selling_price` and `discount`")
                .help("keep one of the two")
                .related(&price.span, "`selling_price` is here");
            None
        }
        (Some((key, node)), None) => {
            if let Some(rounding) = rounding_key {
                decoder
                    .error("conflicting-keys", &key.span, format!("`{rounding}` is for a `discount`, not for a price"))
                    .help(format!("remove `{rounding}`"));
            }
            decoder.integer(node, "selling_price").map(|price| price.map(|price| Selling::Price(Price(price))))
        }
        (None, Some((_, node))) => {
            let points = discount_points(decoder, node)?;
            let (round_to, round) = (round_to?, round?);
            Some(points.map(|points| Selling::Discount { points, round_to, round }))
        }
        (None, None) => None,
    }
}

fn discount_points(decoder: &mut Decoder, node: &Node) -> Option<Spanned<i64>> {
    decoder.percent(node, "discount")?;
    let text = decoder.text(node, "discount")?;
    match basis_points(&text.value).filter(|points| (1..10_000).contains(points)) {
        Some(points) => Some(Spanned { value: points, place: text.place }),
        None => {
            let message =
                format!("the discount `{}` is not between 0% and 100%, with at most two decimals", text.value);
            decoder.error("out-of-range", &node.span, message).help("write what is taken off, such as 30%");
            None
        }
    }
}

/// A mapping from dishes to prices, or to `{discount: …}`, or to `{remove: true}`.
fn items(decoder: &mut Decoder, node: &Node) -> Option<Spanned<Vec<PromotedDish>>> {
    let mut by_id = decoder.mapping(node, "items of a promotion")?;
    let mut items = Vec::new();
    for (key, node) in by_id.entries() {
        let id = Spanned { value: ExternalId(key.text.to_string()), place: decoder.place(&key.span) };
        if !matches!(node.value, Value::Mapping(_)) {
            let price = decoder.integer(node, "the price of a dish");
            items.extend(price.map(|price| (id, Action::Change(Selling::Price(Price(price.value))))));
            continue;
        }
        let what = "a dish of a promotion";
        let Some(mut fields) = decoder.mapping(node, what) else { continue };
        let action = match removal(decoder, &mut fields, what) {
            Some(place) => Some(Action::Remove(place)),
            None => {
                if !["selling_price", "discount"].iter().any(|key| fields.has(key)) {
                    decoder
                        .error("missing-key", &key.span, format!("`{}` has no `selling_price`", key.text))
                        .help("write what it costs, or `{discount: 30%}`");
                }
                selling(decoder, &mut fields).map(|selling| Action::Change(selling.value))
            }
        };
        decoder.finish(fields, what);
        items.extend(action.map(|action| (id, action)));
    }
    Some(Spanned { value: items, place: decoder.place(&node.span) })
}

/// Exactly `YYYY-MM-DD`.
fn date(decoder: &mut Decoder, node: &Node) -> Option<Spanned<Date>> {
    let text = decoder.text(node, "a date")?;
    let shape: String = text.value.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    match text.value.parse::<Date>().ok().filter(|_| shape == "0000-00-00") {
        Some(date) => Some(Spanned { value: date, place: text.place }),
        None => {
            let message = format!("`{}` is not a date", text.value);
            decoder.error("promotion-dates", &node.span, message).help("write a day such as 2027-02-25");
            None
        }
    }
}

/// `HH:MM` or `HH:MM:SS`, up to 23:59:59.
fn time(decoder: &mut Decoder, node: &Node) -> Option<Spanned<Time>> {
    let text = decoder.text(node, "a time")?;
    let shape: String = text.value.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let is_time = matches!(shape.as_str(), "00:00" | "00:00:00");
    // A leap second would be read as the second before it.
    let time = text.value.parse::<Time>().ok().filter(|_| is_time && !text.value.ends_with(":60"));
    match time {
        Some(time) => Some(Spanned { value: time, place: text.place }),
        None => {
            let message = format!("`{}` is not a time of day", text.value);
            let help = "write hours and minutes such as \"14:00\", 00:00 to 23:59";
            decoder.error("promotion-times", &node.span, message).help(help);
            None
        }
    }
}

/// Names of days, in whatever order.
fn days(decoder: &mut Decoder, node: &Node) -> Option<Spanned<Vec<Day>>> {
    let nodes = decoder.list(node, "applicable_days")?;
    if nodes.is_empty() {
        decoder
            .error("promotion-days", &node.span, "`applicable_days` names no day")
            .help("name days, or remove `applicable_days` for all of them");
        return None;
    }
    let mut days = Vec::new();
    for node in nodes {
        let Some(text) = decoder.text(node, "applicable_days") else { continue };
        let word = text.value.as_str();
        match Day::ALL.into_iter().find(|day| day.key() == word) {
            Some(day) if days.contains(&day) => {
                decoder
                    .error("promotion-days", &node.span, format!("`{word}` stands twice in `applicable_days`"))
                    .help("remove one of the two");
            }
            Some(day) => days.push(day),
            None => {
                let lower = word.to_lowercase();
                let indonesian = INDONESIAN_DAYS.iter().find(|(name, _)| *name == lower).map(|(_, day)| day.key());
                let near = indonesian.or_else(|| closest(&lower, Day::ALL.map(Day::key)));
                let help = match near {
                    Some(day) => format!("write `{day}`"),
                    None => "write names such as `monday`".to_owned(),
                };
                decoder.error("promotion-days", &node.span, format!("`{word}` is no day of the week")).help(help);
            }
        }
    }
    days.sort_unstable();
    Some(Spanned { value: days, place: decoder.place(&node.span) })
}
