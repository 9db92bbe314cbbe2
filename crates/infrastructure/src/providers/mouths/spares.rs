use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use reqwest::Url;
use tokio::time::Instant;

use crate::providers::transport::socket::{Frame, Socket};

/// An answer has two pieces on their way at most; several conversations may share the adapter.
const MOST: usize = 8;
/// One that was not needed for so long is likely gone: nobody answers the vendor's pings meanwhile.
const LONGEST: Duration = Duration::from_mins(1);

/// Connections on which a text was spoken to its end. Nobody reads them: one that turned out to be gone, or to be too old, is
/// dropped when the next one is taken or kept.
#[derive(Clone, Default)]
pub(super) struct Spares(Arc<Mutex<Vec<Spare>>>);

struct Spare {
    url: Url,
    socket: Socket,
    since: Instant,
}

impl Spares {
    /// Keeps a connection for the next text.
    pub(super) fn keep(&self, url: Url, socket: Socket) {
        let since = Instant::now();
        let mut spares = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spares.retain(Spare::is_young);
        if spares.len() == MOST {
            spares.remove(0);
        }
        spares.push(Spare { url, socket, since });
    }

    /// The connection that was kept last and is still open, as far as can be seen.
    pub(super) fn take(&self, url: &Url) -> Option<Socket> {
        loop {
            let mut socket = self.newest(url)?;
            if is_open(&mut socket) {
                return Some(socket);
            }
        }
    }

    fn newest(&self, url: &Url) -> Option<Socket> {
        let mut spares = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spares.retain(Spare::is_young);
        let at = spares.iter().rposition(|spare| spare.url == *url)?;
        Some(spares.remove(at).socket)
    }
}

impl Spare {
    fn is_young(&self) -> bool {
        self.since.elapsed() < LONGEST
    }
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
