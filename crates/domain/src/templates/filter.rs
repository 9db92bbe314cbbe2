use super::content::{InvalidTemplate, category};
use super::language::LanguageTag;

/// Which templates a list holds; one without conditions holds all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TemplateFilter {
    category: Option<String>,
    language: Option<LanguageTag>,
}

impl TemplateFilter {
    /// Checks the conditions; a blank one is none.
    ///
    /// # Errors
    /// [`InvalidTemplate`] when no template can have the category or the language.
    pub fn parse(wanted_category: Option<&str>, language: Option<&str>) -> Result<Self, InvalidTemplate> {
        Ok(Self {
            category: given(wanted_category).map(category).transpose()?,
            language: given(language).map(LanguageTag::parse).transpose()?,
        })
    }

    /// The category, to the letter.
    pub fn category(&self) -> Option<&str> {
        self.category.as_deref()
    }

    /// The language, with all its variants: `zh` is also `zh-TW` (RFC 4647, basic filtering).
    pub fn language(&self) -> Option<&LanguageTag> {
        self.language.as_ref()
    }
}

fn given(raw: Option<&str>) -> Option<&str> {
    raw.filter(|raw| !raw.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templates::InvalidLanguage;

    #[test]
    fn blank_conditions_are_none() {
        assert_eq!(
            TemplateFilter::parse(Some(" "), Some("")),
            Ok(TemplateFilter::default())
        );
    }

    #[test]
    fn conditions_are_read_as_templates_are() {
        let filter = TemplateFilter::parse(Some(" storyteller "), Some("ZH-tw")).unwrap();
        assert_eq!(filter.category(), Some("storyteller"));
        assert_eq!(filter.language().map(LanguageTag::as_str), Some("zh-TW"));
    }

    #[test]
    fn what_no_template_can_have_is_refused() {
        assert_eq!(
            TemplateFilter::parse(Some("a\u{0}"), None),
            Err(InvalidTemplate::ControlCharacter { field: "category" })
        );
        assert_eq!(
            TemplateFilter::parse(None, Some("%")),
            Err(InvalidTemplate::Language(InvalidLanguage))
        );
    }
}
