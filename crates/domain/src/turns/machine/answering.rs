//! What the mode says and what the client played: from the first word of an answer to its end.

use super::open_turn::{Answer, UserAudio};
use super::{
    Effect, Event, ModeInput, Playback, PlaybackEvent, SessionFailure, TurnMachine, TurnState, TurnTaking,
};
use crate::latency::SessionTime;
use crate::sessions::EndStatus;
use crate::turns::{Generation, InterruptReason, TurnNumber, Usage};

impl TurnMachine {
    pub(super) fn mode_says(
        &mut self,
        now: SessionTime,
        generation: Generation,
        at: SessionTime,
        what: ModeInput,
        effects: &mut Vec<Effect>,
    ) {
        if let ModeInput::Failed(failure) = what {
            return self.mode_failed(now, failure, effects);
        }
        if generation != self.generation || self.state == TurnState::Idle {
            return; // Said before the AI was told to stop.
        }
        match what {
            ModeInput::UserTranscript { text, is_final } => self.user_transcript(text, is_final, effects),
            ModeInput::ResponseStarted => {
                self.response_begins(now, effects);
            }
            ModeInput::TextDelta(delta) => self.text(now, delta, effects),
            ModeInput::Audio(samples) => self.audio(now, at, samples, effects),
            ModeInput::ResponseDone(usage) => self.response_done(now, usage, effects),
            ModeInput::ResponseFailed(failure) => self.response_failed(now, failure, effects),
            ModeInput::Failed(_) => {}
        }
    }

    fn user_transcript(&mut self, text: String, is_final: bool, effects: &mut Vec<Effect>) {
        let Some(turn) = &mut self.turn else { return };
        turn.user_transcript = Some(text.clone());
        effects.push(Effect::Emit(Event::UserTranscript {
            turn: turn.number,
            text,
            is_final,
        }));
    }

    /// Makes sure that the current turn has an answer that is being given; `false` when nothing may be answered now.
    fn response_begins(&mut self, now: SessionTime, effects: &mut Vec<Effect>) -> bool {
        let provider_decides = self.settings.turn_taking == TurnTaking::Provider;
        match self.state {
            TurnState::AiSpeaking => {
                return self
                    .turn
                    .as_ref()
                    .and_then(|turn| turn.answer.as_ref())
                    .is_some_and(|a| !a.is_complete);
            }
            TurnState::Processing => {}
            TurnState::UserSpeaking if provider_decides => {}
            TurnState::Listening if provider_decides => {
                if !self.open_turn(now, None, effects) {
                    return false;
                }
            }
            TurnState::UserSpeaking | TurnState::Listening | TurnState::Idle | TurnState::Ending => {
                return false;
            }
        }
        let Some(turn) = &mut self.turn else { return false };
        if turn.user_audio == UserAudio::Recording {
            turn.user_audio = UserAudio::Complete;
            effects.push(Effect::UserAudioComplete { turn: turn.number });
        }
        turn.answer = Some(Answer::default());
        effects.push(Effect::Emit(Event::ResponseStarted {
            turn: turn.number,
            at: now,
        }));
        self.state = TurnState::AiSpeaking;
        self.last_activity = now;
        true
    }

    fn text(&mut self, now: SessionTime, delta: String, effects: &mut Vec<Effect>) {
        if delta.is_empty() || !self.response_begins(now, effects) {
            return;
        }
        let Some(turn) = &mut self.turn else { return };
        let Some(answer) = &mut turn.answer else { return };
        answer.text.push_str(&delta);
        effects.push(Effect::Emit(Event::TextDelta {
            turn: turn.number,
            delta,
        }));
    }

    fn audio(&mut self, now: SessionTime, at: SessionTime, samples: Vec<i16>, effects: &mut Vec<Effect>) {
        if samples.is_empty() || !self.response_begins(now, effects) {
            return;
        }
        let Some(turn) = &mut self.turn else { return };
        let Some(answer) = &mut turn.answer else { return };
        turn.marks.provider_first_audio.get_or_insert(at);
        let position = answer.samples;
        answer.samples += samples.len() as u64;
        effects.push(Effect::Emit(Event::Audio {
            turn: turn.number,
            position,
            samples,
            is_last: false,
        }));
    }

    fn response_done(&mut self, now: SessionTime, usage: Option<Usage>, effects: &mut Vec<Effect>) {
        // An answer without a word is an answer too: the turn must not hang.
        if !self.response_begins(now, effects) {
            return;
        }
        if let Some(answer) = self.turn.as_mut().and_then(|turn| turn.answer.as_mut()) {
            answer.usage = usage;
        }
        self.answer_is_complete(now, effects);
    }

    fn answer_is_complete(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        let Some(turn) = &mut self.turn else { return };
        let Some(answer) = &mut turn.answer else { return };
        answer.is_complete = true;
        if answer.samples > 0 {
            let (turn, position) = (turn.number, answer.samples);
            effects.push(Effect::Emit(Event::Audio {
                turn,
                position,
                samples: Vec::new(),
                is_last: true,
            }));
        }
        self.end_answer_if_played_out(now, effects);
    }

    fn response_failed(&mut self, now: SessionTime, failure: SessionFailure, effects: &mut Vec<Effect>) {
        if !matches!(self.state, TurnState::Processing | TurnState::AiSpeaking) {
            return;
        }
        let Some(turn) = &mut self.turn else { return };
        turn.failure = Some(failure.message.clone());
        effects.push(Effect::Emit(Event::Failure {
            failure,
            recoverable: true,
        }));
        match self.state {
            // What was sent before the failure is still heard.
            TurnState::AiSpeaking => self.answer_is_complete(now, effects),
            _ => {
                self.finish_turn(now, effects);
                self.listen(now, effects);
            }
        }
    }

    fn mode_failed(&mut self, now: SessionTime, failure: SessionFailure, effects: &mut Vec<Effect>) {
        if let Some(turn) = &mut self.turn {
            turn.failure = Some(failure.message.clone());
        }
        effects.push(Effect::Emit(Event::Failure {
            failure,
            recoverable: false,
        }));
        self.end(now, EndStatus::Error, effects);
    }

    pub(super) fn first_audio_sent(&mut self, now: SessionTime, number: TurnNumber) {
        let open = self
            .turn
            .iter_mut()
            .chain(self.cut.iter_mut().map(|cut| &mut cut.turn));
        for turn in open.filter(|turn| turn.number == number) {
            turn.marks.first_audio_sent.get_or_insert(now);
        }
    }

    pub(super) fn playback(&mut self, now: SessionTime, report: &Playback, effects: &mut Vec<Effect>) {
        self.active(now);
        if let Some(turn) = self
            .turn
            .as_mut()
            .filter(|turn| turn.number == report.turn && turn.has_audio())
        {
            turn.played(now, report);
            if report.event == PlaybackEvent::Stopped && self.state == TurnState::AiSpeaking {
                return self.client_stopped(now, report, effects);
            }
            if report.event == PlaybackEvent::Started {
                effects.push(Effect::Emit(Event::TurnLatency {
                    turn: turn.number,
                    latency: turn.latency(),
                }));
            }
            return self.end_answer_if_played_out(now, effects);
        }
        if let Some(cut) = self
            .cut
            .as_mut()
            .filter(|cut| cut.turn.number == report.turn && cut.turn.has_audio())
        {
            cut.turn.played(now, report);
            if matches!(report.event, PlaybackEvent::Stopped | PlaybackEvent::Finished) {
                self.finish_cut_turn(now, effects);
            }
        }
    }

    /// The client cut the answer by itself: nothing more of it will be played, and how much was is known.
    fn client_stopped(&mut self, now: SessionTime, report: &Playback, effects: &mut Vec<Effect>) {
        let at = report.session_at.unwrap_or(now);
        self.interrupt(
            now,
            at,
            InterruptReason::Client,
            None,
            Some(report.played),
            effects,
        );
        self.finish_cut_turn(now, effects);
        self.listen(now, effects);
    }

    /// Ends the answer that was heard to its end.
    pub(super) fn end_answer_if_played_out(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        if self.state == TurnState::AiSpeaking
            && self.turn.as_ref().is_some_and(super::OpenTurn::is_played_out)
        {
            self.end_answer(now, effects);
        }
    }

    pub(super) fn end_answer(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        let Some(turn) = &self.turn else { return };
        let Some(answer) = &turn.answer else { return };
        let rate = self.settings.output_rate;
        let heard = turn.heard_text(turn.heard(now, rate), rate).heard;
        effects.push(Effect::Emit(Event::AiTranscript {
            turn: turn.number,
            text: heard,
        }));
        effects.push(Effect::Emit(Event::ResponseEnded {
            turn: turn.number,
            interruption: None,
            latency: turn.latency(),
            usage: answer.usage,
        }));
        self.finish_turn(now, effects);
        self.active(now);
        self.listen(now, effects);
    }
}
