//! A whole conversation as one WAV file, made while it is read: the user left, the AI right, both where they were said and
//! heard.

use std::collections::VecDeque;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use viva_audio::{Resampler, SampleRate, WavHeader, pcm};
use viva_domain::sessions::Stretch;
use viva_domain::turns::{Recording, Turn};

use super::samples::Samples;
use super::{History, HistoryError, SessionRecord};

const CHANNELS: u8 = 2;
const BYTES_PER_FRAME: u64 = 4;
/// The rate where nothing was recorded.
const DEFAULT_RATE: SampleRate = SampleRate::HZ_24K;
/// Frames that are made at once: 85 ms at 48 kHz, which takes less than 500 µs.
const BLOCK: u64 = 4 * 1024;

/// A conversation as a WAV file, of which only a moment is in memory.
pub struct Stereo {
    header: WavHeader,
    user: Lane,
    ai: Lane,
}

impl History {
    /// A session as a WAV file with two channels.
    pub fn stereo(&self, record: &SessionRecord) -> Stereo {
        let seconds = record.time_line.length().as_secs_f64();
        let rate = rate_for(&record.turns, seconds);
        let frames = rate.samples_in(record.time_line.length());
        let lane = |stretches: &[Stretch], recording: fn(&Turn) -> Option<&Recording>| {
            let places = stretches.iter().filter_map(|stretch| {
                let recording = recording(record.turns.get(stretch.turn)?)?;
                Place::new(stretch, recording, rate)
            });
            Lane::new(self, places.collect())
        };
        Stereo {
            header: WavHeader::new(rate, CHANNELS).with_data_len(frames.saturating_mul(BYTES_PER_FRAME)),
            user: lane(&record.time_line.user, |turn| turn.user_audio.as_ref()),
            ai: lane(&record.time_line.ai, |turn| turn.ai_audio.as_ref()),
        }
    }
}

/// The highest rate of the recordings, or the highest one below it at which so long a conversation fits into a WAV file.
fn rate_for(turns: &[Turn], seconds: f64) -> SampleRate {
    let recordings = turns.iter().flat_map(|turn| [&turn.user_audio, &turn.ai_audio]);
    let rates = recordings
        .flatten()
        .filter_map(|recording| SampleRate::new(recording.sample_rate).ok());
    let highest = rates.max().unwrap_or(DEFAULT_RATE);
    let fits = |rate: &SampleRate| {
        seconds * f64::from(rate.hz()) * BYTES_PER_FRAME as f64 <= f64::from(u32::MAX) - 1_000.0
    };
    let mut rates = SampleRate::ALL.into_iter().rev().filter(|rate| *rate <= highest);
    rates.find(fits).unwrap_or(SampleRate::HZ_8K)
}

impl Stereo {
    /// Its length in bytes.
    pub fn file_len(&self) -> u64 {
        self.header.file_len()
    }

    /// The file, made as it is taken. Who drops it stops the work.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, HistoryError>> + Send + 'static {
        let header = Bytes::copy_from_slice(&self.header.encode());
        let left = u64::from(self.header.data_len()) / BYTES_PER_FRAME;
        let frames = stream::try_unfold(
            (self.user, self.ai, left),
            |(mut user, mut ai, left)| async move {
                if left == 0 {
                    return Ok(None);
                }
                // Silence is made without ever waiting for anything.
                tokio::task::yield_now().await;
                let count = left.min(BLOCK);
                let block = interleaved(&user.take(count).await?, &ai.take(count).await?);
                Ok(Some((block, (user, ai, left - count))))
            },
        );
        stream::iter([Ok(header)]).chain(frames)
    }
}

fn interleaved(left: &[i16], right: &[i16]) -> Bytes {
    let mut bytes = Vec::with_capacity(left.len() * 4);
    for (left, right) in left.iter().zip(right) {
        pcm::write_le_bytes(&[*left, *right], &mut bytes);
    }
    bytes.into()
}

/// One channel.
struct Lane {
    history: History,
    /// How many frames were taken.
    position: u64,
    places: VecDeque<Place>,
    /// What is sounding.
    voice: Option<Voice>,
}

/// A part of a recording, and the frames that it has to itself.
struct Place {
    recording: Recording,
    from: SampleRate,
    to: SampleRate,
    first_sample: u64,
    end_sample: u64,
    begins: u64,
    ends: u64,
}

impl Place {
    /// `None` of a recording whose rate makes no sense.
    fn new(stretch: &Stretch, recording: &Recording, to: SampleRate) -> Option<Self> {
        let from = SampleRate::new(recording.sample_rate).ok()?;
        Some(Self {
            recording: recording.bare(),
            from,
            to,
            first_sample: from.samples_in(stretch.offset),
            end_sample: from.samples_in(stretch.offset + stretch.length),
            begins: to.samples_in(stretch.at.elapsed()),
            ends: to.samples_in(stretch.end().elapsed()),
        })
    }
}

impl Lane {
    fn new(history: &History, places: VecDeque<Place>) -> Self {
        Self {
            history: history.clone(),
            position: 0,
            places,
            voice: None,
        }
    }

    /// The next so many samples: silence where nothing lies.
    async fn take(&mut self, count: u64) -> Result<Vec<i16>, HistoryError> {
        let end = self.position + count;
        let mut taken = Vec::with_capacity(usize::try_from(count).unwrap_or_default());
        while self.position < end {
            let silent_until = match self.places.front() {
                Some(place) if place.begins <= self.position => {
                    self.position += self.sound(end, &mut taken).await?;
                    continue;
                }
                Some(place) => place.begins.min(end),
                None => end,
            };
            let silence = usize::try_from(silent_until - self.position).unwrap_or_default();
            taken.resize(taken.len() + silence, 0);
            self.position = silent_until;
        }
        Ok(taken)
    }

    /// Takes samples of the first place, up to this frame, and answers how many. The place is left when it is over, or when
    /// there is no more of it.
    async fn sound(&mut self, end: u64, taken: &mut Vec<i16>) -> Result<u64, HistoryError> {
        let Some(place) = self.places.front() else {
            return Ok(0);
        };
        let until = place.ends.min(end);
        let is_last = until == place.ends;
        let wanted = until.saturating_sub(self.position);
        if self.voice.is_none() && wanted > 0 {
            self.voice = Voice::open(&self.history, place).await?;
        }
        let sounded = match &mut self.voice {
            Some(voice) => voice.take(wanted, taken).await?,
            None => 0,
        };
        if sounded < wanted || is_last {
            self.voice = None;
            self.places.pop_front();
        }
        Ok(sounded)
    }
}

/// A part of a recording at the rate of the file.
struct Voice {
    samples: Samples,
    resampler: Resampler,
    /// What comes out of the resampler before the first sample does.
    early: usize,
    ready: VecDeque<i16>,
    is_over: bool,
}

impl Voice {
    async fn open(history: &History, place: &Place) -> Result<Option<Self>, HistoryError> {
        let opened = Samples::open(history, &place.recording, place.first_sample, place.end_sample).await?;
        Ok(opened.map(|samples| {
            let resampler = Resampler::new(place.from, place.to);
            Self {
                samples,
                early: resampler.delay(),
                resampler,
                ready: VecDeque::new(),
                is_over: false,
            }
        }))
    }

    /// Takes so many samples, or fewer at its end, and answers how many.
    async fn take(&mut self, count: u64, taken: &mut Vec<i16>) -> Result<u64, HistoryError> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        while self.ready.len() < count && !self.is_over {
            self.read_on().await?;
        }
        let count = count.min(self.ready.len());
        taken.extend(self.ready.drain(..count));
        Ok(count as u64)
    }

    async fn read_on(&mut self) -> Result<(), HistoryError> {
        let samples = self.samples.next().await?;
        let mut resampled = Vec::new();
        if samples.is_empty() {
            self.resampler.flush_into(&mut resampled);
            self.is_over = true;
        } else {
            self.resampler.process_into(&samples, &mut resampled);
        }
        let early = self.early.min(resampled.len());
        self.early -= early;
        self.ready.extend(&resampled[early..]);
        Ok(())
    }
}
