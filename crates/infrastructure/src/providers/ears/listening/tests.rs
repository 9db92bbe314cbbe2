//! Connections that break while they are told what was held.

use futures_util::future::{self, BoxFuture, FutureExt};
use tokio::net::TcpListener;

use super::*;
use crate::providers::ears::talk::http;
use crate::providers::testing::account;
use crate::providers::transport::Account;
use crate::providers::transport::socket::{self, Frame, Socket};

/// Sends audio as it is and orders as text; hears nothing.
struct Plain(Account);

impl Dialect for Plain {
    const DETECTS_TURNS: bool = false;
    const RATE: u32 = 16_000;

    fn account(&self) -> &Account {
        &self.0
    }

    fn connect(&self) -> BoxFuture<'static, Result<Socket, ProviderError>> {
        future::pending().boxed()
    }

    fn forget(&mut self) {}

    fn audio(&mut self, samples: &[i16]) -> Vec<Message> {
        vec![Message::pcm(samples)]
    }

    fn began(&mut self, _ago: Duration) -> Vec<Message> {
        Vec::new()
    }

    fn finalize(&mut self, _said: &mut Said) -> Order {
        Order {
            messages: vec![Message::text("finalize")],
            wait: Duration::from_secs(2),
        }
    }

    fn give_up(&mut self, said: &mut Said) {
        said.event(SpeechToTextEventKind::Final(String::new()));
    }

    fn hear(&mut self, _text: &str, _said: &mut Said) {}

    fn keep_alive(&self) -> Option<Message> {
        None
    }

    fn is_in_turn(&self) -> bool {
        false
    }
}

/// A connection on which nothing can be sent any more, which only who tries finds out.
async fn closed_socket() -> Box<Socket> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let vendor = account(&format!("http://{}", listener.local_addr().unwrap()), None);
    let (http, url) = (http(), vendor.url("listen"));
    let patience = Duration::from_secs(10);
    let dial = socket::connect(&http, &vendor, patience, |client| client.get(url));
    let serve = async {
        let (stream, _) = listener.accept().await.unwrap();
        let mut server = tokio_tungstenite::accept_async(stream).await.unwrap();
        server.close(None).await.unwrap();
        server
    };
    let (socket, _server) = tokio::join!(dial, serve);
    let mut socket = socket.unwrap();
    let said = socket.next().await;
    assert!(matches!(said, Some(Ok(Frame::Closed { .. }))), "{said:?}");
    Box::new(socket)
}

/// Ears without a connection.
fn unconnected() -> Listening<Plain> {
    Listening {
        dialect: Plain(account("http://127.0.0.1:9", None)),
        commands: mpsc::channel(WAITING_COMMANDS).1,
        events: mpsc::channel(EVENTS).0,
        line: Line::Asleep,
        spare: Spare::after(None),
        opened: Instant::now(),
        tries: Tries::default(),
        held: Held::default(),
        orders: VecDeque::new(),
        ending: None,
        outbox: VecDeque::new(),
        is_in_utterance: false,
        broken: None,
        sent: Instant::now(),
        keep_alive: KEEP_ALIVE,
        has_failed: false,
    }
}

const BEGAN: SpeechToTextCommand = SpeechToTextCommand::SpeechBegan { ago: Duration::ZERO };

const fn finalize(number: u64) -> SpeechToTextCommand {
    SpeechToTextCommand::Finalize { number }
}

/// A portion of an utterance.
fn audio(of: i16) -> SpeechToTextCommand {
    SpeechToTextCommand::Audio(vec![of; 320].into())
}

async fn hear(listening: &mut Listening<Plain>, commands: impl IntoIterator<Item = SpeechToTextCommand>) {
    for command in commands {
        listening.on_command(command).await;
    }
}

/// What is kept for the next connection.
fn held(listening: &mut Listening<Plain>) -> Vec<SpeechToTextCommand> {
    std::iter::from_fn(|| listening.held.pop()).collect()
}

/// Which orders were told to have failed; nothing else was told.
fn failed(listening: &mut Listening<Plain>) -> Vec<Option<u64>> {
    let told = listening.outbox.drain(..);
    told.map(|event| match event.kind {
        SpeechToTextEventKind::FinalFailed(_) => event.answers,
        other => panic!("unexpected {other:?}"),
    })
    .collect()
}

#[tokio::test]
async fn an_utterance_that_is_all_held_fails_alone() {
    let mut listening = unconnected();
    let first = [BEGAN, audio(1), audio(1), finalize(1)];
    hear(&mut listening, first).await;
    hear(&mut listening, [BEGAN, audio(2)]).await;
    listening.on_open(closed_socket().await).await;
    hear(&mut listening, [audio(2), finalize(2)]).await;
    assert_eq!(failed(&mut listening), [Some(1)]);
    let second = [BEGAN, audio(2), audio(2), finalize(2)];
    assert_eq!(held(&mut listening), second);
}

#[tokio::test]
async fn an_utterance_that_goes_on_fails_at_its_end() {
    let mut listening = unconnected();
    hear(&mut listening, [BEGAN, audio(1), audio(1)]).await;
    listening.on_open(closed_socket().await).await;
    hear(&mut listening, [audio(1)]).await;
    assert!(listening.outbox.is_empty());
    hear(&mut listening, [finalize(3)]).await;
    assert_eq!(failed(&mut listening), [Some(3)]);
    hear(&mut listening, [BEGAN, audio(2)]).await;
    assert_eq!(held(&mut listening), [BEGAN, audio(2)]);
}
