use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use viva_domain::ports::{ProviderError, ProviderErrorKind};
use viva_fakes::CapturedLogs;

use super::super::socket::{Frame, Oddities, Socket, begin, connect, is_curable};
use super::super::{Account, HttpClient, errors};

const KEY: &str = "sk-hidden-1234567890";
const LIMIT: Duration = Duration::from_secs(20);

/// Connects to a server on this machine, which `serve` plays.
async fn dial<T>(
    limit: Duration,
    serve: impl AsyncFnOnce(TcpStream) -> T,
) -> (Result<Socket, ProviderError>, T) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let account = Account {
        provider: "acme".to_owned(),
        base_url: format!("http://{}/v1", listener.local_addr().unwrap())
            .parse()
            .unwrap(),
        api_key: Some(KEY.into()),
        organization: None,
    };
    let http = HttpClient::new().unwrap();
    let authorization = account.required_header("Bearer ").unwrap();
    let url = account.url("live");
    let connecting = connect(&http, &account, limit, |client| {
        client.get(url).header("authorization", authorization)
    });
    let serving = async {
        let (stream, _) = listener.accept().await.unwrap();
        serve(stream).await
    };
    tokio::join!(connecting, serving)
}

fn nobody() -> Account {
    Account {
        provider: "acme".to_owned(),
        base_url: "http://127.0.0.1:9".parse().unwrap(),
        api_key: None,
        organization: None,
    }
}

async fn upgrade(stream: TcpStream) -> WebSocketStream<TcpStream> {
    tokio_tungstenite::accept_async(stream).await.unwrap()
}

/// Reads the request and answers it with these bytes.
async fn answer(mut stream: TcpStream, response: &str) -> TcpStream {
    read_request(&mut stream).await;
    stream.write_all(response.as_bytes()).await.unwrap();
    stream
}

/// The request in lower case, up to its end.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(request).unwrap().to_ascii_lowercase()
}

fn kind(result: Result<Socket, ProviderError>) -> ProviderErrorKind {
    result.map(drop).unwrap_err().kind
}

#[tokio::test]
async fn frames_go_both_ways_and_pings_are_answered() {
    let logs = CapturedLogs::start();
    let (socket, mut server) = dial(LIMIT, upgrade).await;
    let mut socket = socket.unwrap();
    socket.send_text("hello").await.unwrap();
    socket.send_binary(vec![1, 2, 3]).await.unwrap();
    assert_eq!(server.next().await.unwrap().unwrap(), Message::text("hello"));
    assert_eq!(
        server.next().await.unwrap().unwrap(),
        Message::binary(vec![1, 2, 3])
    );

    server.send(Message::Ping("p".into())).await.unwrap();
    server.send(Message::text("text")).await.unwrap();
    server.send(Message::binary(vec![9; 1 << 20])).await.unwrap();
    assert_eq!(socket.next().await, Some(Ok(Frame::Text("text".to_owned()))));
    let (bytes, pong) = tokio::join!(socket.next(), server.next());
    assert_eq!(bytes, Some(Ok(Frame::Binary(vec![9; 1 << 20].into()))));
    assert_eq!(pong.unwrap().unwrap(), Message::Pong("p".into()));
    assert!(!logs.text().contains(KEY));
}

#[tokio::test]
async fn a_goodbye_is_told_and_is_the_end() {
    let (socket, mut server) = dial(LIMIT, upgrade).await;
    let goodbye = CloseFrame {
        code: CloseCode::Again,
        reason: "later".into(),
    };
    server.close(Some(goodbye)).await.unwrap();
    let frames: Vec<_> = socket.unwrap().collect().await;
    let closed = Frame::Closed {
        code: Some(1013),
        reason: "later".to_owned(),
    };
    assert_eq!(frames, [Ok(closed)]);
}

#[tokio::test]
async fn a_broken_connection_is_an_error_and_the_end() {
    let (socket, server) = dial(LIMIT, upgrade).await;
    drop(server);
    let frames: Vec<_> = socket.unwrap().collect().await;
    assert!(
        matches!(&frames[..], [Err(err)] if err.kind == ProviderErrorKind::Unavailable),
        "{frames:?}"
    );
}

#[tokio::test]
async fn closing_says_goodbye_and_dropping_cuts() {
    let (socket, mut server) = dial(LIMIT, upgrade).await;
    socket.unwrap().close().await;
    let goodbye = server.next().await.unwrap().unwrap();
    assert!(matches!(goodbye, Message::Close(Some(frame)) if frame.code == CloseCode::Normal));

    let (socket, mut server) = dial(LIMIT, upgrade).await;
    drop(socket.unwrap());
    assert!(server.next().await.unwrap().is_err());
}

#[tokio::test]
async fn compression_is_not_offered() {
    let (_, request) = dial(LIMIT, async |mut stream| read_request(&mut stream).await).await;
    assert!(request.contains("\r\nsec-websocket-version: 13\r\n"), "{request}");
    assert!(!request.contains("sec-websocket-extensions"), "{request}");
}

#[tokio::test]
async fn a_refused_handshake_is_sorted_like_any_refusal() {
    let body = format!(r#"{{"error":{{"message":"bad key {KEY}","code":"invalid_api_key"}}}}"#);
    let response = format!(
        "HTTP/1.1 401 Unauthorized\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let (socket, _) = dial(LIMIT, async |stream| answer(stream, &response).await).await;
    let err = socket.map(drop).unwrap_err();
    assert_eq!(err.kind, ProviderErrorKind::CredentialInvalid);
    assert!(!format!("{err:?}").contains(KEY), "{err:?}");

    let response = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n";
    let (socket, _) = dial(LIMIT, async |stream| answer(stream, response).await).await;
    let err = socket.map(drop).unwrap_err();
    assert_eq!(err.kind, ProviderErrorKind::RateLimited);
    assert_eq!(err.retry_after, Some(Duration::from_secs(7)));
}

#[rstest]
#[case::out_of_order(ProviderErrorKind::Unavailable, None, Some(180..=260))]
#[case::out_of_order_for_a_moment(ProviderErrorKind::Unavailable, Some(1), Some(1_000..=1_100))]
#[case::limited(ProviderErrorKind::RateLimited, None, Some(180..=260))]
#[case::limited_for_a_moment(ProviderErrorKind::RateLimited, Some(2), Some(2_000..=2_100))]
#[case::limited_for_long(ProviderErrorKind::RateLimited, Some(3), None)]
#[case::refused(ProviderErrorKind::CredentialInvalid, None, None)]
#[case::used_up(ProviderErrorKind::QuotaExceeded, Some(1), None)]
#[case::told_nonsense(ProviderErrorKind::Failed("no".to_owned()), None, None)]
#[tokio::test(start_paused = true)]
async fn a_conversation_that_cannot_begin_is_tried_once_more_if_that_may_help(
    #[case] kind: ProviderErrorKind,
    #[case] retry_after_s: Option<u64>,
    #[case] waits_ms: Option<RangeInclusive<u128>>,
) {
    let err = || ProviderError {
        retry_after: retry_after_s.map(Duration::from_secs),
        ..errors::error("acme", kind.clone())
    };
    let started = tokio::time::Instant::now();
    for failures in [1, 2] {
        let tries = AtomicUsize::new(0);
        let begun = begin(&nobody(), || {
            let is_refused = tries.fetch_add(1, Ordering::SeqCst) < failures;
            std::future::ready(if is_refused { Err(err()) } else { Ok(()) })
        })
        .await;
        let helps = waits_ms.is_some() && failures == 1;
        assert_eq!(begun, if helps { Ok(()) } else { Err(err()) });
        assert_eq!(tries.into_inner(), if waits_ms.is_some() { 2 } else { 1 });
    }
    // Both had to wait as long.
    let waited = started.elapsed().as_millis() / 2;
    assert!(waits_ms.unwrap_or(0..=0).contains(&waited), "{waited} ms");
}

#[tokio::test(start_paused = true)]
async fn a_conversation_begins_within_five_seconds_or_not_at_all() {
    let started = tokio::time::Instant::now();
    let begun = begin(&nobody(), std::future::pending::<Result<(), ProviderError>>).await;
    assert_eq!(begun.unwrap_err().kind, ProviderErrorKind::Unavailable);
    assert_eq!(started.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_refuses_and_is_silent_then_has_refused() {
    let refused = || errors::error("acme", ProviderErrorKind::RateLimited);
    let started = tokio::time::Instant::now();
    let tries = AtomicUsize::new(0);
    let begun: Result<(), _> = begin(&nobody(), || {
        let is_first = tries.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if is_first {
                return Err(refused());
            }
            std::future::pending().await
        }
    })
    .await;
    assert_eq!(begun, Err(refused()));
    assert_eq!((tries.into_inner(), started.elapsed().as_secs()), (2, 5));
}

#[tokio::test]
async fn a_server_that_speaks_something_else_is_no_vendor() {
    for response in [
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: x\r\n\r\n",
    ] {
        let (socket, _) = dial(LIMIT, async |stream| answer(stream, response).await).await;
        let refused = ProviderErrorKind::Failed("it does not speak WebSocket".to_owned());
        assert_eq!(kind(socket), refused);
    }
}

#[tokio::test]
async fn a_silent_server_is_unavailable() {
    // It is held until the limit is over.
    let (socket, _) = dial(Duration::from_millis(50), async |stream| stream).await;
    assert_eq!(kind(socket), ProviderErrorKind::Unavailable);
}

#[test]
fn a_message_of_another_shape_is_left_out_and_its_words_are_not_logged() {
    let oddities = Oddities::default();
    let read = |frame: Frame| frame.json::<Vec<u8>>("acme", &oddities).map_err(|err| err.kind);
    let text = |text: &str| Frame::Text(text.to_owned());
    let logs = CapturedLogs::start();
    assert_eq!(read(text("[1]")), Ok(Some(vec![1])));
    assert_eq!(read(Frame::Binary("[2]".into())), Ok(Some(vec![2])));
    assert_eq!(read(text("\"secret words\"")), Ok(None));
    let closed = Frame::Closed {
        code: None,
        reason: "[1]".to_owned(),
    };
    assert_eq!(read(closed), Ok(None));
    for broken in ["", "[1", "words"] {
        let kind = read(text(broken)).unwrap_err();
        assert!(matches!(kind, ProviderErrorKind::Failed(_)), "{kind:?}");
    }
    let logged = logs.text();
    assert!(logged.contains("Left out a message"), "{logged}");
    assert!(!logged.contains("secret words"), "{logged}");
}

#[test]
fn a_vendor_that_changed_its_messages_is_warned_of_once() {
    let logs = CapturedLogs::start();
    let oddities = Oddities::default();
    for _ in 0..50 {
        let frame = Frame::Text("{}".to_owned());
        assert_eq!(frame.json::<Vec<u8>>("acme", &oddities), Ok(None));
    }
    let logged = logs.text();
    let lines = |level: &str| logged.lines().filter(|line| line.contains(level)).count();
    assert_eq!((lines("WARN"), lines("DEBUG")), (1, 49), "{logged}");
}

#[test]
fn some_closed_connections_are_worth_another_one() {
    let worth = |code: &u16| is_curable(Some(*code));
    let codes: Vec<u16> = (1_000..=1_015).chain([4_000, 4_429]).filter(worth).collect();
    assert_eq!(codes, [1_001, 1_005, 1_006, 1_011, 1_012, 1_013, 1_015]);
    assert!(is_curable(None));
}
