//! Which thing of a payload the platform's words about a refused push are about. The one place that knows how such words
//! name things: by a position in the body, by an id, by an image's address, or by a name. What the words do not say is not
//! guessed.

use crate::catalog::{Catalog, ExternalId, HasPath, Item, ItemField, Path};

/// Ids and names that are shorter are looked for in quotes only: `1` or `Es` stands in many a sentence.
const SHORTEST: usize = 4;

/// The items, categories and variants (or their fields) that a message names, each once, in the order of the payload.
pub fn named_in(message: &str, payload: &Catalog) -> Vec<Path> {
    let by_position = by_position(message, payload);
    if !by_position.is_empty() {
        return by_position;
    }
    let by_address = by_address(message, payload);
    if !by_address.is_empty() {
        return by_address;
    }
    let things: Vec<Named<'_>> = things(payload);
    for key in [|thing: &Named<'_>| thing.id.as_str().to_owned(), |thing: &Named<'_>| thing.name.to_owned()] {
        let named: Vec<&Named<'_>> = things.iter().filter(|thing| names(message, &key(thing))).collect();
        // “Nasi Goreng Kampung” names no “Nasi Goreng”.
        let longest = |thing: &&&Named<'_>| {
            let text = key(thing);
            !named.iter().any(|other| key(other).len() > text.len() && key(other).contains(&text))
        };
        let found: Vec<Path> = named.iter().filter(longest).map(|thing| thing.path(message)).collect();
        if !found.is_empty() {
            return unique(found);
        }
    }
    Vec::new()
}

/// What can be named.
struct Named<'a> {
    path: Path,
    id: &'a ExternalId,
    name: &'a str,
}

impl Named<'_> {
    /// The thing, or the field of it whose key the message holds and that is no everyday word.
    fn path(&self, message: &str) -> Path {
        let key = message.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let mut keys = key.filter(|word| !["name", "menu", "category"].contains(word));
        keys.find_map(|word| self.path.field(word)).unwrap_or_else(|| self.path.clone())
    }
}

fn things(payload: &Catalog) -> Vec<Named<'_>> {
    fn named<T: HasPath>(thing: &T) -> Named<'_> {
        let name = thing.name().value().map_or("", String::as_str);
        Named { path: T::path(thing.id(), None), id: thing.id(), name }
    }
    let items = payload.items().map(|(_, item)| named(item));
    let categories = payload.variant_categories.iter().map(named);
    items.chain(categories).chain(payload.variants().map(|(_, variant)| named(variant))).collect()
}

/// Whether the words hold this text as a whole, in quotes if it is short.
fn names(message: &str, text: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ':');
    !text.is_empty()
        && message.match_indices(text).any(|(start, _)| {
            let before = message[..start].chars().next_back();
            let after = message[start + text.len()..].chars().next();
            let quoted = before.is_some_and(|c| "\"'`“‘".contains(c)) && after.is_some_and(|c| "\"'`”’".contains(c));
            // A colon ends a word as well as it is part of an id.
            let bounded = !before.is_some_and(is_word) && !after.is_some_and(|c| is_word(c) && c != ':');
            quoted || (bounded && text.chars().count() >= SHORTEST)
        })
}

fn by_address(message: &str, payload: &Catalog) -> Vec<Path> {
    let items = payload.items().map(|(_, item)| item);
    let images: Vec<(&Item, &str)> = items.filter_map(|item| Some((item, item.image.value()?.as_str()))).collect();
    let holding = |holds: fn(&str, &str) -> bool| {
        let named = images.iter().filter(|(_, url)| holds(message, url));
        unique(named.map(|(item, _)| Path::item_field(&item.external_id, ItemField::Image)).collect())
    };
    let whole = holding(holds_address);
    if whole.is_empty() { holding(|message, url| names(message, file_name(url))) } else { whole }
}

/// `nasi.jpg` of `https://img.example.com/nasi.jpg?v=1`
fn file_name(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    if name.contains('.') && path.matches('/').count() > 2 { name } else { "" }
}

/// Whether the words hold this address and not only the beginning of a longer one.
fn holds_address(message: &str, url: &str) -> bool {
    let ends = |c: char| c.is_whitespace() || "\"'`”’)]>,;".contains(c);
    !url.is_empty()
        && message.match_indices(url).any(|(start, _)| {
            let rest = &message[start + url.len()..];
            let mut rest = rest.trim_start_matches(['.', ':']).chars();
            rest.next().is_none_or(ends)
        })
}

/// `menus[2].menu_items[5].price`, `menus.2.menu_items.5.price`, `menus/2/menu_items/5`, the same of
/// `variant_categories[0].variants[1]`; positions count from 0 as in the body.
fn by_position(message: &str, payload: &Catalog) -> Vec<Path> {
    let words: Vec<&str> =
        message.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|w| !w.is_empty()).collect();
    let found = words.windows(4).enumerate().filter_map(|(at, window)| {
        let [list, first, part, second] = window else { return None };
        let (first, second) = (first.parse::<usize>().ok()?, second.parse::<usize>().ok()?);
        let field = words.get(at + 4).copied().unwrap_or_default();
        match (*list, *part) {
            ("menus", "menu_items") => {
                let id = &payload.menus.get(first)?.menu_items.get(second)?.external_id;
                Some(of_field(Path::item(id), field))
            }
            ("variant_categories", "variants") => {
                let id = &payload.variant_categories.get(first)?.variants.get(second)?.external_id;
                Some(of_field(Path::variant(id), field))
            }
            _ => None,
        }
    });
    let found: Vec<Path> = found.collect();
    if !found.is_empty() {
        return unique(found);
    }
    let category = words.windows(2).enumerate().filter_map(|(at, window)| {
        let [list, first] = window else { return None };
        let id = match *list {
            "variant_categories" => &payload.variant_categories.get(first.parse::<usize>().ok()?)?.external_id,
            _ => return None,
        };
        // The limits stand deeper in the body: `rules.selection.max_quantity`.
        let mut rest = words[at + 2..].iter().take(3);
        let category = Path::category(id);
        Some(rest.find_map(|word| category.field(word)).unwrap_or(category))
    });
    unique(category.collect())
}

/// The field of a thing that has this key, else the thing.
fn of_field(thing: Path, key: &str) -> Path {
    thing.field(key).unwrap_or(thing)
}

fn unique(mut paths: Vec<Path>) -> Vec<Path> {
    let mut seen = std::collections::BTreeSet::new();
    paths.retain(|path| seen.insert(path.clone()));
    paths
}
