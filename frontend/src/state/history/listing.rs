use uuid::Uuid;
use viva_protocol::rest::{SessionOverview, SessionPage};

use super::wanted::PAGE_SIZE;
use super::{Filters, Flaw, Question, Trouble};

/// The list, as far as the server told it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listing {
    asked: u64,
    is_waiting: bool,
    found: Option<Found>,
    trouble: Option<Trouble>,
    flaws: Vec<Flaw>,
}

/// A page of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    question: Question,
    bound: u64,
    /// Its sessions.
    pub rows: Vec<SessionOverview>,
    /// How many there are on all pages.
    pub total: u64,
    /// How many pages there are.
    pub pages: u64,
}

/// What an answer of the server does to the rows that are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// Nothing: it was overtaken.
    Overtaken,
    /// They are of what was looked for before, or there were none.
    Same,
    /// They go: something else was looked for before.
    Another,
}

/// What there is to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Nothing yet.
    Loading,
    /// A page of the list.
    Rows,
    /// There is no session at all.
    Empty,
    /// None is what is looked for.
    NothingFound,
    /// There is no such page.
    Beyond {
        /// The page.
        page: u32,
        /// How many there are.
        pages: u64,
    },
    /// No list, for a reason that is told.
    Told,
}

impl Found {
    /// Its number.
    pub fn page(&self) -> u32 {
        self.question.page()
    }

    /// The places of its first and its last session in the list, from 1.
    pub fn range(&self) -> (u64, u64) {
        let before = u64::from(self.page() - 1) * u64::from(PAGE_SIZE);
        (before + 1, before + self.rows.len() as u64)
    }
}

impl Listing {
    /// The server is asked; answers the number of the question, and which list a page is to be of: the one that is shown,
    /// while the same is looked for.
    pub fn ask(&mut self, question: &Question) -> (u64, Option<u64>) {
        self.asked += 1;
        self.is_waiting = true;
        self.trouble = None;
        self.flaws.clear();
        let bound = self.same(question.filters()).map(|found| found.bound);
        (self.asked, bound)
    }

    /// The server said this, or why not.
    pub fn hear(&mut self, number: u64, question: Question, said: Result<SessionPage, Trouble>) -> Heard {
        if number != self.asked {
            return Heard::Overtaken;
        }
        self.is_waiting = false;
        let is_another = self.found.is_some() && self.same(question.filters()).is_none();
        match said {
            Ok(page) => {
                self.found = Some(Found {
                    question,
                    bound: page.bound,
                    rows: page.page.items,
                    total: page.page.total,
                    pages: page.page.total_pages,
                });
            }
            Err(trouble) => {
                // What is shown stays, unless it is something else, or nobody's any more.
                if trouble.is_signed_out() || self.same(question.filters()).is_none() {
                    self.found = None;
                }
                self.trouble = Some(trouble);
            }
        }
        if is_another { Heard::Another } else { Heard::Same }
    }

    /// These were deleted.
    pub fn forget(&mut self, gone: &[Uuid]) {
        let Some(found) = &mut self.found else { return };
        let before = found.rows.len();
        found.rows.retain(|row| !gone.contains(&row.session.id));
        let fewer = before - found.rows.len();
        found.total = found.total.saturating_sub(fewer as u64);
        found.pages = found.total.div_ceil(u64::from(PAGE_SIZE));
    }

    /// What is looked for makes no sense, and nothing is asked. What was asked before is overtaken.
    pub fn refuse(&mut self, flaws: Vec<Flaw>) {
        *self = Self {
            asked: self.asked + 1,
            flaws,
            ..Self::default()
        };
    }

    fn same(&self, filters: &Filters) -> Option<&Found> {
        let found = self.found.as_ref();
        found.filter(|found| found.question.filters() == filters)
    }

    /// The page that is shown.
    pub fn found(&self) -> Option<&Found> {
        self.found.as_ref()
    }

    /// A session of it.
    pub fn row(&self, id: Uuid) -> Option<&SessionOverview> {
        self.found()?.rows.iter().find(|row| row.session.id == id)
    }

    /// The sessions of it.
    pub fn rows(&self) -> &[SessionOverview] {
        self.found().map_or(&[], |found| &found.rows)
    }

    /// Whether an answer is waited for.
    pub fn is_waiting(&self) -> bool {
        self.is_waiting
    }

    /// Why there is no newer list.
    pub fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    /// What makes no sense.
    pub fn flaws(&self) -> &[Flaw] {
        &self.flaws
    }

    /// What there is to see.
    pub fn shown(&self) -> Shown {
        let Some(found) = &self.found else {
            let is_told = self.trouble.is_some() || !self.flaws.is_empty();
            return if is_told { Shown::Told } else { Shown::Loading };
        };
        if !found.rows.is_empty() {
            Shown::Rows
        } else if found.total > 0 && self.is_waiting {
            Shown::Loading
        } else if found.total > 0 && u64::from(found.page()) <= found.pages {
            // All of it was deleted, and what is there now could not be asked for.
            Shown::Told
        } else if found.total > 0 {
            Shown::Beyond {
                page: found.page(),
                pages: found.pages,
            }
        } else if found.question.filters().is_empty() {
            Shown::Empty
        } else {
            Shown::NothingFound
        }
    }
}

#[cfg(test)]
mod tests {
    use viva_protocol::rest::Page;

    use super::super::selection::tests::row;
    use super::super::{TroubleKind, Wanted};
    use super::*;

    fn question(query: &str) -> Question {
        Wanted::read(query).check().unwrap()
    }

    fn page(rows: u64, total: u64, bound: u64) -> SessionPage {
        SessionPage {
            page: Page {
                items: (0..rows).map(row).collect(),
                total,
                page: 1,
                page_size: PAGE_SIZE,
                total_pages: total.div_ceil(u64::from(PAGE_SIZE)),
            },
            bound,
        }
    }

    fn answered(listing: &mut Listing, query: &str, said: Result<SessionPage, Trouble>) -> Option<u64> {
        let (number, bound) = listing.ask(&question(query));
        assert_ne!(listing.hear(number, question(query), said), Heard::Overtaken);
        bound
    }

    fn failed() -> Result<SessionPage, Trouble> {
        Err(Trouble {
            kind: TroubleKind::NoServer,
            detail: None,
        })
    }

    #[test]
    fn pages_are_of_one_list_until_something_else_is_looked_for() {
        let mut listing = Listing::default();
        assert_eq!(answered(&mut listing, "", Ok(page(20, 45, 7))), None);
        assert_eq!(answered(&mut listing, "?page=3", Ok(page(5, 45, 7))), Some(7));
        let found = listing.found().unwrap();
        assert_eq!((found.page(), found.range()), (3, (41, 45)));
        assert_eq!(answered(&mut listing, "?q=a", Ok(page(1, 1, 9))), None);
        assert_eq!(answered(&mut listing, "?q=a", Ok(page(1, 1, 9))), Some(9));
    }

    #[test]
    fn an_answer_that_was_overtaken_is_dropped() {
        let mut listing = Listing::default();
        let (first, _) = listing.ask(&question("?q=a"));
        let (second, _) = listing.ask(&question("?q=ab"));
        let heard = listing.hear(first, question("?q=a"), Ok(page(1, 1, 1)));
        assert_eq!((heard, listing.is_waiting()), (Heard::Overtaken, true));
        let heard = listing.hear(second, question("?q=ab"), Ok(page(2, 2, 1)));
        assert_eq!(heard, Heard::Same, "nothing was there before");
        assert_eq!(listing.rows().len(), 2);
        let (third, _) = listing.ask(&question("?q=abc"));
        listing.refuse(vec![Flaw::Reversed]);
        let heard = listing.hear(third, question("?q=abc"), Ok(page(1, 1, 1)));
        assert_eq!(heard, Heard::Overtaken);
        assert_eq!((listing.shown(), listing.is_waiting()), (Shown::Told, false));
    }

    #[test]
    fn an_answer_says_whether_the_rows_before_it_were_of_something_else() {
        let mut listing = Listing::default();
        let mut hear = |query, said| {
            let (number, _) = listing.ask(&question(query));
            listing.hear(number, question(query), said)
        };
        assert_eq!(hear("", Ok(page(20, 45, 7))), Heard::Same);
        assert_eq!(hear("?page=2", Ok(page(20, 45, 7))), Heard::Same);
        assert_eq!(hear("?q=a", Ok(page(1, 1, 9))), Heard::Another);
        assert_eq!(hear("?q=a", failed()), Heard::Same);
        assert_eq!(hear("?q=ab", failed()), Heard::Another);
    }

    #[test]
    fn what_was_deleted_goes_also_when_the_list_cannot_be_asked_for() {
        let ids = |numbers: std::ops::Range<u64>| -> Vec<Uuid> {
            numbers.map(|number| row(number).session.id).collect()
        };
        let mut listing = Listing::default();
        listing.forget(&ids(0..1));
        answered(&mut listing, "", Ok(page(20, 45, 7)));
        listing.forget(&ids(1..3));
        assert_eq!((listing.rows().len(), listing.row(ids(1..2)[0])), (18, None));
        let found = listing.found().unwrap();
        assert_eq!((found.total, found.pages, found.range()), (43, 3, (1, 18)));
        listing.forget(&ids(0..20));
        let (number, _) = listing.ask(&question(""));
        assert_eq!(listing.shown(), Shown::Loading);
        listing.hear(number, question(""), failed());
        assert_eq!(listing.shown(), Shown::Told);

        answered(&mut listing, "", Ok(page(2, 2, 7)));
        listing.forget(&ids(0..2));
        assert_eq!(listing.shown(), Shown::Empty);
        answered(&mut listing, "?page=2", Ok(page(2, 22, 7)));
        listing.forget(&ids(0..2));
        assert_eq!(listing.shown(), Shown::Beyond { page: 2, pages: 1 });
    }

    #[test]
    fn what_is_shown_says_why_there_is_nothing() {
        let mut listing = Listing::default();
        assert_eq!(listing.shown(), Shown::Loading);
        for (query, said, shown) in [
            ("", page(0, 0, 1), Shown::Empty),
            ("?mode=cascade", page(0, 0, 1), Shown::NothingFound),
            ("?page=9", page(0, 45, 1), Shown::Beyond { page: 9, pages: 3 }),
            ("", page(2, 2, 1), Shown::Rows),
        ] {
            answered(&mut listing, query, Ok(said));
            assert_eq!(listing.shown(), shown, "{query}");
        }
    }

    #[test]
    fn a_failure_leaves_what_is_looked_for_still_and_nothing_to_whoever_is_signed_out() {
        let failed = |kind| Err(Trouble { kind, detail: None });
        let mut listing = Listing::default();
        answered(&mut listing, "", Ok(page(20, 45, 7)));
        answered(&mut listing, "?page=2", failed(TroubleKind::NoServer));
        assert_eq!(listing.shown(), Shown::Rows);
        assert!(listing.trouble().is_some());
        answered(&mut listing, "?q=a", failed(TroubleKind::NoServer));
        assert_eq!(listing.shown(), Shown::Told);
        answered(&mut listing, "", Ok(page(20, 45, 7)));
        assert_eq!(listing.trouble(), None);
        answered(&mut listing, "", failed(TroubleKind::SignedOut));
        assert_eq!(listing.shown(), Shown::Told);
    }
}
