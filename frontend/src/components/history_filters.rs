use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::history_words::{count, mode_named, status_named};
use super::{Choice, Picker};
use crate::archive::Archive;
use crate::erase::Erase;
use crate::state::context::Preferences;
use crate::state::excerpt::excerpt;
use crate::state::history::{Filters, MODES, MOST_LETTERS, Pace, STATUSES};
use crate::words::fill;
use crate::words::history::{Words, say};

/// What to look for. A phone shows the text only, until it is asked for more.
#[component]
pub fn HistoryFilters() -> impl IntoView {
    let archive = expect_context::<Archive>();
    let preferences = expect_context::<Preferences>();
    let is_unfolded = RwSignal::new(false);
    let is_clear = Memo::new(move |_| archive.draft.with(Filters::is_empty));
    let more = move || {
        let words = Words::now(preferences);
        match archive.draft.with(Filters::count) {
            0 => words.more_filters.to_owned(),
            used => fill(words.more_filters_used, &[("count", &count(used))]),
        }
    };
    let search = move |event: SubmitEvent| {
        event.prevent_default();
        archive.search();
    };
    // Chinese is typed by its sounds first, which are nothing to look for.
    let is_composed = RwSignal::new(false);
    let take_text = move |text: String| archive.edit(Pace::Typing, move |filters| filters.text = text);
    let type_text = move |event| {
        if !is_composed.get_untracked() {
            take_text(event_target_value(&event));
        }
    };
    let end_composition = move |event| {
        is_composed.set(false);
        take_text(event_target_value(&event));
    };
    view! {
        <form class="vv-history-filters" role="search" aria-label=say(|words| words.filters) on:submit=search>
            <label class="vv-field vv-history-text">
                <span class="vv-label">{say(|words| words.text)}</span>
                <input
                    type="search"
                    autocomplete="off"
                    maxlength=MOST_LETTERS.to_string()
                    placeholder=say(|words| words.text_example)
                    prop:value=move || archive.draft.with(|filters| filters.text.clone())
                    on:compositionstart=move |_| is_composed.set(true)
                    on:compositionend=end_composition
                    on:input=type_text
                />
            </label>
            <button
                class="vv-control vv-history-more"
                type="button"
                aria-expanded=move || is_unfolded.get().to_string()
                aria-controls="filters"
                on:click=move |_| is_unfolded.update(|it| *it = !*it)
            >
                {more}
            </button>
            <div class="vv-history-conditions" id="filters" data-open=move || is_unfolded.get().to_string()>
                <Day label=say(|words| words.from) name="from" day=|filters| &mut filters.from />
                <Day label=say(|words| words.to) name="to" day=|filters| &mut filters.to />
                {pickers(archive, preferences)}
                <button
                    class="vv-control vv-history-clear"
                    type="button"
                    aria-disabled=move || is_clear.get().then_some("true")
                    on:click=move |_| {
                        if !is_clear.get_untracked() {
                            archive.clear();
                        }
                    }
                >
                    {say(|words| words.clear)}
                </button>
            </div>
        </form>
    }
    .erase()
}

/// One end of the days that are looked for.
#[component]
fn Day(
    /// What it is called.
    #[prop(into)]
    label: Signal<&'static str>,
    /// A word for tests.
    name: &'static str,
    /// Where it is.
    day: fn(&mut Filters) -> &mut String,
) -> impl IntoView {
    let archive = expect_context::<Archive>();
    let value = move || archive.draft.with(|filters| day(&mut filters.clone()).clone());
    let change = move |event| {
        let input: leptos::web_sys::HtmlInputElement = event_target(&event);
        let value = input.value();
        // What is half written is no day yet, and no wish for any day either.
        if !value.is_empty() || input.check_validity() {
            archive.edit(Pace::Typing, move |filters| *day(filters) = value);
        }
    };
    view! {
        <label class="vv-field" data-filter=name>
            <span class="vv-label">{label}</span>
            <input type="date" min="0001-01-01" max="9999-12-31" prop:value=value on:input=change />
        </label>
    }
    .erase()
}

fn pickers(archive: Archive, preferences: Preferences) -> AnyView {
    let choose = move |field: fn(&mut Filters) -> &mut String| {
        Callback::new(move |id: String| archive.edit(Pace::AtOnce, move |filters| *field(filters) = id))
    };
    let mode = Memo::new(move |_| archive.draft.with(|filters| filters.mode.clone()));
    let provider = Memo::new(move |_| archive.draft.with(|filters| filters.provider.clone()));
    let status = Memo::new(move |_| archive.draft.with(|filters| filters.status.clone()));
    let modes = Memo::new(move |_| {
        let words = Words::now(preferences);
        let each = MODES.map(|name| Choice::new(name, mode_named(name, words)));
        offered(each, &mode.read(), words)
    });
    let statuses = Memo::new(move |_| {
        let words = Words::now(preferences);
        let each = STATUSES.map(|name| Choice::new(name, status_named(name, words)));
        offered(each, &status.read(), words)
    });
    let providers = Memo::new(move |_| {
        let each = archive.names.with(|names| {
            let each = names.iter().map(|(id, name)| Choice::new(id, name));
            each.collect::<Vec<_>>()
        });
        offered(each, &provider.read(), Words::now(preferences))
    });
    view! {
        <div data-filter="mode">
            <Picker
                label=Signal::derive(say(|words| words.mode))
                choices=modes
                chosen=mode
                on_choose=choose(|filters| &mut filters.mode)
            />
        </div>
        <div data-filter="provider">
            <Picker
                label=Signal::derive(say(|words| words.provider))
                choices=providers
                chosen=provider
                on_choose=choose(|filters| &mut filters.provider)
            />
        </div>
        <div data-filter="status">
            <Picker
                label=Signal::derive(say(|words| words.status))
                choices=statuses
                chosen=status
                on_choose=choose(|filters| &mut filters.status)
            />
        </div>
    }
    .erase()
}

/// Any, each of these, and what the address names besides: a provider that is gone, or nonsense.
fn offered(each: impl IntoIterator<Item = Choice>, chosen: &str, words: &Words) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", words.any)];
    choices.extend(each);
    if !choices.iter().any(|choice| choice.id == chosen) {
        choices.push(Choice::new(chosen, excerpt(chosen)));
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;

    #[test]
    fn what_the_address_names_is_offered_even_when_it_is_gone() {
        let words = Words::of(Language::English);
        let ids = |chosen: &str| {
            let choices = offered([Choice::new("acme", "Acme")], chosen, words);
            choices.into_iter().map(|choice| choice.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(""), ["", "acme"]);
        assert_eq!(ids("acme"), ["", "acme"]);
        assert_eq!(ids("gone"), ["", "acme", "gone"]);
        let long = "g".repeat(300);
        let choices = offered([], &long, words);
        assert_eq!((&choices[1].id, choices[1].name.len()), (&long, 40));
    }
}
