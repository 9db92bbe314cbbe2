/// Which listing of the server is news: each is asked for with a number, and they may arrive in any order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Questions {
    asked: u64,
    /// What was asked for up to this number is old.
    settled: u64,
}

impl Questions {
    /// A listing is asked for; answers its number.
    pub fn ask(&mut self) -> u64 {
        self.asked += 1;
        self.asked
    }

    /// Something was done: what was asked for before may not tell of it.
    pub fn outdate(&mut self) {
        self.settled = self.asked;
    }

    /// What this asked for is there, or why not; answers whether that is news. What failed makes nothing old.
    pub fn takes<T, E>(&mut self, number: u64, said: &Result<T, E>) -> bool {
        let is_news = number > self.settled;
        if is_news && said.is_ok() {
            self.settled = number;
        }
        is_news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: Result<(), ()> = Ok(());
    const FAILED: Result<(), ()> = Err(());

    #[test]
    fn what_was_asked_for_before_is_old_when_it_arrives_last() {
        let mut questions = Questions::default();
        let (first, second) = (questions.ask(), questions.ask());
        assert!(questions.takes(second, &SAID));
        assert!(!questions.takes(first, &SAID) && !questions.takes(first, &FAILED));
        let third = questions.ask();
        assert!(questions.takes(third, &SAID));
    }

    #[test]
    fn what_failed_makes_nothing_old() {
        let mut questions = Questions::default();
        let (first, second) = (questions.ask(), questions.ask());
        assert!(questions.takes(second, &FAILED));
        assert!(questions.takes(first, &SAID));
    }

    #[test]
    fn what_was_asked_for_before_something_was_done_is_old() {
        let mut questions = Questions::default();
        let before = questions.ask();
        questions.outdate();
        let after = questions.ask();
        assert!(!questions.takes(before, &SAID));
        assert!(questions.takes(after, &SAID));
    }
}
