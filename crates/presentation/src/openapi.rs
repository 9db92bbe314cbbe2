//! The OpenAPI document, made from the routes themselves.

use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;

use crate::{api, ws};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Viva",
        description = "Talk with voice AIs and see how long every part of an answer took. Failures are `application/problem+json` (RFC 9457) with a stable `code`.",
    ),
    paths(ws::upgrade::upgrade),
    tags(
        (name = "interaction", description = "Conversations: what to choose from, the live WebSocket, what was kept"),
        (name = "templates", description = "System prompts with roles and a scenario, to choose by name"),
        (name = "credentials", description = "Provider keys of your own, and what was done with them"),
        (name = "selftest", description = "Whether what is reported is true: measured against providers whose delays are known"),
        (name = "server", description = "Whether the server is well, and what it offers"),
    ),
)]
struct Base;

/// The OpenAPI document of every route.
pub fn openapi() -> Document {
    let mut document = Base::openapi();
    document.merge(api::routes().into_openapi());
    document
}
