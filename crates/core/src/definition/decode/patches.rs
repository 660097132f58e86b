//! `items`, `variants`, `categories`, `attach` and `pricing`: changes of what stands in this file or in an earlier layer.

use globset::{Glob, GlobSetBuilder};

use super::{
    read::{Owner, Presence, ids, removal, required},
    things,
};
use crate::{
    catalog::ExternalId,
    definition::layer::{
        Action, Attach, AttachTo, CategoryFields, ItemChange, Markup, Patch, Pricing, Round, Selector, VariantFields,
    },
    document::{Decoder, Fields, Node, Spanned, Value},
};

pub(super) fn items(decoder: &mut Decoder, fields: &mut Fields<'_>) -> Vec<Patch<ItemChange>> {
    patches(decoder, fields, "items", "an item patch", |decoder, fields, owner| {
        let menu = fields.take("menu").filter(|node| !node.is_null());
        ItemChange {
            menu: menu.and_then(|node| decoder.text(node, "menu")),
            before: things::before(decoder, fields),
            fields: things::item_fields(decoder, fields, owner),
        }
    })
}

pub(super) fn variants(decoder: &mut Decoder, fields: &mut Fields<'_>) -> Vec<Patch<VariantFields>> {
    patches(decoder, fields, "variants", "a variant patch", things::variant_fields)
}

pub(super) fn categories(decoder: &mut Decoder, fields: &mut Fields<'_>) -> Vec<Patch<CategoryFields>> {
    patches(decoder, fields, "categories", "a category patch", things::category_fields)
}

/// A mapping from ids to patches.
fn patches<C>(
    decoder: &mut Decoder,
    fields: &mut Fields<'_>,
    key: &'static str,
    what: &'static str,
    read: impl Fn(&mut Decoder, &mut Fields<'_>, &Owner<'_>) -> C,
) -> Vec<Patch<C>> {
    let Some(node) = fields.take(key).filter(|node| !node.is_null()) else { return Vec::new() };
    let Some(mut by_id) = decoder.mapping(node, key) else { return Vec::new() };
    let mut patches = Vec::new();
    for (id, node) in by_id.entries() {
        let Some(mut fields) = decoder.mapping(node, what) else { continue };
        let owner = Owner { node, what, at: id.span, presence: Presence::Patch };
        let action = match removal(decoder, &mut fields, what) {
            Some(place) => Action::Remove(place),
            None => Action::Change(read(decoder, &mut fields, &owner)),
        };
        decoder.finish(fields, what);
        let id = Spanned { value: ExternalId(id.text.to_string()), place: decoder.place(&id.span) };
        patches.push(Patch { id, action });
    }
    patches
}

pub(super) fn attach(decoder: &mut Decoder, fields: &mut Fields<'_>) -> Vec<Attach> {
    let Some(node) = fields.take("attach").filter(|node| !node.is_null()) else { return Vec::new() };
    let Some(mut by_category) = decoder.mapping(node, "attach") else { return Vec::new() };
    let mut entries = Vec::new();
    for (id, node) in by_category.entries() {
        let Some(targets) = decoder.list(node, "the dishes of a choice") else { continue };
        let to = targets.iter().filter_map(|node| attach_to(decoder, node)).collect();
        let category = Spanned { value: ExternalId(id.text.to_string()), place: decoder.place(&id.span) };
        entries.push(Attach { category, to });
    }
    entries
}

/// An id, a pattern of ids, or `{menu: NAME}`.
fn attach_to(decoder: &mut Decoder, node: &Node) -> Option<Spanned<AttachTo>> {
    if let Value::Mapping(_) = node.value {
        let what = "a dish of a choice";
        let mut fields = decoder.mapping(node, what)?;
        let owner = Owner { node, what, at: node.span, presence: Presence::Definition };
        let menu = required(decoder, &mut fields, "menu", &owner, |decoder, node| decoder.text(node, "menu"));
        decoder.finish(fields, what);
        return menu.map(|menu| menu.map(AttachTo::Menu));
    }
    let text = decoder.text(node, "a dish")?;
    let pattern = Glob::new(&text.value).and_then(|glob| GlobSetBuilder::new().add(glob).build());
    match pattern {
        Ok(pattern) => Some(text.map(|text| AttachTo::Items(text, pattern))),
        Err(error) => {
            decoder
                .error("glob", &node.span, format!("`{}` is not a pattern: {}", text.value, error.kind()))
                .help("write an external id, with `*` for any characters, or `{menu: NAME}`");
            None
        }
    }
}

pub(super) fn pricing(decoder: &mut Decoder, fields: &mut Fields<'_>) -> Vec<Pricing> {
    let Some(node) = fields.take("pricing").filter(|node| !node.is_null()) else { return Vec::new() };
    let nodes = decoder.list(node, "pricing").unwrap_or_default();
    nodes.iter().filter_map(|node| pricing_entry(decoder, node)).collect()
}

fn pricing_entry(decoder: &mut Decoder, node: &Node) -> Option<Pricing> {
    let what = "a pricing entry";
    let mut fields = decoder.mapping(node, what)?;
    let owner = Owner { node, what, at: node.span, presence: Presence::Definition };
    let markup = required(decoder, &mut fields, "markup", &owner, markup);
    let (round_to, round) = rounding(decoder, &mut fields);
    let selector = selector(decoder, &mut fields);
    decoder.finish(fields, what);
    Some(Pricing { markup: markup?, round_to: round_to?, round: round?, selector: selector? })
}

/// `10%`, `-7.5%` or whole rupiah.
fn markup(decoder: &mut Decoder, node: &Node) -> Option<Spanned<Markup>> {
    let percent = node.scalar().is_some_and(|scalar| scalar.text.ends_with('%'));
    let text = node.scalar().map_or("", |scalar| &scalar.text);
    let number = text.trim_end_matches(|c: char| c.is_alphabetic() || c == ' ');
    if !percent && !number.is_empty() && ["persen", "percent", "pct"].contains(&text[number.len()..].trim()) {
        let message = format!("`markup` must be a percentage or a whole number, found `{text}`");
        decoder.error("wrong-type", &node.span, message).help(format!("write `{number}%`"));
        return None;
    }
    if !percent {
        return decoder.integer(node, "markup").map(|number| number.map(Markup::Rupiah));
    }
    decoder.percent(node, "markup")?;
    let text = decoder.text(node, "markup")?;
    let Some(points) = basis_points(&text.value) else {
        let message = format!("the markup `{}` has more than two decimals", text.value);
        decoder.error("out-of-range", &node.span, message).help("write at most two decimals, such as 7.25%");
        return None;
    };
    Some(Spanned { value: Markup::BasisPoints(points), place: text.place })
}

/// Hundredths of a percent, exactly; `None` if it is no decimal number with up to two decimals.
pub(super) fn basis_points(text: &str) -> Option<i64> {
    let number = text.strip_suffix('%')?.trim();
    let (sign, digits) = number.strip_prefix('-').map_or((1, number), |digits| (-1, digits));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let decimals = decimals.trim_end_matches('0');
    if decimals.len() > 2 {
        return None;
    }
    let hundredths: i64 = format!("{decimals:0<2}").parse().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(hundredths).map(|points| sign * points)
}

/// `round_to` and `round`: to whole rupiah, and to the nearest, where they are not said.
pub(super) fn rounding(decoder: &mut Decoder, fields: &mut Fields<'_>) -> (Option<i64>, Option<Round>) {
    let step = match fields.take("round_to").filter(|node| !node.is_null()) {
        Some(node) => round_to(decoder, node),
        None => Some(1),
    };
    let round = match fields.take("round").filter(|node| !node.is_null()) {
        Some(node) => decoder.choice(node, "round", &[("up", Round::Up), ("nearest", Round::Nearest)]).map(|r| r.value),
        None => Some(Round::Nearest),
    };
    (step, round)
}

fn round_to(decoder: &mut Decoder, node: &Node) -> Option<i64> {
    let number = decoder.integer(node, "round_to")?.value;
    if number < 1 {
        let message = format!("`round_to` is {number}, and must be at least 1");
        decoder.error("out-of-range", &node.span, message).help("write the step that prices come in, such as 500");
        return None;
    }
    Some(number)
}

/// `menu:` or `ids:` or neither.
fn selector(decoder: &mut Decoder, fields: &mut Fields<'_>) -> Option<Selector> {
    let mut taken = |key| fields.take_entry(key).filter(|(_, node)| !node.is_null());
    match (taken("menu"), taken("ids")) {
        (None, None) => Some(Selector::All),
        (Some((_, node)), None) => decoder.text(node, "menu").map(Selector::Menu),
        (None, Some((_, node))) => ids(decoder, node, "ids").map(Selector::Ids),
        (Some((menu, _)), Some((ids, _))) => {
            decoder
                .error("conflicting-keys", &ids.span, "a pricing entry has both `menu` and `ids`")
                .help("write two entries, or keep one of the two")
                .related(&menu.span, "`menu` is here");
            None
        }
    }
}
