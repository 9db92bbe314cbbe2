use leptos::ev::{self, KeyboardEvent};
use leptos::html::{Details, Summary};
use leptos::prelude::*;
use viva_protocol::rest::ProviderList;
use viva_protocol::ws::Mode;

use super::RecordedDeletion;
use super::configuration::named;
use crate::Language;
use crate::api::{ExportFormat, export};
use crate::erase::Erase;
use crate::listening::Listener;
use crate::state::choices::{Part, parts_of};
use crate::state::context::Preferences;
use crate::state::figures;
use crate::state::recorded::{Deletion, Recorded, clock};
use crate::words::conversation::{Words, say};
use crate::words::fill;
use crate::words::session_status::status;

/// What conversation it is, and how it went; take it away, or delete it.
#[component]
pub fn RecordedHead() -> impl IntoView {
    let listener = expect_context::<Listener>();
    let preferences = expect_context::<Preferences>();
    let facts = move || {
        let recorded = listener.recorded()?;
        let language = preferences.language.get();
        Some(
            listener
                .names
                .with(|names| facts(&recorded, names.as_ref(), language)),
        )
    };
    let heading = move || {
        let recorded = listener.recorded()?;
        let language = preferences.language.get();
        let when = moment(&recorded, language);
        Some(fill(Words::of(language).heading, &[("when", &when)]))
    };
    let is_open = Memo::new(move |_| listener.opening.with(|opening| opening.recorded().is_some()));
    view! {
        <header class="vv-recorded-head" data-open=move || is_open.get().to_string()>
            <div class="vv-recorded-title">
                <h2>{heading}</h2>
                <Show when=move || is_open.get()>
                    <Downloads />
                    <Delete />
                </Show>
            </div>
            <dl class="vv-facts" aria-label=say(|words| words.facts)>
                {facts}
            </dl>
        </header>
    }
    .erase()
}

/// The ways to take it away: plain links.
#[component]
fn Downloads() -> impl IntoView {
    let listener = expect_context::<Listener>();
    let (menu, summary) = (NodeRef::<Details>::new(), NodeRef::<Summary>::new());
    let close = move |event: KeyboardEvent| {
        if event.key() == "Escape"
            && let Some(menu) = menu.get_untracked()
            && menu.open()
        {
            menu.set_open(false);
            if let Some(summary) = summary.get_untracked() {
                // Fails only for an element without a document.
                let _ = summary.focus();
            }
        }
    };
    // It lies over what follows, which a person wants who clicks there.
    Effect::new(move |_| {
        let clicks = window_event_listener(ev::click, move |event| {
            let on: leptos::web_sys::Node = event_target(&event);
            if let Some(menu) = menu.get_untracked().filter(|menu| !menu.contains(Some(&on))) {
                menu.set_open(false);
            }
        });
        on_cleanup(move || clicks.remove());
    });
    let link = move |format: ExportFormat| {
        let recorded = listener.recorded()?;
        let word = say(match format {
            ExportFormat::Json => |words| words.download_json,
            ExportFormat::Csv => |words| words.download_csv,
            ExportFormat::Wav => |words| words.download_wav,
            ExportFormat::Zip => |words| words.download_zip,
        });
        let link = view! {
            <li>
                <a href=export(recorded.session.id, format) download="" data-format=format.name()>
                    {word}
                </a>
            </li>
        };
        Some(link.erase())
    };
    view! {
        <details class="vv-downloads" node_ref=menu on:keydown=close>
            <summary class="vv-control" node_ref=summary>
                {say(|words| words.download)}
            </summary>
            <ul>{ExportFormat::ALL.map(link).into_iter().collect_view()}</ul>
        </details>
    }
    .erase()
}

/// The way to the question whether it is to be deleted.
#[component]
fn Delete() -> impl IntoView {
    let listener = expect_context::<Listener>();
    view! {
        <button
            class="vv-control vv-recorded-delete"
            type="button"
            aria-haspopup="dialog"
            on:click=move |_| listener.deletion.update(Deletion::ask)
        >
            {say(|words| words.delete)}
        </button>
        <RecordedDeletion />
    }
    .erase()
}

fn facts(recorded: &Recorded, names: Option<&ProviderList>, language: Language) -> AnyView {
    let words = Words::of(language);
    let session = &recorded.session;
    let mode = if session.interaction.mode() == Mode::Cascade {
        words.mode_cascade
    } else {
        words.mode_realtime
    };
    let (parts, spoken) = parts_of(&session.interaction);
    let parts = parts.into_iter().map(|(part, choices)| {
        let name = match part {
            Part::Realtime => words.part_realtime,
            Part::Stt => words.part_stt,
            Part::Llm => words.part_llm,
            Part::Tts => words.part_tts,
        };
        fact(part.name(), name, named(part, &choices, names), "")
    });
    let parts = parts.collect_view();
    let spoken = (!spoken.is_empty()).then(|| fact("language", words.language, spoken, ""));
    let roles = [&session.user_role, &session.ai_role];
    let roles = roles.iter().any(|role| role.is_some()).then(|| {
        let [user, ai] = names_of(recorded, words);
        fact("roles", words.roles, format!("{user} · {ai}"), "")
    });
    let total = recorded.statistics.whole.total_ms;
    let ms = |value: Option<f64>| value.map_or("–".to_owned(), figures::ms);
    view! {
        {fact("status", words.status, status(session.status, words).to_owned(), "")}
        {fact("duration", words.duration, clock(recorded.lasted_ms()), "")}
        {fact("turns", words.turns, recorded.turns.len().to_string(), "")}
        {fact("interruptions", words.interruptions, recorded.interruptions().to_string(), "")}
        {fact("average", words.average, ms(total.avg), words.ms)}
        {fact("p95", words.p95, ms(total.p95), words.ms)}
        {fact("mode", words.mode, mode.to_owned(), "")}
        {parts}
        {spoken}
        {roles}
    }
    .erase()
}

fn fact(name: &'static str, word: &'static str, value: String, unit: &'static str) -> AnyView {
    view! {
        <div data-fact=name>
            <dt>{word}</dt>
            <dd>
                {value}
                {(!unit.is_empty()).then(|| view! { <span class="vv-unit">{unit}</span> })}
            </dd>
        </div>
    }
    .erase()
}

/// What the sides are called: whom they play, or a word.
pub(super) fn names_of(recorded: &Recorded, words: &Words) -> [String; 2] {
    let session = &recorded.session;
    let name = |role: &Option<String>, word: &str| role.as_deref().unwrap_or(word).to_owned();
    [
        name(&session.user_role, words.you),
        name(&session.ai_role, words.ai),
    ]
}

/// When it began, on the reader's clock.
#[cfg(feature = "hydrate")]
pub(super) fn moment(recorded: &Recorded, language: Language) -> String {
    crate::browser::local_minute(recorded.session.started_at.timestamp_millis(), language)
}

/// The server shows no conversations.
#[cfg(not(feature = "hydrate"))]
pub(super) fn moment(recorded: &Recorded, _language: Language) -> String {
    recorded.session.started_at.to_rfc3339()
}
