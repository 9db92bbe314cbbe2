//! Ten thousand interruptions, and audio that was under way at each of them: none of it is told afterwards.

use std::collections::BTreeMap;

use super::script::generation_of;
use super::{provider_decides, session};
use crate::latency::SessionTime;
use crate::turns::{Effect, Event, Generation, Input, MachineSettings, ModeInput, TurnMachine, TurnNumber};

const INTERRUPTIONS: usize = 10_000;

/// `SplitMix64`: always the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % sides as u64).expect("a small number")
    }
}

/// A session, and a mode whose audio says of which answer it is.
struct Scene {
    machine: TurnMachine,
    dice: Dice,
    now: u64,
    /// In which the mode speaks.
    generation: Generation,
    answer: i16,
    /// Of what was cut: said in an old generation, and not arrived yet.
    under_way: Vec<(Generation, ModeInput)>,
    /// The answer that each turn was told.
    told: BTreeMap<TurnNumber, i16>,
    /// Turns that were interrupted, in order.
    cut: Vec<TurnNumber>,
}

impl Scene {
    fn new(settings: MachineSettings, seed: u64) -> Self {
        let mut scene = Self {
            machine: TurnMachine::new(settings),
            dice: Dice(seed),
            now: 0,
            generation: Generation::FIRST,
            answer: 0,
            under_way: Vec::new(),
            told: BTreeMap::new(),
            cut: Vec::new(),
        };
        scene.tell(Input::Opened);
        scene
    }

    fn tell(&mut self, input: Input) {
        self.now += self.dice.roll(20) as u64;
        let mut effects = Vec::new();
        self.machine
            .handle(SessionTime::from_millis(self.now), input, &mut effects);
        for effect in effects {
            match effect {
                Effect::Emit(Event::Audio { turn, samples, .. }) => self.hears(turn, &samples),
                Effect::Emit(Event::Interrupted { turn, .. }) => {
                    assert!(
                        self.cut.last() < Some(&turn),
                        "turn {turn} is cut once, and in order"
                    );
                    self.cut.push(turn);
                }
                Effect::Order(order) => self.generation = generation_of(&order).unwrap_or(self.generation),
                _ => {}
            }
        }
    }

    fn hears(&mut self, turn: TurnNumber, samples: &[i16]) {
        assert!(self.cut.last() < Some(&turn), "stale audio of turn {turn}");
        for sample in samples {
            assert_eq!(*self.told.entry(turn).or_insert(*sample), *sample, "turn {turn}");
            assert_eq!(*sample, self.answer, "stale audio as turn {turn}");
        }
    }

    fn says(&mut self, generation: Generation, what: ModeInput) {
        let at = SessionTime::from_millis(self.now);
        self.tell(Input::Mode { generation, at, what });
    }

    fn late(&mut self) {
        if !self.under_way.is_empty() {
            let index = self.dice.roll(self.under_way.len());
            let (generation, what) = self.under_way.swap_remove(index);
            self.says(generation, what);
        }
    }

    fn audio(&self) -> ModeInput {
        ModeInput::Audio(vec![self.answer; 40])
    }

    fn speaks(&mut self) {
        let at = SessionTime::from_millis(self.now);
        self.tell(Input::SpeechStarted { at, captured: None });
    }

    fn stops(&mut self) {
        let at = SessionTime::from_millis(self.now);
        self.tell(Input::SpeechEnded {
            at,
            captured: None,
            decided: at,
        });
    }

    /// A turn whose answer is cut, by speech or by the client, when some of it was said.
    fn turn(&mut self) {
        self.speaks();
        self.late();
        self.stops();
        self.late();
        self.answer = self.answer.wrapping_add(1);
        let said_in = self.generation;
        self.says(said_in, ModeInput::ResponseStarted);
        for _ in 0..=self.dice.roll(6) {
            let audio = self.audio();
            self.says(said_in, audio);
            if self.dice.roll(3) == 0 {
                self.late();
            }
        }
        if self.dice.roll(4) == 0 {
            self.says(said_in, ModeInput::ResponseDone(None));
        }
        let by_speech = self.dice.roll(2) == 0;
        if by_speech {
            self.speaks();
        } else {
            self.tell(Input::Interrupt { played: None });
        }
        for _ in 0..self.dice.roll(6) {
            let what = match self.dice.roll(6) {
                0 => ModeInput::ResponseStarted,
                1 => ModeInput::ResponseDone(None),
                _ => self.audio(),
            };
            self.under_way.push((said_in, what));
        }
        for _ in 0..self.dice.roll(4) {
            self.late();
        }
    }
}

#[test]
fn no_frame_of_an_answer_that_was_cut_is_told() {
    for (seed, settings) in [session(), provider_decides()].into_iter().enumerate() {
        let mut scene = Scene::new(settings, seed as u64);
        for _ in 0..INTERRUPTIONS / 2 {
            scene.turn();
        }
        assert_eq!(scene.cut.len(), INTERRUPTIONS / 2, "every answer was cut");
        assert_eq!(scene.told.len(), INTERRUPTIONS / 2, "and begun");
    }
}
