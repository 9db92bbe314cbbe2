//! When an answer was heard: what a finished turn says of it.

use std::time::Duration;

use super::session;
use crate::latency::{ClientTime, SessionTime};
use crate::turns::{
    Basis, Effect, FinishedTurn, Input, ModeInput, ModeOrder, Playback, PlaybackEvent, TurnMachine,
    TurnNumber,
};

use PlaybackEvent::{Finished, Paused, Progress, Resumed, Started, Stopped};

/// A turn whose answer of 1,000 ms came at 2,500 ms, was sent 10 ms later, and was played as the client reports: what, how
/// much, and when. It reports 5 ms later.
fn answered(reports: &[(PlaybackEvent, u64, u64)]) -> FinishedTurn {
    answered_as_reported(reports, |heard| heard + 5)
}

/// The same, reported at other times.
fn answered_as_reported(
    reports: &[(PlaybackEvent, u64, u64)],
    reported_at: impl Fn(u64) -> u64,
) -> FinishedTurn {
    let mut machine = TurnMachine::new(session());
    let mut effects = Vec::new();
    let at = SessionTime::from_millis;
    let captured = None;
    machine.handle(at(0), Input::Opened, &mut effects);
    machine.handle(
        at(1_200),
        Input::SpeechStarted {
            at: at(1_000),
            captured,
        },
        &mut effects,
    );
    let ended = Input::SpeechEnded {
        at: at(2_000),
        captured,
        decided: at(2_400),
    };
    machine.handle(at(2_400), ended, &mut effects);
    let commit = effects.iter().find_map(|effect| match effect {
        Effect::Order(ModeOrder::Commit(generation)) => Some(*generation),
        _ => None,
    });
    let generation = commit.expect("the turn is handed over");
    let mut say = |machine: &mut TurnMachine, what| {
        let said = Input::Mode {
            generation,
            at: at(2_500),
            what,
        };
        machine.handle(at(2_500), said, &mut effects);
    };
    say(&mut machine, ModeInput::Audio(vec![9; 1_000]));
    say(&mut machine, ModeInput::ResponseDone(None));
    let turn = TurnNumber::FIRST;
    machine.handle(at(2_510), Input::FirstAudioSent { turn }, &mut effects);
    for (event, played, heard) in reports {
        if *event == Stopped {
            machine.handle(at(*heard), Input::Interrupt { played: None }, &mut effects);
        }
        let report = Playback {
            turn,
            event: *event,
            played: Duration::from_millis(*played),
            at: ClientTime::from_micros(heard * 1_000),
            session_at: Some(at(*heard)),
        };
        machine.handle(at(reported_at(*heard)), Input::Playback(report), &mut effects);
    }
    machine.handle(at(60_000), Input::Tick, &mut effects);
    let finished = effects.into_iter().find_map(|effect| match effect {
        Effect::TurnFinished(finished) => Some(*finished),
        _ => None,
    });
    finished.expect("the turn is over")
}

/// Where the answer lies, in ms, and how that is known.
fn placed(reports: &[(PlaybackEvent, u64, u64)]) -> (Vec<(u128, u128)>, Basis) {
    places(&answered(reports))
}

fn places(turn: &FinishedTurn) -> (Vec<(u128, u128)>, Basis) {
    let placement = turn.placement.as_ref().expect("there was audio");
    let pieces = placement.pieces().iter();
    let ms = pieces.map(|piece| (piece.offset.as_millis(), piece.at.elapsed().as_millis()));
    (ms.collect(), placement.basis)
}

#[test]
fn what_the_client_played_lies_where_it_played_it() {
    let reports = [
        (Started, 0, 2_600),
        (Progress, 500, 3_103),
        (Finished, 1_000, 3_600),
    ];
    assert_eq!(placed(&reports), (vec![(0, 2_600)], Basis::Measured));
}

#[test]
fn an_answer_that_began_with_silence_began_before_it_was_heard() {
    let reports = [(Started, 120, 2_720), (Finished, 1_000, 3_600)];
    assert_eq!(placed(&reports), (vec![(0, 2_600)], Basis::Measured));
}

#[test]
fn a_pause_is_a_gap() {
    let reports = [
        (Started, 0, 2_600),
        (Paused, 200, 2_800),
        (Resumed, 200, 3_000),
        (Finished, 1_000, 3_800),
    ];
    assert_eq!(
        placed(&reports),
        (vec![(0, 2_600), (200, 3_000)], Basis::Measured)
    );
}

#[test]
fn a_client_that_ran_dry_is_late_with_the_rest() {
    let reports = [
        (Started, 0, 2_600),
        (Progress, 400, 3_000),
        (Finished, 1_000, 3_900),
    ];
    assert_eq!(
        placed(&reports),
        (vec![(0, 2_600), (400, 3_300)], Basis::Measured)
    );
}

#[test]
fn of_an_answer_that_was_cut_so_much_was_heard() {
    let reports = [(Started, 0, 2_600), (Stopped, 400, 3_000)];
    let finished = answered(&reports);
    assert_eq!(finished.played, Some(Duration::from_millis(400)));
    assert_eq!(placed(&reports), (vec![(0, 2_600)], Basis::Measured));
}

#[test]
fn a_report_is_faster_than_the_sound() {
    let reports = [
        (Started, 0, 2_600),
        (Progress, 500, 3_100),
        (Finished, 1_000, 3_600),
    ];
    let turn = answered_as_reported(&reports, |heard| heard - 70);
    assert_eq!(places(&turn), (vec![(0, 2_600)], Basis::Measured));
}

#[test]
fn nothing_is_heard_long_after_it_is_reported() {
    const YEAR: u64 = 365 * 24 * 3_600_000;
    let reports = [(Started, 0, YEAR), (Finished, 1_000, 3_605)];
    let turn = answered_as_reported(&reports, |heard| if heard == YEAR { 2_605 } else { heard + 5 });
    assert_eq!(places(&turn), (vec![(0, 2_605)], Basis::Measured));
}

#[test]
fn more_than_there_is_was_not_heard() {
    let reports = [
        (Started, 0, 2_600),
        (Progress, 5_000, 2_700),
        (Paused, 200, 2_800),
        (Resumed, 200, 3_000),
        (Finished, 1_000, 3_800),
    ];
    assert_eq!(
        placed(&reports),
        (vec![(0, 2_600), (200, 3_000)], Basis::Measured)
    );
}

#[test]
fn without_a_word_of_the_client_it_is_estimated() {
    assert_eq!(placed(&[]), (vec![(0, 2_510)], Basis::Estimated));
}
