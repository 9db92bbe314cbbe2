//! What happens because time passes.

use super::open_turn::Utterance;
use super::{
    Effect, Event, ModeOrder, NoticeCode, OpenTurn, SessionFailure, TurnMachine, TurnState, TurnTaking,
};
use crate::latency::{SessionTime, StageMarks, TurnMarks};
use crate::ports::ProviderErrorKind;
use crate::sessions::EndStatus;

/// Which warnings were given.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Warnings {
    pub(super) utterance: bool,
    pub(super) idle: bool,
}

impl TurnMachine {
    /// When [`super::Input::Tick`] is due; `None` while nothing depends on time.
    pub fn deadline(&self) -> Option<SessionTime> {
        if self.end.is_some() {
            return None;
        }
        [
            self.cut.as_ref().map(|cut| cut.deadline),
            self.resume_deadline(),
            self.utterance_deadline(),
            self.response_deadline(),
            self.stall_deadline(),
            self.playout_deadline(),
            self.idle_deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    pub(super) fn tick(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        let due = |deadline: Option<SessionTime>| deadline.is_some_and(|deadline| deadline <= now);
        if due(self.cut.as_ref().map(|cut| cut.deadline)) {
            self.cut_turn_is_known(now, effects);
        }
        if due(self.resume_deadline()) {
            return self.end(now, EndStatus::Disconnected, effects);
        }
        if due(self.utterance_deadline()) {
            self.utterance_is_long(now, effects);
        }
        if due(self.stall_deadline()) {
            self.answer_stalls(now, effects);
        }
        if due(self.response_deadline()) {
            self.response_is_late(now, effects);
        }
        if due(self.playout_deadline()) {
            self.end_answer(now, effects);
        }
        if due(self.idle_deadline()) {
            self.nothing_happens(now, effects);
        }
    }

    fn resume_deadline(&self) -> Option<SessionTime> {
        self.client_lost
            .map(|lost| lost.after(self.settings.limits.resume))
    }

    fn utterance_deadline(&self) -> Option<SessionTime> {
        let speech = self.speech.filter(|_| self.state == TurnState::UserSpeaking)?;
        let limits = self.settings.limits;
        let end = speech.limit_from.after(limits.utterance);
        Some(if self.warnings.utterance {
            end
        } else {
            end.before(limits.utterance_warning)
        })
    }

    fn utterance_is_long(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        let Some(speech) = self.speech else { return };
        if !self.warnings.utterance {
            self.warnings.utterance = true;
            effects.push(Effect::Emit(Event::Notice(NoticeCode::UtteranceLimitNear)));
        }
        if now >= speech.limit_from.after(self.settings.limits.utterance) {
            effects.push(Effect::Emit(Event::Notice(NoticeCode::UtteranceLimitReached)));
            let captured = speech
                .captured
                .map(|captured| captured.after(now.since(speech.started)));
            self.speech_ended(now, captured, now, now, effects);
            if let Some(turn) = &mut self.turn {
                turn.utterance = Utterance::Limited;
            }
            if self.settings.turn_taking == TurnTaking::Provider {
                effects.push(Effect::Order(ModeOrder::EndTurn));
            }
        }
    }

    fn response_deadline(&self) -> Option<SessionTime> {
        let turn = self.turn.as_ref()?;
        let limits = self.settings.limits;
        match self.state {
            TurnState::Processing if !self.mode_is_gone => {
                let asked = turn.marks.committed.or(turn.marks.endpointed);
                // The language model has all of this time, however long what was said took to write down.
                let since = asked
                    .max(turn.marks.ai_was_done)
                    .max(turn.marks.stages.llm_requested);
                Some(since.unwrap_or(turn.began).after(limits.response))
            }
            // As long as there are words, audio may follow.
            TurnState::AiSpeaking => {
                let last_said = turn.answer.as_ref()?.last_said;
                Some(self.silent_since(turn)?.max(last_said).after(limits.gap))
            }
            _ => None,
        }
    }

    /// When the client will have played all audio that there is of an answer that is not complete.
    ///
    /// While nobody takes the audio, the mode may be kept from saying more.
    fn silent_since(&self, turn: &OpenTurn) -> Option<SessionTime> {
        if !turn.is_growing() || self.client_lost.is_some() {
            return None;
        }
        let dry = turn.answer.as_ref()?.end_as_it_comes(self.settings.output_rate);
        let dry = dry.after(turn.longest_pause());
        Some(self.client_back.map_or(dry, |back| back.max(dry)))
    }

    fn stall_deadline(&self) -> Option<SessionTime> {
        let turn = self.turn.as_ref()?;
        if turn.answer.as_ref()?.stall_is_told {
            return None;
        }
        Some(self.silent_since(turn)?.after(self.settings.limits.stall))
    }

    fn answer_stalls(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        if let Some(turn) = &mut self.turn
            && let Some(answer) = &mut turn.answer
        {
            answer.stall_is_told = true;
            turn.marks.stalled.get_or_insert(now);
            effects.push(Effect::Emit(Event::Notice(NoticeCode::AnswerStalled)));
        }
    }

    fn response_is_late(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        let rate = self.settings.output_rate;
        // All that was sent will be heard.
        let sent = |turn: &OpenTurn| {
            let sent = turn.answer.as_ref()?.duration(rate);
            turn.heard_for_provider(sent, rate)
        };
        let heard = self.turn.as_ref().and_then(sent);
        if let Some(answer) = self.turn.as_mut().and_then(|turn| turn.answer.as_mut()) {
            answer.believed = heard;
        }
        self.stop_mode(heard, effects);
        let limits = self.settings.limits;
        let marks = self.turn.as_ref().map(|turn| turn.marks).unwrap_or_default();
        let (who, limit) = match self.state {
            TurnState::AiSpeaking => (who_broke_off(&marks), limits.gap),
            _ => (who_is_silent(&marks.stages), limits.response),
        };
        let failure = SessionFailure {
            kind: ProviderErrorKind::Unavailable,
            provider: None,
            message: format!("{who} within {} s", limit.as_secs()),
            retry_after: None,
        };
        self.response_failed(now, failure, effects);
    }

    /// A lost client plays nothing, or nobody knows what: the answer waits for it.
    fn playout_deadline(&self) -> Option<SessionTime> {
        let turn = self
            .turn
            .as_ref()
            .filter(|_| self.state == TurnState::AiSpeaking && self.client_lost.is_none())?;
        turn.playout_deadline(self.settings.output_rate, self.client_back)
    }

    fn idle_deadline(&self) -> Option<SessionTime> {
        let nothing_happens = match self.state {
            TurnState::Idle | TurnState::Listening => true,
            TurnState::Processing => self.mode_is_gone,
            TurnState::UserSpeaking | TurnState::AiSpeaking | TurnState::Ending => false,
        };
        if !nothing_happens {
            return None;
        }
        let limits = self.settings.limits;
        let end = self.last_activity.after(limits.idle);
        Some(if self.warnings.idle {
            end
        } else {
            end.before(limits.idle_warning)
        })
    }

    fn nothing_happens(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        if !self.warnings.idle {
            self.warnings.idle = true;
            effects.push(Effect::Emit(Event::Notice(NoticeCode::IdleLimitNear)));
        }
        if now >= self.last_activity.after(self.settings.limits.idle) {
            self.end(now, EndStatus::Completed, effects);
        }
    }
}

/// Who is waited for when no answer begins. Whoever writes down what the user said is waited for by the mode.
fn who_is_silent(stages: &StageMarks) -> &'static str {
    match stages.llm_requested {
        None => "the provider did not answer",
        Some(_) => "the language model wrote nothing",
    }
}

/// Who is waited for when an answer does not go on. A voice has nothing to say while its language model writes nothing.
fn who_broke_off(marks: &TurnMarks) -> &'static str {
    let stages = &marks.stages;
    match (stages.llm_requested, stages.llm_done, marks.provider_first_audio) {
        (None, _, _) => "the provider did not go on",
        (Some(_), None, _) => "the language model did not go on",
        (Some(_), Some(_), None) => "the voice sent no audio",
        (Some(_), Some(_), Some(_)) => "the voice did not go on",
    }
}
