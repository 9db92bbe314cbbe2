use std::time::Duration;

use super::effect::FinishedTurn;
use super::input::{Playback, PlaybackEvent};
use crate::latency::{ClientTime, LatencyMetrics, SessionTime, TurnMarks};
use crate::ports::Heard;
use crate::turns::{HeardText, InterruptReason, TurnNumber, Usage, split_heard};

/// How long a client that reports playback may be late with the report that it finished.
const FINISH_GRACE: Duration = Duration::from_secs(2);

/// A turn that is not finished yet.
#[derive(Debug, Clone)]
pub(super) struct OpenTurn {
    pub(super) number: TurnNumber,
    pub(super) began: SessionTime,
    pub(super) user_transcript: Option<String>,
    pub(super) marks: TurnMarks,
    /// The last voiced sample on the client's clock.
    pub(super) speech_ended_captured: Option<ClientTime>,
    pub(super) user_audio: UserAudio,
    pub(super) answer: Option<Answer>,
    pub(super) failure: Option<String>,
    interruption: Option<Interruption>,
}

/// Whether the user's side is still recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UserAudio {
    Recording,
    Complete,
}

#[derive(Debug, Clone, Copy)]
struct Interruption {
    reason: InterruptReason,
    /// The first voiced sample of the interruption on the client's clock.
    captured: Option<ClientTime>,
    /// From there to the end of playback.
    latency: Option<Duration>,
}

/// What the AI says in a turn, and how much of it was played.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) samples: u64,
    pub(super) is_complete: bool,
    pub(super) usage: Option<Usage>,
    playback_started: Option<ClientTime>,
    /// How much had been played, and when that was reported.
    progress: Option<(Duration, SessionTime)>,
    playback_ended: bool,
}

impl OpenTurn {
    pub(super) fn new(number: TurnNumber, began: SessionTime, speech_started: Option<SessionTime>) -> Self {
        Self {
            number,
            began,
            user_transcript: None,
            marks: TurnMarks {
                speech_started,
                ..TurnMarks::default()
            },
            speech_ended_captured: None,
            user_audio: if speech_started.is_some() {
                UserAudio::Recording
            } else {
                UserAudio::Complete
            },
            answer: None,
            failure: None,
            interruption: None,
        }
    }

    pub(super) fn has_audio(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.samples > 0)
    }

    /// Takes a report of the client about this turn's answer.
    pub(super) fn played(&mut self, now: SessionTime, report: &Playback) {
        let Some(answer) = &mut self.answer else { return };
        answer.progress = Some((report.played, report.session_at.unwrap_or(now)));
        match report.event {
            PlaybackEvent::Started => {
                answer.playback_started = Some(report.at);
                self.marks.playback_started = report.session_at;
            }
            // A client that ran dry before it had all of the answer is not done with it.
            PlaybackEvent::Finished if !answer.is_complete => {}
            PlaybackEvent::Progress => {}
            PlaybackEvent::Stopped | PlaybackEvent::Finished => {
                answer.playback_ended = true;
                self.marks.playback_stopped = report.session_at;
                if let Some(interruption) = &mut self.interruption {
                    interruption.latency = interruption.captured.and_then(|began| report.at.since(began));
                }
            }
        }
    }

    pub(super) fn interrupt(
        &mut self,
        at: SessionTime,
        reason: InterruptReason,
        captured: Option<ClientTime>,
        played: Option<Duration>,
        now: SessionTime,
    ) {
        self.marks.interrupted = Some(at);
        self.interruption = Some(Interruption {
            reason,
            captured,
            latency: None,
        });
        if let (Some(played), Some(answer)) = (played, &mut self.answer) {
            answer.progress = Some((played, now));
        }
    }

    pub(super) fn interruption(&self) -> Option<InterruptReason> {
        self.interruption.map(|interruption| interruption.reason)
    }

    /// What is known of the turn's latency.
    pub(super) fn latency(&self) -> LatencyMetrics {
        let playback_started = self.answer.as_ref().and_then(|answer| answer.playback_started);
        let client_total = self
            .speech_ended_captured
            .zip(playback_started)
            .and_then(|(ended, started)| started.since(ended));
        let mut latency = LatencyMetrics::compute(&self.marks, client_total);
        latency.interrupt = self.interruption.and_then(|interruption| interruption.latency);
        latency
    }

    /// When the answer will have been played to its end at the latest; `None` while it is not complete.
    pub(super) fn playout_deadline(&self, rate: u32, resumed: Option<SessionTime>) -> Option<SessionTime> {
        let answer = self.answer.as_ref().filter(|answer| answer.is_complete)?;
        let grace = if answer.playback_started.is_some() {
            FINISH_GRACE
        } else {
            Duration::ZERO
        };
        let began = self.playout_began()?;
        let began = resumed.map_or(began, |resumed| began.max(resumed));
        Some(began.after(answer.duration(rate) + grace))
    }

    pub(super) fn is_played_out(&self) -> bool {
        self.answer
            .as_ref()
            .is_some_and(|answer| answer.is_complete && (answer.playback_ended || answer.samples == 0))
    }

    fn playout_began(&self) -> Option<SessionTime> {
        self.marks
            .playback_started
            .or(self.marks.first_audio_sent)
            .or(self.marks.provider_first_audio)
    }

    /// How much of the answer has been heard by now: as reported, else as long as it must have been playing.
    pub(super) fn heard(&self, now: SessionTime, rate: u32) -> Duration {
        let Some(answer) = &self.answer else {
            return Duration::ZERO;
        };
        let total = answer.duration(rate);
        match (
            answer.progress,
            self.marks.playback_stopped.is_some() || self.interruption.is_some(),
        ) {
            (Some((played, _)), true) => played.min(total),
            (Some((played, at)), false) => (played + now.since(at)).min(total),
            (None, _) => {
                let until = self.marks.interrupted.unwrap_or(now);
                self.marks
                    .first_audio_sent
                    .map_or(Duration::ZERO, |sent| until.since(sent))
                    .min(total)
            }
        }
    }

    pub(super) fn heard_text(&self, heard: Duration, rate: u32) -> HeardText {
        let Some(answer) = &self.answer else {
            return HeardText::default();
        };
        if answer.is_complete && self.interruption.is_none() && self.failure.is_none() {
            return HeardText {
                heard: answer.text.trim().to_owned(),
                unheard: String::new(),
            };
        }
        split_heard(&answer.text, heard, answer.duration(rate))
    }

    /// What a provider needs to know of an answer that is cut.
    pub(super) fn heard_for_provider(&self, now: SessionTime, rate: u32) -> Option<Heard> {
        self.answer.as_ref()?;
        let audio = self.heard(now, rate);
        Some(Heard {
            audio,
            chars: self.heard_text(audio, rate).heard.chars().count(),
        })
    }

    pub(super) fn finish(self, now: SessionTime, rate: u32) -> FinishedTurn {
        let heard = if self.interruption.is_none() && self.failure.is_none() && self.answer_is_complete() {
            self.answer
                .as_ref()
                .map_or(Duration::ZERO, |answer| answer.duration(rate))
        } else {
            self.heard(now, rate)
        };
        FinishedTurn {
            number: self.number,
            began: self.began,
            ended: now,
            answer: self.heard_text(heard, rate),
            played: self.has_audio().then_some(heard),
            interruption: self.interruption(),
            usage: self.answer.as_ref().and_then(|answer| answer.usage),
            latency: self.latency(),
            marks: self.marks,
            user_transcript: self.user_transcript,
            failure: self.failure,
        }
    }

    fn answer_is_complete(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.is_complete)
    }
}

impl Answer {
    pub(super) fn duration(&self, rate: u32) -> Duration {
        Duration::from_micros(self.samples * 1_000_000 / u64::from(rate.max(1)))
    }
}
