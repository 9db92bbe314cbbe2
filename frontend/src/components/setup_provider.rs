use leptos::prelude::*;
use viva_protocol::rest::{CredentialStatus, Provider};

use super::{Choice, Picker};
use crate::erase::Erase;
use crate::state::context::{Preferences, Providers, Talk};
use crate::state::settings::Settings;
use crate::words::{Words, say};

/// Which provider talks, with which model, voice and language.
#[component]
pub fn SetupProvider() -> impl IntoView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let choices = Signal::derive(move || talk.providers.with(|list| providers(list, preferences.words())));
    let chosen = Signal::derive(move || talk.settings.with(|settings| settings.provider.clone()));
    let choose = Callback::new(move |id| talk.settings.update(|settings| settings.choose_provider(id)));
    let note = move || {
        let words = preferences.words();
        talk.providers.with(|list| match list {
            Providers::Loading => words.providers_loading,
            Providers::Failed => words.providers_failed,
            Providers::Loaded(_) => current(talk).map_or("", |provider| status(&provider, words).1),
        })
    };
    view! {
        <fieldset>
            <legend>{say(|words| words.mode)}</legend>
            <p class="vv-mode">
                <strong>{say(|words| words.mode_realtime)}</strong>
                <span class="vv-hint">{say(|words| words.mode_realtime_hint)}</span>
            </p>
            <Picker label=Signal::derive(say(|words| words.provider)) choices chosen on_choose=choose />
            <p class="vv-hint" role="status">{note}</p>
            <Part
                label=|words| words.model
                known=|provider| provider.models.iter().map(|model| Choice::new(&model.id, &model.name)).collect()
                read=|settings| settings.model.clone()
                write=|settings, id| settings.model = id
            />
            <Part
                label=|words| words.voice
                known=|provider| provider.voices.iter().map(|voice| Choice::new(&voice.id, &voice.name)).collect()
                read=|settings| settings.voice.clone()
                write=|settings, id| settings.voice = id
            />
            <Part
                label=|words| words.language
                known=|provider| {
                    provider.languages.iter().map(|language| Choice::new(&language.id, &language.name)).collect()
                }
                read=|settings| settings.language.clone()
                write=|settings, id| settings.language = id
            />
        </fieldset>
    }
    .erase()
}

/// A choice within the provider; hidden when the provider has none.
#[component]
fn Part(
    /// What is chosen.
    label: fn(&Words) -> &'static str,
    /// What the provider offers.
    known: fn(&Provider) -> Vec<Choice>,
    /// Reads the choice.
    read: fn(&Settings) -> String,
    /// Sets the choice.
    write: fn(&mut Settings, String),
) -> impl IntoView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let offered = Memo::new(move |_| current(talk).map(|provider| known(&provider)).unwrap_or_default());
    let choices = Signal::derive(move || {
        let default = Choice::new("", preferences.words().default_choice);
        std::iter::once(default).chain(offered.get()).collect::<Vec<_>>()
    });
    let chosen = Signal::derive(move || talk.settings.with(read));
    let choose = Callback::new(move |id| talk.settings.update(|settings| write(settings, id)));
    view! {
        <Show when=move || offered.with(|offered| !offered.is_empty())>
            <Picker label=Signal::derive(say(label)) choices chosen on_choose=choose />
        </Show>
    }
    .erase()
}

fn current(talk: Talk) -> Option<Provider> {
    let id = talk.settings.with(|settings| settings.provider.clone());
    talk.providers.with(|list| match list {
        Providers::Loaded(list) => list.realtime.iter().find(|provider| provider.id == id).cloned(),
        Providers::Loading | Providers::Failed => None,
    })
}

/// The realtime providers; until the list is there, the one that always works.
fn providers(list: &Providers, words: &Words) -> Vec<Choice> {
    let Providers::Loaded(list) = list else {
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
    list.realtime.iter().map(choice).collect()
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
    fn only_a_provider_that_works_can_be_chosen() {
        let list = Providers::Loaded(ProviderList {
            realtime: vec![
                provider(true, CredentialStatus::Valid),
                provider(false, CredentialStatus::Missing),
            ],
            stt: Vec::new(),
            llm: Vec::new(),
            tts: Vec::new(),
        });
        let choices: Vec<_> = providers(&list, Words::of(Language::English))
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
