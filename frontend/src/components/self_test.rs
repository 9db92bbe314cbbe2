use leptos::prelude::*;
use viva_protocol::rest::{Certificate, CertifiedPart};
use viva_protocol::ws::Mode;

use crate::erase::Erase;
use crate::session::Controls;
use crate::state::context::{Preferences, Talk};
use crate::state::figures;
use crate::state::latency::Stage;
use crate::state::self_test::{SelfTestState, parts_of, worse_total};
use crate::words::fill;
use crate::words::stages::stage_name;
use crate::words::talk::{Words, say};

/// How far the figures can be trusted: the newest certificate, and a button for another one.
#[component]
pub fn SelfTest() -> impl IntoView {
    let talk = expect_context::<Talk>();
    let controls = expect_context::<Controls>();
    let preferences = expect_context::<Preferences>();
    let progress = Memo::new(move |_| talk.self_test.with(SelfTestState::progress));
    let newest = move || {
        let words = Words::now(preferences);
        talk.self_test.with(|state| match state.newest() {
            Some(certificate) => shown(certificate, words),
            None => view! { <p class="vv-hint">{words.selftest_none}</p> }.erase(),
        })
    };
    let status = move || {
        let words = Words::now(preferences);
        match progress.get() {
            Some(progress) => fill(
                words.selftest_running,
                &[
                    ("done", &progress.done.to_string()),
                    ("total", &progress.total.to_string()),
                ],
            ),
            None if talk.self_test.with(SelfTestState::is_unreachable) => {
                words.selftest_unreachable.to_owned()
            }
            None if talk.self_test.with(SelfTestState::has_failed) => words.selftest_failed.to_owned(),
            None => String::new(),
        }
    };
    view! {
        <section class="vv-selftest">
            <h3>{say(|words| words.selftest)}</h3>
            {newest}
            <p class="vv-hint" role="status">{status}</p>
            <button
                type="button"
                class="vv-control"
                disabled=move || progress.get().is_some()
                on:click=move |_| controls.test_itself()
            >
                {say(|words| words.selftest_start)}
            </button>
        </section>
    }
    .erase()
}

fn shown(certificate: &Certificate, words: &'static Words) -> AnyView {
    let summary = worse_total(certificate).map(|total| {
        fill(
            words.selftest_summary,
            &[
                ("bias", &figures::signed_ms(total.bias_ms)),
                ("p95", &figures::precise_ms(total.p95_ms)),
                ("turns", &certificate.turns.to_string()),
            ],
        )
    });
    let taken = fill(
        words.selftest_taken,
        &[
            (
                "date",
                &certificate.taken_at.format("%Y-%m-%d %H:%M UTC").to_string(),
            ),
            ("version", &certificate.version),
        ],
    );
    let failed = (certificate.failed > 0).then(|| {
        fill(
            words.selftest_turns_failed,
            &[("n", &certificate.failed.to_string())],
        )
    });
    view! {
        <p class="vv-selftest-sum">{summary}</p>
        <details>
            <summary>{words.selftest_certificate}</summary>
            <p class="vv-hint">{taken}</p>
            {failed.map(|failed| view! { <p class="vv-hint">{failed}</p> })}
            <div class="vv-scroll" tabindex="0" role="region" aria-label=words.selftest_certificate>
                <table class="vv-statistics">
                    <thead>
                        <tr>
                            <th scope="col">{words.ms}</th>
                            <th scope="col">{words.selftest_bias}</th>
                            <th scope="col">"p95"</th>
                            <th scope="col">{words.selftest_worst}</th>
                            <th scope="col">"n"</th>
                        </tr>
                    </thead>
                    {rows(certificate, Mode::Realtime, words.mode_realtime)}
                    {rows(certificate, Mode::Cascade, words.mode_cascade)}
                </table>
            </div>
            <p class="vv-hint">{words.selftest_explained}</p>
        </details>
    }
    .erase()
}

fn rows(certificate: &Certificate, mode: Mode, title: &'static str) -> AnyView {
    let words = Words::now(expect_context::<Preferences>());
    let rows: Vec<AnyView> = parts_of(certificate, mode).map(|part| row(part, words)).collect();
    view! {
        <tbody>
            <tr>
                <th scope="rowgroup" colspan="5">{title}</th>
            </tr>
            {rows}
        </tbody>
    }
    .erase()
}

fn row(part: &CertifiedPart, words: &'static Words) -> AnyView {
    let title = match part.part.as_str() {
        "total_ms" => words.total.to_owned(),
        field => Stage::of_field(field)
            .map_or_else(|| field.to_owned(), |stage| stage_name(stage, words).to_owned()),
    };
    view! {
        <tr>
            <th scope="row">{title}</th>
            <td class="vv-number">{figures::signed_ms(part.bias_ms)}</td>
            <td class="vv-number">{figures::precise_ms(part.p95_ms)}</td>
            <td class="vv-number">{figures::precise_ms(part.worst_ms)}</td>
            <td class="vv-number">{part.count.to_string()}</td>
        </tr>
    }
    .erase()
}
