//! What the conversations were held with.

use leptos::prelude::*;
use viva_protocol::rest::{ProviderList, SessionDetail};

use super::{grid, moment};
use crate::erase::Erase;
use crate::state::choices::{Field, Part};
use crate::state::compare::{Fact, FactName, FactValue, facts};
use crate::words::compare::Words;
use crate::words::fill;

/// A row for each fact; those that differ are marked, and in them what is not as in the first column.
pub(super) fn section(
    sessions: &[Option<&SessionDetail>],
    list: Option<&ProviderList>,
    words: &'static Words,
) -> AnyView {
    let facts = facts(sessions, list);
    let rows = facts.iter().map(|fact| row(fact, words)).collect();
    grid::section(
        "configuration",
        words.configuration,
        ().into_any(),
        sessions.len(),
        rows,
    )
}

fn row(fact: &Fact, words: &'static Words) -> AnyView {
    let mark = fact
        .differs()
        .then(|| view! { <span class="vv-tag vv-differs">{words.differs}</span> });
    let label = view! {
        <span>{label(&fact.name, words)}</span>
        {mark}
    };
    let cell = |(column, value): (usize, &Option<FactValue>)| {
        let other = fact.is_other(column).then_some("true");
        let text = value.as_ref().map(|value| text(value, words));
        view! {
            <td role="cell" data-other=other>
                <p class="vv-fact">{text}</p>
            </td>
        }
        .erase()
    };
    let cells = fact.values.iter().enumerate().map(cell).collect();
    grid::row(key(&fact.name), None, label.erase(), cells)
}

fn text(value: &FactValue, words: &Words) -> String {
    match value {
        FactValue::Mode(mode) => moment::mode(*mode, words).to_owned(),
        FactValue::On(true) => words.on.to_owned(),
        FactValue::On(false) => words.off.to_owned(),
        FactValue::Default => words.default_choice.to_owned(),
        FactValue::Text(text) | FactValue::Named { name: text, .. } => text.clone(),
        FactValue::Nothing => words.nothing.to_owned(),
    }
}

fn part(part: Part, words: &Words) -> &'static str {
    match part {
        Part::Realtime => words.part_realtime,
        Part::Stt => words.part_stt,
        Part::Llm => words.part_llm,
        Part::Tts => words.part_tts,
    }
}

fn label(name: &FactName, words: &Words) -> String {
    let word = match name {
        FactName::Mode => words.mode,
        FactName::Provider(of) => part(*of, words),
        FactName::Choice(of, field) => {
            let text = match field {
                Field::Model => words.part_model,
                Field::Voice => words.part_voice,
                Field::Language => words.part_language,
            };
            return fill(text, &[("part", part(*of, words))]);
        }
        FactName::Language => words.language,
        FactName::Option(option) => return option.clone(),
        FactName::BargeIn => words.barge_in,
        FactName::Prompt => words.prompt,
        FactName::UserRole => words.user_role,
        FactName::AiRole => words.ai_role,
        FactName::Scenario => words.scenario,
    };
    word.to_owned()
}

/// A word for style sheets and tests.
fn key(name: &FactName) -> String {
    match name {
        FactName::Mode => "mode".to_owned(),
        FactName::Provider(part) => part.name().to_owned(),
        FactName::Choice(part, field) => format!("{}-{}", part.name(), field.name()),
        FactName::Language => "language".to_owned(),
        FactName::Option(option) => format!("option-{option}"),
        FactName::BargeIn => "barge-in".to_owned(),
        FactName::Prompt => "prompt".to_owned(),
        FactName::UserRole => "user-role".to_owned(),
        FactName::AiRole => "ai-role".to_owned(),
        FactName::Scenario => "scenario".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::Language;

    #[test]
    fn every_row_is_called_something_of_its_own() {
        let mut names = vec![
            FactName::Mode,
            FactName::Language,
            FactName::Option("voice_speed".to_owned()),
            FactName::BargeIn,
            FactName::Prompt,
            FactName::UserRole,
            FactName::AiRole,
            FactName::Scenario,
        ];
        for part in Part::ALL {
            names.push(FactName::Provider(part));
            names.extend(Field::of(part).iter().map(|field| FactName::Choice(part, *field)));
        }
        for language in [Language::English, Language::TraditionalChinese] {
            let words = Words::of(language);
            let labels: HashSet<String> = names.iter().map(|name| label(name, words)).collect();
            let keys: HashSet<String> = names.iter().map(key).collect();
            assert_eq!((labels.len(), keys.len()), (names.len(), names.len()));
        }
    }
}
