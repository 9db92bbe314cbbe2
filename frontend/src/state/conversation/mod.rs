//! What happened in the session, from the server's messages.

mod offer;
#[cfg(test)]
mod tests;

pub use offer::Offer;

use uuid::Uuid;
use viva_protocol::rest;
use viva_protocol::ws::{
    Interaction, NoticeCode, ServerMessage, SessionEndStatus, SessionEnded, SessionState, SessionSummary,
};

use super::latency::Figures;
use super::message::{Message, Topic, is_of_provider};
use super::phase::Phase;
use super::reconnect::Attempt;
use super::transcript::Lines;

/// A session as the page shows it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Conversation {
    /// Where it stands.
    pub phase: Phase,
    /// Whether the server hears the user, also while the AI speaks.
    pub user_speaks: bool,
    /// The session's id, once the server said it; it stays after the end.
    pub session_id: Option<Uuid>,
    /// Who the user plays, if anybody.
    pub user_role: Option<String>,
    /// Who the AI plays, if anybody.
    pub ai_role: Option<String>,
    /// The mode and the configuration that run, or ran last.
    pub running: Option<Interaction>,
    /// How the session can go on, since it cannot as it is.
    pub offer: Option<Offer>,
    /// What was said.
    pub lines: Lines,
    /// How long the answers took.
    pub figures: Figures,
    /// Whether it was not known when the user's audio was captured: then the totals are too short.
    pub lacks_capture_times: bool,
    /// The turns that the server has stored: their ids lead to the recordings.
    pub turns: Vec<rest::Turn>,
    /// What it was like, once it is over.
    pub summary: Option<SessionSummary>,
    /// What the message bar says.
    pub message: Option<Message>,
}

impl Conversation {
    /// *Start* was pressed: everything before is forgotten. The sides have these roles, whatever is chosen afterwards for the
    /// next session.
    pub fn begin(&mut self, user_role: Option<String>, ai_role: Option<String>) {
        *self = Self {
            phase: Phase::AskingForMicrophone,
            user_role,
            ai_role,
            ..Self::default()
        };
    }

    /// The connection is away.
    pub fn reconnect(&mut self, attempt: Attempt) {
        self.phase = Phase::Reconnecting(attempt);
    }

    /// The session cannot go on.
    pub fn fail(&mut self, message: Message) {
        self.phase = Phase::Failed;
        self.offer = None;
        self.message = Some(message);
    }

    /// The server was asked to go on as it offered.
    pub fn take_offer(&mut self) {
        if let Some(offer) = &mut self.offer {
            offer.is_taken = true;
        }
    }

    /// Whether nothing happens until the person has chosen how to go on.
    pub fn waits_for_choice(&self) -> bool {
        self.offer.is_some() && matches!(self.phase, Phase::Listening | Phase::Thinking)
    }

    /// Takes one message of the server.
    pub fn apply(&mut self, message: &ServerMessage) {
        match message {
            ServerMessage::SessionStarted(started) => {
                self.session_id = Some(started.session_id);
                self.running = Some(started.interaction.clone());
                self.phase = Phase::Listening;
            }
            ServerMessage::SessionResumed(resumed) => {
                self.phase = resumed.state.into();
                self.offer_again();
                // Of an AI that speaks it is not said whether the user does too; what changed meanwhile is sent again.
                if resumed.state != SessionState::AiSpeaking {
                    self.user_speaks = resumed.state == SessionState::UserSpeaking;
                }
            }
            ServerMessage::SpeechStarted(_) => self.hear_the_user(),
            ServerMessage::SpeechEnded(_) => self.stop_hearing_the_user(),
            ServerMessage::Transcript(transcript) => self.lines.transcribe(transcript),
            ServerMessage::TextDelta(delta) => self.lines.append(delta),
            ServerMessage::ResponseStarted(response) => {
                self.lines.begin(response.turn_number);
                self.go_on(Phase::AiSpeaking);
            }
            ServerMessage::Interrupted(interrupted) => {
                self.lines.cut_by(interrupted.turn_number, interrupted.reason);
                self.go_on(Phase::Interrupted);
            }
            // Nothing of it was heard: the turn waits for another answer, and the line comes with that.
            ServerMessage::ResponseEnded(response) if response.repeats => {
                self.lines.forget_answer(response.turn_number);
                self.go_on(if self.user_speaks {
                    Phase::HearingYou
                } else {
                    Phase::Thinking
                });
            }
            ServerMessage::ResponseEnded(response) => {
                self.lines
                    .finish(response.turn_number, response.false_interruptions);
                self.figures
                    .record(response.turn_number, response.latency, response.interrupted);
                if self.phase == Phase::AiSpeaking {
                    self.phase = if self.user_speaks {
                        Phase::HearingYou
                    } else if self.lines.has_user_after(response.turn_number) {
                        // What was said while the AI finished is answered now.
                        Phase::Thinking
                    } else {
                        Phase::Listening
                    };
                }
            }
            ServerMessage::LatencyProgress(turn) => {
                self.figures.progress(turn.turn_number, turn.latency);
                // What was said while the AI finished is answered now.
                if self.phase == Phase::Listening {
                    self.phase = Phase::Thinking;
                }
            }
            ServerMessage::TurnLatency(turn) => {
                self.figures.record(turn.turn_number, turn.latency, false);
            }
            ServerMessage::FallbackOffered(offered) => {
                self.offer = Some(offered.as_ref().into());
                // The offer says why.
                self.message.take_if(|message| message.is_of_provider());
            }
            ServerMessage::ModeSwitched(switched) => {
                self.offer = None;
                self.running = Some(switched.interaction.clone());
                self.message = Some(Message {
                    topic: Topic::ModeSwitched(Box::new(switched.interaction.clone())),
                    // What the user asked for needs no reason.
                    detail: switched.reason.clone().unwrap_or_default(),
                });
            }
            ServerMessage::Notice(notice) => self.message = Some(notice.into()),
            ServerMessage::SessionEnded(ended) => self.end(ended),
            ServerMessage::Error(error) if error.recoverable && !self.is_opening() => {
                self.message = Some(error.into());
                self.offer_again();
                // An answer that failed will not come.
                if self.phase == Phase::Thinking && is_of_provider(error.code) {
                    self.phase = Phase::Listening;
                }
            }
            ServerMessage::Error(error) => self.fail(error.into()),
            ServerMessage::ConnectionReady(_)
            | ServerMessage::AudioChunk(_)
            | ServerMessage::Pong(_)
            | ServerMessage::Unknown => {}
        }
    }

    /// Takes the turns as the server stored them.
    pub fn settle(&mut self, turns: Vec<rest::Turn>) {
        for turn in &turns {
            self.lines.settle(turn);
            self.figures
                .record(turn.turn_number, turn.latency, turn.interrupted);
        }
        self.turns
            .retain(|known| turns.iter().all(|turn| turn.turn_number != known.turn_number));
        self.turns.extend(turns);
    }

    /// The stored turn behind a number.
    pub fn stored_turn(&self, turn_number: u16) -> Option<&rest::Turn> {
        self.turns.iter().find(|turn| turn.turn_number == turn_number)
    }

    /// Moves on within a conversation: what arrives after its end was under way.
    fn go_on(&mut self, phase: Phase) {
        if self.phase.is_live() {
            self.phase = phase;
        }
    }

    /// A session is being started or taken back: whatever is refused now is that.
    fn is_opening(&self) -> bool {
        matches!(self.phase, Phase::Connecting | Phase::Reconnecting(_))
    }

    /// An AI that may not be interrupted goes on speaking, and so does its state.
    fn hear_the_user(&mut self) {
        self.user_speaks = true;
        if self.phase != Phase::AiSpeaking {
            self.go_on(Phase::HearingYou);
        }
    }

    fn stop_hearing_the_user(&mut self) {
        self.user_speaks = false;
        if matches!(self.phase, Phase::HearingYou | Phase::Interrupted) {
            self.phase = Phase::Thinking;
        }
    }

    /// What was asked for may not have arrived, or was refused: it can be asked for once more.
    fn offer_again(&mut self) {
        if let Some(offer) = &mut self.offer {
            offer.is_taken = false;
        }
    }

    fn end(&mut self, ended: &SessionEnded) {
        self.offer = None;
        self.summary = Some(ended.summary);
        // A failure that ended the session stays visible.
        if self.phase == Phase::Failed {
            return;
        }
        let was_asked_for = self.phase == Phase::Ending && ended.status == SessionEndStatus::Completed;
        let was_idle = Topic::Notice(NoticeCode::IdleLimitNear);
        let topic = match ended.status {
            SessionEndStatus::Completed if self.message.take().is_some_and(|told| told.topic == was_idle) => {
                Topic::EndedIdle
            }
            status => Topic::SessionEnded(status),
        };
        self.phase = Phase::Ended;
        self.message = (!was_asked_for).then(|| Message::new(topic));
    }
}
