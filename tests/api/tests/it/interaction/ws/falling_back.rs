//! A realtime provider that fails, over a real socket: what the client is told, and who hears what was said.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use serde_json::{Value, json};
use viva_audio::Clip;
use viva_domain::ports::{ProviderErrorKind, RealtimeEventKind};

use super::switching::{fail, is_answered, switch_to};
use crate::bench::{RATE, Server, Socket};

const WHY: &str = "provider offline: it cannot be reached";
/// Few messages: nothing is lost where all of it comes at once.
const FRAME_MS: usize = 100;

async fn start(socket: &mut Socket, fallback: &str) -> Value {
    socket
        .say(json!({"type": "start_session", "mode": "realtime", "fallback": fallback}))
        .await;
    let started = socket.json().await;
    assert_eq!(
        (&started["type"], &started["mode"]),
        (&json!("session_started"), &json!("realtime"))
    );
    started
}

/// Samples of so many ms.
fn samples(ms: usize) -> usize {
    ms * RATE as usize / 1_000
}

/// Somebody speaks from 500 to 3,879 ms.
fn question() -> Vec<i16> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/audio/tests/fixtures");
    let file = File::open(fixtures.join("question-en.wav")).unwrap();
    Clip::read(BufReader::new(file)).unwrap().samples
}

async fn speak(socket: &mut Socket, audio: &[i16]) {
    for frame in audio.chunks(samples(FRAME_MS)) {
        let bytes = frame.iter().flat_map(|sample| sample.to_le_bytes());
        socket.speak(bytes.collect()).await;
    }
}

#[tokio::test]
async fn a_provider_that_refuses_at_the_start_is_replaced_by_the_offered_cascade() {
    let server = Server::with_cascade().await;
    server.voice.faults().fail_next(1, ProviderErrorKind::Unavailable);
    let mut socket = server.connect().await;
    start(&mut socket, "ask").await;
    let offer = socket.json().await;
    assert_eq!(
        (&offer["type"], &offer["reason"]),
        (&json!("fallback_offered"), &json!(WHY))
    );
    socket.say(switch_to(&offer)).await;
    let switched = socket.json().await;
    assert_eq!(
        (&switched["type"], &switched["config"]),
        (&json!("mode_switched"), &offer["config"])
    );
    assert_eq!(is_answered(&mut socket).await, 1);
}

#[tokio::test]
async fn a_fallback_that_need_not_be_asked_for_comes_with_its_reason_and_without_an_offer() {
    for refuses in [true, false] {
        let server = Server::with_cascade().await;
        if refuses {
            server.voice.faults().fail_next(1, ProviderErrorKind::Unavailable);
        }
        let mut socket = server.connect().await;
        start(&mut socket, "auto").await;
        if !refuses {
            fail(&server);
        }
        let switched = socket.json().await;
        assert_eq!(
            (&switched["type"], &switched["mode"], &switched["reason"]),
            (&json!("mode_switched"), &json!("cascade"), &json!(WHY)),
            "{switched}"
        );
        assert_eq!(is_answered(&mut socket).await, 1);
    }
}

#[tokio::test]
async fn without_a_fallback_the_session_ends_with_its_provider() {
    let server = Server::with_cascade().await;
    let mut socket = server.connect().await;
    let started = start(&mut socket, "off").await;
    fail(&server);
    let error = socket.json().await;
    assert_eq!(
        (&error["type"], &error["code"], &error["recoverable"]),
        (&json!("error"), &json!("PROVIDER_UNAVAILABLE"), &json!(false))
    );
    let ended = socket.json().await;
    assert_eq!(
        (&ended["type"], &ended["session_id"], &ended["status"]),
        (&json!("session_ended"), &started["session_id"], &json!("error"))
    );
    assert!(
        server.ears.recorded().requests.is_empty(),
        "nobody else was asked"
    );
}

#[tokio::test]
async fn who_was_speaking_when_the_provider_failed_is_heard_from_the_beginning() {
    let server = Server::with_cascade().await;
    let mut socket = server.connect().await;
    start(&mut socket, "ask").await;
    let question = question();
    // Messages and what the provider says come to the session on two ways.
    let heard_until = async |ms| server.voice.until(|told| told.audio().len() == samples(ms)).await;
    speak(&mut socket, &question[..samples(1_000)]).await;
    heard_until(1_000).await;
    server.voice.say(RealtimeEventKind::SpeechStarted);
    socket.until("speech_started").await;
    speak(&mut socket, &question[samples(1_000)..samples(2_000)]).await;
    heard_until(2_000).await;
    fail(&server);
    let offer = socket.json().await;
    assert_eq!(offer["type"], "fallback_offered");
    speak(&mut socket, &question[samples(2_000)..samples(2_600)]).await;
    socket.say(switch_to(&offer)).await;
    assert_eq!(socket.json().await["type"], "mode_switched");
    speak(&mut socket, &question[samples(2_600)..samples(4_000)]).await;
    socket.say(json!({"type": "end_turn"})).await;
    assert_eq!(socket.until_audio().await.turn_number, 1, "it is the same turn");

    let heard = server.ears.recorded().audio();
    let began = samples(4_000) - heard.len();
    assert!(
        heard[..] == question[began..samples(4_000)],
        "nothing twice, and nothing is missing"
    );
    // The speech, and 300 ms of what was before it.
    assert!(began.abs_diff(samples(200)) <= samples(60), "{began}");
    socket.say(json!({"type": "end_session"})).await;
    let ended = socket.until("session_ended").await;
    assert_eq!(ended["summary"]["total_turns"], 1);
}
