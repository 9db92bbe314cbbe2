use leptos::ev::SubmitEvent;
use leptos::html::Input;
use leptos::prelude::*;
use viva_protocol::rest::{Credential, CredentialContent, CredentialField, CredentialFieldName};

use super::key_actions::on_escape;
use super::key_trouble::told;
use crate::erase::Erase;
use crate::keyring::Keyring;
use crate::state::context::Preferences;
use crate::state::provider_cards::{Card, Entry, Trouble, Unfolded};
use crate::words::providers::{Words, say};

/// The fields that there may be. Only the browser has what is in them; a key is taken out when it is sent.
#[derive(Clone, Copy)]
struct Inputs {
    api_key: NodeRef<Input>,
    base_url: NodeRef<Input>,
    organization: NodeRef<Input>,
}

impl Inputs {
    fn new() -> Self {
        Self {
            api_key: NodeRef::new(),
            base_url: NodeRef::new(),
            organization: NodeRef::new(),
        }
    }

    fn of(self, field: CredentialFieldName) -> NodeRef<Input> {
        match field {
            CredentialFieldName::ApiKey => self.api_key,
            CredentialFieldName::BaseUrl => self.base_url,
            CredentialFieldName::Organization => self.organization,
        }
    }

    /// Empty for a field that is not there.
    fn text(self, field: CredentialFieldName) -> String {
        let input = self.of(field).get_untracked();
        input.map(|input| input.value()).unwrap_or_default()
    }

    fn text_if_any(self, field: CredentialFieldName) -> Option<String> {
        Some(self.text(field)).filter(|text| !text.trim().is_empty())
    }

    fn take(self) -> CredentialContent {
        let content = CredentialContent {
            api_key: self.text(CredentialFieldName::ApiKey).into(),
            base_url: self.text_if_any(CredentialFieldName::BaseUrl),
            organization: self.text_if_any(CredentialFieldName::Organization),
        };
        if let Some(input) = self.api_key.get_untracked() {
            input.set_value("");
        }
        content
    }

    fn focus(self, field: CredentialFieldName) {
        if let Some(input) = self.of(field).get_untracked() {
            // Fails only for an element without a document.
            let _ = input.focus();
        }
    }
}

/// The form for a key, in the place of the one before where there is one.
#[component]
pub fn NewKey(
    /// The provider.
    entry: Memo<Option<Entry>>,
    /// What is done with it.
    card: RwSignal<Card>,
) -> impl IntoView {
    let keyring = expect_context::<Keyring>();
    let inputs = Inputs::new();
    let (id, own, form) = entry.with_untracked(|entry| {
        let parts = |entry: &Entry| {
            let own = entry.standing.own().cloned();
            (entry.id.clone(), own, entry.form.clone().unwrap_or_default())
        };
        entry.as_ref().map(parts).unwrap_or_default()
    });
    let form = StoredValue::new(form);
    let fields = form.with_value(|form| form.fields.clone());
    let field = |wanted: CredentialField| field(&id, wanted, own.as_ref(), card, inputs);
    let fields = fields.into_iter().map(field).collect_view();

    Effect::new(move |_| {
        if inputs.api_key.get().is_some() {
            inputs.focus(CredentialFieldName::ApiKey);
        }
    });
    Effect::new(move |_| {
        if let Some(field) = card.with(|card| card.trouble()?.field) {
            inputs.focus(field);
        }
    });
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        if card.with_untracked(|card| card.work().is_some()) {
            return;
        }
        match form.with_value(|form| form.missing(|field| inputs.text(field))) {
            Some(field) => card.update(|card| card.refuse(Trouble::missing(field))),
            None => keyring.save(card, id.clone(), inputs.take()),
        }
    };
    let fold = move || card.update(|card| card.unfold(Unfolded::Nothing));
    let is_busy = move || card.with(|card| card.work().is_some()).then_some("true");
    view! {
        <form class="vv-new-key" novalidate on:submit=send on:keydown=move |event| on_escape(&event, fold)>
            {fields}
            <div class="vv-key-actions">
                <button class="vv-primary" type="submit" aria-disabled=is_busy>
                    {say(|words| words.save)}
                </button>
                <button class="vv-control" type="button" aria-disabled=is_busy on:click=move |_| fold()>
                    {say(|words| words.cancel)}
                </button>
            </div>
        </form>
    }
    .erase()
}

/// A labelled field, with what is wrong with it below.
fn field(
    provider: &str,
    wanted: CredentialField,
    own: Option<&Credential>,
    card: RwSignal<Card>,
    inputs: Inputs,
) -> AnyView {
    let preferences = expect_context::<Preferences>();
    let CredentialField {
        name,
        required,
        example,
    } = wanted;
    let Shown {
        word,
        label,
        kind,
        value,
    } = Shown::of(name, own);
    let element = format!("vv-{provider}-{word}");
    let trouble_element = format!("{element}-trouble");
    let trouble = Memo::new(move |_| {
        card.with(|card| {
            card.trouble()
                .filter(|trouble| trouble.field == Some(name))
                .cloned()
        })
    });
    let need = move || {
        let words = Words::now(preferences);
        if required { words.needed } else { words.optional }
    };
    view! {
        <div class="vv-field">
            <label class="vv-label" for=element.clone()>
                {say(label)} " " <span class="vv-unit">{need}</span>
            </label>
            <input
                id=element
                type=kind
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                data-field=word
                placeholder=example
                value=value
                aria-required=required.to_string()
                aria-invalid=move || trouble.with(Option::is_some).to_string()
                aria-describedby=trouble_element.clone()
                node_ref=inputs.of(name)
            />
            <p id=trouble_element class="vv-key-trouble" role="alert">
                {move || trouble.get().map(|trouble| told(&trouble, Words::now(preferences)))}
            </p>
        </div>
    }
    .erase()
}

/// How a field is shown.
struct Shown {
    /// For elements' ids, style sheets and tests.
    word: &'static str,
    label: fn(&Words) -> &'static str,
    kind: &'static str,
    /// What it holds before anything is typed: what goes with the key that there is.
    value: Option<String>,
}

impl Shown {
    fn of(field: CredentialFieldName, own: Option<&Credential>) -> Self {
        match field {
            CredentialFieldName::ApiKey => Self {
                word: "key",
                label: |words| words.key,
                kind: "password",
                value: None,
            },
            CredentialFieldName::BaseUrl => Self {
                word: "base-url",
                label: |words| words.base_url,
                kind: "text",
                value: own.and_then(|own| own.base_url.clone()),
            },
            CredentialFieldName::Organization => Self {
                word: "organization",
                label: |words| words.organization,
                kind: "text",
                value: own.and_then(|own| own.organization.clone()),
            },
        }
    }
}
