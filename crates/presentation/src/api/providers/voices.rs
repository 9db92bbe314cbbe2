use axum::Json;
use axum::extract::State;
use tracing::instrument;
use viva_application::voices::Voices;
use viva_protocol::problem::Problem as ProblemBody;
use viva_protocol::rest;

use super::list::voice;
use crate::extract::{Identity, Path};
use crate::problem::Problem;

/// The voices of a text-to-speech provider, as it lists them itself for your key or the server's; kept for an hour.
#[utoipa::path(
    get,
    path = "/api/v1/interaction/providers/{provider}/voices",
    operation_id = "list_voices",
    tag = "interaction",
    params(("provider" = String, Path, description = "The provider's id")),
    responses(
        (status = 200, description = "Its voices, the default first; those that are known here where it lists none or cannot be asked", body = rest::VoiceList),
        (status = 404, description = "There is no such text-to-speech provider", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.providers.voices", skip_all)]
pub(crate) async fn voices(
    State(voices): State<Voices>,
    Identity(user_id): Identity,
    Path(provider): Path<String>,
) -> Result<Json<rest::VoiceList>, Problem> {
    let list = voices.list(user_id, &provider).await?;
    Ok(Json(rest::VoiceList {
        items: list.voices.iter().map(voice).collect(),
        from_provider: list.is_from_provider,
    }))
}
