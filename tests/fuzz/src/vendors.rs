//! What vendors send. All readers of a kind get the same bytes: to most they are nothing, and one is enough.

use viva_infrastructure::providers::fuzzing::{self, BODIES, EARS, MOUTHS, Reader, STREAMS, VOICES};

/// All that read vendors' messages.
#[cfg(test)]
pub(crate) const READERS: [&[Reader]; 5] = [BODIES, EARS, MOUTHS, STREAMS, VOICES];

/// Statuses of refusals: what they mean depends on the body, too.
const REFUSALS: [u16; 6] = [400, 401, 403, 404, 429, 500];

/// Ears on a socket.
pub fn ears(data: &[u8]) {
    read(EARS, data);
}

/// Mouths on a socket.
pub fn mouths(data: &[u8]) {
    read(MOUTHS, data);
}

/// Conversations on a socket.
pub fn voices(data: &[u8]) {
    read(VOICES, data);
}

/// Answers that are read while they are written.
pub fn streams(data: &[u8]) {
    read(STREAMS, data);
}

/// Answers in one piece, and refusals.
pub fn bodies(data: &[u8]) {
    read(BODIES, data);
    for status in REFUSALS {
        fuzzing::refusal(status, data);
    }
}

fn read(readers: &[Reader], data: &[u8]) {
    for reader in readers {
        (reader.read)(data);
    }
}
