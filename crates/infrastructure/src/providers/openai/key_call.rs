use reqwest::header::AUTHORIZATION;
use viva_domain::ports::ProviderError;

use crate::providers::check::KeyCall;
use crate::providers::transport::Account;

/// `GET /models`: it is free, and the one call that compatible servers have too, whichever role they serve. A restricted
/// key need not be allowed to list models, and says so. Servers without keys, and a few with, list them to everybody.
pub(in crate::providers) fn key_call(account: &Account) -> Result<KeyCall, ProviderError> {
    let key = account.header("Bearer ")?;
    Ok(KeyCall {
        url: account.url("models"),
        headers: key.map(|key| (AUTHORIZATION, key)).into_iter().collect(),
        field: Some("data"),
        limited: &["missing scopes", "missing_scope"],
        elsewhere: &["regional hostname", "unsupported_country_region_territory"],
    })
}
