use leptos::prelude::{RwSignal, provide_context};

use crate::Language;
use crate::api::{session_in, session_page};
use crate::state::context::Preferences;
use crate::words::fill;
use crate::words::shared::Words;

/// The pages. Each is a document of its own, which the server renders and a program of its own makes live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// Talk with an AI.
    Talk,
    /// Conversations that were held.
    History,
    /// Conversations side by side.
    Compare,
    /// Which providers there are, and keys of one's own for them.
    Providers,
    /// One conversation that was kept.
    Conversation,
}

impl Page {
    /// Those that there are.
    pub const ALL: [Self; 5] = [
        Self::Talk,
        Self::History,
        Self::Compare,
        Self::Providers,
        Self::Conversation,
    ];

    /// Those to which there is a way from everywhere, in the order in which they are shown.
    pub const IN_BAR: [Self; 4] = [Self::Talk, Self::History, Self::Compare, Self::Providers];

    /// Where it is. What stands in braces is another word for each that there is of its kind.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Talk => "/",
            Self::History => "/history",
            Self::Compare => "/compare",
            Self::Providers => "/providers",
            Self::Conversation => "/sessions/{id}",
        }
    }

    /// The page that a path leads to.
    pub fn at(path: &str) -> Option<Self> {
        let leads_there = |page: &Self| match page {
            Self::Conversation => session_in(path).is_some_and(|id| session_page(id) == path),
            Self::Talk | Self::History | Self::Compare | Self::Providers => page.path() == path,
        };
        Self::ALL.into_iter().find(leads_there)
    }

    /// What its program is called in the bundle.
    pub const fn program(self) -> &'static str {
        match self {
            Self::Talk => "talk",
            Self::History => "history",
            Self::Compare => "compare",
            Self::Providers => "providers",
            Self::Conversation => "conversation",
        }
    }

    /// What people call it.
    pub const fn name(self, words: &Words) -> &'static str {
        match self {
            Self::Talk => words.talk,
            Self::History => words.history,
            Self::Compare => words.compare,
            Self::Providers => words.providers,
            Self::Conversation => words.conversation,
        }
    }

    /// The title of its document.
    pub fn title(self, language: Language) -> String {
        let words = Words::of(language);
        fill(words.title, &[("page", self.name(words))])
    }

    /// Gives its components what those of all pages share. To be called where it begins.
    pub(crate) fn begin(self) {
        let preferences = Preferences {
            language: RwSignal::new(Language::of_request()),
            theme: RwSignal::default(),
            browser: RwSignal::default(),
        };
        provide_context(self);
        provide_context(preferences);
        #[cfg(feature = "hydrate")]
        crate::memory::keep_preferences(preferences, self);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_page_has_a_place_a_program_and_a_title_of_its_own() {
        for language in [Language::English, Language::TraditionalChinese] {
            let mut seen = HashSet::new();
            for page in Page::ALL {
                for text in [page.path(), page.program(), &page.title(language)] {
                    assert!(seen.insert(text.to_owned()), "{text} is there twice");
                }
            }
        }
        assert_eq!(Page::Talk.title(Language::English), "Talk – Viva");
    }

    #[test]
    fn ways_lead_to_pages_that_there_is_one_of() {
        for page in Page::ALL {
            let is_one_of_many = page.path().contains('{');
            assert_eq!(Page::IN_BAR.contains(&page), !is_one_of_many, "{page:?}");
        }
    }
}
