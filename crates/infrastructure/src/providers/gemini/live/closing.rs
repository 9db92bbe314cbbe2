//! Why a connection was closed: the Live API reports errors by closing, with a code and a reason.

use viva_domain::ports::{ProviderError, ProviderErrorKind};

use crate::providers::transport::socket::is_curable;
use crate::providers::transport::{Account, errors};

/// Reasons of closing are shorter (RFC 6455 leaves 123 bytes for them).
const MAX_REASON: usize = 125;

/// What closed a connection.
#[derive(Debug)]
pub(super) struct Closing {
    pub(super) err: ProviderError,
    /// Whether another connection may go on from a handle.
    pub(super) can_go_on: bool,
}

impl Closing {
    /// Reads a close frame. Who `is_sent_away` was told before that the connection ends.
    pub(super) fn of(code: Option<u16>, reason: &str, account: &Account, is_sent_away: bool) -> Self {
        let code = code.unwrap_or(1005);
        let reason: String = account.redact(reason).chars().take(MAX_REASON).collect();
        let kind = kind(code, &reason);
        let is_over = matches!(
            kind,
            ProviderErrorKind::QuotaExceeded | ProviderErrorKind::CredentialInvalid
        );
        Self {
            can_go_on: !is_over && (is_curable(Some(code)) || is_sent_away && matches!(code, 1000 | 1008)),
            err: ProviderError {
                source: Some(format!("closed with {code}: {reason}").into()),
                ..errors::error(&account.provider, kind)
            },
        }
    }
}

fn kind(code: u16, reason: &str) -> ProviderErrorKind {
    let lower = reason.to_ascii_lowercase();
    let is_about = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let told = || {
        if reason.is_empty() {
            format!("it closed the conversation ({code})")
        } else {
            format!("it closed the conversation: {reason}")
        }
    };
    if is_about(&["quota", "billing"]) {
        ProviderErrorKind::QuotaExceeded
    } else if is_about(&[
        "api key",
        "api_key",
        "unauthenticated",
        "permission",
        "credential",
    ]) {
        ProviderErrorKind::CredentialInvalid
    } else if is_about(&["rate limit", "resource_exhausted", "resource exhausted"]) {
        ProviderErrorKind::RateLimited
    } else if is_curable(Some(code)) {
        ProviderErrorKind::Unavailable
    } else if matches!(code, 1007 | 1008)
        && is_about(&["model", "voice", "language", "thinking", "temperature"])
    {
        ProviderErrorKind::InvalidConfig(told())
    } else {
        ProviderErrorKind::Failed(told())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use secrecy::SecretString;

    use super::*;

    fn account() -> Account {
        Account {
            provider: "acme".to_owned(),
            base_url: "https://live.example".parse().unwrap(),
            api_key: Some(SecretString::from("hidden-key")),
            organization: None,
        }
    }

    #[rstest]
    #[case(1011, "Deadline expired", ProviderErrorKind::Unavailable, true)]
    #[case(
        1011,
        "You exceeded your current quota",
        ProviderErrorKind::QuotaExceeded,
        false
    )]
    #[case(1006, "", ProviderErrorKind::Unavailable, true)]
    #[case(1007, "API key not valid.", ProviderErrorKind::CredentialInvalid, false)]
    #[case(1008, "models/x is not found for API version v1beta", ProviderErrorKind::InvalidConfig("it closed the conversation: models/x is not found for API version v1beta".to_owned()), false)]
    #[case(1007, "Request contains an invalid argument.", ProviderErrorKind::Failed("it closed the conversation: Request contains an invalid argument.".to_owned()), false)]
    #[case(1000, "", ProviderErrorKind::Failed("it closed the conversation (1000)".to_owned()), false)]
    fn a_code_and_a_reason_are_a_failure(
        #[case] code: u16,
        #[case] reason: &str,
        #[case] kind: ProviderErrorKind,
        #[case] can_go_on: bool,
    ) {
        let closing = Closing::of(Some(code), reason, &account(), false);
        assert_eq!((closing.err.kind, closing.can_go_on), (kind, can_go_on));
    }

    #[test]
    fn a_close_that_was_announced_is_no_reason_to_give_up() {
        for code in [1000, 1008] {
            assert!(Closing::of(Some(code), "session duration", &account(), true).can_go_on);
        }
        assert!(!Closing::of(Some(1007), "", &account(), true).can_go_on);
        assert!(Closing::of(None, "", &account(), false).can_go_on);
    }

    #[test]
    fn the_key_is_not_repeated() {
        let closing = Closing::of(Some(1008), "bad hidden-key", &account(), false);
        let told = format!("{} {:?}", closing.err, closing.err.source);
        assert!(!told.contains("hidden") && told.contains("bad [key]"), "{told}");
    }
}
