//! The one walk over desired, base and live: changes, payload and next base come out together, so what is shown is what is
//! sent.
//!
//! What is done with one thing is `things`, the same for items, categories and variants, over the table of fields. What
//! differs between them on purpose is in `items` and `choices`; order and stock are nobody's field.

mod choices;
mod items;
mod menus;
mod things;

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Base, Change, Class, Inputs, Kind, Subject,
    base::UuidsById,
    field::{self, Stance},
    matching::{Matched, is_declared},
    order,
};
use crate::{
    catalog::{Catalog, ExternalId, Field, FieldValue, ItemField, Path, Price, PriceSteps, Thing},
    diagnostic::Place,
    policy::{DriftPolicy, Ignorable},
};

/// What the walk brings home.
pub(super) struct Compared {
    pub(super) changes: Vec<Change>,
    /// Ids that a PUT would change of what it copies: no reason for one.
    pub(super) new_ids: Vec<Change>,
    pub(super) payload: Catalog,
    pub(super) next_base: Base,
    /// Fields that would be copied from live, where they cannot be read.
    pub(super) uncopied: BTreeSet<Path>,
}

/// Compares everything.
pub(super) fn compare(inputs: &Inputs<'_>, matched: &Matched) -> Compared {
    let desired = without_ignored(inputs.desired, &inputs.policy.ignore);
    let base = inputs.base.map(|base| without_ignored(&base.catalog, &inputs.policy.ignore)).unwrap_or_default();
    let mut walk = Walk {
        inputs,
        matched,
        stance: Stance {
            has_base: inputs.base.is_some(),
            revert: inputs.revert || inputs.policy.drift == DriftPolicy::Revert,
        },
        known: inputs.base.map(|base| base.uuids.by_id()),
        changes: Vec::new(),
        next: Base {
            uuids: matched.uuids.clone(),
            platform_keys: inputs.base.map(|base| base.platform_keys.clone()).unwrap_or_default(),
            account: inputs.policy.account.clone(),
            ..Base::default()
        },
        uncopied: BTreeSet::new(),
    };
    let (mut payload, mut next) = (Catalog::default(), Catalog::default());
    walk.items(&desired, &base, &mut payload, &mut next);
    walk.unmanaged_items();
    walk.categories(&desired, &base, &mut payload, &mut next);
    walk.menus(&desired, &base, &payload);
    walk.item_order(&desired, &base, &payload);
    let new_ids = walk.new_ids(&payload);
    // What is declared holds for the push that goes out under it, but for what that push takes away.
    let declared = inputs.desired.platform_menus.iter().filter(|name| is_declared(inputs.desired, Some(&base), name));
    next.platform_menus = declared.cloned().collect();
    next.menu_files = inputs.desired.menu_files.clone();
    next.price_steps = steps_of(&next, [inputs.desired].into_iter().chain(inputs.base.map(|base| &base.catalog)));
    walk.next.catalog = next;
    Compared { changes: walk.changes, new_ids, payload, next_base: walk.next, uncopied: walk.uncopied }
}

/// How the prices of a catalog were made, as far as one of these knows that.
fn steps_of<'c>(catalog: &Catalog, known: impl Iterator<Item = &'c Catalog>) -> BTreeMap<ExternalId, PriceSteps> {
    let prices: BTreeMap<&ExternalId, Price> =
        catalog.items().filter_map(|(_, item)| Some((&item.external_id, *item.price.value()?))).collect();
    let mut steps = BTreeMap::new();
    for (id, made) in known.flat_map(|known| &known.price_steps) {
        if prices.get(id) == Some(&made.gives) {
            steps.entry(id.clone()).or_insert_with(|| made.clone());
        }
    }
    steps
}

/// The catalog as if nobody said anything about the ignored fields: they are copied from live.
pub(super) fn without_ignored(catalog: &Catalog, ignore: &BTreeSet<Ignorable>) -> Catalog {
    fn forget<T: Thing>(thing: &mut T, ignore: &BTreeSet<Ignorable>) {
        let ignored = |key: &str| Ignorable::ALL.iter().any(|(word, field)| *word == key && ignore.contains(field));
        for (_, member) in T::members().filter(|(spec, _)| ignored(spec.info.key)) {
            (member.set)(thing, Field::Unsaid);
        }
    }
    let mut catalog = catalog.clone();
    catalog.menus.iter_mut().flat_map(|menu| &mut menu.menu_items).for_each(|item| forget(item, ignore));
    catalog.variant_categories.iter_mut().for_each(|category| forget(category, ignore));
    catalog
}

/// A thing and the menus (or the categories) that hold it.
#[derive(Clone)]
struct Placed<T> {
    thing: T,
    within: Vec<String>,
    /// A variant in each of its categories, by category, where there are several: somebody may have changed one of them only.
    /// What is not in it is as `thing`.
    copies: BTreeMap<String, T>,
}

impl<T> Placed<T> {
    fn new(thing: T, within: Vec<String>) -> Self {
        Self { thing, within, copies: BTreeMap::new() }
    }

    /// As it is at one place.
    fn at(&self, holder: &str) -> &T {
        self.copies.get(holder).unwrap_or(&self.thing)
    }

    /// As it is at each place, `thing` first.
    fn all(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.thing).chain(self.copies.values())
    }
}

impl<T: Thing> Placed<&T> {
    /// A copy without what the thing holds.
    fn copy(&self) -> Placed<T> {
        let copies = self.copies.iter().map(|(holder, thing)| (holder.clone(), thing.copy_members())).collect();
        Placed { thing: self.thing.copy_members(), within: self.within.clone(), copies }
    }
}

type Index<'a, T> = BTreeMap<&'a ExternalId, Placed<&'a T>>;

/// One value on the sides of a change: live, files, last push; `None` = absent.
type Sides = [Option<FieldValue>; 3];

struct Walk<'a> {
    inputs: &'a Inputs<'a>,
    matched: &'a Matched,
    stance: Stance,
    /// What was live after our last push.
    known: Option<UuidsById<'a>>,
    changes: Vec<Change>,
    next: Base,
    uncopied: BTreeSet<Path>,
}

impl Walk<'_> {
    /// Whether this is the value of a path that the platform would not show as sent.
    fn is_rejected(&self, path: &Path, to: &Option<FieldValue>) -> bool {
        self.inputs.base.is_some_and(|base| base.rejected_values.get(path) == Some(to))
    }

    /// The same; what is rejected stays so.
    fn stays_rejected(&mut self, path: &Path, to: &Option<FieldValue>) -> bool {
        let rejected = self.is_rejected(path, to);
        if rejected {
            self.next.rejected_values.insert(path.clone(), to.clone());
        }
        rejected
    }

    /// A thing that live does not show at the moment takes nothing of what is known of it along.
    fn keep_rejected_parts(&mut self, thing: &Path) {
        let rejected = self.inputs.base.into_iter().flat_map(|base| &base.rejected_values);
        let parts = rejected.filter(|(path, _)| path.is_field_of(thing));
        self.next.rejected_values.extend(parts.map(|(path, sent)| (path.clone(), sent.clone())));
    }

    /// What was undone again and again is left alone, as if edits made elsewhere were only reported.
    fn stance_at(&self, path: &Path, to: impl FnOnce() -> Option<FieldValue>) -> Stance {
        let contested = self.stance.revert && self.inputs.past.is_contested(path, to);
        Stance { revert: self.stance.revert && !contested, ..self.stance }
    }

    fn tell(&mut self, path: Path, kind: Kind, class: Class, sides: Sides, pushed: bool, subject: &Subject) {
        let [from, to, base] = sides;
        let sources = self.sources(&path);
        let subject = subject.clone();
        let foreign = matches!(class, Class::Drift | Class::Conflict);
        let since = if foreign { self.inputs.past.since(&path) } else { None };
        let contested = foreign && !pushed && self.stance.revert && self.inputs.past.is_contested(&path, || to.clone());
        let change = Change {
            path,
            kind,
            class,
            from,
            to,
            base,
            pushed,
            since,
            contested,
            only_with_put: false,
            subject,
            sources,
        };
        self.changes.push(change);
    }

    /// Where the files say a value. Of a price under markups those of its lines that are not as they were when it was last pushed:
    /// that is where a mistake is to be corrected. All of them where that is not known, or none has moved.
    fn sources(&self, path: &Path) -> Vec<Place> {
        let Inputs { places, desired, base, .. } = self.inputs;
        let mut all = places(path);
        if all.is_empty() {
            all = places(&path.owner());
        }
        let Path::Item(id, Some(ItemField::Price)) = path else { return all.pop().into_iter().collect() };
        let Some(steps) = desired.price_steps(id).filter(|steps| steps.markups.len() + 1 == all.len()) else {
            return all.pop().into_iter().collect();
        };
        let before = base.and_then(|base| base.catalog.price_steps(id));
        let moved = before.map(|before| steps.moved_since(&before)).unwrap_or_default();
        match moved.is_empty() {
            true => all,
            false => moved.into_iter().map(|step| all[step].clone()).collect(),
        }
    }

    fn added(&self) -> Class {
        if self.stance.has_base { Class::Edit } else { Class::Adopt }
    }

    fn reordered(&mut self, before: &[String], after: &[String], describe: impl Fn(&str) -> (Path, Subject)) {
        let [before, after] = [before, after].map(|ids| ids.iter().map(String::as_str).collect::<Vec<_>>());
        for moved in order::moved(&before, &after) {
            let (path, subject) = describe(moved.id);
            let place = |front: Option<&str>| Some(FieldValue::After(front.map(str::to_owned)));
            let sides = [place(moved.from), place(moved.to), place(moved.from)];
            self.tell(path, Kind::Move, Class::Edit, sides, true, &subject);
        }
    }
}
