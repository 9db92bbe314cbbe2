//! The connection of a session: opening it, losing it, taking the session back.

use std::collections::VecDeque;

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;
use viva_audio::pcm;
use viva_protocol::ws::{
    AudioFrame, CLOSE_REPLACED, CLOSE_SIGNED_OUT, ClientMessage, ErrorCode, FrameKind, Ping, ResumeSession,
    ServerEnvelope, ServerMessage, SessionStarted, UpdateSession,
};

use super::actor::Actor;
use super::event::{Event, send};
use crate::api::{self, RequestFailed, Socket, SocketEvent};
use crate::audio::Captured;
use crate::browser::now_ms;
use crate::state::liveness::{Liveness, Sign};
use crate::state::message::{Message, Topic};
use crate::state::outbox::Outbox;
use crate::state::phase::Phase;
use crate::state::reconnect::{Attempt, Reconnect};

/// A server that has not opened the session by then is not there. It takes 5 s at most to reach a provider.
const CONNECT_TIMEOUT_MS: u32 = 10_000;

/// What is needed to take the session back.
struct Claim {
    session_id: Uuid,
    resume_token: String,
    last_received_seq: Option<u32>,
    last_message_seq: Option<u32>,
    /// Whether the server was told that answers can be heard.
    is_ready: bool,
}

/// The socket, the session on it, and what waits while it is away.
#[derive(Default)]
pub(super) struct Connection {
    /// Counts the sockets.
    number: u32,
    socket: Option<Socket>,
    /// Whether the session runs on this socket, so that audio may be sent.
    open: bool,
    /// What the server was told on this socket of the settings that may change.
    told: Option<UpdateSession>,
    claim: Option<Claim>,
    reconnect: Reconnect,
    outbox: Outbox<(u64, Vec<i16>), ClientMessage>,
    /// Number of the next frame.
    seq: u32,
    liveness: Liveness,
}

impl Connection {
    pub(super) fn is_current(&self, number: u32) -> bool {
        self.number == number
    }

    pub(super) fn is_waiting(&self, number: u32) -> bool {
        self.number == number && self.socket.is_some() && !self.open
    }

    pub(super) fn session_id(&self) -> Option<Uuid> {
        self.claim.as_ref().map(|claim| claim.session_id)
    }

    /// Gives the session up and closes the socket. Its number is not used again.
    pub(super) fn close(&mut self) {
        let closed = std::mem::take(self);
        self.number = closed.number + 1;
        if let Some(socket) = closed.socket {
            socket.finish();
        }
    }

    fn hang_up(&mut self) {
        self.socket = None;
        self.open = false;
        self.told = None;
        if let Some(claim) = &mut self.claim {
            // It may not have arrived. Who hears it twice greets once.
            claim.is_ready = false;
        }
        self.number += 1;
    }

    fn claimed(&mut self, started: &SessionStarted) {
        self.claim = Some(Claim {
            session_id: started.session_id,
            resume_token: started.resume_token.clone(),
            last_received_seq: None,
            last_message_seq: None,
            is_ready: false,
        });
        self.opened();
    }

    fn opened(&mut self) {
        self.open = true;
        self.reconnect.succeeded();
    }

    fn send_frame(&mut self, captured_us: u64, samples: &[i16]) {
        let Some(socket) = &self.socket else { return };
        let frame = AudioFrame {
            kind: FrameKind::User,
            is_last: false,
            turn_number: 0,
            seq: self.seq,
            position: captured_us,
            payload: pcm::to_le_bytes(samples).into(),
        };
        self.seq = self.seq.wrapping_add(1);
        socket.send_bytes(&frame.encode());
    }

    fn resume(&self) -> Option<ClientMessage> {
        self.claim.as_ref().map(|claim| {
            ClientMessage::ResumeSession(ResumeSession {
                session_id: claim.session_id,
                resume_token: claim.resume_token.clone(),
                last_received_seq: claim.last_received_seq,
                last_message_seq: claim.last_message_seq,
            })
        })
    }
}

impl Actor {
    /// Opens a socket; `connection_ready` follows on it.
    pub(super) fn connect(&mut self) {
        self.connection.hang_up();
        let (connection, events) = (self.connection.number, self.events.clone());
        let on_event = move |event| send(&events, Event::Socket { connection, event });
        match Socket::connect(on_event) {
            Ok(socket) => self.connection.socket = Some(socket),
            Err(_) => return self.on_lost(None),
        }
        self.after(CONNECT_TIMEOUT_MS, Event::ConnectTimeout { connection });
    }

    /// Sends a control message; while the connection is away, reports wait and the rest has lost its sense.
    pub(super) fn send(&mut self, message: ClientMessage) {
        match &self.connection.socket {
            Some(socket) if self.connection.open => socket.send(&message),
            _ if matches!(message, ClientMessage::Playback(_)) => self.connection.outbox.keep_report(message),
            _ => {}
        }
    }

    pub(super) fn send_audio(&mut self, captured: &Captured, captured_ms: f64) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a time after the page was opened"
        )]
        let at_us = (captured_ms * 1_000.0).max(0.0) as u64;
        if self.connection.open {
            self.connection.send_frame(at_us, &captured.samples);
        } else {
            self.connection
                .outbox
                .keep_frame((at_us, captured.samples.clone()));
        }
    }

    /// Gives up on a connection that died without a word.
    pub(super) fn watch_connection(&mut self) {
        if !self.connection.open {
            return;
        }
        let timestamp = now_ms();
        match self.connection.liveness.look(timestamp) {
            Sign::Fine => {}
            Sign::Ask => self.send(ClientMessage::Ping(Ping { timestamp })),
            Sign::Gone => self.on_lost(None),
        }
    }

    pub(super) fn on_socket(&mut self, event: SocketEvent) {
        self.connection.liveness.hear(now_ms());
        match event {
            SocketEvent::Text(text) => self.on_text(&text),
            SocketEvent::Binary(buffer) => self.on_answer_audio(&buffer),
            SocketEvent::Closed { code } => self.on_lost(Some(code)),
        }
    }

    pub(super) fn received_frame(&mut self, seq: u32) {
        if let Some(claim) = &mut self.connection.claim {
            claim.last_received_seq = Some(seq);
        }
    }

    fn on_text(&mut self, text: &str) {
        // A message of a newer protocol that cannot be read is skipped, as unknown types are.
        let Ok(envelope) = ServerEnvelope::parse(text) else {
            return;
        };
        let message = envelope.message;
        if self.is_expired(&message) {
            return self.fail(Message::new(Topic::ResumeExpired));
        }
        self.talk
            .conversation
            .update(|conversation| conversation.apply(&message));
        self.react(&message);
        if let (Some(seq), Some(claim)) = (envelope.seq, &mut self.connection.claim) {
            claim.last_message_seq = Some(seq);
        }
    }

    fn is_expired(&self, message: &ServerMessage) -> bool {
        matches!(message, ServerMessage::Error(error) if error.code == ErrorCode::ResumeExpired)
            && matches!(self.talk_phase(), Phase::Reconnecting(_))
    }

    /// What a message makes the page do, beyond what it shows.
    fn react(&mut self, message: &ServerMessage) {
        match message {
            ServerMessage::ConnectionReady(_) => self.introduce(),
            ServerMessage::SessionStarted(started) => {
                self.connection.claimed(started);
                self.session_began();
            }
            ServerMessage::SessionResumed(_) => self.resumed(),
            ServerMessage::Interrupted(interrupted) => self.silence(interrupted.turn_number),
            ServerMessage::SessionEnded(_) => {
                self.refresh_turns(message);
                self.release();
            }
            ServerMessage::Error(_) if self.talk_phase().is_final(self.connection.open) => self.release(),
            other => self.refresh_turns(other),
        }
    }

    fn introduce(&mut self) {
        let message = self.connection.resume().unwrap_or_else(|| {
            let (start, told) = self
                .talk
                .settings
                .with_untracked(|settings| (settings.start_session(), settings.update_session()));
            self.connection.told = Some(told);
            ClientMessage::StartSession(Box::new(start))
        });
        if let Some(socket) = &self.connection.socket {
            socket.send(&message);
        }
    }

    /// Tells what changed in the setup and the server does not know.
    pub(super) fn update_session(&mut self) {
        let told = self.connection.told;
        let update = self
            .talk
            .settings
            .with_untracked(|settings| settings.update_since(told));
        if let Some(update) = update.filter(|_| self.connection.open) {
            self.connection.told = Some(update);
            self.send(ClientMessage::UpdateSession(update));
        }
    }

    /// Tells, once per connection, that answers can be heard: a greeting waits for it.
    pub(super) fn tell_ready(&mut self) {
        if let Connection {
            open: true,
            claim: Some(claim),
            ..
        } = &mut self.connection
            && !claim.is_ready
        {
            claim.is_ready = true;
            self.send(ClientMessage::Ready);
        }
    }

    /// Sends what waited: first what was played, then what the user said.
    fn resumed(&mut self) {
        self.connection.opened();
        self.update_session();
        let (reports, frames): (VecDeque<ClientMessage>, VecDeque<(u64, Vec<i16>)>) =
            self.connection.outbox.take();
        for report in reports {
            self.send(report);
        }
        for (captured_us, samples) in frames {
            self.connection.send_frame(captured_us, &samples);
        }
    }

    /// The connection is gone: try again, or say so.
    pub(super) fn on_lost(&mut self, code: Option<u16>) {
        self.connection.hang_up();
        match self.talk_phase() {
            Phase::Ready | Phase::Ended | Phase::Failed => return self.release(),
            Phase::Ending => {
                self.set_phase(Phase::Ended);
                return self.release();
            }
            _ => {}
        }
        match code {
            Some(CLOSE_REPLACED) => return self.fail(Message::new(Topic::Replaced)),
            Some(CLOSE_SIGNED_OUT) => return self.fail(Message::new(Topic::SignedOut)),
            _ => self.ask_whether_signed_in(),
        }
        if self.connection.claim.is_none() {
            return self.fail(Message::new(Topic::ServerUnreachable));
        }
        match self.connection.reconnect.next_attempt() {
            Some(attempt) => self.wait_for(attempt),
            None => self.fail(Message::new(Topic::ConnectionLost)),
        }
    }

    /// A browser does not tell why it could not connect; a request does.
    pub(super) fn ask_whether_signed_in(&self) {
        let events = self.events.clone();
        spawn_local(async move {
            let asked = api::self_test().await;
            if asked.is_err_and(RequestFailed::is_signed_out) {
                send(&events, Event::SignedOut);
            }
        });
    }

    /// Trying again changes nothing. A connection that is open is closed by the server.
    pub(super) fn signed_out(&mut self) {
        let message = Message::new(Topic::SignedOut);
        match self.talk_phase() {
            phase if phase.can_start() => self.talk.tell(message),
            phase if phase.is_live() || phase == Phase::Ending => {}
            _ => self.fail(message),
        }
    }

    fn wait_for(&mut self, attempt: Attempt) {
        self.talk
            .conversation
            .update(|conversation| conversation.reconnect(attempt));
        let connection = self.connection.number;
        self.after(1_000, Event::Countdown { connection });
    }

    pub(super) fn count_down(&mut self) {
        let Phase::Reconnecting(attempt) = self.talk_phase() else {
            return;
        };
        let attempt = Attempt {
            in_s: attempt.in_s.saturating_sub(1),
            ..attempt
        };
        if attempt.in_s > 0 {
            self.wait_for(attempt);
        } else {
            self.talk
                .conversation
                .update(|conversation| conversation.reconnect(attempt));
            self.connect();
        }
    }

    fn after(&self, ms: u32, event: Event) {
        let events = self.events.clone();
        spawn_local(async move {
            TimeoutFuture::new(ms).await;
            send(&events, event);
        });
    }
}
