//! What the mode says and what the client played: from the first word of an answer to its end.

use super::answer::{Answer, Extent};
use super::open_turn::UserAudio;
use super::{
    CutTurn, Effect, Event, ModeInput, OpenTurn, Playback, PlaybackEvent, SessionFailure, TurnMachine,
    TurnState, TurnTaking,
};
use crate::latency::{SessionTime, Stage, TurnMarks};
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
                self.user_transcript(generation, text, is_final, effects);
            }
            // Said before the AI was told to stop.
            _ if generation != self.generation => {}
            ModeInput::Reached(stage) => self.reached(stage, at),
            ModeInput::ResponseStarted => self.response_begins(now, effects),
            ModeInput::TextDelta(delta) => self.text(now, delta, effects),
            ModeInput::Audio(samples) => self.audio(now, at, samples, effects),
            ModeInput::ResponseDone(usage) => self.response_done(now, usage, effects),
            ModeInput::ResponseFailed(failure) => self.response_failed(now, failure, effects),
        }
    }

    fn user_transcript(
        &mut self,
        generation: Generation,
        text: String,
        is_final: bool,
        effects: &mut Vec<Effect>,
    ) {
        let current = self.generation;
        let Some(turn) = self.turn_of_words(generation, is_final) else {
            return;
        };
        // Who went on with the same turn says more.
        let is_final = is_final && (generation == current || turn.interruption().is_some());
        turn.is_understood = is_final;
        turn.user_transcript = Some(text.clone());
        effects.push(Effect::Emit(Event::UserTranscript {
            turn: turn.number,
            text,
            is_final,
        }));
    }

    /// Whose words these are. They may come late: when the user went on with the same turn, or cut its answer. Of a turn
    /// that was cut only its last words are taken, once: what comes after them may be of the speech that cut it.
    fn turn_of_words(&mut self, said_in: Generation, is_final: bool) -> Option<&mut OpenTurn> {
        let current = self.generation;
        let is_of_cut =
            |cut: &&mut CutTurn| is_final && cut.answered_in == Some(said_in) && !cut.turn.is_understood;
        if let Some(cut) = self.cut.as_mut().filter(is_of_cut) {
            return Some(&mut cut.turn);
        }
        // The generation in which a turn was opened may be that of the turn before it.
        let is_within = |turn: &OpenTurn| turn.opened_in < said_in && said_in < current;
        self.turn
            .as_mut()
            .filter(|turn| said_in == current || is_within(turn))
    }

    /// Takes note of how far an answer has come of which nothing was heard yet.
    fn reached(&mut self, stage: Stage, at: SessionTime) {
        let may_be_answered = matches!(self.state, TurnState::Processing | TurnState::AiSpeaking);
        if let Some(turn) = self.turn.as_mut().filter(|_| may_be_answered) {
            turn.marks.stages.reach(stage, at);
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
        if turn.user_audio == UserAudio::Recording {
            turn.user_audio = UserAudio::Complete;
            effects.push(Effect::UserAudioComplete { turn: turn.number });
        }
        turn.answer = Some(Answer::new(now));
        effects.push(Effect::Emit(Event::ResponseStarted {
            turn: turn.number,
            at: now,
        }));
        self.state = TurnState::AiSpeaking;
        self.active(now);
    }

    /// The answer that is being given, with its turn's number and marks; `None` for what belongs to no answer.
    ///
    /// A mode that was told to answer need not say that it begins. A provider that decides itself must: what comes
    /// without that is the rest of an answer that was not taken.
    fn growing_answer(
        &mut self,
        now: SessionTime,
        effects: &mut Vec<Effect>,
    ) -> Option<(TurnNumber, &mut TurnMarks, &mut Answer)> {
        if self.state == TurnState::Processing && self.settings.turn_taking == TurnTaking::Session {
            self.response_begins(now, effects);
        }
        if self.state != TurnState::AiSpeaking {
            return None;
        }
        let turn = self.turn.as_mut()?;
        let answer = turn.answer.as_mut()?;
        (answer.extent == Extent::Growing).then_some((turn.number, &mut turn.marks, answer))
    }

    fn text(&mut self, now: SessionTime, delta: String, effects: &mut Vec<Effect>) {
        if delta.is_empty() {
            return;
        }
        if let Some((turn, _, answer)) = self.growing_answer(now, effects) {
            answer.last_said = now;
            answer.text.push_str(&delta);
            effects.push(Effect::Emit(Event::TextDelta { turn, delta }));
        }
    }

    fn audio(&mut self, now: SessionTime, at: SessionTime, samples: Vec<i16>, effects: &mut Vec<Effect>) {
        if samples.is_empty() {
            return;
        }
        let rate = self.settings.output_rate;
        if let Some((turn, marks, answer)) = self.growing_answer(now, effects) {
            answer.last_said = now;
            marks.provider_first_audio.get_or_insert(at);
            let position = answer.add_audio(now, samples.len(), rate);
            effects.push(Effect::Emit(Event::Audio {
                turn,
                position,
                samples,
                is_last: false,
            }));
        }
    }

    fn response_done(&mut self, now: SessionTime, usage: Option<Usage>, effects: &mut Vec<Effect>) {
        // An answer without a word is an answer too: the turn must not hang.
        if let Some((_, _, answer)) = self.growing_answer(now, effects) {
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
                turn.failure = Some(failure.message.clone());
                effects.push(Effect::Emit(Event::Failure {
                    failure,
                    recoverable: true,
                }));
                self.nothing_more_comes(now, Extent::Broken, effects);
            }
            TurnState::Processing => {
                turn.failure = Some(failure.message.clone());
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
        let is_of = |turn: &OpenTurn| turn.number == report.turn && turn.has_audio();
        if let Some(turn) = self.turn.as_mut().filter(|turn| is_of(turn)) {
            let begins = turn.played(now, report);
            if begins {
                effects.push(Effect::Emit(Event::TurnLatency {
                    turn: turn.number,
                    latency: Box::new(turn.latency()),
                }));
            }
            if report.event == PlaybackEvent::Stopped {
                self.client_stopped(now, report, effects);
            } else {
                self.end_answer_if_played_out(now, effects);
            }
        } else if let Some(cut) = self.cut.as_mut().filter(|cut| is_of(&cut.turn)) {
            cut.turn.played(now, report);
            if matches!(report.event, PlaybackEvent::Stopped | PlaybackEvent::Finished) {
                self.finish_cut_turn(now, effects);
            }
        }
    }

    /// The client cut the answer by itself: nothing more of it will be played, and how much was is known.
    fn client_stopped(&mut self, now: SessionTime, report: &Playback, effects: &mut Vec<Effect>) {
        let at = report.session_at.unwrap_or(now);
        let played = Some(report.played);
        self.interrupt(now, at, InterruptReason::Client, None, played, effects);
        self.finish_cut_turn(now, effects);
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
            false_interruptions: turn.false_interruptions(),
            latency: Box::new(turn.latency()),
            usage: answer.usage,
        }));
        self.finish_turn(now, effects);
        self.active(now);
        self.listen(now, effects);
    }
}
