/// How a person changes a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Letter by letter: more may follow.
    Typing,
    /// All at once.
    AtOnce,
}

/// What becomes of the address before, in the way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// It stays.
    New,
    /// The new one takes its place.
    Same,
}

/// When a change of the filters counts, and whether the way back leads to what was before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pacing {
    changes: u64,
    last: Option<Pace>,
}

impl Pacing {
    /// Something is changed; answers the number of the change. What was changed before and does not count yet counts with it.
    pub fn change(&mut self) -> u64 {
        self.changes += 1;
        self.changes
    }

    /// Whether nothing was changed since.
    pub fn is_newest(&self, change: u64) -> bool {
        self.changes == change
    }

    /// The changes so far count now.
    pub fn settle(&mut self, pace: Pace) -> Entry {
        let goes_on = self.last == Some(Pace::Typing) && pace == Pace::Typing;
        self.last = Some(pace);
        if goes_on { Entry::Same } else { Entry::New }
    }

    /// The address was changed in another way: what does not count yet is void.
    pub fn interrupt(&mut self) {
        self.changes += 1;
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_letter_is_waited_for() {
        let mut pacing = Pacing::default();
        let (first, second) = (pacing.change(), pacing.change());
        assert!(!pacing.is_newest(first) && pacing.is_newest(second));
        pacing.interrupt();
        assert!(!pacing.is_newest(second));
    }

    #[test]
    fn the_way_back_leads_to_what_was_before_the_typing() {
        let mut pacing = Pacing::default();
        assert_eq!(pacing.settle(Pace::Typing), Entry::New);
        assert_eq!(pacing.settle(Pace::Typing), Entry::Same);
        assert_eq!(pacing.settle(Pace::AtOnce), Entry::New);
        assert_eq!(pacing.settle(Pace::AtOnce), Entry::New);
        assert_eq!(pacing.settle(Pace::Typing), Entry::New);
        pacing.interrupt();
        assert_eq!(pacing.settle(Pace::Typing), Entry::New);
    }
}
