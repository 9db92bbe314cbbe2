use serde_json::{Map, Value};

use super::complaint::Complaint;
use crate::vendors::transcribing::{is_noise_reduction, wrong_field};

/// What a session is configured to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Configured {
    /// `None` is push to talk.
    pub(super) detection: Option<Detection>,
    pub(super) transcribes: bool,
}

/// How turns are found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Detection {
    pub(super) silence_ms: u64,
    pub(super) creates_response: bool,
    pub(super) interrupts_response: bool,
}

const FIELDS: [&str; 13] = [
    "type",
    "model",
    "instructions",
    "output_modalities",
    "audio",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "reasoning",
    "max_output_tokens",
    "truncation",
    "tracing",
    "prompt",
];
const AUDIO: [&str; 2] = ["input", "output"];
const FORMAT: [&str; 2] = ["type", "rate"];
const INPUT: [&str; 4] = ["format", "noise_reduction", "transcription", "turn_detection"];
const OUTPUT: [&str; 3] = ["format", "voice", "speed"];
const SERVER_VAD: [&str; 7] = [
    "type",
    "threshold",
    "prefix_padding_ms",
    "silence_duration_ms",
    "idle_timeout_ms",
    "create_response",
    "interrupt_response",
];
const SEMANTIC_VAD: [&str; 4] = ["type", "eagerness", "create_response", "interrupt_response"];
const VOICES: [&str; 10] = [
    "alloy", "ash", "ballad", "cedar", "coral", "echo", "marin", "sage", "shimmer", "verse",
];
const RESPONSE: [&str; 12] = [
    "conversation",
    "input",
    "instructions",
    "output_modalities",
    "audio",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "reasoning",
    "max_output_tokens",
    "metadata",
    "prompt",
];
/// Whether a value is right.
type Rule = fn(&Value) -> bool;

/// Pairs of `metadata`.
const MOST_PAIRS: usize = 16;

/// Reads the session of a `session.update`.
pub(super) fn check(session: &Value) -> Result<Configured, Complaint> {
    let fields = object(session, "session")?;
    if !fields.contains_key("type") {
        let message = "Missing required parameter: 'session.type'.";
        return Err(Complaint::about(
            "session.type",
            "missing_required_parameter",
            message,
        ));
    }
    known(fields, "session", &FIELDS)?;
    expect(&session["type"], &[Value::from("realtime")], "session.type")?;
    let modalities = [Value::from(vec!["audio"]), Value::from(vec!["text"])];
    if !session["output_modalities"].is_null() {
        expect(
            &session["output_modalities"],
            &modalities,
            "session.output_modalities",
        )?;
    }
    known(
        object(&session["audio"], "session.audio")?,
        "session.audio",
        &AUDIO,
    )?;
    let input = &session["audio"]["input"];
    known(
        object(input, "session.audio.input")?,
        "session.audio.input",
        &INPUT,
    )?;
    let output = &session["audio"]["output"];
    known(
        object(output, "session.audio.output")?,
        "session.audio.output",
        &OUTPUT,
    )?;
    check_format(&input["format"], "session.audio.input.format")?;
    check_format(&output["format"], "session.audio.output.format")?;
    check_effort(session)?;
    check_voice(&output["voice"], "session.audio.output.voice")?;
    let noise = &input["noise_reduction"];
    if !is_noise_reduction(noise) {
        return Err(invalid("session.audio.input.noise_reduction.type", noise));
    }
    Ok(Configured {
        detection: check_detection(&input["turn_detection"])?,
        transcribes: check_transcription(&input["transcription"])?,
    })
}

/// Reads the `response` of a `response.create`, which may be left out.
pub(super) fn check_response(response: &Value) -> Result<(), Complaint> {
    if response.is_null() {
        return Ok(());
    }
    known(object(response, "response")?, "response", &RESPONSE)?;
    let metadata = &response["metadata"];
    let is_metadata = metadata.is_null()
        || metadata
            .as_object()
            .is_some_and(|pairs| pairs.len() <= MOST_PAIRS && pairs.values().all(Value::is_string));
    if !is_metadata {
        return Err(invalid("response.metadata", metadata));
    }
    let conversation = &response["conversation"];
    if !conversation.is_null() {
        expect(
            conversation,
            &["auto", "none"].map(Value::from),
            "response.conversation",
        )?;
    }
    check_voice(
        &response["audio"]["output"]["voice"],
        "response.audio.output.voice",
    )
}

fn check_voice(voice: &Value, name: &str) -> Result<(), Complaint> {
    let is_voice = match voice {
        Value::Null => true,
        Value::String(voice) => VOICES.contains(&voice.as_str()),
        own => own["id"].as_str().is_some_and(|id| id.starts_with("voice_")),
    };
    if is_voice {
        Ok(())
    } else {
        Err(invalid(name, voice))
    }
}

fn check_format(format: &Value, name: &str) -> Result<(), Complaint> {
    expect(
        &format["type"],
        &[Value::from("audio/pcm")],
        &format!("{name}.type"),
    )?;
    expect(&format["rate"], &[Value::from(24_000)], &format!("{name}.rate"))?;
    known(object(format, name)?, name, &FORMAT)
}

fn check_effort(session: &Value) -> Result<(), Complaint> {
    let efforts = ["minimal", "low", "medium", "high", "xhigh"].map(Value::from);
    if !session["reasoning"].is_null() {
        expect(
            &session["reasoning"]["effort"],
            &efforts,
            "session.reasoning.effort",
        )?;
    }
    let speed = &session["audio"]["output"]["speed"];
    let is_speed = speed.is_null() || speed.as_f64().is_some_and(|speed| (0.25..=1.5).contains(&speed));
    let tokens = &session["max_output_tokens"];
    let is_limit = tokens.is_null()
        || tokens == "inf"
        || tokens.as_u64().is_some_and(|most| (1..=4_096).contains(&most));
    match (is_speed, is_limit) {
        (true, true) => Ok(()),
        (false, _) => Err(invalid("session.audio.output.speed", speed)),
        (true, false) => Err(invalid("session.max_output_tokens", tokens)),
    }
}

fn check_transcription(transcription: &Value) -> Result<bool, Complaint> {
    if transcription.is_null() {
        return Ok(false);
    }
    let name = "session.audio.input.transcription";
    let known_names = ["model", "language", "prompt", "languages", "keywords", "delay"];
    known(object(transcription, name)?, name, &known_names)?;
    match wrong_field(transcription) {
        None => Ok(true),
        Some(field) => Err(invalid(&format!("{name}.{field}"), &transcription[field])),
    }
}

fn check_detection(detection: &Value) -> Result<Option<Detection>, Complaint> {
    if detection.is_null() {
        return Ok(None);
    }
    let name = "session.audio.input.turn_detection";
    let fields = object(detection, name)?;
    match detection["type"].as_str() {
        Some("server_vad") => known(fields, name, &SERVER_VAD)?,
        Some("semantic_vad") => known(fields, name, &SEMANTIC_VAD)?,
        _ => return Err(invalid(&format!("{name}.type"), &detection["type"])),
    }
    check_settings(detection, name)?;
    let is_set = |field: &str| detection[field].as_bool().unwrap_or(true);
    Ok(Some(Detection {
        silence_ms: detection["silence_duration_ms"].as_u64().unwrap_or(500),
        creates_response: is_set("create_response"),
        interrupts_response: is_set("interrupt_response"),
    }))
}

fn check_settings(detection: &Value, name: &str) -> Result<(), Complaint> {
    let checks: [(&str, Rule); 7] = [
        ("threshold", is_share),
        ("prefix_padding_ms", Value::is_u64),
        ("silence_duration_ms", Value::is_u64),
        ("idle_timeout_ms", Value::is_u64),
        ("eagerness", is_eagerness),
        ("create_response", Value::is_boolean),
        ("interrupt_response", Value::is_boolean),
    ];
    for (field, is_right) in checks {
        let value = &detection[field];
        if !value.is_null() && !is_right(value) {
            return Err(invalid(&format!("{name}.{field}"), value));
        }
    }
    Ok(())
}

fn is_share(value: &Value) -> bool {
    value.as_f64().is_some_and(|share| (0.0..=1.0).contains(&share))
}

fn is_eagerness(value: &Value) -> bool {
    matches!(value.as_str(), Some("low" | "medium" | "high" | "auto"))
}

fn object<'a>(value: &'a Value, name: &str) -> Result<&'a Map<String, Value>, Complaint> {
    value.as_object().ok_or_else(|| {
        Complaint::about(
            name,
            "missing_required_parameter",
            &format!("Missing required parameter: '{name}'."),
        )
    })
}

/// Names of the beta dialect are among those that are not known.
fn known(fields: &Map<String, Value>, name: &str, names: &[&str]) -> Result<(), Complaint> {
    match fields.keys().find(|field| !names.contains(&field.as_str())) {
        Some(field) => {
            let param = format!("{name}.{field}");
            let message = format!("Unknown parameter: '{param}'.");
            Err(Complaint::about(&param, "unknown_parameter", &message))
        }
        None => Ok(()),
    }
}

fn expect(value: &Value, allowed: &[Value], name: &str) -> Result<(), Complaint> {
    if allowed.contains(value) {
        Ok(())
    } else {
        Err(invalid(name, value))
    }
}

fn invalid(name: &str, value: &Value) -> Complaint {
    Complaint::about(
        name,
        "invalid_value",
        &format!("Invalid value for '{name}': {value}."),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn session() -> Value {
        json!({
            "type": "realtime",
            "audio": {
                "input": {
                    "format": {"type": "audio/pcm", "rate": 24_000},
                    "noise_reduction": {"type": "near_field"},
                    "transcription": {"model": "gpt-transcribe", "language": "en"},
                    "turn_detection": {"type": "server_vad", "threshold": 0.5, "silence_duration_ms": 500},
                },
                "output": {"format": {"type": "audio/pcm", "rate": 24_000}, "voice": "marin"},
            },
        })
    }

    /// What is refused when this part of the session is another one.
    fn refused(part: &str, value: Value) -> Option<String> {
        let mut session = session();
        *session.pointer_mut(part).unwrap() = value;
        check(&session).err()?.param
    }

    #[test]
    fn a_session_is_as_its_documents_say() {
        assert!(check(&session()).is_ok());
        let input = "/audio/input";
        for (part, value) in [
            ("/audio/output/voice", json!({"id": "voice_1"})),
            ("/audio/input/noise_reduction", json!(null)),
            (
                "/audio/input/turn_detection",
                json!({"type": "semantic_vad", "eagerness": "low"}),
            ),
        ] {
            assert_eq!(refused(part, value), None, "{part}");
        }
        for (part, value, name) in [
            (
                "/audio/output/voice",
                json!("nobody"),
                "session.audio.output.voice",
            ),
            (
                "/audio/output/voice",
                json!({"id": "nobody"}),
                "session.audio.output.voice",
            ),
            (
                "noise_reduction/type",
                json!("in_space"),
                "session.audio.input.noise_reduction.type",
            ),
            (
                "transcription/language",
                json!("en-GB"),
                "session.audio.input.transcription.language",
            ),
            (
                "turn_detection/threshold",
                json!(1.5),
                "session.audio.input.turn_detection.threshold",
            ),
            (
                "turn_detection/threshold",
                json!("0.5"),
                "session.audio.input.turn_detection.threshold",
            ),
            (
                "turn_detection/silence_duration_ms",
                json!(-1),
                "session.audio.input.turn_detection.silence_duration_ms",
            ),
            (
                "turn_detection",
                json!({"type": "semantic_vad", "eagerness": "very"}),
                "session.audio.input.turn_detection.eagerness",
            ),
            (
                "turn_detection",
                json!({"type": "server_vad", "create_response": 1}),
                "session.audio.input.turn_detection.create_response",
            ),
        ] {
            let part = if part.starts_with('/') {
                part.to_owned()
            } else {
                format!("{input}/{part}")
            };
            assert_eq!(refused(&part, value).as_deref(), Some(name));
        }
    }

    #[test]
    fn an_answer_is_asked_for_as_its_documents_say() {
        for response in [
            json!(null),
            json!({}),
            json!({"metadata": {"a": "b"}, "conversation": "none"}),
        ] {
            assert!(check_response(&response).is_ok(), "{response}");
        }
        for (response, name) in [
            (json!({"modalities": ["audio"]}), "response.modalities"),
            (json!({"metadata": {"a": 1}}), "response.metadata"),
            (json!({"conversation": "mine"}), "response.conversation"),
            (
                json!({"audio": {"output": {"voice": "nobody"}}}),
                "response.audio.output.voice",
            ),
        ] {
            let refused = check_response(&response).unwrap_err().param;
            assert_eq!(refused.as_deref(), Some(name));
        }
    }
}
