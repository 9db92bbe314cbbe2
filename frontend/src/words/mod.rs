//! Every word, in both languages, side by side. A key without a translation does not compile. Each page has its own, so that
//! the program of one does not carry those of another.

/// Makes the words of a page: each key with its English and its Chinese.
macro_rules! words {
    ($($key:ident: $english:literal, $chinese:literal;)*) => {
        /// The words of one language.
        #[derive(Debug)]
        pub struct Words {
            spoken_in: $crate::Language,
            $(
                #[doc = concat!("`", stringify!($key), "`")]
                pub $key: &'static str,
            )*
        }

        const ENGLISH: Words = Words { spoken_in: $crate::Language::English, $($key: $english,)* };
        const CHINESE: Words = Words { spoken_in: $crate::Language::TraditionalChinese, $($key: $chinese,)* };

        impl $crate::words::Spoken for Words {
            fn language(&self) -> $crate::Language {
                self.spoken_in
            }
        }

        #[cfg(test)]
        pub(super) const PAIRS: &[(&str, &str, &str)] = &[$((stringify!($key), $english, $chinese),)*];

        impl Words {
            /// The words of a language.
            pub fn of(language: $crate::Language) -> &'static Self {
                match language {
                    $crate::Language::English => &ENGLISH,
                    $crate::Language::TraditionalChinese => &CHINESE,
                }
            }

            /// The words to use now.
            pub fn now(preferences: $crate::state::context::Preferences) -> &'static Self {
                use leptos::prelude::Get as _;

                Self::of(preferences.language.get())
            }
        }

        /// What a view says in the language of the page, now and when it changes.
        pub fn say(
            pick: fn(&Words) -> &'static str,
        ) -> impl Fn() -> &'static str + Copy + Send + Sync + 'static {
            let preferences = leptos::prelude::expect_context::<$crate::state::context::Preferences>();
            move || pick(Words::now(preferences))
        }
    };
}

pub mod compare;
pub mod conversation;
pub mod history;
pub mod providers;
pub mod session_status;
pub mod shared;
pub mod stages;
pub mod talk;

/// Words of some page.
pub trait Spoken {
    /// Their language.
    fn language(&self) -> crate::Language;
}

/// Puts values into the `{places}` of a text.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<&str> {
        let mut places: Vec<&str> = text
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}'))
            .map(|(name, _)| name)
            .collect();
        places.sort_unstable();
        places
    }

    fn pairs() -> impl Iterator<Item = &'static (&'static str, &'static str, &'static str)> {
        [
            shared::PAIRS,
            talk::PAIRS,
            history::PAIRS,
            compare::PAIRS,
            conversation::PAIRS,
            providers::PAIRS,
            session_status::PAIRS,
            stages::PAIRS,
        ]
        .into_iter()
        .flatten()
    }

    #[test]
    fn both_languages_have_the_same_places() {
        for (key, english, chinese) in pairs() {
            assert_eq!(places(english), places(chinese), "{key}");
        }
    }

    #[test]
    fn nothing_is_empty_and_chinese_has_full_width_punctuation() {
        for (key, english, chinese) in pairs() {
            assert!(!english.is_empty() && !chinese.is_empty(), "{key}");
            let wide = !chinese.is_ascii();
            assert!(!(wide && chinese.ends_with('.')), "{key}");
        }
    }

    #[test]
    fn places_are_filled() {
        assert_eq!(fill("{a} of {b}", &[("a", "1"), ("b", "3")]), "1 of 3");
    }
}
