use chrono::NaiveDate;

/// What a person needs to know to choose a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderInfo {
    /// The id that a configuration names.
    pub id: String,
    /// The name that people know.
    pub name: String,
    /// Models, the default first; empty when the provider has no choice.
    pub models: Vec<Model>,
    /// Voices, the default first; empty when the provider has no choice.
    pub voices: Vec<ProviderVoice>,
    /// Languages, the default first; empty when the provider takes any.
    pub languages: Vec<Language>,
    /// Whether a configuration may name models and voices that are not listed.
    pub custom_names: bool,
    /// Whether its key is there.
    pub credential: CredentialStatus,
    /// Names of the settings that the operator has to make before it can be used.
    pub needs: Vec<String>,
}

/// A model of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The id that a configuration names.
    pub id: String,
    /// The name that people know.
    pub name: String,
    /// The day on which the provider stops to serve it, where that was announced.
    pub retires: Option<NaiveDate>,
}

/// A voice of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderVoice {
    /// The id that a configuration names.
    pub id: String,
    /// The name that people know.
    pub name: String,
    /// BCP 47 tag of the language that it speaks; `None` where it speaks any, or nobody says which.
    pub language: Option<String>,
    /// How it sounds, where the provider says so.
    pub gender: Option<VoiceGender>,
}

/// How a voice sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VoiceGender {
    /// As a woman's.
    Female,
    /// As a man's.
    Male,
}

/// A language that a provider speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language {
    /// BCP 47 tag.
    pub tag: String,
    /// The language's name in English.
    pub name: String,
}

/// Whether a provider's key is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CredentialStatus {
    /// It needs none.
    NotNeeded,
    /// It needs one and has none.
    Missing,
    /// It has one that was not checked.
    Present,
    /// It has one that the provider accepted.
    Valid,
    /// It has one that the provider refused.
    Invalid,
}

impl Model {
    /// Whether its provider has stopped to serve it on this day.
    pub fn is_retired(&self, today: NaiveDate) -> bool {
        self.retires.is_some_and(|day| day <= today)
    }
}

impl CredentialStatus {
    /// Whether it makes sense to open a conversation.
    pub const fn is_usable(self) -> bool {
        match self {
            Self::NotNeeded | Self::Present | Self::Valid => true,
            Self::Missing | Self::Invalid => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_retired_from_its_day_on() {
        let day = |day| NaiveDate::from_ymd_opt(2027, 1, day).unwrap();
        let model = |retires| Model {
            id: "a".to_owned(),
            name: "A".to_owned(),
            retires,
        };
        assert!(!model(Some(day(6))).is_retired(day(5)));
        assert!(model(Some(day(6))).is_retired(day(6)));
        assert!(!model(None).is_retired(day(6)));
    }
}
