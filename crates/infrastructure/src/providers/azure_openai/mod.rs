//! Azure OpenAI: OpenAI's models at the address of one's own resource.

use reqwest::header::HeaderName;
use tokio_util::task::TaskTracker;
use viva_domain::ports::ProviderError;

use super::check::KeyCall;
use super::openai::realtime::{Host, KeyHeader, OpenAiRealtimeVoice, RealtimeSettings};
use super::transport::{Account, HttpClient};

/// The `azure-openai` realtime provider. The account's address is the resource's
/// (`https://<resource>.openai.azure.com`); a session's model is the name of a deployment, so there is no default but the
/// operator's. It has no `api-version`: with one the endpoint refuses the key.
pub fn realtime_voice(
    account: Account,
    http: HttpClient,
    settings: RealtimeSettings,
    tasks: TaskTracker,
) -> OpenAiRealtimeVoice {
    let host = Host {
        path: "openai/v1/realtime",
        key: KeyHeader::ApiKey,
    };
    OpenAiRealtimeVoice::at(host, account, http, settings, tasks)
}

/// `GET /openai/v1/models`: it is free, beside the endpoint of conversations, and needs a key of this very resource; and no
/// deployment, which the key may be older than.
pub(super) fn key_call(account: &Account) -> Result<KeyCall, ProviderError> {
    let key = account.header("")?;
    Ok(KeyCall {
        url: account.url("openai/v1/models"),
        headers: key
            .map(|key| (HeaderName::from_static("api-key"), key))
            .into_iter()
            .collect(),
        field: Some("data"),
        limited: &[],
        elsewhere: &[],
    })
}
