use std::collections::BTreeSet;

use serde_json::{Map, Value};
use viva_protocol::rest::{ProviderList, Session, SessionDetail};
use viva_protocol::ws::{Interaction, Mode};

use crate::state::choices::{Field, Part, parts_of};

/// What of a configuration a row is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactName {
    /// Which kind of stack answered.
    Mode,
    /// Who played a part.
    Provider(Part),
    /// What was chosen of who played it.
    Choice(Part, Field),
    /// The language of the conversation.
    Language,
    /// A setting of a provider.
    Option(String),
    /// Whether the user's speech stopped the AI.
    BargeIn,
    /// Instructions for the AI.
    Prompt,
    /// Whom the user played.
    UserRole,
    /// Whom the AI played.
    AiRole,
    /// The situation.
    Scenario,
}

/// What a session has of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactValue {
    /// A mode.
    Mode(Mode),
    /// Whether something is on.
    On(bool),
    /// Whatever the provider takes where nothing is chosen.
    Default,
    /// A text.
    Text(String),
    /// Something that has a name. Two are the same only by their ids: names may be given twice.
    Named {
        /// What a configuration calls it.
        id: String,
        /// What people call it.
        name: String,
    },
    /// Nothing.
    Nothing,
}

/// A row: what each column has of it; `None` in a column that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is about.
    pub name: FactName,
    /// By column.
    pub values: Vec<Option<FactValue>>,
}

impl Fact {
    /// Whether two columns have something else.
    pub fn differs(&self) -> bool {
        (0..self.values.len()).any(|column| self.is_other(column))
    }

    /// Whether a column has something else than the first one that is there.
    pub fn is_other(&self, column: usize) -> bool {
        let first = self.values.iter().flatten().next();
        self.values[column]
            .as_ref()
            .is_some_and(|value| Some(value) != first)
    }
}

/// The configurations side by side: a row for whatever some session has. What the list of providers does not name goes by its
/// id.
pub fn facts(columns: &[Option<&SessionDetail>], list: Option<&ProviderList>) -> Vec<Fact> {
    names(columns)
        .into_iter()
        .map(|name| Fact {
            values: columns
                .iter()
                .map(|column| Some(value(&name, &column.as_ref()?.session, list)))
                .collect(),
            name,
        })
        .filter(|fact| {
            let mut values = fact.values.iter().flatten();
            values.any(|value| *value != FactValue::Nothing)
        })
        .collect()
}

/// Every row that there could be, in order.
fn names(columns: &[Option<&SessionDetail>]) -> Vec<FactName> {
    let parts = Part::ALL.into_iter().flat_map(|part| {
        let choices = Field::of(part).iter().filter(move |field| {
            // Who hears and speaks by itself does so in the language of the conversation.
            part != Part::Realtime || **field != Field::Language
        });
        let choices = choices.map(move |field| FactName::Choice(part, *field));
        std::iter::once(FactName::Provider(part)).chain(choices)
    });
    let options: BTreeSet<&String> = columns
        .iter()
        .flatten()
        .flat_map(|column| options(&column.session.interaction).keys())
        .collect();
    std::iter::once(FactName::Mode)
        .chain(parts)
        .chain([FactName::Language])
        .chain(options.into_iter().cloned().map(FactName::Option))
        .chain([
            FactName::BargeIn,
            FactName::Prompt,
            FactName::UserRole,
            FactName::AiRole,
            FactName::Scenario,
        ])
        .collect()
}

fn options(interaction: &Interaction) -> &Map<String, Value> {
    match interaction {
        Interaction::Realtime(config) => &config.options,
        Interaction::Cascade(config) => &config.options,
    }
}

fn value(name: &FactName, session: &Session, list: Option<&ProviderList>) -> FactValue {
    let (parts, language) = parts_of(&session.interaction);
    let choices = |wanted: &Part| parts.iter().find(|(part, _)| part == wanted);
    match name {
        FactName::Mode => FactValue::Mode(session.interaction.mode()),
        FactName::Provider(part) => match choices(part) {
            None => FactValue::Nothing,
            Some((_, choices)) => FactValue::Named {
                id: choices.provider.clone(),
                name: choices.provider_name(*part, list),
            },
        },
        FactName::Choice(part, field) => match choices(part) {
            None => FactValue::Nothing,
            // A part without a language of its own has that of the conversation.
            Some((_, choices)) if choices.get(*field).is_empty() && *field == Field::Language => {
                FactValue::Nothing
            }
            Some((_, choices)) if choices.get(*field).is_empty() => FactValue::Default,
            Some((_, choices)) => FactValue::Named {
                id: choices.get(*field).clone(),
                name: choices.name(*part, *field, list),
            },
        },
        FactName::Language => text(Some(&language)),
        FactName::Option(option) => match options(&session.interaction).get(option) {
            None => FactValue::Nothing,
            Some(Value::String(text)) => FactValue::Text(text.clone()),
            Some(other) => FactValue::Text(other.to_string()),
        },
        FactName::BargeIn => FactValue::On(session.barge_in_enabled),
        FactName::Prompt => text(session.system_prompt.as_deref()),
        FactName::UserRole => text(session.user_role.as_deref()),
        FactName::AiRole => text(session.ai_role.as_deref()),
        FactName::Scenario => text(session.scenario_context.as_deref()),
    }
}

fn text(text: Option<&str>) -> FactValue {
    match text {
        None | Some("") => FactValue::Nothing,
        Some(text) => FactValue::Text(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::samples::{realtime, session};
    use super::*;
    use crate::state::settings::tests::{list, provider};

    #[expect(
        clippy::needless_pass_by_value,
        reason = "what is handed over is written down where it is"
    )]
    fn cascade(more: Value) -> SessionDetail {
        let config =
            json!({"stt_provider": "ears", "stt_model": "ears-2", "options": {"llm_temperature": 0.5}});
        let mut all = json!({"mode": "cascade", "config": config});
        for (name, value) in more.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        session(9, all, &[])
    }

    fn find(facts: &[Fact], name: &FactName) -> Option<Vec<Option<FactValue>>> {
        let fact = facts.iter().find(|fact| fact.name == *name);
        fact.map(|fact| fact.values.clone())
    }

    #[expect(clippy::unnecessary_wraps, reason = "values of a row are compared")]
    fn is(text: &str) -> Option<FactValue> {
        Some(FactValue::Text(text.to_owned()))
    }

    #[expect(clippy::unnecessary_wraps, reason = "values of a row are compared")]
    fn named(id: &str, name: &str) -> Option<FactValue> {
        let (id, name) = (id.to_owned(), name.to_owned());
        Some(FactValue::Named { id, name })
    }

    #[test]
    fn a_mode_has_rows_of_its_own_and_the_other_has_nothing_there() {
        let (realtime, cascade) = (realtime(1), cascade(json!({})));
        let facts = facts(&[Some(&realtime), Some(&cascade)], None);
        let nothing = Some(FactValue::Nothing);
        for (name, values) in [
            (
                FactName::Mode,
                [
                    Some(FactValue::Mode(Mode::Realtime)),
                    Some(FactValue::Mode(Mode::Cascade)),
                ],
            ),
            (
                FactName::Provider(Part::Realtime),
                [named("offline", "offline"), nothing.clone()],
            ),
            (
                FactName::Choice(Part::Realtime, Field::Voice),
                [Some(FactValue::Default), nothing.clone()],
            ),
            (
                FactName::Provider(Part::Stt),
                [nothing.clone(), named("ears", "ears")],
            ),
            (
                FactName::Choice(Part::Stt, Field::Model),
                [nothing.clone(), named("ears-2", "ears-2")],
            ),
            (
                FactName::Option("llm_temperature".to_owned()),
                [nothing.clone(), is("0.5")],
            ),
            (
                FactName::BargeIn,
                [Some(FactValue::On(true)), Some(FactValue::On(true))],
            ),
        ] {
            assert_eq!(find(&facts, &name), Some(values.to_vec()), "{name:?}");
        }
        for name in [
            FactName::Prompt,
            FactName::Language,
            FactName::Choice(Part::Stt, Field::Language),
        ] {
            assert_eq!(find(&facts, &name), None, "nobody has {name:?}");
        }
    }

    #[test]
    fn what_is_offered_goes_by_its_name_and_the_rest_by_its_id() {
        let mut ears = provider("ears", &["ears-2", "ears-3"]);
        ears.name = "Ears".to_owned();
        for model in &mut ears.models {
            model.name = "Listens".to_owned();
        }
        let mut list = list(Vec::new());
        list.stt = vec![ears];
        let (second, third, gone) = (
            cascade(json!({})),
            cascade(json!({"config": {"stt_provider": "ears", "stt_model": "ears-3"}})),
            cascade(json!({"config": {"stt_provider": "ears", "stt_model": "ears-1"}})),
        );
        let facts = facts(&[Some(&second), Some(&third), Some(&gone)], Some(&list));
        assert_eq!(
            find(&facts, &FactName::Provider(Part::Stt)),
            Some(vec![named("ears", "Ears"); 3])
        );
        let name = FactName::Choice(Part::Stt, Field::Model);
        let models = [
            named("ears-2", "Listens"),
            named("ears-3", "Listens"),
            named("ears-1", "ears-1"),
        ];
        assert_eq!(find(&facts, &name), Some(models.to_vec()));
        let fact = facts.iter().find(|fact| fact.name == name).unwrap();
        assert!(fact.is_other(1), "two may have the same name");
    }

    #[test]
    fn what_differs_from_the_first_is_marked_and_only_that() {
        let first = cascade(json!({"ai_role": "teacher", "barge_in_enabled": false}));
        let second = cascade(json!({"ai_role": "teacher"}));
        let third = cascade(json!({"barge_in_enabled": false}));
        let facts = facts(&[Some(&first), Some(&second), Some(&third)], None);
        let marks = |name: FactName| {
            let fact = facts.iter().find(|fact| fact.name == name).unwrap();
            (fact.differs(), [0, 1, 2].map(|column| fact.is_other(column)))
        };
        assert_eq!(marks(FactName::Mode), (false, [false; 3]));
        assert_eq!(marks(FactName::BargeIn), (true, [false, true, false]));
        assert_eq!(marks(FactName::AiRole), (true, [false, false, true]));
    }

    #[test]
    fn a_column_that_is_not_there_differs_from_none() {
        let (first, third) = (cascade(json!({})), cascade(json!({"user_role": "child"})));
        let facts = facts(&[None, Some(&first), Some(&third)], None);
        assert_eq!(
            find(&facts, &FactName::UserRole),
            Some(vec![None, Some(FactValue::Nothing), is("child")])
        );
        let role = facts.iter().find(|fact| fact.name == FactName::UserRole).unwrap();
        assert_eq!(
            [0, 1, 2].map(|column| role.is_other(column)),
            [false, false, true]
        );
        let mode = facts.iter().find(|fact| fact.name == FactName::Mode).unwrap();
        assert!(!mode.differs());
    }
}
