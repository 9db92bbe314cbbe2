//! Audio of a realtime provider that is under way when it is told to stop.

use viva_application::sessions::{SessionInput, SessionSettings};
use viva_domain::ports::RealtimeEventKind;
use viva_domain::turns::Generation;
use viva_fakes::Answer;

use super::{Client, INTERRUPTIONS, Total, words};
use crate::bench::{Bench, Detector, FRAME};

struct Scene {
    bench: Bench,
    client: Client,
    ear: Ear,
    answers: i16,
    /// Samples in a frame of the provider.
    frame: usize,
    /// What was not sent yet when its answer was cut, with the generation in which it was said.
    late: Vec<(Generation, RealtimeEventKind)>,
    generation: Generation,
}

/// Who hears the user.
enum Ear {
    /// The provider: the test says so.
    Provider,
    /// The session, in real speech.
    Session {
        words: Vec<i16>,
        /// The user is not done.
        is_busy: bool,
    },
}

impl Scene {
    async fn new(detector: Detector, seed: u64) -> Self {
        let bench = Bench::with(detector, SessionSettings::default(), |voice| voice);
        let caller = bench.start().await;
        let (ear, frame) = match detector {
            Detector::Provider => (Ear::Provider, 240),
            // Answers last until the words over them are heard.
            Detector::Session => (
                Ear::Session {
                    words: words(),
                    is_busy: false,
                },
                2_400,
            ),
        };
        Self {
            client: Client::new(caller, seed).await,
            bench,
            ear,
            answers: 0,
            frame,
            late: Vec::new(),
            generation: Generation::FIRST,
        }
    }

    async fn say(&mut self, kind: RealtimeEventKind) {
        self.bench.voice.say(kind);
        self.client.let_pass().await;
    }

    /// Says something that was under way, in any order.
    async fn say_late(&mut self) {
        if !self.late.is_empty() {
            let index = self.client.dice.pick(self.late.len());
            let (generation, kind) = self.late.swap_remove(index);
            self.bench.voice.say_late(generation, kind);
            self.client.let_pass().await;
        }
    }

    /// The user speaks, or is done, or neither: a provider that finds turns may answer all the same. Any other is asked.
    async fn ask(&mut self) {
        match &mut self.ear {
            Ear::Provider => {
                if self.client.dice.one_in(2) {
                    self.say(RealtimeEventKind::SpeechStarted).await;
                    self.say_late().await;
                    if self.client.dice.one_in(2) {
                        self.say(RealtimeEventKind::SpeechEnded).await;
                    }
                }
            }
            Ear::Session { is_busy, .. } => {
                if !*is_busy {
                    self.speak(0).await;
                }
                self.say_late().await;
                self.be_done().await;
            }
        }
        self.say_late().await;
    }

    /// The user speaks. So many frames of the provider are under way meanwhile.
    async fn speak(&mut self, mut frames: usize) {
        let (generation, frame) = (self.generation, self.frame());
        let Ear::Session { words, is_busy } = &mut self.ear else {
            return self.bench.voice.say(RealtimeEventKind::SpeechStarted);
        };
        *is_busy = true;
        for part in words.chunks(FRAME) {
            self.client.caller.speak(part).await;
            if frames > 0 && self.client.dice.one_in(2) {
                frames -= 1;
                self.bench.voice.say_late(generation, frame.clone());
            }
            let most = self.client.dice.pick(12);
            self.client.take(most);
        }
    }

    /// The user says that they are done, and the provider is asked for an answer. It waits for the test to give it.
    async fn be_done(&mut self) {
        if let Ear::Session { is_busy, .. } = &mut self.ear {
            *is_busy = false;
            self.bench.voice.answer(Answer::new());
            self.client.caller.say(SessionInput::EndTurn).await;
            self.client.settle().await;
            self.generation = generation(&self.bench);
        }
    }

    /// The user speaks, or asks the AI to stop. Some of the rest is said before the provider knows, some comes late.
    async fn interrupt(&mut self, rest: usize) {
        let before = self.generation;
        let under_way = self.client.dice.pick(rest + 1);
        if self.client.dice.one_in(2) {
            self.speak(under_way).await;
        } else {
            self.client.stop().await;
        }
        if let Ear::Provider = self.ear {
            for _ in 0..under_way {
                self.bench.voice.say(self.frame());
                if self.client.dice.one_in(3) {
                    self.client.let_pass().await;
                }
            }
        }
        self.client.settle().await;
        // It was quicker than the beginning of the answer.
        while self.client.seen.speaking.is_some() {
            self.client.stop().await;
            self.client.settle().await;
        }
        self.generation = generation(&self.bench);
        if self.generation == before {
            return; // The answer was over.
        }
        for _ in 0..rest {
            let kind = match self.client.dice.roll(12) {
                0 => RealtimeEventKind::ResponseStarted,
                1 => RealtimeEventKind::ResponseDone { usage: None },
                2 => RealtimeEventKind::TextDelta("late".to_owned()),
                _ => self.frame(),
            };
            self.late.push((before, kind));
        }
        let excess = self.late.len().saturating_sub(24);
        self.late.drain(..excess);
    }

    fn frame(&self) -> RealtimeEventKind {
        RealtimeEventKind::Audio(vec![self.answers; self.frame])
    }

    /// An answer to a user who spoke, or not, and that is cut.
    async fn round(&mut self) {
        self.ask().await;
        self.answers += 1;
        self.say(RealtimeEventKind::ResponseStarted).await;
        let frames = 1 + self.client.dice.pick(10);
        let said = self.client.dice.pick(frames + 1);
        for _ in 0..said {
            let frame = self.frame();
            self.say(frame).await;
            if self.client.dice.one_in(3) {
                self.say_late().await;
            }
        }
        if self.client.dice.one_in(4) {
            self.say(RealtimeEventKind::ResponseDone { usage: None }).await;
        }
        self.interrupt(frames - said).await;
        self.client.report().await;
        if let Ear::Provider = self.ear
            && self.client.dice.one_in(2)
        {
            self.say(RealtimeEventKind::SpeechEnded).await;
        }
        while self.client.dice.one_in(2) {
            self.say_late().await;
        }
    }
}

/// The generation in which the provider speaks now.
fn generation(bench: &Bench) -> Generation {
    let orders = bench.voice.orders();
    (0..orders).fold(Generation::FIRST, |generation, _| generation.next())
}

async fn sessions(detector: Detector, number: u64) -> Total {
    let mut total = Total::default();
    for seed in 0..number {
        let mut scene = Scene::new(detector, seed).await;
        for _ in 0..INTERRUPTIONS {
            scene.round().await;
        }
        total.add(&scene.client.end().await);
    }
    total
}

#[tokio::test(start_paused = true)]
async fn nothing_of_an_answer_is_heard_after_it_was_cut() {
    let total = sessions(Detector::Provider, 70).await;
    assert!(total.interrupted >= 10_000, "{} interruptions", total.interrupted);
    assert!(total.frames >= 20_000, "{} frames were heard", total.frames);
}

#[tokio::test(start_paused = true)]
async fn nothing_of_it_is_heard_where_the_session_finds_turns() {
    let total = sessions(Detector::Session, 15).await;
    assert!(total.interrupted >= 2_000, "{} interruptions", total.interrupted);
    assert!(total.frames >= 10_000, "{} frames were heard", total.frames);
}
