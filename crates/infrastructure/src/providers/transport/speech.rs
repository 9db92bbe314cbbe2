use futures_util::{StreamExt, stream};
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use tracing::debug;
use viva_domain::ports::{ProviderError, SpeechPart, SpeechStream};

use super::errors::{self, Complaint};
use super::{Account, pcm, wav};

/// How speech comes.
#[derive(Debug)]
pub enum Format {
    /// PCM16 mono, little-endian, at the rate that was asked for.
    Pcm(pcm::Decoder),
    /// A WAV file, or what its decoder takes for one.
    Wav(Box<wav::Decoder>),
}

impl Format {
    /// PCM.
    pub fn pcm() -> Self {
        Self::Pcm(pcm::Decoder::default())
    }

    /// A WAV file.
    pub fn wav(decoder: wav::Decoder) -> Self {
        Self::Wav(Box::new(decoder))
    }

    /// What it is called where something else comes.
    fn name(&self, rate: u32) -> String {
        match self {
            Self::Pcm(_) => format!("PCM at {rate} Hz"),
            Self::Wav(_) => "a WAV file".to_owned(),
        }
    }

    fn push(&mut self, bytes: &[u8]) -> Result<Vec<i16>, String> {
        match self {
            Self::Pcm(decoder) => Ok(decoder.push(bytes)),
            Self::Wav(decoder) => decoder.push(bytes),
        }
    }

    fn finish(self) -> Result<Vec<i16>, String> {
        match self {
            Self::Pcm(_) => Ok(Vec::new()),
            Self::Wav(decoder) => decoder.finish(),
        }
    }
}

/// As [`speech`], of a vendor that does not say of what type its audio is: whatever comes is believed, but for text and JSON,
/// which are no audio whatever the status says.
///
/// # Errors
/// Failed when it is text or JSON.
pub fn speech_of_unknown_type(
    account: &Account,
    response: Response,
    format: Format,
    rate: u32,
) -> Result<SpeechStream, ProviderError> {
    let kind = response.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let lower = kind.to_ascii_lowercase();
    if lower.starts_with("application/json") || lower.starts_with("text/") {
        return Err(not_audio(account, kind, &format.name(rate)));
    }
    let provider = account.provider.as_str();
    debug!(
        event = "tts.began",
        provider.name = provider,
        "{provider} began to speak"
    );
    Ok(speech(provider, response, format))
}

/// An answer says that it is of a type that cannot be read as this.
pub fn not_audio(account: &Account, kind: &str, wanted: &str) -> ProviderError {
    let message = format!("it sent {kind:?} instead of {wanted}");
    Complaint::new("", message).into_error(account, None)
}

/// The body of an answer as samples, as it arrives. Dropping it closes the connection.
pub fn speech(provider: &str, response: Response, format: Format) -> SpeechStream {
    let body = Some((response, format, provider.to_owned()));
    stream::unfold(body, move |body| async move {
        let (mut response, mut format, provider) = body?;
        loop {
            let samples = match response.chunk().await {
                Ok(Some(bytes)) => format.push(&bytes),
                Ok(None) => {
                    let rest = format.finish();
                    let rest = rest.map_err(|message| errors::failed(&provider, message));
                    let is_nothing = rest.as_ref().is_ok_and(Vec::is_empty);
                    return (!is_nothing).then_some((rest.map(SpeechPart::Audio), None));
                }
                // The address may hold what must not be logged.
                Err(err) => return Some((Err(errors::unavailable(&provider, err.without_url())), None)),
            };
            match samples {
                Ok(samples) if samples.is_empty() => {}
                Ok(samples) => {
                    let audio = SpeechPart::Audio(samples);
                    return Some((Ok(audio), Some((response, format, provider))));
                }
                Err(message) => return Some((Err(errors::failed(&provider, message)), None)),
            }
        }
    })
    .fuse()
    .boxed()
}
