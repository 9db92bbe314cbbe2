use std::sync::Arc;

use tokio_util::task::TaskTracker;
use viva_domain::providers::ProviderCatalogue;
use viva_domain::sessions::{CascadeConfig, Interaction, ProviderConfig};
use viva_fakes::Speech;
use viva_fakes::vendors::deepgram::{DeepgramScript, DeepgramServer};
use viva_fakes::vendors::language_models::{ChatScript, ChatServer, ChatServerSettings, ChatVendor};
use viva_fakes::vendors::speech::{SpeechScript, SpeechServer, SpeechVendor};
use viva_infrastructure::providers::deepgram::DeepgramSpeechToText;
use viva_infrastructure::providers::elevenlabs::ElevenLabsTextToSpeech;
use viva_infrastructure::providers::openai::OpenAiLanguageModel;
use viva_infrastructure::providers::transport::HttpClient;

use super::{ALONE, KEY, PATIENCE, Until, Vendors, account, defaults, info, leave_nothing_behind};

struct Cascade {
    deepgram: DeepgramServer,
    openai: ChatServer,
    elevenlabs: SpeechServer,
}

impl Cascade {
    async fn start() -> Self {
        let openai = ChatServerSettings {
            key: Some(KEY.to_owned()),
            otherwise: ChatScript::new()
                .text("It is late already, I am afraid. And so on. ")
                .wait(PATIENCE),
            ..ChatServerSettings::of(ChatVendor::OpenAi)
        };
        let deepgram = DeepgramScript {
            api_key: KEY.to_owned(),
            ..DeepgramScript::default()
        };
        let elevenlabs = SpeechScript {
            api_key: Some(KEY.to_owned()),
            ..SpeechScript::default()
        };
        let started = "it starts";
        Self {
            deepgram: DeepgramServer::start(deepgram).await.expect(started),
            openai: ChatServer::start(openai).await.expect(started),
            elevenlabs: SpeechServer::start(SpeechVendor::ElevenLabs, elevenlabs)
                .await
                .expect(started),
        }
    }
}

impl Vendors for Cascade {
    const ENDS: &'static [Until] = &[
        Until::Opened,
        Until::Committed,
        Until::Transcribed,
        Until::FirstText,
        Until::FirstAudio,
    ];
    const TURN: usize = 12_000;
    /// The audio, at 16 kHz.
    const RECORDED: u64 = 12_000 * 2 / 3 * 2;

    fn catalogue(&self, tasks: &TaskTracker) -> ProviderCatalogue {
        let http = HttpClient::new().expect("TLS is there");
        let ears = DeepgramSpeechToText::new(
            account("deepgram", &self.deepgram.base_url()),
            http.clone(),
            defaults("nova-3", None),
            tasks.clone(),
        );
        let model = OpenAiLanguageModel::new(
            account("openai", &self.openai.base_url()),
            http.clone(),
            defaults(&self.openai.settings().model, None),
        );
        let voice = ElevenLabsTextToSpeech::new(
            account("elevenlabs", &self.elevenlabs.base_url()),
            http,
            defaults("test_v2_5", Some("anna")),
        );
        let mut catalogue = ProviderCatalogue::default();
        catalogue.stt.insert(info("deepgram"), Arc::new(ears));
        catalogue.llm.insert(info("openai"), Arc::new(model));
        catalogue.tts.insert(info("elevenlabs"), Arc::new(voice));
        catalogue
    }

    fn wanted(&self) -> Interaction {
        Interaction::Cascade(Box::new(CascadeConfig {
            stt: ProviderConfig::of("deepgram"),
            llm: ProviderConfig::of("openai"),
            tts: ProviderConfig::of("elevenlabs"),
        }))
    }

    fn line_up(&self) {
        self.elevenlabs.speak(Speech::of(PATIENCE).at_speaking_speed());
    }

    async fn all_closed(&self) {
        self.deepgram
            .until(|lines| lines.iter().all(|line| line.closed.is_some()))
            .await;
        self.openai
            .until(|chats| chats.iter().all(|chat| chat.closed.is_some()))
            .await;
        self.elevenlabs
            .until(|requests| requests.iter().all(|request| request.closed.is_some()))
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_cascades_that_are_given_up_leave_nothing_behind() {
    let _alone = ALONE.lock().await;
    leave_nothing_behind("cascade", Cascade::start().await).await;
}
