//! What a client says, as the application understands it.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use tokio::time::Instant;
use viva_application::sessions::{
    AudioRates, PlaybackReport, ResumeSession, SessionInput, Sessions, StartSession, TurnDetectionChange,
    UserAudio,
};
use viva_domain::ids::{SessionId, TemplateId, UserId};
use viva_domain::latency::ClientTime;
use viva_domain::sessions::{FallbackPolicy, PromptTexts, WrittenPrompt};
use viva_domain::turns::{BargeIn, Greeting, PlaybackEvent, TurnNumber};
use viva_protocol::ws;

use super::refusal::Refusal;
use crate::convert::interaction_from_wire;

/// The template that is to be used, and what is written beside it.
pub(super) fn prompt(message: &ws::StartSession) -> (Option<TemplateId>, PromptTexts<'_>) {
    let texts = PromptTexts {
        system_prompt: message.system_prompt.as_deref(),
        user_role: message.user_role.as_deref(),
        ai_role: message.ai_role.as_deref(),
        scenario: message.scenario_context.as_deref(),
        language: message.prompt_language.as_deref(),
    };
    (message.template_id.map(TemplateId::from_uuid), texts)
}

pub(super) fn start_session(
    message: &ws::StartSession,
    user_id: UserId,
    written: WrittenPrompt,
) -> Result<StartSession, Refusal> {
    let interaction = interaction_from_wire(message.interaction()?)?;
    Ok(StartSession {
        user_id,
        interaction,
        written,
        barge_in: barge_in(message.barge_in_enabled),
        greeting: if message.greeting {
            Greeting::WhenReady
        } else {
            Greeting::None
        },
        fallback: match message.fallback {
            ws::FallbackPolicy::Ask => FallbackPolicy::Ask,
            ws::FallbackPolicy::Auto => FallbackPolicy::Auto,
            ws::FallbackPolicy::Off => FallbackPolicy::Off,
        },
        turn_detection: message.turn_detection.map(turn_detection).unwrap_or_default(),
        audio: AudioRates {
            input: message.audio.input_rate,
            output: message.audio.output_rate,
        },
    })
}

/// `secret` is what the resume token holds of the session's own.
pub(super) fn resume_session(message: &ws::ResumeSession, secret: &str, user_id: UserId) -> ResumeSession {
    ResumeSession {
        user_id,
        session_id: SessionId::from_uuid(message.session_id),
        resume_token: secret.to_owned(),
        last_audio_seq: message.last_received_seq,
        last_message_seq: message.last_message_seq,
    }
}

/// User audio in a binary frame.
pub(super) fn audio_frame(message: Bytes, received: Instant) -> Result<UserAudio, Refusal> {
    let frame = ws::AudioFrame::decode(message)?;
    if frame.kind != ws::FrameKind::User {
        return Err(Refusal::audio("a client sends user audio, which is frame kind 1"));
    }
    let captured = Some(ClientTime::from_micros(frame.position));
    Ok(UserAudio {
        samples: samples(&frame.payload),
        captured,
        received,
    })
}

/// User audio in JSON.
pub(super) fn audio_chunk(chunk: &ws::UserAudioChunk, received: Instant) -> Result<UserAudio, Refusal> {
    let pcm = BASE64_STANDARD
        .decode(&chunk.audio)
        .map_err(|err| Refusal::audio(format!("audio is not valid base64: {err}")))?;
    if !pcm.len().is_multiple_of(2) {
        return Err(ws::InvalidFrame::OddPayload(pcm.len()).into());
    }
    let captured = chunk
        .timestamp
        .map(|at| client_time("timestamp", at))
        .transpose()?;
    Ok(UserAudio {
        samples: samples(&pcm),
        captured,
        received,
    })
}

pub(super) fn interrupt(message: ws::Interrupt) -> Result<SessionInput, Refusal> {
    let played = message
        .played_ms
        .map(|ms| duration("played_ms", ms))
        .transpose()?;
    Ok(SessionInput::Interrupt { played })
}

pub(super) fn update(message: ws::UpdateSession) -> Result<SessionInput, Refusal> {
    let turn_detection = message.turn_detection.map(turn_detection).unwrap_or_default();
    turn_detection
        .check()
        .map_err(|err| Refusal::config(format!("turn detection: {err}")))?;
    Ok(SessionInput::Update {
        barge_in: message.barge_in_enabled.map(barge_in),
        turn_detection,
    })
}

pub(super) fn playback(report: ws::PlaybackReport) -> Result<SessionInput, Refusal> {
    let turn = TurnNumber::new(report.turn_number)
        .ok_or_else(|| Refusal::message("turn_number: turns are numbered from 1"))?;
    Ok(SessionInput::Playback(PlaybackReport {
        turn,
        event: match report.event {
            ws::PlaybackEvent::Started => PlaybackEvent::Started,
            ws::PlaybackEvent::Progress => PlaybackEvent::Progress,
            ws::PlaybackEvent::Paused => PlaybackEvent::Paused,
            ws::PlaybackEvent::Resumed => PlaybackEvent::Resumed,
            ws::PlaybackEvent::Stopped => PlaybackEvent::Stopped,
            ws::PlaybackEvent::Finished => PlaybackEvent::Finished,
        },
        played: duration("played_ms", report.played_ms)?,
        at: client_time("at", report.at)?,
    }))
}

pub(super) async fn switch_mode(
    message: &ws::SwitchMode,
    sessions: &Sessions,
    user_id: UserId,
) -> Result<SessionInput, Refusal> {
    let wanted = interaction_from_wire(ws::Interaction::parse(message.mode, &message.config)?)?;
    let interaction = sessions.resolve(user_id, &wanted).await?;
    Ok(SessionInput::SwitchMode(Box::new(interaction)))
}

fn turn_detection(change: ws::TurnDetection) -> TurnDetectionChange {
    TurnDetectionChange {
        threshold: change.threshold,
        barge_in_threshold: change.barge_in_threshold,
        silence_ms: change.silence_ms,
        prefix_ms: change.prefix_ms,
        min_speech_ms: change.min_speech_ms,
        eager: change.eager,
    }
}

fn barge_in(is_enabled: bool) -> BargeIn {
    if is_enabled {
        BargeIn::Enabled
    } else {
        BargeIn::Disabled
    }
}

fn samples(pcm: &[u8]) -> Vec<i16> {
    pcm.as_chunks()
        .0
        .iter()
        .map(|sample| i16::from_le_bytes(*sample))
        .collect()
}

fn duration(field: &str, ms: f64) -> Result<Duration, Refusal> {
    Duration::try_from_secs_f64(ms / 1_000.0).map_err(|_| not_a_time(field, ms))
}

fn client_time(field: &str, ms: f64) -> Result<ClientTime, Refusal> {
    ClientTime::from_millis_f64(ms).ok_or_else(|| not_a_time(field, ms))
}

fn not_a_time(field: &str, ms: f64) -> Refusal {
    Refusal::message(format!(
        "{field}: {ms} is no time in ms, which is a number from 0"
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use viva_domain::sessions::{Interaction, Prompt};
    use viva_protocol::ws::{AudioFrame, ErrorCode, FrameKind};

    use super::*;

    fn start(message: serde_json::Value) -> Result<StartSession, ErrorCode> {
        let message: ws::StartSession = serde_json::from_value(message).unwrap();
        let (template, texts) = prompt(&message);
        assert_eq!(template, None);
        let written = WrittenPrompt {
            prompt: texts.over(&Prompt::default()).unwrap(),
            language: None,
        };
        start_session(&message, UserId::LOCAL, written).map_err(|refusal| refusal.error.code)
    }

    #[test]
    fn a_session_starts_with_what_was_asked_for() {
        let request = start(json!({
            "mode": "realtime", "config": {"voice": "calm"}, "system_prompt": " Be brief. ", "ai_role": "waiter",
            "barge_in_enabled": false, "greeting": true, "fallback": "off",
            "turn_detection": {"silence_ms": 700}, "audio": {"input_rate": 48000, "output_rate": 16000},
        }))
        .unwrap();
        let Interaction::Realtime(config) = &request.interaction else {
            panic!("{request:?}")
        };
        assert_eq!(
            (config.provider.as_str(), config.voice.as_deref()),
            ("offline", Some("calm"))
        );
        assert_eq!(request.written.prompt.system_prompt(), Some("Be brief."));
        assert_eq!(
            (request.barge_in, request.greeting),
            (BargeIn::Disabled, Greeting::WhenReady)
        );
        assert_eq!(request.fallback, FallbackPolicy::Off);
        assert_eq!(request.turn_detection.silence_ms, Some(700));
        assert_eq!(
            request.audio,
            AudioRates {
                input: 48_000,
                output: 16_000
            }
        );
    }

    #[test]
    fn a_start_that_cannot_work_says_why() {
        let cases = [
            (json!({"mode": "telepathy"}), ErrorCode::InvalidMode),
            (
                json!({"mode": "realtime", "config": {"voice": 5}}),
                ErrorCode::InvalidConfig,
            ),
        ];
        for (message, code) in cases {
            assert_eq!(start(message.clone()).err(), Some(code), "{message}");
        }
    }

    #[test]
    fn what_is_written_for_a_prompt_is_told_as_it_is() {
        let id = uuid::Uuid::from_u128(7);
        let message: ws::StartSession = serde_json::from_value(json!({
            "mode": "realtime", "template_id": id, "system_prompt": "", "user_role": "guest", "ai_role": "waiter",
            "scenario_context": " At sea. ", "prompt_language": "fr",
        }))
        .unwrap();
        let texts = PromptTexts {
            system_prompt: Some(""),
            user_role: Some("guest"),
            ai_role: Some("waiter"),
            scenario: Some(" At sea. "),
            language: Some("fr"),
        };
        assert_eq!(prompt(&message), (Some(TemplateId::from_uuid(id)), texts));
    }

    fn frame(kind: FrameKind, payload: &'static [u8]) -> Bytes {
        let payload = Bytes::from_static(payload);
        AudioFrame {
            kind,
            is_last: false,
            turn_number: 0,
            seq: 7,
            position: 1_540_000,
            payload,
        }
        .encode()
    }

    #[test]
    fn binary_audio_is_stamped_samples() {
        let now = Instant::now();
        let audio = audio_frame(frame(FrameKind::User, &[0x34, 0x12, 0xff, 0xff]), now).unwrap();
        assert_eq!(audio.samples, [0x1234, -1]);
        assert_eq!(audio.captured, Some(ClientTime::from_micros(1_540_000)));
        assert_eq!(audio.received, now);
    }

    #[test]
    fn audio_that_cannot_be_used_is_refused() {
        let now = Instant::now();
        let frames = [
            frame(FrameKind::Ai, &[0, 0]),
            frame(FrameKind::User, &[0]),
            Bytes::from_static(&[1, 0, 0]),
        ];
        for bytes in frames {
            assert_eq!(
                audio_frame(bytes, now).unwrap_err().error.code,
                ErrorCode::InvalidAudio
            );
        }
        for (audio, timestamp, code) in [
            ("AAA=", None, None),
            ("AA==", None, Some(ErrorCode::InvalidAudio)),
            ("not base64", None, Some(ErrorCode::InvalidAudio)),
            ("AAA=", Some(-1.0), Some(ErrorCode::InvalidMessage)),
        ] {
            let chunk = ws::UserAudioChunk {
                audio: audio.to_owned(),
                timestamp,
            };
            let refused = audio_chunk(&chunk, now).err().map(|refusal| refusal.error.code);
            assert_eq!(refused, code, "{audio} {timestamp:?}");
        }
    }

    #[test]
    fn base64_audio_without_a_stamp_has_none() {
        let now = Instant::now();
        let captured = |timestamp| {
            let chunk = ws::UserAudioChunk {
                audio: "NBL//w==".to_owned(),
                timestamp,
            };
            audio_chunk(&chunk, now).unwrap().captured
        };
        assert_eq!(captured(None), None);
        assert_eq!(captured(Some(1.5)), Some(ClientTime::from_micros(1_500)));
    }

    #[test]
    fn playback_reports_hold_only_times() {
        let report = |turn_number, played_ms, at| ws::PlaybackReport {
            turn_number,
            event: ws::PlaybackEvent::Progress,
            played_ms,
            at,
        };
        let good = playback(report(1, 500.0, 4_912.1)).unwrap();
        let SessionInput::Playback(good) = good else {
            panic!("{good:?}")
        };
        assert_eq!(
            (good.played, good.at.micros()),
            (Duration::from_millis(500), 4_912_100)
        );
        let bad = [
            report(0, 0.0, 0.0),
            report(1, -1.0, 0.0),
            report(1, f64::NAN, 0.0),
            report(1, f64::INFINITY, 0.0),
            report(1, 0.0, -0.1),
            report(1, 0.0, 1e300),
        ];
        for report in bad {
            assert_eq!(
                playback(report).unwrap_err().error.code,
                ErrorCode::InvalidMessage,
                "{report:?}"
            );
        }
    }

    #[test]
    fn an_update_is_checked_before_it_is_handed_over() {
        let update_with = |threshold| {
            let turn_detection = ws::TurnDetection {
                threshold: Some(threshold),
                ..Default::default()
            };
            update(ws::UpdateSession {
                barge_in_enabled: Some(false),
                turn_detection: Some(turn_detection),
            })
        };
        assert!(update_with(0.5).is_ok());
        assert_eq!(update_with(5.0).unwrap_err().error.code, ErrorCode::InvalidConfig);
    }
}
