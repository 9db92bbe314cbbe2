use crate::api::Refused;

/// Nobody is signed in (RFC 9110, 15.5.2).
const UNAUTHORIZED: u16 = 401;
/// There is none, or it is somebody else's (RFC 9110, 15.5.5).
const NOT_FOUND: u16 = 404;
/// The client had its share (RFC 6585, 4).
const TOO_MANY_REQUESTS: u16 = 429;

/// Why the server did not answer with what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It did not answer, or made no sense.
    NoServer,
    /// Nobody is signed in any more.
    SignedOut,
    /// There is no such session, or it is somebody else's.
    Gone,
    /// It takes no more requests for now.
    TooManyRequests {
        /// For how long, where it said that.
        wait_s: Option<u32>,
    },
    /// Anything else, in its words.
    Other(String),
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Self {
        match refused.status {
            None => Self::NoServer,
            Some(UNAUTHORIZED) => Self::SignedOut,
            Some(NOT_FOUND) => Self::Gone,
            Some(TOO_MANY_REQUESTS) => Self::TooManyRequests {
                wait_s: refused.wait_s,
            },
            Some(_) => Self::Other(
                refused
                    .problem
                    .map_or(String::new(), |problem| problem.detail.unwrap_or(problem.title)),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use viva_protocol::problem::Problem;

    use super::*;

    #[test]
    fn what_the_server_says_is_told_apart() {
        let wait_s = Some(7);
        for (status, trouble) in [
            (None, Trouble::NoServer),
            (Some(401), Trouble::SignedOut),
            (Some(404), Trouble::Gone),
            (Some(429), Trouble::TooManyRequests { wait_s }),
            (Some(503), Trouble::Other("the database is away".to_owned())),
        ] {
            let problem = status.map(|status| Problem {
                kind: "about:blank".to_owned(),
                title: "Title".to_owned(),
                status,
                code: "code".to_owned(),
                detail: Some("the database is away".to_owned()),
            });
            let refused = Refused {
                status,
                problem,
                wait_s,
            };
            assert_eq!(Trouble::from(refused), trouble);
        }
    }
}
