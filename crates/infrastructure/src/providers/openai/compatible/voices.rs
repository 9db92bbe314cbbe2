//! Text-to-speech: asked for files, since only they say their rate.

use futures_util::StreamExt;
use rstest::rstest;
use viva_domain::ports::{ProviderError, ProviderErrorKind, SpeechPart, TextToSpeech, TextToSpeechRequest};
use viva_domain::sessions::ProviderConfig;
use viva_fakes::vendors::compatible::CompatibleVendor::{Kokoro, LocalAi, Speaches};
use viva_fakes::vendors::compatible::{CompatibleScript, CompatibleVendor};

use super::{MODEL, PROVIDER, account, client_for, defaults, http, with};
use crate::providers::ears::talk::{config, patiently};
use crate::providers::openai::OpenAiTextToSpeech;

async fn say(base_url: &str, config: ProviderConfig, text: &str) -> Result<Vec<i16>, ProviderError> {
    let account = account(base_url, None);
    let http = client_for(&account, http());
    let voice = OpenAiTextToSpeech::new(account, http, defaults(Some("af_heart")));
    let request = TextToSpeechRequest {
        config: voice.resolve(&config)?,
        text: text.to_owned(),
        previous_text: String::new(),
    };
    let mut speech = patiently(voice.speak(request)).await?;
    let mut samples = Vec::new();
    while let Some(part) = patiently(speech.next()).await {
        if let SpeechPart::Audio(more) = part? {
            samples.extend(more);
        }
    }
    Ok(samples)
}

fn script(rate: u32) -> CompatibleScript {
    CompatibleScript {
        rate,
        ..CompatibleScript::default()
    }
}

fn model_of(vendor: CompatibleVendor) -> &'static str {
    if vendor == Kokoro { "kokoro" } else { MODEL }
}

/// 60 samples for each of the text's 12 characters, at the voice's own rate.
#[rstest]
#[case::kokoro(Kokoro, 24_000)]
#[case::speaches_with_kokoro(Speaches, 24_000)]
#[case::speaches_with_piper(Speaches, 22_050)]
#[case::local_ai_with_piper(LocalAi, 22_050)]
#[case::local_ai_with_little(LocalAi, 16_000)]
#[tokio::test]
async fn a_server_speaks(#[case] vendor: CompatibleVendor, #[case] rate: u32) {
    let server = with(vendor, script(rate)).await;
    let asked = config(PROVIDER, model_of(vendor), &[("speed", "1.25")]);
    let samples = say(&server.base_url(), asked, "Hello there.").await.unwrap();
    if rate == 24_000 {
        let tone: Vec<i16> = (1..=720).collect();
        assert!(samples == tone, "{} samples", samples.len());
    }
    let expected = 720 * 24_000 / rate as usize;
    assert!(samples.len().abs_diff(expected) <= 1, "{} samples", samples.len());
    let [request] = &server.requests()[..] else {
        panic!("it was asked more than once");
    };
    assert_eq!(
        (request.path.as_str(), request.has_key),
        ("/v1/audio/speech", false)
    );
    assert_eq!(request.json["response_format"], "wav");
    assert_eq!(request.json["voice"], "af_heart");
}

#[tokio::test]
async fn voices_of_kokoro_can_be_mixed() {
    let server = with(Kokoro, script(24_000)).await;
    let mixed = ProviderConfig {
        voice: Some("af_heart+af_sky".to_owned()),
        ..config(PROVIDER, "kokoro", &[])
    };
    assert_eq!(say(&server.base_url(), mixed, "Hi").await.unwrap().len(), 120);
}

#[tokio::test]
async fn a_text_without_a_sound_is_no_failure() {
    for vendor in [Kokoro, Speaches, LocalAi] {
        let server = with(vendor, script(24_000)).await;
        let asked = config(PROVIDER, model_of(vendor), &[]);
        assert_eq!(
            say(&server.base_url(), asked, "").await.unwrap(),
            Vec::<i16>::new()
        );
    }
}

#[rstest]
#[case::kokoro(Kokoro, "Unsupported model: nosuch")]
#[case::speaches(
    Speaches,
    "Model 'nosuch' is not installed locally. You can download the model using `POST /v1/models`"
)]
#[case::local_ai(LocalAi, "model \"nosuch\" not found")]
#[tokio::test]
async fn a_model_that_is_not_there_is_told(#[case] vendor: CompatibleVendor, #[case] message: &str) {
    let server = with(vendor, script(24_000)).await;
    let err = say(&server.base_url(), config(PROVIDER, "nosuch", &[]), "Hi")
        .await
        .unwrap_err();
    assert_eq!(err.kind, ProviderErrorKind::InvalidConfig(message.to_owned()));
}

#[tokio::test]
async fn a_voice_that_is_not_there_is_told() {
    let server = with(Kokoro, script(24_000)).await;
    let nobody = ProviderConfig {
        voice: Some("nobody".to_owned()),
        ..config(PROVIDER, "kokoro", &[])
    };
    let err = say(&server.base_url(), nobody, "Hi").await.unwrap_err();
    let message = "Voice 'nobody' not found. Available voices: af_heart, af_sky, zf_xiaoxiao".to_owned();
    assert_eq!(err.kind, ProviderErrorKind::InvalidConfig(message));
}
