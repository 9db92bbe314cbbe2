use viva_domain::ports::ProviderError;

use super::messages::{KEY, VERSION, VERSION_WITH_TEMPERATURE};
use crate::providers::check::KeyCall;
use crate::providers::transport::Account;

/// `GET /models` with one model: it is free, and every key may call it.
pub(in crate::providers) fn key_call(account: &Account) -> Result<KeyCall, ProviderError> {
    let mut url = account.url("models");
    url.query_pairs_mut().append_pair("limit", "1");
    let key = account.header("")?;
    let version = (VERSION, VERSION_WITH_TEMPERATURE);
    Ok(KeyCall {
        url,
        headers: key.map(|key| (KEY, key)).into_iter().chain([version]).collect(),
        field: Some("data"),
        limited: &[],
        elsewhere: &[],
    })
}
