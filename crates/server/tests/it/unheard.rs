//! Answers that the user cut: no provider is told again what nobody heard of them, and each hears all of the words that cut
//! them.

use std::ops::Range;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{interval, timeout};
use viva_audio::{Resampler, SampleRate};
use viva_client::{Conversation, Event};
use viva_fakes::vendors::gemini::live::{LiveAnswer, LiveConnection, LiveScript, LiveServer};
use viva_fakes::vendors::language_models::{ChatScript, ChatServer, ChatServerSettings, ChatVendor};
use viva_fakes::vendors::openai::realtime::{
    OpenAiRealtimeScript, OpenAiRealtimeServer, RealtimeAnswer, RealtimeHost,
};
use viva_protocol::ws::{
    ClientMessage, Interaction, Mode, RealtimeConfig, ServerMessage, StartSession, SwitchMode,
};

use crate::bench::{FRAME, FRAME_TIME, Folder, PATIENCE, call, clip};

const KEY: &str = "sk-of-everybody";
/// The first of these is heard before the caller speaks over the answer, 2.5 s after the question; the last is not.
const SENTENCES: [&str; 12] = [
    "Apples are red and green.",
    "Bananas are long and yellow.",
    "Cherries grow on tall trees.",
    "Dates are dried in the sun.",
    "Elderberries make good juice.",
    "Figs are eaten with cheese.",
    "Grapes are pressed for wine.",
    "Honeydew is a kind of melon.",
    "Kiwis come from far away.",
    "Lemons are sour but useful.",
    "Mangos are sweet and heavy.",
    "Nectarines have smooth skins.",
];
const FIRST: &str = "Apples";
const LAST: &str = "Nectarines";

/// Somebody asks, and speaks over the answer.
const CALLER: &str = "barge-in-en";
/// The words that do: the first sample of the recording and the last that are not 0.
const WORDS: Range<usize> = 153_102..196_417;
/// Samples before them that are heard with them, at least: 300 ms less what the detector may be off.
const RUN_UP: usize = 5_760;

/// How much more the caller plays than the provider is told, where the machine holds nothing up: it plays on until it is told
/// to stop.
const PLAYED_ON_MS: f64 = 40.0;
/// A machine that is busy with other tests is late now and then.
const CALLS: usize = 10;

async fn a_model_is_not_told(vendor: ChatVendor, id: &str) {
    let model = ChatServer::start(ChatServerSettings {
        key: Some(KEY.to_owned()),
        ..ChatServerSettings::of(vendor)
    })
    .await
    .expect("it starts");
    model.script(ChatScript::answering(&SENTENCES.join(" ")));
    let folder = Folder::new();
    let server = folder.serve_at(id, model.base_url(), KEY).await;
    let name = &model.settings().model;
    let args = ["--mode", "cascade", "--llm", id, "--llm-model", name];
    let report = call(&folder, &server, CALLER, 2, &args).await;

    let requests = model.requests();
    assert_eq!(requests.len(), 2, "{id}: {report:#}");
    let second = requests[1].body.to_string();
    let heard = report["runs"][0]["turns"][0]["ai_transcript"]
        .as_str()
        .expect("a text");
    assert!(heard.starts_with(FIRST) && !heard.contains(LAST), "{id}: {heard}");
    assert!(
        second.contains(&Value::from(heard).to_string()),
        "{id} is to know {heard:?}, and that alone: {second}"
    );
    assert!(
        !second.contains(LAST),
        "{id} was told what nobody heard: {second}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_language_model_is_told_what_was_not_heard() {
    tokio::join!(
        a_model_is_not_told(ChatVendor::OpenAi, "openai"),
        a_model_is_not_told(ChatVendor::Anthropic, "anthropic"),
        a_model_is_not_told(ChatVendor::Gemini, "gemini"),
    );
}

/// What it is truncated to is what the caller played by its own account, and never more.
#[expect(clippy::print_stderr, reason = "the figures are shown with --nocapture")]
async fn an_item_is_truncated(host: RealtimeHost, id: &str) {
    let openai = OpenAiRealtimeServer::start(OpenAiRealtimeScript {
        host,
        api_key: Some(KEY.to_owned()),
        ..OpenAiRealtimeScript::default()
    })
    .await
    .expect("it starts");
    let folder = Folder::new();
    let server = folder.serve_at(id, openai.base_url(), KEY).await;
    let args = [
        "--provider",
        id,
        "--model",
        "speaks-2",
        "--option",
        "turn_detection=none",
    ];
    let mut more = Vec::new();
    for made in 0..CALLS {
        openai.answer(RealtimeAnswer::of(&SENTENCES.join(" ")).lasting(20_000));
        openai.answer(RealtimeAnswer::of("Yes."));
        let report = call(&folder, &server, CALLER, 2, &args).await;
        let report = &report["runs"][0];
        let played_ms = report["turns"][0]["played_ms"].as_f64().expect("a number");
        let session = report["session_id"].as_str().expect("an id");
        let session = session.parse().expect("an id");
        let turns = server.client().turns(session).await.expect("it is stored");
        let stored_ms = turns[0].played_ms.expect("something was played");
        assert!(
            (played_ms - stored_ms as f64).abs() <= 1.0,
            "{id}: {stored_ms} of {played_ms} ms are stored"
        );

        let line = &openai.requests()[made];
        let is_truncation = |text: &&Value| text["type"] == "conversation.item.truncate";
        let truncated = line.texts.iter().rfind(is_truncation).expect("it is truncated");
        let end_ms = truncated["audio_end_ms"].as_f64().expect("a number");
        assert!(end_ms < played_ms + 1.0, "{id}: {end_ms} of {played_ms} ms");
        more.push(played_ms - end_ms);
        has_words_once(&line.audio, &clip(CALLER).samples, id);
        if played_ms - end_ms <= PLAYED_ON_MS {
            eprintln!("{id}: truncated at {end_ms} ms, {played_ms:.1} ms were played");
            assert_eq!(openai.complaints(), Vec::<String>::new());
            return;
        }
    }
    panic!("{id}: the caller heard {more:?} ms more than the provider was told");
}

/// All of the words that interrupt, from their very first sample on, with the moment before them.
fn has_words_once(heard: &[i16], said: &[i16], id: &str) {
    let words = &said[WORDS];
    let is_words = |window: &(usize, &[i16])| window.1 == words;
    let found = heard.windows(words.len()).enumerate().filter(is_words);
    let found: Vec<usize> = found.map(|(at, _)| at).collect();
    let [at] = found.as_slice() else {
        panic!("{id} heard them at {found:?}")
    };
    assert!(
        heard[at - RUN_UP..*at] == said[WORDS.start - RUN_UP..WORDS.start],
        "{id} did not hear what came before"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn openai_s_item_is_truncated_where_playback_stopped() {
    tokio::join!(
        an_item_is_truncated(RealtimeHost::OpenAi, "openai"),
        an_item_is_truncated(RealtimeHost::Azure, "azure-openai"),
    );
}

async fn gemini(answers: Vec<LiveAnswer>) -> LiveServer {
    let script = LiveScript {
        api_key: Some(KEY.to_owned()),
        // It believes for long that it speaks.
        playback: Duration::from_secs(20),
        answers,
        ..LiveScript::default()
    };
    LiveServer::start(script).await.expect("it starts")
}

fn starts(connection: &LiveConnection) -> usize {
    let is_start = |message: &&Value| message["realtimeInput"].get("activityStart").is_some();
    connection.messages.iter().filter(is_start).count()
}

/// What was heard cannot be told to it: that it was cut can, and comes before the words that did.
#[tokio::test(flavor = "multi_thread")]
async fn gemini_is_told_that_the_user_speaks_and_hears_all_of_it() {
    let gemini = gemini(vec![
        LiveAnswer::saying(&SENTENCES.join(" "), "What is it?"),
        LiveAnswer::saying("Yes.", "Stop."),
    ])
    .await;
    let folder = Folder::new();
    let server = folder.serve_at("gemini", gemini.base_url(), KEY).await;
    let report = call(&folder, &server, CALLER, 2, &["--provider", "gemini"]).await;
    assert_eq!(report["runs"][0]["turns"][0]["interrupted"], true, "{report:#}");

    let connections = gemini.connections();
    let [connection] = connections.as_slice() else {
        panic!("one connection: {connections:?}")
    };
    assert_eq!((starts(connection), &connection.refused), (2, &None));
    assert!(
        connection.audio == connection.turns.concat(),
        "no word comes before the news of it"
    );
    let interruption = &connection.turns[1];
    let mut resampler = Resampler::new(SampleRate::HZ_24K, SampleRate::HZ_16K);
    let mut said = Vec::new();
    resampler.process_into(&clip(CALLER).samples, &mut said);
    let at_its_rate = |position: usize| position * 2 / 3 + resampler.delay();
    let began = said
        .windows(interruption.len())
        .position(|window| window == interruption.as_slice())
        .expect("what was said, sample by sample");
    assert!(began <= at_its_rate(WORDS.start - RUN_UP), "it begins too late");
    assert!(
        began + interruption.len() >= at_its_rate(WORDS.end),
        "it ends too soon"
    );
}

/// Speaks as the caller does until the answer is cut.
async fn speaks_over(conversation: &mut Conversation) {
    let said = clip(CALLER).samples;
    let mut frames = said.chunks(FRAME);
    let mut clock = interval(FRAME_TIME);
    let mut captured = Duration::from_secs(100);
    loop {
        tokio::select! {
            _ = clock.tick() => {
                let frame = frames.next().expect("the answer is cut before the recording is over");
                conversation.send_audio(frame, captured).expect("the session goes on");
                captured += FRAME_TIME;
            }
            event = conversation.next_event() => {
                let event = event.expect("the session goes on");
                if matches!(event, Event::Message(ServerMessage::Interrupted(_))) {
                    return;
                }
            }
        }
    }
}

/// A connection that goes on from nothing is told the conversation as Viva knows it.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_connection_to_gemini_is_told_only_what_was_heard() {
    let gemini = gemini(vec![LiveAnswer::saying(&SENTENCES.join(" "), "What is it?")]).await;
    let folder = Folder::new();
    let server = folder.serve_at("gemini", gemini.base_url(), KEY).await;
    let config = RealtimeConfig {
        realtime_provider: "gemini".to_owned(),
        ..RealtimeConfig::default()
    };
    let switch = SwitchMode {
        mode: Mode::Realtime,
        config: serde_json::to_value(&config).expect("it is JSON"),
    };
    let start = StartSession::new(&Interaction::Realtime(config));
    let connection = server.client().connect().await.expect("it takes connections");
    let mut conversation = connection.start(start).await.expect("the session starts");
    timeout(PATIENCE, speaks_over(&mut conversation))
        .await
        .expect("the answer is cut");
    conversation
        .send(&ClientMessage::SwitchMode(switch))
        .await
        .expect("the session goes on");
    let history = |connections: &[LiveConnection]| -> Option<Value> {
        let mut messages = connections.get(1)?.messages.iter();
        messages.find_map(|message| message.get("clientContent").cloned())
    };
    let connections = gemini.until(|connections| history(connections).is_some());
    let connections = timeout(PATIENCE, connections).await.expect("it is told");
    let told = history(&connections).expect("it is told").to_string();
    assert!(told.contains(FIRST), "it forgot what was heard: {told}");
    assert!(!told.contains(LAST), "it was told what nobody heard: {told}");
    let resumption = &connections[1].messages[0]["setup"]["sessionResumption"];
    assert!(resumption["handle"].is_null(), "{resumption}");
}
