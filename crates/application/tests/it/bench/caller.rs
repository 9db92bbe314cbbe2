use std::time::Duration;

use tokio::time::{Instant, sleep};
use viva_application::sessions::{
    AudioOut, Connection, FallbackOffer, LinkEnd, Outgoing, PlaybackReport, SessionInput, SessionMessage,
    StartedSession, UserAudio,
};
use viva_domain::latency::ClientTime;
use viva_domain::sessions::Interaction;
use viva_domain::turns::{Event, PlaybackEvent, TurnNumber};

use super::FRAME;

/// The client's clock shows this much when the session begins.
const CLIENT_ORIGIN_MS: u64 = 7_000_000;

/// A client: what it says, and what it got.
pub(crate) struct Caller {
    pub(crate) connection: Connection,
    pub(crate) end: LinkEnd,
    pub(crate) last_audio_seq: Option<u32>,
    pub(crate) last_message_seq: Option<u32>,
    pub(super) began: Instant,
}

impl Caller {
    pub(super) fn new(connection: Connection, end: LinkEnd) -> Self {
        Self {
            connection,
            end,
            last_audio_seq: None,
            last_message_seq: None,
            began: Instant::now(),
        }
    }

    /// The next thing that arrives; `None` when the session is over.
    pub(crate) async fn next(&mut self) -> Option<Outgoing> {
        let outgoing = self.end.outgoing.recv().await?;
        match &outgoing {
            Outgoing::Audio(frame) => {
                self.last_audio_seq = Some(frame.seq);
                if frame.is_first() {
                    let sent = SessionInput::FirstAudioSent {
                        turn: frame.turn,
                        at: Instant::now(),
                    };
                    let _ = self.connection.send(sent).await;
                }
            }
            Outgoing::Message { seq, .. } => self.last_message_seq = seq.or(self.last_message_seq),
        }
        Some(outgoing)
    }

    pub(crate) async fn next_message(&mut self) -> Option<SessionMessage> {
        loop {
            if let Outgoing::Message { message, .. } = self.next().await? {
                return Some(message);
            }
        }
    }

    pub(crate) async fn next_event(&mut self) -> Option<Event> {
        loop {
            if let SessionMessage::Event(event) = self.next_message().await? {
                return Some(event);
            }
        }
    }

    /// Skips events until one that the test waits for.
    pub(crate) async fn until(&mut self, is_it: impl Fn(&Event) -> bool) -> Event {
        loop {
            let event = self.next_event().await.expect("the session goes on");
            if is_it(&event) {
                return event;
            }
        }
    }

    /// Skips messages until one that the test picks.
    pub(crate) async fn until_message<T>(&mut self, pick: impl Fn(SessionMessage) -> Option<T>) -> T {
        loop {
            let message = self.next_message().await.expect("the session goes on");
            if let Some(picked) = pick(message) {
                return picked;
            }
        }
    }

    pub(crate) async fn until_offered(&mut self) -> FallbackOffer {
        self.until_message(|message| match message {
            SessionMessage::FallbackOffered(offer) => Some(*offer),
            _ => None,
        })
        .await
    }

    pub(crate) async fn until_switched(&mut self) -> Interaction {
        self.until_message(|message| match message {
            SessionMessage::ModeSwitched(switched) => Some(switched.interaction),
            _ => None,
        })
        .await
    }

    /// Skips messages until the session goes on in another mode; why it does.
    pub(crate) async fn until_switched_because(&mut self) -> Option<String> {
        self.until_message(|message| match message {
            SessionMessage::ModeSwitched(switched) => Some(switched.reason),
            _ => None,
        })
        .await
    }

    /// Plays the turn's answer to its end, which is so long.
    pub(crate) async fn hears_all(&mut self, turn: TurnNumber, ms: u64) {
        self.played(turn, PlaybackEvent::Started, 0).await;
        self.played(turn, PlaybackEvent::Finished, ms).await;
        self.until(|event| matches!(event, Event::ResponseEnded { .. }))
            .await;
    }

    pub(crate) async fn until_audio(&mut self) -> AudioOut {
        loop {
            if let Outgoing::Audio(frame) = self.next().await.expect("the session goes on") {
                return frame;
            }
        }
    }

    /// Everything to the end of the session.
    pub(crate) async fn rest(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next_event().await {
            events.push(event);
        }
        events
    }

    pub(crate) async fn started(&mut self) -> StartedSession {
        match self.next().await {
            Some(Outgoing::Message {
                message: SessionMessage::Started(started),
                ..
            }) => *started,
            other => panic!("the first message is `started`, got {other:?}"),
        }
    }

    pub(crate) fn client_time(&self) -> ClientTime {
        let elapsed = u64::try_from(self.began.elapsed().as_micros()).expect("a test is short");
        ClientTime::from_micros(CLIENT_ORIGIN_MS * 1_000 + elapsed)
    }

    /// Plays samples in real time, in frames of 20 ms.
    pub(crate) async fn speak(&mut self, samples: &[i16]) {
        self.speak_in_frames_of(FRAME, samples).await;
    }

    /// Plays samples in real time, in frames of 20 ms that are so long at the session's rate.
    pub(crate) async fn speak_in_frames_of(&mut self, frame: usize, samples: &[i16]) {
        for frame in samples.chunks(frame) {
            let captured = self.client_time();
            sleep(Duration::from_millis(20)).await;
            self.send(frame, captured).await;
        }
    }

    /// Sends samples that were captured at some time.
    pub(crate) async fn send(&mut self, samples: &[i16], captured: ClientTime) {
        let audio = UserAudio {
            samples: samples.to_vec(),
            captured: Some(captured),
            received: Instant::now(),
        };
        self.connection
            .process_audio(audio)
            .await
            .expect("the session goes on");
    }

    pub(crate) async fn say(&self, input: SessionInput) {
        self.connection.send(input).await.expect("the session goes on");
    }

    pub(crate) async fn played(&self, turn: TurnNumber, event: PlaybackEvent, played_ms: u64) {
        let played = Duration::from_millis(played_ms);
        self.say(SessionInput::Playback(PlaybackReport {
            turn,
            event,
            played,
            at: self.client_time(),
        }))
        .await;
    }
}
