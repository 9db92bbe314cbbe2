use reqwest::header::AUTHORIZATION;
use viva_domain::ports::ProviderError;

use crate::providers::check::KeyCall;
use crate::providers::transport::Account;

/// `GET /v3/token`, at the very host of the conversations: it makes a key that nobody uses and that is gone after a second.
pub(in crate::providers) fn key_call(account: &Account) -> Result<KeyCall, ProviderError> {
    let key = account.header("")?;
    let mut url = account.url("v3/token");
    url.query_pairs_mut().append_pair("expires_in_seconds", "1");
    Ok(KeyCall {
        url,
        headers: key.map(|key| (AUTHORIZATION, key)).into_iter().collect(),
        field: Some("token"),
        limited: &[],
        elsewhere: &[],
    })
}
