//! The tables of texts.
//!
//! One word for one thing, as the owner of a warung says it:
//!
//! | English | Indonesian |
//! |---|---|
//! | outlet, menu, commit, layer | outlet, menu, commit, lapisan |
//! | dish, choice | hidangan, pilihan |
//! | file, error, warning | berkas, kesalahan, peringatan |
//! | push, to push | kiriman, mengirim |
//! | pass | pemeriksaan |
//! | guard, held | pengaman, ditahan |
//! | live | di GoFood |
//! | drift, changed elsewhere | diubah di luar berkas |
//! | pinned | dikunci |
//! | sold out | habis |
//! | promotion | promo |

/// Texts without arguments: `name: "English", "Indonesian";`
macro_rules! texts {
    ($($name:ident: $en:literal, $id:literal;)*) => {
        #[allow(missing_docs)] // the text says it
        impl crate::report::Lang {
            $(
                pub fn $name(self) -> &'static str {
                    match self {
                        Self::En => $en,
                        Self::Id => $id,
                    }
                }
            )*
        }

        #[cfg(test)]
        pub(super) fn texts(lang: crate::report::Lang) -> Vec<(&'static str, String)> {
            vec![$((stringify!($name), lang.$name().to_owned())),*]
        }
    };
}

/// Texts with arguments: `name(count: usize): format!("{count} …"), format!("{count} …");`
macro_rules! sentences {
    ($($name:ident($($arg:ident: $type:ty),*): $en:expr, $id:expr;)*) => {
        #[allow(missing_docs)] // the text says it
        impl crate::report::Lang {
            $(
                pub fn $name(self, $($arg: $type),*) -> String {
                    match self {
                        Self::En => $en,
                        Self::Id => $id,
                    }
                }
            )*
        }

        #[cfg(test)]
        pub(super) fn sentences(lang: crate::report::Lang) -> Vec<(&'static str, String)> {
            use crate::report::lang::tests::Sample;
            let of = |count: usize| vec![$((stringify!($name), lang.$name($(<$type>::sample(count)),*))),*];
            [0, 1, 2, 38].into_iter().flat_map(of).collect()
        }
    };
}
