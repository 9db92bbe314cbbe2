//! What vendors are told of a session's language: what their servers were sent by every adapter of the catalogue. The
//! compiler asks here for a row of each new adapter.

use serde_json::Value;
use tokio_util::task::TaskTracker;
use viva_domain::ports::{RealtimeRequest, RealtimeVoice, SpeechToText, TextToSpeech};
use viva_domain::sessions::ProviderConfig;
use viva_fakes::ManualClock;
use viva_fakes::vendors::RecordedLine;
use viva_fakes::vendors::deepgram::{DeepgramScript, DeepgramServer};
use viva_fakes::vendors::ears::{EarsScript, EarsServer, EarsVendor};
use viva_fakes::vendors::gemini::live::{LiveScript, LiveServer};
use viva_fakes::vendors::google_cloud::GoogleSpeechServer;
use viva_fakes::vendors::openai::realtime::{OpenAiRealtimeScript, OpenAiRealtimeServer, RealtimeHost};
use viva_fakes::vendors::openai_transcription::{OpenAiTranscriptionScript, OpenAiTranscriptionServer};
use viva_fakes::vendors::speech::{SpeechRequest, SpeechScript, SpeechServer, SpeechVendor};

use super::assemblyai::AssemblyAiSpeechToText;
use super::azure_openai;
use super::azure_speech::{AzureSpeechToText, AzureTextToSpeech};
use super::cartesia::CartesiaTextToSpeech;
use super::deepgram::{DeepgramSpeechToText, DeepgramTextToSpeech};
use super::ears::talk::{Talk, config, http, patiently};
use super::elevenlabs::{ElevenLabsSpeechToText, ElevenLabsTextToSpeech};
use super::gemini::{GeminiRealtimeVoice, GeminiTextToSpeech};
use super::google_cloud::{GoogleCloudSpeechToText, GoogleTextToSpeech};
use super::openai::realtime::{OpenAiRealtimeVoice, RealtimeSettings};
use super::openai::{OpenAiSpeechToText, OpenAiTextToSpeech};
use super::speechmatics::SpeechmaticsSpeechToText;
use super::testing::{self, account};
use super::transport::Account;
use super::transport::speech_cases::Bench;
use super::voai::VoAiTextToSpeech;
use super::{Defaults, ears};
use crate::catalogue::{
    Catalogue, CatalogueProvider, RealtimeVoiceAdapter, Role, SpeechToTextAdapter, TextToSpeechAdapter,
};

/// The languages that most are told in.
const TAGS: [&str; 5] = ["en", "zh-TW", "zh-CN", "ja", "ko"];

/// What these are called, in their order.
type Spelled = [&'static str; 5];

/// Name and value.
type OwnOption = Option<(&'static str, &'static str)>;

const SHORT: Spelled = ["en", "zh", "zh", "ja", "ko"];
const PLACED: Spelled = ["en-US", "zh-TW", "zh-CN", "ja-JP", "ko-KR"];

const KEY: &str = "sk-secret-key";

fn providers() -> Vec<CatalogueProvider> {
    Catalogue::load(None).unwrap().into_providers()
}

fn in_language(config: ProviderConfig, tag: Option<&str>) -> ProviderConfig {
    ProviderConfig {
        language: tag.map(str::to_owned),
        ..config
    }
}

/// The models by which an adapter is asked differently.
const fn ears_rows(adapter: SpeechToTextAdapter) -> &'static [(&'static str, Spelled)] {
    match adapter {
        SpeechToTextAdapter::AssemblyAi => &[(
            "universal-3-6",
            [r#"["en"]"#, r#"["zh"]"#, r#"["zh"]"#, r#"["ja"]"#, r#"["ko"]"#],
        )],
        SpeechToTextAdapter::AzureSpeech => &[("conversation", PLACED)],
        SpeechToTextAdapter::Deepgram => &[
            ("nova-3", ["en", "zh-TW", "zh-CN", "ja", "ko"]),
            ("flux-general-multi", SHORT),
        ],
        SpeechToTextAdapter::ElevenLabs => &[("scribe_v2_realtime", SHORT)],
        SpeechToTextAdapter::GoogleCloud => &[(
            "latest_short",
            ["en-US", "cmn-Hant-TW", "cmn-Hans-CN", "ja-JP", "ko-KR"],
        )],
        SpeechToTextAdapter::OpenAi => &[("gpt-live-transcribe", SHORT), ("gpt-transcribe", SHORT)],
        SpeechToTextAdapter::Speechmatics => {
            &[("enhanced", ["en", "cmn cmn-Hant", "cmn cmn-Hans", "ja", "ko"])]
        }
    }
}

/// What an adapter is told besides, where it asks differently by that; nothing is spelled by those whose language is that of
/// the text or of the voice.
const fn mouth_rows(adapter: TextToSpeechAdapter) -> &'static [(OwnOption, Option<Spelled>)] {
    match adapter {
        TextToSpeechAdapter::AzureSpeech => &[(None, Some(PLACED))],
        TextToSpeechAdapter::Cartesia => &[(None, Some(SHORT))],
        TextToSpeechAdapter::ElevenLabs => &[
            (Some(("over", "\"socket\"")), Some(SHORT)),
            (Some(("over", "\"http\"")), Some(SHORT)),
        ],
        TextToSpeechAdapter::GoogleCloud => &[(None, Some(["en-US", "cmn-TW", "cmn-CN", "ja-JP", "ko-KR"]))],
        TextToSpeechAdapter::Deepgram
        | TextToSpeechAdapter::Gemini
        | TextToSpeechAdapter::OpenAi
        | TextToSpeechAdapter::VoAi => &[(None, None)],
    }
}

const fn voice_row(adapter: RealtimeVoiceAdapter) -> Spelled {
    match adapter {
        // It is told in words.
        RealtimeVoiceAdapter::Gemini => TAGS,
        RealtimeVoiceAdapter::AzureOpenAi | RealtimeVoiceAdapter::OpenAi => SHORT,
    }
}

#[tokio::test]
async fn ears_are_told_languages_as_their_vendors_spell_them() {
    for provider in providers() {
        let Some(role) = provider.stt else { continue };
        for (model, spelled) in ears_rows(role.adapter) {
            for (tag, spelled) in TAGS.iter().zip(spelled) {
                let config = in_language(config(&provider.id, model, &[]), Some(tag));
                let told = told_ears(role.adapter, &config).await;
                assert_eq!(told, *spelled, "{} ({model}), {tag}", provider.id);
            }
        }
    }
}

#[tokio::test]
async fn voices_are_told_languages_as_their_vendors_spell_them() {
    for provider in providers() {
        let Some(role) = &provider.tts else { continue };
        for (option, spelled) in mouth_rows(role.adapter) {
            let config = ProviderConfig {
                options: testing::options(option.as_slice()),
                ..ProviderConfig::of(&provider.id)
            };
            let silent = ask(role, in_language(config.clone(), None)).await;
            for (at, tag) in TAGS.iter().enumerate() {
                let request = ask(role, in_language(config.clone(), Some(tag))).await;
                let told = told_mouth(role.adapter, &request);
                let row = format!("{} {option:?}, {tag}", provider.id);
                assert_eq!(told.as_deref(), spelled.map(|spelled| spelled[at]), "{row}");
                if spelled.is_none() {
                    assert_eq!(
                        (&request.target, &request.body),
                        (&silent.target, &silent.body),
                        "{row}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn realtime_voices_are_told_languages_as_their_vendors_spell_them() {
    for provider in providers() {
        let Some(role) = &provider.realtime else { continue };
        for (tag, spelled) in TAGS.iter().zip(voice_row(role.adapter)) {
            let config = in_language(ProviderConfig::of(&provider.id), Some(tag));
            let told = told_voice(role, config).await;
            assert_eq!(told.as_deref(), Some(spelled), "{}, {tag}", provider.id);
        }
    }
}

async fn told_ears(adapter: SpeechToTextAdapter, config: &ProviderConfig) -> String {
    let tasks = TaskTracker::new;
    let defaults = Defaults::default;
    match adapter {
        SpeechToTextAdapter::AssemblyAi => {
            let make = |account| AssemblyAiSpeechToText::new(account, http(), defaults(), tasks());
            parameter(
                &dialed(EarsVendor::AssemblyAi, make, config).await,
                "language_codes",
            )
        }
        SpeechToTextAdapter::AzureSpeech => {
            let clock = || std::sync::Arc::new(ManualClock::default());
            let make = |account| AzureSpeechToText::new(account, http(), defaults(), tasks(), clock());
            parameter(&dialed(EarsVendor::AzureSpeech, make, config).await, "language")
        }
        SpeechToTextAdapter::Deepgram => told_deepgram(config).await,
        SpeechToTextAdapter::ElevenLabs => {
            let make = |account| ElevenLabsSpeechToText::new(account, http(), defaults(), tasks());
            parameter(&dialed(EarsVendor::Scribe, make, config).await, "language_code")
        }
        SpeechToTextAdapter::GoogleCloud => {
            let server = GoogleSpeechServer::start(KEY).await.unwrap();
            let account = account(&server.base_url(), Some(KEY));
            let ears = GoogleCloudSpeechToText::new(account, http(), defaults(), tasks());
            understand(&ears, config).await;
            text(&server.uploads()[0].config["languageCode"])
        }
        SpeechToTextAdapter::OpenAi => told_openai(config).await,
        SpeechToTextAdapter::Speechmatics => {
            let make = |account| SpeechmaticsSpeechToText::new(account, http(), defaults(), tasks());
            let line = dialed(EarsVendor::Speechmatics, make, config).await;
            let told = &line.texts[0]["transcription_config"];
            let written = told["output_locale"].as_str();
            let words: Vec<String> = [text(&told["language"])]
                .into_iter()
                .chain(written.map(str::to_owned))
                .collect();
            words.join(" ")
        }
    }
}

/// What the first connection was asked for.
async fn dialed<E: SpeechToText>(
    vendor: EarsVendor,
    make: impl FnOnce(Account) -> E,
    config: &ProviderConfig,
) -> RecordedLine {
    let server = EarsServer::start(vendor, EarsScript::default()).await.unwrap();
    let ears = make(account(&server.base_url(), Some(ears::rig::KEY)));
    let _talk = Talk::open(&ears, config).await;
    patiently(server.until(|lines| !lines.is_empty())).await.remove(0)
}

async fn told_deepgram(config: &ProviderConfig) -> String {
    let script = DeepgramScript::default();
    let key = script.api_key.clone();
    let server = DeepgramServer::start(script).await.unwrap();
    let account = account(&server.base_url(), Some(&key));
    let ears = DeepgramSpeechToText::new(account, http(), Defaults::default(), TaskTracker::new());
    let _talk = Talk::open(&ears, config).await;
    let line = patiently(server.until(|lines| !lines.is_empty())).await.remove(0);
    let is_flux = line.path.starts_with("/v2");
    parameter(&line, if is_flux { "language_hint" } else { "language" })
}

async fn told_openai(config: &ProviderConfig) -> String {
    let server = OpenAiTranscriptionServer::start(OpenAiTranscriptionScript::default())
        .await
        .unwrap();
    let account = account(&server.base_url(), Some(KEY));
    let ears = OpenAiSpeechToText::new(account, &http(), Defaults::default(), TaskTracker::new());
    understand(&ears, config).await;
    if let Some(upload) = server.uploads().first() {
        return upload.field("language").unwrap_or_default().to_owned();
    }
    let told = &server.requests()[0].texts[0];
    text(&told["session"]["audio"]["input"]["transcription"]["language"])
}

/// Says something and has it written down.
async fn understand(ears: &dyn SpeechToText, config: &ProviderConfig) {
    let mut talk = Talk::open(ears, config).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
}

/// What is asked for when something is said with the catalogue's model and voice.
async fn ask(role: &Role<TextToSpeechAdapter>, config: ProviderConfig) -> SpeechRequest {
    let script = SpeechScript {
        models: role.models.iter().map(|model| model.id.clone()).collect(),
        voices: role.voices.iter().map(|voice| voice.id.clone()).collect(),
        ..SpeechScript::default()
    };
    let vendor = match role.adapter {
        TextToSpeechAdapter::AzureSpeech => SpeechVendor::Azure,
        TextToSpeechAdapter::Cartesia => SpeechVendor::Cartesia,
        TextToSpeechAdapter::Deepgram => SpeechVendor::Deepgram,
        TextToSpeechAdapter::ElevenLabs => SpeechVendor::ElevenLabs,
        TextToSpeechAdapter::Gemini => SpeechVendor::Gemini,
        TextToSpeechAdapter::GoogleCloud => SpeechVendor::Google,
        TextToSpeechAdapter::OpenAi => SpeechVendor::OpenAi,
        TextToSpeechAdapter::VoAi => SpeechVendor::VoAi,
    };
    let server = SpeechServer::start(vendor, script).await.unwrap();
    let (account, defaults) = (account(&server.base_url(), Some(KEY)), role.defaults());
    let tts: Box<dyn TextToSpeech> = match role.adapter {
        TextToSpeechAdapter::AzureSpeech => Box::new(AzureTextToSpeech::new(account, http(), defaults)),
        TextToSpeechAdapter::Cartesia => Box::new(CartesiaTextToSpeech::new(account, http(), defaults)),
        TextToSpeechAdapter::Deepgram => Box::new(DeepgramTextToSpeech::new(account, http(), defaults)),
        TextToSpeechAdapter::ElevenLabs => Box::new(ElevenLabsTextToSpeech::new(account, http(), defaults)),
        TextToSpeechAdapter::Gemini => Box::new(GeminiTextToSpeech::new(account, http(), defaults)),
        TextToSpeechAdapter::GoogleCloud => Box::new(GoogleTextToSpeech::new(account, http(), defaults)),
        TextToSpeechAdapter::OpenAi => Box::new(OpenAiTextToSpeech::new(account, http(), defaults)),
        TextToSpeechAdapter::VoAi => Box::new(VoAiTextToSpeech::new(account, http(), defaults)),
    };
    let bench = Bench {
        server,
        shown: String::new(),
        tts,
        config,
    };
    let (samples, failure) = bench.listen("Hello.").await;
    assert!(failure.is_none() && !samples.is_empty(), "{failure:?}");
    bench.server.requests().remove(0)
}

/// The language in a request.
fn told_mouth(adapter: TextToSpeechAdapter, request: &SpeechRequest) -> Option<String> {
    let SpeechRequest { target, body, .. } = request;
    match adapter {
        TextToSpeechAdapter::AzureSpeech => {
            let (_, rest) = body.as_str()?.split_once("xml:lang='")?;
            rest.split('\'').next().map(str::to_owned)
        }
        TextToSpeechAdapter::Cartesia => Some(text(&body["language"])),
        TextToSpeechAdapter::ElevenLabs => {
            let in_body = body["language_code"].as_str();
            let in_query = target
                .split(['?', '&'])
                .find_map(|part| part.strip_prefix("language_code="));
            in_body.or(in_query).map(str::to_owned)
        }
        TextToSpeechAdapter::GoogleCloud => Some(text(&body["voice"]["languageCode"])),
        TextToSpeechAdapter::Deepgram
        | TextToSpeechAdapter::Gemini
        | TextToSpeechAdapter::OpenAi
        | TextToSpeechAdapter::VoAi => None,
    }
}

async fn told_voice(role: &Role<RealtimeVoiceAdapter>, config: ProviderConfig) -> Option<String> {
    match role.adapter {
        RealtimeVoiceAdapter::AzureOpenAi => Some(told_openai_voice(RealtimeHost::Azure, role, config).await),
        RealtimeVoiceAdapter::OpenAi => Some(told_openai_voice(RealtimeHost::OpenAi, role, config).await),
        RealtimeVoiceAdapter::Gemini => {
            let server = LiveServer::start(LiveScript {
                api_key: Some(KEY.to_owned()),
                ..LiveScript::default()
            })
            .await
            .unwrap();
            let account = account(&server.base_url(), Some(KEY));
            let voice = GeminiRealtimeVoice::new(account, http(), role.defaults(), TaskTracker::new());
            connect(&voice, config).await;
            let setup = server.connections()[0].messages[0]["setup"].clone();
            let instruction = text(&setup["systemInstruction"]["parts"][0]["text"]);
            let (_, rest) = instruction.split_once("the tag ")?;
            rest.split(',').next().map(str::to_owned)
        }
    }
}

async fn told_openai_voice(
    host: RealtimeHost,
    role: &Role<RealtimeVoiceAdapter>,
    config: ProviderConfig,
) -> String {
    let script = OpenAiRealtimeScript {
        host,
        ..OpenAiRealtimeScript::default()
    };
    let server = OpenAiRealtimeServer::start(script).await.unwrap();
    let account = account(&server.base_url(), Some(KEY));
    let settings = RealtimeSettings {
        defaults: role.defaults(),
        // Of Azure nobody knows which one there is.
        transcription_model: Some("hears-2".to_owned()),
        ..RealtimeSettings::default()
    };
    let voice = match host {
        RealtimeHost::OpenAi => OpenAiRealtimeVoice::new(account, http(), settings, TaskTracker::new()),
        RealtimeHost::Azure => azure_openai::realtime_voice(account, http(), settings, TaskTracker::new()),
    };
    connect(&voice, config).await;
    let told = &server.requests()[0].texts[0];
    text(&told["session"]["audio"]["input"]["transcription"]["language"])
}

/// Opens a conversation, which is over at once.
async fn connect(voice: &dyn RealtimeVoice, config: ProviderConfig) {
    let request = RealtimeRequest {
        config: voice.resolve(&config).unwrap(),
        instructions: "Be brief.".to_owned(),
        ai_role: None,
        history: Vec::new(),
    };
    patiently(voice.connect(request)).await.unwrap();
}

/// The value of a parameter of an address.
fn parameter(line: &RecordedLine, name: &str) -> String {
    let found = line.query.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
