//! One connection.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::broadcast;
use tokio::time::sleep_until;

use super::playing::{Step, steps};
use super::script::LiveAnswer;
use super::strict::{ClientContent, ClientMessage, RealtimeInput, Refused, Setup, require};
use super::{Desk, LiveClosed, LiveConnection, Order};
use crate::lock;

/// Silence that ends a turn where the server listens and was not told another one.
const SILENCE_MS: u64 = 500;
/// Louder is speech.
const LOUD: u16 = 500;

/// The connection is over, or must be.
pub(super) enum End {
    Gone,
    Cut,
    Close(u16, String),
}

struct Connection {
    desk: Desk,
    socket: WebSocket,
    orders: broadcast::Receiver<Order>,
    index: usize,
    session: Option<usize>,
    setup: Option<Setup>,
    awaits_history: bool,
    is_active: bool,
    /// Where the server listens: samples of silence since the last loud one, while somebody speaks.
    silence: Option<u64>,
    answer: Option<Answering>,
    said: usize,
}

struct Answering {
    asked: Instant,
    due: Instant,
    steps: VecDeque<(Duration, Step)>,
    has_begun: bool,
}

pub(super) async fn serve(desk: Desk, socket: WebSocket, query: Option<String>, has_key: bool) {
    let mut index = 0;
    desk.connections.send_modify(|connections| {
        index = connections.len();
        connections.push(LiveConnection {
            query,
            has_key,
            messages: Vec::new(),
            audio: Vec::new(),
            turns: Vec::new(),
            turn_ended: None,
            answered: None,
            closed: None,
            refused: None,
        });
    });
    let mut connection = Connection {
        orders: desk.orders.subscribe(),
        desk,
        socket,
        index,
        session: None,
        setup: None,
        awaits_history: false,
        is_active: false,
        silence: None,
        answer: None,
        said: 0,
    };
    let end = loop {
        if let Err(end) = connection.step().await {
            break end;
        }
    };
    connection.end(end).await;
}

impl Connection {
    async fn step(&mut self) -> Result<(), End> {
        let stop = self.desk.stop.clone();
        let due = self.answer.as_ref().map(|answer| answer.due);
        tokio::select! {
            () = stop.cancelled() => Err(End::Cut),
            Ok(order) = self.orders.recv() => match order {
                Order::Say(message) => self.say(message).await,
                Order::Close(code, reason) => Err(End::Close(code, reason)),
                Order::Cut => Err(End::Cut),
            },
            message = self.socket.recv() => match message {
                Some(Ok(Message::Text(text))) => self.on_text(&text).await,
                Some(Ok(Message::Binary(_))) => Err(End::Close(1007, "binary messages are not read".to_owned())),
                Some(Ok(Message::Close(frame))) => {
                    self.closed(frame.map(|frame| frame.code));
                    Err(End::Gone)
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
                Some(Err(_)) | None => {
                    self.closed(None);
                    Err(End::Gone)
                }
            },
            () = sleep_until(due.unwrap_or_else(Instant::now).into()), if due.is_some() => self.go_on().await,
        }
    }

    async fn on_text(&mut self, text: &str) -> Result<(), End> {
        let refuse = |message: Refused| End::Close(1007, message);
        let json: Value = serde_json::from_str(text).map_err(|err| refuse(err.to_string()))?;
        if json["realtimeInput"]["audio"].is_null() {
            self.record(|connection| connection.messages.push(json.clone()));
        }
        match ClientMessage::read(&json).map_err(refuse)? {
            ClientMessage::Setup(setup) => self.on_setup(*setup).await,
            _ if self.setup.is_none() => Err(refuse("setup must be the first message".to_owned())),
            ClientMessage::ClientContent(content) => self.on_content(&content).await,
            ClientMessage::RealtimeInput(_) if self.awaits_history => {
                Err(refuse("the history must come first".to_owned()))
            }
            ClientMessage::RealtimeInput(input) => self.on_input(input).await,
        }
    }

    async fn on_setup(&mut self, setup: Setup) -> Result<(), End> {
        require(self.setup.is_none(), "setup must be the first message only")
            .and_then(|()| setup.check())
            .map_err(|message| End::Close(1007, message))?;
        let session = {
            let mut sessions = lock(&self.desk.sessions);
            sessions.setups += 1;
            if let Some(Some((code, reason))) = self.desk.script.setup_closes.get(sessions.setups - 1) {
                return Err(End::Close(*code, reason.clone()));
            }
            let handle = setup
                .session_resumption
                .as_ref()
                .and_then(|config| config.handle.as_ref());
            match handle {
                None => {
                    sessions.known.push((0, true));
                    sessions.known.len() - 1
                }
                Some(handle) => {
                    let session = sessions.handles.get(handle).copied();
                    match session.filter(|session| !sessions.known[*session].1) {
                        Some(session) => {
                            sessions.known[session].1 = true;
                            session
                        }
                        None => return Err(End::Close(1008, "session not found or in use".to_owned())),
                    }
                }
            }
        };
        self.session = Some(session);
        self.awaits_history = setup.announces_history();
        self.setup = Some(setup);
        self.say(json!({"setupComplete": {"sessionId": format!("s-{session}")}}))
            .await?;
        self.say(json!({"serverSentimentUpdate": {"mood": "sunny"}}))
            .await?;
        self.tell_handle(true).await
    }

    async fn on_content(&mut self, content: &ClientContent) -> Result<(), End> {
        let is_new = self.setup.as_ref().is_some_and(Setup::is_of_new_generation);
        content
            .check()
            .and_then(|()| {
                require(
                    !is_new || self.awaits_history,
                    "Request contains an invalid argument.",
                )
            })
            .map_err(|message| End::Close(1007, message))?;
        if self.awaits_history {
            self.awaits_history = !content.turn_complete;
            return Ok(());
        }
        self.interrupt().await?;
        if content.turn_complete {
            let greeting = self.desk.script.greeting.clone();
            self.answer(&greeting);
        }
        Ok(())
    }

    async fn on_input(&mut self, input: RealtimeInput) -> Result<(), End> {
        let is_manual = self
            .setup
            .as_ref()
            .is_some_and(|setup| setup.realtime_input_config.automatic_activity_detection.disabled);
        let refuse = |message: &str| Err(End::Close(1007, message.to_owned()));
        match input {
            RealtimeInput::Audio(blob) => {
                let samples = blob.samples().map_err(|message| End::Close(1007, message))?;
                self.on_audio(&samples, is_manual).await
            }
            RealtimeInput::Text(text) if text.is_empty() => refuse("text is empty"),
            RealtimeInput::Text(_) => {
                let greeting = self.desk.script.greeting.clone();
                if !is_manual {
                    self.interrupt().await?;
                }
                self.answer(&greeting);
                Ok(())
            }
            RealtimeInput::AudioStreamEnd(ended) if is_manual || !ended => {
                refuse("audioStreamEnd needs detection")
            }
            RealtimeInput::AudioStreamEnd(_) => {
                if self.silence.take().is_some() {
                    self.tell_activity("ACTIVITY_END").await?;
                    self.answer_speech();
                }
                Ok(())
            }
            RealtimeInput::ActivityStart(_) | RealtimeInput::ActivityEnd(_) if !is_manual => {
                refuse("explicit activity control is not supported with detection")
            }
            RealtimeInput::ActivityStart(_) if self.is_active => refuse("activity has started"),
            RealtimeInput::ActivityStart(_) => {
                self.is_active = true;
                self.record(|connection| connection.turns.push(Vec::new()));
                self.interrupt().await
            }
            RealtimeInput::ActivityEnd(_) if !self.is_active => refuse("activity has not started"),
            RealtimeInput::ActivityEnd(_) => {
                self.is_active = false;
                self.record(|connection| connection.turn_ended = Some(Instant::now()));
                if self.answer.is_none() {
                    self.answer_speech();
                }
                Ok(())
            }
        }
    }

    async fn on_audio(&mut self, samples: &[i16], is_manual: bool) -> Result<(), End> {
        let is_active = self.is_active;
        self.record(|connection| {
            connection.audio.extend_from_slice(samples);
            if let Some(turn) = connection.turns.last_mut().filter(|_| is_active) {
                turn.extend_from_slice(samples);
            }
        });
        if is_manual {
            return Ok(());
        }
        let limit = self.setup.as_ref().and_then(|setup| {
            setup
                .realtime_input_config
                .automatic_activity_detection
                .silence_duration_ms
        });
        if samples.iter().any(|sample| sample.unsigned_abs() > LOUD) {
            if self.silence.replace(0).is_none() {
                self.tell_activity("ACTIVITY_START").await?;
                self.interrupt().await?;
            }
        } else if let Some(silence) = &mut self.silence {
            *silence += samples.len() as u64;
            if *silence >= limit.unwrap_or(SILENCE_MS) * 16 {
                self.silence = None;
                self.tell_activity("ACTIVITY_END").await?;
                self.answer_speech();
            }
        }
        Ok(())
    }

    fn answer_speech(&mut self) {
        let Some(session) = self.session else { return };
        let answers = &self.desk.script.answers;
        let nth = {
            let mut sessions = lock(&self.desk.sessions);
            let had = &mut sessions.known[session].0;
            *had += 1;
            *had - 1
        };
        let Some(answer) = answers.get(nth % answers.len().max(1)).cloned() else {
            return;
        };
        self.answer(&answer);
    }

    fn answer(&mut self, answer: &LiveAnswer) {
        let asked = Instant::now();
        self.answer = Some(Answering {
            asked,
            due: asked + self.desk.script.thinking,
            steps: steps(&self.desk.script, self.setup.as_ref(), answer),
            has_begun: false,
        });
    }

    /// Takes the next step of the answer that is being given.
    async fn go_on(&mut self) -> Result<(), End> {
        let Some(answer) = &mut self.answer else {
            return Ok(());
        };
        let Some((wait, step)) = answer.steps.pop_front() else {
            // It hangs: nothing more is due.
            answer.due = Instant::now() + Duration::from_hours(1);
            return Ok(());
        };
        // From when it was due, not from when it was done: delays are exact.
        answer.due += wait;
        match step {
            Step::Begin(message) => {
                answer.has_begun = true;
                self.desk.delays.end(answer.asked.into());
                self.record(|connection| connection.answered = Some(Instant::now()));
                self.say(message).await
            }
            Step::Say(message) => self.say(message).await,
            Step::End(end) => Err(end),
            Step::Done => {
                self.answer = None;
                self.tell_handle(true).await
            }
        }
    }

    /// The user speaks: what is being said ends, with a last piece that was on its way.
    async fn interrupt(&mut self) -> Result<(), End> {
        let Some(answer) = self.answer.take() else {
            return Ok(());
        };
        if !answer.has_begun && !self.desk.script.ends_unspoken {
            return Ok(());
        }
        self.say(json!({"serverContent": {"interrupted": true}})).await?;
        if answer.has_begun {
            let late = json!({"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": STANDARD.encode([7; 480])}});
            self.say(json!({"serverContent": {"modelTurn": {"parts": [late]}}}))
                .await?;
        }
        self.say(json!({"serverContent": {"turnComplete": true}})).await?;
        self.tell_handle(true).await
    }

    async fn tell_activity(&mut self, kind: &str) -> Result<(), End> {
        if !self.desk.script.tells_activity {
            return Ok(());
        }
        self.say(json!({"voiceActivity": {"voiceActivityType": kind, "audioOffset": "1.2s"}}))
            .await
    }

    async fn tell_handle(&mut self, resumable: bool) -> Result<(), End> {
        let Some(session) = self.session else {
            return Ok(());
        };
        let handle = {
            let mut sessions = lock(&self.desk.sessions);
            let handle = format!("handle-{}", sessions.handles.len());
            sessions.handles.insert(handle.clone(), session);
            handle
        };
        self.say(json!({"sessionResumptionUpdate": {"newHandle": handle, "resumable": resumable, "lastConsumedClientMessageIndex": "7"}}))
            .await
    }

    async fn say(&mut self, mut message: Value) -> Result<(), End> {
        if let Some(message) = message.as_object_mut() {
            message.insert("experimentalHint".to_owned(), json!({"level": [1, 2]}));
        }
        self.said += 1;
        let text = message.to_string();
        let message = if self.said.is_multiple_of(2) {
            Message::Binary(Bytes::from(text))
        } else {
            Message::text(text)
        };
        if self.socket.send(message).await.is_ok() {
            return Ok(());
        }
        // Who hung up said so, or not, behind what was still to be read.
        let goodbye = loop {
            match self.socket.recv().await {
                Some(Ok(Message::Close(frame))) => break frame,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break None,
            }
        };
        self.closed(goodbye.map(|frame| frame.code));
        Err(End::Gone)
    }

    async fn end(mut self, end: End) {
        if let Some(session) = self.session {
            lock(&self.desk.sessions).known[session].1 = false;
        }
        let End::Close(code, reason) = end else { return };
        self.record(|connection| connection.refused = Some(reason.clone()));
        // A reason has room for 123 bytes.
        let reason: String = reason.chars().take(120).collect();
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        let stop = self.desk.stop.clone();
        if self.socket.send(Message::Close(Some(frame))).await.is_ok() {
            tokio::select! {
                () = async { while let Some(Ok(_)) = self.socket.recv().await {} } => {}
                () = stop.cancelled() => {}
            }
        }
    }

    fn closed(&self, code: Option<u16>) {
        let at = Instant::now();
        self.record(|connection| connection.closed = Some(LiveClosed { at, code }));
    }

    fn record(&self, change: impl FnOnce(&mut LiveConnection)) {
        self.desk
            .connections
            .send_modify(|connections| change(&mut connections[self.index]));
    }
}
