use chrono::{DateTime, Utc};

use super::config::{FallbackPolicy, Interaction};
use super::prompt::Prompt;
use crate::ids::{SessionId, UserId};

/// One conversation from *Start* to *End*.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// The stack it was started with, defaults filled in.
    pub interaction: Interaction,
    /// What the AI was told, as it was written.
    pub prompt: Prompt,
    /// The same as it was sent, in one text: to the provider it began with, and to every one it went on with.
    pub instructions: String,
    /// Whether the user's speech stops the AI.
    pub barge_in_enabled: bool,
    /// What happens when a realtime provider fails.
    pub fallback: FallbackPolicy,
    /// When it began, UTC, to the microsecond.
    pub started_at: DateTime<Utc>,
    /// Whether it runs.
    pub state: SessionState,
}

/// Whether a session runs, or when and how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionState {
    /// It runs.
    Active,
    /// It is over.
    Ended {
        /// When, UTC, to the microsecond.
        at: DateTime<Utc>,
        /// How.
        status: EndStatus,
    },
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndStatus {
    /// Somebody ended it, or it was idle for too long.
    Completed,
    /// The client was lost and did not come back, or the server stopped.
    Disconnected,
    /// It could not go on.
    Error,
    /// Its user started another one.
    Superseded,
}

/// A session's state without its time: what lists filter by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionStatus {
    /// It runs.
    Active,
    /// It is over.
    Ended(EndStatus),
}

impl SessionState {
    /// The state without its time.
    pub const fn status(self) -> SessionStatus {
        match self {
            Self::Active => SessionStatus::Active,
            Self::Ended { status, .. } => SessionStatus::Ended(status),
        }
    }

    /// When the session ended; `None` while it runs.
    pub const fn ended_at(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Active => None,
            Self::Ended { at, .. } => Some(at),
        }
    }
}

impl SessionStatus {
    /// Every status, in the order that lists show.
    pub const ALL: [Self; 5] = [
        Self::Active,
        Self::Ended(EndStatus::Completed),
        Self::Ended(EndStatus::Disconnected),
        Self::Ended(EndStatus::Error),
        Self::Ended(EndStatus::Superseded),
    ];

    /// The name that is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Ended(EndStatus::Completed) => "completed",
            Self::Ended(EndStatus::Disconnected) => "disconnected",
            Self::Ended(EndStatus::Error) => "error",
            Self::Ended(EndStatus::Superseded) => "superseded",
        }
    }

    /// The status of this name; `None` for any other text.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_found_by_its_name() {
        for status in SessionStatus::ALL {
            assert_eq!(SessionStatus::from_name(status.as_str()), Some(status));
        }
        assert_eq!(SessionStatus::from_name("Active"), None);
    }
}
