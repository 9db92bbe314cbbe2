//! What the person chose, kept from one visit to the next.

use serde::{Deserialize, Serialize};
use viva_protocol::rest::ProviderList;
use viva_protocol::ws::{Interaction, RealtimeConfig, StartSession, TurnDetection, UpdateSession};

/// The provider that needs no key, no account and no network.
const OFFLINE: &str = "offline";

/// The choices of the setup panel. Empty text means the provider's default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Id of the realtime provider.
    pub provider: String,
    /// Model id.
    pub model: String,
    /// Voice id.
    pub voice: String,
    /// BCP 47 tag of the spoken language.
    pub language: String,
    /// Whether the user's speech stops the AI.
    pub barge_in: bool,
    /// Whether the AI speaks first.
    pub greeting: bool,
    /// Silence that ends the turn, in ms.
    pub silence_ms: u32,
    /// Speech shorter than this is noise, in ms.
    pub min_speech_ms: u32,
    /// Instructions for the AI.
    pub system_prompt: String,
    /// Who the user plays.
    pub user_role: String,
    /// Who the AI plays.
    pub ai_role: String,
    /// The situation.
    pub scenario: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            provider: OFFLINE.to_owned(),
            model: String::new(),
            voice: String::new(),
            language: String::new(),
            barge_in: true,
            greeting: false,
            silence_ms: 500,
            min_speech_ms: 200,
            system_prompt: String::new(),
            user_role: String::new(),
            ai_role: String::new(),
            scenario: String::new(),
        }
    }
}

impl Settings {
    /// Range of [`Settings::silence_ms`].
    pub const SILENCE_MS: (u32, u32) = (200, 2_000);
    /// Range of [`Settings::min_speech_ms`].
    pub const MIN_SPEECH_MS: (u32, u32) = (60, 600);

    /// Another provider: its models, voices and languages are other ones.
    pub fn choose_provider(&mut self, id: String) {
        if self.provider != id {
            (self.model, self.voice, self.language) = Default::default();
            self.provider = id;
        }
    }

    /// Drops choices that the server does not offer (any more).
    pub fn reconcile(&mut self, providers: &ProviderList) {
        let Some(provider) = providers
            .realtime
            .iter()
            .find(|provider| provider.id == self.provider)
        else {
            if let Some(first) = providers.realtime.iter().find(|provider| provider.available) {
                self.choose_provider(first.id.clone());
            }
            return;
        };
        // A model that the catalogue does not list may still be one that the person typed elsewhere; the pickers cannot show it.
        let keep = |choice: &mut String, mut known: Box<dyn Iterator<Item = &String> + '_>| {
            if !known.any(|id| id == choice) {
                choice.clear();
            }
        };
        keep(
            &mut self.model,
            Box::new(provider.models.iter().map(|model| &model.id)),
        );
        keep(
            &mut self.voice,
            Box::new(provider.voices.iter().map(|voice| &voice.id)),
        );
        keep(
            &mut self.language,
            Box::new(provider.languages.iter().map(|language| &language.id)),
        );
    }

    /// The message that begins a session with these choices.
    pub fn start_session(&self) -> StartSession {
        let interaction = Interaction::Realtime(RealtimeConfig {
            realtime_provider: self.provider.clone(),
            realtime_model: chosen(&self.model),
            voice: chosen(&self.voice),
            language: chosen(&self.language),
            ..RealtimeConfig::default()
        });
        StartSession {
            system_prompt: chosen(&self.system_prompt),
            user_role: chosen(&self.user_role),
            ai_role: chosen(&self.ai_role),
            scenario_context: chosen(&self.scenario),
            barge_in_enabled: self.barge_in,
            greeting: self.greeting,
            turn_detection: Some(self.turn_detection()),
            ..StartSession::new(&interaction)
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

    fn turn_detection(&self) -> TurnDetection {
        TurnDetection {
            silence_ms: Some(self.silence_ms),
            min_speech_ms: Some(self.min_speech_ms),
            ..TurnDetection::default()
        }
    }
}

fn chosen(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use viva_protocol::rest::{CredentialStatus, Model, Provider, ProviderCapabilities};

    fn provider(id: &str, models: &[&str]) -> Provider {
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
            capabilities: ProviderCapabilities {
                detects_turns: false,
                greets: true,
            },
            available: true,
            credential_status: CredentialStatus::NotNeeded,
        }
    }

    fn list(realtime: Vec<Provider>) -> ProviderList {
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
        let mut settings = Settings {
            model: "old".to_owned(),
            ..Settings::default()
        };
        settings.reconcile(&list(vec![provider("offline", &["new"])]));
        assert_eq!(settings.model, "");
        settings.provider = "gone".to_owned();
        settings.reconcile(&list(vec![provider("other", &[])]));
        assert_eq!(settings.provider, "other");
    }

    #[test]
    fn choices_the_server_offers_stay() {
        let mut settings = Settings {
            model: "b".to_owned(),
            ..Settings::default()
        };
        let before = settings.clone();
        settings.reconcile(&list(vec![provider("offline", &["a", "b"])]));
        assert_eq!(settings, before);
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
