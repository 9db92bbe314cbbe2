use viva_domain::ports::ProviderError;

use super::KEY;
use super::place::Service;
use crate::providers::check::KeyCall;
use crate::providers::transport::Account;

/// `GET /cognitiveservices/voices/list`: the only free call that is a GET. Its answer is a list.
pub(in crate::providers) fn key_call(account: &Account) -> Result<KeyCall, ProviderError> {
    let key = account.header("")?;
    Ok(KeyCall {
        url: Service::Tts.url(account, "cognitiveservices/voices/list"),
        headers: key.map(|key| (KEY, key)).into_iter().collect(),
        field: Some("voices"),
        limited: &[],
        elsewhere: &[],
    })
}
