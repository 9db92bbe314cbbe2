use subtle::ConstantTimeEq as _;
use thiserror::Error;
use tokio::time::Instant;
use viva_domain::ids::{SessionId, UserId};

use super::link::Link;
use super::process_audio::PaceLimit;
use super::service::{Connection, SessionInput, Sessions};
use crate::meters::Resume;

/// Which session to take back.
#[derive(Clone)]
pub struct ResumeSession {
    /// Whose session it is.
    pub user_id: UserId,
    /// The session.
    pub session_id: SessionId,
    /// The secret from the start.
    pub resume_token: String,
    /// The last audio frame that arrived; `None` when none did.
    pub last_audio_seq: Option<u32>,
    /// The last message that arrived; `None` when it is not known, and then none is repeated.
    pub last_message_seq: Option<u32>,
}

/// Why a session was not taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ResumeSessionError {
    /// It is over, was never there, is somebody else's, or the secret is wrong: no difference is told.
    #[error("this session is over or cannot be resumed; start a new one")]
    Expired,
}

impl Sessions {
    /// Takes a session back on a new connection. A connection that it still has is closed.
    ///
    /// # Errors
    /// [`ResumeSessionError::Expired`].
    pub async fn resume(&self, request: ResumeSession, link: Link) -> Result<Connection, ResumeSessionError> {
        let resumed = self.take_back(request, link).await;
        self.ports.meters.resume(match resumed {
            Ok(_) => Resume::Resumed,
            Err(ResumeSessionError::Expired) => Resume::Refused,
        });
        resumed
    }

    async fn take_back(&self, request: ResumeSession, link: Link) -> Result<Connection, ResumeSessionError> {
        let live = self
            .live
            .find(request.user_id, request.session_id)
            .ok_or(ResumeSessionError::Expired)?;
        // In a time that does not tell how much is right.
        let is_same = live
            .resume_token
            .as_bytes()
            .ct_eq(request.resume_token.as_bytes());
        if !bool::from(is_same) {
            return Err(ResumeSessionError::Expired);
        }
        let attach = SessionInput::Attach {
            link,
            last_audio_seq: request.last_audio_seq,
            last_message_seq: request.last_message_seq,
        };
        live.inputs
            .send(attach)
            .await
            .map_err(|_| ResumeSessionError::Expired)?;
        let pace = PaceLimit::new(live.input_rate, Instant::now());
        Ok(Connection {
            session_id: live.id,
            inputs: live.inputs,
            pace,
            meters: self.ports.meters.clone(),
        })
    }
}
