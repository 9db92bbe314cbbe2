//! Whatever the machine is told in whatever order, some things never happen.

mod seen;
mod steps;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRunner};

use self::seen::{Seen, nth};
use self::steps::{Step, Time, What, failure, settings, step};
use super::kinds::{KINDS, kind_of};
use crate::latency::{ClientTime, SessionTime};
use crate::sessions::EndStatus;
use crate::turns::{
    Effect, Event, Generation, Input, MachineSettings, ModeInput, Playback, TurnMachine, TurnNumber,
    TurnState,
};

const CASES: u32 = 1_200;
const STEPS: usize = 100;
/// However long everything takes, a session that is left alone needs no more deadlines to end by itself.
const DEADLINES_TO_THE_END: usize = 12;

/// Inputs that change what comes later and lead to nothing themselves.
const ONLY_NOTED: [&str; 7] = [
    "ModeStays",
    "Committed",
    "SetBargeIn",
    "Reached",
    "Mark",
    "FirstAudioSent",
    "ClientLost",
];

/// How a session is brought to its end after all steps.
#[derive(Debug, Clone, Copy)]
enum Last {
    End,
    ModeFails,
    LeftAlone,
}

/// A machine whose effects are watched.
struct Watched {
    machine: TurnMachine,
    now: SessionTime,
    seen: Seen,
    states: BTreeSet<String>,
    told: BTreeSet<&'static str>,
    effects: Vec<Effect>,
}

impl Watched {
    fn new(settings: MachineSettings) -> Self {
        Self {
            machine: TurnMachine::new(settings),
            now: SessionTime::ZERO,
            seen: Seen::default(),
            states: BTreeSet::new(),
            told: BTreeSet::new(),
            effects: Vec::new(),
        }
    }

    fn tell(&mut self, input: Input) {
        let (is_tick, kind) = (input == Input::Tick, kind_of(&input));
        match input {
            Input::ModeReplaced { .. } => self.seen.mode_replaced(),
            Input::Replayed(ref given) => self.seen.given(given.is_ok()),
            _ => {}
        }
        let mut effects = Vec::new();
        self.machine.handle(self.now, input, &mut effects);
        let is_note = |effect: &Effect| matches!(effect, Effect::Emit(Event::LatencyProgress { .. }));
        assert!(
            effects.iter().all(is_note) || !ONLY_NOTED.contains(&kind),
            "{kind}: {effects:?}"
        );
        self.told.insert(kind);
        for effect in &effects {
            self.seen.effect(effect);
        }
        self.effects.append(&mut effects);
        assert_eq!(self.machine.is_over(), self.seen.is_over);
        assert_eq!(
            self.machine.turn_number(),
            self.seen.turns.keys().next_back().copied()
        );
        let state = self.machine.state();
        assert_eq!(state == TurnState::AiSpeaking, self.seen.speaking.is_some());
        assert_eq!(state == TurnState::Ending, self.seen.is_closed);
        self.states.insert(format!("{state:?}"));
        let unfinished = self.seen.turns.values().filter(|turn| !turn.is_finished).count();
        let ahead = usize::from(self.machine.next.is_some());
        assert!(
            unfinished <= 2 + ahead,
            "the current turn, one that was cut, and one ahead"
        );
        assert!(
            ahead == 0 || state == TurnState::AiSpeaking,
            "only what is said can be waited for"
        );
        if is_tick {
            let next = self.machine.deadline();
            assert!(
                next.is_none_or(|next| next > self.now),
                "due again at once: {next:?}"
            );
        }
    }

    fn step(&mut self, step: Step) {
        match step.passes {
            Time::By(time) => self.now = self.now.after(time),
            Time::ToTheDeadline => {
                self.now = self.machine.deadline().map_or(self.now, |due| due.max(self.now));
                self.tell(Input::Tick);
            }
        }
        let newest = self.machine.turn_number().map_or(0, TurnNumber::get);
        let turn = |behind: u16| TurnNumber::new(newest.saturating_sub(behind)).unwrap_or(TurnNumber::FIRST);
        let input = match step.what {
            What::Input(input) => self.dated(input),
            What::Mode { behind, what } => Input::Mode {
                generation: nth(self.seen.orders.saturating_sub(behind)),
                at: self.now,
                what,
            },
            What::Playback {
                behind,
                event,
                played,
                at,
            } => Input::Playback(Playback {
                turn: turn(behind),
                event,
                played: Duration::from_millis(played),
                at: ClientTime::from_micros(at.unwrap_or(played) * 1_000),
                session_at: at.map(SessionTime::from_millis),
            }),
            What::FirstAudioSent { behind } => Input::FirstAudioSent { turn: turn(behind) },
        };
        self.tell(input);
    }

    fn dated(&self, input: Input) -> Input {
        match input {
            Input::SpeechStarted { at, captured } => Input::SpeechStarted {
                at: self.now.before(at.elapsed()),
                captured,
            },
            Input::SpeechEnded { at, captured, .. } => Input::SpeechEnded {
                at: self.now.before(at.elapsed()),
                captured,
                decided: self.now,
            },
            other => other,
        }
    }

    /// Nobody says anything any more.
    fn leave_alone(&mut self) {
        for _ in 0..DEADLINES_TO_THE_END {
            let Some(due) = self.machine.deadline() else { break };
            self.now = self.now.max(due);
            self.tell(Input::Tick);
        }
        assert_eq!(
            self.machine.state(),
            TurnState::Ending,
            "a session ends by itself"
        );
    }

    fn end(&mut self, last: Last) {
        match last {
            Last::End => self.tell(Input::End(EndStatus::Completed)),
            Last::ModeFails => {
                self.tell(Input::Mode {
                    generation: Generation::FIRST,
                    at: self.now,
                    what: ModeInput::Failed(failure()),
                });
                // Some wait for another mode, and none comes.
                self.leave_alone();
            }
            Last::LeftAlone => self.leave_alone(),
        }
        assert_eq!(self.machine.deadline(), None);
        assert!(
            self.seen.turns.values().all(|turn| turn.is_finished),
            "every turn is finished"
        );
        self.tell(Input::Drained);
        assert!(self.machine.is_over());
        self.tell(Input::Drained);
        self.tell(Input::Opened);
    }
}

/// What random sessions must have come across, or they prove nothing.
const MUST_MEET: [&str; 32] = [
    "Emit SpeechStarted",
    "Emit SpeechEnded",
    "Emit UserTranscript",
    "Emit AiTranscript",
    "Emit ResponseStarted",
    "Emit TextDelta",
    "Emit Audio",
    "Emit Interrupted",
    "Emit ResponseEnded",
    "Emit LatencyProgress",
    "Emit TurnLatency",
    "Emit Notice",
    "Emit Failure",
    "Emit SessionEnded",
    "Order Commit",
    "Order Greet",
    "Order Interrupt",
    "Order GoOn",
    "Order EndTurn",
    "Order Prepare",
    "TurnOpened turn",
    "UserAudioComplete turn",
    "TurnFinished FinishedTurn",
    "TranscriptAmended AmendedTranscript",
    "ModeLost SessionFailure",
    "Replay",
    "CloseMode",
    "Listening",
    "UserSpeaking",
    "Processing",
    "AiSpeaking",
    "Ending",
];

fn told(kind: &str) -> String {
    format!("Input {kind}")
}

/// A name for each kind of effect that the runs must have met.
fn name_of(effect: &Effect) -> String {
    let text = format!("{effect:?}");
    let words = text
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty());
    words.take(2).collect::<Vec<_>>().join(" ")
}

#[test]
fn nothing_that_must_not_happen_happens() {
    let met = RefCell::new(BTreeMap::<String, u32>::new());
    let last = prop_oneof![Just(Last::End), Just(Last::ModeFails), Just(Last::LeftAlone)];
    let runs = (settings(), prop::collection::vec(step(), 1..STEPS), last);
    let config = Config {
        failure_persistence: None,
        // Quick; nobody has to be unable to guess.
        rng_algorithm: RngAlgorithm::XorShift,
        ..Config::with_cases(CASES)
    };
    let result = TestRunner::new(config).run(&runs, |(settings, steps, last)| {
        let mut watched = Watched::new(settings);
        watched.tell(Input::Opened);
        for step in steps {
            watched.step(step);
        }
        watched.end(last);
        let mut met = met.borrow_mut();
        let effects = watched.effects.iter().map(name_of);
        let inputs = watched.told.iter().map(|kind| told(kind));
        for kind in effects.chain(watched.states).chain(inputs) {
            *met.entry(kind).or_default() += 1;
        }
        Ok(())
    });
    if let Err(err) = result {
        panic!("{err}");
    }
    let met = met.into_inner();
    let inputs = KINDS.iter().map(|kind| told(kind));
    for kind in MUST_MEET.map(str::to_owned).into_iter().chain(inputs) {
        let runs = met.get(&kind).copied().unwrap_or_default();
        assert!(runs >= 20, "{kind} was met {runs} times only: {met:#?}");
    }
}
