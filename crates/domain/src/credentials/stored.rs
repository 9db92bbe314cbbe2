use std::fmt;

use chrono::{DateTime, Utc};

use crate::ids::{CredentialId, UserId};

/// Names a master key without telling it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyId(String);

/// A credential that only the master key opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedCredential {
    /// The master key that opens it.
    pub key_id: KeyId,
    /// Never used twice with one key.
    pub nonce: Vec<u8>,
    /// What is hidden, and the proof that nobody changed it.
    pub ciphertext: Vec<u8>,
}

/// A credential of a user as it is kept: at most one per provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCredential {
    /// Another one whenever the credential is replaced.
    pub id: CredentialId,
    /// Whose it is.
    pub owner: UserId,
    /// The id of the provider.
    pub provider: String,
    /// What it consists of.
    pub sealed: SealedCredential,
    /// What the provider thought of it.
    pub state: CredentialState,
    /// When the provider said so last, UTC, to the microsecond.
    pub checked_at: DateTime<Utc>,
}

/// What a provider thought of a credential when it was asked last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CredentialState {
    /// It accepted it.
    Valid,
    /// It refused it.
    Invalid,
}

impl KeyId {
    /// A name that was made for a key.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
