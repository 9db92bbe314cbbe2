use std::error::Error;
use std::time::Duration;

use thiserror::Error;
use viva_protocol::problem::Problem;
use viva_protocol::ws::ErrorMessage;

/// Why a request, or a connection, did not do what it was asked for.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The address of the server is no `http://` or `https://` URL.
    #[error("{address:?} is not an address of a server, such as http://127.0.0.1:8080")]
    Address {
        /// What was given.
        address: String,
    },
    /// The token cannot be sent in a header.
    #[error("the token contains characters that a header cannot carry")]
    Token,
    /// No answer from the server at all.
    #[error("cannot reach the server at {url}")]
    Unreachable {
        /// Where the request went.
        url: String,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The server refused, and said why.
    #[error("{}", .0.detail.as_deref().unwrap_or(&.0.title))]
    Problem(Problem),
    /// The server refused without saying why: it may not be Viva.
    #[error("the server answered with HTTP status {status}")]
    Status {
        /// The HTTP status code.
        status: u16,
    },
    /// The answer is not what the protocol says.
    #[error("the server's answer is not understood")]
    Answer {
        /// What is wrong with it.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The server refused to start or resume the session.
    #[error("{}", .0.message)]
    Refused(Box<ErrorMessage>),
    /// The connection is closed.
    #[error("the connection is closed{}{reason}", if .reason.is_empty() { "" } else { ": " })]
    Closed {
        /// The WebSocket close code; `None` when the connection broke.
        code: Option<u16>,
        /// What the other side, or the network, said about it.
        reason: String,
    },
    /// The server took too long.
    #[error("no {what} from the server within {} s", .limit.as_secs())]
    Timeout {
        /// What did not come.
        what: &'static str,
        /// How long it was waited for.
        limit: Duration,
    },
}
