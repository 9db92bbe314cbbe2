//! One full and one minimal sample of everything that goes over the wire.
//!
//! The `match`es name every variant, so a new message does not compile until it has a sample.

mod recordings;
mod rest_bodies;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;
use viva_protocol::ws::*;

pub(crate) use recordings::*;
pub(crate) use rest_bodies::*;

/// A secret that no `Debug` output may contain.
pub(crate) const SECRET: &str = "viva_secret_7Q";

/// The name, the full form and the minimal form of a message.
pub(crate) struct Sample<T> {
    pub(crate) name: &'static str,
    pub(crate) full: T,
    pub(crate) minimal: T,
}

pub(crate) fn client_messages() -> Vec<Sample<ClientMessage>> {
    let unit = |message: ClientMessage| (message.clone(), message);
    let all = vec![
        unit(ClientMessage::Authenticate(Authenticate {
            token: SECRET.to_owned(),
        })),
        (
            ClientMessage::StartSession(Box::new(full_start())),
            ClientMessage::StartSession(Box::new(StartSession::new(&minimal_realtime()))),
        ),
        (
            ClientMessage::ResumeSession(ResumeSession {
                session_id: id(1),
                resume_token: SECRET.to_owned(),
                last_received_seq: Some(412),
                last_message_seq: Some(17),
            }),
            ClientMessage::ResumeSession(ResumeSession {
                session_id: id(1),
                resume_token: SECRET.to_owned(),
                last_received_seq: None,
                last_message_seq: None,
            }),
        ),
        unit(ClientMessage::Ready),
        (
            ClientMessage::AudioChunk(UserAudioChunk {
                audio: "AAABAA==".to_owned(),
                timestamp: Some(1520.25),
            }),
            ClientMessage::AudioChunk(UserAudioChunk {
                audio: String::new(),
                timestamp: None,
            }),
        ),
        unit(ClientMessage::EndTurn),
        (
            ClientMessage::Interrupt(Interrupt {
                played_ms: Some(840.5),
            }),
            ClientMessage::Interrupt(Interrupt::default()),
        ),
        (
            ClientMessage::UpdateSession(UpdateSession {
                barge_in_enabled: Some(false),
                turn_detection: Some(full_turn_detection()),
            }),
            ClientMessage::UpdateSession(UpdateSession::default()),
        ),
        (
            ClientMessage::SwitchMode(SwitchMode {
                mode: Mode::Cascade,
                config: full_cascade().config(),
            }),
            ClientMessage::SwitchMode(SwitchMode {
                mode: Mode::Realtime,
                config: Value::Null,
            }),
        ),
        unit(ClientMessage::Playback(PlaybackReport {
            turn_number: 1,
            event: PlaybackEvent::Started,
            played_ms: 0.0,
            at: 4412.125,
        })),
        unit(ClientMessage::EndSession),
        unit(ClientMessage::Ping(Ping { timestamp: 1234.5 })),
    ];
    all.into_iter()
        .map(|(full, minimal)| Sample {
            name: client_name(&full),
            full,
            minimal,
        })
        .collect()
}

fn client_name(message: &ClientMessage) -> &'static str {
    match message {
        ClientMessage::Authenticate(_) => "authenticate",
        ClientMessage::StartSession(_) => "start_session",
        ClientMessage::ResumeSession(_) => "resume_session",
        ClientMessage::Ready => "ready",
        ClientMessage::AudioChunk(_) => "audio_chunk",
        ClientMessage::EndTurn => "end_turn",
        ClientMessage::Interrupt(_) => "interrupt",
        ClientMessage::UpdateSession(_) => "update_session",
        ClientMessage::SwitchMode(_) => "switch_mode",
        ClientMessage::Playback(_) => "playback",
        ClientMessage::EndSession => "end_session",
        ClientMessage::Ping(_) => "ping",
        ClientMessage::Unknown => panic!("an unknown message has no sample"),
    }
}

#[expect(clippy::too_many_lines, reason = "a listing, without any logic")]
pub(crate) fn server_messages() -> Vec<Sample<ServerEnvelope>> {
    let all = vec![
        connection(ServerMessage::ConnectionReady(ConnectionReady {
            protocol_version: 1,
            server_time: time(0),
        })),
        session(ServerMessage::SessionStarted(Box::new(SessionStarted {
            session_id: id(1),
            resume_token: SECRET.to_owned(),
            interaction: full_realtime(),
            limits: Limits {
                max_message_bytes: 65_536,
                utterance_ms: 60_000,
                idle_ms: 1_800_000,
                resume_ms: 30_000,
            },
        }))),
        connection(ServerMessage::SessionResumed(SessionResumed {
            session_id: id(1),
            state: SessionState::AiSpeaking,
            turn_number: 2,
        })),
        session(ServerMessage::SpeechStarted(SpeechStarted { timestamp: 512.0 })),
        session(ServerMessage::SpeechEnded(SpeechEnded {
            timestamp: 3872.0,
            duration_ms: 3360.0,
        })),
        forms(
            ServerMessage::Transcript(Transcript {
                turn_number: 1,
                role: Role::User,
                text: "What's the weather like?".to_owned(),
                is_final: true,
                confidence: Some(0.75),
            }),
            ServerMessage::Transcript(Transcript {
                turn_number: 1,
                role: Role::Assistant,
                text: String::new(),
                is_final: false,
                confidence: None,
            }),
        ),
        session(ServerMessage::ResponseStarted(ResponseStarted {
            turn_number: 1,
            timestamp: 4390.5,
        })),
        session(ServerMessage::AudioChunk(AiAudioChunk {
            turn_number: 1,
            audio: "AAABAA==".to_owned(),
            format: "pcm16".to_owned(),
            sample_rate: 24_000,
            is_final: false,
        })),
        forms(
            ServerMessage::TextDelta(TextDelta {
                turn_number: 1,
                delta: " sunny".to_owned(),
                full_text: Some("It is sunny".to_owned()),
            }),
            ServerMessage::TextDelta(TextDelta {
                turn_number: 1,
                delta: "It".to_owned(),
                full_text: None,
            }),
        ),
        session(ServerMessage::Interrupted(Interrupted {
            turn_number: 2,
            timestamp: 9120.0,
            reason: InterruptReason::Speech,
        })),
        forms(
            ServerMessage::ResponseEnded(ResponseEnded {
                turn_number: 1,
                interrupted: false,
                repeats: true,
                false_interruptions: 1,
                latency: full_latency(),
                usage: Some(Usage {
                    input_tokens: Some(412),
                    output_tokens: Some(64),
                }),
            }),
            ServerMessage::ResponseEnded(ResponseEnded {
                turn_number: 1,
                interrupted: true,
                repeats: false,
                false_interruptions: 0,
                latency: Latency::default(),
                usage: None,
            }),
        ),
        forms(
            ServerMessage::LatencyProgress(TurnLatency {
                turn_number: 1,
                latency: full_latency(),
            }),
            ServerMessage::LatencyProgress(TurnLatency {
                turn_number: 1,
                latency: Latency::default(),
            }),
        ),
        forms(
            ServerMessage::TurnLatency(TurnLatency {
                turn_number: 1,
                latency: full_latency(),
            }),
            ServerMessage::TurnLatency(TurnLatency {
                turn_number: 1,
                latency: Latency::default(),
            }),
        ),
        session(ServerMessage::FallbackOffered(Box::new(FallbackOffered {
            reason: "the provider closed the connection".to_owned(),
            interaction: full_cascade(),
        }))),
        forms(
            ServerMessage::ModeSwitched(Box::new(ModeSwitched {
                reason: Some("the provider closed the connection".to_owned()),
                interaction: minimal_cascade(),
            })),
            ServerMessage::ModeSwitched(Box::new(ModeSwitched {
                reason: None,
                interaction: minimal_cascade(),
            })),
        ),
        session(ServerMessage::Notice(Notice {
            code: NoticeCode::MicrophoneQuiet,
            message: "Speak up or move closer to the microphone.".to_owned(),
        })),
        forms(
            ServerMessage::SessionEnded(SessionEnded {
                session_id: id(1),
                status: SessionEndStatus::Completed,
                summary: full_summary(),
            }),
            ServerMessage::SessionEnded(SessionEnded {
                session_id: id(1),
                status: SessionEndStatus::Error,
                summary: SessionSummary::default(),
            }),
        ),
        (
            envelope(Some(7), ServerMessage::Error(full_error())),
            envelope(
                None,
                ServerMessage::Error(ErrorMessage {
                    code: ErrorCode::InvalidMessage,
                    message: "not a valid message".to_owned(),
                    recoverable: true,
                    details: None,
                    retry_after_ms: None,
                }),
            ),
        ),
        connection(ServerMessage::Pong(Pong {
            client_timestamp: 1234.5,
            server_timestamp: 98.25,
        })),
    ];
    all.into_iter()
        .map(|(full, minimal)| Sample {
            name: server_name(&full.message),
            full,
            minimal,
        })
        .collect()
}

fn server_name(message: &ServerMessage) -> &'static str {
    match message {
        ServerMessage::ConnectionReady(_) => "connection_ready",
        ServerMessage::SessionStarted(_) => "session_started",
        ServerMessage::SessionResumed(_) => "session_resumed",
        ServerMessage::SpeechStarted(_) => "speech_started",
        ServerMessage::SpeechEnded(_) => "speech_ended",
        ServerMessage::Transcript(_) => "transcript",
        ServerMessage::ResponseStarted(_) => "response_started",
        ServerMessage::AudioChunk(_) => "audio_chunk",
        ServerMessage::TextDelta(_) => "text_delta",
        ServerMessage::Interrupted(_) => "interrupted",
        ServerMessage::ResponseEnded(_) => "response_ended",
        ServerMessage::LatencyProgress(_) => "latency_progress",
        ServerMessage::TurnLatency(_) => "turn_latency",
        ServerMessage::FallbackOffered(_) => "fallback_offered",
        ServerMessage::ModeSwitched(_) => "mode_switched",
        ServerMessage::Notice(_) => "notice",
        ServerMessage::SessionEnded(_) => "session_ended",
        ServerMessage::Error(_) => "error",
        ServerMessage::Pong(_) => "pong",
        ServerMessage::Unknown => panic!("an unknown message has no sample"),
    }
}

fn envelope(seq: Option<u32>, message: ServerMessage) -> ServerEnvelope {
    ServerEnvelope { seq, message }
}

/// A message of the connection: it has no `seq`, and no optional fields.
fn connection(message: ServerMessage) -> (ServerEnvelope, ServerEnvelope) {
    forms_with(None, message.clone(), message)
}

/// A message of the session without optional fields.
fn session(message: ServerMessage) -> (ServerEnvelope, ServerEnvelope) {
    forms_with(Some(3), message.clone(), message)
}

fn forms(full: ServerMessage, minimal: ServerMessage) -> (ServerEnvelope, ServerEnvelope) {
    forms_with(Some(3), full, minimal)
}

fn forms_with(
    seq: Option<u32>,
    full: ServerMessage,
    minimal: ServerMessage,
) -> (ServerEnvelope, ServerEnvelope) {
    (envelope(seq, full), envelope(seq, minimal))
}

pub(crate) fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0000 + n)
}

pub(crate) fn time(offset_ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_795_344_000_250 + offset_ms).expect("a date of this century")
}

fn options() -> Map<String, Value> {
    Map::from_iter([
        ("answer_delay_ms".to_owned(), json!(0)),
        ("script".to_owned(), json!(["Hello."])),
    ])
}

pub(crate) fn full_realtime() -> Interaction {
    Interaction::Realtime(RealtimeConfig {
        realtime_provider: "offline".to_owned(),
        realtime_model: Some("scripted".to_owned()),
        voice: Some("en".to_owned()),
        language: Some("en".to_owned()),
        options: options(),
    })
}

pub(crate) fn minimal_realtime() -> Interaction {
    Interaction::Realtime(RealtimeConfig::default())
}

pub(crate) fn full_cascade() -> Interaction {
    Interaction::Cascade(CascadeConfig {
        stt_provider: "deepgram".to_owned(),
        stt_model: Some("nova-3".to_owned()),
        stt_language: Some("en".to_owned()),
        llm_provider: "anthropic".to_owned(),
        llm_model: Some("claude".to_owned()),
        tts_provider: "cartesia".to_owned(),
        tts_model: Some("sonic".to_owned()),
        tts_voice: Some("mei".to_owned()),
        tts_language: Some("zh-CN".to_owned()),
        language: Some("zh-TW".to_owned()),
        options: options(),
    })
}

pub(crate) fn minimal_cascade() -> Interaction {
    Interaction::parse(Mode::Cascade, &Value::Null).expect("every field has a default")
}

fn full_turn_detection() -> TurnDetection {
    TurnDetection {
        threshold: Some(0.5),
        silence_ms: Some(500),
        prefix_ms: Some(300),
        barge_in_threshold: Some(0.7),
        min_speech_ms: Some(200),
        eager: Some(false),
    }
}

fn full_start() -> StartSession {
    StartSession {
        mode: Mode::Realtime,
        config: full_realtime().config(),
        system_prompt: Some("Answer in one sentence.".to_owned()),
        template_id: Some(id(5)),
        user_role: Some("Customer".to_owned()),
        ai_role: Some("Clerk".to_owned()),
        scenario_context: Some("A book shop.".to_owned()),
        prompt_language: Some("en".to_owned()),
        barge_in_enabled: false,
        greeting: true,
        fallback: FallbackPolicy::Auto,
        turn_detection: Some(full_turn_detection()),
        audio: AudioSettings {
            input_rate: 48_000,
            output_rate: 16_000,
            transport: AudioTransport::Base64,
        },
    }
}

pub(crate) fn full_latency() -> Latency {
    Latency {
        total_ms: Some(860.5),
        measured: Some(MeasuredAt::Client),
        endpointing_ms: Some(500.0),
        stt_ms: Some(40.0),
        llm_ttft_ms: Some(180.0),
        llm_text_ms: Some(30.0),
        tts_ttfb_ms: Some(90.0),
        realtime_ms: Some(812.0),
        provider_ms: Some(312.0),
        overhead_ms: Some(1.5),
        network_playout_ms: Some(47.0),
        leading_silence_ms: Some(12.5),
        unexplained_ms: Some(0.0),
        interrupt_ms: Some(95.0),
    }
}

pub(crate) fn full_summary() -> SessionSummary {
    SessionSummary {
        total_turns: 3,
        total_duration_ms: 25_930,
        avg_latency_ms: Some(861.0),
        min_latency_ms: Some(840.0),
        max_latency_ms: Some(902.5),
        p50_latency_ms: Some(858.0),
        p95_latency_ms: Some(902.5),
        p99_latency_ms: Some(902.5),
        interrupted_count: 1,
    }
}

fn full_error() -> ErrorMessage {
    ErrorMessage {
        code: ErrorCode::RateLimited,
        message: "the provider takes no more requests for now".to_owned(),
        recoverable: true,
        details: Some(Box::new(json!({ "provider": "offline" }))),
        retry_after_ms: Some(2_000),
    }
}
