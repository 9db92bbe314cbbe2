use std::sync::Arc;
use std::time::Duration;

use tokio_util::task::TaskTracker;
use viva_domain::providers::ProviderCatalogue;
use viva_domain::sessions::{Interaction, ProviderConfig};
use viva_fakes::vendors::gemini::live::{LiveAnswer, LiveFault, LiveScript, LiveServer};
use viva_fakes::vendors::openai::realtime::{OpenAiRealtimeScript, OpenAiRealtimeServer, RealtimeAnswer};
use viva_infrastructure::providers::gemini::GeminiRealtimeVoice;
use viva_infrastructure::providers::openai::realtime::{OpenAiRealtimeVoice, RealtimeSettings};
use viva_infrastructure::providers::transport::HttpClient;

use super::{ALONE, KEY, Until, Vendors, account, defaults, info, leave_nothing_behind};

struct OpenAi(OpenAiRealtimeServer);

impl Vendors for OpenAi {
    const ENDS: &'static [Until] = &[
        Until::Opened,
        Until::Committed,
        Until::Transcribed,
        Until::FirstText,
        Until::FirstAudio,
    ];
    const TURN: usize = 4_800;
    /// The audio, and the messages that brought it as base64.
    const RECORDED: u64 = 4_800 * 2 + 4_800 * 2 * 4 / 3;

    fn catalogue(&self, tasks: &TaskTracker) -> ProviderCatalogue {
        let settings = RealtimeSettings {
            defaults: defaults("speaks-2", Some("marin")),
            transcription_model: Some("hears-2".to_owned()),
            ..RealtimeSettings::default()
        };
        let http = HttpClient::new().expect("TLS is there");
        let voice = OpenAiRealtimeVoice::new(
            account("openai", &self.0.base_url()),
            http,
            settings,
            tasks.clone(),
        );
        let mut catalogue = ProviderCatalogue::default();
        catalogue.realtime.insert(info("openai"), Arc::new(voice));
        catalogue
    }

    /// The session finds turns.
    fn wanted(&self) -> Interaction {
        let mut config = ProviderConfig::of("openai");
        let none = ("turn_detection".to_owned(), "\"none\"".to_owned());
        config.options.extend([none]);
        Interaction::Realtime(config)
    }

    fn line_up(&self) {
        self.0
            .answer(RealtimeAnswer::of("It is late already, I am afraid.").hangs(2));
    }

    async fn all_closed(&self) {
        self.0
            .until(|lines| lines.iter().all(|line| line.closed.is_some()))
            .await;
    }
}

struct Gemini(LiveServer);

impl Vendors for Gemini {
    /// What the user said is known with the end of the answer only.
    const ENDS: &'static [Until] = &[
        Until::Opened,
        Until::Committed,
        Until::FirstText,
        Until::FirstAudio,
    ];
    const TURN: usize = 4_800;
    /// The audio at 16 kHz, as a whole and by turns.
    const RECORDED: u64 = 4_800 * 2 / 3 * 2 * 2;

    fn catalogue(&self, tasks: &TaskTracker) -> ProviderCatalogue {
        let http = HttpClient::new().expect("TLS is there");
        let voice = GeminiRealtimeVoice::new(
            account("gemini", &self.0.base_url()),
            http,
            defaults("gemini-3.8-live", Some("Kore")),
            tasks.clone(),
        );
        let mut catalogue = ProviderCatalogue::default();
        catalogue.realtime.insert(info("gemini"), Arc::new(voice));
        catalogue
    }

    fn wanted(&self) -> Interaction {
        Interaction::Realtime(ProviderConfig::of("gemini"))
    }

    /// Every conversation gets the same one.
    fn line_up(&self) {}

    async fn all_closed(&self) {
        self.0
            .until(|connections| connections.iter().all(|connection| connection.closed.is_some()))
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_conversations_with_openai_that_are_given_up_leave_nothing_behind() {
    let _alone = ALONE.lock().await;
    let script = OpenAiRealtimeScript {
        api_key: Some(KEY.to_owned()),
        ..OpenAiRealtimeScript::default()
    };
    let openai = OpenAi(OpenAiRealtimeServer::start(script).await.expect("it starts"));
    leave_nothing_behind("openai", openai).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_conversations_with_gemini_that_are_given_up_leave_nothing_behind() {
    let _alone = ALONE.lock().await;
    let endless = LiveAnswer::saying("It is late already.", "How late is it?");
    let script = LiveScript {
        api_key: Some(KEY.to_owned()),
        thinking: Duration::ZERO,
        answers: vec![endless.with(LiveFault::Hang { after: 2 })],
        ..LiveScript::default()
    };
    let gemini = Gemini(LiveServer::start(script).await.expect("it starts"));
    leave_nothing_behind("gemini", gemini).await;
}
