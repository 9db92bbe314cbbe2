//! How soon a vendor sees that nobody needs its answer any more: until then it may go on to charge for it.

use std::cell::Cell;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::{interval, timeout};
use viva_client::{Conversation, Distribution, Event};
use viva_fakes::Speech;
use viva_fakes::vendors::RecordedLine;
use viva_fakes::vendors::gemini::live::{LiveAnswer, LiveConnection, LiveScript, LiveServer};
use viva_fakes::vendors::language_models::{ChatScript, ChatServer, ChatServerSettings, ChatVendor};
use viva_fakes::vendors::openai::realtime::{
    OpenAiRealtimeScript, OpenAiRealtimeServer, RealtimeAnswer, RealtimeHost,
};
use viva_fakes::vendors::speech::{SpeechRequest, SpeechScript, SpeechServer, SpeechVendor};
use viva_protocol::ws::{
    CascadeConfig, ClientMessage, Interaction, RealtimeConfig, ServerMessage, StartSession,
};

use crate::bench::{FRAME, FRAME_TIME, Folder, PATIENCE, Server, clip, until};

/// From the client's wish, which decides it, to what the vendor sees of it, where the machine holds nothing up.
const LIMIT_MS: f64 = 30.0;
/// In half of all tries, with whatever else the machine has to do.
const MEDIAN_MS: f64 = 150.0;
/// So many that the longest is not the 95th percentile.
const TRIES: usize = 20;
/// The part of the recording that is said each time: where its speech begins, and enough of it to be some.
const WORDS: std::ops::Range<usize> = 12_000..31_200;

const KEY: &str = "sk-of-everybody";
/// An answer that takes longer than any try.
const LENGTH: Duration = Duration::from_mins(1);
/// Until the first audio, so that the next piece is asked for by then.
const AHEAD: Duration = Duration::from_millis(100);

async fn start(server: &Server, interaction: &Interaction) -> Conversation {
    let connection = server.client().connect().await.expect("it takes connections");
    let start = StartSession::new(interaction);
    connection.start(start).await.expect("the session starts")
}

/// Says something, in real time, and waits for the first audio of the turn's answer.
async fn ask(conversation: &mut Conversation, words: &[i16], captured: &mut Duration, turn: usize) {
    let mut clock = interval(FRAME_TIME);
    for frame in words.chunks(FRAME) {
        clock.tick().await;
        conversation
            .send_audio(frame, *captured)
            .expect("the session goes on");
        *captured += FRAME_TIME;
    }
    conversation
        .send(&ClientMessage::EndTurn)
        .await
        .expect("the session goes on");
    loop {
        let event = conversation.next_event().await.expect("the session goes on");
        if let Event::Audio { frame, .. } = event
            && usize::from(frame.turn_number) == turn
        {
            return;
        }
    }
}

/// Has a vendor answer and interrupts it, again and again. `seen` waits until the vendor saw that for so many times, and says
/// when that was.
#[expect(clippy::print_stderr, reason = "the figures are shown with --nocapture")]
async fn sees_it_at_once(
    vendor: &str,
    server: &Server,
    interaction: Interaction,
    seen: impl AsyncFn(usize) -> Instant,
) {
    let mut conversation = start(server, &interaction).await;
    let words = &clip("question-en").samples[WORDS];
    let mut captured = Duration::from_secs(100);
    let mut took = Vec::new();
    for tried in 1..=TRIES {
        let asked = ask(&mut conversation, words, &mut captured, tried);
        timeout(PATIENCE, asked).await.expect("the AI answers");
        let interrupted = Instant::now();
        conversation.interrupt(None).await.expect("the session goes on");
        let is_interrupted = |message: &ServerMessage| matches!(message, ServerMessage::Interrupted(_));
        let (_, seen) = tokio::join!(
            until(&mut conversation, is_interrupted),
            timeout(PATIENCE, seen(tried))
        );
        let after = seen.expect("it sees it").saturating_duration_since(interrupted);
        took.push(after.as_secs_f64() * 1_000.0);
    }
    let took: Distribution = took.into_iter().collect();
    let figures = [took.min(), took.percentile(50), took.percentile(95), took.max()];
    let [best, p50, p95, max] = figures.map(|figure| figure.expect("it was tried"));
    eprintln!(
        "{vendor}: seen after {best:.1} ms at best, p50 {p50:.1}, p95 {p95:.1}, max {max:.1} ms of {TRIES} tries"
    );
    assert!(
        best <= LIMIT_MS && p50 <= MEDIAN_MS,
        "{vendor}: seen after {best} ms at best, {p50} ms in the median"
    );
}

async fn a_model_is_hung_up_on(vendor: ChatVendor, id: &str) {
    // It never ends: whoever is not hung up on stays.
    let chat = ChatServer::start(ChatServerSettings {
        key: Some(KEY.to_owned()),
        otherwise: ChatScript::new()
            .text("It is late already, I am afraid. And so on. ")
            .wait(LENGTH),
        ..ChatServerSettings::of(vendor)
    })
    .await
    .expect("it starts");
    let folder = Folder::new();
    let server = folder.serve_at(id, chat.base_url(), KEY).await;
    let config = CascadeConfig {
        llm_provider: id.to_owned(),
        llm_model: Some(chat.settings().model.clone()),
        ..CascadeConfig::default()
    };
    let interaction = Interaction::Cascade(config);
    let name = format!("{id}, language model");
    sees_it_at_once(&name, &server, interaction, async |_: usize| chat.closed().await).await;
}

async fn a_voice_is_hung_up_on(vendor: SpeechVendor, id: &str, model: &str) {
    let script = SpeechScript {
        api_key: Some(KEY.to_owned()),
        ..SpeechScript::default()
    };
    let voice = SpeechServer::start(vendor, script).await.expect("it starts");
    let speech = Speech::of(LENGTH).at_speaking_speed();
    for _ in 0..TRIES {
        // What is heard, a little later than what comes after it is asked for.
        voice.speak(speech.after(AHEAD));
        voice.speak(speech);
    }
    let folder = Folder::new();
    let server = folder.serve_at(id, voice.base_url(), KEY).await;
    let options = [
        (
            "llm_answers",
            json!(["It is late already, I am afraid. You should go home."]),
        ),
        ("llm_tokens_per_second", json!(10_000)),
    ];
    let config = CascadeConfig {
        tts_provider: id.to_owned(),
        tts_model: Some(model.to_owned()),
        tts_voice: Some("anna".to_owned()),
        options: options
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        ..CascadeConfig::default()
    };
    let are_closed = |requests: &[SpeechRequest]| requests.iter().all(|request| request.closed.is_some());
    let turns = Cell::new(0);
    let seen = async |tried: usize| {
        turns.set(tried);
        let requests = voice.until(are_closed).await;
        let closed = requests.iter().filter_map(|request| request.closed).max();
        closed.expect("it was asked")
    };
    let name = format!("{id}, voice");
    sees_it_at_once(&name, &server, Interaction::Cascade(config), seen).await;
    assert!(
        voice.requests().len() > turns.get(),
        "nothing was asked for ahead"
    );
}

async fn a_realtime_answer_is_cancelled(host: RealtimeHost, id: &str) {
    let openai = OpenAiRealtimeServer::start(OpenAiRealtimeScript {
        host,
        api_key: Some(KEY.to_owned()),
        ..OpenAiRealtimeScript::default()
    })
    .await
    .expect("it starts");
    for _ in 0..TRIES {
        let answer = RealtimeAnswer::of("It is late already.").lasting(60_000);
        openai.answer(answer.paced(Duration::from_millis(50)));
    }
    let folder = Folder::new();
    let server = folder.serve_at(id, openai.base_url(), KEY).await;
    let cancelled = |line: &RecordedLine| {
        let types = line.types();
        types.iter().filter(|kind| **kind == "response.cancel").count()
    };
    let seen = async |tried: usize| {
        openai.until(|lines| cancelled(&lines[0]) == tried).await;
        Instant::now()
    };
    let config = RealtimeConfig {
        realtime_provider: id.to_owned(),
        realtime_model: Some("speaks-2".to_owned()),
        options: [("turn_detection".to_owned(), "none".into())]
            .into_iter()
            .collect(),
        ..RealtimeConfig::default()
    };
    let name = format!("{id}, realtime");
    sees_it_at_once(&name, &server, Interaction::Realtime(config), seen).await;
}

async fn a_live_answer_is_stopped() {
    let words = "It is late already, I am afraid. ".repeat(20);
    let gemini = LiveServer::start(LiveScript {
        api_key: Some(KEY.to_owned()),
        thinking: Duration::ZERO,
        pace: Duration::from_millis(50),
        answers: vec![LiveAnswer::saying(&words, "What is it?")],
        ..LiveScript::default()
    })
    .await
    .expect("it starts");
    let folder = Folder::new();
    let server = folder.serve_at("gemini", gemini.base_url(), KEY).await;
    // Who speaks next has been announced by that: it is told once for both.
    let started = |connection: &LiveConnection| {
        let is_start = |message: &&Value| message["realtimeInput"].get("activityStart").is_some();
        connection.messages.iter().filter(is_start).count()
    };
    let seen = async |tried: usize| {
        gemini
            .until(|connections| started(&connections[0]) == tried + 1)
            .await;
        Instant::now()
    };
    let config = RealtimeConfig {
        realtime_provider: "gemini".to_owned(),
        ..RealtimeConfig::default()
    };
    let interaction = Interaction::Realtime(config);
    sees_it_at_once("gemini, realtime", &server, interaction, seen).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_language_model_that_is_interrupted_is_hung_up_on_at_once() {
    tokio::join!(
        a_model_is_hung_up_on(ChatVendor::OpenAi, "openai"),
        a_model_is_hung_up_on(ChatVendor::Anthropic, "anthropic"),
        a_model_is_hung_up_on(ChatVendor::Gemini, "gemini"),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_that_is_interrupted_is_hung_up_on_at_once() {
    a_voice_is_hung_up_on(SpeechVendor::ElevenLabs, "elevenlabs", "test_v2_5").await;
    a_voice_is_hung_up_on(SpeechVendor::OpenAi, "openai", "tts-1-test").await;
    a_voice_is_hung_up_on(SpeechVendor::Cartesia, "cartesia", "test_v2_5").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_realtime_provider_that_is_interrupted_is_told_at_once() {
    tokio::join!(
        a_realtime_answer_is_cancelled(RealtimeHost::OpenAi, "openai"),
        a_realtime_answer_is_cancelled(RealtimeHost::Azure, "azure-openai"),
        a_live_answer_is_stopped(),
    );
}
