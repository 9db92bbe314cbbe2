//! The vendor's messages. Fields that nobody needs are left out; unknown messages are read as such.

use serde::{Deserialize, Serialize};
use viva_domain::ports::ProviderError;

use crate::providers::transport::errors::Complaint;
use crate::providers::transport::{Account, lenient};

/// The first message: how the session should be.
#[derive(Serialize)]
#[serde(tag = "message", rename = "StartRecognition")]
pub(super) struct Start<'a> {
    pub(super) audio_format: AudioFormat,
    pub(super) transcription_config: Transcription<'a>,
}

#[derive(Serialize)]
pub(super) struct AudioFormat {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) encoding: &'static str,
    pub(super) sample_rate: u32,
}

#[derive(Serialize)]
pub(super) struct Transcription<'a> {
    pub(super) language: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) language_hints: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) output_locale: Option<&'static str>,
    pub(super) model: &'a str,
    pub(super) enable_partials: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_delay: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_delay_mode: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) additional_vocab: Vec<Word<'a>>,
}

#[derive(Serialize)]
pub(super) struct Word<'a> {
    pub(super) content: &'a str,
}

/// Write down everything up to a moment, in seconds of the audio that was sent.
#[derive(Serialize)]
#[serde(tag = "message", rename = "ForceEndOfUtterance")]
pub(super) struct ForceEnd {
    pub(super) timestamp: f64,
}

#[derive(Deserialize)]
#[serde(tag = "message")]
pub(super) enum ServerMessage {
    RecognitionStarted,
    /// What may still change, of all that is not final.
    AddPartialTranscript(Transcript),
    AddTranscript(Transcript),
    EndOfUtterance(End),
    /// The connection is closed after it.
    Error(Failure),
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
pub(super) struct Transcript {
    #[serde(default, deserialize_with = "lenient::or_default")]
    metadata: Metadata,
}

#[derive(Deserialize, Default)]
struct Metadata {
    #[serde(default, deserialize_with = "lenient::or_default")]
    transcript: String,
}

/// An utterance is over.
#[derive(Deserialize)]
pub(super) struct End {
    #[serde(default, deserialize_with = "lenient::or_default")]
    forced: Option<bool>,
}

/// Why a connection is of no use any more.
#[derive(Deserialize)]
pub(super) struct Failure {
    #[serde(rename = "type", default, deserialize_with = "lenient::or_default")]
    kind: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    reason: String,
}

impl Start<'_> {
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).expect("it has neither maps nor anything else that is no JSON")
    }
}

impl ForceEnd {
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).expect("it has neither maps nor anything else that is no JSON")
    }
}

impl Transcript {
    /// With the spaces that belong before and after it.
    pub(super) fn text(&self) -> &str {
        &self.metadata.transcript
    }
}

impl End {
    /// Whether it answers an order; the vendor may end utterances by itself, and say so.
    pub(super) fn is_asked_for(&self) -> bool {
        self.forced != Some(false)
    }
}

impl Failure {
    pub(super) fn into_error(self, account: &Account) -> ProviderError {
        let meaning = match self.kind.as_str() {
            "not_authorised" => "invalid_api_key",
            "not_allowed" => "permission_denied",
            // That of sessions at a time; what is used up is a time limit.
            "quota_exceeded" => "too_many_requests",
            "timelimit_exceeded" => "quota_exceeded",
            "invalid_language" | "invalid_config" => "unsupported_value",
            // A session that is over is begun again.
            "job_error" | "unknown_error" | "idle_timeout" | "session_timeout" => "unavailable",
            // Of these some are everybody's.
            other => other,
        };
        Complaint::new(meaning, self.reason).into_error(account, None)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::json;
    use viva_domain::ports::ProviderErrorKind;

    use super::*;
    use crate::providers::testing::account;
    use crate::providers::transport::hostile::with_odd;

    proptest! {
        #[test]
        fn what_is_odd_beside_the_words_is_no_harm(transcript in with_odd(
            &json!({
                "message": "AddTranscript", "format": "2.9",
                "metadata": {"start_time": 0.1, "end_time": 0.5, "transcript": "Hello "},
                "results": [{"type": "word", "alternatives": [{"content": "Hello"}]}],
            }),
            &["/format", "/metadata/start_time", "/metadata/end_time", "/results", "/results/0/alternatives"],
        )) {
            match serde_json::from_value(transcript).unwrap() {
                ServerMessage::AddTranscript(transcript) => prop_assert_eq!(transcript.text(), "Hello "),
                _ => prop_assert!(false, "it is something else"),
            }
        }
    }

    #[rstest]
    #[case("not_authorised", ProviderErrorKind::CredentialInvalid)]
    #[case("not_allowed", ProviderErrorKind::CredentialForbidden)]
    #[case("quota_exceeded", ProviderErrorKind::RateLimited)]
    #[case("timelimit_exceeded", ProviderErrorKind::QuotaExceeded)]
    #[case("invalid_model", ProviderErrorKind::InvalidConfig("why".to_owned()))]
    #[case("invalid_language", ProviderErrorKind::InvalidConfig("why".to_owned()))]
    #[case("idle_timeout", ProviderErrorKind::Unavailable)]
    #[case("job_error", ProviderErrorKind::Unavailable)]
    #[case("protocol_error", ProviderErrorKind::Failed("why".to_owned()))]
    fn types_of_errors_say_what_happened(#[case] kind: &str, #[case] expected: ProviderErrorKind) {
        let error = json!({"message": "Error", "type": kind, "reason": "why"});
        let Ok(ServerMessage::Error(failure)) = serde_json::from_value(error) else {
            panic!("it is not understood");
        };
        let vendor = account("https://eu2.rt.speechmatics.com", Some("key"));
        assert_eq!(failure.into_error(&vendor).kind, expected);
    }
}
