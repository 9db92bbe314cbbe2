//! Bounded channels between a task of an adapter and the session.

use std::future::poll_fn;

use futures_channel::mpsc;

/// Nobody listens any more, or nothing is left to tell.
#[derive(Debug)]
pub struct Closed;

/// Waits until the channel takes another item. Dropping the future loses nothing.
///
/// # Errors
/// [`Closed`] when nobody takes any.
pub async fn room<T>(sender: &mut mpsc::Sender<T>) -> Result<(), Closed> {
    poll_fn(|cx| sender.poll_ready(cx)).await.map_err(|_| Closed)
}
