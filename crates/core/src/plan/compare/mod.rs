//! The one walk over desired, base and live: changes, payload and next base come out together, so what is shown is what is
//! sent.
//!
//! Structs are taken apart field by field without `..`: a new field of the model cannot be forgotten here.

mod categories;
mod items;
mod menus;
mod variants;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    Base, Change, Class, Inputs, Kind, Subject, Uuids,
    field::{self, Compare, Stance},
    matching::Matched,
    order, stock,
};
use crate::{
    catalog::{Catalog, ExternalId, Field, ItemField, Path, VariantField},
    policy::{DriftPolicy, Ignorable},
};

/// What the walk brings home.
pub(super) struct Compared {
    pub(super) changes: Vec<Change>,
    pub(super) payload: Catalog,
    pub(super) next_base: Base,
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
        changes: Vec::new(),
        next: Base { uuids: matched.uuids.clone(), ..Base::default() },
    };
    let (mut payload, mut next) = (Catalog::default(), Catalog::default());
    walk.items(&desired, &base, &mut payload, &mut next);
    walk.unmanaged_items();
    walk.categories(&desired, &base, &mut payload, &mut next);
    walk.menus(&desired, &base, &payload);
    walk.item_order(&desired, &base, &payload);
    walk.next.catalog = next;
    Compared { changes: walk.changes, payload, next_base: walk.next }
}

/// The catalog as if nobody said anything about the ignored fields: they are copied from live.
pub(super) fn without_ignored(catalog: &Catalog, ignore: &BTreeSet<Ignorable>) -> Catalog {
    let mut catalog = catalog.clone();
    for item in catalog.menus.iter_mut().flat_map(|menu| &mut menu.menu_items) {
        for field in ignore {
            match field {
                Ignorable::Image => item.image = Field::Unsaid,
                Ignorable::Description => item.description = Field::Unsaid,
                Ignorable::InternalName => item.internal_name = Field::Unsaid,
                Ignorable::OperationalHours => item.operational_hours = Field::Unsaid,
            }
        }
    }
    if ignore.contains(&Ignorable::InternalName) {
        catalog.variant_categories.iter_mut().for_each(|category| category.internal_name = Field::Unsaid);
    }
    catalog
}

/// A thing and the menus (or the category) that hold it.
#[derive(Clone)]
struct Placed<T> {
    thing: T,
    within: Vec<String>,
}

type Index<'a, T> = BTreeMap<&'a ExternalId, Placed<&'a T>>;

fn json_of<T: serde::Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

/// The one menu (or category) that holds a thing is told as a name, not as a list of one.
fn flat(value: Value) -> Value {
    match value {
        Value::Array(mut names) if names.len() == 1 => names.remove(0),
        other => other,
    }
}

struct Walk<'a> {
    inputs: &'a Inputs<'a>,
    matched: &'a Matched,
    stance: Stance,
    changes: Vec<Change>,
    next: Base,
}

impl Walk<'_> {
    /// The value of a path that the platform would not show as sent.
    fn is_rejected(&self, path: &Path, to: &Value) -> bool {
        self.inputs.base.is_some_and(|base| base.rejected_values.get(&path.to_string()) == Some(to))
    }

    /// A thing that live does not show at the moment takes nothing of what is known of it along.
    fn keep_rejected_parts(&mut self, thing: &Path) {
        let within = format!("{thing}/");
        let rejected = self.inputs.base.into_iter().flat_map(|base| &base.rejected_values);
        let parts = rejected.filter(|(path, _)| path.starts_with(&within));
        self.next.rejected_values.extend(parts.map(|(path, sent)| (path.clone(), sent.clone())));
    }

    fn keep_rejected(&mut self, path: &Path, to: &Value) {
        self.next.rejected_values.insert(path.to_string(), to.clone());
    }

    /// What was undone again and again is left alone, as if edits made elsewhere were only reported.
    fn stance_at(&self, path: &Path, to: impl FnOnce() -> Value) -> Stance {
        let contested = self.stance.revert && self.inputs.past.is_contested(path, to);
        Stance { revert: self.stance.revert && !contested, ..self.stance }
    }

    fn known_uuids(&self) -> Option<&Uuids> {
        self.inputs.base.map(|base| &base.uuids)
    }

    fn tell(&mut self, path: Path, kind: Kind, class: Class, sides: [Value; 3], pushed: bool, subject: &Subject) {
        let [from, to, base] = sides;
        let source = (self.inputs.place)(&path).or_else(|| (self.inputs.place)(&path.owner()));
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
            source,
        };
        self.changes.push(change);
    }

    /// One field: tells the difference, returns what is sent and what the base becomes.
    fn field<T: Compare>(&mut self, path: Path, subject: &Subject, sides: Sides<'_, T>) -> (Field<T>, Field<T>) {
        let Sides { desired, base, live } = sides;
        let kind = match path {
            Path::Item(_, Some(ItemField::Menu)) | Path::Variant(_, Some(VariantField::Category)) => Kind::Move,
            _ => Kind::Set,
        };
        let told = |side| if kind == Kind::Move { flat(json_of(side)) } else { json_of(side) };
        let mut decision = field::decide(self.stance_at(&path, || told(desired)), desired, base, live);
        let Some(class) = decision.class else { return (decision.send, decision.next_base) };
        let [from, to, base_value] = [live, desired, base].map(told);
        if decision.push && self.is_rejected(&path, &to) {
            self.keep_rejected(&path, &to);
            decision = field::Decision { push: false, send: live.clone(), next_base: base.clone(), ..decision };
        }
        self.tell(path, kind, class, [from, to, base_value], decision.push, subject);
        (decision.send, decision.next_base)
    }

    /// A thing that stands on some sides only: whether the payload has it.
    ///
    /// `Presence::Wanted`: the files have it, live has not; `Presence::Left`: live has it, the files have not.
    fn presence(&mut self, path: Path, presence: Presence, class: Class, subject: &Subject, sides: [Value; 3]) -> bool {
        let revert = self.stance_at(&path, || sides[1].clone()).revert;
        let mut push = revert || matches!(class, Class::Edit | Class::Adopt);
        if push && self.is_rejected(&path, &sides[1]) {
            self.keep_rejected(&path, &sides[1]);
            push = false;
        }
        let kind = if presence == Presence::Wanted { Kind::Add } else { Kind::Remove };
        self.tell(path, kind, class, sides, push, subject);
        push == (presence == Presence::Wanted)
    }

    fn added(&self) -> Class {
        if self.stance.has_base { Class::Edit } else { Class::Adopt }
    }

    /// An external id that is gone (or another) live. With a base that is drift which the next PUT mends on its way;
    /// without one the id has never been there and is worth a push.
    fn lost_id(&mut self, path: Path, id: &ExternalId, in_base: bool, subject: &Subject) {
        let lost = match path {
            Path::Variant(..) => self.matched.lost_variants.get(id),
            _ => self.matched.lost_items.get(id),
        };
        let Some(live) = lost else { return };
        let class = if in_base { Class::Drift } else { self.added() };
        let base = if in_base { json_of(id) } else { Value::Null };
        let rejected = self.is_rejected(&path, &json_of(id));
        if rejected {
            self.keep_rejected(&path, &json_of(id));
        }
        let revert = self.stance_at(&path, || json_of(id)).revert;
        let push = (!in_base || revert) && !rejected;
        self.tell(path, Kind::Set, class, [json_of(live), json_of(id), base], push, subject);
        if let Some(change) = self.changes.last_mut() {
            change.only_with_put = !push;
        }
    }

    fn stock(
        &mut self,
        path: Path,
        subject: &Subject,
        sides: Sides<'_, bool>,
        taken_off: bool,
    ) -> (bool, Field<bool>, bool) {
        // An answer without stock is taken as "on sale": there is nothing to carry over.
        let live = sides.live.value().copied().unwrap_or(true);
        let stance = self.stance_at(&path, || json!(false));
        let decision = stock::decide(stance, sides.desired, sides.base, taken_off, live);
        if let Some(class) = decision.class {
            let to = if decision.push { decision.send } else { !live };
            let sides = [json!(live), json!(to), json_of(sides.base)];
            self.tell(path, Kind::Set, class, sides, decision.push, subject);
        }
        (decision.send, decision.next_base, decision.next_taken_off)
    }

    fn reordered(&mut self, before: &[String], after: &[String], describe: impl Fn(&str) -> (Path, Subject)) {
        let [before, after] = [before, after].map(|ids| ids.iter().map(String::as_str).collect::<Vec<_>>());
        for moved in order::moved(&before, &after) {
            let (path, subject) = describe(moved.id);
            let place = |front: Option<&str>| json!({"after": front});
            let sides = [place(moved.from), place(moved.to), place(moved.from)];
            self.tell(path, Kind::Move, Class::Edit, sides, true, &subject);
        }
    }
}

/// Whether live shows another value than the one we own.
fn differs<T: Compare>(base: &Field<T>, live: &Field<T>) -> bool {
    !base.is_unsaid() && !field::same(base, live)
}

#[derive(Clone, Copy, PartialEq)]
enum Presence {
    Wanted,
    Left,
}

struct Sides<'a, T> {
    desired: &'a Field<T>,
    base: &'a Field<T>,
    live: &'a Field<T>,
}
