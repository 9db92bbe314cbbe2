//! A turn that is not finished yet.

mod playback;

use std::time::Duration;

use super::answer::{Answer, Extent, Progress};
use super::effect::{Effect, Event, FinishedTurn};
use super::input::SessionFailure;
use super::words::joined;
use crate::latency::{ClientTime, LatencyMetrics, SessionTime, StageMarks, TurnMarks};
use crate::ports::Heard;
use crate::turns::{Generation, HeardText, InterruptReason, TurnNumber, split_heard};

/// A turn that is not finished yet.
#[derive(Debug, Clone)]
pub(super) struct OpenTurn {
    pub(super) number: TurnNumber,
    pub(super) began: SessionTime,
    /// The generation when it was opened.
    pub(super) opened_in: Generation,
    /// The last one in which it was answered, of a turn that was cut.
    pub(super) closed_in: Option<Generation>,
    /// The one in which the user had first stopped, or was asked to be answered: words of the turn may be said from then on.
    pub(super) ended_in: Option<Generation>,
    /// The one in which the user went on last: what is said in an older one is not all of the turn.
    pub(super) went_on_in: Option<Generation>,
    pub(super) user_transcript: Option<String>,
    /// What the user had said before they went on, if that was written down to its end.
    pub(super) said_before: String,
    /// What was written down since.
    said_since: String,
    /// The transcript is final.
    pub(super) is_understood: bool,
    pub(super) marks: TurnMarks,
    /// The last voiced sample on the client's clock.
    pub(super) speech_ended_captured: Option<ClientTime>,
    pub(super) user_audio: UserAudio,
    /// The mode has heard nothing of it yet.
    pub(super) is_unheard: bool,
    pub(super) utterance: Utterance,
    pub(super) answer: Option<Answer>,
    pub(super) failure: Option<SessionFailure>,
    /// How often playback paused for what was no speech.
    false_interruptions: u32,
    interruption: Option<Interruption>,
}

/// Whether the user's side is still recorded: until the first audio of the answer, for until then another mode may have to
/// hear it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UserAudio {
    Recording,
    Complete,
}

/// Whether the user may go on while nothing is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Utterance {
    MayGoOn,
    /// It reached its limit: it is answered, whatever else is said.
    Limited,
    /// It reached its limit, and its user said something new since.
    Past,
}

#[derive(Debug, Clone, Copy)]
struct Interruption {
    reason: InterruptReason,
    /// The first voiced sample of the interruption on the client's clock.
    captured: Option<ClientTime>,
    /// From there to the end of playback.
    latency: Option<Duration>,
}

impl OpenTurn {
    pub(super) fn new(
        number: TurnNumber,
        opened_in: Generation,
        began: SessionTime,
        speech_started: Option<SessionTime>,
    ) -> Self {
        Self {
            number,
            began,
            opened_in,
            closed_in: None,
            ended_in: None,
            went_on_in: None,
            user_transcript: None,
            said_before: String::new(),
            said_since: String::new(),
            is_understood: false,
            marks: TurnMarks {
                speech_started,
                ..TurnMarks::default()
            },
            speech_ended_captured: None,
            user_audio: if speech_started.is_some() {
                UserAudio::Recording
            } else {
                UserAudio::Complete
            },
            is_unheard: false,
            utterance: Utterance::MayGoOn,
            answer: None,
            failure: None,
            false_interruptions: 0,
            interruption: None,
        }
    }

    /// The user's side is over: nothing that they say from now on is of this turn.
    pub(super) fn complete_user_audio(&mut self, effects: &mut Vec<Effect>) {
        if self.user_audio == UserAudio::Recording {
            self.user_audio = UserAudio::Complete;
            effects.push(Effect::UserAudioComplete { turn: self.number });
        }
    }

    /// The user was not done: when they stopped, and what was asked then, does not count.
    pub(super) fn user_goes_on(&mut self) {
        if self.is_understood {
            self.said_before = self.user_transcript.clone().unwrap_or_default();
        }
        self.said_since.clear();
        self.marks.speech_ended = None;
        self.marks.endpointed = None;
        self.marks.committed = None;
        self.marks.stages = StageMarks::default();
        self.marks.ai_was_done = None;
        self.is_understood = false;
        self.speech_ended_captured = None;
    }

    /// What its user said after its limit was over before it was answered: it is of this turn after all.
    pub(super) fn takes_what_followed(&mut self) {
        if self.utterance == Utterance::Past {
            self.utterance = Utterance::Limited;
        }
    }

    /// Takes words of the user: those of an older part, or the newest. Answers what the user said by now.
    pub(super) fn hear(&mut self, text: &str, is_of_older_part: bool) -> String {
        if self.is_understood && self.utterance == Utterance::Limited {
            self.said_before = self.user_transcript.clone().unwrap_or_default();
        }
        let so_far = joined(&self.said_before, text);
        if !is_of_older_part {
            text.clone_into(&mut self.said_since);
        } else if self.said_before.is_empty() || so_far != text {
            self.said_before.clone_from(&so_far);
        }
        let text = if self.said_since.is_empty() {
            so_far
        } else {
            joined(&self.said_before, &self.said_since)
        };
        self.user_transcript = Some(text.clone());
        text
    }

    /// Whether what is said in this generation is not all of the turn, because the user went on.
    pub(super) fn goes_on_after(&self, said_in: Generation) -> bool {
        self.went_on_in.is_some_and(|from| said_in < from)
    }

    /// Whether all of it is written down, and what is written down now is of a turn that is not open yet.
    pub(super) fn is_past(&self) -> bool {
        self.is_understood && self.utterance == Utterance::Past
    }

    /// Whether the last words of its user may still come.
    pub(super) fn awaits_words(&self) -> bool {
        !self.is_understood && self.marks.speech_started.is_some()
    }

    /// Whether the user had stopped by this generation, at least once.
    pub(super) fn has_ended_by(&self, said_in: Generation) -> bool {
        self.ended_in.is_some_and(|from| from <= said_in)
    }

    /// Another mode writes down anew what is recorded of it, and of nothing else; it counts generations from the first.
    pub(super) fn is_heard_anew(&mut self) {
        self.opened_in = Generation::FIRST;
        self.ended_in = None;
        self.went_on_in = None;
        self.said_before.clear();
        self.is_unheard = self.user_audio == UserAudio::Recording && self.answer.is_none();
        self.is_understood = self.user_audio == UserAudio::Complete;
    }

    /// Another mode was told what is going to be heard of the answer, if that is anything.
    pub(super) fn is_told(&mut self, until: SessionTime, rate: u32) {
        let heard = self.will_be_heard(until, rate);
        let is_any = !self.heard_text(heard, rate).heard.trim().is_empty();
        let told = self.heard_for_provider(heard, rate).filter(|_| is_any);
        if let Some(answer) = &mut self.answer {
            answer.believed = told;
        }
    }

    /// Whether an answer to the user has begun of which nothing could be heard yet.
    pub(super) fn is_answered_silently(&self) -> bool {
        self.is_growing() && self.user_audio == UserAudio::Recording
    }

    pub(super) fn has_audio(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.samples > 0)
    }

    pub(super) fn is_growing(&self) -> bool {
        self.answer
            .as_ref()
            .is_some_and(|answer| answer.extent == Extent::Growing)
    }

    /// Whether the whole answer is there and nothing cut it.
    fn is_whole(&self) -> bool {
        let is_whole = |answer: &Answer| answer.extent == Extent::Whole;
        self.interruption.is_none() && self.answer.as_ref().is_some_and(is_whole)
    }

    /// Marks the turn as cut after `played` of its answer.
    pub(super) fn interrupt(
        &mut self,
        at: SessionTime,
        reason: InterruptReason,
        captured: Option<ClientTime>,
        played: Duration,
    ) {
        self.marks.interrupted = Some(at);
        self.interruption = Some(Interruption {
            reason,
            captured,
            latency: None,
        });
        if let Some(answer) = &mut self.answer {
            answer.progress = Some(Progress {
                played,
                at,
                advanced: at,
            });
        }
    }

    /// How much of the answer was heard for sure.
    fn reported(&self) -> Option<Duration> {
        let progress = self.answer.as_ref()?.progress?;
        Some(progress.played)
    }

    pub(super) fn false_interruptions(&self) -> u32 {
        self.false_interruptions
    }

    pub(super) fn interruption(&self) -> Option<InterruptReason> {
        self.interruption.map(|interruption| interruption.reason)
    }

    /// What is known of the turn's latency.
    pub(super) fn latency(&self) -> LatencyMetrics {
        let playback_started = self.answer.as_ref().and_then(|answer| answer.playback_started);
        let client_playback = self
            .speech_ended_captured
            .zip(playback_started)
            .and_then(|(ended, started)| started.since(ended));
        let mut marks = self.marks;
        // What was cut before it could be heard has no total.
        if self.interruption.is_some() && self.reported() < marks.leading_silence {
            marks.leading_silence = None;
        }
        let mut latency = LatencyMetrics::compute(&marks, client_playback);
        latency.interrupt = self.interruption.and_then(|interruption| interruption.latency);
        latency
    }

    /// Tells what is known of the latency, as long as nothing is heard.
    pub(super) fn tell_progress(&self, effects: &mut Vec<Effect>) {
        // From the first audio on there is a total, if not the client's, who may be the first to tell.
        let latency = self.latency();
        if self.marks.first_audio_sent.is_none() && latency.total.is_none() {
            effects.push(Effect::Emit(Event::LatencyProgress {
                turn: self.number,
                latency: Box::new(latency),
            }));
        }
    }

    /// The answer's text, split at what was heard of its audio.
    pub(super) fn heard_text(&self, heard: Duration, rate: u32) -> HeardText {
        match &self.answer {
            None => HeardText::default(),
            Some(answer) if self.is_whole() => HeardText {
                heard: answer.text.trim().to_owned(),
                unheard: String::new(),
            },
            Some(answer) => split_heard(&answer.text, &answer.marks, heard, answer.whole_duration(rate)),
        }
    }

    /// What a provider needs to know of an answer of which no more than this is heard.
    pub(super) fn heard_for_provider(&self, heard: Duration, rate: u32) -> Option<Heard> {
        let answer = self.answer.as_ref()?;
        let text = split_heard(&answer.text, &answer.marks, heard, answer.whole_duration(rate));
        Some(Heard {
            audio: heard,
            chars: text.heard.trim_start().chars().count(),
        })
    }

    /// The turn for the record; what cannot be known otherwise was heard up to `heard_until`.
    pub(super) fn finish(self, now: SessionTime, heard_until: SessionTime, rate: u32) -> FinishedTurn {
        let heard = match &self.answer {
            Some(answer) if self.is_whole() => answer.duration(rate),
            _ => self.heard(heard_until, rate),
        };
        FinishedTurn {
            number: self.number,
            began: self.began,
            ended: now,
            answer: self.heard_text(heard, rate),
            played: self.has_audio().then_some(heard),
            placement: self.answer.as_ref().and_then(Answer::placement),
            interruption: self.interruption(),
            false_interruptions: self.false_interruptions,
            usage: self.answer.as_ref().and_then(|answer| answer.usage),
            latency: self.latency(),
            marks: self.marks,
            user_transcript: self.user_transcript,
            failure: self.failure,
        }
    }
}
