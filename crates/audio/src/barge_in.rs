//! Whether the user speaks over the AI, as a client decides it: at once, and without asking the server.

use std::time::Duration;

use crate::{Endpointer, SampleRate, SpeechEvent, TurnDetection};

/// Voiced audio for which playback pauses: three frames of the voice activity detector.
const CANDIDATE: Duration = Duration::from_millis(48);

/// How long the server may take to say that it was speech, from when that is certain here, and how much longer than the
/// shortest speech it may take to become certain. The server hears the same audio; what it has not decided by then it will not.
const CONFIRMATION: Duration = Duration::from_secs(1);

/// What playback must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// Stand still: this may be the user.
    Pause,
    /// Go on where it paused: it was not, or nobody is to be interrupted.
    Resume,
}

/// Whether the user's speech stops the AI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interruptible {
    /// It does.
    Yes,
    /// The AI finishes.
    No,
}

/// Listens to the microphone while the AI may be heard.
///
/// What may be speech pauses the AI; once it is [`TurnDetection::min_speech_ms`] long the AI stays silent, until the server
/// cut the answer ([`BargeIn::cut`]) or has let pass a second in which it did not. What turns out to be shorter was no
/// speech, and the AI goes on. So it does over a noise that stays what may be speech; then only certain speech pauses it.
#[derive(Debug)]
pub struct BargeIn {
    endpointer: Endpointer,
    events: Vec<SpeechEvent>,
    interruptible: Interruptible,
    /// How loud the AI is, in dBFS; `None` while it is not heard.
    played: Option<f32>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing of the user that counts.
    Listening,
    /// Playback was paused for what may be speech, and goes on if that is not certain by this sample.
    Candidate { until: u64 },
    /// What may be speech was not certain in time: until it ends, only certain speech pauses.
    Doubtful,
    /// It is speech. Playback goes on if nothing is cut until this sample.
    Speech { until: u64 },
    /// Nothing is paused for who speaks now: they began before the AI, cut it, or were not to cut it.
    Spent,
}

impl BargeIn {
    /// Listens to a stream of `rate`. Settings outside their ranges are moved into them.
    pub fn new(rate: SampleRate, settings: TurnDetection, interruptible: Interruptible) -> Self {
        Self {
            endpointer: Endpointer::new(rate, settings).with_candidates(),
            events: Vec::new(),
            interruptible,
            played: None,
            stage: Stage::Listening,
        }
    }

    /// Changes the settings from the next sample on.
    pub fn set(&mut self, settings: TurnDetection, interruptible: Interruptible) {
        self.endpointer.set(settings);
        self.interruptible = interruptible;
    }

    /// The AI is heard from now on, with its loudest 4 ms at this level (see [`crate::level::loudest_dbfs`]); `None`: it is
    /// not. To be told about every 20 ms.
    pub fn played(&mut self, loudest_dbfs: Option<f32>) {
        self.played = loudest_dbfs;
    }

    /// The answer was cut: nothing is left to go on with.
    pub fn cut(&mut self) {
        self.played = None;
        self.stage = Stage::Spent;
    }

    /// Takes the microphone's next samples, in portions of up to 20 ms.
    pub fn push(&mut self, samples: &[i16]) -> Option<Reaction> {
        if let Some(level) = self.played {
            self.endpointer.ai_is_heard(level);
        }
        self.endpointer.push(samples, &mut self.events);
        self.events.clear();
        let may_cut = self.interruptible == Interruptible::Yes;
        match self.stage {
            Stage::Listening if self.speech_is_certain() || self.is_candidate() => {
                if self.played.is_some() && may_cut {
                    return Some(self.pause());
                }
                if self.speech_is_certain() {
                    self.stage = Stage::Spent;
                }
                None
            }
            Stage::Listening => None,
            Stage::Doubtful if self.speech_is_certain() => {
                if self.played.is_some() && may_cut {
                    return Some(self.pause());
                }
                self.stage = Stage::Spent;
                None
            }
            Stage::Candidate { .. } if may_cut && self.speech_is_certain() => {
                self.confirm();
                None
            }
            Stage::Candidate { until } if may_cut && self.endpointer.candidate().is_some() => {
                if self.endpointer.position() < until {
                    return None;
                }
                self.stage = Stage::Doubtful;
                Some(Reaction::Resume)
            }
            Stage::Speech { until } if may_cut && self.endpointer.position() < until => None,
            Stage::Candidate { .. } | Stage::Speech { .. } => {
                self.stage = Stage::Spent;
                self.forget_who_is_silent();
                Some(Reaction::Resume)
            }
            Stage::Doubtful | Stage::Spent => {
                self.forget_who_is_silent();
                None
            }
        }
    }

    fn speech_is_certain(&self) -> bool {
        self.endpointer.is_speaking()
    }

    fn is_candidate(&self) -> bool {
        self.endpointer
            .candidate()
            .is_some_and(|voiced| voiced >= CANDIDATE)
    }

    fn pause(&mut self) -> Reaction {
        let shortest = Duration::from_millis(u64::from(self.endpointer.settings().min_speech_ms));
        self.stage = Stage::Candidate {
            until: self.in_future(shortest + CONFIRMATION),
        };
        self.confirm();
        Reaction::Pause
    }

    fn confirm(&mut self) {
        if self.speech_is_certain() {
            self.stage = Stage::Speech {
                until: self.in_future(CONFIRMATION),
            };
        }
    }

    /// The sample of the microphone that comes after so long.
    fn in_future(&self, wait: Duration) -> u64 {
        self.endpointer.position() + self.endpointer.rate().samples_in(wait)
    }

    fn forget_who_is_silent(&mut self) {
        if !self.speech_is_certain() && self.endpointer.candidate().is_none() {
            self.stage = Stage::Listening;
        }
    }
}
