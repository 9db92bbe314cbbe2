use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use thiserror::Error;

use super::Source;
use crate::ids::{SessionId, TurnId, UserId};
use crate::sessions::{EndStatus, Interaction, Session, SessionFilter, SessionOverview};
use crate::turns::{Turn, TurnNumber};

/// Keeps sessions, their turns and latencies. Every implementation passes `contract::session_store`.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Stores a new session; the user is created with their first one.
    ///
    /// # Errors
    /// [`StoreErrorKind::Conflict`] when the id exists; [`StoreErrorKind::Unavailable`].
    async fn insert(&self, session: &Session) -> Result<(), StoreError>;

    /// One session of this user; `None` when the id is unknown or somebody else's.
    ///
    /// # Errors
    /// [`StoreErrorKind::Unavailable`] when the backend cannot answer.
    async fn find(&self, owner: UserId, id: SessionId) -> Result<Option<Session>, StoreError>;

    /// Those of the user's sessions that the filter lets through, newest first. Sessions that start meanwhile are on no page
    /// of a list whose bound the filter has.
    ///
    /// # Errors
    /// [`StoreErrorKind::Unavailable`] when the backend cannot answer.
    async fn list(
        &self,
        owner: UserId,
        filter: &SessionFilter,
        page: PageRequest,
    ) -> Result<SessionList, StoreError>;

    /// Ends an active session, not before it began; nothing happens when it is over already or is not this user's.
    ///
    /// # Errors
    /// [`StoreErrorKind::Unavailable`] when the backend cannot answer.
    async fn end(
        &self,
        owner: UserId,
        id: SessionId,
        at: DateTime<Utc>,
        status: EndStatus,
    ) -> Result<(), StoreError>;

    /// The session goes on with another stack. Does nothing to a session that does not exist or belongs to someone else.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn switch(&self, owner: UserId, id: SessionId, interaction: &Interaction)
    -> Result<(), StoreError>;

    /// Stores a finished turn and its latency metrics, both or neither. Storing the same turn id again changes nothing,
    /// so that it can be tried again, and adds the user's words if it was stored without any.
    ///
    /// # Errors
    /// [`StoreErrorKind::Conflict`] when the session has another turn of this number; [`StoreErrorKind::Missing`] when
    /// this user has no such session; [`StoreErrorKind::Unavailable`].
    async fn save_turn(&self, owner: UserId, turn: &Turn) -> Result<(), StoreError>;

    /// Stores what the user said in a turn that was saved before this was known.
    ///
    /// # Errors
    /// [`StoreErrorKind::Missing`] when this user has no such turn; [`StoreErrorKind::Unavailable`].
    async fn amend_user_transcript(
        &self,
        owner: UserId,
        session: SessionId,
        turn: TurnNumber,
        text: &str,
    ) -> Result<(), StoreError>;

    /// Stores the peaks of recordings that were saved without any, see [`crate::turns::Recording::peaks`]. Of a side that was
    /// not recorded there are none.
    ///
    /// # Errors
    /// [`StoreErrorKind::Missing`] when this user has no such turn; [`StoreErrorKind::Unavailable`].
    async fn keep_peaks(
        &self,
        owner: UserId,
        session: SessionId,
        turn: TurnId,
        peaks: &MeasuredPeaks,
    ) -> Result<(), StoreError>;

    /// What was measured of the recordings of a session's turns, see [`crate::turns::Recording::peaks`]; empty when the session
    /// is unknown or somebody else's.
    ///
    /// # Errors
    /// [`StoreErrorKind::Unavailable`] when the backend cannot answer.
    async fn peaks(
        &self,
        owner: UserId,
        id: SessionId,
    ) -> Result<BTreeMap<TurnId, MeasuredPeaks>, StoreError>;

    /// A session's turns by number, without the peaks of their recordings, which are long; empty when the session is unknown or
    /// somebody else's. A session has at most 65,535.
    ///
    /// # Errors
    /// [`StoreErrorKind::Unavailable`] when the backend cannot answer.
    async fn turns(&self, owner: UserId, id: SessionId) -> Result<Vec<Turn>, StoreError>;

    /// One turn of one session of this user, without the peaks of its recordings.
    ///
    /// # Errors
    /// [`StoreErrorKind::Unavailable`] when the backend cannot answer.
    async fn turn(&self, owner: UserId, session: SessionId, id: TurnId) -> Result<Option<Turn>, StoreError>;

    /// A session that is still active, or broke off with an error, whoever it belongs to: asked at start-up, when none can be
    /// running; `None` for any other.
    ///
    /// # Errors
    /// [`StoreErrorKind::Unavailable`] when the backend cannot answer.
    async fn left_over(&self, id: SessionId) -> Result<Option<Session>, StoreError>;

    /// Ends every session that is still active as [`EndStatus::Disconnected`], whoever it belongs to: called at start-up,
    /// when none can be running. Answers how many there were. None ends before it began, whatever the clock says.
    ///
    /// # Errors
    /// [`StoreErrorKind::Unavailable`] when the backend cannot answer.
    async fn end_left_over(&self, at: DateTime<Utc>) -> Result<u64, StoreError>;

    /// Answers when the backend can be used, and keeps things as this version does.
    ///
    /// # Errors
    /// [`StoreErrorKind::Unavailable`] when it cannot.
    async fn ping(&self) -> Result<(), StoreError>;
}

/// What was measured of a turn's recordings after the turn was saved; what is `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MeasuredPeaks {
    /// Of the user's side.
    pub user: Option<Bytes>,
    /// Of the AI's.
    pub ai: Option<Bytes>,
}

/// Which page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    page: u32,
    size: u32,
}

impl PageRequest {
    /// Most items on a page.
    pub const MAX_SIZE: u32 = 100;

    /// Page `page` (from 1) of `size` items, both brought into range.
    pub fn new(page: u32, size: u32) -> Self {
        Self {
            page: page.max(1),
            size: size.clamp(1, Self::MAX_SIZE),
        }
    }

    /// The page's number, from 1.
    pub const fn page(self) -> u32 {
        self.page
    }

    /// Items per page.
    pub const fn size(self) -> u32 {
        self.size
    }

    /// How many items lie before this page.
    pub const fn offset(self) -> u64 {
        (self.page as u64 - 1) * self.size as u64
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// Number of items on all pages.
    pub total: u64,
}

/// One page of sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionList {
    /// The page.
    pub page: Page<SessionOverview>,
    /// For [`SessionFilter::bound`], when another page of the same list is asked for.
    pub bound: u64,
}

/// A failure of a store.
#[derive(Debug, Error)]
#[error("database failed to {operation}: {kind}")]
pub struct StoreError {
    /// What callers branch on.
    pub kind: StoreErrorKind,
    /// What was being done, such as `insert session`.
    pub operation: &'static str,
    /// The cause, for the log.
    #[source]
    pub source: Option<Source>,
}

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum StoreErrorKind {
    /// It exists already.
    #[error("it exists already")]
    Conflict,
    /// What it belongs to does not exist.
    #[error("what it belongs to does not exist")]
    Missing,
    /// The database cannot be reached, is locked or full: trying again may help.
    #[error("the database is unavailable")]
    Unavailable,
    /// A row that does not make sense.
    #[error("a stored row is damaged")]
    Damaged,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pages_are_brought_into_range() {
        let page = |page, size| {
            let page = PageRequest::new(page, size);
            (page.page(), page.size(), page.offset())
        };
        assert_eq!(page(0, 0), (1, 1, 0));
        assert_eq!(page(1, 20), (1, 20, 0));
        assert_eq!(page(3, 20), (3, 20, 40));
        assert_eq!(page(2, 101), (2, 100, 100));
        assert_eq!(page(u32::MAX, u32::MAX), (u32::MAX, 100, 429_496_729_400));
    }

    proptest! {
        #[test]
        fn one_page_begins_where_the_other_ends(page in 1..u32::MAX, size: u32) {
            let (this, next) = (PageRequest::new(page, size), PageRequest::new(page + 1, size));
            prop_assert_eq!(this.offset() + u64::from(this.size()), next.offset());
        }
    }
}
