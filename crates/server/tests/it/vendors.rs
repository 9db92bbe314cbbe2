//! Whole conversations with vendors whose delays are known: what `viva talk` reports must be the truth.

use std::future::Future;
use std::time::Duration;

use serde_json::Value;
use viva_fakes::Speech;
use viva_fakes::vendors::deepgram::{DeepgramScript, DeepgramServer, Spoken};
use viva_fakes::vendors::gemini::live::{LiveScript, LiveServer};
use viva_fakes::vendors::language_models::{ChatScript, ChatServer, ChatServerSettings, ChatVendor};
use viva_fakes::vendors::openai::realtime::{OpenAiRealtimeScript, OpenAiRealtimeServer, RealtimeAnswer};
use viva_fakes::vendors::openai_transcription::{OpenAiTranscriptionScript, OpenAiTranscriptionServer};
use viva_fakes::vendors::speech::{SpeechScript, SpeechServer, SpeechVendor};

use crate::bench::{Folder, Server, call};

/// How far a stage may be off from what the vendor's own clock says.
const TOLERANCE_MS: f64 = 5.0;
/// A machine that is busy with other tests is late now and then: each part must be exact in one of so many calls.
pub(crate) const CALLS: usize = 12;
/// And not far off in half of them.
pub(crate) const MEDIAN_MS: f64 = 50.0;
/// So many are made in any case, for the median.
pub(crate) const CALLS_AT_LEAST: usize = 3;

pub(crate) const STT: Duration = Duration::from_millis(150);
pub(crate) const LLM: Duration = Duration::from_millis(200);
pub(crate) const TTS: Duration = Duration::from_millis(120);
const REALTIME: Duration = Duration::from_millis(300);
pub(crate) const KEY: &str = "sk-of-everybody";

/// What a total consists of.
const PARTS: [&str; 10] = [
    "endpointing_ms",
    "provider_ms",
    "stt_ms",
    "llm_ttft_ms",
    "llm_text_ms",
    "tts_ttfb_ms",
    "overhead_ms",
    "network_playout_ms",
    "leading_silence_ms",
    UNEXPLAINED,
];
pub(crate) const UNEXPLAINED: &str = "unexplained_ms";

/// Asks a question with `viva talk`; answers the latency of the only turn, whose parts add up.
pub(crate) async fn talk(folder: &Folder, server: &Server, args: &[&str]) -> Value {
    let report = call(folder, server, "question-en", 1, args).await;
    assert!(!report.to_string().contains(KEY), "a key is in the report");
    let latency = find_latency(&report).unwrap_or_else(|| panic!("there is no latency in {report:#}"));
    let sum: f64 = PARTS.iter().filter_map(|part| latency[part].as_f64()).sum();
    // Each is rounded to the microsecond.
    let rounding = (sum - ms(&latency, "total_ms")).abs();
    assert!(rounding < 0.01, "the parts add up: {latency}");
    latency
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

pub(crate) fn ms(latency: &Value, part: &str) -> f64 {
    latency[part]
        .as_f64()
        .unwrap_or_else(|| panic!("{part} is measured: {latency}"))
}

/// A part of an answer's latency, and the vendor that makes it.
struct Part<'a> {
    name: &'static str,
    programmed: Duration,
    /// The delays that the vendor really made, by its own clock.
    delays: Box<dyn Fn() -> Vec<Duration> + 'a>,
}

fn part<'a>(name: &'static str, programmed: Duration, delays: impl Fn() -> Vec<Duration> + 'a) -> Part<'a> {
    Part {
        name,
        programmed,
        delays: Box::new(delays),
    }
}

/// Calls until every part was once what its vendor measured, and mostly near it, a few times at most; and as little was
/// unexplained. Answers the last call. On a busy machine a vendor is late too: what is compared is what it did, not what it was told to do.
#[expect(clippy::print_stderr, reason = "the figures are shown with --nocapture")]
async fn is_true<F: Future<Output = Value>>(mut call: impl FnMut() -> F, parts: &[Part<'_>]) -> Value {
    let mut names: Vec<&str> = parts.iter().map(|part| part.name).collect();
    names.push(UNEXPLAINED);
    let mut errors: Vec<Vec<f64>> = vec![Vec::new(); names.len()];
    for made in 1..=CALLS {
        let before: Vec<usize> = parts.iter().map(|part| (part.delays)().len()).collect();
        let latency = call().await;
        for ((part, errors), before) in parts.iter().zip(&mut errors).zip(before) {
            let name = part.name;
            let truth = (part.delays)()[before];
            assert!(truth >= part.programmed, "{name} took {truth:?} only");
            let error = ms(&latency, name) - truth.as_secs_f64() * 1_000.0;
            assert!(
                error > -1.0,
                "{name} is {error} ms shorter than the truth: {latency}"
            );
            errors.push(error);
        }
        let unexplained = latency[UNEXPLAINED].as_f64().unwrap_or_default();
        errors[parts.len()].push(unexplained.abs());
        for errors in &mut errors {
            errors.sort_by(f64::total_cmp);
        }
        let median = |errors: &[f64]| errors[errors.len() / 2];
        let is_exact = |errors: &Vec<f64>| errors[0] <= TOLERANCE_MS && median(errors) <= MEDIAN_MS;
        if errors.iter().all(is_exact) && made >= CALLS_AT_LEAST {
            for (name, errors) in names.iter().zip(&errors) {
                let (best, median) = (errors[0], median(errors));
                eprintln!(
                    "{name}: off by {best:.1} ms at best, {median:.1} ms in the median of {made} calls"
                );
            }
            return latency;
        }
    }
    panic!(
        "within {TOLERANCE_MS} ms in one call of {CALLS} and within {MEDIAN_MS} ms in half of them: {names:?} were off \
         by {errors:?} ms"
    );
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
    let parts = [
        part("stt_ms", STT, || deepgram.delays()),
        part("llm_ttft_ms", LLM, || openai.delays()),
        part("tts_ttfb_ms", TTS, || elevenlabs.delays()),
    ];
    let latency = is_true(call, &parts).await;

    let own_time = ms(&latency, "total_ms") - ms(&latency, "endpointing_ms");
    assert!(
        own_time < 1_000.0,
        "the first sentence was spoken while the second was written: {latency}"
    );
    for part in ["endpointing_ms", "llm_text_ms", "overhead_ms"] {
        ms(&latency, part);
    }
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
    is_true(call, &[part("provider_ms", REALTIME, || openai.delays())]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gemini_live_reports_the_truth() {
    let gemini = LiveServer::start(LiveScript {
        api_key: Some(KEY.to_owned()),
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
    is_true(call, &[part("provider_ms", REALTIME, || gemini.delays())]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_openais_place_is_sent_files_to_write_down() {
    // As the servers that people run: no key, no streams, and no transcription sessions.
    let whisper = OpenAiTranscriptionServer::start(OpenAiTranscriptionScript {
        api_key: None,
        streams: false,
        ..OpenAiTranscriptionScript::default()
    })
    .await
    .expect("it starts");
    let folder = Folder::new();
    let server = folder
        .serve_with(&[("VIVA__PROVIDERS__OPENAI__BASE_URL", whisper.base_url())])
        .await;
    talk(&folder, &server, &["--mode", "cascade", "--stt", "openai"]).await;
    let uploads = whisper.uploads();
    let models: Vec<Option<&str>> = uploads.iter().map(|upload| upload.field("model")).collect();
    assert_eq!(models, [Some("whisper-1")]);
    assert!(!uploads[0].has_key && whisper.requests().is_empty());
}
