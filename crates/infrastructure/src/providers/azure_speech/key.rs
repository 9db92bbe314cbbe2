use reqwest::header::{HeaderName, HeaderValue};
use viva_domain::ports::ProviderError;

use super::host;
use crate::providers::transport::Account;

/// The header with the key of a resource.
pub(super) const KEY: HeaderName = HeaderName::from_static("ocp-apim-subscription-key");

/// The key of an account; only containers do without.
pub(super) fn key(account: &Account) -> Result<Option<HeaderValue>, ProviderError> {
    if host::is_vendors(account) {
        return account.required_header("").map(Some);
    }
    account.header("")
}
