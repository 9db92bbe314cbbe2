//! Rows in SQLite or PostgreSQL, through sea-orm: the same code and the same contract for both.
//!
//! To add a table: a migration, an entity, the store that uses it, the contract case that fails without it. Every query
//! begins with the owner (`Entity::of`). Errors are matched in `error.rs` only.

mod credential_store;
mod database;
pub(crate) mod entities;
mod error;
mod listing;
mod lock;
mod retention_store;
mod session_store;
mod template_store;
#[cfg(test)]
mod testing;
mod token_store;

pub use credential_store::{ResealError, SqlCredentialStore};
pub use database::{Database, DatabaseConfig, OpenDatabaseError};
pub use lock::DatabaseLock;
pub use retention_store::SqlRetentionStore;
pub use session_store::SqlSessionStore;
pub use template_store::SqlTemplateStore;
pub use token_store::SqlTokenStore;
