use leptos::prelude::*;
use uuid::Uuid;
use viva_protocol::rest::{ProviderList, SessionDetail};

use super::{configuration, heads, interruptions, latency, transcripts};
use crate::Language;
use crate::comparing::Comparing;
use crate::erase::Erase;
use crate::state::compare::{Column, Columns, Measure, Sample, Scale, measured};
use crate::state::context::Preferences;
use crate::words::compare::{Words, say};
use crate::words::fill;

/// The conversations, a column each. The table has no signals of its own: so only what differs from the last time is written,
/// and the elements stay.
#[component]
pub fn SideBySide() -> impl IntoView {
    let comparing = expect_context::<Comparing>();
    let preferences = expect_context::<Preferences>();
    let columns: Memo<Vec<(Uuid, Column)>> = Memo::new(move |_| {
        let ids = comparing.selection.with(|selection| selection.ids().to_vec());
        comparing
            .columns
            .with(|columns| ids.into_iter().map(|id| (id, columns.of(id))).collect())
    });
    let is_settled = Memo::new(move |_| comparing.columns.with(Columns::is_settled));
    let table = move || {
        columns.with(|columns| {
            let is_settled = is_settled.get();
            let language = preferences.language.get();
            comparing.names.with(|list| {
                (!columns.is_empty()).then(|| table(comparing, columns, is_settled, list.as_ref(), language))
            })
        })
    };
    let one_more = move || (columns.with(Vec::len) == 1).then(|| Words::now(preferences).one_more);
    view! {
        <p class="vv-hint vv-one-more">{one_more}</p>
        {table}
        <p class="vv-announced" role="status">
            {move || new_reference(comparing, preferences)}
        </p>
    }
    .erase()
}

/// Which column the others are compared with: the first that is there, once all are there or are not.
fn reference(sessions: &[Option<&SessionDetail>], is_settled: bool) -> usize {
    let first = sessions.iter().position(Option::is_some);
    first.filter(|_| is_settled).unwrap_or(0)
}

fn table(
    comparing: Comparing,
    columns: &[(Uuid, Column)],
    is_settled: bool,
    list: Option<&ProviderList>,
    language: Language,
) -> AnyView {
    let words = Words::of(language);
    let sessions: Vec<Option<&SessionDetail>> = columns.iter().map(|(_, column)| column.session()).collect();
    let is_there = is_settled && sessions.iter().any(Option::is_some);
    let sections = is_there.then(|| {
        let measures = measured(&sessions);
        let scale = scale(&measures, &sessions);
        view! {
            {configuration::section(&sessions, list, words)}
            {latency::section(&measures, &sessions, &scale, words)}
            {interruptions::section(&sessions, &scale, words)}
            {transcripts::section(&sessions, words)}
        }
        .erase()
    });
    view! {
        <table
            class="vv-beside"
            role="table"
            data-columns=columns.len().to_string()
            aria-busy=(!is_settled).to_string()
            aria-label=say(|words| words.beside)
        >
            {heads::heads(comparing, columns, reference(&sessions, is_settled), language)}
            {sections}
        </table>
    }
    .erase()
}

/// The one scale of all that is drawn.
fn scale(measures: &[Measure], sessions: &[Option<&SessionDetail>]) -> Scale {
    let measures = measures
        .iter()
        .chain(&[Measure::InterruptedTotal, Measure::UntilSilence]);
    let values = measures.flat_map(|measure| {
        let samples = sessions.iter().flatten();
        samples.flat_map(|session| {
            let sample = Sample::of(*measure, &session.turns);
            sample.all().map(|dot| dot.ms).collect::<Vec<f64>>()
        })
    });
    Scale::over(values)
}

/// For those who do not see that the columns changed places.
fn new_reference(comparing: Comparing, preferences: Preferences) -> Option<String> {
    let leader = comparing.leader.get()?;
    let column = comparing.columns.with(|columns| columns.of(leader));
    let session = &column.session()?.session;
    let when = super::moment::beginning(session, preferences.language.get());
    Some(fill(Words::now(preferences).is_reference_now, &[("when", &when)]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::state::compare::samples::{session, turn};

    #[test]
    fn the_first_that_is_there_is_the_reference() {
        let there = session(1, json!({"mode": "cascade", "config": {}}), &[]);
        for (sessions, is_settled, expected) in [
            (vec![Some(&there), None], true, 0),
            (vec![None, Some(&there), Some(&there)], true, 1),
            (vec![None, Some(&there)], false, 0),
            (vec![None, None], true, 0),
        ] {
            assert_eq!(reference(&sessions, is_settled), expected, "{sessions:?}");
        }
    }

    #[test]
    fn the_longest_of_any_measure_of_any_column_is_on_the_scale() {
        let mode = json!({"mode": "cascade", "config": {}});
        let short = session(1, mode.clone(), &[turn(1, json!({"total_ms": 90.0}), json!({}))]);
        let long = json!({"interrupt_ms": 380.0, "total_ms": 20.0});
        let long = session(2, mode, &[turn(1, long, json!({"interrupted": true}))]);
        for sessions in [
            [Some(&short), Some(&long), None],
            [Some(&long), Some(&short), None],
        ] {
            let scale = scale(&measured(&sessions), &sessions);
            assert_eq!(scale.ticks().last(), Some(&400.0));
        }
    }
}
