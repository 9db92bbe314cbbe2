//! What is sent of user audio to vendors that are sent speech only.

use std::time::Duration;

use viva_domain::ports::RUN_UP;

use super::Utterance;

/// Nothing while nobody speaks, then everything from the run-up on.
pub(in crate::providers) struct SpeechOnly {
    rate: u32,
    /// What comes before speech, in case it begins.
    run_up: Utterance,
    /// Samples of the utterance that were sent.
    sent: usize,
}

impl SpeechOnly {
    pub(in crate::providers) fn new(rate: u32) -> Self {
        Self {
            rate,
            run_up: Utterance::new(rate, RUN_UP),
            sent: 0,
        }
    }

    /// What to send of user audio.
    pub(in crate::providers) fn hear<'a>(&mut self, samples: &'a [i16]) -> &'a [i16] {
        if self.has_begun() {
            self.sent += samples.len();
            return samples;
        }
        self.run_up.push(samples);
        &[]
    }

    /// Speech began so long ago: what to send of what was heard before.
    pub(in crate::providers) fn begin(&mut self, ago: Duration) -> Vec<i16> {
        if self.has_begun() {
            return Vec::new();
        }
        self.run_up.begin(ago);
        let samples = self.run_up.drain();
        self.sent += samples.len();
        samples
    }

    /// The utterance is over: how many samples of it were sent.
    pub(in crate::providers) fn end(&mut self) -> usize {
        self.run_up.finish();
        std::mem::take(&mut self.sent)
    }

    /// The connection is gone. What nobody was told yet is not lost with it.
    pub(in crate::providers) fn forget(&mut self) {
        if self.has_begun() {
            *self = Self::new(self.rate);
        }
    }

    pub(in crate::providers) fn has_begun(&self) -> bool {
        self.run_up.has_begun()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_speech_and_its_run_up_are_sent() {
        let mut speech = SpeechOnly::new(1_000);
        assert!(speech.hear(&[0; 900]).is_empty());
        assert_eq!(speech.begin(Duration::from_millis(100)).len(), 400);
        assert!(speech.begin(Duration::ZERO).is_empty());
        assert_eq!(speech.hear(&[1; 50]).len(), 50);
        assert_eq!(speech.end(), 450);
        assert!(speech.hear(&[0; 50]).is_empty());
        assert_eq!(speech.end(), 0);
    }

    #[test]
    fn what_nobody_was_told_outlives_the_connection() {
        let mut speech = SpeechOnly::new(1_000);
        speech.hear(&[0; 200]);
        speech.forget();
        assert_eq!(speech.begin(Duration::ZERO).len(), 200);
        speech.forget();
        assert!(speech.begin(Duration::ZERO).is_empty());
        assert_eq!(speech.end(), 0);
    }
}
