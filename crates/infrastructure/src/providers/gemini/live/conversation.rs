//! One conversation: waits for commands, messages and moments, and does what [`Talk`] decides.

use std::collections::VecDeque;
use std::future::{pending, poll_fn};
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_channel::mpsc;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use tokio::time::timeout;
use tracing::debug;
use viva_domain::ports::{
    ProviderError, ProviderErrorKind, RealtimeCommand, RealtimeEvent, RealtimeEventKind,
};

use super::closing::Closing;
use super::dialing::Dialer;
use super::talk::{Act, Talk};
use super::wire::ServerMessage;
use crate::providers::transport::socket::{Frame, Socket};
use crate::providers::transport::{alarm, errors};

/// A server that closes says why; the reason may lie behind other messages.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A conversation, owned by its task.
pub(super) struct Conversation {
    commands: mpsc::Receiver<RealtimeCommand>,
    events: mpsc::Sender<RealtimeEvent>,
    dialer: Arc<Dialer>,
    link: Link,
    talk: Talk,
    /// Waits for room in `events`. Meanwhile nothing more is read, so it holds what one message made.
    untold: VecDeque<RealtimeEvent>,
}

enum Link {
    Up(Box<Socket>),
    /// The old connection is being closed, then another is opened.
    Dialing(BoxFuture<'static, Result<Socket, ProviderError>>),
}

/// What came of the connection.
enum Said {
    Message(Box<ServerMessage>),
    Broke(Closing),
    Linked(Box<Socket>),
}

/// Nobody listens any more, or nothing more is to be said.
struct Over;

impl Conversation {
    pub(super) fn new(
        commands: mpsc::Receiver<RealtimeCommand>,
        events: mpsc::Sender<RealtimeEvent>,
        dialer: Dialer,
        socket: Socket,
        talk: Talk,
    ) -> Self {
        Self {
            commands,
            events,
            dialer: Arc::new(dialer),
            link: Link::Up(Box::new(socket)),
            talk,
            untold: VecDeque::new(),
        }
    }

    /// Runs until either channel is closed or the conversation fails.
    pub(super) async fn run(mut self, acts: Vec<Act>) {
        self.carry_out(acts).await;
        while self.step().await.is_ok() {}
        if let Link::Up(socket) = self.link {
            socket.close().await;
        }
        let provider = self.dialer.provider();
        debug!(
            event = "provider.conversation_ended",
            provider.name = provider,
            "Ended a conversation with {provider}"
        );
    }

    async fn step(&mut self) -> Result<(), Over> {
        let mut acts = Vec::new();
        let must_tell = !self.untold.is_empty();
        let deadline = self.talk.deadline();
        tokio::select! {
            // A command that is there counts before anything else is said.
            biased;
            command = self.commands.next() => {
                let command = command.ok_or(Over)?;
                self.talk.command(Instant::now(), command, &mut acts);
            }
            room = poll_fn(|cx| self.events.poll_ready(cx)), if must_tell => {
                room.map_err(|_| Over)?;
                self.tell()?;
            }
            (at, said) = next(&mut self.link, &self.dialer, self.talk.is_sent_away()), if !must_tell => {
                self.on_said(at, said, &mut acts);
            }
            () = alarm(deadline.map(Into::into)) => self.talk.tick(Instant::now(), &mut acts),
        }
        self.carry_out(acts).await;
        if self.events.is_closed() {
            Err(Over)
        } else {
            Ok(())
        }
    }

    fn tell(&mut self) -> Result<(), Over> {
        let Some(event) = self.untold.pop_front() else {
            return Ok(());
        };
        let is_last = matches!(event.kind, RealtimeEventKind::Failed(_));
        self.events.start_send(event).map_err(|_| Over)?;
        if is_last { Err(Over) } else { Ok(()) }
    }

    fn on_said(&mut self, at: Instant, said: Said, acts: &mut Vec<Act>) {
        match said {
            Said::Message(message) => self.talk.message(at, *message, acts),
            Said::Broke(closing) => self.talk.broke(at, closing.err, closing.can_go_on, acts),
            Said::Linked(socket) => {
                socket.takes_over();
                self.link = Link::Up(socket);
                self.talk.relinked(at, acts);
            }
        }
    }

    async fn carry_out(&mut self, acts: Vec<Act>) {
        let mut acts = VecDeque::from(acts);
        while let Some(act) = acts.pop_front() {
            match act {
                Act::Tell(event) => self.untold.push_back(event),
                Act::Relink => self.relink(),
                Act::Send(message) => {
                    let Link::Up(socket) = &mut self.link else {
                        continue;
                    };
                    let Err(err) = self.dialer.send(socket, &message).await else {
                        continue;
                    };
                    let closing = last_words(socket, &self.dialer, self.talk.is_sent_away(), err).await;
                    // The next connection is told how things stand then.
                    acts.retain(|act| matches!(act, Act::Tell(_)));
                    let mut more = Vec::new();
                    self.talk
                        .broke(Instant::now(), closing.err, closing.can_go_on, &mut more);
                    acts.extend(more);
                }
            }
        }
    }

    fn relink(&mut self) {
        let handle = self.talk.handle().unwrap_or_default().to_owned();
        let dialer = Arc::clone(&self.dialer);
        let old = mem::replace(&mut self.link, Link::Dialing(Box::pin(pending())));
        self.link = Link::Dialing(Box::pin(async move {
            // A handle is refused while its connection is open.
            if let Link::Up(socket) = old {
                socket.close().await;
            }
            dialer.dial_again(&handle).await
        }));
    }
}

/// What comes next, and when it came. Dropping the future loses nothing.
async fn next(link: &mut Link, dialer: &Dialer, is_sent_away: bool) -> (Instant, Said) {
    match link {
        Link::Up(socket) => {
            let frame = socket.next().await;
            (Instant::now(), said(frame, dialer, is_sent_away))
        }
        Link::Dialing(dialing) => {
            let said = match dialing.await {
                Ok(socket) => Said::Linked(Box::new(socket)),
                Err(err) => Said::Broke(Closing {
                    err,
                    can_go_on: false,
                }),
            };
            (Instant::now(), said)
        }
    }
}

fn said(frame: Option<Result<Frame, ProviderError>>, dialer: &Dialer, is_sent_away: bool) -> Said {
    match frame {
        Some(Ok(Frame::Closed { code, reason })) => {
            Said::Broke(Closing::of(code, &reason, dialer.account(), is_sent_away))
        }
        Some(Ok(frame)) => match dialer.read(&frame) {
            Ok(message) => Said::Message(Box::new(message)),
            Err(err) => Said::Broke(Closing {
                err,
                can_go_on: false,
            }),
        },
        Some(Err(err)) => Said::Broke(lost(err)),
        None => Said::Broke(lost(errors::unavailable(
            dialer.provider(),
            "the connection is gone",
        ))),
    }
}

fn lost(err: ProviderError) -> Closing {
    Closing {
        can_go_on: err.kind == ProviderErrorKind::Unavailable,
        err,
    }
}

/// Why a connection takes no more messages: what the server said last, if it did.
async fn last_words(socket: &mut Socket, dialer: &Dialer, is_sent_away: bool, err: ProviderError) -> Closing {
    let closed = async {
        while let Some(Ok(frame)) = socket.next().await {
            if let Frame::Closed { code, reason } = frame {
                return Some(Closing::of(code, &reason, dialer.account(), is_sent_away));
            }
        }
        None
    };
    let closing = timeout(LAST_WORDS, closed).await.ok().flatten();
    closing.unwrap_or_else(|| lost(err))
}
