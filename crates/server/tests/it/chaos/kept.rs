//! What is there afterwards, compared with what was told.

use std::fs;
use std::io::Cursor;

use serde_json::Value;
use tokio::time::{interval, timeout};
use viva_audio::Clip;
use viva_client::Side;
use viva_protocol::rest::{SessionDetail, SessionStatus, Turn};

use super::caller::{Caller, Told};
use crate::bench::{FRAME_TIME, Folder, PATIENCE, Server, recordings};

/// Why a turn is not whole.
pub(crate) const BROKEN_OFF: &str = "the server stopped during this turn";
/// Stored to the microsecond.
const TOLERANCE_MS: f64 = 0.002;
/// What a kill may cost of a recording: half a second that is not written yet, and what is on its way.
const COST: usize = 24_000;

/// The session, once its turns are these, which take a moment after an outage.
pub(crate) async fn session_with(server: &Server, caller: &Caller, turns: &[u16]) -> SessionDetail {
    let mut clock = interval(FRAME_TIME * 5);
    let mut last = None;
    let looking = async {
        loop {
            clock.tick().await;
            let found = server.client().session(caller.session).await;
            match found {
                Ok(found) if numbers(&found) == turns => return found,
                found => last = Some(found),
            }
        }
    };
    let found = timeout(PATIENCE, looking).await;
    found.unwrap_or_else(|_| panic!("turns {turns:?} are not stored: {last:?}"))
}

fn numbers(session: &SessionDetail) -> Vec<u16> {
    session.turns.iter().map(|turn| turn.turn_number).collect()
}

/// Everything that was told of a turn that is over, and its sound.
pub(crate) async fn assert_whole(server: &Server, caller: &Caller, turn: &Turn) {
    let number = turn.turn_number;
    assert_texts(&caller.told, turn);
    let [user, ai] = sounds(server, caller, turn).await;
    let user = user.expect("the user is recorded");
    assert!(
        is_part(&user, &caller.told.sent),
        "turn {number} is not what was said"
    );
    assert!(
        user.iter().any(|sample| sample.unsigned_abs() > 500),
        "turn {number} is silence"
    );
    let said = &caller.told.audio[&number];
    assert!(
        ai.as_ref() == Some(said),
        "turn {number}: {} samples were heard, {:?} are kept",
        said.len(),
        ai.map(|ai| ai.len())
    );
}

/// Everything that was told of a turn that is over but its sound.
pub(crate) fn assert_texts(told: &Told, turn: &Turn) {
    let number = turn.turn_number;
    assert_eq!(turn.failure, None, "turn {number}");
    assert_eq!(turn.user_transcript.as_ref(), told.user.get(&number));
    assert_eq!(turn.ai_transcript.as_ref(), told.ai.get(&number));
    assert!(turn.started_at <= turn.ended_at, "{turn:?}");
    let json = |latency| serde_json::to_value(latency).expect("it is JSON");
    let (kept, told) = (json(turn.latency), json(told.latency[&number]));
    assert!(is_close(&kept, &told), "turn {number}: {kept:#} is not {told:#}");
    assert!(turn.latency.total_ms.is_some(), "{turn:?}");
}

/// What is left of the turn that the server was killed in: so much of the user at least, in samples.
pub(crate) async fn assert_broken_off(
    server: &Server,
    caller: &Caller,
    turn: &Turn,
    said: usize,
) -> Vec<i16> {
    assert_eq!(turn.failure.as_deref(), Some(BROKEN_OFF), "{turn:?}");
    assert!(turn.started_at <= turn.ended_at, "{turn:?}");
    let [user, ai] = sounds(server, caller, turn).await;
    let user = user.expect("the user is recorded");
    assert!(is_part(&user, &caller.told.sent), "it is not what was said");
    assert!(
        user.len() + COST >= said,
        "{} of {said} samples are there",
        user.len()
    );
    ai.unwrap_or_default()
}

/// The session as a killed server leaves it, and nothing of it anywhere else.
pub(crate) fn assert_disconnected(session: &SessionDetail) {
    assert_eq!(session.session.status, SessionStatus::Disconnected);
    let ended = session.session.ended_at.expect("it is over");
    let last = session.turns.last().expect("there are turns");
    assert!(ended >= last.ended_at, "{session:?}");
}

/// Nothing waits any more.
pub(crate) async fn until_nothing_waits(folder: &Folder) {
    let emptied = until(|| waiting(folder).is_empty()).await;
    assert!(emptied, "it waits still: {:?}", waiting(folder));
}

/// Waits until it is so, and answers `false` when that takes too long.
pub(crate) async fn until(is_so: impl Fn() -> bool) -> bool {
    let mut clock = interval(FRAME_TIME * 5);
    let waiting = async {
        while !is_so() {
            clock.tick().await;
        }
    };
    timeout(PATIENCE, waiting).await.is_ok()
}

/// What is in the spool and the journal.
pub(crate) fn waiting(folder: &Folder) -> Vec<String> {
    let journal = fs::read_dir(folder.storage().join("journal")).expect("there is a journal");
    let journal = journal.flatten().map(|entry| entry.path());
    let waiting = recordings(&folder.storage().join("spool"))
        .into_iter()
        .chain(journal);
    waiting.map(|path| path.display().to_string()).collect()
}

async fn sounds(server: &Server, caller: &Caller, turn: &Turn) -> [Option<Vec<i16>>; 2] {
    let client = server.client();
    let mut sounds = [None, None];
    let sides = [(Side::User, turn.user_audio_ms), (Side::Ai, turn.ai_audio_ms)];
    for (sound, (side, length)) in sounds.iter_mut().zip(sides) {
        if length.is_some() {
            let wav = client.turn_audio(caller.session, turn.id, side).await;
            let wav = wav.expect("the recording is there");
            *sound = Some(Clip::read(Cursor::new(wav)).expect("it can be played").samples);
        }
    }
    sounds
}

fn is_part(part: &[i16], whole: &[i16]) -> bool {
    // Both have much silence, in which nothing is found quickly.
    let Some(silence) = part.iter().position(|sample| *sample != 0) else {
        return false;
    };
    let (silence, sound) = part.split_at(silence);
    let mut windows = whole.windows(sound.len()).enumerate();
    windows.any(|(at, window)| window == sound && whole[..at].ends_with(silence))
}

fn is_close(kept: &Value, told: &Value) -> bool {
    match (kept, told) {
        (Value::Number(kept), Value::Number(told)) => match (kept.as_f64(), told.as_f64()) {
            (Some(kept), Some(told)) => (kept - told).abs() <= TOLERANCE_MS,
            _ => false,
        },
        (Value::Object(kept), Value::Object(told)) => {
            kept.len() == told.len()
                && kept
                    .iter()
                    .all(|(name, value)| told.get(name).is_some_and(|told| is_close(value, told)))
        }
        (kept, told) => kept == told,
    }
}
