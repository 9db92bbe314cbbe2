//! What the provider's errors mean.

use std::time::Duration;

use viva_domain::ports::{ProviderError, ProviderErrorKind};

use super::wire::ErrorBody;
use crate::providers::transport::Account;
use crate::providers::transport::errors::{self, Complaint};

/// The connection reached its greatest age.
pub(super) const EXPIRED: &str = "session_expired";
/// Another answer is under way.
pub(super) const ANSWERING: &str = "conversation_already_has_active_response";

/// Who failed, and what must not be told of it.
#[derive(Debug, Clone)]
pub(super) struct Failures {
    pub(super) account: Account,
}

impl Failures {
    /// The provider's id.
    pub(super) fn provider(&self) -> &str {
        &self.account.provider
    }

    /// It failed in a way that has no code.
    pub(super) fn failed(&self, message: &str) -> ProviderError {
        errors::failed(&self.account.provider, message)
    }

    /// The key is not the right one, or there is none.
    pub(super) fn refused(&self) -> ProviderError {
        let kind = if self.account.api_key.is_some() {
            ProviderErrorKind::CredentialInvalid
        } else {
            ProviderErrorKind::CredentialMissing
        };
        errors::error(&self.account.provider, kind)
    }

    /// An error that came as an event.
    pub(super) fn said(&self, body: &ErrorBody, retry_after: Option<Duration>) -> ProviderError {
        let codes = [&body.code, &body.kind].into_iter().flatten();
        let complaint = Complaint {
            codes: codes.cloned().collect(),
            parameter: body.param.clone(),
            message: body.message.clone().unwrap_or_default(),
            retry_after,
        };
        let mut err = complaint.into_error(&self.account, None);
        if err.kind != ProviderErrorKind::RateLimited {
            err.retry_after = None;
        }
        err
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::providers::transport::errors::is_fatal;

    fn said(code: &str, param: Option<&str>) -> ProviderError {
        let failures = Failures {
            account: Account {
                provider: "openai".to_owned(),
                base_url: "https://a.example/v1".parse().unwrap(),
                api_key: Some("sk-hidden".into()),
                organization: None,
            },
        };
        let body = ErrorBody {
            kind: Some("invalid_request_error".to_owned()),
            code: Some(code.to_owned()),
            message: Some("not with sk-hidden".to_owned()),
            param: param.map(str::to_owned),
            event_id: None,
        };
        failures.said(&body, Some(Duration::from_secs(2)))
    }

    #[rstest]
    #[case("credit_balance_exhausted", None, ProviderErrorKind::QuotaExceeded, true)]
    #[case("billing_hard_limit_reached", None, ProviderErrorKind::QuotaExceeded, true)]
    #[case("account_deactivated", None, ProviderErrorKind::CredentialInvalid, true)]
    #[case("rate_limit_exceeded", None, ProviderErrorKind::RateLimited, false)]
    #[case("server_error", None, ProviderErrorKind::Unavailable, false)]
    #[case("invalid_value", Some("session.audio.output.voice"), ProviderErrorKind::InvalidConfig("not with [key]".to_owned()), true)]
    #[case("invalid_value", Some("item.content"), ProviderErrorKind::Failed("not with [key]".to_owned()), false)]
    fn errors_are_sorted(
        #[case] code: &str,
        #[case] param: Option<&str>,
        #[case] kind: ProviderErrorKind,
        #[case] fatal: bool,
    ) {
        let err = said(code, param);
        assert_eq!((err.provider.as_str(), is_fatal(&err.kind)), ("openai", fatal));
        let is_limited = kind == ProviderErrorKind::RateLimited;
        assert_eq!(err.kind, kind);
        assert_eq!(err.retry_after.is_some(), is_limited);
        assert!(!format!("{err:?}").contains("hidden"));
    }
}
