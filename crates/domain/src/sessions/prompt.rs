use thiserror::Error;

use crate::templates::LanguageTag;

/// Longest system prompt and scenario, in characters.
const MAX_TEXT_CHARS: usize = 20_000;
/// Longest role, in characters.
const MAX_ROLE_CHARS: usize = 200;

/// What the AI is told: instructions, who plays whom, and the situation. Every text is trimmed; empty ones are `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prompt {
    instructions: Option<String>,
    user_role: Option<String>,
    ai_role: Option<String>,
    scenario: Option<String>,
}

/// What somebody wrote for a prompt, as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PromptTexts<'a> {
    /// Instructions for the AI.
    pub system_prompt: Option<&'a str>,
    /// Who the user plays.
    pub user_role: Option<&'a str>,
    /// Who the AI plays.
    pub ai_role: Option<&'a str>,
    /// The situation.
    pub scenario: Option<&'a str>,
    /// BCP 47 tag of the language that they are written in.
    pub language: Option<&'a str>,
}

/// A prompt, and what is known of its language.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WrittenPrompt {
    /// The prompt.
    pub prompt: Prompt,
    /// The language that it is written in; `None` when nobody said so.
    pub language: Option<LanguageTag>,
}

/// The language of what stands between the texts of a prompt when they are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PromptLanguage {
    /// Also for every language that is none of the others.
    #[default]
    English,
    /// Chinese, in traditional characters.
    TraditionalChinese,
    /// Chinese, in simplified characters.
    SimplifiedChinese,
}

/// A text of a prompt that is too long or holds control characters.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidPrompt {
    /// Longer than allowed.
    #[error("{field} is longer than {limit} characters")]
    TooLong {
        /// Which text.
        field: &'static str,
        /// The limit in characters.
        limit: usize,
    },
    /// A control character other than line break and tab.
    #[error("{field} contains a control character")]
    ControlCharacter {
        /// Which text.
        field: &'static str,
    },
}

impl Prompt {
    /// Checks and trims the texts.
    ///
    /// # Errors
    /// [`InvalidPrompt`] for a text over its limit or with control characters.
    pub fn parse(
        system_prompt: Option<&str>,
        user_role: Option<&str>,
        ai_role: Option<&str>,
        scenario: Option<&str>,
    ) -> Result<Self, InvalidPrompt> {
        Ok(Self {
            instructions: text("system_prompt", system_prompt, MAX_TEXT_CHARS)?,
            user_role: text("user_role", user_role, MAX_ROLE_CHARS)?,
            ai_role: text("ai_role", ai_role, MAX_ROLE_CHARS)?,
            scenario: text("scenario_context", scenario, MAX_TEXT_CHARS)?,
        })
    }

    /// Instructions for the AI.
    pub fn system_prompt(&self) -> Option<&str> {
        self.instructions.as_deref()
    }

    /// Who the user plays.
    pub fn user_role(&self) -> Option<&str> {
        self.user_role.as_deref()
    }

    /// Who the AI plays.
    pub fn ai_role(&self) -> Option<&str> {
        self.ai_role.as_deref()
    }

    /// The situation.
    pub fn scenario(&self) -> Option<&str> {
        self.scenario.as_deref()
    }

    /// The one text that a model gets as its instructions; empty when nothing was set.
    pub fn compose(&self, language: PromptLanguage) -> String {
        let roles = [
            self.ai_role().map(|role| language.of_ai_role(role)),
            self.user_role().map(|role| language.of_user_role(role)),
            self.scenario().map(|scenario| language.of_scenario(scenario)),
        ];
        let parts: Vec<String> = self
            .system_prompt()
            .map(str::to_owned)
            .into_iter()
            .chain(roles.into_iter().flatten())
            .collect();
        parts.join("\n\n")
    }
}

impl WrittenPrompt {
    /// As [`Prompt::compose`], in the prompt's own language or else in that of this tag.
    pub fn compose(&self, otherwise: Option<&str>) -> String {
        let tag = self.language.as_ref().map(LanguageTag::as_str).or(otherwise);
        self.prompt
            .compose(tag.map(PromptLanguage::of).unwrap_or_default())
    }
}

impl PromptLanguage {
    /// The one for texts in the language of a BCP 47 tag. Chinese of which the tag says no more is taken for traditional.
    pub fn of(tag: &str) -> Self {
        let tag = tag.to_ascii_lowercase();
        let mut subtags = tag.split('-');
        if !matches!(subtags.next(), Some("zh" | "cmn" | "yue")) {
            return Self::English;
        }
        let says = |subtag| tag.split('-').any(|other| other == subtag);
        let is_simplified = says("hans") || (!says("hant") && (says("cn") || says("sg")));
        if is_simplified {
            Self::SimplifiedChinese
        } else {
            Self::TraditionalChinese
        }
    }

    fn of_ai_role(self, role: &str) -> String {
        match self {
            Self::English => format!("You play this role: {role}."),
            Self::TraditionalChinese | Self::SimplifiedChinese => format!("你扮演的角色：{role}。"),
        }
    }

    fn of_user_role(self, role: &str) -> String {
        match self {
            Self::English => format!("The person you talk to plays this role: {role}."),
            Self::TraditionalChinese => format!("與你交談的人扮演的角色：{role}。"),
            Self::SimplifiedChinese => format!("与你交谈的人扮演的角色：{role}。"),
        }
    }

    fn of_scenario(self, scenario: &str) -> String {
        match self {
            Self::English => format!("The situation: {scenario}"),
            Self::TraditionalChinese | Self::SimplifiedChinese => format!("情境：{scenario}"),
        }
    }
}

impl PromptTexts<'_> {
    /// The template's prompt, but for what was written: a text takes the place of the template's, an empty one takes it
    /// away.
    ///
    /// # Errors
    /// [`InvalidPrompt`] for a text over its limit or with control characters.
    pub fn over(self, template: &Prompt) -> Result<Prompt, InvalidPrompt> {
        Prompt::parse(
            self.system_prompt.or(template.system_prompt()),
            self.user_role.or(template.user_role()),
            self.ai_role.or(template.ai_role()),
            self.scenario.or(template.scenario()),
        )
    }
}

fn text(field: &'static str, raw: Option<&str>, limit: usize) -> Result<Option<String>, InvalidPrompt> {
    let Some(raw) = raw.map(str::trim).filter(|raw| !raw.is_empty()) else {
        return Ok(None);
    };
    if raw.chars().count() > limit {
        return Err(InvalidPrompt::TooLong { field, limit });
    }
    if raw
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err(InvalidPrompt::ControlCharacter { field });
    }
    Ok(Some(raw.to_owned()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn blank_texts_are_absent() {
        let prompt = Prompt::parse(Some("  "), Some(""), None, Some("\n")).unwrap();
        assert_eq!(prompt, Prompt::default());
        assert_eq!(prompt.compose(PromptLanguage::English), "");
        assert_eq!(prompt.compose(PromptLanguage::TraditionalChinese), "");
    }

    #[test]
    fn parts_are_composed_in_order() {
        let prompt = Prompt::parse(
            Some("Be brief."),
            Some("child"),
            Some("teacher"),
            Some("At school."),
        )
        .unwrap();
        assert_eq!(
            prompt.compose(PromptLanguage::English),
            "Be brief.\n\nYou play this role: teacher.\n\nThe person you talk to plays this role: child.\n\n\
             The situation: At school."
        );
    }

    #[rstest]
    #[case(
        "zh-TW",
        "說話要簡短。\n\n你扮演的角色：船長。\n\n與你交談的人扮演的角色：乘客。\n\n情境：在船上。"
    )]
    #[case(
        "zh-CN",
        "說話要簡短。\n\n你扮演的角色：船長。\n\n与你交谈的人扮演的角色：乘客。\n\n情境：在船上。"
    )]
    #[case(
        "fr",
        "說話要簡短。\n\nYou play this role: 船長.\n\nThe person you talk to plays this role: 乘客.\n\n\
         The situation: 在船上。"
    )]
    fn what_stands_between_the_texts_is_in_their_language(#[case] tag: &str, #[case] expected: &str) {
        let written = |tag: Option<&str>| WrittenPrompt {
            prompt: Prompt::parse(Some("說話要簡短。"), Some("乘客"), Some("船長"), Some("在船上。"))
                .unwrap(),
            language: tag.map(|tag| LanguageTag::parse(tag).unwrap()),
        };
        assert_eq!(written(Some(tag)).compose(Some("en")), expected);
        assert_eq!(written(Some(tag)).compose(Some("zh-TW")), expected);
        assert_eq!(written(None).compose(Some(tag)), expected);
        let unknown = written(None).prompt.compose(PromptLanguage::English);
        assert_eq!(written(None).compose(None), unknown);
    }

    #[rstest]
    #[case("zh", PromptLanguage::TraditionalChinese)]
    #[case("zh-TW", PromptLanguage::TraditionalChinese)]
    #[case("ZH-hant-cn", PromptLanguage::TraditionalChinese)]
    #[case("cmn-Hant-TW", PromptLanguage::TraditionalChinese)]
    #[case("yue-HK", PromptLanguage::TraditionalChinese)]
    #[case("zh-Hans", PromptLanguage::SimplifiedChinese)]
    #[case("zh-Hans-TW", PromptLanguage::SimplifiedChinese)]
    #[case("cmn-CN", PromptLanguage::SimplifiedChinese)]
    #[case("zh-sg", PromptLanguage::SimplifiedChinese)]
    #[case("en-CN", PromptLanguage::English)]
    #[case("ja", PromptLanguage::English)]
    #[case("", PromptLanguage::English)]
    fn a_tag_says_which_words_stand_between_the_texts(#[case] tag: &str, #[case] language: PromptLanguage) {
        assert_eq!(PromptLanguage::of(tag), language);
    }

    #[test]
    fn a_part_that_is_absent_leaves_no_gap() {
        let composed = |system_prompt, user_role, ai_role, scenario| {
            Prompt::parse(system_prompt, user_role, ai_role, scenario)
                .unwrap()
                .compose(PromptLanguage::English)
        };
        for (texts, expected) in [
            (
                (Some(" 說話要簡短。\n\n一次一句。 "), None, None, None),
                "說話要簡短。\n\n一次一句。",
            ),
            (
                (None, Some("child"), None, None),
                "The person you talk to plays this role: child.",
            ),
            (
                (None, None, Some("teacher"), Some("At school.")),
                "You play this role: teacher.\n\nThe situation: At school.",
            ),
            (
                (Some("Be brief."), None, None, Some("At school.")),
                "Be brief.\n\nThe situation: At school.",
            ),
        ] {
            assert_eq!(composed(texts.0, texts.1, texts.2, texts.3), expected);
        }
    }

    #[test]
    fn what_is_written_takes_the_place_of_the_template() {
        let template = Prompt::parse(
            Some("Be brief."),
            Some("guest"),
            Some("waiter"),
            Some("In a café."),
        )
        .unwrap();
        assert_eq!(PromptTexts::default().over(&template).unwrap(), template);
        let texts = PromptTexts {
            system_prompt: Some("Be long."),
            user_role: Some(" "),
            ai_role: None,
            scenario: Some(" At sea. "),
            language: None,
        };
        let expected = Prompt::parse(Some("Be long."), None, Some("waiter"), Some("At sea.")).unwrap();
        assert_eq!(texts.over(&template).unwrap(), expected);
        let too_long = "a".repeat(MAX_ROLE_CHARS + 1);
        let texts = PromptTexts {
            ai_role: Some(&too_long),
            ..texts
        };
        assert!(texts.over(&template).is_err());
    }

    #[test]
    fn too_long_and_control_characters_are_refused() {
        let long = "a".repeat(MAX_ROLE_CHARS + 1);
        assert_eq!(
            Prompt::parse(None, Some(&long), None, None),
            Err(InvalidPrompt::TooLong {
                field: "user_role",
                limit: MAX_ROLE_CHARS
            })
        );
        assert_eq!(
            Prompt::parse(Some("a\u{0}b"), None, None, None),
            Err(InvalidPrompt::ControlCharacter {
                field: "system_prompt"
            })
        );
    }
}
