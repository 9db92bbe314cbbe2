//! Makes the adapters of the providers: one line per adapter.

use std::sync::Arc;

use tokio_util::task::TaskTracker;
use viva_application::meters::{Meters, Role};
use viva_domain::ports::{LanguageModel, RealtimeVoice, SpeechToText, TextToSpeech};
use viva_domain::providers::ProviderCatalogue;
use viva_infrastructure::catalogue::{
    LanguageModelAdapter, RealtimeVoiceAdapter, SpeechToTextAdapter, TextToSpeechAdapter,
};
use viva_infrastructure::providers::Defaults;
use viva_infrastructure::providers::anthropic::AnthropicLanguageModel;
use viva_infrastructure::providers::assemblyai::AssemblyAiSpeechToText;
use viva_infrastructure::providers::azure_openai;
use viva_infrastructure::providers::azure_speech::{AzureSpeechToText, AzureTextToSpeech};
use viva_infrastructure::providers::cartesia::CartesiaTextToSpeech;
use viva_infrastructure::providers::deepgram::{DeepgramSpeechToText, DeepgramTextToSpeech};
use viva_infrastructure::providers::elevenlabs::{ElevenLabsSpeechToText, ElevenLabsTextToSpeech};
use viva_infrastructure::providers::gemini::{GeminiLanguageModel, GeminiRealtimeVoice, GeminiTextToSpeech};
use viva_infrastructure::providers::google_cloud::{GoogleCloudSpeechToText, GoogleTextToSpeech};
use viva_infrastructure::providers::offline::{
    OfflineLanguageModel, OfflineRealtimeVoice, OfflineSpeechToText, OfflineTextToSpeech,
};
use viva_infrastructure::providers::openai::realtime::{OpenAiRealtimeVoice, RealtimeSettings};
use viva_infrastructure::providers::openai::{
    OpenAiLanguageModel, OpenAiSpeechToText, OpenAiTextToSpeech, client_for,
};
use viva_infrastructure::providers::speech::SpeechSynthesizer;
use viva_infrastructure::providers::speechmatics::SpeechmaticsSpeechToText;
use viva_infrastructure::providers::transport::{Account, HttpClient, Repeats};
use viva_infrastructure::providers::voai::VoAiTextToSpeech;
use viva_infrastructure::system::SystemClock;

use crate::config::ProviderSetup;

/// The provider that needs nothing.
pub(crate) const OFFLINE: &str = "offline";
/// The program that speaks for the offline provider, where it is installed.
const ESPEAK: &str = "espeak-ng";

/// What speaks for the offline provider. Asking the program which languages it has takes a moment.
pub(crate) async fn find_voice() -> SpeechSynthesizer {
    SpeechSynthesizer::find(ESPEAK).await
}

/// What adapters run on, and what counts their calls.
#[derive(Debug, Clone)]
pub(crate) struct Adapters {
    pub(crate) tasks: TaskTracker,
    pub(crate) meters: Meters,
}

/// A provider in each of its roles.
pub(crate) fn add_vendor(
    providers: &mut ProviderCatalogue,
    setup: &ProviderSetup,
    http: &HttpClient,
    adapters: &Adapters,
) {
    let provider = &setup.provider;
    let (id, meters) = (provider.id.as_str(), &adapters.meters);
    let (account, tasks) = (|| setup.account.clone(), || adapters.tasks.clone());
    let counting = |role| {
        http.with_repeats(Repeats {
            reconnects: meters.reconnects(role, id),
            retries: meters.retries(role, id),
        })
    };
    if let Some(role) = &provider.realtime {
        let (defaults, http) = (role.defaults(), counting(Role::Realtime));
        let settings = RealtimeSettings {
            defaults: defaults.clone(),
            transcription_model: role.transcription_model.clone(),
            ..RealtimeSettings::default()
        };
        let adapter: Arc<dyn RealtimeVoice> = match role.adapter {
            RealtimeVoiceAdapter::AzureOpenAi => {
                Arc::new(azure_openai::realtime_voice(account(), http, settings, tasks()))
            }
            RealtimeVoiceAdapter::Gemini => {
                Arc::new(GeminiRealtimeVoice::new(account(), http, defaults, tasks()))
            }
            RealtimeVoiceAdapter::OpenAi => {
                Arc::new(OpenAiRealtimeVoice::new(account(), http, settings, tasks()))
            }
        };
        providers
            .realtime
            .insert(setup.info(role), meters.realtime(id, adapter));
    }
    if let Some(role) = &provider.stt {
        let (defaults, http) = (role.defaults(), counting(Role::SpeechToText));
        let adapter = speech_to_text(role.adapter, account(), http, defaults, tasks());
        providers.stt.insert(setup.info(role), meters.stt(id, adapter));
    }
    if let Some(role) = &provider.llm {
        let (defaults, http) = (role.defaults(), counting(Role::LanguageModel));
        // Whether a key is needed was decided with the settings.
        let adapter: Arc<dyn LanguageModel> = match role.adapter {
            LanguageModelAdapter::Anthropic => {
                Arc::new(AnthropicLanguageModel::new(account(), http, defaults).with_optional_key())
            }
            LanguageModelAdapter::Gemini => {
                Arc::new(GeminiLanguageModel::new(account(), http, defaults).with_optional_key())
            }
            LanguageModelAdapter::OpenAi => {
                let http = client_for(&setup.account, http);
                Arc::new(OpenAiLanguageModel::new(account(), http, defaults).with_optional_key())
            }
        };
        providers.llm.insert(setup.info(role), meters.llm(id, adapter));
    }
    if let Some(role) = &provider.tts {
        let (defaults, http) = (role.defaults(), counting(Role::TextToSpeech));
        let adapter = text_to_speech(role.adapter, account(), http, defaults);
        providers.tts.insert(setup.info(role), meters.tts(id, adapter));
    }
}

fn speech_to_text(
    adapter: SpeechToTextAdapter,
    account: Account,
    http: HttpClient,
    defaults: Defaults,
    tasks: TaskTracker,
) -> Arc<dyn SpeechToText> {
    match adapter {
        SpeechToTextAdapter::AssemblyAi => {
            Arc::new(AssemblyAiSpeechToText::new(account, http, defaults, tasks))
        }
        SpeechToTextAdapter::AzureSpeech => {
            let clock = Arc::new(SystemClock);
            Arc::new(AzureSpeechToText::new(account, http, defaults, tasks, clock))
        }
        SpeechToTextAdapter::Deepgram => Arc::new(DeepgramSpeechToText::new(account, http, defaults, tasks)),
        SpeechToTextAdapter::ElevenLabs => {
            Arc::new(ElevenLabsSpeechToText::new(account, http, defaults, tasks))
        }
        SpeechToTextAdapter::GoogleCloud => {
            Arc::new(GoogleCloudSpeechToText::new(account, http, defaults, tasks))
        }
        SpeechToTextAdapter::OpenAi => Arc::new(OpenAiSpeechToText::new(account, &http, defaults, tasks)),
        SpeechToTextAdapter::Speechmatics => {
            Arc::new(SpeechmaticsSpeechToText::new(account, http, defaults, tasks))
        }
    }
}

fn text_to_speech(
    adapter: TextToSpeechAdapter,
    account: Account,
    http: HttpClient,
    defaults: Defaults,
) -> Arc<dyn TextToSpeech> {
    match adapter {
        TextToSpeechAdapter::AzureSpeech => Arc::new(AzureTextToSpeech::new(account, http, defaults)),
        TextToSpeechAdapter::Cartesia => Arc::new(CartesiaTextToSpeech::new(account, http, defaults)),
        TextToSpeechAdapter::Deepgram => Arc::new(DeepgramTextToSpeech::new(account, http, defaults)),
        TextToSpeechAdapter::ElevenLabs => Arc::new(ElevenLabsTextToSpeech::new(account, http, defaults)),
        TextToSpeechAdapter::Gemini => Arc::new(GeminiTextToSpeech::new(account, http, defaults)),
        TextToSpeechAdapter::GoogleCloud => Arc::new(GoogleTextToSpeech::new(account, http, defaults)),
        TextToSpeechAdapter::OpenAi => {
            let http = client_for(&account, http);
            Arc::new(OpenAiTextToSpeech::new(account, http, defaults))
        }
        TextToSpeechAdapter::VoAi => Arc::new(VoAiTextToSpeech::new(account, http, defaults)),
    }
}

/// The provider that needs no network, in all of its roles.
pub(crate) fn add_offline(
    providers: &mut ProviderCatalogue,
    speech: SpeechSynthesizer,
    Adapters { tasks, meters }: &Adapters,
) {
    let realtime = OfflineRealtimeVoice::new(speech.clone(), tasks.clone());
    let stt = OfflineSpeechToText::new(tasks.clone());
    let llm = OfflineLanguageModel::new();
    let tts = OfflineTextToSpeech::new(speech, tasks.clone());
    providers
        .realtime
        .insert(realtime.info(), meters.realtime(OFFLINE, Arc::new(realtime)));
    providers
        .stt
        .insert(stt.info(), meters.stt(OFFLINE, Arc::new(stt)));
    providers
        .llm
        .insert(llm.info(), meters.llm(OFFLINE, Arc::new(llm)));
    providers
        .tts
        .insert(tts.info(), meters.tts(OFFLINE, Arc::new(tts)));
}
