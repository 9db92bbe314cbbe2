//! Speech over sockets: a text after the other on a connection, as many connections as somebody opens.

mod cartesia;
mod elevenlabs;
mod flux;

use std::collections::VecDeque;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use axum::http::request::Parts;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::refusal::Refusal;
use super::server::Desk;
use super::{SpeechScript, SpeechVendor};
use crate::speech::Said;

/// What a vendor says and takes on one connection.
pub(super) trait Tongue: Send + Sync {
    /// What it says at once.
    fn greet(&self) -> Vec<Message> {
        Vec::new()
    }

    /// Takes a message; answers the text that it completes.
    fn take(&mut self, message: Value, script: &SpeechScript) -> Result<Option<Asked>, Wrong>;

    /// What comes before the first audio.
    fn before(&self, asked: &Asked) -> Vec<Message>;

    /// A piece of the audio.
    fn piece(&self, asked: &Asked, piece: Piece<'_>) -> Vec<Message>;

    /// What comes after the last audio.
    fn after(&self, asked: &Asked, length: Duration) -> Vec<Message>;
}

/// A text to be spoken.
#[derive(Debug)]
pub(super) struct Asked {
    /// What the client calls it, or the server.
    pub(super) context: String,
    pub(super) text: String,
    /// What asked for it.
    pub(super) body: Value,
}

/// A piece of audio.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) bytes: &'a [u8],
    /// Where it begins and ends in the speech.
    pub(super) from: Duration,
    pub(super) to: Duration,
    /// Of all that is said.
    pub(super) length: Duration,
}

/// Why something is not taken.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) status: u16,
    /// What the vendor says of it.
    pub(super) says: Message,
    /// With which code it closes the connection, if it does.
    pub(super) closes: Option<u16>,
    /// What was sent.
    pub(super) body: Box<Value>,
}

/// The client hung up, or shall believe that the vendor did.
struct Hung;

/// Whether a client may open a socket, and who speaks on it.
pub(super) fn admit(
    vendor: SpeechVendor,
    parts: &Parts,
    script: &SpeechScript,
) -> Result<Box<dyn Tongue>, Refusal> {
    match vendor {
        SpeechVendor::Cartesia => cartesia::admit(parts, script),
        SpeechVendor::Deepgram => flux::admit(parts, script),
        SpeechVendor::ElevenLabs => elevenlabs::admit(parts, script),
        SpeechVendor::OpenAi
        | SpeechVendor::Azure
        | SpeechVendor::Google
        | SpeechVendor::Gemini
        | SpeechVendor::VoAi => Err(Refusal::new(404, "not_found", "Not Found")),
    }
}

/// Serves one connection until either side ends it.
pub(super) async fn serve(desk: Desk, socket: WebSocket, parts: Parts, mut tongue: Box<dyn Tongue>) {
    let _open = desk.open_socket();
    let mut line = Line {
        socket,
        waiting: VecDeque::new(),
    };
    tokio::select! {
        // How it ended is recorded where it ended.
        _ = converse(&desk, &mut line, &parts, &mut *tongue) => {}
        () = desk.hung_up() => {}
        () = desk.stop.cancelled() => {}
    }
}

async fn converse(desk: &Desk, line: &mut Line, parts: &Parts, tongue: &mut dyn Tongue) -> Result<(), Hung> {
    line.say_all(tongue.greet()).await?;
    loop {
        let message = line.next().await?;
        match tongue.take(message, &desk.script) {
            Ok(None) => {}
            Ok(Some(asked)) => speak(desk, line, parts, tongue, asked).await?,
            Err(wrong) => {
                desk.take(parts, *wrong.body).refused(wrong.status);
                line.say_all(vec![wrong.says]).await?;
                if let Some(code) = wrong.closes {
                    return line.close(code).await;
                }
            }
        }
    }
}

async fn speak(
    desk: &Desk,
    line: &mut Line,
    parts: &Parts,
    tongue: &dyn Tongue,
    asked: Asked,
) -> Result<(), Hung> {
    let began = Instant::now();
    let mut answering = desk.take(parts, asked.body.clone());
    // Nobody says the space that some texts have to end with.
    let speech = desk.next_speech(asked.text.trim_end());
    let rate = desk.script.rate;
    let mut saying = speech.say_bytes(rate, desk.script.piece_bytes, began);
    let (mut sent, length) = (0, speech.length());
    let moment = |bytes: usize| Duration::from_secs_f64(bytes as f64 / 2.0 / f64::from(rate));
    tokio::select! {
        () = sleep(speech.accepted_after) => {}
        hung = line.listen() => return Err(hung),
    }
    line.say_all(tongue.before(&asked)).await?;
    loop {
        let said = tokio::select! {
            said = saying.next() => said,
            hung = line.listen() => return Err(hung),
        };
        match said {
            Said::Piece(bytes) => {
                if sent == 0 {
                    desk.delays.end(began);
                }
                let (from, to) = (moment(sent), moment(sent + bytes.len()));
                let bytes = bytes.as_slice();
                sent += bytes.len();
                let piece = Piece {
                    bytes,
                    from,
                    to,
                    length,
                };
                line.say_all(tongue.piece(&asked, piece)).await?;
            }
            Said::Over => {
                answering.end(|request| request.is_complete = true);
                return line.say_all(tongue.after(&asked, length)).await;
            }
            Said::Cut => {
                answering.end(|_| {});
                return Err(Hung);
            }
        }
    }
}

struct Line {
    socket: WebSocket,
    /// What came while something was said.
    waiting: VecDeque<Value>,
}

impl Line {
    async fn next(&mut self) -> Result<Value, Hung> {
        match self.waiting.pop_front() {
            Some(message) => Ok(message),
            None => self.receive().await,
        }
    }

    /// Reads on while something is said; ends when the client hangs up. Dropping the future loses nothing.
    async fn listen(&mut self) -> Hung {
        loop {
            match self.receive().await {
                Ok(message) => self.waiting.push_back(message),
                Err(hung) => return hung,
            }
        }
    }

    async fn receive(&mut self) -> Result<Value, Hung> {
        loop {
            match self.socket.recv().await {
                // What is no JSON is refused as what nobody knows.
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap_or_default()),
                Some(Ok(Message::Binary(_))) => return Ok(Value::Null),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Hung),
            }
        }
    }

    async fn say_all(&mut self, messages: Vec<Message>) -> Result<(), Hung> {
        for message in messages {
            self.socket.send(message).await.map_err(|_| Hung)?;
        }
        Ok(())
    }

    /// Says goodbye, and waits until the client is gone.
    async fn close(&mut self, code: u16) -> Result<(), Hung> {
        let frame = CloseFrame {
            code,
            reason: "refused".into(),
        };
        self.say_all(vec![Message::Close(Some(frame))]).await?;
        Err(self.listen().await)
    }
}

/// Every word of a text with the seconds in which it is said: each takes as long as the others.
fn words(text: &str, length: Duration) -> Vec<(&str, f64, f64)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let at = |nth: usize| length.as_secs_f64() * nth as f64 / words.len() as f64;
    let spoken = words.iter().enumerate();
    spoken.map(|(nth, word)| (*word, at(nth), at(nth + 1))).collect()
}

fn json(value: &Value) -> Message {
    Message::text(value.to_string())
}
