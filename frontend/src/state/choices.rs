//! Who plays which part in a conversation: a provider, and what is chosen of it.

use serde::{Deserialize, Serialize};
use viva_protocol::rest::{Language, Model, Provider, ProviderList, Voice, VoiceGender};
use viva_protocol::ws::{CascadeConfig, Interaction, RealtimeConfig};

/// The provider that needs no key, no account and no network.
pub const OFFLINE: &str = "offline";

/// A part that a provider plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Hears and speaks by itself.
    Realtime,
    /// Speech-to-text.
    Stt,
    /// The language model.
    Llm,
    /// Text-to-speech.
    Tts,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 4] = [Self::Realtime, Self::Stt, Self::Llm, Self::Tts];

    /// A word for style sheets and tests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Realtime => "realtime",
            Self::Stt => "stt",
            Self::Llm => "llm",
            Self::Tts => "tts",
        }
    }

    /// Who can play it.
    pub fn providers(self, list: &ProviderList) -> &[Provider] {
        match self {
            Self::Realtime => &list.realtime,
            Self::Stt => &list.stt,
            Self::Llm => &list.llm,
            Self::Tts => &list.tts,
        }
    }

    /// The provider with this id.
    pub fn provider<'a>(self, list: &'a ProviderList, id: &str) -> Option<&'a Provider> {
        self.providers(list).iter().find(|provider| provider.id == id)
    }
}

/// What is chosen within a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Its model.
    Model,
    /// Its voice.
    Voice,
    /// The language that it hears or speaks.
    Language,
}

impl Field {
    /// What can be chosen for a part, in the order in which it is shown. A language model speaks the language that it is
    /// spoken to.
    pub fn of(part: Part) -> &'static [Self] {
        match part {
            Part::Realtime | Part::Tts => &[Self::Model, Self::Voice, Self::Language],
            Part::Stt => &[Self::Model, Self::Language],
            Part::Llm => &[Self::Model],
        }
    }

    /// A word for style sheets and tests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Voice => "voice",
            Self::Language => "language",
        }
    }

    /// Whether a provider takes what it does not offer, too. The parts of a cascade leave the language to the conversation.
    pub fn is_open(self, part: Part, provider: &Provider) -> bool {
        let is_any = match self {
            Self::Model | Self::Voice => true,
            Self::Language => part == Part::Realtime && provider.languages.is_empty(),
        };
        provider.custom_names && is_any
    }

    /// What a provider offers.
    pub fn offered(self, provider: &Provider) -> Vec<Offered> {
        let offered = |id: &String, name: &String, retires: Option<String>| Offered {
            id: id.clone(),
            name: name.clone(),
            retires,
        };
        match self {
            Self::Model => {
                let models = provider.models.iter();
                let retires = |model: &Model| model.retires.map(|day| day.to_string());
                models.map(|it| offered(&it.id, &it.name, retires(it))).collect()
            }
            Self::Voice => {
                let voices = provider.voices.iter();
                voices.map(|it| offered(&it.id, &described(it), None)).collect()
            }
            Self::Language => {
                let languages = provider.languages.iter();
                languages.map(|it| offered(&it.id, &it.name, None)).collect()
            }
        }
    }
}

/// A voice's name with its language and how it sounds, as far as that is known.
fn described(voice: &Voice) -> String {
    let language = voice.language.as_ref().map(|tag| format!(" · {tag}"));
    let gender = voice.gender.map(|gender| match gender {
        VoiceGender::Female => " ♀",
        VoiceGender::Male => " ♂",
    });
    let (language, gender) = (language.unwrap_or_default(), gender.unwrap_or_default());
    format!("{}{language}{gender}", voice.name)
}

/// Something that a provider offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The id that a configuration names.
    pub id: String,
    /// The name that people know.
    pub name: String,
    /// The day on which the provider stops to serve it (`2027-01-31`), where that is known.
    pub retires: Option<String>,
}

impl From<Language> for Offered {
    fn from(language: Language) -> Self {
        Self {
            id: language.id,
            name: language.name,
            retires: None,
        }
    }
}

/// Who plays a part. Empty text means the provider's default, or of a language in a cascade that of the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choices {
    /// Id of the provider.
    pub provider: String,
    /// Model id.
    pub model: String,
    /// Voice id.
    pub voice: String,
    /// BCP 47 tag of the language that it hears or speaks.
    pub language: String,
}

impl Default for Choices {
    fn default() -> Self {
        Self::of_provider(OFFLINE)
    }
}

impl Choices {
    /// A provider with its defaults.
    pub fn of_provider(id: &str) -> Self {
        Self {
            provider: id.to_owned(),
            model: String::new(),
            voice: String::new(),
            language: String::new(),
        }
    }

    /// One choice.
    pub fn get(&self, field: Field) -> &String {
        match field {
            Field::Model => &self.model,
            Field::Voice => &self.voice,
            Field::Language => &self.language,
        }
    }

    /// What the provider is called; by its id where the list does not have it.
    pub fn provider_name(&self, part: Part, list: Option<&ProviderList>) -> String {
        let provider = list.and_then(|list| part.provider(list, &self.provider));
        let name = provider.map(|provider| &provider.name);
        name.unwrap_or(&self.provider).clone()
    }

    /// What one choice is called; by its id where the provider does not offer it (any more).
    pub fn name(&self, part: Part, field: Field, list: Option<&ProviderList>) -> String {
        let id = self.get(field);
        let provider = list.and_then(|list| part.provider(list, &self.provider));
        let offered = provider.map_or(Vec::new(), |provider| field.offered(provider));
        let found = offered.into_iter().find(|offered| offered.id == *id);
        found.map_or_else(|| id.clone(), |offered| offered.name)
    }

    /// Makes one choice.
    pub fn set(&mut self, field: Field, id: String) {
        match field {
            Field::Model => self.model = id,
            Field::Voice => self.voice = id,
            Field::Language => self.language = id,
        }
    }

    /// Another provider: its models, voices and languages are other ones.
    pub fn choose_provider(&mut self, id: &str) {
        if self.provider != id {
            *self = Self::of_provider(id);
        }
    }

    /// Drops what is not taken (any more). A provider that is gone is replaced by the first that works.
    pub fn reconcile(&mut self, part: Part, list: &ProviderList) {
        let Some(provider) = part.provider(list, &self.provider) else {
            let mut others = part.providers(list).iter();
            if let Some(first) = others.find(|provider| provider.available) {
                self.choose_provider(&first.id);
            }
            return;
        };
        for &field in Field::of(part) {
            let offered = field.offered(provider);
            if !field.is_open(part, provider) && !offered.iter().any(|offered| offered.id == *self.get(field))
            {
                self.set(field, String::new());
            }
        }
    }
}

/// The parts of a configuration in their order, and the language of the conversation; empty when none was chosen.
pub fn parts_of(interaction: &Interaction) -> (Vec<(Part, Choices)>, String) {
    let text = |choice: &Option<String>| choice.clone().unwrap_or_default();
    match interaction {
        Interaction::Realtime(RealtimeConfig {
            realtime_provider,
            realtime_model,
            voice,
            language,
            ..
        }) => {
            let choices = Choices {
                provider: realtime_provider.clone(),
                model: text(realtime_model),
                voice: text(voice),
                language: String::new(),
            };
            (vec![(Part::Realtime, choices)], text(language))
        }
        Interaction::Cascade(config) => {
            let choices = |provider: &str, model, voice, language| Choices {
                provider: provider.to_owned(),
                model: text(model),
                voice: text(voice),
                language: text(language),
            };
            let CascadeConfig {
                stt_provider,
                stt_model,
                stt_language,
                llm_provider,
                llm_model,
                tts_provider,
                tts_model,
                tts_voice,
                tts_language,
                language,
                ..
            } = config;
            let parts = vec![
                (Part::Stt, choices(stt_provider, stt_model, &None, stt_language)),
                (Part::Llm, choices(llm_provider, llm_model, &None, &None)),
                (
                    Part::Tts,
                    choices(tts_provider, tts_model, tts_voice, tts_language),
                ),
            ];
            (parts, text(language))
        }
    }
}

/// The languages in which a cascade can be held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Languages {
    /// Any: no part has a list.
    Any,
    /// These; none when what one part hears the other does not speak.
    Listed(Vec<Language>),
}

impl Languages {
    /// Those that are both heard and spoken. A provider without a list takes any.
    pub fn shared(stt: Option<&Provider>, tts: Option<&Provider>) -> Self {
        let languages = |provider: Option<&Provider>| provider.map_or(Vec::new(), |it| it.languages.clone());
        let (mut heard, spoken) = (languages(stt), languages(tts));
        match (heard.is_empty(), spoken.is_empty()) {
            (true, true) => return Self::Any,
            (true, false) => return Self::Listed(spoken),
            (false, true) => {}
            (false, false) => heard.retain(|language| spoken.iter().any(|other| other.id == language.id)),
        }
        Self::Listed(heard)
    }

    /// Whether a conversation can be held in this one.
    pub fn take(&self, tag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(languages) => languages.iter().any(|language| language.id == tag),
        }
    }
}

/// What is suggested where any language is taken: tags, and names as those who speak it write them.
pub const COMMON_LANGUAGES: [(&str, &str); 12] = [
    ("en", "English"),
    ("zh-TW", "中文（台灣）"),
    ("zh-CN", "中文（中国）"),
    ("ja", "日本語"),
    ("ko", "한국어"),
    ("de", "Deutsch"),
    ("es", "Español"),
    ("fr", "Français"),
    ("it", "Italiano"),
    ("pt", "Português"),
    ("vi", "Tiếng Việt"),
    ("th", "ไทย"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::settings::tests::{list, provider};

    fn speaks(languages: &[&str]) -> Provider {
        let language = |id: &&str| Language {
            id: (*id).to_owned(),
            name: (*id).to_owned(),
        };
        Provider {
            languages: languages.iter().map(language).collect(),
            ..provider("some", &[])
        }
    }

    fn shared(stt: &[&str], tts: &[&str]) -> Vec<String> {
        match Languages::shared(Some(&speaks(stt)), Some(&speaks(tts))) {
            Languages::Any => vec!["any".to_owned()],
            Languages::Listed(languages) => languages.into_iter().map(|language| language.id).collect(),
        }
    }

    #[test]
    fn a_cascade_is_held_in_a_language_that_it_hears_and_speaks() {
        assert_eq!(shared(&["en", "de", "zh-TW"], &["zh-TW", "en"]), ["en", "zh-TW"]);
        assert_eq!(shared(&[], &["en"]), ["en"]);
        assert_eq!(shared(&["de"], &[]), ["de"]);
        assert!(shared(&["de"], &["en"]).is_empty());
        assert_eq!(shared(&[], &[]), ["any"]);
        assert!(Languages::shared(None, None).take("tlh"));
        assert!(!Languages::shared(Some(&speaks(&["en"])), None).take("tlh"));
    }

    #[test]
    fn each_part_is_reconciled_with_its_own_providers() {
        let mut list = list(vec![provider("other", &[])]);
        list.llm = vec![provider("offline", &["a"])];
        let mut choices = Choices {
            model: "a".to_owned(),
            ..Choices::default()
        };
        choices.reconcile(Part::Llm, &list);
        assert_eq!((&*choices.provider, &*choices.model), ("offline", "a"));
        choices.reconcile(Part::Realtime, &list);
        assert_eq!(choices, Choices::of_provider("other"));
    }

    #[test]
    fn a_name_of_ones_own_stays_where_it_is_taken() {
        let own = |provider: &str| Choices {
            provider: provider.to_owned(),
            model: "qwen3:8b".to_owned(),
            voice: "af_sky".to_owned(),
            language: "tlh".to_owned(),
        };
        let open = Provider {
            custom_names: true,
            languages: speaks(&["en"]).languages,
            ..provider("open", &["a"])
        };
        let list = list(vec![open, provider("closed", &["a"])]);
        let mut choices = own("open");
        choices.reconcile(Part::Realtime, &list);
        // What has a list of languages takes no other.
        let kept = Choices {
            language: String::new(),
            ..own("open")
        };
        assert_eq!(choices, kept);
        choices = own("closed");
        choices.reconcile(Part::Realtime, &list);
        assert_eq!(choices, Choices::of_provider("closed"));
    }

    #[test]
    fn without_any_provider_that_works_the_choice_stays() {
        let mut choices = Choices::of_provider("gone");
        choices.reconcile(Part::Tts, &ProviderList::default());
        assert_eq!(choices, Choices::of_provider("gone"));
    }
}
