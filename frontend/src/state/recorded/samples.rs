//! Turns to test with.

use std::str::FromStr;

use uuid::Uuid;
use viva_protocol::rest::{
    AudioSide, AudioStretch, ExportedRecording, ExportedTurn, LatencyStats, Session, SessionExport,
    SessionStatus, Turn, TurnMarks,
};
use viva_protocol::ws::{Interaction, Latency, RealtimeConfig};

/// So many seconds after noon; the type of times is that of the protocol.
pub(super) fn noon<T: FromStr + Default>(seconds: u8) -> T {
    format!("2026-11-30T12:00:{seconds:02}Z")
        .parse()
        .unwrap_or_default()
}

/// Marks of a turn that begins at this moment: the user speaks from 0.2 to 1 s of it, the AI is heard from 2.01 s on.
pub(super) fn at(begins_ms: f64) -> TurnMarks {
    let after = |ms: f64| Some(begins_ms + ms);
    TurnMarks {
        user_audio_began_ms: after(0.0),
        speech_started_ms: after(200.0),
        speech_ended_ms: after(1_000.0),
        endpointed_ms: after(1_500.0),
        llm_first_token_ms: after(1_700.0),
        first_audio_sent_ms: after(1_990.0),
        playback_started_ms: after(2_000.0),
        leading_silence_ms: Some(10.0),
        ..TurnMarks::default()
    }
}

/// A turn with both recordings, of which nothing is missing.
pub(super) fn turn(turn_number: u16, begins_ms: f64) -> ExportedTurn {
    let recording = |side, after_ms: f64, length_ms| ExportedRecording {
        side,
        file: String::new(),
        sample_rate: 24_000,
        samples: 24_000,
        estimated: false,
        stretches: vec![AudioStretch {
            offset_ms: 0.0,
            at_ms: begins_ms + after_ms,
            length_ms,
        }],
    };
    ExportedTurn {
        turn: Turn {
            id: Uuid::from_u128(u128::from(turn_number)),
            turn_number,
            started_at: noon(0),
            ended_at: noon(3),
            user_transcript: Some("Hello?".to_owned()),
            ai_transcript: Some("Hello.".to_owned()),
            ai_unheard: None,
            user_audio_ms: Some(1_000),
            ai_audio_ms: Some(1_000),
            played_ms: Some(1_000),
            interrupted: false,
            interrupt_reason: None,
            interrupted_at_ms: None,
            false_interruptions: 0,
            stalled: false,
            failure: None,
            latency: Latency {
                total_ms: Some(1_010.0),
                endpointing_ms: Some(500.0),
                llm_ttft_ms: Some(200.0),
                tts_ttfb_ms: Some(300.0),
                leading_silence_ms: Some(10.0),
                unexplained_ms: Some(0.0),
                ..Latency::default()
            },
            usage: None,
        },
        marks: at(begins_ms),
        recordings: vec![
            recording(AudioSide::User, 0.0, 1_200.0),
            recording(AudioSide::Ai, 2_000.0, 1_000.0),
        ],
    }
}

/// A session of these turns that lasted 20 s.
pub(super) fn export(turns: Vec<ExportedTurn>, length_ms: f64) -> SessionExport {
    SessionExport {
        schema: viva_protocol::rest::EXPORT_SCHEMA.to_owned(),
        session: Session {
            id: Uuid::nil(),
            interaction: Interaction::Realtime(RealtimeConfig::default()),
            status: SessionStatus::Completed,
            started_at: noon(0),
            ended_at: Some(noon(20)),
            barge_in_enabled: true,
            system_prompt: None,
            user_role: None,
            ai_role: None,
            scenario_context: None,
        },
        instructions: String::new(),
        length_ms,
        latency_stats: LatencyStats::default(),
        turns,
    }
}
