use std::rc::Rc;

use gloo_timers::callback::Interval;
use js_sys::ArrayBuffer;
use viva_audio::{Interruptible, TurnDetection};

use super::microphone::media_devices;
use super::{AudioProblem, AudioProcessor, CaptureStamp, Captured, Microphone, Output, Played, Player};
use crate::state::microphone::MicrophoneProblem;

/// How often the rig ticks, in ms.
const TICK_MS: u32 = 500;

/// What a rig tells.
#[derive(Debug)]
pub enum RigEvent {
    /// 20 ms of the user's audio.
    Captured(Captured),
    /// From the playback worklet.
    Played(Played),
    /// The microphone's track ended by itself.
    TrackEnded,
    /// The audio worker failed, in the browser's words: nothing is heard or played any more.
    Broken(String),
    /// Half a second is over, whether audio runs or not.
    Tick,
}

/// Who is told.
pub type RigListener = Rc<dyn Fn(RigEvent)>;

/// Everything that a session needs to hear and to speak. Tracks, nodes, contexts, the worker and the timer go when it is
/// dropped.
pub struct Rig {
    _timer: Interval,
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
    pub async fn open(output: Output, device: String, listener: RigListener) -> Result<Self, AudioProblem> {
        if media_devices().is_none() {
            return Err(AudioProblem::Microphone(MicrophoneProblem::Insecure));
        }
        let processor = Rc::new(AudioProcessor::start(Rc::clone(&listener)).await?);
        let player = Player::open(&output, &processor, Rc::clone(&listener)).await?;
        let microphone = Microphone::open(&device, &output, &processor, Rc::clone(&listener)).await?;
        Ok(Self {
            _timer: Interval::new(TICK_MS, move || listener(RigEvent::Tick)),
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
        listener: RigListener,
    ) -> impl Future<Output = Result<Microphone, AudioProblem>> + 'static {
        let (output, processor) = (Rc::clone(&self.output), Rc::clone(&self.processor));
        async move { Microphone::open(&device, &output, &processor, listener).await }
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
    pub fn captured_at_ms(&self, stamp: CaptureStamp) -> f64 {
        match stamp {
            CaptureStamp::Device(ms) => self.microphone.stamped_at_ms(ms),
            CaptureStamp::Context(context_s) => self.microphone.captured_at_ms(&self.output, context_s),
        }
    }

    /// Looks at the clocks. To be called with every frame.
    pub fn observe(&self) {
        self.output.observe();
        if let Some(own) = self.microphone.own_context() {
            own.observe();
        }
    }

    /// Starts what the system stopped, and says whether everything runs. To be called with every tick: what is stopped
    /// captures no frames.
    pub fn keep_running(&self) -> bool {
        let own_runs = self.microphone.own_context().is_none_or(Output::keep_running);
        self.output.keep_running() && own_runs
    }

    /// Plays a binary message with the AI's audio. The buffer is gone afterwards.
    pub fn play(&self, answer: &ArrayBuffer) {
        self.processor.play(answer);
    }

    /// When playback pauses because the user speaks.
    pub fn listen_over_ai(&self, settings: TurnDetection, interruptible: Interruptible) {
        self.processor.listen_over_ai(settings, interruptible);
    }

    /// Silences the answers up to this turn at once, and those of their frames that still arrive.
    pub fn flush(&self, turn_number: u16) {
        self.player.flush(turn_number);
        self.processor.drop_to(turn_number);
    }
}
