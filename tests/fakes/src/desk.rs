//! What scripted providers have in common whose sessions stay open: what a test lined up, and what they were told.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{broadcast, watch};
use tokio_util::task::TaskTracker;
use viva_domain::ports::{ProviderError, ProviderErrorKind, RealtimeCommand, SpeechToTextCommand};

use crate::{FaultSwitch, lock};

/// The id of scripted providers in errors and configurations.
pub(crate) const PROVIDER: &str = "scripted";
/// Room for events of a session.
pub(crate) const CHANNEL: usize = 64;

/// What a scripted provider was told so far, by all sessions together.
#[derive(Debug, Clone)]
pub struct Recorded<R, C> {
    /// What each session was opened with.
    pub requests: Vec<R>,
    /// Every command, audio too.
    pub commands: Vec<C>,
    /// How many sessions are open.
    pub open: usize,
}

/// What a session is told; some of it is the user's audio.
pub trait Command: Clone {
    /// The audio, if it is that.
    fn samples(&self) -> Option<&[i16]>;
}

/// A scripted provider of requests `R`, commands `C`, unprompted events `U` and lined-up answers `A`.
#[derive(Debug)]
pub(crate) struct Desk<R, C, U, A> {
    script: Arc<Script<R, C, U, A>>,
    connect_delay: Duration,
    faults: FaultSwitch<ProviderErrorKind>,
    tasks: TaskTracker,
}

/// What the test and the sessions share.
pub(crate) struct Script<R, C, U, A> {
    pub(crate) recorded: watch::Sender<Recorded<R, C>>,
    pub(crate) unprompted: broadcast::Sender<U>,
    answers: Mutex<VecDeque<A>>,
}

impl<R: Clone, C: Clone, U: Clone, A> Desk<R, C, U, A> {
    pub(crate) fn new() -> Self {
        Self {
            script: Arc::new(Script {
                recorded: watch::Sender::default(),
                unprompted: broadcast::Sender::new(CHANNEL),
                answers: Mutex::default(),
            }),
            connect_delay: Duration::ZERO,
            faults: FaultSwitch::default(),
            tasks: TaskTracker::new(),
        }
    }

    pub(crate) fn connecting_for(self, connect_delay: Duration) -> Self {
        Self {
            connect_delay,
            ..self
        }
    }

    pub(crate) fn line_up(&self, answer: A) {
        lock(&self.script.answers).push_back(answer);
    }

    pub(crate) fn say(&self, what: U) {
        // Fails when no session is open: then nobody hears it, as in real life.
        let _ = self.script.unprompted.send(what);
    }

    pub(crate) fn faults(&self) -> &FaultSwitch<ProviderErrorKind> {
        &self.faults
    }

    pub(crate) fn recorded(&self) -> Recorded<R, C> {
        self.script.recorded.borrow().clone()
    }

    /// How many such commands it was told so far.
    pub(crate) fn count(&self, is_it: impl Fn(&C) -> bool) -> usize {
        let recorded = self.script.recorded.borrow();
        recorded.commands.iter().filter(|command| is_it(command)).count()
    }

    pub(crate) async fn until(&self, condition: impl FnMut(&Recorded<R, C>) -> bool) -> Recorded<R, C> {
        let mut recorded = self.script.recorded.subscribe();
        match recorded.wait_for(condition).await {
            Ok(recorded) => recorded.clone(),
            Err(_) => unreachable!("the sender lives as long as the provider"),
        }
    }

    pub(crate) async fn until_closed(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
    }

    /// A session begins, unless connecting fails.
    pub(crate) async fn open(&self, request: R) -> Result<Arc<Script<R, C, U, A>>, ProviderError> {
        tokio::time::sleep(self.connect_delay).await;
        self.faults.check().map_err(failure)?;
        self.script.recorded.send_modify(|recorded| {
            recorded.requests.push(request);
            recorded.open += 1;
        });
        Ok(Arc::clone(&self.script))
    }

    pub(crate) fn run(&self, session: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(session);
    }
}

impl<R, C, U, A> Script<R, C, U, A> {
    /// The answer that is lined up next.
    pub(crate) fn next(&self) -> Option<A> {
        lock(&self.answers).pop_front()
    }

    pub(crate) fn told(&self, command: C) {
        self.recorded
            .send_modify(|recorded| recorded.commands.push(command));
    }

    pub(crate) fn closed(&self) {
        self.recorded.send_modify(|recorded| recorded.open -= 1);
    }
}

impl<R, C, U, A> fmt::Debug for Script<R, C, U, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script")
            .field("answers", &lock(&self.answers).len())
            .finish_non_exhaustive()
    }
}

impl<R, C> Default for Recorded<R, C> {
    fn default() -> Self {
        Self {
            requests: Vec::new(),
            commands: Vec::new(),
            open: 0,
        }
    }
}

impl<R, C: Command> Recorded<R, C> {
    /// The commands other than audio.
    pub fn control(&self) -> Vec<C> {
        let is_control = |command: &&C| command.samples().is_none();
        self.commands.iter().filter(is_control).cloned().collect()
    }

    /// The user audio of all commands.
    pub fn audio(&self) -> Vec<i16> {
        let portions = self.commands.iter().filter_map(Command::samples);
        portions.flatten().copied().collect()
    }
}

impl Command for SpeechToTextCommand {
    fn samples(&self) -> Option<&[i16]> {
        match self {
            Self::Audio(samples) => Some(samples),
            _ => None,
        }
    }
}

impl Command for RealtimeCommand {
    fn samples(&self) -> Option<&[i16]> {
        match self {
            Self::Audio(samples) => Some(samples),
            _ => None,
        }
    }
}

pub(crate) fn failure(kind: ProviderErrorKind) -> ProviderError {
    ProviderError {
        kind,
        provider: PROVIDER.to_owned(),
        retry_after: None,
        source: None,
    }
}
