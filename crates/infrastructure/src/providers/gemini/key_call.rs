use viva_domain::ports::ProviderError;

use super::KEY;
use super::address::versioned;
use crate::providers::check::KeyCall;
use crate::providers::transport::Account;

/// `GET /v1beta/models` with one model: it is free, and needs what the other calls need of a key.
pub(in crate::providers) fn key_call(account: &Account) -> Result<KeyCall, ProviderError> {
    let (mut url, version) = versioned(&account.base_url);
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.extend([version.as_str(), "models"]);
    }
    url.query_pairs_mut().append_pair("pageSize", "1");
    let key = account.header("")?;
    Ok(KeyCall {
        url,
        headers: key.map(|key| (KEY, key)).into_iter().collect(),
        field: Some("models"),
        limited: &[],
        elsewhere: &["location is not supported"],
    })
}
