use super::{Trouble, TroubleKind};

/// What becomes of the wish to delete a conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Deletion {
    /// Nobody has it.
    #[default]
    Unwanted,
    /// A person was asked whether they mean it.
    Asked,
    /// The server does it.
    UnderWay,
    /// The server did not do it, for this reason; it can be asked again.
    Failed(Trouble),
    /// It is deleted.
    Done,
}

impl Deletion {
    /// Whether the question is shown.
    pub fn is_asked(&self) -> bool {
        !matches!(self, Self::Unwanted | Self::Done)
    }

    /// Asks.
    pub fn ask(&mut self) {
        if *self == Self::Unwanted {
            *self = Self::Asked;
        }
    }

    /// Nobody wants it any more. What the server does already, or did, cannot be taken back.
    pub fn leave(&mut self) {
        if matches!(self, Self::Asked | Self::Failed(_)) {
            *self = Self::Unwanted;
        }
    }

    /// Begins; `false` when it was begun already, or nobody asked.
    pub fn begin(&mut self) -> bool {
        let begins = matches!(self, Self::Asked | Self::Failed(_));
        if begins {
            *self = Self::UnderWay;
        }
        begins
    }

    /// The server did it, or said why not. What is gone already is deleted, by somebody who was faster.
    pub fn end(&mut self, said: Result<(), Trouble>) {
        *self = match said {
            Err(trouble) if trouble.kind != TroubleKind::Gone => Self::Failed(trouble),
            Ok(()) | Err(_) => Self::Done,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: TroubleKind) -> Trouble {
        Trouble { kind, detail: None }
    }

    #[test]
    fn nothing_is_deleted_before_a_person_was_asked_and_nothing_twice() {
        let mut deletion = Deletion::default();
        assert!(!deletion.begin());
        deletion.ask();
        assert!(deletion.is_asked() && deletion.begin() && !deletion.begin());
        deletion.leave();
        assert_eq!(deletion, Deletion::UnderWay, "it cannot be taken back");
        deletion.end(Ok(()));
        assert_eq!((deletion.is_asked(), &deletion), (false, &Deletion::Done));
        deletion.leave();
        deletion.ask();
        assert!(!deletion.begin());
        assert_eq!(
            deletion,
            Deletion::Done,
            "the dialog closes, and nothing is left to ask for"
        );
    }

    #[test]
    fn what_failed_can_be_tried_again_or_left() {
        let mut deletion = Deletion::Asked;
        assert!(deletion.begin());
        deletion.end(Err(of(TroubleKind::Active)));
        assert_eq!(deletion, Deletion::Failed(of(TroubleKind::Active)));
        assert!(deletion.begin());
        deletion.end(Err(of(TroubleKind::Gone)));
        assert_eq!(deletion, Deletion::Done);

        let mut deletion = Deletion::Failed(of(TroubleKind::NoServer));
        deletion.leave();
        assert_eq!(deletion, Deletion::Unwanted);
    }
}
