use futures_channel::mpsc::UnboundedSender;
use uuid::Uuid;
use viva_protocol::rest::Turn;
use viva_protocol::ws::{Interaction, Role};

use crate::Language;
use crate::api::SocketEvent;
use crate::audio::{AudioProblem, Microphone, Output, Rig, RigEvent};
use crate::state::context::Devices;

/// Everything that the session's task reacts to. What belongs to a start or a connection carries its number, so that what
/// comes late is told apart.
pub(super) enum Event {
    /// *Start*, with the output that the click unlocked.
    Start(Result<Output, AudioProblem>),
    /// Microphone and loudspeaker are ready, or not.
    Prepared {
        start: u32,
        rig: Box<Result<Rig, AudioProblem>>,
        devices: Devices,
    },
    /// *End*.
    End,
    /// *Interrupt*.
    Interrupt,
    /// The user says to be done (push-to-talk).
    EndTurn,
    /// *Mute*.
    ToggleMute,
    /// Something changed that may change while a session runs.
    SettingsChanged,
    /// Another microphone was chosen.
    MicrophoneChosen,
    /// Another loudspeaker was chosen.
    SpeakerChosen,
    /// Go on in another mode.
    SwitchMode(Box<Interaction>),
    /// Play a recording, or stop it.
    Replay { turn_number: u16, role: Role },
    /// Test the server's figures.
    SelfTest,
    /// Save the prompt as a template; the language is that of the page.
    SaveTemplate(Language),
    /// Delete the chosen template.
    DeleteTemplate,
    /// Show the composed prompt.
    Preview,
    /// Ask for the voices of the chosen text-to-speech provider.
    ListVoices,
    /// This provider listed none: it is asked again when somebody comes back.
    NoVoices(String),
    /// The recording is over or could not be played.
    ReplayEnded { number: u32, ok: bool },
    /// From a connection.
    Socket { connection: u32, event: SocketEvent },
    /// A connection did not open in time.
    ConnectTimeout { connection: u32 },
    /// One second of waiting for the next attempt is over.
    Countdown { connection: u32 },
    /// The server did not confirm the end.
    EndTimeout { start: u32 },
    /// From the microphone, the loudspeaker or their timer.
    Rig { start: u32, event: RigEvent },
    /// A microphone that replaces the current one.
    MicrophoneOpened {
        start: u32,
        microphone: Box<Result<Microphone, AudioProblem>>,
    },
    /// A device came or went.
    DevicesChanged,
    /// The devices that there are.
    DevicesListed(Devices),
    /// Turns as the server stored them.
    Turns { session_id: Uuid, turns: Vec<Turn> },
    /// The server does not know who asks any more.
    SignedOut,
    /// The page is left.
    Shutdown,
}

/// The way into the session's task. It never waits: whoever sends is a callback of the browser.
pub(super) type Events = UnboundedSender<Event>;

/// Sends an event; after the page was left nobody listens, and nothing is lost by that.
pub(super) fn send(events: &Events, event: Event) {
    let _ = events.unbounded_send(event);
}
