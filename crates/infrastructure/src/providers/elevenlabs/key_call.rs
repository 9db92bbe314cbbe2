use viva_domain::ports::ProviderError;

use super::KEY;
use crate::providers::check::KeyCall;
use crate::providers::transport::Account;

/// `GET /user`: it is free and its answer short, which no list of voices or models is. A key for speech alone may not call it
/// (nor any other that is free), and is told so with 401 all the same: then the vendor knows it.
pub(in crate::providers) fn key_call(account: &Account) -> Result<KeyCall, ProviderError> {
    let key = account.header("")?;
    Ok(KeyCall {
        url: account.url("user"),
        headers: key.map(|key| (KEY, key)).into_iter().collect(),
        field: Some("subscription"),
        limited: &["missing_permissions"],
        elsewhere: &[],
    })
}
