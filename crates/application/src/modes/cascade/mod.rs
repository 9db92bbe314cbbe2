//! The cascade: speech to text, a language model, text to speech, each of a provider of its own.
//!
//! ```text
//! audio ──▶ uplink ──▶ ears ──▶ pipeline ──▶ answer: language model ─▶ pieces ─▶ voice
//! orders ─────┴───────────────────▲  │                       │                    │
//!                     events ◀───────┴───────────────────────┴────────────────────┘
//! ```
//!
//! The pipeline is one task per session and ends with the mode.

mod answer;
mod context;
mod pieces;
mod pipeline;
#[cfg(test)]
mod tests;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_channel::mpsc;
use futures_util::{Stream, StreamExt};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};
use tracing::Instrument as _;
use viva_audio::{SampleRate, UnsupportedSampleRate};
use viva_domain::ports::{
    LanguageModel, Message, SpeechToTextCapabilities, SpeechToTextCommand, SpeechToTextSession, TextToSpeech,
};
use viva_domain::sessions::CascadeConfig;
use viva_domain::turns::{ModeOrder, TurnTaking};

use self::answer::Stages;
#[cfg(feature = "fuzzing")]
pub use self::pieces::pieces_of;
use self::pipeline::{Pipeline, State, Told};
use super::uplink::{Lossless, Uplink};
use super::{InteractionMode, ModeEvent, ModeSaid};

/// Orders on their way to the pipeline. Overflow: they wait in [`Lossless`].
const ORDERS: usize = 8;
/// Events on their way to the session. Overflow: the providers are not read.
const EVENTS: usize = 32;

/// What a cascade is made of.
pub(super) struct CascadeSetup {
    /// As every stage resolved it.
    pub(super) config: CascadeConfig,
    pub(super) ears: SpeechToTextSession,
    pub(super) ears_can: SpeechToTextCapabilities,
    pub(super) llm: Arc<dyn LanguageModel>,
    pub(super) tts: Arc<dyn TextToSpeech>,
    pub(super) instructions: String,
    pub(super) history: Vec<Message>,
    pub(super) input_rate: SampleRate,
    pub(super) output_rate: SampleRate,
}

/// A conversation with three providers.
pub(super) struct CascadeMode {
    turn_taking: TurnTaking,
    ears: Uplink<SpeechToTextCommand>,
    told: Lossless<Told>,
    events: mpsc::Receiver<ModeEvent>,
    /// The ears were asked for what was said, in case that the user is done.
    is_prepared: bool,
    /// Orders to write down that the ears were given.
    finalized: u64,
    /// Events that the session took. It has dealt with each of them before it asks for the next.
    taken: u64,
    /// The session took the news that the user began to speak; it orders what follows from that before it asks for more.
    told_of_speech: bool,
    _pipeline: AbortOnDropHandle<()>,
}

impl CascadeMode {
    /// The conversation is a task of `tasks`.
    pub(super) fn new(setup: CascadeSetup, tasks: &TaskTracker) -> Result<Self, UnsupportedSampleRate> {
        let CascadeConfig { stt, llm, tts } = setup.config;
        let turn_taking = if setup.ears_can.detects_turns {
            TurnTaking::Provider
        } else {
            TurnTaking::Session
        };
        let ears_rate = SampleRate::new(setup.ears_can.input_rate)?;
        let tts_rate = SampleRate::new(setup.tts.capabilities(&tts).output_rate)?;
        let (told, told_rx) = mpsc::channel(ORDERS);
        let (events, events_rx) = mpsc::channel(EVENTS);
        let SpeechToTextSession {
            commands,
            events: ears,
        } = setup.ears;
        let pipeline = Pipeline {
            stages: Arc::new(Stages {
                llm: setup.llm,
                llm_config: llm,
                tts: setup.tts,
                tts_config: tts,
                tts_rate,
                output_rate: setup.output_rate,
                instructions: setup.instructions,
            }),
            turn_taking,
            stt_provider: stt.provider,
            patience: setup.ears_can.answers_within,
            told: told_rx,
            ears,
            events: Lossless::new(events),
            context: context::Context::new(setup.history),
            state: State::default(),
        };
        Ok(Self {
            turn_taking,
            ears: Uplink::new(commands, setup.input_rate, ears_rate),
            told: Lossless::new(told),
            events: events_rx,
            is_prepared: false,
            finalized: 0,
            taken: 0,
            told_of_speech: false,
            _pipeline: AbortOnDropHandle::new(tasks.spawn(pipeline.run().in_current_span())),
        })
    }

    /// What an order means to the ears. It goes the way of the audio, and so keeps its place in it.
    fn ears_command(&mut self, order: ModeOrder) -> Option<SpeechToTextCommand> {
        let was_prepared = self.is_prepared;
        match order {
            ModeOrder::Prepare => self.is_prepared = true,
            ModeOrder::Commit(_) | ModeOrder::GoOn { .. } | ModeOrder::Interrupt { .. } => {
                self.is_prepared = false;
            }
            ModeOrder::SpeechBegan { .. }
            | ModeOrder::EndTurn
            | ModeOrder::Greet(_)
            | ModeOrder::CutBefore(_)
            | ModeOrder::Heard(_) => {}
        }
        match order {
            ModeOrder::SpeechBegan { ago } => Some(SpeechToTextCommand::SpeechBegan { ago }),
            ModeOrder::Prepare | ModeOrder::EndTurn => Some(self.finalize()),
            // Ears that find turns wrote down all of them already.
            ModeOrder::Commit(_) if self.turn_taking == TurnTaking::Provider => None,
            ModeOrder::Commit(_) => (!was_prepared).then(|| self.finalize()),
            ModeOrder::GoOn { .. }
            | ModeOrder::Greet(_)
            | ModeOrder::Interrupt { .. }
            | ModeOrder::CutBefore(_)
            | ModeOrder::Heard(_) => None,
        }
    }

    fn finalize(&mut self) -> SpeechToTextCommand {
        self.finalized += 1;
        let number = self.finalized;
        SpeechToTextCommand::Finalize { number }
    }
}

impl InteractionMode for CascadeMode {
    fn turn_taking(&self) -> TurnTaking {
        self.turn_taking
    }

    fn push_audio(&mut self, samples: &Arc<[i16]>) -> usize {
        self.ears.push_audio(samples, SpeechToTextCommand::Audio)
    }

    fn order(&mut self, order: ModeOrder) {
        let command = self.ears_command(order);
        if let Some(SpeechToTextCommand::Finalize { number }) = command
            && order != ModeOrder::EndTurn
        {
            self.told.send(Told::Asked { number });
        }
        let taken = self.taken;
        self.told.send(Told::Order { order, taken });
        match command {
            // The pipeline knows what the ears were asked before they answer.
            Some(command) if self.told.are_waiting() => self.ears.orders.hold(command),
            Some(command) => self.ears.orders.send(command),
            None => {}
        }
    }
}

impl Stream for CascadeMode {
    type Item = ModeEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<ModeEvent>> {
        // What finds no room yet wakes this again.
        if self.told.poll_waiting(cx).is_ready() {
            let _ = self.ears.orders.poll_waiting(cx);
        }
        if std::mem::take(&mut self.told_of_speech) {
            self.told.send(Told::SpeechStartedTaken);
        }
        let event = ready!(self.events.poll_next_unpin(cx));
        self.taken += u64::from(event.is_some());
        self.told_of_speech = event
            .as_ref()
            .is_some_and(|event| event.what == ModeSaid::SpeechStarted);
        Poll::Ready(event)
    }
}
