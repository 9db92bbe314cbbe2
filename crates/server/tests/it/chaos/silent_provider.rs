//! Providers that take connections and never say a word.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use viva_client::ClientError;
use viva_protocol::ws::{
    CascadeConfig, ErrorCode, FallbackPolicy, Interaction, RealtimeConfig, StartSession,
};

use super::caller::{Caller, offline};
use super::kept::{assert_whole, session_with};
use crate::bench::{Folder, Server};

/// How long an answer may take to begin, as docs/operations.md has it.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// How long a provider may take to accept a conversation.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// How long an answer that began may be silent.
const GAP_LIMIT: Duration = Duration::from_secs(10);
/// What a busy machine may add, and what a turn takes besides.
const MARGIN: Duration = Duration::from_secs(8);
/// How long the end of a session takes at most, with all that it waits for.
const PROMPT: Duration = Duration::from_secs(5);

/// A server that takes every connection and says nothing.
struct Silence {
    url: String,
    _listening: JoinSet<()>,
}

impl Silence {
    async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}/v1", listener.local_addr().expect("it has an address"));
        let mut listening = JoinSet::new();
        listening.spawn(async move {
            let mut taken = Vec::new();
            while let Ok((socket, _)) = listener.accept().await {
                taken.push(socket);
            }
        });
        Self {
            url,
            _listening: listening,
        }
    }
}

/// A server that knows a provider which says nothing.
struct Scene {
    server: Server,
    _folder: Folder,
    _silence: Silence,
}

impl Scene {
    /// It has these roles.
    async fn of(roles: &[&str]) -> Self {
        let silence = Silence::listen().await;
        let folder = Folder::new();
        let url = &silence.url;
        let mut entry = format!("[[providers]]\nid = \"silent\"\nname = \"Silent\"\nbase_url = \"{url}\"\n");
        for role in roles {
            let role = format!("[providers.{role}]\nadapter = \"openai\"\nmodels = [{{ id = \"any\" }}]\n");
            entry.push_str(&role);
        }
        if roles.contains(&"tts") {
            entry.push_str("voices = [{ id = \"any\" }]\n");
        }
        fs::write(folder.path().join("silent.toml"), entry).expect("the folder can be written");
        let server = folder
            .serve_with(&[
                ("VIVA__CATALOGUE__FILE", "silent.toml".to_owned()),
                ("VIVA__SESSIONS__PER_USER", "20".to_owned()),
            ])
            .await;
        Self {
            server,
            _folder: folder,
            _silence: silence,
        }
    }
}

fn realtime(fallback: FallbackPolicy) -> StartSession {
    let config = RealtimeConfig {
        realtime_provider: "silent".to_owned(),
        ..RealtimeConfig::default()
    };
    StartSession {
        fallback,
        ..StartSession::new(&Interaction::Realtime(config))
    }
}

fn cascade(change: impl FnOnce(&mut CascadeConfig)) -> Interaction {
    let mut config = CascadeConfig::default();
    change(&mut config);
    Interaction::Cascade(config)
}

fn options(options: &[(&str, Value)]) -> Map<String, Value> {
    let named = |(name, value): &(&str, Value)| ((*name).to_owned(), value.clone());
    options.iter().map(named).collect()
}

/// Nobody is held up by the silence that others wait for.
async fn others_talk_meanwhile(server: &Server) {
    let mut caller = Caller::start(server, &offline(&["Yes, it is."])).await;
    caller.turn(1).await;
    caller.hang_up().await;
    let session = session_with(server, &caller, &[1]).await;
    assert_whole(server, &caller, &session.turns[0]).await;
}

/// Whoever wants nothing else is told so in time.
async fn a_conversation_does_not_begin(server: &Server, start: StartSession) {
    let began = Instant::now();
    let connection = server
        .client()
        .connect()
        .await
        .expect("the server takes connections");
    let refused = connection.start(start).await.map(|_| ());
    let Err(ClientError::Refused(error)) = refused else {
        panic!("{refused:?}")
    };
    assert!(began.elapsed() < CONNECT_LIMIT + MARGIN, "{:?}", began.elapsed());
    assert!(error.message.contains("provider silent"), "{error:?}");
}

/// Whoever takes something else has it.
async fn a_conversation_goes_on_with_others(server: &Server) {
    let began = Instant::now();
    let mut caller = Caller::start_with(server, realtime(FallbackPolicy::Auto)).await;
    caller.turn(1).await;
    let took = began.elapsed();
    assert!(took < CONNECT_LIMIT + MARGIN + MARGIN, "{took:?}");
    caller.hang_up().await;
    let session = session_with(server, &caller, &[1]).await;
    assert!(session.turns[0].ai_transcript.is_some(), "{session:?}");
}

/// The answer fails in time, with what there is, and the session ends at once when its user wants that.
async fn an_answer_fails(server: &Server, interaction: &Interaction, limit: Duration) {
    let mut caller = Caller::start(server, interaction).await;
    caller.ask();
    let began = Instant::now();
    caller.until(|told| !told.errors.is_empty()).await;
    let took = began.elapsed();
    assert!(took < limit + MARGIN, "{interaction:?}: {took:?}");
    let error = &caller.told.errors[0];
    assert!(error.recoverable, "{interaction:?}: {error:?}");
    assert_ne!(error.code, ErrorCode::InternalError, "{interaction:?}: {error:?}");
    let began = Instant::now();
    caller.hang_up().await;
    assert!(began.elapsed() < PROMPT, "{:?}", began.elapsed());
    let session = session_with(server, &caller, &[1]).await;
    assert!(session.turns[0].failure.is_some(), "{session:?}");
    assert!(session.turns[0].user_audio_ms.is_some(), "{session:?}");
}

/// A provider that falls silent in the first answer is asked again.
async fn the_next_turn_is_answered(server: &Server, interaction: &Interaction, limit: Duration) {
    let mut caller = Caller::start(server, interaction).await;
    caller.ask();
    let began = Instant::now();
    caller.until(|told| !told.errors.is_empty()).await;
    let took = began.elapsed();
    assert!(took < limit + MARGIN, "{interaction:?}: {took:?}");
    caller.turn(2).await;
    caller.hang_up().await;
    let session = session_with(server, &caller, &[1, 2]).await;
    assert!(session.turns[0].failure.is_some(), "{session:?}");
    assert_eq!(session.turns[1].failure, None, "{session:?}");
    assert!(session.turns[1].latency.total_ms.is_some(), "{session:?}");
}

/// One that never reads its user's wish to go is not asked for it.
async fn who_hangs_up_meanwhile_is_let_go(server: &Server, interaction: &Interaction) {
    let mut caller = Caller::start(server, interaction).await;
    caller.ask();
    caller.until(|told| told.hears).await;
    caller.until(|told| !told.hears).await;
    let began = Instant::now();
    caller.hang_up().await;
    assert!(began.elapsed() < PROMPT, "{:?}", began.elapsed());
    session_with(server, &caller, &[1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_says_nothing_fails_its_turn_and_holds_up_nobody() {
    // What a conversation goes on with shall not be silent too.
    let conversations = Scene::of(&["realtime"]).await;
    let stages = Scene::of(&["stt", "llm", "tts"]).await;
    let server = &stages.server;
    let model = cascade(|config| config.llm_provider = "silent".to_owned());
    let voice = cascade(|config| {
        config.tts_provider = "silent".to_owned();
        config.tts_voice = Some("any".to_owned());
    });
    let ears = cascade(|config| config.stt_provider = "silent".to_owned());
    let hangs = |name: &str, turn: &str| {
        let named = options(&[(name, 0.into()), (turn, 1.into())]);
        cascade(|config| config.options = named)
    };
    let first_answer = options(&[("hang_after_chunks", 1.into()), ("fail_turn", 1.into())]);
    let falls_silent = Interaction::Realtime(RealtimeConfig {
        options: first_answer,
        ..RealtimeConfig::default()
    });
    let falls_silent_later = hangs("llm_hang_after_tokens", "llm_fail_turn");
    tokio::join!(
        a_conversation_does_not_begin(&conversations.server, realtime(FallbackPolicy::Off)),
        a_conversation_goes_on_with_others(&conversations.server),
        others_talk_meanwhile(&conversations.server),
        an_answer_fails(server, &ears, ANSWER_LIMIT),
        an_answer_fails(server, &model, ANSWER_LIMIT),
        an_answer_fails(server, &voice, ANSWER_LIMIT),
        the_next_turn_is_answered(server, &falls_silent, GAP_LIMIT),
        the_next_turn_is_answered(server, &falls_silent_later, ANSWER_LIMIT),
        who_hangs_up_meanwhile_is_let_go(server, &model),
        others_talk_meanwhile(server),
    );
}
