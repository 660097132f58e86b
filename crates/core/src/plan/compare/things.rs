//! One thing, whatever it is: it comes, goes, or is compared field by field.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::{Extras, field::same, stock},
    Class, ExternalId, Field, FieldValue, Kind, Path, Placed, Sides, Subject, Thing, Walk, field,
};
use crate::catalog::{
    FieldKind, FieldSpec, Fields, HasPath, ItemField, Member, ReadBack, StockKind, text::normalise_text,
};

/// A thing as the files, the last push and live have it.
pub(super) struct Three<'a, T> {
    pub(super) desired: Option<&'a Placed<&'a T>>,
    pub(super) base: Option<&'a Placed<&'a T>>,
    pub(super) live: Option<&'a Placed<&'a T>>,
}

/// What something else in the payload asks of a thing.
#[derive(Clone, Copy, Default)]
pub(super) struct Ties {
    /// It comes, whatever is said against it.
    pub(super) comes: bool,
    /// What the files drop stays without a word.
    pub(super) stays: bool,
}

/// What is sent of a thing, and what the base becomes.
pub(super) type Outcome<T> = (Option<Placed<T>>, Option<Placed<T>>);

impl Walk<'_> {
    pub(super) fn compare_thing<T: HasPath>(
        &mut self,
        id: &ExternalId,
        sides: &Three<'_, T>,
        ties: Ties,
    ) -> Outcome<T> {
        match (sides.desired, sides.base, sides.live) {
            (Some(desired), base, Some(live)) => {
                let (send, next) = self.compare_fields(id, desired, base, live);
                (Some(send), Some(next))
            }
            (Some(desired), base, None) => self.add_thing(id, desired, base, ties),
            (None, Some(base), Some(live)) if ties.stays => (Some(self.copy_live(live)), Some(base.copy())),
            (None, Some(base), Some(live)) => {
                let class = if is_edited(base, live, &self.matched.extras) { Class::Conflict } else { Class::Edit };
                if self.keeps_thing(id, class, live, Some(base)) {
                    (Some(self.copy_live(live)), Some(base.copy()))
                } else {
                    (None, None)
                }
            }
            (None, None, Some(live)) => {
                let is_known = self.known.as_ref().is_none_or(|known| !known.of(&T::path(id, None)).is_empty());
                let present = is_known || ties.comes || self.keeps_thing(id, Class::Drift, live, None);
                (present.then(|| self.copy_live(live)), None)
            }
            (None, _, None) => (None, None),
        }
    }

    /// What the files have and live has not.
    fn add_thing<T: HasPath>(
        &mut self,
        id: &ExternalId,
        desired: &Placed<&T>,
        base: Option<&Placed<&T>>,
        ties: Ties,
    ) -> Outcome<T> {
        let class = match base {
            None => self.added(),
            Some(base) if is_same_thing(desired, base) => Class::Drift,
            Some(_) => Class::Conflict,
        };
        let (path, to) = (T::path(id, None), Some(describe_thing(desired)));
        let push = self.is_pushed(&path, class, &to);
        let subject = self.subject_of(desired);
        self.tell(path.clone(), Kind::Add, class, [None, to, base.map(describe_thing)], push, &subject);
        if push || ties.comes {
            self.changes.last_mut().into_iter().for_each(|change| change.pushed = true);
            let (send, next) = self.place_new_thing(desired);
            return (Some(send), Some(next));
        }
        self.keep_rejected_parts(&path);
        (None, base.map(Placed::copy))
    }

    /// Whether what live has and the files have not stays.
    fn keeps_thing<T: HasPath>(
        &mut self,
        id: &ExternalId,
        class: Class,
        live: &Placed<&T>,
        base: Option<&Placed<&T>>,
    ) -> bool {
        let path = T::path(id, None);
        let push = self.is_pushed(&path, class, &None);
        let sides = [Some(summarise_thing(live)), None, base.map(describe_thing)];
        let subject = self.subject_of(live);
        self.tell(path, Kind::Remove, class, sides, push, &subject);
        !push
    }

    fn is_pushed(&mut self, path: &Path, class: Class, to: &Option<FieldValue>) -> bool {
        let revert = self.stance_at(path, || to.clone()).revert;
        (revert || matches!(class, Class::Edit | Class::Adopt)) && !self.stays_rejected(path, to)
    }

    /// What comes is sent in stock unless a file says otherwise, or the platform shows it sold out in a menu of its own: then it
    /// is the kitchen's to put back.
    fn place_new_thing<T: HasPath>(&mut self, desired: &Placed<&T>) -> (Placed<T>, Placed<T>) {
        let (mut send, mut next) = (desired.copy(), desired.copy());
        if let Some((kind, member)) = stock_of::<T>() {
            let off = (member.get)(desired.thing) == Field::Set(FieldValue::Flag(false));
            let is_sold_out = kind == StockKind::Items && self.matched.sold_out_items.contains(desired.thing.id());
            (member.set)(&mut send.thing, Field::Set(FieldValue::Flag(!off && !is_sold_out)));
            (member.set)(&mut next.thing, if off { Field::Set(FieldValue::Flag(false)) } else { Field::Unsaid });
            if off {
                self.next.taken_off_mut(kind).insert(desired.thing.id().clone());
            }
        }
        (send, next)
    }

    fn compare_fields<T: HasPath>(
        &mut self,
        id: &ExternalId,
        desired: &Placed<&T>,
        base: Option<&Placed<&T>>,
        live: &Placed<&T>,
    ) -> (Placed<T>, Placed<T>) {
        let (mut send, mut next) = (T::with_id(id), T::with_id(id));
        let mut copies: BTreeMap<String, T> =
            live.copies.keys().map(|holder| (holder.clone(), T::with_id(id))).collect();
        let (mut within, mut next_within) = (Vec::new(), Vec::new());
        let subject = self.subject_of(desired);
        for spec in T::FIELDS {
            let path = T::path(id, Some(spec.field));
            match &spec.member {
                None if spec.info.kind == FieldKind::Id => self.report_lost_id(path, id, base.is_some(), &subject),
                None => {
                    let names = |placed: &Placed<&T>| FieldValue::Names(placed.within.clone());
                    let sides =
                        [Field::Set(names(live)), Field::Set(names(desired)), Field::set_or_unsaid(base.map(names))];
                    let decided = self.compare_field(path, Kind::Move, &subject, &sides);
                    [within, next_within] = decided.map(|names| match names {
                        Field::Set(FieldValue::Names(names)) => names,
                        _ => Vec::new(),
                    });
                }
                Some(member) => {
                    let read = |live: &T| read_sides(spec, member, desired.thing, base.map(|base| base.thing), live);
                    let sides = telling(live.all().map(|live| read(live)));
                    let is_unread = self.matched.extras.is_unread(&path);
                    let decided = match T::STOCK {
                        Some(kind) if spec.info.reads == ReadBack::Stock => {
                            self.compare_stock(path, kind, id, &subject, &sides, is_unread)
                        }
                        _ if is_unread => self.compare_unread(path, &subject, &sides),
                        _ => self.compare_field(path, Kind::Set, &subject, &sides),
                    };
                    let [sent, base] = decided;
                    let is_stock = spec.info.reads == ReadBack::Stock;
                    // What is left as it is stays as it is at each place; stock is the same at all.
                    let is_left = !is_stock && sent == sides[if is_unread { 2 } else { 0 }];
                    for (holder, copy) in &mut copies {
                        let own = is_left.then(|| read(live.at(holder))[0].clone());
                        let own = own.filter(|own| !is_unread || !own.is_unsaid());
                        (member.set)(copy, own.unwrap_or_else(|| sent.clone()));
                    }
                    (member.set)(&mut send, sent);
                    (member.set)(&mut next, base);
                }
            }
        }
        (Placed { thing: send, within, copies }, Placed::new(next, next_within))
    }

    /// One field: tells the difference, returns what is sent and what the base becomes.
    fn compare_field(
        &mut self,
        path: Path,
        kind: Kind,
        subject: &Subject,
        [live, desired, base]: &[Field<FieldValue>; 3],
    ) -> [Field<FieldValue>; 2] {
        let named = |side: &Field<FieldValue>| side.value().cloned().map(FieldValue::flatten_name);
        let mut decision = field::decide(self.stance_at(&path, || named(desired)), desired, base, live);
        let Some(class) = decision.class else { return [decision.send, decision.next_base] };
        let mut sides: Sides = [named(live), named(desired), named(base)];
        // The order of ids that are not those of the files or the last push is the answer's, which means nothing.
        if let Some(FieldValue::Ids(ids)) = &mut sides[0]
            && live != base
            && live != desired
        {
            ids.sort();
        }
        if decision.push && self.stays_rejected(&path, &sides[1]) {
            decision = field::Decision { push: false, send: live.clone(), next_base: base.clone(), ..decision };
        }
        self.tell(path, kind, class, sides, decision.push, subject);
        [decision.send, decision.next_base]
    }

    /// A field whose live value cannot be read: it is what it was. Where that is not known, and nobody says what it shall be,
    /// there is nothing to send.
    fn compare_unread(
        &mut self,
        path: Path,
        subject: &Subject,
        [_, desired, base]: &[Field<FieldValue>; 3],
    ) -> [Field<FieldValue>; 2] {
        if desired.is_unsaid() && base.value().is_none() {
            self.uncopied.insert(path);
            return [Field::Unsaid, Field::Unsaid];
        }
        self.compare_field(path, Kind::Set, subject, &[base.clone(), desired.clone(), base.clone()])
    }

    /// `is_unread`: live does not say what it is in a way that can be read. Then nothing is put on sale: what the files do not
    /// take off themselves goes out as sold out, if at all.
    fn compare_stock(
        &mut self,
        path: Path,
        kind: StockKind,
        id: &ExternalId,
        subject: &Subject,
        sides: &[Field<FieldValue>; 3],
        is_unread: bool,
    ) -> [Field<FieldValue>; 2] {
        let [mut live, desired, base] = sides.each_ref().map(|side| side.value() != Some(&FieldValue::Flag(false)));
        let is_off = !live;
        // It is sold out as soon as it is in one place, and off sale as the files want it only when it is in all.
        if !desired && kind == StockKind::Variants && self.matched.partly_sold_out.contains(id) {
            live = true;
        }
        let taken_off = self.inputs.base.is_some_and(|base| base.taken_off(kind).contains(id));
        let flag = |on: bool| Some(FieldValue::Flag(on));
        if is_unread {
            live = base;
        }
        if is_unread && desired {
            self.uncopied.insert(path);
            if taken_off {
                self.next.taken_off_mut(kind).insert(id.clone());
            }
            return [Field::Set(FieldValue::Flag(false)), sides[2].clone()];
        }
        let stance = self.stance_at(&path, || flag(false));
        // An answer without stock is taken as "on sale": there is nothing to carry over.
        let decision = stock::decide(stance, !desired, !base, taken_off, live);
        if decision.next_taken_off {
            self.next.taken_off_mut(kind).insert(id.clone());
        }
        if let Some(class) = decision.class {
            let to = if decision.push { decision.send } else { !live };
            let sides = [flag(live), flag(to), sides[2].value().cloned()];
            self.tell(path, Kind::Set, class, sides, decision.push, subject);
        }
        let next = if decision.next_off { Field::Set(FieldValue::Flag(false)) } else { Field::Unsaid };
        // What is sold out in one place is put on sale in no other, but by a change that says so.
        let send = decision.send && (decision.push || !is_off);
        [Field::Set(FieldValue::Flag(send)), next]
    }

    /// An external id that is gone (or another) live. With a base that is drift which the next PUT mends on its way;
    /// without one the id has never been there and is worth a push.
    fn report_lost_id(&mut self, path: Path, id: &ExternalId, in_base: bool, subject: &Subject) {
        let lost = match path {
            Path::Variant(..) => self.matched.lost_variants.get(id),
            Path::Category(..) => self.matched.lost_categories.get(id),
            _ => self.matched.lost_items.get(id),
        };
        let Some(live) = lost else { return };
        let class = if in_base { Class::Drift } else { self.added() };
        let text = |id: &ExternalId| FieldValue::Text(id.0.clone());
        let to = Some(text(id));
        let rejected = self.stays_rejected(&path, &to);
        let revert = self.stance_at(&path, || to.clone()).revert;
        let push = (!in_base || revert) && !rejected;
        let base = in_base.then(|| text(id));
        self.tell(path, Kind::Set, class, [live.as_ref().map(text), to, base], push, subject);
        if let Some(change) = self.changes.last_mut() {
            change.only_with_put = !push;
        }
    }

    /// A live thing that is copied into a payload: its stock is said, and what cannot be read is not.
    fn copy_live<T: HasPath>(&mut self, live: &Placed<&T>) -> Placed<T> {
        let mut copy = live.copy();
        for (spec, member) in T::members() {
            let path = T::path(live.thing.id(), Some(spec.field));
            let is_unread = self.matched.extras.is_unread(&path);
            if is_unread {
                self.uncopied.insert(path);
            }
            for copy in std::iter::once(&mut copy.thing).chain(copy.copies.values_mut()) {
                if is_unread {
                    (member.set)(copy, Field::Unsaid);
                }
                if T::STOCK.is_some() && spec.info.reads == ReadBack::Stock {
                    let on_sale = !is_unread && (member.get)(live.thing) != Field::Set(FieldValue::Flag(false));
                    (member.set)(copy, Field::Set(FieldValue::Flag(on_sale)));
                }
            }
        }
        copy
    }

    /// A thing as people know it: an item in its menu, a variant in its category, which it knows by its id.
    fn subject_of<T: HasPath>(&self, placed: &Placed<&T>) -> Subject {
        let name = placed.thing.name().value().cloned().unwrap_or_else(|| placed.thing.id().0.clone());
        let within = placed.within.first().and_then(|holder| match T::STOCK {
            Some(StockKind::Variants) => {
                let catalogs = [self.inputs.desired, &self.matched.catalog];
                let mut all = catalogs.into_iter().flat_map(|catalog| &catalog.variant_categories);
                let category = all.find(|category| category.external_id.0 == *holder);
                category.and_then(|category| category.name.value().cloned())
            }
            _ => Some(holder.clone()),
        });
        Subject { within, name }
    }
}

/// How to get at the stock of a thing that has any.
fn stock_of<T: HasPath>() -> Option<(StockKind, &'static Member<T>)> {
    let (_, member) = T::members().find(|(spec, _)| spec.info.reads == ReadBack::Stock)?;
    T::STOCK.map(|kind| (kind, member))
}

/// A member as live, the files and the last push have it, as far as that can be compared.
fn read_sides<T: HasPath>(
    spec: &FieldSpec<T>,
    member: &Member<T>,
    desired: &T,
    base: Option<&T>,
    live: &T,
) -> [Field<FieldValue>; 3] {
    let in_base = base.map(|base| (member.get)(base));
    let [shown, wanted, known] = [(member.get)(live), (member.get)(desired), in_base.clone().unwrap_or_default()];
    match spec.info.reads {
        ReadBack::Always | ReadBack::Stock => [shown, wanted, known],
        ReadBack::UnlikeName => {
            let unlike = |thing: &T| unlike_name(thing, (member.get)(thing));
            [unlike(live), unlike(desired), base.map(unlike).unwrap_or_default()]
        }
        ReadBack::AsSet => {
            let alike = [&known, &wanted].into_iter().find(|side| side.value().is_some() && is_same_set(side, &shown));
            [alike.unwrap_or(&shown).clone(), wanted, known]
        }
        // What is read back may be a CDN's address: what we last sent counts as live. Without a base, an image that is there is
        // taken for the one the files name.
        ReadBack::Never => {
            let readable = match (&in_base, &wanted, &shown) {
                (Some(base), ..) if !base.is_unsaid() => base,
                (None, Field::Set(_), Field::Set(_)) => &wanted,
                _ => &shown,
            };
            [readable.clone(), wanted, known]
        }
    }
}

/// Of several copies, the one that is furthest from what the files and the last push have: what is settled by it is so for all.
fn telling(mut copies: impl Iterator<Item = [Field<FieldValue>; 3]>) -> [Field<FieldValue>; 3] {
    let distance = |[live, desired, base]: &[Field<FieldValue>; 3]| match differs(desired, live) {
        true => 1 + usize::from(differs(base, live)),
        false => usize::from(desired.is_unsaid() && differs(base, live)),
    };
    let first = copies.next().unwrap_or_default();
    copies.fold(first, |best, copy| if distance(&copy) > distance(&best) { copy } else { best })
}

/// A name for the cashier that equals the name reads back where none was sent, so it counts as absent.
fn unlike_name<T: HasPath>(thing: &T, value: Field<FieldValue>) -> Field<FieldValue> {
    let name = thing.name().clone().map(FieldValue::from);
    if value.value().is_some() && same(&value, &name) { Field::Null } else { value }
}

/// Whether two lists hold the same ids; none and an empty one are the same.
fn is_same_set(a: &Field<FieldValue>, b: &Field<FieldValue>) -> bool {
    fn ids(side: &Field<FieldValue>) -> BTreeSet<&ExternalId> {
        side.value().and_then(FieldValue::as_ids).into_iter().flatten().collect()
    }
    ids(a) == ids(b)
}

/// Whether live shows another value than the one we own.
fn differs(base: &Field<FieldValue>, live: &Field<FieldValue>) -> bool {
    !base.is_unsaid() && !same(base, live)
}

/// Whether somebody changed a thing, or a part of it, elsewhere in what the files own. What cannot be read back cannot be told,
/// stock is the kitchen's.
fn is_edited<T: HasPath>(base: &Placed<&T>, live: &Placed<&T>, extras: &Extras) -> bool {
    let names = |placed: &Placed<&T>| Field::Set(FieldValue::Names(placed.within.clone()));
    let is_other =
        |known: &_, part: &_| is_edited(&Placed::new(known, Vec::new()), &Placed::new(part, Vec::new()), extras);
    differs(&names(base), &names(live))
        || T::members().filter(|(spec, _)| spec.info.reads.is_compared()).any(|(spec, member)| {
            if extras.is_unread(&T::path(base.thing.id(), Some(spec.field))) {
                return false;
            }
            live.all().any(|live| {
                let [shown, _, known] = read_sides(spec, member, &T::default(), Some(base.thing), live);
                differs(&known, &shown)
            })
        })
        || base.thing.parts().iter().any(|known| {
            let mut shown = live.thing.parts().iter();
            shown.find(|part| part.external_id == known.external_id).is_some_and(|part| is_other(known, part))
        })
}

/// Whether the files say of a thing what was last pushed, however its texts are spelled, its own stock aside.
fn is_same_thing<T: HasPath>(a: &Placed<&T>, b: &Placed<&T>) -> bool {
    fn normalise_texts<T: HasPath>(thing: &T, with_stock: bool) -> T {
        thing.map_members(|spec, value| match value {
            _ if spec.info.reads == ReadBack::Stock && !with_stock => Field::Unsaid,
            Field::Set(FieldValue::Text(text)) if spec.info.kind == FieldKind::Text => {
                Field::Set(FieldValue::Text(normalise_text(&text).into_owned()))
            }
            value => value,
        })
    }
    let names = |placed: &Placed<&T>| Field::Set(FieldValue::Names(placed.within.clone()));
    let parts = |thing: &T| thing.parts().iter().map(|part| normalise_texts(part, true)).collect::<Vec<_>>();
    same(&names(a), &names(b))
        && normalise_texts(a.thing, false) == normalise_texts(b.thing, false)
        && parts(a.thing) == parts(b.thing)
}

/// A whole thing as a plan tells it: everything the files say but the stock, with what holds it and what it holds.
fn describe_thing<T: HasPath>(placed: &Placed<&T>) -> FieldValue {
    let mut fields = fields_but_stock(placed.thing);
    if let Some(holder) = T::FIELDS.iter().find(|spec| spec.info.kind == FieldKind::Holder) {
        fields.insert(holder.info.key, Some(FieldValue::Names(placed.within.clone()).flatten_name()));
    }
    if matches!(T::path(placed.thing.id(), None), Path::Category(..)) {
        let part = |part| {
            let id = FieldValue::Text(Thing::id(part).0.clone());
            fields_but_stock(part).into_iter().chain([(ItemField::ExternalId.key(), Some(id))]).collect()
        };
        fields.insert("variants", Some(FieldValue::Things(placed.thing.parts().iter().map(part).collect())));
    }
    FieldValue::Thing(fields)
}

fn fields_but_stock<T: HasPath>(thing: &T) -> Fields {
    let mut fields = thing.fields();
    T::members().filter(|(spec, _)| spec.info.reads == ReadBack::Stock).for_each(|(spec, _)| {
        fields.remove(spec.info.key);
    });
    fields
}

/// What is told of a thing that goes: its name and, if its kind has one, its price.
fn summarise_thing<T: HasPath>(placed: &Placed<&T>) -> FieldValue {
    let members =
        T::members().filter(|(spec, _)| spec.info.key == ItemField::Name.key() || spec.info.kind == FieldKind::Price);
    let value = |member: &Member<T>| (member.get)(placed.thing).value().cloned();
    FieldValue::Thing(members.map(|(spec, member)| (spec.info.key, value(member))).collect())
}
