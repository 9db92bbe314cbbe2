use leptos::prelude::*;

use super::{Icon, Shape};
use crate::session::Controls;
use crate::state::context::{Preferences, Talk};
use crate::state::microphone::{Browser, MicrophoneProblem};
use crate::words::talk::{Words, say};

/// What to do when there is no microphone, browser by browser.
#[component]
pub fn MicrophoneHelp() -> impl IntoView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let controls = expect_context::<Controls>();
    let help = move |problem: MicrophoneProblem| {
        let (title, hint) = texts(problem, Words::now(preferences));
        let steps = (problem == MicrophoneProblem::Denied)
            .then(|| steps(talk.browser.get(), Words::now(preferences)));
        view! {
            <section class="vv-card vv-help" role="alert" data-problem=problem.name()>
                <h2>
                    <Icon shape=Shape::MicrophoneOff />
                    {title}
                </h2>
                <p>{hint}</p>
                {steps}
                <button class="vv-primary" type="button" on:click=move |_| controls.start()>
                    {say(|words| words.try_again)}
                </button>
            </section>
        }
    };
    move || talk.problem.get().map(help)
}

/// One entry per browser; the current one first, and open.
fn steps(current: Option<Browser>, words: &'static Words) -> impl IntoView {
    let others = Browser::ALL
        .into_iter()
        .filter(move |browser| Some(*browser) != current);
    let entry = move |browser: Browser| {
        let here = Some(browser) == current;
        view! {
            <details open=here>
                <summary>
                    {browser.name()} {here.then(|| view! { <span class="vv-tag">{words.this_browser}</span> })}
                </summary>
                <p>{step(browser, words)}</p>
            </details>
        }
    };
    view! { <div class="vv-help-steps">{current.into_iter().chain(others).map(entry).collect_view()}</div> }
}

fn texts(problem: MicrophoneProblem, words: &Words) -> (&'static str, &'static str) {
    match problem {
        MicrophoneProblem::Denied => (words.problem_denied, words.problem_denied_hint),
        MicrophoneProblem::Missing => (words.problem_missing, words.problem_missing_hint),
        MicrophoneProblem::Busy => (words.problem_busy, words.problem_busy_hint),
        MicrophoneProblem::Insecure => (words.problem_insecure, words.problem_insecure_hint),
    }
}

fn step(browser: Browser, words: &Words) -> &'static str {
    match browser {
        Browser::Chrome => words.help_chrome,
        Browser::Edge => words.help_edge,
        Browser::Firefox => words.help_firefox,
        Browser::Safari => words.help_safari,
        Browser::Ios => words.help_ios,
    }
}
