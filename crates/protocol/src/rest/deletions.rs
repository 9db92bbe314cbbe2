use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Body of `POST /interaction/sessions/deletions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionSelection {
    /// The sessions, at least one and at most 100.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 100))]
    pub ids: Vec<Uuid>,
}

/// What came of each session of a selection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionDeletions {
    /// One per session, in the order of the selection.
    pub items: Vec<SessionDeletion>,
}

/// What came of one session of a selection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionDeletion {
    /// The session.
    pub id: Uuid,
    /// What came of it.
    pub outcome: DeletionOutcome,
}

/// What came of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeletionOutcome {
    /// It is gone, with its recordings.
    Deleted,
    /// There is no such session, or it is somebody else's.
    NotFound,
    /// It goes on; end it first.
    Active,
    /// It is begun and comes to its end by itself; or it may be begun, which nobody knows: then try again.
    Unfinished,
    /// Nothing has changed; try again.
    Failed,
}
