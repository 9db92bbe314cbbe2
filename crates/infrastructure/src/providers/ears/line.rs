//! The connection, or the way to one.

use std::future::pending;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use reqwest::StatusCode;
use tokio::time::{Instant, sleep_until};
use viva_domain::ports::{ProviderError, ProviderErrorKind};

use super::{Dialect, Message};
use crate::providers::transport::Account;
use crate::providers::transport::errors::{self, Complaint};
use crate::providers::transport::socket::{Frame, Socket, is_curable};

/// The wait before the first new connection; it doubles for every further one.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(8);
/// What a vendor closes with that found nothing wrong.
const NORMAL: u16 = 1000;
/// New connections in a row of which none was of use.
const MOST_TRIES: u32 = 5;

/// A connection in one of its states.
pub(super) enum Line {
    Open(Box<Socket>),
    /// It broke while nothing was sent; what comes next opens it.
    Asleep,
    Waiting(Instant),
    Calling(BoxFuture<'static, Result<Socket, ProviderError>>),
}

/// What happens on a line.
pub(super) enum Ring {
    /// The wait is over.
    Due,
    Answered(Result<Box<Socket>, ProviderError>),
    Said(String),
    Closed {
        code: Option<u16>,
        reason: String,
    },
    Lost(Loss),
}

/// Why a connection is no more.
#[derive(Debug)]
pub(super) struct Loss {
    pub(super) err: ProviderError,
    /// Whether another connection may be of use.
    pub(super) is_curable: bool,
}

/// How often in a row it was tried in vain.
#[derive(Debug, Default)]
pub(super) struct Tries(u32);

impl Line {
    /// What happens next. Dropping the future loses nothing.
    pub(super) async fn next(&mut self, provider: &str) -> Ring {
        match self {
            Self::Asleep => pending().await,
            Self::Waiting(until) => {
                sleep_until(*until).await;
                Ring::Due
            }
            Self::Calling(call) => Ring::Answered(call.await.map(Box::new)),
            Self::Open(socket) => loop {
                match socket.next().await {
                    Some(Ok(Frame::Text(text))) => return Ring::Said(text),
                    // No vendor of text sends any.
                    Some(Ok(Frame::Binary(_))) => {}
                    Some(Ok(Frame::Closed { code, reason })) => return Ring::Closed { code, reason },
                    Some(Err(err)) => return Ring::Lost(err.into()),
                    None => return Ring::Lost(errors::unavailable(provider, "it hung up").into()),
                }
            },
        }
    }

    pub(super) async fn send(&mut self, message: Message) -> Result<(), ProviderError> {
        match (self, message) {
            (Self::Open(socket), Message::Text(text)) => socket.send_text(text).await,
            (Self::Open(socket), Message::Binary(bytes)) => socket.send_binary(bytes).await,
            (Self::Open(socket), Message::Ping) => socket.ping().await,
            _ => Ok(()),
        }
    }
}

impl Loss {
    /// What it means that a vendor closed the connection.
    pub(super) fn closed<D: Dialect>(account: &Account, code: Option<u16>, reason: &str) -> Self {
        let own = code.and_then(|code| D::closed(code, reason, account));
        own.map_or_else(|| Self::closed_by_anybody(account, code, reason), Self::from)
    }

    /// What a code means that means the same everywhere.
    fn closed_by_anybody(account: &Account, code: Option<u16>, reason: &str) -> Self {
        // Nobody asked for the end: some vendors close normally after a while of silence.
        let is_worth_another = code == Some(NORMAL) || is_curable(code);
        let code = code.unwrap_or(1005);
        let what = format!("it closed the connection with {code} {reason}");
        let what = what.trim().to_owned();
        // Deepgram closes with a name that says more than the code.
        if is_worth_another && !reason.starts_with("DATA") {
            let reason = account.redact(&what);
            return errors::unavailable(&account.provider, reason).into();
        }
        let complaint = Complaint {
            message: what,
            ..Complaint::default()
        };
        Self {
            err: complaint.into_error(account, None::<StatusCode>),
            is_curable: false,
        }
    }
}

impl From<ProviderError> for Loss {
    fn from(err: ProviderError) -> Self {
        let is_curable = matches!(
            err.kind,
            ProviderErrorKind::Unavailable | ProviderErrorKind::RateLimited
        );
        Self { err, is_curable }
    }
}

impl Tries {
    /// The wait before the next try; `None` when there should be none.
    pub(super) fn next(&mut self, asked: Option<Duration>) -> Option<Duration> {
        let wait = FIRST_WAIT * 2_u32.pow(self.0);
        let wait = wait.min(LONGEST_WAIT).max(asked.unwrap_or_default());
        self.0 += 1;
        (self.0 <= MOST_TRIES && wait <= LONGEST_WAIT).then_some(wait)
    }

    /// One was of use.
    pub(super) fn forget(&mut self) {
        self.0 = 0;
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn waits_double_and_end() {
        let mut tries = Tries::default();
        let waits: Vec<u128> = std::iter::from_fn(|| tries.next(None))
            .map(|wait| wait.as_millis())
            .collect();
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000]);
        assert_eq!(tries.next(None), None);
        tries.forget();
        assert_eq!(
            tries.next(Some(Duration::from_secs(3))),
            Some(Duration::from_secs(3))
        );
        assert_eq!(tries.next(Some(Duration::from_secs(9))), None);
    }

    #[rstest]
    #[case(None, "", true)]
    #[case(Some(1001), "", true)]
    #[case(Some(1011), "NET-0001", true)]
    #[case(Some(1013), "", true)]
    // We close the connection ourselves where the conversation is over, so a vendor that says goodbye is too early.
    #[case(Some(1000), "", true)]
    #[case(Some(1008), "DATA-0000", false)]
    #[case(Some(1011), "DATA-0000", false)]
    #[case(Some(4001), "", false)]
    fn closing_codes_say_whether_to_call_again(
        #[case] code: Option<u16>,
        #[case] reason: &str,
        #[case] is_curable: bool,
    ) {
        let account = Account {
            provider: "acme".to_owned(),
            base_url: "https://a.example".parse().unwrap(),
            api_key: None,
            organization: None,
        };
        let loss = Loss::closed_by_anybody(&account, code, reason);
        assert_eq!(loss.is_curable, is_curable);
        let is_unavailable = loss.err.kind == ProviderErrorKind::Unavailable;
        assert_eq!(is_unavailable, is_curable, "{:?}", loss.err);
    }
}
