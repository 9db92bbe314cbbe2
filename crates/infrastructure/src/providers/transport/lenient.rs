//! Reading what a message may do without: a server that writes it in another way than its vendor's documents is understood
//! all the same, as if it were not there.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// What is there; the default in place of null, and of what is something else.
///
/// # Errors
/// When it is no JSON.
pub fn or_default<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

/// A list without the items that are something else; an empty one in place of what is no list.
///
/// # Errors
/// As [`or_default`].
pub fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let Value::Array(items) = Value::deserialize(deserializer)? else {
        return Ok(Vec::new());
    };
    let items = items.into_iter().map(serde_json::from_value);
    Ok(items.filter_map(Result::ok).collect())
}

/// A count, also where it is written with a decimal point.
///
/// # Errors
/// As [`or_default`].
pub fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(value.as_u64().or_else(|| value.as_f64().and_then(whole)))
}

/// A code, also where it is a number.
///
/// # Errors
/// As [`or_default`].
pub fn code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is whole, positive and far below what fits"
)]
fn whole(number: f64) -> Option<u64> {
    const MOST: f64 = 1e15;
    ((0.0..MOST).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Message {
        #[serde(deserialize_with = "or_default")]
        flag: bool,
        #[serde(deserialize_with = "or_default")]
        text: Option<String>,
        #[serde(deserialize_with = "count")]
        tokens: Option<u64>,
        #[serde(deserialize_with = "code")]
        code: Option<String>,
        #[serde(deserialize_with = "list")]
        words: Vec<String>,
    }

    #[rstest]
    #[case(json!({"words": ["a", 1, null, "b"]}), &["a", "b"])]
    #[case(json!({"words": {"a": "b"}}), &[])]
    #[case(json!({"words": null}), &[])]
    fn of_a_list_what_is_odd_is_left_out(#[case] message: Value, #[case] expected: &[&str]) {
        let message: Message = serde_json::from_value(message).unwrap();
        assert_eq!(message.words, expected);
    }

    #[rstest]
    #[case(json!({}), None, None)]
    #[case(json!({"flag": null, "text": null, "tokens": null, "code": null}), None, None)]
    #[case(json!({"flag": [], "text": 5, "tokens": "20", "code": {}}), None, None)]
    #[case(json!({"tokens": 20, "code": "a"}), Some(20), Some("a"))]
    #[case(json!({"tokens": 20.0, "code": 404}), Some(20), Some("404"))]
    #[case(json!({"tokens": u64::MAX}), Some(u64::MAX), None)]
    #[case(json!({"tokens": -1}), None, None)]
    #[case(json!({"tokens": 0.5}), None, None)]
    #[case(json!({"tokens": 1e308}), None, None)]
    fn what_is_odd_is_not_there(
        #[case] message: Value,
        #[case] tokens: Option<u64>,
        #[case] code: Option<&str>,
    ) {
        let expected = Message {
            tokens,
            code: code.map(str::to_owned),
            ..Message::default()
        };
        assert_eq!(serde_json::from_value::<Message>(message).unwrap(), expected);
    }
}
