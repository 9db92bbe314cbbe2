use form_urlencoded::Serializer;
use viva_protocol::rest::SessionPage;

use super::{COMPARED, Trouble};

/// Sessions on a page.
const PAGE_SIZE: u32 = 10;

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

impl Search {
    /// What the server is asked, for its address.
    pub fn parameters(&self) -> String {
        let mut query = Serializer::new(String::new());
        if !self.text.is_empty() {
            query.append_pair("q", &self.text);
        }
        if let Some(bound) = self.bound {
            query.append_pair("bound", &bound.to_string());
        }
        query.append_pair("page", &self.page.to_string());
        query.append_pair("page_size", &PAGE_SIZE.to_string());
        query.finish()
    }
}

/// A page that the server gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// What its sessions hold.
    pub text: String,
    /// The page.
    pub list: SessionPage,
}

/// The list from which sessions are added. What it shows stays until the next is there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Picker {
    search: Search,
    asked: u64,
    is_loading: bool,
    heard: Option<Heard>,
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

    /// Goes to another page of the list that is there. What else was looked for meanwhile is not any more.
    pub fn turn_to(&mut self, page: u32) {
        if let Some(heard) = &self.heard {
            self.search = Search {
                text: heard.text.clone(),
                page,
                bound: Some(heard.list.bound),
            };
        }
    }

    /// The server is asked; answers for what, and the number of the question.
    pub fn ask(&mut self) -> (u64, Search) {
        self.asked += 1;
        self.is_loading = true;
        (self.asked, self.search.clone())
    }

    /// The server's answer to a question; only that to the last one counts.
    pub fn hear(&mut self, number: u64, search: Search, said: Result<SessionPage, Trouble>) {
        if number != self.asked {
            return;
        }
        self.is_loading = false;
        match said {
            Ok(list) => {
                let text = search.text;
                self.heard = Some(Heard { text, list });
                self.trouble = None;
            }
            Err(Trouble::SignedOut) => self.sign_out(),
            Err(trouble) => self.trouble = Some(trouble),
        }
    }

    /// Nobody is signed in any more: what is there is nobody's, nor is what comes yet.
    pub fn sign_out(&mut self) {
        self.asked += 1;
        self.is_loading = false;
        self.heard = None;
        self.trouble = Some(Trouble::SignedOut);
    }

    /// Whether the server is being asked.
    pub fn is_loading(&self) -> bool {
        self.is_loading
    }

    /// The page that is there.
    pub fn page(&self) -> Option<&SessionPage> {
        self.heard.as_ref().map(|heard| &heard.list)
    }

    /// The same, unless another text is looked for.
    pub fn found(&self) -> Option<&Heard> {
        let heard = self.heard.as_ref();
        heard.filter(|heard| heard.text == self.search.text)
    }

    /// Whether there is no session at all.
    pub fn is_empty(&self) -> bool {
        let found = self.found();
        found.is_some_and(|found| found.text.is_empty() && found.list.page.total == 0)
    }

    /// Why the last question came to nothing.
    pub fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    /// Whether it is seen: while there is nothing to compare, unless somebody said otherwise.
    pub fn is_unfolded(&self, compared: usize) -> bool {
        self.unfolded.unwrap_or(compared < *COMPARED.start())
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

    fn search(text: &str, page: u32, bound: Option<u64>) -> Search {
        Search {
            text: text.to_owned(),
            page,
            bound,
        }
    }

    /// The server is asked, and answers with this list.
    fn answered(picker: &mut Picker, list: SessionPage) {
        let (number, search) = picker.ask();
        picker.hear(number, search, Ok(list));
    }

    #[test]
    fn what_is_looked_for_is_written_for_an_address() {
        for (search, parameters) in [
            (Search::default(), "page=1&page_size=10"),
            (
                search("a & b+龍", 3, Some(42)),
                "q=a+%26+b%2B%E9%BE%8D&bound=42&page=3&page_size=10",
            ),
        ] {
            assert_eq!(search.parameters(), parameters);
        }
    }

    #[test]
    fn pages_are_of_one_list_and_another_text_is_another_list() {
        let mut picker = Picker::default();
        picker.turn_to(2);
        assert_eq!(picker.ask().1, Search::default(), "there is no list to turn over");
        answered(&mut picker, page(1, 77));
        picker.turn_to(2);
        assert_eq!(picker.ask().1, search("", 2, Some(77)));
        picker.find("  dragon ");
        assert_eq!(picker.ask().1, search("dragon", 1, None));
    }

    #[test]
    fn whoever_turns_over_the_list_that_is_there_stays_in_it() {
        let mut picker = Picker::default();
        answered(&mut picker, page(1, 77));
        picker.find("dragon");
        let (overtaken, dragon) = picker.ask();
        assert!(picker.found().is_none() && picker.page().is_some());
        picker.turn_to(2);
        let (number, second) = picker.ask();
        assert_eq!(second, search("", 2, Some(77)));
        picker.hear(overtaken, dragon, Ok(page(1, 88)));
        picker.hear(number, second, Ok(page(2, 77)));
        assert_eq!(picker.found().map(|found| found.list.bound), Some(77));

        // The same when the other list could not be had.
        picker.find("dragon");
        let (number, dragon) = picker.ask();
        picker.hear(number, dragon, Err(Trouble::NoServer));
        assert!(picker.found().is_none());
        picker.turn_to(3);
        assert_eq!(picker.ask().1, search("", 3, Some(77)));
    }

    #[test]
    fn only_the_last_question_is_answered_and_what_was_there_stays_until_then() {
        let mut picker = Picker::default();
        let (first, search) = picker.ask();
        let (second, _) = picker.ask();
        picker.hear(first, search.clone(), Ok(page(1, 1)));
        assert!(picker.page().is_none() && picker.is_loading());
        picker.hear(second, search.clone(), Ok(page(1, 2)));
        assert_eq!(picker.page().map(|page| page.bound), Some(2));

        let (third, _) = picker.ask();
        picker.hear(third, search.clone(), Err(Trouble::NoServer));
        assert_eq!(picker.trouble(), Some(&Trouble::NoServer));
        assert!(picker.page().is_some() && !picker.is_loading());
        answered(&mut picker, page(1, 3));
        assert_eq!(picker.trouble(), None);
    }

    #[test]
    fn whoever_is_signed_out_sees_no_list() {
        let mut picker = Picker::default();
        answered(&mut picker, page(1, 1));
        let (number, search) = picker.ask();
        picker.hear(number, search, Err(Trouble::SignedOut));
        assert!(picker.page().is_none() && !picker.is_loading());
        assert_eq!(picker.trouble(), Some(&Trouble::SignedOut));

        let (number, search) = picker.ask();
        picker.sign_out();
        picker.hear(number, search, Ok(page(1, 1)));
        assert!(picker.page().is_none(), "it was asked for before");
        answered(&mut picker, page(1, 1));
        assert!(picker.page().is_some() && picker.trouble().is_none());
    }

    #[test]
    fn that_there_is_none_is_said_of_all_only() {
        let mut picker = Picker::default();
        let mut none = page(1, 1);
        none.page.total = 0;
        assert!(!picker.is_empty());
        answered(&mut picker, none.clone());
        assert!(picker.is_empty());
        picker.find("dragon");
        assert!(!picker.is_empty());
        answered(&mut picker, none);
        assert!(!picker.is_empty());
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
