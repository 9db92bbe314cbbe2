//! Conversations that are given up at any moment, many times over real sockets: nothing of them may be left.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use secrecy::SecretString;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::TaskTracker;
use viva_application::modes::{ModeFactory, ModeSaid, OpenMode};
use viva_audio::SampleRate;
use viva_domain::providers::{CredentialStatus, ProviderCatalogue, ProviderInfo};
use viva_domain::sessions::{CascadeConfig, Interaction, Prompt, ProviderConfig};
use viva_domain::turns::{Generation, ModeInput, ModeOrder};
use viva_fakes::Speech;
use viva_fakes::vendors::deepgram::{DeepgramScript, DeepgramServer};
use viva_fakes::vendors::language_models::{ChatScript, ChatServer, ChatServerSettings, ChatVendor};
use viva_fakes::vendors::speech::{SpeechScript, SpeechServer, SpeechVendor};
use viva_infrastructure::providers::Defaults;
use viva_infrastructure::providers::deepgram::DeepgramSpeechToText;
use viva_infrastructure::providers::elevenlabs::ElevenLabsTextToSpeech;
use viva_infrastructure::providers::openai::OpenAiLanguageModel;
use viva_infrastructure::providers::transport::{Account, HttpClient};

const CYCLES: usize = 1_000;
const AT_ONCE: usize = 20;
/// Longer than anything here takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_mins(1);
const KEY: &str = "sk-of-everybody";

/// Where a conversation is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    Opened,
    Committed,
    Transcribed,
    FirstText,
    FirstAudio,
}

const ENDS: [Until; 5] = [
    Until::Opened,
    Until::Committed,
    Until::Transcribed,
    Until::FirstText,
    Until::FirstAudio,
];

struct Vendors {
    deepgram: DeepgramServer,
    openai: ChatServer,
    elevenlabs: SpeechServer,
}

impl Vendors {
    /// They never end an answer: whoever is not given up stays.
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

    fn modes(&self, tasks: &TaskTracker) -> ModeFactory {
        let account = |provider: &str, url: String| Account {
            provider: provider.to_owned(),
            base_url: url.parse().expect("an address"),
            api_key: Some(SecretString::from(KEY)),
        };
        let http = HttpClient::new().expect("TLS is there");
        let defaults = |model: &str, voice: Option<&str>| Defaults {
            model: Some(model.to_owned()),
            voice: voice.map(str::to_owned),
        };
        let mut catalogue = ProviderCatalogue::default();
        let ears = DeepgramSpeechToText::new(
            account("deepgram", self.deepgram.base_url()),
            http.clone(),
            defaults("nova-3", None),
            tasks.clone(),
        );
        let model = OpenAiLanguageModel::new(
            account("openai", self.openai.base_url()),
            http.clone(),
            defaults(&self.openai.settings().model, None),
        );
        let voice = ElevenLabsTextToSpeech::new(
            account("elevenlabs", self.elevenlabs.base_url()),
            http,
            defaults("test_v2_5", Some("anna")),
        );
        catalogue.stt.insert(info("deepgram"), Arc::new(ears));
        catalogue.llm.insert(info("openai"), Arc::new(model));
        catalogue.tts.insert(info("elevenlabs"), Arc::new(voice));
        ModeFactory::new(catalogue)
    }
}

fn info(id: &str) -> ProviderInfo {
    ProviderInfo {
        id: id.to_owned(),
        name: id.to_owned(),
        models: Vec::new(),
        voices: Vec::new(),
        languages: Vec::new(),
        custom_names: false,
        credential: CredentialStatus::Present,
        needs: Vec::new(),
    }
}

/// Opens a conversation, says something, and gives it up.
async fn cycle(modes: &ModeFactory, tasks: &TaskTracker, until: Until) {
    let wanted = Interaction::Cascade(Box::new(CascadeConfig {
        stt: ProviderConfig::of("deepgram"),
        llm: ProviderConfig::of("openai"),
        tts: ProviderConfig::of("elevenlabs"),
    }));
    let interaction = modes.resolve(&wanted).expect("the configuration is right");
    let request = OpenMode {
        interaction: &interaction,
        prompt: &Prompt::default(),
        history: Vec::new(),
        input_rate: SampleRate::HZ_24K,
        output_rate: SampleRate::HZ_24K,
        tasks,
    };
    let mut mode = modes.open(request).await.expect("everybody is there");
    if until == Until::Opened {
        return;
    }
    mode.push_audio(&tone().into());
    mode.order(ModeOrder::SpeechBegan {
        ago: Duration::from_millis(500),
    });
    mode.order(ModeOrder::Commit(Generation::FIRST.next()));
    let is_reached = |what: &ModeInput| match until {
        Until::Opened | Until::Committed => true,
        Until::Transcribed => matches!(what, ModeInput::UserTranscript { is_final: true, .. }),
        Until::FirstText => matches!(what, ModeInput::TextDelta(_)),
        Until::FirstAudio => matches!(what, ModeInput::Audio(_)),
    };
    if until == Until::Committed {
        return;
    }
    loop {
        let event = mode.next().await.expect("the conversation goes on");
        if let ModeSaid::Said(what) = event.what
            && is_reached(&what)
        {
            return;
        }
    }
}

/// Half a second that is loud enough to be speech.
fn tone() -> Vec<i16> {
    (0..12_000)
        .map(|at| if at / 60 % 2 == 0 { 6_000 } else { -6_000 })
        .collect()
}

async fn cycles(vendors: &Vendors, modes: &ModeFactory, tasks: &TaskTracker, count: usize) {
    for batch in 0..count / AT_ONCE {
        for _ in 0..AT_ONCE {
            vendors.elevenlabs.speak(Speech::of(PATIENCE).at_speaking_speed());
        }
        let batch = (0..AT_ONCE).map(|n| cycle(modes, tasks, ENDS[(batch + n) % ENDS.len()]));
        timeout(PATIENCE, join_all(batch)).await.expect("nobody hangs");
    }
}

/// Waits until the vendors see no open connection of a conversation; answers how long that took.
async fn all_closed(vendors: &Vendors, tasks: &TaskTracker) -> Duration {
    let from = Instant::now();
    let closed = async {
        vendors
            .deepgram
            .until(|lines| lines.iter().all(|line| line.closed.is_some()))
            .await;
        vendors
            .openai
            .until(|chats| chats.iter().all(|chat| chat.closed.is_some()))
            .await;
        vendors
            .elevenlabs
            .until(|requests| requests.iter().all(|request| request.closed.is_some()))
            .await;
        while !tasks.is_empty() {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, closed).await.expect("everything is closed");
    from.elapsed()
}

#[cfg(target_os = "linux")]
fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

/// Memory of this process in KiB.
#[cfg(target_os = "linux")]
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stderr, reason = "the figures are shown with --nocapture")]
async fn a_thousand_conversations_that_are_given_up_leave_nothing_behind() {
    let vendors = Vendors::start().await;
    let tasks = TaskTracker::new();
    let modes = vendors.modes(&tasks);
    cycles(&vendors, &modes, &tasks, 200).await;
    all_closed(&vendors, &tasks).await;
    let (files, kib) = (open_files(), memory());

    cycles(&vendors, &modes, &tasks, CYCLES).await;
    let closed_after = all_closed(&vendors, &tasks).await;
    let (files_left, kib_left) = (open_files(), memory());
    let figures = format!(
        "{CYCLES} cycles: the last connection was closed {} ms after the last cycle; {files} open files before, \
         {files_left} after; {kib} KiB before, {kib_left} KiB after",
        closed_after.as_millis()
    );
    assert!(files_left <= files + AT_ONCE, "{figures}");
    // The vendors' own records of what they were sent grow; their audio is the largest part of it.
    let recorded = CYCLES as u64 * (12_000 * 2 / 3 * 2) / 1_024;
    assert!(kib_left < kib + recorded + 16 * 1_024, "{figures}");
    eprintln!("{figures}");
}
