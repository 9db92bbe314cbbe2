//! Where the conversation stands, as the page shows it.

use viva_protocol::ws::SessionState;

use super::reconnect::Attempt;

/// What the state indicator says. Each has its own words, colour and icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// Nothing has begun.
    #[default]
    Ready,
    /// The browser asks the person for the microphone.
    AskingForMicrophone,
    /// The connection opens and the session starts.
    Connecting,
    /// Waiting for the person to speak.
    Listening,
    /// The person speaks.
    HearingYou,
    /// The person is done, the answer has not begun.
    Thinking,
    /// The AI speaks.
    AiSpeaking,
    /// The answer was cut.
    Interrupted,
    /// The connection broke and is tried again.
    Reconnecting(Attempt),
    /// *End* was pressed, the summary is under way.
    Ending,
    /// The session is over.
    Ended,
    /// It could not go on; the message bar says why.
    Failed,
}

impl Phase {
    /// A word for style sheets and tests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::AskingForMicrophone => "asking",
            Self::Connecting => "connecting",
            Self::Listening => "listening",
            Self::HearingYou => "hearing",
            Self::Thinking => "thinking",
            Self::AiSpeaking => "speaking",
            Self::Interrupted => "interrupted",
            Self::Reconnecting(_) => "reconnecting",
            Self::Ending => "ending",
            Self::Ended => "ended",
            Self::Failed => "failed",
        }
    }

    /// Whether *Start* can be pressed.
    pub fn can_start(self) -> bool {
        matches!(self, Self::Ready | Self::Ended | Self::Failed)
    }

    /// Whether nothing follows any more. On a connection that carries the session, the summary follows a failure.
    pub fn is_final(self, carries_session: bool) -> bool {
        self == Self::Failed && !carries_session
    }

    /// Whether both sides can talk now.
    pub fn is_live(self) -> bool {
        matches!(
            self,
            Self::Listening | Self::HearingYou | Self::Thinking | Self::AiSpeaking | Self::Interrupted
        )
    }

    /// Whether whoever leaves the page breaks a conversation off.
    pub fn is_broken_off_by_leaving(self) -> bool {
        self.is_live() || matches!(self, Self::Reconnecting(_))
    }
}

impl From<SessionState> for Phase {
    fn from(state: SessionState) -> Self {
        match state {
            SessionState::Idle => Self::Connecting,
            SessionState::Listening => Self::Listening,
            SessionState::UserSpeaking => Self::HearingYou,
            SessionState::Processing => Self::Thinking,
            SessionState::AiSpeaking => Self::AiSpeaking,
            SessionState::Ending => Self::Ending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_leaves_breaks_off_what_goes_on_and_nothing_else() {
        let attempt = Attempt {
            number: 1,
            of: 3,
            in_s: 2,
        };
        for phase in [Phase::Listening, Phase::AiSpeaking, Phase::Interrupted] {
            assert!(phase.is_broken_off_by_leaving(), "{phase:?}");
        }
        assert!(Phase::Reconnecting(attempt).is_broken_off_by_leaving());
        for phase in [
            Phase::Ready,
            Phase::AskingForMicrophone,
            Phase::Connecting,
            Phase::Ending,
            Phase::Ended,
            Phase::Failed,
        ] {
            assert!(!phase.is_broken_off_by_leaving(), "{phase:?}");
        }
    }

    #[test]
    fn after_a_failure_only_a_running_session_has_a_summary() {
        assert!(Phase::Failed.is_final(false));
        assert!(!Phase::Failed.is_final(true));
        assert!(!Phase::Listening.is_final(false));
    }
}
