//! What the client plays of the answer, as it tells or as far as it must be.

use std::time::Duration;

use super::super::answer::{Extent, Pause, Progress};
use super::super::input::{Playback, PlaybackEvent};
use super::OpenTurn;
use crate::latency::SessionTime;

/// How long a client that reports playback may be late with the report that it finished.
const FINISH_GRACE: Duration = Duration::from_secs(2);
/// How long a sound may be on its way from a client that reports it to the loudspeaker, as over Bluetooth, with clocks that
/// are mapped.
const MOST_OUTPUT_LATENCY: Duration = Duration::from_secs(2);
/// How long playback may stand still: the longest speech that is still called noise, and as long to be told that it was
/// speech. A client that does not go on by then is not there.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

impl OpenTurn {
    /// Whether its answer is being played, as far as is known.
    pub(in super::super) fn is_audible(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| {
            let has_begun = answer.progress.is_some() || self.marks.first_audio_sent.is_some();
            answer.samples > 0 && has_begun && answer.paused.is_none() && !answer.playback_ended
        })
    }

    /// How long playback may go on standing still that does so now.
    pub(in super::super) fn longest_pause(&self) -> Duration {
        let paused = self.answer.as_ref().and_then(|answer| answer.paused);
        paused.map_or(Duration::ZERO, |_| LONGEST_PAUSE)
    }

    pub(in super::super) fn first_audio_sent(&mut self, now: SessionTime) {
        if self.marks.first_audio_sent.is_none() {
            self.marks.first_audio_sent = Some(now);
            if let Some(answer) = &mut self.answer {
                answer.first_sent(now);
            }
        }
    }

    /// Takes a report of the client about this turn's answer; answers whether it is the first one that it plays.
    pub(in super::super) fn played(&mut self, now: SessionTime, report: &Playback, rate: u32) -> bool {
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
        // A report is on its way faster than the sound is in the loudspeaker; but not by any time, nor of what does not exist.
        if let Some(audible_at) = report.session_at
            && audible_at <= now.after(MOST_OUTPUT_LATENCY)
            && report.played <= answer.duration(rate)
        {
            answer.placing.note(report.played, audible_at);
        }
        let begins = report.event == PlaybackEvent::Started && answer.playback_started.is_none();
        match report.event {
            PlaybackEvent::Started if begins => {
                // A client may tell when it plays the first sample that it finds audible.
                answer.playback_started = Some(report.at.before(report.played));
                self.marks.playback_started = report.session_at.map(|at| at.before(report.played));
            }
            PlaybackEvent::Started | PlaybackEvent::Progress => {}
            PlaybackEvent::Paused => {
                let session_at = report.session_at;
                answer.paused.get_or_insert(Pause {
                    at: report.at,
                    session_at,
                    since: at,
                });
            }
            PlaybackEvent::Resumed => {
                if let Some(pause) = answer.paused.take() {
                    answer.stood_still(at.since(pause.since));
                    self.false_interruptions += u32::from(self.interruption.is_none());
                }
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

    /// When the answer will have been played to its end at the latest; `None` while more of it may come.
    ///
    /// A client that reports is believed as long as its playback advances. One that came back has the rest still to play.
    pub(in super::super) fn playout_deadline(
        &self,
        rate: u32,
        resumed: Option<SessionTime>,
    ) -> Option<SessionTime> {
        let answer = self
            .answer
            .as_ref()
            .filter(|answer| answer.extent != Extent::Growing)?;
        let (remaining, advanced, grace) = match answer.progress {
            Some(known) => {
                let remaining = answer.duration(rate).saturating_sub(known.played);
                (
                    remaining,
                    Some(known.advanced),
                    FINISH_GRACE + self.longest_pause(),
                )
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

    pub(in super::super) fn is_played_out(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| {
            answer.extent != Extent::Growing && (answer.playback_ended || answer.samples == 0)
        })
    }

    /// How much of the answer has been heard at a moment: as reported, else as long as it must have been playing.
    pub(in super::super) fn heard(&self, at: SessionTime, rate: u32) -> Duration {
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
    pub(in super::super) fn will_be_heard(&self, at: SessionTime, rate: u32) -> Duration {
        match &self.answer {
            Some(answer) if answer.extent != Extent::Growing && self.interruption.is_none() => {
                answer.duration(rate)
            }
            _ => self.heard(at, rate),
        }
    }
}
