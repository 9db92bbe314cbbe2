use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::session_store::{Page, PageRequest, StoreError};
use crate::access::{ApiToken, User, UserName};
use crate::ids::{TokenId, UserId};

/// Keeps users who may sign in, and their tokens. The local user ([`UserName::local`]) is always there. Every
/// implementation passes `contract::token_store`.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// The user of this name, who becomes this one if there is none yet.
    ///
    /// # Errors
    /// [`StoreError`] of kind `Conflict` when somebody else has the id, or `Unavailable`.
    async fn ensure_user(&self, user: &User) -> Result<User, StoreError>;

    /// The user of this name.
    ///
    /// # Errors
    /// [`StoreError`] of kind `Unavailable` when the backend cannot answer.
    async fn find_user(&self, name: &UserName) -> Result<Option<User>, StoreError>;

    /// The user of this id who may sign in.
    ///
    /// # Errors
    /// [`StoreError`] of kind `Unavailable` when the backend cannot answer.
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError>;

    /// Everybody who may sign in, by name.
    ///
    /// # Errors
    /// [`StoreError`] of kind `Unavailable` when the backend cannot answer.
    async fn users(&self, page: PageRequest) -> Result<Page<User>, StoreError>;

    /// Stores a new token.
    ///
    /// # Errors
    /// [`StoreError`] of kind `Conflict` when the id exists, `Missing` when there is no such user, or `Unavailable`.
    async fn insert(&self, token: &ApiToken) -> Result<(), StoreError>;

    /// The token of this id, whoever it belongs to: that is what is asked when somebody shows one, and only then.
    ///
    /// # Errors
    /// [`StoreError`] of kind `Unavailable` when the backend cannot answer.
    async fn find(&self, id: TokenId) -> Result<Option<ApiToken>, StoreError>;

    /// A user's tokens, in the order in which they were made.
    ///
    /// # Errors
    /// [`StoreError`] of kind `Unavailable` when the backend cannot answer.
    async fn list(&self, owner: UserId, page: PageRequest) -> Result<Page<ApiToken>, StoreError>;

    /// Takes a token of this user back. One that was taken back before keeps the time of that.
    ///
    /// # Errors
    /// [`StoreError`] of kind `Missing` when no token of this user has the id, or `Unavailable`.
    async fn revoke(&self, owner: UserId, id: TokenId, at: DateTime<Utc>) -> Result<(), StoreError>;

    /// Notes that a token of this user was used; never an earlier time than is noted. Does nothing to a token that is not
    /// theirs.
    ///
    /// # Errors
    /// [`StoreError`] of kind `Unavailable` when the backend cannot answer.
    async fn touch(&self, owner: UserId, id: TokenId, at: DateTime<Utc>) -> Result<(), StoreError>;

    /// Forgets this user's tokens of browsers that are expired or revoked.
    ///
    /// # Errors
    /// [`StoreError`] of kind `Unavailable` when the backend cannot answer.
    async fn forget_browsers(&self, owner: UserId, now: DateTime<Utc>) -> Result<(), StoreError>;
}
