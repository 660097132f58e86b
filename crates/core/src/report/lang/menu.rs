//! The menu as customers see it.

use crate::report::counted;

texts! {
    sold_out: "sold out", "habis";
    sold_out_aloud: "SOLD OUT", "HABIS";
    sold_when: "Sold", "Dijual";
    photo: "Photo", "Foto";
    nothing_sold: "Nothing is sold.", "Tidak ada yang dijual.";
    nothing_sold_here: "Nothing is sold in this menu.", "Tidak ada yang dijual di menu ini.";
    mark_new: "new", "baru";
    mark_removed: "removed", "dihapus";
    mark_changed: "changed", "berubah";
    mark_moved: "moved", "pindah";
    not_on_the_menu: "not on the menu", "belum ada di menu";
    no_longer_on_the_menu: "no longer on the menu", "tidak ada lagi di menu";
    before: "Before", "Sebelum";
    after: "After", "Sesudah";
    optional: "optional", "opsional";
    another_menu: "another menu", "menu lain";
    files_have_errors: "the files have errors", "ada kesalahan di berkas";
    files_have_errors_then: "The files have errors from then on; the live menu would stay as it is.",
        "Mulai saat itu ada kesalahan di berkas; menu di GoFood tetap seperti adanya.";
    as_the_files_give_it: "As the files give it, before stock and other changes of the kitchen.",
        "Menurut berkas, belum termasuk stok dan perubahan lain dari dapur.";
    outlets: "Outlets", "Outlet";
    promotions: "Promotions", "Promo";
    which_outlets: "Which outlets", "Outlet mana saja";
    dates: "Dates", "Tanggal";
}

sentences! {
    promotion_of(words: &str): format!("Promotion: {words}"), format!("Promo: {words}");
    promoted(dish: &str, price: &str, before: &str, when: &str): format!("{dish}: {price} instead of {before}, {when}"),
        format!("{dish}: {price}, biasanya {before}, {when}");
    promotion_named(name: &str): format!("promotion “{name}” of"), format!("promo “{name}” untuk");
    optional_up_to(most: u32): format!("optional, up to {most}"), format!("opsional, paling banyak {most}");
    choose_at_least(least: u32): format!("choose at least {least}"), format!("pilih paling sedikit {least}");
    choose(number: u32): format!("choose {number}"), format!("pilih {number}");
    choose_between(least: u32, most: u32): format!("choose {least} to {most}"), format!("pilih {least} sampai {most}");
    sold_hours(hours: &str): format!("sold {hours}"), format!("dijual {hours}");
    photo_at_address(address: &str): format!("photo {address}"), format!("foto {address}");
    photo_of(dish: &str): format!("Photo of {dish}"), format!("Foto {dish}");
    photo_too_large(kilobytes: usize): format!("Photo of {kilobytes} KB, too large for this page"),
        format!("Foto {kilobytes} KB, terlalu besar untuk halaman ini");
    at_server(host: &str): format!("at {host}"), format!("di {host}");
    moved_from(menu: &str): format!("moved from {menu}"), format!("pindah dari {menu}");
    dishes_as_before(count: usize): format!("{} as before", if count == 1 { "1 dish".to_owned() } else { format!("{count} dishes") }),
        format!("{count} hidangan tetap sama");
    menu_of(name: &str): format!("Menu of {name}"), format!("Menu {name}");
    menus_of_outlets(count: usize): format!("Menus of {count} outlets"), format!("Menu {count} outlet");
    outlets_named(count: usize, names: &str): format!("{count} outlets: {names}"), format!("{count} outlet: {names}");
    from_then(moment: &str): format!("From {moment}"), format!("Mulai {moment}");
    different_then(moment: &str): format!("From {moment}: what is different then"), format!("Mulai {moment}: yang berbeda");
    and_again(moment: &str): format!("{moment}, and again"), format!("{moment}, dan berulang");
    more_dates(count: usize): format!("… and {count} more dates"), format!("… dan {count} tanggal lagi");
    outlet_count(count: usize): counted(count, "outlet"), format!("{count} outlet");
}
