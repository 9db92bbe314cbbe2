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
use tower_http::limit::RequestBodyLimitLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::router::MAX_BODY_BYTES;
use crate::state::AppState;

/// A template with all its texts at their limits, four bytes a character, is no larger.
const MAX_TEMPLATE_BYTES: usize = 256 * 1024;

/// The routes that the OpenAPI document describes.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    open_routes().merge(visitors_routes()).merge(template_routes())
}

/// Those that are for everybody. They say so in the document.
fn open_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(docs::document))
        .routes(routes!(docs::page))
}

/// Those that are for whoever may use the server.
fn visitors_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(audit::list::list))
        .routes(routes!(credentials::list::list))
        .routes(routes!(credentials::put::put, credentials::delete::delete))
        .routes(routes!(credentials::validate::validate))
        .routes(routes!(providers::list::list))
        .routes(routes!(self_test::get::get, self_test::start::start))
        .routes(routes!(sessions::list::list))
        .routes(routes!(sessions::get::get, sessions::delete::delete))
        .routes(routes!(sessions::delete_selection::delete_selection))
        .routes(routes!(sessions::turns::turns))
        .routes(routes!(sessions::audio::audio))
        .routes(routes!(sessions::latency_stats::latency_stats))
}

/// Those of them that take more text than others.
fn template_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(templates::list::list, templates::create::create))
        .routes(routes!(
            templates::get::get,
            templates::replace::replace,
            templates::delete::delete
        ))
        .routes(routes!(templates::duplicate::duplicate))
}

/// The routes for everybody.
pub(crate) fn open() -> Router<AppState> {
    let (router, _) = open_routes().split_for_parts();
    router
        .route(docs::STYLE_PATH, get(docs::style))
        .layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES))
}

/// The routes for whoever may use the server.
pub(crate) fn for_visitors() -> Router<AppState> {
    let (visitors, _) = visitors_routes().split_for_parts();
    let (templates, _) = template_routes().split_for_parts();
    visitors
        .layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES))
        .merge(templates.layer(RequestBodyLimitLayer::new(MAX_TEMPLATE_BYTES)))
}
