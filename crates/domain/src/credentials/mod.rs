//! Provider keys of users: what one consists of, how it is kept, and what was done with it.

mod audit;
mod credential;
mod form;
mod refusal;
mod stored;

pub use audit::{AuditAction, AuditEntry, AuditOutcome};
pub use credential::{Credential, InvalidCredential, RawCredential};
pub use form::{CredentialField, CredentialForm, FieldNeed, FormField};
pub use refusal::{AddressFault, CredentialRefusal};
pub use stored::{CredentialState, KeyId, SealedCredential, StoredCredential};
