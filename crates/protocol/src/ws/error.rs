use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What went wrong, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    /// No valid token or cookie.
    AuthFailed,
    /// This connection has a session already.
    SessionExists,
    /// This connection has no session.
    NoSession,
    /// The mode is unknown or not available.
    InvalidMode,
    /// Not a message, or a field of the wrong type.
    InvalidMessage,
    /// A configuration that cannot work.
    InvalidConfig,
    /// Audio of the wrong size, rate or pace.
    InvalidAudio,
    /// The provider needs a key and none is stored.
    CredentialMissing,
    /// The provider refused the key, or what it was used for.
    CredentialInvalid,
    /// The provider cannot be reached.
    ProviderUnavailable,
    /// The provider failed.
    ProviderError,
    /// The provider's quota is used up.
    QuotaExceeded,
    /// Too many requests.
    RateLimited,
    /// The session is over or unknown, or the token is wrong.
    ResumeExpired,
    /// Our fault; the log has the details.
    InternalError,
    /// A code that this version does not know.
    #[serde(other, skip_serializing)]
    Unknown,
}

/// Fields of `error`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorMessage {
    /// What went wrong, for programs.
    pub code: ErrorCode,
    /// What went wrong and what to do, for people.
    pub message: String,
    /// Whether the session (or the connection, before a session) goes on.
    pub recoverable: bool,
    /// More about it, depending on the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Box<Value>>,
    /// When to try again, in ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}
