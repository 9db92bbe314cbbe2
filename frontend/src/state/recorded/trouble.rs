use crate::api::Refused;

/// Why the server did not do something with a conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trouble {
    /// What happened; the words are chosen per language.
    pub kind: TroubleKind,
    /// More from the server, in its words.
    pub detail: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TroubleKind {
    /// The server of this page did not answer, or not with what was asked for.
    #[default]
    NoServer,
    /// Nobody is signed in any more.
    SignedOut,
    /// The server takes no more requests for now.
    TooManyRequests {
        /// For how long, where it said that.
        wait_s: Option<u32>,
    },
    /// There is no such conversation (any more), or it is somebody else's.
    Gone,
    /// The conversation goes on.
    Active,
    /// It is decided, and something could not be removed yet.
    Unfinished,
    /// The database or the storage is away.
    Away,
    /// Anything else; the details say what.
    Other,
}

impl TroubleKind {
    fn of(status: u16, code: &str, wait_s: Option<u32>) -> Self {
        match (status, code) {
            (_, "session-active") => Self::Active,
            (_, "deletion-unfinished") => Self::Unfinished,
            (_, "database-unavailable" | "storage-unavailable") => Self::Away,
            (401, _) => Self::SignedOut,
            (404, _) => Self::Gone,
            (429, _) => Self::TooManyRequests { wait_s },
            _ => Self::Other,
        }
    }
}

impl Trouble {
    /// There is no such conversation.
    pub fn gone() -> Self {
        Self {
            kind: TroubleKind::Gone,
            detail: None,
        }
    }

    /// Whether asking again may help.
    pub fn may_pass(&self) -> bool {
        !matches!(self.kind, TroubleKind::SignedOut | TroubleKind::Gone)
    }
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Self {
        let Some(status) = refused.status else {
            return Self::default();
        };
        let (code, detail) = match refused.problem {
            Some(problem) => (problem.code, problem.detail.or(Some(problem.title))),
            None => (String::new(), None),
        };
        let kind = TroubleKind::of(status, &code, refused.wait_s);
        Self {
            kind,
            detail: detail.filter(|_| kind == TroubleKind::Other),
        }
    }
}

#[cfg(test)]
mod tests {
    use viva_protocol::problem::Problem;

    use super::*;

    fn told(status: u16, code: &str) -> Trouble {
        let problem = Problem {
            kind: "about:blank".to_owned(),
            title: "Title".to_owned(),
            status,
            code: code.to_owned(),
            detail: None,
        };
        Trouble::from(Refused {
            status: Some(status),
            problem: Some(problem),
            wait_s: Some(7),
        })
    }

    #[test]
    fn what_the_server_says_is_told_apart() {
        for (status, code, kind, may_pass) in [
            (401, "unauthorized", TroubleKind::SignedOut, false),
            (404, "session-not-found", TroubleKind::Gone, false),
            (409, "session-active", TroubleKind::Active, true),
            (
                429,
                "too-many-requests",
                TroubleKind::TooManyRequests { wait_s: Some(7) },
                true,
            ),
            (503, "deletion-unfinished", TroubleKind::Unfinished, true),
            (503, "database-unavailable", TroubleKind::Away, true),
            (503, "storage-unavailable", TroubleKind::Away, true),
            (500, "internal-server-error", TroubleKind::Other, true),
        ] {
            let trouble = told(status, code);
            assert_eq!((trouble.kind, trouble.may_pass()), (kind, may_pass), "{code}");
            assert_eq!(trouble.detail.is_some(), kind == TroubleKind::Other, "{code}");
        }
    }

    #[test]
    fn a_server_that_does_not_answer_may_do_so_later() {
        let trouble = Trouble::from(Refused::default());
        assert_eq!(trouble.kind, TroubleKind::NoServer);
        assert!(trouble.may_pass());
    }
}
