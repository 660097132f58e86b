//! `menus` and `variant_categories`: new things, in the platform's own shape.

use super::{
    decode_hours,
    read::{
        Owner, Presence, declared, external_id, id, ids, lone_flag, price, quantity, removal, required, required_said,
        said_text,
    },
};
use crate::{
    catalog::ExternalId,
    definition::layer::{CategoryEntry, CategoryFields, ItemEntry, ItemFields, MenuEntry, VariantEntry, VariantFields},
    document::{Decoder, Fields, Node, Spanned},
};

/// The entries of a list at the top of a file.
fn entries<'n>(decoder: &mut Decoder, fields: &mut Fields<'n>, key: &'static str) -> &'n [Node] {
    let node = fields.take(key).filter(|node| !node.is_null());
    node.and_then(|node| decoder.list(node, key)).unwrap_or_default()
}

pub(super) fn menus(decoder: &mut Decoder, fields: &mut Fields<'_>) -> Vec<MenuEntry> {
    let nodes = entries(decoder, fields, "menus");
    nodes.iter().filter_map(|node| menu(decoder, node)).collect()
}

fn menu(decoder: &mut Decoder, node: &Node) -> Option<MenuEntry> {
    let mut fields = decoder.mapping(node, "a menu")?;
    let owner = Owner { node, what: "a menu", at: node.span, presence: Presence::Definition };
    let name = required(decoder, &mut fields, "name", &owner, |decoder, node| decoder.text(node, "name"));
    let remove = removal(decoder, &mut fields, "a menu");
    let help = "GoFood fills such a menu itself: remove this key, or remove `platform` if the menu is yours";
    let platform = lone_flag(decoder, &mut fields, "platform", "a menu", help);
    let mut text = |decoder: &mut Decoder, key| {
        said_text(decoder, &mut fields, key, Presence::Definition).and_then(|said| {
            let Spanned { value, place } = said;
            value.map(|value| Spanned { value, place })
        })
    };
    let (rename, before) = (text(decoder, "rename"), text(decoder, "before"));
    let hours = decode_hours(decoder, &mut fields, Presence::Definition);
    let items = fields.take("menu_items").filter(|node| !node.is_null()).map(|node| {
        let nodes = decoder.list(node, "menu_items").unwrap_or_default();
        nodes.iter().filter_map(|node| item(decoder, node)).collect()
    });
    decoder.finish(fields, "a menu");
    Some(MenuEntry { name: name?, remove, platform, rename, before, hours, items })
}

fn item(decoder: &mut Decoder, node: &Node) -> Option<ItemEntry> {
    let mut fields = decoder.mapping(node, "an item")?;
    let owner = Owner { node, what: "a new item", at: pointer(node), presence: Presence::Definition };
    let id = external_id(decoder, &mut fields, &owner);
    let item = item_fields(decoder, &mut fields, &owner);
    decoder.finish(fields, "an item");
    Some(ItemEntry { id: id?, fields: item })
}

/// Where to point when something is missing from a thing: its id, else its name, else all of it.
fn pointer(node: &Node) -> crate::document::Span {
    node.get("external_id").or_else(|| node.get("name")).map_or(node.span, |node| node.span)
}

/// The fields of an item, new or patched.
pub(super) fn item_fields(decoder: &mut Decoder, fields: &mut Fields<'_>, owner: &Owner<'_>) -> ItemFields {
    let presence = owner.presence;
    ItemFields {
        name: required_said(decoder, fields, "name", owner, |decoder, node| decoder.text(node, "name")),
        internal_name: said_text(decoder, fields, "internal_name", presence),
        description: said_text(decoder, fields, "description", presence),
        in_stock: declared(fields, "in_stock", decoder, presence, |decoder, node| decoder.boolean(node, "in_stock")),
        price: required_said(decoder, fields, "price", owner, price),
        image: said_text(decoder, fields, "image", presence),
        hours: decode_hours(decoder, fields, presence),
        categories: declared(fields, "variant_category_external_ids", decoder, presence, category_ids),
    }
}

fn category_ids(decoder: &mut Decoder, node: &Node) -> Option<Spanned<Vec<ExternalId>>> {
    let ids = ids(decoder, node, "variant_category_external_ids")?;
    Some(Spanned { value: ids.into_iter().map(|id| id.value).collect(), place: decoder.place(&node.span) })
}

pub(super) fn variant_categories(decoder: &mut Decoder, fields: &mut Fields<'_>) -> Vec<CategoryEntry> {
    let nodes = entries(decoder, fields, "variant_categories");
    nodes.iter().filter_map(|node| category(decoder, node)).collect()
}

fn category(decoder: &mut Decoder, node: &Node) -> Option<CategoryEntry> {
    let mut fields = decoder.mapping(node, "a variant category")?;
    let owner = Owner { node, what: "a new variant category", at: pointer(node), presence: Presence::Definition };
    let id = external_id(decoder, &mut fields, &owner);
    let category = category_fields(decoder, &mut fields, &owner);
    decoder.finish(fields, "a variant category");
    Some(CategoryEntry { id: id?, fields: category })
}

/// The fields of a variant category, new or patched.
pub(super) fn category_fields(decoder: &mut Decoder, fields: &mut Fields<'_>, owner: &Owner<'_>) -> CategoryFields {
    let mut category = CategoryFields {
        name: required_said(decoder, fields, "name", owner, |decoder, node| decoder.text(node, "name")),
        internal_name: said_text(decoder, fields, "internal_name", owner.presence),
        variants: required(decoder, fields, "variants", owner, variants).map(|variants| variants.value),
        ..CategoryFields::default()
    };
    required(decoder, fields, "rules", owner, |decoder, node| {
        let mut rules = decoder.mapping(node, "rules")?;
        if !rules.has("selection") && rules.has("min_quantity") {
            decoder
                .error("missing-key", &node.span, "`rules` has no `selection`")
                .help("write `rules: {selection: {min_quantity: …, max_quantity: …}}`");
            return None;
        }
        let at = Owner { node, what: "`rules`", at: node.span, ..*owner };
        required(decoder, &mut rules, "selection", &at, |decoder, node| {
            selection(decoder, node, owner, &mut category);
            Some(Spanned { value: (), place: decoder.place(&node.span) })
        });
        decoder.finish(rules, "rules");
        Some(Spanned { value: (), place: decoder.place(&node.span) })
    });
    category
}

fn selection(decoder: &mut Decoder, node: &Node, owner: &Owner<'_>, category: &mut CategoryFields) {
    let Some(mut fields) = decoder.mapping(node, "selection") else { return };
    let at = Owner { node, what: "`selection`", at: node.span, ..*owner };
    let mut read = |decoder: &mut Decoder, key| {
        required_said(decoder, &mut fields, key, &at, |decoder, node| quantity(decoder, node, key))
    };
    category.min_quantity = read(decoder, "min_quantity");
    category.max_quantity = read(decoder, "max_quantity");
    decoder.finish(fields, "selection");
}

fn variants(decoder: &mut Decoder, node: &Node) -> Option<Spanned<Vec<VariantEntry>>> {
    let nodes = decoder.list(node, "variants")?;
    let value = nodes.iter().filter_map(|node| variant(decoder, node)).collect();
    Some(Spanned { value, place: decoder.place(&node.span) })
}

fn variant(decoder: &mut Decoder, node: &Node) -> Option<VariantEntry> {
    let mut fields = decoder.mapping(node, "a variant")?;
    let owner = Owner { node, what: "a new variant", at: pointer(node), presence: Presence::Definition };
    let id = external_id(decoder, &mut fields, &owner);
    let variant = variant_fields(decoder, &mut fields, &owner);
    decoder.finish(fields, "a variant");
    Some(VariantEntry { id: id?, fields: variant })
}

/// The fields of a variant, new or patched.
pub(super) fn variant_fields(decoder: &mut Decoder, fields: &mut Fields<'_>, owner: &Owner<'_>) -> VariantFields {
    VariantFields {
        name: required_said(decoder, fields, "name", owner, |decoder, node| decoder.text(node, "name")),
        price: required_said(decoder, fields, "price", owner, price),
        in_stock: declared(fields, "in_stock", decoder, owner.presence, |decoder, node| {
            decoder.boolean(node, "in_stock")
        }),
    }
}

/// The id that `before` names, in a patch.
pub(super) fn before(decoder: &mut Decoder, fields: &mut Fields<'_>) -> Option<Spanned<ExternalId>> {
    let node = fields.take("before").filter(|node| !node.is_null())?;
    id(decoder, node, "before")
}
