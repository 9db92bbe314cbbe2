//! What a session tells its client, as it goes over the wire.

use axum::extract::ws::Message;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use viva_application::sessions::{AudioOut, ResumedSession, SessionMessage, StartedSession};
use viva_domain::ids::SessionId;
use viva_domain::latency::SessionTime;
use viva_domain::sessions::EndStatus;
use viva_domain::turns::{Event, Limits, NoticeCode, SessionFailure, Summary, TurnNumber, TurnState};
use viva_protocol::ws::{self, MAX_MESSAGE_BYTES, ServerEnvelope, ServerMessage};

use super::audio_format::AudioFormat;
use super::refusal::{millis, provider_error_code};
use crate::convert::{interaction_to_wire, interrupt_reason, latency, ms, usage};

/// A text frame.
pub(super) fn text(seq: Option<u32>, message: ServerMessage) -> Message {
    let json = serde_json::to_string(&ServerEnvelope { seq, message });
    Message::text(json.expect("numbers, strings and maps with string keys always serialize"))
}

/// AI audio, in the way that the client asked for.
pub(super) fn audio(audio: &AudioOut, format: AudioFormat) -> Message {
    match format {
        AudioFormat::Binary => {
            let frame = ws::AudioFrame {
                kind: ws::FrameKind::Ai,
                is_last: audio.is_last,
                turn_number: audio.turn.get(),
                seq: audio.seq,
                position: audio.position,
                payload: audio.pcm.clone(),
            };
            Message::Binary(frame.encode())
        }
        AudioFormat::Base64 { sample_rate } => {
            let chunk = ws::AiAudioChunk {
                turn_number: audio.turn.get(),
                audio: BASE64_STANDARD.encode(&audio.pcm),
                format: "pcm16".to_owned(),
                sample_rate,
                is_final: audio.is_last,
            };
            text(None, ServerMessage::AudioChunk(chunk))
        }
    }
}

/// A control message of the session `id`. `None` for audio, which never comes as a message.
pub(super) fn message(message: SessionMessage, id: SessionId, format: AudioFormat) -> Option<ServerMessage> {
    match message {
        SessionMessage::Started(started) => Some(session_started(*started, format)),
        SessionMessage::Resumed(resumed) => Some(session_resumed(resumed)),
        SessionMessage::FallbackOffered(offer) => {
            Some(ServerMessage::FallbackOffered(Box::new(ws::FallbackOffered {
                reason: offer.reason,
                interaction: interaction_to_wire(offer.interaction),
            })))
        }
        SessionMessage::ModeSwitched(switched) => {
            Some(ServerMessage::ModeSwitched(Box::new(ws::ModeSwitched {
                reason: switched.reason,
                interaction: interaction_to_wire(switched.interaction),
            })))
        }
        SessionMessage::Event(event) => happened(event, id),
    }
}

fn session_started(started: StartedSession, format: AudioFormat) -> ServerMessage {
    ServerMessage::SessionStarted(Box::new(ws::SessionStarted {
        session_id: started.id.as_uuid(),
        resume_token: format.seal(started.resume_token),
        interaction: interaction_to_wire(started.interaction),
        limits: limits(started.limits),
    }))
}

fn session_resumed(resumed: ResumedSession) -> ServerMessage {
    ServerMessage::SessionResumed(ws::SessionResumed {
        session_id: resumed.id.as_uuid(),
        state: match resumed.state {
            TurnState::Idle => ws::SessionState::Idle,
            TurnState::Listening => ws::SessionState::Listening,
            TurnState::UserSpeaking => ws::SessionState::UserSpeaking,
            TurnState::Processing => ws::SessionState::Processing,
            TurnState::AiSpeaking => ws::SessionState::AiSpeaking,
            TurnState::Ending => ws::SessionState::Ending,
        },
        turn_number: resumed.turn.map_or(0, TurnNumber::get),
    })
}

fn happened(event: Event, id: SessionId) -> Option<ServerMessage> {
    Some(match event {
        Event::SpeechStarted { at } => {
            ServerMessage::SpeechStarted(ws::SpeechStarted { timestamp: at_ms(at) })
        }
        Event::SpeechEnded { at, duration } => ServerMessage::SpeechEnded(ws::SpeechEnded {
            timestamp: at_ms(at),
            duration_ms: ms(duration),
        }),
        Event::UserTranscript { turn, text, is_final } => {
            transcript(turn.get(), ws::Role::User, text, is_final)
        }
        Event::AiTranscript { turn, text } => transcript(turn.get(), ws::Role::Assistant, text, true),
        Event::ResponseStarted { turn, at } => ServerMessage::ResponseStarted(ws::ResponseStarted {
            turn_number: turn.get(),
            timestamp: at_ms(at),
        }),
        Event::TextDelta { turn, delta } => ServerMessage::TextDelta(ws::TextDelta {
            turn_number: turn.get(),
            delta,
            full_text: None,
        }),
        Event::Audio { .. } => return None,
        Event::Interrupted { turn, at, reason } => ServerMessage::Interrupted(ws::Interrupted {
            turn_number: turn.get(),
            timestamp: at_ms(at),
            reason: interrupt_reason(reason),
        }),
        Event::ResponseEnded {
            turn,
            interruption,
            repeats,
            false_interruptions,
            latency: metrics,
            usage: counted,
        } => ServerMessage::ResponseEnded(ws::ResponseEnded {
            turn_number: turn.get(),
            interrupted: interruption.is_some(),
            repeats,
            false_interruptions,
            latency: latency(&metrics),
            usage: counted.map(usage),
        }),
        Event::LatencyProgress {
            turn,
            latency: metrics,
        } => ServerMessage::LatencyProgress(ws::TurnLatency {
            turn_number: turn.get(),
            latency: latency(&metrics),
        }),
        Event::TurnLatency {
            turn,
            latency: metrics,
        } => ServerMessage::TurnLatency(ws::TurnLatency {
            turn_number: turn.get(),
            latency: latency(&metrics),
        }),
        Event::Notice(code) => ServerMessage::Notice(notice(code)),
        Event::Failure { failure, recoverable } => ServerMessage::Error(error(failure, recoverable)),
        Event::SessionEnded {
            status,
            summary: figures,
        } => ServerMessage::SessionEnded(ws::SessionEnded {
            session_id: id.as_uuid(),
            status: match status {
                EndStatus::Completed => ws::SessionEndStatus::Completed,
                EndStatus::Disconnected => ws::SessionEndStatus::Disconnected,
                EndStatus::Error => ws::SessionEndStatus::Error,
                EndStatus::Superseded => ws::SessionEndStatus::Superseded,
            },
            summary: summary(&figures),
        }),
    })
}

fn transcript(turn_number: u16, role: ws::Role, text: String, is_final: bool) -> ServerMessage {
    ServerMessage::Transcript(ws::Transcript {
        turn_number,
        role,
        text,
        is_final,
        confidence: None,
    })
}

fn limits(limits: Limits) -> ws::Limits {
    ws::Limits {
        max_message_bytes: u32::try_from(MAX_MESSAGE_BYTES).unwrap_or(u32::MAX),
        utterance_ms: millis(limits.utterance),
        idle_ms: millis(limits.idle),
        resume_ms: millis(limits.resume),
    }
}

fn error(failure: SessionFailure, recoverable: bool) -> ws::ErrorMessage {
    ws::ErrorMessage {
        code: provider_error_code(&failure.kind),
        message: failure.message,
        recoverable,
        details: None,
        retry_after_ms: failure.retry_after.map(millis),
    }
}

fn notice(code: NoticeCode) -> ws::Notice {
    let (code, message) = match code {
        NoticeCode::UtteranceLimitNear => (
            ws::NoticeCode::UtteranceLimitNear,
            "you have been speaking for a long time; the turn ends soon",
        ),
        NoticeCode::UtteranceLimitReached => (
            ws::NoticeCode::UtteranceLimitReached,
            "the longest utterance was reached; the turn was ended",
        ),
        NoticeCode::IdleLimitNear => (
            ws::NoticeCode::IdleLimitNear,
            "nothing happens; the session ends soon unless somebody speaks",
        ),
        NoticeCode::MicrophoneQuiet => (
            ws::NoticeCode::MicrophoneQuiet,
            "your microphone is very quiet; move closer or turn it up",
        ),
        NoticeCode::AudioDropped => (
            ws::NoticeCode::AudioDropped,
            "the provider does not keep up with your audio; some of it was dropped",
        ),
        NoticeCode::RecordingFailed => (
            ws::NoticeCode::RecordingFailed,
            "the audio of this turn could not be stored",
        ),
        NoticeCode::StorageDelayed => (
            ws::NoticeCode::StorageDelayed,
            "a finished turn is not stored yet; it is kept and tried again",
        ),
        NoticeCode::AnswerStalled => (
            ws::NoticeCode::AnswerStalled,
            "the AI is speaking, but no audio comes; waiting for it",
        ),
        NoticeCode::ResumeIncomplete => (
            ws::NoticeCode::ResumeIncomplete,
            "some of what was said while you were away is lost",
        ),
        NoticeCode::ModelRetired => (
            ws::NoticeCode::ModelRetired,
            "the provider's last day for this model is over; choose another one",
        ),
    };
    ws::Notice {
        code,
        message: message.to_owned(),
    }
}

fn summary(summary: &Summary) -> ws::SessionSummary {
    let latency = summary.latency;
    ws::SessionSummary {
        total_turns: summary.turns,
        total_duration_ms: millis(summary.duration),
        avg_latency_ms: latency.map(|latency| ms(latency.avg)),
        min_latency_ms: latency.map(|latency| ms(latency.min)),
        max_latency_ms: latency.map(|latency| ms(latency.max)),
        p50_latency_ms: latency.map(|latency| ms(latency.p50)),
        p95_latency_ms: latency.map(|latency| ms(latency.p95)),
        p99_latency_ms: latency.map(|latency| ms(latency.p99)),
        interrupted_count: summary.interrupted,
    }
}

fn at_ms(at: SessionTime) -> f64 {
    ms(at.elapsed())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use uuid::Uuid;
    use viva_domain::latency::{LatencyMetrics, Statistics};
    use viva_domain::ports::ProviderErrorKind;
    use viva_domain::sessions::{Interaction, ProviderConfig};
    use viva_domain::turns::{InterruptReason, Usage};

    use super::*;

    const TURN: TurnNumber = TurnNumber::FIRST;
    const AT: SessionTime = SessionTime::from_millis(1_500);

    fn id() -> SessionId {
        SessionId::from_uuid(Uuid::from_u128(7))
    }

    fn written(what: SessionMessage) -> String {
        let message = message(what, id(), AudioFormat::Base64 { sample_rate: 16_000 }).unwrap();
        text(Some(3), message).to_text().unwrap().to_owned()
    }

    #[test]
    fn every_event_has_its_message() {
        let ms = Duration::from_millis;
        let latency = LatencyMetrics {
            endpointing: Some(ms(500)),
            ..LatencyMetrics::default()
        };
        let failure = SessionFailure {
            kind: ProviderErrorKind::RateLimited,
            provider: Some("offline".to_owned()),
            message: "provider offline: it received too many requests".to_owned(),
            retry_after: Some(ms(2_000)),
        };
        let statistics = Statistics::of([ms(540), ms(560)]);
        let events = [
            Event::SpeechStarted { at: AT },
            Event::SpeechEnded {
                at: AT,
                duration: ms(900),
            },
            Event::UserTranscript {
                turn: TURN,
                text: "Hello".to_owned(),
                is_final: false,
            },
            Event::AiTranscript {
                turn: TURN,
                text: "Hi".to_owned(),
            },
            Event::ResponseStarted { turn: TURN, at: AT },
            Event::TextDelta {
                turn: TURN,
                delta: "Hi".to_owned(),
            },
            Event::Interrupted {
                turn: TURN,
                at: AT,
                reason: InterruptReason::Speech,
            },
            Event::ResponseEnded {
                turn: TURN,
                interruption: Some(InterruptReason::Client),
                repeats: false,
                false_interruptions: 2,
                latency: Box::new(latency),
                usage: Some(Usage {
                    input_tokens: Some(10),
                    output_tokens: None,
                }),
            },
            Event::LatencyProgress {
                turn: TURN,
                latency: Box::new(latency),
            },
            Event::TurnLatency {
                turn: TURN,
                latency: Box::new(latency),
            },
            Event::Notice(NoticeCode::MicrophoneQuiet),
            Event::Failure {
                failure,
                recoverable: true,
            },
            Event::SessionEnded {
                status: EndStatus::Superseded,
                summary: Summary {
                    turns: 2,
                    duration: ms(9_000),
                    interrupted: 1,
                    latency: statistics,
                },
            },
        ];
        let lines: Vec<String> = events
            .into_iter()
            .map(|event| written(SessionMessage::Event(event)))
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn a_start_and_a_resume_are_told() {
        let started = StartedSession {
            id: id(),
            resume_token: "ab12".to_owned(),
            interaction: Interaction::Realtime(ProviderConfig {
                provider: "offline".to_owned(),
                model: None,
                voice: Some("calm".to_owned()),
                language: None,
                options: [("delay_ms".to_owned(), "5".to_owned())].into(),
            }),
            limits: Limits::default(),
        };
        let resumed = ResumedSession {
            id: id(),
            state: TurnState::AiSpeaking,
            turn: Some(TURN),
        };
        let lines = [
            written(SessionMessage::Started(Box::new(started))),
            written(SessionMessage::Resumed(resumed)),
        ];
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn audio_travels_as_asked() {
        let out = AudioOut {
            seq: 5,
            turn: TURN,
            position: 960,
            pcm: Bytes::from_static(&[0x34, 0x12]),
            is_last: true,
        };
        let Message::Binary(bytes) = audio(&out, AudioFormat::Binary) else {
            panic!("not binary")
        };
        let frame = ws::AudioFrame::decode(bytes).unwrap();
        assert_eq!(
            (frame.kind, frame.seq, frame.position, frame.is_last),
            (ws::FrameKind::Ai, 5, 960, true)
        );
        assert_eq!(frame.payload, out.pcm);
        let json = audio(&out, AudioFormat::Base64 { sample_rate: 16_000 });
        insta::assert_snapshot!(
            json.to_text().unwrap(),
            @r#"{"type":"audio_chunk","turn_number":1,"audio":"NBI=","format":"pcm16","sample_rate":16000,"is_final":true}"#
        );
    }
}
