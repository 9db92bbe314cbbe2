use viva_domain::ports::ProviderError;

use super::host::Half;
use super::key::KEY;
use crate::providers::check::KeyCall;
use crate::providers::transport::Account;

/// `GET /cognitiveservices/voices/list`: every key of a region may have its list, whether it is for hearing or speaking.
pub(in crate::providers) fn key_call(account: &Account) -> Result<KeyCall, ProviderError> {
    let key = account.header("")?;
    Ok(KeyCall {
        url: Half::Speaking.url(account, "cognitiveservices/voices/list"),
        headers: key.map(|key| (KEY, key)).into_iter().collect(),
        // It is a list.
        field: Some("voices"),
        limited: &[],
        elsewhere: &[],
    })
}
