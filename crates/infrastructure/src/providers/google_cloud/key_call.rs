use viva_domain::ports::ProviderError;

use super::host::Half;
use super::key::KEY;
use crate::providers::check::KeyCall;
use crate::providers::transport::Account;

/// `GET /v1/voices` of one language: it is free, and speech-to-text has nothing of the kind. A key for that alone may not
/// call it, and is told so: then the vendor knows it.
pub(in crate::providers) fn key_call(account: &Account) -> Result<KeyCall, ProviderError> {
    let key = account.header("")?;
    let mut url = Half::Speaking.url(account, "v1/voices");
    url.query_pairs_mut().append_pair("languageCode", "en-US");
    Ok(KeyCall {
        url,
        headers: key.map(|key| (KEY, key)).into_iter().collect(),
        field: Some("voices"),
        limited: &["api_key_service_blocked", "service_disabled"],
        elsewhere: &[],
    })
}
