//! Another name for a thing, at all places that name it: which texts that gives, and what a menu is then.

use super::{Lines, occurrence::Occurrence, places::Thing};
use crate::{
    authoring::{Context, text},
    catalog::{Catalog, ExternalId, Field},
    document::{Scalar, SourceFile, Value, parse},
};

/// Why something is not renamed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenameError {
    /// It is not ours to name.
    #[error("{0}")]
    NotOurs(&'static str),
    /// It is written in a way that is not changed here.
    #[error("the name cannot be changed in the way in which line {line} writes it: change that line by hand")]
    Written {
        /// Where.
        line: u32,
    },
}

/// Checks that a thing of this kind is ours to name.
pub fn check_ours(thing: Thing) -> Result<(), RenameError> {
    match thing {
        Thing::Item | Thing::Category | Thing::Variant | Thing::Menu => Ok(()),
        Thing::Outlet => Err(RenameError::NotOurs("an outlet's id is GoFood's: it cannot be renamed")),
        Thing::Layer => Err(RenameError::NotOurs("rename the file itself, then correct `extends`")),
        Thing::Rule | Thing::Account | Thing::Promotion => {
            Err(RenameError::NotOurs("only items, variant categories, variants and menus can be renamed"))
        }
    }
}

/// A text as a scalar of a file.
pub fn scalar(path: &str, new: &str) -> String {
    if path.ends_with(".json") {
        return serde_json::Value::from(new).to_string();
    }
    text(new, Context::Flow)
}

/// A text as it is written between quotes of this kind.
#[must_use]
pub fn between_quotes(quote: char, new: &str) -> String {
    if quote == '\'' {
        return new.replace('\'', "''");
    }
    let written = serde_json::Value::from(new).to_string();
    written[1..written.len() - 1].to_owned()
}

/// What stands in a file instead of `occurrence` once it is called `new`. Quotes stay.
pub fn rewritten(path: &str, lines: &Lines<'_>, occurrence: &Occurrence, new: &str) -> Result<String, RenameError> {
    let written = lines.slice(occurrence.span);
    let refuse = || RenameError::Written { line: occurrence.span.start.line };
    if !means(written, &occurrence.name) {
        return Err(refuse());
    }
    let rewritten = match ['\'', '"'].into_iter().find(|quote| written.starts_with(*quote)) {
        Some(quote) => format!("{quote}{}{quote}", between_quotes(quote, new)),
        None => scalar(path, new),
    };
    means(&rewritten, new).then_some(rewritten).ok_or_else(refuse)
}

/// Whether a text between brackets or behind a key is this name.
fn means(written: &str, name: &str) -> bool {
    let file = SourceFile { path: "name".into(), text: format!("[{written}]").into() };
    let root = parse(&file).root;
    let Some(Value::Sequence(entries)) = root.as_ref().map(|root| &root.value) else { return false };
    let is_it = |scalar: &Scalar| &*scalar.text == name;
    !written.contains(['\n', '\r']) && entries.len() == 1 && entries[0].scalar().is_some_and(is_it)
}

/// What a menu has to be once a thing is called `new`, and nothing else is changed.
#[must_use]
pub fn renamed(mut catalog: Catalog, thing: Thing, old: &str, new: &str) -> Catalog {
    let rename = |id: &mut ExternalId| {
        if id.as_str() == old {
            *id = new.into();
        }
    };
    for menu in &mut catalog.menus {
        if thing == Thing::Menu && menu.name == old {
            new.clone_into(&mut menu.name);
        }
        for item in &mut menu.menu_items {
            if thing == Thing::Item {
                rename(&mut item.external_id);
            }
            if let (Thing::Category, Field::Set(ids)) = (thing, &mut item.variant_category_external_ids) {
                ids.iter_mut().for_each(rename);
            }
        }
    }
    for category in &mut catalog.variant_categories {
        if thing == Thing::Category {
            rename(&mut category.external_id);
        }
        if thing == Thing::Variant {
            category.variants.iter_mut().for_each(|variant| rename(&mut variant.external_id));
        }
    }
    if thing == Thing::Item {
        catalog.promotions.iter_mut().for_each(|promotion| rename(&mut promotion.detail.external_menu_id));
    }
    if thing == Thing::Menu && catalog.platform_menus.remove(old) {
        catalog.platform_menus.insert(new.to_owned());
    }
    catalog
}
