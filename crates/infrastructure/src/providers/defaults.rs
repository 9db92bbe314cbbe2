use viva_domain::sessions::ProviderConfig;

/// What a session gets that leaves a choice open; the server's catalogue knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Defaults {
    /// Model id; `None` where the provider has no choice, or the operator must name one.
    pub model: Option<String>,
    /// Voice id; `None` for roles that do not speak.
    pub voice: Option<String>,
}

impl Defaults {
    /// The model that a session names, else the default one. The error says what is missing.
    pub(super) fn model_of(&self, config: &ProviderConfig) -> Result<String, String> {
        chosen("model", config.model.as_ref().or(self.model.as_ref()))
    }

    /// As [`Self::model_of`], the voice.
    pub(super) fn voice_of(&self, config: &ProviderConfig) -> Result<String, String> {
        chosen("voice", config.voice.as_ref().or(self.voice.as_ref()))
    }

    /// As [`Self::voice_of`] where the vendor has a voice for who names none.
    pub(super) fn optional_voice_of(&self, config: &ProviderConfig) -> Result<Option<String>, String> {
        match config.voice.as_ref().or(self.voice.as_ref()) {
            Some(voice) => chosen("voice", Some(voice)).map(Some),
            None => Ok(None),
        }
    }
}

fn chosen(what: &str, name: Option<&String>) -> Result<String, String> {
    let name = name.ok_or_else(|| format!("{what} is missing; there is no default"))?;
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return Err(format!("{what} {name:?} is no name"));
    }
    Ok(name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_may_leave_to_the_server_what_that_knows() {
        let defaults = Defaults {
            model: Some("small".to_owned()),
            voice: None,
        };
        let mut config = ProviderConfig::of("acme");
        assert_eq!(defaults.model_of(&config), Ok("small".to_owned()));
        let missing = "voice is missing; there is no default".to_owned();
        assert_eq!(defaults.voice_of(&config), Err(missing));
        assert_eq!(defaults.optional_voice_of(&config), Ok(None));
        config.voice = Some("anna".to_owned());
        assert_eq!(defaults.optional_voice_of(&config), Ok(Some("anna".to_owned())));
        config.voice = Some(" ".to_owned());
        assert!(defaults.optional_voice_of(&config).is_err());
        config.model = Some("large".to_owned());
        assert_eq!(defaults.model_of(&config), Ok("large".to_owned()));
        for blank in [" ", "a\n"] {
            config.model = Some(blank.to_owned());
            let message = format!("model {blank:?} is no name");
            assert_eq!(defaults.model_of(&config), Err(message));
        }
    }
}
