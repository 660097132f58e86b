//! The contact sheet of photos.

use crate::report::counted;

texts! {
    photo_good: "good", "baik";
    photo_refused: "GoFood refuses it", "ditolak GoFood";
    photo_replaced: "replaced by its copy", "sudah diganti salinannya";
    photo_unreadable: "cannot be read", "tidak dapat dibaca";
    photo_not_shown: "no picture", "tidak ada gambar";
    photo_unused: "No dish has it.", "Tidak dipakai hidangan mana pun.";
    photo_copy: "Copy that GoFood takes:", "Salinan yang diterima GoFood:";
    photo_write: "Write", "Tulis";
}

sentences! {
    photos_in(directory: &str): format!("Photos in {directory}"), format!("Foto di {directory}");
    photos_counted(count: usize): counted(count, "photo"), format!("{count} foto");
    photos_left_out(count: usize): format!("Stopped: {} not looked at", counted(count, "photo")),
        format!("Dihentikan: {count} foto belum diperiksa");
}
