use leptos::prelude::*;

use crate::erase::Erase;
use crate::state::context::{Preferences, Talk};
use crate::state::figures;
use crate::state::latency::{Figures, Stage, Statistics, Summary, TurnFigures};
use crate::words::fill;
use crate::words::stages::stage_name;
use crate::words::talk::Words;

/// The turns that the chart has room for.
const CHARTED: usize = 60;

/// All turns together: a chart of their totals, statistics per part, and what of it is an estimate.
#[component]
pub fn LatencyStatistics(turns: Memo<Figures>) -> impl IntoView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let lacks_capture_times = Memo::new(move |_| {
        talk.conversation
            .with(|conversation| conversation.lacks_capture_times)
    });
    move || {
        let words = Words::now(preferences);
        let short = lacks_capture_times
            .get()
            .then(|| view! { <p class="vv-hint" data-estimate="capture">{words.totals_short}</p> });
        turns.with(|turns| {
            let summary = turns.summary();
            view! {
                <section class="vv-together">
                    <h3>{words.statistics}</h3>
                    {chart(turns, words)}
                    {table(&summary, words)}
                    {notes(&summary, words)}
                    {short}
                </section>
            }
        })
    }
}

/// One column per turn, as high as its total; of an interrupted turn only an outline.
fn chart(turns: &Figures, words: &'static Words) -> Option<AnyView> {
    let shown = charted(turns);
    let highest = shown.iter().map(|(_, ms)| *ms).reduce(f64::max)?;
    #[expect(clippy::cast_precision_loss, reason = "at most sixty")]
    let width = 100.0 / shown.len().max(12) as f64;
    let column = |(index, (turn, ms)): (usize, &(&TurnFigures, f64))| {
        #[expect(clippy::cast_precision_loss, reason = "at most sixty")]
        let x = index as f64 * width;
        let height = ms / highest.max(1.0) * 100.0;
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

/// The newest turns that have a total, with it.
fn charted(turns: &Figures) -> Vec<(&TurnFigures, f64)> {
    let mut timed: Vec<_> = turns
        .iter()
        .filter_map(|turn| Some((turn, turn.latency.total_ms?)))
        .collect();
    timed.split_off(timed.len().saturating_sub(CHARTED))
}

/// Total and parts, a row each.
fn table(summary: &Summary, words: &'static Words) -> Option<AnyView> {
    let parts = summary
        .parts
        .iter()
        .map(|(stage, statistics)| row(Some(*stage), stage_name(*stage, words), statistics, words));
    let interrupted = summary
        .interrupted_total
        .map(|statistics| row(None, words.total_of_interrupted, &statistics, words));
    let interrupt = summary
        .interrupt
        .map(|statistics| row(None, words.time_to_silence, &statistics, words));
    let rows: Vec<AnyView> = summary
        .total
        .map(|statistics| row(None, words.total, &statistics, words))
        .into_iter()
        .chain(parts)
        .chain(interrupted)
        .chain(interrupt)
        .collect();
    if rows.is_empty() {
        return None;
    }
    let heads = columns(words).map(|(title, _)| view! { <th scope="col">{title}</th> });
    Some(
        view! {
            <div class="vv-scroll" tabindex="0" role="region" aria-label=words.statistics>
                <table class="vv-statistics">
                    <thead>
                        <tr>
                            <th scope="col">{words.ms}</th>
                            {heads.into_iter().collect_view()}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .erase(),
    )
}

/// What a column is called, and what it shows.
type Column = (&'static str, fn(&Statistics) -> f64);

fn columns(words: &'static Words) -> [Column; 6] {
    [
        (words.average, |statistics| statistics.avg),
        (words.minimum, |statistics| statistics.min),
        ("p50", |statistics| statistics.p50),
        ("p95", |statistics| statistics.p95),
        ("p99", |statistics| statistics.p99),
        (words.maximum, |statistics| statistics.max),
    ]
}

fn row(stage: Option<Stage>, title: &'static str, statistics: &Statistics, words: &'static Words) -> AnyView {
    let cells = columns(words)
        .map(|(_, value)| view! { <td class="vv-number">{figures::ms(value(statistics))}</td> });
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
        view! { <p class="vv-hint" data-estimate="playback">{text}</p> }
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

#[cfg(test)]
mod tests {
    use viva_protocol::ws::Latency;

    use super::*;
    use crate::Language;

    #[test]
    fn every_column_shows_what_it_is_called() {
        let statistics = Statistics {
            count: 7,
            min: 1.0,
            avg: 2.0,
            p50: 3.0,
            p95: 4.0,
            p99: 5.0,
            max: 6.0,
        };
        let shown = columns(Words::of(Language::English)).map(|(title, value)| (title, value(&statistics)));
        let expected = [
            ("avg", 2.0),
            ("min", 1.0),
            ("p50", 3.0),
            ("p95", 4.0),
            ("p99", 5.0),
            ("max", 6.0),
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn the_chart_shows_the_newest_turns_that_have_a_total() {
        let mut turns = Figures::default();
        for turn_number in 1..=70 {
            let latency = Latency {
                total_ms: (turn_number != 69).then(|| f64::from(turn_number)),
                ..Latency::default()
            };
            turns.record(turn_number, latency, false);
        }
        let numbers: Vec<u16> = charted(&turns).iter().map(|(turn, _)| turn.turn_number).collect();
        assert_eq!(
            (numbers.len(), numbers[0], numbers[58], numbers[59]),
            (60, 10, 68, 70)
        );
    }
}
