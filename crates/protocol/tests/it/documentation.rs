//! `docs/protocol.md` describes everything that the code sends and reads, and nothing else.

use std::collections::BTreeSet;

use rstest::rstest;
use serde_json::Value;
use viva_protocol::problem::Problem;
use viva_protocol::ws::{
    self, ClientMessage, ErrorCode, NoticeCode, ServerEnvelope, ServerMessage, SessionState,
};
use viva_protocol::{PROTOCOL_VERSION, WEBSOCKET_PATH};

use crate::samples;

pub(crate) const PAGE: &str = include_str!("../../../../docs/protocol.md");
const LATENCY_PAGE: &str = include_str!("../../../../docs/latency.md");

/// The text below a `## ` heading.
pub(crate) fn section(heading: &str) -> &'static str {
    section_of(PAGE, heading)
}

fn section_of(page: &'static str, heading: &str) -> &'static str {
    let start = page
        .find(&format!("\n## {heading}\n"))
        .unwrap_or_else(|| panic!("there is no section {heading:?}"));
    let text = &page[start + 4..];
    &text[..text.find("\n## ").unwrap_or(text.len())]
}

/// The rows of all tables in `text` whose first cell is in backticks: the name and the rest.
pub(crate) fn rows(text: &'static str) -> Vec<(&'static str, &'static str)> {
    text.lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .collect()
}

fn row_names(text: &'static str) -> BTreeSet<&'static str> {
    rows(text).into_iter().map(|(name, _)| name).collect()
}

pub(crate) fn row(text: &'static str, name: &str) -> &'static str {
    rows(text)
        .into_iter()
        .find_map(|(row, rest)| (row == name).then_some(rest))
        .unwrap_or_else(|| panic!("docs/protocol.md has no row for {name:?}"))
}

/// Whether the text names the field as code: alone, or at the start of ` `field?` ` or ` `field: "…"` `, or in braces.
fn names_field(text: &str, field: &str) -> bool {
    text.match_indices(field).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + field.len()..].chars().next();
        before.is_some_and(|c| "`{ ".contains(c)) && after.is_some_and(|c| "`?:,} ".contains(c))
    })
}

pub(crate) fn assert_names_fields(text: &str, what: &str, json: &Value) {
    for field in json.as_object().expect("a message is an object").keys() {
        if !matches!(field.as_str(), "type" | "seq") {
            assert!(
                names_field(text, field),
                "docs/protocol.md does not name {field:?} of {what}"
            );
        }
    }
}

#[test]
fn every_client_message_has_a_row_with_its_fields_and_no_other_row_exists() {
    let section = section("Client → server");
    let mut names = BTreeSet::new();
    for sample in samples::client_messages() {
        let json = serde_json::to_value(&sample.full).unwrap();
        assert_eq!(json["type"], sample.name);
        assert_names_fields(row(section, sample.name), sample.name, &json);
        names.insert(sample.name);
    }
    assert_eq!(row_names(section), names);
}

#[test]
fn every_server_message_has_a_row_with_its_fields_and_no_other_row_exists() {
    let section = section("Server → client");
    let mut names = BTreeSet::new();
    for sample in samples::server_messages() {
        let json = serde_json::to_value(&sample.full).unwrap();
        assert_eq!(json["type"], sample.name);
        assert_names_fields(row(section, sample.name), sample.name, &json);
        for nested in ["limits", "summary", "usage"] {
            if let Some(object @ Value::Object(_)) = json.get(nested) {
                assert_names_fields(row(section, sample.name), sample.name, object);
            }
        }
        names.insert(sample.name);
    }
    let listed: BTreeSet<_> = row_names(section).difference(&notice_codes()).copied().collect();
    assert_eq!(listed, names);
}

#[test]
fn every_setting_of_a_start_is_described() {
    let section = section("Client → server");
    let ClientMessage::StartSession(start) = &samples::client_messages()[1].full else {
        panic!("not a start")
    };
    let start = serde_json::to_value(start).unwrap();
    for settings in [&start["audio"], &start["turn_detection"], &start["config"]] {
        assert_names_fields(section, "start_session", settings);
    }
    assert_names_fields(
        section,
        "the cascade configuration",
        &samples::full_cascade().config(),
    );
}

#[test]
fn every_latency_has_a_row() {
    let rows = row_names(section("Clocks and latency"));
    let latency = serde_json::to_value(samples::full_latency()).unwrap();
    let fields: BTreeSet<_> = latency.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(rows, fields);
}

/// `docs/latency.md` says of each figure where its clock starts and stops; where the total was measured is told with it.
#[test]
fn every_latency_is_defined() {
    let section = section_of(LATENCY_PAGE, "Metrics");
    let latency = serde_json::to_value(samples::full_latency()).unwrap();
    let mut fields: BTreeSet<_> = latency.as_object().unwrap().keys().map(String::as_str).collect();
    assert!(fields.remove("measured"));
    assert_eq!(row_names(section), fields);
    let total = row(section, "total_ms");
    assert!(total.contains("`measured: client`") && total.contains("`measured: server`"));
    let sum = section
        .lines()
        .find(|line| line.starts_with("`total` = "))
        .expect("the page says what a total consists of");
    let overlapping = ["total_ms", "realtime_ms", "interrupt_ms"];
    for field in fields.iter().filter(|field| !overlapping.contains(field)) {
        let part = field.trim_end_matches("_ms");
        assert!(sum.contains(&format!("`{part}`")), "{part} is in the sum");
    }
}

fn notice_codes() -> BTreeSet<&'static str> {
    let section = section("Server → client");
    let codes = &section[section.find("Notice codes").expect("the page lists notice codes")..];
    row_names(codes)
}

/// The name that the JSON form of a unit variant has.
fn wire_name(value: &impl serde::Serialize) -> String {
    let json = serde_json::to_value(value).expect("a known code serializes");
    json.as_str().expect("a code is a string").to_owned()
}

#[test]
fn the_listed_notice_codes_are_those_of_the_code() {
    for name in notice_codes() {
        let code: NoticeCode = serde_json::from_value(name.into()).unwrap();
        let described = match code {
            NoticeCode::UtteranceLimitNear
            | NoticeCode::UtteranceLimitReached
            | NoticeCode::MicrophoneQuiet
            | NoticeCode::SlowClient
            | NoticeCode::AudioDropped
            | NoticeCode::RecordingFailed
            | NoticeCode::StorageDelayed
            | NoticeCode::IdleLimitNear
            | NoticeCode::ResumeIncomplete
            | NoticeCode::AnswerStalled
            | NoticeCode::ModelRetired => wire_name(&code),
            NoticeCode::Unknown => panic!("no version has the notice code {name:?}"),
        };
        assert_eq!(described, name);
    }
    assert_eq!(notice_codes().len(), 11, "the match above names every code");
}

#[test]
fn the_listed_error_codes_are_those_of_the_code() {
    let names = row_names(section("Errors"));
    for name in &names {
        let code: ErrorCode = serde_json::from_value((*name).into()).unwrap();
        let described = match code {
            ErrorCode::AuthFailed
            | ErrorCode::SessionExists
            | ErrorCode::NoSession
            | ErrorCode::InvalidMode
            | ErrorCode::InvalidMessage
            | ErrorCode::InvalidConfig
            | ErrorCode::InvalidAudio
            | ErrorCode::CredentialMissing
            | ErrorCode::CredentialInvalid
            | ErrorCode::ProviderUnavailable
            | ErrorCode::ProviderError
            | ErrorCode::QuotaExceeded
            | ErrorCode::RateLimited
            | ErrorCode::ResumeExpired
            | ErrorCode::InternalError => wire_name(&code),
            ErrorCode::Unknown => panic!("no version has the error code {name:?}"),
        };
        assert_eq!(described, *name);
    }
    assert_eq!(names.len(), 15, "the match above names every code");
}

#[test]
fn every_state_is_named() {
    let described = row(section("Server → client"), "session_resumed");
    for state in [
        SessionState::Idle,
        SessionState::Listening,
        SessionState::UserSpeaking,
        SessionState::Processing,
        SessionState::AiSpeaking,
        SessionState::Ending,
    ] {
        assert!(
            described.contains(&format!("\"{}\"", wire_name(&state))),
            "{state:?} is not described"
        );
    }
}

#[rstest]
#[case(ws::CLOSE_GOING_AWAY)]
#[case(ws::CLOSE_POLICY_VIOLATION)]
#[case(ws::CLOSE_TOO_BIG)]
#[case(ws::CLOSE_SIGNED_OUT)]
#[case(ws::CLOSE_SLOW_CLIENT)]
#[case(ws::CLOSE_REPLACED)]
fn every_close_code_has_a_row(#[case] code: u16) {
    assert!(section("Connection").contains(&format!("\n| {code} | ")));
}

#[test]
fn version_path_and_sizes_are_those_of_the_code() {
    assert!(PAGE.starts_with(&format!("# Wire protocol, version {PROTOCOL_VERSION}\n")));
    assert!(section("Connection").contains(&format!("GET {WEBSOCKET_PATH}`")));
    assert!(section("Audio").contains(&format!("a header of {} bytes", ws::HEADER_BYTES)));
    assert!(section("Limits").contains(&format!(
        "{} KiB per client message",
        ws::MAX_MESSAGE_BYTES / 1024
    )));
}

#[test]
fn every_example_is_a_message_that_the_code_understands() {
    let (mut client, mut server) = (0, 0);
    for line in PAGE.lines() {
        if let Some(message) = line.strip_prefix("C {") {
            let message = ClientMessage::parse(&format!("{{{message}")).unwrap();
            assert_ne!(message, ClientMessage::Unknown, "{line}");
            client += 1;
        } else if let Some(message) = line.strip_prefix("S {") {
            let envelope = ServerEnvelope::parse(&format!("{{{message}")).unwrap();
            assert_ne!(envelope.message, ServerMessage::Unknown, "{line}");
            server += 1;
        }
    }
    assert!(
        client >= 6 && server >= 15,
        "{client} client and {server} server examples"
    );
}

#[test]
fn the_frame_of_the_example_is_the_frame_that_it_describes() {
    let line = PAGE
        .lines()
        .find(|line| line.starts_with("01 00 00 00 "))
        .expect("an example of a frame");
    let bytes: Vec<u8> = line
        .split_whitespace()
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect();
    let frame = ws::AudioFrame::decode(bytes.into()).unwrap();
    assert_eq!(
        (frame.kind, frame.seq, frame.position),
        (ws::FrameKind::User, 7, 1_540_000)
    );
    assert_eq!(frame.payload[..], [0x34, 0x12, 0xff, 0xff]);
}

#[test]
fn the_problem_of_the_example_is_one() {
    let line = PAGE
        .lines()
        .find(|line| line.starts_with("{ \"type\": \"about:blank\""))
        .expect("an example");
    let problem: Problem = serde_json::from_str(line).unwrap();
    assert_eq!(problem, samples::problem(Some("no session has this id")));
}
