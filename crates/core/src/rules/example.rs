//! Building blocks of the `bad` and `good` files in the table: a small outlet around what a rule is about.

/// A one-outlet file with one menu; every argument is one item in YAML's flow form.
macro_rules! menu {
    ($($item:expr),* $(,)?) => {
        concat!("outlet: G1\nmenus:\n  - name: Nasi\n    menu_items:\n", $("      - ", $item, "\n"),*)
    };
}

/// The one variant category of a file, `VC-PEDAS`; after the bounds of its selection, every argument is one variant.
macro_rules! choice {
    ($selection:expr; $($variant:expr),* $(,)?) => {
        concat!(
            "variant_categories:\n  - external_id: VC-PEDAS\n    name: Level pedas\n",
            "    rules: {selection: {", $selection, "}}\n    variants:\n",
            $("      - ", $variant, "\n"),*
        )
    };
}

/// An item that uses [`choice`].
macro_rules! SPICY {
    () => {
        "{external_id: NG, name: Nasi Goreng, price: 25000, variant_category_external_ids: [VC-PEDAS]}"
    };
}

/// Fifty characters of a word that nobody would read to the end.
macro_rules! A50 {
    () => {
        "NASIGORENGKAMPUNGISTIMEWADENGANTELURDANKERUPUKBARU"
    };
}

/// 201 characters: one more than ids and descriptions may have.
macro_rules! A201 {
    () => {
        concat!(A50!(), A50!(), A50!(), A50!(), "X")
    };
}

/// Several files: `catalogs/brand.yaml`, the layer of a brand with one item, then what the first argument says (more lines of
/// it, or further files), then `catalogs/kuta.yaml`, an outlet that says the second.
macro_rules! brand {
    ($brand:expr, $outlet:expr $(,)?) => {
        concat!(
            "# catalogs/brand.yaml\n",
            "menus:\n  - name: Nasi\n    menu_items:\n",
            "      - {external_id: NG, name: Nasi Goreng, price: 25000}\n",
            $brand,
            "# catalogs/kuta.yaml\noutlet: G1\n",
            $outlet
        )
    };
}

/// An outlet whose image is the file `photos/ng.png`, and, if there is an argument, that file: what is said of it after its path.
macro_rules! photo {
    ($($photo:expr)?) => {
        concat!(
            "# menusync.yaml\ntarget: sandbox\nimages: {base_url: https://img.example.com/}\n",
            "# catalogs/kuta.yaml\n",
            menu!("{external_id: NG, name: Nasi Goreng, price: 25000, image: photos/ng.png}"),
            $("# photos/ng.png", $photo, "\n")?
        )
    };
}

pub(super) use {A50, A201, SPICY, brand, choice, menu, photo};
