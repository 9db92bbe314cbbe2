//! Does what a dialogue decides: connects, sends, reads, waits.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_channel::mpsc;
use futures_util::StreamExt;
use tokio::time::{Instant, sleep, timeout};
use tracing::debug;
use viva_domain::ports::{ProviderError, RealtimeCommand, RealtimeEvent};

use super::dialect::Dialect;
use super::dialogue::{Dialogue, Standing};
use super::failures::Failures;
use super::wire::{ClientEvent, ClientEventKind, ServerEvent, Session};
use super::{Host, KeyHeader};
use crate::providers::transport::channel::{Closed, room};
use crate::providers::transport::errors::{invalid_config, is_fatal, unavailable};
use crate::providers::transport::socket::{self, Frame, Oddities, Socket, is_curable};
use crate::providers::transport::spare::Spare;
use crate::providers::transport::{HttpClient, alarm};

/// How long the handshake may take, and how long the provider may take to accept the configuration.
const OPEN_LIMIT: Duration = Duration::from_secs(10);
/// The wait before the first attempt to replace a broken connection; it doubles for every further one.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// After this long no further attempt is begun: a person is waiting, and another provider may do.
const REOPEN_LIMIT: Duration = Duration::from_secs(5);
/// With this code some servers close a connection whose key they do not know, instead of refusing it.
const REFUSED: u16 = 1008;
/// How long a server of the beta may take to accept a configuration after it complained about some of it.
const SECOND_THOUGHTS: Duration = Duration::from_secs(1);
/// What arrived and is not worked on yet. When it is full the provider waits.
const INBOX: usize = 256;

/// Opens connections for one conversation.
pub(super) struct Connector {
    pub(super) host: Host,
    pub(super) http: HttpClient,
    pub(super) model: String,
    pub(super) session: Session,
    pub(super) failures: Failures,
    /// Known from the first session that the server shows.
    pub(super) dialect: OnceLock<Dialect>,
    pub(super) oddities: Oddities,
}

/// A conversation that is under way, owned by its task.
pub(super) struct Conversation {
    connector: Arc<Connector>,
    dialogue: Dialogue,
    commands: mpsc::Receiver<RealtimeCommand>,
    events: mpsc::Sender<RealtimeEvent>,
    connection_age: Duration,
    spare: Spare,
}

/// What came of a connection.
enum Next {
    /// Nobody needs it any more.
    Close,
    /// It broke.
    Reopen,
    /// It came of age, and another one is open.
    Move(Box<Socket>),
    /// The conversation cannot go on.
    Fail(Arc<ProviderError>),
}

/// What arrived.
enum Arrived {
    Said(ServerEvent),
    /// The connection is gone; whether another one is worth while.
    Lost {
        err: ProviderError,
        reopen: bool,
    },
}

impl Connector {
    /// A connection that is configured.
    pub(super) async fn open(&self) -> Result<Socket, ProviderError> {
        let account = &self.failures.account;
        let provider = self.failures.provider();
        let (name, value) = match self.host.key {
            KeyHeader::Bearer => ("authorization", account.header("Bearer ")?),
            KeyHeader::ApiKey => ("api-key", Some(account.required_header("")?)),
        };
        let mut url = account.url(self.host.path);
        url.query_pairs_mut().append_pair("model", &self.model);
        let request = |client: &reqwest::Client| {
            let request = client.get(url);
            match value {
                Some(value) => request.header(name, value),
                None => request,
            }
        };
        let mut socket = socket::connect(&self.http, account, OPEN_LIMIT, request).await?;
        timeout(OPEN_LIMIT, self.configure(&mut socket))
            .await
            .unwrap_or_else(|_| Err(unavailable(provider, "it did not accept the session in time")))?;
        Ok(socket)
    }

    /// How the server wants to be spoken to, once there was a connection.
    pub(super) fn dialect(&self) -> Dialect {
        self.dialect.get().copied().unwrap_or_default()
    }

    async fn configure(&self, socket: &mut Socket) -> Result<(), ProviderError> {
        let provider = self.failures.provider();
        loop {
            let frame = socket.next().await;
            if let Some(Ok(Frame::Closed { code, reason })) = &frame
                && *code == Some(REFUSED)
                && is_about_the_key(reason)
            {
                return Err(self.failures.refused());
            }
            match self.arrived(frame) {
                Arrived::Said(ServerEvent::SessionCreated { session }) => {
                    self.dialect.get_or_init(|| Dialect::of(&session));
                    break;
                }
                Arrived::Said(ServerEvent::Error { error }) => return Err(self.failures.said(&error, None)),
                Arrived::Said(_) => {}
                Arrived::Lost { err, .. } => return Err(err),
            }
        }
        let dialect = self.dialect();
        dialect
            .check(&self.session)
            .map_err(|message| invalid_config(provider, message))?;
        let session = Box::new(self.session.clone());
        let update = ClientEvent {
            event_id: Some("session".to_owned()),
            kind: ClientEventKind::UpdateSession { session },
        };
        socket.send_text(dialect.text(&update)).await?;
        self.accepted(socket).await
    }

    /// Waits until the session is as it was asked for. A server of the beta may refuse a part and accept the rest.
    async fn accepted(&self, socket: &mut Socket) -> Result<(), ProviderError> {
        let mut complaint = None;
        loop {
            let frame = match complaint.take() {
                None => socket.next().await,
                Some(err) => match timeout(SECOND_THOUGHTS, socket.next()).await {
                    Ok(frame) => {
                        complaint = Some(err);
                        frame
                    }
                    Err(_) => return Err(err),
                },
            };
            match self.arrived(frame) {
                Arrived::Said(ServerEvent::SessionUpdated) => return Ok(()),
                Arrived::Said(ServerEvent::Error { error }) => {
                    let err = self.failures.said(&error, None);
                    if self.dialect() == Dialect::Ga || is_fatal(&err.kind) {
                        return Err(err);
                    }
                    debug!(
                        event = "provider.settings_refused",
                        provider.name = self.failures.provider(),
                        error = &err as &dyn std::error::Error,
                        "A part of the session was refused"
                    );
                    complaint.get_or_insert(err);
                }
                Arrived::Said(_) => {}
                Arrived::Lost { err, .. } => return Err(complaint.unwrap_or(err)),
            }
        }
    }

    fn arrived(&self, frame: Option<Result<Frame, ProviderError>>) -> Arrived {
        let gone = |reason: &str| unavailable(self.failures.provider(), reason);
        match frame {
            Some(Ok(frame @ Frame::Text(_))) => match frame.json(self.failures.provider(), &self.oddities) {
                Ok(event) => Arrived::Said(event.unwrap_or(ServerEvent::Unknown)),
                Err(err) => Arrived::Lost { err, reopen: false },
            },
            // Nothing that matters comes in bytes.
            Some(Ok(Frame::Binary(_))) => Arrived::Said(ServerEvent::Unknown),
            Some(Ok(Frame::Closed { code, .. })) => Arrived::Lost {
                err: if is_curable(code) {
                    gone("it closed the connection")
                } else {
                    self.failures.failed("it closed the conversation")
                },
                reopen: is_curable(code),
            },
            Some(Err(err)) => Arrived::Lost { err, reopen: true },
            None => Arrived::Lost {
                err: gone("it hung up"),
                reopen: true,
            },
        }
    }
}

impl Conversation {
    pub(super) fn new(
        connector: Connector,
        dialogue: Dialogue,
        commands: mpsc::Receiver<RealtimeCommand>,
        events: mpsc::Sender<RealtimeEvent>,
        connection_age: Duration,
    ) -> Self {
        Self {
            connector: Arc::new(connector),
            dialogue,
            commands,
            events,
            connection_age,
            spare: Spare::after(Some(connection_age)),
        }
    }

    /// Runs until the commands end, or the conversation cannot go on.
    pub(super) async fn run(mut self, mut socket: Socket) {
        loop {
            self.dialogue.opened(Instant::now().into_std());
            match self.talk(&mut socket).await {
                Next::Close => return socket.close().await,
                Next::Fail(err) => {
                    socket.close().await;
                    return self.fail(err).await;
                }
                Next::Move(new) => {
                    new.takes_over();
                    std::mem::replace(&mut socket, *new).close().await;
                }
                Next::Reopen => {
                    // There may be nobody to say goodbye to.
                    drop(socket);
                    match self.reopen().await {
                        Ok(Some(reopened)) => {
                            reopened.takes_over();
                            socket = reopened;
                        }
                        Ok(None) => return,
                        Err(err) => return self.fail(Arc::new(err)).await,
                    }
                }
            }
        }
    }

    /// Uses a connection to its end.
    async fn talk(&mut self, socket: &mut Socket) -> Next {
        let mut inbox = VecDeque::new();
        let mut is_lost = false;
        loop {
            while !is_lost && let Some(message) = self.dialogue.out.messages.pop_front() {
                if let Err(err) = socket.send_text(self.connector.dialect().text(&message)).await {
                    is_lost = true;
                    inbox.push_back((Instant::now(), Arrived::Lost { err, reopen: true }));
                }
            }
            let due = self.due(inbox.is_empty());
            if due.is_some_and(|due| due <= Instant::now())
                && let Some(new) = self.renew()
            {
                return Next::Move(new);
            }
            let has_news = !inbox.is_empty() || !self.dialogue.out.events.is_empty();
            tokio::select! {
                // When something arrives is taken down at once; what the session orders counts before it is told.
                biased;
                frame = socket.next(), if !is_lost && inbox.len() < INBOX => {
                    let at = Instant::now();
                    let arrived = self.connector.arrived(frame);
                    is_lost = matches!(arrived, Arrived::Lost { .. });
                    inbox.push_back((at, arrived));
                }
                command = self.commands.next() => match command {
                    Some(command) => self.dialogue.order(command, Instant::now().into_std()),
                    None => return Next::Close,
                },
                room = room(&mut self.events), if has_news => {
                    let next = room.and_then(|()| self.tell(&mut inbox));
                    match next {
                        Ok(None) => {}
                        Ok(Some(next)) => return next,
                        Err(Closed) => return Next::Close,
                    }
                }
                () = self.spare.change(&self.connector.failures.account) => {}
                () = alarm(due) => {}
            }
        }
    }

    /// When something is to be done to replace the connection, as far as that is known now: another one is opened, and
    /// used, at moments when nobody speaks and nothing is owed.
    fn due(&self, is_told: bool) -> Option<Instant> {
        let now = Instant::now();
        let is_told = is_told && self.dialogue.out.events.is_empty();
        let quiet = is_told
            .then(|| self.dialogue.quiet_at(now.into_std()))
            .flatten()?;
        let due = if self.spare.is_ready() {
            now
        } else {
            self.spare.due()?
        };
        Some(due.max(Instant::from_std(quiet)))
    }

    /// Opens another connection. The old one is used until that is open, and the next time moves to it.
    fn renew(&mut self) -> Option<Box<Socket>> {
        let new = self.spare.take(Some(self.connection_age));
        if new.is_some() {
            self.dialogue.retire();
        } else {
            let connector = Arc::clone(&self.connector);
            self.spare = Spare::Calling(Box::pin(async move { connector.open().await }));
        }
        new
    }

    /// Tells one event, or works out the next one; there is room for it.
    fn tell(&mut self, inbox: &mut VecDeque<(Instant, Arrived)>) -> Result<Option<Next>, Closed> {
        if let Some(event) = self.dialogue.out.events.pop_front() {
            self.events.start_send(event).map_err(|_| Closed)?;
            return Ok(None);
        }
        let Some((at, arrived)) = inbox.pop_front() else {
            return Ok(None);
        };
        let at = at.into_std();
        let (err, reopen) = match arrived {
            Arrived::Said(event) => match self.dialogue.hear(event, at) {
                Standing::GoesOn => return Ok(None),
                Standing::Over(err) => (err, false),
                Standing::Expired => (
                    unavailable(self.connector.failures.provider(), "the session expired"),
                    true,
                ),
            },
            Arrived::Lost { err, reopen } => (err, reopen),
        };
        debug!(
            event = "provider.disconnected",
            provider.name = self.connector.failures.provider(),
            error = &err as &dyn std::error::Error,
            "The connection is of no use any more"
        );
        let err = Arc::new(err);
        if reopen && self.dialogue.lost(&err, at) {
            Ok(Some(Next::Reopen))
        } else {
            Ok(Some(Next::Fail(err)))
        }
    }

    /// Another connection; `None` when nobody needs it any more. What is ordered meanwhile is kept.
    async fn reopen(&mut self) -> Result<Option<Socket>, ProviderError> {
        if let Some(open) = self.spare.take(Some(self.connection_age)) {
            return Ok(Some(*open));
        }
        self.spare = Spare::after(Some(self.connection_age));
        let deadline = Instant::now() + REOPEN_LIMIT;
        let mut wait = FIRST_WAIT;
        loop {
            let opening = async {
                sleep(wait).await;
                self.connector.open().await
            };
            let opened = meanwhile(&mut self.dialogue, &mut self.commands, &mut self.events, opening).await;
            let err = match opened {
                Err(Closed) => return Ok(None),
                Ok(Ok(socket)) => return Ok(Some(socket)),
                Ok(Err(err)) => err,
            };
            wait *= 2;
            if is_fatal(&err.kind) || Instant::now() + wait > deadline {
                return Err(err);
            }
        }
    }

    /// Tells what is left to tell, and that nothing follows.
    async fn fail(mut self, err: Arc<ProviderError>) {
        let at = Instant::now().into_std();
        self.dialogue.failed(err, at);
        while let Some(event) = self.dialogue.out.events.pop_front() {
            tokio::select! {
                room = room(&mut self.events) => if room.is_err() || self.events.start_send(event).is_err() {
                    return;
                },
                () = ended(&mut self.commands) => return,
            }
        }
    }
}

/// Serves the session while there is no connection.
async fn meanwhile<T>(
    dialogue: &mut Dialogue,
    commands: &mut mpsc::Receiver<RealtimeCommand>,
    events: &mut mpsc::Sender<RealtimeEvent>,
    work: impl Future<Output = T>,
) -> Result<T, Closed> {
    tokio::pin!(work);
    loop {
        let has_news = !dialogue.out.events.is_empty();
        tokio::select! {
            biased;
            command = commands.next() => match command {
                Some(command) => dialogue.order(command, Instant::now().into_std()),
                None => return Err(Closed),
            },
            room = room(events), if has_news => {
                room?;
                if let Some(event) = dialogue.out.events.pop_front() {
                    events.start_send(event).map_err(|_| Closed)?;
                }
            }
            done = &mut work => return Ok(done),
        }
    }
}

/// Whether a connection was closed for the key, or the lack of one.
fn is_about_the_key(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    reason.contains("api key") || reason.contains("authentication")
}

/// Waits until nobody orders anything any more.
async fn ended(commands: &mut mpsc::Receiver<RealtimeCommand>) {
    while commands.next().await.is_some() {}
}
