use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use futures_util::{TryStreamExt, stream};
use serde::Deserialize;
use tracing::instrument;
use utoipa::IntoParams;
use uuid::Uuid;
use viva_application::history::{History, HistoryError};
use viva_domain::ids::{SessionId, TurnId};
use viva_protocol::problem::Problem as ProblemBody;
use viva_protocol::rest::AudioSide;

use super::byte_range::Part;
use super::{file_name, recordings};
use crate::entity_tag::is_known;
use crate::extract::{Identity, Path, Query};
use crate::problem::{Problem, broke_off};

/// A stored recording never changes, but whoever keeps it asks whether they may still have it.
const CACHING: &str = "private, no-cache";

/// Which recording of a turn.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Whose voice.
    #[serde(rename = "type")]
    #[param(inline)]
    side: AudioSide,
}

/// One side of a turn as WAV. Parts can be asked for with `Range`.
#[utoipa::path(
    get,
    path = "/api/v1/interaction/sessions/{id}/turns/{turn_id}/audio",
    operation_id = "get_turn_audio",
    tag = "interaction",
    params(
        ("id" = Uuid, Path, description = "The session"),
        ("turn_id" = Uuid, Path, description = "The turn"),
        Which,
        ("range" = Option<String>, Header, description = "One range of bytes, such as `bytes=0-1023` or `bytes=-1024`"),
    ),
    responses(
        (status = 200, description = "The recording: PCM16 mono", content_type = "audio/wav"),
        (status = 206, description = "The part that was asked for", content_type = "audio/wav"),
        (status = 304, description = "It is what you have"),
        (status = 400, description = "An id is no UUID, or `type` is missing", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such session, turn or recording", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The recordings of the session are purged; `detail` says when", body = ProblemBody, content_type = "application/problem+json"),
        (status = 416, description = "The range lies outside of the recording", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.sessions.audio", skip_all, fields(session.id = %id, turn.id = %turn_id))]
pub(crate) async fn audio(
    State(history): State<History>,
    Identity(user_id): Identity,
    Path((id, turn_id)): Path<(Uuid, Uuid)>,
    Query(Which { side }): Query<Which>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (session, turn) = (SessionId::from_uuid(id), TurnId::from_uuid(turn_id));
    let found = history
        .recording(user_id, session, turn, recordings::side(side))
        .await?;
    let len = found.len;
    let tag = format!("\"{turn_id}-{}-{len}\"", file_name::side_name(side));
    let version = [
        (header::ETAG, tag.clone()),
        (header::CACHE_CONTROL, CACHING.to_owned()),
    ];
    if is_known(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, version).into_response());
    }
    let part = Part::of(&method, &headers, Some(&tag), len)?;
    let name = file_name::of_recording(found.turn_started_at, session, found.turn, side);
    let content = [
        (header::CONTENT_TYPE, "audio/wav".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("inline; filename=\"{name}\""),
        ),
    ];
    let length = AppendHeaders(part.headers);
    // Nobody takes anything of an answer to HEAD.
    let wanted = part.bytes;
    let opened = async move { history.open(&found, wanted).await };
    let bytes = stream::once(opened).map_ok(|opened| opened.bytes.err_into::<HistoryError>());
    let body = Body::from_stream(bytes.try_flatten().inspect_err(broke_off));
    Ok((part.status, version, content, length, body).into_response())
}
