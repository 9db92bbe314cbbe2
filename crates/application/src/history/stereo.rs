//! A whole conversation as one WAV file, made while it is read: the user left, the AI right, both where they were said and
//! heard.

use std::collections::VecDeque;
use std::future::ready;
use std::ops::Range;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use viva_audio::{HEADER_LEN, Resampler, SampleRate, WavHeader, pcm};
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

/// A conversation as a WAV file, of which only a moment is in memory. It can be read from anywhere.
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
        let len = self.file_len();
        self.into_part(0..len)
    }

    /// These bytes of the file, the same as they are in all of it. What lies before them is not made.
    pub fn into_part(
        mut self,
        bytes: Range<u64>,
    ) -> impl Stream<Item = Result<Bytes, HistoryError>> + Send + 'static {
        const HEADER: u64 = HEADER_LEN as u64;
        let end = bytes.end.min(self.file_len());
        let header = self.header.encode();
        let of_header = |byte: u64| usize::try_from(byte.min(HEADER)).unwrap_or(HEADER_LEN);
        let header = Bytes::copy_from_slice(
            header
                .get(of_header(bytes.start)..of_header(end))
                .unwrap_or_default(),
        );
        let (first, end) = (bytes.start.saturating_sub(HEADER), end.saturating_sub(HEADER));
        let (frame, surplus) = (first / BYTES_PER_FRAME, first % BYTES_PER_FRAME);
        self.user.skip_to(frame);
        self.ai.skip_to(frame);
        let frames = self.into_frames(end.div_ceil(BYTES_PER_FRAME).saturating_sub(frame));
        let wanted =
            stream::once(async move { Ok(header) }).chain(cut(frames, surplus, end.saturating_sub(first)));
        wanted.filter(|piece| ready(!piece.as_ref().is_ok_and(Bytes::is_empty)))
    }

    /// So many frames from where the lanes stand.
    fn into_frames(self, count: u64) -> impl Stream<Item = Result<Bytes, HistoryError>> + Send + 'static {
        stream::try_unfold(
            (self.user, self.ai, count),
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
        )
    }
}

/// The bytes after `surplus`, `len` of them.
fn cut(
    pieces: impl Stream<Item = Result<Bytes, HistoryError>> + Send + 'static,
    surplus: u64,
    len: u64,
) -> impl Stream<Item = Result<Bytes, HistoryError>> + Send + 'static {
    let within = |bytes: u64, piece: &Bytes| {
        usize::try_from(bytes).map_or(piece.len(), |bytes| bytes.min(piece.len()))
    };
    pieces.scan((surplus, len), move |(surplus, left), piece| {
        let piece = piece.map(|mut piece| {
            let too_early = piece.split_to(within(*surplus, &piece));
            *surplus -= too_early.len() as u64;
            piece.truncate(within(*left, &piece));
            *left -= piece.len() as u64;
            piece
        });
        ready(Some(piece))
    })
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

    /// How many samples of the recording need not be read when so many of the file are left out, and how many of the file
    /// are made nevertheless, to be thrown away. A resampler gives the same samples when it begins at a whole second, in which
    /// every rate has whole samples, and has read on for longer than its filter is.
    fn unread(&self, skipped: u64) -> (u64, usize) {
        if self.from == self.to {
            return (skipped, 0);
        }
        let seconds = (skipped / u64::from(self.to.hz())).saturating_sub(1);
        let surplus = skipped - seconds * u64::from(self.to.hz());
        let surplus = usize::try_from(surplus).unwrap_or(usize::MAX);
        (seconds * u64::from(self.from.hz()), surplus)
    }
}

impl Lane {
    fn new(history: &History, mut places: VecDeque<Place>) -> Self {
        let mut free_from = 0;
        for place in &mut places {
            // Where two touch, the later one waits for the earlier one, wherever the file is read from.
            place.begins = place.begins.max(free_from);
            place.ends = place.ends.max(place.begins);
            free_from = place.ends;
        }
        Self {
            history: history.clone(),
            position: 0,
            places,
            voice: None,
        }
    }

    /// Leaves out what lies before this frame.
    fn skip_to(&mut self, frame: u64) {
        let over = self.places.partition_point(|place| place.ends <= frame);
        self.places.drain(..over);
        self.position = frame;
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
            let skipped = self.position.saturating_sub(place.begins);
            self.voice = Voice::open(&self.history, place, skipped).await?;
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
    /// What comes out of the resampler before the first sample that is wanted does.
    early: usize,
    ready: VecDeque<i16>,
    is_over: bool,
}

impl Voice {
    /// Begins so many samples of the file after the place does.
    async fn open(history: &History, place: &Place, skipped: u64) -> Result<Option<Self>, HistoryError> {
        let (unread, surplus) = place.unread(skipped);
        let first = place.first_sample + unread;
        let opened = Samples::open(history, &place.recording, first, place.end_sample).await?;
        Ok(opened.map(|samples| {
            let resampler = Resampler::new(place.from, place.to);
            Self {
                samples,
                early: resampler.delay() + surplus,
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
