use std::time::Duration;

use viva_audio::{Clip, Level, SampleRate};

/// How long a frame is.
pub(super) const FRAME: Duration = Duration::from_millis(20);

/// How finely the clip is searched for its loud parts.
const WINDOW_MS: u32 = 5;

/// How far below the loudest window speech may be. Consonants at the end of a word are some 35 dB below its vowels.
const SPEECH_RANGE_DB: f32 = 40.0;

/// Nothing below this is speech, whatever else the clip holds.
const QUIETEST_SPEECH_DBFS: f32 = -75.0;

/// A clip whose pauses are louder than its speech may be has one window in this many that is quieter, at most.
const QUIET_WINDOWS: usize = 20;

/// A microphone that captures a clip instead of a voice: silence, the clip, silence, in frames of 20 ms.
///
/// It reads no clock. Frame n is captured from `n · 20 ms` on after it was switched on, and complete 20 ms later; no
/// rounding adds up. Times are since the origin of the client's clock.
#[derive(Debug)]
pub(super) struct Microphone {
    clip: Vec<i16>,
    rate: SampleRate,
    /// For each window of the clip, whether somebody speaks.
    voiced: Vec<bool>,
    switched_on: Duration,
    next_frame: u32,
    /// The frame that the clip begins with; `None` while the caller waits.
    clip_begins: Option<u32>,
}

/// What was captured in 20 ms.
#[derive(Debug, PartialEq)]
pub(super) struct Captured {
    pub(super) at: Duration,
    pub(super) samples: Vec<i16>,
}

impl Microphone {
    pub(super) fn new(clip: &Clip, rate: SampleRate, switched_on: Duration) -> Self {
        let clip = clip.resampled(rate).samples;
        let voiced = voiced_windows(&clip, rate);
        Self {
            clip,
            rate,
            voiced,
            switched_on,
            next_frame: 0,
            clip_begins: None,
        }
    }

    /// Lets the clip begin with the next frame, unless it has begun; whether it begins now.
    pub(super) fn speak(&mut self) -> bool {
        let begins = self.clip_begins.is_none();
        self.clip_begins.get_or_insert(self.next_frame);
        begins
    }

    /// When the next frame is complete.
    pub(super) fn deadline(&self) -> Duration {
        self.switched_on + FRAME * (self.next_frame + 1)
    }

    /// The next frame, if it is complete `now`.
    pub(super) fn capture(&mut self, now: Duration) -> Option<Captured> {
        if self.deadline() > now {
            return None;
        }
        let len = self.frame_len();
        let mut samples = vec![0; len];
        if let Some(begins) = self.clip_begins {
            let from = (self.next_frame - begins) as usize * len;
            let rest = self.clip.get(from..).unwrap_or_default();
            let taken = rest.len().min(len);
            samples[..taken].copy_from_slice(&rest[..taken]);
        }
        let at = self.switched_on + FRAME * self.next_frame;
        self.next_frame += 1;
        Some(Captured { at, samples })
    }

    /// Lets everything go that was captured until `now`, and says how many frames that were.
    pub(super) fn skip_to(&mut self, now: Duration) -> u32 {
        let before = self.next_frame;
        while self.deadline() <= now {
            self.next_frame += 1;
        }
        self.next_frame - before
    }

    /// Whether the last voiced sample of the clip has been captured.
    pub(super) fn has_spoken(&self) -> bool {
        let last = self.voiced.iter().rposition(|voiced| *voiced);
        let spoken = last.map_or(0, |last| (last + 1) * self.window_len());
        self.clip_begins
            .is_some_and(|begins| (self.next_frame - begins) as usize * self.frame_len() >= spoken)
    }

    /// The end of the last voiced stretch of the clip before `time`. `None` when there is none, or when noise hides it.
    pub(super) fn speech_end_before(&self, time: Duration) -> Option<Duration> {
        let quiet = self.voiced.iter().filter(|voiced| !**voiced).count();
        if quiet * QUIET_WINDOWS < self.voiced.len() {
            return None;
        }
        let begins = self.switched_on + FRAME * self.clip_begins?;
        let window = Duration::from_millis(u64::from(WINDOW_MS));
        let passed = usize::try_from(time.checked_sub(begins)?.as_millis() / window.as_millis()).ok()?;
        let last = self.voiced.iter().take(passed).rposition(|voiced| *voiced)?;
        Some(begins + window * u32::try_from(last + 1).ok()?)
    }

    fn frame_len(&self) -> usize {
        self.clip_index(FRAME)
    }

    fn window_len(&self) -> usize {
        self.clip_index(Duration::from_millis(u64::from(WINDOW_MS)))
    }

    fn clip_index(&self, time: Duration) -> usize {
        usize::try_from(self.rate.samples_in(time)).expect("a frame is short")
    }
}

/// Finds speech by its level alone. That is exact to some ms for recordings without noise, and independent of every
/// detector that it may be compared with.
fn voiced_windows(clip: &[i16], rate: SampleRate) -> Vec<bool> {
    let window_len = usize::try_from(rate.samples_in_ms(WINDOW_MS)).expect("a window is short");
    let levels: Vec<f32> = clip
        .chunks(window_len)
        .map(|window| Level::of(window).rms_dbfs)
        .collect();
    let loudest = levels.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let threshold = (loudest - SPEECH_RANGE_DB).max(QUIETEST_SPEECH_DBFS);
    levels.into_iter().map(|level| level > threshold).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: SampleRate = SampleRate::HZ_24K;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// 100 ms of silence, 200 ms of a square wave, 150 ms of silence.
    fn beep() -> Clip {
        let mut samples = vec![0; 2_400];
        samples.extend((0..4_800).map(|n| if n / 24 % 2 == 0 { 8_000 } else { -8_000 }));
        samples.extend([0; 3_600]);
        Clip { rate: RATE, samples }
    }

    fn microphone() -> Microphone {
        Microphone::new(&beep(), RATE, ms(1_000))
    }

    fn capture_all(microphone: &mut Microphone, until: Duration) -> Vec<Captured> {
        std::iter::from_fn(|| microphone.capture(until)).collect()
    }

    #[test]
    fn a_frame_is_complete_twenty_milliseconds_after_its_stamp() {
        let mut microphone = microphone();
        assert_eq!(microphone.capture(ms(1_019)), None);
        let frame = microphone.capture(ms(1_020)).unwrap();
        assert_eq!((frame.at, frame.samples), (ms(1_000), vec![0; 480]));
        assert_eq!(microphone.deadline(), ms(1_040));
    }

    #[test]
    fn the_clip_comes_out_whole_between_silence() {
        let mut microphone = microphone();
        assert_eq!(capture_all(&mut microphone, ms(1_060)).len(), 3);
        assert!(microphone.speak());
        assert!(!microphone.speak());
        let frames = capture_all(&mut microphone, ms(2_060));
        assert_eq!(frames.len(), 50);
        let heard: Vec<i16> = frames.into_iter().flat_map(|frame| frame.samples).collect();
        let clip = beep().samples;
        assert_eq!(heard[..clip.len()], clip);
        assert!(heard[clip.len()..].iter().all(|sample| *sample == 0));
    }

    #[test]
    fn frames_are_resampled_to_the_rate_of_the_session() {
        let mut microphone = Microphone::new(&beep(), SampleRate::HZ_44K1, Duration::ZERO);
        microphone.speak();
        assert_eq!(microphone.capture(ms(20)).unwrap().samples.len(), 882);
    }

    #[test]
    fn stamps_do_not_drift_in_an_hour() {
        let mut microphone = microphone();
        let an_hour = ms(1_000) + Duration::from_hours(1);
        assert_eq!(microphone.skip_to(an_hour), 180_000);
        let frame = microphone.capture(an_hour + FRAME).unwrap();
        assert_eq!(frame.at, an_hour);
    }

    #[test]
    fn what_is_skipped_is_lost_not_late() {
        let mut microphone = microphone();
        microphone.speak();
        assert_eq!(microphone.skip_to(ms(1_095)), 4);
        assert_eq!(microphone.capture(ms(1_100)).unwrap().at, ms(1_080));
        let frame = microphone.capture(ms(1_120)).unwrap();
        assert_eq!(frame.samples[..], beep().samples[2_400..2_880]);
    }

    #[test]
    fn it_knows_when_speech_ended() {
        let mut microphone = microphone();
        assert_eq!(microphone.speech_end_before(ms(9_000)), None);
        microphone.speak();
        assert_eq!(
            microphone.speech_end_before(ms(1_050)),
            None,
            "nothing was said yet"
        );
        assert_eq!(
            microphone.speech_end_before(ms(1_200)),
            Some(ms(1_200)),
            "still speaking"
        );
        assert_eq!(microphone.speech_end_before(ms(5_000)), Some(ms(1_300)));
        capture_all(&mut microphone, ms(1_280));
        assert!(!microphone.has_spoken());
        capture_all(&mut microphone, ms(1_300));
        assert!(microphone.has_spoken());
    }

    #[test]
    fn noise_hides_the_end_of_speech_and_silence_has_none() {
        let noise = Clip {
            rate: RATE,
            samples: (0..24_000).map(|n| if n % 2 == 0 { 300 } else { -300 }).collect(),
        };
        let mut in_noise = Microphone::new(&noise, RATE, Duration::ZERO);
        in_noise.speak();
        assert_eq!(in_noise.speech_end_before(ms(900)), None);
        let silence = Clip {
            rate: RATE,
            samples: vec![0; 24_000],
        };
        let mut in_silence = Microphone::new(&silence, RATE, Duration::ZERO);
        in_silence.speak();
        assert_eq!(in_silence.speech_end_before(ms(900)), None);
        assert!(in_silence.has_spoken(), "there is nothing to say");
    }
}
