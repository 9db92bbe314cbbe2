//! Conversations written down.
//!
//! ```text
//! 1000 speech                      at 1,000 ms the machine is told that the user speaks
//!      > speech started 1000       it lists these effects
//!      > open turn 1, speech 1000
//!      = UserSpeaking              and is in this state from then on
//! due 51000                        its deadline is at 51,000 ms, and that moment comes
//! ```
//!
//! Times are ms of the session, `cap` are ms of the client. `ai …` is what the mode says in the newest generation,
//! `ai@1 …` in another one. A script is played and what happens is written down; both texts must be the same.

use std::fmt::Write as _;
use std::time::Duration;

use crate::latency::{ClientTime, LatencyMetrics, SessionTime, Stage};
use crate::ports::{Heard, ProviderErrorKind, SpeechMark};
use crate::sessions::{EndStatus, SessionStatus};
use crate::turns::{
    BargeIn, Effect, Event, FinishedTurn, Generation, Input, MachineSettings, ModeInput, ModeOrder,
    OnModeFailure, Playback, PlaybackEvent, SessionFailure, TurnMachine, TurnNumber, TurnState, TurnTaking,
    Usage,
};

/// Plays a script and compares what happened with what it says.
#[track_caller]
pub(super) fn check(settings: MachineSettings, script: &str) {
    go_on(Play::new(settings), script);
}

/// As [`check`], of a session in which the user spoke from 1,000 to 2,000 ms and waits for the answer.
#[track_caller]
pub(super) fn check_answer(settings: MachineSettings, script: &str) {
    let mut play = Play::new(settings);
    let effects = play.effects_of(&["0 opened", "1000 speech", "2000 silence"]);
    assert_eq!(effects.last().map(String::as_str), Some("= Processing"));
    go_on(play, script);
}

#[track_caller]
fn go_on(mut play: Play, script: &str) {
    let expected = rows_of(script);
    for line in expected.iter().filter(|line| !line.starts_with(['>', '='])) {
        play.line(line);
    }
    assert!(
        expected == play.lines,
        "it went like this:\n\n{}\n\nand not like this:\n\n{}\n",
        play.lines.join("\n"),
        expected.join("\n")
    );
}

/// The lines of a text, less what is only there to be read.
pub(super) fn rows_of(text: &str) -> Vec<String> {
    text.lines()
        .map(words_of)
        .filter(|line| !line.is_empty())
        .collect()
}

fn words_of(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A conversation that is being played.
pub(super) struct Play {
    pub(super) machine: TurnMachine,
    pub(super) lines: Vec<String>,
    /// What was told of latencies before anything was heard; other scripts need not repeat it at every step.
    pub(super) progress: Vec<String>,
    generation: Generation,
}

impl Play {
    pub(super) fn new(settings: MachineSettings) -> Self {
        Self {
            machine: TurnMachine::new(settings),
            lines: Vec::new(),
            progress: Vec::new(),
            generation: Generation::FIRST,
        }
    }

    /// Plays inputs and lists what they lead to.
    pub(super) fn effects_of(&mut self, inputs: &[&str]) -> Vec<String> {
        self.lines.clear();
        for input in inputs {
            self.line(input);
        }
        let mut effects = std::mem::take(&mut self.lines);
        effects.retain(|line| line.starts_with(['>', '=']));
        effects
    }

    /// Plays one input.
    pub(super) fn line(&mut self, line: &str) {
        let (when, what) = line.split_once(' ').expect("a time and an input");
        let (now, input, echo) = if when == "due" {
            let due = self.machine.deadline();
            let echo = due.map_or("due never".to_owned(), |due| format!("due {}", ms(due)));
            (due.unwrap_or_default(), Input::Tick, echo)
        } else {
            let now = SessionTime::from_millis(number(when));
            (now, self.input(now, what), line.to_owned())
        };
        self.lines.push(echo);
        if matches!(input, Input::ModeReplaced { .. }) {
            self.generation = Generation::FIRST;
        }
        let before = self.machine.state();
        let mut effects = Vec::new();
        self.machine.handle(now, input, &mut effects);
        for effect in &effects {
            if let Effect::Order(order) = effect {
                self.generation = generation_of(order).unwrap_or(self.generation);
            }
            let text = words_of(&effect_text(effect));
            if matches!(effect, Effect::Emit(Event::LatencyProgress { .. })) {
                self.progress.push(text);
            } else {
                self.lines.push(format!("> {text}"));
            }
        }
        if self.machine.state() != before {
            self.lines.push(format!("= {:?}", self.machine.state()));
        }
    }

    pub(super) fn input(&self, now: SessionTime, text: &str) -> Input {
        let words: Vec<&str> = text.split(' ').collect();
        let at = value_of(&words, "at").map(SessionTime::from_millis);
        let captured = value_of(&words, "cap").map(client_ms);
        match words.as_slice() {
            ["opened"] => Input::Opened,
            ["mode", "leaves"] => Input::ModeLeaves,
            ["mode", "stays"] => Input::ModeStays,
            ["mode", "replaced"] => replaced(TurnTaking::Session),
            ["mode", "replaced", "decides"] => replaced(TurnTaking::Provider),
            ["ready"] => Input::ClientReady,
            ["speech", "pauses"] => Input::SpeechPaused,
            ["speech", "resumes"] => Input::SpeechResumed,
            ["speech", ..] => Input::SpeechStarted {
                at: at.unwrap_or(now),
                captured,
            },
            ["silence", ..] => Input::SpeechEnded {
                at: at.unwrap_or(now),
                captured,
                decided: now,
            },
            ["committed"] => Input::Committed,
            ["replayed"] => Input::Replayed(Ok(())),
            ["replayed", "not"] => Input::Replayed(Err(failure("lost"))),
            ["interrupt"] => Input::Interrupt { played: None },
            ["interrupt", played] => Input::Interrupt {
                played: Some(Duration::from_millis(number(played))),
            },
            ["barge-in", "on"] => Input::SetBargeIn(BargeIn::Enabled),
            ["barge-in", "off"] => Input::SetBargeIn(BargeIn::Disabled),
            ["sent", turn] => Input::FirstAudioSent {
                turn: turn_number(turn),
            },
            ["play", turn, event, played, ..] => Input::Playback(Playback {
                turn: turn_number(turn),
                event: playback_event(event),
                played: Duration::from_millis(number(played)),
                at: captured.unwrap_or(client_ms(u64::try_from(ms(now)).unwrap())),
                session_at: at,
            }),
            ["lost"] => Input::ClientLost,
            ["back"] => Input::ClientBack,
            ["tick"] => Input::Tick,
            ["end", status] => Input::End(end_status(status)),
            ["drained"] => Input::Drained,
            [who, what, ..] if who.starts_with("ai") => Input::Mode {
                generation: who.strip_prefix("ai@").map_or(self.generation, generation),
                at: now,
                what: said(what, text.splitn(3, ' ').nth(2).unwrap_or_default()),
            },
            _ => panic!("no such input: {text}"),
        }
    }
}

fn said(what: &str, rest: &str) -> ModeInput {
    match what {
        "reached" => ModeInput::Reached(stage(rest)),
        "start" => ModeInput::ResponseStarted,
        "text" => ModeInput::TextDelta(rest.replace('_', " ")),
        "audio" => ModeInput::Audio(vec![7; usize::try_from(number(rest)).unwrap()]),
        "silence" => ModeInput::Audio(vec![0; usize::try_from(number(rest)).unwrap()]),
        "mark" => {
            let (at, chars) = rest.split_once(' ').expect("a time and a count");
            ModeInput::Mark(SpeechMark {
                at: Duration::from_millis(number(at)),
                chars: usize::try_from(number(chars)).unwrap(),
            })
        }
        "done" if rest.is_empty() => ModeInput::ResponseDone(None),
        "done" => ModeInput::ResponseDone(Some(Usage {
            input_tokens: None,
            output_tokens: Some(number(rest)),
        })),
        "failed" => ModeInput::ResponseFailed(failure(rest)),
        "dead" => ModeInput::Failed(failure(rest)),
        "hears" | "heard" => ModeInput::UserTranscript {
            text: rest.to_owned(),
            is_final: what == "heard",
        },
        _ => panic!("the mode cannot say: {what}"),
    }
}

fn failure(message: &str) -> SessionFailure {
    SessionFailure {
        kind: ProviderErrorKind::Unavailable,
        provider: None,
        message: message.to_owned(),
        retry_after: None,
    }
}

fn replaced(turn_taking: TurnTaking) -> Input {
    Input::ModeReplaced {
        turn_taking,
        on_mode_failure: OnModeFailure::EndSession,
    }
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or_else(|_| panic!("no number: {text}"))
}

fn value_of(words: &[&str], name: &str) -> Option<u64> {
    let at = words.iter().position(|word| *word == name)?;
    words.get(at + 1).map(|value| number(value))
}

fn client_ms(ms: u64) -> ClientTime {
    ClientTime::from_micros(ms * 1_000)
}

fn turn_number(text: &str) -> TurnNumber {
    u16::try_from(number(text))
        .ok()
        .and_then(TurnNumber::new)
        .expect("a turn number")
}

fn generation(text: &str) -> Generation {
    (0..number(text)).fold(Generation::FIRST, |generation, _| generation.next())
}

fn playback_event(text: &str) -> PlaybackEvent {
    match text {
        "started" => PlaybackEvent::Started,
        "progress" => PlaybackEvent::Progress,
        "paused" => PlaybackEvent::Paused,
        "resumed" => PlaybackEvent::Resumed,
        "stopped" => PlaybackEvent::Stopped,
        "finished" => PlaybackEvent::Finished,
        _ => panic!("no such playback event: {text}"),
    }
}

fn stage(text: &str) -> Stage {
    match text {
        "transcribed" => Stage::Transcribed,
        "llm requested" => Stage::LlmRequested,
        "llm first token" => Stage::LlmFirstToken,
        "llm first piece" => Stage::LlmFirstPiece,
        "llm done" => Stage::LlmDone,
        "tts requested" => Stage::TtsRequested,
        _ => panic!("no such stage: {text}"),
    }
}

fn end_status(text: &str) -> EndStatus {
    match SessionStatus::from_name(text) {
        Some(SessionStatus::Ended(status)) => status,
        _ => panic!("no such end: {text}"),
    }
}

pub(super) fn generation_of(order: &ModeOrder) -> Option<Generation> {
    match *order {
        ModeOrder::Commit(generation)
        | ModeOrder::Greet(generation)
        | ModeOrder::GoOn { generation }
        | ModeOrder::Interrupt { generation, .. } => Some(generation),
        ModeOrder::SpeechBegan { .. }
        | ModeOrder::Prepare
        | ModeOrder::EndTurn
        | ModeOrder::CutBefore(_)
        | ModeOrder::Heard(_) => None,
    }
}

fn ms(time: SessionTime) -> u128 {
    time.elapsed().as_millis()
}

fn effect_text(effect: &Effect) -> String {
    match effect {
        Effect::Emit(event) => event_text(event),
        Effect::Order(order) => order_text(order),
        Effect::TurnOpened {
            turn,
            speech_started: Some(at),
        } => format!("open turn {turn}, speech {}", ms(*at)),
        Effect::TurnOpened { turn, .. } => format!("open turn {turn}"),
        Effect::UserAudioComplete { turn } => format!("user audio {turn} complete"),
        Effect::Replay => "replay".to_owned(),
        Effect::ModeLost(failure) => format!("mode lost: {}", failure.message),
        Effect::CloseMode => "close mode".to_owned(),
        Effect::TurnFinished(turn) => format!("finish {}", turn_text(turn)),
        Effect::TranscriptAmended(amended) => format!("amend {}: {}", amended.turn, amended.text),
    }
}

fn order_text(order: &ModeOrder) -> String {
    let number = |generation: Generation| {
        let text = format!("{generation:?}");
        text.trim_matches(|c: char| !c.is_ascii_digit()).to_owned()
    };
    match order {
        ModeOrder::Commit(generation) => format!("order commit @{}", number(*generation)),
        ModeOrder::Greet(generation) => format!("order greet @{}", number(*generation)),
        ModeOrder::Interrupt { generation, heard } => {
            let heard = heard.map_or(String::new(), |heard| format!(", {}", heard_text(&heard)));
            format!("order interrupt @{}{heard}", number(*generation))
        }
        ModeOrder::CutBefore(heard) => format!("order cut before, {}", heard_text(heard)),
        ModeOrder::Heard(heard) => format!("order {}", heard_text(heard)),
        ModeOrder::SpeechBegan { ago } => format!("order speech began {} ms ago", ago.as_millis()),
        ModeOrder::Prepare => "order prepare".to_owned(),
        ModeOrder::EndTurn => "order end turn".to_owned(),
        ModeOrder::GoOn { generation } => format!("order go on @{}", number(*generation)),
    }
}

fn heard_text(heard: &Heard) -> String {
    format!("heard {} ms, {} chars", heard.audio.as_millis(), heard.chars)
}

fn event_text(event: &Event) -> String {
    match event {
        Event::SpeechStarted { at } => format!("speech started {}", ms(*at)),
        Event::SpeechEnded { at, duration } => {
            format!("speech ended {}, {} ms", ms(*at), duration.as_millis())
        }
        Event::UserTranscript { turn, text, is_final } => {
            format!("user {turn} {}: {text}", if *is_final { "said" } else { "says" })
        }
        Event::AiTranscript { turn, text } => format!("ai {turn} said: {text}"),
        Event::ResponseStarted { turn, at } => format!("response {turn} started {}", ms(*at)),
        Event::TextDelta { turn, delta } => format!("text {turn}: {delta}"),
        Event::Audio {
            turn,
            position,
            samples,
            is_last,
        } => {
            let last = if *is_last { ", last" } else { "" };
            format!("audio {turn} at {position}: {}{last}", samples.len())
        }
        Event::Interrupted { turn, at, reason } => {
            format!("interrupted {turn} {} by {}", ms(*at), reason.as_str())
        }
        Event::ResponseEnded {
            turn,
            interruption,
            repeats,
            false_interruptions,
            latency,
            usage,
        } => {
            let cut = interruption.map_or(String::new(), |reason| format!(" by {}", reason.as_str()));
            let repeats = if *repeats { ", repeats" } else { "" };
            format!(
                "response {turn} ended{cut}{repeats}{}{}{}",
                false_interruptions_text(*false_interruptions),
                latency_text(latency),
                usage_text(*usage)
            )
        }
        Event::LatencyProgress { turn, latency } => format!("so far {turn}{}", latency_text(latency)),
        Event::TurnLatency { turn, latency } => format!("latency {turn}{}", latency_text(latency)),
        Event::Notice(code) => format!("notice {code:?}"),
        Event::Failure { failure, recoverable } => {
            let how = if *recoverable { "failure" } else { "fatal failure" };
            format!("{how}: {}", failure.message)
        }
        Event::SessionEnded { status, summary } => {
            let latency = summary.latency.map_or(String::new(), |latency| {
                format!(
                    ", latency of {} avg {} ms",
                    latency.count,
                    latency.avg.as_millis()
                )
            });
            format!(
                "session {} after {} ms, {} turns, {} interrupted{latency}",
                SessionStatus::Ended(*status).as_str(),
                summary.duration.as_millis(),
                summary.turns,
                summary.interrupted
            )
        }
    }
}

fn false_interruptions_text(count: u32) -> String {
    match count {
        0 => String::new(),
        count => format!(", {count} false interruptions"),
    }
}

fn usage_text(usage: Option<Usage>) -> String {
    usage
        .and_then(|usage| usage.output_tokens)
        .map_or(String::new(), |tokens| format!(", {tokens} tokens"))
}

fn turn_text(turn: &FinishedTurn) -> String {
    let mut text = format!("{} {}..{}", turn.number, ms(turn.began), ms(turn.ended));
    let mut part = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = write!(text, ", {name} {value}");
        }
    };
    let quoted = |text: &str| (!text.is_empty()).then(|| format!("{text:?}"));
    part("user", turn.user_transcript.as_deref().and_then(quoted));
    part("heard", quoted(&turn.answer.heard));
    part("unheard", quoted(&turn.answer.unheard));
    part("played", turn.played.map(|played| played.as_millis().to_string()));
    part(
        "cut by",
        turn.interruption.map(|reason| reason.as_str().to_owned()),
    );
    part("stalled", turn.marks.stalled.map(|at| ms(at).to_string()));
    part(
        "failed",
        turn.failure.as_ref().and_then(|failure| quoted(&failure.message)),
    );
    text + &false_interruptions_text(turn.false_interruptions) + &usage_text(turn.usage)
}

fn latency_text(latency: &LatencyMetrics) -> String {
    let mut text = String::new();
    let mut part = |name: &str, value: Option<Duration>| {
        if let Some(value) = value {
            let _ = write!(text, ", {name} {}", value.as_millis());
        }
    };
    part("total", latency.total.map(|total| total.duration));
    part("endpointing", latency.endpointing);
    part("provider", latency.provider);
    part("stt", latency.stt);
    part("first token", latency.llm_ttft);
    part("first words", latency.llm_text);
    part("first byte", latency.tts_ttfb);
    part("overhead", latency.overhead);
    part("network", latency.network_playout);
    part(
        "silence",
        latency.leading_silence.filter(|silence| !silence.is_zero()),
    );
    part("interrupt", latency.interrupt);
    if let Some(rest) = latency.unexplained {
        let _ = write!(text, ", unexplained {}", rest.num_milliseconds());
    }
    if let Some(total) = latency.total {
        let _ = write!(text, ", by {}", total.measured.as_str());
    }
    text
}

#[test]
fn a_script_that_is_wrong_is_found() {
    let mut play = Play::new(super::session());
    play.line("5 opened");
    assert_eq!(play.lines, ["5 opened", "= Listening"]);
    play.line("due 0");
    assert_eq!(play.lines[2..], ["due 1740005", "> notice IdleLimitNear"]);
    assert_eq!(play.machine.state(), TurnState::Listening);
}
