//! The AI's audio: what arrives, what is played, what the server is told about it.

use js_sys::{ArrayBuffer, Uint8Array};
use leptos::prelude::*;
use viva_audio::level::amplitude_dbfs;
use viva_audio_worker::WIRE_RATE;
use viva_protocol::ws::{
    AudioFrame, ClientMessage, FrameKind, HEADER_BYTES, Interrupt, PlaybackEvent, PlaybackReport,
};

use super::actor::Actor;
use crate::audio::{Played, PlayedKind};
use crate::state::meter::position;

/// The answer that arrives or plays.
#[derive(Debug, Default)]
pub(super) struct Playing {
    /// Its turn; 0 before the first.
    turn_number: u16,
    /// How much of it has arrived, in ms.
    received_ms: f64,
    /// How much of it has been played, in ms.
    played_ms: f64,
    /// Whether the worklet has something of it to play.
    active: bool,
    /// Samples of earlier answers that were played, at the output's rate.
    earlier_samples: f64,
}

impl Playing {
    fn begin(&mut self, turn_number: u16) {
        *self = Self {
            turn_number,
            earlier_samples: self.earlier_samples,
            ..Self::default()
        };
    }
}

impl Actor {
    pub(super) fn on_answer_audio(&mut self, buffer: &ArrayBuffer) {
        let bytes = buffer.byte_length() as usize;
        let header = Uint8Array::new(buffer)
            .subarray(0, u32::try_from(HEADER_BYTES).unwrap_or(u32::MAX))
            .to_vec();
        // The header alone is a frame without samples.
        let Ok(frame) = AudioFrame::decode(header.into()) else {
            return;
        };
        if frame.kind != FrameKind::Ai {
            return;
        }
        self.received_frame(frame.seq);
        if self.playing.turn_number != frame.turn_number {
            self.playing.begin(frame.turn_number);
        }
        let samples = bytes.saturating_sub(HEADER_BYTES) / 2;
        #[expect(
            clippy::cast_precision_loss,
            reason = "a message has at most some 10,000 samples"
        )]
        let ms = samples as f64 * 1_000.0 / f64::from(WIRE_RATE.hz());
        self.playing.received_ms += ms;
        self.playing.active = true;
        if let Some(rig) = &self.rig {
            rig.play(buffer);
        }
    }

    /// *Interrupt*: silence first, then tell.
    pub(super) fn interrupt(&mut self) {
        if !self.talk_phase().is_live() {
            return;
        }
        let played_ms = self.playing.active.then_some(self.playing.played_ms);
        if self.playing.active {
            self.flush(self.playing.turn_number);
        }
        self.send(ClientMessage::Interrupt(Interrupt { played_ms }));
    }

    /// The server says that this answer was cut.
    pub(super) fn silence(&mut self, turn_number: u16) {
        self.flush(turn_number);
        let played_ms = if self.playing.turn_number == turn_number {
            self.playing.played_ms
        } else {
            0.0
        };
        self.cut(turn_number, played_ms);
    }

    fn flush(&mut self, turn_number: u16) {
        if let Some(rig) = &self.rig {
            rig.flush(turn_number);
        }
    }

    fn cut(&mut self, turn_number: u16, played_ms: f64) {
        let received_ms = if self.playing.turn_number == turn_number {
            self.playing.received_ms
        } else {
            0.0
        };
        self.talk
            .conversation
            .update(|conversation| conversation.lines.cut(turn_number, played_ms, received_ms));
    }

    pub(super) fn on_played(&mut self, played: Played) {
        match played {
            Played::Level { rms, peak } => self.show_level(rms, peak),
            Played::Event {
                kind,
                turn_number,
                context_s,
                samples,
            } => {
                self.on_played_event(kind, turn_number, context_s, samples);
            }
        }
    }

    fn show_level(&self, rms: f64, peak: f64) {
        self.talk
            .strip
            .update_value(|strip| strip.push_ai(position(amplitude_dbfs(rms))));
        if peak > self.talk.played.with_untracked(|played| played.peak) {
            self.talk.played.update(|played| played.peak = peak);
        }
    }

    fn on_played_event(&mut self, kind: PlayedKind, turn_number: u16, context_s: f64, samples: f64) {
        let Some(rig) = &self.rig else { return };
        let played_ms = samples * 1_000.0 / f64::from(rig.output().rate());
        let at = rig.output().audible_at_ms(context_s);
        if self.playing.turn_number == turn_number {
            self.playing.played_ms = played_ms;
        }
        self.count(kind, turn_number, samples);
        let event = match kind {
            PlayedKind::Started => PlaybackEvent::Started,
            PlayedKind::Progress => PlaybackEvent::Progress,
            PlayedKind::Paused => PlaybackEvent::Paused,
            PlayedKind::Resumed => PlaybackEvent::Resumed,
            PlayedKind::Finished => PlaybackEvent::Finished,
            PlayedKind::Stopped => PlaybackEvent::Stopped,
            PlayedKind::Underrun => return,
        };
        if event == PlaybackEvent::Stopped {
            self.cut(turn_number, played_ms);
        }
        self.send(ClientMessage::Playback(PlaybackReport {
            turn_number,
            event,
            played_ms,
            at,
        }));
    }

    /// Keeps the totals of what was really played.
    fn count(&mut self, kind: PlayedKind, turn_number: u16, samples: f64) {
        let total = self.playing.earlier_samples + samples;
        if matches!(kind, PlayedKind::Finished | PlayedKind::Stopped) {
            self.playing.earlier_samples = total;
            // All of the next answer may have arrived by now.
            self.playing.active &= self.playing.turn_number != turn_number;
        }
        self.talk.played.update(|played| {
            played.samples = total;
            played.underruns += u32::from(kind == PlayedKind::Underrun);
        });
    }
}
