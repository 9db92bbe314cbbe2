//! Messages that no document describes, for property tests of what reads them.

use proptest::prelude::*;
use serde_json::{Value, json};

/// Any JSON; values that are easily mistaken for good ones come often.
fn anything() -> impl Strategy<Value = Value> {
    let odd = vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e308),
        json!(-0.5),
        json!(""),
        json!(" "),
        json!("9e18s"),
        json!("1e19s"),
        json!("-1s"),
        json!("AA=="),
        json!("no base64!"),
        json!("龍"),
        json!([]),
        json!({}),
    ];
    let leaf = prop_oneof![
        3 => prop::sample::select(odd),
        1 => ".{0,8}".prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::hash_map("[a-z]{1,3}", inner, 0..3).prop_map(Value::from_iter),
        ]
    })
}

/// One of these messages, as it is or with something else in place of a part of it, which may be all.
pub(crate) fn nearly(messages: Vec<Value>) -> impl Strategy<Value = Value> {
    prop::sample::select(messages).prop_flat_map(|message| {
        let mut parts = vec![String::new()];
        find_parts(&message, "", &mut parts);
        let broken = (Just(message.clone()), prop::sample::select(parts), anything()).prop_map(
            |(mut message, part, other)| {
                *message.pointer_mut(&part).expect("a part of it") = other;
                message
            },
        );
        prop_oneof![Just(message), broken]
    })
}

/// A message with anything in place of one of these parts, without which it says the same.
pub(crate) fn with_odd(message: &Value, optional: &[&'static str]) -> impl Strategy<Value = Value> + use<> {
    let message = message.clone();
    (prop::sample::select(optional.to_vec()), anything()).prop_map(move |(part, other)| {
        let mut message = message.clone();
        *message.pointer_mut(part).expect("a part of it") = other;
        message
    })
}

fn find_parts(value: &Value, at: &str, parts: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => (0..).map(|index: usize| index.to_string()).zip(items).collect(),
        _ => Vec::new(),
    };
    for (name, value) in inner {
        let at = format!("{at}/{name}");
        find_parts(value, &at, parts);
        parts.push(at);
    }
}
