//! A session to take away. Rows are in memory as for every other answer; sound is read and made as the client takes it, and
//! not at all for one that hangs up.

mod csv;
mod json;
mod zip;

use std::error::Error;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use futures_util::TryStreamExt;
use serde::Deserialize;
use tracing::instrument;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use viva_application::history::{Export, History, HistoryError, Stereo};
use viva_domain::ids::SessionId;
use viva_protocol::problem::Problem as ProblemBody;
use viva_protocol::rest;

use self::zip::ArchiveError;
use super::byte_range::{Part, Unsatisfiable};
use super::file_name;
use crate::extract::{Identity, Path, Query};
use crate::problem::{Problem, broke_off, log};

/// In which form.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Form {
    /// `json`: everything but the sound; `csv`: a row per turn; `wav`: both sides in time, the user left, the AI right; `zip`:
    /// all of these and the recordings, or where these are purged `json` and `csv` alone.
    #[param(inline)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    Json,
    Csv,
    Wav,
    Zip,
}

impl Format {
    const fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Wav => "wav",
            Self::Zip => "zip",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Wav => "audio/wav",
            Self::Zip => "application/zip",
        }
    }
}

/// A session as a file.
#[utoipa::path(
    get,
    path = "/api/v1/interaction/sessions/{id}/export",
    operation_id = "export_session",
    tag = "interaction",
    params(
        ("id" = Uuid, Path, description = "The session"),
        Form,
        ("range" = Option<String>, Header, description = "Of `wav`, one range of bytes, such as `bytes=0-1023`"),
    ),
    responses(
        (
            status = 200,
            description = "The file; `content-disposition` has its name",
            content(
                (rest::SessionExport = "application/json"),
                (String = "text/csv"),
                (Vec<u8> = "audio/wav"),
                (Vec<u8> = "application/zip"),
            ),
        ),
        (status = 206, description = "The part of `wav` that was asked for", content_type = "audio/wav"),
        (status = 400, description = "The id is no UUID, or `format` is missing or none of these", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such session", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The recordings of the session are purged, so there is no `wav`; `detail` says when", body = ProblemBody, content_type = "application/problem+json"),
        (status = 416, description = "The range lies outside of `wav`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The database or the storage cannot be reached, or too many files are being made: then with `retry-after`", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.sessions.export", skip_all, fields(session.id = %id, export.format = format.extension()))]
pub(crate) async fn export(
    State(history): State<History>,
    Identity(user_id): Identity,
    Path(id): Path<Uuid>,
    Query(Form { format }): Query<Form>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = SessionId::from_uuid(id);
    let (session, file) = match format {
        Format::Json => {
            let record = history.record(user_id, id).await?;
            let (record, json) = written(&history, record, json::file).await?;
            (record.session, whole(json))
        }
        Format::Csv => {
            let record = history.record(user_id, id).await?;
            let (record, csv) = written(&history, record, csv::file).await?;
            (record.session, whole(csv))
        }
        Format::Wav => {
            let export = history.export(user_id, id).await?;
            drop(history.effort().turn().await?);
            let sound = sound(history.stereo(&export)?, &method, &headers)?;
            (export.record.session, sound)
        }
        Format::Zip => {
            let export = history.export(user_id, id).await?;
            let (export, texts) = written(&history, export, zip::Texts::of).await?;
            let session = export.record.session.clone();
            (session, archive(history, &export, texts)?)
        }
    };
    let name = file_name::of_session(session.started_at, session.id, format.extension());
    let content = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    Ok((content, file).into_response())
}

/// What is written at once, when it is its turn. Of a long conversation that is more than a moment's work.
async fn written<T, W, E>(
    history: &History,
    of: T,
    write: impl FnOnce(&T) -> Result<W, E> + Send + 'static,
) -> Result<(T, W), Problem>
where
    T: Send + 'static,
    W: Send + 'static,
    E: Error + Send + 'static,
{
    let turn = history.effort().turn().await?;
    let writing = tokio::task::spawn_blocking(move || {
        let written = write(&of);
        drop(turn);
        written.map(|written| (of, written))
    });
    match writing.await {
        Ok(written) => written.map_err(|err| unmade(&err)),
        Err(err) => Err(unmade(&err)),
    }
}

fn whole(bytes: Vec<u8>) -> Response {
    let len = [(header::CONTENT_LENGTH, bytes.len().to_string())];
    (len, bytes).into_response()
}

/// What is wanted of the conversation's sound. A recording that is stored later changes it, and no tag tells of that.
fn sound(stereo: Stereo, method: &Method, headers: &HeaderMap) -> Result<Response, Unsatisfiable> {
    let part = Part::of(method, headers, None, stereo.file_len())?;
    let stream = stereo.into_part(part.bytes).inspect_err(broke_off);
    let length = AppendHeaders(part.headers);
    Ok((part.status, length, Body::from_stream(stream)).into_response())
}

fn archive(history: History, export: &Export, texts: zip::Texts) -> Result<Response, HistoryError> {
    let stream = zip::Archive::new(history, export, texts)?.into_stream();
    let stream = stream.inspect_err(|err| match err {
        ArchiveError::History(err) => broke_off(err),
        ArchiveError::Zip(_) | ArchiveError::Compress(_) => log(err),
    });
    Ok(Body::from_stream(stream).into_response())
}

fn unmade(err: &(dyn Error + 'static)) -> Problem {
    log(err);
    Problem::internal()
}
