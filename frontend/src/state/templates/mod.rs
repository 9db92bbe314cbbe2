//! The templates that a prompt can come from, and what is done with them.

use uuid::Uuid;
use viva_protocol::rest::{PromptTexts, Template, TemplateContent};

use super::prompt::texts_of;
use super::settings::Settings;
use crate::Language;
use crate::api::Refused;

/// The category of a template that nobody put into another one.
const OTHER: &str = "other";

/// What the page knows of the templates.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Templates {
    /// All that there are, the built-in ones first; `None` until the server has said it.
    list: Option<Vec<Template>>,
    /// Counts how often it was asked which there are.
    lookups: u32,
    /// Why it did not say so, where it never did.
    lost: Option<Trouble>,
    /// Only these are offered; `None` for those in the language of the page.
    language: Option<String>,
    /// Only these are offered.
    category: String,
    /// What was written before something else took its place.
    before: Option<Draft>,
    /// The name under which the prompt would be saved; `None` for the one that suggests itself.
    name: Option<String>,
    /// What it looks like as one text, while that is shown.
    preview: Option<Preview>,
    /// Whether the server was asked to save or to delete one, and has not answered.
    is_busy: bool,
    /// Why the last thing that it was asked to do was not done.
    trouble: Option<Trouble>,
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The server did not answer.
    Unreachable,
    /// It said why not, in its words, if it did.
    Refused(String),
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Self {
        if refused.status.is_none() {
            return Self::Unreachable;
        }
        let detail = refused.problem.and_then(|problem| problem.detail);
        Self::Refused(detail.unwrap_or_default())
    }
}

/// The composed prompt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// The texts that were asked about last.
    asked: PromptTexts,
    /// What the server made of those or, until it has answered, of the ones before.
    composed: String,
    /// The texts that it was made of.
    of: Option<PromptTexts>,
    /// Why the server made nothing of those that were asked about last.
    trouble: Option<Trouble>,
}

/// Texts, and the template that they began with.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Draft {
    template: Option<Uuid>,
    texts: PromptTexts,
    language: String,
}

impl Draft {
    fn of(settings: &Settings) -> Self {
        Self {
            template: settings.template,
            texts: settings.texts(),
            language: settings.prompt_language.clone(),
        }
    }
}

impl Preview {
    /// The one text; empty where there is nothing to tell, or nothing was answered yet.
    pub fn composed(&self) -> &str {
        &self.composed
    }

    /// Whether it is what a session with these settings would begin with.
    pub fn is_of(&self, settings: &Settings) -> bool {
        self.of.as_ref() == Some(&settings.told())
    }
}

impl Templates {
    /// The server is about to be asked which there are.
    pub fn look(&mut self) -> u32 {
        self.lookups += 1;
        self.lost = None;
        self.lookups
    }

    /// It answered. What was asked before the last time does not count any more.
    pub fn hear(&mut self, lookup: u32, answer: Result<Vec<Template>, Trouble>) {
        if lookup != self.lookups {
            return;
        }
        match answer {
            Ok(list) => self.list = Some(list),
            // An older list is better than none.
            Err(trouble) => self.lost = self.list.is_none().then_some(trouble),
        }
    }

    /// Whether it was asked in vain.
    pub fn is_lost(&self) -> bool {
        self.lost.is_some()
    }

    /// Whether the server has said which there are.
    pub fn are_known(&self) -> bool {
        self.list.is_some()
    }

    /// The server is about to be asked to save or to delete one. It is asked for one thing at a time.
    pub fn ask(&mut self) -> bool {
        !std::mem::replace(&mut self.is_busy, true)
    }

    /// Whether it has still to answer.
    pub fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// It did not do what it was asked.
    pub fn fail(&mut self, trouble: Trouble) {
        self.is_busy = false;
        self.trouble = Some(trouble);
    }

    /// Why the last thing was not done, or else why the prompt or the list is not shown.
    pub fn trouble(&self) -> Option<&Trouble> {
        let of_preview = || self.preview.as_ref()?.trouble.as_ref();
        let trouble = self.trouble.as_ref().or_else(of_preview);
        trouble.or(self.lost.as_ref())
    }

    /// The languages of the templates, and the one that is looked through, each once.
    pub fn languages(&self, page: Language) -> Vec<String> {
        let tags = self.all().map(|template| template.content.language.as_str());
        distinct(std::iter::once(self.language(page)).chain(tags))
    }

    /// Tag of the language that is looked through; empty for all of them.
    pub fn language(&self, page: Language) -> &str {
        self.language.as_deref().unwrap_or(page.tag())
    }

    /// Looks through another language.
    pub fn look_through(&mut self, language: String) {
        self.language = Some(language);
    }

    /// The categories of the templates in the language that is looked through, and the one that is wanted, each once.
    pub fn categories(&self, page: Language) -> Vec<String> {
        let fitting = self.all().filter(|template| self.is_in_language(template, page));
        let names = fitting.map(|template| template.content.category.as_str());
        distinct(std::iter::once(&*self.category).chain(names))
    }

    /// The category that is looked through; empty for all of them.
    pub fn category(&self) -> &str {
        &self.category
    }

    /// Looks through another category.
    pub fn want(&mut self, category: String) {
        self.category = category;
    }

    /// What can be chosen: what fits, and what is chosen.
    pub fn offered(&self, settings: &Settings, page: Language) -> impl Iterator<Item = &Template> {
        let chosen = settings.template;
        self.all().filter(move |template| {
            let fits = self.is_in_language(template, page) && self.is_in_category(template);
            fits || chosen == Some(template.id)
        })
    }

    /// The template that the texts began with. One that is gone is none.
    pub fn chosen(&self, settings: &Settings) -> Option<&Template> {
        self.all().find(|template| settings.template == Some(template.id))
    }

    /// Whether the texts say something else than the template that they began with.
    pub fn is_changed(&self, settings: &Settings) -> bool {
        self.chosen(settings)
            .is_some_and(|template| texts_of(&template.content) != settings.texts())
    }

    /// Takes a template's texts, or those of none, which are empty. What was written by hand stays when no template is wanted
    /// any more, and can be brought back when another one is.
    pub fn choose(&mut self, id: &str, settings: &mut Settings) {
        let wanted = self.all().find(|template| template.id.to_string() == id);
        let wanted = wanted.map(|template| (template.id, template.content.clone()));
        let by_hand = self.is_by_hand(settings).then(|| Draft::of(settings));
        settings.template = wanted.as_ref().map(|(id, _)| *id);
        match wanted {
            Some((_, content)) => {
                self.before = by_hand.or_else(|| self.before.take());
                settings.set_texts(texts_of(&content));
                settings.prompt_language = content.language;
            }
            None if by_hand.is_none() => {
                settings.set_texts(PromptTexts::default());
                settings.prompt_language.clear();
            }
            None => {}
        }
        self.begin_anew();
    }

    /// Whether something was written before, which a template took the place of.
    pub fn can_bring_back(&self) -> bool {
        self.before.is_some()
    }

    /// Brings it back. What was written since can be brought back in turn.
    pub fn bring_back(&mut self, settings: &mut Settings) {
        let by_hand = self.is_by_hand(settings).then(|| Draft::of(settings));
        if let Some(Draft {
            template,
            texts,
            language,
        }) = self.before.take()
        {
            self.before = by_hand;
            settings.template = template;
            settings.set_texts(texts);
            settings.prompt_language = language;
            self.begin_anew();
        }
    }

    /// The name under which the prompt would be saved: the one that was typed, or the chosen template's.
    pub fn name(&self, settings: &Settings) -> &str {
        let of_chosen = || {
            self.chosen(settings)
                .map_or("", |template| &template.content.name)
        };
        self.name.as_deref().unwrap_or_else(of_chosen)
    }

    /// Another name.
    pub fn set_name(&mut self, name: String) {
        self.name = Some(name);
    }

    /// The person's own template that has the name already, and that saving replaces.
    pub fn namesake(&self, settings: &Settings) -> Option<&Template> {
        let name = self.name(settings).trim();
        self.all()
            .find(|template| !template.built_in && template.content.name == name)
    }

    /// Whether there is something to save, under a name.
    pub fn can_save(&self, settings: &Settings) -> bool {
        !self.name(settings).trim().is_empty() && settings.texts() != PromptTexts::default()
    }

    /// What would be saved. What is not written on the page stays as in the template that is replaced, or that the texts
    /// began with.
    pub fn content(&self, settings: &Settings, page: Language) -> TemplateContent {
        let base = self.namesake(settings).or_else(|| self.chosen(settings));
        let base = base.map(|template| template.content.clone());
        let category = if self.category.is_empty() {
            OTHER
        } else {
            &self.category
        };
        let base = base.unwrap_or_else(|| TemplateContent {
            category: category.to_owned(),
            language: page.tag().to_owned(),
            ..TemplateContent::default()
        });
        let texts = settings.texts();
        TemplateContent {
            name: self.name(settings).trim().to_owned(),
            system_prompt: texts.system_prompt,
            user_role: texts.user_role,
            ai_role: texts.ai_role,
            scenario_context: texts.scenario_context,
            ..base
        }
    }

    /// This was saved, of texts that began with a template: it is what they began with from now on, unless others took their
    /// place meanwhile.
    pub fn saved(
        &mut self,
        template: Template,
        (began, sent): (Option<Uuid>, &TemplateContent),
        settings: &mut Settings,
    ) {
        let is_named = self.name(settings).trim() == sent.name;
        if is_named && settings.template == began && settings.texts() == texts_of(sent) {
            settings.template = Some(template.id);
            settings.prompt_language.clone_from(&template.content.language);
            self.name = None;
        }
        if let Some(list) = &mut self.list {
            match list.iter_mut().find(|known| known.id == template.id) {
                Some(known) => *known = template,
                None => list.push(template),
            }
        }
        self.succeed();
    }

    /// This one is gone. Its texts stay.
    pub fn deleted(&mut self, id: Uuid, settings: &mut Settings) {
        if let Some(list) = &mut self.list {
            list.retain(|template| template.id != id);
        }
        settings.template = settings.template.filter(|chosen| *chosen != id);
        self.name = None;
        self.succeed();
    }

    /// What is shown of the composed prompt, if it is.
    pub fn preview(&self) -> Option<&Preview> {
        self.preview.as_ref()
    }

    /// Shows the composed prompt: the texts to ask the server about, unless it was asked already.
    pub fn show_preview(&mut self, settings: &Settings) -> Option<PromptTexts> {
        let preview = self.preview.get_or_insert_default();
        let texts = settings.told();
        if preview.of.is_some() && preview.asked == texts {
            return None;
        }
        preview.asked = texts.clone();
        Some(texts)
    }

    /// Shows it no more.
    pub fn hide_preview(&mut self) {
        self.preview = None;
    }

    /// The server answered what it makes of these texts. What was asked before the last question does not count any more.
    pub fn composed(&mut self, texts: PromptTexts, answer: Result<String, Trouble>) {
        let asked = self.preview.as_mut().filter(|preview| preview.asked == texts);
        let Some(preview) = asked else { return };
        match answer {
            Ok(composed) => {
                preview.composed = composed;
                preview.of = Some(texts);
                preview.trouble = None;
            }
            Err(trouble) => {
                preview.of = None;
                preview.trouble = Some(trouble);
            }
        }
    }

    fn all(&self) -> impl Iterator<Item = &Template> {
        self.list.iter().flatten()
    }

    /// A language goes with its variants, as for the server: `zh` finds `zh-TW`.
    fn is_in_language(&self, template: &Template, page: Language) -> bool {
        let wanted = self.language(page);
        let rest = template.content.language.strip_prefix(wanted);
        wanted.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }

    fn is_in_category(&self, template: &Template) -> bool {
        self.category.is_empty() || template.content.category == self.category
    }

    /// Whether the texts would be lost without their like.
    fn is_by_hand(&self, settings: &Settings) -> bool {
        match self.chosen(settings) {
            Some(_) => self.is_changed(settings),
            None => settings.texts() != PromptTexts::default(),
        }
    }

    /// What was said about the template before is over.
    fn begin_anew(&mut self) {
        self.name = None;
        self.trouble = None;
    }

    /// The server did what it was asked.
    fn succeed(&mut self) {
        self.is_busy = false;
        self.trouble = None;
    }
}

fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut known: Vec<String> = Vec::new();
    for text in texts.filter(|text| !text.is_empty()) {
        if !known.iter().any(|known| known == text) {
            known.push(text.to_owned());
        }
    }
    known
}

#[cfg(test)]
mod tests;
