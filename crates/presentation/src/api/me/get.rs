use axum::Json;
use axum::extract::State;
use tracing::instrument;
use viva_domain::access::{ApiToken, TokenKind, UserName};
use viva_domain::ids::UserId;
use viva_protocol::rest;

use crate::problem::Problem;
use crate::sign_in::{SignIn, Visitor};
use crate::state::AppState;

/// Who you are, and how you signed in.
#[utoipa::path(
    get,
    path = "/api/v1/me",
    operation_id = "get_me",
    tag = "access",
    responses((status = 200, description = "Who asks", body = rest::Me)),
)]
#[instrument(name = "api.me.get", skip_all)]
pub(crate) async fn get(State(state): State<AppState>, visitor: Visitor) -> Result<Json<rest::Me>, Problem> {
    let (SignIn::ByToken(access), Visitor::SignedIn(signed_in)) = (&state.sign_in, visitor) else {
        return Ok(Json(rest::Me {
            id: UserId::LOCAL.as_uuid(),
            name: UserName::local().as_str().to_owned(),
            signed_in: None,
        }));
    };
    let found = access.who(signed_in).await.map_err(|err| Problem::from(&err))?;
    let (user, token) = found.ok_or_else(Problem::unauthorized)?;
    Ok(Json(rest::Me {
        id: user.id.as_uuid(),
        name: user.name.as_str().to_owned(),
        signed_in: Some(how(&token)),
    }))
}

fn how(token: &ApiToken) -> rest::SignedIn {
    rest::SignedIn {
        by: match token.kind {
            TokenKind::Api => rest::SignedInBy::Token,
            TokenKind::Browser { .. } => rest::SignedInBy::Cookie,
        },
        token: token.name.as_str().to_owned(),
        expires_at: token.expires_at,
    }
}
