//! Every input in every situation, also those that must do nothing.

mod answering;
mod giving;
mod waiting;

use std::collections::BTreeSet;

use super::kinds::{KINDS, kind_of};
use super::script::{Play, rows_of};
use super::session;
use crate::latency::SessionTime;
use crate::turns::MachineSettings;

/// Everything that the machine can be told, at 100 ms.
const INPUTS: [&str; 43] = [
    "opened",
    "mode leaves",
    "mode stays",
    "mode replaced",
    "mode replaced decides",
    "ready",
    "speech at 90",
    "speech pauses",
    "speech resumes",
    "silence at 90",
    "committed",
    "replayed",
    "replayed not",
    "interrupt",
    "interrupt 5",
    "barge-in on",
    "barge-in off",
    "ai start",
    "ai text Hi",
    "ai audio 10",
    "ai mark 5 2",
    "ai done",
    "ai failed oops",
    "ai dead oops",
    "ai hears hey",
    "ai heard hey",
    "ai reached transcribed",
    "ai@7 start",
    "ai@7 audio 10",
    "ai@7 done",
    "ai@7 dead oops",
    "sent 1",
    "play 1 started 0",
    "play 1 progress 5",
    "play 1 paused 5",
    "play 1 resumed 5",
    "play 1 stopped 5",
    "play 1 finished 20",
    "lost",
    "back",
    "tick",
    "end completed",
    "drained",
];

/// Tells each input to a machine that was told `before`, and compares what follows.
#[track_caller]
fn every_input(settings: MachineSettings, before: &str, expected: &str) {
    let mut nothing = Vec::new();
    let mut rows = Vec::new();
    for input in INPUTS {
        let mut play = Play::new(settings);
        let before: Vec<&str> = before.split(" | ").filter(|line| !line.is_empty()).collect();
        play.effects_of(&before);
        let effects = play.effects_of(&[&format!("100 {input}")]);
        if effects.is_empty() {
            nothing.push(input);
        } else {
            rows.push(input.to_owned());
            rows.extend(effects);
        }
    }
    rows.extend(
        nothing
            .chunks(6)
            .map(|inputs| format!("nothing: {}", inputs.join(", "))),
    );
    assert!(
        rows == rows_of(expected),
        "it went like this:\n\n{}\n\nand not like this:\n\n{expected}\n",
        rows.join("\n")
    );
}

#[test]
fn no_kind_of_input_is_left_out() {
    let play = Play::new(session());
    let kinds = INPUTS.map(|input| kind_of(&play.input(SessionTime::ZERO, input)));
    assert_eq!(BTreeSet::from(kinds), KINDS.iter().copied().collect());
}
