//! How outlets stand, how pushes ended, and what guards guard.

use std::borrow::Cow;

use crate::{
    plan::{Class, PromotionEvent, Risk},
    policy::Guard,
    report::Lang,
};

impl Lang {
    /// The state of an outlet as people read it.
    pub fn state(self, word: &str) -> Cow<'_, str> {
        let known = match (self, word) {
            (Self::En, _) => None,
            (Self::Id, "in_sync") => Some("sesuai"),
            (Self::Id, "pending") => Some("akan dikirim"),
            (Self::Id, "pushing") => Some("sedang dikirim"),
            (Self::Id, "verifying") => Some("sedang dicek"),
            (Self::Id, "drifted") => Some("beda dari berkas"),
            (Self::Id, "held") => Some("ditahan"),
            (Self::Id, "queued") => Some("menunggu jadwal"),
            (Self::Id, "paused") => Some("dijeda"),
            (Self::Id, "invalid") => Some("ada kesalahan di berkas"),
            (Self::Id, "missing") => Some("tanpa berkas"),
            (Self::Id, "nonconvergent") => Some("tidak cocok"),
            (Self::Id, "failed") => Some("gagal"),
            (Self::Id, "unknown") => Some("belum pasti"),
            (Self::Id, _) => None,
        };
        known.map_or_else(|| Cow::Owned(word.replace('_', " ")), Cow::Borrowed)
    }

    /// How a push ended, or that it has not.
    pub fn outcome(self, word: Option<&str>) -> &str {
        match (self, word) {
            (_, None) => self.under_way(),
            (Self::Id, Some("published")) => "sudah tampil",
            (Self::Id, Some("nonconvergent")) => "tidak cocok",
            (Self::Id, Some("rejected")) => "ditolak",
            (Self::Id, Some("timeout")) => "belum tampil",
            (Self::Id, Some("lost")) => "hilang",
            (Self::Id, Some("failed")) => "gagal",
            (Self::Id, Some("abandoned")) => "tidak jadi",
            (_, Some(word)) => word,
        }
    }

    /// What became of a promotion.
    pub fn promotion_result(self, word: &str) -> &str {
        match (self, word) {
            (Self::Id, "created") => "dibuat",
            (Self::Id, "replaced") => "diganti",
            (Self::Id, "ended") => "diakhiri",
            (Self::Id, "ended elsewhere") => "diakhiri di luar berkas",
            (Self::Id, "refused") => "ditolak",
            (Self::Id, "unverified") => "belum terlihat",
            (Self::Id, "failed") => "gagal",
            (_, word) => word,
        }
    }

    /// `promotion “gajian” of NG: Rp 19.000, 25–28 Feb 2027`, with the platform's words where it refused.
    pub fn promotion_event(self, event: &PromotionEvent) -> String {
        let PromotionEvent { name, detail, error, .. } = event;
        let why = error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
        let (item, price) = (&detail.external_menu_id, detail.selling_price);
        format!("{} {item}: {price}, {}{why}", self.promotion_named(name), self.promotion_days(detail))
    }

    /// What a change means for the outlet.
    pub fn risk(self, risk: Risk) -> &'static str {
        match (self, risk) {
            (Self::En, risk) => risk.word(),
            (Self::Id, Risk::Danger) => "bahaya",
            (Self::Id, Risk::Money) => "uang",
            (Self::Id, Risk::Visible) => "tampak",
            (Self::Id, Risk::Cosmetic) => "kecil",
        }
    }

    /// Who has moved away from what was pushed last.
    pub fn class(self, class: Class) -> &'static str {
        match (self, class) {
            (Self::En, Class::Edit) => "edit",
            (Self::En, Class::Drift) => "drift",
            (Self::En, Class::Conflict) => "conflict",
            (Self::En, Class::Adopt) => "adopt",
            (Self::Id, Class::Edit) => "diubah di berkas",
            (Self::Id, Class::Drift) => "diubah di luar berkas",
            (Self::Id, Class::Conflict) => "diubah di keduanya",
            (Self::Id, Class::Adopt) => "belum diketahui",
        }
    }

    /// What a guard has found, before its own words, which are English.
    pub fn guard_finding(self, guard: Guard) -> Option<&'static str> {
        match self {
            Self::En => None,
            Self::Id => Some(indonesian_finding(guard)),
        }
    }
}

fn indonesian_finding(guard: Guard) -> &'static str {
    match guard {
        Guard::FirstContact => "Kiriman pertama ke menu yang sudah ada di GoFood.",
        Guard::EmptyLive => "Menu di GoFood tampak kosong, padahal sebelumnya ada isinya.",
        Guard::Deletes => "Banyak hidangan akan hilang dari GoFood.",
        Guard::EmptiedMenu => "Satu menu akan menjadi kosong.",
        Guard::Unmanaged => "Ada yang tampil di GoFood tetapi tidak ada di berkas mana pun, dan akan hilang.",
        Guard::UnreadField => "Ada nilai di GoFood yang tidak dapat dibaca, dan mungkin akan hilang.",
        Guard::UnknownField => "Ada isian di GoFood yang belum dikenal, dan akan hilang.",
        Guard::ReKey => "Ada hidangan atau pilihan yang akan mendapat ID lain.",
        Guard::PriceChange => "Ada harga yang berubah terlalu jauh.",
        Guard::DecimalSlip => "Ada harga yang mungkin kelebihan atau kekurangan nol.",
        Guard::LowPrice => "Ada harga yang terlalu murah.",
        Guard::SoldOut => "Terlalu banyak hidangan akan habis sekaligus.",
        Guard::Promotion => "Kiriman ini mengganggu promo yang berjalan atau menunggu.",
        Guard::PromotionDepth => "Ada promo dengan potongan terlalu besar.",
        Guard::Rollout => "Pengiriman bertahap dihentikan.",
    }
}

texts! {
    under_way: "under way", "sedang berjalan";
    failed_meaning: "The last pass broke off.", "Pemeriksaan terakhir terputus.";
    failed_advice: "Read the error. Network trouble and errors of GoFood's servers pass: it is tried again by itself. A refusal \
        needs a change of the file, of the credential, or of the outlet's link to the integration in GoBiz.",
        "Baca kesalahannya. Gangguan jaringan dan server GoFood akan lewat: nanti dicoba lagi sendiri. Kalau ditolak, yang harus \
        diubah adalah berkas, kredensial, atau sambungan outlet ke integrasi di GoBiz.";
    unknown_meaning: "Something was pushed, and GoFood has not shown it.", "Ada kiriman yang belum tampil di GoFood.";
    unknown_advice: "It is looked for, and nothing else is sent meanwhile. If nothing changes for 30 minutes after the push, it \
        counts as lost and is planned afresh. If it stays so, compare with the menu in the GoBiz app.",
        "Kiriman itu sedang dicari, dan sementara itu tidak ada lagi yang dikirim. Kalau 30 menit setelah kiriman tidak ada yang \
        berubah, kiriman dianggap hilang dan direncanakan lagi. Kalau tetap begini, bandingkan dengan menu di aplikasi GoBiz.";
    nonconvergent_meaning: "GoFood shows something else than was pushed, and stays with it.",
        "Yang tampil di GoFood lain dari kiriman, dan tetap begitu.";
    nonconvergent_advice: "`menusync plan --outlet ID` names the difference. It is not pushed again until the files give it \
        another value.",
        "`menusync plan --outlet ID` menyebut bedanya. Tidak dikirim lagi sampai berkas memberi nilai lain.";
    held_meaning: "A guard holds the push: a person has to decide. The live menu stays as it is.",
        "Pengaman menahan kiriman ini: harus ada orang yang memutuskan. Menu di GoFood tetap seperti adanya.";
    held_advice: "`menusync plan --outlet ID` shows what would be pushed. If it is wrong, put the file right; if it is meant, \
        the commands below let it through.",
        "`menusync plan --outlet ID` menampilkan apa yang akan dikirim. Kalau salah, betulkan berkasnya; kalau memang maksudnya \
        begitu, pakai perintah di bawah supaya dikirim.";
    invalid_meaning: "Its files have errors; it is not pushed, and its live menu stays as it is.",
        "Ada kesalahan di berkasnya; tidak ada yang dikirim, dan menu di GoFood tetap seperti adanya.";
    invalid_advice: "`menusync validate` shows every error with its line.",
        "`menusync validate` menampilkan setiap kesalahan dengan barisnya.";
    missing_meaning: "No file defines it any more; its live menu stays as it is.",
        "Tidak ada lagi berkas untuk outlet ini; menu di GoFood tetap seperti adanya.";
    missing_advice: "If its file was lost or renamed by mistake, bring it back. If the outlet is closed, \
        `menusync forget --outlet ID` deletes its stored state.",
        "Kalau berkasnya hilang atau namanya terganti, kembalikan. Kalau outletnya sudah tutup, `menusync forget --outlet ID` \
        menghapus catatannya.";
    drifted_meaning: "Something was changed elsewhere, for instance in the GoBiz app; it is kept.",
        "Ada yang diubah di luar berkas, misalnya di aplikasi GoBiz; perubahan itu dibiarkan.";
    drifted_advice: "`menusync drift --outlet ID` shows it. If it shall stay, write it into the files; if not, `menusync apply \
        --revert --outlet ID`.",
        "`menusync drift --outlet ID` menampilkannya. Kalau mau dipertahankan, tulis di berkas; kalau tidak, `menusync apply \
        --revert --outlet ID`.";
    pending_meaning: "There is something to push, or no pass has ended yet.",
        "Ada yang harus dikirim, atau belum ada pemeriksaan yang selesai.";
    pending_advice: "The next pass pushes it. If it stays so: with `run --read-only` nothing is pushed; else see the log.",
        "Pemeriksaan berikutnya akan mengirimnya. Kalau tetap begini: dengan `run --read-only` tidak ada yang dikirim; kalau bukan \
        itu, lihat lognya.";
    queued_meaning: "It waits for a window in which pushes are allowed, or for its wave of a rollout.",
        "Menunggu jadwal yang mengizinkan kiriman, atau tahap kirimannya.";
    queued_advice: "It is pushed when that opens.", "Dikirim begitu jadwal atau tahapnya tiba.";
    pushing_meaning: "It is being pushed.", "Sedang dikirim.";
    verifying_meaning: "It was pushed; GoFood has to show it, which takes minutes.",
        "Sudah dikirim; tinggal tampil di GoFood, biasanya beberapa menit.";
    nothing_to_do: "Nothing to do.", "Tidak perlu berbuat apa-apa.";
    paused_meaning: "Its file says `state: paused`, or somebody has paused it by a command.",
        "Berkasnya berisi `state: paused`, atau ada yang menjedanya dengan perintah.";
    paused_advice: "To have it pushed again, remove that line, or `menusync resume --outlet ID`.",
        "Supaya dikirim lagi, hapus baris itu, atau `menusync resume --outlet ID`.";
    in_sync_meaning: "GoFood shows what the files say.", "GoFood menampilkan isi berkas.";
}
