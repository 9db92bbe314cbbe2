use async_trait::async_trait;

use crate::credentials::{Credential, CredentialRefusal};

/// Asks providers whether they accept a credential, by the cheapest call that needs one.
#[async_trait]
pub trait CredentialCheck: Send + Sync {
    /// Asks the provider of this id, as the account says. Takes 10 s at most.
    ///
    /// # Errors
    /// [`CredentialRefusal`] says why it does not accept it, or why that is not known.
    async fn check(&self, provider: &str, credential: &Credential) -> Result<(), CredentialRefusal>;
}
