use super::{Trouble, TroubleKind};

/// What a person does with the card of a provider.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Card {
    unfolded: Unfolded,
    work: Option<Work>,
    outcome: Option<Outcome>,
}

/// What a card shows besides the provider.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unfolded {
    /// Nothing.
    #[default]
    Nothing,
    /// The form for a key.
    Form,
    /// The question whether the key is to be deleted.
    Deletion,
}

/// What the server was asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Have the provider check a key, and keep it.
    Save,
    /// Have it check the one that is kept.
    Check,
    /// Forget that.
    Delete,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done(Work),
    /// It was not.
    Failed(Trouble),
}

impl Card {
    /// What it shows besides the provider.
    pub fn unfolded(&self) -> Unfolded {
        self.unfolded
    }

    /// What is under way.
    pub fn work(&self) -> Option<Work> {
        self.work
    }

    /// What came of the last thing that was done.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// Why the last thing came to nothing.
    pub fn trouble(&self) -> Option<&Trouble> {
        match self.outcome() {
            Some(Outcome::Failed(trouble)) => Some(trouble),
            Some(Outcome::Done(_)) | None => None,
        }
    }

    /// Shows something, or nothing any more. While the server is asked everything stays as it is.
    pub fn unfold(&mut self, unfolded: Unfolded) {
        if self.work.is_none() {
            self.unfolded = unfolded;
            self.outcome = None;
        }
    }

    /// What is in the form cannot be sent.
    pub fn refuse(&mut self, trouble: Trouble) {
        self.outcome = Some(Outcome::Failed(trouble));
    }

    /// Begins something; `false` when something is under way already.
    pub fn begin(&mut self, work: Work) -> bool {
        let is_free = self.work.is_none();
        if is_free {
            self.work = Some(work);
            self.outcome = None;
        }
        is_free
    }

    /// The server did it, or said why not. A form stays when what was in it is no good.
    pub fn end(&mut self, work: Work, said: Result<(), Trouble>) {
        self.work = None;
        self.outcome = Some(match said {
            Ok(()) => Outcome::Done(work),
            // Somebody else was faster, in another window perhaps.
            Err(trouble) if work == Work::Delete && trouble.kind == TroubleKind::Gone => Outcome::Done(work),
            Err(trouble) => Outcome::Failed(trouble),
        });
        let is_done = self.trouble().is_none();
        if (work == Work::Save && is_done) || work == Work::Delete {
            self.unfolded = Unfolded::Nothing;
        }
    }
}

#[cfg(test)]
mod tests {
    use viva_protocol::rest::CredentialFieldName;

    use super::*;

    fn unfolded(unfolded: Unfolded) -> Card {
        let mut card = Card::default();
        card.unfold(unfolded);
        card
    }

    #[test]
    fn a_form_goes_when_its_key_is_kept_and_stays_when_it_is_refused() {
        let mut card = unfolded(Unfolded::Form);
        assert!(card.begin(Work::Save));
        let trouble = Trouble {
            kind: TroubleKind::BadKey,
            ..Trouble::default()
        };
        card.end(Work::Save, Err(trouble.clone()));
        assert_eq!(card.trouble(), Some(&trouble));
        assert_eq!((card.unfolded(), card.work()), (Unfolded::Form, None));

        assert!(card.begin(Work::Save));
        assert_eq!(card.outcome(), None, "what is old is told no more");
        card.end(Work::Save, Ok(()));
        assert_eq!(card.unfolded(), Unfolded::Nothing);
        assert_eq!(card.outcome(), Some(&Outcome::Done(Work::Save)));
    }

    #[test]
    fn one_thing_is_done_at_a_time() {
        let mut card = unfolded(Unfolded::Form);
        assert!(card.begin(Work::Save));
        assert!(!card.begin(Work::Check));
        card.unfold(Unfolded::Nothing);
        assert_eq!((card.unfolded(), card.work()), (Unfolded::Form, Some(Work::Save)));
    }

    #[test]
    fn a_check_leaves_the_card_as_it_is() {
        let mut card = Card::default();
        assert!(card.begin(Work::Check));
        card.end(Work::Check, Ok(()));
        assert_eq!(card.outcome(), Some(&Outcome::Done(Work::Check)));
        card.unfold(Unfolded::Form);
        assert_eq!((card.unfolded(), card.outcome()), (Unfolded::Form, None));
    }

    #[test]
    fn a_key_that_is_gone_already_is_deleted_and_any_other_trouble_is_told() {
        for (kind, is_done) in [(TroubleKind::Gone, true), (TroubleKind::NoServer, false)] {
            let mut card = unfolded(Unfolded::Deletion);
            assert!(card.begin(Work::Delete));
            let trouble = Trouble {
                kind,
                ..Trouble::default()
            };
            card.end(Work::Delete, Err(trouble));
            assert_eq!(card.unfolded(), Unfolded::Nothing);
            assert_eq!(card.trouble().is_none(), is_done, "{kind:?}");
        }
    }

    #[test]
    fn what_is_not_filled_in_is_told_and_nothing_is_asked() {
        let mut card = unfolded(Unfolded::Form);
        card.refuse(Trouble::missing(CredentialFieldName::ApiKey));
        let field = card.trouble().and_then(|trouble| trouble.field);
        assert_eq!(field, Some(CredentialFieldName::ApiKey));
        assert_eq!((card.unfolded(), card.work()), (Unfolded::Form, None));
    }
}
