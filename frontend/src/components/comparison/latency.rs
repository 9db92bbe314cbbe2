//! How long the answers took: distributions and figures, part by part.

use leptos::prelude::*;
use viva_protocol::rest::SessionDetail;

use super::grid;
use super::grid::letter;
use super::strip_plot::{axis, in_words, strip_plot};
use crate::erase::Erase;
use crate::state::compare::{Measure, Sample, Scale};
use crate::state::figures;
use crate::state::latency::{Stage, Statistics};
use crate::words::compare::Words;
use crate::words::fill;
use crate::words::stages::stage_name;

/// The total and its parts, a row each.
pub(super) fn section(
    measures: &[Measure],
    sessions: &[Option<&SessionDetail>],
    scale: &Scale,
    words: &'static Words,
) -> AnyView {
    let axis_cells = sessions
        .iter()
        .map(|session| session.map_or_else(grid::empty, |_| grid::cell(axis(scale))))
        .collect();
    let axis_label = view! { <span>{words.scale}</span> }.erase();
    let rows = std::iter::once(grid::row("scale".to_owned(), None, axis_label, axis_cells))
        .chain(
            measures
                .iter()
                .map(|measure| row(*measure, sessions, scale, words)),
        )
        .collect();
    grid::section("latency", words.latency, legend(words), sessions.len(), rows)
}

/// A measure: a strip plot and figures for each conversation, with what they differ from those of the first that is there.
pub(super) fn row(
    measure: Measure,
    sessions: &[Option<&SessionDetail>],
    scale: &Scale,
    words: &'static Words,
) -> AnyView {
    let samples: Vec<Option<Sample>> = sessions
        .iter()
        .map(|session| session.map(|session| Sample::of(measure, &session.turns)))
        .collect();
    let has_lane_apart = samples.iter().flatten().any(|sample| !sample.apart.is_empty());
    let reference = samples.iter().position(Option::is_some);
    let of_reference = samples
        .iter()
        .flatten()
        .next()
        .and_then(|sample| sample.statistics);
    let cell = |(column, sample): (usize, &Option<Sample>)| {
        let Some(sample) = sample else {
            return grid::empty();
        };
        let compared_with = of_reference.filter(|_| Some(column) != reference);
        let label = in_words(name(measure, words), letter(column), sample, words);
        let estimated = (sample.estimated() > 0).then(|| {
            let count = sample.estimated().to_string();
            view! { <p class="vv-hint vv-estimated">{fill(words.estimated, &[("n", &count)])}</p> }
        });
        let content = view! {
            {strip_plot(sample, scale, has_lane_apart, label)}
            {quartet(measure, sample.statistics.as_ref(), compared_with.as_ref(), words)}
            {estimated}
        };
        grid::cell(content.erase())
    };
    let cells = samples.iter().enumerate().map(cell).collect();
    let label = view! { <span>{name(measure, words)}</span> }.erase();
    grid::row(
        measure.name().to_owned(),
        measure.stage().map(Stage::name),
        label,
        cells,
    )
}

/// Count, mean, median and 95th percentile.
fn quartet(
    measure: Measure,
    statistics: Option<&Statistics>,
    reference: Option<&Statistics>,
    words: &'static Words,
) -> AnyView {
    let Some(statistics) = statistics else {
        return view! { <p class="vv-hint">{words.not_measured}</p> }.erase();
    };
    let figure = |(key, title, value): Figure| {
        let difference = reference.map(|reference| difference(value(statistics), value(reference)));
        let is_judged = key != "count" && is_judged(measure);
        view! {
            <div data-figure=key>
                <dt>{title}</dt>
                <dd>{figures::ms(value(statistics))}</dd>
                {difference.map(|it| difference_shown(it, is_judged, words))}
            </div>
        }
        .erase()
    };
    let figures = columns(words).map(figure);
    view! { <dl class="vv-quartet vv-number">{figures.into_iter().collect_view()}</dl> }.erase()
}

/// A word for tests, what a figure is called, and what it is.
type Figure = (&'static str, &'static str, fn(&Statistics) -> f64);

fn columns(words: &'static Words) -> [Figure; 4] {
    [
        ("count", words.count, count),
        ("avg", words.average, |statistics| statistics.avg),
        ("p50", "p50", |statistics| statistics.p50),
        ("p95", "p95", |statistics| statistics.p95),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "a session has fewer than 2^16 turns")]
fn count(statistics: &Statistics) -> f64 {
    statistics.count as f64
}

/// How much more one figure is than the other: as both are shown, so that the three agree.
fn difference(figure: f64, reference: f64) -> f64 {
    figure.round() - reference.round()
}

/// Whether less is better. What no mark explains may be less than nothing, and is best where it is nothing.
fn is_judged(measure: Measure) -> bool {
    measure != Measure::Part(Stage::Unexplained)
}

/// How much more or less than in the reference; whether that is good is said where it is.
fn difference_shown(difference: f64, is_judged: bool, words: &'static Words) -> AnyView {
    let change = if difference > 0.0 {
        "more"
    } else if difference < 0.0 {
        "less"
    } else {
        "same"
    };
    view! {
        <dd class="vv-difference" title=words.less_than_reference data-change=is_judged.then_some(change)>
            {figures::difference_ms(difference)}
        </dd>
    }
    .erase()
}

pub(super) fn name(measure: Measure, words: &Words) -> &'static str {
    match measure {
        Measure::Total => words.total,
        Measure::Part(stage) => stage_name(stage, words),
        Measure::InterruptedTotal => words.total_of_interrupted,
        Measure::UntilSilence => words.until_silence,
    }
}

/// What is drawn in which way.
fn legend(words: &'static Words) -> AnyView {
    let entries = [
        ("turn", words.legend_turn),
        ("estimated", words.legend_estimated),
        ("apart", words.legend_apart),
        ("p50", words.legend_p50),
        ("p95", words.legend_p95),
    ]
    .map(|(mark, title)| view! { <li data-mark=mark>{title}</li> });
    view! {
        <p class="vv-hint">{words.latency_hint}</p>
        <ul class="vv-plot-legend">{entries.into_iter().collect_view()}</ul>
    }
    .erase()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::Language;

    #[test]
    fn every_figure_is_what_it_is_called() {
        let statistics = Statistics {
            count: 7,
            min: 1.0,
            avg: 2.0,
            p50: 3.0,
            p95: 4.0,
            p99: 5.0,
            max: 6.0,
        };
        let shown = columns(Words::of(Language::English)).map(|(key, _, value)| (key, value(&statistics)));
        assert_eq!(shown, [("count", 7.0), ("avg", 2.0), ("p50", 3.0), ("p95", 4.0)]);
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "these values are exact")]
    fn a_difference_is_that_of_the_figures_that_are_shown() {
        for (figure, reference, expected) in [
            (100.4, 99.6, 0.0),
            (100.5, 100.4, 1.0),
            (99.0, 100.4, -1.0),
            (-40.2, 5.3, -45.0),
        ] {
            assert_eq!(
                difference(figure, reference),
                expected,
                "{figure} after {reference}"
            );
        }
    }

    #[test]
    fn less_is_better_of_all_but_what_no_mark_explains() {
        let parts = Stage::ALL.into_iter().map(Measure::Part);
        let others = [Measure::Total, Measure::InterruptedTotal, Measure::UntilSilence];
        let rest: Vec<Measure> = parts
            .chain(others)
            .filter(|measure| !is_judged(*measure))
            .collect();
        assert_eq!(rest, [Measure::Part(Stage::Unexplained)]);
    }

    #[test]
    fn every_measure_is_called_something_of_its_own() {
        for language in [Language::English, Language::TraditionalChinese] {
            let words = Words::of(language);
            let parts = Stage::ALL.into_iter().map(Measure::Part);
            let others = [Measure::Total, Measure::InterruptedTotal, Measure::UntilSilence];
            let names: HashSet<&str> = parts.chain(others).map(|measure| name(measure, words)).collect();
            assert_eq!(names.len(), 13);
        }
    }
}
