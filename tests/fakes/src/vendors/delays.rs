use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use crate::lock;

/// How long a server really let clients wait for what they asked for, by its own clock: no machine keeps a programmed delay
/// to the millisecond.
#[derive(Debug, Clone, Default)]
pub(super) struct Delays(Arc<Mutex<Vec<Duration>>>);

impl Delays {
    /// What was asked for then goes out now.
    pub(super) fn end(&self, asked: Instant) {
        lock(&self.0).push(asked.elapsed());
    }

    /// All of them, in the order in which they ended.
    pub(super) fn all(&self) -> Vec<Duration> {
        lock(&self.0).clone()
    }
}
