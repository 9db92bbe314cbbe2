//! Streaming sample-rate conversion. The only file that imports `rubato`.
//!
//! All supported rates relate by small fractions, so the filter is an exact polyphase one: rubato's sinc
//! interpolator with as many phases as the ratio needs and the nearest phase taken, which is then always the
//! right one. Compared with rubato's FFT resampler this costs about the same here, delays less (2 ms at 16 kHz)
//! and keeps the FFT code out of the wasm bundle.

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{
    Async, FixedAsync, Indexing, Resampler as _, SincInterpolationParameters, SincInterpolationType,
    WindowFunction, calculate_cutoff,
};

use crate::SampleRate;
use crate::pcm;

/// Filter length in samples of the slower side.
///
/// With a Blackman window: flat to 0.9 of the lower Nyquist frequency, images and aliases 75 dB down, which is
/// transparent for speech in 16 bits.
const FILTER_LEN: u32 = 64;

/// Blocks per second that the stream is cut into, unless the ratio demands longer ones.
///
/// 5 ms divide the usual 10 and 20 ms frames, so these never wait for the next frame.
const BLOCKS_PER_SECOND: u32 = 200;

/// Converts a mono stream from one rate to another, keeping its state between calls.
///
/// - Chunking never matters: the same samples in other portions give the same output, bit for bit.
/// - Output sample `n` sounds when input sample `(n − delay()) · from / to` did.
/// - After [`Resampler::flush_into`], `⌈n · to / from⌉ + delay()` samples came out for `n` samples in.
/// - Output of at most one block (5 ms; 10 ms between 44.1 kHz and 8 or 16 kHz) waits for more input.
///
/// Equal rates pass through untouched, without delay or waiting.
pub struct Resampler {
    from: SampleRate,
    to: SampleRate,
    engine: Option<Engine>,
}

/// Resamples a whole clip: `⌈n · to / from⌉` samples, aligned with the input (the delay is cut off).
pub fn resample(input: &[i16], from: SampleRate, to: SampleRate) -> Vec<i16> {
    let mut resampler = Resampler::new(from, to);
    let mut output = Vec::new();
    resampler.process_into(input, &mut output);
    resampler.flush_into(&mut output);
    output.drain(..resampler.delay());
    output
}

impl Resampler {
    /// Prepares a converter; equal rates are allowed.
    pub fn new(from: SampleRate, to: SampleRate) -> Self {
        let engine = (from != to).then(|| Engine::new(from.hz(), to.hz()));
        Self { from, to, engine }
    }

    /// The rate of the input.
    pub fn from(&self) -> SampleRate {
        self.from
    }

    /// The rate of the output.
    pub fn to(&self) -> SampleRate {
        self.to
    }

    /// How many output samples the output lags behind the input, rounded to the nearest.
    pub fn delay(&self) -> usize {
        self.engine.as_ref().map_or(0, |engine| engine.delay)
    }

    /// Converts `input` and appends what is ready to `out`.
    pub fn process_into(&mut self, input: &[i16], out: &mut Vec<i16>) {
        match &mut self.engine {
            None => out.extend_from_slice(input),
            Some(engine) => engine.process(input.iter().map(|sample| pcm::to_f32(*sample)), out),
        }
    }

    /// Converts floats in [−1, 1], as Web Audio delivers them, and appends what is ready to `out`, clipped.
    pub fn process_f32_into(&mut self, input: &[f32], out: &mut Vec<i16>) {
        match &mut self.engine {
            None => pcm::extend_i16(input, out),
            Some(engine) => engine.process(input.iter().copied(), out),
        }
    }

    /// Ends the stream: appends everything that is still inside and starts over for a new stream.
    pub fn flush_into(&mut self, out: &mut Vec<i16>) {
        if let Some(engine) = &mut self.engine {
            engine.flush(out);
        }
    }

    /// Forgets the stream without any output.
    pub fn reset(&mut self) {
        if let Some(engine) = &mut self.engine {
            engine.reset();
        }
    }
}

impl std::fmt::Debug for Resampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resampler")
            .field("from", &self.from)
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}

/// The converter between two different rates; its buffers are allocated once.
struct Engine {
    filter: Async<f32>,
    /// Output rate over input rate in lowest terms.
    ratio: (u64, u64),
    delay: usize,
    /// Input that does not fill a block yet.
    pending: Vec<f32>,
    block_len: usize,
    converted: Vec<f32>,
    consumed: u64,
    produced: u64,
}

impl Engine {
    fn new(from: u32, to: u32) -> Self {
        let divisor = gcd(from, to);
        let (phases, step) = (to / divisor, from / divisor);
        // A whole number of steps per block keeps every block alike.
        let block_len = (from / BLOCKS_PER_SECOND / step).max(1) * step;
        let filter_len = if from > to {
            (FILTER_LEN * from).div_ceil(to)
        } else {
            FILTER_LEN
        }
        .next_multiple_of(8);
        let parameters = SincInterpolationParameters {
            sinc_len: filter_len as usize,
            f_cutoff: Some(calculate_cutoff(FILTER_LEN as usize, WindowFunction::Blackman)),
            oversampling_factor: phases as usize,
            interpolation: SincInterpolationType::Nearest,
            window: WindowFunction::Blackman,
        };
        let ratio = f64::from(to) / f64::from(from);
        let filter = Async::new_sinc(ratio, 1.0, &parameters, block_len as usize, 1, FixedAsync::Input)
            .expect("the ratio and the block length are positive");
        let converted = vec![0.0; filter.output_frames_max()];
        Self {
            filter,
            ratio: (u64::from(phases), u64::from(step)),
            delay: ((filter_len * to + from) / (2 * from)) as usize,
            pending: Vec::with_capacity(block_len as usize),
            block_len: block_len as usize,
            converted,
            consumed: 0,
            produced: 0,
        }
    }

    fn process(&mut self, input: impl ExactSizeIterator<Item = f32>, out: &mut Vec<i16>) {
        self.consumed += input.len() as u64;
        for sample in input {
            self.pending.push(sample);
            if self.pending.len() == self.block_len {
                self.convert_block(out);
            }
        }
    }

    fn flush(&mut self, out: &mut Vec<i16>) {
        let (phases, step) = self.ratio;
        let total = (self.consumed * phases).div_ceil(step) + self.delay as u64;
        while self.produced < total {
            self.pending.resize(self.block_len, 0.0);
            self.convert_block(out);
        }
        let surplus = usize::try_from(self.produced - total).unwrap_or(usize::MAX);
        out.truncate(out.len().saturating_sub(surplus));
        self.reset();
    }

    fn reset(&mut self) {
        self.filter.reset();
        self.pending.clear();
        self.consumed = 0;
        self.produced = 0;
    }

    fn convert_block(&mut self, out: &mut Vec<i16>) {
        let capacity = self.converted.len();
        let input = SequentialSlice::new(&self.pending, 1, self.block_len).expect("the block is full");
        let mut output = SequentialSlice::new_mut(&mut self.converted, 1, capacity)
            .expect("the buffer has its own length");
        let (_, produced) = self
            .filter
            .process_into_buffer(&input, &mut output, None::<&Indexing>)
            .expect("the buffers have the sizes that the filter asked for");
        pcm::extend_i16(&self.converted[..produced], out);
        self.pending.clear();
        self.produced += produced as u64;
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}
