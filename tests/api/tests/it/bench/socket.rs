use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};
use viva_protocol::WEBSOCKET_PATH;
use viva_protocol::ws::{AudioFrame, FrameKind};

use super::Server;

/// Longer than anything here takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// A client's WebSocket.
pub(crate) struct Socket(pub(crate) WebSocketStream<TcpStream>);

impl Server {
    /// Opens a WebSocket and takes its first message.
    pub(crate) async fn connect(&self) -> Socket {
        let mut socket = self.try_connect(&[]).await.unwrap();
        assert_eq!(socket.json().await["type"], "connection_ready");
        socket
    }

    /// Opens a WebSocket with these headers.
    pub(crate) async fn try_connect(&self, headers: &[(&'static str, &str)]) -> Result<Socket, Error> {
        let mut request = format!("ws://{}{WEBSOCKET_PATH}", self.address)
            .into_client_request()
            .unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(self.address).await.unwrap();
        client_async(request, stream)
            .await
            .map(|(socket, _)| Socket(socket))
    }
}

impl Socket {
    pub(crate) async fn send(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    pub(crate) async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    /// The next message, whatever it is.
    pub(crate) async fn next(&mut self) -> Message {
        let next = timeout(PATIENCE, self.0.next()).await.expect("it comes soon");
        next.expect("the connection is open").unwrap()
    }

    /// The next control message; everything else is skipped.
    pub(crate) async fn json(&mut self) -> Value {
        loop {
            match self.next().await {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    /// Skips control messages until one of this type.
    pub(crate) async fn until(&mut self, kind: &str) -> Value {
        loop {
            let message = self.json().await;
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// Skips everything until a binary frame.
    pub(crate) async fn until_audio(&mut self) -> AudioFrame {
        loop {
            if let Message::Binary(bytes) = self.next().await {
                return AudioFrame::decode(bytes).unwrap();
            }
        }
    }

    /// Skips everything until the server closes, and answers the code.
    pub(crate) async fn close_code(&mut self) -> u16 {
        loop {
            if let Message::Close(frame) = self.next().await {
                return frame.expect("with a code").code.into();
            }
        }
    }

    pub(crate) async fn start(&mut self) -> Value {
        self.say(json!({"type": "start_session", "mode": "realtime"}))
            .await;
        self.until("session_started").await
    }

    pub(crate) async fn resume(&mut self, started: &Value, audio: Option<u32>, message: Option<u32>) {
        self.say(json!({
            "type": "resume_session", "session_id": started["session_id"], "resume_token": started["resume_token"],
            "last_received_seq": audio, "last_message_seq": message,
        }))
        .await;
    }

    /// One frame of user audio of these bytes.
    pub(crate) async fn speak(&mut self, payload: Vec<u8>) {
        self.send(Message::Binary(user_frame(payload).encode())).await;
    }
}

pub(crate) fn user_frame(payload: Vec<u8>) -> AudioFrame {
    AudioFrame {
        kind: FrameKind::User,
        is_last: false,
        turn_number: 0,
        seq: 0,
        position: 0,
        payload: payload.into(),
    }
}
