//! What voices say.

use serde_json::Value;

/// Bytes of a piece; samples are cut where it falls.
const PIECE: usize = 777;
/// Samples per character.
const PACE: usize = 60;

/// A tone that is as long as the text, as PCM16.
pub(super) fn tone(text: &str) -> Vec<u8> {
    let samples = (1..=1_000_i16).cycle().take(text.chars().count() * PACE);
    samples.flat_map(i16::to_le_bytes).collect()
}

/// A file, as ffmpeg writes it into a pipe: with a chunk about itself, and no length.
pub(super) fn piped(rate: u32, pcm: &[u8]) -> Vec<Vec<u8>> {
    let about = b"LIST\x1a\0\0\0INFOISFT\x0e\0\0\0Lavf61.7.100\0\0";
    pieces(&file(rate, about, u32::MAX, u32::MAX, pcm))
}

/// A file of a known length.
pub(super) fn whole(rate: u32, pcm: &[u8]) -> Vec<Vec<u8>> {
    let length = u32::try_from(pcm.len()).unwrap_or(u32::MAX);
    pieces(&file(rate, b"", length.saturating_add(36), length, pcm))
}

/// Bytes without a header.
pub(super) fn bare(pcm: &[u8]) -> Vec<Vec<u8>> {
    pieces(pcm)
}

fn file(rate: u32, about: &[u8], all: u32, length: u32, pcm: &[u8]) -> Vec<u8> {
    let mut file = b"RIFF".to_vec();
    file.extend(all.to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(rate.to_le_bytes());
    file.extend((rate * 2).to_le_bytes());
    file.extend(b"\x02\0\x10\0");
    file.extend(about);
    file.extend(b"data");
    file.extend(length.to_le_bytes());
    file.extend(pcm);
    file
}

fn pieces(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.chunks(PIECE).map(<[u8]>::to_vec).collect()
}

/// Whether a speed is a number that is left out, or within these bounds.
pub(super) fn is_speed(speed: &Value, least: f64, most: f64) -> bool {
    speed.is_null()
        || speed
            .as_f64()
            .is_some_and(|speed| (least..=most).contains(&speed))
}
