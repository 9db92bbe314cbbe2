//! One session in real time: words into a microphone, answers out of a loudspeaker.

use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use tokio::time::{Instant, sleep_until, timeout};
use uuid::Uuid;
use viva_audio::SampleRate;
use viva_client::{Conversation, Event, Speaker};
use viva_protocol::ws::{
    ClientMessage, ErrorMessage, InterruptReason, Notice, NoticeCode, PlaybackEvent, ServerMessage,
    SessionEndStatus, SwitchMode,
};

use super::clips::Clips;
use super::plan::{self, Cut, Loss, Plan};
use super::tally::Tally;

/// Length of the frames that are sent.
const FRAME: Duration = Duration::from_millis(20);
/// How long nothing at all may come of what was said.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// The same where words may have been lost with their connection, or in a mode that is being replaced.
const LOST_LIMIT: Duration = Duration::from_secs(10);
/// How long a session may take to end.
const GOODBYE_LIMIT: Duration = Duration::from_secs(15);

/// A caller in a session, whose connections come and go.
pub(super) struct Talk<'a> {
    plan: &'a Plan,
    clips: &'a Clips,
    tally: &'a Tally,
    random: &'a mut StdRng,
    session: Uuid,
    /// The origin of the caller's clock.
    origin: Instant,
    frames: u32,
    speaker: Speaker,
    doing: Doing,
    /// When the session has lasted as long as it should.
    ends: Instant,
    /// When its connection gets lost.
    breaks: Instant,
    /// The answer that is heard.
    heard: u16,
    /// When that is to be cut.
    cut: Option<(Instant, Cut)>,
    /// The answer that what is being said cuts: its end is not that of a turn.
    cut_turn: Option<u16>,
    /// When something happened that an answer could follow.
    active: Instant,
    /// Words may have been lost, so that nobody answers.
    is_uncertain: bool,
    /// What is being said has had its answer: the server found that it had ended before the recording did.
    is_answered: bool,
}

/// What a caller does.
enum Doing {
    Thinks(Instant),
    Says(Arc<[i16]>, usize),
    Waits,
}

/// Why somebody talks no longer on a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The session has lasted long enough.
    TimeIsUp,
    /// The caller lets go of the connection.
    Breaks,
    /// The server ended the session.
    Ended(SessionEndStatus),
    /// The connection is closed, and the caller did not want that.
    Closed(String),
}

impl<'a> Talk<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        clips: &'a Clips,
        tally: &'a Tally,
        random: &'a mut StdRng,
        session: Uuid,
        until: Instant,
    ) -> Self {
        let now = Instant::now();
        Self {
            plan,
            clips,
            tally,
            session,
            origin: now,
            frames: 0,
            // The default of every session.
            speaker: Speaker::new(SampleRate::HZ_24K, Duration::ZERO),
            doing: Doing::Thinks(now + plan::pause(random)),
            ends: plan.length.map_or(until, |length| until.min(now + length)),
            breaks: now + plan::until_loss(random),
            random,
            heard: 0,
            cut: None,
            cut_turn: None,
            active: now,
            is_uncertain: false,
            is_answered: false,
        }
    }

    /// Talks until there is a reason not to.
    pub(super) async fn go_on(&mut self, conversation: &mut Conversation) -> Why {
        loop {
            let frame = self.origin + FRAME * (self.frames + 1);
            let report = self.speaker.deadline().map(|deadline| self.origin + deadline);
            let why = tokio::select! {
                biased;
                () = sleep_until(report.unwrap_or(frame)), if report.is_some() => None,
                () = sleep_until(frame) => self.on_frame(conversation).await,
                event = conversation.next_event() => self.on_event(conversation, event).await,
            };
            if let Some(why) = why {
                return why;
            }
            self.report_playback(conversation).await;
        }
    }

    /// How the connection gets lost.
    pub(super) fn loss(&mut self) -> Loss {
        plan::loss(self.random)
    }

    /// Goes on with another connection; what was captured meanwhile is lost.
    pub(super) fn returns(&mut self) {
        let now = Instant::now();
        while self.origin + FRAME * (self.frames + 1) <= now {
            self.frames += 1;
        }
        self.breaks = now + plan::until_loss(self.random);
        self.active = now;
        self.is_uncertain = true;
    }

    /// Ends the session and waits for the word that it has ended.
    pub(super) async fn hang_up(&mut self, mut conversation: Conversation) {
        if conversation.end().await.is_err() {
            self.unexpected("closed when it was to be ended");
            return;
        }
        let ended = async {
            loop {
                match conversation.next_event().await {
                    Some(Event::Message(ServerMessage::SessionEnded(ended))) => return Some(ended.status),
                    Some(Event::Closed { .. }) | None => return None,
                    Some(Event::Message(_) | Event::Audio { .. }) => {}
                }
            }
        };
        match timeout(GOODBYE_LIMIT, ended).await {
            Ok(Some(SessionEndStatus::Completed)) => self.tally.count("sessions ended"),
            Ok(Some(SessionEndStatus::Error)) if self.plan.may_fail() => {
                self.tally.count("sessions that their provider ended");
            }
            Ok(Some(status)) => self.unexpected(&format!("ended as {status:?} when it was to be ended")),
            Ok(None) => self.unexpected("closed before it said that it ended"),
            Err(_) => self.unexpected("did not end in time"),
        }
        conversation.close().await;
    }

    async fn on_frame(&mut self, conversation: &mut Conversation) -> Option<Why> {
        let now = Instant::now();
        if now >= self.ends {
            return Some(Why::TimeIsUp);
        }
        if now >= self.breaks {
            return Some(Why::Breaks);
        }
        self.decide(conversation, now).await;
        while self.origin + FRAME * (self.frames + 1) <= now {
            let samples = self.capture();
            // A connection that is closed says so in its next event.
            if conversation.send_audio(&samples, FRAME * self.frames).is_err() {
                self.is_uncertain = true;
            }
            self.frames += 1;
        }
        None
    }

    /// Begins to speak, or gives an answer up.
    async fn decide(&mut self, conversation: &Conversation, now: Instant) {
        if let Some((_, cut)) = self.cut.take_if(|(at, _)| *at <= now) {
            match cut {
                Cut::Speech if !matches!(self.doing, Doing::Says(..)) => {
                    self.tally.count("words over an answer");
                    self.cut_turn = Some(self.heard);
                    self.speak();
                }
                Cut::Speech => {}
                Cut::Button => {
                    self.tally.count("answers stopped by a button");
                    // A connection that is closed says so in its next event.
                    conversation.interrupt(None).await.ok();
                }
            }
        }
        match self.doing {
            Doing::Thinks(until) if until <= now => self.speak(),
            Doing::Waits => {
                let limit = if self.is_uncertain {
                    LOST_LIMIT
                } else {
                    ANSWER_LIMIT
                };
                if now >= self.active + limit {
                    if self.is_uncertain {
                        self.tally.count("words lost with a connection or a mode");
                    } else {
                        let Plan { mode, fault, .. } = self.plan;
                        let over = self.cut_turn.map_or("", |_| " to words over an answer");
                        self.unexpected(&format!("no answer{over} in {mode:?}, where {fault:?}"));
                    }
                    self.think();
                }
            }
            Doing::Thinks(_) | Doing::Says(..) => {}
        }
    }

    fn speak(&mut self) {
        self.tally.count("utterances");
        self.is_answered = false;
        self.doing = Doing::Says(self.clips.choose(self.plan.rate, self.random), 0);
    }

    fn think(&mut self) {
        self.is_uncertain = false;
        self.cut_turn = None;
        self.doing = Doing::Thinks(Instant::now() + plan::pause(self.random));
    }

    /// The next frame of the microphone.
    fn capture(&mut self) -> Vec<i16> {
        let len = usize::try_from(self.plan.rate.samples_in(FRAME)).unwrap_or_default();
        let mut samples = vec![0; len];
        if let Doing::Says(said, from) = &mut self.doing {
            let rest = said.get(*from..).unwrap_or_default();
            let taken = rest.len().min(len);
            samples[..taken].copy_from_slice(&rest[..taken]);
            *from += len;
            if *from >= said.len() {
                self.active = Instant::now();
                self.doing = Doing::Waits;
                if self.is_answered {
                    self.think();
                }
            }
        }
        samples
    }

    async fn on_event(&mut self, conversation: &Conversation, event: Option<Event>) -> Option<Why> {
        match event {
            Some(Event::Audio { frame, arrived }) => {
                self.active = arrived;
                let now = arrived.saturating_duration_since(self.origin);
                let samples = frame.payload.len() as u64 / 2;
                self.speaker.push(now, frame.turn_number, samples, frame.is_last);
                None
            }
            Some(Event::Message(message)) => self.on_message(conversation, message).await,
            Some(Event::Closed { code, reason }) => {
                let code = code.map_or_else(|| "no code".to_owned(), |code| code.to_string());
                Some(Why::Closed(format!("closed by the server with {code}: {reason}")))
            }
            None => Some(Why::Closed("closed without a word".to_owned())),
        }
    }

    async fn on_message(&mut self, conversation: &Conversation, message: ServerMessage) -> Option<Why> {
        match message {
            ServerMessage::ResponseEnded(ended) => {
                self.active = Instant::now();
                let is_cut = self.cut_turn == Some(ended.turn_number);
                if !ended.repeats {
                    self.tally.count("answers");
                    self.cut.take_if(|_| self.heard == ended.turn_number);
                    if !is_cut {
                        self.on_answered();
                    } else if !ended.interrupted {
                        self.tally.count("words over an answer that did not stop it");
                        self.is_uncertain = true;
                    }
                }
            }
            ServerMessage::Interrupted(interrupted) => {
                if interrupted.reason == InterruptReason::Speech {
                    self.tally.count("barge-ins");
                }
                let now = self.origin.elapsed();
                self.speaker.stop(now, interrupted.turn_number);
            }
            ServerMessage::FallbackOffered(offer) => {
                self.tally.count("fallbacks offered");
                let switch = SwitchMode {
                    mode: offer.interaction.mode(),
                    config: offer.interaction.config(),
                };
                self.is_uncertain = true;
                conversation.send(&ClientMessage::SwitchMode(switch)).await.ok();
            }
            ServerMessage::ModeSwitched(_) => {
                self.tally.count("modes switched");
                self.active = Instant::now();
                self.is_uncertain = true;
            }
            ServerMessage::Notice(notice) => self.on_notice(&notice),
            ServerMessage::Error(error) => self.on_error(&error),
            ServerMessage::SessionEnded(ended) => return Some(Why::Ended(ended.status)),
            _ => self.active = Instant::now(),
        }
        None
    }

    fn on_notice(&mut self, notice: &Notice) {
        match notice.code {
            NoticeCode::ResumeIncomplete => {
                self.tally.count("resumes after which something was missing");
            }
            NoticeCode::MicrophoneQuiet => self.tally.count("microphones that were called quiet"),
            NoticeCode::AnswerStalled if self.plan.fault == plan::Fault::Hangs => {
                self.tally.count("answers that stalled");
            }
            _ => self.unexpected(&format!("notice: {}", notice.message)),
        }
    }

    fn on_error(&mut self, error: &ErrorMessage) {
        if self.plan.expects(error.code) {
            self.tally.count(format!("provider faults: {:?}", error.code));
        } else {
            self.unexpected(&format!("error {:?}: {}", error.code, error.message));
        }
        self.on_answered();
    }

    /// Goes on after an answer, or after the word that there will be none.
    fn on_answered(&mut self) {
        match self.doing {
            Doing::Waits => self.think(),
            Doing::Says(..) => self.is_answered = true,
            Doing::Thinks(_) => {}
        }
    }

    async fn report_playback(&mut self, conversation: &Conversation) {
        while let Some(report) = self.speaker.report(self.origin.elapsed()) {
            self.active = Instant::now();
            if report.event == PlaybackEvent::Started {
                self.heard = report.turn_number;
                self.cut = plan::cut(self.random).map(|(after, cut)| (self.active + after, cut));
            }
            // What no connection takes is not heard of: the next one tells how it went on.
            conversation.send(&ClientMessage::Playback(report)).await.ok();
        }
    }

    fn unexpected(&self, what: &str) {
        self.tally.unexpected(Some(self.session), what);
    }
}
