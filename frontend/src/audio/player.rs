use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AudioWorkletNode, MessageEvent};

use super::context::{Output, channel_to};
use super::{AudioProblem, AudioProcessor, RigEvent, RigListener};
use crate::browser::{number, object, property};

/// What the playback worklet says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Played {
    /// Something happened to an answer.
    Event {
        /// What.
        kind: PlayedKind,
        /// The turn whose answer it is.
        turn_number: u16,
        /// The output context's time at which it happened, in seconds.
        context_s: f64,
        /// Samples of the answer played until then, at the context's rate.
        samples: f64,
    },
    /// How loud the last 20 ms of output were, 0 to 1.
    Level {
        /// Root mean square.
        rms: f64,
        /// Largest magnitude.
        peak: f64,
    },
}

/// What happened to an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlayedKind {
    /// Its first audible sample was played.
    Started,
    /// A part of it was played.
    Progress,
    /// It stands still: the user may be speaking.
    Paused,
    /// It goes on.
    Resumed,
    /// Its last sample was played.
    Finished,
    /// It was cut.
    Stopped,
    /// Its audio came too late.
    Underrun,
}

/// The playback worklet. Released when it is dropped.
pub struct Player {
    node: AudioWorkletNode,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

impl Player {
    /// Connects the worklet between the audio worker and the output.
    ///
    /// # Errors
    /// [`AudioProblem`] when the worklet does not load or the browser threw.
    pub async fn open(
        output: &Output,
        processor: &AudioProcessor,
        listener: RigListener,
    ) -> Result<Self, AudioProblem> {
        let node = output.worklet("playback-worklet.js", "viva-playback").await?;
        let rate = f64::from(output.rate());
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(played) = played(&event.data(), rate) {
                listener(RigEvent::Played(played));
            }
        });
        node.port()?
            .set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        processor.play_to(&channel_to(&node)?, output.rate());
        node.connect_with_audio_node(&output.context().destination())?;
        Ok(Self {
            node,
            _on_message: on_message,
        })
    }

    /// Silences the answers up to this turn at once.
    pub fn flush(&self, turn_number: u16) {
        self.post(&object(&[("flush", &turn_number.into())]));
    }

    fn post(&self, message: &JsValue) {
        if let Ok(port) = self.node.port() {
            // Posting fails only when something cannot be cloned; all messages here can.
            let _ = port.post_message(message);
        }
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.post(&object(&[("close", &JsValue::TRUE)]));
        if let Ok(port) = self.node.port() {
            port.set_onmessage(None);
        }
        // Disconnecting fails only when nothing is connected.
        let _ = self.node.disconnect();
    }
}

fn played(message: &JsValue, rate: f64) -> Option<Played> {
    if let Some(rms) = number(message, "level") {
        return Some(Played::Level {
            rms,
            peak: number(message, "peak")?,
        });
    }
    let kind = match property(message, "event").as_string()?.as_str() {
        "started" => PlayedKind::Started,
        "progress" => PlayedKind::Progress,
        "paused" => PlayedKind::Paused,
        "resumed" => PlayedKind::Resumed,
        "finished" => PlayedKind::Finished,
        "stopped" => PlayedKind::Stopped,
        "underrun" => PlayedKind::Underrun,
        _ => return None,
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "turn numbers have 16 bits"
    )]
    let turn_number = number(message, "turn")? as u16;
    let context_s = number(message, "frame")? / rate;
    Some(Played::Event {
        kind,
        turn_number,
        context_s,
        samples: number(message, "played")?,
    })
}
