//! A whole conversation, held by a program in real time.

mod microphone;
mod progress;
mod report;
mod running;
mod speaker;

use std::sync::Arc;
use std::time::Duration;

use viva_audio::{Clip, UnsupportedSampleRate};
use viva_protocol::ws::{AudioTransport, PlaybackReport, ServerMessage, StartSession};

use crate::{Client, ClientError, Connection};

pub use report::{CallReport, Outcome, TurnReport};
pub use speaker::Speaker;

use running::RunningCall;

/// How long the AI may be silent after the last word was said.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// How long a call may take beyond its clip.
const CALL_LIMIT: Duration = Duration::from_mins(5);

/// What a caller says, and how.
#[derive(Debug, Clone)]
pub struct Call {
    /// How the session is started. Audio always travels in binary frames.
    pub start: StartSession,
    /// What is said; when the AI greets, after the greeting.
    pub clip: Arc<Clip>,
    /// How many turns there will be, a greeting included. `None`: the call is over when it has become quiet.
    pub expected_turns: Option<usize>,
    /// When to hang up.
    pub hang_up: HangUp,
    /// How long the AI may be silent after the last word was said.
    pub answer_limit: Duration,
    /// How long the call may take beyond its clip.
    pub call_limit: Duration,
    /// How long the simulated loudspeaker takes to make a sample audible.
    pub device_latency: Duration,
    /// Whether the report contains the AI's audio.
    pub keep_audio: KeepAudio,
}

/// When a caller hangs up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HangUp {
    /// After the last answer was heard to its end.
    AfterAnswer,
    /// As soon as the latency of every turn is known, of the expected ones at least.
    AfterLatency,
}

/// Whether a report contains the AI's audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepAudio {
    /// It does.
    Yes,
    /// Only its length and level are kept.
    No,
}

impl Call {
    /// A call that says `clip` and listens to the answers.
    pub fn new(start: StartSession, clip: Arc<Clip>) -> Self {
        Self {
            start,
            clip,
            expected_turns: None,
            hang_up: HangUp::AfterAnswer,
            answer_limit: ANSWER_LIMIT,
            call_limit: CALL_LIMIT,
            device_latency: Duration::ZERO,
            keep_audio: KeepAudio::No,
        }
    }
}

/// Something that happened during a call.
#[derive(Debug)]
pub struct CallEvent<'a> {
    /// When, since the call began.
    pub at: Duration,
    /// What.
    pub what: Happening<'a>,
}

/// What happened during a call.
#[derive(Debug)]
pub enum Happening<'a> {
    /// The caller begins to play the clip.
    ClipStarted,
    /// The server sent a message.
    Message(&'a ServerMessage),
    /// The simulated loudspeaker reports.
    Playback(&'a PlaybackReport),
    /// The connection is lost; the caller tries to come back.
    Disconnected {
        /// The WebSocket close code; `None` when the connection broke.
        code: Option<u16>,
        /// What is known about it.
        reason: &'a str,
    },
    /// The caller is back in the same session.
    Resumed,
}

/// Opens connections: a [`Client`], or whatever a test puts in its place.
pub trait Connect: Sync {
    /// Opens one connection and waits until the server is ready.
    fn connect(&self) -> impl Future<Output = Result<Connection, ClientError>> + Send;
}

impl Connect for Client {
    async fn connect(&self) -> Result<Connection, ClientError> {
        Client::connect(self).await
    }
}

/// Holds conversations as a caller would.
#[derive(Debug, Clone)]
pub struct Caller<C> {
    connect: C,
}

impl<C: Connect> Caller<C> {
    /// A caller that reaches the server through `connect`.
    pub fn new(connect: C) -> Self {
        Self { connect }
    }

    /// Makes one call: plays the clip in real time, in frames of 20 ms that are sent when they are complete; takes the AI's
    /// audio through a simulated loudspeaker on the same clock, which reports what was heard; says nothing until the AI has
    /// answered, and hangs up. A connection that breaks is replaced after 1, 2 and 4 s; what is said meanwhile is lost.
    ///
    /// `observe` is told what happens, as it happens.
    ///
    /// # Errors
    /// [`ClientError`] when there is no session to speak of. What goes wrong later is the report's [`Outcome`].
    pub async fn call(
        &self,
        call: &Call,
        observe: impl FnMut(&CallEvent<'_>) + Send,
    ) -> Result<CallReport, ClientError> {
        let mut start = call.start.clone();
        start.audio.transport = AudioTransport::Binary;
        let unsupported = |err: UnsupportedSampleRate| ClientError::Answer { source: err.into() };
        let input_rate = start.audio.input_rate.try_into().map_err(unsupported)?;
        let output_rate = start.audio.output_rate.try_into().map_err(unsupported)?;
        let running = RunningCall::begin(&self.connect, call, observe, start, input_rate, output_rate);
        Ok(running.await?.run().await)
    }
}
