//! Switches of stock.

use jiff::tz::TimeZone;

use crate::{
    plan::{SwitchEvent, SwitchHappening, label},
    report::Lang,
};

texts! {
    stock_switches: "Stock switches", "Saklar stok";
    past_switches: "Past stock switches", "Saklar stok yang lalu";
    switched: "switched", "diubah";
    switched_back: "switched back", "dikembalikan";
    not_switched: "not switched", "tidak diubah";
    not_switched_back: "not switched back", "tidak dikembalikan";
    comes_back: "comes back", "akan kembali";
    waits_for_resume: "not switched back while the outlet is paused", "tidak dikembalikan selama outlet dijeda";
    waits_for_valid_files: "not switched back while the files of the outlet are invalid",
        "tidak dikembalikan selama berkas outlet masih salah";
    waits_for_files: "not switched back while no file defines the outlet", "tidak dikembalikan selama outlet tidak ada di berkas";
}

sentences! {
    is_sold_out(what: &str): format!("{what}: sold out"), format!("{what}: habis");
    is_on_sale(what: &str): format!("{what}: on sale"), format!("{what}: dijual");
    past_end(what: &str, end: &str): format!("{what}; to be switched back since {end}"), format!("{what}; mestinya dikembalikan sejak {end}");
    with_end(what: &str, end: &str): format!("{what} until {end}"), format!("{what} sampai {end}");
    is_back_on_sale(what: &str): format!("{what}: back on sale"), format!("{what}: dijual kembali");
    is_sold_out_again(what: &str): format!("{what}: sold out again"), format!("{what}: habis kembali");
    switched_elsewhere(what: &str): format!("{what}: somebody else switched it before its end; it is left as it is"),
        format!("{what}: sudah diubah orang lain sebelum waktunya; dibiarkan begitu");
    switch_refused(what: &str, why: &str): format!("{what}: GoFood refused to switch it back: {why}"),
        format!("{what}: GoFood menolak mengembalikannya: {why}");
    switch_not_seen(what: &str): format!("{what}: the call broke off and GoFood does not show it; switch it again if it is wanted"),
        format!("{what}: panggilannya terputus dan tidak tampak di GoFood; ulangi kalau masih perlu");
    switch_doubtful(what: &str): format!(
            "{what}: not put back on sale, as nobody knows whether the kitchen has switched it since; switch it in the app"
        ),
        format!("{what}: tidak dijual kembali, karena tidak diketahui apakah dapur sudah mengubahnya; ubah lewat aplikasi");
    switch_gone(what: &str): format!("{what}: not switched back, as it is not on the live menu"),
        format!("{what}: tidak dikembalikan, karena tidak ada di menu GoFood");
    comes_back_on_sale(what: &str): format!("{what}: off the menu at the end of its switch; it comes back on sale"),
        format!("{what}: sedang tidak ada di menu saat waktunya habis; nanti muncul lagi dan dijual");
    comes_back_sold_out(what: &str): format!("{what}: off the menu at the end of its switch; it comes back sold out"),
        format!("{what}: sedang tidak ada di menu saat waktunya habis; nanti muncul lagi sebagai habis");
    switch_of_other_account(what: &str): format!("{what}: not switched back, as another account reaches the outlet now"),
        format!("{what}: tidak dikembalikan, karena outlet ini sekarang memakai akun lain");
    switch_unread(key: &str, outlet: &str): format!(
            "what is stored of the switch of {key} cannot be read, so it is not switched back; look in the GoBiz app, then \
             `menusync forget --outlet {outlet} --switches` drops it"
        ),
        format!(
            "catatan saklar {key} tidak bisa dibaca, jadi tidak dikembalikan; periksa di aplikasi GoBiz, lalu \
             `menusync forget --outlet {outlet} --switches` menghapus catatannya"
        );
    more_switches(count: usize): format!("{count} stock switches: see `menusync stock --list`"),
        format!("{count} saklar stok: lihat `menusync stock --list`");
}

impl Lang {
    /// A dish or choice and what it was switched to, with its end where there is one.
    pub fn switch(self, what: &str, in_stock: bool, end: Option<&str>) -> String {
        let so = if in_stock { self.is_on_sale(what) } else { self.is_sold_out(what) };
        end.map_or_else(|| so.clone(), |end| self.with_end(&so, end))
    }

    /// What became of a switch, in a word or two.
    pub fn switch_result(self, result: SwitchHappening) -> &'static str {
        match result {
            SwitchHappening::Switched => self.switched(),
            SwitchHappening::SwitchedBack => self.switched_back(),
            SwitchHappening::NotSeen => self.not_switched(),
            SwitchHappening::EndedAway => self.comes_back(),
            _ => self.not_switched_back(),
        }
    }

    /// What became of a switch. Without a `zone` its end is left out.
    pub fn switch_event(self, event: &SwitchEvent, zone: Option<&TimeZone>) -> String {
        let what = &label(event.kind, &event.id, &event.name);
        let why = event.error.as_deref().unwrap_or_default();
        match event.result {
            SwitchHappening::Switched => {
                let end = zone.zip(event.until).map(|(zone, until)| self.minute(until, zone));
                self.switch(what, event.in_stock, end.as_deref())
            }
            SwitchHappening::SwitchedBack if event.in_stock => self.is_sold_out_again(what),
            SwitchHappening::SwitchedBack => self.is_back_on_sale(what),
            SwitchHappening::ChangedElsewhere => self.switched_elsewhere(what),
            SwitchHappening::Refused => self.switch_refused(what, why),
            SwitchHappening::NotSeen => self.switch_not_seen(what),
            SwitchHappening::Doubtful => self.switch_doubtful(what),
            SwitchHappening::Gone => self.switch_gone(what),
            SwitchHappening::EndedAway if event.in_stock => self.comes_back_sold_out(what),
            SwitchHappening::EndedAway => self.comes_back_on_sale(what),
            SwitchHappening::OtherAccount => self.switch_of_other_account(what),
        }
    }
}
