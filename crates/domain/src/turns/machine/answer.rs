use std::time::Duration;

use crate::latency::{ClientTime, SessionTime};
use crate::ports::{Heard, SpeechMark};
use crate::turns::{Basis, Placement, Placing, Usage, speaking_time};

/// What the AI says in a turn, and how much of it was played.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) text: String,
    /// How far the text is spoken at which moments of the audio, as far as the mode said so, in order.
    pub(super) marks: Vec<SpeechMark>,
    pub(super) samples: u64,
    pub(super) extent: Extent,
    /// How much the mode takes for heard, if it has nothing more to say of it though what there is plays on: it was told to
    /// stop, or the answer is another mode's.
    pub(super) believed: Option<Heard>,
    pub(super) usage: Option<Usage>,
    /// When the mode last said something of it.
    pub(super) last_said: SessionTime,
    /// Position of the first sample that can be heard.
    pub(super) first_audible: Option<u64>,
    /// It was told that no audio comes; more audio makes up for it.
    pub(super) stall_is_told: bool,
    /// The client began to play it, on the client's clock.
    pub(super) playback_started: Option<ClientTime>,
    pub(super) progress: Option<Progress>,
    /// Since when playback stands still, if it does.
    pub(super) paused: Option<Pause>,
    pub(super) playback_ended: bool,
    /// When it was heard, as the client told.
    pub(super) placing: Placing,
    /// The same, if the client plays it as it comes.
    as_it_comes: Placing,
    stretch: Stretch,
}

/// How much of an answer there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// More may come.
    Growing,
    /// It failed: nothing more will come, though it is not all.
    Broken,
    /// It is all there.
    Whole,
}

/// What the client told of its playback.
#[derive(Debug, Clone, Copy)]
pub(super) struct Progress {
    /// How much had been audible.
    pub(super) played: Duration,
    /// When that was.
    pub(super) at: SessionTime,
    /// When a report arrived that playback had advanced.
    pub(super) advanced: SessionTime,
}

/// When playback began to stand still.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pause {
    /// On the client's clock.
    pub(super) at: ClientTime,
    /// On the session's, as the client says.
    pub(super) session_at: Option<SessionTime>,
    /// On the session's, as far as is known.
    pub(super) since: SessionTime,
}

/// Audio that plays without a gap if the client plays it as it comes.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    /// Its first sample.
    position: u64,
    began: SessionTime,
}

impl Answer {
    pub(super) fn new(now: SessionTime) -> Self {
        Self {
            text: String::new(),
            marks: Vec::new(),
            samples: 0,
            extent: Extent::Growing,
            believed: None,
            usage: None,
            last_said: now,
            first_audible: None,
            stall_is_told: false,
            playback_started: None,
            progress: None,
            paused: None,
            playback_ended: false,
            placing: Placing::default(),
            as_it_comes: Placing::default(),
            stretch: Stretch {
                position: 0,
                began: now,
            },
        }
    }

    /// Takes note of more audio, in which samples of this magnitude can be heard; answers the position of its first sample.
    pub(super) fn add_audio(&mut self, now: SessionTime, samples: &[i16], audible: u16, rate: u32) -> u64 {
        let position = self.samples;
        let due = self.end_as_it_comes(rate);
        if now > due {
            self.stretch = Stretch { position, began: now };
            let offset = length(position, rate);
            self.as_it_comes.note(offset, due);
            self.as_it_comes.note(offset, now);
        }
        if self.first_audible.is_none() {
            let first = samples.iter().position(|sample| sample.unsigned_abs() >= audible);
            self.first_audible = first.map(|first| position + first as u64);
        }
        self.samples += samples.len() as u64;
        self.stall_is_told = false;
        position
    }

    /// Takes note of how far the text is spoken by a moment of the audio. One that goes back in the text says nothing. One
    /// that goes back in the audio is right: it is the end of a piece, known from the audio itself, before which the voice
    /// said that its last words end later.
    pub(super) fn add_mark(&mut self, mark: SpeechMark) {
        let is_corrected = |last: &mut SpeechMark| last.at > mark.at && last.chars <= mark.chars;
        while self.marks.pop_if(is_corrected).is_some() {}
        let last = self.marks.last();
        if last.is_none_or(|last| last.at <= mark.at && last.chars <= mark.chars) {
            self.marks.push(mark);
        }
    }

    /// The first audio was written to the client's socket: it cannot have been played before.
    pub(super) fn first_sent(&mut self, now: SessionTime) {
        if self.stretch.position == 0 {
            self.stretch.began = self.stretch.began.max(now);
            self.as_it_comes.note(Duration::ZERO, self.stretch.began);
        }
    }

    /// Playback stood still for so long, and what there is plays later.
    pub(super) fn stood_still(&mut self, pause: Duration) {
        self.stretch.began = self.stretch.began.after(pause);
    }

    /// When what there is will have been played, if the client plays it as it comes.
    pub(super) fn end_as_it_comes(&self, rate: u32) -> SessionTime {
        self.stretch
            .began
            .after(length(self.samples - self.stretch.position, rate))
    }

    /// When it was heard: as the client told, else as it came.
    pub(super) fn placement(&self) -> Option<Placement> {
        let told = self.placing.clone().finish(Basis::Measured);
        told.or_else(|| self.as_it_comes.clone().finish(Basis::Estimated))
    }

    /// Length of the silence that it begins with; `None` while nothing of it can be heard.
    pub(super) fn leading_silence(&self, rate: u32) -> Option<Duration> {
        self.first_audible.map(|first| length(first, rate))
    }

    /// Length of the audio that there is.
    pub(super) fn duration(&self, rate: u32) -> Duration {
        length(self.samples, rate)
    }

    /// Length of the audio of the whole text. While audio is missing this is an estimate: text comes sooner than the audio
    /// that speaks it, so the audio that there is need not be all of it.
    pub(super) fn whole_duration(&self, rate: u32) -> Duration {
        let duration = self.duration(rate);
        match self.extent {
            Extent::Whole => duration,
            Extent::Growing | Extent::Broken => {
                let marked = self.marks.last();
                let (spoken, chars) = marked.map_or((Duration::ZERO, 0), |mark| (mark.at, mark.chars));
                let rest = self.text.char_indices().nth(chars);
                let rest = rest.map_or("", |(at, _)| &self.text[at..]);
                duration.max(spoken + speaking_time(rest))
            }
        }
    }
}

fn length(samples: u64, rate: u32) -> Duration {
    Duration::from_micros(samples * 1_000_000 / u64::from(rate.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::turns::Piece;

    #[test]
    fn a_gap_in_the_audio_delays_its_end() {
        let at = SessionTime::from_millis;
        let mut answer = Answer::new(at(1_000));
        assert_eq!(answer.add_audio(at(1_100), &[7; 500], 1, 1_000), 0);
        answer.first_sent(at(1_150));
        assert_eq!(answer.end_as_it_comes(1_000), at(1_650));
        assert_eq!(answer.add_audio(at(1_300), &[7; 200], 1, 1_000), 500, "in time");
        assert_eq!(answer.end_as_it_comes(1_000), at(1_850));
        assert_eq!(answer.add_audio(at(4_000), &[7; 100], 1, 1_000), 700, "late");
        assert_eq!(answer.end_as_it_comes(1_000), at(4_100));
        answer.first_sent(at(5_000));
        assert_eq!(
            answer.end_as_it_comes(1_000),
            at(4_100),
            "that was said of the beginning"
        );
        let pieces = [(0, at(1_150)), (700, at(4_000))].map(|(offset, at)| Piece {
            offset: Duration::from_millis(offset),
            at,
        });
        let placement = Placement::new(pieces.into(), Basis::Estimated).unwrap();
        assert_eq!(answer.placement(), Some(placement));
        answer.placing.note(Duration::ZERO, at(1_200));
        let told = answer.placement().unwrap();
        assert_eq!((told.pieces()[0].at, told.basis), (at(1_200), Basis::Measured));
    }

    #[test]
    fn an_answer_begins_with_its_first_audible_sample() {
        let mut answer = Answer::new(SessionTime::ZERO);
        answer.add_audio(SessionTime::ZERO, &[0, 99, -99], 100, 1_000);
        assert_eq!(answer.leading_silence(1_000), None);
        answer.add_audio(SessionTime::ZERO, &[0, -100, 0], 100, 1_000);
        answer.add_audio(SessionTime::ZERO, &[i16::MIN], 100, 1_000);
        assert_eq!(answer.leading_silence(1_000), Some(Duration::from_millis(4)));
    }

    #[test]
    fn a_piece_ends_with_its_audio_whatever_was_said_of_its_words() {
        let mut answer = Answer::new(SessionTime::ZERO);
        for (at, chars) in [
            (300, 5),
            (1_050, 10),
            (1_100, 12),
            (1_000, 12),
            (900, 3),
            (1_400, 20),
        ] {
            let at = Duration::from_millis(at);
            answer.add_mark(SpeechMark { at, chars });
        }
        let marks = answer.marks.iter().map(|mark| (mark.at.as_millis(), mark.chars));
        assert_eq!(marks.collect::<Vec<_>>(), [(300, 5), (1_000, 12), (1_400, 20)]);
    }

    #[test]
    fn text_that_ran_ahead_counts_only_while_audio_is_missing() {
        let mut answer = Answer::new(SessionTime::ZERO);
        answer.text = "a".repeat(30);
        answer.add_audio(SessionTime::ZERO, &[0; 1_000], 1, 1_000);
        assert_eq!(answer.whole_duration(1_000).as_millis(), 2_000);
        // The first half took 1.2 s.
        for (at, chars) in [(1_200, 15), (1_300, 14), (1_100, 14)] {
            let at = Duration::from_millis(at);
            answer.add_mark(SpeechMark { at, chars });
        }
        assert_eq!(answer.whole_duration(1_000).as_millis(), 2_200);
        answer.extent = Extent::Whole;
        assert_eq!(answer.whole_duration(1_000).as_millis(), 1_000);
    }
}
