//! How soon a vendor sees that nobody needs its answer any more: until then it may go on to charge for it.

use std::time::{Duration, Instant};

use tokio::time::{interval, timeout};
use viva_client::{Conversation, Event};
use viva_fakes::vendors::language_models::{ChatScript, ChatServer, ChatServerSettings, ChatVendor};
use viva_protocol::ws::{CascadeConfig, ClientMessage, Interaction, ServerMessage, StartSession};

use crate::bench::{Folder, PATIENCE, Server, clip, until};

/// From the client's wish to the end of the connection to the vendor, where the machine holds nothing up.
const LIMIT: Duration = Duration::from_millis(50);
/// In half of all tries, with whatever else the machine has to do.
const MEDIAN: Duration = Duration::from_millis(150);
/// As often as it takes for both.
const TRIES: usize = 10;
/// So often at least, for the median.
const LEAST_TRIES: usize = 3;
const FRAME: usize = 480;
const FRAME_TIME: Duration = Duration::from_millis(20);
/// The part of the recording that is said each time: where its speech begins, and enough of it to be some.
const WORDS: std::ops::Range<usize> = 12_000..31_200;

async fn start(server: &Server, model: &str) -> Conversation {
    let config = CascadeConfig {
        llm_provider: "openai".to_owned(),
        llm_model: Some(model.to_owned()),
        ..CascadeConfig::default()
    };
    let connection = server.client().connect().await.expect("it takes connections");
    let start = StartSession::new(&Interaction::Cascade(config));
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

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_interrupted_is_hung_up_on_at_once() {
    // It never ends: whoever is not hung up on stays.
    let chat = ChatServer::start(ChatServerSettings {
        otherwise: ChatScript::new()
            .text("It is late already, I am afraid. And so on. ")
            .wait(PATIENCE),
        ..ChatServerSettings::of(ChatVendor::OpenAi)
    })
    .await
    .expect("it starts");
    let folder = Folder::new();
    let server = folder
        .serve_with(&[
            ("VIVA__PROVIDERS__OPENAI__BASE_URL", chat.base_url()),
            ("OPENAI_API_KEY", chat.settings().key.clone().expect("it has one")),
        ])
        .await;
    let mut conversation = start(&server, &chat.settings().model).await;
    let words = &clip("question-en").samples[WORDS];
    let mut captured = Duration::from_secs(100);
    let mut took = Vec::new();
    for tried in 1..=TRIES {
        let asked = ask(&mut conversation, words, &mut captured, tried);
        timeout(PATIENCE, asked).await.expect("the AI answers");
        let interrupted = Instant::now();
        conversation.interrupt(None).await.expect("the session goes on");
        let is_interrupted = |message: &ServerMessage| matches!(message, ServerMessage::Interrupted(_));
        until(&mut conversation, is_interrupted).await;
        let closed = timeout(PATIENCE, chat.closed()).await.expect("it is hung up on");
        took.push(closed - interrupted);
        took.sort();
        if tried >= LEAST_TRIES && took[0] <= LIMIT && took[tried / 2] <= MEDIAN {
            return;
        }
    }
    panic!("the vendor saw its connection closed after {took:?}");
}
