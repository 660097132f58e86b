//! "Did you mean": the known word that is nearest to an unknown one.

/// The candidate nearest to `word`, if one is near enough to be meant. Case, `-` and `_` make no difference.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A word longer than any of ours by far is no typing mistake, and comparing it would cost its square.
    let wanted = (word.len() <= 64).then(|| plain(word))?;
    let length = wanted.chars().count();
    let allowed = (length / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= allowed)
        .map(|candidate| (strsim::damerau_levenshtein(&wanted, &plain(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Indonesian words for keys, as people type them. The first of ours that may stand there is meant.
const INDONESIAN: [(&str, &[&str]); 36] = [
    ("nama", &["name"]),
    ("nama_internal", &["internal_name"]),
    ("harga", &["price", "pricing"]),
    ("deskripsi", &["description"]),
    ("keterangan", &["description"]),
    ("gambar", &["image", "images"]),
    ("foto", &["image", "images"]),
    ("stok", &["in_stock"]),
    ("tersedia", &["in_stock"]),
    ("jam", &["operational_hours"]),
    ("jam_buka", &["operational_hours"]),
    ("jam_operasional", &["operational_hours"]),
    ("setiap_hari", &["daily"]),
    ("tiap_hari", &["daily"]),
    ("harian", &["daily"]),
    ("mulai", &["from", "start"]),
    ("dari", &["from", "start"]),
    ("sampai", &["until", "end"]),
    ("hingga", &["until", "end"]),
    ("selesai", &["until", "end"]),
    ("kapan", &["when"]),
    ("jadwal", &["schedule", "when"]),
    ("durasi", &["duration"]),
    ("zona_waktu", &["timezone"]),
    ("hapus", &["remove"]),
    ("ganti_nama", &["rename"]),
    ("sebelum", &["before"]),
    ("kategori", &["categories", "variant_categories", "menus", "menu"]),
    ("pilihan", &["variant_categories", "categories", "variants"]),
    ("varian", &["variants"]),
    ("topping", &["variants", "variant_categories"]),
    ("item", &["menu_items", "items"]),
    ("makanan", &["menu_items", "items"]),
    ("hidangan", &["menu_items", "items"]),
    ("kode", &["external_id", "outlet"]),
    ("aturan", &["rules"]),
];

/// The known key that an Indonesian word stands for.
pub(super) fn translated<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let word = plain(word).replace(' ', "_");
    let (_, ours) = INDONESIAN.iter().find(|(theirs, _)| *theirs == word)?;
    ours.iter().find_map(|meant| known.iter().find(|key| *key == meant).copied())
}

fn plain(word: &str) -> String {
    word.to_lowercase().replace('-', "_")
}

/// `a`, `b` or `c`
pub(super) fn list_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.pop() {
        None => String::new(),
        Some(last) if words.is_empty() => last,
        Some(last) => format!("{} or {last}", words.join(", ")),
    }
}

/// How many names may still be compared with mistyped ones.
#[derive(Debug)]
pub struct Comparisons(usize);

impl Default for Comparisons {
    /// Half a second's worth, and no believable menu gets there (our choice). Without an end, ten thousand unknown ids among
    /// ten thousand known ones would take minutes.
    fn default() -> Self {
        Self(1_000_000)
    }
}

impl Comparisons {
    /// Whether one more name may be compared with so many.
    pub fn afford(&mut self, count: usize) -> bool {
        let left = self.0.checked_sub(count);
        self.0 = left.unwrap_or_default();
        left.is_some()
    }
}
