use reqwest::header::AUTHORIZATION;
use viva_domain::ports::ProviderError;

use crate::providers::check::KeyCall;
use crate::providers::transport::Account;

/// `GET /v1/auth/token`, which tells a key about itself: unlike the list of projects it is for every key, whatever that may
/// do. What it answers is not documented but for being JSON.
pub(in crate::providers) fn key_call(account: &Account) -> Result<KeyCall, ProviderError> {
    let key = account.header("Token ")?;
    Ok(KeyCall {
        url: account.url("v1/auth/token"),
        headers: key.map(|key| (AUTHORIZATION, key)).into_iter().collect(),
        field: None,
        limited: &["insufficient_permissions"],
        elsewhere: &[],
    })
}
