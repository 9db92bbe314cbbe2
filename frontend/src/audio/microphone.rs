use futures_channel::oneshot;
use js_sys::Object;
use viva_audio_worker::sample_rate;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AudioWorkletNode, DomException, Event, MediaDevices, MediaStream, MediaStreamAudioSourceNode,
    MediaStreamConstraints, MediaStreamTrack, ReadableStream,
};

use super::context::{Output, channel_to};
use super::{AudioProcessor, RigEvent, RigListener};
use crate::browser::{MediaStreamTrackProcessor, number, object, property};
use crate::state::message::{Message, Topic};
use crate::state::microphone::MicrophoneProblem;

/// Why audio could not be set up.
#[derive(Debug)]
pub enum AudioProblem {
    /// No microphone; the page explains what to do.
    Microphone(MicrophoneProblem),
    /// The browser lacks something or threw; in its words.
    Unsupported(String),
    /// A file of the page did not load; the browser's words.
    NotLoaded(String),
}

impl AudioProblem {
    /// A file that did not load, from what was thrown.
    pub(super) fn not_loaded(thrown: &JsValue) -> Self {
        Self::NotLoaded(words_of(thrown))
    }
}

impl From<AudioProblem> for Message {
    fn from(problem: AudioProblem) -> Self {
        let (topic, detail) = match problem {
            AudioProblem::Microphone(problem) => (Topic::MicrophoneLost(problem), String::new()),
            AudioProblem::Unsupported(detail) => (Topic::AudioUnsupported, detail),
            AudioProblem::NotLoaded(detail) => (Topic::NotLoaded, detail),
        };
        Self { topic, detail }
    }
}

impl From<JsValue> for AudioProblem {
    fn from(thrown: JsValue) -> Self {
        Self::Unsupported(words_of(&thrown))
    }
}

/// What an exception or an error event says, if anything.
fn words_of(thrown: &JsValue) -> String {
    property(thrown, "message")
        .as_string()
        .or_else(|| thrown.as_string())
        .unwrap_or_default()
}

/// By how much echo cancelling and noise suppression delay the audio without saying so in its stamps. Measured from outside in
/// Chromium 156, where they are WebRTC's (`docs/latency.md`); its level control delays nothing.
const PROCESSING_MS: f64 = 15.0;

/// The microphone: its track, and the way to the audio worker. Everything is released when it is dropped.
pub struct Microphone {
    track: Track,
    /// `None` where the worker reads the track itself.
    worklet: Option<CaptureWorklet>,
    cancels_echo: bool,
    /// How much later audio comes than its stamp says, in ms.
    processing_ms: f64,
    _on_ended: Closure<dyn FnMut(Event)>,
}

impl Microphone {
    /// Asks for the microphone (any, when `device` is empty) and connects it.
    ///
    /// # Errors
    /// [`AudioProblem`].
    pub async fn open(
        device: &str,
        output: &Output,
        processor: &AudioProcessor,
        listener: RigListener,
    ) -> Result<Self, AudioProblem> {
        let Granted { stream, track } = ask(device).await.map_err(AudioProblem::Microphone)?;
        let settings = track.0.get_settings();
        // Newer browsers say how: "all", "remote-only".
        let does = |what| property(&settings, what).is_truthy();
        let (cancels_echo, suppresses_noise) = (does("echoCancellation"), does("noiseSuppression"));
        let is_tapped = tap(&track.0).is_some_and(|stream| processor.tap(&stream).is_ok());
        let worklet = if is_tapped {
            None
        } else {
            Some(CaptureWorklet::open(output, &stream, &track.0, processor).await?)
        };
        let on_ended = Closure::<dyn FnMut(Event)>::new(move |_| listener(RigEvent::TrackEnded));
        track.0.set_onended(Some(on_ended.as_ref().unchecked_ref()));
        Ok(Self {
            track,
            worklet,
            cancels_echo,
            processing_ms: if cancels_echo || suppresses_noise {
                PROCESSING_MS
            } else {
                0.0
            },
            _on_ended: on_ended,
        })
    }

    /// Keeps the track but sends silence.
    pub fn set_muted(&self, muted: bool) {
        self.track.0.set_enabled(!muted);
    }

    /// Whether the device was unplugged or the permission was taken away.
    pub fn is_lost(&self) -> bool {
        property(&self.track.0, "readyState") == "ended"
    }

    /// Whether the browser takes what it plays out of what it records.
    pub fn cancels_echo(&self) -> bool {
        self.cancels_echo
    }

    /// Whether the browser says when it captured the audio.
    pub fn tells_capture_times(&self) -> bool {
        self.worklet.is_none()
    }

    /// The microphone's own context, if it needs one.
    pub fn own_context(&self) -> Option<&Output> {
        self.worklet.as_ref()?.own.as_ref()
    }

    /// When a sample reached the microphone that the browser stamped with this moment, in ms of `performance.now()`.
    pub fn stamped_at_ms(&self, stamp_ms: f64) -> f64 {
        stamp_ms - self.processing_ms
    }

    /// When a sample that the capture worklet saw reached the microphone, in ms of `performance.now()`. What lies between the
    /// device and the worklet and is not told by the browser is not in it: 20 to 60 ms in Chromium.
    pub fn captured_at_ms(&self, output: &Output, context_s: f64) -> f64 {
        let Some(worklet) = &self.worklet else {
            // It was under way when this microphone replaced another one.
            return output.rendered_at_ms(context_s);
        };
        let capturing = worklet.own.as_ref().unwrap_or(output);
        capturing.rendered_at_ms(context_s) - worklet.latency_ms
    }
}

/// The nodes that lead from a track to the audio worker, where that cannot read the track itself.
struct CaptureWorklet {
    source: MediaStreamAudioSourceNode,
    node: AudioWorkletNode,
    /// A context of its own, when the browser cannot take this device into the output's context.
    own: Option<Output>,
    /// What the device says about its latency, in ms.
    latency_ms: f64,
}

impl CaptureWorklet {
    async fn open(
        output: &Output,
        stream: &MediaStream,
        track: &MediaStreamTrack,
        processor: &AudioProcessor,
    ) -> Result<Self, AudioProblem> {
        let latency_ms = number(&track.get_settings(), "latency").unwrap_or(0.0) * 1_000.0;
        let (own, source) = connect(output, stream, track)?;
        let capturing = own.as_ref().unwrap_or(output);
        let node = capturing.worklet("capture-worklet.js", "viva-capture").await?;
        source.connect_with_audio_node(&node)?;
        // The node is silent; a node that leads nowhere is not run everywhere.
        node.connect_with_audio_node(&capturing.context().destination())?;
        processor.listen_to(&channel_to(&node)?, capturing.rate());
        Ok(Self {
            source,
            node,
            own,
            latency_ms,
        })
    }
}

impl Drop for CaptureWorklet {
    fn drop(&mut self) {
        // Disconnecting fails only when nothing is connected.
        let _ = self.source.disconnect();
        let _ = self.node.disconnect();
        if let Ok(port) = self.node.port() {
            let _ = port.post_message(&object(&[("close", &JsValue::TRUE)]));
        }
    }
}

/// What the browser granted.
struct Granted {
    stream: MediaStream,
    track: Track,
}

impl From<JsValue> for Granted {
    fn from(stream: JsValue) -> Self {
        let stream: MediaStream = stream.unchecked_into();
        let track = Track(stream.get_audio_tracks().get(0).unchecked_into());
        Self { stream, track }
    }
}

/// A track that records. Stopped when it is dropped, or the browser would go on recording.
struct Track(MediaStreamTrack);

impl Drop for Track {
    fn drop(&mut self) {
        self.0.set_onended(None);
        self.0.stop();
    }
}

pub(super) fn media_devices() -> Option<MediaDevices> {
    // Pages that are not served securely have no `mediaDevices`; web-sys would panic on the missing object's methods.
    let devices = web_sys::window()?.navigator().media_devices().ok()?;
    (!devices.is_undefined()).then_some(devices)
}

/// Asks the person for a microphone. The prompt cannot be taken back: what is granted after this was dropped records nothing.
async fn ask(device: &str) -> Result<Granted, MicrophoneProblem> {
    let devices = media_devices().ok_or(MicrophoneProblem::Insecure)?;
    let constraints = MediaStreamConstraints::new();
    constraints.set_audio(&audio_constraints(device));
    let asked = devices
        .get_user_media_with_constraints(&constraints)
        .map_err(|thrown| problem(&thrown))?;
    let (answer, answered) = oneshot::channel();
    spawn_local(async move {
        let granted = JsFuture::from(asked).await.map(Granted::from);
        // Where nobody waits any more, what was granted ends here.
        let _ = answer.send(granted.map_err(|thrown| problem(&thrown)));
    });
    answered.await.unwrap_or(Err(MicrophoneProblem::Denied))
}

/// The track's audio with the times at which the browser captured it, where the browser gives both; else the capture
/// worklet has to do, which sees audio only when the context gets to it.
fn tap(track: &MediaStreamTrack) -> Option<ReadableStream> {
    let rate = number(&track.get_settings(), "sampleRate")?;
    sample_rate(rate)?;
    let processor = MediaStreamTrackProcessor::new(&object(&[("track", track)])).ok()?;
    Some(processor.readable())
}

/// One channel, with the browser's echo cancelling: the AI must not hear itself. A chosen device that is gone falls back
/// to any (`ideal`).
fn audio_constraints(device: &str) -> Object {
    let yes = JsValue::TRUE;
    let constraints = object(&[
        ("channelCount", &JsValue::from(1)),
        ("echoCancellation", &yes),
        ("noiseSuppression", &yes),
        ("autoGainControl", &yes),
    ]);
    if !device.is_empty() {
        let ideal = object(&[("ideal", &JsValue::from_str(device))]);
        // Setting a property of a fresh object cannot fail.
        let _ = js_sys::Reflect::set(&constraints, &JsValue::from_str("deviceId"), &ideal);
    }
    constraints
}

fn problem(thrown: &JsValue) -> MicrophoneProblem {
    let name = thrown
        .dyn_ref::<DomException>()
        .map(DomException::name)
        .unwrap_or_default();
    MicrophoneProblem::from_exception(&name)
}

/// Takes the stream into the output's context, or into one at the device's rate: Firefox refuses to mix rates.
fn connect(
    output: &Output,
    stream: &MediaStream,
    track: &MediaStreamTrack,
) -> Result<(Option<Output>, MediaStreamAudioSourceNode), JsValue> {
    if let Ok(source) = output.context().create_media_stream_source(stream) {
        return Ok((None, source));
    }
    #[expect(clippy::cast_possible_truncation, reason = "a rate is a small whole number")]
    let rate = number(&track.get_settings(), "sampleRate").unwrap_or(48_000.0) as f32;
    let own = Output::at_rate(rate)?;
    let source = own.context().create_media_stream_source(stream)?;
    Ok((Some(own), source))
}
