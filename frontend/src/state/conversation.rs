//! What happened in the session, from the server's messages.

use uuid::Uuid;
use viva_protocol::rest;
use viva_protocol::ws::{
    FallbackOffered, Interaction, Role, ServerMessage, SessionEndStatus, SessionEnded, SessionState,
    SessionSummary,
};

use super::latency::Figures;
use super::message::{Message, Topic, is_of_provider};
use super::phase::Phase;
use super::reconnect::Attempt;
use super::transcript::Lines;

/// Another mode that the session can go on in.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Why it cannot go on as it is, in the server's words.
    pub reason: String,
    /// The mode and its configuration.
    pub interaction: Interaction,
    /// Whether the server was asked for it.
    pub is_taken: bool,
}

impl From<&FallbackOffered> for Offer {
    fn from(offered: &FallbackOffered) -> Self {
        Self {
            reason: offered.reason.clone(),
            interaction: offered.interaction.clone(),
            is_taken: false,
        }
    }
}

/// A session as the page shows it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Conversation {
    /// Where it stands.
    pub phase: Phase,
    /// Whether the server hears the user, also while the AI speaks.
    pub user_speaks: bool,
    /// The session's id, once the server said it; it stays after the end.
    pub session_id: Option<Uuid>,
    /// The mode and the configuration that run, or ran last.
    pub running: Option<Interaction>,
    /// How the session can go on, since it cannot as it is.
    pub offer: Option<Offer>,
    /// What was said.
    pub lines: Lines,
    /// How long the answers took.
    pub figures: Figures,
    /// The turns that the server has stored: their ids lead to the recordings.
    pub turns: Vec<rest::Turn>,
    /// What it was like, once it is over.
    pub summary: Option<SessionSummary>,
    /// What the message bar says.
    pub message: Option<Message>,
}

impl Conversation {
    /// *Start* was pressed: everything before is forgotten.
    pub fn begin(&mut self) {
        *self = Self {
            phase: Phase::AskingForMicrophone,
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
                self.lines.open(response.turn_number, Role::Assistant);
                self.go_on(Phase::AiSpeaking);
            }
            ServerMessage::Interrupted(_) => self.go_on(Phase::Interrupted),
            ServerMessage::ResponseEnded(response) => {
                self.lines.finish(response.turn_number);
                self.figures
                    .record(response.turn_number, response.latency, response.interrupted);
                if self.phase == Phase::AiSpeaking {
                    self.phase = if self.user_speaks {
                        Phase::HearingYou
                    } else {
                        Phase::Listening
                    };
                }
            }
            ServerMessage::TurnLatency(turn) => self.figures.record(turn.turn_number, turn.latency, false),
            ServerMessage::FallbackOffered(offered) => {
                self.offer = Some(offered.as_ref().into());
                // The offer says why.
                self.message.take_if(|message| message.is_of_provider());
            }
            ServerMessage::ModeSwitched(switched) => {
                self.offer = None;
                self.running = Some(switched.interaction.clone());
                self.message = Some(Message::new(Topic::ModeSwitched(Box::new(
                    switched.interaction.clone(),
                ))));
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
        if self.phase != Phase::Failed {
            self.phase = Phase::Ended;
            self.message = (ended.status != SessionEndStatus::Completed)
                .then(|| Message::new(Topic::SessionEnded(ended.status)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use viva_protocol::ws::{
        ErrorCode, ErrorMessage, InterruptReason, Interrupted, Latency, ResponseEnded, ResponseStarted,
        SessionResumed, SpeechEnded, SpeechStarted, TurnLatency,
    };

    fn speech_started() -> ServerMessage {
        ServerMessage::SpeechStarted(SpeechStarted { timestamp: 0.0 })
    }

    fn speech_ended() -> ServerMessage {
        ServerMessage::SpeechEnded(SpeechEnded {
            timestamp: 0.0,
            duration_ms: 900.0,
        })
    }

    fn response_started(turn_number: u16) -> ServerMessage {
        ServerMessage::ResponseStarted(ResponseStarted {
            turn_number,
            timestamp: 0.0,
        })
    }

    fn response_ended(turn_number: u16, interrupted: bool) -> ServerMessage {
        let latency = Latency {
            total_ms: Some(800.0),
            ..Latency::default()
        };
        ServerMessage::ResponseEnded(ResponseEnded {
            turn_number,
            interrupted,
            latency,
            usage: None,
        })
    }

    fn interrupted(turn_number: u16) -> ServerMessage {
        ServerMessage::Interrupted(Interrupted {
            turn_number,
            timestamp: 0.0,
            reason: InterruptReason::Speech,
        })
    }

    fn ended(status: SessionEndStatus) -> ServerMessage {
        let summary = SessionSummary {
            total_turns: 2,
            ..SessionSummary::default()
        };
        ServerMessage::SessionEnded(SessionEnded {
            session_id: Uuid::nil(),
            status,
            summary,
        })
    }

    fn phases(start: Phase, messages: &[ServerMessage]) -> Vec<&'static str> {
        let mut conversation = Conversation {
            phase: start,
            ..Conversation::default()
        };
        let mut seen = Vec::new();
        for message in messages {
            conversation.apply(message);
            seen.push(conversation.phase.name());
        }
        seen
    }

    #[test]
    fn a_turn_goes_from_hearing_to_thinking_to_speaking_and_back() {
        let turn = [
            speech_started(),
            speech_ended(),
            response_started(1),
            response_ended(1, false),
        ];
        assert_eq!(
            phases(Phase::Listening, &turn),
            ["hearing", "thinking", "speaking", "listening"]
        );
    }

    #[test]
    fn a_user_who_speaks_to_the_end_of_an_answer_is_heard_on() {
        let turn = [speech_started(), response_ended(1, false), speech_ended()];
        assert_eq!(
            phases(Phase::AiSpeaking, &turn),
            ["speaking", "hearing", "thinking"]
        );
        let turn = [speech_started(), speech_ended(), response_ended(1, false)];
        assert_eq!(
            phases(Phase::AiSpeaking, &turn),
            ["speaking", "speaking", "listening"]
        );
    }

    #[test]
    fn a_barge_in_stays_interrupted_until_the_user_is_done() {
        let turn = [
            speech_started(),
            interrupted(1),
            response_ended(1, true),
            speech_ended(),
        ];
        assert_eq!(
            phases(Phase::AiSpeaking, &turn),
            ["speaking", "interrupted", "interrupted", "thinking"]
        );
    }

    #[test]
    fn a_resumed_session_stands_where_the_server_says() {
        let attempt = Attempt {
            number: 1,
            of: 3,
            in_s: 0,
        };
        let resumed = ServerMessage::SessionResumed(SessionResumed {
            session_id: Uuid::nil(),
            state: SessionState::AiSpeaking,
            turn_number: 2,
        });
        assert_eq!(phases(Phase::Reconnecting(attempt), &[resumed]), ["speaking"]);
    }

    #[test]
    fn complete_latency_replaces_the_first_and_keeps_the_interruption() {
        let mut conversation = Conversation::default();
        conversation.apply(&response_ended(3, true));
        let latency = Latency {
            total_ms: Some(842.0),
            ..Latency::default()
        };
        conversation.apply(&ServerMessage::TurnLatency(TurnLatency {
            turn_number: 3,
            latency,
        }));
        let turn = conversation.figures.turn(3).unwrap();
        assert_eq!((turn.latency.total_ms, turn.interrupted), (Some(842.0), true));
    }

    #[test]
    fn a_normal_end_has_a_summary_and_no_message() {
        let mut conversation = Conversation {
            phase: Phase::Ending,
            ..Conversation::default()
        };
        conversation.apply(&ended(SessionEndStatus::Completed));
        assert_eq!(conversation.phase, Phase::Ended);
        assert_eq!(conversation.summary.unwrap().total_turns, 2);
        assert_eq!(conversation.message, None);
    }

    #[test]
    fn a_session_that_another_one_ended_says_so() {
        let mut conversation = Conversation {
            phase: Phase::Listening,
            ..Conversation::default()
        };
        conversation.apply(&ended(SessionEndStatus::Superseded));
        let expected = Message::new(Topic::SessionEnded(SessionEndStatus::Superseded));
        assert_eq!(conversation.message, Some(expected));
    }

    #[test]
    fn the_reason_of_a_failure_outlives_the_end_of_the_session() {
        let mut conversation = Conversation {
            phase: Phase::Listening,
            ..Conversation::default()
        };
        let error = ErrorMessage {
            code: ErrorCode::ProviderError,
            message: "the provider failed".to_owned(),
            recoverable: false,
            details: None,
            retry_after_ms: None,
        };
        conversation.apply(&ServerMessage::Error(error.clone()));
        conversation.apply(&ended(SessionEndStatus::Error));
        assert_eq!(
            (conversation.phase, conversation.message),
            (Phase::Failed, Some((&error).into()))
        );
        assert!(conversation.summary.is_some());
    }

    #[test]
    fn starting_again_forgets_the_last_session() {
        let mut conversation = Conversation::default();
        conversation.apply(&response_ended(1, false));
        conversation.apply(&ended(SessionEndStatus::Completed));
        conversation.begin();
        assert_eq!(
            conversation,
            Conversation {
                phase: Phase::AskingForMicrophone,
                ..Conversation::default()
            }
        );
    }

    #[test]
    fn a_refused_start_has_failed() {
        let mut conversation = Conversation {
            phase: Phase::Connecting,
            ..Conversation::default()
        };
        conversation.apply(&refusal(ErrorCode::CredentialMissing));
        assert_eq!(conversation.phase, Phase::Failed);
    }

    #[test]
    fn an_answer_that_failed_is_not_waited_for() {
        let mut conversation = Conversation {
            phase: Phase::Thinking,
            ..Conversation::default()
        };
        conversation.apply(&refusal(ErrorCode::InvalidMessage));
        assert_eq!(conversation.phase, Phase::Thinking);
        conversation.apply(&refusal(ErrorCode::ProviderError));
        assert_eq!(conversation.phase, Phase::Listening);
    }

    #[test]
    fn what_was_under_way_does_not_undo_the_end() {
        for phase in [Phase::Ending, Phase::Failed] {
            let mut conversation = Conversation {
                phase,
                ..Conversation::default()
            };
            conversation.apply(&ServerMessage::Interrupted(viva_protocol::ws::Interrupted {
                turn_number: 1,
                timestamp: 1.0,
                reason: viva_protocol::ws::InterruptReason::Client,
            }));
            assert_eq!(conversation.phase, phase);
        }
    }

    fn cascade() -> Interaction {
        Interaction::Cascade(viva_protocol::ws::CascadeConfig::default())
    }

    fn offered(reason: &str) -> ServerMessage {
        ServerMessage::FallbackOffered(Box::new(FallbackOffered {
            reason: reason.to_owned(),
            interaction: cascade(),
        }))
    }

    fn switched() -> ServerMessage {
        ServerMessage::ModeSwitched(Box::new(viva_protocol::ws::ModeSwitched {
            interaction: cascade(),
        }))
    }

    #[test]
    fn an_offer_says_why_and_waits_for_a_choice() {
        let mut conversation = Conversation {
            phase: Phase::Thinking,
            ..Conversation::default()
        };
        conversation.apply(&refusal(ErrorCode::ProviderUnavailable));
        conversation.apply(&offered("the provider is gone"));
        let offer = conversation.offer.clone().unwrap();
        assert_eq!(
            (&*offer.reason, offer.interaction),
            ("the provider is gone", cascade())
        );
        assert_eq!(conversation.message, None, "the reason is said once");
        assert!(conversation.waits_for_choice());
        conversation.apply(&speech_started());
        assert!(!conversation.waits_for_choice(), "the user is heard all the same");
    }

    #[test]
    fn another_message_does_not_hide_the_offer() {
        let mut conversation = Conversation {
            phase: Phase::Listening,
            ..Conversation::default()
        };
        conversation.apply(&offered("gone"));
        conversation.apply(&ServerMessage::Notice(viva_protocol::ws::Notice {
            code: viva_protocol::ws::NoticeCode::MicrophoneQuiet,
            message: String::new(),
        }));
        assert!(conversation.offer.is_some() && conversation.message.is_some());
    }

    #[test]
    fn a_mode_that_was_switched_to_is_what_runs() {
        let mut conversation = Conversation {
            phase: Phase::Thinking,
            ..Conversation::default()
        };
        conversation.apply(&offered("gone"));
        conversation.take_offer();
        conversation.apply(&switched());
        assert_eq!(
            (&conversation.offer, conversation.phase),
            (&None, Phase::Thinking)
        );
        assert_eq!(conversation.running, Some(cascade()));
        let expected = Message::new(Topic::ModeSwitched(Box::new(cascade())));
        assert_eq!(conversation.message, Some(expected));
    }

    #[test]
    fn an_offer_that_was_refused_or_lost_on_the_way_can_be_taken_again() {
        let mut conversation = Conversation {
            phase: Phase::Listening,
            ..Conversation::default()
        };
        let is_taken = |conversation: &Conversation| conversation.offer.as_ref().unwrap().is_taken;
        conversation.apply(&offered("gone"));
        conversation.take_offer();
        assert!(is_taken(&conversation));
        conversation.apply(&refusal(ErrorCode::InvalidConfig));
        assert!(!is_taken(&conversation));
        conversation.take_offer();
        conversation.apply(&ServerMessage::SessionResumed(SessionResumed {
            session_id: Uuid::nil(),
            state: SessionState::Listening,
            turn_number: 1,
        }));
        assert!(!is_taken(&conversation));
    }

    #[test]
    fn nothing_is_offered_any_more_when_the_session_is_over() {
        for end in [
            |conversation: &mut Conversation| conversation.apply(&ended(SessionEndStatus::Completed)),
            |conversation: &mut Conversation| conversation.fail(Message::new(Topic::ConnectionLost)),
        ] {
            let mut conversation = Conversation {
                phase: Phase::Listening,
                ..Conversation::default()
            };
            conversation.apply(&offered("gone"));
            end(&mut conversation);
            assert_eq!(conversation.offer, None);
        }
    }

    fn refusal(code: ErrorCode) -> ServerMessage {
        ServerMessage::Error(viva_protocol::ws::ErrorMessage {
            code,
            message: "no".to_owned(),
            recoverable: true,
            details: None,
            retry_after_ms: None,
        })
    }
}
