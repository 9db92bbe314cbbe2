//! Inputs and effects may be logged: what was said is not in them.

use super::script::Play;
use super::session;
use crate::latency::SessionTime;
use crate::turns::{Generation, Input, ModeInput};

#[test]
fn what_is_said_is_not_logged() {
    let mut play = Play::new(session());
    play.effects_of(&["0 opened", "10 speech", "20 silence"]);
    let said = [
        ModeInput::UserTranscript {
            text: "secret".to_owned(),
            is_final: true,
        },
        ModeInput::TextDelta("secret".to_owned()),
        ModeInput::Audio(vec![4_321; 3]),
        ModeInput::ResponseDone(None),
    ];
    let mut effects = Vec::new();
    let mut inputs = Vec::new();
    for what in said {
        let input = Input::Mode {
            generation: Generation::FIRST.next(),
            at: SessionTime::from_millis(30),
            what,
        };
        inputs.push(input.clone());
        play.machine
            .handle(SessionTime::from_millis(30), input, &mut effects);
    }
    play.machine
        .handle(SessionTime::from_millis(999), Input::Tick, &mut effects);
    let logged = format!("{inputs:?} {effects:?}");
    assert!(
        logged.contains("TurnFinished") && logged.contains("3 samples"),
        "{logged}"
    );
    assert!(!logged.contains("secret") && !logged.contains("4321"), "{logged}");
}
