use std::time::Duration;

use thiserror::Error;

use super::Source;

/// A failure of a provider.
#[derive(Debug, Error)]
#[error("provider {provider}: {kind}")]
pub struct ProviderError {
    /// What callers branch on.
    pub kind: ProviderErrorKind,
    /// The provider's id.
    pub provider: String,
    /// When the provider wants to be asked again.
    pub retry_after: Option<Duration>,
    /// The cause, for the log; it must not hold secrets.
    #[source]
    pub source: Option<Source>,
}

impl PartialEq for ProviderError {
    /// Sources are for the log and do not count.
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.provider == other.provider && self.retry_after == other.retry_after
    }
}

/// What kind of failure it was.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProviderErrorKind {
    /// No provider of this id exists in this role.
    #[error("there is no such provider")]
    Unknown,
    /// It needs a key and has none.
    #[error("it needs a key")]
    CredentialMissing,
    /// The server lacks settings that it needs, a key mostly; names them.
    #[error("it is not set up; set {0} for the server and start it again")]
    NotSetUp(String),
    /// It refused the key.
    #[error("it refused the key")]
    CredentialInvalid,
    /// It refused the key that the user gave it.
    #[error(
        "it refused your own key; replace or delete it (on the page Providers, or PUT or DELETE /api/v1/credentials)"
    )]
    OwnCredentialInvalid,
    /// It knows the key, which may not do this, or not from here.
    #[error("it knows the key, which may not do this; see what the key and its account are allowed")]
    CredentialForbidden,
    /// A setting that it does not take.
    #[error("{0}")]
    InvalidConfig(String),
    /// It cannot be reached or did not answer in time.
    #[error("it cannot be reached")]
    Unavailable,
    /// Too many requests.
    #[error("it received too many requests")]
    RateLimited,
    /// The quota is used up.
    #[error("the quota is used up")]
    QuotaExceeded,
    /// It failed, or said something that makes no sense.
    #[error("it failed: {0}")]
    Failed(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_whose_it_is_and_hides_its_cause() {
        let error = |source: Option<Source>| ProviderError {
            kind: ProviderErrorKind::Failed("it hung up".to_owned()),
            provider: "offline".to_owned(),
            retry_after: None,
            source,
        };
        let err = error(Some("a key".into()));
        assert_eq!(err.to_string(), "provider offline: it failed: it hung up");
        assert_eq!(err, error(None));
        let other = ProviderError {
            retry_after: Some(Duration::from_secs(1)),
            ..error(None)
        };
        assert_ne!(err, other);
    }
}
