use viva_protocol::rest::SessionPage;

use super::Trouble;

/// Which page of which sessions is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// What their transcripts hold; empty for any.
    pub text: String,
    /// The page, from 1.
    pub page: u32,
    /// What keeps sessions that start meanwhile from moving others from page to page.
    pub bound: Option<u64>,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            text: String::new(),
            page: 1,
            bound: None,
        }
    }
}

/// The list from which sessions are added. What it shows stays until the next is there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Picker {
    search: Search,
    asked: u64,
    is_loading: bool,
    heard: Option<SessionPage>,
    trouble: Option<Trouble>,
    unfolded: Option<bool>,
}

impl Picker {
    /// Looks for sessions with this text, from the first page on.
    pub fn find(&mut self, text: &str) {
        self.search = Search {
            text: text.trim().to_owned(),
            ..Search::default()
        };
    }

    /// Goes to another page of the same list.
    pub fn turn_to(&mut self, page: u32) {
        self.search.page = page;
        self.search.bound = self.heard.as_ref().map(|heard| heard.bound);
    }

    /// The server is asked; answers for what, and the number of the question.
    pub fn ask(&mut self) -> (u64, Search) {
        self.asked += 1;
        self.is_loading = true;
        (self.asked, self.search.clone())
    }

    /// The server's answer; only that to the last question counts.
    pub fn hear(&mut self, number: u64, said: Result<SessionPage, Trouble>) {
        if number != self.asked {
            return;
        }
        self.is_loading = false;
        match said {
            Ok(page) => {
                self.heard = Some(page);
                self.trouble = None;
            }
            Err(trouble) => self.trouble = Some(trouble),
        }
    }

    /// Whether the server is being asked.
    pub fn is_loading(&self) -> bool {
        self.is_loading
    }

    /// What is looked for.
    pub fn search(&self) -> &Search {
        &self.search
    }

    /// The page that is there.
    pub fn page(&self) -> Option<&SessionPage> {
        self.heard.as_ref()
    }

    /// Why the last question came to nothing.
    pub fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    /// Whether it is seen: while there is nothing to compare, unless somebody said otherwise.
    pub fn is_unfolded(&self, compared: usize) -> bool {
        self.unfolded.unwrap_or(compared < 2)
    }

    /// Shows it, or not.
    pub fn unfold(&mut self, unfolded: bool) {
        self.unfolded = Some(unfolded);
    }
}

#[cfg(test)]
mod tests {
    use viva_protocol::rest::Page;

    use super::*;

    fn page(page: u32, bound: u64) -> SessionPage {
        SessionPage {
            page: Page {
                items: Vec::new(),
                total: 30,
                page,
                page_size: 10,
                total_pages: 3,
            },
            bound,
        }
    }

    #[test]
    fn pages_are_of_one_list_and_another_text_is_another_list() {
        let mut picker = Picker::default();
        let (number, search) = picker.ask();
        assert_eq!(search, Search::default());
        picker.hear(number, Ok(page(1, 77)));
        picker.turn_to(2);
        assert_eq!((picker.search().page, picker.search().bound), (2, Some(77)));
        picker.find("  dragon ");
        let expected = Search {
            text: "dragon".to_owned(),
            ..Search::default()
        };
        assert_eq!(*picker.search(), expected);
    }

    #[test]
    fn only_the_last_question_is_answered_and_what_was_there_stays_until_then() {
        let mut picker = Picker::default();
        let (first, _) = picker.ask();
        let (second, _) = picker.ask();
        picker.hear(first, Ok(page(1, 1)));
        assert!(picker.page().is_none() && picker.is_loading());
        picker.hear(second, Ok(page(1, 2)));
        assert_eq!(picker.page().map(|page| page.bound), Some(2));

        let (third, _) = picker.ask();
        picker.hear(third, Err(Trouble::NoServer));
        assert_eq!(picker.trouble(), Some(&Trouble::NoServer));
        assert!(picker.page().is_some() && !picker.is_loading());
        let (fourth, _) = picker.ask();
        picker.hear(fourth, Ok(page(1, 3)));
        assert_eq!(picker.trouble(), None);
    }

    #[test]
    fn it_is_seen_until_there_is_something_to_compare_or_somebody_says_otherwise() {
        let mut picker = Picker::default();
        assert_eq!([0, 1, 2].map(|n| picker.is_unfolded(n)), [true, true, false]);
        picker.unfold(true);
        assert!(picker.is_unfolded(4));
        picker.unfold(false);
        assert!(!picker.is_unfolded(0));
    }
}
