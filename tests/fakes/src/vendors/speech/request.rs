use axum::http::HeaderMap;
use axum::http::request::Parts;
use serde_json::{Map, Value};

use super::refusal::Refusal;

/// What was sent, taken apart.
pub(super) struct Sent<'a> {
    pub(super) parts: &'a Parts,
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

pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
