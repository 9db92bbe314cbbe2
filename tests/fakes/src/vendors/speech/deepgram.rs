use super::SpeechScript;
use super::refusal::Refusal;
use super::request::{Sent, check_key, query};

/// What `/v1/speak` knows, as far as audio without a container goes.
const PARAMETERS: [&str; 8] = [
    "bit_rate",
    "container",
    "encoding",
    "mip_opt_out",
    "model",
    "sample_rate",
    "speed",
    "tag",
];

/// The text that is to be spoken.
pub(super) fn check(sent: &Sent, script: &SpeechScript) -> Result<String, Refusal> {
    let invalid = |message: String| Err(Refusal::new(400, "INVALID_QUERY_PARAMETER", message));
    if sent.parts.uri.path() != "/v1/speak" {
        return Err(Refusal::new(404, "NOT_FOUND", "Not Found"));
    }
    check_key(
        sent.parts,
        "authorization",
        script.api_key.as_deref(),
        "Token ",
        (401, "INVALID_AUTH"),
    )?;
    let query = query(sent.parts);
    if let Some((name, _)) = query.iter().find(|(name, _)| !PARAMETERS.contains(name)) {
        return invalid(format!("Unknown query parameter: {name}"));
    }
    for (name, wanted) in [
        ("encoding", "linear16"),
        ("sample_rate", "24000"),
        ("container", "none"),
    ] {
        if !query.contains(&(name, wanted)) {
            return invalid(format!("This server has only {name}={wanted}"));
        }
    }
    let is_speed = |speed: &str| speed.parse().is_ok_and(|speed: f64| (0.7..=1.5).contains(&speed));
    if query
        .iter()
        .any(|(name, value)| *name == "speed" && !is_speed(value))
    {
        return invalid("speed is out of range".to_owned());
    }
    let model = query
        .iter()
        .find(|(name, _)| *name == "model")
        .map(|(_, model)| *model);
    let is_known = model.is_some_and(|model| script.voices.iter().any(|voice| voice == model));
    if !is_known || model.is_some_and(|model| model.starts_with("flux-")) {
        let message = format!("No such model {}", model.unwrap_or_default());
        return Err(Refusal::new(400, "INVALID_MODEL", message));
    }
    if !sent.is_json() {
        return Err(Refusal::new(415, "UNSUPPORTED_MEDIA_TYPE", "This is no JSON"));
    }
    sent.only(&["text"])?;
    Ok(sent.text("text")?.to_owned())
}
