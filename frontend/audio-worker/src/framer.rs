use std::collections::VecDeque;

use viva_audio::{Level, Resampler, SampleRate};

/// What the server is sent.
pub const WIRE_RATE: SampleRate = SampleRate::HZ_24K;
/// Length of a frame in ms.
pub const FRAME_MS: u16 = 20;
/// Samples per frame on the wire.
pub const FRAME_LEN: usize = 480;

/// 20 ms of the user's audio.
#[derive(Debug, Clone, PartialEq)]
pub struct CapturedFrame {
    /// PCM16 at [`WIRE_RATE`].
    pub samples: Vec<i16>,
    /// The context's time at which its first sample was delivered, in seconds.
    pub context_s: f64,
    /// How loud it is.
    pub level: Level,
}

/// Cuts what the microphone delivers, at any supported rate, into frames for the wire.
///
/// Time comes from counted samples and the number of the context's first frame, never from when a message arrived.
pub struct Framer {
    resampler: Resampler,
    input_hz: f64,
    /// Input samples taken.
    taken: u64,
    /// The context's frame number minus the input sample's number, and the input sample from which it holds.
    anchors: VecDeque<(u64, i64)>,
    /// Output samples given out in frames.
    given: u64,
    pending: Vec<i16>,
    /// What the last push added.
    fresh: Vec<i16>,
}

impl Framer {
    /// For a context that runs at `rate`.
    pub fn new(rate: SampleRate) -> Self {
        Self {
            resampler: Resampler::new(rate, WIRE_RATE),
            input_hz: f64::from(rate.hz()),
            taken: 0,
            anchors: VecDeque::new(),
            given: 0,
            pending: Vec::with_capacity(2 * FRAME_LEN),
            fresh: Vec::new(),
        }
    }

    /// Takes a block whose first sample has the context's frame number `first_frame`, and appends the frames that it
    /// completes. A gap in the numbers (the browser was late) moves the time of what follows, nothing is padded.
    pub fn push(&mut self, first_frame: i64, block: &[f32], frames: &mut Vec<CapturedFrame>) {
        let offset = first_frame - signed(self.taken);
        if self.anchors.back().is_none_or(|(_, known)| *known != offset) {
            self.anchors.push_back((self.taken, offset));
        }
        self.taken += block.len() as u64;
        self.fresh.clear();
        self.resampler.process_f32_into(block, &mut self.fresh);
        self.pending.extend_from_slice(&self.fresh);
        while self.pending.len() >= FRAME_LEN {
            let samples: Vec<i16> = self.pending.drain(..FRAME_LEN).collect();
            let context_s = self.context_s_of(self.given);
            self.given += FRAME_LEN as u64;
            frames.push(CapturedFrame {
                level: Level::of(&samples),
                samples,
                context_s,
            });
        }
    }

    /// What the last push added, at [`WIRE_RATE`]: whoever waits for a whole frame hears it up to 20 ms later.
    pub fn fresh(&self) -> &[i16] {
        &self.fresh
    }

    /// The context's time of an output sample.
    #[expect(
        clippy::cast_precision_loss,
        reason = "sample numbers stay below 2^53 for thousands of years"
    )]
    fn context_s_of(&mut self, output: u64) -> f64 {
        let delayed = output as f64 - self.resampler.delay() as f64;
        let input = delayed * self.input_hz / f64::from(WIRE_RATE.hz());
        while self.anchors.get(1).is_some_and(|(from, _)| *from as f64 <= input) {
            self.anchors.pop_front();
        }
        let offset = self.anchors.front().map_or(0, |(_, offset)| *offset);
        (input + offset as f64) / self.input_hz
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames_of(rate: SampleRate, first: i64, samples: usize) -> Vec<CapturedFrame> {
        let mut framer = Framer::new(rate);
        let mut captured = Vec::new();
        let signal = vec![0.25_f32; samples];
        for (index, block) in signal.chunks(256).enumerate() {
            framer.push(first + i64::try_from(index * 256).unwrap(), block, &mut captured);
        }
        captured
    }

    #[test]
    fn a_second_makes_fifty_frames_of_twenty_milliseconds_at_any_rate() {
        for rate in SampleRate::ALL {
            let captured = frames_of(rate, 0, rate.hz() as usize);
            assert!((49..=50).contains(&captured.len()), "{rate}: {}", captured.len());
            assert!(captured.iter().all(|frame| frame.samples.len() == FRAME_LEN));
            assert!(
                (captured[10].level.rms_dbfs + 12.04).abs() < 0.1,
                "{rate}: {:?}",
                captured[10].level
            );
        }
    }

    #[test]
    fn frames_are_twenty_milliseconds_apart_on_the_context_s_clock() {
        let captured = frames_of(SampleRate::HZ_44K1, 44_100, 44_100);
        for (index, frame) in captured.iter().enumerate() {
            let expected = captured[0].context_s + 0.02 * f64::from(u32::try_from(index).unwrap());
            assert!((frame.context_s - expected).abs() < 1e-9);
        }
        // The first output sample sounds as long before the first input sample as the filter delays.
        let delay_s =
            f64::from(u32::try_from(Resampler::new(SampleRate::HZ_44K1, WIRE_RATE).delay()).unwrap())
                / 24_000.0;
        assert!((captured[0].context_s - (1.0 - delay_s)).abs() < 1e-9);
    }

    #[test]
    fn a_gap_moves_the_time_of_what_follows_only() {
        let mut framer = Framer::new(SampleRate::HZ_24K);
        let mut captured = Vec::new();
        framer.push(0, &[0.0; 480], &mut captured);
        framer.push(480 + 2_400, &[0.0; 480], &mut captured);
        let times: Vec<f64> = captured.iter().map(|frame| frame.context_s).collect();
        assert_eq!(times, [0.0, 0.12]);
    }

    #[test]
    fn the_time_does_not_drift_over_ten_minutes() {
        let mut framer = Framer::new(SampleRate::HZ_48K);
        let block = vec![0.0; 48_000];
        let mut last = 0.0;
        for second in 0..600 {
            let mut captured = Vec::new();
            framer.push(second * 48_000, &block, &mut captured);
            last = captured.last().unwrap().context_s;
        }
        let delay_s =
            f64::from(u32::try_from(Resampler::new(SampleRate::HZ_48K, WIRE_RATE).delay()).unwrap())
                / 24_000.0;
        let frames_late = ((600.0 - 0.02 - delay_s - last) / 0.02).round();
        assert!(
            (last + 0.02 * frames_late + delay_s + 0.02 - 600.0).abs() < 1e-6,
            "{last}"
        );
        assert!((0.0..=1.0).contains(&frames_late));
    }
}
