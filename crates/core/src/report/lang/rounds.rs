//! A pass over all outlets that cannot end before the next one is due.

use crate::{report::Lang, schedule::RoundLoad};

impl Lang {
    /// That it cannot, if so.
    pub fn round_too_long(self, load: &RoundLoad) -> Option<String> {
        let interval = self.span(load.too_short()?.as_secs());
        let words = self.round_takes(load.outlets, &self.span(load.takes().as_secs()), &interval);
        let of_account = load.account.as_deref().filter(|_| load.takes() == load.least);
        Some(words + &of_account.map(|account| self.round_of_account(account)).unwrap_or_default())
    }
}

sentences! {
    round_takes(outlets: usize, takes: &str, interval: &str): format!("A pass over all {outlets} outlets takes {takes} or more, and the next one is due after {interval}: outlets are looked at less often than `schedule` says"),
        format!("Pemeriksaan semua {outlets} outlet makan waktu {takes} atau lebih, sedangkan yang berikutnya sudah mulai setelah {interval}: outlet diperiksa lebih jarang daripada `schedule`");
    round_of_account(account: &str): format!(" (by the limit of account `{account}`)"), format!(" (karena batas akun `{account}`)");
}

texts! {
    round_fix: "raise `gobiz.requests_per_second`, or make `schedule` rarer", "naikkan `gobiz.requests_per_second`, atau buat `schedule` lebih jarang";
    waiting_for_pass: "Waiting for a pass", "Menunggu diperiksa";
}
