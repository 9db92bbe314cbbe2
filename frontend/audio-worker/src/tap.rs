use js_sys::Object;
use viva_audio::SampleRate;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{ReadableStream, ReadableStreamDefaultReader, WorkerGlobalScope};

use crate::browser::{forgive, object, property};
use crate::{CapturedFrame, ClockMap, Framer, sample_rate};

/// Audio that arrives later than this was not stamped by the clock that it is read by.
const LATEST_MS: f64 = 500.0;

#[wasm_bindgen]
extern "C" {
    /// A piece of audio (W3C `WebCodecs`, 9.2).
    type AudioData;
    /// When its first sample was captured, in µs. Of a microphone in Chromium: on the `performance.now()` of the window or worker
    /// that reads it.
    #[wasm_bindgen(method, getter)]
    fn timestamp(this: &AudioData) -> f64;
    #[wasm_bindgen(method, getter, js_name = numberOfFrames)]
    fn number_of_frames(this: &AudioData) -> u32;
    #[wasm_bindgen(method, getter, js_name = sampleRate)]
    fn sample_rate(this: &AudioData) -> f64;
    #[wasm_bindgen(method, catch, js_name = copyTo)]
    fn copy_to(this: &AudioData, to: &mut [f32], options: &Object) -> Result<(), JsValue>;
    #[wasm_bindgen(method)]
    fn close(this: &AudioData);
}

/// Reads a track's audio until it is dropped.
pub(super) struct Tap {
    reader: ReadableStreamDefaultReader,
}

impl Tap {
    /// Lets `hear` have the samples as they come, and hands every frame of 20 ms on, with the moment at which its first sample
    /// was captured, in ms since 1970.
    pub(super) fn new(
        stream: &ReadableStream,
        mut hear: impl FnMut(&[i16]) + 'static,
        mut hand_on: impl FnMut(&CapturedFrame, f64) + 'static,
    ) -> Self {
        let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
        let reads = reader.clone();
        spawn_local(async move {
            let mut stamped = None;
            while let Some(data) = next(&reads).await {
                take(&data, &mut stamped, &mut hear, &mut hand_on);
                data.close();
            }
        });
        Self { reader }
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        forgive(Ok(self.reader.cancel()));
    }
}

/// Frames of one rate, and when their samples were captured.
struct Stamped {
    rate: SampleRate,
    framer: Framer,
    /// From counted samples to the page's time.
    clock: ClockMap,
    taken: i64,
    samples: Vec<f32>,
}

impl Stamped {
    fn new(rate: SampleRate) -> Self {
        Self {
            rate,
            framer: Framer::new(rate),
            clock: ClockMap::default(),
            taken: 0,
            samples: Vec::new(),
        }
    }
}

fn take(
    data: &AudioData,
    stamped: &mut Option<Stamped>,
    hear: &mut impl FnMut(&[i16]),
    hand_on: &mut impl FnMut(&CapturedFrame, f64),
) {
    let Some(rate) = sample_rate(data.sample_rate()) else {
        return;
    };
    let stamped = match stamped {
        Some(stamped) if stamped.rate == rate => stamped,
        other => other.insert(Stamped::new(rate)),
    };
    let frames = data.number_of_frames();
    stamped.samples.resize(frames as usize, 0.0);
    if data.copy_to(&mut stamped.samples, &first_channel()).is_err() {
        return;
    }
    let counted_s = stamped.taken as f64 / f64::from(rate.hz());
    let length_ms = f64::from(frames) * 1_000.0 / f64::from(rate.hz());
    stamped
        .clock
        .observe(counted_s, captured_at_ms(data.timestamp() / 1_000.0, length_ms));
    let mut captured = Vec::new();
    stamped
        .framer
        .push(stamped.taken, &stamped.samples, &mut captured);
    stamped.taken += i64::from(frames);
    hear(stamped.framer.fresh());
    for frame in &captured {
        if let Some(captured_ms) = stamped.clock.performance_ms(frame.context_s) {
            hand_on(frame, captured_ms);
        }
    }
}

/// When a piece of audio was captured that has just arrived, in ms since 1970. Its stamp is on the clock of the global scope
/// that reads it, which is this one; one that cannot be is of another clock, and then the arrival has to do.
fn captured_at_ms(stamp_ms: f64, length_ms: f64) -> f64 {
    let clock = scope_clock();
    let arrived_ms = clock.now();
    let is_plausible = (0.0..LATEST_MS).contains(&(arrived_ms - length_ms - stamp_ms));
    let captured_ms = if is_plausible {
        stamp_ms
    } else {
        arrived_ms - length_ms
    };
    clock.time_origin() + captured_ms
}

fn scope_clock() -> web_sys::Performance {
    let scope: WorkerGlobalScope = js_sys::global().unchecked_into();
    scope.performance().expect("every worker has a clock")
}

fn first_channel() -> Object {
    object(&[
        ("planeIndex", &0.into()),
        ("format", &JsValue::from_str("f32-planar")),
    ])
}

async fn next(reader: &ReadableStreamDefaultReader) -> Option<AudioData> {
    let read = JsFuture::from(reader.read()).await.ok()?;
    let value = property(&read, "value");
    // After the end there is no value.
    (!value.is_undefined()).then(|| value.unchecked_into())
}
