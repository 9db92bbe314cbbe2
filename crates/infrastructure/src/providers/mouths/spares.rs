use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use reqwest::Url;
use tokio::time::{Instant, sleep_until};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};
use tracing::{Instrument as _, Span};

use crate::providers::transport::socket::{Frame, Socket};

/// An answer has two pieces on their way at most; several conversations may share the adapter.
const MOST: usize = 8;
/// One that was not needed for so long is likely gone: nobody answers the vendor's pings meanwhile.
pub(super) const LONGEST: Duration = Duration::from_mins(1);

/// Connections on which a text was spoken to its end. Nobody reads them: one that turned out to be gone is dropped when the
/// next one is taken, one that got too old at once.
#[derive(Clone, Default)]
pub(super) struct Spares(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    /// The oldest first.
    spares: Vec<Spare>,
    /// Closes what gets too old, while there is something. It ends with the adapter, and nobody else has to wait for it.
    sweeping: Option<AbortOnDropHandle<()>>,
}

struct Spare {
    url: Url,
    socket: Socket,
    since: Instant,
}

impl Spares {
    /// Keeps a connection for the next text.
    pub(super) fn keep(&self, url: Url, socket: Socket) {
        let since = Instant::now();
        let mut kept = lock(&self.0);
        kept.drop_old();
        if kept.spares.len() == MOST {
            kept.spares.remove(0);
        }
        kept.spares.push(Spare { url, socket, since });
        kept.sweeping.get_or_insert_with(|| {
            // It outlives the session that begins it, and is of none.
            let sweep = sweep(Arc::downgrade(&self.0)).instrument(Span::none());
            AbortOnDropHandle::new(TaskTracker::new().spawn(sweep))
        });
    }

    /// The connection that was kept last and is still open, as far as can be seen.
    pub(super) fn take(&self, url: &Url) -> Option<Socket> {
        loop {
            let mut socket = lock(&self.0).newest(url)?;
            if is_open(&mut socket) {
                return Some(socket);
            }
        }
    }
}

impl Kept {
    fn newest(&mut self, url: &Url) -> Option<Socket> {
        self.drop_old();
        let at = self.spares.iter().rposition(|spare| spare.url == *url)?;
        let spare = self.spares.remove(at);
        self.rest();
        Some(spare.socket)
    }

    /// Answers when the next one is too old.
    fn drop_old(&mut self) -> Option<Instant> {
        self.spares.retain(|spare| spare.since.elapsed() < LONGEST);
        self.rest();
        self.spares.first().map(|oldest| oldest.since + LONGEST)
    }

    /// Nobody watches nothing.
    fn rest(&mut self) {
        if self.spares.is_empty() {
            self.sweeping = None;
        }
    }
}

/// Closes what is too old, until nothing is kept.
async fn sweep(kept: Weak<Mutex<Kept>>) {
    loop {
        let due = match kept.upgrade() {
            Some(kept) => lock(&kept).drop_old(),
            None => return,
        };
        match due {
            Some(due) => sleep_until(due).await,
            None => return,
        }
    }
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads what came meanwhile, which is of no text any more.
fn is_open(socket: &mut Socket) -> bool {
    loop {
        match socket.next().now_or_never() {
            None => return true,
            Some(Some(Ok(Frame::Text(_) | Frame::Binary(_)))) => {}
            Some(Some(Ok(Frame::Closed { .. }) | Err(_)) | None) => return false,
        }
    }
}

impl fmt::Debug for Spares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spares").finish_non_exhaustive()
    }
}
