use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::Message;
use futures_util::{sink, stream};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use viva_application::meters::Meters;
use viva_application::sessions::{SessionSettings, Sessions, SessionsPorts};
use viva_application::templates::Templates;
use viva_application::traces::Traces;
use viva_domain::ids::UserId;
use viva_domain::ports::{RealtimeCapabilities, RealtimeEventKind, SessionStore};
use viva_domain::providers::{CredentialStatus, ProviderCatalogue, ProviderInfo};
use viva_domain::sessions::{EndStatus, SessionState};
use viva_fakes::{
    FixedProviderDirectory, ManualClock, MemoryAudioSpool, MemoryBlobStore, MemoryCredentialStore,
    MemorySessionStore, MemoryTemplateStore, MemoryTurnJournal, ScriptedRealtimeVoice, SequentialIds,
};
use viva_protocol::ws::{AudioFrame, FrameKind};

use super::super::connection::{Context, Received, serve};
use crate::sign_in::Pass;

pub(super) const RATE: u32 = 24_000;
/// Samples of 20 ms.
pub(super) const FRAME: usize = 480;
/// What the socket takes before a write has to wait: as good as nothing.
const SOCKET_ROOM: usize = 1;

/// A server on fakes, with a provider that finds turns when the test says so.
pub(super) struct Bench {
    pub(super) sessions: Sessions,
    pub(super) session_store: Arc<MemorySessionStore>,
    pub(super) template_store: Arc<MemoryTemplateStore>,
    pub(super) voice: Arc<ScriptedRealtimeVoice>,
    pub(super) stopping: CancellationToken,
    /// What lets clients stay that connect from now on; they may at first.
    pub(super) pass: Pass,
    tasks: TaskTracker,
}

impl Bench {
    pub(super) fn new() -> Self {
        let voice = Arc::new(ScriptedRealtimeVoice::with_capabilities(RealtimeCapabilities {
            detects_turns: true,
            greets: true,
            input_rate: RATE,
            output_rate: RATE,
        }));
        let mut providers = ProviderCatalogue::default();
        let info = ProviderInfo {
            id: "offline".to_owned(),
            name: "Scripted".to_owned(),
            models: Vec::new(),
            voices: Vec::new(),
            languages: Vec::new(),
            custom_names: false,
            credential: CredentialStatus::NotNeeded,
            needs: Vec::new(),
        };
        providers.realtime.insert(info, voice.clone());
        let audio_spool = MemoryAudioSpool::default();
        let session_store = Arc::new(MemorySessionStore::default());
        let ports = SessionsPorts {
            session_store: session_store.clone(),
            blob_store: Arc::new(MemoryBlobStore::new(audio_spool.clone())),
            audio_spool: Arc::new(audio_spool),
            turn_journal: Arc::new(MemoryTurnJournal::default()),
            provider_directory: Arc::new(FixedProviderDirectory::new(providers)),
            credential_store: Arc::new(MemoryCredentialStore::default()),
            clock: Arc::new(ManualClock::default()),
            ids: Arc::new(SequentialIds::default()),
            meters: Meters::default(),
            traces: Traces::default(),
        };
        let sessions = Sessions::new(ports, SessionSettings::default(), TaskTracker::new());
        Self {
            sessions,
            session_store,
            template_store: Arc::default(),
            voice,
            stopping: CancellationToken::new(),
            pass: Pass::default(),
            tasks: TaskTracker::new(),
        }
    }

    /// Opens a connection and takes its first message.
    pub(super) async fn connect(&self) -> Client {
        let mut client = self.connect_silently();
        assert_eq!(client.json().await["type"], "connection_ready");
        client
    }

    pub(super) fn connect_silently(&self) -> Client {
        let (says, heard) = mpsc::channel::<Received>(1_000);
        let (answers, arriving) = mpsc::channel::<Message>(SOCKET_ROOM);
        let incoming = stream::unfold(heard, |mut heard| async {
            heard.recv().await.map(|received| (received, heard))
        });
        let outgoing = sink::unfold(answers, |answers, message| async {
            answers.send(message).await.map(|()| answers)
        });
        let clock = Arc::new(ManualClock::default());
        let ids = Arc::new(SequentialIds::default());
        let context = Context {
            sessions: self.sessions.clone(),
            templates: Templates::new(self.template_store.clone(), clock.clone(), ids),
            clock,
            user_id: UserId::LOCAL,
            pass: self.pass.clone(),
            stopping: self.stopping.clone(),
        };
        self.tasks.spawn(serve(incoming, outgoing, context));
        Client {
            says: Some(says),
            hears: arriving,
        }
    }

    /// Waits until every connection is over.
    pub(super) async fn all_closed(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
    }

    /// How the session ended; `None` while it runs.
    pub(super) async fn ended(&self, started: &Value) -> Option<EndStatus> {
        let id = started["session_id"].as_str().unwrap().parse().unwrap();
        let session = self.session_store.find(UserId::LOCAL, id).await.unwrap().unwrap();
        match session.state {
            SessionState::Active => None,
            SessionState::Ended { status, .. } => Some(status),
        }
    }

    /// Waits until the session is over.
    pub(super) async fn session_ends(&self, started: &Value) {
        while self.ended(started).await.is_none() {
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// The user speaks, and the AI answers with this many samples.
    pub(super) fn exchange(&self, samples: usize) {
        for kind in [
            RealtimeEventKind::SpeechStarted,
            RealtimeEventKind::SpeechEnded,
            RealtimeEventKind::ResponseStarted,
            RealtimeEventKind::Audio(vec![5; samples]),
            RealtimeEventKind::ResponseDone { usage: None },
        ] {
            self.voice.say(kind);
        }
    }
}

/// The other end of a connection.
pub(super) struct Client {
    says: Option<mpsc::Sender<Received>>,
    hears: mpsc::Receiver<Message>,
}

impl Client {
    pub(super) async fn send(&self, received: Received) {
        let says = self.says.as_ref().expect("the client is there");
        says.send(received).await.expect("the connection is open");
    }

    pub(super) async fn say(&self, message: Value) {
        self.send_text(&message.to_string()).await;
    }

    pub(super) async fn send_text(&self, text: &str) {
        self.send(Received::Text(text.into())).await;
    }

    /// One frame of silence, captured at this time on the client's clock.
    pub(super) async fn speak(&self, at_us: u64) {
        let payload = Bytes::from(vec![0; FRAME * 2]);
        let frame = AudioFrame {
            kind: FrameKind::User,
            is_last: false,
            turn_number: 0,
            seq: 0,
            position: at_us,
            payload,
        };
        self.send(Received::Binary(frame.encode())).await;
    }

    /// Vanishes without a word; what was sent stays readable.
    pub(super) fn vanish(&mut self) {
        self.says = None;
    }

    /// The next message; `None` when the connection is over.
    pub(super) async fn next(&mut self) -> Option<Message> {
        self.hears.recv().await
    }

    /// What has arrived already.
    pub(super) fn try_next(&mut self) -> Result<Message, mpsc::error::TryRecvError> {
        self.hears.try_recv()
    }

    /// The next control message.
    pub(super) async fn json(&mut self) -> Value {
        loop {
            match self.next().await.expect("the connection is open") {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Binary(_) | Message::Ping(_) => {}
                other => panic!("expected a control message, got {other:?}"),
            }
        }
    }

    /// Skips control messages until one of this type.
    pub(super) async fn until(&mut self, kind: &str) -> Value {
        loop {
            let message = self.json().await;
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// Skips everything until a binary frame.
    pub(super) async fn until_audio(&mut self) -> AudioFrame {
        loop {
            if let Message::Binary(bytes) = self.next().await.expect("the connection is open") {
                return AudioFrame::decode(bytes).unwrap();
            }
        }
    }

    /// Skips everything until the close frame, and answers its code.
    pub(super) async fn close_code(&mut self) -> u16 {
        loop {
            if let Message::Close(frame) = self.next().await.expect("the connection is closed with a code") {
                return frame.expect("with a code").code;
            }
        }
    }

    pub(super) async fn start(&mut self) -> Value {
        self.say(json!({"type": "start_session", "mode": "realtime"}))
            .await;
        self.until("session_started").await
    }

    pub(super) async fn resume(&mut self, started: &Value, audio: Option<u32>, message: Option<u32>) {
        self.say(json!({
            "type": "resume_session", "session_id": started["session_id"], "resume_token": started["resume_token"],
            "last_received_seq": audio, "last_message_seq": message,
        }))
        .await;
    }
}
