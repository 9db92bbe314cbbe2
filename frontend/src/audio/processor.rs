use std::rc::Rc;

use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, ArrayBuffer, Int16Array, Promise};
use viva_audio::{Interruptible, Level, TurnDetection};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ErrorEvent, MessageEvent, MessagePort, ReadableStream, Worker, WorkerOptions, WorkerType};

use super::{AudioProblem, RigEvent, RigListener};
use crate::browser::{self, instance, number, object, property};

/// A file that has not come after this time will not come.
const LOAD_TIMEOUT_MS: u32 = 10_000;

/// 20 ms of the user's audio, as the audio worker hands it over.
#[derive(Debug)]
pub struct Captured {
    /// PCM16 at the wire's rate.
    pub samples: Vec<i16>,
    /// When its first sample was captured.
    pub stamp: CaptureStamp,
    /// How loud it is.
    pub level: Level,
    /// Whether it was found that the microphone hears the AI.
    pub hears_the_ai: bool,
}

/// When a sample was captured, as far as the browser tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CaptureStamp {
    /// It came from the device at this moment, in ms of `performance.now()`.
    Device(f64),
    /// The capturing context got to it at this time of its own, in seconds: it was captured some time before.
    Context(f64),
}

/// The page's end of the audio worker.
pub struct AudioProcessor {
    worker: Worker,
    on_message: Closure<dyn FnMut(MessageEvent)>,
    on_error: Closure<dyn FnMut(ErrorEvent)>,
}

impl AudioProcessor {
    /// Starts the worker and waits until it listens.
    ///
    /// # Errors
    /// [`AudioProblem`] when its files do not load or the browser threw.
    pub async fn start(listener: RigListener) -> Result<Self, AudioProblem> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let script = asset("audio-worker.js")?;
        let worker = Worker::new_with_options(&script, &options)?;
        let on_broken = Rc::clone(&listener);
        let on_error = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
            on_broken(RigEvent::Broken(event.message()));
        });
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(captured) = captured(&event.data()) {
                listener(RigEvent::Captured(captured));
            }
        });
        // From here on the worker ends with what holds it.
        let processor = Self {
            worker,
            on_message,
            on_error,
        };
        await_ready(&processor.worker).await?;
        let listener = processor.on_message.as_ref().unchecked_ref();
        processor.worker.set_onmessage(Some(listener));
        let listener = processor.on_error.as_ref().unchecked_ref();
        processor.worker.set_onerror(Some(listener));
        Ok(processor)
    }

    /// Takes audio from the capture worklet at the other end of this port.
    pub fn listen_to(&self, port: &MessagePort, rate: f32) {
        self.connect("capture", port, rate);
    }

    /// Takes audio from a track itself.
    ///
    /// # Errors
    /// What the browser threw when it cannot hand the stream over to the worker.
    pub fn tap(&self, stream: &ReadableStream) -> Result<(), JsValue> {
        let message = object(&[("tap", stream)]);
        self.worker
            .post_message_with_transfer(&message, &Array::of1(stream))
    }

    /// Gives answers to the playback worklet at the other end of this port.
    pub fn play_to(&self, port: &MessagePort, rate: f32) {
        self.connect("playback", port, rate);
    }

    /// Plays a binary message with the AI's audio. The buffer is gone afterwards.
    pub fn play(&self, answer: &ArrayBuffer) {
        self.post(&object(&[("answer", answer)]), &Array::of1(answer));
    }

    /// Drops the answers up to this turn.
    pub fn drop_to(&self, turn_number: u16) {
        self.post(&object(&[("drop", &turn_number.into())]), &Array::new());
    }

    /// When playback pauses because the user speaks.
    pub fn listen_over_ai(&self, settings: TurnDetection, interruptible: Interruptible) {
        let interruptible = interruptible == Interruptible::Yes;
        let message = object(&[
            ("interruptible", &interruptible.into()),
            ("threshold", &settings.threshold.into()),
            ("bargeInThreshold", &settings.barge_in_threshold.into()),
            ("minSpeech", &settings.min_speech_ms.into()),
            ("silence", &settings.silence_ms.into()),
        ]);
        self.post(&message, &Array::new());
    }

    fn connect(&self, what: &str, port: &MessagePort, rate: f32) {
        self.post(
            &object(&[(what, port), ("rate", &rate.into())]),
            &Array::of1(port),
        );
    }

    fn post(&self, message: &JsValue, transfer: &Array) {
        // Posting fails only when something cannot be cloned; all messages here can.
        let _ = self.worker.post_message_with_transfer(message, transfer);
    }
}

impl Drop for AudioProcessor {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

pub(super) fn asset(name: &str) -> Result<String, JsValue> {
    browser::asset(name).ok_or_else(|| JsValue::from_str("the document does not say where its files are"))
}

/// Waits for a file of the page.
///
/// # Errors
/// [`AudioProblem::NotLoaded`] when it cannot be had, or not in time.
pub(super) async fn loaded(loading: Promise) -> Result<JsValue, AudioProblem> {
    match select(JsFuture::from(loading), TimeoutFuture::new(LOAD_TIMEOUT_MS)).await {
        Either::Left((outcome, _)) => outcome.map_err(|thrown| AudioProblem::not_loaded(&thrown)),
        Either::Right(_) => Err(AudioProblem::not_loaded(&JsValue::NULL)),
    }
}

/// Says where the worker's bundle is and waits for `{ready}`.
async fn await_ready(worker: &Worker) -> Result<(), AudioProblem> {
    let location = web_sys::window()
        .and_then(|window| window.location().origin().ok())
        .unwrap_or_default();
    let url = |name: &str| Ok::<_, JsValue>(JsValue::from_str(&format!("{location}{}", asset(name)?)));
    let (script, wasm) = (url("worker.js")?, url("worker.wasm")?);
    let ready = Promise::new(&mut |resolve, reject| {
        worker.set_onmessage(Some(&resolve));
        worker.set_onerror(Some(&reject));
    });
    worker.post_message(&object(&[("script", &script), ("wasm", &wasm)]))?;
    let answer = loaded(ready).await;
    worker.set_onerror(None);
    let failed = property(&property(&answer?, "data"), "failed");
    if failed.is_undefined() {
        Ok(())
    } else {
        Err(AudioProblem::not_loaded(&failed))
    }
}

fn captured(message: &JsValue) -> Option<Captured> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "they were f32 before JavaScript made them f64"
    )]
    let level = Level {
        rms_dbfs: number(message, "rms")? as f32,
        peak_dbfs: number(message, "peak")? as f32,
        clipped: property(message, "clipped").is_truthy(),
    };
    let samples = instance::<Int16Array>(message, "samples")?.to_vec();
    Some(Captured {
        samples,
        stamp: match number(message, "device") {
            Some(ms) => CaptureStamp::Device(ms - browser::origin_ms()),
            None => CaptureStamp::Context(number(message, "context")?),
        },
        level,
        hears_the_ai: property(message, "echo").is_truthy(),
    })
}
