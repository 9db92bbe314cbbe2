//! What was recorded of a session.

use viva_protocol::rest;

use super::{composed_prompt, full_session, full_turn, id, latency_stats, minimal_turn};

const STRETCH: rest::AudioStretch = rest::AudioStretch {
    offset_ms: 0.0,
    at_ms: 512.5,
    length_ms: 1_400.0,
};

pub(crate) fn session_peaks() -> rest::SessionPeaks {
    let user = rest::RecordingPeaks {
        turn_id: id(9),
        turn_number: 1,
        side: rest::AudioSide::User,
        estimated: false,
        stretches: vec![STRETCH],
        peaks: Some("AAeA/w==".to_owned()),
    };
    let ai = rest::RecordingPeaks {
        side: rest::AudioSide::Ai,
        estimated: true,
        stretches: vec![],
        peaks: None,
        ..user.clone()
    };
    rest::SessionPeaks {
        window_ms: 20,
        length_ms: 1_912.5,
        recordings: vec![user, ai],
    }
}

pub(crate) fn session_export() -> rest::SessionExport {
    let recording = rest::ExportedRecording {
        side: rest::AudioSide::User,
        file: "audio/turn_001_user.wav".to_owned(),
        sample_rate: 24_000,
        samples: 33_600,
        estimated: false,
        stretches: vec![STRETCH],
    };
    let full = rest::ExportedTurn {
        turn: full_turn(),
        marks: full_marks(),
        recordings: vec![recording],
    };
    let minimal = rest::ExportedTurn {
        turn: minimal_turn(),
        marks: rest::TurnMarks::default(),
        recordings: vec![],
    };
    rest::SessionExport {
        schema: rest::EXPORT_SCHEMA.to_owned(),
        session: full_session(),
        instructions: composed_prompt().instructions,
        length_ms: 1_912.5,
        latency_stats: latency_stats(),
        turns: vec![full, minimal],
    }
}

fn full_marks() -> rest::TurnMarks {
    rest::TurnMarks {
        user_audio_began_ms: Some(512.5),
        speech_started_ms: Some(812.5),
        speech_ended_ms: Some(3_100.0),
        endpointed_ms: Some(3_600.0),
        committed_ms: Some(3_600.25),
        ai_was_done_ms: Some(3_610.0),
        transcribed_ms: Some(3_650.0),
        llm_requested_ms: Some(3_650.5),
        llm_first_token_ms: Some(3_850.0),
        llm_first_piece_ms: Some(3_900.0),
        llm_done_ms: Some(4_400.0),
        tts_requested_ms: Some(3_900.5),
        provider_first_audio_ms: Some(4_000.0),
        first_audio_sent_ms: Some(4_000.5),
        playback_started_ms: Some(4_060.0),
        leading_silence_ms: Some(40.0),
        stalled_ms: Some(6_000.0),
        interrupted_ms: Some(6_512.5),
        playback_stopped_ms: Some(6_600.0),
    }
}
