//! The `offline` provider of every role: works on this machine alone, without a key, a model or a download, the same way
//! every time. Delays and faults are configured per session, so that latency and the handling of failures can be tested
//! against known truth: each role's `config.rs` lists its options.
//!
//! [`OfflineRealtimeVoice`] hears and speaks, [`OfflineSpeechToText`], [`OfflineLanguageModel`] and
//! [`OfflineTextToSpeech`] do the same in parts: what is said comes from one script, the voice from one synthesizer.

mod hearing;
mod llm;
mod options;
mod pieces;
mod realtime;
mod script;
mod stt;
mod tts;
mod voice;
mod words;

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use viva_domain::ports::{ProviderError, ProviderErrorKind, Source};
use viva_domain::providers::{CredentialStatus, Language, ProviderInfo};
use viva_domain::sessions::ProviderConfig;

pub use self::llm::OfflineLanguageModel;
pub use self::options::Delay;
pub use self::realtime::OfflineRealtimeVoice;
use self::script::{LANGUAGES, Lines};
pub use self::stt::OfflineSpeechToText;
pub use self::tts::OfflineTextToSpeech;

const ID: &str = "offline";

/// When a simulated rate limit wants to be asked again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What a person chooses from in a role that only writes.
fn info(languages: impl Iterator<Item = &'static Lines>) -> ProviderInfo {
    ProviderInfo {
        id: ID.to_owned(),
        name: "Offline".to_owned(),
        models: Vec::new(),
        voices: Vec::new(),
        languages: languages
            .map(|lines| Language {
                tag: lines.tag.to_owned(),
                name: lines.name.to_owned(),
            })
            .collect(),
        custom_names: false,
        credential: CredentialStatus::NotNeeded,
        needs: Vec::new(),
    }
}

fn refuse_model(config: &ProviderConfig) -> Result<(), String> {
    match &config.model {
        None => Ok(()),
        Some(model) => Err(format!(
            "model {model:?} is unknown; the offline provider has no models"
        )),
    }
}

/// For roles that do not speak.
fn refuse_voice(config: &ProviderConfig) -> Result<(), String> {
    match &config.voice {
        None => Ok(()),
        Some(voice) => Err(format!(
            "voice {voice:?} is of no use here; only speech has a voice"
        )),
    }
}

/// The language of a configuration, or the default one, and the script in it.
fn language(config: &ProviderConfig) -> Result<(String, &'static Lines), String> {
    let language = config.language.as_deref().unwrap_or(LANGUAGES[0].tag);
    let lines = Lines::in_language(language).ok_or_else(|| {
        let tags = LANGUAGES.iter().map(|lines| lines.tag).collect::<Vec<_>>();
        format!(
            "language {language:?} is not spoken; use one of {}",
            tags.join(", ")
        )
    })?;
    Ok((language.to_owned(), lines))
}

fn invalid(message: String) -> ProviderError {
    failure(ProviderErrorKind::InvalidConfig(message), None)
}

/// What a fault option asks for.
fn scripted_failure() -> ProviderError {
    failure(
        ProviderErrorKind::Failed("the options ask for it".to_owned()),
        None,
    )
}

fn failure(kind: ProviderErrorKind, source: Option<Source>) -> ProviderError {
    ProviderError {
        retry_after: (kind == ProviderErrorKind::RateLimited).then_some(RETRY_AFTER),
        kind,
        provider: ID.to_owned(),
        source,
    }
}

/// Waits for a moment; not at all when it is past, where a timer would still take up to a millisecond.
async fn until(moment: Instant) {
    if moment > Instant::now() {
        sleep_until(moment).await;
    }
}
