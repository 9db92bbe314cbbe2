use viva_domain::ports::ProviderError;

use super::KEY;
use crate::providers::check::KeyCall;
use crate::providers::transport::Account;

/// `GET /TTS/GetSpeaker`, which lists the voices.
pub(in crate::providers) fn key_call(account: &Account) -> Result<KeyCall, ProviderError> {
    let key = account.header("")?;
    Ok(KeyCall {
        url: account.url("TTS/GetSpeaker"),
        headers: key.map(|key| (KEY, key)).into_iter().collect(),
        field: Some("data"),
        limited: &[],
        elsewhere: &[],
    })
}
