//! The vendor's messages. Fields that nobody needs are left out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::providers::ears::join;
use crate::providers::transport::{lenient, pcm};

/// How `POST /v1/speech:recognize` writes down.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Config<'a> {
    pub(super) encoding: &'static str,
    pub(super) sample_rate_hertz: u32,
    pub(super) audio_channel_count: u32,
    pub(super) language_code: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(super) alternative_language_codes: &'a [String],
    pub(super) model: &'a str,
    pub(super) enable_automatic_punctuation: bool,
    pub(super) max_alternatives: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) speech_contexts: Vec<SpeechContext<'a>>,
}

#[derive(Serialize)]
pub(super) struct SpeechContext<'a> {
    pub(super) phrases: &'a [String],
}

impl Config<'_> {
    /// The body that asks about this audio. Up to two megabytes of base64 hold nothing that JSON would write in another way,
    /// and somebody waits: they are not looked through for it.
    pub(super) fn with_audio(&self, samples: &[i16]) -> serde_json::Result<String> {
        let config = serde_json::to_string(self)?;
        let mut body = format!(r#"{{"config":{config},"audio":{{"content":""#);
        STANDARD.encode_string(pcm::encode(samples), &mut body);
        body.push_str(r#""}}"#);
        Ok(body)
    }
}

/// The answer; of what nobody understood it has no results.
#[derive(Deserialize)]
pub(super) struct Response {
    #[serde(default, deserialize_with = "lenient::or_default")]
    results: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    #[serde(default, deserialize_with = "lenient::or_default")]
    alternatives: Vec<Alternative>,
}

#[derive(Deserialize)]
struct Alternative {
    #[serde(default, deserialize_with = "lenient::or_default")]
    transcript: String,
}

impl Response {
    /// The best guesses at all parts.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for part in &self.results {
            if let Some(best) = part.alternatives.first() {
                join(&mut text, best.transcript.trim());
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::providers::transport::hostile::with_odd;

    fn text(response: Value) -> String {
        serde_json::from_value::<Response>(response).unwrap().text()
    }

    #[test]
    fn parts_are_put_together() {
        let part = |text: &str| json!({"alternatives": [{"transcript": text}, {"transcript": "no"}]});
        assert_eq!(
            text(json!({"results": [part("Tell me"), part(" a story.")]})),
            "Tell me a story."
        );
        assert_eq!(text(json!({"results": [part("你好"), part("世界")]})), "你好世界");
        for nothing in [
            json!({}),
            json!({"results": null}),
            json!({"results": [{}, {"alternatives": []}]}),
        ] {
            assert_eq!(text(nothing), "");
        }
    }

    proptest! {
        #[test]
        fn what_is_odd_beside_the_words_is_no_harm(response in with_odd(
            &json!({
                "results": [{"alternatives": [{"transcript": "Hello", "confidence": 0.9}], "languageCode": "en-us"}],
                "totalBilledTime": "2s", "requestId": "1",
            }),
            &["/results/0/alternatives/0/confidence", "/results/0/languageCode", "/totalBilledTime", "/requestId"],
        )) {
            prop_assert_eq!(text(response), "Hello");
        }
    }
}
