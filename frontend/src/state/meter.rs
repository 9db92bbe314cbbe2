//! What the level of the microphone tells the person.

use viva_audio::Level;
use viva_audio::level::SILENCE_DBFS;

/// Lowest level that the meter shows, in dBFS.
pub const FLOOR_DBFS: f32 = -60.0;
/// Where speech should be, RMS in dBFS: loud enough for recognition, far enough from clipping.
pub const TARGET_DBFS: (f32, f32) = (-36.0, -12.0);

/// Speech that stays below this is hard to understand, RMS in dBFS.
const QUIET_DBFS: f32 = -45.0;
/// Digital silence for so long means that no sound arrives at all, in ms.
const DEAD_AFTER_MS: u32 = 5_000;
/// Speech has to stay quiet for so long before anybody is warned, in ms.
const QUIET_AFTER_MS: u32 = 1_200;
/// A warning about clipping stays for so long, in ms.
const CLIPPING_HOLD_MS: u32 = 1_000;
/// A figure stays for so long, in ms.
const HOLD_MS: u32 = 240;
/// The needle falls by so much per second, in dB, as programme meters do.
const FALL_DB_PER_S: f32 = 24.0;

/// What to say about the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verdict {
    /// Nobody has spoken yet.
    #[default]
    Waiting,
    /// Speech is loud enough.
    Fine,
    /// Speech is too quiet.
    TooQuiet,
    /// The signal hits full scale.
    Clipping,
    /// Nothing but digital silence arrives.
    NoSignal,
    /// The microphone hears the AI from the loudspeaker.
    Echo,
}

impl Verdict {
    /// A word for style sheets and tests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Fine => "fine",
            Self::TooQuiet => "quiet",
            Self::Clipping => "clipping",
            Self::NoSignal => "dead",
            Self::Echo => "echo",
        }
    }
}

/// What the meter shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// The needle: RMS in dBFS, rising at once and falling slowly.
    pub rms_dbfs: f32,
    /// The needle as it was a quarter of a second ago at most: a figure that can be read.
    pub held_dbfs: f32,
    /// The last frame's peak in dBFS.
    pub peak_dbfs: f32,
    /// What to say about it.
    pub verdict: Verdict,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            rms_dbfs: SILENCE_DBFS,
            held_dbfs: SILENCE_DBFS,
            peak_dbfs: SILENCE_DBFS,
            verdict: Verdict::Waiting,
        }
    }
}

/// What is known of a frame of the microphone's audio.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sound {
    /// How loud it is.
    pub level: Level,
    /// Whether the server hears speech.
    pub user_speaks: bool,
    /// Whether it was found that the microphone hears the AI.
    pub hears_the_ai: bool,
}

/// Turns the level of each frame into a reading.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    reading: Reading,
    dead_ms: u32,
    quiet_ms: u32,
    clipping_ms: u32,
    /// Since when the figure is shown that is shown.
    held_ms: u32,
    /// Whether the server has heard speech.
    heard: bool,
}

impl Meter {
    /// The last reading.
    pub fn reading(&self) -> Reading {
        self.reading
    }

    /// Takes the next `frame_ms`.
    pub fn push(&mut self, sound: Sound, frame_ms: u16) -> Reading {
        let level = sound.level;
        let fall = FALL_DB_PER_S * f32::from(frame_ms) / 1_000.0;
        let (duration, held) = (u32::from(frame_ms), self.reading.rms_dbfs);
        self.dead_ms = if level.peak_dbfs <= SILENCE_DBFS {
            self.dead_ms + duration
        } else {
            0
        };
        self.clipping_ms = if level.clipped {
            CLIPPING_HOLD_MS
        } else {
            self.clipping_ms.saturating_sub(duration)
        };
        self.reading.rms_dbfs = level.rms_dbfs.max(held - fall);
        self.reading.peak_dbfs = level.peak_dbfs;
        self.held_ms += duration;
        if self.held_ms >= HOLD_MS || self.reading.held_dbfs <= SILENCE_DBFS {
            self.held_ms = 0;
            self.reading.held_dbfs = self.reading.rms_dbfs;
        }
        if !sound.user_speaks || self.reading.rms_dbfs >= QUIET_DBFS {
            self.quiet_ms = 0;
        } else {
            self.quiet_ms += duration;
        }
        self.heard |= sound.user_speaks;
        self.reading.verdict = self.verdict(sound.hears_the_ai);
        self.reading
    }

    fn verdict(&self, hears_the_ai: bool) -> Verdict {
        if self.clipping_ms > 0 {
            Verdict::Clipping
        } else if self.dead_ms >= DEAD_AFTER_MS {
            Verdict::NoSignal
        } else if self.quiet_ms >= QUIET_AFTER_MS {
            Verdict::TooQuiet
        } else if hears_the_ai {
            Verdict::Echo
        } else if self.heard {
            Verdict::Fine
        } else {
            Verdict::Waiting
        }
    }
}

/// Where a level lies on the meter, 0 to 1.
pub fn position(dbfs: f32) -> f32 {
    ((dbfs - FLOOR_DBFS) / -FLOOR_DBFS).clamp(0.0, 1.0)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    fn level(rms_dbfs: f32) -> Level {
        Level {
            rms_dbfs,
            peak_dbfs: rms_dbfs + 3.0,
            clipped: false,
        }
    }

    fn sound(level: Level, user_speaks: bool) -> Sound {
        Sound {
            level,
            user_speaks,
            hears_the_ai: false,
        }
    }

    fn after(meter: &mut Meter, level: Level, frames: u32, speaking: bool) -> Reading {
        (0..frames)
            .map(|_| meter.push(sound(level, speaking), 20))
            .last()
            .unwrap()
    }

    #[test]
    fn the_needle_rises_at_once_and_falls_slowly() {
        let mut meter = Meter::default();
        assert_eq!(meter.push(sound(level(-20.0), false), 20).rms_dbfs, -20.0);
        let reading = after(&mut meter, level(-50.0), 25, false);
        assert!((reading.rms_dbfs + 32.0).abs() < 0.1, "{reading:?}");
    }

    #[test]
    fn a_figure_stays_long_enough_to_be_read() {
        let mut meter = Meter::default();
        assert_eq!(meter.push(sound(level(-20.0), false), 20).held_dbfs, -20.0);
        assert_eq!(after(&mut meter, level(-10.0), 11, false).held_dbfs, -20.0);
        assert_eq!(after(&mut meter, level(-10.0), 1, false).held_dbfs, -10.0);
    }

    #[test]
    fn quiet_speech_is_warned_about_but_quiet_rooms_are_not() {
        let mut meter = Meter::default();
        assert_eq!(
            after(&mut meter, level(-52.0), 200, false).verdict,
            Verdict::Waiting
        );
        assert_eq!(
            after(&mut meter, level(-52.0), 100, true).verdict,
            Verdict::TooQuiet
        );
        assert_eq!(after(&mut meter, level(-25.0), 1, true).verdict, Verdict::Fine);
    }

    #[test]
    fn clipping_is_shown_for_a_second() {
        let mut meter = Meter::default();
        let clipped = Level {
            clipped: true,
            ..level(-3.0)
        };
        assert_eq!(meter.push(sound(clipped, true), 20).verdict, Verdict::Clipping);
        assert_eq!(
            after(&mut meter, level(-20.0), 49, true).verdict,
            Verdict::Clipping
        );
        assert_eq!(after(&mut meter, level(-20.0), 1, true).verdict, Verdict::Fine);
    }

    #[test]
    fn five_seconds_of_nothing_mean_a_dead_microphone() {
        let mut meter = Meter::default();
        assert_eq!(
            after(&mut meter, Level::SILENT, 249, false).verdict,
            Verdict::Waiting
        );
        assert_eq!(
            after(&mut meter, Level::SILENT, 1, false).verdict,
            Verdict::NoSignal
        );
        assert_eq!(
            meter.push(sound(level(-70.0), false), 20).verdict,
            Verdict::Waiting
        );
    }

    #[test]
    fn a_level_is_praised_only_after_speech() {
        let mut meter = Meter::default();
        assert_eq!(
            after(&mut meter, level(-20.0), 100, false).verdict,
            Verdict::Waiting
        );
        assert_eq!(meter.push(sound(level(-20.0), true), 20).verdict, Verdict::Fine);
        assert_eq!(meter.push(sound(level(-60.0), false), 20).verdict, Verdict::Fine);
    }

    #[test]
    fn an_echo_is_told_until_there_is_none() {
        let mut meter = Meter::default();
        let echo = Sound {
            hears_the_ai: true,
            ..sound(level(-40.0), false)
        };
        assert_eq!(meter.push(echo, 20).verdict, Verdict::Echo);
        let clipped = Level {
            clipped: true,
            ..level(-1.0)
        };
        let loud = Sound {
            level: clipped,
            ..echo
        };
        assert_eq!(
            meter.push(loud, 20).verdict,
            Verdict::Clipping,
            "the worse comes first"
        );
        let quiet = after(&mut meter, level(-40.0), 60, true);
        assert_eq!(quiet.verdict, Verdict::Fine);
    }

    #[test]
    fn positions_stay_on_the_meter() {
        assert_eq!(position(-100.0), 0.0);
        assert_eq!(position(-30.0), 0.5);
        assert_eq!(position(3.0), 1.0);
    }
}
