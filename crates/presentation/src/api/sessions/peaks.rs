use std::time::Duration;

use axum::Json;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tracing::instrument;
use uuid::Uuid;
use viva_application::history::{History, PEAK_WINDOW, SessionRecord};
use viva_domain::ids::SessionId;
use viva_protocol::problem::Problem as ProblemBody;
use viva_protocol::rest;

use super::recordings::placed;
use crate::convert::ms;
use crate::extract::{Identity, Path};
use crate::problem::Problem;

/// A session's waveforms in small, and where they lie in time.
#[utoipa::path(
    get,
    path = "/api/v1/interaction/sessions/{id}/peaks",
    operation_id = "get_session_peaks",
    tag = "interaction",
    params(("id" = Uuid, Path, description = "The session")),
    responses(
        (status = 200, description = "The peaks of every recording", body = rest::SessionPeaks),
        (status = 400, description = "The id is no UUID", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such session", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The database or the storage cannot be reached", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.sessions.peaks", skip_all, fields(session.id = %id))]
pub(crate) async fn peaks(
    State(history): State<History>,
    Identity(user_id): Identity,
    Path(id): Path<Uuid>,
) -> Result<Json<rest::SessionPeaks>, Problem> {
    let record = history
        .record_with_peaks(user_id, SessionId::from_uuid(id))
        .await?;
    Ok(Json(session_peaks(&record)))
}

fn session_peaks(record: &SessionRecord) -> rest::SessionPeaks {
    let recordings = placed(record).filter_map(|placed| {
        let turn = record.turns.get(placed.turn)?;
        Some(rest::RecordingPeaks {
            turn_id: turn.id.as_uuid(),
            turn_number: turn.number.get(),
            side: placed.side,
            estimated: placed.estimated,
            stretches: placed.stretches,
            peaks: placed
                .recording
                .peaks
                .as_ref()
                .map(|peaks| STANDARD.encode(peaks)),
        })
    });
    rest::SessionPeaks {
        window_ms: whole_ms(PEAK_WINDOW),
        length_ms: ms(record.time_line.length()),
        recordings: recordings.collect(),
    }
}

fn whole_ms(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}
