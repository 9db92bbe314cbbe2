use crate::api::Refused;

/// What was asked for makes no sense (RFC 9110, 15.5.1).
const BAD_REQUEST: u16 = 400;
/// Nobody is signed in (RFC 9110, 15.5.2).
const UNAUTHORIZED: u16 = 401;
/// The client had its share (RFC 6585, 4).
const TOO_MANY_REQUESTS: u16 = 429;

/// Why the server did not do what it was asked for.
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
    /// It did not answer, or not with what was asked for.
    #[default]
    NoServer,
    /// Nobody is signed in any more.
    SignedOut,
    /// It takes no more requests for now.
    TooManyRequests {
        /// For how long, where it said that.
        wait_s: Option<u32>,
    },
    /// It finds no sense in what it was asked; the details say why.
    Senseless,
    /// Anything else; the details say what.
    Other,
}

impl Trouble {
    /// Whether nobody is signed in any more.
    pub fn is_signed_out(&self) -> bool {
        self.kind == TroubleKind::SignedOut
    }
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Self {
        let kind = match refused.status {
            None => TroubleKind::NoServer,
            Some(UNAUTHORIZED) => TroubleKind::SignedOut,
            Some(TOO_MANY_REQUESTS) => TroubleKind::TooManyRequests {
                wait_s: refused.wait_s,
            },
            Some(BAD_REQUEST) => TroubleKind::Senseless,
            Some(_) => TroubleKind::Other,
        };
        let detail = refused
            .problem
            .map(|problem| problem.detail.unwrap_or(problem.title));
        Self {
            kind,
            detail: detail.filter(|_| matches!(kind, TroubleKind::Senseless | TroubleKind::Other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use viva_protocol::problem::Problem;

    use super::*;

    fn told(status: Option<u16>, detail: Option<&str>) -> Trouble {
        Trouble::from(Refused {
            status,
            problem: status.map(|status| Problem {
                kind: "about:blank".to_owned(),
                title: "Title".to_owned(),
                status,
                code: String::new(),
                detail: detail.map(str::to_owned),
            }),
            wait_s: Some(7),
        })
    }

    #[test]
    fn what_the_server_says_is_told_apart() {
        let wait_s = Some(7);
        for (status, kind, detail) in [
            (None, TroubleKind::NoServer, None),
            (Some(401), TroubleKind::SignedOut, None),
            (Some(429), TroubleKind::TooManyRequests { wait_s }, None),
            (Some(400), TroubleKind::Senseless, Some("more")),
            (Some(503), TroubleKind::Other, Some("more")),
        ] {
            let trouble = told(status, Some("more"));
            assert_eq!((trouble.kind, trouble.detail.as_deref()), (kind, detail));
        }
        assert_eq!(told(Some(500), None).detail.as_deref(), Some("Title"));
        assert!(told(Some(401), None).is_signed_out());
    }
}
