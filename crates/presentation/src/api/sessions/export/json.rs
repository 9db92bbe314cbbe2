//! Everything that is kept of a session, but for the sound.

use viva_application::history::{LatencyStats, SessionRecord};
use viva_domain::latency::{self, SessionTime};
use viva_protocol::rest;

use super::super::convert;
use super::super::file_name;
use super::super::latency_stats::latency_stats_body;
use super::super::recordings::{Placed, placed};
use crate::convert::ms;

/// The file.
pub(super) fn file(record: &SessionRecord) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&session_export(record))
}

fn session_export(record: &SessionRecord) -> rest::SessionExport {
    let turns = record.turns.iter().map(|turn| rest::ExportedTurn {
        turn: convert::turn(turn.clone()),
        marks: marks(&turn.marks),
        recordings: Vec::new(),
    });
    let mut turns: Vec<rest::ExportedTurn> = turns.collect();
    for placed in placed(record) {
        if let Some(turn) = turns.get_mut(placed.turn) {
            let recording = recording(turn.turn.turn_number, placed);
            turn.recordings.push(recording);
        }
    }
    rest::SessionExport {
        schema: rest::EXPORT_SCHEMA.to_owned(),
        session: convert::session(record.session.clone()),
        instructions: record.session.instructions.clone(),
        length_ms: ms(record.time_line.length()),
        latency_stats: latency_stats_body(&LatencyStats::of(&record.turns)),
        turns,
    }
}

fn recording(turn: u16, placed: Placed<'_>) -> rest::ExportedRecording {
    rest::ExportedRecording {
        side: placed.side,
        file: file_name::in_archive(turn, placed.side),
        sample_rate: placed.recording.sample_rate,
        samples: placed.recording.samples,
        estimated: placed.estimated,
        stretches: placed.stretches,
    }
}

fn marks(marks: &latency::TurnMarks) -> rest::TurnMarks {
    let at = |mark: Option<SessionTime>| mark.map(|at| ms(at.elapsed()));
    let stages = &marks.stages;
    rest::TurnMarks {
        user_audio_began_ms: at(marks.user_audio_began),
        speech_started_ms: at(marks.speech_started),
        speech_ended_ms: at(marks.speech_ended),
        endpointed_ms: at(marks.endpointed),
        committed_ms: at(marks.committed),
        ai_was_done_ms: at(marks.ai_was_done),
        transcribed_ms: at(stages.transcribed),
        llm_requested_ms: at(stages.llm_requested),
        llm_first_token_ms: at(stages.llm_first_token),
        llm_first_piece_ms: at(stages.llm_first_piece),
        llm_done_ms: at(stages.llm_done),
        tts_requested_ms: at(stages.tts_requested),
        provider_first_audio_ms: at(marks.provider_first_audio),
        first_audio_sent_ms: at(marks.first_audio_sent),
        playback_started_ms: at(marks.playback_started),
        leading_silence_ms: marks.leading_silence.map(ms),
        stalled_ms: at(marks.stalled),
        interrupted_ms: at(marks.interrupted),
        playback_stopped_ms: at(marks.playback_stopped),
    }
}
