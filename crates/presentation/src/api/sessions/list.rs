use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use tracing::instrument;
use utoipa::IntoParams;
use viva_application::history::History;
use viva_domain::sessions::{InvalidFilter, RawSessionFilter, SessionFilter};
use viva_protocol::problem::Problem as ProblemBody;
use viva_protocol::rest;

use super::convert;
use crate::api::paging::{Paging, page};
use crate::extract::{Identity, Query};
use crate::problem::Problem;

/// Which sessions are wanted. A blank condition is none.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct Wanted {
    /// Only those in this mode: `realtime` or `cascade`.
    mode: Option<String>,
    /// Only those in this state: `active`, `completed`, `disconnected`, `error` or `superseded`.
    status: Option<String>,
    /// Only those in which the provider with this id took part.
    provider: Option<String>,
    /// Only those that began on this day or later, such as `2026-11-30`.
    start_date: Option<String>,
    /// Only those that began on this day or earlier.
    end_date: Option<String>,
    /// Where these days are days: an IANA name such as `Europe/Berlin`, or an offset such as `+02:00`. UTC without it.
    time_zone: Option<String>,
    /// Only those in whose transcripts all of this is found: words by their beginning, and in scripts without spaces
    /// characters in a row. At most 200 characters.
    #[param(max_length = 200)]
    q: Option<String>,
    /// The `bound` of the answer to an earlier page: sessions that have started since are left out.
    #[param(value_type = Option<u64>, format = "uint64")]
    bound: Option<String>,
}

impl Wanted {
    fn filter(&self) -> Result<SessionFilter, InvalidFilter> {
        SessionFilter::parse(RawSessionFilter {
            mode: self.mode.as_deref(),
            status: self.status.as_deref(),
            provider: self.provider.as_deref(),
            start_date: self.start_date.as_deref(),
            end_date: self.end_date.as_deref(),
            time_zone: self.time_zone.as_deref(),
            text: self.q.as_deref(),
            bound: self.bound.as_deref(),
        })
    }
}

/// Your sessions, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/interaction/sessions",
    operation_id = "list_sessions",
    tag = "interaction",
    params(Wanted, Paging),
    responses(
        (status = 200, description = "One page of sessions", body = rest::SessionPage),
        (status = 400, description = "A parameter makes no sense; `detail` says which", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.sessions.list", skip_all)]
pub(crate) async fn list(
    State(history): State<History>,
    Identity(user_id): Identity,
    Query(wanted): Query<Wanted>,
    Query(paging): Query<Paging>,
) -> Result<Json<rest::SessionPage>, Problem> {
    let filter = wanted
        .filter()
        .map_err(|err| Problem::bad_request("invalid-query").detail(err.to_string()))?;
    let request = paging.into();
    let found = history.list(user_id, &filter, request).await?;
    let overviews = found.page.items.into_iter().map(convert::overview).collect();
    Ok(Json(rest::SessionPage {
        page: page(overviews, found.page.total, request),
        bound: found.bound,
    }))
}
