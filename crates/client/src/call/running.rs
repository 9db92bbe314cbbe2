use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};
use viva_audio::SampleRate;
use viva_protocol::ws::{
    CLOSE_GOING_AWAY, CLOSE_REPLACED, CLOSE_SIGNED_OUT, ClientMessage, PlaybackEvent, PlaybackReport,
    ServerMessage, StartSession,
};

use super::microphone::Microphone;
use super::progress::{Progress, Standing};
use super::speaker::Speaker;
use super::{Call, CallEvent, CallReport, Connect, Happening, Outcome};
use crate::{ClientError, Conversation, Event};

/// Waits before the attempts to come back.
const RECONNECT_AFTER: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// How long the server may take to end the session after the caller hung up.
const GOODBYE_LIMIT: Duration = Duration::from_secs(5);

/// A call that is going on.
pub(super) struct RunningCall<'a, C, O> {
    connect: &'a C,
    call: &'a Call,
    observe: O,
    /// The origin of the client's clock: it stamps the user's audio and the playback reports.
    origin: Instant,
    conversation: Conversation,
    microphone: Microphone,
    speaker: Speaker,
    progress: Progress,
    /// Reports that no connection took yet.
    unsent: VecDeque<PlaybackReport>,
    /// When the last word of the clip was sent.
    spoken_at: Option<Duration>,
    frames_sent: u64,
    frames_lost: u64,
    resumed: u32,
}

/// What a call waited for.
#[expect(clippy::large_enum_variant, reason = "there is one at a time, on the stack")]
enum Wake {
    Event(Option<Event>),
    Frame,
    Report,
}

impl<'a, C: Connect, O: FnMut(&CallEvent<'_>) + Send> RunningCall<'a, C, O> {
    pub(super) async fn begin(
        connect: &'a C,
        call: &'a Call,
        mut observe: O,
        start: StartSession,
        input_rate: SampleRate,
        output_rate: SampleRate,
    ) -> Result<Self, ClientError> {
        let origin = Instant::now();
        let greets = start.greeting;
        let conversation = connect.connect().await?.start(start).await?;
        conversation.send(&ClientMessage::Ready).await?;
        let now = origin.elapsed();
        let started = ServerMessage::SessionStarted(Box::new(conversation.started().clone()));
        observe(&CallEvent {
            at: now,
            what: Happening::Message(&started),
        });
        let mut running = Self {
            connect,
            call,
            observe,
            origin,
            conversation,
            microphone: Microphone::new(&call.clip, input_rate, now),
            speaker: Speaker::new(output_rate, call.device_latency),
            progress: Progress::new(now, call.keep_audio, output_rate),
            unsent: VecDeque::new(),
            spoken_at: None,
            frames_sent: 0,
            frames_lost: 0,
            resumed: 0,
        };
        if !greets {
            running.speak(now);
        }
        Ok(running)
    }

    pub(super) async fn run(mut self) -> CallReport {
        let clip_len = self
            .call
            .clip
            .rate
            .duration_of(self.call.clip.samples.len() as u64);
        let limit = self.origin + clip_len + self.call.call_limit;
        let talk = timeout_at(limit, self.talk());
        let outcome = talk.await.unwrap_or(Outcome::TooLong);
        if !matches!(outcome, Outcome::EndedByServer(_) | Outcome::Lost { .. }) {
            self.hang_up().await;
        }
        self.report(outcome).await
    }

    /// Speaks and listens until the call is over.
    async fn talk(&mut self) -> Outcome {
        loop {
            match self.wake().await {
                Wake::Event(Some(Event::Closed { code, reason })) => {
                    if let Some(outcome) = self.come_back(code, reason).await {
                        return outcome;
                    }
                }
                Wake::Event(None) => {
                    return Outcome::Lost {
                        reason: "nothing more came".to_owned(),
                    };
                }
                Wake::Event(Some(event)) => self.on_event(event),
                Wake::Frame => self.on_frame(),
                Wake::Report => {}
            }
            self.report_playback().await;
            let now = self.now();
            if let Some(outcome) = self.progress.outcome(self.call, now, self.standing()) {
                return outcome;
            }
        }
    }

    /// Waits for what comes first. Events come last, because they alone may come without end; what arrives is stamped
    /// elsewhere, so it does not matter to them.
    async fn wake(&mut self) -> Wake {
        let frame = self.origin + self.microphone.deadline();
        let report = self.speaker.deadline().map(|deadline| self.origin + deadline);
        tokio::select! {
            biased;
            () = sleep_until(report.unwrap_or(frame)), if report.is_some() => Wake::Report,
            () = sleep_until(frame) => Wake::Frame,
            event = self.conversation.next_event() => Wake::Event(event),
        }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Message(message) => self.on_message(&message),
            Event::Audio { frame, arrived } => {
                let arrived = arrived.saturating_duration_since(self.origin);
                self.speaker.push(
                    arrived,
                    frame.turn_number,
                    frame.payload.len() as u64 / 2,
                    frame.is_last,
                );
                self.progress.on_audio(arrived, &frame);
            }
            // A connection that closes is handled where it can be replaced.
            Event::Closed { .. } => {}
        }
    }

    fn on_message(&mut self, message: &ServerMessage) {
        let now = self.now();
        self.tell(now, Happening::Message(message));
        if let ServerMessage::Interrupted(interrupted) = message {
            self.speaker.stop(now, interrupted.turn_number);
        }
        self.progress.on_message(now, message);
        if self.progress.was_greeted() {
            self.speak(now);
        }
    }

    fn on_frame(&mut self) {
        let now = self.now();
        while let Some(frame) = self.microphone.capture(now) {
            match self.conversation.send_audio(&frame.samples, frame.at) {
                Ok(()) => self.frames_sent += 1,
                Err(err) => {
                    tracing::debug!(
                        event = "call.frame_lost",
                        error = &err as &dyn std::error::Error,
                        "Lost a frame"
                    );
                    self.frames_lost += 1;
                }
            }
        }
        if self.microphone.has_spoken() {
            self.spoken_at.get_or_insert(now);
        }
    }

    /// Lets the clip begin, unless it has begun.
    fn speak(&mut self, now: Duration) {
        if self.microphone.speak() {
            self.tell(now, Happening::ClipStarted);
        }
    }

    async fn report_playback(&mut self) {
        loop {
            let underruns = self.speaker.underruns();
            let Some(report) = self.speaker.report(self.now()) else {
                break;
            };
            let at = Duration::from_secs_f64(report.at / 1_000.0);
            if report.event == PlaybackEvent::Started {
                let speech_end = self.microphone.speech_end_before(at);
                self.progress
                    .on_played(report.turn_number, speech_end.map(|end| at.saturating_sub(end)));
            }
            self.progress.on_playback(&report, underruns);
            self.tell(at, Happening::Playback(&report));
            self.unsent.push_back(report);
        }
        while let Some(report) = self.unsent.front() {
            if self
                .conversation
                .send(&ClientMessage::Playback(*report))
                .await
                .is_err()
            {
                // The connection is closed, as the next event will say. After a resume they are sent.
                return;
            }
            self.unsent.pop_front();
        }
    }

    /// Replaces the connection and goes on with the session; the outcome of the call when that is not possible.
    async fn come_back(&mut self, code: Option<u16>, reason: String) -> Option<Outcome> {
        let now = self.now();
        self.tell(
            now,
            Happening::Disconnected {
                code,
                reason: &reason,
            },
        );
        if matches!(
            code,
            Some(CLOSE_NORMAL | CLOSE_GOING_AWAY | CLOSE_REPLACED | CLOSE_SIGNED_OUT)
        ) {
            return Some(Outcome::Lost {
                reason: described(code, &reason),
            });
        }
        let mut reason = described(code, &reason);
        for wait in RECONNECT_AFTER {
            sleep(wait).await;
            match self.resume().await {
                Ok(conversation) => {
                    self.conversation = conversation;
                    self.resumed += 1;
                    let now = self.now();
                    self.frames_lost += u64::from(self.microphone.skip_to(now));
                    self.tell(now, Happening::Resumed);
                    return None;
                }
                Err(ClientError::Refused(error)) => {
                    return Some(Outcome::Failed {
                        message: error.message,
                    });
                }
                Err(err) => reason = err.to_string(),
            }
        }
        Some(Outcome::Lost { reason })
    }

    async fn resume(&self) -> Result<Conversation, ClientError> {
        self.connect
            .connect()
            .await?
            .resume(self.conversation.ticket())
            .await
    }

    /// Ends the session and takes what the server has to say about it, as long as it takes and says anything. What still plays
    /// is cut.
    async fn hang_up(&mut self) {
        self.progress.hang_up();
        self.speaker.stop(self.now(), u16::MAX);
        // A server that says no goodbye leaves a report without its summary.
        let _ = timeout(GOODBYE_LIMIT, self.say_goodbye()).await;
    }

    async fn say_goodbye(&mut self) {
        self.report_playback().await;
        if self.conversation.end().await.is_err() {
            return;
        }
        while self.progress.ended.is_none() {
            match self.conversation.next_event().await {
                Some(Event::Closed { .. }) | None => return,
                Some(event) => self.on_event(event),
            }
        }
    }

    async fn report(self, outcome: Outcome) -> CallReport {
        let session_id = self.conversation.started().session_id;
        let duration_ms = self.origin.elapsed().as_secs_f64() * 1_000.0;
        self.conversation.close().await;
        let mut progress = self.progress;
        let (status, summary) = progress.ended.take().unzip();
        CallReport {
            session_id,
            outcome,
            status,
            summary,
            errors: std::mem::take(&mut progress.errors),
            notices: std::mem::take(&mut progress.notices),
            turns: progress.into_turns(),
            frames_sent: self.frames_sent,
            frames_lost: self.frames_lost,
            resumed: self.resumed,
            duration_ms,
        }
    }

    fn standing(&self) -> Standing {
        Standing {
            has_spoken: self.spoken_at.is_some(),
            spoken_at: self.spoken_at.unwrap_or_default(),
            speaker_is_silent: self.speaker.is_silent(),
        }
    }

    fn tell(&mut self, at: Duration, what: Happening<'_>) {
        (self.observe)(&CallEvent { at, what });
    }

    fn now(&self) -> Duration {
        self.origin.elapsed()
    }
}

/// Close code of a conversation that is over (RFC 6455, normal closure).
const CLOSE_NORMAL: u16 = 1000;

fn described(code: Option<u16>, reason: &str) -> String {
    match (code, reason) {
        (Some(code), "") => format!("closed with code {code}"),
        (Some(code), reason) => format!("closed with code {code}: {reason}"),
        (None, reason) => reason.to_owned(),
    }
}
