use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use js_sys::{Array, ArrayBuffer, Float32Array, Int16Array, Uint8Array};
use viva_audio::SampleRate;
use viva_protocol::ws::AudioFrame;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, MessagePort, ReadableStream};

use crate::browser::{instance, number, object};
use crate::ears::Ears;
use crate::tap::Tap;
use crate::{CapturedFrame, Feed, Framer, PlaybackBlock, sample_rate};

/// Begins to listen for the page's messages. Messages to the worker:
///
/// - `{capture: MessagePort, rate}`: the capture worklet posts `{frame, samples}` there;
/// - `{tap: ReadableStream}`: the microphone's track itself, instead of the capture worklet;
/// - `{playback: MessagePort, rate}`: the playback worklet takes `{turn, samples, last}`, `{pause}` and `{resume}` there, and
///   posts `{heard, loudest}`;
/// - `{answer: ArrayBuffer}`: a binary message with the AI's audio;
/// - `{drop: turn}`: answers up to this turn were cut;
/// - `{interruptible, threshold, bargeInThreshold, minSpeech, silence}`: when playback pauses because the user speaks.
///
/// From it: `{ready}` once it listens, and for each 20 ms of the user's audio `{samples, rms, peak, clipped, echo}` with `context`
/// (from the worklet) or `device` (from the track).
pub fn run() {
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
    capture: Option<Source>,
    playback: Option<Playback>,
    ears: Rc<RefCell<Ears>>,
}

/// Feeds the playback worklet, and hears from it how loud it is, until it is dropped.
struct Playback {
    port: MessagePort,
    feed: Feed,
    _on_level: Closure<dyn FnMut(MessageEvent)>,
}

/// Where the user's audio comes from; dropping it lets go of it.
enum Source {
    Worklet { _capture: Capture },
    Track { _tap: Tap },
}

/// Listens to the capture worklet until it is dropped.
struct Capture {
    port: MessagePort,
    _on_block: Closure<dyn FnMut(MessageEvent)>,
}

impl Worker {
    fn take(&mut self, message: &JsValue) {
        if let Some(port) = instance(message, "capture") {
            self.ears.borrow_mut().change_microphone();
            let ears = Rc::clone(&self.ears);
            self.capture = rate(message).map(|rate| Source::Worklet {
                _capture: Capture::new(port, rate, ears),
            });
        } else if let Some(stream) = instance::<ReadableStream>(message, "tap") {
            self.ears.borrow_mut().change_microphone();
            let ears = Rc::clone(&self.ears);
            let hearing = Rc::clone(&ears);
            let tap = Tap::new(
                &stream,
                move |samples| hearing.borrow_mut().hear(samples),
                move |frame, ms| send_frame(frame, ("device", ms), &ears.borrow()),
            );
            self.capture = Some(Source::Track { _tap: tap });
        } else if let Some(port) = instance(message, "playback") {
            self.playback = rate(message).map(|rate| Playback::new(port, rate, &self.ears));
        } else if let Some(answer) = instance::<ArrayBuffer>(message, "answer") {
            self.play(&answer);
        } else if let Some(turn_number) = number(message, "drop")
            && let Some(playback) = &mut self.playback
        {
            playback.feed.drop_to(turn(turn_number));
            self.ears.borrow_mut().cut();
        } else {
            self.ears.borrow_mut().set(message);
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
        ears.borrow_mut().order(port.clone());
        let ears = Rc::clone(ears);
        let on_level = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            ears.borrow_mut().played(&event.data());
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
            for frame in &captured {
                send_frame(frame, ("context", frame.context_s), &ears.borrow());
            }
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
    sample_rate(number(message, "rate")?)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "turn numbers have 16 bits"
)]
fn turn(number: f64) -> u16 {
    number as u16
}

fn send_frame(frame: &CapturedFrame, (clock, time): (&str, f64), ears: &Ears) {
    let samples = Int16Array::from(frame.samples.as_slice());
    let message = object(&[
        ("samples", &samples),
        (clock, &time.into()),
        ("rms", &frame.level.rms_dbfs.into()),
        ("peak", &frame.level.peak_dbfs.into()),
        ("clipped", &frame.level.clipped.into()),
        ("echo", &ears.hear_the_ai().into()),
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
