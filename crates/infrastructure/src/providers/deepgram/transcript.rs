//! Putting together what is said from segments that are final and one that may still change.

use std::collections::VecDeque;

use crate::providers::ears::join;

/// Segments that wait for somebody to ask for them, an utterance of an hour; of more the oldest go.
const MOST_SEGMENTS: usize = 1_000;

/// What was understood and not taken yet, on the time line of a connection's audio.
#[derive(Default)]
pub(super) struct Transcript {
    segments: VecDeque<Segment>,
    interim: Option<Segment>,
}

/// What was understood of a stretch of audio. Times are in samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) text: String,
    /// Each word, with its end; empty when the vendor does not tell.
    pub(super) words: Vec<(u64, String)>,
}

impl Transcript {
    /// A segment that does not change any more; it takes the place of what could still change.
    pub(super) fn push(&mut self, segment: Segment) {
        self.interim = None;
        self.segments.push_back(segment);
        if self.segments.len() > MOST_SEGMENTS {
            self.segments.pop_front();
        }
    }

    /// What follows the final segments, as it is understood now.
    pub(super) fn set_interim(&mut self, interim: Segment) {
        self.interim = Some(interim);
    }

    /// Everything that was said since a moment.
    pub(super) fn since(&self, moment: u64) -> String {
        let mut text = String::new();
        for segment in self.segments.iter().chain(&self.interim) {
            join(&mut text, &segment.since(moment));
        }
        text
    }

    /// Everything that was said from one moment to another; what began before the second one is forgotten.
    pub(super) fn take(&mut self, from: u64, until: u64) -> String {
        let is_over = |segment: &Segment| segment.start < until;
        let (over, later) = std::mem::take(&mut self.segments).into_iter().partition(is_over);
        let over = Self {
            segments: over,
            interim: self.interim.take_if(|interim| is_over(interim)),
        };
        self.segments = later;
        over.since(from)
    }
}

impl Segment {
    /// What was said in it since a moment.
    pub(super) fn since(&self, moment: u64) -> String {
        let is_said = |end: u64| end > moment;
        let is_whole = if self.words.is_empty() {
            is_said(self.end)
        } else {
            self.words.iter().all(|(end, _)| is_said(*end))
        };
        if is_whole {
            return self.text.trim().to_owned();
        }
        let mut text = String::new();
        for (_, word) in self.words.iter().filter(|(end, _)| is_said(*end)) {
            join(&mut text, word.trim());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(start: u64, end: u64, text: &str) -> Segment {
        Segment {
            start,
            end,
            text: text.to_owned(),
            words: Vec::new(),
        }
    }

    #[test]
    fn segments_stay_and_the_interim_is_replaced() {
        let mut transcript = Transcript::default();
        transcript.set_interim(segment(0, 5, "tell"));
        assert_eq!(transcript.since(0), "tell");
        transcript.set_interim(segment(0, 10, " tell me "));
        assert_eq!(transcript.since(0), "tell me");
        transcript.push(segment(0, 10, "Tell me"));
        transcript.set_interim(segment(10, 12, "a"));
        assert_eq!(transcript.since(0), "Tell me a");
        transcript.push(segment(10, 20, " a story."));
        assert_eq!(transcript.take(0, 20), "Tell me a story.");
        assert_eq!(transcript.take(0, 20), "");
    }

    #[test]
    fn what_was_before_or_comes_later_is_left_out() {
        let mut transcript = Transcript::default();
        transcript.push(segment(0, 10, "The news."));
        transcript.push(segment(10, 20, "Tell me."));
        transcript.push(segment(20, 30, "Thanks."));
        transcript.set_interim(segment(30, 35, "And"));
        assert_eq!(transcript.take(10, 20), "Tell me.");
        assert_eq!(transcript.take(20, 31), "Thanks. And");
        assert_eq!(transcript.take(0, 99), "");
    }

    #[test]
    fn a_segment_is_cut_between_words() {
        let word = |end: u64, word: &str| (end, word.to_owned());
        let segment = Segment {
            words: vec![
                word(5, "The"),
                word(9, "news."),
                word(15, "Tell"),
                word(19, "me."),
            ],
            ..segment(0, 20, "The news. Tell me.")
        };
        assert_eq!(segment.since(0), segment.text);
        assert_eq!(segment.since(9), "Tell me.");
        assert_eq!(segment.since(19), "");
    }

    #[test]
    fn nobody_asks_for_ever_more() {
        let mut transcript = Transcript::default();
        for start in 0..2_000 {
            transcript.push(segment(start, start + 1, "x"));
        }
        assert_eq!(transcript.segments.len(), MOST_SEGMENTS);
        assert_eq!(transcript.since(1_999), "x");
    }
}
