//! WAV files: reading a clip, the header of a recording that grows, and its repair after a crash.
//!
//! Format: RIFF/WAVE with one `fmt ` chunk of 16 bytes and one `data` chunk, which makes a header of 44 bytes
//! (Microsoft and IBM, "Multimedia Programming Interface and Data Specifications 1.0", 1991).

use std::io::Read;

use crate::{SampleRate, UnsupportedSampleRate, pcm};

/// Length of the header that [`WavHeader`] writes, in bytes.
pub const HEADER_LEN: usize = 44;

const BYTES_PER_SAMPLE: u16 = 2;
const FORMAT_PCM: u16 = 1;

/// What the RIFF length counts beyond the data: the header without its first two fields.
const RIFF_OVERHEAD: u32 = 36;

/// A mono recording in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clip {
    /// Samples per second.
    pub rate: SampleRate,
    /// The samples.
    pub samples: Vec<i16>,
}

/// Why a WAV file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WavError {
    /// The reader failed.
    #[error("reading the WAV file failed")]
    Read(#[source] std::io::Error),
    /// The file is no WAV file, or ends within a header.
    #[error("not a WAV file: {0}")]
    Malformed(&'static str),
    /// The file ends before the length that its header gives.
    #[error("the WAV file ends within its samples")]
    Truncated,
    /// A WAV file of a kind that is not supported, such as compressed audio.
    #[error("the sample format of this WAV file is not supported")]
    UnsupportedFormat,
    /// The rate is not supported.
    #[error(transparent)]
    SampleRate(#[from] UnsupportedSampleRate),
}

impl Clip {
    /// Reads a WAV file of 8 to 32-bit integer or 32-bit float samples; several channels are averaged into one.
    ///
    /// Accepts the rates of [`SampleRate::ALL`] and 22 050 Hz.
    ///
    /// # Errors
    /// [`WavError`]; no input makes it panic or allocate beyond the length of the data.
    pub fn read(reader: impl Read) -> Result<Self, WavError> {
        let reader = hound::WavReader::new(reader)?;
        let spec = reader.spec();
        let rate = SampleRate::of_file(spec.sample_rate)?;
        let channels = usize::from(spec.channels);
        let samples = match (spec.sample_format, spec.bits_per_sample) {
            (hound::SampleFormat::Int, 16) if channels == 1 => {
                reader.into_samples::<i16>().collect::<Result<Vec<_>, _>>()?
            }
            (hound::SampleFormat::Int, bits @ (8 | 16 | 24 | 32)) => {
                let scale = 1.0 / 2.0_f64.powi(i32::from(bits) - 1);
                mix_down(
                    reader
                        .into_samples::<i32>()
                        .map(|sample| Ok(f64::from(sample?) * scale)),
                    channels,
                )?
            }
            (hound::SampleFormat::Float, 32) => mix_down(
                reader.into_samples::<f32>().map(|sample| Ok(f64::from(sample?))),
                channels,
            )?,
            _ => return Err(WavError::UnsupportedFormat),
        };
        Ok(Self { rate, samples })
    }

    /// Returns the clip as a complete WAV file, 16 bits mono.
    ///
    /// Data beyond the 4 GiB that the format can say is left out.
    pub fn to_wav_bytes(&self) -> Vec<u8> {
        let header = WavHeader::new(self.rate, 1).with_data_len(self.samples.len() as u64 * 2);
        let mut bytes = Vec::with_capacity(HEADER_LEN + self.samples.len() * 2);
        bytes.extend_from_slice(&header.encode());
        pcm::write_le_bytes(&self.samples[..header.data_len() as usize / 2], &mut bytes);
        bytes
    }

    /// Converts the clip to another rate, aligned with the original.
    pub fn resampled(&self, rate: SampleRate) -> Self {
        Self {
            rate,
            samples: crate::resample(&self.samples, self.rate, rate),
        }
    }
}

/// The 44-byte header of a 16-bit PCM WAV file.
///
/// A recorder writes it with length 0 first, appends samples, and writes it again with the real length now and
/// then. After a crash, [`WavHeader::repaired`] computes it from the length of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WavHeader {
    rate: SampleRate,
    channels: u16,
    data_len: u32,
}

impl WavHeader {
    /// The header of an empty file; `channels` is 1 for mono or 2 for stereo, and 0 is taken as 1.
    pub fn new(rate: SampleRate, channels: u8) -> Self {
        Self {
            rate,
            channels: u16::from(channels.max(1)),
            data_len: 0,
        }
    }

    /// Says how many bytes of samples follow, rounded down to whole frames.
    ///
    /// A WAV file cannot hold more than 4 GiB; more is cut to what it can.
    pub fn with_data_len(self, bytes: u64) -> Self {
        let most = u32::MAX - RIFF_OVERHEAD;
        let bytes = u32::try_from(bytes).map_or(most, |bytes| bytes.min(most));
        Self {
            data_len: bytes - bytes % u32::from(self.frame_len()),
            ..self
        }
    }

    /// The header that a file of `file_len` bytes, header included, should have.
    pub fn repaired(self, file_len: u64) -> Self {
        self.with_data_len(file_len.saturating_sub(HEADER_LEN as u64))
    }

    /// Samples per second and channel.
    pub fn rate(self) -> SampleRate {
        self.rate
    }

    /// Number of channels.
    pub fn channels(self) -> u16 {
        self.channels
    }

    /// Bytes of samples that follow the header.
    pub fn data_len(self) -> u32 {
        self.data_len
    }

    /// Length of the whole file in bytes; what lies beyond is not audio and may be cut off.
    pub fn file_len(self) -> u64 {
        HEADER_LEN as u64 + u64::from(self.data_len)
    }

    /// The header as bytes.
    pub fn encode(self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        let byte_rate = self.rate.hz() * u32::from(self.frame_len());
        bytes[0..4].copy_from_slice(b"RIFF");
        // A header that was read may say any length.
        let riff_len = self.data_len.saturating_add(RIFF_OVERHEAD);
        bytes[4..8].copy_from_slice(&riff_len.to_le_bytes());
        bytes[8..16].copy_from_slice(b"WAVEfmt ");
        bytes[16..20].copy_from_slice(&16_u32.to_le_bytes());
        bytes[20..22].copy_from_slice(&FORMAT_PCM.to_le_bytes());
        bytes[22..24].copy_from_slice(&self.channels.to_le_bytes());
        bytes[24..28].copy_from_slice(&self.rate.hz().to_le_bytes());
        bytes[28..32].copy_from_slice(&byte_rate.to_le_bytes());
        bytes[32..34].copy_from_slice(&self.frame_len().to_le_bytes());
        bytes[34..36].copy_from_slice(&(BYTES_PER_SAMPLE * 8).to_le_bytes());
        bytes[36..40].copy_from_slice(b"data");
        bytes[40..44].copy_from_slice(&self.data_len.to_le_bytes());
        bytes
    }

    /// Reads a header that [`WavHeader::encode`] wrote; the lengths in it may be wrong, as after a crash.
    ///
    /// # Errors
    /// [`WavError::Malformed`] when it is not such a header, [`WavError::UnsupportedFormat`] when it announces
    /// other samples than 16-bit PCM, [`WavError::SampleRate`] for an unsupported rate.
    pub fn decode(bytes: &[u8; HEADER_LEN]) -> Result<Self, WavError> {
        let u16_at = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let u32_at = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        if &bytes[0..4] != b"RIFF" || &bytes[8..16] != b"WAVEfmt " || &bytes[36..40] != b"data" {
            return Err(WavError::Malformed("the header is not the one of a recording"));
        }
        let channels = u16_at(22);
        if u32_at(16) != 16 || u16_at(20) != FORMAT_PCM || u16_at(34) != 16 || !(1..=255).contains(&channels)
        {
            return Err(WavError::UnsupportedFormat);
        }
        let rate = SampleRate::of_file(u32_at(24))?;
        Ok(Self {
            rate,
            channels,
            data_len: u32_at(40),
        })
    }

    fn frame_len(self) -> u16 {
        self.channels * BYTES_PER_SAMPLE
    }
}

/// Averages interleaved channels, in full-scale floats, into 16-bit mono.
fn mix_down(
    samples: impl Iterator<Item = Result<f64, hound::Error>>,
    channels: usize,
) -> Result<Vec<i16>, WavError> {
    let mut mono = Vec::new();
    let (mut sum, mut count) = (0.0, 0);
    for sample in samples {
        sum += sample?;
        count += 1;
        if count == channels {
            #[expect(clippy::cast_precision_loss, reason = "a file has few channels")]
            let mean = sum / channels as f64;
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the product becomes 16 bits anyway"
            )]
            mono.push(pcm::from_f32(mean as f32));
            (sum, count) = (0.0, 0);
        }
    }
    Ok(mono)
}

impl From<hound::Error> for WavError {
    fn from(err: hound::Error) -> Self {
        match err {
            // hound reports a file that ends early as `Other`, which the operating system never does.
            hound::Error::IoError(cause)
                if matches!(
                    cause.kind(),
                    std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::Other
                ) =>
            {
                Self::Truncated
            }
            hound::Error::IoError(cause) => Self::Read(cause),
            hound::Error::FormatError(message) => Self::Malformed(message),
            hound::Error::TooWide
            | hound::Error::UnfinishedSample
            | hound::Error::Unsupported
            | hound::Error::InvalidSampleFormat => Self::UnsupportedFormat,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    /// A WAV file as hound writes it.
    fn written<S: hound::Sample + Copy>(spec: hound::WavSpec, samples: &[S]) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut file, spec).unwrap();
        for sample in samples {
            writer.write_sample(*sample).unwrap();
        }
        writer.finalize().unwrap();
        file.into_inner()
    }

    fn spec(channels: u16, bits_per_sample: u16, sample_format: hound::SampleFormat) -> hound::WavSpec {
        hound::WavSpec {
            channels,
            sample_rate: 22_050,
            bits_per_sample,
            sample_format,
        }
    }

    #[test]
    fn channels_are_averaged() {
        let file = written(
            spec(2, 16, hound::SampleFormat::Int),
            &[100_i16, 300, -32_768, -32_768],
        );
        let clip = Clip::read(file.as_slice()).unwrap();
        assert_eq!(
            clip,
            Clip {
                rate: SampleRate::HZ_22K05,
                samples: vec![200, -32_768]
            }
        );
    }

    #[test]
    fn wider_and_narrower_samples_are_scaled() {
        let wide = written(
            spec(1, 24, hound::SampleFormat::Int),
            &[8_388_607_i32, -8_388_608, 256],
        );
        assert_eq!(Clip::read(wide.as_slice()).unwrap().samples, [32_767, -32_768, 1]);
        let narrow = written(spec(1, 8, hound::SampleFormat::Int), &[127_i8, -128, 0]);
        assert_eq!(
            Clip::read(narrow.as_slice()).unwrap().samples,
            [32_512, -32_768, 0]
        );
        let float = written(
            spec(1, 32, hound::SampleFormat::Float),
            &[0.5_f32, -2.0, f32::NAN],
        );
        assert_eq!(
            Clip::read(float.as_slice()).unwrap().samples,
            [16_384, -32_768, 0]
        );
    }

    #[test]
    fn an_unknown_rate_is_named() {
        let spec = hound::WavSpec {
            sample_rate: 12_345,
            ..spec(1, 16, hound::SampleFormat::Int)
        };
        let err = Clip::read(written(spec, &[0_i16]).as_slice()).unwrap_err();
        assert!(
            matches!(err, WavError::SampleRate(UnsupportedSampleRate { hz: 12_345 })),
            "{err}"
        );
    }

    #[test]
    fn a_cut_file_is_told_from_a_wrong_one() {
        let clip = Clip {
            rate: SampleRate::HZ_8K,
            samples: vec![1; 100],
        };
        let bytes = clip.to_wav_bytes();
        assert!(matches!(Clip::read(&bytes[..200]), Err(WavError::Truncated)));
        assert!(matches!(
            Clip::read(&b"not a wav file"[..]),
            Err(WavError::Malformed(_))
        ));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_not_a_cut_one() {
        struct Refused;
        impl Read for Refused {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::PermissionDenied.into())
            }
        }
        let refused = Clip::read(Refused);
        assert!(
            matches!(&refused, Err(WavError::Read(err)) if err.kind() == std::io::ErrorKind::PermissionDenied),
            "{refused:?}"
        );
    }

    #[test]
    fn the_header_is_the_one_that_others_write() {
        let samples = [1_i16, 2, 3, 4];
        let theirs = written(spec(1, 16, hound::SampleFormat::Int), &samples);
        let ours = Clip {
            rate: SampleRate::HZ_22K05,
            samples: samples.to_vec(),
        }
        .to_wav_bytes();
        assert_eq!(ours, theirs);
    }

    #[test]
    fn a_header_that_says_too_much_is_written_as_it_was_read() {
        let mut bytes = WavHeader::new(SampleRate::HZ_24K, 1).encode();
        bytes[40..].copy_from_slice(&u32::MAX.to_le_bytes());
        let header = WavHeader::decode(&bytes).unwrap();
        assert_eq!(header.data_len(), u32::MAX);
        assert_eq!(WavHeader::decode(&header.encode()).unwrap(), header);
    }

    #[test]
    fn a_recording_that_was_killed_is_repaired_from_its_length() {
        let mut file = WavHeader::new(SampleRate::HZ_24K, 1).encode().to_vec();
        pcm::write_le_bytes(&[7; 50], &mut file);
        file.push(0xff);
        let header = WavHeader::decode(file.first_chunk().unwrap()).unwrap();
        assert_eq!(header.data_len(), 0);
        let header = header.repaired(file.len() as u64);
        assert_eq!((header.data_len(), header.file_len()), (100, 144));
        file[..HEADER_LEN].copy_from_slice(&header.encode());
        file.truncate(144);
        let clip = Clip::read(file.as_slice()).unwrap();
        assert_eq!(
            clip,
            Clip {
                rate: SampleRate::HZ_24K,
                samples: vec![7; 50]
            }
        );
    }

    #[test]
    fn lengths_are_whole_frames_and_never_beyond_4_gib() {
        let stereo = WavHeader::new(SampleRate::HZ_48K, 2);
        assert_eq!(stereo.with_data_len(7).data_len(), 4);
        assert_eq!(stereo.repaired(10).data_len(), 0);
        let largest = stereo.with_data_len(u64::MAX);
        assert_eq!(largest.data_len(), u32::MAX - 39);
        assert_eq!(WavHeader::decode(&largest.encode()).unwrap(), largest);
    }

    #[test]
    fn foreign_headers_are_refused() {
        let good = WavHeader::new(SampleRate::HZ_8K, 1).encode();
        let with = |at: usize, byte: u8| {
            let mut bytes = good;
            bytes[at] = byte;
            WavHeader::decode(&bytes)
        };
        assert!(matches!(with(0, b'X'), Err(WavError::Malformed(_))));
        assert!(matches!(with(36, b'L'), Err(WavError::Malformed(_))));
        assert!(matches!(with(20, 3), Err(WavError::UnsupportedFormat)));
        assert!(matches!(with(22, 0), Err(WavError::UnsupportedFormat)));
        assert!(matches!(with(34, 24), Err(WavError::UnsupportedFormat)));
        assert!(matches!(with(24, 0), Err(WavError::SampleRate(_))));
    }

    proptest! {
        #[test]
        fn clips_survive_files(samples: Vec<i16>, rate in 0..5_usize) {
            let clip = Clip { rate: SampleRate::ALL[rate], samples };
            prop_assert_eq!(Clip::read(clip.to_wav_bytes().as_slice()).unwrap(), clip);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            drop(Clip::read(bytes.as_slice()));
            if let Some(header) = bytes.first_chunk() {
                drop(WavHeader::decode(header));
            }
        }

        #[test]
        fn no_damage_makes_it_panic(
            damage in prop::collection::vec((0..HEADER_LEN, any::<u8>()), 1..6), cut in 0..200_usize,
        ) {
            let mut bytes = Clip { rate: SampleRate::HZ_16K, samples: vec![-5; 60] }.to_wav_bytes();
            for (at, byte) in damage {
                bytes[at] = byte;
            }
            bytes.truncate(cut);
            drop(Clip::read(bytes.as_slice()));
            if let Some(Ok(header)) = bytes.first_chunk().map(WavHeader::decode) {
                prop_assert!(header.repaired(bytes.len() as u64).file_len() <= bytes.len() as u64);
            }
        }
    }
}
