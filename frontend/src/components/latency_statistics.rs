use leptos::prelude::*;

use super::latency_bar::name;
use crate::erase::Erase;
use crate::state::context::Preferences;
use crate::state::figures;
use crate::state::latency::{Figures, Stage, Statistics, Summary, TurnFigures};
use crate::words::{Words, fill};

/// The turns that the chart has room for.
const CHARTED: usize = 60;

/// All turns together: a chart of their totals, statistics per part, and what of it is an estimate.
#[component]
pub fn LatencyStatistics(turns: Memo<Figures>) -> impl IntoView {
    let preferences = expect_context::<Preferences>();
    move || {
        let words = preferences.words();
        turns.with(|turns| {
            let summary = turns.summary();
            view! {
                <section class="vv-together">
                    <h3>{words.statistics}</h3>
                    {chart(turns, words)}
                    {table(&summary, words)}
                    {notes(&summary, words)}
                </section>
            }
        })
    }
}

/// One column per turn, as high as its total; of an interrupted turn only an outline.
fn chart(turns: &Figures, words: &'static Words) -> Option<AnyView> {
    let all: Vec<&TurnFigures> = turns.iter().collect();
    let shown = &all[all.len().saturating_sub(CHARTED)..];
    let totals = || shown.iter().filter_map(|turn| turn.latency.total_ms);
    let highest = totals().reduce(f64::max)?;
    #[expect(clippy::cast_precision_loss, reason = "at most sixty")]
    let width = 100.0 / shown.len().max(12) as f64;
    let column = |(index, turn): (usize, &&TurnFigures)| {
        #[expect(clippy::cast_precision_loss, reason = "at most sixty")]
        let x = index as f64 * width;
        let height = turn.latency.total_ms.unwrap_or(0.0) / highest.max(1.0) * 100.0;
        view! {
            <rect
                data-interrupted=turn.interrupted.to_string()
                x=format!("{x:.3}%")
                y=format!("{:.3}%", 100.0 - height)
                width=format!("{:.3}%", width * 0.8)
                height=format!("{height:.3}%")
            />
        }
    };
    let label = fill(
        words.chart_label,
        &[("n", &shown.len().to_string()), ("max", &figures::ms(highest))],
    );
    let columns = shown.iter().enumerate().map(column).collect_view();
    Some(
        view! {
            <svg class="vv-chart" role="img" aria-label=label>
                {columns}
            </svg>
        }
        .erase(),
    )
}

/// Total and parts, a row each.
fn table(summary: &Summary, words: &'static Words) -> Option<AnyView> {
    let parts = summary
        .parts
        .iter()
        .map(|(stage, statistics)| row(Some(*stage), name(*stage, words), statistics));
    let interrupted = summary
        .interrupted_total
        .map(|statistics| row(None, words.total_of_interrupted, &statistics));
    let interrupt = summary
        .interrupt
        .map(|statistics| row(None, words.time_to_silence, &statistics));
    let rows: Vec<AnyView> = summary
        .total
        .map(|statistics| row(None, words.total, &statistics))
        .into_iter()
        .chain(parts)
        .chain(interrupted)
        .chain(interrupt)
        .collect();
    if rows.is_empty() {
        return None;
    }
    Some(
        view! {
            <div class="vv-scroll" tabindex="0" role="region" aria-label=words.statistics>
                <table class="vv-statistics">
                    <thead>
                        <tr>
                            <th scope="col">{words.ms}</th>
                            <th scope="col">{words.average}</th>
                            <th scope="col">{words.minimum}</th>
                            <th scope="col">"p50"</th>
                            <th scope="col">"p95"</th>
                            <th scope="col">"p99"</th>
                            <th scope="col">{words.maximum}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .erase(),
    )
}

fn row(stage: Option<Stage>, title: &'static str, statistics: &Statistics) -> AnyView {
    let values = [
        statistics.avg,
        statistics.min,
        statistics.p50,
        statistics.p95,
        statistics.p99,
        statistics.max,
    ];
    let cells = values.map(|ms| view! { <td class="vv-number">{figures::ms(ms)}</td> });
    view! {
        <tr data-stage=stage.map(Stage::name)>
            <th scope="row">{title}</th>
            {cells.into_iter().collect_view()}
        </tr>
    }
    .erase()
}

fn notes(summary: &Summary, words: &'static Words) -> AnyView {
    let count = |text, number: usize| fill(text, &[("n", &number.to_string())]);
    let counted = summary.total.map_or(0, |total| total.count);
    let interrupted = (summary.interrupted > 0)
        .then(|| format!(" · {}", count(words.turns_interrupted, summary.interrupted)));
    let estimated = (summary.estimated > 0).then(|| {
        let text = count(words.turns_estimated, summary.estimated);
        view! { <p class="vv-hint" data-estimate="true">{text}</p> }
    });
    view! {
        <p class="vv-hint">
            {count(words.turns_counted, counted)}
            {interrupted}
        </p>
        {estimated}
    }
    .erase()
}
