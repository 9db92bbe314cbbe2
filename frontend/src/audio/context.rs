use std::cell::Cell;

use viva_audio_worker::{ClockMap, sample_rate};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AudioContext, AudioContextOptions, AudioContextState, AudioWorkletNode, MessageChannel};

use super::AudioProblem;
use super::processor::{asset, loaded};
use crate::browser::{TimedContext, forgive, now_ms, object};

/// The rate to ask for when the device's own is none that can be resampled.
const FALLBACK_HZ: f32 = 48_000.0;

/// An `AudioContext` with its place on the time line of `performance.now()`. Closed when it is dropped.
pub struct Output {
    context: AudioContext,
    clock: Cell<ClockMap>,
}

impl Output {
    /// Opens the audio output and unlocks it. Browsers allow this only inside the click that asks for it.
    ///
    /// # Errors
    /// What the browser threw.
    pub fn unlock() -> Result<Self, JsValue> {
        let native = AudioContext::new()?;
        let context = if sample_rate(native.sample_rate().into()).is_some() {
            native
        } else {
            // Closing fails only for a context that is closed already.
            forgive(native.close());
            context_at(FALLBACK_HZ)?
        };
        // Starting inside the click is what counts; what does not run is tried again and told.
        forgive(context.resume());
        Ok(Self {
            context,
            clock: Cell::default(),
        })
    }

    /// Another context at a given rate, for a microphone that does not run at this one's.
    ///
    /// # Errors
    /// What the browser threw, or that the rate is not supported.
    pub fn at_rate(rate: f32) -> Result<Self, JsValue> {
        let rate = sample_rate(rate.into()).map_or(FALLBACK_HZ, |_| rate);
        Ok(Self {
            context: context_at(rate)?,
            clock: Cell::default(),
        })
    }

    /// The context.
    pub fn context(&self) -> &AudioContext {
        &self.context
    }

    /// Samples per second.
    pub fn rate(&self) -> f32 {
        self.context.sample_rate()
    }

    /// Runs again after the system stopped it, as phones do for calls. Says whether it runs already.
    pub fn keep_running(&self) -> bool {
        let runs = self.context.state() == AudioContextState::Running;
        if !runs {
            // While a call lasts this is refused; whoever asks often enough tells the person.
            forgive(self.context.resume());
        }
        runs
    }

    /// Plays through another device, where the browser can choose (empty: the system's choice). Says whether it does; a
    /// device that is gone leaves the output where it is.
    pub fn choose_speaker(&self, device: &str) -> impl Future<Output = bool> + 'static + use<> {
        let chosen = self.timed().set_sink_id(device);
        async move {
            match chosen {
                Ok(chosen) => JsFuture::from(chosen).await.is_ok(),
                Err(_) => false,
            }
        }
    }

    /// Loads a worklet of the bundle and makes its node.
    ///
    /// # Errors
    /// [`AudioProblem`] when it does not load or the browser threw.
    pub async fn worklet(&self, file: &str, processor: &str) -> Result<AudioWorkletNode, AudioProblem> {
        loaded(self.context.audio_worklet()?.add_module(&asset(file)?)?).await?;
        Ok(AudioWorkletNode::new(&self.context, processor)?)
    }

    /// Looks at where the output is now. To be called with every frame.
    pub fn observe(&self) {
        let (context_s, performance_ms) = self.position();
        let mut clock = self.clock.get();
        clock.observe(context_s, performance_ms);
        self.clock.set(clock);
    }

    /// When a sample of this context is audible, in ms of `performance.now()`.
    pub fn audible_at_ms(&self, context_s: f64) -> f64 {
        self.clock.get().performance_ms(context_s).unwrap_or_else(|| {
            let (now_s, performance_ms) = self.position();
            performance_ms + (context_s - now_s) * 1_000.0
        })
    }

    /// When this context computed a sample, in ms of `performance.now()`: earlier than it is audible by the output's latency.
    pub fn rendered_at_ms(&self, context_s: f64) -> f64 {
        self.audible_at_ms(context_s) - self.latency_ms()
    }

    /// A moment of the context and when it is audible. Safari answers zeros until it plays; then the latency must do.
    fn position(&self) -> (f64, f64) {
        let timestamp = self.timed().output_timestamp().ok();
        let known = timestamp.and_then(|stamp| Some((stamp.context_time()?, stamp.performance_time()?)));
        known
            .filter(|(context_s, performance_ms)| *context_s > 0.0 && *performance_ms > 0.0)
            .unwrap_or_else(|| (self.context.current_time(), now_ms() + self.latency_ms()))
    }

    fn latency_ms(&self) -> f64 {
        self.timed().output_latency().unwrap_or(0.0) * 1_000.0
    }

    fn timed(&self) -> &TimedContext {
        self.context.unchecked_ref()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // Closing fails only for a context that is closed already.
        forgive(self.context.close());
    }
}

/// Gives a worklet one end of a new channel and returns the other.
pub(super) fn channel_to(node: &AudioWorkletNode) -> Result<web_sys::MessagePort, JsValue> {
    let channel = MessageChannel::new()?;
    let end = channel.port2();
    node.port()?
        .post_message_with_transferable(&object(&[("port", &end)]), &js_sys::Array::of1(&end))?;
    Ok(channel.port1())
}

fn context_at(rate: f32) -> Result<AudioContext, JsValue> {
    let options = AudioContextOptions::new();
    options.set_sample_rate(rate);
    AudioContext::new_with_context_options(&options)
}
