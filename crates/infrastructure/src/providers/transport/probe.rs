//! Talks to a scripted server without an adapter, to see that it is as strict as the vendor: else the adapters' tests
//! would prove little.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::time::timeout;
use viva_domain::ports::ProviderError;

use super::socket::{Frame, Socket, connect};
use super::{Account, HttpClient};

/// Only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open connection.
pub(crate) struct Probe(Socket);

impl Probe {
    pub(crate) async fn open(url: &str, headers: &[(&'static str, &str)]) -> Result<Self, ProviderError> {
        let account = Account {
            provider: "acme".to_owned(),
            base_url: url.parse().unwrap(),
            api_key: None,
            organization: None,
        };
        let http = HttpClient::new().unwrap();
        let socket = connect(&http, &account, PATIENCE, |client| {
            headers.iter().fold(client.get(url), |request, (name, value)| {
                request.header(*name, *value)
            })
        });
        socket.await.map(Self)
    }

    /// With a key as OpenAI takes it.
    pub(crate) async fn bearing(url: &str, key: &str) -> Self {
        let authorization = format!("Bearer {key}");
        Self::open(url, &[("authorization", &authorization)])
            .await
            .unwrap()
    }

    /// The code and the parameter of OpenAI's complaint about a message, if there is one.
    pub(crate) async fn complaint(&mut self, message: &Value) -> Option<(String, String)> {
        self.send(&with(message, "/event_id", json!("asked"))).await;
        // What follows a complaint comes after it.
        self.send(&json!({"type": "nothing", "event_id": "refused anyway"}))
            .await;
        let said = self.until(|said| said["type"] == "error").await;
        let error = &said["error"];
        if error["event_id"] != "asked" {
            return None;
        }
        self.until(|said| said["error"]["event_id"] == "refused anyway")
            .await;
        let text = |field: &str| error[field].as_str().unwrap_or_default().to_owned();
        Some((text("code"), text("param")))
    }

    pub(crate) async fn send(&mut self, message: &Value) {
        self.0.send_text(message.to_string()).await.unwrap();
    }

    pub(crate) async fn send_text(&mut self, text: String) {
        self.0.send_text(text).await.unwrap();
    }

    pub(crate) async fn send_bytes(&mut self, bytes: Vec<u8>) {
        self.0.send_binary(bytes).await.unwrap();
    }

    /// The next message of which this is true.
    pub(crate) async fn until(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message: Value = match self.next().await {
                Frame::Text(text) => serde_json::from_str(&text).unwrap(),
                Frame::Binary(bytes) => serde_json::from_slice(&bytes).unwrap(),
                closed @ Frame::Closed { .. } => panic!("{closed:?}"),
            };
            if is_it(&message) {
                return message;
            }
        }
    }

    /// The code with which the server closes the connection, and why.
    pub(crate) async fn closed(mut self) -> (Option<u16>, String) {
        loop {
            if let Frame::Closed { code, reason } = self.next().await {
                return (code, reason);
            }
        }
    }

    async fn next(&mut self) -> Frame {
        let frame = timeout(PATIENCE, self.0.next()).await;
        frame
            .expect("nothing happened")
            .expect("it hung up")
            .expect("it broke off")
    }
}

/// JSON in which what is at a path, such as `/audio/input`, is another one, or is there at all; null takes it away.
pub(crate) fn with(json: &Value, path: &str, value: Value) -> Value {
    let mut json = json.clone();
    let (parent, field) = path.rsplit_once('/').unwrap();
    let parent = json.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        parent.remove(field).expect("there is nothing to take away");
    } else {
        parent.insert(field.to_owned(), value);
    }
    json
}
