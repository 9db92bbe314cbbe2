//! What must be true of the effects of any session.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;

use crate::latency::LatencyMetrics;
use crate::turns::machine::open_turn::UserAudio;
use crate::turns::machine::tests::script::generation_of;
use crate::turns::{Effect, Event, FinishedTurn, Generation, ModeOrder, TurnNumber};

/// What is known from the effects so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) turns: BTreeMap<TurnNumber, SeenTurn>,
    newest_over: Option<TurnNumber>,
    /// An answer that is over and of which nothing was heard: its turn is finished next, or its mode is lost.
    unheard: Option<TurnNumber>,
    /// What a turn that is saved was just told to have said.
    amended: Option<(TurnNumber, String)>,
    pub(super) orders: u32,
    /// The mode makes an answer ready that it was not told to give or to drop yet.
    is_preparing: bool,
    /// The turn that the mode has not heard.
    not_given: Option<TurnNumber>,
    /// The turn that it is being given.
    being_given: Option<TurnNumber>,
    pub(super) speaking: Option<TurnNumber>,
    pub(super) is_closed: bool,
    pub(super) is_over: bool,
}

#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "what happened to a turn is independent of each other"
)]
pub(super) struct SeenTurn {
    /// `None` for a turn that the AI began.
    user_audio: Option<UserAudio>,
    samples: u64,
    chars: usize,
    is_last: bool,
    is_interrupted: bool,
    responses: u32,
    pub(super) is_finished: bool,
    /// The user went on with it: it is written down in parts.
    has_parts: bool,
    is_amended: bool,
}

impl Seen {
    /// Another mode counts generations anew, and was told nothing.
    pub(super) fn mode_replaced(&mut self) {
        self.orders = 0;
        self.is_preparing = false;
        let is_unheard = |(_, turn): &(&TurnNumber, &SeenTurn)| {
            turn.user_audio == Some(UserAudio::Recording) && !turn.is_finished && turn.responses == 0
        };
        let newest = self.turns.last_key_value().filter(is_unheard);
        self.not_given = newest.map(|(number, _)| *number);
        self.being_given = None;
    }

    /// The mode was given the turn that it had not heard, or that failed; while an answer is given, it is tried again.
    pub(super) fn given(&mut self, is_given: bool) {
        self.being_given = None;
        if is_given || self.speaking.is_none() {
            self.not_given = None;
        }
    }

    fn turn(&mut self, number: TurnNumber) -> &mut SeenTurn {
        self.turns.get_mut(&number).expect("an opened turn")
    }

    fn running(&mut self, number: TurnNumber) -> &mut SeenTurn {
        assert_eq!(
            self.speaking,
            Some(number),
            "only the answer that is given is said"
        );
        assert!(Some(number) > self.newest_over, "nothing is said of an old turn");
        self.turn(number)
    }

    pub(super) fn effect(&mut self, effect: &Effect) {
        assert!(!self.is_over, "nothing follows the end");
        if self.is_closed {
            assert!(
                matches!(effect, Effect::Emit(Event::SessionEnded { .. })),
                "{effect:?}"
            );
        }
        self.follows_an_unheard_answer(effect);
        self.follows_late_words(effect);
        match effect {
            Effect::Emit(event) => self.event(event),
            Effect::Order(order) => self.order(order),
            Effect::TurnOpened { turn, speech_started } => {
                assert_eq!(
                    usize::from(turn.get()),
                    self.turns.len() + 1,
                    "numbers rise by one"
                );
                if let Some(speaking) = self.speaking {
                    assert_eq!(turn.get(), speaking.get() + 1, "one turn ahead");
                    assert!(
                        speech_started.is_some(),
                        "only the user begins while the AI speaks"
                    );
                }
                let turn = self.turns.entry(*turn).or_default();
                turn.user_audio = speech_started.map(|_| UserAudio::Recording);
            }
            Effect::UserAudioComplete { turn } => {
                let turn = self.turn(*turn);
                assert_eq!(
                    (turn.user_audio, turn.is_finished),
                    (Some(UserAudio::Recording), false)
                );
                turn.user_audio = Some(UserAudio::Complete);
            }
            Effect::TurnFinished(finished) => {
                assert_ne!(self.speaking, Some(finished.number));
                self.newest_over = self.newest_over.max(Some(finished.number));
                if self.not_given == Some(finished.number) {
                    (self.not_given, self.being_given) = (None, None);
                }
                self.turn(finished.number).finish(finished);
            }
            Effect::CloseMode => self.is_closed = true,
            Effect::Replay => {
                let (number, newest) = self.turns.last_key_value().expect("a turn to be heard");
                let is_recorded = newest.user_audio == Some(UserAudio::Recording);
                assert!(is_recorded && !newest.is_finished && newest.responses == 0);
                assert_eq!(self.speaking, None, "the AI is done");
                assert!(self.not_given.replace(*number).is_none_or(|turn| turn == *number));
                assert_eq!(self.being_given.replace(*number), None, "once");
            }
            // Words that amend a turn were told before.
            Effect::ModeLost(_) | Effect::TranscriptAmended(_) => {}
        }
    }

    /// An answer that is over without having been heard belongs to a turn that is over too, unless its mode is lost: then
    /// the turn is asked again.
    fn follows_an_unheard_answer(&mut self, effect: &Effect) {
        let Some(number) = self.unheard.take() else { return };
        match effect {
            Effect::UserAudioComplete { turn } if *turn == number => self.unheard = Some(number),
            Effect::TurnFinished(finished) => assert_eq!(finished.number, number),
            Effect::ModeLost(_) => {
                let turn = self.turn(number);
                assert_eq!(
                    turn.user_audio,
                    Some(UserAudio::Recording),
                    "the next mode hears it"
                );
                (turn.responses, turn.chars) = (0, 0);
            }
            other => panic!("an answer that nobody heard is followed by {other:?}"),
        }
    }

    /// Words of a turn that is saved amend it.
    fn follows_late_words(&mut self, effect: &Effect) {
        match (self.amended.take(), effect) {
            (Some((turn, text)), Effect::TranscriptAmended(amended)) => {
                assert_eq!((amended.turn, &amended.text), (turn, &text));
                let turn = self.turn(turn);
                let is_again = std::mem::replace(&mut turn.is_amended, true);
                assert!(!is_again || turn.has_parts, "words come late once");
            }
            (None, Effect::TranscriptAmended(_)) | (Some(_), _) => {
                panic!("a transcript of a saved turn, and its amendment: {effect:?}")
            }
            (None, _) => {}
        }
    }

    fn order(&mut self, order: &ModeOrder) {
        if let Some(generation) = generation_of(order) {
            self.orders += 1;
            assert_eq!(generation, nth(self.orders), "generations rise by one");
            self.is_preparing = false;
        }
        if let ModeOrder::Commit(_) = order {
            assert_eq!(
                self.not_given, None,
                "nobody is asked about what they have not heard"
            );
        }
        if let ModeOrder::Prepare = order {
            assert!(!self.is_preparing, "it is being prepared");
            self.is_preparing = true;
        }
        if let ModeOrder::Interrupt {
            heard: Some(heard), ..
        }
        | ModeOrder::CutBefore(heard) = order
        {
            let number = self.speaking.expect("an answer of which something was heard");
            let turn = self.turn(number);
            assert!(heard.audio <= length(turn.samples) && heard.chars <= turn.chars);
        }
        if let ModeOrder::Heard(heard) = order {
            let is_cut = |turn: &&SeenTurn| turn.is_interrupted && !turn.is_finished;
            let turn = self.turns.values().find(is_cut).expect("an answer that was cut");
            assert!(heard.audio <= length(turn.samples) && heard.chars <= turn.chars);
        }
        if let ModeOrder::GoOn { .. } = order {
            let mut newest = self
                .turns
                .last_entry()
                .expect("a turn with which the user goes on");
            newest.get_mut().has_parts = true;
        }
    }

    fn event(&mut self, event: &Event) {
        match event {
            Event::ResponseStarted { turn, .. } => {
                assert_eq!(self.speaking.replace(*turn), None, "answers do not overlap");
                assert!(Some(*turn) > self.newest_over);
                let turn = self.turn(*turn);
                turn.responses += 1;
                assert_eq!(turn.responses, 1, "one answer per turn");
                assert_eq!(self.not_given, None, "nobody answers what they have not heard");
            }
            Event::ResponseEnded {
                turn,
                interruption,
                latency,
                ..
            } => {
                assert_eq!(self.speaking.take(), Some(*turn), "what ends began");
                assert_eq!(self.turn(*turn).is_interrupted, interruption.is_some());
                if interruption.is_none() && self.turn(*turn).samples == 0 {
                    self.unheard = Some(*turn);
                } else {
                    self.newest_over = Some(*turn);
                }
                adds_up(latency);
            }
            Event::TextDelta { turn, delta } => self.running(*turn).chars += delta.chars().count(),
            Event::Audio {
                turn,
                position,
                samples,
                is_last,
            } => {
                let turn = self.running(*turn);
                assert!(
                    !turn.is_last && !turn.is_interrupted,
                    "the last audio is the last"
                );
                assert_eq!(*position, turn.samples, "audio has no gaps");
                assert!(*is_last || !samples.is_empty());
                turn.samples += samples.len() as u64;
                turn.is_last = *is_last;
            }
            Event::Interrupted { turn, .. } => {
                let turn = self.turn(*turn);
                assert!(!turn.is_interrupted && !turn.is_finished);
                turn.is_interrupted = true;
            }
            Event::LatencyProgress { turn, latency } => {
                assert!(
                    !self.turn(*turn).is_finished,
                    "nothing comes of a turn that is over"
                );
                assert_eq!(latency.total, None, "nothing is heard yet");
            }
            Event::TurnLatency { turn, latency } => {
                assert!(!self.turn(*turn).is_finished);
                adds_up(latency);
            }
            Event::AiTranscript { turn, .. } => assert!(!self.turn(*turn).is_finished),
            Event::UserTranscript { turn, text, is_final } => {
                if self.turn(*turn).is_finished {
                    assert!(is_final, "what is saved does not change any more");
                    self.amended = Some((*turn, text.clone()));
                }
            }
            Event::SessionEnded { summary, .. } => {
                assert!(self.is_closed);
                self.is_over = true;
                let interrupted = self.turns.values().filter(|turn| turn.is_interrupted).count();
                assert_eq!(summary.turns as usize, self.turns.len());
                assert_eq!(summary.interrupted as usize, interrupted);
                let measured = summary.latency.map_or(0, |latency| latency.count);
                assert!(measured + interrupted <= self.turns.len());
            }
            Event::SpeechStarted { .. }
            | Event::SpeechEnded { .. }
            | Event::Notice(_)
            | Event::Failure { .. } => {}
        }
    }
}

impl SeenTurn {
    fn finish(&mut self, finished: &FinishedTurn) {
        assert!(!self.is_finished, "a turn is finished once");
        self.is_finished = true;
        assert_ne!(
            self.user_audio,
            Some(UserAudio::Recording),
            "it was completed before"
        );
        assert_eq!(finished.interruption.is_some(), self.is_interrupted);
        assert_eq!(finished.played.is_some(), self.samples > 0);
        assert!(finished.played.unwrap_or_default() <= length(self.samples));
        let chars = finished.answer.heard.chars().count() + finished.answer.unheard.chars().count();
        assert!(chars <= self.chars);
        assert!(finished.began <= finished.ended);
        adds_up(&finished.latency);
    }
}

fn length(samples: u64) -> Duration {
    Duration::from_millis(samples)
}

pub(super) fn nth(number: u32) -> Generation {
    (0..number).fold(Generation::FIRST, |generation, _| generation.next())
}

/// Total = parts + unexplained.
fn adds_up(latency: &LatencyMetrics) {
    if let Some(total) = latency.total {
        let parts: Duration = latency.parts().into_iter().flatten().sum();
        let sum = TimeDelta::from_std(parts).unwrap() + latency.unexplained.unwrap_or_default();
        assert_eq!(sum, TimeDelta::from_std(total.duration).unwrap());
    }
}
