//! What the events of a speech mean.

use viva_domain::ports::ProviderError;

use super::RATE;
use super::wire::{InlineData, SpeakResponse};
use crate::providers::transport::errors::{self, Complaint};
use crate::providers::transport::sse::Event;
use crate::providers::transport::{Account, pcm};

/// The reason of a model that said nothing for none; another try helps.
const NO_REASON: &str = "OTHER";

/// Reads events until the end of the body, which has to come after a reason to finish.
#[derive(Debug)]
pub(super) struct Decoder {
    account: Account,
    samples: pcm::Decoder,
    has_audio: bool,
    end: Option<End>,
}

/// How a speech ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It is all there.
    Whole,
    /// Nothing came, for no reason.
    Nothing,
}

impl Decoder {
    pub(super) fn new(account: Account) -> Self {
        Self {
            account,
            samples: pcm::Decoder::default(),
            has_audio: false,
            end: None,
        }
    }

    /// The samples of an event.
    pub(super) fn event(&mut self, event: &Event) -> Result<Vec<i16>, ProviderError> {
        if event.data.trim().is_empty() {
            return Ok(Vec::new());
        }
        let response: SpeakResponse = serde_json::from_str(&event.data)
            .map_err(|err| errors::malformed(&self.account.provider, &err))?;
        if let Some(error) = response.error {
            return Err(Complaint::of(&error).into_error(&self.account, None));
        }
        let refused = response
            .prompt_feedback
            .and_then(|feedback| feedback.block_reason);
        if let Some(reason) = refused {
            return Err(self.failed(format!("it refused to speak: {reason}")));
        }
        let Some(candidate) = response.candidates.into_iter().flatten().next() else {
            return Ok(Vec::new());
        };
        let mut samples = Vec::new();
        for part in candidate.content.unwrap_or_default().parts.into_iter().flatten() {
            if let Some(data) = part.inline_data {
                samples.extend(self.audio(&data)?);
            }
        }
        self.has_audio |= !samples.is_empty();
        match candidate.finish_reason.as_deref() {
            None | Some("") => {}
            Some("STOP") => self.end = Some(End::Whole),
            Some(NO_REASON) if !self.has_audio => self.end = Some(End::Nothing),
            Some(reason) => return Err(self.failed(format!("it broke off its speech: {reason}"))),
        }
        Ok(samples)
    }

    /// How it ended, when the body did.
    pub(super) fn end(&self) -> Result<End, ProviderError> {
        self.end
            .ok_or_else(|| errors::unavailable(&self.account.provider, "the speech broke off"))
    }

    fn audio(&mut self, data: &InlineData) -> Result<Vec<i16>, ProviderError> {
        let kind = data.mime_type.to_ascii_lowercase();
        let mut parts = kind.split(';').map(str::trim);
        let is_pcm = matches!(parts.next(), None | Some("" | "audio/l16" | "audio/pcm"));
        let rate = parts.find_map(|part| part.strip_prefix("rate=")?.parse().ok());
        if !is_pcm || rate.is_some_and(|rate: u32| rate != RATE) {
            let message = format!("it sent {:?} instead of PCM at {RATE} Hz", data.mime_type);
            return Err(self.failed(message));
        }
        self.samples
            .push_base64(&data.data)
            .map_err(|message| self.failed(message))
    }

    /// The message may have words of the vendor's in it.
    fn failed(&self, message: String) -> ProviderError {
        Complaint::new("", message).into_error(&self.account, None)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};
    use viva_domain::ports::ProviderErrorKind;

    use super::*;

    fn decoder() -> Decoder {
        Decoder::new(Account {
            provider: "acme".to_owned(),
            base_url: "https://a.example".parse().unwrap(),
            api_key: Some("sk-hidden".into()),
            organization: None,
        })
    }

    fn event(json: &Value) -> Event {
        Event {
            event: None,
            data: json.to_string(),
        }
    }

    fn said(mime_type: &str, finish_reason: Option<&str>) -> Event {
        let data = json!({"mimeType": mime_type, "data": "AQACAA=="});
        let content = json!({"parts": [{"text": "nobody needs it"}, {"inlineData": data}]});
        event(&json!({"candidates": [{"content": content, "finishReason": finish_reason}]}))
    }

    #[test]
    fn a_speech_is_whole_when_it_is_finished() {
        let mut decoder = decoder();
        assert_eq!(decoder.event(&event(&json!({"surprise": 1}))), Ok(Vec::new()));
        assert_eq!(
            decoder.event(&said("audio/L16;codec=pcm;rate=24000", None)),
            Ok(vec![1, 2])
        );
        assert_eq!(decoder.end().unwrap_err().kind, ProviderErrorKind::Unavailable);
        for mime_type in ["", "audio/pcm", "audio/PCM; rate=24000"] {
            assert_eq!(
                decoder.event(&said(mime_type, None)),
                Ok(vec![1, 2]),
                "{mime_type}"
            );
        }
        assert_eq!(decoder.event(&said("audio/L16", Some("STOP"))), Ok(vec![1, 2]));
        assert_eq!(decoder.end(), Ok(End::Whole));
    }

    #[test]
    fn nothing_for_no_reason_is_told_from_the_middle() {
        let nothing = event(&json!({"candidates": [{"finishReason": "OTHER"}]}));
        let mut decoder = decoder();
        assert_eq!(decoder.event(&nothing), Ok(Vec::new()));
        assert_eq!(decoder.end(), Ok(End::Nothing));
        decoder.event(&said("audio/L16", None)).unwrap();
        let err = decoder.event(&nothing).unwrap_err();
        assert_eq!(
            err.kind,
            ProviderErrorKind::Failed("it broke off its speech: OTHER".to_owned())
        );
    }

    #[rstest]
    #[case(json!({"promptFeedback": {"blockReason": "SAFETY"}}), "it refused to speak: SAFETY")]
    #[case(json!({"candidates": [{"finishReason": "SAFETY"}]}), "it broke off its speech: SAFETY")]
    #[case(json!({"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "audio/L16;rate=16000"}}]}}]}), "it sent \"audio/L16;rate=16000\" instead of PCM at 24000 Hz")]
    #[case(json!({"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "audio/mpeg"}}]}}]}), "it sent \"audio/mpeg\" instead of PCM at 24000 Hz")]
    #[case(json!({"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "Audio/WAV;rate=24000"}}]}}]}), "it sent \"Audio/WAV;rate=24000\" instead of PCM at 24000 Hz")]
    #[case(json!({"candidates": [{"content": {"parts": [{"inlineData": {"data": "no audio"}}]}}]}), "it sent audio that is none")]
    fn what_is_no_speech_is_said(#[case] json: Value, #[case] message: &str) {
        let err = decoder().event(&event(&json)).unwrap_err();
        assert_eq!(err.kind, ProviderErrorKind::Failed(message.to_owned()));
    }

    #[rstest]
    #[case(|words: &str| json!({"promptFeedback": {"blockReason": words}}))]
    #[case(|words: &str| json!({"candidates": [{"finishReason": words}]}))]
    #[case(|words: &str| json!({"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": words}}]}}]}))]
    fn words_of_the_vendor_are_cut_and_without_the_key(#[case] says: fn(&str) -> Value) {
        let long = "a".repeat(1_000);
        let said = event(&says(&format!("sk-hidden {long}")));
        let told = format!("{:?}", decoder().event(&said).unwrap_err());
        assert!(!told.contains("sk-hidden") && !told.contains(&long), "{told}");
        assert!(told.contains("[key]"), "{told}");
    }

    #[test]
    fn an_error_within_is_sorted() {
        let json = json!({"error": {"code": 503, "status": "UNAVAILABLE", "message": "overloaded"}});
        let err = decoder().event(&event(&json)).unwrap_err();
        assert_eq!(err.kind, ProviderErrorKind::Unavailable);
    }
}
