use std::collections::VecDeque;
use std::time::Duration;

use viva_audio::SampleRate;
use viva_protocol::ws::{PlaybackEvent, PlaybackReport};

/// How often playback is reported while it goes on.
const PROGRESS_EVERY: Duration = Duration::from_millis(500);

/// A loudspeaker that plays nothing, but knows exactly when each sample would be audible.
///
/// It takes the AI's audio as it arrives, plays it in real time on the client's clock, and reports what a browser would
/// report. It never waits and reads no clock: every call says what time it is, and [`Speaker::deadline`] says when the
/// next report is due. Times are since the origin of the client's clock.
#[derive(Debug)]
pub struct Speaker {
    rate: SampleRate,
    device_latency: Duration,
    playing: Option<Playing>,
    /// Reports of an answer that a newer one pushed aside.
    overdue: VecDeque<PlaybackReport>,
    /// Answers up to this turn were stopped; what arrives of them is dropped.
    silenced_through: u16,
}

/// One answer.
#[derive(Debug)]
struct Playing {
    turn: u16,
    /// Audible without a gap, in order; a gap between two means that audio came too late.
    stretches: Vec<Stretch>,
    started: bool,
    next_progress: Duration,
    /// The last sample is known.
    is_complete: bool,
    /// Stopped at this time.
    cut: Option<Duration>,
}

#[derive(Debug, Clone, Copy)]
struct Stretch {
    from: Duration,
    samples: u64,
}

impl Speaker {
    /// A silent speaker. A sample is audible `device_latency` after it arrived at the earliest.
    pub fn new(rate: SampleRate, device_latency: Duration) -> Self {
        Self {
            rate,
            device_latency,
            playing: None,
            overdue: VecDeque::new(),
            silenced_through: 0,
        }
    }

    /// Takes audio of an answer that arrived `now`. Audio of a turn that was stopped, or is older than the one that plays,
    /// is dropped; a newer turn stops the one that plays.
    pub fn push(&mut self, now: Duration, turn: u16, samples: u64, is_last: bool) {
        if turn <= self.silenced_through || self.playing.as_ref().is_some_and(|playing| turn < playing.turn) {
            return;
        }
        if let Some(playing) = &self.playing
            && playing.turn != turn
        {
            self.stop(now, playing.turn);
            while let Some(report) = self.report_of_playing(Duration::MAX) {
                self.overdue.push_back(report);
            }
        }
        let audible = now + self.device_latency;
        let playing = self.playing.get_or_insert_with(|| Playing::new(turn, audible));
        if playing.cut.is_none() && !playing.is_complete {
            playing.extend(self.rate, audible, samples);
            playing.is_complete = is_last;
        }
    }

    /// Stops an answer at once, and everything older that is still under way. What the device has taken is heard all the
    /// same.
    pub fn stop(&mut self, now: Duration, turn: u16) {
        self.silenced_through = self.silenced_through.max(turn);
        if let Some(playing) = &mut self.playing
            && playing.turn <= turn
            && playing.cut.is_none()
        {
            let heard_until = now + self.device_latency;
            playing.cut = Some(if playing.played(self.rate, heard_until) == 0 {
                now
            } else {
                heard_until
            });
        }
    }

    /// The next report that is due `now`, if any; call it until there is none.
    pub fn report(&mut self, now: Duration) -> Option<PlaybackReport> {
        self.overdue.pop_front().or_else(|| self.report_of_playing(now))
    }

    /// When the next report will be due; `None` while nothing plays.
    pub fn deadline(&self) -> Option<Duration> {
        if self.overdue.is_empty() {
            self.playing.as_ref()?.deadline(self.rate)
        } else {
            Some(Duration::ZERO)
        }
    }

    /// Whether nothing plays and nothing waits to be played.
    pub fn is_silent(&self) -> bool {
        self.playing.is_none() && self.overdue.is_empty()
    }

    /// How many times the audio of the answer that plays came too late to go on without a gap.
    pub fn underruns(&self) -> usize {
        self.playing
            .as_ref()
            .map_or(0, |playing| playing.stretches.len().saturating_sub(1))
    }

    fn report_of_playing(&mut self, now: Duration) -> Option<PlaybackReport> {
        let playing = self.playing.as_mut()?;
        let (event, at) = playing.due(self.rate, now)?;
        let report = PlaybackReport {
            turn_number: playing.turn,
            event,
            played_ms: ms(self.rate.duration_of(playing.played(self.rate, at))),
            at: ms(at),
        };
        if matches!(event, PlaybackEvent::Stopped | PlaybackEvent::Finished) {
            self.playing = None;
        }
        Some(report)
    }
}

impl Playing {
    fn new(turn: u16, audible: Duration) -> Self {
        Self {
            turn,
            stretches: Vec::new(),
            started: false,
            next_progress: audible + PROGRESS_EVERY,
            is_complete: false,
            cut: None,
        }
    }

    fn extend(&mut self, rate: SampleRate, audible: Duration, samples: u64) {
        if samples == 0 {
            return;
        }
        match self.stretches.last_mut() {
            Some(last) if last.until(rate) >= audible => last.samples += samples,
            _ => self.stretches.push(Stretch {
                from: audible,
                samples,
            }),
        }
    }

    /// When the last sample so far has been audible; `None` without any.
    fn until(&self, rate: SampleRate) -> Option<Duration> {
        self.stretches.last().map(|stretch| stretch.until(rate))
    }

    /// How many samples have been audible at `time`.
    fn played(&self, rate: SampleRate, time: Duration) -> u64 {
        let time = self.cut.map_or(time, |cut| cut.min(time));
        let played = |stretch: &Stretch| {
            rate.samples_in(time.saturating_sub(stretch.from))
                .min(stretch.samples)
        };
        // An end that is known to the nanosecond must not lose its last sample to rounding.
        let whole = |stretch: &Stretch| {
            if stretch.until(rate) <= time {
                stretch.samples
            } else {
                played(stretch)
            }
        };
        self.stretches.iter().map(whole).sum()
    }

    /// When playback ends, as far as that is known.
    fn end(&self, rate: SampleRate) -> Option<(PlaybackEvent, Duration)> {
        if let Some(cut) = self.cut {
            let heard = self.until(rate).filter(|until| self.is_complete && *until <= cut);
            return Some(heard.map_or((PlaybackEvent::Stopped, cut), |until| {
                (PlaybackEvent::Finished, until)
            }));
        }
        // An answer without any sound is over as soon as that is known.
        let until = || {
            self.until(rate)
                .unwrap_or(self.next_progress.saturating_sub(PROGRESS_EVERY))
        };
        self.is_complete.then(|| (PlaybackEvent::Finished, until()))
    }

    /// What happens next and when.
    fn upcoming(&self, rate: SampleRate) -> Option<(PlaybackEvent, Duration)> {
        let end = self.end(rate);
        let is_before_end = |at: Duration| end.is_none_or(|(_, end)| at < end);
        let first = self.stretches.first();
        if !self.started
            && let Some(first) = first
            && is_before_end(first.from)
        {
            return Some((PlaybackEvent::Started, first.from));
        }
        let goes_on = self.until(rate).is_some_and(|until| self.next_progress < until);
        if goes_on && is_before_end(self.next_progress) {
            return Some((PlaybackEvent::Progress, self.next_progress));
        }
        end
    }

    fn deadline(&self, rate: SampleRate) -> Option<Duration> {
        self.upcoming(rate).map(|(_, at)| at)
    }

    /// What is due `now`. Progress that nobody asked for in time is told once, the latest.
    fn due(&mut self, rate: SampleRate, now: Duration) -> Option<(PlaybackEvent, Duration)> {
        let mut due = self.upcoming(rate).filter(|(_, at)| *at <= now)?;
        match due.0 {
            PlaybackEvent::Started => {
                self.started = true;
                self.next_progress = due.1 + PROGRESS_EVERY;
            }
            PlaybackEvent::Progress => {
                while let Some((PlaybackEvent::Progress, at)) =
                    self.upcoming(rate).filter(|(_, at)| *at <= now)
                {
                    due.1 = at;
                    self.next_progress = at + PROGRESS_EVERY;
                }
            }
            // This speaker does not pause.
            PlaybackEvent::Paused
            | PlaybackEvent::Resumed
            | PlaybackEvent::Stopped
            | PlaybackEvent::Finished => {}
        }
        Some(due)
    }
}

impl Stretch {
    fn until(self, rate: SampleRate) -> Duration {
        self.from + rate.duration_of(self.samples)
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 20 ms at 24 kHz.
    const FRAME: u64 = 480;

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn speaker(device_latency_ms: u64) -> Speaker {
        Speaker::new(SampleRate::HZ_24K, at(device_latency_ms))
    }

    /// Everything that is due until `now`, as `(event, played_ms, at)`.
    fn reports(speaker: &mut Speaker, now: u64) -> Vec<(PlaybackEvent, f64, f64)> {
        std::iter::from_fn(|| speaker.report(at(now)))
            .map(|report| (report.event, report.played_ms, report.at))
            .collect()
    }

    #[test]
    fn an_answer_that_arrives_at_once_plays_in_real_time() {
        let mut speaker = speaker(0);
        speaker.push(at(1_000), 1, 50 * FRAME, false);
        speaker.push(at(1_001), 1, 10 * FRAME, true);
        assert_eq!(
            reports(&mut speaker, 1_001),
            [(PlaybackEvent::Started, 0.0, 1_000.0)]
        );
        assert_eq!(speaker.deadline(), Some(at(1_500)));
        assert_eq!(
            reports(&mut speaker, 1_500),
            [(PlaybackEvent::Progress, 500.0, 1_500.0)]
        );
        assert_eq!(reports(&mut speaker, 1_999), []);
        assert_eq!(
            reports(&mut speaker, 2_200),
            [
                (PlaybackEvent::Progress, 1_000.0, 2_000.0),
                (PlaybackEvent::Finished, 1_200.0, 2_200.0)
            ]
        );
        assert!(speaker.is_silent());
        assert_eq!(speaker.deadline(), None);
    }

    #[test]
    fn the_device_adds_its_latency_to_every_time() {
        let mut speaker = speaker(30);
        speaker.push(at(1_000), 1, FRAME, true);
        assert_eq!(reports(&mut speaker, 1_029), []);
        assert_eq!(
            reports(&mut speaker, 1_050),
            [
                (PlaybackEvent::Started, 0.0, 1_030.0),
                (PlaybackEvent::Finished, 20.0, 1_050.0)
            ]
        );
    }

    #[test]
    fn audio_that_comes_too_late_leaves_a_gap_that_is_not_counted_as_played() {
        let mut speaker = speaker(0);
        speaker.push(at(0), 1, FRAME, false);
        speaker.push(at(15), 1, FRAME, false);
        assert_eq!(speaker.underruns(), 0);
        speaker.push(at(100), 1, FRAME, true);
        assert_eq!(speaker.underruns(), 1);
        assert_eq!(
            reports(&mut speaker, 200),
            [
                (PlaybackEvent::Started, 0.0, 0.0),
                (PlaybackEvent::Finished, 60.0, 120.0)
            ]
        );
    }

    #[test]
    fn stopping_cuts_at_once_and_drops_what_is_under_way() {
        let mut speaker = speaker(0);
        speaker.push(at(0), 3, 100 * FRAME, false);
        assert_eq!(reports(&mut speaker, 0).len(), 1);
        speaker.stop(at(250), 3);
        assert_eq!(
            reports(&mut speaker, 250),
            [(PlaybackEvent::Stopped, 250.0, 250.0)]
        );
        speaker.push(at(251), 3, FRAME, true);
        speaker.push(at(251), 2, FRAME, true);
        assert!(speaker.is_silent());
        speaker.push(at(400), 4, FRAME, true);
        assert_eq!(reports(&mut speaker, 400), [(PlaybackEvent::Started, 0.0, 400.0)]);
    }

    #[test]
    fn what_the_device_has_taken_is_heard_after_the_stop() {
        let mut speaker = speaker(40);
        speaker.push(at(0), 1, 100 * FRAME, false);
        assert_eq!(reports(&mut speaker, 40).len(), 1);
        speaker.stop(at(240), 1);
        assert_eq!(reports(&mut speaker, 279), []);
        assert_eq!(
            reports(&mut speaker, 280),
            [(PlaybackEvent::Stopped, 240.0, 280.0)]
        );
    }

    #[test]
    fn an_answer_that_is_stopped_before_it_is_audible_was_not_heard() {
        let mut speaker = speaker(40);
        speaker.push(at(100), 1, FRAME, false);
        speaker.stop(at(100), 1);
        assert_eq!(reports(&mut speaker, 100), [(PlaybackEvent::Stopped, 0.0, 100.0)]);
    }

    #[test]
    fn a_stop_that_comes_after_the_end_finds_it_finished() {
        let mut speaker = speaker(0);
        speaker.push(at(0), 1, FRAME, true);
        speaker.stop(at(50), 1);
        assert_eq!(
            reports(&mut speaker, 50),
            [
                (PlaybackEvent::Started, 0.0, 0.0),
                (PlaybackEvent::Finished, 20.0, 20.0)
            ]
        );
    }

    #[test]
    fn a_newer_answer_pushes_the_older_one_aside() {
        let mut speaker = speaker(0);
        speaker.push(at(0), 1, 100 * FRAME, false);
        assert_eq!(reports(&mut speaker, 0).len(), 1);
        speaker.push(at(300), 2, FRAME, true);
        assert_eq!(speaker.deadline(), Some(Duration::ZERO));
        assert_eq!(
            reports(&mut speaker, 320),
            [
                (PlaybackEvent::Stopped, 300.0, 300.0),
                (PlaybackEvent::Started, 0.0, 300.0),
                (PlaybackEvent::Finished, 20.0, 320.0)
            ]
        );
    }

    #[test]
    fn an_answer_without_sound_is_finished_at_once() {
        let mut speaker = speaker(0);
        speaker.push(at(70), 1, 0, true);
        assert_eq!(reports(&mut speaker, 70), [(PlaybackEvent::Finished, 0.0, 70.0)]);
    }

    #[test]
    fn progress_that_was_missed_is_told_once() {
        let mut speaker = speaker(0);
        speaker.push(at(0), 1, 200 * FRAME, false);
        assert_eq!(
            reports(&mut speaker, 1_700),
            [
                (PlaybackEvent::Started, 0.0, 0.0),
                (PlaybackEvent::Progress, 1_500.0, 1_500.0)
            ]
        );
    }

    #[test]
    fn a_starving_speaker_reports_nothing_until_more_arrives() {
        let mut speaker = speaker(0);
        speaker.push(at(0), 1, FRAME, false);
        assert_eq!(reports(&mut speaker, 0).len(), 1);
        assert_eq!(speaker.deadline(), None);
        assert_eq!(reports(&mut speaker, 60_000), []);
        assert!(!speaker.is_silent());
    }

    proptest! {
        #[test]
        fn reports_are_in_order_and_end_with_what_was_played(
            frames in prop::collection::vec((0..60_u64, 0..2_000_u64), 1..40),
            latency in 0..100_u64,
            stop in prop::option::of(0..40_usize),
        ) {
            let mut speaker = speaker(latency);
            let mut reports = Vec::new();
            let (mut now, mut pushed) = (0, 0);
            let last = frames.len() - 1;
            for (index, (wait, samples)) in frames.into_iter().enumerate() {
                now += wait;
                if stop == Some(index) {
                    speaker.stop(at(now), 1);
                }
                speaker.push(at(now), 1, samples, index == last);
                pushed += samples;
                reports.extend(std::iter::from_fn(|| speaker.report(at(now))));
            }
            while let Some(deadline) = speaker.deadline() {
                reports.extend(std::iter::from_fn(|| speaker.report(deadline)));
            }
            prop_assert!(speaker.is_silent());
            prop_assert!(reports.is_sorted_by(|a, b| a.at <= b.at && a.played_ms <= b.played_ms), "{:?}", reports);
            let ends = reports.iter()
                .filter(|report| matches!(report.event, PlaybackEvent::Stopped | PlaybackEvent::Finished));
            // An answer that is stopped before any of it arrived was never there.
            prop_assert_eq!(ends.count(), usize::from(stop != Some(0)));
            let Some(end) = reports.last() else { return Ok(()) };
            let pushed_ms = ms(SampleRate::HZ_24K.duration_of(pushed));
            match end.event {
                PlaybackEvent::Finished => prop_assert!((end.played_ms - pushed_ms).abs() < 0.001),
                PlaybackEvent::Stopped => prop_assert!(end.played_ms <= pushed_ms + 0.001),
                other => prop_assert!(false, "ends with {other:?}"),
            }
            let starts = reports.iter().filter(|report| report.event == PlaybackEvent::Started).count();
            prop_assert!(starts <= 1);
            prop_assert!(end.played_ms == 0.0 || starts == 1);
        }
    }
}
