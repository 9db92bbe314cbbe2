//! The WebSocket of a conversation.

use std::mem::discriminant;

use bytes::Bytes;
use viva_protocol::ws::{AudioFrame, ClientMessage, HEADER_BYTES, ServerEnvelope};

/// The longest reason of a message that is none.
const MAX_REASON_BYTES: usize = 200;

/// The binary frame, both ways.
///
/// # Panics
/// When a frame that was read is written in another way.
pub fn frame(data: &[u8]) {
    let Ok(frame) = AudioFrame::decode(Bytes::copy_from_slice(data)) else {
        return;
    };
    let written = frame.encode();
    assert_eq!(AudioFrame::decode(written.clone()).as_ref(), Ok(&frame));
    // All but the flags that are ignored.
    assert_eq!(
        (written[0], &written[2..HEADER_BYTES]),
        (data[0], &data[2..HEADER_BYTES])
    );
    assert_eq!(written[HEADER_BYTES..], data[HEADER_BYTES..]);
}

/// Control messages of a client.
///
/// # Panics
/// When a message that was read cannot be written and read again, or a refusal is too long.
pub fn client_messages(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let message = match ClientMessage::parse(&text) {
        Ok(message) => message,
        Err(err) => return assert!(err.reason.len() <= MAX_REASON_BYTES, "{err}"),
    };
    if let ClientMessage::StartSession(start) = &message {
        let _ = start.interaction();
    }
    if message == ClientMessage::Unknown {
        return;
    }
    let written = serde_json::to_string(&message).expect("what was read can be written");
    let again = ClientMessage::parse(&written).expect("what was written can be read");
    assert_eq!(discriminant(&again), discriminant(&message), "{written}");
}

/// Control messages of a server, as a client reads them.
///
/// # Panics
/// As [`client_messages`].
pub fn server_messages(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let envelope = match ServerEnvelope::parse(&text) {
        Ok(envelope) => envelope,
        Err(err) => return assert!(err.reason.len() <= MAX_REASON_BYTES, "{err}"),
    };
    let Ok(written) = serde_json::to_string(&envelope) else {
        return;
    };
    let again = ServerEnvelope::parse(&written).expect("what was written can be read");
    assert_eq!(again.seq, envelope.seq, "{written}");
    assert_eq!(
        discriminant(&again.message),
        discriminant(&envelope.message),
        "{written}"
    );
}
