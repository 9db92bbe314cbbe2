use std::future::pending;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// How a scripted voice says a text: a tone, in pieces, on tokio's clock.
///
/// ```
/// # use std::time::Duration;
/// # use viva_fakes::Speech;
/// let speech = Speech::of(Duration::from_millis(800))
///     .after(Duration::from_millis(120))
///     .hangs_after(Duration::from_millis(400));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Speech {
    pub(crate) accepted_after: Duration,
    length: Duration,
    delay: Duration,
    at_speaking_speed: bool,
    flat: Option<i16>,
    fault: Option<(Duration, Fault)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Cut,
    Hang,
}

/// Something that is being said, in units of samples or bytes. It is made as it is said: who hangs up on an hour of it is
/// noticed at once.
#[derive(Debug)]
pub(crate) struct Saying<T> {
    /// What is said again and again.
    wave: Vec<T>,
    /// Units of all that is said.
    length: usize,
    position: usize,
    /// Units of a piece.
    piece: usize,
    /// Units of a second.
    rate: usize,
    fault: Option<(usize, Fault)>,
    is_paced: bool,
    first_due: Instant,
    began: Option<Instant>,
}

/// What comes next.
#[derive(Debug, PartialEq)]
pub(crate) enum Said<T> {
    Piece(Vec<T>),
    Over,
    /// The connection breaks off.
    Cut,
}

impl Speech {
    /// A tone of this length, at once.
    pub const fn of(length: Duration) -> Self {
        Self {
            accepted_after: Duration::ZERO,
            length,
            delay: Duration::ZERO,
            at_speaking_speed: false,
            flat: None,
            fault: None,
        }
    }

    /// As long as somebody would need to say the text: 60 ms per character.
    pub fn saying(text: &str) -> Self {
        let chars = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        Self::of(Duration::from_millis(60).saturating_mul(chars))
    }

    /// Time from the request to the first byte of audio; the request itself is accepted at once.
    pub const fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Time from the request until it is accepted, which holds the audio back too.
    pub const fn accepted_after(mut self, delay: Duration) -> Self {
        self.accepted_after = delay;
        self
    }

    /// Sends no faster than somebody speaks.
    pub const fn at_speaking_speed(mut self) -> Self {
        self.at_speaking_speed = true;
        self
    }

    /// No tone: every sample is this one, which tells it from all others.
    pub const fn flat(mut self, sample: i16) -> Self {
        self.flat = Some(sample);
        self
    }

    /// Says nothing any more after this much audio, and never ends.
    pub const fn hangs_after(mut self, audio: Duration) -> Self {
        self.fault = Some((audio, Fault::Hang));
        self
    }

    /// Breaks off after this much audio.
    pub const fn breaks_off_after(mut self, audio: Duration) -> Self {
        self.fault = Some((audio, Fault::Cut));
        self
    }

    /// How long it is.
    pub(crate) const fn length(&self) -> Duration {
        self.length
    }

    /// Its audio, PCM16 mono: a triangle wave of about 220 Hz in which no sample is silent.
    pub fn samples(&self, rate: u32) -> Vec<i16> {
        let count = units(self.length, rate as usize);
        self.wave(rate).into_iter().cycle().take(count).collect()
    }

    /// Says it in samples; asked for at that time.
    pub(crate) fn say(&self, rate: u32, piece: usize, asked: Instant) -> Saying<i16> {
        self.begin(self.wave(rate), rate, 1, piece, asked)
    }

    /// Says it in bytes, little-endian; asked for at that time.
    pub(crate) fn say_bytes(&self, rate: u32, piece: usize, asked: Instant) -> Saying<u8> {
        let wave = self.wave(rate);
        let bytes = wave.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        self.begin(bytes, rate, 2, piece, asked)
    }

    /// What is said again and again.
    fn wave(&self, rate: u32) -> Vec<i16> {
        self.flat.map_or_else(|| wave(rate), |sample| vec![sample])
    }

    /// `width` is how many units a sample has.
    fn begin<T>(&self, wave: Vec<T>, rate: u32, width: usize, piece: usize, asked: Instant) -> Saying<T> {
        let length = units(self.length, rate as usize) * width;
        let rate = rate as usize * width;
        Saying {
            wave,
            length,
            position: 0,
            piece: piece.max(1),
            rate,
            fault: self.fault.map(|(audio, fault)| (units(audio, rate), fault)),
            is_paced: self.at_speaking_speed,
            first_due: asked + self.delay,
            began: None,
        }
    }
}

impl<T: Clone> Saying<T> {
    /// What comes next, when it is due.
    pub(crate) async fn next(&mut self) -> Said<T> {
        let began = if let Some(began) = self.began {
            began
        } else {
            until(self.first_due).await;
            *self.began.insert(Instant::now())
        };
        if self.is_paced {
            until(began + Duration::from_secs_f64(self.position as f64 / self.rate as f64)).await;
        }
        let mut end = self.length.min(self.position + self.piece);
        if let Some((at, fault)) = self.fault {
            if at <= self.position {
                return match fault {
                    Fault::Cut => Said::Cut,
                    Fault::Hang => pending().await,
                };
            }
            end = end.min(at);
        }
        if self.position == self.length {
            return Said::Over;
        }
        let on = self.wave.iter().cycle().skip(self.position % self.wave.len());
        let piece = on.take(end - self.position).cloned().collect();
        self.position = end;
        Said::Piece(piece)
    }
}

/// A triangle wave of about 220 Hz, once.
fn wave(rate: u32) -> Vec<i16> {
    let period = i32::try_from(rate / 220).unwrap_or(i32::MAX).max(2);
    let sample = |at: i32| {
        let height = (at * 2 - period).abs() * 12_000 / period - 6_000;
        i16::try_from(height).unwrap_or(i16::MAX) | 1
    };
    (0..period).map(sample).collect()
}

/// How many units so much audio has.
fn units(audio: Duration, rate: usize) -> usize {
    usize::try_from(audio.as_micros() * rate as u128 / 1_000_000).unwrap_or(usize::MAX)
}

async fn until(moment: Instant) {
    if moment > Instant::now() {
        sleep_until(moment).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    async fn said(speech: Speech) -> (Vec<Duration>, Vec<i16>, Said<i16>) {
        let asked = Instant::now();
        let mut saying = speech.say(24_000, 480, asked);
        let (mut times, mut samples) = (Vec::new(), Vec::new());
        loop {
            match saying.next().await {
                Said::Piece(piece) => {
                    times.push(asked.elapsed());
                    samples.extend(piece);
                }
                end => return (times, samples, end),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_tone_has_its_length_and_no_silence() {
        let speech = Speech::of(ms(50)).after(ms(120));
        let (times, samples, end) = said(speech).await;
        assert_eq!((times, end), (vec![ms(120); 3], Said::Over));
        assert_eq!(samples.len(), 1_200);
        assert!(samples.iter().all(|sample| *sample != 0));
        assert!(samples.iter().any(|sample| *sample > 5_000));
        assert_eq!(Speech::saying("four").samples(24_000).len(), 4 * 60 * 24);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_flat_is_one_sample_again_and_again() {
        let (_, samples, _) = said(Speech::of(ms(50)).flat(-7)).await;
        assert_eq!(samples, [-7; 1_200]);
    }

    #[tokio::test(start_paused = true)]
    async fn at_speaking_speed_pieces_come_in_their_time() {
        let (times, ..) = said(Speech::of(ms(60)).after(ms(10)).at_speaking_speed()).await;
        assert_eq!(times, [ms(10), ms(30), ms(50)]);
    }

    #[tokio::test(start_paused = true)]
    async fn it_breaks_off_or_hangs_where_it_shall() {
        let (_, samples, end) = said(Speech::of(ms(60)).breaks_off_after(ms(30))).await;
        assert_eq!((samples.len(), end), (720, Said::Cut));
        let hangs = tokio::time::timeout(ms(10_000), said(Speech::of(ms(60)).hangs_after(ms(0)))).await;
        assert!(hangs.is_err());
    }
}
