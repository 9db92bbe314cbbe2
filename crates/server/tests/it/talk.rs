//! `viva talk` as people read it: what happened, line by line, and a table of how long it took.

use std::path::Path;

use crate::bench::{Folder, can_be_heard, output, read_wav, recordings};

/// Plays a recording to a server of its own, and answers what was printed when everything is as many turns long.
async fn talk(clip: &str, turns: usize) -> String {
    let wav = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../audio/tests/fixtures")
        .join(clip);
    let wav = wav.with_extension("wav");
    let wav = wav.to_str().expect("the path is text");
    let folder = Folder::new();
    let server = folder.serve().await;
    let args = [
        "talk",
        "--option",
        "delay_ms=0",
        "--url",
        server.url(),
        "--wav",
        wav,
    ];
    let output = output(&mut folder.viva(&args)).await;
    let (said, complaints) = (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr),
    );
    assert_eq!(output.status.code(), Some(0), "{clip}: {complaints}\n{said}");

    let numbers: Vec<String> = (1..=turns).map(|number| number.to_string()).collect();
    for number in &numbers {
        assert!(is_answered(&said, number), "{clip}, turn {number}: {said}");
    }
    assert_eq!(first_column(&said), numbers, "{clip}: {said}");
    let closing = format!("1 runs, 0 failed; {turns} turns, ");
    assert!(said.contains(&closing), "{clip}: {said}");
    let stored = server
        .client()
        .session(session(&said))
        .await
        .expect("it is stored");
    let stored: Vec<String> = stored
        .turns
        .iter()
        .map(|turn| turn.turn_number.to_string())
        .collect();
    assert_eq!(stored, numbers, "{clip}: {said}");
    let kept = recordings(&folder.storage());
    assert_eq!(kept.len(), 2 * turns, "{clip}: {kept:?}");
    for recording in kept {
        let is_heard = can_be_heard(&read_wav(&recording));
        assert!(is_heard, "{clip}: {} is silent", recording.display());
    }
    said
}

/// Whether the AI was heard in a turn, and what it said is there.
fn is_answered(said: &str, turn: &str) -> bool {
    let of_turn = format!("  turn {turn}: ");
    let mut happenings = said.lines().filter_map(|line| Some(line.split_once(&of_turn)?.1));
    happenings.any(|happening| happening == "the AI is audible")
        && happenings.any(|happening| {
            happening
                .strip_prefix("AI: ")
                .is_some_and(|words| !words.is_empty())
        })
}

/// The turns that have a row in the table of latencies.
fn first_column(said: &str) -> Vec<&str> {
    let lines = said.lines().skip_while(|line| *line != "Latencies in ms");
    let rows = lines.skip(2).take_while(|line| !line.is_empty());
    rows.filter_map(|row| row.split_whitespace().next()).collect()
}

fn session(said: &str) -> uuid::Uuid {
    let started = said
        .lines()
        .find_map(|line| line.split_once("session ")?.1.strip_suffix(" started"));
    started
        .and_then(|id| id.parse().ok())
        .expect("the session's id is said")
}

async fn a_question_is_told_line_by_line() {
    let said = talk("question-en", 1).await;
    let mut lines = said.lines();
    for happening in [
        "  the caller begins",
        "  the user speaks",
        "  the user stopped after 3.",
        "  turn 1: the AI answers",
        "  turn 1: the AI is audible",
        "  turn 1: AI: ",
        "  turn 1: over",
        "  session ended, 1 turns",
        "Latencies in ms",
        "Over all turns that were not interrupted, in ms",
    ] {
        assert!(
            lines.any(|line| line.contains(happening)),
            "no {happening:?} in its place: {said}"
        );
    }
}

/// They take as long as the recordings do, so they run side by side.
#[tokio::test(flavor = "multi_thread")]
async fn every_turn_is_told_measured_and_kept() {
    tokio::join!(
        a_question_is_told_line_by_line(),
        talk("three-turns-en", 3),
        talk("two-turns-zh", 2)
    );
}
