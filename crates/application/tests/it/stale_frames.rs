//! Whatever comes late: nothing of an answer that was cut reaches the client after it was told so.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::sleep;
use viva_application::sessions::{AudioOut, Outgoing, SessionInput, SessionMessage};
use viva_domain::ports::RealtimeEventKind;
use viva_domain::turns::{Event, Generation, PlaybackEvent, TurnNumber};

use crate::bench::{Bench, Caller, Detector};

const SESSIONS: u64 = 70;
const INTERRUPTIONS: usize = 200;
/// Samples in a frame of the provider, all of one value: the number of the answer.
const FRAME: usize = 240;

/// `SplitMix64`: each session is another one, and always the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }

    fn pick(&mut self, len: usize) -> usize {
        usize::try_from(self.roll(len as u64)).expect("an index")
    }
}

/// What the client got, checked as it comes.
#[derive(Default)]
struct Seen {
    turns: BTreeMap<TurnNumber, SeenTurn>,
    speaking: Option<TurnNumber>,
    interrupted: usize,
    frames: usize,
}

#[derive(Default)]
struct SeenTurn {
    /// Which answer of the provider its audio is of.
    answer: Option<i16>,
    samples: u64,
    is_interrupted: bool,
    is_over: bool,
}

impl Seen {
    fn outgoing(&mut self, outgoing: &Outgoing) {
        match outgoing {
            Outgoing::Audio(frame) => self.audio(frame),
            Outgoing::Message {
                message: SessionMessage::Event(event),
                ..
            } => self.event(event),
            Outgoing::Message { .. } => {}
        }
    }

    fn audio(&mut self, frame: &AudioOut) {
        self.frames += 1;
        let others: Vec<i16> = self
            .turns
            .iter()
            .filter(|(number, _)| **number != frame.turn)
            .filter_map(|(_, turn)| turn.answer)
            .rev()
            .take(8)
            .collect();
        let turn = self
            .turns
            .get_mut(&frame.turn)
            .expect("a turn whose answer began");
        assert!(!turn.is_interrupted, "stale audio of turn {}", frame.turn);
        assert!(!turn.is_over, "audio after the end of turn {}", frame.turn);
        assert_eq!(frame.position, turn.samples, "no gap in turn {}", frame.turn);
        let samples = frame
            .pcm
            .chunks_exact(2)
            .map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
        for sample in samples {
            assert_eq!(*turn.answer.get_or_insert(sample), sample, "one answer per turn");
            turn.samples += 1;
        }
        assert!(
            turn.answer.is_none_or(|answer| !others.contains(&answer)),
            "audio of an answer that was cut, as turn {}",
            frame.turn
        );
    }

    fn event(&mut self, event: &Event) {
        match event {
            Event::ResponseStarted { turn, .. } => {
                assert_eq!(self.speaking.replace(*turn), None, "answers do not overlap");
                let newest = self.turns.keys().next_back();
                assert!(
                    newest.is_none_or(|newest| newest < turn),
                    "turn {turn} comes again"
                );
                self.turns.insert(*turn, SeenTurn::default());
            }
            Event::Interrupted { turn, .. } => {
                self.interrupted += 1;
                // A turn may be interrupted before its answer began.
                let seen = self.turns.entry(*turn).or_default();
                assert!(!seen.is_interrupted && !seen.is_over, "turn {turn} is cut once");
                seen.is_interrupted = true;
            }
            Event::ResponseEnded {
                turn, interruption, ..
            } => {
                assert_eq!(self.speaking.take(), Some(*turn), "what ends began");
                let seen = self.turns.get_mut(turn).expect("it began");
                assert_eq!(seen.is_interrupted, interruption.is_some(), "turn {turn}");
                seen.is_over = true;
            }
            _ => {}
        }
    }
}

/// A provider whose audio is under way when it is told to stop.
struct Scene {
    bench: Bench,
    caller: Caller,
    dice: Dice,
    seen: Seen,
    answers: i16,
    /// Audio that was not sent yet when its answer was cut, with the generation in which it was said.
    late: Vec<(Generation, RealtimeEventKind)>,
    generation: Generation,
}

impl Scene {
    async fn new(seed: u64) -> Self {
        let bench = Bench::new(Detector::Provider);
        let mut caller = bench.start().await;
        caller.started().await;
        Self {
            bench,
            caller,
            dice: Dice(seed),
            seen: Seen::default(),
            answers: 0,
            late: Vec::new(),
            generation: Generation::FIRST,
        }
    }

    /// Takes what is there, or part of it: a client may be slow.
    fn take(&mut self, most: usize) {
        for _ in 0..most {
            let Ok(outgoing) = self.caller.end.outgoing.try_recv() else {
                return;
            };
            self.seen.outgoing(&outgoing);
        }
    }

    /// Lets everybody else do something, or all there is to do for a while.
    async fn let_pass(&mut self) {
        match self.dice.roll(4) {
            0 => sleep(Duration::from_millis(self.dice.roll(3))).await,
            turns => {
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
            }
        }
        let most = self.dice.pick(12);
        self.take(most);
    }

    /// Everything that was said is done, and the client has it all.
    async fn settle(&mut self) {
        for _ in 0..3 {
            sleep(Duration::from_millis(1)).await;
            self.take(usize::MAX);
        }
    }

    async fn say(&mut self, kind: RealtimeEventKind) {
        self.bench.voice.say(kind);
        self.let_pass().await;
    }

    /// Says something that was under way, in any order.
    async fn say_late(&mut self) {
        if !self.late.is_empty() {
            let index = self.dice.pick(self.late.len());
            let (generation, kind) = self.late.swap_remove(index);
            self.bench.voice.say_late(generation, kind);
            self.let_pass().await;
        }
    }

    /// The user speaks, or asks the AI to stop. Some of the rest is said before the provider knows, some comes late.
    async fn interrupt(&mut self, rest: usize) {
        let before = self.generation;
        if self.dice.one_in(2) {
            self.bench.voice.say(RealtimeEventKind::SpeechStarted);
        } else {
            self.stop().await;
        }
        for _ in 0..self.dice.pick(rest + 1) {
            self.bench.voice.say(self.frame());
            if self.dice.one_in(3) {
                self.let_pass().await;
            }
        }
        self.settle().await;
        // It was quicker than the beginning of the answer.
        while self.seen.speaking.is_some() {
            self.stop().await;
            self.settle().await;
        }
        self.generation = generation(&self.bench);
        if self.generation == before {
            return; // The answer was over.
        }
        for _ in 0..rest {
            let kind = match self.dice.roll(12) {
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

    async fn stop(&mut self) {
        let played = self
            .dice
            .one_in(2)
            .then(|| Duration::from_millis(self.dice.roll(50)));
        self.caller.say(SessionInput::Interrupt { played }).await;
    }

    fn frame(&self) -> RealtimeEventKind {
        RealtimeEventKind::Audio(vec![self.answers; FRAME])
    }

    /// An answer to a user who spoke, or not, and that is cut.
    async fn round(&mut self) {
        if self.dice.one_in(2) {
            self.say(RealtimeEventKind::SpeechStarted).await;
            self.say_late().await;
            if self.dice.one_in(2) {
                self.say(RealtimeEventKind::SpeechEnded).await;
            }
        }
        self.say_late().await;
        self.answers += 1;
        self.say(RealtimeEventKind::ResponseStarted).await;
        let frames = 1 + self.dice.pick(10);
        let said = self.dice.pick(frames + 1);
        for _ in 0..said {
            let frame = self.frame();
            self.say(frame).await;
            if self.dice.one_in(3) {
                self.say_late().await;
            }
        }
        if self.dice.one_in(4) {
            self.say(RealtimeEventKind::ResponseDone { usage: None }).await;
        }
        self.interrupt(frames - said).await;
        self.report().await;
        if self.dice.one_in(2) {
            self.say(RealtimeEventKind::SpeechEnded).await;
        }
        while self.dice.one_in(2) {
            self.say_late().await;
        }
    }

    /// Some clients tell how much they had played.
    async fn report(&mut self) {
        if let Some(turn) = self.seen.turns.keys().next_back().copied()
            && self.dice.one_in(2)
        {
            let played = self.dice.roll(100);
            self.caller.played(turn, PlaybackEvent::Stopped, played).await;
        }
    }
}

/// The generation in which the provider speaks now.
fn generation(bench: &Bench) -> Generation {
    let orders = bench.voice.orders();
    (0..orders).fold(Generation::FIRST, |generation, _| generation.next())
}

#[tokio::test(start_paused = true)]
async fn nothing_of_an_answer_is_heard_after_it_was_cut() {
    let (mut interrupted, mut frames) = (0, 0);
    for seed in 0..SESSIONS {
        let mut scene = Scene::new(seed).await;
        for _ in 0..INTERRUPTIONS {
            scene.round().await;
        }
        scene.settle().await;
        scene.caller.say(SessionInput::End).await;
        while let Some(outgoing) = scene.caller.end.outgoing.recv().await {
            scene.seen.outgoing(&outgoing);
        }
        assert_eq!(scene.seen.speaking, None, "session {seed}");
        interrupted += scene.seen.interrupted;
        frames += scene.seen.frames;
    }
    assert!(interrupted >= 10_000, "{interrupted} interruptions");
    assert!(frames >= 20_000, "{frames} frames were heard");
}
