use chrono::{DateTime, Utc};

use crate::ids::{AuditEntryId, SessionId, UserId};

/// Something that was done with a user's credential. Never holds any part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its id; they sort by creation.
    pub id: AuditEntryId,
    /// Whose credential it was.
    pub owner: UserId,
    /// When, UTC, to the microsecond.
    pub at: DateTime<Utc>,
    /// What was done.
    pub action: AuditAction,
    /// The id of the provider.
    pub provider: String,
    /// The session that used it.
    pub session: Option<SessionId>,
    /// How it went.
    pub outcome: AuditOutcome,
}

/// What is done with a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditAction {
    /// The first one for a provider was given.
    Create,
    /// Another one took its place.
    Replace,
    /// The provider was asked again.
    Validate,
    /// A session took it.
    Use,
    /// It was forgotten.
    Delete,
}

/// How that went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditOutcome {
    /// As wished.
    Done,
    /// The provider does not know the key.
    BadKey,
    /// The key may not do what is needed.
    Forbidden,
    /// The account has nothing left to spend.
    QuotaExceeded,
    /// The provider could not be reached.
    NoNetwork,
    /// The provider took no more requests.
    RateLimited,
    /// The address is none, or belongs to another region or resource.
    WrongAddress,
    /// Anything else.
    Failed,
}

impl AuditAction {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Create,
        Self::Replace,
        Self::Validate,
        Self::Use,
        Self::Delete,
    ];

    /// What it is to give a credential where this one was before.
    pub const fn of_giving<T>(before: Option<&T>) -> Self {
        match before {
            Some(_) => Self::Replace,
            None => Self::Create,
        }
    }
}

impl AuditOutcome {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Done,
        Self::BadKey,
        Self::Forbidden,
        Self::QuotaExceeded,
        Self::NoNetwork,
        Self::RateLimited,
        Self::WrongAddress,
        Self::Failed,
    ];
}

impl From<&super::CredentialRefusal> for AuditOutcome {
    fn from(refusal: &super::CredentialRefusal) -> Self {
        use super::CredentialRefusal as Refusal;
        match refusal {
            Refusal::BadKey => Self::BadKey,
            Refusal::Forbidden => Self::Forbidden,
            Refusal::QuotaExceeded => Self::QuotaExceeded,
            Refusal::NoNetwork(_) => Self::NoNetwork,
            Refusal::RateLimited { .. } => Self::RateLimited,
            Refusal::WrongAddress { .. } => Self::WrongAddress,
            Refusal::Failed(_) => Self::Failed,
        }
    }
}
