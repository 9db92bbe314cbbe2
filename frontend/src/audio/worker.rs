//! The inside of the audio worker. Messages to it:
//!
//! - `{capture: MessagePort, rate}`: the capture worklet posts `{frame, samples}` there;
//! - `{playback: MessagePort, rate}`: the playback worklet takes `{turn, samples, last}`, `{pause}` and `{resume}` there, and
//!   posts `{heard, loudest}`;
//! - `{answer: ArrayBuffer}`: a binary message with the AI's audio;
//! - `{drop: turn}`: answers up to this turn were cut;
//! - `{interruptible, threshold, bargeInThreshold, minSpeech}`: when playback pauses because the user speaks.
//!
//! From it: `{ready}` once it listens, and for each 20 ms of the user's audio `{samples, context, rms, peak, clipped}`.

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use js_sys::{Array, ArrayBuffer, Float32Array, Int16Array, Uint8Array};
use viva_audio::{BargeIn, Interruptible, Reaction, SampleRate, TurnDetection};
use viva_protocol::ws::AudioFrame;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, MessagePort};

use super::{CapturedFrame, Feed, Framer, PlaybackBlock, WIRE_RATE};
use crate::browser::{instance, number, object, property};

/// Starts the audio worker. Called by `assets/audio-worker.js` inside the worker.
#[wasm_bindgen]
pub fn audio_worker_main() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let mut worker = Worker::default();
    let on_message =
        Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| worker.take(&event.data()));
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    post(&object(&[("ready", &JsValue::TRUE)]), &Array::new());
}

#[derive(Default)]
struct Worker {
    capture: Option<Capture>,
    playback: Option<Playback>,
    ears: Rc<RefCell<Ears>>,
}

/// Hears whether the user speaks over the AI, and lets playback pause without asking anybody.
struct Ears {
    barge_in: BargeIn,
    player: Option<MessagePort>,
}

impl Default for Ears {
    fn default() -> Self {
        Self {
            barge_in: BargeIn::new(WIRE_RATE, TurnDetection::default(), Interruptible::No),
            player: None,
        }
    }
}

impl Ears {
    fn hear(&mut self, samples: &[i16]) {
        let order = match self.barge_in.push(samples) {
            Some(Reaction::Pause) => "pause",
            Some(Reaction::Resume) => "resume",
            None => return,
        };
        if let Some(player) = &self.player {
            // Posting fails only when something cannot be cloned; this can.
            let _ = player.post_message(&object(&[(order, &JsValue::TRUE)]));
        }
    }
}

/// Feeds the playback worklet, and hears from it how loud it is, until it is dropped.
struct Playback {
    port: MessagePort,
    feed: Feed,
    _on_level: Closure<dyn FnMut(MessageEvent)>,
}

/// Listens to the capture worklet until it is dropped.
struct Capture {
    port: MessagePort,
    _on_block: Closure<dyn FnMut(MessageEvent)>,
}

impl Worker {
    fn take(&mut self, message: &JsValue) {
        if let Some(port) = instance(message, "capture") {
            self.capture = rate(message).map(|rate| Capture::new(port, rate, Rc::clone(&self.ears)));
        } else if let Some(port) = instance(message, "playback") {
            self.playback = rate(message).map(|rate| Playback::new(port, rate, &self.ears));
        } else if let Some(answer) = instance::<ArrayBuffer>(message, "answer") {
            self.play(&answer);
        } else if let Some(turn_number) = number(message, "drop")
            && let Some(playback) = &mut self.playback
        {
            playback.feed.drop_to(turn(turn_number));
            self.ears.borrow_mut().barge_in.cut();
        } else if let Some((settings, interruptible)) = turn_taking(message) {
            self.ears.borrow_mut().barge_in.set(settings, interruptible);
        }
    }

    fn play(&mut self, answer: &ArrayBuffer) {
        let Some(playback) = &mut self.playback else {
            return;
        };
        let Ok(frame) = AudioFrame::decode(Bytes::from(Uint8Array::new(answer).to_vec())) else {
            return;
        };
        if let Some(block) = playback.feed.push(&frame) {
            send_block(&playback.port, &block);
        }
    }
}

impl Playback {
    fn new(port: MessagePort, rate: SampleRate, ears: &Rc<RefCell<Ears>>) -> Self {
        ears.borrow_mut().player = Some(port.clone());
        let ears = Rc::clone(ears);
        let on_level = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let message = event.data();
            let heard = property(&message, "heard").is_truthy();
            let loudest = number(&message, "loudest").filter(|_| heard).map(dbfs);
            ears.borrow_mut().barge_in.played(loudest);
        });
        port.set_onmessage(Some(on_level.as_ref().unchecked_ref()));
        Self {
            port,
            feed: Feed::new(rate),
            _on_level: on_level,
        }
    }
}

impl Drop for Playback {
    fn drop(&mut self) {
        self.port.set_onmessage(None);
    }
}

impl Capture {
    fn new(port: MessagePort, rate: SampleRate, ears: Rc<RefCell<Ears>>) -> Self {
        let framer = Rc::new(RefCell::new(Framer::new(rate)));
        let on_block = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let message = event.data();
            let (Some(first), Some(samples)) = (
                number(&message, "frame"),
                instance::<Float32Array>(&message, "samples"),
            ) else {
                return;
            };
            let mut captured = Vec::new();
            let mut framer = framer.borrow_mut();
            #[expect(
                clippy::cast_possible_truncation,
                reason = "frame numbers are whole and below 2^53"
            )]
            framer.push(first as i64, &samples.to_vec(), &mut captured);
            ears.borrow_mut().hear(framer.fresh());
            captured.iter().for_each(send_frame);
        });
        port.set_onmessage(Some(on_block.as_ref().unchecked_ref()));
        Self {
            port,
            _on_block: on_block,
        }
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.port.set_onmessage(None);
        self.port.close();
    }
}

fn rate(message: &JsValue) -> Option<SampleRate> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate is a small whole number"
    )]
    SampleRate::new(number(message, "rate")? as u32).ok()
}

/// An amplitude in dBFS.
fn dbfs(amplitude: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "a level needs no more than f32")]
    let dbfs = (20.0 * amplitude.max(1e-5).log10()) as f32;
    dbfs
}

fn turn_taking(message: &JsValue) -> Option<(TurnDetection, Interruptible)> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "they were f32 and u32 before JavaScript made them f64"
    )]
    let settings = TurnDetection {
        threshold: number(message, "threshold")? as f32,
        barge_in_threshold: number(message, "bargeInThreshold")? as f32,
        min_speech_ms: number(message, "minSpeech")? as u32,
        ..TurnDetection::default()
    };
    let interruptible = if property(message, "interruptible").is_truthy() {
        Interruptible::Yes
    } else {
        Interruptible::No
    };
    Some((settings, interruptible))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "turn numbers have 16 bits"
)]
fn turn(number: f64) -> u16 {
    number as u16
}

fn send_frame(frame: &CapturedFrame) {
    let samples = Int16Array::from(frame.samples.as_slice());
    let message = object(&[
        ("samples", &samples),
        ("context", &frame.context_s.into()),
        ("rms", &frame.level.rms_dbfs.into()),
        ("peak", &frame.level.peak_dbfs.into()),
        ("clipped", &frame.level.clipped.into()),
    ]);
    post(&message, &Array::of1(&samples.buffer()));
}

fn send_block(port: &MessagePort, block: &PlaybackBlock) {
    let samples = Float32Array::from(block.samples.as_slice());
    let message = object(&[
        ("turn", &block.turn_number.into()),
        ("samples", &samples),
        ("last", &block.is_last.into()),
    ]);
    // Posting fails only when something cannot be cloned; these can.
    let _ = port.post_message_with_transferable(&message, &Array::of1(&samples.buffer()));
}

fn post(message: &JsValue, transfer: &Array) {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    // Posting fails only when something cannot be cloned; all messages here can.
    let _ = scope.post_message_with_transfer(message, transfer);
}
