//! Changes that go out in waves.

sentences! {
    rollout_looks(left: usize, outlets: usize): format!("Rollout: {left} of {outlets} outlets have not been looked at yet; nothing is sent before that"),
        format!("Pengiriman bertahap: {left} dari {outlets} outlet belum diperiksa; sebelum itu tidak ada yang dikirim");
    rollout_wave(wave: usize, waves: usize, seen: usize, outlets: usize, wait: usize): format!("Rollout: wave {wave} of {waves}: {seen} of {outlets} outlets are as the files want them, {wait} wait for a later wave"),
        format!("Pengiriman bertahap: tahap {wave} dari {waves}: {seen} dari {outlets} outlet sudah sesuai, {wait} menunggu tahap berikutnya");
    rollout_nobody(missed: usize): format!("; {missed} could not be sent, and the next wave opens only after one was seen"),
        format!("; {missed} tidak dapat dikirim, dan tahap berikutnya baru dibuka setelah ada yang tampil");
    rollout_bakes(wave: usize, waves: usize, next: usize, time: &str): format!("Rollout: wave {wave} of {waves} is over; wave {next} opens at {time}"),
        format!("Pengiriman bertahap: tahap {wave} dari {waves} selesai; tahap {next} dibuka {time}");
    rollout_stopped(time: &str, why: &str): format!("Rollout stopped at {time}: {why}. Correct the files, or `menusync resume --rollout`"),
        format!("Pengiriman bertahap dihentikan {time}: {why}. Perbaiki berkas, atau `menusync resume --rollout`");
    waits_for_rollout(): "waits for a rollout of these files, which begins with a push of all outlets".to_owned(),
        "menunggu pengiriman bertahap, yang dimulai dengan kiriman ke semua outlet".to_owned();
    waits_for_first_look(): "waits for a look at all outlets that the change concerns".to_owned(),
        "menunggu semua outlet yang terkait diperiksa".to_owned();
    waits_for_wave(wave: usize, waves: usize): format!("waits for wave {wave} of {waves} of the rollout"),
        format!("menunggu tahap {wave} dari {waves}");
    rollout_stuck(wave: usize, waves: usize): format!("nobody of wave {wave} of {waves} could be sent, so the outlets of later waves wait: `menusync status` says why"),
        format!("tidak ada outlet di tahap {wave} dari {waves} yang dapat dikirim, jadi tahap berikutnya menunggu: lihat `menusync status`");
    off_sale_first(): "; what the files take off sale does not wait".to_owned(),
        "; yang ditandai habis tidak menunggu".to_owned();
    wave_opens_at(wait: &str, time: &str): format!("{wait}, which opens at {time}"), format!("{wait}, yang dibuka {time}");
}
