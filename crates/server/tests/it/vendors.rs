//! Whole conversations with vendors whose delays are known: what `viva talk` reports must be the truth.

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use viva_fakes::Speech;
use viva_fakes::vendors::deepgram::{DeepgramScript, DeepgramServer, Spoken};
use viva_fakes::vendors::gemini::live::{LiveScript, LiveServer};
use viva_fakes::vendors::language_models::{ChatScript, ChatServer, ChatServerSettings, ChatVendor};
use viva_fakes::vendors::openai::realtime::{OpenAiRealtimeScript, OpenAiRealtimeServer, RealtimeAnswer};
use viva_fakes::vendors::speech::{SpeechScript, SpeechServer, SpeechVendor};

use crate::bench::{Folder, Server, output};

/// How far a stage may be off. An idle machine stays within 5 ms; this one runs other tests as well.
const TOLERANCE_MS: f64 = 20.0;
/// A machine that is busy with other tests is late now and then: each part must be exact in one of so many calls.
const CALLS: usize = 8;

const STT: Duration = Duration::from_millis(150);
const LLM: Duration = Duration::from_millis(200);
const TTS: Duration = Duration::from_millis(120);
const REALTIME: Duration = Duration::from_millis(300);
const KEY: &str = "sk-of-everybody";

/// Calls the server with `viva talk`; answers the latency of the only turn, with its parts.
async fn talk(folder: &Folder, server: &Server, args: &[&str]) -> Value {
    let wav = Path::new(env!("CARGO_MANIFEST_DIR")).join("../audio/tests/fixtures/question-en.wav");
    let wav = wav.to_str().expect("the path is text");
    let fixed = [
        "talk",
        "--json",
        "--turns",
        "1",
        "--url",
        server.url(),
        "--wav",
        wav,
    ];
    let args: Vec<&str> = fixed.iter().chain(args).copied().collect();
    let output = output(&mut folder.viva(&args)).await;
    let report: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    assert!(
        output.status.success(),
        "{}\n{report:#}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!text.contains(KEY), "a key is in the report");
    find_latency(&report).unwrap_or_else(|| panic!("there is no latency in {report:#}"))
}

fn find_latency(report: &Value) -> Option<Value> {
    match report {
        Value::Object(fields) => match fields.get("latency") {
            // Of a turn; the distributions of the whole call bear the same name.
            Some(latency) if latency["total_ms"].is_number() => Some(latency.clone()),
            _ => fields.values().find_map(find_latency),
        },
        Value::Array(items) => items.iter().find_map(find_latency),
        _ => None,
    }
}

fn ms(latency: &Value, part: &str) -> f64 {
    latency[part]
        .as_f64()
        .unwrap_or_else(|| panic!("{part} is measured: {latency}"))
}

/// Calls until every part was once what it was programmed to be, a few times at most; answers the last call.
async fn is_true_once<F: Future<Output = Value>>(
    mut call: impl FnMut() -> F,
    truth: &[(&str, Duration)],
) -> Value {
    let mut doubted = truth.to_vec();
    let mut seen = Vec::new();
    while seen.len() < CALLS {
        let latency = call().await;
        doubted.retain(|(part, programmed)| {
            let programmed = programmed.as_secs_f64() * 1_000.0;
            let error = ms(&latency, part) - programmed;
            assert!(error > -1.0, "{part} is shorter than the truth: {latency}");
            error > TOLERANCE_MS
        });
        if doubted.is_empty() {
            return latency;
        }
        seen.push(latency);
    }
    panic!("no call of {CALLS} was within {TOLERANCE_MS} ms of {doubted:?}: {seen:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cascade_of_three_vendors_reports_the_truth() {
    let deepgram = DeepgramServer::start(DeepgramScript {
        api_key: KEY.to_owned(),
        ..DeepgramScript::default()
    })
    .await
    .expect("it starts");
    let openai = ChatServer::start(ChatServerSettings {
        key: Some(KEY.to_owned()),
        ..ChatServerSettings::of(ChatVendor::OpenAi)
    })
    .await
    .expect("it starts");
    let elevenlabs = SpeechServer::start(
        SpeechVendor::ElevenLabs,
        SpeechScript {
            api_key: Some(KEY.to_owned()),
            ..SpeechScript::default()
        },
    )
    .await
    .expect("it starts");
    let folder = Folder::new();
    let server = folder
        .serve_with(&[
            ("VIVA__PROVIDERS__DEEPGRAM__BASE_URL", deepgram.base_url()),
            ("VIVA__PROVIDERS__OPENAI__BASE_URL", openai.base_url()),
            ("VIVA__PROVIDERS__ELEVENLABS__BASE_URL", elevenlabs.base_url()),
            ("DEEPGRAM_API_KEY", KEY.to_owned()),
            ("OPENAI_API_KEY", KEY.to_owned()),
            ("VIVA__PROVIDERS__ELEVENLABS__API_KEY", KEY.to_owned()),
        ])
        .await;
    let model = openai.settings().model.clone();
    let args = [
        "--mode",
        "cascade",
        "--stt",
        "deepgram",
        "--llm",
        "openai",
        "--llm-model",
        &model,
        "--tts",
        "elevenlabs",
        "--tts-model",
        "test_v2_5",
        "--voice",
        "anna",
    ];
    let call = || {
        deepgram.hear(Spoken::of("How late is it?").after(STT));
        // The first sentence is there at once, the second a second later: it is spoken meanwhile.
        openai.script(
            ChatScript::new()
                .wait(LLM)
                .text("It is late already, I am afraid. ")
                .wait(Duration::from_secs(1))
                .text("You should go home now, and sleep.")
                .done(),
        );
        for _ in 0..2 {
            elevenlabs.speak(Speech::of(Duration::from_millis(900)).after(TTS));
        }
        talk(&folder, &server, &args)
    };
    let truth = [("stt_ms", STT), ("llm_ttft_ms", LLM), ("tts_ttfb_ms", TTS)];
    let latency = is_true_once(call, &truth).await;

    let own_time = ms(&latency, "total_ms") - ms(&latency, "endpointing_ms");
    assert!(
        own_time < 1_000.0,
        "the first sentence was spoken while the second was written: {latency}"
    );
    let sum: f64 = [
        "endpointing_ms",
        "stt_ms",
        "llm_ttft_ms",
        "llm_text_ms",
        "tts_ttfb_ms",
        "overhead_ms",
        "network_playout_ms",
    ]
    .iter()
    .map(|part| ms(&latency, part))
    .sum();
    assert!(
        (sum - ms(&latency, "total_ms")).abs() < 0.01,
        "the parts add up: {latency}"
    );
    assert_eq!(elevenlabs.requests().len() % 2, 0, "two sentences each");
}

#[tokio::test(flavor = "multi_thread")]
async fn openai_realtime_reports_the_truth() {
    let openai = OpenAiRealtimeServer::start(OpenAiRealtimeScript {
        api_key: Some(KEY.to_owned()),
        first_audio: REALTIME,
        ..OpenAiRealtimeScript::default()
    })
    .await
    .expect("it starts");
    let folder = Folder::new();
    let server = folder
        .serve_with(&[
            ("VIVA__PROVIDERS__OPENAI__BASE_URL", openai.base_url()),
            ("OPENAI_API_KEY", KEY.to_owned()),
        ])
        .await;
    // The session finds turns itself: only then is it known to the millisecond when the provider was asked.
    let args = ["--provider", "openai", "--option", "turn_detection=none"];
    let call = || {
        openai.answer(RealtimeAnswer::of("It is late."));
        talk(&folder, &server, &args)
    };
    is_true_once(call, &[("provider_ms", REALTIME)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gemini_live_reports_the_truth() {
    let gemini = LiveServer::start(LiveScript {
        api_key: KEY.to_owned(),
        thinking: REALTIME,
        ..LiveScript::default()
    })
    .await
    .expect("it starts");
    let folder = Folder::new();
    let server = folder
        .serve_with(&[
            ("VIVA__PROVIDERS__GEMINI__BASE_URL", gemini.base_url()),
            ("GEMINI_API_KEY", KEY.to_owned()),
        ])
        .await;
    let call = || talk(&folder, &server, &["--provider", "gemini"]);
    is_true_once(call, &[("provider_ms", REALTIME)]).await;
}
