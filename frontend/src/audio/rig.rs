use std::rc::Rc;

use js_sys::ArrayBuffer;

use super::{AudioProblem, AudioProcessor, Captured, Microphone, Output, Played, Player};

/// Everything that a session needs to hear and to speak. Tracks, nodes, contexts and the worker go when it is dropped.
pub struct Rig {
    microphone: Microphone,
    player: Player,
    processor: Rc<AudioProcessor>,
    // Last, so that the nodes are gone before their context is closed.
    output: Rc<Output>,
}

impl Rig {
    /// Sets everything up on an output that a click unlocked; any microphone when `device` is empty.
    ///
    /// # Errors
    /// [`AudioProblem`] when there is no microphone, or the browser lacks something.
    pub async fn open(
        output: Output,
        device: &str,
        on_captured: impl Fn(Captured) + 'static,
        on_played: impl Fn(Played) + 'static,
        on_ended: impl Fn() + 'static,
    ) -> Result<Self, AudioProblem> {
        let processor = Rc::new(AudioProcessor::start(on_captured).await?);
        let player = Player::open(&output, &processor, on_played).await?;
        let microphone = Microphone::open(device, &output, &processor, on_ended).await?;
        Ok(Self {
            microphone,
            player,
            processor,
            output: Rc::new(output),
        })
    }

    /// Opens another microphone for [`Rig::replace_microphone`], without holding the rig meanwhile.
    pub fn open_microphone(
        &self,
        device: String,
        on_ended: impl Fn() + 'static,
    ) -> impl Future<Output = Result<Microphone, AudioProblem>> + 'static {
        let (output, processor) = (Rc::clone(&self.output), Rc::clone(&self.processor));
        async move { Microphone::open(&device, &output, &processor, on_ended).await }
    }

    /// Listens to this microphone from now on and releases the old one.
    pub fn replace_microphone(&mut self, microphone: Microphone) {
        self.microphone = microphone;
    }

    /// The microphone.
    pub fn microphone(&self) -> &Microphone {
        &self.microphone
    }

    /// The output.
    pub fn output(&self) -> &Output {
        &self.output
    }

    /// When a captured sample reached the microphone, in ms of `performance.now()`.
    pub fn captured_at_ms(&self, context_s: f64) -> f64 {
        self.microphone.captured_at_ms(&self.output, context_s)
    }

    /// Looks at the clocks and keeps the output running. To be called with every frame.
    pub fn tend(&self) {
        self.output.observe();
        self.microphone.observe();
        self.output.keep_running();
    }

    /// Plays a binary message with the AI's audio. The buffer is gone afterwards.
    pub fn play(&self, answer: &ArrayBuffer) {
        self.processor.play(answer);
    }

    /// Silences the answers up to this turn at once, and those of their frames that still arrive.
    pub fn flush(&self, turn_number: u16) {
        self.player.flush(turn_number);
        self.processor.drop_to(turn_number);
    }
}
