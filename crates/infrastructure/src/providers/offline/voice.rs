//! The voice of a conversation.

use tokio_util::task::{AbortOnDropHandle, TaskTracker};
use tracing::Instrument as _;
use viva_domain::ports::{ProviderError, ProviderErrorKind, Source};
use viva_domain::providers::{ProviderInfo, ProviderVoice};

use super::script::LANGUAGES;
use super::{failure, info};
use crate::providers::speech::{Speaker, Speech, SpeechError, SpeechSynthesizer};

/// What is spoken with.
#[derive(Debug)]
pub(super) struct Voice {
    pub(super) speech: SpeechSynthesizer,
    pub(super) speaker: Speaker,
    pub(super) language: String,
    pub(super) tasks: TaskTracker,
}

/// A text that is being turned into speech. Dropping it stops that.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) text: String,
    speech: AbortOnDropHandle<Result<Speech, SpeechError>>,
}

impl Voice {
    pub(super) fn prepare(&self, text: String) -> Prepared {
        let (speech, language) = (self.speech.clone(), self.language.clone());
        let (speaker, said) = (self.speaker, text.clone());
        let work = async move { speech.speak(speaker, &language, &said).await };
        Prepared {
            text,
            speech: AbortOnDropHandle::new(self.tasks.spawn(work.in_current_span())),
        }
    }
}

impl Prepared {
    /// The speech, once. Dropping the future loses nothing.
    pub(super) async fn speech(&mut self) -> Result<Speech, ProviderError> {
        let failed = |source: Source| {
            let kind = ProviderErrorKind::Failed("the answer could not be spoken".to_owned());
            failure(kind, Some(source))
        };
        match (&mut self.speech).await {
            Ok(spoken) => spoken.map_err(|err| failed(err.into())),
            Err(err) => Err(failed(err.into())),
        }
    }
}

/// What a person chooses from in a role that speaks: the installed speakers, and the script's languages that somebody can
/// be understood in, besides English and Chinese.
pub(super) fn spoken_info(speech: &SpeechSynthesizer) -> ProviderInfo {
    let always = ["en", "zh-TW"];
    let is_spoken = |tag| always.contains(&tag) || speech.speaks(Speaker::Espeak, tag);
    ProviderInfo {
        voices: speech.speakers().map(voice_info).collect(),
        ..info(LANGUAGES.iter().filter(|lines| is_spoken(lines.tag)))
    }
}

fn voice_info(speaker: Speaker) -> ProviderVoice {
    let name = match speaker {
        Speaker::Espeak => "eSpeak NG",
        Speaker::Synthetic => "Synthetic (no words)",
    };
    ProviderVoice {
        id: speaker.as_str().to_owned(),
        name: name.to_owned(),
        language: None,
        gender: None,
    }
}

/// The speaker of this name, or the best one that speaks the language.
pub(super) fn speaker(
    speech: &SpeechSynthesizer,
    voice: Option<&str>,
    language: &str,
) -> Result<Speaker, String> {
    let mut speakers = speech
        .speakers()
        .filter(|speaker| speech.speaks(*speaker, language));
    match voice {
        None => speakers.next(),
        Some(name) => speakers.find(|speaker| speaker.as_str() == name),
    }
    .ok_or_else(|| {
        let names: Vec<&str> = speech.speakers().map(Speaker::as_str).collect();
        format!(
            "voice {:?} does not speak {language} here; there are {}",
            voice.unwrap_or_default(),
            names.join(", ")
        )
    })
}
