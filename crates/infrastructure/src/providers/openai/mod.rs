//! OpenAI, and servers that speak as it does: one folder per role.

mod chat;
#[cfg(test)]
mod compatible;
mod key_call;
pub mod realtime;
mod speech;
mod transcription;

use std::time::Duration;

pub use chat::OpenAiLanguageModel;
#[cfg(feature = "fuzzing")]
pub(super) use chat::fuzzed as fuzzed_chat;
pub(super) use key_call::key_call;
pub use speech::OpenAiTextToSpeech;
pub use transcription::OpenAiSpeechToText;
#[cfg(feature = "fuzzing")]
pub(super) use transcription::{fuzzed as fuzzed_transcription, fuzzed_events, fuzzed_file};

use super::transport::{Account, HttpClient, HttpLimits};

/// The vendor's own hosts, where nothing goes without a key.
const DOMAIN: &str = "openai.com";
/// Servers of one's own calculate for long, and many load a model only when it is asked for. The session waits for 30 s, and
/// an answer must begin by then.
const OWN_SERVER_LIMIT: Duration = Duration::from_secs(20);

/// The client for an account: another server than the vendor's may take its time until it answers.
#[must_use]
pub fn client_for(account: &Account, http: HttpClient) -> HttpClient {
    if account.is_at(DOMAIN) {
        return http;
    }
    http.with_limits(HttpLimits {
        answer: OWN_SERVER_LIMIT,
        ..http.limits()
    })
}
