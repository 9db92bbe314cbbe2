//! Whole calls, in paused time.

mod ending;
mod failing;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use viva_audio::{Clip, SampleRate};
use viva_client::{Call, CallReport, Caller, ClientError, Happening, KeepAudio};
use viva_protocol::ws::*;

use crate::scripted::{Connector, Fate, LOUD, Server};

/// Timers of the runtime fire on whole milliseconds, late rather than early.
const TICK_MS: f64 = 1.0;

/// Asserts that two times are the same but for rounding.
#[track_caller]
fn assert_ms(actual: f64, expected: f64) {
    assert!(
        (actual - expected).abs() < 0.01,
        "{actual} ms instead of {expected} ms"
    );
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// 100 ms of silence, 200 ms of a tone, 200 ms of silence.
fn clip() -> Arc<Clip> {
    let mut samples = vec![0; 2_400];
    samples.extend((0..4_800).map(|n| if n / 24 % 2 == 0 { 8_000 } else { -8_000 }));
    samples.extend([0; 4_800]);
    Arc::new(Clip {
        rate: SampleRate::HZ_24K,
        samples,
    })
}

fn call() -> Call {
    let start = StartSession::new(&Interaction::Realtime(RealtimeConfig::default()));
    Call {
        expected_turns: Some(1),
        ..Call::new(start, clip())
    }
}

/// Makes the call against a server that follows the script, and returns what both saw.
async fn play<T>(
    call: &Call,
    fates: &[Fate],
    script: impl AsyncFnOnce(&mut UnboundedReceiver<Server>) -> T,
) -> (Result<CallReport, ClientError>, T) {
    let (connector, mut servers) = Connector::new(fates.iter().copied());
    let caller = Caller::new(connector);
    tokio::join!(caller.call(call, |_| {}), script(&mut servers))
}

/// The next connection, with its session started and the client ready.
async fn next_session(servers: &mut UnboundedReceiver<Server>) -> Server {
    let mut server = servers.recv().await.expect("the caller connects");
    server.expect_start().await;
    assert_eq!(server.next_message().await, Some(ClientMessage::Ready));
    server
}

#[tokio::test(start_paused = true)]
async fn a_question_is_asked_in_real_time_and_its_answer_heard() {
    let (report, (heard, reports)) = play(&call(), &[], async |servers| {
        let mut server = next_session(servers).await;
        server.hear_until(ms(500)).await;
        server.begin_answer(1).await;
        // 1.2 s of audio at once, as fast providers deliver it.
        server.send_audio(1, 0, 24_000, false).await;
        let text = TextDelta {
            turn_number: 1,
            delta: "It is".to_owned(),
            full_text: None,
        };
        server.send(ServerMessage::TextDelta(text)).await;
        server.send_audio(1, 24_000, 4_800, true).await;
        let mut reports = Vec::new();
        for event in [
            PlaybackEvent::Started,
            PlaybackEvent::Progress,
            PlaybackEvent::Progress,
            PlaybackEvent::Finished,
        ] {
            reports.push(server.expect_playback(event).await);
        }
        server.send(transcript("It is sunny.")).await;
        server.end_answer(1, false).await;
        (server.expect_end().await, reports)
    })
    .await;

    let first = heard[0].frame.position;
    for (number, frame) in heard.iter().enumerate() {
        let captured = u64::try_from(number).unwrap() * 20_000;
        assert_eq!(
            frame.frame.position,
            first + captured,
            "no frame is lost and no stamp drifts"
        );
        let sent = frame.arrived - heard[0].arrived;
        assert!(
            sent.as_micros().abs_diff(u128::from(captured)) <= 1_000,
            "frame {number} came after {sent:?}"
        );
    }
    let spoken: Vec<u8> = heard
        .iter()
        .flat_map(|heard| heard.frame.payload.to_vec())
        .collect();
    let expected: Vec<u8> = clip()
        .samples
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    assert_eq!(
        spoken[..expected.len()],
        expected,
        "the whole clip is sent, and nothing but the clip"
    );
    assert!(spoken[expected.len()..].iter().all(|byte| *byte == 0));

    // The answer came 500 ms into the capture, when the frame that ends there had arrived.
    let origin_ms = Duration::from_micros(first).as_secs_f64() * 1_000.0;
    let started = &reports[0];
    assert!((started.at - origin_ms - 500.0).abs() <= TICK_MS, "{started:?}");
    assert_ms(reports[1].played_ms, 500.0);
    assert_ms(reports[3].played_ms, 1_200.0);
    assert!((reports[3].at - started.at - 1_200.0).abs() < 0.01, "{reports:?}");

    let report = report.unwrap();
    assert!(report.is_success(), "{report:?}");
    assert_eq!(report.summary.unwrap().total_turns, 1);
    assert_eq!((report.frames_lost, report.resumed), (0, 0));
    let [turn] = report.turns.as_slice() else {
        panic!("one turn: {report:?}")
    };
    assert_eq!(
        (turn.ai_samples, turn.is_over, turn.interrupted, turn.underruns),
        (28_800, true, false, 0)
    );
    assert_eq!(turn.ai_transcript, "It is sunny.");
    assert_eq!(turn.latency.unwrap().total_ms, Some(200.0));
    assert!((turn.ai_rms_dbfs.unwrap() + 6.02).abs() < 0.01, "{turn:?}");
    // Speech ends 300 ms into the clip, and the answer is audible 500 ms into it.
    assert!((turn.heard_ms.unwrap() - 200.0).abs() <= TICK_MS, "{turn:?}");
    assert!(turn.ai_audio.is_empty(), "nobody asked for the audio");
}

fn transcript(text: &str) -> ServerMessage {
    ServerMessage::Transcript(Transcript {
        turn_number: 1,
        role: Role::Assistant,
        text: text.to_owned(),
        is_final: true,
        confidence: None,
    })
}

#[tokio::test(start_paused = true)]
async fn the_device_latency_is_part_of_what_is_heard() {
    let call = Call {
        device_latency: ms(60),
        keep_audio: KeepAudio::Yes,
        ..call()
    };
    let (report, at) = play(&call, &[], async |servers| {
        let mut server = next_session(servers).await;
        server.hear_until(ms(500)).await;
        server.begin_answer(1).await;
        server.send_audio(1, 0, 480, true).await;
        let started = server.expect_playback(PlaybackEvent::Started).await;
        let origin = Duration::from_micros(server.heard[0].frame.position);
        server.expect_playback(PlaybackEvent::Finished).await;
        server.end_answer(1, false).await;
        server.expect_end().await;
        started.at - origin.as_secs_f64() * 1_000.0
    })
    .await;
    assert!((at - 560.0).abs() <= TICK_MS, "{at}");
    let turns = report.unwrap().turns;
    assert!((turns[0].heard_ms.unwrap() - 260.0).abs() <= TICK_MS, "{turns:?}");
    assert_eq!(turns[0].ai_audio, vec![LOUD; 480]);
}

#[tokio::test(start_paused = true)]
async fn an_interruption_stops_the_playback_at_once_and_for_good() {
    let (report, stopped) = play(&call(), &[], async |servers| {
        let mut server = next_session(servers).await;
        server.hear_until(ms(500)).await;
        server.begin_answer(1).await;
        server.send_audio(1, 0, 24_000, false).await;
        server.expect_playback(PlaybackEvent::Started).await;
        server.hear_until(ms(740)).await;
        let interrupted = Interrupted {
            turn_number: 1,
            timestamp: 740.0,
            reason: InterruptReason::Speech,
        };
        server.send(ServerMessage::Interrupted(interrupted)).await;
        let stopped = server.expect_playback(PlaybackEvent::Stopped).await;
        // Audio of the old answer is still under way.
        server.send_audio(1, 24_000, 24_000, true).await;
        server.end_answer(1, true).await;
        let heard = server.expect_end().await;
        assert!(
            heard.len() < 60,
            "the caller does not wait for audio that nobody hears"
        );
        stopped
    })
    .await;
    assert!((stopped.played_ms - 240.0).abs() <= TICK_MS, "{stopped:?}");
    let report = report.unwrap();
    assert!(report.is_success(), "{report:?}");
    assert!(report.turns[0].interrupted);
    assert_ms(report.turns[0].played_ms, stopped.played_ms);
    assert!(
        report.latencies().is_empty(),
        "interrupted turns are counted apart"
    );
}

#[tokio::test(start_paused = true)]
async fn the_caller_waits_for_the_greeting() {
    let mut call = call();
    call.start.greeting = true;
    call.expected_turns = Some(2);
    let (report, heard) = play(&call, &[], async |servers| {
        let mut server = next_session(servers).await;
        server
            .send(ServerMessage::ResponseStarted(ResponseStarted {
                turn_number: 1,
                timestamp: 0.0,
            }))
            .await;
        server.send_audio(1, 0, 24_000, true).await;
        server.expect_playback(PlaybackEvent::Started).await;
        server.expect_playback(PlaybackEvent::Progress).await;
        server.expect_playback(PlaybackEvent::Finished).await;
        server.end_answer(1, false).await;
        server.hear_until(ms(1_600)).await;
        server.begin_answer(2).await;
        server.send_audio(2, 0, 480, true).await;
        server.expect_playback(PlaybackEvent::Started).await;
        server.expect_playback(PlaybackEvent::Finished).await;
        server.end_answer(2, false).await;
        server.expect_end().await
    })
    .await;
    assert!(report.unwrap().is_success());
    let loud: Vec<usize> = heard
        .iter()
        .enumerate()
        .filter(|(_, heard)| heard.frame.payload.iter().any(|b| *b != 0))
        .map(|(n, _)| n)
        .collect();
    // The greeting takes a second, so the clip begins with frame 50 or 51, and its tone 5 frames later.
    assert!(
        (55..=56).contains(&loud[0]),
        "the tone began with frame {}",
        loud[0]
    );
}

#[tokio::test(start_paused = true)]
async fn an_impossible_rate_is_refused_before_anything_is_sent() {
    let mut call = call();
    call.start.audio.input_rate = 11_025;
    let (report, ()) = play(&call, &[], async |_| {}).await;
    assert!(matches!(report, Err(ClientError::Answer { .. })), "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn observers_see_the_call_in_order() {
    let (connector, mut servers) = Connector::new([]);
    let mut seen = Vec::new();
    let mut last = Duration::ZERO;
    let call = call();
    let script = async {
        let mut server = next_session(&mut servers).await;
        server.hear_until(ms(500)).await;
        server.begin_answer(1).await;
        server.send_audio(1, 0, 480, true).await;
        server.expect_playback(PlaybackEvent::Started).await;
        server.expect_playback(PlaybackEvent::Finished).await;
        server.end_answer(1, false).await;
        server.expect_end().await;
    };
    let caller = Caller::new(connector);
    let talk = caller.call(&call, |event| {
        assert!(event.at >= last, "{event:?} is older than {last:?}");
        last = event.at;
        seen.push(match &event.what {
            Happening::ClipStarted => "clip".to_owned(),
            Happening::Message(message) => serde_json::to_value(message).unwrap()["type"]
                .as_str()
                .unwrap()
                .to_owned(),
            Happening::Playback(report) => format!("{:?}", report.event),
            Happening::Disconnected { .. } => "disconnected".to_owned(),
            Happening::Resumed => "resumed".to_owned(),
        });
    });
    let (report, ()) = tokio::join!(talk, script);
    assert!(report.unwrap().is_success());
    let expected = [
        "session_started",
        "clip",
        "speech_started",
        "speech_ended",
        "response_started",
        "Started",
        "Finished",
        "response_ended",
        "session_ended",
    ];
    assert_eq!(seen, expected);
}
