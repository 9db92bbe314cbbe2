//! The REST API: one file per route.

mod audit;
mod credentials;
mod docs;
mod health;
mod paging;
mod providers;
mod self_test;
mod sessions;
mod templates;

use axum::Router;
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::AppState;

/// The routes that the OpenAPI document describes.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(docs::document))
        .routes(routes!(docs::page))
        .routes(routes!(audit::list::list))
        .routes(routes!(credentials::list::list))
        .routes(routes!(credentials::put::put, credentials::delete::delete))
        .routes(routes!(credentials::validate::validate))
        .routes(routes!(providers::list::list))
        .routes(routes!(self_test::get::get, self_test::start::start))
        .routes(routes!(sessions::list::list))
        .routes(routes!(sessions::get::get))
        .routes(routes!(sessions::turns::turns))
        .routes(routes!(sessions::audio::audio))
        .routes(routes!(sessions::latency_stats::latency_stats))
        .routes(routes!(templates::list::list, templates::create::create))
        .routes(routes!(
            templates::get::get,
            templates::replace::replace,
            templates::delete::delete
        ))
        .routes(routes!(templates::duplicate::duplicate))
}

pub(crate) fn router() -> Router<AppState> {
    let (router, _) = routes().split_for_parts();
    router.route(docs::STYLE_PATH, get(docs::style))
}
