use leptos::prelude::*;
use viva_protocol::rest::{CredentialStatus, Provider};

use super::{Choice, Picker};
use crate::erase::Erase;
use crate::state::choices::{Field, Offered, Part};
use crate::state::context::{Preferences, Providers, Talk};
use crate::words::{Words, fill, say};

/// Who plays a part: the provider, and its model, voice and language where it has a choice.
#[component]
pub fn SetupPart(
    /// The part.
    part: Part,
) -> impl IntoView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let current = Memo::new(move |_| current(talk, part));
    let choices = Signal::derive(move || {
        talk.providers
            .with(|list| providers(list, part, preferences.words()))
    });
    let chosen = Signal::derive(move || {
        talk.settings
            .with(|settings| settings.part(part).provider.clone())
    });
    let choose = Callback::new(move |id: String| {
        talk.providers.with_untracked(|providers| {
            talk.settings
                .update(|settings| settings.choose_provider(part, &id, providers.list()));
        });
    });
    let note = move || {
        let words = preferences.words();
        talk.providers.with(|list| match list {
            Providers::Loading => words.providers_loading,
            Providers::Failed => words.providers_failed,
            Providers::Loaded(_) => {
                current.with(|provider| provider.as_ref().map_or("", |provider| status(provider, words).1))
            }
        })
    };
    let field = |&field| view! { <PartField part field current /> };
    view! {
        <fieldset class="vv-setup-part" data-part=part.name()>
            <legend>{say(part_name(part))}</legend>
            <Picker label=Signal::derive(say(|words| words.provider)) choices chosen on_choose=choose />
            <p class="vv-hint" role="status">{note}</p>
            {Field::of(part).iter().map(field).collect_view()}
        </fieldset>
    }
    .erase()
}

/// A choice within the provider; hidden when the provider has none.
#[component]
fn PartField(
    /// The part.
    part: Part,
    /// What is chosen.
    field: Field,
    /// The provider that is chosen for the part.
    current: Memo<Option<Provider>>,
) -> impl IntoView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let (label, default) = wording(part, field);
    let offered = Memo::new(move |_| {
        current.with(|provider| {
            provider
                .as_ref()
                .map_or(Vec::new(), |provider| field.offered(provider))
        })
    });
    let choices = Signal::derive(move || {
        let default = Choice::new("", default(preferences.words()));
        let offered = offered
            .get()
            .into_iter()
            .map(|offered| choice(offered, preferences.words()));
        std::iter::once(default).chain(offered).collect::<Vec<_>>()
    });
    let chosen = Signal::derive(move || {
        talk.settings
            .with(|settings| settings.part(part).get(field).clone())
    });
    let choose = Callback::new(move |id| {
        talk.settings
            .update(|settings| settings.part_mut(part).set(field, id));
    });
    view! {
        <Show when=move || offered.with(|offered| !offered.is_empty())>
            <Picker label=Signal::derive(say(label)) choices chosen on_choose=choose />
        </Show>
    }
    .erase()
}

/// What can be chosen, and until when where that is known.
fn choice(offered: Offered, words: &Words) -> Choice {
    let Offered { id, name, retires } = offered;
    let name = match retires {
        Some(day) => fill(words.until, &[("name", &name), ("day", &day)]),
        None => name,
    };
    Choice::new(id, name)
}

type Say = fn(&Words) -> &'static str;

/// What a choice is called, and what it is called when none is made.
fn wording(part: Part, field: Field) -> (Say, Say) {
    let label: Say = match (field, part) {
        (Field::Model, _) => |words| words.model,
        (Field::Voice, _) => |words| words.voice,
        (Field::Language, Part::Stt) => |words| words.language_heard,
        (Field::Language, Part::Tts) => |words| words.language_spoken,
        (Field::Language, Part::Realtime | Part::Llm) => |words| words.language,
    };
    let default: Say = if field == Field::Language && part != Part::Realtime {
        |words| words.same_language
    } else {
        |words| words.default_choice
    };
    (label, default)
}

/// What a part is called.
pub(super) fn part_name(part: Part) -> Say {
    match part {
        Part::Realtime => |words| words.part_realtime,
        Part::Stt => |words| words.part_stt,
        Part::Llm => |words| words.part_llm,
        Part::Tts => |words| words.part_tts,
    }
}

/// The provider that is chosen for a part.
pub(super) fn current(talk: Talk, part: Part) -> Option<Provider> {
    let id = talk
        .settings
        .with(|settings| settings.part(part).provider.clone());
    talk.providers
        .with(|providers| part.provider(providers.list()?, &id).cloned())
}

/// Who can play a part; until the list is there, the one that always works.
fn providers(list: &Providers, part: Part, words: &Words) -> Vec<Choice> {
    let Some(list) = list.list() else {
        return vec![Choice::new("offline", "Offline")];
    };
    let choice = |provider: &Provider| Choice {
        id: provider.id.clone(),
        name: if provider.available {
            provider.name.clone()
        } else {
            format!("{} – {}", provider.name, status(provider, words).0)
        },
        enabled: provider.available,
    };
    part.providers(list).iter().map(choice).collect()
}

/// What stands behind the name of a provider that cannot be chosen, and what is said below the one that is chosen: when
/// it does not work, what to do.
fn status(provider: &Provider, words: &Words) -> (&'static str, &'static str) {
    match provider.credential_status {
        CredentialStatus::Missing => (words.key_missing, words.key_missing_hint),
        CredentialStatus::Invalid => (words.key_invalid, words.key_invalid_hint),
        _ if !provider.available => (words.unavailable, words.unavailable_hint),
        CredentialStatus::NotNeeded => ("", words.no_key_needed),
        CredentialStatus::Present | CredentialStatus::Valid => ("", words.available),
    }
}

#[cfg(test)]
mod tests {
    use viva_protocol::rest::{ProviderCapabilities, ProviderList};

    use super::*;
    use crate::Language;

    fn provider(available: bool, credential_status: CredentialStatus) -> Provider {
        Provider {
            id: "some".to_owned(),
            name: "Some".to_owned(),
            models: Vec::new(),
            voices: Vec::new(),
            languages: Vec::new(),
            capabilities: ProviderCapabilities {
                detects_turns: false,
                greets: false,
            },
            available,
            credential_status,
        }
    }

    #[test]
    fn a_provider_that_does_not_work_says_why_and_what_to_do() {
        for language in [Language::English, Language::TraditionalChinese] {
            let words = Words::of(language);
            for credential_status in [
                CredentialStatus::Missing,
                CredentialStatus::Invalid,
                CredentialStatus::Valid,
                CredentialStatus::NotNeeded,
            ] {
                let (why, advice) = status(&provider(false, credential_status), words);
                assert!(!why.is_empty() && advice.contains("Offline"), "{advice}");
            }
        }
    }

    #[test]
    fn a_model_that_retires_says_when() {
        let model = Offered {
            id: "old".to_owned(),
            name: "Old".to_owned(),
            retires: Some("2027-01-31".to_owned()),
        };
        let english = choice(model.clone(), Words::of(Language::English));
        assert_eq!(english, Choice::new("old", "Old – until 2027-01-31"));
        let chinese = choice(model, Words::of(Language::TraditionalChinese));
        assert!(chinese.name.contains("2027-01-31"), "{chinese:?}");
    }

    #[test]
    fn only_a_provider_that_works_can_be_chosen() {
        let list = Providers::Loaded(ProviderList {
            stt: vec![
                provider(true, CredentialStatus::Valid),
                provider(false, CredentialStatus::Missing),
            ],
            ..ProviderList::default()
        });
        let choices: Vec<_> = providers(&list, Part::Stt, Words::of(Language::English))
            .into_iter()
            .map(|choice| (choice.name, choice.enabled))
            .collect();
        assert_eq!(
            choices,
            [
                ("Some".to_owned(), true),
                ("Some – needs a key".to_owned(), false)
            ]
        );
    }
}
