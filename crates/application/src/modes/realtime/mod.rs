//! Realtime mode: one provider hears and speaks.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::Stream;
use viva_audio::{Resampler, SampleRate, UnsupportedSampleRate};
use viva_domain::ports::{
    ProviderError, RealtimeCapabilities, RealtimeCommand, RealtimeEvent, RealtimeEventKind, RealtimeSession,
};
use viva_domain::turns::{Generation, ModeInput, ModeOrder, SessionFailure, TurnTaking};

use super::{InteractionMode, ModeEvent, ModeSaid};

/// A conversation with a realtime provider: resamples both ways and turns orders into commands.
pub(super) struct RealtimeMode {
    session: RealtimeSession,
    turn_taking: TurnTaking,
    /// From the user to the provider.
    up: Resampler,
    /// From the provider to the user; begins anew with each answer, so that nothing of an old one is left in it.
    down: Resampler,
    answer: Generation,
    /// Orders that the provider's channel had no room for. There is one per turn or interruption, so it stays short.
    waiting: VecDeque<RealtimeCommand>,
    /// The rest of an answer that was still in the resampler, and the event that ended it.
    next: Option<ModeEvent>,
}

impl RealtimeMode {
    pub(super) fn new(
        session: RealtimeSession,
        capabilities: RealtimeCapabilities,
        input_rate: SampleRate,
        output_rate: SampleRate,
    ) -> Result<Self, UnsupportedSampleRate> {
        let turn_taking = if capabilities.detects_turns {
            TurnTaking::Provider
        } else {
            TurnTaking::Session
        };
        Ok(Self {
            session,
            turn_taking,
            up: Resampler::new(input_rate, SampleRate::new(capabilities.input_rate)?),
            down: Resampler::new(SampleRate::new(capabilities.output_rate)?, output_rate),
            answer: Generation::FIRST,
            waiting: VecDeque::new(),
            next: None,
        })
    }

    /// Hands waiting orders over while there is room.
    fn poll_orders(&mut self, cx: &mut Context<'_>) {
        while !self.waiting.is_empty() && self.session.commands.poll_ready(cx).is_ready() {
            let Some(command) = self.waiting.pop_front() else {
                return;
            };
            if self.session.commands.start_send(command).is_err() {
                self.waiting.clear(); // The provider is gone; its last event says so.
            }
        }
    }

    fn said(&mut self, event: RealtimeEvent) -> ModeEvent {
        let RealtimeEvent { generation, at, kind } = event;
        if generation != self.answer {
            self.answer = generation;
            self.down.reset();
        }
        let what = match kind {
            RealtimeEventKind::SpeechStarted => {
                return ModeEvent {
                    generation,
                    at,
                    what: ModeSaid::SpeechStarted,
                };
            }
            RealtimeEventKind::SpeechEnded => {
                return ModeEvent {
                    generation,
                    at,
                    what: ModeSaid::SpeechEnded,
                };
            }
            RealtimeEventKind::UserTranscript { text, is_final } => {
                ModeInput::UserTranscript { text, is_final }
            }
            RealtimeEventKind::ResponseStarted => ModeInput::ResponseStarted,
            RealtimeEventKind::TextDelta(delta) => ModeInput::TextDelta(delta),
            RealtimeEventKind::Audio(samples) => ModeInput::Audio(self.down_sampled(samples)),
            RealtimeEventKind::ResponseDone { usage } => ModeInput::ResponseDone(usage),
            RealtimeEventKind::ResponseFailed(err) => ModeInput::ResponseFailed(failure(&err)),
            RealtimeEventKind::Failed(err) => ModeInput::Failed(failure(&err)),
        };
        let ends_answer = matches!(what, ModeInput::ResponseDone(_) | ModeInput::ResponseFailed(_));
        let event = ModeEvent {
            generation,
            at,
            what: ModeSaid::Said(what),
        };
        if ends_answer {
            self.tail_before(event)
        } else {
            event
        }
    }

    fn down_sampled(&mut self, samples: Vec<i16>) -> Vec<i16> {
        if self.down.from() == self.down.to() {
            return samples;
        }
        let mut out = Vec::with_capacity(samples.len() * 2);
        self.down.process_into(&samples, &mut out);
        out
    }

    /// What the resampler still holds of the answer comes before the event that ends it.
    fn tail_before(&mut self, end: ModeEvent) -> ModeEvent {
        let mut tail = Vec::new();
        self.down.flush_into(&mut tail);
        self.down.reset();
        if tail.is_empty() {
            return end;
        }
        let what = ModeSaid::Said(ModeInput::Audio(tail));
        let tail = ModeEvent {
            generation: end.generation,
            at: end.at,
            what,
        };
        self.next = Some(end);
        tail
    }
}

impl InteractionMode for RealtimeMode {
    fn turn_taking(&self) -> TurnTaking {
        self.turn_taking
    }

    fn push_audio(&mut self, samples: &[i16]) -> usize {
        let mut resampled = Vec::with_capacity(samples.len() * 2);
        self.up.process_into(samples, &mut resampled);
        if resampled.is_empty() {
            return 0;
        }
        let audio: Arc<[i16]> = resampled.into();
        let len = audio.len();
        // Orders keep their place: audio does not overtake one that waits.
        let is_taken = self.waiting.is_empty()
            && self
                .session
                .commands
                .try_send(RealtimeCommand::Audio(audio))
                .is_ok();
        if is_taken { 0 } else { len }
    }

    fn order(&mut self, order: ModeOrder) {
        let command = match order {
            ModeOrder::Commit(generation) => RealtimeCommand::Commit(generation),
            ModeOrder::Greet(generation) => RealtimeCommand::Greet(generation),
            ModeOrder::Interrupt { generation, heard } => RealtimeCommand::Interrupt { generation, heard },
            ModeOrder::Close => return self.session.commands.close_channel(),
        };
        if !self.waiting.is_empty() {
            return self.waiting.push_back(command);
        }
        if let Err(err) = self.session.commands.try_send(command)
            && err.is_full()
        {
            self.waiting.push_back(err.into_inner());
        }
    }
}

impl Stream for RealtimeMode {
    type Item = ModeEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<ModeEvent>> {
        self.poll_orders(cx);
        if let Some(event) = self.next.take() {
            return Poll::Ready(Some(event));
        }
        let event = ready!(Pin::new(&mut self.session.events).poll_next(cx));
        Poll::Ready(event.map(|event| self.said(event)))
    }
}

fn failure(err: &ProviderError) -> SessionFailure {
    SessionFailure {
        kind: err.kind.clone(),
        message: err.to_string(),
        retry_after: err.retry_after,
    }
}
