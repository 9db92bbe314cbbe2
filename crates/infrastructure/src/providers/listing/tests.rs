//! Against servers that list voices as their vendors do.

use rstest::rstest;
use serde_json::{Value, json};
use viva_domain::ports::{ProviderErrorKind, TextToSpeech};
use viva_fakes::vendors::keys::{KeyAnswer, KeyServer, KeyVendor};

use super::*;
use crate::providers::Defaults;
use crate::providers::azure_speech::AzureTextToSpeech;
use crate::providers::cartesia::CartesiaTextToSpeech;
use crate::providers::deepgram::DeepgramTextToSpeech;
use crate::providers::ears::talk::http;
use crate::providers::elevenlabs::ElevenLabsTextToSpeech;
use crate::providers::google_cloud::GoogleTextToSpeech;
use crate::providers::testing::{PROVIDER, account};
use crate::providers::voai::VoAiTextToSpeech;

const KEY: &str = "sk-secret-key";

fn adapter(vendor: KeyVendor, base_url: &str, key: &str) -> Box<dyn TextToSpeech> {
    let defaults = Defaults {
        model: Some("Neo".to_owned()),
        voice: None,
    };
    let account = account(base_url, Some(key));
    match vendor {
        KeyVendor::AzureSpeech => Box::new(AzureTextToSpeech::new(account, http(), defaults)),
        KeyVendor::Cartesia => Box::new(CartesiaTextToSpeech::new(account, http(), defaults)),
        KeyVendor::Deepgram => Box::new(DeepgramTextToSpeech::new(account, http(), defaults)),
        KeyVendor::ElevenLabs => Box::new(ElevenLabsTextToSpeech::new(account, http(), defaults)),
        KeyVendor::GoogleSpeech => Box::new(GoogleTextToSpeech::new(account, http(), defaults)),
        KeyVendor::VoAi => Box::new(VoAiTextToSpeech::new(account, http(), defaults)),
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
#[case(KeyVendor::VoAi, &["佑希, 佑希, -, male", "雨榛, 雨榛, -, female", "機器人, 機器人, -, -"])]
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

/// A list of a vendor, with these voices; each is what the vendor calls a voice, where it is one.
fn list_of(vendor: KeyVendor, ids: &[Value]) -> String {
    let field = match vendor {
        KeyVendor::AzureSpeech => "ShortName",
        KeyVendor::Cartesia => "id",
        KeyVendor::Deepgram => "canonical_name",
        KeyVendor::ElevenLabs => "voice_id",
        _ => "name",
    };
    let voice = |id: &Value| {
        if id.is_string() {
            json!({ field: id })
        } else {
            id.clone()
        }
    };
    let voices: Vec<Value> = ids.iter().map(voice).collect();
    let list = match vendor {
        KeyVendor::AzureSpeech => json!(voices),
        KeyVendor::Cartesia => json!({"data": voices, "has_more": false}),
        KeyVendor::Deepgram => json!({"tts": voices}),
        KeyVendor::VoAi => json!({"data": {"models": [{"info": {"version": "Neo"}, "speakers": voices}]}}),
        _ => json!({"voices": voices}),
    };
    list.to_string()
}

#[rstest]
#[tokio::test]
async fn what_is_no_voice_is_left_out_and_none_is_no_list(
    #[values(
        KeyVendor::AzureSpeech,
        KeyVendor::Cartesia,
        KeyVendor::Deepgram,
        KeyVendor::ElevenLabs,
        KeyVendor::GoogleSpeech,
        KeyVendor::VoAi
    )]
    vendor: KeyVendor,
) {
    let server = KeyServer::start(vendor, KEY).await.unwrap();
    let listed = async |ids: &[Value]| {
        server.answer(KeyAnswer::foreign(200, &list_of(vendor, ids)));
        let voices = adapter(vendor, &server.base_url(), KEY).voices().await.unwrap();
        voices.map(|voices| voices.into_iter().map(|voice| voice.id).collect::<Vec<_>>())
    };
    let longest = "a".repeat(MAX_CHARS);
    let odd = [
        json!(5),
        json!("anna"),
        Value::Null,
        json!(format!("{longest}a")),
        json!(longest),
    ];
    assert_eq!(listed(&odd).await, Some(vec!["anna".to_owned(), longest]));
    assert_eq!(listed(&[]).await, None);
    assert_eq!(listed(&[json!("")]).await, None);
}

#[tokio::test]
async fn a_list_of_many_pages_is_read_until_it_is_long_enough() {
    let server = KeyServer::start(KeyVendor::Cartesia, KEY).await.unwrap();
    for page in 0..4 {
        let voices: Vec<Value> = (0..MOST / 2)
            .map(|n| json!({"id": format!("{page}-{n}")}))
            .collect();
        let page = json!({"data": voices, "has_more": true}).to_string();
        server.answer(KeyAnswer::foreign(200, &page));
    }
    let adapter = adapter(KeyVendor::Cartesia, &server.base_url(), KEY);
    assert_eq!(adapter.voices().await.unwrap().unwrap().len(), MOST);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn what_is_said_of_a_voice_is_cut() {
    let long = || Some("é".repeat(MAX_CHARS + 1));
    let voice = voice("anna".to_owned(), long(), long(), None);
    let cut = "é".repeat(MAX_CHARS);
    assert_eq!((voice.name, voice.language), (cut.clone(), Some(cut)));
}

#[rstest]
#[tokio::test]
async fn a_list_that_is_none_and_a_wrong_key_are_told(
    #[values(
        KeyVendor::AzureSpeech,
        KeyVendor::Cartesia,
        KeyVendor::Deepgram,
        KeyVendor::ElevenLabs,
        KeyVendor::GoogleSpeech,
        KeyVendor::VoAi
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
