//! A WAV file while it arrives. Servers that write one as they speak do not know how long it gets.

use viva_audio::{Resampler, SampleRate};

use super::pcm;

/// No header is longer.
const MAX_HEADER: usize = 64 << 10;
/// Lengths from here on are none: who does not know them yet writes the greatest number, or one near it.
const UNKNOWN_LENGTH: u32 = 0x7fff_0000;

/// Takes the bytes of a file of PCM16 mono apart, at the rate that is wanted.
#[derive(Debug)]
pub struct Decoder {
    to: SampleRate,
    /// Whether what does not begin as a file is PCM at that rate, without a header.
    or_pcm: bool,
    header: Vec<u8>,
    samples: Option<Samples>,
}

/// What follows the header.
#[derive(Debug)]
struct Samples {
    decoder: pcm::Decoder,
    /// Bytes that are still to come; others follow after them.
    left: u64,
    resampler: Resampler,
    /// Samples that only the filter of the resampler made.
    delay: usize,
    has_any: bool,
}

/// Where the samples begin, and what they are.
struct Header {
    at: usize,
    rate: u32,
    length: Option<u32>,
}

impl Decoder {
    /// A file, and nothing else.
    pub fn new(to: SampleRate) -> Self {
        Self {
            to,
            or_pcm: false,
            header: Vec::new(),
            samples: None,
        }
    }

    /// A file, or PCM at the rate that is wanted.
    pub fn or_pcm(to: SampleRate) -> Self {
        Self {
            or_pcm: true,
            ..Self::new(to)
        }
    }

    /// The samples that are complete by now.
    ///
    /// # Errors
    /// What is wrong, for people.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<i16>, String> {
        if let Some(samples) = &mut self.samples {
            return Ok(samples.push(bytes));
        }
        self.header.extend_from_slice(bytes);
        let Some(Header { at, rate, length }) = self.read_header()? else {
            return Ok(Vec::new());
        };
        let rate = rate_of(rate).ok_or_else(|| format!("it sent a WAV file at {rate} Hz"))?;
        let samples = self.samples.insert(Samples::new(rate, self.to, length));
        let first = samples.push(&self.header[at..]);
        self.header = Vec::new();
        Ok(first)
    }

    /// The samples that are left when nothing more comes.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn finish(self) -> Result<Vec<i16>, String> {
        match self.samples {
            Some(samples) => Ok(samples.finish()),
            // Nothing at all is what some say of a text without a word.
            None if self.header.is_empty() => Ok(Vec::new()),
            None => Err(not_wav()),
        }
    }

    fn read_header(&self) -> Result<Option<Header>, String> {
        let bytes = self.header.as_slice();
        let begins_as_file = bytes.iter().zip(b"RIFF").all(|(byte, letter)| byte == letter);
        if !begins_as_file && self.or_pcm {
            return Ok(Some(Header {
                at: 0,
                rate: self.to.hz(),
                length: None,
            }));
        }
        let names_wave = bytes
            .iter()
            .skip(8)
            .zip(b"WAVE")
            .all(|(byte, letter)| byte == letter);
        if !begins_as_file || !names_wave {
            return Err(not_wav());
        }
        let (mut at, mut rate) = (12, None);
        while at <= MAX_HEADER
            && let Some((name, length)) = chunk(bytes, at)
        {
            at += 8;
            if name == b"data" {
                let known = (1..UNKNOWN_LENGTH).contains(&length).then_some(length);
                let rate = rate.ok_or_else(not_wav)?;
                return Ok(Some(Header {
                    at,
                    rate,
                    length: known,
                }));
            }
            if name == b"fmt " {
                let Some(format) = bytes.get(at..at + 16) else {
                    break;
                };
                rate = Some(read_format(format)?);
            }
            // Chunks begin at even places.
            at = at
                .saturating_add(length as usize)
                .saturating_add(length as usize % 2);
        }
        // All of a file may be here at once; its header is not.
        if at.max(bytes.len()) > MAX_HEADER {
            return Err(not_wav());
        }
        Ok(None)
    }
}

impl Samples {
    fn new(from: SampleRate, to: SampleRate, length: Option<u32>) -> Self {
        let resampler = Resampler::new(from, to);
        Self {
            decoder: pcm::Decoder::default(),
            left: length.map_or(u64::MAX, u64::from),
            delay: resampler.delay(),
            resampler,
            has_any: false,
        }
    }

    fn push(&mut self, bytes: &[u8]) -> Vec<i16> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let bytes = &bytes[..bytes.len().min(most)];
        self.left -= bytes.len() as u64;
        let samples = self.decoder.push(bytes);
        self.has_any |= !samples.is_empty();
        if self.resampler.from() == self.resampler.to() {
            return samples;
        }
        let mut resampled = Vec::new();
        self.resampler.process_into(&samples, &mut resampled);
        self.without_delay(resampled)
    }

    fn finish(mut self) -> Vec<i16> {
        let mut rest = Vec::new();
        if self.has_any {
            self.resampler.flush_into(&mut rest);
        }
        self.without_delay(rest)
    }

    fn without_delay(&mut self, mut samples: Vec<i16>) -> Vec<i16> {
        let cut = self.delay.min(samples.len());
        self.delay -= cut;
        samples.drain(..cut);
        samples
    }
}

/// Name and length of the chunk that begins there; `None` while not all of that is known.
fn chunk(bytes: &[u8], at: usize) -> Option<(&[u8], u32)> {
    let head = bytes.get(at..)?.first_chunk::<8>()?;
    let [.., a, b, c, d] = *head;
    Some((bytes.get(at..at + 4)?, u32::from_le_bytes([a, b, c, d])))
}

/// The rate, of what can be heard.
fn read_format(format: &[u8]) -> Result<u32, String> {
    let number = |at: usize| u16::from_le_bytes([format[at], format[at + 1]]);
    let (kind, channels, bits) = (number(0), number(2), number(14));
    // PCM, also where the extensible form says it.
    if !matches!(kind, 1 | 0xfffe) || channels != 1 || bits != 16 {
        return Err(format!(
            "it sent a WAV file of {channels} channels of {bits} bits instead of one of 16"
        ));
    }
    Ok(u32::from(number(4)) | u32::from(number(6)) << 16)
}

fn rate_of(hz: u32) -> Option<SampleRate> {
    // A stream may not have it, a file may.
    let of_files = Some(SampleRate::HZ_22K05).filter(|rate| rate.hz() == hz);
    of_files.or_else(|| SampleRate::new(hz).ok())
}

fn not_wav() -> String {
    "it sent no WAV file".to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;
    use viva_audio::resample;

    use super::*;

    /// A file, with a chunk that nobody knows before its samples and another one after them.
    fn file(rate: u32, channels: u16, bits: u16, length: Option<u32>, samples: &[i16]) -> Vec<u8> {
        let body = pcm::encode(samples);
        let length = length.unwrap_or_else(|| u32::try_from(body.len()).unwrap());
        let format = [
            &1_u16.to_le_bytes()[..],
            &channels.to_le_bytes(),
            &rate.to_le_bytes(),
            &(rate * 2).to_le_bytes(),
            &2_u16.to_le_bytes(),
            &bits.to_le_bytes(),
        ]
        .concat();
        let mut file = b"RIFF\xff\xff\xff\xffWAVELIST\x03\0\0\0odd\0fmt \x10\0\0\0".to_vec();
        file.extend(format);
        file.extend(b"data");
        file.extend(length.to_le_bytes());
        file.extend(&body);
        if length as usize == body.len() {
            file.extend(b"LIST\x04\0\0\0tail");
        }
        file
    }

    fn decode(mut decoder: Decoder, bytes: &[u8], piece: usize) -> Result<Vec<i16>, String> {
        let mut samples = Vec::new();
        for piece in bytes.chunks(piece) {
            samples.extend(decoder.push(piece)?);
        }
        samples.extend(decoder.finish()?);
        Ok(samples)
    }

    fn ramp(samples: i16) -> Vec<i16> {
        (0..samples).map(|sample| sample * 7).collect()
    }

    #[rstest]
    #[case::known(None)]
    #[case::none(Some(0))]
    #[case::the_greatest(Some(u32::MAX))]
    #[case::near_the_greatest(Some(u32::MAX - 36))]
    #[case::signed(Some(0x7fff_ffff))]
    fn a_file_is_read_whatever_length_it_says(#[case] length: Option<u32>) {
        let samples = ramp(1_000);
        let file = file(24_000, 1, 16, length, &samples);
        for piece in [1, 7, 44, 5_000] {
            let decoder = Decoder::new(SampleRate::HZ_24K);
            assert_eq!(decode(decoder, &file, piece), Ok(samples.clone()), "{piece}");
        }
    }

    #[test]
    fn all_of_a_file_may_be_there_at_once() {
        let samples = vec![7; MAX_HEADER];
        let file = file(24_000, 1, 16, None, &samples);
        let decoder = Decoder::new(SampleRate::HZ_24K);
        assert_eq!(decode(decoder, &file, file.len()), Ok(samples));
    }

    #[rstest]
    #[case(8_000, SampleRate::HZ_8K)]
    #[case(16_000, SampleRate::HZ_16K)]
    #[case(22_050, SampleRate::HZ_22K05)]
    #[case(48_000, SampleRate::HZ_48K)]
    fn another_rate_is_converted(#[case] hz: u32, #[case] rate: SampleRate) {
        let samples = ramp(2_000);
        let file = file(hz, 1, 16, Some(0), &samples);
        let heard = decode(Decoder::new(SampleRate::HZ_24K), &file, 333);
        assert_eq!(heard, Ok(resample(&samples, rate, SampleRate::HZ_24K)));
    }

    #[rstest]
    #[case(file(24_000, 2, 16, None, &[1; 9]), "it sent a WAV file of 2 channels of 16 bits instead of one of 16")]
    #[case(file(24_000, 1, 8, None, &[1; 9]), "it sent a WAV file of 1 channels of 8 bits instead of one of 16")]
    #[case(file(32_000, 1, 16, None, &[1; 9]), "it sent a WAV file at 32000 Hz")]
    #[case(b"RIFFxxxxAVI fmt ".to_vec(), "it sent no WAV file")]
    #[case(b"ID3 mp3".to_vec(), "it sent no WAV file")]
    #[case(b"RIFFxxxxWAVEfm".to_vec(), "it sent no WAV file")]
    #[case(b"RIFFxxxxWAVEdata\x10\0\0\0".to_vec(), "it sent no WAV file")]
    fn what_cannot_be_heard_is_refused(#[case] bytes: Vec<u8>, #[case] message: &str) {
        let heard = decode(Decoder::new(SampleRate::HZ_24K), &bytes, 5);
        assert_eq!(heard, Err(message.to_owned()));
    }

    #[test]
    fn pcm_may_be_sent_instead() {
        let samples = ramp(100);
        let heard = |bytes: &[u8]| decode(Decoder::or_pcm(SampleRate::HZ_24K), bytes, 3);
        assert_eq!(heard(&pcm::encode(&samples)), Ok(samples.clone()));
        assert_eq!(heard(&file(24_000, 1, 16, None, &samples)), Ok(samples));
        assert_eq!(heard(&[]), Ok(Vec::new()));
        assert_eq!(decode(Decoder::new(SampleRate::HZ_24K), &[], 1), Ok(Vec::new()));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>, at in 0_usize..60, byte: u8, or_pcm: bool) {
            let mut file = file(16_000, 1, 16, None, &ramp(50));
            file[at] = byte;
            for bytes in [file, bytes] {
                let decoder = Decoder { or_pcm, ..Decoder::new(SampleRate::HZ_24K) };
                let _ = decode(decoder, &bytes, 11);
            }
        }
    }
}
