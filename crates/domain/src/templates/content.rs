use std::fmt;

use thiserror::Error;

use super::language::{InvalidLanguage, LanguageTag};
use crate::sessions::{InvalidPrompt, Prompt};

/// Longest name, in characters.
const MAX_NAME_CHARS: usize = 100;
/// Longest description, in characters.
const MAX_DESCRIPTION_CHARS: usize = 500;
/// Longest category, in characters.
const MAX_CATEGORY_CHARS: usize = 50;

/// What a template is made of, as somebody wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawTemplate<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is for; may be empty.
    pub description: &'a str,
    /// Groups templates in lists, such as `customer_service`.
    pub category: &'a str,
    /// BCP 47 tag of the language it is written in.
    pub language: &'a str,
    /// Instructions for the AI.
    pub system_prompt: Option<&'a str>,
    /// Who the user plays.
    pub user_role: Option<&'a str>,
    /// Who the AI plays.
    pub ai_role: Option<&'a str>,
    /// The situation.
    pub scenario: Option<&'a str>,
}

/// What a template says: everything but whose it is. Every text is trimmed and within its limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateContent {
    name: TemplateName,
    description: String,
    category: String,
    language: LanguageTag,
    prompt: Prompt,
}

/// A template's name: one line, not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateName(String);

/// A text of a template that cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidTemplate {
    /// A text that must be there is empty.
    #[error("{field} is empty")]
    Empty {
        /// Which text.
        field: &'static str,
    },
    /// Longer than allowed.
    #[error("{field} is longer than {limit} characters")]
    TooLong {
        /// Which text.
        field: &'static str,
        /// The limit in characters.
        limit: usize,
    },
    /// A control character, a line break included, in what must be one line.
    #[error("{field} contains a line break or another control character")]
    ControlCharacter {
        /// Which text.
        field: &'static str,
    },
    /// The language.
    #[error(transparent)]
    Language(#[from] InvalidLanguage),
    /// The system prompt, a role or the scenario.
    #[error(transparent)]
    Prompt(#[from] InvalidPrompt),
    /// It says nothing at all.
    #[error("a template needs a system_prompt, a role or a scenario_context")]
    NoPrompt,
}

impl TemplateContent {
    /// Checks and trims the texts.
    ///
    /// # Errors
    /// [`InvalidTemplate`] says which text breaks which rule.
    pub fn parse(raw: RawTemplate<'_>) -> Result<Self, InvalidTemplate> {
        let prompt = Prompt::parse(raw.system_prompt, raw.user_role, raw.ai_role, raw.scenario)?;
        if prompt == Prompt::default() {
            return Err(InvalidTemplate::NoPrompt);
        }
        Ok(Self {
            name: TemplateName::parse(raw.name)?,
            description: one_line("description", raw.description, MAX_DESCRIPTION_CHARS)?,
            category: category(raw.category)?,
            language: LanguageTag::parse(raw.language)?,
            prompt,
        })
    }

    /// The same under another name.
    pub fn renamed(self, name: TemplateName) -> Self {
        Self { name, ..self }
    }

    /// Its name.
    pub fn name(&self) -> &TemplateName {
        &self.name
    }

    /// What it is for; may be empty.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Groups templates in lists.
    pub fn category(&self) -> &str {
        &self.category
    }

    /// The language it is written in.
    pub fn language(&self) -> &LanguageTag {
        &self.language
    }

    /// What the AI is told; never empty.
    pub fn prompt(&self) -> &Prompt {
        &self.prompt
    }
}

impl TemplateName {
    /// Checks and trims a name.
    ///
    /// # Errors
    /// [`InvalidTemplate`] when it is empty, too long or more than one line.
    pub fn parse(raw: &str) -> Result<Self, InvalidTemplate> {
        needed("name", raw, MAX_NAME_CHARS).map(Self)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TemplateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(super) fn category(raw: &str) -> Result<String, InvalidTemplate> {
    needed("category", raw, MAX_CATEGORY_CHARS)
}

fn needed(field: &'static str, raw: &str, limit: usize) -> Result<String, InvalidTemplate> {
    let text = one_line(field, raw, limit)?;
    if text.is_empty() {
        return Err(InvalidTemplate::Empty { field });
    }
    Ok(text)
}

fn one_line(field: &'static str, raw: &str, limit: usize) -> Result<String, InvalidTemplate> {
    let text = raw.trim();
    if text.chars().count() > limit {
        return Err(InvalidTemplate::TooLong { field, limit });
    }
    // The last two are line breaks that do not count as control characters.
    if text
        .chars()
        .any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
    {
        return Err(InvalidTemplate::ControlCharacter { field });
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    const RAW: RawTemplate<'_> = RawTemplate {
        name: " Waiter ",
        description: " Takes orders. ",
        category: " restaurant ",
        language: "EN-gb",
        system_prompt: Some(" Be brief.\nBe kind. "),
        user_role: Some("guest"),
        ai_role: Some("  "),
        scenario: None,
    };

    #[test]
    fn texts_are_trimmed_and_blank_ones_absent() {
        let content = TemplateContent::parse(RAW).unwrap();
        assert_eq!(content.name().to_string(), "Waiter");
        assert_eq!(content.description(), "Takes orders.");
        assert_eq!(content.category(), "restaurant");
        assert_eq!(content.language().as_str(), "en-GB");
        assert_eq!(content.prompt().system_prompt(), Some("Be brief.\nBe kind."));
        assert_eq!(
            (content.prompt().user_role(), content.prompt().ai_role()),
            (Some("guest"), None)
        );
    }

    #[test]
    fn the_limits_are_counted_in_characters() {
        let (name, description, category) = ("語".repeat(100), "語".repeat(500), "語".repeat(50));
        let longest = RawTemplate {
            name: &name,
            description: &description,
            category: &category,
            ..RAW
        };
        assert!(TemplateContent::parse(longest).is_ok());
        for (field, limit, raw) in [
            (
                "name",
                100,
                RawTemplate {
                    name: &"語".repeat(101),
                    ..longest
                },
            ),
            (
                "description",
                500,
                RawTemplate {
                    description: &"語".repeat(501),
                    ..longest
                },
            ),
            (
                "category",
                50,
                RawTemplate {
                    category: &"語".repeat(51),
                    ..longest
                },
            ),
        ] {
            let refused = TemplateContent::parse(raw);
            assert_eq!(refused, Err(InvalidTemplate::TooLong { field, limit }));
        }
    }

    #[rstest]
    #[case("a\nb")]
    #[case("a\tb")]
    #[case("a\u{0}b")]
    #[case("a\u{7f}b")]
    #[case("a\u{85}b")]
    #[case("a\u{2028}b")]
    #[case("\u{1b}[31m")]
    fn one_line_has_no_control_characters(#[case] text: &str) {
        for (field, raw) in [
            ("name", RawTemplate { name: text, ..RAW }),
            (
                "description",
                RawTemplate {
                    description: text,
                    ..RAW
                },
            ),
            (
                "category",
                RawTemplate {
                    category: text,
                    ..RAW
                },
            ),
        ] {
            let refused = TemplateContent::parse(raw);
            assert_eq!(refused, Err(InvalidTemplate::ControlCharacter { field }));
        }
    }

    #[test]
    fn what_must_be_there_is_missed() {
        for (field, raw) in [
            ("name", RawTemplate { name: " \n ", ..RAW }),
            ("category", RawTemplate { category: "", ..RAW }),
        ] {
            assert_eq!(TemplateContent::parse(raw), Err(InvalidTemplate::Empty { field }));
        }
        let no_description = RawTemplate {
            description: "",
            ..RAW
        };
        assert!(TemplateContent::parse(no_description).is_ok());
    }

    #[test]
    fn a_template_says_something_in_some_language() {
        let silent = RawTemplate {
            system_prompt: Some(" "),
            user_role: None,
            ..RAW
        };
        assert_eq!(TemplateContent::parse(silent), Err(InvalidTemplate::NoPrompt));
        let nowhere = RawTemplate { language: "?", ..RAW };
        assert_eq!(
            TemplateContent::parse(nowhere),
            Err(InvalidTemplate::Language(InvalidLanguage))
        );
        let loud = RawTemplate {
            scenario: Some("a\u{7}b"),
            ..RAW
        };
        let field = "scenario_context";
        assert_eq!(
            TemplateContent::parse(loud),
            Err(InvalidTemplate::Prompt(InvalidPrompt::ControlCharacter { field }))
        );
    }

    #[test]
    fn another_name_changes_nothing_else() {
        let content = TemplateContent::parse(RAW).unwrap();
        let name = TemplateName::parse("Waitress").unwrap();
        let renamed = content.clone().renamed(name.clone());
        assert_eq!(renamed.name(), &name);
        assert_eq!(renamed.renamed(content.name().clone()), content);
    }

    proptest! {
        #[test]
        fn any_name_is_refused_or_stays_as_it_was_read(raw: String) {
            if let Ok(name) = TemplateName::parse(&raw) {
                prop_assert_eq!(TemplateName::parse(name.as_str()), Ok(name));
            }
        }
    }
}
