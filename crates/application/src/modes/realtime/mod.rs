//! Realtime mode: one provider hears and speaks.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_channel::mpsc;
use futures_util::Stream;
use viva_audio::{Resampler, SampleRate, UnsupportedSampleRate};
use viva_domain::ports::{
    RealtimeCapabilities, RealtimeCommand, RealtimeEvent, RealtimeEventKind, RealtimeSession,
};
use viva_domain::turns::{Generation, ModeInput, ModeOrder, TurnTaking};

use super::uplink::Uplink;
use super::{InteractionMode, ModeEvent, ModeSaid, failure};

/// A conversation with a realtime provider: resamples both ways and turns orders into commands.
pub(super) struct RealtimeMode {
    uplink: Uplink<RealtimeCommand>,
    events: mpsc::Receiver<RealtimeEvent>,
    turn_taking: TurnTaking,
    /// From the provider to the user; begins anew with each answer, so that nothing of an old one is left in it.
    down: Resampler,
    /// Whether there is audio of an answer in it.
    down_holds_audio: bool,
    answer: Generation,
    /// The event that ended an answer of which a rest was still in the resampler.
    next: Option<ModeEvent>,
    /// The provider's events that the session took, to their last part. It has dealt with each of them before it asks for
    /// the next.
    taken: u64,
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
            uplink: Uplink::new(
                session.commands,
                input_rate,
                SampleRate::new(capabilities.input_rate)?,
            ),
            events: session.events,
            turn_taking,
            down: Resampler::new(SampleRate::new(capabilities.output_rate)?, output_rate),
            down_holds_audio: false,
            answer: Generation::FIRST,
            next: None,
            taken: 0,
        })
    }

    fn said(&mut self, event: RealtimeEvent) -> ModeEvent {
        let RealtimeEvent { generation, at, kind } = event;
        if is_of_answer(&kind) && (generation != self.answer || kind == RealtimeEventKind::ResponseStarted) {
            self.answer = generation;
            self.begin_anew();
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

    fn begin_anew(&mut self) {
        self.down.reset();
        self.down_holds_audio = false;
    }

    fn down_sampled(&mut self, samples: Vec<i16>) -> Vec<i16> {
        let (from, to) = (self.down.from(), self.down.to());
        if from == to {
            return samples;
        }
        self.down_holds_audio |= !samples.is_empty();
        let expected = to.samples_in(from.duration_of(samples.len() as u64));
        let mut out = Vec::with_capacity(usize::try_from(expected).unwrap_or(0));
        self.down.process_into(&samples, &mut out);
        out
    }

    /// What the resampler still holds of the answer comes before the event that ends it. An answer without audio gets
    /// none: the delay of an empty resampler is silence.
    fn tail_before(&mut self, end: ModeEvent) -> ModeEvent {
        let mut tail = Vec::new();
        if self.down_holds_audio {
            self.down.flush_into(&mut tail);
        }
        self.begin_anew();
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

/// Whether this is said of an answer. What the user does comes in between, and their words may carry an older generation.
fn is_of_answer(kind: &RealtimeEventKind) -> bool {
    match kind {
        RealtimeEventKind::SpeechStarted
        | RealtimeEventKind::SpeechEnded
        | RealtimeEventKind::UserTranscript { .. } => false,
        RealtimeEventKind::ResponseStarted
        | RealtimeEventKind::TextDelta(_)
        | RealtimeEventKind::Audio(_)
        | RealtimeEventKind::ResponseDone { .. }
        | RealtimeEventKind::ResponseFailed(_)
        | RealtimeEventKind::Failed(_) => true,
    }
}

impl InteractionMode for RealtimeMode {
    fn turn_taking(&self) -> TurnTaking {
        self.turn_taking
    }

    fn push_audio(&mut self, samples: &Arc<[i16]>) -> usize {
        self.uplink.push_audio(samples, RealtimeCommand::Audio)
    }

    fn order(&mut self, order: ModeOrder) {
        let command = match order {
            ModeOrder::Commit(generation) => RealtimeCommand::Commit(generation),
            ModeOrder::Greet(generation) => RealtimeCommand::Greet(generation),
            ModeOrder::Interrupt { generation, heard } => RealtimeCommand::Interrupt {
                generation,
                heard,
                taken: self.taken,
            },
            ModeOrder::GoOn { generation } => RealtimeCommand::Interrupt {
                generation,
                heard: None,
                taken: self.taken,
            },
            ModeOrder::CutBefore(heard) => RealtimeCommand::CutBefore(heard),
            ModeOrder::Heard(heard) => RealtimeCommand::Heard(heard),
            ModeOrder::SpeechBegan { ago } => RealtimeCommand::SpeechBegan { ago },
            ModeOrder::EndTurn => RealtimeCommand::EndTurn,
            // A provider that answers by itself makes nothing ready before it is asked.
            ModeOrder::Prepare => return,
        };
        self.uplink.orders.send(command);
    }
}

impl Stream for RealtimeMode {
    type Item = ModeEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<ModeEvent>> {
        // Orders that find no room yet wake this again.
        let _ = self.uplink.orders.poll_waiting(cx);
        let event = match self.next.take() {
            Some(event) => Some(event),
            None => ready!(Pin::new(&mut self.events).poll_next(cx)).map(|event| self.said(event)),
        };
        self.taken += u64::from(event.is_some() && self.next.is_none());
        Poll::Ready(event)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use futures_util::{FutureExt, StreamExt};
    use proptest::prelude::*;
    use viva_domain::ports::{Heard, ProviderError, ProviderErrorKind};

    use super::*;

    /// A mode at 24 kHz on a provider at 16 kHz, and the provider's ends.
    struct Bench {
        mode: RealtimeMode,
        commands: mpsc::Receiver<RealtimeCommand>,
        events: mpsc::Sender<RealtimeEvent>,
    }

    impl Bench {
        fn new(capacity: usize) -> Self {
            let (commands, commands_rx) = mpsc::channel(capacity);
            let (events, events_rx) = mpsc::channel(64);
            let session = RealtimeSession {
                commands,
                events: events_rx,
            };
            let capabilities = RealtimeCapabilities {
                detects_turns: false,
                greets: true,
                input_rate: 16_000,
                output_rate: 16_000,
            };
            let mode =
                RealtimeMode::new(session, capabilities, SampleRate::HZ_24K, SampleRate::HZ_24K).unwrap();
            Self {
                mode,
                commands: commands_rx,
                events,
            }
        }

        fn say(&mut self, generation: Generation, kind: RealtimeEventKind) {
            let at = Instant::now();
            let event = RealtimeEvent { generation, at, kind };
            self.events.try_send(event).unwrap();
        }

        /// What the mode says now.
        fn said(&mut self) -> Vec<ModeInput> {
            std::iter::from_fn(|| self.mode.next().now_or_never().flatten())
                .filter_map(|event| match event.what {
                    ModeSaid::Said(what) => Some(what),
                    ModeSaid::SpeechStarted | ModeSaid::SpeechEnded => None,
                })
                .collect()
        }

        /// What the provider was told by now.
        fn told(&mut self) -> Vec<RealtimeCommand> {
            std::iter::from_fn(|| self.commands.try_recv().ok()).collect()
        }
    }

    fn samples(said: &[ModeInput]) -> usize {
        said.iter()
            .map(|what| match what {
                ModeInput::Audio(samples) => samples.len(),
                _ => 0,
            })
            .sum()
    }

    fn failed() -> RealtimeEventKind {
        RealtimeEventKind::ResponseFailed(Arc::new(ProviderError {
            kind: ProviderErrorKind::RateLimited,
            provider: "scripted".to_owned(),
            retry_after: None,
            source: None,
        }))
    }

    const FIRST: Generation = Generation::FIRST;

    #[test]
    fn the_rest_of_an_answer_comes_before_its_end() {
        let mut bench = Bench::new(8);
        bench.say(FIRST, RealtimeEventKind::ResponseStarted);
        bench.say(FIRST, RealtimeEventKind::Audio(vec![1_000; 1_601]));
        bench.say(FIRST, RealtimeEventKind::ResponseDone { usage: None });
        let said = bench.said();
        let delay = Resampler::new(SampleRate::HZ_16K, SampleRate::HZ_24K).delay();
        assert_eq!(samples(&said), 2_402 + delay);
        assert!(
            matches!(said.last(), Some(ModeInput::ResponseDone(None))),
            "{said:?}"
        );
        assert!(matches!(said[said.len() - 2], ModeInput::Audio(_)), "{said:?}");
    }

    #[test]
    fn an_answer_without_audio_gets_none() {
        for end in [RealtimeEventKind::ResponseDone { usage: None }, failed()] {
            let mut bench = Bench::new(8);
            bench.say(FIRST, RealtimeEventKind::ResponseStarted);
            bench.say(FIRST, end);
            let said = bench.said();
            assert_eq!((said.len(), samples(&said)), (2, 0), "{said:?}");
        }
    }

    #[test]
    fn nothing_of_an_answer_that_was_cut_is_in_the_next_one() {
        let mut bench = Bench::new(8);
        bench.say(FIRST, RealtimeEventKind::Audio(vec![20_000; 1_601]));
        bench.said();
        bench.say(FIRST.next(), RealtimeEventKind::Audio(vec![0; 1_600]));
        bench.say(FIRST.next(), RealtimeEventKind::ResponseDone { usage: None });
        let is_silent = |what: &ModeInput| match what {
            ModeInput::Audio(samples) => samples.iter().all(|sample| *sample == 0),
            _ => true,
        };
        let said = bench.said();
        assert!(samples(&said) >= 2_400 && said.iter().all(is_silent), "{said:?}");
    }

    #[test]
    fn late_words_do_not_disturb_an_answer() {
        let audio_around = |between: Option<RealtimeEventKind>| {
            let mut bench = Bench::new(8);
            let second = FIRST.next();
            bench.say(second, RealtimeEventKind::ResponseStarted);
            bench.say(second, RealtimeEventKind::Audio(vec![20_000; 1_601]));
            if let Some(kind) = between {
                bench.say(FIRST, kind);
            }
            bench.say(second, RealtimeEventKind::Audio(vec![-20_000; 1_601]));
            bench.say(second, RealtimeEventKind::ResponseDone { usage: None });
            let said = bench.said().into_iter();
            said.filter_map(|what| match what {
                ModeInput::Audio(samples) => Some(samples),
                _ => None,
            })
            .collect::<Vec<_>>()
            .concat()
        };
        let words = RealtimeEventKind::UserTranscript {
            text: "What?".to_owned(),
            is_final: true,
        };
        assert_eq!(audio_around(Some(words)), audio_around(None));
    }

    #[test]
    fn the_users_audio_reaches_the_provider_at_its_rate() {
        let mut bench = Bench::new(64);
        let frame: Arc<[i16]> = vec![0; 480].into();
        for _ in 0..50 {
            assert_eq!(bench.mode.push_audio(&frame), 0);
        }
        let len: usize = bench
            .told()
            .iter()
            .map(|command| match command {
                RealtimeCommand::Audio(samples) => samples.len(),
                _ => 0,
            })
            .sum();
        assert!(
            len.abs_diff(16_000) <= 80,
            "one second less a block of 5 ms, got {len}"
        );
    }

    #[test]
    fn what_was_heard_less_of_is_told_and_nothing_is_made_ready() {
        let mut bench = Bench::new(8);
        let heard = Heard {
            audio: std::time::Duration::from_millis(20),
            chars: 3,
        };
        for order in [
            ModeOrder::Prepare,
            ModeOrder::CutBefore(heard),
            ModeOrder::Heard(heard),
        ] {
            bench.mode.order(order);
        }
        let expected = [RealtimeCommand::CutBefore(heard), RealtimeCommand::Heard(heard)];
        assert_eq!(bench.told(), expected);
    }

    #[test]
    fn who_is_stopped_knows_what_the_session_knew() {
        let mut bench = Bench::new(8);
        bench.say(FIRST, RealtimeEventKind::ResponseStarted);
        bench.say(FIRST, RealtimeEventKind::Audio(vec![1_000; 1_601]));
        bench.say(FIRST, RealtimeEventKind::ResponseDone { usage: None });
        let mut generation = FIRST;
        // The end of the answer is known when the rest of it was taken, and not before.
        for expected in [0, 1, 2, 2, 3] {
            generation = generation.next();
            for order in [
                ModeOrder::Interrupt {
                    generation,
                    heard: None,
                },
                ModeOrder::GoOn { generation },
            ] {
                bench.mode.order(order);
                let told = bench.told();
                let [RealtimeCommand::Interrupt { taken, .. }] = told[..] else {
                    panic!("{told:?}")
                };
                assert_eq!(taken, expected);
            }
            let _ = bench.mode.next().now_or_never();
        }
    }

    proptest! {
        /// However full the channel is and whenever the provider reads: every order arrives, once and in order, and audio
        /// arrives or was said to be lost.
        #[test]
        fn no_order_is_lost(steps in prop::collection::vec(0_u8..4, 1..200), capacity in 0_usize..4) {
            let mut bench = Bench::new(capacity);
            let (mut generation, mut given, mut told) = (FIRST, Vec::new(), Vec::new());
            let (mut lost, mut pushed) = (0, 0);
            for step in steps {
                match step {
                    0 => {
                        generation = generation.next();
                        let heard = Some(Heard { audio: std::time::Duration::ZERO, chars: 0 });
                        bench.mode.order(ModeOrder::Interrupt { generation, heard });
                        given.push(generation);
                    }
                    1 => {
                        pushed += 1;
                        lost += usize::from(bench.mode.push_audio(&vec![0; 480].into()) > 0);
                    }
                    2 => told.extend(bench.told()),
                    _ => prop_assert_eq!(bench.said().len(), 0),
                }
            }
            while bench.mode.uplink.orders.are_waiting() {
                bench.said();
                told.extend(bench.told());
            }
            told.extend(bench.told());
            let orders: Vec<Generation> = told
                .iter()
                .filter_map(|command| match command {
                    RealtimeCommand::Interrupt { generation, .. } => Some(*generation),
                    _ => None,
                })
                .collect();
            prop_assert_eq!(&orders, &given);
            prop_assert_eq!(told.len() - orders.len(), pushed - lost);
        }
    }

    #[tokio::test]
    async fn an_order_that_waits_wakes_the_session_when_there_is_room() {
        let mut bench = Bench::new(0);
        bench.mode.order(ModeOrder::Commit(FIRST.next()));
        bench.mode.order(ModeOrder::Interrupt {
            generation: FIRST.next().next(),
            heard: None,
        });
        assert!(bench.mode.uplink.orders.are_waiting());
        let Bench {
            mut mode,
            mut commands,
            events: _events,
        } = bench;
        let told = async {
            let first = commands.next().await;
            assert!(matches!(first, Some(RealtimeCommand::Commit(_))), "{first:?}");
            let second = commands.next().await;
            assert!(
                matches!(second, Some(RealtimeCommand::Interrupt { .. })),
                "{second:?}"
            );
        };
        tokio::select! {
            event = mode.next() => panic!("the provider says nothing, got {event:?}"),
            () = told => {}
        }
    }
}
