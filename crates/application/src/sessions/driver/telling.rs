//! What the log says of a session: that something happened and how long it took, never what was said.

use std::time::Duration;

use tracing::field::Empty;
use tracing::{debug, info};
use viva_domain::sessions::{Interaction, SessionStatus};
use viva_domain::turns::{Event, Turn};

use super::Driver;

/// Who answers: one provider, or one for each part.
#[derive(Debug, Clone, Copy, Default)]
struct Stack<'a> {
    provider: Option<&'a str>,
    stt: Option<&'a str>,
    llm: Option<&'a str>,
    tts: Option<&'a str>,
}

impl<'a> Stack<'a> {
    fn of(interaction: &'a Interaction) -> Self {
        match interaction {
            Interaction::Realtime(config) => Self {
                provider: Some(&config.provider),
                ..Self::default()
            },
            Interaction::Cascade(config) => Self {
                provider: None,
                stt: Some(&config.stt.provider),
                llm: Some(&config.llm.provider),
                tts: Some(&config.tts.provider),
            },
        }
    }
}

impl Driver {
    /// What is logged from now on, also by the mode and its providers, is of the turn that is open.
    pub(super) fn name_turn(&mut self) {
        let open = self.machine.running_turn();
        if open != self.named_turn {
            self.named_turn = open;
            match open {
                Some(turn) => self.span.record("turn.number", turn.get()),
                None => self.span.record("turn.number", Empty),
            };
        }
    }

    pub(super) fn tell_of_start(&self) {
        let Stack {
            provider,
            stt,
            llm,
            tts,
        } = Stack::of(&self.session.interaction);
        info!(event = "session.started", session.id = %self.session.id,
            session.mode = self.session.interaction.mode().as_str(),
            provider.name = provider, provider.stt = stt, provider.llm = llm, provider.tts = tts,
            "Started session {}", self.session.id);
    }

    pub(super) fn tell_of_switch(&self, cause: &'static str) {
        let mode = self.session.interaction.mode().as_str();
        let Stack {
            provider,
            stt,
            llm,
            tts,
        } = Stack::of(&self.session.interaction);
        info!(event = "session.mode_switched", session.id = %self.session.id,
            session.mode = mode, switch.cause = cause,
            provider.name = provider, provider.stt = stt, provider.llm = llm, provider.tts = tts,
            "Session {} goes on in {mode} mode", self.session.id);
    }

    /// What the client is told, as far as a line is worth it.
    pub(super) fn tell_of(&self, event: &Event) {
        let id = self.session.id;
        match event {
            Event::SpeechStarted { .. } => debug!(event = "turn.speech_started", "The user began to speak"),
            Event::SpeechEnded { duration, .. } => debug!(
                event = "turn.speech_ended",
                speech.duration_ms = ms(*duration),
                "The user stopped speaking"
            ),
            Event::UserTranscript {
                turn, is_final: true, ..
            } => debug!(
                event = "turn.transcribed",
                turn.number = turn.get(),
                "The user's words of turn {turn} are written down"
            ),
            Event::ResponseStarted { turn, .. } => debug!(
                event = "turn.answer_began",
                turn.number = turn.get(),
                "The answer of turn {turn} begins"
            ),
            Event::Audio {
                turn,
                position: 0,
                samples,
                ..
            } if !samples.is_empty() => debug!(
                event = "turn.audio_began",
                turn.number = turn.get(),
                "The first audio of turn {turn} is here"
            ),
            Event::Interrupted { turn, reason, .. } => info!(
                event = "turn.interrupted",
                turn.number = turn.get(),
                interruption.reason = reason.as_str(),
                "Turn {turn} was interrupted"
            ),
            Event::SessionEnded { status, summary } => info!(event = "session.ended", session.id = %id,
                session.status = SessionStatus::Ended(*status).as_str(), session.turns = summary.turns,
                session.interrupted = summary.interrupted, session.duration_ms = ms(summary.duration),
                "Ended session {id}"),
            Event::UserTranscript { .. }
            | Event::AiTranscript { .. }
            | Event::TextDelta { .. }
            | Event::Audio { .. }
            | Event::ResponseEnded { .. }
            | Event::LatencyProgress { .. }
            | Event::TurnLatency { .. }
            | Event::Notice(_)
            | Event::Failure { .. } => {}
        }
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A turn is over, as it will be stored.
pub(super) fn tell_of_turn(interaction: &Interaction, turn: &Turn) {
    let Turn { number, latency, .. } = turn;
    let (total, outcome) = (latency.total, turn.outcome().as_str());
    info!(
        event = "turn.finished",
        turn.number = number.get(),
        turn.outcome = outcome,
        turn.false_interruptions = turn.false_interruptions,
        provider.name = Stack::of(interaction).provider,
        latency.total_ms = total.map(|total| ms(total.duration)),
        latency.measured = total.map(|total| total.measured.as_str()),
        "Turn {number} is over: {outcome}"
    );
    debug!(
        event = "turn.measured",
        turn.number = number.get(),
        latency.endpointing_ms = latency.endpointing.map(ms),
        latency.realtime_ms = latency.realtime.map(ms),
        latency.provider_ms = latency.provider.map(ms),
        latency.stt_ms = latency.stt.map(ms),
        latency.llm_ttft_ms = latency.llm_ttft.map(ms),
        latency.llm_text_ms = latency.llm_text.map(ms),
        latency.tts_ttfb_ms = latency.tts_ttfb.map(ms),
        latency.overhead_ms = latency.overhead.map(ms),
        latency.network_playout_ms = latency.network_playout.map(ms),
        latency.leading_silence_ms = latency.leading_silence.map(ms),
        latency.interrupt_ms = latency.interrupt.map(ms),
        "Where the time of turn {number} went"
    );
}
