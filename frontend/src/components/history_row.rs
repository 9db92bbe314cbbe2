use leptos::prelude::*;
use uuid::Uuid;
use viva_protocol::rest::SessionOverview;

use super::history_words::{mode, status_name, when};
use super::{Icon, Shape};
use crate::Language;
use crate::api::session_page;
use crate::archive::Archive;
use crate::erase::Erase;
use crate::state::context::Preferences;
use crate::state::figures;
use crate::state::history::{Chosen, Names, Selection};
use crate::words::fill;
use crate::words::history::Words;
use crate::words::session_status::status;

/// A conversation: what is known of it at a glance, the way to it, and to its end.
#[component]
pub fn HistoryRow(
    /// The session's id.
    id: Uuid,
) -> impl IntoView {
    let archive = expect_context::<Archive>();
    let preferences = expect_context::<Preferences>();
    let row = Memo::new(move |_| archive.listing.with(|listing| listing.row(id).cloned()));
    let is_chosen = Memo::new(move |_| archive.selection.with(|selection| selection.has(id)));
    let is_full = Memo::new(move |_| archive.selection.with(Selection::is_full));
    let of_when = move |pick: fn(&Words) -> &'static str| {
        let language = preferences.language.get();
        let began = row.with(|row| row.as_ref().map(|row| Chosen::of(row).began_ms));
        let began = began.map(|began| when(began, language)).unwrap_or_default();
        fill(pick(Words::of(language)), &[("when", &began)])
    };
    let choose = move |event| {
        let chosen = row.with_untracked(|row| row.as_ref().map(Chosen::of));
        let is_checked = event_target_checked(&event);
        archive.selection.update(|selection| match chosen {
            Some(chosen) if is_checked => selection.add(chosen),
            _ => selection.remove(id),
        });
    };
    let delete = move |_| {
        let chosen = row.with_untracked(|row| row.as_ref().map(Chosen::of));
        archive.ask_to_delete(chosen.into_iter().collect());
    };
    let cells = move || {
        let language = preferences.language.get();
        let row = row.get()?;
        Some(archive.names.with(|names| cells(&row, names, language)))
    };
    view! {
        <tr role="row" data-session=id.to_string() data-chosen=move || is_chosen.get().to_string()>
            <td role="cell" class="vv-history-choice">
                <label>
                    <input
                        type="checkbox"
                        aria-label=move || of_when(|words| words.choose_one)
                        prop:checked=move || is_chosen.get()
                        disabled=move || is_full.get() && !is_chosen.get()
                        on:change=choose
                    />
                </label>
            </td>
            {cells}
            <td role="cell" class="vv-history-end">
                <button
                    class="vv-plain"
                    type="button"
                    aria-label=move || of_when(|words| words.delete_one)
                    title=move || Words::now(preferences).delete
                    on:click=delete
                >
                    <Icon shape=Shape::Bin />
                </button>
            </td>
        </tr>
    }
    .erase()
}

fn cells(row: &SessionOverview, names: &Names, language: Language) -> AnyView {
    let words = Words::of(language);
    let session = &row.session;
    let providers: Vec<&str> = row.providers.iter().map(|id| names.name(id)).collect();
    let ms = |value: Option<f64>| value.map(figures::ms);
    let duration = row.total_duration_ms.map(|ms| figures::clock(ms / 1_000));
    let figure = |label: &'static str, figure: Option<String>, unit: Option<&'static str>| {
        let value = match figure {
            Some(figure) => {
                let unit = unit.map(|unit| view! { <span class="vv-unit">{unit}</span> });
                view! { <span class="vv-number">{figure}</span>{unit} }.erase()
            }
            None => "–".into_view().erase(),
        };
        view! {
            <td role="cell" class="vv-history-figure" data-label=label>
                {value}
            </td>
        }
    };
    view! {
        <td role="cell" class="vv-history-when">
            <a href=session_page(session.id)>{when(Chosen::of(row).began_ms, language)}</a>
        </td>
        <td role="cell" data-label=words.mode>
            {mode(session.interaction.mode(), words)}
        </td>
        <td role="cell" class="vv-history-providers" data-label=words.providers>
            {providers.join(words.list_separator)}
        </td>
        <td role="cell" class="vv-history-status" data-label=words.status>
            <span data-status=status_name(session.status)>{status(session.status, words)}</span>
        </td>
        {figure(words.turns, Some(figures::count(row.total_turns)), None)}
        {figure(words.duration, duration, None)}
        {figure(words.average, ms(row.avg_latency_ms), Some(words.ms))}
        {figure(words.p95, ms(row.p95_latency_ms), Some(words.ms))}
        {figure(words.interruptions, Some(figures::count(row.interrupted_count)), None)}
    }
    .erase()
}
