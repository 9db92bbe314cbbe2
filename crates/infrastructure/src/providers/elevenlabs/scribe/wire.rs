//! The vendor's messages. Fields that nobody needs are left out; unknown messages are read as such.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use viva_domain::ports::ProviderError;

use super::RATE;
use crate::providers::transport::errors::Complaint;
use crate::providers::transport::{Account, lenient, pcm};

/// The only message to the vendor.
#[derive(Serialize)]
#[serde(tag = "message_type", rename = "input_audio_chunk")]
struct Chunk {
    audio_base_64: String,
    commit: bool,
    sample_rate: u32,
}

/// What comes of audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// There is more to come.
    Nothing,
    /// It is written down, with all that was sent before.
    Commit,
}

/// A message of the vendor.
#[derive(Deserialize)]
pub(super) struct ServerMessage {
    #[serde(rename = "message_type")]
    pub(super) kind: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) text: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    error: Option<String>,
}

/// Audio; none is a sign of life.
pub(super) fn chunk(samples: &[i16], after: After) -> String {
    let chunk = Chunk {
        audio_base_64: STANDARD.encode(pcm::encode(samples)),
        commit: after == After::Commit,
        sample_rate: RATE,
    };
    serde_json::to_string(&chunk).expect("it has neither maps nor anything else that is no JSON")
}

impl ServerMessage {
    /// The error that it is, after which the session is of no use; `None` when it is none.
    pub(super) fn error(&self, account: &Account) -> Option<ProviderError> {
        let meaning = match self.kind.as_str() {
            "auth_error" => "invalid_api_key",
            "unaccepted_terms" => "permission_denied",
            "quota_exceeded" => "quota_exceeded",
            "commit_throttled" | "rate_limited" | "queue_overflow" | "resource_exhausted" => "rate_limited",
            // A session that is over is begun again.
            "session_time_limit_exceeded" | "transcriber_error" | "error" => "unavailable",
            "input_error" | "invalid_request" | "chunk_size_exceeded" => "",
            _ => return None,
        };
        let message = self.error.clone().unwrap_or_default();
        Some(Complaint::new(meaning, message).into_error(account, None))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::{Value, json};
    use viva_domain::ports::ProviderErrorKind;

    use super::*;
    use crate::providers::testing::account;
    use crate::providers::transport::hostile::with_odd;

    #[test]
    fn audio_is_sent_with_what_comes_of_it() {
        let told = |samples: &[i16], after| serde_json::from_str::<Value>(&chunk(samples, after)).unwrap();
        assert_eq!(
            told(&[1, -1], After::Nothing),
            json!({
                "message_type": "input_audio_chunk", "audio_base_64": "AQD//w==", "commit": false,
                "sample_rate": 16_000,
            })
        );
        let commit = told(&[], After::Commit);
        assert_eq!(
            (&commit["audio_base_64"], &commit["commit"]),
            (&json!(""), &json!(true))
        );
    }

    proptest! {
        #[test]
        fn what_is_odd_beside_the_words_is_no_harm(message in with_odd(
            &json!({"message_type": "committed_transcript", "text": "Hello", "error": null, "words": []}),
            &["/error", "/words"],
        )) {
            let message: ServerMessage = serde_json::from_value(message).unwrap();
            prop_assert_eq!(message.text, "Hello");
        }
    }

    #[rstest]
    #[case("auth_error", Some(ProviderErrorKind::CredentialInvalid))]
    #[case("unaccepted_terms", Some(ProviderErrorKind::CredentialForbidden))]
    #[case("quota_exceeded", Some(ProviderErrorKind::QuotaExceeded))]
    #[case("resource_exhausted", Some(ProviderErrorKind::RateLimited))]
    #[case("session_time_limit_exceeded", Some(ProviderErrorKind::Unavailable))]
    #[case("invalid_request", Some(ProviderErrorKind::Failed("why".to_owned())))]
    #[case("warning", None)]
    #[case("insufficient_audio_activity", None)]
    fn types_of_errors_say_what_happened(#[case] kind: &str, #[case] expected: Option<ProviderErrorKind>) {
        let message: ServerMessage =
            serde_json::from_value(json!({"message_type": kind, "error": "why"})).unwrap();
        let vendor = account("https://api.elevenlabs.io/v1", Some("key"));
        assert_eq!(message.error(&vendor).map(|err| err.kind), expected);
    }
}
