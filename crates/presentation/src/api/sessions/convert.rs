use viva_domain::latency;
use viva_domain::sessions::{EndStatus, Session, SessionOverview, SessionStatus};
use viva_domain::turns::{Recording, Turn};
use viva_protocol::rest;

use crate::convert::{
    interaction_to_wire, interrupt_reason, latency as latency_to_wire, ms, signed_ms, usage,
};

pub(super) fn session(session: Session) -> rest::Session {
    let prompt = session.prompt;
    let text = |text: Option<&str>| text.map(str::to_owned);
    rest::Session {
        id: session.id.as_uuid(),
        interaction: interaction_to_wire(session.interaction),
        status: match session.state.status() {
            SessionStatus::Active => rest::SessionStatus::Active,
            SessionStatus::Ended(EndStatus::Completed) => rest::SessionStatus::Completed,
            SessionStatus::Ended(EndStatus::Disconnected) => rest::SessionStatus::Disconnected,
            SessionStatus::Ended(EndStatus::Error) => rest::SessionStatus::Error,
            SessionStatus::Ended(EndStatus::Superseded) => rest::SessionStatus::Superseded,
        },
        started_at: session.started_at,
        ended_at: session.state.ended_at(),
        recordings_purged_at: session.recordings_purged_at,
        barge_in_enabled: session.barge_in_enabled,
        system_prompt: text(prompt.system_prompt()),
        user_role: text(prompt.user_role()),
        ai_role: text(prompt.ai_role()),
        scenario_context: text(prompt.scenario()),
    }
}

pub(super) fn overview(overview: SessionOverview) -> rest::SessionOverview {
    let SessionOverview {
        session,
        providers,
        summary,
    } = overview;
    let duration = session.state.ended_at().map(|at| at - session.started_at);
    rest::SessionOverview {
        total_turns: summary.turn_count,
        total_duration_ms: duration.and_then(|duration| u64::try_from(duration.num_milliseconds()).ok()),
        avg_latency_ms: summary.avg_latency.map(ms),
        p95_latency_ms: summary.p95_latency.map(ms),
        interrupted_count: summary.interrupted_count,
        providers,
        session: self::session(session),
    }
}

pub(super) fn turn(turn: Turn) -> rest::Turn {
    let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    rest::Turn {
        id: turn.id.as_uuid(),
        turn_number: turn.number.get(),
        started_at: turn.started_at,
        ended_at: turn.ended_at,
        user_transcript: turn.user_transcript,
        ai_transcript: said(&turn.answer.heard),
        ai_unheard: said(&turn.answer.unheard),
        user_audio_ms: turn.user_audio.as_ref().map(recording_ms),
        ai_audio_ms: turn.ai_audio.as_ref().map(recording_ms),
        played_ms: turn.played.map(whole_ms),
        interrupted: turn.interruption.is_some(),
        interrupt_reason: turn.interruption.map(interrupt_reason),
        interrupted_at_ms: turn.marks.interrupted.map(|at| ms(at.elapsed())),
        false_interruptions: turn.false_interruptions,
        stalled: turn.marks.stalled.is_some(),
        failure: turn.failure,
        latency: latency_to_wire(&turn.latency),
        usage: turn.usage.map(usage),
    }
}

fn recording_ms(recording: &Recording) -> u64 {
    whole_ms(recording.duration())
}

fn whole_ms(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn metric_statistics(stats: &latency::MetricStatistics) -> rest::MetricStatistics {
    rest::MetricStatistics {
        total_ms: statistics(stats.total, ms),
        endpointing_ms: statistics(stats.endpointing, ms),
        stt_ms: statistics(stats.stt, ms),
        llm_ttft_ms: statistics(stats.llm_ttft, ms),
        llm_text_ms: statistics(stats.llm_text, ms),
        tts_ttfb_ms: statistics(stats.tts_ttfb, ms),
        realtime_ms: statistics(stats.realtime, ms),
        provider_ms: statistics(stats.provider, ms),
        overhead_ms: statistics(stats.overhead, ms),
        network_playout_ms: statistics(stats.network_playout, ms),
        leading_silence_ms: statistics(stats.leading_silence, ms),
        unexplained_ms: statistics(stats.unexplained, signed_ms),
    }
}

/// Statistics in `ms`, by the conversion that the values need.
pub(super) fn statistics<T>(stats: Option<latency::Statistics<T>>, ms: fn(T) -> f64) -> rest::Statistics {
    stats.map_or_else(rest::Statistics::default, |values| rest::Statistics {
        count: values.count as u64,
        avg: Some(ms(values.avg)),
        min: Some(ms(values.min)),
        max: Some(ms(values.max)),
        p50: Some(ms(values.p50)),
        p95: Some(ms(values.p95)),
        p99: Some(ms(values.p99)),
    })
}
