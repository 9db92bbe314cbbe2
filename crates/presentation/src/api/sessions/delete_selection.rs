use std::collections::HashSet;

use axum::Json;
use axum::extract::State;
use tracing::instrument;
use viva_application::deletion::{DeleteError, Deletions};
use viva_domain::ids::SessionId;
use viva_domain::ports::RemovedBlobs;
use viva_protocol::problem::Problem as ProblemBody;
use viva_protocol::rest;

use crate::extract::{Identity, JsonBody};
use crate::problem::{Problem, log};

/// As many as there are on the longest page of a list.
const MOST: usize = 100;

/// Deletes a selection of sessions, and says what came of each.
#[utoipa::path(
    post,
    path = "/api/v1/interaction/sessions/deletions",
    operation_id = "delete_sessions",
    tag = "interaction",
    request_body = rest::SessionSelection,
    responses(
        (status = 200, description = "What came of each", body = rest::SessionDeletions),
        (status = 400, description = "The body is not JSON, or selects nothing or too many", body = ProblemBody, content_type = "application/problem+json"),
        (status = 500, description = "A fault of ours; what was begun comes to its end", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "It takes too long; what was begun comes to its end", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.sessions.delete_selection", skip_all)]
pub(crate) async fn delete_selection(
    State(deletions): State<Deletions>,
    Identity(user_id): Identity,
    JsonBody(selection): JsonBody<rest::SessionSelection>,
) -> Result<Json<rest::SessionDeletions>, Problem> {
    let selected =
        selected(selection).map_err(|detail| Problem::bad_request("invalid-selection").detail(detail))?;
    let done = deletions.delete_each(user_id, selected).await?;
    let items = done.into_iter().map(|(id, deleted)| rest::SessionDeletion {
        id: id.as_uuid(),
        outcome: outcome(&deleted),
    });
    Ok(Json(rest::SessionDeletions {
        items: items.collect(),
    }))
}

/// Each session once, in the order in which they were selected, or what is wrong with the selection.
fn selected(selection: rest::SessionSelection) -> Result<Vec<SessionId>, String> {
    let count = selection.ids.len();
    if !(1..=MOST).contains(&count) {
        return Err(format!("select between 1 and {MOST} sessions; these are {count}"));
    }
    let mut seen = HashSet::new();
    let ids = selection.ids.into_iter().filter(|id| seen.insert(*id));
    Ok(ids.map(SessionId::from_uuid).collect())
}

fn outcome(deleted: &Result<RemovedBlobs, DeleteError>) -> rest::DeletionOutcome {
    let Err(err) = deleted else {
        return rest::DeletionOutcome::Deleted;
    };
    match err {
        DeleteError::Unknown(_) => rest::DeletionOutcome::NotFound,
        DeleteError::Active(_) => rest::DeletionOutcome::Active,
        DeleteError::NotTried(_) => rest::DeletionOutcome::Failed,
        DeleteError::Unfinished { .. } => {
            log(err);
            rest::DeletionOutcome::Unfinished
        }
        DeleteError::BrokenOff(_) | DeleteError::Store(_) | DeleteError::Blob(_) => {
            log(err);
            rest::DeletionOutcome::Failed
        }
    }
}
