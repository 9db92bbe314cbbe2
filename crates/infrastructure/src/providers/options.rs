//! Reading the options of a session: each is the text of a JSON value; an error says what is right.

use std::fmt::Display;

use serde::de::DeserializeOwned;
use viva_domain::sessions::{ProviderConfig, ProviderOptions};

/// Refuses a voice, of which a provider that only hears has none.
pub(super) fn voiceless(config: &ProviderConfig) -> Result<(), String> {
    match &config.voice {
        Some(voice) => Err(format!(
            "voice {voice:?} is not taken; speech-to-text has no voices"
        )),
        None => Ok(()),
    }
}

/// Sets one option after the other; what is not set keeps its default. The first error is that of the whole.
pub(super) fn read<O: Default>(
    raw: &ProviderOptions,
    set: impl Fn(&mut O, &str, &str) -> Result<(), String>,
) -> Result<O, String> {
    let mut options = O::default();
    for (name, json) in raw {
        set(&mut options, name, json)?;
    }
    Ok(options)
}

/// A whole number within bounds.
pub(super) fn number<T>(name: &str, json: &str, least: T, most: T) -> Result<T, String>
where
    T: Copy + DeserializeOwned + PartialOrd + Display,
{
    within(json, least, most)
        .ok_or_else(|| format!("options.{name} must be a whole number from {least} to {most}"))
}

/// A number within bounds.
pub(super) fn decimal(name: &str, json: &str, least: f64, most: f64) -> Result<f64, String> {
    within(json, least, most).ok_or_else(|| format!("options.{name} must be a number from {least} to {most}"))
}

/// Yes or no.
pub(super) fn flag(name: &str, json: &str) -> Result<bool, String> {
    serde_json::from_str(json).map_err(|_| format!("options.{name} must be true or false"))
}

/// A text that says something, trimmed, of at most so many characters.
pub(super) fn text(name: &str, json: &str, most: usize) -> Result<String, String> {
    serde_json::from_str::<String>(json)
        .ok()
        .map(|text| text.trim().to_owned())
        .filter(|text| (1..=most).contains(&text.chars().count()))
        .ok_or_else(|| format!("options.{name} must be a text of 1 to {most} characters"))
}

/// A list of texts, trimmed, of at most so many, each of at most so many characters.
pub(super) fn texts(name: &str, json: &str, most: usize, most_chars: usize) -> Result<Vec<String>, String> {
    let is_text = |text: &String| {
        (1..=most_chars).contains(&text.chars().count()) && !text.chars().any(|c| c.is_control() && c != '\n')
    };
    serde_json::from_str::<Vec<String>>(json)
        .map(|texts| texts.iter().map(|text| text.trim().to_owned()).collect())
        .ok()
        .filter(|texts: &Vec<String>| (1..=most).contains(&texts.len()) && texts.iter().all(is_text))
        .ok_or_else(|| {
            format!("options.{name} must be a list of 1 to {most} texts of 1 to {most_chars} characters")
        })
}

/// One of some names.
pub(super) fn choice<T: Clone>(name: &str, json: &str, choices: &[(&str, T)]) -> Result<T, String> {
    let chosen = serde_json::from_str::<String>(json).unwrap_or_default();
    let found = choices.iter().find(|(choice, _)| *choice == chosen);
    found.map(|(_, value)| value.clone()).ok_or_else(|| {
        let names: Vec<String> = choices.iter().map(|(choice, _)| format!("{choice:?}")).collect();
        format!("options.{name} must be one of {}", names.join(", "))
    })
}

/// Refuses a name that is none of those that exist.
pub(super) fn unknown(name: &str, names: &[&str]) -> String {
    if names.is_empty() {
        return format!("options.{name} is unknown; there are none");
    }
    format!("options.{name} is unknown; there are {}", names.join(", "))
}

fn within<T: DeserializeOwned + PartialOrd>(json: &str, least: T, most: T) -> Option<T> {
    serde_json::from_str(json)
        .ok()
        .filter(|value| (least..=most).contains(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_within_their_bounds_are_taken() {
        assert_eq!(number("n", "3", 1, 3), Ok(3));
        assert_eq!(decimal("d", "2", 0.0, 2.0), Ok(2.0));
        assert_eq!(flag("f", "true"), Ok(true));
        assert_eq!(text("t", r#"" öl ""#, 2), Ok("öl".to_owned()));
        let two = ["a", "b\nc"].map(str::to_owned).to_vec();
        assert_eq!(texts("l", r#"[" a ", "b\nc"]"#, 2, 3), Ok(two));
        assert_eq!(choice("c", "\"b\"", &[("a", 1), ("b", 2)]), Ok(2));
    }

    #[test]
    fn other_values_are_refused_by_name() {
        let message = number("n", "4", 1, 3).unwrap_err();
        assert_eq!(message, "options.n must be a whole number from 1 to 3");
        for json in ["2.01", "\"1\"", "null"] {
            let message = decimal("d", json, 0.0, 2.0).unwrap_err();
            assert_eq!(message, "options.d must be a number from 0 to 2");
        }
        assert_eq!(flag("f", "1").unwrap_err(), "options.f must be true or false");
        for json in ["\" \"", "\"abc\"", "1"] {
            let message = text("t", json, 2).unwrap_err();
            assert_eq!(message, "options.t must be a text of 1 to 2 characters");
        }
        for json in [
            "[]",
            r#"[" "]"#,
            r#"["abcd"]"#,
            r#"["a","b","c"]"#,
            r#"["\u0007"]"#,
            "\"a\"",
        ] {
            let message = texts("l", json, 2, 3).unwrap_err();
            assert_eq!(
                message,
                "options.l must be a list of 1 to 2 texts of 1 to 3 characters"
            );
        }
        let message = choice("c", "c", &[("a", 1), ("b", 2)]).unwrap_err();
        assert_eq!(message, r#"options.c must be one of "a", "b""#);
        assert_eq!(unknown("x", &["a", "b"]), "options.x is unknown; there are a, b");
        assert_eq!(unknown("x", &[]), "options.x is unknown; there are none");
    }
}
