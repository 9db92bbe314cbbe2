use thiserror::Error;

use crate::credentials::{Credential, KeyId, SealedCredential};
use crate::ids::UserId;

/// Seals credentials with a master key. What was sealed for one owner and provider opens for these only, so that a row
/// cannot be moved. Every implementation passes `contract::credential_vault`.
pub trait CredentialVault: Send + Sync {
    /// Seals a credential; the same one never looks the same twice.
    ///
    /// # Errors
    /// [`VaultError::Failed`].
    fn seal(
        &self,
        owner: UserId,
        provider: &str,
        credential: &Credential,
    ) -> Result<SealedCredential, VaultError>;

    /// Opens what was sealed for this owner and provider.
    ///
    /// # Errors
    /// [`VaultError::OtherKey`] when another master key sealed it, [`VaultError::Damaged`] when it was changed, or sealed
    /// for somebody else.
    fn open(
        &self,
        owner: UserId,
        provider: &str,
        sealed: &SealedCredential,
    ) -> Result<Credential, VaultError>;
}

/// Why a vault did nothing. Never holds any part of a credential.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VaultError {
    /// Another master key sealed it.
    #[error("it was encrypted with the master key {0}, which is not the present one")]
    OtherKey(KeyId),
    /// It was changed, or sealed for another owner or provider.
    #[error("it was changed or belongs to somebody else")]
    Damaged,
    /// It cannot be sealed.
    #[error("it cannot be encrypted")]
    Failed,
}
