//! Against servers that list voices as their vendors do.

use rstest::rstest;
use viva_domain::ports::{ProviderErrorKind, TextToSpeech};
use viva_fakes::vendors::keys::{KeyAnswer, KeyServer, KeyVendor};

use super::*;
use crate::providers::Defaults;
use crate::providers::azure_speech::AzureTextToSpeech;
use crate::providers::cartesia::CartesiaTextToSpeech;
use crate::providers::deepgram::DeepgramTextToSpeech;
use crate::providers::ears::talk::{PROVIDER, account, http};
use crate::providers::elevenlabs::ElevenLabsTextToSpeech;
use crate::providers::google_cloud::GoogleTextToSpeech;

const KEY: &str = "sk-secret-key";

fn adapter(vendor: KeyVendor, base_url: &str, key: &str) -> Box<dyn TextToSpeech> {
    let (account, defaults) = (account(base_url, Some(key)), Defaults::default());
    match vendor {
        KeyVendor::AzureSpeech => Box::new(AzureTextToSpeech::new(account, http(), defaults)),
        KeyVendor::Cartesia => Box::new(CartesiaTextToSpeech::new(account, http(), defaults)),
        KeyVendor::Deepgram => Box::new(DeepgramTextToSpeech::new(account, http(), defaults)),
        KeyVendor::ElevenLabs => Box::new(ElevenLabsTextToSpeech::new(account, http(), defaults)),
        KeyVendor::GoogleSpeech => Box::new(GoogleTextToSpeech::new(account, http(), defaults)),
        other => panic!("{other:?} lists none"),
    }
}

/// Id, name, language and sound of a voice.
fn told(voice: &ProviderVoice) -> String {
    let gender = match voice.gender {
        Some(VoiceGender::Female) => "female",
        Some(VoiceGender::Male) => "male",
        None => "-",
    };
    let language = voice.language.as_deref().unwrap_or("-");
    format!("{}, {}, {language}, {gender}", voice.id, voice.name)
}

#[rstest]
#[case(KeyVendor::AzureSpeech, &["en-US-AvaMultilingualNeural, Ava Multilingual, en-US, female", "zh-TW-YunJheNeural, zh-TW-YunJheNeural, zh-TW, male"])]
#[case(KeyVendor::Cartesia, &["anna, Anna, en, female", "ben, Ben, de, -"])]
#[case(KeyVendor::Deepgram, &["aura-2-anna-en, aura-2-anna-en, en, female", "flux-ben-en, flux-ben-en, -, -"])]
#[case(KeyVendor::ElevenLabs, &["anna, Anna, -, female", "ben, ben, -, -"])]
#[case(KeyVendor::GoogleSpeech, &["en-US-Chirp3-HD-Charon, en-US-Chirp3-HD-Charon, en-US, male", "Achernar, Achernar, -, -"])]
#[tokio::test]
async fn voices_are_listed_with_what_the_vendor_says_of_them(
    #[case] vendor: KeyVendor,
    #[case] expected: &[&str],
) {
    let server = KeyServer::start(vendor, KEY).await.unwrap();
    let voices = adapter(vendor, &server.base_url(), KEY).voices().await.unwrap();
    let listed: Vec<String> = voices.unwrap().iter().map(told).collect();
    assert_eq!(listed, expected);
}

#[rstest]
#[tokio::test]
async fn a_list_that_is_none_and_a_wrong_key_are_told(
    #[values(
        KeyVendor::AzureSpeech,
        KeyVendor::Cartesia,
        KeyVendor::Deepgram,
        KeyVendor::ElevenLabs,
        KeyVendor::GoogleSpeech
    )]
    vendor: KeyVendor,
) {
    let server = KeyServer::start(vendor, KEY).await.unwrap();
    server.answer(KeyAnswer::foreign(200, "<html>sk-secret-key</html>"));
    let asked = |key| {
        let adapter = adapter(vendor, &server.base_url(), key);
        async move { adapter.voices().await.unwrap_err() }
    };
    let nonsense = asked(KEY).await;
    assert_eq!(
        (nonsense.kind, nonsense.provider.as_str()),
        (
            ProviderErrorKind::Failed("its list of voices is none".to_owned()),
            PROVIDER
        )
    );
    let refused = asked("sk-other-key").await;
    assert_eq!(refused.kind, ProviderErrorKind::CredentialInvalid, "{refused}");
    assert!(!format!("{refused} {refused:?}").contains("sk-other-key"));
}
