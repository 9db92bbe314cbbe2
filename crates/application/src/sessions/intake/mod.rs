//! The user's audio: where speech starts and ends, when that was on which clock, and the last seconds for the recording.

mod timeline;

use std::collections::VecDeque;
use std::time::Duration;

use viva_audio::{Endpointer, SampleRate, SpeechEvent, TurnDetection};
use viva_domain::latency::{ClientTime, SessionTime};

use self::timeline::Timeline;

/// Beyond its prefix and twice the shortest speech (which may have gaps), how far back a recording may begin.
const TAPE_MARGIN: Duration = Duration::from_millis(500);

/// Something that the user's audio decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    /// The user speaks.
    Started {
        /// The first voiced sample.
        first: Moment,
    },
    /// The user's turn is over.
    Ended {
        /// The last voiced sample.
        last: Moment,
    },
}

/// A sample of the user's audio in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// Its position in the stream.
    pub(super) position: u64,
    /// On the session's clock.
    pub(super) at: SessionTime,
    /// On the client's clock, when the client stamps its audio.
    pub(super) captured: Option<ClientTime>,
}

/// Listens to the user's audio.
#[derive(Debug)]
pub(super) struct Intake {
    rate: SampleRate,
    endpointer: Endpointer,
    decided: Vec<SpeechEvent>,
    /// The time line of the newest audio; `None` before the first.
    timeline: Option<Timeline>,
    /// That of the audio before it, on which positions may still lie.
    previous: Option<Timeline>,
    last_stamp: Option<ClientTime>,
    tape: VecDeque<i16>,
}

impl Intake {
    pub(super) fn new(rate: SampleRate, turn_detection: TurnDetection) -> Self {
        Self {
            rate,
            endpointer: Endpointer::new(rate, turn_detection),
            decided: Vec::new(),
            timeline: None,
            previous: None,
            last_stamp: None,
            tape: VecDeque::new(),
        }
    }

    pub(super) fn turn_detection(&self) -> TurnDetection {
        self.endpointer.settings()
    }

    pub(super) fn set(&mut self, turn_detection: TurnDetection) {
        self.endpointer.set(turn_detection);
    }

    /// What is pushed next was recorded while the AI was heard, as loud as this (dBFS).
    pub(super) fn ai_is_heard(&mut self, loudest_dbfs: f32) {
        self.endpointer.ai_is_heard(loudest_dbfs);
    }

    /// Takes the next samples and lists what they decided.
    pub(super) fn push(
        &mut self,
        samples: &[i16],
        captured: Option<ClientTime>,
        received: SessionTime,
        voices: &mut Vec<Voice>,
    ) {
        self.stamp(samples.len(), captured, received);
        self.keep(samples);
        let mut decided = std::mem::take(&mut self.decided);
        self.endpointer.push(samples, &mut decided);
        voices.extend(decided.drain(..).filter_map(|event| self.voice(event)));
        self.decided = decided;
    }

    /// How long nothing voiced was heard while the user speaks; `None` while they do not.
    pub(super) fn silence(&self) -> Option<Duration> {
        self.endpointer.silence()
    }

    /// How many samples were pushed.
    pub(super) fn position(&self) -> u64 {
        self.endpointer.position()
    }

    /// Ends speech that is going on.
    pub(super) fn end(&mut self) -> Option<Voice> {
        self.endpointer.end().and_then(|event| self.voice(event))
    }

    /// A moment of the client's clock on the session's; `None` while the client does not stamp its audio.
    pub(super) fn to_session(&self, time: ClientTime) -> Option<SessionTime> {
        self.timeline.as_ref()?.to_session(time)
    }

    /// When a sample was captured, on the session's clock; `None` before the first.
    pub(super) fn time_of(&self, position: u64) -> Option<SessionTime> {
        self.moment(position).map(|moment| moment.at)
    }

    /// The sample that was captured at a moment; the newest one when it is not there yet, `None` before the first.
    pub(super) fn captured_at(&self, at: SessionTime) -> Option<Moment> {
        let end = self.endpointer.position();
        let newest = self.timeline.as_ref()?.session_time(end)?;
        let position = end.saturating_sub(self.rate.samples_in(newest.since(at)));
        Some(Moment {
            position,
            at,
            captured: None,
        })
    }

    /// What was heard from the turn's prefix before `first` on, as far back as it is kept, and when that began.
    pub(super) fn since(&self, first: Moment) -> (Vec<i16>, SessionTime) {
        let end = self.endpointer.position();
        let oldest = end - self.tape.len() as u64;
        let start = self
            .turn_detection()
            .turn_start(first.position, self.rate)
            .clamp(oldest, end);
        let skipped = usize::try_from(start - oldest).unwrap_or(self.tape.len());
        let began = self.moment(start).map_or(first.at, |moment| moment.at);
        (self.tape.range(skipped..).copied().collect(), began)
    }

    /// What was heard from a position on, as far back as it is kept.
    pub(super) fn lately(&self, from: Option<u64>) -> Vec<i16> {
        let oldest = self.endpointer.position() - self.tape.len() as u64;
        let skipped = from.unwrap_or_default().saturating_sub(oldest);
        let skipped = usize::try_from(skipped)
            .unwrap_or(usize::MAX)
            .min(self.tape.len());
        self.tape.range(skipped..).copied().collect()
    }

    /// Finds out when the next samples were captured.
    fn stamp(&mut self, samples: usize, captured: Option<ClientTime>, received: SessionTime) {
        let position = self.endpointer.position();
        let length = self.rate.duration_of(samples as u64);
        // A stamp that stands still is none.
        let stamp = captured.filter(|captured| self.last_stamp != Some(*captured));
        let goes_on = |timeline: &Timeline| timeline.goes_on(position, stamp, length, received);
        if !self.timeline.as_ref().is_some_and(goes_on) {
            self.previous = self.timeline.take();
        }
        let timeline = self
            .timeline
            .get_or_insert_with(|| Timeline::new(self.rate, position, stamp));
        if timeline.note(position, stamp) {
            self.last_stamp = captured;
        }
        timeline.observe(position + samples as u64, received);
    }

    fn keep(&mut self, samples: &[i16]) {
        self.tape.extend(samples);
        let TurnDetection {
            prefix_ms,
            min_speech_ms,
            ..
        } = self.turn_detection();
        let kept = Duration::from_millis(u64::from(prefix_ms) + 2 * u64::from(min_speech_ms)) + TAPE_MARGIN;
        let kept = usize::try_from(self.rate.samples_in(kept)).unwrap_or(usize::MAX);
        let surplus = self.tape.len().saturating_sub(kept);
        self.tape.drain(..surplus);
    }

    fn voice(&self, event: SpeechEvent) -> Option<Voice> {
        match event {
            SpeechEvent::Started { first_voiced_sample } => self
                .moment(first_voiced_sample)
                .map(|first| Voice::Started { first }),
            SpeechEvent::Ended { last_voiced_sample } => {
                self.moment(last_voiced_sample).map(|last| Voice::Ended { last })
            }
        }
    }

    fn moment(&self, position: u64) -> Option<Moment> {
        let previous = self.previous.as_ref();
        let timeline = self.timeline.as_ref()?;
        let timeline = previous
            .filter(|_| position < timeline.begins())
            .unwrap_or(timeline);
        Some(Moment {
            position,
            at: timeline.session_time(position)?,
            captured: timeline.captured(position),
        })
    }
}

#[cfg(test)]
mod tests;
