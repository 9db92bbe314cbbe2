//! Whether the microphone hears what the loudspeaker plays.

use std::collections::VecDeque;

use crate::{Level, SampleRate};

/// How often both levels are compared, in ms.
const STEP_MS: u32 = 20;
/// Over how long the level goes up or down, in steps: 60 ms, a sound of speech. The level itself would not do: two people who
/// pause at the same time are alike too.
const CHANGE: usize = 3;
/// How many changes are compared: four seconds, some sentences.
const WINDOW: usize = 200;
/// How much later the echo may come, in steps: half a second, for the buffers of loudspeaker and microphone.
const LONGEST_DELAY: usize = 25;
/// Levels below this say nothing about a voice, in dBFS.
const FLOOR_DBFS: f32 = -70.0;
/// How much the level has to go up and down to be compared (standard deviation, in dB).
const LEAST_CHANGE_DB: f32 = 3.0;
/// How alike both have to go up and down (Pearson's correlation). In the fixtures two people who speak at once stay below 0.58,
/// and an echo 30 dB down in a quiet room is above 0.64.
const ALIKE: f32 = 0.62;
/// For how many steps in a row they have to, so that no coincidence counts: half a second.
const FOR_STEPS: u32 = 25;

/// Compares how loud the microphone is with how loud the AI is played, while it is.
///
/// The level of an echo goes up and down as the played one does, some time later; what a user says, noise and a cancelled echo
/// do not. No echo is computed, so neither the room nor the exact delay has to be known.
#[derive(Debug)]
pub struct EchoWatch {
    step_len: usize,
    /// What the microphone delivered since the last step.
    pending: Vec<i16>,
    /// How loud the AI is played now, in dBFS; `None` while it is not.
    playing: Option<f32>,
    /// Of what was played, half a second more than of the microphone.
    played: Changes,
    heard: Changes,
    alike_for: u32,
}

impl EchoWatch {
    /// For a microphone of this rate.
    pub fn new(rate: SampleRate) -> Self {
        Self {
            step_len: usize::try_from(rate.samples_in_ms(STEP_MS)).unwrap_or(usize::MAX),
            pending: Vec::new(),
            playing: None,
            played: Changes::new(WINDOW + LONGEST_DELAY),
            heard: Changes::new(WINDOW),
            alike_for: 0,
        }
    }

    /// The AI is played this loud from now on (dBFS); `None`: it is not. To be told about every 20 ms.
    pub fn played(&mut self, dbfs: Option<f32>) {
        self.playing = dbfs;
    }

    /// Takes the microphone's next samples, in portions of any size.
    pub fn push(&mut self, samples: &[i16]) {
        let Some(playing) = self.playing else {
            self.pending.clear();
            return;
        };
        self.pending.extend_from_slice(samples);
        let whole = self.pending.len() - self.pending.len() % self.step_len;
        for step in self.pending[..whole].chunks(self.step_len) {
            self.heard.push(Level::of(step).rms_dbfs);
            self.played.push(playing);
            self.alike_for = if are_alike(&self.played, &self.heard) {
                self.alike_for + 1
            } else {
                0
            };
        }
        self.pending.drain(..whole);
    }

    /// Whether the microphone heard the AI when that was played last.
    pub fn hears_the_ai(&self) -> bool {
        self.alike_for >= FOR_STEPS
    }
}

/// By how many dB a level went up or down lately, oldest first.
#[derive(Debug)]
struct Changes {
    most: usize,
    /// The last levels, as many as a change takes.
    levels: VecDeque<f32>,
    lately: VecDeque<f32>,
}

impl Changes {
    fn new(most: usize) -> Self {
        Self {
            most,
            levels: VecDeque::with_capacity(CHANGE + 1),
            lately: VecDeque::with_capacity(most),
        }
    }

    fn push(&mut self, dbfs: f32) {
        self.levels.push_back(dbfs.max(FLOOR_DBFS));
        if self.levels.len() <= CHANGE {
            return;
        }
        let before = self.levels.pop_front().unwrap_or(FLOOR_DBFS);
        if self.lately.len() == self.most {
            self.lately.pop_front();
        }
        self.lately.push_back(dbfs.max(FLOOR_DBFS) - before);
    }

    /// The window that ended so many steps ago.
    fn window(&self, ago: usize) -> impl Iterator<Item = f32> + Clone + '_ {
        let from = self.lately.len() - ago - WINDOW;
        self.lately.range(from..from + WINDOW).copied()
    }
}

/// Whether the microphone's level goes up and down as what was played, at any delay.
fn are_alike(played: &Changes, heard: &Changes) -> bool {
    if played.lately.len() < WINDOW + LONGEST_DELAY {
        return false;
    }
    let heard = || heard.window(0);
    let course = Course::of(heard());
    course.changes()
        && (0..=LONGEST_DELAY).any(|delay| {
            let played = || played.window(delay);
            let other = Course::of(played());
            other.changes() && course.correlation(other, heard().zip(played())) >= ALIKE
        })
}

/// Mean and standard deviation of a window.
#[derive(Debug, Clone, Copy)]
struct Course {
    mean: f32,
    deviation: f32,
}

impl Course {
    fn of(changes: impl Iterator<Item = f32> + Clone) -> Self {
        let mean = changes.clone().sum::<f32>() / WINDOW as f32;
        let squares: f32 = changes.map(|change| (change - mean).powi(2)).sum();
        Self {
            mean,
            deviation: (squares / WINDOW as f32).sqrt(),
        }
    }

    fn changes(self) -> bool {
        self.deviation >= LEAST_CHANGE_DB
    }

    fn correlation(self, other: Self, pairs: impl Iterator<Item = (f32, f32)>) -> f32 {
        let products: f32 = pairs
            .map(|(one, another)| (one - self.mean) * (another - other.mean))
            .sum();
        products / (WINDOW as f32 * self.deviation * other.deviation)
    }
}
