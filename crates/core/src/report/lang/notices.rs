//! Notifications.

texts! {
    // Of one outlet, behind its name, and of many.
    held_one: "is held by a guard", "ditahan pengaman";
    held_many: "are held by guards", "ditahan oleh pengaman";
    failed_one: "has failed", "gagal";
    failed_many: "have failed", "gagal";
    drift_one: "was changed elsewhere", "diubah di luar berkas";
    drift_many: "were changed elsewhere", "diubah di luar berkas";
    contested_one: "is contested: changed elsewhere again and again", "diperebutkan: berkali-kali diubah di luar berkas";
    contested_many: "are contested: changed elsewhere again and again", "diperebutkan: berkali-kali diubah di luar berkas";
    nonconvergent_one: "shows something else than was pushed", "menampilkan yang lain dari kiriman";
    nonconvergent_many: "show something else than was pushed", "menampilkan yang lain dari kiriman";
    invalid_one: "has errors in its files", "punya kesalahan di berkasnya";
    invalid_many: "have errors in their files", "punya kesalahan di berkasnya";
    invalid_soon_one: "will have errors when a dated layer begins or ends",
        "akan punya kesalahan saat lapisan bertanggal mulai atau berakhir";
    invalid_soon_many: "will have errors when dated layers begin or end",
        "akan punya kesalahan saat lapisan bertanggal mulai atau berakhir";
    missing_one: "is in no file any more", "tidak ada lagi di berkas";
    missing_many: "are in no file any more", "tidak ada lagi di berkas";
    recovered_one: "is well again", "sudah baik kembali";
    recovered_many: "are well again", "sudah baik kembali";
    published_one: "was published", "sudah tampil di GoFood";
    published_many: "were published", "sudah tampil di GoFood";
    stock_one: "has stock that was not switched as ordered", "punya stok yang tidak diubah seperti diminta";
    stock_many: "have stock that was not switched as ordered", "punya stok yang tidak diubah seperti diminta";
    stuck_one: "could not be sent its wave of the rollout", "tidak dapat dikirimi tahapnya";
    stuck_many: "could not be sent their wave of the rollout", "tidak dapat dikirimi tahapnya";
    live_menu_left: "its live menu is left as it is", "menunya di GoFood dibiarkan";
}

sentences! {
    promotions_so_far(words: &str): format!("promotions: {words}"), format!("promo: {words}");
    one_outlet(name: &str, id: &str, what: &str): format!("{name} ({id}) {what}"), format!("Outlet {name} ({id}) {what}");
    many_outlets(count: usize, what: &str): format!("{count} outlets {what}"), format!("{count} outlet {what}");
    still_so(what: &str): format!("still: {what}"), format!("masih {what}");
    outlets_by_state(total: usize, states: &str, published: u64): format!(
            "{total} outlets: {states}; {} published",
            if published == 1 { "1 push".to_owned() } else { format!("{published} pushes") }
        ),
        format!("{total} outlet: {states}; {published} kiriman sudah tampil");
    what_held_would_do(outlet: &str): format!("`menusync plan{outlet}` shows what would be pushed, and how to let it through if it is meant"),
        format!("`menusync plan{outlet}` menampilkan apa yang akan dikirim, dan cara meloloskannya kalau memang dimaksud");
    kept_changes(count: usize): match count {
            1 => "1 change was made elsewhere and is kept".to_owned(),
            _ => format!("{count} changes were made elsewhere and are kept"),
        },
        format!("{count} perubahan dibuat di luar berkas dan dibiarkan");
}
