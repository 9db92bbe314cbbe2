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

/// The queue to the client. Overflow: when [`Outbox::is_full`] nothing more is taken from the provider, so it waits.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    unsent: VecDeque<Entry>,
    unsent_bytes: usize,
    sent: VecDeque<Outgoing>,
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

#[derive(Debug)]
enum Entry {
    Message(SessionMessage),
    /// Belongs to the connection: has no place in the session's stream and is never repeated.
    Connection(SessionMessage),
    Audio(Frame),
    /// Was sent before on a connection that broke.
    Again(Outgoing),
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
        self.unsent.push_back(Entry::Message(message));
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
            Entry::Again(Outgoing::Audio(frame)) => frame.turn != cut,
            Entry::Again(Outgoing::Message { .. }) | Entry::Message(_) | Entry::Connection(_) => true,
        });
        self.unsent_bytes = self.unsent.iter().map(Entry::bytes).sum();
        self.sent
            .retain(|sent| !matches!(sent, Outgoing::Audio(frame) if frame.turn == cut));
        self.sent_bytes = self.sent.iter().map(audio_bytes).sum();
    }

    /// An answer was heard to its end: nobody will ask for its audio again.
    fn release_audio(&mut self, heard: TurnNumber) {
        let gone = &mut self.gone;
        self.sent.retain(|sent| {
            let is_of = matches!(sent, Outgoing::Audio(frame) if frame.turn == heard);
            if is_of {
                gone.note(sent);
            }
            !is_of
        });
        self.sent_bytes = self.sent.iter().map(audio_bytes).sum();
    }

    pub(super) fn is_full(&self) -> bool {
        self.unsent_bytes >= FULL_BYTES || self.unsent.len() >= FULL_ENTRIES
    }

    pub(super) fn is_empty(&self) -> bool {
        self.unsent.is_empty()
    }

    /// The next thing to send; it counts as sent from now on.
    pub(super) fn pop(&mut self) -> Option<Outgoing> {
        let entry = self.unsent.pop_front()?;
        self.unsent_bytes -= entry.bytes();
        let outgoing = match entry {
            Entry::Connection(message) => return Some(Outgoing::Message { seq: None, message }),
            Entry::Message(message) => Outgoing::Message {
                seq: Some(next(&mut self.next_message)),
                message,
            },
            Entry::Audio(Frame {
                turn,
                position,
                pcm,
                is_last,
            }) => Outgoing::Audio(AudioOut {
                seq: next(&mut self.next_audio),
                turn,
                position,
                pcm,
                is_last,
            }),
            Entry::Again(outgoing) => outgoing,
        };
        self.keep(outgoing.clone());
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
        let audio_from = last_audio.map_or(0, |last| last.wrapping_add(1));
        let message_from = last_message.map_or(self.next_message, |last| last.wrapping_add(1));
        let is_whole = (self.gone.audio..=self.next_audio).contains(&audio_from)
            && (self.gone.message..=self.next_message).contains(&message_from);
        let is_missing = |sent: &Outgoing| match sent {
            Outgoing::Audio(frame) => frame.seq >= audio_from,
            Outgoing::Message { seq, .. } => seq.is_some_and(|seq| seq >= message_from),
        };
        for sent in self.sent.drain(..).rev().filter(is_missing) {
            self.unsent_bytes += audio_bytes(&sent);
            self.unsent.push_front(Entry::Again(sent));
        }
        self.sent_bytes = 0;
        // What the client has got is not kept any longer.
        self.gone.audio = self.gone.audio.max(audio_from.min(self.next_audio));
        self.gone.message = self.gone.message.max(message_from.min(self.next_message));
        self.unsent.push_front(Entry::Connection(resumed));
        is_whole
    }

    fn keep(&mut self, outgoing: Outgoing) {
        self.sent_bytes += audio_bytes(&outgoing);
        self.sent.push_back(outgoing);
        while self.sent_bytes > KEPT_BYTES || self.sent.len() > KEPT_ENTRIES {
            let Some(oldest) = self.sent.pop_front() else {
                return;
            };
            self.sent_bytes -= audio_bytes(&oldest);
            self.gone.note(&oldest);
        }
    }
}

impl Gone {
    fn note(&mut self, outgoing: &Outgoing) {
        match outgoing {
            Outgoing::Audio(frame) => self.audio = self.audio.max(frame.seq.wrapping_add(1)),
            Outgoing::Message { seq: Some(seq), .. } => {
                self.message = self.message.max(seq.wrapping_add(1));
            }
            Outgoing::Message { seq: None, .. } => {}
        }
    }
}

impl Entry {
    fn bytes(&self) -> usize {
        match self {
            Self::Message(_) | Self::Connection(_) => 0,
            Self::Audio(frame) => frame.pcm.len(),
            Self::Again(outgoing) => audio_bytes(outgoing),
        }
    }
}

fn audio_bytes(outgoing: &Outgoing) -> usize {
    match outgoing {
        Outgoing::Audio(frame) => frame.pcm.len(),
        Outgoing::Message { .. } => 0,
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
                outbox.release_audio(turn);
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
mod tests {
    use viva_domain::latency::{LatencyMetrics, SessionTime};
    use viva_domain::turns::{InterruptReason, NoticeCode};

    use super::*;

    const TURN: TurnNumber = TurnNumber::FIRST;

    fn notice() -> SessionMessage {
        SessionMessage::Event(Event::Notice(NoticeCode::AudioDropped))
    }

    fn audio(outbox: &mut Outbox, turn: TurnNumber, position: u64, samples: usize) {
        post(
            outbox,
            Event::Audio {
                turn,
                position,
                samples: vec![1; samples],
                is_last: false,
            },
        );
    }

    fn drain(outbox: &mut Outbox) -> Vec<String> {
        std::iter::from_fn(|| outbox.pop())
            .map(|outgoing| match outgoing {
                Outgoing::Audio(frame) => format!("audio {} at {}", frame.seq, frame.position),
                Outgoing::Message { seq: Some(seq), .. } => format!("message {seq}"),
                Outgoing::Message { seq: None, .. } => "connection".to_owned(),
            })
            .collect()
    }

    #[test]
    fn messages_and_frames_count_apart_and_keep_their_order() {
        let mut outbox = Outbox::default();
        outbox.message(notice());
        audio(&mut outbox, TURN, 0, 10);
        outbox.message(notice());
        audio(&mut outbox, TURN, 10, 10);
        assert_eq!(
            drain(&mut outbox),
            ["message 0", "audio 0 at 0", "message 1", "audio 1 at 10"]
        );
        assert!(outbox.is_empty());
    }

    #[test]
    fn long_audio_is_cut_into_frames() {
        let mut outbox = Outbox::default();
        post(
            &mut outbox,
            Event::Audio {
                turn: TURN,
                position: 5,
                samples: vec![0; FRAME_SAMPLES + 1],
                is_last: true,
            },
        );
        let frames: Vec<Outgoing> = std::iter::from_fn(|| outbox.pop()).collect();
        let ends: Vec<bool> = frames
            .iter()
            .map(|out| matches!(out, Outgoing::Audio(frame) if frame.is_last))
            .collect();
        assert_eq!(ends, [false, true]);
        assert!(matches!(&frames[1], Outgoing::Audio(frame) if frame.position == 5 + FRAME_SAMPLES as u64));
    }

    #[test]
    fn a_cut_turn_leaves_no_audio() {
        let mut outbox = Outbox::default();
        let next = TURN.next().unwrap();
        audio(&mut outbox, TURN, 0, 10);
        audio(&mut outbox, next, 0, 10);
        post(
            &mut outbox,
            Event::Interrupted {
                turn: TURN,
                at: SessionTime::ZERO,
                reason: InterruptReason::Speech,
            },
        );
        assert_eq!(drain(&mut outbox), ["audio 0 at 0", "message 0"]);
        assert_eq!(outbox.unsent_bytes, 0);
    }

    #[test]
    fn a_client_that_comes_back_gets_what_it_missed() {
        let mut outbox = Outbox::default();
        for position in 0..4 {
            audio(&mut outbox, TURN, position, 1);
            outbox.message(notice());
        }
        drain(&mut outbox);
        outbox.message(notice());
        assert!(outbox.resume(notice(), Some(1), Some(2)));
        let expected = [
            "connection",
            "audio 2 at 2",
            "audio 3 at 3",
            "message 3",
            "message 4",
        ];
        assert_eq!(drain(&mut outbox), expected);
        assert!(
            outbox.resume(notice(), Some(3), Some(4)),
            "a second time there is nothing to repeat"
        );
        assert_eq!(drain(&mut outbox), ["connection"]);
    }

    #[test]
    fn what_is_gone_is_admitted() {
        let mut outbox = Outbox::default();
        for position in 0..100 {
            audio(&mut outbox, TURN, position * 8_000, 8_000);
            drain(&mut outbox);
        }
        assert!(outbox.sent_bytes <= KEPT_BYTES);
        assert!(!outbox.resume(notice(), Some(3), None));
    }

    #[test]
    fn a_client_that_missed_only_what_was_cut_missed_nothing() {
        let mut outbox = Outbox::default();
        for position in 0..4 {
            audio(&mut outbox, TURN, position, 1);
        }
        drain(&mut outbox);
        let reason = InterruptReason::Speech;
        let at = SessionTime::ZERO;
        post(
            &mut outbox,
            Event::Interrupted {
                turn: TURN,
                at,
                reason,
            },
        );
        audio(&mut outbox, TURN.next().unwrap(), 0, 1);
        drain(&mut outbox);
        assert!(outbox.resume(notice(), Some(1), None));
        assert_eq!(drain(&mut outbox), ["connection", "audio 4 at 0"]);
    }

    #[test]
    fn an_answer_that_was_heard_is_not_kept() {
        for (last_audio, is_whole) in [(2, false), (3, true)] {
            let mut outbox = Outbox::default();
            for position in 0..4 {
                audio(&mut outbox, TURN, position, 1);
            }
            drain(&mut outbox);
            let ended = Event::ResponseEnded {
                turn: TURN,
                interruption: None,
                latency: LatencyMetrics::default(),
                usage: None,
            };
            post(&mut outbox, ended);
            assert_eq!((outbox.sent_bytes, outbox.sent.len()), (0, 0));
            assert_eq!(outbox.resume(notice(), Some(last_audio), None), is_whole);
        }
    }

    #[test]
    fn a_client_that_has_got_more_than_was_sent_is_not_believed() {
        let mut outbox = Outbox::default();
        audio(&mut outbox, TURN, 0, 1);
        drain(&mut outbox);
        assert!(!outbox.resume(notice(), Some(7), None));
    }

    #[test]
    fn a_client_may_come_back_twice() {
        let mut outbox = Outbox::default();
        for position in 0..4 {
            audio(&mut outbox, TURN, position, 1);
            outbox.message(notice());
        }
        drain(&mut outbox);
        assert!(outbox.resume(notice(), Some(0), Some(0)));
        for _ in 0..4 {
            outbox.pop();
        }
        assert!(outbox.resume(notice(), Some(1), Some(1)));
        let expected = [
            "connection",
            "audio 2 at 2",
            "message 2",
            "audio 3 at 3",
            "message 3",
        ];
        assert_eq!(drain(&mut outbox), expected);
        assert!(
            !outbox.resume(notice(), Some(0), Some(3)),
            "it had said that it has that"
        );
    }

    #[test]
    fn text_alone_fills_it_too() {
        let mut outbox = Outbox::default();
        for _ in 0..FULL_ENTRIES {
            assert!(!outbox.is_full());
            outbox.message(notice());
        }
        assert!(outbox.is_full());
        drain(&mut outbox);
        assert_eq!(outbox.sent.len(), KEPT_ENTRIES);
    }

    #[test]
    fn a_full_outbox_says_so() {
        let mut outbox = Outbox::default();
        audio(&mut outbox, TURN, 0, FULL_BYTES / 2);
        assert!(outbox.is_full());
        outbox.pop();
        assert!(!outbox.is_full());
    }
}
