//! Whatever comes in whatever order.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone, Copy)]
enum Step {
    Audio,
    SpeechBegan,
    Commit,
    Greet,
    Interrupt,
    EndTurn,
    Says,
    Heard,
    Interrupted,
    Generated,
    Complete,
    Handle,
    GoAway,
    Breaks,
    Linked,
    Wait,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    use Step::*;
    let step = prop::sample::select(vec![
        Audio,
        SpeechBegan,
        Commit,
        Greet,
        Interrupt,
        EndTurn,
        Says,
        Heard,
        Interrupted,
        Generated,
        Complete,
        Handle,
        GoAway,
        Breaks,
        Linked,
        Wait,
    ]);
    prop::collection::vec(step, 0..80)
}

/// What the session sees of the answers, and what the server sees of the turns.
#[derive(Default)]
struct Seen {
    answer: Option<Generation>,
    /// The generation in which something was asked, until it was answered.
    asked: Option<Generation>,
    is_active: bool,
    is_down: bool,
    is_over: bool,
}

impl Seen {
    fn of(&mut self, lines: &[String], generation: Generation, finds_turns: bool) {
        for line in lines {
            let word = line.split([' ', ':', ',']).next().unwrap_or_default();
            match word {
                "started" => {
                    assert!(self.answer != Some(generation), "it has begun");
                    if finds_turns {
                        assert_eq!(self.asked.take(), Some(generation), "nobody asked");
                    }
                    self.answer = Some(generation);
                }
                "text" | "audio" => assert_eq!(self.answer, Some(generation), "it has not begun"),
                "done" => assert_eq!(self.answer.take(), Some(generation), "it has not begun"),
                "failed" => {
                    assert!(self.answer.take().is_some() || self.asked.take().is_some());
                }
                "relink" => {
                    (self.is_down, self.is_active) = (true, false);
                }
                "over" => self.is_over = true,
                "send" => {
                    assert!(!self.is_down, "{line} without a connection");
                    if line == "send start" {
                        assert!(!self.is_active, "started twice");
                        self.is_active = true;
                    } else if line == "send end" {
                        assert!(self.is_active, "ended what had not begun");
                        self.is_active = false;
                    } else if finds_turns && line.ends_with(" ms") {
                        assert!(self.is_active, "audio outside of a turn");
                    }
                }
                _ => {}
            }
        }
    }
}

fn play(turn_taking: TurnTaking, steps: Vec<Step>) {
    let mut bench = Bench::with(turn_taking, ClientContentUse::HistoryOnly);
    let finds_turns = turn_taking == TurnTaking::Session;
    let mut seen = Seen::default();
    bench.gets_handle("first");
    for step in steps {
        // Commands for providers that leave finding turns to the session.
        if !finds_turns && matches!(step, Step::Commit | Step::SpeechBegan) {
            continue;
        }
        if matches!(step, Step::Commit | Step::Greet | Step::Interrupt) {
            seen.answer = None;
            let next = bench.generation.next();
            seen.asked = (!matches!(step, Step::Interrupt)).then_some(next);
        }
        let says_something = matches!(
            step,
            Step::Says
                | Step::Heard
                | Step::Interrupted
                | Step::Generated
                | Step::Complete
                | Step::Handle
                | Step::GoAway
                | Step::Breaks
        );
        if says_something && seen.is_down || matches!(step, Step::Linked) && !seen.is_down {
            continue;
        }
        if matches!(step, Step::Linked) {
            seen.is_down = false;
        }
        let lines = match step {
            Step::Audio => bench.audio(),
            Step::SpeechBegan => {
                seen.answer = None;
                seen.asked = seen.asked.filter(|_| seen.is_active);
                bench.began_ago(20)
            }
            Step::Commit => bench.commit(),
            Step::Greet => bench.greet(),
            Step::Interrupt => bench.interrupt(),
            Step::EndTurn => bench.command(RealtimeCommand::EndTurn),
            Step::Says => bench.hears(says(3, "word")),
            Step::Heard => bench.hears(heard("word")),
            Step::Interrupted => bench.hears(interrupted()),
            Step::Generated => bench.hears(generated()),
            Step::Complete => bench.hears(complete()),
            Step::Handle => bench.hears(resumable("next")),
            Step::GoAway => bench.hears(go_away("10s")),
            Step::Breaks => bench.breaks(),
            Step::Linked => bench.relinked(),
            Step::Wait => bench.wait(500),
        };
        seen.of(&lines, bench.generation, finds_turns);
        if seen.is_over {
            return;
        }
    }
}

proptest! {
    #[test]
    fn answers_begin_once_and_end_once(steps in steps()) {
        play(TurnTaking::Session, steps);
    }

    #[test]
    fn a_server_that_finds_turns_is_understood(steps in steps()) {
        play(TurnTaking::Server, steps);
    }
}
