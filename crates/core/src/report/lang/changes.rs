//! What changes, in the words of a line: of plans, which are English, and of the page of an outlet.

use crate::report::{Lang, counted};

impl Lang {
    /// What a field, or a thing, is called.
    pub fn label(self, label: &'static str) -> &'static str {
        match (self, label) {
            (Self::Id, "external id") => "ID luar",
            (Self::Id, "name") => "nama",
            (Self::Id, "internal name") => "nama dapur",
            (Self::Id, "description") => "keterangan",
            (Self::Id, "stock") => "stok",
            (Self::Id, "price") => "harga",
            (Self::Id, "image") => "foto",
            (Self::Id, "hours") => "jam jual",
            (Self::Id, "choice" | "choices") => "pilihan",
            (Self::Id, "calories") => "kalori",
            (Self::Id, "category") => "kelompok",
            (Self::Id, "item") => "hidangan",
            (Self::Id, "variant") => "varian",
            (Self::Id, "order") => "urutan",
            // `menu` and `promo` are the same.
            (_, label) => label,
        }
    }
}

texts! {
    sent_once_more: "; its answer was lost, so it is sent once more", "; jawabannya hilang, jadi dikirim sekali lagi";
    running_one_replaced: "the running one ends, then a new one begins", "yang berjalan berakhir, lalu yang baru mulai";
    waiting_one_replaced: "the one that waits is deleted, then a new one is made",
        "yang menunggu dihapus, lalu yang baru dibuat";
    no_value: "(none)", "(kosong)";
    back_on_sale: "back on sale", "dijual lagi";
    stays_optional: "stays optional", "tetap opsional";
    becomes_mandatory: "becomes mandatory", "menjadi wajib";
    becomes_optional: "becomes optional", "menjadi opsional";
    mandatory: "mandatory", "wajib";
    no_limit: "no limit", "tanpa batas";
    moved_to_the_front: "to the front", "ke paling depan";
    no_file_knows_it: " (no file knows it)", " (tidak ada di berkas)";
    layer_has_ended: " (its dated layer has ended)", " (lapisan bertanggalnya sudah berakhir)";
    menus: "menus", "semua menu";
    less: "less", "lebih singkat";
    longer: "more", "lebih lama";
    a_day: " a day", " sehari";
}

sentences! {
    instead_of(price: &str, percent: i64): format!(" instead of {price} (−{percent} %)"),
        format!(", biasanya {price} (−{percent} %)");
    promotion_around_push(name: &str, when: &str): format!("“{name}” ends before this push of the menu, and is made again after it: {when}"),
        format!("“{name}” berakhir sebelum kiriman menu ini, dan dibuat lagi sesudahnya: {when}");
    promotion_ended_now(name: &str, days: i32): match days {
            ..=0 => format!("“{name}” ended now, on its last day"),
            1 => format!("“{name}” ended now, 1 day early"),
            days => format!("“{name}” ended now, {days} days early"),
        },
        match days {
            ..=0 => format!("“{name}” diakhiri sekarang, pada hari terakhirnya"),
            days => format!("“{name}” diakhiri sekarang, {days} hari lebih awal"),
        };
    promotion_deleted(name: &str, when: &str): format!("“{name}” deleted before it begins ({when})"),
        format!("“{name}” dihapus sebelum mulai ({when})");
    was(value: &str): format!(", was {value}"), format!(", tadinya {value}");
    cleared(value: &str): format!("cleared, was {value}"), format!("dikosongkan, tadinya {value}");
    cleared_hours(hours: &str): format!("cleared, was {hours}: on sale all day, every day"),
        format!("dikosongkan, tadinya {hours}: dijual sepanjang hari, setiap hari");
    becomes_mandatory_at_least(least: u32): format!("becomes mandatory, at least {least}"),
        format!("menjadi wajib, paling sedikit {least}");
    at_least_was(least: u32, was: u32): format!("at least {least}, was {was}"), format!("paling sedikit {least}, tadinya {was}");
    up_to_was(most: u32, was: u32): format!("up to {most}, was {was}"), format!("paling banyak {most}, tadinya {was}");
    up_to_had_none(most: u32): format!("up to {most}, had no limit"), format!("paling banyak {most}, tadinya tanpa batas");
    no_limit_was(was: u32): format!("no limit, was {was}"), format!("tanpa batas, tadinya {was}");
    in_another_order(names: &str): format!("in another order: {names}"), format!("urutan lain: {names}");
    now_with(names: &str): format!("now with {names}"), format!("sekarang dengan {names}");
    no_longer_with(names: &str): format!("no longer with {names}"), format!("tidak lagi dengan {names}");
    new_value(value: &str): format!("new: {value}"), format!("baru: {value}");
    changed_value(from: &str, to: &str): format!("changed: {from} → {to}"), format!("berubah: {from} → {to}");
    moved_between(from: &str, to: &str): format!("moved from {from} to {to}"), format!("pindah dari {from} ke {to}");
    some_and_more(names: &str, count: usize): format!("{names} and {count} more"), format!("{names} dan {count} lagi");
    characters(count: usize): format!("({count} characters)"), format!("({count} huruf)");
    new_thing(details: &str): format!("new{details}"), format!("baru{details}");
    removed_thing(details: &str): format!("removed{details}"), format!("dihapus{details}");
    moved_thing(place: &str): format!("moved {place}"), format!("pindah {place}");
    after_thing(name: &str): format!("after {name}"), format!("setelah {name}");
    with_choices(names: &str): format!(", with {names}"), format!(", dengan {names}");
    new_menu_name(from: &str, items: usize): format!("new name, was “{from}” ({})", counted(items, "item")),
        format!("nama baru, tadinya “{from}” ({items} hidangan)");
    items_moved(count: usize, from: &str, names: &str): format!("{} moved from {from}: {names}", counted(count, "item")),
        format!("{count} hidangan pindah dari {from}: {names}");
    items_named(count: usize, names: &str): format!(": {}: {names}", counted(count, "item")), format!(": {count} hidangan: {names}");
    new_with(count: usize, names: &str): format!("new with {}: {names}", counted(count, "item")),
        format!("baru dengan {count} hidangan: {names}");
    removed_with(count: usize, names: &str): format!("removed with {}: {names}", counted(count, "item")),
        format!("dihapus dengan {count} hidangan: {names}");
    moved_places(places: &str): format!("moved: {places}"), format!("pindah: {places}");
    moved_now(count: usize, names: &str): format!("{count} moved, now {names}"), format!("{count} pindah, sekarang {names}");
    variants_named(count: usize, names: &str): format!(", {}: {names}", counted(count, "variant")), format!(", {count} varian: {names}");
    hours_and_minutes(hours: u32, minutes: u32): format!("{hours} h {minutes} min"), format!("{hours} jam {minutes} menit");
}
