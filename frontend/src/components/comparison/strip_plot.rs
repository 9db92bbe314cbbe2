//! The turns of a conversation as dots on the scale of all.

use leptos::prelude::*;

use crate::erase::Erase;
use crate::state::compare::{Dot, Lane, Sample, Scale, path};
use crate::state::figures;
use crate::state::latency::Statistics;
use crate::words::compare::Words;
use crate::words::fill;

/// Most values that are read out one by one.
const READ_OUT: usize = 12;

/// A dot per turn, hollow where it is an estimate; marks at the median and the 95th percentile; below them, where there is
/// room for that, the turns that are not counted.
pub(super) fn strip_plot(sample: &Sample, scale: &Scale, has_lane_apart: bool, label: String) -> AnyView {
    let lane = if has_lane_apart {
        Lane::COUNTED
    } else {
        Lane::WHOLE
    };
    let estimated = sample.dots.iter().filter(|dot| dot.is_estimated);
    let lines = scale
        .ticks()
        .into_iter()
        .map(|ms| line("vv-plot-tick", scale, ms, 100.0));
    let marks = sample.statistics.map(|statistics| {
        let below = if has_lane_apart { 68.0 } else { 100.0 };
        [
            line("vv-plot-p50", scale, statistics.p50, below),
            line("vv-plot-p95", scale, statistics.p95, below),
        ]
    });
    view! {
        <svg class="vv-plot" role="img" aria-label=label data-lanes=if has_lane_apart { "2" } else { "1" }>
            {lines.collect_view()}
            <svg viewBox="0 0 1000 100" preserveAspectRatio="none" width="100%" height="100%">
                <path class="vv-plot-apart" d=path(&sample.apart, scale, Lane::APART) />
                <path class="vv-plot-turns" d=path(&sample.dots, scale, lane) />
                <path class="vv-plot-estimated" d=path(estimated, scale, lane) />
            </svg>
            {marks.into_iter().flatten().collect_view()}
        </svg>
    }
    .erase()
}

fn line(class: &'static str, scale: &Scale, ms: f64, to: f64) -> AnyView {
    let x = percent(scale, ms);
    view! { <line class=class x1=x.clone() x2=x y1="0%" y2=format!("{to}%") /> }.erase()
}

fn percent(scale: &Scale, ms: f64) -> String {
    format!("{:.3}%", scale.position(ms) * 100.0)
}

/// The scale in figures.
pub(super) fn axis(scale: &Scale) -> AnyView {
    let tick = |ms: f64| {
        let position = scale.position(ms);
        let anchor = if position < 0.05 {
            "start"
        } else if position > 0.95 {
            "end"
        } else {
            "middle"
        };
        view! {
            <text x=percent(scale, ms) y="14" text-anchor=anchor>
                {figures::ms(ms)}
            </text>
        }
    };
    view! {
        <svg class="vv-plot-axis" aria-hidden="true">
            {scale.ticks().into_iter().map(tick).collect_view()}
        </svg>
    }
    .erase()
}

/// What is drawn, in words.
pub(super) fn in_words(name: &str, letter: char, sample: &Sample, words: &Words) -> String {
    let letter = letter.to_string();
    let counted = match &sample.statistics {
        Some(statistics) => counted(name, &letter, statistics, words),
        None => fill(words.plot_none, &[("name", name), ("letter", &letter)]),
    };
    let estimated =
        (sample.estimated() > 0).then(|| fill(words.estimated, &[("n", &sample.estimated().to_string())]));
    let apart = (!sample.apart.is_empty())
        .then(|| fill(words.plot_apart, &[("values", &values(&sample.apart, words))]));
    let texts: Vec<String> = [Some(counted), estimated, apart].into_iter().flatten().collect();
    texts.join("; ")
}

fn counted(name: &str, letter: &str, statistics: &Statistics, words: &Words) -> String {
    let ms = figures::ms;
    fill(
        words.plot,
        &[
            ("name", name),
            ("letter", letter),
            ("n", &statistics.count.to_string()),
            ("min", &ms(statistics.min)),
            ("max", &ms(statistics.max)),
            ("p50", &ms(statistics.p50)),
            ("p95", &ms(statistics.p95)),
        ],
    )
}

fn values(dots: &[Dot], words: &Words) -> String {
    let shown = dots.iter().take(READ_OUT).map(|dot| figures::ms(dot.ms));
    let more = (dots.len() > READ_OUT).then(|| "…".to_owned());
    shown.chain(more).collect::<Vec<_>>().join(words.list_separator)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Language;
    use crate::state::compare::Measure;
    use crate::state::compare::samples::turn;

    #[test]
    fn whoever_does_not_see_it_is_told_the_same() {
        let turns = [
            turn(1, json!({"total_ms": 900.0, "measured": "client"}), json!({})),
            turn(2, json!({"total_ms": 1_700.0, "measured": "server"}), json!({})),
            turn(3, json!({"total_ms": 640.0}), json!({"interrupted": true})),
        ];
        let words = Words::of(Language::English);
        let sample = Sample::of(Measure::Total, &turns);
        assert_eq!(
            in_words("Total", 'B', &sample, words),
            "Total, B: 2 turns, 900 to 1,700 ms, median 900, 95th percentile 1,700 ms; \
             estimated by the server: 1; interrupted, apart: 640 ms"
        );
        let none = Sample::of(Measure::Total, &[]);
        assert_eq!(
            in_words("Total", 'A', &none, words),
            "Total, A: no turn that is counted"
        );
    }

    #[test]
    fn not_everything_is_read_out() {
        let dots: Vec<Dot> = (1..=20)
            .map(|turn_number| Dot {
                turn_number,
                ms: 1.0,
                is_estimated: false,
            })
            .collect();
        let read = values(&dots, Words::of(Language::English));
        assert_eq!(read.matches('1').count(), 12);
        assert!(read.ends_with("…"));
    }
}
