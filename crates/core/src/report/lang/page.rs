//! The status page.

use crate::report::counted;

texts! {
    all_outlets: "All outlets", "Semua outlet";
    what_happened: "What happened", "Riwayat";
    about_all_outlets: "Pages about all outlets", "Halaman tentang semua outlet";
    not_found: "Not found", "Tidak ditemukan";
    nothing_here: "There is nothing here.", "Tidak ada apa-apa di sini.";
    starting: "the daemon is still starting", "daemon masih memulai";
    files_unread: "the files could not be read in time", "berkas tidak selesai dibaca tepat waktu";
    busy: "other menus are being composed; ask again in a few seconds",
        "menu lain sedang disusun; coba lagi beberapa detik lagi";
    state_unread: "cannot read the stored state", "catatan keadaan tidak dapat dibaca";
    how_it_stands: "How this outlet stands", "Keadaan outlet ini";
    no_outlet_at_all: "The files define no outlet.", "Tidak ada outlet di berkas.";
    files_unreadable: "The files cannot be read; nothing new is pushed.",
        "Berkas tidak dapat dibaca; tidak ada yang baru dikirim.";
    settings_wrong: "The new settings are wrong; the old ones still hold.",
        "Pengaturan baru salah; yang lama masih berlaku.";
    name_or_id: "Name or id", "Nama atau ID";
    state_heading: "State", "Keadaan";
    any: "any", "semua";
    layer_heading: "Layer", "Lapisan";
    account_heading: "Account", "Akun";
    reason: "Reason", "Alasan";
    order: "Order", "Urutan";
    worst_first: "worst first", "yang terburuk dahulu";
    by_name: "by name", "menurut nama";
    newest_first: "newest first", "yang terbaru dahulu";
    show: "Show", "Tampilkan";
    show_all: "Show all", "Tampilkan semua";
    no_outlet_matches: "No outlet matches.", "Tidak ada outlet yang cocok.";
    outlet_heading: "Outlet", "Outlet";
    since_heading: "Since", "Sejak";
    since: "since", "sejak";
    what_heading: "What", "Keterangan";
    last_push: "Last push", "Kiriman terakhir";
    commit_heading: "Commit", "Commit";
    pages: "Pages", "Halaman";
    previous: "Previous", "Sebelumnya";
    next: "Next", "Berikutnya";
    none: "none", "tidak ada";
    none_yet: "none yet", "belum ada";
    not_yet: "not yet", "belum";
    never: "never", "belum pernah";
    unknown: "unknown", "tidak diketahui";
    not_looked_at_yet: "not looked at yet", "belum diperiksa";
    changed_elsewhere: "changed elsewhere", "diubah di luar berkas";
    as_of: "As of", "Keadaan pada";
    in_work: "In work", "Sedang dikerjakan";
    last_pass_ended: "Last pass ended", "Pemeriksaan terakhir selesai";
    next_pass_over_all: "Next pass over all", "Pemeriksaan semua berikutnya";
    files_taken: "Files taken into use", "Berkas mulai dipakai";
    stopping: "stopping", "sedang berhenti";
    menu_of_files: "The menu that the files give, as customers would see it", "Menu menurut berkas, seperti yang akan dilihat pelanggan";
    errors_in_files: "Errors in its files", "Kesalahan di berkasnya";
    warnings_in_files: "Warnings in its files", "Peringatan di berkasnya";
    held_by: "Held by", "Ditahan oleh";
    guard: "Guard", "Pengaman";
    finding: "Finding", "Temuan";
    concerns: "Concerns", "Mengenai";
    to_correct: "If it is a mistake, correct", "Kalau ini salah, perbaiki";
    let_through: "To let it through with a reason that is kept:", "Supaya dikirim dengan alasan yang dicatat:";
    let_through_now: "To let it through now:", "Supaya dikirim sekarang:";
    commit_the_approval: "What `approve` writes counts at once: it is pushed within seconds. Commit that file, so that others see why.",
        "Berkas yang ditulis `approve` langsung berlaku: dikirim dalam hitungan detik. Commit berkas itu, supaya orang lain tahu alasannya.";
    bring_back_now: "To bring back now what GoFood lost:", "Untuk mengembalikan sekarang yang hilang di GoFood:";
    too_many_to_name: "To let these through, choose them with `--outlet GLOB`: no layer is theirs alone.",
        "Supaya semua ini dikirim, pilih dengan `--outlet GLOB`: tidak ada lapisan yang hanya milik mereka.";
    not_committed_yet: "not committed yet", "belum di-commit";
    what_files_change: "What the files change", "Yang diubah oleh berkas";
    menu_before_and_after: "The menu before and after", "Menu sebelum dan sesudah";
    changed_elsewhere_heading: "Changed elsewhere", "Diubah di luar berkas";
    name_heading: "Name", "Nama";
    live_heading: "Live", "Di GoFood";
    files_heading: "Files", "Berkas";
    class_heading: "Class", "Jenis";
    notes_heading: "Notes on its live menu", "Catatan tentang menunya di GoFood";
    pinned_heading: "Pinned", "Dikunci";
    until_heading: "Until", "Sampai";
    pin_ends: "A pin ends when the files give its path another value.",
        "Kunci berakhir begitu berkas memberi nilai lain di tempat itu.";
    facts: "Facts", "Fakta";
    so_since: "So since", "Sejak";
    last_seen_as_wanted: "Last seen as wanted", "Terakhir terlihat sesuai";
    live_commit: "Commit that is live", "Commit yang tampil di GoFood";
    now: "Now", "Sekarang";
    in_work_now: "in work", "sedang dikerjakan";
    next_try: "Next try", "Percobaan berikutnya";
    next_look: "Next look", "Pemeriksaan berikutnya";
    pushes: "Pushes", "Kiriman";
    no_pushes_yet: "None yet.", "Belum ada.";
    when_heading: "When", "Kapan";
    push_heading: "Push", "Kiriman";
    result: "Result", "Hasil";
    changes: "Changes", "Perubahan";
    took: "Took", "Lamanya";
    request_id: "Request id", "ID permintaan";
    not_recorded: "not recorded", "tidak tercatat";
    of_stock: "of stock", "stok";
    live: "live", "yang tampil";
    title_events: "menusync: what happened", "menusync: riwayat";
    nothing_yet: "Nothing yet.", "Belum ada.";
    no_changes: "no changes", "tidak ada perubahan";
    newer: "Newer", "Lebih baru";
    older: "Older", "Lebih lama";
    risk_heading: "Risk", "Risiko";
    change_heading: "Change", "Perubahan";
}

sentences! {
    no_answer_since(time: &str): format!("No answer since {time}: what stands here may be out of date."),
        format!("Tidak ada jawaban sejak {time}: isi halaman ini mungkin sudah lama.");
    no_outlet(id: &str): format!("There is no outlet {id}."), format!("Tidak ada outlet {id}.");
    not_all_live(state: &str): format!("This is what the files give. GoFood may not show all of it: the outlet is {state}."),
        format!("Ini isi berkas. Mungkin belum semuanya tampil di GoFood: keadaan outlet {state}.");
    no_menu(id: &str): format!("There is no menu of {id}: no file defines that outlet, or its files have errors."),
        format!("Tidak ada menu {id}: tidak ada berkas untuk outlet itu, atau ada kesalahan di berkasnya.");
    nobody_needed(all: usize): if all == 1 { "The outlet needs nobody".to_owned() } else { format!("None of {all} outlets needs anybody") },
        if all == 1 { "Outlet ini baik-baik saja".to_owned() } else { format!("Semua {all} outlet baik-baik saja") };
    people_needed(count: usize, all: usize): match count {
            1 => format!("1 of {all} outlets needs a person"),
            _ => format!("{count} of {all} outlets need a person"),
        },
        format!("{count} dari {all} outlet perlu ditangani");
    files_with_errors(count: usize): format!("{} in the files: run `menusync validate`.", counted(count, "error")),
        format!("{count} kesalahan di berkas: jalankan `menusync validate`.");
    more_reasons(count: usize): format!("… and {count} more reasons"), format!("… dan {count} alasan lagi");
    page_of(page: usize, pages: usize): format!("Page {page} of {pages}"), format!("Halaman {page} dari {pages}");
    many_changed_elsewhere(count: usize): format!("{count} changed elsewhere"), format!("{count} diubah di luar berkas");
    many_pinned(count: usize, push: i64): format!("{count} pinned by the rollback to push {push}"),
        format!("{count} dikunci sejak kembali ke kiriman {push}");
    let_through_these(count: usize): match count {
            1 => "If it is meant: let it through".to_owned(),
            _ => format!("If it is meant: let it through at all {count}"),
        },
        match count {
            1 => "Kalau memang maksudnya begitu: kirim".to_owned(),
            _ => format!("Kalau memang maksudnya begitu: kirim di {count} outlet"),
        };
    held_by_guards(guards: &str): format!("held by {guards}"), format!("ditahan oleh {guards}");
    pinned_by(push: i64): format!("By the rollback to push {push}"), format!("Sejak kembali ke kiriman {push}");
    compared_with(outlet: &str): format!("Compared with the last push that GoFood showed; `menusync plan --outlet {outlet}` asks GoFood."),
        format!("Dibandingkan dengan kiriman terakhir yang tampil di GoFood; `menusync plan --outlet {outlet}` mengecek langsung ke GoFood.");
    back_to_push(push: i64): format!("back to push {push}"), format!("kembali ke kiriman {push}");
    back_to(push: i64): format!("back to {push}"), format!("kembali ke {push}");
    by_author(author: &str): format!("by {author}"), format!("oleh {author}");
    and_more(count: usize): format!("… and {count} more"), format!("… dan {count} lagi");
    newest_pushes(count: u32): format!("The newest {count} pushes, and since when outlets stand as they do."),
        format!("{count} kiriman terbaru, dan sejak kapan keadaan outlet seperti sekarang.");
    some_changes(count: usize, told: &str): format!("{}: {told}", counted(count, "change")), format!("{count} perubahan: {told}");
    many_changes(count: usize, told: &str, more: usize): format!("{}: {told}; and {more} more", counted(count, "change")),
        format!("{count} perubahan: {told}; dan {more} lagi");
    numbered_push(push: i64): format!("push {push}"), format!("kiriman {push}");
    paused_since(time: &str, outlet: &str): format!("paused since {time}; `menusync resume --outlet {outlet}` ends that"),
        format!("dijeda sejak {time}; `menusync resume --outlet {outlet}` mengakhirinya");
    paused_until(time: &str, outlet: &str): format!("paused until {time}; `menusync resume --outlet {outlet}` ends that"),
        format!("dijeda sampai {time}; `menusync resume --outlet {outlet}` mengakhirinya");
    invalid_from(when: &str, reason: &str): format!("from {when} this outlet will be invalid: {reason}"),
        format!("mulai {when} berkas outlet ini akan salah: {reason}");
    why_missing(outlet: &str): format!("no file defines this outlet any more; its menu is left as it is. `menusync forget --outlet {outlet}` drops what is stored about it"),
        format!("tidak ada lagi berkas untuk outlet ini; menunya dibiarkan. `menusync forget --outlet {outlet}` menghapus catatannya");
}
