use std::time::Duration;

use tracing::warn;
use viva_application::modes::OpenModeError;
use viva_application::sessions::{ResolveError, ResumeSessionError, StartSessionError};
use viva_application::templates::{FindTemplateError, PromptError};
use viva_domain::ports::ProviderErrorKind;
use viva_protocol::ws::{ErrorCode, ErrorMessage, InvalidFrame, InvalidInteraction, MalformedMessage};

use crate::problem::log;

/// Why one message of a client was not carried out. The connection goes on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    pub(super) error: ErrorMessage,
    pub(super) fault: Fault,
}

/// Whose fault it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The client sent a bad control message.
    Message,
    /// The client sent bad audio.
    Audio,
    /// The client could not know better; it does not count against them.
    None,
}

impl Refusal {
    fn new(fault: Fault, code: ErrorCode, message: impl Into<String>) -> Self {
        let error = ErrorMessage {
            code,
            message: message.into(),
            recoverable: true,
            details: None,
            retry_after_ms: None,
        };
        Self { error, fault }
    }

    /// The control message makes no sense.
    pub(super) fn message(message: impl Into<String>) -> Self {
        Self::new(Fault::Message, ErrorCode::InvalidMessage, message)
    }

    /// The configuration cannot work.
    pub(super) fn config(message: impl Into<String>) -> Self {
        Self::new(Fault::Message, ErrorCode::InvalidConfig, message)
    }

    /// The audio cannot be used.
    pub(super) fn audio(message: impl Into<String>) -> Self {
        Self::new(Fault::Audio, ErrorCode::InvalidAudio, message)
    }

    /// There is no session that this could be for.
    pub(super) fn no_session(fault: Fault) -> Self {
        Self::new(
            fault,
            ErrorCode::NoSession,
            "there is no session on this connection; send start_session first",
        )
    }

    /// There is a session already.
    pub(super) fn session_exists() -> Self {
        Self::new(
            Fault::Message,
            ErrorCode::SessionExists,
            "this connection has a session already; end it first, or open another connection",
        )
    }

    fn retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.error.retry_after_ms = retry_after.map(millis);
        self
    }
}

impl From<MalformedMessage> for Refusal {
    fn from(err: MalformedMessage) -> Self {
        Self::message(err.to_string())
    }
}

impl From<InvalidFrame> for Refusal {
    fn from(err: InvalidFrame) -> Self {
        Self::audio(err.to_string())
    }
}

impl From<InvalidInteraction> for Refusal {
    fn from(err: InvalidInteraction) -> Self {
        match &err {
            InvalidInteraction::UnknownMode => {
                Self::new(Fault::Message, ErrorCode::InvalidMode, err.to_string())
            }
            InvalidInteraction::Config { .. } => Self::config(err.to_string()),
        }
    }
}

impl From<ResumeSessionError> for Refusal {
    fn from(err: ResumeSessionError) -> Self {
        match err {
            ResumeSessionError::Expired => Self::new(Fault::None, ErrorCode::ResumeExpired, err.to_string()),
        }
    }
}

impl From<&OpenModeError> for Refusal {
    fn from(err: &OpenModeError) -> Self {
        let OpenModeError(cause) = err;
        let code = provider_error_code(&cause.kind);
        if code == ErrorCode::InvalidConfig {
            return Self::config(err.to_string());
        }
        warn!(event = "connection.provider_failed", provider.name = %cause.provider, error.code = ?code,
            error = cause.as_ref() as &dyn std::error::Error, "A provider cannot be had");
        Self::new(Fault::None, code, err.to_string()).retry_after(cause.retry_after)
    }
}

impl From<ResolveError> for Refusal {
    fn from(err: ResolveError) -> Self {
        match &err {
            ResolveError::Mode(cause) => cause.into(),
            ResolveError::Store(cause) => {
                log(cause);
                let message = "your provider keys could not be read; try again in a moment";
                Self::new(Fault::None, ErrorCode::InternalError, message)
            }
        }
    }
}

impl From<StartSessionError> for Refusal {
    fn from(err: StartSessionError) -> Self {
        match &err {
            StartSessionError::SampleRate(_) | StartSessionError::TurnDetection(_) => {
                Self::config(err.to_string())
            }
            StartSessionError::Mode(cause) => cause.into(),
            StartSessionError::ShuttingDown => {
                Self::new(Fault::None, ErrorCode::InternalError, err.to_string())
            }
            StartSessionError::Panicked(cause) => {
                log(cause);
                let message = "the session could not be started; try again in a moment";
                Self::new(Fault::None, ErrorCode::InternalError, message)
            }
            StartSessionError::Store(cause) => {
                log(cause);
                let message = "the session could not be stored, so it was not started; try again in a moment";
                Self::new(Fault::None, ErrorCode::InternalError, message)
            }
        }
    }
}

impl From<PromptError> for Refusal {
    fn from(err: PromptError) -> Self {
        match &err {
            PromptError::Template(FindTemplateError::Unknown(_))
            | PromptError::Invalid(_)
            | PromptError::Language(_) => Self::config(err.to_string()),
            PromptError::Template(FindTemplateError::Store(cause)) => {
                log(cause);
                let message =
                    "the template could not be read, so no session was started; try again in a moment";
                Self::new(Fault::None, ErrorCode::InternalError, message)
            }
        }
    }
}

/// The name of a provider's failure on the wire.
pub(super) fn provider_error_code(kind: &ProviderErrorKind) -> ErrorCode {
    match kind {
        ProviderErrorKind::Unknown | ProviderErrorKind::InvalidConfig(_) => ErrorCode::InvalidConfig,
        ProviderErrorKind::CredentialMissing | ProviderErrorKind::NotSetUp(_) => ErrorCode::CredentialMissing,
        ProviderErrorKind::CredentialInvalid
        | ProviderErrorKind::OwnCredentialInvalid
        | ProviderErrorKind::CredentialForbidden => ErrorCode::CredentialInvalid,
        ProviderErrorKind::Unavailable => ErrorCode::ProviderUnavailable,
        ProviderErrorKind::RateLimited => ErrorCode::RateLimited,
        ProviderErrorKind::QuotaExceeded => ErrorCode::QuotaExceeded,
        ProviderErrorKind::Failed(_) => ErrorCode::ProviderError,
    }
}

/// Whole milliseconds, rounded up: trying again too early helps nobody.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use viva_domain::ports::{ProviderError, StoreError, StoreErrorKind};

    use super::*;

    fn start_failure(kind: ProviderErrorKind) -> Refusal {
        let err = ProviderError {
            kind,
            provider: "offline".to_owned(),
            retry_after: Some(Duration::from_micros(1_500_001)),
            source: Some("key sk-123 refused".into()),
        };
        StartSessionError::Mode(OpenModeError(Arc::new(err))).into()
    }

    #[test]
    fn every_failure_of_a_provider_has_its_code() {
        let codes: Vec<(ErrorCode, Fault)> = [
            ProviderErrorKind::Unknown,
            ProviderErrorKind::InvalidConfig("voice: no such voice".to_owned()),
            ProviderErrorKind::CredentialMissing,
            ProviderErrorKind::NotSetUp("SOME_API_KEY".to_owned()),
            ProviderErrorKind::CredentialInvalid,
            ProviderErrorKind::OwnCredentialInvalid,
            ProviderErrorKind::CredentialForbidden,
            ProviderErrorKind::Unavailable,
            ProviderErrorKind::RateLimited,
            ProviderErrorKind::QuotaExceeded,
            ProviderErrorKind::Failed("500".to_owned()),
        ]
        .into_iter()
        .map(start_failure)
        .map(|refusal| (refusal.error.code, refusal.fault))
        .collect();
        assert_eq!(
            codes,
            [
                (ErrorCode::InvalidConfig, Fault::Message),
                (ErrorCode::InvalidConfig, Fault::Message),
                (ErrorCode::CredentialMissing, Fault::None),
                (ErrorCode::CredentialMissing, Fault::None),
                (ErrorCode::CredentialInvalid, Fault::None),
                (ErrorCode::CredentialInvalid, Fault::None),
                (ErrorCode::CredentialInvalid, Fault::None),
                (ErrorCode::ProviderUnavailable, Fault::None),
                (ErrorCode::RateLimited, Fault::None),
                (ErrorCode::QuotaExceeded, Fault::None),
                (ErrorCode::ProviderError, Fault::None),
            ]
        );
    }

    #[test]
    fn a_provider_tells_when_to_try_again_but_not_why_inside() {
        let error = start_failure(ProviderErrorKind::RateLimited).error;
        assert_eq!(error.retry_after_ms, Some(1_501));
        assert!(!error.message.contains("sk-123"), "{}", error.message);
    }

    #[test]
    fn the_cause_of_a_database_failure_stays_inside() {
        let cause = StoreError {
            kind: StoreErrorKind::Unavailable,
            operation: "insert session",
            source: Some("db.example refused".into()),
        };
        let error = Refusal::from(StartSessionError::Store(cause)).error;
        assert_eq!(error.code, ErrorCode::InternalError);
        assert!(
            !error.message.contains("db.example") && !error.message.contains("insert"),
            "{}",
            error.message
        );
    }
}
