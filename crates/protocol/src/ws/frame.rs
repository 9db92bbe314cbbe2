use bytes::{Buf, BufMut, Bytes, BytesMut};
use thiserror::Error;

/// Length of a frame's header.
pub const HEADER_BYTES: usize = 16;

/// The largest message that a client may send, binary or text, header included. A `start_session` with all its texts at
/// their limits is no larger, in characters of four bytes, or of three that are written as `\u…`.
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024;

const LAST_FRAME: u8 = 0b0000_0001;

/// Whose audio a frame carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// From the client's microphone.
    User,
    /// The AI's answer.
    Ai,
}

/// A binary message: a header of 16 bytes, little endian, then PCM16 mono little-endian samples.
///
/// | offset | size | meaning |
/// |---|---|---|
/// | 0 | u8 | kind: 1 user audio, 2 AI audio |
/// | 1 | u8 | flags: bit 0 last frame of the turn; the others are 0 and ignored |
/// | 2 | u16 | turn number (0 from the client) |
/// | 4 | u32 | sequence number, +1 per frame and direction, wraps |
/// | 8 | u64 | user audio: capture time of the first sample, µs, client clock; AI audio: offset of the first sample in the answer, in samples |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioFrame {
    /// Whose audio it is.
    pub kind: FrameKind,
    /// Whether it is the answer's last frame; it may be empty then.
    pub is_last: bool,
    /// The turn of an answer; 0 from the client.
    pub turn_number: u16,
    /// Rises by one per frame and direction.
    pub seq: u32,
    /// Capture time in µs (user) or offset in samples (AI).
    pub position: u64,
    /// PCM16 mono little-endian samples; always an even number of bytes.
    pub payload: Bytes,
}

/// Why bytes are no [`AudioFrame`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidFrame {
    /// Shorter than the header.
    #[error("an audio frame has a header of 16 bytes, got {0} bytes")]
    Short(usize),
    /// A kind that this version does not know.
    #[error("unknown audio frame kind {0}; user audio is 1")]
    UnknownKind(u8),
    /// Half a sample at the end.
    #[error("PCM16 audio has an even number of bytes, got {0}")]
    OddPayload(usize),
}

impl AudioFrame {
    /// Reads a binary message; the payload shares the message's memory.
    ///
    /// # Errors
    /// [`InvalidFrame`] when the bytes are no frame.
    pub fn decode(mut message: Bytes) -> Result<Self, InvalidFrame> {
        if message.len() < HEADER_BYTES {
            return Err(InvalidFrame::Short(message.len()));
        }
        let kind = match message.get_u8() {
            1 => FrameKind::User,
            2 => FrameKind::Ai,
            other => return Err(InvalidFrame::UnknownKind(other)),
        };
        let flags = message.get_u8();
        let turn_number = message.get_u16_le();
        let seq = message.get_u32_le();
        let position = message.get_u64_le();
        if !message.len().is_multiple_of(2) {
            return Err(InvalidFrame::OddPayload(message.len()));
        }
        Ok(Self {
            kind,
            is_last: flags & LAST_FRAME != 0,
            turn_number,
            seq,
            position,
            payload: message,
        })
    }

    /// Writes the frame as a binary message.
    pub fn encode(&self) -> Bytes {
        let mut message = BytesMut::with_capacity(HEADER_BYTES + self.payload.len());
        message.put_u8(match self.kind {
            FrameKind::User => 1,
            FrameKind::Ai => 2,
        });
        message.put_u8(if self.is_last { LAST_FRAME } else { 0 });
        message.put_u16_le(self.turn_number);
        message.put_u32_le(self.seq);
        message.put_u64_le(self.position);
        message.put_slice(&self.payload);
        message.freeze()
    }
}
