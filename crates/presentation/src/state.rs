//! What handlers need.

use std::sync::Arc;

use axum::extract::FromRef;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use viva_application::credentials::Credentials;
use viva_application::deletion::Deletions;
use viva_application::history::History;
use viva_application::sessions::Sessions;
use viva_application::templates::Templates;
use viva_application::voices::Voices;
use viva_domain::ports::{Clock, ProviderDirectory};

use crate::limits::Limiter;
use crate::meters::HttpMeters;
use crate::self_test::SelfTests;
use crate::sign_in::SignIn;
use crate::web::Site;

/// Everything that the routes work with. Cheap to clone; clones share.
#[derive(Clone, FromRef)]
pub struct AppState {
    /// Who may use the server.
    pub sign_in: SignIn,
    /// How clients reach it.
    pub exposure: Exposure,
    /// How much each of them may ask for.
    pub limiter: Limiter,
    /// Live sessions.
    pub sessions: Sessions,
    /// What was kept of sessions.
    pub history: History,
    /// Takes it away.
    pub deletions: Deletions,
    /// System-prompt templates.
    pub templates: Templates,
    /// Provider keys of users.
    pub credentials: Credentials,
    /// What people choose from.
    pub providers: Arc<dyn ProviderDirectory>,
    /// The voices that those list.
    pub voices: Voices,
    /// Tests of this server's own figures.
    pub self_tests: Arc<dyn SelfTests>,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// Counts requests and connections.
    pub meters: HttpMeters,
    /// The page.
    pub site: Site,
    /// The open WebSocket connections.
    pub connections: Connections,
}

/// How clients reach a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    /// At its own address.
    Direct,
    /// Through a proxy, over HTTPS. The proxy tells where each request comes from (`x-forwarded-for`).
    BehindProxy,
}

/// The open WebSocket connections of a server, and whether it shuts down. Clones share.
#[derive(Debug, Clone, Default)]
pub struct Connections {
    open: TaskTracker,
    stopping: CancellationToken,
}

impl Connections {
    /// Cancelled when the server shuts down: connections close as soon as their session has said farewell.
    #[must_use]
    pub fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }

    /// Whether the server shuts down.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    /// Counts a connection for as long as the token lives.
    pub(crate) fn register(&self) -> TaskTrackerToken {
        self.open.token()
    }

    /// Closes the connections that carry no session; the others close when theirs is over.
    pub(crate) fn stop(&self) {
        self.stopping.cancel();
        self.open.close();
    }

    /// Waits until all are closed, after [`Connections::stop`].
    pub(crate) async fn closed(&self) {
        self.open.wait().await;
    }
}
