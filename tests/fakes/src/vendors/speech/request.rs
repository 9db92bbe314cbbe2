use axum::http::HeaderMap;
use axum::http::request::Parts;
use serde_json::{Map, Value};

use super::refusal::Refusal;

/// What was sent, taken apart.
pub(super) struct Sent<'a> {
    pub(super) parts: &'a Parts,
    /// The body, whatever it is.
    pub(super) text: &'a str,
    pub(super) fields: &'a Map<String, Value>,
    /// The status with which this vendor refuses a wrong body.
    pub(super) refuses_with: u16,
}

impl Sent<'_> {
    /// Nothing but these fields.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        match self.fields.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => Err(self.wrong(name, "unknown_parameter", "Unknown parameter")),
        }
    }

    /// A text that must be there.
    pub(super) fn text(&self, name: &str) -> Result<&str, Refusal> {
        self.optional_text(name)?
            .filter(|text| !text.trim().is_empty())
            .ok_or_else(|| self.wrong(name, "missing_required_parameter", "Field required"))
    }

    pub(super) fn optional_text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.fields.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(name, "invalid_type", "Input should be a valid string")),
        }
    }

    /// A number within bounds, if it is there.
    pub(super) fn number(&self, name: &str, least: f64, most: f64) -> Result<(), Refusal> {
        match self.fields.get(name).map(Value::as_f64) {
            None => Ok(()),
            Some(Some(number)) if (least..=most).contains(&number) => Ok(()),
            Some(_) => Err(self.wrong(name, "invalid_value", "Input is out of range")),
        }
    }

    /// Another object within this one; nothing is in one that is not there.
    pub(super) fn within<'b>(
        &'b self,
        name: &str,
        nothing: &'b Map<String, Value>,
    ) -> Result<Sent<'b>, Refusal> {
        let fields = match self.fields.get(name) {
            None => nothing,
            Some(Value::Object(fields)) => fields,
            Some(_) => return Err(self.wrong(name, "invalid_type", "Input should be an object")),
        };
        Ok(Sent { fields, ..*self })
    }

    pub(super) fn flag(&self, name: &str) -> Result<(), Refusal> {
        match self.fields.get(name) {
            None | Some(Value::Bool(_)) => Ok(()),
            Some(_) => Err(self.wrong(name, "invalid_type", "Input should be a valid boolean")),
        }
    }

    pub(super) fn wrong(&self, name: &str, code: &str, message: &str) -> Refusal {
        Refusal::field(self.refuses_with, code, name, format!("{message}: {name}"))
    }

    pub(super) fn is_json(&self) -> bool {
        header(&self.parts.headers, "content-type").is_some_and(|kind| kind.starts_with("application/json"))
    }
}

/// Refuses a header that is not the key; the message holds what came instead, as that of the worst vendors does.
pub(super) fn check_key(
    parts: &Parts,
    name: &str,
    key: Option<&str>,
    prefix: &str,
    refusal: (u16, &str),
) -> Result<(), Refusal> {
    let given = header(&parts.headers, name).unwrap_or_default();
    match key {
        Some(key) if given != format!("{prefix}{key}") => {
            let (status, code) = refusal;
            Err(Refusal::new(status, code, format!("Invalid key: {given}")))
        }
        _ => Ok(()),
    }
}

/// The parameters of a request's query, which the tests' adapters do not encode beyond what names need.
pub(super) fn query(parts: &Parts) -> Vec<(&str, &str)> {
    let query = parts.uri.query().unwrap_or_default();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .collect()
}

pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
