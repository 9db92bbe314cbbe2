use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use futures_core::stream::BoxStream;

use super::ProviderError;
use crate::providers::ProviderVoice;
use crate::sessions::ProviderConfig;

/// A provider that speaks a text. Every adapter passes `contract::text_to_speech`.
#[async_trait]
pub trait TextToSpeech: Send + Sync {
    /// What the provider can do when it is configured so; the same for the same configuration.
    fn capabilities(&self, config: &ProviderConfig) -> TextToSpeechCapabilities;

    /// The configuration with defaults filled in.
    ///
    /// # Errors
    /// [`super::ProviderErrorKind::InvalidConfig`] names the field that is wrong.
    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError>;

    /// Speaks a text; ready when the provider has accepted the request.
    ///
    /// Dropping the future or the stream closes the connection and leaves nothing running. What failed before the first
    /// byte may have been tried again; afterwards nothing is.
    ///
    /// # Errors
    /// [`ProviderError`] when the provider refuses or cannot be reached.
    async fn speak(&self, request: TextToSpeechRequest) -> Result<SpeechStream, ProviderError>;

    /// The voices that there are for the account, as the provider lists them now; `None` where it lists none.
    ///
    /// # Errors
    /// [`ProviderError`] when the provider refuses or cannot be reached.
    async fn voices(&self) -> Result<Option<Vec<ProviderVoice>>, ProviderError> {
        Ok(None)
    }
}

/// Speech as it is made; then it ends, after an error at once.
pub type SpeechStream = BoxStream<'static, Result<SpeechPart, ProviderError>>;

/// A part of a speech.
#[derive(Clone, PartialEq, Eq)]
pub enum SpeechPart {
    /// PCM16 mono at the provider's output rate, never empty. Bytes that arrive in odd numbers are put together by the
    /// adapter.
    Audio(Vec<i16>),
    /// How far the text is spoken at a moment of the audio, which may come before the mark or after it. Only of providers
    /// that say when they speak which word; neither the moments nor the texts of a speech's marks go back.
    Mark(SpeechMark),
}

/// How far a text is spoken at a moment of its audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpeechMark {
    /// From the first sample.
    pub at: Duration,
    /// Characters (`char`s) of the text that are spoken by then.
    pub chars: usize,
}

/// What a text-to-speech provider can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextToSpeechCapabilities {
    /// Sample rate of the audio that it sends, in Hz.
    pub output_rate: u32,
}

/// What is to be spoken.
#[derive(Clone)]
pub struct TextToSpeechRequest {
    /// Provider, model, voice, language, options, as [`TextToSpeech::resolve`] returned it.
    pub config: ProviderConfig,
    /// The words: plain text without Markdown, never empty.
    pub text: String,
    /// What was spoken just before in the same answer, for an intonation that goes on; empty at its beginning.
    pub previous_text: String,
}

impl fmt::Debug for TextToSpeechRequest {
    /// Without what is said: requests may be logged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TextToSpeechRequest({} bytes)", self.text.len())
    }
}

impl fmt::Debug for SpeechPart {
    /// Without the samples.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Audio(samples) => write!(f, "Audio({} samples)", samples.len()),
            Self::Mark(mark) => f.debug_tuple("Mark").field(mark).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_not_logged() {
        let request = TextToSpeechRequest {
            config: ProviderConfig::of("acme"),
            text: "secret".to_owned(),
            previous_text: "secret as well".to_owned(),
        };
        assert_eq!(format!("{request:?}"), "TextToSpeechRequest(6 bytes)");
        let part = SpeechPart::Audio(vec![4_321; 3]);
        assert_eq!(format!("{part:?}"), "Audio(3 samples)");
    }
}
