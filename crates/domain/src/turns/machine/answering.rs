//! What the mode says and what the client played: from the first word of an answer to its end.

use super::answer::{Answer, Extent};
use super::{
    Effect, Event, ModeInput, OpenTurn, Playback, PlaybackEvent, SessionFailure, TurnMachine, TurnState,
    TurnTaking,
};
use crate::latency::{SessionTime, Stage};
use crate::ports::SpeechMark;
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
        match what {
            ModeInput::Failed(failure) => self.mode_failed(now, failure, effects),
            ModeInput::UserTranscript { text, is_final } => {
                self.user_transcript(generation, &text, is_final, effects);
            }
            // Said before the AI was told to stop, or before it heard the turn.
            _ if generation != self.generation || self.waits_to_be_heard() => {}
            what if self.is_said_ahead() => self.hold(at, what),
            ModeInput::Reached(stage) => self.reached(stage, at, effects),
            ModeInput::ResponseStarted => self.response_begins(now, effects),
            ModeInput::TextDelta(delta) => self.text(now, delta, effects),
            ModeInput::Audio(samples) => self.audio(now, at, samples, effects),
            ModeInput::Mark(mark) => self.mark(mark),
            ModeInput::ResponseDone(usage) => self.response_done(now, usage, effects),
            ModeInput::ResponseFailed(failure) => self.response_failed(now, failure, effects),
        }
    }

    /// Takes note of how far an answer has come of which nothing was heard yet.
    fn reached(&mut self, stage: Stage, at: SessionTime, effects: &mut Vec<Effect>) {
        let may_be_answered = matches!(self.state, TurnState::Processing | TurnState::AiSpeaking);
        if let Some(turn) = self.turn.as_mut().filter(|_| may_be_answered) {
            let before = turn.latency();
            turn.marks.stages.reach(stage, at);
            if turn.latency() != before {
                turn.tell_progress(effects);
            }
        }
    }

    /// The answer begins, if one may begin now.
    fn response_begins(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        let provider_decides = self.settings.turn_taking == TurnTaking::Provider;
        match self.state {
            TurnState::Processing => {}
            TurnState::UserSpeaking if provider_decides => self.speech_is_answered(),
            TurnState::Listening if provider_decides => {
                if !self.open_turn(now, None, effects) {
                    return;
                }
            }
            TurnState::AiSpeaking
            | TurnState::UserSpeaking
            | TurnState::Listening
            | TurnState::Idle
            | TurnState::Ending => return,
        }
        let Some(turn) = &mut self.turn else { return };
        turn.answer = Some(Answer::new(now));
        effects.push(Effect::Emit(Event::ResponseStarted {
            turn: turn.number,
            at: now,
        }));
        self.state = TurnState::AiSpeaking;
        self.active(now);
        // Who speaks on after a turn that reached its limit is not answered by this.
        if let Some(at) = self.speaks_since() {
            self.user_begins_ahead(at, effects);
        }
    }

    /// The turn whose answer is being given; `None` for what belongs to no answer.
    ///
    /// A mode that was told to answer need not say that it begins. A provider that decides itself must: what comes
    /// without that is the rest of an answer that was not taken.
    fn answered_turn(&mut self, now: SessionTime, effects: &mut Vec<Effect>) -> Option<&mut OpenTurn> {
        if self.state == TurnState::Processing && self.settings.turn_taking == TurnTaking::Session {
            self.response_begins(now, effects);
        }
        if self.state != TurnState::AiSpeaking {
            return None;
        }
        self.turn.as_mut().filter(|turn| turn.is_growing())
    }

    fn text(&mut self, now: SessionTime, delta: String, effects: &mut Vec<Effect>) {
        if delta.is_empty() {
            return;
        }
        if let Some(turn) = self.answered_turn(now, effects)
            && let Some(answer) = &mut turn.answer
        {
            answer.last_said = now;
            answer.text.push_str(&delta);
            let turn = turn.number;
            effects.push(Effect::Emit(Event::TextDelta { turn, delta }));
        }
    }

    /// Takes note of when which words are spoken.
    fn mark(&mut self, mark: SpeechMark) {
        let is_said = self.state == TurnState::AiSpeaking;
        let turn = self.turn.as_mut().filter(|turn| is_said && turn.is_growing());
        if let Some(answer) = turn.and_then(|turn| turn.answer.as_mut()) {
            answer.add_mark(mark);
        }
    }

    fn audio(&mut self, now: SessionTime, at: SessionTime, samples: Vec<i16>, effects: &mut Vec<Effect>) {
        if samples.is_empty() {
            return;
        }
        let (rate, audible) = (self.settings.output_rate, self.settings.audible);
        let Some(turn) = self.answered_turn(now, effects) else {
            return;
        };
        // Until now another mode might have had to hear the turn.
        turn.complete_user_audio(effects);
        let OpenTurn {
            number,
            marks,
            answer,
            ..
        } = turn;
        let Some(answer) = answer else { return };
        answer.last_said = now;
        let is_first = marks.provider_first_audio.is_none();
        marks.provider_first_audio.get_or_insert(at);
        let position = answer.add_audio(now, &samples, audible, rate);
        let becomes_audible = marks.leading_silence.is_none() && answer.first_audible.is_some();
        marks.leading_silence = answer.leading_silence(rate);
        let is_played = answer.playback_started.is_some();
        effects.push(Effect::Emit(Event::Audio {
            turn: *number,
            position,
            samples,
            is_last: false,
        }));
        if is_first {
            turn.tell_progress(effects);
        }
        // The client told before that it plays, and nobody knew when that could be heard.
        if becomes_audible && is_played {
            self.tell_latency(effects);
        }
    }

    fn tell_latency(&self, effects: &mut Vec<Effect>) {
        if let Some(turn) = &self.turn {
            effects.push(Effect::Emit(Event::TurnLatency {
                turn: turn.number,
                latency: Box::new(turn.latency()),
            }));
        }
    }

    fn response_done(&mut self, now: SessionTime, usage: Option<Usage>, effects: &mut Vec<Effect>) {
        // An answer without a word is an answer too: the turn must not hang.
        if let Some(turn) = self.answered_turn(now, effects)
            && let Some(answer) = &mut turn.answer
        {
            answer.usage = usage;
            self.nothing_more_comes(now, Extent::Whole, effects);
        }
    }

    pub(super) fn response_failed(
        &mut self,
        now: SessionTime,
        failure: SessionFailure,
        effects: &mut Vec<Effect>,
    ) {
        let Some(turn) = &mut self.turn else { return };
        match self.state {
            // What was sent before the failure is still heard.
            TurnState::AiSpeaking if turn.is_growing() => {
                turn.failure = Some(failure.clone());
                effects.push(Effect::Emit(Event::Failure {
                    failure,
                    recoverable: true,
                }));
                self.nothing_more_comes(now, Extent::Broken, effects);
            }
            TurnState::Processing => {
                turn.failure = Some(failure.clone());
                effects.push(Effect::Emit(Event::Failure {
                    failure,
                    recoverable: true,
                }));
                self.finish_turn(now, effects);
                self.active(now);
                self.listen(now, effects);
            }
            _ => {}
        }
    }

    pub(super) fn nothing_more_comes(&mut self, now: SessionTime, extent: Extent, effects: &mut Vec<Effect>) {
        let Some(turn) = &mut self.turn else { return };
        let Some(answer) = &mut turn.answer else { return };
        answer.extent = extent;
        if answer.samples > 0 {
            effects.push(Effect::Emit(Event::Audio {
                turn: turn.number,
                position: answer.samples,
                samples: Vec::new(),
                is_last: true,
            }));
        }
        self.end_answer_if_played_out(now, effects);
    }

    pub(super) fn first_audio_sent(&mut self, now: SessionTime, number: TurnNumber) {
        let open = self
            .turn
            .iter_mut()
            .chain(self.cut.iter_mut().map(|cut| &mut cut.turn));
        for turn in open.filter(|turn| turn.number == number) {
            turn.first_audio_sent(now);
        }
    }

    pub(super) fn playback(&mut self, now: SessionTime, report: &Playback, effects: &mut Vec<Effect>) {
        let rate = self.settings.output_rate;
        let is_of = |turn: &OpenTurn| turn.number == report.turn && turn.has_audio();
        if let Some(turn) = self.turn.as_mut().filter(|turn| is_of(turn)) {
            let begins = turn.played(now, report, rate);
            if begins {
                self.tell_latency(effects);
            }
            if report.event == PlaybackEvent::Stopped {
                self.client_stopped(now, report, effects);
            } else {
                self.end_answer_if_played_out(now, effects);
            }
        } else if let Some(cut) = self.cut.as_mut().filter(|cut| is_of(&cut.turn)) {
            cut.turn.played(now, report, rate);
            if matches!(report.event, PlaybackEvent::Stopped | PlaybackEvent::Finished) {
                self.cut_turn_is_known(now, effects);
            }
        }
    }

    /// The client cut the answer by itself: nothing more of it will be played, and how much was is known.
    fn client_stopped(&mut self, now: SessionTime, report: &Playback, effects: &mut Vec<Effect>) {
        let at = report.session_at.unwrap_or(now);
        let played = Some(report.played);
        self.interrupt(now, at, InterruptReason::Client, None, played, effects);
        self.cut_turn_is_known(now, effects);
        self.listen(now, effects);
    }

    /// Ends the answer that was heard to its end.
    pub(super) fn end_answer_if_played_out(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        if self.state == TurnState::AiSpeaking && self.turn.as_ref().is_some_and(OpenTurn::is_played_out) {
            self.end_answer(now, effects);
        }
    }

    pub(super) fn end_answer(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        let Some(turn) = &self.turn else { return };
        let Some(answer) = &turn.answer else { return };
        if !answer.text.is_empty() {
            let rate = self.settings.output_rate;
            let heard = turn.heard(self.heard_until(now), rate);
            effects.push(Effect::Emit(Event::AiTranscript {
                turn: turn.number,
                text: turn.heard_text(heard, rate).heard,
            }));
        }
        effects.push(Effect::Emit(Event::ResponseEnded {
            turn: turn.number,
            interruption: None,
            repeats: false,
            false_interruptions: turn.false_interruptions(),
            latency: Box::new(turn.latency()),
            usage: answer.usage,
        }));
        self.finish_turn(now, effects);
        self.active(now);
        self.listen(now, effects);
    }
}
