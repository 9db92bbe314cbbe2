//! Azure OpenAI: OpenAI's models at the address of one's own resource.

use tokio_util::task::TaskTracker;

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
