//! The texts that the prompt is made of.

use viva_protocol::rest::{PromptTexts, TemplateContent};
use viva_protocol::ws::Mode;

use super::settings::{Settings, chosen};

/// One of the texts of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// Instructions for the AI.
    SystemPrompt,
    /// Who the user plays.
    UserRole,
    /// Who the AI plays.
    AiRole,
    /// The situation.
    Scenario,
}

impl Text {
    /// Most characters; the server refuses more.
    pub fn limit(self) -> usize {
        match self {
            Self::SystemPrompt | Self::Scenario => 20_000,
            Self::UserRole | Self::AiRole => 200,
        }
    }

    /// What was typed, or came from a clipboard, without the characters that the server refuses. A browser lets nobody type
    /// more than the limit. Roles are labels: they stay on one line.
    fn clean(self, typed: &str) -> String {
        let is_label = matches!(self, Self::UserRole | Self::AiRole);
        let taken = |c: char| match c {
            '\n' | '\r' | '\t' if is_label => Some(' '),
            '\n' | '\r' | '\t' => Some(c),
            _ => (!c.is_control()).then_some(c),
        };
        typed.chars().filter_map(taken).collect()
    }
}

impl Settings {
    /// One of the texts, as it is written.
    pub fn text(&self, text: Text) -> &str {
        match text {
            Text::SystemPrompt => &self.system_prompt,
            Text::UserRole => &self.user_role,
            Text::AiRole => &self.ai_role,
            Text::Scenario => &self.scenario,
        }
    }

    /// Writes one of them.
    pub fn write(&mut self, text: Text, typed: &str) {
        let place = match text {
            Text::SystemPrompt => &mut self.system_prompt,
            Text::UserRole => &mut self.user_role,
            Text::AiRole => &mut self.ai_role,
            Text::Scenario => &mut self.scenario,
        };
        *place = text.clean(typed);
    }

    /// The texts as a session gets them: trimmed, and what is empty is not there.
    pub fn texts(&self) -> PromptTexts {
        PromptTexts {
            system_prompt: chosen(&self.system_prompt),
            template_id: None,
            user_role: chosen(&self.user_role),
            ai_role: chosen(&self.ai_role),
            scenario_context: chosen(&self.scenario),
            prompt_language: None,
        }
    }

    /// The same as the server puts them together: in the language of the template, or else of the session.
    pub fn told(&self) -> PromptTexts {
        let of_session = match self.mode {
            Mode::Realtime | Mode::Unknown => chosen(&self.realtime.language),
            Mode::Cascade => chosen(&self.tts.language)
                .or_else(|| chosen(&self.language))
                .or_else(|| chosen(&self.stt.language)),
        };
        PromptTexts {
            prompt_language: chosen(&self.prompt_language).or(of_session),
            ..self.texts()
        }
    }

    /// Puts other texts in their place.
    pub fn set_texts(&mut self, texts: PromptTexts) {
        self.system_prompt = texts.system_prompt.unwrap_or_default();
        self.user_role = texts.user_role.unwrap_or_default();
        self.ai_role = texts.ai_role.unwrap_or_default();
        self.scenario = texts.scenario_context.unwrap_or_default();
    }
}

/// The texts of a template.
pub fn texts_of(content: &TemplateContent) -> PromptTexts {
    PromptTexts {
        system_prompt: content.system_prompt.clone(),
        template_id: None,
        user_role: content.user_role.clone(),
        ai_role: content.ai_role.clone(),
        scenario_context: content.scenario_context.clone(),
        prompt_language: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_sent_trimmed_and_come_back_as_they_were_sent() {
        let mut settings = Settings::default();
        assert_eq!(settings.texts(), PromptTexts::default());
        settings.write(Text::SystemPrompt, " Be brief.\n");
        settings.write(Text::UserRole, "  ");
        settings.write(Text::AiRole, "船長");
        settings.write(Text::Scenario, "On a ship.\nIt storms.");
        assert_eq!(
            settings.text(Text::SystemPrompt),
            " Be brief.\n",
            "as it is typed"
        );
        let texts = settings.texts();
        let expected = PromptTexts {
            system_prompt: Some("Be brief.".to_owned()),
            ai_role: Some("船長".to_owned()),
            scenario_context: Some("On a ship.\nIt storms.".to_owned()),
            ..PromptTexts::default()
        };
        assert_eq!(texts, expected);
        let start = settings.start_session();
        assert_eq!(
            (
                start.system_prompt,
                start.user_role,
                start.ai_role,
                start.scenario_context
            ),
            (
                texts.system_prompt.clone(),
                None,
                texts.ai_role.clone(),
                texts.scenario_context.clone()
            )
        );
        let mut other = Settings::default();
        other.write(Text::UserRole, "gone");
        other.set_texts(texts.clone());
        assert_eq!((other.texts(), other.text(Text::UserRole)), (texts, ""));
    }

    #[test]
    fn texts_are_put_together_in_the_language_of_their_template_or_else_of_the_session() {
        let mut settings = Settings::default();
        let language = |settings: &Settings| {
            let start = settings.start_session();
            assert_eq!(start.prompt_language, settings.told().prompt_language);
            start.prompt_language
        };
        assert_eq!(language(&settings), None);
        settings.realtime.language = "zh-TW".to_owned();
        assert_eq!(language(&settings).as_deref(), Some("zh-TW"));
        settings.mode = Mode::Cascade;
        assert_eq!(language(&settings), None);
        settings.stt.language = "de".to_owned();
        assert_eq!(language(&settings).as_deref(), Some("de"));
        settings.language = "en".to_owned();
        settings.tts.language = "fr".to_owned();
        assert_eq!(language(&settings).as_deref(), Some("fr"));
        settings.tts.language.clear();
        assert_eq!(language(&settings).as_deref(), Some("en"));
        settings.prompt_language = "ja".to_owned();
        assert_eq!(language(&settings).as_deref(), Some("ja"));
    }

    #[test]
    fn what_the_server_refuses_is_not_taken() {
        let mut settings = Settings::default();
        settings.write(Text::SystemPrompt, "a\u{0}b\u{1b}[31m\u{85}語\t");
        assert_eq!(settings.system_prompt, "ab[31m語\t");
        settings.write(Text::Scenario, "one\r\ntwo");
        assert_eq!(settings.scenario, "one\r\ntwo");
        settings.write(Text::AiRole, "one\ntwo\u{7}");
        assert_eq!(settings.ai_role, "one two", "a label is one line");
    }
}
