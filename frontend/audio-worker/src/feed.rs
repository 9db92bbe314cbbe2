use viva_audio::{Resampler, SampleRate, pcm};
use viva_protocol::ws::AudioFrame;

use crate::framer::WIRE_RATE;

/// A hole in an answer is filled with silence, so that positions stay true; of a longer one only so much.
const MAX_HOLE: u64 = 24_000;

/// What the playback worklet is given.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaybackBlock {
    /// The turn whose answer it is.
    pub turn_number: u16,
    /// Samples at the context's rate.
    pub samples: Vec<f32>,
    /// Whether nothing of this answer follows.
    pub is_last: bool,
}

/// Turns the answer's frames into blocks for the playback worklet: in order, without duplicates, resampled with one
/// state per answer. Frames of answers that were cut are dropped.
pub struct Feed {
    rate: SampleRate,
    answer: Option<Answer>,
    /// Answers of this turn and before are never played.
    dropped_to: u16,
}

struct Answer {
    turn_number: u16,
    resampler: Resampler,
    /// Samples taken, at the wire's rate.
    position: u64,
    /// Output samples that are the filter's delay and come before the answer.
    lead: usize,
}

impl Feed {
    /// For a context that runs at `rate`.
    pub fn new(rate: SampleRate) -> Self {
        Self {
            rate,
            answer: None,
            dropped_to: 0,
        }
    }

    /// Drops the answers up to this turn, now and whenever they still arrive.
    pub fn drop_to(&mut self, turn_number: u16) {
        self.dropped_to = self.dropped_to.max(turn_number);
        self.answer.take_if(|answer| answer.turn_number <= turn_number);
    }

    /// Takes a frame; `None` when it must not be played or adds nothing.
    pub fn push(&mut self, frame: &AudioFrame) -> Option<PlaybackBlock> {
        let turn_number = frame.turn_number;
        if turn_number <= self.dropped_to {
            return None;
        }
        let answer = self.answer_of(turn_number)?;
        let mut output = Vec::new();
        answer.take(frame, &mut output);
        if frame.is_last {
            answer.resampler.flush_into(&mut output);
        }
        let lead = answer.lead.min(output.len());
        output.drain(..lead);
        answer.lead -= lead;
        if output.is_empty() && !frame.is_last {
            return None;
        }
        let mut samples = Vec::with_capacity(output.len());
        pcm::extend_f32(&output, &mut samples);
        Some(PlaybackBlock {
            turn_number,
            samples,
            is_last: frame.is_last,
        })
    }

    /// The answer of a turn, begun when it is a new one; `None` for a turn before the current one.
    fn answer_of(&mut self, turn_number: u16) -> Option<&mut Answer> {
        let current = self.answer.as_ref().map_or(0, |answer| answer.turn_number);
        if turn_number < current {
            return None;
        }
        if turn_number > current {
            let resampler = Resampler::new(WIRE_RATE, self.rate);
            let lead = resampler.delay();
            self.answer = Some(Answer {
                turn_number,
                resampler,
                position: 0,
                lead,
            });
        }
        self.answer.as_mut()
    }
}

impl Answer {
    fn take(&mut self, frame: &AudioFrame, output: &mut Vec<i16>) {
        let Ok(samples) = pcm::samples_from_le_bytes(&frame.payload) else {
            return;
        };
        let known = usize::try_from(self.position.saturating_sub(frame.position)).unwrap_or(usize::MAX);
        let hole = frame.position.saturating_sub(self.position);
        if let Ok(hole) = usize::try_from(hole.min(MAX_HOLE))
            && hole > 0
        {
            self.resampler.process_into(&vec![0; hole], output);
        }
        let fresh: Vec<i16> = samples.skip(known).collect();
        self.resampler.process_into(&fresh, output);
        self.position = self.position.max(frame.position) + fresh.len() as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use viva_protocol::ws::FrameKind;

    fn frame(turn_number: u16, position: u64, samples: &[i16], is_last: bool) -> AudioFrame {
        AudioFrame {
            kind: FrameKind::Ai,
            is_last,
            turn_number,
            seq: 0,
            position,
            payload: pcm::to_le_bytes(samples).into(),
        }
    }

    fn values(block: Option<PlaybackBlock>) -> Vec<i16> {
        block
            .map(|block| {
                block
                    .samples
                    .iter()
                    .map(|sample| pcm::from_f32(*sample))
                    .collect()
            })
            .unwrap_or_default()
    }

    #[test]
    fn frames_repeated_after_a_resume_are_played_once() {
        let mut feed = Feed::new(SampleRate::HZ_24K);
        assert_eq!(values(feed.push(&frame(1, 0, &[1, 2], false))), [1, 2]);
        assert_eq!(feed.push(&frame(1, 0, &[1, 2], false)), None);
        assert_eq!(values(feed.push(&frame(1, 1, &[2, 3], false))), [3]);
    }

    #[test]
    fn a_hole_becomes_silence() {
        let mut feed = Feed::new(SampleRate::HZ_24K);
        feed.push(&frame(1, 0, &[1], false));
        assert_eq!(values(feed.push(&frame(1, 3, &[4], false))), [0, 0, 4]);
    }

    #[test]
    fn a_cut_answer_is_never_played_again() {
        let mut feed = Feed::new(SampleRate::HZ_24K);
        feed.push(&frame(2, 0, &[1], false));
        feed.drop_to(2);
        assert_eq!(feed.push(&frame(2, 1, &[2], false)), None);
        assert_eq!(feed.push(&frame(1, 0, &[2], true)), None);
        assert_eq!(values(feed.push(&frame(3, 0, &[7], false))), [7]);
    }

    #[test]
    fn an_answer_keeps_its_length_when_it_is_resampled() {
        let mut feed = Feed::new(SampleRate::HZ_48K);
        let mut played = 0;
        for index in 0..50_u64 {
            let block = feed.push(&frame(1, index * 480, &[100; 480], index == 49));
            played += block.map_or(0, |block| block.samples.len());
        }
        assert_eq!(played, 48_000);
    }

    #[test]
    fn the_last_frame_is_passed_on_even_when_it_is_empty() {
        let mut feed = Feed::new(SampleRate::HZ_24K);
        let block = feed.push(&frame(1, 0, &[], true)).unwrap();
        assert!(block.is_last && block.samples.is_empty());
    }
}
