//! Waiting for a moment that may not be known.

use std::future::pending;

use tokio::time::{Instant, sleep_until};

/// Waits until a moment; for ever while there is none.
pub async fn alarm(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => pending().await,
    }
}
