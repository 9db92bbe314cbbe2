use std::ops::Range;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};
use serde::Deserialize;
use tracing::instrument;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use viva_application::history::{History, HistoryError, Side};
use viva_domain::ids::{SessionId, TurnId};
use viva_domain::turns::Recording;
use viva_protocol::problem::Problem as ProblemBody;

use super::byte_range::Wanted;
use crate::extract::{Identity, Path, Query};
use crate::problem::{Problem, log};

/// Bytes that are in memory at once while a recording is sent.
const PIECE: u64 = 64 * 1024;

/// Which recording of a turn.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Whose voice.
    #[serde(rename = "type")]
    #[param(inline)]
    side: WireSide,
}

/// Whose voice.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum WireSide {
    User,
    Ai,
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
        (status = 416, description = "The range lies outside of the recording", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.sessions.audio", skip_all, fields(session.id = %id, turn.id = %turn_id))]
pub(crate) async fn audio(
    State(history): State<History>,
    Identity(user_id): Identity,
    Path((id, turn_id)): Path<(Uuid, Uuid)>,
    Query(Which { side }): Query<Which>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (session, turn) = (SessionId::from_uuid(id), TurnId::from_uuid(turn_id));
    let (name, side) = match side {
        WireSide::User => ("user", Side::User),
        WireSide::Ai => ("ai", Side::Ai),
    };
    let (recording, len) = history.recording(user_id, session, turn, side).await?;
    // A stored recording never changes.
    let tag = format!("\"{turn_id}-{name}-{len}\"");
    if names(&headers, header::IF_NONE_MATCH, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    match wanted(&headers, &tag, len) {
        Wanted::All => Ok(wav(
            StatusCode::OK,
            &tag,
            None,
            pieces(history, recording, 0..len),
            len,
        )),
        Wanted::Part(range) => {
            let shown = format!("bytes {}-{}/{len}", range.start, range.end - 1);
            let part_len = range.end - range.start;
            Ok(wav(
                StatusCode::PARTIAL_CONTENT,
                &tag,
                Some(shown),
                pieces(history, recording, range),
                part_len,
            ))
        }
        Wanted::Nothing => Err(Problem::range_not_satisfiable(len)),
    }
}

/// The range that counts: a client that has another version (`If-Range`) gets all of this one.
fn wanted(headers: &HeaderMap, tag: &str, len: u64) -> Wanted {
    let is_current = !headers.contains_key(header::IF_RANGE) || names(headers, header::IF_RANGE, tag);
    match headers.get(header::RANGE).and_then(|range| range.to_str().ok()) {
        Some(range) if is_current => Wanted::parse(range, len),
        _ => Wanted::All,
    }
}

/// Whether a header lists this entity tag.
fn names(headers: &HeaderMap, header: header::HeaderName, tag: &str) -> bool {
    let listed = headers
        .get(header)
        .and_then(|tags| tags.to_str().ok())
        .unwrap_or_default();
    listed
        .split(',')
        .any(|listed| matches!(listed.trim(), "*") || listed.trim() == tag)
}

fn wav(
    status: StatusCode,
    tag: &str,
    range: Option<String>,
    pieces: impl Stream<Item = Result<Bytes, HistoryError>> + Send + 'static,
    len: u64,
) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "audio/wav".to_owned()),
        (header::CONTENT_LENGTH, len.to_string()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
        (header::ETAG, tag.to_owned()),
    ];
    let range = range.map(|range| [(header::CONTENT_RANGE, range)]);
    (status, headers, range, Body::from_stream(pieces)).into_response()
}

/// The bytes of a recording, read as the client takes them.
fn pieces(
    history: History,
    recording: Recording,
    range: Range<u64>,
) -> impl Stream<Item = Result<Bytes, HistoryError>> + Send + 'static {
    stream::try_unfold(
        (history, recording, range),
        |(history, recording, range)| async move {
            if range.is_empty() {
                return Ok(None);
            }
            let end = range.end.min(range.start + PIECE);
            let piece = history
                .read(&recording, range.start, end)
                .await
                .inspect_err(|err| log(err))?;
            Ok(Some((piece, (history, recording, end..range.end))))
        },
    )
}
