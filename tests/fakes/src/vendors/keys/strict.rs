//! What the vendors refuse.

use axum::http::{HeaderMap, Method};

use super::{KeyAnswer, KeyRequest, KeyVendor};

/// Checks a request as the vendor would; the message about a wrong key holds it, as the worst vendors do.
pub(super) fn check(vendor: KeyVendor, key: Option<&str>, request: &KeyRequest) -> Result<(), KeyAnswer> {
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((request.target.as_str(), ""));
    if path != vendor.path() && vendor.voices_path() != Some(path) {
        return Err(KeyAnswer::refusing(404, "not_found", "Unknown request URL"));
    }
    if request.method != Method::GET {
        return Err(KeyAnswer::refusing(
            405,
            "method_not_allowed",
            "Method Not Allowed",
        ));
    }
    let mut parameters = query.split('&').filter(|parameter| !parameter.is_empty());
    if let Some(parameter) = parameters.find(|parameter| !is_known(vendor, parameter)) {
        // Azure tells everything that is wrong with the address so.
        let status = if vendor == KeyVendor::AzureOpenAi {
            401
        } else {
            400
        };
        let message = format!("Unknown parameter {parameter}");
        return Err(KeyAnswer::refusing(status, "invalid_request_error", &message));
    }
    let header = |name: &str| text(&request.headers, name);
    if vendor == KeyVendor::Anthropic && header("anthropic-version") != "2023-06-01" {
        let message = "anthropic-version: header is required";
        return Err(KeyAnswer::refusing(400, "invalid_request_error", message));
    }
    if vendor == KeyVendor::Cartesia && header("cartesia-version") != "2026-08-14" {
        return Err(KeyAnswer::refusing(
            400,
            "invalid_version",
            "There is no such version",
        ));
    }
    let Some(key) = key else {
        return Ok(());
    };
    let (name, wanted, status, code) = match vendor {
        KeyVendor::OpenAi | KeyVendor::Cartesia => {
            ("authorization", format!("Bearer {key}"), 401, "invalid_api_key")
        }
        KeyVendor::AzureOpenAi => ("api-key", key.to_owned(), 401, "401"),
        KeyVendor::Anthropic => ("x-api-key", key.to_owned(), 401, "authentication_error"),
        KeyVendor::Gemini | KeyVendor::GoogleSpeech => {
            ("x-goog-api-key", key.to_owned(), 400, "API_KEY_INVALID")
        }
        KeyVendor::Deepgram => ("authorization", format!("Token {key}"), 401, "INVALID_AUTH"),
        KeyVendor::ElevenLabs => ("xi-api-key", key.to_owned(), 401, "invalid_api_key"),
        KeyVendor::AssemblyAi => ("authorization", key.to_owned(), 401, ""),
        KeyVendor::Speechmatics => ("authorization", format!("Bearer {key}"), 401, ""),
        KeyVendor::AzureSpeech => ("ocp-apim-subscription-key", key.to_owned(), 401, "401"),
        KeyVendor::VoAi => ("x-api-key", key.to_owned(), 401, "unauthorized"),
    };
    let given = header(name);
    if given == wanted {
        return Ok(());
    }
    let message = format!("Incorrect API key provided: {given}");
    Err(KeyAnswer::refusing(status, code, &message))
}

fn is_known(vendor: KeyVendor, parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    let is_size = || value.parse::<u16>().is_ok_and(|size| (1..=1_000).contains(&size));
    match vendor {
        KeyVendor::Gemini => name == "pageSize" && is_size(),
        KeyVendor::AssemblyAi => name == "expires_in_seconds" && is_size(),
        KeyVendor::Anthropic | KeyVendor::Speechmatics => name == "limit" && is_size(),
        KeyVendor::Cartesia => {
            name == "limit" && (1..=100).contains(&value.parse().unwrap_or(0)) || name == "starting_after"
        }
        KeyVendor::GoogleSpeech => name == "languageCode" && !value.is_empty(),
        KeyVendor::OpenAi
        | KeyVendor::AzureOpenAi
        | KeyVendor::Deepgram
        | KeyVendor::ElevenLabs
        | KeyVendor::AzureSpeech
        | KeyVendor::VoAi => false,
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}
