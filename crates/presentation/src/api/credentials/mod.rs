//! A user's own provider keys: what is shown of them never holds a key.

mod convert;
pub(super) mod delete;
pub(super) mod list;
pub(super) mod put;
pub(super) mod validate;

use tracing::Span;
use viva_application::credentials::Credentials;

/// Says in the log which provider a request is about. What is the name of none may be a key that was put into the wrong
/// place.
fn name_in_log(credentials: &Credentials, provider: &str) {
    if credentials.is_provider(provider) {
        Span::current().record("provider.name", provider);
    }
}
