//! A session to take away. Rows are in memory as for every other answer; sound is read and made as the client takes it, and
//! not at all for one that hangs up.

mod csv;
mod json;
mod zip;

use std::error::Error;

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::TryStreamExt;
use serde::Deserialize;
use tracing::instrument;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use viva_application::history::{History, SessionRecord};
use viva_domain::ids::SessionId;
use viva_protocol::problem::Problem as ProblemBody;
use viva_protocol::rest;

use super::file_name;
use crate::extract::{Identity, Path, Query};
use crate::problem::{Problem, log};

/// In which form.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Form {
    /// `json`: everything but the sound; `csv`: a row per turn; `wav`: both sides in time, the user left, the AI right; `zip`:
    /// all of these and the recordings.
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
    params(("id" = Uuid, Path, description = "The session"), Form),
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
        (status = 400, description = "The id is no UUID, or `format` is missing or none of these", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such session", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.sessions.export", skip_all, fields(session.id = %id, export.format = format.extension()))]
pub(crate) async fn export(
    State(history): State<History>,
    Identity(user_id): Identity,
    Path(id): Path<Uuid>,
    Query(Form { format }): Query<Form>,
) -> Result<Response, Problem> {
    let record = history.record(user_id, SessionId::from_uuid(id)).await?;
    let session = &record.session;
    let name = file_name::of_session(session.started_at, session.id, format.extension());
    let (len, body) = file(history, &record, format).map_err(|err| {
        log(&*err);
        Problem::internal()
    })?;
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    let len = len.map(|len| [(header::CONTENT_LENGTH, len.to_string())]);
    Ok((headers, len, body).into_response())
}

/// The file and its length, if that is known before it is made.
fn file(
    history: History,
    record: &SessionRecord,
    format: Format,
) -> Result<(Option<u64>, Body), Box<dyn Error>> {
    let whole = |bytes: Vec<u8>| (Some(bytes.len() as u64), Body::from(bytes));
    match format {
        Format::Json => Ok(whole(json::file(record)?)),
        Format::Csv => Ok(whole(csv::file(record)?)),
        Format::Wav => {
            let stereo = history.stereo(record);
            let len = stereo.file_len();
            let stream = stereo.into_stream().inspect_err(|err| log(err));
            Ok((Some(len), Body::from_stream(stream)))
        }
        Format::Zip => {
            let (json, csv) = (json::file(record)?, csv::file(record)?);
            let archive = zip::Archive::new(history, record, json, csv);
            let stream = archive.into_stream().inspect_err(|err| log(err));
            Ok((None, Body::from_stream(stream)))
        }
    }
}
