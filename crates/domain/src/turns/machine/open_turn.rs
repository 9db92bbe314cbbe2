use std::time::Duration;

use super::answer::{Answer, Extent, Pause, Progress};
use super::effect::FinishedTurn;
use super::input::{Playback, PlaybackEvent};
use crate::latency::{ClientTime, LatencyMetrics, SessionTime, TurnMarks};
use crate::ports::Heard;
use crate::turns::{Generation, HeardText, InterruptReason, TurnNumber, split_heard};

/// How long a client that reports playback may be late with the report that it finished.
const FINISH_GRACE: Duration = Duration::from_secs(2);
/// How long playback may stand still: the longest speech that is still called noise, and as long to be told that it was
/// speech. A client that does not go on by then is not there.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A turn that is not finished yet.
#[derive(Debug, Clone)]
pub(super) struct OpenTurn {
    pub(super) number: TurnNumber,
    pub(super) began: SessionTime,
    /// The generation when it was opened.
    pub(super) opened_in: Generation,
    pub(super) user_transcript: Option<String>,
    /// The transcript is final.
    pub(super) is_understood: bool,
    pub(super) marks: TurnMarks,
    /// The last voiced sample on the client's clock.
    pub(super) speech_ended_captured: Option<ClientTime>,
    pub(super) user_audio: UserAudio,
    pub(super) utterance: Utterance,
    pub(super) answer: Option<Answer>,
    pub(super) failure: Option<String>,
    /// How often playback paused for what was no speech.
    false_interruptions: u32,
    interruption: Option<Interruption>,
}

/// Whether the user's side is still recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UserAudio {
    Recording,
    Complete,
}

/// Whether the user may go on while nothing is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Utterance {
    MayGoOn,
    /// It reached its limit: it is answered, whatever else is said.
    Limited,
}

#[derive(Debug, Clone, Copy)]
struct Interruption {
    reason: InterruptReason,
    /// The first voiced sample of the interruption on the client's clock.
    captured: Option<ClientTime>,
    /// From there to the end of playback.
    latency: Option<Duration>,
}

impl OpenTurn {
    pub(super) fn new(
        number: TurnNumber,
        opened_in: Generation,
        began: SessionTime,
        speech_started: Option<SessionTime>,
    ) -> Self {
        Self {
            number,
            began,
            opened_in,
            user_transcript: None,
            is_understood: false,
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
            utterance: Utterance::MayGoOn,
            answer: None,
            failure: None,
            false_interruptions: 0,
            interruption: None,
        }
    }

    pub(super) fn has_audio(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.samples > 0)
    }

    /// Whether its answer is being played, as far as is known.
    pub(super) fn is_audible(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| {
            let has_begun = answer.progress.is_some() || self.marks.first_audio_sent.is_some();
            answer.samples > 0 && has_begun && answer.paused.is_none() && !answer.playback_ended
        })
    }

    pub(super) fn is_growing(&self) -> bool {
        self.answer
            .as_ref()
            .is_some_and(|answer| answer.extent == Extent::Growing)
    }

    /// Whether the whole answer is there and nothing cut it.
    fn is_whole(&self) -> bool {
        let is_whole = |answer: &Answer| answer.extent == Extent::Whole;
        self.interruption.is_none() && self.answer.as_ref().is_some_and(is_whole)
    }

    pub(super) fn first_audio_sent(&mut self, now: SessionTime) {
        if self.marks.first_audio_sent.is_none() {
            self.marks.first_audio_sent = Some(now);
            if let Some(answer) = &mut self.answer {
                answer.first_sent(now);
            }
        }
    }

    /// Takes a report of the client about this turn's answer; answers whether it is the first one that it plays.
    pub(super) fn played(&mut self, now: SessionTime, report: &Playback) -> bool {
        let Some(answer) = &mut self.answer else {
            return false;
        };
        // Nothing is audible in the future, whatever the clocks say.
        let at = report.session_at.map_or(now, |at| at.min(now));
        let goes_on = report.event == PlaybackEvent::Resumed;
        let unmoved = answer
            .progress
            .filter(|known| report.played <= known.played && !goes_on);
        answer.progress = Some(Progress {
            played: report.played,
            at,
            advanced: unmoved.map_or(now, |known| known.advanced),
        });
        let begins = report.event == PlaybackEvent::Started && answer.playback_started.is_none();
        match report.event {
            PlaybackEvent::Started if begins => {
                answer.playback_started = Some(report.at);
                self.marks.playback_started = report.session_at;
            }
            PlaybackEvent::Started | PlaybackEvent::Progress => {}
            PlaybackEvent::Paused => {
                let session_at = report.session_at;
                answer.paused.get_or_insert(Pause {
                    at: report.at,
                    session_at,
                });
            }
            PlaybackEvent::Resumed => {
                let was_false = answer.paused.take().is_some() && self.interruption.is_none();
                self.false_interruptions += u32::from(was_false);
            }
            // A client that ran dry before it had all of the answer is not done with it.
            PlaybackEvent::Finished if answer.extent == Extent::Growing && self.interruption.is_none() => {}
            PlaybackEvent::Stopped | PlaybackEvent::Finished => {
                answer.playback_ended = true;
                // What was paused is silent since then.
                let (silent, session_at) = answer
                    .paused
                    .take()
                    .map_or((report.at, report.session_at), |pause| {
                        (pause.at, pause.session_at)
                    });
                self.marks.playback_stopped = session_at;
                if let Some(interruption) = &mut self.interruption {
                    interruption.latency = interruption.captured.and_then(|began| silent.since(began));
                }
            }
        }
        begins
    }

    /// Marks the turn as cut after `played` of its answer.
    pub(super) fn interrupt(
        &mut self,
        at: SessionTime,
        reason: InterruptReason,
        captured: Option<ClientTime>,
        played: Duration,
    ) {
        self.marks.interrupted = Some(at);
        self.interruption = Some(Interruption {
            reason,
            captured,
            latency: None,
        });
        if let Some(answer) = &mut self.answer {
            answer.progress = Some(Progress {
                played,
                at,
                advanced: at,
            });
        }
    }

    pub(super) fn false_interruptions(&self) -> u32 {
        self.false_interruptions
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

    /// When the answer will have been played to its end at the latest; `None` while more of it may come.
    ///
    /// A client that reports is believed as long as its playback advances. One that came back has the rest still to play.
    pub(super) fn playout_deadline(&self, rate: u32, resumed: Option<SessionTime>) -> Option<SessionTime> {
        let answer = self
            .answer
            .as_ref()
            .filter(|answer| answer.extent != Extent::Growing)?;
        let (remaining, advanced, grace) = match answer.progress {
            Some(known) => {
                let remaining = answer.duration(rate).saturating_sub(known.played);
                let pause = answer.paused.map_or(Duration::ZERO, |_| LONGEST_PAUSE);
                (remaining, Some(known.advanced), FINISH_GRACE + pause)
            }
            None => (answer.duration(rate), None, Duration::ZERO),
        };
        let ends = [advanced, resumed]
            .into_iter()
            .flatten()
            .map(|from| from.after(remaining));
        Some(
            ends.fold(answer.end_as_it_comes(rate), SessionTime::max)
                .after(grace),
        )
    }

    pub(super) fn is_played_out(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| {
            answer.extent != Extent::Growing && (answer.playback_ended || answer.samples == 0)
        })
    }

    /// How much of the answer has been heard at a moment: as reported, else as long as it must have been playing.
    pub(super) fn heard(&self, at: SessionTime, rate: u32) -> Duration {
        let Some(answer) = &self.answer else {
            return Duration::ZERO;
        };
        let total = answer.duration(rate);
        let heard = match answer.progress {
            Some(known)
                if answer.playback_ended || answer.paused.is_some() || self.interruption.is_some() =>
            {
                known.played
            }
            Some(known) => known.played.saturating_add(at.since(known.at)),
            None if self.marks.first_audio_sent.is_none() => Duration::ZERO,
            None => total.saturating_sub(answer.end_as_it_comes(rate).since(at)),
        };
        heard.min(total)
    }

    /// As [`Self::heard`], of an answer of which more may come or that was cut; of any other, all that there is.
    pub(super) fn will_be_heard(&self, at: SessionTime, rate: u32) -> Duration {
        match &self.answer {
            Some(answer) if answer.extent != Extent::Growing && self.interruption.is_none() => {
                answer.duration(rate)
            }
            _ => self.heard(at, rate),
        }
    }

    /// The answer's text, split at what was heard of its audio.
    pub(super) fn heard_text(&self, heard: Duration, rate: u32) -> HeardText {
        match &self.answer {
            None => HeardText::default(),
            Some(answer) if self.is_whole() => HeardText {
                heard: answer.text.trim().to_owned(),
                unheard: String::new(),
            },
            Some(answer) => split_heard(&answer.text, heard, answer.whole_duration(rate)),
        }
    }

    /// What a provider needs to know of an answer of which no more than this is heard.
    pub(super) fn heard_for_provider(&self, heard: Duration, rate: u32) -> Option<Heard> {
        let answer = self.answer.as_ref()?;
        let text = split_heard(&answer.text, heard, answer.whole_duration(rate));
        Some(Heard {
            audio: heard,
            chars: text.heard.chars().count(),
        })
    }

    /// The turn for the record; what cannot be known otherwise was heard up to `heard_until`.
    pub(super) fn finish(self, now: SessionTime, heard_until: SessionTime, rate: u32) -> FinishedTurn {
        let heard = match &self.answer {
            Some(answer) if self.is_whole() => answer.duration(rate),
            _ => self.heard(heard_until, rate),
        };
        FinishedTurn {
            number: self.number,
            began: self.began,
            ended: now,
            answer: self.heard_text(heard, rate),
            played: self.has_audio().then_some(heard),
            interruption: self.interruption(),
            false_interruptions: self.false_interruptions,
            usage: self.answer.as_ref().and_then(|answer| answer.usage),
            latency: self.latency(),
            marks: self.marks,
            user_transcript: self.user_transcript,
            failure: self.failure,
        }
    }
}
