//! What is read although it was not written that way: defaults, unknown fields, unknown types; and what is refused.

use rstest::rstest;
use serde_json::{Value, json};
use viva_protocol::rest;
use viva_protocol::ws::*;

use crate::samples;

/// The length from which a message that quotes its cause would be a message that repeats the attack.
const REASON_LIMIT: usize = 200;

#[test]
fn a_start_needs_nothing_but_the_mode() {
    let message = ClientMessage::parse(r#"{"type":"start_session","mode":"realtime"}"#).unwrap();
    let ClientMessage::StartSession(start) = message else {
        panic!("not a start: {message:?}")
    };
    assert!(start.barge_in_enabled);
    assert!(!start.greeting);
    assert_eq!(start.fallback, FallbackPolicy::Ask);
    assert_eq!(start.audio.input_rate, 24_000);
    assert_eq!(start.audio.output_rate, 24_000);
    assert_eq!(start.audio.transport, AudioTransport::Binary);
    assert_eq!(start.turn_detection, None);
    assert_eq!(start.interaction(), Ok(samples::minimal_realtime()));
}

#[test]
fn parts_of_the_audio_settings_may_be_absent() {
    let settings: AudioSettings = serde_json::from_value(json!({ "input_rate": 16_000 })).unwrap();
    assert_eq!(
        settings,
        AudioSettings {
            input_rate: 16_000,
            ..AudioSettings::default()
        }
    );
}

#[test]
fn an_empty_cascade_is_all_offline() {
    let Interaction::Cascade(config) = samples::minimal_cascade() else {
        panic!("not a cascade")
    };
    assert_eq!(
        [config.stt_provider, config.llm_provider, config.tts_provider],
        ["offline"; 3]
    );
}

#[test]
fn what_a_cascade_leaves_out_is_as_by_default() {
    let empty: CascadeConfig = serde_json::from_value(json!({})).unwrap();
    assert_eq!(empty, CascadeConfig::default());
}

#[test]
fn an_unknown_mode_is_read_and_refused_later() {
    let message = ClientMessage::parse(r#"{"type":"start_session","mode":"telepathy","config":{}}"#).unwrap();
    let ClientMessage::StartSession(start) = message else {
        panic!("not a start: {message:?}")
    };
    assert_eq!(start.interaction(), Err(InvalidInteraction::UnknownMode));
}

#[test]
fn a_configuration_of_the_wrong_shape_names_what_is_wrong() {
    let Err(InvalidInteraction::Config { reason }) =
        Interaction::parse(Mode::Realtime, &json!({ "voice": 7 }))
    else {
        panic!("a number is no voice");
    };
    assert!(reason.contains("expected a string"), "{reason}");
}

#[rstest]
#[case::without_fields(json!({ "type": "sing" }))]
#[case::with_fields(json!({ "type": "sing", "song": { "verses": [1, 2] }, "token": 5 }))]
fn a_type_of_a_later_version_is_unknown_not_wrong(#[case] message: Value) {
    assert_eq!(
        ClientMessage::parse(&message.to_string()),
        Ok(ClientMessage::Unknown)
    );
    let mut numbered = message;
    numbered["seq"] = json!(4);
    let envelope = ServerEnvelope::parse(&numbered.to_string()).unwrap();
    assert_eq!(
        envelope,
        ServerEnvelope {
            seq: Some(4),
            message: ServerMessage::Unknown
        }
    );
}

#[test]
fn a_template_needs_a_name_a_category_and_a_language() {
    let least = json!({ "name": "n", "category": "c", "language": "en" });
    let content: rest::TemplateContent = serde_json::from_value(least.clone()).unwrap();
    assert_eq!(
        content,
        rest::TemplateContent {
            name: "n".to_owned(),
            category: "c".to_owned(),
            language: "en".to_owned(),
            ..rest::TemplateContent::default()
        }
    );
    for field in ["name", "category", "language"] {
        let mut less = least.clone();
        less.as_object_mut().unwrap().remove(field);
        let err = serde_json::from_value::<rest::TemplateContent>(less).unwrap_err();
        assert!(err.to_string().contains(field), "{err}");
    }
}

#[test]
fn unknown_fields_are_ignored_everywhere() {
    for sample in samples::client_messages() {
        let mut json = serde_json::to_value(&sample.full).unwrap();
        add_field_everywhere(&mut json);
        let read = ClientMessage::parse(&json.to_string()).unwrap();
        assert_eq!(
            without_free_form_client(read),
            without_free_form_client(sample.full),
            "{}",
            sample.name
        );
    }
    for sample in samples::server_messages() {
        let mut json = serde_json::to_value(&sample.full).unwrap();
        add_field_everywhere(&mut json);
        let read = ServerEnvelope::parse(&json.to_string()).unwrap();
        assert_eq!(
            without_free_form_server(read),
            without_free_form_server(sample.full),
            "{}",
            sample.name
        );
    }
    let mut json = serde_json::to_value(samples::latency_stats()).unwrap();
    add_field_everywhere(&mut json);
    assert_eq!(
        serde_json::from_value::<rest::LatencyStats>(json).unwrap(),
        samples::latency_stats()
    );
    let mut json = serde_json::to_value(samples::session_peaks()).unwrap();
    add_field_everywhere(&mut json);
    assert_eq!(
        serde_json::from_value::<rest::SessionPeaks>(json).unwrap(),
        samples::session_peaks()
    );
    let mut json = serde_json::to_value(samples::full_template()).unwrap();
    add_field_everywhere(&mut json);
    assert_eq!(
        serde_json::from_value::<rest::Template>(json).unwrap(),
        samples::full_template()
    );
}

/// Adds a field that no version has to every object.
fn add_field_everywhere(json: &mut Value) {
    match json {
        Value::Object(fields) => {
            fields.values_mut().for_each(add_field_everywhere);
            fields.insert("of_a_later_version".to_owned(), json!([{ "x": null }]));
        }
        Value::Array(items) => items.iter_mut().for_each(add_field_everywhere),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Configurations and details are free-form on purpose: they keep what they are given.
fn without_free_form_client(mut message: ClientMessage) -> ClientMessage {
    match &mut message {
        ClientMessage::StartSession(start) => start.config = Value::Null,
        ClientMessage::SwitchMode(switch) => switch.config = Value::Null,
        _ => {}
    }
    message
}

fn without_free_form_server(mut envelope: ServerEnvelope) -> ServerEnvelope {
    let interaction = match &mut envelope.message {
        ServerMessage::SessionStarted(started) => &mut started.interaction,
        ServerMessage::FallbackOffered(offer) => &mut offer.interaction,
        ServerMessage::ModeSwitched(switched) => &mut switched.interaction,
        ServerMessage::Error(error) => {
            error.details = None;
            return envelope;
        }
        _ => return envelope,
    };
    match interaction {
        Interaction::Realtime(config) => config.options.clear(),
        Interaction::Cascade(config) => config.options.clear(),
    }
    envelope
}

#[test]
fn codes_of_a_later_version_are_unknown_not_wrong() {
    let error = r#"{"type":"error","code":"SOLAR_FLARE","message":"m","recoverable":true}"#;
    let ServerMessage::Error(error) = ServerEnvelope::parse(error).unwrap().message else {
        panic!("no error")
    };
    assert_eq!(error.code, ErrorCode::Unknown);
    let notice = r#"{"type":"notice","code":"solar_flare","message":"m"}"#;
    let ServerMessage::Notice(notice) = ServerEnvelope::parse(notice).unwrap().message else {
        panic!("no notice")
    };
    assert_eq!(notice.code, NoticeCode::Unknown);
}

#[test]
fn a_problem_of_another_server_may_lack_its_type() {
    let problem = r#"{"title":"Not Found","status":404,"code":"session-not-found"}"#;
    assert_eq!(
        serde_json::from_str::<viva_protocol::problem::Problem>(problem).unwrap(),
        samples::problem(None)
    );
}

#[rstest]
#[case::nothing("")]
#[case::no_json("hello")]
#[case::cut(r#"{"type":"pong","client_timestamp":1"#)]
#[case::no_object("[1,2]")]
#[case::null("null")]
#[case::no_type(r#"{"timestamp":1}"#)]
#[case::type_of_wrong_type(r#"{"type":7}"#)]
#[case::missing_field(r#"{"type":"audio_chunk"}"#)]
#[case::field_of_wrong_type(r#"{"type":"audio_chunk","audio":5,"turn_number":"one"}"#)]
fn text_that_is_no_message_is_refused_by_both_sides(#[case] text: &str) {
    assert!(!ClientMessage::parse(text).unwrap_err().reason.is_empty());
    assert!(!ServerEnvelope::parse(text).unwrap_err().reason.is_empty());
}

#[rstest]
#[case::number_too_large(r#"{"type":"ping","timestamp":1e999}"#)]
#[case::not_a_number(r#"{"type":"ping","timestamp":NaN}"#)]
#[case::negative_turn(r#"{"type":"playback","turn_number":-1,"event":"started","played_ms":0,"at":0}"#)]
#[case::turn_out_of_range(
    r#"{"type":"playback","turn_number":65536,"event":"started","played_ms":0,"at":0}"#
)]
#[case::unknown_event(r#"{"type":"playback","turn_number":1,"event":"skipped","played_ms":0,"at":0}"#)]
#[case::no_id(r#"{"type":"resume_session","session_id":"x","resume_token":"t"}"#)]
fn a_value_outside_its_range_is_refused(#[case] text: &str) {
    assert!(ClientMessage::parse(text).is_err());
}

#[test]
fn nesting_beyond_the_readers_depth_is_refused() {
    let nest = "[".repeat(100_000);
    assert!(ClientMessage::parse(&nest).is_err());
    assert!(
        ClientMessage::parse(&format!(
            r#"{{"type":"start_session","mode":"realtime","config":{nest}"#
        ))
        .is_err()
    );
    assert!(ServerEnvelope::parse(&format!(r#"{{"type":"error","details":{nest}"#)).is_err());
}

#[test]
fn a_reason_does_not_repeat_the_whole_message() {
    let long = "語".repeat(20_000);
    let text = format!(r#"{{"type":"ping","timestamp":"{long}"}}"#);
    let err = ClientMessage::parse(&text).unwrap_err();
    assert!(err.reason.len() <= REASON_LIMIT, "{} bytes", err.reason.len());
    assert!(err.reason.ends_with('…'), "{}", err.reason);
}
