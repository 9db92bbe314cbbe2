use uuid::Uuid;
use viva_protocol::rest::{SessionExport, SessionPeaks};
use web_sys::RequestInit;

use super::rest::{ask, read};
use super::{Refused, urls};

/// All that is kept of a session, but for the sound.
///
/// # Errors
/// [`Refused`], also when there is no such session.
pub async fn session_export(id: Uuid) -> Result<SessionExport, Refused> {
    let path = urls::export(id, urls::ExportFormat::Json);
    let response = ask(&path, &RequestInit::new()).await?;
    Ok(read(&response).await?)
}

/// What it sounded like, in small.
///
/// # Errors
/// [`Refused`], also when there is no such session.
pub async fn session_peaks(id: Uuid) -> Result<SessionPeaks, Refused> {
    let response = ask(&urls::peaks(id), &RequestInit::new()).await?;
    Ok(read(&response).await?)
}

/// Deletes a session with all that is kept of it.
///
/// # Errors
/// [`Refused`], also when it still goes on.
pub async fn delete_session(id: Uuid) -> Result<(), Refused> {
    let delete = RequestInit::new();
    delete.set_method("DELETE");
    ask(&urls::session(id), &delete).await.map(drop)
}
