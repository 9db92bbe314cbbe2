use serde_json::{Map, Value};

use super::complaint::Complaint;

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
    Ok(Configured {
        detection: check_detection(&input["turn_detection"])?,
        transcribes: check_transcription(&input["transcription"])?,
    })
}

fn check_format(format: &Value, name: &str) -> Result<(), Complaint> {
    expect(
        &format["type"],
        &[Value::from("audio/pcm")],
        &format!("{name}.type"),
    )?;
    expect(&format["rate"], &[Value::from(24_000)], &format!("{name}.rate"))
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
    let language = transcription["language"].as_str();
    if language.is_some_and(|language| language.len() != 2) {
        return Err(invalid(&format!("{name}.language"), &transcription["language"]));
    }
    match transcription["model"].as_str() {
        Some(_) => Ok(true),
        None => Err(invalid(&format!("{name}.model"), &transcription["model"])),
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
    let is_set = |field: &str| detection[field].as_bool().unwrap_or(true);
    Ok(Some(Detection {
        silence_ms: detection["silence_duration_ms"].as_u64().unwrap_or(500),
        creates_response: is_set("create_response"),
        interrupts_response: is_set("interrupt_response"),
    }))
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
