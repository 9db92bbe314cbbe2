//! Conversations that a program holds, for pages that show what was said.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use uuid::Uuid;
use viva_client::{Call, Caller, Client, Conversation, Event};
use viva_protocol::ws::{Mode, ServerMessage, StartSession};

use crate::browser::clip;
use crate::viva::Viva;

/// A conversation with the offline providers: one question, one short answer.
#[derive(Debug, Clone)]
pub struct Held {
    /// `realtime` or `cascade`.
    pub mode: Mode,
    /// What the user says, as the provider understands it.
    pub question: &'static str,
    /// What the AI says.
    pub answer: &'static str,
}

impl Held {
    /// Holds it in real time, some ten seconds, and returns its id.
    pub async fn hold(&self, viva: &Viva) -> Result<Uuid> {
        let (heard, said) = match self.mode {
            Mode::Cascade => ("stt_transcripts", "llm_answers"),
            Mode::Realtime | Mode::Unknown => ("transcripts", "answers"),
        };
        let config = json!({"options": {heard: [self.question], said: [self.answer]}});
        let clip = Arc::new(clip("question-en.wav")?);
        let mut call = Call::new(start(self.mode, &config)?, clip);
        call.expected_turns = Some(1);
        let report = Caller::new(client(viva)?).call(&call, |_| {}).await?;
        ensure!(report.is_success(), "{report:?}");
        Ok(report.session_id)
    }
}

/// Begins a conversation in which nothing is said. It goes on until it is ended, or the next one begins.
pub async fn begin(viva: &Viva) -> Result<Conversation> {
    let connection = client(viva)?.connect().await?;
    Ok(connection.start(start(Mode::Realtime, &json!({}))?).await?)
}

/// Ends a conversation, and waits until the server has done so.
pub async fn end(mut conversation: Conversation) -> Result<()> {
    conversation.end().await?;
    loop {
        let event = conversation.next_event().await;
        if let Event::Message(ServerMessage::SessionEnded(_)) = event.context("the connection is closed")? {
            conversation.close().await;
            return Ok(());
        }
    }
}

fn client(viva: &Viva) -> Result<Client> {
    Ok(Client::new(viva.url().trim_end_matches('/'))?)
}

fn start(mode: Mode, config: &Value) -> Result<StartSession> {
    Ok(serde_json::from_value(json!({"mode": mode, "config": config}))?)
}
