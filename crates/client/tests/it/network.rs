//! Connecting over a real socket.

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use viva_client::{Client, ClientError};
use viva_protocol::WEBSOCKET_PATH;

async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback is there");
    let address = format!("http://{}", listener.local_addr().expect("it is bound"));
    (listener, address)
}

#[tokio::test]
async fn a_connection_opens_at_the_path_of_the_protocol_with_the_token() {
    let (listener, address) = listener().await;
    let server = async {
        let (stream, _) = listener.accept().await.unwrap();
        let mut asked = None;
        #[expect(clippy::result_large_err, reason = "the library's signature")]
        let note = |request: &Request, response: Response| {
            let authorization = request
                .headers()
                .get("authorization")
                .map(|value| value.to_str().unwrap().to_owned());
            asked = Some((request.uri().path().to_owned(), authorization));
            Ok(response)
        };
        let mut socket = tokio_tungstenite::accept_hdr_async(stream, note).await.unwrap();
        let ready =
            r#"{"type":"connection_ready","protocol_version":1,"server_time":"2026-11-22T10:40:00Z"}"#;
        socket.send(Message::text(ready)).await.unwrap();
        (asked.unwrap(), socket)
    };
    let client = Client::new(&address).unwrap().with_token("abc").unwrap();
    let (connection, (asked, mut socket)) = tokio::join!(client.connect(), server);
    assert_eq!(connection.unwrap().ready().protocol_version, 1);
    assert_eq!(asked, (WEBSOCKET_PATH.to_owned(), Some("Bearer abc".to_owned())));
    // The connection was dropped above: nothing of it is left.
    assert!(!matches!(socket.next().await, Some(Ok(_))));
}

#[tokio::test]
async fn a_refused_upgrade_tells_the_problem() {
    let (listener, address) = listener().await;
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4_096];
        assert!(stream.read(&mut request).await.unwrap() > 0);
        let body = r#"{"type":"about:blank","title":"Unauthorized","status":401,"code":"auth-failed","detail":"sign in"}"#;
        let head = format!(
            "HTTP/1.1 401 Unauthorized\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    };
    let client = Client::new(&address).unwrap();
    let (connection, _stream) = tokio::join!(client.connect(), server);
    let Err(ClientError::Problem(problem)) = connection else {
        panic!("no problem: {connection:?}")
    };
    assert_eq!((problem.status, problem.code.as_str()), (401, "auth-failed"));
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_is_named() {
    let (listener, address) = listener().await;
    drop(listener);
    let err = Client::new(&address).unwrap().connect().await.unwrap_err();
    assert!(matches!(err, ClientError::Unreachable { .. }), "{err:?}");
    assert!(
        err.to_string()
            .starts_with("cannot reach the server at ws://127.0.0.1:"),
        "{err}"
    );
}
