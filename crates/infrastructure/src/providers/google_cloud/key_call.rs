use viva_domain::ports::ProviderError;

use super::KEY;
use super::place::text_to_speech;
use crate::providers::check::KeyCall;
use crate::providers::transport::Account;

/// `GET /v1/voices` of one language: it is free, and its answer short enough.
pub(in crate::providers) fn key_call(account: &Account) -> Result<KeyCall, ProviderError> {
    let mut url = text_to_speech(account, "v1/voices");
    url.query_pairs_mut().append_pair("languageCode", "en-US");
    let key = account.header("")?;
    Ok(KeyCall {
        url,
        headers: key.map(|key| (KEY, key)).into_iter().collect(),
        field: Some("voices"),
        limited: &[],
        elsewhere: &["location is not supported"],
    })
}
