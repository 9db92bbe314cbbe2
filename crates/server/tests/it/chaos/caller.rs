//! Somebody who talks, listens, and remembers what they were told.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use tokio::time::{Interval, interval, sleep_until, timeout};
use uuid::Uuid;
use viva_audio::{SampleRate, pcm};
use viva_client::{Conversation, Event, Speaker};
use viva_protocol::ws::{
    ClientMessage, ErrorMessage, Interaction, Latency, NoticeCode, RealtimeConfig, Role, ServerMessage,
    SessionEnded, StartSession,
};

use crate::bench::{FRAME, FRAME_TIME, PATIENCE, Server, clip};

/// What is said: a question from its first word on, in the middle of which the caller falls silent.
const WORDS: usize = 24_000 * 2;

/// What a caller was told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Turns that are over.
    pub(crate) over: Vec<u16>,
    /// What was said in each turn, when it was final.
    pub(crate) user: BTreeMap<u16, String>,
    pub(crate) ai: BTreeMap<u16, String>,
    /// The newest latencies of each turn.
    pub(crate) latency: BTreeMap<u16, Latency>,
    /// All audio of each answer.
    pub(crate) audio: BTreeMap<u16, Vec<i16>>,
    pub(crate) notices: Vec<NoticeCode>,
    pub(crate) errors: Vec<ErrorMessage>,
    pub(crate) ended: Option<SessionEnded>,
    /// Whether the user's speech is heard.
    pub(crate) hears: bool,
    /// What the user sent, all of it.
    pub(crate) sent: Vec<i16>,
    /// How many samples of the question were.
    pub(crate) said: usize,
}

/// A caller in a session.
pub(crate) struct Caller {
    pub(crate) session: Uuid,
    pub(crate) told: Told,
    conversation: Conversation,
    question: Vec<i16>,
    origin: Instant,
    clock: Interval,
    frames: u32,
    speaker: Speaker,
}

/// The offline provider, which says this in turns.
pub(crate) fn offline(answers: &[&str]) -> Interaction {
    with_options(&[("delay_ms", 0.into()), ("answers", answers.into())])
}

pub(crate) fn with_options(options: &[(&str, Value)]) -> Interaction {
    let options: Map<String, Value> = options
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    Interaction::Realtime(RealtimeConfig {
        options,
        ..RealtimeConfig::default()
    })
}

impl Caller {
    pub(crate) async fn start(server: &Server, interaction: &Interaction) -> Self {
        Self::start_with(server, StartSession::new(interaction)).await
    }

    pub(crate) async fn start_with(server: &Server, start: StartSession) -> Self {
        let connection = server
            .client()
            .connect()
            .await
            .expect("the server takes connections");
        let conversation = connection.start(start).await.expect("the session starts");
        conversation
            .send(&ClientMessage::Ready)
            .await
            .expect("the session goes on");
        let mut question = clip("question-en").samples;
        question.truncate(WORDS);
        Self {
            session: conversation.started().session_id,
            told: Told {
                said: WORDS,
                ..Told::default()
            },
            conversation,
            question,
            origin: Instant::now(),
            clock: interval(FRAME_TIME),
            frames: 0,
            speaker: Speaker::new(SampleRate::HZ_24K, Duration::ZERO),
        }
    }

    /// Asks and listens until the turn is over.
    pub(crate) async fn turn(&mut self, turn: u16) {
        self.ask();
        self.until(|told| told.over.contains(&turn)).await;
    }

    /// Begins to ask.
    pub(crate) fn ask(&mut self) {
        self.told.said = 0;
    }

    /// Goes on until this is so.
    pub(crate) async fn until(&mut self, is_so: impl Fn(&Told) -> bool) {
        let going_on = async {
            while !is_so(&self.told) {
                self.step().await;
            }
        };
        if timeout(PATIENCE, going_on).await.is_err() {
            self.told.sent.clear();
            self.told.audio.clear();
            panic!("it does not come: {:?}", self.told);
        }
    }

    /// Ends the session and listens to its end.
    pub(crate) async fn hang_up(&mut self) {
        self.conversation.end().await.expect("the session goes on");
        self.until(|told| told.ended.is_some()).await;
    }

    /// Says that the session is to end, and waits for nothing.
    pub(crate) async fn say_goodbye(&mut self) {
        self.conversation.end().await.expect("the session goes on");
    }

    async fn step(&mut self) {
        let report = self.speaker.deadline().map(|deadline| self.origin + deadline);
        tokio::select! {
            _ = self.clock.tick() => self.speak(),
            () = sleep_until(report.unwrap_or(self.origin).into()), if report.is_some() => {}
            event = self.conversation.next_event() => self.listen(event.expect("the session goes on")),
        }
        while let Some(report) = self.speaker.report(self.origin.elapsed()) {
            // Who hangs up need not tell.
            let _ = self.conversation.send(&ClientMessage::Playback(report)).await;
        }
    }

    fn speak(&mut self) {
        let mut frame = [0; FRAME];
        let rest = &self.question[self.told.said.min(self.question.len())..];
        let said = rest.len().min(FRAME);
        frame[..said].copy_from_slice(&rest[..said]);
        self.told.said += said;
        let captured = FRAME_TIME * self.frames;
        self.frames += 1;
        // A session that is over takes nothing more.
        if self.conversation.send_audio(&frame, captured).is_ok() {
            self.told.sent.extend_from_slice(&frame);
        }
    }

    fn listen(&mut self, event: Event) {
        let told = &mut self.told;
        match event {
            Event::Audio { frame, arrived } => {
                let samples = pcm::samples_from_le_bytes(&frame.payload).expect("whole samples");
                let arrived = arrived.into_std().saturating_duration_since(self.origin);
                let turn = frame.turn_number;
                self.speaker
                    .push(arrived, turn, samples.len() as u64, frame.is_last);
                told.audio.entry(turn).or_default().extend(samples);
            }
            Event::Message(message) => told.note(message),
            Event::Closed { code, reason } => {
                assert!(
                    told.ended.is_some(),
                    "the connection is closed: {code:?} {reason}"
                );
            }
        }
    }
}

impl Told {
    fn note(&mut self, message: ServerMessage) {
        match message {
            ServerMessage::SpeechStarted(_) => self.hears = true,
            ServerMessage::SpeechEnded(_) => self.hears = false,
            ServerMessage::Transcript(said) if said.is_final => {
                let texts = match said.role {
                    Role::User => &mut self.user,
                    Role::Assistant => &mut self.ai,
                };
                texts.insert(said.turn_number, said.text);
            }
            ServerMessage::TurnLatency(known) => {
                self.latency.insert(known.turn_number, known.latency);
            }
            ServerMessage::ResponseEnded(ended) if !ended.repeats => {
                self.latency.insert(ended.turn_number, ended.latency);
                self.over.push(ended.turn_number);
            }
            ServerMessage::Notice(notice) => self.notices.push(notice.code),
            ServerMessage::Error(error) => self.errors.push(error),
            ServerMessage::SessionEnded(ended) => self.ended = Some(ended),
            _ => {}
        }
    }
}
