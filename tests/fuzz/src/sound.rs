//! WAV files: whole, as a recording that grows, and while they arrive from a vendor.

use viva_audio::{Clip, HEADER_LEN, SampleRate, WavHeader};
use viva_infrastructure::providers::transport::wav::Decoder;

use crate::cut;

/// # Panics
/// When what was read is written in another way, or depends on the pieces that it comes in.
pub fn wav(data: &[u8]) {
    let (piece, data) = cut(data);
    if let Ok(clip) = Clip::read(data) {
        assert!(
            clip.samples.len() <= data.len(),
            "there are more samples than bytes"
        );
        assert_eq!(
            Clip::read(clip.to_wav_bytes().as_slice()).ok().as_ref(),
            Some(&clip)
        );
    }
    if let Some(bytes) = data.first_chunk::<HEADER_LEN>()
        && let Ok(header) = WavHeader::decode(bytes)
    {
        let _ = header.encode();
        let repaired = header.repaired(data.len() as u64);
        assert_eq!(WavHeader::decode(&repaired.encode()).ok(), Some(repaired));
    }
    for decoder in [Decoder::new, Decoder::or_pcm] {
        let whole = arrive(decoder(SampleRate::HZ_24K), data, data.len().max(1));
        let pieces = arrive(decoder(SampleRate::HZ_24K), data, piece);
        assert_eq!(pieces, whole);
    }
}

fn arrive(mut decoder: Decoder, data: &[u8], piece: usize) -> Result<Vec<i16>, String> {
    let mut samples = Vec::new();
    for piece in data.chunks(piece) {
        samples.extend(decoder.push(piece)?);
    }
    samples.extend(decoder.finish()?);
    Ok(samples)
}
