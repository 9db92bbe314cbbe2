//! The line to the client: up or lost, moving or stuck.

use std::time::Duration;

use metrics::Counter;
use tokio::time::Instant;
use tracing::info;

use crate::sessions::link::{HangUp, Link, Outgoing};
use crate::sessions::outbox::Outbox;

/// How long a client may take nothing before the session hangs up on it.
const STUCK_LIMIT: Duration = Duration::from_secs(5);

/// The connection to the client, if there is one.
pub(super) struct Line {
    link: Option<Link>,
    /// Since when nothing could be handed over although there was something.
    stuck_since: Option<Instant>,
    /// Frames of audio that were handed over.
    frames: Counter,
}

impl Line {
    pub(super) fn new(link: Link, frames: Counter) -> Self {
        Self {
            link: Some(link),
            stuck_since: None,
            frames,
        }
    }

    pub(super) fn is_up(&self) -> bool {
        self.link.is_some()
    }

    /// Hands over what there is room for.
    pub(super) fn flush(&mut self, outbox: &mut Outbox) {
        let Some(link) = &self.link else { return };
        while !outbox.is_empty() {
            let Ok(permit) = link.outgoing.try_reserve() else {
                self.stuck_since.get_or_insert_with(Instant::now);
                return;
            };
            self.stuck_since = None;
            if let Some(outgoing) = outbox.pop() {
                if matches!(outgoing, Outgoing::Audio(_)) {
                    self.frames.increment(1);
                }
                permit.send(outgoing);
            }
        }
    }

    /// Resolves when there is room again; never without a line.
    pub(super) async fn ready(&self) {
        match &self.link {
            // A closed link is told by `lost`.
            Some(link) => match link.outgoing.reserve().await {
                Ok(permit) => drop(permit),
                Err(_) => std::future::pending().await,
            },
            None => std::future::pending().await,
        }
    }

    /// Resolves when the connection is gone; never without a line.
    pub(super) async fn lost(&self) {
        match &self.link {
            Some(link) => link.outgoing.closed().await,
            None => std::future::pending().await,
        }
    }

    pub(super) fn stuck_at(&self) -> Option<Instant> {
        self.stuck_since.map(|since| since + STUCK_LIMIT)
    }

    pub(super) fn is_stuck(&self, now: Instant) -> bool {
        self.stuck_at().is_some_and(|at| at <= now)
    }

    pub(super) fn hang_up_on_slow_client(&mut self) {
        info!(
            event = "session.client_stuck",
            "The client takes nothing; hanging up"
        );
        self.hang_up(HangUp::SlowClient);
    }

    /// Takes a new connection; the old one is closed.
    pub(super) fn replace(&mut self, link: Link) {
        self.hang_up(HangUp::Replaced);
        self.link = Some(link);
    }

    pub(super) fn close(&mut self) {
        self.link = None;
        self.stuck_since = None;
    }

    fn hang_up(&mut self, why: HangUp) {
        self.stuck_since = None;
        if let Some(link) = self.link.take() {
            // The connection may be gone already.
            let _ = link.hang_up.send(why);
        }
    }
}
