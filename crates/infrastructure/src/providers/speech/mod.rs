//! Speech without a network: `espeak-ng` where it is installed, else the built-in synthetic voice.

mod cache;
mod edges;
mod espeak;
#[cfg(test)]
pub(crate) mod fake_program;
mod synthetic;

use std::ffi::OsStr;
use std::sync::Arc;

use thiserror::Error;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tracing::info;
use viva_audio::{SampleRate, WavError};

use self::cache::{SpeechCache, SpeechKey};
use self::espeak::Espeak;
pub use self::synthetic::{FRAME, SyntheticVoice, synthesize};

/// The rate of all speech made here.
pub const SPEECH_RATE: SampleRate = SampleRate::HZ_24K;

/// A spoken text: PCM16 mono at [`SPEECH_RATE`], without silence at either end. Shared between the conversations that
/// say the same.
pub type Speech = Arc<[i16]>;

/// How many texts are spoken at the same time; the others wait.
const CONCURRENT: usize = 4;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Speaker {
    /// The installed `espeak-ng`.
    Espeak,
    /// The built-in voice.
    Synthetic,
}

impl Speaker {
    /// The name in configurations.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Espeak => "espeak",
            Self::Synthetic => "synthetic",
        }
    }
}

/// Why a text could not be spoken.
#[derive(Debug, Error)]
pub enum SpeechError {
    /// The speaker does not know the language, or is not installed.
    #[error("{} does not speak {language:?} here", speaker.as_str())]
    UnknownLanguage {
        /// Who was asked.
        speaker: Speaker,
        /// The BCP 47 tag that was asked for.
        language: String,
    },
    /// The program could not be started or read.
    #[error("the synthesizer cannot be used")]
    Io(#[from] std::io::Error),
    /// The program ended with an error.
    #[error("the synthesizer failed with {0}")]
    Exit(std::process::ExitStatus),
    /// The program did not answer in time.
    #[error("the synthesizer took too long")]
    Timeout,
    /// The text makes more audio than is allowed.
    #[error("the text is too long to be spoken")]
    TooLong,
    /// The program wrote something that is no audio.
    #[error("the synthesizer wrote no valid audio")]
    Audio(#[from] WavError),
}

/// Turns text into speech. Cloning shares the cache.
#[derive(Debug, Clone)]
pub struct SpeechSynthesizer(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    espeak: Option<Espeak>,
    cache: SpeechCache,
    permits: Semaphore,
}

impl SpeechSynthesizer {
    /// Looks once for `espeak-ng` under the name or path `program` and for the languages that it speaks; without it
    /// there is the synthetic voice.
    pub async fn find(program: impl AsRef<OsStr>) -> Self {
        let espeak = match Espeak::find(program.as_ref()).await {
            Ok(espeak) => {
                info!(
                    event = "speech.found",
                    provider.name = "offline",
                    speech.languages = espeak.languages(),
                    "Found espeak-ng with {} languages",
                    espeak.languages()
                );
                Some(espeak)
            }
            Err(err) => {
                info!(
                    event = "speech.missing",
                    provider.name = "offline",
                    error = &err as &dyn std::error::Error,
                    "Found no espeak-ng; the offline voice is the synthetic one"
                );
                None
            }
        };
        Self::with(espeak)
    }

    /// Only the synthetic voice, whatever is installed.
    pub fn synthetic() -> Self {
        Self::with(None)
    }

    fn with(espeak: Option<Espeak>) -> Self {
        Self(Arc::new(Shared {
            espeak,
            cache: SpeechCache::default(),
            permits: Semaphore::new(CONCURRENT),
        }))
    }

    /// Whether `speaker` can speak the language of this BCP 47 tag. The synthetic voice babbles in all of them.
    pub fn speaks(&self, speaker: Speaker, language: &str) -> bool {
        match speaker {
            Speaker::Espeak => self.espeak_voice(language).is_some(),
            Speaker::Synthetic => true,
        }
    }

    /// The speakers that are there, the best first.
    pub fn speakers(&self) -> impl Iterator<Item = Speaker> + '_ {
        let espeak = self.0.espeak.as_ref().map(|_| Speaker::Espeak);
        espeak.into_iter().chain([Speaker::Synthetic])
    }

    /// Speaks `text` in the language of a BCP 47 tag. What was spoken lately is remembered, and whoever asks for the
    /// same at the same time shares the work. Dropping the future stops the work unless others wait for it.
    ///
    /// # Errors
    /// [`SpeechError`]; the synthetic voice fails only when the runtime shuts down.
    pub async fn speak(&self, speaker: Speaker, language: &str, text: &str) -> Result<Speech, SpeechError> {
        let voice = match speaker {
            Speaker::Espeak => {
                Some(
                    self.espeak_voice(language)
                        .ok_or_else(|| SpeechError::UnknownLanguage {
                            speaker,
                            language: language.to_owned(),
                        })?,
                )
            }
            Speaker::Synthetic => None,
        };
        let key = SpeechKey {
            voice: voice.map(|(_, voice)| voice.to_owned()),
            text: text.to_owned(),
        };
        self.0
            .cache
            .get_or_speak(key, async {
                let Ok(_permit) = self.0.permits.acquire().await else {
                    unreachable!("the semaphore is never closed");
                };
                match voice {
                    Some((espeak, voice)) => espeak.speak(voice, text).await,
                    None => speak_synthetically(text).await,
                }
            })
            .await
    }

    fn espeak_voice(&self, language: &str) -> Option<(&Espeak, &str)> {
        let espeak = self.0.espeak.as_ref()?;
        Some((espeak, espeak.voice_for(language)?))
    }
}

async fn speak_synthetically(text: &str) -> Result<Speech, SpeechError> {
    let text = text.to_owned();
    let work = move || Speech::from(edges::without_silence(&synthesize(&text)));
    Ok(spawn_blocking(work).await.map_err(std::io::Error::from)?)
}

#[cfg(test)]
mod tests {
    use viva_audio::Level;

    use super::*;

    #[tokio::test]
    async fn without_the_program_there_is_the_synthetic_voice() {
        let speech = SpeechSynthesizer::find("/nonexistent/espeak-ng").await;
        assert_eq!(speech.speakers().collect::<Vec<_>>(), [Speaker::Synthetic]);
        assert!(!speech.speaks(Speaker::Espeak, "en"));
        let err = speech.speak(Speaker::Espeak, "en", "Hello").await.unwrap_err();
        assert_eq!(err.to_string(), "espeak does not speak \"en\" here");
    }

    #[tokio::test]
    async fn speech_is_audible_from_its_first_to_its_last_sample() {
        let speech = SpeechSynthesizer::synthetic();
        let spoken = speech.speak(Speaker::Synthetic, "en", "Top. ").await.unwrap();
        assert!(Level::of(&spoken[..1]).peak_dbfs > -60.0);
        assert!(Level::of(&spoken[spoken.len() - 1..]).peak_dbfs > -60.0);
    }

    #[tokio::test]
    async fn a_repeat_is_the_same_memory() {
        let speech = SpeechSynthesizer::synthetic();
        let first = speech.speak(Speaker::Synthetic, "en", "Hello").await.unwrap();
        let again = speech
            .clone()
            .speak(Speaker::Synthetic, "de", "Hello")
            .await
            .unwrap();
        assert!(
            Arc::ptr_eq(&first, &again),
            "the synthetic voice knows no languages"
        );
    }
}
