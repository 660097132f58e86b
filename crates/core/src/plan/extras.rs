//! What live says beyond what is understood, in our ids: fields that cannot be read, keys that are not known, things that are
//! switched off in the app.
//!
//! A field that cannot be read counts as unchanged since the last verified push (live = base). It matters only where a PUT
//! would have to copy it: then a guard speaks. A key that is not known cannot be copied at all. One that was there after a PUT
//! of ours had been published is the platform's own, and no push loses it: the base remembers those.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Base;
use crate::catalog::{Catalog, ExternalId, Path, live::Extra};

/// How many things or keys of a kind a sentence names (our choice).
const NAMED: usize = 3;

/// A field whose live value cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// What people call the thing.
    pub name: String,
    /// What people call the field.
    pub label: String,
    /// The JSON that was found.
    pub found: String,
}

/// A kind of thing that keys belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kind {
    /// The answer as a whole.
    Answer,
    Menu,
    Item,
    Category,
    Variant,
}

/// A key that is not known, of one kind of thing: as JSON `items/tax_rate`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct UnknownKey {
    kind: Kind,
    key: String,
}

impl UnknownKey {
    /// As it is stored and shown to programs.
    fn stored(&self) -> String {
        let kind = match self.kind {
            Kind::Answer => "data",
            Kind::Menu => "menus",
            Kind::Item => "items",
            Kind::Category => "categories",
            Kind::Variant => "variants",
        };
        format!("{kind}/{}", self.key)
    }

    /// Whether a push of ours was seen to leave it there.
    fn is_of_platform(&self, base: Option<&Base>) -> bool {
        base.is_some_and(|base| base.platform_keys.contains(&self.stored()))
    }

    /// `tax_rate (2 items)`
    fn words(&self, count: usize) -> String {
        let (one, several) = match self.kind {
            Kind::Answer => return format!("{} (the whole menu)", self.key),
            Kind::Menu => ("menu", "menus"),
            Kind::Item => ("item", "items"),
            Kind::Category => ("variant category", "variant categories"),
            Kind::Variant => ("variant", "variants"),
        };
        format!("{} ({count} {})", self.key, if count == 1 { one } else { several })
    }
}

/// All of it, of one outlet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extras {
    /// What cannot be read, by field. What belongs to no field of ours, as the platform's id, is under its thing.
    pub unread: BTreeMap<Path, Vec<Unread>>,
    /// The same of items that are none of ours: their ids may be those of ours.
    unmanaged: BTreeMap<Path, Vec<Unread>>,
    /// Keys that are not known, with the things that have them.
    unknown: BTreeMap<UnknownKey, BTreeSet<Path>>,
    /// Things that are switched off in the app, and what people call them.
    pub switched_off: BTreeMap<Path, String>,
    /// Menus that only repeat dishes of other menus: taken for the platform's own, and left alone.
    pub platform_menus: BTreeSet<String>,
    /// Menus that the files call the platform's own: left alone as well.
    pub declared_menus: BTreeSet<String>,
}

/// For programs.
#[derive(Serialize)]
pub struct ExtrasEntry<'a> {
    unread: Vec<UnreadEntry<'a>>,
    unknown_keys: Vec<UnknownEntry>,
    switched_off: Vec<&'a Path>,
    platform_menus: BTreeSet<&'a String>,
}

#[derive(Serialize)]
struct UnreadEntry<'a> {
    path: &'a Path,
    found: &'a str,
}

#[derive(Serialize)]
struct UnknownEntry {
    key: String,
    count: usize,
}

impl Extras {
    /// Notes what live says of the thing at a path.
    pub(super) fn note(&mut self, thing: &Path, name: &str, extra: &Extra) {
        if extra.is_empty() {
            return;
        }
        collect_unread(&mut self.unread, thing, name, extra);
        self.note_switched_off(thing, name, extra);
        let kind = match thing {
            // Nothing live is called a promotion here.
            Path::Menu(_) | Path::Promotion(..) => Kind::Menu,
            Path::Item(..) => Kind::Item,
            Path::Category(..) => Kind::Category,
            Path::Variant(..) => Kind::Variant,
        };
        for key in &extra.unknown {
            let key = UnknownKey { kind, key: key.clone() };
            self.unknown.entry(key).or_default().insert(thing.clone());
        }
    }

    /// Notes what stands beside the menus in an answer.
    pub(super) fn note_answer(&mut self, extra: &Extra) {
        for key in &extra.unknown {
            self.unknown.entry(UnknownKey { kind: Kind::Answer, key: key.clone() }).or_default();
        }
    }

    /// The same of an item that is none of ours. No push copies it, and its keys go with it.
    pub(super) fn note_unmanaged(&mut self, item: &Path, name: &str, extra: &Extra) {
        collect_unread(&mut self.unmanaged, item, name, extra);
        self.note_switched_off(item, name, extra);
    }

    fn note_switched_off(&mut self, thing: &Path, name: &str, extra: &Extra) {
        if extra.switched_off {
            self.switched_off.insert(thing.clone(), label(thing, name));
        }
    }

    /// Whether live has a value of this field that cannot be read.
    pub(super) fn is_unread(&self, field: &Path) -> bool {
        self.unread.contains_key(field)
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is left to tell if some keys are known to be the platform's own.
    pub(super) fn but_for(mut self, base: Option<&Base>) -> Self {
        self.unknown.retain(|key, _| !key.is_of_platform(base));
        self
    }

    /// Keys that are there, as a base remembers them.
    pub(super) fn keys(&self) -> impl Iterator<Item = String> {
        self.unknown.keys().map(UnknownKey::stored)
    }

    /// Keys that a payload would lose and that are not known to be the platform's own: `tax_rate (2 items)`, and the things that
    /// have them. The whole menu is no such thing.
    pub(super) fn lost_keys(&self, payload: &Catalog, base: Option<&Base>) -> (Vec<String>, BTreeSet<Path>) {
        let sent = Sent::of(payload);
        let (mut words, mut things) = (Vec::new(), BTreeSet::new());
        for (key, all) in self.unknown.iter().filter(|(key, _)| !key.is_of_platform(base)) {
            let kept: Vec<&Path> = all.iter().filter(|thing| sent.has(thing)).collect();
            if !kept.is_empty() || key.kind == Kind::Answer {
                words.push(key.words(kept.len()));
                things.extend(kept.into_iter().cloned());
            }
        }
        (words, things)
    }

    fn all_unread(&self) -> impl Iterator<Item = (&Path, &Unread)> {
        let all = self.unread.iter().chain(&self.unmanaged);
        all.flat_map(|(path, all)| all.iter().map(move |unread| (path, unread)))
    }

    /// A sentence for each thing that people should know.
    pub fn words(&self) -> Vec<String> {
        let unread: Vec<String> = self.all_unread().map(|(_, unread)| unread.words()).collect();
        let unread = (!unread.is_empty()).then(|| format!("cannot be read, taken as unchanged: {}", named(&unread)));
        let unknown = (!self.unknown.is_empty()).then(|| {
            let keys: Vec<String> = self.unknown.iter().map(|(key, things)| key.words(things.len())).collect();
            format!("a push would lose what menusync does not know: {}", named(&keys))
        });
        let off = (!self.switched_off.is_empty()).then(|| {
            let names: Vec<String> = self.switched_off.values().map(|name| format!("“{name}”")).collect();
            format!("switched off in the app, which menusync leaves as it is: {}", named(&names))
        });
        let quoted = |menus: &BTreeSet<String>| menus.iter().map(|name| format!("“{name}”")).collect::<Vec<_>>();
        let repeated = (!self.platform_menus.is_empty()).then(|| {
            let names = quoted(&self.platform_menus);
            let (menus, repeat) = if names.len() == 1 { ("menu", "repeats") } else { ("menus", "repeat") };
            format!("{menus} that only {repeat} dishes of others, taken for GoFood's own: {}", named(&names))
        });
        let declared = (!self.declared_menus.is_empty()).then(|| {
            format!("GoFood's own by the files, left alone and in no push: {}", named(&quoted(&self.declared_menus)))
        });
        [unread, unknown, off, repeated, declared].into_iter().flatten().collect()
    }

    /// The same for programs.
    pub fn entry(&self) -> ExtrasEntry<'_> {
        ExtrasEntry {
            unread: self.all_unread().map(|(path, unread)| UnreadEntry { path, found: &unread.found }).collect(),
            unknown_keys: self
                .unknown
                .iter()
                .map(|(key, things)| UnknownEntry { key: key.stored(), count: things.len().max(1) })
                .collect(),
            switched_off: self.switched_off.keys().collect(),
            platform_menus: self.platform_menus.union(&self.declared_menus).collect(),
        }
    }
}

fn collect_unread(into: &mut BTreeMap<Path, Vec<Unread>>, thing: &Path, name: &str, extra: &Extra) {
    for (key, found) in &extra.unread {
        let field = thing.field(key);
        let of_field = field.as_ref().and_then(Path::info).map_or(key.as_str(), |info| info.label);
        let unread = Unread { name: label(thing, name), label: of_field.to_owned(), found: found.clone() };
        into.entry(field.unwrap_or_else(|| thing.clone())).or_default().push(unread);
    }
}

/// What people call a thing; one without a name by its path.
fn label(thing: &Path, name: &str) -> String {
    if name.is_empty() { thing.to_string() } else { name.to_owned() }
}

impl Unread {
    /// `the price of “Soto” ("mahal")`
    pub(super) fn words(&self) -> String {
        format!("the {} of “{}” ({})", self.label, self.name, self.found)
    }
}

/// `a, b, c and 2 more`
pub(super) fn named(words: &[String]) -> String {
    let shown = words[..words.len().min(NAMED)].join(", ");
    match words.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The things of a payload.
pub(super) struct Sent<'a> {
    menus: BTreeSet<&'a str>,
    items: BTreeSet<&'a ExternalId>,
    categories: BTreeSet<&'a ExternalId>,
    variants: BTreeSet<&'a ExternalId>,
}

impl<'a> Sent<'a> {
    pub(super) fn of(payload: &'a Catalog) -> Self {
        Self {
            menus: payload.menus.iter().map(|menu| menu.name.as_str()).collect(),
            items: payload.items().map(|(_, item)| &item.external_id).collect(),
            categories: payload.variant_categories.iter().map(|category| &category.external_id).collect(),
            variants: payload.variants().map(|(_, variant)| &variant.external_id).collect(),
        }
    }

    /// Whether the thing of this path is among them.
    pub(super) fn has(&self, path: &Path) -> bool {
        match path {
            Path::Menu(name) => self.menus.contains(name.as_str()),
            Path::Item(id, _) => self.items.contains(id),
            Path::Category(id, _) => self.categories.contains(id),
            Path::Variant(id, _) => self.variants.contains(id),
            Path::Promotion(..) => false,
        }
    }
}
