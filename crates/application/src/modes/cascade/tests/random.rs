//! Whatever the user, the session and the stages do.

use std::collections::BTreeSet;

use proptest::prelude::*;
use viva_domain::ports::ProviderErrorKind;
use viva_fakes::{Reply, Speech, Transcript};

use super::*;

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    /// What a session may order now is up to its state: one of these.
    Order(u8),
    Noise(u8),
    Take(u64),
    Wait(u64),
}

/// What stages do, for the following turns.
#[derive(Debug, Clone, Copy)]
struct Manner {
    kind: u8,
    time: u64,
}

/// As far as the session knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Listening,
    Speaking { is_prepared: bool },
    Processing,
    Answering,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => any::<u8>().prop_map(Step::Order),
        1 => any::<u8>().prop_map(Step::Noise),
        3 => (0_u64..400).prop_map(Step::Take),
        1 => (0_u64..400).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..60)
}

fn manners() -> impl Strategy<Value = Vec<Manner>> {
    let manner = (any::<u8>(), 0_u64..300).prop_map(|(kind, time)| Manner { kind, time });
    prop::collection::vec(manner, 60)
}

fn transcript(Manner { kind, time }: Manner) -> Transcript {
    let transcript = Transcript::new().partial("so").wait(ms(time));
    match kind % 8 {
        0 => transcript.text(""),
        1 => transcript.fails(ProviderErrorKind::RateLimited),
        2 => transcript.wait(ms(11_000)).text("late"),
        _ => transcript.text("so far"),
    }
}

fn reply(Manner { kind, time }: Manner) -> Reply {
    let reply = Reply::new().wait(ms(time));
    match kind % 10 {
        0 => reply.done(),
        1 => reply.fails(ProviderErrorKind::Unavailable),
        2 => reply,
        3 => reply.text("\nOnce").fails(ProviderErrorKind::Unavailable),
        4 => reply.text("Once. ").wait(ms(time)),
        _ => reply
            .text(" The first sentence is here. ")
            .wait(ms(time))
            .text("The second one too.")
            .done(),
    }
}

fn speech(Manner { kind, time }: Manner) -> Speech {
    let speech = Speech::of(ms(time)).accepted_after(ms(time / 3)).after(ms(time));
    match kind % 6 {
        0 => speech.breaks_off_after(ms(time / 2)),
        1 => Speech::of(ms(0)),
        2 => speech.at_speaking_speed(),
        _ => speech,
    }
}

/// The session's side, and what it must see.
struct Session {
    bench: Bench,
    phase: Phase,
    seen: Generation,
    /// The generations in which all that the user said was told.
    finals: BTreeSet<Generation>,
    /// Ends of the answer that was committed last.
    ends: usize,
}

impl Session {
    fn order(&mut self, choice: u8) {
        self.phase = match self.phase {
            Phase::Listening if choice.is_multiple_of(5) => {
                let generation = self.bench.next_generation();
                self.bench.mode.order(ModeOrder::Greet(generation));
                self.ends = 0;
                Phase::Processing
            }
            Phase::Listening => {
                self.bench.begin_speech();
                Phase::Speaking { is_prepared: false }
            }
            Phase::Speaking { is_prepared: false } if choice.is_multiple_of(3) => {
                self.bench.mode.order(ModeOrder::Prepare);
                Phase::Speaking { is_prepared: true }
            }
            Phase::Speaking { is_prepared: true } if choice.is_multiple_of(2) => {
                let generation = self.bench.next_generation();
                self.bench.mode.order(ModeOrder::GoOn { generation });
                Phase::Speaking { is_prepared: false }
            }
            Phase::Speaking { .. } => {
                let generation = self.bench.next_generation();
                self.bench.mode.order(ModeOrder::Commit(generation));
                self.ends = 0;
                Phase::Processing
            }
            Phase::Processing if choice.is_multiple_of(2) => {
                let generation = self.bench.next_generation();
                self.bench.mode.order(ModeOrder::GoOn { generation });
                self.bench.begin_speech();
                Phase::Speaking { is_prepared: false }
            }
            Phase::Processing => {
                let generation = self.bench.next_generation();
                self.bench.mode.order(ModeOrder::Interrupt {
                    generation,
                    heard: None,
                });
                Phase::Listening
            }
            Phase::Answering => {
                let generation = self.bench.next_generation();
                let heard = Some(Heard {
                    audio: ms(0),
                    chars: usize::from(choice),
                });
                self.bench.mode.order(ModeOrder::Interrupt { generation, heard });
                Phase::Listening
            }
        };
    }

    async fn take(&mut self, time: Duration) -> Result<(), TestCaseError> {
        let until = Instant::now() + time;
        while let Ok(event) = timeout_at(until, self.bench.mode.next()).await {
            let Some(event) = event else {
                return Err(TestCaseError::fail("the conversation ended"));
            };
            self.took(&event)?;
        }
        Ok(())
    }

    fn took(&mut self, event: &ModeEvent) -> Result<(), TestCaseError> {
        if let ModeSaid::Said(ModeInput::UserTranscript { is_final: true, .. }) = event.what {
            // Last words may come late, and find their turn by the generation.
            prop_assert!(self.finals.insert(event.generation), "twice: {:?}", event);
            if event.generation < self.seen || self.phase != Phase::Processing {
                return Ok(());
            }
        }
        prop_assert!(event.generation >= self.seen, "{:?} after {:?}", event, self.seen);
        self.seen = event.generation;
        if event.generation != self.bench.generation {
            return Ok(());
        }
        let ModeSaid::Said(what) = &event.what else {
            return Err(TestCaseError::fail("the session finds turns"));
        };
        let is_answer = matches!(self.phase, Phase::Processing | Phase::Answering);
        match what {
            ModeInput::UserTranscript { is_final: false, .. } => {
                prop_assert!(
                    self.phase != Phase::Answering && self.phase != Phase::Listening,
                    "{:?}",
                    what
                );
            }
            ModeInput::UserTranscript { .. } => prop_assert_eq!(self.phase, Phase::Processing),
            ModeInput::Reached(_) => prop_assert!(is_answer, "{:?}", what),
            ModeInput::ResponseStarted => {
                prop_assert_eq!(self.phase, Phase::Processing);
                self.phase = Phase::Answering;
            }
            ModeInput::TextDelta(_) | ModeInput::Audio(_) | ModeInput::Mark(_) => {
                prop_assert_eq!(self.phase, Phase::Answering);
                prop_assert_eq!(self.ends, 0);
            }
            ModeInput::ResponseDone(_) | ModeInput::ResponseFailed(_) => {
                prop_assert!(is_answer, "{:?} in {:?}", what, self.phase);
                self.ends += 1;
                prop_assert_eq!(self.ends, 1);
                self.phase = Phase::Listening;
            }
            ModeInput::Failed(_) => return Err(TestCaseError::fail("nothing is that bad")),
        }
        Ok(())
    }
}

async fn converse(steps: Vec<Step>, manners: Vec<Manner>) -> Result<(), TestCaseError> {
    let bench = Bench::new().await;
    for manner in manners {
        bench.ears.hear(transcript(manner));
        bench.model.reply(reply(manner));
        bench.voice.next(speech(manner));
    }
    let mut session = Session {
        bench,
        phase: Phase::Listening,
        seen: Generation::FIRST,
        finals: BTreeSet::new(),
        ends: 0,
    };
    for step in steps {
        match step {
            Step::Order(choice) => session.order(choice),
            Step::Noise(choice) => {
                let text = ["", "noise", " more noise "][usize::from(choice % 3)].to_owned();
                session
                    .bench
                    .ears
                    .say(viva_domain::ports::SpeechToTextEventKind::Partial(text));
            }
            Step::Take(time) => session.take(ms(time)).await?,
            Step::Wait(time) => tokio::time::sleep(ms(time)).await,
        }
    }
    // However it stands: who waits for an answer gets one, or is told why not.
    session.take(ms(60_000)).await?;
    prop_assert!(
        !matches!(session.phase, Phase::Processing | Phase::Answering),
        "{:?}",
        session.phase
    );
    // And the next turn is answered or fails too.
    while session.phase != Phase::Processing {
        session.order(1);
    }
    session.take(ms(60_000)).await?;
    prop_assert_eq!((session.phase, session.ends), (Phase::Listening, 1));
    session.bench.close().await;
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_turn_has_one_end_and_nothing_is_left(steps in steps(), manners in manners()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(converse(steps, manners))?;
    }
}
