use viva_protocol::ws::{Interaction, Role};

use crate::Language;
use crate::state::context::Talk;

#[cfg(feature = "hydrate")]
use super::event::{Event, Events};
#[cfg(feature = "hydrate")]
use leptos::prelude::{LocalStorage, StoredValue, WithValue, on_cleanup};

/// What the person can do. On the server every method does nothing.
#[derive(Clone, Copy)]
pub struct Controls {
    #[cfg(feature = "hydrate")]
    events: StoredValue<Events, LocalStorage>,
}

#[cfg(not(feature = "hydrate"))]
impl Controls {
    /// Controls that do nothing.
    pub fn of(_talk: Talk) -> Self {
        Self {}
    }

    #[expect(clippy::unused_self, reason = "the same signature as in the browser")]
    fn act(self, _action: Action) {}
}

#[cfg(feature = "hydrate")]
impl Controls {
    /// Starts the session's task; it ends with the component that calls this.
    pub fn of(talk: Talk) -> Self {
        let (events, incoming) = futures_channel::mpsc::unbounded();
        super::actor::spawn(talk, events.clone(), incoming);
        let controls = Self {
            events: StoredValue::new_local(events),
        };
        on_cleanup(move || controls.send(Event::Shutdown));
        controls
    }

    fn act(self, action: Action) {
        self.send(match action {
            // Browsers unlock audio only inside the click itself, so this cannot wait for the task.
            Action::Start => Event::Start(crate::audio::Output::unlock().map_err(Into::into)),
            Action::End => Event::End,
            Action::Interrupt => Event::Interrupt,
            Action::EndTurn => Event::EndTurn,
            Action::ToggleMute => Event::ToggleMute,
            Action::ApplySettings => Event::SettingsChanged,
            Action::UseMicrophone => Event::MicrophoneChosen,
            Action::UseSpeaker => Event::SpeakerChosen,
            Action::SwitchMode(interaction) => Event::SwitchMode(interaction),
            Action::TestItself => Event::SelfTest,
            Action::SaveTemplate(page) => Event::SaveTemplate(page),
            Action::DeleteTemplate => Event::DeleteTemplate,
            Action::Preview => Event::Preview,
            Action::ListVoices => Event::ListVoices,
            Action::Replay(turn_number, role) => Event::Replay { turn_number, role },
        });
    }

    fn send(self, event: Event) {
        self.events.with_value(|events| super::event::send(events, event));
    }
}

enum Action {
    Start,
    End,
    Interrupt,
    EndTurn,
    ToggleMute,
    ApplySettings,
    UseMicrophone,
    UseSpeaker,
    TestItself,
    DeleteTemplate,
    Preview,
    ListVoices,
    #[cfg_attr(
        not(feature = "hydrate"),
        expect(dead_code, reason = "nothing is sent from the server's rendering")
    )]
    SaveTemplate(Language),
    #[cfg_attr(
        not(feature = "hydrate"),
        expect(dead_code, reason = "nothing is sent from the server's rendering")
    )]
    SwitchMode(Box<Interaction>),
    #[cfg_attr(
        not(feature = "hydrate"),
        expect(dead_code, reason = "nothing is sent from the server's rendering")
    )]
    Replay(u16, Role),
}

impl Controls {
    /// Begins a session. To be called inside a click or a key press.
    pub fn start(self) {
        self.act(Action::Start);
    }

    /// Ends the session.
    pub fn end(self) {
        self.act(Action::End);
    }

    /// Silences the AI.
    pub fn interrupt(self) {
        self.act(Action::Interrupt);
    }

    /// Says that the user is done speaking.
    pub fn end_turn(self) {
        self.act(Action::EndTurn);
    }

    /// Mutes the microphone, or opens it again.
    pub fn toggle_mute(self) {
        self.act(Action::ToggleMute);
    }

    /// Tells a running session what changed in the setup.
    pub fn apply_settings(self) {
        self.act(Action::ApplySettings);
    }

    /// Listens to the chosen microphone.
    pub fn use_microphone(self) {
        self.act(Action::UseMicrophone);
    }

    /// Plays through the chosen loudspeaker.
    pub fn use_speaker(self) {
        self.act(Action::UseSpeaker);
    }

    /// Has the server test its own figures.
    pub fn test_itself(self) {
        self.act(Action::TestItself);
    }

    /// Saves the prompt as a template, in place of the one that has its name. The page is in this language.
    pub fn save_template(self, page: Language) {
        self.act(Action::SaveTemplate(page));
    }

    /// Deletes the chosen template.
    pub fn delete_template(self) {
        self.act(Action::DeleteTemplate);
    }

    /// Shows what the AI is told.
    pub fn preview(self) {
        self.act(Action::Preview);
    }

    /// Has the chosen text-to-speech provider list its voices.
    pub fn list_voices(self) {
        self.act(Action::ListVoices);
    }

    /// Goes on in another mode.
    pub fn switch_mode(self, interaction: Box<Interaction>) {
        self.act(Action::SwitchMode(interaction));
    }

    /// Plays the recording of one side of a turn, or stops it.
    pub fn replay(self, turn_number: u16, role: Role) {
        self.act(Action::Replay(turn_number, role));
    }
}
