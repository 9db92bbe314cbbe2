//! What a session has to tell its client: in order, bounded, and kept a while for a client that comes back.

use std::collections::VecDeque;

use bytes::Bytes;
use viva_domain::turns::{Event, TurnNumber};

use super::link::{AudioOut, Outgoing, SessionMessage};

/// Samples per frame at most: 340 ms at 24 kHz, 16 KiB. A longer frame would hold up an `interrupted` behind it.
const FRAME_SAMPLES: usize = 8_192;
/// Unsent audio from which on the session takes no more from the provider: 10 s at 24 kHz.
const FULL_BYTES: usize = 480 * 1024;
/// Unsent messages and frames from which on it takes no more either: more than a minute of text, 20 s of short frames.
const FULL_ENTRIES: usize = 1_024;
/// Sent audio that is kept for a client that comes back: 5 s at 24 kHz, more than a socket has under way.
const KEPT_BYTES: usize = 240 * 1024;
/// Sent messages and frames that are kept for a client that comes back.
const KEPT_ENTRIES: usize = 512;

/// Room that an empty queue keeps.
const SPARE_ENTRIES: usize = 64;

/// The queue to the client. Overflow: when [`Outbox::is_full`] nothing more is taken from the provider, so it waits.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    unsent: VecDeque<Entry>,
    unsent_bytes: usize,
    sent: VecDeque<Sent>,
    sent_bytes: usize,
    next_audio: u32,
    next_message: u32,
    gone: Gone,
}

/// Everything before these was sent and is not kept any more, though a client that missed it would want it.
#[derive(Debug, Default)]
struct Gone {
    audio: u32,
    message: u32,
}

/// Messages are boxed: they are three times as large as frames, of which there are many.
#[derive(Debug)]
enum Entry {
    Message(Box<SessionMessage>),
    /// Belongs to the connection: has no place in the session's stream and is never repeated.
    Connection(Box<SessionMessage>),
    Audio(Frame),
    /// Was sent before on a connection that broke.
    Again(Sent),
}

#[derive(Debug)]
enum Sent {
    Message(u32, Box<SessionMessage>),
    Audio(AudioOut),
}

#[derive(Debug)]
struct Frame {
    turn: TurnNumber,
    position: u64,
    pcm: Bytes,
    is_last: bool,
}

impl Outbox {
    pub(super) fn message(&mut self, message: SessionMessage) {
        self.unsent.push_back(Entry::Message(Box::new(message)));
    }

    /// Queues audio as little-endian frames of a reasonable size; empty audio makes one empty frame.
    pub(super) fn audio(&mut self, turn: TurnNumber, position: u64, pcm: &Bytes, is_last: bool) {
        let frame_bytes = FRAME_SAMPLES * 2;
        let frames = pcm.len().div_ceil(frame_bytes).max(1);
        for frame in 0..frames {
            let start = frame * frame_bytes;
            let piece = pcm.slice(start..pcm.len().min(start + frame_bytes));
            self.unsent_bytes += piece.len();
            self.unsent.push_back(Entry::Audio(Frame {
                turn,
                position: position + (start / 2) as u64,
                pcm: piece,
                is_last: is_last && frame + 1 == frames,
            }));
        }
    }

    /// Drops the audio of a turn that was cut, also what is kept to be sent again.
    pub(super) fn drop_audio(&mut self, cut: TurnNumber) {
        self.unsent.retain(|entry| match entry {
            Entry::Audio(frame) => frame.turn != cut,
            Entry::Again(Sent::Audio(frame)) => frame.turn != cut,
            Entry::Again(Sent::Message(..)) | Entry::Message(_) | Entry::Connection(_) => true,
        });
        self.unsent_bytes = self.unsent.iter().map(Entry::bytes).sum();
        self.sent
            .retain(|sent| !matches!(sent, Sent::Audio(frame) if frame.turn == cut));
        self.sent_bytes = self.sent.iter().map(Sent::bytes).sum();
    }

    /// An answer was heard up to a position: nobody will ask for the audio before it again.
    pub(super) fn release_audio(&mut self, turn: TurnNumber, heard: u64) {
        let gone = &mut self.gone;
        self.sent.retain(|sent| {
            let is_heard = matches!(sent, Sent::Audio(frame) if frame.turn == turn && frame.end() < heard);
            if is_heard {
                gone.note(sent);
            }
            !is_heard
        });
        self.sent_bytes = self.sent.iter().map(Sent::bytes).sum();
        if self.sent.capacity() > SPARE_ENTRIES {
            self.sent.shrink_to(SPARE_ENTRIES);
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.unsent_bytes >= FULL_BYTES || self.unsent.len() >= FULL_ENTRIES
    }

    /// Frames of a turn that were never sent.
    pub(super) fn unsent_frames(&self, of: TurnNumber) -> usize {
        let is_of = |entry: &&Entry| matches!(entry, Entry::Audio(frame) if frame.turn == of);
        self.unsent.iter().filter(is_of).count()
    }

    /// How much waits.
    pub(super) fn len(&self) -> usize {
        self.unsent.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.unsent.is_empty()
    }

    /// The next thing to send; it counts as sent from now on.
    pub(super) fn pop(&mut self) -> Option<Outgoing> {
        let entry = self.unsent.pop_front()?;
        self.unsent_bytes -= entry.bytes();
        if self.unsent.is_empty() && self.unsent.capacity() > SPARE_ENTRIES {
            self.unsent.shrink_to(SPARE_ENTRIES);
        }
        let sent = match entry {
            Entry::Connection(message) => {
                return Some(Outgoing::Message {
                    seq: None,
                    message: *message,
                });
            }
            Entry::Message(message) => Sent::Message(next(&mut self.next_message), message),
            Entry::Audio(Frame {
                turn,
                position,
                pcm,
                is_last,
            }) => Sent::Audio(AudioOut {
                seq: next(&mut self.next_audio),
                turn,
                position,
                pcm,
                is_last,
            }),
            Entry::Again(sent) => sent,
        };
        let outgoing = sent.outgoing();
        self.keep(sent);
        Some(outgoing)
    }

    /// A client came back: greets it with `resumed`, then repeats what it has not got. Answers whether all of that was
    /// still there. What was cut meanwhile is not missed.
    pub(super) fn resume(
        &mut self,
        resumed: SessionMessage,
        last_audio: Option<u32>,
        last_message: Option<u32>,
    ) -> bool {
        // What greets a connection that was closed before it could be sent greets no other.
        self.unsent.retain(|entry| !matches!(entry, Entry::Connection(_)));
        let audio_from = last_audio.map_or(0, |last| last.wrapping_add(1));
        let message_from = last_message.map_or(self.next_message, |last| last.wrapping_add(1));
        let is_whole = (self.gone.audio..=self.next_audio).contains(&audio_from)
            && (self.gone.message..=self.next_message).contains(&message_from);
        let is_missing = |sent: &Sent| match sent {
            Sent::Audio(frame) => frame.seq >= audio_from,
            Sent::Message(seq, _) => *seq >= message_from,
        };
        for sent in self.sent.drain(..).rev().filter(is_missing) {
            self.unsent_bytes += sent.bytes();
            self.unsent.push_front(Entry::Again(sent));
        }
        self.sent_bytes = 0;
        // What the client has got is not kept any longer.
        self.gone.audio = self.gone.audio.max(audio_from.min(self.next_audio));
        self.gone.message = self.gone.message.max(message_from.min(self.next_message));
        self.unsent.push_front(Entry::Connection(Box::new(resumed)));
        is_whole
    }

    fn keep(&mut self, sent: Sent) {
        self.sent_bytes += sent.bytes();
        self.sent.push_back(sent);
        while self.sent_bytes > KEPT_BYTES || self.sent.len() > KEPT_ENTRIES {
            let Some(oldest) = self.sent.pop_front() else {
                return;
            };
            self.sent_bytes -= oldest.bytes();
            self.gone.note(&oldest);
        }
    }
}

impl Gone {
    fn note(&mut self, sent: &Sent) {
        match sent {
            Sent::Audio(frame) => self.audio = self.audio.max(frame.seq.wrapping_add(1)),
            Sent::Message(seq, _) => self.message = self.message.max(seq.wrapping_add(1)),
        }
    }
}

impl Sent {
    fn bytes(&self) -> usize {
        match self {
            Self::Audio(frame) => frame.pcm.len(),
            Self::Message(..) => 0,
        }
    }

    fn outgoing(&self) -> Outgoing {
        match self {
            Self::Audio(frame) => Outgoing::Audio(frame.clone()),
            Self::Message(seq, message) => Outgoing::Message {
                seq: Some(*seq),
                message: SessionMessage::clone(message),
            },
        }
    }
}

impl Entry {
    fn bytes(&self) -> usize {
        match self {
            Self::Message(_) | Self::Connection(_) => 0,
            Self::Audio(frame) => frame.pcm.len(),
            Self::Again(sent) => sent.bytes(),
        }
    }
}

fn next(counter: &mut u32) -> u32 {
    let seq = *counter;
    *counter = counter.wrapping_add(1);
    seq
}

/// Puts an event where it belongs: audio as frames, everything else as a message; what was cut is dropped.
pub(super) fn post(outbox: &mut Outbox, event: Event) -> Option<PostedAudio> {
    match event {
        Event::Audio {
            turn,
            position,
            samples,
            is_last,
        } => {
            let pcm = Bytes::from(viva_audio::pcm::to_le_bytes(&samples));
            outbox.audio(turn, position, &pcm, is_last);
            (!samples.is_empty()).then_some(PostedAudio { turn, samples })
        }
        Event::Interrupted { turn, .. } => {
            outbox.drop_audio(turn);
            outbox.message(SessionMessage::Event(event));
            None
        }
        event => {
            if let Event::ResponseEnded { turn, .. } = event {
                outbox.release_audio(turn, u64::MAX);
            }
            outbox.message(SessionMessage::Event(event));
            None
        }
    }
}

/// Audio that was queued, for the recording.
#[derive(Debug)]
pub(super) struct PostedAudio {
    pub(super) turn: TurnNumber,
    pub(super) samples: Vec<i16>,
}

#[cfg(test)]
mod tests;
