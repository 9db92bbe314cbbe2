use leptos::prelude::*;
use uuid::Uuid;
use viva_protocol::ws::SessionSummary;

use crate::api::session_page;
use crate::erase::Erase;
use crate::state::context::{Preferences, Talk};
use crate::state::figures;
use crate::words::talk::Words;

/// What the session was like, once it is over.
#[component]
pub fn Summary() -> impl IntoView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let summary = Memo::new(move |_| talk.conversation.with(|conversation| conversation.summary));
    let session = Memo::new(move |_| talk.conversation.with(|conversation| conversation.session_id));
    move || {
        summary
            .get()
            .map(|summary| card(summary, session.get(), Words::now(preferences)))
    }
}

fn card(summary: SessionSummary, session: Option<Uuid>, words: &'static Words) -> impl IntoView {
    let latencies = [
        (words.minimum, summary.min_latency_ms),
        (words.average, summary.avg_latency_ms),
        ("p50", summary.p50_latency_ms),
        ("p95", summary.p95_latency_ms),
        ("p99", summary.p99_latency_ms),
        (words.maximum, summary.max_latency_ms),
    ];
    let timed = latencies.iter().any(|(_, value)| value.is_some());
    let latencies =
        latencies.map(|(name, value)| fact(name, value.map_or("–".to_owned(), figures::ms), words.ms));
    view! {
        <section class="vv-card vv-summary">
            <h2>{words.summary}</h2>
            <dl class="vv-facts">
                {fact(words.summary_turns, summary.total_turns.to_string(), "")}
                {fact(words.summary_duration, figures::clock(summary.total_duration_ms / 1_000), "")}
                {fact(words.summary_interrupted, summary.interrupted_count.to_string(), "")}
            </dl>
            {if timed {
                view! { <dl class="vv-facts">{latencies.collect_view()}</dl> }.erase()
            } else {
                view! { <p class="vv-hint">{words.summary_none}</p> }.erase()
            }}
            {session.map(|id| view! { <a href=session_page(id)>{words.summary_see}</a> })}
        </section>
    }
    .erase()
}

fn fact(name: &'static str, value: String, unit: &'static str) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd>
                <span class="vv-number">{value}</span>
                {(!unit.is_empty()).then(|| view! { <span class="vv-unit">{unit}</span> })}
            </dd>
        </div>
    }
    .erase()
}
