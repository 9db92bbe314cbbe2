mod caller;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::NaiveDate;
use tokio_util::task::TaskTracker;
use viva_application::meters::{Meters, Registry};
use viva_application::sessions::{
    Link, ResumeSession, ResumeSessionError, SessionSettings, Sessions, SessionsPorts, StartSession,
    StartSessionError, StartedSession,
};
use viva_application::traces::{TracedShare, TracedTurn, TracedTurns, Traces};
use viva_audio::Clip;
use viva_domain::credentials::StoredCredential;
use viva_domain::ids::UserId;
use viva_domain::ports::{
    BlobStore as _, Ids, ProviderDirectory as _, ProviderError, ProviderErrorKind, RealtimeCapabilities,
    RealtimeEventKind, SessionStore as _, SpeechToTextCapabilities,
};
use viva_domain::providers::{CredentialStatus, Model, OwnKey, ProviderCatalogue, ProviderInfo};
use viva_domain::sessions::{CascadeConfig, Interaction, ProviderConfig, Session};
use viva_domain::turns::{Event, PlaybackEvent, Turn, TurnNumber};
use viva_fakes::{
    FixedProviderDirectory, ManualClock, MemoryAudioSpool, MemoryBlobStore, MemoryCredentialStore,
    MemoryFigures, MemorySessionStore, MemoryTurnJournal, ScriptedLanguageModel, ScriptedRealtimeVoice,
    ScriptedSpeechToText, ScriptedTextToSpeech, SequentialIds,
};

pub(crate) use caller::Caller;

pub(crate) const RATE: u32 = 24_000;
pub(crate) const FRAME: usize = 480;
pub(crate) const PROVIDER: &str = "scripted";

/// The engine with everything around it.
pub(crate) struct Bench {
    pub(crate) sessions: Sessions,
    pub(crate) session_store: Arc<MemorySessionStore>,
    pub(crate) audio_spool: MemoryAudioSpool,
    pub(crate) blob_store: Arc<MemoryBlobStore>,
    pub(crate) turn_journal: Arc<MemoryTurnJournal>,
    pub(crate) provider_directory: Arc<FixedProviderDirectory>,
    pub(crate) credential_store: Arc<MemoryCredentialStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) voice: Arc<ScriptedRealtimeVoice>,
    pub(crate) figures: MemoryFigures,
    traced: Mutex<TracedTurns>,
    pub(crate) tasks: TaskTracker,
}

/// Who finds the user's turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detector {
    /// The session, in real speech.
    Session,
    /// The provider: the test says so.
    Provider,
}

impl Bench {
    pub(crate) fn new(detector: Detector) -> Self {
        Self::with(detector, SessionSettings::default(), |voice| voice)
    }

    pub(crate) fn with(
        detector: Detector,
        settings: SessionSettings,
        voice: impl FnOnce(ScriptedRealtimeVoice) -> ScriptedRealtimeVoice,
    ) -> Self {
        Self::with_ids(detector, settings, voice, Arc::new(SequentialIds::default()))
    }

    pub(crate) fn with_ids(
        detector: Detector,
        settings: SessionSettings,
        voice: impl FnOnce(ScriptedRealtimeVoice) -> ScriptedRealtimeVoice,
        ids: Arc<dyn Ids>,
    ) -> Self {
        Self::build(detector, settings, voice, ids, None)
    }

    /// An engine with a cascade beside the realtime provider.
    pub(crate) fn with_cascade(
        detector: Detector,
        voice: impl FnOnce(ScriptedRealtimeVoice) -> ScriptedRealtimeVoice,
        cascade: &Cascade,
    ) -> Self {
        let ids = Arc::new(SequentialIds::default());
        Self::build(detector, SessionSettings::default(), voice, ids, Some(cascade))
    }

    fn build(
        detector: Detector,
        settings: SessionSettings,
        voice: impl FnOnce(ScriptedRealtimeVoice) -> ScriptedRealtimeVoice,
        ids: Arc<dyn Ids>,
        cascade: Option<&Cascade>,
    ) -> Self {
        let capabilities = RealtimeCapabilities {
            detects_turns: detector == Detector::Provider,
            greets: true,
            input_rate: RATE,
            output_rate: RATE,
        };
        let voice = Arc::new(voice(ScriptedRealtimeVoice::with_capabilities(capabilities)));
        let mut providers = ProviderCatalogue::default();
        providers.realtime.insert(info(), voice.clone());
        if let Some(cascade) = cascade {
            providers.stt.insert(info(), cascade.ears.clone());
            providers.llm.insert(info(), cascade.model.clone());
            providers.tts.insert(info(), cascade.mouth.clone());
        }
        let audio_spool = MemoryAudioSpool::default();
        let blob_store = Arc::new(MemoryBlobStore::new(audio_spool.clone()));
        let session_store = Arc::new(MemorySessionStore::default());
        let turn_journal = Arc::new(MemoryTurnJournal::default());
        let provider_directory = Arc::new(FixedProviderDirectory::new(providers));
        let credential_store = Arc::new(MemoryCredentialStore::default());
        let tasks = TaskTracker::new();
        let figures = MemoryFigures::default();
        let meters = Meters::new(Registry::new(Arc::new(figures.clone())), [PROVIDER]);
        let clock = Arc::new(ManualClock::default());
        let (traces, told) = Traces::open(TracedShare::ALL, meters.clone());
        let ports = SessionsPorts {
            session_store: session_store.clone(),
            blob_store: blob_store.clone(),
            audio_spool: Arc::new(audio_spool.clone()),
            turn_journal: meters.journal(turn_journal.clone()),
            provider_directory: provider_directory.clone(),
            credential_store: credential_store.clone(),
            clock: clock.clone(),
            ids,
            meters,
            traces,
        };
        let sessions = Sessions::new(ports, settings, tasks.clone());
        Self {
            sessions,
            session_store,
            audio_spool,
            blob_store,
            turn_journal,
            provider_directory,
            credential_store,
            clock,
            voice,
            figures,
            traced: Mutex::new(told),
            tasks,
        }
    }

    /// The user has a key of their own for the provider from now on: this one.
    pub(crate) async fn give_key(&self, stored: &StoredCredential) {
        let key = OwnKey {
            id: stored.id,
            state: stored.state,
            checked_at: stored.checked_at,
        };
        let everybody = self.provider_directory.catalogue(UserId::LOCAL).await;
        let mut own = ProviderCatalogue::clone(&*everybody.expect("the directory answers"));
        own.own_keys.insert(PROVIDER.to_owned(), key);
        self.provider_directory.give(UserId::LOCAL, own);
    }

    pub(crate) async fn start(&self) -> Caller {
        self.try_start(request()).await.expect("the session starts")
    }

    pub(crate) async fn try_start(&self, request: StartSession) -> Result<Caller, StartSessionError> {
        let (link, end) = Link::new();
        let connection = self.sessions.start(request, link).await?;
        Ok(Caller::new(connection, end))
    }

    pub(crate) async fn resume(
        &self,
        of: &StartedSession,
        caller: &Caller,
    ) -> Result<Caller, ResumeSessionError> {
        let (link, end) = Link::new();
        let request = ResumeSession {
            user_id: UserId::LOCAL,
            session_id: of.id,
            resume_token: of.resume_token.clone(),
            last_audio_seq: caller.last_audio_seq,
            last_message_seq: caller.last_message_seq,
        };
        let connection = self.sessions.resume(request, link).await?;
        let mut resumed = Caller::new(connection, end);
        resumed.began = caller.began;
        Ok(resumed)
    }

    /// The user's side of a finished turn, as it is stored.
    pub(crate) async fn user_recording(&self, turn: &Turn) -> Vec<i16> {
        let recording = turn.user_audio.as_ref().expect("it is recorded");
        let bytes = self
            .blob_store
            .len(&recording.key)
            .await
            .expect("the store answers");
        let wav = self
            .blob_store
            .read(&recording.key, 0, bytes.expect("it is there"))
            .await
            .expect("the store answers")
            .expect("it is there");
        Clip::read(&wav[..]).expect("it is a WAV file").samples
    }

    /// The turns that were traced since this was asked last.
    pub(crate) fn traced(&self) -> Vec<TracedTurn> {
        let mut traced = self.traced.lock().expect("no test panicked with it");
        std::iter::from_fn(|| traced.waiting()).collect()
    }

    pub(crate) async fn stored(&self, of: &StartedSession) -> (Session, Vec<Turn>) {
        let session = self
            .session_store
            .find(UserId::LOCAL, of.id)
            .await
            .expect("the store answers")
            .expect("the session is stored");
        (
            session,
            self.session_store
                .turns(UserId::LOCAL, of.id)
                .await
                .expect("the store answers"),
        )
    }
}

/// What went wrong at a provider.
pub(crate) fn failure(kind: ProviderErrorKind) -> Arc<ProviderError> {
    Arc::new(ProviderError {
        kind,
        provider: PROVIDER.to_owned(),
        retry_after: None,
        source: None,
    })
}

/// The three providers of a cascade.
pub(crate) struct Cascade {
    pub(crate) ears: Arc<ScriptedSpeechToText>,
    pub(crate) model: Arc<ScriptedLanguageModel>,
    pub(crate) mouth: Arc<ScriptedTextToSpeech>,
}

impl Cascade {
    /// Ears at the session's rate: what they hear is what the user said, to the sample.
    pub(crate) fn new(ears: impl FnOnce(ScriptedSpeechToText) -> ScriptedSpeechToText) -> Self {
        Self::with_ears(ears(scripted_ears(Detector::Session)))
    }

    /// Ears that find turns, or not.
    pub(crate) fn detecting(detector: Detector) -> Self {
        Self::with_ears(scripted_ears(detector))
    }

    fn with_ears(ears: ScriptedSpeechToText) -> Self {
        Self {
            ears: Arc::new(ears),
            model: Arc::new(ScriptedLanguageModel::new()),
            mouth: Arc::new(ScriptedTextToSpeech::at_rate(RATE)),
        }
    }

    /// As it is asked for.
    pub(crate) fn wanted() -> Interaction {
        Interaction::Cascade(Box::new(CascadeConfig {
            stt: ProviderConfig::of(PROVIDER),
            llm: ProviderConfig::of(PROVIDER),
            tts: ProviderConfig::of(PROVIDER),
        }))
    }

    /// Waits until nothing of it runs.
    pub(crate) async fn until_closed(&self) {
        self.ears.until_closed().await;
        self.model.until_idle().await;
        self.mouth
            .until(|speeches| speeches.iter().all(|speech| speech.end.is_some()))
            .await;
    }
}

fn scripted_ears(detector: Detector) -> ScriptedSpeechToText {
    ScriptedSpeechToText::with_capabilities(SpeechToTextCapabilities {
        detects_turns: detector == Detector::Provider,
        streams: true,
        input_rate: RATE,
        answers_within: Duration::from_secs(10),
    })
}

fn info() -> ProviderInfo {
    ProviderInfo {
        id: PROVIDER.into(),
        name: "Scripted".into(),
        models: models(),
        voices: Vec::new(),
        languages: Vec::new(),
        custom_names: false,
        credential: CredentialStatus::NotNeeded,
        needs: Vec::new(),
    }
}

/// The clock shows the first day of 2026.
fn models() -> Vec<Model> {
    let last_days = [
        ("new", None),
        ("old", NaiveDate::from_ymd_opt(2026, 1, 1)),
        ("soon", NaiveDate::from_ymd_opt(2026, 1, 2)),
    ];
    let model = |(id, retires): (&str, _)| Model {
        id: id.to_owned(),
        name: id.to_owned(),
        retires,
    };
    last_days.map(model).into()
}

pub(crate) fn request() -> StartSession {
    StartSession::new(UserId::LOCAL, Interaction::Realtime(ProviderConfig::of(PROVIDER)))
}

/// One spoken turn through a provider that finds turns: heard, answered, played to its end.
pub(crate) async fn exchange(bench: &Bench, caller: &mut Caller) -> TurnNumber {
    bench.voice.say(RealtimeEventKind::SpeechStarted);
    caller
        .until(|event| matches!(event, Event::SpeechStarted { .. }))
        .await;
    bench.voice.say(RealtimeEventKind::SpeechEnded);
    bench.voice.say(RealtimeEventKind::ResponseStarted);
    bench.voice.say(RealtimeEventKind::Audio(vec![5; 2_400]));
    bench.voice.say(RealtimeEventKind::ResponseDone { usage: None });
    let turn = caller.until_audio().await.turn;
    caller.played(turn, PlaybackEvent::Started, 0).await;
    caller.played(turn, PlaybackEvent::Finished, 100).await;
    caller
        .until(|event| matches!(event, Event::ResponseEnded { .. }))
        .await;
    turn
}

/// A recording with known boundaries.
pub(crate) fn speech(name: &str) -> Vec<i16> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../audio/tests/fixtures");
    let file = std::fs::File::open(fixtures.join(name).with_extension("wav")).expect("the fixture is there");
    let clip = Clip::read(std::io::BufReader::new(file)).expect("it is a WAV file");
    clip.samples
}
