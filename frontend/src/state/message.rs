//! The message bar: what happened, what was kept, and one button.

use viva_protocol::ws::{ErrorCode, ErrorMessage, Interaction, Notice, NoticeCode, SessionEndStatus};

use super::microphone::MicrophoneProblem;

/// What the message bar is about; the words are chosen per language.
#[derive(Debug, Clone, PartialEq)]
pub enum Topic {
    /// Something that passes and needs no action.
    Notice(NoticeCode),
    /// The server said that something failed.
    Error(ErrorCode),
    /// No connection could be opened.
    ServerUnreachable,
    /// The connection was lost and three attempts failed.
    ConnectionLost,
    /// Nobody is signed in any more: the server wants to know who asks.
    SignedOut,
    /// The session was not there any more.
    ResumeExpired,
    /// Another tab took the session over.
    Replaced,
    /// The session ended in another way than by *End*.
    SessionEnded(SessionEndStatus),
    /// It ended because nothing happened in it.
    EndedIdle,
    /// The browser cannot play or record audio the way the page needs it.
    AudioUnsupported,
    /// The microphone went away and came back as another one.
    MicrophoneChanged,
    /// The microphone went away, or another one cannot be opened.
    MicrophoneLost(MicrophoneProblem),
    /// The browser does not cancel the echo: the AI may hear itself.
    EchoNotCancelled,
    /// The loudspeaker that was chosen is not there, and the system's plays.
    SpeakerChanged,
    /// The loudspeaker that was chosen cannot be used.
    SpeakerUnusable,
    /// The browser has stopped the page's audio for a while.
    AudioStopped,
    /// The page's files for audio cannot be had.
    NotLoaded,
    /// The session goes on in another mode.
    ModeSwitched(Box<Interaction>),
    /// A turn's recording could not be played.
    ReplayFailed,
}

/// How loud a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Needs attention soon.
    Warning,
    /// Something failed.
    Failure,
}

/// The one button of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Remedy {
    /// Close the message.
    Dismiss,
    /// Begin a new session.
    StartAgain,
    /// Ask for the microphone again.
    OpenMicrophone,
    /// Leave the page for the one on which people sign in.
    SignIn,
}

/// One message.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// What happened.
    pub topic: Topic,
    /// More from the server, in its words; empty when there is none.
    pub detail: String,
}

impl Message {
    /// A message without details.
    pub fn new(topic: Topic) -> Self {
        Self {
            topic,
            detail: String::new(),
        }
    }

    /// How loud it is.
    pub fn severity(&self) -> Severity {
        match &self.topic {
            Topic::Notice(_) | Topic::MicrophoneChanged | Topic::SpeakerChanged | Topic::ModeSwitched(_) => {
                Severity::Info
            }
            Topic::ReplayFailed
            | Topic::SessionEnded(_)
            | Topic::EndedIdle
            | Topic::Replaced
            | Topic::SpeakerUnusable
            | Topic::EchoNotCancelled
            | Topic::AudioStopped => Severity::Warning,
            Topic::Error(_)
            | Topic::ServerUnreachable
            | Topic::ConnectionLost
            | Topic::SignedOut
            | Topic::ResumeExpired
            | Topic::AudioUnsupported
            | Topic::NotLoaded
            | Topic::MicrophoneLost(_) => Severity::Failure,
        }
    }

    /// Whether it says that a provider failed.
    pub fn is_of_provider(&self) -> bool {
        matches!(self.topic, Topic::Error(code) if is_of_provider(code))
    }

    /// Its button, when the session can(not) go on.
    pub fn remedy(&self, can_start: bool) -> Remedy {
        match &self.topic {
            Topic::AudioUnsupported
            | Topic::ReplayFailed
            | Topic::SpeakerUnusable
            | Topic::EchoNotCancelled => Remedy::Dismiss,
            Topic::SignedOut => Remedy::SignIn,
            _ if can_start && self.severity() != Severity::Info => Remedy::StartAgain,
            Topic::MicrophoneLost(_) => Remedy::OpenMicrophone,
            _ => Remedy::Dismiss,
        }
    }
}

/// Whether an error is one of a provider, so that no answer follows.
pub(super) fn is_of_provider(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::CredentialMissing
            | ErrorCode::CredentialInvalid
            | ErrorCode::ProviderUnavailable
            | ErrorCode::ProviderError
            | ErrorCode::QuotaExceeded
            | ErrorCode::RateLimited
    )
}

impl From<&Notice> for Message {
    fn from(notice: &Notice) -> Self {
        let detail = if notice.code == NoticeCode::Unknown {
            notice.message.clone()
        } else {
            String::new()
        };
        Self {
            topic: Topic::Notice(notice.code),
            detail,
        }
    }
}

impl From<&ErrorMessage> for Message {
    fn from(error: &ErrorMessage) -> Self {
        Self {
            topic: Topic::Error(error.code),
            detail: error.message.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_offers_a_new_start_only_when_the_session_is_over() {
        let message = Message::new(Topic::ConnectionLost);
        assert_eq!(message.remedy(true), Remedy::StartAgain);
        assert_eq!(message.remedy(false), Remedy::Dismiss);
        assert_eq!(
            Message::new(Topic::Notice(NoticeCode::SlowClient)).remedy(true),
            Remedy::Dismiss
        );
    }

    #[test]
    fn a_microphone_that_is_lost_midway_can_be_asked_for_again() {
        let message = Message::new(Topic::MicrophoneLost(MicrophoneProblem::Denied));
        assert_eq!(message.remedy(false), Remedy::OpenMicrophone);
        assert_eq!(message.remedy(true), Remedy::StartAgain);
    }

    #[test]
    fn whoever_is_signed_out_can_only_sign_in() {
        let message = Message::new(Topic::SignedOut);
        assert_eq!(message.severity(), Severity::Failure);
        for can_start in [false, true] {
            assert_eq!(message.remedy(can_start), Remedy::SignIn);
        }
    }

    #[test]
    fn an_unknown_notice_speaks_for_itself() {
        let notice = Notice {
            code: NoticeCode::Unknown,
            message: "new kind".to_owned(),
        };
        assert_eq!(Message::from(&notice).detail, "new kind");
    }
}
