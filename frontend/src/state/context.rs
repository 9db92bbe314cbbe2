//! What the components share: signals with methods. Nothing here touches the browser.

use leptos::prelude::*;
use viva_protocol::rest::{ProviderList, Voice};
use viva_protocol::ws::Role;

use super::conversation::Conversation;
use super::message::{Message, Topic};
use super::meter::Reading;
use super::microphone::{Browser, MicrophoneProblem};
use super::self_test::SelfTestState;
use super::settings::Settings;
use super::strip::Strip;
use super::templates::Templates;
use crate::Language;

/// An audio device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The browser's id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// The audio devices that can be chosen from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Devices {
    /// Microphones.
    pub microphones: Vec<Device>,
    /// Loudspeakers; empty where the browser cannot choose.
    pub speakers: Vec<Device>,
}

impl Devices {
    /// Whether a loudspeaker is there; `None` where the browser tells of none, as before the microphone was allowed. The
    /// system's (empty) always is.
    pub fn have_speaker(&self, id: &str) -> Option<bool> {
        let is_there = || id.is_empty() || self.speakers.iter().any(|device| device.id == id);
        (!self.speakers.is_empty()).then(is_there)
    }
}

/// Whether the server's list of providers is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Providers {
    /// It is under way.
    #[default]
    Loading,
    /// This is it.
    Loaded(ProviderList),
    /// The server did not answer.
    Failed,
}

impl Providers {
    /// The list, when it is there.
    pub fn list(&self) -> Option<&ProviderList> {
        match self {
            Self::Loaded(list) => Some(list),
            Self::Loading | Self::Failed => None,
        }
    }

    /// A text-to-speech provider has these voices.
    pub fn set_voices(&mut self, provider: &str, voices: Vec<Voice>) {
        if let Self::Loaded(list) = self
            && let Some(known) = list.tts.iter_mut().find(|known| known.id == provider)
        {
            known.voices = voices;
        }
    }
}

/// The text-to-speech provider that was asked for its voices last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AskedForVoices(String);

impl AskedForVoices {
    /// Whether it is to be asked now.
    pub fn begin(&mut self, provider: &str) -> bool {
        let is_new = self.0 != provider;
        if is_new {
            provider.clone_into(&mut self.0);
        }
        is_new
    }

    /// It listed none: the next time it is asked again.
    pub fn in_vain(&mut self, provider: &str) {
        if self.0 == provider {
            self.0.clear();
        }
    }
}

/// What was really played since *Start*, as the playback worklet counted it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PlayedTotals {
    /// Samples of answers, at the output's rate.
    pub samples: f64,
    /// Largest magnitude, 0 to 1.
    pub peak: f64,
    /// How often an answer ran dry.
    pub underruns: u32,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system says.
    #[default]
    Auto,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// The value of `data-theme`, and what is remembered.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of a remembered name.
    pub fn from_name(name: &str) -> Self {
        match name {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::Auto,
        }
    }

    /// What the theme button switches to.
    pub fn next(self) -> Self {
        match self {
            Self::Auto => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::Auto,
        }
    }
}

/// How the page looks and speaks, and where.
#[derive(Debug, Clone, Copy)]
pub struct Preferences {
    /// The page's language.
    pub language: RwSignal<Language>,
    /// The page's theme.
    pub theme: RwSignal<Theme>,
    /// The browser, once it is known: its way to a permission is explained first.
    pub browser: RwSignal<Option<Browser>>,
}

/// The part of the page that a phone shows over the stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sheet {
    /// The setup panel.
    Setup,
    /// The latency panel.
    Latency,
}

impl Sheet {
    /// Id of its element.
    pub fn id(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Latency => "latency",
        }
    }
}

/// The recording that is being played back.
pub type Replayed = (u16, Role);

/// Everything that the Talk page shows.
#[derive(Debug, Clone, Copy)]
pub struct Talk {
    /// The session.
    pub conversation: RwSignal<Conversation>,
    /// What the person chose.
    pub settings: RwSignal<Settings>,
    /// Where its prompt can come from.
    pub templates: RwSignal<Templates>,
    /// What can be chosen.
    pub providers: RwSignal<Providers>,
    /// The audio devices.
    pub devices: RwSignal<Devices>,
    /// Id of the chosen microphone; empty for any.
    pub microphone: RwSignal<String>,
    /// Id of the chosen loudspeaker; empty for the system's.
    pub speaker: RwSignal<String>,
    /// Why there is no microphone.
    pub problem: RwSignal<Option<MicrophoneProblem>>,
    /// The level of the microphone.
    pub reading: RwSignal<Reading>,
    /// Whether the microphone is muted.
    pub muted: RwSignal<bool>,
    /// Seconds since the session began.
    pub elapsed_s: RwSignal<u64>,
    /// What was really played.
    pub played: RwSignal<PlayedTotals>,
    /// The levels of both sides over the last seconds.
    pub strip: StoredValue<Strip>,
    /// The recording that is being played back.
    pub replayed: RwSignal<Option<Replayed>>,
    /// What the server found about its own figures.
    pub self_test: RwSignal<SelfTestState>,
    /// What a phone shows over the stage.
    pub sheet: RwSignal<Option<Sheet>>,
}

impl Default for Talk {
    fn default() -> Self {
        Self {
            conversation: RwSignal::default(),
            settings: RwSignal::default(),
            templates: RwSignal::default(),
            providers: RwSignal::default(),
            devices: RwSignal::default(),
            microphone: RwSignal::default(),
            speaker: RwSignal::default(),
            problem: RwSignal::default(),
            reading: RwSignal::default(),
            muted: RwSignal::default(),
            elapsed_s: RwSignal::default(),
            played: RwSignal::default(),
            strip: StoredValue::new(Strip::default()),
            replayed: RwSignal::default(),
            self_test: RwSignal::default(),
            sheet: RwSignal::default(),
        }
    }
}

impl Talk {
    /// Where the conversation stands.
    pub fn phase(self) -> super::phase::Phase {
        self.conversation.with(|conversation| conversation.phase)
    }

    /// Forgets everything about the last session.
    pub fn begin(self) {
        let (user_role, ai_role) = self
            .settings
            .with_untracked(|settings| (settings.texts().user_role, settings.texts().ai_role));
        self.conversation
            .update(|conversation| conversation.begin(user_role, ai_role));
        self.problem.set(None);
        self.reading.set(Reading::default());
        self.elapsed_s.set(0);
        self.played.set(PlayedTotals::default());
        self.strip.set_value(Strip::default());
        self.sheet.set(None);
    }

    /// Does something with the prompt and the templates that it can come from.
    pub fn prompt<T>(self, change: impl FnOnce(&mut Templates, &mut Settings) -> T) -> Option<T> {
        let mut settings = self.settings.get_untracked();
        let done = self
            .templates
            .try_update(|templates| change(templates, &mut settings));
        self.settings.set(settings);
        done
    }

    /// The session cannot go on.
    pub fn fail(self, message: Message) {
        self.conversation
            .update(|conversation| conversation.fail(message));
    }

    /// Tells something in the message bar.
    pub fn tell(self, message: Message) {
        self.conversation
            .update(|conversation| conversation.message = Some(message));
    }

    /// The audio runs again: the message bar need not tell any more that it does not.
    pub fn audio_runs(self) {
        self.conversation.update(|conversation| {
            conversation
                .message
                .take_if(|message| matches!(message.topic, Topic::AudioStopped));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::settings::tests::{list, provider};

    #[test]
    fn a_loudspeaker_is_missed_only_where_others_are_known() {
        let hidden = Devices::default();
        assert_eq!(hidden.have_speaker("hall"), None);
        let kitchen = Device {
            id: "kitchen".to_owned(),
            name: "Kitchen".to_owned(),
        };
        let known = Devices {
            speakers: vec![kitchen],
            ..hidden
        };
        assert_eq!(known.have_speaker("hall"), Some(false));
        assert_eq!(known.have_speaker("kitchen"), Some(true));
        assert_eq!(known.have_speaker(""), Some(true), "the system's");
    }

    #[test]
    fn who_listed_no_voices_is_asked_again() {
        let mut asked = AskedForVoices::default();
        assert!(asked.begin("acme"));
        assert!(!asked.begin("acme"), "the answer is on its way, or there");
        asked.in_vain("acme");
        assert!(asked.begin("acme"));
        assert!(asked.begin("other"));
        asked.in_vain("acme");
        assert!(!asked.begin("other"), "that was of another one");
    }

    #[test]
    fn only_who_speaks_has_other_voices() {
        let mut loaded = list(vec![provider("acme", &[])]);
        loaded.tts = vec![provider("acme", &[]), provider("other", &[])];
        let expected = {
            let mut expected = loaded.clone();
            expected.tts[0].voices = vec![voice()];
            expected
        };
        let mut providers = Providers::Loaded(loaded);
        for id in ["acme", "nobody"] {
            providers.set_voices(id, vec![voice()]);
            assert_eq!(providers.list(), Some(&expected));
        }
        let mut waiting = Providers::Loading;
        waiting.set_voices("acme", vec![voice()]);
        assert_eq!(waiting, Providers::Loading);
    }

    fn voice() -> Voice {
        Voice {
            id: "zoe".to_owned(),
            name: "Zoe".to_owned(),
            language: None,
            gender: None,
        }
    }

    #[test]
    fn the_theme_button_goes_round() {
        let mut theme = Theme::Auto;
        for expected in [Theme::Light, Theme::Dark, Theme::Auto] {
            theme = theme.next();
            assert_eq!(theme, expected);
            assert_eq!(Theme::from_name(theme.name()), theme);
        }
    }
}
