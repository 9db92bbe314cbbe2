use reqwest::header::{HeaderName, HeaderValue};
use viva_domain::ports::ProviderError;

use crate::providers::transport::Account;

/// The header with an API key. It may be in the address too, where it would be easier to lose.
pub(super) const KEY: HeaderName = HeaderName::from_static("x-goog-api-key");
/// The vendor's own hosts, where nothing goes without a key.
const DOMAIN: &str = "googleapis.com";

/// The key of an account.
pub(super) fn key(account: &Account) -> Result<Option<HeaderValue>, ProviderError> {
    account.header_beyond(DOMAIN, "")
}
