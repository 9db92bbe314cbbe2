use leptos::prelude::*;
use viva_protocol::rest::Credential;

use super::{Icon, KeyActions, Shape};
use crate::Language;
use crate::erase::Erase;
use crate::keyring::Keyring;
use crate::state::choices::Part;
use crate::state::context::Preferences;
use crate::state::provider_cards::{Entry, Standing};
use crate::words::fill;
use crate::words::providers::Words;

/// A provider: what it can do, whose key it is used with, and what can be done with a key of one's own.
#[component]
pub fn ProviderCard(
    /// The provider's id.
    id: String,
) -> impl IntoView {
    let keyring = expect_context::<Keyring>();
    let preferences = expect_context::<Preferences>();
    let name = id.clone();
    let entry = Memo::new(move |_| keyring.listing.with(|listing| listing.find(&id).cloned()));
    let standing = move || entry.with(|entry| entry.as_ref().map(|entry| entry.standing.name()));
    let takes_key =
        Memo::new(move |_| entry.with(|entry| entry.as_ref().is_some_and(|entry| entry.form.is_some())));
    let facts = move || {
        let entry = entry.get()?;
        Some(facts(&entry, preferences.language.get()))
    };
    view! {
        <li class="vv-card vv-provider" data-provider=name data-standing=standing>
            {facts}
            <Show when=move || takes_key.get()>
                <KeyActions entry />
            </Show>
        </li>
    }
    .erase()
}

fn facts(entry: &Entry, language: Language) -> AnyView {
    let words = Words::of(language);
    let parts: Vec<&str> = entry.parts.iter().map(|part| part_name(*part, words)).collect();
    let tag = |name: &&'static str| view! { <li class="vv-tag">{*name}</li> };
    let hint = |text: String| view! { <p class="vv-hint">{text}</p> };
    let own = entry.standing.own();
    let address = own.and_then(|own| own.base_url.as_deref());
    let address = address.map(|address| hint(fill(words.address_is, &[("address", address)])));
    let organization = own.and_then(|own| own.organization.as_deref());
    let organization = organization.map(|it| hint(fill(words.organization_is, &[("organization", it)])));
    let used_for = entry.form.is_some().then(|| {
        let parts = parts.join(words.list_separator);
        hint(fill(words.used_for, &[("parts", &parts)]))
    });
    view! {
        <h3>{entry.name.clone()}</h3>
        <ul class="vv-provider-parts" aria-label=words.does>
            {parts.iter().map(tag).collect_view()}
        </ul>
        <p class="vv-provider-standing">
            <Icon shape=shape(&entry.standing) />
            <span>{standing_in_words(&entry.standing, language)}</span>
        </p>
        {address}
        {organization}
        {used_for}
    }
    .erase()
}

fn part_name(part: Part, words: &Words) -> &'static str {
    match part {
        Part::Realtime => words.part_realtime,
        Part::Stt => words.part_stt,
        Part::Llm => words.part_llm,
        Part::Tts => words.part_tts,
    }
}

fn shape(standing: &Standing) -> Shape {
    match standing {
        Standing::NoKeyNeeded | Standing::ServersKey | Standing::OwnKey(_) => Shape::Ready,
        Standing::NoKey => Shape::Plug,
        Standing::RefusedKey(_) => Shape::Warning,
    }
}

fn standing_in_words(standing: &Standing, language: Language) -> String {
    let words = Words::of(language);
    let of_key = |text: &str, own: &Credential| {
        let when = moment(own, language);
        fill(text, &[("key", &own.masked_key), ("when", &when)])
    };
    match standing {
        Standing::NoKeyNeeded => words.no_key_needed.to_owned(),
        Standing::ServersKey => words.servers_key.to_owned(),
        Standing::NoKey => words.no_key.to_owned(),
        Standing::OwnKey(own) => of_key(words.own_key, own),
        Standing::RefusedKey(own) => of_key(words.refused_key, own),
    }
}

/// When the key was checked last, on the reader's clock.
#[cfg(feature = "hydrate")]
fn moment(own: &Credential, language: Language) -> String {
    crate::browser::local_minute(own.checked_at.timestamp_millis(), language)
}

/// The server shows no keys.
#[cfg(not(feature = "hydrate"))]
fn moment(own: &Credential, _language: Language) -> String {
    own.checked_at.to_rfc3339()
}

#[cfg(test)]
mod tests {
    use viva_protocol::rest::CredentialStatus;

    use super::*;

    #[test]
    fn every_standing_has_words_of_its_own_and_a_key_is_shown_with_the_day_of_its_check() {
        let own = Credential {
            masked_key: "sk-…abcd".to_owned(),
            base_url: None,
            organization: None,
            status: CredentialStatus::Valid,
            checked_at: "2026-11-29T10:00:00Z".parse().unwrap(),
        };
        for language in [Language::English, Language::TraditionalChinese] {
            let mut texts: Vec<String> = [
                Standing::NoKeyNeeded,
                Standing::ServersKey,
                Standing::NoKey,
                Standing::OwnKey(own.clone()),
                Standing::RefusedKey(own.clone()),
            ]
            .iter()
            .map(|standing| standing_in_words(standing, language))
            .collect();
            for text in &texts[3..] {
                assert!(text.contains("sk-…abcd") && text.contains("2026-11-29"), "{text}");
            }
            texts.sort();
            texts.dedup();
            assert_eq!(texts.len(), 5);
        }
    }
}
