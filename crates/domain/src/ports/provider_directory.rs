use std::sync::Arc;

use async_trait::async_trait;

use super::session_store::StoreError;
use crate::ids::UserId;
use crate::providers::ProviderCatalogue;

/// Knows which providers a user has: those of the server, and in place of them those that the user has a key of their own
/// for. Every implementation passes `contract::provider_directory`.
#[async_trait]
pub trait ProviderDirectory: Send + Sync {
    /// The providers of this user, as they are now.
    ///
    /// # Errors
    /// [`StoreError`] of kind `Unavailable` when the user's keys cannot be read.
    async fn catalogue(&self, owner: UserId) -> Result<Arc<ProviderCatalogue>, StoreError>;

    /// Lets go of what was made of this user's keys, which have changed: what is left of a key is with whoever has a
    /// catalogue still.
    fn forget(&self, owner: UserId);
}
