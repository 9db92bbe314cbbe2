use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use viva_audio::SampleRate;
use viva_domain::ids::{SessionId, UserId};

use super::service::SessionInput;

/// The sessions that run in this process, oldest first.
#[derive(Debug, Default)]
pub(super) struct LiveSessions(Mutex<Vec<LiveSession>>);

/// What others need of a session that runs.
#[derive(Clone)]
pub(super) struct LiveSession {
    pub(super) id: SessionId,
    pub(super) user_id: UserId,
    pub(super) resume_token: String,
    pub(super) input_rate: SampleRate,
    pub(super) inputs: mpsc::Sender<SessionInput>,
    /// Cancelled when the session is over.
    pub(super) over: CancellationToken,
}

impl std::fmt::Debug for LiveSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveSession")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Takes a session off the list when its driver ends, however it ends.
#[derive(Debug)]
pub(super) struct Registration {
    live: Arc<LiveSessions>,
    id: SessionId,
    over: CancellationToken,
}

impl LiveSessions {
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    pub(super) fn find(&self, user_id: UserId, id: SessionId) -> Option<LiveSession> {
        self.lock()
            .iter()
            .find(|live| live.id == id && live.user_id == user_id)
            .cloned()
    }

    /// Adds a session and answers those of its user that are too many now, oldest first.
    pub(super) fn add(
        self: &Arc<Self>,
        session: &LiveSession,
        per_user: usize,
    ) -> (Registration, Vec<LiveSession>) {
        let registration = Registration {
            live: Arc::clone(self),
            id: session.id,
            over: session.over.clone(),
        };
        let mut sessions = self.lock();
        sessions.push(session.clone());
        let own: Vec<&LiveSession> = sessions
            .iter()
            .filter(|live| live.user_id == session.user_id)
            .collect();
        let surplus = own.len().saturating_sub(per_user.max(1));
        (registration, own.into_iter().take(surplus).cloned().collect())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<LiveSession>> {
        // The list is whole after every operation, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.live.lock().retain(|live| live.id != self.id);
        self.over.cancel();
    }
}
