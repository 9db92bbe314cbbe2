//! The WebSocket of a conversation: `docs/protocol.md` in code.
//!
//! [`upgrade`] opens it, [`connection`] runs it until it closes: a reader and a writer side by side in one task, so
//! that a client that reads nothing is still heard and can be let go at once. Both are generic over the socket.

mod audio_format;
mod connection;
mod decode;
mod encode;
mod offences;
mod reader;
mod refusal;
#[cfg(test)]
mod tests;
mod upgrade;
mod writer;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::AppState;

/// The route on which it is opened.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(upgrade::upgrade))
}
