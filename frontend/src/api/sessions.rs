use uuid::Uuid;
use viva_protocol::rest::{SessionDeletions, SessionDetail, SessionPage, SessionSelection};
use web_sys::RequestInit;

use super::rest::{ask, read, with_body};
use super::{Refused, urls};

/// One page of one's own sessions, newest first: those that these parameters ask for, such as `mode=cascade&page=2`.
///
/// # Errors
/// [`Refused`], also when a parameter makes no sense.
pub async fn sessions(parameters: &str) -> Result<SessionPage, Refused> {
    let response = ask(&urls::sessions_page(parameters), &RequestInit::new()).await?;
    Ok(read(&response).await?)
}

/// A session with its turns.
///
/// # Errors
/// [`Refused`], also when there is none, or it is somebody else's.
pub async fn session(id: Uuid) -> Result<SessionDetail, Refused> {
    let response = ask(&urls::session(id), &RequestInit::new()).await?;
    Ok(read(&response).await?)
}

/// Deletes sessions with all that is kept of them, at most 100, and says what came of each.
///
/// # Errors
/// [`Refused`].
pub async fn delete_sessions(ids: Vec<Uuid>) -> Result<SessionDeletions, Refused> {
    let post = with_body("POST", &SessionSelection { ids })?;
    let response = ask(urls::SESSION_DELETIONS, &post).await?;
    Ok(read(&response).await?)
}
