//! Against servers that list voices as their vendors do.

use std::thread::{self, ThreadId};

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use viva_domain::ports::{ProviderErrorKind, TextToSpeech};
use viva_fakes::vendors::keys::{KeyAnswer, KeyServer, KeyVendor};

use super::*;
use crate::catalogue::{Catalogue, TextToSpeechAdapter};
use crate::providers::Defaults;
use crate::providers::azure_speech::AzureTextToSpeech;
use crate::providers::cartesia::CartesiaTextToSpeech;
use crate::providers::deepgram::DeepgramTextToSpeech;
use crate::providers::ears::talk::http;
use crate::providers::elevenlabs::ElevenLabsTextToSpeech;
use crate::providers::gemini::GeminiTextToSpeech;
use crate::providers::google_cloud::GoogleTextToSpeech;
use crate::providers::openai::OpenAiTextToSpeech;
use crate::providers::testing::{PROVIDER, account};
use crate::providers::voai::VoAiTextToSpeech;

const KEY: &str = "sk-secret-key";

/// How a vendor lists its voices.
struct Listing {
    vendor: KeyVendor,
    /// What is told of those that its server has.
    told: &'static [&'static str],
    /// The field of a voice that has its id.
    id: &'static str,
    /// A list with these voices.
    list: fn(&[Value]) -> Value,
}

/// Who lists voices, and how; `None` of those that list none. The compiler asks here for each new adapter.
fn listing(adapter: TextToSpeechAdapter) -> Option<Listing> {
    Some(match adapter {
        TextToSpeechAdapter::AzureSpeech => Listing {
            vendor: KeyVendor::AzureSpeech,
            told: &[
                "en-US-AvaMultilingualNeural, Ava Multilingual, en-US, female",
                "zh-TW-YunJheNeural, zh-TW-YunJheNeural, zh-TW, male",
            ],
            id: "ShortName",
            list: |voices| json!(voices),
        },
        TextToSpeechAdapter::Cartesia => Listing {
            vendor: KeyVendor::Cartesia,
            told: &["anna, Anna, en, female", "ben, Ben, de, -"],
            id: "id",
            list: |voices| json!({"data": voices, "has_more": false}),
        },
        TextToSpeechAdapter::Deepgram => Listing {
            vendor: KeyVendor::Deepgram,
            told: &[
                "aura-2-anna-en, aura-2-anna-en, en, female",
                "flux-ben-en, flux-ben-en, -, -",
            ],
            id: "canonical_name",
            list: |voices| json!({"tts": voices}),
        },
        TextToSpeechAdapter::ElevenLabs => Listing {
            vendor: KeyVendor::ElevenLabs,
            told: &["anna, Anna, -, female", "ben, ben, -, -"],
            id: "voice_id",
            list: |voices| json!({"voices": voices}),
        },
        TextToSpeechAdapter::GoogleCloud => Listing {
            vendor: KeyVendor::GoogleSpeech,
            told: &[
                "en-US-Chirp3-HD-Charon, en-US-Chirp3-HD-Charon, en-US, male",
                "Achernar, Achernar, -, -",
            ],
            id: "name",
            list: |voices| json!({"voices": voices}),
        },
        TextToSpeechAdapter::VoAi => Listing {
            vendor: KeyVendor::VoAi,
            told: &[
                "佑希, 佑希, -, male",
                "雨榛, 雨榛, -, female",
                "機器人, 機器人, -, -",
            ],
            id: "name",
            list: |voices| json!({"data": {"models": [{"info": {"version": "Neo"}, "speakers": voices}]}}),
        },
        TextToSpeechAdapter::Gemini | TextToSpeechAdapter::OpenAi => return None,
    })
}

/// Every adapter of the catalogue that speaks.
fn adapters() -> Vec<TextToSpeechAdapter> {
    let providers = Catalogue::load(None).unwrap().into_providers();
    let roles = providers.into_iter().filter_map(|provider| provider.tts);
    roles.map(|role| role.adapter).collect()
}

/// Those that list voices.
fn listers() -> impl Iterator<Item = (TextToSpeechAdapter, Listing)> {
    let listing = |adapter| listing(adapter).map(|listing| (adapter, listing));
    adapters().into_iter().filter_map(listing)
}

fn speaker(adapter: TextToSpeechAdapter, base_url: &str, key: &str) -> Box<dyn TextToSpeech> {
    let defaults = Defaults {
        model: Some("Neo".to_owned()),
        voice: None,
    };
    let account = account(base_url, Some(key));
    match adapter {
        TextToSpeechAdapter::AzureSpeech => Box::new(AzureTextToSpeech::new(account, http(), defaults)),
        TextToSpeechAdapter::Cartesia => Box::new(CartesiaTextToSpeech::new(account, http(), defaults)),
        TextToSpeechAdapter::Deepgram => Box::new(DeepgramTextToSpeech::new(account, http(), defaults)),
        TextToSpeechAdapter::ElevenLabs => Box::new(ElevenLabsTextToSpeech::new(account, http(), defaults)),
        TextToSpeechAdapter::Gemini => Box::new(GeminiTextToSpeech::new(account, http(), defaults)),
        TextToSpeechAdapter::GoogleCloud => Box::new(GoogleTextToSpeech::new(account, http(), defaults)),
        TextToSpeechAdapter::OpenAi => Box::new(OpenAiTextToSpeech::new(account, http(), defaults)),
        TextToSpeechAdapter::VoAi => Box::new(VoAiTextToSpeech::new(account, http(), defaults)),
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

#[tokio::test]
async fn voices_are_listed_with_what_the_vendor_says_of_them() {
    for (adapter, listing) in listers() {
        let server = KeyServer::start(listing.vendor, KEY).await.unwrap();
        let voices = speaker(adapter, &server.base_url(), KEY).voices().await.unwrap();
        let listed: Vec<String> = voices.into_iter().flatten().map(|voice| told(&voice)).collect();
        assert_eq!(listed, listing.told, "{adapter:?}");
    }
}

#[tokio::test]
async fn who_lists_no_voices_asks_nobody() {
    for adapter in adapters() {
        if listing(adapter).is_none() {
            let voices = speaker(adapter, "http://127.0.0.1:1", KEY).voices().await;
            assert_eq!(voices, Ok(None), "{adapter:?}");
        }
    }
}

/// A list of a vendor, with these voices; each text is what the vendor calls a voice, all else is none.
fn list_of(listing: &Listing, ids: &[Value]) -> String {
    let voice = |id: &Value| {
        if id.is_string() {
            json!({ listing.id: id })
        } else {
            id.clone()
        }
    };
    let voices: Vec<Value> = ids.iter().map(voice).collect();
    (listing.list)(&voices).to_string()
}

#[tokio::test]
async fn what_is_no_voice_is_left_out_and_none_is_no_list() {
    for (adapter, listing) in listers() {
        let server = KeyServer::start(listing.vendor, KEY).await.unwrap();
        let listed = async |ids: &[Value]| {
            server.answer(KeyAnswer::foreign(200, &list_of(&listing, ids)));
            let voices = speaker(adapter, &server.base_url(), KEY).voices().await.unwrap();
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
        let named = Some(vec!["anna".to_owned(), longest]);
        assert_eq!(listed(&odd).await, named, "{adapter:?}");
        assert_eq!(listed(&[]).await, None, "{adapter:?}");
        assert_eq!(listed(&[json!("")]).await, None, "{adapter:?}");
    }
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
    let adapter = speaker(TextToSpeechAdapter::Cartesia, &server.base_url(), KEY);
    assert_eq!(adapter.voices().await.unwrap().unwrap().len(), MOST);
    assert_eq!(server.requests().len(), 2);
}

/// Knows on which thread it was read.
struct ReadOn(ThreadId);

impl<'de> Deserialize<'de> for ReadOn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer)?;
        Ok(Self(thread::current().id()))
    }
}

#[tokio::test]
async fn a_list_is_read_where_it_holds_nobody_up() {
    let server = KeyServer::start(KeyVendor::VoAi, KEY).await.unwrap();
    server.answer(KeyAnswer::foreign(200, "{}"));
    let account = account(&server.base_url(), Some(KEY));
    let url = account.url("TTS/GetSpeaker");
    let listed = |read: ReadOn| (read.0, thread::current().id());
    let (read_on, listed_on) = fetch(&http(), &account, url, &[], listed).await.unwrap();
    // The runtime of this test has this thread only.
    let runtime = thread::current().id();
    assert!(read_on != runtime && listed_on != runtime);
}

#[test]
fn what_is_said_of_a_voice_is_cut() {
    let long = || Some("é".repeat(MAX_CHARS + 1));
    let voice = voice("anna".to_owned(), long(), long(), None);
    let cut = "é".repeat(MAX_CHARS);
    assert_eq!((voice.name, voice.language), (cut.clone(), Some(cut)));
}

#[tokio::test]
async fn a_list_that_is_none_and_a_wrong_key_are_told() {
    for (adapter, listing) in listers() {
        let server = KeyServer::start(listing.vendor, KEY).await.unwrap();
        server.answer(KeyAnswer::foreign(200, "<html>sk-secret-key</html>"));
        let asked = |key| {
            let speaker = speaker(adapter, &server.base_url(), key);
            async move { speaker.voices().await.unwrap_err() }
        };
        let nonsense = asked(KEY).await;
        assert_eq!(
            (nonsense.kind, nonsense.provider.as_str()),
            (
                ProviderErrorKind::Failed("its list of voices is none".to_owned()),
                PROVIDER
            ),
            "{adapter:?}"
        );
        let refused = asked("sk-other-key").await;
        assert_eq!(refused.kind, ProviderErrorKind::CredentialInvalid, "{refused}");
        assert!(!format!("{refused} {refused:?}").contains("sk-other-key"));
    }
}
