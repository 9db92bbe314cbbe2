use leptos::prelude::*;
use viva_protocol::rest::{CredentialStatus, Provider};

use super::{Choice, Combobox, Picker};
use crate::erase::Erase;
use crate::session::Controls;
use crate::state::choices::{COMMON_LANGUAGES, Field, OFFLINE, Offered, Part};
use crate::state::context::{Preferences, Providers, Talk};
use crate::state::suggestions::Suggestion;
use crate::words::fill;
use crate::words::talk::{Words, say};

/// Who plays a part: the provider, and its model, voice and language where it has a choice.
#[component]
pub fn SetupPart(
    /// The part.
    part: Part,
) -> impl IntoView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let current = Memo::new(move |_| current(talk, part));
    let chosen = Signal::derive(move || {
        talk.settings
            .with(|settings| settings.part(part).provider.clone())
    });
    let choices = Signal::derive(move || {
        talk.providers
            .with(|list| providers(list, part, &chosen.read(), Words::now(preferences)))
    });
    let choose = Callback::new(move |id: String| {
        talk.providers.with_untracked(|providers| {
            talk.settings
                .update(|settings| settings.choose_provider(part, &id, providers.list()));
        });
    });
    let note = move || {
        let words = Words::now(preferences);
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

/// A choice within the provider: a list, or a field where the provider takes other names too. Hidden when there is none.
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
    let is_open = Memo::new(move |_| {
        current.with(|provider| {
            provider
                .as_ref()
                .is_some_and(|provider| field.is_open(part, provider))
        })
    });
    let suggestions = Signal::derive(move || {
        let words = Words::now(preferences);
        let default = Suggestion {
            id: String::new(),
            name: default(words).to_owned(),
            label: default(words).to_owned(),
        };
        let mut offered = offered.get();
        if field == Field::Language && offered.is_empty() {
            offered = common_languages();
        }
        let offered = offered.into_iter().map(|it| suggestion(it, words));
        std::iter::once(default).chain(offered).collect::<Vec<_>>()
    });
    let choices = Signal::derive(move || {
        let choice = |it: &Suggestion| Choice::new(it.id.clone(), it.label.clone());
        suggestions.with(|suggestions| suggestions.iter().map(choice).collect::<Vec<_>>())
    });
    let chosen = Signal::derive(move || {
        talk.settings
            .with(|settings| settings.part(part).get(field).clone())
    });
    let choose = Callback::new(move |id| {
        talk.settings
            .update(|settings| settings.part_mut(part).set(field, id));
    });
    let controls = use_context::<Controls>();
    let list_voices = Callback::new(move |()| {
        if let (Some(controls), Field::Voice, Part::Tts) = (controls, field, part) {
            controls.list_voices();
        }
    });
    let combobox = move || {
        view! {
            <Combobox
                id=format!("vv-{}-{}", part.name(), field.name())
                label=Signal::derive(say(label))
                placeholder=Signal::derive(say(default))
                suggestions
                chosen
                on_choose=choose
                on_focus=list_voices
            />
        }
    };
    view! {
        <Show when=move || is_open.get()>{combobox()}</Show>
        <Show when=move || !is_open.get() && offered.with(|offered| !offered.is_empty())>
            <Picker label=Signal::derive(say(label)) choices chosen on_choose=choose />
        </Show>
    }
    .erase()
}

/// What is suggested where any language is taken.
pub(super) fn common_languages() -> Vec<Offered> {
    let offered = |(id, name): (&str, &str)| Offered {
        id: id.to_owned(),
        name: name.to_owned(),
        retires: None,
    };
    COMMON_LANGUAGES.into_iter().map(offered).collect()
}

/// What can be chosen, and until when where that is known.
pub(super) fn suggestion(offered: Offered, words: &Words) -> Suggestion {
    let Offered { id, name, retires } = offered;
    let label = match retires {
        Some(day) => fill(words.until, &[("name", &name), ("day", &day)]),
        None => name.clone(),
    };
    Suggestion { id, name, label }
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

/// Who can play a part; until the list is there, the one that always works, and the one that is chosen.
fn providers(list: &Providers, part: Part, chosen: &str, words: &Words) -> Vec<Choice> {
    let Some(list) = list.list() else {
        let offline = Choice::new(OFFLINE, "Offline");
        let other = (chosen != OFFLINE).then(|| Choice::new(chosen, chosen));
        return std::iter::once(offline).chain(other).collect();
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
            custom_names: false,
            capabilities: ProviderCapabilities {
                detects_turns: false,
                greets: false,
            },
            available,
            credential_status,
            own_key: false,
            checked_at: None,
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
        let english = suggestion(model.clone(), Words::of(Language::English));
        assert_eq!(
            (&*english.name, &*english.label),
            ("Old", "Old – until 2027-01-31")
        );
        let chinese = suggestion(model, Words::of(Language::TraditionalChinese));
        assert!(chinese.label.contains("2027-01-31"), "{chinese:?}");
    }

    #[test]
    fn what_is_chosen_is_shown_also_without_the_list() {
        let words = Words::of(Language::English);
        for list in [Providers::Loading, Providers::Failed] {
            let ids = |chosen: &str| -> Vec<String> {
                let choices = providers(&list, Part::Llm, chosen, words);
                choices.into_iter().map(|choice| choice.id).collect()
            };
            assert_eq!(ids("openai"), ["offline", "openai"]);
            assert_eq!(ids("offline"), ["offline"]);
        }
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
        let choices: Vec<_> = providers(&list, Part::Stt, "some", Words::of(Language::English))
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
