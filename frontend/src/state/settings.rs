//! What the person chose, kept from one visit to the next.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use viva_audio::Interruptible;
use viva_protocol::rest::ProviderList;
use viva_protocol::ws::{
    CascadeConfig, Interaction, Mode, RealtimeConfig, StartSession, TurnDetection, UpdateSession,
};

use super::choices::{Choices, Languages, Part};

/// The choices of the setup panel. Empty text means the provider's default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Which kind of stack answers.
    pub mode: Mode,
    /// Who hears and speaks in realtime mode.
    pub realtime: Choices,
    /// Who hears in cascade mode.
    pub stt: Choices,
    /// Who thinks in cascade mode.
    pub llm: Choices,
    /// Who speaks in cascade mode.
    pub tts: Choices,
    /// BCP 47 tag of the language that a cascade hears and speaks.
    pub language: String,
    /// Whether the user's speech stops the AI.
    pub barge_in: bool,
    /// Whether the AI speaks first.
    pub greeting: bool,
    /// Silence that ends the turn, in ms.
    pub silence_ms: u32,
    /// Speech shorter than this is noise, in ms.
    pub min_speech_ms: u32,
    /// How sure it must be that the user speaks while the AI is heard, in percent.
    pub barge_in_percent: u32,
    /// Whether a cascade's language model starts at half the silence.
    pub eager: bool,
    /// The template that the texts began with.
    pub template: Option<Uuid>,
    /// Instructions for the AI.
    pub system_prompt: String,
    /// Who the user plays.
    pub user_role: String,
    /// Who the AI plays.
    pub ai_role: String,
    /// The situation.
    pub scenario: String,
    /// BCP 47 tag of the language of the template that the texts began with.
    pub prompt_language: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mode: Mode::Realtime,
            realtime: Choices::default(),
            stt: Choices::default(),
            llm: Choices::default(),
            tts: Choices::default(),
            language: String::new(),
            barge_in: true,
            greeting: false,
            silence_ms: 500,
            min_speech_ms: 200,
            barge_in_percent: 60,
            eager: false,
            template: None,
            system_prompt: String::new(),
            user_role: String::new(),
            ai_role: String::new(),
            scenario: String::new(),
            prompt_language: String::new(),
        }
    }
}

impl Settings {
    /// Range of [`Settings::silence_ms`].
    pub const SILENCE_MS: (u32, u32) = (200, 2_000);
    /// Range of [`Settings::min_speech_ms`].
    pub const MIN_SPEECH_MS: (u32, u32) = (60, 600);
    /// Range of [`Settings::barge_in_percent`].
    pub const BARGE_IN_PERCENT: (u32, u32) = (30, 95);

    /// Who plays a part.
    pub fn part(&self, part: Part) -> &Choices {
        match part {
            Part::Realtime => &self.realtime,
            Part::Stt => &self.stt,
            Part::Llm => &self.llm,
            Part::Tts => &self.tts,
        }
    }

    /// The same, to choose.
    pub fn part_mut(&mut self, part: Part) -> &mut Choices {
        match part {
            Part::Realtime => &mut self.realtime,
            Part::Stt => &mut self.stt,
            Part::Llm => &mut self.llm,
            Part::Tts => &mut self.tts,
        }
    }

    /// Drops choices that the server does not offer (any more).
    pub fn reconcile(&mut self, list: &ProviderList) {
        for part in Part::ALL {
            self.part_mut(part).reconcile(part, list);
        }
        self.reconcile_language(list);
    }

    /// Another provider for a part. In a cascade that may change the languages that are both heard and spoken.
    pub fn choose_provider(&mut self, part: Part, id: &str, list: Option<&ProviderList>) {
        self.part_mut(part).choose_provider(id);
        if let Some(list) = list {
            self.reconcile_language(list);
        }
    }

    fn reconcile_language(&mut self, list: &ProviderList) {
        let provider = |part: Part| part.provider(list, &self.part(part).provider);
        if !Languages::shared(provider(Part::Stt), provider(Part::Tts)).take(&self.language) {
            self.language.clear();
        }
    }

    /// The mode and the configuration that are chosen. A remembered mode that is unknown is the first one.
    pub fn interaction(&self) -> Interaction {
        match self.mode {
            Mode::Realtime | Mode::Unknown => Interaction::Realtime(RealtimeConfig {
                realtime_provider: self.realtime.provider.clone(),
                realtime_model: chosen(&self.realtime.model),
                voice: chosen(&self.realtime.voice),
                language: chosen(&self.realtime.language),
                ..RealtimeConfig::default()
            }),
            Mode::Cascade => Interaction::Cascade(CascadeConfig {
                stt_provider: self.stt.provider.clone(),
                stt_model: chosen(&self.stt.model),
                stt_language: chosen(&self.stt.language),
                llm_provider: self.llm.provider.clone(),
                llm_model: chosen(&self.llm.model),
                tts_provider: self.tts.provider.clone(),
                tts_model: chosen(&self.tts.model),
                tts_voice: chosen(&self.tts.voice),
                tts_language: chosen(&self.tts.language),
                language: chosen(&self.language),
                ..CascadeConfig::default()
            }),
        }
    }

    /// The message that begins a session with these choices.
    pub fn start_session(&self) -> StartSession {
        let texts = self.told();
        StartSession {
            system_prompt: texts.system_prompt,
            user_role: texts.user_role,
            ai_role: texts.ai_role,
            scenario_context: texts.scenario_context,
            prompt_language: texts.prompt_language,
            barge_in_enabled: self.barge_in,
            greeting: self.greeting,
            turn_detection: Some(self.turn_detection()),
            ..StartSession::new(&self.interaction())
        }
    }

    /// The message that changes what may change while a session runs.
    pub fn update_session(&self) -> UpdateSession {
        UpdateSession {
            barge_in_enabled: Some(self.barge_in),
            turn_detection: Some(self.turn_detection()),
        }
    }

    /// The same, when it is not what the server was told last.
    pub fn update_since(&self, told: Option<UpdateSession>) -> Option<UpdateSession> {
        let update = self.update_session();
        (told != Some(update)).then_some(update)
    }

    /// How the browser itself finds speech over the AI: as the server does.
    pub fn detection(&self) -> viva_audio::TurnDetection {
        viva_audio::TurnDetection {
            silence_ms: self.silence_ms,
            min_speech_ms: self.min_speech_ms,
            barge_in_threshold: self.barge_in_threshold(),
            ..viva_audio::TurnDetection::default()
        }
    }

    /// Whether the AI may be interrupted.
    pub fn interruptible(&self) -> Interruptible {
        if self.barge_in {
            Interruptible::Yes
        } else {
            Interruptible::No
        }
    }

    fn barge_in_threshold(&self) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "a percentage is small")]
        let percent = self.barge_in_percent as f32;
        percent / 100.0
    }

    fn turn_detection(&self) -> TurnDetection {
        TurnDetection {
            barge_in_threshold: Some(self.barge_in_threshold()),
            silence_ms: Some(self.silence_ms),
            min_speech_ms: Some(self.min_speech_ms),
            eager: Some(self.eager),
            ..TurnDetection::default()
        }
    }
}

/// What is not empty, trimmed.
pub(super) fn chosen(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use viva_protocol::rest::{CredentialStatus, Language, Model, Provider, ProviderCapabilities};

    pub(in crate::state) fn provider(id: &str, models: &[&str]) -> Provider {
        let model = |id: &&str| Model {
            id: (*id).to_owned(),
            name: (*id).to_owned(),
            retires: None,
        };
        Provider {
            id: id.to_owned(),
            name: id.to_owned(),
            models: models.iter().map(model).collect(),
            voices: Vec::new(),
            languages: Vec::new(),
            custom_names: false,
            capabilities: ProviderCapabilities {
                detects_turns: false,
                greets: true,
            },
            available: true,
            credential_status: CredentialStatus::NotNeeded,
            own_key: false,
            checked_at: None,
        }
    }

    pub(in crate::state) fn list(realtime: Vec<Provider>) -> ProviderList {
        ProviderList {
            realtime,
            ..ProviderList::default()
        }
    }

    #[test]
    fn the_first_visit_talks_to_the_offline_provider() {
        let start = Settings::default().start_session();
        let Ok(Interaction::Realtime(config)) = start.interaction() else {
            panic!("{start:?}")
        };
        assert_eq!(config, RealtimeConfig::default());
        assert_eq!((start.system_prompt, start.greeting), (None, false));
    }

    #[test]
    fn choices_the_server_does_not_offer_are_dropped() {
        let mut settings = Settings::default();
        settings.realtime.model = "old".to_owned();
        settings.reconcile(&list(vec![provider("offline", &["new"])]));
        assert_eq!(settings.realtime.model, "");
        settings.realtime = Choices::of_provider("gone");
        settings.reconcile(&list(vec![provider("other", &[])]));
        assert_eq!(settings.realtime.provider, "other");
    }

    #[test]
    fn choices_the_server_offers_stay() {
        let mut settings = Settings::default();
        settings.realtime.model = "b".to_owned();
        let before = settings.clone();
        settings.reconcile(&list(vec![provider("offline", &["a", "b"])]));
        assert_eq!(settings, before);
    }

    #[test]
    fn a_cascade_is_started_with_its_three_parts() {
        let settings = Settings {
            mode: Mode::Cascade,
            stt: Choices {
                model: "nova-3".to_owned(),
                language: "de".to_owned(),
                ..Choices::of_provider("deepgram")
            },
            llm: Choices::of_provider("openai"),
            tts: Choices {
                voice: "amy".to_owned(),
                ..Choices::default()
            },
            language: "en".to_owned(),
            eager: true,
            ..Settings::default()
        };
        let start = settings.start_session();
        let expected = CascadeConfig {
            stt_provider: "deepgram".to_owned(),
            stt_model: Some("nova-3".to_owned()),
            stt_language: Some("de".to_owned()),
            llm_provider: "openai".to_owned(),
            tts_voice: Some("amy".to_owned()),
            language: Some("en".to_owned()),
            ..CascadeConfig::default()
        };
        assert_eq!(start.interaction(), Ok(Interaction::Cascade(expected)));
        assert_eq!(start.turn_detection.unwrap().eager, Some(true));
    }

    #[test]
    fn what_was_remembered_comes_back_and_what_was_not_is_the_default() {
        let settings = Settings {
            mode: Mode::Cascade,
            llm: Choices::of_provider("gone"),
            ..Settings::default()
        };
        let json = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<Settings>(&json).unwrap(), settings);

        let older = r#"{"barge_in": false, "mode": "cascade", "stt": {"provider": "deepgram"}}"#;
        let older: Settings = serde_json::from_str(older).unwrap();
        assert_eq!(older.stt, Choices::of_provider("deepgram"));
        assert_eq!((older.barge_in, older.mode), (false, Mode::Cascade));
        assert_eq!(older.realtime, Choices::default());
    }

    #[test]
    fn a_language_that_another_voice_does_not_speak_is_dropped() {
        let speaking = |id: &str, language: &str| Provider {
            languages: vec![Language {
                id: language.to_owned(),
                name: language.to_owned(),
            }],
            ..provider(id, &[])
        };
        let list = ProviderList {
            stt: vec![provider("offline", &[])],
            tts: vec![speaking("offline", "en"), speaking("other", "de")],
            ..ProviderList::default()
        };
        let mut settings = Settings {
            language: "en".to_owned(),
            ..Settings::default()
        };
        settings.reconcile(&list);
        assert_eq!(settings.language, "en");
        settings.choose_provider(Part::Tts, "other", Some(&list));
        assert_eq!(settings.language, "");
    }

    #[test]
    fn browser_and_server_find_speech_by_the_same_settings() {
        let settings = Settings {
            min_speech_ms: 300,
            silence_ms: 250,
            barge_in_percent: 75,
            barge_in: false,
            ..Settings::default()
        };
        let (told, own) = (settings.turn_detection(), settings.detection());
        assert_eq!(told.min_speech_ms, Some(own.min_speech_ms));
        assert_eq!((told.silence_ms, own.silence_ms), (Some(250), 250));
        assert_eq!(told.barge_in_threshold, Some(own.barge_in_threshold));
        assert!((own.barge_in_threshold - 0.75).abs() < f32::EPSILON);
        assert!(own.validated().is_ok());
        assert_eq!(settings.interruptible(), Interruptible::No);
        assert_eq!(
            Settings::default().detection(),
            viva_audio::TurnDetection::default(),
            "the defaults are those of the server"
        );
    }

    #[test]
    fn only_what_the_server_does_not_know_is_told() {
        let mut settings = Settings::default();
        let told = settings.update_since(None);
        assert_eq!(told, Some(settings.update_session()));
        assert_eq!(settings.update_since(told), None);
        settings.barge_in = false;
        let update = settings.update_since(told).unwrap();
        assert_eq!(update.barge_in_enabled, Some(false));
    }

    #[test]
    fn settings_of_an_older_version_still_load() {
        let settings: Settings = serde_json::from_str(r#"{"silence_ms": 700, "gone": 1}"#).unwrap();
        assert_eq!(
            settings,
            Settings {
                silence_ms: 700,
                ..Settings::default()
            }
        );
    }
}
