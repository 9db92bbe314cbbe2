//! Whatever comes late: nothing of an answer that was cut reaches the client after it was told so.

mod cascade;
mod realtime;

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::sleep;
use viva_application::sessions::{AudioOut, Outgoing, SessionInput, SessionMessage};
use viva_domain::turns::{Event, PlaybackEvent, TurnNumber};

use crate::bench::{Caller, speech};

/// Interruptions of one session.
const INTERRUPTIONS: usize = 200;

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
    failures: Vec<String>,
}

#[derive(Default)]
struct SeenTurn {
    /// Which answer its audio is of: all samples of an answer are its number.
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
            Event::Failure { failure, .. } => self.failures.push(failure.message.clone()),
            _ => {}
        }
    }
}

/// A client that may be slow.
struct Client {
    caller: Caller,
    dice: Dice,
    seen: Seen,
}

impl Client {
    async fn new(mut caller: Caller, seed: u64) -> Self {
        caller.started().await;
        Self {
            caller,
            dice: Dice(seed),
            seen: Seen::default(),
        }
    }

    /// Takes what is there, or part of it.
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

    /// The client asks the AI to stop.
    async fn stop(&mut self) {
        let played = self
            .dice
            .one_in(2)
            .then(|| Duration::from_millis(self.dice.roll(50)));
        self.caller.say(SessionInput::Interrupt { played }).await;
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

    /// All that was seen, to the end of the session.
    async fn end(mut self) -> Seen {
        self.settle().await;
        self.caller.say(SessionInput::End).await;
        while let Some(outgoing) = self.caller.end.outgoing.recv().await {
            self.seen.outgoing(&outgoing);
        }
        assert_eq!(self.seen.speaking, None, "what begins ends");
        self.seen
    }
}

/// What was seen of all sessions.
#[derive(Default)]
struct Total {
    interrupted: usize,
    frames: usize,
}

impl Total {
    fn add(&mut self, seen: &Seen) {
        self.interrupted += seen.interrupted;
        self.frames += seen.frames;
    }
}

/// Words without a pause between them.
fn words() -> Vec<i16> {
    let samples = |ms: usize| ms * 24;
    speech("barge-in-en")[samples(6_379)..samples(6_779)].to_vec()
}
