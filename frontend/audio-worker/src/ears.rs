use viva_audio::level::amplitude_dbfs;
use viva_audio::{BargeIn, EchoWatch, Interruptible, Reaction, TurnDetection};
use wasm_bindgen::JsValue;
use web_sys::MessagePort;

use crate::WIRE_RATE;
use crate::browser::{number, object, property};

/// Hears in the audio worker whether the user speaks over the AI, and lets playback pause without asking anybody. Finds out
/// whether the microphone hears the AI.
pub(super) struct Ears {
    barge_in: BargeIn,
    echo: EchoWatch,
    player: Option<MessagePort>,
}

impl Default for Ears {
    fn default() -> Self {
        Self {
            barge_in: BargeIn::new(WIRE_RATE, TurnDetection::default(), Interruptible::No),
            echo: EchoWatch::new(WIRE_RATE),
            player: None,
        }
    }
}

impl Ears {
    /// Orders go to the playback worklet at the other end of this port.
    pub(super) fn order(&mut self, player: MessagePort) {
        self.player = Some(player);
    }

    /// Takes `{interruptible, threshold, bargeInThreshold, minSpeech, silence}`; anything else is not for the ears.
    pub(super) fn set(&mut self, message: &JsValue) {
        if let Some((settings, interruptible)) = turn_taking(message) {
            self.barge_in.set(settings, interruptible);
        }
    }

    /// The AI's answer was cut.
    pub(super) fn cut(&mut self) {
        self.barge_in.cut();
    }

    /// Takes `{heard, loudest}` from the playback worklet: whether an answer is heard, and how loud.
    pub(super) fn played(&mut self, message: &JsValue) {
        let is_heard = property(message, "heard").is_truthy();
        let loudest = number(message, "loudest").filter(|_| is_heard);
        let loudest_dbfs = loudest.map(amplitude_dbfs);
        self.barge_in.played(loudest_dbfs);
        self.echo.played(loudest_dbfs);
    }

    /// Another microphone may hear what this one did not, and the other way round.
    pub(super) fn change_microphone(&mut self) {
        self.echo = EchoWatch::new(WIRE_RATE);
    }

    /// Whether the microphone hears the AI.
    pub(super) fn hear_the_ai(&self) -> bool {
        self.echo.hears_the_ai()
    }

    /// Takes what the microphone delivered, as it comes.
    pub(super) fn hear(&mut self, samples: &[i16]) {
        self.echo.push(samples);
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
        silence_ms: number(message, "silence")? as u32,
        ..TurnDetection::default()
    };
    let interruptible = if property(message, "interruptible").is_truthy() {
        Interruptible::Yes
    } else {
        Interruptible::No
    };
    Some((settings, interruptible))
}
