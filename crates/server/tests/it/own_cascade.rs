//! Three providers of an operator's own, one for each stage of a cascade, and servers that stand in for their vendors.

use std::fs;

use viva_fakes::vendors::deepgram::{DeepgramScript, DeepgramServer};
use viva_fakes::vendors::language_models::{ChatServer, ChatServerSettings, ChatVendor};
use viva_fakes::vendors::speech::{SpeechScript, SpeechServer, SpeechVendor};

use crate::bench::Folder;
use crate::vendors::KEY;

/// The providers `ears`, `chat` and `mouth`. Each has one role and an address of its own: what its vendor does besides is
/// not to be had there.
pub(crate) struct OwnCascade {
    pub(crate) ears: DeepgramServer,
    pub(crate) chat: ChatServer,
    pub(crate) mouth: SpeechServer,
}

impl OwnCascade {
    /// Speaks as the script says.
    pub(crate) async fn start(speech: SpeechScript) -> Self {
        let ears = DeepgramScript {
            api_key: KEY.to_owned(),
            ..DeepgramScript::default()
        };
        let chat = ChatServerSettings {
            key: Some(KEY.to_owned()),
            ..ChatServerSettings::of(ChatVendor::OpenAi)
        };
        let mouth = SpeechScript {
            api_key: Some(KEY.to_owned()),
            ..speech
        };
        Self {
            ears: DeepgramServer::start(ears).await.expect("it starts"),
            chat: ChatServer::start(chat).await.expect("it starts"),
            mouth: SpeechServer::start(SpeechVendor::ElevenLabs, mouth)
                .await
                .expect("it starts"),
        }
    }

    /// Describes them in a catalogue in the folder. Answers the settings that name it, and their keys.
    pub(crate) fn settings(&self, folder: &Folder) -> Vec<(&'static str, String)> {
        let (ears, chat, mouth) = (self.ears.base_url(), self.chat.base_url(), self.mouth.base_url());
        let model = &self.chat.settings().model;
        let catalogue = format!(
            r#"
            [[providers]]
            id = "ears"
            name = "Ears"
            base_url = "{ears}"
            key = "always"
            [providers.stt]
            adapter = "deepgram"
            models = [{{ id = "nova-3" }}]

            [[providers]]
            id = "chat"
            name = "Chat"
            base_url = "{chat}"
            key = "always"
            [providers.llm]
            adapter = "openai"
            models = [{{ id = "{model}" }}]

            [[providers]]
            id = "mouth"
            name = "Mouth"
            base_url = "{mouth}"
            key = "always"
            [providers.tts]
            adapter = "elevenlabs"
            models = [{{ id = "test_v2_5" }}]
            voices = [{{ id = "anna", name = "Anna" }}]
            "#
        );
        fs::write(folder.path().join("mine.toml"), catalogue).expect("the folder can be written");
        vec![
            ("VIVA__CATALOGUE__FILE", "mine.toml".to_owned()),
            ("VIVA__PROVIDERS__EARS__API_KEY", KEY.to_owned()),
            ("VIVA__PROVIDERS__CHAT__API_KEY", KEY.to_owned()),
            ("VIVA__PROVIDERS__MOUTH__API_KEY", KEY.to_owned()),
        ]
    }
}
